//! The report of a run: who asked for what, which requests were sent, what was answered,
//! what became of each item.
//!
//! A report is JSON lines. Each line carries the SHA-256 of the line before, so that a line
//! that was changed, taken out or put in is found ([`verify`]). A request is written down
//! *before* it is sent: after a crash the report tells what may have happened.
//!
//! **Invariants.** No token is ever in a report: it is not part of any value here. Once a
//! line cannot be written, no further request goes out (`apply::recorded`).

use std::io;
use std::sync::Mutex;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::context::MadeBy;
use super::outcome::Status;
use crate::ids::{GroupId, ItemId, UserId, digest};
use crate::live::LiveCount;
use crate::plan::undo::PreImage;
use crate::plan::{Action, Change, TargetInfo};

/// The version of the report format this build writes.
pub const REPORT_VERSION: u32 = 1;

/// One line of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "scim-sync report line, version 1", extend("$id" = "urn:scim-sync:schema:report:1"))]
pub struct Line {
    /// The number of the line, from 0.
    pub seq: u64,
    /// When it was written, RFC 3339 in UTC.
    pub at: String,
    /// `sha256:` and the hash of the line before without its line break; empty on the first.
    pub prev: String,
    /// What happened.
    pub event: Event,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Event {
    /// A run begins.
    Begin {
        /// The version of this format; always 1.
        #[schemars(extend("const" = 1))]
        version: u32,
        /// The tool and its version.
        tool: String,
        /// The service provider.
        target: TargetInfo,
        /// The plan's fingerprint.
        plan: String,
        /// The commit the manifest was at, where it could be told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        commit: Option<String>,
        /// Who ran it, as the environment tells.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        operator: Option<String>,
        /// How many items the plan has.
        items: usize,
        /// Limits raised for this plan: `user-removals=12`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        allowed: Vec<String>,
    },
    /// A request is about to be sent.
    Request {
        /// For which item.
        item: ItemId,
        /// How often this request was sent before, plus one.
        attempt: u32,
        /// The method.
        method: String,
        /// The path below the base URL.
        path: String,
        /// The body.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<serde_json::Value>,
    },
    /// It was answered, or failed.
    Answer {
        /// For which item.
        item: ItemId,
        /// The attempt.
        attempt: u32,
        /// The HTTP status; absent when no answer came.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        /// Why no answer came.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
        /// How long it took, in milliseconds.
        millis: u64,
    },
    /// An item came to its end.
    Item {
        /// The item.
        item: ItemId,
        /// What it was to do, with what was there before.
        change: Change,
        /// What became of it: `done`, `already so`, `adopted`, `failed`, `not taken`, `moved`,
        /// `skipped`, `pending`, `not run`.
        outcome: String,
        /// Why, where it is not simply done.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        /// The id of the user it made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user_id: Option<UserId>,
        /// The id of the group it made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group_id: Option<GroupId>,
        /// Whom it asked to be put into a group, or taken out of it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        members: Vec<UserId>,
        /// What was there before it took it away.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Box<PreImage>>,
    },
    /// The run ended.
    End {
        /// Whether a fresh plan found nothing left; absent when the run stopped before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        converged: Option<bool>,
        /// Why it stopped before its end, if it did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stopped: Option<String>,
        /// How many users and groups it left, where they were read again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        left: Option<LiveCount>,
    },
}

impl Event {
    /// An item that came to its end.
    pub fn item(action: &Action, status: &Status, made: MadeBy) -> Self {
        let MadeBy {
            user,
            group,
            members,
            before,
        } = made;
        Self::Item {
            item: action.id.clone(),
            change: action.change.clone(),
            outcome: status.word().to_owned(),
            message: status.message(),
            user_id: user,
            group_id: group,
            members,
            before: before.map(Box::new),
        }
    }
}

/// Where lines go.
pub trait Sink: Send {
    /// Appends a line with its line break, durably enough to outlive this process.
    ///
    /// # Errors
    /// When it cannot be written whole.
    fn append(&mut self, line: &str) -> io::Result<()>;
}

/// A report being written; shared by everything that happens in a run.
pub struct Report {
    clock: Box<dyn Fn() -> String + Send + Sync>,
    state: Mutex<State>,
}

struct State {
    sink: Box<dyn Sink>,
    seq: u64,
    prev: String,
    broken: Option<String>,
}

impl Report {
    /// Begins a report. `clock` gives the time of a line as RFC 3339.
    pub fn new(sink: Box<dyn Sink>, clock: impl Fn() -> String + Send + Sync + 'static) -> Self {
        let state = State {
            sink,
            seq: 0,
            prev: String::new(),
            broken: None,
        };
        Self {
            clock: Box::new(clock),
            state: Mutex::new(state),
        }
    }

