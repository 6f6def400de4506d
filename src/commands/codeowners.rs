//! `scim-sync codeowners`: who must approve which file, from the roles' `owners`.

use std::path::Path;

use super::Terminal;
use super::project::{self, Failure};
use super::trouble::Trouble;
use crate::cli::{CodeownersArgs, GlobalArgs};
use crate::exit::Exit;
use crate::manifest::codeowners::{merged, owners};
use crate::manifest::history::Repository;
use crate::render::style::count;

pub(super) fn run(
    global: &GlobalArgs,
    args: &CodeownersArgs,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let (manifest, folder) = project::load_whole(global, terminal)?;
    // Without a repository, the manifest's folder stands for its root.
    let prefix = Repository::of(&folder).map_or_else(
        |_| String::new(),
        |repository| repository.prefix().to_owned(),
    );
    let owners = owners(&manifest, &prefix);
    for warning in &owners.warnings {
        terminal.status(&format!("warning: {warning}"));
    }
    match (&args.write, &args.check) {
        (Some(file), _) => {
            let before = read(file)?;
            let after = merged(&before, &owners);
            if before == after {
                terminal.status(&format!("{} is up to date", file.display()));
            } else {
                // `.github` need not be there yet.
                file.parent()
                    .map_or(Ok(()), std::fs::create_dir_all)
                    .and_then(|()| std::fs::write(file, &after))
                    .map_err(|error| Trouble::file("write", file, &error))?;
                terminal.status(&format!(
                    "wrote {} to {}",
                    count(owners.lines.len(), "line", "lines"),
                    file.display()
                ));
            }
        }
        (None, Some(file)) => {
            let before = read(file)?;
            if merged(&before, &owners) != before {
                terminal.status(&format!(
                    "{} is not up to date: run `scim-sync codeowners --write {}`",
                    file.display(),
                    file.display()
                ));
                return Ok(Exit::Failure);
            }
            terminal.status(&format!("{} is up to date", file.display()));
        }
        (None, None) => terminal.print(&merged("", &owners))?,
    }
    Ok(Exit::Success)
}

fn read(file: &Path) -> Result<String, Trouble> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(Trouble::file("read", file, &error)),
    }
}
