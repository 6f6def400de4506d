//! The transport over the network: one origin, one token, bounded in time and memory. [I/O]
//!
//! **Invariants.**
//! - The token is sent to the base URL's origin and nowhere else: no redirect leaves it.
//! - No answer and no error that leaves this module holds the token, even if the provider
//!   echoes it.
//! - A path segment stays one segment, whatever an id holds; one that cannot (`..`, or an
//!   empty one, which would address the whole collection) is never sent.
//! - An answer takes at most the cap in memory, counted after decompression.

mod masked;
mod secrets;
mod setup;

use std::error::Error as _;
use std::fmt;
use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MATCH,
    LINK, LOCATION, RETRY_AFTER,
};
use secrecy::{ExposeSecret as _, SecretString};
use url::{Host, Url};

use self::masked::masked;
use self::secrets::Secrets;
pub use self::setup::ClientError;
use super::dialect::{Dialect, PlatformApi};
use super::error::clean;
use super::http::{
    Door, Effect, Method, Paging, Post, Request, Response, TEXT, Transport, TransportError,
    TransportFault,
};

/// How this tool calls itself.
const USER_AGENT: &str = concat!("scim-sync/", env!("CARGO_PKG_VERSION"));
/// How many redirects within the origin are followed.
const MAX_REDIRECTS: u8 = 3;
/// The most bytes that an answer gets room for before they are there.
const ROOM: usize = 4 * 1024 * 1024;
/// Everything but RFC 3986's unreserved characters is encoded, so a space is `%20`.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What a client may be told besides URL and token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientOptions {
    /// A PEM file with certificates of one's own authority, trusted besides the system's.
    pub ca_file: Option<PathBuf>,
    /// How long making a connection may take.
    pub connect_timeout: Duration,
    /// How long a user create may take in all; Harness sets up access meanwhile.
    pub create_timeout: Duration,
    /// How long any other call may take in all.
    pub call_timeout: Duration,
    /// How long the provider may be silent once it has begun to answer.
    pub idle_timeout: Duration,
    /// The most bytes a decompressed body may have.
    pub body_cap: usize,
    /// The provider's own API, if it has one.
    pub platform: Option<PlatformApi>,
    /// How the token is sent.
    pub login: Login,
}

/// How a token is sent in `Authorization`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    /// As a bearer token (RFC 6750).
    Bearer,
    /// As an id and a secret with a colon between them (RFC 7617): where a token is got.
    Basic,
}

impl ClientOptions {
    /// The limits a dialect asks for.
    pub fn for_dialect(dialect: &Dialect) -> Self {
        Self {
            ca_file: None,
            connect_timeout: Duration::from_secs(10),
            create_timeout: Duration::from_secs(dialect.create_timeout_secs),
            call_timeout: Duration::from_secs(dialect.call_timeout_secs),
            idle_timeout: Duration::from_secs(dialect.create_timeout_secs),
            body_cap: 64 * 1024 * 1024,
            platform: dialect.platform,
            login: Login::Bearer,
        }
    }
}

