//! Which pieces are sorted, and by what: targets, people, roles, groups and members by key, sections
//! as the schema lists them. Everything else stays as written, mappings and fields too.
//!
//! **Invariants.** A piece moves only within its group: the items between two empty lines or
//! headings. Where an empty line follows every item, these are spacing and not groups.

use super::piece::{Body, Collection, Document, Item, Kind};
use crate::manifest::decode::keys::ROOT;

/// Sorts a document.
pub(super) fn order(document: &mut Document) {
    let Some(root) = mapping(&mut document.root.body) else {
        return;
    };
    sections(root);
    for section in &mut root.items {
        let Some(entries) = mapping(&mut section.value.body) else {
            continue;
        };
        match section.name.as_str() {
            "targets" | "users" | "groups" => by_name(entries),
            "roles" => {
                by_name(entries);
                for role in &mut entries.items {
                    members(role);
                }
            }
            _ => {}
        }
    }
}

fn mapping(body: &mut Body) -> Option<&mut Collection> {
    match body {
        Body::Collection(collection) => match collection.kind {
            Kind::Mapping => Some(collection),
            Kind::Sequence => None,
        },
        Body::Missing | Body::Raw(_) | Body::Block(_) => None,
    }
}

fn members(role: &mut Item) {
    let Some(fields) = mapping(&mut role.value.body) else {
        return;
    };
    for field in &mut fields.items {
        if field.name == "members"
            && let Body::Collection(members) = &mut field.value.body
            && members.kind == Kind::Sequence
        {
            by_name(members);
        }
    }
}

/// Sections in the order of the schema. A heading goes along here: it is its section's.
fn sections(root: &mut Collection) {
    let rank = |item: &Item| {
        let known = ROOT.names.iter().position(|name| *name == item.name);
        known.unwrap_or(ROOT.names.len())
    };
    if root.items.is_sorted_by_key(rank) {
        return;
    }
    // The file's own heading stays on top.
    let top = root
        .items
        .first_mut()
        .map(|first| std::mem::take(&mut first.above.heading))
        .unwrap_or_default();
    root.items.sort_by_key(rank);
    for item in &mut root.items {
        item.above.separated = true;
    }
    if let Some(first) = root.items.first_mut() {
        let own = std::mem::replace(&mut first.above.heading, top);
        first.above.heading.extend(own);
    }
}

/// Sorts the items of each group.
fn by_name(collection: &mut Collection) {
    let items = &mut collection.items;
    let spaced = items.len() > 1
        && items
            .iter()
            .skip(1)
            .all(|item| item.above.separated && item.above.heading.is_empty());
    if spaced {
        group(items);
        return;
    }
    let mut start = 0;
    for end in 1..=items.len() {
        let ends = items.get(end).is_none_or(|item| item.above.starts_group());
        if ends {
            group(&mut items[start..end]);
            start = end;
        }
    }
}

/// Sorts one group. What stands above it stays above it.
fn group(items: &mut [Item]) {
    let Some(first) = items.first_mut() else {
        return;
    };
    let separated = first.above.separated;
    let heading = std::mem::take(&mut first.above.heading);
    let spacing: Vec<_> = std::iter::once(separated)
        .chain(items.iter().skip(1).map(|item| item.above.separated))
        .collect();
    items.sort_by(|a, b| a.name.cmp(&b.name));
    for (item, separated) in items.iter_mut().zip(spacing) {
        item.above.separated = separated;
    }
    if let Some(first) = items.first_mut() {
        first.above.heading = heading;
    }
}
