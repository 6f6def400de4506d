//! `scim-sync doctor`: what will fail, before it does. It only reads.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::plan::{self, Rails};
use super::project::{self, Failure, Project};
use super::selection::{self, Selection, Unnamed};
use super::several::{self, Telling};
use super::target::{self, Connection, UNLIMITED};
use super::trouble::Trouble;
use super::{Terminal, logins, runtime, written};
use crate::cli::{DoctorArgs, DoctorFormat, GlobalArgs};
use crate::exit::Exit;
use crate::ids::{GroupId, fold};
use crate::live::LiveState;
use crate::live::beside::Told;
use crate::live::collect;
use crate::manifest::decl::UserStatus;
use crate::manifest::fault::{Fault, FaultCode, Severity};
use crate::plan::{Foreign, Stands, TargetInfo, foreign};
use crate::profile::checks::Check;
use crate::profile::claims::{self, Claim, Extras};
use crate::profile::{GroupIds, Profile};
use crate::render::doctor::{Examination, Finding, Verdict};
use crate::render::several::OfTarget;
use crate::render::style::count;
use crate::scim::dialect::{Dialect, Need, NeedWeight, Permission};
use crate::scim::error::{ErrorKind, ScimError};
use crate::scim::http::Transport;
use crate::scim::platform::{Platform, TokenHolder};
use crate::scim::read_only::ReadRequest;
use crate::scim::service::{Discovery, Reader};

/// A difference between two clocks that tokens and logs survive.
const SKEW_SECONDS: i64 = 120;
/// A token that ends sooner is worth a word.
const ENDING_DAYS: i64 = 30;
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
    if reachable(reader, found).await {
        for check in project.profile.checks {
            look(*check, project, &connection, terminal, found).await;
        }
    }
    connection.target
}

fn told(trouble: &Trouble) -> (String, String) {
    (trouble.to_string(), trouble.instruction().to_owned())
}

/// Network, proxy, TLS and clock, by one request. Whether there is any use in going on.
async fn reachable<T: Transport>(reader: &Reader<T>, found: &mut Findings) -> bool {
    let base = reader.transport().target().to_owned();
    found.ok("proxy", proxy(&base));
    let request = ReadRequest::scim(["ServiceProviderConfig"]);
    let response = match reader.transport().send(&request).await {
        Ok(response) => response,
        Err(error) => {
            let error = ScimError::from_transport(&base, request.request(), &error);
            found.error("connection", Verdict::Failure, &error);
            return false;
        }
    };
    let tls = match base.starts_with("https://") {
        true => "over TLS, with a certificate that is trusted",
        false => "without TLS, on this machine",
    };
    found.ok("connection", format!("`{base}` answers {tls}"));
    let now = Timestamp::now();
    let theirs = response
        .date
        .as_deref()
        .and_then(|date| httpdate::parse_http_date(date.trim()).ok())
        .and_then(|date| Timestamp::try_from(date).ok());
    let (verdict, said, help) = clock(now, theirs);
    found.note("clock", verdict, said, help);
    // The same request once more, read as SCIM: a page or a refused token ends it here.
    match reader.discovery(Discovery::ServiceProviderConfig).await {
        Err(error) if error.stops_the_run() => {
            found.error("token", Verdict::Failure, &error);
            false
        }
        Ok(_) | Err(_) => true,
    }
}

/// Which proxy requests go through, without what is secret in its URL.
fn proxy(base: &str) -> String {
    let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let set = names
        .into_iter()
        .find_map(|name| Some((name, std::env::var(name).ok().filter(|it| !it.is_empty())?)));
    if base.starts_with("http://") {
        return "none: the provider is on this machine".to_owned();
    }
    match set {
        None => "none is set".to_owned(),
        Some((name, value)) => {
            let shown = url::Url::parse(&value).ok();
            let host = shown.as_ref().and_then(url::Url::host_str);
            let host = host.unwrap_or("a host that cannot be read").to_owned();
            let except = std::env::var("NO_PROXY").or_else(|_| std::env::var("no_proxy"));
            match except {
                Ok(except) if !except.is_empty() => {
                    format!("`{name}` names {host}, except for {except}")
                }
                Ok(_) | Err(_) => format!("`{name}` names {host}"),
            }
        }
    }
}

