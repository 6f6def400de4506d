//! Harness' own API beside SCIM, as far as a provisioning client needs it: who is
//! standalone, what groups are bound to, what a token may do [HC `UserResource`,
//! `RoleAssignmentResource`, `ACLResource`, R26 `UserGroupResource`, `TokenResource`].
//!
//! **Invariants.** SCIM never touches role bindings; here they are made and removed, and
//! cleaned up after their principal is gone.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::{Caller, Permission, TokenStanding};
use super::body::{Object, object, text};
use super::query::Query;
use super::reply::{Answer, Refusal};
use super::state::{Group, User, issued_id};
use super::users::Failure;
use super::{Incoming, SandboxBehavior, World};
use crate::ids::{Binding, BindingId};
use crate::scim::http::Method;

/// The role whose last holder cannot be removed.
pub(super) const ACCOUNT_ADMIN: &str = "_account_admin";

/// Roles every account has.
pub(super) const BUILT_IN_ROLES: [&str; 5] = [
    ACCOUNT_ADMIN,
    "_account_viewer",
    "_account_basic",
    "_organization_viewer",
    "_project_viewer",
];

/// Resource groups every account has.
pub(super) const BUILT_IN_RESOURCE_GROUPS: [&str; 2] = [
    "_all_resources_including_child_scopes",
    "_all_account_level_resources",
];

/// How people log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Authentication {
    /// Name and password.
    UserPassword,
    /// SAML: what provisioning presupposes.
    Saml,
}

/// What kind of principal a role is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PrincipalKind {
    /// A person.
    User,
    /// A group.
    UserGroup,
    /// A service account.
    ServiceAccount,
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
    /// `account`, or absent for the binding's own scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope_level: Option<String>,
}

/// A role binding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleAssignment {
    /// The role.
    pub role: String,
    /// The resource group.
    pub resource_group: String,
    /// To whom.
    pub principal: Principal,
    /// Switched off.
    #[serde(default)]
    pub disabled: bool,
    /// The organisation of its scope; absent at account scope.
    #[serde(default)]
    pub org: Option<String>,
    /// The project of its scope.
    #[serde(default)]
    pub project: Option<String>,
}

impl RoleAssignment {
    fn same_binding(&self, other: &Self) -> bool {
        self.role == other.role
            && self.resource_group == other.resource_group
            && self.principal.identifier == other.principal.identifier
            && self.principal.kind == other.principal.kind
            && self.org == other.org
            && self.project == other.project
    }
}

/// Which page of a platform listing.
struct PageAsked {
    index: usize,
    size: usize,
}

impl PageAsked {
    fn of(query: &Query) -> Result<Self, Refusal> {
        let number = |name, default: i64| {
            let number = query.integer(name).ok().map(|it| it.unwrap_or(default));
            number
                .and_then(|it| usize::try_from(it).ok())
                .ok_or_else(|| Refusal::invalid_request(format!("{name} is not valid")))
        };
        let asked = Self {
            index: number("pageIndex", 0)?,
            size: number("pageSize", 50)?,
        };
        if !(1..=100).contains(&asked.size) {
            return Err(Refusal::invalid_request(
                "pageSize must be between 1 and 100",
            ));
        }
        Ok(asked)
    }

    fn cut<T>(&self, found: &[T], view: impl Fn(&T) -> Value) -> Value {
        let content: Vec<Value> = found
            .iter()
            .skip(self.index.saturating_mul(self.size))
            .take(self.size)
            .map(view)
            .collect();
        json!({
            "totalPages": found.len().div_ceil(self.size), "totalItems": found.len(),
            "pageItemCount": content.len(), "pageSize": self.size, "pageIndex": self.index,
            "empty": content.is_empty(), "pageToken": null, "content": content,
        })
    }
}

fn missing(what: &str, id: &str) -> Refusal {
    Refusal::harness(
        400,
        "RESOURCE_NOT_FOUND_EXCEPTION",
        format!("{what} with identifier [{id}] not found"),
    )
}

