//! Attributes of people beyond names and e-mail: declared, made, changed, cleared, left alone,
//! told and hidden, with the real binary and the real sandbox.

#[path = "support/cli.rs"]
mod support;

use scim_sync::ids::attributes::{Attributes, ExtraAttribute};
use scim_sync::sandbox::world::World;
use serde_json::Value;
use support::{Place, Served};

const TARGET: &str = "version: 1\ntarget: { provider: scim }\n";

/// A manifest with Ada and these attributes of hers.
fn ada(target: &str, attributes: &str) -> String {
    format!(
        "{target}users:\n  ada:\n    email: ada@example.com\n    givenName: Ada\n    \
         familyName: Lovelace\n    attributes: {{ {attributes} }}\n"
    )
}

const FIRST: &str = "title: Analyst, employeeNumber: 0042, department: Engines, middleName: King";

fn declare(place: &Place, attributes: &str) {
    place.write("scim-sync.yaml", &ada(TARGET, attributes));
}

fn applied(attributes: &str) -> Place {
    let place = Place::with(&ada(TARGET, attributes));
    apply(&place);
    place
}

fn apply(place: &Place) -> String {
    let ran = place.run(&["apply", "--auto-approve"]).ends(0);
    let report = ran.err.split("report: ").nth(1).unwrap_or_default();
    let report = report.lines().next().unwrap_or_default().to_owned();
    place.run(&["plan", "--detailed-exitcode"]).ends(0);
    report
}

fn world(place: &Place) -> World {
    World::from_json(place.read(".scim-sync/sandbox.json").as_bytes()).expect("a world")
}

/// What Ada has: `title=Analyst, …`.
fn has(place: &Place) -> String {
    let world = world(place);
    let user = world
        .users()
        .find(|user| user.email.folded() == "ada@example.com");
    let user = user.expect("Ada is there");
    let told: Vec<String> = user
        .attributes
        .iter()
        .map(|(attribute, value)| format!("{}={value}", attribute.name()))
        .collect();
    told.join(", ")
}

/// Somebody else changes what Ada has.
fn meddle(place: &Place, changes: &[(ExtraAttribute, &str)]) {
    let mut state: Value =
        serde_json::from_str(&place.read(".scim-sync/sandbox.json")).expect("JSON");
    let users = state["records"]["users"].as_object_mut().expect("users");
    let user = users.values_mut().next().expect("Ada is there");
    let mut attributes: Attributes =
        serde_json::from_value(user["attributes"].clone()).unwrap_or_default();
    for (attribute, value) in changes {
        attributes.assign(*attribute, value);
    }
    user["attributes"] = serde_json::to_value(attributes).expect("texts");
    place.write(".scim-sync/sandbox.json", &state.to_string());
}

#[test]
fn they_are_made_changed_and_cleared() {
    let place = Place::with(&ada(TARGET, FIRST));
    place
        .run(&["plan"])
        .ends(0)
        .says("\"Ada Lovelace\", title \"Analyst\", middleName \"King\", employeeNumber \"0042\"");
    apply(&place);
    assert_eq!(
        has(&place),
        "title=Analyst, middleName=King, employeeNumber=0042, department=Engines"
    );

    declare(
        &place,
        "title: Chief Analyst, employeeNumber: 0042, department: null, middleName: King",
    );
    place
        .run(&["plan"])
        .ends(0)
        .says("title \"Analyst\" -> \"Chief Analyst\", department \"Engines\" -> none")
        .says("1 to update");
    place
        .run(&["explain", "ada"])
        .ends(0)
        .says("attributes are changed");
    apply(&place);
    assert_eq!(
        has(&place),
        "title=Chief Analyst, middleName=King, employeeNumber=0042"
    );
}

#[test]
fn what_nobody_declares_is_left_alone_by_patch_and_by_put() {
    for dialect in ["", ", dialect: { userUpdate: put }"] {
        let target = format!("version: 1\ntarget: {{ provider: scim{dialect} }}\n");
        let place = Place::with(&ada(&target, "title: Analyst"));
        apply(&place);
        meddle(
            &place,
            &[
                (ExtraAttribute::Department, "Engines"),
                (ExtraAttribute::HonorificPrefix, "Lady"),
                (ExtraAttribute::Locale, "en-GB"),
            ],
        );
        // It is no difference.
        place.run(&["plan", "--detailed-exitcode"]).ends(0);
        place.write(
            "scim-sync.yaml",
            &ada(&target, "costCenter: 4130, honorificPrefix: Countess"),
        );
        apply(&place);
        assert_eq!(
            has(&place),
            "title=Analyst, locale=en-GB, honorificPrefix=Countess, costCenter=4130, \
             department=Engines",
            "{dialect}"
        );
        place.write(
            "scim-sync.yaml",
            &ada(
                &target,
                "department: null, costCenter: null, honorificPrefix: null",
            ),
        );
        apply(&place);
        assert_eq!(has(&place), "title=Analyst, locale=en-GB", "{dialect}");
    }
}

