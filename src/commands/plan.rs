//! `scim-sync plan`: what would change, and what would not and why.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::ahead::{self, Ahead};
use super::observe::{self, Goal};
use super::project::{self, Failure, Project};
use super::selection::{self, FileKind, Selection, Unnamed};
use super::target;
use super::trouble::Trouble;
use super::view::View;
use super::{Terminal, base, logins, newer, recent, runtime, several, undo, view, written};
use crate::cli::{GlobalArgs, PlanArgs, PlanShape};
use crate::desired::BaseRevision;
use crate::exit::Exit;
use crate::live::beside::Told;
use crate::live::collect::collect;
use crate::live::snapshot::Snapshot;
use crate::live::{LiveCount, LiveState};
use crate::manifest::decl::IncludedDecl;
use crate::manifest::load;
use crate::plan::file::PlanFile;
use crate::plan::undo::Undo;
use crate::plan::{Allowances, Inputs, Plan, PlanInput, Population, Recent, TargetInfo, Written};
use crate::render;
use crate::render::several::OfTarget;
use crate::render::text::Detail;

pub(super) fn run(
    global: &GlobalArgs,
    args: &PlanArgs,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let as_of = args.shape.as_of.unwrap_or_else(project::today);
    terminal.redact(args.view.redact);
    // A bad option is told before anything is read.
    Rails::new(&args.shape)?;
    let root = project::root_file(global)?;
    let begun = load::begin(&root);
    // A snapshot is read from a file, and a target that nobody trusts is asked nothing.
    let ahead = match args.live.is_none() && !args.untrusted && global.target.is_empty() {
        true => Ahead::begin(&begun, &root, terminal),
        false => None,
    };
    let tell = |decl: &IncludedDecl| {
        if let Some(ahead) = &ahead {
            ahead.count(decl);
        }
    };
    let select = project::select_begun;
    match select(begun, &tell, &root, global, as_of, Unnamed::All, terminal)? {
        Selection::One(project) => one(*project, ahead, args, terminal),
        Selection::Several(projects) => several(projects, args, terminal),
    }
}

fn one(
    project: Project,
    ahead: Option<Ahead>,
    args: &PlanArgs,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let live = selection::file_of_one(args.live.as_deref(), &project);
    let plan = made(&project, ahead, args, live.as_deref(), terminal)?;
    if let Some(file) = &args.out {
        let file = selection::of_one(file, project.manifest.name.as_ref());
        save(&project, &plan, &file)?;
        terminal.status(&format!(
            "saved as {}; `scim-sync apply {}` carries it out",
            file.display(),
            file.display()
        ));
    }
    several::view(&project, &args.view, detail(&args.shape)).print(&plan, terminal)?;
    let verdict = verdict(&plan, args);
    // As above, of what was wanted.
    std::mem::forget((project, plan));
    Ok(verdict)
}

/// The plans of several targets, made side by side.
fn several(projects: Vec<Project>, args: &PlanArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    several::can_show(args.view.format)?;
    if args.undo.is_some() {
        return Err(Trouble::new(
            "target",
            "a report is of a run at one target, and several are asked for",
            "name the one it is of with `--target NAME`",
        )
        .into());
    }
    if let Some(out) = &args.out {
        selection::folder_for(out)?;
    }
    let work = |project: Project, terminal: &Terminal| {
        let name = project.manifest.name.clone();
        let file = |path: &PathBuf, kind| Some(selection::file_of(path, name.as_ref()?, kind));
        let live = selection::snapshot_of(args.live.as_deref(), &project);
        let plan = made(&project, None, args, live.as_deref(), terminal)?;
        if let Some(file) = args
            .out
            .as_ref()
            .and_then(|path| file(path, FileKind::PLAN))
        {
            save(&project, &plan, &file)?;
            terminal.status(&format!("saved as {}", file.display()));
        }
        Ok(plan)
    };
    // All of them are of one manifest.
    let place = projects.first();
    let place = place.map(|any| (any.folder.clone(), any.root.clone()));
    let (folder, root) = place.unwrap_or_default();
    let targets = several::by_name(projects, |project| project);
    let planned = several::told(several::side_by_side(targets, terminal, work), terminal);
    several::distinct(planned.iter().filter_map(|(name, target)| match target {
        OfTarget::Result(plan) => Some((name, &plan.target)),
        OfTarget::Error(_) => None,
    }))?;
    if let Some(out) = &args.out {
        forget_old(out, &planned)?;
    }
    let view = View {
        args: &args.view,
        detail: detail(&args.shape),
        folder: &folder,
        root: &root,
    };
    several::print_plans(&planned, &view, terminal)?;
    Ok(Exit::worst(planned.values().map(|target| match target {
        OfTarget::Result(plan) => verdict(plan, args),
        OfTarget::Error(_) => Exit::Failure,
    })))
}

