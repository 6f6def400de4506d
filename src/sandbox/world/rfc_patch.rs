//! Bodies and PATCH operations as RFC 7644 §3.5.2 has them.
//!
//! **Invariants.** Operations work on a draft; only a request that is good to its end
//! reaches the record.

use std::collections::BTreeSet;

use serde_json::Value;

use super::body::{Object, boolean};
use super::quirks::Quirks;
use super::reply::Refusal;
use super::rfc::{external_id, object, refuse};
use super::state::{Group, Number, Store, User};
use crate::ids::attributes::{Attributes, ENTERPRISE_SCHEMA, ExtraAttribute, Section};
use crate::ids::{Email, ExternalId};
use crate::scim::dialect::{ExternalIdStorage, MemberRemoval, OpCase, UserAttribute};
use crate::scim::wire::{GROUP_SCHEMA, PATCH_SCHEMA, USER_SCHEMA};

fn invalid_value(detail: &str) -> Refusal {
    refuse(400, Some("invalidValue"), detail)
}

fn invalid_path() -> Refusal {
    refuse(400, Some("invalidPath"), "the path names no attribute")
}

/// An attribute name without its schema URN.
pub(super) fn bare<'a>(attribute: &'a str, schema: &str) -> &'a str {
    attribute
        .get(..schema.len())
        .filter(|prefix| prefix.eq_ignore_ascii_case(schema))
        .and_then(|_| attribute[schema.len()..].strip_prefix(':'))
        .unwrap_or(attribute)
}

fn string(value: &Value, what: &str) -> Result<Option<String>, Refusal> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Err(invalid_value(&format!("{what} is not a string")))
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Add,
    Remove,
    Replace,
}

struct Change {
    op: Op,
    path: Option<String>,
    value: Value,
}

impl Change {
    /// How many members it is about.
    fn members(&self) -> usize {
        let path = self
            .path
            .as_deref()
            .unwrap_or_default()
            .to_ascii_lowercase();
        match (path.as_str(), &self.value) {
            ("members", Value::Array(list)) => list.len(),
            (path, _) if path.starts_with("members") => 1,
            (_, _) => 0,
        }
    }
}

fn changes(body: &[u8], schema: &str, case: OpCase) -> Result<Vec<Change>, Refusal> {
    let syntax = |detail: &str| refuse(400, Some("invalidSyntax"), detail);
    let body = object(body, PATCH_SCHEMA)?;
    let list = body
        .get("Operations")
        .and_then(Value::as_array)
        .ok_or_else(|| syntax("Operations is missing"))?;
    list.iter()
        .map(|entry| {
            let op = match (entry.get("op").and_then(Value::as_str), case) {
                (Some("add"), OpCase::Lower) | (Some("Add"), OpCase::Capital) => Op::Add,
                (Some("remove"), OpCase::Lower) | (Some("Remove"), OpCase::Capital) => Op::Remove,
                (Some("replace"), OpCase::Lower) | (Some("Replace"), OpCase::Capital) => {
                    Op::Replace
                }
                (Some(_) | None, OpCase::Lower) => {
                    return Err(syntax("op is none of add, remove, replace"));
                }
                (Some(_) | None, OpCase::Capital) => {
                    return Err(syntax("op is none of Add, Remove, Replace"));
                }
            };
            let path = entry.get("path").filter(|path| !path.is_null());
            let path = path
                .map(|path| path.as_str().ok_or_else(|| syntax("path is not a string")))
                .transpose()?
                .map(|path| bare(path, schema).to_owned());
            if op == Op::Remove && path.is_none() {
                return Err(refuse(400, Some("noTarget"), "remove needs a path"));
            }
            Ok(Change {
                op,
                path,
                value: entry.get("value").cloned().unwrap_or(Value::Null),
            })
        })
        .collect()
}

/// The writable attributes of a User.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UserDraft {
    pub(super) user_name: Email,
    display_name: Option<String>,
    given_name: Option<String>,
    family_name: Option<String>,
    attributes: Attributes,
    external_id: Option<ExternalId>,
    mail: Option<String>,
    active: bool,
}

