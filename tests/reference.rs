//! Tables in the README and beside the profiles that are made from the code: complete, and
//! blessed like any golden.

use std::path::Path;

use scim_sync::profile::{facts, harness, overview};
use scim_sync::render::faults::reference;

/// The README with a table between its two markers.
fn with_table(readme: &str, name: &str, table: &str) -> String {
    let (start, end) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let (before, rest) = readme.split_once(&start).expect("the first marker");
    let (_, after) = rest.split_once(&end).expect("the second marker");
    format!("{before}{start}\n{table}{end}{after}")
}

/// What the interop suite found, as its own file has it, without the line that says so.
fn interop() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/RESULTS.md");
    let results = std::fs::read_to_string(path).unwrap();
    let (_, table) = results.split_once("-->\n").expect("the first line");
    format!("{table}\n")
}

/// All tables in one test: two that write one file would write over each other.
#[test]
fn the_readme_has_the_tables_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let expected = with_table(&readme, "fault-codes", &reference());
    let facts = format!("\n{}\n", facts::reference(harness::profile().facts));
    let expected = with_table(&expected, "harness-facts", &facts);
    let profiles = format!("\n{}\n", overview::overview());
    let expected = with_table(&expected, "profiles", &profiles);
    let results = interop();
    let expected = with_table(&expected, "interop", &results);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let readme = std::fs::read_to_string(&path).unwrap();
    assert!(
        readme == expected,
        "a table is not that of the code: BLESS=1 writes it"
    );
}

/// What is known of every other provider, beside the code that holds it.
#[test]
fn the_facts_of_every_profile_are_written_down() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/profile/PROFILES.md");
    let expected = format!(
        "# What is known of each service provider\n\n\
         Made of `src/profile/*.rs` by `BLESS=1 cargo test --test reference`. Nothing here was\n\
         tested against a live account; each row says where it was read. `not known` means that\n\
         it was looked for and not found: the careful way is taken. The rows of `harness` are in\n\
         the README.\n{}",
        overview::facts()
    );
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == expected,
        "not the facts of the code: BLESS=1 writes them"
    );
}
