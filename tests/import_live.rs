//! `scim-sync import live` with the real binary, the real sandbox and real git.

#[path = "support/cli.rs"]
mod support;

use std::process::Command;

use support::{Place, Served};

const SNAPSHOT: &str = r#"{
  "version": 1, "provider": "harness", "baseUrl": "https://app.harness.io/gateway/ng/api/scim/account/kmpySmUISimoRrJL6NL73w",
  "takenAt": "2026-11-24T08:00:00Z",
  "integrity": {
    "users": { "pages": 2, "rows": 4, "duplicates": 0, "reportedTotal": null, "verdict": { "state": "whole", "how": "empty-pages" } },
    "groups": { "pages": 1, "rows": 2, "duplicates": 0, "reportedTotal": null, "verdict": { "state": "whole", "how": "empty-pages" } }
  },
  "users": [
    { "id": "u1", "userName": "ada@example.com", "email": "ada@example.com", "displayName": "Ada Lovelace", "active": true },
    { "id": "u2", "userName": "grace@example.com", "email": "grace@example.com", "externalId": "00u1", "displayName": "Grace Brewster Hopper", "active": true },
    { "id": "u3", "userName": "ada@example.org", "email": "ada@example.org", "displayName": "no", "active": true },
    { "id": "u4", "userName": "svc", "email": "svc", "displayName": "Robot", "active": true }
  ],
  "groups": [
    { "id": "on", "displayName": "on", "members": ["u1", "u2"] },
    { "id": "ops", "displayName": "ops-team", "members": ["u3", "u4", "u9"] }
  ]
}"#;

#[test]
fn an_address_that_no_key_can_be_made_of_is_left_alone() {
    let place = Place::new();
    let long = format!("{}@example.com", "a".repeat(5000));
    place.write("live.json", &SNAPSHOT.replace("grace@example.com", &long));
    place
        .run(&["import", "live", "--live", "live.json", "--out", "access"])
        .ends(0)
        .warns("has an address of 5012 characters, and one has 320 at most")
        .warns("checked: planned against what was read, there is nothing to do");
    assert!(!place.read("access/scim-sync.yaml").contains("aaaaa"));
}

