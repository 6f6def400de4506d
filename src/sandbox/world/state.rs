//! What the world remembers, and the indexes that make it quick to ask.
//!
//! **Invariants.** Users and groups are numbered in the order of their creation and listed
//! in that order, Harness' "natural order". Every change to a user or a group goes through a
//! method here, so [`Store::revision`] moves whenever the state does and the indexes never
//! disagree with the records. Erased users are in no index.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::ids::attributes::Attributes;
use crate::ids::{Email, ExternalId, GroupId, UserId};

/// The layout of the state file; another number is refused.
pub(super) const STATE_VERSION: u32 = 1;

/// A record's number: its place in the order of creation.
pub(super) type Number = u64;

fn is_false(value: &bool) -> bool {
    !*value
}

/// A person's record. At Harness it is global; the memberships say where it counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct User {
    /// The id the provider issued.
    pub id: UserId,
    /// `userName`: at Harness the stored, lower-case e-mail; as sent at an RFC provider.
    pub email: Email,
    /// The name to show.
    pub name: String,
    /// First name, if one was ever given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// Last name, if one was ever given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// Other attributes that have a value; only an RFC provider keeps them.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
    /// Stored only when the record is created (R26).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// The primary address of `emails`; only an RFC provider keeps one apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
    /// Set by SCIM on the global record; only such users are listed (HC).
    #[serde(default, skip_serializing_if = "is_false")]
    pub imported: bool,
    /// Set by SCIM on the NextGen copy; what the platform API shows.
    #[serde(default, skip_serializing_if = "is_false")]
    pub externally_managed: bool,
    /// Not `active`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub disabled: bool,
    /// Holds the account-admin role directly.
    #[serde(default, skip_serializing_if = "is_false")]
    pub admin: bool,
    /// Belongs to this account in the FirstGen half.
    #[serde(default, skip_serializing_if = "is_false")]
    pub cg_member: bool,
    /// Belongs to this account in the NextGen half.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ng_member: bool,
    /// Belongs to another account too, so the record outlives its removal here.
    #[serde(default, skip_serializing_if = "is_false")]
    pub elsewhere: bool,
    /// The address first provisioned, when a later change left it behind; in documented
    /// behaviour such a user can no longer be removed (DOC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_email: Option<Email>,
    /// Gone, and kept only until group members are purged.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) erased: bool,
}

impl User {
    /// Whether the e-mail was changed after provisioning.
    pub fn email_diverged(&self) -> bool {
        self.left_email.is_some()
    }
}

/// A group's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Group {
    /// At Harness derived from the first name, at an RFC provider issued; never changes.
    pub identifier: GroupId,
    /// `displayName`, kept as sent.
    pub name: String,
    /// Stored only by an RFC provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// Made or taken over by SCIM.
    #[serde(default, skip_serializing_if = "is_false")]
    pub externally_managed: bool,
    /// Built in.
    #[serde(default, skip_serializing_if = "is_false")]
    pub harness_managed: bool,
    /// Members, by the numbers of their records.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) members: BTreeSet<Number>,
}

/// Something that happens a few requests later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Purge {
    /// It is still undone while the request of this number is answered.
    pub(super) after: u64,
    /// What is cleaned up.
    pub(super) what: Purged,
}

/// What an asynchronous listener cleans up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Purged {
    /// A removed user's memberships and role bindings.
    User(Number),
    /// A removed group's role bindings.
    Group(GroupId),
}

/// Why a state cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// It is not the JSON it should be.
    #[error("the sandbox state is not readable: {0}")]
    Unreadable(String),
    /// It was written by another version.
    #[error("the sandbox state has version {found}, this program reads version {STATE_VERSION}")]
    Version {
        /// The version it carries.
        found: u64,
    },
    /// Its records contradict each other.
    #[error("the sandbox state contradicts itself: {0}")]
    Contradiction(String),
}

/// Users and groups with their indexes.
#[derive(Debug, Clone, Default)]
pub(super) struct Store {
    users: BTreeMap<Number, User>,
    groups: BTreeMap<Number, Group>,
    next: Number,
    by_id: HashMap<UserId, Number>,
    by_email: HashMap<Box<str>, Number>,
    by_group_id: HashMap<GroupId, Number>,
    admins: BTreeSet<Number>,
    revision: u64,
}

