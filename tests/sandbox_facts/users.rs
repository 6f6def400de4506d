//! The Users endpoint.

use scim_sync::ids::UserId;
use scim_sync::sandbox::world::{AdminRole, Invite, Permission, SeedUser, Standing, Token};
use serde_json::{Value, json};

use crate::support::{
    ACCOUNT, CORE_USER, Sandbox, TOKEN, assert_empty, assert_harness_error, assert_scim_error,
};

fn ada() -> Value {
    json!({
        "schemas": [CORE_USER], "externalId": "e1", "userName": "Ada@X.io",
        "displayName": "Ada Lovelace", "name": {"givenName": "Ada", "familyName": "Lovelace"},
        "emails": [{"value": "other@x.io", "primary": true}], "active": true, "title": "Countess",
    })
}

#[test]
fn create_stores_what_counts_and_sends_one_invitation() {
    let mut it = Sandbox::documented();
    let reply = it.post("Users", ada());
    let id = reply.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(id.len(), 22);
    assert_eq!(
        (reply.status, reply.json()),
        (
            201,
            json!({
                "schemas": [CORE_USER], "id": id, "externalId": "e1", "userName": "ada@x.io",
                "displayName": "Ada Lovelace", "active": true,
                "emails": [{"value": "ada@x.io", "primary": true}],
                "name": {"displayName": "Ada Lovelace"},
            })
        )
    );
    assert_eq!(
        it.post("Users", ada()).json()["id"],
        id,
        "a second create finds the first"
    );
    assert_eq!(it.world.invitations().len(), 1);
    assert_eq!(it.get("Users").ids(), [id]);
}

#[test]
fn the_name_comes_from_display_name_or_both_parts_or_the_address() {
    for (body, name) in [
        (
            json!({"userName": "A@x.io", "displayName": "D", "name": {"givenName": "G"}}),
            "D",
        ),
        (
            json!({"userName": "A@x.io", "name": {"givenName": "G", "familyName": "F"}}),
            "G F",
        ),
        (json!({"userName": "A@x.io"}), "a@x.io"),
    ] {
        let mut it = Sandbox::documented();
        assert_eq!(it.post("Users", body).json()["displayName"], name);
    }
    for bad in [
        json!({"userName": "a@x.io", "name": {"givenName": "G"}}),
        json!({"displayName": "No address"}),
        json!({"userName": "a@x.io", "displayName": "a:b"}),
        json!({"userName": "a@x.io", "displayName": "<b>"}),
        json!({"userName": "a@x.io", "displayName": "x".repeat(256)}),
    ] {
        let mut it = Sandbox::documented();
        assert_scim_error(&it.post("Users", bad), 409, "");
        assert!(it.world.invitations().is_empty());
    }
}

#[test]
fn adoption_makes_a_standalone_person_visible_only_when_something_changed() {
    let mut it = Sandbox::documented();
    let manual = SeedUser {
        name: Some("Ada Lovelace".to_owned()),
        ..SeedUser::new("ada@x.io")
    };
    let id = it.world.seed_standalone_user(manual).unwrap().to_string();
    let reply = it.post("Users", ada());
    assert_eq!((reply.status, &reply.json()["id"]), (201, &json!(id)));
    assert!(
        reply.json().get("externalId").is_none(),
        "stored only on creation"
    );
    assert!(
        it.get("Users").ids().is_empty(),
        "nothing changed, so not imported"
    );

    let put = it.put(&format!("Users/{id}"), ada());
    assert_eq!(put.status, 200);
    assert_eq!(
        it.get("Users").ids(),
        [id],
        "the names were new, so imported"
    );
    assert!(it.world.invitations().is_empty());
}

#[test]
fn adoption_with_another_name_is_visible_at_once() {
    let mut it = Sandbox::documented();
    let id = it.standalone_user("ada@x.io");
    it.post("Users", ada());
    assert_eq!(it.get("Users").ids(), [id]);
}

#[test]
fn create_enables_and_readds_the_ng_membership() {
    let mut it = Sandbox::documented();
    let user = SeedUser {
        disabled: true,
        ..SeedUser::new("ada@x.io")
    };
    let id = it.world.seed_user(user, Standing::FirstGenOnly).unwrap();
    assert_scim_error(
        &it.get(&format!("Users/{id}")),
        404,
        "User does not exist in NG",
    );
    let reply = it.post("Users", ada());
    assert_eq!(
        (&reply.json()["id"], &reply.json()["active"]),
        (&json!(id.as_str()), &json!(true))
    );
    assert_eq!(it.get(&format!("Users/{id}")).status, 200);
}

