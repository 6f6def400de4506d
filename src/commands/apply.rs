//! `scim-sync apply`: plan, ask, carry it out, read everything back and plan again.

use std::collections::BTreeSet;
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use super::project::{self, Failure, Project};
use super::target::{self, Connection};
use super::trouble::Trouble;
use super::{Terminal, base, plan, runtime};
use crate::apply::{Options, Outcome, Progress, Status, Stop, execute};
use crate::cli::{ApplyArgs, ApproveKind, GlobalArgs};
use crate::desired::BaseRevision;
use crate::exit::Exit;
use crate::live::collect;
use crate::manifest::decl::ApprovalKind;
use crate::plan::{Action, Allowances, Plan};
use crate::render;
use crate::render::style::count;
use crate::render::text::Detail;
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
    let as_of = args.shape.as_of.unwrap_or_else(project::today);
    let allow = plan::allowances(&args.shape)?;
    let project = project::load_project(global, as_of, terminal)?;
    let base = base::revision(&args.shape.base, &project.root, as_of, terminal)?;
    let base = base.as_ref();
    runtime().block_on(async {
        let Connection {
            reader,
            target,
            sandbox: _sandbox,
        } = target::connect(&project, terminal).await?;
        let live = collect::collect(&reader).await?;
        let planned = plan::make(&project, base, &live, &target, &allow);
        terminal.print(&plan::text(&planned, &args.shape, terminal))?;
        if planned.actions.is_empty() {
            return Ok(verdict(&planned, true));
        }
        if !args.auto_approve && !ask(&planned, terminal)? {
            terminal.status("nothing was written");
            return Ok(Exit::Failure);
        }

        let writer = Writer::new(reader);
        let stop = Arc::new(Stop::default());
        listen_for_interrupts(&stop);
        let watch = Watch::new(&planned);
        let options = Options {
            concurrency: usize::from(args.concurrency),
            needs_approval: project.policy.approvals.clone(),
            approved: args
                .approve
                .iter()
                .map(|kind| approval(*kind))
                .collect::<BTreeSet<_>>(),
        };
        let outcome = execute(&planned, &project.profile, &writer, &options, &stop, &watch).await;
        watch.end();
        terminal.print(&render::outcome::text(
            &planned,
            &outcome,
            terminal.width(),
            terminal.out_colour(),
        ))?;
        if outcome.stopped.is_some() {
            return Ok(Exit::Partial);
        }
        let residue = converge(&project, base, &writer, &target, &allow, &outcome).await?;
        terminal.print(&residue_text(&residue, &outcome, args, terminal))?;
        Ok(verdict(&residue, outcome.is_whole()))
    })
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
    base: Option<&BaseRevision>,
    writer: &Writer<target::Wire>,
    target: &crate::plan::TargetInfo,
    allow: &Allowances,
    outcome: &Outcome,
) -> Result<Plan, Failure> {
    let mut waits = SETTLE.iter();
    loop {
        let live = collect::collect(writer.reader()).await?;
        let residue = plan::make(project, base, &live, target, allow);
        match waits.next() {
            Some(wait) if !residue.actions.is_empty() && outcome.is_whole() => {
                tokio::time::sleep(*wait).await;
            }
            Some(_) | None => return Ok(residue),
        }
    }
}

fn verdict(residue: &Plan, is_whole: bool) -> Exit {
    if !is_whole || !residue.actions.is_empty() {
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
        plan::text(residue, &args.shape, terminal)
    )
}

/// Asks a person; without a terminal there is nobody to ask.
fn ask(planned: &Plan, terminal: &Terminal) -> Result<bool, Failure> {
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
    let _ = terminal;
    Ok(answer.trim() == "yes")
}

/// The first interrupt finishes what is in flight; the second one ends at once.
fn listen_for_interrupts(stop: &Arc<Stop>) {
    let stop = Arc::clone(stop);
    tokio::spawn(async move {
        if interrupt().await {
            eprintln!("stopping: what is in flight is finished, interrupt again to end at once");
            stop.ask();
        }
        if interrupt().await {
            std::process::exit(i32::from(Exit::Partial.code()));
        }
    });
}

#[cfg(unix)]
async fn interrupt() -> bool {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return tokio::signal::ctrl_c().await.is_ok();
    };
    tokio::select! {
        result = tokio::signal::ctrl_c() => result.is_ok(),
        _ = terminate.recv() => true,
    }
}

#[cfg(not(unix))]
async fn interrupt() -> bool {
    tokio::signal::ctrl_c().await.is_ok()
}

/// A bar on a terminal, a line for each item elsewhere.
struct Watch {
    bar: Option<indicatif::ProgressBar>,
}

impl Watch {
    fn new(planned: &Plan) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = indicatif::ProgressBar::new(planned.actions.len() as u64);
            let style = indicatif::ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}")
                .expect("the template is well-formed");
            bar.set_style(style);
            bar
        });
        Self { bar }
    }

    fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Watch {
    fn finished(&self, action: &Action, status: &Status) {
        let line = format!(
            "{}: {}",
            status.word(),
            render::text::describe(action, Detail::Short)
        );
        match &self.bar {
            Some(bar) => {
                bar.inc(1);
                if status.is_good() {
                    bar.set_message(line);
                } else {
                    bar.println(line);
                }
            }
            None => eprintln!("{line}"),
        }
    }
}
