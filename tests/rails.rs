//! The rails as a person meets them: the real binary, a sandbox, limits and what they count.

#[path = "support/cli.rs"]
mod support;

use support::Place;

/// So many people in one role, and what else stands in the manifest.
fn manifest(people: std::ops::Range<usize>, more: &str) -> String {
    let keys: Vec<String> = people.map(|at| format!("p{at}")).collect();
    let users: String = keys
        .iter()
        .map(|key| {
            format!(
                "  {key}: {{ email: {key}@example.com, givenName: Per, familyName: Son{key} }}\n"
            )
        })
        .collect();
    format!(
        "version: 1\ntarget: {{ provider: harness }}\nusers:\n{users}\
         roles:\n  dev: {{ members: [{}] }}\n\
         groupMappings: [{{ match: \".*\", group: \"{{role}}\" }}]\n{more}",
        keys.join(", ")
    )
}

/// What a run adds lifts no limit in percent for what it removes: neither in its plan nor in
/// the plan that shows what it left.
#[test]
fn what_is_added_lifts_no_limit() {
    let limits = "policy: { limits: { userRemovals: 10% } }\n";
    let place = Place::with(&manifest(0..12, limits));
    place.run(&["apply", "--auto-approve"]).ends(0);
    // Two of twelve are more than a tenth; of thirty they would not be.
    place.write("scim-sync.yaml", &manifest(2..30, limits));
    place
        .run(&["apply", "--auto-approve"])
        .ends(3)
        .says("[limit-membership-removals]")
        .says("Converged");
}
