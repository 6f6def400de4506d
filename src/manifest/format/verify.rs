//! The proof that a layout changed nothing.

use std::fmt::Write as _;

use super::parse::parse;
use super::piece::{Body, Collection, Document, Line};
use crate::manifest::source::FileId;
use crate::manifest::tree::{self, Kind, Node};

/// True if both texts mean one thing, whatever the order of keys and members, and hold the
/// same comments.
pub(super) fn same(before: Node<'_>, text: &str, laid_out: &str) -> bool {
    let Ok(after) = tree::parse(laid_out, FileId(0)) else {
        return false;
    };
    meaning(before) == meaning(after.root())
        && comments_of(text, before) == comments_of(laid_out, after.root())
}

/// A text that is equal for nodes that mean the same.
fn meaning(node: Node<'_>) -> String {
    let mut out = String::new();
    write(node, &mut out);
    out
}

fn write(node: Node<'_>, out: &mut String) {
    match node.kind() {
        // Writing to a String cannot fail.
        Kind::Scalar(scalar) => {
            let _ = write!(out, "{:?}{:?}", scalar.form, scalar.text);
        }
        Kind::Sequence(items) => {
            out.push('[');
            for item in items {
                write(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Kind::Mapping(entries) => {
            let mut lines: Vec<String> = entries
                .pairs()
                .map(|(key, value)| {
                    let mut line = meaning(key);
                    line.push(':');
                    match (key.kind(), value.kind()) {
                        (Kind::Scalar(key), Kind::Sequence(members)) if key.text == "members" => {
                            let mut members: Vec<String> = members.map(meaning).collect();
                            members.sort_unstable();
                            line.push_str(&members.join(","));
                        }
                        _ => write(value, &mut line),
                    }
                    line
                })
                .collect();
            lines.sort_unstable();
            let _ = write!(out, "{{{}}}", lines.join(","));
        }
    }
}

/// Every comment of a text, sorted; nothing if it cannot be taken apart.
fn comments_of(text: &str, root: Node<'_>) -> Option<Vec<String>> {
    let Document {
        prologue,
        root,
        epilogue,
    } = parse(text, root).ok()?;
    let mut found = Vec::new();
    lines(&prologue.unwrap_or_default(), &mut found);
    body(&root.body, &mut found);
    lines(&epilogue, &mut found);
    found.sort_unstable();
    Some(found)
}

fn lines(lines: &[Line], found: &mut Vec<String>) {
    found.extend(lines.iter().filter_map(|line| match line {
        Line::Blank => None,
        Line::Comment(text) => Some(text.clone()),
    }));
}

fn body(value: &Body, found: &mut Vec<String>) {
    let Body::Collection(Collection {
        kind: _,
        style: _,
        items,
        footer,
    }) = value
    else {
        return;
    };
    for item in items {
        lines(&item.above.heading, found);
        found.extend(item.above.attached.iter().cloned());
        found.extend(item.behind.iter().map(|behind| behind.text.clone()));
        body(&item.value.body, found);
    }
    lines(footer, found);
}
