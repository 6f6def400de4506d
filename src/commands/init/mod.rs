//! `scim-sync init`: a repository that works. Overwrites nothing.

mod files;

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use self::files::{FileKind, NewFile};
use super::Terminal;
use super::project::Failure;
use super::trouble::Trouble;
use crate::cli::InitArgs;
use crate::exit::Exit;
use crate::render::style::count;

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    /// It is new.
    Created,
    /// It was there, and is as it was.
    Kept,
}

pub(super) fn run(args: &InitArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let mut list = String::new();
    let mut created = 0;
    let mut kept = Vec::new();
    let mut root = None;
    for file in files::files(args) {
        if file.kind == FileKind::Example && root == Some(Made::Kept) {
            continue;
        }
        let made = make(&args.dir, &file)?;
        root.get_or_insert(made);
        let word = match made {
            Made::Created => {
                created += 1;
                "created"
            }
            Made::Kept => {
                kept.push(file.name);
                "kept   "
            }
        };
        list.push_str(&format!("{word}  {}\n", file.name));
    }
    terminal.print(&list)?;
    terminal.status(&format!(
        "{} created, {} already there and left as it was",
        count(created, "file", "files"),
        kept.len()
    ));
    if kept.contains(&".gitignore") {
        terminal.status("check that .gitignore has the line `.scim-sync/`");
    }
    terminal.status(
        "next: `scim-sync plan`, which needs no account; \
         `git config core.hooksPath .githooks` enables the checks before each commit",
    );
    Ok(Exit::Success)
}

/// Makes a file, unless anything has its name already, be it a dangling link.
fn make(folder: &Path, file: &NewFile) -> Result<Made, Trouble> {
    let path = folder.join(file.name);
    let trouble = |error: std::io::Error| Trouble::file("create", &path, &error);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(trouble)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if file.kind == FileKind::Program {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o755);
    }
    match options.open(&path) {
        Ok(mut new) => {
            new.write_all(file.text.as_bytes()).map_err(trouble)?;
            Ok(Made::Created)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(Made::Kept),
        Err(error) => Err(trouble(error)),
    }
}
