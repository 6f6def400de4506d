//! The rails: what a plan may not take away, however the difference came about.
//!
//! A guard never hides anything. What it blocks moves from `actions` into a refusal that
//! carries the very actions, so the plan still shows all of it, with the limit, its use and
//! how to raise this one for this plan. There is no switch that turns all of them off.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::assertion;
use super::identity::CouldBe;
use super::item::{
    Action, Change, Evidence, GroupRef, ItemId, ManualStep, Person, Reason, Refusal, RefusalCode,
    Taken,
};
use super::planner::{Context, Draft};
use super::recent::Recent;
use crate::desired::assertion::Rule;
use crate::ids::{GroupId, GroupName, PersonKey, UserId};
use crate::live::LiveGroup;
use crate::live::beside::Bound;
use crate::manifest::decl::Limit;
use crate::profile::UserRemovalEffect;

/// Limits raised for one plan: `--allow user-removals=12`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowances(BTreeMap<LimitName, u32>);

/// Why an `--allow` is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an allowance: write `user-removals=N`, `membership-removals=N`, `per-group-removals=N` or `binding-removals=N`"
)]
pub struct AllowanceError(pub String);

impl Allowances {
    /// Raises one limit.
    pub fn raise(&mut self, limit: LimitName, to: u32) {
        self.0.insert(limit, to);
    }

    /// Reads `user-removals=12`.
    ///
    /// # Errors
    /// When it names no limit or no number.
    pub fn parse_one(text: &str) -> Result<(LimitName, u32), AllowanceError> {
        let error = || AllowanceError(text.to_owned());
        let (name, number) = text.split_once('=').ok_or_else(error)?;
        let limit = LimitName::ALL
            .iter()
            .find(|limit| limit.as_str() == name)
            .ok_or_else(error)?;
        Ok((*limit, number.parse().map_err(|_| error())?))
    }
}

/// A limit on removals.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum LimitName {
    /// People removed or deactivated.
    UserRemovals,
    /// Memberships removed, over all groups.
    MembershipRemovals,
    /// Memberships removed from one group.
    PerGroupRemovals,
    /// Role bindings removed, over all groups.
    BindingRemovals,
}

impl LimitName {
    /// Every limit.
    pub const ALL: &'static [LimitName] = &[
        LimitName::UserRemovals,
        LimitName::MembershipRemovals,
        LimitName::PerGroupRemovals,
        LimitName::BindingRemovals,
    ];

    /// The name people write.
    pub fn as_str(self) -> &'static str {
        match self {
            LimitName::UserRemovals => "user-removals",
            LimitName::MembershipRemovals => "membership-removals",
            LimitName::PerGroupRemovals => "per-group-removals",
            LimitName::BindingRemovals => "binding-removals",
        }
    }

    /// The key in `policy.limits`.
    fn key(self) -> &'static str {
        match self {
            LimitName::UserRemovals => "userRemovals",
            LimitName::MembershipRemovals => "membershipRemovals",
            LimitName::PerGroupRemovals => "perGroupRemovals",
            LimitName::BindingRemovals => "bindingRemovals",
        }
    }

    fn code(self) -> RefusalCode {
        match self {
            LimitName::UserRemovals => RefusalCode::LimitUserRemovals,
            LimitName::MembershipRemovals => RefusalCode::LimitMembershipRemovals,
            LimitName::PerGroupRemovals => RefusalCode::LimitPerGroupRemovals,
            LimitName::BindingRemovals => RefusalCode::LimitBindingRemovals,
        }
    }

    /// What is counted, after its number.
    fn noun(self, number: usize) -> &'static str {
        match (self, number) {
            (LimitName::UserRemovals, 1) => "person removed or suspended",
            (LimitName::UserRemovals, _) => "people removed or suspended",
            (LimitName::BindingRemovals, 1) => "role binding removed",
            (LimitName::BindingRemovals, _) => "role bindings removed",
            (LimitName::MembershipRemovals | LimitName::PerGroupRemovals, 1) => {
                "membership removed"
            }
            (LimitName::MembershipRemovals | LimitName::PerGroupRemovals, _) => {
                "memberships removed"
            }
        }
    }
}

