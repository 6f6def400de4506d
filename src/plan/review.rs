//! Who has what: one row for each way into each group, for people who have to confirm it.
//!
//! **Invariants.** A row is a path the plan itself follows, or a live membership that nothing
//! declares. Rows are sorted by group, then person. Who wrote a row's line is filled in by
//! whoever can ask git.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::explain::{Line, Reads};
use super::identity::{Claim, Match, match_users};
use super::planner::{Context, PlanInput};
use crate::desired::UserIndex;
use crate::ids::{Email, GroupName, PersonKey, RoleName};
use crate::live::LiveIndex;
use crate::manifest::at::TargetManifest;
use crate::manifest::decl::UserStatus;

/// Who has what on one day.
#[must_use = "a review is for somebody who has to confirm it"]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// The provider, for people.
    pub target: String,
    /// The day grants with an end were judged on.
    pub as_of: jiff::civil::Date,
    /// Whether the live state was read.
    pub live_was_read: bool,
    /// Each way into each group.
    pub rows: Vec<Row>,
}

/// One way of one person into one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The group.
    pub group: GroupName,
    /// The person's key, if they are declared.
    pub key: Option<PersonKey>,
    /// Their e-mail.
    pub email: Email,
    /// Their name.
    pub name: String,
    /// What is intended for them; absent if they are not declared.
    pub status: Option<UserStatus>,
    /// The role that gives the group; absent if none does.
    pub role: Option<RoleName>,
    /// The included role in which they are written, if that is another.
    pub through: Option<RoleName>,
    /// Who owns the role in which they are written.
    pub owners: Vec<String>,
    /// Where they are written, and by whom and when.
    pub grant: Option<Line>,
    /// The last day.
    pub until: Option<jiff::civil::Date>,
    /// Why.
    pub reason: Option<String>,
    /// Whether the provider has them in the group.
    pub live: LiveStanding,
}

/// Whether the provider has somebody in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveStanding {
    /// It has.
    Yes,
    /// It has not.
    No,
    /// It was not asked.
    NotRead,
}

impl LiveStanding {
    /// A word for a cell.
    pub fn word(self) -> &'static str {
        match self {
            LiveStanding::Yes => "yes",
            LiveStanding::No => "no",
            LiveStanding::NotRead => "",
        }
    }
}

impl Review {
    /// Every line in it, for whoever can tell who wrote them.
    pub fn lines_mut(&mut self) -> impl Iterator<Item = &mut Line> {
        self.rows.iter_mut().filter_map(|row| row.grant.as_mut())
    }
}

/// Makes the review.
pub fn review(input: PlanInput<'_>, manifest: &TargetManifest, reads: Reads) -> Review {
    let context = Context { input };
    let matches = match_users(&context).matches;
    let live_of = |user: UserIndex| match matches.of(user) {
        Match::Live(live) | Match::Frozen(live) => Some(live),
        Match::Nobody | Match::Held => None,
    };
    let there: BTreeMap<Cow<'_, str>, (&GroupName, &[LiveIndex])> = input
        .live
        .groups
        .iter()
        .map(|group| {
            let members = group.members.as_slice();
            (context.group_key(&group.name), (&group.name, members))
        })
        .collect();
    let owners: BTreeMap<&RoleName, Vec<String>> = manifest
        .roles
        .0
        .iter()
        .map(|(name, role)| {
            let owners = role.owners.iter().map(|owner| owner.value.clone());
            (&name.value, owners.collect())
        })
        .collect();
    let mut rows = Vec::new();
    let mut declared: BTreeSet<(Cow<'_, str>, LiveIndex)> = BTreeSet::new();
    for group in &input.desired.groups {
        let key = context.group_key(&group.name);
        for at in &group.members {
            let user = input.desired.user(*at);
            let live = live_of(*at);
            let standing = match (reads, live) {
                (Reads::Declared, _) => LiveStanding::NotRead,
                (Reads::Live, None) => LiveStanding::No,
                (Reads::Live, Some(live)) => {
                    declared.insert((key.clone(), live));
                    match there.get(&key) {
                        Some((_, members)) if members.binary_search(&live).is_ok() => {
                            LiveStanding::Yes
                        }
                        Some(_) | None => LiveStanding::No,
                    }
                }
            };
            for origin in input.desired.origins(group, *at) {
                let through = &origin.granted_in.name;
                rows.push(Row {
                    group: group.name.clone(),
                    key: Some(user.key.clone()),
                    email: user.email.clone(),
                    name: user.shown_name(),
                    status: Some(user.status),
                    role: Some(origin.role.name.clone()),
                    through: (*through != origin.role.name).then(|| through.clone()),
                    owners: owners.get(through).cloned().unwrap_or_default(),
                    grant: Some(Line {
                        place: context.place(origin.grant.span),
                        written: None,
                    }),
                    until: origin.grant.until,
                    reason: origin.grant.reason.map(str::to_owned),
                    live: standing,
                });
            }
        }
    }
    if reads == Reads::Live {
        for (key, (name, members)) in &there {
            for live in *members {
                if declared.contains(&(key.clone(), *live)) {
                    continue;
                }
                let account = input.live.user(*live);
                let user = match matches.claim(*live) {
                    Claim::Person(user) => Some(input.desired.user(user)),
                    Claim::Unclaimed | Claim::Held => None,
                };
                rows.push(Row {
                    group: (*name).clone(),
                    key: user.map(|user| user.key.clone()),
                    email: account.email.clone(),
                    name: account
                        .display_name
                        .as_deref()
                        .unwrap_or_default()
                        .to_owned(),
                    status: user.map(|user| user.status),
                    role: None,
                    through: None,
                    owners: Vec::new(),
                    grant: None,
                    until: None,
                    reason: None,
                    live: LiveStanding::Yes,
                });
            }
        }
    }
    rows.sort_by(|a, b| {
        let order = |row: &Row| (row.group.clone(), row.email.clone(), row.role.clone());
        order(a).cmp(&order(b))
    });
    Review {
        target: format!("{} at {}", input.target.called(), input.target.base_url),
        as_of: input.desired.as_of,
        live_was_read: reads == Reads::Live,
        rows,
    }
}
