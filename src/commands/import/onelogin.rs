//! `scim-sync import onelogin`: a OneLogin tenant as a manifest.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use super::live::{read, target_section, tell_counts};
use super::{create_and_list, lenient, tell, would_overwrite};
use crate::cli::{ExplainFormat, GlobalArgs, ImportOneLoginArgs};
use crate::commands::project::{self, Failure, Project};
use crate::commands::trouble::Trouble;
use crate::commands::{Terminal, logins, runtime, secret};
use crate::exit::Exit;
use crate::import::Draft;
use crate::import::onelogin::api::{Ask, RolesOf, RulesWanted};
use crate::import::onelogin::connect::{self, ConnectError, Credential};
use crate::import::onelogin::{OneLoginError, Tenant, csv, draft};
use crate::import::write::{Heading, Layout, NewFile, Target, files};
use crate::manifest::load::{DiskFiles, MemoryFiles, ROOT_FILE};
use crate::plan::compare::{Client, Comparison, Untold};
use crate::render;
use crate::render::escape;
use crate::render::style::count;
use crate::scim::error::clean;
use crate::scim::retry::{Retry, RetryPolicy};

pub(super) fn run(
    global: &GlobalArgs,
    args: &ImportOneLoginArgs,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let existing = existing(global, args, terminal)?;
    if args.compare {
        return compare(existing, args, terminal);
    }
    let section = section(existing.as_ref(), args)?;
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from("."));
    // Before anything is asked of anybody.
    if out.join(ROOT_FILE).exists() {
        return Err(would_overwrite(&out.join(ROOT_FILE)).into());
    }
    let profile = of_draft(&Draft::default(), &section, terminal)?.profile;
    let (tenant, from) = tenant(args, terminal)?;
    let draft = draft(&tenant, &profile);
    if draft.people.is_empty() {
        tell(&draft.notes, terminal);
        return Err(Trouble::new(
            "nothing-to-import",
            format!(
                "{from} shows nobody who can be declared ({}, {})",
                count(tenant.accounts.len(), "account", "accounts"),
                count(tenant.roles.len(), "role", "roles")
            ),
            match args.csv {
                Some(_) => {
                    "check that the report is of everybody who is to be declared; what is above \
                     says who was left out"
                }
                None => {
                    "check `--app`, and that the credential may read users; what is above says who \
                     was left out"
                }
            },
        )
        .into());
    }
    let heading = Heading {
        from,
        date: project::today().to_string(),
    };
    let written = files(&draft, &section, &heading, args.layout.into());
    // What is written is read as any manifest is; a fault in it would be ours.
    lenient(&in_memory(&written), Path::new(ROOT_FILE), &[], terminal)?;
    create_and_list(&out, &written, terminal)?;
    tell(&draft.notes, terminal);
    tell_counts(&draft, "declared", terminal);
    terminal.status(
        "next: `scim-sync plan` shows what differs from the live state, or the same command with \
         `--compare`; nothing was written to OneLogin",
    );
    Ok(Exit::Success)
}

/// Prints what OneLogin would provision beside what is live; writes nothing.
fn compare(
    existing: Option<Project>,
    args: &ImportOneLoginArgs,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let section = match &existing {
        Some(project) => Target::Copied(target_section(project)?),
        None => new_target(args),
    };
    let bare = of_draft(&Draft::default(), &section, terminal)?;
    let there = existing.as_ref().unwrap_or(&bare);
    let (tenant, from) = tenant(args, terminal)?;
    let draft = draft(&tenant, &there.profile);
    let theirs = of_draft(&draft, &section, terminal)?;
    let (mut live, target) = read(there, args.live.as_deref(), terminal)?;
    if args.live.is_none() {
        live.beside.logins = runtime().block_on(logins::read(there, terminal))?;
    }
    let untold: Vec<Untold> = draft
        .notes
        .iter()
        .map(|note| Untold {
            subject: note.subject.clone(),
            message: note.message.clone(),
        })
        .collect();
    let client = Client {
        name: &from,
        provisions: &theirs.desired,
        untold: &untold,
    };
    let comparison = Comparison::new(client, &live, &there.profile, &target);
    terminal.print(&match args.format {
        ExplainFormat::Text => {
            render::comparison::text(&comparison, terminal.width(), terminal.out_colour())
        }
        ExplainFormat::Json => render::comparison::json(&comparison),
    })?;
    Ok(Exit::Success)
}

/// The manifest that is there, unless an option says what the new one is for.
fn existing(
    global: &GlobalArgs,
    args: &ImportOneLoginArgs,
    terminal: &Terminal,
) -> Result<Option<Project>, Failure> {
    if args.target_url.is_some() {
        return Ok(None);
    }
    match project::root_file(global) {
        Ok(root) => {
            let folder = project::folder_of(&root);
            lenient(&DiskFiles::new(&folder), &root, &global.target, terminal).map(Some)
        }
        Err(missing) if global.file.is_some() => Err(missing.into()),
        Err(_) => Ok(None),
    }
}

/// What the manifest is for: as the one that is there says, or as options say.
fn section(existing: Option<&Project>, args: &ImportOneLoginArgs) -> Result<Target, Trouble> {
    match existing {
        Some(project) if args.out.is_none() => Err(would_overwrite(&project.root)),
        Some(project) => Ok(Target::Copied(target_section(project)?)),
        None => Ok(new_target(args)),
    }
}

