//! What a plan makes of the base: who was ours, whose address moves, what is drift.

use expect_test::expect;
use scim_sync::manifest::decl::SandboxBehavior;
use scim_sync::sandbox::world::{SeedGroup, SeedUser, World};
use serde_json::Value;

use crate::repo::{ADA, BOB, ROOT, Repo};

/// A sandbox with people that SCIM made, but not this program: they carry no key of ours.
fn seed(repo: &Repo, people: &[(&str, &str, &str)], groups: &[(&str, &[&str])]) {
    let mut world = World::new("sandbox", "sandbox", SandboxBehavior::Documented);
    let mut ids = std::collections::BTreeMap::new();
    for (email, given, family) in people {
        let user = SeedUser::new(email).named(given, family);
        ids.insert(*email, world.seed_scim_user(user).unwrap());
    }
    for (name, members) in groups {
        let members = members.iter().map(|email| ids[email].clone());
        world
            .seed_scim_group(SeedGroup::from(*name).with(members))
            .unwrap();
    }
    let state = String::from_utf8(world.to_json()).unwrap();
    repo.write(".scim-sync/sandbox.json", &state);
}

/// The day that blessed texts speak of.
const AS_OF: &str = "--as-of=2026-11-24";

const LIVE_ADA: (&str, &str, &str) = ("ada@example.com", "Ada", "Lovelace");
const LIVE_BOB: (&str, &str, &str) = ("bob@example.com", "Bob", "Byrne");

fn repo(people: &str) -> Repo {
    let repo = Repo::empty();
    repo.write(".gitignore", ".scim-sync/\n");
    repo.write("scim-sync.yaml", ROOT);
    repo.people("a.yaml", people);
    repo.commit("begin");
    repo
}

fn json(repo: &Repo, exit: i32) -> Value {
    let ran = repo.run(&["plan", "--base", "HEAD^", "--format", "json"]);
    serde_json::from_str(&ran.ends(exit).out).unwrap()
}

/// The ids of a list of a plan, with their causes.
fn items(plan: &Value, list: &str) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let items = plan[list].as_array().unwrap().iter();
    items
        .map(|item| (text(&item["id"]), text(&item["cause"])))
        .collect()
}

fn item(id: &str, cause: &str) -> (String, String) {
    (id.to_owned(), cause.to_owned())
}

