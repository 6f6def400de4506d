//! A plan without the people in it: pseudonyms for e-mails, or for everything that tells who
//! somebody is.
//!
//! The plan itself is redacted, before it is drawn, so that no format can show what another
//! hides. Every field is taken apart by name: a new one does not compile until somebody has
//! decided what it gives away.
//!
//! **Invariants.** One person has one pseudonym throughout a plan, and the same plan gives
//! the same pseudonyms. Names of groups and roles stay. Sentences lose every e-mail; with
//! [`Redaction::All`] they lose every name in backticks that is not a group's, a role's or a
//! word of the manifest language as well.

mod items;
mod learn;
mod people;
mod sentences;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::plan::Plan;

/// What is hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redaction {
    /// Nothing.
    None,
    /// E-mails, and whatever else has the form of one.
    Email,
    /// E-mails, keys, names and ids of people.
    All,
}

/// Hides people. `keep` are addresses that are nobody's: a provider's Support.
pub fn redact(plan: &Plan, redaction: Redaction, keep: &[&str]) -> Plan {
    match redaction {
        Redaction::None => plan.clone(),
        Redaction::Email | Redaction::All => {
            let mut redactor = Redactor::new(redaction, keep);
            redactor.learn(plan);
            redactor.plan(plan)
        }
    }
}

/// Where pseudonyms for addresses end (RFC 2606: nobody has it).
const DOMAIN: &str = "redacted.invalid";

/// What stands for something that tells of a person and is no name of theirs.
pub(super) const HIDDEN: &str = "[hidden]";

/// Short words of sentences, which a key of one or two letters would take out of all of them.
const WORDS: &[&str] = &[
    "a", "i", "an", "as", "at", "be", "by", "do", "go", "if", "in", "is", "it", "ms", "no", "of",
    "on", "or", "so", "to", "up", "us", "we",
];

pub(super) struct Redactor {
    redaction: Redaction,
    keep: Vec<String>,
    /// What tells who somebody is, as it was written.
    spelt: BTreeMap<String, usize>,
    /// What tells who somebody is, folded, and which person it is.
    known: HashMap<String, usize>,
    people: usize,
    /// Names that may stand in sentences: groups, their ids, roles.
    public: BTreeSet<String>,
    /// Values of attributes beyond names, which tell of a person and are no name of theirs.
    values: BTreeSet<String>,
}

impl Redactor {
    pub(super) fn new(redaction: Redaction, keep: &[&str]) -> Self {
        Self {
            redaction,
            keep: keep.iter().map(|text| (*text).to_owned()).collect(),
            spelt: BTreeMap::new(),
            known: HashMap::new(),
            people: 0,
            public: BTreeSet::new(),
            values: BTreeSet::new(),
        }
    }

    /// The number of the person that any of these texts tells of; whoever is new gets the
    /// next one.
    fn number(&mut self, texts: &[&str]) -> usize {
        let folded: Vec<String> = texts
            .iter()
            .filter(|text| !text.is_empty())
            .map(|text| crate::ids::fold(text))
            .collect();
        let known = folded.iter().find_map(|text| self.known.get(text).copied());
        let number = known.unwrap_or_else(|| {
            self.people += 1;
            self.people
        });
        for text in folded {
            self.known.entry(text).or_insert(number);
        }
        for text in texts.iter().filter(|text| !text.is_empty()) {
            self.spelt.entry((*text).to_owned()).or_insert(number);
        }
        number
    }

    /// Another text that tells of a person.
    fn also(&mut self, text: &str, number: usize) {
        self.known.entry(crate::ids::fold(text)).or_insert(number);
        self.spelt.entry(text.to_owned()).or_insert(number);
    }

    /// Every text that is hidden wherever it stands, with what is shown instead.
    pub(super) fn spelt(&self) -> Vec<(String, String)> {
        let is_hidden = |text: &str| {
            let is_word = || WORDS.contains(&text.to_lowercase().as_str());
            text.contains('@') || (self.hides_all() && !is_word())
        };
        self.spelt
            .iter()
            .filter(|(text, _)| is_hidden(text) && !self.is_kept(text))
            .map(|(text, number)| (text.clone(), self.shown(text, *number)))
            .collect()
    }

    /// Whether nothing is hidden.
    pub(super) fn shows_all(&self) -> bool {
        self.redaction == Redaction::None
    }

    fn is_kept(&self, text: &str) -> bool {
        self.keep.iter().any(|kept| kept == text)
    }

    /// What stands for an address, known or not.
    pub(super) fn address(&mut self, text: &str) -> String {
        if self.is_kept(text) || text.ends_with(DOMAIN) {
            return text.to_owned();
        }
        let number = self.number(&[text]);
        address(number)
    }

    pub(super) fn hides_all(&self) -> bool {
        match self.redaction {
            Redaction::All => true,
            Redaction::Email | Redaction::None => false,
        }
    }

    /// The person a text tells of. Messages cut what is longer than a line.
    fn find(&self, text: &str) -> Option<usize> {
        let folded = crate::ids::fold(text);
        if let Some(number) = self.known.get(&folded) {
            return Some(*number);
        }
        let start = folded.strip_suffix('…')?;
        self.known
            .iter()
            .filter(|(known, _)| known.starts_with(start))
            .map(|(_, number)| *number)
            .min()
    }

    fn shown(&self, text: &str, number: usize) -> String {
        match self.redaction {
            _ if text.contains('@') => address(number),
            Redaction::All => pseudonym(number),
            Redaction::Email | Redaction::None => text.to_owned(),
        }
    }
}

/// The key in the id of an item about a person, with what stands before and after it.
fn user_in(id: &str) -> Option<(&str, &str, &str)> {
    let start = if id.starts_with("user:") {
        "user:".len()
    } else {
        id.find(":user:")? + ":user:".len()
    };
    // An account that nothing declares is known by its id.
    let start = start + usize::from(id[start..].starts_with('#'));
    let rest = &id[start..];
    let end = rest.strip_suffix(":drift").unwrap_or(rest);
    let end = end.rfind(':').unwrap_or(end.len());
    Some((&id[..start], &rest[..end], &rest[end..]))
}

fn pseudonym(number: usize) -> String {
    format!("person-{number}")
}

fn address(number: usize) -> String {
    format!("person-{number}@{DOMAIN}")
}
