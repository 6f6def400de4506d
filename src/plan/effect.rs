//! What a plan comes to: for each person, effective and by any path; and for groups that
//! are left empty.
//!
//! A few passes over the memberships before and after, whatever the number of items.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Plan;
use super::item::{Action, Change, Consequence, Person, Taken};
use crate::ids::{GroupId, GroupName, UserId};
use crate::live::{LiveGroup, LiveIndex, LiveState};

/// What a plan comes to for one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Effect {
    /// Who.
    pub person: Person,
    /// What becomes of the account.
    pub account: AccountEffect,
    /// Groups they are in afterwards and were not before, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gains: Vec<GroupName>,
    /// Groups they were in before and are not afterwards, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loses: Vec<GroupName>,
    /// In how many groups they are afterwards.
    pub groups_left: usize,
}

/// What becomes of an account.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum AccountEffect {
    /// It is removed.
    Removed,
    /// It is made inactive.
    Deactivated,
    /// It stays.
    Kept,
    /// It is made usable again.
    Reactivated,
    /// It is made.
    Created,
    /// It was made by hand and is taken over.
    Adopted,
}

impl Effect {
    /// Whether they have no group left, and had one.
    pub fn is_left_with_nothing(&self) -> bool {
        self.groups_left == 0 && !self.loses.is_empty()
    }

    /// The worst first: who goes, who is left with nothing, who loses most.
    fn rank(&self) -> impl Ord + '_ {
        (
            self.loses.is_empty(),
            self.account,
            !self.is_left_with_nothing(),
            std::cmp::Reverse(self.loses.len()),
            self.person.label(),
            &self.person.id,
        )
    }
}

struct Entry {
    person: Person,
    account: AccountEffect,
    gains: BTreeSet<GroupName>,
    loses: BTreeSet<GroupName>,
}

/// Who an entry is about: the id where live, else the key.
fn who(person: &Person) -> String {
    match &person.id {
        Some(id) => format!("#{id}"),
        None => person.label().to_owned(),
    }
}

#[derive(Default)]
struct Entries(BTreeMap<String, Entry>);

impl Entries {
    fn of(&mut self, person: &Person) -> &mut Entry {
        self.0.entry(who(person)).or_insert_with(|| Entry {
            person: person.clone(),
            account: AccountEffect::Kept,
            gains: BTreeSet::new(),
            loses: BTreeSet::new(),
        })
    }
}

/// Fills in `plan.people`, and the consequences that follow from it.
pub(super) fn tell(plan: &mut Plan, live: &LiveState, after: &LiveState) {
    if plan.actions.is_empty() {
        return;
    }
    let mut entries = Entries::default();
    let groups = Groups::new(live);
    for action in &plan.actions {
        note(&mut entries, action, &groups);
    }
    let deleted: HashSet<&GroupId> = plan
        .actions
        .iter()
        .filter_map(|action| action.change.removed_group())
        .collect();
    let stay = || {
        let groups = after.groups.iter();
        groups.filter(|group| !deleted.contains(&group.id))
    };
    let known = entries.0.values().filter_map(|it| it.person.id.as_ref());
    let left = groups_of(after, stay(), known);
    let created = |key: &str| -> usize { entries.0.get(key).map_or(0, |entry| entry.gains.len()) };
    let left_of = |person: &Person, account| match (&person.id, account) {
        (_, AccountEffect::Removed) => 0,
        (Some(id), _) => left.get(id).copied().unwrap_or(0),
        (None, _) => created(person.label()),
    };
    let mut people: Vec<Effect> = entries
        .0
        .values()
        .map(|entry| Effect {
            groups_left: left_of(&entry.person, entry.account),
            person: entry.person.clone(),
            account: entry.account,
            gains: entry.gains.difference(&entry.loses).cloned().collect(),
            loses: entry.loses.difference(&entry.gains).cloned().collect(),
        })
        .collect();
    people.sort_by(|a, b| a.rank().cmp(&b.rank()));
    let empty = left_empty(live, stay());
    gained(plan, &people);
    left_without(plan, &people, &groups);
    name_empty(plan, empty);
    plan.people = people;
}

fn note(entries: &mut Entries, action: &Action, groups: &Groups<'_>) {
    match &action.change {
        Change::CreateUser { key, user, .. } => {
            let person = Person {
                key: Some(key.clone()),
                email: user.email.clone(),
                id: None,
            };
            entries.of(&person).account = AccountEffect::Created;
        }
        Change::ReactivateUser { person } => {
            entries.of(person).account = AccountEffect::Reactivated;
        }
        Change::DeactivateUser { person } => {
            entries.of(person).account = AccountEffect::Deactivated;
        }
        Change::DeleteUser { person } => {
            let entry = entries.of(person);
            entry.account = AccountEffect::Removed;
            entry
                .loses
                .extend(action.memberships_lost().iter().cloned());
        }
        Change::AddMembers { group, members } => {
            for member in members {
                entries.of(&member.person).gains.insert(group.name.clone());
            }
        }
        Change::RemoveMembers { group, members } => {
            for member in members {
                entries.of(&member.person).loses.insert(group.name.clone());
            }
        }
        Change::DeleteGroup { id, name } => {
            for person in groups.members(id) {
                entries.of(&person).loses.insert(name.clone());
            }
        }
        Change::AdoptUser { person, .. } => {
            // Memberships speak of them by key, as of somebody created.
            let person = Person {
                id: None,
                ..person.clone()
            };
            entries.of(&person).account = AccountEffect::Adopted;
        }
        Change::UpdateUser { .. }
        | Change::CreateGroup { .. }
        | Change::AdoptGroup { .. }
        | Change::RenameGroup { .. }
        | Change::CreateBinding { .. }
        | Change::DeleteBinding { .. } => {}
    }
}