#[test]
fn who_was_declared_at_the_base_was_ours() {
    let repo = repo(&format!("{ADA}{BOB}"));
    repo.people("a.yaml", ADA);
    repo.commit("Bob leaves");
    seed(
        &repo,
        &[LIVE_ADA, LIVE_BOB],
        &[("sre", &["ada@example.com", "bob@example.com"])],
    );
    let without = repo.run(&["plan"]).ends(0);
    assert!(!without.out.contains("delete"), "{}", without.out);
    let with = repo.run(&["plan", "--base", "HEAD^", AS_OF]).ends(0);
    expect![[r#"
        Plan for Harness at the embedded sandbox
        compared 2 users and 1 group, read whole; grants judged on 2026-11-24; base baserev

        Who loses access
          - loses     bob <bob@example.com>: the account, and with it sre

        Takes access away
          - delete    user bob <bob@example.com>
                      declared at the base revision, and not any more (people/
                      a.yaml@baserev:3:3)

        Limits: people removed: 1 of 5; memberships removed: 1 (of 2, too few for 10% to
        count); from sre: 1 (of 2, too few for 50% to count)

        Plan: 1 to delete
    "#]]
    .assert_eq(&repo.redacted(&with.out));
    repo.run(&["apply", "--auto-approve", "--base", "HEAD^"])
        .ends(0)
        .says("Converged");
    repo.run(&["plan"]).ends(0).says("Nothing to do");
}

#[test]
fn who_was_protected_at_the_base_stays() {
    let repo = repo(&format!("{ADA}{BOB}"));
    let protect = format!("{ROOT}policy: {{ protect: {{ groups: [sre] }} }}\n");
    repo.write(
        "scim-sync.yaml",
        &protect.replace("members: [ada]", "members: []"),
    );
    repo.people("a.yaml", ADA);
    repo.commit("Bob leaves");
    seed(
        &repo,
        &[LIVE_ADA, LIVE_BOB],
        &[("sre", &["ada@example.com"])],
    );
    let plan = json(&repo, 3);
    assert_eq!(
        items(&plan, "actions"),
        [item("user:bob:delete", "thisChange")]
    );
    assert_eq!(plan["refusals"][0]["code"], "protected-group");
}

#[test]
fn a_group_that_no_role_gives_any_more_goes_as_a_tombstone_does() {
    let repo = repo(ADA);
    let root = ROOT.replace("  sre: { members: [ada] }", "  web: { members: [ada] }");
    repo.write("scim-sync.yaml", &root);
    repo.commit("sre becomes web");
    seed(
        &repo,
        &[LIVE_ADA],
        &[("sre", &["ada@example.com"]), ("web", &[])],
    );
    let plan = json(&repo, 0);
    assert_eq!(
        items(&plan, "actions"),
        [
            item("group:web:add-members:1", "thisChange"),
            item("group:#sre:remove-members:1", "thisChange"),
        ]
    );
    assert_eq!(
        items(&plan, "manualSteps"),
        [item("group:sre:support", "thisChange")]
    );
    // Without a base nobody knows whose it was.
    repo.run(&["plan"])
        .ends(0)
        .says("1 group that no role maps to: sre (1 member)");
}

#[test]
fn an_address_that_moves_is_refused_with_both_lines() {
    let repo = repo(ADA);
    repo.people("a.yaml", &ADA.replace("ada@", "ada.king@"));
    repo.commit("Ada marries");
    seed(&repo, &[LIVE_ADA], &[]);
    repo.run(&["plan"]).ends(0).tells("create user ada");
    let ran = repo.run(&["plan", "--base", "HEAD^", AS_OF]).ends(3);
    expect![[r#"
        Plan for Harness at the embedded sandbox
        compared 1 user and 0 groups, read whole; grants judged on 2026-11-24; base baserev

        Refused
          x refused   the e-mail of `ada` was `ada@example.com` at baserev and must not
                      become `ada.king@example.com`: Harness documents that an address
                      must stay the same once provisioned: after a change, removing the
                      user fails [email-immutable]
                      -> put `ada@example.com` back; for a new address declare `ada`
                      absent with the old one, apply, and then add the person under a
                      new key
                      declared at people/a.yaml:2:17, was people/a.yaml@baserev:2:17

        Drift already there (not from this change)
          + create    group sre
                      declared, not there yet (scim-sync.yaml:5:3 and 1 more line)
          + add       1 member to group sre by role sre: ada
                      a role gives it (scim-sync.yaml:5:20)

        Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

        Plan: 1 to create, 1 membership to add, 1 refused; 2 items are drift already
        there
    "#]]
    .assert_eq(&repo.redacted(&ran.out));
    let plan = json(&repo, 3);
    let evidence = &plan["refusals"][0]["evidence"];
    assert_eq!(evidence[0].get("revision"), None);
    assert_eq!(evidence[1]["revision"], repo.short("HEAD^").as_str());
}

#[test]
fn an_address_nobody_was_given_may_move() {
    let repo = repo(ADA);
    repo.people("a.yaml", &ADA.replace("ada@", "ada.king@"));
    repo.commit("a typo, found before the first apply");
    let plan = json(&repo, 0);
    assert_eq!(items(&plan, "refusals"), []);
    assert_eq!(
        items(&plan, "actions")[0],
        item("user:ada:create", "thisChange")
    );
}

/// One human under a new key: neither made nor removed, however the old key goes.
#[test]
fn nobody_is_removed_and_made_again() {
    let king =
        "  ada.king: { email: ada.king@example.com, givenName: Ada, familyName: Lovelace }\n";
    let tombstone = "  ada: { email: ada@example.com, status: absent }\n";
    for now in [king.to_owned(), format!("{king}{tombstone}")] {
        let repo = repo(ADA);
        repo.write("scim-sync.yaml", &ROOT.replace("[ada]", "[ada.king]"));
        repo.people("a.yaml", &now);
        repo.commit("Ada marries");
        seed(&repo, &[LIVE_ADA], &[("sre", &["ada@example.com"])]);
        let plan = json(&repo, 3);
        assert_eq!(items(&plan, "actions"), [], "{now}");
        assert_eq!(
            items(&plan, "refusals"),
            [item("user:ada.king:email", "thisChange")]
        );
        repo.run(&["plan", "--base", "HEAD^"])
            .ends(3)
            .tells("make two changes of it");
    }
}

#[test]
fn nobody_is_removed_and_made_again_without_a_base_either() {
    let repo = repo(ADA);
    seed(&repo, &[LIVE_ADA], &[("sre", &["ada@example.com"])]);
    repo.write("scim-sync.yaml", &ROOT.replace("[ada]", "[ada.king]"));
    repo.people(
        "a.yaml",
        "  ada: { email: ada@example.com, status: absent }\n  ada.king: { email: ada.king@example.com, givenName: Ada, familyName: Lovelace }\n",
    );
    let ran = repo.run(&["plan", AS_OF]).ends(3);
    expect![[r#"
        Plan for Harness at the embedded sandbox
        compared 1 user and 1 group, read whole; grants judged on 2026-11-24

        Refused
          x refused   `ada@example.com` is to be removed and `ada.king`
                      <ada.king@example.com> to be created, but they have the same name,
                      and nobody is removed and made again in one go [delete-and-create]
                      blocked: delete user ada <ada@example.com>
                      blocked: create user ada.king <ada.king@example.com> "Ada
                      Lovelace"
                      -> take `ada.king` out and apply, so that the account is gone;
                      then add `ada.king` again. If they are two people, do the same
                      declared at people/a.yaml:2:3 and 1 more line

        Limits: people removed: 0 of 5; memberships removed: 0; from one group: 0

        Plan: 1 refused
    "#]]
    .assert_eq(&ran.out);
}

#[test]
fn the_recipe_works_to_its_end() {
    let repo = repo(ADA);
    seed(&repo, &[LIVE_ADA], &[("sre", &["ada@example.com"])]);
    let apply = ["apply", "--auto-approve", "--base", "HEAD^"];
    repo.write("scim-sync.yaml", &ROOT.replace("[ada]", "[]"));
    repo.people(
        "a.yaml",
        "  ada: { email: ada@example.com, status: absent }\n",
    );
    repo.commit("the old address goes");
    repo.run(&apply).ends(0).says("Converged");
    repo.write("scim-sync.yaml", &ROOT.replace("[ada]", "[ada.king]"));
    repo.people(
        "a.yaml",
        "  ada.king: { email: ada.king@example.com, givenName: Ada, familyName: Lovelace }\n",
    );
    repo.commit("the new one comes");
    repo.run(&["validate", "--base", "HEAD^"]).ends(0);
    repo.run(&apply).ends(0).says("Converged");
}

#[test]
fn an_account_does_not_go_with_its_address() {
    let repo = repo(ADA);
    repo.people(
        "a.yaml",
        "  ada: { email: ada.king@example.com, givenName: Ada, familyName: Lovelace }\n  eve: { email: ada@example.com, givenName: Eve, familyName: Hunt }\n",
    );
    repo.commit("Eve gets Ada's address");
    seed(&repo, &[LIVE_ADA], &[("sre", &["ada@example.com"])]);
    let plan = json(&repo, 3);
    assert_eq!(
        items(&plan, "actions"),
        [],
        "Ada's account is not made Eve's"
    );
    let codes: Vec<&str> = plan["refusals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|refusal| refusal["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["email-immutable", "ambiguous-match"]);
}

#[test]
fn this_change_is_told_from_drift() {
    // At the base: Ada and Bob in sre. Somebody took Ada out of it by hand and renamed her,
    // and a merged change that added Carol was never applied.
    let carol = "  carol: { email: carol@example.com, givenName: Carol, familyName: Chu }\n";
    let dan = "  dan: { email: dan@example.com, givenName: Dan, familyName: Diaz }\n";
    let repo = Repo::empty();
    repo.write(".gitignore", ".scim-sync/\n");
    repo.write(
        "scim-sync.yaml",
        &ROOT.replace("[ada]", "[ada, bob, carol]"),
    );
    repo.people("a.yaml", &format!("{ADA}{BOB}{carol}"));
    repo.commit("begin");
    repo.write(
        "scim-sync.yaml",
        &ROOT.replace("[ada]", "[ada, carol, dan]"),
    );
    repo.people(
        "a.yaml",
        &format!("# moves every line\n{ADA}{BOB}{carol}{dan}"),
    );
    repo.commit("Dan comes, Bob leaves sre");
    seed(
        &repo,
        &[("ada@example.com", "A", "L"), LIVE_BOB],
        &[("sre", &["bob@example.com"])],
    );
    let plan = json(&repo, 0);
    assert_eq!(
        items(&plan, "actions"),
        [
            item("user:carol:create", "drift"),
            item("user:dan:create", "thisChange"),
            item("user:ada:update", "drift"),
            item("group:sre:add-members:1", "thisChange"),
            item("group:sre:add-members:1:drift", "drift"),
            item("group:sre:remove-members:1", "thisChange"),
        ]
    );
    assert_eq!(plan["summary"]["drift"], 3);
    let ran = repo.run(&["plan", "--base", "HEAD^", AS_OF]).ends(0);
    expect![[r#"
        Plan for Harness at the embedded sandbox
        compared 2 users and 1 group, read whole; grants judged on 2026-11-24; base baserev

        Who loses access
          - loses     bob <bob@example.com>: sre; no group is left

        Takes access away
          - remove    1 member from group sre: bob
                      no role gives it (scim-sync.yaml:5:3 and 1 more line)

        People
          + create    user dan <dan@example.com> "Dan Diaz"
                      declared, not there yet (people/a.yaml:6:3)
          i mail      1 invitation is mailed to the people created

        Groups
          + add       1 member to group sre by role sre: dan
                      a role gives it (scim-sync.yaml:5:32)

        Drift already there (not from this change)
          + create    user carol <carol@example.com> "Carol Chu"
                      declared, not there yet (people/a.yaml:5:3)
          ~ update    user ada <ada@example.com>: displayName "A L" -> "Ada Lovelace"
                      differs from what is declared (people/a.yaml:3:3)
          i mail      1 invitation is mailed to the people created
          + add       2 members to group sre by role sre: ada, carol
                      a role gives it (scim-sync.yaml:5:20 and 1 more line)

        Limits: people removed: 0 of 5; memberships removed: 1 (of 1, too few for 10% to
        count); from sre: 1 (of 1, too few for 50% to count)

        Plan: 2 to create, 1 to update, 3 memberships to add, 1 membership to remove; 3
        items are drift already there
    "#]]
    .assert_eq(&repo.redacted(&ran.out));
    // Both parts of a batch are carried out.
    repo.run(&["apply", "--auto-approve", "--base", "HEAD^"])
        .ends(0)
        .says("Converged");
}

#[test]
fn what_was_refused_before_is_drift_too() {
    let repo = repo(ADA);
    repo.people("a.yaml", &format!("{ADA}{BOB}"));
    repo.commit("Bob comes");
    seed(&repo, &[LIVE_ADA], &[("old", &[])]);
    repo.write(
        "scim-sync.yaml",
        &format!("{ROOT}groups: {{ old: {{ status: absent }} }}\n"),
    );
    repo.git(&["add", "--all"]);
    repo.git(&["commit", "--quiet", "--amend", "--no-edit"]);
    let plan = json(&repo, 0);
    assert_eq!(
        items(&plan, "manualSteps"),
        [item("group:old:support", "thisChange")]
    );
    repo.people("a.yaml", ADA);
    repo.commit("not Bob after all");
    let plan = json(&repo, 0);
    assert_eq!(
        items(&plan, "manualSteps"),
        [item("group:old:support", "drift")]
    );
}

/// The live state as a snapshot, with what `edit` does to it.
fn snapshot(repo: &Repo, edit: impl FnOnce(&mut Value)) {
    repo.run(&["snapshot", "--out", "live.json"]).ends(0);
    let mut live: Value = serde_json::from_str(&repo.place.read("live.json")).unwrap();
    edit(&mut live);
    repo.write("live.json", &live.to_string());
}

fn from_snapshot(repo: &Repo, exit: i32) -> Value {
    let plan = ["plan", "--live", "live.json", "--format", "json"];
    let ran = repo.run(&[&plan[..], &["--base", "HEAD^"]].concat());
    serde_json::from_str(&ran.ends(exit).out).unwrap()
}

#[test]
fn an_account_that_is_not_seen_may_be_there() {
    let repo = repo(&format!("{ADA}{BOB}"));
    repo.people("a.yaml", &ADA.replace("ada@", "ada.king@"));
    repo.commit("Ada marries, Bob leaves");
    seed(&repo, &[LIVE_BOB], &[]);
    snapshot(&repo, |live| {
        live["integrity"]["users"]["verdict"] = serde_json::json!({
            "state": "partial",
            "reasons": [{ "kind": "no-progress" }],
        });
    });
    let plan = from_snapshot(&repo, 3);
    let refusals = items(&plan, "refusals");
    assert_eq!(
        refusals,
        [
            item("user:ada:email", "thisChange"),
            item("guard:partial-read", "thisChange")
        ]
    );
    assert_eq!(plan["refusals"][1]["blocked"][0]["id"], "user:bob:delete");
    assert_eq!(items(&plan, "actions"), [item("group:sre:create", "drift")]);
}

#[test]
fn our_own_mark_and_the_base_give_one_refusal_with_both_lines() {
    let repo = repo(ADA);
    repo.run(&["apply", "--auto-approve"]).ends(0);
    repo.people("a.yaml", &ADA.replace("ada@", "ada.king@"));
    repo.commit("Ada marries");
    let plan = json(&repo, 3);
    assert_eq!(
        items(&plan, "refusals"),
        [item("user:ada:email", "thisChange")]
    );
    let evidence = plan["refusals"][0]["evidence"].as_array().unwrap();
    assert_eq!(evidence.len(), 2);
    assert_eq!(evidence[1]["revision"], repo.short("HEAD^").as_str());
}

#[test]
fn two_who_swap_addresses_are_both_left_alone() {
    let repo = repo(&format!("{ADA}{BOB}"));
    let swapped = format!("{ADA}{BOB}")
        .replace("ada@", "x@")
        .replace("bob@", "ada@")
        .replace("x@", "bob@");
    repo.people("a.yaml", &swapped);
    repo.commit("a swap");
    seed(
        &repo,
        &[LIVE_ADA, LIVE_BOB],
        &[("sre", &["ada@example.com"])],
    );
    let plan = json(&repo, 3);
    assert_eq!(items(&plan, "actions"), []);
    let refused: Vec<String> = items(&plan, "refusals")
        .into_iter()
        .map(|(id, _)| id)
        .collect();
    assert!(
        refused.contains(&"user:ada:email".to_owned()),
        "{refused:?}"
    );
    assert!(
        refused.contains(&"user:bob:match".to_owned()),
        "{refused:?}"
    );
}

#[test]
fn a_plan_with_a_base_is_the_same_every_time_and_obeys_its_schema() {
    let repo = repo(&format!("{ADA}{BOB}"));
    repo.people("a.yaml", &ADA.replace("ada@", "ada.king@"));
    repo.commit("Ada marries, Bob leaves");
    seed(
        &repo,
        &[LIVE_ADA, LIVE_BOB],
        &[("sre", &["bob@example.com"]), ("old", &[])],
    );
    let plan = ["plan", "--base", "HEAD^", "--format", "json"];
    let first = repo.run(&plan).ends(3).out;
    for _ in 0..5 {
        assert_eq!(repo.run(&plan).out, first);
    }
    let schema: Value = serde_json::from_str(&repo.run(&["schema", "plan"]).out).unwrap();
    let value: Value = serde_json::from_str(&first).unwrap();
    jsonschema::validate(&schema, &value).unwrap();
    let read: scim_sync::plan::Plan = serde_json::from_str(&first).unwrap();
    assert_eq!(read.base, Some(repo.short("HEAD^")));
}

#[test]
fn who_was_declared_for_another_service_provider_was_not_ours() {
    let one = |state: &str| {
        let state = format!("provider: harness, sandbox: {{ state: .scim-sync/{state}.json }}");
        ROOT.replace("provider: harness", &state)
    };
    let named = |state: &str| {
        let one = one(state);
        one.replace("target: {", "targets:\n  prod: {")
    };
    for [staging, production] in [
        ["staging", "sandbox"].map(one),
        ["staging", "sandbox"].map(named),
    ] {
        let repo = repo(&format!("{ADA}{BOB}"));
        repo.write("scim-sync.yaml", &staging);
        repo.commit("rehearse");
        repo.write("scim-sync.yaml", &production);
        repo.people("a.yaml", ADA);
        repo.commit("go live, without Bob");
        seed(
            &repo,
            &[LIVE_ADA, LIVE_BOB],
            &[
                ("sre", &["ada@example.com"]),
                ("bobs", &["bob@example.com"]),
            ],
        );
        let ran = repo.run(&["plan", "--base", "HEAD^"]).ends(0);
        assert!(!ran.out.contains("delete"), "{}", ran.out);
        ran.warns("was another service provider at the base");

        // Where it is the same one, he was ours.
        repo.people("a.yaml", &format!("{ADA}{BOB}"));
        repo.commit("with Bob");
        repo.people("a.yaml", ADA);
        repo.commit("without Bob");
        let ran = repo.run(&["plan", "--base", "HEAD^"]).ends(0);
        assert!(ran.out.contains("delete"), "{}", ran.out);
    }
}

#[test]
fn a_group_that_is_still_spoken_of_is_not_removed() {
    let repo = Repo::empty();
    repo.write(".gitignore", ".scim-sync/\n");
    let manifest = |roles: &str, groups: &str| {
        format!(
            "version: 1\ntarget: {{ provider: scim }}\nusers:\n{ADA}roles:\n  \
             sre: {{ members: [ada] }}\n{roles}\
             groupMappings: [{{ match: '.*', group: '{{role}}' }}]\n{groups}"
        )
    };
    repo.write(
        "scim-sync.yaml",
        &manifest("  Ops: { members: [ada] }\n", ""),
    );
    repo.commit("begin");
    repo.run(&["apply", "--auto-approve"]).ends(0);
    let without = |groups: &str| {
        repo.write("scim-sync.yaml", &manifest("", groups));
        repo.run(&["plan", "--base", "HEAD", "--format", "json"])
    };
    let deleted = |ran: &str| ran.contains("group:Ops:delete");
    assert!(
        deleted(&without("").ends(0).out),
        "no role gives it any more"
    );
    // Another group's earlier name, as the provider compares names; or additive, so that
    // members are added and never removed.
    for groups in [
        "groups: { sre: { previously: [OPS] } }\n",
        "groups: { OPS: { membership: additive } }\n",
    ] {
        let ran = without(groups).ends(0);
        assert!(!deleted(&ran.out), "{groups}: {}", ran.out);
        assert!(ran.out.contains("\"undeclared\""), "{groups}: {}", ran.out);
    }
    let removes = "policy: { undeclared: { groups: remove } }\n";
    let plan = |groups: &str| {
        repo.write("scim-sync.yaml", &(manifest("", groups) + removes));
        repo.run(&["plan", "--format", "json"]).ends(0).out
    };
    assert!(plan("").contains("delete"));
    assert!(!plan("groups: { ops: { membership: additive } }\n").contains("delete"));
}
