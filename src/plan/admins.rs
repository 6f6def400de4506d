//! Never the token's own user, never the last admin of the account: refused before it is
//! tried, where the provider told who they are.

use std::collections::{BTreeMap, BTreeSet};

use super::guard::{evidence_of, take};
use super::item::{Action, ItemId, Notice, NoticeCode, Refusal, RefusalCode, Taken};
use super::planner::{Context, Draft};
use crate::ids::{GroupId, Scope};
use crate::live::beside::{Admins, Holder, Told};

/// Refuses what would take away the account of the token's owner or the last admin, and says
/// so where that could not be checked.
pub(super) fn guard(context: &Context<'_>, draft: &mut Draft) {
    let beside = &context.input.live.beside;
    if !draft.actions.iter().any(|it| it.change.is_removal()) {
        return;
    }
    match &beside.holder {
        Told::NotAsked | Told::Known(Holder::Service) => {}
        Told::NotTold(why) => notice(
            draft,
            NoticeCode::OwnUserUnchecked,
            format!(
                "whether the token's own user is among those removed could not be checked: {why}"
            ),
        ),
        Told::Known(Holder::Person(own)) => {
            let blocked = take(draft, |action| match action.change.taken() {
                Taken::Account(person) | Taken::UseOf(person) => person.id.as_ref() == Some(own),
                Taken::Nothing
                | Taken::Members { .. }
                | Taken::Binding { .. }
                | Taken::Group(_) => false,
            });
            if !blocked.is_empty() {
                draft.refusals.push(Refusal {
                    id: ItemId::new("guard:own-user"),
                    code: RefusalCode::OwnUser,
                    message: "the token belongs to this person: removing them would end the token"
                        .to_owned(),
                    help: "use the token of a service account, then plan again".to_owned(),
                    evidence: evidence_of(&blocked),
                    blocked,
                    cause: None,
                });
            }
        }
    }
    match &beside.admins {
        Told::NotAsked => {}
        Told::NotTold(why) => notice(
            draft,
            NoticeCode::AdminsUnchecked,
            format!("whether the account keeps an admin could not be checked: {why}"),
        ),
        Told::Known(admins) => last_admin(context, draft, admins),
    }
}

fn notice(draft: &mut Draft, code: NoticeCode, message: String) {
    draft.notices.push(Notice {
        code,
        message,
        evidence: Vec::new(),
    });
}

fn last_admin(context: &Context<'_>, draft: &mut Draft, admins: &Admins) {
    let live = context.input.live;
    // Who administers through which groups, as it is now.
    let mut groups: BTreeMap<GroupId, BTreeSet<String>> = admins.groups.clone();
    for group in live
        .groups
        .iter()
        .filter(|it| admins.groups.contains_key(&it.id))
    {
        let listed = group.members.iter().map(|at| live.user(*at).id.to_string());
        let members = groups.entry(group.id.clone()).or_default();
        members.extend(listed.chain(group.unlisted.iter().map(ToString::to_string)));
    }
    let mut people: BTreeSet<String> = admins.people.iter().map(ToString::to_string).collect();
    let has_admin = |people: &BTreeSet<String>, groups: &BTreeMap<GroupId, BTreeSet<String>>| {
        !people.is_empty() || groups.values().any(|members| !members.is_empty())
    };
    if !has_admin(&people, &groups) {
        return; // who administers it cannot be seen here: a service account, say
    }
    let administers = |action: &Action| match action.change.taken() {
        Taken::Account(person) | Taken::UseOf(person) => person.id.as_ref().is_some_and(|id| {
            admins.people.contains(id)
                || groups.values().any(|members| members.contains(id.as_str()))
        }),
        Taken::Members { group, members: _ } => {
            group.id.as_ref().is_some_and(|id| groups.contains_key(id))
        }
        Taken::Group(id) => groups.contains_key(id),
        Taken::Binding { group, binding } => {
            binding.role == admins.role
                && binding.scope == Scope::Account
                && group.id.as_ref().is_some_and(|id| groups.contains_key(id))
        }
        Taken::Nothing => false,
    };
    let taking: Vec<ItemId> = draft
        .actions
        .iter()
        .filter(|action| administers(action))
        .map(|action| action.id.clone())
        .collect();
    if taking.is_empty() {
        return;
    }
    for action in &draft.actions {
        match action.change.taken() {
            Taken::Nothing => {
                // Who comes in is there before anybody goes.
                let Some(coming) = action.change.memberships() else {
                    continue;
                };
                if let Some(there) = coming.group.id.as_ref().and_then(|id| groups.get_mut(id)) {
                    there.extend(coming.ids().map(ToString::to_string));
                }
            }
            Taken::Members { group, members } => {
                if let Some(there) = group.id.as_ref().and_then(|id| groups.get_mut(id)) {
                    for id in members.iter().filter_map(|it| it.person.id.as_ref()) {
                        there.remove(id.as_str());
                    }
                }
            }
            Taken::Account(person) | Taken::UseOf(person) => {
                if let Some(id) = &person.id {
                    people.remove(id.as_str());
                    for members in groups.values_mut() {
                        members.remove(id.as_str());
                    }
                }
            }
            Taken::Group(id) => {
                groups.remove(id);
            }
            Taken::Binding { group, binding: _ } => {
                if taking.contains(&action.id)
                    && let Some(id) = &group.id
                {
                    groups.remove(id);
                }
            }
        }
    }
    if has_admin(&people, &groups) {
        return;
    }
    let blocked = take(draft, |action| taking.contains(&action.id));
    draft.refusals.push(Refusal {
        id: ItemId::new("guard:last-admin"),
        code: RefusalCode::LastAdmin,
        message: format!(
            "the account would be left without anybody who has the role `{}`",
            admins.role
        ),
        help: "give somebody else that role at the service provider first, then plan again"
            .to_owned(),
        evidence: evidence_of(&blocked),
        blocked,
        cause: None,
    });
}
