//! `scim-sync import live`: the live state as a manifest, or as additions to one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use similar::TextDiff;

use super::super::observe::{self, Goal};
use super::super::plan::{self, Rails};
use super::super::target::{self, SANDBOX};
use super::super::{fmt, runtime, snapshot};
use super::{create_and_list, lenient, tell, would_overwrite};
use crate::cli::{GlobalArgs, ImportLiveArgs};
use crate::commands::Terminal;
use crate::commands::project::{self, Failure, Project};
use crate::commands::trouble::Trouble;
use crate::exit::Exit;
use crate::ids::TargetName;
use crate::import::drift::{self, Drift};
use crate::import::live::{Known, draft};
use crate::import::merge::{Edits, Parsed};
use crate::import::write::{Heading, NewFile, Target, files};
use crate::import::{Draft, Note};
use crate::live::LiveState;
use crate::manifest::edit::field;
use crate::manifest::load::{DiskFiles, MemoryFiles, ROOT_FILE};
use crate::manifest::source::FileId;
use crate::manifest::tree::{self, Kind, Node};
use crate::plan::{Plan, TargetInfo};
use crate::render::style::count;

pub(super) fn run(
    global: &GlobalArgs,
    args: &ImportLiveArgs,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    if args.merge || args.as_patch {
        of_one_target(global)?;
    }
    let existing = existing(global, args, terminal)?;
    if args.merge || args.as_patch {
        let Some(project) = existing else {
            return Err(Trouble::new(
                "no-manifest",
                "there is no manifest to add to",
                "leave `--merge` and `--as-patch` out to write one, or name it with `-f FILE`",
            )
            .into());
        };
        let (live, target) = read(&project, args.live.as_deref(), terminal)?;
        return amend(&project, &live, &target, args, terminal);
    }
    fresh(existing, args, terminal)
}

/// Refuses to add to a manifest of several targets. A file that cannot be read has faults that
/// are told with it.
fn of_one_target(global: &GlobalArgs) -> Result<(), Trouble> {
    let names = project::root_file(global).and_then(|_| project::target_names(global));
    let names = names.unwrap_or_default();
    let asked = |name: &&TargetName| global.target.iter().any(|it| it == name.as_str());
    let Some(named) = names.iter().find(asked).or(names.first()) else {
        return Ok(());
    };
    Err(Trouble::new(
        "target",
        "the manifest names several targets, and what is added from one of them would hold at \
         all, in files that say nothing of targets",
        format!(
            "import into a folder of its own, `scim-sync import live --target {named} --out \
             FOLDER`, and move what is missing over, with `targets: [{named}]` where it holds \
             there only"
        ),
    ))
}

/// The manifest that is there, unless options say what to read instead.
fn existing(
    global: &GlobalArgs,
    args: &ImportLiveArgs,
    terminal: &Terminal,
) -> Result<Option<Project>, Failure> {
    if args.base_url.is_some() && !args.merge && !args.as_patch {
        return Ok(None);
    }
    match project::root_file(global) {
        Ok(root) => {
            let folder = project::folder_of(&root);
            lenient(&DiskFiles::new(&folder), &root, &global.target, terminal).map(Some)
        }
        // A file somebody named must be there.
        Err(missing) if global.file.is_some() => Err(missing.into()),
        Err(_) => Ok(None),
    }
}

pub(super) fn read(
    project: &Project,
    snapshot: Option<&Path>,
    terminal: &Terminal,
) -> Result<(LiveState, TargetInfo), Failure> {
    let (live, target) = match snapshot {
        Some(file) => plan::from_snapshot(project, file, terminal)?,
        None => runtime().block_on(async {
            let connection = target::connect(project, terminal).await?;
            let live = observe::read(project, Goal::Manifest(None), &connection.reader).await?;
            Ok::<_, Failure>((live, connection.target))
        })?,
    };
    if !live.integrity.is_whole() {
        terminal.status(
            "warning: the live state was not read whole: what is missing here is not declared",
        );
    }
    Ok((live, target))
}

/// A manifest that says no more than where to read.
fn bare(args: &ImportLiveArgs, terminal: &Terminal) -> Result<(Project, Target), Failure> {
    let snapshot = match &args.live {
        Some(file) => Some(snapshot::read(file)?),
        None => None,
    };
    let provider = match &snapshot {
        Some(snapshot) => snapshot.provider.clone(),
        None => args.provider.clone(),
    };
    let base_url = match (&args.base_url, &snapshot) {
        (Some(url), _) => Some(url.clone()),
        (None, Some(snapshot)) => {
            Some(snapshot.base_url.clone()).filter(|url| !url.starts_with(SANDBOX))
        }
        (None, None) => {
            return Err(Trouble::new(
                "no-target",
                "nothing says which service provider to read",
                "name it with `--base-url URL`, or a snapshot with `--live FILE`; with a manifest \
                 that has a `target`, use `--merge`",
            )
            .into());
        }
    };
    let token_env = base_url.as_ref().map(|_| args.token_env.clone());
    let target = Target::New {
        provider,
        base_url,
        token_env,
    };
    let nobody = Draft::default();
    let heading = Heading {
        from: String::new(),
        date: String::new(),
    };
    let written = files(
        &nobody,
        &target,
        &heading,
        crate::import::write::Layout::Single,
    );
    let mut memory = MemoryFiles::default();
    for file in written {
        memory.0.insert(file.name, file.text.into_bytes());
    }
    let project = lenient(&memory, Path::new(ROOT_FILE), &[], terminal)?;
    Ok((project, target))
}

