//! Every fault as people see it: `tests/invalid/<code>.yaml`, or a folder for several files,
//! and what is printed for it. `<code>.<case>.yaml` is a further case of a code.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::civil::{Date, date};
use scim_sync::desired::BaseRevision;
use scim_sync::desired::since::since;
use scim_sync::manifest::fault::{self, FaultCode};
use scim_sync::manifest::load::{FileProblem, Loaded, MemoryFiles, load, load_from};
use scim_sync::manifest::load::{Files, Listed};
use scim_sync::profile;
use scim_sync::profile::lint::{self, Checked, Resolved};
use scim_sync::render::faults::{Color, Glyphs, TextStyle, github, json, sarif, text};
use support::check_golden;

const STYLE: TextStyle = TextStyle {
    width: 80,
    color: Color::Never,
    glyphs: Glyphs::Unicode,
};

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

/// All that `validate` checks. A case with a folder `base` is compared with what is in it.
fn check(files: MemoryFiles) -> Checked {
    let (base, now): (BTreeMap<_, _>, BTreeMap<_, _>) = files
        .0
        .into_iter()
        .partition(|(name, _)| name.starts_with("base/"));
    let loaded = load_from(&CaseFiles(MemoryFiles(now)), "scim-sync.yaml");
    if base.is_empty() {
        return whole(loaded);
    }
    let base = base
        .into_iter()
        .map(|(name, text)| (name["base/".len()..].to_owned(), text));
    let before = load_from(&MemoryFiles(base.collect()), "scim-sync.yaml");
    let before = before.into_whole().map(|it| it.into_targets().remove(0));
    let base = BaseRevision::new("abc1234".into(), before, AS_OF);
    let mut loaded = lint::check(loaded.checked(AS_OF), AS_OF);
    let [
        Resolved {
            manifest: _,
            profile,
            desired,
        },
    ] = &*loaded.targets
    else {
        panic!("a case with a base can be resolved");
    };
    let since = since(&base, desired);
    let found = profile::since::lint(&base, desired, &since, profile, &mut loaded.sources);
    loaded
        .faults
        .extend(found.emails.into_iter().map(|changed| changed.fault));
    loaded.faults.extend(found.removed);
    fault::sort(&mut loaded.faults, &loaded.sources);
    loaded
}

/// The day on which grants are judged.
const AS_OF: Date = date(2027, 6, 1);

fn whole(loaded: Loaded) -> Checked {
    lint::check(loaded.checked(AS_OF), AS_OF)
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
        assert!(have.contains(code.as_str()), "tests/invalid/{code}.yaml");
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
        let loaded = whole(from_disk);
        let drawn = text(&loaded.faults, &loaded.sources, STYLE);
        check_golden(&folder().join(format!("{name}.txt")), &drawn);
    }
}
