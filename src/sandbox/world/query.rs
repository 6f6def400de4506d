//! Paths and queries as the wire carries them, and Harness' textual filter.

use percent_encoding::percent_decode_str;

/// The segments of a raw path, each decoded; a trailing slash counts for nothing.
pub(super) fn segments(raw: &str) -> Vec<String> {
    let mut segments: Vec<String> = raw
        .trim_start_matches('/')
        .split('/')
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
        .collect();
    while segments.last().is_some_and(String::is_empty) {
        segments.pop();
    }
    segments
}

/// A raw query, decoded once as form data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn parse(raw: &str) -> Self {
        Self(
            url::form_urlencoded::parse(raw.as_bytes())
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    /// The first value of a parameter.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// A whole number, if the parameter is there.
    ///
    /// # Errors
    /// When it is there and is none.
    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>, NotANumber> {
        match self.get(name) {
            None | Some("") => Ok(None),
            Some(text) => match text.parse::<i32>() {
                Ok(number) => Ok(Some(i64::from(number))),
                Err(_) => Err(NotANumber),
            },
        }
    }
}

/// A parameter that should be a number and is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotANumber;

/// The value Harness looks for, given the already decoded `filter` parameter: decode *again*,
/// split at ` eq `, take the second piece, drop its first and last character. `None` means
/// "no filter", which is also what every failure means [R26 `searchGroup`, HC `searchUser`].
pub(super) fn harness_filter(filter: Option<&str>) -> Option<String> {
    let decoded = java_url_decode(filter?)?;
    // Java's `split` drops trailing empty pieces, so ` eq ` at the very end gives no second.
    let operand = decoded.split(" eq ").nth(1)?;
    let mut chars = operand.chars();
    chars.next()?;
    chars.next_back()?;
    let value = chars.as_str();
    (!value.is_empty()).then(|| value.to_owned())
}

/// `URLDecoder.decode`: `+` is a space, a broken `%` sequence is a failure.
fn java_url_decode(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    for (index, _) in text.match_indices('%') {
        let digits = bytes.get(index + 1..index + 3)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
    }
    let spaced = text.replace('+', " ");
    Some(percent_decode_str(&spaced).decode_utf8_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::harness_filter;

    #[test]
    fn filter_is_text_not_grammar() {
        let found = |filter| harness_filter(Some(filter));
        assert_eq!(found("userName eq \"a@x\"").as_deref(), Some("a@x"));
        assert_eq!(found("foo eq 'a@x'").as_deref(), Some("a@x"));
        assert_eq!(
            found("a eq \"b\" and c eq \"d\"").as_deref(),
            Some("b\" and ")
        );
        assert_eq!(found("userName eq \"a+b@x\"").as_deref(), Some("a b@x"));
        assert_eq!(found("userName eq \"a%2Bb@x\"").as_deref(), Some("a+b@x"));
        // Two spaces still hold one ` eq `; the surplus is what gets cut off.
        assert_eq!(found("a  eq  \"b\"").as_deref(), Some("\"b"));
        for unparsable in [
            "userName EQ \"a\"",
            "userName  eq",
            "a eq ",
            "a eq x",
            "50% eq \"x\"",
            "a eq \"\"",
        ] {
            assert_eq!(found(unparsable), None, "{unparsable}");
        }
        assert_eq!(harness_filter(None), None);
    }
}
