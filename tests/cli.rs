//! The binary as pipelines meet it: exit codes, what goes to stdout and what to stderr, and
//! one clear message for each thing that goes wrong.

#[path = "support/cli.rs"]
mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use scim_sync::manifest::decl::SandboxBehavior;
use scim_sync::sandbox::world::{Invite, World};
use support::{Place, Served};

const QUICK: &str = r"
version: 1
target: { provider: harness }
users:
  ada: { email: ada@example.com, givenName: Ada, familyName: Lovelace }
roles:
  sre: { members: [ada] }
groupMappings:
  - { match: '.*', group: '{role}' }
";

/// A manifest for a server at a URL, with its token in `SCIM_TOKEN`.
fn at(base_url: &str, rest: &str) -> String {
    format!(
        "version: 1\ntarget: {{ provider: harness, baseUrl: \"{base_url}\", token: {{ env: SCIM_TOKEN }} }}\n{rest}"
    )
}

const PEOPLE: &str =
    "users: { ada: { email: ada@example.com, givenName: Ada, familyName: Lovelace } }\n";
const TOKEN: &str = "pat.account.tokenid.canary-5ecret-value";

#[test]
fn exit_0_applies_and_converges_then_has_nothing_to_do() {
    let place = Place::with(QUICK);
    place
        .run(&["apply", "--auto-approve"])
        .ends(0)
        .says("Converged");
    place
        .run(&["apply", "--auto-approve"])
        .ends(0)
        .says("Nothing to do");
    place
        .run(&["plan", "--detailed-exitcode"])
        .ends(0)
        .says("Nothing to do");
}

#[test]
fn exit_1_for_a_bad_command_line_and_a_bad_manifest() {
    let place = Place::with("users: [");
    place
        .run(&["frobnicate"])
        .ends(1)
        .warns("unrecognized subcommand");
    place.run(&["plan"]).ends(1).warns("yaml-syntax");
    place
        .run(&["plan", "--allow", "everything=1"])
        .ends(1)
        .warns("is not an allowance");
}

#[test]
fn exit_2_only_when_asked_for() {
    let place = Place::with(QUICK);
    place
        .run(&["plan"])
        .ends(0)
        .says("Plan: 2 to create, 1 membership to add");
    place.run(&["plan", "--detailed-exitcode"]).ends(2);
}

#[test]
fn exit_3_for_refusals_whatever_else_there_is() {
    let place = Place::with(QUICK);
    place.run(&["apply", "--auto-approve"]).ends(0);
    place.write(
        "scim-sync.yaml",
        &QUICK.replace("ada@example.com", "ada.king@example.com"),
    );
    place.run(&["plan"]).ends(3).says("[email-immutable]");
    place.run(&["plan", "--detailed-exitcode"]).ends(3);
    place
        .run(&["apply", "--auto-approve"])
        .ends(3)
        .says("[email-immutable]");
}

#[test]
fn exit_4_when_approval_is_missing_and_0_once_it_is_given() {
    let place = Place::with(&format!("{QUICK}policy: {{ approvals: [create] }}\n"));
    place
        .run(&["apply", "--auto-approve"])
        .ends(4)
        .says("needs `--approve create`");
    place
        .run(&["apply", "--auto-approve", "--approve", "create"])
        .ends(0)
        .says("Converged");
}

#[test]
fn exit_4_when_an_item_fails_and_the_rest_goes_on() {
    // An invitation that was made by hand and approved stops the create of Ada, so that item
    // fails and the group is made all the same.
    let mut world = World::new("sandbox", "sandbox", SandboxBehavior::Documented);
    world.seed_invite("ada@example.com", Invite::Approved);
    let place = Place::with(QUICK);
    place.write(
        ".scim-sync/sandbox.json",
        &String::from_utf8(world.to_json()).unwrap(),
    );
    place
        .run(&["apply", "--auto-approve"])
        .ends(4)
        .says("failed: create user ada")
        .says("1 done");
    let after = World::from_json(place.read(".scim-sync/sandbox.json").as_bytes()).unwrap();
    assert!(after.user_by_email("ada@example.com").is_none());
    assert!(
        after.group(&"sre".into()).is_some(),
        "the group does not depend on Ada"
    );
}

