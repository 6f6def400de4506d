//! When the provider's own API is asked, when it is not, and what a plan says where it does
//! not answer; and role bindings under faults. In memory, request by request.

#[path = "support/account.rs"]
mod account;
#[path = "support/planning.rs"]
mod planning;

use account::{Account, TOKEN, run};
use planning::Project;
use scim_sync::apply::{Status, Stop};
use scim_sync::live::LiveState;
use scim_sync::live::collect_beside;
use scim_sync::manifest::decl::SandboxBehavior;
use scim_sync::manifest::load::{MemoryFiles, ROOT_FILE};
use scim_sync::plan::questions::questions;
use scim_sync::plan::{Allowances, NoticeCode, Plan, RefusalCode, sketch};
use scim_sync::profile::Profile;
use scim_sync::sandbox::in_memory::{Exchange, Fault, InMemory};
use scim_sync::sandbox::world::{PrincipalKind, SeedGroup, World};
use scim_sync::scim::http::{Door, Method};
use scim_sync::scim::service::Reader;

const ADA: &str = "\
version: 1
target: { provider: harness }
users: { ada: { email: ada@example.com } }
roles: { dev: { members: [ada] } }
groupMappings: [{ match: '.*', group: '{role}' }]
";

const BOUND: &str = "groups: { dev: { bindings: [{ role: _account_viewer, resourceGroup: _all_account_level_resources }] } }\n";

fn project(text: &str) -> Project {
    let mut files = MemoryFiles::default();
    files
        .0
        .insert(ROOT_FILE.to_owned(), text.as_bytes().to_vec());
    Project::load(&files).unwrap_or_else(|faults| panic!("{faults:?}"))
}

fn each(test: impl Fn(World)) {
    for behavior in [SandboxBehavior::Documented, SandboxBehavior::Source] {
        test(World::new("AcC0unt", TOKEN, behavior));
    }
}

fn harness() -> Profile {
    Profile::named("harness").expect("a profile")
}

/// Reads and plans as the commands do.
fn look(project: &Project, account: &Account) -> Plan {
    let reader: Reader<&InMemory> = Reader::new(&account.door, harness().dialect);
    let mut live: LiveState = run(account.read()).expect("a live state");
    let scopes = project.desired.binding_scopes();
    run(collect_beside::bindings(&reader, &scopes, &mut live));
    let none = Allowances::default();
    let ask = project.with_input(&project.policy, &live, &none, |input| {
        questions(input, &sketch(input))
    });
    run(collect_beside::answer(&reader, &ask, &mut live));
    project.plan(&live, &none)
}

fn asked(account: &Account) -> Vec<String> {
    let platform = |it: &Exchange| it.door == Door::Platform;
    let log = account.door.log();
    let log = log.iter().filter(|it| platform(it));
    log.map(|it| it.target.split('?').next().unwrap_or_default().to_owned())
        .collect()
}

fn converged(project: &Project, account: &Account) {
    let plan = look(project, account);
    assert!(plan.actions.is_empty(), "{:#?}", plan.actions);
    assert!(plan.refusals.is_empty(), "{:#?}", plan.refusals);
}

fn statuses(project: &Project, account: &Account) -> Vec<Status> {
    let plan = look(project, account);
    let outcome = run(account.apply(&plan, &Stop::default()));
    outcome.steps.into_iter().map(|step| step.status).collect()
}

#[test]
fn nothing_is_asked_that_no_item_depends_on() {
    each(|world| {
        let account = Account::new(world, &harness());
        let project = project(ADA);
        let _ = look(&project, &account);
        assert_eq!(
            asked(&account),
            ["/gateway/ng/api/user/batch", "/gateway/ng/api/user-groups"]
        );
        let done = statuses(&project, &account);
        assert!(
            done.iter().all(|status| *status == Status::Done),
            "{done:?}"
        );
        account.door.clear_log();
        converged(&project, &account);
        assert_eq!(asked(&account), Vec::<String>::new());
    });
}

#[test]
fn removals_ask_whose_the_token_is_and_who_the_admins_are() {
    each(|mut world| {
        world.seed_scim_user("ada@example.com").unwrap();
        let account = Account::new(world, &harness());
        let absent = "version: 1\ntarget: { provider: harness }\nusers: { ada: { email: ada@example.com, status: absent } }\n";
        let _ = look(&project(absent), &account);
        assert_eq!(
            asked(&account),
            [
                "/gateway/ng/api/token/validate",
                "/gateway/authz/api/roleassignments/filter"
            ]
        );
        let log = format!("{:?}", account.door.log());
        assert!(!log.contains(TOKEN), "{log}");
    });
}

