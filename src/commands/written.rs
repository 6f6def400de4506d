//! What earlier runs wrote, where their reports are kept.

use super::newer;
use super::project::Project;
use super::report;
use crate::apply::written;
use crate::plan::TargetInfo;
use crate::plan::written::Written;

/// How many reports are looked at, the newest.
const REPORTS: usize = 20;
/// How many bytes of them.
const BYTES: u64 = 16 * 1024 * 1024;

/// What the newest runs at this target wrote and read back. It is a hint: a report that cannot
/// be read or trusted tells nothing.
pub(super) fn by_runs(project: &Project, target: &TargetInfo) -> Written {
    let mut room = BYTES;
    let reports = newer::reports(project);
    let mut newest: Vec<_> = reports
        .iter()
        .rev()
        .take(REPORTS)
        .take_while(|path| {
            let size = path.metadata().map_or(0, |data| data.len());
            let fits = size <= room;
            room = room.saturating_sub(size);
            fits
        })
        .collect();
    newest.reverse();
    let mut found = Written::default();
    for path in newest {
        if let Ok(verified) = report::read(path) {
            written::add(&mut found, &verified.lines, target);
        }
    }
    found
}
