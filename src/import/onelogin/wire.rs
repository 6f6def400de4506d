//! OneLogin's answers, as far as they are read. Fields that may be missing are missing
//! somewhere in its documentation or in its SDKs; everything else is not looked at.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::tenant::{Account, Action, App, Condition, Rule, Standing, Wants};

/// Something that a list holds.
pub(super) trait Row {
    /// What tells it from the others.
    fn id(&self) -> &str;
}

/// The answer to a request for a token.
#[derive(Deserialize)]
pub(super) struct Token {
    pub(super) access_token: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct WireUser {
    #[serde(deserialize_with = "id")]
    id: Box<str>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    firstname: Option<String>,
    #[serde(default)]
    lastname: Option<String>,
    #[serde(default)]
    status: Option<i64>,
    #[serde(default)]
    state: Option<i64>,
}

impl From<WireUser> for Account {
    fn from(user: WireUser) -> Self {
        let WireUser {
            id,
            email,
            firstname,
            lastname,
            status,
            state,
        } = user;
        Account {
            id,
            email,
            first: firstname,
            last: lastname,
            standing: Standing::of_numbers(status, state),
        }
    }
}

/// A user of a role or of an app: only who it is.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct WireMember {
    #[serde(deserialize_with = "id")]
    pub(super) id: Box<str>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct WireRole {
    #[serde(deserialize_with = "id")]
    pub(super) id: Box<str>,
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default, deserialize_with = "ids")]
    pub(super) apps: Vec<Box<str>>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct WireApp {
    #[serde(deserialize_with = "id")]
    pub(super) id: Box<str>,
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default, deserialize_with = "ids")]
    pub(super) role_ids: Vec<Box<str>>,
}

impl WireApp {
    pub(super) fn app(&self) -> App {
        App {
            id: self.id.clone(),
            name: self.name.clone().unwrap_or_default(),
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct WireRule {
    #[serde(deserialize_with = "id")]
    id: Box<str>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default, rename = "match")]
    wants: Option<String>,
    #[serde(default)]
    enabled: Option<bool>,
    #[serde(default)]
    pub(super) position: Option<i64>,
    #[serde(default)]
    conditions: Option<Vec<WireCondition>>,
    #[serde(default)]
    actions: Option<Vec<WireAction>>,
}

#[derive(Debug, Clone, Deserialize)]
struct WireCondition {
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    operator: Option<String>,
    #[serde(default)]
    value: Value,
}

#[derive(Debug, Clone, Deserialize)]
struct WireAction {
    #[serde(default)]
    action: Option<String>,
    #[serde(default)]
    value: Value,
    #[serde(default)]
    expression: Option<String>,
    #[serde(default)]
    scriptlet: Option<String>,
    #[serde(default, rename = "macro")]
    made: Option<String>,
}

impl WireRule {
    /// Only what a page or a query does not promise is looked at again.
    pub(super) fn is_enabled(&self) -> bool {
        self.enabled != Some(false)
    }
}

impl From<WireRule> for Rule {
    fn from(rule: WireRule) -> Self {
        let filled = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        let condition = |it: WireCondition| Condition {
            source: it.source.unwrap_or_default(),
            operator: it.operator.unwrap_or_default(),
            value: texts(it.value).join(", "),
        };
        let action = |it: WireAction| Action {
            made_by: match (filled(&it.scriptlet), filled(&it.made)) {
                (true, _) => Some("a script"),
                (false, true) => Some("a macro"),
                (false, false) => None,
            },
            action: it.action.unwrap_or_default(),
            values: texts(it.value),
            expression: it.expression.filter(|text| !text.is_empty()),
        };
        Rule {
            name: match rule.name {
                Some(name) if !name.trim().is_empty() => name,
                Some(_) | None => format!("number {}", rule.id),
            },
            // What is said otherwise is taken as the narrower one.
            wants: match rule.wants.as_deref() {
                Some("any") => Wants::Any,
                Some(_) | None => Wants::All,
            },
            conditions: rule
                .conditions
                .into_iter()
                .flatten()
                .map(condition)
                .collect(),
            actions: rule.actions.into_iter().flatten().map(action).collect(),
        }
    }
}

/// A value that an action can be given, and its name.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct WireValue {
    #[serde(default)]
    pub(super) name: Value,
    #[serde(default)]
    pub(super) value: Value,
}

impl WireValue {
    /// The text and its name.
    pub(super) fn pair(self) -> (String, String) {
        (texts(self.value).join(", "), texts(self.name).join(", "))
    }
}

macro_rules! rows {
    ($($row:ident),*) => {
        $(impl Row for $row {
            fn id(&self) -> &str {
                &self.id
            }
        })*
    };
}

rows!(WireUser, WireMember, WireRole, WireApp, WireRule);

/// Texts and numbers, one or several, as texts.
fn texts(value: Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) => vec![text],
        Value::Array(values) => values.into_iter().flat_map(texts).collect(),
        other => vec![other.to_string()],
    }
}

/// An id is a number, in some answers as a text.
fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<str>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Id {
        Number(u64),
        Text(String),
    }
    match Id::deserialize(deserializer)? {
        Id::Number(number) => Ok(number.to_string().into()),
        Id::Text(text) if !text.is_empty() => Ok(text.into()),
        Id::Text(_) => Err(serde::de::Error::custom("an id is empty")),
    }
}

fn ids<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Box<str>>, D::Error> {
    let values = Option::<Vec<Value>>::deserialize(deserializer)?;
    let texts = values.into_iter().flatten().flat_map(texts);
    Ok(texts.map(Into::into).collect())
}