/// One limit and how much of it the plan uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LimitUse {
    /// The limit.
    pub limit: LimitName,
    /// The group it was measured on: for `per-group-removals`, the one that uses most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupName>,
    /// How many the plan removes.
    pub used: usize,
    /// How many went in the last 24 hours already, by the reports of past runs; they count.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub recent: usize,
    /// Of how many.
    pub population: usize,
    /// The limit as the policy says it: `5`, `10%`.
    pub configured: String,
    /// What that comes to here; absent where the population is below the minimum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed: Option<usize>,
    /// What `--allow` raised it to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raised_to: Option<u32>,
    /// Whether the plan uses more than allowed, so that the removals are refused.
    pub tripped: bool,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl LimitUse {
    /// The same use if so much went in the last 24 hours: what was reviewed may have to wait
    /// for what was carried out since. What the limit has refused already is not carried out,
    /// and so needs no room.
    pub fn after(&self, recent: &Recent) -> Self {
        let recent = match (self.limit, &self.group) {
            (LimitName::UserRemovals, _) => recent.users,
            (LimitName::MembershipRemovals, _) => recent.memberships,
            (LimitName::PerGroupRemovals, Some(group)) => recent_of(recent, group),
            (LimitName::PerGroupRemovals, None) => 0,
            (LimitName::BindingRemovals, _) => recent.bindings,
        };
        let ceiling = self
            .allowed
            .map(|allowed| allowed.max(self.raised_to.unwrap_or(0) as usize));
        Self {
            recent,
            tripped: !self.tripped
                && self.used > 0
                && ceiling.is_some_and(|ceiling| self.used + recent > ceiling),
            ..self.clone()
        }
    }

    /// What it comes to: the plan's own and what went before.
    pub fn total(&self) -> usize {
        self.used + self.recent
    }
}

/// Applies every guard, in the order: partial read, protection, minimum members, limits.
pub(super) fn apply(context: &Context<'_>, draft: &mut Draft) -> Vec<LimitUse> {
    partial_read(context, draft);
    protected_people(context, draft);
    super::admins::guard(context, draft);
    protected_groups(context, draft);
    min_members(context, draft);
    always(context, draft);
    let limits = limits(context, draft);
    depend_on_what_is_left(draft);
    limits
}

/// Applies the guards to what is left of a saved plan, at what is live now. Limits stay as they
/// were reviewed: half of a plan that was carried out must not leave less room for the rest.
pub(super) fn again(context: &Context<'_>, draft: &mut Draft) {
    partial_read(context, draft);
    protected_people(context, draft);
    super::admins::guard(context, draft);
    protected_groups(context, draft);
    min_members(context, draft);
    always(context, draft);
}

/// The groups somebody leaves because their account goes, where the provider takes them out
/// by itself; elsewhere the plan takes them out with items of their own.
fn purged_groups<'a>(context: &Context<'_>, action: &'a Action) -> &'a [GroupName] {
    match context.input.profile.user_removal {
        UserRemovalEffect::PurgesMemberships => action.memberships_lost(),
        UserRemovalEffect::LeavesMemberships => &[],
    }
}

/// The group an item empties because it is to go.
fn emptied(action: &Action) -> Option<&GroupId> {
    match action.change.taken() {
        Taken::Members { group, members: _ } if action.reason == Reason::GroupRemoved => {
            group.id.as_ref()
        }
        Taken::Nothing
        | Taken::Account(_)
        | Taken::UseOf(_)
        | Taken::Members { .. }
        | Taken::Binding { .. }
        | Taken::Group(_) => None,
    }
}

/// Takes the actions for which `is_blocked` holds out of the plan.
pub(super) fn take(draft: &mut Draft, mut is_blocked: impl FnMut(&Action) -> bool) -> Vec<Action> {
    draft
        .actions
        .extract_if(.., |action| is_blocked(action))
        .collect()
}

pub(super) fn evidence_of(blocked: &[Action]) -> Vec<Evidence> {
    let mut evidence: Vec<Evidence> = Vec::new();
    for item in blocked.iter().flat_map(|action| &action.evidence) {
        if !evidence.contains(item) {
            evidence.push(item.clone());
        }
        if evidence.len() == 10 {
            break;
        }
    }
    evidence
}

