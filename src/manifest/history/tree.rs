//! A commit's tree as [`Files`]: what an include finds in it, and what it says.
//!
//! Two processes serve any number of files: `git ls-tree -r -z` lists the folder once, and
//! one `git cat-file --batch` gives contents by object name, so that no file's name is ever
//! an argument.
//!
//! **Invariants.** Names are those of the tree, byte for byte; one that is not UTF-8 cannot
//! be written in a glob and is left out, as on disk. A link is followed only inside the
//! manifest's folder. Submodules are not looked into.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::{Mutex, PoisonError};

use super::error::HistoryError;
use super::git::{Commit, Repository, no_git, said};
use crate::manifest::load::{FileProblem, Files, Listed, ListedKind};
use crate::manifest::tree::MAX_FILE_BYTES;

/// The most files of a folder that are looked at.
const MAX_LISTED: usize = 200_000;
/// The most links that are followed for one name.
const MAX_LINKS: usize = 40;
/// The longest target of a link.
const MAX_LINK_BYTES: usize = 4096;

/// The files of the manifest's folder at a commit.
#[derive(Debug)]
pub struct TreeFiles {
    label: String,
    entries: BTreeMap<String, Entry>,
    contents: Mutex<Contents>,
}

#[derive(Debug, Clone)]
struct Entry {
    object: String,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Regular,
    Link,
}

/// Where a name leads.
enum Place {
    File(String),
    Outside,
    Nowhere,
}

impl TreeFiles {
    /// Lists the manifest's folder at a commit; empty if there is no such folder.
    ///
    /// # Errors
    /// When git cannot be run, or its answer is not understood.
    pub fn new(repository: &Repository, commit: &Commit) -> Result<Self, HistoryError> {
        let tree = repository.tree(commit);
        // Asked first, because a folder that is not there yet is no failure.
        let there = repository.run(["rev-parse", "--verify", "--quiet", &tree])?;
        let mut entries = BTreeMap::new();
        if there.status.success() {
            let name = String::from_utf8_lossy(&there.stdout).trim().to_owned();
            let listed = repository.run(["ls-tree", "-r", "-z", "--full-tree", &name])?;
            if !listed.status.success() {
                return Err(HistoryError::Git(said(&listed)));
            }
            for line in listed.stdout.split(|byte| *byte == 0) {
                if let Some((name, entry)) = parse(line) {
                    entries.insert(name, entry);
                }
                if entries.len() > MAX_LISTED {
                    return Err(HistoryError::Git(format!(
                        "more than {MAX_LISTED} files are in the manifest's folder; give it one of its own"
                    )));
                }
            }
        }
        Ok(Self {
            label: commit.short().to_owned(),
            entries,
            contents: Mutex::new(Contents::start(repository)?),
        })
    }

