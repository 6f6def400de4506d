//! Putting people and groups into a world without asking over HTTP: for tests and for
//! `sandbox load`, which starts from a live snapshot.
//!
//! **Invariants.** Seeding never sends an invitation and keeps every id it is given.

use super::state::{AdminRole, Group, Number, User, issued_id};
use super::{Authentication, Invite, Personality, Settings, World};
use crate::ids::attributes::Attributes;
use crate::ids::{Email, ExternalId, GroupId, UserId};

/// How a person came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Provisioned by SCIM into this account.
    Scim,
    /// Invited by hand, or by LDAP or SAML: a member whom SCIM lists do not show.
    Standalone,
    /// A member in the FirstGen half only, yet flagged as imported.
    FirstGenOnly,
    /// A member of another account only.
    Elsewhere,
}

/// A person to put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedUser {
    /// The id; issued when `None`.
    pub id: Option<UserId>,
    /// The e-mail.
    pub email: Email,
    /// The name to show; the e-mail when `None` and no names are given.
    pub name: Option<String>,
    /// First name.
    pub given_name: Option<String>,
    /// Last name.
    pub family_name: Option<String>,
    /// Other attributes; Harness drops them.
    pub attributes: Attributes,
    /// The provisioning client's own id.
    pub external_id: Option<ExternalId>,
    /// The primary address of `emails` where it is kept apart from `userName`.
    pub mail: Option<String>,
    /// Switched off.
    pub disabled: bool,
}

impl SeedUser {
    /// A person with an address and nothing else.
    pub fn new(email: &str) -> Self {
        Self {
            id: None,
            email: Email::new(email),
            name: None,
            given_name: None,
            family_name: None,
            attributes: Attributes::default(),
            external_id: None,
            mail: None,
            disabled: false,
        }
    }

    /// The same person with a first and a last name.
    #[must_use]
    pub fn named(mut self, given: &str, family: &str) -> Self {
        self.given_name = Some(given.to_owned());
        self.family_name = Some(family.to_owned());
        self
    }
}

impl From<&str> for SeedUser {
    fn from(email: &str) -> Self {
        Self::new(email)
    }
}

/// A group to put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedGroup {
    /// The identifier; derived from the name at Harness, issued elsewhere, when `None`.
    pub id: Option<GroupId>,
    /// `displayName`.
    pub name: String,
    /// The provisioning client's own id; kept by an RFC provider only.
    pub external_id: Option<ExternalId>,
    /// The members.
    pub members: Vec<UserId>,
}

impl From<&str> for SeedGroup {
    fn from(name: &str) -> Self {
        Self {
            id: None,
            name: name.to_owned(),
            external_id: None,
            members: Vec::new(),
        }
    }
}

impl SeedGroup {
    /// The same group with these members.
    #[must_use]
    pub fn with(mut self, members: impl IntoIterator<Item = UserId>) -> Self {
        self.members.extend(members);
        self
    }
}

