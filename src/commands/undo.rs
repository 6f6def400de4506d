//! From a report to what it takes to undo its run.

use std::path::Path;

use super::report;
use super::trouble::Trouble;
use crate::apply::report::{Event, Verified};
use crate::apply::undo::recorded;
use crate::plan::TargetInfo;
use crate::plan::undo::Undo;

/// Reads a report whose chain is unbroken and which is of a run at this target.
pub(super) fn record(file: &Path, target: &TargetInfo) -> Result<Undo, Trouble> {
    let Verified { lines, torn: _ } = report::read(file)?;
    let Some(Event::Begin { target: of, .. }) = lines.first().map(|line| &line.event) else {
        unreachable!("a verified report begins with a beginning");
    };
    if !of.same_place(target) {
        return Err(Trouble::new(
            "report-target",
            format!(
                "`{}` is of a run on {} at {}, and this target is {} at {}",
                file.display(),
                of.called(),
                of.base_url,
                target.called(),
                target.base_url
            ),
            "undo it with the environment it was run in",
        ));
    }
    Ok(recorded(&lines))
}
