//! What changed between two snapshots of one service provider.
//!
//! **Invariants.** Resources are paired by id, members by id too; every difference is told
//! once. People and groups are in the order of their ids.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::snapshot::{GroupFile, Snapshot, UserFile};
use crate::ids::attributes::{Attributes, ExtraAttribute};
use crate::ids::{Email, GroupId, GroupName, UserId};

/// The version of the format this build writes.
pub const DIFF_VERSION: u32 = 1;

/// The difference of two snapshots.
#[must_use = "a difference is for somebody who asked"]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "scim-sync snapshot diff, version 1", extend("$id" = "urn:scim-sync:schema:snapshot-diff:1"))]
pub struct SnapshotDiff {
    /// The version of this format; always 1.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// The first snapshot.
    pub before: Taken,
    /// The second snapshot.
    pub after: Taken,
    /// Accounts that are new.
    pub users_made: Vec<UserFile>,
    /// Accounts that are gone.
    pub users_gone: Vec<UserFile>,
    /// Accounts with another attribute.
    pub users_changed: Vec<UserChanged>,
    /// Groups that are new, with their members.
    pub groups_made: Vec<GroupFile>,
    /// Groups that are gone, with the members they had.
    pub groups_gone: Vec<GroupFile>,
    /// Groups with another name or other members.
    pub groups_changed: Vec<GroupChanged>,
    /// E-mails of the members named above, by id, as far as they are known.
    pub people: BTreeMap<String, Email>,
}

/// Where and when a snapshot was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Taken {
    /// The profile.
    pub provider: String,
    /// The base URL.
    pub base_url: String,
    /// When.
    pub taken_at: String,
    /// Whether it was read whole; of one that was not, something missing may be there.
    pub whole: bool,
    /// How many users.
    pub users: usize,
    /// How many groups.
    pub groups: usize,
}

/// An account with other attributes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UserChanged {
    /// The id.
    pub id: UserId,
    /// The e-mail it had.
    pub email: Email,
    /// What is another, by SCIM's names.
    pub changes: Vec<Changed>,
}

/// An attribute with another value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Changed {
    /// The attribute.
    pub attribute: String,
    /// What it was; absent if nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What it is; absent if nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// A group with another name or other members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupChanged {
    /// The id.
    pub id: GroupId,
    /// The name it had.
    pub name: GroupName,
    /// The name it has, if that is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_to: Option<GroupName>,
    /// Ids of members who came.
    pub joined: Vec<String>,
    /// Ids of members who went.
    pub left: Vec<String>,
}

impl SnapshotDiff {
    /// Compares two snapshots.
    pub fn new(before: &Snapshot, after: &Snapshot) -> Self {
        let mut diff = Self {
            version: DIFF_VERSION,
            before: taken(before),
            after: taken(after),
            users_made: Vec::new(),
            users_gone: Vec::new(),
            users_changed: Vec::new(),
            groups_made: Vec::new(),
            groups_gone: Vec::new(),
            groups_changed: Vec::new(),
            people: BTreeMap::new(),
        };
        diff.users(before, after);
        diff.groups(before, after);
        diff.name_members(before, after);
        diff
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        let Self {
            version: _,
            before: _,
            after: _,
            users_made,
            users_gone,
            users_changed,
            groups_made,
            groups_gone,
            groups_changed,
            people: _,
        } = self;
        users_made.is_empty()
            && users_gone.is_empty()
            && users_changed.is_empty()
            && groups_made.is_empty()
            && groups_gone.is_empty()
            && groups_changed.is_empty()
    }

    fn users(&mut self, before: &Snapshot, after: &Snapshot) {
        let by_id = |snapshot: &Snapshot| -> BTreeMap<UserId, UserFile> {
            let users = snapshot.users.iter();
            users.map(|user| (user.id.clone(), user.clone())).collect()
        };
        let (mut then, now) = (by_id(before), by_id(after));
        for (id, user) in now {
            match then.remove(&id) {
                None => self.users_made.push(user),
                Some(old) => {
                    let changes = attributes(&old, &user);
                    if !changes.is_empty() {
                        self.users_changed.push(UserChanged {
                            id,
                            email: old.email,
                            changes,
                        });
                    }
                }
            }
        }
        self.users_gone.extend(then.into_values());
    }

