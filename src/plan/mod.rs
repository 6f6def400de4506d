//! The plan: a value that says what will be done, what will not and why, what only a person
//! can do, and what is left alone.
//!
//! [`plan`] makes it from a desired state, a live state, a profile and a policy. It is
//! synchronous, total and deterministic to the byte: no clock, no randomness, no
//! environment, no I/O. [`undo::undo`] makes the one that takes a run back.
//!
//! **Invariants.** Every difference between desired and live ends in exactly one of
//! `actions`, `refusals`, `manual_steps` and `unmanaged`. An action refers only to what is
//! live or what an earlier action creates. A plan can be read without the sources, the
//! manifest or the provider it was made from. With a base revision, every item of the first
//! three lists has a [`Cause`]. A plan is planned again after itself ([`after`]), and
//! `converges` says what came of it.

mod admins;
pub mod after;
mod assertion;
mod base;
mod bindings;
mod cause;
mod change;
pub mod compare;
mod consequence;
mod effect;
pub mod explain;
pub mod file;
mod groups;
pub mod guard;
mod hand_made;
mod identity;
mod item;
mod logins;
mod marks;
pub mod moved;
mod one_human;
mod planner;
pub mod policy;
mod population;
mod proof;
pub mod questions;
mod recent;
pub mod review;
mod standalone;
pub mod status;
mod summary;
pub mod undo;
mod users;
mod writers;
pub mod written;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::TargetName;
use crate::live::snapshot::IntegrityFile;
use crate::manifest::decl::ApprovalKind;

pub use effect::{AccountEffect, Effect};
pub use guard::{Allowances, LimitName, LimitUse};
pub use item::{
    Action, Attribute, AttributeChange, Cause, Change, Consequence, Direction, Evidence, GroupRef,
    ItemId, ManualStep, ManualStepCode, MemberChange, MembershipOrigin, Memberships, Notice,
    NoticeCode, Person, Phase, Reason, Refusal, RefusalCode, Stands, Taken, Unmanaged,
    UnmanagedBinding, UnmanagedGroup, UnmanagedMembers, UnmanagedReason, UnmanagedUser, UserState,
};
pub use moved::{Moved, SeenAccount};
pub use planner::{PlanInput, Sketch, complete, plan, resketch, sketch};
pub use population::Population;
pub use recent::Recent;
pub use summary::Summary;
pub use writers::{Foreign, foreign};
pub use written::Written;

/// The version of the plan format this build writes.
pub const PLAN_VERSION: u32 = 1;

/// What will be done to a service provider, and what will not.
#[must_use = "a plan that nobody reads protects nobody"]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "scim-sync plan, version 1", extend("$id" = "urn:scim-sync:schema:plan:1"))]
pub struct Plan {
    /// The version of this format; always 1.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// The service provider.
    pub target: TargetInfo,
    /// The day grants with an end were judged on.
    #[schemars(with = "String")]
    pub as_of: jiff::civil::Date,
    /// Whether every difference is dealt with by an action: nothing refused, no manual step.
    pub complete: bool,
    /// Whether there is anything for `apply` to do.
    pub applyable: bool,
    /// Whether nothing would be left to do after it: what the provider would hold then, by its
    /// profile, was planned again.
    pub converges: bool,
    /// How many of what, in one place.
    pub summary: Summary,
    /// The base revision that tells this change from what was there already, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The run it undoes, if it undoes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<undo::Undo>,
    /// What it was made from.
    pub inputs: Inputs,
    /// Whether the live state was read whole; if not, nothing is removed.
    pub integrity: IntegrityFile,
    /// Kinds of action that are in the plan and that `apply` carries out only when they are
    /// approved by name.
    #[serde(default)]
    pub needs_approval: BTreeSet<ApprovalKind>,
    /// Each limit on removals with its use.
    pub limits: Vec<LimitUse>,
    /// What will be done, in order.
    pub actions: Vec<Action>,
    /// What it comes to for each person, effective and by any path; the worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<Effect>,
    /// What the accounts were known by that its items are about; `apply` looks whether they
    /// still are. Plans of earlier versions do not have it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<SeenAccount>,
    /// What will not be done, and why.
    pub refusals: Vec<Refusal>,
    /// What only a person can do.
    pub manual_steps: Vec<ManualStep>,
    /// What is left alone because nothing declares it.
    pub unmanaged: Unmanaged,
    /// What a reader should know besides.
    pub notices: Vec<Notice>,
}

/// The service provider a plan is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TargetInfo {
    /// Its name in the manifest, if that has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<TargetName>,
    /// The profile.
    pub provider: String,
    /// The provider's name for people.
    pub title: String,
    /// The base URL, or `sandbox`.
    pub base_url: String,
}

impl TargetInfo {
    /// What to call it: its title, after its name if it has one.
    pub fn called(&self) -> Cow<'_, str> {
        match &self.name {
            Some(name) => Cow::Owned(format!("{name}, {}", self.title)),
            None => Cow::Borrowed(&self.title),
        }
    }

    /// Whether two are one service provider, whatever the manifest calls them.
    pub fn same_place(&self, other: &TargetInfo) -> bool {
        self.provider == other.provider && self.base_url == other.base_url
    }
}

/// Fingerprints of what a plan was made from, as `sha256:…`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Inputs {
    /// The manifest's files, all of them.
    pub manifest: String,
    /// Each of the manifest's files.
    pub files: BTreeMap<String, String>,
    /// The manifest's files at the base revision, all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The live state.
    pub live: String,
}

impl Plan {
    /// Its notices that stand there.
    pub fn notices_at(&self, place: Stands) -> impl Iterator<Item = &Notice> {
        let notices = self.notices.iter();
        notices.filter(move |notice| notice.code.stands() == place)
    }

    /// Whether live and desired state already agree, as far as anything can be done.
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty() && self.refusals.is_empty() && self.manual_steps.is_empty()
    }
}
