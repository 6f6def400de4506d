//! Pieces to text.

use super::piece::{
    Behind, BlockScalar, Body, Collection, Document, Item, Kind, Line, Style, Value,
};
use super::{INDENT, WIDTH};

/// Lays a document out.
pub(super) fn print(document: &Document) -> String {
    let Document {
        prologue,
        root,
        epilogue,
    } = document;
    let mut out = Vec::new();
    if let Some(prologue) = prologue {
        lines(prologue, 0, &mut out);
        out.push("---".to_owned());
    }
    match &root.body {
        Body::Collection(collection) => match one_line(collection, &root.properties, 0) {
            Some(line) => out.push(line),
            None => {
                if !root.properties.is_empty() {
                    out.push(root.properties.join(" "));
                }
                block(collection, 0, &mut out);
            }
        },
        Body::Missing => {}
        Body::Raw(text) => out.push(text.clone()),
        Body::Block(scalar) => block_scalar(scalar, 0, &mut out),
    }
    lines(epilogue, 0, &mut out);
    let mut text = out.join("\n");
    text.push('\n');
    text
}

fn lines(lines: &[Line], indent: usize, out: &mut Vec<String>) {
    for line in lines {
        out.push(match line {
            Line::Blank => String::new(),
            Line::Comment(text) => at(indent, text),
        });
    }
}

fn at(indent: usize, text: &str) -> String {
    format!("{:indent$}{text}", "")
}

/// A collection one item a line.
fn block(collection: &Collection, indent: usize, out: &mut Vec<String>) {
    for (index, one) in collection.items.iter().enumerate() {
        if index > 0 && one.above.separated {
            out.push(String::new());
        }
        item(one, indent, out);
    }
    lines(&collection.footer, indent, out);
}

fn item(item: &Item, indent: usize, out: &mut Vec<String>) {
    let Item {
        above,
        key,
        name: _,
        value,
        behind,
    } = item;
    lines(&above.heading, indent, out);
    for comment in &above.attached {
        out.push(at(indent, comment));
    }
    let mut head = match key {
        Some(key) => at(indent, &format!("{key}:")),
        None => at(indent, "-"),
    };
    for property in &value.properties {
        head.push(' ');
        head.push_str(property);
    }
    match &value.body {
        Body::Missing => with_behind(head, behind, out),
        Body::Raw(text) => {
            let mut parts = text.split('\n');
            head.push(' ');
            head.push_str(parts.next().unwrap_or_default());
            let mut rest: Vec<String> = parts
                .map(|line| line.trim_start_matches([' ', '\t']))
                .map(|line| match line {
                    "" => String::new(),
                    line => at(indent + INDENT, line),
                })
                .collect();
            match rest.pop() {
                None => with_behind(head, behind, out),
                Some(last) => {
                    out.push(head);
                    out.append(&mut rest);
                    with_behind(last, behind, out);
                }
            }
        }
        Body::Block(scalar) => {
            head.push(' ');
            head.push_str(&scalar.header);
            with_behind(head, behind, out);
            block_scalar(scalar, indent, out);
        }
        Body::Collection(collection) => {
            // Properties are part of the head already.
            if let Some(line) = one_line(collection, &[], head.chars().count() + 1) {
                head.push(' ');
                head.push_str(&line);
                with_behind(head, behind, out);
                return;
            }
            let compact = key.is_none() && value.properties.is_empty();
            if !compact {
                with_behind(head, behind, out);
                block(collection, indent + INDENT, out);
                return;
            }
            // Behind the dash there is a key now.
            for comment in behind {
                out.push(at(indent, &comment.text));
            }
            let first = out.len();
            block(collection, indent + INDENT, out);
            match out.get_mut(first) {
                Some(line) if !line.trim_start().starts_with('#') => {
                    line.replace_range(indent..indent + 1, "-");
                }
                // A comment comes first: the dash stands alone above it.
                Some(_) | None => out.insert(first, head),
            }
        }
    }
}

fn with_behind(mut line: String, behind: &[Behind], out: &mut Vec<String>) {
    let mut behind = behind.iter();
    let Some(first) = behind.next() else {
        out.push(line);
        return;
    };
    line.push_str(&" ".repeat(first.gap));
    let column = line.chars().count();
    line.push_str(&first.text);
    out.push(line);
    for more in behind {
        out.push(at(column, &more.text));
    }
}

fn block_scalar(scalar: &BlockScalar, indent: usize, out: &mut Vec<String>) {
    for line in &scalar.lines {
        out.push(if line.is_empty() {
            String::new()
        } else {
            at(indent + scalar.indent, line)
        });
    }
}

/// A collection in brackets, if it was, and fits behind `column`.
fn one_line(collection: &Collection, properties: &[String], column: usize) -> Option<String> {
    if !collection.fits_brackets() {
        return None;
    }
    let mut line = properties.join(" ");
    if !line.is_empty() {
        line.push(' ');
    }
    brackets(collection, &mut line);
    let fits = column + line.chars().count() <= WIDTH || collection.items.is_empty();
    fits.then_some(line)
}

fn brackets(collection: &Collection, out: &mut String) {
    let (open, close) = match (collection.kind, collection.items.is_empty()) {
        (Kind::Sequence, _) => ("[", "]"),
        (Kind::Mapping, true) => ("{", "}"),
        (Kind::Mapping, false) => ("{ ", " }"),
    };
    debug_assert_eq!(collection.style, Style::Flow);
    out.push_str(open);
    for (index, item) in collection.items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        if let Some(key) = &item.key {
            out.push_str(key);
            out.push(':');
        }
        inline(&item.value, item.key.is_some(), out);
    }
    out.push_str(close);
}

fn inline(value: &Value, after_key: bool, out: &mut String) {
    let mut space = after_key;
    let mut word = |text: &str, out: &mut String| {
        if space {
            out.push(' ');
        }
        space = true;
        out.push_str(text);
    };
    for property in &value.properties {
        word(property, out);
    }
    match &value.body {
        Body::Missing => {}
        Body::Raw(text) => word(text, out),
        // `fits_brackets` was asked: there is none in brackets.
        Body::Block(_) => {}
        Body::Collection(collection) => {
            word("", out);
            brackets(collection, out);
        }
    }
}