/// A service provider over HTTP.
#[derive(Clone)]
pub struct HttpTransport {
    http: reqwest::Client,
    base: Url,
    /// The base URL without a slash at its end.
    target: String,
    /// What `Door::Platform` is relative to, and the header of its token.
    platform: Option<(String, HeaderName)>,
    bearer: HeaderValue,
    api_key: HeaderValue,
    secrets: Secrets,
    options: ClientOptions,
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTransport")
            .field("target", &self.target)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl HttpTransport {
    /// Builds a transport; sends nothing.
    ///
    /// # Errors
    /// When the URL, the token or the certificates cannot be used.
    pub fn new(
        base_url: &str,
        token: &SecretString,
        options: ClientOptions,
    ) -> Result<Self, ClientError> {
        let base = parse_base(base_url)?;
        let (bearer, api_key) = headers(token, options.login)?;
        let target = base.as_str().trim_end_matches('/').to_owned();
        let platform = options.platform.and_then(|api| {
            let (root, _) = api.locate(&target)?;
            Some((root.to_owned(), HeaderName::from_static(api.token_header)))
        });
        Ok(Self {
            http: build(&base, &options)?,
            base,
            target,
            platform,
            bearer,
            api_key,
            secrets: Secrets::of(token, options.login),
            options,
        })
    }

    fn url(&self, request: &Request) -> Result<Url, TransportError> {
        let mut text = match request.door {
            Door::Scim => self.target.clone(),
            Door::Platform => match &self.platform {
                Some((root, _)) => root.clone(),
                None => {
                    return Err(unsent(
                        "the base URL does not tell where the provider's own API is".to_owned(),
                    ));
                }
            },
        };
        for segment in &request.path {
            // URL parsers resolve dot segments even when they are percent-encoded.
            if segment.is_empty() || segment == "." || segment == ".." {
                return Err(unsent(format!(
                    "`{}` cannot be part of a path",
                    clean(segment)
                )));
            }
            text.push('/');
            text.extend(utf8_percent_encode(segment, ENCODED));
        }
        for (n, (name, value)) in request.query.iter().enumerate() {
            text.push(if n == 0 { '?' } else { '&' });
            text.extend(utf8_percent_encode(name, ENCODED));
            text.push('=');
            text.extend(utf8_percent_encode(value, ENCODED));
        }
        match Url::parse(&text) {
            Ok(url) if url.as_str() == text => Ok(url),
            // The parser changed it, so it would not be what was meant.
            Ok(_) | Err(_) => Err(unsent(format!("`{}` is not a valid path", clean(&text)))),
        }
    }

    /// Sends a request and tells it: without query, which may name people.
    async fn told(&self, request: &Request) -> Result<Response, TransportError> {
        let began = tokio::time::Instant::now();
        let outcome = self.exchange(request).await;
        let (method, path) = (request.method, clean(&request.display_path()));
        let millis = began.elapsed().as_millis();
        match &outcome {
            Ok(response) => tracing::debug!("{method} {path}: {} in {millis} ms", response.status),
            Err(error) => tracing::debug!("{method} {path}: {} in {millis} ms", error.message),
        }
        if tracing::enabled!(tracing::Level::TRACE) {
            if let Some(body) = &request.body {
                tracing::trace!("{method} {path}, sent: {}", masked(body.as_bytes()));
            }
            if let Ok(response) = &outcome {
                tracing::trace!("{method} {path}, answered: {}", masked(&response.body));
            }
        }
        outcome
    }

    async fn exchange(&self, request: &Request) -> Result<Response, TransportError> {
        let mut url = self.url(request)?;
        let deadline = tokio::time::Instant::now() + self.timeout(request);
        let mut redirects = 0;
        loop {
            let left = deadline.saturating_duration_since(tokio::time::Instant::now());
            let answer = self
                .build_request(request, url.clone(), left)?
                .send()
                .await
                .map_err(|error| self.classify(request, &error))?;
            if !answer.status().is_redirection() {
                return self.receive(request, answer).await;
            }
            let status = answer.status().as_u16();
            let location = header(answer.headers(), LOCATION);
            let next = location
                .as_deref()
                .and_then(|location| url.join(location).ok());
            url = match next {
                Some(next)
                    if request.method == Method::Get
                        && matches!(status, 307 | 308)
                        && next.origin() == self.base.origin()
                        && next.username().is_empty()
                        && redirects < MAX_REDIRECTS =>
                {
                    redirects += 1;
                    next
                }
                Some(next) => {
                    return Err(redirected(status, &self.secrets.redact_text(shown(&next))));
                }
                None => return Err(redirected(status, "nowhere readable")),
            };
        }
    }

    fn timeout(&self, request: &Request) -> Duration {
        let creates_user = request.door == Door::Scim
            && request.method == Method::Post
            && matches!(request.path.as_slice(), [only] if only == "Users");
        if creates_user {
            self.options.create_timeout
        } else {
            self.options.call_timeout
        }
    }

    fn build_request(
        &self,
        request: &Request,
        url: Url,
        timeout: Duration,
    ) -> Result<reqwest::RequestBuilder, TransportError> {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut built = self.http.request(method, url).timeout(timeout);
        built = match request.door {
            Door::Scim => built
                .header(AUTHORIZATION, self.bearer.clone())
                .header(ACCEPT, request.accept),
            Door::Platform => {
                let (_, header) = self.platform.as_ref().expect("its URL was built");
                built
                    .header(header.clone(), self.api_key.clone())
                    .header(ACCEPT, super::http::JSON)
            }
        };
        if let Some(version) = &request.if_match {
            let version = HeaderValue::from_str(version)
                .map_err(|_| unsent("the version cannot be sent in a header".to_owned()))?;
            built = built.header(IF_MATCH, version);
        }
        match (request.post, request.door, &request.body) {
            (Post::ReadsOfToken, Door::Platform, _) => {
                built = built
                    .header(CONTENT_TYPE, TEXT)
                    .body(self.api_key.as_bytes().to_vec());
            }
            (Post::Writes | Post::Reads | Post::ReadsOfToken, _, Some(body)) => {
                built = built
                    .header(CONTENT_TYPE, request.content_type)
                    .body(body.clone());
            }
            (Post::Writes | Post::Reads | Post::ReadsOfToken, _, None) => {}
        }
        Ok(built)
    }

    async fn receive(
        &self,
        request: &Request,
        mut answer: reqwest::Response,
    ) -> Result<Response, TransportError> {
        let headers = answer.headers();
        let mut response = Response {
            status: answer.status().as_u16(),
            content_type: header(headers, CONTENT_TYPE),
            retry_after: header(headers, RETRY_AFTER),
            date: header(headers, DATE),
            location: header(headers, LOCATION).map(|text| self.secrets.redact_text(text)),
            etag: header(headers, ETAG),
            link: header(headers, LINK).map(|text| self.secrets.redact_text(text)),
            rate_remaining: header(headers, HeaderName::from_static("x-ratelimit-remaining")),
            rate_reset: header(headers, HeaderName::from_static("x-ratelimit-reset")),
            paging: Paging {
                after_cursor: header(headers, HeaderName::from_static("after-cursor")),
                current_page: header(headers, HeaderName::from_static("current-page")),
                total_pages: header(headers, HeaderName::from_static("total-pages")),
                total_count: header(headers, HeaderName::from_static("total-count")),
            },
            body: Vec::new(),
        };
        let cap = self.options.body_cap;
        // What is announced has its room at once; only what comes is believed.
        let announced = answer.content_length().unwrap_or_default();
        let announced = usize::try_from(announced).unwrap_or(usize::MAX);
        response.body.reserve(announced.min(cap).min(ROOM));
        let next = |error| self.classify(request, &error);
        while let Some(chunk) = answer.chunk().await.map_err(next)? {
            if response.body.len() + chunk.len() > cap {
                return Err(TransportError {
                    fault: TransportFault::TooLarge,
                    effect: sent(request),
                    message: format!("the answer is larger than {cap} bytes"),
                });
            }
            response.body.extend_from_slice(&chunk);
        }
        self.secrets.redact(&mut response.body);
        Ok(response)
    }

    /// Says in plain words what the HTTP library reports, and whether the request may have
    /// taken effect. Its own texts are shown for causes only: they can hold the URL.
    fn classify(&self, request: &Request, error: &reqwest::Error) -> TransportError {
        let cause = innermost(error);
        let seconds = |limit: Duration| format!("{:.1} s", limit.as_secs_f64());
        let (fault, effect, message) = if error.is_dns() {
            (
                TransportFault::Dns,
                Effect::None,
                format!("the host name did not resolve: {cause}"),
            )
        } else if error.is_connect() {
            if let Some(tls) = tls_cause(error) {
                (
                    TransportFault::Tls,
                    Effect::None,
                    format!("no trusted TLS connection: {tls}"),
                )
            } else if error.is_timeout() {
                let limit = seconds(self.options.connect_timeout);
                (
                    TransportFault::Connect,
                    Effect::None,
                    format!("no connection within {limit}"),
                )
            } else {
                (
                    TransportFault::Connect,
                    Effect::None,
                    format!("no connection: {cause}"),
                )
            }
        } else if error.is_timeout() {
            let message = "no complete answer within the time limit".to_owned();
            (TransportFault::Timeout, sent(request), message)
        } else if error.is_builder() {
            (
                TransportFault::Unsent,
                Effect::None,
                format!("the request cannot be built: {cause}"),
            )
        } else if error.is_body() || error.is_decode() || error.is_request() {
            (
                TransportFault::Cut,
                sent(request),
                format!("the connection ended before the answer was complete: {cause}"),
            )
        } else {
            (
                TransportFault::Other,
                sent(request),
                format!("the request failed: {cause}"),
            )
        };
        TransportError {
            fault,
            effect,
            message: self.secrets.redact_text(clean(&message)),
        }
    }
}

impl HttpTransport {
    /// Whether the provider is on this machine: then nobody else pays for its requests.
    pub fn is_local(&self) -> bool {
        is_loopback(&self.base)
    }
}

impl Transport for HttpTransport {
    fn send(
        &self,
        request: &Request,
    ) -> impl Future<Output = Result<Response, TransportError>> + Send {
        self.told(request)
    }

