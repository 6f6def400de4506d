//! The manifest, loaded, checked and resolved: where most commands begin.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use sha2::Digest as _;

use super::Terminal;
use super::selection::{self, Selection, Unnamed};
use super::trouble::Trouble;
use crate::cli::GlobalArgs;
use crate::desired::{BaseRevision, DesiredState};
use crate::ids::{TargetName, digest};
use crate::live::LiveState;
use crate::manifest::at::TargetManifest;
use crate::manifest::decl::Manifest;
use crate::manifest::decode::Wholeness;
use crate::manifest::fault::{self, Fault, FaultCode, Severity};
use crate::manifest::load::{self, Tell};
use crate::manifest::source::SourceMap;
use crate::plan::Inputs;
use crate::plan::policy::Policy;
use crate::profile::Profile;
use crate::profile::lint::{self, Declarations, Resolved};
use crate::render::faults;

/// Why a command failed.
pub(crate) enum Failure {
    /// Something outside the manifest.
    Trouble(Trouble),
    /// The manifest, drawn.
    Faults(String),
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Failure::Trouble(trouble)
    }
}

impl From<crate::scim::error::ScimError> for Failure {
    fn from(error: crate::scim::error::ScimError) -> Self {
        Failure::Trouble(error.into())
    }
}

/// A manifest without errors as it holds at one target, and what follows from it.
pub(crate) struct Project {
    /// Without people and roles where the declarations were let go ([`select_begun`]).
    pub(crate) manifest: TargetManifest,
    pub(crate) desired: DesiredState,
    pub(crate) profile: Profile,
    pub(crate) policy: Policy,
    /// The root file.
    pub(crate) root: PathBuf,
    /// The folder of the root file: what paths in the manifest are relative to.
    pub(crate) folder: PathBuf,
}

/// A manifest with everything that was found in it.
pub(crate) struct Checked {
    /// What holds at each target, in the order of their names; nothing of a manifest with
    /// errors.
    pub(crate) projects: Vec<Project>,
    /// What was understood of a manifest with errors: good for comparing with the base only.
    pub(crate) understood: Vec<Resolved>,
    pub(crate) sources: SourceMap,
    pub(crate) faults: Vec<Fault>,
}

impl Checked {
    fn new(checked: lint::Checked, root: &Path) -> Self {
        let lint::Checked {
            sources,
            faults,
            wholeness,
            targets,
        } = checked;
        let (mut projects, mut understood) = (Vec::new(), Vec::new());
        if !fault::has_errors(&faults) {
            let targets = targets.into_iter();
            projects = targets.map(|it| Project::new(it, root)).collect();
        } else if wholeness == Wholeness::Whole {
            understood = targets;
        }
        Self {
            projects,
            understood,
            sources,
            faults,
        }
    }

    /// What holds at each target of a manifest without errors; at least one. Warnings go to
    /// stderr.
    fn without_errors(self, terminal: &Terminal) -> Result<Vec<Project>, Failure> {
        let drawn = |found: &[Fault], sources: &SourceMap| {
            if terminal.hides_names() {
                return places_of(found, sources);
            }
            let style = terminal.fault_style(terminal.err_colour());
            faults::text(found, sources, style)
        };
        if self.projects.is_empty() {
            return Err(Failure::Faults(drawn(&self.faults, &self.sources)));
        }
        let Self {
            projects,
            mut faults,
            sources,
            ..
        } = self;
        // Nothing is to do about it, so `validate` alone tells it.
        faults.retain(|fault| fault.code != FaultCode::LeftOutAtTarget);
        if !faults.is_empty() {
            terminal.status(drawn(&faults, &sources).trim_end());
        }
        Ok(projects)
    }
}

/// Faults without the lines they are about, which name people.
fn places_of(found: &[Fault], sources: &SourceMap) -> String {
    let lines = found.iter().map(|fault| {
        let place = sources.place(fault.primary.span);
        let severity = match fault.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Notice => "notice",
        };
        format!("{severity}[{}] {}:{}\n", fault.code, place.file, place.line)
    });
    let mut text: String = lines.collect();
    text.push_str("help: `scim-sync validate` tells each in full; here people are hidden\n");
    text
}

/// Today, in UTC, so that a pipeline's place does not matter.
pub(crate) fn today() -> Date {
    jiff::tz::TimeZone::UTC
        .to_datetime(jiff::Timestamp::now())
        .date()
}

/// Finds the root file: the one named, or the nearest one upwards.
pub(crate) fn root_file(global: &GlobalArgs) -> Result<PathBuf, Trouble> {
    if let Some(file) = &global.file {
        return Ok(match file.is_dir() {
            true => file.join(load::ROOT_FILE),
            false => file.clone(),
        });
    }
    load::find(Path::new("."))
        .map_err(|missing| Trouble::new("no-manifest", missing.to_string(), missing.help()))
}

/// The folder of a root file: what its paths are relative to.
pub(crate) fn folder_of(root: &Path) -> PathBuf {
    match root.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        Some(_) | None => PathBuf::from("."),
    }
}

