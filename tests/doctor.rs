//! `scim-sync doctor` against the real sandbox: each thing that can be wrong, told before it
//! is tried, and nothing written.

#[path = "support/cli.rs"]
mod support;

use std::io::{BufRead as _, BufReader, Write as _};

use scim_sync::sandbox::world::{
    Authentication, Permission, SeedGroup, Token, TokenKind, TokenStanding, World,
};
use serde_json::Value;
use support::{Place, Ran, Served};

const BEHAVIORS: [&str; 2] = ["documented", "source"];
const PEOPLE: &str = "users:\n  ada: { email: ada@x.io, givenName: Ada, familyName: L }\n  bob: { email: bob@x.io }\nroles: { sre: { members: [ada] } }\ngroupMappings: [{ match: '.*', group: '{role}' }]\n";

fn manifest(provider: &str, base_url: &str) -> String {
    format!(
        "version: 1\ntarget:\n  provider: {provider}\n  baseUrl: {base_url}\n  token: {{ env: SCIM_TOKEN }}\n{PEOPLE}"
    )
}

/// A served world, and what doctor says of it with a token.
struct Clinic {
    place: Place,
    _served: Served,
}

impl Clinic {
    fn new(behavior: &str, change: impl FnOnce(&mut World)) -> Self {
        let place = Place::new();
        let reading = match behavior {
            "documented" => scim_sync::manifest::decl::SandboxBehavior::Documented,
            _ => scim_sync::manifest::decl::SandboxBehavior::Source,
        };
        let mut world = World::new("sandbox", "tok", reading);
        change(&mut world);
        let served = Served::holding(&place, &world);
        place.write("scim-sync.yaml", &manifest("harness", &served.base_url));
        Self {
            place,
            _served: served,
        }
    }

    fn doctor(&self, token: &str) -> Ran {
        let before = self.place.read("state.json");
        let ran = self.place.run_with(&[("SCIM_TOKEN", token)], &["doctor"]);
        assert_eq!(self.place.read("state.json"), before, "doctor wrote");
        assert!(
            !self.place.path(".scim-sync").exists(),
            "doctor left something behind"
        );
        ran
    }
}

#[test]
fn all_is_well() {
    for behavior in BEHAVIORS {
        let clinic = Clinic::new(behavior, |world| {
            world.set_authentication(Authentication::Saml);
            world.seed_scim_user("ada@x.io").expect("a free address");
        });
        let ran = clinic.doctor("tok").ends(0);
        let ran = ran
            .says("ok manifest has no errors")
            .says("without TLS, on this machine")
            .says("ok clock differs from the provider's by 0 s")
            .says(
                "ok token is valid and belongs to the service account scim_sync@service.harness.io",
            )
            .says("ok token's end none is told")
            .says("ok account base URL and token are of sandbox")
            .says("ok permission `core_user_invite`, to create people")
            .says("ok permission `core_usergroup_manage`, to change groups and memberships")
            .says("ok single sign-on SAML is on")
            .says("ok Harness FirstGen SCIM cannot see whether")
            .says("ok lists 1 user and 0 groups, read whole")
            .says("ok standalone nobody declared")
            .says("ok hand-made groups none has")
            .says("ok rate no limit is kept to: the provider is on this machine")
            .says("0 failures, 0 warnings");
        assert!(!ran.out.contains("tok\n"), "{}", ran.out);
        let json = clinic
            .place
            .run_with(&[("SCIM_TOKEN", "tok")], &["doctor", "--format", "json"])
            .ends(0);
        let json: Value = serde_json::from_str(&json.out).expect("JSON");
        assert_eq!(
            (&json["version"], &json["healthy"]),
            (&1.into(), &true.into())
        );
    }
}

#[test]
fn a_refused_token_ends_it() {
    for behavior in BEHAVIORS {
        let clinic = Clinic::new(behavior, |_| {});
        clinic
            .doctor("another")
            .ends(1)
            .says("failure token")
            .says("does not accept the token for this account")
            .says("1 failure");
    }
}

