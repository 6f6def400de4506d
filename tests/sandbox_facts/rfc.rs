//! The strict RFC 7644 provider.

use scim_sync::scim::http::Method;
use serde_json::{Value, json};

use crate::support::{CORE_GROUP, CORE_USER, Reply, Sandbox};

fn user(name: &str) -> Value {
    json!({
        "schemas": [CORE_USER], "userName": name, "externalId": format!("ext-{name}"),
        "displayName": "Ada L", "name": {"givenName": "Ada", "familyName": "L"},
        "emails": [{"value": name, "type": "work", "primary": true}], "active": true,
    })
}

fn create(it: &mut Sandbox, name: &str) -> String {
    let reply = it.post("Users", user(name));
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.json()["id"].as_str().unwrap().to_owned()
}

fn group(it: &mut Sandbox, name: &str, members: &[&str]) -> String {
    let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
    let body = json!({"schemas": [CORE_GROUP], "displayName": name, "members": members});
    let reply = it.post("Groups", body);
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.json()["id"].as_str().unwrap().to_owned()
}

#[track_caller]
fn assert_error(reply: &Reply, status: u16, scim_type: Option<&str>) {
    assert_eq!(reply.status, status, "{}", reply.text);
    let json = reply.json();
    assert_eq!(json["status"], status.to_string(), "the status is a string");
    assert_eq!(json.get("scimType").and_then(Value::as_str), scim_type);
}

#[test]
fn what_is_created_comes_back() {
    let mut it = Sandbox::rfc();
    let id = create(&mut it, "Ada@x.io");
    let shown = it.get(&format!("Users/{id}"));
    assert_eq!(shown.content_type.as_deref(), Some("application/scim+json"));
    let shown = shown.json();
    for (key, value) in user("Ada@x.io").as_object().unwrap() {
        assert_eq!(&shown[key], value, "{key}");
    }
    assert_eq!(shown["meta"]["resourceType"], "User");
}

#[test]
fn user_name_is_unique_whatever_its_case() {
    let mut it = Sandbox::rfc();
    create(&mut it, "ada@x.io");
    assert_error(&it.post("Users", user("ADA@x.io")), 409, Some("uniqueness"));
    let bob = create(&mut it, "bob@x.io");
    let rename = json!([{"op": "replace", "path": "userName", "value": "Ada@x.io"}]);
    assert_error(
        &it.patch(&format!("Users/{bob}"), rename),
        409,
        Some("uniqueness"),
    );
    let own_case = json!([{"op": "replace", "path": "userName", "value": "Bob@x.io"}]);
    assert_eq!(
        it.patch(&format!("Users/{bob}"), own_case).json()["userName"],
        "Bob@x.io"
    );
}

#[test]
fn paging_is_1_based_capped_and_counts_the_whole() {
    let mut it = Sandbox::rfc();
    for n in 0..130 {
        create(&mut it, &format!("u{n}@x.io"));
    }
    let first = it.get("Users?count=500").json();
    assert_eq!(
        (&first["totalResults"], &first["itemsPerPage"]),
        (&json!(130), &json!(100))
    );
    assert_eq!(first["startIndex"], 1);
    let last = it.get("Users?count=500&startIndex=101").json();
    assert_eq!(
        (&last["totalResults"], &last["itemsPerPage"]),
        (&json!(130), &json!(30))
    );
    let none = it.get("Users?count=0").json();
    assert_eq!(
        (&none["totalResults"], &none["itemsPerPage"]),
        (&json!(130), &json!(0))
    );
}

