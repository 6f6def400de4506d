//! The walker against servers that lie in every way seen on the wire, and some more.

use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use serde_json::json;

use super::super::http::TransportError;
use super::*;

/// A server as data: what it holds, and how it answers pages.
#[derive(Debug, Clone)]
struct Server {
    /// How many resources exist.
    rows: u64,
    /// Positions that are counted for paging and then left out of the page (faults S2);
    /// they do not exist for anybody.
    hidden: Vec<u64>,
    /// Positions that exist and are not sent: a server's mistake.
    lost: Vec<u64>,
    cap: u64,
    total: Total,
    past_end: PastEnd,
    start_index: StartIndex,
}

#[derive(Debug, Clone, Copy)]
enum Total {
    Honest,
    PageSize,
    Missing,
    Off(i8),
}

#[derive(Debug, Clone, Copy)]
enum PastEnd {
    Empty,
    AllAgain,
    NullResources,
}

#[derive(Debug, Clone, Copy)]
enum StartIndex {
    Obeyed,
    Ignored,
    PageNumber,
}

impl Server {
    fn honest(rows: u64) -> Self {
        Self {
            rows,
            hidden: Vec::new(),
            lost: Vec::new(),
            cap: u64::MAX,
            total: Total::Honest,
            past_end: PastEnd::Empty,
            start_index: StartIndex::Obeyed,
        }
    }

    fn visible(&self) -> u64 {
        (0..self.rows).filter(|n| !self.hidden.contains(n)).count() as u64
    }

    fn answer(&self, ask: &Ask) -> Page<User> {
        let width = ask.count.min(self.cap);
        let skip = match self.start_index {
            StartIndex::Obeyed => ask.start_index - 1,
            StartIndex::Ignored => 0,
            StartIndex::PageNumber => (ask.start_index - 1).saturating_mul(width),
        };
        let past = skip >= self.rows && self.rows > 0;
        let (skip, width) = match self.past_end {
            PastEnd::AllAgain if past => (0, self.cap),
            PastEnd::AllAgain | PastEnd::Empty | PastEnd::NullResources => (skip, width),
        };
        let window = skip..skip.saturating_add(width).min(self.rows);
        let rows: Vec<User> = window
            .filter(|n| !self.hidden.contains(n) && !self.lost.contains(n))
            .map(|n| User {
                id: Some(format!("u{n}")),
                ..User::default()
            })
            .collect();
        let total = match self.total {
            Total::Honest => Some(self.visible()),
            Total::PageSize => Some(rows.len() as u64),
            Total::Missing => None,
            Total::Off(by) => Some(self.visible().saturating_add_signed(by.into())),
        };
        let rows = match self.past_end {
            PastEnd::NullResources if past => None,
            PastEnd::NullResources | PastEnd::Empty | PastEnd::AllAgain => Some(rows),
        };
        Page {
            total,
            next_cursor: None,
            rows,
            unreadable: 0,
        }
    }

    fn walk(&self, paging: Paging) -> (Walk, u64) {
        run(paging, |ask| self.answer(ask))
    }
}

/// A server spoken to over the wire's values, so that [`walk`] itself can be driven.
struct Door<'a> {
    server: &'a Server,
    requests: AtomicU64,
    most_at_once: AtomicU64,
    open: AtomicU64,
}

impl<'a> Door<'a> {
    fn of(server: &'a Server) -> Self {
        Self {
            server,
            requests: AtomicU64::new(0),
            most_at_once: AtomicU64::new(0),
            open: AtomicU64::new(0),
        }
    }
}

