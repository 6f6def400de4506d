//! `target.harness.firstGen`: whoever is provisioned here and missing in the older integration
//! would not get in, and plan and doctor say so, in both readings of Harness.

#[path = "support/cli.rs"]
mod support;

use scim_sync::manifest::decl::SandboxBehavior;
use scim_sync::sandbox::world::World;
use serde_json::Value;
use support::{Place, Ran, Served};

const BEHAVIORS: [(&str, SandboxBehavior); 2] = [
    ("documented", SandboxBehavior::Documented),
    ("source", SandboxBehavior::Source),
];
const PEOPLE: &str = "users:\n  ada: { email: ada@x.io, givenName: Ada, familyName: L }\n  bob: { email: bob@x.io, givenName: Bob, familyName: M }\n  eve: { email: eve@x.io, status: absent }\n";

fn codes(place: &Place, variables: &[(&str, &str)]) -> Vec<(String, String)> {
    let ran = place.run_with(variables, &["plan", "--format", "json"]);
    let plan: Value = serde_json::from_str(&ran.out).expect("a plan");
    let notices = plan["notices"].as_array().expect("notices").iter();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    notices
        .map(|it| (text(&it["code"]), text(&it["message"])))
        .filter(|(code, _)| code.contains("log"))
        .collect()
}

#[test]
fn a_list_of_addresses_from_the_identity_provider() {
    for (behavior, _) in BEHAVIORS {
        let place = Place::new();
        place.write(
            "scim-sync.yaml",
            &format!(
                "version: 1\ntarget:\n  provider: harness\n  sandbox: {{ behavior: {behavior} }}\n  harness: {{ firstGen: {{ emails: first-gen.txt }} }}\n{PEOPLE}"
            ),
        );
        place.write("first-gen.txt", "# exported on Monday\nADA@x.io\n");
        let found = codes(&place, &[]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].0, "cannot-log-in");
        assert!(
            found[0]
                .1
                .starts_with("`bob` (bob@x.io) is missing in Harness FirstGen"),
            "{found:?}"
        );
        place
            .run(&["plan"])
            .ends(0)
            .says("they would not get in [cannot-log-in]")
            .says("scim-sync.yaml:");
        place
            .run(&["doctor"])
            .ends(0)
            .says("1 declared person is missing in Harness FirstGen")
            .says("bob <bob@x.io>");
        // It holds nothing back, and what was planned converges.
        place
            .run(&["apply", "--auto-approve"])
            .ends(0)
            .says("Converged");
        place.write("first-gen.txt", "ada@x.io\nbob@x.io\n");
        assert_eq!(codes(&place, &[]), []);
        place
            .run(&["doctor"])
            .says("everybody declared is in Harness FirstGen as well");

        // A plan from a snapshot reads the file as well.
        place.run(&["snapshot", "--out", "live.json"]).ends(0);
        place.write("first-gen.txt", "ada@x.io\n");
        place
            .run(&["plan", "--live", "live.json"])
            .ends(0)
            .says("[cannot-log-in]");
    }
}

fn served(reading: SandboxBehavior, first_gen: &str) -> (Place, Served) {
    let place = Place::new();
    let mut world = World::new("sandbox", "tok", reading);
    world.seed_scim_user("ada@x.io").expect("a free address");
    let served = Served::holding(&place, &world);
    let host = served.base_url.split("/gateway").next().expect("a host");
    let first_gen = first_gen.replace("HOST", host);
    place.write(
        "scim-sync.yaml",
        &format!(
            "version: 1\ntarget:\n  provider: harness\n  baseUrl: {}\n  token: {{ env: SCIM_TOKEN }}\n  harness: {{ firstGen: {first_gen} }}\n{PEOPLE}",
            served.base_url
        ),
    );
    (place, served)
}

#[test]
fn its_own_scim_is_asked() {
    for (_, reading) in BEHAVIORS {
        let (place, _served) = served(
            reading,
            "{ baseUrl: \"HOST/gateway/api/scim/account/sandbox\" }",
        );
        let found = codes(&place, &[("SCIM_TOKEN", "tok")]);
        let told: Vec<&str> = found.iter().map(|(code, _)| code.as_str()).collect();
        assert_eq!(told, ["cannot-log-in"], "{found:?}");
        assert!(found[0].1.contains("bob@x.io"), "{found:?}");
    }
}

#[test]
fn what_it_does_not_tell_is_said() {
    for (_, reading) in BEHAVIORS {
        let (place, _served) = served(
            reading,
            "{ baseUrl: \"HOST/gateway/api/scim/account/sandbox\", token: { env: OTHER } }",
        );
        let variables = [("SCIM_TOKEN", "tok"), ("OTHER", "not-theirs")];
        let found = codes(&place, &variables);
        let told: Vec<&str> = found.iter().map(|(code, _)| code.as_str()).collect();
        assert_eq!(told, ["login-unchecked"], "{found:?}");
        place
            .run_with(&variables, &["doctor"])
            .says("Harness FirstGen could not be looked at");
    }
}

fn validated(target: &str) -> Ran {
    let place = Place::new();
    place.write(
        "scim-sync.yaml",
        &format!("version: 1\ntarget: {target}\n{PEOPLE}"),
    );
    place.run(&["validate"])
}

#[test]
fn what_cannot_be_meant_is_a_fault() {
    let base = "baseUrl: https://app.harness.io/gateway/ng/api/scim/account/kmpySmUISimoRrJL6NL73w, token: { env: T }";
    validated(&format!(
        "{{ provider: harness, {base}, harness: {{ firstGen: {{ baseUrl: https://elsewhere.example/api/scim/account/x }} }} }}"
    ))
    .ends(1)
    .says("the target's goes to its own host only");
    validated(&format!(
        "{{ provider: harness, {base}, harness: {{ firstGen: {{ baseUrl: http://app.harness.io/gateway/api/scim/account/x }} }} }}"
    ))
    .ends(1)
    .says("would send the token in the clear");
    validated(
        "{ provider: harness, harness: { firstGen: { emails: a.txt, baseUrl: https://x.io } } }",
    )
    .ends(1)
    .says("names two sources");
    validated("{ provider: harness, harness: { firstGen: {} } }")
        .ends(1)
        .says("say who is in it");
    validated("{ provider: scim, harness: { firstGen: { emails: a.txt } } }")
        .ends(1)
        .says("has no `firstGen`");
}

#[test]
fn a_file_that_is_no_list_is_told_by_its_line_and_not_repeated() {
    let place = Place::new();
    place.write(
        "scim-sync.yaml",
        &format!(
            "version: 1\ntarget: {{ provider: harness, harness: {{ firstGen: {{ emails: first-gen.txt }} }} }}\n{PEOPLE}"
        ),
    );
    place.run(&["plan"]).ends(1).warns("first-gen.txt");
    place.write("first-gen.txt", "ada@x.io\nroot:secret:0:0\n");
    let ran = place.run(&["plan"]).ends(1).warns("line 2 of");
    assert!(!ran.err.contains("secret"), "{}", ran.err);
}
