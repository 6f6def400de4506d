//! `scim-sync probe`: what it finds, and that it leaves nothing behind, wherever it is cut
//! short.
//!
//! Each request meets every seventh fault and each fault every seventh request; `WHOLE=1`
//! tries all of them. `NTH=17` looks at one request, `FAULT=Stale` at one fault.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use scim_sync::apply::Stop;
use scim_sync::manifest::decl::{DialectDecl, SandboxBehavior};
use scim_sync::plan::TargetInfo;
use scim_sync::probe::found::{Left, Topic, Verdict};
use scim_sync::probe::journal::{Journal, Sink};
use scim_sync::probe::namespace::Namespace;
use scim_sync::probe::{GROUPS, Groups, Run, USERS, clean, probe};
use scim_sync::profile::{GroupRemovalRule, NameModel, Profile};
use scim_sync::sandbox::in_memory::{Exchange, Fault, InMemory};
use scim_sync::sandbox::world::quirks::{GroupDeletion, Names, Quirks};
use scim_sync::sandbox::world::{Incoming, World};
use scim_sync::scim::dialect::{
    Filter, GroupRename, ListMembers, MemberRemoval, TotalResults, UserUpdate,
};
use scim_sync::scim::http::{Method, Request, Response, Transport, TransportError};
use scim_sync::scim::retry::{RetryPolicy, Retrying};
use scim_sync::scim::service::{Discovery, Reader};
use serde_json::{Value, json};

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

use account::{TOKEN, run};
use once::once;

/// A journal in memory, with room for so many lines.
#[derive(Clone)]
struct Paper {
    text: Arc<Mutex<String>>,
    room: usize,
}

impl Paper {
    fn with_room(room: usize) -> Self {
        Self {
            text: Arc::default(),
            room,
        }
    }

    fn text(&self) -> String {
        self.text.lock().unwrap().clone()
    }
}

impl Sink for Paper {
    fn append(&mut self, line: &str) -> io::Result<()> {
        let mut text = self.text.lock().unwrap();
        if text.lines().count() >= self.room {
            return Err(io::ErrorKind::StorageFull.into());
        }
        text.push_str(line);
        Ok(())
    }
}

/// The profile of this name, with what the world says of itself.
fn in_use(provider: &str, world: &World) -> Profile {
    let mut profile = Profile::named(provider).expect("a profile");
    let door = InMemory::new(world.clone(), TOKEN);
    let reader = Reader::new(&door, profile.dialect.clone());
    let document = run(reader.discovery(Discovery::ServiceProviderConfig));
    let document = document.expect("it answers").expect("it has one");
    profile.dialect = profile.guided(&document, &DialectDecl::default());
    profile
}

/// One provider with people and groups that are nobody's business.
struct Bench {
    profile: Profile,
    world: World,
    groups: Groups,
}

impl Bench {
    fn new(which: usize) -> Self {
        let (provider, behavior) = dozen::PROVIDERS[which];
        let world = dozen::world(behavior);
        Self {
            profile: in_use(provider, &world),
            world,
            groups: match behavior {
                Some(SandboxBehavior::Documented) => Groups::IfRemovable,
                Some(SandboxBehavior::Source) | None => Groups::OneMayStay,
            },
        }
    }

    fn all() -> impl Iterator<Item = Self> {
        (0..dozen::PROVIDERS.len()).map(Self::new)
    }

    fn door(&self) -> InMemory {
        InMemory::new(self.world.clone(), TOKEN)
    }

    fn retrying<T: Transport>(&self, door: T) -> Retrying<T> {
        Retrying::new(door, self.profile.dialect.rate, RetryPolicy::of_few(1))
    }

    async fn probe(&self, door: &impl Transport, paper: &Paper, stop: &Stop) -> Run {
        let names = Namespace::new(0x0123_4567_89ab_cdef, "example.com");
        let mut journal = Journal::begin(Box::new(paper.clone()), names, "somewhere").unwrap();
        let target = TargetInfo {
            name: None,
            provider: self.profile.name.to_owned(),
            title: self.profile.title.to_owned(),
            base_url: "somewhere".to_owned(),
        };
        let wire = self.retrying(door);
        let profile = &self.profile;
        probe(&wire, profile, target, self.groups, &mut journal, stop).await
    }

