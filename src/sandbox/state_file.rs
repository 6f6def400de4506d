//! The one file a sandbox is kept in.
//!
//! **Invariants.** A file that cannot be read as a state is never written over. A reader
//! sees the old state or the new one, never half of one. Nobody but the owner reads it.
//! Whoever serves it holds it: another that would write to it is refused.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use super::world::{Personality, StateError, World};

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
    /// It is a state of another kind of provider than was asked for.
    #[error("`{path}` holds {}, not {}", .found.title(), .wanted.title())]
    Personality {
        /// The file.
        path: PathBuf,
        /// Whose state it is.
        found: Personality,
        /// Whose was wanted.
        wanted: Personality,
    },
    /// Another sandbox writes to it.
    #[error("the sandbox state `{path}` is in use{}", by(.holder))]
    Held {
        /// The file.
        path: PathBuf,
        /// Who has it, as that process wrote it; empty if it could not be read.
        holder: String,
    },
}

impl StateFileError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            StateFileError::Read { .. } | StateFileError::Write { .. } => {
                "check the path and its permissions"
            }
            StateFileError::Content { .. } => "a state is written by this program only",
            StateFileError::Personality { .. } => {
                "name another state file; or empty this one with `scim-sync sandbox reset`, or by \
                 removing it"
            }
            StateFileError::Held { .. } => {
                "end that process, or name another state file; what a process holds is let go of \
                 when it ends, however it ends"
            }
        }
    }
}

fn by(holder: &str) -> String {
    match holder {
        "" => String::new(),
        holder => format!(" by {holder}"),
    }
}

/// A state file is held as long as this is there. The operating system lets go of it when the
/// process ends, however it ends.
#[derive(Debug)]
#[must_use = "the file is let go of when this is dropped"]
pub struct Held {
    _lock: File,
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

    /// Holds the file, so that nobody else writes to it.
    ///
    /// The state is replaced by renaming, so what is locked is a file beside it, which stays:
    /// removing it would let go of what somebody else holds.
    ///
    /// # Errors
    /// When somebody else holds it, or a lock cannot be had.
    pub fn hold(&self) -> Result<Held, StateFileError> {
        let cannot = |source| StateFileError::Write {
            path: self.path.clone(),
            source,
        };
        fs::create_dir_all(self.folder()).map_err(cannot)?;
        let mut name = OsString::from(&self.path);
        name.push(".lock");
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(name)
            .map_err(cannot)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::Error(error)) => return Err(cannot(error)),
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Who holds it is a help, not a condition.
                let _ = lock.read_to_string(&mut holder);
                return Err(StateFileError::Held {
                    path: self.path.clone(),
                    holder: holder.trim().to_owned(),
                });
            }
        }
        let holder = format!(
            "process {} since {}\n",
            std::process::id(),
            jiff::Timestamp::now()
        );
        lock.set_len(0)
            .and_then(|()| lock.rewind())
            .and_then(|()| lock.write_all(holder.as_bytes()))
            .map_err(cannot)?;
        Ok(Held { _lock: lock })
    }

    /// The folder it is in.
    fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            Some(_) | None => Path::new("."),
        }
    }

    /// The state in it, which must be of this kind of provider if one is named.
    ///
    /// # Errors
    /// As [`StateFile::load`], and when it is of another kind.
    pub fn load_as(&self, wanted: Option<Personality>) -> Result<Option<World>, StateFileError> {
        let world = self.load()?;
        if let (Some(world), Some(wanted)) = (&world, wanted)
            && world.settings().personality != wanted
        {
            return Err(StateFileError::Personality {
                path: self.path.clone(),
                found: world.settings().personality,
                wanted,
            });
        }
        Ok(world)
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
        let folder = self.folder();
        fs::create_dir_all(folder)?;
        // Created with mode 0600, in the same folder so that renaming is atomic.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(json)?;
        file.as_file().sync_all()?;
        file.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }
}
