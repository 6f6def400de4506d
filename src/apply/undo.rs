//! From a report's lines to what it takes to undo its run.

use std::collections::BTreeSet;

use super::report::{Event, Line};
use crate::ids::ItemId;
use crate::plan::undo::{DoneItem, How, Undo};

/// What a run did, as its report tells; lines that follow each other, from the first.
pub fn recorded(lines: &[Line]) -> Undo {
    let (began, plan) = lines
        .iter()
        .find_map(|line| match &line.event {
            Event::Begin { plan, .. } => Some((line.at.clone(), plan.clone())),
            Event::Request { .. }
            | Event::Answer { .. }
            | Event::Item { .. }
            | Event::End { .. } => None,
        })
        .unwrap_or_default();
    Undo {
        began,
        plan,
        items: items(lines),
        open: open(lines),
    }
}

/// The items that may have written. One that moved, was skipped or was already so has not.
fn items(lines: &[Line]) -> Vec<DoneItem> {
    let asked: BTreeSet<&ItemId> = asked(lines).collect();
    lines
        .iter()
        .filter_map(|line| match &line.event {
            Event::Item {
                item,
                change,
                outcome,
                message: _,
                user_id,
                group_id,
                members,
                before,
            } => {
                let made = user_id.is_some() || group_id.is_some();
                let how = match outcome.as_str() {
                    "adopted" => How::Adopted,
                    "already so" if made => How::Adopted,
                    _ if asked.contains(item) => How::Written,
                    _ => return None,
                };
                Some(DoneItem {
                    item: item.clone(),
                    change: change.clone(),
                    how,
                    user_id: user_id.clone(),
                    group_id: group_id.clone(),
                    members: members.clone(),
                    before: before.as_deref().cloned(),
                })
            }
            Event::Begin { .. }
            | Event::Request { .. }
            | Event::Answer { .. }
            | Event::End { .. } => None,
        })
        .collect()
}

/// Items with a request and without an end.
fn open(lines: &[Line]) -> Vec<ItemId> {
    let ended: BTreeSet<&ItemId> = lines
        .iter()
        .filter_map(|line| match &line.event {
            Event::Item { item, .. } => Some(item),
            Event::Begin { .. }
            | Event::Request { .. }
            | Event::Answer { .. }
            | Event::End { .. } => None,
        })
        .collect();
    let open: BTreeSet<&ItemId> = asked(lines).filter(|item| !ended.contains(item)).collect();
    open.into_iter().cloned().collect()
}

/// Items for which a request was written down.
fn asked(lines: &[Line]) -> impl Iterator<Item = &ItemId> {
    lines.iter().filter_map(|line| match &line.event {
        Event::Request { item, .. } => Some(item),
        Event::Begin { .. } | Event::Answer { .. } | Event::Item { .. } | Event::End { .. } => None,
    })
}
