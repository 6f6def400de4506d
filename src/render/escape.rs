//! The gate through which foreign text reaches a terminal.

use std::borrow::Cow;

/// Makes a text harmless on a terminal: control characters (escape sequences among them),
/// line breaks, direction overrides and invisible characters become visible escapes
/// (CWE-150, faults F74).
pub fn terminal(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_unsafe(c) {
            match c {
                '\n' => escaped.push_str("\\n"),
                '\r' => escaped.push_str("\\r"),
                '\t' => escaped.push_str("\\t"),
                other => escaped.push_str(&format!("\\u{{{:x}}}", u32::from(other))),
            }
        } else {
            escaped.push(c);
        }
    }
    Cow::Owned(escaped)
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{200b}'..='\u{200f}'   // zero-width, marks of direction
            | '\u{2028}'..='\u{202e}' // separators, embeddings, overrides
            | '\u{2060}'..='\u{206f}' // word joiner, isolates, deprecated formats
            | '\u{feff}' | '\u{061c}' | '\u{180e}' | '\u{00ad}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_as_a_command() {
        assert_eq!(terminal("plain ä 日本"), "plain ä 日本");
        assert_eq!(terminal("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(terminal("\u{202e}txt\u{200b}"), "\\u{202e}txt\\u{200b}");
        assert_eq!(terminal("a\nb\u{9b}"), "a\\nb\\u{9b}");
    }
}