/// What is missing is named with what it is needed for; only what is needed is a failure.
#[test]
fn missing_permissions() {
    for behavior in BEHAVIORS {
        let clinic = Clinic::new(behavior, |world| {
            let mut token = Token::service_account("sandbox");
            token.kind = TokenKind::User;
            token.standing = TokenStanding::Valid;
            token.permissions = [Permission::UserView, Permission::UserGroupView].into();
            world.set_token("weak", token);
        });
        clinic
            .doctor("weak")
            .ends(1)
            .says("belongs to the user")
            .says("failure permission `core_user_manage` is missing, which is needed to change and remove people")
            .says("failure permission `core_user_invite` is missing, which is needed to create people")
            .says("failure permission `core_usergroup_manage` is missing")
            .says("warning permission `core_authsetting_view` is missing")
            .says("warning single sign-on could not be looked at")
            .says("give the token's holder a role that has it");
    }
}

#[test]
fn standalone_people_hand_made_groups_and_no_saml() {
    for behavior in BEHAVIORS {
        let clinic = Clinic::new(behavior, |world| {
            world.set_authentication(Authentication::UserPassword);
            world
                .seed_standalone_user("ada@x.io")
                .expect("a free address");
            world
                .seed_standalone_user("stranger@x.io")
                .expect("a free address");
            world
                .seed_manual_group(SeedGroup::from("sre"))
                .expect("a free id");
            world
                .seed_manual_group(SeedGroup::from("other"))
                .expect("a free id");
        });
        let ran = clinic.doctor("tok").ends(0);
        let ran = ran
            .says("warning single sign-on people log in by USER_PASSWORD, not by SAML")
            .says("warning standalone 1 account of declared people that SCIM did not make: ada <ada@x.io>")
            .says("warning hand-made groups 1 collides with a declared one: `sre` (id sre) with `sre`");
        assert!(
            !ran.out.contains("stranger") && !ran.out.contains("`other`"),
            "{}",
            ran.out
        );
    }
}

#[test]
fn a_wrong_base_url_is_found_offline() {
    let place = Place::new();
    let url = "https://app.harness.io/ng/api/scim/account/kmpySmUISimoRrJL6NL73w";
    place.write("scim-sync.yaml", &manifest("harness", url));
    place
        .run(&["doctor"])
        .ends(1)
        .says("failure base URL `baseUrl` lacks `/gateway` after `app.harness.io`")
        .says("did you mean `https://app.harness.io/gateway/ng/api/scim/account/kmpySmUISimoRrJL6NL73w`?");
}

#[test]
fn nobody_answers_and_no_token() {
    let place = Place::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = free.local_addr().expect("an address").port();
    drop(free);
    let url = format!("http://127.0.0.1:{port}/gateway/ng/api/scim/account/sandbox");
    place.write("scim-sync.yaml", &manifest("harness", &url));
    place
        .run(&["doctor"])
        .ends(1)
        .says("failure connection the environment variable `SCIM_TOKEN`, which holds the token, is not set");
}

/// A plain provider has fewer things to look at, and its documents are held against the
/// profile.
#[test]
fn a_plain_provider() {
    let place = Place::new();
    let served = Served::start(&place, &["--token", "tok", "--personality", "scim"]);
    place.write("scim-sync.yaml", &manifest("scim", &served.base_url));
    let ran = place
        .run_with(&[("SCIM_TOKEN", "tok")], &["doctor"])
        .ends(0);
    let ran = ran
        .says("ok lists 0 users and 0 groups, read whole")
        .says("ok connection")
        .says(
            "claims and beliefs agree on PATCH, filters, entity tags, page size, resource types, attributes",
        );
    for harness_only in ["permission", "FirstGen", "standalone", "single sign-on"] {
        assert!(!ran.out.contains(harness_only), "{}", ran.out);
    }
}

