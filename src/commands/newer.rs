//! What the reports of earlier runs say: how much the last one left, and whether a newer
//! commit of the manifest was applied from here before. An old pipeline that is run again
//! would take the newer change back (faults F61), and a list that is suddenly empty is rather
//! a broken one (faults F9).
//!
//! Git says which of two commits is older. Without it, or without reports, there is nothing
//! to tell by, and nothing is refused.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::project::Project;
use super::state;
use super::trouble::Trouble;
use crate::apply::report::{Event, Line};
use crate::live::LiveCount;
use crate::plan::TargetInfo;

/// Refuses to apply a commit that is older than the one applied last at this target.
///
/// # Errors
/// When it is older.
pub(super) fn check(project: &Project, target: &TargetInfo) -> Result<(), Trouble> {
    let Some(now) = state::commit(&project.folder) else {
        return Ok(());
    };
    let Some((applied, at)) = last_applied(project, target) else {
        return Ok(());
    };
    if now == applied || !is_ancestor(&project.folder, &now, &applied) {
        return Ok(());
    }
    let short = |commit: &str| commit.chars().take(10).collect::<String>();
    Err(Trouble::new(
        "older-commit",
        format!(
            "the manifest is at commit {}, which is older than {}, applied here at {at}",
            short(&now),
            short(&applied)
        ),
        "check out the newer commit; to go back on purpose, revert it in git, use `plan --undo REPORT`, or say `--older`",
    ))
}

/// The commit of the newest report of a run at this target, and when it began.
fn last_applied(project: &Project, target: &TargetInfo) -> Option<(String, String)> {
    reports(project).iter().rev().find_map(|path| {
        let (first, _) = ends_of(path)?;
        match first.event {
            Event::Begin {
                target: of,
                commit: Some(commit),
                ..
            } if of.same_place(target) => Some((commit, first.at)),
            Event::Begin { .. }
            | Event::Request { .. }
            | Event::Answer { .. }
            | Event::Item { .. }
            | Event::End { .. } => None,
        }
    })
}

/// How many users and groups the last run at this target left, if its report is here and it
/// read them again.
pub(super) fn last_count(project: &Project, target: &TargetInfo) -> Option<LiveCount> {
    reports(project).iter().rev().find_map(|path| {
        let (first, last) = ends_of(path)?;
        let Event::Begin { target: of, .. } = first.event else {
            return None;
        };
        match last?.event {
            Event::End { left, .. } if of.same_place(target) => left,
            Event::Begin { .. }
            | Event::Request { .. }
            | Event::Answer { .. }
            | Event::Item { .. }
            | Event::End { .. } => None,
        }
    })
}

/// The reports of earlier runs. Their names begin with the time.
pub(super) fn reports(project: &Project) -> Vec<PathBuf> {
    let Ok(folder) = std::fs::read_dir(state::runs(project)) else {
        return Vec::new();
    };
    let mut reports: Vec<PathBuf> = folder
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
        .collect();
    reports.sort();
    reports
}

/// The first line of a report, and its last if that is another and whole.
fn ends_of(path: &Path) -> Option<(Line, Option<Line>)> {
    let text = std::fs::read_to_string(path).ok()?;
    let mut lines = text.lines();
    let first = lines.next()?;
    // The last line of a killed run may be torn.
    let last = lines
        .next_back()
        .and_then(|last| serde_json::from_str(last).ok());
    Some((serde_json::from_str(first).ok()?, last))
}

/// Whether git says that the first commit comes before the second. Where git cannot tell
/// (a shallow clone, a rewritten branch), it does not.
fn is_ancestor(project: &Path, old: &str, new: &str) -> bool {
    Command::new("git")
        .args(["merge-base", "--is-ancestor", old, new])
        .current_dir(project)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
