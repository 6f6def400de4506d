//! A live state to declarations.
//!
//! People are declared under the key their `externalId` carries, else under one made of their
//! e-mail; each group becomes the role of its name. Whoever cannot be matched for certain by
//! what a manifest says (two accounts of one address, an address that is none) is left out
//! and so left alone, unless an account is ours by its `externalId`: leaving it out would
//! plan its removal, so it is declared, and the plan refuses instead.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::draft::{Draft, DraftMapping, DraftPerson, DraftRole, First, Note};
use super::keys::{Keys, LONGEST_EMAIL, is_overlong};
use super::names;
use super::write::{fits_a_key, too_long};
use crate::desired::{DesiredState, DesiredUser};
use crate::ids::attributes::Attributes;
use crate::ids::{GroupName, PersonKey, RoleName, fold};
use crate::live::{Activity, LiveGroup, LiveIndex, LiveState, LiveUser};
use crate::manifest::at::TargetManifest;
use crate::manifest::decl::{GroupStatus, Membership, Undeclared, UserStatus};
use crate::manifest::decode::{is_attribute, is_email, is_name};
use crate::manifest::lint::compatible;
use crate::manifest::mapping::{CompiledMapping, MappingSet};
use crate::profile::{GroupIds, GroupNames, Profile, Suspension};
use crate::scim::dialect::Groups;

/// A manifest that is there already: what it declares is not drafted again.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The declarations.
    pub manifest: &'a TargetManifest,
    /// What follows from them.
    pub desired: &'a DesiredState,
}

/// Declarations whose first plan against this very state is empty, but for what its notes say.
pub fn draft(live: &LiveState, profile: &Profile, known: Option<Known<'_>>) -> Draft {
    let mut import = Import {
        live,
        profile,
        index: Index::new(live),
        keys: vec![None; live.users.len()],
        taken: Keys::default(),
        addresses: BTreeMap::new(),
        draft: Draft::default(),
        undeclared: (First::Unmanaged, First::Unmanaged),
        absent: BTreeSet::new(),
        suspended: BTreeSet::new(),
    };
    if let Some(known) = known {
        import.recognise(known);
    }
    import.people();
    match profile.dialect.groups {
        Groups::Served => import.groups(known),
        // It lists none, and a manifest that had any would be at fault.
        Groups::NotServed => {}
    }
    Draft {
        keys: import.keys,
        ..import.draft
    }
}

/// Which declared person each live user is: by the key in the `externalId`, else by address.
pub fn recognised<'a>(live: &LiveState, desired: &'a DesiredState) -> Vec<Option<&'a PersonKey>> {
    let mut by_key: HashMap<&PersonKey, &DesiredUser> = HashMap::new();
    let mut by_email: HashMap<&str, &DesiredUser> = HashMap::new();
    for user in &desired.users {
        by_email.insert(user.email.folded(), user);
        for earlier in &user.previously {
            by_key.entry(earlier).or_insert(user);
        }
    }
    for user in &desired.users {
        by_key.insert(&user.key, user);
    }
    live.users
        .iter()
        .map(|user| {
            let carried = user.external_id.as_ref().and_then(|id| id.person_key());
            carried
                .and_then(|key| by_key.get(&key))
                .or_else(|| by_email.get(user.email.folded()))
                .or_else(|| by_email.get(fold(&user.user_name).as_str()))
                .map(|found| &found.key)
        })
        .collect()
}

struct Index {
    /// Users by each of their addresses, folded: e-mail and login.
    by_address: HashMap<String, Vec<LiveIndex>>,
    /// Users by the compatibility form of their e-mail, which must be unique too.
    by_form: HashMap<String, Vec<LiveIndex>>,
    by_key: HashMap<PersonKey, Vec<LiveIndex>>,
}

