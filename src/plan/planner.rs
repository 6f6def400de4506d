//! [`plan`]: the stages in their order.

use std::borrow::Cow;

use super::after::after;
use super::bindings::{bindings_lost, plan_bindings};
use super::groups::plan_groups;
use super::guard::{self, Allowances};
use super::identity::{Matched, match_traced, match_users, rematch};
use super::item::{
    Action, Change, Consequence, Evidence, ItemId, ManualStep, Notice, NoticeCode, Person, Reason,
    Refusal, Unmanaged,
};
use super::marks::Traces;
use super::policy::Policy;
use super::summary::Summary;
use super::users::{Settled, plan_users};
use super::{
    Inputs, PLAN_VERSION, Plan, Population, Recent, TargetInfo, Written, assertion, base, cause,
    consequence, effect, logins, moved, one_human, proof, standalone, writers,
};
use crate::desired::{BaseRevision, DesiredState, UserIndex};
use crate::ids::{GroupName, folded};
use crate::live::snapshot::IntegrityFile;
use crate::live::{LiveGroup, LiveIndex, LiveState};
use crate::manifest::source::{Place, SourceMap, Span};
use crate::profile::{GroupNames, Profile};
use crate::scim::listing::{Verdict, Walk};

/// Everything a plan depends on.
#[derive(Debug, Clone, Copy)]
pub struct PlanInput<'a> {
    /// What is wanted.
    pub desired: &'a DesiredState,
    /// The texts the desired state came from, to name places.
    pub sources: &'a SourceMap,
    /// The manifest as it was before the change under review, if that is known.
    pub base: Option<&'a BaseRevision>,
    /// What is there.
    pub live: &'a LiveState,
    /// What limits in percent are of.
    pub population: &'a Population,
    /// What the provider can do.
    pub profile: &'a Profile,
    /// What the plan may do.
    pub policy: &'a Policy,
    /// Limits raised for this plan only.
    pub allow: &'a Allowances,
    /// What was removed in the last 24 hours.
    pub recent: &'a Recent,
    /// What past runs wrote and read back.
    pub written: &'a Written,
    /// The provider, to be named in the plan.
    pub target: &'a TargetInfo,
    /// Fingerprints, to be named in the plan.
    pub inputs: &'a Inputs,
}

/// The input with what is derived from it once.
pub(super) struct Context<'a> {
    pub(super) input: PlanInput<'a>,
}

impl Context<'_> {
    /// A group's name in the form in which this provider compares names.
    pub(super) fn group_key<'n>(&self, name: &'n GroupName) -> Cow<'n, str> {
        match self.input.profile.group_names {
            GroupNames::Exact => Cow::Borrowed(name.as_str()),
            GroupNames::Folded => folded(name.as_str()),
        }
    }

    pub(super) fn place(&self, span: Span) -> Place {
        self.input.sources.place(span)
    }

    pub(super) fn evidence(&self, span: Span, what: String) -> Evidence {
        Evidence {
            place: self.place(span),
            revision: None,
            what,
        }
    }

    /// A live user, named by the key they are declared under, if they are.
    pub(super) fn live_person(&self, live: LiveIndex, declared: Option<UserIndex>) -> Person {
        let user = self.input.live.user(live);
        Person {
            key: declared.map(|user| self.input.desired.user(user).key.clone()),
            email: user.email.clone(),
            id: Some(user.id.clone()),
        }
    }

    /// A declared person who has no account yet.
    pub(super) fn planned_person(&self, user: UserIndex) -> Person {
        let user = self.input.desired.user(user);
        Person {
            key: Some(user.key.clone()),
            email: user.email.clone(),
            id: None,
        }
    }
}

/// The plan while it is made.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) actions: Vec<Action>,
    pub(super) refusals: Vec<Refusal>,
    pub(super) manual_steps: Vec<ManualStep>,
    pub(super) unmanaged: Unmanaged,
    pub(super) notices: Vec<Notice>,
    /// Live users whose account goes and takes its memberships along, by position.
    pub(super) purged: Vec<LiveIndex>,
    /// Groups made by hand that are taken over, as they are now.
    pub(super) adopted: Vec<LiveGroup>,
}