    /// Writes a line.
    ///
    /// # Errors
    /// When it, or one before it, could not be written: the message says why.
    pub fn write(&self, event: Event) -> Result<(), String> {
        let mut state = self.state.lock().expect("no panic inside");
        if let Some(why) = &state.broken {
            return Err(why.clone());
        }
        let line = Line {
            seq: state.seq,
            at: (self.clock)(),
            prev: state.prev.clone(),
            event,
        };
        let mut text = serde_json::to_string(&line).expect("a report line has only string keys");
        state.prev = digest::of(&text);
        text.push('\n');
        state.seq += 1;
        state.sink.append(&text).map_err(|error| {
            let why = format!("the report cannot be written: {error}");
            state.broken = Some(why.clone());
            why
        })
    }
}

/// What a report amounts to, after checking it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The lines.
    pub lines: Vec<Line>,
    /// Whether the last line is incomplete: the run was killed while writing it.
    pub torn: bool,
}

/// Why a report cannot be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// A line is no report line.
    #[error("line {line} is not a report line: {reason}")]
    Malformed {
        /// Its number, from 1.
        line: usize,
        /// What the JSON reader said.
        reason: String,
    },
    /// A line does not follow the one before.
    #[error(
        "line {line} does not follow the line before: something was changed, taken out or put in"
    )]
    Broken {
        /// Its number, from 1.
        line: usize,
    },
    /// It does not begin as a report does.
    #[error("it does not begin as a report of version {REPORT_VERSION}")]
    Beginning,
}

/// Reads a report and checks its chain. A torn last line is told, not refused.
///
/// # Errors
/// When a line was tampered with.
pub fn verify(text: &str) -> Result<Verified, ReportError> {
    let torn = !text.is_empty() && !text.ends_with('\n');
    let mut whole: Vec<&str> = text.split('\n').collect();
    // What stands behind the last line break is nothing, or a torn line.
    whole.pop();
    let mut lines = Vec::with_capacity(whole.len());
    let mut prev = String::new();
    for (at, text) in whole.into_iter().enumerate() {
        let line: Line = serde_json::from_str(text).map_err(|error| ReportError::Malformed {
            line: at + 1,
            reason: error.to_string(),
        })?;
        if line.seq != at as u64 || line.prev != prev {
            return Err(ReportError::Broken { line: at + 1 });
        }
        prev = digest::of(text);
        lines.push(line);
    }
    match lines.first().map(|line| &line.event) {
        Some(Event::Begin {
            version: REPORT_VERSION,
            ..
        }) => Ok(Verified { lines, torn }),
        Some(_) | None => Err(ReportError::Beginning),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<(String, bool)>>);

    impl Sink for Memory {
        fn append(&mut self, line: &str) -> io::Result<()> {
            let mut memory = self.0.lock().unwrap();
            if memory.1 {
                return Err(io::Error::from(io::ErrorKind::StorageFull));
            }
            memory.0.push_str(line);
            Ok(())
        }
    }

    fn written() -> (Memory, Report) {
        let memory = Memory::default();
        let report = Report::new(Box::new(memory.clone()), || {
            "2026-11-24T00:00:00Z".to_owned()
        });
        let target = TargetInfo {
            name: None,
            provider: "scim".into(),
            title: "SCIM".into(),
            base_url: "x".into(),
        };
        let begin = Event::Begin {
            version: REPORT_VERSION,
            tool: "scim-sync".into(),
            target,
            plan: "sha256:0".into(),
            commit: None,
            operator: None,
            items: 0,
            allowed: Vec::new(),
        };
        report.write(begin).unwrap();
        report
            .write(Event::End {
                converged: Some(true),
                stopped: None,
                left: None,
            })
            .unwrap();
        (memory, report)
    }

    #[test]
    fn a_whole_report_verifies_and_a_torn_one_says_so() {
        let (memory, _) = written();
        let text = memory.0.lock().unwrap().0.clone();
        let verified = verify(&text).unwrap();
        assert_eq!((verified.lines.len(), verified.torn), (2, false));
        let verified = verify(&text[..text.len() - 5]).unwrap();
        assert_eq!((verified.lines.len(), verified.torn), (1, true));
    }

    #[test]
    fn a_changed_line_is_found() {
        let (memory, _) = written();
        let text = memory.0.lock().unwrap().0.clone();
        assert_eq!(
            verify(&text.replacen("scim-sync", "scim-sink", 1)),
            Err(ReportError::Broken { line: 2 })
        );
        let without_first: String = text
            .lines()
            .skip(1)
            .map(|line| format!("{line}\n"))
            .collect();
        assert_eq!(verify(&without_first), Err(ReportError::Broken { line: 1 }));
        assert!(matches!(
            verify("{}\n"),
            Err(ReportError::Malformed { line: 1, .. })
        ));
        assert_eq!(verify(""), Err(ReportError::Beginning));
    }

    #[test]
    fn after_a_line_that_could_not_be_written_there_is_none() {
        let (memory, report) = written();
        memory.0.lock().unwrap().1 = true;
        let end = Event::End {
            converged: None,
            stopped: None,
            left: None,
        };
        assert!(
            report
                .write(end.clone())
                .unwrap_err()
                .contains("cannot be written")
        );
        memory.0.lock().unwrap().1 = false;
        assert!(
            report.write(end).is_err(),
            "a chain with a gap is worth nothing"
        );
    }
}