/// Loads, checks and resolves the manifest; every fault is in the result.
pub(crate) fn check(global: &GlobalArgs, as_of: Date) -> Result<Checked, Trouble> {
    let root = root_file(global)?;
    let loaded = load::load(&root).checked(as_of);
    Ok(Checked::new(lint::check(loaded, as_of), &root))
}

/// A whole manifest without errors, for what has nothing to do with targets, and its folder.
/// Warnings go to stderr.
pub(crate) fn load_whole(
    global: &GlobalArgs,
    terminal: &Terminal,
) -> Result<(Manifest, PathBuf), Failure> {
    let root = root_file(global)?;
    let loaded = load::load(&root).checked(today());
    let manifest = loaded.manifest.clone();
    let checked = Checked::new(lint::check(loaded, today()), &root);
    checked.without_errors(terminal)?;
    // What has no errors now had none before it was checked further.
    let manifest = manifest.ok_or_else(|| Failure::Faults(String::new()))?;
    Ok((manifest, folder_of(&root)))
}

/// The manifest at the one target a command is for, without errors. Warnings go to stderr.
pub(crate) fn load_project(
    global: &GlobalArgs,
    as_of: Date,
    terminal: &Terminal,
) -> Result<Project, Failure> {
    let projects = load_targets(global, as_of, terminal)?;
    Ok(selection::one(projects, &global.target)?)
}

/// What holds at each target of a manifest without errors; at least one. Warnings go to
/// stderr.
pub(crate) fn load_targets(
    global: &GlobalArgs,
    as_of: Date,
    terminal: &Terminal,
) -> Result<Vec<Project>, Failure> {
    check(global, as_of)?.without_errors(terminal)
}

/// The names of the manifest's targets, errors or not.
pub(crate) fn target_names(global: &GlobalArgs) -> Result<Vec<TargetName>, Trouble> {
    let loaded = load::load(&root_file(global)?);
    let manifest = loaded.understood().map(|(manifest, _)| manifest);
    let names = manifest.into_iter().flat_map(Manifest::target_names);
    Ok(names.map(|name| name.value.clone()).collect())
}

/// The manifest at the targets that were asked for, without errors. Warnings go to stderr.
pub(crate) fn load_selected(
    global: &GlobalArgs,
    as_of: Date,
    unnamed: Unnamed,
    terminal: &Terminal,
) -> Result<Selection, Failure> {
    let projects = load_targets(global, as_of, terminal)?;
    Ok(selection::select(projects, &global.target, unnamed)?)
}

/// As [`load_selected`], of a root file that was read already. The manifest is left without people
/// and roles: what is wanted tells them.
pub(crate) fn select_begun(
    begun: load::Begun,
    tell: Tell<'_>,
    root: &Path,
    global: &GlobalArgs,
    as_of: Date,
    unnamed: Unnamed,
    terminal: &Terminal,
) -> Result<Selection, Failure> {
    let loaded = begun.finish_telling(tell).checked(as_of);
    let checked = lint::check_keeping(loaded, as_of, Declarations::LetGo);
    let projects = Checked::new(checked, root).without_errors(terminal)?;
    Ok(selection::select(projects, &global.target, unnamed)?)
}

impl Project {
    /// A manifest at one target, of this root file.
    pub(crate) fn new(resolved: Resolved, root: &Path) -> Self {
        let Resolved {
            manifest,
            profile,
            desired,
        } = resolved;
        Self {
            policy: Policy::new(&manifest.policy),
            folder: folder_of(root),
            root: root.to_owned(),
            manifest,
            desired,
            profile,
        }
    }

    /// Refuses to write over a file of the manifest.
    pub(crate) fn spare(&self, out: &Path) -> Result<(), Trouble> {
        let Ok(out) = out.canonicalize() else {
            return Ok(()); // there is nothing to write over
        };
        let is_ours = |name: &str| {
            let path = self.folder.join(name).canonicalize();
            path.is_ok_and(|path| path == out)
        };
        match self
            .manifest
            .sources
            .files()
            .find(|(_, file)| is_ours(&file.name))
        {
            None => Ok(()),
            Some((_, file)) => Err(Trouble::new(
                "would-overwrite",
                format!(
                    "`{}` is a file of the manifest and is not written over",
                    file.name
                ),
                "name another file",
            )),
        }
    }
}

/// The fingerprints of a plan's inputs.
pub(crate) fn fingerprints(
    sources: &SourceMap,
    base: Option<&BaseRevision>,
    live: &LiveState,
) -> Inputs {
    let (manifest, files) = manifest_fingerprints(sources);
    Inputs {
        manifest,
        files,
        base: base.map(|base| manifest_fingerprints(&base.sources).0),
        live: live.fingerprint(),
    }
}

/// The fingerprint of each file of a manifest, and of all of them.
pub(crate) fn manifest_fingerprints(sources: &SourceMap) -> (String, BTreeMap<String, String>) {
    let files: BTreeMap<String, String> = sources
        .files()
        .map(|(_, file)| (file.name.to_string(), digest::of(file.text.as_bytes())))
        .collect();
    let mut all = sha2::Sha256::new();
    for (name, hash) in &files {
        all.update(name.len().to_le_bytes());
        all.update(name.as_bytes());
        all.update(hash.as_bytes());
    }
    (digest::written(all), files)
}
