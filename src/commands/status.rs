//! `scim-sync status`: where everybody and every group stands. It only reads.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::project::{self, Failure, Project};
use super::selection::{self, Selection, Unnamed};
use super::several::{self, Telling};
use super::trouble::Trouble;
use super::{Terminal, base, plan, state};
use crate::apply::report::{self, Event};
use crate::cli::{GlobalArgs, StatusArgs, StatusFormat};
use crate::exit::Exit;
use crate::ids::ItemId;
use crate::plan::Plan;
use crate::plan::status::{LastError, Status};
use crate::render;
use crate::render::review::Verdict;
use crate::render::several::OfTarget;
use crate::render::text::Detail;

/// How many reports are looked through at most, from the newest on.
const MAX_REPORTS: usize = 50;

pub(super) fn run(
    global: &GlobalArgs,
    args: &StatusArgs,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let as_of = project::today();
    let text = |status: &Status| {
        let detail = if args.full {
            Detail::Full
        } else {
            Detail::Short
        };
        render::status::text(status, terminal.width(), terminal.out_colour(), detail)
    };
    match project::load_selected(global, as_of, Unnamed::All, terminal)? {
        Selection::One(project) => {
            let live = selection::file_of_one(args.live.as_deref(), &project);
            let Stands { status, plan: _ } = stands(&project, args, live.as_deref(), terminal)?;
            match args.format {
                StatusFormat::Json => {
                    let mut json = serde_json::to_string_pretty(&status)
                        .expect("a status has only string keys");
                    json.push('\n');
                    terminal.print(&json)?;
                }
                StatusFormat::Text => terminal.print(&text(&status))?,
            }
            Ok(Exit::Success)
        }
        Selection::Several(projects) => {
            let targets = several::by_name(projects, |project| project);
            let work = |project: Project, terminal: &Terminal| {
                let live = selection::snapshot_of(args.live.as_deref(), &project);
                stands(&project, args, live.as_deref(), terminal)
            };
            let found = several::told(several::side_by_side(targets, terminal, work), terminal);
            let exit = several::exit_of(&found);
            match args.format {
                StatusFormat::Json => {
                    let found = found.into_iter().map(|(name, target)| {
                        let target = match target {
                            OfTarget::Result(stands) => OfTarget::Result(stands.status),
                            OfTarget::Error(error) => OfTarget::Error(error),
                        };
                        (name, target)
                    });
                    several::print_json(found.collect(), terminal)?;
                }
                StatusFormat::Text => {
                    let tell = |stands: &Stands| Telling {
                        text: text(&stands.status),
                        line: Verdict::of(&stands.plan).text,
                    };
                    several::print_texts(&found, tell, terminal)?;
                }
            }
            Ok(exit)
        }
    }
}

/// Where everybody stands at one target, and the plan that says so.
struct Stands {
    status: Status,
    plan: Plan,
}

fn stands(
    project: &Project,
    args: &StatusArgs,
    live: Option<&Path>,
    terminal: &Terminal,
) -> Result<Stands, Failure> {
    let base = base::revision(&args.base, project, terminal)?;
    let (plan, live, target) = plan::look(project, base.as_ref(), live, terminal)?;
    let runs = match &args.runs {
        Some(folder) => folder.clone(),
        None => state::runs(project),
    };
    let errors = last_errors(&runs, &target.base_url, terminal)?;
    let status = Status::new(
        &plan,
        &project.desired,
        &live,
        &project.policy.approvals,
        &errors,
    );
    Ok(Stands { status, plan })
}

/// What the newest run that came to an item said of it, where it did not bring it about.
fn last_errors(
    runs: &Path,
    base_url: &str,
    terminal: &Terminal,
) -> Result<BTreeMap<ItemId, LastError>, Trouble> {
    let mut newest: BTreeMap<ItemId, Option<LastError>> = BTreeMap::new();
    for file in reports(runs)?.iter().take(MAX_REPORTS) {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            // A link to nowhere, say: the plan is made without it as well.
            Err(error) => {
                let left_out = Trouble::file("read the report", file, &error);
                terminal.status(&format!("warning: {left_out}; it is left out"));
                continue;
            }
        };
        let lines = match report::verify(&text) {
            Ok(verified) => verified.lines,
            // An empty one was killed before its first line.
            Err(_) if text.is_empty() => continue,
            Err(error) => {
                terminal.status(&format!(
                    "warning: `{}` cannot be trusted and is left out: {error}",
                    file.display()
                ));
                continue;
            }
        };
        let of_this_target = matches!(
            lines.first().map(|line| &line.event),
            Some(Event::Begin { target, .. }) if target.base_url == base_url
        );
        if !of_this_target {
            continue;
        }
        let report = file
            .file_name()
            .unwrap_or(file.as_os_str())
            .to_string_lossy()
            .into_owned();
        // Within a run an item ends once.
        for line in lines {
            let Event::Item {
                item,
                outcome,
                message,
                ..
            } = line.event
            else {
                continue;
            };
            let failed = matches!(outcome.as_str(), "failed" | "not taken" | "moved");
            let tried = failed || matches!(outcome.as_str(), "done" | "already so" | "adopted");
            if tried && !newest.contains_key(&item) {
                let error = failed.then(|| LastError {
                    item: item.clone(),
                    at: line.at,
                    message: message.unwrap_or(outcome),
                    report: report.clone(),
                });
                newest.insert(item, error);
            }
        }
    }
    Ok(newest
        .into_iter()
        .filter_map(|(item, error)| Some((item, error?)))
        .collect())
}

/// The reports in a folder, newest first: their names begin with their time.
fn reports(runs: &Path) -> Result<Vec<PathBuf>, Trouble> {
    let entries = match std::fs::read_dir(runs) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Trouble::file("read the folder", runs, &error)),
    };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "jsonl")
        })
        .collect();
    files.sort();
    files.reverse();
    Ok(files)
}