fn texts(body: &Object, key: &str) -> Option<HashSet<String>> {
    let list = body.get(key)?.as_array()?;
    let texts: HashSet<String> = list
        .iter()
        .filter_map(|it| it.as_str().map(str::to_owned))
        .collect();
    (!texts.is_empty()).then_some(texts)
}

fn body_or_empty(body: &[u8]) -> Result<Object, Refusal> {
    if body.is_empty() {
        return Ok(Object::new());
    }
    object(body)
}

fn user_json(user: &User) -> Value {
    json!({
        "uuid": user.id.as_str(), "name": user.name, "email": user.email.as_str(),
        "locked": false, "disabled": user.disabled,
        "externallyManaged": user.externally_managed,
        "twoFactorAuthenticationEnabled": false,
    })
}

impl World {
    pub(super) fn platform(
        &mut self,
        path: &[&str],
        incoming: &Incoming,
    ) -> Result<Answer, Refusal> {
        let query = Query::parse(&incoming.query);
        let key = incoming
            .api_key
            .as_deref()
            .ok_or_else(Refusal::invalid_token)?;
        let account = query
            .get("accountIdentifier")
            .unwrap_or(&self.settings.account)
            .to_owned();
        let caller = self.caller(&account, key)?;
        let body = incoming.body.as_slice();
        let data = match (path, incoming.method) {
            (["ng", "api", "user", "batch"], Method::Post) => {
                self.user_batch(&caller, &query, body)?
            }
            (["ng", "api", "user", "last-admin"], Method::Get) => {
                let id = query.get("userId").unwrap_or_default();
                let last = self
                    .store
                    .find_user(id)
                    .is_some_and(|n| self.is_last_admin(n));
                json!(last)
            }
            (["ng", "api", "user", id], Method::Delete) => {
                self.platform_delete_user(&caller, id)?
            }
            (["ng", "api", "user-groups"], Method::Get) => {
                permitted(&caller, Permission::UserGroupView)?;
                self.user_groups(&query)?
            }
            (["ng", "api", "user-groups", id], Method::Get) => {
                permitted(&caller, Permission::UserGroupView)?;
                let group = self.store.group_by_id(id);
                self.group_json(group.ok_or_else(|| missing("User group", id))?)
            }
            (["ng", "api", "authentication-settings"], Method::Get) => {
                permitted(&caller, Permission::AuthSettingView)?;
                return Answer::json(200, &self.authentication_settings());
            }
            (["ng", "api", "token", "validate"], Method::Post) => self.validate_token(body)?,
            (["authz", "api", "acl"], Method::Post) => acl(&caller, body)?,
            (["authz", "api", "roleassignments", "filter"], Method::Post) => {
                self.filter_bindings(&query, body)?
            }
            (["authz", "api", "roleassignments"], Method::Post) => self.bind(&query, body)?,
            (["authz", "api", "roleassignments", id], Method::Delete) => {
                let removed = self.around.role_assignments.remove(*id);
                self.store.touch();
                let removed =
                    removed.ok_or_else(|| Refusal::invalid_request("Invalid Role Assignment"))?;
                binding_json(&self.settings.account, id, &removed)
            }
            (["authz", "api", "roles", id], Method::Get) => {
                if !self.around.roles.contains(*id) {
                    return Err(missing("Role", id));
                }
                json!({"role": {"identifier": id, "name": id}, "harnessManaged": id.starts_with('_')})
            }
            (["resourcegroup", "api", "v2", "resourcegroup", id], Method::Get) => {
                if !self.around.resource_groups.contains(*id) {
                    return Err(missing("Resource Group", id));
                }
                json!({"resourceGroup": {"identifier": id, "name": id},
                       "harnessManaged": id.starts_with('_')})
            }
            (_, _) => return Err(Refusal::resource_not_found()),
        };
        Answer::json(
            200,
            &json!({
                "status": "SUCCESS", "data": data, "metaData": null,
                "correlationId": issued_id("correlation", self.around.requests),
            }),
        )
    }

