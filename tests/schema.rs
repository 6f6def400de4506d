//! The committed schemas equal the generated ones, and agree with the decoder.

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::civil::date;
use scim_sync::manifest::decode::{self, keys};
use scim_sync::manifest::fault::FaultCode;
use scim_sync::manifest::load::{MemoryFiles, load_from};
use scim_sync::manifest::schema::{included_schema, manifest_schema};
use scim_sync::manifest::source::{FileId, SourceMap};
use scim_sync::manifest::tree::{Form, Kind, Node, parse};
use serde_json::{Map, Value, json};
use support::check_golden;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn valid_files() -> Vec<(String, String)> {
    let mut files: Vec<_> = std::fs::read_dir(folder("tests/valid"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, text.trim_start_matches('\u{feff}').to_owned())
        })
        .collect();
    files.sort();
    files
}

/// YAML as an editor's language server sees it: plain scalars by the core schema.
fn to_json(node: Node<'_>) -> Value {
    match node.kind() {
        Kind::Sequence(items) => items.map(to_json).collect(),
        Kind::Mapping(entries) => entries
            .pairs()
            .map(|(key, value)| {
                let Kind::Scalar(key) = key.kind() else {
                    panic!("keys are scalars in the fixtures");
                };
                (key.text.to_owned(), to_json(value))
            })
            .collect::<Map<_, _>>()
            .into(),
        Kind::Scalar(scalar) if scalar.is_null() => Value::Null,
        Kind::Scalar(scalar) if scalar.is_bool() => scalar.text.eq_ignore_ascii_case("true").into(),
        Kind::Scalar(scalar) => match (scalar.form, scalar.text.parse::<f64>()) {
            (Form::Plain, Ok(number)) if number.fract() == 0.0 => json!(number as i64),
            (Form::Plain, Ok(number)) => json!(number),
            (Form::Plain | Form::Quoted, _) => scalar.text.into(),
        },
    }
}

fn yaml_to_json(text: &str) -> Value {
    to_json(parse(text, FileId(0)).unwrap().root())
}

#[test]
fn committed_schemas_are_the_generated_ones() {
    for (name, schema) in [
        ("manifest.schema.json", manifest_schema()),
        ("included.schema.json", included_schema()),
    ] {
        check_golden(&folder("schema").join(name), &format!("{schema:#}\n"));
    }
}

#[test]
fn schemas_are_schemas() {
    for schema in [manifest_schema(), included_schema()] {
        assert!(jsonschema::meta::is_valid(&schema));
    }
}