impl Index {
    fn new(live: &LiveState) -> Self {
        let mut index = Self {
            by_address: HashMap::with_capacity(live.users.len()),
            by_form: HashMap::new(),
            by_key: HashMap::new(),
        };
        for (at, user) in live.indexed_users() {
            let email = user.email.folded().to_owned();
            let login = fold(&user.user_name);
            if login != email {
                index.by_address.entry(login).or_default().push(at);
            }
            index
                .by_form
                .entry(compatible(&email))
                .or_default()
                .push(at);
            index.by_address.entry(email).or_default().push(at);
            if let Some(key) = carried(user) {
                index.by_key.entry(key).or_default().push(at);
            }
        }
        index
    }

    /// Other accounts that would be found by this one's e-mail.
    fn rivals(&self, at: LiveIndex, user: &LiveUser) -> Vec<LiveIndex> {
        let email = user.email.folded();
        let by_address = self.by_address.get(email).into_iter().flatten();
        let by_form = self.by_form.get(&compatible(email)).into_iter().flatten();
        let rivals: BTreeSet<LiveIndex> = by_address
            .chain(by_form)
            .copied()
            .filter(|other| *other != at)
            .collect();
        rivals.into_iter().collect()
    }
}

fn carried(user: &LiveUser) -> Option<PersonKey> {
    user.external_id.as_ref().and_then(|id| id.person_key())
}

struct Import<'a> {
    live: &'a LiveState,
    profile: &'a Profile,
    index: Index,
    /// Which person each live user is declared as.
    keys: Vec<Option<PersonKey>>,
    taken: Keys,
    /// The e-mails that are declared, by their compatibility form.
    addresses: BTreeMap<String, String>,
    draft: Draft,
    /// What a plan makes of people and groups that are not declared.
    undeclared: (First, First),
    /// People who are declared absent.
    absent: BTreeSet<PersonKey>,
    /// People who are declared suspended where that takes them out of their groups.
    suspended: BTreeSet<PersonKey>,
}