#[test]
fn a_new_manifest_from_a_snapshot() {
    let place = Place::new();
    place.write("live.json", SNAPSHOT);
    let ran = place
        .run(&["import", "live", "--live", "live.json", "--out", "access"])
        .ends(0)
        .says("created access/scim-sync.yaml")
        .warns("svc (id u4) has an address that is no e-mail")
        .warns("checked: planned against what was read, there is nothing to do");
    assert!(!ran.err.contains("ATTENTION"), "{}", ran.err);
    let text = place.read("access/scim-sync.yaml");
    let today = text
        .split(" on ")
        .nth(1)
        .and_then(|rest| rest.split(':').next())
        .expect("a day")
        .to_owned();
    assert_eq!(
        text.replace(&today, "TODAY"),
        r#"# yaml-language-server: $schema=./schema/manifest.schema.json
# Imported from Harness at https://app.harness.io/gateway/ng/api/scim/account/kmpySmUISimoRrJL6NL73w on TODAY:
# 3 people, 2 groups, 3 memberships.
version: 1
target:
  provider: harness
  baseUrl: https://app.harness.io/gateway/ng/api/scim/account/kmpySmUISimoRrJL6NL73w
  token: { env: HARNESS_SCIM_TOKEN }

# 3 people
users:
  ada: { email: ada@example.com, givenName: Ada, familyName: Lovelace }
  ada-example: { email: ada@example.org, givenName: "no" }
  grace: { email: grace@example.com, givenName: Grace Brewster, familyName: Hopper }

# 2 roles, one for each group
roles:
  # 2 members
  "on": { members: [ada, grace] }
  # 1 member; 1 left alone because nothing declares them, 1 that the provider does not list
  ops-team: { members: [ada-example] }

# Each role gives the group of its name.
groupMappings:
  - { match: ".*", group: "{role}" }

# They have members that nothing declares: members are added, never removed.
groups:
  ops-team: { membership: additive }
"#
    );
    let manifest = ["-f", "access/scim-sync.yaml"];
    let with = |rest: &[&'static str]| [&manifest[..], rest].concat();
    place.run(&with(&["validate"])).ends(0);
    place.run(&with(&["fmt", "--check"])).ends(0);
    place
        .run(&with(&[
            "plan",
            "--live",
            "live.json",
            "--detailed-exitcode",
        ]))
        .ends(0)
        .says("Nothing to do");
}

#[test]
fn a_file_for_each_group() {
    let place = Place::new();
    place.write("live.json", SNAPSHOT);
    let arguments = [
        "import",
        "live",
        "--live",
        "live.json",
        "--layout",
        "per-group",
    ];
    place.run(&arguments).ends(0);
    assert_eq!(
        place.read("roles/ops-team.yaml"),
        "# yaml-language-server: $schema=../schema/included.schema.json\nroles:\n  # 1 member; 1 left alone because nothing declares them, 1 that the provider does not list\n  ops-team: { members: [ada-example] }\n"
    );
    place
        .run(&["plan", "--live", "live.json", "--detailed-exitcode"])
        .ends(0);
    // What `init` adds around it leaves the manifest as it is.
    let root = place.read("scim-sync.yaml");
    place.run(&["init"]).ends(0);
    assert_eq!(place.read("scim-sync.yaml"), root);
    place.run(&["validate"]).ends(0);
}

#[test]
fn nothing_is_written_over() {
    let place = Place::with("version: 1\ntarget: { provider: harness }\n");
    place.write("live.json", SNAPSHOT);
    place
        .run(&["import", "live", "--live", "live.json"])
        .ends(1)
        .warns("error[would-overwrite]")
        .warns("--merge");
    place.write("other/people/people.yaml", "mine\n");
    place
        .run(&[
            "import",
            "live",
            "--live",
            "live.json",
            "--out",
            "other",
            "--layout",
            "per-group",
        ])
        .ends(1)
        .warns("other/people/people.yaml");
    assert_eq!(place.read("other/people/people.yaml"), "mine\n");
    assert!(!place.path("other/scim-sync.yaml").exists());
    place
        .run(&["import", "live", "--merge", "--out", "x"])
        .ends(1);
}

#[test]
fn without_a_target_it_says_what_to_name() {
    Place::new()
        .run(&["import", "live"])
        .ends(1)
        .warns("error[no-target]")
        .warns("--base-url");
    Place::new()
        .run(&["import", "live", "--merge"])
        .ends(1)
        .warns("error[no-manifest]");
}

/// From a provider over HTTP, with nothing but its URL and a token.
#[test]
fn from_a_live_account() {
    let place = Place::new();
    place.write("live.json", SNAPSHOT);
    place
        .run(&["sandbox", "load", "live.json", "--state", "world.json"])
        .ends(0);
    let served = Served::start(&place, &["--state", "world.json"]);
    let token = [("HARNESS_SCIM_TOKEN", "sandbox")];
    let url = served.base_url.as_str();
    place
        .run(&["import", "live", "--base-url", url])
        .ends(1)
        .warns("error[missing-token]");
    place
        .run_with(&token, &["import", "live", "--base-url", url])
        .ends(0)
        .warns("there is nothing to do");
    assert!(
        place
            .read("scim-sync.yaml")
            .contains("token: { env: HARNESS_SCIM_TOKEN }")
    );
    place
        .run_with(&token, &["plan", "--detailed-exitcode"])
        .ends(0)
        .says("Nothing to do");
    // Somebody the manifest has yet to hear of.
    place.write(
        "scim-sync.yaml",
        &place.read("scim-sync.yaml").replace(", grace]", "]").replace(
            "  grace: { email: grace@example.com, givenName: Grace Brewster, familyName: Hopper }\n",
            "",
        ),
    );
    place
        .run_with(&token, &["import", "live", "--merge"])
        .ends(0)
        .warns("added 1 person");
    assert!(place.read("scim-sync.yaml").contains("  grace: { email"));
}

const EDITED: &str = r#"# Kept by the platform team.
version: 1
target: { provider: harness }

users:
  # founder
  ada: { email: ada@example.com, givenName: Ada, familyName: King } # since 1843
  zoe: { email: zoe@example.com, givenName: Zoe, familyName: Zed }

roles:
  ops-team:
    members:
      - ada # on call, OPS-7
      - zoe
groupMappings:
  - { match: "ops-.*", group: "{role}" }
"#;

#[test]
fn what_is_missing_is_added_and_comments_stay() {
    let place = Place::with(EDITED);
    place.write("live.json", SNAPSHOT);
    place
        .run(&["import", "live", "--merge", "--live", "live.json"])
        .ends(0)
        .warns("changed scim-sync.yaml")
        .warns("added 2 people, 1 role and 2 memberships");
    assert_eq!(
        place.read("scim-sync.yaml"),
        r#"# Kept by the platform team.
version: 1
target: { provider: harness }

users:
  # founder
  ada: { email: ada@example.com, givenName: Ada, familyName: King } # since 1843
  ada-example: { email: ada@example.org, givenName: "no" }
  grace: { email: grace@example.com, givenName: Grace Brewster, familyName: Hopper }
  zoe: { email: zoe@example.com, givenName: Zoe, familyName: Zed }

roles:
  # 2 members
  "on": { members: [ada, grace] }
  ops-team:
    members:
      - ada # on call, OPS-7
      - zoe
groupMappings:
  - { match: "ops-.*", group: "{role}" }
  - { match: "on", group: "on" }
"#
    );
    // Again: nothing is missing any more.
    let before = place.read("scim-sync.yaml");
    place
        .run(&["import", "live", "--merge", "--live", "live.json"])
        .ends(0)
        .warns("added 0 people");
    assert_eq!(place.read("scim-sync.yaml"), before);
}

/// A manifest that says no more than where the account is.
#[test]
fn a_target_alone_is_enough_to_merge_into() {
    let place = Place::with("# ours\nversion: 1\ntarget: { provider: harness }\n");
    place.write("live.json", SNAPSHOT);
    place
        .run(&["import", "live", "--merge", "--live", "live.json"])
        .ends(0)
        .warns("there is nothing to do");
    assert!(place.read("scim-sync.yaml").starts_with("# ours\n"));
    place
        .run(&["plan", "--live", "live.json", "--detailed-exitcode"])
        .ends(0);
}

fn git(place: &Place, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com"])
        .args(arguments)
        .current_dir(place.path("."))
        .output()
        .expect("git runs");
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("text")
}

/// Drift as a patch, from a folder below the repository's root: git takes it, comments
/// stay, and the plan of the result has nothing left to do.
#[test]
fn drift_becomes_a_patch_that_git_applies() {
    let place = Place::new();
    place.write("access/scim-sync.yaml", EDITED);
    // The one member that no manifest can declare has left the group.
    place.write("live.json", &SNAPSHOT.replace("\"u3\", \"u4\"", "\"u3\""));
    git(&place, &["init", "-q"]);
    git(&place, &["add", "-A"]);
    git(&place, &["commit", "-qm", "one"]);
    let manifest = ["-f", "access/scim-sync.yaml"];
    let with = |rest: &[&'static str]| [&manifest[..], rest].concat();
    let patch = place
        .run(&with(&[
            "import",
            "live",
            "--as-patch",
            "--live",
            "live.json",
        ]))
        .ends(0)
        .warns("there is nothing to do")
        .out;
    assert_eq!(place.read("access/scim-sync.yaml"), EDITED, "only printed");
    place.write("drift.patch", &patch);
    git(&place, &["apply", "--check", "drift.patch"]);
    git(&place, &["apply", "drift.patch"]);
    assert_eq!(
        place.read("access/scim-sync.yaml"),
        r#"# Kept by the platform team.
version: 1
target: { provider: harness }

users:
  # founder
  ada: { email: ada@example.com, givenName: Ada, familyName: Lovelace } # since 1843
  ada-example: { email: ada@example.org, givenName: "no" }
  grace: { email: grace@example.com, givenName: Grace Brewster, familyName: Hopper }
  zoe: { email: zoe@example.com, givenName: Zoe, familyName: Zed, status: absent }

roles:
  # 2 members
  "on": { members: [ada, grace] }
  ops-team:
    members:
      - ada-example
groupMappings:
  - { match: "ops-.*", group: "{role}" }
  - { match: "on", group: "on" }
"#
    );
    place
        .run(&with(&["plan", "--live", "live.json"]))
        .ends(0)
        .says("Nothing to do");
}
