//! An account whose login is a declared e-mail, while its own e-mail is another: it is that
//! person's, since logins are unique, and a create would only be refused as a duplicate.

use assert_cmd::Command;

const MANIFEST: &str = "\
version: 1
target: { provider: scim, baseUrl: 'http://127.0.0.1:9/v2' }
users:
  ada: { email: ada@example.com, givenName: Ada, familyName: L, status: STATUS }
";

/// Plans offline with these live users; returns the exit code and the plan.
fn plan(status: &str, users: &str) -> (i32, serde_json::Value) {
    plan_of(&MANIFEST.replace("STATUS", status), users)
}

fn plan_of(manifest: &str, users: &str) -> (i32, serde_json::Value) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("scim-sync.yaml"), manifest).expect("written");
    let walk = |rows: usize| {
        format!(
            r#"{{"pages":1,"rows":{rows},"duplicates":0,"reportedTotal":{rows},"verdict":{{"state":"whole","how":"counted"}}}}"#
        )
    };
    let rows = users.matches("\"id\"").count();
    let live = format!(
        r#"{{"version":1,"provider":"scim","baseUrl":"x","takenAt":"2026-11-24T00:00:00Z",
            "integrity":{{"users":{},"groups":{}}},"users":[{users}],"groups":[]}}"#,
        walk(rows),
        walk(0)
    );
    std::fs::write(folder.path().join("live.json"), live).expect("written");
    let output = Command::cargo_bin("scim-sync")
        .expect("built")
        .args(["plan", "--live", "live.json", "--format", "json"])
        .current_dir(folder.path())
        .output()
        .expect("it runs");
    let plan = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code().expect("not killed"), plan)
}

const OTHER_MAIL: &str = r#"{"id":"1","userName":"Ada@Example.com","email":"ada@home.example",
    "givenName":"Ada","familyName":"L","active":true}"#;

#[test]
fn is_not_created_again_and_the_e_mail_is_refused() {
    let (exit, plan) = plan("active", OTHER_MAIL);
    assert_eq!(exit, 3, "{plan}");
    assert_eq!(plan["actions"], serde_json::json!([]));
    assert_eq!(plan["refusals"][0]["code"], "email-immutable");
    assert_eq!(plan["unmanaged"]["users"], serde_json::json!([]));
}

#[test]
fn is_removed_by_a_tombstone() {
    let (exit, plan) = plan("absent", OTHER_MAIL);
    assert_eq!(exit, 0, "{plan}");
    assert_eq!(plan["actions"].as_array().map(Vec::len), Some(1));
    assert_eq!(plan["actions"][0]["change"]["person"]["id"], "1", "{plan}");
}

#[test]
fn is_in_doubt_if_another_account_has_the_e_mail() {
    let second = r#"{"id":"2","userName":"second","email":"ada@example.com","active":true}"#;
    let (exit, plan) = plan("active", &format!("{OTHER_MAIL},{second}"));
    assert_eq!(exit, 3, "{plan}");
    assert_eq!(plan["actions"], serde_json::json!([]));
    assert_eq!(plan["refusals"][0]["code"], "ambiguous-match");
}

#[test]
fn is_left_alone_if_it_was_made_for_somebody_else() {
    let bobs = OTHER_MAIL.replace(
        "\"id\":\"1\"",
        "\"id\":\"1\",\"externalId\":\"scim-sync:bob\"",
    );
    let (exit, plan) = plan("absent", &bobs);
    assert_eq!(exit, 3, "{plan}");
    assert_eq!(plan["actions"], serde_json::json!([]));
    assert_eq!(plan["refusals"][0]["code"], "ambiguous-match");
}

/// Two people, each with half of one account.
const TWO: &str = "\
version: 1
target: { provider: scim, baseUrl: 'http://127.0.0.1:9/v2' }
users:
  alice: { email: alice@example.com, status: ALICE }
  bob: { email: bob@example.com, status: BOB }
