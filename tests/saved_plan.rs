//! What was reviewed is what happens, and afterwards anybody can tell what was done.

#[path = "support/cli.rs"]
mod support;

use std::time::{Duration, Instant};

use scim_sync::manifest::decl::SandboxBehavior;
use scim_sync::sandbox::server::{Options, Server};
use scim_sync::sandbox::world::{SeedUser, World};
use serde_json::Value;
use support::{Place, Served};

const MANIFEST: &str = r"
version: 1
target: { provider: harness }
include: [people.yaml]
roles:
  sre: { members: [ada, grace] }
groupMappings:
  - { match: '.*', group: '{role}' }
";
const PEOPLE: &str = r"
users:
  ada: { email: ada@example.com, givenName: Ada, familyName: Lovelace }
  grace: { email: grace@example.com, givenName: Grace, familyName: Hopper }
";

fn place() -> Place {
    let place = Place::with(MANIFEST);
    place.write("people.yaml", PEOPLE);
    place
}

fn world(place: &Place) -> World {
    World::from_json(place.read(".scim-sync/sandbox.json").as_bytes()).unwrap()
}

fn put(place: &Place, world: &World) {
    place.write(
        ".scim-sync/sandbox.json",
        &String::from_utf8(world.to_json()).unwrap(),
    );
}

/// The events of the only report.
fn report(place: &Place) -> Vec<Value> {
    let runs = place.path(".scim-sync/runs");
    let mut files: Vec<_> = std::fs::read_dir(runs)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let file = files.pop().unwrap();
    place
        .run(&["report", "verify", file.to_str().unwrap()])
        .ends(0)
        .says("unbroken");
    place
        .run(&["report", "show", file.to_str().unwrap()])
        .ends(0)
        .says("done user:ada:create");
    let text = std::fs::read_to_string(file).unwrap();
    text.lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["event"].clone())
        .collect()
}

#[test]
fn a_saved_plan_is_carried_out_as_it_was_reviewed() {
    let place = place();
    place
        .run(&["plan", "--out", "plan.json"])
        .ends(0)
        .warns("saved as plan.json");
    place
        .run(&["apply", "plan.json", "--auto-approve"])
        .ends(0)
        .says("Converged");
    // Once more: everything is already so, which is said and is no failure.
    place
        .run(&["apply", "plan.json", "--auto-approve"])
        .ends(0)
        .says("4 already so")
        .says("Converged");
}

#[test]
fn a_changed_manifest_makes_it_stale_and_the_changed_files_are_named() {
    let place = place();
    place.run(&["plan", "--out", "plan.json"]).ends(0);
    place.write("people.yaml", &PEOPLE.replace("Hopper", "Murray"));
    place
        .run(&["apply", "plan.json", "--auto-approve"])
        .ends(5)
        .warns("error[stale-plan]")
        .warns("changed people.yaml");
    assert!(!place.path(".scim-sync/runs").exists(), "nothing ran");
    place.write("people.yaml", PEOPLE);
    place.run(&["apply", "plan.json", "--auto-approve"]).ends(0);
}

#[test]
fn a_tampered_plan_another_version_and_another_target_are_refused() {
    let place = place();
    place.run(&["plan", "--out", "plan.json"]).ends(0);
    let plan = place.read("plan.json");
    place.write(
        "plan.json",
        &plan.replace("grace@example.com", "eve@example.com"),
    );
    place
        .run(&["apply", "plan.json", "--auto-approve"])
        .ends(1)
        .warns("not as it was saved");
    place.write(
        "plan.json",
        &plan.replacen("\"version\": 1", "\"version\": 2", 1),
    );
    place
        .run(&["apply", "plan.json", "--auto-approve"])
        .ends(1)
        .warns("a plan of version 2");
    place.write("plan.json", "[]");
    place
        .run(&["apply", "plan.json", "--auto-approve"])
        .ends(1)
        .warns("not a saved plan");

    // Same manifest, another account behind the variable: the plan knows where it belongs.
    let served = Served::start(&place, &["--token", "tok"]);
    let manifest = MANIFEST.replace(
        "target: { provider: harness }",
        "target: { provider: harness, baseUrl: '${BASE}', token: { env: TOK } }",
    );
    place.write("scim-sync.yaml", &manifest);
    let here = [("BASE", served.base_url.as_str()), ("TOK", "tok")];
    place
        .run_with(&here, &["plan", "--out", "plan.json"])
        .ends(0);
    let other = Served::start(&place, &["--token", "tok"]);
    let there = [("BASE", other.base_url.as_str()), ("TOK", "tok")];
    place
        .run_with(&there, &["apply", "plan.json", "--auto-approve"])
        .ends(1)
        .warns("the plan was made for Harness at");
    place
        .run_with(&here, &["apply", "plan.json", "--auto-approve"])
        .ends(0);
}

