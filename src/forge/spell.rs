//! How each forge wants its requests, and what its answers mean. Pure.
//!
//! Sources, read 2026-11-24: GitHub's REST reference ("Issue comments", "Issues", "Users",
//! "Using pagination") and GitLab's ("Notes API", "Issues API", "Users API", "REST API:
//! pagination").

use serde::Deserialize;
use serde_json::{Value, json};

use super::place::Repository;
use super::{Forge, Matter, Shelf};
use crate::scim::http::Method;

/// A comment or an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Post {
    /// What orders posts by age.
    pub(super) id: u64,
    /// What it is addressed by: the id, or an issue's number in its repository.
    address: u64,
    pub(super) body: String,
    pub(super) url: Option<String>,
    author: Option<String>,
}

impl Post {
    /// Whether this account wrote it. Neither forge tells names apart by case.
    pub(super) fn is_by(&self, account: &str) -> bool {
        self.author
            .as_deref()
            .is_some_and(|author| author.eq_ignore_ascii_case(account))
    }
}

/// The answer of `GET /user` at either forge.
#[derive(Debug, Deserialize)]
pub(super) struct Account {
    #[serde(rename = "login", alias = "username")]
    pub(super) name: String,
}

/// The answer to `query { viewer { login } }`.
#[derive(Debug, Deserialize)]
pub(super) struct Viewer {
    data: Option<ViewerData>,
}

#[derive(Debug, Deserialize)]
struct ViewerData {
    viewer: Option<ViewerLogin>,
}

#[derive(Debug, Deserialize)]
struct ViewerLogin {
    login: String,
}

impl Viewer {
    pub(super) fn login(self) -> Option<String> {
        Some(self.data?.viewer?.login)
    }
}

#[derive(Debug, Deserialize)]
struct GithubPost {
    id: u64,
    /// Issues have one.
    number: Option<u64>,
    /// Null where nothing was written.
    body: Option<String>,
    html_url: Option<String>,
    /// Null where the account is gone.
    user: Option<Account>,
    /// Present in a listing of issues where one is a pull request.
    pull_request: Option<serde::de::IgnoredAny>,
}

#[derive(Debug, Deserialize)]
struct GitlabPost {
    id: u64,
    /// Issues have one.
    iid: Option<u64>,
    /// Of a note.
    body: Option<String>,
    /// Of an issue.
    description: Option<String>,
    web_url: Option<String>,
    author: Option<Account>,
    /// GitLab's own notes, such as "closed".
    #[serde(default)]
    system: bool,
}

impl GithubPost {
    fn post(self) -> Option<Post> {
        if self.pull_request.is_some() {
            return None;
        }
        Some(Post {
            id: self.id,
            address: self.number.unwrap_or(self.id),
            body: self.body.unwrap_or_default(),
            url: self.html_url,
            author: self.user.map(|user| user.name),
        })
    }
}

impl GitlabPost {
    fn post(self) -> Option<Post> {
        if self.system {
            return None;
        }
        Some(Post {
            id: self.id,
            address: self.iid.unwrap_or(self.id),
            body: self.body.or(self.description).unwrap_or_default(),
            url: self.web_url,
            author: self.author.map(|author| author.name),
        })
    }
}

/// Reads a page of posts, leaving out what no account wrote as a comment or an issue.
pub(super) fn posts(forge: Forge, body: &[u8]) -> serde_json::Result<Vec<Post>> {
    Ok(match forge {
        Forge::Github => serde_json::from_slice::<Vec<GithubPost>>(body)?
            .into_iter()
            .filter_map(GithubPost::post)
            .collect(),
        Forge::Gitlab => serde_json::from_slice::<Vec<GitlabPost>>(body)?
            .into_iter()
            .filter_map(GitlabPost::post)
            .collect(),
    })
}