fn partial_read(context: &Context<'_>, draft: &mut Draft) {
    if context.input.live.integrity.is_whole() {
        return;
    }
    let blocked = take(draft, |action| action.change.is_removal());
    if blocked.is_empty() {
        return;
    }
    draft.refusals.push(Refusal {
        id: ItemId::new("guard:partial-read"),
        code: RefusalCode::PartialRead,
        message: format!(
            "{} refused because the live state may not have been read whole",
            count(blocked.len(), "removal is", "removals are")
        ),
        help: "plan again; if it stays so, something between here and the service provider cuts its lists".to_owned(),
        evidence: evidence_of(&blocked),
        blocked,
        cause: None,
    });
}

fn protected_people(context: &Context<'_>, draft: &mut Draft) {
    let protected = &context.input.policy.protected_users;
    if protected.is_empty() {
        return;
    }
    let is_protected = |person: &Person| {
        person
            .key
            .as_ref()
            .is_some_and(|key| protected.contains(key))
    };
    // Whoever is in a group that goes is taken out of it as much as by name.
    let inside = protected_members(context, draft);
    let mut groups: Vec<Refusal> = Vec::new();
    let mut refusals: Vec<Refusal> = Vec::new();
    let mut refuse = |person: &Person, what: &str, action: Action| {
        refusals.push(Refusal {
            id: ItemId::new(format!("guard:protected:{}", action.id)),
            code: RefusalCode::ProtectedUser,
            message: format!("`{}` is protected and is not {what}", person.label()),
            help: format!(
                "take `{}` out of `policy.protect.users` if this is meant, in a change of its own",
                person.label()
            ),
            evidence: action.evidence.clone(),
            blocked: vec![action],
            cause: None,
        });
    };
    for action in take(draft, |action| match action.change.taken() {
        Taken::Account(person) | Taken::UseOf(person) => is_protected(person),
        Taken::Members { group: _, members } => members.iter().any(|m| is_protected(&m.person)),
        Taken::Group(id) => inside.contains_key(id),
        Taken::Nothing | Taken::Binding { .. } => false,
    }) {
        match action.change.taken() {
            Taken::Members { group, members } => {
                let (kept, rest): (Vec<_>, Vec<_>) = members
                    .iter()
                    .cloned()
                    .partition(|member| is_protected(&member.person));
                for member in kept {
                    let change = Change::RemoveMembers {
                        group: group.clone(),
                        members: vec![member.clone()],
                    };
                    let id = ItemId::new(format!("{}:{}", action.id, member.person.label()));
                    let what = format!("taken out of `{}`", group.name);
                    refuse(
                        &member.person,
                        &what,
                        Action {
                            id,
                            change,
                            ..action.clone()
                        },
                    );
                }
                if !rest.is_empty() {
                    let change = Change::RemoveMembers {
                        group: group.clone(),
                        members: rest,
                    };
                    draft.actions.push(Action {
                        change,
                        ..action.clone()
                    });
                }
            }
            Taken::Account(person) => refuse(&person.clone(), "removed", action),
            Taken::UseOf(person) => refuse(&person.clone(), "deactivated", action),
            Taken::Group(id) => {
                let inside = &inside[id];
                groups.push(members_protected(inside, action));
            }
            Taken::Nothing | Taken::Binding { .. } => draft.actions.push(action),
        }
    }
    // Nor is Support asked to remove it.
    let holds = |step: &ManualStep| step.group.id.as_ref().and_then(|id| inside.get(id));
    let steps = draft
        .manual_steps
        .extract_if(.., |step| holds(step).is_some());
    for step in steps {
        let inside = holds(&step).expect("filtered on it");
        groups.push(members_protected(inside, asked_for(step)));
    }
    draft.refusals.append(&mut refusals);
    draft.refusals.append(&mut groups);
}

/// The protected people in each group that is to go.
fn protected_members<'a>(
    context: &Context<'a>,
    draft: &Draft,
) -> HashMap<GroupId, Vec<&'a PersonKey>> {
    let removed = draft
        .actions
        .iter()
        .filter_map(|action| action.change.removed_group());
    let asked = draft.manual_steps.iter();
    let asked = asked.filter_map(|step| step.group.id.as_ref());
    let removed: HashSet<&GroupId> = removed.chain(asked).collect();
    if removed.is_empty() {
        return HashMap::new();
    }
    let protected = &context.input.policy.protected_users;
    let users = context.input.desired.users.iter();
    let could_be = CouldBe::new(users.filter(|user| protected.contains(&user.key)));
    let live = context.input.live;
    let groups = live.groups.iter().filter(|it| removed.contains(&it.id));
    let inside = groups.map(|group| {
        let members = group.members.iter().map(|at| live.user(*at));
        let mut inside: Vec<&PersonKey> = members.filter_map(|it| could_be.find(it)).collect();
        inside.sort_unstable();
        inside.dedup();
        (group.id.clone(), inside)
    });
    inside.filter(|(_, inside)| !inside.is_empty()).collect()
}