/// What is declared of somebody and not offered by the server is told apart from what nobody has.
#[test]
fn a_declared_attribute_that_schemas_does_not_offer() {
    let place = Place::new();
    // It offers `title` and `timezone`.
    let served = Served::start(&place, &["--token", "tok", "--provider", "pagerduty"]);
    let doctor = |base_url: &str, attributes: &str| {
        let people =
            format!("users: {{ ada: {{ email: ada@x.io, attributes: {{ {attributes} }} }} }}\n");
        place.write(
            "scim-sync.yaml",
            &manifest("scim", base_url).replace(PEOPLE, &people),
        );
        place.run_with(&[("SCIM_TOKEN", "tok")], &["doctor"])
    };
    doctor(
        &served.base_url,
        "title: Analyst, nickName: Lady A, department: null",
    )
    .says(
        "warning discovery `Schemas` does not offer `nickName` and `department` of users to \
             be written; the manifest declares them",
    )
    .tells("try it with one person first");
    let fine = doctor(&served.base_url, "title: Analyst");
    assert!(!fine.out.contains("the manifest declares"), "{}", fine.out);
    fine.says("ok discovery `Schemas` does not offer `nickName`");

    // Where there is no such document, nothing is known, and nothing is warned of.
    let silent = without_schemas();
    let ran = doctor(&silent, "nickName: Lady A").ends(0);
    let ran = ran.says("warning discovery there is no `/Schemas`");
    assert!(!ran.out.contains("nickName"), "{}", ran.out);
}

/// A provider that has no people and no groups, and serves no `/Schemas`.
fn without_schemas() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let reader = BufReader::new(stream.try_clone().expect("a handle"));
            let mut lines = reader.lines().map(|line| line.expect("a line"));
            let first = lines.next().unwrap_or_default();
            lines.find(String::is_empty);
            let path = first.split(' ').nth(1).unwrap_or_default();
            let path = path.split('?').next().unwrap_or_default();
            let (status, body) = match path {
                "/Users" | "/Groups" => ("200 OK", r#"{"totalResults":0,"Resources":[]}"#),
                "/ServiceProviderConfig" => ("200 OK", "{}"),
                "/ResourceTypes" => (
                    "200 OK",
                    r#"[{"endpoint":"/Users"},{"endpoint":"/Groups"}]"#,
                ),
                _other => ("404 Not Found", r#"{"status":"404"}"#),
            };
            let _gone = write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Type: application/scim+json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    base
}

/// What a server claims and what is believed of it, where they differ: read through the server
/// of a provider that has no groups and lets no name change.
#[test]
fn claims_are_held_against_beliefs() {
    let place = Place::new();
    let served = Served::start(&place, &["--token", "tok", "--provider", "gitlab"]);
    place.write("scim-sync.yaml", &manifest("scim", &served.base_url));
    let doctor = |place: &Place, format: &str| {
        place.run_with(&[("SCIM_TOKEN", "tok")], &["doctor", "--format", format])
    };
    doctor(&place, "text")
        .says("warning discovery `ResourceTypes` names no `/Groups`")
        .tells("if the provider has none, set `target.dialect.groups` to `notServed`")
        .says("warning discovery `Schemas` claims that `displayName` of users is immutable")
        .tells("put `displayName` into `target.dialect.immutable`")
        .says("claims and beliefs agree on PATCH, filters, entity tags");
    let json = doctor(&place, "json");
    let json: Value = serde_json::from_str(&json.out).expect("JSON");
    let warned = json["findings"].as_array().expect("a list").iter();
    let warned = warned.filter(|it| it["check"] == "discovery" && it["verdict"] == "warning");
    assert_eq!(warned.count(), 4, "{json:#}");

    // With the profile that knows it, they agree.
    place.write(
        "scim-sync.yaml",
        &format!(
            "version: 1\ntarget: {{ provider: gitlab, baseUrl: {}, token: {{ env: SCIM_TOKEN }} }}\n\
             users:\n  ada: {{ email: ada@x.io }}\n",
            served.base_url
        ),
    );
    let ran = doctor(&place, "text").ends(0);
    assert!(!ran.out.contains("warning discovery"), "{}", ran.out);
    ran.says("agree on").says("resource types");
}