#[test]
fn what_moved_since_stops_alone_and_the_rest_runs() {
    let place = place();
    place.run(&["apply", "--auto-approve"]).ends(0);
    std::fs::remove_dir_all(place.path(".scim-sync/runs")).unwrap();
    place.write(
        "people.yaml",
        &PEOPLE
            .replace("Lovelace", "Byron")
            .replace("Hopper", "Murray"),
    );
    place
        .run(&["plan", "--out", "plan.json"])
        .ends(0)
        .says("2 to update");

    let mut there = world(&place);
    let ada = there.user_by_email("ada@example.com").unwrap().id.clone();
    let body = br#"{"userName":"ada@example.com","displayName":"Countess Ada","active":true,"name":{"givenName":"Countess","familyName":"Ada"}}"#;
    let answer = there.handle(&scim_sync::sandbox::world::Incoming {
        if_match: None,
        method: scim_sync::scim::http::Method::Put,
        path: format!("{}/Users/{ada}", there.base_path()),
        query: String::new(),
        authorization: Some("Bearer sandbox".to_owned()),
        api_key: None,
        content_type: Some("application/scim+json".to_owned()),
        accept: None,
        body: body.to_vec(),
    });
    assert_eq!(answer.status, 200);
    put(&place, &there);

    place
        .run(&["apply", "plan.json", "--auto-approve"])
        .ends(4)
        .says("moved: update user ada")
        .says("displayName of `ada` was `Ada Lovelace` when the plan was made and is `Countess Ada` now");
    assert_eq!(
        world(&place)
            .user_by_email("grace@example.com")
            .unwrap()
            .name,
        "Grace Murray"
    );
}

/// What is known of an account besides its e-mail is in the plan, and looked at before anything.
#[test]
fn an_account_that_is_another_persons_by_now_is_left_alone() {
    let place = place();
    place.run(&["apply", "--auto-approve"]).ends(0);
    place.write(
        "people.yaml",
        &PEOPLE.replace("familyName: Hopper", "status: absent"),
    );
    place.write("scim-sync.yaml", &MANIFEST.replace(", grace]", "]"));
    place
        .run(&["plan", "--out", "plan.json"])
        .ends(0)
        .says("1 to delete");
    let state = place.read(".scim-sync/sandbox.json");
    let before = "\"scim-sync:grace\"";
    assert!(state.contains(before), "{state}");
    place.write(
        ".scim-sync/sandbox.json",
        &state.replace(before, "\"scim-sync:zed\""),
    );
    place
        .run(&["apply", "plan.json", "--auto-approve"])
        .ends(4)
        .says("moved: delete user grace")
        .says("had the externalId `scim-sync:grace` when the plan was made and has the externalId `scim-sync:zed` now");
    assert!(world(&place).user_by_email("grace@example.com").is_some());
}

