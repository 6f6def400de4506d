//! Role bindings of groups: made, removed, left alone; and what people lose of them.
//!
//! Bindings are looked at only of groups that declare some. What is live and not declared
//! stays and is listed, unless the group's bindings are authoritative or the base revision
//! declared it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::base::before;
use super::item::{
    Change, Consequence, Evidence, GroupRef, ItemId, Person, Reason, Refusal, RefusalCode, Taken,
    UnmanagedBinding, UnmanagedReason,
};
use super::planner::{Context, Draft};
use crate::desired::{DesiredBindings, DesiredGroup};
use crate::ids::{Binding, GroupId, GroupName, Scope, UserId};
use crate::live::LiveIndex;
use crate::live::beside::{BindingState, Bound, LiveBinding, Presence, Told};
use crate::manifest::decl::Management;

/// Plans the bindings of every group that declares some now, or did at the base revision.
pub(super) fn plan_bindings(context: &Context<'_>, draft: &mut Draft) {
    let base = context.input.base.map(|base| &base.desired.groups);
    let declared: HashMap<&GroupName, &DesiredBindings> = base
        .into_iter()
        .flatten()
        .filter_map(|group| Some((&group.name, group.bindings.as_ref()?)))
        .collect();
    let desired = &context.input.desired.groups;
    if declared.is_empty() && desired.iter().all(|group| group.bindings.is_none()) {
        return;
    }
    let known = match &context.input.live.beside.bindings {
        Told::Known(bindings) => Some(by_group(bindings)),
        Told::NotAsked | Told::NotTold(_) => None,
    };
    let groups = whereabouts(context, draft);
    for group in desired {
        let earlier = std::iter::once(&group.name)
            .chain(&group.previously)
            .filter_map(|name| declared.get(name).copied())
            .collect::<Vec<_>>();
        if group.bindings.is_none() && earlier.is_empty() {
            continue;
        }
        let Some(place) = groups.get(&*context.group_key(&group.name)) else {
            continue; // a refusal says why there is no such group
        };
        let Some(known) = &known else {
            unread(context, draft, group);
            continue;
        };
        let one = OneGroup {
            context,
            group,
            place,
            earlier: &earlier,
            live: place
                .reference
                .id
                .as_ref()
                .and_then(|id| known.get(id))
                .map_or(&[], Vec::as_slice),
        };
        one.plan(draft);
    }
}

fn by_group(bindings: &[LiveBinding]) -> HashMap<&GroupId, Vec<&LiveBinding>> {
    let mut groups: HashMap<&GroupId, Vec<&LiveBinding>> = HashMap::new();
    for binding in bindings {
        if let Bound::Group(id) = &binding.bound {
            groups.entry(id).or_default().push(binding);
        }
    }
    groups
}

/// A group that is there or will be, and the item that makes it.
struct Place {
    reference: GroupRef,
    made_by: Option<ItemId>,
}

/// Every group that the plan does not refuse, by its name as the provider compares it.
fn whereabouts(context: &Context<'_>, draft: &Draft) -> HashMap<String, Place> {
    let mut places: HashMap<String, Place> = HashMap::new();
    let mut twice: HashSet<String> = HashSet::new();
    for group in &context.input.live.groups {
        let key = context.group_key(&group.name).into_owned();
        let reference = GroupRef {
            name: group.name.clone(),
            id: Some(group.id.clone()),
        };
        let place = Place {
            reference,
            made_by: None,
        };
        if places.insert(key.clone(), place).is_some() {
            twice.insert(key);
        }
    }
    places.retain(|key, _| !twice.contains(key));
    for action in &draft.actions {
        let (name, id) = match &action.change {
            Change::CreateGroup { name, .. } => (name, None),
            Change::AdoptGroup { name, id, .. } => (name, Some(id.clone())),
            Change::RenameGroup { after, id, .. } => (after, Some(id.clone())),
            Change::CreateUser { .. }
            | Change::AdoptUser { .. }
            | Change::ReactivateUser { .. }
            | Change::UpdateUser { .. }
            | Change::AddMembers { .. }
            | Change::CreateBinding { .. }
            | Change::DeleteBinding { .. }
            | Change::RemoveMembers { .. }
            | Change::DeactivateUser { .. }
            | Change::DeleteUser { .. }
            | Change::DeleteGroup { .. } => continue,
        };
        let made_by = match &action.change {
            // A binding holds on to the id; a rename need not come first.
            Change::RenameGroup { .. } => None,
            _made => Some(action.id.clone()),
        };
        let key = context.group_key(name).into_owned();
        let made_by = made_by.or_else(|| {
            let adopted = draft.actions.iter().find(|other| {
                matches!(&other.change, Change::AdoptGroup { id: other, .. } if Some(other) == id.as_ref())
            });
            adopted.map(|adopted| adopted.id.clone())
        });
        let reference = GroupRef {
            name: name.clone(),
            id,
        };
        places.insert(key, Place { reference, made_by });
    }
    places
}

