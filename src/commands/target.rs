//! From a manifest's `target` to a connection: URL, token, certificates, or the sandbox.

use std::path::Path;
use std::sync::Arc;

use secrecy::SecretString;

use super::Terminal;
use super::project::{Failure, Project};
use super::secret::token;
use super::trouble::Trouble;
use crate::apply::recorded::{Recorded, Recorder};
use crate::ids::TargetName;
use crate::manifest::at;
use crate::manifest::decl::TargetDecl;
use crate::plan::TargetInfo;
use crate::profile::{DiscoveryTrust, GroupRemovalRule, NameModel, Profile};
use crate::render;
use crate::sandbox::server::{Options, Server, ServerError};
use crate::sandbox::state_file::StateFile;
use crate::sandbox::world::quirks::{GroupDeletion, Names, Quirks};
use crate::sandbox::world::{Personality, Token, World};
use crate::scim::client::{ClientError, ClientOptions, HttpTransport};
use crate::scim::dialect::{Dialect, Rate};
use crate::scim::retry::{Retry, RetryPolicy, Retrying};
use crate::scim::service::{Discovery, Reader, Writer};

/// The transport of every command.
pub(crate) type Wire = Retrying<Recorded<HttpTransport>>;

/// What a command does with a service provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// It only reads.
    Read,
    /// It writes as well.
    Write,
    /// It writes, and every answer is one: what fails is not tried for long.
    Probe,
}

/// A service provider that can be read, and not written: a reader gives no way to it. The
/// sandbox, if it is one, lives as long.
pub(crate) struct Connection {
    pub(crate) reader: Reader<Wire>,
    pub(crate) target: TargetInfo,
    _sandbox: Option<Server>,
}

/// A service provider that can be written. The sandbox, if it is one, lives as long.
pub(crate) struct WritingConnection {
    pub(crate) writer: Writer<Wire>,
    pub(crate) target: TargetInfo,
    pub(crate) recorder: Recorder,
    pub(crate) sandbox: Option<Server>,
}

/// A service provider that can be asked anything. The sandbox, if it is one, lives as long.
pub(crate) struct ProbingConnection {
    pub(crate) wire: Wire,
    /// The profile in use, with what the provider says of itself.
    pub(crate) profile: Profile,
    pub(crate) target: TargetInfo,
    _sandbox: Option<Server>,
}

/// What the embedded sandbox calls itself where a base URL would stand.
pub(crate) const SANDBOX: &str = "the embedded sandbox";
/// What the embedded sandbox of a target calls itself.
pub(crate) fn sandbox_title(name: Option<&TargetName>) -> String {
    match name {
        Some(name) => format!("{SANDBOX} of {name}"),
        None => SANDBOX.to_owned(),
    }
}

/// The token of the embedded sandbox: it listens on loopback only and holds toy data.
const SANDBOX_TOKEN: &str = "sandbox";
/// The rate towards a provider on this machine, whose limits are its own.
pub(super) const UNLIMITED: Rate = Rate {
    per_minute: 1_000_000,
};
/// The account of the embedded sandbox.
const SANDBOX_ACCOUNT: &str = "sandbox";

/// What it takes to connect to a target.
#[derive(Clone, Copy)]
pub(crate) struct Site<'a> {
    pub(crate) name: Option<&'a TargetName>,
    pub(crate) target: &'a TargetDecl,
    pub(crate) profile: &'a Profile,
    /// What paths in the manifest are relative to.
    pub(crate) folder: &'a Path,
}

impl<'a> From<&'a Project> for Site<'a> {
    fn from(project: &'a Project) -> Self {
        Self {
            name: project.manifest.name.as_ref(),
            target: &project.manifest.target,
            profile: &project.profile,
            folder: &project.folder,
        }
    }
}

/// Connects to the manifest's target to read it, starting the sandbox if it has no URL.
pub(crate) async fn connect(project: &Project, terminal: &Terminal) -> Result<Connection, Failure> {
    connect_at(project.into(), terminal).await
}

