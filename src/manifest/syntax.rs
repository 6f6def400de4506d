//! What is wrong with a text that is not YAML, in words that say what to do.
//!
//! **Invariants.** Every message of the parser is either translated here or passed on as it
//! is; none is lost. Checks made before parsing only refuse what the parser would refuse too,
//! or would misread.

use super::fault::{Fault, FaultCode};
use super::source::{FileId, Span};

/// Looks for what can be said better before the parser sees it: conflict markers and control
/// characters.
pub fn before_parsing(text: &str, file: FileId) -> Option<Fault> {
    conflict_marker(text, file).or_else(|| control_character(text, file))
}

/// Finds the markers git leaves in an unfinished merge. One marker alone may be anything;
/// the opening one followed by the closing one is a conflict.
fn conflict_marker(text: &str, file: FileId) -> Option<Fault> {
    let at_line_start = |needle: &str, from: usize| {
        text[from..]
            .match_indices(needle)
            .map(|(at, _)| from + at)
            .find(|at| *at == 0 || text.as_bytes()[at - 1] == b'\n')
    };
    // Hardly any file has one, and this is the quickest way to know.
    memchr::memmem::find(text.as_bytes(), b"<<<<<<< ")?;
    let start = at_line_start("<<<<<<< ", 0)?;
    let end = at_line_start(">>>>>>> ", start)?;
    let line = |at: usize| {
        let length = text[at..].find(['\r', '\n']).unwrap_or(text.len() - at);
        Span::new(file, at, at + length)
    };
    Some(
        Fault::error(
            FaultCode::ConflictMarker,
            line(start),
            "the conflict starts here",
            "the file holds a merge conflict",
            "decide between the two sides, remove the marker lines, and finish the merge",
        )
        .with_related(line(end), "and ends here"),
    )
}

/// Whether YAML does not allow a character (YAML 1.2.2 §5.1).
fn is_control(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' | '\u{85}' => false,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => true,
        _ => false,
    }
}

/// Whether a byte may be of a character that YAML does not allow: it is one, or begins those of two
/// and three bytes.
fn may_be_control(byte: u8) -> bool {
    let is_layout = byte == b'\t' || byte == b'\n' || byte == b'\r';
    (byte < b' ' && !is_layout) || byte == 0x7f || byte == 0xc2 || byte == 0xef
}

/// Finds a character that YAML does not allow.
fn control_character(text: &str, file: FileId) -> Option<Fault> {
    // Many bytes at once; almost no file has any.
    let mut chunks = text.as_bytes().chunks(64);
    let is_suspect = |any: bool, byte: &u8| any | may_be_control(*byte);
    if !chunks.any(|chunk| chunk.iter().fold(false, is_suspect)) {
        return None;
    }
    let (at, found) = text.char_indices().find(|(_, c)| is_control(*c))?;
    Some(Fault::error(
        FaultCode::Syntax,
        Span::new(file, at, at + found.len_utf8()),
        "not allowed in YAML",
        format!(
            "the file holds the control character U+{:04X}",
            u32::from(found)
        ),
        if found == '\0' {
            "save the file as UTF-8 text; zero bytes usually mean UTF-16 or a binary file"
        } else {
            "delete the character; in a quoted text it can be written as an escape"
        },
    ))
}

/// The fault of bytes that are not UTF-8, of which the first `valid` are.
pub fn not_utf8(bytes: &[u8], file: FileId, valid: usize) -> Fault {
    let utf16 = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
    let line = 1 + bytes[..valid].iter().filter(|byte| **byte == b'\n').count();
    let byte = bytes.get(valid).copied().unwrap_or_default();
    Fault::error(
        FaultCode::NotUtf8,
        // The text shown is the bytes with U+FFFD, three bytes long, for what is not UTF-8.
        if utf16 {
            Span::start_of(file)
        } else {
            Span::new(file, valid, valid + '\u{fffd}'.len_utf8())
        },
        if utf16 {
            "this is UTF-16".to_owned()
        } else {
            format!("byte 0x{byte:02X} starts no UTF-8 character")
        },
        if utf16 {
            "the file is UTF-16, not UTF-8 text".to_owned()
        } else {
            format!("the file is not UTF-8 text: line {line}, byte offset {valid}")
        },
        "save the file with the encoding UTF-8",
    )
}

