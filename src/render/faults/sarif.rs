//! Faults as SARIF 2.1.0, for code scanning.

use std::collections::HashMap;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};

use crate::manifest::fault::{Fault, FaultCode, Label, Severity};
use crate::manifest::source::SourceMap;

/// What a path segment of a URI may not hold as it is (RFC 3986), `/` excepted.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}')
    .add(b':');

/// A path as a URI reference.
pub(in crate::render) fn uri(path: &str) -> String {
    utf8_percent_encode(path, PATH).to_string()
}

/// Draws faults as a SARIF log. `folder` is the manifest's folder in the repository, empty
/// for its root.
pub fn sarif(faults: &[Fault], sources: &SourceMap, folder: &str) -> String {
    let rules: Vec<Value> = FaultCode::ALL
        .iter()
        .map(|code| {
            json!({
                "id": code.as_str(),
                "shortDescription": { "text": code.describe().trim() },
            })
        })
        .collect();
    let index: HashMap<FaultCode, usize> = FaultCode::ALL
        .iter()
        .enumerate()
        .map(|(index, code)| (*code, index))
        .collect();
    let results: Vec<Value> = faults
        .iter()
        .map(|fault| result(fault, index[&fault.code], sources, folder))
        .collect();
    log(rules, results)
}

/// A log of one run of this program, which came to these results.
pub(in crate::render) fn log(rules: Vec<Value>, results: Vec<Value>) -> String {
    let driver = json!({ "rules": rules });
    one_run(driver, json!({ "executionSuccessful": true }), results)
}

/// A log of one run of this program that came to none (SARIF 2.1.0 §3.20.14, §3.20.21). It has
/// `results` all the same: GitHub refuses a run without, and leaves old alerts open for one that
/// says that it failed.
pub(in crate::render) fn failed_log(code: &str, message: &str) -> String {
    let driver = json!({ "notifications": [{ "id": code }] });
    let invocation = json!({
        "executionSuccessful": false,
        "toolExecutionNotifications": [{
            "descriptor": { "id": code, "index": 0 },
            "level": "error",
            "message": { "text": message },
        }],
    });
    one_run(driver, invocation, Vec::new())
}

fn one_run(mut driver: Value, invocation: Value, results: Vec<Value>) -> String {
    driver["name"] = json!("scim-sync");
    driver["version"] = json!(env!("CARGO_PKG_VERSION"));
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver },
            "invocations": [invocation],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn result(fault: &Fault, rule: usize, sources: &SourceMap, folder: &str) -> Value {
    let Fault {
        code,
        severity,
        message,
        primary,
        related,
        help,
        // SARIF gets no snippets.
        redact: _,
    } = fault;
    let mut result = json!({
        "ruleId": code.as_str(),
        "ruleIndex": rule,
        "level": level(*severity),
        "message": { "text": format!("{message}\nhelp: {help}") },
        "locations": [location(primary, sources, folder)],
    });
    if !related.is_empty() {
        let related: Vec<Value> = (1..)
            .zip(related)
            .map(|(id, label)| {
                let mut location = location(label, sources, folder);
                location["id"] = json!(id);
                location
            })
            .collect();
        result["relatedLocations"] = Value::Array(related);
    }
    result
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Notice => "note",
    }
}

fn location(label: &Label, sources: &SourceMap, folder: &str) -> Value {
    let span = label.span;
    let (line, column) = sources.line_and_column(span.file, span.start);
    let (end_line, end_column) = sources.line_and_column(span.file, span.end);
    let source = sources.file(span.file);
    let path = super::github::in_repository(&source.name, folder);
    if source.revision.is_some() {
        // Lines of another revision are not lines of the file that is scanned.
        return json!({
            "physicalLocation": {
                "artifactLocation": {
                    "uri": uri(&path),
                },
            },
            "message": { "text": format!("{} ({}:{line}:{column})", label.text, source.title()) },
        });
    }
    json!({
        "physicalLocation": {
            "artifactLocation": {
                "uri": uri(&path),
            },
            "region": {
                "startLine": line,
                "startColumn": column,
                "endLine": end_line,
                "endColumn": end_column,
            },
        },
        "message": { "text": label.text },
    })
}
