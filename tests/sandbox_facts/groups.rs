//! The Groups endpoint.

use scim_sync::ids::{GroupId, UserId};
use scim_sync::sandbox::world::{PrincipalKind, SeedGroup, SeedUser, Standing};
use serde_json::{Value, json};

use crate::support::{CORE_GROUP, Sandbox, assert_empty, assert_harness_error, assert_scim_error};

#[test]
fn create_answers_the_stored_group() {
    let mut it = Sandbox::documented();
    let ada = it.scim_user("ada@x.io");
    let body = json!({
        "schemas": [CORE_GROUP], "displayName": "Team A", "externalId": "e1",
        "members": [{"value": ada}, {"value": ada}],
    });
    let reply = it.post("Groups", body);
    assert_eq!(
        (reply.status, reply.json()),
        (
            201,
            json!({
                "schemas": [CORE_GROUP], "id": "Team_A", "displayName": "Team A",
                "members": [{"value": ada, "ref": "", "display": "ada@x.io"}],
            })
        )
    );
    for blank in [json!({}), json!({"displayName": "  "})] {
        let message = "Create UserGroup- name: cannot be null or empty";
        assert_scim_error(&it.post("Groups", blank), 409, message);
    }
}

#[test]
fn create_over_a_scim_group_ignores_members_and_name() {
    let mut it = Sandbox::documented();
    let ada = it.scim_user("ada@x.io");
    let bob = it.scim_user("bob@x.io");
    it.scim_group("a-b", &[&ada]);
    let reply = it.post(
        "Groups",
        json!({"displayName": "a b", "members": [{"value": bob}]}),
    );
    assert_eq!(reply.status, 201);
    assert_eq!(reply.json()["displayName"], "a-b");
    assert_eq!(reply.members(), [ada]);
}

#[test]
fn create_over_a_manual_group_takes_it_over() {
    let mut it = Sandbox::documented();
    let ada = it.scim_user("ada@x.io");
    let bob = it.scim_user("bob@x.io");
    let manual = SeedGroup::from("a-b").with([UserId::from(ada.as_str())]);
    let id = it.world.seed_manual_group(manual).unwrap();
    let binding = it
        .world
        .bind_role(PrincipalKind::UserGroup, "a_b", "_account_viewer");
    let reply = it.post(
        "Groups",
        json!({"displayName": "a b", "members": [{"value": bob}]}),
    );
    assert_eq!((reply.status, reply.members()), (201, vec![bob]));
    assert_eq!(reply.json()["displayName"], "a-b", "the name is kept");
    assert_eq!(it.get("Groups").ids(), [id.as_str()]);
    assert!(
        it.world.role_assignments().contains_key(&binding.unwrap()),
        "bindings stay"
    );
}

#[test]
fn create_over_a_built_in_group_is_409() {
    let mut it = Sandbox::documented();
    let id = it.world.seed_built_in_group("All users").unwrap();
    assert_scim_error(
        &it.post("Groups", json!({"displayName": "All users"})),
        409,
        "",
    );
    assert_harness_error(
        &it.delete(&format!("Groups/{id}")),
        400,
        "INVALID_REQUEST",
        "",
    );
}

#[test]
fn names_are_not_unique() {
    let mut it = Sandbox::documented();
    it.scim_group("a", &[]);
    it.scim_group("b", &[]);
    assert_eq!(it.put("Groups/b", json!({"displayName": "a"})).status, 200);
    let found = it.get("Groups?filter=displayName%20eq%20%22a%22");
    assert_eq!(found.ids(), ["a", "b"]);
}

#[test]
fn members_are_account_members_standalone_ones_included() {
    let mut it = Sandbox::documented();
    let scim = it.scim_user("scim@x.io");
    let manual = it.standalone_user("manual@x.io");
    let away = it
        .world
        .seed_user(SeedUser::new("away@x.io"), Standing::Elsewhere)
        .unwrap();
    let half = it
        .world
        .seed_user(SeedUser::new("half@x.io"), Standing::FirstGenOnly)
        .unwrap();
    let members: Vec<Value> = [
        scim.as_str(),
        &manual,
        away.as_str(),
        half.as_str(),
        "nobody",
    ]
    .iter()
    .map(|id| json!({"value": id}))
    .collect();
    let reply = it.post("Groups", json!({"displayName": "Devs", "members": members}));
    assert_eq!(reply.members(), [scim, manual]);
}

#[test]
fn put_replaces_the_members_and_absent_ones_empty_the_group() {
    let mut it = Sandbox::documented();
    let ada = it.scim_user("ada@x.io");
    let bob = it.scim_user("bob@x.io");
    let group = it.scim_group("Devs", &[&ada]);
    let target = format!("Groups/{group}");
    it.put(
        &target,
        json!({"displayName": "Devs", "members": [{"value": bob}]}),
    );
    assert_eq!(it.stored_members(&group), [bob]);
    let reply = it.put(&target, json!({"displayName": "New-Name"}));
    assert!(reply.json().get("members").is_none());
    assert!(it.stored_members(&group).is_empty());
    assert_eq!(it.stored_name("Devs"), "New-Name", "the identifier stays");
    assert_scim_error(&it.put(&target, json!({"displayName": ""})), 412, "");
    assert_scim_error(&it.put(&target, json!({})), 412, "");
    assert_eq!(it.stored_name("Devs"), "New-Name");
}

