//! `scim-sync snapshot`: the live state as one JSON file.

use std::path::Path;

use super::observe::{self, Goal};
use super::plan::Rails;
use super::project::{self, Failure, Project};
use super::selection::{self, Selection, Unnamed};
use super::target;
use super::trouble::Trouble;
use super::{Terminal, logins, plan, runtime, several};
use crate::cli::{ExplainFormat, GlobalArgs, SnapshotArgs, SnapshotCommand, SnapshotDiffArgs};
use crate::exit::Exit;
use crate::live::beside::Ask;
use crate::live::collect_beside;
use crate::live::diff::SnapshotDiff;
use crate::live::snapshot::Snapshot;
use crate::plan::questions::questions;
use crate::render;
use crate::render::style::count;

pub(super) fn run(
    global: &GlobalArgs,
    args: &SnapshotArgs,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    if let Some(SnapshotCommand::Diff(args)) = &args.command {
        return diff(args, terminal);
    }
    match project::load_selected(global, project::today(), Unnamed::All, terminal)? {
        Selection::One(project) => {
            let out = selection::file_of_one(args.out.as_deref(), &project);
            if let Some(json) = taken(&project, out.as_deref(), terminal)? {
                terminal.print(&json)?;
            }
            Ok(Exit::Success)
        }
        Selection::Several(projects) => {
            let Some(out) = &args.out else {
                return Err(Trouble::new(
                    "target",
                    "a snapshot is of one target, and several are asked for",
                    "name one with `--target NAME`, or a folder for all with `--out FOLDER`",
                )
                .into());
            };
            selection::folder_for(out)?;
            let targets = several::by_name(projects, |project| project);
            let work = |project: Project, terminal: &Terminal| {
                let file = selection::snapshot_of(Some(out), &project);
                taken(&project, file.as_deref(), terminal)
            };
            let found = several::told(several::side_by_side(targets, terminal, work), terminal);
            Ok(several::exit_of(&found))
        }
    }
}

/// Takes a snapshot, into a file if one is named, else as a text.
fn taken(
    project: &Project,
    out: Option<&Path>,
    terminal: &Terminal,
) -> Result<Option<String>, Failure> {
    if let Some(file) = out {
        project.spare(file)?;
    }
    let (live, target) = runtime().block_on(async {
        let connection = target::connect(project, terminal).await?;
        let reader = &connection.reader;
        let mut live = observe::read(project, Goal::Manifest(None), reader).await?;
        // Whatever a plan may want to know later, when nobody can be asked.
        let ask = plan::with_unnamed_input(
            project,
            None,
            &live,
            &connection.target,
            &Rails::default(),
            |input| questions(input, &crate::plan::sketch(input)),
        );
        let ask = Ask {
            roles: ask.roles,
            resource_groups: ask.resource_groups,
            ..Ask::everything()
        };
        collect_beside::answer(reader, &ask, &mut live).await;
        live.beside.logins = logins::read(project, terminal).await?;
        Ok::<_, Failure>((live, connection.target))
    })?;
    let snapshot = plan::snapshot(project, &live, &target);
    let mut json =
        serde_json::to_string_pretty(&snapshot).expect("a snapshot has only string keys");
    json.push('\n');
    let Some(file) = out else {
        return Ok(Some(json));
    };
    super::private::write_private(file, json.as_bytes())
        .map_err(|error| Trouble::file("write the snapshot", file, &error))?;
    let whole = if live.integrity.is_whole() {
        "whole"
    } else {
        "with possible gaps"
    };
    terminal.status(&format!(
        "wrote {} and {}, read {whole}, to {}",
        count(live.users.len(), "user", "users"),
        count(live.groups.len(), "group", "groups"),
        file.display()
    ));
    Ok(None)
}

fn diff(args: &SnapshotDiffArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let (before, after) = (read(&args.before)?, read(&args.after)?);
    let diff = SnapshotDiff::new(&before, &after);
    terminal.print(&match args.format {
        ExplainFormat::Text => {
            render::snapshot_diff::text(&diff, terminal.width(), terminal.out_colour())
        }
        ExplainFormat::Json => render::snapshot_diff::json(&diff),
    })?;
    Ok(Exit::Success)
}

/// Reads a snapshot from a file.
pub(super) fn read(file: &std::path::Path) -> Result<Snapshot, Trouble> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Trouble::file("read the snapshot", file, &error))?;
    Snapshot::parse(&text).map_err(|error| {
        Trouble::new(
            "snapshot",
            format!("`{}` is {error}", file.display()),
            "write one with `scim-sync snapshot --out FILE`",
        )
    })
}
