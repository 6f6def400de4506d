//! Retries with time paused: waits are measured, not waited.

use std::collections::VecDeque;

use super::*;

type Outcome = Result<Response, TransportError>;

/// Answers from a script, then 200, and keeps when each request came.
#[derive(Default)]
struct Script {
    outcomes: Mutex<VecDeque<Outcome>>,
    sent: Mutex<Vec<Instant>>,
}

impl Script {
    fn new(outcomes: impl IntoIterator<Item = Outcome>) -> Self {
        Self {
            outcomes: Mutex::new(outcomes.into_iter().collect()),
            sent: Mutex::default(),
        }
    }

    fn sent(&self) -> usize {
        lock(&self.sent).len()
    }
}

impl Transport for Script {
    async fn send(&self, _: &Request) -> Outcome {
        lock(&self.sent).push(Instant::now());
        let next = lock(&self.outcomes).pop_front();
        next.unwrap_or_else(|| status(200, None, None))
    }

    fn target(&self) -> &str {
        "https://scim.example/v2"
    }
}

fn status(status: u16, retry_after: Option<&str>, date: Option<&str>) -> Outcome {
    Ok(Response {
        status,
        retry_after: retry_after.map(str::to_owned),
        date: date.map(str::to_owned),
        ..Response::default()
    })
}

fn fault(fault: TransportFault, effect: Effect) -> Outcome {
    Err(TransportError {
        fault,
        effect,
        message: "no".to_owned(),
    })
}

fn request(method: Method) -> Request {
    Request::scim(method, ["Users"])
}

fn retrying(script: &Script, per_minute: u32) -> Retrying<&Script> {
    Retrying::new(script, Rate { per_minute }, RetryPolicy::new(7))
}

/// How often a method is sent when the first outcome is this one.
async fn sends(method: Method, first: Outcome) -> usize {
    let script = Script::new([first]);
    let _: Outcome = retrying(&script, 600).send(&request(method)).await;
    script.sent()
}

#[tokio::test(start_paused = true)]
async fn only_what_can_do_no_harm_is_sent_again() {
    use Method::{Delete, Get, Patch, Post, Put};
    for method in [Get, Put, Delete] {
        for code in [429, 502, 503, 504] {
            assert_eq!(
                sends(method, status(code, None, None)).await,
                2,
                "{method} {code}"
            );
        }
        assert_eq!(
            sends(method, fault(TransportFault::Cut, Effect::Unknown)).await,
            2
        );
        assert_eq!(sends(method, status(500, None, None)).await, 1);
        assert_eq!(sends(method, status(401, None, None)).await, 1);
        for never in [TransportFault::Redirect, TransportFault::Unsent] {
            assert_eq!(sends(method, fault(never, Effect::None)).await, 1);
        }
    }
    for method in [Post, Patch] {
        assert_eq!(sends(method, status(429, None, None)).await, 2);
        assert_eq!(sends(method, status(503, Some("1"), None)).await, 2);
        assert_eq!(
            sends(method, fault(TransportFault::Connect, Effect::None)).await,
            2
        );
        assert_eq!(
            sends(method, fault(TransportFault::Dns, Effect::None)).await,
            2
        );
        assert_eq!(sends(method, status(503, None, None)).await, 1);
        assert_eq!(sends(method, status(502, None, None)).await, 1);
        assert_eq!(
            sends(method, fault(TransportFault::Timeout, Effect::Unknown)).await,
            1
        );
        assert_eq!(
            sends(method, fault(TransportFault::Cut, Effect::Unknown)).await,
            1
        );
    }
}

#[tokio::test(start_paused = true)]
async fn attempts_waits_and_time_limits_are_bounded() {
    let script = Script::new((0..50).map(|_| status(503, None, None)));
    let answer = retrying(&script, 600).send(&request(Method::Get)).await;
    assert_eq!((answer.unwrap().status, script.sent()), (503, 6));

    // Ten years become the cap, and the budget ends it.
    let script = Script::new((0..50).map(|_| status(429, Some("315360000"), None)));
    let begun = Instant::now();
    let answer = retrying(&script, 600).send(&request(Method::Get)).await;
    assert_eq!(answer.unwrap().status, 429);
    assert!(
        begun.elapsed() <= Duration::from_secs(180),
        "{:?}",
        begun.elapsed()
    );

    let slow = (0..50).map(|_| fault(TransportFault::Timeout, Effect::None));
    let script = Script::new(slow);
    assert!(
        retrying(&script, 600)
            .send(&request(Method::Get))
            .await
            .is_err()
    );
    assert_eq!(script.sent(), 2);
}