impl UserDraft {
    pub(super) fn of(user: &User) -> Self {
        Self {
            user_name: user.email.clone(),
            display_name: Some(user.name.clone()),
            given_name: user.given_name.clone(),
            family_name: user.family_name.clone(),
            attributes: user.attributes.clone(),
            external_id: user.external_id.clone(),
            mail: user.mail.clone(),
            active: !user.disabled,
        }
    }

    pub(super) fn read(body: &Object) -> Result<Self, Refusal> {
        let mut draft = Self {
            user_name: Email::new(""),
            display_name: None,
            given_name: None,
            family_name: None,
            attributes: Attributes::default(),
            external_id: None,
            mail: None,
            active: true,
        };
        for (key, value) in body {
            // What a client may not set, or we do not know, is ignored in a whole body.
            let _ignored_if_unknown = draft.set(key, value)?;
        }
        draft.checked()
    }

    fn checked(self) -> Result<Self, Refusal> {
        if self.user_name.as_str().trim().is_empty() {
            return Err(invalid_value("userName is required"));
        }
        Ok(self)
    }

    /// Sets one attribute to a value, `null` meaning none; whether it is one.
    fn set(&mut self, attribute: &str, value: &Value) -> Result<Known, Refusal> {
        match attribute.to_ascii_lowercase().as_str() {
            "username" => {
                self.user_name = Email::new(string(value, "userName")?.unwrap_or_default());
            }
            "displayname" => self.display_name = string(value, "displayName")?,
            "externalid" => self.external_id = external_id(string(value, "externalId")?),
            "name.givenname" => self.given_name = string(value, "givenName")?,
            "name.familyname" => self.family_name = string(value, "familyName")?,
            "active" => {
                self.active = match value {
                    Value::Null => true,
                    Value::Bool(_) => boolean(value) == Some(true),
                    _ => return Err(invalid_value("active is not a boolean")),
                };
            }
            "name" => match value {
                Value::Null => {
                    self.given_name = None;
                    self.family_name = None;
                    self.clear(Section::Name);
                }
                Value::Object(name) => {
                    for (key, value) in name {
                        self.set(&format!("name.{key}"), value)?;
                    }
                }
                _ => return Err(invalid_value("name is not an object")),
            },
            "emails" => match value {
                Value::Null => self.mail = None,
                Value::Array(list) => {
                    let primary = list
                        .iter()
                        .find(|it| it.get("primary") == Some(&Value::Bool(true)))
                        .or(list.first());
                    self.mail = match primary.and_then(|it| it.get("value")) {
                        Some(value) => string(value, "emails.value")?,
                        None => None,
                    };
                }
                _ => return Err(invalid_value("emails is not a list")),
            },
            other if other.starts_with("emails[") && other.ends_with("].value") => {
                self.mail = string(value, "emails.value")?;
            }
            other if other.eq_ignore_ascii_case(ENTERPRISE_SCHEMA) => match value {
                Value::Null => self.clear(Section::Enterprise),
                Value::Object(extension) => {
                    for (key, value) in extension {
                        // `manager` is one that is not served.
                        let _ignored_if_unknown = self.set(&format!("{other}:{key}"), value)?;
                    }
                }
                _ => return Err(invalid_value("the extension is not an object")),
            },
            other => {
                let mut all = ExtraAttribute::ALL.into_iter();
                let Some(extra) = all.find(|it| it.scim_path().eq_ignore_ascii_case(other)) else {
                    return Ok(Known::No);
                };
                let value = string(value, extra.name())?.unwrap_or_default();
                self.attributes.assign(extra, &value);
            }
        }
        Ok(Known::Yes)
    }

    fn clear(&mut self, section: Section) {
        for extra in ExtraAttribute::ALL {
            if extra.section() == section {
                self.attributes.assign(extra, "");
            }
        }
    }

