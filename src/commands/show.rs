//! `scim-sync show`: a saved plan in any format, without planning again.

use std::path::{Path, PathBuf};

use super::Terminal;
use super::project::{self, Failure};
use super::trouble::Trouble;
use super::view::View;
use crate::cli::{GlobalArgs, ShowArgs};
use crate::exit::Exit;
use crate::plan::Plan;
use crate::plan::file::PlanFile;
use crate::render::text::Detail;

pub(super) fn run(
    global: &GlobalArgs,
    args: &ShowArgs,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let plan = open(&args.plan)?;
    // A plan can be read without its manifest; only links need it.
    let root = project::root_file(global).unwrap_or_else(|_| PathBuf::from("scim-sync.yaml"));
    let view = View {
        args: &args.view,
        detail: if args.full {
            Detail::Full
        } else {
            Detail::Short
        },
        folder: &project::folder_of(&root),
        root: &root,
    };
    view.print(&plan, terminal)?;
    Ok(if plan.refusals.is_empty() {
        Exit::Success
    } else {
        Exit::Refusals
    })
}

/// Opens a saved plan, whole and as it was saved.
fn open(file: &Path) -> Result<Plan, Trouble> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Trouble::file("read the plan", file, &error))?;
    PlanFile::open(&text).map_err(|error| {
        Trouble::new(
            "plan-file",
            format!("`{}` is {error}", file.display()),
            "save one with `scim-sync plan --out FILE`",
        )
    })
}
