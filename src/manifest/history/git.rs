//! Questions to the `git` binary.
//!
//! **Invariants.** Nothing a person or a pipeline writes reaches git where an option could
//! stand. Nothing is fetched: `validate` is offline, whatever the clone leaves at the
//! server. The work tree and the index are never looked at, but by [`Repository::blame`],
//! whose question is about the file as it lies there.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::error::{Depth, HistoryError};

/// A repository, seen from the manifest's folder.
#[derive(Debug, Clone)]
pub struct Repository {
    folder: PathBuf,
    /// The manifest's folder in the repository, with `/` at its end; empty at the root.
    prefix: String,
    depth: Depth,
}

/// A commit's full name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit(String);

impl Commit {
    /// The full name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as people see it.
    pub fn short(&self) -> &str {
        &self.0[..self.0.len().min(7)]
    }
}

/// Who made a change, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Introduced {
    /// The commit, short.
    pub commit: String,
    /// Its author's name.
    pub author: String,
    /// The day, `2026-11-24`.
    pub date: String,
}

impl std::fmt::Display for Introduced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} by {}, {}", self.commit, self.author, self.date)
    }
}

impl Repository {
    /// The repository a folder is in.
    ///
    /// # Errors
    /// When there is no git, no repository, or none that git trusts.
    pub fn of(folder: &Path) -> Result<Self, HistoryError> {
        let output = run(
            folder,
            ["rev-parse", "--is-shallow-repository", "--show-prefix"],
        )?;
        if !output.status.success() {
            let said = said(&output);
            return Err(if said.contains("dubious ownership") {
                HistoryError::OtherOwner {
                    folder: absolute(folder),
                }
            } else if said.contains("not a git repository") {
                HistoryError::NotARepository {
                    folder: absolute(folder),
                }
            } else {
                HistoryError::Git(said)
            });
        }
        let text = String::from_utf8(output.stdout).map_err(|_| {
            HistoryError::Git("the manifest's folder has a name that is not UTF-8".to_owned())
        })?;
        let (shallow, prefix) = text.split_once('\n').unwrap_or((&text, ""));
        Ok(Self {
            folder: folder.to_owned(),
            prefix: prefix.strip_suffix('\n').unwrap_or(prefix).to_owned(),
            depth: if shallow == "true" {
                Depth::Shallow
            } else {
                Depth::Full
            },
        })
    }

    /// Whether the clone is cut off.
    pub fn depth(&self) -> Depth {
        self.depth
    }

    /// The manifest's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The manifest's folder in the repository, with `/` at its end; empty at the root.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The address of the remote `origin`, as it is configured.
    pub fn origin(&self) -> Option<String> {
        let output = self.run(["config", "--get", "remote.origin.url"]).ok()?;
        line(&output)
    }

