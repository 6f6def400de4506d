//! Runs before the crate is compiled: tells it which version and commit it is.
//!
//! Not a module of the crate: `Cargo.toml` names it as the build script. The commit comes
//! from whoever builds (`SCIM_SYNC_COMMIT`, for a build from an exported tree), from what
//! `cargo package` leaves in a published crate, or from git. Nothing else of the machine
//! gets in, so that the same commit gives the same binary.

use std::path::Path;
use std::process::Command;

/// As many digits as tell commits apart.
const DIGITS: usize = 12;

fn main() {
    let folder = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    println!("cargo::rerun-if-env-changed=SCIM_SYNC_COMMIT");
    println!("cargo::rerun-if-changed=src/build.rs");
    let folder = Path::new(&folder);
    let named = std::env::var("SCIM_SYNC_COMMIT").ok();
    let commit = if let Some(named) = named.filter(|it| !it.is_empty()) {
        hash(&named)
    } else if release {
        // Wherever these are, a commit changes one of them.
        for file in ["HEAD", "logs/HEAD", "packed-refs"] {
            if folder.join(".git").join(file).exists() {
                println!("cargo::rerun-if-changed=.git/{file}");
            }
        }
        of_package(folder).or_else(|| of_git(folder))
    } else {
        // Each commit would compile everything again, for a binary nobody keeps.
        None
    };
    let version = std::env::var("CARGO_PKG_VERSION").expect("cargo sets it");
    let build = match commit {
        Some(commit) => commit,
        None if release => "commit unknown".to_owned(),
        None => "debug build".to_owned(),
    };
    println!("cargo::rustc-env=SCIM_SYNC_VERSION={version} ({build})");
}

/// The commit of a published crate, as `cargo package` writes it down.
pub fn of_package(folder: &Path) -> Option<String> {
    let text = std::fs::read_to_string(folder.join(".cargo_vcs_info.json")).ok()?;
    let (_, rest) = text.split_once("\"sha1\"")?;
    hash(rest.split('"').nth(1)?)
}

/// The commit that is checked out, if this folder is a repository of its own: one that only
/// stands inside another repository is not at that one's commit.
pub fn of_git(folder: &Path) -> Option<String> {
    if !folder.join(".git").exists() {
        return None;
    }
    let output = Command::new("git")
        .args(["rev-parse", "--verify", "HEAD"])
        .current_dir(folder)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| hash(text.trim())).flatten()
}

/// The beginning of what is a commit's hash, and nothing of what is not.
fn hash(text: &str) -> Option<String> {
    let is_hash = text.len() >= DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| text[..DIGITS].to_ascii_lowercase())
}
