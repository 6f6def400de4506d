//! `scim-sync explain` with the real binary, a real sandbox and real git.

#[path = "support/cli.rs"]
mod support;

use std::process::Command;

use expect_test::expect;
use support::Place;

const MANIFEST: &str = "\
version: 1
target: { provider: harness }
users:
  ada: { email: ada@example.com, givenName: Ada, familyName: Lovelace }
  bob: { email: bob@example.com, givenName: Bob, familyName: Byrne, status: suspended }
  cyd: { email: cyd@example.com, givenName: Cyd, familyName: Cole }
roles:
  eng:
    members: [{ user: cyd, until: 2026-01-31 }]
    includes: [web]
  web: { members: [bob], includes: [sre] }
  sre: { members: [{ user: ada, until: 2027-01-31, reason: OPS-114 }] }
groupMappings:
  - { match: \"eng|sre\", group: \"{role}_team\" }
groups:
  old: { status: absent }
";

const LIVE: &str = r#"{
  "version": 1, "provider": "harness", "baseUrl": "the embedded sandbox", "takenAt": "2026-11-24T08:00:00Z",
  "integrity": {
    "users": { "pages": 2, "rows": 3, "duplicates": 0, "reportedTotal": null, "verdict": { "state": "whole", "how": "empty-pages" } },
    "groups": { "pages": 1, "rows": 3, "duplicates": 0, "reportedTotal": null, "verdict": { "state": "whole", "how": "empty-pages" } }
  },
  "users": [
    { "id": "u1", "userName": "ada@example.com", "email": "ada@example.com", "displayName": "Ada Lovelace", "active": true },
    { "id": "u3", "userName": "cyd@example.com", "email": "cyd@example.com", "displayName": "Cyd \u001b[31mCole", "active": true },
    { "id": "u9", "userName": "eve@example.com", "email": "eve@example.com", "displayName": "Eve", "active": true }
  ],
  "groups": [
    { "id": "eng_team", "displayName": "eng_team", "members": ["u1", "u3", "u9"] },
    { "id": "hand", "displayName": "hand-made", "members": ["u1"] },
    { "id": "old", "displayName": "old", "members": ["u3"] }
  ]
}"#;

const AS_OF: [&str; 4] = ["--live", "live.json", "--as-of", "2026-11-24"];

fn git(place: &Place, author: &str, arguments: &[&str]) {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(place.path("."))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("HOME", place.path("."))
        .envs([
            ("GIT_AUTHOR_NAME", author),
            ("GIT_AUTHOR_EMAIL", "a@example.com"),
            // Late in the evening where the author is, and the day before in UTC.
            ("GIT_AUTHOR_DATE", "2026-03-02T01:00:00+0900"),
            ("GIT_COMMITTER_NAME", author),
            ("GIT_COMMITTER_EMAIL", "a@example.com"),
            ("GIT_COMMITTER_DATE", "2026-03-02T01:00:00+0900"),
        ])
        .output()
        .expect("git runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {said}");
}

/// Two authors: Grace wrote all but the grant, which is Linus'.
fn repository() -> Place {
    let before = MANIFEST.replace("{ user: ada, until: 2027-01-31, reason: OPS-114 }", "ada");
    let place = Place::with(&before);
    place.write("live.json", LIVE);
    git(&place, "Grace", &["init", "-q"]);
    git(&place, "Grace", &["add", "-A"]);
    git(&place, "Grace", &["commit", "-qm", "one"]);
    place.write("scim-sync.yaml", MANIFEST);
    git(&place, "Linus", &["commit", "-qam", "two"]);
    // Laid out by hand, and not committed: the lines keep their authors.
    place.write(
        "scim-sync.yaml",
        &MANIFEST
            .replace("  eng:\n    members", "  eng:\n     members")
            .replace("\n    includes", "\n     includes"),
    );
    place
}

fn ask(place: &Place, question: &[&str]) -> String {
    let all = [&["explain"], question, &AS_OF[..]].concat();
    let out = place.run(&all).ends(0).out;
    // Commits by their authors.
    let mut redacted = String::new();
    for word in out.split_inclusive([' ', '\n', '(']) {
        let hex = word.trim_end();
        let is_commit = hex.len() == 7 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        redacted.push_str(&if is_commit {
            word.replace(hex, "COMMIT")
        } else {
            word.to_owned()
        });
    }
    redacted
}