/// The parts of a [`Store`] that are saved.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Records {
    next: Number,
    users: BTreeMap<Number, User>,
    groups: BTreeMap<Number, Group>,
}

/// The parts of a [`Store`] that are saved, borrowed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RecordsRef<'a> {
    next: Number,
    users: &'a BTreeMap<Number, User>,
    groups: &'a BTreeMap<Number, Group>,
}

impl Store {
    pub(super) fn records(&self) -> RecordsRef<'_> {
        RecordsRef {
            next: self.next,
            users: &self.users,
            groups: &self.groups,
        }
    }

    /// Rebuilds the indexes over saved records.
    pub(super) fn from_records(records: Records) -> Result<Self, StateError> {
        let Records {
            next,
            users,
            groups,
        } = records;
        let mut store = Self {
            next,
            ..Self::default()
        };
        let twice = |what: &str| StateError::Contradiction(format!("`{what}` occurs twice"));
        for (&number, user) in &users {
            if number >= next {
                return Err(StateError::Contradiction(format!(
                    "number {number} was never issued"
                )));
            }
            if user.erased {
                continue;
            }
            if store.by_id.insert(user.id.clone(), number).is_some() {
                return Err(twice(user.id.as_str()));
            }
            let email: Box<str> = user.email.folded().into();
            if store.by_email.insert(email, number).is_some() {
                return Err(twice(user.email.as_str()));
            }
            if user.admin {
                store.admins.insert(number);
            }
        }
        for (&number, group) in &groups {
            if number >= next {
                return Err(StateError::Contradiction(format!(
                    "number {number} was never issued"
                )));
            }
            if let Some(member) = group.members.iter().find(|m| !users.contains_key(m)) {
                return Err(StateError::Contradiction(format!(
                    "member {member} of group `{}` does not exist",
                    group.identifier
                )));
            }
            let id = group.identifier.clone();
            if store.by_group_id.insert(id, number).is_some() {
                return Err(twice(group.identifier.as_str()));
            }
        }
        store.users = users;
        store.groups = groups;
        Ok(store)
    }

    /// Moves with every change.
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    pub(super) fn touch(&mut self) {
        self.revision += 1;
    }

    pub(super) fn issue(&mut self) -> Number {
        let number = self.next;
        self.next += 1;
        self.touch();
        number
    }

    /// Living users in the order of creation.
    pub(super) fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values().filter(|user| !user.erased)
    }

    pub(super) fn user(&self, number: Number) -> &User {
        // Numbers come from the indexes or from `members`, which hold existing ones only.
        &self.users[&number]
    }

    /// A user's record, even an erased one's, while it is there.
    pub(super) fn get(&self, number: Number) -> Option<&User> {
        self.users.get(&number)
    }

    pub(super) fn find_user(&self, id: &str) -> Option<Number> {
        self.by_id.get(id).copied()
    }

    pub(super) fn find_email(&self, folded: &str) -> Option<Number> {
        self.by_email.get(folded).copied()
    }

    /// Adds a user whose id and e-mail the caller found to be free.
    pub(super) fn insert_user(&mut self, number: Number, user: User) {
        self.touch();
        self.by_id.insert(user.id.clone(), number);
        self.by_email.insert(user.email.folded().into(), number);
        if user.admin {
            self.admins.insert(number);
        }
        self.users.insert(number, user);
    }

    /// Changes a user; id, e-mail and the admin role have their own methods.
    pub(super) fn edit_user(&mut self, number: Number, edit: impl FnOnce(&mut User)) {
        self.touch();
        if let Some(user) = self.users.get_mut(&number) {
            edit(user);
        }
    }

    /// Gives a user an address the caller found to be free.
    pub(super) fn set_email(&mut self, number: Number, email: Email) {
        self.touch();
        if let Some(user) = self.users.get_mut(&number) {
            self.by_email.remove(user.email.folded());
            self.by_email.insert(email.folded().into(), number);
            user.email = email;
        }
    }

    pub(super) fn set_admin(&mut self, number: Number, role: AdminRole) {
        self.touch();
        if let Some(user) = self.users.get_mut(&number) {
            user.admin = role == AdminRole::Held;
            match role {
                AdminRole::Held => self.admins.insert(number),
                AdminRole::NotHeld => self.admins.remove(&number),
            };
        }
    }

    pub(super) fn admins(&self) -> &BTreeSet<Number> {
        &self.admins
    }

    /// Takes a user out of every index; the record stays until [`Store::purge_user`].
    pub(super) fn erase_user(&mut self, number: Number) {
        self.touch();
        if let Some(user) = self.users.get_mut(&number) {
            user.erased = true;
            user.admin = false;
            self.by_id.remove(user.id.as_str());
            self.by_email.remove(user.email.folded());
            self.admins.remove(&number);
        }
    }

    /// Takes a user out of all groups unless it is a member of the account again.
    pub(super) fn purge_user(&mut self, number: Number) {
        self.touch();
        if self.users.get(&number).is_none_or(|user| user.ng_member) {
            return;
        }
        for group in self.groups.values_mut() {
            group.members.remove(&number);
        }
        if self.users.get(&number).is_some_and(|user| user.erased) {
            self.users.remove(&number);
        }
    }

    pub(super) fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.values()
    }

    pub(super) fn find_group(&self, id: &str) -> Option<Number> {
        self.by_group_id.get(id).copied()
    }

    pub(super) fn group(&self, number: Number) -> &Group {
        // Numbers come from the index, which holds existing ones only.
        &self.groups[&number]
    }

    pub(super) fn group_by_id(&self, id: &str) -> Option<&Group> {
        self.find_group(id).map(|number| self.group(number))
    }

    /// Adds a group whose identifier the caller found to be free.
    pub(super) fn insert_group(&mut self, number: Number, group: Group) {
        self.touch();
        self.by_group_id.insert(group.identifier.clone(), number);
        self.groups.insert(number, group);
    }

    /// Changes a group; its identifier never changes.
    pub(super) fn edit_group(&mut self, number: Number, edit: impl FnOnce(&mut Group)) {
        self.touch();
        if let Some(group) = self.groups.get_mut(&number) {
            edit(group);
        }
    }

    pub(super) fn remove_group(&mut self, number: Number) -> Option<Group> {
        self.touch();
        let group = self.groups.remove(&number)?;
        self.by_group_id.remove(group.identifier.as_str());
        Some(group)
    }
}