/// A group that is not removed because of who is in it.
fn members_protected(inside: &[&PersonKey], action: Action) -> Refusal {
    let told: Vec<String> = inside.iter().map(|key| format!("`{key}`")).collect();
    let told = told.join(", ");
    let are = match inside.len() {
        1 => "is protected and a member",
        _ => "are protected and members",
    };
    let name = action.change.group_name();
    let name = name.expect("the removal of a group names it");
    Refusal {
        id: ItemId::new(format!("guard:protected:{}", action.id)),
        code: RefusalCode::ProtectedUser,
        message: format!("{told} {are} of `{name}`, so the group is not removed"),
        help: format!(
            "take {told} out of `policy.protect.users` if this is meant, in a change of its own"
        ),
        evidence: action.evidence.clone(),
        blocked: vec![action],
        cause: None,
    }
}

/// What a manual step asks somebody else to do.
fn asked_for(step: ManualStep) -> Action {
    let GroupRef { name, id } = step.group;
    Action {
        id: step.id,
        change: Change::DeleteGroup {
            id: id.expect("a group to be removed is live"),
            name,
        },
        reason: Reason::GroupRemoved,
        evidence: step.evidence,
        consequences: Vec::new(),
        depends_on: Vec::new(),
        cause: None,
    }
}

fn protected_groups(context: &Context<'_>, draft: &mut Draft) {
    let protected: HashSet<Cow<'_, str>> = context
        .input
        .policy
        .protected_groups
        .iter()
        .map(|name| context.group_key(name))
        .collect();
    if protected.is_empty() {
        return;
    }
    let protects = |name: &GroupName| protected.contains(&context.group_key(name));
    let mut by_group: BTreeMap<GroupName, Vec<Action>> = BTreeMap::new();
    // Under another name it would be protected no more. What else is to be done to it is meant
    // for a group of that name.
    let renamed = renames(draft);
    let mut kept: BTreeMap<GroupName, GroupName> = BTreeMap::new();
    for (id, (before, after)) in renamed {
        if protects(&before) && !protects(&after) {
            let blocked = take(draft, |action| action.change.group_id() == Some(&id));
            by_group.entry(before.clone()).or_default().extend(blocked);
            kept.insert(before, after);
        }
    }
    // By the name it has as well as by the one it is to have.
    let live: HashMap<&GroupId, &GroupName> = context
        .input
        .live
        .groups
        .iter()
        .map(|group| (&group.id, &group.name))
        .collect();
    let named = |action: &Action| {
        let live = action.change.group_id().and_then(|id| live.get(id));
        let mut names = live.copied().into_iter().chain(action.change.group_name());
        names.find(|name| protects(name)).cloned()
    };
    for action in take(draft, |action| {
        action.change.is_removal() && named(action).is_some()
    }) {
        let name = named(&action).expect("filtered on it");
        by_group.entry(name).or_default().push(action);
    }
    // Nor is a member removed by removing their account.
    let lost = |action: &Action| {
        let lost = purged_groups(context, action);
        lost.iter().find(|name| protects(name)).cloned()
    };
    for action in take(draft, |action| lost(action).is_some()) {
        let name = lost(&action).expect("filtered on it");
        by_group.entry(name).or_default().push(action);
    }
    // Asking Support to remove the group would get round the protection.
    for step in draft
        .manual_steps
        .extract_if(.., |step| protects(&step.group.name))
    {
        let name = step.group.name.clone();
        by_group.entry(name).or_default().push(asked_for(step));
    }
    for (name, blocked) in by_group {
        let (message, help) = match kept.get(&name) {
            None => (
                format!("the group `{name}` is protected: it is not removed, nor are its members"),
                format!(
                    "take `{name}` out of `policy.protect.groups` if this is meant, in a change of its own"
                ),
            ),
            Some(after) => (
                format!(
                    "the group `{name}` is protected: it is not renamed to `{after}`, which is not, and its members stay"
                ),
                format!(
                    "name `{after}` in `policy.protect.groups` as well; or take `{name}` out of it, in a change of its own"
                ),
            ),
        };
        draft.refusals.push(Refusal {
            id: ItemId::new(format!("guard:protected:group:{name}")),
            code: RefusalCode::ProtectedGroup,
            message,
            help,
            evidence: evidence_of(&blocked),
            blocked,
            cause: None,
        });
    }
}

