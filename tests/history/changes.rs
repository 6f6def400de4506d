//! What `validate` finds in a change: addresses that move, people who go.

use expect_test::expect;

use crate::repo::{ADA, BOB, ROOT, Repo};

const KING: &str =
    "  ada.king: { email: ada.king@example.com, givenName: Ada, familyName: Lovelace }\n";

/// Everything that can be said of a change from `before` to `now`.
fn change(before: &str, now: &str) -> (Repo, crate::support::Ran) {
    change_with(ROOT, before, ROOT, now)
}

fn change_with(
    root_before: &str,
    before: &str,
    root_now: &str,
    now: &str,
) -> (Repo, crate::support::Ran) {
    let repo = Repo::empty();
    repo.write("scim-sync.yaml", root_before);
    repo.people("a.yaml", before);
    repo.commit("begin");
    repo.write("scim-sync.yaml", root_now);
    repo.people("a.yaml", now);
    repo.commit("change");
    let ran = repo.run(&["validate", "--base", "HEAD^"]);
    (repo, ran)
}

#[test]
fn the_same_key_with_another_address() {
    let (repo, ran) = change(ADA, &ADA.replace("ada@", "ada.king@"));
    expect![[r#"
        error[email-immutable]

          × the e-mail of person `ada` changes from `ada@example.com` to
          │ `ada.king@example.com`
           ╭─[people/a.yaml:2:17]
         1 │ users:
         2 │   ada: { email: ada.king@example.com, givenName: Ada, familyName: Lovelace }
           ·                 ──────────┬─────────
           ·                           ╰── is this now (headrev by Grace, 2026-11-24)
           ╰────
           ╭─[people/a.yaml@baserev:2:17]
         1 │ users:
         2 │   ada: { email: ada@example.com, givenName: Ada, familyName: Lovelace }
           ·                 ───────┬───────
           ·                        ╰── was this at baserev
           ╰────
          help: Harness documents that an address must stay the same once provisioned:
                after a change, removing the user fails; so put `ada@example.com`
                back; for a new address declare `ada` absent with the old one, apply,
                and then add the person under a new key

        1 error in 1 file
    "#]]
    .assert_eq(&repo.redacted(&ran.ends(1).out));
}

#[test]
fn a_change_of_case_is_none() {
    let (_, ran) = change(ADA, &ADA.replace("ada@", "Ada@"));
    assert_eq!(ran.ends(0).out, "");
}

#[test]
fn an_earlier_key_is_followed() {
    let now = "  ada2: { email: a@example.com, previously: [ada] }\n";
    let root = ROOT.replace("[ada]", "[ada2]");
    let (_, ran) = change_with(ROOT, ADA, &root, now);
    ran.ends(1)
        .tells("the e-mail of person `ada2` changes from `ada@example.com` to `a@example.com`");
}

#[test]
fn one_key_goes_and_another_comes_for_one_human() {
    let root = ROOT.replace("[ada]", "[ada.king]");
    let (repo, ran) = change_with(ROOT, ADA, &root, KING);
    expect![[r#"
        error[email-immutable]

          × `ada` with `ada@example.com` goes and `ada.king` with
          │ `ada.king@example.com` comes, but they are one person: they have the same
          │ name
           ╭─[people/a.yaml:2:22]
         1 │ users:
         2 │   ada.king: { email: ada.king@example.com, givenName: Ada, familyName: Lovelace }
           ·                      ──────────┬─────────
           ·                                ╰── `ada.king` comes (headrev by Grace, 2026-11-24)
           ╰────
           ╭─[people/a.yaml@baserev:2:17]
         1 │ users:
         2 │   ada: { email: ada@example.com, givenName: Ada, familyName: Lovelace }
           ·                 ───────┬───────
           ·                        ╰── `ada` was this at baserev
           ╰────
          help: Harness documents that an address must stay the same once provisioned:
                after a change, removing the user fails; so make two changes of it: in
                the first take `ada.king` out and declare `ada: { email:
                ada@example.com, status: absent }`; when that is applied, add
                `ada.king`. If they are two people, let them go and come in separate
                changes

        1 error in 1 file
    "#]]
    .assert_eq(&repo.redacted(&ran.ends(1).out));
}

#[test]
fn a_tombstone_and_the_new_person_in_one_change() {
    let root = ROOT.replace("[ada]", "[ada.king]");
    let tombstone = "  ada: { email: ada@example.com, status: absent }\n";
    let (repo, ran) = change_with(ROOT, ADA, &root, &format!("{KING}{tombstone}"));
    expect![[r#"
        error[email-immutable]

          × `ada` with `ada@example.com` goes and `ada.king` with
          │ `ada.king@example.com` comes, but they are one person: they have the same
          │ name
           ╭─[people/a.yaml:2:22]
         1 │ users:
         2 │   ada.king: { email: ada.king@example.com, givenName: Ada, familyName: Lovelace }
           ·                      ──────────┬─────────
           ·                                ╰── `ada.king` comes (headrev by Grace, 2026-11-24)
         3 │   ada: { email: ada@example.com, status: absent }
           ·   ─┬─
           ·    ╰── is declared absent in the same change
           ╰────
           ╭─[people/a.yaml@baserev:2:17]
         1 │ users:
         2 │   ada: { email: ada@example.com, givenName: Ada, familyName: Lovelace }
           ·                 ───────┬───────
           ·                        ╰── `ada` was this at baserev
           ╰────
          help: Harness documents that an address must stay the same once provisioned:
                after a change, removing the user fails; so make two changes of it: in
                the first take `ada.king` out and declare `ada: { email:
                ada@example.com, status: absent }`; when that is applied, add
                `ada.king`. If they are two people, let them go and come in separate
                changes

        1 error in 1 file
    "#]]
    .assert_eq(&repo.redacted(&ran.ends(1).out));
}

#[test]
fn the_recipe_is_accepted_step_by_step() {
    let empty = ROOT.replace("[ada]", "[]");
    let tombstone = "  ada: { email: ada@example.com, status: absent }\n";
    let (repo, ran) = change_with(ROOT, ADA, &empty, tombstone);
    assert_eq!(ran.ends(0).out, "");
    repo.write("scim-sync.yaml", &ROOT.replace("[ada]", "[ada.king]"));
    repo.people("a.yaml", &format!("{KING}{tombstone}"));
    repo.commit("the new address");
    repo.run(&["validate", "--base", "HEAD^"]).ends(0);
    repo.people("a.yaml", KING);
    repo.commit("the tombstone has done its work");
    let ran = repo.run(&["validate", "--base", "HEAD^"]).ends(0);
    assert_eq!(ran.out, "");
}

#[test]
fn a_tombstone_keeps_the_address_of_the_account() {
    let empty = ROOT.replace("[ada]", "[]");
    let tombstone = "  ada: { email: ada.king@example.com, status: absent }\n";
    let (_, ran) = change_with(ROOT, ADA, &empty, tombstone);
    ran.ends(1)
        .says("[email-immutable]")
        .tells("keep `ada@example.com`");
}

#[test]
fn two_smiths_are_two_people() {
    let roles = "  sre: { members: [X] }\n  web: { members: [X] }\n  db: { members: [X] }\n";
    let root = |key: &str| ROOT.replace("  sre: { members: [ada] }\n", &roles.replace('X', key));
    let bob = "  bob: { email: bob.smith@example.com, givenName: Bob, familyName: Smith }\n";
    let alice =
        "  alice: { email: alice.smith@example.com, givenName: Alice, familyName: Smith }\n";
    let (_, ran) = change_with(&root("bob"), bob, &root("alice"), alice);
    let ran = ran.ends(0).says("[removed-without-tombstone]");
    assert!(!ran.out.contains("email-immutable"), "{}", ran.out);
}

#[test]
fn a_team_that_shares_all_roles_may_change_hands() {
    let roles = "  sre: { members: [X] }\n  web: { members: [X] }\n  db: { members: [X] }\n";
    let root = |keys: &str| ROOT.replace("  sre: { members: [ada] }\n", &roles.replace('X', keys));
    let team = |letter: &str| -> (String, String) {
        let keys: Vec<String> = (0..5).map(|number| format!("{letter}{number}")).collect();
        let people = keys.iter().map(|key| {
            format!("  {key}: {{ email: {key}@example.com, givenName: Given{key}, familyName: Family{key} }}\n")
        });
        (keys.join(", "), people.collect())
    };
    let ((old, leave), (new, come)) = (team("a"), team("b"));
    let (_, ran) = change_with(&root(&old), &leave, &root(&new), &come);
    let ran = ran.ends(0).says("5 warnings");
    assert!(!ran.out.contains("email-immutable"), "{}", ran.out);
}

#[test]
fn a_human_is_known_by_roles_when_the_name_changes_too() {
    let roles = "  sre: { members: [X] }\n  web: { members: [X] }\n";
    let root = |key: &str| ROOT.replace("  sre: { members: [ada] }\n", &roles.replace('X', key));
    let married = "  king: { email: ada@example.org, givenName: Ada, familyName: King }\n";
    let (_, ran) = change_with(&root("ada"), ADA, &root("king"), married);
    ran.ends(1).tells("they have 2 roles in common");
}

#[test]
fn a_new_key_for_the_same_address_is_no_change_of_it() {
    let root = ROOT.replace("[ada]", "[lovelace]");
    let (_, ran) = change_with(ROOT, ADA, &root, &ADA.replace("  ada:", "  lovelace:"));
    assert_eq!(ran.ends(0).out, "");
}

#[test]
fn somebody_who_goes_without_a_tombstone() {
    let (repo, ran) = change(&format!("{ADA}{BOB}"), ADA);
    expect![[r#"
        warning[removed-without-tombstone]

          ⚠ person `bob` is taken out without a tombstone
           ╭─[people/a.yaml@baserev:3:3]
         2 │   ada: { email: ada@example.com, givenName: Ada, familyName: Lovelace }
         3 │   bob: { email: bob@example.com, givenName: Bob, familyName: Byrne }
           ·   ─┬─
           ·    ╰── declared here at baserev
           ╰────
          help: apply removes the account only where scim-sync made it or is given
                this base; to have it removed for certain, add `bob: { email:
                bob@example.com, status: absent }` and keep it until the account is
                gone

        1 warning in 1 file
    "#]]
    .assert_eq(&repo.redacted(&ran.ends(0).out));
}

#[test]
fn machines_are_told_which_lines_are_of_the_base() {
    let (repo, _) = change(&format!("{ADA}{BOB}"), &ADA.replace("ada@", "a@"));
    let format = |name| {
        let ran = repo.run(&["validate", "--base", "HEAD^", "--format", name]);
        repo.redacted(&ran.ends(1).out)
    };
    expect![[r#"
        ::error file=people/a.yaml,line=2,endLine=2,col=17,endColumn=30,title=email-immutable::the e-mail of person `ada` changes from `ada@example.com` to `a@example.com`%0Ahelp: Harness documents that an address must stay the same once provisioned: after a change, removing the user fails; so put `ada@example.com` back; for a new address declare `ada` absent with the old one, apply, and then add the person under a new key
        ::warning file=people/a.yaml,title=removed-without-tombstone::person `bob` is taken out without a tombstone (people/a.yaml@baserev:3)%0Ahelp: apply removes the account only where scim-sync made it or is given this base; to have it removed for certain, add `bob: { email: bob@example.com, status: absent }` and keep it until the account is gone
    "#]].assert_eq(&format("github"));
    let json: serde_json::Value = serde_json::from_str(&format("json")).unwrap();
    let fault = &json["faults"][0];
    assert_eq!(fault["code"], "email-immutable");
    assert!(fault["place"].get("revision").is_none());
    assert_eq!(fault["related"][0]["revision"], "baserev");
    assert_eq!(fault["related"][0]["line"], 2);
    let sarif: serde_json::Value = serde_json::from_str(&format("sarif")).unwrap();
    let related = &sarif["runs"][0]["results"][0]["relatedLocations"][0];
    assert!(related["physicalLocation"].get("region").is_none());
    let text = related["message"]["text"].as_str().unwrap();
    assert!(text.contains("people/a.yaml@baserev:2:"), "{text}");
}

#[test]
fn a_change_that_is_not_committed_names_no_commit() {
    let repo = Repo::new();
    repo.people("a.yaml", &ADA.replace("ada@", "a@"));
    let ran = repo.run(&["validate", "--base", "HEAD"]).ends(1);
    assert!(!ran.out.contains("Grace"), "{}", ran.out);
}

#[test]
fn other_faults_do_not_hide_the_change() {
    let root = ROOT.replace("[ada]", "[ada, nobody]");
    let (_, ran) = change_with(ROOT, ADA, &root, &ADA.replace("ada@", "a@"));
    ran.ends(1)
        .says("[unknown-person]")
        .says("[email-immutable]");
}
