//! `scim-sync validate`: every fault of every file at once, offline.

use std::path::Path;

use super::project::{self, Checked, Failure, Project};
use super::{Terminal, base, selection};
use crate::cli::{FaultFormat, GlobalArgs, ValidateArgs};
use crate::exit::Exit;
use crate::manifest::fault;
use crate::render::faults;
use crate::render::style::count;

pub(super) fn run(
    global: &GlobalArgs,
    args: &ValidateArgs,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let as_of = args.as_of.unwrap_or_else(project::today);
    let root = project::root_file(global)?;
    let Checked {
        projects,
        understood,
        mut sources,
        faults: mut found,
    } = project::check(global, as_of)?;
    let files = sources.files().count();
    let now: Vec<base::Now<'_>> = projects
        .iter()
        .map(|it| (&it.manifest, &it.desired, &it.profile))
        .chain(
            understood
                .iter()
                .map(|it| (&it.manifest, &it.desired, &it.profile)),
        )
        .collect();
    base::check(&args.base, &root, &now, &mut sources, &mut found, terminal)?;
    // Machines look for files from where they run, and a root file found by searching
    // upwards has an absolute path.
    let folder = project::folder_of(&root);
    let folder = std::env::current_dir()
        .ok()
        .and_then(|here| folder.strip_prefix(here).ok().map(Path::to_owned))
        .unwrap_or(folder);
    let folder = folder.to_string_lossy().into_owned();
    match args.format {
        FaultFormat::Text => {
            if !found.is_empty() {
                terminal.print(&faults::text(
                    &found,
                    &sources,
                    terminal.fault_style(terminal.out_colour()),
                ))?;
            }
            if !fault::has_errors(&found) {
                let asked = selection::known(&projects, &global.target)?;
                let is_asked = |project: &&Project| {
                    let name = project.manifest.name.as_ref();
                    asked.is_empty() || name.is_some_and(|name| asked.contains(name))
                };
                for project in projects.iter().filter(is_asked) {
                    terminal.status(&valid(project, files));
                }
            }
        }
        FaultFormat::Json => terminal.print(&faults::json(&found, &sources))?,
        FaultFormat::Sarif => terminal.print(&faults::sarif(&found, &sources, &folder))?,
        FaultFormat::Github => terminal.print(&faults::github(&found, &sources, &folder))?,
    }
    Ok(if fault::has_errors(&found) {
        Exit::Failure
    } else {
        Exit::Success
    })
}

fn valid(project: &Project, files: usize) -> String {
    let at = match &project.manifest.name {
        Some(name) => format!("valid at {name}"),
        None => "valid".to_owned(),
    };
    format!(
        "{at}: {}, {}, {} in {}",
        count(project.manifest.users.0.len(), "person", "people"),
        count(project.manifest.roles.0.len(), "role", "roles"),
        count(project.desired.groups.len(), "group", "groups"),
        count(files, "file", "files"),
    )
}
