//! YAML text to a tree of nodes with places.
//!
//! The parser's events, or the lines of a text that needs no parser (`lines`), become one flat
//! list of nodes in document order: a node is followed by its children, and knows where its
//! subtree ends. Scalars are ranges of the text where the text says them literally, so a tree
//! costs a fixed few bytes per node.
//!
//! **Invariants.** Offsets are bytes on character boundaries, whatever the parser counts. An
//! alias always points to a finished node before it, so walking a tree ends; what a walk can
//! visit is bounded by [`ALIAS_BUDGET`] more nodes than the text holds. A tree has exactly
//! one root.

mod lines;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::fault::{Fault, FaultCode};
use super::source::{FileId, Span};
use super::syntax;

/// The largest file a manifest may hold.
pub const MAX_FILE_BYTES: usize = 64 << 20;
/// The deepest nesting a file may have; the manifest's own language needs seven.
pub const MAX_DEPTH: usize = 64;
/// How many nodes all aliases of one file may repeat. Generous for hand-written anchors,
/// and far below what could fill memory.
pub const ALIAS_BUDGET: u32 = 65_536;

/// What YAML calls white space and line breaks.
const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

/// A parsed file.
#[derive(Debug)]
pub struct Tree<'t> {
    text: &'t str,
    file: FileId,
    nodes: Vec<RawNode>,
    /// Scalars that the text does not say literally: escapes, folded lines.
    cooked: String,
    /// Faults that did not stop the parser: tags.
    pub faults: Vec<Fault>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct RawNode {
    start: u32,
    end: u32,
    kind: RawKind,
    /// The number of the node after this one's subtree.
    after: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RawKind {
    Scalar(Form, Content),
    Sequence,
    Mapping,
    Alias(u32),
}

/// Where a scalar's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    /// In the file's text.
    Text { start: u32, end: u32 },
    /// Among the cooked ones.
    Cooked { start: u32, end: u32 },
}

/// How a scalar was written, as far as that changes what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Without quotes: what it is follows from its text.
    Plain,
    /// In quotes, as a block, or tagged as text: always a text.
    Quoted,
}

/// One node of a [`Tree`].
#[derive(Debug, Clone, Copy)]
pub struct Node<'t> {
    tree: &'t Tree<'t>,
    index: u32,
    /// Where the node was used, if an alias led here.
    used_at: Option<Span>,
}

/// What a node is.
#[derive(Debug, Clone, Copy)]
pub enum Kind<'t> {
    /// A scalar.
    Scalar(Scalar<'t>),
    /// A sequence.
    Sequence(Children<'t>),
    /// A mapping: keys and values in turn.
    Mapping(Children<'t>),
}

/// A scalar.
#[derive(Debug, Clone, Copy)]
pub struct Scalar<'t> {
    /// The value, with escapes and folding resolved.
    pub text: &'t str,
    /// How it was written.
    pub form: Form,
}

impl Scalar<'_> {
    /// True for a plain scalar that YAML's core schema reads as null.
    pub fn is_null(self) -> bool {
        self.form == Form::Plain && matches!(self.text, "" | "~" | "null" | "Null" | "NULL")
    }

    /// True for a plain scalar that YAML's core schema reads as true or false.
    pub fn is_bool(self) -> bool {
        self.form == Form::Plain
            && matches!(
                self.text,
                "true" | "True" | "TRUE" | "false" | "False" | "FALSE"
            )
    }

    /// True for a plain scalar that starts like a number.
    pub fn is_number(self) -> bool {
        let digits = self.text.strip_prefix(['-', '+']).unwrap_or(self.text);
        self.form == Form::Plain
            && digits.starts_with(|c: char| c.is_ascii_digit())
            && digits
                .chars()
                .all(|c| c.is_ascii_hexdigit() || matches!(c, '.' | '+' | '-' | 'x' | 'o'))
    }
}

/// The children of a sequence or mapping.
#[derive(Debug, Clone, Copy)]
pub struct Children<'t> {
    tree: &'t Tree<'t>,
    next: u32,
    end: u32,
}

impl<'t> Iterator for Children<'t> {
    type Item = Node<'t>;

    fn next(&mut self) -> Option<Node<'t>> {
        if self.next >= self.end {
            return None;
        }
        let index = self.next;
        self.next = self.tree.nodes[index as usize].after;
        Some(self.tree.node(index))
    }
}

