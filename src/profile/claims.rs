//! What a provider says of itself (RFC 7644 §4), held against how it is spoken to.
//!
//! **Invariants.** What a document does not say is no difference: it may be absent, static or
//! wrong, and nothing hangs on it but what `profile::guidance` takes from it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::guidance::{longest_page, supported};
use crate::ids::attributes::{ENTERPRISE_SCHEMA, ExtraAttribute, Section};
use crate::manifest::words::all_of;
use crate::scim::dialect::{
    Advance, Dialect, EntityTags, Filter, Groups, UserAttribute, UserDeactivation, UserUpdate,
};
use crate::scim::wire::{GROUP_SCHEMA, USER_SCHEMA};

/// One thing that a document claims, beside what is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Both say the same; what about.
    Same(&'static str),
    /// They differ, and nothing comes of it.
    Harmless(String),
    /// They differ, and a request may fail for it.
    Differs {
        /// What is claimed, and what is believed.
        said: String,
        /// What to do.
        help: String,
    },
}

impl Claim {
    fn differs(said: impl Into<String>, help: impl Into<String>) -> Self {
        Claim::Differs {
            said: said.into(),
            help: help.into(),
        }
    }
}

/// What `ServiceProviderConfig` claims.
pub fn of_config(document: &Value, dialect: &Dialect) -> Vec<Claim> {
    let mut claims = Vec::new();
    match (supported(document, "patch"), dialect.user_update) {
        (None, _) => {}
        (Some(true), UserUpdate::PatchPaths) => claims.push(Claim::Same("PATCH")),
        (Some(true), UserUpdate::Put | UserUpdate::PutMerged) => {
            claims.push(Claim::Harmless(
                "PATCH is claimed to be supported; people are changed by PUT all the same"
                    .to_owned(),
            ));
        }
        (Some(false), update) => {
            let what = match update {
                UserUpdate::PatchPaths => "people and memberships are changed by it",
                UserUpdate::Put | UserUpdate::PutMerged => "memberships are changed by it",
            };
            claims.push(Claim::differs(
                format!("`ServiceProviderConfig` claims that PATCH is not supported; {what}"),
                "set `target.dialect.userUpdate` and `groupRename` to `put`, and try it on a sandbox account",
            ));
        }
    }
    let filters = [dialect.user_filter, dialect.group_filter];
    let used = filters.iter().any(|filter| *filter != Filter::None);
    match (supported(document, "filter"), used) {
        (None, _) => {}
        (Some(true), true) | (Some(false), false) => claims.push(Claim::Same("filters")),
        (Some(true), false) => claims.push(Claim::Harmless(
            "filters are claimed to be supported; the profile does not believe them and lists"
                .to_owned(),
        )),
        (Some(false), true) => claims.push(Claim::differs(
            "`ServiceProviderConfig` claims that filters are not supported; names are looked up by them",
            "set `target.dialect.userFilter` and `groupFilter` to `none`",
        )),
    }
    match (supported(document, "etag"), dialect.entity_tags) {
        (None, _) => {}
        (Some(true), EntityTags::IfMatch) | (Some(false), EntityTags::Ignored) => {
            claims.push(Claim::Same("entity tags"));
        }
        (Some(true), EntityTags::Ignored) => claims.push(Claim::Harmless(
            "entity tags are claimed to be supported; none is sent \
             (`target.dialect.entityTags: ifMatch` does)"
                .to_owned(),
        )),
        (Some(false), EntityTags::IfMatch) => claims.push(Claim::differs(
            "`ServiceProviderConfig` claims that entity tags are not supported; writes carry `If-Match`",
            "set `target.dialect.entityTags` to `ignored` if writes are answered with 412",
        )),
    }
    pages(document, dialect, &mut claims);
    claims
}