#[test]
fn patch_table_for_members() {
    for op in ["add", "Add"] {
        let (mut it, ada, bob) = two_people();
        let operation =
            json!({"op": op, "path": "members", "value": [{"value": bob, "$ref": "x"}]});
        assert_empty(&it.patch("Groups/Devs", json!([operation])), 204);
        assert_eq!(it.stored_members("Devs"), [ada, bob]);
    }
    let (mut it, ada, bob) = two_people();
    let by_path = json!({"op": "remove", "path": format!("members[value eq \"{ada}\"]")});
    assert_empty(&it.patch("Groups/Devs", json!([by_path])), 204);
    assert!(it.stored_members("Devs").is_empty());
    let both = json!([{"op": "add", "path": "members", "value": [{"value": ada}, {"value": bob}]}]);
    it.patch("Groups/Devs", both);
    for op in ["remove", "Remove"] {
        let listed = json!({"op": op, "path": "members", "value": [{"value": ada}]});
        assert_empty(&it.patch("Groups/Devs", json!([listed])), 204);
        assert_eq!(it.stored_members("Devs"), [bob.as_str()]);
    }
}

fn two_people() -> (Sandbox, String, String) {
    let mut it = Sandbox::documented();
    let ada = it.scim_user("ada@x.io");
    let bob = it.scim_user("bob@x.io");
    it.scim_group("Devs", &[&ada]);
    (it, ada, bob)
}

#[test]
fn patch_table_for_the_name() {
    for (operation, name) in [
        (
            json!({"op": "Replace", "path": "displayName", "value": "X"}),
            Some("X"),
        ),
        (
            json!({"op": "replace", "value": {"id": "Devs", "displayName": "X"}}),
            Some("X"),
        ),
        (
            json!({"op": "replace", "value": {"id": "Devs"}}),
            Some("Devs"),
        ),
        (
            json!({"op": "replace", "path": "displayName", "value": "X"}),
            None,
        ),
    ] {
        let (mut it, ..) = two_people();
        let reply = it.patch("Groups/Devs", json!([operation]));
        match name {
            Some(name) => {
                assert_empty(&reply, 204);
                assert_eq!(it.stored_name("Devs"), name, "{operation}");
            }
            None => {
                let message = "Failed to update group name";
                assert_harness_error(&reply, 400, "INVALID_REQUEST", message);
                assert_eq!(it.stored_name("Devs"), "Devs");
            }
        }
    }
}

#[test]
fn a_refused_patch_leaves_no_trace() {
    let (mut it, ada, bob) = two_people();
    let operations = json!([
        {"op": "add", "path": "members", "value": [{"value": bob}]},
        {"op": "replace", "path": "displayName", "value": "X"},
    ]);
    assert_eq!(it.patch("Groups/Devs", operations).status, 400);
    assert_eq!(it.stored_members("Devs"), [ada]);
}

#[test]
fn the_last_admin_group_cannot_be_emptied_or_deleted() {
    let mut it = Sandbox::source();
    let ada = it.scim_user("ada@x.io");
    let group = it.scim_group("Admins", &[&ada]);
    it.world
        .bind_role(PrincipalKind::UserGroup, &group, "_account_admin")
        .unwrap();
    let target = format!("Groups/{group}");
    assert_eq!(it.delete(&target).status, 400);
    assert_scim_error(
        &it.put(&target, json!({"displayName": "Admins"})),
        412,
        "last Account Admin",
    );
    let remove = json!([{"op": "remove", "path": "members", "value": [{"value": ada}]}]);
    assert_eq!(it.patch(&target, remove).status, 400);
    assert_eq!(it.delete(&format!("Users/{ada}")).status, 400);
    assert_eq!(it.stored_members(&group), [ada]);

    let bob = it.scim_user("bob@x.io");
    let other = it.scim_group("More admins", &[&bob]);
    it.world
        .bind_role(PrincipalKind::UserGroup, &other, "_account_admin")
        .unwrap();
    assert_empty(&it.delete(&target), 204);
}

#[test]
fn deleting_a_group_cleans_its_bindings_later() {
    let mut it = Sandbox::source();
    it.world
        .configure(|settings| settings.purge_after_requests = 1);
    let group = it.scim_group("Devs", &[]);
    it.world
        .bind_role(PrincipalKind::UserGroup, &group, "_account_viewer")
        .unwrap();
    assert_empty(&it.delete(&format!("Groups/{group}")), 204);
    assert_eq!(it.world.role_assignments().len(), 1);
    it.get("Groups");
    it.get("Groups");
    assert_eq!(it.world.role_assignments().len(), 0);
    assert!(it.world.group(&GroupId::from(group.as_str())).is_none());
}
