//! Items of a plan at the lines of the manifest they come from: SARIF for code scanning, and
//! GitHub workflow commands, which become annotations of a pull request.
//!
//! **Invariants.** A refusal is an error, a step for Support and a removal a warning,
//! everything else a note. What is left alone is no annotation: it has no line. Whatever a
//! name holds, an annotation is one line, and none of its text is a command or a link.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::escape::{terminal, workflow_data, workflow_property};
use super::faults::{failed_log, in_repository, log, uri};
use super::phrase::Phrase;
use super::review::{self, Chapter, Item, Kind};
use super::several::TargetError;
use super::words::{self, Names};
use crate::ids::TargetName;
use crate::plan::{Action, Change, Evidence, MemberChange, Plan};

/// Where the manifest is, as the reader of annotations sees it.
#[derive(Debug, Clone)]
pub struct Annotated {
    /// The manifest's folder, empty for the repository's root.
    pub folder: String,
    /// The root file's name: where items go that come from no line.
    pub root: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Error,
    Warning,
    Note,
}

struct Annotation {
    level: Level,
    /// The stable name of what it is.
    rule: &'static str,
    /// The plan's item, where it is one.
    id: Option<String>,
    text: String,
    evidence: Vec<Evidence>,
}

/// Names told in one annotation.
const NAMES: Names = Names(20);
/// Further places told of one item.
const RELATED: usize = 20;

fn annotations(plan: &Plan) -> Vec<Annotation> {
    let mut found = Vec::new();
    let mut add = |level, rule, id: Option<&str>, item: Item| {
        found.push(Annotation {
            level,
            rule,
            id: id.map(str::to_owned),
            text: text_of(&item),
            evidence: item.evidence,
        });
    };
    for refusal in &plan.refusals {
        let id = Some(refusal.id.as_str());
        let item = review::refusal_item(refusal, NAMES);
        add(Level::Error, refusal.code.as_str(), id, item);
    }
    for step in &plan.manual_steps {
        let id = Some(step.id.as_str());
        let item = review::step_item(step);
        add(Level::Warning, step.code.as_str(), id, item);
    }
    for action in &plan.actions {
        let kind = review::kind_of(&action.change);
        if kind == Kind::AddMembers {
            continue; // told where each of them is written
        }
        let level = match kind.chapter() {
            Chapter::Removals => Level::Warning,
            Chapter::Refused
            | Chapter::Support
            | Chapter::Losses
            | Chapter::People
            | Chapter::Groups
            | Chapter::Notices
            | Chapter::Unmanaged => Level::Note,
        };
        let item = review::action_item(action, NAMES);
        add(level, kind.as_str(), Some(action.id.as_str()), item);
    }
    for notice in &plan.notices {
        let item = review::notice_item(notice);
        add(Level::Note, notice.code.as_str(), None, item);
    }
    found.extend(joins(&plan.actions));
    // Several targets have items at one line.
    if let Some(name) = &plan.target.name {
        for annotation in &mut found {
            annotation.text.insert_str(0, &format!("{name}: "));
        }
    }
    found.sort_by_key(|annotation| annotation.level);
    found
}

/// Who gets into which groups, line by line of the manifest.
fn joins(actions: &[Action]) -> Vec<Annotation> {
    type Line<'a> = (&'a str, u32, u32);
    type Joins<'a> = Vec<(&'a MemberChange, &'a str)>;
    let mut lines: BTreeMap<Line<'_>, (Evidence, Joins<'_>)> = BTreeMap::new();
    for action in actions {
        let Change::AddMembers { group, members } = &action.change else {
            continue;
        };
        for member in members {
            for origin in member.origins.iter().take(1) {
                let place = &origin.place;
                let (_, joins) = lines
                    .entry((&place.file, place.line, place.column))
                    .or_insert_with(|| {
                        let evidence = Evidence {
                            place: place.clone(),
                            revision: None,
                            what: String::new(),
                        };
                        (evidence, Vec::new())
                    });
                joins.push((member, group.name.as_str()));
            }
        }
    }
    lines
        .into_values()
        .map(|(evidence, joins)| {
            let mut groups: Vec<&str> = joins.iter().map(|(_, group)| *group).collect();
            groups.sort_unstable();
            groups.dedup();
            let mut people: Vec<&str> = joins
                .iter()
                .map(|(member, _)| member.person.label())
                .collect();
            people.sort_unstable();
            people.dedup();
            let told = |names: &[&str]| {
                let phrases = names.iter().map(|name| Phrase::new().name(*name));
                words::list(phrases, names.len(), NAMES)
            };
            let verb = if people.len() == 1 {
                " joins "
            } else {
                " join "
            };
            let phrase = told(&people).words(verb).then(told(&groups));
            Annotation {
                level: Level::Note,
                rule: Kind::Join.as_str(),
                id: None,
                text: phrase.terminal(),
                evidence: vec![evidence],
            }
        })
        .collect()
}