impl<'t> Children<'t> {
    /// The children of a mapping two by two.
    pub fn pairs(mut self) -> impl Iterator<Item = (Node<'t>, Node<'t>)> {
        std::iter::from_fn(move || Some((self.next()?, self.next()?)))
    }
}

impl<'t> Node<'t> {
    /// What the node is.
    pub fn kind(self) -> Kind<'t> {
        let raw = self.tree.nodes[self.index as usize];
        let children = Children {
            tree: self.tree,
            next: self.index + 1,
            end: raw.after,
        };
        match raw.kind {
            RawKind::Scalar(form, content) => Kind::Scalar(Scalar {
                text: self.tree.content(content),
                form,
            }),
            RawKind::Sequence => Kind::Sequence(children),
            RawKind::Mapping => Kind::Mapping(children),
            // `Tree::node` resolves aliases, and an alias never targets an alias.
            RawKind::Alias(_) => Kind::Scalar(Scalar {
                text: "",
                form: Form::Plain,
            }),
        }
    }

    /// Where the node is written; for an aliased node, where the alias is.
    pub fn span(self) -> Span {
        self.used_at.unwrap_or_else(|| {
            let raw = self.tree.nodes[self.index as usize];
            self.tree.span(raw)
        })
    }

    /// True if an alias led here: what is written is `*name`, not the node.
    pub fn is_alias(self) -> bool {
        self.used_at.is_some()
    }

    /// True for a scalar that starts with a quote or is a block: something is written.
    pub fn is_quoted(self) -> bool {
        let raw = self.tree.nodes[self.index as usize];
        let written = self.tree.text.as_bytes().get(raw.start as usize);
        match raw.kind {
            RawKind::Scalar(..) => matches!(written, Some(b'"' | b'\'' | b'|' | b'>')),
            RawKind::Sequence | RawKind::Mapping | RawKind::Alias(_) => false,
        }
    }

    /// True for a scalar whose text is what is written at [`Node::span`].
    pub fn is_verbatim(self) -> bool {
        let raw = self.tree.nodes[self.index as usize];
        let whole = Content::Text {
            start: raw.start,
            end: raw.end,
        };
        match raw.kind {
            RawKind::Scalar(_, content) => content == whole && !self.is_alias(),
            RawKind::Sequence | RawKind::Mapping | RawKind::Alias(_) => false,
        }
    }

    /// True for a sequence or mapping in brackets.
    pub fn is_flow(self) -> bool {
        let start = self.tree.nodes[self.index as usize].start as usize;
        matches!(self.kind(), Kind::Sequence(_) | Kind::Mapping(_))
            && matches!(self.tree.text.as_bytes().get(start), Some(b'[' | b'{'))
    }

    /// A short part of the node to underline: a scalar whole, of anything longer its first
    /// character, so that a report never underlines a page.
    pub fn head(self) -> Span {
        let span = self.span();
        if self.used_at.is_some() {
            return span;
        }
        match self.kind() {
            Kind::Scalar(_) => span,
            Kind::Sequence(_) | Kind::Mapping(_) => {
                let text = &self.tree.text[span.start as usize..span.end as usize];
                let line = text.lines().next().unwrap_or_default().trim_end();
                Span {
                    end: span.start + u32::try_from(line.len()).unwrap_or(0),
                    ..span
                }
            }
        }
    }
}

