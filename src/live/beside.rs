//! What the provider's own API told beside SCIM: accounts and groups made by hand, role
//! bindings, whose the token is and who administers the account.
//!
//! **Invariants.** Nothing here is asked for unless a plan needs it. What was asked for and
//! not told keeps the reason, and is never taken for "there is none".

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{Binding, BindingId, Email, GroupId, GroupName, Scope, UserId};

/// Whether something is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Told<T> {
    /// Nobody asked.
    #[default]
    NotAsked,
    /// The provider did not say, and why.
    NotTold(String),
    /// It is.
    Known(T),
}

impl<T> Told<T> {
    /// What is known, if it is.
    pub fn known(&self) -> Option<&T> {
        match self {
            Told::Known(value) => Some(value),
            Told::NotAsked | Told::NotTold(_) => None,
        }
    }

    /// Why it is not known although it was asked for.
    pub fn why_not(&self) -> Option<&str> {
        match self {
            Told::NotTold(why) => Some(why),
            Told::NotAsked | Told::Known(_) => None,
        }
    }

    /// Puts this in the place of something else, if it was asked for at all.
    pub fn replace(self, place: &mut Self) {
        if !self.is_open() {
            *place = self;
        }
    }

    /// Whether nobody asked.
    pub fn is_open(&self) -> bool {
        matches!(self, Told::NotAsked)
    }
}

/// Everything told beside SCIM.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Beside {
    /// Whoever is in the account and not in SCIM's list, of the people that were asked
    /// about; sorted by e-mail.
    pub accounts: Told<Vec<Account>>,
    /// Groups that SCIM does not list, sorted by id.
    pub groups: Told<Vec<HandMade>>,
    /// Role bindings of the scopes that were asked about, sorted.
    pub bindings: Told<Vec<LiveBinding>>,
    /// Whether roles exist, for each scope they were asked about in.
    pub roles: BTreeMap<Scope, BTreeMap<String, Presence>>,
    /// Whether resource groups exist, for each scope they were asked about in.
    pub resource_groups: BTreeMap<Scope, BTreeMap<String, Presence>>,
    /// Whose the token is.
    pub holder: Told<Holder>,
    /// Who administers the account.
    pub admins: Told<Admins>,
    /// The e-mails, folded, of whoever an older integration lets in, where one decides that.
    #[serde(skip_serializing_if = "Told::is_open")]
    pub logins: Told<BTreeSet<String>>,
}

impl Beside {
    /// Whether nothing was asked.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Somebody in the account whom SCIM does not list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Account {
    /// The e-mail.
    pub email: Email,
    /// The id, the same one SCIM has.
    pub id: UserId,
    /// How it came about.
    pub made: Made,
}

/// How something that SCIM does not list came about.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Made {
    /// By hand, or by another way than provisioning: a standalone account.
    ByHand,
    /// By provisioning; the list does not show it all the same.
    ByProvisioning,
    /// By the provider itself, which keeps it.
    ByProvider,
}

/// A group SCIM does not list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HandMade {
    /// Its id.
    pub id: GroupId,
    /// Its name.
    pub name: GroupName,
    /// Its members' ids, sorted.
    pub members: Vec<String>,
    /// How it came about.
    pub made: Made,
}

/// A role binding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LiveBinding {
    /// To whom.
    pub bound: Bound,
    /// What it gives.
    pub binding: Binding,
    /// Its id.
    pub id: BindingId,
    /// Whether it counts.
    pub state: BindingState,
}

/// To whom a role is bound.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Bound {
    /// A group of the account.
    Group(GroupId),
    /// A person.
    User(UserId),
}

/// Whether a binding counts, and whose it is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum BindingState {
    /// It counts, and somebody made it.
    On,
    /// It is switched off.
    Off,
    /// It counts, and the provider itself made it.
    Kept,
}

/// Whether something exists.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Presence {
    /// It does.
    There,
    /// It does not.
    Missing,
}

/// Whose a token is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Holder {
    /// A person's.
    Person(UserId),
    /// A service account's, or something else that is nobody's account.
    Service,
}

/// Who administers the account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Admins {
    /// The role that makes an admin.
    pub role: String,
    /// People it is bound to.
    pub people: BTreeSet<UserId>,
    /// Groups it is bound to that SCIM does not list, with their members' ids; those it does
    /// list have none here.
    pub groups: BTreeMap<GroupId, BTreeSet<String>>,
}

/// What to ask the provider's own API; what is not asked stays open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ask {
    /// Accounts that SCIM does not list.
    pub accounts: Option<WhichAccounts>,
    /// Groups that SCIM does not list.
    pub groups: Option<WhichGroups>,
    /// Roles to be bound: do they exist?
    pub roles: BTreeMap<Scope, BTreeSet<String>>,
    /// Resource groups to be bound: do they exist?
    pub resource_groups: BTreeMap<Scope, BTreeSet<String>>,
    /// Whose the token is, and who the admins are: for who removes something.
    pub owner_and_admins: bool,
}

/// About whose accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhichAccounts {
    /// Everybody's.
    All,
    /// Of these e-mails, folded.
    OfEmails(BTreeSet<String>),
}

/// About which groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhichGroups {
    /// All.
    All,
    /// Those that would get these ids are enough.
    OfIds(BTreeSet<GroupId>),
}

impl Ask {
    /// Everything that does not depend on a plan.
    pub fn everything() -> Self {
        Self {
            accounts: Some(WhichAccounts::All),
            groups: Some(WhichGroups::All),
            owner_and_admins: true,
            ..Self::default()
        }
    }

    /// Whether there is nothing to ask.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
