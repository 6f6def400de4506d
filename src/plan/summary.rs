//! How many of what: the last line of a plan and the numbers behind it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::item::{Action, Change, ManualStep, Refusal, Unmanaged};
use crate::live::LiveState;

/// How many of what a plan holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Summary {
    /// Live users compared.
    pub users_compared: usize,
    /// Live groups compared.
    pub groups_compared: usize,
    /// People to create.
    pub users_to_create: usize,
    /// Accounts made by hand to take over.
    #[serde(default)]
    pub users_to_adopt: usize,
    /// People whose names change or who are brought back.
    pub users_to_update: usize,
    /// People to deactivate.
    pub users_to_deactivate: usize,
    /// People to remove.
    pub users_to_delete: usize,
    /// Groups to create.
    pub groups_to_create: usize,
    /// Groups made by hand to take over.
    #[serde(default)]
    pub groups_to_adopt: usize,
    /// Groups to rename.
    pub groups_to_rename: usize,
    /// Groups to remove.
    pub groups_to_delete: usize,
    /// Memberships to add.
    pub memberships_to_add: usize,
    /// Memberships to remove.
    pub memberships_to_remove: usize,
    /// Role bindings to make.
    #[serde(default)]
    pub bindings_to_create: usize,
    /// Role bindings to remove.
    #[serde(default)]
    pub bindings_to_delete: usize,
    /// Refusals.
    pub refused: usize,
    /// Manual steps.
    pub manual_steps: usize,
    /// Users left alone.
    pub users_unmanaged: usize,
    /// Groups left alone.
    pub groups_unmanaged: usize,
    /// Items of actions, refusals and manual steps that this change does not bring; only
    /// with a base revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<usize>,
}

impl Summary {
    pub(super) fn new(
        live: &LiveState,
        actions: &[Action],
        refusals: &[Refusal],
        manual_steps: &[ManualStep],
        unmanaged: &Unmanaged,
    ) -> Self {
        let mut summary = Self {
            users_compared: live.users.len(),
            groups_compared: live.groups.len(),
            refused: refusals.len(),
            manual_steps: manual_steps.len(),
            users_unmanaged: unmanaged.users.len(),
            groups_unmanaged: unmanaged.groups.len(),
            ..Self::default()
        };
        for action in actions {
            match &action.change {
                Change::CreateUser { .. } => summary.users_to_create += 1,
                Change::AdoptUser { .. } => summary.users_to_adopt += 1,
                Change::AdoptGroup { .. } => summary.groups_to_adopt += 1,
                Change::CreateBinding { .. } => summary.bindings_to_create += 1,
                Change::DeleteBinding { .. } => summary.bindings_to_delete += 1,
                Change::ReactivateUser { .. } | Change::UpdateUser { .. } => {
                    summary.users_to_update += 1
                }
                Change::CreateGroup { .. } => summary.groups_to_create += 1,
                Change::AddMembers { members, .. } => summary.memberships_to_add += members.len(),
                Change::RenameGroup { .. } => summary.groups_to_rename += 1,
                Change::RemoveMembers { members, .. } => {
                    summary.memberships_to_remove += members.len()
                }
                Change::DeactivateUser { .. } => summary.users_to_deactivate += 1,
                Change::DeleteUser { .. } => summary.users_to_delete += 1,
                Change::DeleteGroup { .. } => summary.groups_to_delete += 1,
            }
        }
        summary
    }

    /// `3 to create, 1 to update, 2 memberships to add, 1 refused, 1 for Support`.
    pub fn counts(&self) -> String {
        let plural = |count: usize, one: &str, many: &str| {
            format!("{count} {}", if count == 1 { one } else { many })
        };
        let parts = [
            (
                self.users_to_create + self.groups_to_create,
                "to create",
                "to create",
            ),
            (
                self.users_to_adopt + self.groups_to_adopt,
                "to adopt",
                "to adopt",
            ),
            (
                self.users_to_update + self.groups_to_rename,
                "to update",
                "to update",
            ),
            (
                self.memberships_to_add,
                "membership to add",
                "memberships to add",
            ),
            (
                self.memberships_to_remove,
                "membership to remove",
                "memberships to remove",
            ),
            (
                self.bindings_to_create,
                "role binding to make",
                "role bindings to make",
            ),
            (
                self.bindings_to_delete,
                "role binding to remove",
                "role bindings to remove",
            ),
            (self.users_to_deactivate, "to deactivate", "to deactivate"),
            (
                self.users_to_delete + self.groups_to_delete,
                "to delete",
                "to delete",
            ),
            (self.refused, "refused", "refused"),
            (self.manual_steps, "for Support", "for Support"),
        ];
        let told: Vec<String> = parts
            .into_iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, one, many)| plural(count, one, many))
            .collect();
        if told.is_empty() {
            return "nothing to do".to_owned();
        }
        let told = told.join(", ");
        match self.drift {
            None | Some(0) => told,
            Some(1) => format!("{told}; 1 item is drift already there"),
            Some(items) => format!("{told}; {items} items are drift already there"),
        }
    }
}