#[test]
fn somebody_of_another_account_is_linked_and_renamed_everywhere() {
    let mut it = Sandbox::documented();
    let user = SeedUser::new("ada@x.io").named("Old", "Name");
    let id = it.world.seed_user(user, Standing::Elsewhere).unwrap();
    let target = format!("Users/{id}");
    assert_scim_error(&it.get(&target), 404, "User does not exist in NG");
    assert_scim_error(&it.put(&target, ada()), 404, "User does not exist");
    assert_harness_error(
        &it.patch(&target, json!([])),
        400,
        "INVALID_REQUEST",
        "Invalid request: User does not exist",
    );
    assert_empty(&it.delete(&target), 204);

    let reply = it.post("Users", ada());
    assert_eq!(reply.json()["id"], id.as_str());
    assert_eq!(reply.json()["displayName"], "Ada Lovelace");
    assert_eq!(it.world.invitations().len(), 1);

    assert_empty(&it.delete(&target), 204);
    assert!(
        it.world.user(&id).is_some(),
        "the global record outlives its removal here"
    );
    assert_empty(&it.delete(&target), 204);
}

#[test]
fn without_the_invite_permission_only_known_people_can_be_posted() {
    let mut it = Sandbox::documented();
    let id = it.standalone_user("bob@x.io");
    let mut token = Token::service_account(ACCOUNT);
    token.permissions.remove(&Permission::UserInvite);
    it.world.set_token(TOKEN, token);
    assert_scim_error(&it.post("Users", ada()), 409, "core_user_invite");
    assert_eq!(
        it.post("Users", json!({"userName": "bob@x.io"})).json()["id"],
        id
    );
}

#[test]
fn an_unfinished_invitation_makes_a_create_find_nobody() {
    let mut it = Sandbox::documented();
    it.world.seed_invite("ada@x.io", Invite::Approved);
    assert_empty(&it.post("Users", ada()), 404);
    assert_eq!(it.world.users().count(), 0);
    it.world.seed_invite("ada@x.io", Invite::Pending);
    assert_eq!(it.post("Users", ada()).status, 201);
}

#[test]
fn put_needs_active() {
    let mut it = Sandbox::documented();
    let id = it.scim_user("ada@x.io");
    let target = format!("Users/{id}");
    let mut body = ada();
    body.as_object_mut().unwrap().remove("active");
    assert_scim_error(&it.put(&target, body), 404, "active");
    assert_eq!(
        it.get(&target).json()["displayName"],
        "ada@x.io",
        "nothing was applied"
    );
    assert_eq!(it.put(&target, ada()).json()["displayName"], "Ada Lovelace");
}

#[test]
fn put_inactive_removes_and_put_active_never_readds() {
    let mut it = Sandbox::documented();
    let id = it.scim_user("ada@x.io");
    let target = format!("Users/{id}");
    assert_empty(&it.put(&target, json!({"active": false})), 200);
    assert_scim_error(&it.get(&target), 404, "User does not exist in Harness");
    assert_empty(&it.put(&target, ada()), 404);
}

#[test]
fn a_taken_address_fails_put_and_is_swallowed_by_patch() {
    let mut it = Sandbox::source();
    let id = it.scim_user("ada@x.io");
    it.standalone_user("bob@x.io");
    let target = format!("Users/{id}");
    let put = it.put(
        &target,
        json!({"userName": "Bob@x.io", "displayName": "B", "active": true}),
    );
    assert_scim_error(&put, 404, "exists");
    let change = json!([{"op": "replace", "path": "userName", "value": "bob@x.io"}]);
    let patched = it.patch(&target, change);
    assert_eq!(
        (patched.status, &patched.json()["userName"]),
        (200, &json!("ada@x.io"))
    );
    assert_eq!(patched.json()["displayName"], "ada@x.io");
}