/// Grants end by themselves: nobody who reviewed the plan of that day agreed to this one.
#[test]
fn a_plan_of_another_day_is_stale_where_today_wants_something_else() {
    let place = place();
    let until = |day: &str| {
        let member = format!("{{ user: grace, until: {day} }}");
        place.write("scim-sync.yaml", &MANIFEST.replace("grace", &member));
    };
    until("2020-02-01");
    place
        .run(&["plan", "--as-of", "2020-01-15", "--out", "then.json"])
        .ends(0)
        .says("2 memberships to add");
    place
        .run(&["apply", "then.json", "--auto-approve"])
        .ends(5)
        .warns("error[stale-plan]: the plan was made for 2020-01-15, and grants have ended since")
        .warns("ended `grace` in `sre`, until 2020-02-01");
    assert!(!place.path(".scim-sync/runs").exists(), "nothing ran");

    until("2999-02-01");
    place
        .run(&["plan", "--as-of", "2999-02-02", "--out", "future.json"])
        .ends(0);
    place
        .run(&["apply", "future.json", "--auto-approve"])
        .ends(5)
        .warns("the plan was made for 2999-02-02, and today is");

    // A day on which the manifest wants what it wants today is as good as today.
    place
        .run(&["plan", "--as-of", "2020-01-15", "--out", "then.json"])
        .ends(0);
    place
        .run(&["apply", "then.json", "--auto-approve"])
        .ends(0)
        .says("Converged");
}

/// What a limit refuses is not carried out, and needs no room under it.
#[test]
fn a_plan_that_a_limit_has_cut_does_the_rest() {
    let place = place();
    place.run(&["apply", "--auto-approve"]).ends(0);
    place.write(
        "scim-sync.yaml",
        &MANIFEST.replace("{ members: [ada, grace] }", "{ members: [] }")
            .replace("include:", "policy: { limits: { userRemovals: 1, membershipRemovals: 100%, perGroupRemovals: 100% } }\ninclude:"),
    );
    let gone = PEOPLE
        .replace("familyName: Lovelace", "status: absent")
        .replace("familyName: Hopper", "status: absent");
    place.write(
        "people.yaml",
        &format!("{gone}  linus: {{ email: linus@example.com, givenName: L, familyName: T }}\n"),
    );
    place
        .run(&["plan", "--out", "plan.json"])
        .ends(3)
        .says("people removed: 2 of 1, over the limit");
    place
        .run(&["apply", "plan.json", "--auto-approve"])
        .ends(3)
        .says("Applied: 1 done");
    assert!(world(&place).user_by_email("linus@example.com").is_some());
    assert!(world(&place).user_by_email("ada@example.com").is_some());
}

#[test]
fn the_report_tells_every_write_and_no_secret() {
    let place = place();
    let served = Served::start(&place, &["--token", "canary-5ecret-value"]);
    let target = format!(
        "target: {{ provider: harness, baseUrl: '{}', token: {{ env: TOK }} }}",
        served.base_url
    );
    place.write(
        "scim-sync.yaml",
        &MANIFEST.replace("target: { provider: harness }", &target),
    );
    let token = [("TOK", "canary-5ecret-value"), ("GITHUB_ACTOR", "octocat")];
    place
        .run_with(
            &token,
            &["apply", "--auto-approve", "--allow", "user-removals=7"],
        )
        .ends(0);

    let events = report(&place);
    assert_eq!(events[0]["kind"], "begin");
    assert_eq!(events[0]["operator"], "octocat");
    assert_eq!(events[0]["allowed"][0], "user-removals=7");
    let of = |kind: &str| events.iter().filter(|event| event["kind"] == kind).count();
    // Two people, a group, and one PATCH for both members.
    assert_eq!(
        (of("request"), of("answer"), of("item"), of("end")),
        (4, 4, 4, 1)
    );
    assert_eq!(events.last().unwrap()["converged"], true);
    let asked = events
        .iter()
        .find(|event| event["item"] == "user:ada:create" && event["kind"] == "request");
    assert_eq!(asked.unwrap()["body"]["userName"], "ada@example.com");
    let made = events
        .iter()
        .find(|event| event["item"] == "user:ada:create" && event["kind"] == "item");
    assert!(made.unwrap()["userId"].is_string());
    assert!(
        !serde_json::to_string(&events).unwrap().contains("canary"),
        "the token is in the report"
    );

    let schema: Value =
        serde_json::from_str(&place.run(&["schema", "report"]).ends(0).out).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let runs = std::fs::read_dir(place.path(".scim-sync/runs")).unwrap();
    let text = std::fs::read_to_string(runs.last().unwrap().unwrap().path()).unwrap();
    for line in text.lines() {
        assert!(
            validator.is_valid(&serde_json::from_str(line).unwrap()),
            "{line}"
        );
    }
}