impl Transport for Door<'_> {
    async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let open = self.open.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_at_once.fetch_max(open, Ordering::Relaxed);
        // Whoever asks for more at once gets to do so.
        tokio::task::yield_now().await;
        self.open.fetch_sub(1, Ordering::Relaxed);
        let number = |name: &str| {
            let found = request.query.iter().find(|(key, _)| key == name);
            found.map_or(0, |(_, value)| value.parse().expect("a number"))
        };
        let page = self.server.answer(&Ask {
            start_index: number("startIndex"),
            count: number("count"),
            cursor: None,
        });
        let rows = page.rows.map(|rows| {
            let rows = rows.iter().map(|row| json!({ "id": row.id }));
            rows.collect::<Vec<Value>>()
        });
        let body = json!({ "totalResults": page.total, "Resources": rows });
        Ok(Response {
            status: 200,
            body: body.to_string().into_bytes(),
            ..Response::default()
        })
    }

    fn target(&self) -> &str {
        "http://127.0.0.1/scim/v2"
    }
}

/// A walk a few pages ahead: how it went, the ids in their order, how many requests it took.
fn walk_ahead(server: &Server, paging: Paging) -> (Result<Walk, ScimError>, Vec<String>, Door<'_>) {
    walk_foretold(server, paging, 0)
}

/// The same, where somebody told how many rows there probably are.
fn walk_foretold(
    server: &Server,
    paging: Paging,
    rows: usize,
) -> (Result<Walk, ScimError>, Vec<String>, Door<'_>) {
    let foretold = Foretold::default();
    foretold.tell(rows, 0);
    let door = Door::of(server);
    let mut ids = Vec::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let transport = ReadOnly::new(&door);
    let mut sink = |user: User| ids.extend(user.id);
    let walked = runtime.block_on(walk(&transport, paging, None, &foretold, &mut sink));
    (walked, ids, door)
}

fn run(paging: Paging, mut answer: impl FnMut(&Ask) -> Page<User>) -> (Walk, u64) {
    let mut walker = Walker::new(paging);
    let mut sunk = BTreeSet::new();
    let mut asks = 0;
    while let Some(ask) = walker.ask() {
        asks += 1;
        assert!(asks < 5_000, "endless walk");
        walker.take(answer(&ask), &mut |row: User| {
            assert!(sunk.insert(row.id), "a resource was passed on twice");
        });
    }
    (walker.finish(), sunk.len() as u64)
}

fn paging(count: u64, total: TotalResults, advance: Advance) -> Paging {
    let empty_pages = match total {
        TotalResults::Whole => 1,
        TotalResults::PageLocal => 2,
    };
    Paging {
        count,
        advance,
        total,
        empty_pages,
    }
}

fn whole(count: u64) -> Paging {
    paging(count, TotalResults::Whole, Advance::ByReceived)
}

fn page_local(count: u64) -> Paging {
    paging(count, TotalResults::PageLocal, Advance::ByAsked)
}

fn doubts(walk: &Walk) -> &[Doubt] {
    match &walk.verdict {
        Verdict::Whole { how } => panic!("whole: {how}"),
        Verdict::Partial { reasons } => reasons,
    }
}

#[test]
fn an_honest_server_is_read_whole() {
    for rows in [0, 1, 19, 20, 21, 203] {
        let (walk, got) = Server::honest(rows).walk(whole(20));
        assert_eq!(
            (walk.rows, got, walk.is_whole()),
            (rows, rows, true),
            "{walk:?}"
        );
    }
}

#[test]
fn a_capped_page_is_no_end() {
    let server = Server {
        cap: 5,
        ..Server::honest(42)
    };
    assert!(server.walk(whole(100)).0.is_whole());
    let local = Server {
        total: Total::PageSize,
        ..server
    };
    let (walk, _) = local.walk(page_local(100));
    assert_eq!((walk.rows, walk.is_whole()), (42, true), "{walk:?}");
}

#[test]
fn harness_pages_cut_short_and_empty_are_walked_through() {
    let server = Server {
        hidden: (20..40).chain([3, 55]).collect(),
        total: Total::PageSize,
        ..Server::honest(90)
    };
    let (walk, got) = server.walk(page_local(20));
    assert_eq!((got, walk.is_whole()), (68, true), "{walk:?}");
}

