//! `--redact` on a run: nobody's name, key, id or address in anything it prints, whatever goes
//! wrong and however much is told; and a report that still has them.

#[path = "support/cli.rs"]
mod support;

use scim_sync::manifest::decl::SandboxBehavior;
use scim_sync::sandbox::world::{Permission, SeedUser, Standing, Token, World};
use support::{Place, Ran, Served};

const PEOPLE: &str = "\
users:
  ada-l: { email: Ada.L@corp.example, givenName: Augusta, familyName: Lovelace }
  josé: { email: jose@corp.example, givenName: José, familyName: Åkesson }
  adam: { email: adam@corp.example, givenName: Adam, familyName: Ant }
  gone: { email: gone@corp.example, status: absent }
roles:
  adamants: { members: [ada-l, josé, adam] }
groupMappings: [{ match: '.*', group: '{role}' }]
policy: { limits: { userRemovals: 5 }, approvals: [delete] }
";

/// What tells who somebody is.
const TELLING: &[&str] = &[
    "corp.example",
    "ada-l",
    "Augusta",
    "Lovelace",
    "José",
    "josé",
    "jose",
    "Åkesson",
    "`adam`",
    "Adam Ant",
    "Left Over",
    "gone:",
];

fn nobody(ran: &Ran) {
    for text in TELLING {
        assert!(!ran.out.contains(text), "{text} in stdout:\n{}", ran.out);
        assert!(!ran.err.contains(text), "{text} in stderr:\n{}", ran.err);
    }
}

fn world() -> World {
    let mut world = World::new("sandbox", "tok", SandboxBehavior::Source);
    for (email, name) in [
        ("gone@corp.example", "Gone Away"),
        ("left.over@corp.example", "Left Over"),
    ] {
        let mut user = SeedUser::new(email);
        user.name = Some(name.to_owned());
        world
            .seed_user(user, Standing::Scim)
            .expect("a free address");
    }
    // May look, invite and make groups, and not change people: what it removes fails.
    let mut token = Token::service_account("sandbox");
    token.permissions.remove(&Permission::UserManage);
    world.set_token("weak", token);
    world
}

fn run(arguments: &[&str], token: &str) -> (Place, Ran) {
    let place = Place::new();
    let served = Served::holding(&place, &world());
    place.write(
        "scim-sync.yaml",
        &format!(
            "version: 1\ntarget:\n  provider: harness\n  baseUrl: {}\n  token: {{ env: SCIM_TOKEN }}\n{PEOPLE}",
            served.base_url
        ),
    );
    let ran = place.run_with(&[("SCIM_TOKEN", token)], arguments);
    (place, ran)
}

#[test]
fn a_run_that_goes_well() {
    let arguments = [
        "-vv",
        "apply",
        "--auto-approve",
        "--approve",
        "delete",
        "--redact",
        "all",
        "--report",
        "run.jsonl",
    ];
    let (place, ran) = run(&arguments, "tok");
    let ran = ran.ends(0).says("Converged").says("adamants");
    nobody(&ran);
    assert!(ran.out.contains("person-1"), "{}", ran.out);
    // A pseudonym in a line is the plan's own: whoever is removed has one in both.
    let removed = ran.out.lines().find(|line| line.contains("delete"));
    let removed = removed.expect("a removal");
    let name = removed
        .split_whitespace()
        .find(|word| word.starts_with("person-"));
    let name = name.expect("a pseudonym").trim_end_matches(':');
    assert!(ran.err.contains(name), "{name} in\n{}", ran.err);
    let report = place.read("run.jsonl");
    assert!(report.contains("user:gone:delete"), "{report}");
}

#[test]
fn a_run_in_which_things_fail() {
    for redact in ["all", "email"] {
        let arguments = [
            "-v",
            "apply",
            "--auto-approve",
            "--approve",
            "delete",
            "--redact",
            redact,
            "--report",
            "run.jsonl",
        ];
        let (_, ran) = run(&arguments, "weak");
        let ran = ran.ends(4);
        match redact {
            "all" => nobody(&ran),
            _ => {
                assert!(!ran.out.contains("corp.example"), "{}", ran.out);
                assert!(!ran.err.contains("corp.example"), "{}", ran.err);
                assert!(ran.out.contains("ada-l"), "{}", ran.out);
            }
        }
    }
}

#[test]
fn a_plan_tells_nobody_either() {
    let (_, ran) = run(&["-vv", "plan", "--redact", "all"], "tok");
    nobody(&ran.ends(0));
}

/// What an account is called now is not the plan's to know: it moved since the plan was saved.
#[test]
fn names_that_only_the_live_side_has() {
    let place = Place::new();
    let served = Served::start(&place, &["--token", "tok", "--provider", "scim"]);
    let manifest = |given: &str| {
        format!(
            "version: 1\ntarget:\n  provider: scim\n  baseUrl: {}\n  token: {{ env: SCIM_TOKEN }}\nusers:\n  al: {{ email: al@corp.example, givenName: {given}, familyName: Xu }}\n",
            served.base_url
        )
    };
    let variables = [("SCIM_TOKEN", "tok")];
    let apply = ["apply", "--auto-approve"];
    place.write("scim-sync.yaml", &manifest("ZZold"));
    place.run_with(&variables, &apply).ends(0);
    place.write("scim-sync.yaml", &manifest("ZZnew"));
    let plan = ["plan", "--out", "p.json"];
    place.run_with(&variables, &plan).ends(0);
    place.write("scim-sync.yaml", &manifest("ZZother"));
    place.run_with(&variables, &apply).ends(0);
    place.write("scim-sync.yaml", &manifest("ZZnew"));
    let arguments = [
        "-vv",
        "apply",
        "p.json",
        "--auto-approve",
        "--redact",
        "all",
    ];
    let ran = place.run_with(&variables, &arguments).ends(4);
    for text in [
        "ZZold", "ZZother", "ZZnew", "Xu", "al@corp", "user al", ":al:",
    ] {
        assert!(!ran.out.contains(text), "{text} in\n{}", ran.out);
        assert!(!ran.err.contains(text), "{text} in\n{}", ran.err);
    }
}

/// Lines of the manifest name people, so faults are told by code and place.
#[test]
fn faults_of_the_manifest_show_no_line() {
    let place = Place::new();
    place.write(
        "scim-sync.yaml",
        "version: 1\ntarget: { provider: harness }\nusers:\n  ada: { email: ada@corp.example }\n  eve: { email: ada@corp.example }\n",
    );
    for arguments in [
        &["plan", "--redact", "all"][..],
        &["apply", "--auto-approve", "--redact", "all"],
    ] {
        let ran = place.run(arguments).ends(1);
        assert!(!ran.err.contains("ada"), "{}", ran.err);
        ran.warns("error[duplicate-email] scim-sync.yaml:5");
    }
}

/// The id of an account that was just made stands in the request after it.
#[test]
fn a_new_account_has_no_id_in_a_log() {
    let (_, ran) = run(
        &[
            "-v",
            "apply",
            "--auto-approve",
            "--approve",
            "delete",
            "--redact",
            "all",
        ],
        "tok",
    );
    for line in ran.err.lines().filter(|line| line.contains("Users/")) {
        let after = line.split("Users/").nth(1).expect("a path");
        assert!(
            after.starts_with("person-") || after.starts_with("[hidden]"),
            "{line}"
        );
    }
}
