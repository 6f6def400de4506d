//! Every fault at every request of a plan of more than thirty steps, under simulated time.
//!
//! After each: at most two further runs converge, nobody is made or invited twice, nothing
//! unmanaged is touched, and neither report nor outcome holds the token.
//!
//! Each request meets every fourth fault, and each fault every fourth request; `WHOLE=1`
//! tries all of them, more than six thousand runs. `NTH=17` looks at one request,
//! `FAULT=Stale` at one fault.

use std::collections::BTreeSet;

use scim_sync::apply::{Options, Outcome, Picture};
use scim_sync::ids::{GroupId, UserId};
use scim_sync::live::collect::collect;
use scim_sync::plan::{Allowances, Change, Moved, Plan};
use scim_sync::sandbox::in_memory::{Exchange, Fault};
use scim_sync::sandbox::world::{Incoming, World};
use scim_sync::scim::error::ScimError;
use scim_sync::scim::http::Method;
use scim_sync::scim::retry::{RetryPolicy, Retrying};
use scim_sync::scim::service::Reader;

#[path = "support/account.rs"]
#[allow(dead_code, reason = "each test binary uses its part of it")]
mod account;
#[path = "support/dozen.rs"]
#[allow(dead_code, reason = "each test binary uses its part of it")]
mod dozen;
#[path = "support/once.rs"]
mod once;
#[path = "support/planning.rs"]
mod planning;
#[path = "support/reported.rs"]
#[allow(dead_code, reason = "each test binary uses its part of it")]
mod reported;

use account::{Account, TOKEN, run};
use once::once;
use planning::Project;
use reported::{Paper, carry_out_reported, verified};

/// Once at the k-th request.
fn single() -> Vec<Fault> {
    let mut faults = once();
    faults.push(Fault::Status(413));
    faults.extend(
        ["7", "99999999999999999999"].map(|after| Fault::TooManyRequests {
            retry_after: Some(after.to_owned()),
        }),
    );
    faults
}

fn options() -> Options {
    Options {
        picture: Picture::Fresh,
        moved: Moved::default(),
        concurrency: 4,
        needs_approval: BTreeSet::new(),
        approved: BTreeSet::new(),
    }
}

/// One `apply` as the program does it: retries, report and all.
async fn apply(project: &Project, account: &Account) -> Result<(Plan, Outcome), ScimError> {
    let rate = project.profile.dialect.rate;
    let wire = || Retrying::new(&account.door, rate, RetryPolicy::new(1));
    let reader = Reader::new(wire(), project.profile.dialect.clone());
    let live = collect(&reader).await.map_err(|error| {
        assert!(!format!("{error:?}").contains(TOKEN));
        error
    })?;
    let plan = project.plan(&live, &Allowances::default());
    let paper = Paper::with_room(usize::MAX);
    let outcome = carry_out_reported(&plan, &project.profile, wire(), &options(), &paper).await;
    // The chain holds, and nothing that is kept or shown holds the token.
    let _ = verified(&paper);
    for text in [format!("{outcome:?}"), paper.text.lock().unwrap().clone()] {
        assert!(!text.contains(TOKEN), "{text}");
    }
    Ok((plan, outcome))
}

#[track_caller]
fn check_world(before: &World, after: &World, what: &str) {
    let invited: BTreeSet<_> = after.invitations().iter().collect();
    let twice = invited.len() != after.invitations().len();
    assert!(!twice, "{what}: invited twice: {:?}", after.invitations());
    let people: Vec<_> = after.users().map(|user| user.email.folded()).collect();
    let different: BTreeSet<_> = people.iter().collect();
    assert_eq!(people.len(), different.len(), "{what}: {people:?}");
    let groups: Vec<_> = after.groups().map(|group| group.name.as_str()).collect();
    let different: BTreeSet<_> = groups.iter().collect();
    assert_eq!(groups.len(), different.len(), "{what}: {groups:?}");
    let finn = UserId::from("finn");
    assert_eq!(after.user(&finn), before.user(&finn), "{what}");
    assert_eq!(after.members(&GroupId::from("strangers")), [finn], "{what}");
}