/// As [`connect`], before there is a project.
pub(crate) async fn connect_at(site: Site<'_>, terminal: &Terminal) -> Result<Connection, Failure> {
    let wired = wire(site, terminal, Access::Read).await?;
    Ok(Connection {
        reader: Reader::new(wired.wire, wired.dialect),
        target: wired.target,
        _sandbox: wired.sandbox,
    })
}

/// Connects to the manifest's target to write to it. For `apply` and its like alone, which
/// `tests/layering.rs` names.
pub(crate) async fn connect_to_write(
    project: &Project,
    terminal: &Terminal,
) -> Result<WritingConnection, Failure> {
    let wired = wire(project.into(), terminal, Access::Write).await?;
    Ok(WritingConnection {
        writer: Writer::new(wired.wire, wired.dialect),
        target: wired.target,
        recorder: wired.recorder,
        sandbox: wired.sandbox,
    })
}

/// Connects to the older integration that the manifest names by its base URL, to read it.
pub(crate) fn connect_to_other_login(
    project: &Project,
    terminal: &Terminal,
) -> Result<Option<Reader<Wire>>, Failure> {
    let target = &project.manifest.target;
    let declared = target.harness.first_gen.as_ref();
    let Some((declared, url)) = declared.and_then(|it| Some((it, it.base_url.as_ref()?))) else {
        return Ok(None);
    };
    let base_url = expand(&url.value)?;
    let own = declared.token.as_ref();
    let token = token(own.or(target.token.as_ref()), &project.folder)?;
    if own.is_none() {
        let main = target.base_url.as_ref().map(|url| expand(&url.value));
        let main = main.transpose()?.and_then(|url| url::Url::parse(&url).ok());
        let other = url::Url::parse(&base_url).ok();
        if main.as_ref().map(url::Url::origin) != other.as_ref().map(url::Url::origin) {
            return Err(Trouble::new(
                "missing-token",
                "`target.harness.firstGen.baseUrl` is on another host than the target, whose token goes to its own host only",
                "add `token: { env: … }` beside it",
            )
            .into());
        }
    }
    let dialect = Dialect {
        platform: None,
        ..project.profile.dialect.clone()
    };
    let http = transport(project.into(), &url.value, &base_url, &token, &dialect)?;
    let (wire, dialect, _) = open(project.into(), http, dialect, terminal, Access::Read);
    Ok(Some(Reader::new(wire, dialect)))
}

/// Connects to the manifest's target to measure it. For `probe` alone, which
/// `tests/layering.rs` names.
pub(crate) async fn connect_to_probe(
    project: &Project,
    terminal: &Terminal,
) -> Result<ProbingConnection, Failure> {
    let wired = wire(project.into(), terminal, Access::Probe).await?;
    Ok(ProbingConnection {
        wire: wired.wire,
        profile: Profile {
            dialect: Dialect {
                // Towards this machine it is as fast as can be, which is nobody's setting.
                rate: project.profile.dialect.rate,
                ..wired.dialect
            },
            ..project.profile.clone()
        },
        target: wired.target,
        _sandbox: wired.sandbox,
    })
}

/// What both kinds of connection are made of.
struct Wired {
    wire: Wire,
    dialect: Dialect,
    target: TargetInfo,
    recorder: Recorder,
    sandbox: Option<Server>,
}

async fn wire(site: Site<'_>, terminal: &Terminal, access: Access) -> Result<Wired, Failure> {
    let target = site.target;
    let dialect = site.profile.dialect.clone();
    let (base_url, token, shown, sandbox) = match &target.base_url {
        Some(url) => {
            let url = expand(&url.value)?;
            let token = token(target.token.as_ref(), site.folder)?;
            (url.clone(), token, url, None)
        }
        None => {
            let server = start_sandbox(site, access).await?;
            let token = SecretString::from(SANDBOX_TOKEN);
            (
                server.base_url().to_owned(),
                token,
                sandbox_title(site.name),
                Some(server),
            )
        }
    };
    let written = target
        .base_url
        .as_ref()
        .map_or(&*base_url, |url| &*url.value);
    let http = transport(site, written, &base_url, &token, &dialect)?;
    let dialect = guided(site, &http, dialect).await;
    let (wire, dialect, recorder) = open(site, http, dialect, terminal, access);
    Ok(Wired {
        wire,
        dialect,
        target: target_info(site, shown),
        recorder,
        sandbox,
    })
}