    fn user_batch(&self, caller: &Caller, query: &Query, body: &[u8]) -> Result<Value, Refusal> {
        permitted(caller, Permission::UserView)?;
        let page = PageAsked::of(query)?;
        let body = body_or_empty(body)?;
        let emails = texts(&body, "emails");
        let ids = texts(&body, "identifiers");
        let term = text(&body, "searchTerm")?.map(|term| term.to_lowercase());
        let found: Vec<&User> = self
            .store
            .users()
            .filter(|user| user.ng_member)
            .filter(|user| {
                emails
                    .as_ref()
                    .is_none_or(|it| it.contains(user.email.as_str()))
            })
            .filter(|user| ids.as_ref().is_none_or(|it| it.contains(user.id.as_str())))
            .filter(|user| {
                term.as_ref().is_none_or(|term| {
                    user.name.to_lowercase().contains(term) || user.email.folded().contains(term)
                })
            })
            .collect();
        Ok(page.cut(&found, |user| user_json(user)))
    }

    /// Refused for SCIM users in documented behaviour; only logged since May 2023
    /// (PL-38974).
    fn platform_delete_user(&mut self, caller: &Caller, id: &str) -> Result<Value, Refusal> {
        permitted(caller, Permission::UserManage)?;
        let number = self
            .store
            .find_user(id)
            .filter(|&number| self.store.user(number).ng_member)
            .ok_or_else(|| missing("User", id))?;
        match self.settings.behavior {
            SandboxBehavior::Documented if self.store.user(number).externally_managed => {
                return Err(Refusal::invalid_request(
                    "User is externally managed by your Identity Provider and cannot be \
                     updated via UI/API",
                ));
            }
            SandboxBehavior::Documented | SandboxBehavior::Source => {}
        }
        self.remove_from_account(number)
            .map_err(|Failure(message)| Refusal::invalid_request(message))?;
        Ok(json!(true))
    }

    fn user_groups(&self, query: &Query) -> Result<Value, Refusal> {
        let page = PageAsked::of(query)?;
        let term = query.get("searchTerm").unwrap_or_default().to_lowercase();
        let found: Vec<&Group> = self
            .store
            .groups()
            .filter(|group| group.name.to_lowercase().contains(&term))
            .collect();
        Ok(page.cut(&found, |group| self.group_json(group)))
    }

    fn group_json(&self, group: &Group) -> Value {
        let users: Vec<&str> = group
            .members
            .iter()
            .map(|&number| self.store.user(number).id.as_str())
            .collect();
        json!({
            "accountIdentifier": self.settings.account,
            "identifier": group.identifier.as_str(), "name": group.name, "users": users,
            "externallyManaged": group.externally_managed,
            "harnessManaged": group.harness_managed,
            "ssoLinked": false, "description": "", "tags": {}, "notificationConfigs": [],
        })
    }

    fn authentication_settings(&self) -> Value {
        let saml = json!({
            "settingsType": "SAML", "origin": "login.example.com", "displayName": "SAML",
            "authorizationEnabled": false, "jitEnabled": false,
        });
        let settings = match self.around.authentication {
            Authentication::Saml => vec![saml],
            Authentication::UserPassword => Vec::new(),
        };
        json!({
            "metaData": {},
            "resource": {
                "authenticationMechanism": self.around.authentication,
                "ngAuthSettings": settings,
            },
            "responseMessages": [],
        })
    }

    fn validate_token(&self, body: &[u8]) -> Result<Value, Refusal> {
        let value = String::from_utf8_lossy(body);
        let token = self
            .token(value.trim())
            .ok_or_else(Refusal::invalid_token)?;
        let kind = match token.kind {
            super::TokenKind::User => "USER",
            super::TokenKind::ServiceAccount => "SERVICE_ACCOUNT",
        };
        Ok(json!({
            "apiKeyType": kind, "parentIdentifier": token.parent,
            "accountIdentifier": token.account, "email": token.email,
            "username": token.username, "validTo": null, "scheduledExpireTime": null,
            "valid": token.standing == TokenStanding::Valid,
        }))
    }