#[test]
fn a_server_that_begins_again_past_the_end_is_whole_by_count() {
    let server = Server {
        past_end: PastEnd::AllAgain,
        ..Server::honest(203)
    };
    let (walk, _) = server.walk(whole(100));
    assert_eq!(
        walk.verdict,
        Verdict::Whole {
            how: Proof::Counted
        }
    );
    let one_default_page = Server {
        cap: 20,
        past_end: PastEnd::AllAgain,
        ..Server::honest(20)
    };
    assert!(
        one_default_page.walk(whole(100)).0.is_whole(),
        "the probe shows that startIndex is obeyed"
    );
}

#[test]
fn an_ignored_start_index_is_never_whole() {
    let server = Server {
        cap: 20,
        start_index: StartIndex::Ignored,
        ..Server::honest(203)
    };
    assert!(doubts(&server.walk(whole(100)).0).contains(&Doubt::StartIndexIgnored));
    // Even when its total is that of the page, so that the count seems to prove it.
    let liar = Server {
        total: Total::PageSize,
        ..server
    };
    assert_eq!(doubts(&liar.walk(whole(100)).0), [Doubt::OneDefaultPage]);
    assert!(doubts(&liar.walk(page_local(100)).0).contains(&Doubt::StartIndexIgnored));
}

#[test]
fn a_start_index_read_as_page_number_is_never_whole() {
    let server = Server {
        cap: 20,
        total: Total::PageSize,
        start_index: StartIndex::PageNumber,
        ..Server::honest(203)
    };
    assert_eq!(
        doubts(&server.walk(page_local(100)).0),
        [Doubt::StartIndexMisread]
    );
}

#[test]
fn totals_that_lie_never_end_or_prolong_a_walk() {
    for off in [-3, 3] {
        let server = Server {
            total: Total::Off(off),
            ..Server::honest(45)
        };
        let (walk, got) = server.walk(whole(20));
        assert_eq!((got, walk.pages), (45, 4));
        assert!(!walk.is_whole());
    }
    let missing = Server {
        total: Total::Missing,
        ..Server::honest(45)
    };
    assert_eq!(
        missing.walk(whole(20)).0.verdict,
        Verdict::Whole {
            how: Proof::EmptyPages
        }
    );
}

#[test]
fn a_page_local_total_larger_than_all_that_came_is_a_doubt() {
    let server = Server {
        lost: vec![0],
        ..Server::honest(82)
    };
    assert_eq!(
        doubts(&server.walk(page_local(10)).0),
        [Doubt::FewerThanTotal {
            rows: 81,
            total: 82
        }]
    );
}

#[test]
fn null_resources_are_empty_only_when_nothing_is_missing() {
    let none = |total| Page {
        total,
        next_cursor: None,
        rows: None,
        unreadable: 0,
    };
    assert!(run(whole(20), |_| none(Some(0))).0.is_whole());
    assert_eq!(
        doubts(&run(whole(20), |_| none(Some(3))).0),
        [Doubt::ResourcesMissing]
    );
    let server = Server {
        past_end: PastEnd::NullResources,
        ..Server::honest(30)
    };
    assert!(server.walk(whole(20)).0.is_whole());
}

#[test]
fn rows_without_id_and_differing_copies_are_doubts() {
    let user = |id: Option<&str>, name: &str| User {
        id: id.map(str::to_owned),
        user_name: Some(name.to_owned()),
        ..User::default()
    };
    let server = |pages: Vec<Vec<User>>| {
        let mut pages = pages.into_iter();
        move |_: &Ask| Page {
            total: Some(2),
            next_cursor: None,
            rows: Some(pages.next().unwrap_or_default()),
            unreadable: 0,
        }
    };
    let (walk, _) = run(
        whole(2),
        server(vec![vec![user(Some("1"), "a"), user(None, "b")]]),
    );
    assert!(doubts(&walk).contains(&Doubt::RowWithoutId));
    let (walk, _) = run(
        whole(2),
        server(vec![
            vec![user(Some("1"), "a")],
            vec![user(Some("1"), "A"), user(Some("2"), "b")],
        ]),
    );
    assert_eq!(
        (doubts(&walk), walk.duplicates),
        (&[Doubt::CopiesDiffer][..], 1)
    );
}

