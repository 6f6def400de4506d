//! Several targets with one set of people, by the real binary: each gets what is its own and
//! nothing of the others, side by side, whatever goes wrong at one of them.

#[path = "support/cli.rs"]
mod cli;
#[path = "support/recording.rs"]
mod recording;

use std::collections::BTreeSet;

use cli::{Place, Ran, Served};
use recording::Recording;
use serde_json::Value;

const PEOPLE: &str = "
users:
  ada: { email: ada@example.com, givenName: Ada, familyName: Lovelace }
  bob: { email: bob@example.com, targets: [prod] }
  cy: { email: cy@example.com, targets: [onprem] }
roles:
  sre: { members: [ada, bob, cy] }
  ops: { members: [ada], targets: [onprem] }
groupMappings: [{ match: '.*', group: '{role}' }]
";

fn sandboxes() -> Place {
    Place::with(&format!(
        "version: 1\ntargets:\n  prod: {{ provider: harness }}\n  onprem: {{ provider: scim }}\n{PEOPLE}"
    ))
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}\n{}", ran.out))
}

/// Two service providers with tokens of their own, each behind a door that writes down every
/// byte that is sent to it.
struct Two {
    place: Place,
    prod: Recording,
    onprem: Recording,
    _served: [Served; 2],
}

const PROD_TOKEN: &str = "prod-5ecret-token";
const ONPREM_TOKEN: &str = "onprem-5ecret-token";

impl Two {
    fn new() -> Self {
        let place = Place::new();
        let prod = Served::start(&place, &["--token", PROD_TOKEN, "--state", "prod.json"]);
        let scim = ["--personality", "scim", "--state", "onprem.json"];
        let onprem = Served::start(&place, &[&["--token", ONPREM_TOKEN], &scim[..]].concat());
        let (prod_door, onprem_door) = (
            Recording::before(&prod.base_url),
            Recording::before(&onprem.base_url),
        );
        place.write(
            "scim-sync.yaml",
            &format!(
                "version: 1\ntargets:\n  prod: {{ provider: harness, baseUrl: '{}', token: {{ env: PROD }} }}\n  \
                 onprem: {{ provider: scim, baseUrl: '{}', token: {{ env: ONPREM }} }}\n{PEOPLE}",
                prod_door.base_url, onprem_door.base_url
            ),
        );
        Self {
            place,
            prod: prod_door,
            onprem: onprem_door,
            _served: [prod, onprem],
        }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let tokens = [("PROD", PROD_TOKEN), ("ONPREM", ONPREM_TOKEN)];
        self.place.run_with(&tokens, arguments)
    }

    /// Each target was sent something, its own token, and no word of the other.
    fn nothing_crossed(&self) {
        let (prod, onprem) = (self.prod.take(), self.onprem.take());
        for (name, sent, own, foreign) in [
            ("prod", &prod, PROD_TOKEN, [ONPREM_TOKEN, "cy@example.com"]),
            (
                "onprem",
                &onprem,
                ONPREM_TOKEN,
                [PROD_TOKEN, "bob@example.com"],
            ),
        ] {
            assert!(sent.contains(own), "{name} got nothing: {sent}");
            for foreign in foreign {
                assert!(!sent.contains(foreign), "{name} got {foreign}:\n{sent}");
            }
        }
    }
}

#[test]
fn without_a_name_plan_is_for_all_of_them() {
    let place = sandboxes();
    let all = place.run(&["plan"]).ends(0);
    let (onprem, prod) = (
        all.out.find("Plan for onprem"),
        all.out.find("Plan for prod"),
    );
    assert!(onprem.is_some() && onprem < prod, "{}", all.out);
    let all = all.says("2 targets onprem 7 additions: nothing is taken away prod 5 additions");
    let named = place.run(&["plan", "--target", "all"]).ends(0);
    assert_eq!(named.out, all.out);
    let both = ["plan", "--target", "prod", "--target", "onprem"];
    assert_eq!(place.run(&both).ends(0).out, all.out);
    place.run(&["plan", "--detailed-exitcode"]).ends(2);
}

#[test]
fn all_at_once_is_each_alone() {
    let place = sandboxes();
    let all = json(&place.run(&["plan", "--format", "json"]).ends(0));
    assert_eq!(all["version"], 1);
    let targets = all["targets"].as_object().expect("targets");
    assert_eq!(targets.keys().collect::<Vec<_>>(), ["onprem", "prod"]);
    for (name, target) in targets {
        let alone = place.run(&["plan", "--format", "json", "--target", name]);
        assert_eq!(target["result"], json(&alone.ends(0)), "{name}");
        assert_eq!(target["result"]["target"]["name"], name.as_str());
    }
    let schema = json(&place.run(&["schema", "plans"]).ends(0));
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    assert!(
        validator.is_valid(&all),
        "{:?}",
        validator.iter_errors(&all).next()
    );
}

