//! People and groups at Harness, with the real binary against the sandbox in both readings:
//! names that are kept otherwise than sent, e-mails that must not change, suspension that
//! removes, ids that collide, a role that is gone without a tombstone, bindings of an
//! organisation.

#[path = "support/cli.rs"]
mod support;

use std::process::Command;

use scim_sync::manifest::decl::SandboxBehavior;
use scim_sync::sandbox::world::World;
use serde_json::Value;
use support::{Place, Ran};

const APPLY: &[&str] = &["apply", "--auto-approve"];
const STATE: &str = ".scim-sync/sandbox.json";
const RULE: &str = "groupMappings: [{ match: '.*', group: '{role}' }]\n";

struct Account {
    place: Place,
    behavior: &'static str,
}

impl Account {
    fn manifest(&self, rest: &str) {
        let text = format!(
            "version: 1\ntarget: {{ provider: harness, sandbox: {{ behavior: {} }} }}\n{rest}",
            self.behavior
        );
        self.place.write("scim-sync.yaml", &text);
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.place.run(arguments)
    }

    fn world(&self) -> World {
        World::from_json(self.place.read(STATE).as_bytes()).expect("a state")
    }

    fn converges(&self) {
        self.run(APPLY).ends(0).says("Converged");
        self.run(&["plan"]).ends(0).says("Nothing to do");
    }
}

fn both(seed: impl Fn(&mut World), test: impl Fn(&Account)) {
    for (behavior, reading) in [
        ("documented", SandboxBehavior::Documented),
        ("source", SandboxBehavior::Source),
    ] {
        let place = Place::new();
        let mut world = World::new("sandbox", "sandbox", reading);
        seed(&mut world);
        let json = String::from_utf8(world.to_json()).expect("JSON is text");
        place.write(STATE, &json);
        test(&Account { place, behavior });
    }
}

#[test]
fn first_name_last_name_and_email_are_all_it_takes() {
    both(
        |_| {},
        |account| {
            account.manifest("users: { ada: { email: ada@x.io, displayName: Countess } }\n");
            account
                .run(&["validate"])
                .ends(1)
                .says("only `givenName`, `familyName` and `email` are accepted");
            account.manifest(
                "users: { ada: { email: ada@x.io, givenName: 'A<da', familyName: L } }\n",
            );
            account
                .run(&["validate"])
                .ends(1)
                .says("does not take `<` in a name");
            let long = "x".repeat(256);
            account.manifest(&format!(
                "users: {{ ada: {{ email: ada@x.io, givenName: {long}, familyName: L }} }}\n"
            ));
            account
                .run(&["validate"])
                .ends(1)
                .says("is longer than 255 characters");
        },
    );
}

/// Spaces, composed and decomposed letters, names in one part, none at all: whatever the server
/// makes of them, a second plan is empty.
#[test]
fn no_name_differs_for_ever() {
    both(
        |_| {},
        |account| {
            account.manifest(
                "users:\n  \
                 a: { email: a@x.io, givenName: \" Ada  Maria \", familyName: Lovelace }\n  \
                 b: { email: b@x.io, givenName: \"Jose\\u0301\", familyName: \"N\\u00fa\\u00f1ez\" }\n  \
                 c: { email: c@x.io, familyName: Cher }\n  \
                 d: { email: d@x.io }\n  \
                 e: { email: E@X.io, givenName: \"Ole\\u0301\", familyName: \"Å \\u00a0 B\" }\n",
            );
            account.converges();
            // A new name is one change, and then none.
            let text = account.place.read("scim-sync.yaml");
            account.place.write(
                "scim-sync.yaml",
                &text.replace("familyName: Cher", "familyName: Bono"),
            );
            account.run(&["plan"]).ends(0).says("Plan: 1 to update");
            account.converges();
        },
    );
}

