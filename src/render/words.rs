//! What the items of a plan are called, the same in every format.

use std::collections::HashSet;

use super::phrase::Phrase;
use super::style::{Mark, count};
use crate::ids::{Binding, GroupName, RoleName};
use crate::plan::{
    AccountEffect, Action, Attribute, Change, Consequence, Effect, Evidence, LimitName, LimitUse,
    MemberChange, MembershipOrigin, Person, Phase, UnmanagedGroup, UnmanagedMembers,
    UnmanagedReason, UserState,
};

/// How many names of a long list are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Names(pub usize);

impl Names {
    /// All of them.
    pub const ALL: Names = Names(usize::MAX);
    /// As many as one takes in at a glance.
    pub const SHORT: Names = Names(8);
}

/// The mark of a change and the word beside it.
pub fn mark(change: &Change) -> (Mark, &'static str) {
    match change {
        Change::CreateUser { .. } | Change::CreateGroup { .. } => (Mark::Add, "create"),
        Change::AdoptUser { .. } | Change::AdoptGroup { .. } => (Mark::Add, "adopt"),
        Change::CreateBinding { .. } => (Mark::Add, "bind"),
        Change::DeleteBinding { .. } => (Mark::Remove, "unbind"),
        Change::ReactivateUser { .. } => (Mark::Add, "reactivate"),
        Change::AddMembers { .. } => (Mark::Add, "add"),
        Change::UpdateUser { .. } => (Mark::Change, "update"),
        Change::RenameGroup { .. } => (Mark::Change, "rename"),
        Change::RemoveMembers { .. } => (Mark::Remove, "remove"),
        Change::DeactivateUser { .. } => (Mark::Remove, "deactivate"),
        Change::DeleteUser { .. } | Change::DeleteGroup { .. } => (Mark::Remove, "delete"),
    }
}

/// What is done in a phase, after a number.
pub fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::CreateUsers => "people to create or adopt",
        Phase::ReactivateUsers => "people to reactivate",
        Phase::UpdateUsers => "people to update",
        Phase::CreateGroups => "groups to create or adopt",
        Phase::AddMembers => "additions of members",
        Phase::RenameGroups => "groups to rename",
        Phase::CreateBindings => "role bindings to make",
        Phase::DeleteBindings => "role bindings to remove",
        Phase::RemoveMembers => "removals of members",
        Phase::DeactivateUsers => "people to deactivate",
        Phase::DeleteUsers => "people to delete",
        Phase::DeleteGroups => "groups to delete",
    }
}

/// The attributes an account is made with: `, title "Engineer"`.
fn attributes(user: &UserState) -> Phrase {
    let mut told = Phrase::new();
    for (attribute, value) in user.attributes.iter() {
        told = told.words(format!(", {} ", attribute.name())).value(value);
    }
    told
}

/// What an action is about.
pub fn subject(action: &Action, names: Names) -> Phrase {
    match &action.change {
        Change::CreateUser {
            key,
            user,
            external_id: _,
        } => Phrase::of("user ")
            .name(key.as_str())
            .words(" ")
            .email(user.email.as_str())
            .words(" ")
            .value(user.display_name.as_str())
            .then(attributes(user)),
        Change::UpdateUser {
            person,
            changes,
            becomes: _,
        } => {
            let changes = changes.iter().map(|change| {
                let before = match change.before.as_deref() {
                    None => Phrase::of("none"),
                    Some(before) => Phrase::new().value(before),
                };
                let shown = Phrase::of(change.attribute.path())
                    .words(" ")
                    .then(before)
                    .words(" -> ");
                match (change.attribute, change.after.as_str()) {
                    (Attribute::Extra(_), "") => shown.words("none"),
                    (_, after) => shown.value(after),
                }
            });
            Phrase::of("user ")
                .then(person_phrase(person))
                .words(": ")
                .then(Phrase::join(changes, ", "))
        }
        Change::AdoptUser {
            person,
            user,
            external_id: _,
        } => Phrase::of("user ")
            .then(person_phrase(person))
            .words(" ")
            .value(user.display_name.as_str())
            .then(attributes(user))
            .words(", whose account was made by hand"),
        Change::AdoptGroup {
            id,
            name,
            called: _,
            members,
        } => Phrase::of("group ")
            .name(name.as_str())
            .words(" (id ")
            .name(id.as_str())
            .words(format!(
                "), made by hand, with {}",
                count(*members, "member", "members")
            )),
        Change::CreateBinding { group, binding } => Phrase::of("")
            .then(binding_phrase(binding))
            .words(" to group ")
            .name(group.name.as_str()),
        Change::DeleteBinding {
            group,
            id: _,
            binding,
        } => Phrase::of("")
            .then(binding_phrase(binding))
            .words(" from group ")
            .name(group.name.as_str()),
        Change::ReactivateUser { person }
        | Change::DeactivateUser { person }
        | Change::DeleteUser { person } => Phrase::of("user ").then(person_phrase(person)),
        Change::CreateGroup {
            name,
            expected_id: _,
        } => Phrase::of("group ").name(name.as_str()),
        Change::RenameGroup {
            id: _,
            before,
            after,
        } => Phrase::of("group ")
            .name(before.as_str())
            .words(" -> ")
            .name(after.as_str()),
        Change::DeleteGroup { id, name } => Phrase::of("group ")
            .name(name.as_str())
            .words(" (id ")
            .name(id.as_str())
            .words(")"),
        Change::AddMembers { group, members } => {
            Phrase::of(count(members.len(), "member", "members"))
                .words(" to group ")
                .name(group.name.as_str())
                .then(members_phrase(members, names))
        }
        Change::RemoveMembers { group, members } => {
            Phrase::of(count(members.len(), "member", "members"))
                .words(" from group ")
                .name(group.name.as_str())
                .then(members_phrase(members, names))
        }
    }
}

