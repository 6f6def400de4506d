//! A sentence about a plan in which our words and foreign names are told apart, so that
//! every format can put the names where they cannot do anything.
//!
//! **Invariants.** Whatever comes from a manifest, a service provider or a repository is in a
//! piece that is not [`Piece::Words`].

use std::borrow::Cow;

use super::escape::terminal;

/// The longest name in one line, as long as in faults.
const LONG_NAME: usize = 60;

/// A part of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Our own words.
    Words(Cow<'static, str>),
    /// A key, a group, a role, a path.
    Name(String),
    /// A name as messages write it: in backticks.
    Quoted(String),
    /// An e-mail beside the key it belongs to.
    Email(String),
    /// The value of an attribute.
    Value(String),
    /// Text of a message around its names; whatever is in it is not trusted.
    Loose(String),
}

/// A sentence, or a part of one.
#[must_use]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Phrase(Vec<Piece>);

impl Phrase {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts with our own words.
    pub fn of(words: impl Into<Cow<'static, str>>) -> Self {
        Self::new().words(words)
    }

    /// Adds our own words.
    pub fn words(mut self, words: impl Into<Cow<'static, str>>) -> Self {
        let words = words.into();
        if !words.is_empty() {
            self.0.push(Piece::Words(words));
        }
        self
    }

    /// Adds a name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.0.push(Piece::Name(name.into()));
        self
    }

    /// Adds an e-mail.
    pub fn email(mut self, email: impl Into<String>) -> Self {
        self.0.push(Piece::Email(email.into()));
        self
    }

    /// Adds a value.
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.0.push(Piece::Value(value.into()));
        self
    }

    /// Adds text that is not trusted and is no name.
    pub fn loose(mut self, text: impl Into<String>) -> Self {
        self.0.push(Piece::Loose(text.into()));
        self
    }

    /// Adds another phrase.
    pub fn then(mut self, other: Phrase) -> Self {
        self.0.extend(other.0);
        self
    }

    /// A message of the planner: what it has in backticks are names.
    pub fn message(text: &str) -> Self {
        let mut pieces = Vec::new();
        let loose = |text: &str, pieces: &mut Vec<Piece>| {
            if !text.is_empty() {
                pieces.push(Piece::Loose(text.to_owned()));
            }
        };
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('`') {
            let Some((name, after)) = after.split_once('`') else {
                break;
            };
            loose(before, &mut pieces);
            pieces.push(Piece::Quoted(name.to_owned()));
            rest = after;
        }
        loose(rest, &mut pieces);
        Self(pieces)
    }

    /// Phrases with words between them.
    pub fn join(phrases: impl IntoIterator<Item = Phrase>, between: &'static str) -> Self {
        let mut joined = Self::new();
        for phrase in phrases {
            if !joined.0.is_empty() {
                joined = joined.words(between);
            }
            joined = joined.then(phrase);
        }
        joined
    }

    /// The same, no name in it longer than a line.
    pub fn clipped(self) -> Self {
        let clip = |name: String| match name.char_indices().nth(LONG_NAME) {
            None => name,
            Some((end, _)) => format!("{}…", &name[..end]),
        };
        let pieces = self.0.into_iter().map(|piece| match piece {
            Piece::Words(_) | Piece::Loose(_) => piece,
            Piece::Name(name) => Piece::Name(clip(name)),
            Piece::Quoted(name) => Piece::Quoted(clip(name)),
            Piece::Email(email) => Piece::Email(clip(email)),
            Piece::Value(value) => Piece::Value(clip(value)),
        });
        Self(pieces.collect())
    }

    /// The parts.
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The sentence as a terminal may show it.
    pub fn terminal(&self) -> String {
        self.draw(terminal)
    }

    /// The sentence without any escaping, for formats that take text as text.
    pub fn plain(&self) -> String {
        self.draw(|text| Cow::Borrowed(text))
    }

    fn draw(&self, escape: impl Fn(&str) -> Cow<'_, str>) -> String {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Words(words) => text.push_str(words),
                Piece::Name(name) | Piece::Loose(name) => text.push_str(&escape(name)),
                Piece::Quoted(name) => text.push_str(&format!("`{}`", escape(name))),
                Piece::Email(email) => text.push_str(&format!("<{}>", escape(email))),
                Piece::Value(value) => text.push_str(&format!("\"{}\"", escape(value))),
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_cut_at_its_names_and_loses_nothing() {
        for text in [
            "",
            "plain",
            "`a`",
            "the `a` and `b`.",
            "one ` alone",
            "`a` then ` alone",
        ] {
            assert_eq!(Phrase::message(text).plain(), text);
        }
        let phrase = Phrase::message("the `a` goes");
        assert_eq!(phrase.pieces().len(), 3);
        assert_eq!(phrase.pieces()[1], Piece::Quoted("a".to_owned()));
    }
}