impl Import<'_> {
    fn recognise(&mut self, known: Known<'_>) {
        let policy = known.manifest.policy.undeclared;
        let first = |undeclared| match undeclared {
            Undeclared::Keep => First::Unmanaged,
            Undeclared::Remove => First::Changes,
        };
        self.undeclared = (first(policy.users), first(policy.groups));
        for user in &known.desired.users {
            match (user.status, self.profile.suspension) {
                (UserStatus::Absent, _) => {
                    self.absent.insert(user.key.clone());
                }
                (UserStatus::Suspended, Suspension::Removes) => {
                    self.suspended.insert(user.key.clone());
                }
                (UserStatus::Suspended, Suspension::Disables) | (UserStatus::Active, _) => {}
            }
        }
        let found = recognised(self.live, known.desired);
        self.keys = found
            .into_iter()
            .map(Option::<&PersonKey>::cloned)
            .collect();
        for user in &known.desired.users {
            self.taken.take(&user.key);
            for earlier in &user.previously {
                self.taken.take(earlier);
            }
            let email = user.email.folded();
            self.addresses.insert(compatible(email), email.to_owned());
        }
    }

    fn people(&mut self) {
        // A carried key is somebody's, also if that account cannot be declared.
        for key in self.index.by_key.keys() {
            self.taken.take(key);
        }
        let mut order: Vec<LiveIndex> = self.live.indexed_users().map(|(at, _)| at).collect();
        order.sort_by(|a, b| {
            let (one, other) = (self.live.user(*a), self.live.user(*b));
            (&one.email, &one.id).cmp(&(&other.email, &other.id))
        });
        for at in order {
            if self.keys[at.0 as usize].is_none() {
                self.person(at);
            }
        }
    }

    fn note(&mut self, first: First, user: &LiveUser, message: String) {
        self.draft.notes.push(Note {
            first,
            subject: format!("{} (id {})", user.email, user.id),
            message,
        });
    }

    fn person(&mut self, at: LiveIndex) {
        let live = self.live;
        let user = live.user(at);
        let ours = carried(user);
        if !is_email(user.email.as_str()) {
            let (first, then) = match ours {
                None => (self.undeclared.0, ""),
                Some(_) => (
                    First::Changes,
                    "; its externalId is ours, so a plan would remove it: give the account an \
                     address, or set `policy.onRemoval.users: keep` first",
                ),
            };
            let message = format!("has an address that is no e-mail{then}");
            self.note(first, user, message);
            return;
        }
        if ours.is_none() && is_overlong(&user.email) {
            let message = format!(
                "has an address of {} characters, and one has {LONGEST_EMAIL} at most",
                user.email.as_str().chars().count()
            );
            self.note(self.undeclared.0, user, message);
            return;
        }
        let mut status = UserStatus::Active;
        let rivals = self.rivals(at, user);
        match (&ours, rivals.as_slice()) {
            (_, []) => {}
            (None, [other, ..]) => {
                let message = format!(
                    "shares its address with `{}` (id {}): remove the account that is not in use",
                    live.user(*other).email,
                    live.user(*other).id
                );
                self.note(self.undeclared.0, user, message);
                return;
            }
            (Some(_), [other, ..]) => {
                let message = format!(
                    "shares its address or key with `{}` (id {}): remove the account that is not \
                     in use",
                    live.user(*other).email,
                    live.user(*other).id
                );
                self.note(First::Refuses, user, message);
            }
        }
        if user.activity == Activity::Inactive {
            status = UserStatus::Suspended;
            match (self.profile.suspension, &ours) {
                (Suspension::Disables, _) => {}
                (Suspension::Removes, None) => {
                    let message = format!(
                        "is inactive, and {} has no such state to declare",
                        self.profile.title
                    );
                    self.note(self.undeclared.0, user, message);
                    return;
                }
                (Suspension::Removes, Some(_)) => {
                    let message = format!(
                        "is inactive, which is declared as `suspended`; {} has no such state, \
                         so a plan removes the account",
                        self.profile.title
                    );
                    self.note(First::Changes, user, message);
                }
            }
        }
        self.declare(at, user, ours, status);
    }

    fn rivals(&self, at: LiveIndex, user: &LiveUser) -> Vec<LiveIndex> {
        let mut rivals = self.index.rivals(at, user);
        if let Some(key) = carried(user) {
            let same = self.index.by_key.get(&key).into_iter().flatten();
            rivals.extend(same.filter(|other| **other != at));
        }
        rivals
    }

    fn declare(
        &mut self,
        at: LiveIndex,
        user: &LiveUser,
        ours: Option<PersonKey>,
        status: UserStatus,
    ) {
        // The first of several has been declared; the refusal is about all of them.
        if ours
            .as_ref()
            .is_some_and(|key| self.draft.people.contains_key(key))
        {
            return;
        }
        let email = user.email.folded();
        match self.addresses.entry(compatible(email)) {
            Entry::Vacant(entry) => {
                entry.insert(email.to_owned());
            }
            Entry::Occupied(entry) if entry.get() == email => return,
            Entry::Occupied(entry) => {
                let message = format!(
                    "cannot be declared beside `{}`, whose address is the same but for the form \
                     of its letters; its externalId is ours, so a plan would remove it",
                    entry.get()
                );
                self.note(First::Changes, user, message);
                return;
            }
        }
        let key = match ours {
            Some(key) if is_name(key.as_str()) && fits_a_key(key.as_str()) => key,
            Some(_) => {
                let message = "carries a key that no manifest can hold: another program set its \
                               externalId"
                    .to_owned();
                self.note(First::Refuses, user, message);
                self.taken.make(&user.email)
            }
            None => self.taken.make(&user.email),
        };
        let (names, unwritable) = names::of(user, self.profile.names);
        let mut remark = None;
        if let Some(names::Unwritable { name, why }) = unwritable {
            remark = Some(format!("shown as {name:?}, which {why}"));
            self.note(First::Silent, user, format!("the name {name:?} {why}"));
        }
        let taken = user.attributes.valued(&self.profile.attributes);
        let mut attributes = Attributes::default();
        for (attribute, value) in taken.iter() {
            match is_attribute(attribute, value) {
                true => attributes.set(attribute, value),
                false => self.note(
                    First::Silent,
                    user,
                    format!(
                        "the {} {value:?} cannot stand in a manifest; it is left alone",
                        attribute.name()
                    ),
                ),
            }
        }
        self.keys[at.0 as usize] = Some(key.clone());
        let names::Names {
            given,
            family,
            display,
        } = names;
        self.draft.people.insert(
            key,
            DraftPerson {
                email: user.email.clone(),
                given_name: given,
                family_name: family,
                display_name: display,
                attributes,
                status,
                remark,
            },
        );
    }

    fn group_key(&self, name: &str) -> String {
        match self.profile.group_names {
            GroupNames::Exact => name.to_owned(),
            GroupNames::Folded => fold(name),
        }
    }

    fn groups(&mut self, known: Option<Known<'_>>) {
        let mut named: BTreeMap<String, u32> = BTreeMap::new();
        let mut identified: BTreeMap<String, BTreeSet<&GroupName>> = BTreeMap::new();
        let derive = |name: &str| match self.profile.group_ids {
            GroupIds::Opaque => Ok(None),
            GroupIds::DerivedFromName(derive) => derive(name).map(Some),
        };
        let declared: Vec<&GroupName> = known.map_or(Vec::new(), |known| {
            known
                .desired
                .groups
                .iter()
                .map(|group| &group.name)
                .collect()
        });
        for name in self.live.groups.iter().map(|group| &group.name) {
            *named.entry(self.group_key(name.as_str())).or_default() += 1;
        }
        for name in self
            .live
            .groups
            .iter()
            .map(|group| &group.name)
            .chain(declared)
        {
            if let Ok(Some(id)) = derive(name.as_str()) {
                identified.entry(id).or_default().insert(name);
            }
        }
        let roles = known.map(Roles::new);
        let spoken_of = known.map_or(BTreeSet::new(), |known| self.spoken_of(known));
        for group in &self.live.groups {
            let name = group.name.as_str();
            if spoken_of.contains(&self.group_key(name)) {
                continue;
            }
            let why = if !is_name(name) {
                Some("has a name that no role can have: it is empty, has white space at an end, or holds characters that cannot be seen".to_owned())
            } else if !fits_a_key(name) {
                Some(too_long(name))
            } else if named[&self.group_key(name)] > 1 {
                Some("has the name of another group: rename or remove one of them".to_owned())
            } else {
                match derive(name) {
                    Err(fault) => Some(format!(
                        "could not be made again under this name at {}: {fault}",
                        self.profile.title
                    )),
                    Ok(None) => None,
                    Ok(Some(id)) if identified[&id].len() < 2 => None,
                    Ok(Some(id)) => {
                        let others = identified[&id]
                            .iter()
                            .filter(|other| other.as_str() != name);
                        let others: Vec<String> =
                            others.map(|other| format!("`{other}`")).collect();
                        Some(format!(
                            "has a name that gives the id `{id}`, as that of {} does",
                            others.join(" and ")
                        ))
                    }
                }
            };
            let mapping = match (&why, &roles) {
                (Some(_), _) | (None, None) => Ok(None),
                (None, Some(roles)) => roles.mapping(name),
            };
            match (why, mapping) {
                (Some(why), _) | (None, Err(why)) => self.draft.notes.push(Note {
                    first: self.undeclared.1,
                    subject: format!("group {name} (id {})", group.id),
                    message: why,
                }),
                (None, Ok(mapping)) => {
                    self.draft.mappings.extend(mapping);
                    self.role(group, known);
                }
            }
        }
        if known.is_none() && !self.draft.roles.is_empty() {
            self.draft.mappings.push(DraftMapping {
                pattern: ".*".to_owned(),
                group: "{role}".to_owned(),
                remark: None,
            });
        }
        self.draft.mappings.sort();
    }

    /// Groups of which a manifest says something already: a role gives them, they must not
    /// exist, or they are to be renamed.
    fn spoken_of(&self, known: Known<'_>) -> BTreeSet<String> {
        let desired = known.desired.groups.iter();
        let given = desired.flat_map(|group| std::iter::once(&group.name).chain(&group.previously));
        let declared = known.manifest.groups.0.iter();
        let absent = declared
            .filter(|(_, decl)| decl.status() == GroupStatus::Absent)
            .map(|(name, _)| &name.value);
        given
            .chain(absent)
            .map(|name| self.group_key(name.as_str()))
            .collect()
    }

    fn role(&mut self, group: &LiveGroup, known: Option<Known<'_>>) {
        let key = |at: &LiveIndex| self.keys[at.0 as usize].clone();
        let mut members: BTreeSet<PersonKey> = group.members.iter().filter_map(key).collect();
        let going = self.absent.union(&self.suspended);
        for gone in going.filter(|key| members.contains(*key)) {
            self.draft.notes.push(Note {
                first: First::Changes,
                subject: format!("{gone} in group {}", group.name),
                message: "is to lose access, which stays declared".to_owned(),
            });
        }
        members.retain(|key| !self.absent.contains(key));
        let undeclared = group.members.iter().filter(|at| key(at).is_none()).count();
        let mut remarks = Vec::new();
        let declared = known.and_then(|known| {
            let mut groups = known.manifest.groups.0.iter();
            groups.find(|(name, _)| name.value == group.name)
        });
        if undeclared > 0 {
            match declared {
                None => {
                    self.draft.additive.insert(group.name.clone());
                }
                Some((_, decl)) if decl.membership() == Membership::Additive => {}
                Some(_) => self.draft.notes.push(Note {
                    first: First::Changes,
                    subject: format!("group {} (id {})", group.name, group.id),
                    message: format!(
                        "has {undeclared} members that nothing declares, and `groups` says that \
                         roles decide: set `membership: additive` there, or they are taken out"
                    ),
                }),
            }
            remarks.push(format!(
                "{undeclared} left alone because nothing declares them"
            ));
        }
        if !group.unlisted.is_empty() {
            let count = group.unlisted.len();
            remarks.push(format!("{count} that the provider does not list"));
        }
        let remark = (!remarks.is_empty()).then(|| remarks.join(", "));
        let name = RoleName::from(group.name.as_str());
        self.draft.roles.insert(name, DraftRole { members, remark });
    }
}

