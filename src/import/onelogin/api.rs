//! Reading a tenant through OneLogin's API v2 (developers.onelogin.com, read 2026-11-24).
//!
//! **Invariants.** Lists are walked to their end, a page that brings nothing new ends in an
//! error, and so does a list that brings fewer than it says. Ids are told once.

use std::collections::BTreeSet;

use secrecy::SecretString;
use serde::de::DeserializeOwned;

use super::error::{OneLoginError, asked};
use super::paging::{self, Next};
use super::tenant::{Account, App, Role, Rules, Tenant};
use super::wire::{self, Row, WireApp, WireMember, WireRole, WireRule, WireUser, WireValue};
use crate::scim::error::clean;
use crate::scim::http::{JSON, Method, Post, Request, Response, Transport};

/// The most a page may hold, by list: developers.onelogin.com "List Users", "List Roles", "List
/// Apps", "List App Users".
const USERS_PAGE: u32 = 50;
const ROLES_PAGE: u32 = 650;
const APPS_PAGE: u32 = 1000;
/// More pages than any tenant has.
const MAX_PAGES: u64 = 100_000;
/// What is read of a user.
const USER_FIELDS: &str = "id,email,firstname,lastname,status,state";
/// What a list that changed while it was read is given.
const TRIES: u32 = 2;

/// What to read of a tenant.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The app that provisions, by name or number; the whole tenant if absent.
    pub app: Option<&'a str>,
    /// Which roles.
    pub roles: RolesOf,
    /// Whether its rules are read, which needs the strongest credential.
    pub rules: RulesWanted,
}

/// Which roles to read, where an app was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RolesOf {
    /// Those that give the app.
    App,
    /// All of them.
    Tenant,
}

/// Whether rules are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RulesWanted {
    /// If the credential may read them.
    Yes,
    /// No.
    No,
}

/// OneLogin's API.
#[derive(Debug)]
pub struct Api<T> {
    transport: T,
}