fn new_target(args: &ImportOneLoginArgs) -> Target {
    Target::New {
        provider: args.provider.clone(),
        base_url: args.target_url.clone(),
        token_env: args.target_url.as_ref().map(|_| args.token_env.clone()),
    }
}

/// A draft as a manifest that is nowhere yet.
fn of_draft(draft: &Draft, section: &Target, terminal: &Terminal) -> Result<Project, Failure> {
    let heading = Heading {
        from: String::new(),
        date: String::new(),
    };
    let written = files(draft, section, &heading, Layout::Single);
    lenient(&in_memory(&written), Path::new(ROOT_FILE), &[], terminal)
}

fn in_memory(files: &[NewFile]) -> MemoryFiles {
    let mut memory = MemoryFiles::default();
    for file in files {
        let text = file.text.clone().into_bytes();
        memory.0.insert(file.name.clone(), text);
    }
    memory
}

/// Reads the tenant, and says what was read.
fn tenant(args: &ImportOneLoginArgs, terminal: &Terminal) -> Result<(Tenant, String), Failure> {
    if let Some(file) = &args.csv {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let bytes = std::fs::read(file).map_err(|error| Trouble::file("read", file, &error))?;
        let export = csv::read(&bytes).map_err(|error| {
            let message = format!("`{}` cannot be read: {error}", clean(&name));
            Trouble::new("onelogin-csv", message, error.help())
        })?;
        terminal.status(&escape::terminal(&export.read_as));
        return Ok((export.tenant, format!("OneLogin's export {}", clean(&name))));
    }
    let base_url = base_url(args)?;
    let credential = credential(args)?;
    let ask = Ask {
        app: args.app.as_deref(),
        roles: match args.all_roles {
            true => RolesOf::Tenant,
            false => RolesOf::App,
        },
        rules: match args.no_rules {
            true => RulesWanted::No,
            false => RulesWanted::Yes,
        },
    };
    let (retried, waits) = (terminal.clone(), terminal.clone());
    let observer = Arc::new(move |retry: &Retry| retried.retried(&render::outcome::retry(retry)));
    let waiting = Arc::new(move |wait: Duration| {
        waits.status(&format!(
            "waiting {} s: OneLogin allows 5,000 calls an hour",
            wait.as_secs()
        ));
    });
    let policy = RetryPolicy::new(u64::from(std::process::id()));
    let tenant = runtime().block_on(async {
        let api = connect::connect(
            &base_url,
            &credential,
            args.ca_file.clone(),
            (policy, observer),
            waiting,
        )
        .await
        .map_err(not_connected)?;
        api.tenant(&ask).await.map_err(Trouble::from)
    })?;
    let from = match &tenant.app {
        None => format!("OneLogin at {}", clean(&base_url)),
        Some(app) => format!("OneLogin at {}, app {}", clean(&base_url), clean(&app.name)),
    };
    Ok((tenant, from))
}

fn base_url(args: &ImportOneLoginArgs) -> Result<String, Trouble> {
    match (&args.subdomain, &args.base_url) {
        (_, Some(url)) => Ok(url.clone()),
        (Some(subdomain), None) => connect::address(subdomain).map_err(|message| {
            Trouble::new(
                "onelogin-tenant",
                message,
                "name what stands before `.onelogin.com`, or the whole address with `--base-url`",
            )
        }),
        (None, None) => Err(Trouble::new(
            "onelogin-tenant",
            "nothing says which OneLogin tenant to read",
            "name it with `--subdomain SUBDOMAIN`, or an export of its console with `--csv FILE`",
        )),
    }
}

/// The credential, from where the options say.
fn credential(args: &ImportOneLoginArgs) -> Result<Credential, Trouble> {
    let id = variable(&args.client_id_env, "client id", "--client-id-env NAME")?;
    let secret = match (&args.client_secret_file, &args.client_secret_command) {
        (Some(file), _) => std::fs::read_to_string(file)
            .map_err(|error| Trouble::file("read the client secret from", file, &error))?,
        (None, Some(command)) => {
            let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
            secret::printed("client secret", &words, Path::new("."))?
        }
        (None, None) => variable(
            &args.client_secret_env,
            "client secret",
            "--client-secret-env NAME`, `--client-secret-file FILE` or `--client-secret-command \
             COMMAND",
        )?,
    };
    let (id, secret) = (id.trim(), secret.trim());
    if id.is_empty() || id.contains(':') || secret.is_empty() {
        return Err(Trouble::new(
            "missing-token",
            "the client id or the client secret is empty, or the id holds a colon",
            "copy both again from OneLogin: Developers, API Credentials",
        ));
    }
    Ok(Credential {
        id: id.to_owned(),
        secret: SecretString::from(secret),
    })
}

fn variable(name: &str, what: &str, option: &str) -> Result<String, Trouble> {
    std::env::var(name).map_err(|_| {
        Trouble::new(
            "missing-token",
            format!("the environment variable `{name}`, which holds OneLogin's {what}, is not set"),
            format!("set it, or say where the {what} is with `{option}`"),
        )
    })
}

fn not_connected(error: ConnectError) -> Trouble {
    match error {
        ConnectError::Client(error) => Trouble::new(
            error.code(),
            format!("OneLogin cannot be asked: {error}"),
            "check `--subdomain` or `--base-url` (https, without a path), the client id and secret, \
             and `--ca-file`",
        ),
        ConnectError::OneLogin(error) => error.into(),
    }
}

impl From<OneLoginError> for Trouble {
    fn from(error: OneLoginError) -> Self {
        Trouble::new(error.code(), error.to_string(), error.help())
    }
}
