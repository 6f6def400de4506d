//! Text to pieces. The tree says where keys and values are; what stands between them is
//! read here: comments, empty lines, punctuation, anchors.
//!
//! **Invariants.** Every byte that is no white space ends up in exactly one piece, or the
//! text is given up with a [`Reason`]. A comment belongs to the line it ends, else to what
//! stands below it, unless it is indented deeper than that: then it ends the block above.

mod brackets;
mod scalars;
mod trivia;

use super::Reason;
use super::piece::{
    Above, Body, Collection, Document, Item, Kind as Shape, Line, Style, Value, comments,
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
