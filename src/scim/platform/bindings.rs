//! Role bindings made and removed. They are never changed: a change of role or resource
//! group is one that goes and one that comes (PUT takes `disabled` only, source:
//! `RoleAssignmentResource`).

use serde_json::json;

use super::wire::{Created, Enveloped};
use super::{Platform, PrincipalKind, says_missing, scope_query};
use crate::ids::{BindingId, GroupId, Scope};
use crate::scim::error::ScimError;
use crate::scim::exchange;
use crate::scim::http::{Method, Request, Transport};
use crate::scim::service::{Deleted, Writer};

/// A way to make and remove role bindings.
#[derive(Debug)]
pub struct BindingWriter<'a, T> {
    platform: Platform<'a, T>,
    transport: &'a T,
}

impl<T: Transport> Writer<T> {
    /// Writes role bindings; nothing where [`Reader::platform`] is nothing.
    ///
    /// [`Reader::platform`]: crate::scim::service::Reader::platform
    pub fn bindings(&self) -> Option<BindingWriter<'_, T>> {
        let platform = self.reader().platform()?;
        let transport = self.transport();
        Some(BindingWriter {
            platform,
            transport,
        })
    }
}

impl<'a, T: Transport> BindingWriter<'a, T> {
    /// What the bindings are read back with.
    pub fn reader(&self) -> &Platform<'a, T> {
        &self.platform
    }

    /// Binds a role to a group of the account. A second one of the same kind is an error that
    /// does not say so (source: `RoleAssignmentServiceImpl` handles no duplicate key), so who
    /// calls looks first.
    ///
    /// # Errors
    /// When the provider does not answer with what it made.
    pub async fn create(
        &self,
        group: &GroupId,
        role: &str,
        resource_group: &str,
        scope: &Scope,
    ) -> Result<BindingId, ScimError> {
        // The group is the account's, whatever the scope of the binding.
        let body = json!({
            "resourceGroupIdentifier": resource_group,
            "roleIdentifier": role,
            "principal": {
                "identifier": group.as_str(),
                "type": PrincipalKind::UserGroup.as_str(),
                "scopeLevel": "account",
            },
            "disabled": false,
        });
        let request = self
            .request(Method::Post, &["authz", "api", "roleassignments"], scope)
            .with_body(body.to_string());
        let response = exchange::call(self.transport, &request).await?;
        let read = exchange::read(self.transport.target(), &request, &response);
        let Enveloped {
            data: Created { role_assignment },
        } = read?;
        Ok(role_assignment.identifier)
    }

    /// Removes a binding.
    ///
    /// # Errors
    /// When the binding may still be there.
    pub async fn delete(&self, id: &BindingId, scope: &Scope) -> Result<Deleted, ScimError> {
        let path = ["authz", "api", "roleassignments", id.as_str()];
        let request = self.request(Method::Delete, &path, scope);
        match exchange::call(self.transport, &request).await {
            Ok(_) => Ok(Deleted::Now),
            Err(error) if says_missing(&error) || says_invalid(&error) => Ok(Deleted::AlreadyGone),
            Err(error) => Err(error),
        }
    }

    fn request(&self, method: Method, path: &[&str], scope: &Scope) -> Request {
        let account = Request::platform(method, path.iter().copied())
            .with_query("accountIdentifier", self.platform.account());
        scope_query(scope)
            .into_iter()
            .fold(account, |request, (name, value)| {
                request.with_query(name, value)
            })
    }
}

/// For an id it does not know the provider answers 400 `Invalid Role Assignment`.
fn says_invalid(error: &ScimError) -> bool {
    error.status() == Some(400)
        && error
            .detail()
            .is_some_and(|detail| detail.contains("Invalid Role Assignment"))
}
