//! A OneLogin tenant on loopback that answers as the reference of its API v2 says: the token's
//! endpoint, bare arrays, pages by cursor or by number with their headers, page maxima, error
//! bodies, scopes, rate limits.
//!
//! developers.onelogin.com: "Generate Tokens", "List Users", "List Roles", "Get Role Users",
//! "List Apps", "List App Users", "List Rules", "List Action Values", "Using Query Parameters",
//! "Get Rate Limit"; and `lib/pagination.js` of onelogin/onelogin-mcp; read 2026-11-24.

#![allow(dead_code, reason = "each test binary uses its part of it")]

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

pub const CLIENT_ID: &str = "b4f3c1d2e5a697888796a5b4c3d2e1f0";
pub const CLIENT_SECRET: &str = "s3cr3tcanary0f1e2d3c4b5a69788796a5b4c3d2";
pub const TOKEN: &str = "xx508xx63817x752xx74004x30705xx92x58349x5x78f5xx34xxxxx51";

/// How lists go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paging {
    /// `After-Cursor`, with page numbers beside it.
    Cursor,
    /// Page numbers alone.
    Number,
}

/// What a credential may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    ReadAll,
    ManageAll,
}

/// What the next request whose path ends so gets instead of its answer.
#[derive(Debug, Clone)]
pub struct Fault {
    pub path: &'static str,
    pub reply: Reply,
}

#[derive(Debug, Clone)]
pub enum Reply {
    /// A status with these headers and this body.
    Plain(u16, Vec<(&'static str, &'static str)>, &'static str),
    /// The answer, with another cursor after it.
    Cursor(&'static str),
    /// The answer without its last rows, and nothing after it.
    Cut(usize),
    /// The answer, of which half is sent.
    Half,
}

pub struct World {
    pub users: Vec<Value>,
    pub roles: Vec<Value>,
    /// Members by role.
    pub members: BTreeMap<u64, Vec<u64>>,
    pub apps: Vec<Value>,
    /// Users by app.
    pub assigned: BTreeMap<u64, Vec<u64>>,
    pub rules: BTreeMap<u64, Vec<Value>>,
    pub values: Vec<Value>,
    pub paging: Paging,
    /// The longest page, where it is shorter than the reference's.
    pub longest: usize,
    pub scope: Scope,
    pub faults: VecDeque<Fault>,
    /// `METHOD path?query` of each request.
    pub log: Vec<String>,
}

/// A tenant that runs until the process ends.
pub struct OneLogin {
    pub base_url: String,
    world: Arc<Mutex<World>>,
}

impl OneLogin {
    /// An empty tenant.
    pub fn start() -> Self {
        let world = Arc::new(Mutex::new(World {
            users: Vec::new(),
            roles: Vec::new(),
            members: BTreeMap::new(),
            apps: Vec::new(),
            assigned: BTreeMap::new(),
            rules: BTreeMap::new(),
            values: vec![
                json!({ "name": "Role", "value": "role" }),
                json!({ "name": "MemberOf", "value": "member_of" }),
            ],
            paging: Paging::Cursor,
            longest: usize::MAX,
            scope: Scope::ManageAll,
            faults: VecDeque::new(),
            log: Vec::new(),
        }));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a socket");
        let address = listener.local_addr().expect("a bound socket");
        let state = Arc::clone(&world);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                let router = Router::new().fallback(door).with_state(state);
                axum::serve(listener, router).await.expect("it serves");
            });
        });
        Self {
            base_url: format!("http://{address}"),
            world,
        }
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().expect("nobody panicked")
    }

    /// An active user.
    pub fn user(&self, id: u64, email: &str, first: &str, last: &str) {
        self.world().users.push(json!({
            "id": id, "email": email, "username": email, "firstname": first, "lastname": last,
            "status": 1, "state": 1, "group_id": null, "external_id": null, "phone": "",
        }));
    }

    /// Changes a field of a user.
    pub fn set(&self, id: u64, field: &str, value: Value) {
        let mut world = self.world();
        let user = world.users.iter_mut().find(|user| user["id"] == id);
        user.expect("there is one")[field] = value;
    }

    pub fn role(&self, id: u64, name: &str, apps: &[u64], members: &[u64]) {
        let mut world = self.world();
        world.roles.push(json!({
            "id": id, "name": name, "apps": apps, "users": members, "admins": [],
        }));
        world.members.insert(id, members.to_vec());
    }

    pub fn app(&self, id: u64, name: &str, users: &[u64]) {
        let mut world = self.world();
        world.apps.push(json!({
            "id": id, "connector_id": 50534, "name": name, "auth_method": 2,
            "configuration": { "scim_bearer_token": "a-token-of-somebody-else" },
        }));
        world.assigned.insert(id, users.to_vec());
    }

    pub fn rule(&self, app: u64, rule: Value) {
        self.world().rules.entry(app).or_default().push(rule);
    }

    pub fn fail(&self, path: &'static str, reply: Reply) {
        self.world().faults.push_back(Fault { path, reply });
    }

    pub fn log(&self) -> Vec<String> {
        self.world().log.clone()
    }

    /// What a run needs to be let in.
    pub fn variables(&self) -> [(&'static str, &'static str); 2] {
        [
            ("ONELOGIN_CLIENT_ID", CLIENT_ID),
            ("ONELOGIN_CLIENT_SECRET", CLIENT_SECRET),
        ]
    }
}

