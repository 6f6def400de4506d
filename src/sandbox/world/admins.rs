//! Who administers the account, directly or through a group, and whether one would be left.
//!
//! **Invariants.** Only members of the account count as its admins.

use std::collections::BTreeSet;

use super::World;
use super::platform::{ACCOUNT_ADMIN, PrincipalKind};
use super::state::{Group, Number};

impl World {
    /// The groups bound to the account-admin role at account scope.
    fn admin_groups(&self) -> impl Iterator<Item = &Group> {
        self.around
            .role_assignments
            .values()
            .filter(|it| {
                it.role == ACCOUNT_ADMIN
                    && it.org.is_none()
                    && !it.disabled
                    && it.principal.kind == PrincipalKind::UserGroup
            })
            .filter_map(|it| self.store.group_by_id(&it.principal.identifier))
    }

    fn counts(&self, number: Number) -> bool {
        self.store.get(number).is_some_and(|user| user.ng_member)
    }

    /// Whether the account would be without admins if this person left.
    pub(super) fn is_last_admin(&self, number: Number) -> bool {
        let direct = self.store.admins();
        let holds = direct.contains(&number)
            || self
                .admin_groups()
                .any(|group| group.members.contains(&number));
        let is_other = |&other: &Number| other != number && self.counts(other);
        holds
            && !direct.iter().any(is_other)
            && !self
                .admin_groups()
                .any(|group| group.members.iter().any(is_other))
    }

    /// Whether the account would lose its last admin if this group had these members only.
    pub(super) fn would_lose_last_admin(&self, group: &Group, kept: &BTreeSet<Number>) -> bool {
        let administers = |group: &Group| group.members.iter().any(|&n| self.counts(n));
        if !self
            .admin_groups()
            .any(|it| it.identifier == group.identifier && administers(it))
        {
            return false;
        }
        !self.store.admins().iter().any(|&n| self.counts(n))
            && !kept.iter().any(|&n| self.counts(n))
            && !self
                .admin_groups()
                .any(|it| it.identifier != group.identifier && administers(it))
    }
}
