//! What a walk amounts to.
//!
//! **Invariants.** A partial verdict names at least one doubt.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A walk that came to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[must_use = "a listing whose verdict is not read may be a part taken for the whole"]
pub struct Walk {
    /// How many pages were read.
    pub pages: u64,
    /// How many different resources came.
    pub rows: u64,
    /// How many came more than once.
    pub duplicates: u64,
    /// The last `totalResults`, where the dialect says it counts the whole.
    pub reported_total: Option<u64>,
    /// Whether that is all there is.
    pub verdict: Verdict,
}

/// Whether a walk is proven to have seen every resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "camelCase")]
pub enum Verdict {
    /// It has.
    Whole {
        /// What proves it.
        how: Proof,
    },
    /// It may not have: nothing may be removed on its word.
    Partial {
        /// What speaks against it; never empty.
        reasons: Vec<Doubt>,
    },
}

/// What proves that a walk is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// As many different resources came as `totalResults` says, on every page alike.
    Counted,
    /// The server was asked past the end as often as its dialect demands.
    EmptyPages,
    /// The server handed out cursors and said which page is the last (RFC 9865).
    LastCursor,
    /// The provider has no such resources at all.
    NotServed,
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Proof::Counted => "as many resources as `totalResults` says",
            Proof::EmptyPages => "read until nothing more came",
            Proof::LastCursor => "read to the last cursor",
            Proof::NotServed => "the provider has none",
        })
    }
}

/// What speaks against a walk being whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Doubt {
    /// Fewer resources came than `totalResults` says.
    FewerThanTotal {
        /// Different resources received.
        rows: u64,
        /// The last `totalResults`.
        total: u64,
    },
    /// More came than `totalResults` says, so it does not count the whole.
    MoreThanTotal {
        /// Different resources received.
        rows: u64,
        /// The last `totalResults`.
        total: u64,
    },
    /// `totalResults` changed between pages: the account changed, or it counts pages.
    TotalMoved,
    /// A resource came without `id`.
    RowWithoutId,
    /// A resource could not be read as one.
    RowUnreadable,
    /// `Resources` is absent or null although `totalResults` is not zero.
    ResourcesMissing,
    /// A page came twice in a row: the server ignores `startIndex`.
    StartIndexIgnored,
    /// Asking into the middle of what came gave something else.
    StartIndexMisread,
    /// Pages went on coming without anything new.
    NoProgress,
    /// One resource came twice and differed, so it changed during the walk.
    CopiesDiffer,
    /// Exactly one page of a size servers fall back to, and nothing shows that the server
    /// can give another.
    OneDefaultPage,
    /// A cursor came back that was used before.
    CursorRepeated,
    /// The server was asked to page by cursors and hands out none.
    CursorIgnored,
    /// A stretch was skipped whose pages turned out to be smaller than thought.
    StrideUnproven,
    /// More resources than any account should hold.
    TooMany,
    /// A resource that was listed was gone when it was read by itself.
    Vanished,
    /// A user that a group has as a member is not in the list, but there when asked for by id.
    MissingButThere,
    /// Far fewer came than the last run left.
    Collapsed {
        /// How many the last run left.
        before: u64,
        /// How many came now.
        now: u64,
    },
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Doubt::FewerThanTotal { rows, total } => {
                return write!(f, "{rows} resources came, `totalResults` says {total}");
            }
            Doubt::MoreThanTotal { rows, total } => {
                return write!(
                    f,
                    "{rows} resources came although `totalResults` says {total}: it may count pages"
                );
            }
            Doubt::TotalMoved => "`totalResults` changed between pages",
            Doubt::RowWithoutId => "a resource came without `id`",
            Doubt::RowUnreadable => "a resource could not be read",
            Doubt::ResourcesMissing => "a page came without `Resources`",
            Doubt::StartIndexIgnored => "the server answers the same page whatever `startIndex` is",
            Doubt::StartIndexMisread => {
                "asking into the middle of what came gave something else: the server may read \
                 `startIndex` as a page number"
            }
            Doubt::NoProgress => "pages kept coming without anything new",
            Doubt::CopiesDiffer => "a resource came twice with different content",
            Doubt::OneDefaultPage => "only one page of a default size came",
            Doubt::CursorRepeated => "a cursor came back that was used before",
            Doubt::CursorIgnored => {
                "half a page was asked for and no cursor to the other half came back"
            }
            Doubt::StrideUnproven => "a stretch of the listing was skipped",
            Doubt::TooMany => "more resources came than any account should hold",
            Doubt::Collapsed { before, now } => {
                return write!(
                    f,
                    "{now} came where the last run left {before} (the next `apply` takes note of it)"
                );
            }
            Doubt::MissingButThere => {
                "somebody is not in the list and there all the same, asked for by id"
            }
            Doubt::Vanished => "a listed resource was gone when read by itself",
        };
        f.write_str(text)
    }
}

impl Walk {
    /// The walk of a collection that a provider does not have.
    pub fn nothing_to_read() -> Self {
        Self {
            pages: 0,
            rows: 0,
            duplicates: 0,
            reported_total: None,
            verdict: Verdict::Whole {
                how: Proof::NotServed,
            },
        }
    }

    /// The same walk with one more doubt.
    pub fn doubting(mut self, doubt: Doubt) -> Self {
        match &mut self.verdict {
            Verdict::Whole { how: _ } => {
                self.verdict = Verdict::Partial {
                    reasons: vec![doubt],
                };
            }
            Verdict::Partial { reasons } => {
                reasons.push(doubt);
                reasons.sort();
                reasons.dedup();
            }
        }
        self
    }

    /// Whether the walk is proven whole.
    pub fn is_whole(&self) -> bool {
        match self.verdict {
            Verdict::Whole { how: _ } => true,
            Verdict::Partial { reasons: _ } => false,
        }
    }
}
