//! Keys and scalars, as somebody wrote them.

use super::super::piece::BlockScalar;
use super::super::{INDENT, Reason};
use super::{Parsed, Parser};
use crate::manifest::tree::{Kind, Node};

impl Parser<'_> {
    /// Anchors and tags in front of a node.
    pub(super) fn properties(&mut self) -> Vec<String> {
        let mut properties = Vec::new();
        while matches!(self.peek(), Some('&' | '!')) {
            let rest = self.rest();
            let length = rest
                .find(|c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '{' | '}'))
                .unwrap_or(rest.len());
            properties.push(rest[..length].to_owned());
            self.at += length;
            self.spaces();
        }
        properties
    }

    pub(super) fn alias(&mut self) -> Parsed<String> {
        if self.peek() != Some('*') {
            return Err(self.unusual());
        }
        let rest = self.rest();
        let length = rest
            .find(|c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '{' | '}'))
            .unwrap_or(rest.len());
        let alias = rest[..length].to_owned();
        self.at += length;
        Ok(alias)
    }

    /// A plain or quoted scalar, as written.
    pub(super) fn scalar(&mut self, node: Node<'_>) -> Parsed<String> {
        let span = node.span();
        if span.start as usize != self.at {
            return Err(self.unusual());
        }
        let rest = self.rest();
        let length = match rest.as_bytes().first() {
            Some(b'"') => quoted(rest, |rest, at| match rest.as_bytes()[at] {
                b'\\' => Quote::Skip(2),
                b'"' => Quote::End,
                _ => Quote::Skip(1),
            }),
            Some(b'\'') => quoted(rest, |rest, at| match rest.as_bytes()[at] {
                b'\'' if rest.as_bytes().get(at + 1) == Some(&b'\'') => Quote::Skip(2),
                b'\'' => Quote::End,
                _ => Quote::Skip(1),
            }),
            Some(_) | None => (span.end as usize).checked_sub(self.at),
        };
        let written = length.and_then(|length| rest.get(..length));
        let Some(written) = written.filter(|written| {
            let plain = !written.starts_with(['"', '\'']);
            !(plain && (written.contains(" #") || written.contains("\n#")))
        }) else {
            return Err(self.unusual());
        };
        let written = written.to_owned();
        self.at += written.len();
        Ok(written)
    }

    /// A `|` or `>` scalar: its header, then every line indented deeper than its parent.
    pub(super) fn block_scalar(&mut self, parent: usize) -> Parsed<BlockScalar> {
        let rest = self.rest();
        let length = rest
            .find(|c: char| !matches!(c, '|' | '>' | '+' | '-' | '0'..='9'))
            .unwrap_or(rest.len());
        let header = rest[..length].to_owned();
        let keep = header.contains('+');
        self.at += length;
        let gap = self.spaces();
        if self.peek() == Some('#') {
            // Its comment stands on the line of the item: the text must not take it in.
            let comment = self.comment(gap);
            self.spilled.push(comment.text);
        }
        match self.peek() {
            Some('\n') => self.at += 1,
            None => {}
            Some(_) => return Err(self.unusual()),
        }
        let digit = header.chars().find_map(|c| c.to_digit(10));
        // The document's root has no parent to be deeper than.
        let mut column = digit.map(|digit| parent + digit as usize);
        let mut lines: Vec<&str> = Vec::new();
        let mut taken = 0;
        let rest = &self.text[self.at..];
        for line in rest.split_inclusive('\n') {
            let body = line.strip_suffix('\n').unwrap_or(line);
            let indent = body.len() - body.trim_start_matches(' ').len();
            if indent == body.len() {
                lines.push(body);
                taken += line.len();
                continue;
            }
            if indent < *column.get_or_insert(indent) || indent <= parent {
                break;
            }
            lines.push(body);
            taken += line.len();
        }
        // Empty lines behind it are its own only if it says so.
        while !keep && lines.last().is_some_and(|line| line.trim().is_empty()) {
            let last = lines.pop().unwrap_or_default();
            taken -= (last.len() + 1).min(taken);
        }
        self.at += taken;
        let column = column.unwrap_or(parent + INDENT);
        let lines = lines
            .into_iter()
            .map(|line| line.get(column..).unwrap_or_default().to_owned())
            .collect();
        Ok(BlockScalar {
            header,
            indent: digit.map_or(INDENT, |digit| digit as usize),
            lines,
        })
    }

    /// A key as written and as meant; the cursor ends at its `:`.
    pub(super) fn key(&mut self, key: Node<'_>) -> Parsed<(String, String)> {
        if self.rest().starts_with("? ") || self.rest().starts_with("?\n") {
            return Err(Reason::ComplexKey);
        }
        let mut written = self.properties().join(" ");
        if !written.is_empty() {
            written.push(' ');
        }
        let Kind::Scalar(meant) = key.kind() else {
            return Err(Reason::ComplexKey);
        };
        if key.is_alias() {
            written.push_str(&self.alias()?);
            // `*a:` would be an alias called `a:`.
            written.push(' ');
        } else {
            written.push_str(&self.scalar(key)?);
        }
        if written.contains('\n') {
            return Err(Reason::ComplexKey);
        }
        self.spaces();
        Ok((written, meant.text.to_owned()))
    }
}

enum Quote {
    Skip(usize),
    End,
}

/// The length of a quoted scalar.
fn quoted(rest: &str, at: impl Fn(&str, usize) -> Quote) -> Option<usize> {
    let mut index = 1;
    while index < rest.len() {
        match at(rest, index) {
            Quote::Skip(bytes) => index += bytes,
            Quote::End => return Some(index + 1),
        }
    }
    None
}
