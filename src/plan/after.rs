//! What the provider holds once a plan is carried out, by the facts of its profile.
//!
//! The proof plans against it, and assertions and consequences are judged on it. It is the
//! short way to what the sandbox's world would come to: the laws in
//! `tests/plan_properties.rs` carry plans out there, request by request, and compare.
//!
//! **Invariants.** One pass over the live state, whatever the number of actions. What the
//! profile does not tell (accounts that lists do not show) is as before.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::item::{Action, Attribute, Change, GroupRef, MemberChange, Person, UserState};
use crate::ids::{Binding, BindingId, ExternalId, GroupId, GroupName, PersonKey, UserId};
use crate::live::beside::{Beside, BindingState, Bound, LiveBinding, Told};
use crate::live::{Activity, LiveGroup, LiveIndex, LiveState, LiveUser};
use crate::profile::{GroupRemovalRule, NameModel, Profile, UserRemovalEffect};
use crate::scim::dialect::ExternalIdStorage;
use crate::scim::wire::EmailChoice;

/// The live state after these actions, taken in their order.
pub fn after(live: &LiveState, actions: &[Action], profile: &Profile) -> LiveState {
    let mut after = After::new(live, profile);
    for action in actions {
        after.take(&action.change);
    }
    after.finish()
}

/// The id of an account or group that is still to be made, where the provider chooses it.
fn planned(name: &str) -> String {
    format!("planned:{name}")
}

struct After<'a> {
    profile: &'a Profile,
    live: &'a LiveState,
    /// Live users that are other, or gone.
    other: BTreeMap<LiveIndex, Option<LiveUser>>,
    /// New users; their positions follow those of the live ones.
    new: Vec<Option<LiveUser>>,
    /// Accounts taken over, by id.
    adopted: HashMap<UserId, usize>,
    by_key: HashMap<PersonKey, usize>,
    /// Live groups that are other, or gone, by position.
    groups: BTreeMap<usize, Option<Circle>>,
    /// New groups; their positions follow those of the live ones.
    new_groups: Vec<Option<Circle>>,
    /// Live groups by id: asked only where an action is about one.
    by_group: OnceCell<HashMap<&'a GroupId, usize>>,
    /// Groups taken over, by id.
    adopted_groups: HashMap<GroupId, usize>,
    created: HashMap<GroupName, usize>,
    beside: Beside,
}

/// A group that is new or other.
struct Circle {
    id: GroupId,
    name: GroupName,
    added: Vec<usize>,
    removed: HashSet<usize>,
    /// Members of a group taken over that are no listed users.
    unlisted: Vec<Box<str>>,
}

impl Circle {
    fn new(id: GroupId, name: GroupName) -> Self {
        Self {
            id,
            name,
            added: Vec::new(),
            removed: HashSet::new(),
            unlisted: Vec::new(),
        }
    }
}

/// Groups, once it is known where everybody is.
struct Regrouping<'a> {
    live: &'a LiveState,
    /// Where everybody is now: live users by their positions, then the new ones.
    moved: &'a [Option<LiveIndex>],
    removal: UserRemovalEffect,
}

impl Regrouping<'_> {
    /// A group that no action is about. Its members stay in order.
    fn as_it_was(&self, group: &LiveGroup) -> LiveGroup {
        let mut unlisted = group.unlisted.clone();
        let members = group.members.iter().map(|member| member.0 as usize);
        LiveGroup {
            id: group.id.clone(),
            name: group.name.clone(),
            members: self.who_stays(members, &mut unlisted),
            unlisted,
        }
    }

    /// A group that is new, or other than it was.
    fn other(&self, circle: Circle, before: Option<&LiveGroup>) -> LiveGroup {
        let Circle {
            id,
            name,
            added,
            removed,
            unlisted,
        } = circle;
        let mut unlisted = before.map_or(unlisted, |group| group.unlisted.clone());
        let there = before.map_or(&[][..], |group| group.members.as_slice());
        let there = there.iter().map(|member| member.0 as usize);
        let wanted = there.chain(added).filter(|at| !removed.contains(at));
        let mut members = self.who_stays(wanted, &mut unlisted);
        members.sort_unstable();
        members.dedup();
        LiveGroup {
            id,
            name,
            members,
            unlisted,
        }
    }

    /// Where members are now; those whose account is gone may be left as nobody who is listed.
    fn who_stays(
        &self,
        members: impl Iterator<Item = usize>,
        unlisted: &mut Vec<Box<str>>,
    ) -> Vec<LiveIndex> {
        let mut stay = Vec::with_capacity(members.size_hint().1.unwrap_or_default());
        for at in members {
            match (self.moved[at], self.removal) {
                (Some(now), _) => stay.push(now),
                (None, UserRemovalEffect::PurgesMemberships) => {}
                (None, UserRemovalEffect::LeavesMemberships) => {
                    unlisted.push(self.live.users[at].id.as_str().into());
                }
            }
        }
        unlisted.sort_unstable();
        stay
    }
}