/// `_account_viewer on _all_account_level_resources (account)`.
pub fn binding_phrase(binding: &Binding) -> Phrase {
    Phrase::new()
        .name(binding.role.as_str())
        .words(" on ")
        .name(binding.resource_group.as_str())
        .words(" (")
        .name(binding.scope.to_string())
        .words(")")
}

/// The key and the e-mail, or the e-mail alone.
pub fn person_phrase(person: &Person) -> Phrase {
    match &person.key {
        Some(key) => Phrase::new()
            .name(key.as_str())
            .words(" ")
            .email(person.email.as_str()),
        None => Phrase::new().name(person.email.as_str()),
    }
}

/// `ada, grace (until 2027-12-31), linus (through sre)`; the role is named once if all
/// have it by the same one and no other.
pub fn members_phrase(members: &[MemberChange], names: Names) -> Phrase {
    let first = members
        .first()
        .and_then(|member| only_role(&member.origins));
    let common = first.filter(|first| {
        members
            .iter()
            .all(|member| only_role(&member.origins).as_ref() == Some(first))
    });
    let told = members.iter().map(|member| {
        let mut asides: Vec<Phrase> = Vec::new();
        if common.is_none() && !member.origins.is_empty() {
            asides.push(roles_phrase(&member.origins));
        }
        if let [origin] = member.origins.as_slice()
            && let Some(through) = &origin.through
        {
            asides.push(Phrase::of("through ").name(through.as_str()));
        }
        if let Some(until) = end_of(&member.origins) {
            asides.push(Phrase::of(format!("until {until}")));
        }
        let label = Phrase::new().name(member.person.label());
        if asides.is_empty() {
            label
        } else {
            label
                .words(" (")
                .then(Phrase::join(asides, ", "))
                .words(")")
        }
    });
    let told = list(told, members.len(), names);
    match common {
        Some(role) => Phrase::of(" by role ")
            .name(role.as_str())
            .words(": ")
            .then(told),
        None => Phrase::of(": ").then(told),
    }
}

/// The role by which somebody is a member, if it is one.
pub fn only_role(origins: &[MembershipOrigin]) -> Option<RoleName> {
    let (first, rest) = origins.split_first()?;
    rest.iter()
        .all(|origin| origin.role == first.role)
        .then(|| first.role.clone())
}

/// `role dev`, `role dev and 2 more`.
pub fn roles_phrase(origins: &[MembershipOrigin]) -> Phrase {
    let mut roles: Vec<&str> = origins.iter().map(|origin| origin.role.as_str()).collect();
    roles.dedup();
    match roles.as_slice() {
        [] => Phrase::new(),
        [role] => Phrase::of("role ").name(*role),
        [first, rest @ ..] => Phrase::of("role ")
            .name(*first)
            .words(format!(" and {} more", rest.len())),
    }
}

/// When a membership ends: with the last of its paths, and never if one has no end.
pub fn end_of(origins: &[MembershipOrigin]) -> Option<jiff::civil::Date> {
    let ends: Option<Vec<jiff::civil::Date>> = origins.iter().map(|origin| origin.until).collect();
    ends?.into_iter().max()
}

/// Phrases with commas, cut with a count. Whatever is not told is not made either.
pub fn list(phrases: impl IntoIterator<Item = Phrase>, of: usize, names: Names) -> Phrase {
    let shown = of.min(names.0);
    if shown == 0 && of > 0 {
        return Phrase::of(format!("{of} not named here"));
    }
    let told = Phrase::join(phrases.into_iter().take(shown), ", ");
    if shown == of {
        told
    } else {
        told.words(format!(" and {} more", of - shown))
    }
}

