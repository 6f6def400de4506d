//! `scim-sync support-request`: the letter for every group that only Support removes.

use std::path::Path;

use super::project::{self, Failure, Project};
use super::selection::{self, Selection, Unnamed};
use super::trouble::Trouble;
use super::{Terminal, base, plan, several};
use crate::cli::{GlobalArgs, SupportFormat, SupportRequestArgs};
use crate::exit::Exit;
use crate::manifest::history::{Authored, Repository};
use crate::manifest::source::SourceMap;
use crate::plan::{Evidence, ManualStep};
use crate::profile::GroupRemovalRule;
use crate::render::several::OfTarget;
use crate::render::support::{GroupRequest, SUPPORT_REQUEST_VERSION, Since, SupportRequest};

pub(super) fn run(
    global: &GlobalArgs,
    args: &SupportRequestArgs,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let as_of = project::today();
    match project::load_selected(global, as_of, Unnamed::All, terminal)? {
        Selection::One(project) => {
            let Some(contact) = contact(&project) else {
                return Err(no_support(&project).into());
            };
            let live = selection::file_of_one(args.live.as_deref(), &project);
            let request = request(&project, contact, args, live.as_deref(), terminal)?;
            print(&request, args, terminal)?;
            Ok(Exit::Success)
        }
        Selection::Several(projects) => {
            let targets = several::by_name(projects, |project| project);
            let work = |project: Project, terminal: &Terminal| {
                let live = selection::snapshot_of(args.live.as_deref(), &project);
                let Some(contact) = contact(&project) else {
                    let none = no_support(&project);
                    terminal.status(&format!("{none}: {}", none.instruction()));
                    return Err(none.into());
                };
                request(&project, contact, args, live.as_deref(), terminal)
            };
            // That there is nobody to write to at one of them is an answer.
            let found = several::side_by_side(targets, terminal, work);
            let is_answer = |trouble: &Trouble| trouble.code() == NO_SUPPORT;
            let found = several::told_unless(found, is_answer, terminal);
            let failed = found.values().any(|target| match target {
                OfTarget::Error(error) => error.code != NO_SUPPORT,
                OfTarget::Result(_) => false,
            });
            let exit = match failed {
                true => Exit::Failure,
                false => Exit::Success,
            };
            if args.format == SupportFormat::Json {
                several::print_json(found, terminal)?;
                return Ok(exit);
            }
            let mut letters = 0;
            for target in found.values() {
                let OfTarget::Result(request) = target else {
                    continue;
                };
                if request.groups.is_empty() {
                    continue;
                }
                if letters > 0 {
                    terminal.print("\n---\n\n")?;
                }
                letters += 1;
                print(request, args, terminal)?;
            }
            Ok(exit)
        }
    }
}

/// Where the provider lets anybody remove groups, or nobody.
const NO_SUPPORT: &str = "no-support";

/// Whom to write to, if only they remove groups.
fn contact(project: &Project) -> Option<&'static str> {
    match project.profile.group_removal {
        GroupRemovalRule::SupportOnly { contact, .. } => Some(contact),
        GroupRemovalRule::Deletable | GroupRemovalRule::ByHand => None,
    }
}

fn no_support(project: &Project) -> Trouble {
    Trouble::new(
        NO_SUPPORT,
        format!(
            "no group of {} needs Support to be removed",
            project.profile.title
        ),
        "`scim-sync apply` removes groups itself here",
    )
}

/// The letter for one target.
fn request(
    project: &Project,
    contact: &str,
    args: &SupportRequestArgs,
    live: Option<&Path>,
    terminal: &Terminal,
) -> Result<SupportRequest, Failure> {
    let base = base::revision(&args.base, project, terminal)?;
    let (plan, _, target) = plan::look(project, base.as_ref(), live, terminal)?;
    let history = Repository::of(&project.folder).ok();
    if history.is_none() {
        terminal.status("note: the manifest is in no git repository, so no commit is named");
    }
    let request = SupportRequest {
        version: SUPPORT_REQUEST_VERSION,
        to: contact.to_owned(),
        title: project.profile.title.to_owned(),
        account: project.profile.base_url.account(&target.base_url),
        base_url: target.base_url,
        as_of: project.desired.as_of,
        groups: plan
            .manual_steps
            .iter()
            .map(|step| {
                asked(
                    step,
                    project,
                    base.as_ref().map(|base| &*base.label),
                    history.as_ref(),
                )
            })
            .collect(),
    };
    if request.groups.is_empty() {
        terminal.status(&format!(
            "there is nothing to ask {} Support for",
            project.profile.title
        ));
    }
    Ok(request)
}

fn print(
    request: &SupportRequest,
    args: &SupportRequestArgs,
    terminal: &Terminal,
) -> Result<(), Failure> {
    match args.format {
        SupportFormat::Json => {
            let mut json =
                serde_json::to_string_pretty(request).expect("a request has only string keys");
            json.push('\n');
            terminal.print(&json)
        }
        SupportFormat::Text | SupportFormat::Markdown if request.groups.is_empty() => Ok(()),
        SupportFormat::Text => terminal.print(&request.text()),
        SupportFormat::Markdown => terminal.print(&request.markdown()),
    }
}

fn asked(
    step: &ManualStep,
    project: &Project,
    base: Option<&str>,
    history: Option<&Repository>,
) -> GroupRequest {
    let evidence = step.evidence.first();
    let found = history.and_then(|history| {
        since(history, &project.manifest.sources, base, evidence).or_else(|| {
            history
                .last_changed(step.group.name.as_str())
                .filter(|_| evidence.is_none())
        })
    });
    let why = match evidence {
        None => "nothing declares it, and `policy.undeclared.groups` is `remove`".to_owned(),
        Some(Evidence { revision: None, .. }) => "it is declared absent".to_owned(),
        Some(Evidence {
            revision: Some(revision),
            what,
            ..
        }) => format!("no role gives it any more; at {revision} {what} did"),
    };
    GroupRequest {
        id: step
            .group
            .id
            .clone()
            .expect("a group to be removed is live"),
        name: step.group.name.clone(),
        members: step.members,
        why,
        place: evidence
            .filter(|evidence| evidence.revision.is_none())
            .map(|evidence| evidence.place.clone()),
        since: found.map(|found| Since {
            date: found.date,
            commit: found.commit,
            author: found.author,
            subject: found.subject,
        }),
    }
}

/// The commit behind a line: of a tombstone the one that wrote it, of a role that is gone the
/// one that took it out.
fn since(
    history: &Repository,
    sources: &SourceMap,
    base: Option<&str>,
    evidence: Option<&Evidence>,
) -> Option<Authored> {
    let Evidence {
        place,
        revision,
        what,
    } = evidence?;
    match revision {
        None => {
            let (_, file) = sources
                .files()
                .find(|(_, file)| *file.name == *place.file)?;
            let line = usize::try_from(place.line).ok()?;
            history.wrote(&place.file, &file.text, line)
        }
        Some(_) => {
            // "role `name`": what stands in the file that gave it up.
            let name = what.split('`').nth(1)?;
            history.changed_since(base?, &place.file, name)
        }
    }
}
