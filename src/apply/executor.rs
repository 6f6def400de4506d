//! The order of things: phases one after the other, items of a phase side by side.

use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::StreamExt as _;

use super::outcome::{Outcome, Status, StepOutcome};
use super::steps::Steps;
use crate::ids::{GroupId, GroupName, ItemId, PersonKey, UserId};
use crate::manifest::decl::ApprovalKind;
use crate::plan::{Action, Change, Phase, Plan};
use crate::profile::Profile;
use crate::scim::http::Transport;
use crate::scim::service::Writer;

/// How a plan is carried out.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many items at once.
    pub concurrency: usize,
    /// Kinds that need approval by name.
    pub needs_approval: BTreeSet<ApprovalKind>,
    /// Kinds that were approved.
    pub approved: BTreeSet<ApprovalKind>,
}

/// Asked to stop: items in flight are finished, no further one is begun.
#[derive(Debug, Default)]
pub struct Stop(AtomicBool);

impl Stop {
    /// Asks to stop.
    pub fn ask(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether somebody asked.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// Whoever watches a run.
pub trait Progress: Sync {
    /// An item came to its end.
    fn finished(&self, action: &Action, status: &Status);
}

/// What earlier items of this run made.
#[derive(Default)]
pub(super) struct Made {
    pub(super) users: HashMap<PersonKey, UserId>,
    pub(super) groups: HashMap<GroupName, GroupId>,
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
            read_whole: plan_read_whole(plan),
            made: Mutex::default(),
        },
        options,
        stop,
        progress,
        statuses: Mutex::default(),
        stopped: Mutex::default(),
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

fn plan_read_whole(plan: &Plan) -> super::steps::ReadBefore {
    if plan.integrity.users.is_whole() && plan.integrity.groups.is_whole() {
        super::steps::ReadBefore::Whole
    } else {
        super::steps::ReadBefore::Partial
    }
}

struct Run<'a, T, P> {
    steps: Steps<'a, T>,
    options: &'a Options,
    stop: &'a Stop,
    progress: &'a P,
    statuses: Mutex<HashMap<ItemId, Status>>,
    stopped: Mutex<Option<String>>,
}

impl<T: Transport, P: Progress> Run<'_, T, P> {
    /// Runs the items of one phase. Items on one group are one chain, since a provider's
    /// PATCH may read, change and write the whole member list (faults S7, F26).
    async fn phase(&self, phase: Phase, actions: &[Action]) {
        let mut chains: Vec<Vec<&Action>> = Vec::new();
        let mut by_group: HashMap<&GroupName, usize> = HashMap::new();
        for action in actions {
            match action.change.group_name() {
                None => chains.push(vec![action]),
                Some(name) => match by_group.get(name) {
                    Some(at) => chains[*at].push(action),
                    None => {
                        by_group.insert(name, chains.len());
                        chains.push(vec![action]);
                    }
                },
            }
        }
        let memberships = match phase {
            Phase::AddMembers | Phase::RemoveMembers => true,
            Phase::CreateUsers
            | Phase::ReactivateUsers
            | Phase::UpdateUsers
            | Phase::CreateGroups
            | Phase::RenameGroups
            | Phase::DeactivateUsers
            | Phase::DeleteUsers
            | Phase::DeleteGroups => false,
        };
        futures_util::stream::iter(chains)
            .for_each_concurrent(self.options.concurrency.max(1), |chain| async move {
                if memberships {
                    self.membership_chain(&chain).await;
                } else {
                    for action in chain {
                        self.one(action).await;
                    }
                }
            })
            .await;
    }

    async fn one(&self, action: &Action) {
        let status = match self.hindrance(action) {
            Some(status) => status,
            None => self.guard_run(self.steps.run(action).await),
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
        if ready.is_empty() {
            return;
        }
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
            Ok(status) => status,
            Err(error) => {
                if error.stops_the_run() {
                    self.stopped
                        .lock()
                        .expect("no panic inside")
                        .get_or_insert(error.to_string());
                }
                Status::Failed {
                    message: error.to_string(),
                    help: error.help(),
                }
            }
        }
    }

    fn settle(&self, action: &Action, status: Status) {
        self.progress.finished(action, &status);
        self.statuses
            .lock()
            .expect("no panic inside")
            .insert(action.id.clone(), status);
    }

    fn into_outcome(self, plan: &Plan) -> Outcome {
        let mut statuses = self.statuses.into_inner().expect("no panic inside");
        let stopped = self.stopped.into_inner().expect("no panic inside");
        let asked = self.stop.is_asked().then(|| "asked to stop".to_owned());
        Outcome {
            steps: plan
                .actions
                .iter()
                .map(|action| StepOutcome {
                    id: action.id.clone(),
                    status: statuses.remove(&action.id).unwrap_or(Status::NotRun),
                })
                .collect(),
            stopped: stopped.or(asked),
        }
    }
}

/// Which users a membership item is about, by id or by key of somebody made in this run.
pub(super) fn members(action: &Action) -> &[crate::plan::MemberChange] {
    match &action.change {
        Change::AddMembers { members, .. } | Change::RemoveMembers { members, .. } => members,
        Change::CreateUser { .. }
        | Change::ReactivateUser { .. }
        | Change::UpdateUser { .. }
        | Change::CreateGroup { .. }
        | Change::RenameGroup { .. }
        | Change::DeactivateUser { .. }
        | Change::DeleteUser { .. }
        | Change::DeleteGroup { .. } => &[],
    }
}
