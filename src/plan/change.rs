//! What an action does, and what every part of the program asks about it.
//!
//! **Invariants.** A question that more than one place asks has one answer, here: a new kind of
//! change is judged in this file, and nowhere is it forgotten.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::item::{AttributeChange, GroupRef, MemberChange, Person, UserState};
use crate::ids::{Binding, BindingId, ExternalId, GroupId, GroupName, PersonKey, UserId};
use crate::manifest::decl::ApprovalKind;

/// What an action does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Change {
    /// Makes an account.
    CreateUser {
        /// The person.
        key: PersonKey,
        /// What the account will be.
        user: UserState,
        /// What to leave as `externalId`, where it is kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        external_id: Option<ExternalId>,
    },
    /// Takes over an account that was made by hand.
    AdoptUser {
        /// The person, with the id of the account.
        person: Person,
        /// What the account will be.
        user: UserState,
        /// What to leave as `externalId`, where it is kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        external_id: Option<ExternalId>,
    },
    /// Makes an inactive account usable again.
    ReactivateUser {
        /// The person.
        person: Person,
    },
    /// Changes names.
    UpdateUser {
        /// The person.
        person: Person,
        /// What differs.
        changes: Vec<AttributeChange>,
        /// What the account will be.
        becomes: UserState,
    },
    /// Makes a group, without members.
    CreateGroup {
        /// Its name.
        name: GroupName,
        /// The id it will get, where that can be told; only to find collisions.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expected_id: Option<GroupId>,
    },
    /// Takes over a group that was made by hand, with the members it has.
    AdoptGroup {
        /// Its id.
        id: GroupId,
        /// The name it is wanted under, of which the id is made.
        name: GroupName,
        /// The name it has, and keeps unless another item changes it.
        called: GroupName,
        /// How many members it has now.
        members: usize,
    },
    /// Puts people into a group.
    AddMembers {
        /// The group.
        group: GroupRef,
        /// Who, and why.
        members: Vec<MemberChange>,
    },
    /// Gives a group another name.
    RenameGroup {
        /// The group's id.
        id: GroupId,
        /// Its name now.
        before: GroupName,
        /// Its name then.
        after: GroupName,
    },
    /// Binds a role to a group.
    CreateBinding {
        /// The group.
        group: GroupRef,
        /// What it gives.
        binding: Binding,
    },
    /// Takes a role from a group.
    DeleteBinding {
        /// The group.
        group: GroupRef,
        /// The binding's id.
        id: BindingId,
        /// What it gives.
        binding: Binding,
    },
    /// Takes people out of a group.
    RemoveMembers {
        /// The group.
        group: GroupRef,
        /// Who.
        members: Vec<MemberChange>,
    },
    /// Makes an account unusable and keeps it.
    DeactivateUser {
        /// The person.
        person: Person,
    },
    /// Removes an account.
    DeleteUser {
        /// The person.
        person: Person,
    },
    /// Removes a group.
    DeleteGroup {
        /// The group's id.
        id: GroupId,
        /// Its name.
        name: GroupName,
    },
}

/// What a change takes away. Rails ask this and not the change: a new kind of change is judged
/// here once, and every rail then has to say what it makes of it.
#[derive(Debug, Clone, Copy)]
pub enum Taken<'c> {
    /// Nothing.
    Nothing,
    /// An account.
    Account(&'c Person),
    /// The use of an account that stays.
    UseOf(&'c Person),
    /// Members of a group.
    Members {
        /// The group.
        group: &'c GroupRef,
        /// Who.
        members: &'c [MemberChange],
    },
    /// A role of a group.
    Binding {
        /// The group.
        group: &'c GroupRef,
        /// What it gave.
        binding: &'c Binding,
    },
    /// A group, by id.
    Group(&'c GroupId),
}

/// Memberships that a change makes or ends.
#[derive(Debug, Clone, Copy)]
pub struct Memberships<'c> {
    /// The group.
    pub group: &'c GroupRef,
    /// Whether they get in or out.
    pub direction: Direction,
    /// Who.
    pub members: &'c [MemberChange],
}

/// Into a group, or out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Into it.
    In,
    /// Out of it.
    Out,
}

