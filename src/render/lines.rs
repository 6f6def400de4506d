//! Lines of a mark, a word and a text, for reports that are no plans.

use std::fmt::Write as _;

use owo_colors::OwoColorize as _;

use super::escape::terminal;
use super::style::{Colour, Mark, Styles};

/// Where the text of a line begins.
const TEXT: usize = 14;

/// A page of such lines.
pub(super) struct Lines {
    pub(super) out: String,
    width: usize,
    styles: Styles,
}

impl Lines {
    /// An empty page.
    pub(super) fn new(width: usize, colour: Colour) -> Self {
        Self {
            out: String::new(),
            width: width.clamp(40, 200),
            styles: Styles::new(colour),
        }
    }

    /// A heading.
    pub(super) fn heading(&mut self, text: &str) {
        let wrapped = textwrap::fill(&terminal(text), self.width);
        let _ = writeln!(self.out, "{}", wrapped.style(self.styles.heading));
    }

    /// A line, its text wrapped beside its mark.
    pub(super) fn line(&mut self, mark: Mark, word: &str, text: &str) {
        let head = format!("  {} {word:<width$}", mark.symbol(), width = TEXT - 4);
        let options = textwrap::Options::new(self.width.saturating_sub(TEXT))
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        let text = terminal(text);
        for (number, part) in textwrap::wrap(&text, options).iter().enumerate() {
            let _ = match number {
                0 => writeln!(self.out, "{}{part}", head.style(self.styles.mark(mark))),
                _ => writeln!(self.out, "{:TEXT$}{part}", ""),
            };
        }
    }
}
