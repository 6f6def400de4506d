//! The journals of probes, `.scim-sync/probes/RUN.jsonl` beside the manifest.
//!
//! A journal is there as long as something its run made may be. After it the run is a line of
//! `.scim-sync/probes/ended`: who asks to have it taken away is told that it is gone.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::super::state;
use super::super::trouble::Trouble;
use crate::probe::journal::{Journal, JournalError, Sink};
use crate::probe::namespace::Namespace;

/// A journal, and the file it is in.
pub(super) struct Kept {
    pub(super) journal: Journal,
    path: PathBuf,
}

/// A file that has each line on the disk before its request is sent: it outlives a killed
/// process and a machine that lost its power.
struct Lines(File);

impl Sink for Lines {
    fn append(&mut self, line: &str) -> io::Result<()> {
        self.0.write_all(line.as_bytes())?;
        self.0.sync_data()
    }
}

fn folder(project: &Path) -> io::Result<PathBuf> {
    let folder = state::folder(project)?.join("probes");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

impl Kept {
    /// Begins the journal of a run.
    pub(super) fn begin(project: &Path, names: Namespace, target: &str) -> Result<Self, Trouble> {
        let cannot = |error| Trouble::file("write the journal in", project, &error);
        let folder = folder(project).map_err(cannot)?;
        let path = folder.join(format!("{}.jsonl", names.run()));
        let cannot = |error| Trouble::file("write the journal", &path, &error);
        let mut options = OpenOptions::new();
        options.append(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let file = options.open(&path).map_err(cannot)?;
        // That there is a file must be on the disk as well.
        #[cfg(unix)]
        File::open(&folder)
            .and_then(|folder| folder.sync_all())
            .map_err(cannot)?;
        let journal = Journal::begin(Box::new(Lines(file)), names, target).map_err(cannot)?;
        Ok(Self { journal, path })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the file, if nothing its run made can be there any more, and notes that the run
    /// has ended.
    pub(super) fn close(self) -> Result<(), Trouble> {
        if !self.journal.is_settled() {
            return Ok(());
        }
        let note = self.path.with_file_name(ENDED);
        let line = format!("{} {}\n", self.journal.names().run(), self.journal.target());
        OpenOptions::new()
            .append(true)
            .create(true)
            .open(&note)
            .and_then(|mut file| file.write_all(line.as_bytes()))
            .map_err(|error| Trouble::file("write", &note, &error))?;
        std::fs::remove_file(&self.path)
            .map_err(|error| Trouble::file("remove", &self.path, &error))
    }
}

/// The runs that have ended and left nothing, each with its target.
const ENDED: &str = "ended";

/// The runs of this folder of which everything is gone, each with the target it was at.
pub(super) fn ended(project: &Path) -> Result<BTreeMap<String, String>, Trouble> {
    let path = state::folder_name(project).join("probes").join(ENDED);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Trouble::file("read", &path, &error)),
    };
    let runs = text.lines().filter_map(|line| line.split_once(' '));
    Ok(runs
        .map(|(run, target)| (run.to_owned(), target.to_owned()))
        .collect())
}

/// The journals that earlier runs left, oldest name first.
pub(super) fn earlier(project: &Path) -> Result<Vec<Kept>, Trouble> {
    let folder = state::folder_name(project).join("probes");
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Trouble::file("read", &folder, &error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry
            .map_err(|error| Trouble::file("read", &folder, &error))?
            .path();
        if path.extension().is_some_and(|it| it == "jsonl") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut kept = Vec::new();
    for path in paths {
        let cannot = |error| Trouble::file("read the journal", &path, &error);
        let text = std::fs::read_to_string(&path).map_err(cannot)?;
        let file = OpenOptions::new()
            .append(true)
            .open(&path)
            .map_err(cannot)?;
        // A line that was cut short must not be the beginning of the next one.
        let whole = text.rfind('\n').map_or(0, |at| at + 1);
        file.set_len(whole as u64).map_err(cannot)?;
        match Journal::resume(&text, Box::new(Lines(file))) {
            Ok(journal) => kept.push(Kept { journal, path }),
            // Nothing was sent before its first line was there.
            Err(JournalError::Empty) => std::fs::remove_file(&path).map_err(cannot)?,
            Err(error) => {
                return Err(Trouble::new(
                    "probe-journal",
                    format!("`{}` cannot be used: {error}", path.display()),
                    "look at the provider for users and groups with the name in the file, remove \
                     them, then remove the file",
                ));
            }
        }
    }
    Ok(kept)
}