#[test]
fn an_email_never_changes_and_everything_else_goes_on() {
    both(
        |_| {},
        |account| {
            let people = |email: &str, more: &str| {
                format!(
                    "users:\n  ada: {{ email: {email}, givenName: Ada, familyName: L }}\n{more}roles: {{ sre: {{ members: [ada] }} }}\n{RULE}"
                )
            };
            account.manifest(&people("ada@x.io", ""));
            account.converges();
            account.manifest(&people("ada@new.io", "  bob: { email: bob@x.io }\n"));
            account
                .run(&["plan"])
                .ends(3)
                .says("[email-immutable]")
                .says("must not become `ada@new.io`");
            account.run(APPLY).ends(3);
            let world = account.world();
            assert!(world.user_by_email("ada@new.io").is_none());
            assert!(world.user_by_email("ada@x.io").is_some());
            assert!(
                world.user_by_email("bob@x.io").is_some(),
                "the rest goes on"
            );
            // No flag changes that: it is a fact of the profile.
            account.run(&["plan", "--allow", "email-changes=1"]).ends(1);
        },
    );
}

#[test]
fn suspended_and_absent_are_removals_and_say_so() {
    both(
        |_| {},
        |account| {
            let people = |status: &str| {
                format!(
                    "users:\n  ada: {{ email: ada@x.io }}\n  bob: {{ email: bob@x.io{status} }}\nroles: {{ sre: {{ members: [ada, bob] }} }}\n{RULE}"
                )
            };
            account.manifest(&people(""));
            account.converges();
            account.manifest(&people(", status: suspended"));
            account
                .run(&["plan"])
                .ends(0)
                .says("delete user bob <bob@x.io>")
                .says("suspend");
            account.converges();
            assert!(
                account
                    .world()
                    .user_by_email("bob@x.io")
                    .is_none_or(|user| !user.ng_member)
            );
            let status = account
                .run(&["status", "--full", "--format", "json"])
                .ends(0);
            let status: Value = serde_json::from_str(&status.out).expect("JSON");
            let bob = status["users"].as_array().expect("users").iter();
            let bob = bob.filter(|it| it["key"] == "bob").collect::<Vec<_>>();
            assert_eq!(bob.len(), 1, "{status}");
            assert_eq!(
                bob[0]["state"], "provisioned",
                "suspended is what is wanted: {status}"
            );
        },
    );
}

#[test]
fn whoever_nothing_declares_stands_as_unmanaged() {
    both(
        |world| {
            world.seed_scim_user("pat@x.io").expect("a free address");
            world.seed_scim_group("oncall").expect("a free id");
        },
        |account| {
            account.manifest("users: { ada: { email: ada@x.io } }\n");
            account.converges();
            let ran = account.run(&["status", "--full"]).ends(0);
            ran.says("unmanaged pat@x.io").says("unmanaged oncall");
            let status = account
                .run(&["status", "--format", "json", "--full"])
                .ends(0);
            let status: Value = serde_json::from_str(&status.out).expect("JSON");
            let of = |list: &str, field: &str, name: &str| {
                let all = status[list].as_array().expect("a list").iter();
                let found = all.filter(|it| it[field] == name);
                found.map(|it| it["state"].clone()).collect::<Vec<_>>()
            };
            assert_eq!(of("users", "email", "pat@x.io"), ["unmanaged"]);
            assert_eq!(of("groups", "name", "oncall"), ["unmanaged"]);
            assert_eq!(of("users", "key", "ada"), ["provisioned"]);
        },
    );
}