/// What the parser's message means, and what to do about it.
struct Explanation {
    label: &'static str,
    message: &'static str,
    help: &'static str,
}

/// Turns a message of the parser into a fault.
pub fn explain(info: &str, text: &str, file: FileId, at: usize) -> Fault {
    let at = floor_boundary(text, at);
    let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = text[at..]
        .find('\n')
        .map_or(text.len(), |length| at + length);
    let line = text[line_start..line_end].trim_end();
    let indent = &line[..line.len() - line.trim_start().len()];

    if indent.contains('\t') && info.contains("tab") || tab_confuses(info, indent) {
        let start = line_start + indent.find('\t').unwrap_or(0);
        return syntax(
            Span::new(file, start, line_start + indent.len()),
            &Explanation {
                label: "a tab",
                message: "the line is indented with a tab",
                help: "indent with spaces; YAML does not allow tabs here",
            },
        );
    }
    let Some(explanation) = explanation(info, text, at, line) else {
        return Fault::error(
            FaultCode::Syntax,
            token_at(text, file, at),
            "here",
            format!("this is not YAML: {info}"),
            "compare the line with its neighbours: indentation, `:` and quotes",
        );
    };
    let fault = syntax(token_at(text, file, at), &explanation);
    match info
        .contains("expected ','")
        .then(|| open_bracket(&text[..at]))
        .flatten()
    {
        Some(open) => fault.with_related(Span::new(file, open, open + 1), "opened here"),
        None => fault,
    }
}

/// The last bracket before the end of a text that is still open, if it is near. Brackets in
/// quotes are taken for real ones: this only helps people to find the place.
fn open_bracket(before: &str) -> Option<usize> {
    let mut closed = 0;
    for (at, byte) in before.bytes().enumerate().rev().take(4_000) {
        match byte {
            b'}' | b']' => closed += 1,
            b'{' | b'[' if closed == 0 => return Some(at),
            b'{' | b'[' => closed -= 1,
            _ => {}
        }
    }
    None
}

fn syntax(span: Span, explanation: &Explanation) -> Fault {
    Fault::error(
        FaultCode::Syntax,
        span,
        explanation.label,
        explanation.message,
        explanation.help,
    )
}

/// A tab in front of a line is the likelier cause than what the parser makes of it.
fn tab_confuses(info: &str, indent: &str) -> bool {
    indent.contains('\t')
        && (info.contains("indentation")
            || info.contains("not allowed in this context")
            || info.contains("did not find expected")
            || info.contains("simple key"))
}

/// The most characters of a key on one line (YAML 1.2.2 §7.4.2).
const LONGEST_KEY: usize = 1024;

