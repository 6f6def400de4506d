//! What another client provisions beside what is live, for a terminal and for machines.

use std::fmt::Write as _;

use super::lines::Lines;
use super::snapshot_diff::changed;
use super::style::{Colour, Mark, count};
use crate::ids::Email;
use crate::plan::compare::{
    Account, Comparison, Different, DifferentGroup, ExtraGroup, Groups, Logins, Missing,
    MissingGroup, People, Untold,
};

/// The comparison as lines.
pub fn text(comparison: &Comparison, width: usize, colour: Colour) -> String {
    let mut page = Lines::new(width, colour);
    page.comparison(comparison);
    page.out
}

/// The comparison for machines, described by `schema/comparison.schema.json`.
pub fn json(comparison: &Comparison) -> String {
    let mut text =
        serde_json::to_string_pretty(comparison).expect("a comparison has only string keys");
    text.push('\n');
    text
}

impl Lines {
    fn comparison(&mut self, comparison: &Comparison) {
        let Comparison {
            version: _,
            client,
            target,
            whole,
            people,
            groups,
            logins,
            untold,
        } = comparison;
        self.heading(&format!(
            "What {client} would provision, beside {} at {}",
            target.title, target.base_url
        ));
        if !whole {
            let gaps = "the live state was not read whole: what is missing in it may be there";
            self.line(Mark::Note, "note", gaps);
        }
        self.people(people);
        self.groups(groups);
        if let Some(logins) = logins {
            self.logins(logins);
        }
        if !untold.is_empty() {
            self.out.push('\n');
            self.heading("Could not be compared");
            for Untold { subject, message } in untold {
                self.line(Mark::Note, "note", &format!("{subject} {message}"));
            }
        }
        self.out.push('\n');
        self.verdict(comparison);
    }

    fn people(&mut self, people: &People) {
        let People {
            same: _,
            missing,
            suspended,
            extra,
            different,
        } = people;
        if !(missing.is_empty() && suspended.is_empty() && extra.is_empty() && different.is_empty())
        {
            self.out.push('\n');
            self.heading("People");
        }
        for Missing { email, name } in missing {
            let text = format!("{email} ({name}) has no account");
            self.line(Mark::Add, "missing", &text);
        }
        for one in suspended {
            let text = format!("{} is suspended there and has an account", account(one));
            self.line(Mark::Remove, "suspended", &text);
        }
        for one in extra {
            let text = format!("{} is not provisioned from there", account(one));
            self.line(Mark::Remove, "extra", &text);
        }
        for Different { id, email, changes } in different {
            let changes: Vec<String> = changes.iter().map(changed).collect();
            let text = format!("{email} (id {id}): {}", changes.join("; "));
            self.line(Mark::Change, "different", &text);
        }
    }

    fn groups(&mut self, groups: &Groups) {
        let Groups {
            same: _,
            missing,
            extra,
            different,
        } = groups;
        if !(missing.is_empty() && extra.is_empty() && different.is_empty()) {
            self.out.push('\n');
            self.heading("Groups");
        }
        for MissingGroup { name, members } in missing {
            let text = format!("group {name} would have {}", names(members));
            self.line(Mark::Add, "missing", &text);
        }
        for ExtraGroup { id, name, members } in extra {
            let text = format!(
                "group {name} (id {id}) is not made there; it has {}",
                names(members)
            );
            self.line(Mark::Remove, "extra", &text);
        }
        for group in different {
            let DifferentGroup {
                id,
                name,
                called,
                missing,
                extra,
                has_untold,
            } = group;
            if let Some(called) = called {
                let text = format!("group {name} (id {id}) is called {called} there");
                self.line(Mark::Change, "different", &text);
            }
            if !missing.is_empty() {
                let text = format!("group {name} lacks {}", names(missing));
                self.line(Mark::Add, "missing", &text);
            }
            if !extra.is_empty() {
                let perhaps = match has_untold {
                    true => "; some of them may be members there who could not be compared",
                    false => "",
                };
                let text = format!("group {name} has besides {}{perhaps}", names(extra));
                self.line(Mark::Remove, "extra", &text);
            }
        }
    }

    fn logins(&mut self, logins: &Logins) {
        let Logins {
            title,
            unknown,
            kept_out,
        } = logins;
        if unknown.is_none() && kept_out.is_empty() {
            return;
        }
        self.out.push('\n');
        self.heading(&format!("Who could not log in: {title} decides"));
        if let Some(why) = unknown {
            self.line(
                Mark::Note,
                "unknown",
                &format!("it could not be asked: {why}"),
            );
        }
        for email in kept_out {
            let text = format!("{email} is missing there, and would not get in");
            self.line(Mark::Note, "kept out", &text);
        }
    }

    fn verdict(&mut self, comparison: &Comparison) {
        let (people, groups) = (&comparison.people, &comparison.groups);
        if comparison.is_same() {
            let _ = writeln!(
                self.out,
                "The same: {} and {}.",
                count(people.same, "person", "people"),
                count(groups.same, "group", "groups")
            );
            return;
        }
        let line = |what: &str, parts: &[(usize, &str)]| {
            let parts: Vec<String> = parts
                .iter()
                .filter(|(number, _)| *number > 0)
                .map(|(number, word)| format!("{number} {word}"))
                .collect();
            let parts = match parts.is_empty() {
                true => "none".to_owned(),
                false => parts.join(", "),
            };
            format!("{what}: {parts}\n")
        };
        let text = line(
            "People",
            &[
                (people.same, "the same"),
                (people.missing.len(), "missing"),
                (people.suspended.len(), "suspended there"),
                (people.extra.len(), "extra"),
                (people.different.len(), "different"),
            ],
        );
        self.out.push_str(&text);
        let text = line(
            "Groups",
            &[
                (groups.same, "the same"),
                (groups.missing.len(), "missing"),
                (groups.extra.len(), "extra"),
                (groups.different.len(), "different"),
            ],
        );
        self.out.push_str(&text);
    }
}

fn account(account: &Account) -> String {
    let Account {
        id,
        email,
        external_id,
    } = account;
    match external_id {
        None => format!("{email} (id {id})"),
        Some(external) => format!("{email} (id {id}, externalId {external})"),
    }
}

fn names(emails: &[Email]) -> String {
    if emails.is_empty() {
        return "nobody".to_owned();
    }
    let emails: Vec<String> = emails.iter().map(ToString::to_string).collect();
    emails.join(", ")
}