/// Gets a token for a credential, which the transport sends.
///
/// # Errors
/// When OneLogin does not give one.
pub(super) async fn token<T: Transport>(transport: &T) -> Result<SecretString, OneLoginError> {
    let mut request = Request::scim(Method::Post, ["auth", "oauth2", "v2", "token"])
        .reading(Post::Reads)
        .with_body(r#"{"grant_type":"client_credentials"}"#.to_owned());
    request.content_type = JSON;
    request.accept = JSON;
    let response = send(transport, &request).await?;
    let token: wire::Token = read_body(&request, &response)?;
    Ok(SecretString::from(token.access_token))
}

async fn send<T: Transport>(transport: &T, request: &Request) -> Result<Response, OneLoginError> {
    let response = transport
        .send(request)
        .await
        .map_err(|cause| OneLoginError::Transport {
            asked: asked(request),
            cause,
        })?;
    if (200..300).contains(&response.status) {
        return Ok(response);
    }
    Err(OneLoginError::status(request, &response))
}

fn read_body<R: DeserializeOwned>(
    request: &Request,
    response: &Response,
) -> Result<R, OneLoginError> {
    serde_json::from_slice(&response.body).map_err(|error| OneLoginError::Unreadable {
        asked: asked(request),
        // Where it is, and no text of the answer.
        why: match error.classify() {
            serde_json::error::Category::Data => clean(&error.to_string()),
            serde_json::error::Category::Io
            | serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof => "it is no JSON, or not all of it".to_owned(),
        },
    })
}

impl<T: Transport> Api<T> {
    /// An API behind this transport, which sends the token.
    pub fn new(transport: T) -> Self {
        Self { transport }
    }

    /// Reads a tenant.
    ///
    /// # Errors
    /// When anything but the rules cannot be read whole.
    pub async fn tenant(&self, ask: &Ask<'_>) -> Result<Tenant, OneLoginError> {
        let app = match ask.app {
            None => None,
            Some(name) => Some(self.app(name).await?),
        };
        let users: Vec<WireUser> = self.users().await?;
        let mut accounts: Vec<Account> = users.into_iter().map(Account::from).collect();
        let mut roles = self.roles(app.as_ref(), ask.roles).await?;
        if let Some(app) = &app {
            let limit = page(APPS_PAGE);
            let assigned: Vec<WireMember> = self
                .list(&["api", "2", "apps", &app.id, "users"], limit)
                .await?;
            let assigned: BTreeSet<Box<str>> = assigned.into_iter().map(|it| it.id).collect();
            // A role may have members whom an exception keeps from the app.
            accounts.retain(|account| assigned.contains(&account.id));
            for role in &mut roles {
                role.members.retain(|id| assigned.contains(id));
            }
        }
        let rules = match (&app, ask.rules) {
            (_, RulesWanted::No) => Rules::Unread("`--no-rules` was given".to_owned()),
            (None, RulesWanted::Yes) => {
                Rules::Unread("they belong to an app, and `--app` names none".to_owned())
            }
            (Some(app), RulesWanted::Yes) => self.rules(app).await?,
        };
        Ok(Tenant {
            accounts,
            roles,
            rules,
            app: app.as_ref().map(WireApp::app),
        })
    }

    async fn users(&self) -> Result<Vec<WireUser>, OneLoginError> {
        let mut query = page(USERS_PAGE);
        query.push(("fields".to_owned(), USER_FIELDS.to_owned()));
        self.list(&["api", "2", "users"], query).await
    }

    /// The one app of this name or number.
    async fn app(&self, name: &str) -> Result<WireApp, OneLoginError> {
        let none = || OneLoginError::NoApp { name: clean(name) };
        if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()) {
            let request = get(&["api", "2", "apps", name]);
            return match send(&self.transport, &request).await {
                Ok(response) => read_body(&request, &response),
                Err(error) if error.refusal() == Some(404) => Err(none()),
                Err(error) => Err(error),
            };
        }
        let mut query = page(APPS_PAGE);
        query.push(("name".to_owned(), name.to_owned()));
        let mut found: Vec<WireApp> = self.list(&["api", "2", "apps"], query).await?;
        let exact = |app: &WireApp| {
            let called = app.name.as_deref().unwrap_or_default();
            crate::ids::fold(called) == crate::ids::fold(name)
        };
        if found.iter().any(exact) {
            found.retain(exact);
        }
        match found.len() {
            0 => Err(none()),
            1 => found.pop().ok_or_else(none),
            _ => {
                let told = found.iter().take(10).map(|app| {
                    let App { id, name } = app.app();
                    format!("`{}` ({id})", clean(&name))
                });
                Err(OneLoginError::ManyApps {
                    name: clean(name),
                    found: told.collect::<Vec<_>>().join(", "),
                })
            }
        }
    }

    /// Roles with their members.
    async fn roles(
        &self,
        app: Option<&WireApp>,
        wanted: RolesOf,
    ) -> Result<Vec<Role>, OneLoginError> {
        let all: Vec<WireRole> = self.list(&["api", "2", "roles"], page(ROLES_PAGE)).await?;
        let gives = |role: &WireRole| match (app, wanted) {
            (None, _) | (Some(_), RolesOf::Tenant) => true,
            (Some(app), RolesOf::App) => {
                role.apps.contains(&app.id) || app.role_ids.contains(&role.id)
            }
        };
        let mut roles = Vec::new();
        for role in all.into_iter().filter(gives) {
            // The list of roles has members too, of which nothing says that they are all.
            let path = ["api", "2", "roles", &*role.id, "users"];
            let members: Vec<WireMember> = self.list(&path, Vec::new()).await?;
            let members: BTreeSet<Box<str>> = members.into_iter().map(|it| it.id).collect();
            roles.push(Role {
                id: role.id,
                name: role.name.unwrap_or_default(),
                members: members.into_iter().collect(),
            });
        }
        roles.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        Ok(roles)
    }

    /// The enabled rules of an app. A credential that may not read them is no error: the
    /// reference wants `Manage All` for rules alone.
    async fn rules(&self, app: &WireApp) -> Result<Rules, OneLoginError> {
        let path = ["api", "2", "apps", &*app.id, "rules"];
        let mut rules: Vec<WireRule> = match self.list(&path, Vec::new()).await {
            Ok(rules) => rules,
            Err(error) if matches!(error.refusal(), Some(401 | 403)) => {
                return Ok(Rules::Unread(format!(
                    "{error}; rules want a credential with the scope `Manage All`, everything \
                     else was read"
                )));
            }
            Err(error) => return Err(error),
        };
        rules.retain(WireRule::is_enabled);
        rules.sort_by_key(|rule| rule.position);
        let path = [&path[..], &["actions", super::rules::SET_GROUPS, "values"]].concat();
        let request = get(&path);
        let values: Vec<WireValue> = match send(&self.transport, &request).await {
            Ok(response) => read_body(&request, &response)?,
            // An app whose groups are not set by rules has no such action.
            Err(error) if matches!(error.refusal(), Some(401 | 403 | 404)) => Vec::new(),
            Err(error) => return Err(error),
        };
        Ok(Rules::Read {
            rules: rules.into_iter().map(Into::into).collect(),
            values: values.into_iter().map(WireValue::pair).collect(),
        })
    }

    /// A list, whole; read once more if it ended early, for it may have changed meanwhile.
    async fn list<R: Row + DeserializeOwned>(
        &self,
        path: &[&str],
        first: Vec<(String, String)>,
    ) -> Result<Vec<R>, OneLoginError> {
        let mut attempt = 1;
        loop {
            match self.walk(path, &first).await {
                Err(OneLoginError::Short { .. }) if attempt < TRIES => attempt += 1,
                outcome => return outcome,
            }
        }
    }

    async fn walk<R: Row + DeserializeOwned>(
        &self,
        path: &[&str],
        first: &[(String, String)],
    ) -> Result<Vec<R>, OneLoginError> {
        let mut request = get(path);
        request.query = first.to_vec();
        let mut known = BTreeSet::new();
        let mut rows: Vec<R> = Vec::new();
        let mut number = 1;
        let mut told = 0;
        for pages in 1..=MAX_PAGES {
            let response = send(&self.transport, &request).await?;
            let page: Vec<R> = read_body(&request, &response)?;
            let before = rows.len();
            let came = page.len();
            rows.extend(
                page.into_iter()
                    .filter(|row| known.insert(row.id().to_owned())),
            );
            let nowhere = |why: &str| OneLoginError::Pages {
                asked: asked(&request),
                page: pages,
                why: why.to_owned(),
            };
            if came > 0 && rows.len() == before {
                return Err(nowhere("it brings only what was there before"));
            }
            let count = response.paging.total_count.as_deref();
            told = count.and_then(|it| it.trim().parse().ok()).unwrap_or(told);
            request.query = match paging::next(&response.paging, number) {
                // What follows an empty page is nothing, whatever its headers say.
                Next::End => return whole(rows, told, &request),
                _ if came == 0 => return whole(rows, told, &request),
                Next::Cursor(cursor) => vec![("cursor".to_owned(), cursor)],
                Next::Page(next) => {
                    number = next;
                    let mut query = first.to_vec();
                    query.push(("page".to_owned(), next.to_string()));
                    query
                }
                Next::Nowhere(why) => return Err(nowhere(why)),
            };
        }
        Err(OneLoginError::Pages {
            asked: asked(&request),
            page: MAX_PAGES,
            why: "it does not end".to_owned(),
        })
    }
}

/// A list that is as long as it says.
fn whole<R>(rows: Vec<R>, told: u64, request: &Request) -> Result<Vec<R>, OneLoginError> {
    let read = rows.len() as u64;
    if read < told {
        return Err(OneLoginError::Short {
            asked: asked(request),
            told,
            read,
        });
    }
    Ok(rows)
}

fn get(path: &[&str]) -> Request {
    let mut request = Request::scim(Method::Get, path.iter().copied());
    request.accept = JSON;
    request
}

fn page(limit: u32) -> Vec<(String, String)> {
    vec![("limit".to_owned(), limit.to_string())]
}
