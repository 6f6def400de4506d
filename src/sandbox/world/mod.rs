//! The model of a service provider: a value that answers HTTP-shaped requests.
//!
//! It is at once the sandbox server's state and the tests' simulated world. A plan is not
//! proved here but against `plan::after`, which `tests/plan_properties.rs` compares with what
//! a world comes to. Facts about Harness carry the tag of their source: `(R26)` the
//! newest NG-manager source found, `(HC)` the source of December 2023, `(DOC)` the OneLogin
//! page.
//!
//! **Invariants.** No I/O, no clock, no randomness, no `async`: the same requests in the
//! same order give the same bytes. Nothing here is what a client would find convenient. No
//! token is kept, only its SHA-256, so a state file gives none away.

mod access;
mod admins;
mod body;
mod discovery;
mod groups;
pub mod identifier;
mod listing;
mod member_patch;
mod platform;
mod query;
pub mod quirks;
mod reply;
mod rfc;
mod rfc_patch;
mod seed;
mod state;
mod users;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use access::{Permission, Token, TokenKind, TokenStanding};
pub use platform::{Authentication, Principal, PrincipalKind, RoleAssignment};
pub use seed::{SeedError, SeedGroup, SeedUser, Standing};
pub use state::{AdminRole, Group, StateError, User};

use crate::ids::{Email, GroupId, UserId};
use crate::manifest::decl::SandboxBehavior;
use crate::scim::http::{Method, Response};
use query::{Query, segments};
use quirks::Quirks;
use reply::{Answer, Refusal, render};
use state::{Purge, Purged, Records, RecordsRef, STATE_VERSION, Store};

/// A request as the wire carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// The method.
    pub method: Method,
    /// The whole path, still percent-encoded.
    pub path: String,
    /// The raw query, without `?`.
    pub query: String,
    /// `Authorization`, as sent.
    pub authorization: Option<String>,
    /// `x-api-key`, as sent.
    pub api_key: Option<String>,
    /// `Content-Type`, as sent.
    pub content_type: Option<String>,
    /// `If-Match`, as sent.
    pub if_match: Option<String>,
    /// `Accept`, as sent.
    pub accept: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// Which service provider the world is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Personality {
    /// Harness' NextGen manager.
    Harness,
    /// A small strict provider that does what RFC 7644 says.
    Rfc,
}

impl Personality {
    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Personality::Harness => "a sandbox of Harness",
            Personality::Rfc => "a sandbox of a plain SCIM provider",
        }
    }
}

/// Of which age the Harness server is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Generation {
    /// As the source of December 2023: a taken group identifier is a conflict, and PATCH
    /// cannot replace members (HC).
    Legacy2023,
    /// As the newest source found (R26).
    #[default]
    Current,
}

/// What kind of server the world is, fixed but for the switches a test turns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// Which provider.
    pub personality: Personality,
    /// Where documentation and source disagree, which is followed.
    pub behavior: SandboxBehavior,
    /// Of which age.
    #[serde(default)]
    pub generation: Generation,
    /// The account served; part of Harness' paths.
    pub account: String,
    /// For how many further requests a removed user stays in groups.
    #[serde(default)]
    pub purge_after_requests: u32,
    /// In what a plain provider departs from RFC 7644.
    #[serde(default)]
    pub quirks: Quirks,
}

/// What happened to an invitation made by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Invite {
    /// Not approved: a create deletes it and goes on (R26).
    Pending,
    /// Approved but unfinished: a create stops at it and finds nobody (R26).
    Approved,
}

/// A service provider with everything it knows.
#[derive(Debug, Clone)]
pub struct World {
    settings: Settings,
    store: Store,
    around: Around,
}