#[test]
fn a_run_is_undone() {
    let place = applied(FIRST);
    declare(
        &place,
        "title: Chief Analyst, department: null, locale: en-GB",
    );
    let report = apply(&place);
    place
        .run(&["plan", "--undo", &report, "--out", "back.json"])
        .ends(0)
        .says("title \"Chief Analyst\" -> \"Analyst\"")
        .says("locale \"en-GB\" -> none")
        .says("department none -> \"Engines\"");
    place.run(&["apply", "back.json", "--auto-approve"]).ends(0);
    assert_eq!(
        has(&place),
        "title=Analyst, middleName=King, employeeNumber=0042, department=Engines"
    );

    // Somebody who was removed comes back with what they had, declared or not.
    meddle(&place, &[(ExtraAttribute::Timezone, "Europe/London")]);
    place.write(
        "scim-sync.yaml",
        &format!("{TARGET}users: {{ ada: {{ email: ada@example.com, status: absent }} }}\n"),
    );
    let ran = place.run(&["apply", "--auto-approve"]).ends(0);
    let report = ran.err.split("report: ").nth(1).expect("a report");
    let report = report.lines().next().expect("its name");
    place
        .run(&["plan", "--undo", report, "--out", "back.json"])
        .ends(0);
    place.run(&["apply", "back.json", "--auto-approve"]).ends(0);
    assert_eq!(
        has(&place),
        "title=Analyst, timezone=Europe/London, middleName=King, employeeNumber=0042, \
         department=Engines"
    );
}

#[test]
fn who_changed_one_since_the_plan_was_made_is_not_overwritten() {
    let place = applied("title: Analyst");
    declare(&place, "title: Chief Analyst");
    place.run(&["plan", "--out", "plan.json"]).ends(0);
    meddle(&place, &[(ExtraAttribute::Title, "Countess")]);
    let ran = place.run(&["apply", "plan.json", "--auto-approve"]);
    assert_ne!(ran.code, 0, "{}", ran.out);
    ran.says("title of `ada` was `Analyst` when the plan was made and is `Countess` now");
    assert_eq!(has(&place), "title=Countess");
}

#[test]
fn redaction_hides_every_value() {
    let place = applied("title: Analyst, employeeNumber: 0042, department: Engines");
    declare(
        &place,
        "title: Chief Analyst, employeeNumber: 0042, department: null, costCenter: Brass",
    );
    let secret = ["Analyst", "0042", "Engines", "Brass"];
    for format in ["text", "markdown", "json", "html", "sarif"] {
        let ran = place
            .run(&["plan", "--redact", "all", "--format", format])
            .ends(0);
        for value in secret {
            assert!(!ran.out.contains(value), "{format}: {value}: {}", ran.out);
        }
        assert!(ran.out.contains("costCenter"), "{format}: {}", ran.out);
    }
    // A run that fails tells what the account has, and hides that as well.
    place.run(&["plan", "--out", "plan.json"]).ends(0);
    meddle(&place, &[(ExtraAttribute::Title, "Weaver")]);
    let ran = place.run(&["apply", "plan.json", "--auto-approve", "--redact", "all"]);
    assert_ne!(ran.code, 0, "{}", ran.out);
    for value in secret.into_iter().chain(["Weaver"]) {
        assert!(!ran.out.contains(value), "{value}: {}", ran.out);
        assert!(!ran.err.contains(value), "{value}: {}", ran.err);
    }
}

#[test]
fn what_is_imported_is_what_is_there() {
    let place = applied(FIRST);
    meddle(
        &place,
        &[
            (ExtraAttribute::ProfileUrl, "no page"),
            (ExtraAttribute::NickName, "no"),
        ],
    );
    place.run(&["snapshot", "--out", "live.json"]).ends(0);
    place
        .run(&["import", "live", "--live", "live.json", "--out", "access"])
        .ends(0)
        .warns("the profileUrl \"no page\" cannot stand in a manifest")
        .warns("there is nothing to do");
    let text = place.read("access/scim-sync.yaml");
    let expected = "    attributes:\n      nickName: \"no\"\n      title: Analyst\n      \
                    middleName: King\n      employeeNumber: \"0042\"\n      \
                    department: Engines\n";
    assert!(text.contains(expected), "{text}");

    // Nothing of what a profile does not take is declared.
    let live = place
        .read("live.json")
        .replacen("\"scim\"", "\"new-relic\"", 1);
    let other = Place::new();
    other.write("live.json", &live);
    other
        .run(&["import", "live", "--live", "live.json", "--out", "access"])
        .ends(0);
    let text = other.read("access/scim-sync.yaml");
    assert!(!text.contains("attributes"), "{text}");
}

