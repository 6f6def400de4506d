//! `scim-sync report verify|show`: what a run did, and whether its report can be trusted.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::Terminal;
use super::project::Failure;
use super::trouble::Trouble;
use crate::apply::report::{self, Event, Verified};
use crate::cli::ReportCommand;
use crate::exit::Exit;
use crate::ids::ItemId;
use crate::render::escape::terminal as safe;
use crate::render::style::count;

pub(super) fn run(command: &ReportCommand, terminal: &Terminal) -> Result<Exit, Failure> {
    match command {
        ReportCommand::Verify(args) => {
            let Verified { lines, torn } = read(&args.report)?;
            if !is_ended(&lines) {
                let how = if torn {
                    ", in the middle of a line"
                } else {
                    ""
                };
                return Err(Trouble::new(
                    "report",
                    format!(
                        "`{}` is unbroken for {}, but has no end{how}: the run was killed, or its end was cut off",
                        args.report.display(),
                        count(lines.len(), "line", "lines")
                    ),
                    "`scim-sync report show` tells what is not answered; compare it with the copy your pipeline kept",
                )
                .into());
            }
            terminal.print(&format!(
                "unbroken: {}\n",
                count(lines.len(), "line", "lines")
            ))?;
        }
        ReportCommand::Show(args) => {
            let Verified { lines, torn } = read(&args.report)?;
            terminal.print(&shown(&lines, torn))?;
        }
    }
    Ok(Exit::Success)
}

/// Reads a report and checks its chain.
pub(super) fn read(file: &Path) -> Result<Verified, Trouble> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Trouble::file("read the report", file, &error))?;
    report::verify(&text).map_err(|error| {
        Trouble::new(
            "report",
            format!("`{}` cannot be trusted: {error}", file.display()),
            "compare it with the copy your pipeline kept",
        )
    })
}

/// Whether the run wrote its own end.
fn is_ended(lines: &[report::Line]) -> bool {
    matches!(
        lines.last().map(|line| &line.event),
        Some(Event::End { .. })
    )
}

fn shown(lines: &[report::Line], torn: bool) -> String {
    let mut out = String::new();
    // An item sends one request at a time; items run side by side.
    let mut open: BTreeMap<&ItemId, String> = BTreeMap::new();
    for line in lines {
        let at = &line.at;
        match &line.event {
            Event::Begin {
                tool,
                target,
                plan,
                commit,
                operator,
                items,
                allowed,
                version: _,
            } => {
                let _ = writeln!(
                    out,
                    "{at}  {} by {}",
                    safe(tool),
                    safe(operator.as_deref().unwrap_or("nobody named"))
                );
                let _ = writeln!(
                    out,
                    "  {} at {}",
                    safe(&target.called()),
                    safe(&target.base_url)
                );
                let _ = writeln!(
                    out,
                    "  plan {} with {}",
                    safe(plan),
                    count(*items, "item", "items")
                );
                if let Some(commit) = commit {
                    let _ = writeln!(out, "  manifest at commit {}", safe(commit));
                }
                for limit in allowed {
                    let _ = writeln!(out, "  limit raised: {}", safe(limit));
                }
            }
            Event::Request {
                item,
                attempt,
                method,
                path,
                body: _,
            } => {
                let again = if *attempt > 1 {
                    format!(" (attempt {attempt})")
                } else {
                    String::new()
                };
                let request = format!("{method} {} for {}{again}", safe(path), safe(item.as_str()));
                open.insert(item, request);
            }
            Event::Answer {
                item,
                status,
                error,
                millis,
                attempt: _,
            } => {
                let request = open.remove(item).unwrap_or_default();
                let answer = match (status, error) {
                    (Some(status), _) => status.to_string(),
                    (None, error) => safe(error.as_deref().unwrap_or("no answer")).into_owned(),
                };
                let _ = writeln!(out, "{at}    {request}: {answer} in {millis} ms");
            }
            Event::Item {
                item,
                outcome,
                message,
                ..
            } => {
                let why = message
                    .as_deref()
                    .map_or(String::new(), |why| format!(": {}", safe(why)));
                let _ = writeln!(out, "{at}  {} {}{why}", safe(outcome), safe(item.as_str()));
            }
            Event::End {
                converged,
                stopped,
                left: _,
            } => {
                let end = match (converged, stopped) {
                    (_, Some(why)) => format!("stopped: {}", safe(why)),
                    (Some(true), None) => "converged".to_owned(),
                    (Some(false), None) => "not converged".to_owned(),
                    (None, None) => "ended".to_owned(),
                };
                let _ = writeln!(out, "{at}  {end}");
            }
        }
    }
    if !is_ended(lines) {
        for request in open.values() {
            let _ = writeln!(out, "no answer is recorded: {request}");
        }
        let how = if torn {
            ", in the middle of a line"
        } else {
            ""
        };
        let _ = writeln!(
            out,
            "the report has no end{how}: the run was killed, or its end was cut off"
        );
    }
    out
}
