//! Keys of people, made from their e-mails.
//!
//! **Invariants.** A key is the e-mail's local part in lower-case ASCII where it can be, so
//! that one address always gives one key; only where two addresses give one does the domain,
//! and then a number, tell them apart. Two keys never differ in case alone.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;

use crate::ids::{Email, PersonKey, fold};
use crate::manifest::decode::is_name;

/// The most characters of an e-mail: 64 before its `@`, 255 after it (RFC 5321 §4.5.3.1). Of a
/// longer one no key can be made that YAML takes.
pub const LONGEST_EMAIL: usize = 320;

/// Whether an e-mail is longer than any can be.
pub fn is_overlong(email: &Email) -> bool {
    email.as_str().chars().nth(LONGEST_EMAIL).is_some()
}

/// Keys that are given away.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    taken: BTreeSet<String>,
}

impl Keys {
    /// Notes a key that is somebody's.
    pub fn take(&mut self, key: &PersonKey) {
        self.taken.insert(fold(key.as_str()));
    }

    /// Whether a key is free, also in other case.
    pub fn is_free(&self, key: &str) -> bool {
        !self.taken.contains(&fold(key))
    }

    /// A free key for this address, which is taken from now on.
    pub fn make(&mut self, email: &Email) -> PersonKey {
        let (local, domain) = match email.folded().split_once('@') {
            Some((local, domain)) => (local, domain),
            None => (email.folded(), ""),
        };
        let base = match word(local) {
            base if base.is_empty() => "person".to_owned(),
            base => base,
        };
        let organisation = word(domain.split('.').next().unwrap_or_default());
        let with_domain = (!organisation.is_empty()).then(|| format!("{base}-{organisation}"));
        let numbered = (2_u32..).map(|number| format!("{base}-{number}"));
        let key = std::iter::once(base.clone())
            .chain(with_domain)
            .chain(numbered)
            .find(|key| self.is_free(key))
            .expect("there are endless numbers");
        let key = PersonKey::from(key);
        self.take(&key);
        key
    }
}

/// Letters, digits, `.`, `-` and `_`; accents go, anything else is one `-`.
fn word(text: &str) -> String {
    let mut word = String::with_capacity(text.len());
    // Marks are what accents become when a letter is taken apart.
    let is_mark = |c: &char| matches!(c, '\u{300}'..='\u{36f}');
    for c in text.nfkd().filter(|c| !is_mark(c)) {
        match c {
            c if c.is_alphanumeric() || matches!(c, '.' | '_') => word.push(c),
            _ if word.is_empty() || word.ends_with('-') => {}
            _ => word.push('-'),
        }
    }
    let word: String = word.nfc().collect();
    let word = word.trim_matches(['-', '.', '_']).to_lowercase();
    match is_name(&word) {
        true => word,
        false => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_readable_and_never_twice() {
        let mut keys = Keys::default();
        let mut make = |email: &str| keys.make(&Email::new(email)).to_string();
        assert_eq!(make("Ada.Lovelace@example.com"), "ada.lovelace");
        assert_eq!(make("jos\u{e9}@x.io"), "jose");
        assert_eq!(make("bob+ops@x.io"), "bob-ops");
        assert_eq!(make("ada@one.io"), "ada");
        assert_eq!(make("ada@two.io"), "ada-two");
        assert_eq!(make("ada@two.org"), "ada-2");
        assert_eq!(make("+@x.io"), "person");
        assert_eq!(make("山田@x.io"), "山田");
        assert_eq!(make("ADA@three.io"), "ada-three");
    }

    #[test]
    fn a_key_in_other_case_is_taken() {
        let mut keys = Keys::default();
        keys.take(&PersonKey::from("Ada"));
        assert_eq!(keys.make(&Email::new("ada@x.io")).as_str(), "ada-x");
    }
}
