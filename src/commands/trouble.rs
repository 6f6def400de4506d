//! Errors at the edge: a message, an instruction and a stable code, drawn by miette.

use std::fmt;

/// What stopped a command.
#[derive(Debug)]
pub struct Trouble {
    code: &'static str,
    message: String,
    help: String,
}

impl Trouble {
    /// A trouble with its code, what is wrong, and what to do.
    pub fn new(code: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            help: help.into(),
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
