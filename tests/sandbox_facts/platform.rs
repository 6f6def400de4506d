//! The platform API beside SCIM.

use scim_sync::ids::UserId;
use scim_sync::sandbox::world::{
    AdminRole, Authentication, Permission, PrincipalKind, Token, TokenStanding,
};
use scim_sync::scim::http::Method;
use serde_json::json;

use crate::support::{ACCOUNT, Sandbox, TOKEN, assert_harness_error};

fn at(path: &str) -> String {
    format!("/gateway{path}?accountIdentifier={ACCOUNT}")
}

#[test]
fn the_key_is_the_token_in_another_header() {
    let mut it = Sandbox::documented();
    for (key, account, status) in [
        (Some(TOKEN), ACCOUNT, 200),
        (Some("other"), ACCOUNT, 401),
        (None, ACCOUNT, 401),
        (Some(TOKEN), "Other", 401),
    ] {
        let target = format!("/ng/api/user-groups?accountIdentifier={account}");
        let mut incoming = it.incoming(Method::Get, &target, None);
        incoming.api_key = key.map(str::to_owned);
        assert_eq!(it.send(&incoming).status, status);
    }
}

#[test]
fn user_batch_tells_standalone_people_and_real_totals() {
    let mut it = Sandbox::documented();
    it.scim_user("scim@x.io");
    it.standalone_user("manual@x.io");
    let all = it
        .post(&(at("/ng/api/user/batch") + "&pageSize=1"), json!({}))
        .json();
    assert_eq!(all["status"], "SUCCESS");
    assert_eq!(
        (&all["data"]["totalItems"], &all["data"]["totalPages"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(all["data"]["content"][0]["externallyManaged"], true);
    let second = it
        .post(
            &(at("/ng/api/user/batch") + "&pageSize=1&pageIndex=1"),
            json!({}),
        )
        .json();
    assert_eq!(second["data"]["content"][0]["externallyManaged"], false);
    for body in [
        json!({"emails": ["manual@x.io"]}),
        json!({"searchTerm": "MANUAL"}),
    ] {
        let found = it.post(&at("/ng/api/user/batch"), body).json();
        assert_eq!(found["data"]["content"][0]["email"], "manual@x.io");
        assert_eq!(found["data"]["totalItems"], 1);
    }
    assert_eq!(
        it.post(&(at("/ng/api/user/batch") + "&pageSize=101"), json!({}))
            .status,
        400
    );
}

#[test]
fn last_admin_is_told() {
    let mut it = Sandbox::documented();
    let id = it.scim_user("ada@x.io");
    let target = format!("{}&userId={id}", at("/ng/api/user/last-admin"));
    assert_eq!(it.get(&target).json()["data"], false);
    it.world
        .set_admin(&UserId::from(id.as_str()), AdminRole::Held)
        .unwrap();
    assert_eq!(it.get(&target).json()["data"], true);
}

#[test]
fn groups_of_any_kind_are_listed() {
    let mut it = Sandbox::documented();
    let ada = it.scim_user("ada@x.io");
    it.scim_group("Devs", &[&ada]);
    it.world.seed_manual_group("Manual").unwrap();
    let page = it.get(&at("/ng/api/user-groups")).json();
    assert_eq!(page["data"]["totalItems"], 2);
    let one = it.get(&at("/ng/api/user-groups/Devs")).json();
    assert_eq!(one["data"]["users"], json!([ada]));
    assert_eq!(one["data"]["externallyManaged"], true);
    let missing = it.get(&at("/ng/api/user-groups/None"));
    assert_harness_error(&missing, 400, "RESOURCE_NOT_FOUND_EXCEPTION", "None");
}

#[test]
fn removing_a_person_here_depends_on_documentation_or_source() {
    for mut it in [Sandbox::documented(), Sandbox::source()] {
        let documented =
            it.world.settings().behavior == scim_sync::manifest::decl::SandboxBehavior::Documented;
        let scim = it.scim_user("scim@x.io");
        let manual = it.standalone_user("manual@x.io");
        assert_eq!(
            it.delete(&at(&format!("/ng/api/user/{manual}"))).json()["data"],
            true
        );
        let reply = it.delete(&at(&format!("/ng/api/user/{scim}")));
        assert_eq!(reply.status, if documented { 400 } else { 200 });
        assert_eq!(it.world.users().count(), usize::from(documented));
    }
}

#[test]
fn role_bindings_are_made_found_and_removed() {
    let mut it = Sandbox::documented();
    it.scim_group("Devs", &[]);
    let body = json!({
        "resourceGroupIdentifier": "_all_account_level_resources",
        "roleIdentifier": "_account_viewer",
        "principal": {"identifier": "Devs", "type": "USER_GROUP", "scopeLevel": "account"},
        "disabled": false,
    });
    let made = it
        .post(&at("/authz/api/roleassignments"), body.clone())
        .json();
    let id = made["data"]["roleAssignment"]["identifier"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(id.starts_with("role_assignment_") && id.len() == "role_assignment_".len() + 20);
    let again = it.post(&at("/authz/api/roleassignments"), body.clone());
    assert_harness_error(&again, 500, "UNKNOWN_ERROR", "");

    for (filter, hits) in [
        (json!({"principalTypeFilter": ["USER_GROUP"]}), 1),
        (json!({"principalTypeFilter": ["USER"]}), 0),
        (
            json!({"principalFilter": [{"identifier": "Devs", "type": "USER_GROUP"}]}),
            1,
        ),
        (
            json!({"principalFilter": [{"identifier": "Ops", "type": "USER_GROUP"}]}),
            0,
        ),
        (json!({"roleFilter": ["_account_admin"]}), 0),
    ] {
        let found = it
            .post(&at("/authz/api/roleassignments/filter"), filter.clone())
            .json();
        assert_eq!(found["data"]["totalItems"], hits, "{filter}");
    }
    let other_scope = at("/authz/api/roleassignments/filter") + "&orgIdentifier=default";
    assert_eq!(
        it.post(&other_scope, json!({})).json()["data"]["totalItems"],
        0
    );

    for (key, wrong) in [
        ("roleIdentifier", "none"),
        ("resourceGroupIdentifier", "none"),
    ] {
        let mut body = body.clone();
        body[key] = json!(wrong);
        assert_eq!(it.post(&at("/authz/api/roleassignments"), body).status, 400);
    }
    let mut nobody = body;
    nobody["principal"]["identifier"] = json!("Ops");
    assert_eq!(
        it.post(&at("/authz/api/roleassignments"), nobody).status,
        400
    );

    let target = at(&format!("/authz/api/roleassignments/{id}"));
    assert_eq!(it.delete(&target).status, 200);
    assert_harness_error(
        &it.delete(&target),
        400,
        "INVALID_REQUEST",
        "Invalid Role Assignment",
    );
}

#[test]
fn roles_and_resource_groups_exist_or_not() {
    let mut it = Sandbox::documented();
    it.world.seed_role("deployer");
    it.world.seed_resource_group("prod");
    for (path, status) in [
        ("/authz/api/roles/_account_admin", 200),
        ("/authz/api/roles/deployer", 200),
        ("/authz/api/roles/none", 400),
        ("/resourcegroup/api/v2/resourcegroup/prod", 200),
        ("/resourcegroup/api/v2/resourcegroup/none", 400),
    ] {
        assert_eq!(it.get(&at(path)).status, status, "{path}");
    }
}

#[test]
fn login_settings_need_their_own_permission() {
    let mut it = Sandbox::documented();
    let target = at("/ng/api/authentication-settings");
    let settings = it.get(&target).json();
    assert_eq!(settings["resource"]["authenticationMechanism"], "SAML");
    assert_eq!(
        settings["resource"]["ngAuthSettings"][0]["settingsType"],
        "SAML"
    );
    it.world.set_authentication(Authentication::UserPassword);
    let settings = it.get(&target).json();
    assert_eq!(
        settings["resource"]["authenticationMechanism"],
        "USER_PASSWORD"
    );
    let mut token = Token::service_account(ACCOUNT);
    token.permissions.remove(&Permission::AuthSettingView);
    it.world.set_token(TOKEN, token);
    assert_harness_error(
        &it.get(&target),
        403,
        "NG_ACCESS_DENIED",
        "core_authsetting_view",
    );
}

#[test]
fn a_token_says_who_it_is_and_what_it_may() {
    let mut it = Sandbox::documented();
    let expired = Token {
        standing: TokenStanding::Expired,
        ..Token::service_account(ACCOUNT)
    };
    it.world.set_token("old", expired);
    for (value, valid) in [(TOKEN, true), ("old", false)] {
        let mut incoming = it.incoming(Method::Post, &at("/ng/api/token/validate"), None);
        incoming.content_type = Some("text/plain".to_owned());
        incoming.body = value.as_bytes().to_vec();
        let told = it.send(&incoming).json();
        assert_eq!(told["data"]["apiKeyType"], "SERVICE_ACCOUNT");
        assert_eq!(told["data"]["valid"], valid);
    }
    let mut token = Token::service_account(ACCOUNT);
    token.permissions.remove(&Permission::UserInvite);
    it.world.set_token(TOKEN, token);
    let asked = ["core_user_manage", "core_user_invite", "core_made_up"]
        .map(|it| json!({"resourceScope": {"accountIdentifier": ACCOUNT}, "resourceType": "USER", "permission": it}));
    let told = it
        .post(&at("/authz/api/acl"), json!({"permissions": asked}))
        .json();
    let permitted: Vec<bool> = told["data"]["accessControlList"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["permitted"].as_bool().unwrap())
        .collect();
    assert_eq!(permitted, [true, false, false]);
}

#[test]
fn a_removed_person_loses_bindings() {
    let mut it = Sandbox::documented();
    let id = it.scim_user("ada@x.io");
    it.world
        .bind_role(PrincipalKind::User, &id, "_account_viewer")
        .unwrap();
    it.delete(&format!("Users/{id}"));
    assert!(it.world.role_assignments().is_empty());
}
