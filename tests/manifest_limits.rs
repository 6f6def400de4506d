//! Hostile and enormous manifests: an answer soon, in little memory, and never a panic.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use jiff::civil::date;
use proptest::prelude::*;
use scim_sync::manifest::decode;
use scim_sync::manifest::fault::FaultCode;
use scim_sync::manifest::format::{Formatted, format};
use scim_sync::manifest::load::{Loaded, MemoryFiles, load_from};
use scim_sync::manifest::source::{FileId, SourceMap};
use scim_sync::manifest::tree::{self, Kind, Node};
use scim_sync::render::faults::{Color, Glyphs, TextStyle, github, json, sarif, text};

const FILE: FileId = FileId(0);

fn files(root: &[u8], included: &[(&str, &[u8])]) -> MemoryFiles {
    let mut files = MemoryFiles::default();
    files.0.insert("scim-sync.yaml".to_owned(), root.to_vec());
    for (name, text) in included {
        files.0.insert((*name).to_owned(), text.to_vec());
    }
    files
}

fn check(files: &MemoryFiles) -> Loaded {
    load_from(files, "scim-sync.yaml").checked(date(2027, 6, 1))
}

fn draw(loaded: &Loaded) -> String {
    let (faults, sources) = (&loaded.faults, &loaded.sources);
    let style = TextStyle {
        width: 80,
        color: Color::Never,
        glyphs: Glyphs::Unicode,
    };
    let drawn = text(faults, sources, style);
    for other in [
        json(faults, sources),
        sarif(faults, sources, ""),
        github(faults, sources, "x"),
    ] {
        assert!(faults.is_empty() || !other.is_empty());
    }
    drawn
}

/// Far more than any machine needs; without its limit each of these would take minutes.
fn soon<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = work();
    let took = start.elapsed();
    assert!(took < Duration::from_secs(20), "{what} took {took:?}");
    done
}

fn first_code(text: &str) -> FaultCode {
    decode::root(text, FILE).faults[0].code
}

#[test]
fn alias_bombs_are_refused() {
    let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x, x, x]\n");
    for (name, last) in ('b'..='z').zip('a'..='y') {
        let row = vec![format!("*{last}"); 10].join(", ");
        writeln!(bomb, "{name}: &{name} [{row}]").unwrap();
    }
    let code = soon("the bomb", || first_code(&bomb));
    assert_eq!(code, FaultCode::TooLarge);
    // A chain of aliases is deep although no line is.
    let mut chain = String::from("a0: &a0 [x]\n");
    for step in 1..100 {
        writeln!(chain, "a{step}: &a{step} [*a{}]", step - 1).unwrap();
    }
    assert_eq!(first_code(&chain), FaultCode::TooLarge);
    assert_eq!(first_code("a: &a [*a]\n"), FaultCode::UnsupportedYaml);
}

#[test]
fn deep_nesting_is_refused() {
    for (open, between) in [
        ("[", ""),
        ("{a: ", ""),
        ("- ", ""),
        ("? ", ""),
        ("a:\n", " "),
    ] {
        let mut text = String::new();
        for depth in 0..2_000 {
            if between.is_empty() {
                text.push_str(open);
            } else {
                text.push_str(&between.repeat(depth));
                text.push_str(open);
            }
        }
        let faults = soon(open, || decode::root(&text, FILE).faults);
        assert!(!faults.is_empty(), "{open}");
    }
    let long = "- ".repeat(1_000_000);
    soon("a million dashes", || decode::root(&long, FILE));
    let long = "[".repeat(1_000_000);
    soon("a million brackets", || decode::root(&long, FILE));
}

#[test]
fn a_file_past_the_limit_is_refused_unread() {
    let text = "#".repeat(tree::MAX_FILE_BYTES + 1);
    let code = soon("a large file", || first_code(&text));
    assert_eq!(code, FaultCode::TooLarge);
}

