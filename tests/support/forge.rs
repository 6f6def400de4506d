//! A forge on loopback that behaves as GitHub's and GitLab's references say: addresses,
//! status codes, error texts, pages with `Link`, rate limits, who may do what.
//!
//! GitHub: "Issue comments", "Issues", "Users", "Using pagination", "Rate limits", "Best
//! practices"; GitLab: "Notes API", "Issues API", "Users API", "REST API", all read on
//! 2026-11-24.

#![allow(dead_code, reason = "each test binary uses its part of it")]

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};

/// The token every forge here knows.
pub const TOKEN: &str = "ghs_16C7e42F292c6912E7710c838347Ae178B4a";

/// Whose API it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `api.github.com`: REST and GraphQL at the root.
    Github,
    /// GitHub Enterprise: REST at `/api/v3`, GraphQL at `/api/graphql`.
    Enterprise,
    /// GitLab: REST at `/api/v4`.
    Gitlab,
}

/// Whose token it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// An account: `GET /user` tells.
    Account,
    /// A pipeline or an app: only GraphQL tells.
    Installation,
}

/// A comment or an issue.
#[derive(Debug, Clone)]
pub struct Post {
    pub id: u64,
    pub author: Option<String>,
    pub body: String,
    pub title: Option<String>,
    pub open: bool,
    pub is_pull: bool,
    pub system: bool,
}

/// What the next request that fits gets instead of, or after, what it asked for.
#[derive(Debug, Clone)]
pub struct Fault {
    pub method: Method,
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub message: &'static str,
    /// It is done all the same.
    pub after: bool,
}

/// Everything a forge holds.
pub struct World {
    pub kind: Kind,
    pub holder: Holder,
    /// The account of the token.
    pub me: String,
    /// Whether the token may write.
    pub may_write: bool,
    /// The comments of pull request 7.
    pub comments: Vec<Post>,
    pub issues: Vec<Post>,
    pub faults: VecDeque<Fault>,
    /// The longest text a comment may have.
    pub longest: usize,
    /// What a page's link leads to instead of here.
    pub links_to: Option<String>,
    /// `METHOD path?query` of each request.
    pub log: Vec<String>,
    next: u64,
}

/// A forge that runs until the process ends.
pub struct Forge {
    pub api_url: String,
    world: Arc<Mutex<World>>,
}

/// The pull request there is.
pub const PULL: u64 = 7;

