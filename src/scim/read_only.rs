//! A transport that cannot write: the client of every command that only looks.
//!
//! **Invariants.** What a [`ReadOnly`] sends is a [`ReadRequest`], and there is none that
//! writes: a GET, or a POST that a provider's profile names as one that only reads. The
//! transport inside is never given out, so whoever holds a [`ReadOnly`], or a `Reader` made
//! of one, has no way to write at all.

use super::error::ScimError;
use super::exchange;
use super::http::{Method, Post, Request, Response, Transport, TransportError};

/// A POST that changes nothing: a provider's own API asks some questions with a body.
///
/// Only a profile names one, with its source; `tests/layering.rs` holds that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadingPost {
    path: &'static [&'static str],
}

impl ReadingPost {
    /// The POST to this path of the provider's own API.
    pub const fn named(path: &'static [&'static str]) -> Self {
        Self { path }
    }
}

/// A request that only reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadRequest(Request);

impl ReadRequest {
    /// A GET relative to the SCIM base URL.
    pub fn scim(path: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(Request::scim(Method::Get, path))
    }

    /// A GET relative to the provider's own API.
    pub fn platform(path: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(Request::platform(Method::Get, path))
    }

    /// A question asked with a JSON body.
    pub fn post(post: ReadingPost, body: String) -> Self {
        let request = Request::platform(Method::Post, post.path.iter().copied());
        Self(request.with_body(body).reading(Post::Reads))
    }

    /// A question about the token itself, which the transport puts into the body.
    pub fn token(post: ReadingPost) -> Self {
        let request = Request::platform(Method::Post, post.path.iter().copied());
        Self(request.reading(Post::ReadsOfToken))
    }

    /// The same with one more query parameter.
    #[must_use]
    pub fn with_query(self, name: &str, value: impl Into<String>) -> Self {
        Self(self.0.with_query(name, value))
    }

    /// What is sent, to be looked at and named in errors.
    pub fn request(&self) -> &Request {
        &self.0
    }
}

/// The way to a service provider, for reads only.
///
/// ```
/// use scim_sync::scim::{http::Transport, service::{Reader, Writer}};
/// fn whom<T: Transport>(reader: &Reader<T>) -> &str {
///     reader.transport().target()
/// }
/// fn write<T: Transport + Clone>(reader: &Reader<T>, transport: T) -> Writer<T> {
///     Writer::new(transport, reader.dialect().clone())
/// }
/// ```
///
/// What a reader speaks through makes no writer:
///
/// ```compile_fail,E0277
/// use scim_sync::scim::{http::Transport, service::{Reader, Writer}};
/// fn write<T: Transport + Clone>(reader: &Reader<T>) {
///     Writer::new(reader.transport(), reader.dialect().clone());
/// }
/// ```
#[derive(Debug, Clone)]
pub struct ReadOnly<T>(T);

impl<T: Transport> ReadOnly<T> {
    /// Takes a transport, and keeps it.
    pub fn new(transport: T) -> Self {
        Self(transport)
    }

    /// Sends a read and returns whatever answer came.
    ///
    /// # Errors
    /// As [`Transport::send`].
    pub async fn send(&self, request: &ReadRequest) -> Result<Response, TransportError> {
        self.0.send(&request.0).await
    }

    /// Sends a read and turns every answer but a success into an error.
    ///
    /// # Errors
    /// When no answer came, or one that is not a success.
    pub async fn ask(&self, request: &ReadRequest) -> Result<Response, ScimError> {
        exchange::call(&self.0, &request.0).await
    }

    /// The base URL requests go to, for messages; never holds a token.
    pub fn target(&self) -> &str {
        self.0.target()
    }

    /// Does what takes a while, as [`Transport::aside`].
    pub(super) async fn aside<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> R {
        self.0.aside(work).await
    }
}
