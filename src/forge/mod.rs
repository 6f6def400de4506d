//! Keeping one comment, or one issue, up to date at a forge: GitHub or GitLab, theirs or
//! one's own.
//!
//! [`connect`] makes a [`Desk`] over the network; [`place`] says where from flags and a pipeline's variables; `spell` how each forge
//! wants its requests and what its answers mean; [`Desk`] finds what is there, and creates,
//! edits or closes it.
//!
//! **Invariants.** Only what the token's own account wrote is changed: whoever pastes our
//! marker into a comment of theirs keeps it as it is, and gets no plan. An address in an
//! answer is never followed; of the next page only its query is used. A create that may
//! have happened is looked for before it is repeated.

pub mod connect;
mod error;
pub mod limits;
mod link;
pub mod place;
mod spell;

use serde::de::DeserializeOwned;

pub use self::error::ForgeError;
use self::spell::Post;
use crate::scim::http::{self, Method, Request, Response, Transport};

/// Pages of a hundred: more comments or open issues than any place has.
const MAX_PAGES: usize = 500;

/// A forge this tool writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forge {
    /// GitHub, or GitHub Enterprise.
    Github,
    /// GitLab, or one's own.
    Gitlab,
}

impl Forge {
    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Forge::Github => "GitHub",
            Forge::Gitlab => "GitLab",
        }
    }
}

/// The marker and the text of what is kept up to date.
#[derive(Debug, Clone, Copy)]
pub struct Content<'a> {
    /// What the text begins with, and nothing else of ours does.
    pub marker: &'a str,
    /// The whole text, marker included.
    pub body: &'a str,
}

/// Whether there is something to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matter {
    /// There is.
    Open,
    /// No more.
    Resolved,
}

/// What became of a comment or an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What was done.
    pub done: Done,
    /// Where people read it; none where there is nothing.
    pub url: Option<String>,
}

/// What was done about a comment or an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It is new.
    Created,
    /// It says something else now.
    Edited,
    /// It said so already.
    Unchanged,
    /// The issue is closed now.
    Closed,
    /// There is none, and none is needed.
    Nothing,
}

/// Which of the posts of a repository.
#[derive(Debug, Clone, Copy)]
enum Shelf {
    /// The comments of this pull request, merge request or issue.
    Comments(u64),
    /// The open issues.
    Issues,
}

/// A repository's place at a forge, to read and write posts.
pub struct Desk<T> {
    transport: T,
    api: place::Api,
    repository: place::Repository,
}

impl<T: Transport> Desk<T> {
    /// A desk for this repository; `transport` goes to the API's base.
    pub fn new(transport: T, api: place::Api, repository: place::Repository) -> Self {
        Self {
            transport,
            api,
            repository,
        }
    }

    /// Keeps one comment on a pull request or merge request.
    ///
    /// # Errors
    /// When the forge does not let it, or does not answer.
    pub async fn keep_comment(&self, on: u64, content: Content<'_>) -> Result<Kept, ForgeError> {
        let shelf = Shelf::Comments(on);
        let me = self.whoami().await?;
        let mut own = self.own(shelf, &me, content.marker).await?.into_iter();
        let kept = match own.next() {
            None => self.create(shelf, &me, None, content).await?,
            Some(post) if same(&post.body, content.body) => done(Done::Unchanged, post),
            Some(post) => match self.edit(shelf, &post, content.body, Matter::Open).await {
                Ok(post) => done(Done::Edited, post),
                // Somebody removed it meanwhile.
                Err(error) if error.is_not_found() => {
                    self.create(shelf, &me, None, content).await?
                }
                Err(error) => return Err(error),
            },
        };
        // Two pipelines at once may have made one each.
        for extra in own {
            self.remove_comment(on, &extra).await?;
        }
        Ok(kept)
    }

    /// Keeps one open issue while there is something to tell, and none otherwise.
    ///
    /// # Errors
    /// When the forge does not let it, or does not answer.
    pub async fn keep_issue(
        &self,
        title: &str,
        content: Content<'_>,
        matter: Matter,
    ) -> Result<Kept, ForgeError> {
        let shelf = Shelf::Issues;
        let me = self.whoami().await?;
        let mut own = self.own(shelf, &me, content.marker).await?.into_iter();
        let kept = match (own.next(), matter) {
            (None, Matter::Resolved) => Kept {
                done: Done::Nothing,
                url: None,
            },
            (None, Matter::Open) => self.create(shelf, &me, Some(title), content).await?,
            (Some(post), Matter::Resolved) => {
                let post = self.edit(shelf, &post, content.body, matter).await?;
                done(Done::Closed, post)
            }
            (Some(post), Matter::Open) if same(&post.body, content.body) => {
                done(Done::Unchanged, post)
            }
            (Some(post), Matter::Open) => {
                let post = self.edit(shelf, &post, content.body, matter).await?;
                done(Done::Edited, post)
            }
        };
        for extra in own {
            self.edit(shelf, &extra, &extra.body, Matter::Resolved)
                .await?;
        }
        Ok(kept)
    }

