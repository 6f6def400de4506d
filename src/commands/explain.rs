//! `scim-sync explain`: why somebody is in a group, or why not and what would give it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::observe::{self, Goal};
use super::plan::{self, Rails};
use super::project::{self, Failure, Project};
use super::target;
use super::trouble::Trouble;
use super::{Terminal, runtime};
use crate::cli::{ExplainArgs, ExplainFormat, GlobalArgs};
use crate::exit::Exit;
use crate::live::{Builder, LiveState};
use crate::manifest::history::{Introduced, Repository};
use crate::plan::explain::{Line, Question, Reads, Unknown, Written, explain};
use crate::plan::{PlanInput, TargetInfo};
use crate::render;
use crate::scim::listing::{Proof, Verdict, Walk};

pub(super) fn run(
    global: &GlobalArgs,
    args: &ExplainArgs,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let as_of = args.as_of.unwrap_or_else(project::today);
    let project = project::load_project(global, as_of, terminal)?;
    let (live, target, reads) = read(&project, args.live.as_deref(), args.no_live, terminal)?;
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
    let mut answer = plan::with_unnamed_input(&project, None, &live, &target, &rails, ask)
        .map_err(|unknown: Unknown| {
            Trouble::new(unknown.code(), unknown.to_string(), unknown.help())
        })?;
    ask_git(answer.lines_mut().collect(), &project.folder);
    terminal.print(&match args.format {
        ExplainFormat::Text => {
            render::explain::text(&answer, terminal.width(), terminal.out_colour())
        }
        ExplainFormat::Json => render::explain::json(&answer),
    })?;
    Ok(Exit::Success)
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