/// The rule that Harness' page on OneLogin sets up.
pub fn every_role() -> Value {
    json!({
        "id": 196_673, "name": "Harness groups", "match": "all", "enabled": true, "position": 1,
        "conditions": [],
        "actions": [{ "action": "set_groups", "value": ["role"], "expression": ".*",
                      "scriptlet": null, "macro": null }],
    })
}

async fn door(
    State(world): State<Arc<Mutex<World>>>,
    request: axum::http::Request<Body>,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap_or_default();
    let path = parts.uri.path().to_owned();
    let query = parts.uri.query().unwrap_or_default();
    let mut world = world.lock().expect("nobody panicked");
    let shown = match query {
        "" => format!("{} {path}", parts.method),
        query => format!("{} {path}?{query}", parts.method),
    };
    world.log.push(shown);
    let at = world.faults.iter().position(|it| path.ends_with(it.path));
    let fault = at.and_then(|at| world.faults.remove(at)).map(|it| it.reply);
    if let Some(Reply::Plain(status, headers, body)) = &fault {
        return reply(*status, headers, body.to_string());
    }
    let query: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let answer = if path == "/auth/oauth2/v2/token" {
        give_token(&parts.method, &parts.headers, &body)
    } else if !is_let_in(&parts.headers) {
        Err(error(401, "Unauthorized", "UnauthorizedError"))
    } else if parts.method != Method::GET {
        Err(error(404, "Not Found", "NotFoundError"))
    } else {
        world.get(&path, &query)
    };
    let (mut rows, paged) = match answer {
        Err((status, body)) => return reply(status, &[], body.to_string()),
        Ok(Answer::One(value)) => return reply(200, &[], value.to_string()),
        Ok(Answer::List(rows, paged)) => (rows, paged),
    };
    let mut headers: Vec<(&str, String)> = Vec::new();
    if let Some(page) = paged {
        headers.push(("Total-Count", page.count.to_string()));
        headers.push(("Total-Pages", page.pages.to_string()));
        headers.push(("Current-Page", page.number.to_string()));
        headers.push(("Page-Items", rows.len().to_string()));
        if world.paging == Paging::Cursor && page.number < page.pages {
            headers.push(("After-Cursor", cursor(page.number + 1, page.limit)));
        }
    }
    match fault {
        Some(Reply::Cursor(cursor)) => {
            headers.retain(|(name, _)| *name != "After-Cursor");
            headers.push(("After-Cursor", cursor.to_owned()));
        }
        Some(Reply::Cut(kept)) => {
            rows.truncate(kept);
            headers.retain(|(name, _)| *name == "Total-Count");
        }
        Some(Reply::Half | Reply::Plain(..)) | None => {}
    }
    let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let mut text = Value::Array(rows).to_string();
    if matches!(fault, Some(Reply::Half)) {
        text.truncate(text.len() / 2);
    }
    reply(200, &headers, text)
}