    /// A process that was killed is run again with `--clean`.
    async fn clean(&self, door: &InMemory, text: &str) -> Vec<Left> {
        let paper = Paper::with_room(usize::MAX);
        let Ok(mut journal) = Journal::resume(text, Box::new(paper)) else {
            return Vec::new();
        };
        let left = clean(&self.retrying(door), &self.profile, &mut journal).await;
        assert_eq!(left.is_empty(), journal.is_settled());
        left
    }

    #[track_caller]
    fn check_untouched(&self, door: &InMemory, what: &str) {
        let told = |world: &World| -> Vec<String> {
            let users = world.users().map(|it| format!("{it:?}"));
            let groups = world
                .groups()
                .map(|it| format!("{it:?} {:?}", world.members(&it.identifier)));
            users.chain(groups).collect()
        };
        let after = door.with_world(|world| told(world));
        assert_eq!(after, told(&self.world), "{what}");
    }
}

fn verdict(run: &Run, topic: Topic) -> Verdict {
    let mut findings = run.probed.findings.iter();
    findings
        .find(|finding| finding.topic == topic)
        .expect("every topic has a finding")
        .verdict
}

#[track_caller]
fn check_complete(run: &Run) {
    let topics: Vec<Topic> = run.probed.findings.iter().map(|it| it.topic).collect();
    assert_eq!(topics, Topic::ALL);
    for finding in &run.probed.findings {
        assert!(!finding.found.is_empty(), "{finding:?}");
    }
    assert!(run.probed.users <= USERS, "{} users", run.probed.users);
    assert!(run.probed.groups <= GROUPS, "{} groups", run.probed.groups);
}

/// Where the sandbox is what a profile says, that profile is found.
#[test]
fn the_dialect_in_use_is_found() {
    for (number, bench) in Bench::all().enumerate() {
        let door = bench.door();
        let paper = Paper::with_room(usize::MAX);
        let run = run(bench.probe(&door, &paper, &Stop::default()));
        check_complete(&run);
        assert!(run.probed.is_whole(), "{:?}", run.probed);
        assert_eq!(run.found.dialect, bench.profile.dialect, "{number}");
        // The source removes a group that the documentation says only Support removes.
        let expected: &[&str] = match number {
            1 => &["groupDeletion: delete"],
            _ => &[],
        };
        assert_eq!(said(&run), expected);
        for finding in &run.probed.findings {
            let expected = match (number, finding.topic) {
                (1, Topic::GroupRemoval) => Verdict::Differs,
                (_, topic) => match verdict(&run, topic) {
                    Verdict::Differs => Verdict::AsUsed,
                    other => other,
                },
            };
            assert_eq!(finding.verdict, expected, "{number}: {finding:?}");
        }
        let measured = [Topic::UserUpdate, Topic::UserFilter, Topic::UserInactive];
        for topic in measured {
            assert_eq!(verdict(&run, topic), Verdict::AsUsed, "{number}: {topic:?}");
        }
        let of_groups = match number {
            0 => Verdict::Unknown,
            _ => Verdict::AsUsed,
        };
        for topic in [Topic::MemberRemoval, Topic::GroupRename, Topic::GroupTotal] {
            assert_eq!(verdict(&run, topic), of_groups, "{number}: {topic:?}");
        }
        bench.check_untouched(&door, "afterwards");
        // Nobody else was written to.
        let prefix = "scim-sync-probe-0123456789ab-";
        for it in door.log().iter().filter(|it| it.method == Method::Post) {
            assert!(
                it.body.as_deref().unwrap_or_default().contains(prefix),
                "{it}"
            );
        }
        assert!(!paper.text().contains(TOKEN));
    }
}

/// Where a group cannot be removed, one is made if that is allowed, and told.
#[test]
fn a_group_that_only_support_removes() {
    let mut bench = Bench::new(0);
    bench.groups = Groups::OneMayStay;
    let door = bench.door();
    let paper = Paper::with_room(usize::MAX);
    let run = run(bench.probe(&door, &paper, &Stop::default()));
    check_complete(&run);
    assert_eq!(run.found.dialect, bench.profile.dialect);
    assert_eq!(verdict(&run, Topic::MemberRemoval), Verdict::AsUsed);
    assert_eq!(verdict(&run, Topic::GroupRemoval), Verdict::AsUsed);
    assert_eq!(verdict(&run, Topic::GroupTotal), Verdict::Unknown);
    let [left] = run.probed.left.as_slice() else {
        panic!("{:?}", run.probed.left);
    };
    assert_eq!(left.name, "scim-sync-probe-0123456789ab-first");
    let (groups, people, members) = door.with_world(|world| {
        let id = left.id.as_deref().expect("its id is known").into();
        let made = world.group(&id).expect("it stays");
        assert_eq!(made.name, left.name, "it has its own name again");
        (
            world.groups().count(),
            world.users().count(),
            world.members(&id).len(),
        )
    });
    assert_eq!(groups, bench.world.groups().count() + 1);
    assert_eq!(people, bench.world.users().count());
    assert_eq!(members, 0);
}

