//! Where everybody and every group stands, for a terminal.

use std::fmt::Write as _;

use owo_colors::OwoColorize as _;

use super::escape::terminal;
use super::style::{Colour, Styles, count};
use super::text::Detail;
use crate::plan::status::{Because, State, Status};

/// The column at which names begin.
const NAMES_AT: usize = 23;

/// Counts first; then whatever needs somebody, and with [`Detail::Full`] all the rest.
pub fn text(status: &Status, width: usize, colour: Colour, detail: Detail) -> String {
    let styles = Styles::new(colour);
    let mut out = String::new();
    let head = format!(
        "Status of {} at {}",
        terminal(&status.target.called()),
        terminal(&status.target.base_url)
    );
    let _ = writeln!(out, "{}", head.style(styles.heading));
    let _ = writeln!(out, "grants judged on {}", status.as_of);
    let users: Vec<(State, String, &Because)> = status
        .users
        .iter()
        .map(|user| {
            let name = match &user.key {
                Some(key) => format!("{key} <{}>", user.email),
                None => user.email.to_string(),
            };
            (user.state, name, &user.because)
        })
        .collect();
    let groups: Vec<(State, String, &Because)> = status
        .groups
        .iter()
        .map(|group| {
            let name = match &group.id {
                Some(id) if id.as_str() != group.name.as_str() => {
                    format!("{} (id {id})", group.name)
                }
                Some(_) | None => group.name.to_string(),
            };
            (group.state, name, &group.because)
        })
        .collect();
    for (title, one, many, entries) in [
        ("People", "person", "people", users),
        ("Groups", "group", "groups", groups),
    ] {
        let counts: Vec<String> = State::ALL
            .iter()
            .map(|state| {
                (
                    entries.iter().filter(|(it, _, _)| it == state).count(),
                    state,
                )
            })
            .filter(|(number, _)| *number > 0)
            .map(|(number, state)| format!("{number} {}", state.words()))
            .collect();
        let counts = match counts.as_slice() {
            [] => format!("{}, declared or live", count(0, one, many)),
            counts => counts.join(", "),
        };
        let _ = writeln!(
            out,
            "\n{}",
            format!("{title}: {counts}").style(styles.heading)
        );
        for (state, name, because) in entries {
            let quiet = match state {
                State::Provisioned | State::Unmanaged => detail == Detail::Short,
                State::Refused | State::Failed | State::WaitingForSupport | State::Pending => false,
            };
            if quiet {
                continue;
            }
            let style = match state {
                State::Refused | State::Failed => styles.refused,
                State::WaitingForSupport => styles.manual,
                State::Pending => styles.change,
                State::Provisioned => styles.add,
                State::Unmanaged => styles.faint,
            };
            let word = format!("  {:<width$}", state.words(), width = NAMES_AT - 2);
            let _ = writeln!(out, "{}{}", word.style(style), terminal(&name));
            let indent = " ".repeat(NAMES_AT);
            for reason in &because.reasons {
                wrapped(&mut out, &terminal(reason), width, &indent);
            }
            if let Some(error) = &because.last_error {
                let said = format!(
                    "last tried {}: {}",
                    terminal(&error.at),
                    terminal(&error.message)
                );
                wrapped(&mut out, &said, width, &indent);
                wrapped(
                    &mut out,
                    &format!("report: {}", terminal(&error.report)),
                    width,
                    &indent,
                );
            }
        }
    }
    out
}

fn wrapped(out: &mut String, text: &str, width: usize, indent: &str) {
    let options = textwrap::Options::new(width.clamp(40, 120))
        .initial_indent(indent)
        .subsequent_indent(indent)
        .break_words(false)
        // A URL broken at its slashes cannot be copied.
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    let _ = writeln!(out, "{}", textwrap::fill(text, options));
}