    fn filter_bindings(&self, query: &Query, body: &[u8]) -> Result<Value, Refusal> {
        let page = PageAsked::of(query)?;
        let body = body_or_empty(body)?;
        let kinds = texts(&body, "principalTypeFilter");
        let roles = texts(&body, "roleFilter");
        let resource_groups = texts(&body, "resourceGroupFilter");
        let principals: Option<Vec<(&str, &str)>> = body
            .get("principalFilter")
            .and_then(Value::as_array)
            .filter(|list| !list.is_empty())
            .map(|list| {
                list.iter()
                    .filter_map(|it| {
                        Some((it.get("identifier")?.as_str()?, it.get("type")?.as_str()?))
                    })
                    .collect()
            });
        let (org, project) = (query.get("orgIdentifier"), query.get("projectIdentifier"));
        let among = |list: &Option<HashSet<String>>, value: &str| {
            list.as_ref().is_none_or(|it| it.contains(value))
        };
        let found: Vec<(&String, &RoleAssignment)> = self
            .around
            .role_assignments
            .iter()
            .filter(|(_, it)| it.org.as_deref() == org && it.project.as_deref() == project)
            .filter(|(_, it)| among(&kinds, kind_name(it.principal.kind)))
            .filter(|(_, it)| among(&roles, &it.role))
            .filter(|(_, it)| among(&resource_groups, &it.resource_group))
            .filter(|(_, it)| {
                let principal = (
                    it.principal.identifier.as_str(),
                    kind_name(it.principal.kind),
                );
                principals
                    .as_ref()
                    .is_none_or(|list| list.contains(&principal))
            })
            .collect();
        Ok(page.cut(&found, |(id, it)| {
            binding_json(&self.settings.account, id, it)
        }))
    }

    fn bind(&mut self, query: &Query, body: &[u8]) -> Result<Value, Refusal> {
        let body = object(body)?;
        let required = |key: &str| {
            text(&body, key)?
                .ok_or_else(|| Refusal::invalid_request(format!("{key}: cannot be null")))
        };
        let principal = body.get("principal").cloned().unwrap_or(Value::Null);
        let principal: Principal = serde_json::from_value(principal)
            .map_err(|error| Refusal::UnreadableJson(error.to_string()))?;
        let assignment = RoleAssignment {
            role: required("roleIdentifier")?,
            resource_group: required("resourceGroupIdentifier")?,
            principal,
            disabled: body.get("disabled").and_then(Value::as_bool) == Some(true),
            org: query.get("orgIdentifier").map(str::to_owned),
            project: query.get("projectIdentifier").map(str::to_owned),
        };
        let id = text(&body, "identifier")?;
        let id = self.insert_binding(id, assignment)?;
        let stored = &self.around.role_assignments[&id];
        Ok(binding_json(&self.settings.account, &id, stored))
    }

    fn insert_binding(
        &mut self,
        id: Option<String>,
        assignment: RoleAssignment,
    ) -> Result<String, Refusal> {
        let principal = &assignment.principal;
        let exists = match principal.kind {
            PrincipalKind::User => self
                .store
                .find_user(&principal.identifier)
                .is_some_and(|number| self.store.user(number).ng_member),
            PrincipalKind::UserGroup => self.store.find_group(&principal.identifier).is_some(),
            PrincipalKind::ServiceAccount => true,
        };
        if !exists {
            return Err(Refusal::invalid_request(format!(
                "Principal with identifier [{}] does not exist",
                principal.identifier
            )));
        }
        if !self.around.roles.contains(&assignment.role) {
            return Err(missing("Role", &assignment.role));
        }
        if !self
            .around
            .resource_groups
            .contains(&assignment.resource_group)
        {
            return Err(missing("Resource Group", &assignment.resource_group));
        }
        // A duplicate violates a unique index nobody handles.
        let known = &self.around.role_assignments;
        if known.values().any(|it| it.same_binding(&assignment))
            || id.as_ref().is_some_and(|id| known.contains_key(id))
        {
            return Err(Refusal::unknown_error());
        }
        let number = self.store.issue();
        let id = id.unwrap_or_else(|| {
            let issued = issued_id("role assignment", number);
            let letters: String = issued
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .chain(std::iter::repeat('0'))
                .take(20)
                .collect();
            format!("role_assignment_{letters}")
        });
        self.around.role_assignments.insert(id.clone(), assignment);
        Ok(id)
    }

