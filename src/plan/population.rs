//! What limits in percent are of: how much was there before a run.
//!
//! A plan is judged on what is live. The plan that shows what a run has left is judged on
//! what was live before it, so that what a run adds lifts no limit for what it removes.

use std::collections::HashMap;

use crate::ids::GroupId;
use crate::live::LiveState;

/// How many people, memberships, and members of each group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Population {
    /// People.
    pub users: usize,
    /// Memberships over all groups, as far as the members are listed.
    pub memberships: usize,
    /// Listed members of each group.
    pub by_group: HashMap<GroupId, usize>,
}

impl Population {
    /// The population of a live state.
    pub fn of(live: &LiveState) -> Self {
        let sizes = live
            .groups
            .iter()
            .map(|group| (group.id.clone(), group.members.len()));
        Self {
            users: live.users.len(),
            memberships: live.groups.iter().map(|group| group.members.len()).sum(),
            by_group: sizes.collect(),
        }
    }

    /// The listed members of one group; none if it was not there.
    pub fn of_group(&self, id: &GroupId) -> usize {
        self.by_group.get(id).copied().unwrap_or(0)
    }
}
