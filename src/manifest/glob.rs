//! Globs over names of people, roles and groups, and over names of files.
//!
//! **Invariants.** A glob of names matches whatever the case or Unicode form, as providers
//! compare names: a rail must not be passed by spelling a name another way. In a glob of
//! files `*` stops at `/`; in one of names it does not.

use globset::{GlobBuilder, GlobMatcher};

use crate::ids::fold;

/// A glob of names.
#[derive(Debug, Clone)]
pub struct NameGlob(GlobMatcher);

/// Why a text is not a glob.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct GlobError(String);

impl NameGlob {
    /// Compiles a glob.
    ///
    /// # Errors
    /// When the text is none, in a few words.
    pub fn new(text: &str) -> Result<Self, GlobError> {
        compile(&fold(text), Separators::Plain).map(Self)
    }

    /// Whether a name matches.
    pub fn is_match(&self, name: &str) -> bool {
        self.0.is_match(fold(name))
    }
}

/// A glob of file names.
#[derive(Debug, Clone)]
pub struct PathGlob(GlobMatcher);

impl PathGlob {
    /// Compiles a glob.
    ///
    /// # Errors
    /// When the text is none, in a few words.
    pub fn new(text: &str) -> Result<Self, GlobError> {
        let text = text.strip_prefix("./").unwrap_or(text);
        compile(text, Separators::Literal).map(Self)
    }

    /// Whether a file's name, relative to the root file, matches.
    pub fn is_match(&self, name: &str) -> bool {
        self.0.is_match(name)
    }
}

/// What `/` is.
enum Separators {
    /// Only `/` and `**` match it.
    Literal,
    /// A character as any other.
    Plain,
}

fn compile(text: &str, separators: Separators) -> Result<GlobMatcher, GlobError> {
    GlobBuilder::new(text)
        .literal_separator(match separators {
            Separators::Literal => true,
            Separators::Plain => false,
        })
        .backslash_escape(true)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| GlobError(error.kind().to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_whatever_their_case_and_form() {
        let glob = NameGlob::new("Contractor-*").unwrap();
        assert!(glob.is_match("contractor-bob"));
        assert!(glob.is_match("CONTRACTOR-jos\u{e9}"));
        assert!(!glob.is_match("a-contractor-bob"));
        assert!(
            NameGlob::new("jos\u{e9}*")
                .unwrap()
                .is_match("JOSE\u{301}/x")
        );
        assert!(NameGlob::new("prod-[").is_err());
    }

    #[test]
    fn files_match_folder_by_folder() {
        let glob = PathGlob::new("./teams/web/*.yaml").unwrap();
        assert!(glob.is_match("teams/web/people.yaml"));
        assert!(!glob.is_match("teams/web/more/people.yaml"));
        assert!(
            PathGlob::new("teams/web/**")
                .unwrap()
                .is_match("teams/web/a/b.yaml")
        );
    }
}
