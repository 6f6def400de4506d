//! A repository with a manifest, to commit to and to run in.

use std::process::Command;

use crate::support::{Place, Ran};

pub const ROOT: &str = "\
version: 1
target: { provider: harness }
include: [people/*.yaml]
roles:
  sre: { members: [ada] }
groupMappings:
  - { match: '.*', group: '{role}' }
";

pub const ADA: &str = "  ada: { email: ada@example.com, givenName: Ada, familyName: Lovelace }\n";
pub const BOB: &str = "  bob: { email: bob@example.com, givenName: Bob, familyName: Byrne }\n";

pub struct Repo {
    pub place: Place,
}

impl Repo {
    /// A repository with Ada, and its first commit on `main`.
    pub fn new() -> Self {
        let repo = Self::empty();
        repo.write("scim-sync.yaml", ROOT);
        repo.people("a.yaml", ADA);
        repo.commit("begin");
        repo
    }

    pub fn empty() -> Self {
        let repo = Self {
            place: Place::new(),
        };
        repo.git(&["init", "--quiet", "--initial-branch=main"]);
        repo
    }

    pub fn write(&self, name: &str, text: &str) {
        self.place.write(name, text);
    }

    /// Writes a file of people.
    pub fn people(&self, name: &str, people: &str) {
        self.write(&format!("people/{name}"), &format!("users:\n{people}"));
    }

    /// Runs git, and gives what it prints.
    #[track_caller]
    pub fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .arg("-C")
            .arg(self.place.path("."))
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("HOME", self.place.path("."))
            .envs([
                ("GIT_AUTHOR_NAME", "Grace"),
                ("GIT_AUTHOR_EMAIL", "grace@example.com"),
                ("GIT_AUTHOR_DATE", "2026-11-24T09:00:00Z"),
                ("GIT_COMMITTER_NAME", "Grace"),
                ("GIT_COMMITTER_EMAIL", "grace@example.com"),
                ("GIT_COMMITTER_DATE", "2026-11-24T09:00:00Z"),
            ])
            .output()
            .expect("git runs");
        assert!(
            output.status.success(),
            "git {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout)
            .expect("text")
            .trim()
            .to_owned()
    }

    /// Commits everything, and gives the commit's short name.
    #[track_caller]
    pub fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", message]);
        self.short("HEAD")
    }

    pub fn short(&self, revision: &str) -> String {
        self.git(&["rev-parse", "--short=7", revision])
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.place.run(arguments)
    }

    /// What is printed, with commits by the names of their revisions, as wide as they are.
    pub fn redacted(&self, text: &str) -> String {
        text.replace(&self.short("HEAD"), "headrev")
            .replace(&self.short("HEAD^"), "baserev")
    }

    /// The base a plan was made with.
    #[track_caller]
    pub fn base_of(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Option<String> {
        let all = [&["plan", "--format", "json"], arguments].concat();
        let plan = self.place.run_with(variables, &all).ends(0);
        let plan: serde_json::Value = serde_json::from_str(&plan.out).expect("a plan");
        plan["base"].as_str().map(str::to_owned)
    }
}