impl<'c> Memberships<'c> {
    /// The ids of those who have an account.
    pub fn ids(self) -> impl Iterator<Item = &'c UserId> {
        self.members
            .iter()
            .filter_map(|member| member.person.id.as_ref())
    }

    /// The same change for other members.
    pub fn of(self, members: Vec<MemberChange>) -> Change {
        let group = self.group.clone();
        match self.direction {
            Direction::In => Change::AddMembers { group, members },
            Direction::Out => Change::RemoveMembers { group, members },
        }
    }
}

/// The order of execution: what makes things comes before what uses them, and what takes
/// access away comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// People are made.
    CreateUsers,
    /// People are made usable again.
    ReactivateUsers,
    /// Names of people change.
    UpdateUsers,
    /// Groups are made.
    CreateGroups,
    /// People get into groups.
    AddMembers,
    /// Names of groups change.
    RenameGroups,
    /// Roles are bound to groups.
    CreateBindings,
    /// People leave groups.
    RemoveMembers,
    /// Roles are taken from groups.
    DeleteBindings,
    /// People are switched off.
    DeactivateUsers,
    /// People are removed.
    DeleteUsers,
    /// Groups are removed.
    DeleteGroups,
}

impl Change {
    /// When in the order this is done.
    pub fn phase(&self) -> Phase {
        match self {
            Change::CreateUser { .. } | Change::AdoptUser { .. } => Phase::CreateUsers,
            Change::ReactivateUser { .. } => Phase::ReactivateUsers,
            Change::UpdateUser { .. } => Phase::UpdateUsers,
            Change::CreateGroup { .. } | Change::AdoptGroup { .. } => Phase::CreateGroups,
            Change::AddMembers { .. } => Phase::AddMembers,
            Change::RenameGroup { .. } => Phase::RenameGroups,
            Change::CreateBinding { .. } => Phase::CreateBindings,
            Change::DeleteBinding { .. } => Phase::DeleteBindings,
            Change::RemoveMembers { .. } => Phase::RemoveMembers,
            Change::DeactivateUser { .. } => Phase::DeactivateUsers,
            Change::DeleteUser { .. } => Phase::DeleteUsers,
            Change::DeleteGroup { .. } => Phase::DeleteGroups,
        }
    }

    /// Which approval it needs where the policy asks for one.
    pub fn approval(&self) -> ApprovalKind {
        match self {
            Change::CreateUser { .. }
            | Change::AdoptUser { .. }
            | Change::CreateGroup { .. }
            | Change::AdoptGroup { .. }
            | Change::CreateBinding { .. } => ApprovalKind::Create,
            Change::ReactivateUser { .. }
            | Change::UpdateUser { .. }
            | Change::AddMembers { .. }
            | Change::RenameGroup { .. }
            | Change::RemoveMembers { .. } => ApprovalKind::Update,
            Change::DeactivateUser { .. }
            | Change::DeleteUser { .. }
            | Change::DeleteBinding { .. }
            | Change::DeleteGroup { .. } => ApprovalKind::Delete,
        }
    }

