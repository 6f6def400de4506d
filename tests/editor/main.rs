//! The schemas as people meet them: in a real editor's YAML language server, over its
//! protocol, from the files in `schema/` and without a network.
//!
//! `tests/editor/run` installs the server and runs this.

mod server;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use server::Server;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The settings `init` writes, for this repository's folders, and nothing from the network.
fn settings(folder: &Path) -> Value {
    let schema = |name: &str| {
        let path = root().join("schema").join(name);
        url::Url::from_file_path(path).unwrap().to_string()
    };
    let mut schemas = serde_json::Map::new();
    let at = |glob: &str| format!("{}/{glob}", folder.display());
    schemas.insert(
        schema("manifest.schema.json"),
        json!([at("scim-sync.yaml"), at("invalid/*.yaml")]),
    );
    schemas.insert(
        schema("included.schema.json"),
        json!([at("people/*.yaml"), at("roles/*.yaml")]),
    );
    json!({
        "yaml": {
            "schemas": schemas,
            "validate": true,
            "hover": true,
            "completion": true,
            "schemaStore": { "enable": false },
        },
        "http": { "proxy": "", "proxyStrictSSL": true },
        "editor": { "tabSize": 2 },
        "files": { "associations": {} },
        "[yaml]": { "editor.tabSize": 2 },
    })
}

fn start() -> (tempfile::TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), settings(folder.path()));
    (folder, server)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// Examples name their schema in their first line: no setting is needed.
#[test]
fn examples_and_valid_files_have_no_diagnostics() {
    let (folder, mut server) = start();
    let mut opened = 0;
    // A pipeline is no file of a manifest.
    let manifests = walkdir::WalkDir::new(root().join("examples"))
        .into_iter()
        .filter_entry(|entry| entry.file_name() != "pipelines");
    for entry in manifests {
        let path = entry.unwrap().into_path();
        if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            let text = read(&path);
            assert!(
                text.starts_with("# yaml-language-server: $schema="),
                "{}",
                path.display()
            );
            assert_eq!(server.open(&path, &text), [""; 0], "{}", path.display());
            opened += 1;
        }
    }
    assert!(opened >= 5, "{opened}");
    // An editor takes `~` and `null` for one key; to the decoder both are names.
    for (name, expected) in [
        ("full", &[][..]),
        ("names", &["9: Map keys must be unique"]),
    ] {
        let text = read(&root().join(format!("tests/valid/{name}.yaml")));
        let found = server.open(&folder.path().join("scim-sync.yaml"), &text);
        assert_eq!(found, expected, "{name}");
    }
}

/// What `init` writes, opened as it is.
#[test]
fn a_new_repository_has_no_diagnostics() {
    let folder = tempfile::tempdir().unwrap();
    let made = std::process::Command::new(env!("CARGO_BIN_EXE_scim-sync"))
        .args(["init", "--ci", "github"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(made.status.success());
    let mut server = Server::start(
        folder.path(),
        json!({ "yaml": {
        "validate": true, "hover": true, "schemaStore": { "enable": false },
    } }),
    );
    for name in [
        "scim-sync.yaml",
        "people/people.yaml",
        "roles/platform.yaml",
    ] {
        let path = folder.path().join(name);
        let text = read(&path);
        assert_eq!(server.open(&path, &text), [""; 0], "{name}");
        // And that is because of the schema, not for want of one.
        let broken = text
            .replacen("users:", "usres:", 1)
            .replacen("roles:", "rules:", 1);
        let broken = broken.replacen("version: 1", "version: 2", 1);
        assert_ne!(server.open(&path, &broken), [""; 0], "{name}");
    }
}

#[test]
fn broken_files_get_the_right_diagnostics() {
    let (folder, mut server) = start();
    for (name, line, says) in [
        ("unknown-key", 5, "Property emial is not allowed."),
        ("unknown-key", 8, "Property role is not allowed."),
        ("missing-field", 1, "Missing property \"provider\"."),
        ("missing-field", 4, "Missing property \"email\"."),
        ("literal-token", 4, "Incorrect type."),
        ("literal-token", 5, "Property tokne is not allowed."),
        (
            "invalid-value",
            4,
            "Value must be \"active\" | \"suspended\" | \"absent\".",
        ),
        ("invalid-value", 11, "String is not a RFC3339 date."),
        ("invalid-value.version", 1, "Value must be 1."),
        ("invalid-email", 4, "String does not match the pattern"),
        ("wrong-type", 3, "Incorrect type."),
        ("wrong-type", 5, "Incorrect type."),
    ] {
        let text = read(&root().join(format!("tests/invalid/{name}.yaml")));
        let path = folder.path().join("invalid").join(format!("{name}.yaml"));
        let found = server.open(&path, &text);
        let prefix = format!("{line}: {says}");
        assert!(
            found.iter().any(|one| one.starts_with(&prefix)),
            "{name}: {prefix}: {found:#?}"
        );
    }
    let text = read(&root().join("tests/invalid/root-only/teams/web.yaml"));
    let found = server.open(&folder.path().join("people/web.yaml"), &text);
    assert!(
        found.iter().any(|one| one.contains("not allowed")),
        "{found:#?}"
    );
}

#[test]
fn keys_and_words_are_offered() {
    let (folder, mut server) = start();
    let manifest = folder.path().join("scim-sync.yaml");
    let mut offered = |path: &Path, text: &str, expected: &[&str]| {
        let found = server.completions(path, text);
        for one in expected {
            assert!(found.iter().any(|label| label == one), "{one}: {found:?}");
        }
        found
    };
    const HEAD: &str = "version: 1\ntarget: { provider: harness }\n";
    offered(
        &manifest,
        &format!("{HEAD}users:\n  ada:\n    ‸\n"),
        &[
            "email",
            "givenName",
            "familyName",
            "displayName",
            "status",
            "previously",
        ],
    );
    offered(
        &manifest,
        &format!("{HEAD}policy:\n  ‸\n"),
        &["undeclared", "onRemoval", "limits", "protect", "approvals"],
    );
    offered(
        &manifest,
        &format!("{HEAD}users:\n  ada:\n    email: ada@example.com\n    status: ‸\n"),
        &["active", "suspended", "absent"],
    );
    offered(
        &manifest,
        &format!("{HEAD}‸\n"),
        &["include", "users", "roles", "groupMappings"],
    );
    let included = folder.path().join("people/web.yaml");
    let found = offered(
        &included,
        "‸\n",
        &["users", "roles", "groupMappings", "groups"],
    );
    assert!(!found.iter().any(|label| label == "target"), "{found:?}");
}

#[test]
fn hover_tells_what_a_key_means() {
    let (folder, mut server) = start();
    let path = folder.path().join("scim-sync.yaml");
    const HEAD: &str = "version: 1\ntarget: { provider: harness }\n";
    for (text, says) in [
        (
            "users:\n  ada:\n    em‸ail: ada@example.com\n",
            "never to be changed once provisioned",
        ),
        (
            "users:\n  ada:\n    email: ada@example.com\n    sta‸tus: absent\n",
            "Must not exist: a tombstone",
        ),
        (
            "policy:\n  lim‸its: { userRemovals: 5 }\n",
            "How much one plan may remove",
        ),
        ("group‸Mappings: []\n", "Rules that turn roles into groups"),
    ] {
        let shown = server.hover(&path, &format!("{HEAD}{text}"));
        assert!(shown.contains(says), "{says}: {shown:?}");
    }
}
