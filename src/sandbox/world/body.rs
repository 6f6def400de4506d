//! Request bodies read the way Harness' JSON layer reads them: unknown attributes are
//! ignored, scalars are coerced, `null` is absent, everything else is "Unable to process
//! JSON" [HC `HObjectMapper`, `PatchOperation`].

use serde_json::{Map, Value};

use super::reply::Refusal;

/// A JSON object.
pub(super) type Object = Map<String, Value>;

/// The body as an object.
pub(super) fn object(body: &[u8]) -> Result<Object, Refusal> {
    match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Refusal::UnreadableJson("an object was expected".to_owned())),
        Err(error) => Err(Refusal::UnreadableJson(error.to_string())),
    }
}

fn wrong(key: &str, expected: &str) -> Refusal {
    Refusal::UnreadableJson(format!("`{key}` is not {expected}"))
}

/// A text attribute; numbers and booleans are coerced.
pub(super) fn text(object: &Object, key: &str) -> Result<Option<String>, Refusal> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(Value::Bool(value)) => Ok(Some(value.to_string())),
        Some(Value::Array(_) | Value::Object(_)) => Err(wrong(key, "a text")),
    }
}

/// A boolean, or the texts that are coerced to one.
pub(super) fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::String(text) => match text.as_str() {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            _ => None,
        },
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A User as received. `emails`, `roles`, `groups` and the rest are ignored (R26).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct UserIn {
    pub(super) user_name: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) active: Option<bool>,
    pub(super) name: Option<NameIn>,
}

/// `name` as received.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct NameIn {
    pub(super) given_name: Option<String>,
    pub(super) family_name: Option<String>,
}

impl UserIn {
    pub(super) fn read(body: &[u8]) -> Result<Self, Refusal> {
        let body = object(body)?;
        let active = match body.get("active") {
            None | Some(Value::Null) => None,
            Some(value) => Some(boolean(value).ok_or_else(|| wrong("active", "a boolean"))?),
        };
        let name = match body.get("name") {
            None | Some(Value::Null) => None,
            Some(Value::Object(name)) => Some(NameIn {
                given_name: text(name, "givenName")?,
                family_name: text(name, "familyName")?,
            }),
            Some(_) => return Err(wrong("name", "an object")),
        };
        Ok(Self {
            user_name: text(&body, "userName")?,
            display_name: text(&body, "displayName")?,
            external_id: text(&body, "externalId")?,
            active,
            name,
        })
    }
}

/// A Group as received.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct GroupIn {
    pub(super) schemas: Option<Value>,
    pub(super) id: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) members: Option<Vec<MemberIn>>,
}

/// One member as received.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct MemberIn {
    pub(super) value: Option<String>,
    pub(super) reference: Option<String>,
    pub(super) display: Option<String>,
}

impl GroupIn {
    pub(super) fn read(body: &[u8]) -> Result<Self, Refusal> {
        let body = object(body)?;
        let members = match body.get("members") {
            None | Some(Value::Null) => None,
            Some(Value::Array(members)) => Some(
                members
                    .iter()
                    .map(|member| match member {
                        Value::Object(member) => Ok(MemberIn {
                            value: text(member, "value")?,
                            reference: text(member, "ref")?,
                            display: text(member, "display")?,
                        }),
                        _ => Err(wrong("members", "a list of objects")),
                    })
                    .collect::<Result<_, _>>()?,
            ),
            Some(_) => return Err(wrong("members", "a list")),
        };
        Ok(Self {
            schemas: body.get("schemas").filter(|v| v.is_array()).cloned(),
            id: text(&body, "id")?,
            display_name: text(&body, "displayName")?,
            members,
        })
    }

    /// The ids of the members named.
    pub(super) fn member_ids(&self) -> impl Iterator<Item = &str> {
        self.members
            .iter()
            .flatten()
            .filter_map(|member| member.value.as_deref())
    }
}

/// What a PATCH operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Add,
    Remove,
    Replace,
}

/// In which of its two spellings `op` came: they are read by different classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    Lower,
    Capital,
}

/// One PATCH operation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Operation {
    pub(super) verb: Verb,
    pub(super) spelling: Spelling,
    pub(super) path: Option<String>,
    pub(super) value: Option<Value>,
}

/// The operations of a PATCH. Capitalised ones require `path` and `value` (HC).
pub(super) fn operations(body: &[u8]) -> Result<Vec<Operation>, Refusal> {
    let body = object(body)?;
    let list = match body.get("Operations") {
        Some(Value::Array(list)) => list,
        // The handler walks the list unasked.
        None | Some(Value::Null) => return Err(Refusal::unknown_error()),
        Some(_) => return Err(wrong("Operations", "a list")),
    };
    list.iter()
        .map(|operation| {
            let Value::Object(operation) = operation else {
                return Err(wrong("Operations", "a list of objects"));
            };
            let (verb, spelling) = match operation.get("op").and_then(Value::as_str) {
                Some("add") => (Verb::Add, Spelling::Lower),
                Some("remove") => (Verb::Remove, Spelling::Lower),
                Some("replace") => (Verb::Replace, Spelling::Lower),
                Some("Add") => (Verb::Add, Spelling::Capital),
                Some("Remove") => (Verb::Remove, Spelling::Capital),
                Some("Replace") => (Verb::Replace, Spelling::Capital),
                Some(_) | None => return Err(wrong("op", "a known operation")),
            };
            let operation = Operation {
                verb,
                spelling,
                path: text(operation, "path")?,
                value: operation.get("value").filter(|v| !v.is_null()).cloned(),
            };
            match operation.spelling {
                Spelling::Capital if operation.path.is_none() || operation.value.is_none() => Err(
                    Refusal::UnreadableJson("Missing required creator property".to_owned()),
                ),
                Spelling::Capital | Spelling::Lower => Ok(operation),
            }
        })
        .collect()
}