/// What is saved beside users and groups.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Around {
    /// By the hexadecimal SHA-256 of their values.
    tokens: BTreeMap<String, Token>,
    #[serde(default)]
    role_assignments: BTreeMap<String, RoleAssignment>,
    roles: BTreeSet<String>,
    resource_groups: BTreeSet<String>,
    authentication: Authentication,
    #[serde(default)]
    invites: BTreeMap<String, Invite>,
    #[serde(default)]
    invitations: Vec<Email>,
    #[serde(default)]
    purges: Vec<Purge>,
    #[serde(default)]
    requests: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SavedRef<'a> {
    version: u32,
    settings: &'a Settings,
    around: &'a Around,
    records: RecordsRef<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Saved {
    #[serde(rename = "version")]
    _version: u32,
    settings: Settings,
    around: Around,
    records: Records,
}

#[derive(Deserialize)]
struct VersionOnly {
    version: u64,
}

impl World {
    /// A Harness account without people, and one service-account token that may do anything.
    pub fn new(account: impl Into<String>, token: &str, behavior: SandboxBehavior) -> Self {
        Self::with_settings(
            Settings {
                personality: Personality::Harness,
                behavior,
                generation: Generation::default(),
                account: account.into(),
                purge_after_requests: 0,
                quirks: Quirks::default(),
            },
            token,
        )
    }

    /// A strict RFC 7644 provider at `/scim/v2` without people.
    pub fn rfc(token: &str) -> Self {
        Self::rfc_like(token, Quirks::default())
    }

    /// A provider at `/scim/v2` that departs from RFC 7644, without people.
    pub fn rfc_like(token: &str, quirks: Quirks) -> Self {
        Self::with_settings(
            Settings {
                personality: Personality::Rfc,
                behavior: SandboxBehavior::default(),
                generation: Generation::default(),
                account: "rfc".to_owned(),
                purge_after_requests: 0,
                quirks,
            },
            token,
        )
    }

    /// A world of any kind without people.
    pub fn with_settings(settings: Settings, token: &str) -> Self {
        let mut world = Self {
            around: Around {
                tokens: BTreeMap::new(),
                role_assignments: BTreeMap::new(),
                roles: platform::BUILT_IN_ROLES.map(str::to_owned).into(),
                resource_groups: platform::BUILT_IN_RESOURCE_GROUPS.map(str::to_owned).into(),
                authentication: Authentication::Saml,
                invites: BTreeMap::new(),
                invitations: Vec::new(),
                purges: Vec::new(),
                requests: 0,
            },
            settings,
            store: Store::default(),
        };
        let service_account = Token::service_account(&world.settings.account);
        world.set_token(token, service_account);
        world
    }

    /// Answers one request.
    pub fn handle(&mut self, incoming: &Incoming) -> Response {
        self.around.requests += 1;
        self.run_due_purges();
        let (outcome, media) = match self.settings.personality {
            Personality::Harness => self.harness(incoming),
            Personality::Rfc => (self.rfc_request(incoming), "application/scim+json"),
        };
        render(outcome, media, self.around.requests)
    }

    fn harness(&mut self, incoming: &Incoming) -> (Result<Answer, Refusal>, &'static str) {
        const JSON: &str = "application/json";
        let path = segments(&incoming.path);
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let path = match path.as_slice() {
            ["gateway", rest @ ..] => rest,
            whole => whole,
        };
        match path {
            ["ng", "api", "scim", "account", account, rest @ ..] => (
                self.harness_scim(account, rest, incoming),
                scim_media(incoming.accept.as_deref()),
            ),
            // The older product's own SCIM: the same accounts, read by whoever looks there.
            ["api", "scim", "account", account, "Users"] if incoming.method == Method::Get => (
                self.bearer(account, incoming.authorization.as_deref())
                    .and_then(|caller| {
                        self.list_first_gen_users(&caller, &Query::parse(&incoming.query))
                    }),
                scim_media(incoming.accept.as_deref()),
            ),
            ["ng" | "authz" | "resourcegroup", "api", ..] => (self.platform(path, incoming), JSON),
            _ => (Err(Refusal::NoSuchPage), JSON),
        }
    }