/// `delete user ada: declared absent`
fn text_of(item: &Item) -> String {
    let mut text = match item.kind {
        Kind::Refused | Kind::Support | Kind::Notice => item.head.terminal(),
        Kind::RemoveMembers
        | Kind::Unbind
        | Kind::Bind
        | Kind::AdoptUser
        | Kind::AdoptGroup
        | Kind::UnmanagedBinding
        | Kind::DeactivateUser
        | Kind::DeleteUser
        | Kind::DeleteGroup
        | Kind::Lose
        | Kind::CreateUser
        | Kind::ReactivateUser
        | Kind::UpdateUser
        | Kind::Join
        | Kind::CreateGroup
        | Kind::RenameGroup
        | Kind::AddMembers
        | Kind::UnmanagedUser
        | Kind::UnmanagedGroup
        | Kind::UnmanagedMembers => format!("{} {}", item.kind.word(), item.head.terminal()),
    };
    for line in &item.lines {
        text.push('\n');
        text.push_str(&line.terminal());
    }
    if let Some(help) = &item.help {
        text.push_str("\nhelp: ");
        text.push_str(&help.terminal());
    }
    text
}

/// Draws a plan as GitHub workflow commands, risk first: GitHub shows the first ten of a
/// level.
pub fn github(plan: &Plan, annotated: &Annotated) -> String {
    let mut out = String::new();
    for annotation in annotations(plan) {
        let command = match annotation.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "notice",
        };
        let mut properties = Vec::new();
        let mut text = annotation.text;
        match annotation.evidence.first() {
            // Lines of another revision are not lines of the file that GitHub shows.
            Some(evidence) if evidence.revision.is_some() => {
                let file = in_repository(&evidence.place.file, &annotated.folder);
                properties.push(format!("file={}", workflow_property(&terminal(&file))));
                text = format!("{text}\n({})", terminal(&evidence.shown()));
            }
            Some(evidence) => {
                let place = &evidence.place;
                let file = in_repository(&place.file, &annotated.folder);
                properties.push(format!(
                    "file={},line={},col={}",
                    workflow_property(&terminal(&file)),
                    place.line,
                    place.column
                ));
            }
            None => {}
        }
        properties.push(format!("title={}", workflow_property(annotation.rule)));
        out.push_str(&format!(
            "::{command} {}::{}\n",
            properties.join(","),
            workflow_data(&text)
        ));
    }
    out
}

/// Tells as a GitHub workflow command that there is no plan of a target.
pub fn github_failed(name: &TargetName, error: &TargetError) -> String {
    format!(
        "::error title={}::{}\n",
        workflow_property(&terminal(&error.code)),
        workflow_data(&failed(name, error))
    )
}

/// Tells as a SARIF log that there is no plan of a target.
pub fn sarif_failed(name: &TargetName, error: &TargetError) -> String {
    failed_log(&terminal(&error.code), &message(&failed(name, error)))
}

fn failed(name: &TargetName, error: &TargetError) -> String {
    let TargetError {
        code: _,
        message,
        help,
    } = error;
    format!(
        "{name}: failed: {}\nhelp: {}",
        terminal(message),
        terminal(help)
    )
}

/// Draws a plan as a SARIF log.
pub fn sarif(plan: &Plan, annotated: &Annotated) -> String {
    let annotations = annotations(plan);
    let rules: BTreeMap<&str, usize> = annotations
        .iter()
        .map(|annotation| annotation.rule)
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .zip(0..)
        .collect();
    let described = rules
        .keys()
        .map(|rule| json!({ "id": rule, "shortDescription": { "text": rule.replace('-', " ") } }))
        .collect();
    let results = annotations
        .iter()
        .map(|annotation| result(annotation, rules[annotation.rule], annotated))
        .collect();
    log(described, results)
}

fn result(annotation: &Annotation, rule: usize, annotated: &Annotated) -> Value {
    let level = match annotation.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    };
    let mut result = json!({
        "ruleId": annotation.rule,
        "ruleIndex": rule,
        "level": level,
        "message": { "text": message(&annotation.text) },
    });
    let (first, rest) = match annotation.evidence.split_first() {
        Some((first, rest)) => (location(first, annotated), rest),
        // Code scanning takes nothing without a file.
        None => (
            json!({
                "physicalLocation": {
                    "artifactLocation": { "uri": uri(&in_repository(&annotated.root, &annotated.folder)) },
                },
            }),
            [].as_slice(),
        ),
    };
    result["locations"] = json!([first]);
    let related: Vec<Value> = (1..)
        .zip(rest.iter().take(RELATED))
        .map(|(id, evidence)| {
            let mut location = location(evidence, annotated);
            location["id"] = json!(id);
            location
        })
        .collect();
    if !related.is_empty() {
        result["relatedLocations"] = Value::Array(related);
    }
    if let Some(id) = &annotation.id {
        result["partialFingerprints"] = json!({ "scimSyncItem/v1": id });
    }
    result
}

fn location(evidence: &Evidence, annotated: &Annotated) -> Value {
    let Evidence {
        place,
        revision,
        what,
    } = evidence;
    let path = uri(&in_repository(&place.file, &annotated.folder));
    let mut location = json!({
        "physicalLocation": { "artifactLocation": { "uri": path } },
    });
    match revision {
        // Lines of another revision are not lines of the file that is scanned.
        Some(_) => {
            let text = format!("{what} ({})", evidence.shown());
            location["message"] = json!({ "text": message(&terminal(text.trim_start())) });
        }
        None => {
            location["physicalLocation"]["region"] = json!({
                "startLine": place.line,
                "startColumn": place.column,
            });
            if !what.is_empty() {
                location["message"] = json!({ "text": message(&terminal(what)) });
            }
        }
    }
    location
}

/// A text in a SARIF message, where brackets could be a link (SARIF 2.1.0 §3.11.6).
fn message(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '[' | ']' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
