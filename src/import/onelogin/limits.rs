//! How often OneLogin may be asked. [I/O]
//!
//! developers.onelogin.com, "Get Rate Limit" (v1 and v2, read 2026-11-24): an account has 5,000
//! calls an hour, all its tokens together, and answers tell `X-RateLimit-Limit`, `-Remaining`
//! and `-Reset`, the last in seconds. Nothing says that v2 has a limit of its own, so that one
//! is kept to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::scim::http::{Request, Response, Transport, TransportError};

/// How many calls an hour has.
pub const CALLS: usize = 5_000;
/// For how long a call counts.
const HOUR: Duration = Duration::from_secs(3_600);
/// A wait worth a word.
const WORTH_A_WORD: Duration = Duration::from_secs(5);
/// A reset above this is a time since 1970, not a number of seconds.
const A_TIME: u64 = 1_000_000_000;

/// Told how long the next call has to wait.
pub type Waiting = Arc<dyn Fn(Duration) + Send + Sync>;

/// A transport that sends no more than an hour allows, and says in HTTP's own words when
/// more are.
pub struct Hourly<T> {
    inner: T,
    spent: Mutex<Spent>,
    waiting: Waiting,
}

#[derive(Debug, Default)]
struct Spent {
    /// When the calls of the last hour were made.
    calls: VecDeque<Instant>,
    /// Until when the account has no calls left, as an answer said.
    empty_until: Option<Instant>,
}

impl<T: Transport> Hourly<T> {
    /// Wraps a transport; `waiting` is told of long waits.
    pub fn new(inner: T, waiting: Waiting) -> Self {
        Self {
            inner,
            spent: Mutex::new(Spent::default()),
            waiting,
        }
    }

    async fn await_turn(&self) {
        loop {
            let now = Instant::now();
            let wait = match lock(&self.spent).take(now) {
                None => return,
                Some(until) => until.saturating_duration_since(now),
            };
            if wait > WORTH_A_WORD {
                (self.waiting)(wait);
            }
            tokio::time::sleep(wait).await;
        }
    }

    async fn send_in_time(&self, request: &Request) -> Result<Response, TransportError> {
        self.await_turn().await;
        let mut response = self.inner.send(request).await?;
        let reset = until_reset(&response);
        if let (Some("0"), Some(reset)) = (response.rate_remaining.as_deref().map(str::trim), reset)
        {
            lock(&self.spent).empty_until = Some(Instant::now() + reset);
        }
        // A refusal without `Retry-After` says by its reset when to come back.
        if response.status == 429 && response.retry_after.is_none() {
            response.retry_after = reset.map(|reset| reset.as_secs().to_string());
        }
        Ok(response)
    }
}

impl Spent {
    /// Takes a call, or says when there is one.
    fn take(&mut self, now: Instant) -> Option<Instant> {
        if let Some(until) = self.empty_until {
            if until > now {
                return Some(until);
            }
            self.empty_until = None;
        }
        while self.calls.front().is_some_and(|call| *call + HOUR <= now) {
            self.calls.pop_front();
        }
        if self.calls.len() >= CALLS {
            return self.calls.front().map(|call| *call + HOUR);
        }
        self.calls.push_back(now);
        None
    }
}

impl<T: Transport> Transport for Hourly<T> {
    fn send(
        &self,
        request: &Request,
    ) -> impl Future<Output = Result<Response, TransportError>> + Send {
        self.send_in_time(request)
    }

    fn target(&self) -> &str {
        self.inner.target()
    }
}

/// How long until there are calls again; an hour at most, whatever is said.
fn until_reset(response: &Response) -> Option<Duration> {
    let reset: u64 = response.rate_reset.as_deref()?.trim().parse().ok()?;
    let seconds = if reset < A_TIME {
        reset
    } else {
        let date = httpdate::parse_http_date(response.date.as_deref()?.trim()).ok()?;
        let now = date.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs();
        reset.saturating_sub(now)
    };
    Some(Duration::from_secs(seconds).min(HOUR))
}

/// No code panics while holding this lock; if it did, its value would still be sound.
fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::scim::http::Method;

    /// Answers what it was made to, and counts.
    struct Fixed(Response, AtomicUsize);

    impl Transport for Fixed {
        async fn send(&self, _: &Request) -> Result<Response, TransportError> {
            self.1.fetch_add(1, Ordering::Relaxed);
            Ok(self.0.clone())
        }

        fn target(&self) -> &str {
            "http://127.0.0.1"
        }
    }

    fn hourly(response: Response) -> (Hourly<Fixed>, Arc<Mutex<Vec<Duration>>>) {
        let told = Arc::new(Mutex::new(Vec::new()));
        let tell = Arc::clone(&told);
        let waiting: Waiting = Arc::new(move |wait| lock(&tell).push(wait));
        let fixed = Fixed(response, AtomicUsize::new(0));
        (Hourly::new(fixed, waiting), told)
    }

    fn answer(status: u16, remaining: &str, reset: &str) -> Response {
        Response {
            status,
            rate_remaining: Some(remaining.to_owned()),
            rate_reset: Some(reset.to_owned()),
            ..Response::default()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_call_after_the_last_waits_for_the_hour() {
        let (hourly, told) = hourly(answer(200, "17", "60"));
        let request = Request::scim(Method::Get, ["x"]);
        let began = Instant::now();
        for _ in 0..CALLS {
            hourly.send(&request).await.unwrap();
        }
        assert!(began.elapsed() < Duration::from_secs(1));
        hourly.send(&request).await.unwrap();
        assert!(began.elapsed() >= HOUR);
        assert_eq!(lock(&told).len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn an_account_without_calls_is_left_alone_until_its_reset() {
        let (hourly, told) = hourly(answer(200, "0", "90"));
        let request = Request::scim(Method::Get, ["x"]);
        let began = Instant::now();
        hourly.send(&request).await.unwrap();
        hourly.send(&request).await.unwrap();
        assert_eq!(began.elapsed().as_secs(), 90);
        assert_eq!(lock(&told).len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_says_when_to_come_back() {
        let (first, _) = hourly(answer(429, "3", "75"));
        let request = Request::scim(Method::Get, ["x"]);
        let response = first.send(&request).await.unwrap();
        assert_eq!(response.retry_after.as_deref(), Some("75"));
        let mut dated = answer(429, "3", "1377013290");
        dated.date = Some("Tue, 20 Aug 2013 15:41:06 GMT".to_owned());
        let (second, _) = hourly(dated);
        let response = second.send(&request).await.unwrap();
        assert_eq!(response.retry_after.as_deref(), Some("24"));
    }
}
