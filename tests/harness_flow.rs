//! What a Harness administrator lives through, with the real binary, a real sandbox in both
//! readings and real git: groups only Support removes, and where everybody stands.

#[path = "support/cli.rs"]
mod support;

use std::process::Command;

use scim_sync::ids::GroupId;
use scim_sync::sandbox::world::World;
use serde_json::Value;
use support::{Place, Served};

const BEHAVIORS: [&str; 2] = ["documented", "source"];
const TOKEN: [(&str, &str); 1] = [("SCIM_TOKEN", "tok")];

/// A manifest for a served sandbox.
fn at(served: &Served, rest: &str) -> String {
    format!(
        "version: 1\n\
         target:\n  provider: harness\n  baseUrl: {}\n  token: {{ env: SCIM_TOKEN }}\n\
         users:\n  ada: {{ email: ada@x.io, givenName: Ada, familyName: Lovelace }}\n  bob: {{ email: bob@x.io, givenName: Bob, familyName: Boole }}\n{rest}",
        served.base_url
    )
}

const ROLES: &str = "roles:\n  sre: { members: [ada] }\n  auditors: { members: [ada, bob] }\ngroupMappings: [{ match: '.*', group: '{role}' }]\n";
const WITHOUT_AUDITORS: &str = "roles:\n  sre: { members: [ada] }\ngroupMappings: [{ match: '.*', group: '{role}' }]\ngroups:\n  auditors: { status: absent }\n";
const FREE: &str = "policy: { limits: { membershipRemovals: 100% } }\n";

fn git(place: &Place, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(place.path("."))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .envs([
            ("GIT_AUTHOR_NAME", "Ada Lovelace"),
            ("GIT_AUTHOR_EMAIL", "ada@x.io"),
            ("GIT_COMMITTER_NAME", "Ada Lovelace"),
            ("GIT_COMMITTER_EMAIL", "ada@x.io"),
            ("GIT_AUTHOR_DATE", "2026-11-20T09:00:00Z"),
            ("GIT_COMMITTER_DATE", "2026-11-20T09:00:00Z"),
        ])
        .output()
        .expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {output:?}");
    String::from_utf8(output.stdout)
        .expect("text")
        .trim()
        .to_owned()
}