impl<'t> Tree<'t> {
    /// The root node.
    pub fn root(&'t self) -> Node<'t> {
        self.node(0)
    }

    fn node(&'t self, index: u32) -> Node<'t> {
        let raw = self.nodes[index as usize];
        match raw.kind {
            RawKind::Alias(target) => Node {
                tree: self,
                index: target,
                used_at: Some(self.span(raw)),
            },
            RawKind::Scalar(..) | RawKind::Sequence | RawKind::Mapping => Node {
                tree: self,
                index,
                used_at: None,
            },
        }
    }

    fn span(&self, raw: RawNode) -> Span {
        Span {
            file: self.file,
            start: raw.start,
            end: raw.end,
        }
    }

    fn content(&self, content: Content) -> &str {
        match content {
            Content::Text { start, end } => &self.text[start as usize..end as usize],
            Content::Cooked { start, end } => &self.cooked[start as usize..end as usize],
        }
    }
}

/// Parses a file's text, or says why it is not YAML.
///
/// The error is boxed: it is large, rare, and would make every caller's stack pay.
pub fn parse(text: &str, file: FileId) -> Result<Tree<'_>, Box<Fault>> {
    if text.len() > MAX_FILE_BYTES {
        return Err(Box::new(too_large(file, text.len())));
    }
    if let Some(fault) = syntax::before_parsing(text, file) {
        return Err(Box::new(fault));
    }
    if let Some(nodes) = lines::read(text) {
        return Ok(Tree {
            text,
            file,
            nodes,
            cooked: String::new(),
            faults: Vec::new(),
        });
    }
    parse_any(text, file)
}

/// Parses a text of whatever shape.
fn parse_any(text: &str, file: FileId) -> Result<Tree<'_>, Box<Fault>> {
    let mut builder = Builder {
        cursor: Cursor::new(text),
        tree: Tree {
            text,
            file,
            nodes: Vec::with_capacity(text.len() / 16),
            cooked: String::new(),
            faults: Vec::new(),
        },
        open: Vec::new(),
        anchors: Vec::new(),
        aliased: 0,
    };
    let mut documents = 0;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let at = builder.cursor.byte(error.marker().index());
            Box::new(syntax::explain(error.info(), text, file, at))
        })?;
        match event {
            Event::StreamEnd => break,
            Event::DocumentStart(_) => {
                documents += 1;
                if documents > 1 {
                    let start = builder.cursor.byte(span.start.index());
                    return Err(Box::new(second_document(text, file, start)));
                }
            }
            event => builder.event(event, span)?,
        }
    }
    let tree = builder.tree;
    let empty = match tree.nodes.first() {
        None => true,
        Some(_) => match tree.root().kind() {
            Kind::Scalar(scalar) => scalar.is_null(),
            Kind::Sequence(_) | Kind::Mapping(_) => false,
        },
    };
    if empty {
        return Err(Box::new(Fault::error(
            FaultCode::EmptyFile,
            Span::start_of(file),
            "nothing is declared here",
            "the file is empty, or holds only comments",
            "declare something in it, or delete it",
        )));
    }
    Ok(tree)
}

/// The fault of a file that is too big to read.
pub fn too_large(file: FileId, bytes: usize) -> Fault {
    Fault::error(
        FaultCode::TooLarge,
        Span::start_of(file),
        "too large",
        format!(
            "the file has {} MiB; at most {} MiB are read",
            bytes.div_ceil(1 << 20),
            MAX_FILE_BYTES >> 20
        ),
        "split it into several files and list them under `include`",
    )
}

fn second_document(text: &str, file: FileId, start: usize) -> Fault {
    let end = text[start..]
        .find(['\n', '\r'])
        .map_or(text.len(), |length| start + length);
    Fault::error(
        FaultCode::MultipleDocuments,
        Span::new(file, start, end),
        "a second document starts here",
        "the file holds more than one YAML document",
        "keep one document in each file: move this one to a file of its own, or remove the \
         `---` line",
    )
}

struct Builder<'t> {
    tree: Tree<'t>,
    cursor: Cursor<'t>,
    open: Vec<Open>,
    /// For each anchor the parser numbered, from 1: the node, once it is finished.
    anchors: Vec<Option<Anchor>>,
    aliased: u32,
}

/// A sequence or mapping that has not ended yet.
struct Open {
    node: u32,
    anchor: usize,
    children: u32,
    /// The last child's span; for a mapping in turn a key and a value.
    last: (u32, u32),
    height: u32,
    weight: u32,
}

#[derive(Clone, Copy)]
struct Anchor {
    node: u32,
    height: u32,
    weight: u32,
}

impl<'t> Builder<'t> {
    fn event(&mut self, event: Event<'t>, span: saphyr_parser::Span) -> Result<(), Box<Fault>> {
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                self.scalar(&value, style, anchor, tag.as_deref(), span);
                Ok(())
            }
            Event::SequenceStart(anchor, tag) => {
                self.tag(tag.as_deref(), "seq", span);
                self.open(RawKind::Sequence, anchor, span)
            }
            Event::MappingStart(anchor, tag) => {
                self.tag(tag.as_deref(), "map", span);
                self.open(RawKind::Mapping, anchor, span)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.close(span);
                Ok(())
            }
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    /// Byte offsets of a span of the parser.
    fn bytes(&mut self, span: saphyr_parser::Span) -> (usize, usize) {
        let start = self.cursor.byte(span.start.index());
        let end = self.cursor.byte(span.end.index());
        (start, end.max(start))
    }

