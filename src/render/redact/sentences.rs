//! Sentences without the people: what is in backticks is a name, and any word may be one.

use super::{HIDDEN, Redactor, address, pseudonym};
use crate::ids::attributes::ExtraAttribute;

/// Words of the manifest language and of commands that sentences quote.
const OURS: &[&str] = &[
    "absent",
    "active",
    "suspended",
    "delete",
    "deactivate",
    "keep",
    "support",
    "remove",
    "additive",
    "authoritative",
    "previously",
    "totalResults",
    "startIndex",
    "Resources",
    "id",
    "status",
    "email",
    "until",
    "members",
    "includes",
    "externalId",
];

/// What may stand around a word.
const BEFORE: &[char] = &['(', '[', '{', '<', '"', '\'', ','];
/// What may stand after it.
const AFTER: &[char] = &[
    ')', ']', '}', '>', '"', '\'', ',', ';', ':', '.', '?', '!', ' ', '\n', '\t', '\r',
];

impl Redactor {
    /// A text without people. What is in backticks is a name.
    pub(super) fn sentence(&mut self, text: &str) -> String {
        let parts: Vec<&str> = text.split('`').collect();
        let last = parts.len() - 1;
        let mut out = String::with_capacity(text.len());
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                out.push('`');
            }
            let is_quoted = at % 2 == 1 && at < last;
            let shown = if is_quoted {
                self.quoted(part)
            } else {
                self.loose(part)
            };
            out.push_str(&shown);
        }
        out
    }

    /// A name in a sentence.
    fn quoted(&mut self, name: &str) -> String {
        if self.is_kept(name) {
            return name.to_owned();
        }
        // A group may be called like a person: then it is hidden with them.
        if let Some(number) = self.find(name) {
            return self.shown(name, number);
        }
        if self.public.contains(name) {
            return name.to_owned();
        }
        if self.hides_all() && self.values.contains(name) {
            return HIDDEN.to_owned();
        }
        let hidden = self.loose(name);
        let is_ours = || {
            OURS.contains(&name)
                || ExtraAttribute::named(name).is_some()
                || ["--", "policy.", "scim-sync ", "target."]
                    .iter()
                    .any(|start| name.starts_with(start))
        };
        if hidden == name && self.hides_all() && !is_ours() {
            // Nobody the plan knows, and still a name.
            let number = self.number(&[name]);
            return pseudonym(number);
        }
        hidden
    }

    /// Words, of which some may tell of people.
    fn loose(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for word in text.split_inclusive(char::is_whitespace) {
            let start = word.len() - word.trim_start_matches(BEFORE).len();
            let (before, rest) = word.split_at(start);
            let end = rest.trim_end_matches(AFTER).len();
            let (middle, after) = rest.split_at(end);
            out.push_str(before);
            out.push_str(&self.word(middle));
            out.push_str(after);
        }
        out
    }

    pub(super) fn word(&mut self, word: &str) -> String {
        if word.is_empty() || self.is_kept(word) {
            return word.to_owned();
        }
        if let Some((name, host)) = word.rsplit_once('@')
            && !name.is_empty()
            && !host.is_empty()
        {
            let number = self.number(&[word]);
            return address(number);
        }
        match self.find(word) {
            // A key of one or two letters is a word more often than it is a person.
            Some(number) if self.hides_all() && word.chars().count() > 2 => pseudonym(number),
            Some(_) | None => word.to_owned(),
        }
    }
}
