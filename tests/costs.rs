//! What a plan and an apply cost, in requests and allocations: numbers that are the same on
//! every machine, and that grow when somebody reads the collection once for each person.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::sync::Mutex;
use std::time::Duration;

use scim_sync::apply::Stop;
use scim_sync::live::LiveState;
use scim_sync::live::collect::collect;
use scim_sync::manifest::decl::SandboxBehavior;
use scim_sync::manifest::load::{MemoryFiles, ROOT_FILE};
use scim_sync::plan::{Allowances, Change, Plan};
use scim_sync::sandbox::in_memory::{Exchange, InMemory};
use scim_sync::sandbox::world::World;
use scim_sync::scim::dialect::Rate;
use scim_sync::scim::http::{Method, Request, Response, Transport, TransportError};
use scim_sync::scim::retry::{RetryPolicy, Retrying};
use scim_sync::scim::service::{Reader, Writer};

#[path = "support/account.rs"]
mod account;
#[path = "support/planning.rs"]
mod planning;

use account::{Account, TOKEN, carry_out, run};
use planning::Project;

/// A company of so many people, a role for every twenty, each person in three.
fn files(people: usize) -> MemoryFiles {
    let roles = (people / 20).max(3);
    let mut text = String::from(
        "version: 1\ntarget: { provider: harness }\n\
         groupMappings: [{ match: '.*', group: '{role}' }]\n\
         policy: { limits: { userRemovals: 100000, membershipRemovals: 100%, perGroupRemovals: 100% } }\n\
         users:\n",
    );
    for person in 0..people {
        let _ = writeln!(
            text,
            "  person-{person}: {{ email: person.{person}@x.io, givenName: G, familyName: F }}"
        );
    }
    text.push_str("roles:\n");
    let mut members = vec![Vec::new(); roles];
    for person in 0..people {
        for step in 0..3 {
            members[(person + step) % roles].push(person);
        }
    }
    for (role, members) in members.iter().enumerate() {
        let _ = writeln!(text, "  role_{role}:\n    members:");
        for person in members {
            let _ = writeln!(text, "      - person-{person}");
        }
    }
    let mut files = MemoryFiles::default();
    files.0.insert(ROOT_FILE.to_owned(), text.into_bytes());
    files
}

fn project(people: usize) -> Project {
    Project::load(&files(people)).expect("no faults")
}

fn account(project: &Project) -> Account {
    let world = World::new("AcC0unt", TOKEN, SandboxBehavior::Documented);
    Account::new(world, &project.profile)
}

/// Fills an empty account; returns it, the plan and what was asked for on the way.
fn filled(project: &Project) -> (Account, Plan, Vec<Exchange>) {
    let account = account(project);
    let plan = run(async {
        let live = account.read().await.expect("the provider answers");
        let plan = project.plan(&live, &Allowances::default());
        account.door.clear_log();
        let outcome = account.apply(&plan, &Stop::default()).await;
        assert!(outcome.is_whole(), "{outcome:#?}");
        plan
    });
    let log = account.door.log();
    account.door.clear_log();
    (account, plan, log)
}

fn read(account: &Account) -> LiveState {
    run(async { account.read().await.expect("the provider answers") })
}

/// Pages, and at most four requests more for each kind: never one for a person, a group or a
/// membership.
#[test]
fn a_plan_reads_pages_and_nothing_else() {
    for people in [30, 2_400, 5_100] {
        let project = project(people);
        let (account, _, _) = filled(&project);
        let live = read(&account);
        assert_eq!(live.users.len(), people);
        let plan = project.plan(&live, &Allowances::default());
        assert!(plan.is_empty(), "{:#?}", plan.summary);
        let log = account.door.log();
        for (kind, rows, page) in [
            (
                "/Users?",
                live.users.len(),
                project.profile.dialect.user_paging.count,
            ),
            (
                "/Groups?",
                live.groups.len(),
                project.profile.dialect.group_paging.count,
            ),
        ] {
            let page = usize::try_from(page).expect("a page's size");
            let asked = log.iter().filter(|it| it.target.contains(kind)).count();
            let pages = rows.div_ceil(page);
            assert!(
                (pages..=pages + 4).contains(&asked),
                "{people} people: {asked} requests for {pages} pages of {kind}"
            );
        }
        let lists = log
            .iter()
            .filter(|it| it.target.contains("/Users?") || it.target.contains("/Groups?"));
        assert_eq!(
            lists.count(),
            log.len(),
            "{people} people: something else was read"
        );
    }
}

/// One write for each person and each group, one for each batch of members, and reads in
/// proportion: what is written is looked at once before and once after.
#[test]
fn an_apply_writes_each_thing_once() {
    let project = project(240);
    let (_, plan, log) = filled(&project);
    let batch = project.profile.dialect.members_per_patch;
    let (mut users, mut groups, mut batches) = (0, 0, 0);
    for action in &plan.actions {
        match &action.change {
            Change::CreateUser { .. } => users += 1,
            Change::CreateGroup { .. } => groups += 1,
            Change::AddMembers { members, .. } => batches += members.len().div_ceil(batch),
            other => panic!("a first fill only adds: {other:?}"),
        }
    }
    assert_eq!((users, groups), (240, 12));
    let count = |method, kind: &str| {
        log.iter()
            .filter(|it| it.method == method && it.target.contains(kind))
            .count()
    };
    assert_eq!(count(Method::Post, "/Users"), users);
    assert_eq!(count(Method::Post, "/Groups"), groups);
    assert_eq!(count(Method::Patch, "/Groups/"), batches);
    let reads = count(Method::Get, "/Users") + count(Method::Get, "/Groups");
    // A person: looked for before, read after. A group: looked for, read after its create,
    // before its members, and once after them all.
    assert!(reads <= 2 * users + 4 * groups, "{reads} reads");
}

