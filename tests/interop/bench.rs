//! One scenario on the bench: an empty server, a folder with a manifest, and the program.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use serde_json::{Value, json};

use crate::raw::Raw;
use crate::server::{Limit, Server};

/// The server has one world, so scenarios take turns.
static TURN: Mutex<()> = Mutex::new(());

/// The scenario met what the server cannot do, and the tool was honest about it.
pub struct Limited;

pub struct Bench {
    pub server: &'static Server,
    pub raw: Raw,
    scenario: &'static str,
    token: String,
    folder: tempfile::TempDir,
}

/// What the program did.
pub struct Ran {
    pub exit: i32,
    pub text: String,
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: this suite is run by tests/interop/run, which starts a server")
    })
}

/// Runs a scenario on an empty server. What the table says the server cannot do must then
/// fail as the table says; what it does not say must go well.
pub fn scenario(name: &'static str, run: impl FnOnce(&Bench) -> Result<(), Limited>) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let server = Server::named(&variable("INTEROP_SERVER"));
    let token = variable("INTEROP_TOKEN");
    let bench = Bench {
        server,
        raw: Raw::new(variable("INTEROP_BASE"), token.clone()),
        scenario: name,
        token,
        folder: tempfile::tempdir().expect("a temporary folder"),
    };
    bench.raw.wipe();
    let began = Instant::now();
    let result = match (run(&bench), server.limit(name)) {
        (Ok(()), None) => "passes".to_owned(),
        (Err(Limited), Some(limit)) => format!("limit\t{}\t{}", limit.exit, limit.because),
        (Ok(()), Some(limit)) => panic!(
            "{}: the table says that the server {}, but {name} went well",
            server.name, limit.because
        ),
        (Err(Limited), None) => unreachable!("only a limit of the table limits"),
    };
    eprintln!("{}: {name}: {result} ({:.1?})", server.name, began.elapsed());
    let folder = PathBuf::from(variable("INTEROP_RESULTS"));
    std::fs::write(folder.join(name), format!("{result}\n")).expect("the results can be written");
}

impl Bench {
    /// Writes the manifest. It is JSON, which is YAML, so that hostile names need no care here.
    pub fn declare(&self, manifest: &Manifest) {
        let mut text = manifest.json(self);
        text["version"] = json!(1);
        std::fs::write(self.folder.path().join("scim-sync.yaml"), text.to_string())
            .expect("the manifest can be written");
    }

    /// A path in the scenario's folder.
    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Runs the program.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_scim-sync"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("INTEROP_TOKEN", &self.token)
            .output()
            .expect("the program runs");
        let text = [output.stdout, output.stderr].concat();
        Ran {
            exit: output.status.code().expect("the program was not killed"),
            text: String::from_utf8(text).expect("the program writes UTF-8"),
        }
    }

    fn apply(&self) -> Ran {
        self.run(&["apply", "--auto-approve", "--concurrency", "8"])
    }

    fn limit(&self) -> Option<&'static Limit> {
        self.server.limit(self.scenario)
    }

    /// Applies, which goes well on every server.
    pub fn converges(&self) {
        let ran = self.apply();
        assert_eq!(ran.exit, 0, "{}: {}", self.server.name, ran.text);
        assert!(ran.text.contains("Converged"), "{}", ran.text);
        self.nothing_to_do();
    }

    /// Applies what the scenario is about; a server may be limited here.
    pub fn converges_or_is_limited(&self) -> Result<(), Limited> {
        let Some(limit) = self.limit() else {
            self.converges();
            return Ok(());
        };
        let ran = self.apply();
        assert!(!ran.text.contains("\nConverged"), "{}", ran.text);
        assert_eq!(ran.exit, limit.exit, "{}: {}", self.server.name, ran.text);
        assert!(
            ran.text.contains(limit.says),
            "`{}` is missing in: {}",
            limit.says,
            ran.text
        );
        // Whatever was not done is still planned or refused, never forgotten.
        let plan = self.run(&["plan", "--detailed-exitcode"]);
        assert!(matches!(plan.exit, 2 | 3), "{}", plan.text);
        Err(Limited)
    }

    /// Plans, and there is nothing to do.
    pub fn nothing_to_do(&self) {
        let plan = self.run(&["plan"]);
        assert_eq!(plan.exit, 0, "{}", plan.text);
        assert!(plan.text.contains("Nothing to do"), "{}", plan.text);
        let detailed = self.run(&["plan", "--detailed-exitcode"]);
        assert_eq!(detailed.exit, 0, "{}", detailed.text);
    }

    /// The live id of somebody declared.
    pub fn id(&self, login: &str) -> String {
        let user = self.raw.user(login);
        let user = user.unwrap_or_else(|| panic!("nobody is called {login}"));
        user["id"].as_str().expect("a user has an id").to_owned()
    }

    /// The live ids of people, sorted.
    pub fn ids(&self, logins: &[&str]) -> Vec<String> {
        let mut ids: Vec<String> = logins.iter().map(|login| self.id(login)).collect();
        ids.sort_unstable();
        ids
    }
}

