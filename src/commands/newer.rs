//! Whether a newer commit of the manifest was applied from here before: an old pipeline that
//! is run again would take the newer change back (faults F61).
//!
//! The reports of earlier runs say which commit was applied, git says which of two is older.
//! Without either there is nothing to tell by, and nothing is refused.

use std::io::BufRead as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::project::Project;
use super::state;
use super::trouble::Trouble;
use crate::apply::report::{Event, Line};
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
    let mut reports: Vec<_> = std::fs::read_dir(state::runs(project))
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
        .collect();
    // Their names begin with the time.
    reports.sort();
    reports.iter().rev().find_map(|path| {
        let mut first = String::new();
        let file = std::fs::File::open(path).ok()?;
        std::io::BufReader::new(file).read_line(&mut first).ok()?;
        let line: Line = serde_json::from_str(&first).ok()?;
        match line.event {
            Event::Begin {
                target: of,
                commit: Some(commit),
                ..
            } if of == *target => Some((commit, line.at)),
            Event::Begin { .. }
            | Event::Request { .. }
            | Event::Answer { .. }
            | Event::Item { .. }
            | Event::End { .. } => None,
        }
    })
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
