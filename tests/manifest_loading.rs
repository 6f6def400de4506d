//! Loading from the disk: where the root file is, and what an include may reach.

use std::fs;
use std::path::Path;

use jiff::civil::date;
use scim_sync::manifest::fault::FaultCode;
use scim_sync::manifest::load::{Loaded, find, load};

const ROOT: &str = "version: 1\ntarget: { provider: harness }\n";

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn person(key: &str) -> String {
    format!("users:\n  {key}: {{ email: {key}@example.com }}\n")
}

fn check(folder: &Path) -> Loaded {
    load(&folder.join("scim-sync.yaml")).checked(date(2027, 6, 1))
}

fn codes(loaded: &Loaded) -> Vec<FaultCode> {
    loaded.faults.iter().map(|fault| fault.code).collect()
}

fn names(loaded: &Loaded) -> Vec<String> {
    let files = loaded.sources.files();
    files.map(|(_, file)| file.name.to_string()).collect()
}

#[test]
fn the_root_file_is_found_from_any_folder_below() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "scim-sync.yaml", ROOT);
    let deep = folder.path().join("people/web");
    fs::create_dir_all(&deep).unwrap();
    assert_eq!(find(&deep).unwrap(), folder.path().join("scim-sync.yaml"));
}

#[test]
fn a_manifest_that_is_not_found_says_where_it_was_sought() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("people");
    fs::create_dir_all(&deep).unwrap();
    write(folder.path(), "scim-sync.yml", ROOT);
    let error = find(&deep).unwrap_err();
    assert_eq!(error.tried[..2], [deep, folder.path().to_owned()]);
    assert!(error.to_string().starts_with("no `scim-sync.yaml` in `"));
    assert!(error.help().starts_with("rename `"), "{}", error.help());

    let missing = load(&folder.path().join("other.yaml"));
    assert_eq!(codes(&missing), [FaultCode::Unreadable]);
    assert!(missing.manifest.is_none());
}

#[test]
fn globs_take_files_once_sorted_and_never_the_root() {
    let folder = tempfile::tempdir().unwrap();
    let root = format!("{ROOT}include: ['**/*.yaml', b/two.yaml, ./a.yaml]\n");
    write(folder.path(), "scim-sync.yaml", &root);
    write(folder.path(), "b/two.yaml", &person("two"));
    write(folder.path(), "a.yaml", &person("one"));
    write(folder.path(), ".git/x.yaml", "not even: [yaml");
    write(folder.path(), ".scim-sync/x.yaml", "not even: [yaml");
    let loaded = check(folder.path());
    assert_eq!(loaded.faults, []);
    assert_eq!(names(&loaded), ["scim-sync.yaml", "a.yaml", "b/two.yaml"]);
    assert_eq!(loaded.manifest.unwrap().users.0.len(), 2);
}

#[cfg(unix)]
#[test]
fn links_are_followed_inside_the_folder_only() {
    use std::os::unix::fs::symlink;

    let outside = tempfile::tempdir().unwrap();
    write(outside.path(), "people/eve.yaml", &person("eve"));
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "real/ada.yaml", &person("ada"));
    fs::create_dir_all(folder.path().join("links")).unwrap();
    let link = |to: &Path, name: &str| symlink(to, folder.path().join(name)).unwrap();
    link(&folder.path().join("real/ada.yaml"), "links/ada.yaml");
    link(&folder.path().join("real/ada.yaml"), "links/same.yaml");

    let include = |globs: &str| {
        let root = format!("{ROOT}include: {globs}\n");
        write(folder.path(), "scim-sync.yaml", &root);
        check(folder.path())
    };
    assert_eq!(
        names(&include("['links/*.yaml']")),
        ["scim-sync.yaml", "links/ada.yaml"]
    );
    let both = include("['links/*.yaml', 'real/*.yaml']");
    assert_eq!(names(&both), ["scim-sync.yaml", "real/ada.yaml"]);

    link(&outside.path().join("people/eve.yaml"), "links/eve.yaml");
    let out = include("['links/*.yaml']");
    assert_eq!(codes(&out), [FaultCode::OutsideInclude]);
    assert_eq!(names(&out), ["scim-sync.yaml", "links/ada.yaml"]);

    link(&outside.path().join("people"), "out");
    assert_eq!(
        codes(&include("['out/*.yaml']")),
        [FaultCode::OutsideInclude]
    );
    assert_eq!(
        codes(&include("['out/eve.yaml']")),
        [FaultCode::OutsideInclude]
    );
    assert_eq!(
        codes(&include("['real/../../x.yaml']")),
        [FaultCode::OutsideInclude]
    );
}

#[cfg(unix)]
#[test]
fn pipes_and_broken_links_are_never_opened() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.yaml");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    if !made.is_ok_and(|status| status.success()) {
        return;
    }
    std::os::unix::fs::symlink("nowhere", folder.path().join("gone.yaml")).unwrap();
    for name in ["pipe.yaml", "gone.yaml"] {
        let root = format!("{ROOT}include: [{name}]\n{}", person("ada"));
        write(folder.path(), "scim-sync.yaml", &root);
        assert_eq!(codes(&check(folder.path())), [FaultCode::Unreadable]);
    }
    // A glob passes over them.
    let root = format!("{ROOT}include: ['*.yaml']\n");
    write(folder.path(), "scim-sync.yaml", &root);
    write(folder.path(), "people.yaml", &person("ada"));
    assert_eq!(check(folder.path()).faults, []);
}

#[test]
fn a_typo_in_one_file_does_not_make_its_people_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let root = format!("{ROOT}include: [people.yaml]\nroles: {{ sre: {{ members: [ada] }} }}\n");
    write(folder.path(), "scim-sync.yaml", &root);
    write(
        folder.path(),
        "people.yaml",
        "user:\n  ada: { email: ada@example.com }\n",
    );
    assert_eq!(codes(&check(folder.path())), [FaultCode::UnknownKey]);
    // But with a fault that loses nobody, references are still checked.
    let people = "users:\n  bob: { email: bob@example.com, shoeSize: 38 }\n";
    write(folder.path(), "people.yaml", people);
    let found = codes(&check(folder.path()));
    assert!(found.contains(&FaultCode::UnknownPerson), "{found:?}");
    assert!(found.contains(&FaultCode::UnknownKey), "{found:?}");
}
