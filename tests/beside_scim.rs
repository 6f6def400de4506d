//! What SCIM does not show, through the real binary against the sandbox: accounts and groups
//! made by hand, role bindings, the token's own user and the last admin. Each in both readings
//! of Harness.

#[path = "support/cli.rs"]
mod support;

use scim_sync::ids::{GroupId, UserId};
use scim_sync::manifest::decl::SandboxBehavior;
use scim_sync::sandbox::world::{
    AdminRole, PrincipalKind, SeedGroup, SeedUser, Token, TokenKind, World,
};
use support::Place;

const STATE: &str = ".scim-sync/sandbox.json";
const APPLY: &[&str] = &["apply", "--auto-approve"];
const ALL: &str = "_all_account_level_resources";

/// A world in one of the two readings, and a folder with a manifest for it.
struct Case {
    behavior: SandboxBehavior,
    place: Place,
}

impl Case {
    fn manifest(&self, rest: &str) {
        let word = match self.behavior {
            SandboxBehavior::Documented => "documented",
            SandboxBehavior::Source => "source",
        };
        let text = format!(
            "version: 1\ntarget: {{ provider: harness, sandbox: {{ behavior: {word} }} }}\n{rest}"
        );
        self.place.write("scim-sync.yaml", &text);
    }

    fn world(&self) -> World {
        World::from_json(self.place.read(STATE).as_bytes()).expect("a state")
    }

    fn change(&self, change: impl FnOnce(&mut World)) {
        let mut world = self.world();
        change(&mut world);
        let json = String::from_utf8(world.to_json()).expect("JSON is text");
        self.place.write(STATE, &json);
    }

    fn plan(&self, code: i32) -> support::Ran {
        self.place.run(&["plan", "--full"]).ends(code)
    }

    fn apply(&self, code: i32) -> support::Ran {
        self.place.run(APPLY).ends(code)
    }

    fn converges(&self) {
        self.apply(0).says("Converged");
        self.plan(0).says("Nothing to do");
    }
}

fn both(seed: impl Fn(&mut World), test: impl Fn(&Case)) {
    for behavior in [SandboxBehavior::Documented, SandboxBehavior::Source] {
        let place = Place::new();
        let mut world = World::new("sandbox", "sandbox", behavior);
        seed(&mut world);
        let json = String::from_utf8(world.to_json()).expect("JSON is text");
        place.write(STATE, &json);
        test(&Case { behavior, place });
    }
}

const ADA: &str = "\
users: { ada: { email: ada@example.com, givenName: Ada, familyName: Lovelace } }
roles: { dev: { members: [ada] } }
groupMappings: [{ match: '.*', group: '{role}' }]
";

fn standalone(world: &mut World) {
    let mut ada = SeedUser::new("ada@example.com");
    ada.name = Some("Ada Lovelace".to_owned());
    world.seed_standalone_user(ada).expect("a free address");
}

#[test]
fn a_standalone_account_is_refused_with_the_steps_in_order_until_it_is_gone() {
    both(standalone, |case| {
        case.manifest(ADA);
        case.plan(3)
            .says("[standalone-account]")
            .says("1. remove that account in Harness, 2. plan again")
            .says("`adopt: true`")
            .says("Plan: 1 to create, 1 refused");
        case.apply(3);
        assert!(
            !case
                .world()
                .user_by_email("ada@example.com")
                .unwrap()
                .imported
        );
        case.change(|world| {
            // As an admin does in the console.
            let id = world.user_by_email("ada@example.com").unwrap().id.clone();
            let path = format!("/ng/api/user/{id}");
            let answer = world.handle(&scim_sync::sandbox::world::Incoming {
                if_match: None,
                method: scim_sync::scim::http::Method::Delete,
                path,
                query: "accountIdentifier=sandbox".to_owned(),
                authorization: None,
                api_key: Some("sandbox".to_owned()),
                content_type: None,
                accept: None,
                body: Vec::new(),
            });
            assert_eq!(answer.status, 200);
        });
        case.plan(0).says("create").says("1 invitation is mailed");
        case.converges();
    });
}

