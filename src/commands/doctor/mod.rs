//! `scim-sync doctor`: what will fail, before it does. It only reads.

mod beliefs;
mod beside;
mod lists;
mod reach;
mod token;

use super::project::{self, Failure, Project};
use super::selection::{self, Selection, Unnamed};
use super::several::{self, Telling};
use super::target::{self, Connection};
use super::trouble::Trouble;
use super::{Terminal, runtime};
use crate::cli::{DoctorArgs, DoctorFormat, GlobalArgs};
use crate::exit::Exit;
use crate::manifest::fault::{Fault, FaultCode, Severity};
use crate::plan::TargetInfo;
use crate::profile::checks::Check;
use crate::render::doctor::{Examination, Finding, Verdict};
use crate::render::several::OfTarget;
use crate::render::style::count;
use crate::scim::error::ScimError;

/// How many names a line has at most.
const NAMED: usize = 10;

pub(super) fn run(
    global: &GlobalArgs,
    args: &DoctorArgs,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let checked = project::check(global, project::today())?;
    let mut found = Findings::default();
    let shape = of_manifest(&checked.faults, &mut found);
    if checked.projects.is_empty() {
        return told_of_one(&Examination::new(shape, found.0), args, terminal);
    }
    match selection::select(checked.projects, &global.target, Unnamed::All)? {
        Selection::One(project) => {
            let examination = runtime().block_on(examination(&project, terminal, found));
            told_of_one(&examination, args, terminal)
        }
        Selection::Several(projects) => {
            let targets = several::by_name(projects, |project| project);
            let work = |project: Project, terminal: &Terminal| {
                let found = found.clone();
                Ok(runtime().block_on(examination(&project, terminal, found)))
            };
            let found = several::told(several::side_by_side(targets, terminal, work), terminal);
            let ill = |target: &OfTarget<Examination>| match target {
                OfTarget::Result(examination) => !examination.healthy,
                OfTarget::Error(_) => true,
            };
            let exit = match found.values().any(ill) {
                true => Exit::Failure,
                false => Exit::Success,
            };
            match args.format {
                DoctorFormat::Json => several::print_json(found, terminal)?,
                DoctorFormat::Text => {
                    let tell = |examination: &Examination| Telling {
                        text: examination.text(terminal.width(), terminal.out_colour()),
                        line: examination.in_short(),
                    };
                    several::print_texts(&found, tell, terminal)?;
                }
            }
            Ok(exit)
        }
    }
}

fn told_of_one(
    examination: &Examination,
    args: &DoctorArgs,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    match args.format {
        DoctorFormat::Json => {
            let mut json = serde_json::to_string_pretty(examination)
                .expect("an examination has only string keys");
            json.push('\n');
            terminal.print(&json)?;
        }
        DoctorFormat::Text => {
            terminal.print(&examination.text(terminal.width(), terminal.out_colour()))?;
        }
    }
    Ok(match examination.healthy {
        true => Exit::Success,
        false => Exit::Failure,
    })
}

/// Everything there is to find at one target.
async fn examination(project: &Project, terminal: &Terminal, mut found: Findings) -> Examination {
    let of_url = |finding: &Finding| finding.check == BASE_URL;
    if !found.0.iter().any(of_url) {
        match &project.manifest.target.base_url {
            Some(url) => found.ok(
                BASE_URL,
                format!("`{}` has the shape of {}", url.value, project.profile.title),
            ),
            None => found.ok(BASE_URL, "none: the target is the embedded sandbox"),
        }
    }
    let target = examine(project, terminal, &mut found).await;
    Examination::new(target, found.0)
}

/// The look at a base URL's shape.
const BASE_URL: &str = "base URL";

/// What was found so far.
#[derive(Clone, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn note(
        &mut self,
        check: &str,
        verdict: Verdict,
        found: impl Into<String>,
        help: Option<String>,
    ) {
        self.0.push(Finding {
            check: check.to_owned(),
            verdict,
            found: found.into(),
            help,
        });
    }

    fn ok(&mut self, check: &str, found: impl Into<String>) {
        self.note(check, Verdict::Ok, found, None);
    }

    fn warn(&mut self, check: &str, found: impl Into<String>, help: impl Into<String>) {
        self.note(check, Verdict::Warning, found, Some(help.into()));
    }

    fn fail(&mut self, check: &str, found: impl Into<String>, help: impl Into<String>) {
        self.note(check, Verdict::Failure, found, Some(help.into()));
    }

    fn error(&mut self, check: &str, verdict: Verdict, error: &ScimError) {
        self.note(check, verdict, error.to_string(), Some(error.help()));
    }

    /// What the token may not look at is not known, which is no failure.
    fn unseen(&mut self, check: &str, error: &ScimError) {
        let found = format!("could not be looked at: {error}");
        self.note(check, Verdict::Warning, found, Some(error.help()));
    }
}

