//! Assertions held against what a plan leaves.
//!
//! What the files themselves would break was a fault before there was a plan. What is left
//! is what only the live state knows: people nothing declares, members a guard keeps, groups
//! that lose too many.

use std::collections::{HashMap, HashSet};

use super::Plan;
use super::item::{Evidence, ItemId, Refusal, RefusalCode};
use super::planner::PlanInput;
use crate::desired::assertion::{Assertion, Rule};
use crate::live::{Activity, LiveGroup, LiveIndex, LiveState};
use crate::manifest::words::count;

/// How many people of one group are named.
const NAMED: usize = 5;

/// Refuses what does not hold once the plan is carried out.
pub(super) fn hold(plan: &mut Plan, input: PlanInput<'_>, after: &LiveState) {
    let assertions = &input.desired.assertions;
    if assertions.is_empty() {
        return;
    }
    let known: HashSet<ItemId> = plan
        .refusals
        .iter()
        .map(|refusal| refusal.id.clone())
        .collect();
    let keys = keys(input, after);
    let mut found: Vec<Refusal> = Vec::new();
    for assertion in assertions {
        let broken = match &assertion.rule {
            Rule::Never { users, groups, .. } => {
                let people: HashSet<LiveIndex> = after
                    .indexed_users()
                    .filter(|(at, user)| {
                        users.is_match(user.email.as_str())
                            || users.is_match(&user.user_name)
                            || keys.get(at).is_some_and(|key| users.is_match(key))
                    })
                    .map(|(at, _)| at)
                    .collect();
                let matching = |group: &&LiveGroup| groups.is_match(group.name.as_str());
                let groups = after.groups.iter().filter(matching);
                groups
                    .filter_map(|group| intruders(after, group, &people))
                    .collect()
            }
            Rule::Always {
                group,
                at_least,
                group_text,
            } => {
                let matching = |it: &&LiveGroup| group.is_match(it.name.as_str());
                let groups: Vec<&LiveGroup> = after.groups.iter().filter(matching).collect();
                // Where the list may have gaps, nothing can be said of what is missing.
                match (after.integrity.is_whole(), groups.as_slice()) {
                    (false, _) => Vec::new(),
                    (true, []) => vec![(
                        group_text.to_string(),
                        format!("there would be no group `{group_text}`"),
                    )],
                    (true, groups) => groups
                        .iter()
                        .filter_map(|group| too_few(after, group, *at_least))
                        .collect(),
                }
            }
        };
        for (about, what) in broken {
            let id = id(assertion, &about);
            if !known.contains(&id) {
                found.push(refusal(input, assertion, id, &what));
            }
        }
    }
    plan.refusals.append(&mut found);
    plan.refusals
        .sort_by(|a, b| (a.code, &a.id).cmp(&(b.code, &b.id)));
    plan.summary.refused = plan.refusals.len();
    plan.complete = plan.refusals.is_empty() && plan.manual_steps.is_empty();
}

/// The id of what is refused for the sake of an assertion.
pub(super) fn id(assertion: &Assertion, about: &str) -> ItemId {
    ItemId::new(format!("assertion:{}:{about}", assertion.words()))
}

fn refusal(input: PlanInput<'_>, assertion: &Assertion, id: ItemId, what: &str) -> Refusal {
    Refusal {
        id,
        code: RefusalCode::AssertionViolated,
        message: format!(
            "after this plan {what}, and an assertion says: {}",
            assertion.words()
        ),
        help: assertion.help(),
        evidence: vec![evidence(input, assertion)],
        blocked: Vec::new(),
        cause: None,
    }
}

/// Where an assertion is written.
pub(super) fn evidence(input: PlanInput<'_>, assertion: &Assertion) -> Evidence {
    Evidence {
        place: input.sources.place(assertion.span),
        revision: None,
        what: "assertion".to_owned(),
    }
}

/// The keys of live users: the one their account carries, or that of whoever is declared
/// with their e-mail.
fn keys<'a>(input: PlanInput<'a>, after: &LiveState) -> HashMap<LiveIndex, String> {
    let by_email: HashMap<&'a str, &'a str> = input
        .desired
        .users
        .iter()
        .map(|user| (user.email.folded(), user.key.as_str()))
        .collect();
    let mut keys = HashMap::new();
    for (at, user) in after.indexed_users() {
        let carried = user.external_id.as_ref().and_then(|id| id.person_key());
        let declared = by_email.get(user.email.folded()).copied();
        if let Some(key) = declared
            .map(str::to_owned)
            .or(carried.map(|key| key.to_string()))
        {
            keys.insert(at, key);
        }
    }
    keys
}

fn intruders(
    after: &LiveState,
    group: &LiveGroup,
    people: &HashSet<LiveIndex>,
) -> Option<(String, String)> {
    let members: Vec<&LiveIndex> = group
        .members
        .iter()
        .filter(|at| people.contains(at))
        .collect();
    let mut named: Vec<String> = members
        .iter()
        .take(NAMED)
        .map(|at| format!("`{}`", after.user(**at).email))
        .collect();
    if members.len() > NAMED {
        named.push(format!("{} more", members.len() - NAMED));
    }
    if named.is_empty() {
        return None;
    }
    let is = if members.len() == 1 { "is" } else { "are" };
    Some((
        group.name.to_string(),
        format!("{} {is} in the group `{}`", named.join(", "), group.name),
    ))
}

fn too_few(after: &LiveState, group: &LiveGroup, at_least: u32) -> Option<(String, String)> {
    let active = |at: &&LiveIndex| after.user(**at).activity == Activity::Active;
    let members = group.members.iter().filter(active).count() + group.unlisted.len();
    (members < at_least as usize).then(|| {
        (
            group.name.to_string(),
            format!(
                "the group `{}` has {}",
                group.name,
                count(members, "member", "members")
            ),
        )
    })
}
