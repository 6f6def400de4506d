//! The base revision: from the command line, from the pipeline, or none.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;

use super::Terminal;
use super::project::Project;
use super::trouble::Trouble;
use crate::cli::BaseArgs;
use crate::desired::BaseRevision;
use crate::desired::DesiredState;
use crate::desired::since::since;
use crate::manifest::decl::{FirstGenDecl, HarnessDecl, TargetDecl, TokenDecl};
use crate::manifest::fault::{self, Fault};
use crate::manifest::history::{self, Base, Wanted, ci};
use crate::manifest::source::{SourceMap, Spanned};
use crate::profile::{self, Profile};

/// For how many faults git is asked who made the change; each is a search of its own.
const MAX_ASKED: usize = 10;

/// The base for a plan.
pub(super) fn revision(
    args: &BaseArgs,
    root: &Path,
    as_of: Date,
    terminal: &Terminal,
) -> Result<Option<BaseRevision>, Trouble> {
    let Some(mut base) = find(args, root, as_of, terminal)? else {
        return Ok(None);
    };
    let manifest = base.manifest.take();
    Ok(Some(BaseRevision::new(base.label, manifest, as_of)))
}

/// Refuses a change of where the token goes and where it comes from: `target` names both,
/// and a program that is run.
pub(super) fn trust(
    args: &BaseArgs,
    project: &Project,
    as_of: Date,
    terminal: &Terminal,
) -> Result<(), Trouble> {
    let refuse = |message: String, help: &str| Err(Trouble::new("untrusted-target", message, help));
    let Some(base) = find(args, &project.root, as_of, terminal)? else {
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
    let then = base.manifest.as_ref().map(|manifest| &manifest.target);
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
            // How requests are spelled, and not to whom.
            dialect: _,
            harness: HarnessDecl { first_gen },
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
        }
    }
}

/// Adds what a change may not do. The base's texts are added to `sources` if a fault has a
/// place in them.
pub(super) fn check(
    args: &BaseArgs,
    root: &Path,
    (now, profile): (&DesiredState, &Profile),
    sources: &mut SourceMap,
    faults: &mut Vec<Fault>,
    terminal: &Terminal,
) -> Result<(), Trouble> {
    let as_of = now.as_of;
    let Some(mut past) = find(args, root, as_of, terminal)? else {
        return Ok(());
    };
    let manifest = past.manifest.take();
    let base = BaseRevision::new(std::sync::Arc::clone(&past.label), manifest, as_of);
    let since = since(&base, now);
    let found = profile::since::lint(&base, now, &since, profile, sources);
    for (changed, number) in found.emails.into_iter().zip(0..) {
        let mut fault = changed.fault;
        if number < MAX_ASKED
            && let Some(introduced) = past.introduced(&changed.file, &changed.text)
        {
            fault.primary.text.push_str(&format!(" ({introduced})"));
        }
        faults.push(fault);
    }
    faults.extend(found.removed);
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
