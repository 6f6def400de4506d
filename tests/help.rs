//! What `--help` shows works: every example of every command is run in a shell, in a
//! repository with a history, against the sandbox. So do completions and manual pages.

#[allow(dead_code, reason = "only cargo runs its `main`")]
#[path = "../src/build.rs"]
mod build;
#[path = "support/cli.rs"]
mod cli;
#[path = "support/forge.rs"]
mod forge;
#[path = "support/onelogin.rs"]
mod onelogin;

use std::io::BufRead as _;
use std::path::Path;
use std::process::{Command, Stdio};

use clap::CommandFactory as _;
use cli::{Place, Served};
use forge::{Forge, Kind};
use onelogin::OneLogin;
use scim_sync::cli::Cli;

/// Examples that do not end with 0 here, and why.
const ENDS_OTHERWISE: &[(&str, i32)] = &[
    // There is no terminal to ask on.
    ("scim-sync apply", 1),
];

/// A command and what its `--help` says to try.
struct Helped {
    name: String,
    examples: Vec<String>,
}

/// Every command that does something, and the tool itself.
fn commands() -> Vec<Helped> {
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    let mut found = vec![helped(&root)];
    let mut open: Vec<clap::Command> = root.get_subcommands().cloned().collect();
    while let Some(command) = open.pop() {
        open.extend(command.get_subcommands().cloned());
        if !command.is_subcommand_required_set() {
            found.push(helped(&command));
        }
    }
    found
}

fn helped(command: &clap::Command) -> Helped {
    let help = command.get_after_help().map(ToString::to_string);
    let help = help.unwrap_or_default();
    let examples = help
        .lines()
        .skip_while(|line| *line != "Examples:")
        .skip(1)
        .take_while(|line| !line.is_empty());
    Helped {
        // The root has no such name before it is run.
        name: command.get_bin_name().unwrap_or("scim-sync").to_owned(),
        examples: examples.map(|line| line.trim().to_owned()).collect(),
    }
}

const MANIFEST: &str = "\
version: 1
target: { provider: harness }
users:
  ada: { email: ada@example.com, givenName: Ada, familyName: Lovelace }
  bob: { email: bob@example.com, givenName: Bob, familyName: Stone }
roles:
  sre: { members: [ada, bob], owners: ['@acme/sre'] }
groupMappings:
  - { match: '.*', group: '{role}' }
