//! Sending again what may be sent again, and not sending too fast.
//!
//! [`Retrying`] wraps a [`Transport`]. Reads and idempotent writes are repeated after
//! failures that pass; a POST or PATCH only when it certainly did nothing. An ambiguous
//! write goes back to the caller, who looks before repeating it (faults F17–F19).
//!
//! **Invariants.** All clones share one limiter, so a 429 pauses every worker. Time is
//! monotonic: a date in `Retry-After` is measured against the answer's own `Date`, never
//! against this machine's clock (faults F53). Waits are bounded whatever the server says.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::dialect::Rate;
use super::http::{Effect, Method, Request, Response, Transport, TransportError, TransportFault};

/// How stubborn to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often one request is sent at most.
    pub attempts: u32,
    /// The first back-off's upper end; it doubles each time.
    pub base: Duration,
    /// The longest single wait, whatever the server asks for.
    pub cap: Duration,
    /// The longest all waits of one request may take together.
    pub budget: Duration,
    /// How often at most a request is sent again after a time limit passed: each such try
    /// may take as long as the limit.
    pub timeouts: u32,
    /// The seed of the jitter; tests fix it, the program takes it from the process.
    pub seed: u64,
}

impl RetryPolicy {
    /// What the program uses.
    pub fn new(seed: u64) -> Self {
        Self {
            attempts: 6,
            base: Duration::from_millis(500),
            cap: Duration::from_secs(60),
            budget: Duration::from_secs(180),
            timeouts: 1,
            seed,
        }
    }

    /// For whoever learns from failures too: a few tries, soon over.
    pub fn of_few(seed: u64) -> Self {
        Self {
            attempts: 3,
            budget: Duration::from_secs(90),
            ..Self::new(seed)
        }
    }
}

/// A request that is about to be sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// Its method.
    pub method: Method,
    /// Its path, below the base URL.
    pub path: String,
    /// How often it was sent so far.
    pub attempt: u32,
    /// How long until it is sent again.
    pub wait: Duration,
    /// Why.
    pub cause: RetryCause,
}

/// Why a request is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryCause {
    /// The provider answered with this status.
    Status(u16),
    /// No usable answer came.
    Fault(TransportFault),
}

/// Told of each retry, for instance to show it beside a progress bar.
pub type Observer = Arc<dyn Fn(&Retry) + Send + Sync>;

/// Asked while waiting: whether whoever wants the answer still has the patience.
pub type Patience = Arc<dyn Fn() -> bool + Send + Sync>;

/// Even without patience so long a wait is sat out: what was begun can be read back.
const SHORT: Duration = Duration::from_secs(2);
/// How often the patience is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// A transport that retries and keeps to a rate.
pub struct Retrying<T> {
    inner: T,
    policy: RetryPolicy,
    shared: Arc<Shared>,
    observer: Option<Observer>,
    patience: Option<Patience>,
}

struct Shared {
    limiter: Mutex<Limiter>,
    jitter: Mutex<SplitMix>,
}

impl<T: Clone> Clone for Retrying<T> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            policy: self.policy,
            shared: Arc::clone(&self.shared),
            observer: self.observer.clone(),
            patience: self.patience.clone(),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Retrying<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retrying")
            .field("inner", &self.inner)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

impl<T: Transport> Retrying<T> {
    /// Wraps a transport.
    pub fn new(inner: T, rate: Rate, policy: RetryPolicy) -> Self {
        Self {
            inner,
            policy,
            shared: Arc::new(Shared {
                limiter: Mutex::new(Limiter::new(rate)),
                jitter: Mutex::new(SplitMix(policy.seed)),
            }),
            observer: None,
            patience: None,
        }
    }

    /// The same, telling `observer` of each retry.
    #[must_use]
    pub fn observed(mut self, observer: Observer) -> Self {
        self.observer = Some(observer);
        self
    }

    /// The same, with nothing but short waits once the patience is lost.
    #[must_use]
    pub fn patient(mut self, patience: Patience) -> Self {
        self.patience = Some(patience);
        self
    }

