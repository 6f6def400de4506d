//! The manifest as it was at another revision, includes and all. [I/O]
//!
//! A revision is read from git's objects and never from the work tree, through the same
//! [`Files`] as the disk: globs, links, limits and faults are those of `load`.
//!
//! **The `git` binary, not the `gix` crate.** Everybody with a base has a clone, and nearly
//! everybody with a clone has git. `gix` for revisions alone (0.90, features `revision` and
//! `sha1`) is 54 crates this program does not have yet, 52 seconds of release build on
//! two shared cores and a program of 4 MB by itself, for five questions that git answers; and
//! it would have to be taught what git already knows of
//! this machine: alternates, worktrees, partial clones, repositories of other users. The
//! price is a process for each question, and two for all files together (see `tree`).
//!
//! **Invariants.** The work tree and the index are not read, nothing is written and nothing
//! is fetched. A base that was understood only in part is an error: what it does not
//! mention would look new. A base without the manifest is empty: the manifest is new.

pub mod ci;
mod error;
mod git;
mod line;
mod tree;

use std::path::Path;
use std::sync::Arc;

use jiff::civil::Date;

pub use ci::{CiSystem, PullRequest};
pub use error::{Depth, HistoryError};
pub use git::{Commit, Introduced, Repository};
pub use line::Authored;
pub use tree::TreeFiles;

use super::decl::Manifest;
use super::fault::Severity;
use super::load::{DiskFiles, Files, Loaded, ROOT_FILE, load_from};

/// What to compare a manifest with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// What somebody typed: a revision, `REV...` for the merge-base with `HEAD`, a folder.
    Named(String),
    /// What a pull request starts from.
    PullRequest(PullRequest),
}

/// The manifest as it was.
#[derive(Debug)]
pub struct Base {
    /// What to call it: `abc1234`, or the folder.
    pub label: Arc<str>,
    /// The manifest; `None` if there was none.
    pub manifest: Option<Manifest>,
    /// The first of its errors with its place, if it had any and was understood all the same.
    pub error: Option<String>,
    past: Option<(Repository, Commit)>,
}

impl Base {
    /// The commit that brought a text into a file, if that is committed and can be told.
    pub fn introduced(&self, file: &str, text: &str) -> Option<Introduced> {
        let (repository, commit) = self.past.as_ref()?;
        repository.introduced(commit, file, text)
    }
}

/// Loads the manifest whose root file is `root` as it was at the base.
///
/// # Errors
/// When the base cannot be found or its manifest not be understood whole.
pub fn load(wanted: &Wanted, root: &Path, as_of: Date) -> Result<Base, HistoryError> {
    let folder = match root.parent() {
        Some(parent) if parent != Path::new("") => parent,
        Some(_) | None => Path::new("."),
    };
    let name = root
        .file_name()
        .map_or_else(|| ROOT_FILE.into(), |name| name.to_string_lossy());
    let (repository, commit) = match wanted {
        Wanted::Named(named) => match named_base(named, folder)? {
            Named::Folder => {
                let label = match named.trim_end_matches('/') {
                    "" => "/",
                    label => label,
                };
                let files = DiskFiles::new(Path::new(named));
                return understood(&files, &name, label, None, as_of);
            }
            Named::Commit(repository, commit) => (repository, commit),
        },
        Wanted::PullRequest(request) => {
            let repository = Repository::of(folder)?;
            let commit = start_of(request, &repository)?;
            (repository, commit)
        }
    };
    let files = TreeFiles::new(&repository, &commit)?;
    let label = commit.short().to_owned();
    if !files.has(&name) {
        return Ok(Base {
            label: label.into(),
            manifest: None,
            error: None,
            past: Some((repository, commit)),
        });
    }
    understood(&files, &name, &label, Some((repository, commit)), as_of)
}

