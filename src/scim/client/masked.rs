//! Bodies as `-vv` shows them: their shape, and nothing of whom they are about.
//!
//! **Invariants.** A text is shown only where its key is one of SCIM's own words; every
//! other text becomes its length. What is no JSON becomes its length as a whole.

use serde_json::Value;

/// Keys whose texts say something of the message, not of a person.
const SHOWN: &[&str] = &[
    "schemas",
    "op",
    "path",
    "type",
    "resourceType",
    "status",
    "scimType",
    "code",
    "detail",
    "message",
];

/// The longest body shown, in characters.
const LONGEST: usize = 4000;

/// A body with its texts masked.
pub(super) fn masked(body: &[u8]) -> String {
    if body.trim_ascii().is_empty() {
        return "no body".to_owned();
    }
    let Ok(mut value) = serde_json::from_slice::<Value>(body) else {
        return format!("{} bytes that are no JSON", body.len());
    };
    mask(&mut value, Key::Other);
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        None => text,
        Some((cut, _)) => format!("{}… ({} bytes)", &text[..cut], body.len()),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Shown,
    Other,
}

fn mask(value: &mut Value, key: Key) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
        Value::String(text) => match key {
            Key::Shown => *text = super::clean(text),
            Key::Other => *text = format!("[{}]", text.chars().count()),
        },
        Value::Array(values) => {
            for value in values {
                mask(value, key);
            }
        }
        Value::Object(map) => {
            for (name, value) in map {
                let shown = SHOWN.contains(&name.as_str());
                mask(value, if shown { Key::Shown } else { Key::Other });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_is_shown_and_nobody_is() {
        let body = br#"{"schemas":["urn:x"],"userName":"ada@x.io","active":true,"emails":[{"value":"ada@x.io","type":"work"}],"Operations":[{"op":"add","path":"members"}]}"#;
        assert_eq!(
            masked(body),
            r#"{"schemas":["urn:x"],"userName":"[8]","active":true,"emails":[{"value":"[8]","type":"work"}],"Operations":[{"op":"add","path":"members"}]}"#
        );
        assert_eq!(masked(b""), "no body");
        assert_eq!(masked(b"<html>ada"), "9 bytes that are no JSON");
        assert!(masked(format!("[{}1]", "1,".repeat(9000)).as_bytes()).len() < 4100);
    }
}
