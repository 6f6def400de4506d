//! `scim-sync import`: manifests from what exists.

mod live;
mod onelogin;

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use super::Terminal;
use super::project::{self, Failure, Project};
use super::selection;
use super::trouble::Trouble;
use crate::cli::{GlobalArgs, ImportCommand, ImportLayout};
use crate::exit::Exit;
use crate::import::write::{Layout, NewFile};
use crate::import::{First, Note};
use crate::manifest::fault::{self, Fault, FaultCode};
use crate::manifest::load::{Files, load_from};
use crate::profile::lint::{self, Checked};
use crate::render::faults;
use crate::render::phrase::Phrase;

pub(super) fn run(
    global: &GlobalArgs,
    command: &ImportCommand,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    match command {
        ImportCommand::Live(args) => live::run(global, args, terminal),
        ImportCommand::OneLogin(args) => onelogin::run(global, args, terminal),
    }
}

impl From<ImportLayout> for Layout {
    fn from(layout: ImportLayout) -> Self {
        match layout {
            ImportLayout::Single => Layout::Single,
            ImportLayout::PerGroup => Layout::PerGroup,
        }
    }
}

/// A manifest to import into, at the target of this name: one without people is no fault here,
/// and names that nobody has told are told and no hindrance.
fn lenient(
    files: &dyn Files,
    root: &Path,
    names: &[String],
    terminal: &Terminal,
) -> Result<Project, Failure> {
    let as_of = project::today();
    let name = root.file_name().unwrap_or_default().to_string_lossy();
    let Checked {
        sources,
        faults: found,
        wholeness: _,
        targets,
    } = lint::check(load_from(files, &name).checked(as_of), as_of);
    let (nameless, found): (Vec<Fault>, Vec<Fault>) = found
        .into_iter()
        .filter(|fault| fault.code != FaultCode::NoUsers)
        .partition(|fault| fault.code == FaultCode::MissingName);
    if !nameless.is_empty() {
        let style = terminal.fault_style(terminal.err_colour());
        terminal.status(faults::text(&nameless, &sources, style).trim_end());
    }
    if fault::has_errors(&found) || targets.is_empty() {
        let style = terminal.fault_style(terminal.err_colour());
        return Err(Failure::Faults(faults::text(&found, &sources, style)));
    }
    let targets = targets.into_iter();
    let projects = targets.map(|it| Project::new(it, root)).collect();
    Ok(selection::one(projects, names)?)
}

/// Says everything that a manifest cannot hold, the gravest last so that it is seen.
fn tell(notes: &[Note], terminal: &Terminal) {
    let mut by_first: BTreeMap<First, Vec<&Note>> = BTreeMap::new();
    for note in notes {
        by_first.entry(note.first).or_default().push(note);
    }
    for (first, notes) in by_first {
        terminal.status(&format!("{}:", first.heading()));
        for Note {
            first: _,
            subject,
            message,
        } in notes
        {
            let subject = brief(&Phrase::message(subject).clipped().terminal());
            let message = Phrase::message(message).clipped().terminal();
            let options = textwrap::Options::new(terminal.width())
                .initial_indent("  ")
                .subsequent_indent("    ")
                .word_separator(textwrap::WordSeparator::AsciiSpace)
                .word_splitter(textwrap::WordSplitter::NoHyphenation);
            terminal.status(&textwrap::fill(&format!("{subject} {message}"), options));
        }
    }
}

/// Whom or what a note is of, in two lines at most.
fn brief(subject: &str) -> String {
    match subject.char_indices().nth(120) {
        None => subject.to_owned(),
        Some((end, _)) => format!("{}…", &subject[..end]),
    }
}

/// Makes new files, none of which may be there, be it as a dangling link.
fn create(folder: &Path, files: &[NewFile]) -> Result<(), Trouble> {
    for file in files {
        let path = folder.join(&file.name);
        if path.symlink_metadata().is_ok() {
            return Err(would_overwrite(&path));
        }
    }
    for file in files {
        let path = folder.join(&file.name);
        let trouble = |error: std::io::Error| match error.kind() {
            ErrorKind::AlreadyExists => would_overwrite(&path),
            _ => Trouble::file("create", &path, &error),
        };
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(trouble)?;
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        let mut new = options.open(&path).map_err(trouble)?;
        new.write_all(file.text.as_bytes()).map_err(trouble)?;
    }
    Ok(())
}

/// Creates files and prints which.
fn create_and_list(folder: &Path, files: &[NewFile], terminal: &Terminal) -> Result<(), Failure> {
    create(folder, files)?;
    let list: String = files
        .iter()
        .map(|file| format!("created  {}\n", folder.join(&file.name).display()))
        .collect();
    terminal.print(&list)
}

fn would_overwrite(path: &Path) -> Trouble {
    Trouble::new(
        "would-overwrite",
        format!(
            "`{}` is there already and is not written over",
            path.display()
        ),
        "add what is missing to the manifest with `--merge`, or write a new one elsewhere with \
         `--out FOLDER`",
    )
}
