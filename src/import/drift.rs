//! A manifest changed until it says what is live: each item of its plan, turned round.
//!
//! What takes access away stays: a tombstone, a suspension and a rename are what somebody
//! wants, and that it is not so yet is no drift.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::{Draft, First, Note};
use super::merge::Edits;
use super::names::{self, Names, Unwritable};
use super::write::scalar;
use crate::desired::{DesiredState, RoleIndex, UserIndex};
use crate::ids::attributes::{ExtraAttribute, same_value};
use crate::ids::{Email, GroupId, GroupName, PersonKey, RoleName, fold};
use crate::live::{Activity, LiveIndex, LiveState};
use crate::manifest::at::TargetManifest;
use crate::manifest::decl::UserStatus;
use crate::manifest::decode::{is_attribute, is_email};
use crate::manifest::edit::{ListChange, NoPlace, field};
use crate::manifest::source::Span;
use crate::manifest::tree::{Kind, Node};
use crate::plan::{
    Action, Attribute, AttributeChange, Change, MemberChange, Person, Plan, Reason, RefusalCode,
};
use crate::profile::{GroupNames, NameModel, Profile, Suspension};

/// What drift is found with.
#[derive(Debug, Clone, Copy)]
pub struct Drift<'a> {
    /// The declarations.
    pub manifest: &'a TargetManifest,
    /// What follows from them.
    pub desired: &'a DesiredState,
    /// What is live.
    pub live: &'a LiveState,
    /// The provider.
    pub profile: &'a Profile,
    /// What is live and not declared.
    pub draft: &'a Draft,
    /// What a plan would do about the difference.
    pub plan: &'a Plan,
}

/// Edits after which a plan has nothing to do, but for what the notes say.
pub fn edit<'t>(drift: Drift<'t>, edits: &mut Edits<'t>) {
    edits.add(drift.draft);
    let mut turning = Turning {
        gives: gives(drift.desired),
        live_groups: live_groups(drift),
        there: there(drift),
        drift,
        roles: BTreeMap::new(),
        gone_roles: BTreeSet::new(),
        notes: Vec::new(),
    };
    turning.emails(edits);
    let blocked = drift.plan.refusals.iter().flat_map(|it| &it.blocked);
    let items: Vec<_> = drift.plan.actions.iter().chain(blocked).collect();
    for item in &items {
        turning.turn(item, edits);
    }
    for refusal in &drift.plan.refusals {
        if refusal.blocked.is_empty() && refusal.code != RefusalCode::EmailImmutable {
            turning.notes.push(Note {
                first: First::Refuses,
                subject: refusal.id.to_string(),
                message: refusal.message.clone(),
            });
        }
    }
    for step in &drift.plan.manual_steps {
        turning.intent(
            step.id.as_str(),
            "is asked of Support, which stays declared",
        );
    }
    turning.edit_roles(edits);
    let notes = turning.notes;
    edits.notes.extend(notes);
}

/// Which groups each role gives, itself or by being included.
fn gives(desired: &DesiredState) -> BTreeMap<RoleIndex, BTreeSet<GroupName>> {
    let mut gives: BTreeMap<RoleIndex, BTreeSet<GroupName>> = BTreeMap::new();
    for group in &desired.groups {
        for source in &group.sources {
            for inner in &desired.role(source.role).closure {
                gives.entry(*inner).or_default().insert(group.name.clone());
            }
        }
    }
    gives
}

/// Which live groups are declared ones, under the names these are declared by.
fn there(drift: Drift<'_>) -> BTreeMap<&GroupId, &GroupName> {
    let key = |name: &GroupName| match drift.profile.group_names {
        GroupNames::Exact => name.to_string(),
        GroupNames::Folded => fold(name.as_str()),
    };
    let declared: BTreeMap<String, &GroupName> = (drift.desired.groups.iter())
        .map(|group| (key(&group.name), &group.name))
        .collect();
    let live = drift.live.groups.iter();
    live.filter_map(|group| Some((&group.id, *declared.get(&key(&group.name))?)))
        .collect()
}

