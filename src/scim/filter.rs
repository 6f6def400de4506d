//! Building the one filter the client uses: `attribute eq "value"`.
//!
//! **Invariants.** A filter is only built when the server, as its dialect tells, will read
//! back exactly the value that went in; otherwise there is none and the caller lists.

use super::dialect::Filter;

/// An attribute that resources are looked up by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attribute {
    /// `userName` of a User.
    UserName,
    /// `displayName` of a Group.
    DisplayName,
}

impl Attribute {
    /// The attribute's canonical spelling; several servers compare it with case.
    pub fn as_str(self) -> &'static str {
        match self {
            Attribute::UserName => "userName",
            Attribute::DisplayName => "displayName",
        }
    }
}

/// `attribute eq "value"`, or `None` when this server's filter cannot carry the value.
pub fn equals(filter: Filter, attribute: Attribute, value: &str) -> Option<String> {
    match filter {
        Filter::None => return None,
        Filter::Quoted => {}
        Filter::Textual => {
            if !textual_can_carry(value) {
                return None;
            }
        }
    }
    Some(format!("{} eq {}", attribute.as_str(), quoted(value)))
}

/// A text as a JSON string, which is what filter values are (RFC 7644 §3.4.2.2).
pub fn quoted(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}

/// Whether a server that splits at ` eq `, strips one character at each side and decodes
/// percent signs a second time reads the value unchanged (faults S10). Control characters
/// would be written as JSON escapes, which it does not undo.
fn textual_can_carry(value: &str) -> bool {
    !value.contains(['"', '\\', '+', '%'])
        && !value.contains(" eq ")
        && !value.contains(|c: char| c.is_control())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Harness' parser: decode again (form rules: `+` is a space), split at ` eq `, take
    /// the second piece, drop its first and last character.
    fn harness_reads(filter: &str) -> Option<String> {
        let decoded = percent_encoding::percent_decode_str(&filter.replace('+', " "))
            .decode_utf8()
            .ok()?
            .into_owned();
        let piece = decoded.split(" eq ").nth(1)?;
        let mut chars = piece.chars();
        chars.next()?;
        chars.next_back()?;
        Some(chars.as_str().to_owned())
    }

    #[test]
    fn quoted_values_are_json_strings() {
        assert_eq!(
            equals(Filter::Quoted, Attribute::UserName, r#"a"b\c"#).as_deref(),
            Some(r#"userName eq "a\"b\\c""#)
        );
        assert_eq!(equals(Filter::None, Attribute::UserName, "a"), None);
    }

    #[test]
    fn textual_filters_refuse_what_they_cannot_carry() {
        for value in ["C++", "100%", "a\"b", r"a\b", "a eq b", "a\nb"] {
            assert_eq!(
                equals(Filter::Textual, Attribute::DisplayName, value),
                None,
                "{value}"
            );
        }
    }

    proptest! {
        #[test]
        fn textual_filters_come_back_as_they_went(value in "(\\PC|[\"\\\\+%]| eq |[a-z@.]{1,5}|\u{7f}|\n){0,6}") {
            if let Some(filter) = equals(Filter::Textual, Attribute::UserName, &value) {
                prop_assert_eq!(harness_reads(&filter), Some(value));
            }
        }

        #[test]
        fn quoted_filters_are_one_json_string(value in any::<String>()) {
            let filter = equals(Filter::Quoted, Attribute::UserName, &value).unwrap();
            let json = filter.strip_prefix("userName eq ").unwrap();
            prop_assert_eq!(serde_json::from_str::<String>(json).unwrap(), value);
        }
    }
}
