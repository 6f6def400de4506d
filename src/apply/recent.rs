//! What past runs removed, as their reports tell: it counts towards the limits for 24 hours.
//!
//! Careful where a report is not: what was asked for counts whether or not it was answered,
//! and an item the run was killed in counts as done.

use super::report::{Event, Line};
use super::undo::recorded;
use crate::plan::undo::{DoneItem, How, PreImage};
use crate::plan::{Recent, Taken, TargetInfo};
use crate::profile::UserRemovalEffect;

/// Adds what one report removes; nothing if its run was at another target, or has not written
/// a line since.
pub fn add(
    recent: &mut Recent,
    lines: &[Line],
    since: jiff::Timestamp,
    target: &TargetInfo,
    effect: UserRemovalEffect,
) {
    let is_here = match lines.first().map(|line| &line.event) {
        Some(Event::Begin { target: of, .. }) => of.same_place(target),
        Some(
            Event::Request { .. } | Event::Answer { .. } | Event::Item { .. } | Event::End { .. },
        )
        | None => false,
    };
    // A time nobody can read is as good as now.
    let ended = lines.last().and_then(|line| line.at.parse().ok());
    if !is_here || ended.is_some_and(|ended: jiff::Timestamp| ended < since) {
        return;
    }
    let run = recorded(lines);
    for item in &run.items {
        match item.how {
            How::Written => removal(recent, item, effect),
            How::Adopted => {}
        }
    }
    for item in &run.open {
        let id = item.as_str();
        if id.starts_with("user:") && (id.ends_with(":delete") || id.ends_with(":deactivate")) {
            recent.users += 1;
        }
        if id.starts_with("group:") && id.contains(":binding:") && id.ends_with(":delete") {
            recent.bindings += 1;
        }
    }
}

fn removal(recent: &mut Recent, item: &DoneItem, effect: UserRemovalEffect) {
    let DoneItem {
        item: _,
        change,
        how: _,
        user_id: _,
        group_id: _,
        members,
        before,
    } = item;
    match change.taken() {
        Taken::Account(_) => {
            recent.users += 1;
            match (before, effect) {
                (Some(PreImage::User { groups, .. }), UserRemovalEffect::PurgesMemberships) => {
                    recent.memberships += groups.len();
                    for group in groups {
                        *recent.by_group.entry(group.clone()).or_default() += 1;
                    }
                }
                // There they were taken out by items of their own.
                (Some(PreImage::User { .. }), UserRemovalEffect::LeavesMemberships)
                | (Some(PreImage::Group { .. }) | None, _) => {}
            }
        }
        Taken::UseOf(_) => recent.users += 1,
        Taken::Binding { .. } => recent.bindings += 1,
        // As many as were taken out, which may be fewer than were planned.
        Taken::Members { group, members: _ } => {
            recent.memberships += members.len();
            *recent.by_group.entry(group.name.clone()).or_default() += members.len();
        }
        Taken::Group(_) => {
            if let Some(PreImage::Group { members, bindings }) = before {
                recent.memberships += members.len();
                recent.bindings += bindings.len();
            }
        }
        Taken::Nothing => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::REPORT_VERSION;
    use super::*;
    use crate::ids::ItemId;

    fn target() -> TargetInfo {
        TargetInfo {
            name: None,
            provider: "harness".into(),
            title: "Harness".into(),
            base_url: "x".into(),
        }
    }

    fn line(event: Event) -> Line {
        Line {
            seq: 0,
            at: "2026-11-24T00:00:00Z".to_owned(),
            prev: String::new(),
            event,
        }
    }

    #[test]
    fn a_removal_the_run_was_killed_in_counts() {
        let begin = Event::Begin {
            version: REPORT_VERSION,
            tool: "scim-sync".into(),
            target: target(),
            plan: "sha256:0".into(),
            commit: None,
            operator: None,
            items: 4,
            allowed: Vec::new(),
        };
        let mut lines = vec![line(begin)];
        for item in [
            "user:ada:delete",
            "user:bob:deactivate",
            "user:cyd:create",
            "group:ops:binding:viewer:all:account:delete",
            "group:ops:binding:admin:all:account:create",
        ] {
            lines.push(line(Event::Request {
                item: ItemId::new(item),
                attempt: 1,
                method: "DELETE".into(),
                path: "x".into(),
                body: None,
            }));
        }
        let mut recent = Recent::default();
        let since = "2026-11-23T12:00:00Z".parse().unwrap();
        let effect = UserRemovalEffect::PurgesMemberships;
        add(&mut recent, &lines, since, &target(), effect);
        assert_eq!((recent.users, recent.bindings), (2, 1));
        // Another day's run is none of today's.
        let mut later = Recent::default();
        let since = "2026-11-24T12:00:00Z".parse().unwrap();
        add(&mut later, &lines, since, &target(), effect);
        assert_eq!(later, Recent::default());
    }
}