/// Writes a manifest where there is none.
fn fresh(
    existing: Option<Project>,
    args: &ImportLiveArgs,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let (project, section) = match existing {
        Some(project) => {
            let Some(out) = &args.out else {
                return Err(would_overwrite(&project.root).into());
            };
            let section = Target::Copied(target_section(&project)?);
            if out.join(ROOT_FILE).exists() {
                return Err(would_overwrite(&out.join(ROOT_FILE)).into());
            }
            (project, section)
        }
        None => bare(args, terminal)?,
    };
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from("."));
    let (live, target) = read(&project, args.live.as_deref(), terminal)?;
    let draft = draft(&live, &project.profile, None);
    if draft.people.is_empty() {
        tell(&draft.notes, terminal);
        return Err(Trouble::new(
            "nothing-to-import",
            format!(
                "{} at {} shows nobody who can be declared ({}, {})",
                target.title,
                target.base_url,
                count(live.users.len(), "user", "users"),
                count(live.groups.len(), "group", "groups")
            ),
            "start with `scim-sync init`; accounts that SCIM did not make are not listed by \
             some providers",
        )
        .into());
    }
    let heading = Heading {
        from: format!("{} at {}", target.title, target.base_url),
        date: project::today().to_string(),
    };
    let written = files(&draft, &section, &heading, args.layout.into());
    let after = check(&written, &live, &target, terminal)?;
    create_and_list(&out, &written, terminal)?;
    tell(&draft.notes, terminal);
    tell_counts(&draft, "declared", terminal);
    tell_plan(&after, terminal);
    terminal.status(
        "next: `scim-sync plan`; `scim-sync init` adds editor settings, hook and pipeline, and \
         overwrites nothing",
    );
    Ok(Exit::Success)
}

/// The `target:` section of a manifest, letter for letter; of one of several targets, what it
/// would be if there were no other.
pub(super) fn target_section(project: &Project) -> Result<String, Trouble> {
    let text = &project.manifest.sources.file(FileId(0)).text;
    let unusual = || {
        Trouble::new(
            "target",
            "the manifest's `target` cannot be copied: the whole file is in braces",
            "write the manifest with `scim-sync fmt` first",
        )
    };
    let tree = tree::parse(text, FileId(0)).map_err(|_| unusual())?;
    let root = tree.root();
    if let Some(name) = &project.manifest.name {
        let named = field(root, "targets");
        let there = named.and_then(|(_, targets)| field(targets, name.as_str()));
        return there
            .and_then(|(_, target)| section_of(target, text))
            .ok_or_else(unusual);
    }
    match field(root, "target") {
        Some((key, value)) if !root.is_flow() => {
            let (start, end) = (key.span().start as usize, value.span().end as usize);
            Ok(text[start..end].to_owned())
        }
        Some(_) | None => Err(unusual()),
    }
}

/// One of several targets as the only one: without a policy of its own, which that has not.
fn section_of(target: Node<'_>, text: &str) -> Option<String> {
    let Kind::Mapping(children) = target.kind() else {
        return None;
    };
    let own = children.pairs().filter(|(key, _)| match key.kind() {
        Kind::Scalar(scalar) => scalar.text != "policy",
        Kind::Sequence(_) | Kind::Mapping(_) => true,
    });
    let mut pieces = own.map(|(key, value)| {
        let (start, end) = (key.span().start as usize, value.span().end as usize);
        let indent = start - text[..start].rfind('\n').map_or(0, |at| at + 1);
        (indent, &text[start..end])
    });
    if target.is_flow() {
        let pieces: Vec<&str> = pieces.map(|(_, piece)| piece).collect();
        return Some(format!("target: {{ {} }}", pieces.join(", ")));
    }
    let mut section = "target:".to_owned();
    pieces.by_ref().for_each(|(indent, piece)| {
        // What stands below a key moves with it.
        let extra = " ".repeat(indent.saturating_sub(2));
        for line in piece.split('\n') {
            let line = line.strip_prefix(&extra).unwrap_or(line);
            section.push_str(if line.starts_with(' ') { "\n" } else { "\n  " });
            section.push_str(line);
        }
    });
    Some(section)
}

