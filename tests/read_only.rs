//! Commands that only look send nothing that could change anything: counted at the server.
//!
//! That they hold no client that can write is a matter of types (`scim::read_only`); this
//! is the same seen from outside, with the real binary.

#[path = "support/cli.rs"]
mod cli;
#[path = "support/counting.rs"]
mod counting;

use cli::{Place, Served};
use counting::Counting;

const TOKEN: &str = "pat.sandbox.tok.secret";

/// Every command that only looks, in each of its ways to the server.
const LOOKS: &[&[&str]] = &[
    &["validate"],
    &["plan"],
    &["plan", "--format", "json", "--full"],
    &["plan", "--out", "plan.json"],
    &["plan", "--detailed-exitcode"],
    &["snapshot"],
    &["snapshot", "--out", "snapshot.json"],
    &["doctor"],
    &["doctor", "--format", "json"],
    &["status"],
    &["status", "--full"],
    &["support-request"],
    &["explain", "ada"],
    &["explain", "bob", "ops"],
    &["review"],
    &["codeowners"],
    &["import", "live", "--as-patch"],
    &["import", "live", "--merge"],
];

/// Questions that Harness' own API wants asked with a body; they change nothing.
const READING_POSTS: &[&str] = &[
    "/ng/api/user/batch",
    "/ng/api/token/validate",
    "/authz/api/roleassignments/filter",
    "/authz/api/acl",
];

fn only_reads(request: &str) -> bool {
    match request.split_once(' ').expect("method and path") {
        ("GET", _) => true,
        ("POST", path) => READING_POSTS
            .iter()
            .any(|question| path == *question || path == format!("/gateway{question}")),
        _ => false,
    }
}

fn manifest(base_url: &str, rest: &str) -> String {
    format!(
        "version: 1\ntarget: {{ provider: harness, baseUrl: '{base_url}', token: {{ env: TOK }} }}\n{rest}"
    )
}

const BEFORE: &str = "
users:
  ada: { email: ada@example.com, givenName: Ada, familyName: Lovelace }
  bob: { email: bob@example.com, givenName: Bob, familyName: Stone }
roles: { sre: { members: [ada, bob] } }
groupMappings: [{ match: '.*', group: '{role}' }]
";
/// Something of every kind is to be done.
const AFTER: &str = "
users:
  ada: { email: ada@example.com, givenName: Augusta Ada, familyName: King }
  bob: { email: bob@example.com, status: absent }
  cyd: { email: cyd@example.com, givenName: Cyd, familyName: Charisse }
roles: { ops: { members: [ada, cyd], previously: [sre] }, dev: { members: [cyd] } }
groupMappings: [{ match: '.*', group: '{role}' }]
";

#[test]
fn whoever_only_looks_sends_no_write() {
    let place = Place::new();
    let served = Served::start(&place, &["--token", TOKEN, "--state", "state.json"]);
    let door = Counting::before(&served.base_url);
    let run = |arguments: &[&str]| place.run_with(&[("TOK", TOKEN)], arguments);
    place.write("scim-sync.yaml", &manifest(&door.base_url, BEFORE));
    run(&["apply", "--auto-approve"]).ends(0);
    // The count would see a write, or the rest would show nothing.
    let applied = door.take();
    assert!(applied.iter().any(|it| !only_reads(it)), "{applied:?}");

    place.write("scim-sync.yaml", &manifest(&door.base_url, AFTER));
    let state = place.read("state.json");
    for look in LOOKS {
        let ran = run(look);
        assert!(matches!(ran.code, 0 | 2), "{look:?}: {ran:?}");
        let seen = door.take();
        let offline = matches!(look[0], "validate" | "codeowners");
        assert_eq!(seen.is_empty(), offline, "{look:?}: {seen:?}");
        assert!(seen.iter().all(|it| only_reads(it)), "{look:?}: {seen:?}");
    }
    assert_eq!(place.read("state.json"), state);
}