/// Groups that are to be renamed: from what to what.
fn renames(draft: &Draft) -> BTreeMap<GroupId, (GroupName, GroupName)> {
    let renames = draft.actions.iter().filter_map(|action| {
        let Change::RenameGroup { id, before, after } = &action.change else {
            return None;
        };
        Some((id.clone(), (before.clone(), after.clone())))
    });
    renames.collect()
}

/// Holds `policy.protect.minMembers` for every live group that has the name, or gets it by
/// being renamed. One that has it keeps it, unless as many are asked for under the other name.
fn min_members(context: &Context<'_>, draft: &mut Draft) {
    let all = &context.input.policy.min_members;
    for (name, least) in all {
        let key = context.group_key(name);
        let holds = |after: &GroupName| {
            let after = context.group_key(after);
            all.iter()
                .any(|(name, other)| context.group_key(name) == after && other >= least)
        };
        for (id, (before, after)) in renames(draft) {
            if context.group_key(&before) == key && !holds(&after) {
                let blocked = take(draft, |action| action.change.group_id() == Some(&id));
                draft.refusals.push(Refusal {
                    id: ItemId::new(format!("guard:min-members:{name}:rename")),
                    code: RefusalCode::MinMembers,
                    message: format!(
                        "the group `{name}` has at least {least} members, and as `{after}` it need not"
                    ),
                    help: format!(
                        "write `{after}: {least}` in `policy.protect.minMembers` as well; or take `{name}` out of it, in a change of its own"
                    ),
                    evidence: evidence_of(&blocked),
                    blocked,
                    cause: None,
                });
            }
        }
        let renamed = renames(draft);
        let called = |group: &&LiveGroup| {
            let after = renamed.get(&group.id).map(|(_, after)| after);
            let mut names = std::iter::once(&group.name).chain(after);
            names.any(|name| context.group_key(name) == key)
        };
        let adopted = draft.adopted.clone();
        let live = context.input.live.groups.iter().chain(&adopted);
        let groups: Vec<&LiveGroup> = live.filter(called).collect();
        for group in &groups {
            let id = match groups.len() {
                1 => format!("guard:min-members:{name}"),
                _ => format!("guard:min-members:#{}", group.id),
            };
            let least = Least {
                count: *least,
                id: ItemId::new(id),
                code: RefusalCode::MinMembers,
                help: format!(
                    "give `{name}` more members first, or lower `policy.protect.minMembers`"
                ),
                evidence: None,
            };
            keep_members(context, draft, name, least, group);
        }
    }
}

/// Keeps as many members in a group as an assertion says it always has.
fn always(context: &Context<'_>, draft: &mut Draft) {
    for assertion in &context.input.desired.assertions {
        let (glob, at_least) = match &assertion.rule {
            Rule::Always {
                group, at_least, ..
            } => (group, at_least),
            Rule::Never { .. } => continue,
        };
        let groups = context.input.live.groups.iter();
        let groups: Vec<&LiveGroup> = groups
            .filter(|group| glob.is_match(group.name.as_str()))
            .collect();
        for group in groups {
            let least = Least {
                count: *at_least,
                id: assertion::id(assertion, group.name.as_str()),
                code: RefusalCode::AssertionViolated,
                help: assertion.help(),
                evidence: Some(assertion::evidence(context.input, assertion)),
            };
            keep_members(context, draft, &group.name, least, group);
        }
    }
}

/// How many members a group must keep, and how it is said.
struct Least {
    count: u32,
    id: ItemId,
    code: RefusalCode,
    help: String,
    evidence: Option<Evidence>,
}

