//! The order of things: phases one after the other, items of a phase side by side.

use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::StreamExt as _;

use super::context::{MadeBy, Picture, Stop};
use super::outcome::{Outcome, Status, StepOutcome};
use super::recorded::for_item;
use super::steps::Steps;
use crate::ids::{GroupId, GroupName, ItemId};
use crate::manifest::decl::ApprovalKind;
use crate::plan::{Action, Change, Moved, Phase, Plan};
use crate::profile::Profile;
use crate::scim::http::Transport;
use crate::scim::service::Writer;

/// How a plan is carried out.
#[derive(Debug, Clone)]
pub struct Options {
    /// When and how well the plan's live state was read.
    pub picture: Picture,
    /// What of the plan is not to be carried out any more, where it was saved.
    pub moved: Moved,
    /// How many items at once.
    pub concurrency: usize,
    /// Kinds that need approval by name.
    pub needs_approval: BTreeSet<ApprovalKind>,
    /// Kinds that were approved.
    pub approved: BTreeSet<ApprovalKind>,
}

/// Whoever watches a run.
pub trait Progress: Sync {
    /// An item is begun.
    fn started(&self, action: &Action) {
        let _ = action;
    }

    /// An item came to its end.
    fn finished(&self, action: &Action, status: &Status, made: MadeBy);
}

/// Carries out a plan.
///
/// Never fails as a whole: whatever happens is in the outcome.
pub async fn execute<T: Transport>(
    plan: &Plan,
    profile: &Profile,
    writer: &Writer<T>,
    options: &Options,
    stop: &Stop,
    progress: &impl Progress,
) -> Outcome {
    let run = Run {
        steps: Steps {
            writer,
            profile,
            picture: picture(plan, options),
            moved: &options.moved,
            called: called(plan),
            made: Mutex::default(),
        },
        options,
        stop,
        progress,
        statuses: Mutex::default(),
        stopped: Mutex::default(),
        in_a_row: AtomicUsize::new(0),
    };
    let mut at = 0;
    while at < plan.actions.len() {
        let phase = plan.actions[at].change.phase();
        let end = at
            + plan.actions[at..]
                .iter()
                .take_while(|action| action.change.phase() == phase)
                .count();
        run.phase(phase, &plan.actions[at..end]).await;
        at = end;
    }
    run.into_outcome(plan)
}

/// A plan made from a partial read is dated from the start.
fn picture(plan: &Plan, options: &Options) -> Picture {
    if plan.integrity.users.is_whole() && plan.integrity.groups.is_whole() {
        options.picture
    } else {
        Picture::Dated
    }
}

/// What each group is called whose name an item of the plan changes, before and after.
fn called(plan: &Plan) -> HashMap<&GroupId, [&GroupName; 2]> {
    plan.actions
        .iter()
        .filter_map(|action| match &action.change {
            Change::RenameGroup { id, before, after } => Some((id, [before, after])),
            Change::AdoptGroup {
                id, name, called, ..
            } => Some((id, [called, name])),
            Change::CreateUser { .. }
            | Change::AdoptUser { .. }
            | Change::ReactivateUser { .. }
            | Change::UpdateUser { .. }
            | Change::CreateGroup { .. }
            | Change::AddMembers { .. }
            | Change::CreateBinding { .. }
            | Change::DeleteBinding { .. }
            | Change::RemoveMembers { .. }
            | Change::DeactivateUser { .. }
            | Change::DeleteUser { .. }
            | Change::DeleteGroup { .. } => None,
        })
        .collect()
}

/// How the items of a phase are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// All items on one group together.
    Memberships,
    /// One by one.
    Others,
}

struct Run<'a, T, P> {
    steps: Steps<'a, T>,
    options: &'a Options,
    stop: &'a Stop,
    progress: &'a P,
    statuses: Mutex<HashMap<ItemId, Status>>,
    stopped: Mutex<Option<String>>,
    /// Items that the provider failed, one after the other.
    in_a_row: AtomicUsize,
}

/// So many items failed by the provider one after the other end the run: it is not well, and
/// the rest would fare no better (faults F38).
const BREAKER: usize = 5;