    async fn send_retrying(&self, request: &Request) -> Result<Response, TransportError> {
        let mut waited = Duration::ZERO;
        let mut timeouts = 0;
        let mut attempt = 0;
        loop {
            self.await_turn().await?;
            attempt += 1;
            let outcome = self.inner.send(request).await;
            let cause = match &outcome {
                Ok(response) => RetryCause::Status(response.status),
                Err(error) => RetryCause::Fault(error.fault),
            };
            if cause == RetryCause::Fault(TransportFault::Timeout) {
                timeouts += 1;
            }
            let limited = cause == RetryCause::Status(429);
            let again = may_repeat(request, &outcome);
            let wait = if limited || again {
                self.wait_after(attempt, &outcome)
            } else {
                Duration::ZERO
            };
            // Even when this request is given up, the others have to slow down.
            if limited {
                lock(&self.shared.limiter).slow_down(Instant::now(), wait);
            } else if outcome.is_ok() {
                lock(&self.shared.limiter).speed_up();
            }
            let spent = attempt >= self.policy.attempts
                || timeouts > self.policy.timeouts
                || waited + wait > self.policy.budget;
            if !again || spent {
                return outcome;
            }
            waited += wait;
            if let Some(observer) = &self.observer {
                observer(&Retry {
                    method: request.method,
                    path: request.display_path(),
                    attempt,
                    wait,
                    cause,
                });
            }
            if self.wait_until(Instant::now() + wait).await == Waited::NoPatience {
                return outcome;
            }
        }
    }

    /// Waits, as long as the patience lasts.
    async fn wait_until(&self, until: Instant) -> Waited {
        let Some(has_patience) = &self.patience else {
            tokio::time::sleep_until(until).await;
            return Waited::Whole;
        };
        loop {
            let now = Instant::now();
            if now >= until {
                return Waited::Whole;
            }
            if until - now > SHORT && !has_patience() {
                return Waited::NoPatience;
            }
            tokio::time::sleep_until(until.min(now + LOOK)).await;
        }
    }

    /// Waits until the rate allows one more request, and no pause is on.
    async fn await_turn(&self) -> Result<(), TransportError> {
        let mut slot = lock(&self.shared.limiter).reserve(Instant::now());
        loop {
            if self.wait_until(slot).await == Waited::NoPatience {
                return Err(TransportError {
                    fault: TransportFault::Unsent,
                    effect: Effect::None,
                    message: "stopped while the provider had asked to wait".to_owned(),
                });
            }
            // A pause may have begun while this one was waiting for its turn.
            match lock(&self.shared.limiter).paused_until {
                Some(until) if until > Instant::now() => slot = until,
                Some(_) | None => return Ok(()),
            }
        }
    }

    fn wait_after(&self, attempt: u32, outcome: &Result<Response, TransportError>) -> Duration {
        let mut jitter = lock(&self.shared.jitter);
        let asked = outcome.as_ref().ok().and_then(|response| {
            retry_after(response.retry_after.as_deref()?, response.date.as_deref())
        });
        match asked {
            // A little later than asked, so that the workers do not come back as one.
            Some(asked) => {
                let asked = asked.min(self.policy.cap);
                asked + jitter.below(asked.mul_f64(0.1).max(Duration::from_millis(100)))
            }
            None => {
                let doubled = 2_u32.saturating_pow(attempt.saturating_sub(1));
                let upper = self
                    .policy
                    .base
                    .saturating_mul(doubled)
                    .min(self.policy.cap);
                jitter.below(upper)
            }
        }
    }
}

/// How a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waited {
    /// It was sat out.
    Whole,
    /// Nobody wanted it any more.
    NoPatience,
}

