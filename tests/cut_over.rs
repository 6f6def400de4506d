//! The README's recipe for taking over from another client, run as it is written.

#[path = "support/onelogin.rs"]
mod onelogin;
#[path = "support/cli.rs"]
mod support;

use std::path::Path;
use std::process::Command;

use onelogin::OneLogin;
use support::Place;

const LIVE: &str = r#"{
  "version": 1, "provider": "harness", "baseUrl": "the embedded sandbox", "takenAt": "2026-11-24T08:00:00Z",
  "integrity": {
    "users": { "pages": 2, "rows": 2, "duplicates": 0, "reportedTotal": null, "verdict": { "state": "whole", "how": "empty-pages" } },
    "groups": { "pages": 1, "rows": 1, "duplicates": 0, "reportedTotal": null, "verdict": { "state": "whole", "how": "empty-pages" } }
  },
  "users": [
    { "id": "u1", "userName": "ada@example.com", "email": "ada@example.com", "externalId": "123", "displayName": "Ada Lovelace", "active": true },
    { "id": "u2", "userName": "bob@example.com", "email": "bob@example.com", "externalId": "124", "displayName": "Bob Byrne", "active": true }
  ],
  "groups": [{ "id": "sre", "displayName": "sre", "members": ["u1"] }]
}"#;

/// The commands between the marks, comments left out.
fn recipe() -> Vec<String> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(readme).expect("a README");
    let (_, rest) = readme.split_once("<!-- cut-over -->").expect("a recipe");
    let (block, _) = rest.split_once("<!-- /cut-over -->").expect("its end");
    block
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim().to_owned())
        .filter(|line| line.starts_with("scim-sync "))
        .collect()
}

/// The tenant that provisioned the account until now.
fn tenant() -> OneLogin {
    let tenant = OneLogin::start();
    tenant.user(123, "ada@example.com", "Ada", "Lovelace");
    tenant.user(124, "bob@example.com", "Bob", "Byrne");
    tenant.role(10, "sre", &[42], &[123]);
    tenant.app(42, "Harness", &[123, 124]);
    tenant.rule(42, onelogin::every_role());
    tenant
}

/// Runs a line as a shell would, with this very binary as `scim-sync`, and the reader's tenant
/// on loopback.
fn run(place: &Place, line: &str) -> (i32, String) {
    let binary = env!("CARGO_BIN_EXE_scim-sync");
    let line = line.replacen("scim-sync", &format!("'{binary}'"), 1);
    let tenant = tenant();
    let there = format!("--base-url {}", tenant.base_url);
    let line = line.replace("--subdomain acme", &there);
    let output = Command::new("sh")
        .args(["-c", &line])
        .current_dir(place.path("."))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .envs(tenant.variables())
        .output()
        .expect("a shell");
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8(told).expect("text");
    (output.status.code().unwrap_or(-1), told)
}

fn account() -> Place {
    let place = Place::with("version: 1\ntarget: { provider: harness }\n");
    place.write("live.json", LIVE);
    place
        .run(&[
            "sandbox",
            "load",
            "live.json",
            "--state",
            ".scim-sync/sandbox.json",
        ])
        .ends(0);
    place
}

#[test]
fn the_recipe_works_as_written() {
    let place = account();
    let commands = recipe();
    assert!(commands.len() >= 9, "{commands:?}");
    let (mut compared, mut provisioned) = (false, false);
    for command in &commands {
        let (code, told) = run(&place, command);
        assert_eq!(code, 0, "{command}\n{told}");
        if command.contains("--compare") {
            assert!(told.contains("The same: 2 people and 1 group."), "{told}");
            provisioned = true;
        }
        if command.contains("snapshot diff") {
            assert!(told.contains("Nothing changed."), "{told}");
            compared = true;
        }
    }
    assert!(compared && provisioned, "{commands:?}");
    let page = place.read("review.html");
    assert!(page.contains("ada@example.com"), "{page}");
    // Nobody was mailed, and nobody was touched: the accounts still carry the other client's ids.
    let state = place.read(".scim-sync/sandbox.json");
    assert!(
        state.contains("\"123\"") && state.contains("\"124\""),
        "{state}"
    );
}

/// Another client that still writes shows in the very step that looks for it.
#[test]
fn another_writer_shows() {
    let place = account();
    let commands = recipe();
    let second = commands
        .iter()
        .rposition(|command| command.contains("snapshot --out"))
        .expect("a second snapshot");
    for command in &commands[..second] {
        assert_eq!(run(&place, command).0, 0, "{command}");
    }
    place.write("live.json", &LIVE.replace("[\"u1\"]", "[\"u1\", \"u2\"]"));
    std::fs::remove_file(place.path(".scim-sync/sandbox.json")).expect("the state");
    place
        .run(&[
            "sandbox",
            "load",
            "live.json",
            "--state",
            ".scim-sync/sandbox.json",
        ])
        .ends(0);
    let (_, told) = run(&place, &commands[second]);
    assert!(told.contains("wrote"), "{told}");
    let (_, told) = run(&place, &commands[second + 1]);
    assert!(
        told.contains("joined") && told.contains("bob@example.com"),
        "{told}"
    );
}

/// Until then, every plan says who made the accounts, and that it may still write.
#[test]
fn whoever_wrote_before_is_named() {
    let place = account();
    let commands = recipe();
    assert_eq!(run(&place, &commands[0]).0, 0);
    let (_, told) = run(&place, "scim-sync plan");
    let words: Vec<&str> = told.split_whitespace().collect();
    let told = words.join(" ");
    assert!(
        told.contains("2 accounts carry an externalId as OneLogin gives it"),
        "{told}"
    );
    let (_, told) = run(&place, "scim-sync doctor");
    assert!(told.contains("other clients"), "{told}");
}