impl<'a> After<'a> {
    fn new(live: &'a LiveState, profile: &'a Profile) -> Self {
        Self {
            profile,
            live,
            other: BTreeMap::new(),
            new: Vec::new(),
            adopted: HashMap::new(),
            by_key: HashMap::new(),
            groups: BTreeMap::new(),
            new_groups: Vec::new(),
            by_group: OnceCell::new(),
            adopted_groups: HashMap::new(),
            created: HashMap::new(),
            beside: live.beside.clone(),
        }
    }

    /// Where the user of an id is: one taken over before one that is listed.
    fn by_id(&self, id: &str) -> Option<usize> {
        let listed = || self.live.users.position(id).map(|at| at.0 as usize);
        self.adopted.get(id).copied().or_else(listed)
    }

    /// Ends the account at a position.
    fn end(&mut self, at: usize) {
        match at.checked_sub(self.live.users.len()) {
            None => _ = self.other.insert(LiveIndex::new(at), None),
            Some(new) => self.new[new] = None,
        }
    }

    /// The account at a position, to be changed.
    fn user_at(&mut self, at: usize) -> Option<&mut LiveUser> {
        match at.checked_sub(self.live.users.len()) {
            None => {
                let there = || Some(self.live.users[at].clone());
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
                let at = self.add_group(Circle::new(id, name.clone()));
                self.created.insert(name.clone(), at);
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
                let at = self.group_with(id);
                if let Some(circle) = at.and_then(|at| self.circle_at(at)) {
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
                    if let Some(at) = self.group_with(id) {
                        self.end_group(at);
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
            .insert(key.clone(), self.live.users.len() + self.new.len());
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
        let made = self.live.users.len() + self.new.len() - 1;
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
        let mut circle = Circle::new(id.clone(), called.clone());
        for member in found.members {
            match self.by_id(member.as_str()) {
                Some(at) => circle.added.push(at),
                None => circle.unlisted.push(member.into()),
            }
        }
        let at = self.add_group(circle);
        self.adopted_groups.insert(id.clone(), at);
        self.created.insert(name.clone(), at);
    }

    /// A new group, and where it is.
    fn add_group(&mut self, circle: Circle) -> usize {
        self.new_groups.push(Some(circle));
        self.live.groups.len() + self.new_groups.len() - 1
    }

    /// Where the group of an id is: one taken over before one that is listed.
    fn group_with(&self, id: &GroupId) -> Option<usize> {
        let groups = || (0..).zip(&self.live.groups);
        let listed = || groups().map(|(at, group)| (&group.id, at)).collect();
        let listed = self.by_group.get_or_init(listed);
        self.adopted_groups
            .get(id)
            .or_else(|| listed.get(id))
            .copied()
    }

    /// Ends the group at a position.
    fn end_group(&mut self, at: usize) {
        match at.checked_sub(self.live.groups.len()) {
            None => _ = self.groups.insert(at, None),
            Some(new) => self.new_groups[new] = None,
        }
    }

    /// The group at a position, to be changed.
    fn circle_at(&mut self, at: usize) -> Option<&mut Circle> {
        match at.checked_sub(self.live.groups.len()) {
            None => {
                let group = &self.live.groups[at];
                let there = || Some(Circle::new(group.id.clone(), group.name.clone()));
                self.groups.entry(at).or_insert_with(there).as_mut()
            }
            Some(new) => self.new_groups[new].as_mut(),
        }
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
            Some(id) => self.group_with(id),
            None => self.created.get(&group.name).copied(),
        };
        self.circle_at(at?)
    }

    fn set_activity(&mut self, person: &Person, activity: Activity) {
        if let Some(user) = self.user(person) {
            user.activity = activity;
        }
    }

    fn finish(self) -> LiveState {
        let live = self.live;
        let (users, moved) = live.users.changed(self.other, self.new);

        let regrouping = Regrouping {
            live,
            moved: &moved,
            removal: self.profile.user_removal,
        };
        let mut others = self.groups;
        let mut groups = Vec::with_capacity(live.groups.len() + self.new_groups.len());
        for (group, at) in live.groups.iter().zip(0..) {
            match others.remove(&at) {
                None => groups.push(regrouping.as_it_was(group)),
                Some(Some(circle)) => groups.push(regrouping.other(circle, Some(group))),
                Some(None) => {}
            }
        }
        let new = self.new_groups.into_iter().flatten();
        groups.extend(new.map(|circle| regrouping.other(circle, None)));
        groups.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));

        LiveState {
            users,
            groups,
            integrity: live.integrity.clone(),
            beside: self.beside,
        }
    }
}