/// The first plan of what was written, or the faults of it, which would be ours.
fn check(
    files: &[NewFile],
    live: &LiveState,
    target: &TargetInfo,
    terminal: &Terminal,
) -> Result<Plan, Failure> {
    let mut memory = MemoryFiles::default();
    for file in files {
        memory
            .0
            .insert(file.name.clone(), file.text.clone().into_bytes());
    }
    let project = lenient(&memory, Path::new(ROOT_FILE), &[], terminal)?;
    Ok(observe::make(
        &project,
        Goal::Manifest(None),
        live,
        target,
        &Rails::default(),
    ))
}

/// Adds to a manifest, or prints what would have to be changed.
fn amend(
    project: &Project,
    live: &LiveState,
    target: &TargetInfo,
    args: &ImportLiveArgs,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let known = Known {
        manifest: &project.manifest,
        desired: &project.desired,
    };
    let draft = draft(live, &project.profile, Some(known));
    let before = observe::make(
        project,
        Goal::Manifest(None),
        live,
        target,
        &Rails::default(),
    );
    let (changed, notes) = edit(project, live, &draft, &before, args);
    let after = check_edited(project, &changed, live, target, terminal)?;
    tell(&draft.notes, terminal);
    tell(&notes, terminal);
    if args.as_patch {
        terminal.print(&patch(project, &changed))?;
        terminal.status(&format!(
            "{} to change; apply with `git apply`, review, and open a pull request",
            count(changed.len(), "file", "files")
        ));
    } else {
        for (name, text) in &changed {
            fmt::replace(&real(project, name)?, text)?;
            terminal.status(&format!("changed {name}"));
        }
        tell_counts(&draft, "added", terminal);
    }
    tell_plan(&after, terminal);
    Ok(Exit::Success)
}

fn edit(
    project: &Project,
    live: &LiveState,
    draft: &Draft,
    before: &Plan,
    args: &ImportLiveArgs,
) -> (BTreeMap<Arc<str>, String>, Vec<Note>) {
    let parsed = Parsed::new(&project.manifest.sources);
    let mut edits = Edits::new(&parsed);
    if args.as_patch {
        let drift = Drift {
            manifest: &project.manifest,
            desired: &project.desired,
            live,
            profile: &project.profile,
            draft,
            plan: before,
        };
        drift::edit(drift, &mut edits);
    } else {
        edits.add(draft);
    }
    edits.finish()
}

fn real(project: &Project, name: &str) -> Result<PathBuf, Trouble> {
    let path = project.folder.join(name);
    std::fs::canonicalize(&path).map_err(|error| Trouble::file("find", &path, &error))
}

/// The plan of the manifest as edited.
fn check_edited(
    project: &Project,
    changed: &BTreeMap<Arc<str>, String>,
    live: &LiveState,
    target: &TargetInfo,
    terminal: &Terminal,
) -> Result<Plan, Failure> {
    let mut memory = MemoryFiles::default();
    for (_, file) in project.manifest.sources.files() {
        let text = changed.get(&file.name).map_or(&*file.text, String::as_str);
        memory
            .0
            .insert(file.name.to_string(), text.as_bytes().to_vec());
    }
    let root = project.root.file_name().unwrap_or_default();
    let edited = lenient(&memory, Path::new(root), &[], terminal)?;
    Ok(observe::make(
        &edited,
        Goal::Manifest(None),
        live,
        target,
        &Rails::default(),
    ))
}

/// The changes as `git apply` takes them, from the repository's root.
fn patch(project: &Project, changed: &BTreeMap<Arc<str>, String>) -> String {
    let prefix = crate::manifest::history::Repository::of(&project.folder).map_or_else(
        |_| String::new(),
        |repository| repository.prefix().to_owned(),
    );
    let mut text = String::new();
    for (_, file) in project.manifest.sources.files() {
        if let Some(new) = changed.get(&file.name) {
            let name = format!("{prefix}{}", file.name);
            let diff = TextDiff::from_lines(&*file.text, new.as_str());
            text.push_str(&format!("diff --git a/{name} b/{name}\n"));
            text.push_str(
                &diff
                    .unified_diff()
                    .header(&format!("a/{name}"), &format!("b/{name}"))
                    .to_string(),
            );
        }
    }
    text
}

pub(super) fn tell_counts(draft: &Draft, verb: &str, terminal: &Terminal) {
    let memberships: usize = draft.roles.values().map(|role| role.members.len()).sum();
    terminal.status(&format!(
        "{verb} {}, {} and {}",
        count(draft.people.len(), "person", "people"),
        count(draft.roles.len(), "role", "roles"),
        count(memberships, "membership", "memberships"),
    ));
}

fn tell_plan(plan: &Plan, terminal: &Terminal) {
    terminal.status(&if plan.is_empty() {
        "checked: planned against what was read, there is nothing to do".to_owned()
    } else {
        format!(
            "checked: planned against what was read, there is left: {}, {}, {}; `scim-sync plan` \
             shows them",
            count(plan.actions.len(), "action", "actions"),
            count(plan.refusals.len(), "refusal", "refusals"),
            count(
                plan.manual_steps.len(),
                "step for Support",
                "steps for Support"
            ),
        )
    });
}