/// The plan for one target, from a snapshot or what is live there now.
fn made(
    project: &Project,
    ahead: Option<Ahead>,
    args: &PlanArgs,
    live: Option<&Path>,
    terminal: &Terminal,
) -> Result<Plan, Failure> {
    if let Some(ahead) = &ahead {
        ahead.foretell(&project.desired);
    }
    let mut rails = Rails::new(&args.shape)?;
    if args.untrusted {
        base::trust(&args.shape.base, project, terminal)?;
    }
    let base = base::revision(&args.shape.base, project, terminal)?;
    match live {
        Some(file) => {
            let (mut live, target) = from_snapshot(project, file, terminal)?;
            rails.recall_offline(project, &target, &mut live)?;
            let record = record(args, &target)?;
            let goal = goal(record.as_ref(), base.as_ref());
            Ok(observe::make(project, goal, &live, &target, &rails))
        }
        None => {
            let (runtime, connection, live) = match ahead {
                Some(ahead) => {
                    let ahead::Read {
                        runtime,
                        connection,
                        live,
                    } = ahead.finish()?;
                    (runtime, connection, Some(live))
                }
                None => {
                    let runtime = runtime();
                    let connection = runtime.block_on(target::connect(project, terminal))?;
                    (runtime, connection, None)
                }
            };
            runtime.block_on(async {
                let (reader, target) = (&connection.reader, &connection.target);
                rails.recall(project, target, terminal).await?;
                let record = record(args, target)?;
                let goal = goal(record.as_ref(), base.as_ref());
                let live = match live {
                    Some(live) => live,
                    None => {
                        reader.foretell(project.desired.users.len(), project.desired.groups.len());
                        collect(reader).await?
                    }
                };
                let planned = observe::plan_read(project, goal, reader, live, target, &rails);
                let (plan, live) = planned.await?;
                // The process is about to end: taking apart what was read would take longer
                // than printing what came of it.
                std::mem::forget(live);
                Ok(plan)
            })
        }
    }
}

/// Takes away what an earlier run saved for a target that has no plan now: `apply FOLDER` is of
/// one run.
fn forget_old(out: &Path, planned: &several::Planned) -> Result<(), Trouble> {
    for (name, target) in planned {
        let OfTarget::Error(_) = target else {
            continue;
        };
        let file = selection::file_of(out, name, FileKind::PLAN);
        match std::fs::remove_file(&file) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Trouble::file("remove the old plan", &file, &error)),
        }
    }
    Ok(())
}

fn save(project: &Project, plan: &Plan, file: &Path) -> Result<(), Trouble> {
    project.spare(file)?;
    let saved = PlanFile::seal(plan.clone()).to_json();
    super::private::write_private(file, saved.as_bytes())
        .map_err(|error| Trouble::file("write the plan", file, &error))
}

fn verdict(plan: &Plan, args: &PlanArgs) -> Exit {
    if !plan.refusals.is_empty() {
        Exit::Refusals
    } else if args.detailed_exitcode && !plan.is_empty() {
        Exit::Changes
    } else {
        Exit::Success
    }
}

/// What a command that only looks needs: the plan as `plan` would make it, and what it was
/// made from. The live state is a snapshot's if there is one, else read now.
pub(super) fn look(
    project: &Project,
    base: Option<&BaseRevision>,
    snapshot: Option<&Path>,
    terminal: &Terminal,
) -> Result<(Plan, LiveState, TargetInfo), Failure> {
    let mut rails = Rails::default();
    let goal = Goal::Manifest(base);
    match snapshot {
        Some(file) => {
            let (mut live, target) = from_snapshot(project, file, terminal)?;
            rails.recall_offline(project, &target, &mut live)?;
            let plan = observe::make(project, goal, &live, &target, &rails);
            Ok((plan, live, target))
        }
        None => runtime().block_on(async {
            let connection = target::connect(project, terminal).await?;
            rails.recall(project, &connection.target, terminal).await?;
            let (reader, target) = (&connection.reader, connection.target);
            let (plan, live) = observe::plan(project, goal, reader, &target, &rails).await?;
            Ok((plan, live, target))
        }),
    }
}

/// The run that is to be undone, if one is.
fn record(args: &PlanArgs, target: &TargetInfo) -> Result<Option<Undo>, Trouble> {
    let undone = args.undo.as_deref();
    undone
        .map(|report| undo::record(report, target))
        .transpose()
}

fn goal<'a>(record: Option<&'a Undo>, base: Option<&'a BaseRevision>) -> Goal<'a> {
    match record {
        Some(record) => Goal::Undo(record),
        None => Goal::Manifest(base),
    }
}

pub(super) fn from_snapshot(
    project: &Project,
    file: &Path,
    terminal: &Terminal,
) -> Result<(LiveState, TargetInfo), Trouble> {
    let snapshot = super::snapshot::read(file)?;
    of_this_target(project, file, &snapshot)?;
    if snapshot.provider != project.profile.name {
        return Err(Trouble::new(
            "snapshot",
            format!(
                "`{}` was taken from the provider `{}`, but the manifest's is `{}`",
                file.display(),
                snapshot.provider,
                project.profile.name
            ),
            "plan it with the manifest it belongs to",
        ));
    }
    terminal.status(&format!(
        "planned offline from a snapshot of {}",
        snapshot.taken_at
    ));
    let base_url = snapshot.base_url.clone();
    Ok((
        snapshot.into_state(),
        target::target_info(project, base_url),
    ))
}