/// Which declared groups each live user is in.
fn live_groups(drift: Drift<'_>) -> Vec<BTreeSet<GroupName>> {
    let there = there(drift);
    let mut groups = vec![BTreeSet::new(); drift.live.users.len()];
    for group in &drift.live.groups {
        if let Some(name) = there.get(&group.id) {
            for member in &group.members {
                groups[member.0 as usize].insert((*name).clone());
            }
        }
    }
    groups
}

struct Turning<'a> {
    drift: Drift<'a>,
    gives: BTreeMap<RoleIndex, BTreeSet<GroupName>>,
    /// Which declared groups each live user is in.
    live_groups: Vec<BTreeSet<GroupName>>,
    there: BTreeMap<&'a GroupId, &'a GroupName>,
    roles: BTreeMap<RoleIndex, ListChange>,
    gone_roles: BTreeSet<RoleIndex>,
    notes: Vec<Note>,
}

impl<'a> Turning<'a> {
    fn note(&mut self, first: First, subject: impl Into<String>, message: impl Into<String>) {
        self.notes.push(Note {
            first,
            subject: subject.into(),
            message: message.into(),
        });
    }

    fn turn(&mut self, item: &Action, edits: &mut Edits<'a>) {
        let (change, reason) = (&item.change, item.reason);
        let takes_away = matches!(
            change,
            Change::CreateUser { .. } | Change::CreateGroup { .. } | Change::AddMembers { .. }
        );
        if takes_away && !self.drift.live.integrity.is_whole() {
            self.note(
                First::Changes,
                item.id.as_str(),
                "stays declared: the live state was not read whole, so nobody is taken for gone",
            );
            return;
        }
        match change {
            Change::CreateUser { key, .. } => self.gone(key, edits),
            Change::UpdateUser {
                person, changes, ..
            } => self.renamed(person, changes, edits),
            Change::ReactivateUser { person } => match self.drift.profile.suspension {
                Suspension::Disables => self.set(person, "status", "suspended", edits),
                Suspension::Removes => self.note(
                    First::Changes,
                    person.label(),
                    "is inactive, which no status means at this provider",
                ),
            },
            Change::DeactivateUser { person } | Change::DeleteUser { person } => {
                // The undeclared are declared by the draft.
                if matches!(reason, Reason::DeclaredSuspended | Reason::Tombstone) {
                    self.intent(person.label(), "is to lose access, which stays declared");
                } else if let Some(at) = self.live_by_id(person) {
                    // What would have gone with the account is drift of its own now.
                    for group in self.live_groups[at.0 as usize].clone() {
                        self.joined(&group, person);
                    }
                }
            }
            Change::CreateGroup { name, .. } => self.group_gone(name),
            Change::AdoptUser { person, .. } => {
                self.intent(person.label(), "is to be adopted, which stays declared");
            }
            Change::AdoptGroup { name, .. } => {
                self.intent(
                    &format!("group {name}"),
                    "is to be adopted, which stays declared",
                );
            }
            Change::CreateBinding { group, binding } => {
                self.intent(
                    &format!("group {}", group.name),
                    &format!("is to have the role binding `{binding}`, which stays declared"),
                );
            }
            Change::DeleteBinding { group, binding, .. } => {
                self.intent(
                    &format!("group {}", group.name),
                    &format!("is to lose the role binding `{binding}`, which stays undeclared"),
                );
            }
            Change::RenameGroup { before, after, .. } => {
                self.intent(
                    &format!("group {before}"),
                    &format!("is to be called `{after}`, which stays declared"),
                );
            }
            Change::DeleteGroup { name, .. } => {
                if reason == Reason::Tombstone {
                    self.intent(&format!("group {name}"), "is to go, which stays declared");
                }
            }
            Change::AddMembers { group, members } => {
                for member in members {
                    self.left(&group.name, member);
                }
            }
            Change::RemoveMembers { group, members } => {
                if reason == Reason::NoRoleGives {
                    for member in members {
                        self.joined(&group.name, &member.person);
                    }
                } else if self.is_tombstone(&group.name) {
                    self.intent(
                        &format!("group {}", group.name),
                        "is to be emptied, which stays declared",
                    );
                }
            }
        }
    }

    fn intent(&mut self, subject: &str, message: &str) {
        self.note(First::Changes, subject, message);
    }

