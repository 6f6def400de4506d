//! What happens through an action besides the action itself.
//!
//! Everything here is one pass over the live memberships, whatever the number of items.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::identity::Matches;
use super::item::{Action, Change, Consequence, Person};
use super::planner::{Context, Draft};
use crate::ids::{GroupId, GroupName, UserId};
use crate::live::LiveIndex;

/// Adds the groups that end with an account to each removal of one.
pub(super) fn memberships_lost(context: &Context<'_>, draft: &mut Draft) {
    let leaving: HashSet<&UserId> = draft.actions.iter().filter_map(removed_user).collect();
    if leaving.is_empty() {
        return;
    }
    let live = context.input.live;
    let positions: HashSet<LiveIndex> = live
        .indexed_users()
        .filter(|(_, user)| leaving.contains(&user.id))
        .map(|(at, _)| at)
        .collect();
    let mut lost: HashMap<UserId, Vec<GroupName>> = HashMap::new();
    for group in &live.groups {
        for member in group
            .members
            .iter()
            .filter(|member| positions.contains(member))
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

/// Says which groups are left empty and which people are left without any, by what the
/// plan still does after the guards.
pub(super) fn left_empty_or_without(context: &Context<'_>, _matches: &Matches, draft: &mut Draft) {
    let live = context.input.live;
    let takes = draft
        .actions
        .iter()
        .any(|action| action.change.is_removal());
    if !takes {
        return;
    }
    let mut groups_left: BTreeMap<GroupId, (usize, usize)> = live
        .groups
        .iter()
        .map(|group| {
            (
                group.id.clone(),
                (group.members.len() + group.unlisted.len(), 0),
            )
        })
        .collect();
    let mut people_left: HashMap<UserId, (usize, usize)> = HashMap::new();
    let touched: HashSet<&UserId> = draft
        .actions
        .iter()
        .filter_map(|action| match &action.change {
            Change::RemoveMembers { members, .. } => Some(members),
            Change::CreateUser { .. }
            | Change::ReactivateUser { .. }
            | Change::UpdateUser { .. }
            | Change::CreateGroup { .. }
            | Change::AddMembers { .. }
            | Change::RenameGroup { .. }
            | Change::DeactivateUser { .. }
            | Change::DeleteUser { .. }
            | Change::DeleteGroup { .. } => None,
        })
        .flatten()
        .filter_map(|member| member.person.id.as_ref())
        .collect();
    let mut removed_people: HashSet<LiveIndex> = HashSet::new();
    let gone: HashSet<&UserId> = draft.actions.iter().filter_map(removed_user).collect();
    for (at, user) in live.indexed_users() {
        if gone.contains(&user.id) {
            removed_people.insert(at);
        }
    }
    for group in &live.groups {
        for member in &group.members {
            let id = &live.user(*member).id;
            if touched.contains(id) {
                people_left.entry(id.clone()).or_default().0 += 1;
            }
            if removed_people.contains(member)
                && let Some(left) = groups_left.get_mut(&group.id)
            {
                left.1 += 1;
            }
        }
    }
    for action in &draft.actions {
        match &action.change {
            Change::AddMembers { group, members } => {
                if let Some(left) = group.id.as_ref().and_then(|id| groups_left.get_mut(id)) {
                    left.0 += members.len();
                }
                for member in members {
                    if let Some(left) = member
                        .person
                        .id
                        .as_ref()
                        .and_then(|id| people_left.get_mut(id))
                    {
                        left.0 += 1;
                    }
                }
            }
            Change::RemoveMembers { group, members } => {
                if let Some(left) = group.id.as_ref().and_then(|id| groups_left.get_mut(id)) {
                    left.1 += members
                        .iter()
                        .filter(|m| m.person.id.as_ref().is_none_or(|id| !gone.contains(id)))
                        .count();
                }
                for member in members {
                    if let Some(left) = member
                        .person
                        .id
                        .as_ref()
                        .and_then(|id| people_left.get_mut(id))
                    {
                        left.1 += 1;
                    }
                }
            }
            Change::CreateUser { .. }
            | Change::ReactivateUser { .. }
            | Change::UpdateUser { .. }
            | Change::CreateGroup { .. }
            | Change::RenameGroup { .. }
            | Change::DeactivateUser { .. }
            | Change::DeleteUser { .. }
            | Change::DeleteGroup { .. } => {}
        }
    }
    let gone: HashSet<UserId> = gone.into_iter().cloned().collect();
    let mut told_empty: HashSet<GroupId> = HashSet::new();
    let mut told_without: HashSet<UserId> = HashSet::new();
    for action in &mut draft.actions {
        let mut found: Vec<Consequence> = Vec::new();
        if let Change::RemoveMembers { group, members } = &action.change {
            if let Some(id) = &group.id
                && groups_left.get(id).is_some_and(|(had, lost)| had <= lost)
                && told_empty.insert(id.clone())
            {
                found.push(Consequence::GroupLeftEmpty {
                    group: group.name.clone(),
                });
            }
            for member in members {
                if let Some(id) = &member.person.id
                    && !gone.contains(id)
                    && people_left.get(id).is_some_and(|(had, lost)| had <= lost)
                    && told_without.insert(id.clone())
                {
                    let person: Person = member.person.clone();
                    found.push(Consequence::LeftWithoutGroups { person });
                }
            }
        }
        action.consequences.append(&mut found);
    }
    // A group can also be left empty by the removal of accounts alone.
    // It is told once, with the last of them.
    for action in draft.actions.iter_mut().rev() {
        if let Change::DeleteUser { .. } = &action.change {
            for name in action.memberships_lost().to_vec() {
                for group in live.groups.iter().filter(|group| group.name == name) {
                    if groups_left
                        .get(&group.id)
                        .is_some_and(|(had, lost)| had <= lost)
                        && told_empty.insert(group.id.clone())
                    {
                        action.consequences.push(Consequence::GroupLeftEmpty {
                            group: name.clone(),
                        });
                    }
                }
            }
        }
    }
}
