//! Text to pieces. The tree says where keys and values are; what stands between them is
//! read here: comments, empty lines, punctuation, anchors.
//!
//! **Invariants.** Every byte that is no white space ends up in exactly one piece, or the
//! text is given up with a [`Reason`]. A comment belongs to the line it ends, else to what
//! stands below it, unless it is indented deeper than that: then it ends the block above.

use super::Reason;
use super::piece::{
    Above, Behind, BlockScalar, Body, Collection, Document, Item, Kind as Shape, Line, Style,
    Value, comments,
};
use crate::manifest::tree::{Kind, Node};

/// Takes a text apart.
pub(super) fn parse(text: &str, root: Node<'_>) -> Result<Document, Reason> {
    let mut parser = Parser {
        text,
        at: 0,
        pending: Vec::new(),
        spilled: Vec::new(),
    };
    parser.document(root)
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    /// Comments and empty lines that have been read and belong to nothing yet.
    pending: Vec<Trivia>,
    /// Comments from inside brackets that hold nothing else, for the item around them.
    spilled: Vec<String>,
}

enum Trivia {
    Blank,
    Comment(Comment),
}

struct Comment {
    text: String,
    /// Characters in front of it on its line.
    column: usize,
    gap: usize,
    alone: Alone,
}

/// Whether a comment has its line for itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Alone {
    Yes,
    No,
}

impl Trivia {
    fn line(self) -> Line {
        match self {
            Trivia::Blank => Line::Blank,
            Trivia::Comment(comment) => Line::Comment(comment.text),
        }
    }
}

type Parsed<T> = Result<T, Reason>;

