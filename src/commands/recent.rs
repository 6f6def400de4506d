//! What the reports of the last 24 hours removed, where the manifest names their folder.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::project::Project;
use super::trouble::Trouble;
use super::{report, state};
use crate::apply::recent;
use crate::plan::{Plan, Recent, TargetInfo};
use crate::render::words;

/// For how long a removal counts.
const WINDOW: Duration = Duration::from_secs(24 * 60 * 60);

/// What runs at this target removed in the last 24 hours.
///
/// # Errors
/// When a report cannot be read or trusted: whatever it removed would not count.
pub(super) fn removals(project: &Project, target: &TargetInfo) -> Result<Recent, Trouble> {
    let mut recent = Recent::default();
    let Some(named) = &project.manifest.reports else {
        return Ok(recent);
    };
    let since = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24);
    let effect = project.profile.user_removal;
    for file in written_lately(state::runs(project), &named.value)? {
        let lines = report::read(&file)?.lines;
        recent::add(&mut recent, &lines, since, target, effect);
    }
    Ok(recent)
}

/// The reports that were written to in the window; older ones need not be read.
fn written_lately(folder: PathBuf, named: &str) -> Result<Vec<PathBuf>, Trouble> {
    let cannot = |error: std::io::Error| Trouble::file("read the reports in", &folder, &error);
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        // No run has left one yet.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(_) if !folder.is_dir() => {
            return Err(Trouble::new(
                "report",
                format!("`reports: {named}` is not a folder"),
                "name a folder, relative to the manifest",
            ));
        }
        Err(error) => return Err(cannot(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(cannot)?;
        let path = entry.path();
        if path.extension().is_none_or(|end| end != "jsonl") {
            continue;
        }
        let written = entry.metadata().and_then(|data| data.modified());
        let age = written
            .ok()
            .and_then(|at| SystemTime::now().duration_since(at).ok());
        if age.is_none_or(|age| age <= WINDOW) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Refuses a reviewed plan if what was carried out since leaves no room for its removals.
///
/// # Errors
/// When a limit would be passed.
pub(super) fn check(planned: &Plan, recent: &Recent) -> Result<(), Trouble> {
    let uses = planned.limits.iter().map(|limit| limit.after(recent));
    match uses.into_iter().find(|limit| limit.tripped) {
        None => Ok(()),
        Some(limit) => Err(Trouble::new(
            "limit",
            format!(
                "runs since the plan was made leave no room for it: {}",
                words::limit(&limit).terminal()
            ),
            "plan again; the new plan shows what is over the limit and how to raise it",
        )),
    }
}
