//! The base revision: from the command line, from the pipeline, or none.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::civil::Date;

use super::Terminal;
use super::project::Project;
use super::trouble::Trouble;
use crate::cli::BaseArgs;
use crate::desired::BaseRevision;
use crate::desired::DesiredState;
use crate::desired::since::since;
use crate::ids::TargetName;
use crate::manifest::at::{self, TargetManifest};
use crate::manifest::decl::{
    DialectDecl, FirstGenDecl, HarnessDecl, Manifest, TargetDecl, Targets, TokenDecl,
};
use crate::manifest::fault::{self, Fault};
use crate::manifest::history::{self, Base, Wanted, ci};
use crate::manifest::source::{SourceMap, Spanned};
use crate::manifest::together::together;
use crate::profile::{self, Profile};

/// For how many faults git is asked who made the change; each is a search of its own.
const MAX_ASKED: usize = 10;

/// The base for a plan at one target.
pub(super) fn revision(
    args: &BaseArgs,
    project: &Project,
    terminal: &Terminal,
) -> Result<Option<BaseRevision>, Trouble> {
    let base = find(args, &project.root, project.desired.as_of, terminal)?;
    Ok(base.map(|base| at_target(base.label, base.manifest, project, terminal)))
}

/// What of the base's manifest held at a target.
fn at_target(
    label: Arc<str>,
    then: Option<Manifest>,
    project: &Project,
    terminal: &Terminal,
) -> BaseRevision {
    let as_of = project.desired.as_of;
    let manifest = &project.manifest;
    let (name, target) = (manifest.name.as_ref(), &manifest.target);
    let moved = then.as_ref().map(|then| is_called(then, name));
    let there = then.and_then(|then| corresponding(then, name, target));
    if let (Some(moved), None) = (moved, &there) {
        let target = match name {
            Some(name) => format!("the target `{name}`"),
            None => "`target`".to_owned(),
        };
        let note = match moved {
            true => format!(
                "{target} was another service provider at the base {label}, so all of it is new: \
                 nobody is removed here for having been declared there, and whoever is there stays"
            ),
            false => format!("{target} is new since the base {label}, so all of it is new"),
        };
        terminal.status(&format!("note: {note}"));
    }
    BaseRevision::new(label, there, as_of)
}

/// Whether an earlier manifest has a target of this name, wherever that was.
fn is_called(then: &Manifest, name: Option<&TargetName>) -> bool {
    match (&then.targets, name) {
        (Targets::One(_), None) => true,
        (Targets::One(_), Some(_)) | (Targets::Named(_), None) => false,
        (Targets::Named(named), Some(name)) => named.0.iter().any(|(then, _)| then.value == *name),
    }
}

/// What of an earlier manifest held at a target: what held at the same place, so that a target
/// can get a name, or another. Its name alone shows nothing: whoever was declared for staging is
/// not shown to be ours at production because `baseUrl` says so now.
fn corresponding(
    then: Manifest,
    name: Option<&TargetName>,
    target: &TargetDecl,
) -> Option<TargetManifest> {
    let here = at::place(name, target);
    match &then.targets {
        Targets::One(one) => {
            let same = at::place(None, one) == here;
            same.then(|| then.into_targets().pop()).flatten()
        }
        Targets::Named(named) => {
            let is_here = |(then, target): &&(Spanned<TargetName>, TargetDecl)| {
                at::place(Some(&then.value), target) == here
            };
            // Should two be one place, the one of the name.
            let mut found = named.0.iter().filter(is_here);
            let first = found.next()?;
            let by_name = found.find(|(then, _)| Some(&then.value) == name);
            let (found, target) = by_name.unwrap_or(first);
            Some(then.at(&found.value, target))
        }
    }
}

/// Refuses a change of where the token goes and where it comes from: `target` names both,
/// and a program that is run.
pub(super) fn trust(
    args: &BaseArgs,
    project: &Project,
    terminal: &Terminal,
) -> Result<(), Trouble> {
    let refuse = |message: String, help: &str| Err(Trouble::new("untrusted-target", message, help));
    let Some(base) = find(args, &project.root, project.desired.as_of, terminal)? else {
        return refuse(
            "there is no base to compare `target` with".to_owned(),
            "name one with `--base REV`; in a pull request's pipeline it is found by itself",
        );
    };
    let now = &project.manifest.target;
    let first_gen = now.harness.first_gen.as_ref();
    let tokens = [
        now.token.as_ref(),
        first_gen.and_then(|it| it.token.as_ref()),
    ];
    if tokens
        .iter()
        .any(|token| matches!(token, Some(TokenDecl::Command(_))))
    {
        return refuse(
            "a token of `target` names a program, and what it runs may be in the change".to_owned(),
            "take the token from an environment variable: `token: { env: NAME }`",
        );
    }
    let name = project.manifest.name.as_ref();
    let then = base.manifest.as_ref();
    let then = then.and_then(|then| match &then.targets {
        Targets::One(one) => Some(&**one).filter(|_| name.is_none()),
        Targets::Named(named) => {
            let same = |(then, _): &&(Spanned<TargetName>, TargetDecl)| Some(&then.value) == name;
            named.0.iter().find(same).map(|(_, target)| target)
        }
    });
    if then.is_none_or(|then| Reach::of(then) != Reach::of(now)) {
        return refuse(
            format!("`target` is not what it is at the base {}", base.label),
            "have `target` changed on its own, by somebody who may see the token; then plan the rest",
        );
    }
    Ok(())
}

/// Where a token comes from: the kind, and what names it.
type Source<'a> = (&'static str, Vec<&'a str>);