fn keep_members(
    context: &Context<'_>,
    draft: &mut Draft,
    name: &GroupName,
    least: Least,
    group: &LiveGroup,
) {
    let Least {
        count: least,
        id,
        code,
        help,
        evidence,
    } = least;
    let members: HashSet<&UserId> = group
        .members
        .iter()
        .map(|at| &context.input.live.user(*at).id)
        .collect();
    let is_member = |person: &Person| person.id.as_ref().is_some_and(|id| members.contains(id));
    let is_it = |other: &GroupRef| other.id.as_ref() == Some(&group.id);
    let mut there = group.members.len() + group.unlisted.len();
    // By person: one may be taken out of the group and be removed as well.
    let mut leaving: HashSet<&UserId> = HashSet::new();
    let mut goes = false;
    for action in &draft.actions {
        match action.change.taken() {
            Taken::Nothing => {
                let coming = action.change.memberships();
                let coming = coming.filter(|coming| is_it(coming.group));
                there += coming.map_or(0, |coming| coming.members.len());
            }
            Taken::Members { group, members } if is_it(group) => {
                leaving.extend(
                    members
                        .iter()
                        .filter_map(|member| member.person.id.as_ref()),
                );
            }
            Taken::Account(person) | Taken::UseOf(person) if is_member(person) => {
                leaving.extend(&person.id);
            }
            Taken::Group(id) if *id == group.id => goes = true,
            Taken::Members { .. }
            | Taken::Account(_)
            | Taken::UseOf(_)
            | Taken::Binding { .. }
            | Taken::Group(_) => {}
        }
    }
    let left = match goes {
        true => 0,
        false => there.saturating_sub(leaving.len()),
    };
    if (leaving.is_empty() && !goes) || left >= least as usize {
        return;
    }
    let blocked = take(draft, |action| match action.change.taken() {
        Taken::Members { group, members: _ } => is_it(group),
        Taken::Account(person) | Taken::UseOf(person) => is_member(person),
        Taken::Group(id) => *id == group.id,
        Taken::Nothing | Taken::Binding { .. } => false,
    });
    draft.refusals.push(Refusal {
        id,
        code,
        message: format!(
            "the group `{name}` would be left with {left} of at least {least} members"
        ),
        help,
        evidence: evidence.into_iter().chain(evidence_of(&blocked)).collect(),
        blocked,
        cause: None,
    });
}

