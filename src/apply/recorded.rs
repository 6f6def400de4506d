//! A transport that writes every request of an item down before it sends it.
//!
//! **Invariants.** A write that cannot be written down is not sent, and nothing after it.
//! Reads are not written down: they have no effect.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use tracing::Instrument as _;

use super::context::Stop;
use super::report::{Event, Report};
use crate::ids::ItemId;
use crate::scim::error::clean;
use crate::scim::http::{
    Effect, Method, Request, Response, Transport, TransportError, TransportFault,
};

tokio::task_local! {
    /// The item a request is sent for.
    static ITEM: ItemId;
}

/// Whatever is sent meanwhile is sent for this item.
pub(super) fn for_item<F: Future>(item: &ItemId, work: F) -> impl Future<Output = F::Output> {
    let span = tracing::debug_span!("item", id = %clean(item.as_str()));
    ITEM.scope(item.clone(), work.instrument(span))
}

/// A transport that reports, once it was told where to.
#[derive(Clone)]
pub struct Recorded<T> {
    inner: T,
    recorder: Recorder,
}

/// Tells a [`Recorded`] transport where to write; shared by all its clones.
#[derive(Clone, Default)]
pub struct Recorder(Arc<OnceLock<Recording>>);

struct Recording {
    report: Arc<Report>,
    stop: Arc<Stop>,
    attempts: Mutex<HashMap<(ItemId, Method, String), u32>>,
}

impl Recorder {
    /// From now on, what is sent for an item is written into `report`; when that fails,
    /// the run is asked to stop. Only the first call counts.
    pub fn begin(&self, report: Arc<Report>, stop: Arc<Stop>) {
        self.0.get_or_init(|| Recording {
            report,
            stop,
            attempts: Mutex::default(),
        });
    }
}

impl Recorder {
    /// Whether the run that it writes down was asked to stop.
    pub fn is_stopped(&self) -> bool {
        let recording = self.0.get();
        recording.is_some_and(|recording| recording.stop.is_asked())
    }
}

impl<T> Recorded<T> {
    /// Passes everything on, and writes nothing down until the recorder is told to.
    pub fn new(inner: T, recorder: Recorder) -> Self {
        Self { inner, recorder }
    }
}

impl<T: Transport> Transport for Recorded<T> {
    async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let recording = match self.recorder.0.get() {
            Some(recording) if request.writes() => recording,
            Some(_) | None => return self.inner.send(request).await,
        };
        let Ok(item) = ITEM.try_with(Clone::clone) else {
            return self.inner.send(request).await;
        };
        let path = request.display_path();
        let attempt = {
            let mut attempts = recording.attempts.lock().expect("no panic inside");
            let attempt = attempts
                .entry((item.clone(), request.method, path.clone()))
                .or_default();
            *attempt += 1;
            *attempt
        };
        recording.write(Event::Request {
            item: item.clone(),
            attempt,
            method: request.method.to_string(),
            path,
            body: request.body.as_deref().map(|body| {
                // Every body we send is JSON; were one not, its text would still be told.
                serde_json::from_str(body).unwrap_or_else(|_| body.into())
            }),
        })?;
        let began = tokio::time::Instant::now();
        let answer = self.inner.send(request).await;
        let (status, error) = match &answer {
            Ok(response) => (Some(response.status), None),
            Err(error) => (None, Some(error.message.clone())),
        };
        let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        // The request is out; that its answer could not be written down stops the next one.
        let _ = recording.write(Event::Answer {
            item,
            attempt,
            status,
            error,
            millis,
        });
        answer
    }

    fn target(&self) -> &str {
        self.inner.target()
    }

    fn aside<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> impl Future<Output = R> + Send {
        self.inner.aside(work)
    }
}

impl Recording {
    fn write(&self, event: Event) -> Result<(), TransportError> {
        self.report.write(event).map_err(|message| {
            self.stop.ask_because(&message);
            TransportError {
                fault: TransportFault::Unsent,
                effect: Effect::None,
                message,
            }
        })
    }
}