";

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com"])
        .args(["-c", "init.defaultBranch=main"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// A repository as it is when somebody reads `--help`: applied once, changed since, with the
/// files the examples speak of.
fn repository() -> Place {
    let place = Place::with(MANIFEST);
    let run = |arguments: &[&str]| place.run(arguments).ends(0);
    run(&["fmt"]);
    run(&["codeowners", "--write", ".github/CODEOWNERS"]);
    run(&["snapshot", "--out", "before.json"]);
    run(&["apply", "--auto-approve", "--report", "run.jsonl"]);
    for name in ["snapshot.json", "after.json"] {
        run(&["snapshot", "--out", name]);
    }
    let git = |arguments: &[&str]| git(&place.path("."), arguments);
    git(&["init", "--quiet"]);
    git(&["add", "scim-sync.yaml"]);
    git(&["commit", "--quiet", "--message", "everybody"]);
    git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    let changed = place.read("scim-sync.yaml").replace("Lovelace", "King");
    place.write("scim-sync.yaml", &changed);
    git(&["commit", "--quiet", "--all", "--message", "a name"]);
    run(&["plan", "--out", "plan.json"]);
    place.write("users.csv", "Email,First name\nada@example.com,Ada\n");
    place
}

/// The account of whoever reads an example.
const ELSEWHERE: &str = "https://app.harness.io/gateway/ng/api/scim/account/ID";

/// In its stead a sandbox with what was applied; the manifest is not there yet.
fn elsewhere(place: &Place) -> Served {
    place
        .run(&["sandbox", "load", "after.json", "--state", "world.json"])
        .ends(0);
    std::fs::remove_file(place.path("scim-sync.yaml")).expect("it was there");
    Served::start(place, &["--state", "world.json"])
}

/// The OneLogin tenant of whoever reads an example.
const TENANT: &str = "--subdomain acme";

/// In its stead one on loopback, with a Harness app.
fn tenant() -> OneLogin {
    let tenant = OneLogin::start();
    tenant.user(1, "ada@example.com", "Ada", "Lovelace");
    tenant.role(10, "sre", &[42], &[1]);
    tenant.app(42, "Harness", &[1]);
    tenant.rule(42, onelogin::every_role());
    tenant
}

/// A shell in which `scim-sync` is the binary under test.
fn shell(place: &Place, script: &str) -> Command {
    let binary = Path::new(env!("CARGO_BIN_EXE_scim-sync"));
    let mut path = binary.parent().expect("a folder").as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let mut command = Command::new("sh");
    command
        .args(["-c", script])
        .current_dir(place.path("."))
        .env_clear()
        .env("PATH", path)
        .stdin(Stdio::null());
    command
}

/// The variables of a job of GitHub for pull request 7 of `acme/access`.
fn github_job(forge: &Forge) -> [(&str, &str); 5] {
    [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_API_URL", &forge.api_url),
        ("GITHUB_REPOSITORY", "acme/access"),
        ("GITHUB_REF", "refs/pull/7/merge"),
        ("GITHUB_TOKEN", forge::TOKEN),
    ]
}

#[test]
fn every_command_has_examples_that_run() {
    for Helped { name, examples } in commands() {
        let own = |it: &String| *it == name || it.starts_with(&format!("{name} "));
        assert!(
            name == "scim-sync" || examples.iter().any(own),
            "`{name} --help` shows no example of it"
        );
        for example in examples {
            let place = repository();
            if name == "scim-sync sandbox serve" {
                serves(&place, &example);
                continue;
            }
            let served = example.contains(ELSEWHERE).then(|| elsewhere(&place));
            let line = match &served {
                Some(served) => example.replace(ELSEWHERE, &served.base_url),
                None => example.clone(),
            };
            let tenant = line.contains(TENANT).then(tenant);
            let line = match &tenant {
                Some(tenant) => line.replace(TENANT, &format!("--base-url {}", tenant.base_url)),
                None => line,
            };
            let mut shell = shell(&place, &line);
            if let Some(tenant) = &tenant {
                shell.envs(tenant.variables());
            }
            if served.is_some() {
                shell.env("HARNESS_SCIM_TOKEN", "sandbox");
            }
            let forge = (name == "scim-sync comment").then(|| Forge::start(Kind::Github));
            if let Some(forge) = &forge {
                shell.envs(github_job(forge));
            }
            let output = shell.output().expect("a shell");
            let expected = ENDS_OTHERWISE
                .iter()
                .find(|(it, _)| *it == example)
                .map_or(0, |(_, code)| *code);
            assert_eq!(
                output.status.code(),
                Some(expected),
                "{example}\n{}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }
}

/// It says where it listens, and listens until it is ended.
fn serves(place: &Place, example: &str) {
    let mut child = shell(place, &format!("exec {example}"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("a shell");
    let out = child.stdout.take().expect("stdout is piped");
    let mut line = String::new();
    std::io::BufReader::new(out)
        .read_line(&mut line)
        .expect("a line");
    assert!(line.starts_with("http://127.0.0.1:"), "{example}: {line}");
    assert!(child.try_wait().expect("a child").is_none(), "{example}");
    child.kill().expect("it runs");
    child.wait().expect("it ends");
}

/// What Bash offers at the end of a line, with the printed script loaded.
fn bash_offers(place: &Place, line: &str) -> Vec<String> {
    let script = format!(
        "source <(scim-sync completions bash)\n\
         COMP_WORDS=({line} '')\n\
         COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n\
         offer=$(complete -p scim-sync | sed 's/.* -F \\([^ ]*\\).*/\\1/')\n\
         $offer scim-sync '' \"${{COMP_WORDS[COMP_CWORD - 1]}}\"\n\
         printf '%s\\n' \"${{COMPREPLY[@]}}\""
    );
    let mut bash = shell(place, "exec bash --norc -c \"$SCRIPT\"");
    bash.env("SCRIPT", script);
    let output = bash.output().expect("bash");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_options_and_values() {
    let place = Place::new();
    let offered = bash_offers(&place, "scim-sync");
    let mut root = Cli::command();
    root.build();
    for command in root.get_subcommands() {
        let name = command.get_name().to_owned();
        assert!(offered.contains(&name), "no {name} in {offered:?}");
    }
    let offered = bash_offers(&place, "scim-sync plan");
    assert!(offered.contains(&"--out".to_owned()), "{offered:?}");
    let offered = bash_offers(&place, "scim-sync schema");
    assert!(offered.contains(&"manifest".to_owned()), "{offered:?}");
    let offered = bash_offers(&place, "scim-sync report");
    assert!(offered.contains(&"verify".to_owned()), "{offered:?}");
}

#[test]
fn every_shell_gets_a_script_that_names_every_command() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = place.run(&["completions", shell]).ends(0).out;
        for Helped { name, .. } in commands() {
            let last = name.rsplit(' ').next().expect("a name");
            assert!(script.contains(last), "{shell}: {name}");
        }
    }
    place.run(&["completions", "tcsh"]).ends(1).warns("tcsh");
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let place = Place::new();
    place.run(&["man", "--out", "man1"]).ends(0);
    let mut expected: Vec<String> = commands()
        .iter()
        .map(|it| format!("{}.1", it.name.replace(' ', "-")))
        .collect();
    // Commands that only have commands.
    for group in ["import", "report", "sandbox"] {
        expected.push(format!("scim-sync-{group}.1"));
    }
    expected.sort();
    let mut written: Vec<String> = std::fs::read_dir(place.path("man1"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    written.sort();
    assert_eq!(written, expected);
    let plan = place.run(&["man", "plan"]).ends(0).out;
    assert_eq!(plan, place.read("man1/scim-sync-plan.1"));
    for part in [
        ".TH scim-sync-plan 1",
        ".SH EXAMPLES",
        ".SH \"EXIT STATUS\"",
    ] {
        assert!(plan.contains(part), "no {part} in\n{plan}");
    }
    assert!(!plan.contains(".SH EXTRA"));
    place
        .run(&["man", "report", "show"])
        .ends(0)
        .says(".TH scim-sync-report-show 1");
    place
        .run(&["man", "nothing"])
        .ends(1)
        .warns("there is no page `scim-sync-nothing`");
}

#[test]
fn the_version_names_what_was_built() {
    let place = Place::new();
    let version = place.run(&["--version"]).ends(0).out;
    let build = version
        .strip_prefix(concat!("scim-sync ", env!("CARGO_PKG_VERSION"), " ("))
        .and_then(|rest| rest.strip_suffix(")\n"))
        .unwrap_or_else(|| panic!("{version:?}"));
    let commit = build.len() == 12 && build.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(
        commit || build == "debug build" || build == "commit unknown",
        "{build}"
    );
    place.run(&["plan", "--version"]).ends(0).says(build);
}

/// From a published crate's own note, from git, and from nothing else.
#[test]
fn the_commit_is_that_of_this_very_folder() {
    let place = Place::new();
    let folder = place.path(".");
    assert_eq!(build::of_package(&folder), None);
    assert_eq!(build::of_git(&folder), None);
    git(&folder, &["init", "--quiet"]);
    assert_eq!(build::of_git(&folder), None);
    git(
        &folder,
        &["commit", "--quiet", "--allow-empty", "--message", "a"],
    );
    let commit = git(&folder, &["rev-parse", "HEAD"]);
    assert_eq!(build::of_git(&folder).as_deref(), Some(&commit[..12]));
    // Unpacked inside somebody else's repository it is not at that one's commit.
    place.write("vendor/scim-sync/Cargo.toml", "");
    assert_eq!(build::of_git(&place.path("vendor/scim-sync")), None);
    let note = "{\n  \"git\": {\n    \"sha1\": \"0123456789ABCDEF0123456789abcdef01234567\"\n  },\n  \"path_in_vcs\": \"\"\n}";
    place.write("vendor/scim-sync/.cargo_vcs_info.json", note);
    assert_eq!(
        build::of_package(&place.path("vendor/scim-sync")).as_deref(),
        Some("0123456789ab")
    );
    place.write(
        "vendor/scim-sync/.cargo_vcs_info.json",
        "{\"git\":{\"sha1\":\"$(id)\"}}",
    );
    assert_eq!(build::of_package(&place.path("vendor/scim-sync")), None);
}
