//! One known fact of one provider: what, from where, when read, what the tool does.

/// How a fact is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// The provider documents it.
    Documented,
    /// Its published source code does it; no document says so.
    Source,
    /// Document and source agree.
    Both,
    /// Document and source contradict each other; the statement gives both.
    Contradictory,
}

impl Reading {
    /// The word for the reference table.
    pub fn as_str(self) -> &'static str {
        match self {
            Reading::Documented => "documented",
            Reading::Source => "source code",
            Reading::Both => "documented, source code",
            Reading::Contradictory => "contradictory",
        }
    }
}

/// One row of a provider's fact table.
#[derive(Debug, Clone, Copy)]
pub struct Fact {
    /// A short stable name.
    pub name: &'static str,
    /// What is so.
    pub statement: &'static str,
    /// How it is known.
    pub reading: Reading,
    /// Where it was read.
    pub source: &'static str,
    /// When it was last checked, `YYYY-MM-DD`.
    pub verified: &'static str,
    /// What the tool does about it.
    pub handling: &'static str,
}
