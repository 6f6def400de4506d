//! The limits Harness documents are kept by default, and its slowness is no failure. Time
//! passes by itself here.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use scim_sync::profile::harness;
use scim_sync::scim::client::ClientOptions;
use scim_sync::scim::http::{Method, Request, Response, Transport, TransportError};
use scim_sync::scim::retry::{RetryPolicy, Retrying};
use tokio::time::Instant;

/// A provider that takes its time, and complains a few times first.
#[derive(Clone)]
struct Slow {
    takes: Duration,
    complaints: Arc<Mutex<u32>>,
    seen: Arc<Mutex<Vec<Instant>>>,
}

impl Slow {
    fn new(takes: Duration, complaints: u32) -> Self {
        Self {
            takes,
            complaints: Arc::new(Mutex::new(complaints)),
            seen: Arc::default(),
        }
    }

    fn seen(&self) -> Vec<Instant> {
        self.seen.lock().expect("no panic inside").clone()
    }
}

impl Transport for Slow {
    async fn send(&self, _: &Request) -> Result<Response, TransportError> {
        self.seen
            .lock()
            .expect("no panic inside")
            .push(Instant::now());
        let complains = {
            let mut left = self.complaints.lock().expect("no panic inside");
            let complains = *left > 0;
            *left = left.saturating_sub(1);
            complains
        };
        tokio::time::sleep(self.takes).await;
        Ok(Response {
            // From a gateway: no body worth reading, and no `Retry-After`.
            status: if complains { 429 } else { 201 },
            ..Response::default()
        })
    }

    fn target(&self) -> &str {
        "https://app.harness.io/gateway/ng/api/scim/account/kmpySmUISimoRrJL6NL73w"
    }
}

fn retrying(slow: &Slow, seed: u64) -> Retrying<Slow> {
    let rate = harness::profile().dialect.rate;
    Retrying::new(slow.clone(), rate, RetryPolicy::new(seed))
}

/// 400 requests a minute are documented for an API key; eight workers together stay below.
#[tokio::test(start_paused = true)]
async fn all_workers_together_stay_below_the_documented_rate() {
    let slow = Slow::new(Duration::from_millis(20), 0);
    let wire = retrying(&slow, 7);
    let workers: Vec<_> = (0..8)
        .map(|_| {
            let wire = wire.clone();
            tokio::spawn(async move {
                for _ in 0..150 {
                    let request = Request::scim(Method::Get, ["Users"]);
                    wire.send(&request).await.expect("an answer");
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.expect("no panic");
    }
    let seen = slow.seen();
    assert_eq!(seen.len(), 1200);
    for (first, last) in seen.iter().zip(seen.iter().skip(400)) {
        let span = *last - *first;
        assert!(span > Duration::from_secs(60), "401 requests in {span:?}");
    }
    // And it is not much slower than it has to be.
    let whole = *seen.last().expect("requests") - seen[0];
    assert!(whole < Duration::from_secs(5 * 60), "{whole:?}");
}

/// Harness' gateway says 429 and not for how long: waits double, and no two clients wait
/// alike.
#[tokio::test(start_paused = true)]
async fn a_429_without_a_time_backs_off_with_jitter() {
    let mut waits = Vec::new();
    for seed in [1, 3, 5] {
        let slow = Slow::new(Duration::ZERO, 4);
        let wire = retrying(&slow, seed);
        let request = Request::scim(Method::Post, ["Users"]);
        let answer = wire.send(&request).await.expect("an answer");
        assert_eq!(answer.status, 201);
        let seen = slow.seen();
        assert_eq!(seen.len(), 5);
        let all: Vec<Duration> = seen.windows(2).map(|two| two[1] - two[0]).collect();
        // No longer than the back-off's upper ends, plus a turn at the lowered rate.
        for (wait, upper) in all.iter().zip([0.5, 1.0, 2.0, 4.0]) {
            assert!(
                wait.as_secs_f64() <= upper + 4.0,
                "{wait:?} after {upper} s"
            );
        }
        waits.push(all);
    }
    assert!(waits[0] != waits[1] && waits[1] != waits[2], "{waits:?}");
}

/// A create waits at Harness until access is set up, 100 times a second.
#[tokio::test(start_paused = true)]
async fn a_create_that_takes_100_seconds_is_no_failure() {
    let slow = Slow::new(Duration::from_secs(100), 0);
    let request = Request::scim(Method::Post, ["Users"]);
    let answer = retrying(&slow, 1).send(&request).await.expect("an answer");
    assert_eq!((answer.status, slow.seen().len()), (201, 1));
    let options = ClientOptions::for_dialect(&harness::profile().dialect);
    assert!(options.create_timeout > Duration::from_secs(120));
    assert!(options.idle_timeout > Duration::from_secs(120));
}