#[test]
fn the_decoder_and_the_schema_know_the_same_keys() {
    let schema = manifest_schema();
    let properties = |pointer: &str| -> BTreeSet<String> {
        let object = schema
            .pointer(pointer)
            .unwrap_or_else(|| panic!("{pointer}"));
        object.as_object().unwrap().keys().cloned().collect()
    };
    let check = |name: &str, names: &[&str]| {
        let pointer = match name {
            "" => "/properties".to_owned(),
            name => format!("/$defs/{name}/properties"),
        };
        let names: BTreeSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(properties(&pointer), names, "{name}");
    };
    check("", &keys::ROOT.names);
    check("TargetDecl", &keys::TARGET.names);
    check("SandboxDecl", &keys::SANDBOX.names);
    check("HarnessDecl", &keys::HARNESS.names);
    check("FirstGenDecl", &keys::FIRST_GEN.names);
    check("UserDecl", &keys::USER.names);
    check("AttributesDecl", &keys::ATTRIBUTES.names);
    check("RoleDecl", &keys::ROLE.names);
    check("GrantDecl", &keys::MEMBER.names);
    check("MappingDecl", &keys::MAPPING.names);
    check("GroupDecl", &keys::GROUP.names);
    check("BindingDecl", &keys::BINDING.names);
    check("PolicyDecl", &keys::POLICY.names);
    check("NeverDecl", &keys::NEVER.names);
    check("AlwaysDecl", &keys::ALWAYS.names);
    check("OwnershipDecl", &keys::OWNERSHIP.names);
    check("TargetPolicyDecl", &keys::POLICY.names);
    check("TargetUndeclaredDecl", &keys::UNDECLARED.names);
    check("TargetOnRemovalDecl", &keys::ON_REMOVAL.names);
    check("UndeclaredDecl", &keys::UNDECLARED.names);
    check("OnRemovalDecl", &keys::ON_REMOVAL.names);
    check("LimitsDecl", &keys::LIMITS.names);
    check("ProtectDecl", &keys::PROTECT.names);
    let either = |name: &str| -> BTreeSet<String> {
        let one_of = schema["$defs"][name]["oneOf"].as_array().unwrap();
        let properties = one_of.iter().map(|one| one["properties"].as_object());
        properties
            .flat_map(|names| names.unwrap().keys().cloned())
            .collect()
    };
    assert_eq!(
        either("TokenDecl"),
        keys::TOKEN.names.map(str::to_owned).into()
    );
    assert_eq!(
        either("AssertionDecl"),
        keys::ASSERTION.names.map(str::to_owned).into()
    );
    let included = included_schema();
    let included: BTreeSet<&str> = included["properties"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(included, keys::INCLUDED.names.into());
}

#[test]
fn the_decoder_and_the_schema_know_the_same_words() {
    use keys::words;
    let schema = manifest_schema();
    let check = |name: &str, known: Vec<&str>| {
        let words: Vec<&str> = schema["$defs"][name]["oneOf"]
            .as_array()
            .unwrap_or_else(|| panic!("{name}"))
            .iter()
            .map(|one| one["const"].as_str().unwrap())
            .collect();
        assert_eq!(words, known, "{name}");
    };
    fn first<T>(words: &[(&'static str, T)]) -> Vec<&'static str> {
        words.iter().map(|(word, _)| *word).collect()
    }
    check("UserStatus", first(words::USER_STATUS));
    check("GroupStatus", first(words::GROUP_STATUS));
    check("Membership", first(words::MEMBERSHIP));
    check("Undeclared", first(words::UNDECLARED));
    check("UserRemoval", first(words::USER_REMOVAL));
    check("GroupRemoval", first(words::GROUP_REMOVAL));
    check("ApprovalKind", first(words::APPROVAL));
    check("SandboxBehavior", first(words::SANDBOX_BEHAVIOR));
}

#[test]
fn valid_files_are_valid_everywhere() {
    let schema = jsonschema::validator_for(&manifest_schema()).unwrap();
    for (name, text) in valid_files() {
        let files = MemoryFiles([("scim-sync.yaml".into(), text.clone().into_bytes())].into());
        let loaded = load_from(&files, "scim-sync.yaml").checked(date(2027, 6, 1));
        assert_eq!(loaded.faults, [], "{name}");
        let faults: Vec<_> = schema
            .iter_errors(&yaml_to_json(&text))
            .map(|error| error.to_string())
            .collect();
        assert!(faults.is_empty(), "{name}: {faults:?}");
    }
}

#[test]
fn names_that_yaml_reads_as_something_else_stay_text() {
    let (_, text) = valid_files()
        .into_iter()
        .find(|(name, _)| name == "names.yaml")
        .unwrap();
    let decoded = decode::root(&text, FileId(0)).decl;
    let keys: Vec<&str> = decoded
        .users
        .0
        .iter()
        .map(|(key, _)| key.value.as_str())
        .collect();
    let expected = [
        "no",
        "on",
        "y",
        "~",
        "null",
        "true",
        "0123",
        "1e3",
        "12:30",
        ".inf",
        "0x1F",
        "2027-01-31",
        "josé",
        "李",
    ];
    assert_eq!(keys, expected);
    let mut sources = SourceMap::default();
    sources.add("names.yaml", Path::new("names.yaml"), &*text);
    let members = &decoded.roles.0[0].1.members;
    let members: Vec<&str> = members.iter(&sources).map(|one| one.user.value).collect();
    assert_eq!(members, expected);
}

/// Every value of a full manifest replaced by every kind of value: the schema and the
/// decoder agree on each, but for what only one of them can tell.
#[test]
fn the_decoder_and_the_schema_judge_alike() {
    let schema = jsonschema::validator_for(&manifest_schema()).unwrap();
    let (_, full) = valid_files()
        .into_iter()
        .find(|(name, _)| name == "full.yaml")
        .unwrap();
    let full = yaml_to_json(&full);
    let candidates = [
        json!(null),
        json!(true),
        json!(5),
        json!(-1),
        json!(0.5),
        json!("text"),
        json!("10%"),
        json!("110%"),
        json!("2027-01-31"),
        json!([]),
        json!(["text"]),
        json!([null]),
        json!([["text"]]),
        json!({}),
        json!({ "text": "text" }),
        json!({ "text": null }),
        json!({ "text": {} }),
        json!({ "user": "ada" }),
        json!({ "env": "X", "file": "y" }),
    ];
    // What a schema cannot say: which texts are names, e-mails, dates, globs.
    let beyond = [
        FaultCode::InvalidValue,
        FaultCode::InvalidEmail,
        FaultCode::DuplicateKey,
    ];
    let mut tried = 0;
    for path in paths(&full, "") {
        for candidate in &candidates {
            let mut changed = full.clone();
            *changed.pointer_mut(&path).unwrap() = candidate.clone();
            let decoded = decode::root(&changed.to_string(), FileId(0));
            let codes: Vec<_> = decoded.faults.iter().map(|fault| fault.code).collect();
            let valid = schema.is_valid(&changed);
            let stricter_schema = candidate.is_number() || candidate.is_boolean();
            let agree = match (valid, codes.is_empty()) {
                (true, true) => true,
                (true, false) => codes.iter().all(|code| beyond.contains(code)),
                (false, true) => stricter_schema,
                (false, false) => true,
            };
            assert!(
                agree,
                "{path} = {candidate}: valid for the schema: {valid}, for the decoder: {:?}",
                decoded.faults
            );
            tried += 1;
        }
    }
    assert!(tried > 1_000, "{tried}");
}

fn paths(value: &Value, base: &str) -> Vec<String> {
    let mut found = vec![base.to_owned()];
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                found.extend(paths(value, &format!("{base}/{key}")));
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                found.extend(paths(value, &format!("{base}/{index}")));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    found
}

/// Broken manifests that a schema can tell are broken.
#[test]
fn broken_files_are_rejected_by_the_schema_too() {
    let schema = jsonschema::validator_for(&manifest_schema()).unwrap();
    for name in [
        "unknown-key",
        "wrong-type",
        "missing-field",
        "literal-token",
        "invalid-value",
        "invalid-value.version",
        "invalid-email",
    ] {
        let path = folder("tests/invalid").join(format!("{name}.yaml"));
        let text = std::fs::read_to_string(path).unwrap();
        assert!(!schema.is_valid(&yaml_to_json(&text)), "{name}");
    }
    let included = jsonschema::validator_for(&included_schema()).unwrap();
    let path = folder("tests/invalid/root-only/teams/web.yaml");
    let text = std::fs::read_to_string(path).unwrap();
    assert!(!included.is_valid(&yaml_to_json(&text)));
}
