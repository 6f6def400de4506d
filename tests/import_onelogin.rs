//! `scim-sync import onelogin` with the real binary, over real HTTP, against a tenant that is
//! built from OneLogin's reference.

#[path = "support/cli.rs"]
mod cli;
#[path = "support/onelogin.rs"]
mod onelogin;

use cli::{Place, Ran};
use onelogin::{CLIENT_SECRET, OneLogin, Paging, Reply, Scope, TOKEN, every_role};
use serde_json::{Value, json};

const HARNESS: u64 = 42;

/// A tenant as Harness' page on OneLogin sets one up, and what tenants have besides.
fn tenant() -> OneLogin {
    let tenant = OneLogin::start();
    tenant.user(1, "Ada@Example.com", "Ada", "Lovelace");
    tenant.user(2, "bob@example.com", "Bob", "Byrne");
    tenant.user(3, "cyd@example.com", "Cyd", "Charisse");
    tenant.user(4, "dan@elsewhere.com", "Dan", "Dare");
    tenant.set(3, "status", json!(2));
    tenant.set(2, "status", json!(3));
    tenant.role(10, "platform", &[HARNESS], &[1, 2]);
    tenant.role(11, "on-call", &[HARNESS, 7], &[1, 3]);
    tenant.role(12, "Default", &[7], &[1, 2, 3, 4]);
    tenant.app(HARNESS, "Harness", &[1, 2, 3]);
    tenant.app(7, "Slack", &[4]);
    tenant.rule(HARNESS, every_role());
    tenant
}

fn run(place: &Place, tenant: &OneLogin, arguments: &[&str]) -> Ran {
    let base = ["import", "onelogin", "--base-url", &tenant.base_url];
    let ran = place.run_with(&tenant.variables(), &[&base[..], arguments].concat());
    for secret in [CLIENT_SECRET, TOKEN, "a-token-of-somebody-else"] {
        let told = format!("{}{}", ran.out, ran.err);
        assert!(!told.contains(secret), "{told}");
    }
    ran
}

/// A manifest without the day and the port it was made on.
fn manifest(place: &Place, tenant: &OneLogin, name: &str) -> String {
    let text = place.read(name).replace(&tenant.base_url, "[onelogin]");
    let today = text.lines().find(|line| line.starts_with("# Imported"));
    let today = today
        .and_then(|line| line.rsplit_once(" on "))
        .expect("a day")
        .1;
    text.replace(today, "TODAY:")
}

