//! What the provider holds once a plan is carried out, by the facts of its profile.
//!
//! The proof plans against it, and assertions and consequences are judged on it. It is the
//! short way to what the sandbox's world would come to: the laws in
//! `tests/plan_properties.rs` carry plans out there, request by request, and compare.
//!
//! **Invariants.** One pass over the live state, whatever the number of actions. What the
//! profile does not tell (accounts that lists do not show) is as before.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::item::{Action, Attribute, Change, GroupRef, MemberChange, Person, UserState};
use crate::ids::{Binding, BindingId, ExternalId, GroupId, GroupName, PersonKey, UserId};
use crate::live::beside::{Beside, BindingState, Bound, LiveBinding, Told};
use crate::live::{Activity, LiveGroup, LiveIndex, LiveState, LiveUser, LiveUsers};
use crate::profile::{GroupRemovalRule, NameModel, Profile, UserRemovalEffect};
use crate::scim::dialect::ExternalIdStorage;
use crate::scim::wire::EmailChoice;

/// The live state after these actions, taken in their order.
pub fn after(live: &LiveState, actions: &[Action], profile: &Profile) -> LiveState {
    let mut after = After::new(live, profile);
    for action in actions {
        after.take(&action.change);
    }
    after.finish(live)
}

/// The id of an account or group that is still to be made, where the provider chooses it.
fn planned(name: &str) -> String {
    format!("planned:{name}")
}

struct After<'a> {
    profile: &'a Profile,
    /// The live users, by position.
    live: &'a LiveUsers,
    /// Those of them that are other, or gone.
    other: BTreeMap<LiveIndex, Option<LiveUser>>,
    /// New users; their positions follow those of the live ones.
    new: Vec<Option<LiveUser>>,
    /// Accounts taken over, by id.
    adopted: HashMap<UserId, usize>,
    by_key: HashMap<PersonKey, usize>,
    groups: Vec<Option<Circle>>,
    by_group: HashMap<GroupId, usize>,
    created: HashMap<GroupName, usize>,
    beside: Beside,
}

struct Circle {
    id: GroupId,
    name: GroupName,
    added: Vec<usize>,
    removed: HashSet<usize>,
    /// Members of a group taken over that are no listed users.
    unlisted: Vec<Box<str>>,
}

impl<'a> After<'a> {
    fn new(live: &'a LiveState, profile: &'a Profile) -> Self {
        let circle = |group: &LiveGroup| Circle {
            id: group.id.clone(),
            name: group.name.clone(),
            added: Vec::new(),
            removed: HashSet::new(),
            unlisted: Vec::new(),
        };
        Self {
            profile,
            live: &live.users,
            other: BTreeMap::new(),
            new: Vec::new(),
            adopted: HashMap::new(),
            by_key: HashMap::new(),
            groups: live
                .groups
                .iter()
                .map(|group| Some(circle(group)))
                .collect(),
            by_group: (0..)
                .zip(&live.groups)
                .map(|(at, group)| (group.id.clone(), at))
                .collect(),
            created: HashMap::new(),
            beside: live.beside.clone(),
        }
    }

    /// Where the user of an id is: one taken over before one that is listed.
    fn by_id(&self, id: &str) -> Option<usize> {
        let listed = || self.live.position(id).map(|at| at.0 as usize);
        self.adopted.get(id).copied().or_else(listed)
    }

    /// Ends the account at a position.
    fn end(&mut self, at: usize) {
        match at.checked_sub(self.live.len()) {
            None => _ = self.other.insert(LiveIndex::new(at), None),
            Some(new) => self.new[new] = None,
        }
    }

    /// The account at a position, to be changed.
    fn user_at(&mut self, at: usize) -> Option<&mut LiveUser> {
        match at.checked_sub(self.live.len()) {
            None => {
                let there = || Some(self.live[at].clone());
                let user = self.other.entry(LiveIndex::new(at)).or_insert_with(there);
                user.as_mut()
            }
            Some(new) => self.new[new].as_mut(),
        }
    }

