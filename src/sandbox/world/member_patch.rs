//! What one operation of a group PATCH comes to at Harness: a table, most of whose cells are
//! "nothing, and 204" [R26 against HC].

use serde_json::Value;

use super::Generation;
use super::body::{Operation, Spelling, Verb};
use super::reply::Refusal;

/// The effect of one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum GroupWish {
    /// A silent no-op.
    Nothing,
    Rename(String),
    Add(Vec<String>),
    Remove(Vec<String>),
    Replace(Vec<String>),
}

impl GroupWish {
    /// Reads an operation the way the server of that age does.
    ///
    /// # Errors
    /// Where the server itself answers 400.
    pub(super) fn of(operation: &Operation, generation: Generation) -> Result<Self, Refusal> {
        let path = operation.path.as_deref();
        let value = operation.value.as_ref();
        Ok(match (operation.verb, path) {
            (Verb::Add, Some("members")) => member_ids(value).map_or(Self::Nothing, Self::Add),
            (Verb::Remove, Some("members")) => {
                member_ids(value).map_or(Self::Nothing, Self::Remove)
            }
            (Verb::Remove, Some(path)) => {
                value_path(path).map_or(Self::Nothing, |id| Self::Remove(vec![id]))
            }
            (Verb::Add, Some(_) | None) | (Verb::Remove, None) => Self::Nothing,
            (Verb::Replace, Some("members")) => match (generation, operation.spelling) {
                (Generation::Current, Spelling::Lower | Spelling::Capital) => {
                    member_ids(value).map_or(Self::Nothing, Self::Replace)
                }
                (Generation::Legacy2023, Spelling::Lower) => Self::Nothing,
                (Generation::Legacy2023, Spelling::Capital) => return Err(rename_failed()),
            },
            (Verb::Replace, path) => match operation.spelling {
                Spelling::Capital => match (path, value.and_then(Value::as_str)) {
                    (Some("displayName"), Some(name)) if !name.is_empty() => {
                        Self::Rename(name.to_owned())
                    }
                    (Some(_) | None, Some(_) | None) => Self::Nothing,
                },
                // The value is read as an object whatever the path says; a string is none.
                Spelling::Lower => match value {
                    Some(Value::Object(value)) => value
                        .get("displayName")
                        .and_then(Value::as_str)
                        .filter(|name| !name.is_empty())
                        .map_or(Self::Nothing, |name| Self::Rename(name.to_owned())),
                    Some(_) => return Err(rename_failed()),
                    None => Self::Nothing,
                },
            },
        })
    }
}

fn rename_failed() -> Refusal {
    Refusal::invalid_request("Failed to update group name")
}

/// The ids in a list of member objects. A strict inner reader knows only these keys, and one
/// other key loses the whole operation.
fn member_ids(value: Option<&Value>) -> Option<Vec<String>> {
    const KNOWN: [&str; 8] = [
        "type",
        "primary",
        "display",
        "value",
        "$ref",
        "id",
        "displayName",
        "active",
    ];
    let mut ids = Vec::new();
    for member in value?.as_array()? {
        let member = member.as_object()?;
        if member.keys().any(|key| !KNOWN.contains(&key.as_str())) {
            return None;
        }
        if let Some(id) = member.get("value").and_then(Value::as_str) {
            ids.push(id.to_owned());
        }
    }
    Some(ids)
}

/// The id in `members[value eq "id"]`: literal text, one ` eq `, nothing after the `]`.
fn value_path(path: &str) -> Option<String> {
    let inner = path.strip_prefix("members[")?;
    let mut pieces = inner.split(" eq ");
    let (_attribute, operand) = (pieces.next()?, pieces.next()?);
    if pieces.next().is_some() {
        return None;
    }
    let id = operand.strip_prefix('"')?.strip_suffix("\"]")?;
    Some(id.to_owned())
}