/// What happens through an action; `None` for what is said once for all creates.
pub fn consequence(consequence: &Consequence, names: Names) -> Option<Phrase> {
    Some(match consequence {
        Consequence::InvitationMailed { .. } | Consequence::MayAdopt { .. } => return None,
        Consequence::SuspensionRemoves => {
            Phrase::of("suspending removes the account: there are no inactive ones here")
        }
        Consequence::LogsInAs { login } => Phrase::of("logs in as ").name(login),
        Consequence::MembershipsLost { groups } => {
            let told = groups.iter().map(|name| Phrase::new().name(name.as_str()));
            Phrase::of(format!(
                "loses {}: ",
                count(groups.len(), "group", "groups")
            ))
            .then(list(told, groups.len(), names))
        }
        Consequence::MembershipsGained { groups } => {
            let told = groups.iter().map(|name| Phrase::new().name(name.as_str()));
            Phrase::of(format!("gets {}: ", count(groups.len(), "group", "groups"))).then(list(
                told,
                groups.len(),
                names,
            ))
        }
        Consequence::UnlistedMembersLost { ids } => {
            let (who, verb) = match ids.len() {
                1 => ("member who is", "loses"),
                _ => ("members who are", "lose"),
            };
            Phrase::of(format!(
                "{} {who} not in the list of users {verb} it as well",
                ids.len()
            ))
        }
        Consequence::GroupLeftEmpty { group } => {
            Phrase::of("nobody is left in group ").name(group.as_str())
        }
        Consequence::LeftWithoutGroups { person } => Phrase::new()
            .name(person.label())
            .words(" is left without any group"),
        Consequence::BindingsLost { people, bindings } => {
            let who = people
                .iter()
                .map(|person| Phrase::new().name(person.label()));
            let what = bindings.iter().map(binding_phrase);
            let verb = if people.len() == 1 { "loses" } else { "lose" };
            list(who, people.len(), names)
                .words(format!(
                    " {verb} {}: ",
                    count(bindings.len(), "role binding", "role bindings")
                ))
                .then(list(what, bindings.len(), names))
        }
        Consequence::BindingsEnd { bindings } => {
            let what = bindings.iter().map(binding_phrase);
            let verb = if bindings.len() == 1 { "ends" } else { "end" };
            let bound = count(bindings.len(), "role binding", "role bindings");
            Phrase::of(format!("{bound} {verb} with it: ")).then(list(what, bindings.len(), names))
        }
        Consequence::Undocumented { note } => Phrase::message(note),
    })
}

/// Whether a consequence is told once for each person, not under each item.
pub fn is_of_people(consequence: &Consequence) -> bool {
    match consequence {
        Consequence::MembershipsLost { .. }
        | Consequence::MembershipsGained { .. }
        | Consequence::LeftWithoutGroups { .. } => true,
        Consequence::InvitationMailed { .. }
        | Consequence::MayAdopt { .. }
        | Consequence::SuspensionRemoves
        | Consequence::LogsInAs { .. }
        | Consequence::UnlistedMembersLost { .. }
        | Consequence::GroupLeftEmpty { .. }
        | Consequence::BindingsLost { .. }
        | Consequence::BindingsEnd { .. }
        | Consequence::Undocumented { .. } => false,
    }
}

/// Where an action comes from: for memberships, the lines that give them.
pub fn places_of(action: &Action) -> Vec<Evidence> {
    match &action.change {
        Change::AddMembers { members, .. } => {
            let mut seen = HashSet::new();
            let origins = members.iter().filter_map(|member| member.origins.first());
            origins
                .filter(|origin| {
                    let place = &origin.place;
                    seen.insert((&place.file, place.line, place.column))
                })
                .map(|origin| Evidence {
                    place: origin.place.clone(),
                    revision: None,
                    what: String::new(),
                })
                .collect()
        }
        Change::CreateUser { .. }
        | Change::AdoptUser { .. }
        | Change::ReactivateUser { .. }
        | Change::UpdateUser { .. }
        | Change::CreateGroup { .. }
        | Change::AdoptGroup { .. }
        | Change::RenameGroup { .. }
        | Change::CreateBinding { .. }
        | Change::DeleteBinding { .. }
        | Change::RemoveMembers { .. }
        | Change::DeactivateUser { .. }
        | Change::DeleteUser { .. }
        | Change::DeleteGroup { .. } => action.evidence.clone(),
    }
}