/// The manifest and the shape of its base URL, offline. What names the target when nothing
/// can be asked.
fn of_manifest(faults: &[Fault], found: &mut Findings) -> TargetInfo {
    let is_error = |severity| severity == Severity::Error;
    let errors = faults.iter().filter(|fault| is_error(fault.severity));
    match errors.count() {
        0 => found.ok("manifest", "has no errors"),
        errors => found.fail(
            "manifest",
            format!("has {}", count(errors, "error", "errors")),
            "run `scim-sync validate`, which shows each with its line",
        ),
    }
    let urls = faults
        .iter()
        .filter(|fault| fault.code == FaultCode::InvalidBaseUrl);
    for fault in urls {
        let verdict = match is_error(fault.severity) {
            true => Verdict::Failure,
            false => Verdict::Warning,
        };
        found.note(
            BASE_URL,
            verdict,
            fault.message.clone(),
            Some(fault.help.to_string()),
        );
    }
    TargetInfo {
        name: None,
        provider: String::new(),
        title: "the service provider".to_owned(),
        base_url: "a base URL that is not understood".to_owned(),
    }
}

async fn examine(project: &Project, terminal: &Terminal, found: &mut Findings) -> TargetInfo {
    let connection = match target::connect(project, terminal).await {
        Ok(connection) => connection,
        Err(failure) => {
            let (message, help) = match failure {
                Failure::Trouble(trouble) => told(&trouble),
                Failure::Faults(faults) => (faults, String::new()),
            };
            found.fail("connection", message, help);
            let url = project.manifest.target.base_url.as_ref();
            let url = url.map_or_else(
                || target::sandbox_title(project.manifest.name.as_ref()),
                |url| url.value.clone(),
            );
            return target::target_info(project, url);
        }
    };
    let reader = &connection.reader;
    if reach::reachable(reader, found).await {
        for check in project.profile.checks {
            look(*check, project, &connection, terminal, found).await;
        }
    }
    connection.target
}

fn told(trouble: &Trouble) -> (String, String) {
    (trouble.to_string(), trouble.instruction().to_owned())
}

async fn look(
    check: Check,
    project: &Project,
    connection: &Connection,
    terminal: &Terminal,
    found: &mut Findings,
) {
    let (reader, target) = (&connection.reader, &connection.target);
    let platform = reader.platform();
    let unknown = |found: &mut Findings, check: &str| {
        found.warn(
            check,
            "the base URL does not tell where the provider's own API is",
            "give the base URL the shape that `scim-sync validate` asks for",
        );
    };
    match (check, platform) {
        (Check::Lists, _) => lists::lists(project, target, reader, found).await,
        (Check::RateLimit, _) => beliefs::rate_limit(project, reader.dialect(), found),
        (Check::Discovery, _) => beliefs::discovery(project, reader, found).await,
        (Check::OtherLogin, _) => beside::other_login(project, terminal, found).await,
        (Check::Token, Some(platform)) => token::token(platform, found).await,
        (Check::Permissions, Some(platform)) => token::may(platform, found).await,
        (Check::SingleSignOn, Some(platform)) => beside::single_sign_on(platform, found).await,
        (Check::Standalone, Some(platform)) => beside::standalone(project, platform, found).await,
        (Check::HandMadeGroups, Some(platform)) => {
            beside::hand_made(project, platform, found).await
        }
        (Check::Token, None) => unknown(found, "token"),
        (Check::Permissions, None) => unknown(found, "permissions"),
        (Check::SingleSignOn, None) => unknown(found, "single sign-on"),
        (Check::Standalone, None) => unknown(found, "standalone"),
        (Check::HandMadeGroups, None) => unknown(found, "hand-made groups"),
    }
}

/// The first few names, and how many more there are.
fn named(names: &[String]) -> String {
    let shown = names.iter().take(NAMED).cloned().collect::<Vec<_>>();
    match names.len().saturating_sub(NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
