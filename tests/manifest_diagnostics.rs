//! Every fault as people see it: `tests/invalid/<code>.yaml`, or a folder for several files,
//! and what is printed for it. `<code>.<case>.yaml` is a further case of a code.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::civil::date;
use scim_sync::manifest::fault::FaultCode;
use scim_sync::manifest::load::{FileProblem, Loaded, MemoryFiles, load, load_from};
use scim_sync::manifest::load::{Files, Listed};
use scim_sync::render::faults::{Color, Glyphs, TextStyle, github, json, sarif, text};
use support::check_golden;

const STYLE: TextStyle = TextStyle {
    width: 80,
    color: Color::Never,
    glyphs: Glyphs::Unicode,
};

/// Codes that other stages produce: profiles, the start of a command, the base revision.
const ELSEWHERE: [FaultCode; 8] = [
    FaultCode::EmailImmutable,
    FaultCode::RemovedWithoutTombstone,
    FaultCode::UnsupportedAttribute,
    FaultCode::GroupIdCollision,
    FaultCode::InvalidName,
    FaultCode::MissingSecret,
    FaultCode::UnknownProvider,
    FaultCode::InvalidBaseUrl,
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/invalid")
}

/// Each case by name: a file or a folder, as files in memory, so that no other case is seen.
fn cases() -> BTreeMap<String, MemoryFiles> {
    let mut cases = BTreeMap::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let mut files = MemoryFiles::default();
        if path.is_dir() {
            for file in walkdir::WalkDir::new(&path) {
                let file = file.unwrap();
                if file.file_type().is_file() {
                    let inner = file.path().strip_prefix(&path).unwrap();
                    let inner = inner.to_str().unwrap().to_owned();
                    files.0.insert(inner, std::fs::read(file.path()).unwrap());
                }
            }
        } else if let Some(name) = name.strip_suffix(".yaml") {
            let text = std::fs::read(&path).unwrap();
            files.0.insert("scim-sync.yaml".to_owned(), text);
            cases.insert(name.to_owned(), files);
            continue;
        } else {
            continue;
        }
        cases.insert(name, files);
    }
    cases
}

/// A case's files, of which those that start with `# unreadable` cannot be read.
struct CaseFiles(MemoryFiles);

impl Files for CaseFiles {
    fn list(&self, folder: &str, depth: Option<usize>) -> Result<Vec<Listed>, FileProblem> {
        self.0.list(folder, depth)
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, FileProblem> {
        let bytes = self.0.read(name)?;
        if bytes.starts_with(b"# unreadable") {
            return Err(FileProblem::System("Permission denied".to_owned()));
        }
        Ok(bytes)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path(name)
    }
}

fn check(files: MemoryFiles) -> Loaded {
    load_from(&CaseFiles(files), "scim-sync.yaml").checked(date(2027, 6, 1))
}

#[test]
fn every_invalid_file_prints_its_golden_text() {
    for (name, files) in cases() {
        let loaded = check(files);
        let code = name.split('.').next().unwrap();
        assert!(
            loaded
                .faults
                .iter()
                .any(|fault| fault.code.as_str() == code),
            "{name} does not give {code}: {:#?}",
            loaded.faults
        );
        let drawn = text(&loaded.faults, &loaded.sources, STYLE);
        check_golden(&folder().join(format!("{name}.txt")), &drawn);
    }
}

#[test]
fn every_code_has_an_invalid_file() {
    let have: BTreeSet<String> = cases()
        .into_keys()
        .map(|name| name.split('.').next().unwrap().to_owned())
        .collect();
    for code in FaultCode::ALL {
        assert_eq!(
            have.contains(code.as_str()),
            !ELSEWHERE.contains(code),
            "tests/invalid/{code}.yaml"
        );
    }
}

#[test]
fn no_format_shows_a_token() {
    for (name, files) in cases() {
        let loaded = check(files);
        let (faults, sources) = (&loaded.faults, &loaded.sources);
        for drawn in [
            text(faults, sources, STYLE),
            json(faults, sources),
            sarif(faults, sources, ""),
            github(faults, sources, ""),
        ] {
            assert!(!drawn.contains("SECRET"), "{name}:\n{drawn}");
        }
    }
}

#[test]
fn the_disk_and_memory_say_the_same() {
    for name in [
        "unknown-person",
        "duplicate-declaration",
        "root-only",
        "empty-include",
    ] {
        let from_disk = load(&folder().join(name).join("scim-sync.yaml"));
        let loaded = from_disk.checked(date(2027, 6, 1));
        let drawn = text(&loaded.faults, &loaded.sources, STYLE);
        check_golden(&folder().join(format!("{name}.txt")), &drawn);
    }
}