fn explanation(info: &str, text: &str, at: usize, line: &str) -> Option<Explanation> {
    let explain = |label, message, help| {
        Some(Explanation {
            label,
            message,
            help,
        })
    };
    if info.contains("found unexpected end of stream")
        || info.contains("document indicator")
        || info.contains("indentation in quoted scalar")
    {
        return explain(
            "this quote is not closed",
            "a quoted text does not end where its line does",
            "add the missing quote at the end of the text",
        );
    }
    if info.contains("scanning an anchor or alias") {
        return explain(
            "no plain text starts like this",
            "a text starts with `*` or `&`, which mean something else in YAML",
            "put the text in quotes; to match every role, write `\".*\"`",
        );
    }
    let before = text[..at].trim_end_matches([' ', '\t']);
    if info.contains("did not find expected key") && before.ends_with(['}', ']']) {
        return explain(
            "expected the end of the line",
            "something follows a closing bracket",
            "put a text that starts with `{` or `[` in quotes: `\"{role}_team\"`",
        );
    }
    if info.contains("unknown anchor") {
        return explain(
            "no anchor of this name before here",
            "the alias names an anchor that does not exist",
            "put a text that starts with `*` in quotes, or define the anchor with `&` first",
        );
    }
    let line_before = text[..at].rsplit('\n').next().unwrap_or_default();
    if info.contains("mapping values are not allowed") && line_before.chars().count() > LONGEST_KEY
    {
        return explain(
            "more than 1,024 characters before here",
            "a key is longer than YAML allows",
            "give it a shorter name",
        );
    }
    if info.contains("mapping values are not allowed") {
        return explain(
            "a `:` is not expected here",
            "a value cannot hold another `key: value` on its line",
            "put a text that holds `: ` in quotes, or indent the line to match its neighbours",
        );
    }
    if info.contains("simple key expect") {
        return explain(
            "a `:` is missing before here",
            "a key has no `:`",
            "write `key: value`, with a space after the `:`",
        );
    }
    if info.contains("expected ',' or '}'") {
        return explain(
            "expected `,` or `}`",
            "a `{` is not closed, or a `,` is missing",
            "separate entries with `,`, and close the `{` with `}`",
        );
    }
    if info.contains("expected ',' or ']'") {
        return explain(
            "expected `,` or `]`",
            "a `[` is not closed, or a `,` is missing",
            "separate entries with `,`, and close the `[` with `]`",
        );
    }
    if info.contains("unexpected character") || info.contains("cannot start with '-'") {
        return explain(
            "no plain text starts like this",
            "a text starts with a character that means something else in YAML",
            "put the text in quotes",
        );
    }
    if info.contains("unknown escape")
        || info.contains("hexadecimal")
        || info.contains("escape code")
    {
        return explain(
            "not an escape",
            "a `\\` in double quotes starts an escape that does not exist",
            "double the `\\`, or use single quotes, which know no escapes",
        );
    }
    if info.contains("recursion limit") {
        return explain(
            "too deep",
            "brackets nest too deeply",
            "close the brackets; a manifest needs seven levels at most",
        );
    }
    if info.contains("trailing content") || info.contains("unexpected end of plain") {
        return explain(
            "expected the end of the value",
            "something follows a text that has already ended",
            "put the whole text in one pair of quotes",
        );
    }
    if info.contains("comment intercepting") {
        return explain(
            "a comment ends the text before",
            "a text goes on after a comment",
            "start a new key here, or put the text in quotes",
        );
    }
    let indentation = [
        "did not find expected key",
        "expected '-' indicator",
        "invalid indentation",
        "block sequence entries are not allowed",
        "did not find expected <document start>",
        "mapping keys are not allowed",
    ];
    if indentation.iter().any(|known| info.contains(known)) {
        let item = line.trim_start().starts_with("- ");
        return explain(
            if item {
                "this item does not line up"
            } else {
                "this line does not line up"
            },
            "the indentation fits neither the line above nor the block around it",
            if !text[..at].contains('\n') {
                "start the file with `key: value` at the left margin"
            } else {
                "give the lines of one block the same number of leading spaces, and check that \
                 the line above ends with `:` where a block should follow"
            },
        );
    }
    if info.contains("tab") {
        return explain(
            "a tab",
            "a tab stands where YAML wants spaces",
            "use spaces; YAML does not allow tabs here",
        );
    }
    if info.contains("byte order mark") {
        return explain(
            "a byte order mark",
            "a byte order mark stands inside the file",
            "delete the invisible character U+FEFF; it is allowed only at the very start",
        );
    }
    None
}

/// The word at an offset: what an underline should cover.
fn token_at(text: &str, file: FileId, at: usize) -> Span {
    let at = at.min(text.len());
    let rest = &text[at..];
    let first = rest.chars().next().map_or(0, |c| match c {
        '\r' | '\n' => 0,
        c => c.len_utf8(),
    });
    let word = rest
        .find(|c: char| c.is_whitespace() || matches!(c, ',' | ']' | '}' | ':'))
        .unwrap_or(rest.len());
    Span::new(file, at, at + word.max(first).min(floor_boundary(rest, 60)))
}

/// The last character boundary at or before an offset.
fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_character_that_is_not_allowed_is_overlooked() {
        let padding = "a".repeat(63);
        for c in '\0'..=char::MAX {
            let text = format!("{padding}{c}{padding}");
            let found = control_character(&text, FileId(0));
            assert_eq!(found.is_some(), is_control(c), "U+{:04X}", u32::from(c));
        }
    }
}