    fn groups(&mut self, before: &Snapshot, after: &Snapshot) {
        let by_id = |snapshot: &Snapshot| -> BTreeMap<GroupId, GroupFile> {
            let groups = snapshot.groups.iter();
            groups
                .map(|group| (group.id.clone(), group.clone()))
                .collect()
        };
        let (mut then, now) = (by_id(before), by_id(after));
        for (id, group) in now {
            let Some(old) = then.remove(&id) else {
                self.groups_made.push(group);
                continue;
            };
            let had: BTreeSet<&String> = old.members.iter().collect();
            let has: BTreeSet<&String> = group.members.iter().collect();
            let joined: Vec<String> = has.difference(&had).map(|id| (*id).clone()).collect();
            let left: Vec<String> = had.difference(&has).map(|id| (*id).clone()).collect();
            let renamed_to =
                (old.display_name != group.display_name).then(|| group.display_name.clone());
            if renamed_to.is_some() || !joined.is_empty() || !left.is_empty() {
                self.groups_changed.push(GroupChanged {
                    id,
                    name: old.display_name.clone(),
                    renamed_to,
                    joined,
                    left,
                });
            }
        }
        self.groups_gone.extend(then.into_values());
    }

    fn name_members(&mut self, before: &Snapshot, after: &Snapshot) {
        let changed = self.groups_changed.iter();
        let moved = changed.flat_map(|group| group.joined.iter().chain(&group.left));
        let whole = self.groups_made.iter().chain(&self.groups_gone);
        let named: BTreeSet<&String> = moved
            .chain(whole.flat_map(|group| &group.members))
            .collect();
        let people = before.users.iter().chain(&after.users);
        self.people = people
            .map(|user| (user.id.to_string(), user.email.clone()))
            .filter(|(id, _)| named.contains(id))
            .collect();
    }
}

fn taken(snapshot: &Snapshot) -> Taken {
    Taken {
        provider: snapshot.provider.clone(),
        base_url: snapshot.base_url.clone(),
        taken_at: snapshot.taken_at.clone(),
        whole: snapshot.integrity.users.is_whole() && snapshot.integrity.groups.is_whole(),
        users: snapshot.users.len(),
        groups: snapshot.groups.len(),
    }
}

fn attributes(before: &UserFile, after: &UserFile) -> Vec<Changed> {
    let UserFile {
        id: _,
        user_name,
        email,
        email_choice: _, // what is known of it, not what it is
        external_id,
        given_name,
        family_name,
        display_name,
        attributes,
        active,
    } = after;
    let text = |id: &Option<crate::ids::ExternalId>| id.as_ref().map(ToString::to_string);
    let activity = |active: bool| Some(active.to_string());
    let pairs = [
        (
            "userName",
            Some(before.user_name.clone()),
            Some(user_name.clone()),
        ),
        (
            "email",
            Some(before.email.to_string()),
            Some(email.to_string()),
        ),
        ("externalId", text(&before.external_id), text(external_id)),
        ("givenName", before.given_name.clone(), given_name.clone()),
        (
            "familyName",
            before.family_name.clone(),
            family_name.clone(),
        ),
        (
            "displayName",
            before.display_name.clone(),
            display_name.clone(),
        ),
        ("active", activity(before.active), activity(*active)),
    ];
    let extras = ExtraAttribute::ALL.into_iter().map(|extra| {
        let text = |of: &Attributes| of.value(extra).map(str::to_owned);
        (extra.name(), text(&before.attributes), text(attributes))
    });
    pairs
        .into_iter()
        .chain(extras)
        .filter(|(_, before, after)| before != after)
        .map(|(attribute, before, after)| Changed {
            attribute: attribute.to_owned(),
            before,
            after,
        })
        .collect()
}