/// Refuses a snapshot of another target, as far as the manifest says where its target is. Of
/// one target, any will do: it may be of the same account in another environment.
fn of_this_target(project: &Project, file: &Path, snapshot: &Snapshot) -> Result<(), Trouble> {
    let (Some(name), Some(url)) = (&project.manifest.name, &project.manifest.target.base_url)
    else {
        return Ok(());
    };
    let place = |url: &str| url.trim_end_matches('/').to_owned();
    if url.value.contains("${") || place(&url.value) == place(&snapshot.base_url) {
        return Ok(());
    }
    Err(Trouble::new(
        "snapshot",
        format!(
            "`{}` was taken from {}, and the target `{name}` is {}",
            file.display(),
            snapshot.base_url,
            url.value
        ),
        "plan it with the target it belongs to",
    ))
}

/// What a plan's limits are judged with.
#[derive(Default)]
pub(super) struct Rails {
    /// Limits raised for this plan.
    pub(super) allow: Allowances,
    /// What was removed in the last 24 hours.
    pub(super) recent: Recent,
    /// What earlier runs wrote and read back.
    pub(super) written: Written,
    /// What percentages are of, if not of the live state the plan is made from.
    pub(super) population: Option<Population>,
    /// How many users and groups the last run left, as far as its report is here.
    pub(super) remembered: Option<LiveCount>,
    /// Whom an older integration lets in.
    pub(super) logins: Told<BTreeSet<String>>,
}

impl Rails {
    pub(super) fn new(shape: &PlanShape) -> Result<Self, Trouble> {
        Ok(Self {
            allow: allowances(shape)?,
            recent: Recent::default(),
            written: Written::default(),
            population: None,
            remembered: None,
            logins: Told::NotAsked,
        })
    }

    /// Adds what earlier runs at this target left in their reports, and who can log in.
    pub(super) async fn recall(
        &mut self,
        project: &Project,
        target: &TargetInfo,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        self.recent = recent::removals(project, target)?;
        self.written = written::by_runs(project, target);
        self.remembered = newer::last_count(project, target);
        self.logins = logins::read(project, terminal).await?;
        Ok(())
    }

    /// As [`Rails::recall`] for a snapshot, asking nobody: what it holds may be older than the
    /// last run, so it is not compared with what that left.
    fn recall_offline(
        &mut self,
        project: &Project,
        target: &TargetInfo,
        live: &mut LiveState,
    ) -> Result<(), Trouble> {
        logins::read_offline(project)?.replace(&mut live.beside.logins);
        self.recent = recent::removals(project, target)?;
        self.written = written::by_runs(project, target);
        Ok(())
    }

    /// Forgets what only the plan at the start of a run is compared with: what this run
    /// takes away is no collapse, and what it writes no other client's.
    pub(super) fn forget(&mut self) {
        self.remembered = None;
        self.written = Written::default();
    }
}

/// The limits raised for this plan.
fn allowances(shape: &PlanShape) -> Result<Allowances, Trouble> {
    let mut allow = Allowances::default();
    for text in &shape.allow {
        let (limit, number) = Allowances::parse_one(text).map_err(|error| {
            Trouble::new(
                "allow",
                error.to_string(),
                "the plan prints the very option when a limit is tripped",
            )
        })?;
        allow.raise(limit, number);
    }
    Ok(allow)
}

/// Makes something of what every plan is made of, without the fingerprints of that: for what is
/// looked at and never saved.
pub(super) fn with_unnamed_input<R>(
    project: &Project,
    base: Option<&BaseRevision>,
    live: &LiveState,
    target: &TargetInfo,
    rails: &Rails,
    make: impl FnOnce(PlanInput<'_>) -> R,
) -> R {
    let population = match &rails.population {
        Some(population) => population,
        None => &Population::of(live),
    };
    make(PlanInput {
        desired: &project.desired,
        sources: &project.manifest.sources,
        base,
        live,
        population,
        recent: &rails.recent,
        written: &rails.written,
        profile: &project.profile,
        policy: &project.policy,
        allow: &rails.allow,
        target,
        inputs: &Inputs::default(),
    })
}

/// The plan for a terminal.
pub(super) fn text(plan: &Plan, shape: &PlanShape, terminal: &Terminal) -> String {
    render::text::plan(plan, view::text_options(detail(shape), terminal))
}

fn detail(shape: &PlanShape) -> Detail {
    if shape.full {
        Detail::Full
    } else {
        Detail::Short
    }
}

/// Takes a snapshot's head: where and when.
pub(super) fn snapshot(project: &Project, live: &LiveState, target: &TargetInfo) -> Snapshot {
    let now = jiff::Timestamp::now();
    Snapshot::new(
        live,
        project.profile.name,
        &target.base_url,
        &now.to_string(),
    )
}