#[test]
fn filters_compare_as_the_attribute_says() {
    let mut it = Sandbox::rfc();
    let id = create(&mut it, "ada@x.io");
    let devs = group(&mut it, "Devs", &[]);
    for (filter, hits) in [
        ("userName eq \"ADA@x.io\"", 1),
        ("USERNAME EQ \"ada@x.io\"", 1),
        (
            "urn:ietf:params:scim:schemas:core:2.0:User:userName eq \"ada@x.io\"",
            1,
        ),
        ("displayName eq \"ada l\"", 1),
        ("externalId eq \"ext-ada@x.io\"", 1),
        ("externalId eq \"EXT-ada@x.io\"", 0),
        ("emails.value eq \"ada@x.io\"", 1),
        ("userName eq \"none\"", 0),
    ] {
        let encoded: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        let found = it.get(&format!("Users?filter={encoded}"));
        assert_eq!(found.ids().len(), hits, "{filter}");
        assert!(found.ids().iter().all(|found| *found == id));
    }
    let found = it.get("Groups?filter=displayName%20eq%20%22dEVS%22");
    assert_eq!(found.ids(), [devs]);
    for bad in [
        "nonsense",
        "userName%20co%20%22a%22",
        "userName%20eq%20a",
        "nick%20eq%20%22a%22",
    ] {
        assert_error(
            &it.get(&format!("Users?filter={bad}")),
            400,
            Some("invalidFilter"),
        );
    }
}

#[test]
fn inactive_people_stay() {
    let mut it = Sandbox::rfc();
    let id = create(&mut it, "ada@x.io");
    let off = json!([{"op": "replace", "path": "active", "value": false}]);
    assert_eq!(
        it.patch(&format!("Users/{id}"), off).json()["active"],
        false
    );
    assert_eq!(it.get("Users").ids(), [id.as_str()]);
    let on = json!([{"op": "replace", "value": {"active": true}}]);
    assert_eq!(it.patch(&format!("Users/{id}"), on).json()["active"], true);
    let text = json!([{"op": "replace", "path": "active", "value": "False"}]);
    assert_error(
        &it.patch(&format!("Users/{id}"), text),
        400,
        Some("invalidValue"),
    );
}

#[test]
fn user_patch_paths() {
    let mut it = Sandbox::rfc();
    let id = create(&mut it, "ada@x.io");
    let target = format!("Users/{id}");
    let operations = json!([
        {"op": "replace", "path": "name.givenName", "value": "Augusta"},
        {"op": "replace", "path": "displayName", "value": "Augusta"},
        {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "a@y.io"},
        {"op": "remove", "path": "externalId"},
    ]);
    let shown = it.patch(&target, operations).json();
    assert_eq!(
        shown["name"],
        json!({"givenName": "Augusta", "familyName": "L"})
    );
    assert_eq!(shown["displayName"], "Augusta");
    assert_eq!(shown["emails"][0]["value"], "a@y.io");
    assert!(shown.get("externalId").is_none());
    for (operation, status, kind) in [
        (
            json!({"op": "Replace", "path": "displayName", "value": "X"}),
            400,
            "invalidSyntax",
        ),
        (
            json!({"op": "replace", "path": "shoeSize", "value": 42}),
            400,
            "invalidPath",
        ),
        (
            json!({"op": "replace", "path": "id", "value": "x"}),
            400,
            "mutability",
        ),
        (json!({"op": "remove"}), 400, "noTarget"),
        (
            json!({"op": "remove", "path": "userName"}),
            400,
            "invalidValue",
        ),
    ] {
        let first = json!({"op": "replace", "path": "displayName", "value": "half done"});
        let reply = it.patch(&target, json!([first, operation]));
        assert_error(&reply, status, Some(kind));
        assert_eq!(
            it.get(&target).json()["displayName"],
            "Augusta",
            "all or nothing"
        );
    }
}

