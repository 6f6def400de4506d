//! The manifest, loaded, checked and resolved: where most commands begin.

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use sha2::Digest as _;

use super::Terminal;
use super::trouble::Trouble;
use crate::cli::GlobalArgs;
use crate::desired::{self, DesiredState};
use crate::live::LiveState;
use crate::live::snapshot::Snapshot;
use crate::manifest::decl::Manifest;
use crate::manifest::fault::{self, Fault, FaultCode};
use crate::manifest::load;
use crate::manifest::source::SourceMap;
use crate::plan::Inputs;
use crate::plan::policy::Policy;
use crate::profile::{self, Profile};
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

/// A manifest without errors, and what follows from it.
pub(crate) struct Project {
    pub(crate) manifest: Manifest,
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
    pub(crate) project: Option<Project>,
    /// What was understood of a manifest with errors: good for comparing with the base only.
    pub(crate) understood: Option<(DesiredState, Profile)>,
    pub(crate) sources: SourceMap,
    pub(crate) faults: Vec<Fault>,
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
        return Ok(file.clone());
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
    let mut loaded = load::load(&root).checked(as_of);
    let mut checked = Checked {
        project: None,
        understood: None,
        sources: loaded.sources.clone(),
        faults: std::mem::take(&mut loaded.faults),
    };
    let whole = loaded.manifest.is_some();
    let Some(manifest) = loaded.understood() else {
        return Ok(checked);
    };
    let provider = &manifest.target.provider;
    let Some(profile) = Profile::named(&provider.value) else {
        if !whole {
            return Ok(checked);
        }
        checked.faults.push(Fault::error(
            FaultCode::UnknownProvider,
            provider.span,
            "no profile has this name",
            format!("there is no profile for the provider `{}`", provider.value),
            format!("use one of: {}", Profile::NAMES.join(", ")),
        ));
        fault::sort(&mut checked.faults, &checked.sources);
        return Ok(checked);
    };
    let desired = desired::resolve(&manifest, as_of);
    if !whole {
        checked.understood = Some((desired, profile));
        return Ok(checked);
    }
    checked
        .faults
        .extend(profile::lint::lint(&manifest, &desired, &profile));
    fault::sort(&mut checked.faults, &checked.sources);
    if fault::has_errors(&checked.faults) {
        checked.understood = Some((desired, profile));
    } else {
        let policy = Policy::new(&manifest.policy);
        let folder = folder_of(&root);
        checked.project = Some(Project {
            manifest,
            desired,
            profile,
            policy,
            root,
            folder,
        });
    }
    Ok(checked)
}

/// The manifest for a command that needs one without errors. Warnings go to stderr.
pub(crate) fn load_project(
    global: &GlobalArgs,
    as_of: Date,
    terminal: &Terminal,
) -> Result<Project, Failure> {
    let Checked {
        project,
        understood: _,
        sources,
        faults: found,
    } = check(global, as_of)?;
    let drawn = || {
        faults::text(
            &found,
            &sources,
            terminal.fault_style(terminal.err_colour()),
        )
    };
    match project {
        Some(project) => {
            if !found.is_empty() {
                terminal.status(drawn().trim_end());
            }
            Ok(project)
        }
        None => Err(Failure::Faults(drawn())),
    }
}

/// The fingerprints of a plan's inputs.
pub(crate) fn fingerprints(sources: &SourceMap, live: &LiveState) -> Inputs {
    let mut files: Vec<_> = sources
        .files()
        .map(|(_, file)| (&file.name, &file.text))
        .collect();
    files.sort();
    let mut manifest = sha2::Sha256::new();
    for (name, text) in files {
        manifest.update(name.len().to_le_bytes());
        manifest.update(name.as_bytes());
        manifest.update(text.len().to_le_bytes());
        manifest.update(text.as_bytes());
    }
    let mut hash = Hashing(sha2::Sha256::new());
    let snapshot = Snapshot::new(live, "", "", "");
    serde_json::to_writer(&mut hash, &(&snapshot.users, &snapshot.groups))
        .expect("hashing does not fail");
    Inputs {
        manifest: hex(manifest),
        live: hex(hash.0),
    }
}

struct Hashing(sha2::Sha256);

impl std::io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn hex(hash: sha2::Sha256) -> String {
    use std::fmt::Write as _;
    let mut text = "sha256:".to_owned();
    for byte in hash.finalize() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
