//! The difference of two snapshots, for a terminal and for machines.

use std::fmt::Write as _;

use super::lines::Lines;
use super::style::{Colour, Mark, count};
use crate::live::diff::{Changed, GroupChanged, SnapshotDiff, UserChanged};

/// The difference as lines.
pub fn text(diff: &SnapshotDiff, width: usize, colour: Colour) -> String {
    let mut page = Lines::new(width, colour);
    page.page(diff);
    page.out
}

/// The difference for machines, described by `schema/snapshot-diff.schema.json`.
pub fn json(diff: &SnapshotDiff) -> String {
    let mut text = serde_json::to_string_pretty(diff).expect("a difference has only string keys");
    text.push('\n');
    text
}

impl Lines {
    fn page(&mut self, diff: &SnapshotDiff) {
        let SnapshotDiff {
            version: _,
            before,
            after,
            users_made,
            users_gone,
            users_changed,
            groups_made,
            groups_gone,
            groups_changed,
            people: _,
        } = diff;
        self.heading(&format!("{} -> {}", before.taken_at, after.taken_at));
        if before.base_url != after.base_url {
            self.line(
                Mark::Note,
                "note",
                &format!(
                    "of two providers: {} and {}",
                    before.base_url, after.base_url
                ),
            );
        }
        for (which, taken) in [("first", before), ("second", after)] {
            if !taken.whole {
                self.line(
                    Mark::Note,
                    "note",
                    &format!("the {which} was not read whole: what it lacks may have been there"),
                );
            }
        }
        let _ = writeln!(
            self.out,
            "compared {} and {} with {} and {}",
            count(before.users, "user", "users"),
            count(before.groups, "group", "groups"),
            count(after.users, "user", "users"),
            count(after.groups, "group", "groups"),
        );
        if diff.is_empty() {
            self.out.push_str("\nNothing changed.\n");
            return;
        }
        self.out.push('\n');
        for user in users_gone {
            self.line(
                Mark::Remove,
                "gone",
                &format!("{} (id {})", user.email, user.id),
            );
        }
        for group in groups_gone {
            let members = self.names(diff, &group.members);
            self.line(
                Mark::Remove,
                "gone",
                &format!(
                    "group {} (id {}); it had {members}",
                    group.display_name, group.id
                ),
            );
        }
        for GroupChanged { name, left, .. } in groups_changed {
            if !left.is_empty() {
                let who = self.names(diff, left);
                self.line(Mark::Remove, "left", &format!("group {name}: {who}"));
            }
        }
        for UserChanged { id, email, changes } in users_changed {
            let changes: Vec<String> = changes.iter().map(changed).collect();
            self.line(
                Mark::Change,
                "changed",
                &format!("{email} (id {id}): {}", changes.join("; ")),
            );
        }
        for GroupChanged {
            id,
            name,
            renamed_to,
            ..
        } in groups_changed
        {
            if let Some(now) = renamed_to {
                self.line(
                    Mark::Change,
                    "renamed",
                    &format!("group {name} (id {id}) to {now}"),
                );
            }
        }
        for user in users_made {
            self.line(
                Mark::Add,
                "made",
                &format!("{} (id {})", user.email, user.id),
            );
        }
        for group in groups_made {
            let members = self.names(diff, &group.members);
            self.line(
                Mark::Add,
                "made",
                &format!(
                    "group {} (id {}) with {members}",
                    group.display_name, group.id
                ),
            );
        }
        for GroupChanged { name, joined, .. } in groups_changed {
            if !joined.is_empty() {
                let who = self.names(diff, joined);
                self.line(Mark::Add, "joined", &format!("group {name}: {who}"));
            }
        }
    }

    fn names(&self, diff: &SnapshotDiff, ids: &[String]) -> String {
        if ids.is_empty() {
            return "nobody".to_owned();
        }
        let names: Vec<String> = ids
            .iter()
            .map(|id| match diff.people.get(id) {
                Some(email) => email.to_string(),
                None => format!("id {id}"),
            })
            .collect();
        names.join(", ")
    }
}

pub(super) fn changed(change: &Changed) -> String {
    let Changed {
        attribute,
        before,
        after,
    } = change;
    let shown = |value: &Option<String>| match value {
        Some(value) => format!("`{value}`"),
        None => "nothing".to_owned(),
    };
    format!("{attribute} {} -> {}", shown(before), shown(after))
}