#[test]
fn group_members_by_path_list_and_all() {
    let mut it = Sandbox::rfc();
    let ids = ["a", "b", "c"].map(|name| create(&mut it, &format!("{name}@x.io")));
    let [a, b, c] = ids.each_ref().map(String::as_str);
    let devs = group(&mut it, "Devs", &[a]);
    let target = format!("Groups/{devs}");
    let steps: [(Value, &[&str]); 6] = [
        (
            json!({"op": "add", "path": "members", "value": [{"value": b}, {"value": c}]}),
            &[a, b, c],
        ),
        (
            json!({"op": "remove", "path": format!("members[value eq \"{a}\"]")}),
            &[b, c],
        ),
        (
            json!({"op": "add", "value": {"members": [{"value": a}]}}),
            &[a, b, c],
        ),
        (
            json!({"op": "replace", "path": "members", "value": [{"value": c}]}),
            &[c],
        ),
        (
            json!({"op": "add", "path": "members", "value": [{"value": b}]}),
            &[b, c],
        ),
        // A remove with a list as its value still removes everybody.
        (
            json!({"op": "remove", "path": "members", "value": [{"value": b}]}),
            &[],
        ),
    ];
    for (operation, members) in steps {
        let reply = it.patch(&target, json!([operation]));
        assert_eq!(
            (reply.status, reply.text.as_str()),
            (204, ""),
            "{operation}"
        );
        assert_eq!(it.get(&target).members(), members, "{operation}");
    }
    let unknown = json!([{"op": "add", "path": "members", "value": [{"value": "nobody"}]}]);
    assert_error(&it.patch(&target, unknown), 400, Some("invalidValue"));
}

#[test]
fn groups_are_renamed_replaced_and_deleted() {
    let mut it = Sandbox::rfc();
    let ada = create(&mut it, "ada@x.io");
    let devs = group(&mut it, "Devs", &[&ada]);
    let target = format!("Groups/{devs}");
    let rename = json!([{"op": "replace", "path": "displayName", "value": "Ops"}]);
    assert_eq!(it.patch(&target, rename).status, 204);
    let shown = it.get(&target).json();
    assert_eq!(
        (&shown["id"], &shown["displayName"]),
        (&json!(devs), &json!("Ops"))
    );
    assert!(
        it.get(&format!("{target}?excludedAttributes=members"))
            .json()
            .get("members")
            .is_none()
    );
    let put = it.put(
        &target,
        json!({"schemas": [CORE_GROUP], "displayName": "All"}),
    );
    assert_eq!((put.status, put.members()), (200, Vec::new()));
    assert_eq!(it.delete(&target).status, 204);
    assert_error(&it.delete(&target), 404, None);
    assert_error(&it.get(&target), 404, None);
}

#[test]
fn a_deleted_person_leaves_the_groups_at_once() {
    let mut it = Sandbox::rfc();
    let ada = create(&mut it, "ada@x.io");
    let devs = group(&mut it, "Devs", &[&ada]);
    assert_eq!(it.delete(&format!("Users/{ada}")).status, 204);
    assert_error(&it.get(&format!("Users/{ada}")), 404, None);
    assert!(it.get(&format!("Groups/{devs}")).members().is_empty());
    assert_ne!(create(&mut it, "ada@x.io"), ada);
}

#[test]
fn strictness_at_the_door() {
    let mut it = Sandbox::rfc();
    let mut incoming = it.incoming(Method::Get, "Users", None);
    incoming.authorization = Some("Bearer other".to_owned());
    assert_error(&it.send(&incoming), 401, None);
    let mut incoming = it.incoming(Method::Post, "Users", Some(&user("a@x.io")));
    incoming.content_type = Some("text/plain".to_owned());
    assert_error(&it.send(&incoming), 415, None);
    let no_schema = json!({"userName": "a@x.io"});
    assert_error(&it.post("Users", no_schema), 400, Some("invalidSyntax"));
    assert_error(
        &it.post("Users", json!({"schemas": [CORE_USER]})),
        400,
        Some("invalidValue"),
    );
    assert_error(&it.get("Nothing"), 404, None);
    assert_error(&it.delete("Users"), 405, None);
    assert_eq!(
        it.get("/elsewhere").content_type.as_deref(),
        Some("text/html")
    );
}
