//! Tokens, permissions, paths, media types and the static documents.

use scim_sync::sandbox::world::{Permission, Token, TokenStanding};
use scim_sync::scim::http::Method;
use serde_json::json;

use crate::support::{ACCOUNT, Sandbox, TOKEN, assert_harness_error};

const BAD_TOKEN: (u16, &str, &str) = (401, "INVALID_TOKEN", "Token is not valid.");

#[test]
fn whatever_is_wrong_with_a_token_sounds_the_same() {
    let mut it = Sandbox::documented();
    for (value, standing, account) in [
        ("expired", TokenStanding::Expired, ACCOUNT),
        ("revoked", TokenStanding::Revoked, ACCOUNT),
        ("foreign", TokenStanding::Valid, "Other"),
    ] {
        let token = Token {
            standing,
            ..Token::service_account(account)
        };
        it.world.set_token(value, token);
    }
    for header in [
        "Bearer unknown",
        "Bearer expired",
        "Bearer revoked",
        "Bearer foreign",
        TOKEN,
    ] {
        let mut incoming = it.incoming(Method::Get, "Users", None);
        incoming.authorization = Some(header.to_owned());
        let reply = it.send(&incoming);
        assert_harness_error(&reply, BAD_TOKEN.0, BAD_TOKEN.1, BAD_TOKEN.2);
    }
    let reply = it.get("/gateway/ng/api/scim/account/Other/Users");
    assert_harness_error(&reply, BAD_TOKEN.0, BAD_TOKEN.1, BAD_TOKEN.2);
}

#[test]
fn without_the_header_the_service_fails() {
    let mut it = Sandbox::documented();
    let mut incoming = it.incoming(Method::Get, "Users", None);
    incoming.authorization = None;
    assert_harness_error(&it.send(&incoming), 500, "UNKNOWN_ERROR", "Oops");
}

#[test]
fn each_call_needs_its_permission() {
    let user = json!({"userName": "new@x.io", "displayName": "New", "active": true});
    let group = json!({"displayName": "New"});
    let no_operations = json!({"Operations": []});
    let calls = [
        (Permission::UserView, Method::Get, "Users", None),
        (Permission::UserView, Method::Get, "Users/x", None),
        (Permission::UserManage, Method::Post, "Users", Some(&user)),
        (Permission::UserManage, Method::Put, "Users/x", Some(&user)),
        (
            Permission::UserManage,
            Method::Patch,
            "Users/x",
            Some(&no_operations),
        ),
        (Permission::UserManage, Method::Delete, "Users/x", None),
        (Permission::UserGroupView, Method::Get, "Groups", None),
        (Permission::UserGroupView, Method::Get, "Groups/x", None),
        (
            Permission::UserGroupManage,
            Method::Post,
            "Groups",
            Some(&group),
        ),
        (
            Permission::UserGroupManage,
            Method::Put,
            "Groups/x",
            Some(&group),
        ),
        (
            Permission::UserGroupManage,
            Method::Patch,
            "Groups/x",
            Some(&no_operations),
        ),
        (
            Permission::UserGroupManage,
            Method::Delete,
            "Groups/x",
            None,
        ),
    ];
    for (permission, method, target, body) in calls {
        let mut it = Sandbox::documented();
        let mut token = Token::service_account(ACCOUNT);
        token.permissions.remove(&permission);
        it.world.set_token(TOKEN, token);
        let incoming = it.incoming(method, target, body);
        let reply = it.send(&incoming);
        let message = format!(
            "\"User not Authorized: Token needs to have {} permission on account: {ACCOUNT} to",
            permission.as_str()
        );
        assert_harness_error(&reply, 403, "NG_ACCESS_DENIED", &message);
        assert_eq!(it.world.users().count() + it.world.groups().count(), 0);
    }
}

#[test]
fn paths_that_lead_nowhere() {
    let mut it = Sandbox::documented();
    for inside in ["Me", "Bulk", "Schemas/x", "Users/x/y", ""] {
        assert_harness_error(&it.get(inside), 400, "RESOURCE_NOT_FOUND_EXCEPTION", "");
    }
    for outside in [
        "/",
        "/scim/v2/Users",
        // FirstGen's SCIM is there for its list of users alone.
        "/gateway/api/scim/account/AcC0unt/Groups",
        "/gateway/api/scim/account/AcC0unt/Users/x",
    ] {
        let reply = it.get(outside);
        assert_eq!(reply.status, 404);
        assert_eq!(reply.content_type.as_deref(), Some("text/html"));
        assert!(reply.text.contains("<html>"));
    }
    assert_eq!(
        it.get(&format!("/ng/api/scim/account/{ACCOUNT}/Users"))
            .status,
        200
    );
}