    fn harness_scim(
        &mut self,
        account: &str,
        path: &[&str],
        incoming: &Incoming,
    ) -> Result<Answer, Refusal> {
        let caller = self.bearer(account, incoming.authorization.as_deref())?;
        let query = Query::parse(&incoming.query);
        let method = incoming.method;
        let body = incoming.body.as_slice();
        match path {
            ["Users" | "Groups"]
            | ["Users" | "Groups", _]
            | ["ServiceProviderConfig" | "ResourceTypes" | "Schemas"] => {}
            _ => return Err(Refusal::resource_not_found()),
        }
        match method {
            Method::Post | Method::Put | Method::Patch => {
                require_scim_media(incoming.content_type.as_deref())?;
            }
            Method::Get | Method::Delete => {}
        }
        match (path, method) {
            (["Users"], Method::Get) => self.list_users(&caller, &query),
            (["Users"], Method::Post) => self.create_user(&caller, body),
            (["Users", id], Method::Get) => self.get_user(&caller, id),
            (["Users", id], Method::Put) => self.put_user(&caller, id, body),
            (["Users", id], Method::Patch) => self.patch_user(&caller, id, body),
            (["Users", id], Method::Delete) => self.delete_user(&caller, id),
            (["Groups"], Method::Get) => self.list_groups(&caller, &query),
            (["Groups"], Method::Post) => self.create_group(&caller, body),
            (["Groups", id], Method::Get) => self.get_group(&caller, id),
            (["Groups", id], Method::Put) => self.put_group(&caller, id, body),
            (["Groups", id], Method::Patch) => self.patch_group(&caller, id, body),
            (["Groups", id], Method::Delete) => self.delete_group(&caller, id),
            (["ServiceProviderConfig"], Method::Get) => discovery::service_provider_config(),
            (["ResourceTypes"], Method::Get) => discovery::resource_types(),
            (["Schemas"], Method::Get) => discovery::schemas(),
            (_, Method::Get | Method::Post | Method::Put | Method::Patch | Method::Delete) => Err(
                Refusal::harness(405, "INVALID_REQUEST", "HTTP 405 Method Not Allowed"),
            ),
        }
    }

    /// Does what asynchronous listeners have had time for.
    fn run_due_purges(&mut self) {
        let now = self.around.requests;
        let (due, waiting): (Vec<Purge>, Vec<Purge>) = std::mem::take(&mut self.around.purges)
            .into_iter()
            .partition(|purge| purge.after < now);
        self.around.purges = waiting;
        for Purge { what, after: _ } in due {
            self.purge(what);
        }
    }

    /// Does at once whatever asynchronous listeners still have to do.
    pub fn settle(&mut self) {
        for Purge { what, after: _ } in std::mem::take(&mut self.around.purges) {
            self.purge(what);
        }
    }

    fn schedule(&mut self, what: Purged) {
        match self.settings.purge_after_requests {
            0 => self.purge(what),
            delay => self.around.purges.push(Purge {
                after: self.around.requests + u64::from(delay),
                what,
            }),
        }
    }

    fn purge(&mut self, what: Purged) {
        match what {
            Purged::User(number) => {
                let id = self.store.get(number).map(|user| user.id.clone());
                self.store.purge_user(number);
                if let Some(id) = id
                    && self.store.find_user(id.as_str()).is_none()
                {
                    self.unbind(PrincipalKind::User, id.as_str());
                }
            }
            Purged::Group(id) => {
                if self.store.find_group(id.as_str()).is_none() {
                    self.unbind(PrincipalKind::UserGroup, id.as_str());
                }
            }
        }
        self.store.touch();
    }

    fn unbind(&mut self, kind: PrincipalKind, id: &str) {
        self.around
            .role_assignments
            .retain(|_, it| it.principal.kind != kind || it.principal.identifier != id);
    }

    /// Moves with every change that must be saved.
    pub fn revision(&self) -> u64 {
        self.store.revision()
    }

