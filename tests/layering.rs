//! The shape of the crate, held: arrows between modules go down only, and the pure ones
//! reach nothing outside.
//!
//! ```text
//! main → commands → cli, render, probe, apply, import, sandbox → plan → profile → desired, live → manifest, scim → ids
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What each module may use. A module that is not in the list fails the test, so that
/// whoever adds one decides where it stands.
const MAY_USE: &[(&str, &[&str])] = &[
    ("main", &["commands"]),
    // The build script: not a module of the crate.
    ("build", &[]),
    (
        "commands",
        &[
            "apply", "cli", "desired", "exit", "forge", "ids", "import", "live", "manifest",
            "plan", "probe", "profile", "render", "sandbox", "scim",
        ],
    ),
    ("cli", &[]),
    ("exit", &[]),
    // What became of a plan and what was retried is drawn as well.
    (
        "render",
        &["apply", "ids", "live", "manifest", "plan", "probe", "scim"],
    ),
    (
        "probe",
        &["apply", "ids", "manifest", "plan", "profile", "scim"],
    ),
    (
        "apply",
        &["ids", "live", "manifest", "plan", "profile", "scim"],
    ),
    (
        "import",
        &[
            "desired", "ids", "live", "manifest", "plan", "profile", "scim",
        ],
    ),
    ("forge", &["scim"]),
    ("sandbox", &["ids", "manifest", "scim"]),
    (
        "plan",
        &["desired", "ids", "live", "manifest", "profile", "scim"],
    ),
    ("profile", &["desired", "ids", "manifest", "scim"]),
    ("desired", &["ids", "manifest"]),
    ("live", &["ids", "scim"]),
    ("manifest", &["ids"]),
    ("scim", &["ids"]),
    ("ids", &[]),
];

/// Files that reach outside, or wait; everything else is pure.
const REACHES_OUTSIDE: &[&str] = &[
    "main.rs",
    "build.rs",
    "commands/",
    "manifest/load/",
    "manifest/history/",
    "forge/connect.rs",
    "import/onelogin/connect.rs",
    "import/onelogin/limits.rs",
    "scim/client.rs",
    "scim/client/",
    "scim/retry.rs",
    "scim/retry/",
    "sandbox/server.rs",
    "sandbox/state_file.rs",
    "sandbox/in_memory.rs",
    // Waits for a provider to settle; asks no clock.
    "apply/steps/",
    "probe/clean.rs",
    // Measures how long an answer took.
    "apply/recorded.rs",
];

/// What a pure file must not name.
const OUTSIDE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::process",
    "std::env",
    "std::io::std",
    "std::thread",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "tokio::",
    "reqwest::",
    "axum::",
    "indicatif::",
    "eprintln!",
    "println!",
    "walkdir::",
    "tempfile::",
];

fn source_files() -> BTreeMap<String, String> {
    fn walk(folder: &Path, root: &Path, found: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, root, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path
                    .strip_prefix(root)
                    .unwrap()
                    .to_string_lossy()
                    .replace('\\', "/");
                found.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    walk(&root, &root, &mut found);
    assert!(found.len() > 40, "only {} files found", found.len());
    found
}

/// The code of a file: no comments, no unit tests.
fn code(text: &str) -> String {
    let body = text.split("#[cfg(test)]").next().unwrap_or_default();
    body.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn is_test(name: &str) -> bool {
    name.ends_with("/tests.rs") || name.contains("/tests/")
}

#[test]
fn arrows_go_down_only() {
    let rules: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    let mut wrong = Vec::new();
    for (name, text) in source_files() {
        if name == "lib.rs" || is_test(&name) {
            continue;
        }
        let module = name
            .split('/')
            .next()
            .unwrap()
            .trim_end_matches(".rs")
            .to_owned();
        let Some(allowed) = rules.get(module.as_str()) else {
            wrong.push(format!("src/{name}: `{module}` has no place in MAY_USE"));
            continue;
        };
        let code = code(&text);
        let paths = ["crate::", "scim_sync::"];
        for (at, marker) in paths.iter().flat_map(|marker| code.match_indices(marker)) {
            let rest = &code[at + marker.len()..];
            let used: String = rest
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            let is_module = rules.contains_key(used.as_str());
            if is_module && used != module && !allowed.contains(&used.as_str()) {
                wrong.push(format!("src/{name}: `{module}` must not use `{used}`"));
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn pure_files_reach_nothing_outside() {
    let mut wrong = Vec::new();
    for (name, text) in source_files() {
        if is_test(&name) || REACHES_OUTSIDE.iter().any(|file| name.starts_with(file)) {
            continue;
        }
        let code = code(&text);
        for outside in OUTSIDE {
            if code.contains(outside) {
                wrong.push(format!("src/{name} names `{outside}`"));
            }
        }
        if !name.starts_with("apply/")
            && !name.starts_with("forge/")
            && !name.starts_with("import/onelogin/")
            && !name.starts_with("scim/")
            && !name.starts_with("live/collect")
            && !name.starts_with("probe/")
            && code.contains("async ")
        {
            wrong.push(format!("src/{name} is async"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// A provider's name belongs in its profile, in the sandbox that models it, and in texts.
#[test]
fn no_provider_in_an_if() {
    let mut wrong = Vec::new();
    for (name, text) in source_files() {
        if name.starts_with("profile/") || name.starts_with("sandbox/") || is_test(&name) {
            continue;
        }
        for (number, line) in text
            .split("#[cfg(test)]")
            .next()
            .unwrap_or_default()
            .lines()
            .enumerate()
        {
            let decides = ["if ", "match ", "==", "!=", "=>"]
                .iter()
                .any(|word| line.contains(word));
            if decides && line.contains("\"harness\"") {
                wrong.push(format!("src/{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Which files are marked must exist, or the marks protect nothing.
#[test]
fn every_mark_means_a_file() {
    let files = source_files();
    for mark in REACHES_OUTSIDE {
        let optional = ["scim/client/", "scim/retry/"];
        assert!(
            optional.contains(mark) || files.keys().any(|name| name.starts_with(mark)),
            "nothing is called src/{mark}"
        );
    }
}

/// Which commands may write at all, and who may say that a POST only reads. The rest is
/// held by types: a reader gives no transport out, and a writer is made of nothing else.
#[test]
fn whoever_only_looks_cannot_write() {
    const MAY_WRITE: &[&str] = &[
        "commands/apply.rs",
        "commands/probe/mod.rs",
        "commands/target.rs",
    ];
    let mut wrong = Vec::new();
    for (name, text) in source_files() {
        if is_test(&name) {
            continue;
        }
        let code = code(&text);
        let writes = [
            "connect_to_write",
            "connect_to_probe",
            "Writer",
            "HttpTransport",
        ];
        if name.starts_with("commands/") && !MAY_WRITE.contains(&name.as_str()) {
            let words: Vec<&str> = code
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .collect();
            let named = writes.iter().filter(|word| words.contains(word));
            wrong.extend(named.map(|word| format!("src/{name} names `{word}`")));
        }
        if !name.starts_with("profile/") && code.contains("ReadingPost::named") {
            wrong.push(format!("src/{name} says that a POST only reads"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
