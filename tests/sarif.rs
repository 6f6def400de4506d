//! SARIF is what the standard's own schema says it is, for every fault there is.

use std::path::Path;

use jiff::civil::date;
use scim_sync::manifest::fault::Severity;
use scim_sync::manifest::load::load;
use scim_sync::profile::lint;
use scim_sync::render::faults::sarif;
use serde_json::Value;

fn folder(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[test]
fn every_log_obeys_the_schema_of_sarif() {
    let schema = std::fs::read_to_string(folder("tests/data/sarif-2.1.0.schema.json")).unwrap();
    // A published expression has a bracket too many, which only lenient engines take.
    let odd = r#""^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$""#;
    assert_eq!(schema.matches(odd).count(), 2);
    let schema = schema.replace(odd, r#""^[a-zA-Z]{2}(-[a-zA-Z]{2})?$""#);
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(!validator.is_valid(&serde_json::json!({ "version": "2.1.0" })));
    let mut levels = std::collections::BTreeSet::new();
    let mut logs = 0;
    for root in ["tests/invalid", "tests/valid", "examples"] {
        for entry in walkdir::WalkDir::new(folder(root)) {
            let path = entry.unwrap().into_path();
            if path.extension().is_none_or(|extension| extension != "yaml") {
                continue;
            }
            let as_of = date(2027, 6, 1);
            let loaded = lint::check(load(&path).checked(as_of), as_of);
            let log: Value =
                serde_json::from_str(&sarif(&loaded.faults, &loaded.sources, "access")).unwrap();
            let errors: Vec<String> = validator
                .iter_errors(&log)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
            let results = log["runs"][0]["results"].as_array().unwrap();
            assert_eq!(results.len(), loaded.faults.len());
            for (result, fault) in results.iter().zip(&loaded.faults) {
                let level = match fault.severity {
                    Severity::Error => "error",
                    Severity::Warning => "warning",
                    Severity::Notice => "note",
                };
                assert_eq!(result["level"], level);
                levels.insert(level);
            }
            logs += 1;
        }
    }
    assert!(logs > 60, "{logs}");
    assert_eq!(levels.len(), 3, "{levels:?}");
}