impl<T: Transport> Transport for Retrying<T> {
    fn send(
        &self,
        request: &Request,
    ) -> impl Future<Output = Result<Response, TransportError>> + Send {
        self.send_retrying(request)
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

/// Whether this outcome passes, and the request can do no harm when sent again.
fn may_repeat(request: &Request, outcome: &Result<Response, TransportError>) -> bool {
    let idempotent = match request.method {
        Method::Get | Method::Put | Method::Delete => true,
        Method::Post | Method::Patch => !request.writes(),
    };
    match outcome {
        Ok(response) => match response.status {
            429 => true,
            503 => idempotent || response.retry_after.is_some(),
            502 | 504 => idempotent,
            _ => false,
        },
        Err(error) => match error.fault {
            TransportFault::Dns
            | TransportFault::Connect
            | TransportFault::Timeout
            | TransportFault::Cut
            | TransportFault::Other => match error.effect {
                Effect::None => true,
                Effect::Unknown => idempotent,
            },
            // The same again would fail the same way.
            TransportFault::Tls
            | TransportFault::TooLarge
            | TransportFault::Redirect
            | TransportFault::Unsent => false,
        },
    }
}

/// Reads `Retry-After` (RFC 9110 §10.2.3): seconds, or a date measured against the answer's
/// own `Date`. `None` for what is neither, and for a date without a `Date` beside it.
pub fn retry_after(value: &str, date: Option<&str>) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit mean "very long", which the caller caps.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let now = httpdate::parse_http_date(date?.trim()).ok()?;
    Some(until.duration_since(now).unwrap_or(Duration::ZERO))
}

/// A rate that halves when the provider complains and climbs back (AIMD).
#[derive(Debug)]
struct Limiter {
    /// Requests a second: now, at most, and at least.
    rate: f64,
    ceiling: f64,
    floor: f64,
    /// When the next request is due if none may be saved up.
    next: Instant,
    paused_until: Option<Instant>,
}

/// How many requests may be sent at once after a quiet time.
const BURST: f64 = 10.0;

impl Limiter {
    fn new(rate: Rate) -> Self {
        let ceiling = f64::from(rate.per_minute.max(1)) / 60.0;
        Self {
            rate: ceiling,
            ceiling,
            floor: (ceiling / 64.0).max(1.0 / 60.0).min(ceiling),
            next: Instant::now(),
            paused_until: None,
        }
    }

    /// Takes the next free place and says when it is.
    fn reserve(&mut self, now: Instant) -> Instant {
        let interval = Duration::from_secs_f64(1.0 / self.rate);
        // Never more saved up than a burst, nor than two seconds' worth.
        let burst = BURST.min((2.0 * self.rate).max(1.0)) - 1.0;
        let saved = interval.mul_f64(burst);
        let slot = self.next.max(now.checked_sub(saved).unwrap_or(now));
        self.next = slot + interval;
        let slot = slot.max(now);
        self.paused_until.map_or(slot, |until| slot.max(until))
    }

    fn slow_down(&mut self, now: Instant, wait: Duration) {
        let until = now + wait;
        // Requests that were under way together complain together; that is one complaint.
        if self.paused_until.is_none_or(|paused| paused <= now) {
            self.rate = (self.rate / 2.0).max(self.floor);
        }
        self.paused_until = Some(self.paused_until.map_or(until, |paused| paused.max(until)));
        // Nothing is saved up across a pause.
        self.next = self.next.max(until);
    }

    fn speed_up(&mut self) {
        self.rate = (self.rate + self.ceiling / 50.0).min(self.ceiling);
    }
}

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014): every
/// seed gives a sequence of its own, and neighbouring ones do not resemble one another, as the
/// process numbers of workers on one machine are.
#[derive(Debug)]
struct SplitMix(u64);

impl SplitMix {
    /// A duration from zero to `upper`.
    fn below(&mut self, upper: Duration) -> Duration {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        // 53 bits are what a double holds exactly.
        let share = (mixed >> 11) as f64 / (1_u64 << 53) as f64;
        upper.mul_f64(share)
    }
}

/// No code panics while holding these locks; if it did, their values would still be sound.
fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
