//! What stands between keys and values: white space and comments.

use super::super::Reason;
use super::super::piece::{Behind, Line};
use super::{Alone, Comment, Parser, Trivia};

impl Parser<'_> {
    pub(super) fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn unusual(&self) -> Reason {
        Reason::Unusual {
            line: 1 + self.text[..self.at].matches('\n').count(),
        }
    }

    pub(super) fn line_start(&self) -> usize {
        self.text[..self.at].rfind('\n').map_or(0, |at| at + 1)
    }

    pub(super) fn column(&self) -> usize {
        self.text[self.line_start()..self.at].chars().count()
    }

    pub(super) fn take_pending(&mut self) -> Vec<Line> {
        self.pending.drain(..).map(Trivia::line).collect()
    }

    /// Skips spaces on this line, and says how many there were.
    pub(super) fn spaces(&mut self) -> usize {
        let rest = self.rest();
        let count = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        self.at += count;
        count
    }

    /// The comment that starts here, to the end of its line.
    pub(super) fn comment(&mut self, gap: usize) -> Comment {
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
    pub(super) fn trivia(&mut self) {
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
    pub(super) fn behind(&mut self) -> Vec<Behind> {
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
}