#[test]
fn members_in_another_order_are_the_same_copy() {
    let group = |ids: [&str; 2]| Group {
        id: Some("g".to_owned()),
        members: Some(
            ids.map(|id| super::super::wire::Member {
                value: Some(id.into()),
                ..Default::default()
            })
            .into(),
        ),
        ..Group::default()
    };
    assert_eq!(
        group(["1", "2"]).fingerprint(),
        group(["2", "1"]).fingerprint()
    );
    assert_ne!(
        group(["1", "2"]).fingerprint(),
        group(["1", "3"]).fingerprint()
    );
}

#[test]
fn cursors_are_followed_to_the_last_and_never_in_a_circle() {
    let page = |n: u64, next: Option<&str>| Page {
        total: None,
        next_cursor: next.map(str::to_owned),
        rows: Some(vec![User {
            id: Some(n.to_string()),
            ..User::default()
        }]),
        unreadable: 0,
    };
    let (walk, got) = run(whole(1), |ask| match ask.cursor.as_deref() {
        None => page(1, Some("a")),
        Some("a") => page(2, Some("b")),
        Some(_) => page(3, None),
    });
    assert_eq!(
        (got, walk.verdict),
        (
            3,
            Verdict::Whole {
                how: Proof::LastCursor
            }
        )
    );
    let (walk, _) = run(whole(1), |ask| {
        page(u64::from(ask.cursor.is_some()), Some("a"))
    });
    assert_eq!(doubts(&walk), [Doubt::CursorRepeated]);
    let mut n = 0;
    let (walk, _) = run(whole(1), |_| {
        n += 1;
        page(1, Some(&n.to_string()))
    });
    assert_eq!(doubts(&walk), [Doubt::NoProgress]);
}

#[test]
fn foretold_pages_are_asked_for_further_ahead_and_none_past_them() {
    let server = Server::honest(95);
    let (walked, ids, door) = walk_foretold(&server, page_local(10), 95);
    assert!(walked.expect("a walk").is_whole());
    assert_eq!(ids.len(), 95);
    assert_eq!(door.most_at_once.into_inner(), 8);
    let foretold = door.requests.into_inner();
    let (_, _, door) = walk_ahead(&server, page_local(10));
    assert_eq!(foretold, door.requests.into_inner(), "no request more");
}

#[test]
fn full_pages_are_asked_for_ahead_and_never_past_a_counted_end() {
    let server = Server::honest(95);
    let (walked, ids, door) = walk_ahead(&server, whole(10));
    assert!(walked.is_ok_and(|walk| walk.is_whole()));
    assert_eq!(ids.len(), 95);
    // Ten pages, and the one that proves the end.
    assert_eq!(door.requests.into_inner(), 11);
    assert_eq!(door.most_at_once.into_inner(), IN_FLIGHT as u64);

    // Without a total, the pages asked for in vain are few.
    let server = Server {
        total: Total::PageSize,
        ..server
    };
    let (walked, _, door) = walk_ahead(&server, page_local(10));
    let walk = walked.expect("read");
    assert_eq!((walk.rows, walk.is_whole()), (95, true), "{walk:?}");
    let requests = door.requests.into_inner();
    assert!((12..=14).contains(&requests), "{requests}");
}

#[test]
fn a_failing_page_is_asked_for_in_halves() {
    let mut walker = Walker::new(whole(35));
    let mut counts = Vec::new();
    while walker.shrink() == Shrink::Shrunk {
        counts.extend(walker.ask().map(|ask| ask.count));
    }
    assert_eq!(counts, [17, 10]);
}

