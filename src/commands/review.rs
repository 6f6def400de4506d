//! `scim-sync review`: who has what, since when and by which commit.

use super::plan::{self, Rails};
use super::project::{self, Failure};
use super::{Terminal, explain};
use crate::cli::{GlobalArgs, ReviewArgs, ReviewFormat};
use crate::exit::Exit;
use crate::plan::PlanInput;
use crate::plan::review::review;
use crate::render;

pub(super) fn run(
    global: &GlobalArgs,
    args: &ReviewArgs,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let as_of = args.as_of.unwrap_or_else(project::today);
    let project = project::load_project(global, as_of, terminal)?;
    let live = args.live.as_deref();
    let (live, target, reads) = explain::read(&project, live, args.no_live, terminal)?;
    let rails = Rails::default();
    let list = |input: PlanInput<'_>| review(input, &project.manifest, reads);
    let mut review = plan::with_unnamed_input(&project, None, &live, &target, &rails, list);
    explain::ask_git(review.lines_mut().collect(), &project.folder);
    terminal.print(&match args.format {
        ReviewFormat::Csv => render::access::csv(&review),
        ReviewFormat::Markdown => render::access::markdown(&review),
        ReviewFormat::Html => render::access::html(&review),
    })?;
    Ok(Exit::Success)
}