#[test]
fn a_manifest_of_what_the_app_provisions() {
    let (place, tenant) = (Place::new(), tenant());
    run(&place, &tenant, &["--app", "harness", "--out", "access"])
        .ends(0)
        .says("created access/scim-sync.yaml")
        .warns("declared 3 people, 2 roles and 4 memberships");
    expect_test::expect![[r##"
        # yaml-language-server: $schema=./schema/manifest.schema.json
        # Imported from OneLogin at [onelogin], app Harness on TODAY:
        # 3 people, 2 roles, 4 memberships.
        version: 1
        target:
          provider: harness

        # 3 people, 1 suspended
        users:
          ada: { email: Ada@Example.com, givenName: Ada, familyName: Lovelace }
          # locked in OneLogin after failed logins
          bob: { email: bob@example.com, givenName: Bob, familyName: Byrne }
          cyd: { email: cyd@example.com, givenName: Cyd, familyName: Charisse, status: suspended }

        # 2 roles
        roles:
          # 2 members
          on-call: { members: [ada, cyd] }
          # 2 members
          platform: { members: [ada, bob] }

        groupMappings:
          # OneLogin's rule Harness groups
          - { match: ".*", group: "{role}" }
    "##]]
    .assert_eq(&manifest(&place, &tenant, "access/scim-sync.yaml"));
    place
        .run(&["-f", "access/scim-sync.yaml", "validate"])
        .ends(0);
    place
        .run(&["-f", "access/scim-sync.yaml", "fmt", "--check"])
        .ends(0);
    // The app's configuration, with its token, is not what was asked for.
    let log = tenant.log().join("\n");
    assert!(
        log.contains("GET /api/2/users?limit=50&fields=id%2Cemail"),
        "{log}"
    );
    assert!(!log.contains("after_cursor"), "{log}");
    let writes = tenant
        .log()
        .into_iter()
        .filter(|it| !it.starts_with("GET "));
    assert_eq!(writes.collect::<Vec<_>>(), ["POST /auth/oauth2/v2/token"]);
}

#[test]
fn nothing_is_written_over() {
    let (place, tenant) = (
        Place::with("version: 1\ntarget: { provider: harness }\n"),
        tenant(),
    );
    run(&place, &tenant, &["--app", "Harness"])
        .ends(1)
        .warns("would-overwrite");
    run(&place, &tenant, &["--app", "Harness", "--out", "new"]).ends(0);
    run(&place, &tenant, &["--app", "Harness", "--out", "new"])
        .ends(1)
        .warns("would-overwrite");
    assert_eq!(
        tenant
            .log()
            .iter()
            .filter(|it| it.starts_with("POST"))
            .count(),
        1
    );
    // It is for what the manifest that is there is for.
    assert!(
        place
            .read("new/scim-sync.yaml")
            .contains("target: { provider: harness }")
    );
}

#[test]
fn a_file_for_each_group_and_a_target() {
    let (place, tenant) = (Place::new(), tenant());
    let arguments = [
        "--app",
        "42",
        "--layout",
        "per-group",
        "--target-url",
        "https://app.harness.io/gateway/ng/api/scim/account/kmpySmUISimoRrJL6NL73w",
    ];
    run(&place, &tenant, &arguments).ends(0);
    let root = place.read("scim-sync.yaml");
    assert!(
        root.contains("token: { env: HARNESS_SCIM_TOKEN }"),
        "{root}"
    );
    assert!(
        place
            .read("roles/on-call.yaml")
            .contains("on-call: { members: [ada, cyd] }")
    );
    place.run(&["validate"]).ends(0);
}

#[test]
fn the_whole_tenant_without_an_app() {
    let (place, tenant) = (Place::new(), tenant());
    run(&place, &tenant, &[])
        .ends(0)
        .warns("OneLogin's rules were not read: they belong to an app")
        .warns("declared 4 people, 3 roles and 8 memberships");
    assert!(
        place
            .read("scim-sync.yaml")
            .contains("# Assumed: OneLogin's rules were not read.")
    );
}

#[test]
fn all_roles_of_those_who_have_the_app() {
    let (place, tenant) = (Place::new(), tenant());
    run(&place, &tenant, &["--app", "Harness", "--all-roles"])
        .ends(0)
        // Dan has no Harness, so he is not in the group of his role either.
        .warns("declared 3 people, 3 roles and 7 memberships");
    place
        .run(&["import", "onelogin", "--all-roles"])
        .ends(1)
        .warns("--app");
}

#[test]
fn apps_are_found_by_name_or_number() {
    let (place, tenant) = (Place::new(), tenant());
    tenant.app(43, "Harness (test)", &[]);
    tenant.app(44, "Harness (test)", &[]);
    run(&place, &tenant, &["--app", "Jira"])
        .ends(1)
        .warns("onelogin-app")
        .warns("no app `Jira`");
    run(&place, &tenant, &["--app", "99"])
        .ends(1)
        .warns("no app `99`");
    run(&place, &tenant, &["--app", "Harness (test)"])
        .ends(1)
        .warns("several apps")
        .warns("(43)")
        .warns("(44)");
    run(&place, &tenant, &["--app", "Slac*", "--out", "slack"])
        .ends(0)
        .warns("1 person");
}

/// Many people over many pages, in either form, give one manifest.
#[test]
fn pages_are_walked_to_their_end() {
    let mut texts = Vec::new();
    for (paging, longest) in [
        (Paging::Cursor, usize::MAX),
        (Paging::Number, usize::MAX),
        (Paging::Cursor, 7),
        (Paging::Number, 7),
    ] {
        let (place, tenant) = (Place::new(), OneLogin::start());
        let everybody: Vec<u64> = (1..=160).collect();
        for id in &everybody {
            tenant.user(*id, &format!("u{id}@example.com"), "User", &id.to_string());
        }
        tenant.app(HARNESS, "Harness", &everybody);
        for id in 0..40 {
            let members: Vec<u64> = everybody
                .iter()
                .copied()
                .filter(|it| it % 40 >= id)
                .collect();
            tenant.role(1000 + id, &format!("role-{id}"), &[HARNESS], &members);
        }
        tenant.rule(HARNESS, every_role());
        tenant.world().paging = paging;
        tenant.world().longest = longest;
        run(&place, &tenant, &["--app", "Harness"]).ends(0);
        texts.push(manifest(&place, &tenant, "scim-sync.yaml"));
        let log = tenant.log();
        let lists = log.iter().filter(|it| it.starts_with("GET /api/2/users?"));
        assert_eq!(
            lists.count(),
            if longest == 7 { 23 } else { 4 },
            "{paging:?}"
        );
        for with_cursor in log.iter().filter(|it| it.contains("cursor=")) {
            assert_eq!(with_cursor.matches('=').count(), 1, "{with_cursor}");
        }
    }
    texts.dedup();
    assert_eq!(texts.len(), 1);
}

#[test]
fn a_cursor_cannot_lead_astray() {
    let big = || {
        let tenant = tenant();
        for id in 100..220 {
            tenant.user(id, &format!("u{id}@example.com"), "User", &id.to_string());
        }
        tenant
    };
    for (cursor, told) in [
        ("..%2F..%2Fusers%26limit%3D1", "400"),
        ("x%0d%0aHost:%20evil.example", "400"),
        ("https://evil.example/", "400"),
        ("%ff%fe", "no text"),
    ] {
        let (place, tenant) = (Place::new(), big());
        tenant.fail("/users", Reply::Cursor(cursor));
        run(&place, &tenant, &["--app", "Harness"])
            .ends(1)
            .warns(told);
        assert!(!place.path("scim-sync.yaml").exists());
        let last = tenant.log().pop().expect("a request");
        assert!(last.starts_with("GET /api/2/users?"), "{last}");
        assert_eq!(
            last.matches('=').count(),
            if told == "400" { 1 } else { 2 },
            "{last}"
        );
    }
    // Back to the first page, for ever.
    let (place, tenant) = (Place::new(), big());
    let first = {
        run(&place, &tenant, &["--app", "Harness", "--out", "fine"]).ends(0);
        let log = tenant.log();
        let page = log
            .iter()
            .find(|it| it.contains("cursor="))
            .expect("a cursor");
        page.split_once("cursor=").expect("one").1.to_owned()
    };
    for _ in 0..5 {
        tenant.fail(
            "/users",
            Reply::Cursor(Box::leak(first.clone().into_boxed_str())),
        );
    }
    run(&place, &tenant, &["--app", "Harness", "--out", "circle"])
        .ends(1)
        .warns("onelogin-pages")
        .warns("only what was there before");
    assert!(!place.path("circle").exists());
}

/// A shorter list would take people out of their groups, so there is no manifest of one.
#[test]
fn a_page_cut_short_is_no_end() {
    let (place, tenant) = (Place::new(), tenant());
    for path in [
        "/api/2/users",
        "/api/2/roles",
        "/roles/10/users",
        "/apps/42/users",
    ] {
        tenant.fail(path, Reply::Cut(1));
        tenant.fail(path, Reply::Cut(1));
        let ran = run(&place, &tenant, &["--app", "42"]);
        ran.ends(1)
            .warns("onelogin-short-read")
            .warns("ended after 1 of");
        assert!(!place.path("scim-sync.yaml").exists());
    }
    // Half an answer is none, though its length is right.
    tenant.fail("/api/2/users", Reply::Half);
    run(&place, &tenant, &["--app", "42"])
        .ends(1)
        .warns("onelogin-answer");
    // Somebody left while the list was read: read once more, it is whole.
    tenant.fail("/api/2/users", Reply::Cut(2));
    run(&place, &tenant, &["--app", "42"]).ends(0);
}

#[test]
fn refusals_say_what_to_do() {
    let (place, tenant) = (Place::new(), tenant());
    let ran = place.run_with(
        &[("ONELOGIN_CLIENT_ID", "x"), ("ONELOGIN_CLIENT_SECRET", "y")],
        &["import", "onelogin", "--base-url", &tenant.base_url],
    );
    ran.ends(1)
        .warns("onelogin-credential")
        .warns("POST auth/oauth2/v2/token")
        .warns("Authentication Failure");
    place
        .run(&["import", "onelogin", "--base-url", &tenant.base_url])
        .ends(1)
        .warns("`ONELOGIN_CLIENT_ID`, which holds OneLogin's client id, is not set");
    place
        .run(&["import", "onelogin"])
        .ends(1)
        .warns("--subdomain");
    place
        .run_with(
            &tenant.variables(),
            &["import", "onelogin", "--subdomain", "acme.onelogin.com"],
        )
        .ends(1)
        .warns("is no subdomain");
    place
        .run_with(
            &tenant.variables(),
            &[
                "import",
                "onelogin",
                "--base-url",
                "http://acme.onelogin.com",
            ],
        )
        .ends(1)
        .warns("unencrypted");
    let refused = |path, status, headers: &[(&'static str, &'static str)], body| {
        tenant.fail(path, Reply::Plain(status, headers.to_vec(), body));
        run(&place, &tenant, &["--app", "Harness"]).ends(1)
    };
    refused("/users", 401, &[], r#"{"message":"Unauthorized"}"#)
        .warns("a new token ends the one before");
    refused(
        "/users",
        403,
        &[],
        r#"{"message":"Insufficient\u001b[31m"}"#,
    )
    .warns("onelogin-forbidden")
    .warns("Read All");
    refused("/roles/10/users", 404, &[], "{}")
        .warns("onelogin-not-found")
        .warns("run it again");
    refused("/api/2/roles", 500, &[], "<html>").warns("answered 500");
    refused(
        "/api/2/users",
        302,
        &[("location", "https://evil.example/")],
        "",
    )
    .warns("not followed");
    refused("/api/2/users", 200, &[], r#"{"status":{"error":true}}"#).warns("onelogin-answer");
    refused("/api/2/users", 200, &[], r#"[{"email":"x@y.z"}]"#).warns("missing field `id`");
    assert!(!place.path("scim-sync.yaml").exists());
}

/// The limit of calls is waited for, as the answer says.
#[test]
fn a_limit_is_waited_for() {
    let (place, tenant) = (Place::new(), tenant());
    let limit = vec![
        ("x-ratelimit-limit", "5000"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", "1"),
    ];
    tenant.fail(
        "/api/2/roles",
        Reply::Plain(429, limit, r#"{"message":"Rate limit exceeded"}"#),
    );
    let began = std::time::Instant::now();
    run(&place, &tenant, &["--app", "Harness"])
        .ends(0)
        .warns("GET api/2/roles: answered 429, again in");
    assert!(began.elapsed().as_millis() >= 1000);
}

#[test]
fn rules_want_more_than_the_rest() {
    for scope in [Scope::ReadAll, Scope::ManageAll] {
        let (place, tenant) = (Place::new(), tenant());
        tenant.world().scope = scope;
        let ran = run(&place, &tenant, &["--app", "Harness"]).ends(0);
        let text = place.read("scim-sync.yaml");
        match scope {
            Scope::ManageAll => {
                assert!(text.contains("# OneLogin's rule Harness groups"), "{text}")
            }
            Scope::ReadAll => {
                ran.warns("answered 403 to `GET api/2/apps/42/rules`: Insufficient Permissions")
                    .warns("`Manage All`, everything else was read")
                    .warns("assumes that each role gives the group of its name");
                assert!(
                    text.contains("# Assumed: OneLogin's rules were not read."),
                    "{text}"
                );
            }
        }
    }
    let (place, tenant) = (Place::new(), tenant());
    run(&place, &tenant, &["--app", "Harness", "--no-rules"])
        .ends(0)
        .warns("`--no-rules` was given");
    assert!(!tenant.log().iter().any(|it| it.contains("/rules")));
}

#[test]
fn rules_become_mappings_or_are_said() {
    let (place, tenant) = (Place::new(), tenant());
    let rule = |name: &str, position: u32, conditions: Value, action: Value| {
        tenant.rule(
            HARNESS,
            json!({
                "id": 1000 + position, "name": name, "match": "all", "enabled": name != "off",
                "position": position, "conditions": conditions, "actions": [action],
            }),
        );
    };
    tenant.world().rules.clear();
    let set = |value: Value, expression: Value| json!({ "action": "set_groups", "value": value, "expression": expression });
    let has = json!([{ "source": "has_role", "operator": "ri", "value": "11" }]);
    rule(
        "everything",
        4,
        json!([]),
        set(json!(["role"]), json!("/plat.*/")),
    );
    rule(
        "pagers",
        1,
        has,
        set(json!(["pager-duty", "oncall_all"]), Value::Null),
    );
    rule(
        "groups of the directory",
        2,
        json!([]),
        set(json!(["member_of"]), json!("/.*/")),
    );
    rule(
        "all but admins\u{202e}",
        3,
        json!([]),
        set(json!(["role"]), json!("(?!admin).*")),
    );
    rule("off", 5, json!([]), set(json!(["role"]), json!(".*")));
    rule(
        "status",
        6,
        json!([]),
        json!({ "action": "set_status", "value": ["2"] }),
    );
    run(&place, &tenant, &["--app", "Harness"])
        .ends(0)
        .warns("rule `groups of the directory` has no counterpart, because it takes each value of `member_of`")
        .warns(r"rule `all but admins\u{202e}` has no counterpart, because its expression `(?!admin).*` holds a look-ahead")
        .warns("2 rules set groups");
    let text = place.read("scim-sync.yaml");
    let (_, mappings) = text.split_once("groupMappings:\n").expect("mappings");
    assert_eq!(
        mappings,
        "  # OneLogin's rule pagers\n\
         \x20 - { match: \"on\\\\-call\", group: \"pager-duty\" }\n\
         \x20 - { match: \"on\\\\-call\", group: \"oncall_all\" }\n\
         \x20 # OneLogin's rule everything\n\
         \x20 - { match: \"plat.*\", group: \"{role}\" }\n"
    );
    place.run(&["validate"]).ends(0);
}

#[test]
fn who_cannot_be_declared_is_said_and_left_alone() {
    let (place, tenant) = (Place::new(), tenant());
    tenant.user(20, "", "No", "Mail");
    tenant.user(21, "not an address", "Not", "An Address");
    tenant.user(22, "twin@example.com", "Twin", "One");
    tenant.user(23, "TWIN@example.com", "Twin", "Two");
    tenant.user(24, "old@example.com", "Old", "Account");
    tenant.user(25, "Old@example.com", "New", "Account");
    tenant.user(26, "new@example.com", "Never", "Approved");
    tenant.user(
        27,
        "eve\u{202e}@example.com",
        "Eve\u{1b}[31m",
        "{{x}}\n- a: b",
    );
    tenant.user(28, "odd@example.com", "Null: no", "#\"'*&!%@`");
    tenant.user(29, "what@example.com", "What", "Status");
    tenant.set(20, "email", Value::Null);
    tenant.set(24, "status", json!(2));
    tenant.set(26, "state", json!(0));
    tenant.set(29, "status", json!(17));
    let everybody: Vec<u64> = (1..=3).chain(20..=29).collect();
    tenant.role(30, "everybody", &[HARNESS], &everybody);
    tenant.role(31, " edge ", &[HARNESS], &[1]);
    tenant.role(32, "", &[HARNESS], &[1]);
    tenant.role(33, "zero\u{200b}width", &[HARNESS], &[1]);
    tenant.role(34, "no", &[HARNESS], &[1]);
    tenant.role(35, "a: [b]\\", &[HARNESS], &[1]);
    tenant.world().assigned.insert(HARNESS, everybody);
    run(&place, &tenant, &["--app", "Harness"])
        .ends(0)
        .warns("No Mail (id 20) has no e-mail")
        .warns("not an address (id 21) has an address that is no e-mail")
        .warns("twin@example.com (id 22) shares its e-mail with another account (`22` and `23`); none of them is declared")
        .warns("old@example.com (id 24) shares its e-mail")
        .warns("new@example.com (id 26) waits for approval")
        .warns("what@example.com (id 29) has a status in OneLogin that this version does not know")
        .warns("role ` edge ` (id 31) has a name that no role can have here")
        .warns(r"role `zero\u{200b}width` (id 33)");
    let text = place.read("scim-sync.yaml");
    assert!(
        text.contains("\n  everybody: { membership: additive }\n"),
        "{text}"
    );
    assert!(
        text.contains("8 left alone because nothing declares them"),
        "{text}"
    );
    assert!(text.contains("givenName: New"), "{text}");
    assert!(!text.contains(['\u{202e}', '\u{1b}', '\u{200b}']), "{text}");
    place.run(&["validate"]).ends(0);
}

#[test]
fn roles_that_are_one_group_at_harness() {
    let (place, tenant) = (Place::new(), tenant());
    tenant.role(20, "a-b", &[HARNESS], &[1]);
    tenant.role(21, "a_b", &[HARNESS], &[2]);
    tenant.role(22, "a b", &[HARNESS], &[1, 3]);
    tenant.role(23, "twice", &[HARNESS], &[1]);
    tenant.role(24, "twice", &[HARNESS], &[2]);
    tenant.role(25, "\u{65e5}\u{672c}", &[HARNESS], &[1]);
    run(&place, &tenant, &["--app", "Harness"])
        .ends(0)
        .warns("role `a-b` gives the group `a-b`, which at Harness is the same as `a b`")
        .warns("role `a_b` gives the group `a_b`, which at Harness is the same as `a b`");
    let text = place.read("scim-sync.yaml");
    assert!(text.contains("# 3 members; with those of `a-b` and `a_b`, whose group is the same\n  a b: { members: [ada, bob, cyd] }"), "{text}");
    assert!(
        text.contains("# 2 members; 2 roles of OneLogin have this name"),
        "{text}"
    );
    place.run(&["validate"]).ends(0);
}

/// What OneLogin's rule would have made is there after an apply, and nothing is left.
#[test]
fn imported_and_applied_it_is_as_onelogin_would_have_it() {
    let (place, tenant) = (Place::new(), tenant());
    let everybody: Vec<u64> = (1..=60).collect();
    for id in 10..=60 {
        tenant.user(
            id,
            &format!("u{id}@example.com"),
            "User",
            &format!("No{id}"),
        );
    }
    for id in 0..12 {
        let members: Vec<u64> = everybody
            .iter()
            .copied()
            .filter(|it| it % 12 == id)
            .collect();
        tenant.role(100 + id, &format!("Team {id}"), &[HARNESS], &members);
    }
    tenant.world().assigned.insert(HARNESS, everybody);
    run(&place, &tenant, &["--app", "Harness"]).ends(0);
    place.run(&["apply", "--auto-approve"]).ends(0);
    place
        .run(&["plan", "--detailed-exitcode"])
        .ends(0)
        .says("Nothing to do");
    place.run(&["snapshot", "--out", "live.json"]).ends(0);
    let live: Value = serde_json::from_str(&place.read("live.json")).expect("JSON");
    let users = live["users"].as_array().expect("users");
    let email = |id: &Value| {
        let user = users.iter().find(|user| user["id"] == *id).expect("a user");
        user["email"].as_str().expect("an e-mail").to_lowercase()
    };
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for group in live["groups"].as_array().expect("groups") {
        let members = group["members"].as_array().expect("members");
        let mut members: Vec<String> = members.iter().map(email).collect();
        members.sort();
        let name = group["displayName"].as_str().expect("a name");
        found.push((name.to_owned(), members));
    }
    found.sort();
    // OneLogin's own: each role that gives the app, those of its members who are not suspended.
    let world = tenant.world();
    let mut wanted: Vec<(String, Vec<String>)> = Vec::new();
    for role in world.roles.iter().filter(|it| it["name"] != "Default") {
        let members = &world.members[&role["id"].as_u64().expect("an id")];
        let active = members.iter().filter_map(|id| {
            let user = world.users.iter().find(|user| user["id"] == *id)?;
            (user["status"] != 2).then(|| user["email"].as_str().expect("text").to_lowercase())
        });
        let mut members: Vec<String> = active.collect();
        members.sort();
        let name = role["name"].as_str().expect("a name").to_owned();
        wanted.push((name, members));
    }
    wanted.sort();
    assert_eq!(found, wanted);
}

#[test]
fn the_secret_comes_from_where_options_say() {
    let (place, tenant) = (Place::new(), tenant());
    place.write("secret", &format!("{CLIENT_SECRET}\n"));
    let id = &tenant.variables()[..1];
    let import = |more: &[&str]| {
        let base = [
            "import",
            "onelogin",
            "--base-url",
            &tenant.base_url,
            "--out",
        ];
        place.run_with(id, &[&base[..], more].concat())
    };
    import(&["a", "--client-secret-file", "secret"]).ends(0);
    import(&["b", "--client-secret-command", "cat secret"]).ends(0);
    import(&["c", "--client-secret-command", "false"])
        .ends(1)
        .warns("client secret command");
    import(&["d", "--client-secret-file", "missing"])
        .ends(1)
        .warns("missing");
    import(&["e", "--client-secret-env", "OTHER"])
        .ends(1)
        .warns("`OTHER`");
    // However much is told, the secret and the token are not.
    let mut all = vec!["-vv", "import", "onelogin", "--base-url", &tenant.base_url];
    all.extend(["--app", "Harness", "--out", "f"]);
    let ran = place.run_with(&tenant.variables(), &all).ends(0);
    assert!(
        ran.err.contains("POST auth/oauth2/v2/token: 200"),
        "{}",
        ran.err
    );
    for secret in [CLIENT_SECRET, TOKEN, "ada@example.com", "Lovelace"] {
        assert!(!ran.err.contains(secret), "{}", ran.err);
    }
}

#[test]
fn an_export_of_the_console() {
    let place = Place::new();
    place.write(
        "users.csv",
        "First Name,Last Name,Email,Status,Roles\n\
         Ada,Lovelace,ada@example.com,Active,platform;on-call\n\
         Bob,Byrne,bob@example.com,Suspended,platform\n\
         Cyd,,,Active,platform\n",
    );
    place
        .run(&["import", "onelogin", "--csv", "users.csv"])
        .ends(0)
        .warns("read `Email` as the e-mail")
        .warns("Cyd (line 4) has no e-mail")
        .warns("were not read: an export holds none")
        .warns("declared 2 people, 2 roles and 3 memberships");
    let text = place.read("scim-sync.yaml");
    assert!(
        text.contains("# Imported from OneLogin's export users.csv on "),
        "{text}"
    );
    assert!(
        text.contains(
            "bob: { email: bob@example.com, givenName: Bob, familyName: Byrne, status: suspended }"
        ),
        "{text}"
    );
    assert!(
        text.contains("platform: { membership: additive }"),
        "{text}"
    );
    place.run(&["apply", "--auto-approve"]).ends(0);
    place.run(&["plan", "--detailed-exitcode"]).ends(0);
    place.write("phones.csv", "Name,Phone\na,b\n");
    place
        .run(&["import", "onelogin", "--csv", "phones.csv", "--out", "x"])
        .ends(1)
        .warns("onelogin-csv")
        .warns("`Name`, `Phone`");
    place
        .run(&[
            "import",
            "onelogin",
            "--csv",
            "users.csv",
            "--app",
            "Harness",
        ])
        .ends(1)
        .warns("cannot be used with");
}

const LIVE: &str = r#"{
  "version": 1, "provider": "harness", "baseUrl": "https://app.harness.io/gateway/ng/api/scim/account/kmpySmUISimoRrJL6NL73w",
  "takenAt": "2026-11-24T08:00:00Z",
  "integrity": {
    "users": { "pages": 2, "rows": 4, "duplicates": 0, "reportedTotal": null, "verdict": { "state": "whole", "how": "empty-pages" } },
    "groups": { "pages": 1, "rows": 3, "duplicates": 0, "reportedTotal": null, "verdict": { "state": "whole", "how": "empty-pages" } }
  },
  "beside": { "logins": { "known": ["ada@example.com"] } },
  "users": [
    { "id": "u1", "userName": "ada@example.com", "email": "ada@example.com", "externalId": "1", "displayName": "Ada King", "active": true },
    { "id": "u3", "userName": "cyd@example.com", "email": "cyd@example.com", "externalId": "3", "displayName": "Cyd Charisse", "active": true },
    { "id": "u8", "userName": "eve@example.com", "email": "eve@example.com", "externalId": "00u1abcdefGHIJKLM2x7", "displayName": "Eve", "active": true },
    { "id": "u9", "userName": "fay@example.com", "email": "fay@example.com", "displayName": "Fay", "active": true }
  ],
  "groups": [
    { "id": "on_call", "displayName": "on_call", "members": ["u1", "u8"] },
    { "id": "old", "displayName": "old", "members": ["u9"] },
    { "id": "same", "displayName": "same", "members": ["u1"] }
  ]
}"#;

#[test]
fn what_onelogin_would_provision_beside_what_is_live() {
    let (place, tenant) = (Place::new(), tenant());
    tenant.role(20, "same", &[HARNESS], &[1]);
    tenant.user(30, "", "No", "Mail");
    tenant.world().assigned.insert(HARNESS, vec![1, 2, 3, 30]);
    place.write("live.json", LIVE);
    let arguments = ["--app", "Harness", "--compare", "--live", "live.json"];
    let ran = run(&place, &tenant, &arguments).ends(0);
    expect_test::expect![[r#"
        What OneLogin at [onelogin], app Harness would provision, beside
        Harness at https://app.harness.io/gateway/ng/api/scim/account/
        kmpySmUISimoRrJL6NL73w

        People
          + missing   bob@example.com (Bob Byrne) has no account
          - suspended cyd@example.com (id u3, externalId 3) is suspended there and has
                      an account
          - extra     eve@example.com (id u8, externalId 00u1abcdefGHIJKLM2x7) is not
                      provisioned from there
          - extra     fay@example.com (id u9) is not provisioned from there
          ~ different ada@example.com (id u1): displayName `Ada King` -> `Ada Lovelace`

        Groups
          + missing   group platform would have Ada@Example.com, bob@example.com
          - extra     group old (id old) is not made there; it has fay@example.com
          ~ different group on_call (id on_call) is called on-call there
          - extra     group on_call has besides eve@example.com

        Who could not log in: Harness FirstGen decides
          i kept out  bob@example.com is missing there, and would not get in

        Could not be compared
          i note      No Mail (id 30) has no e-mail, by which a person is known

        People: 1 missing, 1 suspended there, 2 extra, 1 different
        Groups: 1 the same, 1 missing, 1 extra, 1 different
    "#]]
    .assert_eq(&ran.out.replace(&tenant.base_url, "[onelogin]"));
    assert!(!place.path("scim-sync.yaml").exists());
    let json = run(
        &place,
        &tenant,
        &[&arguments[..], &["--format", "json"]].concat(),
    )
    .ends(0)
    .out;
    let value: Value = serde_json::from_str(&json).expect("JSON");
    let schema = place.run(&["schema", "comparison"]).ends(0).out;
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = validator
        .iter_errors(&value)
        .map(|it| it.to_string())
        .collect();
    assert_eq!(errors, [""; 0]);
    assert_eq!(value["people"]["missing"][0]["email"], "bob@example.com");
    assert_eq!(value["groups"]["different"][0]["called"], "on-call");
    place
        .run(&["import", "onelogin", "--format", "json"])
        .ends(1)
        .warns("--compare");
}

/// Applied, and compared with the manifest's own target, both are the same.
#[test]
fn after_an_apply_both_are_the_same() {
    let (place, tenant) = (Place::new(), tenant());
    run(&place, &tenant, &["--app", "Harness"]).ends(0);
    place.run(&["apply", "--auto-approve"]).ends(0);
    run(&place, &tenant, &["--app", "Harness", "--compare"])
        .ends(0)
        .says("The same: 3 people and 2 groups.");
    // Somebody gets a role at OneLogin.
    tenant.world().members.insert(11, vec![1, 2, 3]);
    run(&place, &tenant, &["--app", "Harness", "--compare"])
        .ends(0)
        .says("group on-call lacks bob@example.com");
}

/// The example is what its export gives.
#[test]
fn the_example_is_imported_from_its_export() {
    let example = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/from-onelogin");
    let read = |name: &str| std::fs::read_to_string(example.join(name)).expect("a file");
    let place = Place::new();
    place.write("users.csv", &read("users.csv"));
    place
        .run(&["import", "onelogin", "--csv", "users.csv"])
        .ends(0);
    // The schema is elsewhere there, and the day another.
    let without_head = |text: String| -> Vec<String> {
        assert!(
            text.contains("\n# Imported from OneLogin's export users.csv on "),
            "{text}"
        );
        text.lines().skip(2).map(str::to_owned).collect()
    };
    assert_eq!(
        without_head(place.read("scim-sync.yaml")),
        without_head(read("scim-sync.yaml"))
    );
}

/// YAML takes 1,024 characters of a key: a longer name is left out, and said in a few lines.
#[test]
fn a_name_that_no_yaml_can_hold_is_left_out() {
    let place = Place::new();
    let long = "r".repeat(1025);
    place.write(
        "users.csv",
        &format!(
            "Email,First name,Last name,Roles\nada@x.io,Ada,L,{long};sre\nbob@x.io,Bob,B,sre\n"
        ),
    );
    let import = [
        "import",
        "onelogin",
        "--csv",
        "users.csv",
        "--provider",
        "scim",
    ];
    let ran = place
        .run(&import)
        .ends(0)
        .warns("has a name of 1025 characters, and a key in YAML has 1024 at most")
        .warns("declared 2 people, 1 role and 2 memberships");
    let notes = ran.err.lines().skip_while(|line| !line.ends_with(':'));
    let longest = notes
        .take_while(|line| !line.starts_with("next:"))
        .map(|line| line.chars().count())
        .max();
    assert!(longest.is_some_and(|it| it <= 80), "{}", ran.err);
    place.run(&["validate"]).ends(0);
    assert!(!place.read("scim-sync.yaml").contains("rrr"));

    // The longest that fits is read again.
    let place = Place::new();
    let long = "r".repeat(1024);
    place.write("users.csv", &format!("Email,Roles\nada@x.io,{long}\n"));
    place.run(&import).ends(0).warns("1 role");
    place.run(&["validate"]).ends(0);
    place.run(&["plan"]).ends(0);
}

#[test]
fn an_export_without_anybody_says_so() {
    let place = Place::new();
    place.write("empty.csv", "");
    place.write("headings.csv", "Email,Roles\n");
    place
        .run(&["import", "onelogin", "--csv", "empty.csv"])
        .ends(1)
        .warns("`empty.csv` cannot be read: it is empty");
    place
        .run(&["import", "onelogin", "--csv", "headings.csv"])
        .ends(1)
        .warns("shows nobody who can be declared (0 accounts, 0 roles)")
        .warns("check that the report is of everybody");
}

/// Where a provider makes nobody without names, whoever has none is declared and named.
#[test]
fn names_that_a_provider_wants_and_nobody_told_are_said() {
    let place = Place::new();
    place.write(
        "users.csv",
        "Email,First name,Last name,Roles\nada@x.io,Ada,L,sre\nbob@x.io,Bob,,sre\n",
    );
    place
        .run(&[
            "import",
            "onelogin",
            "--csv",
            "users.csv",
            "--provider",
            "aws-identity-center",
        ])
        .ends(0)
        .warns("`bob` has no `familyName`, and AWS IAM Identity Center makes nobody without")
        .warns("declared 2 people, 1 role and 2 memberships");
    place
        .run(&["validate"])
        .ends(0)
        .says("warning[missing-name]");
}