    /// The whole state as JSON.
    pub fn to_json(&self) -> Vec<u8> {
        let saved = SavedRef {
            version: STATE_VERSION,
            settings: &self.settings,
            around: &self.around,
            records: self.store.records(),
        };
        // Strings, numbers, and maps with string or number keys always serialise.
        serde_json::to_vec(&saved).expect("the state holds nothing JSON cannot")
    }

    /// Reads a state back and rebuilds its indexes.
    ///
    /// # Errors
    /// When it is not a state of this version, or contradicts itself.
    pub fn from_json(json: &[u8]) -> Result<Self, StateError> {
        let unreadable = |error: serde_json::Error| StateError::Unreadable(error.to_string());
        let VersionOnly { version } = serde_json::from_slice(json).map_err(unreadable)?;
        if version != u64::from(STATE_VERSION) {
            return Err(StateError::Version { found: version });
        }
        let saved: Saved = serde_json::from_slice(json).map_err(unreadable)?;
        Ok(Self {
            settings: saved.settings,
            around: saved.around,
            store: Store::from_records(saved.records)?,
        })
    }

    /// What kind of server this is.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The path of the SCIM base URL.
    pub fn base_path(&self) -> String {
        match self.settings.personality {
            Personality::Harness => {
                format!("/gateway/ng/api/scim/account/{}", self.settings.account)
            }
            Personality::Rfc => "/scim/v2".to_owned(),
        }
    }

    /// Everybody the provider has a record of, in the order of creation.
    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.store.users()
    }

    /// One person by id.
    pub fn user(&self, id: &UserId) -> Option<&User> {
        self.store
            .find_user(id.as_str())
            .map(|n| self.store.user(n))
    }

    /// One person by e-mail.
    pub fn user_by_email(&self, email: &str) -> Option<&User> {
        let email = Email::new(email);
        self.store
            .find_email(email.folded())
            .map(|n| self.store.user(n))
    }

    /// All groups, in the order of creation.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.store.groups()
    }

    /// One group by identifier.
    pub fn group(&self, id: &GroupId) -> Option<&Group> {
        self.store.group_by_id(id.as_str())
    }

    /// The members of a group in the order of their creation; none if there is no such group.
    pub fn members(&self, id: &GroupId) -> Vec<UserId> {
        self.group(id)
            .into_iter()
            .flat_map(|group| &group.members)
            .map(|&number| self.store.user(number).id.clone())
            .collect()
    }

    /// Mail that would have gone out, oldest first.
    pub fn invitations(&self) -> &[Email] {
        &self.around.invitations
    }

    /// Role bindings by identifier.
    pub fn role_assignments(&self) -> &BTreeMap<String, RoleAssignment> {
        &self.around.role_assignments
    }

    /// How many requests were answered.
    pub fn requests(&self) -> u64 {
        self.around.requests
    }
}

/// The response type of SCIM answers: what `Accept` says of the two, else SCIM's own (R26).
fn scim_media(accept: Option<&str>) -> &'static str {
    let wanted = accept
        .into_iter()
        .flat_map(|accept| accept.split(','))
        .map(|range| range.split(';').next().unwrap_or_default().trim())
        .find(|range| matches!(*range, "application/scim+json" | "application/json"));
    match wanted {
        Some("application/json") => "application/json;charset=utf-8",
        Some(_) | None => "application/scim+json;charset=utf-8",
    }
}

fn is_json(content_type: Option<&str>) -> bool {
    let essence = content_type
        .and_then(|value| value.split(';').next())
        .map(|value| value.trim().to_ascii_lowercase());
    matches!(
        essence.as_deref(),
        Some("application/scim+json" | "application/json")
    )
}

fn require_scim_media(content_type: Option<&str>) -> Result<(), Refusal> {
    if is_json(content_type) {
        return Ok(());
    }
    Err(Refusal::harness(
        415,
        "MEDIA_NOT_SUPPORTED",
        "HTTP 415 Unsupported Media Type",
    ))
}