#[test]
fn where_the_provider_does_not_say_the_plan_does() {
    each(|mut world| {
        world.seed_scim_user("bob@example.com").unwrap();
        let account = Account::new(world, &harness());
        account
            .door
            .fail_when(|it| it.door == Door::Platform, Fault::Status(403));
        let people = "users: { ada: { email: ada@example.com }, bob: { email: bob@example.com, status: absent } }";
        let text = ADA.replace("users: { ada: { email: ada@example.com } }", people);
        let plan = look(&project(&text), &account);
        let codes: Vec<NoticeCode> = plan.notices.iter().map(|notice| notice.code).collect();
        for code in [
            NoticeCode::StandaloneUnchecked,
            NoticeCode::AdminsUnchecked,
            NoticeCode::OwnUserUnchecked,
        ] {
            assert!(codes.contains(&code), "{code:?}: {codes:?}");
        }
        // SCIM itself tells by id whether a group made by hand is there.
        assert!(!codes.contains(&NoticeCode::HandMadeUnchecked), "{codes:?}");
        assert_eq!(plan.actions.len(), 4, "nothing is held back by it");
        let consequences = format!("{:?}", plan.actions);
        assert!(consequences.contains("MayAdopt"), "{consequences}");
    });
}

#[test]
fn a_group_made_by_hand_is_found_by_its_id_where_the_list_is_not_told() {
    each(|mut world| {
        world.seed_manual_group("dev").unwrap();
        let account = Account::new(world, &harness());
        account
            .door
            .fail_when(|it| it.target.contains("user-groups"), Fault::Status(403));
        let plan = look(&project(ADA), &account);
        let codes: Vec<RefusalCode> = plan.refusals.iter().map(|it| it.code).collect();
        assert_eq!(codes, [RefusalCode::HandMadeGroup]);
    });
}

#[test]
fn bindings_that_cannot_be_read_are_refused_and_the_rest_goes_on() {
    each(|world| {
        let account = Account::new(world, &harness());
        account.door.fail_when(
            |it| it.target.contains("roleassignments"),
            Fault::Status(403),
        );
        let plan = look(&project(&format!("{ADA}{BOUND}")), &account);
        let codes: Vec<RefusalCode> = plan.refusals.iter().map(|it| it.code).collect();
        assert_eq!(codes, [RefusalCode::BindingsUnread]);
        assert_eq!(plan.actions.len(), 3);
    });
}

/// Whatever happens to the request that binds, it is bound once in the end.
#[test]
fn a_binding_is_made_once_whatever_becomes_of_its_answer() {
    for fault in [
        Fault::Refused,
        Fault::DropBefore,
        Fault::DropAfter,
        Fault::Status(500),
        Fault::StatusAfter(500),
        Fault::StatusAfter(400),
        Fault::HalfBody,
    ] {
        each(|mut world| {
            let ada = world.seed_scim_user("ada@example.com").unwrap();
            world
                .seed_scim_group(SeedGroup::from("dev").with([ada]))
                .unwrap();
            let account = Account::new(world, &harness());
            let mut first = true;
            account.door.fail_when(
                move |it| {
                    let binds = it.method == Method::Post && it.target.contains("roleassignments?");
                    binds && std::mem::take(&mut first)
                },
                fault.clone(),
            );
            let project = project(&format!("{ADA}{BOUND}"));
            statuses(&project, &account);
            statuses(&project, &account);
            converged(&project, &account);
            account.door.with_world(|world| {
                assert_eq!(world.role_assignments().len(), 1, "{fault:?}");
            });
        });
    }
}

#[test]
fn a_binding_somebody_else_made_meanwhile_is_already_so() {
    each(|mut world| {
        let ada = world.seed_scim_user("ada@example.com").unwrap();
        world
            .seed_scim_group(SeedGroup::from("dev").with([ada]))
            .unwrap();
        let account = Account::new(world, &harness());
        let text = format!("{ADA}{BOUND}").replace(
            "_all_account_level_resources",
            "_all_resources_including_child_scopes",
        );
        let project = project(&text);
        let plan = look(&project, &account);
        account.door.with_world(|world| {
            world
                .bind_role(PrincipalKind::UserGroup, "dev", "_account_viewer")
                .unwrap();
        });
        let outcome = run(account.apply(&plan, &Stop::default()));
        assert_eq!(outcome.steps[0].status, Status::AlreadySo);
        converged(&project, &account);
    });
}

#[test]
fn bindings_are_never_put() {
    each(|world| {
        let account = Account::new(world, &harness());
        let project = project(&format!("{ADA}{BOUND}"));
        statuses(&project, &account);
        converged(&project, &account);
        let log = account.door.log();
        let put =
            |it: &&Exchange| it.method == Method::Put && it.target.contains("roleassignments");
        assert_eq!(log.iter().find(put), None);
    });
}

/// A create answered 404 or 409 is resolved by looking, not by guessing.
#[test]
fn a_create_that_is_answered_with_an_error_is_looked_up() {
    for status in [404, 409] {
        for (after, wanted) in [(true, 1), (false, 0)] {
            each(|world| {
                let account = Account::new(world, &harness());
                let fault = match after {
                    true => Fault::StatusAfter(status),
                    false => Fault::Status(status),
                };
                account.door.fail_when(
                    |it| it.method == Method::Post && it.target.ends_with("/Users"),
                    fault,
                );
                let project = project(ADA);
                let done = statuses(&project, &account);
                let good = done.iter().filter(|status| status.is_good()).count();
                let all = done.len();
                assert_eq!(good == all, wanted == 1, "{status}: {done:?}");
                account.door.with_world(|world| {
                    assert_eq!(world.users().count(), wanted, "{status}");
                    assert_eq!(world.invitations().len(), wanted);
                });
            });
        }
    }
}