#[test]
fn data_goes_to_stdout_and_status_to_stderr() {
    let place = Place::with(QUICK);
    let json = place.run(&["plan", "--format", "json"]).ends(0);
    assert_eq!(json.err, "");
    let plan: serde_json::Value =
        serde_json::from_str(&json.out).expect("stdout is the plan and nothing else");
    assert_eq!(plan["version"], 1);
    assert_eq!(plan["summary"]["usersToCreate"], 1);
    let applied = place.run(&["-v", "apply", "--auto-approve"]).ends(0);
    assert!(
        applied.err.contains("done: create user ada"),
        "{}",
        applied.err
    );
    assert!(!applied.out.contains("done: create"), "{}", applied.out);
}

#[test]
fn apply_does_not_write_without_a_yes() {
    let place = Place::with(QUICK);
    place
        .run(&["apply"])
        .ends(1)
        .warns("there is no terminal to ask on, and nothing was written");
    place.run(&["plan", "--detailed-exitcode"]).ends(2);
}

#[test]
fn snapshot_then_plan_offline() {
    let place = Place::with(QUICK);
    place.run(&["apply", "--auto-approve"]).ends(0);
    place
        .run(&["snapshot", "--out", "live.json"])
        .ends(0)
        .warns("wrote 1 user and 1 group, read whole");
    std::fs::remove_dir_all(place.path(".scim-sync")).unwrap();
    place
        .run(&["plan", "--live", "live.json", "--detailed-exitcode"])
        .ends(0)
        .says("Nothing to do");
    let online = place.run(&["plan", "--format", "json"]).ends(0).out;
    assert!(
        online.contains("createUser"),
        "without the state everything is to be made: {online}"
    );

    place.write("live.json", "{}");
    place
        .run(&["plan", "--live", "live.json"])
        .ends(1)
        .warns("not a snapshot of scim-sync");
    place.write("live.json", r#"{"version": 9}"#);
    place
        .run(&["plan", "--live", "live.json"])
        .ends(1)
        .warns("snapshot version 9 cannot be read");
    place
        .run(&["plan", "--live", "gone.json"])
        .ends(1)
        .warns("cannot read the snapshot `gone.json`");
}

#[test]
fn a_snapshot_of_another_provider_is_refused() {
    let place = Place::with(QUICK);
    place.run(&["snapshot", "--out", "live.json"]).ends(0);
    place.write(
        "scim-sync.yaml",
        &QUICK.replace("provider: harness", "provider: scim"),
    );
    place
        .run(&["plan", "--live", "live.json"])
        .ends(1)
        .warns("was taken from the provider `harness`");
}

#[test]
fn a_snapshot_fills_a_sandbox() {
    let place = Place::with(QUICK);
    place.run(&["apply", "--auto-approve"]).ends(0);
    place.run(&["snapshot", "--out", "live.json"]).ends(0);
    place.run(&["sandbox", "reset"]).ends(0);
    place.run(&["plan", "--detailed-exitcode"]).ends(2);
    place
        .run(&["sandbox", "load", "live.json"])
        .ends(0)
        .warns("with 1 user and 1 group");
    place
        .run(&["plan", "--detailed-exitcode"])
        .ends(0)
        .says("Nothing to do");
}

#[test]
fn missing_manifest() {
    let place = Place::new();
    place.run(&["plan"]).ends(1).warns("no `scim-sync.yaml`");
    place
        .run(&["plan", "-f", "nope.yaml"])
        .ends(1)
        .warns("there is no file `nope.yaml`");
    let nowhere = place.path("nowhere/at-all");
    place
        .run(&["validate", "-f", nowhere.to_str().unwrap()])
        .ends(1)
        .says("nowhere/at-all`");
}

#[test]
fn the_manifest_is_found_from_a_folder_below() {
    let place = Place::with(QUICK);
    std::fs::create_dir_all(place.path("people/deep")).unwrap();
    let mut command = place.command(&["plan"]);
    let output = command
        .current_dir(place.path("people/deep"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn unknown_key_and_literal_token() {
    let place = Place::with(&QUICK.replace("givenName", "givnName"));
    place
        .run(&["plan"])
        .ends(1)
        .warns("unknown-key")
        .warns("givenName");
    let place = Place::with(&format!(
        "version: 1\ntarget: {{ provider: harness, baseUrl: 'https://x.example/', token: {TOKEN} }}\n{PEOPLE}"
    ));
    let ran = place.run(&["plan"]).ends(1).warns("literal-token");
    assert!(
        !ran.err.contains("canary"),
        "the token is shown: {}",
        ran.err
    );
}

#[test]
fn missing_environment_variables() {
    let place = Place::with(&at("https://x.example/${ACCOUNT}", PEOPLE));
    place
        .run(&["plan"])
        .ends(1)
        .warns("the environment variable `ACCOUNT`, which `target.baseUrl` needs, is not set");
    place
        .run_with(&[("ACCOUNT", "a")], &["plan"])
        .ends(1)
        .warns("the environment variable `SCIM_TOKEN`, which holds the token, is not set");
    place
        .run_with(&[("ACCOUNT", "a"), ("SCIM_TOKEN", " \n")], &["plan"])
        .ends(1)
        .warns("the token is empty");
}

#[test]
fn token_from_a_file_and_from_a_command() {
    let place = Place::new();
    let served = Served::start(&place, &["--token", "from-elsewhere"]);
    let manifest = |token: &str| at(&served.base_url, PEOPLE).replace("{ env: SCIM_TOKEN }", token);
    place.write("token", "from-elsewhere\n");
    place.write("scim-sync.yaml", &manifest("{ file: token }"));
    place.run(&["plan"]).ends(0);
    place.write(
        "scim-sync.yaml",
        &manifest("{ command: [printf, from-elsewhere] }"),
    );
    place.run(&["plan"]).ends(0);
    place.write("scim-sync.yaml", &manifest("{ command: ['false'] }"));
    place
        .run(&["plan"])
        .ends(1)
        .warns("the token command `false` failed");
    place.write("scim-sync.yaml", &manifest("{ file: gone }"));
    place
        .run(&["plan"])
        .ends(1)
        .warns("cannot read the token from");
    // What has no end, or is no token.
    place.write("much", &"x".repeat(70_000));
    place.write("scim-sync.yaml", &manifest("{ file: much }"));
    place
        .run(&["plan"])
        .ends(1)
        .warns("much` holds more than 64 KiB, which is no token");
    place.write("scim-sync.yaml", &manifest("{ command: ['yes'] }"));
    place
        .run(&["plan"])
        .ends(1)
        .warns("the token command `yes` prints more than 64 KiB, which is no token");
}

/// A variable may hold anything, the token by mistake: what is wrong is told of what is written.
#[test]
fn what_a_variable_holds_is_not_told_of_a_wrong_base_url() {
    for base_url in ["${SCIM_TOKEN}", "https://${SCIM_TOKEN}:x/v2"] {
        let place = Place::with(&at(base_url, PEOPLE).replace("harness", "scim"));
        let ran = place.run_with(&[("SCIM_TOKEN", TOKEN)], &["plan"]).ends(1);
        assert!(!format!("{ran:?}").contains("canary"), "{ran:?}");
        ran.warns(&format!("the base URL `{base_url}`"));
    }
}

#[test]
fn unreachable_host() {
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let place = Place::with(&at(&format!("http://{free}/scim"), PEOPLE));
    place
        .run_with(&[("SCIM_TOKEN", TOKEN)], &["plan"])
        .ends(1)
        .warns("Connection refused")
        .warns(&format!("check that `http://{free}/scim` can be reached"));
}

#[test]
fn a_bad_token_and_a_wrong_path_name_base_url_and_token() {
    let place = Place::new();
    let served = Served::start(&place, &["--token", "right"]);
    place.write("scim-sync.yaml", &at(&served.base_url, PEOPLE));
    let ran = place
        .run_with(&[("SCIM_TOKEN", TOKEN)], &["plan"])
        .ends(1)
        .warns("does not accept the token")
        .warns("check the SCIM base URL")
        .warns("and the SCIM bearer token");
    assert!(!ran.err.contains("canary"), "{}", ran.err);

    place.write(
        "scim-sync.yaml",
        &at(&served.base_url.replace("/ng/api/", "/nope/"), PEOPLE),
    );
    place
        .run_with(&[("SCIM_TOKEN", "right")], &["plan"])
        .ends(1)
        .warns("is not a SCIM endpoint (404)")
        .warns("check the SCIM base URL")
        .warns("and the SCIM bearer token");
}

#[test]
fn nothing_is_written_after_a_failed_read() {
    let place = Place::new();
    let served = Served::start(&place, &["--token", "right", "--state", "state.json"]);
    let before = place.read("state.json");
    place.write("scim-sync.yaml", &at(&served.base_url, PEOPLE));
    place
        .run_with(&[("SCIM_TOKEN", TOKEN)], &["apply", "--auto-approve"])
        .ends(1);
    let users = |state: &str| {
        serde_json::from_str::<serde_json::Value>(state).unwrap()["records"]["users"].clone()
    };
    assert_eq!(users(&place.read("state.json")), users(&before));
}

#[test]
fn a_served_sandbox_keeps_its_state_over_a_restart() {
    let place = Place::new();
    let serve = || Served::start(&place, &["--token", "tok", "--state", "state.json"]);
    let served = serve();
    place.write("scim-sync.yaml", &at(&served.base_url, PEOPLE));
    place
        .run_with(&[("SCIM_TOKEN", "tok")], &["apply", "--auto-approve"])
        .ends(0)
        .says("Converged");
    drop(served);
    let served = serve();
    place.write("scim-sync.yaml", &at(&served.base_url, PEOPLE));
    place
        .run_with(&[("SCIM_TOKEN", "tok")], &["plan", "--detailed-exitcode"])
        .ends(0)
        .says("Nothing to do");
}

#[test]
fn a_state_file_is_of_one_sandbox_at_a_time() {
    let place = Place::new();
    let arguments = ["--token", "tok", "--state", "state.json"];
    let served = Served::start(&place, &arguments);
    let again = [&["sandbox", "serve"], &arguments[..]].concat();
    place
        .run(&again)
        .ends(1)
        .warns("the sandbox state `state.json` is in use by process ")
        .warns("what a process holds is let go of when it ends, however it ends");
    place.write("scim-sync.yaml", &at(&served.base_url, PEOPLE));
    let snapshot = place
        .run_with(&[("SCIM_TOKEN", "tok")], &["snapshot"])
        .ends(0)
        .out;
    place.write("live.json", &snapshot);
    place
        .run(&["sandbox", "load", "live.json", "--state", "state.json"])
        .ends(1)
        .warns("is in use by process ");
    // Killed, not ended: nothing is left locked.
    drop(served);
    drop(Served::start(&place, &arguments));

    // The sandbox of a manifest is one as well.
    place.write("scim-sync.yaml", QUICK);
    place.run(&["apply", "--auto-approve"]).ends(0);
    let state = ".scim-sync/sandbox.json";
    let served = Served::start(&place, &["--state", state]);
    place.run(&["plan", "--detailed-exitcode"]).ends(0);
    for writes in [&["apply", "--auto-approve"][..], &["sandbox", "reset"]] {
        place.run(writes).ends(1).warns("is in use by process ");
    }
    drop(served);
    place.run(&["sandbox", "reset"]).ends(0);
}

#[test]
fn a_state_file_is_of_one_kind_of_provider() {
    let place = Place::new();
    drop(Served::start(&place, &["--state", "harness.json"]));
    drop(Served::start(
        &place,
        &["--provider", "scim", "--state", "scim.json"],
    ));
    let serve = |provider: &'static str, state: &'static str| {
        place.run(&["sandbox", "serve", "--provider", provider, "--state", state])
    };
    serve("scim", "harness.json")
        .ends(1)
        .warns("`harness.json` holds a sandbox of Harness, not a sandbox of SCIM 2.0");
    serve("slack", "harness.json")
        .ends(1)
        .warns("`harness.json` holds a sandbox of Harness, not a sandbox of Slack");
    serve("harness", "scim.json")
        .ends(1)
        .warns("`scim.json` holds a sandbox of a plain SCIM provider, not a sandbox of Harness");
    // Whoever asks for none is served what is there.
    let served = Served::start(&place, &["--state", "scim.json"]);
    assert!(served.base_url.ends_with("/scim/v2"), "{}", served.base_url);

    // A manifest whose provider has changed since.
    place.write("scim-sync.yaml", QUICK);
    place.run(&["apply", "--auto-approve"]).ends(0);
    let other = QUICK.replace("provider: harness", "provider: scim");
    assert_ne!(other, QUICK);
    place.write("scim-sync.yaml", &other);
    for command in [&["plan"][..], &["apply", "--auto-approve"]] {
        place
            .run(command)
            .ends(1)
            .warns("holds a sandbox of Harness, not a sandbox of a plain SCIM provider");
    }
    place.run(&["sandbox", "reset"]).ends(0);
    place.run(&["apply", "--auto-approve"]).ends(0);
}

#[test]
fn a_sandbox_has_a_token_that_can_be_sent() {
    let place = Place::new();
    for token in ["", " ", "two words", "tok\n"] {
        place
            .run(&["sandbox", "serve", "--token", token])
            .ends(1)
            .warns("write at least one letter, digit or sign, and no spaces");
    }
}

/// Harness documents that a group made by SCIM is removed only by Support; its source lets
/// SCIM do it. The sandbox can be either.
#[test]
fn group_removal_in_both_behaviours() {
    for (behavior, code) in [("documented", 4), ("source", 0)] {
        let place = Place::new();
        let served = Served::start(&place, &["--token", "tok", "--behavior", behavior]);
        let manifest = |rest: &str| at(&served.base_url, &format!("{PEOPLE}{rest}"));
        let roles = "roles: { sre: { members: [ada] } }\ngroupMappings: [{ match: '.*', group: '{role}' }]\n";
        place.write("scim-sync.yaml", &manifest(roles));
        place
            .run_with(&[("SCIM_TOKEN", "tok")], &["apply", "--auto-approve"])
            .ends(0);
        place.write(
            "scim-sync.yaml",
            &manifest(
                "groups: { sre: { status: absent } }\npolicy: { onRemoval: { groups: delete } }\n",
            ),
        );
        place
            .run_with(&[("SCIM_TOKEN", "tok")], &["apply", "--auto-approve"])
            .ends(code);
    }
}

#[test]
fn a_reader_that_goes_away_is_not_an_error() {
    let place = Place::with(QUICK);
    let mut child = place
        .command(&["schema", "plan"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut err = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut err)
        .unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(err, "");
}

#[test]
fn a_person_is_asked_on_a_terminal_only() {
    // A pipe is not a terminal, whatever it says.
    let place = Place::with(QUICK);
    let mut child = place
        .command(&["apply"])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // The command may end before it reads.
    let _ = child.stdin.take().unwrap().write_all(b"yes\n");
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn fmt_checks_then_writes_then_has_nothing_to_do() {
    let place = Place::with(
        "# top\nversion: 1\ntarget: { provider: harness }\ninclude: [people.yaml, bad.yaml]\n",
    );
    let written =
        "users:\n    zoe: {email: zoe@example.com}   # last\n    ada: { email: ada@example.com }\n";
    place.write("people.yaml", written);
    place.write("bad.yaml", "users: [\n");
    place
        .run(&["fmt", "--check"])
        .ends(1)
        .says("--- a/people.yaml\n+++ b/people.yaml\n")
        .says("+  zoe: { email: zoe@example.com }   # last\n")
        .warns("yaml-syntax")
        .warns("1 file would be formatted, 1 in the one layout already, 1 with errors left alone");
    assert_eq!(place.read("people.yaml"), written);
    place.run(&["fmt"]).ends(1).warns("formatted people.yaml");
    assert_eq!(place.read("bad.yaml"), "users: [\n");
    assert_eq!(
        place.read("people.yaml"),
        "users:\n  ada: { email: ada@example.com }\n  zoe: { email: zoe@example.com }   # last\n"
    );
    place.write("bad.yaml", "users:\n  bob: { email: bob@example.com }\n");
    let checked = place.run(&["fmt", "--check"]).ends(0);
    assert_eq!(checked.out, "");
    // A person nobody declares yet does not keep a file from being laid out.
    place.write("bad.yaml", "roles: {web: {members: [yan, who]}}\n");
    place.run(&["fmt"]).ends(0).warns("formatted bad.yaml");
}

#[cfg(unix)]
#[test]
fn fmt_keeps_permissions_and_links() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::with("version: 1\ntarget: { provider: harness }\ninclude: [link.yaml]\n");
    let file = place.write("people.txt", "users: {ada: {email: ada@example.com}}\n");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("people.txt", place.path("link.yaml")).unwrap();
    place.run(&["fmt"]).ends(0).warns("formatted link.yaml");
    assert!(place.path("link.yaml").is_symlink());
    assert_eq!(
        place.read("people.txt"),
        "users: { ada: { email: ada@example.com } }\n"
    );
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}

#[test]
fn help_and_version_are_successes_on_stdout() {
    let place = Place::new();
    place.run(&["--help"]).ends(0).says("Usage:");
    place
        .run(&["--version"])
        .ends(0)
        .says(env!("CARGO_PKG_VERSION"));
    place.run(&["plan", "--help"]).ends(0).says("Examples:");
}

#[test]
fn colour_only_when_asked_or_on_a_terminal() {
    let place = Place::with(QUICK);
    assert!(!place.run(&["plan"]).ends(0).out.contains('\u{1b}'));
    let coloured = place.run(&["plan", "--color", "always"]).ends(0).out;
    assert!(coloured.contains('\u{1b}'));
    let plain = place.run(&["plan", "--color", "never"]).ends(0).out;
    let stripped: String = strip_colour(&coloured);
    assert_eq!(stripped, plain, "colour changes nothing but colour");
}

fn strip_colour(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        out.push_str(&rest[..at]);
        let end = rest[at..].find('m').expect("a colour sequence ends with m");
        rest = &rest[at + end + 1..];
    }
    out.push_str(rest);
    out
}

/// A renamed role is the same role: its group gets the new name and keeps its members.
#[test]
fn a_renamed_role_renames_its_group() {
    let place = Place::with(QUICK);
    place.run(&["apply", "--auto-approve"]).ends(0);
    place.write(
        "scim-sync.yaml",
        &QUICK.replace(
            "sre: { members: [ada] }",
            "ops: { members: [ada], previously: [sre] }",
        ),
    );
    place
        .run(&["plan"])
        .ends(0)
        .says("rename group sre -> ops")
        .says("Plan: 1 to update");
    place
        .run(&["apply", "--auto-approve"])
        .ends(0)
        .says("Converged");
    let world = World::from_json(place.read(".scim-sync/sandbox.json").as_bytes()).unwrap();
    let group = world.group(&"sre".into()).expect("the id stays");
    assert_eq!(group.name, "ops");
    assert_eq!(world.members(&"sre".into()).len(), 1);
}

const TWO: &str = r"
version: 1
target: { provider: harness }
users:
  ada: { email: ada@example.com, givenName: Ada, familyName: Lovelace }
  bob: { email: bob@example.com, givenName: Bob, familyName: Stone }
roles:
  sre: { members: [ada, bob] }
groupMappings:
  - { match: '.*', group: '{role}' }
";

/// A protected group loses nobody, however they would go.
/// What happens to its members is not left alone.
#[test]
fn a_group_that_is_kept_is_said_to_be_emptied() {
    let place = Place::with(QUICK);
    place.run(&["apply", "--auto-approve"]).ends(0);
    let gone = QUICK.split("roles:").next().unwrap();
    let rest = "groups: { sre: { status: absent } }\npolicy: { onRemoval: { groups: keep } }\n";
    place.write("scim-sync.yaml", &format!("{gone}{rest}"));
    let allow = [
        "--allow",
        "membership-removals=9",
        "--allow",
        "per-group-removals=9",
    ];
    place
        .run(&[&["plan"][..], &allow].concat())
        .ends(0)
        .says("1 group to go, emptied and kept by `policy.onRemoval.groups`: sre (1 member now)");
}

#[test]
fn a_removed_account_counts_against_its_groups() {
    let place = Place::with(TWO);
    place.run(&["apply", "--auto-approve"]).ends(0);
    let gone = TWO
        .replace("givenName: Bob, familyName: Stone", "status: absent")
        .replace("[ada, bob]", "[ada]");
    place.write(
        "scim-sync.yaml",
        &format!("{gone}policy: {{ protect: {{ groups: [sre] }} }}\n"),
    );
    place
        .run(&["plan"])
        .ends(3)
        .says("[protected-group]")
        .says("blocked: delete user bob");
    place.write(
        "scim-sync.yaml",
        &format!("{gone}policy: {{ limits: {{ perGroupRemovals: 0 }} }}\n"),
    );
    place
        .run(&["plan"])
        .ends(3)
        .says("[limit-per-group-removals]");
    place.write(
        "scim-sync.yaml",
        &format!("{gone}policy: {{ limits: {{ membershipRemovals: 0 }} }}\n"),
    );
    place
        .run(&["plan"])
        .ends(3)
        .says("[limit-membership-removals]");
    place.write("scim-sync.yaml", &gone);
    place.run(&["plan"]).ends(0).says("Plan: 1 to delete");
}

/// Two people who swap addresses are two refusals, and nobody is told to remove an account.
#[test]
fn swapped_addresses_are_refused_as_what_they_are() {
    let place = Place::with(TWO);
    place.run(&["apply", "--auto-approve"]).ends(0);
    let swapped = TWO
        .replace("ada@example.com", "x")
        .replace("bob@example.com", "ada@example.com")
        .replace("email: x,", "email: bob@example.com,");
    place.write("scim-sync.yaml", &swapped);
    let ran = place.run(&["plan"]).ends(3).says("Plan: 2 refused");
    assert_eq!(
        ran.out.matches("[email-immutable]").count(),
        2,
        "{}",
        ran.out
    );
}

#[test]
fn output_never_writes_over_the_manifest() {
    let place = Place::with(QUICK);
    place
        .run(&["plan", "--out", "scim-sync.yaml"])
        .ends(1)
        .warns("is a file of the manifest");
    place
        .run(&["snapshot", "--out", "./scim-sync.yaml"])
        .ends(1)
        .warns("is a file of the manifest");
    assert_eq!(place.read("scim-sync.yaml"), QUICK);
}

#[test]
fn a_plan_leaves_nothing_behind_and_a_folder_means_its_manifest() {
    let place = Place::with(QUICK);
    place
        .run(&["plan", "-f", "."])
        .ends(0)
        .says("Plan: 2 to create");
    place.run(&["snapshot"]).ends(0);
    assert!(!place.path(".scim-sync").exists());
}

/// What a chain of hashes cannot tell by itself: that its end was cut off.
#[test]
fn a_report_without_its_end_is_not_called_whole() {
    let place = Place::with(QUICK);
    place
        .run(&["apply", "--auto-approve", "--report", "run.jsonl"])
        .ends(0);
    place
        .run(&["report", "verify", "run.jsonl"])
        .ends(0)
        .says("unbroken");
    let report = place.read("run.jsonl");
    let lines: Vec<&str> = report.lines().collect();
    place.write("cut.jsonl", &(lines[..lines.len() - 2].join("\n") + "\n"));
    place
        .run(&["report", "verify", "cut.jsonl"])
        .ends(1)
        .warns("but has no end");
    place
        .run(&["report", "show", "cut.jsonl"])
        .ends(0)
        .says("its end was cut off");
    place.write("scim-sync.yaml", &QUICK.replace("Lovelace", "King"));
    place
        .run(&["apply", "--auto-approve", "--report", "run.jsonl"])
        .ends(1)
        .warns("exists already, and a report is never written over");
}