#[test]
fn patch_table() {
    let same = json!({"name": "ada@x.io", "email": "ada@x.io"});
    let renamed = json!({"name": "X", "email": "ada@x.io"});
    let gone = json!(null);
    let cases = [
        (
            json!({"op": "replace", "path": "displayName", "value": "X"}),
            &renamed,
        ),
        (
            json!({"op": "Replace", "path": "displayName", "value": "X"}),
            &renamed,
        ),
        (
            json!({"op": "add", "path": "displayName", "value": "X"}),
            &renamed,
        ),
        (
            json!({"op": "remove", "path": "displayName", "value": "X"}),
            &same,
        ),
        (
            json!({"op": "replace", "path": "displayName", "value": "a/b"}),
            &same,
        ),
        (
            json!({"op": "replace", "path": "displayName", "value": 7}),
            &same,
        ),
        (
            json!({"op": "replace", "path": "userName", "value": "ADA@x.io"}),
            &same,
        ),
        (
            json!({"op": "replace", "path": "userName", "value": ""}),
            &same,
        ),
        (
            json!({"op": "replace", "path": "displayName", "value": ""}),
            &same,
        ),
        (
            json!({"op": "replace", "path": "userName", "value": "New@x.io"}),
            &json!({"name": "ada@x.io", "email": "new@x.io"}),
        ),
        (
            json!({"op": "replace", "path": "active", "value": false}),
            &gone,
        ),
        (
            json!({"op": "Add", "path": "active", "value": "False"}),
            &gone,
        ),
        (
            json!({"op": "remove", "path": "active", "value": false}),
            &same,
        ),
        (
            json!({"op": "replace", "path": "active", "value": true}),
            &same,
        ),
        (
            json!({"op": "replace", "path": "active", "value": "no"}),
            &same,
        ),
        (json!({"op": "replace", "value": {"active": false}}), &gone),
        (json!({"op": "replace", "value": {"active": null}}), &gone),
        (json!({"op": "replace", "value": {"active": true}}), &same),
        (json!({"op": "replace", "value": {}}), &gone),
        (
            json!({"op": "replace", "value": {"displayName": "X"}}),
            &renamed,
        ),
        (
            json!({"op": "replace", "value": {"displayName": "X", "active": false}}),
            &renamed,
        ),
        (
            json!({"op": "replace", "value": {"userName": "new@x.io"}}),
            &same,
        ),
        (
            json!({"op": "replace", "path": "name.givenName", "value": "X"}),
            &same,
        ),
        (
            json!({"op": "replace", "path": "externalId", "value": "X"}),
            &same,
        ),
        (
            json!({"op": "replace", "path": "emails[type eq \"work\"].value", "value": "n@x.io"}),
            &same,
        ),
    ];
    for mut it in [Sandbox::documented(), Sandbox::source()] {
        for (operation, expected) in &cases {
            let id = it.scim_user("ada@x.io");
            let reply = it.patch(&format!("Users/{id}"), json!([operation]));
            let now = it.world.user(&UserId::from(id.as_str()));
            let now = now.map(|user| json!({"name": user.name, "email": user.email.as_str()}));
            assert_eq!(&now.unwrap_or(Value::Null), *expected, "{operation}");
            if expected.is_null() {
                assert_empty(&reply, 204);
            } else {
                assert_eq!(reply.status, 200, "{operation}");
                assert_eq!(reply.json()["displayName"], expected["name"]);
            }
            it.world = Sandbox::new(it.world.settings().behavior).world;
        }
    }
}

#[test]
fn patch_goes_on_after_an_operation_that_failed() {
    let mut it = Sandbox::documented();
    let id = it.scim_user("ada@x.io");
    let operations = json!([
        {"op": "replace", "path": "displayName", "value": "a=b"},
        {"op": "replace", "path": "displayName", "value": "Fine"},
    ]);
    assert_eq!(
        it.patch(&format!("Users/{id}"), operations).json()["displayName"],
        "Fine"
    );
}

#[test]
fn patch_and_delete_of_unknown_ids_are_400() {
    let mut it = Sandbox::documented();
    let message = "Invalid request: User does not exist";
    assert_harness_error(
        &it.patch("Users/no", json!([])),
        400,
        "INVALID_REQUEST",
        message,
    );
    let message = "Invalid request: Token is not valid.";
    assert_harness_error(&it.delete("Users/no"), 400, "INVALID_REQUEST", message);
}

#[test]
fn the_last_admin_cannot_be_removed_however_it_is_tried() {
    let mut it = Sandbox::source();
    let id = it.scim_user("ada@x.io");
    it.world
        .set_admin(&UserId::from(id.as_str()), AdminRole::Held)
        .unwrap();
    let target = format!("Users/{id}");
    let message = "Removing this user will remove the last Account Admin from NG.";
    assert_harness_error(&it.delete(&target), 400, "INVALID_REQUEST", message);
    assert_scim_error(&it.put(&target, json!({"active": false})), 404, message);
    let off = json!([{"op": "replace", "path": "active", "value": false}]);
    assert_empty(&it.patch(&target, off), 204);
    assert_eq!(it.get(&target).status, 200, "204 did not mean removed");

    let other = it.scim_user("bob@x.io");
    it.world
        .set_admin(&UserId::from(other.as_str()), AdminRole::Held)
        .unwrap();
    assert_empty(&it.delete(&target), 204);
}

#[test]
fn delete_takes_standalone_people_too_and_is_not_idempotent() {
    let mut it = Sandbox::documented();
    let id = it.standalone_user("manual@x.io");
    assert_empty(&it.delete(&format!("Users/{id}")), 204);
    assert_eq!(it.world.users().count(), 0);
    assert_eq!(it.delete(&format!("Users/{id}")).status, 400);
}

#[test]
fn somebody_created_again_has_another_id_and_no_groups() {
    let mut it = Sandbox::documented();
    it.world
        .configure(|settings| settings.purge_after_requests = 5);
    let old = it.scim_user("ada@x.io");
    let group = it.scim_group("Devs", &[&old]);
    it.delete(&format!("Users/{old}"));
    let new = it.post("Users", ada()).json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_ne!(new, old);
    assert_eq!(it.stored_members(&group), [old]);
    it.world.settle();
    assert!(it.stored_members(&group).is_empty());
}
