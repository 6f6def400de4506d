//! The lists: whether they are read whole, and whether somebody else writes to them.

use super::super::plan::{self, Rails};
use super::super::project::Project;
use super::super::written;
use super::Findings;
use crate::live::{LiveState, collect};
use crate::plan::{Foreign, Stands, TargetInfo, foreign};
use crate::render::doctor::Verdict;
use crate::render::style::count;
use crate::scim::http::Transport;
use crate::scim::service::Reader;

pub(super) async fn lists<T: Transport>(
    project: &Project,
    target: &TargetInfo,
    reader: &Reader<T>,
    found: &mut Findings,
) {
    match collect::collect(reader).await {
        Ok(live) => {
            let (users, groups) = (live.users.len(), live.groups.len());
            let read = format!(
                "{} and {}",
                count(users, "user", "users"),
                count(groups, "group", "groups")
            );
            if live.integrity.is_whole() {
                found.ok("lists", format!("{read}, read whole"));
            } else {
                found.warn(
                    "lists",
                    format!("{read}, and there may be gaps, so nothing would be removed"),
                    "see `scim-sync plan` for the reason, and run it again",
                );
            }
            other_clients(project, target, &live, found);
        }
        Err(error) => found.error("lists", Verdict::Failure, &error),
    }
}

/// Whether another client writes to the account, or has.
fn other_clients(project: &Project, target: &TargetInfo, live: &LiveState, found: &mut Findings) {
    let rails = Rails {
        written: written::by_runs(project, target),
        ..Rails::default()
    };
    let plan = plan::with_unnamed_input(project, None, live, target, &rails, crate::plan::plan);
    let help = "switch the other client's provisioning off: two clients undo each other's work";
    let mut undone = plan.notices_at(Stands::First);
    if let Some(notice) = undone.next() {
        found.warn("other clients", notice.message.as_str(), help);
        return;
    }
    let foreign = foreign(live);
    if foreign.is_empty() {
        let fine = "no account carries another client's externalId, and no run's work was undone";
        found.ok("other clients", fine);
        return;
    }
    let told: Vec<String> = foreign.iter().map(Foreign::told).collect();
    let off: Vec<String> = foreign.iter().map(Foreign::switch_off).collect();
    found.warn(
        "other clients",
        format!("{}; no run's work was undone so far", told.join(", ")),
        format!("if it still provisions, switch it off ({})", off.join("; ")),
    );
}