    /// The account the token belongs to.
    async fn whoami(&self) -> Result<String, ForgeError> {
        let request = self.request(Method::Get, ["user"]);
        match self.read::<spell::Account>(&request).await {
            Ok(account) => Ok(account.name),
            // A pipeline's own token belongs to no user, and only GraphQL tells whose it is.
            Err(error) if error.is_forbidden() && self.repository.forge == Forge::Github => {
                let query = serde_json::json!({ "query": "query { viewer { login } }" });
                let request = self
                    .api
                    .outside(Method::Post, ["graphql"])
                    .reading(http::Post::Reads)
                    .with_body(query.to_string());
                let viewer: spell::Viewer = self.read(&request).await?;
                viewer.login().ok_or(ForgeError::Nobody {
                    forge: self.repository.forge,
                })
            }
            Err(error) => Err(error),
        }
    }

    /// Our posts with this marker, the oldest first.
    async fn own(&self, shelf: Shelf, me: &str, marker: &str) -> Result<Vec<Post>, ForgeError> {
        let mut own: Vec<Post> = self
            .list(shelf)
            .await?
            .into_iter()
            .filter(|post| post.is_by(me) && post.body.starts_with(marker))
            .collect();
        own.sort_by_key(|post| post.id);
        Ok(own)
    }

    async fn list(&self, shelf: Shelf) -> Result<Vec<Post>, ForgeError> {
        let mut posts = Vec::new();
        let mut query = spell::first_page(self.repository.forge, shelf);
        for _ in 0..MAX_PAGES {
            let mut request = self.request(Method::Get, spell::shelf(&self.repository, shelf));
            request.query = query;
            let response = self.call(&request).await?;
            let page = spell::posts(self.repository.forge, &response.body)
                .map_err(|error| ForgeError::unreadable(&request, &error))?;
            posts.extend(page);
            match link::next(response.link.as_deref(), self.transport.target()) {
                link::Next::None => return Ok(posts),
                link::Next::Query(next) => query = next,
                link::Next::Elsewhere(host) => return Err(ForgeError::Elsewhere { host }),
            }
        }
        Err(ForgeError::TooMany {
            forge: self.repository.forge,
        })
    }

    async fn create(
        &self,
        shelf: Shelf,
        me: &str,
        title: Option<&str>,
        content: Content<'_>,
    ) -> Result<Kept, ForgeError> {
        let path = spell::shelf(&self.repository, shelf);
        let body = spell::new_post(self.repository.forge, title, content.body);
        let request = self.request(Method::Post, path).with_body(body);
        let first = match self.post(&request).await {
            Ok(post) => return Ok(done(Done::Created, post)),
            Err(error) => error,
        };
        if !first.may_have_happened() {
            return Err(first);
        }
        // Without a look, a lost answer would become two comments.
        let mut own = self.own(shelf, me, content.marker).await?.into_iter();
        match own.next() {
            Some(post) => Ok(done(Done::Created, post)),
            None => Ok(done(Done::Created, self.post(&request).await?)),
        }
    }

    async fn edit(
        &self,
        shelf: Shelf,
        post: &Post,
        body: &str,
        matter: Matter,
    ) -> Result<Post, ForgeError> {
        let (method, path) = spell::one(&self.repository, shelf, post);
        let body = spell::changed_post(self.repository.forge, shelf, body, matter);
        self.post(&self.request(method, path).with_body(body)).await
    }

    async fn remove_comment(&self, on: u64, post: &Post) -> Result<(), ForgeError> {
        let (_, path) = spell::one(&self.repository, Shelf::Comments(on), post);
        match self.call(&self.request(Method::Delete, path)).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn request(
        &self,
        method: Method,
        path: impl IntoIterator<Item = impl Into<String>>,
    ) -> Request {
        self.api.inside(method, path)
    }

    async fn post(&self, request: &Request) -> Result<Post, ForgeError> {
        let response = self.call(request).await?;
        spell::post(self.repository.forge, &response.body)
            .map_err(|error| ForgeError::unreadable(request, &error))
    }

    async fn read<R: DeserializeOwned>(&self, request: &Request) -> Result<R, ForgeError> {
        let response = self.call(request).await?;
        serde_json::from_slice(&response.body)
            .map_err(|error| ForgeError::unreadable(request, &error))
    }

    async fn call(&self, request: &Request) -> Result<Response, ForgeError> {
        let forge = self.repository.forge;
        let response = self
            .transport
            .send(request)
            .await
            .map_err(|cause| ForgeError::transport(forge, request, cause))?;
        if (200..300).contains(&response.status) {
            return Ok(response);
        }
        Err(ForgeError::status(forge, request, &response))
    }
}

fn done(done: Done, post: Post) -> Kept {
    Kept {
        done,
        url: post.url,
    }
}

/// Forges may keep a text with other line ends, and without those at its end.
fn same(kept: &str, wanted: &str) -> bool {
    let plain = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
    plain(kept) == plain(wanted)
}