    fn target(&self) -> &str {
        &self.target
    }

    async fn aside<R: Send + 'static>(&self, work: impl FnOnce() -> R + Send + 'static) -> R {
        match tokio::task::spawn_blocking(work).await {
            Ok(done) => done,
            // A panic is a bug there; pass it on.
            Err(ended) => std::panic::resume_unwind(ended.into_panic()),
        }
    }
}

fn parse_base(text: &str) -> Result<Url, ClientError> {
    let bad = |why: String| ClientError::Url {
        url: shown_text(text),
        why,
    };
    let url = Url::parse(text.trim()).map_err(|cause| bad(cause.to_string()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("it holds a user name or password".to_owned()));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad("it holds a query or fragment".to_owned()));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(ClientError::Insecure { url: shown(&url) }),
        other => Err(bad(format!("`{}` is not a scheme for SCIM", clean(other)))),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        None => false,
    }
}

fn headers(token: &SecretString, login: Login) -> Result<(HeaderValue, HeaderValue), ClientError> {
    let token = token.expose_secret();
    if token.is_empty() {
        return Err(ClientError::Token { why: "is empty" });
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(ClientError::Token {
            why: "holds a space, a line break or another character that cannot be sent",
        });
    }
    let sensitive = |text: &str| {
        let mut value = HeaderValue::from_str(text).map_err(|_| ClientError::Token {
            why: "cannot be sent in a header",
        })?;
        value.set_sensitive(true);
        Ok(value)
    };
    let login = match login {
        Login::Bearer => format!("Bearer {token}"),
        Login::Basic => format!("Basic {}", secrets::basic(token)),
    };
    Ok((sensitive(&login)?, sensitive(token)?))
}

