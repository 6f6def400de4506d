//! What people and accounts are known by: keys, e-mails, logins; as texts, and hashed.
//!
//! Almost everybody is known by one key and one e-mail, which nobody else has. Hashes show that
//! without a look at a hundred thousand texts that lie all over the memory.
//!
//! **Invariants.** Whoever has a text in common has a trace in common. The other way round that
//! does not hold, so whom a trace finds is compared by the texts.

use std::collections::HashSet;
use std::hash::BuildHasher as _;
use std::num::NonZeroU32;

use foldhash::fast::{FixedState, RandomState};

use crate::desired::{DesiredState, DesiredUser};
use crate::ids::{PersonKey, folded};
use crate::live::{LiveState, LiveUser};

/// What an account is known by.
pub(super) struct Marks<'a> {
    /// The key it was made for.
    pub(super) key: Option<&'a str>,
    /// The e-mail, folded.
    pub(super) email: &'a str,
    /// The login, folded, where it is not the e-mail.
    pub(super) login: Option<std::borrow::Cow<'a, str>>,
}

impl<'a> Marks<'a> {
    pub(super) fn of(user: &'a LiveUser) -> Self {
        let email = user.email.folded();
        let is_other = !user.email.is_written(&user.user_name);
        let login = is_other.then(|| folded(&user.user_name));
        Self {
            key: user
                .external_id
                .as_ref()
                .and_then(|id| id.person_key_text()),
            email,
            login: login.filter(|login| *login != email),
        }
    }
}

/// A person's key and their earlier ones.
pub(super) fn keys_of(user: &DesiredUser) -> impl Iterator<Item = &PersonKey> {
    std::iter::once(&user.key).chain(&user.previously)
}

/// A text, hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Trace(NonZeroU32);

impl Trace {
    fn of(text: &str) -> Self {
        // Half of it is enough: of 100,000 people about one pair has a trace in common.
        let hash = FixedState::default().hash_one(text) >> 32;
        let hash = u32::try_from(hash).expect("half of 64 bits");
        Self(NonZeroU32::new(hash).unwrap_or(NonZeroU32::MIN))
    }
}

/// The traces of a declared person.
#[derive(Debug, Clone, Copy)]
pub(super) struct PersonTrace {
    /// Of their key; nothing if they have earlier ones as well.
    pub(super) key: Option<Trace>,
    pub(super) email: Trace,
}

/// The traces of an account.
#[derive(Debug, Clone, Copy)]
pub(super) struct AccountTrace {
    pub(super) key: Option<Trace>,
    pub(super) email: Trace,
    pub(super) login: Option<Trace>,
}

impl AccountTrace {
    pub(super) fn of(user: &LiveUser) -> Self {
        let Marks { key, email, login } = Marks::of(user);
        Self {
            key: key.map(Trace::of),
            email: Trace::of(email),
            login: login.map(|login| Trace::of(&login)),
        }
    }
}

/// The traces of everybody, by position.
#[derive(Debug)]
pub(super) struct Traces {
    pub(super) people: Vec<PersonTrace>,
    pub(super) accounts: Vec<AccountTrace>,
}

impl Traces {
    pub(super) fn of(desired: &DesiredState, live: &LiveState) -> Self {
        let people = desired.users.iter().map(|user| PersonTrace {
            key: user
                .previously
                .is_empty()
                .then(|| Trace::of(user.key.as_str())),
            email: Trace::of(user.email.folded()),
        });
        Self {
            people: people.collect(),
            accounts: live.users.iter().map(AccountTrace::of).collect(),
        }
    }
}

/// What some people or accounts are known by, all together.
#[derive(Default)]
pub(super) struct Known {
    keys: HashSet<Trace, RandomState>,
    /// E-mails, and what is logged in with.
    addresses: HashSet<Trace, RandomState>,
}

impl Known {
    pub(super) fn add(&mut self, account: AccountTrace) {
        let AccountTrace { key, email, login } = account;
        self.keys.extend(key);
        self.addresses.insert(email);
        self.addresses.extend(login);
    }

    pub(super) fn add_person(&mut self, person: PersonTrace, user: &DesiredUser) {
        match person.key {
            Some(key) => _ = self.keys.insert(key),
            None => self
                .keys
                .extend(keys_of(user).map(|key| Trace::of(key.as_str()))),
        }
        self.addresses.insert(person.email);
    }

    /// Whether an account may be one of these people.
    pub(super) fn may_be(&self, account: AccountTrace) -> bool {
        let AccountTrace { key, email, login } = account;
        key.is_some_and(|key| self.keys.contains(&key))
            || self.addresses.contains(&email)
            || login.is_some_and(|login| self.addresses.contains(&login))
    }

    /// Whether a person may be one of these accounts.
    pub(super) fn may_be_person(&self, person: PersonTrace, user: &DesiredUser) -> bool {
        let has_key = match person.key {
            Some(key) => self.keys.contains(&key),
            None => keys_of(user).any(|key| self.keys.contains(&Trace::of(key.as_str()))),
        };
        has_key || self.addresses.contains(&person.email)
    }
}

#[cfg(test)]
mod tests {
    use std::hash::BuildHasher as _;

    use super::*;

    /// `tests/known_by_login.rs` looks for two e-mails of one trace by this.
    #[test]
    fn a_trace_is_the_upper_half_of_a_hash() {
        for text in ["ada@example.com", "person-17@example.com", ""] {
            let hash = FixedState::default().hash_one(text) >> 32;
            assert_eq!(u64::from(Trace::of(text).0.get()), hash.max(1));
        }
    }
}