fn understood(
    files: &dyn Files,
    name: &str,
    label: &str,
    past: Option<(Repository, Commit)>,
    as_of: Date,
) -> Result<Base, HistoryError> {
    let loaded = load_from(files, name).checked(as_of);
    let error = first_error(&loaded);
    match loaded.into_whole() {
        Some(manifest) => Ok(Base {
            label: label.into(),
            manifest: Some(manifest),
            error,
            past,
        }),
        None => Err(HistoryError::Faulty {
            revision: label.to_owned(),
            reason: error.unwrap_or_else(|| "nothing in it was understood".to_owned()),
        }),
    }
}

fn first_error(loaded: &Loaded) -> Option<String> {
    let fault = loaded
        .faults
        .iter()
        .find(|fault| fault.severity == Severity::Error)?;
    let place = loaded.sources.place(fault.primary.span);
    Some(format!("{} ({place})", fault.message))
}

enum Named {
    Folder,
    Commit(Repository, Commit),
}

/// A folder if it is written as one (`./before`, `/tmp/before`), else whatever of the two
/// there is. Both is an error, as it is to git: a guess could compare with the wrong thing
/// and find nothing.
fn named_base(named: &str, folder: &Path) -> Result<Named, HistoryError> {
    let unknown = || HistoryError::UnknownRevision {
        revision: named.to_owned(),
    };
    let is_folder = Path::new(named).is_dir();
    let written_as_path = named == "."
        || named == ".."
        || ["./", "../", "/"]
            .iter()
            .any(|start| named.starts_with(start))
        || named.ends_with('/')
        || Path::new(named).is_absolute();
    if written_as_path {
        return if is_folder {
            Ok(Named::Folder)
        } else {
            Err(unknown())
        };
    }
    let repository = match Repository::of(folder) {
        Ok(repository) => repository,
        Err(_) if is_folder => return Ok(Named::Folder),
        Err(error) => return Err(error),
    };
    let (revision, from_merge_base) = match named.strip_suffix("...") {
        Some(revision) => (revision, true),
        None => (named, false),
    };
    let commit = match repository.commit(revision) {
        Ok(commit) => commit,
        Err(_) if is_folder => None,
        Err(error) => return Err(error),
    };
    match (commit, is_folder) {
        (Some(_), true) => Err(HistoryError::Ambiguous {
            revision: named.to_owned(),
        }),
        (None, true) => Ok(Named::Folder),
        (Some(commit), false) if from_merge_base => {
            let commit = with_head(&repository, &commit, revision, None)?;
            Ok(Named::Commit(repository, commit))
        }
        (Some(commit), false) => Ok(Named::Commit(repository, commit)),
        (None, false) => Err(match repository.depth() {
            Depth::Shallow => HistoryError::NotFetched {
                wanted: named.to_owned(),
                depth: Depth::Shallow,
                system: None,
            },
            Depth::Full => unknown(),
        }),
    }
}

/// Where a pull request left its target branch.
fn start_of(request: &PullRequest, repository: &Repository) -> Result<Commit, HistoryError> {
    for revision in request.revisions() {
        // A branch of an impossible name is not here.
        if let Ok(Some(target)) = repository.commit(&revision) {
            return with_head(repository, &target, &revision, Some(request));
        }
    }
    Err(HistoryError::NotFetched {
        wanted: request.wanted(),
        depth: repository.depth(),
        system: Some(request.system),
    })
}

fn with_head(
    repository: &Repository,
    other: &Commit,
    name: &str,
    request: Option<&PullRequest>,
) -> Result<Commit, HistoryError> {
    let head = repository
        .commit("HEAD")?
        .ok_or_else(|| HistoryError::Git("there is no commit yet".to_owned()))?;
    if let Some(base) = repository.merge_base(&head, other)? {
        return Ok(base);
    }
    Err(match repository.depth() {
        Depth::Shallow => HistoryError::NotFetched {
            wanted: request.map_or_else(|| name.to_owned(), PullRequest::wanted),
            depth: Depth::Shallow,
            system: request.map(|request| request.system),
        },
        Depth::Full => HistoryError::Unrelated {
            other: name.to_owned(),
        },
    })
}
