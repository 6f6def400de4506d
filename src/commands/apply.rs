//! `scim-sync apply`: plan, ask, carry it out, read everything back and plan again.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::observe::{self, Goal};
use super::plan::Rails;
use super::progress::{Told, Watch};
use super::project::{self, Failure, Project};
use super::selection::{self, FileKind, Selection, Unnamed};
use super::state::{self, Lock, ReportFile};
use super::target::{self, WritingConnection};
use super::trouble::Trouble;
use super::{Terminal, base, interrupts, newer, plan, recent, runtime, several};
use crate::apply::recorded::Recorder;
use crate::apply::report::{Event, REPORT_VERSION, Report};
use crate::apply::{Options, Outcome, Picture, Stop, execute};
use crate::cli::{ApplyArgs, ApproveKind, GlobalArgs};
use crate::desired::{BaseRevision, resolve};
use crate::exit::Exit;
use crate::ids::TargetName;
use crate::live::LiveCount;
use crate::manifest::decl::ApprovalKind;
use crate::plan::file::PlanFile;
use crate::plan::{Moved, Plan, Population, TargetInfo};
use crate::render;
use crate::render::several::{Came, Line, OfTarget};
use crate::render::style::count;
use crate::sandbox::server::Server;
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
    terminal.redact(args.redact);
    // A bad option is told before anything is read.
    Rails::new(&args.shape)?;
    let saved = SavedPlans::open(global, args)?;
    // A saved plan takes no `--as-of`: whatever day it was made for, it is carried out today.
    let as_of = args.shape.as_of.unwrap_or_else(project::today);
    let projects = project::load_targets(global, as_of, terminal)?;
    if let SavedPlans::One(saved) = &saved
        && let Some(stale) = projects.first().and_then(|any| stale(any, saved))
    {
        terminal.status(&stale);
        return Ok(Exit::Stale);
    }
    let asked = match global.target.is_empty() {
        true => saved.names(),
        false => global.target.clone(),
    };
    match selection::select(projects, &asked, Unnamed::Refused)? {
        Selection::One(project) => {
            let saved = saved.of(project.manifest.name.as_ref())?;
            one(*project, saved, args, terminal)
        }
        Selection::Several(projects) => several(projects, saved, args, terminal),
    }
}

/// The plans that are to be carried out, where they were saved.
enum SavedPlans {
    /// None: plans are made now.
    None,
    /// One plan, of one target.
    One(Box<Plan>),
    /// One for each of several targets, from files of their own.
    Several(BTreeMap<TargetName, Plan>),
}

impl SavedPlans {
    /// Opens the file, or the files of the targets that are asked for.
    fn open(global: &GlobalArgs, args: &ApplyArgs) -> Result<Self, Trouble> {
        match &args.plan {
            None => Ok(Self::None),
            Some(path) => Self::at(global, path),
        }
    }

    fn at(global: &GlobalArgs, path: &Path) -> Result<Self, Trouble> {
        if !selection::is_of_several(path) {
            return Ok(Self::One(Box::new(read_plan(path)?)));
        }
        let is_asked = |name: &TargetName| {
            let mut asked = global.target.iter();
            global.target.is_empty() || asked.any(|it| it == name.as_str() || it == TargetName::ALL)
        };
        let mut plans = BTreeMap::new();
        for name in project::target_names(global)? {
            let file = selection::file_of(path, &name, FileKind::PLAN);
            if is_asked(&name) && file.exists() {
                let plan = read_plan(&file)?;
                if plan.target.name.as_ref() != Some(&name) {
                    return Err(misnamed(&file, &name, &plan));
                }
                plans.insert(name, plan);
            }
        }
        match plans.is_empty() {
            false => Ok(Self::Several(plans)),
            true => Err(Trouble::new(
                "plan-file",
                format!(
                    "`{}` has no plan of a target of the manifest",
                    path.display()
                ),
                "save them with `scim-sync plan --out FOLDER`",
            )),
        }
    }