#[test]
fn a_standalone_account_is_adopted_by_the_recipe_that_lists_it() {
    both(standalone, |case| {
        case.manifest(&ADA.replace("familyName: Lovelace", "familyName: Lovelace, adopt: true"));
        let before = case
            .world()
            .user_by_email("ada@example.com")
            .unwrap()
            .id
            .clone();
        let plan = case.plan(0);
        let plan = plan
            .says("+ adopt")
            .says("user ada <ada@example.com> \"Ada Lovelace\", whose account was made by hand")
            .says("1 to adopt");
        assert!(!plan.out.contains("mailed"), "{}", plan.out);
        case.converges();
        let world = case.world();
        let ada = world.user_by_email("ada@example.com").unwrap();
        assert!(ada.imported && ada.externally_managed);
        assert_eq!(ada.id, before);
        assert_eq!(
            world.members(&GroupId::from("dev")),
            std::slice::from_ref(&before)
        );
        assert!(world.invitations().is_empty());
    });
}

#[test]
fn absent_and_suspended_people_with_a_standalone_account_are_no_silent_success() {
    both(standalone, |case| {
        for status in ["absent", "suspended"] {
            case.manifest(&format!(
                "users: {{ ada: {{ email: ada@example.com, status: {status} }} }}\n"
            ));
            case.plan(3)
                .says(&format!("`ada` is declared {status} and has an account"))
                .says("[standalone-account]");
        }
    });
}

#[test]
fn a_group_made_by_hand_is_not_taken_over_unless_the_manifest_says_so() {
    both(
        |world| {
            let ada = world.seed_scim_user("ada@example.com").unwrap();
            let eve = world.seed_scim_user("eve@example.com").unwrap();
            world
                .seed_manual_group(SeedGroup::from("dev").with([ada, eve]))
                .unwrap();
            world
                .bind_role(PrincipalKind::UserGroup, "dev", "_account_viewer")
                .unwrap();
        },
        |case| {
            let ada = ADA.replace(", givenName: Ada, familyName: Lovelace", "");
            case.manifest(&ada);
            case.plan(3)
                .says("[hand-made-group]")
                .says("would take over `dev` (id dev), a group made by hand, and replace its members, 2 now")
                .says("adoptGroup: true");
            case.apply(3);
            assert_eq!(case.world().members(&GroupId::from("dev")).len(), 2);

            case.manifest(&format!(
                "{ada}groups: {{ dev: {{ adoptGroup: true }} }}\n\
                 policy: {{ limits: {{ perGroupRemovals: 0 }} }}\n"
            ));
            // Eve leaves on the same rails as from any group; adoption itself takes nothing.
            case.plan(3)
                .says("+ adopt")
                .says("group dev (id dev), made by hand, with 2 members")
                .says("[limit-per-group-removals]");
            case.apply(3).says("1 done");
            assert_eq!(case.world().members(&GroupId::from("dev")).len(), 2);
            assert!(
                case.world()
                    .group(&GroupId::from("dev"))
                    .unwrap()
                    .externally_managed
            );

            case.manifest(&format!("{ada}groups: {{ dev: {{ adoptGroup: true }} }}\n"));
            case.converges();
            assert_eq!(case.world().members(&GroupId::from("dev")).len(), 1);
            assert_eq!(case.world().role_assignments().len(), 1);
        },
    );
}

#[test]
fn an_adopted_group_gets_the_name_it_is_declared_with() {
    both(
        |world| {
            world.seed_manual_group("dev_ops").unwrap();
        },
        |case| {
            let dev_ops = ADA.replace("dev:", "dev-ops:");
            case.manifest(&format!(
                "{dev_ops}groups: {{ dev-ops: {{ adoptGroup: true }} }}\n"
            ));
            case.plan(0).says("group dev_ops -> dev-ops");
            case.converges();
            let world = case.world();
            let group = world.group(&GroupId::from("dev_ops")).unwrap();
            assert_eq!(group.name, "dev-ops");
            assert_eq!(world.members(&GroupId::from("dev_ops")).len(), 1);
        },
    );
}

#[test]
fn groups_of_the_provider_itself_are_never_adopted() {
    both(
        |world| {
            world.seed_built_in_group("dev").unwrap();
        },
        |case| {
            case.manifest(&format!("{ADA}groups: {{ dev: {{ adoptGroup: true }} }}\n"));
            case.plan(3).says("a group of Harness itself");
        },
    );
}