impl Forge {
    pub fn start(kind: Kind) -> Self {
        let world = Arc::new(Mutex::new(World {
            kind,
            holder: Holder::Account,
            me: "scim-bot".to_owned(),
            may_write: true,
            comments: Vec::new(),
            issues: Vec::new(),
            faults: VecDeque::new(),
            longest: 65_536,
            links_to: None,
            log: Vec::new(),
            next: 1000,
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
        let path = match kind {
            Kind::Github => "",
            Kind::Enterprise => "/api/v3",
            Kind::Gitlab => "/api/v4",
        };
        Self {
            api_url: format!("http://{address}{path}"),
            world,
        }
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().expect("nobody panicked")
    }

    /// Somebody's comment on the pull request.
    pub fn comment(&self, author: &str, body: &str) -> u64 {
        let mut world = self.world();
        let post = world.post(Some(author), None, body);
        world.comments.push(post.clone());
        post.id
    }

    /// Somebody's issue.
    pub fn issue(&self, author: &str, title: &str, body: &str) -> u64 {
        let mut world = self.world();
        let post = world.post(Some(author), Some(title), body);
        world.issues.push(post.clone());
        post.id
    }

    pub fn bodies(&self) -> Vec<String> {
        self.world()
            .comments
            .iter()
            .map(|it| it.body.clone())
            .collect()
    }

    pub fn fail(&self, method: Method, status: u16, headers: &[(&'static str, &str)]) {
        let headers = headers
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect();
        self.world().faults.push_back(Fault {
            method,
            status,
            headers,
            message: "scripted",
            after: false,
        });
    }

    /// Does what is asked, and says otherwise.
    pub fn fail_after(&self, method: Method, status: u16) {
        self.world().faults.push_back(Fault {
            method,
            status,
            headers: Vec::new(),
            message: "scripted",
            after: true,
        });
    }

    /// What was asked since the last call.
    pub fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut self.world().log)
    }
}

impl World {
    fn post(&mut self, author: Option<&str>, title: Option<&str>, body: &str) -> Post {
        self.next += 1;
        Post {
            id: self.next,
            author: author.map(str::to_owned),
            body: body.to_owned(),
            title: title.map(str::to_owned),
            open: true,
            is_pull: false,
            system: false,
        }
    }

    /// The name an account has in what it wrote.
    fn my_name(&self) -> String {
        match self.holder {
            Holder::Account => self.me.clone(),
            Holder::Installation => format!("{}[bot]", self.me),
        }
    }

    fn show(&self, post: &Post, is_issue: bool) -> Value {
        let page = format!("https://forge.example/acme/access/{}", post.id);
        let number = post.id - 900;
        match self.kind {
            Kind::Github | Kind::Enterprise => {
                let mut value = json!({
                    "id": post.id, "node_id": "x", "html_url": page, "body": post.body,
                    "user": post.author.as_ref().map(|name| json!({ "login": name, "id": 1, "type": "User" })),
                    "author_association": "MEMBER", "performed_via_github_app": null,
                });
                if is_issue {
                    value["number"] = number.into();
                    value["title"] = json!(post.title);
                    value["state"] = (if post.open { "open" } else { "closed" }).into();
                    if post.is_pull {
                        value["pull_request"] = json!({ "url": "x" });
                    }
                }
                value
            }
            Kind::Gitlab => {
                let author = post.author.as_ref();
                let author =
                    author.map(|name| json!({ "id": 1, "username": name, "state": "active" }));
                if is_issue {
                    json!({
                        "id": post.id, "iid": number, "project_id": 42, "title": post.title,
                        "description": post.body, "state": if post.open { "opened" } else { "closed" },
                        "author": author, "web_url": page,
                    })
                } else {
                    json!({
                        "id": post.id, "type": null, "body": post.body, "author": author,
                        "system": post.system, "noteable_type": "MergeRequest", "noteable_iid": PULL,
                    })
                }
            }
        }
    }

    fn error(&self, status: u16) -> Response {
        let message = match (self.kind, status) {
            (Kind::Gitlab, 401) => "401 Unauthorized",
            (Kind::Gitlab, 403) => "403 Forbidden",
            (Kind::Gitlab, _) => "404 Not found",
            (_, 401) => "Bad credentials",
            (_, 403) => "Resource not accessible by integration",
            (_, 415) => "Unsupported 'Accept' header",
            (_, 422) => "Validation Failed",
            (_, _) => "Not Found",
        };
        answer(
            status,
            &json!({ "message": message, "documentation_url": "https://docs.example" }),
        )
    }

    fn handle(
        &mut self,
        method: &Method,
        path: &str,
        query: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Response {
        let head = |name: header::HeaderName| {
            headers
                .get(name)
                .and_then(|it| it.to_str().ok())
                .unwrap_or_default()
                .to_owned()
        };
        if head(header::AUTHORIZATION) != format!("Bearer {TOKEN}") {
            return self.error(401);
        }
        // GitHub turns away who does not say who they are.
        if head(header::USER_AGENT).is_empty() {
            return self.error(403);
        }
        let accept = head(header::ACCEPT);
        if !accept.contains("application/vnd.github+json") && !accept.contains("application/json") {
            return self.error(415);
        }
        let root = match self.kind {
            Kind::Github => "",
            Kind::Enterprise => "/api/v3",
            Kind::Gitlab => "/api/v4",
        };
        let graphql = match self.kind {
            Kind::Github => "/graphql",
            Kind::Enterprise => "/api/graphql",
            Kind::Gitlab => "/api/graphql",
        };
        let sent: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
        if path == graphql && method == Method::POST {
            assert!(
                sent["query"]
                    .as_str()
                    .is_some_and(|it| it.contains("viewer"))
            );
            return answer(
                200,
                &json!({ "data": { "viewer": { "login": self.my_name() } } }),
            );
        }
        let Some(path) = path.strip_prefix(root) else {
            return self.error(404);
        };
        if path == "/user" && method == Method::GET {
            return match (self.kind, self.holder) {
                (Kind::Gitlab, _) => answer(200, &json!({ "id": 1, "username": self.me })),
                (_, Holder::Account) => answer(200, &json!({ "login": self.me, "id": 1 })),
                (_, Holder::Installation) => self.error(403),
            };
        }
        let repository = match self.kind {
            Kind::Github | Kind::Enterprise => ["/repos/acme/access", "/repos/acme/access"],
            Kind::Gitlab => ["/projects/42", "/projects/acme%2Finfra%2Faccess"],
        };
        let Some(rest) = repository.iter().find_map(|it| path.strip_prefix(it)) else {
            return self.error(404);
        };
        let segments: Vec<&str> = rest.split('/').skip(1).collect();
        let pull = PULL.to_string();
        let reads = method == Method::GET;
        if !reads && !self.may_write {
            return self.error(403);
        }
        match (self.kind, segments.as_slice()) {
            (Kind::Github | Kind::Enterprise, ["issues", "comments", id]) => {
                self.one_comment(method, id, &sent, Method::PATCH)
            }
            (Kind::Github | Kind::Enterprise, ["issues", number, "comments"])
                if *number == pull =>
            {
                self.comments(method, query, &sent)
            }
            (Kind::Gitlab, ["merge_requests", number, "notes"]) if *number == pull => {
                self.comments(method, query, &sent)
            }
            (Kind::Gitlab, ["merge_requests", number, "notes", id]) if *number == pull => {
                self.one_comment(method, id, &sent, Method::PUT)
            }
            (_, ["issues"]) => self.all_issues(method, query, &sent),
            (Kind::Github | Kind::Enterprise, ["issues", number]) => {
                self.one_issue(method, number, &sent, Method::PATCH)
            }
            (Kind::Gitlab, ["issues", number]) => {
                self.one_issue(method, number, &sent, Method::PUT)
            }
            _ => self.error(404),
        }
    }

    fn comments(&mut self, method: &Method, query: &str, sent: &Value) -> Response {
        if method == Method::GET {
            let shown: Vec<Value> = self
                .comments
                .iter()
                .map(|it| self.show(it, false))
                .collect();
            return self.page(&shown, query);
        }
        assert_eq!(method, Method::POST);
        let body = sent["body"].as_str().expect("a body").to_owned();
        if body.chars().count() > self.longest {
            return self.error(422);
        }
        let name = self.my_name();
        let post = self.post(Some(&name), None, &body);
        self.comments.push(post.clone());
        answer(201, &self.show(&post, false))
    }

    fn one_comment(&mut self, method: &Method, id: &str, sent: &Value, edits: Method) -> Response {
        let Some(at) = self.comments.iter().position(|it| it.id.to_string() == id) else {
            return self.error(404);
        };
        if method == Method::DELETE {
            self.comments.remove(at);
            return answer(204, &Value::Null);
        }
        assert_eq!(*method, edits);
        self.comments[at].body = sent["body"].as_str().expect("a body").to_owned();
        answer(200, &self.show(&self.comments[at], false))
    }

    fn all_issues(&mut self, method: &Method, query: &str, sent: &Value) -> Response {
        if method == Method::GET {
            let open = match self.kind {
                Kind::Gitlab => "state=opened",
                Kind::Github | Kind::Enterprise => "state=open",
            };
            assert!(query.split('&').any(|it| it == open), "{query}");
            let open = self.issues.iter().filter(|it| it.open);
            let shown: Vec<Value> = open.map(|it| self.show(it, true)).collect();
            return self.page(&shown, query);
        }
        assert_eq!(method, Method::POST);
        let body = match self.kind {
            Kind::Gitlab => &sent["description"],
            Kind::Github | Kind::Enterprise => &sent["body"],
        };
        let body = body.as_str().expect("a body").to_owned();
        let title = sent["title"].as_str().expect("a title").to_owned();
        let name = self.my_name();
        let post = self.post(Some(&name), Some(&title), &body);
        self.issues.push(post.clone());
        answer(201, &self.show(&post, true))
    }

    fn one_issue(
        &mut self,
        method: &Method,
        number: &str,
        sent: &Value,
        edits: Method,
    ) -> Response {
        assert_eq!(*method, edits);
        let at = self
            .issues
            .iter()
            .position(|it| (it.id - 900).to_string() == number);
        let Some(at) = at else {
            return self.error(404);
        };
        let (key, close) = match self.kind {
            Kind::Gitlab => ("description", sent["state_event"] == "close"),
            Kind::Github | Kind::Enterprise => ("body", sent["state"] == "closed"),
        };
        let issue = &mut self.issues[at];
        if let Some(body) = sent[key].as_str() {
            issue.body = body.to_owned();
        }
        issue.open &= !close;
        answer(200, &self.show(&self.issues[at], true))
    }

    /// A page and where the next one is. GitHub's links name the repository by number.
    fn page(&self, all: &[Value], query: &str) -> Response {
        let asked: BTreeMap<&str, &str> = query
            .split('&')
            .filter_map(|it| it.split_once('='))
            .collect();
        let number = |name, default: usize| {
            asked
                .get(name)
                .map_or(default, |it| it.parse().expect("a number"))
        };
        let default = if self.kind == Kind::Gitlab { 20 } else { 30 };
        let size = number("per_page", default).clamp(1, 100);
        let page = number("page", 1).max(1);
        let rows: Vec<&Value> = all.iter().skip((page - 1) * size).take(size).collect();
        let mut response = answer(200, &json!(rows));
        let last = all.len().div_ceil(size).max(1);
        if page < last {
            let other = asked.iter().filter(|(name, _)| **name != "page");
            let rest: Vec<String> = other
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            let host = self.links_to.clone().unwrap_or("SELF".to_owned());
            let address =
                |page| format!("<{host}/repositories/1/x?{}&page={page}>", rest.join("&"));
            let link = format!(
                "{}; rel=\"next\", {}; rel=\"last\"",
                address(page + 1),
                address(last)
            );
            response
                .headers_mut()
                .insert("link", link.parse().expect("a header"));
        }
        response
    }
}

fn answer(status: u16, body: &Value) -> Response {
    let mut response = Response::new(match body {
        Value::Null => Body::empty(),
        body => Body::from(body.to_string()),
    });
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    let json = "application/json; charset=utf-8".parse().expect("a header");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    let date = httpdate::fmt_http_date(std::time::SystemTime::now());
    response
        .headers_mut()
        .insert(header::DATE, date.parse().expect("a header"));
    response
}

async fn door(State(world): State<Arc<Mutex<World>>>, request: axum::extract::Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a body");
    let mut world = world.lock().expect("nobody panicked");
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let path = parts.uri.path().to_owned();
    world.log.push(match query.as_str() {
        "" => format!("{} {path}", parts.method),
        query => format!("{} {path}?{query}", parts.method),
    });
    let fault = match world.faults.front() {
        Some(fault) if fault.method == parts.method => world.faults.pop_front(),
        Some(_) | None => None,
    };
    if let Some(fault) = fault {
        if fault.after {
            world.handle(&parts.method, &path, &query, &parts.headers, &body);
        }
        let mut response = answer(fault.status, &json!({ "message": fault.message }));
        for (name, value) in fault.headers {
            response
                .headers_mut()
                .insert(name, value.parse().expect("a header"));
        }
        return response;
    }
    let mut response = world.handle(&parts.method, &path, &query, &parts.headers, &body);
    // Forges give whole addresses, under the name they were asked by.
    if let Some(link) = response.headers().get("link") {
        let host = parts.headers[header::HOST].to_str().expect("a host");
        let link = link
            .to_str()
            .expect("text")
            .replace("<SELF", &format!("<http://{host}"));
        response
            .headers_mut()
            .insert("link", link.parse().expect("a header"));
    }
    response
}
