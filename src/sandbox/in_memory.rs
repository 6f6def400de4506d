//! A [`Transport`] that calls a [`World`] directly: most tests speak to it through the very
//! client that speaks HTTP, and can have any exchange go wrong.
//!
//! **Invariants.** A request reaches the world spelled as it would be on the wire. Every
//! exchange is logged, whatever a fault made of it. The log never holds the token.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::world::{Incoming, Personality, World};
use crate::scim::http::{
    Door, Effect, Method, Post, Request, Response, TEXT, Transport, TransportError, TransportFault,
};

/// Everything but the unreserved characters of RFC 3986 §2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What goes wrong with one exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// No connection: the request certainly had no effect.
    Refused,
    /// The connection ends before the provider saw the request; the client cannot know.
    DropBefore,
    /// The provider did it, and the answer is lost.
    DropAfter,
    /// Something in front of the provider answers with this status and no body.
    Status(u16),
    /// The provider did it, and something in front answers with this status and no body.
    StatusAfter(u16),
    /// 429, with this `Retry-After` or none, as Harness sends none.
    TooManyRequests {
        /// The header, if any.
        retry_after: Option<String>,
    },
    /// A gateway's or login page with this status.
    Html(u16),
    /// The provider did it, and half of the body arrives as if it were all.
    HalfBody,
    /// The provider did it, and answers only after this time.
    Slow(Duration),
    /// No answer within the client's time limit; the provider never saw the request.
    TimeoutBefore,
    /// No answer within the client's time limit; the provider did it.
    TimeoutAfter,
    /// The provider did it, and its answer is larger than the client takes.
    TooLarge,
    /// Something in front redirects to another host.
    Redirect,
    /// The provider did it, and its answer is JSON of another type than any SCIM message.
    WrongType,
    /// A listing shows its first row twice.
    RowTwice,
    /// A listing leaves its last row out.
    RowMissing,
    /// A listing counts other than it lists.
    WrongTotal(i64),
    /// A read shows the world as it was when [`InMemory::keep`] was called.
    Stale,
    /// A write is answered with success and does nothing.
    NoOp,
}

/// One request and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// 1 for the first request.
    pub number: usize,
    /// The method.
    pub method: Method,
    /// Which door it went to.
    pub door: Door,
    /// Path and query as on the wire.
    pub target: String,
    /// The body sent.
    pub body: Option<String>,
    /// What went wrong, if it was made to.
    pub fault: Option<Fault>,
    /// The status the client saw; `None` when it saw no answer.
    pub status: Option<u16>,
}

impl Exchange {
    /// Whether it is a SCIM request that changes something.
    pub fn is_scim_write(&self) -> bool {
        self.door == Door::Scim && self.method != Method::Get
    }
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} → ", self.method, self.target)?;
        match self.status {
            Some(status) => write!(f, "{status}"),
            None => f.write_str("no answer"),
        }
    }
}

type Before = Box<dyn FnMut(&Exchange, &mut World) -> Option<Fault> + Send>;
type After = Box<dyn FnMut(&Exchange, &mut World) + Send>;

struct Inner {
    world: World,
    /// What a stale read shows.
    kept: Option<World>,
    log: Vec<Exchange>,
    before: Vec<Before>,
    after: Vec<After>,
}

/// A world and the way to it.
pub struct InMemory {
    inner: Mutex<Inner>,
    token: String,
    base_path: String,
    platform_prefix: &'static str,
    target: String,
}

impl fmt::Debug for InMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InMemory")
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

