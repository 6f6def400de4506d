//! `scim-sync explain`: why somebody is in a group, or why not and what would give it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::observe::{self, Goal};
use super::plan::{self, Rails};
use super::project::{self, Failure, Project};
use super::selection::{self, Selection, Unnamed};
use super::several::{self, Telling};
use super::target;
use super::trouble::Trouble;
use super::{Terminal, runtime};
use crate::cli::{ExplainArgs, ExplainFormat, GlobalArgs};
use crate::exit::Exit;
use crate::ids::{Email, TargetName};
use crate::live::{Builder, LiveState};
use crate::manifest::history::{Introduced, Repository};
use crate::manifest::words::all_of;
use crate::plan::explain::{Explanation, Line, Question, Reads, Unknown, Written, explain};
use crate::plan::{PlanInput, TargetInfo};
use crate::render;
use crate::render::several::{Came, OfTarget, TargetError};
use crate::render::style::count;
use crate::scim::listing::{Proof, Verdict, Walk};

pub(super) fn run(
    global: &GlobalArgs,
    args: &ExplainArgs,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let as_of = args.as_of.unwrap_or_else(project::today);
    let text = |answer: &Explanation| {
        render::explain::text(answer, terminal.width(), terminal.out_colour())
    };
    match project::load_selected(global, as_of, Unnamed::All, terminal)? {
        Selection::One(project) => {
            let live = selection::file_of_one(args.live.as_deref(), &project);
            let answer = answer(&project, args, live.as_deref(), terminal)?;
            terminal.print(&match args.format {
                ExplainFormat::Text => text(&answer),
                ExplainFormat::Json => render::explain::json(&answer),
            })?;
            Ok(Exit::Success)
        }
        Selection::Several(projects) => {
            let targets = several::by_name(projects, |project| project);
            let work = |project: Project, terminal: &Terminal| {
                let live = selection::snapshot_of(args.live.as_deref(), &project);
                answer(&project, args, live.as_deref(), terminal)
            };
            let found = several::side_by_side(targets, terminal, work);
            // To be nobody everywhere is told as to be nobody at the only target is.
            let somewhere = found.iter().any(|(_, answer)| answer.is_ok());
            let is_answer = |trouble: &Trouble| somewhere && NOBODY.contains(&trouble.code());
            let found = several::told_unless(found, is_answer, terminal);
            let exit = exit_of(&found);
            match args.format {
                ExplainFormat::Json => several::print_json(found, terminal)?,
                ExplainFormat::Text => {
                    let tell = |answer: &Explanation| Telling {
                        text: text(answer),
                        line: in_short(answer),
                    };
                    let tell_error = |error: &TargetError| match is_nobody(error) {
                        true => (Came::Result, error.message.clone()),
                        false => several::failed(error),
                    };
                    several::print_texts_and(&found, tell, tell_error, terminal)?;
                }
            }
            Ok(exit)
        }
    }
}

/// The code of somebody who is declared, and for other targets only.
const ELSEWHERE: &str = "elsewhere";

/// The codes of whoever is nobody at a target: an answer, as long as there is another somewhere.
const NOBODY: [&str; 3] = ["unknown-person", "unknown-group", ELSEWHERE];

fn is_nobody(error: &TargetError) -> bool {
    NOBODY.contains(&error.code.as_str())
}

/// Well, if there is an answer somewhere and nothing failed elsewhere.
fn exit_of(found: &BTreeMap<TargetName, OfTarget<Explanation>>) -> Exit {
    let mut answers = 0;
    for target in found.values() {
        match target {
            OfTarget::Result(_) => answers += 1,
            OfTarget::Error(error) if is_nobody(error) => {}
            OfTarget::Error(_) => return Exit::Failure,
        }
    }
    match answers {
        0 => Exit::Failure,
        _ => Exit::Success,
    }
}

fn in_short(answer: &Explanation) -> String {
    let given = answer.groups.iter().filter(|group| !group.paths.is_empty());
    match given.count() {
        0 => "no role gives a group".to_owned(),
        given => format!("roles give {}", count(given, "group", "groups")),
    }
}