roles: { sre: { members: [alice] } }
groupMappings: [{ match: '.*', group: '{role}' }]
policy: { protect: { users: [alice] } }
";

/// The account, by whom it was made, with Bob's login and Alice's e-mail.
fn halves(external_id: &str) -> String {
    let made = match external_id {
        "" => String::new(),
        id => format!(r#""externalId":"{id}","#),
    };
    format!(
        r#"{{"id":"1","userName":"bob@example.com",{made}"email":"alice@example.com","active":true}}"#
    )
}

/// What a plan does to accounts, and the people it refuses as in doubt.
fn told(plan: &serde_json::Value) -> (Vec<String>, Vec<String>) {
    let texts = |list: &str, key: &str| -> Vec<String> {
        let items = plan[list].as_array().expect("a list").iter();
        let items = items.filter(|it| key == "id" || it[key] == "ambiguous-match");
        let ids = items.map(|it| it["id"].as_str().expect("an id").to_owned());
        ids.filter(|id| id.starts_with("user:")).collect()
    };
    (texts("actions", "id"), texts("refusals", "code"))
}

#[test]
fn one_account_that_two_people_could_be_is_nobodys() {
    for status in ["active", "suspended", "absent"] {
        let manifest = TWO.replace("ALICE", "active").replace("BOB", status);
        for made in ["", "another-client-7"] {
            let (exit, plan) = plan_of(&manifest, &halves(made));
            assert_eq!(exit, 3, "{plan}");
            let doubts = ["user:alice:match", "user:bob:match"].map(str::to_owned);
            assert_eq!(
                told(&plan),
                (vec![], doubts.to_vec()),
                "{status} {made}: {plan}"
            );
            assert_eq!(plan["unmanaged"]["users"], serde_json::json!([]));
        }
    }
}

#[test]
fn one_account_that_two_people_could_be_is_its_keys_and_stays() {
    // Made for Alice: hers, and Bob's tombstone does not take it away.
    let manifest = TWO.replace("ALICE", "active").replace("BOB", "absent");
    let (exit, plan) = plan_of(&manifest, &halves("scim-sync:alice"));
    assert_eq!(exit, 3, "{plan}");
    assert_eq!(told(&plan), (vec![], vec!["user:bob:match".to_owned()]));

    // Made for Bob, who is to go: Alice logs in with it, or is written to there.
    let swapped = r#"{"id":"1","userName":"alice@example.com","externalId":"scim-sync:bob",
        "email":"EMAIL","active":true}"#;
    for email in [
        "old.bob@example.com",
        "bob@example.com",
        "alice@example.com",
    ] {
        for status in ["absent", "suspended"] {
            if status == "suspended" && email != "bob@example.com" {
                continue; // refused for the e-mail, and nothing is done to the account
            }
            let manifest = TWO.replace("ALICE", "active").replace("BOB", status);
            let (exit, plan) = plan_of(&manifest, &swapped.replace("EMAIL", email));
            assert_eq!(exit, 3, "{plan}");
            let doubts = ["user:alice:match", "user:bob:match"].map(str::to_owned);
            assert_eq!(told(&plan), (vec![], doubts.to_vec()), "{email}: {plan}");
        }
    }
}

#[test]
fn an_account_in_doubt_is_told_with_its_login() {
    let second = r#"{"id":"2","userName":"second","email":"ada@example.com","active":true}"#;
    let (_, plan) = plan("active", &format!("{OTHER_MAIL},{second}"));
    assert_eq!(
        plan["refusals"][0]["message"],
        "2 live users could be `ada`: `ada@home.example` (id 1, login `Ada@Example.com`), \
         `ada@example.com` (id 2, login `second`)"
    );
}

