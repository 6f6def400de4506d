//! What happens through an action besides the action itself.
//!
//! Everything here is one pass over the live memberships, whatever the number of items.

use std::collections::HashMap;

use super::item::Change;
use super::item::{Action, Consequence, Taken};
use super::planner::{Context, Draft};
use crate::ids::{Binding, GroupId, GroupName, UserId, same_folded};
use crate::live::beside::Bound;

/// Adds the login to each removal of an account, and of its use, where it is not the e-mail that
/// the plan names the person by: one of the two may be somebody else's.
pub(super) fn logins_told(context: &Context<'_>, draft: &mut Draft) {
    let users = &context.input.live.users;
    for action in &mut draft.actions {
        let (Taken::Account(person) | Taken::UseOf(person)) = action.change.taken() else {
            continue;
        };
        let id = person.id.as_ref();
        let Some(user) = id.and_then(|id| users.with_id(id.as_str())) else {
            continue;
        };
        if !same_folded(&user.user_name, user.email.as_str()) {
            let login = user.user_name.to_string();
            action.with(Consequence::LogsInAs { login });
        }
    }
}

/// Adds the groups that end with an account to each removal of one.
pub(super) fn memberships_lost(context: &Context<'_>, draft: &mut Draft) {
    let live = context.input.live;
    let leaving = draft.actions.iter().filter_map(removed_user);
    let mut leaving = leaving
        .filter_map(|id| live.users.position(id.as_str()))
        .peekable();
    if leaving.peek().is_none() {
        return;
    }
    let mut leaves = vec![false; live.users.len()];
    for at in leaving {
        leaves[at.0 as usize] = true;
    }
    let mut lost: HashMap<UserId, Vec<GroupName>> = HashMap::new();
    for group in &live.groups {
        for member in group
            .members
            .iter()
            .filter(|member| leaves[member.0 as usize])
        {
            lost.entry(live.user(*member).id.clone())
                .or_default()
                .push(group.name.clone());
        }
    }
    for action in &mut draft.actions {
        if let Some(groups) = removed_user(action).and_then(|id| lost.remove(id)) {
            action.with(Consequence::MembershipsLost { groups });
        }
    }
}

fn removed_user(action: &Action) -> Option<&UserId> {
    action.removed_person()?.id.as_ref()
}

/// Adds the members nobody lists to each removal of a group: who they are cannot be said, but
/// they lose it like the others.
pub(super) fn unlisted_lost(context: &Context<'_>, draft: &mut Draft) {
    let removed = draft.actions.iter();
    let removed = removed.filter_map(|action| action.change.removed_group());
    let mut lost: HashMap<GroupId, Vec<String>> = HashMap::new();
    lost.extend(removed.map(|id| (id.clone(), Vec::new())));
    if lost.is_empty() {
        return;
    }
    for group in &context.input.live.groups {
        if let Some(lost) = lost.get_mut(&group.id) {
            lost.extend(group.unlisted.iter().map(ToString::to_string));
        }
    }
    for action in &mut draft.actions {
        if let Some(ids) = action.change.removed_group().and_then(|id| lost.remove(id))
            && !ids.is_empty()
        {
            action.with(Consequence::UnlistedMembersLost { ids });
        }
    }
}

/// Adds the role bindings that end with a group to each removal of one, as far as they were
/// read: switched off or not, they are gone with it.
pub(super) fn bindings_ended(context: &Context<'_>, draft: &mut Draft) {
    let Some(bindings) = context.input.live.beside.bindings.known() else {
        return;
    };
    let mut ended: HashMap<GroupId, Vec<Binding>> = HashMap::new();
    for action in &draft.actions {
        if let Change::DeleteGroup { id, .. } = &action.change {
            ended.insert(id.clone(), Vec::new());
        }
    }
    if ended.is_empty() {
        return;
    }
    for live in bindings {
        if let Bound::Group(id) = &live.bound
            && let Some(ended) = ended.get_mut(id)
        {
            ended.push(live.binding.clone());
        }
    }
    for action in &mut draft.actions {
        if let Change::DeleteGroup { id, .. } = &action.change
            && let Some(bindings) = ended.remove(id).filter(|it| !it.is_empty())
        {
            action.with(Consequence::BindingsEnd { bindings });
        }
    }
}