/// The roles and mappings of a manifest that is there.
struct Roles<'a> {
    known: Known<'a>,
    mappings: MappingSet,
}

impl<'a> Roles<'a> {
    fn new(known: Known<'a>) -> Self {
        let compiled = known
            .manifest
            .group_mappings
            .iter()
            .map(CompiledMapping::compile);
        let compiled = compiled
            .enumerate()
            .filter_map(|(at, mapping)| Some((at, mapping.ok()?)))
            .collect();
        Self {
            known,
            mappings: MappingSet::new(compiled),
        }
    }

    /// What to add so that a role of this name gives this group and no other.
    fn mapping(&self, name: &str) -> Result<Option<DraftMapping>, String> {
        let role = RoleName::from(name);
        if let Some((taken, _)) =
            (self.known.manifest.roles.0.iter()).find(|(known, _)| known.value == role)
        {
            let place = self.known.manifest.sources.place(taken.span);
            return Err(format!(
                "would need the role `{name}`, which gives other groups ({}:{})",
                place.file, place.line
            ));
        }
        let given = self.mappings.groups_for(&role);
        match given.as_slice() {
            [] if name.contains(['{', '}']) => Err(
                "holds braces, which a mapping's template cannot: add a mapping to `{role}` by hand"
                    .to_owned(),
            ),
            [] => Ok(Some(DraftMapping {
                pattern: regex::escape(name),
                group: name.to_owned(),
                remark: None,
            })),
            several if several.iter().all(|(_, group)| group.as_str() == name) => Ok(None),
            several => {
                let mapping = &self.known.manifest.group_mappings[several[0].0];
                let place = self.known.manifest.sources.place(mapping.pattern.span);
                Err(format!(
                    "would need a role of its name, which a mapping turns into `{}` ({}:{})",
                    several[0].1, place.file, place.line
                ))
            }
        }
    }
}
