//! Which targets a command is for: `--target`, or what the command does without it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::project::Project;
use super::trouble::Trouble;
use crate::ids::TargetName;
use crate::manifest::decl::{Manifest, TargetDecl, Targets};
use crate::manifest::words::{all_of, closest};

/// The targets a command is for.
pub(crate) enum Selection {
    /// One: the only one of a manifest, or the one that was named. It is told as if there
    /// were no other.
    One(Box<Project>),
    /// Those of a manifest with names, in their order; told one after another, with a summary.
    Several(Vec<Project>),
}

/// What a command does where the manifest has several targets and none was named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unnamed {
    /// It is for all of them: it only looks.
    All,
    /// It refuses to guess.
    Refused,
}

/// What to do where a command takes one target only.
const ONE_AT_A_TIME: &str = "this command is for one at a time: name it with `--target NAME`";

fn names(projects: &[Project]) -> Vec<TargetName> {
    let names = projects.iter();
    names.filter_map(|it| it.manifest.name.clone()).collect()
}

fn listed(names: &[TargetName]) -> String {
    all_of(names.iter().map(TargetName::as_str))
}

fn not_said(names: &[TargetName], help: &str) -> Trouble {
    Trouble::new(
        "target",
        format!(
            "the manifest has the targets {}, and nothing says which is meant",
            listed(names)
        ),
        help,
    )
}

/// The targets of these names, where `all` is every one.
pub(crate) fn select(
    projects: Vec<Project>,
    asked: &[String],
    unnamed: Unnamed,
) -> Result<Selection, Trouble> {
    let known = names(&projects);
    if known.is_empty() {
        return only(projects, asked).map(|project| Selection::One(Box::new(project)));
    }
    let wanted = known_among(asked, &known)?;
    let is_wanted = |project: &Project| {
        let name = project.manifest.name.as_ref();
        name.is_some_and(|name| wanted.contains(name))
    };
    match (asked, unnamed) {
        ([], Unnamed::All) => return Ok(Selection::Several(projects)),
        ([], Unnamed::Refused) if known.len() > 1 => {
            let help = "name it with `--target NAME`, which may be repeated, or say \
                        `--target all`";
            return Err(not_said(&known, help));
        }
        ([] | [_, ..], _) => {}
    }
    if asked.is_empty() || asked.iter().any(|name| name == TargetName::ALL) {
        return Ok(Selection::Several(projects));
    }
    let mut chosen: Vec<Project> = projects.into_iter().filter(is_wanted).collect();
    Ok(match (chosen.len(), chosen.pop()) {
        (1, Some(project)) => Selection::One(Box::new(project)),
        (_, last) => {
            chosen.extend(last);
            Selection::Several(chosen)
        }
    })
}

/// The one target of this name, for a command that is for one at a time.
pub(crate) fn one(projects: Vec<Project>, asked: &[String]) -> Result<Project, Trouble> {
    let known = names(&projects);
    if known.is_empty() {
        return only(projects, asked);
    }
    let wanted = known_among(asked, &known)?;
    let mut chosen: Vec<Project> = projects
        .into_iter()
        .filter(|project| {
            let name = project.manifest.name.as_ref();
            wanted.is_empty() || name.is_some_and(|name| wanted.contains(name))
        })
        .collect();
    match (chosen.pop(), chosen.is_empty()) {
        (Some(project), true) => Ok(project),
        (_, _) => Err(not_said(&known, ONE_AT_A_TIME)),
    }
}

/// The one target of this name in a manifest, for whom only the declaration matters.
pub(crate) fn target<'m>(
    manifest: &'m Manifest,
    asked: &[String],
) -> Result<(Option<&'m TargetName>, &'m TargetDecl), Trouble> {
    let named = match &manifest.targets {
        Targets::One(target) => {
            return no_name(asked).map(|()| (None, &**target));
        }
        Targets::Named(named) => &named.0,
    };
    let known: Vec<TargetName> = named.iter().map(|(name, _)| name.value.clone()).collect();
    let wanted = known_among(asked, &known)?;
    let mut chosen = named
        .iter()
        .filter(|(name, _)| wanted.is_empty() || wanted.contains(&name.value));
    match (chosen.next(), chosen.next()) {
        (Some((name, target)), None) => Ok((Some(&name.value), target)),
        (_, _) => Err(not_said(&known, ONE_AT_A_TIME)),
    }
}

/// The only target of a manifest, which has no name; `all` is it as well.
fn only(mut projects: Vec<Project>, asked: &[String]) -> Result<Project, Trouble> {
    no_name(asked)?;
    // A manifest without errors has a target.
    Ok(projects.remove(0))
}

