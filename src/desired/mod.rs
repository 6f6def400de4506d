//! The desired state: roles × mappings resolved into people, groups and memberships.
//!
//! **Invariants.** Users are sorted by key, groups by name, members by user; no role,
//! mapping or include is left to be followed except to tell *why* somebody is a member
//! ([`DesiredState::origins`]). Resolving the same manifest gives the same value, whatever
//! the order of its files. Nothing here knows a service provider.

pub mod assertion;
mod base;
mod grants;
pub mod human;
mod resolve;
pub mod since;

use std::collections::BTreeSet;

use compact_str::CompactString;

use crate::ids::attributes::Attributes;
use crate::ids::{Binding, Email, GroupName, PersonKey, RoleName, Scope};
use crate::manifest::decl::{Adoption, Management, Membership, UserStatus};
use crate::manifest::source::Span;

pub use base::BaseRevision;
pub use grants::{Grant, Grants};
pub use resolve::{resolve, resolve_and_forget};

/// The position of a person in [`DesiredState::users`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserIndex(pub u32);

/// The position of a role in [`DesiredState::roles`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleIndex(pub u32);

/// Everything the manifest wants, on one day.
#[derive(Debug, Clone)]
pub struct DesiredState {
    /// People, sorted by key; tombstones included.
    pub users: Vec<DesiredUser>,
    /// People who are declared for other targets only, sorted by key.
    pub elsewhere: Vec<Elsewhere>,
    /// Groups that at least one role maps to, sorted by name.
    pub groups: Vec<DesiredGroup>,
    /// Groups that must not exist, sorted by name.
    pub absent_groups: Vec<AbsentGroup>,
    /// Groups that are declared additive and that no role maps to, sorted by name: they may be
    /// somebody else's, so they are not removed.
    pub additive_groups: Vec<GroupName>,
    /// Roles, sorted by name, for telling why.
    pub roles: Vec<ResolvedRole>,
    /// Mappings, for telling why.
    pub mappings: Vec<ResolvedMapping>,
    /// What has to hold, in the order written.
    pub assertions: Vec<assertion::Assertion>,
    /// The day the grants were judged on.
    pub as_of: jiff::civil::Date,
}

/// A person who is declared for other targets only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// The stable key.
    pub key: PersonKey,
    /// Where the person is declared.
    pub span: Span,
}

/// A person as wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredUser {
    /// The stable key.
    pub key: PersonKey,
    /// The e-mail, which is the login.
    pub email: Email,
    /// First name, if declared.
    pub given_name: Option<CompactString>,
    /// Last name, if declared.
    pub family_name: Option<CompactString>,
    /// The name to show, if declared apart. Few are, so the others are spared the room.
    pub display_name: Option<Box<CompactString>>,
    /// Other attributes that are declared, empty where one is to have no value.
    pub attributes: Attributes,
    /// What is wanted for them.
    pub status: UserStatus,
    /// Earlier keys of this person.
    pub previously: Box<[PersonKey]>,
    /// Whether a hand-made account may be taken over for them.
    pub adoption: Adoption,
    /// Where the person is declared.
    pub span: Span,
    /// Where their e-mail is declared.
    pub email_span: Span,
}

impl DesiredUser {
    /// The name to show: the declared one, else first and last name, else the e-mail's
    /// local part. Never empty.
    pub fn shown_name(&self) -> String {
        if let Some(name) = &self.display_name {
            return name.to_string();
        }
        let (given, family) = self.name_parts();
        match (given.is_empty(), family.is_empty()) {
            (false, false) => format!("{given} {family}"),
            (false, true) => given.to_owned(),
            (true, false) => family.to_owned(),
            (true, true) => self
                .email
                .as_str()
                .split('@')
                .next()
                .unwrap_or_default()
                .to_owned(),
        }
    }

    /// Whether a name is [`DesiredUser::shown_name`], without making it.
    pub fn is_shown_as(&self, name: &str) -> bool {
        let (given, family) = self.name_parts();
        match &self.display_name {
            Some(shown) => shown.as_str() == name,
            None if given.is_empty() || family.is_empty() => self.shown_name() == name,
            None => {
                let rest = name.strip_prefix(given);
                rest.and_then(|rest| rest.strip_prefix(' ')) == Some(family)
            }
        }
    }

    /// First and last name, empty where not declared.
    pub fn name_parts(&self) -> (&str, &str) {
        (
            self.given_name.as_deref().unwrap_or_default(),
            self.family_name.as_deref().unwrap_or_default(),
        )
    }
}