#[test]
fn every_path_with_its_lines_and_authors() {
    let place = repository();
    expect![[r#"
        ada (ada@example.com)
          declared   active, scim-sync.yaml:4:3 (COMMIT by Grace, 2026-03-02)
          live       active, id u1, shown as Ada Lovelace

        group eng_team: declared in it, live in it
          by role    eng -> web -> sre
                     granted at scim-sync.yaml:12:28 (COMMIT by Linus, 2026-03-02),
                     until 2027-01-31, because OPS-114
                     sre included at scim-sync.yaml:11:37 (COMMIT by Grace, 2026-03-02)
                     web included at scim-sync.yaml:10:17 (COMMIT by Grace, 2026-03-02)
                     mapping eng|sre at scim-sync.yaml:14:14 (COMMIT by Grace,
                     2026-03-02)

        group hand-made: declared by no role, live in it
          why not    no role gives the group `hand-made`, so plans leave it alone
                     -> add a role with these members, and a mapping that gives
                     `hand-made`; `scim-sync import live --merge` writes both
          next       they stay: nothing declares the group

        group sre_team: declared in it, live no such group
          by role    sre
                     granted at scim-sync.yaml:12:28 (COMMIT by Linus, 2026-03-02),
                     until 2027-01-31, because OPS-114
                     mapping eng|sre at scim-sync.yaml:14:14 (COMMIT by Grace,
                     2026-03-02)
          next       the next apply puts them in
    "#]]
    .assert_eq(&ask(&place, &["ada"]));
}

#[test]
fn why_not_and_what_would_give_it() {
    let place = repository();
    expect![[r#"
        cyd (cyd@example.com)
          declared   active, scim-sync.yaml:6:3 (COMMIT by Grace, 2026-03-02)
          live       active, id u3, shown as Cyd \u{1b}[31mCole
          next       the name is changed

        group eng_team: declared not in it, live in it
          why not    the role `eng` gave it until 2026-01-31
                     at scim-sync.yaml:9:24 (COMMIT by Grace, 2026-03-02)
                     -> set a later day there
          why not    the role `sre`, which `eng` includes, gives it, and `cyd` does not
                     have it
                     at scim-sync.yaml:12:3 (COMMIT by Linus, 2026-03-02)
                     -> add `cyd` to its `members`
          why not    the role `web`, which `eng` includes, gives it, and `cyd` does not
                     have it
                     at scim-sync.yaml:11:3 (COMMIT by Grace, 2026-03-02)
                     -> add `cyd` to its `members`
          next       the next apply takes them out

        group old: declared by no role, live in it
          why not    the group `old` is declared absent
                     at scim-sync.yaml:16:3 (COMMIT by Grace, 2026-03-02)
                     -> take the tombstone out, and add a role and a mapping that give
                     it
          next       the next apply takes them out
    "#]]
    .assert_eq(&ask(&place, &["cyd@example.com"]));
    expect![[r#"
        bob (bob@example.com)
          declared   suspended, scim-sync.yaml:5:3 (COMMIT by Grace, 2026-03-02)
          live       no account

        group eng_team: declared in it, live not in it
          by role    eng -> web
                     granted at scim-sync.yaml:11:20 (COMMIT by Grace, 2026-03-02)
                     web included at scim-sync.yaml:10:17 (COMMIT by Grace, 2026-03-02)
                     mapping eng|sre at scim-sync.yaml:14:14 (COMMIT by Grace,
                     2026-03-02)
          why not    `bob` is declared suspended
                     at scim-sync.yaml:5:3 (COMMIT by Grace, 2026-03-02)
                     -> take out `status: suspended`
    "#]]
    .assert_eq(&ask(&place, &["bob", "eng_team"]));
    expect![[r#"
        eve@example.com
          declared   no
          live       active, id u9, shown as Eve

        group eng_team: declared not in it, live in it
          why not    no file declares this person
                     -> declare them under `users`, for instance with `scim-sync import
                     live --merge`
          next       the next apply takes them out
    "#]]
    .assert_eq(&ask(&place, &["u9"]));
    expect![[r#"
        cyd (cyd@example.com)
          declared   active, scim-sync.yaml:6:3 (COMMIT by Grace, 2026-03-02)
          live       active, id u3, shown as Cyd \u{1b}[31mCole
          next       the name is changed

        group sre_team: declared not in it, live no such group
          why not    the role `sre` gives it, and `cyd` does not have it
                     at scim-sync.yaml:12:3 (COMMIT by Linus, 2026-03-02)
                     -> add `cyd` to its `members`
    "#]]
    .assert_eq(&ask(&place, &["cyd", "SRE_team"]));
}

#[test]
fn only_what_is_declared() {
    let place = Place::with(MANIFEST);
    let ran = place
        .run(&["explain", "ada", "--no-live", "--as-of", "2026-11-24"])
        .ends(0)
        .says("live not read")
        .says("declared in it, live not read");
    assert!(!ran.out.contains("next"), "{}", ran.out);
}

#[test]
fn nobody_and_nothing() {
    let place = repository();
    let ask = |question: &[&str]| {
        let all = [&["explain"], question, &AS_OF[..]].concat();
        place.run(&all).ends(1)
    };
    ask(&["aad"])
        .warns("error[unknown-person]")
        .warns("did you mean `ada`?");
    ask(&["ada", "eng_taem"])
        .warns("error[unknown-group]")
        .warns("did you mean `eng_team`?");
    let ran = ask(&["a\u{1b}[31m\u{202e}b"]).warns("nobody is called `a\\u{1b}[31m\\u{202e}b`");
    assert!(!ran.err.contains(['\u{1b}', '\u{202e}']), "{}", ran.err);
}

#[test]
fn the_json_obeys_its_schema() {
    let place = repository();
    let schema = place.run(&["schema", "explain"]).ends(0).out;
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for person in ["ada", "bob", "cyd", "u9"] {
        let all = [&["explain", person, "--format", "json"], &AS_OF[..]].concat();
        let out = place.run(&all).ends(0).out;
        let value: serde_json::Value = serde_json::from_str(&out).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&value)
            .map(|it| it.to_string())
            .collect();
        assert!(errors.is_empty(), "{person}: {errors:?}");
    }
    assert!(!validator.is_valid(&serde_json::json!({ "version": 1 })));
}