    /// Whether a group is declared absent; of another one to go, the draft has made a role.
    fn is_tombstone(&self, name: &GroupName) -> bool {
        let absent = &self.drift.desired.absent_groups;
        let folded = fold(name.as_str());
        absent.iter().any(|it| fold(it.name.as_str()) == folded)
    }

    fn user(&self, key: &PersonKey) -> Option<UserIndex> {
        let users = &self.drift.desired.users;
        let found = users.binary_search_by(|user| user.key.cmp(key)).ok()?;
        Some(UserIndex(u32::try_from(found).ok()?))
    }

    fn live_of(&self, key: &PersonKey) -> Option<LiveIndex> {
        let mut all = self.drift.draft.keys.iter().zip(0..);
        all.find(|(found, _)| found.as_ref() == Some(key))
            .map(|(_, at)| LiveIndex(at))
    }

    fn live_by_id(&self, person: &Person) -> Option<LiveIndex> {
        let id = person.id.as_ref()?;
        self.drift.live.users.position(id.as_str())
    }

    /// An e-mail that is another one at the provider.
    fn emails(&mut self, edits: &mut Edits<'a>) {
        let refused = |code| code == RefusalCode::EmailImmutable;
        let refusals = self.drift.plan.refusals.iter();
        if !refusals.map(|it| it.code).any(refused) {
            return;
        }
        let drafted = self.drift.draft.people.values().map(|it| &it.email);
        let declared = self.drift.desired.users.iter().map(|it| &it.email);
        let mut taken: BTreeSet<&str> = declared.chain(drafted).map(Email::folded).collect();
        for (at, user) in self.drift.live.indexed_users() {
            let Some(key) = self.drift.draft.keys[at.0 as usize].as_ref() else {
                continue;
            };
            let Some(found) = self.user(key) else {
                continue;
            };
            let same = self.drift.draft.keys.iter().flatten();
            if same.filter(|other| *other == key).count() > 1 {
                continue; // which of them it is cannot be told, and the plan says so
            }
            let known = self.drift.desired.user(found);
            if known.email == user.email || known.status == UserStatus::Absent {
                continue;
            }
            let email = user.email.as_str();
            if !is_email(email) || !taken.insert(user.email.folded()) {
                self.note(
                    First::Refuses,
                    key.as_str(),
                    format!("has the e-mail `{email}` now, which cannot be declared for them"),
                );
                continue;
            }
            self.set_of(key, "email", &scalar(email), edits);
            // The refusal of the e-mail has hidden what else differs.
            self.rest_of(found, at, edits);
            if known.status == UserStatus::Suspended {
                self.intent(key.as_str(), "is to lose access, which stays declared");
            }
        }
    }

    /// Names and status of somebody whose e-mail is taken over.
    fn rest_of(&mut self, user: UserIndex, at: LiveIndex, edits: &mut Edits<'a>) {
        let (declared, live) = (self.drift.desired.user(user), self.drift.live.user(at));
        let model = self.drift.profile.names;
        let mut changes = Vec::new();
        let mut differs = |attribute, wanted: Option<&str>, there: Option<&str>| {
            let there = there.filter(|text| !text.is_empty());
            let is_so = |wanted| there.is_some_and(|there| model.same_display_name(wanted, there));
            if let Some(wanted) = wanted.filter(|wanted| !is_so(wanted)) {
                changes.push(AttributeChange {
                    attribute,
                    before: there.map(str::to_owned),
                    after: wanted.to_owned(),
                });
            }
        };
        let (given, family) = (
            declared.given_name.as_deref(),
            declared.family_name.as_deref(),
        );
        match model {
            NameModel::NotKept => {}
            NameModel::DisplayNameOnly { .. } => {
                let shown = declared.shown_name();
                let wanted = (given.is_some() || family.is_some()).then_some(shown.as_str());
                differs(Attribute::DisplayName, wanted, live.display_name.as_deref());
            }
            NameModel::Full => {
                let display = declared.display_name.as_ref().map(|name| name.as_str());
                differs(Attribute::GivenName, given, live.given_name.as_deref());
                differs(Attribute::FamilyName, family, live.family_name.as_deref());
                differs(
                    Attribute::DisplayName,
                    display,
                    live.display_name.as_deref(),
                );
            }
        }
        for (attribute, wanted) in declared.attributes.iter() {
            let there = live.attributes.value(attribute);
            if !same_value(wanted, there.unwrap_or_default()) {
                changes.push(AttributeChange {
                    attribute: Attribute::Extra(attribute),
                    before: there.map(str::to_owned),
                    after: wanted.to_owned(),
                });
            }
        }
        let person = Person {
            key: Some(declared.key.clone()),
            email: live.email.clone(),
            id: Some(live.id.clone()),
        };
        if !changes.is_empty() {
            self.renamed(&person, &changes, edits);
        }
        match (
            live.activity,
            self.drift.profile.suspension,
            declared.status,
        ) {
            (Activity::Inactive, Suspension::Disables, UserStatus::Active) => {
                self.set(&person, "status", "suspended", edits);
            }
            (Activity::Inactive, Suspension::Removes, UserStatus::Active) => {
                self.intent(person.label(), "is inactive, which no status means here");
            }
            (Activity::Active | Activity::Inactive, _, _) => {}
        }
    }

