//! The disk as [`Files`], and the search for the root file. [I/O]
//!
//! **Invariants.** Every path is resolved before it is read, and refused if that leads out
//! of the manifest's folder. Nothing but a regular file is ever opened, so a pipe cannot
//! hang the tool.

use std::fs;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::ROOT_FILE;
use super::include::{FileProblem, Files, Listed, ListedKind};
use crate::manifest::tree::MAX_FILE_BYTES;

/// The most files a listing walks over before it gives up.
const MAX_LISTED: usize = 200_000;

/// No manifest was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotFound {
    /// The folders that were searched, nearest first.
    pub tried: Vec<PathBuf>,
    /// A file that may have been meant: `scim-sync.yml`.
    pub similar: Option<PathBuf>,
}

impl std::fmt::Display for NotFound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no `{ROOT_FILE}` in")?;
        for (index, folder) in self.tried.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma} `{}`", folder.display())?;
        }
        Ok(())
    }
}

impl std::error::Error for NotFound {}

impl NotFound {
    /// What to do.
    pub fn help(&self) -> String {
        match &self.similar {
            Some(similar) => format!("rename `{}` to `{ROOT_FILE}`", similar.display()),
            None => "run `scim-sync init` to make one, or name one with `-f FILE`".to_owned(),
        }
    }
}

/// Finds the root file in a folder or the nearest folder above it.
pub fn find(start: &Path) -> Result<PathBuf, NotFound> {
    let absolute = std::path::absolute(start).unwrap_or_else(|_| start.to_owned());
    let mut tried = Vec::new();
    let mut similar = None;
    for folder in absolute.ancestors() {
        let candidate = folder.join(ROOT_FILE);
        if candidate.is_file() {
            return Ok(candidate);
        }
        let other = candidate.with_extension("yml");
        if similar.is_none() && other.is_file() {
            similar = Some(other);
        }
        tried.push(folder.to_owned());
    }
    Err(NotFound { tried, similar })
}

/// The files below a folder of the disk.
#[derive(Debug)]
pub struct DiskFiles {
    folder: PathBuf,
    /// The folder with all links resolved; `None` if it does not exist.
    real: Option<PathBuf>,
}

impl DiskFiles {
    /// The files below `folder`.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            real: fs::canonicalize(folder).ok(),
        }
    }

    /// The real path of a name, if it is inside the folder.
    fn resolve(&self, path: &Path) -> Result<PathBuf, FileProblem> {
        let real = fs::canonicalize(path).map_err(|error| problem(&error))?;
        match &self.real {
            Some(root) if real.starts_with(root) => Ok(real),
            Some(_) => Err(FileProblem::Outside),
            None => Err(FileProblem::Missing),
        }
    }

    fn name(&self, base: &Path, path: &Path) -> Option<String> {
        let relative = path.strip_prefix(base).ok()?;
        let parts: Option<Vec<&str>> = relative
            .components()
            .map(|part| part.as_os_str().to_str())
            .collect();
        Some(parts?.join("/"))
    }

    /// What a link is.
    fn link(&self, path: &Path) -> ListedKind {
        match self.resolve(path) {
            Err(FileProblem::Outside) => ListedKind::Outside,
            Err(
                FileProblem::Missing
                | FileProblem::NotRegular
                | FileProblem::TooLarge(_)
                | FileProblem::System(_),
            ) => ListedKind::Special,
            Ok(real) => {
                let name = self.real.as_deref().and_then(|root| self.name(root, &real));
                match name {
                    Some(name) if real.is_file() => ListedKind::LinkTo(name),
                    Some(_) | None => ListedKind::Special,
                }
            }
        }
    }
}

fn problem(error: &std::io::Error) -> FileProblem {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => FileProblem::Missing,
        _ => FileProblem::System(error.to_string()),
    }
}

impl Files for DiskFiles {
    fn list(&self, folder: &str, depth: Option<usize>) -> Result<Vec<Listed>, FileProblem> {
        let start = self.folder.join(folder);
        self.resolve(&start)?;
        let walk = WalkDir::new(&start)
            .max_depth(depth.unwrap_or(64))
            .into_iter()
            .filter_entry(|entry| {
                let bookkeeping = [".git", ".scim-sync"];
                entry.depth() == 0
                    || !bookkeeping
                        .iter()
                        .any(|name| entry.file_name() == std::ffi::OsStr::new(name))
            });
        let mut listed = Vec::new();
        for entry in walk {
            // A folder that may not be read hides what it holds: say so.
            let entry = entry.map_err(|error| match error.io_error() {
                Some(io) => problem(io),
                None => FileProblem::System(error.to_string()),
            })?;
            let kind = if entry.file_type().is_dir() {
                continue;
            } else if entry.file_type().is_file() {
                ListedKind::Regular
            } else if entry.path_is_symlink() {
                self.link(entry.path())
            } else {
                ListedKind::Special
            };
            // A name that is not UTF-8 cannot be written in a glob either.
            if let Some(name) = self.name(&self.folder, entry.path()) {
                listed.push(Listed { name, kind });
            }
            if listed.len() > MAX_LISTED {
                return Err(FileProblem::System(format!(
                    "more than {MAX_LISTED} files are there; name a folder of its own"
                )));
            }
        }
        Ok(listed)
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, FileProblem> {
        let path = self.resolve(&self.folder.join(name))?;
        let metadata = fs::metadata(&path).map_err(|error| problem(&error))?;
        if !metadata.is_file() {
            return Err(FileProblem::NotRegular);
        }
        if metadata.len() > MAX_FILE_BYTES as u64 {
            return Err(FileProblem::TooLarge(metadata.len()));
        }
        let file = fs::File::open(&path).map_err(|error| problem(&error))?;
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
        // The file may grow while it is read: one byte more than allowed is enough to see it.
        file.take(MAX_FILE_BYTES as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| problem(&error))?;
        Ok(bytes)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}
