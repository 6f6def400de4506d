//! What `init` writes works at once, for every choice, and a second run changes nothing.

#[path = "support/cli.rs"]
mod support;

use std::collections::BTreeMap;
use std::path::Path;

use scim_sync::profile::Profile;
use support::Place;

/// Every file below a place, with its bytes.
fn snapshot(place: &Place) -> BTreeMap<String, Vec<u8>> {
    let root = place.path(".");
    walkdir::WalkDir::new(&root)
        .into_iter()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let name = entry.path().strip_prefix(&root).unwrap();
            let bytes = std::fs::read(entry.path()).unwrap();
            (name.to_str().unwrap().to_owned(), bytes)
        })
        .collect()
}

/// The two that have a root file of their own.
const PROVIDERS_OF_THEIR_OWN: [&str; 2] = ["harness", "scim"];

const PIPELINES: [(&str, &str); 6] = [
    ("github", ".github/workflows/access.yml"),
    ("gitlab", ".gitlab-ci.yml"),
    ("bitbucket", "bitbucket-pipelines.yml"),
    ("azure", "azure-pipelines.yml"),
    ("jenkins", "Jenkinsfile"),
    ("harness", ".harness/access.yaml"),
];

#[test]
fn every_choice_works_at_once() {
    for provider in PROVIDERS_OF_THEIR_OWN {
        for (ci, pipeline) in PIPELINES.into_iter().chain([("none", "")]) {
            let place = Place::new();
            place
                .run(&["init", "--ci", ci, "--provider", provider])
                .ends(0)
                .says("created  scim-sync.yaml");
            let checked = place.run(&["fmt", "--check"]).ends(0);
            assert_eq!(checked.out, "", "{ci}");
            let valid = place.run(&["validate"]).ends(0);
            assert_eq!(valid.out, "", "no warnings either");
            place
                .run(&["plan", "--detailed-exitcode"])
                .ends(2)
                .says("Plan: 4 to create, 3 memberships to add");
            place
                .run(&["apply", "--auto-approve"])
                .ends(0)
                .says("Converged");
            if pipeline.is_empty() {
                continue;
            }
            // The very file the examples hold, which `tests/pipelines.rs` runs and reads.
            let example = match ci {
                "github" | "gitlab" | "bitbucket" | "azure" => format!("{ci}.yml"),
                "jenkins" => "Jenkinsfile".to_owned(),
                other => format!("{other}.yaml"),
            };
            let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/pipelines");
            assert_eq!(
                place.read(pipeline),
                std::fs::read_to_string(examples.join(example)).unwrap(),
                "{ci}"
            );
        }
    }
}

/// Every profile can be chosen, and what is made for it works against its sandbox, twice.
#[test]
fn every_provider_works_at_once() {
    for provider in Profile::NAMES {
        let place = Place::new();
        place.run(&["init", "--provider", provider]).ends(0);
        let valid = place.run(&["validate"]).ends(0);
        assert_eq!(valid.out, "", "{provider}: no warnings either");
        let root = place.read("scim-sync.yaml");
        assert!(root.contains(&format!("provider: {provider}\n")), "{root}");
        place
            .run(&["apply", "--auto-approve"])
            .ends(0)
            .says("Converged");
        place
            .run(&["plan", "--detailed-exitcode"])
            .ends(0)
            .says("Nothing to do");
        // The base URL it proposes has the shape that is asked for.
        let proposed = root.replace("  # baseUrl:", "  baseUrl:");
        let proposed = proposed.replace("  # token:", "  token:");
        place.write("scim-sync.yaml", &proposed);
        place.run(&["validate"]).ends(0);
    }
    let place = Place::new();
    place.run(&["init", "--provider", "nobody"]).ends(1);
}

#[test]
fn a_second_run_changes_no_byte() {
    let place = Place::new();
    place.run(&["init", "access", "--ci", "github"]).ends(0);
    place.write(
        "access/people/people.yaml",
        "users:\n  me: { email: me@example.com }\n",
    );
    let before = snapshot(&place);
    place
        .run(&["init", "access", "--ci", "github"])
        .ends(0)
        .says("kept     scim-sync.yaml")
        .warns("0 files created");
    assert_eq!(snapshot(&place), before);
    // Another choice adds its pipeline, and nothing else.
    place.run(&["init", "access", "--ci", "gitlab"]).ends(0);
    let mut after = snapshot(&place);
    assert!(after.remove("access/.gitlab-ci.yml").is_some());
    assert_eq!(after, before);
}

#[test]
fn a_manifest_that_is_there_gains_no_people() {
    let place =
        Place::with("version: 1\ntarget: { provider: harness }\ninclude: ['people/*.yaml']\n");
    place.write(
        "people/mine.yaml",
        "users: { me: { email: me@example.com } }\n",
    );
    place.run(&["init"]).ends(0).says("kept     scim-sync.yaml");
    assert!(!place.path("people/people.yaml").exists());
    place.run(&["validate"]).ends(0).warns("1 person");
}

#[cfg(unix)]
#[test]
fn the_hook_can_be_run_and_links_are_not_followed() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new();
    std::os::unix::fs::symlink("elsewhere", place.path("CODEOWNERS")).unwrap();
    place.run(&["init"]).ends(0).says("kept     CODEOWNERS");
    assert!(!place.path("elsewhere").exists());
    let hook = std::fs::metadata(place.path(".githooks/pre-commit")).unwrap();
    assert_eq!(hook.permissions().mode() & 0o111, 0o111);
}

/// The schema lines at the top of the files name files that are there.
#[test]
fn editors_find_the_schemas() {
    let place = Place::new();
    place.run(&["init"]).ends(0);
    for file in [
        "scim-sync.yaml",
        "people/people.yaml",
        "roles/platform.yaml",
    ] {
        let text = place.read(file);
        let line = text.lines().next().unwrap();
        let schema = line
            .strip_prefix("# yaml-language-server: $schema=")
            .unwrap_or_else(|| panic!("{file}: {line}"));
        let path = place.path(file).parent().unwrap().join(schema);
        let schema: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        jsonschema::validator_for(&schema).unwrap();
    }
    let settings: serde_json::Value =
        serde_json::from_str(&place.read(".vscode/settings.json")).unwrap();
    for schema in settings["yaml.schemas"].as_object().unwrap().keys() {
        assert!(place.path(schema).is_file(), "{schema}");
    }
}
