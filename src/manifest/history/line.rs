//! Who wrote a line of the manifest, and who last changed how often a name stands in it.

use std::io::Write as _;
use std::process::Stdio;

use super::git::Repository;

/// A commit, as a letter names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authored {
    /// Its full name.
    pub commit: String,
    /// Its author's name.
    pub author: String,
    /// The author's day, `2026-11-24`.
    pub date: String,
    /// The first line of its message.
    pub subject: String,
}

impl Authored {
    /// The commit's name as people see it.
    pub fn short(&self) -> &str {
        self.commit.get(..7).unwrap_or(&self.commit)
    }
}

/// How one commit is asked to be shown.
const FORMAT: &str = "--format=%H%x00%an%x00%as%x00%s";

impl Repository {
    /// The commit that wrote a line of a file whose text is given; `None` if it is not
    /// committed as it stands, or git cannot tell. `line` counts from 1.
    pub fn wrote(&self, file: &str, text: &str, line: usize) -> Option<Authored> {
        let range = format!("{line},{line}");
        let mut child = self
            .command()
            .args([
                "blame",
                "--porcelain",
                "-L",
                &range,
                "--contents",
                "-",
                "--",
            ])
            .arg(file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut into = child.stdin.take()?;
        let text = text.to_owned();
        let writing = std::thread::spawn(move || into.write_all(text.as_bytes()));
        let output = child.wait_with_output().ok()?;
        // Git that knows no such file ends before it has read all.
        let _cut_short = writing.join().ok()?;
        let shown = String::from_utf8(output.stdout).ok()?;
        let commit = shown.split_whitespace().next()?;
        let committed = output.status.success() && !commit.bytes().all(|byte| byte == b'0');
        if !committed {
            return None;
        }
        self.authored(&["show", "-s", commit])
    }

    /// The newest commit up to `HEAD` that changed how often a text stands in the files of
    /// the manifest's folder.
    pub fn last_changed(&self, text: &str) -> Option<Authored> {
        let pickaxe = format!("-S{text}");
        self.authored(&["log", "-1", &pickaxe, "HEAD", "--", "."])
    }

    /// The newest commit after `base` that changed how often a text stands in a file.
    pub fn changed_since(&self, base: &str, file: &str, text: &str) -> Option<Authored> {
        let pickaxe = format!("-S{text}");
        let range = format!("{base}..HEAD");
        self.authored(&["log", "-1", &pickaxe, &range, "--", file])
    }

    fn authored(&self, asked: &[&str]) -> Option<Authored> {
        let (verb, rest) = asked.split_first()?;
        let fixed = [
            "--no-color",
            "--no-show-signature",
            "--no-ext-diff",
            "--no-textconv",
            FORMAT,
        ];
        let arguments = std::iter::once(*verb)
            .chain(fixed)
            .chain(rest.iter().copied());
        let output = self
            .run(arguments)
            .ok()
            .filter(|output| output.status.success())?;
        let text = String::from_utf8(output.stdout).ok()?;
        let mut parts = text
            .trim_end_matches('\n')
            .splitn(4, '\0')
            .map(str::to_owned);
        Some(Authored {
            commit: parts.next().filter(|commit| !commit.is_empty())?,
            author: parts.next()?,
            date: parts.next()?,
            subject: parts.next()?,
        })
    }
}
