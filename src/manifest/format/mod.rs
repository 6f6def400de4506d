//! One layout for every file of a manifest: people, roles, groups and members by key,
//! sections in the schema's order, two spaces a level, brackets where they fit.
//!
//! The text is not written anew from what it means. It is taken apart into pieces (a key
//! with the comments above and behind it, a value as somebody quoted it) which are sorted
//! and laid out; every scalar and every comment is the bytes that were read.
//!
//! ```text
//! text ─parse→ Document of pieces ─order→ the same, sorted ─print→ text ─verify→ text
//! ```
//!
//! **Invariants.** Pure. The result means what the text meant, holds each comment once, and
//! is its own result: `verify` proves the first two on every call, and a text that cannot be
//! laid out so is given back as it was. A blank line separates groups; pieces are sorted
//! within their group and never leave it.

mod order;
mod parse;
mod piece;
mod print;
mod verify;

use super::source::FileId;
use super::tree;

/// The widest line that brackets may fill.
pub const WIDTH: usize = 100;

/// Spaces for one level.
pub const INDENT: usize = 2;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// What came of formatting a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Formatted {
    /// The text in the one layout; it may be the text that was given.
    LaidOut(String),
    /// The text uses something that is left as somebody wrote it.
    LeftAsWritten(Reason),
}

/// Why a text is left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// It is not YAML.
    #[error("it is not YAML")]
    NotYaml,
    /// A YAML directive or document end marker.
    #[error("it holds a YAML directive or a `...` line")]
    Directive,
    /// A key written with `? `, or over several lines.
    #[error("it holds a key written with `? ` or over several lines")]
    ComplexKey,
    /// Something else the layout has no place for.
    #[error("line {line} is written in a way that has no canonical layout")]
    Unusual {
        /// The line, from 1.
        line: usize,
    },
    /// The layout would have changed what the text means: a bug, caught.
    #[error("its layout would change what it means, which is a bug in scim-sync: please report it")]
    WouldChange,
}

/// Lays out the text of one file. The file should be free of faults: of a text that is not
/// YAML nothing is changed, and a key that no section has stays where its neighbours go.
pub fn format(text: &str) -> Formatted {
    let (mark, body) = match text.strip_prefix(BYTE_ORDER_MARK) {
        Some(body) => (Some(BYTE_ORDER_MARK), body),
        None => (None, text),
    };
    let body = body.replace("\r\n", "\n").replace('\r', "\n");
    match lay_out(&body) {
        Ok(laid_out) => Formatted::LaidOut(mark.into_iter().chain(laid_out.chars()).collect()),
        Err(reason) => Formatted::LeftAsWritten(reason),
    }
}

fn lay_out(text: &str) -> Result<String, Reason> {
    let tree = tree::parse(text, FileId(0)).map_err(|_| Reason::NotYaml)?;
    let mut document = parse::parse(text, tree.root())?;
    let as_written = print::print(&document);
    order::order(&mut document);
    let sorted = print::print(&document);
    // An alias must follow its anchor: where sorting breaks that, only the layout is applied.
    [sorted, as_written]
        .into_iter()
        .find(|laid_out| verify::same(tree.root(), text, laid_out))
        .ok_or(Reason::WouldChange)
}
