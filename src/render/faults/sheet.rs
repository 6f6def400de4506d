//! A file as it may be shown: nothing invisible, nothing secret, no endless lines.
//!
//! **Invariants.** A sheet has the same lines as its file. Every offset of the file has one
//! in the sheet, on a character boundary.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::manifest::source::{SourceFile, Span};
use crate::manifest::words::is_invisible;

/// Longer lines are shown in part.
const LONG_LINE: usize = 300;
/// How much of a long line is shown before and after what is underlined, in bytes.
const AROUND: usize = 60;
/// The longest part that is underlined, in bytes.
const LONGEST_LABEL: usize = 120;

/// A file as it may be shown.
pub(super) struct Sheet<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) line_starts: Vec<usize>,
    edits: Vec<Edit>,
}

struct Edit {
    start: usize,
    end: usize,
    shown: String,
    /// Where the replacement starts in the sheet.
    at: usize,
}

impl Edit {
    fn new(start: usize, end: usize, shown: impl Into<String>) -> Self {
        Self {
            start,
            end,
            shown: shown.into(),
            at: 0,
        }
    }
}

impl<'a> Sheet<'a> {
    /// Prepares a file. `labels` are the places that will be underlined, `secrets` what must
    /// not be seen.
    pub(super) fn new(file: &'a SourceFile, labels: &[Span], secrets: &[Span]) -> Self {
        let text: &'a str = &file.text;
        let mut edits = Vec::new();
        for secret in secrets {
            hide(text, secret.start as usize, secret.end as usize, &mut edits);
        }
        hide_tokens(text, &mut edits);
        escape(text, &mut edits);
        shorten(file, labels, &mut edits);
        Self::edited(text, edits)
    }

    fn edited(text: &'a str, mut edits: Vec<Edit>) -> Self {
        edits.sort_by_key(|edit| (edit.start, std::cmp::Reverse(edit.end)));
        let mut done = 0;
        edits.retain_mut(|edit| {
            edit.start = edit.start.max(done);
            let keep = edit.start < edit.end;
            if keep {
                done = edit.end;
            }
            keep
        });
        let shown = if edits.is_empty() {
            Cow::Borrowed(text)
        } else {
            let mut shown = String::with_capacity(text.len());
            let mut done = 0;
            for edit in &mut edits {
                shown.push_str(&text[done..edit.start]);
                edit.at = shown.len();
                shown.push_str(&edit.shown);
                done = edit.end;
            }
            shown.push_str(&text[done..]);
            Cow::Owned(shown)
        };
        let line_starts = std::iter::once(0)
            .chain(shown.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Self {
            text: shown,
            line_starts,
            edits,
        }
    }

    /// Where an offset of the file is in the sheet; inside a replacement, its start.
    fn offset(&self, at: usize) -> usize {
        let before = self.edits.partition_point(|edit| edit.start <= at);
        match before.checked_sub(1).map(|index| &self.edits[index]) {
            None => at.min(self.text.len()),
            Some(edit) if at < edit.end => edit.at,
            Some(edit) => (edit.at + edit.shown.len() + (at - edit.end)).min(self.text.len()),
        }
    }

    /// The part of the sheet to underline for a span of the file: on one line, and not
    /// longer than one can take in.
    pub(super) fn underline(&self, file: &SourceFile, span: Span) -> (usize, usize) {
        let (start, end) = label_range(&file.text, span);
        let from = self.offset(start);
        // The end of a replaced character is the end of its replacement.
        let to = match self
            .edits
            .iter()
            .find(|edit| edit.start < end && end < edit.end)
        {
            Some(edit) => edit.at + edit.shown.len(),
            None => self.offset(end),
        };
        (from, to.max(from))
    }

    /// The number of the line, from 0, that holds an offset of the sheet.
    pub(super) fn line(&self, at: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= at) - 1
    }
}

/// A span cut to its first line and to a length one can take in.
fn label_range(text: &str, span: Span) -> (usize, usize) {
    let start = boundary(text, span.start as usize);
    let end = boundary(text, span.end as usize).max(start);
    let line = text[start..end]
        .find(['\n', '\r'])
        .map_or(end, |length| start + length);
    (start, line.min(boundary(text, start + LONGEST_LABEL)))
}

fn boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Hides a text, line by line so that the lines stay.
fn hide(text: &str, start: usize, end: usize, edits: &mut Vec<Edit>) {
    let (start, end) = (boundary(text, start), boundary(text, end));
    let mut at = start;
    for line in text[start.min(end)..end].split_inclusive('\n') {
        let body = line.trim();
        if !body.is_empty() {
            let from = at + (line.len() - line.trim_start().len());
            edits.push(Edit::new(from, from + body.len(), "[hidden]"));
        }
        at += line.len();
    }
}

/// Hides what follows `token:` on its line unless it names a source. A file that is not
/// even YAML may hold a real token, and its fault shows the lines around.
fn hide_tokens(text: &str, edits: &mut Vec<Edit>) {
    for (at, word) in text.match_indices("token") {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-') {
            continue;
        }
        let rest = &text[at + word.len()..];
        let after_quote = rest.strip_prefix(['"', '\'']).unwrap_or(rest);
        let blank = |c: char| c == ' ' || c == '\t';
        let Some(value) = after_quote.trim_start_matches(blank).strip_prefix(':') else {
            continue;
        };
        let line = value.split(['\n', '\r']).next().unwrap_or_default();
        let value = line.trim_start_matches(blank);
        if value.is_empty() || value.starts_with(['{', '#']) {
            continue;
        }
        let start = text.len() - rest.len() + (rest.len() - after_quote.len());
        let start = start + text[start..].find(value).unwrap_or(0);
        hide(text, start, start + value.len(), edits);
    }
}

/// Writes what cannot be seen as escapes. A line break stays one, whatever its spelling.
fn escape(text: &str, edits: &mut Vec<Edit>) {
    if !text.contains(|c| is_invisible(c) && c != '\n' && c != '\t') {
        return;
    }
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        match c {
            '\n' | '\t' => {}
            '\r' if text[end..].starts_with('\n') => edits.push(Edit::new(at, end, "")),
            '\r' => edits.push(Edit::new(at, end, "\\r")),
            c if is_invisible(c) => {
                let mut shown = String::new();
                // Writing to a String cannot fail.
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
                edits.push(Edit::new(at, end, shown));
            }
            _ => {}
        }
    }
}

/// Leaves out most of a very long line, but not what is underlined and its neighbourhood.
fn shorten(file: &SourceFile, labels: &[Span], edits: &mut Vec<Edit>) {
    let text: &str = &file.text;
    let starts = file.line_starts();
    for (index, start) in starts.iter().enumerate() {
        let start = *start as usize;
        let end = starts
            .get(index + 1)
            .map_or(text.len(), |next| *next as usize);
        let end = start + text[start..end].trim_end_matches(['\n', '\r']).len();
        if end - start <= LONG_LINE {
            continue;
        }
        let mut shown = vec![(start, boundary(text, start + AROUND))];
        shown.extend(
            labels
                .iter()
                .map(|label| label_range(text, *label))
                .filter(|(from, _)| (start..=end).contains(from))
                .map(|(from, to)| {
                    let from = boundary(text, from.saturating_sub(AROUND)).max(start);
                    (from, boundary(text, to + AROUND).min(end))
                }),
        );
        shown.sort_unstable();
        let mut done = start;
        for (from, to) in shown {
            if from > done {
                edits.push(Edit::new(done, from, "…"));
            }
            done = done.max(to);
        }
        if done < end {
            edits.push(Edit::new(done, end, "…"));
        }
    }
}
