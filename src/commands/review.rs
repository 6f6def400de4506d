//! `scim-sync review`: who has what, since when and by which commit.

use std::path::Path;

use super::plan::{self, Rails};
use super::project::{self, Failure, Project};
use super::selection::{self, Selection, Unnamed};
use super::trouble::Trouble;
use super::{Terminal, explain, several};
use crate::cli::{GlobalArgs, ReviewArgs, ReviewFormat};
use crate::exit::Exit;
use crate::ids::TargetName;
use crate::plan::PlanInput;
use crate::plan::review::{Review, review};
use crate::render;
use crate::render::several::OfTarget;

pub(super) fn run(
    global: &GlobalArgs,
    args: &ReviewArgs,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let as_of = args.as_of.unwrap_or_else(project::today);
    match project::load_selected(global, as_of, Unnamed::All, terminal)? {
        Selection::One(project) => {
            let live = selection::file_of_one(args.live.as_deref(), &project);
            let review = listed(&project, args, live.as_deref(), terminal)?;
            terminal.print(&match args.format {
                ReviewFormat::Csv => render::access::csv(&review),
                ReviewFormat::Markdown => render::access::markdown(&review),
                ReviewFormat::Html => render::access::html(&review),
            })?;
            Ok(Exit::Success)
        }
        Selection::Several(projects) => {
            if args.format == ReviewFormat::Html {
                return Err(Trouble::new(
                    "target",
                    "a page is of one target, and several are asked for",
                    "name one with `--target NAME`, or list all with `--format csv` or `markdown`",
                )
                .into());
            }
            let targets = several::by_name(projects, |project| project);
            let work = |project: Project, terminal: &Terminal| {
                let live = selection::snapshot_of(args.live.as_deref(), &project);
                listed(&project, args, live.as_deref(), terminal)
            };
            let found = several::told(several::side_by_side(targets, terminal, work), terminal);
            let exit = several::exit_of(&found);
            let listed: Vec<(&TargetName, &Review)> = found
                .iter()
                .filter_map(|(name, target)| match target {
                    OfTarget::Result(review) => Some((name, review)),
                    OfTarget::Error(_) => None,
                })
                .collect();
            terminal.print(&match args.format {
                ReviewFormat::Csv => render::access::csv_of_targets(&listed),
                ReviewFormat::Markdown | ReviewFormat::Html => {
                    let lists = listed.iter();
                    let lists = lists.map(|(_, review)| render::access::markdown(review));
                    lists.collect::<Vec<_>>().join("\n")
                }
            })?;
            Ok(exit)
        }
    }
}

/// Who has what at one target.
fn listed(
    project: &Project,
    args: &ReviewArgs,
    live: Option<&Path>,
    terminal: &Terminal,
) -> Result<Review, Failure> {
    let (live, target, reads) = explain::read(project, live, args.no_live, terminal)?;
    let rails = Rails::default();
    let list = |input: PlanInput<'_>| review(input, &project.manifest, reads);
    let mut review = plan::with_unnamed_input(project, None, &live, &target, &rails, list);
    explain::ask_git(review.lines_mut().collect(), &project.folder);
    Ok(review)
}