/// A group as wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredGroup {
    /// The display name.
    pub name: GroupName,
    /// Who is wanted in it, sorted.
    pub members: Vec<UserIndex>,
    /// Which roles give it, by which mapping; sorted.
    pub sources: Vec<GroupSource>,
    /// Whether other members are removed.
    pub membership: Membership,
    /// Earlier names of this group.
    pub previously: Vec<GroupName>,
    /// Whether a hand-made group may be taken over for it.
    pub adoption: Adoption,
    /// Roles bound to it; nothing if its bindings are not looked at.
    pub bindings: Option<DesiredBindings>,
    /// Where the group itself is declared, if it is.
    pub span: Option<Span>,
}

/// What a group may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredBindings {
    /// The bindings, sorted and unique, each with where it is declared.
    pub wanted: Vec<(Binding, Span)>,
    /// Whether others are removed.
    pub management: Management,
    /// Where the group is declared.
    pub span: Span,
}

/// A role and the mapping that turns it into a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupSource {
    /// The role.
    pub role: RoleIndex,
    /// The position of the mapping in [`DesiredState::mappings`].
    pub mapping: u32,
}

/// A group that must not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbsentGroup {
    /// The display name.
    pub name: GroupName,
    /// Where that is declared.
    pub span: Span,
}

/// A role with its includes followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedRole {
    /// The name.
    pub name: RoleName,
    /// Where it is declared.
    pub span: Span,
    /// Grants written in this very role that hold on the day.
    pub grants: Grants,
    /// This role and every role it includes, directly or not; sorted.
    pub closure: Vec<RoleIndex>,
}

/// A mapping, for telling why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedMapping {
    /// The expression as written.
    pub pattern: Box<str>,
    /// Where it is declared.
    pub span: Span,
}

/// One path by which a person is in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin<'a> {
    /// The role that maps to the group.
    pub role: &'a ResolvedRole,
    /// The role the person is written in: the same one, or one it includes.
    pub granted_in: &'a ResolvedRole,
    /// The grant.
    pub grant: Grant<'a>,
    /// The mapping.
    pub mapping: &'a ResolvedMapping,
}

impl DesiredState {
    /// Whoever is to have an account and is not among those whom something else lets in, by
    /// folded e-mail.
    pub fn locked_out<'a>(
        &'a self,
        admitted: &'a BTreeSet<String>,
    ) -> impl Iterator<Item = &'a DesiredUser> {
        let active = self.users.iter();
        active
            .filter(|user| user.status == UserStatus::Active)
            .filter(|user| !admitted.contains(user.email.folded()))
    }

    /// The person at this position.
    pub fn user(&self, index: UserIndex) -> &DesiredUser {
        &self.users[index.0 as usize]
    }

    /// The person of this key, if they are declared for other targets only.
    pub fn elsewhere(&self, key: &PersonKey) -> Option<&Elsewhere> {
        let at = self.elsewhere.binary_search_by(|it| it.key.cmp(key));
        at.ok().map(|at| &self.elsewhere[at])
    }

    /// The scopes whose role bindings have to be known, sorted; none if no group declares
    /// bindings. The account's is always among them.
    pub fn binding_scopes(&self) -> Vec<Scope> {
        let declared = || {
            self.groups
                .iter()
                .filter_map(|group| group.bindings.as_ref())
        };
        let mut scopes: Vec<Scope> = declared()
            .flat_map(|bindings| &bindings.wanted)
            .map(|(binding, _)| binding.scope.clone())
            .collect();
        if declared().next().is_some() {
            scopes.push(Scope::Account);
        }
        scopes.sort();
        scopes.dedup();
        scopes
    }

    /// The role at this position.
    pub fn role(&self, index: RoleIndex) -> &ResolvedRole {
        &self.roles[index.0 as usize]
    }

    /// Every path by which a person is in a group, in the order of roles.
    pub fn origins<'a>(
        &'a self,
        group: &'a DesiredGroup,
        user: UserIndex,
    ) -> impl Iterator<Item = Origin<'a>> {
        group.sources.iter().flat_map(move |source| {
            let role = self.role(source.role);
            let mapping = &self.mappings[source.mapping as usize];
            role.closure.iter().filter_map(move |inner| {
                let granted_in = self.role(*inner);
                let grant = granted_in.grants.of(user)?;
                Some(Origin {
                    role,
                    granted_in,
                    grant,
                    mapping,
                })
            })
        })
    }
}
