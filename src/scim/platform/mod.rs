//! A provider's own API beside SCIM: what SCIM does not show, and role bindings.
//!
//! Where it is and which header carries the token is the profile's data
//! ([`super::dialect::PlatformApi`]); the messages are those of Harness' NextGen API
//! (public Go SDK, `harness-go-sdk/harness/nextgen`, and `UserResource`,
//! `RoleAssignmentResource`, `TokenResource`; verified 2026-11-24).
//!
//! **Invariants.** A [`Platform`] cannot write. It speaks over the transport of SCIM, to the
//! same origin. A listing is whole or an error: its totals are real, so they are held against
//! what came.

mod bindings;
mod wire;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub use self::bindings::BindingWriter;
pub use self::wire::{
    AccountUser, AuthenticationSettings, Principal, PrincipalKind, RoleAssignment, TokenHolder,
    UserGroup,
};
use super::dialect::{Need, Permission, PlatformApi};
use super::error::{ErrorKind, ScimError};
use super::exchange;
use super::http::{Response, Transport};
use super::read_only::{ReadOnly, ReadRequest, ReadingPost};
use super::service::Reader;
use crate::ids::{GroupId, Scope, UserId};
use wire::{Assigned, Enveloped, Page, Permitted, Settings};

/// A way to read a provider's own API.
#[derive(Debug)]
pub struct Platform<'a, T> {
    transport: &'a ReadOnly<T>,
    api: PlatformApi,
    account: &'a str,
}

impl<T> Clone for Platform<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Platform<'_, T> {}

impl<T: Transport> Reader<T> {
    /// The provider's own API; nothing where the profile knows of none, or the base URL does
    /// not tell where it is.
    pub fn platform(&self) -> Option<Platform<'_, T>> {
        let api = self.dialect().platform?;
        let (_, account) = api.locate(self.transport().target())?;
        Some(Platform {
            transport: self.transport(),
            api,
            account,
        })
    }
}

/// Which role assignments are asked for; empty lists ask for any.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Which<'a> {
    /// Of these kinds of principals.
    pub kinds: &'a [PrincipalKind],
    /// With these roles.
    pub roles: &'a [&'a str],
}