fn env<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}

fn requests(bench: &Bench) -> usize {
    let door = bench.door();
    let paper = Paper::with_room(usize::MAX);
    let run = run(bench.probe(&door, &paper, &Stop::default()));
    assert!(run.probed.is_whole());
    door.log().len()
}

/// Each fault at each request: what is not gone afterwards is told, and gone after one more
/// run. No single fault makes a dangerous spelling look right.
#[test]
fn every_fault_at_every_request_leaves_nothing_behind() {
    let (only, named): (Option<usize>, Option<String>) = (env("NTH"), env("FAULT"));
    let stride = match std::env::var_os("WHOLE").is_some() || only.is_some() {
        true => 1,
        false => 7,
    };
    let mut runs = 0;
    for bench in Bench::all() {
        let requests = requests(&bench);
        for (fault, offset) in once().into_iter().zip((0..stride).cycle()) {
            if named
                .as_ref()
                .is_some_and(|name| !format!("{fault:?}").starts_with(name))
            {
                continue;
            }
            for nth in (1 + offset..=requests).step_by(stride) {
                if only.is_some_and(|only| only != nth) {
                    continue;
                }
                let what = format!(
                    "{} {:?}: request {nth} {fault:?}",
                    bench.profile.name,
                    bench.world.settings().behavior
                );
                let door = bench.door();
                door.keep();
                door.fail_nth(nth, fault.clone());
                let paper = Paper::with_room(usize::MAX);
                let run = run(async {
                    let run = bench.probe(&door, &paper, &Stop::default()).await;
                    if run.probed.left.is_empty() {
                        bench.check_untouched(&door, &what);
                    }
                    door.heal();
                    let left = bench.clean(&door, &paper.text()).await;
                    assert_eq!(left, [], "{what}");
                    run
                });
                check_complete(&run);
                bench.check_untouched(&door, &what);
                let is_plain = bench.profile.dialect.member_removal == MemberRemoval::ValuePath;
                let is_list = run.found.dialect.member_removal == MemberRemoval::ValueList;
                let strict = bench.profile.name == "scim";
                assert!(!(is_plain && is_list && strict), "{what}: {run:#?}");
                runs += 1;
            }
        }
    }
    println!("{runs} runs");
}

/// A provider that breaks down for good: nothing can be removed, and the next run does.
#[test]
fn a_provider_that_breaks_down_at_any_request() {
    for bench in Bench::all() {
        for from in (1..=requests(&bench)).step_by(2) {
            for fault in [Fault::Refused, Fault::Status(500), Fault::DropAfter] {
                let what = format!("{}: {fault:?} from {from} on", bench.profile.name);
                let door = bench.door();
                door.fail_when(move |it| it.number >= from, fault);
                let paper = Paper::with_room(usize::MAX);
                run(async {
                    let run = bench.probe(&door, &paper, &Stop::default()).await;
                    check_complete(&run);
                    if run.probed.left.is_empty() {
                        bench.check_untouched(&door, &what);
                    }
                    door.heal();
                    assert_eq!(bench.clean(&door, &paper.text()).await, [], "{what}");
                });
                bench.check_untouched(&door, &what);
            }
        }
    }
}

/// An interrupt at any request: it is over soon, and everything is gone.
#[test]
fn an_interrupt_at_any_request() {
    for bench in Bench::all() {
        for nth in 1..=requests(&bench) {
            let door = bench.door();
            let stop = Arc::new(Stop::default());
            let asked = Arc::clone(&stop);
            door.before(move |it, _| {
                if it.number == nth {
                    asked.ask();
                }
                None
            });
            let paper = Paper::with_room(usize::MAX);
            let run = run(bench.probe(&door, &paper, &stop));
            check_complete(&run);
            assert_eq!(run.probed.left, [], "request {nth}");
            bench.check_untouched(&door, &format!("request {nth}"));
            let measuring = door.log().len() - nth;
            // A look, a write and its look, for each of what is there, and a list or two.
            assert!(measuring <= 3 * (USERS + GROUPS) + 10, "{measuring}");
        }
    }
}