    fn take(&mut self, change: &Change) {
        match change {
            Change::CreateUser {
                key,
                user,
                external_id,
            } => self.create_user(key, user, external_id.as_ref()),
            Change::AdoptUser {
                person,
                user,
                external_id,
            } => self.adopt_user(person, user, external_id.as_ref()),
            Change::AdoptGroup {
                id, name, called, ..
            } => self.adopt_group(id, name, called),
            Change::CreateBinding { group, binding } => self.bind(group, binding),
            Change::DeleteBinding { id, .. } => {
                if let Told::Known(bindings) = &mut self.beside.bindings {
                    bindings.retain(|live| live.id != *id);
                }
            }
            Change::ReactivateUser { person } => self.set_activity(person, Activity::Active),
            Change::DeactivateUser { person } => self.set_activity(person, Activity::Inactive),
            Change::UpdateUser {
                person,
                changes,
                becomes: _,
            } => {
                let model = self.profile.names;
                let Some(user) = self.user(person) else {
                    return;
                };
                for change in changes {
                    let name = || Some(model.kept(&change.after).into());
                    match change.attribute {
                        Attribute::GivenName => user.given_name = name(),
                        Attribute::FamilyName => user.family_name = name(),
                        Attribute::DisplayName => user.display_name = name(),
                        Attribute::Extra(extra) => user.attributes.assign(extra, &change.after),
                    }
                }
            }
            Change::CreateGroup { name, expected_id } => {
                let id = expected_id
                    .clone()
                    .unwrap_or_else(|| GroupId::from(planned(name.as_str())));
                self.created.insert(name.clone(), self.groups.len());
                self.groups.push(Some(Circle {
                    id,
                    name: name.clone(),
                    added: Vec::new(),
                    removed: HashSet::new(),
                    unlisted: Vec::new(),
                }));
            }
            Change::AddMembers { group, members } => {
                let positions = self.positions(members);
                if let Some(circle) = self.circle(group) {
                    circle.added.extend(positions);
                }
            }
            Change::RenameGroup {
                id,
                before: _,
                after,
            } => {
                let at = self.by_group.get(id).copied();
                if let Some(circle) = at.and_then(|at| self.groups[at].as_mut()) {
                    circle.name = after.clone();
                }
            }
            Change::RemoveMembers { group, members } => {
                let positions = self.positions(members);
                if let Some(circle) = self.circle(group) {
                    circle.removed.extend(positions);
                }
            }
            Change::DeleteUser { person } => {
                let at = person.id.as_ref().and_then(|id| self.by_id(id.as_str()));
                if let Some(at) = at {
                    self.end(at);
                }
            }
            Change::DeleteGroup { id, name: _ } => match self.profile.group_removal {
                GroupRemovalRule::Deletable => {
                    if let Some(at) = self.by_group.get(id) {
                        self.groups[*at] = None;
                    }
                    if let Told::Known(bindings) = &mut self.beside.bindings {
                        bindings.retain(|live| live.bound != Bound::Group(id.clone()));
                    }
                }
                // As documented, nothing happens.
                GroupRemovalRule::SupportOnly { .. } | GroupRemovalRule::ByHand => {}
            },
        }
    }

    fn create_user(&mut self, key: &PersonKey, user: &UserState, id: Option<&ExternalId>) {
        let name = |text: &str| (!text.is_empty()).then(|| text.into());
        let (given_name, family_name) = match self.profile.names {
            NameModel::DisplayNameOnly { .. } | NameModel::NotKept => (None, None),
            NameModel::Full => (name(&user.given_name), name(&user.family_name)),
        };
        let external_id = match self.profile.dialect.user_external_id {
            ExternalIdStorage::Stored => id.cloned(),
            ExternalIdStorage::Dropped | ExternalIdStorage::Login => None,
        };
        self.by_key
            .insert(key.clone(), self.live.len() + self.new.len());
        self.new.push(Some(LiveUser {
            id: UserId::from(planned(key.as_str())),
            user_name: user.email.share(&user.user_name),
            email: user.email.clone(),
            email_choice: EmailChoice::Told,
            external_id,
            given_name,
            family_name,
            display_name: name(&self.profile.names.kept(&user.display_name)),
            attributes: user.attributes.valued(&self.profile.attributes),
            activity: Activity::Active,
        }));
    }