    pub(super) fn patched(mut self, body: &[u8], case: OpCase) -> Result<Self, Refusal> {
        for Change { op, path, value } in changes(body, USER_SCHEMA, case)? {
            let value = match op {
                Op::Add | Op::Replace => value,
                Op::Remove => Value::Null,
            };
            match path {
                Some(path) => self.set_known(&path, &value)?,
                None => {
                    let object = value
                        .as_object()
                        .ok_or_else(|| invalid_value("without a path, value is an object"))?;
                    for (key, value) in object {
                        self.set_known(bare(key, USER_SCHEMA), value)?;
                    }
                }
            }
        }
        self.checked()
    }

    fn set_known(&mut self, path: &str, value: &Value) -> Result<(), Refusal> {
        read_only(path)?;
        match self.set(path, value)? {
            Known::Yes => Ok(()),
            Known::No => Err(invalid_path()),
        }
    }

    /// Takes back, in silence, what this provider never changes, and what it does not keep.
    pub(super) fn within(mut self, record: Option<&User>, quirks: &Quirks) -> Self {
        match quirks.external_id {
            ExternalIdStorage::Stored | ExternalIdStorage::Login => {}
            ExternalIdStorage::Dropped => self.external_id = None,
        }
        self.attributes = self.attributes.valued(&quirks.attributes);
        let Some(record) = record else { return self };
        let before = Self::of(record);
        for attribute in &quirks.immutable {
            match attribute {
                UserAttribute::UserName => self.user_name = before.user_name.clone(),
                UserAttribute::DisplayName => self.display_name.clone_from(&before.display_name),
                UserAttribute::GivenName => self.given_name.clone_from(&before.given_name),
                UserAttribute::FamilyName => self.family_name.clone_from(&before.family_name),
                UserAttribute::Email => self.mail.clone_from(&before.mail),
                UserAttribute::Extra(extra) => {
                    let value = before.attributes.value(*extra).unwrap_or_default();
                    self.attributes.assign(*extra, value);
                }
            }
        }
        self
    }

    /// Whether it switches the account off.
    pub(super) fn is_inactive(&self) -> bool {
        !self.active
    }

    /// Puts the draft into a record; `displayName` falls back to the name's parts.
    pub(super) fn into_user(self, record: User) -> User {
        let name =
            self.display_name
                .unwrap_or_else(|| match (&self.given_name, &self.family_name) {
                    (Some(given), Some(family)) => format!("{given} {family}"),
                    (Some(_) | None, Some(_) | None) => self.user_name.as_str().to_owned(),
                });
        User {
            email: self.user_name,
            name,
            given_name: self.given_name,
            family_name: self.family_name,
            attributes: self.attributes,
            external_id: self.external_id,
            mail: self.mail,
            disabled: !self.active,
            ..record
        }
    }
}

/// Whether an attribute is one we serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Yes,
    No,
}

fn read_only(path: &str) -> Result<(), Refusal> {
    let attribute = path.split('.').next().unwrap_or(path);
    if ["id", "meta", "groups"]
        .iter()
        .any(|it| attribute.eq_ignore_ascii_case(it))
    {
        return Err(refuse(400, Some("mutability"), "the attribute is readOnly"));
    }
    Ok(())
}

/// The writable attributes of a Group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GroupDraft {
    pub(super) name: String,
    pub(super) external_id: Option<ExternalId>,
    pub(super) members: BTreeSet<Number>,
}

impl GroupDraft {
    pub(super) fn of(group: &Group) -> Self {
        Self {
            name: group.name.clone(),
            external_id: group.external_id.clone(),
            members: group.members.clone(),
        }
    }

    pub(super) fn read(body: &Object, store: &Store) -> Result<Self, Refusal> {
        let mut draft = Self {
            name: String::new(),
            external_id: None,
            members: BTreeSet::new(),
        };
        for (key, value) in body {
            let _ignored_if_unknown = draft.set(key, Op::Replace, value, store)?;
        }
        draft.checked()
    }

    fn checked(self) -> Result<Self, Refusal> {
        if self.name.trim().is_empty() {
            return Err(invalid_value("displayName is required"));
        }
        Ok(self)
    }