fn pagings() -> impl Strategy<Value = Paging> {
    (
        1..130u64,
        prop_oneof![Just(TotalResults::Whole), Just(TotalResults::PageLocal)],
        prop_oneof![Just(Advance::ByReceived), Just(Advance::ByAsked)],
    )
        .prop_map(|(count, total, advance)| paging(count, total, advance))
}

fn servers() -> impl Strategy<Value = Server> {
    (
        0..260u64,
        prop_oneof![Just(u64::MAX), 2..60u64, Just(20)],
        prop_oneof![
            3 => Just(Total::Honest),
            3 => Just(Total::PageSize),
            1 => Just(Total::Missing),
            1 => (-4i8..4).prop_map(Total::Off),
        ],
        prop_oneof![
            Just(PastEnd::Empty),
            Just(PastEnd::AllAgain),
            Just(PastEnd::NullResources)
        ],
        prop_oneof![
            4 => Just(StartIndex::Obeyed),
            1 => Just(StartIndex::Ignored),
            1 => Just(StartIndex::PageNumber),
        ],
        proptest::collection::vec(0..130u64, 0..6),
        proptest::collection::vec(0..260u64, 0..3),
    )
        .prop_map(|(rows, cap, total, past_end, start_index, hidden, lost)| {
            // Only an honest total tells of lost rows, and a wrong one may by chance be the
            // number of rows that a broken server gives.
            let (lost, start_index) = match total {
                Total::Honest => (lost, start_index),
                Total::PageSize | Total::Missing => (Vec::new(), start_index),
                Total::Off(_) => (Vec::new(), StartIndex::Obeyed),
            };
            // A server that can give one page only gives one of a size it was built with,
            // and does not also hide rows: an empty first page would be all one can see.
            let (cap, hidden) = match start_index {
                StartIndex::Obeyed => (cap, hidden),
                StartIndex::Ignored | StartIndex::PageNumber => (20, Vec::new()),
            };
            Server {
                rows,
                // Every other position, so that no window of two is empty.
                hidden: hidden
                    .into_iter()
                    .map(|n| 2 * n)
                    .filter(|n| *n < rows)
                    .collect(),
                lost,
                cap,
                total,
                past_end,
                start_index,
            }
        })
}

proptest! {
    // Whatever these find becomes a test of its own above, not a seed in a file.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn whole_means_every_row_came(mut server in servers(), paging in pagings()) {
        if paging.count == 1 && paging.total == TotalResults::Whole {
            // A hidden row would be an empty page, which is the end by this dialect.
            server.hidden.clear();
        }
        let (walk, got) = server.walk(paging);
        prop_assert_eq!(walk.rows, got);
        if walk.is_whole() {
            prop_assert_eq!(got, server.visible(), "{:?}", walk);
        }
    }

    /// Asking ahead changes how long a walk takes, and nothing else.
    #[test]
    fn pages_ahead_come_to_the_same_end(
        server in servers(),
        paging in pagings(),
        foretold in 0_usize..2_000,
    ) {
        let mut ids = Vec::new();
        let mut walker = Walker::new(paging);
        let mut asks = 0;
        while let Some(ask) = walker.ask() {
            asks += 1;
            let page = server.answer(&ask);
            if page.rows.is_none() && page.total.is_none() {
                return Ok(()); // no list at all, which is an error and not a walk
            }
            walker.take(page, &mut |row: User| ids.extend(row.id));
        }
        let (walked, ahead, door) = walk_ahead(&server, paging);
        let whole = Some(walker.finish());
        prop_assert_eq!(&walked.ok(), &whole);
        prop_assert_eq!(&ahead, &ids);
        let requests = door.requests.into_inner();
        prop_assert!(requests <= asks + 3, "{} requests for {} pages", requests, asks);
        prop_assert!(door.most_at_once.into_inner() <= IN_FLIGHT as u64);

        let (walked, told, door) = walk_foretold(&server, paging, foretold);
        prop_assert_eq!((walked.ok(), told), (whole, ahead));
        // What is foretold and is not there is asked for in vain.
        let requests = door.requests.into_inner();
        let in_vain = WINDOW_FORETOLD as u64 - 1;
        prop_assert!(requests <= asks + in_vain, "{} requests for {} pages", requests, asks);
        prop_assert!(door.most_at_once.into_inner() <= IN_FLIGHT_FORETOLD as u64);
    }

    /// Pages that follow no model at all: the walk ends, and passes no id on twice.
    #[test]
    fn every_walk_ends(bytes in proptest::collection::vec(any::<u8>(), 0..600), paging in pagings()) {
        let mut bytes = bytes.into_iter();
        let (_, _) = run(paging, |_| {
            let shape = bytes.next().unwrap_or(1);
            let rows = (0..shape % 7).map(|_| {
                let id = bytes.next().unwrap_or(0);
                User { id: (id != 255).then(|| id.to_string()), ..User::default() }
            });
            Page {
                rows: (shape != 13).then(|| rows.collect()),
                total: (shape & 16 == 0).then_some(u64::from(shape)),
                next_cursor: (shape > 200).then(|| shape.to_string()),
                unreadable: u64::from(shape == 100),
            }
        });
    }
}