fn unread(context: &Context<'_>, draft: &mut Draft, group: &DesiredGroup) {
    let why = context.input.live.beside.bindings.why_not();
    let why = why.unwrap_or("the live state was read without them");
    draft.refusals.push(Refusal {
        id: ItemId::new(format!("group:{}:bindings", group.name)),
        code: RefusalCode::BindingsUnread,
        message: format!(
            "the role bindings of `{}` are declared and could not be read: {why}",
            group.name
        ),
        help: "let the token's owner view role assignments, or take `bindings` out of the group"
            .to_owned(),
        evidence: group
            .bindings
            .iter()
            .map(|bindings| context.evidence(bindings.span, format!("group `{}`", group.name)))
            .collect(),
        blocked: Vec::new(),
        cause: None,
    });
}

struct OneGroup<'a> {
    context: &'a Context<'a>,
    group: &'a DesiredGroup,
    place: &'a Place,
    /// What the base revision declared for it.
    earlier: &'a [&'a DesiredBindings],
    live: &'a [&'a LiveBinding],
}

impl OneGroup<'_> {
    fn plan(&self, draft: &mut Draft) {
        let mut wanted: BTreeSet<&Binding> = BTreeSet::new();
        if let Some(bindings) = &self.group.bindings {
            for (binding, span) in &bindings.wanted {
                wanted.insert(binding);
                let evidence = vec![self.context.evidence(*span, format!("binding `{binding}`"))];
                let found = self.live.iter().find(|live| live.binding == *binding);
                match found.map(|live| live.state) {
                    Some(BindingState::On | BindingState::Kept) => {}
                    Some(BindingState::Off) => {
                        draft.refusals.push(self.refusal(
                            binding,
                            RefusalCode::BindingDisabled,
                            format!(
                                "the role binding `{binding}` of `{}` is there and switched off",
                                self.group.name
                            ),
                            "switch it on or remove it at the service provider, then plan again",
                            evidence,
                        ));
                    }
                    None => self.create(draft, binding, evidence),
                }
            }
        }
        for live in self.live {
            if !wanted.contains(&live.binding) {
                self.surplus(draft, live);
            }
        }
    }

    fn create(&self, draft: &mut Draft, binding: &Binding, evidence: Vec<Evidence>) {
        let beside = &self.context.input.live.beside;
        let is_missing = |known: &BTreeMap<Scope, BTreeMap<String, Presence>>, name: &str| {
            known.get(&binding.scope).and_then(|known| known.get(name)) == Some(&Presence::Missing)
        };
        let missing = [
            (
                is_missing(&beside.roles, &binding.role),
                RefusalCode::UnknownBindingRole,
                "role",
                &binding.role,
            ),
            (
                is_missing(&beside.resource_groups, &binding.resource_group),
                RefusalCode::UnknownResourceGroup,
                "resource group",
                &binding.resource_group,
            ),
        ];
        let mut refused = false;
        for (_, code, what, name) in missing.into_iter().filter(|(missing, ..)| *missing) {
            refused = true;
            draft.refusals.push(self.refusal(
                binding,
                code,
                format!(
                    "there is no {what} `{name}` for `{}`, which is to be bound to `{}`",
                    binding.scope, self.group.name
                ),
                "write the identifier the service provider shows, not the name, or make it there \
                 first",
                evidence.clone(),
            ));
        }
        if refused {
            return;
        }
        let change = Change::CreateBinding {
            group: self.place.reference.clone(),
            binding: binding.clone(),
        };
        let id = self.item(binding, "create");
        let action = draft.act(id, change, Reason::DeclaredNotLive, evidence);
        action.depends_on.extend(self.place.made_by.clone());
    }

    /// A live binding that is not declared.
    fn surplus(&self, draft: &mut Draft, live: &LiveBinding) {
        let was_declared = self.earlier.iter().find_map(|earlier| {
            let mut wanted = earlier.wanted.iter();
            wanted.find(|(binding, _)| *binding == live.binding)
        });
        let authoritative = self
            .group
            .bindings
            .as_ref()
            .filter(|bindings| matches!(bindings.management, Management::Authoritative));
        let (reason, evidence) = match (live.state, was_declared, authoritative) {
            (BindingState::Kept, _, _) => {
                return self.leave_alone(draft, live, UnmanagedReason::ProviderKeeps);
            }
            (BindingState::On | BindingState::Off, Some((_, span)), _) => {
                let base = self.context.input.base.expect("it was declared there");
                let what = format!("binding `{}`", live.binding);
                (Reason::RemovedFromManifest, before(base, *span, what))
            }
            (BindingState::On | BindingState::Off, None, Some(bindings)) => {
                let what = format!("group `{}`", self.group.name);
                (
                    Reason::BindingUndeclared,
                    self.context.evidence(bindings.span, what),
                )
            }
            (BindingState::On | BindingState::Off, None, None) => {
                return self.leave_alone(draft, live, UnmanagedReason::Undeclared);
            }
        };
        let change = Change::DeleteBinding {
            group: self.place.reference.clone(),
            id: live.id.clone(),
            binding: live.binding.clone(),
        };
        let id = self.item(&live.binding, "delete");
        draft.act(id, change, reason, vec![evidence]);
    }

    fn leave_alone(&self, draft: &mut Draft, live: &LiveBinding, because: UnmanagedReason) {
        draft.unmanaged.bindings.push(UnmanagedBinding {
            group: self.place.reference.clone(),
            id: live.id.clone(),
            binding: live.binding.clone(),
            because,
        });
    }

    fn item(&self, binding: &Binding, what: &str) -> String {
        let Binding {
            role,
            resource_group,
            scope,
        } = binding;
        format!(
            "group:{}:binding:{role}:{resource_group}:{scope}:{what}",
            self.group.name
        )
    }

    fn refusal(
        &self,
        binding: &Binding,
        code: RefusalCode,
        message: String,
        help: &str,
        evidence: Vec<Evidence>,
    ) -> Refusal {
        Refusal {
            id: ItemId::new(self.item(binding, code.as_str())),
            code,
            message,
            help: help.to_owned(),
            evidence,
            blocked: Vec::new(),
            cause: None,
        }
    }
}

