//! Errors at the edge: a message, an instruction and a stable code, drawn by miette.

use std::fmt;

use crate::manifest::words::{is_invisible, visible};

/// What stopped a command.
#[derive(Debug)]
pub struct Trouble {
    code: &'static str,
    message: String,
    help: String,
}

impl Trouble {
    /// A trouble with its code, what is wrong, and what to do.
    /// Both may hold what somebody typed or a provider answered, so they are made harmless on a
    /// terminal; their own line breaks stay.
    pub fn new(code: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        let harmless = |text: String| match text.contains(is_invisible) {
            true => text.split('\n').map(visible).collect::<Vec<_>>().join("\n"),
            false => text,
        };
        Self {
            code,
            message: harmless(message.into()),
            help: harmless(help.into()),
        }
    }

    /// Its stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// What to do.
    pub fn instruction(&self) -> &str {
        &self.help
    }

    /// A file that could not be read or written.
    pub fn file(what: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::new(
            "file",
            format!("cannot {what} `{}`: {error}", path.display()),
            "check the path and its permissions",
        )
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Trouble {}

impl miette::Diagnostic for Trouble {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(format!("error[{}]", self.code)))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.help))
    }
}

impl From<crate::scim::error::ScimError> for Trouble {
    fn from(error: crate::scim::error::ScimError) -> Self {
        Self::new(error.code(), error.to_string(), error.help())
    }
}

impl From<crate::manifest::history::HistoryError> for Trouble {
    fn from(error: crate::manifest::history::HistoryError) -> Self {
        Self::new(error.code(), error.to_string(), error.help())
    }
}
