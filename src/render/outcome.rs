//! What became of a plan, for a terminal.

use std::fmt::Write as _;
use std::time::Duration;

use owo_colors::OwoColorize as _;

use super::escape::terminal;
use super::style::{Colour, Styles, count};
use super::text::{Detail, describe};
use crate::apply::{Outcome, Status};
use crate::plan::{Action, Plan};
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
            Status::Pending(kind) => format!("needs `--approve {}`", kind.as_str()),
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

/// An item that came to its end: `done: create user ada`.
pub fn finished_line(action: &Action, status: &Status) -> String {
    format!("{}: {}", status.word(), describe(action, Detail::Short))
}

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Items that came to their end.
    pub done: usize,
    /// All items.
    pub total: usize,
    /// Items that did not go well.
    pub failed: usize,
    /// Requests that were sent again.
    pub retries: usize,
    /// Since when.
    pub elapsed: Duration,
    /// The item begun last.
    pub current: String,
}

impl Standing {
    /// `, 1 not done, 2 retries`; nothing where all is well.
    pub fn troubles(&self) -> String {
        let mut text = String::new();
        if self.failed > 0 {
            let _ = write!(text, ", {} not done", self.failed);
        }
        if self.retries > 0 {
            let _ = write!(text, ", {}", count(self.retries, "retry", "retries"));
        }
        text
    }
}

/// `12 of 300 done, 2.4 a second, about 2 min left, 1 not done: create user ada`.
pub fn progress_line(standing: &Standing) -> String {
    let Standing {
        done,
        total,
        failed: _,
        retries: _,
        elapsed,
        current,
    } = standing;
    let mut text = format!("{done} of {total} done");
    let seconds = elapsed.as_secs_f64();
    if *done > 0 && seconds > 0.0 {
        let rate = *done as f64 / seconds;
        let left = total.saturating_sub(*done) as f64 / rate;
        let _ = write!(text, ", {rate:.1} a second, about {} left", rough(left));
    }
    text.push_str(&standing.troubles());
    if !current.is_empty() {
        let _ = write!(text, ": {current}");
    }
    text
}

/// A time as people say it.
fn rough(seconds: f64) -> String {
    if seconds < 90.0 {
        format!("{seconds:.0} s")
    } else if seconds < 90.0 * 60.0 {
        format!("{:.0} min", seconds / 60.0)
    } else {
        format!("{:.1} h", seconds / 3600.0)
    }
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
            TransportFault::Unsent => "not sent".to_owned(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_a_run_is_in_one_line() {
        let mut standing = Standing {
            done: 0,
            total: 300,
            failed: 0,
            retries: 0,
            elapsed: Duration::from_secs(5),
            current: "create user ada".to_owned(),
        };
        assert_eq!(progress_line(&standing), "0 of 300 done: create user ada");
        standing.done = 12;
        standing.failed = 1;
        standing.retries = 2;
        assert_eq!(
            progress_line(&standing),
            "12 of 300 done, 2.4 a second, about 2 min left, 1 not done, 2 retries: create user ada"
        );
    }
}
