//! Words for messages: names in backticks, lists, suggestions, and what a text hides.
//!
//! **Invariants.** A quoted name is never longer than a line, so one absurd value cannot fill
//! a report. Suggestions are the same whatever the order of the candidates.

use std::fmt;

/// A name in backticks, cut after 60 characters.
pub fn quoted(name: &str) -> impl fmt::Display {
    struct Quoted<'a>(&'a str);
    impl fmt::Display for Quoted<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            match self.0.char_indices().nth(60) {
                None => write!(f, "`{}`", self.0),
                Some((end, _)) => write!(f, "`{}…`", &self.0[..end]),
            }
        }
    }
    Quoted(name)
}

/// Names of which one is wanted: `` `a`, `b` or `c` ``.
pub fn one_of<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    list(names, "or")
}

/// Names that belong together: `` `a`, `b` and `c` ``.
pub fn all_of<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    list(names, "and")
}

fn list<'a>(names: impl IntoIterator<Item = &'a str>, word: &str) -> String {
    let names: Vec<String> = names
        .into_iter()
        .map(|name| quoted(name).to_string())
        .collect();
    match names.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} {word} {last}", first.join(", ")),
    }
}

/// A count with its noun.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// The candidate somebody probably meant, if one is near enough.
pub fn closest<'a>(
    written: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let wanted = written.to_lowercase();
    let length = wanted.chars().count();
    let allowed = (length / 3).clamp(1, 3);
    candidates
        .into_iter()
        .filter(|candidate| {
            // A cheap bound first; a character outside ASCII may take four bytes.
            let ascii = candidate.is_ascii() && wanted.is_ascii();
            let slack = if ascii { allowed } else { 4 * allowed };
            candidate.len().abs_diff(wanted.len()) <= slack
        })
        .filter_map(|candidate| {
            let distance = strsim::osa_distance(&wanted, &candidate.to_lowercase());
            // One letter for another is no likeness.
            (distance <= allowed && distance < length).then_some((distance, candidate))
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// True for characters that change or hide text without being seen: zero-width and
/// direction marks, soft hyphens, tags. Control characters count too.
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// A text in which everything invisible is written as an escape, for people to see.
pub fn visible(text: &str) -> std::borrow::Cow<'_, str> {
    if !text.contains(is_invisible) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_invisible(c) => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggestions_are_near_and_stable() {
        assert_eq!(closest("emial", ["email", "status"]), Some("email"));
        assert_eq!(closest("Email", ["email"]), Some("email"));
        assert_eq!(closest("graec", ["grace", "greace"]), Some("grace"));
        assert_eq!(closest("zoe", ["ada", "grace"]), None);
        assert_eq!(closest("a", ["b"]), None);
        assert_eq!(closest("", ["b"]), None);
    }

    #[test]
    fn what_hides_is_shown() {
        assert_eq!(visible("a\u{200b}b\u{202e}c\n"), "a\\u{200b}b\\u{202e}c\\n");
        assert_eq!(visible("José"), "José");
    }
}
