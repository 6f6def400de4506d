//! Several targets side by side: each in a thread of its own, all told one after another in
//! the order of their names.
//!
//! **Invariants.** What fails at one target is told among the others and stops none of them.
//! No target's work is given what belongs to another: it gets its own project alone.

use std::collections::BTreeMap;

use super::Terminal;
use super::project::{Failure, Project};
use super::trouble::Trouble;
use super::view::View;
use crate::cli::{PlanFormat, ViewArgs};
use crate::exit::Exit;
use crate::ids::TargetName;
use crate::plan::{Plan, TargetInfo};
use crate::render::annotations::{github_failed, sarif_failed};
use crate::render::markdown::MIN_BYTES;
use crate::render::several::{
    Came, Line, OfTarget, OfTargets, TargetError, markdown, sarif, summary,
};
use crate::render::text::Detail;

/// Does the same work for each target, side by side; the results are in the order of names.
pub(super) fn side_by_side<I: Send, T: Send>(
    targets: Vec<(TargetName, I)>,
    terminal: &Terminal,
    work: impl Fn(I, &Terminal) -> Result<T, Failure> + Sync,
) -> Vec<(TargetName, Result<T, Failure>)> {
    let work = &work;
    std::thread::scope(|scope| {
        let running: Vec<_> = targets
            .into_iter()
            .map(|(name, target)| {
                let terminal = terminal.of(&name);
                let done = scope.spawn(move || work(target, &terminal));
                (name, done)
            })
            .collect();
        running
            .into_iter()
            .map(|(name, done)| match done.join() {
                Ok(done) => (name, done),
                // A panic is a bug here; pass it on instead of losing a target.
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    })
}

/// What belongs to each target under its name. Of several targets, each has one.
pub(super) fn by_name<I>(items: Vec<I>, project: impl Fn(&I) -> &Project) -> Vec<(TargetName, I)> {
    let named = items.into_iter().filter_map(|item| {
        let name = project(&item).manifest.name.clone();
        name.map(|name| (name, item))
    });
    named.collect()
}

/// What came of each target: a result, or an error that is told on stderr at once.
pub(super) fn told<T>(
    results: Vec<(TargetName, Result<T, Failure>)>,
    terminal: &Terminal,
) -> BTreeMap<TargetName, OfTarget<T>> {
    told_unless(results, |_| false, terminal)
}

/// As [`told`], but for errors that are an answer.
pub(super) fn told_unless<T>(
    results: Vec<(TargetName, Result<T, Failure>)>,
    is_answer: impl Fn(&Trouble) -> bool,
    terminal: &Terminal,
) -> BTreeMap<TargetName, OfTarget<T>> {
    results
        .into_iter()
        .map(|(name, result)| {
            let result = match result {
                Ok(result) => OfTarget::Result(result),
                Err(failure) => {
                    let quiet = match &failure {
                        Failure::Trouble(trouble) => is_answer(trouble),
                        Failure::Faults(_) => false,
                    };
                    if !quiet {
                        terminal.of(&name).failure(&failure);
                    }
                    OfTarget::Error(error(failure, terminal))
                }
            };
            (name, result)
        })
        .collect()
}

fn error(failure: Failure, terminal: &Terminal) -> TargetError {
    match failure {
        Failure::Trouble(trouble) => TargetError {
            code: trouble.code().to_owned(),
            message: terminal.hidden(&trouble.to_string()).into_owned(),
            help: trouble.instruction().to_owned(),
        },
        Failure::Faults(faults) => TargetError {
            code: "manifest".to_owned(),
            message: faults,
            help: "run `scim-sync validate`".to_owned(),
        },
    }
}

/// Refuses targets that turn out to be one place, which the manifest could not tell of variables:
/// each would undo what the other does.
pub(super) fn distinct<'t>(
    targets: impl IntoIterator<Item = (&'t TargetName, &'t TargetInfo)>,
) -> Result<(), Trouble> {
    let mut places: BTreeMap<&str, &TargetName> = BTreeMap::new();
    for (name, target) in targets {
        let place = target.base_url.trim_end_matches('/');
        if let Some(first) = places.insert(place, name) {
            return Err(Trouble::new(
                "same-target",
                format!("the targets `{first}` and `{name}` are one place, {place}"),
                "check the variables of their `baseUrl`: each would undo what the other does",
            ));
        }
    }
    Ok(())
}

/// How a command for several targets ends that has nothing to judge: badly if one failed.
pub(super) fn exit_of<T>(targets: &BTreeMap<TargetName, OfTarget<T>>) -> Exit {
    let failed = |target: &OfTarget<T>| matches!(target, OfTarget::Error(_));
    match targets.values().any(failed) {
        true => Exit::Failure,
        false => Exit::Success,
    }
}

/// Prints a text for each target, and a summary of a few words for each.
pub(super) fn print_texts<T>(
    targets: &BTreeMap<TargetName, OfTarget<T>>,
    tell: impl Fn(&T) -> Telling,
    terminal: &Terminal,
) -> Result<(), Failure> {
    print_texts_and(targets, tell, failed, terminal)
}

/// What a summary says of an error.
pub(super) fn failed(error: &TargetError) -> (Came, String) {
    (Came::Failed, format!("failed: {}", error.message))
}

/// As [`print_texts`], where an error is told in a way of its own.
pub(super) fn print_texts_and<T>(
    targets: &BTreeMap<TargetName, OfTarget<T>>,
    tell: impl Fn(&T) -> Telling,
    tell_error: impl Fn(&TargetError) -> (Came, String),
    terminal: &Terminal,
) -> Result<(), Failure> {
    let mut lines = Vec::new();
    for (name, target) in targets {
        let (came, text) = match target {
            OfTarget::Result(result) => {
                let Telling { text, line } = tell(result);
                terminal.print(&text)?;
                terminal.print("\n")?;
                (Came::Result, line)
            }
            OfTarget::Error(error) => tell_error(error),
        };
        lines.push(Line { name, came, text });
    }
    terminal.print(&summary(&lines, terminal.width(), terminal.out_colour()))
}

/// What there is to say of one of several targets.
pub(super) struct Telling {
    /// As for one target alone.
    pub(super) text: String,
    /// In a few words.
    pub(super) line: String,
}

/// Prints a document about several targets.
pub(super) fn print_json<T: serde::Serialize>(
    targets: BTreeMap<TargetName, OfTarget<T>>,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let document = OfTargets::new(targets);
    terminal.stream(|out| document.write(out))
}

/// Refuses a format that is of one target by its nature, before anything is read.
pub(super) fn can_show(format: PlanFormat) -> Result<(), Trouble> {
    match format {
        PlanFormat::Html => Err(Trouble::new(
            "target",
            "a page is of one target's plan, and several are asked for",
            "name one with `--target NAME`; or save all with `--out FOLDER` and show each: \
             `scim-sync show FOLDER/plan.NAME.json --format html`",
        )),
        PlanFormat::Text
        | PlanFormat::Json
        | PlanFormat::Markdown
        | PlanFormat::Sarif
        | PlanFormat::Github => Ok(()),
    }
}

/// A plan, or why there is none.
pub(super) type Planned = BTreeMap<TargetName, OfTarget<Plan>>;

/// Prints the plans of several targets, and what they come to.
pub(super) fn print_plans(
    planned: &Planned,
    view: &View<'_>,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let made: Vec<(&TargetName, &Plan)> = planned
        .iter()
        .filter_map(|(name, target)| match target {
            OfTarget::Result(plan) => Some((name, plan)),
            OfTarget::Error(_) => None,
        })
        .collect();
    match view.args.format {
        PlanFormat::Text => {
            for (_, plan) in &made {
                view.print(plan, terminal)?;
                terminal.print("\n")?;
            }
            let (width, colour) = (terminal.width(), terminal.out_colour());
            terminal.print(&summary(&lines(planned), width, colour))
        }
        PlanFormat::Json => {
            let mut hidden = BTreeMap::new();
            for (name, target) in planned {
                let target = match target {
                    OfTarget::Result(plan) => OfTarget::Result(view.hidden(plan)),
                    OfTarget::Error(error) => OfTarget::Error(error.clone()),
                };
                hidden.insert(name.clone(), target);
            }
            print_json(hidden, terminal)
        }
        PlanFormat::Markdown => {
            let head = markdown(&lines(planned));
            let room = (view.args.max_bytes as usize).saturating_sub(head.len());
            let share = room / made.len().max(1);
            if share < MIN_BYTES && !made.is_empty() {
                return Err(Trouble::new(
                    "target",
                    format!(
                        "the plans of {} targets do not fit into {} bytes",
                        made.len(),
                        view.args.max_bytes
                    ),
                    "raise `--max-bytes`, or name one target with `--target NAME` for a comment \
                     of its own",
                )
                .into());
            }
            let share = u32::try_from(share).unwrap_or(u32::MAX);
            let args = ViewArgs {
                max_bytes: share,
                ..view.args.clone()
            };
            let view = View {
                args: &args,
                ..*view
            };
            let mut text = head;
            for (_, plan) in &made {
                text.push('\n');
                text.push_str(&view.markdown(plan, terminal)?);
            }
            terminal.print(&text)
        }
        PlanFormat::Sarif => {
            let logs: Vec<(&TargetName, String)> = planned
                .iter()
                .map(|(name, target)| match target {
                    OfTarget::Result(plan) => (name, view.sarif(plan)),
                    OfTarget::Error(error) => (name, sarif_failed(name, error)),
                })
                .collect();
            terminal.print(&sarif(&logs))
        }
        PlanFormat::Github => {
            // What failed first: GitHub shows the first ten of a level.
            for (name, target) in planned {
                if let OfTarget::Error(error) = target {
                    terminal.print(&github_failed(name, error))?;
                }
            }
            for (_, plan) in &made {
                view.print(plan, terminal)?;
            }
            Ok(())
        }
        PlanFormat::Html => Ok(can_show(view.args.format)?),
    }
}

fn lines(planned: &Planned) -> Vec<Line<'_>> {
    planned
        .iter()
        .map(|(name, target)| match target {
            OfTarget::Result(plan) => Line::of_plan(name, plan),
            OfTarget::Error(error) => Line::of_error(name, error),
        })
        .collect()
}

/// How the plan of a project is shown.
pub(super) fn view<'a>(project: &'a Project, args: &'a ViewArgs, detail: Detail) -> View<'a> {
    View {
        args,
        detail,
        folder: &project.folder,
        root: &project.root,
    }
}
