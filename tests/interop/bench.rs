//! One scenario on the bench: an empty server, a folder with a manifest, and the program.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use serde_json::{Value, json};

use crate::raw::Raw;
use crate::server::{Limit, Server, Then};

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

impl From<&mut Command> for Ran {
    fn from(program: &mut Command) -> Self {
        let output = program.output().expect("the program runs");
        let text = [output.stdout, output.stderr].concat();
        Self {
            exit: output.status.code().expect("the program was not killed"),
            text: String::from_utf8(text).expect("the program writes UTF-8"),
        }
    }
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
        (Err(Limited), Some(limit)) => match limit.then {
            Then::Fails { exit, says: _ } => format!("fails\t{}\t{exit}", limit.because),
            Then::NotSetUp => format!("not set up\t{}", limit.because),
        },
        (Ok(()), Some(limit)) => panic!(
            "{}: the table says that the server {}, but {name} went well",
            server.name, limit.because
        ),
        (Err(Limited), None) => unreachable!("only a limit of the table limits"),
    };
    eprintln!(
        "{}: {name}: {result} ({:.1?})",
        server.name,
        began.elapsed()
    );
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

    /// The program, ready to run.
    pub fn program(&self, arguments: &[&str]) -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_scim-sync"));
        program
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("INTEROP_TOKEN", &self.token);
        program
    }

    /// Runs the program.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(&mut self.program(arguments))
    }

    fn apply(&self) -> Ran {
        self.run(&["apply", "--auto-approve"])
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
        let Some((limit, exit, says)) = self.limit().and_then(|limit| match limit.then {
            Then::Fails { exit, says } => Some((limit, exit, says)),
            Then::NotSetUp => None,
        }) else {
            self.converges();
            return Ok(());
        };
        let ran = self.apply();
        assert!(!ran.text.contains("\nConverged"), "{}", ran.text);
        let because = limit.because;
        assert_eq!(ran.exit, exit, "the server {because}: {}", ran.text);
        assert!(ran.text.contains(says), "no `{says}` in: {}", ran.text);
        // Whatever was not done is still planned or refused, never forgotten.
        let plan = self.run(&["plan", "--detailed-exitcode"]);
        assert!(matches!(plan.exit, 2 | 3), "{}", plan.text);
        Err(Limited)
    }

    /// Something made by hand that the server may refuse to make.
    pub fn set_up<T>(&self, made: Result<T, u16>) -> Result<T, Limited> {
        match (made, self.limit().map(|limit| &limit.then)) {
            (Err(_), Some(Then::NotSetUp)) => Err(Limited),
            (Ok(made), _) => Ok(made),
            (Err(status), Some(Then::Fails { .. }) | None) => {
                panic!(
                    "{} answers {status} to what is made by hand",
                    self.server.name
                )
            }
        }
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
        self.ids(&[login]).remove(0)
    }

    /// The live ids of people, sorted.
    pub fn ids(&self, logins: &[&str]) -> Vec<String> {
        let users = self.raw.all("Users");
        let by_login: BTreeMap<String, &str> = users
            .iter()
            .map(|user| {
                let login = user["userName"].as_str().expect("a user has a login");
                let id = user["id"].as_str().expect("a user has an id");
                (login.to_lowercase(), id)
            })
            .collect();
        let id = |login: &&str| match by_login.get(&login.to_lowercase()) {
            Some(id) => (*id).to_owned(),
            None => panic!("nobody is called {login}"),
        };
        let mut ids: Vec<String> = logins.iter().map(id).collect();
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
    /// `attributes`, as JSON.
    pub attributes: Option<Value>,
    pub status: Option<&'static str>,
}

impl Person {
    pub fn new(email: &str, given: &str, family: &str) -> Self {
        Self {
            email: email.to_owned(),
            given: given.to_owned(),
            family: family.to_owned(),
            display: None,
            attributes: None,
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
    /// What follows the base URL.
    pub path: &'static str,
}

impl Manifest {
    pub fn empty() -> Self {
        Self {
            users: BTreeMap::new(),
            roles: BTreeMap::new(),
            groups: json!({}),
            previously: BTreeMap::new(),
            dialect: json!({}),
            path: "",
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
            if let Some(attributes) = &person.attributes {
                user["attributes"] = attributes.clone();
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
                "baseUrl": format!("{}{}", bench.raw.base(), self.path),
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
