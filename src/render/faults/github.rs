//! Faults as GitHub workflow commands, which become annotations of a pull request.
//!
//! **Invariants.** Whatever a name holds, each fault is one line that starts with one
//! command: no text of a manifest can end it or start another.

use super::word;
use crate::manifest::fault::Fault;
use crate::manifest::source::SourceMap;
use crate::manifest::words::visible;
use crate::render::escape::{workflow_data as data, workflow_property as property};

/// Draws faults as workflow commands. `folder` is the manifest's folder in the repository,
/// empty for its root.
pub fn github(faults: &[Fault], sources: &SourceMap, folder: &str) -> String {
    let mut out = String::new();
    for fault in faults {
        let span = fault.primary.span;
        let (line, column) = sources.line_and_column(span.file, span.start);
        let (end_line, end_column) = sources.line_and_column(span.file, span.end);
        let source = sources.file(span.file);
        let file = in_repository(&source.name, folder);
        if source.revision.is_some() {
            // Lines of another revision are not lines of the file that GitHub shows.
            let text = format!(
                "{} ({}:{line})\nhelp: {}",
                visible(&fault.message),
                visible(&source.title()),
                visible(&fault.help)
            );
            out.push_str(&format!(
                "::{} file={},title={}::{}\n",
                word(fault.severity),
                property(&visible(&file)),
                property(fault.code.as_str()),
                data(&text),
            ));
            continue;
        }
        // GitHub takes an end column only within one line.
        let end = if end_line == line {
            format!(",endColumn={end_column}")
        } else {
            String::new()
        };
        let text = format!(
            "{}\nhelp: {}",
            visible(&fault.message),
            visible(&fault.help)
        );
        out.push_str(&format!(
            "::{} file={},line={line},endLine={end_line},col={column}{end},title={}::{}\n",
            word(fault.severity),
            property(&visible(&file)),
            property(fault.code.as_str()),
            data(&text),
        ));
    }
    out
}

/// A file's path from the repository's root.
pub(in crate::render) fn in_repository(name: &str, folder: &str) -> String {
    match folder.trim_matches('/') {
        "" | "." => name.to_owned(),
        folder => format!("{folder}/{name}"),
    }
}