/// The answer at one target.
fn answer(
    project: &Project,
    args: &ExplainArgs,
    live: Option<&Path>,
    terminal: &Terminal,
) -> Result<Explanation, Failure> {
    let (live, target, reads) = read(project, live, args.no_live, terminal)?;
    let ask = |input: PlanInput<'_>| {
        explain(Question {
            input,
            manifest: &project.manifest,
            reads,
            person: &args.person,
            group: args.group.as_deref(),
        })
    };
    let rails = Rails::default();
    let mut answer = plan::with_unnamed_input(project, None, &live, &target, &rails, ask).map_err(
        |unknown: Unknown| {
            elsewhere(project, &args.person, &unknown).unwrap_or_else(|| {
                Trouble::new(unknown.code(), unknown.to_string(), unknown.help())
            })
        },
    )?;
    ask_git(answer.lines_mut().collect(), &project.folder);
    Ok(answer)
}

/// Says so, if somebody is unknown at a target because they are limited to others.
fn elsewhere(project: &Project, person: &str, unknown: &Unknown) -> Option<Trouble> {
    let Unknown::Person { .. } = unknown else {
        return None;
    };
    let here = project.manifest.name.as_ref()?;
    let email = Email::new(person);
    let (key, user) = (project.manifest.elsewhere.0.iter())
        .find(|(key, user)| key.value.as_str() == person || user.email.value == email)?;
    let names = || user.targets.iter().map(|target| target.value.as_str());
    let place = project.manifest.sources.place(key.span);
    Some(Trouble::new(
        ELSEWHERE,
        format!(
            "`{}` is declared for {} only, at {place}, and is not to be at `{here}`",
            key.value,
            all_of(names())
        ),
        format!("add `{here}` to their `targets` if they are to be there"),
    ))
}

/// The live state, from a snapshot or the provider, or nothing of it.
pub(super) fn read(
    project: &Project,
    snapshot: Option<&Path>,
    no_live: bool,
    terminal: &Terminal,
) -> Result<(LiveState, TargetInfo, Reads), Failure> {
    match (snapshot, no_live) {
        (Some(file), _) => {
            let (live, target) = plan::from_snapshot(project, file, terminal)?;
            Ok((live, target, Reads::Live))
        }
        (None, true) => {
            let url = project.manifest.target.base_url.as_ref();
            let url = url.map_or_else(
                || target::sandbox_title(project.manifest.name.as_ref()),
                |url| url.value.clone(),
            );
            let nothing = Builder::default().finish(nothing_read(), nothing_read());
            Ok((nothing, target::target_info(project, url), Reads::Declared))
        }
        (None, false) => {
            let (live, target) = runtime().block_on(async {
                let connection = target::connect(project, terminal).await?;
                let live = observe::read(project, Goal::Manifest(None), &connection.reader).await?;
                Ok::<_, Failure>((live, connection.target))
            })?;
            Ok((live, target, Reads::Live))
        }
    }
}

fn nothing_read() -> Walk {
    Walk {
        pages: 0,
        rows: 0,
        duplicates: 0,
        reported_total: None,
        verdict: Verdict::Whole {
            how: Proof::EmptyPages,
        },
    }
}

/// So many lines of one file are asked for together with the rest of it.
const MANY: usize = 50;

/// Fills in who wrote each line; without a repository there is nobody to ask.
pub(super) fn ask_git(lines: Vec<&mut Line>, folder: &Path) {
    let Ok(repository) = Repository::of(folder) else {
        return;
    };
    let mut asked: BTreeMap<Arc<str>, BTreeSet<u32>> = BTreeMap::new();
    for line in &lines {
        let file = Arc::clone(&line.place.file);
        asked.entry(file).or_default().insert(line.place.line);
    }
    let told: BTreeMap<Arc<str>, BTreeMap<u32, Introduced>> = asked
        .into_iter()
        .map(|(file, lines)| {
            let told = repository.blame(&file, Some(&lines).filter(|it| it.len() <= MANY));
            (file, told)
        })
        .collect();
    for line in lines {
        let introduced = told
            .get(&line.place.file)
            .and_then(|lines| lines.get(&line.place.line));
        line.written = introduced.cloned().map(
            |Introduced {
                 commit,
                 author,
                 date,
             }| Written {
                commit,
                author,
                date,
            },
        );
    }
}
