//! What one provider's answers mean where the status alone says something else.
//!
//! A profile holds a table of [`KnownAnswer`]s as data; [`super::service`] reads every error
//! against it. An answer that no row knows keeps the meaning of its status.

use super::error::ErrorKind;
use super::http::Method;

/// One answer of one provider, and what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownAnswer {
    /// The methods it answers; empty for any.
    pub methods: &'static [Method],
    /// What it is about.
    pub on: On,
    /// The HTTP status.
    pub status: u16,
    /// What the body says.
    pub says: Says,
    /// What kind of failure it really is.
    pub kind: ErrorKind,
    /// What it means: a lowercase fragment.
    pub means: &'static str,
    /// What to do: an instruction. `{word}` stands for the word that [`Self::names`] finds,
    /// `{base}` for the base URL.
    pub help: &'static str,
    /// The beginning of the one word of the answer that `help` repeats.
    pub names: Option<&'static str>,
}

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// Anything.
    Anything,
    /// The collection, as in `POST Users`.
    Collection(&'static str),
    /// One resource, as in `PUT Users/x`.
    Resource(&'static str),
}

/// What a body says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// Anything but a web page.
    Anything,
    /// Nothing at all.
    Nothing,
    /// This code of the provider's own.
    Code(&'static str),
    /// Words that contain this.
    Words(&'static str),
}

/// What is known of an answer before it is looked up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) method: Method,
    /// The path below the base URL.
    pub(super) path: &'a str,
    pub(super) status: u16,
    pub(super) code: Option<&'a str>,
    pub(super) detail: Option<&'a str>,
    /// Whether there was a body.
    pub(super) body: Option<&'a str>,
}

impl KnownAnswer {
    /// The first row that knows an answer.
    pub(super) fn of<'r>(rows: &'r [KnownAnswer], asked: Asked<'_>) -> Option<&'r KnownAnswer> {
        rows.iter().find(|row| row.knows(asked))
    }

    fn knows(&self, asked: Asked<'_>) -> bool {
        let about = match self.on {
            On::Anything => true,
            On::Collection(name) => asked.path == name,
            On::Resource(name) => asked
                .path
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('/')),
        };
        let says = match self.says {
            Says::Anything => true,
            Says::Nothing => asked.body.is_none(),
            Says::Code(code) => asked.code == Some(code),
            Says::Words(words) => asked.detail.is_some_and(|detail| detail.contains(words)),
        };
        about
            && says
            && self.status == asked.status
            && (self.methods.is_empty() || self.methods.contains(&asked.method))
    }

    /// The instruction, with the word it repeats.
    pub(super) fn instruction(&self, detail: Option<&str>) -> String {
        let Some(start) = self.names else {
            return self.help.to_owned();
        };
        let word = detail
            .into_iter()
            .flat_map(str::split_whitespace)
            .find_map(|word| {
                let word = word.trim_matches(|c: char| !c.is_alphanumeric());
                word.starts_with(start).then_some(word)
            });
        match word {
            Some(word) => self.help.replace("{word}", &format!("`{word}`")),
            None => self.help.replace("{word}", "it names"),
        }
    }
}