/// A transport to a base URL, which messages name as it is written: a variable may hold anything,
/// a token by mistake.
fn transport(
    site: Site<'_>,
    written: &str,
    base_url: &str,
    token: &SecretString,
    dialect: &Dialect,
) -> Result<HttpTransport, Trouble> {
    let target = site.target;
    let options = ClientOptions {
        ca_file: target
            .ca_file
            .as_ref()
            .map(|file| site.folder.join(&file.value)),
        ..ClientOptions::for_dialect(dialect)
    };
    HttpTransport::new(base_url, token, options)
        .map_err(|error: ClientError| error.of_url(written))
        .map_err(|error| Trouble::new(error.code(), error.to_string(), error.help()))
}

/// A transport with the rate it keeps, what is sent again, and what is written down.
fn open(
    site: Site<'_>,
    http: HttpTransport,
    mut dialect: Dialect,
    terminal: &Terminal,
    access: Access,
) -> (Wire, Dialect, Recorder) {
    let target = site.target;
    let seed = u64::from(std::process::id());
    if http.is_local() && target.dialect.requests_per_minute.is_none() {
        dialect.rate = UNLIMITED;
    }
    let recorder = Recorder::default();
    let tell = terminal.clone();
    let wire = Retrying::new(
        Recorded::new(http, recorder.clone()),
        dialect.rate,
        match access {
            Access::Read | Access::Write => RetryPolicy::new(seed),
            Access::Probe => RetryPolicy::of_few(seed),
        },
    )
    .observed(Arc::new(move |retry: &Retry| {
        tell.retried(&render::outcome::retry(retry));
    }))
    .patient(Arc::new({
        let recorder = recorder.clone();
        move || !recorder.is_stopped()
    }));
    (wire, dialect, recorder)
}

/// The dialect of a provider that says itself how it is to be spoken to. It is asked once and
/// without patience: whoever does not answer now is told so by what is asked next, and a
/// provider without the document is spoken to as before.
async fn guided(site: Site<'_>, http: &HttpTransport, dialect: Dialect) -> Dialect {
    match site.profile.discovery {
        DiscoveryTrust::Shown => return dialect,
        DiscoveryTrust::Obeyed => {}
    }
    let reader = Reader::new(http, dialect.clone());
    let document = reader.discovery(Discovery::ServiceProviderConfig).await;
    match document {
        Ok(Some(document)) => {
            let said = &site.target.dialect;
            site.profile.guided(&document, said)
        }
        Ok(None) | Err(_) => dialect,
    }
}

/// The target as a plan names it.
pub(crate) fn target_info<'a>(site: impl Into<Site<'a>>, base_url: String) -> TargetInfo {
    let site = site.into();
    TargetInfo {
        name: site.name.cloned(),
        provider: site.profile.name.to_owned(),
        title: site.profile.title.to_owned(),
        base_url,
    }
}

/// Where the embedded sandbox of a manifest keeps its state.
pub(crate) fn sandbox_state(
    name: Option<&TargetName>,
    target: &TargetDecl,
    folder: &Path,
) -> StateFile {
    StateFile::new(folder.join(at::sandbox_state(name, target)))
}

/// An empty world of the kind a provider's sandbox has.
pub(crate) fn empty_world(
    provider: &str,
    behavior: crate::manifest::decl::SandboxBehavior,
    token: &str,
) -> World {
    match Profile::named(provider).and_then(|profile| quirks(&profile)) {
        Some(quirks) => World::rfc_like(token, quirks),
        None => World::new(SANDBOX_ACCOUNT, token, behavior),
    }
}

