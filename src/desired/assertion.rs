//! Assertions: what has to hold of who is in which group, held against what is wanted and
//! against what a plan leaves.
//!
//! **Invariants.** Each group that matches is looked at once for each assertion, and each of
//! its members once. Names compare without case and Unicode form.

use std::collections::BTreeSet;

use super::{DesiredGroup, DesiredState, UserIndex};
use crate::ids::GroupName;
use crate::manifest::decl::{AlwaysDecl, AssertionDecl, Membership, NeverDecl, UserStatus};
use crate::manifest::fault::{Fault, FaultCode};
use crate::manifest::glob::NameGlob;
use crate::manifest::source::Span;
use crate::manifest::words::{count, quoted};

/// An assertion, ready to be held against something.
#[derive(Debug, Clone)]
pub struct Assertion {
    /// What it says.
    pub rule: Rule,
    /// Why, if somebody wrote it down.
    pub reason: Option<Box<str>>,
    /// Where it is written.
    pub span: Span,
}

/// What an assertion says.
#[derive(Debug, Clone)]
pub enum Rule {
    /// None of these people is in any of these groups.
    Never {
        /// The people, as written.
        users_text: Box<str>,
        /// The people.
        users: NameGlob,
        /// The groups, as written.
        groups_text: Box<str>,
        /// The groups.
        groups: NameGlob,
    },
    /// Each of these groups has at least so many members.
    Always {
        /// The groups, as written.
        group_text: Box<str>,
        /// The groups.
        group: NameGlob,
        /// The fewest members.
        at_least: u32,
    },
}

impl Assertion {
    /// Makes an assertion ready; nothing if a glob of it is none, which the decoder refuses.
    pub(super) fn new(decl: &AssertionDecl) -> Option<Self> {
        let text = |text: &str| -> Box<str> { text.into() };
        let (rule, reason, span) = match decl {
            AssertionDecl::Never(NeverDecl {
                users,
                groups,
                reason,
            }) => (
                Rule::Never {
                    users_text: text(&users.value),
                    users: NameGlob::new(&users.value).ok()?,
                    groups_text: text(&groups.value),
                    groups: NameGlob::new(&groups.value).ok()?,
                },
                reason,
                users.span,
            ),
            AssertionDecl::Always(AlwaysDecl {
                group,
                at_least,
                reason,
            }) => (
                Rule::Always {
                    group_text: text(&group.value),
                    group: NameGlob::new(&group.value).ok()?,
                    at_least: at_least.value,
                },
                reason,
                group.span,
            ),
        };
        Some(Self {
            rule,
            reason: reason.as_ref().map(|why| text(&why.value)),
            span,
        })
    }

    /// The assertion in a few words: ``no `contractor-*` in `prod-*` ``.
    pub fn words(&self) -> String {
        match &self.rule {
            Rule::Never {
                users_text,
                groups_text,
                ..
            } => format!("no {} in {}", quoted(users_text), quoted(groups_text)),
            Rule::Always {
                group_text,
                at_least,
                ..
            } => format!("at least {at_least} in {}", quoted(group_text)),
        }
    }

    /// What to do when it does not hold.
    pub fn help(&self) -> String {
        let why = match &self.reason {
            Some(why) => format!(" (it says why: {why})"),
            None => String::new(),
        };
        let what = match &self.rule {
            Rule::Never { .. } => "take them out",
            Rule::Always { .. } => "give the group more members",
        };
        format!("{what}, or change the assertion in a change of its own{why}")
    }
}

/// What of the assertions the manifest itself does not keep.
pub fn faults(desired: &DesiredState) -> Vec<Fault> {
    let mut faults = Vec::new();
    for assertion in &desired.assertions {
        match &assertion.rule {
            Rule::Never { users, groups, .. } => {
                let people: BTreeSet<UserIndex> = (0..)
                    .map(UserIndex)
                    .zip(&desired.users)
                    .filter(|(_, user)| {
                        user.status != UserStatus::Absent
                            && (users.is_match(user.key.as_str())
                                || users.is_match(user.email.as_str()))
                    })
                    .map(|(at, _)| at)
                    .collect();
                let matching = |group: &&DesiredGroup| groups.is_match(group.name.as_str());
                for group in desired.groups.iter().filter(matching) {
                    let members = group.members.iter().filter(|at| people.contains(at));
                    faults.extend(members.map(|at| wanted(desired, assertion, group, *at)));
                }
            }
            Rule::Always {
                group: glob,
                at_least,
                ..
            } => {
                let matching = |group: &&DesiredGroup| glob.is_match(group.name.as_str());
                for group in desired.groups.iter().filter(matching) {
                    // Members that no role gives may stay there: the plan counts them.
                    if group.membership == Membership::Additive {
                        continue;
                    }
                    let active = |at: &&UserIndex| desired.user(**at).status == UserStatus::Active;
                    let members = group.members.iter().filter(active).count();
                    if members < *at_least as usize {
                        faults.push(too_few(desired, assertion, &group.name, members));
                    }
                }
            }
        }
    }
    faults
}

fn wanted(
    desired: &DesiredState,
    assertion: &Assertion,
    group: &DesiredGroup,
    at: UserIndex,
) -> Fault {
    let user = desired.user(at);
    let origin = desired.origins(group, at).next();
    let (place, role) = match origin {
        Some(origin) => (origin.grant.span, origin.role.name.to_string()),
        None => (user.span, String::new()),
    };
    Fault::error(
        FaultCode::AssertionViolated,
        place,
        format!("is in {} by this", quoted(group.name.as_str())),
        format!(
            "role {} puts {} into {}, and an assertion says: {}",
            quoted(&role),
            quoted(user.key.as_str()),
            quoted(group.name.as_str()),
            assertion.words()
        ),
        assertion.help(),
    )
    .with_related(assertion.span, "the assertion")
}

fn too_few(
    desired: &DesiredState,
    assertion: &Assertion,
    group: &GroupName,
    members: usize,
) -> Fault {
    let role = desired
        .groups
        .iter()
        .find(|other| other.name == *group)
        .and_then(|group| group.sources.first())
        .map(|source| desired.role(source.role).span);
    let fault = Fault::error(
        FaultCode::AssertionViolated,
        assertion.span,
        "the assertion",
        format!(
            "the roles give {} {}, and an assertion says: {}",
            quoted(group.as_str()),
            count(members, "active member", "active members"),
            assertion.words()
        ),
        assertion.help(),
    );
    match role {
        Some(role) => fault.with_related(role, format!("becomes {}", quoted(group.as_str()))),
        None => fault,
    }
}