#[test]
fn a_thousand_faults_are_drawn_soon() {
    let mut text = String::from("version: 1\ntarget: { provider: harness }\nusers:\n");
    for number in 0..20_000 {
        writeln!(text, "  p{number}: {{ emial: p{number}@example.com }}").unwrap();
    }
    text.push_str("roles:\n  all:\n    members:\n");
    for number in 0..20_000 {
        writeln!(text, "      - q{number}").unwrap();
    }
    let drawn = soon("twenty thousand faults", || {
        draw(&check(&files(text.as_bytes(), &[])))
    });
    assert!(
        drawn.contains("more; `--format json` lists all of them"),
        "{drawn}"
    );
    // And on one line without end.
    let line = text
        .replace("\n      - ", ", ")
        .replace("members:,", "members: [");
    let drawn = soon("one long line", || {
        draw(&check(&files((line + "]").as_bytes(), &[])))
    });
    assert!(drawn.lines().all(|line| line.chars().count() < 2_000));
}

/// What stands in the way of bombs stands in the way of nobody honest.
#[test]
fn a_large_and_honest_manifest_passes() {
    let people = 20_000;
    let mut text = String::from("version: 1\ntarget: { provider: harness }\nusers:\n");
    for at in 0..people {
        writeln!(
            text,
            "  p{at}: {{ email: p{at}@example.com, givenName: Per, familyName: Son{at} }}"
        )
        .unwrap();
    }
    text.push_str("roles:\n");
    for role in 0..people / 100 {
        let members: Vec<String> = (0..100).map(|at| format!("p{}", role * 100 + at)).collect();
        writeln!(text, "  r{role}: {{ members: [{}] }}", members.join(", ")).unwrap();
    }
    text.push_str("groupMappings: [{ match: '.*', group: '{role}' }]\n");
    let loaded = soon("an honest manifest", || check(&files(text.as_bytes(), &[])));
    assert!(loaded.faults.is_empty(), "{}", draw(&loaded));
    let manifest = loaded.manifest.expect("no faults");
    assert_eq!(manifest.users.0.len(), people);
    assert_eq!(manifest.roles.0.len(), people / 100);
}

#[test]
fn the_order_of_files_and_keys_never_matters() {
    let root = b"version: 1\ntarget: { provider: harness }\ninclude: ['*.yaml']\n";
    let one: &[u8] =
        b"users:\n  b: { email: b@x }\n  a: { email: a@x }\nroles:\n  r: { members: [a, b] }\n";
    let two: &[u8] = b"groupMappings: [{ match: r, group: g }]\nusers:\n  c: { email: c@x }\n";
    let view = |files: &MemoryFiles| {
        let manifest = check(files).manifest.expect("no faults");
        let users: Vec<_> = manifest
            .users
            .0
            .iter()
            .map(|(key, user)| (key.value.clone(), user.email.value.clone()))
            .collect();
        let roles: Vec<_> = manifest
            .roles
            .0
            .iter()
            .map(|(name, _)| name.value.clone())
            .collect();
        (users, roles, manifest.group_mappings.len())
    };
    let first = view(&files(root, &[("one.yaml", one), ("two.yaml", two)]));
    let second = view(&files(root, &[("one.yaml", two), ("two.yaml", one)]));
    assert_eq!(first, second);
    let keys: Vec<&str> = first.0.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["a", "b", "c"]);
}

#[test]
fn a_long_chain_of_roles_and_a_long_circle_end() {
    let mut text = String::from(
        "version: 1\ntarget: { provider: harness }\nusers: { a: { email: a@x } }\nroles:\n",
    );
    let roles = 50_000;
    for role in 0..roles {
        writeln!(text, "  r{role}: {{ includes: [r{}] }}", (role + 1) % roles).unwrap();
    }
    let loaded = soon("a long circle", || check(&files(text.as_bytes(), &[])));
    let cycles = loaded
        .faults
        .iter()
        .filter(|fault| fault.code == FaultCode::IncludeCycle);
    assert_eq!(cycles.count(), 1);
    soon("drawing it", || draw(&loaded));
}