enum Answer {
    One(Value),
    List(Vec<Value>, Option<Page>),
}

struct Page {
    number: usize,
    pages: usize,
    count: usize,
    limit: usize,
}

type Refused = (u16, Value);

fn error(status: u16, message: &str, name: &str) -> Refused {
    (
        status,
        json!({ "message": message, "statusCode": status, "name": name }),
    )
}

fn give_token(method: &Method, headers: &HeaderMap, body: &[u8]) -> Result<Answer, Refused> {
    let sent = headers.get("authorization").and_then(|it| it.to_str().ok());
    let pair = STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}"));
    let asked: Value = serde_json::from_slice(body).unwrap_or_default();
    if method != Method::POST || asked["grant_type"] != "client_credentials" {
        return Err(error(
            400,
            "grant_type is incorrect/absent",
            "BadRequestError",
        ));
    }
    if sent != Some(format!("Basic {pair}").as_str()) {
        return Err(error(401, "Authentication Failure", "UnauthorizedError"));
    }
    Ok(Answer::One(json!({
        "access_token": TOKEN, "created_at": "2026-11-24T08:00:00.000Z", "expires_in": 36000,
        "refresh_token": "628x9x0xx447xx4x421x517x4x474x33x2065x4x1xx523xxxxx6x7x20",
        "token_type": "bearer", "account_id": 555555,
    })))
}

