//! The gates through which foreign text reaches a terminal, Markdown, HTML and a pipeline's
//! log.

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

/// A text as Markdown's code, where nothing means anything: no mention, link, picture, tag,
/// emphasis or reference, in any dialect (fault F75). What no terminal may get is written as
/// an escape here as well.
pub fn markdown_code(text: &str) -> String {
    let text = terminal(text);
    let blank = text.chars().all(char::is_whitespace);
    if blank {
        // A span of blanks is seen by nobody, and one of nothing is none.
        let shown: String = text
            .chars()
            .map(|c| format!("\\u{{{:x}}}", u32::from(c)))
            .collect();
        let shown = if shown.is_empty() { "\"\"" } else { &shown };
        return format!("`{shown}`");
    }
    let longest = text
        .split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    // One blank at each side is taken off again, if there is one at both.
    let edge = |c: Option<char>| c == Some('`') || c == Some(' ');
    let pad = if edge(text.chars().next()) || edge(text.chars().next_back()) {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A text of many words in Markdown: words that cannot mean anything stay, all others become
/// code.
pub fn markdown_words(text: &str) -> String {
    let text = terminal(text);
    let mut out = String::with_capacity(text.len() + 16);
    let starts_apart = text.starts_with(char::is_whitespace);
    let ends_apart = text.ends_with(char::is_whitespace);
    if starts_apart {
        out.push(' ');
    }
    let mut words = text.split_whitespace().peekable();
    let mut first = true;
    while let Some(word) = words.next() {
        if !first {
            out.push(' ');
        }
        first = false;
        // What stands in braces belongs together: a line of YAML, most likely.
        if word.starts_with('{') {
            let mut whole = word.to_owned();
            while !whole.ends_with('}') {
                match words.next() {
                    Some(next) => {
                        whole.push(' ');
                        whole.push_str(next);
                    }
                    None => break,
                }
                if whole.trim_end_matches([',', ';', '.', ':']).ends_with('}') {
                    break;
                }
            }
            out.push_str(&markdown_word(&whole));
        } else {
            out.push_str(&markdown_word(word));
        }
    }
    if ends_apart && !first {
        out.push(' ');
    }
    out
}

/// One word: as it is if it cannot mean anything, else the middle of it as code.
fn markdown_word(word: &str) -> String {
    let opening = word.len() - word.trim_start_matches(['(', '"', '\'']).len();
    let (before, rest) = word.split_at(opening);
    let closing = rest
        .trim_end_matches([')', '"', '\'', ',', ';', '.', ':', '?'])
        .len();
    let (middle, after) = rest.split_at(closing);
    if middle.is_empty() || means_nothing(middle) {
        word.to_owned()
    } else {
        format!("{before}{}{after}", markdown_code(middle))
    }
}

/// Whether no dialect of Markdown makes anything of a word. Letters and single hyphens,
/// mostly: what has digits after a hyphen may be an issue, seven hexadecimal digits a commit,
/// a dot inside a host.
fn means_nothing(word: &str) -> bool {
    let harmless = |c: char| c.is_alphanumeric() || "-'%…–/".contains(c);
    if !word.chars().all(harmless) {
        return false;
    }
    let is_commit = word.len() >= 7 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let pairs = || word.chars().zip(word.chars().skip(1));
    let is_issue = pairs().any(|(a, b)| a == '-' && b.is_ascii_digit()) && !is_date(word);
    let is_rule = pairs().any(|(a, b)| a == '-' && b == '-');
    let is_path = word.contains("//");
    !(is_commit || is_issue || is_rule || is_path)
}

fn is_date(word: &str) -> bool {
    word.len() == 10 && word.parse::<jiff::civil::Date>().is_ok()
}

/// A text in HTML, between tags or in a quoted attribute. What no terminal may get is
/// written as an escape here as well.
pub fn html(text: &str) -> String {
    let text = terminal(text);
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// A text in the data of a GitHub workflow command: it cannot end the line (fault F76).
pub fn workflow_data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A text in a property of a GitHub workflow command: it cannot end the property either.
pub fn workflow_property(text: &str) -> String {
    workflow_data(text).replace(':', "%3A").replace(',', "%2C")
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

    #[test]
    fn code_holds_whatever_is_in_it() {
        for (text, code) in [
            ("ada", "`ada`"),
            ("a`b", "``a`b``"),
            ("`a", "`` `a ``"),
            ("a``", "``` a`` ```"),
            (" a ", "`  a  `"),
            ("", "`\"\"`"),
            ("  ", "`\\u{20}\\u{20}`"),
            ("a\n# b", "`a\\n# b`"),
        ] {
            assert_eq!(markdown_code(text), code, "{text:?}");
        }
    }

    #[test]
    fn words_stay_words_unless_they_mean_something() {
        for (text, shown) in [
            (
                "the group is gone; nothing more",
                "the group is gone; nothing more",
            ),
            (
                "judged on 2026-11-24 (really)",
                "judged on 2026-11-24 (really)",
            ),
            ("ask @ada, or #12", "ask `@ada`, or `#12`"),
            (
                "write to support@x.io: please",
                "write to `support@x.io`: please",
            ),
            ("see http://x.io/a.", "see `http://x.io/a`."),
            (
                "www.evil.com GH-12 deadbeef1",
                "`www.evil.com` `GH-12` `deadbeef1`",
            ),
            ("(id oncall)", "(id oncall)"),
            (
                "say ada: { email: a@x.io, status: absent }; then",
                "say ada: `{ email: a@x.io, status: absent }`; then",
            ),
            ("<b>*x*</b> [a](b) a_b", "`<b>*x*</b>` `[a](b`) `a_b`"),
        ] {
            assert_eq!(markdown_words(text), shown, "{text:?}");
        }
    }

    #[test]
    fn html_has_no_tag_and_no_end_of_a_quote() {
        assert_eq!(
            html("<a href='x\">&\u{202e}"),
            "&lt;a href=&#39;x&quot;&gt;&amp;\\u{202e}"
        );
    }
}