/// What of a target says whom the token reaches.
#[derive(PartialEq, Eq)]
struct Reach<'a> {
    provider: &'a str,
    base_url: Option<&'a str>,
    token: Option<Source<'a>>,
    ca_file: Option<&'a str>,
    sandbox_state: Option<&'a str>,
    first_gen: Option<(Option<&'a str>, Option<Source<'a>>)>,
    /// How it is spoken to: what is read, and how often.
    dialect: &'a DialectDecl,
}

impl<'a> Reach<'a> {
    fn of(target: &'a TargetDecl) -> Self {
        let text = |it: &'a Option<Spanned<String>>| it.as_ref().map(|it| it.value.as_str());
        let source = |token: &'a TokenDecl| match token {
            TokenDecl::Env(name) => ("env", vec![name.value.as_str()]),
            TokenDecl::File(file) => ("file", vec![file.value.as_str()]),
            TokenDecl::Command(command) => (
                "command",
                command.value.iter().map(String::as_str).collect(),
            ),
        };
        let TargetDecl {
            provider,
            base_url,
            token,
            ca_file,
            sandbox,
            dialect,
            harness: HarnessDecl { first_gen },
            // What is done there, and not where.
            policy: _,
        } = target;
        let first_gen = first_gen.as_ref().map(|it| {
            let FirstGenDecl {
                emails: _, // a file of addresses, sent nowhere
                base_url,
                token,
            } = it;
            (text(base_url), token.as_ref().map(source))
        });
        Self {
            provider: &provider.value,
            base_url: text(base_url),
            token: token.as_ref().map(source),
            ca_file: text(ca_file),
            sandbox_state: text(&sandbox.state),
            first_gen,
            dialect,
        }
    }
}

/// The targets of an earlier manifest that are there no more, neither by name nor by place.
fn left<'t>(then: &'t Manifest, now: &[Now<'_>]) -> Vec<&'t TargetName> {
    let Targets::Named(named) = &then.targets else {
        return Vec::new();
    };
    let is_here = |name: &TargetName, target: &TargetDecl| {
        let place = at::place(Some(name), target);
        now.iter().any(|(manifest, ..)| {
            let here = manifest.name.as_ref();
            here == Some(name) || at::place(here, &manifest.target) == place
        })
    };
    let targets = named.0.iter();
    targets
        .filter(|(name, target)| !is_here(&name.value, target))
        .map(|(name, _)| &name.value)
        .collect()
}

/// What a change is judged at: a target's name, what is wanted there, and its profile.
pub(super) type Now<'a> = (&'a TargetManifest, &'a DesiredState, &'a Profile);

/// Adds what a change may not do at any of the targets. The base's texts are added to
/// `sources` if a fault has a place in them.
pub(super) fn check(
    args: &BaseArgs,
    root: &Path,
    now: &[Now<'_>],
    sources: &mut SourceMap,
    faults: &mut Vec<Fault>,
    terminal: &Terminal,
) -> Result<(), Trouble> {
    let [(_, first, _), ..] = now else {
        return Ok(());
    };
    let as_of = first.as_of;
    let Some(mut past) = find(args, root, as_of, terminal)? else {
        return Ok(());
    };
    let mut then = past.manifest.take();
    for gone in then.iter().flat_map(|then| left(then, now)) {
        terminal.status(&format!(
            "note: the target `{gone}` of the base {} is in the manifest no more: nothing is planned \
             there, and whoever is there stays",
            past.label
        ));
    }
    let texts = sources.clone();
    let mut asked = 0;
    let mut found_at = Vec::new();
    for (at, (manifest, desired, profile)) in now.iter().enumerate() {
        // The last may have it.
        let then = match at + 1 == now.len() {
            true => then.take(),
            false => then.clone(),
        };
        let (name, target) = (manifest.name.as_ref(), &manifest.target);
        let there = then.and_then(|then| corresponding(then, name, target));
        let base = BaseRevision::new(Arc::clone(&past.label), there, as_of);
        let since = since(&base, desired);
        // The base has the same texts for every target, so they get the same places.
        let mut with_base = texts.clone();
        let found = profile::since::lint(&base, desired, &since, profile, &mut with_base);
        if with_base.files().count() > sources.files().count() {
            *sources = with_base;
        }
        let mut here = Vec::new();
        for changed in found.emails {
            let mut fault = changed.fault;
            asked += 1;
            if asked <= MAX_ASKED
                && let Some(introduced) = past.introduced(&changed.file, &changed.text)
            {
                fault.primary.text.push_str(&format!(" ({introduced})"));
            }
            here.push(fault);
        }
        here.extend(found.removed);
        match name {
            Some(name) => found_at.push((name.clone(), here)),
            None => faults.extend(here),
        }
    }
    faults.extend(together(found_at, |_| 1));
    fault::sort(faults, sources);
    Ok(())
}

fn find(
    args: &BaseArgs,
    root: &Path,
    as_of: Date,
    terminal: &Terminal,
) -> Result<Option<Base>, Trouble> {
    let wanted = match (&args.base, args.no_base) {
        (Some(named), _) => Some(Wanted::Named(named.clone())),
        (None, true) => None,
        (None, false) => ci::detect(&environment()).map(Wanted::PullRequest),
    };
    let Some(wanted) = wanted else {
        return Ok(None);
    };
    let base = history::load(&wanted, root, as_of)?;
    if base.manifest.is_none() {
        terminal.status(&format!(
            "note: there is no `{}` at the base {}, so all of it is new",
            root.file_name().unwrap_or_default().display(),
            base.label
        ));
    }
    if let Some(error) = &base.error {
        terminal.status(&format!(
            "warning: the manifest at the base {} has errors and is compared with all the same: {error}",
            base.label
        ));
    }
    Ok(Some(base))
}

/// The variables of pipelines, as far as they are text.
fn environment() -> BTreeMap<String, String> {
    ci::VARIABLES
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)))
        .collect()
}
