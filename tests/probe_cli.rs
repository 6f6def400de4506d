//! `scim-sync probe` as people run it: the real binary against served sandboxes.

#[path = "support/cli.rs"]
mod support;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use support::{Place, Served};

const PEOPLE: &str = "users:\n  ada: { email: ada@x.io, givenName: Ada, familyName: L }\n  bob: { email: bob@x.io, givenName: Bob, familyName: M }\nroles: { sre: { members: [ada, bob] }, 'a \"b\" + c': { members: [ada] } }\ngroupMappings: [{ match: '.*', group: '{role}' }]\n";
const GO: &str = "--i-know-it-writes";

fn manifest(provider: &str, base_url: &str, dialect: &str) -> String {
    format!(
        "version: 1\ntarget:\n  provider: {provider}\n  baseUrl: {base_url}\n  token: {{ env: SCIM_TOKEN }}\n{dialect}{PEOPLE}"
    )
}

/// A served world with two people and two groups in it.
struct Bench {
    place: Place,
    served: Served,
    provider: &'static str,
    before: Value,
}

impl Bench {
    fn new(provider: &'static str, arguments: &[&str]) -> Self {
        let place = Place::new();
        let all = [&["--token", "tok"], arguments].concat();
        let served = Served::start(&place, &all);
        place.write("scim-sync.yaml", &manifest(provider, &served.base_url, ""));
        let mut bench = Self {
            place,
            served,
            provider,
            before: Value::Null,
        };
        bench.run(&["apply", "--auto-approve"]).ends(0);
        bench.before = bench.live();
        bench
    }

    fn run(&self, arguments: &[&str]) -> support::Ran {
        self.place.run_with(&[("SCIM_TOKEN", "tok")], arguments)
    }

    fn live(&self) -> Value {
        let snapshot = self.run(&["snapshot"]).ends(0).out;
        let snapshot: Value = serde_json::from_str(&snapshot).expect("JSON");
        Value::from(vec![snapshot["users"].clone(), snapshot["groups"].clone()])
    }

    #[track_caller]
    fn check_untouched(&self) {
        assert_eq!(self.live(), self.before);
    }

    fn journals(&self) -> Vec<std::path::PathBuf> {
        let Ok(entries) = std::fs::read_dir(self.place.path(".scim-sync/probes")) else {
            return Vec::new();
        };
        let paths = entries.map(|entry| entry.unwrap().path());
        let is_journal =
            |path: &std::path::PathBuf| path.extension().is_some_and(|it| it == "jsonl");
        paths.filter(is_journal).collect()
    }

