//! JSON Schema 2020-12 of the manifest, for editors, made of the very types the decoder
//! fills.
//!
//! **Invariants.** The schema takes every manifest that the decoder takes without a fault,
//! but for plain scalars that YAML reads as numbers or booleans where a person would write
//! text (a family name `True`): there an editor asks for quotes and the decoder does not.
//! The committed files in `schema/` equal what these functions return; a test sees to it.

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use super::decl::{IncludedDecl, RootDecl};

/// Keys of which a value of nothing is not "absent" but a mistake, and dangerous as one: a
/// grant without an end, a person who stays, somebody who is everywhere. Enumerations are among them by their type.
const NEVER_NULL: [&str; 4] = ["until", "status", "membership", "targets"];

/// The schema of a root file.
pub fn manifest_schema() -> Value {
    schema::<RootDecl>()
}

/// The schema of an included file.
pub fn included_schema() -> Value {
    schema::<IncludedDecl>()
}

fn schema<T: JsonSchema>() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<T>();
    RecursiveTransform(names).transform(&mut schema);
    RecursiveTransform(optional).transform(&mut schema);
    schema.to_value()
}

/// Names may be plain scalars that YAML reads as numbers or booleans: `1e3`, `true`.
fn names(schema: &mut Schema) {
    let Some(definitions) = schema.get_mut("$defs").and_then(Value::as_object_mut) else {
        return;
    };
    for name in ["PersonKey", "RoleName", "GroupName"] {
        if let Some(definition) = definitions.get_mut(name) {
            definition["type"] = json!(["string", "number", "boolean"]);
            definition["minLength"] = json!(1);
        }
    }
}

/// What need not be written may be written with nothing after it, as people do with a
/// section whose lines they have commented out.
fn optional(schema: &mut Schema) {
    let required: Vec<String> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|required| {
            required
                .iter()
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect()
        })
        .unwrap_or_default();
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
        return;
    };
    for (name, property) in properties {
        let Some(property) = property.as_object_mut() else {
            continue;
        };
        if required.contains(name) {
            continue;
        }
        if NEVER_NULL.contains(&name.as_str()) {
            if let Some(Value::Array(types)) = property.get_mut("type") {
                types.retain(|one| one != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    property.insert("type".to_owned(), only);
                }
            }
            continue;
        }
        // A role or group with nothing under its name is one: it may have no more to say.
        let entry = property
            .get("additionalProperties")
            .and_then(|one| one.get("$ref"));
        if let Some(Value::String(reference)) = entry
            && (reference.ends_with("/RoleDecl") || reference.ends_with("/GroupDecl"))
        {
            let either = json!({ "anyOf": [{ "$ref": reference }, { "type": "null" }] });
            property.insert("additionalProperties".to_owned(), either);
        }
        match property.get("type") {
            Some(Value::String(one)) if one == "array" || one == "object" => {
                let types = json!([one, "null"]);
                property.insert("type".to_owned(), types);
            }
            Some(_) | None => {}
        }
        let sections = [
            "PolicyDecl",
            "SandboxDecl",
            "HarnessDecl",
            "FirstGenDecl",
            "UndeclaredDecl",
            "OnRemovalDecl",
        ];
        let more = [
            "AttributesDecl",
            "LimitsDecl",
            "ProtectDecl",
            "TokenDecl",
            "TargetUndeclaredDecl",
            "TargetOnRemovalDecl",
        ];
        let section = property
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|reference| reference.rsplit('/').next())
            .is_some_and(|name| sections.contains(&name) || more.contains(&name));
        if section && let Some(reference) = property.remove("$ref") {
            let either = json!([{ "$ref": reference }, { "type": "null" }]);
            property.insert("anyOf".to_owned(), either);
        }
    }
}
