//! Another client that still writes is found and named: by `plan`, in every format, and by
//! `doctor`. The real binary, the real sandbox, real reports of runs.

#[path = "support/cli.rs"]
mod cli;

use cli::Place;
use serde_json::{Value, json};

const MANIFEST: &str = "\
version: 1
target: { provider: harness }
users:
  ada: { email: ada@example.com, givenName: Ada, familyName: Lovelace }
  bob: { email: bob@example.com, givenName: Bob, familyName: Byrne }
roles:
  sre: { members: [ada, bob] }
groupMappings:
  - { match: '.*', group: '{role}' }
";

/// A manifest that was applied, and what is live.
fn applied() -> (Place, Value) {
    let place = Place::with(MANIFEST);
    place.run(&["apply", "--auto-approve"]).ends(0);
    let live = snapshot(&place);
    (place, live)
}

fn snapshot(place: &Place) -> Value {
    let text = place.run(&["snapshot"]).ends(0).out;
    serde_json::from_str(&text).expect("JSON")
}

fn user<'a>(live: &'a mut Value, email: &str) -> &'a mut Value {
    let users = live["users"].as_array_mut().expect("users");
    let found = users.iter_mut().find(|user| user["email"] == email);
    found.expect("a user")
}

/// What a client does that thinks differently of who is in the group.
fn takes_out(live: &mut Value, email: &str) {
    let id = user(live, email)["id"].clone();
    let members = live["groups"][0]["members"]
        .as_array_mut()
        .expect("members");
    members.retain(|member| *member != id);
}

/// Makes this the live state.
fn becomes(place: &Place, live: &Value) {
    place.write("live.json", &live.to_string());
    std::fs::remove_file(place.path(".scim-sync/sandbox.json")).expect("a state");
    place
        .run(&[
            "sandbox",
            "load",
            "live.json",
            "--state",
            ".scim-sync/sandbox.json",
        ])
        .ends(0);
}

#[test]
fn nobody_else_nothing_said() {
    let (place, _) = applied();
    let plan = place.run(&["plan", "--detailed-exitcode"]).ends(0).out;
    assert!(!plan.contains("client"), "{plan}");
    place
        .run(&["doctor"])
        .tells("other clients no account carries another client's externalId, and no run's work was undone");
}

