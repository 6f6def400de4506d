//! Reading the live state for a plan: what SCIM tells, and what the provider's own API tells
//! besides, as far as the plan depends on it.

use super::plan::{self, Rails};
use super::project::{self, Project};
use crate::desired::BaseRevision;
use crate::live::beside::Ask;
use crate::live::collect::collect;
use crate::live::{LiveState, collect_beside};
use crate::plan::questions::questions;
use crate::plan::undo::{self, Undo};
use crate::plan::{Moved, Plan, PlanInput, Sketch, TargetInfo, moved};
use crate::scim::error::ScimError;
use crate::scim::http::Transport;
use crate::scim::service::Reader;

/// What a plan is to bring about.
#[derive(Clone, Copy)]
pub(super) enum Goal<'a> {
    /// The manifest, with what it was at the base.
    Manifest(Option<&'a BaseRevision>),
    /// The state before another run.
    Undo(&'a Undo),
}

impl<'a> Goal<'a> {
    fn base(self) -> Option<&'a BaseRevision> {
        match self {
            Goal::Manifest(base) => base,
            Goal::Undo(_) => None,
        }
    }

    fn sketch(self, input: PlanInput<'_>) -> Sketch {
        match self {
            Goal::Manifest(_) => crate::plan::sketch(input),
            Goal::Undo(record) => undo::sketch(input, record),
        }
    }

    /// The sketch of the same input, in which nothing has changed but what is known beside SCIM.
    fn again(self, input: PlanInput<'_>, before: Sketch) -> Sketch {
        match self {
            Goal::Manifest(_) => crate::plan::resketch(input, before),
            Goal::Undo(record) => undo::sketch(input, record),
        }
    }

    fn complete(self, input: PlanInput<'_>, sketch: Sketch) -> Plan {
        match self {
            Goal::Manifest(_) => crate::plan::complete(input, sketch),
            Goal::Undo(record) => undo::complete(input, record, sketch),
        }
    }
}

/// Makes the plan against this live state.
pub(super) fn make(
    project: &Project,
    goal: Goal<'_>,
    live: &LiveState,
    target: &TargetInfo,
    rails: &Rails,
) -> Plan {
    named(project, goal, live, target, rails, |input| {
        goal.complete(input, goal.sketch(input))
    })
}

/// Makes a plan and, on another thread, the fingerprints of what it is made of, which take as
/// long.
fn named(
    project: &Project,
    goal: Goal<'_>,
    live: &LiveState,
    target: &TargetInfo,
    rails: &Rails,
    make: impl FnOnce(PlanInput<'_>) -> Plan,
) -> Plan {
    std::thread::scope(|scope| {
        let sources = &project.manifest.sources;
        let inputs = scope.spawn(|| project::fingerprints(sources, goal.base(), live));
        let mut plan = plan::with_unnamed_input(project, goal.base(), live, target, rails, make);
        plan.inputs = match inputs.join() {
            Ok(inputs) => inputs,
            // A panic is a bug there; pass it on.
            Err(panic) => std::panic::resume_unwind(panic),
        };
        plan
    })
}

/// Reads the live state and makes the plan; where the plan depends on what SCIM does not
/// tell, asks that once and plans again.
pub(super) async fn plan<T: Transport>(
    project: &Project,
    goal: Goal<'_>,
    reader: &Reader<T>,
    target: &TargetInfo,
    rails: &Rails,
) -> Result<(Plan, LiveState), ScimError> {
    reader.foretell(project.desired.users.len(), project.desired.groups.len());
    let live = collect(reader).await?;
    plan_read(project, goal, reader, live, target, rails).await
}

/// Reads the live state and says what of a saved plan is not to be carried out at it.
pub(super) async fn moved<T: Transport>(
    project: &Project,
    reader: &Reader<T>,
    target: &TargetInfo,
    rails: &Rails,
    saved: &Plan,
) -> Result<Moved, ScimError> {
    reader.foretell(project.desired.users.len(), project.desired.groups.len());
    let mut live = collect(reader).await?;
    if let Some(before) = rails.remembered {
        live.doubt_a_collapse(before);
    }
    let mut removes = saved.actions.iter();
    let ask = Ask {
        owner_and_admins: reader.platform().is_some()
            && removes.any(|action| action.change.is_removal()),
        ..Ask::default()
    };
    if !ask.is_empty() {
        collect_beside::answer(reader, &ask, &mut live).await;
    }
    Ok(plan::with_unnamed_input(
        project,
        None,
        &live,
        target,
        rails,
        |input| moved::moved(input, saved),
    ))
}

/// As [`plan`], with what SCIM told already.
pub(super) async fn plan_read<T: Transport>(
    project: &Project,
    goal: Goal<'_>,
    reader: &Reader<T>,
    mut live: LiveState,
    target: &TargetInfo,
    rails: &Rails,
) -> Result<(Plan, LiveState), ScimError> {
    bindings(project, goal, reader, &mut live).await;
    if let Some(before) = rails.remembered {
        live.doubt_a_collapse(before);
    }
    live.beside.logins = rails.logins.clone();
    let (sketch, ask) =
        plan::with_unnamed_input(project, goal.base(), &live, target, rails, |input| {
            let sketch = goal.sketch(input);
            let ask = match reader.platform() {
                None => Ask::default(),
                Some(_) => questions(input, &sketch),
            };
            (sketch, ask)
        });
    let plan = if ask.is_empty() {
        named(project, goal, &live, target, rails, |input| {
            goal.complete(input, sketch)
        })
    } else {
        collect_beside::answer(reader, &ask, &mut live).await;
        named(project, goal, &live, target, rails, |input| {
            goal.complete(input, goal.again(input, sketch))
        })
    };
    Ok((plan, live))
}

/// The live state with the role bindings that the manifest, its base or the run that is to be
/// undone speaks of.
pub(super) async fn read<T: Transport>(
    project: &Project,
    goal: Goal<'_>,
    reader: &Reader<T>,
) -> Result<LiveState, ScimError> {
    let mut live = collect(reader).await?;
    bindings(project, goal, reader, &mut live).await;
    Ok(live)
}

/// Adds those role bindings to what SCIM told.
async fn bindings<T: Transport>(
    project: &Project,
    goal: Goal<'_>,
    reader: &Reader<T>,
    live: &mut LiveState,
) {
    let mut scopes = project.desired.binding_scopes();
    match goal {
        Goal::Manifest(base) => {
            scopes.extend(
                base.into_iter()
                    .flat_map(|base| base.desired.binding_scopes()),
            );
        }
        Goal::Undo(record) => scopes.extend(record.binding_scopes()),
    }
    scopes.sort();
    scopes.dedup();
    collect_beside::bindings(reader, &scopes, live).await;
}