fn no_name(asked: &[String]) -> Result<(), Trouble> {
    if let Some(named) = asked.iter().find(|name| *name != TargetName::ALL) {
        return Err(Trouble::new(
            "target",
            format!("there is no target `{named}`: the manifest has one, without a name"),
            "leave out `--target`, or give the manifest `targets` with names",
        ));
    }
    Ok(())
}

/// The names of the targets that were asked for, which the manifest has to have.
pub(crate) fn known(
    projects: &[Project],
    asked: &[String],
) -> Result<BTreeSet<TargetName>, Trouble> {
    let known = names(projects);
    match known.is_empty() {
        true => no_name(asked).map(|()| BTreeSet::new()),
        false => known_among(asked, &known),
    }
}

/// The names that were asked for; every one if `all` is among them.
fn known_among(asked: &[String], known: &[TargetName]) -> Result<BTreeSet<TargetName>, Trouble> {
    let mut wanted = BTreeSet::new();
    for name in asked {
        if name == TargetName::ALL {
            wanted.extend(known.iter().cloned());
        } else if let Some(found) = known.iter().find(|known| known.as_str() == name) {
            wanted.insert(found.clone());
        } else {
            let help = match closest(name, known.iter().map(TargetName::as_str)) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("it has {}", listed(known)),
            };
            let message = format!("the manifest has no target `{name}`");
            return Err(Trouble::new("target", message, help));
        }
    }
    Ok(wanted)
}

/// What stands for a target's name in the name of a file.
pub(crate) const PLACEHOLDER: &str = "{target}";

/// The file of one of several targets: where its name stands for `{target}`, or in a folder
/// under its name.
pub(crate) fn file_of(path: &Path, name: &TargetName, kind: FileKind) -> PathBuf {
    match filled(path, name) {
        Some(path) => path,
        None => path.join(format!("{}.{name}.{}", kind.stem, kind.extension)),
    }
}

/// Whether a path is of several targets' files: a folder, or a name with `{target}` in it.
pub(crate) fn is_of_several(path: &Path) -> bool {
    path.to_string_lossy().contains(PLACEHOLDER) || path.is_dir()
}

/// The file of the only target that is asked for.
pub(crate) fn of_one(path: &Path, name: Option<&TargetName>) -> PathBuf {
    name.and_then(|name| filled(path, name))
        .unwrap_or_else(|| path.to_owned())
}

/// As [`of_one`], for a file that may be named.
pub(crate) fn file_of_one(path: Option<&Path>, project: &Project) -> Option<PathBuf> {
    path.map(|path| of_one(path, project.manifest.name.as_ref()))
}

/// The snapshot of one of several targets, if snapshots are named.
pub(crate) fn snapshot_of(path: Option<&Path>, project: &Project) -> Option<PathBuf> {
    let name = project.manifest.name.as_ref();
    let named = path.zip(name);
    named.map(|(path, name)| file_of(path, name, FileKind::SNAPSHOT))
}

/// A path with the target's name where `{target}` stands, if it stands somewhere.
fn filled(path: &Path, name: &TargetName) -> Option<PathBuf> {
    let text = path.to_str()?;
    let filled = || text.replace(PLACEHOLDER, name.as_str()).into();
    text.contains(PLACEHOLDER).then(filled)
}

/// What files of several targets are called in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileKind {
    stem: &'static str,
    extension: &'static str,
}

impl FileKind {
    /// Plans saved with `plan --out`.
    pub(crate) const PLAN: Self = Self::new("plan", "json");
    /// Reports of runs.
    pub(crate) const REPORT: Self = Self::new("report", "jsonl");
    /// Snapshots.
    pub(crate) const SNAPSHOT: Self = Self::new("snapshot", "json");

    const fn new(stem: &'static str, extension: &'static str) -> Self {
        Self { stem, extension }
    }
}

/// Makes the folder that files of several targets go to.
///
/// # Errors
/// When it is a file, or has the name of one.
pub(crate) fn folder_for(path: &Path) -> Result<(), Trouble> {
    if path.to_string_lossy().contains(PLACEHOLDER) {
        return Ok(());
    }
    if path.is_file() || path.extension().is_some() {
        return Err(Trouble::new(
            "target",
            format!(
                "`{}` is one file, and each of several targets has one of its own",
                path.display()
            ),
            format!(
                "name a folder, or a file with `{PLACEHOLDER}` in its name: `plan.{PLACEHOLDER}.json`"
            ),
        ));
    }
    std::fs::create_dir_all(path).map_err(|error| Trouble::file("make", path, &error))
}