/// A report that cannot be read tells nothing, which is no reason to tell nothing at all.
#[cfg(unix)]
#[test]
fn status_leaves_out_a_report_that_leads_nowhere() {
    let place = place();
    place.run(&["apply", "--auto-approve"]).ends(0);
    let link = place.path(".scim-sync/runs/20990101T000000Z-1.jsonl");
    std::os::unix::fs::symlink("nowhere", link).unwrap();
    place
        .run(&["status"])
        .ends(0)
        .warns("warning: cannot read the report")
        .warns("it is left out");
    place.run(&["plan"]).ends(0);
}

/// A full disk: nothing is sent that cannot be written down.
#[cfg(target_os = "linux")]
#[test]
fn without_a_report_nothing_is_written() {
    let place = place();
    place
        .run(&[
            "apply",
            "--auto-approve",
            "--report",
            "no/such/folder/r.jsonl",
        ])
        .ends(1)
        .warns("cannot write the report");
    assert_eq!(world(&place).users().count(), 0);
    place.write("taken.jsonl", "precious");
    place
        .run(&["apply", "--auto-approve", "--report", "taken.jsonl"])
        .ends(1);
    assert_eq!(
        place.read("taken.jsonl"),
        "precious",
        "a report is never written over"
    );
}

#[test]
fn two_applies_at_once_on_one_machine() {
    let place = place();
    let served = Served::start(&place, &["--token", "tok", "--latency", "150"]);
    let target = format!(
        "target: {{ provider: harness, baseUrl: '{}', token: {{ env: TOK }} }}",
        served.base_url
    );
    place.write(
        "scim-sync.yaml",
        &MANIFEST.replace("target: { provider: harness }", &target),
    );
    let mut first = place.command(&["apply", "--auto-approve"]);
    let mut first = first
        .env("TOK", "tok")
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let lock = place.path(".scim-sync/apply.lock");
    wait_until(|| std::fs::read_to_string(&lock).is_ok_and(|text| text.contains("process")));
    place
        .run_with(&[("TOK", "tok")], &["apply", "--auto-approve"])
        .ends(1)
        .warns(&format!(
            "another apply is running on this manifest: process {}",
            first.id()
        ));
    assert!(first.wait().unwrap().success());
    // The first has ended; its lock is no obstacle.
    place
        .run_with(&[("TOK", "tok")], &["apply", "--auto-approve"])
        .ends(0)
        .says("Nothing to do");
}

#[track_caller]
fn wait_until(mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "it did not come to be so"
        );
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Three groups of eight people each: a plan of thirty items.
const GROUPS: [&str; 3] = ["one", "two", "three"];
const PEOPLE_EACH: usize = 8;

fn team() -> String {
    let mut text = "version: 1\ntarget: { provider: harness, baseUrl: '${BASE}', token: { env: TOK } }\nusers:\n".to_owned();
    let people = |group: usize| (0..PEOPLE_EACH).map(move |n| format!("p{group}{n}"));
    for key in (0..GROUPS.len()).flat_map(people) {
        text.push_str(&format!(
            "  {key}: {{ email: {key}@example.com, givenName: P, familyName: {key} }}\n"
        ));
    }
    text.push_str("roles:\n");
    for (group, at) in GROUPS.iter().zip(0..) {
        let members: Vec<String> = people(at).collect();
        text.push_str(&format!(
            "  {group}: {{ members: [{}] }}\n",
            members.join(", ")
        ));
    }
    text.push_str("groupMappings: [{ match: '.*', group: '{role}' }]\n");
    text
}

struct Lab {
    runtime: tokio::runtime::Runtime,
    server: Option<Server>,
    place: Place,
}