    /// Somebody who has no account any more.
    fn gone(&mut self, key: &PersonKey, edits: &mut Edits<'a>) {
        let protected = &self.drift.manifest.policy.protect.users;
        if protected.iter().any(|one| one.value == *key) {
            self.note(
                First::Changes,
                key.as_str(),
                "has no account any more and is protected: decide by hand",
            );
            return;
        }
        let Some(user) = self.user(key) else {
            return;
        };
        for (role, at) in self.drift.desired.roles.iter().zip(0..) {
            if role.grants.of(user).is_some() {
                self.change(RoleIndex(at)).remove.push(key.to_string());
            }
        }
        // Grants that are over count as mentions too.
        for ((name, decl), at) in self.drift.manifest.roles.0.iter().zip(0..) {
            let mentioned = decl
                .members
                .iter(&self.drift.manifest.sources)
                .any(|it| it.user.value == key.as_str());
            debug_assert_eq!(self.drift.desired.roles[at as usize].name, name.value);
            if mentioned && !self.change(RoleIndex(at)).remove.contains(&key.to_string()) {
                self.change(RoleIndex(at)).remove.push(key.to_string());
            }
        }
        self.set_of(key, "status", "absent", edits);
    }

    fn change(&mut self, role: RoleIndex) -> &mut ListChange {
        self.roles.entry(role).or_default()
    }

    /// Names that somebody changed at the provider.
    fn renamed(&mut self, person: &Person, changes: &[AttributeChange], edits: &mut Edits<'a>) {
        let (Some(key), Some(at)) = (person.key.clone(), self.live_by_id(person)) else {
            return;
        };
        let mut names = Vec::new();
        for change in changes {
            match change.attribute {
                Attribute::Extra(extra) => {
                    self.extra(&key, extra, change.before.as_deref(), edits);
                }
                Attribute::GivenName => names.push(("givenName", change)),
                Attribute::FamilyName => names.push(("familyName", change)),
                Attribute::DisplayName => names.push(("displayName", change)),
            }
        }
        if names.is_empty() {
            return;
        }
        match self.drift.profile.names {
            NameModel::NotKept => {}
            NameModel::DisplayNameOnly { .. } => {
                let user = self.drift.live.user(at);
                let (names, unwritable) = names::of(user, self.drift.profile.names);
                if let Some(Unwritable { name, why }) = unwritable {
                    self.note(
                        First::Changes,
                        key.as_str(),
                        format!("is called {name:?}, which {why}"),
                    );
                    return;
                }
                let Names {
                    given,
                    family,
                    display: _,
                } = names;
                self.name(&key, "givenName", given.as_deref(), edits);
                self.name(&key, "familyName", family.as_deref(), edits);
            }
            NameModel::Full => {
                for (name, change) in names {
                    self.name(&key, name, change.before.as_deref(), edits);
                }
            }
        }
    }