/// A person of a manifest.
#[derive(Clone)]
pub struct Person {
    pub email: String,
    pub given: String,
    pub family: String,
    pub display: Option<String>,
    pub status: Option<&'static str>,
}

impl Person {
    pub fn new(email: &str, given: &str, family: &str) -> Self {
        Self {
            email: email.to_owned(),
            given: given.to_owned(),
            family: family.to_owned(),
            display: None,
            status: None,
        }
    }
}

/// A manifest to be.
#[derive(Clone)]
pub struct Manifest {
    pub users: BTreeMap<String, Person>,
    pub roles: BTreeMap<String, Vec<String>>,
    /// `groups`, as JSON.
    pub groups: Value,
    /// `previously` of roles and of the groups made of them.
    pub previously: BTreeMap<String, String>,
    /// More of `target.dialect`.
    pub dialect: Value,
}

impl Manifest {
    pub fn empty() -> Self {
        Self {
            users: BTreeMap::new(),
            roles: BTreeMap::new(),
            groups: json!({}),
            previously: BTreeMap::new(),
            dialect: json!({}),
        }
    }

    /// Three people and two roles.
    pub fn small() -> Self {
        let mut manifest = Self::empty();
        for (key, given, family) in [
            ("ada", "Ada", "Lovelace"),
            ("grace", "Grace", "Hopper"),
            ("linus", "Linus", "Torvalds"),
        ] {
            let email = format!("{key}@example.com");
            let person = Person::new(&email, given, family);
            manifest.users.insert(key.to_owned(), person);
        }
        manifest.role("engineers", &["ada", "grace", "linus"]);
        manifest.role("on-call", &["ada"]);
        manifest
    }

    pub fn role(&mut self, name: &str, members: &[&str]) {
        let members = members.iter().map(|key| (*key).to_owned()).collect();
        self.roles.insert(name.to_owned(), members);
    }

    pub fn person(&mut self, key: &str) -> &mut Person {
        self.users.get_mut(key).expect("declared")
    }

    fn json(&self, bench: &Bench) -> Value {
        let mut users = json!({});
        for (key, person) in &self.users {
            let mut user = json!({
                "email": person.email, "givenName": person.given, "familyName": person.family,
            });
            if let Some(display) = &person.display {
                user["displayName"] = json!(display);
            }
            if let Some(status) = person.status {
                user["status"] = json!(status);
            }
            users[key] = user;
        }
        let mut roles = json!({});
        for (name, members) in &self.roles {
            roles[name] = json!({ "members": members });
        }
        let mut groups = self.groups.clone();
        for (name, before) in &self.previously {
            groups[name] = json!({ "previously": [before] });
        }
        json!({
            "target": {
                "provider": "scim",
                "baseUrl": bench.raw.base(),
                "token": { "env": "INTEROP_TOKEN" },
                "dialect": bench.server.dialect(&self.dialect),
            },
            "users": users,
            "roles": roles,
            "groups": groups,
            "groupMappings": [{ "match": ".*", "group": "{role}" }],
            "policy": { "limits": { "membershipRemovals": "100%", "perGroupRemovals": "100%" } },
        })
    }
}
