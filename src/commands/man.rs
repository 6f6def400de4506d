//! `scim-sync man`: one manual page, or all of them into a folder.

use std::path::Path;

use clap::CommandFactory as _;
use clap_mangen::roff::{Roff, bold, roman};

use super::Terminal;
use super::project::Failure;
use super::trouble::Trouble;
use crate::cli::{Cli, ManArgs};
use crate::exit::Exit;
use crate::render::style::count;

pub(super) fn run(args: &ManArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let pages = pages();
    if let Some(folder) = &args.out {
        write_all(&pages, folder)?;
        terminal.status(&format!(
            "wrote {} to {}; `man -l {}` reads one",
            count(pages.len(), "page", "pages"),
            folder.display(),
            folder.join("scim-sync.1").display()
        ));
        return Ok(Exit::Success);
    }
    let wanted = std::iter::once("scim-sync")
        .chain(args.command.iter().map(String::as_str))
        .collect::<Vec<_>>()
        .join("-");
    let Some(page) = pages.iter().find(|page| page.name == wanted) else {
        let names: Vec<&str> = pages.iter().map(|page| page.name.as_str()).collect();
        return Err(Trouble::new(
            "unknown-page",
            format!("there is no page `{wanted}`"),
            format!("the pages are {}", names.join(", ")),
        )
        .into());
    };
    terminal.print(&page.text)?;
    Ok(Exit::Success)
}

struct Page {
    /// `scim-sync-report-show`
    name: String,
    text: String,
}

/// The page of the tool, and one for each command.
fn pages() -> Vec<Page> {
    // `man` opens no page `help`.
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    let mut pages = Vec::new();
    collect(&root, &mut pages);
    pages
}

fn collect(command: &clap::Command, pages: &mut Vec<Page>) {
    // The version without its commit: the pages of one version are the same bytes.
    let version = env!("CARGO_PKG_VERSION");
    let mut roff = Vec::new();
    clap_mangen::Man::new(command.clone().version(version))
        .source(format!("scim-sync {version}"))
        .manual("scim-sync")
        // Without one, the parts of the title behind it move up.
        .date(" ")
        .render(&mut roff)
        .expect("writing to memory does not fail");
    let roff = String::from_utf8(roff).expect("a page is text");
    let name = command.get_display_name().unwrap_or(command.get_name());
    pages.push(Page {
        name: name.to_owned(),
        // What follows the options in our help is examples.
        text: roff.replacen("\n.SH EXTRA\n", "\n.SH EXAMPLES\n", 1) + &exit_status(),
    });
    for subcommand in command.get_subcommands() {
        collect(subcommand, pages);
    }
}

/// How a run ends: a public interface, the same for every command.
fn exit_status() -> String {
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    for exit in Exit::ALL {
        roff.control("TP", []);
        roff.text([bold(exit.code().to_string())]);
        roff.text([roman(exit.meaning())]);
    }
    roff.to_roff()
}

fn write_all(pages: &[Page], folder: &Path) -> Result<(), Trouble> {
    let cannot = |path: &Path, error: std::io::Error| Trouble::file("write", path, &error);
    std::fs::create_dir_all(folder).map_err(|error| cannot(folder, error))?;
    for page in pages {
        let path = folder.join(format!("{}.1", page.name));
        std::fs::write(&path, &page.text).map_err(|error| cannot(&path, error))?;
    }
    Ok(())
}