/// Text that is often nearly YAML, with letters of every width.
fn yamlish() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("version: 1\n"),
        Just("target: { provider: harness }\n"),
        Just("users:\n"),
        Just("  ada:\n"),
        Just("    email: "),
        Just("ädä@exämple.com\n"),
        Just("roles: { ö: { members: ["),
        Just("]}}\n"),
        Just("groupMappings: [{ match: '(', group: \"{x\" }]\n"),
        Just("policy: { limits: { userRemovals: 5x } }\n"),
        Just("token: secret\n"),
        Just("- "),
        Just("? "),
        Just(": "),
        Just("&a "),
        Just("*a "),
        Just("!!str "),
        Just("!x "),
        Just("| \n  "),
        Just("> \n"),
        Just("\"\\u00e9"),
        Just("\"\n"),
        Just("'"),
        Just("# 𝄞 comment\n"),
        Just("---\n"),
        Just("...\n"),
        Just("%YAML 1.2\n"),
        Just("<<: *a\n"),
        Just("\t"),
        Just("\r\n"),
        Just("\r"),
        Just("\n"),
        Just("  "),
        Just("\u{feff}"),
        Just("\u{0}"),
        Just("\u{85}\u{2028}"),
        Just("𝄞"),
        Just("~"),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn spans_are_sound(text: &str) {
    fn walk(node: Node<'_>, text: &str, depth: usize) {
        assert!(depth <= tree::MAX_DEPTH + 1);
        let span = node.span();
        let source = text.get(span.start as usize..span.end as usize);
        assert!(
            source.is_some(),
            "{span:?} is not on boundaries of {text:?}"
        );
        match node.kind() {
            Kind::Scalar(_) => {}
            Kind::Sequence(items) => items.for_each(|item| walk(item, text, depth + 1)),
            Kind::Mapping(items) => items.for_each(|item| walk(item, text, depth + 1)),
        }
        let _ = node.head();
    }
    if let Ok(tree) = tree::parse(text, FILE) {
        walk(tree.root(), text, 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let loaded = check(&files(&bytes, &[]));
        draw(&loaded);
    }

    #[test]
    fn near_yaml_never_panics(root in yamlish(), included in yamlish()) {
        spans_are_sound(&root);
        let root = format!("include: [a.yaml]\n{root}");
        let loaded = check(&files(root.as_bytes(), &[("a.yaml", included.as_bytes())]));
        for fault in &loaded.faults {
            for label in std::iter::once(&fault.primary).chain(&fault.related) {
                let source = &loaded.sources.file(label.span.file).text;
                let range = label.span.start as usize..label.span.end as usize;
                prop_assert!(source.get(range).is_some(), "{:?}", fault);
            }
        }
        draw(&loaded);
    }

    /// Whatever is YAML is laid out once and for all, or left as it is; never a panic.
    #[test]
    fn near_yaml_is_laid_out_once(text in yamlish()) {
        if let Formatted::LaidOut(once) = format(&text) {
            prop_assert_eq!(format(&once), Formatted::LaidOut(once.clone()), "{:?}", text);
        }
    }

    /// A scalar's place is where it stands, whatever stands before it.
    #[test]
    fn places_stay_right_after_multi_byte_text(before in "[a-zäö𝄞é]{1,20}", gap in "\\PC{0,10}") {
        let text = format!("{before}: \"{}\" # ü{before}\n{before}x: [{before}, needle]\n",
            gap.replace(['\\', '"'], ""));
        let tree = tree::parse(&text, FILE).unwrap();
        let Kind::Mapping(items) = tree.root().kind() else { panic!() };
        let list = items.last().unwrap();
        let Kind::Sequence(items) = list.kind() else { panic!() };
        let span = items.last().unwrap().span();
        prop_assert_eq!(&text[span.start as usize..span.end as usize], "needle");
        let mut sources = SourceMap::default();
        sources.add("x", std::path::Path::new("x"), text.as_str());
        let place = sources.place(span);
        prop_assert_eq!(place.line, 2);
        prop_assert_eq!(place.column as usize, 2 * before.chars().count() + 7);
    }
}
