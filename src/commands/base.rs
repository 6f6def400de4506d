//! The base revision: from the command line, from the pipeline, or none.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;

use super::Terminal;
use super::trouble::Trouble;
use crate::cli::BaseArgs;
use crate::desired::BaseRevision;
use crate::desired::DesiredState;
use crate::desired::since::since;
use crate::manifest::fault::{self, Fault};
use crate::manifest::history::{self, Base, Wanted, ci};
use crate::manifest::source::SourceMap;
use crate::profile::{self, Profile};

/// For how many faults git is asked who made the change; each is a search of its own.
const MAX_ASKED: usize = 10;

/// The base for a plan.
pub(super) fn revision(
    args: &BaseArgs,
    root: &Path,
    as_of: Date,
    terminal: &Terminal,
) -> Result<Option<BaseRevision>, Trouble> {
    let Some(mut base) = find(args, root, as_of, terminal)? else {
        return Ok(None);
    };
    let manifest = base.manifest.take();
    Ok(Some(BaseRevision::new(base.label, manifest, as_of)))
}

/// Adds what a change may not do. The base's texts are added to `sources` if a fault has a
/// place in them.
pub(super) fn check(
    args: &BaseArgs,
    root: &Path,
    (now, profile): (&DesiredState, &Profile),
    sources: &mut SourceMap,
    faults: &mut Vec<Fault>,
    terminal: &Terminal,
) -> Result<(), Trouble> {
    let as_of = now.as_of;
    let Some(mut past) = find(args, root, as_of, terminal)? else {
        return Ok(());
    };
    let manifest = past.manifest.take();
    let base = BaseRevision::new(std::sync::Arc::clone(&past.label), manifest, as_of);
    let since = since(&base, now);
    let found = profile::since::lint(&base, now, &since, profile, sources);
    for (changed, number) in found.emails.into_iter().zip(0..) {
        let mut fault = changed.fault;
        if number < MAX_ASKED
            && let Some(introduced) = past.introduced(&changed.file, &changed.text)
        {
            fault.primary.text.push_str(&format!(" ({introduced})"));
        }
        faults.push(fault);
    }
    faults.extend(found.removed);
    fault::sort(faults, sources);
    Ok(())
}

fn find(
    args: &BaseArgs,
    root: &Path,
    as_of: Date,
    terminal: &Terminal,
) -> Result<Option<Base>, Trouble> {
    let wanted = match (&args.base, args.no_base) {
        (Some(named), _) => Some(Wanted::Named(named.clone())),
        (None, true) => None,
        (None, false) => ci::detect(&environment()).map(Wanted::PullRequest),
    };
    let Some(wanted) = wanted else {
        return Ok(None);
    };
    let base = history::load(&wanted, root, as_of)?;
    if base.manifest.is_none() {
        terminal.status(&format!(
            "note: there is no `{}` at the base {}, so all of it is new",
            root.file_name().unwrap_or_default().display(),
            base.label
        ));
    }
    if let Some(error) = &base.error {
        terminal.status(&format!(
            "warning: the manifest at the base {} has errors and is compared with all the same: {error}",
            base.label
        ));
    }
    Ok(Some(base))
}

/// The variables of pipelines, as far as they are text.
fn environment() -> BTreeMap<String, String> {
    ci::VARIABLES
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)))
        .collect()
}