    /// The commit a revision names, if it names one that is here.
    ///
    /// # Errors
    /// When it cannot be a revision, or git fails.
    pub fn commit(&self, revision: &str) -> Result<Option<Commit>, HistoryError> {
        check(revision)?;
        let wanted = format!("{revision}^{{commit}}");
        let output = self.run(["rev-parse", "--verify", "--quiet", &wanted])?;
        Ok(line(&output)
            .filter(|name| name.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .map(Commit))
    }

    /// The last commit that two have in common.
    ///
    /// # Errors
    /// When there is none.
    pub fn merge_base(&self, one: &Commit, other: &Commit) -> Result<Option<Commit>, HistoryError> {
        let output = self.run(["merge-base", &one.0, &other.0])?;
        Ok(line(&output).map(Commit))
    }

    /// The newest commit after `base` that changed how often `text` stands in a file of the
    /// manifest's folder; `None` if the change is not committed.
    pub fn introduced(&self, base: &Commit, file: &str, text: &str) -> Option<Introduced> {
        let pickaxe = format!("-S{text}");
        let range = format!("{}..HEAD", base.0);
        let path = format!(":(top,literal){}{file}", self.prefix);
        let output = self
            .run([
                "log",
                "-1",
                "--no-color",
                "--no-show-signature",
                "--no-ext-diff",
                "--no-textconv",
                "--format=%h%x00%an%x00%as",
                &pickaxe,
                &range,
                "--",
                &path,
            ])
            .ok()?;
        let text = line(&output)?;
        let mut parts = text.split('\0').map(str::to_owned);
        Some(Introduced {
            commit: parts.next()?,
            author: parts.next()?,
            date: parts.next()?,
        })
    }

    /// Who wrote each of these lines of a file of the manifest's folder as it lies there; a
    /// line that is not committed, or older than a shallow clone, is not in the answer.
    /// Without lines, all of them. Changes of white space count for nothing, so a file that
    /// was laid out anew keeps its authors.
    pub fn blame(&self, file: &str, lines: Option<&BTreeSet<u32>>) -> BTreeMap<u32, Introduced> {
        let mut arguments = vec![
            "blame".to_owned(),
            "--porcelain".to_owned(),
            "-w".to_owned(),
        ];
        for line in lines.into_iter().flatten() {
            arguments.push(format!("-L{line},{line}"));
        }
        arguments.extend(["--".to_owned(), file.to_owned()]);
        match self.run(arguments.iter().map(String::as_str)) {
            Ok(output) if output.status.success() => {
                blamed(&String::from_utf8_lossy(&output.stdout), self.depth)
            }
            // A file that was never committed has no authors.
            Ok(_) | Err(_) => BTreeMap::new(),
        }
    }

    /// What the manifest's folder is at a commit, as git names trees.
    pub(super) fn tree(&self, commit: &Commit) -> String {
        format!("{}:{}", commit.0, self.prefix.trim_end_matches('/'))
    }

    /// Runs git to its end.
    pub(super) fn run<'a>(
        &self,
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> Result<Output, HistoryError> {
        run(&self.folder, arguments)
    }

    /// Git, ready to be started.
    pub(super) fn command(&self) -> Command {
        command(&self.folder)
    }
}

/// The answer of `git blame --porcelain`: each commit is described once, before its first line.
fn blamed(text: &str, depth: Depth) -> BTreeMap<u32, Introduced> {
    #[derive(Default, Clone)]
    struct Told {
        author: String,
        seconds: i64,
        offset: i64,
        is_boundary: bool,
    }
    let mut commits: HashMap<&str, Told> = HashMap::new();
    let mut lines = BTreeMap::new();
    let mut at: Option<(&str, u32)> = None;
    for line in text.lines() {
        let Some((commit, number)) = at else {
            let mut words = line.split(' ');
            let commit = words.next().unwrap_or_default();
            at = words
                .nth(1)
                .and_then(|number| Some((commit, number.parse().ok()?)));
            continue;
        };
        let told = commits.entry(commit).or_default();
        if line.starts_with('\t') {
            let uncommitted = commit.bytes().all(|byte| byte == b'0');
            let cut_off = told.is_boundary && depth == Depth::Shallow;
            let day = jiff::Timestamp::from_second(told.seconds + told.offset);
            if let (false, false, Ok(day)) = (uncommitted, cut_off, day) {
                let introduced = Introduced {
                    commit: commit.chars().take(7).collect(),
                    author: told.author.clone(),
                    date: jiff::tz::TimeZone::UTC.to_datetime(day).date().to_string(),
                };
                lines.insert(number, introduced);
            }
            at = None;
        } else if let Some(author) = line.strip_prefix("author ") {
            told.author = author.to_owned();
        } else if let Some(time) = line.strip_prefix("author-time ") {
            told.seconds = time.parse().unwrap_or_default();
        } else if let Some(zone) = line.strip_prefix("author-tz ") {
            let number: i64 = zone.parse().unwrap_or_default();
            told.offset = (number / 100) * 3600 + (number % 100) * 60;
        } else if line == "boundary" {
            told.is_boundary = true;
        }
    }
    lines
}

/// What cannot be a revision: an option, nothing, or something with the bytes of lists.
fn check(revision: &str) -> Result<(), HistoryError> {
    if revision.is_empty() || revision.starts_with('-') || revision.contains(['\0', '\n']) {
        return Err(HistoryError::NotARevision {
            revision: revision.to_owned(),
        });
    }
    Ok(())
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(folder)
        // A hook's variables point at the repository of the hook, from its folder.
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
        .env_remove("GIT_PREFIX")
        .env("LC_ALL", "C")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null());
    command
}

fn run<'a>(
    folder: &Path,
    arguments: impl IntoIterator<Item = &'a str>,
) -> Result<Output, HistoryError> {
    command(folder)
        .args(arguments.into_iter().map(OsStr::new))
        .output()
        .map_err(|error| no_git(&error))
}

pub(super) fn no_git(error: &std::io::Error) -> HistoryError {
    match error.kind() {
        ErrorKind::NotFound => HistoryError::NoGit,
        _ => HistoryError::Git(error.to_string()),
    }
}

/// What git complained of, in one line.
pub(super) fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find(|line| !line.trim().is_empty());
    let line = line.unwrap_or("it gave no reason").trim();
    line.strip_prefix("fatal: ").unwrap_or(line).to_owned()
}

/// The only line of an answer.
fn line(output: &Output) -> Option<String> {
    let text = std::str::from_utf8(&output.stdout).ok()?;
    let text = text.trim_end_matches(['\r', '\n']);
    (output.status.success() && !text.is_empty()).then(|| text.to_owned())
}

fn absolute(folder: &Path) -> PathBuf {
    std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned())
}
