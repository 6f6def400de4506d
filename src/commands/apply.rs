//! `scim-sync apply`: plan, ask, carry it out, read everything back and plan again.

use std::collections::BTreeSet;
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::observe::{self, Goal};
use super::plan::Rails;
use super::progress::{Told, Watch};
use super::project::{self, Failure, Project};
use super::state::{self, Lock, ReportFile};
use super::target::{self, WritingConnection};
use super::trouble::Trouble;
use super::{Terminal, base, interrupts, logins, newer, plan, recent, runtime, view};
use crate::apply::report::{Event, REPORT_VERSION, Report};
use crate::apply::{Options, Outcome, Picture, Stop, execute};
use crate::cli::{ApplyArgs, ApproveKind, GlobalArgs};
use crate::desired::BaseRevision;
use crate::exit::Exit;
use crate::live::LiveCount;
use crate::manifest::decl::ApprovalKind;
use crate::plan::file::PlanFile;
use crate::plan::{Plan, Population, TargetInfo};
use crate::render;
use crate::render::style::count;
use crate::scim::service::Writer;

/// How often, and how long apart, the provider is asked again while it may still be
/// settling (Harness purges memberships of removed people a little later).
const SETTLE: [Duration; 4] = [
    Duration::from_millis(200),
    Duration::from_millis(800),
    Duration::from_secs(2),
    Duration::from_secs(5),
];

pub(super) fn run(
    global: &GlobalArgs,
    args: &ApplyArgs,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let mut rails = Rails::new(&args.shape)?;
    let saved = args.plan.as_deref().map(read_plan).transpose()?;
    let as_of = match &saved {
        Some(saved) => saved.as_of,
        None => args.shape.as_of.unwrap_or_else(project::today),
    };
    let project = project::load_project(global, as_of, terminal)?;
    if let Some(stale) = saved.as_ref().and_then(|saved| stale(&project, saved)) {
        terminal.status(&stale);
        return Ok(Exit::Stale);
    }
    terminal.redact(args.redact, &view::nobodys(&project.profile));
    let _lock = Lock::take(&project.folder)?;
    let base = base::revision(&args.shape.base, &project, terminal)?;
    let base = base.as_ref();
    if let Some(stale) = saved.as_ref().and_then(|saved| stale_base(base, saved)) {
        terminal.status(&stale);
        return Ok(Exit::Stale);
    }
    runtime().block_on(async {
        let WritingConnection {
            writer,
            target,
            recorder,
            sandbox: _sandbox,
        } = target::connect_to_write(&project, terminal).await?;
        if !args.older {
            newer::check(&project, &target)?;
        }
        rails.recent = recent::removals(&project, &target)?;
        rails.remembered = newer::last_count(&project, &target);
        rails.logins = logins::read(&project, terminal).await?;
        let (planned, picture) = match saved {
            Some(saved) => {
                let planned = for_this_target(saved, &target)?;
                recent::check(&planned, &rails.recent)?;
                rails.remembered = None;
                (planned, Picture::Dated)
            }
            None => {
                let goal = Goal::Manifest(base);
                let reader = writer.reader();
                let (plan, live) = observe::plan(&project, goal, reader, &target, &rails).await?;
                rails.population = Some(Population::of(&live));
                // What this run takes away is no collapse.
                rails.remembered = None;
                (plan, Picture::Fresh)
            }
        };
        terminal.print(&shown(&planned, args, terminal))?;
        if planned.actions.is_empty() {
            return Ok(verdict(&planned, Completeness::Whole));
        }
        if !args.auto_approve && !ask(&planned)? {
            terminal.status("nothing was written");
            return Ok(Exit::Failure);
        }

        let stop = Arc::new(Stop::default());
        let (report, path) = begin_report(&project, args, &planned)?;
        recorder.begin(Arc::clone(&report), Arc::clone(&stop));
        interrupts::listen(&stop, terminal);
        if let Some(time) = args.deadline {
            end_after(time, &stop);
        }
        let told = match args.quiet {
            true => Told::Failures,
            false => Told::Progress,
        };
        let watch = Watch::begin(planned.actions.len(), told, terminal, Arc::clone(&report));
        let options = Options {
            picture,
            concurrency: usize::from(args.concurrency),
            needs_approval: planned.needs_approval.clone(),
            approved: args
                .approve
                .iter()
                .map(|kind| approval(*kind))
                .collect::<BTreeSet<_>>(),
        };
        let outcome = execute(&planned, &project.profile, &writer, &options, &stop, &watch).await;
        watch.end();
        let told =
            render::outcome::text(&planned, &outcome, terminal.width(), terminal.out_colour());
        terminal.print(&terminal.hidden(&told))?;
        let end = |converged, left| Event::End {
            converged,
            stopped: outcome.stopped.clone(),
            left,
        };
        if outcome.stopped.is_some() {
            end_report(&report, end(None, None), &path, terminal);
            return Ok(Exit::Partial);
        }
        let goal = match &planned.undo {
            Some(record) => Goal::Undo(record),
            None => Goal::Manifest(base),
        };
        let (residue, left) = converge(&project, goal, &writer, &target, &rails, &outcome).await?;
        end_report(
            &report,
            end(Some(residue.actions.is_empty()), Some(left)),
            &path,
            terminal,
        );
        terminal.print(&residue_text(&residue, &outcome, args, terminal))?;
        let completeness = if outcome.is_whole() {
            Completeness::Whole
        } else {
            Completeness::Partial
        };
        Ok(verdict(&residue, completeness))
    })
}