async fn is_done(project: &Project, account: &Account) -> bool {
    let live = account.read().await.expect("the provider answers");
    let plan = project.plan(&live, &Allowances::default());
    plan.actions.is_empty() && plan.refusals.is_empty()
}

/// Runs under a fault, then without, until nothing is left; and looks at what came of it.
fn try_one(project: &Project, before: &World, arrange: impl FnOnce(&Account), what: &str) -> usize {
    let account = Account::new(before.clone(), &project.profile);
    account.door.keep();
    arrange(&account);
    run(async {
        let first = apply(project, &account).await;
        let fired = account
            .door
            .log()
            .iter()
            .filter(|it| it.fault.is_some())
            .count();
        if first.is_err() {
            let wrote = account.door.log().iter().any(Exchange::is_scim_write);
            assert!(!wrote, "{what}: written without a plan");
        }
        account.door.heal();
        let mut further = 0;
        while !is_done(project, &account).await {
            further += 1;
            assert!(further <= 2, "{what}: not converged, first {first:#?}");
            let (_, outcome) = apply(project, &account)
                .await
                .expect("nothing fails any more");
            assert!(outcome.stopped.is_none(), "{what}: {outcome:#?}");
        }
        account
            .door
            .with_world(|after| check_world(before, after, what));
        fired
    })
}

fn env<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}

fn matrix(which: usize) {
    let (provider, behavior) = dozen::PROVIDERS[which];
    let project = dozen::thirty(provider);
    let before = dozen::world(behavior);
    let whole = Account::new(before.clone(), &project.profile);
    let (steps, requests) = run(async {
        let (plan, outcome) = apply(&project, &whole).await.expect("the provider answers");
        assert!(outcome.is_whole(), "{outcome:#?}");
        (plan.actions.len(), whole.door.log().len())
    });
    assert!(steps >= 30, "{steps} steps");
    let only: Option<usize> = env("NTH");
    let named: Option<String> = env("FAULT");
    let mut runs = 0;
    let stride = match (std::env::var_os("WHOLE"), only) {
        (None, None) => 4,
        (Some(_), _) | (None, Some(_)) => 1,
    };
    for (fault, offset) in single().into_iter().zip((0..stride).cycle()) {
        if named
            .as_ref()
            .is_some_and(|name| !format!("{fault:?}").starts_with(name))
        {
            continue;
        }
        let mut fired = 0;
        let picked = (1 + offset..=requests).step_by(stride);
        for nth in picked.filter(|nth| only.is_none_or(|only| only == *nth)) {
            let what = format!("{provider} {behavior:?}: request {nth} {fault:?}");
            let arrange = |account: &Account| account.door.fail_nth(nth, fault.clone());
            fired += try_one(&project, &before, arrange, &what);
            runs += 1;
        }
        assert!(fired > 0 || only.is_some(), "{fault:?} never happened");
    }
    println!("{provider} {behavior:?}: {runs} runs of {steps} steps, {requests} requests each");
}

#[test]
fn every_fault_at_every_request_of_harness_as_documented() {
    matrix(0);
}

#[test]
fn every_fault_at_every_request_of_harness_as_its_source() {
    matrix(1);
}

#[test]
fn every_fault_at_every_request_of_plain_scim() {
    matrix(2);
}

/// From the k-th request on, so many fail; then it is over.
#[test]
fn bursts_of_failures_from_every_request_on() {
    for (provider, behavior) in dozen::PROVIDERS {
        let project = dozen::thirty(provider);
        let before = dozen::world(behavior);
        let burst = [
            (Fault::Status(503), 3),
            (Fault::Status(500), 12),
            (Fault::StatusAfter(502), 12),
            (Fault::TooManyRequests { retry_after: None }, 4),
            (Fault::DropAfter, 12),
            (Fault::Refused, 40),
        ];
        for (fault, length) in burst {
            for from in (1..100).step_by(9) {
                let what = format!("{provider}: {length} times {fault:?} from {from} on");
                let arrange = |account: &Account| {
                    let picks = move |it: &Exchange| (from..from + length).contains(&it.number);
                    account.door.fail_when(picks, fault.clone());
                };
                try_one(&project, &before, arrange, &what);
            }
        }
    }
}

