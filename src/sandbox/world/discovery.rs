//! Harness' three static documents, with their oddities: `scimAuthenticationSchemes`, no
//! `schemas` key, a `maxResults` nothing enforces, `ref` for `$ref` [HC `output*.json`].

use serde_json::{Value, json};

use super::listing::LIST_SCHEMA;
use super::reply::{Answer, Refusal};
use crate::scim::wire::{GROUP_SCHEMA, USER_SCHEMA};

pub(super) fn service_provider_config() -> Result<Answer, Refusal> {
    let body = json!({
        "documentationUri": "https://docs.harness.io",
        "patch": {"supported": true},
        "bulk": {"supported": false, "maxOperations": 1, "maxPayloadSize": 0},
        "filter": {"supported": true, "maxResults": 1000},
        "changePassword": {"supported": false},
        "sort": {"supported": false},
        "etag": {"supported": false},
        "scimAuthenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "OAuth Bearer Token",
            "description": "Authentication with a bearer token",
            "primary": true,
        }],
    });
    Answer::json(200, &body)
}

fn list(resources: Vec<Value>) -> Result<Answer, Refusal> {
    let body = json!({
        "schemas": [LIST_SCHEMA],
        "totalResults": resources.len(),
        "startIndex": 1,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    });
    Answer::json(200, &body)
}

fn resource_type(name: &str, endpoint: &str, schema: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "id": name, "name": name, "description": name,
        "endpoint": endpoint, "schema": schema,
    })
}

pub(super) fn resource_types() -> Result<Answer, Refusal> {
    list(vec![
        resource_type("User", "/Users", USER_SCHEMA),
        resource_type("Group", "/Groups", GROUP_SCHEMA),
    ])
}

fn attribute(name: &str, kind: &str) -> Value {
    json!({"name": name, "type": kind, "multiValued": false, "required": false,
           "caseExact": false, "mutability": "readWrite", "returned": "default"})
}

fn complex(name: &str, parts: &[(&str, &str)]) -> Value {
    let mut attribute = attribute(name, "complex");
    attribute["multiValued"] = (name != "name").into();
    attribute["subAttributes"] = parts
        .iter()
        .map(|(name, kind)| self::attribute(name, kind))
        .collect();
    attribute
}

fn schema(id: &str, name: &str, attributes: Vec<Value>) -> Value {
    json!({"id": id, "name": name, "description": name, "attributes": attributes})
}

pub(super) fn schemas() -> Result<Answer, Refusal> {
    const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:";
    let empty = |name: &str| schema(&format!("{CORE}{name}"), name, Vec::new());
    list(vec![
        schema(
            USER_SCHEMA,
            "User",
            vec![
                attribute("userName", "string"),
                attribute("externalId", "string"),
                complex("name", &[("givenName", "string"), ("familyName", "string")]),
                attribute("displayName", "string"),
                attribute("active", "boolean"),
                complex("emails", &[("value", "string"), ("primary", "boolean")]),
            ],
        ),
        schema(
            GROUP_SCHEMA,
            "Group",
            vec![
                attribute("displayName", "string"),
                complex("members", &[("value", "string"), ("ref", "reference")]),
            ],
        ),
        empty("ServiceProviderConfig"),
        empty("ResourceType"),
        empty("Schema"),
    ])
}
