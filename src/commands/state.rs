//! `.scim-sync/` beside the manifest: the lock of a run, and the reports of past ones.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use super::project::Project;
use super::trouble::Trouble;
use crate::apply::report::Sink;

/// The folder's name.
const FOLDER: &str = ".scim-sync";

/// Where the folder is, or would be.
pub(crate) fn folder_name(project: &Path) -> PathBuf {
    project.join(FOLDER)
}

/// The folder, made if there is none, with personal data kept out of git.
pub(crate) fn folder(project: &Path) -> io::Result<PathBuf> {
    let folder = folder_name(project);
    std::fs::create_dir_all(&folder)?;
    let ignore = folder.join(".gitignore");
    if !ignore.exists() {
        std::fs::write(ignore, "# personal data: not for git\n*\n")?;
    }
    Ok(folder)
}

/// Held while an apply runs. The operating system lets go of it when the process ends,
/// however it ends, so that a lock is never left behind.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of a manifest's folder.
    ///
    /// # Errors
    /// When another apply holds it; the message says which process and since when.
    pub(crate) fn take(project: &Path) -> Result<Self, Trouble> {
        let cannot = |error: io::Error| Trouble::file("lock", &project.join(FOLDER), &error);
        let path = folder(project).map_err(cannot)?.join("apply.lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(cannot)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::Error(error)) => return Err(cannot(error)),
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Who holds it is a help, not a condition.
                let _ = file.read_to_string(&mut holder);
                return Err(Trouble::new(
                    "locked",
                    format!(
                        "another apply is running on this manifest: {}",
                        holder.trim()
                    ),
                    "wait until it has ended; a lock whose process is gone lets go by itself",
                ));
            }
        }
        let holder = format!(
            "process {} since {}\n",
            std::process::id(),
            jiff::Timestamp::now()
        );
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(holder.as_bytes()))
            .map_err(cannot)?;
        Ok(Self { _file: file })
    }
}

/// Where the reports of runs are kept.
pub(crate) fn runs(project: &Project) -> PathBuf {
    match &project.manifest.reports {
        Some(named) => project.folder.join(&named.value),
        None => project.folder.join(FOLDER).join("runs"),
    }
}

/// Where a run's report goes if nobody says otherwise.
pub(crate) fn report_path(project: &Project) -> Result<PathBuf, Trouble> {
    let runs = runs(project);
    let cannot = |error: io::Error| Trouble::file("make", &runs, &error);
    folder(&project.folder).map_err(cannot)?;
    std::fs::create_dir_all(&runs).map_err(cannot)?;
    let time = jiff::Timestamp::now().to_string().replace([':', '-'], "");
    // Several targets may begin at one time.
    let name = match &project.manifest.name {
        Some(name) => format!("-{name}"),
        None => String::new(),
    };
    Ok(runs.join(format!("{time}-{}{name}.jsonl", std::process::id())))
}

/// A report's file: each line is in the operating system's hands before its request goes
/// out, so that it outlives a killed process.
pub(crate) struct ReportFile(File);

impl ReportFile {
    /// Makes the file; it must not exist, since a report is never written over.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        options.open(path).map(Self)
    }
}

impl Sink for ReportFile {
    fn append(&mut self, line: &str) -> io::Result<()> {
        self.0.write_all(line.as_bytes())
    }
}

/// The commit the manifest's folder is at, if git can tell.
pub(crate) fn commit(project: &Path) -> Option<String> {
    let output = std::process::Command::new("git")
        .args(["rev-parse", "--verify", "HEAD"])
        .current_dir(project)
        .stdin(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (output.status.success() && !text.is_empty()).then(|| text.to_owned())
}

/// Who runs this, as pipelines and shells tell.
pub(crate) fn operator() -> Option<String> {
    [
        "GITHUB_ACTOR",
        "GITLAB_USER_LOGIN",
        "BITBUCKET_STEP_TRIGGERER_UUID",
        "BUILD_REQUESTEDFOREMAIL",
        "DRONE_COMMIT_AUTHOR",
        "USER",
        "LOGNAME",
    ]
    .into_iter()
    .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
}
