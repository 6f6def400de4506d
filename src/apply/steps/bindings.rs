//! Role bindings: looked for before and after each write, since a second binding of one kind
//! is an error that does not say so.

use super::{Status, Step, Steps, failed};
use crate::ids::{Binding, BindingId, GroupId, Scope};
use crate::plan::GroupRef;
use crate::scim::error::{ErrorKind, ScimError};
use crate::scim::http::{Effect, Transport};
use crate::scim::platform::{Platform, PrincipalKind, RoleAssignment, Which};

impl<T: Transport> Steps<'_, T> {
    pub(super) async fn create_binding(&self, group: &GroupRef, binding: &Binding) -> Step {
        let Some(bindings) = self.writer.bindings() else {
            return Ok(no_way());
        };
        let Some(id) = self.id_now(group) else {
            return Ok(Status::Skipped {
                because: format!("the group `{}` was not created", group.name),
            });
        };
        let platform = *bindings.reader();
        let find = || find(platform, &id, binding);
        match find().await? {
            Some(found) if !found.disabled => return Ok(Status::AlreadySo),
            Some(_) => {
                return Ok(Status::Moved {
                    message: format!(
                        "the binding `{binding}` of `{}` is there now and switched off",
                        group.name
                    ),
                });
            }
            None => {}
        }
        let Binding {
            role,
            resource_group,
            scope,
        } = binding;
        let written = match bindings.create(&id, role, resource_group, scope).await {
            Ok(_) => Ok(()),
            // A binding made meanwhile by somebody else fails in many ways; the list decides.
            Err(error) if error.effect() == Effect::None && may_exist(&error) => {
                match find().await? {
                    Some(_) => return Ok(Status::AlreadySo),
                    None => Err(error),
                }
            }
            Err(error) => Err(error),
        };
        let taken =
            |found: &Option<RoleAssignment>| found.as_ref().is_some_and(|found| !found.disabled);
        self.verdict(written, find, taken, || {
            format!(
                "the binding `{binding}` of `{}` is not there although the provider said so",
                group.name
            )
        })
        .await
    }

    pub(super) async fn delete_binding(
        &self,
        group: &GroupRef,
        id: &BindingId,
        binding: &Binding,
    ) -> Step {
        let Some(bindings) = self.writer.bindings() else {
            return Ok(no_way());
        };
        let Some(group_id) = &group.id else {
            return Ok(failed(format!("the group `{}` has no id", group.name)));
        };
        let platform = *bindings.reader();
        let find = || find_id(platform, id, &binding.scope);
        match find().await? {
            None => return Ok(Status::AlreadySo),
            Some(found) if is_it(&found, group_id, binding) => {}
            Some(found) => {
                return Ok(Status::Moved {
                    message: format!(
                        "the binding {id} was `{binding}` when the plan was made and is `{} on \
                         {}` of `{}` now",
                        found.role, found.resource_group, found.principal.identifier
                    ),
                });
            }
        }
        let written = bindings.delete(id, &binding.scope).await.map(|_| ());
        self.verdict(written, find, Option::is_none, || {
            format!(
                "the binding `{binding}` of `{}` is still there although the provider said that \
                 it is removed",
                group.name
            )
        })
        .await
    }
}

/// Whether a refused create may mean that it exists.
fn may_exist(error: &ScimError) -> bool {
    match error.kind() {
        ErrorKind::Conflict | ErrorKind::Refused => true,
        ErrorKind::Unauthorized
        | ErrorKind::Forbidden
        | ErrorKind::NotFound
        | ErrorKind::WrongEndpoint
        | ErrorKind::NotJson
        | ErrorKind::PreconditionFailed
        | ErrorKind::TooLarge
        | ErrorKind::RateLimited
        | ErrorKind::NotImplemented
        | ErrorKind::Server
        | ErrorKind::Malformed
        | ErrorKind::CreatedUnseen
        | ErrorKind::Unproven
        | ErrorKind::Transport(_) => false,
    }
}

async fn find<T: Transport>(
    platform: Platform<'_, T>,
    group: &GroupId,
    binding: &Binding,
) -> Result<Option<RoleAssignment>, ScimError> {
    let which = Which {
        kinds: &[PrincipalKind::UserGroup],
        roles: &[&binding.role],
    };
    let found = platform.role_assignments(&binding.scope, which).await?;
    Ok(found.into_iter().find(|found| is_it(found, group, binding)))
}

async fn find_id<T: Transport>(
    platform: Platform<'_, T>,
    id: &BindingId,
    scope: &Scope,
) -> Result<Option<RoleAssignment>, ScimError> {
    let which = Which {
        kinds: &[PrincipalKind::UserGroup],
        roles: &[],
    };
    let found = platform.role_assignments(scope, which).await?;
    Ok(found.into_iter().find(|found| found.id == *id))
}

fn is_it(found: &RoleAssignment, group: &GroupId, binding: &Binding) -> bool {
    found.principal.identifier == group.as_str()
        && found.principal.is_of_account(&binding.scope)
        && found.role == binding.role
        && found.resource_group == binding.resource_group
}

fn no_way() -> Status {
    failed("the provider's own API, which binds roles, cannot be told from the base URL".to_owned())
}