/// Says on each removal which role bindings people lose through it, by whatever path they
/// had them: who keeps a binding through another group loses nothing.
pub(super) fn bindings_lost(context: &Context<'_>, draft: &mut Draft) {
    let live = context.input.live;
    let Some(bindings) = live.beside.bindings.known() else {
        return;
    };
    let counts = |binding: &&LiveBinding| match binding.state {
        BindingState::On | BindingState::Kept => true,
        BindingState::Off => false,
    };
    let mut of_group: HashMap<&GroupId, BTreeSet<&Binding>> = HashMap::new();
    let mut of_user: HashMap<&UserId, BTreeSet<&Binding>> = HashMap::new();
    for binding in bindings.iter().filter(counts) {
        match &binding.bound {
            Bound::Group(id) => of_group.entry(id).or_default().insert(&binding.binding),
            Bound::User(id) => of_user.entry(id).or_default().insert(&binding.binding),
        };
    }
    let moves = Moves::of(draft);
    // Who is in which groups that give something, now.
    let mut groups_of: HashMap<&UserId, Vec<&GroupId>> = HashMap::new();
    for group in live
        .groups
        .iter()
        .filter(|it| of_group.contains_key(&it.id))
    {
        for member in &group.members {
            let id = &live.user(LiveIndex(member.0)).id;
            if moves.touched.contains(id) {
                groups_of.entry(id).or_default().push(&group.id);
            }
        }
    }
    let nothing = BTreeSet::new();
    let given = |group: &GroupId| of_group.get(group).unwrap_or(&nothing);
    for action in &mut draft.actions {
        let mut lost: BTreeMap<Vec<Binding>, Vec<Person>> = BTreeMap::new();
        let mut note = |person: &Person, had: BTreeSet<&Binding>, kept: BTreeSet<&Binding>| {
            let gone: Vec<Binding> = had.difference(&kept).map(|it| (*it).clone()).collect();
            if !gone.is_empty() {
                lost.entry(gone).or_default().push(person.clone());
            }
        };
        match action.change.taken() {
            Taken::Members { group, members } => {
                let Some(group) = &group.id else { continue };
                for member in members {
                    let Some(id) = &member.person.id else {
                        continue;
                    };
                    if moves.gone.contains(id) {
                        continue; // told with the account
                    }
                    let mut kept = of_user.get(id).cloned().unwrap_or_default();
                    let stays = groups_of.get(id).into_iter().flatten();
                    for other in
                        stays.filter(|it| !moves.out.contains(&((**it).clone(), id.clone())))
                    {
                        kept.extend(given(other));
                    }
                    for other in moves.into.get(id).into_iter().flatten() {
                        kept.extend(given(other));
                    }
                    note(&member.person, given(group).clone(), kept);
                }
            }
            Taken::Account(person) | Taken::UseOf(person) => {
                let Some(id) = &person.id else { continue };
                let mut had = of_user.get(id).cloned().unwrap_or_default();
                for group in groups_of.get(id).into_iter().flatten() {
                    had.extend(given(group));
                }
                note(person, had, BTreeSet::new());
            }
            Taken::Nothing | Taken::Binding { .. } | Taken::Group(_) => {}
        }
        let told = lost
            .into_iter()
            .map(|(bindings, people)| Consequence::BindingsLost { people, bindings });
        action.consequences.extend(told);
    }
}

