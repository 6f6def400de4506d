//! How long `validate` takes, and whether that grows with the manifest and not faster.
//!
//! ```text
//! cargo bench --bench validate
//! ```
//!
//! Manifests of 10,000 and of 100,000 people in 200 files, with 500 roles and ten memberships
//! a person, are written to a folder and checked as the command does: read, parsed, merged,
//! linted, resolved, linted for Harness. Medians of five runs; the peak of the memory is that
//! of the larger one and so far (Linux only).

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::civil::date;
use scim_sync::manifest::load::load;
use scim_sync::profile::lint;

const ROLES: usize = 500;
const FILES: usize = 200;
const MEMBERSHIPS_EACH: usize = 10;
const RUNS: usize = 5;

/// Writes a manifest of so many people, and says how many bytes it has.
fn write(folder: &Path, people: usize) -> std::io::Result<u64> {
    let mut bytes = 0;
    let mut file = |name: &str, text: &str| {
        bytes += text.len() as u64;
        std::fs::write(folder.join(name), text)
    };
    file(
        "scim-sync.yaml",
        "version: 1\ntarget: { provider: harness }\ninclude: [people-*.yaml, roles-*.yaml]\n\
         groupMappings: [{ match: '.*', group: '{role}' }]\n",
    )?;
    // Half of the files hold people, half roles.
    let halves = FILES / 2;
    for number in 0..halves {
        let mut text = String::from("users:\n");
        for person in (0..people).filter(|person| person % halves == number) {
            // Writing to a String cannot fail.
            let _ = write!(
                text,
                "  person-{person:06}:\n    email: person.{person:06}@example.com\n    \
                 givenName: Given{person}\n    familyName: Family{person}\n"
            );
        }
        file(&format!("people-{number:03}.yaml"), &text)?;
        let mut text = String::from("roles:\n");
        for role in (0..ROLES).filter(|role| role % halves == number) {
            let _ = writeln!(text, "  role-{role:03}:\n    members:");
            for step in 0..people * MEMBERSHIPS_EACH / ROLES {
                let person = (role * 7 + step * 3) % people;
                let _ = writeln!(text, "      - person-{person:06}");
            }
        }
        file(&format!("roles-{number:03}.yaml"), &text)?;
    }
    Ok(bytes)
}

/// One run: how long it took.
fn check(root: &Path) -> Duration {
    let as_of = date(2027, 6, 1);
    let start = Instant::now();
    let loaded = lint::check(load(root).checked(as_of), as_of);
    let took = start.elapsed();
    assert_eq!(loaded.faults, [], "the manifest is valid");
    let [resolved] = &*loaded.targets else {
        panic!("one target");
    };
    assert_eq!(resolved.desired.groups.len(), ROLES);
    took
}

fn median(root: &Path) -> Duration {
    let mut times: Vec<Duration> = (0..RUNS).map(|_| check(root)).collect();
    times.sort();
    times[RUNS / 2]
}

/// The most memory this process ever had, in MiB.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes >> 10)
}

fn main() -> std::io::Result<()> {
    // `cargo test --benches` only wants to know that it starts.
    if std::env::args().any(|argument| argument == "--test") {
        return Ok(());
    }
    println!(
        "{:>9}  {:>11}  {:>7}  {:>9}  {:>7}  {:>9}",
        "people", "memberships", "MB", "median", "MB/s", "peak MiB"
    );
    let mut times = Vec::new();
    for people in [10_000, 100_000] {
        let folder = tempfile::tempdir()?;
        let megabytes = write(folder.path(), people)? as f64 / 1e6;
        let took = median(&folder.path().join("scim-sync.yaml"));
        println!(
            "{people:>9}  {:>11}  {megabytes:>7.1}  {:>7.0}ms  {:>7.0}  {:>9}",
            people * MEMBERSHIPS_EACH,
            took.as_secs_f64() * 1e3,
            megabytes / took.as_secs_f64(),
            peak().map_or("unknown".to_owned(), |peak| peak.to_string()),
        );
        times.push(took.as_secs_f64());
    }
    println!(
        "ten times the people: {:.1} times as long",
        times[1] / times[0]
    );
    Ok(())
}