impl Parser<'_> {
    fn document(&mut self, root: Node<'_>) -> Parsed<Document> {
        if self.text.starts_with('%') || self.text.contains("\n%") {
            return Err(Reason::Directive);
        }
        self.trivia();
        let mut prologue = None;
        if self.rest().starts_with("---") {
            prologue = Some(trimmed(self.take_pending()));
            self.at += 3;
            self.trivia();
        }
        let mut root = self.value(root, 0)?;
        self.trivia();
        if self.rest().starts_with("...") {
            return Err(Reason::Directive);
        }
        if !self.rest().is_empty() || !self.spilled.is_empty() {
            return Err(self.unusual());
        }
        // What stands at the very top is the file's, not its first section's.
        if let Body::Collection(collection) = &mut root.body
            && let Some(first) = collection.items.first_mut()
            && first.above.heading.is_empty()
        {
            let attached = std::mem::take(&mut first.above.attached);
            first.above.heading = attached.into_iter().map(Line::Comment).collect();
        }
        Ok(Document {
            prologue,
            root,
            epilogue: trimmed(self.take_pending()),
        })
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn unusual(&self) -> Reason {
        Reason::Unusual {
            line: 1 + self.text[..self.at].matches('\n').count(),
        }
    }

    fn line_start(&self) -> usize {
        self.text[..self.at].rfind('\n').map_or(0, |at| at + 1)
    }

    fn column(&self) -> usize {
        self.text[self.line_start()..self.at].chars().count()
    }

    fn take_pending(&mut self) -> Vec<Line> {
        self.pending.drain(..).map(Trivia::line).collect()
    }

    /// Skips spaces on this line, and says how many there were.
    fn spaces(&mut self) -> usize {
        let rest = self.rest();
        let count = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        self.at += count;
        count
    }

    /// The comment that starts here, to the end of its line.
    fn comment(&mut self, gap: usize) -> Comment {
        let before = &self.text[self.line_start()..self.at];
        let alone = if before.trim().is_empty() {
            Alone::Yes
        } else {
            Alone::No
        };
        let column = before.chars().count();
        let rest = self.rest();
        let length = rest.find('\n').unwrap_or(rest.len());
        let text = rest[..length].trim_end().to_owned();
        self.at += length;
        Comment {
            text,
            column,
            gap: gap.max(1),
            alone,
        }
    }

    /// Reads white space and comments into `pending`, up to anything else.
    fn trivia(&mut self) {
        loop {
            let gap = self.spaces();
            match self.peek() {
                Some('\n') => {
                    let empty = self.text[self.line_start()..self.at].trim().is_empty();
                    self.at += 1;
                    if empty && !matches!(self.pending.last(), Some(Trivia::Blank)) {
                        self.pending.push(Trivia::Blank);
                    }
                }
                Some('#') => {
                    let comment = self.comment(gap);
                    self.pending.push(Trivia::Comment(comment));
                }
                Some(_) | None => return,
            }
        }
    }

    /// The comment behind what was just read, and those that go on right below it.
    fn behind(&mut self) -> Vec<Behind> {
        let start = self.at;
        let gap = self.spaces();
        if self.peek() != Some('#') {
            self.at = start;
            return Vec::new();
        }
        let first = self.comment(gap);
        let column = first.column;
        let mut behind = vec![Behind {
            gap: first.gap,
            text: first.text,
        }];
        loop {
            let start = self.at;
            if self.peek() != Some('\n') {
                return behind;
            }
            self.at += 1;
            let gap = self.spaces();
            if self.peek() != Some('#') || self.column() != column {
                self.at = start;
                return behind;
            }
            let more = self.comment(gap);
            behind.push(Behind {
                gap: more.gap,
                text: more.text,
            });
        }
    }

    /// Anchors and tags in front of a node.
    fn properties(&mut self) -> Vec<String> {
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

    /// A value, from behind its `:` or `-`. `parent` is the column of its key or dash.
    fn value(&mut self, node: Node<'_>, parent: usize) -> Parsed<Value> {
        let before = self.at;
        self.spaces();
        let mut properties = self.properties();
        if is_missing(node) {
            if properties.is_empty() {
                self.at = before;
            }
            return Ok(Value {
                properties,
                body: Body::Missing,
            });
        }
        if self.peek().is_none_or(|c| c == '\n' || c == '#') {
            self.trivia();
            if properties.is_empty() {
                properties = self.properties();
                self.trivia();
            }
        }
        let body = match self.peek() {
            Some('|' | '>') => Body::Block(self.block_scalar(parent)?),
            Some('[' | '{') if !node.is_alias() => Body::Collection(self.flow(node)?),
            Some(_) => match node.kind() {
                _ if node.is_alias() => Body::Raw(self.alias()?),
                Kind::Scalar(_) => Body::Raw(self.scalar(node)?),
                Kind::Mapping(entries) => Body::Collection(self.block_mapping(entries.pairs())?),
                Kind::Sequence(items) => Body::Collection(self.block_sequence(items)?),
            },
            None => return Err(self.unusual()),
        };
        Ok(Value { properties, body })
    }

    fn alias(&mut self) -> Parsed<String> {
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
    fn scalar(&mut self, node: Node<'_>) -> Parsed<String> {
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
    fn block_scalar(&mut self, parent: usize) -> Parsed<BlockScalar> {
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
        let column = column.unwrap_or(parent + super::INDENT);
        let lines = lines
            .into_iter()
            .map(|line| line.get(column..).unwrap_or_default().to_owned())
            .collect();
        Ok(BlockScalar {
            header,
            indent: digit.map_or(super::INDENT, |digit| digit as usize),
            lines,
        })
    }

    fn block_mapping<'n>(
        &mut self,
        entries: impl Iterator<Item = (Node<'n>, Node<'n>)>,
    ) -> Parsed<Collection> {
        let mut items = Vec::new();
        let mut own = None;
        for (key, value) in entries {
            self.trivia();
            let above = Above::new(self.take_pending());
            let column = self.column();
            own.get_or_insert(column);
            let (key, name) = self.key(key)?;
            if self.peek() != Some(':') {
                return Err(self.unusual());
            }
            self.at += 1;
            items.push(self.item(above, Some(key), name, value, column)?);
        }
        self.ended(Shape::Mapping, own, items)
    }

    fn block_sequence<'n>(&mut self, nodes: impl Iterator<Item = Node<'n>>) -> Parsed<Collection> {
        let mut items = Vec::new();
        let mut own = None;
        for node in nodes {
            self.trivia();
            let above = Above::new(self.take_pending());
            let column = self.column();
            own.get_or_insert(column);
            if self.peek() != Some('-') {
                return Err(self.unusual());
            }
            self.at += 1;
            items.push(self.item(above, None, sort_name(node), node, column)?);
        }
        self.ended(Shape::Sequence, own, items)
    }

    /// An item from behind its `:` or `-`, with the comments behind it.
    fn item(
        &mut self,
        mut above: Above,
        key: Option<String>,
        name: String,
        node: Node<'_>,
        column: usize,
    ) -> Parsed<Item> {
        let outside = std::mem::take(&mut self.spilled);
        let mut behind = self.behind();
        let value = self.value(node, column)?;
        match &value.body {
            Body::Collection(Collection {
                style: Style::Block,
                ..
            }) => {}
            Body::Block(_) => {}
            Body::Missing | Body::Raw(_) | Body::Collection(_) => {
                // A comment between the key and a value below it goes above both.
                above.attached.extend(comments(self.take_pending()));
                let more = self.behind();
                if behind.is_empty() {
                    behind = more;
                } else {
                    above
                        .attached
                        .extend(more.into_iter().map(|comment| comment.text));
                }
            }
        }
        above.attached.append(&mut self.spilled);
        self.spilled = outside;
        Ok(Item {
            above,
            key,
            name,
            value,
            behind,
        })
    }

    /// A key as written and as meant; the cursor ends at its `:`.
    fn key(&mut self, key: Node<'_>) -> Parsed<(String, String)> {
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

    /// The end of a block: comments that are indented as it is belong to it.
    fn ended(&mut self, kind: Shape, own: Option<usize>, items: Vec<Item>) -> Parsed<Collection> {
        self.trivia();
        let own = own.unwrap_or(0);
        // Everything is deeper than what follows the end of the file.
        let follows = (!self.rest().is_empty()).then(|| self.column());
        let belongs = |trivia: &Trivia| match trivia {
            Trivia::Blank => true,
            Trivia::Comment(comment) => {
                comment.column >= own && follows.is_none_or(|column| comment.column > column)
            }
        };
        let mut count = self.pending.iter().take_while(|one| belongs(one)).count();
        while count > 0 && matches!(self.pending[count - 1], Trivia::Blank) {
            count -= 1;
        }
        let footer = self.pending.drain(..count).map(Trivia::line).collect();
        Ok(Collection {
            kind,
            style: Style::Block,
            items,
            footer,
        })
    }

    /// A collection in brackets.
    fn flow(&mut self, node: Node<'_>) -> Parsed<Collection> {
        let above_it = std::mem::take(&mut self.pending);
        let outside = std::mem::take(&mut self.spilled);
        let (kind, close) = if self.peek() == Some('[') {
            (Shape::Sequence, ']')
        } else {
            (Shape::Mapping, '}')
        };
        self.at += 1;
        // What is said of the bracket is said of the whole.
        let whole: Vec<String> = self.behind().into_iter().map(|one| one.text).collect();
        let mut items: Vec<Item> = Vec::new();
        match (kind, node.kind()) {
            (Shape::Sequence, Kind::Sequence(nodes)) => {
                for node in nodes {
                    self.trivia();
                    let above = self.above_in_brackets(&mut items);
                    // `[a: b]`: a mapping without brackets of its own.
                    let bare = matches!(node.kind(), Kind::Mapping(_)) && !node.is_flow();
                    if !node.is_alias() && bare {
                        return Err(self.unusual());
                    }
                    let item = self.in_brackets(above, None, sort_name(node), node)?;
                    items.push(item);
                    self.comma(close, &mut items)?;
                }
            }
            (Shape::Mapping, Kind::Mapping(entries)) => {
                for (key, value) in entries.pairs() {
                    self.trivia();
                    let above = self.above_in_brackets(&mut items);
                    let (key, name) = self.key(key)?;
                    self.trivia();
                    if self.peek() == Some(':') {
                        self.at += 1;
                    } else if !is_missing(value) {
                        return Err(self.unusual());
                    }
                    let item = self.in_brackets(above, Some(key), name, value)?;
                    items.push(item);
                    self.comma(close, &mut items)?;
                }
            }
            (_, Kind::Scalar(_) | Kind::Sequence(_) | Kind::Mapping(_)) => {
                return Err(self.unusual());
            }
        }
        self.trivia();
        if self.peek() != Some(close) {
            return Err(self.unusual());
        }
        self.at += 1;
        let mut footer = trimmed(self.take_pending());
        self.spilled = outside;
        self.spilled.extend(whole);
        if items.is_empty() {
            self.spilled
                .append(&mut comments(std::mem::take(&mut footer)));
        }
        self.pending = above_it;
        Ok(Collection {
            kind,
            style: Style::Flow,
            items,
            footer,
        })
    }

    fn in_brackets(
        &mut self,
        mut above: Above,
        key: Option<String>,
        name: String,
        node: Node<'_>,
    ) -> Parsed<Item> {
        let value = self.value(node, 0)?;
        above.attached.extend(comments(self.take_pending()));
        above.attached.append(&mut self.spilled);
        Ok(Item {
            above,
            key,
            name,
            value,
            behind: Vec::new(),
        })
    }

    /// What stands above an item in brackets. A comment on the line of the item before is
    /// that one's.
    fn above_in_brackets(&mut self, items: &mut [Item]) -> Above {
        if let Some(last) = items.last_mut() {
            self.give_behind(last);
        }
        let lines: Vec<Line> = self.take_pending();
        let mut above = Above::new(lines);
        if items.is_empty() {
            above.separated = false;
        }
        above
    }

    /// Moves a comment that does not have its line for itself to the item on that line.
    fn give_behind(&mut self, item: &mut Item) {
        if let Some(Trivia::Comment(first)) = self.pending.first()
            && first.alone == Alone::No
            && let Trivia::Comment(comment) = self.pending.remove(0)
        {
            if item.behind.is_empty() {
                item.behind.push(Behind {
                    gap: comment.gap,
                    text: comment.text,
                });
            } else {
                item.above.attached.push(comment.text);
            }
        }
    }

    fn comma(&mut self, close: char, items: &mut [Item]) -> Parsed<()> {
        self.trivia();
        let Some(last) = items.last_mut() else {
            return Ok(());
        };
        self.give_behind(last);
        match self.peek() {
            Some(',') => {
                last.above.attached.extend(comments(self.take_pending()));
                self.at += 1;
                self.trivia();
                self.give_behind(last);
                Ok(())
            }
            Some(c) if c == close => Ok(()),
            Some(_) | None => Err(self.unusual()),
        }
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

/// True if nothing is written where the node should be.
fn is_missing(node: Node<'_>) -> bool {
    match node.kind() {
        Kind::Scalar(scalar) => !node.is_alias() && scalar.text.is_empty() && !node.is_quoted(),
        Kind::Sequence(_) | Kind::Mapping(_) => false,
    }
}

/// What an item of a sequence is sorted by: itself, or the person it names.
fn sort_name(node: Node<'_>) -> String {
    match node.kind() {
        Kind::Scalar(scalar) => scalar.text.to_owned(),
        Kind::Sequence(_) => String::new(),
        Kind::Mapping(entries) => entries
            .pairs()
            .find_map(|(key, value)| match (key.kind(), value.kind()) {
                (Kind::Scalar(key), Kind::Scalar(value)) if key.text == "user" => {
                    Some(value.text.to_owned())
                }
                _ => None,
            })
            .unwrap_or_default(),
    }
}

/// Lines without empty ones at either end.
fn trimmed(mut lines: Vec<Line>) -> Vec<Line> {
    while lines.last() == Some(&Line::Blank) {
        lines.pop();
    }
    let start = lines
        .iter()
        .take_while(|line| **line == Line::Blank)
        .count();
    lines.drain(..start);
    lines
}
