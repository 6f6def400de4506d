//! One test for each item of the must-have list.

use serde_json::json;

use crate::support::{Sandbox, assert_empty, assert_harness_error, assert_scim_error};
use scim_sync::ids::GroupId;
use scim_sync::sandbox::world::Generation;

#[test]
fn page_local_total_results() {
    let mut it = Sandbox::documented();
    for n in 0..25 {
        it.scim_user(&format!("u{n}@x.io"));
    }
    assert_eq!(it.get("Users").json()["totalResults"], 20);
    assert_eq!(it.get("Users?startIndex=21").json()["totalResults"], 5);
    for n in 0..3 {
        it.scim_group(&format!("g{n}"), &[]);
    }
    assert_eq!(it.get("Groups?count=2").json()["totalResults"], 2);
}

#[test]
fn ignore_bad_filter_list_all() {
    let mut it = Sandbox::documented();
    it.scim_user("a@x.io");
    it.scim_user("b@x.io");
    for bad in [
        "userName%20EQ%20%22a@x.io%22",
        "nonsense",
        "50%25%20eq%20%22a%22",
    ] {
        assert_eq!(
            it.get(&format!("Users?filter={bad}")).ids().len(),
            2,
            "{bad}"
        );
    }
    assert_eq!(
        it.get("Users?filter=userName%20eq%20%22a@x.io%22")
            .ids()
            .len(),
        1
    );
}

#[test]
fn standalone_hidden_from_list_but_visible_by_id() {
    let mut it = Sandbox::documented();
    let id = it.standalone_user("manual@x.io");
    assert_eq!(it.get("Users").ids(), Vec::<String>::new());
    let filtered = it.get("Users?filter=userName%20eq%20%22manual@x.io%22");
    assert_eq!(filtered.ids(), Vec::<String>::new());
    let by_id = it.get(&format!("Users/{id}"));
    assert_eq!(
        (by_id.status, &by_id.json()["userName"]),
        (200, &json!("manual@x.io"))
    );
}

#[test]
fn post_201_for_existing() {
    let mut it = Sandbox::documented();
    let scim = it.scim_user("ada@x.io");
    let manual = it.standalone_user("bob@x.io");
    for (email, id) in [("Ada@X.io", scim), ("bob@x.io", manual)] {
        let reply = it.post("Users", json!({"userName": email, "displayName": "N N"}));
        assert_eq!((reply.status, &reply.json()["id"]), (201, &json!(id)));
    }
    assert!(it.world.invitations().is_empty(), "nobody is invited twice");
    assert_eq!(it.world.users().count(), 2);
}

#[test]
fn echo_put_group() {
    let mut it = Sandbox::documented();
    let group = it.scim_group("Devs", &[]);
    let body = json!({"displayName": "Devs", "members": [{"value": "nobody"}]});
    let reply = it.put(&format!("Groups/{group}"), body);
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json()["id"], json!(null));
    assert_eq!(reply.members(), ["nobody"]);
    assert!(it.get(&format!("Groups/{group}")).members().is_empty());
}

#[test]
fn silent_no_op_patches() {
    let mut it = Sandbox::documented();
    let ada = it.scim_user("ada@x.io");
    let bob = it.scim_user("bob@x.io");
    let group = it.scim_group("Devs", &[&ada]);
    let target = format!("Groups/{group}");
    let value = json!([{"value": bob}]);
    for no_op in [
        json!({"op": "add", "value": {"members": value}}),
        json!({"op": "remove", "path": "members"}),
        json!({"op": "add", "path": "externalId", "value": "x"}),
        json!({"op": "add", "path": "members", "value": [{"value": bob, "role": "x"}]}),
        json!({"op": "add", "path": "members", "value": {"value": bob}}),
        json!({"op": "remove", "path": format!("members[value eq \"{ada}\" ]")}),
        json!({"op": "remove", "path": format!("members[value  eq  \"{ada}\"]x")}),
        json!({"op": "Replace", "path": "externalId", "value": "x"}),
    ] {
        assert_empty(&it.patch(&target, json!([no_op])), 204);
        assert_eq!(it.stored_members(&group), [ada.as_str()], "{no_op}");
    }
}

#[test]
fn drop_unknown_members() {
    let mut it = Sandbox::documented();
    let ada = it.scim_user("ada@x.io");
    let body = json!({"displayName": "Devs", "members": [{"value": ada}, {"value": "nobody"}]});
    let created = it.post("Groups", body);
    assert_eq!(
        (created.status, created.members()),
        (201, vec![ada.clone()])
    );
    let patch = json!([{"op": "add", "path": "members", "value": [{"value": "nobody"}]}]);
    assert_empty(&it.patch("Groups/Devs", patch), 204);
    assert_eq!(it.stored_members("Devs"), [ada]);
}

#[test]
fn id_is_not_the_name() {
    let mut it = Sandbox::documented();
    let created = it.post("Groups", json!({"displayName": "example-group"}));
    assert_eq!(created.json()["id"], "example_group");
    assert_eq!(created.json()["displayName"], "example-group");
}

#[test]
fn empty_404s() {
    let mut it = Sandbox::documented();
    let manual = it.world.seed_manual_group("Manual").unwrap();
    assert_empty(&it.put("Users/nobody", json!({"active": true})), 404);
    for id in ["nothing", manual.as_str()] {
        let target = format!("Groups/{id}");
        assert_empty(&it.put(&target, json!({"displayName": "X"})), 404);
        assert_empty(&it.patch(&target, json!([])), 404);
    }
}

