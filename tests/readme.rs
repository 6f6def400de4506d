//! The README keeps its word: what it shows is what the tool does.

#[path = "support/cli.rs"]
mod support;

use std::path::Path;

use scim_sync::exit::Exit;
use support::Place;

fn root(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What stands between `<!-- name -->` and `<!-- /name -->`.
fn section(name: &str) -> String {
    let readme = root("README.md");
    let start = format!("<!-- {name} -->\n");
    let from = readme
        .find(&start)
        .unwrap_or_else(|| panic!("no {name} in the README"))
        + start.len();
    let to = readme[from..]
        .find(&format!("<!-- /{name} -->"))
        .expect("the section ends")
        + from;
    readme[from..to].to_owned()
}

/// The content of the one fenced block in a text.
fn fenced(text: &str) -> String {
    let mut lines = text
        .lines()
        .skip_while(|line| !line.starts_with("```"))
        .skip(1);
    let block: Vec<&str> = lines
        .by_ref()
        .take_while(|line| !line.starts_with("```"))
        .collect();
    block.join("\n") + "\n"
}

#[test]
fn the_plan_shown_is_the_examples() {
    assert_eq!(
        fenced(&section("plan")),
        root("examples/role-removed/plan.txt")
    );
}

#[test]
fn the_manifest_shown_is_valid() {
    let place = Place::with(&fenced(&section("manifest")));
    let ran = place.run(&["validate", "--as-of", "2026-11-24"]).ends(0);
    assert!(!ran.out.contains("error"), "{}", ran.out);
}

#[test]
fn the_targets_shown_are_valid() {
    let place = Place::with(&fenced(&section("targets")));
    place
        .run(&["validate"])
        .ends(0)
        .warns("valid at onprem: 1 person, 2 roles, 2 groups")
        .warns("valid at prod: 2 people, 1 role, 1 group");
}

/// The order in which one of several targets decides how a run ends.
#[test]
fn the_worst_exit_code_is_documented() {
    let codes: Vec<String> = Exit::WORST_FIRST
        .iter()
        .map(|exit| exit.code().to_string())
        .collect();
    let order = codes.join(", ");
    assert!(root("README.md").contains(&format!("the worst code: {order}.")));
    assert_eq!(Exit::WORST_FIRST.len(), Exit::ALL.len());
}

#[test]
fn every_exit_code_is_documented() {
    let mut table = "| code | meaning |\n|---|---|\n".to_owned();
    for exit in Exit::ALL {
        table.push_str(&format!("| {} | {} |\n", exit.code(), exit.meaning()));
    }
    assert_eq!(section("exit-codes"), table);
}

/// CI runs the very commands the README gives a newcomer.
#[test]
fn ci_runs_the_readmes_commands() {
    let first = "-f examples/quickstart/scim-sync.yaml apply --auto-approve";
    assert!(root("README.md").contains(&format!("cargo run --release -- {first}")));
    let ci = root(".ci/run");
    assert_eq!(
        ci.matches(&format!("cargo run --locked --release -- {first}"))
            .count(),
        2
    );
    assert!(ci.contains("cargo test --locked"));
}

#[test]
fn every_command_is_in_the_readme() {
    let readme = root("README.md");
    let help = Place::new().run(&["--help"]).ends(0).out;
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert!(commands.len() >= 6, "{help}");
    for command in commands {
        assert!(
            readme.contains(&format!("`scim-sync {command}")),
            "`{command}` is not in the README"
        );
    }
}
