//! Reading the live state for a plan: what SCIM tells, and what the provider's own API tells
//! besides, as far as the plan depends on it.

use super::plan::{self, Rails};
use super::project::Project;
use crate::desired::BaseRevision;
use crate::live::collect::collect;
use crate::live::{LiveState, collect_beside};
use crate::plan::questions::questions;
use crate::plan::undo::Undo;
use crate::plan::{Plan, TargetInfo};
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

/// Makes the plan against this live state.
pub(super) fn make(
    project: &Project,
    goal: Goal<'_>,
    live: &LiveState,
    target: &TargetInfo,
    rails: &Rails,
) -> Plan {
    match goal {
        Goal::Manifest(base) => plan::make(project, base, live, target, rails),
        Goal::Undo(record) => plan::make_undo(project, record, live, target, rails),
    }
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
    let mut live = read(project, goal, reader).await?;
    if let Some(before) = rails.remembered {
        live.doubt_a_collapse(before);
    }
    live.beside.logins = rails.logins.clone();
    let first = make(project, goal, &live, target, rails);
    if reader.platform().is_none() {
        return Ok((first, live));
    }
    let ask = plan::with_input(project, None, &live, target, rails, |input| {
        questions(input, &first)
    });
    if ask.is_empty() {
        return Ok((first, live));
    }
    collect_beside::answer(reader, &ask, &mut live).await;
    let plan = make(project, goal, &live, target, rails);
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
    collect_beside::bindings(reader, &scopes, &mut live).await;
    Ok(live)
}