/// How far this machine's clock is from the provider's.
fn clock(ours: Timestamp, theirs: Option<Timestamp>) -> (Verdict, String, Option<String>) {
    let Some(theirs) = theirs else {
        let said = "the answer has no `Date`, so the clocks cannot be compared";
        return (Verdict::Ok, said.to_owned(), None);
    };
    let skew = (ours.as_second() - theirs.as_second()).abs();
    if skew <= SKEW_SECONDS {
        let said = format!("differs from the provider's by {skew} s");
        return (Verdict::Ok, said, None);
    }
    (
        Verdict::Warning,
        format!(
            "differs from the provider's by {skew} s: grants may end on the wrong day, and SAML \
             logins and certificates may be refused"
        ),
        Some("set this machine's clock, for instance with NTP".to_owned()),
    )
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
        (Check::Lists, _) => lists(project, target, reader, found).await,
        (Check::RateLimit, _) => rate_limit(project, reader.dialect(), found),
        (Check::Discovery, _) => {
            let people = project.desired.users.iter();
            let people = people.filter(|user| user.status != UserStatus::Absent);
            let declared = people
                .flat_map(|user| user.attributes.iter())
                .map(|(attribute, _)| attribute)
                .collect();
            let extras = Extras {
                taken: &project.profile.attributes,
                declared: &declared,
            };
            discovery(reader, extras, found).await;
        }
        (Check::OtherLogin, _) => other_login(project, terminal, found).await,
        (Check::Token, Some(platform)) => token(platform, found).await,
        (Check::Permissions, Some(platform)) => may(platform, found).await,
        (Check::SingleSignOn, Some(platform)) => single_sign_on(platform, found).await,
        (Check::Standalone, Some(platform)) => standalone(project, platform, found).await,
        (Check::HandMadeGroups, Some(platform)) => hand_made(project, platform, found).await,
        (Check::Token, None) => unknown(found, "token"),
        (Check::Permissions, None) => unknown(found, "permissions"),
        (Check::SingleSignOn, None) => unknown(found, "single sign-on"),
        (Check::Standalone, None) => unknown(found, "standalone"),
        (Check::HandMadeGroups, None) => unknown(found, "hand-made groups"),
    }
}

/// Whether everybody declared is where logins are decided, as far as the manifest names that.
async fn other_login(project: &Project, terminal: &Terminal, found: &mut Findings) {
    let Some(other) = project.profile.other_login else {
        return;
    };
    let check = other.title;
    match logins::read(project, terminal).await {
        Err(Failure::Trouble(trouble)) => {
            let (message, help) = told(&trouble);
            found.fail(check, message, help);
        }
        Err(Failure::Faults(faults)) => found.fail(check, faults, ""),
        Ok(Told::NotAsked) => found.ok(check, other.help),
        Ok(Told::NotTold(why)) => found.warn(
            check,
            format!("{} could not be looked at: {why}", other.title),
            "check `target.harness.firstGen`, or name a file of its members' e-mails there",
        ),
        Ok(Told::Known(admitted)) => {
            let missing = project.desired.locked_out(&admitted);
            let missing: Vec<String> = missing
                .map(|user| format!("{} <{}>", user.key, user.email))
                .collect();
            if missing.is_empty() {
                found.ok(
                    check,
                    format!("everybody declared is in {} as well", other.title),
                );
            } else {
                found.warn(
                    check,
                    format!(
                        "{} missing in {}, which decides who can log in: {}",
                        count(missing.len(), "declared person is", "declared people are"),
                        other.title,
                        named(&missing)
                    ),
                    "add them to that integration as well, or switch it off",
                );
            }
        }
    }
}

async fn token<T: Transport>(platform: Platform<'_, T>, found: &mut Findings) {
    match platform.token().await {
        Ok(holder) => {
            for (check, verdict, said, help) in
                judged(&holder, platform.account(), Timestamp::now())
            {
                found.note(check, verdict, said, help);
            }
        }
        Err(error) if error.kind() == ErrorKind::Unauthorized => {
            found.error("token", Verdict::Failure, &error);
        }
        Err(error) => found.unseen("token", &error),
    }
}