impl Draft {
    /// How much there is to tell of people so far.
    pub(super) fn told(&self) -> usize {
        let done = self.actions.len() + self.refusals.len() + self.manual_steps.len();
        done + self.unmanaged.users.len() + self.notices.len()
    }

    pub(super) fn act(
        &mut self,
        id: String,
        change: Change,
        reason: Reason,
        evidence: Vec<Evidence>,
    ) -> &mut Action {
        self.actions.push(Action {
            id: ItemId::new(id),
            change,
            reason,
            evidence,
            consequences: Vec::new(),
            depends_on: Vec::new(),
            cause: None,
        });
        self.actions.last_mut().expect("just pushed")
    }
}

impl Action {
    pub(super) fn with(&mut self, consequence: Consequence) {
        self.consequences.push(consequence);
    }
}

/// Makes the plan, and plans again after it. With a base revision it is made once more from
/// what was wanted then, to tell what this change brings from what was there already.
pub fn plan(input: PlanInput<'_>) -> Plan {
    complete(input, sketch(input))
}

/// A plan that has not proved itself: enough to know what else to ask before it is made.
#[derive(Debug)]
pub struct Sketch {
    /// Its items. Its inputs were not looked at.
    pub(super) plan: Plan,
    /// Declared people who have no account that SCIM lists.
    pub(super) nobody: Vec<UserIndex>,
    /// Who is who; nothing where it is not worth keeping.
    pub(super) known: Option<Recognised>,
}

/// What need not be found out again about almost everybody once a plan is carried out.
#[derive(Debug)]
pub(super) struct Recognised {
    /// Who is who, as far as e-mails and keys tell.
    matched: Matched,
    /// By what that was told.
    traces: Traces,
    /// Of whom nothing is to be done.
    settled: Settled,
}

impl Recognised {
    /// Who is who once others have come, gone or changed since a live state; and of whom nothing
    /// is to be done still.
    fn again(&self, context: &Context<'_>, then: &LiveState) -> (Matched, Settled) {
        match context.input.live.users.since(&then.users) {
            Some(moves) => {
                let matched = rematch(context, &self.matched, &self.traces, &moves);
                let stays = |user| {
                    let before = self.matched.matches.of(user);
                    let there = before.live().and_then(|live| moves.now[live.0 as usize]);
                    there.is_some() && matched.matches.of(user).live() == there
                };
                let settled = self.settled.and(stays);
                (matched, settled)
            }
            None => (match_users(context), Settled::default()),
        }
    }
}

/// Makes the items of a plan and does not prove them.
pub fn sketch(input: PlanInput<'_>) -> Sketch {
    let traces = Traces::of(input.desired, input.live);
    let matched = match_traced(&Context { input }, &traces);
    sketch_of(input, matched, traces)
}

/// As [`sketch`], of an input in which nothing has changed but what is known beside SCIM since
/// an earlier sketch: who is who stays as it was.
pub fn resketch(input: PlanInput<'_>, before: Sketch) -> Sketch {
    match before.known {
        Some(known) => sketch_of(input, known.matched, known.traces),
        None => sketch(input),
    }
}

fn sketch_of(input: PlanInput<'_>, matched: Matched, traces: Traces) -> Sketch {
    let (plan, nobody, settled) = make_and_tell(input, matched.clone());
    Sketch {
        plan,
        nobody,
        known: Some(Recognised {
            matched,
            traces,
            settled,
        }),
    }
}

/// Makes a plan of a sketch of the same input.
pub fn complete(input: PlanInput<'_>, sketch: Sketch) -> Plan {
    let Sketch {
        mut plan, known, ..
    } = sketch;
    plan.inputs = input.inputs.clone();
    let (mut plan, after) = whole(input, plan);
    prove(&mut plan, input, &after, |again| {
        let context = Context { input: again };
        let anew = || actions(&context, match_users(&context), &Settled::default());
        let Some(known) = &known else {
            return anew();
        };
        let (matched, stayed) = known.again(&context, input.live);
        debug_assert_eq!(matched, match_users(&context), "as if matched from scratch");
        let actions = actions(&context, matched, &stayed);
        debug_assert_eq!(actions, anew(), "as if everybody were looked at");
        actions
    });
    if let Some(base) = input.base {
        let policy = Policy::new(&base.policy);
        let input = PlanInput {
            desired: &base.desired,
            sources: &base.sources,
            policy: &policy,
            base: None,
            ..input
        };
        let (before, _) = whole(input, make(input));
        cause::tell(&mut plan, &before);
    }
    plan
}