/// A server that pages by cursor (RFC 9865), and what it makes of one.
fn cursor_page(rows: u64, cap: u64, ask: &Ask, total: Option<u64>) -> Page<User> {
    let cursor = ask.cursor.as_deref().expect("a cursor, though empty");
    let start: u64 = match cursor {
        "" => 0,
        cursor => cursor.parse().expect("a cursor of this server"),
    };
    let end = rows.min(start + cap.min(ask.count));
    Page {
        total,
        next_cursor: (end < rows).then(|| end.to_string()),
        rows: Some(
            (start..end)
                .map(|at| User {
                    id: Some(at.to_string()),
                    ..User::default()
                })
                .collect(),
        ),
        unreadable: 0,
    }
}

fn by_cursor(count: u64) -> Paging {
    paging(count, TotalResults::Whole, Advance::ByCursor)
}

#[test]
fn cursors_are_followed_to_the_last() {
    for rows in [0, 1, 7, 99, 100, 101, 250] {
        for cap in [30, 100, 1000] {
            let (walk, sunk) = run(by_cursor(100), |ask| cursor_page(rows, cap, ask, None));
            assert_eq!(sunk, rows, "{rows} by {cap}");
            assert_eq!(
                walk.verdict,
                Verdict::Whole {
                    how: Proof::LastCursor
                },
                "{rows} by {cap}"
            );
        }
    }
}

/// Whoever answers the same full page without a cursor, however short a page is asked for, may
/// have more that nobody gets to see.
#[test]
fn a_full_page_without_a_cursor_has_to_prove_itself() {
    let ignored = |ask: &Ask| {
        let page = cursor_page(
            250,
            100,
            &Ask {
                count: 100,
                cursor: Some(String::new()),
                ..ask.clone()
            },
            None,
        );
        Page {
            next_cursor: None,
            ..page
        }
    };
    let (walk, sunk) = run(by_cursor(100), ignored);
    assert_eq!(sunk, 100);
    assert_eq!(
        walk.verdict,
        Verdict::Partial {
            reasons: vec![Doubt::CursorIgnored]
        }
    );
}

/// A server that knows no cursors and says how many there are is walked by index.
#[test]
fn without_cursors_a_counted_list_is_walked_by_index() {
    let server = Server {
        cap: 40,
        ..Server::honest(130)
    };
    let mut asked = Vec::new();
    let (walk, sunk) = run(by_cursor(100), |ask| {
        asked.push((ask.cursor.clone(), ask.start_index));
        server.answer(ask)
    });
    assert_eq!(sunk, 130);
    assert!(walk.is_whole(), "{walk:?}");
    assert_eq!(asked[0], (Some(String::new()), 1));
    assert_eq!(asked[1], (None, 41));
}
