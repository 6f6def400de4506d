//! One HTTP exchange as a value: what the client asks, what a service provider answers.
//!
//! The client is written against [`Transport`]. In production that is a `reqwest` client
//! (`scim::client`); in tests it is the sandbox's world, called directly. Everything between a
//! plan and these values (paging, dialect, retries, error reading) is therefore the same code
//! in both.
//!
//! **Invariants.** No value here holds a token: authentication is the transport's own.

use std::fmt;
use std::future::Future;

/// A request method. SCIM needs no others (RFC 7644 §3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates, or on a few non-SCIM endpoints queries.
    Post,
    /// Replaces.
    Put,
    /// Modifies.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// The method's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which door of the service provider a path belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Door {
    /// Relative to the SCIM base URL; authenticated with a bearer token.
    Scim,
    /// Relative to the provider's own API on the same origin (at Harness `/ng/api/…`,
    /// behind `/gateway` on SaaS); authenticated as the profile says.
    Platform,
}

/// A request, before a transport adds origin, authentication and encoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Which door `path` is relative to.
    pub door: Door,
    /// Path segments, *not* percent-encoded; the transport encodes each one, so that an id
    /// such as `../x` can never change the path (faults F80).
    pub path: Vec<String>,
    /// Query parameters in order, *not* percent-encoded; the transport encodes them with
    /// `%20` for a space, never `+`.
    pub query: Vec<(String, String)>,
    /// The JSON body, if any.
    pub body: Option<String>,
    /// The `Content-Type` of the body; ignored without one.
    pub content_type: &'static str,
    /// The `Accept` of a request at [`Door::Scim`].
    pub accept: &'static str,
    /// The version to require with `If-Match`, where the provider has entity tags.
    pub if_match: Option<String>,
    /// What a POST is for.
    pub post: Post,
}

/// What a POST is for: some endpoints query with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Post {
    /// It writes.
    Writes,
    /// It reads, and may be sent again.
    Reads,
    /// It reads, and its body is the token itself as plain text. The transport puts it
    /// in, only through [`Door::Platform`], so that no value here holds it.
    ReadsOfToken,
}

impl Request {
    /// A SCIM request without query and body.
    pub fn scim(method: Method, path: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            method,
            door: Door::Scim,
            path: path.into_iter().map(Into::into).collect(),
            query: Vec::new(),
            body: None,
            content_type: SCIM_JSON,
            accept: "application/scim+json, application/json;q=0.9",
            if_match: None,
            post: Post::Writes,
        }
    }

    /// A request to the provider's own API, without query and body.
    pub fn platform(method: Method, path: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            door: Door::Platform,
            content_type: JSON,
            ..Self::scim(method, path)
        }
    }

    /// The same POST, as one that only reads.
    #[must_use]
    pub fn reading(mut self, post: Post) -> Self {
        self.post = post;
        self
    }

    /// Whether it can change anything at the provider.
    pub fn writes(&self) -> bool {
        match (self.method, self.post) {
            (Method::Get, _) | (Method::Post, Post::Reads | Post::ReadsOfToken) => false,
            (Method::Post, Post::Writes) | (Method::Put | Method::Patch | Method::Delete, _) => {
                true
            }
        }
    }

    /// The same request with one more query parameter.
    #[must_use]
    pub fn with_query(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push((name.to_owned(), value.into()));
        self
    }

    /// The same request with a JSON body.
    #[must_use]
    pub fn with_body(mut self, body: String) -> Self {
        self.body = Some(body);
        self
    }

    /// The path for messages: `Users/2819c223`.
    pub fn display_path(&self) -> String {
        self.path.join("/")
    }
}

/// The media type RFC 7644 §3.1 defines.
pub const SCIM_JSON: &str = "application/scim+json";
/// The media type of a provider's own API.
pub const JSON: &str = "application/json";
/// The media type of a token sent as a body.
pub const TEXT: &str = "text/plain";