/// A process that is killed while a request is on its way: the transport never answers.
struct Dying<'a> {
    door: &'a InMemory,
    sent: AtomicUsize,
    nth: usize,
    arrives: bool,
}

impl Transport for Dying<'_> {
    async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        if self.sent.fetch_add(1, Ordering::Relaxed) + 1 < self.nth {
            return self.door.send(request).await;
        }
        if self.arrives {
            let _ = self.door.send(request).await;
        }
        std::future::pending().await
    }

    fn target(&self) -> &str {
        self.door.target()
    }
}

/// Killed at any request, arrived or not, its last line whole or torn: the next run takes
/// everything away.
#[test]
fn killed_at_any_request() {
    for bench in Bench::all() {
        for nth in 1..=requests(&bench) {
            for arrives in [false, true] {
                let what = format!("{}: request {nth}, arrives: {arrives}", bench.profile.name);
                let door = bench.door();
                let paper = Paper::with_room(usize::MAX);
                run(async {
                    let dying = Dying {
                        door: &door,
                        sent: AtomicUsize::new(0),
                        nth,
                        arrives,
                    };
                    let stop = Stop::default();
                    let work = bench.probe(&dying, &paper, &stop);
                    let ended = tokio::time::timeout(Duration::from_secs(3600), work).await;
                    assert!(ended.is_err(), "{what}: it was not killed");
                    let torn = format!("{}{{\"kind\":\"int", paper.text());
                    assert_eq!(bench.clean(&door, &torn).await, [], "{what}");
                });
                bench.check_untouched(&door, &what);
            }
        }
    }
}

