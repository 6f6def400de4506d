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
        .run(&["sandbox", "reset"])
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

fn sarif_schema() -> Value {
    let schema = include_str!("data/sarif-2.1.0.schema.json");
    // The schema's own pattern of languages is none.
    let odd = r#""^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$""#;
    let schema = schema.replace(odd, r#""^[a-zA-Z]{2}(-[a-zA-Z]{2})?$""#);
    serde_json::from_str(&schema).expect("a schema")
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
    assert!(jsonschema::is_valid(&sarif_schema(), &sarif), "{sarif:#}");
    let runs = sarif["runs"].as_array().expect("runs");
    let ids: BTreeSet<&str> = runs
        .iter()
        .map(|run| run["automationDetails"]["id"].as_str().expect("an id"))
        .collect();
    assert_eq!(
        ids,
        BTreeSet::from(["scim-sync/onprem/", "scim-sync/prod/"])
    );
    let github = place.run(&["plan", "--format", "github"]).ends(0).out;
    for line in github.lines() {
        assert!(
            line.contains("::prod: ") || line.contains("::onprem: "),
            "{line}"
        );
    }
    for result in runs
        .iter()
        .flat_map(|run| run["results"].as_array())
        .flatten()
    {
        let text = result["message"]["text"].as_str().expect("text");
        let named = ["prod: ", "onprem: "]
            .iter()
            .any(|name| text.starts_with(name));
        assert!(named, "{text}");
    }
    place
        .run(&["plan", "--format", "html"])
        .ends(1)
        .warns("a page is of one target's plan");
}

/// Two that go well and one whose token is not there.
fn one_of_three_fails() -> Place {
    Place::with(&format!(
        "version: 1\ntargets:\n  prod: {{ provider: harness }}\n  onprem: {{ provider: scim }}\n  lab: {{ provider: scim, baseUrl: 'https://scim.example/v2', token: {{ env: LAB_SCIM_TOKEN }} }}\n{PEOPLE}"
    ))
}

#[test]
fn what_fails_at_one_is_told_among_the_others() {
    let place = one_of_three_fails();
    let ran = place.run(&["plan"]).ends(1);
    let longest = ran.out.lines().map(|line| line.chars().count()).max();
    assert!(longest.is_some_and(|longest| longest <= 80), "{}", ran.out);
    assert!(
        ran.out.contains(
            "\n3 targets, 1 failed\n  lab     failed: the environment variable `LAB_SCIM_TOKEN`, which holds the\n          token, is not set\n  onprem  "
        ),
        "{}",
        ran.out
    );
    let markdown = place.run(&["plan", "--format", "markdown"]).ends(1).out;
    assert!(
        markdown.starts_with(
            "## 3 targets, 1 failed\n\n| target | plan |\n|---|---|\n| `lab` | failed: the environment variable `LAB_SCIM_TOKEN`, which"
        ),
        "{markdown}"
    );
    let github = place.run(&["plan", "--format", "github"]).ends(1).out;
    assert!(
        github.starts_with("::error title=missing-token::lab: failed: the environment variable"),
        "{github}"
    );
    let sarif = json(&place.run(&["plan", "--format", "sarif"]).ends(1));
    assert!(jsonschema::is_valid(&sarif_schema(), &sarif), "{sarif:#}");
    let of = |id: &str| {
        let runs = sarif["runs"].as_array().expect("runs");
        let of = |run: &&Value| run["automationDetails"]["id"] == format!("scim-sync/{id}/");
        runs.iter().find(of).unwrap_or_else(|| panic!("{sarif:#}"))
    };
    assert_eq!(
        of("lab")["invocations"],
        serde_json::json!([{
            "executionSuccessful": false,
            "toolExecutionNotifications": [{
                "descriptor": { "id": "missing-token", "index": 0 },
                "level": "error",
                "message": {
                    "text": "lab: failed: the environment variable `LAB_SCIM_TOKEN`, which holds the token, is not set\nhelp: set it to the service provider's SCIM token, for instance `export LAB_SCIM_TOKEN=…`"
                },
            }],
        }])
    );
    assert_eq!(of("lab")["results"], serde_json::json!([]));
    for well in ["prod", "onprem"] {
        assert_eq!(of(well)["invocations"][0]["executionSuccessful"], true);
        assert_ne!(of(well)["results"], serde_json::json!([]));
    }
    place
        .run(&["apply", "--target", "all", "--auto-approve"])
        .ends(1)
        .says("3 targets, 1 failed")
        .says("onprem converged");
}

#[test]
fn a_folder_of_plans_is_shown_as_they_were_made() {
    let place = sandboxes();
    let made = place.run(&["plan", "--out", "plans"]).ends(0).out;
    assert_eq!(place.run(&["show", "plans"]).ends(0).out, made);
    for format in ["json", "markdown", "sarif", "github"] {
        let made = place.run(&["plan", "--format", format]).ends(0).out;
        let shown = place.run(&["show", "plans", "--format", format]);
        assert_eq!(shown.ends(0).out, made, "{format}");
    }
    let one = place
        .run(&["show", "plans", "--target", "prod"])
        .ends(0)
        .out;
    assert_eq!(one, place.run(&["plan", "--target", "prod"]).ends(0).out);
    place
        .run(&["show", "plans", "--format", "html"])
        .ends(1)
        .warns("a page is of one target's plan");
    std::fs::create_dir(place.path("nothing")).expect("a new folder");
    place
        .run(&["show", "nothing"])
        .ends(1)
        .warns("`nothing` has no plan of a target of the manifest");
}

#[test]
fn validate_says_what_there_is_at_each() {
    let place = sandboxes();
    place
        .run(&["validate"])
        .ends(0)
        .warns("valid at onprem: 2 people, 2 roles, 2 groups in 1 file")
        .warns("valid at prod: 2 people, 1 role, 1 group in 1 file");
    let prod = place.run(&["validate", "--target", "prod"]).ends(0);
    assert!(!prod.err.contains("onprem"), "{}", prod.err);
    place
        .run(&["validate", "--target", "prd"])
        .ends(1)
        .warns("the manifest has no target `prd`");
}

#[test]
fn apply_does_not_guess() {
    let place = sandboxes();
    place
        .run(&["apply", "--auto-approve"])
        .ends(1)
        .warns("the manifest has the targets `onprem` and `prod`, and nothing says which is meant")
        .warns("`--target NAME`, which may be repeated, or say `--target all`");
    // Nor is a pipe taken for a person who says yes.
    place
        .run(&["apply", "--target", "all"])
        .ends(1)
        .says("2 targets onprem 7 additions")
        .warns("there is no terminal to ask on, and nothing was written");
    assert!(!place.path(".scim-sync/runs").exists());
    std::fs::remove_dir_all(place.path(".scim-sync")).expect("the lock's folder");
    place.run(&["apply", "--auto-approve"]).ends(1);
    assert!(!place.path(".scim-sync").exists());
}

#[test]
fn all_are_applied_side_by_side_and_told_in_turn() {
    let place = sandboxes();
    let ran = place.run(&["apply", "--target", "all", "--auto-approve"]);
    let ran = ran
        .ends(0)
        .says("2 targets onprem converged prod converged");
    let (onprem, prod) = (ran.out.find("\nonprem\n"), ran.out.find("\nprod\n"));
    assert!(onprem.is_some() && onprem < prod, "{}", ran.out);
    place
        .run(&["plan", "--detailed-exitcode"])
        .ends(0)
        .says("2 targets onprem nothing to do prod nothing to do");
    // Each has a world and a report of its own.
    let names = |folder: &str| -> Vec<String> {
        let entries = std::fs::read_dir(place.path(folder)).expect("a folder");
        let names = entries.map(|it| it.expect("an entry").file_name());
        names.map(|it| it.into_string().expect("text")).collect()
    };
    let kept: BTreeSet<String> = names(".scim-sync").into_iter().collect();
    assert!(kept.contains("sandbox.onprem.json") && kept.contains("sandbox.prod.json"));
    let runs = names(".scim-sync/runs");
    for target in ["onprem", "prod"] {
        let of = runs
            .iter()
            .filter(|it| it.ends_with(&format!("-{target}.jsonl")));
        let of: Vec<&String> = of.collect();
        assert_eq!(of.len(), 1, "{runs:?}");
        let report = place.read(&format!(".scim-sync/runs/{}", of[0]));
        let foreign = match target {
            "prod" => "cy@example.com",
            _ => "bob@example.com",
        };
        assert!(report.contains("ada@example.com") && !report.contains(foreign));
    }
    // Bob is not at onprem, cy is not at prod.
    let live = |target: &str| place.run(&["snapshot", "--target", target]).ends(0).out;
    assert!(!live("onprem").contains("bob@") && live("onprem").contains("cy@"));
    assert!(live("prod").contains("bob@") && !live("prod").contains("cy@"));
}

#[test]
fn an_apply_sends_nothing_of_one_target_to_another() {
    let two = Two::new();
    let all = ["apply", "--target", "all", "--auto-approve"];
    two.run(&all).ends(0);
    two.nothing_crossed();
    two.run(&["plan", "--detailed-exitcode"]).ends(0);
}

#[test]
fn an_apply_that_fails_at_one_target_goes_on_at_the_other() {
    let two = Two::new();
    let all = ["apply", "--target", "all", "--auto-approve"];
    let ran = two.place.run_with(&[("PROD", PROD_TOKEN)], &all);
    ran.ends(1)
        .warns("onprem: error[missing-token]")
        .says("onprem failed: the environment variable `ONPREM`")
        .says("prod converged");
    two.run(&["plan", "--target", "prod", "--detailed-exitcode"])
        .ends(0);
    two.run(&["plan", "--target", "onprem", "--detailed-exitcode"])
        .ends(2);
}

#[test]
fn saved_plans_are_applied_where_they_are_of() {
    let place = sandboxes();
    place.run(&["plan", "--out", "plans"]).ends(0);
    // The plan says which target it is of, and is for no other.
    place
        .run(&[
            "apply",
            "plans/plan.prod.json",
            "--target",
            "onprem",
            "--auto-approve",
        ])
        .ends(1)
        .warns("the plan was made for prod, Harness at the embedded sandbox of prod");
    place
        .run(&[
            "apply",
            "plans/plan.prod.json",
            "--target",
            "all",
            "--auto-approve",
        ])
        .ends(1)
        .warns("the plan is of one target, and several are asked for");
    place
        .run(&["apply", "plans/plan.prod.json", "--auto-approve"])
        .ends(0);
    place
        .run(&["plan", "--detailed-exitcode"])
        .ends(2)
        .says("onprem 7 additions: nothing is taken away prod nothing to do");
    // What is so already is skipped; the other is carried out.
    place
        .run(&["apply", "plans", "--auto-approve"])
        .ends(0)
        .says("onprem converged prod converged");
    place.run(&["plan", "--detailed-exitcode"]).ends(0);
    // Not the manifest they were made from.
    let manifest = place.read("scim-sync.yaml");
    place.write("scim-sync.yaml", &format!("{manifest}# a change\n"));
    place
        .run(&["apply", "plans", "--auto-approve"])
        .ends(5)
        .says("onprem the saved plan is stale prod the saved plan is stale");
    place
        .run(&["apply", "nothing.{target}.json", "--auto-approve"])
        .ends(1)
        .warns("has no plan of a target of the manifest");
}

#[test]
fn a_folder_of_plans_is_of_one_run() {
    let two = Two::new();
    two.run(&["plan", "--out", "plans"]).ends(0);
    let ran = two
        .place
        .run_with(&[("PROD", PROD_TOKEN)], &["plan", "--out", "plans"]);
    ran.ends(1);
    assert!(two.place.path("plans/plan.prod.json").exists());
    assert!(!two.place.path("plans/plan.onprem.json").exists());
}

#[test]
fn a_saved_plan_of_a_target_with_another_name_is_refused() {
    let place = sandboxes();
    place.run(&["plan", "--out", "plans"]).ends(0);
    let one = Place::with(
        "version: 1\ntarget: { provider: harness }\nusers: { ada: { email: a@example.com } }\n",
    );
    one.write("plan.json", &place.read("plans/plan.prod.json"));
    one.run(&["apply", "plan.json", "--auto-approve"])
        .ends(5)
        .warns("the manifest is not the one this plan was made from");
}

/// Bob moves from prod to onprem.
fn after_bob_moved(place: &Place) {
    let manifest = place.read("scim-sync.yaml");
    place.write("before/scim-sync.yaml", &manifest);
    let moved = manifest.replace(
        "email: bob@example.com, targets: [prod]",
        "email: bob@example.com, targets: [onprem]",
    );
    assert_ne!(moved, manifest);
    place.write("scim-sync.yaml", &moved);
}

#[test]
fn whoever_is_taken_off_a_target_is_removed_there_by_the_same_rails() {
    let place = sandboxes();
    let all = ["apply", "--target", "all", "--auto-approve"];
    place.run(&all).ends(0);
    after_bob_moved(&place);
    // The account carries our key, so it is known to be ours without a base as well.
    place
        .run(&["plan", "--target", "prod", "--no-base"])
        .ends(0)
        .says("delete user bob@example.com declared for other targets only (scim-sync.yaml:8:3)");
    place
        .run(&["validate", "--base", "before"])
        .ends(0)
        .tells("person `bob` is limited to other targets now (target `prod`)");
    let based = ["plan", "--base", "before", "--format", "json"];
    let all = json(&place.run(&based).ends(0));
    let kinds = |target: &str| -> Vec<String> {
        let actions = &all["targets"][target]["result"]["actions"];
        let ids = actions.as_array().expect("actions").iter();
        ids.map(|it| it["id"].as_str().expect("an id").to_owned())
            .collect()
    };
    assert!(
        kinds("prod").contains(&"user:bob:delete".to_owned()),
        "{:?}",
        kinds("prod")
    );
    assert!(kinds("onprem").contains(&"user:bob:create".to_owned()));
    // The limit of that target stands in the way there alone.
    let manifest = place.read("scim-sync.yaml");
    let limited = manifest.replace(
        "prod: { provider: harness }",
        "prod: { provider: harness, policy: { limits: { userRemovals: 0 } } }",
    );
    place.write("scim-sync.yaml", &limited);
    place
        .run(&["plan", "--base", "before"])
        .ends(3)
        .says("people removed: 1 of 0");
}

#[test]
fn a_target_may_get_a_name() {
    let people = "users:\n  ada: { email: ada@example.com }\n";
    let place = Place::with(&format!(
        "version: 1\ntarget: {{ provider: harness }}\n{people}  bob: {{ email: bob@example.com }}\n"
    ));
    place.run(&["apply", "--auto-approve"]).ends(0);
    place.write("before/scim-sync.yaml", &place.read("scim-sync.yaml"));
    place.write(
        "scim-sync.yaml",
        &format!(
            "version: 1\ntargets:\n  new: {{ provider: scim }}\n  prod: {{ provider: harness, \
             sandbox: {{ state: .scim-sync/sandbox.json }} }}\n{people}"
        ),
    );
    let based = ["plan", "--base", "before", "--format", "json"];
    let ran = place.run(&based).ends(0);
    let ran = ran.warns("new: note: the target `new` is new since the base before");
    let all = json(&ran);
    let of = |target: &str| all["targets"][target]["result"]["actions"].to_string();
    assert!(of("prod").contains("user:bob:delete"), "{}", of("prod"));
    assert!(!of("prod").contains("user:ada"));
    assert!(of("new").contains("user:ada:create") && !of("new").contains("bob"));
}

#[test]
fn what_only_looks_is_for_all_of_them() {
    let place = sandboxes();
    let all = ["apply", "--target", "all", "--auto-approve"];
    place.run(&all).ends(0);
    place
        .run(&["status"])
        .ends(0)
        .says("Status of onprem, SCIM 2.0 at the embedded sandbox of onprem")
        .says("2 targets onprem nothing to do prod nothing to do");
    place
        .run(&["doctor"])
        .says("Examined prod, Harness at the embedded sandbox of prod")
        .says("2 targets onprem 0 failures");
    for command in ["status", "doctor", "support-request"] {
        let both = json(&place.run(&[command, "--format", "json"]));
        assert_eq!(both["version"], 1, "{command}");
        let targets = both["targets"].as_object().expect("targets");
        assert_eq!(targets.len(), 2, "{command}");
        for (name, target) in targets {
            let arguments = [command, "--format", "json", "--target", name];
            let alone = place.run(&arguments);
            match &target["result"] {
                // There is nobody to write to, which is said as it is of that target alone.
                Value::Null => {
                    assert_eq!((command, name.as_str()), ("support-request", "onprem"));
                    assert_eq!(target["error"]["code"], "no-support");
                    alone.ends(1).warns("error[no-support]");
                }
                // A clock goes on from one run to the next.
                _ if command == "doctor" => {}
                result => assert_eq!(*result, json(&alone.ends(0)), "{command} {name}"),
            }
        }
    }
}

#[test]
fn explain_says_where_somebody_is_not() {
    let place = sandboxes();
    let both = place.run(&["explain", "ada", "--no-live"]).ends(0);
    both.says("2 targets onprem roles give 2 groups prod roles give 1 group");
    place
        .run(&["explain", "bob", "--no-live"])
        .ends(0)
        .says("onprem `bob` is declared for `prod` only, at scim-sync.yaml:8:3, and is not to be at `onprem`")
        .says("prod roles give 1 group");
    place
        .run(&["explain", "BOB@example.com", "--target", "onprem"])
        .ends(1)
        .warns("`bob` is declared for `prod` only");
    let both = json(
        &place
            .run(&["explain", "bob", "--no-live", "--format", "json"])
            .ends(0),
    );
    assert_eq!(both["targets"]["onprem"]["error"]["code"], "elsewhere");
    assert_eq!(both["targets"]["prod"]["result"]["person"]["key"], "bob");
    place
        .run(&["explain", "nobody", "--no-live"])
        .ends(1)
        .warns("onprem: error[unknown-person]")
        .warns("prod: error[unknown-person]");
}

#[test]
fn a_review_says_at_which_target() {
    let place = sandboxes();
    let csv = place.run(&["review", "--no-live"]).ends(0).out;
    let mut lines = csv.lines();
    assert!(
        lines
            .next()
            .is_some_and(|head| head.starts_with("target,group,person,"))
    );
    let of: BTreeSet<&str> = lines.filter_map(|line| line.split(',').next()).collect();
    assert_eq!(of, BTreeSet::from(["onprem", "prod"]));
    let alone = ["review", "--no-live", "--target", "prod"];
    assert!(place.run(&alone).ends(0).out.starts_with("group,person,"));
    let markdown = place.run(&["review", "--no-live", "--format", "markdown"]);
    assert_eq!(markdown.ends(0).out.matches("# Access review").count(), 2);
    place
        .run(&["review", "--no-live", "--format", "html"])
        .ends(1)
        .warns("a page is of one target");
}

#[test]
fn a_snapshot_of_each_is_planned_from() {
    let place = sandboxes();
    place
        .run(&["snapshot"])
        .ends(1)
        .warns("a snapshot is of one target, and several are asked for");
    place.run(&["snapshot", "--out", "live"]).ends(0);
    let offline = place.run(&["plan", "--live", "live"]).ends(0);
    assert_eq!(offline.out, place.run(&["plan"]).ends(0).out);
    let one = [
        "plan",
        "--live",
        "live/snapshot.{target}.json",
        "--target",
        "prod",
    ];
    assert!(offline.out.contains(&place.run(&one).ends(0).out));
    // A snapshot fills the sandbox of the target that is named.
    place
        .run(&["sandbox", "load", "live/snapshot.prod.json"])
        .ends(1)
        .warns("this command is for one at a time: name it with `--target NAME`");
    let named = [
        "sandbox",
        "load",
        "live/snapshot.prod.json",
        "--target",
        "prod",
    ];
    place.run(&named).ends(0);
    assert!(place.path(".scim-sync/sandbox.prod.json").exists());
    assert!(!place.path(".scim-sync/sandbox.onprem.json").exists());
}

#[test]
fn a_snapshot_of_another_target_is_refused() {
    let two = Two::new();
    two.run(&["snapshot", "--target", "prod", "--out", "prod-live.json"])
        .ends(0);
    two.run(&["plan", "--target", "prod", "--live", "prod-live.json"])
        .ends(0);
    let manifest = two.place.read("scim-sync.yaml");
    // The same kind of provider, in another place.
    let other = manifest.replace(
        "targets:\n",
        "targets:\n  other: { provider: harness, baseUrl: 'https://app.harness.io/gateway/ng/api/scim/account/abcdefghijklmnopqrstuv', token: { env: OTHER } }\n",
    );
    two.place.write("scim-sync.yaml", &other);
    two.run(&["plan", "--target", "other", "--live", "prod-live.json"])
        .ends(1)
        .warns("`prod-live.json` was taken from");
}

#[test]
fn import_writes_for_the_one_that_is_named_and_adds_to_none() {
    let place = sandboxes();
    let all = ["apply", "--target", "all", "--auto-approve"];
    place.run(&all).ends(0);
    place
        .run(&["import", "live", "--merge", "--target", "prod"])
        .ends(1)
        .warns("what is added from one of them would hold at all")
        .warns("`scim-sync import live --target prod --out FOLDER`");
    // Whether or not one is named.
    place
        .run(&["import", "live", "--merge"])
        .ends(1)
        .warns("what is added from one of them would hold at all")
        .warns("with `targets: [onprem]` where it holds there only");
    let manifest = place.read("scim-sync.yaml").replace(
        "  prod: { provider: harness }",
        "  prod:\n    provider: harness\n    policy: { limits: { userRemovals: 1 } }\n    dialect:\n      # half\n      pageSize: 50",
    );
    place.write("scim-sync.yaml", &manifest);
    place
        .run(&["import", "live", "--target", "prod", "--out", "prod"])
        .ends(0)
        .warns("there is nothing to do");
    let written = place.read("prod/scim-sync.yaml");
    let target = "target:\n  provider: harness\n  dialect:\n    # half\n    pageSize: 50\n";
    assert!(written.contains(target), "{written}");
    assert!(written.contains("bob@example.com") && !written.contains("cy@example.com"));
    place
        .run(&["import", "live", "--target", "onprem", "--out", "onprem"])
        .ends(0);
    let written = place.read("onprem/scim-sync.yaml");
    assert!(written.contains("target: { provider: scim }"), "{written}");
}

/// What the last day removed counts at its own target only.
#[test]
fn limits_over_runs_are_of_each_target() {
    let place = Place::with(
        "version: 1\ntargets: { onprem: { provider: scim }, prod: { provider: harness } }\n\
         reports: runs\npolicy: { limits: { userRemovals: 1 } }\nusers:\n  \
         ada: { email: ada@example.com }\n  bob: { email: bob@example.com }\n  \
         cy: { email: cy@example.com }\n",
    );
    let all = ["apply", "--target", "all", "--auto-approve"];
    place.run(&all).ends(0);
    let limit = |key: &str, target: &str| {
        let manifest = place.read("scim-sync.yaml").replace(
            &format!("email: {key}@example.com }}"),
            &format!("email: {key}@example.com, targets: [{target}] }}"),
        );
        place.write("scim-sync.yaml", &manifest);
    };
    limit("bob", "onprem");
    place.run(&all).ends(0).says("prod converged");
    limit("cy", "onprem");
    place
        .run(&["plan", "--target", "prod"])
        .ends(3)
        .says("1 person removed or suspended after 1 in the last 24 hours");
    // The same at the other target is the first there.
    let manifest = place.read("scim-sync.yaml");
    place.write(
        "scim-sync.yaml",
        &manifest.replace(
            "cy@example.com, targets: [onprem]",
            "cy@example.com, targets: [prod]",
        ),
    );
    place
        .run(&["plan", "--target", "onprem"])
        .ends(0)
        .says("people removed: 1 of 1");
}

/// Neither of two service providers answers before both were asked.
#[test]
fn targets_are_asked_side_by_side() {
    let place = Place::new();
    let served = Served::start(&place, &["--token", PROD_TOKEN]);
    let together = recording::Together::new(2);
    let doors = [(); 2].map(|()| Recording::waiting(&served.base_url, &together));
    let [east, west] = &doors;
    place.write(
        "scim-sync.yaml",
        &format!(
            "version: 1\ntargets:\n  east: {{ provider: harness, baseUrl: '{}', token: {{ env: PROD }} }}\n  \
             west: {{ provider: harness, baseUrl: '{}', token: {{ env: PROD }} }}\n{}",
            east.base_url,
            west.base_url,
            PEOPLE.replace("[prod]", "[east]").replace("[onprem]", "[west]"),
        ),
    );
    place.run_with(&[("PROD", PROD_TOKEN)], &["plan"]).ends(0);
    assert!(
        together.met(),
        "one target was done before the other was begun"
    );
}

/// Two variables that hold one URL: the manifest could not tell.
#[test]
fn one_place_under_two_names_is_refused_before_anything_is_written() {
    let place = Place::new();
    let served = Served::start(&place, &["--token", PROD_TOKEN]);
    let door = Recording::before(&served.base_url);
    place.write(
        "scim-sync.yaml",
        &format!(
            "version: 1\ntargets:\n  east: {{ provider: harness, baseUrl: '${{EAST}}', token: {{ env: PROD }} }}\n  \
             west: {{ provider: harness, baseUrl: '${{WEST}}', token: {{ env: PROD }} }}\n{}",
            PEOPLE.replace("[prod]", "[east]").replace("[onprem]", "[west]"),
        ),
    );
    let variables = [
        ("PROD", PROD_TOKEN),
        ("EAST", door.base_url.as_str()),
        ("WEST", door.base_url.as_str()),
    ];
    for command in [
        &["plan"][..],
        &["apply", "--target", "all", "--auto-approve"],
    ] {
        place
            .run_with(&variables, command)
            .ends(1)
            .warns("the targets `east` and `west` are one place");
    }
    let sent = door.take();
    let writes = |line: &&str| {
        let writes = ["POST ", "PATCH ", "PUT ", "DELETE "];
        let scim = line.contains("/Users") || line.contains("/Groups");
        scim && writes.iter().any(|method| line.starts_with(method))
    };
    assert_eq!(sent.lines().filter(writes).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn a_target_that_goes_is_told() {
    let place = sandboxes();
    place.write("before/scim-sync.yaml", &place.read("scim-sync.yaml"));
    place.write(
        "scim-sync.yaml",
        &place
            .read("scim-sync.yaml")
            .replace("  onprem: { provider: scim }\n", "")
            .replace("[onprem]", "[prod]"),
    );
    place
        .run(&["validate", "--base", "before"])
        .ends(0)
        .warns("the target `onprem` of the base before is in the manifest no more");
}

/// One place in another spelling is one place: each name would undo what the other does.
#[test]
fn two_spellings_of_one_place_are_one() {
    let at = |url: &str| format!("{{ provider: scim, baseUrl: '{url}', token: {{ env: T }} }}");
    let in_state = |file: &str| format!("{{ provider: scim, sandbox: {{ state: {file} }} }}");
    for (a, b, is_one) in [
        (
            at("https://a.example/scim/v2"),
            at("https://A.example/scim/v2/"),
            true,
        ),
        (
            at("https://a.example/scim/v2"),
            at("HTTPS://a.example:443/scim/x/../v2"),
            true,
        ),
        (
            at("https://a.example/scim/v2"),
            at("https://a.example:8443/scim/v2"),
            false,
        ),
        (
            at("https://a.example/${X}"),
            at("https://a.example/${Y}"),
            false,
        ),
        (in_state("x.json"), in_state("./x.json"), true),
        (in_state("x.json"), in_state("y/x.json"), false),
    ] {
        let place = Place::new();
        place.write(
            "scim-sync.yaml",
            &format!("version: 1\ntargets: {{ a: {a}, b: {b} }}\nusers: {{ ada: {{ email: ada@x.io }} }}\n"),
        );
        let ran = place.run(&["validate"]);
        assert_eq!(
            ran.out.contains("same-target"),
            is_one,
            "{a} and {b}:\n{}",
            ran.out
        );
    }
}