/// Whether a user holds the account-admin role directly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminRole {
    /// Yes.
    Held,
    /// No.
    NotHeld,
}

/// A 22-character id like those Harness issues: base64url of half a SHA-256 of a counter,
/// so that one history always gives the same ids.
pub(super) fn issued_id(kind: &str, number: u64) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let digest = Sha256::digest(format!("scim-sync sandbox {kind} {number}"));
    let mut id = String::with_capacity(22);
    for chunk in digest[..16].chunks(3) {
        let mut bits = 0_u32;
        for index in 0..3 {
            bits = bits << 8 | u32::from(chunk.get(index).copied().unwrap_or(0));
        }
        for index in 0..=chunk.len() {
            let six = (bits >> (18 - 6 * index)) & 0x3f;
            id.push(char::from(ALPHABET[six as usize]));
        }
    }
    id
}

/// The lower-case hexadecimal SHA-256 of a text.
pub(super) fn hex_digest(text: &str) -> String {
    use std::fmt::Write as _;
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(text) {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_22_characters_and_a_function_of_the_counter() {
        let ids: BTreeSet<String> = (0..1000).map(|n| issued_id("user", n)).collect();
        assert_eq!(ids.len(), 1000);
        assert!(ids.iter().all(|id| id.len() == 22));
        assert_eq!(issued_id("user", 7), issued_id("user", 7));
        assert_ne!(issued_id("user", 7), issued_id("group", 7));
    }

    #[test]
    fn hex_digest_is_the_published_vector() {
        assert_eq!(
            hex_digest("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