/// Whose a token is, until when, and whether it is of this account.
fn judged(
    holder: &TokenHolder,
    account: &str,
    now: Timestamp,
) -> Vec<(&'static str, Verdict, String, Option<String>)> {
    let mut lines = Vec::new();
    let who = holder
        .email
        .as_ref()
        .map(ToString::to_string)
        .or_else(|| holder.username.clone())
        .unwrap_or_else(|| "somebody who is not named".to_owned());
    let kind = match holder.api_key_type.as_deref() {
        Some("USER") => "the user",
        Some("SERVICE_ACCOUNT") => "the service account",
        Some(_) | None => "the holder",
    };
    let renew = "make a new token for the same holder in Harness, and put it where \
                 `target.token` says";
    lines.push(if holder.valid {
        (
            "token",
            Verdict::Ok,
            format!("is valid and belongs to {kind} {who}"),
            None,
        )
    } else {
        (
            "token",
            Verdict::Failure,
            format!("is not valid any more; it belonged to {kind} {who}"),
            Some(renew.to_owned()),
        )
    });
    let end = holder
        .ends_at_millis()
        .and_then(|millis| Timestamp::from_millisecond(millis).ok());
    lines.push(match end {
        None => ("token's end", Verdict::Ok, "none is told".to_owned(), None),
        Some(end) => {
            let days = (end.as_second() - now.as_second()).div_euclid(86_400);
            let day = end.to_string();
            let day = day.split('T').next().unwrap_or_default();
            match days {
                ..0 => (
                    "token's end",
                    Verdict::Failure,
                    format!("it ended on {day}"),
                    Some(renew.to_owned()),
                ),
                0..ENDING_DAYS => (
                    "token's end",
                    Verdict::Warning,
                    format!(
                        "it ends on {day}, in {}",
                        count(usize::try_from(days).unwrap_or(0), "day", "days")
                    ),
                    Some(renew.to_owned()),
                ),
                _ => (
                    "token's end",
                    Verdict::Ok,
                    format!("it ends on {day}"),
                    None,
                ),
            }
        }
    });
    lines.push(match holder.account_identifier.as_deref() {
        Some(theirs) if theirs != account => (
            "account",
            Verdict::Failure,
            format!("the base URL names the account {account}, the token is of {theirs}"),
            Some("use the base URL and the token of one account".to_owned()),
        ),
        Some(_) => (
            "account",
            Verdict::Ok,
            format!("base URL and token are of {account}"),
            None,
        ),
        None => (
            "account",
            Verdict::Warning,
            "the provider does not say of which account the token is".to_owned(),
            Some(
                "compare the account's id in the base URL with the token's second part".to_owned(),
            ),
        ),
    });
    lines
}

async fn may<T: Transport>(platform: Platform<'_, T>, found: &mut Findings) {
    let needs = platform.needs();
    let asked: Vec<Permission> = needs.iter().map(|need| need.permission).collect();
    match platform.permitted(&asked).await {
        Ok(permitted) => {
            for (need, permitted) in needs.iter().zip(permitted) {
                let Need {
                    permission: Permission { name, resource: _ },
                    purpose,
                    weight,
                } = need;
                if permitted {
                    found.ok("permission", format!("`{name}`, {purpose}"));
                    continue;
                }
                let verdict = match weight {
                    NeedWeight::ToProvision => Verdict::Failure,
                    NeedWeight::ToCheck => Verdict::Warning,
                };
                found.note(
                    "permission",
                    verdict,
                    format!("`{name}` is missing, which is needed {purpose}"),
                    Some("give the token's holder a role that has it, at account scope".to_owned()),
                );
            }
        }
        Err(error) => found.unseen("permission", &error),
    }
}

async fn single_sign_on<T: Transport>(platform: Platform<'_, T>, found: &mut Findings) {
    match platform.authentication().await {
        Ok(settings) if settings.is_saml() => found.ok("single sign-on", "SAML is on"),
        Ok(settings) => found.warn(
            "single sign-on",
            format!(
                "people log in by {}, not by SAML: whoever is provisioned needs another way in",
                settings.authentication_mechanism
            ),
            "set SAML up and enable it (Account Settings, Authentication) before provisioning",
        ),
        Err(error) => found.unseen("single sign-on", &error),
    }
}

