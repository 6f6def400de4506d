//! What became of a plan, for a terminal.

use std::fmt::Write as _;

use owo_colors::OwoColorize as _;

use super::escape::terminal;
use super::style::{Colour, Styles};
use super::text::{Detail, describe};
use crate::apply::{Outcome, Status};
use crate::plan::Plan;
use crate::scim::http::TransportFault;
use crate::scim::retry::{Retry, RetryCause};

/// Everything that did not simply go well, then one line of counts.
pub fn text(plan: &Plan, outcome: &Outcome, width: usize, colour: Colour) -> String {
    let styles = Styles::new(colour);
    let mut out = String::new();
    let wrap = |text: &str| -> String {
        let options = textwrap::Options::new(width.clamp(40, 200))
            .subsequent_indent("    ")
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        textwrap::fill(text, options)
    };
    for (action, step) in plan.actions.iter().zip(&outcome.steps) {
        let told = match &step.status {
            Status::Done | Status::AlreadySo => continue,
            Status::Adopted(what) => what.clone(),
            Status::Failed { message, help } | Status::NotTaken { message, help } => {
                format!("{message}\n-> {help}")
            }
            Status::Moved { message } => message.clone(),
            Status::Skipped { because } => because.clone(),
            Status::Pending(kind) => format!("needs `--approve {}`", approval_word(*kind)),
            Status::NotRun => "the run stopped before it".to_owned(),
        };
        let style = if step.status.is_good() {
            styles.change
        } else {
            styles.refused
        };
        let head = wrap(&format!(
            "{}: {}",
            step.status.word(),
            describe(action, Detail::Short)
        ));
        let _ = writeln!(out, "{}", head.style(style));
        for line in told.lines() {
            let _ = writeln!(out, "{}", wrap(&format!("    {}", terminal(line))));
        }
    }
    if let Some(reason) = &outcome.stopped {
        let _ = writeln!(
            out,
            "{}",
            wrap(&format!("Stopped: {}", terminal(reason))).style(styles.refused)
        );
    }
    let _ = writeln!(out, "\n{}", wrap(&counts(outcome)).style(styles.heading));
    out
}

/// A request that is about to be sent again: `GET Users: 503, again in 2 s`.
pub fn retry(retry: &Retry) -> String {
    let why = match retry.cause {
        RetryCause::Status(status) => format!("answered {status}"),
        RetryCause::Fault(fault) => match fault {
            TransportFault::Dns => "the host name did not resolve".to_owned(),
            TransportFault::Connect => "no connection".to_owned(),
            TransportFault::Tls => "no trusted TLS connection".to_owned(),
            TransportFault::Timeout => "no answer in time".to_owned(),
            TransportFault::Cut => "the answer was cut short".to_owned(),
            TransportFault::TooLarge => "the answer was too large".to_owned(),
            TransportFault::Redirect => "redirected elsewhere".to_owned(),
            TransportFault::Other => "no usable answer".to_owned(),
        },
    };
    format!(
        "{} {}: {why}, again in {:.1} s",
        retry.method,
        terminal(&retry.path),
        retry.wait.as_secs_f64()
    )
}

fn approval_word(kind: crate::manifest::decl::ApprovalKind) -> &'static str {
    use crate::manifest::decl::ApprovalKind;
    match kind {
        ApprovalKind::Create => "create",
        ApprovalKind::Update => "update",
        ApprovalKind::Delete => "delete",
    }
}

/// `Applied: 5 done, 1 already so, 1 failed`.
fn counts(outcome: &Outcome) -> String {
    let words = [
        "done",
        "adopted",
        "already so",
        "failed",
        "not taken",
        "moved",
        "skipped",
        "pending",
        "not run",
    ];
    let told: Vec<String> = words
        .into_iter()
        .map(|word| {
            (
                outcome
                    .steps
                    .iter()
                    .filter(|step| step.status.word() == word)
                    .count(),
                word,
            )
        })
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    format!("Applied: {}", told.join(", "))
}
