//! Faults as JSON: stable, versioned, with the true bytes of every name.

use serde::Serialize;

use super::word;
use crate::manifest::fault::{Fault, Label, Severity};
use crate::manifest::source::SourceMap;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    version: u32,
    errors: usize,
    warnings: usize,
    notices: usize,
    faults: Vec<JsonFault<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonFault<'a> {
    code: &'static str,
    severity: &'static str,
    message: &'a str,
    help: &'a str,
    place: JsonPlace<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<JsonPlace<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonPlace<'a> {
    file: &'a str,
    /// The revision the file is of, if it is not the one at hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<&'a str>,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    label: &'a str,
}

/// Draws faults as one JSON document.
pub fn json(faults: &[Fault], sources: &SourceMap) -> String {
    let place = |label: &'_ Label| {
        let (line, column) = sources.line_and_column(label.span.file, label.span.start);
        let (end_line, end_column) = sources.line_and_column(label.span.file, label.span.end);
        (line, column, end_line, end_column)
    };
    fn json_place<'a>(
        label: &'a Label,
        sources: &'a SourceMap,
        (line, column, end_line, end_column): (u32, u32, u32, u32),
    ) -> JsonPlace<'a> {
        JsonPlace {
            file: &sources.file(label.span.file).name,
            revision: sources.file(label.span.file).revision.as_deref(),
            line,
            column,
            end_line,
            end_column,
            label: &label.text,
        }
    }
    let of = |severity| {
        faults
            .iter()
            .filter(|fault| fault.severity == severity)
            .count()
    };
    let report = Report {
        version: 1,
        errors: of(Severity::Error),
        warnings: of(Severity::Warning),
        notices: of(Severity::Notice),
        faults: faults
            .iter()
            .map(|fault| {
                let Fault {
                    code,
                    severity,
                    message,
                    primary,
                    related,
                    help,
                    // JSON shows no source text.
                    redact: _,
                } = fault;
                JsonFault {
                    code: code.as_str(),
                    severity: word(*severity),
                    message,
                    help,
                    place: json_place(primary, sources, place(primary)),
                    related: related
                        .iter()
                        .map(|label| json_place(label, sources, place(label)))
                        .collect(),
                }
            })
            .collect(),
    };
    let mut out = serde_json::to_string_pretty(&report)
        .expect("texts and numbers are always JSON, and a String takes all of it");
    out.push('\n');
    out
}
