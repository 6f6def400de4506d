//! One item at a time: check the precondition, write, read back.

mod adopt;
mod bindings;
mod groups;
mod memberships;
mod users;

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use super::context::{Made, MadeBy, Picture};
use super::outcome::Status;
use crate::ids::{GroupId, GroupName};
use crate::plan::undo::PreImage;
use crate::plan::{Action, Change, GroupRef, Moved};
use crate::profile::Profile;
use crate::scim::dialect::EntityTags;
use crate::scim::error::{ErrorKind, ScimError};
use crate::scim::http::{Effect, Transport};
use crate::scim::service::{Activity, Writer};

pub(super) struct Steps<'a, T> {
    pub(super) writer: &'a Writer<T>,
    pub(super) profile: &'a Profile,
    pub(super) picture: Picture,
    pub(super) moved: &'a Moved,
    /// What groups are called whose name this plan changes, before and after.
    pub(super) called: HashMap<&'a GroupId, [&'a GroupName; 2]>,
    pub(super) made: Mutex<Made>,
}

type Step = Result<Status, ScimError>;

/// How long a provider may take to show what it has done, before it counts as not done.
const SETTLE: [Duration; 3] = [
    Duration::from_millis(100),
    Duration::from_millis(400),
    Duration::from_millis(1500),
];

impl<T: Transport> Steps<'_, T> {
    /// Runs any item but memberships.
    pub(super) async fn run(&self, action: &Action) -> Step {
        match &action.change {
            Change::CreateUser {
                key,
                user,
                external_id,
            } => self.create_user(key, user, external_id.as_ref()).await,
            Change::AdoptUser {
                person,
                user,
                external_id,
            } => self.adopt_user(person, user, external_id.as_ref()).await,
            Change::AdoptGroup {
                id,
                name,
                called,
                members: _,
            } => self.adopt_hand_made(id, name, called).await,
            Change::CreateBinding { group, binding } => self.create_binding(group, binding).await,
            Change::DeleteBinding { group, id, binding } => {
                self.delete_binding(group, id, binding).await
            }
            Change::ReactivateUser { person } => self.set_active(person, Activity::Active).await,
            Change::DeactivateUser { person } => self.set_active(person, Activity::Inactive).await,
            Change::UpdateUser {
                person,
                changes,
                becomes,
            } => self.update_user(person, changes, becomes).await,
            Change::DeleteUser { person } => self.delete_user(action, person).await,
            Change::CreateGroup { name, expected_id } => {
                self.create_group(name, expected_id.as_ref()).await
            }
            Change::RenameGroup { id, before, after } => self.rename_group(id, before, after).await,
            Change::DeleteGroup { id, name } => self.delete_group(action, id, name).await,
            Change::AddMembers { .. } | Change::RemoveMembers { .. } => {
                unreachable!("memberships run in chains")
            }
        }
    }

    /// The id of a group that is there or that this run has made.
    fn id_now(&self, group: &GroupRef) -> Option<GroupId> {
        let made = || {
            let made = self.made.lock().expect("no panic inside");
            made.groups.get(&group.name).cloned()
        };
        group.id.clone().or_else(made)
    }

    /// What an item made in this run.
    pub(super) fn made_by(&self, action: &Action) -> MadeBy {
        let mut made = self.made.lock().expect("no panic inside");
        match &action.change {
            Change::CreateUser { key, .. } => MadeBy {
                user: made.users.get(key).cloned(),
                ..MadeBy::default()
            },
            Change::AdoptUser { person, .. } => MadeBy {
                user: person
                    .key
                    .as_ref()
                    .and_then(|key| made.users.get(key).cloned()),
                ..MadeBy::default()
            },
            Change::CreateGroup { name, .. } | Change::AdoptGroup { name, .. } => MadeBy {
                group: made.groups.get(name).cloned(),
                ..MadeBy::default()
            },
            Change::AddMembers { .. } | Change::RemoveMembers { .. } => MadeBy {
                members: made.members.remove(&action.id).unwrap_or_default(),
                ..MadeBy::default()
            },
            Change::DeleteUser { .. } | Change::DeleteGroup { .. } => MadeBy {
                before: made.before.remove(&action.id),
                ..MadeBy::default()
            },
            Change::ReactivateUser { .. }
            | Change::UpdateUser { .. }
            | Change::RenameGroup { .. }
            | Change::CreateBinding { .. }
            | Change::DeleteBinding { .. }
            | Change::DeactivateUser { .. } => MadeBy::default(),
        }
    }

    /// Keeps what an item is about to take away.
    pub(super) fn remember(&self, action: &Action, before: PreImage) {
        self.made
            .lock()
            .expect("no panic inside")
            .before
            .insert(action.id.clone(), before);
    }

    /// Reads until what was done shows, with a bound.
    async fn settled<V, F>(
        &self,
        read: impl Fn() -> F,
        is_settled: impl Fn(&V) -> bool,
    ) -> Result<V, ScimError>
    where
        F: Future<Output = Result<V, ScimError>>,
    {
        let mut value = read().await?;
        for wait in SETTLE {
            if is_settled(&value) {
                break;
            }
            tokio::time::sleep(wait).await;
            value = read().await?;
        }
        Ok(value)
    }

    /// Whether a write was refused because the resource has another version than the one it
    /// was bound to (412). Without entity tags a 412 means something else.
    fn was_faster(&self, error: &ScimError) -> bool {
        match self.writer.reader().dialect().entity_tags {
            EntityTags::Ignored => false,
            EntityTags::IfMatch => error.kind() == ErrorKind::PreconditionFailed,
        }
    }

    /// Decides a write by reading: what shows counts, not what was answered. An error
    /// stands unless its effect was unknown and the effect shows.
    async fn verdict<V, F>(
        &self,
        written: Result<(), ScimError>,
        read: impl Fn() -> F,
        is_taken: impl Fn(&V) -> bool,
        not_so: impl Fn() -> String,
    ) -> Step
    where
        F: Future<Output = Result<V, ScimError>>,
    {
        match written {
            Ok(()) => {
                let now = self.settled(read, &is_taken).await?;
                Ok(if is_taken(&now) {
                    Status::Done
                } else {
                    not_taken(not_so())
                })
            }
            Err(error) if error.effect() == Effect::Unknown => {
                let now = self.settled(read, &is_taken).await?;
                if is_taken(&now) {
                    Ok(Status::Done)
                } else {
                    Err(error)
                }
            }
            Err(error) => Err(error),
        }
    }
}

/// Whether a create that failed may have happened all the same, or was unnecessary.
fn is_ambiguous(error: &ScimError) -> bool {
    error.effect() == Effect::Unknown || matches!(error.status(), Some(404 | 409))
}

fn failed(message: String) -> Status {
    Status::Failed {
        message,
        help: LOOK.to_owned(),
    }
}

const LOOK: &str = "look at it in the service provider's console, then plan again";

fn not_taken(message: String) -> Status {
    Status::NotTaken {
        message,
        help: LOOK.to_owned(),
    }
}