/// Without room for the next line nothing more is made, and what is there goes.
#[test]
fn a_journal_that_cannot_be_written() {
    for bench in Bench::all() {
        let lines = {
            let (door, paper) = (bench.door(), Paper::with_room(usize::MAX));
            let _ = run(bench.probe(&door, &paper, &Stop::default()));
            paper.text().lines().count()
        };
        for room in 1..lines {
            let (door, paper) = (bench.door(), Paper::with_room(room));
            let run = run(bench.probe(&door, &paper, &Stop::default()));
            bench.check_untouched(&door, &format!("room for {room} lines"));
            assert_eq!(run.probed.left, [], "room for {room} lines");
            let intended = paper.text().matches(r#""kind":"intent""#).count();
            let created = |it: &&Exchange| it.method == Method::Post;
            let sent = door.log().iter().filter(created).count();
            assert!(sent <= intended, "room for {room} lines: {sent} creates");
        }
    }
}

/// A provider that departs from the profile in use.
fn quirky(profile: &str, which: usize, arrange: impl FnOnce(&InMemory)) -> Run {
    let mut bench = Bench::new(which);
    bench.profile = in_use(profile, &bench.world);
    let door = bench.door();
    arrange(&door);
    let paper = Paper::with_room(usize::MAX);
    let run = run(bench.probe(&door, &paper, &Stop::default()));
    check_complete(&run);
    assert!(run.probed.is_whole(), "{:#?}", run.probed);
    bench.check_untouched(&door, "quirky");
    run
}

fn said(run: &Run) -> Vec<String> {
    let settings = run.probed.dialect.iter();
    settings
        .map(|it| format!("{}: {}", it.key, it.value))
        .collect()
}

fn body_has(it: &Exchange, text: &str) -> bool {
    it.body.as_deref().unwrap_or_default().contains(text)
}

/// Harness, spoken to as if it were a plain provider.
#[test]
fn another_profile_than_the_one_in_use_is_found() {
    let run = quirky("scim", 1, |_| {});
    assert_eq!(
        said(&run),
        [
            "activeFalse: removes",
            "groupRename: put",
            "userFilter: textual",
            "groupFilter: textual"
        ]
    );
    for topic in [
        Topic::UserTotal,
        Topic::GroupTotal,
        Topic::UserAttributes,
        Topic::UserCreateAgain,
        Topic::UserInactive,
    ] {
        assert_eq!(verdict(&run, topic), Verdict::Differs, "{topic:?}");
    }
    // And a plain one as if it were Harness.
    let run = quirky("harness", 2, |_| {});
    assert_eq!(
        said(&run),
        [
            "activeFalse: disables",
            "groupDeletion: delete",
            "groupRename: put",
            "userFilter: quoted",
            "groupFilter: quoted"
        ]
    );
}

#[test]
fn quirks_become_settings() {
    let run = quirky("scim", 2, |door| {
        let patches_user =
            |it: &Exchange| it.method == Method::Patch && it.target.contains("/Users/");
        door.fail_when(patches_user, Fault::Status(501));
    });
    assert_eq!(said(&run), ["userUpdate: put"]);
    assert_eq!(run.found.dialect.user_update, UserUpdate::PutMerged);

    let run = quirky("scim", 2, |door| {
        door.fail_when(|it| it.target.contains("filter="), Fault::Status(400));
    });
    assert_eq!(said(&run), ["userFilter: none", "groupFilter: none"]);
    assert_eq!(run.found.dialect.user_filter, Filter::None);

    let run = quirky("scim", 2, |door| {
        let many = |it: &Exchange| {
            let body = it.body.as_deref().unwrap_or_default();
            body.matches(r#"{"value":"user"#).count() > 10
                || body.matches(r#"{"value":"#).count() > 10
        };
        door.fail_when(
            move |it| it.method == Method::Patch && many(it),
            Fault::Status(413),
        );
    });
    assert_eq!(said(&run), ["membersPerPatch: 6"]);

    let run = quirky("scim", 2, |door| {
        let renames =
            |it: &Exchange| it.method == Method::Patch && body_has(it, r#""path":"displayName""#);
        door.fail_when(
            move |it| renames(it) && it.target.contains("/Groups/"),
            Fault::NoOp,
        );
    });
    assert_eq!(said(&run), ["groupRename: put"]);
    assert_eq!(run.found.dialect.group_rename, GroupRename::PutWithMembers);

    // Pages of more than 50 fail.
    let run = quirky("scim", 2, |door| {
        let big = |it: &Exchange| {
            let count = it.target.split("count=").nth(1).unwrap_or("0");
            let digits: String = count.chars().take_while(char::is_ascii_digit).collect();
            digits.parse::<u32>().is_ok_and(|count| count > 50)
        };
        door.fail_when(move |it| big(it), Fault::Status(400));
    });
    assert_eq!(said(&run), ["pageSize: 50"]);
}

/// A world that takes no other dialect than that of a profile.
fn like(profile: &Profile) -> World {
    let group_deletion = match profile.group_removal {
        GroupRemovalRule::Deletable => GroupDeletion::Served,
        GroupRemovalRule::SupportOnly { .. } | GroupRemovalRule::ByHand => GroupDeletion::Refused,
    };
    let names = match profile.names {
        NameModel::NotKept => Names::Forgotten,
        NameModel::DisplayNameOnly { .. } | NameModel::Full => Names::Kept,
    };
    let quirks = Quirks::enforcing(&profile.dialect, group_deletion, names, &profile.attributes);
    World::rfc_like(TOKEN, quirks)
}

/// What is found at a world like a profile, with another in use.
fn told_at(world: &World, used: Profile, groups: Groups) -> String {
    let bench = Bench {
        profile: used,
        world: world.clone(),
        groups,
    };
    let door = bench.door();
    let paper = Paper::with_room(usize::MAX);
    let run = run(bench.probe(&door, &paper, &Stop::default()));
    check_complete(&run);
    if run.probed.left.is_empty() {
        bench.check_untouched(&door, bench.profile.name);
    }
    let mut told = said(&run).join(", ");
    for left in &run.probed.left {
        let name = left.name.rsplit('-').next().unwrap_or_default();
        told.push_str(&format!("; left: {} {name}", left.collection));
    }
    // What is measured by hand is spelled as the provider takes it, too.
    if run.probed.stopped.is_none() {
        let inactive = verdict(&run, Topic::UserInactive);
        assert!(
            matches!(inactive, Verdict::AsUsed | Verdict::Differs),
            "{inactive:?}"
        );
    }
    if let Some(stopped) = &run.probed.stopped {
        told.push_str(&format!("; stopped: {stopped}"));
    }
    told
}

/// Every named profile, enforced by the sandbox: in use itself, and found by plain SCIM.
#[test]
fn the_dialects_of_named_profiles_are_found() {
    let mut told = String::new();
    for name in Profile::NAMES.iter().filter(|name| **name != "harness") {
        let profile = Profile::named(name).expect("a profile");
        let world = like(&profile);
        let own = told_at(&world, in_use(name, &world), Groups::IfRemovable);
        let plain = told_at(&world, in_use("scim", &world), Groups::IfRemovable);
        told.push_str(&format!("{name}\n  in use: {own}\n  by scim: {plain}\n"));
    }
    expect_test::expect![[r#"
        scim
          in use: 
          by scim: 
        atlassian
          in use: ; stopped: the profile in use says that DELETE only makes users inactive, so whatever is made would stay
          by scim: userDeletion: deactivates; left: Users first@example.com; stopped: DELETE answers 204, and the user is still there
        aws-identity-center
          in use: 
          by scim: 
        databricks
          in use: 
          by scim: userExternalId: dropped
        github-emu
          in use: 
          by scim: memberRemoval: valueList
        gitlab
          in use: 
          by scim: activeFalse: removes, groups: notServed, userFilter: none
        grafana
          in use: ; stopped: the profile in use says that DELETE only makes users inactive, so whatever is made would stay
          by scim: userDeletion: deactivates; left: Users first@example.com; stopped: DELETE answers 204, and the user is still there
        new-relic
          in use: 
          by scim: opCase: capital, memberRemoval: valueList
        pagerduty
          in use: 
          by scim: activeFalse: removes, groups: notServed
        sentry
          in use: userFilter: quoted
          by scim: activeFalse: removes, groupFilter: none, userExternalId: dropped
        slack
          in use: ; stopped: the profile in use says that DELETE only makes users inactive, so whatever is made would stay
          by scim: userDeletion: deactivates; left: Users first@example.com; stopped: DELETE answers 204, and the user is still there
        snowflake
          in use: 
          by scim: 
    "#]].assert_eq(&told);
}

/// A provider whose answers are not what its world is.
struct Answering<F> {
    door: InMemory,
    change: F,
}

impl<F: Fn(&Request, &mut Value) + Send + Sync> Transport for Answering<F> {
    async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let mut response = self.door.send(request).await?;
        if let Ok(mut body) = serde_json::from_slice::<Value>(&response.body) {
            (self.change)(request, &mut body);
            response.body = body.to_string().into_bytes();
        }
        Ok(response)
    }

    fn target(&self) -> &str {
        self.door.target()
    }
}

/// Each resource of an answer, be it one or a list.
fn each(body: &mut Value, change: impl Fn(&mut Value)) {
    match body.get_mut("Resources").and_then(Value::as_array_mut) {
        Some(rows) => rows.iter_mut().for_each(change),
        None => change(body),
    }
}

fn answered(change: impl Fn(&Request, &mut Value) + Send + Sync) -> (Run, InMemory, String) {
    let bench = Bench::new(2);
    let answering = Answering {
        door: bench.door(),
        change,
    };
    let paper = Paper::with_room(usize::MAX);
    let run = run(bench.probe(&answering, &paper, &Stop::default()));
    check_complete(&run);
    (run, answering.door, paper.text())
}

fn is_of(request: &Request, collection: &str) -> bool {
    request.path.first().is_some_and(|it| it == collection)
}

#[test]
fn lists_and_reads_that_do_not_tell_members() {
    // As AWS' lists.
    let (run, door, _) = answered(|request, body| {
        if is_of(request, "Groups") && request.path.len() == 1 && request.method == Method::Get {
            each(body, |row| row["members"] = json!([]));
        }
    });
    assert_eq!(said(&run), ["listMembers: readEach"]);
    Bench::new(2).check_untouched(&door, "lists");
    let (run, door, _) = answered(|request, body| {
        if is_of(request, "Groups") {
            each(body, |row| row["members"] = Value::Null);
        }
    });
    assert_eq!(said(&run), [""; 0]);
    for topic in [Topic::MemberRemoval, Topic::MembersPerPatch] {
        assert_eq!(verdict(&run, topic), Verdict::Unknown, "{topic:?}");
    }
    Bench::new(2).check_untouched(&door, "reads");
}

#[test]
fn totals_and_cursors() {
    let finding = |run: &Run, topic: Topic| {
        let found = run.probed.findings.iter().find(|it| it.topic == topic);
        found.expect("every topic has a finding").found.clone()
    };
    let (run, _, _) = answered(|_, body| {
        if let Some(rows) = body["Resources"].as_array() {
            body["totalResults"] = rows.len().into();
        }
    });
    assert_eq!(verdict(&run, Topic::UserTotal), Verdict::Differs);
    assert!(finding(&run, Topic::UserTotal).contains("counts the page"));
    let (run, _, _) = answered(|_, body| {
        if body["totalResults"].is_u64() {
            body["totalResults"] = 3000.into();
        }
    });
    assert!(finding(&run, Topic::UserTotal).contains("nothing is at that index"));
    let (run, _, _) = answered(|request, body| {
        let mut asked = request.query.iter();
        if asked.any(|(name, value)| name == "cursor" && value.is_empty()) {
            body["nextCursor"] = "xyz".into();
        }
    });
    assert!(finding(&run, Topic::UserCursor).starts_with("offered"));
}

#[test]
fn names_that_come_back_in_another_form() {
    let (run, door, _) = answered(|request, body| {
        if is_of(request, "Groups") {
            each(body, |row| {
                let name = row["displayName"].as_str().unwrap_or_default();
                row["displayName"] = name.replace('-', "_").to_uppercase().into();
            });
        }
    });
    assert_eq!(run.probed.left, []);
    Bench::new(2).check_untouched(&door, "hyphens");
    // A create that only tells the id.
    let (run, door, _) = answered(|request, body| {
        if request.method == Method::Post {
            let id = body["id"].clone();
            *body = json!({ "id": id });
        }
    });
    assert!(run.probed.is_whole(), "{:#?}", run.probed);
    Bench::new(2).check_untouched(&door, "only ids");
}

/// A resource of another name may be anybody's: it is neither touched nor forgotten.
#[test]
fn a_create_that_is_answered_with_somebody_else() {
    let bench = Bench::new(2);
    let (run, door, journal) = answered(|request, body| {
        if is_of(request, "Users") && request.method == Method::Post {
            *body = json!({ "id": "finn", "userName": "finn@x.io" });
        }
    });
    assert!(run.probed.stopped.is_some());
    let left: Vec<&str> = run
        .probed
        .left
        .iter()
        .map(|it| it.because.as_str())
        .collect();
    assert!(
        left.iter().any(|it| it.contains("another name")),
        "{left:?}"
    );
    let writes: Vec<Method> = door
        .log()
        .iter()
        .filter(|it| it.is_scim_write())
        .map(|it| it.method)
        .collect();
    assert_eq!(writes, [Method::Post, Method::Delete]);
    // What was made instead is found by its name; who is not ours stays.
    bench.check_untouched(&door, "finn");
    let left = account::run(bench.clean(&door, &journal));
    assert_eq!(left.len(), 1, "{left:?}");
    bench.check_untouched(&door, "finn, again");
}

/// A provider that repeats what was sent, with the id of somebody who was there: whether it
/// wrote over them or not, they are not removed.
#[test]
fn a_create_that_is_answered_with_our_words_and_an_id_that_was_there() {
    for lists in [true, false] {
        let bench = Bench::new(2);
        let (run, door, journal) = answered(move |request, body| {
            if is_of(request, "Users") && request.method == Method::Post {
                body["id"] = "finn".into();
            }
            // Where the list does not come, the read tells.
            if !lists && is_of(request, "Users") && request.path.len() == 1 {
                body["Resources"] = "none".into();
            }
        });
        assert!(run.probed.stopped.is_some());
        let to_finn = |it: &&Exchange| it.is_scim_write() && it.target.ends_with("finn");
        assert_eq!(door.log().iter().filter(to_finn).count(), 0, "{lists}");
        let left: Vec<_> = run.probed.left.iter().map(|it| it.id.as_deref()).collect();
        assert!(left.contains(&Some("finn")), "{left:?}");
        let left = account::run(bench.clean(&door, &journal));
        assert!(
            left.iter().any(|it| it.id.as_deref() == Some("finn")),
            "{left:?}"
        );
        bench.check_untouched(&door, "finn");
    }
}

/// A provider that gives the new name to somebody who was there: by their name they are ours by
/// now, by their id they are not.
#[test]
fn somebody_whom_a_create_renamed_is_not_removed() {
    let bench = Bench::new(2);
    let door = bench.door();
    door.before(|it, world| {
        if it.method != Method::Post || !it.target.ends_with("/Users") {
            return None;
        }
        let body: Value = serde_json::from_str(it.body.as_deref()?).ok()?;
        let answer = world.handle(&Incoming {
            method: Method::Put,
            path: "/scim/v2/Users/finn".to_owned(),
            query: String::new(),
            authorization: Some(format!("Bearer {TOKEN}")),
            api_key: None,
            if_match: None,
            content_type: Some("application/scim+json".to_owned()),
            accept: None,
            body: body.to_string().into_bytes(),
        });
        assert_eq!(answer.status, 200);
        Some(Fault::NoOp)
    });
    let paper = Paper::with_room(usize::MAX);
    let run = run(bench.probe(&door, &paper, &Stop::default()));
    assert!(run.probed.stopped.is_some());
    let left: Vec<_> = run.probed.left.iter().map(|it| it.id.as_deref()).collect();
    assert_eq!(left, [Some("finn")], "{:?}", run.probed);
    door.with_world(|world| assert!(world.user(&"finn".into()).is_some()));
}

/// Where a rename gives another id, the group is found by its name.
#[test]
fn a_rename_that_gives_another_id() {
    let bench = Bench::new(2);
    let door = bench.door();
    door.before(|it, world| {
        let renames = it.method == Method::Patch && body_has(it, r#""path":"displayName""#);
        if !renames || !it.target.contains("/Groups/") {
            return None;
        }
        let body: Value = serde_json::from_str(it.body.as_deref()?).ok()?;
        let name = body["Operations"][0]["value"].clone();
        let mut send = |method, path: &str, body: String| {
            world.handle(&Incoming {
                method,
                path: path.to_owned(),
                query: String::new(),
                authorization: Some(format!("Bearer {TOKEN}")),
                api_key: None,
                if_match: None,
                content_type: Some("application/scim+json".to_owned()),
                accept: None,
                body: body.into_bytes(),
            })
        };
        let group = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": name,
        });
        send(Method::Post, "/scim/v2/Groups", group.to_string());
        send(Method::Delete, &it.target, String::new());
        None
    });
    let paper = Paper::with_room(usize::MAX);
    let run = run(bench.probe(&door, &paper, &Stop::default()));
    assert_eq!(verdict(&run, Topic::GroupRename), Verdict::Noted);
    assert_eq!(verdict(&run, Topic::GroupPut), Verdict::Unknown);
    assert_eq!(run.probed.left, []);
    bench.check_untouched(&door, "moved");
}

/// A removal that takes everybody out is told, and never chosen.
#[test]
fn a_strict_server_and_a_list_of_values() {
    let mut bench = Bench::new(2);
    bench.profile.dialect.member_removal = MemberRemoval::ValueList;
    let door = bench.door();
    let paper = Paper::with_room(usize::MAX);
    let run = run(bench.probe(&door, &paper, &Stop::default()));
    assert_eq!(run.found.dialect.member_removal, MemberRemoval::ValuePath);
    assert_eq!(verdict(&run, Topic::MemberRemoval), Verdict::Differs);
    // The profile says it already, once the manifest does not say otherwise.
    assert_eq!(run.probed.dialect, []);
    assert_eq!(run.found.dialect.list_members, ListMembers::Included);
    assert_eq!(run.found.dialect.user_paging.total, TotalResults::Whole);
    let topics: BTreeSet<Topic> = Topic::ALL.iter().copied().collect();
    assert_eq!(topics.len(), Topic::ALL.len());
}

/// An id that is somebody else's by now is left alone.
#[test]
fn what_has_another_name_by_now_is_not_removed() {
    let bench = Bench::new(2);
    let door = bench.door();
    let journal = "{\"kind\":\"begin\",\"version\":1,\"run\":\"0123456789ab\",\"target\":\"t\"}\n\
         {\"kind\":\"intent\",\"entry\":0,\"collection\":\"Users\",\"name\":\"scim-sync-probe-0123456789ab-a@example.com\"}\n\
         {\"kind\":\"made\",\"entry\":0,\"id\":\"finn\"}\n";
    let left = run(bench.clean(&door, journal));
    assert_eq!(left.len(), 1);
    assert!(left[0].because.contains("left alone"), "{left:?}");
    bench.check_untouched(&door, "finn");
    assert!(!door.log().iter().any(Exchange::is_scim_write));
}
