//! The real binary as a process: what it shows while it runs, when it stops, and what it
//! does when the disk is full or an older commit comes along.

#[path = "support/cli.rs"]
mod support;

use std::process::Stdio;
use std::time::{Duration, Instant};

use support::{Place, Ran, Served};

/// Not a token of anything.
const CANARY: &str = "pat.acct.id.canary5ecretvalue";

fn manifest(people: usize, base_url: &str) -> String {
    let mut text = format!(
        "version: 1\ntarget: {{ provider: harness, baseUrl: '{base_url}', token: {{ env: TOK }} }}\nusers:\n"
    );
    for n in 0..people {
        text.push_str(&format!(
            "  p{n}: {{ email: person{n}@example.com, givenName: Given{n}, familyName: Family{n} }}\n"
        ));
    }
    let keys: Vec<String> = (0..people).map(|n| format!("p{n}")).collect();
    text.push_str(&format!(
        "roles: {{ ops: {{ members: [{}] }} }}\n",
        keys.join(", ")
    ));
    text.push_str("groupMappings: [{ match: '.*', group: '{role}' }]\n");
    text
}

/// A served sandbox and a manifest for it.
fn lab(people: usize, latency: &str) -> (Place, Served) {
    let place = Place::new();
    let served = Served::start(&place, &["--token", CANARY, "--latency", latency]);
    place.write("scim-sync.yaml", &manifest(people, &served.base_url));
    (place, served)
}

fn run(place: &Place, arguments: &[&str]) -> Ran {
    place.run_with(&[("TOK", CANARY)], arguments)
}

/// Everything in a folder, as text.
fn everything(folder: &std::path::Path) -> String {
    let mut all = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.push_str(&everything(&path));
        } else {
            all.push_str(&String::from_utf8_lossy(&std::fs::read(&path).unwrap()));
        }
    }
    all
}

#[test]
fn verbose_tells_requests_and_neither_token_nor_people() {
    let (place, _served) = lab(2, "0");
    let quiet = run(&place, &["plan", "--out", "plan.json"]).ends(0);
    assert!(!quiet.err.contains("GET"), "{}", quiet.err);

    let once = run(&place, &["-v", "plan", "--format", "json"]).ends(0);
    assert!(once.err.contains("GET Users: 200 in "), "{}", once.err);
    assert!(!once.err.contains("answered:"), "{}", once.err);

    let twice = run(&place, &["-vv", "apply", "plan.json", "--auto-approve"]).ends(0);
    for told in [
        "item{id=user:p0:create}: POST Users: 201 in ",
        r#"POST Users, sent: {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]"#,
        r#""op":"add","path":"members""#,
        "done: create user p0",
    ] {
        assert!(twice.err.contains(told), "no {told:?} in {}", twice.err);
    }
    for person in ["person0", "Given0", "Family0"] {
        let requests: Vec<&str> = twice
            .err
            .lines()
            .filter(|line| line.contains("sent:") || line.contains("answered:"))
            .collect();
        assert!(requests.len() > 6);
        for line in requests {
            assert!(!line.contains(person), "{line}");
        }
    }

    // A token that is not accepted is not told either, whoever echoes it.
    let wrong = place
        .run_with(
            &[("TOK", "pat.acct.id.canary5ecretother")],
            &["-vv", "plan"],
        )
        .ends(1);
    for ran in [&quiet, &once, &twice, &wrong] {
        for text in [&ran.out, &ran.err] {
            assert!(!text.contains("canary5ecret"), "{text}");
        }
    }
    assert!(!everything(&place.path(".")).contains("canary5ecret"));
}

#[test]
fn without_a_terminal_a_line_every_few_seconds() {
    let (place, _served) = lab(40, "120");
    let ran = run(&place, &["apply", "--auto-approve", "--concurrency", "2"]).ends(0);
    let lines: Vec<&str> = ran
        .err
        .lines()
        .filter(|line| line.contains(" of 42 done, ") && line.contains(" a second, about "))
        .collect();
    assert!((1..8).contains(&lines.len()), "{}", ran.err);
    assert!(lines[0].contains("create user p"), "{}", ran.err);
    assert!(!ran.err.contains("done: create"), "{}", ran.err);

    let (place, _served) = lab(40, "120");
    let quiet = run(
        &place,
        &["apply", "--auto-approve", "--concurrency", "2", "--quiet"],
    )
    .ends(0);
    assert!(!quiet.err.contains(" done, "), "{}", quiet.err);
}