/// In what the sandbox of a provider departs from RFC 7644; nothing where it has a model of
/// its own.
pub(crate) fn quirks(profile: &Profile) -> Option<Quirks> {
    // A provider with an API of its own beside SCIM is the one that is modelled with it.
    if profile.dialect.platform.is_some() {
        return None;
    }
    let group_deletion = match profile.group_removal {
        GroupRemovalRule::Deletable => GroupDeletion::Served,
        GroupRemovalRule::SupportOnly { .. } | GroupRemovalRule::ByHand => GroupDeletion::Refused,
    };
    let names = match profile.names {
        NameModel::NotKept => Names::Forgotten,
        NameModel::DisplayNameOnly { .. } | NameModel::Full => Names::Kept,
    };
    let attributes = &profile.attributes;
    Some(Quirks::enforcing(
        &profile.dialect,
        group_deletion,
        names,
        attributes,
    ))
}

async fn start_sandbox(site: Site<'_>, access: Access) -> Result<Server, Failure> {
    let target = site.target;
    let behavior = target.sandbox.behavior;
    let file = sandbox_state(site.name, target, site.folder);
    let quirks = quirks(site.profile);
    let empty = || match &quirks {
        Some(quirks) => World::rfc_like(SANDBOX_TOKEN, quirks.clone()),
        None => World::new(SANDBOX_ACCOUNT, SANDBOX_TOKEN, behavior),
    };
    let personality = personality(site.profile);
    let mut options = Options {
        personality: Some(personality),
        ..Options::default()
    };
    let server = match access {
        // Whoever only reads leaves no file behind, and needs no right to write one.
        Access::Read => {
            let stored = file.load_as(Some(personality)).map_err(ServerError::from);
            let stored = stored.map_err(Trouble::from)?;
            Server::start(options, || stored.unwrap_or_else(empty)).await
        }
        Access::Write | Access::Probe => {
            options.state = Some(file);
            Server::start(options, empty).await
        }
    }
    .map_err(Trouble::from)?;
    server.with_world(|world| {
        admit(world, SANDBOX_TOKEN, Some(behavior));
        depart(world, quirks.as_ref());
    });
    Ok(server)
}

/// Which kind of world the sandbox of a provider is.
pub(crate) fn personality(profile: &Profile) -> Personality {
    match quirks(profile) {
        Some(_) => Personality::Rfc,
        None => Personality::Harness,
    }
}

/// Sets in what a world departs from RFC 7644, which may have been another provider's.
pub(crate) fn depart(world: &mut World, quirks: Option<&Quirks>) {
    if let Some(quirks) = quirks
        && world.settings().quirks != *quirks
    {
        world.configure(|settings| settings.quirks = quirks.clone());
    }
}

impl From<ServerError> for Trouble {
    fn from(error: ServerError) -> Self {
        Trouble::new("sandbox", error.to_string(), error.help())
    }
}

/// Lets a token into a world, and sets how it behaves.
pub(crate) fn admit(
    world: &mut World,
    token: &str,
    behavior: Option<crate::manifest::decl::SandboxBehavior>,
) {
    if world.token(token).is_none() {
        let account = world.settings().account.clone();
        world.set_token(token, Token::service_account(&account));
    }
    if let Some(behavior) = behavior
        && world.settings().behavior != behavior
    {
        world.configure(|settings| settings.behavior = behavior);
    }
}

/// Replaces `${NAME}` by environment variables.
fn expand(text: &str) -> Result<String, Trouble> {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let Some(length) = rest[at + 2..].find('}') else {
            break;
        };
        let name = &rest[at + 2..at + 2 + length];
        let value = std::env::var(name).ok().filter(|value| !value.is_empty()).ok_or_else(|| {
            Trouble::new(
                "missing-variable",
                format!("the environment variable `{name}`, which `target.baseUrl` needs, is not set"),
                format!("set it, for instance `export {name}=…`, or write the value into the manifest"),
            )
        })?;
        expanded.push_str(&rest[..at]);
        expanded.push_str(&value);
        rest = &rest[at + 2 + length + 1..];
    }
    expanded.push_str(rest);
    Ok(expanded)
}