/// A create looks for the id with the digit suffix, and then for the one without.
#[test]
fn a_name_that_begins_with_a_digit_collides_under_both_ids() {
    let manifest = format!(
        "users: {{ ada: {{ email: ada@x.io }} }}\nroles: {{ 1st-line: {{ members: [ada] }} }}\n{RULE}"
    );
    // A group that SCIM made, and one made by hand, each under the older id.
    both(
        |world| {
            world.seed_scim_group("st_line").expect("a free id");
        },
        |account| {
            account.manifest(&manifest);
            account
                .run(&["plan"])
                .ends(3)
                .says("[group-id-taken]")
                .says("could take the group `st_line` for it");
            account.run(APPLY).ends(3);
            assert_eq!(account.world().groups().count(), 1, "{}", account.behavior);
        },
    );
    both(
        |world| {
            world.seed_manual_group("st_line").expect("a free id");
        },
        |account| {
            account.manifest(&manifest);
            account.run(&["plan"]).ends(3).says("[group-id-taken]");
        },
    );
    // And two that are both to be made.
    both(
        |_| {},
        |account| {
            account.manifest(&format!(
                "users: {{ ada: {{ email: ada@x.io }} }}\nroles: {{ 1st-line: {{ members: [ada] }}, st_line: {{ members: [ada] }} }}\n{RULE}"
            ));
            account.run(&["plan"]).ends(3).says("[group-id-taken]");
        },
    );
    // Alone it is made, under the id with the suffix.
    both(
        |_| {},
        |account| {
            account.manifest(&manifest);
            account.converges();
        },
    );
}

fn git(place: &Place, arguments: &[&str]) {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(place.path("."))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .envs([
            ("GIT_AUTHOR_NAME", "Ada"),
            ("GIT_AUTHOR_EMAIL", "ada@x.io"),
            ("GIT_COMMITTER_NAME", "Ada"),
            ("GIT_COMMITTER_EMAIL", "ada@x.io"),
        ])
        .output()
        .expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {output:?}");
}

/// Without a tombstone, the base tells that a role is gone, and the letter is written.
#[test]
fn a_role_that_is_gone_since_the_base_is_asked_for() {
    both(
        |_| {},
        |account| {
            let people = "users: { ada: { email: ada@x.io } }\n";
            account.manifest(&format!(
                "{people}roles: {{ sre: {{ members: [ada] }}, auditors: {{ members: [ada] }} }}\n{RULE}"
            ));
            git(&account.place, &["init", "-q", "-b", "main"]);
            git(&account.place, &["add", "scim-sync.yaml"]);
            git(&account.place, &["commit", "-q", "-m", "both"]);
            account.run(APPLY).ends(0);
            account.manifest(&format!(
                "{people}roles: {{ sre: {{ members: [ada] }} }}\n{RULE}"
            ));
            git(&account.place, &["commit", "-q", "-a", "-m", "no auditors"]);
            account
                .run(&["support-request", "--base", "HEAD~1"])
                .ends(0)
                .says("1. auditors")
                .says("Identifier: auditors");
            account
                .run(&["plan", "--base", "HEAD~1"])
                .says("the group `auditors` (id auditors) can be removed only by Harness Support");
        },
    );
}

#[test]
fn bindings_of_an_organisation_are_made_read_back_and_taken() {
    let manifest = |bindings: &str| {
        format!(
            "users: {{ ada: {{ email: ada@x.io }} }}\nroles: {{ dev: {{ members: [ada] }} }}\n{RULE}groups:\n  dev:\n    bindingManagement: authoritative\n    bindings: {bindings}\n"
        )
    };
    both(
        |_| {},
        |account| {
            account.manifest(&manifest(
                "[{ role: _organization_viewer, resourceGroup: _all_resources_including_child_scopes, scope: org/default }]",
            ));
            account.run(&["plan"]).ends(0).says(
                "_organization_viewer on _all_resources_including_child_scopes (org/default)",
            );
            account.converges();
            let scopes = || -> Vec<Option<String>> {
                let world = account.world();
                let bound = world.role_assignments().values();
                let of_dev = bound.filter(|it| it.principal.identifier == "dev");
                of_dev.map(|it| it.org.clone()).collect()
            };
            assert!(
                scopes().contains(&Some("default".to_owned())),
                "{:?}",
                scopes()
            );
            // Another one of the same scope: the first is taken, read back and gone.
            account.manifest(&manifest(
                "[{ role: _project_viewer, resourceGroup: _all_resources_including_child_scopes, scope: org/default }]",
            ));
            account
                .run(&["plan"])
                .ends(0)
                .says("1 role binding to make, 1 role binding to remove");
            account.converges();
            assert_eq!(scopes().len(), 1, "{:?}", scopes());
        },
    );
}