    /// A probe on its way, once its journal has so many lines.
    fn begin(&self, arguments: &[&str], lines: usize) -> std::process::Child {
        let mut command: Command = self.place.command(&[&["probe", GO], arguments].concat());
        let mut child = command
            .env("SCIM_TOKEN", "tok")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let patience = Instant::now() + Duration::from_secs(60);
        loop {
            let written = self.journals().first().map_or(0, |path| {
                let text = std::fs::read_to_string(path).unwrap_or_default();
                text.lines().count()
            });
            if written >= lines {
                return child;
            }
            let ended = child.try_wait().expect("a child");
            assert!(ended.is_none(), "it ended too soon: {ended:?}");
            assert!(Instant::now() < patience, "only {written} lines");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn nothing_begins_unless_it_is_asked_for_by_name() {
    let bench = Bench::new("harness", &["--behavior", "source"]);
    let state = bench.live();
    bench
        .run(&["probe"])
        .ends(1)
        .warns("`probe` writes to Harness at http://127.0.0.1")
        .warns("up to 9 users and no group, because only Support removes them there")
        .warns("an invitation is mailed for each user, to addresses at `example.com`")
        .warns("--i-know-it-writes");
    bench
        .run(&[
            "probe",
            "--groups-may-stay",
            "--email-domain",
            "Test.Acme.io",
        ])
        .ends(1)
        .warns("one group, which may stay")
        .warns("addresses at `test.acme.io`");
    bench
        .run(&["probe", "--email-domain", "somebody@acme.io"])
        .ends(1)
        .warns("write a domain");
    assert_eq!(bench.live(), state);
    assert_eq!(bench.journals(), [""; 0].map(std::path::PathBuf::from));
}

#[test]
fn no_group_is_announced_where_there_are_none() {
    for provider in ["gitlab", "pagerduty"] {
        let place = Place::new();
        place.write(
            "scim-sync.yaml",
            &format!("version: 1\ntarget: {{ provider: {provider} }}\nusers: {{ ada: {{ email: ada@x.io }} }}\n"),
        );
        place
            .run(&["probe"])
            .ends(1)
            .warns("up to 9 users and no group, because its profile has none");
    }
}

#[test]
fn a_plain_provider_is_told_in_text_and_json() {
    let bench = Bench::new("scim", &["--personality", "scim"]);
    let ran = bench.run(&["probe", GO]).ends(0);
    let ran = ran
        .says("Probed SCIM 2.0 at http://127.0.0.1")
        .says("with 7 users and 5 groups of its own")
        .says("as used user update PATCH with paths works; PUT of what was read works")
        .says("a list of values takes everybody out")
        .says("No `target.dialect` is needed")
        .says("Everything that was made is gone.");
    let longest = ran.out.lines().map(|line| line.chars().count()).max();
    // But for the URL nothing is wider.
    assert!(longest.is_some_and(|longest| longest <= 80), "{}", ran.out);
    assert!(!ran.out.contains("tok\n") && !ran.err.contains("tok\n"));
    bench.check_untouched();
    assert_eq!(bench.journals().len(), 0);

    let json = bench
        .run(&[
            "probe",
            GO,
            "--format",
            "json",
            "--email-domain",
            "acme.test",
        ])
        .ends(0)
        .out;
    let json: Value = serde_json::from_str(&json).expect("JSON");
    let schema = bench.run(&["schema", "probe"]).ends(0).out;
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = validator
        .iter_errors(&json)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(errors, [""; 0]);
    assert_eq!(json["left"], serde_json::json!([]));
    bench.check_untouched();
}

/// The lines of the block, ready to be pasted below `target`.
fn pasted(out: &str) -> String {
    let block = out
        .lines()
        .skip_while(|line| *line != "  dialect:")
        .take_while(|line| !line.is_empty());
    block.map(|line| format!("{line}\n")).collect()
}

/// Harness, spoken to as a plain provider: what the probe prints makes a manifest whose apply
/// converges.
#[test]
fn the_printed_dialect_can_be_pasted() {
    let bench = Bench::new("harness", &["--behavior", "source"]);
    let url = &bench.served.base_url;
    bench
        .place
        .write("scim-sync.yaml", &manifest("scim", url, ""));
    let out = bench.run(&["probe", GO]).ends(0).out;
    bench
        .place
        .write("scim-sync.yaml", &manifest(bench.provider, url, ""));
    bench.check_untouched();
    let dialect = pasted(&out);
    assert!(dialect.contains("    groupFilter: textual"), "{out}");
    assert!(dialect.contains("# in use: quoted"), "{out}");
    let with = manifest("scim", url, &dialect)
        .replace(
            "  bob:",
            "  cyd: { email: cyd@x.io, givenName: C, familyName: D }\n  bob:",
        )
        .replace("members: [ada, bob]", "members: [ada, bob, cyd]");
    bench.place.write("scim-sync.yaml", &with);
    bench.run(&["validate"]).ends(0);
    bench
        .run(&["apply", "--auto-approve"])
        .ends(0)
        .says("Converged");
    bench.run(&["plan", "--detailed-exitcode"]).ends(0);
    // And once it is there, nothing differs from it any more.
    let again = bench.run(&["probe", GO]).ends(0);
    for key in ["groupRename", "userFilter", "groupFilter"] {
        assert!(
            !again.out.contains(&format!("in use: `{key}")),
            "{}",
            again.out
        );
    }
    let settings = |block: &str| -> Vec<String> {
        let words = block.lines().map(|line| {
            let line = line.split('#').next().unwrap_or_default();
            line.trim_end().to_owned()
        });
        words.collect()
    };
    assert_eq!(settings(&pasted(&again.out)), settings(&dialect));
}

#[cfg(unix)]
fn signal(child: &std::process::Child, name: &str) {
    let status = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status()
        .expect("kill runs");
    assert!(status.success());
}

#[cfg(unix)]
#[test]
fn an_interrupted_probe_takes_everything_away() {
    for (name, lines) in [("-INT", 6), ("-TERM", 16), ("-INT", 24)] {
        let bench = Bench::new("scim", &["--personality", "scim", "--latency", "10"]);
        let child = bench.begin(&[], lines);
        signal(&child, name);
        let output = child.wait_with_output().expect("it ends");
        let out = String::from_utf8(output.stdout).expect("text");
        assert_eq!(output.status.code(), Some(4), "{out}");
        assert!(out.contains("Stopped early: interrupted"), "{out}");
        assert!(out.contains("Everything that was made is gone."), "{out}");
        bench.check_untouched();
        assert_eq!(bench.journals().len(), 0);
    }
}

#[test]
fn a_deadline_ends_it() {
    let bench = Bench::new("scim", &["--personality", "scim", "--latency", "30"]);
    bench
        .run(&["probe", GO, "--deadline", "1s"])
        .ends(4)
        .says("Stopped early: the deadline of 1 s has passed")
        .says("measuring ended before it")
        .says("Everything that was made is gone.");
    bench.check_untouched();
}

/// Killed, and cleaned up by the next run, by `--clean`, or by whoever only knows its number.
#[test]
fn a_killed_probe_is_cleaned_up_by_the_next() {
    let bench = Bench::new("scim", &["--personality", "scim", "--latency", "10"]);
    let kill = |lines: usize| {
        let mut child = bench.begin(&[], lines);
        child.kill().expect("it runs");
        child.wait().expect("it ends");
        assert_ne!(bench.live(), bench.before, "nothing was made yet");
        let [journal] = bench.journals().try_into().expect("one journal");
        journal
    };

    kill(12);
    bench
        .run(&["probe", "--clean"])
        .ends(0)
        .says("nothing of earlier runs is left")
        .warns("everything it made is gone");
    bench.check_untouched();
    assert_eq!(bench.journals().len(), 0);

    kill(20);
    bench
        .run(&["probe", GO])
        .ends(0)
        .warns("everything it made is gone")
        .says("Everything that was made is gone.");
    bench.check_untouched();

    // The folder is lost, as in a pipeline: only the names are left.
    let journal = kill(20);
    std::fs::remove_file(&journal).expect("it is there");
    let run = journal
        .file_stem()
        .and_then(|it| it.to_str())
        .expect("text");
    bench
        .run(&["probe", "--clean"])
        .ends(0)
        .warns(&format!("is of run {run}, whose journal is not here"))
        .warns(&format!(
            "`scim-sync probe --clean --run {run}` takes it away"
        ));
    assert_ne!(bench.live(), bench.before);
    bench
        .run(&["probe", "--clean", "--run", "000000000000"])
        .ends(1)
        .warns(
            "nothing is known of the run 000000000000: no journal, no note that it is gone, and \
             nothing in the lists",
        );
    for no_run in ["../x", "", "00000000000", "00000000000G", "0123456789AB"] {
        bench
            .run(&["probe", "--clean", "--run", no_run])
            .ends(1)
            .warns("write the 12 digits after `scim-sync-probe-`");
    }
    assert_ne!(bench.live(), bench.before);
    bench
        .run(&["probe", "--clean", "--run", run])
        .ends(0)
        .says("nothing of earlier runs is left");
    bench.check_untouched();
    bench
        .run(&["probe", "--clean"])
        .ends(0)
        .says("nothing of earlier runs is left");
    // Of a run that was taken away, this is known; in a folder that has no note of it, it is not.
    let again = ["probe", "--clean", "--run", run];
    bench
        .run(&again)
        .ends(0)
        .warns(&format!("run {run}: everything it made at http://"))
        .warns("is gone already")
        .says("nothing of earlier runs is left");
    std::fs::remove_file(bench.place.path(".scim-sync/probes/ended")).expect("a note");
    bench
        .run(&again)
        .ends(1)
        .warns(&format!("nothing is known of the run {run}"))
        .warns("it never was, or was taken away from another folder");
}

/// A journal of another target is not this one's business, and one that is none is no reason
/// to guess.
#[test]
fn journals_that_are_not_ours() {
    let bench = Bench::new("scim", &["--personality", "scim"]);
    bench.place.write(
        ".scim-sync/probes/0123456789ab.jsonl",
        "{\"kind\":\"begin\",\"version\":1,\"run\":\"0123456789ab\",\"target\":\"https://other.example\"}\n{\"kind\":\"intent\",\"entry\":0,\"collection\":\"Users\",\"name\":\"scim-sync-probe-0123456789ab-a@x\"}\n",
    );
    bench
        .run(&["probe", "--clean"])
        .ends(0)
        .warns("is of https://other.example");
    // Known, though not here: neither an error nor taken away.
    bench
        .run(&["probe", "--clean", "--run", "0123456789ab"])
        .ends(0)
        .warns("is of https://other.example");
    assert_eq!(bench.journals().len(), 1);
    bench
        .place
        .write(".scim-sync/probes/0123456789ab.jsonl", "what\n");
    bench
        .run(&["probe", GO])
        .ends(1)
        .warns("cannot be used: line 1 is no line of a probe's journal");
    bench.check_untouched();
}