impl<T: Transport> Platform<'_, T> {
    /// The account, as the base URL tells it.
    pub fn account(&self) -> &str {
        self.account
    }

    /// The role whose last holder the provider keeps.
    pub fn admin_role(&self) -> &'static str {
        self.api.admin_role
    }

    /// What the token's holder has to be allowed.
    pub fn needs(&self) -> &'static [Need] {
        self.api.needs
    }

    /// Everybody in the account, however they came in.
    ///
    /// # Errors
    /// When the list cannot be read whole.
    pub async fn users(&self) -> Result<Vec<AccountUser>, ScimError> {
        self.pages(|| self.ask(self.api.list_users, &json!({})))
            .await
    }

    /// Whoever of these e-mails is in the account, asked for in lower case as they are stored.
    ///
    /// # Errors
    /// When the lists cannot be read whole.
    pub async fn users_by_email(&self, emails: &[&str]) -> Result<Vec<AccountUser>, ScimError> {
        let mut found = Vec::new();
        // An empty list of e-mails would ask for everybody.
        for some in emails.chunks(self.api.page_size.max(1) as usize) {
            let body = json!({ "emails": some });
            let users = self.pages(|| self.ask(self.api.list_users, &body)).await?;
            found.extend(users);
        }
        Ok(found)
    }

    /// Every group of the account scope, made by SCIM or by hand.
    ///
    /// # Errors
    /// When the list cannot be read whole.
    pub async fn groups(&self) -> Result<Vec<UserGroup>, ScimError> {
        self.pages(|| {
            self.get(["ng", "api", "user-groups"])
                .with_query("filterType", "EXCLUDE_INHERITED_GROUPS")
        })
        .await
    }

    /// One group, made by SCIM or by hand.
    ///
    /// # Errors
    /// When the answer is neither the group nor that there is none.
    pub async fn group(&self, id: &GroupId) -> Result<Option<UserGroup>, ScimError> {
        let request = self.get(["ng", "api", "user-groups", id.as_str()]);
        self.data_or_none(&request).await
    }

    /// Which of these things the token may do, in their order.
    ///
    /// # Errors
    /// When the provider does not say so for each.
    pub async fn permitted(&self, asked: &[Permission]) -> Result<Vec<bool>, ScimError> {
        let checks: Vec<Value> = asked
            .iter()
            .map(|permission| {
                json!({
                    "resourceScope": { "accountIdentifier": self.account },
                    "resourceType": permission.resource,
                    "permission": permission.name,
                })
            })
            .collect();
        let request = self.ask(self.api.permissions, &json!({ "permissions": checks }));
        let Permitted { list } = self.data(&request).await?;
        Ok(asked
            .iter()
            .map(|permission| {
                list.iter().any(|entry| {
                    entry.permission.as_deref() == Some(permission.name) && entry.permitted
                })
            })
            .collect())
    }

    /// Whose the token is. The token goes as the body, never into the URL.
    ///
    /// # Errors
    /// When the provider does not say.
    pub async fn token(&self) -> Result<TokenHolder, ScimError> {
        let request =
            ReadRequest::token(self.api.token).with_query("accountIdentifier", self.account);
        self.data(&request).await
    }

    /// Whether the account would be without an admin if this person left.
    ///
    /// # Errors
    /// When the provider does not say.
    pub async fn is_last_admin(&self, user: &UserId) -> Result<bool, ScimError> {
        let request = self
            .get(["ng", "api", "user", "last-admin"])
            .with_query("userId", user.as_str());
        self.data(&request).await
    }

    /// How people log in.
    ///
    /// # Errors
    /// When the token may not read it, or the provider does not say.
    pub async fn authentication(&self) -> Result<AuthenticationSettings, ScimError> {
        let request = self.get(["ng", "api", "authentication-settings"]);
        let response = self.transport.ask(&request).await?;
        let Settings { resource } = self.read(&request, &response)?;
        Ok(resource)
    }

    /// The role assignments of one scope, without those of scopes above and below.
    ///
    /// # Errors
    /// When the list cannot be read whole.
    pub async fn role_assignments(
        &self,
        scope: &Scope,
        which: Which<'_>,
    ) -> Result<Vec<RoleAssignment>, ScimError> {
        let mut body = serde_json::Map::new();
        if !which.kinds.is_empty() {
            let kinds: Vec<&str> = which.kinds.iter().map(|kind| kind.as_str()).collect();
            body.insert("principalTypeFilter".to_owned(), json!(kinds));
        }
        if !which.roles.is_empty() {
            body.insert("roleFilter".to_owned(), json!(which.roles));
        }
        let body = Value::Object(body);
        let found: Vec<Assigned> = self
            .pages(|| scoped(self.ask(self.api.list_bindings, &body), scope))
            .await?;
        Ok(found.into_iter().map(RoleAssignment::from).collect())
    }

    /// Whether there is such a role for this scope.
    ///
    /// # Errors
    /// When the provider does not say.
    pub async fn has_role(&self, scope: &Scope, role: &str) -> Result<bool, ScimError> {
        let request = self.get(["authz", "api", "roles", role]);
        self.is_there(scope, request).await
    }

    /// Whether there is such a resource group for this scope.
    ///
    /// # Errors
    /// When the provider does not say.
    pub async fn has_resource_group(&self, scope: &Scope, id: &str) -> Result<bool, ScimError> {
        let path = ["resourcegroup", "api", "v2", "resourcegroup", id];
        let request = self.get(path);
        self.is_there(scope, request).await
    }

    async fn is_there(&self, scope: &Scope, request: ReadRequest) -> Result<bool, ScimError> {
        let request = scoped(request, scope);
        let found: Option<Value> = self.data_or_none(&request).await?;
        Ok(found.is_some_and(|found| !found.is_null()))
    }

    fn get<const N: usize>(&self, path: [&str; N]) -> ReadRequest {
        ReadRequest::platform(path).with_query("accountIdentifier", self.account)
    }

    fn ask(&self, post: ReadingPost, body: &Value) -> ReadRequest {
        ReadRequest::post(post, body.to_string()).with_query("accountIdentifier", self.account)
    }

    fn read<R: DeserializeOwned>(
        &self,
        request: &ReadRequest,
        response: &Response,
    ) -> Result<R, ScimError> {
        exchange::read(self.transport.target(), request.request(), response)
    }

    async fn data<R: DeserializeOwned>(&self, request: &ReadRequest) -> Result<R, ScimError> {
        let response = self.transport.ask(request).await?;
        let Enveloped { data } = self.read(request, &response)?;
        Ok(data)
    }

    /// For what is not there this API answers 400, or 404, with a code that says so.
    async fn data_or_none<R: DeserializeOwned>(
        &self,
        request: &ReadRequest,
    ) -> Result<Option<R>, ScimError> {
        match self.data(request).await {
            Ok(data) => Ok(data),
            Err(error) if says_missing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn pages<R: DeserializeOwned>(
        &self,
        request: impl Fn() -> ReadRequest,
    ) -> Result<Vec<R>, ScimError> {
        let mut rows: Vec<R> = Vec::new();
        let mut index: u64 = 0;
        loop {
            let request = request()
                .with_query("pageIndex", index.to_string())
                .with_query("pageSize", self.api.page_size.to_string());
            let page: Page<R> = self.data(&request).await?;
            let came = page.content.len();
            rows.extend(page.content);
            let here = rows.len() as u64;
            if here >= page.total_items {
                return Ok(rows);
            }
            if came == 0 {
                let why = format!("the list has {} rows, and {here} came", page.total_items);
                return Err(ScimError::unproven(
                    self.transport.target(),
                    request.request(),
                    why,
                ));
            }
            index += 1;
        }
    }
}

fn scoped(request: ReadRequest, scope: &Scope) -> ReadRequest {
    scope_query(scope)
        .into_iter()
        .fold(request, |request, (name, value)| {
            request.with_query(name, value)
        })
}

/// What says the scope below the account in a query.
fn scope_query(scope: &Scope) -> Vec<(&'static str, &str)> {
    let org = scope.org().map(|org| ("orgIdentifier", org));
    let project = scope
        .project()
        .map(|project| ("projectIdentifier", project));
    org.into_iter().chain(project).collect()
}

fn says_missing(error: &ScimError) -> bool {
    match error.kind() {
        ErrorKind::NotFound => true,
        ErrorKind::Refused => {
            error.status() == Some(400)
                && error.provider_code().is_some_and(|code| {
                    matches!(code, "RESOURCE_NOT_FOUND_EXCEPTION" | "RESOURCE_NOT_FOUND")
                })
        }
        ErrorKind::Unauthorized
        | ErrorKind::Forbidden
        | ErrorKind::WrongEndpoint
        | ErrorKind::NotJson
        | ErrorKind::Conflict
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
