//! Why the manifest of another revision cannot be had.

use std::path::PathBuf;

use super::ci::CiSystem;

/// Why the manifest of another revision cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    /// There is no `git` to ask.
    #[error("the base is in git's history, and there is no `git` here to read it")]
    NoGit,
    /// The manifest is in no repository.
    #[error("the base is in git's history, and `{}` is in no git repository", .folder.display())]
    NotARepository {
        /// The manifest's folder.
        folder: PathBuf,
    },
    /// Git does not trust a repository of another user.
    #[error("git does not read the repository of `{}`, because it belongs to another user", .folder.display())]
    OtherOwner {
        /// The manifest's folder.
        folder: PathBuf,
    },
    /// What was typed cannot be a revision.
    #[error("`{revision}` cannot be a revision")]
    NotARevision {
        /// What was typed.
        revision: String,
    },
    /// No folder and no commit is called so.
    #[error("`{revision}` is no folder and no commit of this repository")]
    UnknownRevision {
        /// What was typed.
        revision: String,
    },
    /// A folder and a commit are called so.
    #[error("`{revision}` is a folder and a revision")]
    Ambiguous {
        /// What was typed.
        revision: String,
    },
    /// The commit may exist, but this clone does not have it.
    #[error("{}", not_fetched(.wanted, *.depth))]
    NotFetched {
        /// The revision or branch that is missing.
        wanted: String,
        /// Whether the clone is cut off.
        depth: Depth,
        /// Who made the clone, if that is known.
        system: Option<CiSystem>,
    },
    /// Two commits with no common ancestor.
    #[error("`HEAD` and `{other}` have no commit in common")]
    Unrelated {
        /// The other one.
        other: String,
    },
    /// The manifest could not be understood.
    #[error("the manifest at {revision} cannot be compared with: {reason}")]
    Faulty {
        /// The revision or folder.
        revision: String,
        /// The first error, with its place.
        reason: String,
    },
    /// Git says something else.
    #[error("git failed: {0}")]
    Git(String),
}

/// Whether a clone is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// It has all of its history.
    Full,
    /// It ends somewhere.
    Shallow,
}

fn not_fetched(wanted: &str, depth: Depth) -> String {
    match depth {
        Depth::Shallow => format!("this clone is shallow and does not reach the base, `{wanted}`"),
        Depth::Full => format!("the base, `{wanted}`, is not in this clone"),
    }
}

impl HistoryError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            HistoryError::NoGit => "no-git",
            HistoryError::NotARepository { .. } => "not-a-repository",
            HistoryError::OtherOwner { .. } => "repository-owner",
            HistoryError::NotARevision { .. } | HistoryError::UnknownRevision { .. } => {
                "unknown-revision"
            }
            HistoryError::Ambiguous { .. } => "ambiguous-base",
            HistoryError::NotFetched { .. } => "base-not-fetched",
            HistoryError::Unrelated { .. } => "unrelated-base",
            HistoryError::Faulty { .. } => "faulty-base",
            HistoryError::Git(_) => "git",
        }
    }

    /// What to do.
    pub fn help(&self) -> String {
        match self {
            HistoryError::NoGit => {
                "install git, name a folder with `--base FOLDER`, or go without: `--no-base`"
                    .to_owned()
            }
            HistoryError::NotARepository { .. } => {
                "name a folder with `--base FOLDER`, or go without: `--no-base`".to_owned()
            }
            HistoryError::OtherOwner { folder } => format!(
                "allow it with `git config --global --add safe.directory {}`, or `safe.directory '*'` in a container that is thrown away",
                folder.display()
            ),
            HistoryError::NotARevision { .. } | HistoryError::UnknownRevision { .. } => {
                "name a commit, a branch or a tag (`--base origin/main`), or a folder that is there (`--base ./before`)".to_owned()
            }
            HistoryError::Ambiguous { revision } => format!(
                "write `./{revision}` for the folder or `{revision}^0` for the revision"
            ),
            HistoryError::NotFetched {
                wanted,
                depth: _,
                system,
            } => match system {
                Some(system) => format!("{}; or go without: `--no-base`", system.fetch_depth()),
                None => format!(
                    "fetch it with `git fetch --unshallow` or `git fetch origin {}`; in a pipeline, set the depth: {}",
                    wanted.rsplit("origin/").next().unwrap_or(wanted),
                    every_depth()
                ),
            },
            HistoryError::Unrelated { .. } => {
                "name the base yourself with `--base REV`, or fetch the history between them"
                    .to_owned()
            }
            HistoryError::Faulty { .. } => {
                "name a base without errors with `--base REV`, or go without: `--no-base`"
                    .to_owned()
            }
            HistoryError::Git(_) => {
                "try the same with git itself, or go without: `--no-base`".to_owned()
            }
        }
    }
}

/// The setting of each system, for those who did not say which they use.
fn every_depth() -> String {
    let all: Vec<String> = CiSystem::ALL
        .iter()
        .map(|system| format!("{} {}", system.name(), system.depth_setting()))
        .collect();
    all.join(", ")
}