#[test]
fn delete_group_401() {
    for mut it in [Sandbox::documented(), Sandbox::source()] {
        let manual = it.world.seed_manual_group("Manual").unwrap();
        for id in ["nothing", manual.as_str()] {
            let reply = it.delete(&format!("Groups/{id}"));
            assert_harness_error(&reply, 401, "INVALID_TOKEN", "Token is not valid.");
        }
        assert!(it.world.group(&manual).is_some());
    }
}

#[test]
fn two_error_envelopes() {
    let mut it = Sandbox::documented();
    let scim = it.get("Users/nobody");
    assert_scim_error(&scim, 404, "User does not exist in Harness");
    for key in ["id", "externalId", "meta"] {
        assert_eq!(scim.json().get(key), Some(&json!(null)));
    }
    let harness = it.delete("Users/nobody");
    assert_harness_error(
        &harness,
        400,
        "INVALID_REQUEST",
        "Invalid request: Token is not valid.",
    );
    assert!(harness.json()["correlationId"].is_string());
}

#[test]
fn async_member_purge() {
    let mut it = Sandbox::documented();
    let ada = it.scim_user("ada@x.io");
    let group = it.scim_group("Devs", &[&ada]);
    it.world
        .configure(|settings| settings.purge_after_requests = 2);
    assert_empty(&it.delete(&format!("Users/{ada}")), 204);
    let target = format!("Groups/{group}");
    assert_eq!(
        it.get(&target).members(),
        [ada.as_str()],
        "first request after"
    );
    assert_eq!(
        it.get(&target).members(),
        [ada.as_str()],
        "second request after"
    );
    assert!(it.get(&target).members().is_empty(), "third request after");

    let bob = it.scim_user("bob@x.io");
    let now = it.scim_group("Ops", &[&bob]);
    it.world
        .configure(|settings| settings.purge_after_requests = 0);
    it.delete(&format!("Users/{bob}"));
    assert!(it.get(&format!("Groups/{now}")).members().is_empty());
}

#[test]
fn legacy_2023_against_current_for_collision() {
    for generation in [Generation::Legacy2023, Generation::Current] {
        let mut it = Sandbox::documented();
        it.world
            .configure(|settings| settings.generation = generation);
        it.scim_group("a-b", &[]);
        let reply = it.post("Groups", json!({"displayName": "a.b"}));
        match generation {
            Generation::Legacy2023 => assert_scim_error(
                &reply,
                409,
                "Try using different user group identifier, [a_b] cannot be used",
            ),
            Generation::Current => {
                assert_eq!(reply.status, 201);
                assert_eq!(reply.json()["displayName"], "a-b");
            }
        }
    }
}

#[test]
fn legacy_2023_against_current_for_replace_members() {
    for generation in [Generation::Legacy2023, Generation::Current] {
        let mut it = Sandbox::documented();
        it.world
            .configure(|settings| settings.generation = generation);
        let ada = it.scim_user("ada@x.io");
        let bob = it.scim_user("bob@x.io");
        let group = it.scim_group("Devs", &[&ada]);
        let target = format!("Groups/{group}");
        let replace = |op: &str| json!([{"op": op, "path": "members", "value": [{"value": bob}]}]);
        assert_empty(&it.patch(&target, replace("replace")), 204);
        let capital = it.patch(&target, replace("Replace"));
        match generation {
            Generation::Legacy2023 => {
                assert_harness_error(&capital, 400, "INVALID_REQUEST", "");
                assert_eq!(it.stored_members(&group), [ada]);
            }
            Generation::Current => {
                assert_empty(&capital, 204);
                assert_eq!(it.stored_members(&group), [bob]);
            }
        }
    }
}

#[test]
fn documented_against_source_for_group_delete() {
    let mut it = Sandbox::documented();
    let group = it.scim_group("Devs", &[]);
    let reply = it.delete(&format!("Groups/{group}"));
    let refusal = "Cannot Delete Group Imported From SCIM";
    assert_harness_error(&reply, 400, "INVALID_REQUEST", refusal);
    assert!(it.world.group(&GroupId::from(group.as_str())).is_some());
    it.world
        .remove_group(&GroupId::from(group.as_str()))
        .expect("Support can");
    assert_eq!(it.get(&format!("Groups/{group}")).status, 404);

    let mut it = Sandbox::source();
    let group = it.scim_group("Devs", &[]);
    assert_empty(&it.delete(&format!("Groups/{group}")), 204);
    assert_eq!(it.get(&format!("Groups/{group}")).status, 404);
}

#[test]
fn documented_against_source_for_email_change() {
    for mut it in [Sandbox::documented(), Sandbox::source()] {
        let documented =
            it.world.settings().behavior == scim_sync::manifest::decl::SandboxBehavior::Documented;
        let id = it.scim_user("ada@x.io");
        let target = format!("Users/{id}");
        let changed = it.put(&target, json!({"userName": "Ada.L@X.io", "active": true}));
        assert_eq!(
            (changed.status, &changed.json()["userName"]),
            (200, &json!("ada.l@x.io"))
        );
        assert_eq!(changed.json()["id"], id);
        let deleted = it.delete(&target);
        if documented {
            assert_harness_error(&deleted, 400, "INVALID_REQUEST", "User does not exist");
            let off = json!([{"op": "replace", "path": "active", "value": false}]);
            assert_empty(&it.patch(&target, off), 204);
            assert_scim_error(
                &it.put(&target, json!({"active": false})),
                404,
                "does not exist",
            );
            assert_eq!(it.get(&target).status, 200, "still there");
            it.put(&target, json!({"userName": "ada@x.io", "active": true}));
            assert_empty(&it.delete(&target), 204);
        } else {
            assert_empty(&deleted, 204);
            assert_eq!(it.get(&target).status, 404);
        }
    }
}