#[test]
fn one_target_that_is_named_looks_like_the_only_one() {
    let place = sandboxes();
    let one = json(
        &place
            .run(&["plan", "--format", "json", "--target", "prod"])
            .ends(0),
    );
    assert!(one["actions"].is_array() && one.get("targets").is_none());
    let schema = json(&place.run(&["schema", "plan"]).ends(0));
    assert!(jsonschema::is_valid(&schema, &one));
    let text = place.run(&["plan", "--target", "prod"]).ends(0);
    assert!(!text.out.contains("1 target"), "{}", text.out);
}

#[test]
fn names_that_are_not_there_are_told() {
    let place = sandboxes();
    place
        .run(&["plan", "--target", "prd"])
        .ends(1)
        .warns("the manifest has no target `prd`")
        .warns("did you mean `prod`?");
    place
        .run(&["snapshot"])
        .ends(1)
        .warns("the manifest has the targets `onprem` and `prod`, and nothing says which is meant")
        .warns("name it with `--target NAME`");
    let one = Place::with(
        "version: 1\ntarget: { provider: harness }\nusers: { ada: { email: a@example.com } }\n",
    );
    one.run(&["plan", "--target", "all"]).ends(0);
    one.run(&["plan", "--target", "prod"])
        .ends(1)
        .warns("there is no target `prod`: the manifest has one, without a name");
}

#[test]
fn what_fails_at_one_target_stops_no_other() {
    let two = Two::new();
    let ran = two.place.run_with(&[("PROD", PROD_TOKEN)], &["plan"]);
    let ran = ran
        .ends(1)
        .warns("onprem: error[missing-token]")
        .says("onprem failed: the environment variable `ONPREM`, which holds the token, is not set")
        .says("prod 5 additions");
    assert!(ran.out.contains("Plan for prod"), "{}", ran.out);
    let ran = two
        .place
        .run_with(&[("PROD", PROD_TOKEN)], &["plan", "--format", "json"])
        .ends(1);
    let all = json(&ran);
    assert_eq!(all["targets"]["onprem"]["error"]["code"], "missing-token");
    assert!(all["targets"]["prod"]["result"]["actions"].is_array());
    let schema = json(&two.place.run(&["schema", "plans"]).ends(0));
    assert!(jsonschema::is_valid(&schema, &all));
}

#[test]
fn a_plan_sends_nothing_of_one_target_to_another() {
    let two = Two::new();
    two.run(&["plan"]).ends(0);
    two.nothing_crossed();
}

#[test]
fn each_plan_is_saved_in_a_file_of_its_own() {
    let place = sandboxes();
    place
        .run(&["plan", "--out", "plans"])
        .ends(0)
        .warns("onprem: saved as plans/plan.onprem.json");
    let alone = place.run(&["plan", "--target", "prod", "--out", "p.{target}.json"]);
    alone.ends(0).warns("saved as p.prod.json");
    assert_eq!(
        place.read("p.prod.json"),
        place.read("plans/plan.prod.json")
    );
    place
        .run(&["plan", "--out", "plan.json"])
        .ends(1)
        .warns("`plan.json` is one file, and each of several targets has one of its own");
    assert!(!place.path("plan.json").exists());
}

#[test]
fn every_format_but_a_page_is_of_several() {
    let place = sandboxes();
    let markdown = place.run(&["plan", "--format", "markdown"]).ends(0).out;
    assert!(markdown.starts_with("## 2 targets\n"), "{markdown}");
    assert_eq!(markdown.matches("### Plan: ").count(), 2, "{markdown}");
    let bytes = markdown.len();
    let short = ["plan", "--format", "markdown", "--max-bytes", "7000"];
    place
        .run(&short)
        .ends(1)
        .warns("the plans of 2 targets do not fit into 7000 bytes");
    assert!(bytes < 65_536);
    let sarif = json(&place.run(&["plan", "--format", "sarif"]).ends(0));
    let runs = sarif["runs"].as_array().expect("runs");
    let ids: BTreeSet<&str> = runs
        .iter()
        .map(|run| run["automationDetails"]["id"].as_str().expect("an id"))
        .collect();
    assert_eq!(
        ids,
        BTreeSet::from(["scim-sync/onprem/", "scim-sync/prod/"])
    );
    place.run(&["plan", "--format", "github"]).ends(0);
    place
        .run(&["plan", "--format", "html"])
        .ends(1)
        .warns("a page is of one target's plan");
}

#[test]
fn validate_says_what_there_is_at_each() {
    let place = sandboxes();
    place
        .run(&["validate"])
        .ends(0)
        .warns("valid at onprem: 2 people, 2 roles, 2 groups in 1 file")
        .warns("valid at prod: 2 people, 1 role, 1 group in 1 file");
}