/// A plan with what it comes to, and what the provider holds afterwards.
pub(super) fn whole(input: PlanInput<'_>, mut plan: Plan) -> (Plan, Cow<'_, LiveState>) {
    let after = match plan.actions.is_empty() {
        true => Cow::Borrowed(input.live),
        false => Cow::Owned(after(input.live, &plan.actions, input.profile)),
    };
    effect::tell(&mut plan, input.live, &after);
    assertion::hold(&mut plan, input, &after);
    (plan, after)
}

/// Plans again after a plan, and says what comes of it.
pub(super) fn prove<'a>(
    plan: &mut Plan,
    input: PlanInput<'a>,
    after: &'a LiveState,
    act: impl FnOnce(PlanInput<'a>) -> Vec<Action>,
) {
    let again = match plan.actions.is_empty() {
        true => Vec::new(),
        false => act(PlanInput {
            live: after,
            ..input
        }),
    };
    proof::prove(plan, &again);
}

fn make(input: PlanInput<'_>) -> Plan {
    make_and_tell(input, match_users(&Context { input })).0
}

/// The items; whom no account was found for; and of whom nothing is to be done.
fn make_and_tell(input: PlanInput<'_>, matched: Matched) -> (Plan, Vec<UserIndex>, Settled) {
    let context = Context { input };
    let (mut draft, nobody, settled) = drafted(&context, matched, &Settled::default());
    notice_ending_grants(&context, &mut draft);
    logins::flag(&context, &mut draft);
    writers::flag(&context, &mut draft);
    (railed(&context, draft), nobody, settled)
}

/// What would be done, without what is said besides.
fn actions(context: &Context<'_>, matched: Matched, known: &Settled) -> Vec<Action> {
    let (mut draft, ..) = drafted(context, matched, known);
    guarded(context, &mut draft);
    order_actions(&mut draft.actions);
    draft.actions
}

/// Every difference, before the rails, but for those who are known to be settled; whom no account
/// was found for; and who is settled.
fn drafted(
    context: &Context<'_>,
    matched: Matched,
    known: &Settled,
) -> (Draft, Vec<UserIndex>, Settled) {
    let Matched {
        mut matches,
        refusals,
    } = matched;
    let mut draft = Draft {
        refusals,
        ..Draft::default()
    };

    let gone = base::follow(context, &mut matches, &mut draft.refusals);
    let nobody = matches.nobody().collect();
    standalone::hold(context, &mut matches, &mut draft);
    let settled = plan_users(context, &matches, &gone, known, &mut draft);
    one_human::hold(context, &mut matches, &mut draft);
    plan_groups(context, &matches, &settled, &mut draft);
    plan_bindings(context, &mut draft);
    (draft, nobody, settled)
}

/// What every plan goes through, whatever its actions come from: consequences, guards, order.
pub(super) fn railed(context: &Context<'_>, mut draft: Draft) -> Plan {
    let limits = guarded(context, &mut draft);
    bindings_lost(context, &mut draft);
    notice_partial_read(context, &mut draft);
    order(&mut draft);
    finish(context, draft, limits)
}

/// Consequences, which limits count, and the guards.
fn guarded(context: &Context<'_>, draft: &mut Draft) -> Vec<super::LimitUse> {
    consequence::logins_told(context, draft);
    consequence::memberships_lost(context, draft);
    consequence::unlisted_lost(context, draft);
    consequence::bindings_ended(context, draft);
    guard::apply(context, draft)
}