/// Reads the post that was just made or changed.
pub(super) fn post(forge: Forge, body: &[u8]) -> serde_json::Result<Post> {
    let post = match forge {
        Forge::Github => serde_json::from_slice::<GithubPost>(body)?.post(),
        Forge::Gitlab => serde_json::from_slice::<GitlabPost>(body)?.post(),
    };
    post.ok_or_else(|| serde::de::Error::custom("the answer is no comment and no issue"))
}

/// The path of all posts of a shelf.
pub(super) fn shelf(repository: &Repository, shelf: Shelf) -> Vec<String> {
    let rest = match (repository.forge, shelf) {
        (Forge::Github, Shelf::Comments(on)) => {
            vec!["issues".to_owned(), on.to_string(), "comments".to_owned()]
        }
        (Forge::Gitlab, Shelf::Comments(on)) => {
            let on = on.to_string();
            vec!["merge_requests".to_owned(), on, "notes".to_owned()]
        }
        (Forge::Github | Forge::Gitlab, Shelf::Issues) => vec!["issues".to_owned()],
    };
    repository.path().into_iter().chain(rest).collect()
}

/// The query of a shelf's first page: as many as one page takes, the oldest first.
pub(super) fn first_page(forge: Forge, shelf: Shelf) -> Vec<(String, String)> {
    let mut query = vec![("per_page", "100")];
    match (forge, shelf) {
        // GitHub lists comments by their ids, which grow, and takes no order.
        (Forge::Github, Shelf::Comments(_)) => {}
        (Forge::Github, Shelf::Issues) => {
            query.extend([("state", "open"), ("sort", "created"), ("direction", "asc")]);
        }
        (Forge::Gitlab, Shelf::Comments(_)) => {
            query.extend([("order_by", "created_at"), ("sort", "asc")]);
        }
        (Forge::Gitlab, Shelf::Issues) => query.extend([
            ("state", "opened"),
            ("scope", "all"),
            ("order_by", "created_at"),
            ("sort", "asc"),
        ]),
    }
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    query.into_iter().map(owned).collect()
}

/// How one post is changed, and where.
pub(super) fn one(repository: &Repository, on: Shelf, post: &Post) -> (Method, Vec<String>) {
    let address = post.address.to_string();
    match (repository.forge, on) {
        // GitHub addresses a comment without what it is on.
        (Forge::Github, Shelf::Comments(_)) => {
            let rest = ["issues".to_owned(), "comments".to_owned(), address];
            let path = repository.path().into_iter().chain(rest).collect();
            (Method::Patch, path)
        }
        (Forge::Github, Shelf::Issues) => {
            let mut path = shelf(repository, on);
            path.push(address);
            (Method::Patch, path)
        }
        (Forge::Gitlab, Shelf::Comments(_) | Shelf::Issues) => {
            let mut path = shelf(repository, on);
            path.push(address);
            (Method::Put, path)
        }
    }
}

/// The body of a create; with a title it makes an issue.
pub(super) fn new_post(forge: Forge, title: Option<&str>, body: &str) -> String {
    let value: Value = match (forge, title) {
        (Forge::Github | Forge::Gitlab, None) => json!({ "body": body }),
        (Forge::Github, Some(title)) => json!({ "title": title, "body": body }),
        (Forge::Gitlab, Some(title)) => json!({ "title": title, "description": body }),
    };
    value.to_string()
}

/// The body of a change.
pub(super) fn changed_post(forge: Forge, shelf: Shelf, body: &str, matter: Matter) -> String {
    let value: Value = match (forge, shelf, matter) {
        (Forge::Github | Forge::Gitlab, Shelf::Comments(_), Matter::Open | Matter::Resolved)
        | (Forge::Github, Shelf::Issues, Matter::Open) => json!({ "body": body }),
        (Forge::Github, Shelf::Issues, Matter::Resolved) => {
            json!({ "body": body, "state": "closed", "state_reason": "completed" })
        }
        (Forge::Gitlab, Shelf::Issues, Matter::Open) => json!({ "description": body }),
        (Forge::Gitlab, Shelf::Issues, Matter::Resolved) => {
            json!({ "description": body, "state_event": "close" })
        }
    };
    value.to_string()
}
