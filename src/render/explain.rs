//! Why somebody is in a group or not, for a terminal.

use std::fmt::Write as _;

use owo_colors::OwoColorize as _;

use super::escape::terminal;
use super::style::{Colour, Styles};
use crate::manifest::decl::UserStatus;
use crate::plan::explain::{
    ExplainedGroup, ExplainedPerson, Explanation, Include, Line, Path, Standing, WhyNot, Written,
};

/// Where the text of a line begins.
const TEXT: usize = 13;

/// The answer as lines: the person, then each group with its paths or reasons.
pub fn text(explanation: &Explanation, width: usize, colour: Colour) -> String {
    let mut page = Page {
        out: String::new(),
        width: width.clamp(40, 200),
        styles: Styles::new(colour),
    };
    if let Some(name) = &explanation.target.name {
        page.out
            .push_str(&format!("At {}:\n", terminal(name.as_str())));
    }
    page.person(&explanation.person);
    for group in &explanation.groups {
        page.group(group);
    }
    if explanation.groups.is_empty() {
        page.out
            .push_str("\nIn no group, neither declared nor live.\n");
    }
    page.out
}

/// The answer for machines, described by `schema/explain.schema.json`.
pub fn json(explanation: &Explanation) -> String {
    let mut text =
        serde_json::to_string_pretty(explanation).expect("an explanation has only string keys");
    text.push('\n');
    text
}

struct Page {
    out: String,
    width: usize,
    styles: Styles,
}

impl Page {
    fn heading(&mut self, text: &str) {
        let wrapped = textwrap::fill(&terminal(text), self.width);
        let _ = writeln!(self.out, "{}", wrapped.style(self.styles.heading));
    }

    fn line(&mut self, word: &str, text: &str) {
        let first = format!("  {word:<width$}", width = TEXT - 2);
        let rest = " ".repeat(TEXT);
        let options = textwrap::Options::new(self.width)
            .initial_indent(&first)
            .subsequent_indent(&rest)
            // A place broken at its slashes cannot be copied.
            .word_separator(textwrap::WordSeparator::AsciiSpace)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        let _ = writeln!(self.out, "{}", textwrap::fill(&terminal(text), options));
    }

    fn person(&mut self, person: &ExplainedPerson) {
        let ExplainedPerson {
            key,
            email,
            declared,
            live,
            live_was_read,
            next,
        } = person;
        match key {
            Some(key) => self.heading(&format!("{key} ({email})")),
            None => self.heading(email.as_str()),
        }
        match declared {
            Some(declared) => {
                let status = match declared.status {
                    UserStatus::Active => "active",
                    UserStatus::Suspended => "suspended",
                    UserStatus::Absent => "absent: a tombstone",
                };
                self.line("declared", &format!("{status}, {}", shown(&declared.line)));
            }
            None => self.line("declared", "no"),
        }
        match (live, live_was_read) {
            (Some(live), _) => {
                let activity = if live.active { "active" } else { "inactive" };
                let name = match &live.display_name {
                    Some(name) => format!(", shown as {name}"),
                    None => String::new(),
                };
                self.line("live", &format!("{activity}, id {}{name}", live.id));
            }
            (None, true) => self.line("live", "no account"),
            (None, false) => self.line("live", "not read"),
        }
        for next in next {
            self.line("next", next);
        }
    }

    fn group(&mut self, group: &ExplainedGroup) {
        let ExplainedGroup {
            name,
            id: _,
            declared,
            live,
            paths,
            why_not,
            next,
        } = group;
        let live = match live {
            None => "not read".to_owned(),
            Some(standing) => words(*standing).to_owned(),
        };
        self.out.push('\n');
        self.heading(&format!(
            "group {name}: declared {}, live {live}",
            match declared {
                Standing::NoGroup => "by no role",
                Standing::Member | Standing::NotMember => words(*declared),
            }
        ));
        for path in paths {
            self.path(path);
        }
        for WhyNot {
            message,
            help,
            line,
        } in why_not
        {
            self.line("why not", message);
            if let Some(line) = line {
                self.line("", &format!("at {}", shown(line)));
            }
            self.line("", &format!("-> {help}"));
        }
        if let Some(next) = next {
            self.line("next", next);
        }
    }

    fn path(&mut self, path: &Path) {
        let Path {
            role,
            includes,
            grant,
            until,
            reason,
            mapping,
            mapping_line,
        } = path;
        let way = includes
            .iter()
            .map(|include| format!(" -> {}", include.role));
        self.line("by role", &format!("{role}{}", way.collect::<String>()));
        let mut granted = format!("granted at {}", shown(grant));
        if let Some(until) = until {
            let _ = write!(granted, ", until {until}");
        }
        if let Some(reason) = reason {
            let _ = write!(granted, ", because {reason}");
        }
        self.line("", &granted);
        for Include { role, line } in includes.iter().rev() {
            self.line("", &format!("{role} included at {}", shown(line)));
        }
        self.line("", &format!("mapping {mapping} at {}", shown(mapping_line)));
    }
}

fn words(standing: Standing) -> &'static str {
    match standing {
        Standing::Member => "in it",
        Standing::NotMember => "not in it",
        Standing::NoGroup => "no such group",
    }
}

/// `people/web.yaml:3:3 (abc1234 by Grace, 2026-11-24)`.
fn shown(line: &Line) -> String {
    match &line.written {
        None => line.place.to_string(),
        Some(Written {
            commit,
            author,
            date,
        }) => format!("{} ({commit} by {author}, {date})", line.place),
    }
}