fn pages(document: &Value, dialect: &Dialect, claims: &mut Vec<Claim>) {
    let paging = &document["pagination"];
    let by_cursor = match dialect.user_paging.advance {
        Advance::ByCursor => true,
        Advance::ByReceived | Advance::ByAsked => false,
    };
    match (paging["cursor"].as_bool(), paging["index"].as_bool()) {
        (None, None) => {}
        (Some(true), _) if by_cursor => claims.push(Claim::Same("paging")),
        (_, Some(true)) if !by_cursor => claims.push(Claim::Same("paging")),
        (cursor, index) => {
            let offered = |name: &str, offered: Option<bool>| match offered {
                Some(true) => format!("{name}: yes"),
                Some(false) => format!("{name}: no"),
                None => format!("{name}: not said"),
            };
            let (used, other) = match by_cursor {
                true => ("by cursor", "index"),
                false => ("by index", "cursor"),
            };
            claims.push(Claim::differs(
                format!(
                    "`ServiceProviderConfig` claims other pages ({}, {}); lists are walked {used}",
                    offered("cursor", cursor),
                    offered("index", index)
                ),
                format!("set `target.dialect.paging` to `{other}`"),
            ));
        }
    }
    let asked = dialect.user_paging.count.max(dialect.group_paging.count);
    match longest_page(document) {
        None => {}
        Some(most) if most >= asked => claims.push(Claim::Same("page size")),
        Some(most) => claims.push(Claim::Harmless(format!(
            "`ServiceProviderConfig` claims at most {most} results; pages of {asked} are asked for, and shorter ones are taken"
        ))),
    }
}

/// What `ResourceTypes` claims.
pub fn of_resource_types(document: &Value, dialect: &Dialect) -> Vec<Claim> {
    let Some(types) = rows(document) else {
        return vec![unreadable("ResourceTypes")];
    };
    let has = |endpoint: &str| {
        types.iter().any(|row| {
            let path = row["endpoint"].as_str().unwrap_or_default();
            path.trim_matches('/').rsplit('/').next() == Some(endpoint)
        })
    };
    let mut claims = Vec::new();
    if !has("Users") {
        claims.push(Claim::differs(
            "`ResourceTypes` names no `/Users`; people are read and written there",
            "check the base URL: it may be that of another interface",
        ));
    }
    match (has("Groups"), dialect.groups) {
        (true, Groups::Served) | (false, Groups::NotServed) => {
            claims.push(Claim::Same("resource types"));
        }
        (false, Groups::Served) => claims.push(Claim::differs(
            "`ResourceTypes` names no `/Groups`; groups are read and written there",
            "if the provider has none, set `target.dialect.groups` to `notServed`",
        )),
        (true, Groups::NotServed) => claims.push(Claim::Harmless(
            "`ResourceTypes` names `/Groups`; the profile knows of none \
             (`target.dialect.groups: served` uses them)"
                .to_owned(),
        )),
    }
    claims
}

/// The attributes of a user that are written, and their paths in a schema.
const WRITTEN: [(&str, Option<UserAttribute>); 7] = [
    ("userName", None),
    ("externalId", None),
    ("displayName", Some(UserAttribute::DisplayName)),
    ("name.givenName", Some(UserAttribute::GivenName)),
    ("name.familyName", Some(UserAttribute::FamilyName)),
    ("emails", None),
    ("active", None),
];

/// The attributes of people beyond names and e-mail that matter at a target.
#[derive(Debug, Clone, Copy)]
pub struct Extras<'a> {
    /// Those that the provider is believed to take.
    pub taken: &'a [ExtraAttribute],
    /// Those that somebody is declared with.
    pub declared: &'a BTreeSet<ExtraAttribute>,
}