    /// What it takes away.
    pub fn taken(&self) -> Taken<'_> {
        match self {
            Change::RemoveMembers { group, members } => Taken::Members { group, members },
            Change::DeleteBinding {
                group,
                id: _,
                binding,
            } => Taken::Binding { group, binding },
            Change::DeactivateUser { person } => Taken::UseOf(person),
            Change::DeleteUser { person } => Taken::Account(person),
            Change::DeleteGroup { id, name: _ } => Taken::Group(id),
            Change::CreateUser { .. }
            | Change::AdoptUser { .. }
            | Change::ReactivateUser { .. }
            | Change::UpdateUser { .. }
            | Change::CreateGroup { .. }
            | Change::AdoptGroup { .. }
            | Change::AddMembers { .. }
            | Change::RenameGroup { .. }
            | Change::CreateBinding { .. } => Taken::Nothing,
        }
    }

    /// The group it removes, whether or not the provider lets it.
    pub fn removed_group(&self) -> Option<&GroupId> {
        match self.taken() {
            Taken::Group(id) => Some(id),
            Taken::Nothing
            | Taken::Account(_)
            | Taken::UseOf(_)
            | Taken::Members { .. }
            | Taken::Binding { .. } => None,
        }
    }

    /// Whether it takes something away.
    pub fn is_removal(&self) -> bool {
        !matches!(self.taken(), Taken::Nothing)
    }

    /// Whose account it writes to, of those who have one.
    pub fn person(&self) -> Option<&Person> {
        match self {
            Change::AdoptUser { person, .. }
            | Change::ReactivateUser { person }
            | Change::UpdateUser { person, .. }
            | Change::DeactivateUser { person }
            | Change::DeleteUser { person } => Some(person),
            Change::CreateUser { .. }
            | Change::CreateGroup { .. }
            | Change::AdoptGroup { .. }
            | Change::AddMembers { .. }
            | Change::RenameGroup { .. }
            | Change::CreateBinding { .. }
            | Change::DeleteBinding { .. }
            | Change::RemoveMembers { .. }
            | Change::DeleteGroup { .. } => None,
        }
    }

    /// Whom it puts into which group, or takes out of it.
    pub fn memberships(&self) -> Option<Memberships<'_>> {
        let (group, direction, members) = match self {
            Change::AddMembers { group, members } => (group, Direction::In, members),
            Change::RemoveMembers { group, members } => (group, Direction::Out, members),
            Change::CreateUser { .. }
            | Change::AdoptUser { .. }
            | Change::ReactivateUser { .. }
            | Change::UpdateUser { .. }
            | Change::CreateGroup { .. }
            | Change::AdoptGroup { .. }
            | Change::RenameGroup { .. }
            | Change::CreateBinding { .. }
            | Change::DeleteBinding { .. }
            | Change::DeactivateUser { .. }
            | Change::DeleteUser { .. }
            | Change::DeleteGroup { .. } => return None,
        };
        Some(Memberships {
            group,
            direction,
            members,
        })
    }

    /// The role binding that it makes or ends, and of which group.
    pub fn binding(&self) -> Option<(&GroupRef, &Binding)> {
        match self {
            Change::CreateBinding { group, binding }
            | Change::DeleteBinding { group, binding, .. } => Some((group, binding)),
            Change::CreateUser { .. }
            | Change::AdoptUser { .. }
            | Change::ReactivateUser { .. }
            | Change::UpdateUser { .. }
            | Change::CreateGroup { .. }
            | Change::AdoptGroup { .. }
            | Change::AddMembers { .. }
            | Change::RenameGroup { .. }
            | Change::RemoveMembers { .. }
            | Change::DeactivateUser { .. }
            | Change::DeleteUser { .. }
            | Change::DeleteGroup { .. } => None,
        }
    }

    /// The id of the group it is about, if it is about one that is live: two may have one name.
    pub fn group_id(&self) -> Option<&GroupId> {
        match self {
            Change::AddMembers { group, .. }
            | Change::RemoveMembers { group, .. }
            | Change::CreateBinding { group, .. }
            | Change::DeleteBinding { group, .. } => group.id.as_ref(),
            Change::AdoptGroup { id, .. }
            | Change::RenameGroup { id, .. }
            | Change::DeleteGroup { id, .. } => Some(id),
            Change::CreateGroup { .. }
            | Change::CreateUser { .. }
            | Change::AdoptUser { .. }
            | Change::ReactivateUser { .. }
            | Change::UpdateUser { .. }
            | Change::DeactivateUser { .. }
            | Change::DeleteUser { .. } => None,
        }
    }

    /// The group it is about, by name, if it is about one.
    pub fn group_name(&self) -> Option<&GroupName> {
        match self {
            Change::CreateGroup { name, .. }
            | Change::AdoptGroup { name, .. }
            | Change::DeleteGroup { name, .. } => Some(name),
            Change::AddMembers { group, .. }
            | Change::RemoveMembers { group, .. }
            | Change::CreateBinding { group, .. }
            | Change::DeleteBinding { group, .. } => Some(&group.name),
            Change::RenameGroup { after, .. } => Some(after),
            Change::CreateUser { .. }
            | Change::AdoptUser { .. }
            | Change::ReactivateUser { .. }
            | Change::UpdateUser { .. }
            | Change::DeactivateUser { .. }
            | Change::DeleteUser { .. } => None,
        }
    }
}