    fn scalar(
        &mut self,
        value: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: saphyr_parser::Span,
    ) {
        let tagged_text = self.tag(tag, "str", span);
        let (mut start, mut end) = self.bytes(span);
        let text = self.tree.text;
        let plain = style == ScalarStyle::Plain;
        if plain && value.is_empty() && tag.is_none() && anchor == 0 {
            // Nothing is written. The parser's place is that of the next token, which may be
            // lines below: say where the value is missing instead.
            (start, end) = self.missing_value(start);
        } else {
            if tag.is_some() || anchor > 0 {
                start = skip_properties(text, start, end);
            }
            // The parser's place takes in the blanks behind it, and after quotes a comment.
            end = match style {
                ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                    start + quoted_length(&text[start..end])
                }
                ScalarStyle::Plain | ScalarStyle::Literal | ScalarStyle::Folded => {
                    start + text[start..end].trim_end_matches(BLANKS).len()
                }
            };
        }
        let (inner_start, inner_end) = match style {
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                (start + 1, end.saturating_sub(1).max(start + 1))
            }
            ScalarStyle::Plain | ScalarStyle::Literal | ScalarStyle::Folded => (start, end),
        };
        let content = if text.get(inner_start..inner_end) == Some(value) {
            Content::Text {
                start: offset(inner_start),
                end: offset(inner_end),
            }
        } else {
            let start = offset(self.tree.cooked.len());
            self.tree.cooked.push_str(value);
            Content::Cooked {
                start,
                end: offset(self.tree.cooked.len()),
            }
        };
        let form = if plain && !tagged_text {
            Form::Plain
        } else {
            Form::Quoted
        };
        let node = self.push(RawKind::Scalar(form, content), start, end);
        self.finish(node, anchor, 1, 1);
    }

    /// Where a value that is not written is missing: at its key, or at its dash.
    fn missing_value(&self, at: usize) -> (usize, usize) {
        if let Some(open) = self.open.last()
            && self.waits_for_value()
        {
            return (open.last.0 as usize, open.last.1 as usize);
        }
        let before = self.tree.text[..at].trim_end();
        if before.ends_with('-') {
            return (before.len() - 1, before.len());
        }
        let length = self.tree.text[at..]
            .chars()
            .next()
            .map_or(0, char::len_utf8);
        (at, at + length)
    }

    fn open(
        &mut self,
        kind: RawKind,
        anchor: usize,
        span: saphyr_parser::Span,
    ) -> Result<(), Box<Fault>> {
        let (start, end) = self.bytes(span);
        let start = skip_properties(self.tree.text, start, end.max(start));
        let start = match kind {
            RawKind::Sequence => self.first_dash(start),
            RawKind::Scalar(..) | RawKind::Mapping | RawKind::Alias(_) => start,
        };
        if self.open.len() >= MAX_DEPTH {
            return Err(Box::new(self.too_deep(start, end)));
        }
        let node = self.push(kind, start, end);
        self.reserve(anchor);
        self.open.push(Open {
            node,
            anchor,
            children: 0,
            last: (offset(start), offset(start)),
            height: 0,
            weight: 0,
        });
        Ok(())
    }

    /// Where a list begins: the parser's place of one right under its key, no deeper, is that of
    /// the first item.
    fn first_dash(&self, start: usize) -> usize {
        let before = &self.tree.text[..start];
        let line = before.rfind('\n').map_or(0, |newline| newline + 1);
        match self.waits_for_value() && before[line..].trim_matches(BLANKS) == "-" {
            true => line + before[line..].find('-').unwrap_or(0),
            false => start,
        }
    }

    /// Whether the last thing was a key.
    fn waits_for_value(&self) -> bool {
        self.open.last().is_some_and(|open| {
            matches!(self.tree.nodes[open.node as usize].kind, RawKind::Mapping)
                && open.children % 2 == 1
        })
    }

    fn close(&mut self, span: saphyr_parser::Span) {
        let Some(open) = self.open.pop() else {
            return; // The parser pairs starts and ends.
        };
        let after = offset(self.tree.nodes.len());
        let flow = matches!(
            self.tree
                .text
                .as_bytes()
                .get(self.tree.nodes[open.node as usize].start as usize),
            Some(b'[' | b'{')
        );
        let (start, _) = self.bytes(span);
        let closes = matches!(self.tree.text.as_bytes().get(start), Some(b']' | b'}'));
        let raw = &mut self.tree.nodes[open.node as usize];
        raw.after = after;
        // A block ends with its last child; the parser would say where the next token is. A
        // closing bracket's place takes in the comment behind it: the bracket is one byte.
        raw.end = if flow && closes {
            offset(start + 1)
        } else {
            open.last.1.max(raw.start)
        };
        self.finish(open.node, open.anchor, open.height + 1, open.weight + 1);
    }

    fn alias(&mut self, anchor: usize, span: saphyr_parser::Span) -> Result<(), Box<Fault>> {
        let (start, end) = self.bytes(span);
        let place = Span::new(self.tree.file, start, end);
        let Some(target) = self.anchors.get(anchor).copied().flatten() else {
            return Err(Box::new(Fault::error(
                FaultCode::UnsupportedYaml,
                place,
                "stands inside the very thing it repeats",
                "the alias refers to itself",
                "write the values out",
            )));
        };
        self.aliased = self.aliased.saturating_add(target.weight);
        if self.aliased > ALIAS_BUDGET {
            return Err(Box::new(Fault::error(
                FaultCode::TooLarge,
                place,
                "one alias too many",
                format!("aliases repeat more than {ALIAS_BUDGET} values"),
                "write the values out; anchors and aliases are meant for a few repetitions",
            )));
        }
        if self.open.len() + target.height as usize > MAX_DEPTH {
            return Err(Box::new(self.too_deep(start, end)));
        }
        let node = self.push(RawKind::Alias(target.node), start, end);
        self.finish(node, 0, target.height, target.weight);
        Ok(())
    }

    fn too_deep(&self, start: usize, end: usize) -> Fault {
        Fault::error(
            FaultCode::TooLarge,
            Span::new(self.tree.file, start, end),
            "too deep",
            format!("the file nests deeper than {MAX_DEPTH} levels"),
            "flatten it: a manifest needs seven levels at most; look for brackets that are \
             never closed",
        )
    }

    fn push(&mut self, kind: RawKind, start: usize, end: usize) -> u32 {
        let node = offset(self.tree.nodes.len());
        self.tree.nodes.push(RawNode {
            start: offset(start),
            end: offset(end.max(start)),
            kind,
            after: node + 1,
        });
        node
    }

    /// Makes room for an anchor that later aliases may name, without the node being finished.
    fn reserve(&mut self, anchor: usize) {
        if anchor > 0 && self.anchors.len() <= anchor {
            self.anchors.resize(anchor + 1, None);
        }
    }

    /// Tells the parent, and whoever names the anchor, that a node is complete.
    fn finish(&mut self, node: u32, anchor: usize, height: u32, weight: u32) {
        self.reserve(anchor);
        if anchor > 0 {
            self.anchors[anchor] = Some(Anchor {
                node,
                height,
                weight,
            });
        }
        let raw = self.tree.nodes[node as usize];
        if let Some(open) = self.open.last_mut() {
            open.children += 1;
            open.last = (raw.start, raw.end);
            open.height = open.height.max(height);
            open.weight = open.weight.saturating_add(weight);
        }
    }

    /// Notes a tag that is not one of YAML's own for this kind of node. True if the tag says
    /// that a scalar is a text.
    fn tag(&mut self, tag: Option<&Tag>, own: &str, span: saphyr_parser::Span) -> bool {
        let Some(tag) = tag else { return false };
        let non_specific = tag.handle.is_empty() && tag.suffix == "!";
        if non_specific || (tag.is_yaml_core_schema() && tag.suffix == own) {
            return own == "str";
        }
        let (start, end) = self.bytes(span);
        let end = self.tree.text[start..end]
            .find(char::is_whitespace)
            .map_or(end, |length| start + length);
        self.tree.faults.push(Fault::error(
            FaultCode::UnsupportedYaml,
            Span::new(self.tree.file, start, end),
            "a tag",
            format!(
                "the tag `{}` is not understood",
                &self.tree.text[start..end]
            ),
            "remove the tag; to keep a value a text, put it in quotes",
        ));
        false
    }
}