fn commit(place: &Place, message: &str) -> String {
    git(place, &["add", "scim-sync.yaml"]);
    git(place, &["commit", "-q", "-m", message]);
    git(place, &["rev-parse", "HEAD"])
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// State of each person or group by key or name.
fn states(status: &Value, list: &str, name: &str) -> Vec<(String, String)> {
    let entries = status[list].as_array().expect("a list").iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut states: Vec<_> = entries
        .map(|entry| (text(&entry[name]), text(&entry["state"])))
        .collect();
    states.sort();
    states
}

/// The whole life of a group that a role gave: made, given up, emptied, asked for, gone.
#[test]
fn a_group_only_support_removes() {
    for behavior in BEHAVIORS {
        let place = Place::new();
        let served = Served::start(
            &place,
            &[
                "--token",
                "tok",
                "--behavior",
                behavior,
                "--state",
                "state.json",
            ],
        );
        git(&place, &["init", "-q", "-b", "main"]);
        place.write("scim-sync.yaml", &at(&served, ROLES));
        commit(&place, "Ada and Bob");
        place.run_with(&TOKEN, &["apply", "--auto-approve"]).ends(0);
        let none = place.run_with(&TOKEN, &["support-request"]).ends(0);
        assert_eq!(none.out, "", "{behavior}");
        none.warns("there is nothing to ask Harness Support for");

        // Not committed yet: the letter says so.
        place.write(
            "scim-sync.yaml",
            &at(&served, &format!("{WITHOUT_AUDITORS}{FREE}")),
        );
        place
            .run_with(&TOKEN, &["support-request"])
            .ends(0)
            .says("Not wanted since: now: the change is not committed yet");
        let head = commit(&place, "Drop the auditors (OPS-7)");

        let letter = place.run_with(&TOKEN, &["support-request"]).ends(0).out;
        for line in [
            "To: support@harness.io",
            "Subject: Please remove 1 user group made by SCIM (account sandbox)",
            "1. auditors",
            "Identifier: auditors",
            "Members now: 2",
            &format!(
                "Not wanted since: 2026-11-20 (commit {} by Ada Lovelace: Drop the",
                &head[..7]
            ),
            "Why: it is declared absent (scim-sync.yaml:13:3)",
            "Account: sandbox",
        ] {
            assert!(letter.contains(line), "no {line:?} in\n{letter}");
        }
        assert!(
            letter.lines().all(|line| line.chars().count() <= 79),
            "{letter}"
        );
        let markdown = ["support-request", "--format", "markdown"];
        place
            .run_with(&TOKEN, &markdown)
            .ends(0)
            .says("- `auditors`")
            .says("Identifier: auditors");
        let request = place.run_with(&TOKEN, &["support-request", "--format", "json"]);
        let request = json(&request.ends(0).out);
        assert_eq!(request["version"], 1);
        assert_eq!(request["groups"][0]["id"], "auditors");
        assert_eq!(request["groups"][0]["since"]["commit"], head);
        assert_eq!(request["groups"][0]["since"]["date"], "2026-11-20");

        let status = ["status", "--format", "json"];
        let before = json(&place.run_with(&TOKEN, &status).ends(0).out);
        let group = |name: &str, state: &str| (name.to_owned(), state.to_owned());
        assert_eq!(
            states(&before, "groups", "name"),
            [
                group("auditors", "waiting-for-support"),
                group("sre", "provisioned")
            ]
        );

        // Apply takes the members out and leaves the group to Support, again and again.
        for _ in 0..2 {
            place.run_with(&TOKEN, &["apply", "--auto-approve"]).ends(0);
        }
        place
            .run_with(&TOKEN, &["support-request"])
            .ends(0)
            .says("Members now: none");
        place
            .run_with(&TOKEN, &["status"])
            .ends(0)
            .says("People: 2 provisioned")
            .says("Groups: 1 waiting for Support, 1 provisioned")
            .says("waiting for Support auditors");

        // Support does it; the next plan has nothing left and says the tombstone may go.
        drop(served);
        let state = place.read("state.json");
        let gone = without_group(&state, "auditors");
        place.write("state.json", &gone);
        let served = Served::start(
            &place,
            &[
                "--token",
                "tok",
                "--behavior",
                behavior,
                "--state",
                "state.json",
            ],
        );
        place.write(
            "scim-sync.yaml",
            &at(&served, &format!("{WITHOUT_AUDITORS}{FREE}")),
        );
        place
            .run_with(&TOKEN, &["plan", "--detailed-exitcode"])
            .ends(0)
            .says("the group `auditors` is gone; the tombstone may be taken out");
        let after = place.run_with(&TOKEN, &["support-request"]).ends(0);
        assert_eq!(after.out, "");
    }
}

/// A sandbox's state in which Support has removed a group.
fn without_group(state: &str, id: &str) -> String {
    let mut world = World::from_json(state.as_bytes()).expect("a state");
    let id = GroupId::from(id);
    world.remove_group(&id).expect("the group is there");
    String::from_utf8(world.to_json()).expect("text")
}

/// `onRemoval.groups: delete` empties the group first, whatever becomes of the DELETE.
#[test]
fn an_opted_in_delete_empties_the_group_first() {
    for (behavior, code) in [("documented", 4), ("source", 0)] {
        let place = Place::new();
        let served = Served::start(&place, &["--token", "tok", "--behavior", behavior]);
        place.write("scim-sync.yaml", &at(&served, ROLES));
        place.run_with(&TOKEN, &["apply", "--auto-approve"]).ends(0);
        let policy =
            "policy: { onRemoval: { groups: delete }, limits: { membershipRemovals: 100% } }\n";
        place.write(
            "scim-sync.yaml",
            &at(&served, &format!("{WITHOUT_AUDITORS}{policy}")),
        );
        place
            .run_with(&TOKEN, &["plan"])
            .ends(0)
            .says("remove 2 members from group auditors")
            .says("Harness documents that only support@harness.io removes such a group")
            .says("the newest published source carries it out");
        let ran = place
            .run_with(&TOKEN, &["apply", "--auto-approve"])
            .ends(code);
        let status = json(
            &place
                .run_with(&TOKEN, &["status", "--format", "json"])
                .ends(0)
                .out,
        );
        match behavior {
            "documented" => {
                ran.says(
                    "Harness does not let anybody but its Support remove a group that SCIM made",
                );
                let groups = status["groups"].as_array().expect("groups");
                let failed = groups.iter().find(|group| group["name"] == "auditors");
                let failed = failed.expect("the group is still there");
                assert_eq!(failed["state"], "failed");
                let error = failed["lastError"]["message"].as_str().expect("an error");
                assert!(error.contains("Imported From SCIM"), "{error}");
                place
                    .run_with(&TOKEN, &["status"])
                    .says("Groups: 1 failed, 1 provisioned")
                    .says("last tried");
                place
                    .run_with(&TOKEN, &["snapshot"])
                    .says(r#""id": "auditors", "displayName": "auditors", "members": []"#);
            }
            _ => assert_eq!(states(&status, "groups", "name").len(), 1),
        }
    }
}

/// Every state a person can have, told from a plan and from what past runs reported.
#[test]
fn people_and_where_they_stand() {
    for behavior in BEHAVIORS {
        let place = Place::new();
        let served = Served::start(&place, &["--token", "tok", "--behavior", behavior]);
        let more = "  eve: { email: eve@x.io, givenName: Eve, familyName: E }\n  dan: { email: dan@x.io, status: suspended }\n";
        place.write("scim-sync.yaml", &at(&served, more));
        place.run_with(&TOKEN, &["apply", "--auto-approve"]).ends(0);
        // Somebody undeclared, a pending create, an e-mail that changed, a rename to approve.
        let next = at(
            &served,
            "  zoe: { email: zoe@x.io }\npolicy: { approvals: [create] }\n",
        )
        .replace("bob: { email: bob@x.io", "bob: { email: robert@x.io")
        .replace("familyName: Lovelace", "familyName: King");
        place.write("scim-sync.yaml", &next);
        let ran = place.run_with(&TOKEN, &["status", "--full"]).ends(0);
        let ran = ran
            .says("refused bob <robert@x.io>")
            .says("[email-immutable]")
            .says("pending zoe <zoe@x.io> is to be created (needs `--approve create`)")
            .says("pending ada <ada@x.io> is to be renamed");
        assert!(!ran.out.contains("pat."), "{}", ran.out);
        let status = json(
            &place
                .run_with(&TOKEN, &["status", "--format", "json"])
                .ends(0)
                .out,
        );
        assert_eq!(
            status["users"][0]["state"], "refused",
            "who needs somebody comes first"
        );
        assert_eq!(status["version"], 1);
    }
}