/// What `Schemas` claims of users and groups.
pub fn of_schemas(document: &Value, dialect: &Dialect, extras: Extras<'_>) -> Vec<Claim> {
    let Some(schemas) = rows(document) else {
        return vec![unreadable("Schemas")];
    };
    let find = |id: &str| schemas.iter().find(|schema| schema["id"] == id);
    let mut claims = Vec::new();
    if let Some(user) = find(USER_SCHEMA) {
        users(user, dialect, &mut claims);
        attributes(user, find(ENTERPRISE_SCHEMA), extras, &mut claims);
    }
    if let Some(group) = find(GROUP_SCHEMA) {
        for path in ["displayName", "members"] {
            if let Some(mutability @ ("readOnly" | "immutable")) = mutability(group, path) {
                claims.push(Claim::differs(
                    format!(
                        "`Schemas` claims that `{path}` of groups is {mutability}; it is written"
                    ),
                    "try it on a sandbox account before you apply",
                ));
            }
        }
    }
    if claims.is_empty() && (find(USER_SCHEMA).is_some() || find(GROUP_SCHEMA).is_some()) {
        claims.push(Claim::Same("attributes"));
    }
    claims
}

fn users(schema: &Value, dialect: &Dialect, claims: &mut Vec<Claim>) {
    for (path, attribute) in WRITTEN {
        let is_fixed = attribute.is_some_and(|it| dialect.immutable.contains(&it));
        match (mutability(schema, path), is_fixed) {
            (Some(mutability @ ("readOnly" | "immutable")), false) => {
                // What is only ever sent with a create may well be immutable.
                let is_changed = match path {
                    "externalId" | "userName" | "emails" => mutability == "readOnly",
                    "active" => dialect.user_deactivation == UserDeactivation::PatchActiveFalse,
                    _ => true,
                };
                if is_changed {
                    let key = path.rsplit('.').next().unwrap_or(path);
                    let help = match attribute {
                        Some(_) => format!("put `{key}` into `target.dialect.immutable`"),
                        None => "try it on a sandbox account before you apply".to_owned(),
                    };
                    claims.push(Claim::differs(
                        format!("`Schemas` claims that `{path}` of users is {mutability}; it is written"),
                        help,
                    ));
                }
            }
            (Some("readWrite"), true) => claims.push(Claim::Harmless(format!(
                "`Schemas` claims that `{path}` of users can be changed; the profile knows that it cannot"
            ))),
            (Some(_) | None, _) => {}
        }
    }
    let wanted = schema["attributes"].as_array().into_iter().flatten();
    for attribute in wanted.filter(|attribute| attribute["required"] == true) {
        let name = attribute["name"].as_str().unwrap_or_default();
        let written = |path: &str| path.split('.').next() == Some(name);
        if !["id", "schemas", "meta"].contains(&name)
            && !WRITTEN.iter().any(|(path, _)| written(path))
        {
            claims.push(Claim::differs(
                format!("`Schemas` claims that a user needs `{name}`, which is never sent"),
                "a create will be refused unless the provider fills it in",
            ));
        }
    }
}

/// Attributes beyond names and e-mail: nothing hangs on them unless one is declared.
fn attributes(
    core: &Value,
    enterprise: Option<&Value>,
    extras: Extras<'_>,
    claims: &mut Vec<Claim>,
) {
    let (mut offered, mut missing, mut wanted) = (Vec::new(), Vec::new(), Vec::new());
    for attribute in ExtraAttribute::ALL {
        let name = attribute.name();
        let claimed = match attribute.section() {
            Section::Core => described(core, name),
            Section::Name => described(core, &attribute.scim_path()),
            Section::Enterprise => enterprise.and_then(|schema| described(schema, name)),
        };
        // What says nothing of it is `readWrite` (RFC 7643 §2.2).
        let is_writable = claimed
            .is_some_and(|it| !matches!(it["mutability"].as_str(), Some("readOnly" | "immutable")));
        match (is_writable, extras.taken.contains(&attribute)) {
            (true, true) | (false, false) => {}
            (true, false) => offered.push(name),
            (false, true) if extras.declared.contains(&attribute) => wanted.push(name),
            (false, true) => missing.push(name),
        }
    }
    if !wanted.is_empty() {
        let them = match wanted.len() {
            1 => "it",
            _several => "them",
        };
        claims.push(Claim::differs(
            format!(
                "`Schemas` does not offer {} of users to be written; the manifest declares {them}",
                all_of(wanted)
            ),
            "try it with one person first: a value may be ignored or refused; \
             `target.dialect.userAttributes` says which are taken",
        ));
    }
    if !offered.is_empty() {
        claims.push(Claim::Harmless(format!(
            "`Schemas` offers {} of users; the profile does not know that they are taken \
             (`target.dialect.userAttributes` says so)",
            all_of(offered)
        )));
    }
    if !missing.is_empty() {
        claims.push(Claim::Harmless(format!(
            "`Schemas` does not offer {} of users to be written; declared all the same, they \
             may be ignored or refused",
            all_of(missing)
        )));
    }
}