    /// The targets they are of, as far as these have names.
    fn names(&self) -> Vec<String> {
        match self {
            Self::None => Vec::new(),
            Self::One(plan) => plan.target.name.iter().map(ToString::to_string).collect(),
            Self::Several(plans) => plans.keys().map(ToString::to_string).collect(),
        }
    }

    /// The plan to carry out at the one target that was selected.
    fn of(self, name: Option<&TargetName>) -> Result<Option<Plan>, Trouble> {
        match self {
            Self::None => Ok(None),
            // Whether it is of this target is looked at with the connection.
            Self::One(plan) => Ok(Some(*plan)),
            Self::Several(mut plans) => match name.and_then(|name| plans.remove(name)) {
                Some(plan) => Ok(Some(plan)),
                None => Err(not_saved()),
            },
        }
    }
}

/// The plans saved in a file, or in the files of several targets in the order of their names.
pub(super) fn saved(global: &GlobalArgs, path: &Path) -> Result<Vec<Plan>, Trouble> {
    Ok(match SavedPlans::at(global, path)? {
        SavedPlans::None => Vec::new(),
        SavedPlans::One(plan) => vec![*plan],
        SavedPlans::Several(plans) => plans.into_values().collect(),
    })
}

/// Whoever copied or renamed the files of a folder would have one target's plan told as another's.
fn misnamed(file: &Path, name: &TargetName, plan: &Plan) -> Trouble {
    let of = match &plan.target.name {
        Some(other) => format!("the target `{other}`"),
        None => "a target without a name".to_owned(),
    };
    Trouble::new(
        "plan-file",
        format!(
            "`{}` is called like a plan of the target `{name}`, and is one of {of}",
            file.display()
        ),
        "save the plans again with `scim-sync plan --out FOLDER`",
    )
}

fn not_saved() -> Trouble {
    Trouble::new(
        "plan-file",
        "no plan is saved for this target",
        "save one with `scim-sync plan --out FOLDER`, or leave the target out",
    )
}

/// Applies at one target.
fn one(
    project: Project,
    saved: Option<Plan>,
    args: &ApplyArgs,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let _lock = Lock::take(&project.folder)?;
    runtime().block_on(async {
        let run = match begin(project, saved, args, terminal).await? {
            Begun::Ready(run) => *run,
            Begun::Stale(stale) => {
                terminal.status(&stale);
                return Ok(Exit::Stale);
            }
        };
        terminal.print(&shown(&run.planned, args, terminal))?;
        if run.planned.actions.is_empty() {
            return Ok(verdict(&run.planned, Completeness::Whole));
        }
        let at = &run.target.base_url;
        if !args.auto_approve && !ask(run.planned.actions.len(), at)? {
            terminal.status("nothing was written");
            return Ok(Exit::Failure);
        }
        let report = match &args.report {
            Some(path) => Some(selection::of_one(path, run.project.manifest.name.as_ref())),
            None => None,
        };
        let told = match args.quiet {
            true => Told::Failures,
            false => Told::Progress,
        };
        let mut paper = Paper::Terminal(terminal);
        let ended = run.carry_out(args, report, told, terminal, &mut paper);
        Ok(ended.await?.exit)
    })
}

