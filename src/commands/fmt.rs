//! `scim-sync fmt`: every file of the manifest in the one layout.

use std::io::Write as _;
use std::path::Path;

use similar::TextDiff;

use super::Terminal;
use super::project::{self, Failure};
use super::trouble::Trouble;
use crate::cli::{FmtArgs, GlobalArgs};
use crate::exit::Exit;
use crate::manifest::fault::{Fault, Severity};
use crate::manifest::format::{Formatted, format};
use crate::manifest::load;
use crate::manifest::source::FileId;
use crate::render::faults;
use crate::render::style::count;

/// What became of the files.
#[derive(Default)]
struct Tally {
    changed: usize,
    unchanged: usize,
    faulty: usize,
}

pub(super) fn run(
    global: &GlobalArgs,
    args: &FmtArgs,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let root = project::root_file(global)?;
    // Only what the files themselves say matters here: a role that names a person who is
    // yet to be added is laid out as any other.
    let loaded = load::load(&root);
    let faulty = |file: FileId| {
        let error = |fault: &&Fault| fault.severity == Severity::Error;
        let mut errors = loaded.faults.iter().filter(error);
        errors.any(|fault| fault.primary.span.file == file)
    };
    let mut tally = Tally::default();
    for (file, source) in loaded.sources.files() {
        if faulty(file) {
            tally.faulty += 1;
            continue;
        }
        // Links are followed, so that the file changes and the link stays.
        let path = std::fs::canonicalize(&source.path)
            .map_err(|error| Trouble::file("find", &source.path, &error))?;
        let text =
            std::fs::read_to_string(&path).map_err(|error| Trouble::file("read", &path, &error))?;
        let laid_out = match format(&text) {
            Formatted::LaidOut(laid_out) => laid_out,
            Formatted::LeftAsWritten(reason) => {
                terminal.status(&format!("left as written: {}: {reason}", source.name));
                tally.unchanged += 1;
                continue;
            }
        };
        if laid_out == text {
            tally.unchanged += 1;
            continue;
        }
        tally.changed += 1;
        if args.check {
            terminal.print(&difference(&source.name, &text, &laid_out))?;
        } else {
            replace(&path, &laid_out)?;
            terminal.status(&format!("formatted {}", source.name));
        }
    }
    if tally.faulty > 0 {
        let errors: Vec<Fault> = loaded
            .faults
            .iter()
            .filter(|fault| fault.severity == Severity::Error)
            .cloned()
            .collect();
        let style = terminal.fault_style(terminal.err_colour());
        terminal.status(faults::text(&errors, &loaded.sources, style).trim_end());
    }
    terminal.status(&tally.line(args));
    let differs = args.check && tally.changed > 0;
    Ok(if tally.faulty > 0 || differs {
        Exit::Failure
    } else {
        Exit::Success
    })
}

impl Tally {
    fn line(&self, args: &FmtArgs) -> String {
        let Tally {
            changed,
            unchanged,
            faulty,
        } = self;
        let verb = if args.check {
            "would be formatted"
        } else {
            "formatted"
        };
        let mut line = format!(
            "{} {verb}, {unchanged} in the one layout already",
            count(*changed, "file", "files")
        );
        if *faulty > 0 {
            line.push_str(&format!(", {faulty} with errors left alone"));
        }
        line
    }
}

/// What would change, as a patch.
fn difference(name: &str, before: &str, after: &str) -> String {
    TextDiff::from_lines(before, after)
        .unified_diff()
        .header(&format!("a/{name}"), &format!("b/{name}"))
        .to_string()
}

/// Replaces a file whole or not at all: a new file beside it takes its name.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), Trouble> {
    let trouble = |error: std::io::Error| Trouble::file("write", path, &error);
    let path = &super::private::behind_links(path).map_err(trouble)?;
    let folder = project::folder_of(path);
    let mut new = tempfile::NamedTempFile::new_in(folder).map_err(trouble)?;
    new.write_all(text.as_bytes()).map_err(trouble)?;
    let permissions = std::fs::metadata(path).map_err(trouble)?.permissions();
    new.as_file()
        .set_permissions(permissions)
        .map_err(trouble)?;
    new.as_file().sync_all().map_err(trouble)?;
    new.persist(path)
        .map_err(|failed| Trouble::file("write", path, &failed.error))?;
    Ok(())
}
