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

const ONE_A_DAY: &str =
    "policy: { limits: { userRemovals: 1, membershipRemovals: 100%, perGroupRemovals: 100% } }\n";

/// Somebody goes with every change, on one day.
fn a_day(reports: &str) -> Place {
    let more = format!("{ONE_A_DAY}{reports}");
    let place = Place::with(&manifest(0..12, &more));
    place.run(&["apply", "--auto-approve"]).ends(0);
    place.write("scim-sync.yaml", &manifest(1..12, &more));
    place.run(&["apply", "--auto-approve"]).ends(0);
    place.write("scim-sync.yaml", &manifest(2..12, &more));
    place
}

#[test]
fn where_reports_have_a_folder_a_limit_is_for_24_hours() {
    let place = a_day("reports: runs\n");
    place
        .run(&["plan"])
        .ends(3)
        .says("1 person removed or suspended after 1 in the last 24 hours, 1 allowed")
        .says("--allow user-removals=2")
        .says("people removed: 1 after 1 in the last 24 hours of 1, over the limit");
    // Raised for one plan, which says so, as does its report.
    let raised = ["--allow", "user-removals=2"];
    let plan = ["plan", "--out", "plan.json"];
    place.run(&[&plan[..], &raised].concat()).ends(0);
    assert!(place.read("plan.json").contains("\"raisedTo\": 2"));
    place
        .run(&["apply", "plan.json", "--auto-approve"])
        .ends(0)
        .says("Converged");
    let reports = std::fs::read_dir(place.path("runs")).unwrap();
    let mut reports: Vec<_> = reports.map(|entry| entry.unwrap().path()).collect();
    reports.sort();
    let last = reports.last().unwrap().to_str().unwrap();
    place
        .run(&["report", "show", last])
        .ends(0)
        .says("limit raised: user-removals=2");
}

#[test]
fn without_a_folder_of_reports_a_limit_is_for_one_plan() {
    a_day("").run(&["apply", "--auto-approve"]).ends(0);
}

/// A plan that was fine when it was reviewed has to wait when another run used its room.
#[test]
fn a_saved_plan_counts_what_was_removed_since() {
    let place = Place::with(&manifest(0..12, &format!("{ONE_A_DAY}reports: runs\n")));
    place.run(&["apply", "--auto-approve"]).ends(0);
    let more = format!("{ONE_A_DAY}reports: runs\n");
    place.write("scim-sync.yaml", &manifest(1..12, &more));
    place.run(&["plan", "--out", "plan.json"]).ends(0);
    place.run(&["apply", "--auto-approve"]).ends(0);
    let again = place.run(&["apply", "plan.json", "--auto-approve"]).ends(1);
    assert!(again.err.contains("leave no room for it"), "{}", again.err);
}

#[test]
fn a_report_that_cannot_be_trusted_stops_every_plan() {
    let place = a_day("reports: runs\n");
    let report = std::fs::read_dir(place.path("runs")).unwrap().next();
    let path = report.unwrap().unwrap().path();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("\"items\":", "\"items\": ", 1)).unwrap();
    let plan = place.run(&["plan"]).ends(1);
    assert!(plan.err.contains("line 2 does not follow"), "{}", plan.err);
}
