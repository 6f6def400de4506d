//! `scim-sync comment`: a saved plan as the one comment of a pull request, or as an issue.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::SecretString;

use super::project::{self, Failure};
use super::trouble::Trouble;
use super::view::View;
use super::{Terminal, apply, runtime};
use crate::cli::{CommentArgs, ForgeChoice, GlobalArgs, PlanFormat, ViewArgs};
use crate::exit::Exit;
use crate::forge::place::{self, Api, Detected, Repository};
use crate::forge::{Content, Done, Forge, ForgeError, Kept, Matter, connect};
use crate::plan::Plan;
use crate::render;
use crate::render::markdown::marker;
use crate::render::text::Detail;
use crate::scim::retry::{Retry, RetryPolicy};

pub(super) fn run(
    global: &GlobalArgs,
    args: &CommentArgs,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    terminal.redact(args.redact);
    let plans = apply::saved(global, &args.plan)?;
    let detected = detect();
    let forge = forge(args, &detected)?;
    let token = token(args, forge)?;
    let repository = repository(args, forge, &detected)?;
    let url = args.api_url.as_deref().or(detected.api_url.as_deref());
    let tell = terminal.clone();
    let observer = Arc::new(move |retry: &Retry| tell.status(&render::outcome::retry(retry)));
    let desk = connect::connect(
        Api::at(forge, url),
        repository,
        &token,
        args.ca_file.clone(),
        (RetryPolicy::new(u64::from(std::process::id())), observer),
    )
    .map_err(|error| {
        let help = "check `--api-url`, the token and `--ca-file`; without an option they come from the pipeline";
        Trouble::new(error.code(), error.to_string(), help)
    })?;
    let several = plans.len() > 1;
    for plan in plans {
        let marker = marker(&plan.target.base_url);
        let body = body(global, args, &plan, terminal)?;
        let content = Content {
            marker: &marker,
            body: &body,
        };
        let kept = runtime().block_on(async {
            match &args.issue {
                Some(title) => {
                    let matter = if plan.is_empty() {
                        Matter::Resolved
                    } else {
                        Matter::Open
                    };
                    let title = match &plan.target.name {
                        Some(name) if several => format!("{title} ({name})"),
                        Some(_) | None => title.clone(),
                    };
                    desk.keep_issue(&title, content, matter).await
                }
                None => {
                    desk.keep_comment(number(args, forge, &detected)?, content)
                        .await
                }
            }
            .map_err(Failure::from)
        })?;
        match &plan.target.name {
            Some(name) => tell_what_was_done(args, forge, &kept, &terminal.of(name))?,
            None => tell_what_was_done(args, forge, &kept, terminal)?,
        }
    }
    Ok(Exit::Success)
}

fn tell_what_was_done(
    args: &CommentArgs,
    forge: Forge,
    kept: &Kept,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let what = match args.issue {
        Some(_) => "issue",
        None => "comment",
    };
    terminal.status(&match kept.done {
        Done::Created => format!("made the {what} at {}", forge.name()),
        Done::Edited => format!("brought the {what} at {} up to date", forge.name()),
        Done::Unchanged => format!("the {what} at {} says so already", forge.name()),
        Done::Closed => format!("closed the {what} at {}: nothing is left", forge.name()),
        Done::Nothing => format!("nothing to tell, and no {what} open at {}", forge.name()),
    });
    match &kept.url {
        Some(url) => terminal.print(&format!("{}\n", crate::scim::error::clean(url))),
        None => Ok(()),
    }
}

/// What the pipeline says, as far as it is text.
fn detect() -> Detected {
    let variables: BTreeMap<String, String> = place::VARIABLES
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)))
        .collect();
    // An event that cannot be read tells nothing; the reference may.
    let event = variables
        .get("GITHUB_EVENT_PATH")
        .and_then(|path| std::fs::read_to_string(Path::new(path)).ok());
    place::detect(&variables, event.as_deref())
}

fn missing(what: &str, option: &str) -> Trouble {
    Trouble::new(
        "forge-unknown",
        format!("nothing says {what}"),
        format!("name it with `{option}`; in a pipeline of GitHub or GitLab it is found by itself"),
    )
}

fn forge(args: &CommentArgs, detected: &Detected) -> Result<Forge, Trouble> {
    match args.forge {
        Some(ForgeChoice::Github) => Ok(Forge::Github),
        Some(ForgeChoice::Gitlab) => Ok(Forge::Gitlab),
        None => detected
            .forge
            .ok_or_else(|| missing("which forge this is", "--forge")),
    }
}

fn repository(
    args: &CommentArgs,
    forge: Forge,
    detected: &Detected,
) -> Result<Repository, Trouble> {
    let text = args
        .repository
        .as_ref()
        .or(detected.repository.as_ref())
        .ok_or_else(|| missing("which repository it is", "--repository"))?;
    Repository::parse(forge, text).map_err(|message| {
        Trouble::new(
            "forge-repository",
            message,
            "name it as the address of its page does, for instance `acme/access`",
        )
    })
}

fn number(args: &CommentArgs, forge: Forge, detected: &Detected) -> Result<u64, Trouble> {
    let what = match forge {
        Forge::Github => "which pull request this is for",
        Forge::Gitlab => "which merge request this is for",
    };
    args.number
        .or(detected.number)
        .ok_or_else(|| missing(what, "--number"))
}

fn token(args: &CommentArgs, forge: Forge) -> Result<SecretString, Trouble> {
    let usual: &[&str] = match forge {
        Forge::Github => &["GITHUB_TOKEN", "GH_TOKEN"],
        Forge::Gitlab => &["GITLAB_TOKEN"],
    };
    let names = match &args.token_env {
        Some(name) => vec![name.as_str()],
        None => usual.to_vec(),
    };
    names
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|it| !it.trim().is_empty()))
        .map(|token| SecretString::from(token.trim()))
        .ok_or_else(|| {
            Trouble::new(
                "missing-token",
                format!("no token for {} in {}", forge.name(), names.join(" or ")),
                "put one there, or name another variable with `--token-env`",
            )
        })
}

/// The plan as `plan --format markdown` prints it; it begins with its marker.
fn body(
    global: &GlobalArgs,
    args: &CommentArgs,
    plan: &Plan,
    terminal: &Terminal,
) -> Result<String, Failure> {
    let CommentArgs {
        redact,
        link_base,
        max_bytes,
        ..
    } = args;
    // A plan can be read without its manifest; only links need it.
    let root = project::root_file(global).unwrap_or_else(|_| PathBuf::from("scim-sync.yaml"));
    let view = View {
        args: &ViewArgs {
            format: PlanFormat::Markdown,
            redact: *redact,
            link_base: link_base.clone(),
            max_bytes: *max_bytes,
        },
        detail: Detail::Short,
        folder: &project::folder_of(&root),
        root: &root,
    };
    view.markdown(plan, terminal)
}

impl From<ForgeError> for Failure {
    fn from(error: ForgeError) -> Self {
        Trouble::new(error.code(), error.to_string(), error.help()).into()
    }
}
