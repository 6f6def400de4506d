//! The shape that nearly every manifest is written in, read line by line: block mappings and
//! lists, scalars and brackets that begin and end on one line.
//!
//! Reading YAML is what a plan of a large manifest spends most of its time on, and the parser
//! looks at each character several times over because the next one may change what it is. In
//! this shape it cannot.
//!
//! **Invariants.** What is read here, the parser reads as the same nodes with the same places:
//! one file never has two meanings (`tests` holds the two against each other). Whatever is not
//! plainly of this shape is not read at all, and the parser has the whole text; so there are no
//! faults here, only nothing.

use super::{Content, Form, MAX_DEPTH, RawKind, RawNode, offset};

/// The longest key, in bytes; the parser gives up at 1,024 characters.
const MAX_KEY: usize = 1_000;

/// The nodes of a text of this shape, in document order.
pub(super) fn read(text: &str) -> Option<Vec<RawNode>> {
    let bytes = text.as_bytes();
    // Line ends and blanks of other kinds, on which YAML 1.1, YAML 1.2 and the parser differ.
    let elsewhere = ["\u{85}", "\u{2028}", "\u{2029}", "\u{feff}"];
    if bytes.contains(&b'\t')
        || bytes.contains(&b'\r')
        || !text.is_ascii() && elsewhere.iter().any(|it| text.contains(it))
    {
        return None;
    }
    let mut lines = Lines {
        bytes,
        nodes: Vec::with_capacity(text.len() / 16),
        open: Vec::new(),
    };
    let mut marked = Marked::No;
    let mut at = 0;
    while at < bytes.len() {
        let length = bytes[at..].iter().position(|byte| *byte == b'\n');
        let end = length.map_or(bytes.len(), |length| at + length);
        let start = lines.skip_spaces(at, end);
        if start < end && bytes[start] != b'#' {
            // Markers of documents, of which there is one.
            if bytes[at..end].starts_with(b"...") {
                return None;
            }
            if bytes[at..end].starts_with(b"---") {
                if marked == Marked::Yes || !lines.nodes.is_empty() || end - at != 3 {
                    return None;
                }
                marked = Marked::Yes;
            } else {
                lines.line(start, end, start - at)?;
            }
        }
        at = end + 1;
    }
    while !lines.open.is_empty() {
        lines.close();
    }
    (!lines.nodes.is_empty()).then_some(lines.nodes)
}

/// Whether `---` has announced the document.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Marked {
    No,
    Yes,
}

struct Lines<'t> {
    bytes: &'t [u8],
    nodes: Vec<RawNode>,
    open: Vec<Block>,
}

/// A block mapping or list that has not ended yet.
struct Block {
    node: u32,
    /// How far its keys or dashes are indented.
    column: usize,
    kind: BlockKind,
    /// Where the last child ends.
    end: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum BlockKind {
    List,
    /// Every key has its value.
    Mapping,
    /// The value of the key at this place is still to come.
    Waiting(u32, u32),
}

/// What a byte is to a text without quotes.
enum Part {
    Within,
    /// The text ends before it.
    Behind,
    /// Only the parser can tell.
    Unsure,
}

/// A key, before its colon.
struct Key {
    form: Form,
    /// Where it is, with its quotes.
    place: (usize, usize),
    /// Where its text is.
    content: (usize, usize),
}

impl BlockKind {
    fn is_list(self) -> bool {
        match self {
            BlockKind::List => true,
            BlockKind::Mapping | BlockKind::Waiting(..) => false,
        }
    }
}

impl Lines<'_> {
    fn skip_spaces(&self, at: usize, end: usize) -> usize {
        let spaces = self.bytes[at..end].iter().position(|byte| *byte != b' ');
        spaces.map_or(end, |spaces| at + spaces)
    }

    /// Whether nothing but a comment is on the rest of a line.
    fn is_over(&self, at: usize, end: usize) -> bool {
        let next = self.skip_spaces(at, end);
        next == end || next > at && self.bytes[next] == b'#'
    }

    /// A line that says something from `at` on.
    fn line(&mut self, at: usize, end: usize, column: usize) -> Option<()> {
        let dash = self.bytes[at] == b'-' && self.bytes[at + 1..end].first() == Some(&b' ');
        if !dash {
            let key = self.key(at, end)?;
            self.block(column, at, BlockKind::Mapping)?;
            return self.entry(key, end);
        }
        self.block(column, at, BlockKind::List)?;
        let item = self.skip_spaces(at + 1, end);
        if item == end || matches!(self.bytes[item], b'#' | b'-') {
            return None;
        }
        match self.key(item, end) {
            Some(key) => {
                self.push_block(column + (item - at), item, BlockKind::Mapping)?;
                self.entry(key, end)
            }
            None => self.value(item, end),
        }
    }