#[test]
fn media_types_in_and_out() {
    let mut it = Sandbox::documented();
    let body = json!({"userName": "a@x.io"});
    for (sent, status) in [
        (Some("application/json; charset=utf-8"), 201),
        (Some("application/scim+json"), 201),
        (Some("text/plain"), 415),
        (None, 415),
    ] {
        let mut incoming = it.incoming(Method::Post, "Users", Some(&body));
        incoming.content_type = sent.map(str::to_owned);
        let reply = it.send(&incoming);
        if status == 415 {
            assert_harness_error(&reply, 415, "MEDIA_NOT_SUPPORTED", "");
        } else {
            assert_eq!(reply.status, status);
        }
    }
    for (accept, answered) in [
        (None, "application/scim+json;charset=utf-8"),
        (Some("*/*"), "application/scim+json;charset=utf-8"),
        (Some("application/json"), "application/json;charset=utf-8"),
        (
            Some("text/html, application/json;q=0.9"),
            "application/json;charset=utf-8",
        ),
    ] {
        let mut incoming = it.incoming(Method::Get, "Users", None);
        incoming.accept = accept.map(str::to_owned);
        assert_eq!(it.send(&incoming).content_type.as_deref(), Some(answered));
    }
}

#[test]
fn unreadable_json_is_answered_by_the_json_layer() {
    let mut it = Sandbox::documented();
    let id = it.scim_user("a@x.io");
    let group = it.scim_group("Devs", &[]);
    for (method, target) in [
        (Method::Post, "Users".to_owned()),
        (Method::Put, format!("Users/{id}")),
        (Method::Patch, format!("Users/{id}")),
        (Method::Post, "Groups".to_owned()),
        (Method::Put, format!("Groups/{group}")),
        (Method::Patch, format!("Groups/{group}")),
    ] {
        for body in [&b"{"[..], b"[]", b"", b"\xff"] {
            let mut incoming = it.incoming(method, &target, Some(&json!({})));
            incoming.body = body.to_vec();
            let reply = it.send(&incoming);
            assert_eq!(reply.status, 400, "{method} {target}");
            assert_eq!(reply.json()["code"], 400);
            assert_eq!(reply.json()["message"], "Unable to process JSON");
        }
    }
}

#[test]
fn an_operation_must_be_spelled_in_one_of_six_ways() {
    let mut it = Sandbox::documented();
    let id = it.scim_user("a@x.io");
    for bad in [
        json!({"op": "REPLACE", "path": "displayName", "value": "X"}),
        json!({"op": "Replace", "value": {"displayName": "X"}}),
        json!({"op": "Remove", "path": "members[value eq \"x\"]"}),
        json!({"path": "displayName", "value": "X"}),
    ] {
        let reply = it.patch(&format!("Users/{id}"), json!([bad]));
        assert_eq!(
            (reply.status, &reply.json()["code"]),
            (400, &json!(400)),
            "{bad}"
        );
    }
}

#[test]
fn static_documents_with_their_oddities() {
    let mut it = Sandbox::documented();
    let config = it.get("ServiceProviderConfig").json();
    assert!(config.get("schemas").is_none());
    assert!(config.get("authenticationSchemes").is_none());
    assert!(config["scimAuthenticationSchemes"].is_array());
    assert_eq!(config["patch"]["supported"], true);
    assert_eq!(
        config["bulk"],
        json!({"supported": false, "maxOperations": 1, "maxPayloadSize": 0})
    );
    assert_eq!(
        config["filter"],
        json!({"supported": true, "maxResults": 1000})
    );
    let types = it.get("ResourceTypes");
    assert_eq!(types.texts("endpoint"), ["/Users", "/Groups"]);
    let schemas = it.get("Schemas").json();
    assert_eq!(schemas["Resources"].as_array().unwrap().len(), 5);
    assert_eq!(
        schemas["Resources"][1]["attributes"][1]["subAttributes"][1]["name"],
        "ref"
    );
}
