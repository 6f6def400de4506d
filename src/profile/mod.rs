//! What one service provider can do, as data with its source.
//!
//! The planner and the executor ask a [`Profile`]; they never ask which provider it is.
//! A quirk lives in `profile/<provider>.rs` beside the sentence that says where it was
//! read and when, so that a reader can check it and a changed provider can be followed.
//!
//! **Invariants.** A profile holds no secrets and does no I/O. What is unknown of a
//! provider takes the careful value of [`rfc::profile`].

mod atlassian;
mod aws_identity_center;
pub mod base_url;
pub mod checks;
pub mod claims;
pub mod clients;
mod databricks;
pub mod facts;
mod github_emu;
mod gitlab;
mod grafana;
pub mod guidance;
pub mod harness;
mod left_out;
pub mod lint;
pub mod names;
mod new_relic;
mod overrides;
pub mod overview;
mod pagerduty;
pub mod rfc;
mod sentry;
pub mod since;
mod slack;
mod snowflake;

use crate::ids::attributes::ExtraAttribute;
use crate::scim::dialect::Dialect;
use base_url::BaseUrlRule;
use checks::Check;
use facts::Fact;

/// What one service provider can do and how to speak to it.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The name in `target.provider`.
    pub name: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// What its base URLs look like.
    pub base_url: BaseUrlRule,
    /// How requests are spelled.
    pub dialect: Dialect,
    /// Whether what the provider says of itself changes how it is spoken to.
    pub discovery: DiscoveryTrust,
    /// Which names of a person the provider keeps.
    pub names: NameModel,
    /// Which of these nobody can be made without.
    pub required_names: &'static [RequiredName],
    /// Which other attributes of a person it takes and gives back, in the order of
    /// [`ExtraAttribute`]. What nobody says of a provider it does not take.
    pub attributes: Vec<ExtraAttribute>,
    /// Why the dialect's `immutable` attributes never change, ending the sentence "… because".
    pub immutable_because: &'static str,
    /// What creating a person sets off.
    pub creation: Creation,
    /// What creating somebody who is already there does.
    pub create_existing: CreateExisting,
    /// Whether a person's e-mail may change.
    pub email_change: EmailChange,
    /// What `status: suspended` can become.
    pub suspension: Suspension,
    /// What removing a person does to their memberships.
    pub user_removal: UserRemovalEffect,
    /// Who can remove a group.
    pub group_removal: GroupRemovalRule,
    /// How a group's id comes about.
    pub group_ids: GroupIds,
    /// How it came about before, as far as that still matters.
    pub older_group_id: Option<OlderGroupId>,
    /// How group names compare.
    pub group_names: GroupNames,
    /// An older integration that may exist beside SCIM and decides who can log in.
    pub other_login: Option<OtherLogin>,
    /// What `scim-sync doctor` can look at there.
    pub checks: &'static [Check],
    /// What is known of the provider, for the reference table.
    pub facts: &'static [Fact],
}

impl Profile {
    /// The profile for a `target.provider`, if there is one.
    pub fn named(name: &str) -> Option<Profile> {
        let at = Self::NAMES.iter().position(|known| *known == name)?;
        let profile = PROFILES[at]();
        debug_assert_eq!(profile.name, name);
        Some(profile)
    }

    /// Every name [`Profile::named`] knows: the two that are not somebody's first.
    pub const NAMES: &'static [&'static str] = &[
        "harness",
        "scim",
        "atlassian",
        "aws-identity-center",
        "databricks",
        "github-emu",
        "gitlab",
        "grafana",
        "new-relic",
        "pagerduty",
        "sentry",
        "slack",
        "snowflake",
    ];
}

/// In the order of [`Profile::NAMES`].
const PROFILES: [fn() -> Profile; 13] = [
    harness::profile,
    rfc::profile,
    atlassian::profile,
    aws_identity_center::profile,
    databricks::profile,
    github_emu::profile,
    gitlab::profile,
    grafana::profile,
    new_relic::profile,
    pagerduty::profile,
    sentry::profile,
    slack::profile,
    snowflake::profile,
];

/// Whether what a provider says of itself changes how it is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiscoveryTrust {
    /// It does not: the profile knows better. `doctor` shows where they differ.
    Shown,
    /// `ServiceProviderConfig` (RFC 7644 §4) is obeyed, but for what the manifest says
    /// otherwise.
    Obeyed,
}

/// Which names of a person the provider keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameModel {
    /// One display name. First and last name go in, the display name comes back, and only
    /// it is compared. Characters in `dropped` may be sanitised away by the server, so
    /// they never make a difference.
    DisplayNameOnly {
        /// Characters the provider refuses or drops in names.
        dropped: &'static [char],
        /// The longest name, in characters.
        max_chars: usize,
    },
    /// First name, last name and display name, each as sent.
    Full,
    /// None that comes back: names are sent with a create and never compared.
    NotKept,
}

/// A name that a provider wants of everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequiredName {
    /// `name.givenName`.
    Given,
    /// `name.familyName`.
    Family,
}

/// What creating a person sets off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Creation {
    /// Nothing beyond the account.
    Silent,
    /// The provider mails an invitation.
    Invites,
}

/// What creating somebody who is already there does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreateExisting {
    /// It is refused (RFC 7644 §3.3: 409 `uniqueness`).
    Refused,
    /// The existing account is taken over and comes back with its old id; it shows in
    /// listings only once something about it changed.
    Adopts,
}

/// Whether a person's e-mail may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailChange {
    /// It must not; the sentence says why.
    Refused {
        /// Why, ending the sentence "… because".
        because: &'static str,
    },
    /// It may.
    Allowed,
}

/// What `status: suspended` can become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspension {
    /// The account is made inactive and can be made active again.
    Disables,
    /// The provider knows no inactive accounts: suspending removes the person.
    Removes,
}

/// What removing a person does to their memberships.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserRemovalEffect {
    /// The provider takes them out of their groups, possibly a little later.
    PurgesMemberships,
    /// They may stay listed as members, so they are taken out first.
    LeavesMemberships,
}

/// Who can remove a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupRemovalRule {
    /// Only the provider's Support, by documentation; the client does not try unless the
    /// policy says `onRemoval.groups: delete`.
    SupportOnly {
        /// Whom to write to.
        contact: &'static str,
        /// What documentation and source say of a DELETE, for a plan that tries it all the
        /// same; `{contact}` stands for the contact.
        disagreement: &'static str,
    },
    /// Anybody, with DELETE.
    Deletable,
    /// A person in the provider's console: SCIM does not.
    ByHand,
}

/// An older integration that decides who can log in, whoever is provisioned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherLogin {
    /// Its name.
    pub title: &'static str,
    /// What it does, and what to do about it.
    pub help: &'static str,
}

/// How a group's id comes about.
#[derive(Debug, Clone, Copy)]
pub enum GroupIds {
    /// The provider issues it; nothing can be said beforehand.
    Opaque,
    /// It is derived from the display name, so two names can mean one group. Used only to
    /// find collisions, never to find a group.
    DerivedFromName(fn(&str) -> Result<String, names::GroupNameFault>),
}

/// The id that an older server gave a group of this display name, where that is another one
/// and a create still looks for it.
pub type OlderGroupId = fn(&str) -> Option<String>;

/// How group names compare when a group is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupNames {
    /// Exactly.
    Exact,
    /// Without case and Unicode form (RFC 7643 §4.2: `displayName` is `caseExact: false`).
    Folded,
}
