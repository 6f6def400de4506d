//! The published schemas are the ones the types give, and what the binary prints obeys them.
//!
//! Bless with `BLESS=1 cargo test --test printed_schemas`.

#[path = "support/cli.rs"]
mod support;

use std::path::Path;

use serde_json::Value;
use support::Place;

fn committed(name: &str, generated: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("schema")
        .join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, generated).unwrap();
    }
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        text == generated,
        "{} is not what `scim-sync schema` prints",
        file.display()
    );
    serde_json::from_str(&text).unwrap()
}

#[test]
fn committed_schemas_are_the_generated_ones() {
    let place = Place::new();
    for which in [
        "manifest",
        "included",
        "plan",
        "plans",
        "report",
        "snapshot",
        "snapshot-diff",
        "explain",
        "comparison",
        "probe",
        "doctor",
        "status",
        "support-request",
        "explain-of-targets",
        "doctor-of-targets",
        "status-of-targets",
        "support-request-of-targets",
    ] {
        let printed = place.run(&["schema", which]).ends(0).out;
        let schema = committed(&format!("{which}.schema.json"), &printed);
        assert_eq!(
            schema["$schema"], "https://json-schema.org/draft/2020-12/schema",
            "{which}"
        );
        jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("{which}: {error}"));
        can_be_published(which, &schema);
    }
}

/// Whoever keeps a copy finds out what it is and of which version: from its name, and from
/// the version it asks of a document.
fn can_be_published(which: &str, schema: &Value) {
    let id = schema["$id"].as_str().unwrap_or_default();
    let version = id
        .strip_prefix(&format!("urn:scim-sync:schema:{which}:"))
        .and_then(|version| version.parse::<u32>().ok())
        .unwrap_or_else(|| panic!("{which}: `{id}` is not its name"));
    let title = schema["title"].as_str().unwrap_or_default();
    let about = title
        .strip_prefix("scim-sync ")
        .and_then(|rest| rest.strip_suffix(&format!(", version {version}")));
    assert!(about.is_some_and(|about| !about.is_empty()), "{title}");
    assert!(schema["description"].is_string(), "{which}: no description");
    let asked = match which {
        // Only the first line of a report has the version.
        "report" => &schema["$defs"]["Event"]["oneOf"][0]["properties"]["version"]["const"],
        _ => &schema["properties"]["version"]["const"],
    };
    assert_eq!(asked, &Value::from(version), "{which}");
    assert_eq!(refers_outside(schema), Vec::<&str>::new(), "{which}");
}

/// What a schema needs that is not in its own file.
fn refers_outside(schema: &Value) -> Vec<&str> {
    match schema {
        Value::Object(object) => object
            .iter()
            .flat_map(|(key, value)| match value.as_str() {
                Some(to) if key == "$ref" && !to.starts_with("#/$defs/") => vec![to],
                _ => refers_outside(value),
            })
            .collect(),
        Value::Array(values) => values.iter().flat_map(refers_outside).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

#[track_caller]
fn obeys(which: &str, text: &str) {
    let schema: Value =
        serde_json::from_str(&Place::new().run(&["schema", which]).ends(0).out).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let value: Value = serde_json::from_str(text).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{which}:\n{}", errors.join("\n"));
}

/// Plans of every example, so that each kind of item is in one of them.
#[test]
fn plans_and_snapshots_obey_their_schemas() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut plans = 0;
    for entry in std::fs::read_dir(root).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.join("scim-sync.yaml").exists() {
            continue;
        }
        let manifest = folder.join("scim-sync.yaml");
        let mut live = folder.join("live.json");
        let mut which = "plan";
        if !live.exists() {
            let files = std::fs::read_dir(&folder).unwrap();
            let files = files.map(|entry| entry.unwrap().path());
            let is_live = |path: &std::path::PathBuf| {
                let name = path.file_name().unwrap().to_str().unwrap();
                name.starts_with("live.") && name.ends_with(".json")
            };
            for live in files.filter(is_live) {
                obeys("snapshot", &std::fs::read_to_string(&live).unwrap());
            }
            live = folder.join("live.{target}.json");
            which = "plans";
        } else {
            obeys("snapshot", &std::fs::read_to_string(&live).unwrap());
        }
        let place = Place::new();
        let arguments = [
            "-f",
            manifest.to_str().unwrap(),
            "plan",
            "--format",
            "json",
            "--live",
            live.to_str().unwrap(),
        ];
        obeys(which, &place.run(&arguments).out);
        plans += 1;
    }
    assert!(plans >= 3);
}

#[test]
fn a_schema_rejects_what_is_no_plan() {
    let schema: Value =
        serde_json::from_str(&Place::new().run(&["schema", "plan"]).ends(0).out).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(!validator.is_valid(&serde_json::json!({})));
    assert!(!validator.is_valid(&serde_json::json!({ "version": 1, "actions": "all" })));
}

/// What the commands that only look print of the same example.
#[test]
fn what_commands_that_look_print_obeys_its_schema() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/role-removed");
    let place = Place::new();
    for file in ["scim-sync.yaml", "live.json"] {
        let text = std::fs::read_to_string(root.join(file)).unwrap();
        place.write(file, &text);
    }
    place.run(&["sandbox", "load", "live.json"]);
    for (which, arguments) in [
        ("doctor", &["doctor", "--format", "json"][..]),
        (
            "status",
            &["status", "--format", "json", "--live", "live.json"],
        ),
        (
            "support-request",
            &["support-request", "--format", "json", "--live", "live.json"],
        ),
    ] {
        let printed = place.run(arguments).out;
        assert!(printed.len() > 100, "{which}: {printed}");
        obeys(which, &printed);
    }
}

/// The same of several targets, one of which fails.
#[test]
fn what_they_print_of_several_targets_obeys_its_schema() {
    let place = Place::with(
        "version: 1
targets:
  lab: { provider: scim, baseUrl: 'https://scim.example/v2', token: { env: LAB_SCIM_TOKEN } }
  onprem: { provider: scim }
  prod: { provider: harness }
users:
  ada: { email: ada@example.com, givenName: Ada, familyName: L }
  bob: { email: bob@example.com, givenName: Bob, familyName: B, targets: [prod] }
roles: { sre: { members: [ada, bob] }, old: { members: [ada] } }
groupMappings: [{ match: '.*', group: '{role}' }]
",
    );
    place
        .run(&[
            "apply",
            "--target",
            "prod",
            "--target",
            "onprem",
            "--auto-approve",
        ])
        .ends(0);
    let manifest = place.read("scim-sync.yaml");
    place.write(
        "scim-sync.yaml",
        &manifest.replace(", old: { members: [ada] }", "").replace(
            "groupMappings",
            "groups: { old: { status: absent } }\ngroupMappings",
        ),
    );
    for (which, arguments) in [
        ("plans", &["plan", "--format", "json"][..]),
        (
            "explain-of-targets",
            &["explain", "bob", "sre", "--format", "json"],
        ),
        (
            "explain-of-targets",
            &["explain", "ada", "--format", "json"],
        ),
        ("doctor-of-targets", &["doctor", "--format", "json"]),
        ("status-of-targets", &["status", "--format", "json"]),
        (
            "support-request-of-targets",
            &["support-request", "--format", "json"],
        ),
    ] {
        let printed = place.run(arguments).out;
        let document: Value = serde_json::from_str(&printed).unwrap();
        let results = document["targets"].as_object().unwrap().values();
        let results = results.filter(|it| it.get("result").is_some()).count();
        assert!(results > 0, "{which}: {printed}");
        obeys(which, &printed);
    }
}