fn limits(context: &Context<'_>, draft: &mut Draft) -> Vec<LimitUse> {
    let policy = context.input.policy;
    let live = context.input.live;
    let mut uses = Vec::new();

    // Per group first: what it blocks no longer counts towards the total.
    let mut per_group: BTreeMap<(GroupName, Option<GroupId>), usize> = BTreeMap::new();
    for action in &draft.actions {
        if let Change::RemoveMembers { group, members } = &action.change
            && action.reason != Reason::GroupRemoved
        {
            *per_group
                .entry((group.name.clone(), group.id.clone()))
                .or_default() += members.len();
        }
    }
    // Whoever goes with their account leaves their groups as well; groups that are to go are
    // emptied on purpose.
    let gone: HashSet<&UserId> = draft
        .actions
        .iter()
        .filter(|action| !purged_groups(context, action).is_empty())
        .filter_map(|action| action.removed_person()?.id.as_ref())
        .collect();
    if !gone.is_empty() {
        let emptied: HashSet<&GroupId> = draft
            .manual_steps
            .iter()
            .filter_map(|step| step.group.id.as_ref())
            .chain(draft.actions.iter().filter_map(|action| {
                let removed = action.change.removed_group();
                removed.or_else(|| emptied(action))
            }))
            .collect();
        for group in live
            .groups
            .iter()
            .filter(|group| !emptied.contains(&group.id))
        {
            let members = group.members.iter();
            let leaving = members
                .filter(|at| gone.contains(&live.user(**at).id))
                .count();
            if leaving > 0 {
                *per_group
                    .entry((group.name.clone(), Some(group.id.clone())))
                    .or_default() += leaving;
            }
        }
    }
    let recent = context.input.recent;
    let before = context.input.population;
    // Those made by hand are not among the groups SCIM lists.
    let adopted: HashMap<GroupId, usize> = draft
        .adopted
        .iter()
        .map(|group| (group.id.clone(), group.members.len()))
        .collect();
    let mut measured: Vec<LimitUse> = per_group
        .into_iter()
        .map(|((name, id), used)| {
            let population = id.as_ref().map_or(0, |id| {
                let by_hand = adopted.get(id).copied();
                by_hand.unwrap_or_else(|| before.of_group(id))
            });
            let mut measured = measure(
                context,
                LimitName::PerGroupRemovals,
                policy.per_group_removals,
                (used, recent_of(recent, &name)),
                population,
            );
            measured.group = Some(name);
            measured
        })
        .collect();
    for tripped in measured.iter().filter(|limit| limit.tripped) {
        let blocked = take(draft, |action| match action.change.taken() {
            Taken::Members { group, members: _ } => {
                action.reason != Reason::GroupRemoved && Some(&group.name) == tripped.group.as_ref()
            }
            Taken::Account(_) => tripped
                .group
                .as_ref()
                .is_some_and(|name| purged_groups(context, action).contains(name)),
            Taken::Nothing | Taken::UseOf(_) | Taken::Binding { .. } | Taken::Group(_) => false,
        });
        // What another group's limit has blocked already is not blocked twice.
        if blocked.is_empty() {
            continue;
        }
        draft.refusals.push(limit_refusal(tripped, blocked));
    }
    measured.sort_by(|a, b| {
        let share = |limit: &LimitUse| (limit.tripped, limit.used * 1000 / limit.population.max(1));
        share(b).cmp(&share(a)).then_with(|| a.group.cmp(&b.group))
    });

    let lost = draft.actions.iter().map(Action::unlisted_lost);
    let unlisted: usize = lost.map(<[String]>::len).sum();
    let emptied_first: HashSet<&GroupId> = draft.actions.iter().filter_map(emptied).collect();
    let removed = draft
        .actions
        .iter()
        .map(|action| match action.change.taken() {
            Taken::Members { group: _, members } => members.len(),
            // Where it is emptied first, by items that are counted, it takes nothing more of
            // those who are listed.
            Taken::Group(id) if emptied_first.contains(id) => action.unlisted_lost().len(),
            Taken::Group(id) => before.of_group(id) + action.unlisted_lost().len(),
            Taken::Account(_) => purged_groups(context, action).len(),
            Taken::Nothing | Taken::UseOf(_) | Taken::Binding { .. } => 0,
        })
        .sum();
    let total = measure(
        context,
        LimitName::MembershipRemovals,
        policy.membership_removals,
        (removed, recent.memberships),
        // Memberships nobody lists count where the plan takes them: those it leaves alone would
        // only let it take more of the others.
        before.memberships + unlisted,
    );
    if total.tripped {
        let blocked = take(draft, |action| {
            matches!(
                action.change,
                Change::RemoveMembers { .. } | Change::DeleteGroup { .. }
            ) || !purged_groups(context, action).is_empty()
        });
        draft.refusals.push(limit_refusal(&total, blocked));
    }

    let is_user_removal = |action: &Action| {
        matches!(
            action.change,
            Change::DeleteUser { .. } | Change::DeactivateUser { .. }
        )
    };
    let removed = draft
        .actions
        .iter()
        .filter(|action| is_user_removal(action))
        .count();
    let people = measure(
        context,
        LimitName::UserRemovals,
        policy.user_removals,
        (removed, recent.users),
        before.users,
    );
    if people.tripped {
        let blocked = take(draft, is_user_removal);
        draft.refusals.push(limit_refusal(&people, blocked));
    }

    uses.push(people);
    uses.push(total);
    uses.push(measured.into_iter().next().unwrap_or_else(|| {
        let (limit, configured) = (LimitName::PerGroupRemovals, policy.per_group_removals);
        measure(context, limit, configured, (0, 0), 0)
    }));
    uses.extend(binding_limit(context, draft));
    uses
}

/// How many role bindings go, by themselves or with their group; nothing where none were read.
fn binding_limit(context: &Context<'_>, draft: &mut Draft) -> Option<LimitUse> {
    let bindings = context.input.live.beside.bindings.known()?;
    let population = bindings
        .iter()
        .filter(|binding| matches!(binding.bound, Bound::Group(_)))
        .count();
    let ends = |action: &Action| match action.change.taken() {
        Taken::Binding { .. } => 1,
        Taken::Group(_) => action.bindings_ended().len(),
        Taken::Nothing | Taken::Account(_) | Taken::UseOf(_) | Taken::Members { .. } => 0,
    };
    let used = draft.actions.iter().map(ends).sum();
    let limit = measure(
        context,
        LimitName::BindingRemovals,
        context.input.policy.binding_removals,
        (used, context.input.recent.bindings),
        population,
    );
    if limit.tripped {
        let blocked = take(draft, |action| ends(action) > 0);
        draft.refusals.push(limit_refusal(&limit, blocked));
    }
    Some(limit)
}

