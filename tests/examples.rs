//! Every example is what it says: it is valid, gives the plan beside it, and the plan
//! applied to a sandbox that holds its live state leaves nothing an apply can do.
//!
//! Bless with `BLESS=1 cargo test --test examples`, then read the plans as a reviewer would.

#[path = "support/cli.rs"]
mod support;

use std::path::{Path, PathBuf};

use support::Place;

/// The day the examples are judged on, so that their grants do not run out.
const AS_OF: &str = "2026-11-24";

fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the examples")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.join("scim-sync.yaml").exists())
        .collect();
    found.sort();
    assert!(found.len() >= 3, "{found:?}");
    found
}

/// A copy to run in, so that no test leaves anything in the repository.
fn copy(example: &Path) -> Place {
    fn copy_folder(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            if entry.file_name() == ".scim-sync" {
                continue;
            }
            let to = to.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                copy_folder(&entry.path(), &to);
            } else {
                std::fs::copy(entry.path(), to).unwrap();
            }
        }
    }
    let place = Place::new();
    copy_folder(example, &place.path("."));
    place
}

#[test]
fn every_example_is_valid_and_gives_its_plan() {
    for example in examples() {
        let place = copy(&example);
        place.run(&["validate", "--as-of", AS_OF]).ends(0);
        let plan = place.run(&["plan", "--live", "live.json", "--as-of", AS_OF, "--full"]);
        let file = example.join("plan.txt");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&file, &plan.out).unwrap();
        }
        let blessed = std::fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(plan.out, blessed, "{}", file.display());
        let expected = if plan.out.contains("refused") { 3 } else { 0 };
        assert_eq!(plan.code, expected, "{}: {}", example.display(), plan.err);
    }
}

#[test]
fn every_example_applied_leaves_nothing_to_apply() {
    for example in examples() {
        let place = copy(&example);
        place.run(&["sandbox", "load", "live.json"]).ends(0);
        let applied = place.run(&["apply", "--auto-approve", "--as-of", AS_OF]);
        assert!(
            matches!(applied.code, 0 | 3),
            "{}: {}{}",
            example.display(),
            applied.out,
            applied.err
        );
        assert!(applied.out.contains("Converged"), "{}", applied.out);
        let again = place.run(&["plan", "--format", "json", "--as-of", AS_OF]);
        let plan: serde_json::Value = serde_json::from_str(&again.out).unwrap();
        assert_eq!(
            plan["actions"].as_array().map(Vec::len),
            Some(0),
            "{}",
            again.out
        );
    }
}

/// The open step for Support stays in every plan until the group is gone, and then closes
/// itself.
#[test]
fn a_step_for_support_stays_until_it_is_done() {
    let place = copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/role-removed"));
    place.run(&["sandbox", "load", "live.json"]).ends(0);
    place
        .run(&["apply", "--auto-approve"])
        .ends(0)
        .says("1 for Support");
    place
        .run(&["plan"])
        .ends(0)
        .says("[group-removal-needs-support]")
        .says("it has no members");

    let state = ".scim-sync/sandbox.json";
    let mut world =
        scim_sync::sandbox::world::World::from_json(place.read(state).as_bytes()).unwrap();
    world.remove_group(&"auditors".into()).unwrap();
    place.write(state, &String::from_utf8(world.to_json()).unwrap());
    place
        .run(&["plan"])
        .ends(0)
        .says("Nothing to do")
        .says("[tombstone-done]");
}
