//! What the API answers, as far as it is read. Unknown keys are ignored: its documents grow.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::{BindingId, Email, GroupId, Scope, UserId};

#[derive(Debug, Deserialize)]
pub(super) struct Enveloped<R> {
    pub(super) data: R,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page<R> {
    pub(super) total_items: u64,
    pub(super) content: Vec<R>,
}

/// Somebody in the account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountUser {
    /// The same id as in SCIM.
    #[serde(rename = "uuid")]
    pub id: UserId,
    /// The name shown.
    #[serde(default)]
    pub name: Option<String>,
    /// The e-mail.
    pub email: Email,
    /// Whether provisioning made the account or took it over; a standalone account is one
    /// that it did not.
    #[serde(default)]
    pub externally_managed: bool,
    /// Whether the account is switched off.
    #[serde(default)]
    pub disabled: bool,
}

/// A group of the account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserGroup {
    /// The same id as in SCIM.
    pub identifier: GroupId,
    /// The name shown.
    pub name: String,
    /// The ids of its members.
    #[serde(default)]
    pub users: Vec<String>,
    /// Whether provisioning made it or took it over; a hand-made group is one it did not.
    #[serde(default)]
    pub externally_managed: bool,
    /// Whether the provider itself made it, and keeps it.
    #[serde(default)]
    pub harness_managed: bool,
    /// Whether its members come from a single-sign-on group.
    #[serde(default, alias = "isSsoLinked")]
    pub sso_linked: bool,
}

/// Whose a token is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenHolder {
    /// `USER` or `SERVICE_ACCOUNT`.
    #[serde(default)]
    pub api_key_type: Option<String>,
    /// The holder's id: a user's, or a service account's identifier.
    #[serde(default)]
    pub parent_identifier: Option<String>,
    /// The account it belongs to.
    #[serde(default)]
    pub account_identifier: Option<String>,
    /// The holder's e-mail.
    #[serde(default)]
    pub email: Option<Email>,
    /// The holder's name.
    #[serde(default)]
    pub username: Option<String>,
    #[serde(default)]
    valid_to: Value,
    #[serde(default)]
    scheduled_expire_time: Value,
    /// Whether it still counts.
    #[serde(default)]
    pub valid: bool,
}

impl TokenHolder {
    /// The user the token belongs to, if it is a person's.
    pub fn user(&self) -> Option<UserId> {
        let id = self.parent_identifier.as_deref()?;
        (self.api_key_type.as_deref() == Some("USER")).then(|| UserId::from(id))
    }

    /// When it ends, in milliseconds since 1970; nothing if it has no end or none is told.
    pub fn ends_at_millis(&self) -> Option<i64> {
        let times = [&self.scheduled_expire_time, &self.valid_to];
        times.into_iter().filter_map(Value::as_i64).min()
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Settings {
    pub(super) resource: AuthenticationSettings,
}

/// How people log in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticationSettings {
    /// `SAML`, `USER_PASSWORD`, `LDAP`, `OAUTH`.
    pub authentication_mechanism: String,
}

impl AuthenticationSettings {
    /// Whether people log in by SAML, which provisioning presupposes.
    pub fn is_saml(&self) -> bool {
        self.authentication_mechanism == "SAML"
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Permitted {
    #[serde(rename = "accessControlList")]
    pub(super) list: Vec<PermittedEntry>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PermittedEntry {
    #[serde(default)]
    pub(super) permission: Option<String>,
    #[serde(default)]
    pub(super) permitted: bool,
}

/// What kind of principal a role is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PrincipalKind {
    /// A person.
    User,
    /// A group.
    UserGroup,
    /// A service account.
    ServiceAccount,
    /// Something newer.
    #[serde(other)]
    Other,
}

impl PrincipalKind {
    /// The API's word.
    pub fn as_str(self) -> &'static str {
        match self {
            PrincipalKind::User => "USER",
            PrincipalKind::UserGroup => "USER_GROUP",
            PrincipalKind::ServiceAccount => "SERVICE_ACCOUNT",
            PrincipalKind::Other => "OTHER",
        }
    }
}

/// To whom a role is bound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Principal {
    /// The user's or group's id.
    pub identifier: String,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: PrincipalKind,
    /// Of which level it is, where that is not the binding's own: `account`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope_level: Option<String>,
}

impl Principal {
    /// Whether it is of the account: below it, an org or project may have a group of the same
    /// id.
    pub fn is_of_account(&self, scope: &Scope) -> bool {
        match self.scope_level.as_deref() {
            Some(level) => level == "account",
            None => *scope == Scope::Account,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Assigned {
    role_assignment: AssignmentBody,
    #[serde(default)]
    harness_managed: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AssignmentBody {
    pub(super) identifier: BindingId,
    resource_group_identifier: String,
    role_identifier: String,
    principal: Principal,
    #[serde(default)]
    disabled: bool,
    #[serde(default)]
    managed: bool,
    #[serde(default)]
    internal: bool,
}

/// A role binding as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleAssignment {
    /// Its id.
    pub id: BindingId,
    /// The role.
    pub role: String,
    /// What it is for.
    pub resource_group: String,
    /// To whom.
    pub principal: Principal,
    /// Whether it is switched off.
    pub disabled: bool,
    /// Whether the provider itself made it.
    pub managed: bool,
}

impl From<Assigned> for RoleAssignment {
    fn from(found: Assigned) -> Self {
        let Assigned {
            role_assignment: body,
            harness_managed,
        } = found;
        Self {
            id: body.identifier,
            role: body.role_identifier,
            resource_group: body.resource_group_identifier,
            principal: body.principal,
            disabled: body.disabled,
            managed: body.managed || body.internal || harness_managed,
        }
    }
}

/// What a create answers with.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Created {
    pub(super) role_assignment: AssignmentBody,
}