/// Who leaves and who comes, by id.
struct Moves {
    touched: HashSet<UserId>,
    gone: HashSet<UserId>,
    out: HashSet<(GroupId, UserId)>,
    into: HashMap<UserId, Vec<GroupId>>,
}

impl Moves {
    fn of(draft: &Draft) -> Self {
        let mut moves = Self {
            touched: HashSet::new(),
            gone: HashSet::new(),
            out: HashSet::new(),
            into: HashMap::new(),
        };
        for action in &draft.actions {
            match action.change.taken() {
                Taken::Members { group, members } => {
                    let ids = members
                        .iter()
                        .filter_map(|member| member.person.id.as_ref());
                    for id in ids {
                        moves.touched.insert(id.clone());
                        if let Some(group) = &group.id {
                            moves.out.insert((group.clone(), id.clone()));
                        }
                    }
                }
                Taken::Nothing => {
                    let Some(coming) = action.change.memberships() else {
                        continue;
                    };
                    if let Some(group) = &coming.group.id {
                        for id in coming.ids() {
                            let into = moves.into.entry(id.clone()).or_default();
                            into.push(group.clone());
                        }
                    }
                }
                Taken::Account(person) | Taken::UseOf(person) => {
                    if let Some(id) = &person.id {
                        moves.touched.insert(id.clone());
                        moves.gone.insert(id.clone());
                    }
                }
                Taken::Binding { .. } | Taken::Group(_) => {}
            }
        }
        moves
    }
}