    fn adopt_user(&mut self, person: &Person, user: &UserState, id: Option<&ExternalId>) {
        let (Some(key), Some(account)) = (&person.key, &person.id) else {
            return;
        };
        self.create_user(key, user, id);
        let made = self.live.len() + self.new.len() - 1;
        self.adopted.insert(account.clone(), made);
        if let Some(Some(made)) = self.new.last_mut() {
            made.id = account.clone();
        }
        if let Told::Known(accounts) = &mut self.beside.accounts {
            accounts.retain(|other| other.id != *account);
        }
    }

    fn adopt_group(&mut self, id: &GroupId, name: &GroupName, called: &GroupName) {
        let Told::Known(groups) = &mut self.beside.groups else {
            return;
        };
        let Some(at) = groups.iter().position(|group| group.id == *id) else {
            return;
        };
        let found = groups.remove(at);
        let mut circle = Circle {
            id: id.clone(),
            name: called.clone(),
            added: Vec::new(),
            removed: HashSet::new(),
            unlisted: Vec::new(),
        };
        for member in found.members {
            match self.by_id(member.as_str()) {
                Some(at) => circle.added.push(at),
                None => circle.unlisted.push(member.into()),
            }
        }
        self.by_group.insert(id.clone(), self.groups.len());
        self.created.insert(name.clone(), self.groups.len());
        self.groups.push(Some(circle));
    }

    fn bind(&mut self, group: &GroupRef, binding: &Binding) {
        let Some(id) = self.circle(group).map(|circle| circle.id.clone()) else {
            return;
        };
        if let Told::Known(bindings) = &mut self.beside.bindings {
            bindings.push(LiveBinding {
                id: BindingId::from(planned(&format!("{id}:{binding}"))),
                bound: Bound::Group(id),
                binding: binding.clone(),
                state: BindingState::On,
            });
            bindings.sort();
        }
    }

    fn position(&self, person: &Person) -> Option<usize> {
        match (&person.id, &person.key) {
            (Some(id), _) => self.by_id(id.as_str()),
            (None, Some(key)) => self.by_key.get(key).copied(),
            (None, None) => None,
        }
    }

    fn positions(&self, members: &[MemberChange]) -> Vec<usize> {
        let people = members.iter().map(|member| &member.person);
        people.filter_map(|person| self.position(person)).collect()
    }

    fn user(&mut self, person: &Person) -> Option<&mut LiveUser> {
        let at = self.position(person)?;
        self.user_at(at)
    }

    fn circle(&mut self, group: &GroupRef) -> Option<&mut Circle> {
        let at = match &group.id {
            Some(id) => self.by_group.get(id),
            None => self.created.get(&group.name),
        };
        self.groups[*at?].as_mut()
    }

    fn set_activity(&mut self, person: &Person, activity: Activity) {
        if let Some(user) = self.user(person) {
            user.activity = activity;
        }
    }

    fn finish(self, live: &LiveState) -> LiveState {
        let (users, moved) = live.users.changed(self.other, self.new);

        let mut groups: Vec<LiveGroup> = Vec::with_capacity(self.groups.len());
        for (circle, at) in self.groups.into_iter().zip(0..) {
            let Some(circle) = circle else { continue };
            let before = live.groups.get(at);
            let mut unlisted = before.map_or(circle.unlisted, |group| group.unlisted.clone());
            let there = before.map_or(&[][..], |group| group.members.as_slice());
            let arrives = !circle.added.is_empty();
            let mut members = Vec::with_capacity(there.len() + circle.added.len());
            for at in there
                .iter()
                .map(|member| member.0 as usize)
                .chain(circle.added)
                .filter(|at| !circle.removed.contains(at))
            {
                match (moved[at], self.profile.user_removal) {
                    (Some(now), _) => members.push(now),
                    (None, UserRemovalEffect::PurgesMemberships) => {}
                    (None, UserRemovalEffect::LeavesMemberships) => {
                        unlisted.push(live.users[at].id.as_str().into());
                    }
                }
            }
            // Whoever was there is still in order.
            if arrives {
                members.sort_unstable();
                members.dedup();
            }
            unlisted.sort_unstable();
            groups.push(LiveGroup {
                id: circle.id,
                name: circle.name,
                members,
                unlisted,
            });
        }
        groups.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));

        LiveState {
            users,
            groups,
            integrity: live.integrity.clone(),
            beside: self.beside,
        }
    }
}