fn notice_partial_read(context: &Context<'_>, draft: &mut Draft) {
    for (kind, walk) in [
        ("users", &context.input.live.integrity.users),
        ("groups", &context.input.live.integrity.groups),
    ] {
        if !walk.is_whole() {
            draft.notices.push(Notice {
                code: NoticeCode::PartialRead,
                message: format!(
                    "the list of {kind} may have gaps, so nothing is removed: {}",
                    doubts(walk)
                ),
                evidence: Vec::new(),
            });
        }
    }
}

/// How many days ahead an ending grant is told.
const ENDING_DAYS: i64 = 30;

/// Access that ends by itself should be no surprise on the day.
fn notice_ending_grants(context: &Context<'_>, draft: &mut Draft) {
    let desired = context.input.desired;
    let Ok(horizon) = desired
        .as_of
        .checked_add(jiff::Span::new().days(ENDING_DAYS))
    else {
        return;
    };
    for role in &desired.roles {
        for (grant, until) in role.grants.ending(horizon) {
            let user = desired.user(grant.user);
            draft.notices.push(Notice {
                code: NoticeCode::GrantEnds,
                message: format!("`{}` has the role `{}` until {until}", user.key, role.name),
                evidence: vec![context.evidence(grant.span, format!("member of `{}`", role.name))],
            });
        }
    }
}

/// Sorts everything by what a reader and the executor need: actions by phase, then by
/// subject; the rest by id.
fn order(draft: &mut Draft) {
    order_actions(&mut draft.actions);
    draft
        .refusals
        .sort_by(|a, b| (a.code, &a.id).cmp(&(b.code, &b.id)));
    draft.manual_steps.sort_by(|a, b| a.id.cmp(&b.id));
    draft
        .unmanaged
        .users
        .sort_by(|a, b| (&a.person.email, &a.person.id).cmp(&(&b.person.email, &b.person.id)));
    draft.unmanaged.groups.sort_by(|a, b| a.group.cmp(&b.group));
    draft
        .unmanaged
        .memberships
        .sort_by(|a, b| (&a.group, a.because).cmp(&(&b.group, b.because)));
    draft
        .unmanaged
        .bindings
        .sort_by(|a, b| (&a.group, &a.binding, &a.id).cmp(&(&b.group, &b.binding, &b.id)));
    draft
        .notices
        .sort_by(|a, b| (a.code, &a.message).cmp(&(b.code, &b.message)));
}

fn order_actions(actions: &mut [Action]) {
    actions.sort_by(|a, b| (a.change.phase(), &a.id).cmp(&(b.change.phase(), &b.id)));
}

fn finish(context: &Context<'_>, draft: Draft, limits: Vec<super::LimitUse>) -> Plan {
    let Draft {
        actions,
        refusals,
        manual_steps,
        unmanaged,
        notices,
        purged: _,
        adopted: _,
    } = draft;
    let summary = Summary::new(
        context.input.live,
        &actions,
        &refusals,
        &manual_steps,
        &unmanaged,
    );
    let needed = actions.iter().map(|action| action.change.approval());
    let approvals = &context.input.policy.approvals;
    Plan {
        needs_approval: needed.filter(|kind| approvals.contains(kind)).collect(),
        version: PLAN_VERSION,
        target: context.input.target.clone(),
        as_of: context.input.desired.as_of,
        complete: refusals.is_empty() && manual_steps.is_empty(),
        applyable: !actions.is_empty(),
        converges: true,
        summary,
        base: context.input.base.map(|base| base.label.to_string()),
        undo: None,
        inputs: context.input.inputs.clone(),
        integrity: IntegrityFile {
            users: context.input.live.integrity.users.clone(),
            groups: context.input.live.integrity.groups.clone(),
        },
        limits,
        accounts: moved::seen(context.input.live, &actions),
        actions,
        people: Vec::new(),
        refusals,
        manual_steps,
        unmanaged,
        notices,
    }
}

fn doubts(walk: &Walk) -> String {
    match &walk.verdict {
        Verdict::Whole { how: _ } => String::new(),
        Verdict::Partial { reasons } => {
            let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
            reasons.join("; ")
        }
    }
}
