//! Tokens, what they may do, and Harness' checks of them.
//!
//! **Invariants.** Whatever is wrong with a token (unknown, expired, revoked, another
//! account's) gives the same answer, so nothing can be learnt from it (HC).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::World;
use super::reply::Refusal;
use super::state::hex_digest;

/// A permission of a token, account-wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Permission {
    /// List and read users.
    #[serde(rename = "core_user_view")]
    UserView,
    /// Change and remove users.
    #[serde(rename = "core_user_manage")]
    UserManage,
    /// Bring new users in.
    #[serde(rename = "core_user_invite")]
    UserInvite,
    /// List and read groups.
    #[serde(rename = "core_usergroup_view")]
    UserGroupView,
    /// Change and remove groups.
    #[serde(rename = "core_usergroup_manage")]
    UserGroupManage,
    /// Read how people log in.
    #[serde(rename = "core_authsetting_view")]
    AuthSettingView,
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::UserView,
        Self::UserManage,
        Self::UserInvite,
        Self::UserGroupView,
        Self::UserGroupManage,
        Self::AuthSettingView,
    ];

    /// Harness' name for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserView => "core_user_view",
            Self::UserManage => "core_user_manage",
            Self::UserInvite => "core_user_invite",
            Self::UserGroupView => "core_usergroup_view",
            Self::UserGroupManage => "core_usergroup_manage",
            Self::AuthSettingView => "core_authsetting_view",
        }
    }

    /// What the message of a denial calls the thing.
    fn noun(self) -> &'static str {
        match self {
            Self::UserView | Self::UserManage | Self::UserInvite => "user",
            Self::UserGroupView | Self::UserGroupManage => "UserGroup",
            Self::AuthSettingView => "authentication settings",
        }
    }
}

/// Who holds a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TokenKind {
    /// A person.
    User,
    /// A service account.
    ServiceAccount,
}

/// Whether a token still counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TokenStanding {
    /// It does.
    #[default]
    Valid,
    /// Its time is over.
    Expired,
    /// It was revoked or rotated.
    Revoked,
}

/// What is known of a token; never its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Token {
    /// The account it belongs to.
    pub account: String,
    /// Who holds it.
    pub kind: TokenKind,
    /// The holder's id: a user's, or a service account's identifier.
    pub parent: String,
    /// The holder's address.
    pub email: String,
    /// The holder's name.
    pub username: String,
    /// What it may do.
    pub permissions: BTreeSet<Permission>,
    /// Whether it still counts.
    #[serde(default)]
    pub standing: TokenStanding,
}

impl Token {
    /// A service account's token that may do everything.
    pub fn service_account(account: &str) -> Self {
        Self {
            account: account.to_owned(),
            kind: TokenKind::ServiceAccount,
            parent: "scim_sync".to_owned(),
            email: "scim_sync@service.harness.io".to_owned(),
            username: "scim-sync".to_owned(),
            permissions: Permission::ALL.into(),
            standing: TokenStanding::Valid,
        }
    }
}

/// A caller whose token was found good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) permissions: BTreeSet<Permission>,
}

impl Caller {
    pub(super) fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }
}

impl World {
    /// Adds a token, or changes what is known of one.
    pub fn set_token(&mut self, value: &str, token: Token) {
        self.around.tokens.insert(hex_digest(value), token);
        self.store.touch();
    }

    /// What is known of a token's value.
    pub fn token(&self, value: &str) -> Option<&Token> {
        self.around.tokens.get(&hex_digest(value))
    }

    /// Checks `Authorization` for the account in a SCIM path [HC
    /// `NextGenAuthenticationFilter`]; without the header the service itself fails.
    pub(super) fn bearer(
        &self,
        account: &str,
        authorization: Option<&str>,
    ) -> Result<Caller, Refusal> {
        let header = authorization.ok_or_else(Refusal::unknown_error)?;
        let value = header
            .strip_prefix("Bearer ")
            .ok_or_else(Refusal::invalid_token)?;
        self.caller(account, value.trim())
    }

    pub(super) fn caller(&self, account: &str, value: &str) -> Result<Caller, Refusal> {
        let token = self.token(value).ok_or_else(Refusal::invalid_token)?;
        let good = token.standing == TokenStanding::Valid
            && token.account == account
            && account == self.settings.account;
        if !good {
            return Err(Refusal::invalid_token());
        }
        Ok(Caller {
            permissions: token.permissions.clone(),
        })
    }

    /// Denies with the words of the SCIM handlers, quotation marks included (R26).
    pub(super) fn require(&self, caller: &Caller, permission: Permission) -> Result<(), Refusal> {
        if caller.may(permission) {
            return Ok(());
        }
        Err(Refusal::harness(
            403,
            "NG_ACCESS_DENIED",
            format!(
                "\"User not Authorized: Token needs to have {} permission on account: {} to \
                 perform SCIM {} action\"",
                permission.as_str(),
                self.settings.account,
                permission.noun(),
            ),
        ))
    }
}