fn wait_until(mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn only_report(place: &Place) -> Option<String> {
    let mut runs = std::fs::read_dir(place.path(".scim-sync/runs")).ok()?;
    let path = runs.next()?.ok()?.path();
    std::fs::read_to_string(path).ok()
}

fn applying(place: &Place) -> std::process::Child {
    place
        .command(&["apply", "--auto-approve", "--concurrency", "1"])
        .env("TOK", CANARY)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[cfg(unix)]
fn signal(child: &std::process::Child, name: &str) {
    let sent = std::process::Command::new("sh")
        .args(["-c", &format!("kill -{name} {}", child.id())])
        .status()
        .unwrap();
    assert!(sent.success());
}

/// The answer would take three seconds; the second signal does not wait for it.
#[cfg(unix)]
#[test]
fn a_second_interrupt_ends_at_once_and_the_report_stays_whole() {
    let (place, _served) = lab(8, "3000");
    let mut child = applying(&place);
    wait_until(|| only_report(&place).is_some_and(|text| text.contains(r#""kind":"request""#)));
    let began = Instant::now();
    signal(&child, "INT");
    std::thread::sleep(Duration::from_millis(200));
    assert!(child.try_wait().unwrap().is_none(), "the first one waits");
    signal(&child, "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(4));
    assert!(began.elapsed() < Duration::from_millis(2500));
    let runs = std::fs::read_dir(place.path(".scim-sync/runs")).unwrap();
    let report = runs.last().unwrap().unwrap().path();
    place
        .run(&["report", "show", report.to_str().unwrap()])
        .ends(0)
        .says("no answer is recorded: POST Users for user:p0:create")
        .says("the report has no end");
}

/// The lock of a run that was killed is no obstacle, though its file is still there.
#[test]
fn the_lock_of_a_killed_run_lets_go() {
    let (place, _served) = lab(4, "100");
    let mut child = applying(&place);
    wait_until(|| only_report(&place).is_some_and(|text| text.contains("request")));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(place.read(".scim-sync/apply.lock").contains("process"));
    run(&place, &["apply", "--auto-approve"])
        .ends(0)
        .says("Converged");
}

/// A disk that is full after some lines: what could not be written down was not sent.
#[cfg(target_os = "linux")]
#[test]
fn on_a_full_disk_nothing_is_sent_that_is_not_written_down() {
    let (place, served) = lab(12, "0");
    let limited = |blocks: u32| {
        // Files beyond so many half kibibytes fail, as they do on a full disk.
        let program = env!("CARGO_BIN_EXE_scim-sync");
        let line = format!("trap '' XFSZ; ulimit -f {blocks}; exec {program} apply --auto-approve");
        let mut command = place.command(&[]);
        let folder = command.get_current_dir().unwrap().to_owned();
        command = std::process::Command::new("sh");
        let output = command
            .args(["-c", &line])
            .current_dir(folder)
            .env("TOK", CANARY)
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, text) = limited(12);
    assert_eq!(code, Some(4), "{text}");
    assert!(text.contains("the report cannot be written"), "{text}");
    let report = only_report(&place).unwrap();
    let whole: Vec<&str> = report
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'))
        .collect();
    let written: Vec<&&str> = whole
        .iter()
        .filter(|line| {
            line.contains(r#""kind":"request""#)
                && line.contains(r#""method":"POST","path":"Users""#)
        })
        .collect();
    let there = {
        let live = run(&place, &["snapshot"]).ends(0).out;
        live.matches("@example.com\"").count()
    };
    assert!(!written.is_empty() && written.len() < 12, "{report}");
    // An account may be named more than once; who was not written down is not there.
    for n in 0..12 {
        let asked = written
            .iter()
            .any(|line| line.contains(&format!("person{n}@")));
        let live = run(&place, &["snapshot"]).ends(0).out;
        if live.contains(&format!("person{n}@")) {
            assert!(asked, "person{n} was made and not written down");
        }
    }
    assert!(there > 0);
    drop(served);
}

mod commits {
    use super::*;

    fn git(place: &Place, arguments: &[&str]) -> String {
        let output = std::process::Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
            .args(arguments)
            .current_dir(place.path("."))
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    const ONE: &str =
        "version: 1\ntarget: { provider: scim }\nusers: { ada: { email: ada@x.io } }\n";

    fn repository() -> Place {
        let place = Place::with(ONE);
        git(&place, &["init", "-q", "-b", "main"]);
        git(&place, &["add", "scim-sync.yaml"]);
        git(&place, &["commit", "-qm", "one"]);
        place.write(
            "scim-sync.yaml",
            &ONE.replace("users: {", "users: { bob: { email: bob@x.io },"),
        );
        git(&place, &["commit", "-qam", "two"]);
        place
    }

    #[test]
    fn an_older_commit_is_not_applied_after_a_newer_one() {
        let place = repository();
        place.run(&["apply", "--auto-approve"]).ends(0);
        place.run(&["apply", "--auto-approve"]).ends(0);
        git(&place, &["checkout", "-q", "HEAD~1"]);
        place
            .run(&["apply", "--auto-approve"])
            .ends(1)
            .warns("error[older-commit]")
            .warns("`--older`");
        place.run(&["apply", "--auto-approve", "--older"]).ends(0);
        // What was applied last is the older one now; the newer may follow.
        git(&place, &["checkout", "-q", "main"]);
        place.run(&["apply", "--auto-approve"]).ends(0);
        // A revert is a newer commit.
        git(&place, &["revert", "--no-edit", "HEAD"]);
        place.run(&["apply", "--auto-approve"]).ends(0);
    }

    #[test]
    fn a_plan_made_with_another_base_is_stale() {
        let place = repository();
        place
            .run(&["plan", "--base", "HEAD~1", "--out", "plan.json"])
            .ends(0);
        place
            .run(&["apply", "plan.json", "--base", "HEAD", "--auto-approve"])
            .ends(5)
            .warns("error[stale-plan]")
            .warns("the plan was made with the base");
        place
            .run(&["apply", "plan.json", "--base", "HEAD~1", "--auto-approve"])
            .ends(0);
    }
}

#[test]
fn after_the_deadline_nothing_is_begun_and_what_is_left_is_said() {
    let (place, _served) = lab(30, "150");
    for not_a_time in ["0s", "soon", "-5m"] {
        place
            .run(&[
                "apply",
                "--auto-approve",
                &format!("--deadline={not_a_time}"),
            ])
            .ends(1)
            .warns("write it as `90s`");
    }
    let ran = run(&place, &["apply", "--auto-approve", "--deadline", "1s"])
        .ends(4)
        .says("Stopped: the deadline of 1 s has passed")
        .says("not run: create user");
    assert!(ran.out.contains(" done, "), "{}", ran.out);
    run(&place, &["apply", "--auto-approve"])
        .ends(0)
        .says("Converged");
}