async fn lists<T: Transport>(
    project: &Project,
    target: &TargetInfo,
    reader: &Reader<T>,
    found: &mut Findings,
) {
    match collect::collect(reader).await {
        Ok(live) => {
            let (users, groups) = (live.users.len(), live.groups.len());
            let read = format!(
                "{} and {}",
                count(users, "user", "users"),
                count(groups, "group", "groups")
            );
            if live.integrity.is_whole() {
                found.ok("lists", format!("{read}, read whole"));
            } else {
                found.warn(
                    "lists",
                    format!("{read}, and there may be gaps, so nothing would be removed"),
                    "see `scim-sync plan` for the reason, and run it again",
                );
            }
            other_clients(project, target, &live, found);
        }
        Err(error) => found.error("lists", Verdict::Failure, &error),
    }
}

/// Whether another client writes to the account, or has.
fn other_clients(project: &Project, target: &TargetInfo, live: &LiveState, found: &mut Findings) {
    let rails = Rails {
        written: written::by_runs(project, target),
        ..Rails::default()
    };
    let plan = plan::with_unnamed_input(project, None, live, target, &rails, crate::plan::plan);
    let help = "switch the other client's provisioning off: two clients undo each other's work";
    let mut undone = plan.notices_at(Stands::First);
    if let Some(notice) = undone.next() {
        found.warn("other clients", notice.message.as_str(), help);
        return;
    }
    let foreign = foreign(live);
    if foreign.is_empty() {
        let fine = "no account carries another client's externalId, and no run's work was undone";
        found.ok("other clients", fine);
        return;
    }
    let told: Vec<String> = foreign.iter().map(Foreign::told).collect();
    let off: Vec<String> = foreign.iter().map(Foreign::switch_off).collect();
    found.warn(
        "other clients",
        format!("{}; no run's work was undone so far", told.join(", ")),
        format!("if it still provisions, switch it off ({})", off.join("; ")),
    );
}

fn rate_limit(project: &Project, dialect: &Dialect, found: &mut Findings) {
    let known = Profile::named(project.profile.name).map(|profile| profile.dialect.rate.per_minute);
    let wanted = project.manifest.target.dialect.requests_per_minute;
    match (wanted, known) {
        (Some(wanted), Some(known)) if wanted > known => found.warn(
            "rate",
            format!("`target.dialect.requestsPerMinute` is {wanted}; {known} keeps within the known limits"),
            "lower it, unless the provider has promised you more",
        ),
        (_, _) if dialect.rate == UNLIMITED => found.ok(
            "rate",
            "no limit is kept to: the provider is on this machine",
        ),
        (_, _) => found.ok(
            "rate",
            format!("at most {} requests a minute are sent, by all workers together", dialect.rate.per_minute),
        ),
    }
}

/// What the provider says of itself, what is believed of it, and where the two differ.
async fn discovery<T: Transport>(reader: &Reader<T>, extras: Extras<'_>, found: &mut Findings) {
    let mut same: Vec<&str> = Vec::new();
    let dialect = reader.dialect();
    for (document, name) in [
        (Discovery::ServiceProviderConfig, "ServiceProviderConfig"),
        (Discovery::ResourceTypes, "ResourceTypes"),
        (Discovery::Schemas, "Schemas"),
    ] {
        let claimed = match reader.discovery(document).await {
            Ok(Some(value)) => match document {
                Discovery::ServiceProviderConfig => claims::of_config(&value, dialect),
                Discovery::ResourceTypes => claims::of_resource_types(&value, dialect),
                Discovery::Schemas => claims::of_schemas(&value, dialect, extras),
            },
            Ok(None) => {
                found.warn(
                    "discovery",
                    format!("there is no `/{name}`"),
                    "nothing here depends on it; the profile says how the provider is spoken to",
                );
                continue;
            }
            Err(error) => {
                found.error("discovery", Verdict::Warning, &error);
                continue;
            }
        };
        for claim in claimed {
            match claim {
                Claim::Same(what) => same.push(what),
                Claim::Harmless(said) => found.ok("discovery", said),
                Claim::Differs { said, help } => found.warn("discovery", said, help),
            }
        }
    }
    if !same.is_empty() {
        let said = format!("claims and beliefs agree on {}", same.join(", "));
        found.ok("discovery", said);
    }
}