/// How long the text in quotes at the start is, with its quotes.
fn quoted_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let quote = bytes.first().copied().unwrap_or_default();
    let mut at = 1;
    while at < bytes.len() {
        let doubled = quote == b'\'' && bytes[at..].starts_with(b"''");
        let escaped = quote == b'"' && bytes[at] == b'\\';
        if bytes[at] == quote && !doubled {
            return at + 1;
        }
        at += if doubled || escaped { 2 } else { 1 };
    }
    bytes.len()
}

/// Skips the anchor and tag in front of a node.
fn skip_properties(text: &str, start: usize, end: usize) -> usize {
    let mut at = start;
    while matches!(text.as_bytes().get(at), Some(b'&' | b'!')) && at < end {
        let rest = &text[at..end];
        let word = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let tail = &rest[word..];
        at += word + (tail.len() - tail.trim_start().len());
    }
    at.min(end)
}

fn offset(at: usize) -> u32 {
    // The file's length was checked first, and nothing here is longer than that: cooked
    // scalars are never longer than what was written, and a node takes at least a byte.
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Turns character counts into byte offsets. The parser asks in nearly rising order, so
/// each question costs only the distance from the last one.
struct Cursor<'t> {
    text: &'t str,
    ascii: bool,
    chars: usize,
    bytes: usize,
}

