//! Faults to bytes: text for people, and three formats for machines.
//!
//! **Invariants.** The same faults give the same bytes. Text for people shows nothing that
//! hides or moves other text: control and direction characters are written as escapes. A
//! text marked as secret appears in no format.

mod github;
mod json;
mod reference;
mod sarif;
mod sheet;
mod text;

pub(super) use github::in_repository;
pub(super) use sarif::{failed_log, log, uri};

pub use github::github;
pub use json::json;
pub use reference::reference;
pub use sarif::sarif;
pub use text::{Color, Glyphs, TextStyle, text};

use std::collections::BTreeSet;

use crate::manifest::fault::{Fault, Severity};
use crate::manifest::source::SourceMap;
use crate::manifest::words::count;

/// The line that ends a report: `3 errors, 1 warning, 2 notices in 2 files`.
pub fn summary(faults: &[Fault], sources: &SourceMap) -> String {
    let of = |severity| {
        faults
            .iter()
            .filter(|fault| fault.severity == severity)
            .count()
    };
    let files: BTreeSet<_> = faults.iter().map(|fault| fault.primary.span.file).collect();
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    let mut parts = Vec::new();
    if errors > 0 {
        parts.push(count(errors, "error", "errors"));
    }
    if warnings > 0 {
        parts.push(count(warnings, "warning", "warnings"));
    }
    let notices = of(Severity::Notice);
    if notices > 0 {
        parts.push(count(notices, "notice", "notices"));
    }
    if parts.is_empty() {
        let files = count(sources.files().count(), "file", "files");
        return format!("no faults in {files}");
    }
    format!(
        "{} in {}",
        parts.join(", "),
        count(files.len(), "file", "files")
    )
}

/// The word for a severity, the same in every format that has the word.
fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Notice => "notice",
    }
}