/// The mutability of an attribute or of a part of one, where the schema tells it.
fn mutability<'a>(schema: &'a Value, path: &str) -> Option<&'a str> {
    described(schema, path)?["mutability"].as_str()
}

/// What a schema has of an attribute or of a part of one.
fn described<'a>(schema: &'a Value, path: &str) -> Option<&'a Value> {
    let named = |list: &'a Value, name: &str| {
        let list = list.as_array()?;
        list.iter().find(|attribute| {
            let theirs = attribute["name"].as_str().unwrap_or_default();
            theirs.eq_ignore_ascii_case(name)
        })
    };
    match path.split_once('.') {
        None => named(&schema["attributes"], path),
        Some((whole, part)) => {
            let whole = named(&schema["attributes"], whole)?;
            named(&whole["subAttributes"], part)
        }
    }
}

/// The rows of a list, be it a `ListResponse` or, as some have it, a bare array.
fn rows(document: &Value) -> Option<&Vec<Value>> {
    document["Resources"]
        .as_array()
        .or(document["resources"].as_array())
        .or(document.as_array())
}

fn unreadable(name: &str) -> Claim {
    Claim::Harmless(format!("`/{name}` is no list, so nothing is read from it"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    static NOBODYS: BTreeSet<ExtraAttribute> = BTreeSet::new();
    const NO_EXTRAS: Extras<'static> = Extras {
        taken: &[],
        declared: &NOBODYS,
    };

    fn differences(claims: &[Claim]) -> Vec<&str> {
        let said = claims.iter().filter_map(|claim| match claim {
            Claim::Differs { said, help } => {
                assert!(!help.is_empty());
                Some(said.as_str())
            }
            Claim::Same(_) | Claim::Harmless(_) => None,
        });
        said.collect()
    }

    #[test]
    fn a_config_is_held_against_the_dialect() {
        let document = json!({
            "patch": {"supported": false}, "filter": {"supported": false, "maxResults": 50},
            "etag": {"supported": false}, "pagination": {"cursor": true, "index": false},
        });
        let dialect = Dialect {
            entity_tags: EntityTags::IfMatch,
            ..Dialect::rfc()
        };
        let claims = of_config(&document, &dialect);
        let said = differences(&claims);
        assert_eq!(said.len(), 4, "{claims:?}");
        for (said, word) in said
            .iter()
            .zip(["PATCH", "filters", "entity tags", "other pages"])
        {
            assert!(said.contains(word), "{said}");
        }
        // Nothing said is no difference.
        assert_eq!(of_config(&json!({}), &dialect), []);
    }

    #[test]
    fn what_agrees_is_named_shortly() {
        let document = json!({
            "patch": {"supported": true}, "filter": {"supported": true, "maxResults": 200},
            "etag": {"supported": false}, "pagination": {"cursor": false, "index": true},
        });
        assert_eq!(
            of_config(&document, &Dialect::rfc()),
            ["PATCH", "filters", "entity tags", "paging", "page size"].map(Claim::Same)
        );
    }

    #[test]
    fn resource_types_tell_of_groups() {
        let users = json!({"Resources": [{"name": "User", "endpoint": "/Users"}]});
        let said = of_resource_types(&users, &Dialect::rfc());
        assert!(differences(&said)[0].contains("no `/Groups`"), "{said:?}");
        let people_only = Dialect {
            groups: Groups::NotServed,
            ..Dialect::rfc()
        };
        let same = [Claim::Same("resource types")];
        assert_eq!(of_resource_types(&users, &people_only), same);
        let both = json!([{"endpoint": "/scim/v2/Users/"}, {"endpoint": "Groups"}]);
        assert_eq!(of_resource_types(&both, &Dialect::rfc()), same);
        assert!(matches!(
            of_resource_types(&json!({"Users": 1}), &Dialect::rfc())[..],
            [Claim::Harmless(_)]
        ));
    }

    #[test]
    fn schemas_tell_what_cannot_be_changed() {
        let schema = |display: &str| {
            json!({"Resources": [{"id": USER_SCHEMA, "attributes": [
                {"name": "userName", "required": true, "mutability": "immutable"},
                {"name": "displayName", "mutability": display},
                {"name": "name", "subAttributes": [{"name": "givenName", "mutability": "readWrite"}]},
                {"name": "employeeId", "required": true, "mutability": "readWrite"},
            ]}]})
        };
        let claims = of_schemas(&schema("readOnly"), &Dialect::rfc(), NO_EXTRAS);
        let said = differences(&claims);
        assert_eq!(said.len(), 2, "{claims:?}");
        assert!(
            said[0].contains("`displayName` of users is readOnly"),
            "{said:?}"
        );
        assert!(said[1].contains("needs `employeeId`"), "{said:?}");
        let fixed = Dialect {
            immutable: vec![UserAttribute::DisplayName],
            ..Dialect::rfc()
        };
        assert_eq!(
            differences(&of_schemas(&schema("readOnly"), &fixed, NO_EXTRAS)).len(),
            1
        );
        let claims = of_schemas(&schema("readWrite"), &fixed, NO_EXTRAS);
        assert!(matches!(claims[0], Claim::Harmless(_)), "{claims:?}");
    }

    #[test]
    fn schemas_tell_which_attributes_are_offered() {
        let writable = |name: &str| json!({"name": name, "mutability": "readWrite"});
        let document = json!({"Resources": [
            {"id": USER_SCHEMA, "attributes": [
                writable("title"),
                {"name": "locale", "mutability": "readOnly"},
                {"name": "name", "subAttributes": [writable("middleName")]},
            ]},
            {"id": ENTERPRISE_SCHEMA, "attributes": [{"name": "department"}]},
        ]});
        let taken = [
            ExtraAttribute::Title,
            ExtraAttribute::Locale,
            ExtraAttribute::CostCenter,
        ];
        let claims = |taken: &[ExtraAttribute], declared: &[ExtraAttribute]| {
            let declared = declared.iter().copied().collect();
            let declared = &declared;
            of_schemas(&document, &Dialect::rfc(), Extras { taken, declared })
        };
        let asked = claims(&taken, &[ExtraAttribute::Title]);
        let [Claim::Harmless(offered), Claim::Harmless(missing)] = &asked[..] else {
            panic!("{asked:?}");
        };
        assert!(
            offered.contains("`middleName` and `department`"),
            "{offered}"
        );
        assert!(missing.contains("`locale` and `costCenter`"), "{missing}");
        // What somebody is declared with is a matter of its own.
        let asked = claims(&taken, &[ExtraAttribute::CostCenter, ExtraAttribute::Title]);
        let [
            Claim::Differs { said, help: _ },
            Claim::Harmless(_),
            Claim::Harmless(missing),
        ] = &asked[..]
        else {
            panic!("{asked:?}");
        };
        assert!(
            said.ends_with("offer `costCenter` of users to be written; the manifest declares it"),
            "{said}"
        );
        assert!(missing.contains("offer `locale` of users"), "{missing}");
        let taken = [
            ExtraAttribute::Title,
            ExtraAttribute::MiddleName,
            ExtraAttribute::Department,
        ];
        assert_eq!(claims(&taken, &taken), [Claim::Same("attributes")]);
    }
}
