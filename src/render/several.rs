//! What there is to say of several targets, as one text or one document.
//!
//! **Invariants.** Targets come in the order of their names, and one that failed is told
//! among the others. A document has one shape for every command: a version, and for each
//! target a `result`, which is what the command prints for one target, or an `error`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use owo_colors::OwoColorize as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::escape::{markdown_code, terminal};
use super::markdown::inline;
use super::phrase::Phrase;
use super::review::Verdict;
use super::style::{Colour, Styles, count};
use crate::ids::TargetName;
use crate::plan::Plan;

/// The version of the document.
pub const SEVERAL_VERSION: u32 = 1;

/// What a command found at each of several targets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OfTargets<T> {
    /// The version of this format; always 1.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// Each target by its name.
    pub targets: BTreeMap<TargetName, OfTarget<T>>,
}

/// What a command found at one of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum OfTarget<T> {
    /// What it prints for one target.
    Result(T),
    /// Why it has none.
    Error(TargetError),
}

/// Why there is no result of a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TargetError {
    /// The stable code.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl<T> OfTargets<T> {
    /// The document of these targets.
    pub fn new(targets: BTreeMap<TargetName, OfTarget<T>>) -> Self {
        Self {
            version: SEVERAL_VERSION,
            targets,
        }
    }
}

impl<T: Serialize> OfTargets<T> {
    /// Writes the document, indented, with a line break at the end.
    ///
    /// # Errors
    /// When `sink` takes no more.
    pub fn write(&self, sink: &mut dyn std::io::Write) -> std::io::Result<()> {
        serde_json::to_writer_pretty(&mut *sink, self)?;
        sink.write_all(b"\n")
    }
}

/// The schema of what a command prints of several targets: `name` is the schema's own,
/// `about` what it is of.
pub fn schema<T: JsonSchema>(name: &str, about: &str) -> Value {
    let mut schema = schemars::schema_for!(OfTargets<T>).to_value();
    schema["$id"] = json!(format!("urn:scim-sync:schema:{name}:{SEVERAL_VERSION}"));
    schema["title"] = json!(format!(
        "scim-sync {about} of several targets, version {SEVERAL_VERSION}"
    ));
    // A schema within another that has a name of its own is one to itself: what it refers to
    // would be looked for inside of it (JSON Schema 2020-12 §8.2.1).
    let inner = schema["$defs"].as_object_mut().into_iter().flatten();
    for part in inner.filter_map(|(_, part)| part.as_object_mut()) {
        part.remove("$id");
    }
    schema
}

/// Whether there is something to tell of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// A result, good or bad.
    Result,
    /// Nothing but an error.
    Failed,
}

/// One line of a summary: a target and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<'a> {
    /// The target.
    pub name: &'a TargetName,
    /// Whether it failed.
    pub came: Came,
    /// In words: a plan's verdict, or why there is none.
    pub text: String,
}

impl<'a> Line<'a> {
    /// What a plan comes to.
    pub fn of_plan(name: &'a TargetName, plan: &Plan) -> Self {
        Self {
            name,
            came: Came::Result,
            text: Verdict::of(plan).text,
        }
    }

    /// Why there is nothing to tell.
    pub fn of_error(name: &'a TargetName, error: &TargetError) -> Self {
        Self {
            name,
            came: Came::Failed,
            text: format!("failed: {}", error.message),
        }
    }
}

/// How many there are, and how many of them failed.
fn head(lines: &[Line<'_>]) -> String {
    let head = count(lines.len(), "target", "targets");
    let failed = lines.iter().filter(|line| line.came == Came::Failed);
    match failed.count() {
        0 => head,
        failed => format!("{head}, {failed} failed"),
    }
}

/// The end of a text about several targets, wrapped to a width.
pub fn summary(lines: &[Line<'_>], width: usize, colour: Colour) -> String {
    let styles = Styles::new(colour);
    let widest = lines.iter().map(|line| line.name.as_str().len()).max();
    let widest = widest.unwrap_or_default();
    let mut out = format!("{}\n", head(lines).style(styles.heading));
    // Beside a very long name there is still room for words.
    let room = width.saturating_sub(widest + 4).max(30);
    let options =
        || textwrap::Options::new(room).word_splitter(textwrap::WordSplitter::NoHyphenation);
    for Line { name, text, .. } in lines {
        let text = terminal(text);
        let mut name = name.as_str();
        for part in textwrap::wrap(&text, options()) {
            let _ = writeln!(out, "  {name:<widest$}  {part}");
            name = "";
        }
    }
    out
}

/// The beginning of Markdown about several targets.
pub fn markdown(lines: &[Line<'_>]) -> String {
    let head = head(lines);
    let mut out = format!("## {head}\n\n| target | plan |\n|---|---|\n");
    for Line { name, text, .. } in lines {
        let _ = writeln!(
            out,
            "| {} | {} |",
            markdown_code(name.as_str()),
            inline(&Phrase::message(text)).replace('|', "\\|")
        );
    }
    out
}

/// One SARIF log of the logs of several targets: a run for each, which has its name.
pub fn sarif(logs: &[(&TargetName, String)]) -> String {
    let mut whole: Option<Value> = None;
    for (name, log) in logs {
        let mut log: Value = serde_json::from_str(log).expect("a log of ours is JSON");
        let Some(runs) = log["runs"].as_array_mut() else {
            continue;
        };
        for run in &mut *runs {
            run["automationDetails"] = json!({ "id": format!("scim-sync/{name}/") });
        }
        let more = std::mem::take(runs);
        let whole = whole.get_or_insert(log);
        if let Some(runs) = whole["runs"].as_array_mut() {
            runs.extend(more);
        }
    }
    let whole = whole.unwrap_or_else(|| json!({ "version": "2.1.0", "runs": [] }));
    let mut text = serde_json::to_string_pretty(&whole).expect("JSON can be written");
    text.push('\n');
    text
}