/// Applies at several targets: planned side by side, asked once, carried out side by side.
fn several(
    projects: Vec<Project>,
    saved: SavedPlans,
    args: &ApplyArgs,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let mut saved = match saved {
        SavedPlans::None => None,
        SavedPlans::Several(plans) => Some(plans),
        SavedPlans::One(_) => {
            return Err(Trouble::new(
                "plan-target",
                "the plan is of one target, and several are asked for",
                "leave out `--target`: the plan says which it is of",
            )
            .into());
        }
    };
    if let Some(report) = &args.report {
        selection::folder_for(report)?;
    }
    // All of one manifest: its folder has the one lock.
    let _lock = match projects.first() {
        Some(project) => Some(Lock::take(&project.folder)?),
        None => None,
    };
    let runtime = runtime();
    let given: Vec<(Project, Option<Option<Plan>>)> = projects
        .into_iter()
        .map(|project| {
            let name = project.manifest.name.as_ref();
            let plan = saved.as_mut().map(|saved| saved.remove(name?));
            (project, plan)
        })
        .collect();
    let begun = several::side_by_side(
        several::by_name(given, |(project, _)| project),
        terminal,
        |(project, saved), terminal| {
            let saved = match saved {
                Some(Some(plan)) => Some(plan),
                Some(None) => return Err(not_saved().into()),
                None => None,
            };
            runtime.block_on(begin(project, saved, args, terminal))
        },
    );
    let mut exits = Vec::new();
    let mut ready = Vec::new();
    let mut lines = BTreeMap::new();
    for (name, target) in several::told(begun, terminal) {
        let line = match target {
            OfTarget::Result(Begun::Ready(run)) => {
                terminal.print(&shown(&run.planned, args, terminal))?;
                terminal.print("\n")?;
                let line = Line::of_plan(&name, &run.planned);
                match run.planned.actions.is_empty() {
                    true => exits.push(verdict(&run.planned, Completeness::Whole)),
                    false => ready.push((name.clone(), run)),
                }
                (line.came, line.text)
            }
            OfTarget::Result(Begun::Stale(stale)) => {
                terminal.of(&name).status(&stale);
                exits.push(Exit::Stale);
                (Came::Result, "the saved plan is stale".to_owned())
            }
            OfTarget::Error(error) => {
                exits.push(Exit::Failure);
                several::failed(&error)
            }
        };
        lines.insert(name, line);
    }
    let told = summary(&lines, terminal);
    terminal.print(&terminal.hidden(&told))?;
    several::distinct(ready.iter().map(|(name, run)| (name, &run.target)))?;
    let actions: usize = ready.iter().map(|(_, run)| run.planned.actions.len()).sum();
    if actions == 0 {
        return Ok(Exit::worst(exits));
    }
    let names: Vec<String> = ready
        .iter()
        .map(|(name, run)| format!("{name}: {}", run.planned.actions.len()))
        .collect();
    if !args.auto_approve && !ask(actions, &names.join(", "))? {
        terminal.status("nothing was written");
        return Ok(Exit::Failure);
    }
    let told = match args.quiet {
        true => Told::Failures,
        false => Told::Lines,
    };
    let ended = several::side_by_side(ready, terminal, |run: Box<Run>, terminal| {
        let name = run.project.manifest.name.clone();
        let report = args.report.as_ref();
        let report = report
            .zip(name.as_ref())
            .map(|(path, name)| selection::file_of(path, name, FileKind::REPORT));
        let mut paper = Paper::Kept(String::new());
        let ended = run.carry_out(args, report, told, terminal, &mut paper);
        let ended = runtime.block_on(ended)?;
        Ok((ended, paper))
    });
    for (name, target) in several::told(ended, terminal) {
        let line = match target {
            OfTarget::Result((ended, paper)) => {
                exits.push(ended.exit);
                terminal.print(&format!("\n{name}\n"))?;
                if let Paper::Kept(text) = paper {
                    terminal.print(&text)?;
                }
                (Came::Result, ended.line)
            }
            OfTarget::Error(error) => {
                exits.push(Exit::Failure);
                several::failed(&error)
            }
        };
        lines.insert(name, line);
    }
    terminal.print("\n")?;
    let told = summary(&lines, terminal);
    terminal.print(&terminal.hidden(&told))?;
    Ok(Exit::worst(exits))
}

fn summary(lines: &BTreeMap<TargetName, (Came, String)>, terminal: &Terminal) -> String {
    let lines: Vec<Line<'_>> = lines
        .iter()
        .map(|(name, (came, text))| Line {
            name,
            came: *came,
            text: text.clone(),
        })
        .collect();
    render::several::summary(&lines, terminal.width(), terminal.out_colour())
}

/// Where a run prints what came of it.
enum Paper<'a> {
    /// As soon as it is known.
    Terminal(&'a Terminal),
    /// When it is this target's turn.
    Kept(String),
}