/// The plan for a terminal, without the people who are to be hidden.
fn shown(plan: &Plan, args: &ApplyArgs, terminal: &Terminal) -> String {
    match terminal.without_people(plan) {
        Some(hidden) => plan::text(&hidden, &args.shape, terminal),
        None => plan::text(plan, &args.shape, terminal),
    }
}

/// Asks a run to stop when its time is over: what is in flight is finished.
pub(super) fn end_after(time: Duration, stop: &Arc<Stop>) {
    let stop = Arc::clone(stop);
    tokio::spawn(async move {
        tokio::time::sleep(time).await;
        stop.ask_because(&format!(
            "the deadline of {} s has passed",
            time.as_secs_f64()
        ));
    });
}

/// Opens a plan saved with `plan --out`.
pub(super) fn read_plan(file: &Path) -> Result<Plan, Trouble> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Trouble::file("read the plan", file, &error))?;
    PlanFile::open(&text).map_err(|error| {
        Trouble::new(
            "plan-file",
            format!("`{}` is {error}", file.display()),
            "save a new one with `scim-sync plan --out FILE`",
        )
    })
}

/// Says what differs, if the manifest is not the one the plan was made from.
fn stale(project: &Project, saved: &Plan) -> Option<String> {
    let (now, files) = project::manifest_fingerprints(&project.manifest.sources);
    if now == saved.inputs.manifest {
        return None;
    }
    let names: BTreeSet<&String> = files.keys().chain(saved.inputs.files.keys()).collect();
    let differing: Vec<String> = names
        .into_iter()
        .filter_map(
            |name| match (saved.inputs.files.get(name), files.get(name)) {
                (Some(then), Some(now)) if then == now => None,
                (Some(_), Some(_)) => Some(format!("  changed  {name}")),
                (None, _) => Some(format!("  added    {name}")),
                (_, None) => Some(format!("  removed  {name}")),
            },
        )
        .collect();
    Some(format!(
        "error[stale-plan]: the manifest is not the one this plan was made from\n{}\nhelp: plan again, have it reviewed, and apply the new plan",
        differing.join("\n")
    ))
}

/// Says so, if the base revision is not the one the plan was made with. A run without one
/// carries out the plan all the same: the base decided what is in it, not how it is done.
fn stale_base(base: Option<&BaseRevision>, saved: &Plan) -> Option<String> {
    let (base, then) = (base?, saved.inputs.base.as_ref()?);
    let (now, _) = project::manifest_fingerprints(&base.sources);
    (now != *then).then(|| {
        format!(
            "error[stale-plan]: the plan was made with the base {}, and the manifest is not the same at {}\nhelp: plan again, have it reviewed, and apply the new plan",
            saved.base.as_deref().unwrap_or("of another revision"),
            base.label
        )
    })
}

/// A saved plan, if it was made for this very target.
fn for_this_target(saved: Plan, target: &TargetInfo) -> Result<Plan, Trouble> {
    if saved.target == *target {
        return Ok(saved);
    }
    Err(Trouble::new(
        "plan-target",
        format!(
            "the plan was made for {} at {}, and the manifest's target is {} at {}",
            saved.target.title, saved.target.base_url, target.title, target.base_url
        ),
        "apply it with the environment it was planned in, or plan again",
    ))
}