fn is_let_in(headers: &HeaderMap) -> bool {
    let sent = headers.get("authorization").and_then(|it| it.to_str().ok());
    let token = sent.and_then(|it| it.split_once(' '));
    token.is_some_and(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer") && token == TOKEN)
}

/// A cursor as the header has it: URL-encoded, of letters that need it.
fn cursor(number: usize, limit: usize) -> String {
    let plain = STANDARD.encode(format!("{{\"page\":{number},\"limit\":{limit}}}??>"));
    url::form_urlencoded::byte_serialize(plain.as_bytes()).collect()
}

fn of_cursor(cursor: &str) -> Option<(usize, usize)> {
    let plain = STANDARD.decode(cursor).ok()?;
    let text = String::from_utf8(plain).ok()?;
    let value: Value = serde_json::from_str(text.strip_suffix("??>")?).ok()?;
    let number = |name: &str| usize::try_from(value[name].as_u64()?).ok();
    Some((number("page")?, number("limit")?))
}

impl World {
    fn get(&self, path: &str, query: &[(String, String)]) -> Result<Answer, Refused> {
        let not_found = || error(404, "Not Found", "NotFoundError");
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let id = |text: &str| text.parse::<u64>().map_err(|_| not_found());
        let user = |id: &u64| {
            let found = self.users.iter().find(|user| user["id"] == *id);
            found.map(|user| {
                json!({ "id": user["id"], "username": user["username"],
                        "name": format!("{} {}", user["firstname"], user["lastname"]) })
            })
        };
        match parts.as_slice() {
            ["api", "2", "users"] => {
                let allowed = ["limit", "page", "cursor", "fields"];
                let mut rows = self.users.clone();
                let fields = query.iter().find(|(name, _)| name == "fields");
                if let Some((_, fields)) = fields {
                    let wanted: Vec<&str> = fields.split(',').collect();
                    for row in rows.iter_mut().filter_map(Value::as_object_mut) {
                        row.retain(|name, _| wanted.contains(&name.as_str()));
                    }
                }
                self.page(rows, query, &allowed, 50)
            }
            ["api", "2", "roles"] => self.page(
                self.roles.clone(),
                query,
                &["limit", "page", "cursor", "name"],
                650,
            ),
            ["api", "2", "roles", role, "users"] => {
                let members = self.members.get(&id(role)?).ok_or_else(not_found)?;
                let rows = members.iter().filter_map(user).collect();
                self.page(rows, query, &["limit", "page", "cursor", "name"], 650)
            }
            ["api", "2", "apps"] => {
                let wanted = query.iter().find(|(name, _)| name == "name");
                let fits = |app: &&Value| {
                    let name = app["name"].as_str().unwrap_or_default().to_lowercase();
                    wanted.is_none_or(|(_, wanted)| {
                        let wanted = wanted.to_lowercase();
                        match wanted.strip_suffix('*') {
                            Some(start) => name.starts_with(start),
                            None => name == wanted,
                        }
                    })
                };
                let rows = self.apps.iter().filter(fits).cloned().collect();
                self.page(rows, query, &["limit", "page", "cursor", "name"], 1000)
            }
            ["api", "2", "apps", app] => {
                let app = id(app)?;
                let found = self.apps.iter().find(|it| it["id"] == app);
                found.cloned().map(Answer::One).ok_or_else(not_found)
            }
            ["api", "2", "apps", app, "users"] => {
                let users = self.assigned.get(&id(app)?).ok_or_else(not_found)?;
                let rows = users.iter().filter_map(user).collect();
                self.page(rows, query, &["limit", "page", "cursor"], 1000)
            }
            ["api", "2", "apps", app, "rules", rest @ ..] => {
                if self.scope != Scope::ManageAll {
                    return Err(error(403, "Insufficient Permissions", "ForbiddenError"));
                }
                let app = id(app)?;
                match rest {
                    [] => {
                        let rules = self.rules.get(&app).cloned().unwrap_or_default();
                        let enabled = rules.into_iter().filter(|it| it["enabled"] == true);
                        Ok(Answer::List(enabled.collect(), None))
                    }
                    ["actions", "set_groups", "values"] => {
                        Ok(Answer::List(self.values.clone(), None))
                    }
                    _ => Err(not_found()),
                }
            }
            _ => Err(not_found()),
        }
    }

    fn page(
        &self,
        rows: Vec<Value>,
        query: &[(String, String)],
        allowed: &[&str],
        most: usize,
    ) -> Result<Answer, Refused> {
        let bad = |message: &str| error(400, message, "BadRequestError");
        for (name, _) in query {
            if !allowed.contains(&name.as_str()) {
                return Err(bad(&format!("{name} is not a permitted parameter")));
            }
        }
        let value = |wanted: &str| {
            query
                .iter()
                .find(|(name, _)| name == wanted)
                .map(|(_, v)| v)
        };
        let number = |wanted: &str, or: usize| match value(wanted) {
            None => Ok(or),
            Some(text) => text.parse().map_err(|_| bad("a number is wanted")),
        };
        let (number, limit) = match value("cursor") {
            Some(_) if query.len() > 1 => return Err(bad("cursor xor pagination arguments")),
            Some(cursor) => of_cursor(cursor).ok_or_else(|| bad("invalid cursor"))?,
            None => (number("page", 1)?, number("limit", 50.min(most))?),
        };
        if limit == 0 || limit > most || number == 0 {
            return Err(bad("limit or page out of range"));
        }
        let limit = limit.min(self.longest);
        let count = rows.len();
        let page = Page {
            number,
            pages: count.div_ceil(limit).max(1),
            count,
            limit,
        };
        let rows = rows.into_iter().skip((number - 1) * limit).take(limit);
        Ok(Answer::List(rows.collect(), Some(page)))
    }
}

fn reply(status: u16, headers: &[(&str, &str)], body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    let headers = headers
        .iter()
        .chain(&[("content-type", "application/json")]);
    for (name, value) in headers {
        let name: axum::http::HeaderName = name.parse().expect("a name");
        response
            .headers_mut()
            .insert(name, value.parse().expect("a value"));
    }
    response
}
