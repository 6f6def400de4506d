//! The policy a plan runs under: the declared one with its defaults filled in.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{GroupName, PersonKey};
use crate::manifest::decl::{
    ApprovalKind, GroupRemoval, Limit, PolicyDecl, Undeclared, UserRemoval,
};

/// What a plan may do, with nothing left open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// What happens to people nothing declares.
    pub undeclared_users: Undeclared,
    /// What happens to groups nothing declares.
    pub undeclared_groups: Undeclared,
    /// How people are removed.
    pub user_removal: UserRemoval,
    /// How groups are removed.
    pub group_removal: GroupRemoval,
    /// People removed or deactivated in one plan, at most.
    pub user_removals: Limit,
    /// Memberships removed in one plan, at most.
    pub membership_removals: Limit,
    /// Memberships removed from one group in one plan, at most.
    pub per_group_removals: Limit,
    /// Role bindings of groups removed in one plan, at most.
    pub binding_removals: Limit,
    /// Percentages count from this many on.
    pub minimum_population: u32,
    /// People no plan removes.
    pub protected_users: BTreeSet<PersonKey>,
    /// Groups no plan removes or takes members from.
    pub protected_groups: BTreeSet<GroupName>,
    /// The fewest members a group may be left with.
    pub min_members: BTreeMap<GroupName, u32>,
    /// Kinds of action that need to be approved by name.
    pub approvals: BTreeSet<ApprovalKind>,
}

impl Policy {
    /// Fills in the defaults.
    pub fn new(decl: &PolicyDecl) -> Self {
        let PolicyDecl {
            undeclared,
            on_removal,
            limits,
            protect,
            approvals,
        } = decl;
        Self {
            undeclared_users: undeclared.users,
            undeclared_groups: undeclared.groups,
            user_removal: on_removal.users,
            group_removal: on_removal.groups,
            user_removals: limits
                .user_removals
                .map_or(Limit::Count(5), |limit| limit.value),
            membership_removals: limits
                .membership_removals
                .map_or(Limit::Percent(10), |limit| limit.value),
            per_group_removals: limits
                .per_group_removals
                .map_or(Limit::Percent(50), |limit| limit.value),
            binding_removals: limits
                .binding_removals
                .map_or(Limit::Count(5), |limit| limit.value),
            minimum_population: limits.minimum_population.map_or(10, |limit| limit.value),
            protected_users: protect.users.iter().map(|key| key.value.clone()).collect(),
            protected_groups: protect
                .groups
                .iter()
                .map(|name| name.value.clone())
                .collect(),
            min_members: protect
                .min_members
                .0
                .iter()
                .map(|(name, least)| (name.value.clone(), least.value))
                .collect(),
            approvals: approvals.iter().map(|kind| kind.value).collect(),
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::new(&PolicyDecl::default())
    }
}
