//! `scim-sync validate`: every fault of every file at once, offline.

use super::Terminal;
use super::project::{self, Checked, Failure};
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
    let Checked {
        project,
        sources,
        faults: found,
    } = project::check(global, as_of)?;
    let folder = project::folder_of(&project::root_file(global)?)
        .to_string_lossy()
        .into_owned();
    match args.format {
        FaultFormat::Text => {
            if !found.is_empty() {
                terminal.print(&faults::text(
                    &found,
                    &sources,
                    terminal.fault_style(terminal.out_colour()),
                ))?;
            }
            if let Some(project) = &project {
                terminal.status(&format!(
                    "valid: {}, {}, {} in {}",
                    count(project.manifest.users.0.len(), "person", "people"),
                    count(project.manifest.roles.0.len(), "role", "roles"),
                    count(project.desired.groups.len(), "group", "groups"),
                    count(sources.files().count(), "file", "files"),
                ));
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