/// A provider that fails every write is left alone soon, and what is left is said.
#[test]
fn a_provider_that_fails_for_good_is_left_alone() {
    let project = dozen::thirty("scim");
    let before = dozen::world(None);
    for fault in [
        Fault::Status(500),
        Fault::DropBefore,
        Fault::TooManyRequests { retry_after: None },
        Fault::Status(403),
    ] {
        let account = Account::new(before.clone(), &project.profile);
        account
            .door
            .fail_when(Exchange::is_scim_write, fault.clone());
        run(async {
            let (plan, outcome) = apply(&project, &account).await.expect("it can be read");
            let why = outcome.stopped.as_deref().unwrap_or_default();
            assert!(!why.is_empty(), "{fault:?}: {outcome:#?}");
            let not_run = outcome
                .steps
                .iter()
                .filter(|step| step.status.word() == "not run")
                .count();
            assert!(not_run > plan.actions.len() / 2, "{fault:?}: {outcome:#?}");
        });
        account
            .door
            .with_world(|after| check_untouched(&before, after));
    }
}

fn check_untouched(before: &World, after: &World) {
    assert_eq!(before.users().count(), after.users().count());
    for user in before.users() {
        assert_eq!(after.user(&user.id), Some(user));
    }
}

/// A 413 halves the batch until it fits.
#[test]
fn a_batch_that_is_too_large_goes_in_halves() {
    let mut project = dozen::thirty("scim");
    project.profile.dialect.members_per_patch = 100;
    let account = Account::new(dozen::world(None), &project.profile);
    let members = |it: &Exchange| {
        let body = it.body.as_deref().unwrap_or_default();
        body.matches(r#"{"value":"#).count()
    };
    account.door.fail_when(
        move |it| it.method == Method::Patch && members(it) > 3,
        Fault::Status(413),
    );
    run(async {
        let (_, outcome) = apply(&project, &account).await.expect("it can be read");
        assert!(outcome.is_whole(), "{outcome:#?}");
        assert!(is_done(&project, &account).await);
    });
    let refused = account
        .door
        .log()
        .iter()
        .filter(|it| it.status == Some(413))
        .count();
    assert!(refused >= 2, "{refused}");
}

/// A report that has no room for the next line: nothing is sent after it, at each line.
#[test]
fn without_room_for_a_line_nothing_more_is_sent() {
    let project = dozen::thirty("scim");
    let before = dozen::world(None);
    let lines = {
        let account = Account::new(before.clone(), &project.profile);
        run(async {
            let paper = Paper::with_room(usize::MAX);
            let live = account.read().await.expect("the provider answers");
            let plan = project.plan(&live, &Allowances::default());
            let _ = carry_out_reported(&plan, &project.profile, &account.door, &options(), &paper)
                .await;
            paper.text.lock().unwrap().lines().count()
        })
    };
    for room in 1..lines - 1 {
        let account = Account::new(before.clone(), &project.profile);
        run(async {
            let live = account.read().await.expect("the provider answers");
            let plan = project.plan(&live, &Allowances::default());
            let paper = Paper::with_room(room);
            account.door.clear_log();
            let outcome =
                carry_out_reported(&plan, &project.profile, &account.door, &options(), &paper)
                    .await;
            let text = paper.text.lock().unwrap().clone();
            let told = text.matches(r#""kind":"request""#).count();
            let sent = account
                .door
                .log()
                .iter()
                .filter(|it| it.is_scim_write())
                .count();
            assert_eq!(told, sent, "room for {room} lines");
            if told < plan.actions.len() {
                let why = outcome.stopped.unwrap_or_default();
                assert!(
                    why.contains("the report cannot be written"),
                    "{room}: {why}"
                );
            }
        });
    }
}

/// "204, and nothing changed" is a failure that names the fact, for every kind of write; the
/// rest of its kind is not sent.
#[test]
fn a_write_that_does_nothing_is_named_as_such() {
    for (provider, behavior) in dozen::PROVIDERS {
        let project = dozen::thirty(provider);
        let before = dozen::world(behavior);
        let account = Account::new(before.clone(), &project.profile);
        let deaf = |it: &Exchange| it.is_scim_write() && it.method != Method::Post;
        account.door.fail_when(deaf, Fault::NoOp);
        run(async {
            let (plan, outcome) = apply(&project, &account).await.expect("it can be read");
            let mut named = 0;
            for (action, step) in plan.actions.iter().zip(&outcome.steps) {
                let message = step.status.message().unwrap_or_default();
                match (&action.change, step.status.word()) {
                    (Change::CreateUser { .. } | Change::CreateGroup { .. }, _) => {
                        assert!(step.status.is_good(), "{step:?}");
                    }
                    (Change::AddMembers { .. }, "not taken") => {
                        assert!(message.contains("these are not members: "), "{message}");
                        named += 1;
                    }
                    (_, "not taken") => {
                        let told = ["although the provider said", "these are still members: "];
                        assert!(told.iter().any(|it| message.contains(it)), "{message}");
                        named += 1;
                    }
                    (_, "skipped") => assert!(
                        message.contains("did nothing") || message.contains("was not done"),
                        "{message}"
                    ),
                    (_, other) => panic!("{other}: {action:#?} {step:#?}"),
                }
            }
            assert!(named >= 3, "{outcome:#?}");
        });
    }
}

/// Somebody else puts a person into a group between our read and our write: only our own
/// difference is written, so they stay.
#[test]
fn what_somebody_else_puts_in_meanwhile_stays() {
    for (provider, behavior) in dozen::PROVIDERS {
        let project = dozen::thirty(provider);
        let account = Account::new(dozen::world(behavior), &project.profile);
        let mut done = false;
        account.door.before(move |exchange, world| {
            let group = exchange.target.split("/Groups/").nth(1);
            if let (Method::Patch, Some(group), false) = (exchange.method, group, done) {
                done = true;
                let body = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"members","value":[{"value":"finn"}]}]}"#;
                let answer = world.handle(&Incoming {
                    if_match: None,
                    method: Method::Patch,
                    path: format!("{}/Groups/{group}", world.base_path()),
                    query: String::new(),
                    authorization: Some(format!("Bearer {TOKEN}")),
                    api_key: None,
                    content_type: Some("application/scim+json".to_owned()),
                    accept: None,
                    body: body.as_bytes().to_vec(),
                });
                assert!(answer.status < 300, "{answer:?}");
            }
            None
        });
        run(async {
            let (_, outcome) = apply(&project, &account).await.expect("it can be read");
            assert!(outcome.is_whole(), "{outcome:#?}");
        });
        let log = account.door.log();
        let first = log
            .iter()
            .find(|it| it.method == Method::Patch && it.target.contains("/Groups/"))
            .expect("members are added");
        let group = first.target.split("/Groups/").nth(1).expect("a group");
        account.door.with_world(|world| {
            let members = world.members(&GroupId::from(group));
            assert!(members.contains(&UserId::from("finn")), "{members:?}");
            assert!(members.len() > 1, "{members:?}");
        });
    }
}

/// A create that was only answered leaves an id that the next account gets. Nothing is
/// written to it under the first one's name.
#[test]
fn an_id_that_was_only_promised_is_not_written_to() {
    for (provider, behavior) in dozen::PROVIDERS {
        let project = dozen::thirty(provider);
        let before = dozen::world(behavior);
        for number in 1..=4 {
            let arrange = |account: &Account| {
                let mut creates = 0;
                account.door.fail_when(
                    move |it| {
                        let create = it.method == Method::Post && it.target.ends_with("/Users");
                        creates += usize::from(create);
                        create && creates == number
                    },
                    Fault::NoOp,
                );
            };
            try_one(
                &project,
                &before,
                arrange,
                &format!("{provider}: create {number}"),
            );
        }
    }
}