impl Paper<'_> {
    fn print(&mut self, text: &str) -> Result<(), Failure> {
        match self {
            Self::Terminal(terminal) => terminal.print(text),
            Self::Kept(kept) => {
                kept.push_str(text);
                Ok(())
            }
        }
    }
}

/// A plan that is ready to be carried out at its target.
struct Run {
    project: Project,
    base: Option<BaseRevision>,
    writer: Writer<target::Wire>,
    target: TargetInfo,
    recorder: Recorder,
    rails: Rails,
    planned: Plan,
    picture: Picture,
    /// What moved since the plan was made, if it was saved.
    moved: Moved,
    /// The sandbox, if it is one, lives as long.
    _sandbox: Option<Server>,
}

/// What comes of beginning a run.
enum Begun {
    /// It can be carried out.
    Ready(Box<Run>),
    /// The saved plan is not of this manifest; says what differs.
    Stale(String),
}

/// How a run ended.
struct Ended {
    exit: Exit,
    /// In a few words, for a summary.
    line: String,
}

/// Connects to a target, and makes its plan or looks at the saved one.
async fn begin(
    project: Project,
    saved: Option<Plan>,
    args: &ApplyArgs,
    terminal: &Terminal,
) -> Result<Begun, Failure> {
    let mut rails = Rails::new(&args.shape)?;
    if let Some(stale) = saved.as_ref().and_then(|saved| stale(&project, saved)) {
        return Ok(Begun::Stale(stale));
    }
    if let Some(stale) = saved.as_ref().and_then(|saved| stale_day(&project, saved)) {
        return Ok(Begun::Stale(stale));
    }
    let base = base::revision(&args.shape.base, &project, terminal)?;
    let stale = |saved| stale_base(base.as_ref(), saved);
    if let Some(stale) = saved.as_ref().and_then(stale) {
        return Ok(Begun::Stale(stale));
    }
    let WritingConnection {
        writer,
        target,
        recorder,
        sandbox,
    } = target::connect_to_write(&project, terminal).await?;
    if !args.older {
        newer::check(&project, &target)?;
    }
    rails.recall(&project, &target, terminal).await?;
    let (planned, picture, moved) = match saved {
        Some(saved) => {
            let planned = for_this_target(saved, &target)?;
            recent::check(&planned, &rails.recent)?;
            let moved = match planned.actions.is_empty() {
                true => Moved::default(),
                false => {
                    observe::moved(&project, writer.reader(), &target, &rails, &planned).await?
                }
            };
            (planned, Picture::Dated, moved)
        }
        None => {
            let goal = Goal::Manifest(base.as_ref());
            let reader = writer.reader();
            let (plan, live) = observe::plan(&project, goal, reader, &target, &rails).await?;
            rails.population = Some(Population::of(&live));
            (plan, Picture::Fresh, Moved::default())
        }
    };
    rails.forget();
    Ok(Begun::Ready(Box::new(Run {
        project,
        base,
        writer,
        target,
        recorder,
        rails,
        planned,
        picture,
        moved,
        _sandbox: sandbox,
    })))
}