#[test]
fn a_hand_made_group_of_the_same_name_is_told_with_both_ids() {
    both(
        |world| {
            let mut group = SeedGroup::from("dev");
            group.id = Some("developers".into());
            world.seed_manual_group(group).unwrap();
        },
        |case| {
            case.manifest(ADA);
            case.plan(0)
                .says("its id is `developers`, the one to be created gets `dev`")
                .says("[same-named-group]");
            case.converges();
        },
    );
}

#[test]
fn only_approved_kinds_are_carried_out_and_the_rest_stays_pending() {
    both(
        |world| {
            world.seed_scim_user("bob@example.com").unwrap();
        },
        |case| {
            let with_bob = ADA.replace(
                "users: {",
                "users: { bob: { email: bob@example.com, status: absent },",
            );
            case.manifest(&format!("{with_bob}policy: {{ approvals: [delete] }}\n"));
            case.plan(0)
                .says("Needs approval by name: delete (1 action, `--approve delete`)");
            case.place.run(&["plan", "--out", "plan.json"]).ends(0);
            let saved: serde_json::Value =
                serde_json::from_str(&case.place.read("plan.json")).unwrap();
            assert_eq!(
                saved["plan"]["needsApproval"],
                serde_json::json!(["delete"])
            );
            let first = case
                .place
                .run(&["apply", "plan.json", "--auto-approve"])
                .ends(4);
            first
                .says("pending: delete user bob")
                .says("needs `--approve delete`")
                .says("3 done, 1 pending");
            assert!(case.world().user_by_email("bob@example.com").is_some());
            // A kind the policy does not hold back goes on without its name.
            case.apply(4).says("1 pending");
            case.place
                .run(&["apply", "--auto-approve", "--approve", "delete"])
                .ends(0)
                .says("Converged");
        },
    );
}

fn bound(case: &Case, group: &str) -> Vec<String> {
    let world = case.world();
    let mut found: Vec<String> = world
        .role_assignments()
        .values()
        .filter(|it| it.principal.identifier == group)
        .map(|it| {
            let scope = match (&it.org, &it.project) {
                (None, _) => "account".to_owned(),
                (Some(org), None) => format!("org/{org}"),
                (Some(org), Some(project)) => format!("org/{org}/project/{project}"),
            };
            format!("{} {} {scope}", it.role, it.resource_group)
        })
        .collect();
    found.sort();
    found
}

#[test]
fn bindings_are_planned_applied_read_back_and_left_alone() {
    both(
        |world| {
            world.seed_role("custom");
        },
        |case| {
            case.manifest(&format!(
                "{ADA}groups:\n  dev:\n    bindings:\n      \
                 - {{ role: _account_viewer, resourceGroup: {ALL} }}\n      \
                 - {{ role: _project_viewer, resourceGroup: _all_resources_including_child_scopes, scope: org/default/project/web }}\n"
            ));
            case.plan(0)
                .says(&format!("_account_viewer on {ALL} (account) to group dev"))
                .says("_project_viewer on _all_resources_including_child_scopes (org/")
                .says("2 role bindings to make");
            case.converges();
            let both = bound(case, "dev");
            assert_eq!(
                both,
                [
                    format!("_account_viewer {ALL} account"),
                    "_project_viewer _all_resources_including_child_scopes org/default/project/web"
                        .to_owned()
                ]
            );
            // Somebody binds one more by hand: it is listed, and it stays.
            case.change(|world| {
                world
                    .bind_role(PrincipalKind::UserGroup, "dev", "custom")
                    .unwrap();
            });
            case.plan(0)
                .says("1 role binding of dev that nothing declares: custom on")
                .says("Nothing to do");
            case.apply(0);
            assert_eq!(bound(case, "dev").len(), 3);
        },
    );
}