    /// A declared attribute that somebody changed or cleared at the provider.
    fn extra(
        &mut self,
        key: &PersonKey,
        extra: ExtraAttribute,
        value: Option<&str>,
        edits: &mut Edits<'a>,
    ) {
        let name = extra.name();
        let value = match value {
            None => "null".into(),
            Some(value) if is_attribute(extra, value) => scalar(value),
            Some(value) => {
                self.note(
                    First::Changes,
                    key.as_str(),
                    format!("has the {name} {value:?}, which no manifest can hold"),
                );
                return;
            }
        };
        let Some((_, span)) = self.declared(key) else {
            return;
        };
        let file = edits.file(span.file);
        let (editor, root) = edits.at(file);
        let made = match root.and_then(|root| person_node(root, key)) {
            // It is declared, so the mapping is there.
            Some((_, person)) => match field(person, "attributes") {
                Some(attributes) => editor.set_field(attributes, name, &value),
                None => Err(NoPlace::Unusual),
            },
            None => Ok(()),
        };
        edits.must(made, &format!("`{name}: {value}` of `{key}`"), file);
    }

    fn name(&mut self, key: &PersonKey, name: &str, value: Option<&str>, edits: &mut Edits<'a>) {
        match value {
            Some(value) if crate::manifest::decode::is_line(value) => {
                self.set_of(key, name, &scalar(value), edits);
            }
            Some(value) => self.note(
                First::Changes,
                key.as_str(),
                format!("has the {name} {value:?}, which no manifest can hold"),
            ),
            None => {
                let Some((at, span)) = self.declared(key) else {
                    return;
                };
                let file = edits.file(span.file);
                let (editor, root) = edits.at(file);
                let made = match root.and_then(|root| person_node(root, key)) {
                    Some((_, node)) => editor.remove_field(node, name),
                    None => Ok(()),
                };
                let what = self.drift.desired.user(at).key.to_string();
                edits.must(made, &what, file);
            }
        }
    }

    fn declared(&self, key: &PersonKey) -> Option<(UserIndex, Span)> {
        let at = self.user(key)?;
        Some((at, self.drift.desired.user(at).span))
    }

    fn set(&mut self, person: &Person, name: &str, value: &str, edits: &mut Edits<'a>) {
        if let Some(key) = &person.key {
            self.set_of(key, name, value, edits);
        }
    }

    fn set_of(&mut self, key: &PersonKey, name: &str, value: &str, edits: &mut Edits<'a>) {
        let Some((_, span)) = self.declared(key) else {
            return;
        };
        let file = edits.file(span.file);
        let (editor, root) = edits.at(file);
        let made = match root.and_then(|root| person_node(root, key)) {
            Some(person) => editor.set_field(person, name, value),
            None => Ok(()),
        };
        edits.must(made, &format!("`{name}: {value}` of `{key}`"), file);
    }

    /// A group that nobody removed from the manifest.
    fn group_gone(&mut self, name: &GroupName) {
        let desired = self.drift.desired;
        let Some(group) = desired.groups.iter().find(|group| group.name == *name) else {
            return;
        };
        let live: BTreeSet<&GroupName> = self.there.values().copied().collect();
        for source in &group.sources {
            let role = desired.role(source.role);
            let others = self.gives[&source.role]
                .iter()
                .filter(|group| live.contains(group));
            let other = others.into_iter().next();
            let includer = (desired.roles.iter().zip(0..)).find(|(other, at)| {
                RoleIndex(*at) != source.role && other.closure.contains(&source.role)
            });
            match (other, includer) {
                (None, None) => {
                    self.gone_roles.insert(source.role);
                }
                (Some(other), _) => {
                    let other = other.clone();
                    self.note(
                        First::Changes,
                        format!("group {name}"),
                        format!(
                            "is gone; the role `{}` gives it and `{other}` too: narrow its mapping",
                            role.name
                        ),
                    );
                }
                (None, Some((includer, _))) => self.note(
                    First::Changes,
                    format!("group {name}"),
                    format!(
                        "is gone; the role `{}` that gives it is included by `{}`: decide by hand",
                        role.name, includer.name
                    ),
                ),
            }
        }
    }