#[test]
fn retry_after_is_read_in_both_forms_and_never_trusted_blindly() {
    let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
    let seconds = |value, date| retry_after(value, date).map(|wait| wait.as_secs());
    assert_eq!(seconds(" 7 ", None), Some(7));
    assert_eq!(seconds("0", None), Some(0));
    assert_eq!(seconds("99999999999999999999999", None), Some(u64::MAX));
    assert_eq!(seconds("Sun, 06 Nov 1994 08:50:07 GMT", date), Some(30));
    assert_eq!(seconds("Sunday, 06-Nov-94 08:50:07 GMT", date), Some(30));
    assert_eq!(seconds("Sun, 06 Nov 1994 08:00:00 GMT", date), Some(0));
    // Without the server's own clock a date says nothing.
    assert_eq!(seconds("Sun, 06 Nov 1994 08:50:07 GMT", None), None);
    for garbage in [
        "",
        "-5",
        "²",
        "1.5",
        "soon",
        "5 s",
        "0x10",
        "Sun, 99 Nov 1994 08:50:07 GMT",
    ] {
        assert_eq!(seconds(garbage, date), None, "{garbage}");
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_obeyed_and_shown() {
    let script = Script::new([status(
        429,
        Some("Sun, 06 Nov 1994 08:50:07 GMT"),
        Some("Sun, 06 Nov 1994 08:49:37 GMT"),
    )]);
    let told: Arc<Mutex<Vec<Retry>>> = Arc::default();
    let sink = Arc::clone(&told);
    let client = retrying(&script, 600).observed(Arc::new(move |retry: &Retry| {
        lock(&sink).push(retry.clone())
    }));
    let begun = Instant::now();
    assert_eq!(
        client.send(&request(Method::Post)).await.unwrap().status,
        200
    );
    let elapsed = begun.elapsed().as_secs_f64();
    assert!((30.0..34.0).contains(&elapsed), "{elapsed}");
    let told = lock(&told);
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].attempt, told[0].cause),
        (1, RetryCause::Status(429))
    );
}

#[tokio::test(start_paused = true)]
async fn a_429_pauses_every_worker() {
    let script = Script::new([status(429, Some("30"), None)]);
    let client = retrying(&script, 600);
    let begun = Instant::now();
    let first = request(Method::Get);
    let (one, others) = tokio::join!(client.send(&first), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        client.clone().send(&request(Method::Get)).await
    });
    assert_eq!((one.unwrap().status, others.unwrap().status), (200, 200));
    let sent = lock(&script.sent);
    assert!(
        sent[1..]
            .iter()
            .all(|at| *at - begun >= Duration::from_secs(30)),
        "{sent:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_rate_is_kept_by_all_clones_together() {
    let script = Script::default();
    let client = retrying(&script, 60);
    let begun = Instant::now();
    let requests = (0..60).map(|_| {
        let client = client.clone();
        async move { client.send(&request(Method::Get)).await }
    });
    futures_util::future::join_all(requests).await;
    let elapsed = begun.elapsed().as_secs_f64();
    assert!((58.0..60.0).contains(&elapsed), "{elapsed}");
}

#[tokio::test(start_paused = true)]
async fn complaints_halve_the_rate_once_and_it_climbs_back() {
    let now = Instant::now();
    let mut limiter = Limiter::new(Rate { per_minute: 600 });
    limiter.slow_down(now, Duration::from_secs(5));
    limiter.slow_down(now, Duration::from_secs(7));
    assert!(
        (limiter.rate - 5.0).abs() < 1e-9,
        "two at once are one complaint"
    );
    assert_eq!(limiter.reserve(now), now + Duration::from_secs(7));
    for _ in 0..100 {
        limiter.slow_down(limiter.paused_until.unwrap(), Duration::ZERO);
    }
    assert!(limiter.rate >= limiter.floor);
    for _ in 0..50 {
        limiter.speed_up();
    }
    assert!((limiter.rate - limiter.ceiling).abs() < 1e-9);
}

/// Process numbers are neighbours: workers that were started together must not come back as one.
#[test]
fn neighbouring_seeds_give_waits_of_their_own() {
    let second = Duration::from_secs(1);
    let waits = |seed: u64| -> Vec<Duration> {
        let mut jitter = SplitMix(seed);
        (0..4).map(|_| jitter.below(second)).collect()
    };
    let firsts: std::collections::BTreeSet<_> = (0..1000).map(|seed| waits(seed)[0]).collect();
    assert_eq!(firsts.len(), 1000);
    // Nor are the first waits of small seeds all short.
    let late = (0..1000).filter(|seed| waits(*seed)[0] > second / 2);
    let late = late.count();
    assert!((400..600).contains(&late), "{late}");
    assert_eq!(waits(7), waits(7));
}

/// Whoever is asked to stop waits for nothing that takes longer than what is under way.
#[tokio::test(start_paused = true)]
async fn a_long_wait_ends_with_the_patience() {
    use std::sync::atomic::{AtomicBool, Ordering};
    for after in ["60", "1"] {
        let script = Script::new([status(429, Some(after), None)]);
        let has_patience = Arc::new(AtomicBool::new(true));
        let asked = Arc::clone(&has_patience);
        let wire = retrying(&script, 600).patient(Arc::new(move || asked.load(Ordering::Relaxed)));
        let began = Instant::now();
        let interrupt = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            has_patience.store(false, Ordering::Relaxed);
        };
        let write = request(Method::Patch);
        let (outcome, ()) = tokio::join!(wire.send(&write), interrupt);
        assert!(began.elapsed() < Duration::from_secs(2), "{after}");
        let answered = outcome.expect("an answer").status;
        match after {
            // Its pause is long; neither it nor another is sent.
            "60" => {
                assert_eq!((answered, script.sent()), (429, 1));
                let other = wire.send(&write).await.expect_err("not sent");
                assert_eq!(other.fault, TransportFault::Unsent);
                assert!(began.elapsed() < Duration::from_secs(2));
                assert_eq!(script.sent(), 1);
            }
            _ => assert_eq!((answered, script.sent()), (200, 2)),
        }
    }
}