/// What a run bound goes, and what it took away comes back; each as one item.
#[test]
fn a_run_of_role_bindings_is_undone() {
    both(
        |world| {
            world.seed_role("custom");
        },
        |case| {
            let declared = |bindings: &str| {
                case.manifest(&format!(
                    "{ADA}groups: {{ dev: {{ bindings: [{bindings}], bindingManagement: authoritative }} }}\n"
                ));
                let ran = case.apply(0).says("Converged");
                let report = ran.err.split("report: ").nth(1).expect("a report");
                report.lines().next().expect("its path").to_owned()
            };
            let undone = |report: &str| {
                let made = ["plan", "--undo", report, "--format", "json"];
                let plan = case.place.run(&made).ends(0).out;
                let plan: serde_json::Value = serde_json::from_str(&plan).expect("JSON");
                let actions = plan["actions"].as_array().expect("a list").iter();
                let ids: Vec<String> = actions.map(|it| it["id"].to_string()).collect();
                let arguments = ["plan", "--undo", report, "--out", "back.json"];
                case.place.run(&arguments).ends(0);
                case.place
                    .run(&["apply", "back.json", "--auto-approve"])
                    .ends(0);
                ids.len()
            };
            declared("");
            let viewer = format!("{{ role: _account_viewer, resourceGroup: {ALL} }}");
            let custom = format!("{{ role: custom, resourceGroup: {ALL} }}");
            let bound_two = declared(&format!("{viewer}, {custom}"));
            assert_eq!(undone(&bound_two), 2);
            assert!(bound(case, "dev").is_empty());

            declared(&format!("{viewer}, {custom}"));
            let took_one = declared(&viewer);
            assert_eq!(undone(&took_one), 1);
            assert_eq!(bound(case, "dev").len(), 2);
        },
    );
}

#[test]
fn authority_over_bindings_removes_within_the_limits() {
    both(
        |world| {
            let dev = world.seed_scim_group("dev").unwrap();
            for number in 0..6 {
                let role = format!("custom{number}");
                world.seed_role(&role);
                world
                    .bind_role(PrincipalKind::UserGroup, dev.as_str(), &role)
                    .unwrap();
            }
        },
        |case| {
            case.manifest(&format!(
                "{ADA}groups: {{ dev: {{ bindings: [], bindingManagement: authoritative }} }}\n"
            ));
            case.plan(3)
                .says("6 role bindings removed, 5 allowed [limit-binding-removals]")
                .says("`--allow binding-removals=6`")
                .says("role bindings removed: 6 of 5, over the limit");
            case.apply(3);
            assert_eq!(bound(case, "dev").len(), 6);
            case.manifest(&format!(
                "{ADA}groups: {{ dev: {{ bindings: [], bindingManagement: authoritative }} }}\n\
                 policy: {{ protect: {{ groups: [dev] }} }}\n"
            ));
            case.plan(3).says("[protected-group]");
            case.manifest(&format!(
                "{ADA}groups: {{ dev: {{ bindings: [], bindingManagement: authoritative }} }}\n"
            ));
            case.place
                .run(&["apply", "--auto-approve", "--allow", "binding-removals=6"])
                .ends(0)
                .says("Converged");
            assert!(bound(case, "dev").is_empty());
        },
    );
}

/// A removed group takes its role bindings with it.
#[test]
fn bindings_that_end_with_a_group_are_told_and_count() {
    both(
        |world| {
            let old = world.seed_scim_group("old").unwrap();
            for number in 0..3 {
                let role = format!("custom{number}");
                world.seed_role(&role);
                world
                    .bind_role(PrincipalKind::UserGroup, old.as_str(), &role)
                    .unwrap();
            }
        },
        |case| {
            let limited = |limit: &str| {
                case.manifest(&format!(
                    "{ADA}groups: {{ old: {{ status: absent }}, dev: {{ bindings: [] }} }}\n\
                     policy: {{ onRemoval: {{ groups: delete }}, limits: {{ {limit} }} }}\nreports: runs\n"
                ));
            };
            limited("bindingRemovals: 2");
            case.plan(3)
                .says("3 role bindings removed, 2 allowed [limit-binding-removals]")
                .says("`--allow binding-removals=3`")
                .says("role bindings removed: 3 of 2, over the limit");
            case.apply(3);
            assert_eq!(bound(case, "old").len(), 3);
            limited("bindingRemovals: 3");
            case.plan(0)
                .says("3 role bindings end with it: custom0 on")
                .says("role bindings removed: 3 of 3");
            match case.behavior {
                // Only Support removes it, whatever is asked for.
                SandboxBehavior::Documented => {}
                SandboxBehavior::Source => {
                    case.converges();
                    assert!(bound(case, "old").is_empty());
                    case.plan(0)
                        .says("role bindings removed: 0 after 3 in the last 24 hours of 3");
                }
            }
        },
    );
}