impl Run {
    /// Carries the plan out, reads everything back and plans again.
    async fn carry_out(
        &self,
        args: &ApplyArgs,
        report: Option<PathBuf>,
        told: Told,
        terminal: &Terminal,
        paper: &mut Paper<'_>,
    ) -> Result<Ended, Failure> {
        let Self {
            project,
            base,
            writer,
            target,
            recorder,
            rails,
            planned,
            picture,
            moved,
            _sandbox: _,
        } = self;
        let stop = Arc::new(Stop::default());
        let (report, path) = begin_report(project, report, planned)?;
        recorder.begin(Arc::clone(&report), Arc::clone(&stop));
        interrupts::listen(&stop, terminal);
        if let Some(time) = args.deadline {
            end_after(time, &stop);
        }
        let watch = Watch::begin(planned.actions.len(), told, terminal, Arc::clone(&report));
        let options = Options {
            picture: *picture,
            moved: moved.clone(),
            concurrency: usize::from(args.concurrency),
            needs_approval: planned.needs_approval.clone(),
            approved: args
                .approve
                .iter()
                .map(|kind| approval(*kind))
                .collect::<BTreeSet<_>>(),
        };
        let outcome = execute(planned, &project.profile, writer, &options, &stop, &watch).await;
        watch.end();
        let text =
            render::outcome::text(planned, &outcome, terminal.width(), terminal.out_colour());
        paper.print(&terminal.hidden(&text))?;
        let end = |converged, left| Event::End {
            converged,
            stopped: outcome.stopped.clone(),
            left,
        };
        if let Some(reason) = &outcome.stopped {
            end_report(&report, end(None, None), &path, terminal);
            return Ok(Ended {
                exit: Exit::Partial,
                line: format!("stopped: {reason}"),
            });
        }
        let goal = match &planned.undo {
            Some(record) => Goal::Undo(record),
            None => Goal::Manifest(base.as_ref()),
        };
        let (residue, left) = converge(project, goal, writer, target, rails, &outcome).await?;
        end_report(
            &report,
            end(Some(residue.actions.is_empty()), Some(left)),
            &path,
            terminal,
        );
        paper.print(&residue_text(&residue, &outcome, args, terminal))?;
        let completeness = if outcome.is_whole() {
            Completeness::Whole
        } else {
            Completeness::Partial
        };
        Ok(Ended {
            exit: verdict(&residue, completeness),
            line: in_short(&residue, completeness),
        })
    }
}

/// How a run ended, for a summary.
fn in_short(residue: &Plan, completeness: Completeness) -> String {
    let refused = match residue.refusals.len() {
        0 => String::new(),
        refused => format!(", {refused} refused"),
    };
    match (residue.actions.len(), completeness) {
        (0, Completeness::Whole) => format!("converged{refused}"),
        (0, Completeness::Partial) => {
            format!("nothing is left to do, although not every item went well{refused}")
        }
        (left, _) => {
            let left = count(left, "action is", "actions are");
            format!("not converged: {left} left{refused}")
        }
    }
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

/// Says so, if the plan is of another day and the manifest wants something else today: grants end
/// by themselves, and no review of that day knew.
fn stale_day(project: &Project, saved: &Plan) -> Option<String> {
    let (then, today) = (saved.as_of, project.desired.as_of);
    if then > today {
        return Some(format!(
            "error[stale-plan]: the plan was made for {then}, and today is {today}\nhelp: plan again without `--as-of`, or apply it on that day"
        ));
    }
    // A plan that undoes a run asks the run what is wanted.
    if then == today || saved.undo.is_some() {
        return None;
    }
    let wanted = resolve(&project.manifest, then);
    if wanted.groups == project.desired.groups {
        return None;
    }
    let yesterday = today.yesterday().unwrap_or(today);
    let mut ended = Vec::new();
    for role in &wanted.roles {
        for (grant, until) in role.grants.ending(yesterday) {
            let key = &wanted.user(grant.user).key;
            ended.push(format!(
                "  ended    `{key}` in `{}`, until {until}",
                role.name
            ));
        }
    }
    Some(format!(
        "error[stale-plan]: the plan was made for {then}, and grants have ended since\n{}\nhelp: plan again, have it reviewed, and apply the new plan",
        ended.join("\n")
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
            "the plan was made for {} at {}, and this target is {} at {}",
            saved.target.called(),
            saved.target.base_url,
            target.called(),
            target.base_url
        ),
        "apply it with the environment it was planned in, or plan again",
    ))
}

fn begin_report(
    project: &Project,
    named: Option<PathBuf>,
    planned: &Plan,
) -> Result<(Arc<Report>, PathBuf), Trouble> {
    let path = match (named, &project.manifest.reports) {
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
        (Some(path), None) => path,
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
fn ask(actions: usize, at: &str) -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Trouble::new(
            "not-approved",
            "there is no terminal to ask on, and nothing was written",
            "review the plan, then run again with `--auto-approve`",
        )
        .into());
    }
    let question = format!(
        "\nCarry out {} at {at}? Only `yes` is taken: ",
        count(actions, "action", "actions")
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
