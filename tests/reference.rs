//! Tables in the README that are made from the code: complete, and blessed like any golden.

use std::path::Path;

use scim_sync::profile::{facts, harness};
use scim_sync::render::faults::reference;

/// The README with a table between its two markers.
fn with_table(readme: &str, name: &str, table: &str) -> String {
    let (start, end) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let (before, rest) = readme.split_once(&start).expect("the first marker");
    let (_, after) = rest.split_once(&end).expect("the second marker");
    format!("{before}{start}\n{table}{end}{after}")
}

/// Both tables in one test: two that write one file would write over each other.
#[test]
fn the_readme_has_the_tables_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let expected = with_table(&readme, "fault-codes", &reference());
    let facts = format!("\n{}\n", facts::reference(harness::profile().facts));
    let expected = with_table(&expected, "harness-facts", &facts);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let readme = std::fs::read_to_string(&path).unwrap();
    assert!(
        readme == expected,
        "a table is not that of the code: BLESS=1 writes it"
    );
}
