//! The pipelines in `examples/pipelines` do what they say. GitHub's is run: the steps are
//! taken from the file, in the order of its jobs, with a real repository and its bare
//! remote, a service provider with a token that may only read and one that may write, and a
//! forge.

#[path = "../support/cli.rs"]
mod cli;
#[path = "../support/forge.rs"]
mod forge;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cli::Place;
use forge::{Forge, Holder, Kind};
use scim_sync::manifest::decl::SandboxBehavior;
use scim_sync::manifest::source::FileId;
use scim_sync::manifest::tree::{self, Node};
use scim_sync::sandbox::server::{Options, Server};
use scim_sync::sandbox::world::{Incoming, Permission, Token, World};
use scim_sync::scim::http::Method;
use serde_json::{Map, Value, json};

const ACCOUNT: &str = "AcC0unt";
const WRITES: &str = "pat.AcC0unt.may.write0123456789";
const READS: &str = "pat.AcC0unt.may.read0123456789";

fn pipeline(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples/pipelines")
        .join(name);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// YAML as JSON, with every scalar a text.
fn json_of(node: Node<'_>) -> Value {
    match node.kind() {
        tree::Kind::Scalar(scalar) => Value::String(scalar.text.to_owned()),
        tree::Kind::Sequence(children) => children.map(json_of).collect(),
        tree::Kind::Mapping(children) => {
            let mut map = Map::new();
            for (key, value) in children.pairs() {
                let Value::String(key) = json_of(key) else {
                    panic!("a key that is no text")
                };
                map.insert(key, json_of(value));
            }
            Value::Object(map)
        }
    }
}

fn yaml(name: &str) -> Value {
    let text = pipeline(name);
    let tree = tree::parse(&text, FileId(0)).unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
    json_of(tree.root())
}

/// Every shell script of GitHub's workflow, by job.
fn scripts(job: &Value) -> Vec<&str> {
    let steps = job["steps"].as_array().expect("steps");
    steps
        .iter()
        .filter_map(|step| step["run"].as_str())
        .collect()
}

#[test]
fn they_install_the_version_they_belong_to() {
    for name in [
        "github.yml",
        "gitlab.yml",
        "bitbucket.yml",
        "azure.yml",
        "Jenkinsfile",
        "harness.yaml",
    ] {
        let text = pipeline(name);
        let wanted = concat!("scim-sync@", env!("CARGO_PKG_VERSION"));
        assert!(text.contains(wanted), "{name}");
        assert_eq!(
            text.matches("scim-sync@").count(),
            text.matches(wanted).count(),
            "{name}"
        );
        // What is applied is what was planned, and what was planned has a base.
        for part in [
            "scim-sync fmt --check",
            "scim-sync validate",
            "scim-sync plan --untrusted",
            "scim-sync plan \"$base\" --out plan.json",
            "--base=access-applied",
            "--auto-approve",
            "push --quiet --force",
            "--detailed-exitcode",
        ] {
            assert!(text.contains(part), "{name}: no `{part}`");
        }
        for line in text.lines().filter(|line| line.contains("scim-sync apply")) {
            assert!(
                line.contains("plan.json"),
                "{name} applies what nobody reviewed: {line}"
            );
        }
        // What is refused is still to do, so the base moves only when nothing is.
        let tag = text.find("git tag --force").expect("a tag");
        let before = text[..tag].trim_end();
        let done = before.ends_with("if [ \"$code\" = 0 ]; then")
            || before.ends_with("if [ \"$CODE\" = 0 ]; then");
        assert!(done, "{name} forgets refused removals");
    }
}

/// What anybody can write into a pull request never becomes a script, and no job that runs
/// for strangers has a secret.
#[test]
fn the_github_workflow_keeps_strangers_out() {
    let workflow = yaml("github.yml");
    let jobs = workflow["jobs"].as_object().unwrap();
    for (name, job) in jobs {
        for script in scripts(job) {
            assert!(!script.contains("${{"), "{name}: {script}");
        }
        let first = &job["steps"][0];
        assert!(
            first["run"]
                .as_str()
                .is_some_and(|it| it.starts_with("cargo install")),
            "{name}: a checked-out file could steer the build"
        );
        let text = job.to_string();
        assert_eq!(
            text.contains("secrets."),
            job["environment"].is_string(),
            "{name}"
        );
        assert_eq!(
            text.contains("\"write\""),
            !matches!(name.as_str(), "validate" | "plan"),
            "{name}"
        );
    }
    assert!(jobs["validate"]["environment"].is_null());
    let preview = jobs["preview"]["if"].as_str().unwrap();
    assert!(preview.contains("github.event.pull_request.head.repo.full_name == github.repository"));
    for (job, environment) in [
        ("preview", "plan"),
        ("plan", "plan"),
        ("drift", "plan"),
        ("apply", "production"),
    ] {
        assert_eq!(jobs[job]["environment"], environment);
    }
    assert_eq!(jobs["apply"]["concurrency"], "access-apply");
    assert_eq!(workflow["permissions"], json!({}));
}

/// A repository at GitHub, as far as its workflow sees it.
struct Github {
    place: Place,
    server: Server,
    forge: Forge,
    workflow: Value,
    /// What the server runs on.
    _runtime: tokio::runtime::Runtime,
}

/// How a job ended, and what it printed.
#[derive(Debug)]
struct Job {
    succeeded: bool,
    log: String,
    summary: String,
}

impl Job {
    #[track_caller]
    fn passes(self) -> Self {
        assert!(self.succeeded, "{}", self.log);
        self
    }

    #[track_caller]
    fn fails(self) -> Self {
        assert!(!self.succeeded, "{}", self.log);
        self
    }

    #[track_caller]
    fn says(self, text: &str) -> Self {
        assert!(self.log.contains(text), "no {text:?} in\n{}", self.log);
        self
    }
}

/// What started a run.
#[derive(Clone, Copy)]
enum Event {
    /// Of the branch `change`, number 7.
    PullRequest,
    Push,
    Schedule,
}

impl Github {
    fn new() -> Self {
        let place = Place::new();
        let mut world = World::new(ACCOUNT, WRITES, SandboxBehavior::Source);
        let mut reader = Token::service_account(ACCOUNT);
        reader.permissions.retain(|permission| {
            matches!(permission, Permission::UserView | Permission::UserGroupView)
        });
        world.set_token(READS, reader);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let server = runtime
            .block_on(Server::start(Options::default(), || world))
            .unwrap();
        let forge = Forge::start(Kind::Github);
        forge.world().holder = Holder::Installation;
        forge.world().me = "github-actions".to_owned();
        let github = Self {
            place,
            server,
            forge,
            workflow: yaml("github.yml"),
            _runtime: runtime,
        };
        std::fs::create_dir_all(github.place.path("bin")).unwrap();
        let cargo = github.place.write("bin/cargo", "#!/bin/sh\nls -A >> \"$RUNNER_TEMP/seen-by-cargo\"\n[ \"$1 $2\" = 'install --locked' ]\n");
        std::fs::set_permissions(&cargo, std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .unwrap();
        std::os::unix::fs::symlink(
            env!("CARGO_BIN_EXE_scim-sync"),
            github.place.path("bin/scim-sync"),
        )
        .unwrap();
        github.git(
            ".",
            &[
                "init",
                "--quiet",
                "--bare",
                "--initial-branch=main",
                "remote.git",
            ],
        );
        github.git(".", &["clone", "--quiet", &github.remote(), "work"]);
        github
    }

    fn remote(&self) -> String {
        format!("file://{}", self.place.path("remote.git").display())
    }

    fn base_url(&self) -> String {
        self.server
            .base_url()
            .replace(ACCOUNT, "${HARNESS_ACCOUNT_ID}")
    }

    #[track_caller]
    fn git(&self, folder: &str, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        command.args(arguments).current_dir(self.place.path(folder));
        self.environment(&mut command);
        let output = command.output().expect("git runs");
        assert!(
            output.status.success(),
            "git {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn environment(&self, command: &mut Command) {
        let path = std::env::var("PATH").unwrap();
        command
            .env_clear()
            .env(
                "PATH",
                format!("{}:{path}", self.place.path("bin").display()),
            )
            .env("HOME", self.place.path("."))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            // The address of the repository leads to the bare remote.
            .env("GIT_CONFIG_COUNT", "1")
            .env(
                "GIT_CONFIG_KEY_0",
                format!("url.{}.insteadOf", self.remote()),
            )
            .env(
                "GIT_CONFIG_VALUE_0",
                format!(
                    "https://x-access-token:{}@github.com/acme/access",
                    forge::TOKEN
                ),
            )
            .envs([
                ("GIT_AUTHOR_NAME", "Ada"),
                ("GIT_AUTHOR_EMAIL", "ada@example.com"),
                ("GIT_COMMITTER_NAME", "Ada"),
                ("GIT_COMMITTER_EMAIL", "ada@example.com"),
            ])
            .stdin(Stdio::null());
    }

    fn write(&self, name: &str, text: &str) {
        self.place.write(&format!("work/{name}"), text);
        let mut fmt = Command::new(self.place.path("bin/scim-sync"));
        fmt.arg("fmt").current_dir(self.place.path("work"));
        assert!(fmt.output().unwrap().status.success() || name == "scim-sync.yaml");
    }

    fn push_main(&self, message: &str) {
        self.git("work", &["add", "--all"]);
        self.git(
            "work",
            &["commit", "--quiet", "--allow-empty", "--message", message],
        );
        self.git("work", &["push", "--quiet", "origin", "HEAD:main"]);
    }

    /// Puts what is in the work tree onto a branch and opens pull request 7 for it.
    fn open_pull(&self, message: &str) {
        self.git("work", &["switch", "--quiet", "--force-create", "change"]);
        self.git("work", &["add", "--all"]);
        self.git("work", &["commit", "--quiet", "--message", message]);
        self.git("work", &["push", "--quiet", "--force", "origin", "change"]);
        // What GitHub does: the merge of both, under a name of its own.
        self.git("work", &["switch", "--quiet", "--detach", "origin/main"]);
        self.git(
            "work",
            &["merge", "--quiet", "--no-ff", "--no-edit", "change"],
        );
        self.git(
            "work",
            &[
                "push",
                "--quiet",
                "--force",
                "origin",
                "HEAD:refs/pull/7/merge",
            ],
        );
        self.git("work", &["switch", "--quiet", "change"]);
    }

    fn merge_pull(&self) {
        self.git("work", &["fetch", "--quiet", "origin", "refs/pull/7/merge"]);
        self.git(
            "work",
            &["switch", "--quiet", "--force-create", "main", "FETCH_HEAD"],
        );
        self.git("work", &["push", "--quiet", "origin", "main"]);
        self.git("work", &["fetch", "--quiet", "origin"]);
    }

    /// Runs the steps of one job, as a runner does.
    fn run(&self, job: &str, event: Event) -> Job {
        let steps = self.workflow["jobs"][job]["steps"]
            .as_array()
            .expect("a job");
        let environment = self.workflow["jobs"][job]["environment"].as_str();
        let folder = tempfile::tempdir_in(self.place.path(".")).unwrap();
        let name = folder
            .path()
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        let (workspace, temp) = (folder.path().join("workspace"), folder.path().join("temp"));
        for folder in [&workspace, &temp] {
            std::fs::create_dir_all(folder).unwrap();
        }
        let event_file = temp.join("event.json");
        std::fs::write(
            &event_file,
            match event {
                Event::PullRequest => {
                    json!({ "pull_request": { "number": forge::PULL } }).to_string()
                }
                Event::Push | Event::Schedule => "{}".to_owned(),
            },
        )
        .unwrap();
        let mut outputs: BTreeMap<String, String> = BTreeMap::new();
        let mut ran = Job {
            succeeded: true,
            log: String::new(),
            summary: String::new(),
        };
        for step in steps {
            if !ran.succeeded && step["if"] != "always()" {
                continue;
            }
            let with = &step["with"];
            match step["uses"].as_str() {
                None => {}
                Some(uses) if uses.starts_with("actions/checkout@") => {
                    self.checkout(&format!("{name}/workspace"), job, event, with);
                    continue;
                }
                Some(uses) if uses.starts_with("actions/upload-artifact@") => {
                    let file = with["path"].as_str().unwrap();
                    let kept = self
                        .place
                        .path("artifacts")
                        .join(with["name"].as_str().unwrap());
                    std::fs::create_dir_all(&kept).unwrap();
                    std::fs::copy(workspace.join(file), kept.join(file))
                        .unwrap_or_else(|error| panic!("{file}: {error}\n{}", ran.log));
                    continue;
                }
                Some(uses) if uses.starts_with("actions/download-artifact@") => {
                    let kept = self
                        .place
                        .path("artifacts")
                        .join(with["name"].as_str().unwrap());
                    for file in std::fs::read_dir(kept).unwrap() {
                        let file = file.unwrap();
                        std::fs::copy(file.path(), workspace.join(file.file_name())).unwrap();
                    }
                    continue;
                }
                Some(other) => panic!("nobody taught this test `{other}`"),
            }
            let script = temp.join("script.sh");
            std::fs::write(&script, step["run"].as_str().expect("a script")).unwrap();
            let (output, summary) = (temp.join("output"), temp.join("summary"));
            std::fs::write(&output, "").unwrap();
            let mut command = Command::new("bash");
            command.arg("-e").arg(&script).current_dir(&workspace);
            self.environment(&mut command);
            self.variables(&mut command, event, &temp, &event_file);
            command
                .env("GITHUB_OUTPUT", &output)
                .env("GITHUB_STEP_SUMMARY", &summary);
            for (name, value) in step["env"].as_object().into_iter().flatten() {
                command.env(
                    name,
                    value_of(value.as_str().unwrap(), environment, &outputs),
                );
            }
            let done = command.output().expect("bash");
            ran.log
                .push_str(&format!("$ {}\n", step["run"].as_str().unwrap()));
            ran.log.push_str(&String::from_utf8_lossy(&done.stdout));
            ran.log.push_str(&String::from_utf8_lossy(&done.stderr));
            ran.succeeded &= done.status.success();
            for line in std::fs::read_to_string(&output).unwrap().lines() {
                let (key, value) = line.split_once('=').expect("name=value");
                let id = step["id"].as_str().expect("a step with an output");
                outputs.insert(format!("steps.{id}.outputs.{key}"), value.to_owned());
            }
        }
        ran.summary = std::fs::read_to_string(temp.join("summary")).unwrap_or_default();
        // `.cargo/config.toml` and `rust-toolchain.toml` of a change would steer the build.
        let seen = std::fs::read_to_string(temp.join("seen-by-cargo")).unwrap();
        assert_eq!(seen, "", "{job}: cargo ran among files of the repository");
        for secret in [READS, WRITES, forge::TOKEN] {
            assert!(
                !ran.log.contains(secret) && !ran.summary.contains(secret),
                "{job}:\n{}",
                ran.log
            );
        }
        ran
    }

    fn variables(&self, command: &mut Command, event: Event, temp: &Path, event_file: &PathBuf) {
        let (name, reference) = match event {
            Event::PullRequest => ("pull_request", "refs/pull/7/merge"),
            Event::Push => ("push", "refs/heads/main"),
            Event::Schedule => ("schedule", "refs/heads/main"),
        };
        command
            .env("CI", "true")
            .env("RUNNER_TEMP", temp)
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_ACTOR", "ada")
            .env("GITHUB_API_URL", &self.forge.api_url)
            .env("GITHUB_EVENT_NAME", name)
            .env("GITHUB_EVENT_PATH", event_file)
            .env("GITHUB_REF", reference)
            .env("GITHUB_REPOSITORY", "acme/access")
            .env("GITHUB_SERVER_URL", "https://github.com");
        if let Event::PullRequest = event {
            command
                .env("GITHUB_BASE_REF", "main")
                .env("GITHUB_HEAD_REF", "change");
        }
    }

    /// `actions/checkout`: the reference asked for or the event's own; everything with
    /// `fetch-depth: 0`, one commit without.
    fn checkout(&self, workspace: &str, job: &str, event: Event, with: &Value) {
        let reference = match (with["ref"].as_str(), event) {
            (Some(asked), _) => asked.replace("${{ github.event.pull_request.number }}", "7"),
            (None, Event::PullRequest) => "refs/pull/7/merge".to_owned(),
            (None, Event::Push | Event::Schedule) => "refs/heads/main".to_owned(),
        };
        assert!(!reference.contains("${{"), "{job}: {reference}");
        assert_eq!(
            with["persist-credentials"], "false",
            "{job} leaves a token behind"
        );
        self.git(workspace, &["init", "--quiet"]);
        self.git(workspace, &["remote", "add", "origin", &self.remote()]);
        let whole = [
            "fetch",
            "--quiet",
            "--tags",
            "origin",
            "+refs/heads/*:refs/remotes/origin/*",
        ];
        if with["fetch-depth"] == "0" {
            self.git(workspace, &whole);
            self.git(workspace, &["fetch", "--quiet", "origin", &reference]);
        } else {
            self.git(
                workspace,
                &[
                    "fetch",
                    "--quiet",
                    "--depth=1",
                    "--no-tags",
                    "origin",
                    &reference,
                ],
            );
        }
        self.git(
            workspace,
            &["checkout", "--quiet", "--detach", "FETCH_HEAD"],
        );
    }

    /// The people at the provider.
    fn people(&self) -> Vec<String> {
        self.server.with_world(|world| {
            let mut people: Vec<String> =
                world.users().map(|user| user.email.to_string()).collect();
            people.sort();
            people
        })
    }

    /// Pushes to main: plan, and apply after the approval.
    #[track_caller]
    fn deliver(&self) -> Job {
        self.run("plan", Event::Push).passes();
        self.run("apply", Event::Push).passes()
    }
}

/// What an expression stands for. Any other is not known here, and so not in the workflow.
fn value_of(text: &str, environment: Option<&str>, outputs: &BTreeMap<String, String>) -> String {
    let Some(expression) = text
        .strip_prefix("${{ ")
        .and_then(|it| it.strip_suffix(" }}"))
    else {
        return text.to_owned();
    };
    match (expression, environment) {
        ("secrets.HARNESS_SCIM_TOKEN", Some("plan")) => READS.to_owned(),
        ("secrets.HARNESS_SCIM_TOKEN", Some("production")) => WRITES.to_owned(),
        ("vars.HARNESS_ACCOUNT_ID", _) => ACCOUNT.to_owned(),
        ("github.token", _) => forge::TOKEN.to_owned(),
        (output, _) if outputs.contains_key(output) => outputs[output].clone(),
        (other, _) => panic!("nobody taught this test `{other}` in {environment:?}"),
    }
}

fn root(base_url: &str) -> String {
    format!(
        "version: 1\ntarget: {{ provider: harness, baseUrl: '{base_url}', token: {{ env: HARNESS_SCIM_TOKEN }} }}\ninclude: [people/*.yaml]\nroles: {{ sre: {{ members: [ada] }} }}\ngroupMappings: [{{ match: '.*', group: '{{role}}' }}]\n"
    )
}

const ADA: &str =
    "users:\n  ada: { email: ada@example.com, givenName: Ada, familyName: Lovelace }\n";
const CYD: &str =
    "users:\n  cyd: { email: cyd@example.com, givenName: Cyd, familyName: Charisse }\n";
const GRACE: &str =
    "users:\n  grace: { email: grace@example.com, givenName: Grace, familyName: Hopper }\n";

#[test]
fn from_a_pull_request_to_the_provider_and_back_to_no_drift() {
    let github = Github::new();
    github.write("scim-sync.yaml", &root(&github.base_url()));
    github.write("people/ada.yaml", ADA);
    github.push_main("everybody");
    github.deliver().says("Converged");
    assert_eq!(github.people(), ["ada@example.com"]);
    let applied =
        |github: &Github| github.git("remote.git", &["rev-parse", "refs/tags/access-applied"]);
    assert_eq!(
        applied(&github),
        github.git("remote.git", &["rev-parse", "main"])
    );

    // A change: checked for anybody, and commented on with the token that only reads.
    github.write("people/grace.yaml", GRACE);
    github.open_pull("Grace");
    github.run("validate", Event::PullRequest).passes();
    github.run("preview", Event::PullRequest).passes();
    let comments = github.forge.bodies();
    assert_eq!(comments.len(), 1);
    assert!(comments[0].contains("grace"), "{}", comments[0]);
    assert_eq!(
        github.people(),
        ["ada@example.com"],
        "a preview writes nothing"
    );
    // Another commit edits the same comment.
    github.write("people/grace.yaml", &GRACE.replace("Grace,", "Amazing,"));
    github.open_pull("Amazing Grace");
    github.run("preview", Event::PullRequest).passes();
    assert_eq!(github.forge.bodies().len(), 1);
    assert!(github.forge.bodies()[0].contains("Amazing"));

    // Merged: planned, approved, applied, and the base moves.
    github.merge_pull();
    let planned = github.run("plan", Event::Push).passes();
    assert!(planned.summary.contains("grace"), "{}", planned.summary);
    assert_eq!(
        github.people(),
        ["ada@example.com"],
        "a plan writes nothing"
    );
    github.run("apply", Event::Push).passes().says("Converged");
    assert_eq!(github.people(), ["ada@example.com", "grace@example.com"]);
    assert_eq!(
        applied(&github),
        github.git("remote.git", &["rev-parse", "main"])
    );

    // No drift, and no issue.
    github.run("drift", Event::Schedule).passes();
    assert_eq!(github.forge.world().issues.len(), 0);
    // Somebody takes Grace out by hand: 2, and one issue, however often.
    github.server.with_world(|world| {
        let grace = world
            .users()
            .find(|user| user.email.as_str().starts_with("grace"))
            .unwrap();
        let delete = Incoming {
            if_match: None,
            method: Method::Delete,
            path: format!("{}/Users/{}", world.base_path(), grace.id),
            query: String::new(),
            authorization: Some(format!("Bearer {WRITES}")),
            api_key: None,
            content_type: None,
            accept: None,
            body: Vec::new(),
        };
        assert_eq!(world.handle(&delete).status, 204);
    });
    for _ in 0..2 {
        github.run("drift", Event::Schedule).fails();
        assert_eq!(github.forge.world().issues.len(), 1);
        assert!(github.forge.world().issues[0].open);
    }
    github.deliver();
    github.run("drift", Event::Schedule).passes();
    assert!(!github.forge.world().issues[0].open, "resolved");
}

/// The applied commit is the base: who was in it and is not any more is shown to be ours,
/// whatever else was merged before the approval.
#[test]
fn a_removal_is_proved_by_what_was_applied_last() {
    let github = Github::new();
    github.write("scim-sync.yaml", &root(&github.base_url()));
    github.write("people/ada.yaml", ADA);
    // As an older tool made them: without our key.
    github.server.with_world(|world| {
        world.seed_scim_user("grace@example.com").unwrap();
    });
    github.write("people/grace.yaml", GRACE);
    github.push_main("both");
    github.deliver();
    std::fs::remove_file(github.place.path("work/people/grace.yaml")).unwrap();
    github.push_main("without Grace");
    github.run("plan", Event::Push).passes();
    // Nobody approved that one; a newer push plans both.
    github.write("people/cyd.yaml", CYD);
    github.push_main("and Cyd");
    github.deliver().says("Converged");
    assert_eq!(github.people(), ["ada@example.com", "cyd@example.com"]);
}

/// A removal that is refused is not forgotten: the base stays, and so it is refused, and then
/// done, on account of the same base.
#[test]
fn a_refused_removal_is_planned_again() {
    let github = Github::new();
    let alone = root(&github.base_url());
    let least = "policy: { protect: { minMembers: { sre: 2 } } }\n";
    let both = alone.replace("members: [ada]", "members: [ada, grace]");
    github.write("scim-sync.yaml", &(both + least));
    github.write("people/ada.yaml", ADA);
    github.server.with_world(|world| {
        world.seed_scim_user("grace@example.com").unwrap();
    });
    github.write("people/grace.yaml", GRACE);
    github.push_main("both");
    github.deliver();
    let applied = || github.git("remote.git", &["rev-parse", "refs/tags/access-applied"]);
    let before = applied();
    std::fs::remove_file(github.place.path("work/people/grace.yaml")).unwrap();
    github.write("scim-sync.yaml", &(alone.clone() + least));
    github.write("people/cyd.yaml", CYD);
    github.push_main("Cyd comes and Grace goes");
    github.deliver().says("min-members");
    assert_eq!(applied(), before, "something is left to do");
    let all = ["ada@example.com", "cyd@example.com", "grace@example.com"];
    assert_eq!(github.people(), all, "the rest is done");

    github.write("scim-sync.yaml", &alone);
    github.push_main("one is enough");
    github.deliver().says("Converged");
    assert_eq!(github.people(), ["ada@example.com", "cyd@example.com"]);
    assert_ne!(applied(), before);
}

/// A change may say anything; where the token goes and what runs is not for it to say.
#[test]
fn a_hostile_change_gets_neither_the_token_nor_a_shell() {
    let github = Github::new();
    github.write("scim-sync.yaml", &root(&github.base_url()));
    github.write("people/ada.yaml", ADA);
    github.push_main("everybody");
    github.deliver();
    let thief = Forge::start(Kind::Github);
    let honest = root(&github.base_url());
    let marks = github.place.path("marks");
    let run = format!("token: {{ command: [touch, {}] }}", marks.display());
    for hostile in [
        honest.replace(&github.base_url(), &format!("{}/scim", thief.api_url)),
        honest.replace("token: { env: HARNESS_SCIM_TOKEN }", &run),
        honest.replace("HARNESS_SCIM_TOKEN", "GITHUB_TOKEN"),
    ] {
        assert_ne!(hostile, honest);
        github.write("scim-sync.yaml", &hostile);
        github.open_pull("nothing to see");
        github.run("validate", Event::PullRequest).passes();
        github
            .run("preview", Event::PullRequest)
            .fails()
            .says("untrusted-target");
    }
    assert_eq!(thief.take_log(), [""; 0]);
    assert!(!marks.exists());
    assert_eq!(github.forge.bodies(), [""; 0]);
    // A file that leads elsewhere is not read, nor shown.
    github.write("scim-sync.yaml", &honest);
    std::os::unix::fs::symlink("/etc/passwd", github.place.path("work/people/x.yaml")).unwrap();
    github.open_pull("a link");
    let log = github.run("preview", Event::PullRequest).fails().log;
    assert!(!log.contains("root:"), "{log}");
}