impl<'t> Cursor<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            ascii: text.is_ascii(),
            chars: 0,
            bytes: 0,
        }
    }

    fn byte(&mut self, chars: usize) -> usize {
        if self.ascii {
            return chars.min(self.text.len());
        }
        let bytes = self.text.as_bytes();
        let continues = |at: usize| matches!(bytes.get(at), Some(0x80..=0xBF));
        while self.chars < chars && self.bytes < bytes.len() {
            self.bytes += 1;
            while continues(self.bytes) {
                self.bytes += 1;
            }
            self.chars += 1;
        }
        while self.chars > chars {
            self.bytes -= 1;
            while continues(self.bytes) {
                self.bytes -= 1;
            }
            self.chars -= 1;
        }
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: FileId = FileId(0);

    fn outline(text: &str) -> String {
        fn walk(node: Node<'_>, text: &str, out: &mut String) {
            let span = node.span();
            let source = &text[span.start as usize..span.end as usize];
            match node.kind() {
                Kind::Scalar(scalar) => {
                    out.push_str(&format!("{:?}={source:?} ", scalar.text));
                }
                Kind::Sequence(items) => {
                    out.push_str(&format!("[{source:?} "));
                    items.for_each(|item| walk(item, text, out));
                    out.push_str("] ");
                }
                Kind::Mapping(items) => {
                    out.push_str(&format!("{{{source:?} "));
                    items.for_each(|item| walk(item, text, out));
                    out.push_str("} ");
                }
            }
        }
        let tree = parse(text, FILE).unwrap();
        let mut out = String::new();
        walk(tree.root(), text, &mut out);
        out
    }

    #[test]
    fn spans_are_bytes_after_multi_byte_text() {
        assert_eq!(
            outline("ä: [ö, 'ü ü', \"\\u00e9\"] # é\nz: !!str &a 5\n"),
            "{\"ä: [ö, 'ü ü', \\\"\\\\u00e9\\\"] # é\\nz: !!str &a 5\" \
             \"ä\"=\"ä\" [\"[ö, 'ü ü', \\\"\\\\u00e9\\\"]\" \"ö\"=\"ö\" \"ü ü\"=\"'ü ü'\" \
             \"é\"=\"\\\"\\\\u00e9\\\"\" ] \"z\"=\"z\" \"5\"=\"5\" } "
        );
    }

    #[test]
    fn a_missing_value_is_at_its_key() {
        assert_eq!(
            outline("a:\n\n\nb:\n  - \n  - c\n"),
            "{\"a:\\n\\n\\nb:\\n  - \\n  - c\" \"a\"=\"a\" \"\"=\"a\" \"b\"=\"b\" \
             [\"- \\n  - c\" \"\"=\"-\" \"c\"=\"c\" ] } "
        );
    }

    #[test]
    fn aliases_repeat_a_node_at_their_own_place() {
        assert_eq!(
            outline("a: &x [1, 2]\nb: *x\n"),
            "{\"a: &x [1, 2]\\nb: *x\" \"a\"=\"a\" [\"[1, 2]\" \"1\"=\"1\" \"2\"=\"2\" ] \
             \"b\"=\"b\" [\"*x\" \"1\"=\"1\" \"2\"=\"2\" ] } "
        );
    }

    #[test]
    fn carriage_returns_are_line_ends() {
        assert_eq!(
            outline("a: b\r\nc: |\r\n  x\r\n  y\r\n"),
            "{\"a: b\\r\\nc: |\\r\\n  x\\r\\n  y\" \"a\"=\"a\" \"b\"=\"b\" \"c\"=\"c\" \
             \"x\\ny\\n\"=\"x\\r\\n  y\" } "
        );
    }
}