    fn set(
        &mut self,
        attribute: &str,
        op: Op,
        value: &Value,
        store: &Store,
    ) -> Result<Known, Refusal> {
        match attribute.to_ascii_lowercase().as_str() {
            "displayname" => self.name = string(value, "displayName")?.unwrap_or_default(),
            "externalid" => self.external_id = external_id(string(value, "externalId")?),
            "members" => match op {
                Op::Add => self.members.extend(member_numbers(value, store)?),
                Op::Replace => self.members = member_numbers(value, store)?,
                // Whatever `value` says: a remove without filter removes all (§3.5.2.2).
                Op::Remove => self.members.clear(),
            },
            _ => return Ok(Known::No),
        }
        Ok(Known::Yes)
    }

    pub(super) fn patched(
        mut self,
        body: &[u8],
        store: &Store,
        quirks: &Quirks,
    ) -> Result<Self, Refusal> {
        let changes = changes(body, GROUP_SCHEMA, quirks.op_case)?;
        let members: usize = changes.iter().map(Change::members).sum();
        if members > quirks.member_changes {
            let most = quirks.member_changes;
            let detail = format!("a request may change {most} members, this one changes {members}");
            return Err(refuse(400, Some("tooMany"), &detail));
        }
        for Change { op, path, value } in changes {
            let list = quirks.member_removal == MemberRemoval::ValueList;
            let is_members = path
                .as_deref()
                .is_some_and(|path| path.eq_ignore_ascii_case("members"));
            if list && op == Op::Remove && is_members {
                for number in member_numbers(&value, store)? {
                    self.members.remove(&number);
                }
                continue;
            }
            let value = match op {
                Op::Add | Op::Replace => value,
                Op::Remove => Value::Null,
            };
            match path {
                Some(path) if path.to_ascii_lowercase().starts_with("members[") => {
                    if list {
                        let detail = "members are removed by a list of values";
                        return Err(refuse(501, None, detail));
                    }
                    let id = member_value_path(&path).ok_or_else(invalid_path)?;
                    match op {
                        Op::Remove => {
                            if let Some(number) = store.find_user(&id) {
                                self.members.remove(&number);
                            }
                        }
                        Op::Add | Op::Replace => return Err(invalid_path()),
                    }
                }
                Some(path) => self.set_known(&path, op, &value, store)?,
                None => {
                    let object = value
                        .as_object()
                        .ok_or_else(|| invalid_value("without a path, value is an object"))?;
                    for (key, value) in object {
                        self.set_known(bare(key, GROUP_SCHEMA), op, value, store)?;
                    }
                }
            }
        }
        self.checked()
    }

    fn set_known(
        &mut self,
        path: &str,
        op: Op,
        value: &Value,
        store: &Store,
    ) -> Result<(), Refusal> {
        read_only(path)?;
        match self.set(path, op, value, store)? {
            Known::Yes => Ok(()),
            Known::No => Err(invalid_path()),
        }
    }
}

/// Members by number; an id nobody has is an error here, unlike at Harness.
fn member_numbers(value: &Value, store: &Store) -> Result<BTreeSet<Number>, Refusal> {
    let list = match value {
        Value::Null => &[],
        Value::Array(list) => list.as_slice(),
        Value::Object(_) => std::slice::from_ref(value),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            return Err(invalid_value("members is not a list"));
        }
    };
    list.iter()
        .map(|member| {
            member
                .get("value")
                .and_then(Value::as_str)
                .and_then(|id| store.find_user(id))
                .ok_or_else(|| invalid_value("a member does not exist"))
        })
        .collect()
}

/// The id in `members[value eq "id"]`, attribute and operator in any case.
fn member_value_path(path: &str) -> Option<String> {
    let inner = path.get("members[".len()..)?.strip_suffix(']')?;
    let (attribute, rest) = inner.trim().split_once(' ')?;
    let (operator, value) = rest.trim_start().split_once(' ')?;
    let holds = attribute.eq_ignore_ascii_case("value") && operator.eq_ignore_ascii_case("eq");
    holds.then(|| serde_json::from_str(value.trim()).ok())?
}