#[test]
fn a_value_that_flips_back_is_named_in_every_format() {
    let (place, mut live) = applied();
    takes_out(&mut live, "ada@example.com");
    user(&mut live, "ada@example.com")["externalId"] = json!("31451451");
    user(&mut live, "ada@example.com")["displayName"] = json!("Countess");
    place.write("live.json", &live.to_string());
    let plan = |more: &[&str]| {
        let base = ["plan", "--live", "live.json"];
        place.run(&[&base[..], more].concat()).ends(0)
    };
    let text = plan(&[]).out;
    let day = regex::Regex::new(r"\d{4}-\d\d-\d\d").expect("it compiles");
    let (first, _) = text.split_once("\nPeople").expect("people after it");
    expect_test::expect![[r#"
        Plan for Harness at the embedded sandbox
        compared 2 users and 1 group, read whole; grants judged on [a day]

        First of all
          ! attention 3 values that runs wrote and read back are different again, though
                      the manifest still says so: `ada` in group `sre` (written
                      [a day]), the displayName of `ada` (written [a day]), the
                      externalId of `ada@example.com` (written [a day]). Unless
                      somebody changed that by hand, another client still writes here:
                      most likely OneLogin, by the externalId on the accounts (a
                      number); switch it off there: the app, Provisioning, Enable
                      provisioning [another-client-writes]
    "#]]
    .assert_eq(&day.replace_all(first, "[a day]"));
    assert_eq!(plan(&[]).out, text);
    let json: Value = serde_json::from_str(&plan(&["--format", "json"]).out).expect("JSON");
    assert_eq!(json["notices"][0]["code"], "another-client-writes");
    let told = json["notices"][0]["message"].as_str().expect("a sentence");
    assert!(told.contains("most likely OneLogin"), "{told}");
    let markdown = plan(&["--format", "markdown"]).out;
    assert!(
        markdown.contains("> **Attention** `another-client-writes`: 3 values"),
        "{markdown}"
    );
    let (head, _) = markdown.split_once("####").expect("a heading");
    assert!(head.contains("OneLogin"), "{head}");
    let html = plan(&["--format", "html"]).out;
    let (head, _) = html.split_once("</header>").expect("a head");
    assert!(
        head.contains("<strong>Attention</strong>") && head.contains("OneLogin"),
        "{head}"
    );
    plan(&["--format", "github"]).says("another-client-writes");
    for format in ["json", "markdown", "html"] {
        let redacted = plan(&["--format", format, "--redact", "all"]).out;
        assert!(redacted.contains("another-client-writes"), "{redacted}");
        for told in ["`ada`", "ada@example.com", "Countess", "31451451"] {
            assert!(!redacted.contains(told), "{told}: {redacted}");
        }
    }
}

#[test]
fn how_often_it_was_written_counts() {
    let (place, mut live) = applied();
    takes_out(&mut live, "bob@example.com");
    becomes(&place, &live);
    place
        .run(&["apply", "--auto-approve"])
        .ends(0)
        .tells("! attention a value that a run wrote and read back is different again")
        .tells("no externalId tells which");
    place.run(&["plan", "--detailed-exitcode"]).ends(0);
    becomes(&place, &live);
    place
        .run(&["plan"])
        .ends(0)
        .tells("`bob` in group `sre` (written by 2 runs, last");
    place
        .run(&["doctor"])
        .tells("other clients a value that a run wrote and read back is different");
}

/// What the manifest says differently since is nobody else's work.
#[test]
fn a_changed_manifest_is_no_other_client() {
    let (place, mut live) = applied();
    takes_out(&mut live, "ada@example.com");
    place.write("live.json", &live.to_string());
    place.write("scim-sync.yaml", &MANIFEST.replace("[ada, bob]", "[bob]"));
    let plan = place.run(&["plan", "--live", "live.json"]).ends(0).out;
    assert!(!plan.contains("client"), "{plan}");
    // And what one run took away, and the manifest gives again, is its own.
    place.run(&["apply", "--auto-approve"]).ends(0);
    place.write("scim-sync.yaml", MANIFEST);
    let plan = place.run(&["plan"]).ends(0).out;
    assert!(plan.contains("ada") && !plan.contains("client"), "{plan}");
}

/// A report that was changed tells nothing, and neither does one of another target.
#[test]
fn only_what_runs_here_really_wrote_counts() {
    let (place, mut live) = applied();
    takes_out(&mut live, "ada@example.com");
    live["baseUrl"] =
        json!("https://app.harness.io/gateway/ng/api/scim/account/kmpySmUISimoRrJL6NL73w");
    place.write("elsewhere.json", &live.to_string());
    let plan = place.run(&["plan", "--live", "elsewhere.json"]).ends(0).out;
    assert!(!plan.contains("attention"), "{plan}");
    live["baseUrl"] = json!("the embedded sandbox");
    place.write("live.json", &live.to_string());
    place
        .run(&["plan", "--live", "live.json"])
        .ends(0)
        .tells("! attention");
    let run = std::fs::read_dir(place.path(".scim-sync/runs"))
        .expect("runs")
        .next()
        .expect("a run")
        .expect("a file")
        .path();
    let text = std::fs::read_to_string(&run).expect("a report");
    std::fs::write(&run, text.replace("\"done\"", "\"done \"")).expect("a file");
    let plan = place.run(&["plan", "--live", "live.json"]).ends(0).out;
    assert!(!plan.contains("attention"), "{plan}");
}

#[test]
fn accounts_of_another_client_are_told_until_ours_are_there() {
    let (place, live) = applied();
    let with = |ids: [&str; 2]| {
        let mut live = live.clone();
        user(&mut live, "ada@example.com")["externalId"] = json!(ids[0]);
        user(&mut live, "bob@example.com")["externalId"] = json!(ids[1]);
        live
    };
    let plan = |live: &Value| {
        place.write("live.json", &live.to_string());
        // As before the first run.
        place.run(&["plan", "--live", "live.json"]).ends(0)
    };
    std::fs::remove_dir_all(place.path(".scim-sync/runs")).expect("runs");
    for (ids, told) in [
        (
            ["00ujl29u0le5T6Aj10h7", "00ujl29u0le5T6Aj10h8"],
            "2 accounts carry an externalId as Okta gives it",
        ),
        (
            ["58342554-38d6-4ec8-948c-50044d0a33fd", "7"],
            "1 account carries an externalId as Microsoft Entra ID gives it (a GUID), 1 account carries an externalId as OneLogin gives it (a number)",
        ),
        (
            ["somebody", "somebody-else"],
            "2 accounts carry an externalId of another client",
        ),
    ] {
        let live = with(ids);
        let ran = plan(&live).tells(told).tells("[foreign-accounts]");
        assert!(ran.out.contains("Nothing to do"), "{}", ran.out);
        becomes(&place, &live);
        place
            .run(&["doctor"])
            .tells(told)
            .tells("no run's work was undone so far");
    }
    // Some are ours: what is left of the other client is its past, until a plan meets it.
    let mut mixed = with(["31451451", "scim-sync:bob"]);
    let quiet = plan(&mixed).out;
    assert!(!quiet.contains("foreign-accounts"), "{quiet}");
    takes_out(&mut mixed, "ada@example.com");
    plan(&mixed).tells("[foreign-accounts]");
}