/// Allocations of the whole way from text to an empty plan, for each person and membership.
#[test]
fn work_grows_with_the_people_and_not_faster() {
    let mut each = BTreeMap::new();
    for people in [1_000, 4_000] {
        let (files, live) = {
            let project = project(people);
            let (account, _, _) = filled(&project);
            (files(people), read(&account))
        };
        let whole = allocation_counter::measure(|| {
            let project = Project::load(&files).expect("no faults");
            let plan = project.plan(&live, &Allowances::default());
            assert!(plan.is_empty());
        });
        let project = Project::load(&files).expect("no faults");
        let planner = allocation_counter::measure(|| {
            assert!(project.plan(&live, &Allowances::default()).is_empty());
        });
        each.insert(
            people,
            (
                whole.count_total as f64 / people as f64,
                planner.count_total as f64 / people as f64,
                whole.bytes_max as f64 / people as f64,
            ),
        );
    }
    println!("allocations (whole, planner) and bytes at most, for each person: {each:?}");
    let (small, large) = (each[&1_000], each[&4_000]);
    for (what, small, large) in [
        ("allocations", small.0, large.0),
        ("the planner's allocations", small.1, large.1),
        ("bytes at the peak", small.2, large.2),
    ] {
        assert!(
            large <= small * 1.1,
            "{what} grow faster than the people: {small:.1} each, then {large:.1}"
        );
    }
    // Measured 2026-11-29; a little above, so that only a new habit trips it.
    assert!(
        large.0 <= LIMIT.0,
        "{:.1} allocations for each person",
        large.0
    );
    assert!(large.1 <= LIMIT.1, "{:.1} of the planner", large.1);
    assert!(large.2 <= LIMIT.2, "{:.0} bytes for each person", large.2);
}

/// For each person with three memberships: allocations in all, of the planner, bytes at most.
const LIMIT: (f64, f64, f64) = (7.0, 2.5, 1_200.0);

/// A provider that takes so many requests in any minute and answers 429 to the rest.
struct Limited<'a> {
    door: &'a InMemory,
    per_minute: usize,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    last_minute: VecDeque<tokio::time::Instant>,
    taken: usize,
    refused: usize,
}

impl Transport for Limited<'_> {
    async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        // A server takes its time.
        tokio::time::sleep(Duration::from_millis(40)).await;
        let now = tokio::time::Instant::now();
        let full = {
            let mut seen = self.seen.lock().expect("nobody panicked");
            while seen
                .last_minute
                .front()
                .is_some_and(|at| *at + Duration::from_secs(60) <= now)
            {
                seen.last_minute.pop_front();
            }
            let full = seen.last_minute.len() >= self.per_minute;
            if full {
                seen.refused += 1;
            } else {
                seen.last_minute.push_back(now);
                seen.taken += 1;
            }
            full
        };
        if full {
            return Ok(Response {
                status: 429,
                ..Response::default()
            });
        }
        self.door.send(request).await
    }

    fn target(&self) -> &str {
        self.door.target()
    }
}

/// A first fill at a provider's limit uses nearly all of it, and is hardly ever told to wait.
#[test]
fn a_first_fill_uses_the_rate_it_is_given() {
    for per_minute in [400_u32, 1_000] {
        let project = project(1_500);
        let account = account(&project);
        let limited = Limited {
            door: &account.door,
            per_minute: per_minute as usize,
            seen: Mutex::default(),
        };
        let took = run(async {
            let wire = Retrying::new(&limited, Rate { per_minute }, RetryPolicy::new(7));
            let reader = Reader::new(wire.clone(), project.profile.dialect.clone());
            let live = collect(&reader).await.expect("the provider answers");
            let plan = project.plan(&live, &Allowances::default());
            let writer = Writer::new(wire, project.profile.dialect.clone());
            let start = tokio::time::Instant::now();
            let outcome = carry_out(&plan, &project.profile, &writer, &Stop::default()).await;
            assert!(outcome.is_whole(), "{outcome:#?}");
            start.elapsed()
        });
        let seen = limited.seen.into_inner().expect("nobody panicked");
        let used = seen.taken as f64 / (took.as_secs_f64() / 60.0) / f64::from(per_minute);
        let refused = seen.refused as f64 / (seen.taken + seen.refused) as f64;
        println!(
            "{per_minute} a minute: {:.1} % used, {} of {} refused, {:.0} s",
            used * 100.0,
            seen.refused,
            seen.taken,
            took.as_secs_f64()
        );
        assert!(seen.taken > 3_000, "too few to tell: {}", seen.taken);
        assert!(
            used >= 0.95,
            "only {:.1} % of the rate is used",
            used * 100.0
        );
        assert!(refused <= 0.01, "{:.2} % are answered 429", refused * 100.0);
    }
}