/// What somebody who loses something loses, and what is left: `ada <a@x.io>: dev, ops; stays
/// in 1 group`.
pub fn loss(effect: &Effect, names: Names) -> Phrase {
    let groups = |groups: &[GroupName]| {
        let told = groups.iter().map(|name| Phrase::new().name(name.as_str()));
        list(told, groups.len(), names)
    };
    let phrase = person_phrase(&effect.person).words(": ");
    match effect.account {
        AccountEffect::Removed => {
            return phrase
                .words("the account, and with it ")
                .then(groups(&effect.loses));
        }
        AccountEffect::Deactivated
        | AccountEffect::Kept
        | AccountEffect::Reactivated
        | AccountEffect::Created
        | AccountEffect::Adopted => {}
    }
    let phrase = phrase.then(groups(&effect.loses));
    let phrase = match effect.gains.is_empty() {
        true => phrase,
        false => phrase.words("; gets ").then(groups(&effect.gains)),
    };
    match effect.groups_left {
        0 => phrase.words("; no group is left"),
        left => phrase.words(format!("; is left with {}", count(left, "group", "groups"))),
    }
}

/// Why somebody or something is left alone, after a number, and what to do about it.
#[derive(Debug, Clone, Copy)]
pub struct LeftAlone {
    /// Why.
    pub why: &'static str,
    /// How to adopt it, or to be rid of it.
    pub help: &'static str,
}

/// Why users and groups are left alone.
pub fn left_alone(because: UnmanagedReason) -> (LeftAlone, LeftAlone) {
    match because {
        UnmanagedReason::RemovalKeeps => (
            LeftAlone {
                why: "to go, kept by `policy.onRemoval.users`",
                help: "set it to `delete` to remove them",
            },
            LeftAlone {
                why: "to go, emptied and kept by `policy.onRemoval.groups`",
                help: "set it to `support` or `delete` to remove them",
            },
        ),
        UnmanagedReason::Undeclared
        | UnmanagedReason::ProviderKeeps
        | UnmanagedReason::AdditiveGroup
        | UnmanagedReason::UnlistedMember => (
            LeftAlone {
                why: "that nothing declares",
                help: "to adopt one, declare a person with that e-mail under `users`",
            },
            LeftAlone {
                why: "that no role maps to",
                help: "to adopt one, map a role to a group of that name",
            },
        ),
    }
}

/// How many members a group has that is left alone, after its name. Of one that is to go they are
/// taken out, as the plan's actions say.
pub fn members_left(group: &UnmanagedGroup) -> String {
    let members = count(group.members, "member", "members");
    match group.because {
        UnmanagedReason::RemovalKeeps => format!(" ({members} now)"),
        UnmanagedReason::Undeclared
        | UnmanagedReason::ProviderKeeps
        | UnmanagedReason::AdditiveGroup
        | UnmanagedReason::UnlistedMember => format!(" ({members})"),
    }
}

/// Members of a managed group that are left alone, and why.
pub fn unmanaged_members(members: &UnmanagedMembers) -> Phrase {
    let why = match members.because {
        UnmanagedReason::AdditiveGroup => " that no role gives, as the group is additive",
        UnmanagedReason::UnlistedMember => " who are not in the list of users",
        UnmanagedReason::Undeclared
        | UnmanagedReason::RemovalKeeps
        | UnmanagedReason::ProviderKeeps => " kept",
    };
    Phrase::of(count(members.ids.len(), "member", "members"))
        .words(" of ")
        .name(members.group.name.as_str())
        .words(why)
}

/// `memberships removed: 2 of 5 (10% of 57)`.
pub fn limit(limit: &LimitUse) -> Phrase {
    let noun = match (limit.limit, &limit.group) {
        (LimitName::UserRemovals, _) => Phrase::of("people removed"),
        (LimitName::MembershipRemovals, _) => Phrase::of("memberships removed"),
        (LimitName::BindingRemovals, _) => Phrase::of("role bindings removed"),
        (LimitName::PerGroupRemovals, Some(group)) => Phrase::of("from ").name(group.as_str()),
        (LimitName::PerGroupRemovals, None) => Phrase::of("from one group"),
    };
    let share = limit.configured.ends_with('%');
    let configured = || Phrase::new().loose(limit.configured.as_str());
    let of = match (limit.raised_to, limit.allowed) {
        (Some(raised), _) => Phrase::of(format!(" of {raised} (raised from "))
            .then(configured())
            .words(")"),
        (None, Some(allowed)) if share => Phrase::of(format!(" of {allowed} ("))
            .then(configured())
            .words(format!(" of {})", limit.population)),
        (None, Some(allowed)) => Phrase::of(format!(" of {allowed}")),
        (None, None) if limit.used == 0 => Phrase::new(),
        (None, None) => Phrase::of(format!(" (of {}, too few for ", limit.population))
            .then(configured())
            .words(" to count)"),
    };
    let tripped = if limit.tripped {
        ", over the limit"
    } else {
        ""
    };
    let recent = match limit.recent {
        0 => String::new(),
        recent => format!(" after {recent} in the last 24 hours"),
    };
    noun.words(format!(": {}{recent}", limit.used))
        .then(of)
        .words(tripped)
}