impl Lab {
    fn new(latency: Duration) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let place = Place::with(&team());
        let options = Options {
            port: 0,
            state: None,
            latency,
            ..Options::default()
        };
        let server = runtime.block_on(Server::start(options, || {
            let mut world = World::new("acct", "tok", SandboxBehavior::Source);
            world
                .seed_scim_user(SeedUser::new("stranger@example.com"))
                .unwrap();
            world
        }));
        Self {
            runtime,
            server: Some(server.unwrap()),
            place,
        }
    }

    fn server(&self) -> &Server {
        self.server.as_ref().expect("it runs until dropped")
    }

    fn command(&self) -> std::process::Command {
        let mut command = self
            .place
            .command(&["apply", "--auto-approve", "--concurrency", "2"]);
        command
            .env("BASE", self.server().base_url())
            .env("TOK", "tok");
        command
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null());
        command
    }

    fn requests(&self) -> u64 {
        self.server().with_world(|world| world.requests())
    }

    /// A run after whatever happened converges, and nothing was made twice.
    fn assert_converges(&self, what: &str) {
        let base = self.server().base_url().to_owned();
        let ran = self.place.run_with(
            &[("BASE", &base), ("TOK", "tok")],
            &["apply", "--auto-approve"],
        );
        assert_eq!(ran.code, 0, "{what}:\n{}\n{}", ran.out, ran.err);
        self.server().with_world(|world| {
            let mut mailed: Vec<String> = world
                .invitations()
                .iter()
                .map(ToString::to_string)
                .collect();
            mailed.sort();
            let invited = mailed.len();
            mailed.dedup();
            assert_eq!(mailed.len(), invited, "{what}: somebody was invited twice");
            let everybody = GROUPS.len() * PEOPLE_EACH + 1;
            assert_eq!(world.users().count(), everybody, "{what}");
            assert!(
                world.user_by_email("stranger@example.com").is_some(),
                "{what}"
            );
            for group in GROUPS {
                assert_eq!(
                    world.members(&group.into()).len(),
                    PEOPLE_EACH,
                    "{what}: {group}"
                );
            }
        });
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.shutdown());
        }
    }
}

/// The real binary, killed after each number of requests in turn, then run again.
#[test]
fn killed_at_any_request_the_next_run_converges() {
    let whole = Lab::new(Duration::ZERO);
    assert!(whole.command().status().unwrap().success());
    let all = whole.requests();
    assert!(all > 60, "a run has {all} requests");
    for kill_at in 1..=all {
        let lab = Lab::new(Duration::from_millis(1));
        let mut child = lab.command().spawn().unwrap();
        wait_until(|| lab.requests() >= kill_at || child.try_wait().unwrap().is_some());
        // SIGKILL: nothing of the process runs any more.
        let _ = child.kill();
        child.wait().unwrap();
        lab.assert_converges(&format!("killed at request {kill_at} of {all}"));
    }
}

/// The first interrupt finishes what is in flight, reports and ends with 4.
#[cfg(unix)]
#[test]
fn interrupted_it_reports_and_ends_with_4() {
    let lab = Lab::new(Duration::from_millis(40));
    let mut command = lab.command();
    let mut child = command
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    wait_until(|| lab.requests() > 12);
    let killed = std::process::Command::new("sh")
        .args(["-c", &format!("kill -TERM {}", child.id())])
        .status()
        .unwrap();
    assert!(killed.success());
    let mut out = String::new();
    std::io::Read::read_to_string(&mut child.stdout.take().unwrap(), &mut out).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(4), "{out}");
    assert!(out.contains("not run"), "{out}");
    assert!(out.contains("Stopped: interrupted"), "{out}");
    let runs: Vec<_> = std::fs::read_dir(lab.place.path(".scim-sync/runs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let report = std::fs::read_to_string(&runs[0]).unwrap();
    assert!(
        report.lines().last().unwrap().contains("interrupted"),
        "{report}"
    );
    lab.assert_converges("interrupted");
}
