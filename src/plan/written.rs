//! What past runs wrote and read back: a plan that would write it again meets somebody else
//! who writes.
//!
//! A value here; whoever has reports fills it (`apply::written`).

use std::collections::BTreeMap;

use super::item::Attribute;
use crate::ids::{GroupId, UserId};

/// The newest word of past runs on each value they wrote and read back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written(BTreeMap<Slot, Wrote>);

/// A value that runs write.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// A name or another attribute of an account.
    Name(UserId, Attribute),
    /// Whether somebody is in a group.
    Member(GroupId, UserId),
    /// Whether there is an account for this e-mail, folded.
    Account(String),
    /// Whether there is a group of this name.
    Group(String),
    /// What a group is called.
    GroupName(GroupId),
    /// What was left as `externalId` of an account.
    ExternalId(UserId),
}

/// What is in a slot where something is either there or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It is there.
    There,
    /// It is not.
    Gone,
}

impl Presence {
    /// As a value.
    pub fn as_str(self) -> &'static str {
        match self {
            Presence::There => "there",
            Presence::Gone => "gone",
        }
    }
}

/// What runs wrote into a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrote {
    /// The value.
    pub value: String,
    /// How many runs in a row wrote it.
    pub runs: usize,
    /// When the last of them began, as its report has it.
    pub at: String,
}

impl Written {
    /// Notes that a run wrote a value, later than everything noted before.
    pub fn note(&mut self, slot: Slot, value: &str, at: &str) {
        let before = self.0.get(&slot);
        let runs = match before {
            Some(wrote) if wrote.value == value && wrote.at != at => wrote.runs + 1,
            Some(wrote) if wrote.value == value => wrote.runs,
            Some(_) | None => 1,
        };
        let wrote = Wrote {
            value: value.to_owned(),
            runs,
            at: at.to_owned(),
        };
        self.0.insert(slot, wrote);
    }

    /// Forgets what went with an account.
    pub fn forget_user(&mut self, gone: &UserId) {
        self.0.retain(|slot, _| match slot {
            Slot::Name(user, _) | Slot::Member(_, user) | Slot::ExternalId(user) => user != gone,
            Slot::Account(_) | Slot::Group(_) | Slot::GroupName(_) => true,
        });
    }

    /// Forgets what went with a group.
    pub fn forget_group(&mut self, gone: &GroupId) {
        self.0.retain(|slot, _| match slot {
            Slot::Member(group, _) | Slot::GroupName(group) => group != gone,
            Slot::Name(_, _) | Slot::Account(_) | Slot::Group(_) | Slot::ExternalId(_) => true,
        });
    }

    /// What runs wrote there last, if it was this value.
    pub fn wrote(&self, slot: &Slot, value: &str) -> Option<&Wrote> {
        self.0.get(slot).filter(|wrote| wrote.value == value)
    }

    /// The accounts runs made, with what they left as `externalId`.
    pub fn left(&self) -> impl Iterator<Item = (&UserId, &Wrote)> {
        self.0.iter().filter_map(|(slot, wrote)| match slot {
            Slot::ExternalId(user) => Some((user, wrote)),
            Slot::Name(_, _)
            | Slot::Member(_, _)
            | Slot::Account(_)
            | Slot::Group(_)
            | Slot::GroupName(_) => None,
        })
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_word_counts_and_so_does_how_often() {
        let mut written = Written::default();
        let slot = Slot::Member(GroupId::from("g"), UserId::from("u"));
        written.note(slot.clone(), "there", "1");
        written.note(slot.clone(), "there", "1");
        assert_eq!(written.wrote(&slot, "there").unwrap().runs, 1);
        written.note(slot.clone(), "there", "2");
        assert_eq!(written.wrote(&slot, "there").unwrap().runs, 2);
        written.note(slot.clone(), "gone", "3");
        assert_eq!(written.wrote(&slot, "there"), None);
        assert_eq!(written.wrote(&slot, "gone").unwrap().runs, 1);
        written.forget_user(&UserId::from("u"));
        assert!(written.is_empty());
    }
}
