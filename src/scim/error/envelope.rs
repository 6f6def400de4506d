//! The bodies providers send with a failure.

use serde_json::Value;

/// What the known error envelopes have in common.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Envelope {
    pub(super) scim_type: Option<String>,
    pub(super) code: Option<String>,
    pub(super) detail: Option<String>,
}

impl Envelope {
    /// Reads SCIM errors, Harness' `ERROR` and `FAILURE`, FastAPI's `detail`, SCIM 1.1's
    /// `Errors`, and the plain `{"error": …}`.
    pub(super) fn read(body: &[u8]) -> Self {
        let Ok(Value::Object(body)) = serde_json::from_slice(body) else {
            return Self::default();
        };
        let text = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
        let detail = [
            "detail",
            "message",
            "error_description",
            "details",
            "error",
            "description",
        ]
        .iter()
        .filter_map(|key| body.get(*key))
        .find_map(said);
        let listed = ["errors", "Errors", "responseMessages"]
            .iter()
            .filter_map(|key| body.get(*key))
            .find_map(said);
        let detail = match (detail, listed) {
            // Harness' `FAILURE` names the fields only in the list.
            (Some(detail), Some(listed))
                if !listed.contains(&detail) && body.contains_key("errors") =>
            {
                Some(format!("{detail}: {listed}"))
            }
            (Some(detail), _) => Some(detail),
            (None, listed) => listed,
        };
        Self {
            scim_type: text("scimType"),
            code: text("code"),
            detail,
        }
    }
}

/// The words in one value of an envelope.
fn said(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => (!text.trim().is_empty()).then(|| text.clone()),
        Value::Array(items) => {
            let said: Vec<String> = items.iter().take(5).filter_map(said).collect();
            (!said.is_empty()).then(|| said.join("; "))
        }
        Value::Object(fields) => {
            let words = ["message", "msg", "error", "description", "detail"]
                .iter()
                .filter_map(|key| fields.get(*key).and_then(Value::as_str))
                .find(|text| !text.trim().is_empty())?;
            match fields.get("fieldId").and_then(Value::as_str) {
                Some(field) => Some(format!("`{field}`: {words}")),
                None => Some(words.to_owned()),
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}
