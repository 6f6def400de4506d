//! What the last 24 hours have removed already: it counts towards the limits of a plan.
//!
//! A value here; whoever has a clock and reports fills it (`apply::recent`).

use std::collections::BTreeMap;

use crate::ids::GroupName;

/// Removals of the last 24 hours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recent {
    /// People removed or deactivated.
    pub users: usize,
    /// Memberships removed, however they went.
    pub memberships: usize,
    /// Memberships removed from each group.
    pub by_group: BTreeMap<GroupName, usize>,
    /// Role bindings removed, over all groups.
    pub bindings: usize,
}