impl<T: Transport, P: Progress> Run<'_, T, P> {
    /// Runs the items of one phase. Items on one group are one chain, since a provider's
    /// PATCH may read, change and write the whole member list (faults S7, F26).
    async fn phase(&self, phase: Phase, actions: &[Action]) {
        let mut chains: Vec<Vec<&Action>> = Vec::new();
        let mut by_group: HashMap<(&GroupName, Option<&GroupId>), usize> = HashMap::new();
        for action in actions {
            match action.change.group_name() {
                None => chains.push(vec![action]),
                Some(name) => {
                    let group = (name, action.change.group_id());
                    match by_group.get(&group) {
                        Some(at) => chains[*at].push(action),
                        None => {
                            by_group.insert(group, chains.len());
                            chains.push(vec![action]);
                        }
                    }
                }
            }
        }
        let memberships = match phase {
            Phase::AddMembers | Phase::RemoveMembers => Kind::Memberships,
            Phase::CreateUsers
            | Phase::ReactivateUsers
            | Phase::UpdateUsers
            | Phase::CreateGroups
            | Phase::RenameGroups
            | Phase::CreateBindings
            | Phase::DeleteBindings
            | Phase::DeactivateUsers
            | Phase::DeleteUsers
            | Phase::DeleteGroups => Kind::Others,
        };
        // The canary: one goes first and is read back. If the provider says yes and does
        // nothing, it would do so for all of them.
        let mut chains = chains.into_iter();
        let Some(canary) = chains.next() else { return };
        let first = canary[0].id.clone();
        self.chain(canary, memberships).await;
        let deaf = self
            .statuses
            .lock()
            .expect("no panic inside")
            .get(&first)
            .is_some_and(|status| matches!(status, Status::NotTaken { .. }));
        if deaf {
            for action in chains.flatten() {
                let because = format!(
                    "`{first}`, the first of its kind, was answered with success and did nothing"
                );
                self.settle(action, Status::Skipped { because });
            }
            return;
        }
        futures_util::stream::iter(chains)
            .for_each_concurrent(self.options.concurrency.max(1), |chain| {
                self.chain(chain, memberships)
            })
            .await;
    }

    async fn chain(&self, chain: Vec<&Action>, kind: Kind) {
        match kind {
            Kind::Memberships => self.membership_chain(&chain).await,
            Kind::Others => {
                for action in chain {
                    self.one(action).await;
                }
            }
        }
    }

    async fn one(&self, action: &Action) {
        let status = match self.hindrance(action) {
            Some(status) => status,
            None => {
                self.progress.started(action);
                let running = for_item(&action.id, self.steps.run(action));
                self.guard_run(running.await)
            }
        };
        self.settle(action, status);
    }

    /// All batches on one group, read before the first and after the last.
    async fn membership_chain(&self, chain: &[&Action]) {
        let mut ready: Vec<&Action> = Vec::new();
        for action in chain {
            match self.hindrance(action) {
                Some(status) => self.settle(action, status),
                None => ready.push(action),
            }
        }
        let Some(first) = ready.first() else { return };
        self.progress.started(first);
        let asked =
            || self.stop.is_asked() || self.stopped.lock().expect("no panic inside").is_some();
        for (action, result) in self.steps.memberships(&ready, asked).await {
            let status = self.guard_run(result);
            self.settle(action, status);
        }
    }

    /// Why an item is not begun, if it is not.
    fn hindrance(&self, action: &Action) -> Option<Status> {
        if self.stop.is_asked() || self.stopped.lock().expect("no panic inside").is_some() {
            return Some(Status::NotRun);
        }
        let approval = action.change.approval();
        if self.options.needs_approval.contains(&approval)
            && !self.options.approved.contains(&approval)
        {
            return Some(Status::Pending(approval));
        }
        if let Some(message) = self.options.moved.item(action) {
            return Some(Status::Moved {
                message: message.to_owned(),
            });
        }
        let statuses = self.statuses.lock().expect("no panic inside");
        let failed = action
            .depends_on
            .iter()
            .find(|id| statuses.get(*id).is_none_or(|status| !status.is_good()));
        failed.map(|id| Status::Skipped {
            because: format!("`{id}` was not done"),
        })
    }

    /// Takes a step's result; an error that concerns the whole run (a refused token, say)
    /// stops it.
    fn guard_run(&self, result: Result<Status, crate::scim::error::ScimError>) -> Status {
        match result {
            Ok(status) => {
                self.in_a_row.store(0, Ordering::Relaxed);
                status
            }
            Err(error) => {
                let in_a_row = match error.is_the_providers() {
                    true => self.in_a_row.fetch_add(1, Ordering::Relaxed) + 1,
                    false => 0,
                };
                let why = if error.stops_the_run() {
                    Some(error.to_string())
                } else if in_a_row >= BREAKER {
                    Some(format!(
                        "the provider failed {in_a_row} items one after the other, last with {error}"
                    ))
                } else {
                    None
                };
                // Whoever is asked to stop gives up waiting: that is no reason of its own.
                if let Some(why) = why.filter(|_| !self.stop.is_asked()) {
                    self.stopped
                        .lock()
                        .expect("no panic inside")
                        .get_or_insert(why);
                }
                Status::Failed {
                    message: error.to_string(),
                    help: error.help(),
                }
            }
        }
    }

    fn settle(&self, action: &Action, status: Status) {
        let made = self.steps.made_by(action);
        self.progress.finished(action, &status, made);
        self.statuses
            .lock()
            .expect("no panic inside")
            .insert(action.id.clone(), status);
    }

    fn into_outcome(self, plan: &Plan) -> Outcome {
        let mut statuses = self.statuses.into_inner().expect("no panic inside");
        let stopped = self.stopped.into_inner().expect("no panic inside");
        Outcome {
            steps: plan
                .actions
                .iter()
                .map(|action| StepOutcome {
                    id: action.id.clone(),
                    status: statuses.remove(&action.id).unwrap_or(Status::NotRun),
                })
                .collect(),
            stopped: stopped.or(self.stop.reason()),
        }
    }
}
