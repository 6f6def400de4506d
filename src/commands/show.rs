//! `scim-sync show`: saved plans in any format, without planning again.

use std::path::PathBuf;

use super::project::{self, Failure};
use super::view::View;
use super::{Terminal, apply, several};
use crate::cli::{GlobalArgs, ShowArgs};
use crate::exit::Exit;
use crate::render::several::OfTarget;
use crate::render::text::Detail;

pub(super) fn run(
    global: &GlobalArgs,
    args: &ShowArgs,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let plans = apply::saved(global, &args.plan)?;
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
    let exit = Exit::worst(plans.iter().map(|plan| match plan.refusals.is_empty() {
        true => Exit::Success,
        false => Exit::Refusals,
    }));
    match plans.as_slice() {
        [plan] => view.print(plan, terminal)?,
        _several => {
            several::can_show(args.view.format)?;
            let named = plans.into_iter().filter_map(|plan| {
                let name = plan.target.name.clone();
                name.map(|name| (name, OfTarget::Result(plan)))
            });
            several::print_plans(&named.collect(), &view, terminal)?;
        }
    }
    Ok(exit)
}