    /// Somebody whom a role gives a group in which they are not.
    fn left(&mut self, name: &GroupName, member: &MemberChange) {
        let desired = self.drift.desired;
        let Some(key) = &member.person.key else {
            return;
        };
        let (Some(user), Some(group)) = (
            self.user(key),
            desired.groups.iter().find(|group| group.name == *name),
        ) else {
            return;
        };
        let Some(live) = self.live_of(key) else {
            return; // they are gone as a whole
        };
        if !self.there.values().any(|there| *there == name) {
            return; // the group is gone as a whole
        }
        let granted: BTreeSet<&RoleName> = desired
            .origins(group, user)
            .map(|origin| &origin.granted_in.name)
            .collect();
        for (role, at) in desired.roles.iter().zip(0..) {
            if !granted.contains(&role.name) {
                continue;
            }
            let at = RoleIndex(at);
            let still = self.gives[&at]
                .iter()
                .find(|group| self.live_groups[live.0 as usize].contains(*group))
                .cloned();
            match still {
                None => {
                    let change = self.change(at);
                    if !change.remove.contains(&key.to_string()) {
                        change.remove.push(key.to_string());
                    }
                }
                Some(still) => self.note(
                    First::Changes,
                    key.as_str(),
                    format!(
                        "is not in the group `{name}`; the role `{}` gives it and `{still}`, in \
                         which they are: give them a role for `{still}` alone",
                        role.name
                    ),
                ),
            }
        }
    }

    /// Somebody in a group that no role gives them.
    fn joined(&mut self, name: &GroupName, person: &Person) {
        let desired = self.drift.desired;
        let Some(live) = self.live_by_id(person) else {
            return;
        };
        let Some(key) = self.drift.draft.keys[live.0 as usize].clone() else {
            self.note(
                First::Changes,
                format!("{} in group {name}", person.label()),
                "cannot be declared: set `membership: additive` for the group, or take them out",
            );
            return;
        };
        let Some(group) = desired.groups.iter().find(|group| group.name == *name) else {
            return;
        };
        let absent = |user| desired.user(user).status == UserStatus::Absent;
        if self.user(&key).is_some_and(absent) {
            self.intent(
                &format!("{key} in group {name}"),
                "is declared absent, which stays declared",
            );
            return;
        }
        let there = &self.live_groups[live.0 as usize];
        // The role that gives the least, and nothing in which they are not.
        let fitting = group
            .sources
            .iter()
            .map(|source| source.role)
            .filter(|role| self.gives[role].is_subset(there))
            .min_by_key(|role| (self.gives[role].len(), *role));
        match fitting {
            Some(role) => {
                let text = scalar(key.as_str());
                self.change(role).add.insert(key.to_string(), text);
            }
            None => self.note(
                First::Changes,
                format!("{key} in group {name}"),
                "has no role that gives this group alone: add one, and a mapping",
            ),
        }
    }

    fn edit_roles(&mut self, edits: &mut Edits<'a>) {
        let desired = self.drift.desired;
        let changes = std::mem::take(&mut self.roles);
        for (at, change) in changes {
            if change.is_empty() || self.gone_roles.contains(&at) {
                continue;
            }
            let role = desired.role(at);
            let file = edits.file(role.span.file);
            let (editor, root) = edits.at(file);
            let made = match root.and_then(|root| named_node(root, "roles", role.name.as_str())) {
                Some(node) => editor.edit_list(node, "members", &change, member_name),
                None => Ok(()),
            };
            edits.must(made, &format!("the members of role `{}`", role.name), file);
        }
        for at in &self.gone_roles {
            let role = desired.role(*at);
            let file = edits.file(role.span.file);
            let (editor, root) = edits.at(file);
            let made = match root.and_then(|root| field(root, "roles")) {
                Some((_, roles)) => editor.remove_field(roles, role.name.as_str()),
                None => Ok(()),
            };
            edits.must(made, &format!("the removal of role `{}`", role.name), file);
        }
    }
}

fn named_node<'t>(root: Node<'t>, section: &str, name: &str) -> Option<(Node<'t>, Node<'t>)> {
    field(field(root, section)?.1, name)
}

fn person_node<'t>(root: Node<'t>, key: &PersonKey) -> Option<(Node<'t>, Node<'t>)> {
    named_node(root, "users", key.as_str())
}

/// Whom a list item is about.
fn member_name(item: Node<'_>) -> Option<&str> {
    let named = match item.kind() {
        Kind::Mapping(_) => field(item, "user")?.1,
        Kind::Scalar(_) | Kind::Sequence(_) => item,
    };
    match named.kind() {
        Kind::Scalar(scalar) => Some(scalar.text),
        Kind::Sequence(_) | Kind::Mapping(_) => None,
    }
}