fn build(base: &Url, options: &ClientOptions) -> Result<reqwest::Client, ClientError> {
    // Tells `Err` when one is installed already, which is just as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    let mut builder = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .gzip(true)
        .connect_timeout(options.connect_timeout)
        .read_timeout(options.idle_timeout);
    if is_loopback(base) {
        // A proxy cannot reach this machine's own loopback.
        builder = builder.no_proxy();
    }
    if base.scheme() == "http" {
        // No TLS will be spoken, so that a machine without CA certificates will do.
        builder = builder.tls_certs_only([]);
    } else if let Some(file) = &options.ca_file {
        let bad = |why: String| ClientError::Certificates {
            file: clean(&file.display().to_string()),
            why,
        };
        let pem = fs::read(file).map_err(|cause| bad(cause.to_string()))?;
        let certificates =
            reqwest::Certificate::from_pem_bundle(&pem).map_err(|cause| bad(innermost(&cause)))?;
        if certificates.is_empty() {
            return Err(bad("it holds no certificate".to_owned()));
        }
        builder = builder.tls_certs_merge(certificates);
    }
    builder.build().map_err(|cause| ClientError::Setup {
        why: clean(&innermost(&cause)),
    })
}

/// Reads never have an effect; a write that was sent may have.
fn sent(request: &Request) -> Effect {
    if request.writes() {
        Effect::Unknown
    } else {
        Effect::None
    }
}

fn unsent(message: String) -> TransportError {
    TransportError {
        fault: TransportFault::Unsent,
        effect: Effect::None,
        message,
    }
}

fn redirected(status: u16, to: &str) -> TransportError {
    TransportError {
        fault: TransportFault::Redirect,
        effect: Effect::None,
        message: format!("the provider redirects ({status}) to `{to}`, which is not followed"),
    }
}

/// A URL for messages: without user name and query, which may hold secrets.
fn shown(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    clean(&format!("{}://{host}{port}{}", url.scheme(), url.path()))
}

/// As [`shown`], for a text that may be no URL.
fn shown_text(text: &str) -> String {
    match Url::parse(text.trim()) {
        Ok(url) if url.has_host() => shown(&url),
        Ok(_) | Err(_) => {
            let text = text.split(['?', '#']).next().unwrap_or_default();
            clean(text.rsplit('@').next().unwrap_or_default())
        }
    }
}

fn header(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers
        .get(name)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// The first cause, which names the trouble; the outer ones name the URL.
fn innermost(error: &reqwest::Error) -> String {
    let mut text = None;
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = Some(inner.to_string());
        cause = inner.source();
    }
    text.unwrap_or_else(|| "no cause given".to_owned())
}

/// What TLS says, if TLS is what failed.
fn tls_cause(error: &reqwest::Error) -> Option<String> {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(tls) = inner.downcast_ref::<rustls::Error>() {
            return Some(tls.to_string());
        }
        // An I/O error leaves what it wraps out of its `source`.
        cause = match inner
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
        {
            Some(wrapped) => Some(wrapped),
            None => inner.source(),
        };
    }
    None
}

#[cfg(test)]
mod tests;
