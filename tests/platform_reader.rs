//! The provider's own API beside SCIM, read through the real reader from the sandbox.

use scim_sync::ids::{BindingId, GroupId, Scope};
use scim_sync::manifest::decl::SandboxBehavior;
use scim_sync::profile::Profile;
use scim_sync::sandbox::in_memory::InMemory;
use scim_sync::sandbox::world::{
    AdminRole, Permission as Granted, PrincipalKind as Bound, SeedGroup, Token, World,
};
use scim_sync::scim::dialect::Permission;
use scim_sync::scim::error::ErrorKind;
use scim_sync::scim::platform::{PrincipalKind, Which};
use scim_sync::scim::service::{Deleted, Reader, Writer};

const ACCOUNT: &str = "AcC0unt";
const TOKEN: &str = "pat.AcC0unt.tok.s3cretpart";

fn world() -> World {
    World::new(ACCOUNT, TOKEN, SandboxBehavior::Documented)
}

fn reader(door: &InMemory) -> Reader<&InMemory> {
    Reader::new(door, Profile::named("harness").expect("a profile").dialect)
}

#[test]
fn lists_are_walked_to_their_real_end() {
    let mut world = world();
    for number in 0..230 {
        world
            .seed_standalone_user(format!("u{number}@x.io").as_str())
            .unwrap();
    }
    world.seed_scim_user("scim@x.io").unwrap();
    let door = InMemory::new(world, TOKEN);
    let reader = reader(&door);
    let platform = reader.platform().expect("Harness has such an API");
    assert_eq!(platform.account(), ACCOUNT);
    let users = run(platform.users()).unwrap();
    assert_eq!(users.len(), 231);
    assert_eq!(
        users.iter().filter(|user| user.externally_managed).count(),
        1
    );
    assert_eq!(door.log().len(), 3);

    door.clear_log();
    let emails = ["u7@x.io", "nobody@x.io"];
    let found = run(platform.users_by_email(&emails)).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(run(platform.users_by_email(&[])).unwrap(), []);
    assert_eq!(door.log().len(), 1, "asking for nobody asks nothing");
}

#[test]
fn groups_of_both_kinds_and_one_that_is_not_there() {
    let mut world = world();
    let ada = world.seed_scim_user("ada@x.io").unwrap();
    world.seed_scim_group("made").unwrap();
    world
        .seed_manual_group(SeedGroup::from("by-hand").with([ada.clone()]))
        .unwrap();
    let door = InMemory::new(world, TOKEN);
    let reader = reader(&door);
    let platform = reader.platform().unwrap();
    let groups = run(platform.groups()).unwrap();
    let managed: Vec<(&str, bool)> = groups
        .iter()
        .map(|group| (group.name.as_str(), group.externally_managed))
        .collect();
    assert_eq!(managed, [("made", true), ("by-hand", false)]);
    let one = run(platform.group(&GroupId::from("by_hand")))
        .unwrap()
        .unwrap();
    assert_eq!(one.users, [ada.to_string()]);
    assert_eq!(run(platform.group(&GroupId::from("none"))).unwrap(), None);
}

#[test]
fn the_token_is_told_of_in_a_body_and_nowhere_else() {
    let mut world = world();
    let ada = world.seed_scim_user("ada@x.io").unwrap();
    let mut token = Token::service_account(ACCOUNT);
    token.kind = scim_sync::sandbox::world::TokenKind::User;
    token.parent = ada.to_string();
    token.permissions.remove(&Granted::UserInvite);
    world.set_token(TOKEN, token);
    world.set_admin(&ada, AdminRole::Held).unwrap();
    let door = InMemory::new(world, TOKEN);
    let reader = reader(&door);
    let platform = reader.platform().unwrap();
    let holder = run(platform.token()).unwrap();
    assert!(holder.valid);
    assert_eq!(holder.user(), Some(ada.clone()));
    assert!(run(platform.is_last_admin(&ada)).unwrap());
    let needed = |name| -> Permission {
        let mut needs = platform.needs().iter().map(|need| need.permission);
        needs.find(|it| it.name == name).expect("it is needed")
    };
    let asked = [needed("core_user_manage"), needed("core_user_invite")];
    assert_eq!(run(platform.permitted(&asked)).unwrap(), [true, false]);
    assert!(run(platform.authentication()).unwrap().is_saml());
    let log = format!("{:?}", door.log());
    assert!(!log.contains("s3cretpart"), "{log}");
    assert!(log.contains("token/validate?accountIdentifier"), "{log}");
}

#[test]
fn bindings_are_listed_by_scope_made_and_removed() {
    let mut world = world();
    let group = world.seed_scim_group("dev").unwrap();
    world
        .bind_role(Bound::UserGroup, group.as_str(), "_account_viewer")
        .unwrap();
    let door = InMemory::new(world, TOKEN);
    let reader = reader(&door);
    let platform = reader.platform().unwrap();
    let groups = Which {
        kinds: &[PrincipalKind::UserGroup],
        roles: &[],
    };
    let account = Scope::Account;
    let project = Scope::parse("org/default/project/web").unwrap();
    let listed = |scope: &Scope| run(platform.role_assignments(scope, groups)).unwrap();
    assert_eq!(listed(&account).len(), 1);
    assert_eq!(listed(&project), []);

    let writer = Writer::new(&door, reader.dialect().clone());
    let bindings = writer.bindings().unwrap();
    let all = "_all_resources_including_child_scopes";
    let made = run(bindings.create(&group, "_project_viewer", all, &project)).unwrap();
    let found = listed(&project);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].id, made);
    assert_eq!(found[0].principal.scope_level.as_deref(), Some("account"));
    assert_eq!(run(bindings.delete(&made, &project)).unwrap(), Deleted::Now);
    assert_eq!(listed(&project), []);
    let unknown = BindingId::from("nothing");
    assert_eq!(
        run(bindings.delete(&unknown, &account)).unwrap(),
        Deleted::AlreadyGone
    );

    assert!(run(platform.has_role(&account, "_account_admin")).unwrap());
    assert!(!run(platform.has_role(&account, "typo")).unwrap());
    assert!(run(platform.has_resource_group(&account, all)).unwrap());
    assert!(!run(platform.has_resource_group(&account, "typo")).unwrap());
}

#[test]
fn what_the_token_may_not_read_is_told_as_such() {
    let mut world = world();
    let mut token = Token::service_account(ACCOUNT);
    token.permissions.clear();
    world.set_token(TOKEN, token);
    let door = InMemory::new(world, TOKEN);
    let reader = reader(&door);
    let platform = reader.platform().unwrap();
    let denied = run(platform.users()).unwrap_err();
    assert_eq!(denied.kind(), ErrorKind::Forbidden);
    assert_eq!(
        run(platform.groups()).unwrap_err().kind(),
        ErrorKind::Forbidden
    );
}

#[test]
fn plain_scim_has_no_such_api() {
    let door = InMemory::new(World::rfc(TOKEN), TOKEN);
    let dialect = Profile::named("scim").unwrap().dialect;
    assert!(Reader::new(&door, dialect).platform().is_none());
    // Nor has a base URL of another shape.
    assert!(reader(&door).platform().is_none());
}

/// Runs something that waits, with time that passes by itself.
fn run<R>(work: impl Future<Output = R>) -> R {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime can be made")
        .block_on(work)
}