    /// Makes the block of this kind at this column the innermost one.
    fn block(&mut self, column: usize, at: usize, kind: BlockKind) -> Option<()> {
        while let Some(top) = self.open.last() {
            match (top.kind, top.column.cmp(&column)) {
                (_, std::cmp::Ordering::Greater) => self.close(),
                (BlockKind::Waiting(..), std::cmp::Ordering::Less) => break,
                // A list may stand right under its key.
                (BlockKind::Waiting(..), std::cmp::Ordering::Equal) if kind.is_list() => break,
                (BlockKind::Waiting(..), std::cmp::Ordering::Equal) => {
                    self.nothing();
                    return Some(());
                }
                (BlockKind::List, std::cmp::Ordering::Equal) if !kind.is_list() => self.close(),
                (BlockKind::Mapping, std::cmp::Ordering::Equal) if kind.is_list() => return None,
                (BlockKind::List | BlockKind::Mapping, std::cmp::Ordering::Equal) => {
                    return Some(());
                }
                // The line above goes on.
                (BlockKind::List | BlockKind::Mapping, std::cmp::Ordering::Less) => return None,
            }
        }
        if self.open.is_empty() && !self.nodes.is_empty() {
            return None;
        }
        self.push_block(column, at, kind)
    }

    fn push_block(&mut self, column: usize, at: usize, kind: BlockKind) -> Option<()> {
        if self.open.len() >= MAX_DEPTH / 2 {
            return None;
        }
        let raw = match kind {
            BlockKind::List => RawKind::Sequence,
            BlockKind::Mapping | BlockKind::Waiting(..) => RawKind::Mapping,
        };
        let node = self.push(raw, at, at);
        self.open.push(Block {
            node,
            column,
            kind,
            end: offset(at),
        });
        Some(())
    }

    /// Ends the innermost block.
    fn close(&mut self) {
        if matches!(self.open.last(), Some(block) if matches!(block.kind, BlockKind::Waiting(..))) {
            self.nothing();
        }
        let Some(block) = self.open.pop() else { return };
        let after = offset(self.nodes.len());
        let raw = &mut self.nodes[block.node as usize];
        raw.after = after;
        raw.end = block.end;
        self.took(block.end);
    }

    /// The innermost block has a child that ends there.
    fn took(&mut self, end: u32) {
        if let Some(block) = self.open.last_mut() {
            block.end = end;
            if let BlockKind::Waiting(..) = block.kind {
                block.kind = BlockKind::Mapping;
            }
        }
    }

    /// The waiting key has no value: it is missing at the key.
    fn nothing(&mut self) {
        let Some(&Block {
            kind: BlockKind::Waiting(start, end),
            ..
        }) = self.open.last()
        else {
            return;
        };
        let empty = Content::Cooked { start: 0, end: 0 };
        let kind = RawKind::Scalar(Form::Plain, empty);
        self.push(kind, start as usize, end as usize);
        self.took(end);
    }

    /// The key that begins at `at`, if one does.
    fn key(&self, at: usize, end: usize) -> Option<Key> {
        let near = &self.bytes[at..end.min(at + MAX_KEY)];
        let key = if let b'"' | b'\'' = near[0] {
            let close = self.closing_quote(at, at + near.len())?;
            Key {
                form: Form::Quoted,
                place: (at, close + 1),
                content: (at + 1, close),
            }
        } else {
            let length = near.iter().position(|byte| !continues_key(*byte))?;
            if !starts_key(near[0]) || near[length - 1] == b' ' {
                return None;
            }
            let place = (at, at + length);
            Key {
                form: Form::Plain,
                place,
                content: place,
            }
        };
        let behind = &self.bytes[key.place.1..end];
        let ends = behind.first() == Some(&b':') && matches!(behind.get(1), None | Some(b' '));
        ends.then_some(key)
    }

    /// A key, and its value where it is on the same line.
    fn entry(&mut self, key: Key, end: usize) -> Option<()> {
        let (start, after) = key.place;
        self.scalar(key.form, key.place, key.content);
        self.open.last_mut()?.kind = BlockKind::Waiting(offset(start), offset(after));
        let value = self.skip_spaces(after + 1, end);
        if value == end || self.bytes[value] == b'#' {
            return Some(());
        }
        self.value(value, end)
    }

    /// A value that ends on this line, and nothing but a comment behind it.
    fn value(&mut self, at: usize, end: usize) -> Option<()> {
        let after = match self.bytes[at] {
            b'"' | b'\'' => self.quoted(at, end)?,
            b'{' | b'[' => self.brackets(at, end, 0)?,
            _ => self.plain(at, end)?,
        };
        self.is_over(after, end).then_some(())?;
        self.took(offset(after));
        Some(())
    }

    /// A text in quotes.
    fn quoted(&mut self, at: usize, end: usize) -> Option<usize> {
        let close = self.closing_quote(at, end)?;
        self.scalar(Form::Quoted, (at, close + 1), (at + 1, close));
        Some(close + 1)
    }