fn measure(
    context: &Context<'_>,
    limit: LimitName,
    configured: Limit,
    (used, recent): (usize, usize),
    population: usize,
) -> LimitUse {
    let allowed = match configured {
        Limit::Count(count) => Some(count as usize),
        Limit::Percent(_) if population < context.input.policy.minimum_population as usize => None,
        Limit::Percent(percent) => Some(population * usize::from(percent) / 100),
    };
    let raised_to = context.input.allow.0.get(&limit).copied();
    let ceiling = allowed.map(|allowed| allowed.max(raised_to.unwrap_or(0) as usize));
    LimitUse {
        limit,
        group: None,
        used,
        recent,
        population,
        configured: configured.to_string(),
        allowed,
        raised_to,
        tripped: used > 0 && ceiling.is_some_and(|ceiling| used + recent > ceiling),
    }
}

fn recent_of(recent: &Recent, group: &GroupName) -> usize {
    recent.by_group.get(group).copied().unwrap_or(0)
}

fn limit_refusal(limit: &LimitUse, blocked: Vec<Action>) -> Refusal {
    let allowed = limit
        .allowed
        .expect("a limit that does not apply never trips");
    let (id, of) = match &limit.group {
        Some(group) => (
            format!("guard:{}:{group}", limit.limit.as_str()),
            format!("`{group}`: "),
        ),
        None => (format!("guard:{}", limit.limit.as_str()), String::new()),
    };
    let noun = limit.limit.noun(limit.used);
    let past = match limit.recent {
        0 => String::new(),
        recent => format!(" after {recent} in the last 24 hours"),
    };
    let configured = if limit.configured.ends_with('%') {
        format!(
            "{allowed} allowed ({} of {})",
            limit.configured, limit.population
        )
    } else {
        format!("{allowed} allowed")
    };
    Refusal {
        id: ItemId::new(id),
        code: limit.limit.code(),
        message: format!("{of}{} {noun}{past}, {configured}", limit.used),
        help: format!(
            "check that this is meant; then `--allow {}={}` raises this limit for this plan only (`policy.limits.{}` for good)",
            limit.limit.as_str(),
            limit.total(),
            limit.limit.key()
        ),
        evidence: evidence_of(&blocked),
        blocked,
        cause: None,
    }
}

/// An action whose prerequisite a guard has blocked is blocked with it.
fn depend_on_what_is_left(draft: &mut Draft) {
    let mut refused: HashMap<ItemId, usize> = HashMap::new();
    for (refusal, at) in draft.refusals.iter().zip(0..) {
        for action in &refusal.blocked {
            refused.insert(action.id.clone(), at);
            refused.extend(whole_of(action).map(|whole| (whole, at)));
        }
    }
    if refused.is_empty() {
        return;
    }
    for action in take(draft, |action| {
        action
            .depends_on
            .iter()
            .any(|item| refused.contains_key(item))
    }) {
        let at = action
            .depends_on
            .iter()
            .find_map(|item| refused.get(item))
            .copied()
            .expect("filtered on it");
        draft.refusals[at].blocked.push(action);
    }
}

/// The item that was blocked in part: where one of several members is protected, the refused
/// part carries the item's id with the member's label behind it.
fn whole_of(part: &Action) -> Option<ItemId> {
    let Change::RemoveMembers { members, .. } = &part.change else {
        return None;
    };
    let [member] = members.as_slice() else {
        return None;
    };
    let whole = part.id.as_str().strip_suffix(member.person.label())?;
    Some(ItemId::new(whole.strip_suffix(':')?))
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allowances_name_one_limit() {
        assert_eq!(
            Allowances::parse_one("user-removals=12"),
            Ok((LimitName::UserRemovals, 12))
        );
        assert!(Allowances::parse_one("everything=12").is_err());
        assert!(Allowances::parse_one("user-removals=all").is_err());
    }
}