/// An answer, its body already decompressed and within the size cap.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Response {
    /// The HTTP status code.
    pub status: u16,
    /// `Content-Type`, as sent.
    pub content_type: Option<String>,
    /// `Retry-After`, as sent: seconds or an HTTP date (RFC 9110 §10.2.3).
    pub retry_after: Option<String>,
    /// `Date`, as sent; a date in `Retry-After` is measured against it.
    pub date: Option<String>,
    /// `Location`, as sent; only ever shown, never followed.
    pub location: Option<String>,
    /// `ETag`, as sent.
    pub etag: Option<String>,
    /// `Link`, as sent (RFC 8288).
    pub link: Option<String>,
    /// `X-RateLimit-Remaining`, as sent: how many more requests are allowed.
    pub rate_remaining: Option<String>,
    /// `X-RateLimit-Reset`, as sent: when more are, in seconds since 1970.
    pub rate_reset: Option<String>,
    /// Where a list goes on, as headers tell it.
    pub paging: Paging,
    /// The body.
    pub body: Vec<u8>,
}

/// Headers that tell where a list goes on, as sent. SCIM has none of them (RFC 7644 §3.4.2.4
/// tells it in the body); OneLogin's own API has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Paging {
    /// `After-Cursor`.
    pub after_cursor: Option<String>,
    /// `Current-Page`.
    pub current_page: Option<String>,
    /// `Total-Pages`.
    pub total_pages: Option<String>,
    /// `Total-Count`.
    pub total_count: Option<String>,
}

/// Whether a request that failed may nevertheless have taken effect at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It certainly did not: it never left, or was refused as a whole.
    None,
    /// It may have: it was sent and no complete answer came back.
    Unknown,
}

/// Why no usable answer came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportFault {
    /// The host name did not resolve.
    Dns,
    /// No connection could be made.
    Connect,
    /// TLS could not be established or the certificate is not trusted.
    Tls,
    /// A time limit passed.
    Timeout,
    /// The connection ended before the answer was complete.
    Cut,
    /// The body passed the size cap.
    TooLarge,
    /// The provider redirected; redirects are never followed to another origin.
    Redirect,
    /// It was never sent, and the same again would fare the same: an id that no path can carry,
    /// say, or a wait that nobody has patience for.
    Unsent,
    /// Anything else the HTTP library reports.
    Other,
}

/// A request that got no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TransportError {
    /// What kind of failure.
    pub fault: TransportFault,
    /// Whether the request may have taken effect.
    pub effect: Effect,
    /// A lowercase sentence fragment for people; never contains the token.
    pub message: String,
}

/// The one way to a service provider.
pub trait Transport: Send + Sync {
    /// Sends one request and returns its whole answer.
    ///
    /// # Errors
    /// When no complete answer within the limits came back; any status code is an answer.
    fn send(
        &self,
        request: &Request,
    ) -> impl Future<Output = Result<Response, TransportError>> + Send;

    /// The SCIM base URL requests go to, for messages; never holds a token.
    fn target(&self) -> &str;

    /// Does what takes a while, where there is a way to receive other answers meanwhile.
    fn aside<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> impl Future<Output = R> + Send {
        async { work() }
    }
}

impl<T: Transport> Transport for &T {
    fn send(
        &self,
        request: &Request,
    ) -> impl Future<Output = Result<Response, TransportError>> + Send {
        (**self).send(request)
    }

    fn target(&self) -> &str {
        (**self).target()
    }

    fn aside<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> impl Future<Output = R> + Send {
        (**self).aside(work)
    }
}

impl<T: Transport> Transport for std::sync::Arc<T> {
    fn send(
        &self,
        request: &Request,
    ) -> impl Future<Output = Result<Response, TransportError>> + Send {
        (**self).send(request)
    }

    fn target(&self) -> &str {
        (**self).target()
    }

    fn aside<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> impl Future<Output = R> + Send {
        (**self).aside(work)
    }
}