async fn standalone<T: Transport>(
    project: &Project,
    platform: Platform<'_, T>,
    found: &mut Findings,
) {
    let declared: BTreeMap<&str, &str> = project
        .desired
        .users
        .iter()
        .filter(|user| user.status != UserStatus::Absent)
        .map(|user| (user.email.folded(), user.key.as_str()))
        .collect();
    let emails: Vec<&str> = declared.keys().copied().collect();
    match platform.users_by_email(&emails).await {
        Ok(users) => {
            let alone: Vec<String> = users
                .iter()
                .filter(|user| !user.externally_managed)
                .filter_map(|user| {
                    let key = declared.get(user.email.folded())?;
                    Some(format!("{key} <{}>", user.email))
                })
                .collect();
            if alone.is_empty() {
                found.ok(
                    "standalone",
                    "nobody declared has an account that SCIM did not make",
                );
            } else {
                found.warn(
                    "standalone",
                    format!(
                        "{} of declared people that SCIM did not make: {}",
                        count(alone.len(), "account", "accounts"),
                        named(&alone)
                    ),
                    "remove them in Harness (Access Control, Users) before their roles are provisioned, or let the create take them over",
                );
            }
        }
        Err(error) => found.unseen("standalone", &error),
    }
}

async fn hand_made<T: Transport>(
    project: &Project,
    platform: Platform<'_, T>,
    found: &mut Findings,
) {
    let mut ids: BTreeMap<GroupId, &str> = BTreeMap::new();
    let mut names: BTreeMap<String, &str> = BTreeMap::new();
    for group in &project.desired.groups {
        let name = group.name.as_str();
        if let GroupIds::DerivedFromName(derive) = project.profile.group_ids
            && let Ok(id) = derive(name)
        {
            ids.insert(GroupId::from(id), name);
        }
        names.insert(fold(name), name);
    }
    match platform.groups().await {
        Ok(groups) => {
            let colliding: Vec<String> = groups
                .iter()
                .filter(|group| !group.externally_managed)
                .filter_map(|group| {
                    let wanted = ids.get(&group.identifier);
                    let wanted = wanted.or_else(|| names.get(&fold(&group.name)))?;
                    Some(format!(
                        "`{}` (id {}) with `{wanted}`",
                        group.name, group.identifier
                    ))
                })
                .collect();
            if colliding.is_empty() {
                found.ok(
                    "hand-made groups",
                    "none has the id or name of a declared group",
                );
            } else {
                found.warn(
                    "hand-made groups",
                    format!(
                        "{} with a declared one: {}; a create could take it over and replace its members",
                        count(colliding.len(), "collides", "collide"),
                        named(&colliding)
                    ),
                    "rename or remove the hand-made group in Harness, or map the role to another group",
                );
            }
        }
        Err(error) => found.unseen("hand-made groups", &error),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(json: serde_json::Value) -> TokenHolder {
        serde_json::from_value(json).expect("a holder")
    }

    fn verdicts(json: serde_json::Value) -> Vec<(&'static str, Verdict)> {
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().expect("a time");
        let lines = judged(&holder(json), "A1", now);
        lines
            .into_iter()
            .map(|(check, verdict, _, _)| (check, verdict))
            .collect()
    }

    #[test]
    fn a_token_that_ends_soon_or_is_of_another_account() {
        let ends = |day: &str| {
            let end: Timestamp = format!("{day}T00:00:00Z").parse().expect("a time");
            serde_json::json!({
                "valid": true, "accountIdentifier": "A1", "email": "sa@x.io",
                "apiKeyType": "SERVICE_ACCOUNT", "validTo": end.as_millisecond(),
            })
        };
        let end = |day: &str| verdicts(ends(day))[1].1;
        assert_eq!(end("2027-06-01"), Verdict::Ok);
        assert_eq!(end("2026-12-01"), Verdict::Warning);
        assert_eq!(end("2026-11-23"), Verdict::Failure);
        let other = serde_json::json!({ "valid": false, "accountIdentifier": "B2" });
        assert_eq!(
            verdicts(other),
            [
                ("token", Verdict::Failure),
                ("token's end", Verdict::Ok),
                ("account", Verdict::Failure)
            ]
        );
    }

    #[test]
    fn clocks_that_differ() {
        let at = |text: &str| -> Timestamp { text.parse().expect("a time") };
        let ours = at("2026-11-24T12:00:00Z");
        assert_eq!(clock(ours, None).0, Verdict::Ok);
        assert_eq!(clock(ours, Some(at("2026-11-24T12:01:30Z"))).0, Verdict::Ok);
        assert_eq!(
            clock(ours, Some(at("2026-11-24T11:50:00Z"))).0,
            Verdict::Warning
        );
    }
}