    /// Binds a role at account scope without asking over HTTP; the binding's identifier.
    ///
    /// # Errors
    /// With the sentence a client would read.
    pub fn bind_role(
        &mut self,
        kind: PrincipalKind,
        principal: &str,
        role: &str,
    ) -> Result<String, String> {
        let assignment = RoleAssignment {
            role: role.to_owned(),
            resource_group: BUILT_IN_RESOURCE_GROUPS[0].to_owned(),
            principal: Principal {
                identifier: principal.to_owned(),
                kind,
                scope_level: None,
            },
            disabled: false,
            org: None,
            project: None,
        };
        self.insert_binding(None, assignment)
            .map_err(|refusal| match refusal {
                Refusal::Harness { message, .. } => message,
                other => format!("{other:?}"),
            })
    }

    /// Puts a role binding in, with its role and resource group.
    ///
    /// # Errors
    /// With the sentence a client would read.
    pub fn seed_binding(
        &mut self,
        id: &BindingId,
        kind: PrincipalKind,
        principal: &str,
        binding: &Binding,
    ) -> Result<(), String> {
        self.seed_role(&binding.role);
        self.seed_resource_group(&binding.resource_group);
        let scope = &binding.scope;
        let assignment = RoleAssignment {
            role: binding.role.clone(),
            resource_group: binding.resource_group.clone(),
            principal: Principal {
                identifier: principal.to_owned(),
                kind,
                scope_level: Some("account".to_owned()),
            },
            disabled: false,
            org: scope.org().map(str::to_owned),
            project: scope.project().map(str::to_owned),
        };
        self.insert_binding(Some(id.to_string()), assignment)
            .map(|_| ())
            .map_err(|refusal| format!("{refusal:?}"))
    }

    /// Makes a role and a resource group known.
    pub fn seed_role(&mut self, role: &str) {
        self.around.roles.insert(role.to_owned());
        self.store.touch();
    }

    /// Makes a resource group known.
    pub fn seed_resource_group(&mut self, resource_group: &str) {
        self.around
            .resource_groups
            .insert(resource_group.to_owned());
        self.store.touch();
    }
}

fn permitted(caller: &Caller, permission: Permission) -> Result<(), Refusal> {
    if caller.may(permission) {
        return Ok(());
    }
    Err(Refusal::harness(
        403,
        "NG_ACCESS_DENIED",
        format!("Missing permission {}", permission.as_str()),
    ))
}

fn kind_name(kind: PrincipalKind) -> &'static str {
    match kind {
        PrincipalKind::User => "USER",
        PrincipalKind::UserGroup => "USER_GROUP",
        PrincipalKind::ServiceAccount => "SERVICE_ACCOUNT",
    }
}

fn binding_json(account: &str, id: &str, it: &RoleAssignment) -> Value {
    json!({
        "roleAssignment": {
            "identifier": id, "resourceGroupIdentifier": it.resource_group,
            "roleIdentifier": it.role, "principal": it.principal, "disabled": it.disabled,
            "managed": false, "internal": false,
        },
        "scope": {
            "accountIdentifier": account, "orgIdentifier": it.org,
            "projectIdentifier": it.project,
        },
        "createdAt": null, "lastModifiedAt": null, "harnessManaged": false,
    })
}

/// What the caller may do; a permission nobody heard of is not permitted.
fn acl(caller: &Caller, body: &[u8]) -> Result<Value, Refusal> {
    let body = object(body)?;
    let asked = body.get("permissions").and_then(Value::as_array);
    let list: Vec<Value> = asked
        .into_iter()
        .flatten()
        .map(|check| {
            let permission = check.get("permission").and_then(Value::as_str);
            let permitted = Permission::ALL
                .iter()
                .any(|known| Some(known.as_str()) == permission && caller.may(*known));
            json!({
                "permission": permission, "resourceScope": check.get("resourceScope"),
                "resourceType": check.get("resourceType"), "resourceIdentifier": null,
                "permitted": permitted,
            })
        })
        .collect();
    Ok(json!({"principal": null, "accessControlList": list}))
}