impl InMemory {
    /// Speaks to a world with this token, sent as the provider's doors want it.
    pub fn new(world: World, token: impl Into<String>) -> Self {
        let base_path = world.base_path();
        Self {
            token: token.into(),
            platform_prefix: match world.settings().personality {
                Personality::Harness => "/gateway",
                Personality::Rfc => "",
            },
            target: format!("http://sandbox.invalid{base_path}"),
            base_path,
            inner: Mutex::new(Inner {
                world,
                kept: None,
                log: Vec::new(),
                before: Vec::new(),
                after: Vec::new(),
            }),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // A test that panicked inside a hook has failed already; others may go on.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the world, or acts in it as somebody else would.
    pub fn with_world<R>(&self, act: impl FnOnce(&mut World) -> R) -> R {
        act(&mut self.inner().world)
    }

    /// From now on stale reads show the world as it is now.
    pub fn keep(&self) {
        let mut inner = self.inner();
        inner.kept = Some(inner.world.clone());
    }

    /// The world, taken out.
    pub fn into_world(self) -> World {
        self.inner
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .world
    }

    /// What was asked so far.
    pub fn log(&self) -> Vec<Exchange> {
        self.inner().log.clone()
    }

    /// Forgets what was asked; request numbers start at 1 again.
    pub fn clear_log(&self) {
        self.inner().log.clear();
    }

    /// Runs before each request: may change the world, and may name a fault.
    pub fn before(
        &self,
        hook: impl FnMut(&Exchange, &mut World) -> Option<Fault> + Send + 'static,
    ) {
        self.inner().before.push(Box::new(hook));
    }

    /// Runs after each request.
    pub fn after(&self, hook: impl FnMut(&Exchange, &mut World) + Send + 'static) {
        self.inner().after.push(Box::new(hook));
    }

    /// Lets the request of this number fail, 1 being the first.
    pub fn fail_nth(&self, nth: usize, fault: Fault) {
        self.before(move |exchange, _| (exchange.number == nth).then(|| fault.clone()));
    }

    /// Lets every request fail that the predicate picks.
    pub fn fail_when(
        &self,
        mut picks: impl FnMut(&Exchange) -> bool + Send + 'static,
        fault: Fault,
    ) {
        self.before(move |exchange, _| picks(exchange).then(|| fault.clone()));
    }

    /// From now on nothing goes wrong any more.
    pub fn heal(&self) {
        let mut inner = self.inner();
        inner.before.clear();
        inner.after.clear();
    }

    fn incoming(&self, request: &Request) -> Incoming {
        let prefix = match request.door {
            Door::Scim => self.base_path.as_str(),
            Door::Platform => self.platform_prefix,
        };
        let mut path = prefix.to_owned();
        for segment in &request.path {
            path.push('/');
            path.extend(utf8_percent_encode(segment, RESERVED));
        }
        let query: Vec<String> = request
            .query
            .iter()
            .map(|(name, value)| {
                format!(
                    "{}={}",
                    utf8_percent_encode(name, RESERVED),
                    utf8_percent_encode(value, RESERVED)
                )
            })
            .collect();
        let (authorization, api_key) = match request.door {
            Door::Scim => (Some(format!("Bearer {}", self.token)), None),
            Door::Platform => (None, Some(self.token.clone())),
        };
        Incoming {
            method: request.method,
            path,
            query: query.join("&"),
            authorization,
            api_key,
            content_type: match (request.post, &request.body) {
                (Post::ReadsOfToken, _) => Some(TEXT.to_owned()),
                (Post::Writes | Post::Reads, Some(_)) => Some(request.content_type.to_owned()),
                (Post::Writes | Post::Reads, None) => None,
            },
            if_match: request.if_match.clone(),
            accept: Some("application/scim+json, application/json".to_owned()),
            body: match request.post {
                Post::ReadsOfToken => self.token.clone().into_bytes(),
                Post::Writes | Post::Reads => request.body.clone().unwrap_or_default().into_bytes(),
            },
        }
    }

    fn exchange(&self, request: &Request) -> Result<Response, TransportError> {
        let incoming = self.incoming(request);
        let mut inner = self.inner();
        let Inner {
            world,
            kept,
            log,
            before,
            after,
        } = &mut *inner;
        let mut exchange = Exchange {
            number: log.len() + 1,
            method: request.method,
            door: request.door,
            target: match incoming.query.as_str() {
                "" => incoming.path.clone(),
                query => format!("{}?{query}", incoming.path),
            },
            body: request.body.clone(),
            fault: None,
            status: None,
        };
        for hook in before.iter_mut() {
            let fault = hook(&exchange, world);
            exchange.fault = exchange.fault.take().or(fault);
        }
        let outcome = answer(world, kept.as_mut(), &incoming, exchange.fault.as_ref());
        exchange.status = outcome.as_ref().ok().map(|response| response.status);
        for hook in after.iter_mut() {
            hook(&exchange, world);
        }
        log.push(exchange);
        outcome
    }
}

fn answer(
    world: &mut World,
    kept: Option<&mut World>,
    incoming: &Incoming,
    fault: Option<&Fault>,
) -> Result<Response, TransportError> {
    let lost = |fault, effect, message: &str| {
        Err(TransportError {
            fault,
            effect,
            message: message.to_owned(),
        })
    };
    let bare = |status| Response {
        status,
        ..Response::default()
    };
    let cut = "the connection ended before the answer was complete";
    let late = "no complete answer within the time limit";
    match fault {
        None => Ok(world.handle(incoming)),
        Some(Fault::Refused) => lost(TransportFault::Connect, Effect::None, "connection refused"),
        Some(Fault::DropBefore) => lost(TransportFault::Cut, Effect::Unknown, cut),
        Some(Fault::DropAfter) => {
            world.handle(incoming);
            lost(TransportFault::Cut, Effect::Unknown, cut)
        }
        Some(Fault::Status(status)) => Ok(bare(*status)),
        Some(Fault::StatusAfter(status)) => {
            world.handle(incoming);
            Ok(bare(*status))
        }
        Some(Fault::TooManyRequests { retry_after }) => Ok(Response {
            retry_after: retry_after.clone(),
            ..bare(429)
        }),
        Some(Fault::Html(status)) => Ok(Response {
            content_type: Some("text/html; charset=utf-8".to_owned()),
            body: b"<!doctype html><title>Sign in</title>".to_vec(),
            ..bare(*status)
        }),
        Some(Fault::HalfBody) => {
            let mut response = world.handle(incoming);
            response.body.truncate(response.body.len() / 2);
            Ok(response)
        }
        Some(Fault::Slow(_)) => Ok(world.handle(incoming)),
        Some(Fault::TimeoutBefore) => lost(TransportFault::Timeout, Effect::Unknown, late),
        Some(Fault::TimeoutAfter) => {
            world.handle(incoming);
            lost(TransportFault::Timeout, Effect::Unknown, late)
        }
        Some(Fault::TooLarge) => {
            world.handle(incoming);
            let message = "the answer is larger than 64 MiB";
            lost(TransportFault::TooLarge, Effect::Unknown, message)
        }
        Some(Fault::Redirect) => {
            let message = "the provider redirects (302) to `https://elsewhere.invalid`";
            lost(TransportFault::Redirect, Effect::None, message)
        }
        Some(Fault::WrongType) => {
            let mut response = world.handle(incoming);
            response.body = b"[7, \"x\"]".to_vec();
            Ok(response)
        }
        Some(Fault::RowTwice) => Ok(relisted(world.handle(incoming), |listing| {
            if let Some(rows) = rows(listing)
                && let Some(first) = rows.first().cloned()
            {
                rows.push(first);
            }
        })),
        Some(Fault::RowMissing) => Ok(relisted(world.handle(incoming), |listing| {
            if let Some(rows) = rows(listing) {
                rows.pop();
            }
        })),
        Some(Fault::WrongTotal(by)) => Ok(relisted(world.handle(incoming), |listing| {
            if let Some(total) = listing.get("totalResults").and_then(Value::as_i64) {
                listing["totalResults"] = (total + by).into();
            }
        })),
        Some(Fault::Stale) => match (incoming.method, kept) {
            (Method::Get, Some(kept)) => Ok(kept.handle(incoming)),
            (Method::Get | Method::Post | Method::Put | Method::Patch | Method::Delete, _) => {
                Ok(world.handle(incoming))
            }
        },
        Some(Fault::NoOp) => Ok(world.clone().handle(incoming)),
    }
}

fn rows(listing: &mut Value) -> Option<&mut Vec<Value>> {
    listing.get_mut("Resources")?.as_array_mut()
}

/// An answer with its body changed, where that is JSON.
fn relisted(mut response: Response, change: impl FnOnce(&mut Value)) -> Response {
    if let Ok(mut listing) = serde_json::from_slice::<Value>(&response.body) {
        change(&mut listing);
        response.body = listing.to_string().into_bytes();
    }
    response
}

impl Transport for InMemory {
    async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let outcome = self.exchange(request);
        let slow = match self.inner().log.last().and_then(|it| it.fault.clone()) {
            Some(Fault::Slow(time)) => Some(time),
            Some(_) | None => None,
        };
        if let Some(time) = slow {
            tokio::time::sleep(time).await;
        }
        outcome
    }

    fn target(&self) -> &str {
        &self.target
    }
}