/// Where reports have a folder: what one run removed leaves less room for the next, planned
/// afresh or saved before.
#[test]
fn bindings_removed_in_24_hours_count_towards_their_limit() {
    both(
        |world| {
            let dev = world.seed_scim_group("dev").unwrap();
            for number in 0..2 {
                let role = format!("custom{number}");
                world.seed_role(&role);
                world
                    .bind_role(PrincipalKind::UserGroup, dev.as_str(), &role)
                    .unwrap();
            }
        },
        |case| {
            let keeping = |bindings: &str| {
                case.manifest(&format!(
                    "{ADA}groups: {{ dev: {{ bindings: [{bindings}], bindingManagement: authoritative }} }}\n\
                     policy: {{ limits: {{ bindingRemovals: 1 }} }}\nreports: runs\n"
                ));
            };
            keeping("{ role: custom1, resourceGroup: _all_resources_including_child_scopes }");
            case.place.run(&["plan", "--out", "plan.json"]).ends(0);
            case.converges();
            assert_eq!(bound(case, "dev").len(), 1);
            let saved = case.place.run(&["apply", "plan.json", "--auto-approve"]);
            let saved = saved.ends(1).err;
            assert!(
                saved.contains("1 after 1 in the last 24 hours of 1, over the limit"),
                "{saved}"
            );
            keeping("");
            case.plan(3)
                .says("1 role binding removed after 1 in the last 24 hours, 1 allowed")
                .says("`--allow binding-removals=2`");
            case.apply(3);
            assert_eq!(bound(case, "dev").len(), 1);
            let raised = ["--allow", "binding-removals=2"];
            case.place.run(&[APPLY, &raised].concat()).ends(0);
            assert!(bound(case, "dev").is_empty());
        },
    );
}

#[test]
fn an_unknown_role_or_resource_group_is_refused_before_anything_is_written() {
    both(
        |_| {},
        |case| {
            case.manifest(&format!(
                "{ADA}groups: {{ dev: {{ bindings: [{{ role: typo, resourceGroup: wrong }}] }} }}\n"
            ));
            case.plan(3)
                .says("there is no role `typo` for `account`, which is to be bound to `dev`")
                .says("[unknown-binding-role]")
                .says("[unknown-resource-group]");
        },
    );
}

#[test]
fn a_binding_that_is_switched_off_is_neither_made_twice_nor_taken_for_good() {
    both(
        |world| {
            let dev = world.seed_scim_group("dev").unwrap();
            world
                .bind_role(PrincipalKind::UserGroup, dev.as_str(), "_account_viewer")
                .unwrap();
            let json = String::from_utf8(world.to_json()).unwrap();
            let off = json.replacen("\"disabled\":false,\"org\"", "\"disabled\":true,\"org\"", 1);
            assert_ne!(json, off);
            *world = World::from_json(off.as_bytes()).unwrap();
        },
        |case| {
            case.manifest(&format!(
                "{ADA}groups: {{ dev: {{ bindings: [{{ role: _account_viewer, resourceGroup: _all_resources_including_child_scopes }}] }} }}\n"
            ));
            case.plan(3)
                .says("is there and switched off [binding-disabled]");
        },
    );
}

#[test]
fn removals_say_which_bindings_they_cost() {
    both(
        |world| {
            let ada = world.seed_scim_user("ada@example.com").unwrap();
            let bob = world.seed_scim_user("bob@example.com").unwrap();
            let dev = world
                .seed_scim_group(SeedGroup::from("dev").with([ada.clone(), bob.clone()]))
                .unwrap();
            let ops = world
                .seed_scim_group(SeedGroup::from("ops").with([bob]))
                .unwrap();
            for (group, role) in [
                (&dev, "_account_viewer"),
                (&dev, "_account_basic"),
                (&ops, "_account_basic"),
            ] {
                world
                    .bind_role(PrincipalKind::UserGroup, group.as_str(), role)
                    .unwrap();
            }
        },
        |case| {
            let people =
                "users:\n  ada: { email: ada@example.com }\n  bob: { email: bob@example.com }\n";
            let groups = "groupMappings: [{ match: '.*', group: '{role}' }]\ngroups: { dev: { bindings: [] } }\npolicy: { limits: { perGroupRemovals: 100% } }\n";
            case.manifest(&format!(
                "{people}roles: {{ dev: {{ members: [] }}, ops: {{ members: [bob] }} }}\n{groups}"
            ));
            // Bob keeps the basic role through ops.
            case.plan(0)
                .says("ada loses 2 role bindings: _account_basic on")
                .says("bob loses 1 role binding: _account_viewer on");
            case.manifest(&format!(
                "{}roles: {{ dev: {{ members: [ada] }}, ops: {{ members: [] }} }}\n{groups}",
                people.replace("bob@example.com", "bob@example.com, status: absent")
            ));
            case.plan(0)
                .says("bob loses 2 role bindings: _account_basic on");
        },
    );
}

