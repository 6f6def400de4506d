//! The one file a sandbox is kept in.
//!
//! **Invariants.** A file that cannot be read as a state is never written over. A reader
//! sees the old state or the new one, never half of one. Nobody but the owner reads it.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::world::{StateError, World};

/// A state file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateFile {
    path: PathBuf,
}

/// Why a state file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateFileError {
    /// It cannot be read.
    #[error("cannot read the sandbox state `{path}`: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It cannot be written.
    #[error("cannot write the sandbox state `{path}`: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Its content is no state; it was left as it is.
    #[error("`{path}` was left untouched: {source}; move it away or run `scim-sync sandbox reset`")]
    Content {
        /// The file.
        path: PathBuf,
        /// Why.
        source: StateError,
    },
}

impl StateFile {
    /// The file at this path, which need not exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The state in it; `None` when there is no file yet.
    ///
    /// # Errors
    /// When it cannot be read or is no state.
    pub fn load(&self) -> Result<Option<World>, StateFileError> {
        let json = match fs::read(&self.path) {
            Ok(json) => json,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                return Err(StateFileError::Read {
                    path: self.path.clone(),
                    source,
                });
            }
        };
        match World::from_json(&json) {
            Ok(world) => Ok(Some(world)),
            Err(source) => Err(StateFileError::Content {
                path: self.path.clone(),
                source,
            }),
        }
    }

    /// Replaces the state, making the folder if there is none.
    ///
    /// # Errors
    /// When it cannot be written; the old state is then still there.
    pub fn save(&self, json: &[u8]) -> Result<(), StateFileError> {
        self.replace(json).map_err(|source| StateFileError::Write {
            path: self.path.clone(),
            source,
        })
    }

    fn replace(&self, json: &[u8]) -> io::Result<()> {
        let folder = match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            Some(_) | None => Path::new("."),
        };
        fs::create_dir_all(folder)?;
        // Created with mode 0600, in the same folder so that renaming is atomic.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(json)?;
        file.as_file().sync_all()?;
        file.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }
}
