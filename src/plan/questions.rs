//! What a plan should know that SCIM does not tell: asked once, and planned again with the
//! answers. Nothing is asked that no item depends on.

use std::collections::BTreeSet;

use super::item::Change;
use super::{PlanInput, Sketch};
use crate::ids::{GroupId, Scope};
use crate::live::beside::{Ask, WhichAccounts, WhichGroups};

/// What a plan of this sketch leaves open. Asking it again after the answers gives nothing.
pub fn questions(input: PlanInput<'_>, sketch: &Sketch) -> Ask {
    let Sketch {
        plan,
        nobody,
        known: _,
    } = sketch;
    let beside = &input.live.beside;
    let mut ask = Ask::default();
    if beside.accounts.is_open() {
        let emails: BTreeSet<String> = nobody
            .iter()
            .map(|at| input.desired.user(*at).email.folded().to_owned())
            .collect();
        ask.accounts = (!emails.is_empty()).then_some(WhichAccounts::OfEmails(emails));
    }
    let mut groups: BTreeSet<GroupId> = BTreeSet::new();
    let blocked = plan.refusals.iter().flat_map(|refusal| &refusal.blocked);
    for action in plan.actions.iter().chain(blocked) {
        ask.owner_and_admins |= action.change.is_removal();
        match &action.change {
            Change::CreateGroup {
                name,
                expected_id: Some(id),
            } if beside.groups.is_open() => {
                groups.insert(id.clone());
                let older = input.profile.older_group_id;
                groups.extend(
                    older
                        .and_then(|older| older(name.as_str()))
                        .map(GroupId::from),
                );
            }
            Change::CreateBinding { group: _, binding } => {
                let asked = |scope: &Scope| beside.roles.contains_key(scope);
                if !asked(&binding.scope) {
                    let roles = ask.roles.entry(binding.scope.clone()).or_default();
                    roles.insert(binding.role.clone());
                    let groups = ask
                        .resource_groups
                        .entry(binding.scope.clone())
                        .or_default();
                    groups.insert(binding.resource_group.clone());
                }
            }
            Change::CreateUser { .. }
            | Change::AdoptUser { .. }
            | Change::ReactivateUser { .. }
            | Change::UpdateUser { .. }
            | Change::CreateGroup { .. }
            | Change::AdoptGroup { .. }
            | Change::AddMembers { .. }
            | Change::RenameGroup { .. }
            | Change::DeleteBinding { .. }
            | Change::RemoveMembers { .. }
            | Change::DeactivateUser { .. }
            | Change::DeleteUser { .. }
            | Change::DeleteGroup { .. } => {}
        }
    }
    ask.groups = (!groups.is_empty()).then_some(WhichGroups::OfIds(groups));
    ask.owner_and_admins &= beside.holder.is_open() && beside.admins.is_open();
    ask
}