fn begin_report(
    project: &Project,
    args: &ApplyArgs,
    planned: &Plan,
) -> Result<(Arc<Report>, PathBuf), Trouble> {
    let path = match (&args.report, &project.manifest.reports) {
        (Some(_), Some(named)) => {
            return Err(Trouble::new(
                "report",
                format!(
                    "the manifest says `reports: {}`, and what is in another place does not count towards the limits",
                    named.value
                ),
                "leave out `--report`, or take `reports` out of the manifest",
            ));
        }
        (Some(path), None) => path.clone(),
        (None, _) => state::report_path(project)?,
    };
    let cannot = |error: std::io::Error| Trouble::file("write the report", &path, &error);
    let file = ReportFile::create(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Trouble::new(
            "report",
            format!(
                "`{}` exists already, and a report is never written over",
                path.display()
            ),
            "name a new file with `--report`",
        ),
        _ => cannot(error),
    })?;
    let report = Report::new(Box::new(file), || jiff::Timestamp::now().to_string());
    let allowed = planned
        .limits
        .iter()
        .filter_map(|limit| Some(format!("{}={}", limit.limit.as_str(), limit.raised_to?)))
        .collect();
    report
        .write(Event::Begin {
            version: REPORT_VERSION,
            tool: format!("scim-sync {}", env!("CARGO_PKG_VERSION")),
            target: planned.target.clone(),
            plan: planned.fingerprint(),
            commit: state::commit(&project.folder),
            operator: state::operator(),
            items: planned.actions.len(),
            allowed,
        })
        .map_err(|message| {
            Trouble::new(
                "report",
                message,
                "nothing was sent; free some space, or name another file with `--report`",
            )
        })?;
    Ok((Arc::new(report), path))
}

fn end_report(report: &Report, end: Event, path: &Path, terminal: &Terminal) {
    match report.write(end) {
        Ok(()) => terminal.status(&format!("report: {}", path.display())),
        Err(message) => terminal.status(&message),
    }
}

fn approval(kind: ApproveKind) -> ApprovalKind {
    match kind {
        ApproveKind::Create => ApprovalKind::Create,
        ApproveKind::Update => ApprovalKind::Update,
        ApproveKind::Delete => ApprovalKind::Delete,
    }
}

/// Reads and plans afresh; a residue is given some time if every item went well.
async fn converge(
    project: &Project,
    goal: Goal<'_>,
    writer: &Writer<target::Wire>,
    target: &TargetInfo,
    rails: &Rails,
    outcome: &Outcome,
) -> Result<(Plan, LiveCount), Failure> {
    let mut waits = SETTLE.iter();
    loop {
        let (residue, live) = observe::plan(project, goal, writer.reader(), target, rails).await?;
        match waits.next() {
            Some(wait) if !residue.actions.is_empty() && outcome.is_whole() => {
                tokio::time::sleep(*wait).await;
            }
            Some(_) | None => return Ok((residue, live.count())),
        }
    }
}

/// Whether every item of a run is as wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Completeness {
    Whole,
    Partial,
}

fn verdict(residue: &Plan, completeness: Completeness) -> Exit {
    if completeness == Completeness::Partial || !residue.actions.is_empty() {
        Exit::Partial
    } else if !residue.refusals.is_empty() {
        Exit::Refusals
    } else {
        Exit::Success
    }
}

fn residue_text(
    residue: &Plan,
    outcome: &Outcome,
    args: &ApplyArgs,
    terminal: &Terminal,
) -> String {
    if residue.actions.is_empty() && outcome.is_whole() {
        let open = match (residue.refusals.len(), residue.manual_steps.len()) {
            (0, 0) => String::new(),
            (refused, manual) => format!(" (still open: {refused} refused, {manual} for Support)"),
        };
        return format!("Converged: read again, planned again, nothing left to do{open}.\n");
    }
    if residue.actions.is_empty() {
        return "Read again and planned again: nothing is left to do, although not every item went well.\n".to_owned();
    }
    format!(
        "Not converged. Read again and planned again, this is left:\n\n{}",
        shown(residue, args, terminal)
    )
}

/// Asks a person; without a terminal there is nobody to ask.
fn ask(planned: &Plan) -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Trouble::new(
            "not-approved",
            "there is no terminal to ask on, and nothing was written",
            "review the plan, then run again with `--auto-approve`",
        )
        .into());
    }
    let question = format!(
        "\nCarry out {} at {}? Only `yes` is taken: ",
        count(planned.actions.len(), "action", "actions"),
        planned.target.base_url
    );
    let mut err = std::io::stderr().lock();
    // A question that cannot be shown cannot be answered with yes.
    let _ = err
        .write_all(question.as_bytes())
        .and_then(|()| err.flush());
    drop(err);
    let mut answer = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|error| Trouble::file("read from", std::path::Path::new("stdin"), &error))?;
    Ok(answer.trim() == "yes")
}