#[test]
fn drift_becomes_an_edit_of_the_same_keys() {
    let place = Place::new();
    let manifest = "\
version: 1
target: { provider: scim }
users:
  ada:
    email: ada@example.com
    attributes: # from the directory
      title: Analyst # since 1843
      department: Engines
      nickName: null
";
    place.write("scim-sync.yaml", manifest);
    apply(&place);
    meddle(
        &place,
        &[
            (ExtraAttribute::Title, "Countess"),
            (ExtraAttribute::Department, ""),
            (ExtraAttribute::NickName, "Lady A"),
            (ExtraAttribute::Locale, "en-GB"),
        ],
    );
    place.run(&["snapshot", "--out", "live.json"]).ends(0);
    let patch = place
        .run(&["import", "live", "--as-patch", "--live", "live.json"])
        .ends(0)
        .warns("there is nothing to do")
        .out;
    place.write("drift.patch", &patch);
    let git = std::process::Command::new("git")
        .args(["apply", "drift.patch"])
        .current_dir(place.path("."))
        .status();
    assert!(git.expect("git runs").success(), "{patch}");
    let expected = manifest
        .replace("title: Analyst #", "title: Countess #")
        .replace("department: Engines", "department: null")
        .replace("nickName: null", "nickName: Lady A");
    assert_eq!(place.read("scim-sync.yaml"), expected);
    place
        .run(&["plan", "--live", "live.json", "--detailed-exitcode"])
        .ends(0);
}

#[test]
fn snapshots_tell_who_got_what() {
    let place = applied("title: Analyst");
    place.run(&["snapshot", "--out", "one.json"]).ends(0);
    meddle(
        &place,
        &[
            (ExtraAttribute::Title, ""),
            (ExtraAttribute::Division, "Sums"),
        ],
    );
    place.run(&["snapshot", "--out", "two.json"]).ends(0);
    place
        .run(&["snapshot", "diff", "one.json", "two.json"])
        .says("title")
        .says("Analyst")
        .says("division")
        .says("Sums");
    // A sandbox filled from a snapshot has them.
    place.run(&["sandbox", "load", "one.json"]).ends(0);
    assert_eq!(has(&place), "title=Analyst");
}

#[test]
fn what_a_provider_drops_in_silence_is_told() {
    let place = Place::new();
    // It keeps `title` and `timezone`, and ignores the others.
    let served = Served::start(&place, &["--provider", "pagerduty", "--token", "tok"]);
    let target = format!(
        "version: 1\ntarget: {{ provider: scim, baseUrl: '{}', token: {{ env: TOKEN }}, dialect: {{ groups: notServed }} }}\n",
        served.base_url
    );
    let apply = |attributes: &str| {
        place.write("scim-sync.yaml", &ada(&target, attributes));
        place.run_with(&[("TOKEN", "tok")], &["apply", "--auto-approve"])
    };
    apply("title: Analyst, nickName: Lady A, division: Engines")
        .ends(4)
        .says("its nickName has no value and was `Lady A` in what was sent")
        .says("its division has no value and was `Engines` in what was sent");
    // The next run does not get further, and says so too.
    apply("title: Countess, nickName: Lady A")
        .ends(4)
        .says("not all of nickName, title of `ada` changed although the provider said so");
    apply("title: Countess").ends(0);
}

#[test]
fn of_two_targets_only_the_one_that_takes_it_gets_it() {
    let place = Place::with(
        "version: 1\ntargets: { lab: { provider: scim }, prod: { provider: harness } }\nusers:\n  \
         ada: { email: ada@example.com, givenName: Ada, familyName: L, attributes: { title: Analyst } }\n",
    );
    place
        .run(&["validate"])
        .ends(0)
        .says("`title` of 1 person is left out at `prod`: Harness does not take it");
    place
        .run(&["apply", "--target", "all", "--auto-approve"])
        .ends(0);
    place
        .run(&["plan", "--target", "all", "--detailed-exitcode"])
        .ends(0);
    for (target, has) in [("lab", true), ("prod", false)] {
        let state = place.read(&format!(".scim-sync/sandbox.{target}.json"));
        assert_eq!(state.contains("Analyst"), has, "{target}");
    }
}
