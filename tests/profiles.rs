//! Every profile against a provider of its kind, over real HTTP: what the sandbox refuses,
//! ignores or does otherwise there is what the profile's rows tell. And every quirk by itself,
//! met through `target.dialect`.

#[path = "support/cli.rs"]
mod support;

use std::fmt::Write as _;

use scim_sync::profile::Profile;
use scim_sync::scim::dialect::{Groups, UserAttribute, UserDeletion};
use support::{Place, Ran, Served};

/// Enough for two pages of every profile that asks for 100 at a time.
const PEOPLE: usize = 130;

/// A manifest of some people, one role with most of them, and what is said besides.
fn manifest(provider: &str, base: &str, dialect: &str, people: &str, members: &str) -> String {
    let profile = Profile::named(provider).expect("a named profile");
    let groups = match profile.dialect.groups {
        Groups::Served => format!(
            "roles:\n  crew:\n    members: [{members}]\ngroupMappings:\n  - {{ match: \".*\", group: \"{{role}}\" }}\n"
        ),
        Groups::NotServed => String::new(),
    };
    format!(
        "version: 1\ntarget:\n  provider: {provider}\n  baseUrl: {base}\n  token: {{ env: TOKEN }}\n{dialect}\
         users:\n{people}{groups}policy:\n  limits: {{ userRemovals: 50, membershipRemovals: 100%, perGroupRemovals: 100% }}\n"
    )
}

fn person(at: usize, given: &str, more: &str) -> String {
    format!(
        "  p{at:03}: {{ email: p{at:03}@example.com, givenName: {given}, familyName: Of{at}{more} }}\n"
    )
}

fn everybody(
    given: impl Fn(usize) -> &'static str,
    more: impl Fn(usize) -> &'static str,
) -> String {
    (0..PEOPLE).fold(String::new(), |mut text, at| {
        let _ = write!(text, "{}", person(at, given(at), more(at)));
        text
    })
}

fn keys(from: usize, to: usize) -> String {
    let keys: Vec<String> = (from..to).map(|at| format!("p{at:03}")).collect();
    keys.join(", ")
}

fn run(place: &Place, arguments: &[&str]) -> Ran {
    place.run_with(&[("TOKEN", "tok")], arguments)
}

fn applied(place: &Place) -> Ran {
    run(place, &["apply", "--auto-approve"])
}

fn is_done(place: &Place, what: &str) {
    let ran = run(place, &["plan", "--detailed-exitcode"]);
    assert_eq!(ran.code, 0, "{what}:\n{}\n{}", ran.out, ran.err);
}

#[test]
fn every_profile_is_driven_at_a_provider_of_its_kind() {
    for provider in Profile::NAMES.iter().filter(|name| **name != "harness") {
        let profile = Profile::named(provider).expect("a named profile");
        let place = Place::new();
        let served = Served::start(&place, &["--token", "tok", "--provider", provider]);
        let write = |people: &str, members: &str| {
            let text = manifest(provider, &served.base_url, "", people, members);
            place.write("scim-sync.yaml", &text);
        };

        // First apply, and nothing to do after it.
        write(&everybody(|_| "Ada", |_| ""), &keys(0, 120));
        applied(&place).ends(0).says("Converged");
        is_done(&place, provider);

        // Members leave and come at the borders of batches and pages.
        write(&everybody(|_| "Ada", |_| ""), &keys(105, PEOPLE));
        applied(&place).ends(0);
        is_done(&place, provider);

        // A new first name; or a refusal, and no request, where names never change.
        write(
            &everybody(|at| if at == 7 { "Grace" } else { "Ada" }, |_| ""),
            &keys(105, PEOPLE),
        );
        if profile
            .dialect
            .immutable
            .contains(&UserAttribute::GivenName)
        {
            applied(&place)
                .ends(3)
                .says("[attribute-immutable]")
                .tells(profile.immutable_because);
            run(&place, &["plan"]).ends(3).says("Plan: 1 refused");
        } else {
            applied(&place).ends(0);
            is_done(&place, provider);
        }

        // Suspended, and back.
        let suspended = |at| if at == 8 { ", status: suspended" } else { "" };
        write(&everybody(|_| "Ada", suspended), &keys(105, PEOPLE));
        applied(&place).ends(0);
        is_done(&place, provider);
        write(&everybody(|_| "Ada", |_| ""), &keys(105, PEOPLE));
        applied(&place).ends(0);
        is_done(&place, provider);

        // Somebody goes, in the way this provider has.
        let absent = |at| if at == 110 { ", status: absent" } else { "" };
        let rest = format!("{}, {}", keys(105, 110), keys(111, PEOPLE));
        write(&everybody(|_| "Ada", absent), &rest);
        let planned = run(&place, &["plan"]).ends(0);
        // The externalId that we send, be it the login, is nobody else's.
        assert!(!planned.out.contains("another client"), "{}", planned.out);
        match profile.dialect.user_deletion {
            UserDeletion::Removes => planned.says("user p110"),
            UserDeletion::Deactivates => planned.says("deactivate"),
        };
        applied(&place).ends(0);
        is_done(&place, provider);
    }
}