    /// Whether a file of this name was there.
    pub fn has(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    fn object(&self, object: &str, most: usize) -> Result<Vec<u8>, FileProblem> {
        let mut contents = self.contents.lock().unwrap_or_else(PoisonError::into_inner);
        contents.read(object, most)
    }

    /// Follows links, folder by folder, and never out of the manifest's folder.
    fn resolve(&self, name: &str) -> Result<Place, FileProblem> {
        let mut left: Vec<String> = name.rsplit('/').map(str::to_owned).collect();
        let mut at: Vec<String> = Vec::new();
        let mut links = 0;
        while let Some(part) = left.pop() {
            match part.as_str() {
                "" | "." => continue,
                ".." => {
                    if at.pop().is_none() {
                        return Ok(Place::Outside);
                    }
                    continue;
                }
                name => at.push(name.to_owned()),
            }
            let path = at.join("/");
            let Some(entry) = self.entries.get(&path) else {
                continue; // a folder, or nothing: the last part decides
            };
            match entry.kind {
                Kind::Regular if left.is_empty() => return Ok(Place::File(path)),
                Kind::Regular => return Ok(Place::Nowhere),
                Kind::Link => {
                    links += 1;
                    if links > MAX_LINKS {
                        return Ok(Place::Nowhere);
                    }
                    let target = self.object(&entry.object, MAX_LINK_BYTES)?;
                    let Ok(target) = String::from_utf8(target) else {
                        return Ok(Place::Nowhere);
                    };
                    if target.starts_with('/') {
                        return Ok(Place::Outside);
                    }
                    at.pop();
                    left.extend(target.rsplit('/').map(str::to_owned));
                }
            }
        }
        Ok(Place::Nowhere)
    }
}

/// `100644 blob <object>\t<name>`; a submodule, or a name no glob can spell, is left out.
fn parse(line: &[u8]) -> Option<(String, Entry)> {
    let tab = line.iter().position(|byte| *byte == b'\t')?;
    let (head, name) = (&line[..tab], &line[tab + 1..]);
    let name = std::str::from_utf8(name).ok()?.to_owned();
    let mut parts = std::str::from_utf8(head).ok()?.split(' ');
    let (mode, kind, object) = (parts.next()?, parts.next()?, parts.next()?);
    if kind != "blob" || name.split('/').any(|part| part == ".scim-sync") {
        return None;
    }
    let kind = if mode == "120000" {
        Kind::Link
    } else {
        Kind::Regular
    };
    let object = object.to_owned();
    Some((name, Entry { object, kind }))
}

impl Files for TreeFiles {
    fn list(&self, folder: &str, depth: Option<usize>) -> Result<Vec<Listed>, FileProblem> {
        let start = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        let mut listed = Vec::new();
        for (name, entry) in self.entries.range(start.clone()..) {
            let Some(rest) = name.strip_prefix(&start) else {
                break;
            };
            if depth.is_some_and(|depth| rest.split('/').count() > depth) {
                continue;
            }
            let kind = match entry.kind {
                Kind::Regular => ListedKind::Regular,
                Kind::Link => match self.resolve(name)? {
                    Place::File(real) => ListedKind::LinkTo(real),
                    Place::Outside => ListedKind::Outside,
                    Place::Nowhere => ListedKind::Special,
                },
            };
            listed.push(Listed {
                name: name.clone(),
                kind,
            });
        }
        Ok(listed)
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, FileProblem> {
        match self.resolve(name)? {
            Place::Outside => Err(FileProblem::Outside),
            Place::Nowhere => Err(FileProblem::Missing),
            Place::File(real) => match self.entries.get(&real) {
                Some(entry) => self.object(&entry.object, MAX_FILE_BYTES),
                None => Err(FileProblem::Missing),
            },
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        format!("{name}@{}", self.label).into()
    }
}

/// `git cat-file --batch`, asked for one object after the other.
#[derive(Debug)]
struct Contents {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Contents {
    fn start(repository: &Repository) -> Result<Self, HistoryError> {
        let mut child = repository
            .command()
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| no_git(&error))?;
        let piped = "a piped stream of a started process is there once";
        let questions = child.stdin.take().expect(piped);
        let answers = BufReader::new(child.stdout.take().expect(piped));
        Ok(Self {
            child,
            questions: Some(questions),
            answers,
        })
    }

    /// The contents of an object of at most so many bytes.
    fn read(&mut self, object: &str, most: usize) -> Result<Vec<u8>, FileProblem> {
        let ended = |error: std::io::Error| FileProblem::System(format!("git ended: {error}"));
        let Some(questions) = &mut self.questions else {
            return Err(FileProblem::System("git has ended".to_owned()));
        };
        writeln!(questions, "{object}")
            .and_then(|()| questions.flush())
            .map_err(ended)?;
        let mut head = String::new();
        self.answers.read_line(&mut head).map_err(ended)?;
        // `<object> blob <size>`, or `<object> missing` where a partial clone left it out.
        let size = head.trim_end().split(' ').nth(2);
        let Some(size) = size.and_then(|size| size.parse::<u64>().ok()) else {
            return Err(FileProblem::System(
                "its contents are not in this clone; clone without `--filter`".to_owned(),
            ));
        };
        let mut body = self.answers.by_ref().take(size + 1);
        if size > most as u64 {
            std::io::copy(&mut body, &mut std::io::sink()).map_err(ended)?;
            return Err(FileProblem::TooLarge(size));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
        body.read_to_end(&mut bytes).map_err(ended)?;
        if bytes.pop() != Some(b'\n') {
            return Err(FileProblem::System("git ended in the middle".to_owned()));
        }
        Ok(bytes)
    }
}

impl Drop for Contents {
    fn drop(&mut self) {
        // Git ends when nobody can ask any more; waiting leaves no process behind.
        drop(self.questions.take());
        let _ = self.child.wait();
    }
}