    /// The quote that ends the text in quotes at `at`, if nothing in it is escaped.
    fn closing_quote(&self, at: usize, end: usize) -> Option<usize> {
        let quote = self.bytes[at];
        let inner = &self.bytes[at + 1..end];
        let length = inner
            .iter()
            .position(|byte| *byte == quote || *byte == b'\\')?;
        let doubled = quote == b'\'' && inner.get(length + 1) == Some(&quote);
        (inner[length] == quote && !doubled).then_some(at + 1 + length)
    }

    /// A text without quotes, up to a comment or the end of the line.
    fn plain(&mut self, at: usize, end: usize) -> Option<usize> {
        self.unquoted(at, end, |before, byte, next| match byte {
            b'#' if before == b' ' => Part::Behind,
            b':' if matches!(next, None | Some(b' ')) => Part::Unsure,
            _ => Part::Within,
        })
    }

    /// A text without quotes in brackets.
    fn bracketed(&mut self, at: usize, end: usize) -> Option<usize> {
        self.unquoted(at, end, |before, byte, next| match byte {
            b',' | b']' | b'}' => Part::Behind,
            b'{' | b'[' | b'#' => Part::Unsure,
            b'-' if before == b' ' => Part::Unsure,
            b':' => match next {
                Some(next) if next.is_ascii_alphanumeric() || *next == b'/' => Part::Within,
                _ => Part::Unsure,
            },
            _ => Part::Within,
        })
    }

    /// A text without quotes, up to the byte that is said to be behind it: asked of each byte
    /// that is no space, with the one before and the one after.
    fn unquoted(
        &mut self,
        at: usize,
        end: usize,
        part: impl Fn(u8, u8, Option<&u8>) -> Part,
    ) -> Option<usize> {
        let line = &self.bytes[..end];
        if !starts_plain(line[at], line.get(at + 1)) {
            return None;
        }
        let mut last = at + 1;
        for here in (at + 1..end).filter(|here| line[*here] != b' ') {
            match part(line[here - 1], line[here], line.get(here + 1)) {
                Part::Within => last = here + 1,
                Part::Behind => break,
                Part::Unsure => return None,
            }
        }
        self.scalar(Form::Plain, (at, last), (at, last));
        Some(last)
    }

    /// A list or mapping in brackets that end on this line; what is behind the last one.
    fn brackets(&mut self, at: usize, end: usize, depth: usize) -> Option<usize> {
        if self.open.len() + depth >= MAX_DEPTH / 2 {
            return None;
        }
        let (kind, closing) = match self.bytes[at] {
            b'{' => (RawKind::Mapping, b'}'),
            _ => (RawKind::Sequence, b']'),
        };
        let node = self.push(kind, at, at);
        let mut next = self.skip_spaces(at + 1, end);
        if next < end && self.bytes[next] == closing {
            return Some(self.close_brackets(node, next));
        }
        loop {
            if closing == b'}' {
                let key = (next < end).then(|| self.key(next, end)).flatten()?;
                self.scalar(key.form, key.place, key.content);
                next = self.skip_spaces(key.place.1 + 1, end);
            }
            if next >= end {
                return None;
            }
            let after = match self.bytes[next] {
                b'"' | b'\'' => self.quoted(next, end)?,
                b'{' | b'[' => self.brackets(next, end, depth + 1)?,
                _ => self.bracketed(next, end)?,
            };
            next = self.skip_spaces(after, end);
            match self.bytes[next..end].first()? {
                b',' => next = self.skip_spaces(next + 1, end),
                byte if *byte == closing => return Some(self.close_brackets(node, next)),
                _ => return None,
            }
        }
    }

    fn close_brackets(&mut self, node: u32, at: usize) -> usize {
        let after = offset(self.nodes.len());
        let raw = &mut self.nodes[node as usize];
        raw.after = after;
        raw.end = offset(at + 1);
        at + 1
    }

    fn scalar(&mut self, form: Form, place: (usize, usize), content: (usize, usize)) {
        let content = Content::Text {
            start: offset(content.0),
            end: offset(content.1),
        };
        self.push(RawKind::Scalar(form, content), place.0, place.1);
    }

    fn push(&mut self, kind: RawKind, start: usize, end: usize) -> u32 {
        let node = offset(self.nodes.len());
        self.nodes.push(RawNode {
            start: offset(start),
            end: offset(end),
            kind,
            after: node + 1,
        });
        node
    }
}

/// Whether a byte can begin a key: no indicator of YAML's.
fn starts_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/') || !byte.is_ascii()
}

fn continues_key(byte: u8) -> bool {
    starts_key(byte) || matches!(byte, b'-' | b'@' | b'+' | b' ' | b'(' | b')')
}

/// Whether a byte can begin a text without quotes, before this next one.
fn starts_plain(byte: u8, next: Option<&u8>) -> bool {
    let tame = starts_key(byte)
        || matches!(
            byte,
            b'$' | b'(' | b')' | b'+' | b'~' | b'=' | b'<' | b'^' | b';' | b'\\'
        );
    tame || byte == b'-' && next.is_some_and(|next| starts_key(*next))
}

#[cfg(test)]
mod tests;