#[test]
fn where_there_are_no_groups_a_mapping_is_a_fault() {
    for provider in ["pagerduty", "gitlab"] {
        let place = Place::with(&format!(
            "version: 1\ntarget: {{ provider: {provider} }}\nusers:\n  ada: {{ email: ada@example.com }}\n\
             roles:\n  sre: {{ members: [ada] }}\ngroupMappings:\n  - {{ match: \".*\", group: \"{{role}}\" }}\n\
             groups:\n  sre: {{ membership: additive }}\n"
        ));
        let ran = place.run(&["validate"]).ends(1);
        assert_eq!(
            ran.out.matches("error[groups-not-supported]").count()
                + ran.err.matches("error[groups-not-supported]").count(),
            2,
            "{}{}",
            ran.out,
            ran.err
        );
        place.run(&["plan"]).ends(1);
    }
}

/// A dialect written into the manifest makes a profile of its own, and the sandbox obeys it.
#[test]
fn a_profile_can_be_written_in_the_manifest() {
    for dialect in [
        "{ paging: cursor, pageSize: 40 }",
        "{ opCase: capital, memberRemoval: valueList }",
        "{ listMembers: askEachUser, membersPerPatch: 7, paging: cursor }",
        "{ entityTags: ifMatch, userUpdate: put, groupRename: put }",
        "{ userExternalId: login, userFilter: none, groupFilter: none }",
        "{ userDeletion: deactivates, contentType: json }",
        "{ activeFalse: removes }",
    ] {
        let people = "users:\n  ada: { email: ada@example.com, givenName: Ada, familyName: L }\n  \
                      bob: { email: bob@example.com, givenName: Bob, familyName: B }\n";
        let write = |place: &Place, rest: &str| {
            place.write(
                "scim-sync.yaml",
                &format!(
                    "version: 1\ntarget:\n  provider: scim\n  dialect: {dialect}\n{rest}\
                     groupMappings:\n  - {{ match: \".*\", group: \"{{role}}\" }}\n\
                     policy:\n  limits: {{ membershipRemovals: 100%, perGroupRemovals: 100% }}\n"
                ),
            );
        };
        let place = Place::new();
        write(
            &place,
            &format!("{people}roles:\n  crew: {{ members: [ada, bob] }}\n"),
        );
        applied(&place).ends(0).says("Converged");
        is_done(&place, dialect);
        write(
            &place,
            &format!(
                "{}roles:\n  team: {{ members: [ada], previously: [crew] }}\ngroups:\n  team: {{ previously: [crew] }}\n",
                people.replace("familyName: L", "familyName: Lovelace")
            ),
        );
        let ran = applied(&place);
        ran.ends(0).says("Converged");
        is_done(&place, dialect);
        write(
            &place,
            &people.replace("familyName: B", "familyName: B, status: absent"),
        );
        let gone = "groups:\n  team: { status: absent }\n";
        let text = place.read("scim-sync.yaml").replace(
            "groupMappings:\n  - { match: \".*\", group: \"{role}\" }\n",
            gone,
        );
        place.write("scim-sync.yaml", &text);
        applied(&place).ends(0).says("Converged");
        is_done(&place, dialect);
    }
}

/// A group nobody deletes over SCIM is emptied, and the rest is said, every time.
#[test]
fn a_group_that_scim_does_not_delete_is_emptied_and_refused() {
    let place = Place::new();
    let write = |rest: &str| {
        place.write(
            "scim-sync.yaml",
            &format!(
                "version: 1\ntarget:\n  provider: scim\n  dialect: {{ groupDeletion: byHand }}\n\
                 users:\n  ada: {{ email: ada@example.com }}\n{rest}\
                 policy:\n  limits: {{ membershipRemovals: 100%, perGroupRemovals: 100% }}\n"
            ),
        );
    };
    write(
        "roles:\n  crew: { members: [ada] }\ngroupMappings:\n  - { match: \".*\", group: \"{role}\" }\n",
    );
    applied(&place).ends(0).says("Converged");
    write("groups:\n  crew: { status: absent }\n");
    applied(&place)
        .ends(3)
        .says("[not-supported]")
        .says("remove it in the console of SCIM 2.0");
    run(&place, &["plan", "--detailed-exitcode"])
        .ends(3)
        .says("Plan: 1 refused");
}

/// A probe meets every kind of provider, leaves nothing behind, and does not begin where it
/// could not take away what it makes.
#[test]
fn a_probe_meets_every_kind_of_provider() {
    for provider in Profile::NAMES.iter().filter(|name| **name != "harness") {
        let place = Place::new();
        let served = Served::start(&place, &["--token", "tok", "--provider", provider]);
        let text = manifest(
            provider,
            &served.base_url,
            "",
            &person(1, "Ada", ""),
            "p001",
        );
        place.write("scim-sync.yaml", &text);
        let probed = run(&place, &["probe", "--i-know-it-writes"]);
        let profile = Profile::named(provider).expect("a named profile");
        match profile.dialect.user_deletion {
            UserDeletion::Removes => {
                probed.ends(0).says("Everything that was made is gone.");
            }
            UserDeletion::Deactivates => {
                probed.ends(1).warns("probe-leaves-users");
            }
        }
        // Only ada is to be made: nobody of the probe is there.
        run(&place, &["plan"]).ends(0).says("compared 0 users");
    }
}
