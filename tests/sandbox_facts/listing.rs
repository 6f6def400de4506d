//! Paging and filtering.

use scim_sync::sandbox::world::{SeedUser, Standing};
use serde_json::json;

use crate::support::{Sandbox, assert_harness_error, assert_scim_error};

#[test]
fn count_defaults_to_20_and_0_is_no_limit() {
    let mut it = Sandbox::documented();
    for n in 0..30 {
        it.scim_user(&format!("u{n}@x.io"));
        it.scim_group(&format!("g{n}"), &[]);
    }
    for collection in ["Users", "Groups"] {
        let page = it.get(collection).json();
        assert_eq!(page["Resources"].as_array().unwrap().len(), 20);
        assert_eq!(
            (&page["itemsPerPage"], &page["startIndex"]),
            (&json!(20), &json!(0))
        );
        let all = it.get(&format!("{collection}?count=0")).json();
        assert_eq!(
            (&all["totalResults"], &all["itemsPerPage"]),
            (&json!(30), &json!(0))
        );
        let huge = it.get(&format!("{collection}?count=10000")).json();
        assert_eq!(
            (&huge["totalResults"], &huge["itemsPerPage"]),
            (&json!(30), &json!(10000))
        );
    }
}

#[test]
fn start_index_is_1_based_and_0_counts_as_1() {
    let mut it = Sandbox::documented();
    let ids: Vec<String> = (0..3)
        .map(|n| it.scim_user(&format!("u{n}@x.io")))
        .collect();
    let groups: Vec<String> = (0..3)
        .map(|n| it.scim_group(&format!("g{n}"), &[]))
        .collect();
    for (start, from) in [(0, 0), (1, 0), (2, 1), (3, 2), (4, 3)] {
        for (collection, ids) in [("Users", &ids), ("Groups", &groups)] {
            let page = it.get(&format!("{collection}?startIndex={start}"));
            assert_eq!(page.json()["startIndex"], start);
            assert_eq!(page.ids(), ids[from..]);
        }
    }
}

#[test]
fn users_are_cut_after_paging() {
    let mut it = Sandbox::documented();
    let first = it.scim_user("a@x.io");
    for n in 0..2 {
        let user = SeedUser::new(&format!("first-gen{n}@x.io"));
        it.world.seed_user(user, Standing::FirstGenOnly).unwrap();
    }
    let last = it.scim_user("b@x.io");
    let pages: Vec<Vec<String>> = (1..=4)
        .map(|start| it.get(&format!("Users?count=1&startIndex={start}")).ids())
        .collect();
    assert_eq!(pages, [vec![first], vec![], vec![], vec![last]]);
    assert_eq!(it.get("Users?count=2").json()["totalResults"], 1);
}

#[test]
fn users_match_the_stored_lower_case_address_exactly() {
    let mut it = Sandbox::documented();
    it.scim_user("Ada@X.io");
    assert_eq!(
        it.get("Users?filter=userName%20eq%20%22ada@x.io%22")
            .ids()
            .len(),
        1
    );
    assert_eq!(
        it.get("Users?filter=anything%20eq%20'ada@x.io'")
            .ids()
            .len(),
        1
    );
    assert_eq!(
        it.get("Users?filter=userName%20eq%20%22Ada@X.io%22")
            .ids()
            .len(),
        0
    );
}

#[test]
fn a_plus_must_be_encoded_twice() {
    let mut it = Sandbox::documented();
    it.scim_user("ada+test@x.io");
    it.scim_group("C++", &[]);
    assert_eq!(
        it.get("Users?filter=userName%20eq%20%22ada%2Btest@x.io%22")
            .ids()
            .len(),
        0
    );
    assert_eq!(
        it.get("Users?filter=userName%20eq%20%22ada%252Btest@x.io%22")
            .ids()
            .len(),
        1
    );
    assert_eq!(
        it.get("Groups?filter=displayName%20eq%20%22C%252B%252B%22")
            .ids(),
        ["C"]
    );
}

#[test]
fn groups_match_the_name_not_the_id_in_exact_case() {
    let mut it = Sandbox::documented();
    it.scim_group("example-group", &[]);
    let find = |it: &mut Sandbox, name: &str| {
        it.get(&format!("Groups?filter=displayName%20eq%20%22{name}%22"))
            .ids()
    };
    assert_eq!(find(&mut it, "example-group"), ["example_group"]);
    assert_eq!(find(&mut it, "example_group"), Vec::<String>::new());
    assert_eq!(find(&mut it, "Example-group"), Vec::<String>::new());
}

#[test]
fn manual_groups_are_shown_by_id_only() {
    let mut it = Sandbox::documented();
    let id = it.world.seed_manual_group("Manual").unwrap();
    assert_eq!(it.get("Groups").ids(), Vec::<String>::new());
    assert_eq!(
        it.get(&format!("Groups/{id}")).json()["displayName"],
        "Manual"
    );
    assert_scim_error(&it.get("Groups/nothing"), 404, "Group does not exist");
}

#[test]
fn unknown_parameters_are_ignored_and_members_always_shown() {
    let mut it = Sandbox::documented();
    let ada = it.scim_user("ada@x.io");
    it.scim_group("Devs", &[&ada]);
    let page = it
        .get("Groups?excludedAttributes=members&sortBy=displayName")
        .json();
    assert_eq!(
        page["Resources"][0]["members"],
        json!([{"value": ada, "ref": "", "display": "ada@x.io"}])
    );
}

#[test]
fn name_differs_between_list_and_single_call() {
    let mut it = Sandbox::documented();
    let user = SeedUser::new("ada@x.io").named("Ada", "Lovelace");
    let id = it.world.seed_scim_user(user).unwrap();
    it.scim_user("b@x.io");
    let single = it.get(&format!("Users/{id}")).json();
    assert_eq!(single["name"], json!({"displayName": "Ada Lovelace"}));
    let listed = it.get("Users").json();
    assert_eq!(
        listed["Resources"][0]["name"],
        json!({"givenName": "Ada", "familyName": "Lovelace"})
    );
    assert_eq!(
        listed["Resources"][1]["name"],
        json!({"givenName": "b@x.io", "familyName": "b@x.io"})
    );
    assert!(single.get("externalId").is_none(), "nulls are omitted");
    assert!(single.get("meta").is_none());
}

#[test]
fn numbers_that_are_none_are_refused() {
    let mut it = Sandbox::documented();
    let reply = it.get("Users?count=many");
    assert_harness_error(&reply, 400, "RESOURCE_NOT_FOUND_EXCEPTION", "");
}

/// Fifty pages of 2,000 of 100,000 people; a step per resource that looks at all the others
/// would take hours.
#[test]
fn a_big_world_is_listed_whole() {
    let mut it = Sandbox::documented();
    for n in 0..100_000 {
        it.scim_user(&format!("u{n}@x.io"));
    }
    let mut seen = std::collections::BTreeSet::new();
    for start in (1..=100_000).step_by(2000) {
        seen.extend(
            it.get(&format!("Users?count=2000&startIndex={start}"))
                .ids(),
        );
    }
    assert_eq!(seen.len(), 100_000);
}