/// Live groups by id.
struct Groups<'a> {
    live: &'a LiveState,
    by_id: HashMap<&'a GroupId, &'a LiveGroup>,
}

impl<'a> Groups<'a> {
    fn new(live: &'a LiveState) -> Self {
        let by_id = live.groups.iter().map(|group| (&group.id, group));
        Self {
            live,
            by_id: by_id.collect(),
        }
    }

    /// The members of a live group, named by what the account tells of them.
    fn members(&self, id: &GroupId) -> impl Iterator<Item = Person> + use<'a> {
        let group = self.by_id.get(id);
        let members = group.map_or(&[][..], |group| group.members.as_slice());
        let live = self.live;
        members.iter().map(move |at| person(live, *at))
    }
}

fn person(live: &LiveState, at: LiveIndex) -> Person {
    let user = live.user(at);
    Person {
        key: user.external_id.as_ref().and_then(|id| id.person_key()),
        email: user.email.clone(),
        id: Some(user.id.clone()),
    }
}

/// In how many groups each of these people is, as far as they are there.
fn groups_of<'a>(
    state: &LiveState,
    groups: impl Iterator<Item = &'a LiveGroup>,
    people: impl Iterator<Item = &'a UserId>,
) -> HashMap<UserId, usize> {
    let mut counts = vec![0_usize; state.users.len()];
    for member in groups.flat_map(|group| &group.members) {
        counts[member.0 as usize] += 1;
    }
    let counted = people.filter_map(|id| {
        let at = state.users.position(id.as_str())?;
        Some((id.clone(), counts[at.0 as usize]))
    });
    counted.collect()
}

fn gained(plan: &mut Plan, people: &[Effect]) {
    let gains: HashMap<&str, &Effect> = people
        .iter()
        .filter(|effect| effect.account == AccountEffect::Created && !effect.gains.is_empty())
        .map(|effect| (effect.person.label(), effect))
        .collect();
    for action in &mut plan.actions {
        if let Change::CreateUser { key, .. } = &action.change
            && let Some(effect) = gains.get(key.as_str())
        {
            action.consequences.push(Consequence::MembershipsGained {
                groups: effect.gains.clone(),
            });
        }
    }
}

/// Names who is left without any group, at the first item that takes them out of one.
fn left_without(plan: &mut Plan, people: &[Effect], groups: &Groups<'_>) {
    let mut nothing: HashSet<UserId> = people
        .iter()
        .filter(|effect| effect.is_left_with_nothing() && effect.account != AccountEffect::Removed)
        .filter_map(|effect| effect.person.id.clone())
        .collect();
    if nothing.is_empty() {
        return;
    }
    for action in &mut plan.actions {
        let leaving: Vec<Person> = match action.change.taken() {
            Taken::Members { group: _, members } => {
                members.iter().map(|member| member.person.clone()).collect()
            }
            Taken::Group(id) => groups.members(id).collect(),
            Taken::Nothing | Taken::Account(_) | Taken::UseOf(_) | Taken::Binding { .. } => {
                continue;
            }
        };
        for person in leaving {
            if person.id.as_ref().is_some_and(|id| nothing.remove(id)) {
                action
                    .consequences
                    .push(Consequence::LeftWithoutGroups { person });
            }
        }
    }
}

/// Groups that have members now and none afterwards.
fn left_empty<'a>(
    live: &LiveState,
    after: impl Iterator<Item = &'a LiveGroup>,
) -> BTreeMap<GroupId, GroupName> {
    let has = |group: &LiveGroup| !group.members.is_empty() || !group.unlisted.is_empty();
    let empty: HashSet<&GroupId> = after
        .filter(|group| !has(group))
        .map(|group| &group.id)
        .collect();
    live.groups
        .iter()
        .filter(|group| has(group) && empty.contains(&group.id))
        .map(|group| (group.id.clone(), group.name.clone()))
        .collect()
}

/// Names groups that are left empty: at the first item that takes members out of them, else
/// at the last that removes an account from them.
fn name_empty(plan: &mut Plan, mut empty: BTreeMap<GroupId, GroupName>) {
    if empty.is_empty() {
        return;
    }
    for action in &mut plan.actions {
        if let Change::RemoveMembers { group, .. } = &action.change
            && group
                .id
                .as_ref()
                .is_some_and(|id| empty.remove(id).is_some())
        {
            let group = group.name.clone();
            action
                .consequences
                .push(Consequence::GroupLeftEmpty { group });
        }
    }
    let mut by_name: BTreeMap<GroupName, usize> = BTreeMap::new();
    for name in empty.into_values() {
        *by_name.entry(name).or_default() += 1;
    }
    for action in plan.actions.iter_mut().rev() {
        for group in action.memberships_lost().to_vec() {
            for _ in 0..by_name.remove(&group).unwrap_or(0) {
                let group = group.clone();
                action
                    .consequences
                    .push(Consequence::GroupLeftEmpty { group });
            }
        }
    }
}
