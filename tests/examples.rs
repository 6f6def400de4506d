//! Every example is what it says: it is valid, gives the plan beside it, and the plan
//! applied to a sandbox that holds its live state leaves nothing an apply can do.
//!
//! Bless with `BLESS=1 cargo test --test examples`, then read the plans as a reviewer would.

#[path = "support/cli.rs"]
mod support;

use std::path::{Path, PathBuf};

use support::Place;

/// The live state beside an example: one file, or one for each of its targets.
fn live(place: &Place) -> &'static str {
    match place.path("live.json").exists() {
        true => "live.json",
        false => "live.{target}.json",
    }
}

/// The targets of an example, by the files of their live states; none if it has no names.
fn targets(place: &Place) -> Vec<String> {
    let entries = std::fs::read_dir(place.path(".")).expect("the example");
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| {
            let name = name.strip_prefix("live.")?.strip_suffix(".json")?;
            Some(name.to_owned())
        })
        .collect();
    names.sort();
    names
}

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
        let live = live(&place);
        let plan = place.run(&["plan", "--live", live, "--as-of", AS_OF, "--full"]);
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
        let targets = targets(&place);
        if targets.is_empty() {
            place.run(&["sandbox", "load", "live.json"]).ends(0);
        }
        for target in &targets {
            let live = format!("live.{target}.json");
            place
                .run(&["sandbox", "load", &live, "--target", target])
                .ends(0);
        }
        let all = [
            "apply",
            "--target",
            "all",
            "--auto-approve",
            "--as-of",
            AS_OF,
        ];
        let applied = place.run(&all);
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
        let plans = match plan["targets"].as_object() {
            Some(targets) => targets.values().map(|target| &target["result"]).collect(),
            None => vec![&plan],
        };
        assert_eq!(plans.len(), targets.len().max(1), "{}", again.out);
        for plan in plans {
            assert_eq!(
                plan["actions"].as_array().map(Vec::len),
                Some(0),
                "{}",
                again.out
            );
        }
    }
}

/// The comment of an example as a pull request shows it, with links to the commit.
#[test]
fn an_example_as_a_comment() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/role-removed");
    let place = copy(&example);
    let git = |arguments: &[&str]| {
        let ran = std::process::Command::new("git")
            .arg("-C")
            .arg(place.path("."))
            .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com"])
            .args(arguments)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .expect("git");
        assert!(ran.status.success(), "{ran:?}");
    };
    git(&["init", "-q", "-b", "main"]);
    git(&["add", "scim-sync.yaml"]);
    git(&["commit", "-q", "--no-gpg-sign", "-m", "Remove the role"]);
    let remote = "https://x-access-token:ghs_5ecret@github.com/acme/access.git";
    git(&["remote", "add", "origin", remote]);
    let shape = ["plan", "--live", "live.json", "--as-of", AS_OF];
    let saving = [&shape[..], &["--out", "plan.json", "--format", "markdown"]].concat();
    let comment = place.run(&saving).ends(0).out;
    assert!(!comment.contains("5ecret"), "{comment}");
    let at = comment.find("/blob/").expect("a link") + "/blob/".len();
    let commit = comment[at..at + 40].to_owned();
    // Every field a plan gets changes its hash, and not what a reader sees.
    let hash = regex::Regex::new("sha256:[0-9a-f]+").unwrap();
    let without = |text: &str| {
        let text = text
            .replace(&commit, "COMMIT")
            .replace(&commit[..10], "COMMIT");
        hash.replace_all(&text, "sha256:HASH").into_owned()
    };
    let comment = without(&comment);
    let file = example.join("plan.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, &comment).unwrap();
    }
    let blessed = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(comment, blessed, "{}", file.display());

    // The saved plan gives the same comment, without the live state.
    let show = |more: &[&str]| place.run(&[&["show", "plan.json"], more].concat());
    let shown = show(&["--format", "markdown"]).ends(0);
    assert_eq!(without(&shown.out), blessed);
    let gitlab = "https://gitlab.com/acme/access";
    show(&["--format", "html", "--link-base", gitlab])
        .ends(0)
        .says(&format!("{gitlab}/-/blob/{commit}/scim-sync.yaml#L18"));
    show(&[
        "--format",
        "html",
        "--link-base",
        "https://git.example.com/a",
    ])
    .ends(1)
    .warns("how `git.example.com` links to a line is not known");
    show(&["--format", "github", "--redact", "all"])
        .ends(0)
        .says("::warning file=scim-sync.yaml,line=18");
    place
        .run(&["show", "live.json"])
        .ends(1)
        .warns("save a new one with `scim-sync plan --out FILE`");
    // A line that is not committed as the plan saw it gets no link.
    let moved = format!("# new\n{}", place.read("scim-sync.yaml"));
    place.write("scim-sync.yaml", &moved);
    let moved = place.run(&[&shape[..], &["--format", "markdown"]].concat());
    assert!(!moved.out.contains("#L"), "{}", moved.out);
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

#[test]
fn what_is_wanted_is_the_same_whether_the_declarations_are_let_go() {
    use scim_sync::manifest::load::load;
    use scim_sync::profile::lint::{Declarations, check_keeping};

    let as_of = AS_OF.parse().expect("a day");
    let valid = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/valid");
    let valid = std::fs::read_dir(valid).expect("valid manifests");
    let valid = valid.map(|entry| entry.expect("an entry").path());
    let roots = examples().into_iter().map(|it| it.join("scim-sync.yaml"));
    for root in roots.chain(valid) {
        let resolved = |declarations| {
            let checked = check_keeping(load(&root).checked(as_of), as_of, declarations);
            let targets = checked.targets.iter();
            let left: Vec<usize> = targets
                .map(|it| it.manifest.users.0.len() + it.manifest.roles.0.len())
                .collect();
            let desired = checked.targets.iter().map(|it| &it.desired);
            let said = format!("{:?} {:?}", checked.faults, desired.collect::<Vec<_>>());
            (left, said)
        };
        let (kept, with) = resolved(Declarations::Kept);
        let (left, without) = resolved(Declarations::LetGo);
        assert!(kept.iter().any(|it| *it > 0), "{}", root.display());
        assert!(left.iter().all(|it| *it == 0), "{}", root.display());
        assert_eq!(with, without, "{}", root.display());
    }
}
