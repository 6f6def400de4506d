//! The world's HTTP door, on loopback only.
//!
//! **Invariants.** A request that changed the world is answered only after the change is in
//! the state file. Many writes at once share one file write. A client that hangs up does not
//! keep its change from the file.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::state_file::{Held, StateFile, StateFileError};
use super::world::{Incoming, Personality, World};
use crate::scim::http::{Method, Response};

/// The largest request body; larger ones are answered 413.
pub const BODY_CAP: usize = 10 * 1024 * 1024;

/// How a sandbox is served.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The port; 0 for any free one.
    pub port: u16,
    /// Where the state is kept; `None` for memory only.
    pub state: Option<StateFile>,
    /// Which kind of provider that state must be of; `None` takes either.
    pub personality: Option<Personality>,
    /// How long each request waits before it is looked at.
    pub latency: Duration,
}

/// Why a sandbox cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The port cannot be had.
    #[error("cannot listen on 127.0.0.1:{port}: {source}")]
    Listen {
        /// The port.
        port: u16,
        /// Why.
        source: std::io::Error,
    },
    /// The state file cannot be used.
    #[error(transparent)]
    State(#[from] StateFileError),
}

impl ServerError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            ServerError::Listen { .. } => "choose another port",
            ServerError::State(error) => error.help(),
        }
    }
}

struct Shared {
    world: Mutex<World>,
    state: Option<StateFile>,
    /// The newest revision in the file. Held while one write is going on, so that those who
    /// wait for it find their own change saved by whoever writes next.
    saved: tokio::sync::Mutex<u64>,
    saves: AtomicU64,
    latency: Duration,
}

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        // The world is left whole by every method, even one that panics between requests.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when this revision, or a later one, is in the file.
    async fn save_up_to(self: &Arc<Self>, revision: u64) -> Result<(), StateFileError> {
        let Some(file) = self.state.clone() else {
            return Ok(());
        };
        let mut saved = self.saved.lock().await;
        if *saved >= revision {
            return Ok(());
        }
        let shared = Arc::clone(self);
        let written = tokio::task::spawn_blocking(move || {
            let (json, revision) = {
                let world = shared.world();
                (world.to_json(), world.revision())
            };
            file.save(&json).map(|()| revision)
        })
        .await
        // The closure does not panic, and blocking tasks are not cancelled once they run.
        .expect("saving the sandbox state does not panic")?;
        *saved = written;
        self.saves.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    async fn answer(self: Arc<Self>, incoming: Incoming) -> axum::response::Response {
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        let (response, before, after) = {
            let mut world = self.world();
            let before = world.revision();
            let response = world.handle(&incoming);
            (response, before, world.revision())
        };
        if after != before
            && let Err(error) = self.save_up_to(after).await
        {
            return plain(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string());
        }
        http_response(response)
    }
}

fn plain(status: StatusCode, text: &str) -> axum::response::Response {
    let mut response = axum::response::Response::new(Body::from(text.to_owned()));
    *response.status_mut() = status;
    response
}

fn http_response(response: Response) -> axum::response::Response {
    let Response {
        status,
        content_type,
        retry_after,
        date: _,
        location,
        etag,
        // Service providers have none of these.
        link: _,
        rate_remaining: _,
        rate_reset: _,
        paging: _,
        body,
    } = response;
    let mut answer = axum::response::Response::new(Body::from(body));
    // The world answers with real status codes and header texts only.
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::RETRY_AFTER, retry_after),
        (header::LOCATION, location),
        (header::ETAG, etag),
    ];
    for (name, value) in headers {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}

fn method(method: &axum::http::Method) -> Option<Method> {
    match *method {
        axum::http::Method::GET => Some(Method::Get),
        axum::http::Method::POST => Some(Method::Post),
        axum::http::Method::PUT => Some(Method::Put),
        axum::http::Method::PATCH => Some(Method::Patch),
        axum::http::Method::DELETE => Some(Method::Delete),
        _ => None,
    }
}

async fn door(
    State(shared): State<Arc<Shared>>,
    request: axum::extract::Request,
) -> axum::response::Response {
    let (parts, body) = request.into_parts();
    let Some(method) = method(&parts.method) else {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "");
    };
    let text = |headers: &HeaderMap, name: &str| {
        let value = headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let body = match to_bytes(body, BODY_CAP).await {
        Ok(body) => body.to_vec(),
        Err(_) => return plain(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"),
    };
    let incoming = Incoming {
        method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        authorization: text(&parts.headers, "authorization"),
        api_key: text(&parts.headers, "x-api-key"),
        content_type: text(&parts.headers, "content-type"),
        if_match: text(&parts.headers, "if-match"),
        accept: text(&parts.headers, "accept"),
        body,
    };
    // A task of its own: when the client hangs up only its answer is lost, not the saving.
    tokio::spawn(shared.answer(incoming))
        .await
        .unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR, "the sandbox failed"))
}

/// A running sandbox; stops when dropped.
pub struct Server {
    shared: Arc<Shared>,
    address: SocketAddr,
    base_url: String,
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
    held: Option<Held>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}

impl Server {
    /// Serves the state in the file, or the initial world when there is none yet.
    ///
    /// # Errors
    /// When the port cannot be had, or the state file cannot be read or written, or is another
    /// sandbox's.
    pub async fn start(
        options: Options,
        initial: impl FnOnce() -> World,
    ) -> Result<Self, ServerError> {
        let Options {
            port,
            state,
            personality,
            latency,
        } = options;
        let held = state.as_ref().map(StateFile::hold).transpose()?;
        let stored = match &state {
            Some(file) => file.load_as(personality)?,
            None => None,
        };
        let world = match (stored, &state) {
            (Some(world), _) => world,
            (None, None) => initial(),
            (None, Some(file)) => {
                // Written at once, so that a folder one may not write to is found now.
                let world = initial();
                file.save(&world.to_json())?;
                world
            }
        };
        let listen = |source| ServerError::Listen { port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let base_url = format!("http://{address}{}", world.base_path());
        let shared = Arc::new(Shared {
            saved: tokio::sync::Mutex::new(world.revision()),
            world: Mutex::new(world),
            state,
            saves: AtomicU64::new(0),
            latency,
        });
        let router = Router::new().fallback(door).with_state(Arc::clone(&shared));
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(async move {
            let serving = axum::serve(listener, router).with_graceful_shutdown(async move {
                // Told to stop, or the handle was dropped: both end it.
                let _told_or_dropped = stopped.await;
            });
            // Accept errors are retried inside; there is no other.
            let _never_fails = serving.await;
        });
        Ok(Self {
            shared,
            address,
            base_url,
            stop,
            running,
            held,
        })
    }

    /// The SCIM base URL.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How often the state file was written since the start.
    pub fn saves(&self) -> u64 {
        self.shared.saves.load(Ordering::Relaxed)
    }

    /// Looks at the world, or acts in it as somebody else would; a change is saved with the
    /// next write that comes in.
    pub fn with_world<R>(&self, act: impl FnOnce(&mut World) -> R) -> R {
        act(&mut self.shared.world())
    }

    /// Finishes what is being answered, and stops.
    pub async fn shutdown(self) {
        let Self {
            shared: _,
            address: _,
            base_url: _,
            stop,
            running,
            held,
        } = self;
        // A server that ended by itself no longer listens to this.
        let _already_ended = stop.send(());
        let _ended = running.await;
        drop(held);
    }
}
