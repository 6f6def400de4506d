//! `scim-sync review`, `codeowners` and `snapshot diff` with the real binary and real git.

#[path = "support/cli.rs"]
mod support;

use std::process::Command;

use expect_test::expect;
use support::Place;

const ROOT: &str = "\
version: 1
target: { provider: harness }
include: [roles/*.yaml]
users:
  ada: { email: ada@example.com, givenName: Ada, familyName: Lovelace }
  bob: { email: bob@example.com, givenName: +SUM(A1) }
groupMappings:
  - { match: \".*\", group: \"{role}\" }
";
const SRE: &str = "\
roles:
  sre:
    owners: ['@acme/sre', lead@example.com]
    members: [{ user: ada, until: 2027-01-31, reason: '=1+1' }]
";
const WEB: &str = "\
roles:
  web: { members: [bob], includes: [sre], owners: ['@acme/web'] }
";

fn snapshot(users: &str, groups: &str, at: &str) -> String {
    format!(
        r#"{{ "version": 1, "provider": "harness", "baseUrl": "the embedded sandbox", "takenAt": "{at}",
  "integrity": {{
    "users": {{ "pages": 2, "rows": 3, "duplicates": 0, "reportedTotal": null, "verdict": {{ "state": "whole", "how": "empty-pages" }} }},
    "groups": {{ "pages": 1, "rows": 3, "duplicates": 0, "reportedTotal": null, "verdict": {{ "state": "whole", "how": "empty-pages" }} }}
  }}, "users": [{users}], "groups": [{groups}] }}"#
    )
}

fn user(id: &str, mail: &str, name: &str) -> String {
    format!(
        r#"{{ "id": "{id}", "userName": "{mail}", "email": "{mail}", "displayName": "{name}", "active": true }}"#
    )
}

fn live() -> String {
    let users = [
        user("u1", "ada@example.com", "Ada Lovelace"),
        user("u9", "eve@example.com", "@eve|<i>"),
    ];
    let groups = r#"{ "id": "sre", "displayName": "sre", "members": ["u1", "u9"] }"#;
    snapshot(&users.join(","), groups, "2026-11-24T08:00:00Z")
}

fn git(place: &Place, arguments: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=Grace H", "-c", "user.email=g@example.com"])
        .args(arguments)
        .current_dir(place.path("."))
        .env("GIT_AUTHOR_DATE", "2026-03-02T10:00:00Z")
        .output()
        .expect("git runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {said}");
}

fn repository() -> Place {
    let place = Place::with(ROOT);
    place.write("roles/sre.yaml", SRE);
    place.write("roles/web.yaml", WEB);
    place.write("live.json", &live());
    git(&place, &["init", "-q"]);
    git(&place, &["add", "-A"]);
    git(&place, &["commit", "-qm", "one"]);
    place
}

const WITH: [&str; 4] = ["--live", "live.json", "--as-of", "2026-11-24"];

fn review(place: &Place, format: &str) -> String {
    let all = [&["review", "--format", format], &WITH[..]].concat();
    let out = place.run(&all).ends(0).out;
    let head = Command::new("git")
        .args(["rev-parse", "--short=7", "HEAD"])
        .current_dir(place.path("."))
        .output()
        .expect("git runs");
    out.replace(String::from_utf8_lossy(&head.stdout).trim(), "COMMIT")
}

#[test]
fn a_spreadsheet_of_who_has_what() {
    let place = repository();
    expect![[r#"
        group,person,email,name,status,role,through,owners,since,commit,author,until,reason,place,live
        sre,ada,ada@example.com,Ada Lovelace,active,sre,,"'@acme/sre lead@example.com",2026-03-02,COMMIT,Grace H,2027-01-31,"'=1+1",roles/sre.yaml:4:23,yes
        sre,,eve@example.com,"'@eve|<i>",not declared,none,,,,,,,,,yes
        web,ada,ada@example.com,Ada Lovelace,active,web,sre,"'@acme/sre lead@example.com",2026-03-02,COMMIT,Grace H,2027-01-31,"'=1+1",roles/sre.yaml:4:23,no
        web,bob,bob@example.com,"'+SUM(A1)",active,web,,"'@acme/web",2026-03-02,COMMIT,Grace H,,,roles/web.yaml:2:20,no
    "#]].assert_eq(&review(&place, "csv").replace("\r\n", "\n"));
}

#[test]
fn a_table_for_a_ticket_and_a_page() {
    let place = repository();
    expect![[r#"
        # Access review, 2026-11-24

        Harness at the embedded sandbox&#58; 3 people, 2 groups, 4 ways in; 1 live and not declared

        | group | person | email | name | status | role | through | owners | since | commit | author | until | reason | place | live |
        |---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
        | sre | ada | ada&#64;example.com | Ada Lovelace | active | sre |  | &#64;acme/sre lead&#64;example.com | 2026-03-02 | COMMIT | Grace H | 2027-01-31 | =1+1 | roles/sre.yaml&#58;4&#58;23 | yes |
        | sre |  | eve&#64;example.com | &#64;eve\|&lt;i&gt; | not declared | none |  |  |  |  |  |  |  |  | yes |
        | web | ada | ada&#64;example.com | Ada Lovelace | active | web | sre | &#64;acme/sre lead&#64;example.com | 2026-03-02 | COMMIT | Grace H | 2027-01-31 | =1+1 | roles/sre.yaml&#58;4&#58;23 | no |
        | web | bob | bob&#64;example.com | +SUM\(A1\) | active | web |  | &#64;acme/web | 2026-03-02 | COMMIT | Grace H |  |  | roles/web.yaml&#58;2&#58;20 | no |
    "#]].assert_eq(&review(&place, "markdown"));
    let page = review(&place, "html");
    assert!(page.contains("<td>@eve|&lt;i&gt;</td>"), "{page}");
    assert!(page.contains("<tr class=\"undeclared\">"), "{page}");
    assert!(!page.contains("<i>") && !page.contains("<script"), "{page}");
}

#[test]
fn what_is_declared_only() {
    let place = repository();
    let ran = place
        .run(&["review", "--no-live", "--as-of", "2026-11-24"])
        .ends(0);
    assert!(!ran.out.contains("eve@example.com"), "{}", ran.out);
    assert!(ran.out.contains("roles/sre.yaml:4:23,"), "{}", ran.out);
}

#[test]
fn owners_become_codeowners() {
    let place = repository();
    let printed = place.run(&["codeowners"]).ends(0).out;
    expect![[r#"
        # BEGIN scim-sync: made of the roles' `owners`, changes here are lost
        /roles/sre.yaml @acme/sre lead@example.com
        /roles/web.yaml @acme/web
        # END scim-sync
    "#]]
    .assert_eq(&printed);
    place.write("CODEOWNERS", "* @acme/all\n");
    place
        .run(&["codeowners", "--check", "CODEOWNERS"])
        .ends(1)
        .warns("is not up to date");
    place.run(&["codeowners", "--write", "CODEOWNERS"]).ends(0);
    assert_eq!(
        place.read("CODEOWNERS"),
        format!("* @acme/all\n\n{printed}")
    );
    place.run(&["codeowners", "--check", "CODEOWNERS"]).ends(0);
    place
        .run(&["codeowners", "--write", "CODEOWNERS"])
        .ends(0)
        .warns("is up to date");
    // Two roles in one file cannot have owners of their own.
    place.write(
        "roles/web.yaml",
        &format!("{WEB}  db: {{ owners: ['@acme/db'] }}\n"),
    );
    place
        .run(&["codeowners"])
        .ends(0)
        .says("/roles/web.yaml @acme/db @acme/web")
        .warns("holds roles of different owners");
    place.write("roles/web.yaml", &WEB.replace("@acme/web", "acme web"));
    place
        .run(&["validate"])
        .ends(1)
        .says("an owner of role `web` is neither `@name` nor an e-mail");
}

#[test]
fn what_changed_between_two_snapshots() {
    let place = Place::new();
    place.write("one.json", &live());
    let users = [
        user("u1", "ada@example.com", "Ada King"),
        user("u7", "zoe@example.com", "Zo\\u001be"),
    ];
    let groups = [
        r#"{ "id": "sre", "displayName": "SRE", "members": ["u1", "u7"] }"#,
        r#"{ "id": "new", "displayName": "new", "members": [] }"#,
    ];
    place.write(
        "two.json",
        &snapshot(&users.join(","), &groups.join(","), "2026-11-25T08:00:00Z"),
    );
    let out = place
        .run(&["snapshot", "diff", "one.json", "two.json"])
        .ends(0)
        .out;
    expect![[r#"
        2026-11-24T08:00:00Z -> 2026-11-25T08:00:00Z
        compared 2 users and 1 group with 2 users and 2 groups

          - gone      eve@example.com (id u9)
          - left      group sre: eve@example.com
          ~ changed   ada@example.com (id u1): displayName `Ada Lovelace` -> `Ada King`
          ~ renamed   group sre (id sre) to SRE
          + made      zoe@example.com (id u7)
          + made      group new (id new) with nobody
          + joined    group sre: zoe@example.com
    "#]]
    .assert_eq(&out);
    place
        .run(&["snapshot", "diff", "one.json", "one.json"])
        .ends(0)
        .says("Nothing changed.");
    let json = place
        .run(&[
            "snapshot", "diff", "one.json", "two.json", "--format", "json",
        ])
        .ends(0)
        .out;
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    let schema = place.run(&["schema", "snapshot-diff"]).ends(0).out;
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    assert!(
        jsonschema::validator_for(&schema).unwrap().is_valid(&value),
        "{json}"
    );
    assert_eq!(value["groupsChanged"][0]["left"][0], "u9");
    place
        .run(&["snapshot", "diff", "one.json", "nowhere.json"])
        .ends(1)
        .warns("nowhere.json");
}