#[test]
fn a_snapshot_holds_what_a_plan_has_to_know_beside_scim() {
    both(
        |world| {
            standalone(world);
            let dev = world.seed_scim_group("dev").unwrap();
            world.seed_manual_group("ops").unwrap();
            world
                .bind_role(PrincipalKind::UserGroup, dev.as_str(), "_account_viewer")
                .unwrap();
        },
        |case| {
            let manifest = format!(
                "{}groups: {{ dev: {{ bindings: [{{ role: typo, resourceGroup: {ALL} }}] }} }}\n",
                ADA.replace(
                    "{ dev: { members: [ada] }",
                    "{ dev: { members: [ada] }, ops: { members: [] }"
                )
            );
            case.manifest(&manifest);
            let live = case.plan(3);
            case.place
                .run(&["snapshot", "--out", "snapshot.json"])
                .ends(0);
            let offline = case
                .place
                .run(&["plan", "--full", "--live", "snapshot.json"])
                .ends(3);
            for code in [
                "standalone-account",
                "hand-made-group",
                "unknown-binding-role",
            ] {
                assert!(live.out.contains(code), "{code}\n{}", live.out);
                assert!(offline.out.contains(code), "{code}\n{}", offline.out);
            }
            assert!(
                offline.out.contains("_account_viewer on"),
                "{}",
                offline.out
            );
        },
    );
}

#[test]
fn the_tokens_own_user_is_not_removed() {
    both(
        |world| {
            let ada = world.seed_scim_user("ada@example.com").unwrap();
            world.seed_scim_user("bob@example.com").unwrap();
            let mut token = Token::service_account("sandbox");
            token.kind = TokenKind::User;
            token.parent = ada.to_string();
            world.set_token("sandbox", token);
        },
        |case| {
            case.manifest(
                "users:\n  ada: { email: ada@example.com, status: absent }\n  bob: { email: bob@example.com, status: absent }\n",
            );
            case.plan(3)
                .says("[own-user]")
                .says("use the token of a service account")
                .says("Plan: 1 to delete, 1 refused");
            case.apply(3);
            assert!(case.world().user_by_email("ada@example.com").is_some());
            assert!(case.world().user_by_email("bob@example.com").is_none());
        },
    );
}

#[test]
fn the_last_admins_are_not_removed_one_by_one_or_together() {
    both(
        |world| {
            let ids: Vec<UserId> = ["ada", "bob", "eve"]
                .iter()
                .map(|name| {
                    world
                        .seed_scim_user(format!("{name}@example.com").as_str())
                        .unwrap()
                })
                .collect();
            let admins = world
                .seed_scim_group(SeedGroup::from("admins").with([ids[0].clone()]))
                .unwrap();
            world
                .bind_role(PrincipalKind::UserGroup, admins.as_str(), "_account_admin")
                .unwrap();
            world
                .bind_role(PrincipalKind::User, ids[1].as_str(), "_account_admin")
                .unwrap();
            world.set_admin(&ids[1], AdminRole::Held).unwrap();
        },
        |case| {
            let people = |ada: &str, bob: &str| {
                format!(
                    "users:\n  ada: {{ email: ada@example.com{ada} }}\n  bob: {{ email: bob@example.com{bob} }}\n  \
                     eve: {{ email: eve@example.com, status: absent }}\n"
                )
            };
            let absent = ", status: absent";
            case.manifest(&people(absent, ""));
            case.plan(0).says("2 to delete");
            case.manifest(&people(absent, absent));
            case.plan(3)
                .says("[last-admin]")
                .says("left without anybody who has the role `_account_admin`")
                .says("Plan: 1 to delete, 1 refused");
            case.apply(3);
            let world = case.world();
            assert!(world.user_by_email("bob@example.com").is_some());
            assert!(world.user_by_email("eve@example.com").is_none());
        },
    );
}