#[test]
fn nobody_is_removed_on_the_word_of_one_address_among_several() {
    let manifest = TWO.replace("ALICE", "active").replace("BOB", "absent");
    let of_both = r#"{"id":"1","userName":"LOGIN","email":"bob@example.com",MADE
        "emailChoice":"guessed","active":true}"#;
    let guessed = |made: &str| of_both.replace("LOGIN", "c7").replace("MADE", made);
    let (exit, plan) = plan_of(&manifest, &guessed(""));
    assert_eq!(exit, 3, "{plan}");
    let doubts = vec!["user:bob:match".to_owned()];
    assert_eq!(told(&plan), (vec!["user:alice:create".to_owned()], doubts));
    // The key is a word that counts.
    let ours = r#""externalId":"scim-sync:bob","#;
    let (exit, plan) = plan_of(&manifest, &guessed(ours));
    assert_eq!(exit, 0, "{plan}");
    assert!(
        told(&plan).0.contains(&"user:bob:delete".to_owned()),
        "{plan}"
    );
}

#[test]
fn a_removal_tells_the_login_where_it_is_not_the_e_mail() {
    let (_, plan) = plan("absent", OTHER_MAIL);
    assert_eq!(
        plan["actions"][0]["consequences"][0],
        serde_json::json!({ "kind": "logsInAs", "login": "Ada@Example.com" })
    );
    let same = OTHER_MAIL.replace("ada@home.example", "ada@example.com");
    let (_, plan) = self::plan("absent", &same);
    assert_eq!(plan["actions"].as_array().map(Vec::len), Some(1));
    assert!(!plan.to_string().contains("logsInAs"), "{plan}");
}

/// Two e-mails that hash to one trace: the planner tells almost everybody by half of a hash, and of
/// 100,000 people about two share one.
fn of_one_trace() -> (String, String) {
    use std::hash::BuildHasher as _;
    let hasher = foldhash::fast::FixedState::default();
    let mut seen = std::collections::HashMap::new();
    for number in 0_u32..2_000_000 {
        let email = format!("person-{number}@example.com");
        if let Some(other) = seen.insert(hasher.hash_one(email.as_str()) >> 32, number) {
            return (format!("person-{other}@example.com"), email);
        }
    }
    unreachable!("so many people have two of one trace")
}

#[test]
fn of_one_trace_are_two_people() {
    let (ada, bob) = of_one_trace();
    let manifest = TWO
        .replace("alice@example.com", &ada)
        .replace("bob@example.com", &bob)
        .replace("ALICE", "active")
        .replace("BOB", "active")
        .replace("policy: { protect: { users: [alice] } }\n", "");
    let account = |id: &str, email: &str, key: &str| {
        let made = match key {
            "" => String::new(),
            key => format!(r#""externalId":"scim-sync:{key}","#),
        };
        format!(r#"{{"id":"{id}","userName":"{email}",{made}"email":"{email}","active":true}}"#)
    };
    for keys in [["", ""], ["alice", "bob"], ["alice", ""]] {
        let both = [account("1", &ada, keys[0]), account("2", &bob, keys[1])].join(",");
        let (_, plan) = plan_of(&manifest, &both);
        let of_people = |plan: &serde_json::Value| -> Vec<String> {
            let actions = plan["actions"].as_array().expect("a list").iter();
            let ids = actions.map(|action| action["id"].as_str().expect("an id").to_owned());
            ids.filter(|id| id.starts_with("user:")).collect()
        };
        assert_eq!(of_people(&plan), Vec::<String>::new(), "{plan}");
        assert_eq!(plan["refusals"], serde_json::json!([]), "{plan}");
        let members = &plan["actions"][1]["change"]["members"];
        assert_eq!(members[0]["person"]["id"], "1", "{plan}");
        assert_eq!(plan["converges"], true, "{plan}");

        let (_, plan) = plan_of(&manifest, &account("2", &bob, keys[1]));
        assert_eq!(of_people(&plan), ["user:alice:create"], "{plan}");
        assert_eq!(plan["converges"], true, "{plan}");
    }
}
