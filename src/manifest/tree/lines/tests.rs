//! Lines against the parser: whatever is read line by line is the parser's own tree.

use proptest::prelude::*;

use super::super::{parse_any, syntax};
use super::read;
use crate::manifest::source::FileId;

const FILE: FileId = FileId(0);

/// Holds the two against each other; whether the lines were of the shape.
fn agrees(text: &str) -> bool {
    // Such a text comes to neither.
    if syntax::before_parsing(text, FILE).is_some() {
        return false;
    }
    let Some(lines) = read(text) else {
        return false;
    };
    let whole = match parse_any(text, FILE) {
        Ok(whole) => whole,
        Err(fault) => panic!("read as lines, but: {}\n{text}", fault.message),
    };
    assert!(whole.faults.is_empty(), "{:?}\n{text}", whole.faults);
    for (line, node) in lines.iter().zip(&whole.nodes) {
        assert_eq!(line, node, "{text}");
    }
    assert_eq!(lines.len(), whole.nodes.len(), "{text}");
    true
}

/// The manifests that people meet first, all of the shape.
const MANIFESTS: [&str; 4] = [
    include_str!("../../../../examples/quickstart/scim-sync.yaml"),
    include_str!("../../../../examples/guard-rails/scim-sync.yaml"),
    include_str!("../../../../examples/many-targets/scim-sync.yaml"),
    include_str!("../../../../examples/role-removed/scim-sync.yaml"),
];

#[test]
fn what_people_write_is_read_line_by_line() {
    for text in MANIFESTS {
        assert!(agrees(text), "the parser was needed:\n{text}");
    }
    for text in [
        "users:\n  ada:\n    email: ada@example.com\n    givenName: Søren\n",
        "users:\n  ada: { email: ada@x.io, givenName: \"Ada L.\", familyName: O'Neil }\n",
        "roles:\n  web:\n    members:\n      - ada\n      - { user: grace, until: 2027-01-31 }\n",
        "roles:\n  web:\n    members:\n    - ada # she asked\n    - user: grace\n      until: 2027-01-31\n",
        "---\n# a comment\n\nroles:\n  web:\n  ops: # nobody yet\n  dev: {}\n",
        "groupMappings:\n  - match: 'eng-(?<team>.+)'\n    group: team_{team}\n",
        "target:\n  baseUrl: https://app.example/scim/v2\n  token: { env: TOKEN }\n",
        "include: [people/*.yaml, roles/*.yaml]",
        "a:\n  b:\n    c:\nd:\n- e\n-  f: 1\n   g:\n   - 2\nh: -x\n",
    ] {
        assert!(agrees(text), "the parser was needed:\n{text}");
    }
}

#[test]
fn what_is_not_of_the_shape_is_left_to_the_parser() {
    for text in [
        "",
        "# nothing\n",
        "ada\n",
        "a: b\n  c\n",
        "a: b\n  c: d\n",
        "a: |\n  b\n",
        "a: &x b\nc: *x\n",
        "a: b: c\n",
        "a: 'it''s'\n",
        "a: \"\\u00e9\"\n",
        "a: \"b\n  c\"\n",
        "a: [b,\n  c]\n",
        "a: b\n---\nc: d\n",
        "a: b\n...\n",
        "a:\n... b: c\n",
        "--- a: b\n",
        "---\n---\na: b\n",
        "%YAML 1.2\n---\na: b\n",
        "? a\n: b\n",
        "- - a\n",
        "-\n  a: b\n",
        "a:\n  - b\n c: d\n",
        " a: b\nc: d\n",
        "a: b\n- c\n",
        "a:\tb\n",
        "a: b\r\n",
        "a: {b}\n",
        "a: {b: c}: d\n",
        "a: @b\n",
        "\u{feff}a: b\n",
        "a: b\u{2028}c: d\n",
        "<<: a\n",
        "a: !!str b\n",
    ] {
        assert!(read(text).is_none(), "{text:?}");
    }
}

/// The parser's limit on keys, and what looks like one.
#[test]
fn long_lines_are_the_parsers_lines() {
    for length in [990, 1_020, 1_024, 1_030, 5_000] {
        let long = "x".repeat(length);
        let list = "a, ".repeat(length / 3);
        for text in [
            format!("{long}: b\n"),
            format!("a: {long}\n"),
            format!("- {long}\n"),
            format!("a: '{long}'\n"),
            format!("- \"{long}\"\n"),
            format!("- [{list}b]\n"),
            format!("a: [{list}b]\n"),
            format!("- {{ {long}: b }}\n"),
            format!("- {{ a: {long} }}\n"),
        ] {
            agrees(&text);
        }
    }
}

/// Pieces of lines, tame and wild.
const PIECES: [&str; 54] = [
    "a", "b", "key", "é", "-", "- ", "-  ", "--", "---", "...", ":", ": ", ":  ", "::", " ", "  ",
    "#", " #", " # c", "'", "\"", "'x'", "\"y\"", "''", "{", "}", "[", "]", "{ ", " }", "{}", "[]",
    ",", ", ", "|", ">", "&a", "*a", "!", "!!str", "%", "@", "`", "?", "? ", "~", "null", "1",
    "\\", "<<", "\u{a0}", "/", "+", "é ",
];

fn line() -> impl Strategy<Value = String> {
    let tame = prop_oneof![
        Just("a:".to_owned()),
        Just("b: c".to_owned()),
        Just("- d".to_owned()),
        Just("- e: f".to_owned()),
        Just("- g:".to_owned()),
        Just("h: { i: j, k: [l, 'm'] }".to_owned()),
        Just("- [n, \"o\", {}]".to_owned()),
        Just("# p".to_owned()),
        Just(String::new()),
        Just("q: 'r s' # t".to_owned()),
    ];
    let piece = proptest::sample::select(&PIECES[..]);
    let wild = proptest::collection::vec(piece, 0..7).prop_map(|pieces| pieces.concat());
    let keyed = wild.clone().prop_map(|value| format!("a: {value}"));
    let listed = wild.clone().prop_map(|value| format!("- {value}"));
    let bracketed = wild.clone().prop_map(|value| format!("a: [{value}]"));
    let braced = wild.clone().prop_map(|value| format!("- {{ a: {value} }}"));
    let said = prop_oneof![
        12 => tame, 1 => wild, 2 => keyed, 2 => listed, 1 => bracketed, 1 => braced
    ];
    (0..5_usize, said).prop_map(|(deep, said)| format!("{}{said}\n", " ".repeat(deep)))
}

/// A change to a text that is of the shape.
fn spoilt(text: &str, changes: &[(prop::sample::Index, &str, u8)]) -> String {
    let mut text: Vec<char> = text.chars().collect();
    for (at, piece, how) in changes {
        let at = at.index(text.len() + 1);
        match how {
            0 if at < text.len() => {
                text.remove(at);
            }
            1 if at < text.len() => {
                text.splice(at..=at, piece.chars());
            }
            _ => {
                text.splice(at..at, piece.chars());
            }
        }
    }
    text.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4_096) })]

    #[test]
    fn lines_are_read_as_the_parser_reads_them(lines in prop::collection::vec(line(), 1..9)) {
        agrees(&lines.concat());
    }

    #[test]
    fn so_are_manifests_with_a_slip(
        which in 0..MANIFESTS.len(),
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), proptest::sample::select(&PIECES[..]), 0..3_u8), 1..4
        ),
    ) {
        agrees(&spoilt(MANIFESTS[which], &changes));
    }
}