/// Why something cannot be put in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SeedError {
    /// The id is taken.
    #[error("id `{0}` is taken")]
    IdTaken(String),
    /// The e-mail is taken.
    #[error("e-mail `{0}` is taken")]
    EmailTaken(Email),
    /// There is no such person.
    #[error("there is no user `{0}`")]
    NoSuchUser(UserId),
    /// There is no such group.
    #[error("there is no group `{0}`")]
    NoSuchGroup(GroupId),
    /// No identifier can be derived from the name.
    #[error("group `{name}` cannot be created: {reason}")]
    BadName {
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Who manages a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ManagedBy {
    Scim,
    Hand,
    Harness,
}

impl World {
    /// Puts a SCIM-provisioned person in.
    ///
    /// # Errors
    /// When the id or the e-mail is taken.
    pub fn seed_scim_user(&mut self, user: impl Into<SeedUser>) -> Result<UserId, SeedError> {
        self.seed_user(user, Standing::Scim)
    }

    /// Puts a manually invited person in.
    ///
    /// # Errors
    /// When the id or the e-mail is taken.
    pub fn seed_standalone_user(&mut self, user: impl Into<SeedUser>) -> Result<UserId, SeedError> {
        self.seed_user(user, Standing::Standalone)
    }

    /// Puts a person of any standing in.
    ///
    /// # Errors
    /// When the id or the e-mail is taken.
    pub fn seed_user(
        &mut self,
        user: impl Into<SeedUser>,
        standing: Standing,
    ) -> Result<UserId, SeedError> {
        let SeedUser {
            id,
            email,
            name,
            given_name,
            family_name,
            attributes,
            external_id,
            mail,
            disabled,
        } = user.into();
        let attributes = match self.settings.personality {
            Personality::Harness => Attributes::default(),
            Personality::Rfc => attributes.valued(&self.settings.quirks.attributes),
        };
        // Harness stores addresses in lower case.
        let email = match self.settings.personality {
            Personality::Harness => Email::new(email.as_str().to_lowercase()),
            Personality::Rfc => email,
        };
        if self.store.find_email(email.folded()).is_some() {
            return Err(SeedError::EmailTaken(email));
        }
        if let Some(id) = &id
            && self.store.find_user(id.as_str()).is_some()
        {
            return Err(SeedError::IdTaken(id.to_string()));
        }
        let number = self.store.issue();
        let id = id.unwrap_or_else(|| UserId::new(issued_id("user", number)));
        let name = name.unwrap_or_else(|| match (&given_name, &family_name) {
            (Some(given), Some(family)) => format!("{given} {family}"),
            (Some(_) | None, Some(_) | None) => email.as_str().to_owned(),
        });
        let scim = standing == Standing::Scim;
        self.store.insert_user(
            number,
            User {
                id: id.clone(),
                email,
                name,
                given_name,
                family_name,
                attributes,
                external_id,
                mail,
                imported: matches!(standing, Standing::Scim | Standing::FirstGenOnly),
                externally_managed: scim,
                disabled,
                admin: false,
                cg_member: standing != Standing::Elsewhere,
                ng_member: matches!(standing, Standing::Scim | Standing::Standalone),
                elsewhere: standing == Standing::Elsewhere,
                left_email: None,
                erased: false,
            },
        );
        Ok(id)
    }

    /// Puts a SCIM-managed group in.
    ///
    /// # Errors
    /// When the id is taken, a member unknown, or no id can be derived from the name.
    pub fn seed_scim_group(&mut self, group: impl Into<SeedGroup>) -> Result<GroupId, SeedError> {
        self.seed_group(group.into(), ManagedBy::Scim)
    }

    /// Puts a manually made group in.
    ///
    /// # Errors
    /// When the id is taken, a member unknown, or no id can be derived from the name.
    pub fn seed_manual_group(&mut self, group: impl Into<SeedGroup>) -> Result<GroupId, SeedError> {
        self.seed_group(group.into(), ManagedBy::Hand)
    }

    /// Puts a built-in group in.
    ///
    /// # Errors
    /// When the id is taken, a member unknown, or no id can be derived from the name.
    pub fn seed_built_in_group(
        &mut self,
        group: impl Into<SeedGroup>,
    ) -> Result<GroupId, SeedError> {
        self.seed_group(group.into(), ManagedBy::Harness)
    }

    fn seed_group(&mut self, group: SeedGroup, by: ManagedBy) -> Result<GroupId, SeedError> {
        let SeedGroup {
            id,
            name,
            external_id,
            members,
        } = group;
        let members = members
            .iter()
            .map(|id| self.number_of(id))
            .collect::<Result<_, _>>()?;
        let derived = match (id, self.settings.personality) {
            (Some(id), Personality::Harness | Personality::Rfc) => Some(id),
            (None, Personality::Rfc) => None,
            (None, Personality::Harness) => {
                let id = super::identifier::identifier(&name).current;
                if let Err(reason) = super::identifier::validate(&id) {
                    return Err(SeedError::BadName { name, reason });
                }
                Some(GroupId::new(id))
            }
        };
        if let Some(id) = &derived
            && self.store.find_group(id.as_str()).is_some()
        {
            return Err(SeedError::IdTaken(id.to_string()));
        }
        let number = self.store.issue();
        let identifier = derived.unwrap_or_else(|| GroupId::new(issued_id("group", number)));
        self.store.insert_group(
            number,
            Group {
                identifier: identifier.clone(),
                name,
                external_id,
                externally_managed: by == ManagedBy::Scim,
                harness_managed: by == ManagedBy::Harness,
                members,
            },
        );
        Ok(identifier)
    }

    fn number_of(&self, id: &UserId) -> Result<Number, SeedError> {
        self.store
            .find_user(id.as_str())
            .ok_or_else(|| SeedError::NoSuchUser(id.clone()))
    }

    /// Gives the account-admin role to a person, or takes it.
    ///
    /// # Errors
    /// When there is no such person.
    pub fn set_admin(&mut self, id: &UserId, role: AdminRole) -> Result<(), SeedError> {
        let number = self.number_of(id)?;
        self.store.set_admin(number, role);
        Ok(())
    }

    /// Removes a group as Support does when asked to.
    ///
    /// # Errors
    /// When there is no such group.
    pub fn remove_group(&mut self, id: &GroupId) -> Result<Group, SeedError> {
        self.store
            .find_group(id.as_str())
            .and_then(|number| self.drop_group(number))
            .ok_or_else(|| SeedError::NoSuchGroup(id.clone()))
    }

    /// Leaves an invitation made by hand lying about.
    pub fn seed_invite(&mut self, email: &str, invite: Invite) {
        let email = Email::new(email.to_lowercase());
        self.around
            .invites
            .insert(email.folded().to_owned(), invite);
        self.store.touch();
    }

    /// Sets how people log in.
    pub fn set_authentication(&mut self, authentication: Authentication) {
        self.around.authentication = authentication;
        self.store.touch();
    }

    /// Turns the world's switches.
    pub fn configure(&mut self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.settings);
        self.store.touch();
    }
}
