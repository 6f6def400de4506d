//! The program against SCIM servers that other people wrote.
//!
//! Run by `tests/interop/run`, which starts a server and names it in the environment. Each
//! scenario is one test; what a server cannot do is data in `server.rs`, and there the
//! program has to fail honestly.

mod bench;
mod raw;
mod server;

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use bench::{Manifest, Person, Ran, scenario};
use raw::members;
use scim_sync::ids::{GroupId, UserId};
use scim_sync::scim::client::{ClientOptions, HttpTransport};
use scim_sync::scim::dialect::{Dialect, EntityTags, UserUpdate};
use scim_sync::scim::error::ErrorKind;
use scim_sync::scim::service::{Activity, NewUser, UserAttribute, UserState, Writer};
use secrecy::SecretString;
use serde_json::{Value, json};

#[test]
fn a_first_apply_converges() {
    scenario("a_first_apply_converges", |bench| {
        bench.declare(&Manifest::small());
        bench.converges_or_is_limited()?;
        let users = bench.raw.all("Users");
        assert_eq!(users.len(), 3);
        let ada = bench.raw.user("ada@example.com").expect("ada was made");
        assert_eq!(ada["externalId"], "scim-sync:ada");
        assert_eq!(ada["name"]["givenName"], "Ada");
        assert_eq!(ada["name"]["familyName"], "Lovelace");
        assert_eq!(ada["displayName"], "Ada Lovelace");
        assert_eq!(ada["emails"][0]["value"], "ada@example.com");
        assert_eq!(ada["active"], true);
        let engineers = bench.raw.group("engineers").expect("the group was made");
        let everybody = ["ada@example.com", "grace@example.com", "linus@example.com"];
        assert_eq!(members(&engineers), bench.ids(&everybody));
        let on_call = bench.raw.group("on-call").expect("the group was made");
        assert_eq!(members(&on_call), bench.ids(&everybody[..1]));
        Ok(())
    });
}

#[test]
fn a_second_apply_writes_nothing() {
    scenario("a_second_apply_writes_nothing", |bench| {
        bench.declare(&Manifest::small());
        bench.converges();
        let before = (bench.raw.all("Users"), bench.raw.all("Groups"));
        let ran = bench.run(&["apply", "--auto-approve"]);
        assert_eq!(ran.exit, 0, "{}", ran.text);
        assert!(ran.text.contains("Nothing to do"), "{}", ran.text);
        assert_eq!(before, (bench.raw.all("Users"), bench.raw.all("Groups")));
        Ok(())
    });
}

#[test]
fn a_person_is_renamed() {
    scenario("a_person_is_renamed", |bench| {
        let mut manifest = Manifest::small();
        bench.declare(&manifest);
        bench.converges();
        let before = bench.raw.user("ada@example.com").expect("ada was made");
        manifest.person("ada").family = "King".to_owned();
        bench.declare(&manifest);
        bench.converges_or_is_limited()?;
        let after = bench
            .raw
            .user("ada@example.com")
            .expect("ada is still there");
        assert_eq!(after["name"]["givenName"], "Ada");
        assert_eq!(after["name"]["familyName"], "King");
        assert_eq!(after["displayName"], "Ada King");
        for kept in ["id", "externalId", "userName", "emails", "active"] {
            assert_eq!(after[kept], before[kept], "{kept}");
        }
        let on_call = bench
            .raw
            .group("on-call")
            .expect("the group is still there");
        assert_eq!(members(&on_call), bench.ids(&["ada@example.com"]));
        Ok(())
    });
}

#[test]
fn a_display_name_of_its_own() {
    scenario("a_display_name_of_its_own", |bench| {
        let mut manifest = Manifest::small();
        manifest.person("ada").display = Some("The Countess".to_owned());
        bench.declare(&manifest);
        bench.converges_or_is_limited()?;
        let ada = bench.raw.user("ada@example.com").expect("ada was made");
        assert_eq!(ada["displayName"], "The Countess");
        manifest.person("ada").family = "King".to_owned();
        bench.declare(&manifest);
        bench.converges();
        let ada = bench.raw.user("ada@example.com").expect("ada was made");
        assert_eq!(ada["displayName"], "The Countess");
        assert_eq!(ada["name"]["familyName"], "King");
        Ok(())
    });
}

#[test]
fn attributes_are_made_changed_and_cleared() {
    const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    scenario("attributes_are_made_changed_and_cleared", |bench| {
        let mut manifest = Manifest::small();
        manifest.person("ada").attributes = Some(json!({
            "title": "Analyst", "nickName": "Countess", "middleName": "King",
            "department": "Engines", "employeeNumber": "0042",
        }));
        bench.declare(&manifest);
        bench.converges_or_is_limited()?;
        let before = bench.raw.user("ada@example.com").expect("ada was made");
        assert_eq!(before["title"], "Analyst");
        assert_eq!(before["name"]["middleName"], "King");
        assert_eq!(before[ENTERPRISE]["department"], "Engines");
        assert_eq!(before[ENTERPRISE]["employeeNumber"], "0042");
        manifest.person("ada").attributes = Some(json!({
            "title": "Chief Analyst", "nickName": null, "department": null, "costCenter": "4130",
        }));
        bench.declare(&manifest);
        bench.converges();
        let after = bench.raw.user("ada@example.com").expect("ada is there");
        assert_eq!(after["title"], "Chief Analyst");
        assert!(after["nickName"].is_null(), "{after}");
        assert!(after[ENTERPRISE]["department"].is_null(), "{after}");
        assert_eq!(after[ENTERPRISE]["costCenter"], "4130");
        // What is no longer declared is left alone.
        assert_eq!(after["name"]["middleName"], "King");
        assert_eq!(after[ENTERPRISE]["employeeNumber"], "0042");
        for kept in [
            "id",
            "externalId",
            "userName",
            "emails",
            "active",
            "displayName",
        ] {
            assert_eq!(after[kept], before[kept], "{kept}");
        }
        Ok(())
    });
}

#[test]
fn a_group_is_renamed() {
    scenario("a_group_is_renamed", |bench| {
        let mut manifest = Manifest::small();
        bench.declare(&manifest);
        bench.converges();
        let before = bench.raw.group("engineers").expect("the group was made");
        let people = manifest.roles.remove("engineers").expect("declared");
        manifest.roles.insert("builders".to_owned(), people);
        let (new, old) = ("builders".to_owned(), "engineers".to_owned());
        manifest.previously.insert(new, old);
        bench.declare(&manifest);
        bench.converges_or_is_limited()?;
        assert_eq!(bench.raw.group("engineers"), None);
        let after = bench.raw.group("builders").expect("the group was renamed");
        assert_eq!(after["id"], before["id"]);
        assert_eq!(members(&after), members(&before));
        Ok(())
    });
}

/// Pages of five, and batches of five: one less, just so many, one more, twice.
#[test]
fn members_come_and_go_at_page_boundaries() {
    scenario("members_come_and_go_at_page_boundaries", |bench| {
        let mut manifest = Manifest::empty();
        manifest.dialect = json!({ "pageSize": 5, "membersPerPatch": 5 });
        let keys: Vec<String> = (0..11).map(|n| format!("p{n:02}")).collect();
        let check = |count: usize| {
            let group = bench.raw.group("everybody").expect("the group is there");
            let logins: Vec<String> = keys[..count]
                .iter()
                .map(|key| format!("{key}@example.com"))
                .collect();
            let logins: Vec<&str> = logins.iter().map(String::as_str).collect();
            assert_eq!(members(&group), bench.ids(&logins), "{count} members");
        };
        let enrol = |manifest: &mut Manifest, count: usize| {
            let members: Vec<&str> = keys[..count].iter().map(String::as_str).collect();
            manifest.role("everybody", &members);
            for key in &keys[..count] {
                let person = Person::new(&format!("{key}@example.com"), "P", key);
                manifest.users.insert(key.clone(), person);
                // As many groups as people, so that their pages are full too.
                manifest.role(&format!("only {key}"), &[key]);
            }
        };
        for count in [4, 5, 6, 9, 10, 11] {
            enrol(&mut manifest, count);
            bench.declare(&manifest);
            bench.converges();
            check(count);
            assert_eq!(bench.raw.count("Groups"), count + 1);
        }
        for count in [10, 5, 4, 0] {
            enrol(&mut manifest, count);
            bench.declare(&manifest);
            bench.converges_or_is_limited()?;
            check(count);
        }
        assert_eq!(bench.raw.count("Users"), keys.len());
        Ok(())
    });
}

#[test]
fn a_person_is_suspended_and_comes_back() {
    scenario("a_person_is_suspended_and_comes_back", |bench| {
        let mut manifest = Manifest::small();
        bench.declare(&manifest);
        bench.converges();
        let before = bench.raw.user("ada@example.com").expect("ada was made");
        let groups = bench.raw.all("Groups");
        manifest.person("ada").status = Some("suspended");
        bench.declare(&manifest);
        bench.converges_or_is_limited()?;
        let suspended = bench.raw.user("ada@example.com").expect("ada is kept");
        assert_eq!(suspended["active"], false);
        assert_eq!(suspended["name"], before["name"]);
        manifest.person("ada").status = None;
        bench.declare(&manifest);
        bench.converges_or_is_limited()?;
        let back = bench.raw.user("ada@example.com").expect("ada is kept");
        for kept in ["id", "externalId", "userName", "emails", "name", "active"] {
            assert_eq!(back[kept], before[kept], "{kept}");
        }
        assert_eq!(bench.raw.all("Groups"), groups);
        Ok(())
    });
}

#[test]
fn a_person_is_removed() {
    scenario("a_person_is_removed", |bench| {
        let mut manifest = Manifest::small();
        bench.declare(&manifest);
        bench.converges();
        manifest.person("grace").status = Some("absent");
        manifest.role("engineers", &["ada", "linus"]);
        bench.declare(&manifest);
        bench.converges_or_is_limited()?;
        assert_eq!(bench.raw.user("grace@example.com"), None);
        let engineers = bench.raw.group("engineers").expect("the group is kept");
        let rest = ["ada@example.com", "linus@example.com"];
        assert_eq!(members(&engineers), bench.ids(&rest));
        Ok(())
    });
}

#[test]
fn a_group_is_removed() {
    scenario("a_group_is_removed", |bench| {
        let mut manifest = Manifest::small();
        bench.declare(&manifest);
        bench.converges();
        manifest.roles.remove("on-call");
        manifest.groups = json!({ "on-call": { "status": "absent" } });
        bench.declare(&manifest);
        bench.converges_or_is_limited()?;
        assert_eq!(bench.raw.group("on-call"), None);
        assert!(bench.raw.group("engineers").is_some());
        assert_eq!(bench.raw.count("Users"), 3);
        Ok(())
    });
}

/// More resources than any list shows at once by default.
#[test]
fn a_removal_among_many() {
    scenario("a_removal_among_many", |bench| {
        for n in 0..25 {
            bench
                .raw
                .make_user(&format!("old{n:02}@example.com"), "Old", "Hand");
        }
        let mut manifest = Manifest::empty();
        let mut leaver = Person::new("old00@example.com", "Old", "Hand");
        leaver.status = Some("absent");
        manifest.users.insert("leaver".to_owned(), leaver);
        bench.declare(&manifest);
        bench.converges_or_is_limited()?;
        assert_eq!(bench.raw.count("Users"), 24);
        assert_eq!(bench.raw.user("old00@example.com"), None);
        Ok(())
    });
}

#[test]
fn what_nobody_declares_is_left_alone_and_listed() {
    scenario("what_nobody_declares_is_left_alone_and_listed", |bench| {
        let stranger = bench.raw.make_user("stranger@example.com", "Some", "Body");
        let club = bench.set_up(bench.raw.make_group("book club"))?;
        bench.set_up(bench.raw.add_member(&club, &json!({ "value": stranger })))?;
        let find = |collection, id: &str| -> Value {
            let all = bench.raw.all(collection);
            let found = all.into_iter().find(|one| one["id"] == *id);
            found.unwrap_or_else(|| panic!("{collection}/{id} is gone"))
        };
        let before = (find("Users", &stranger), find("Groups", &club));
        bench.declare(&Manifest::small());
        bench.converges_or_is_limited()?;
        assert_eq!(before, (find("Users", &stranger), find("Groups", &club)));
        assert_eq!(bench.raw.count("Users"), 4);
        assert_eq!(bench.raw.count("Groups"), 3);
        let plan = bench.run(&["plan", "--full"]);
        assert!(plan.text.contains("stranger@example.com"), "{}", plan.text);
        assert!(plan.text.contains("book club"), "{}", plan.text);
        Ok(())
    });
}

/// Somebody has an account, and a group has the name already: neither is made twice.
#[test]
fn what_is_there_already_is_taken_over() {
    scenario("what_is_there_already_is_taken_over", |bench| {
        let ada = bench.raw.make_user("Ada@Example.com", "Ada", "Lovelace");
        let group = bench.set_up(bench.raw.make_group("engineers"))?;
        bench.set_up(bench.raw.add_member(&group, &json!({ "value": ada })))?;
        bench.declare(&Manifest::small());
        bench.converges_or_is_limited()?;
        assert_eq!(bench.raw.count("Users"), 3);
        assert_eq!(bench.raw.count("Groups"), 2);
        assert_eq!(bench.id("ada@example.com"), ada);
        let engineers = bench.raw.group("engineers").expect("the group is kept");
        assert_eq!(engineers["id"], *group);
        let everybody = ["ada@example.com", "grace@example.com", "linus@example.com"];
        assert_eq!(members(&engineers), bench.ids(&everybody));
        Ok(())
    });
}

/// Named so as to come last: nobody has to clear so many away.
#[test]
fn with_five_hundred_people_and_fifty_groups() {
    scenario("with_five_hundred_people_and_fifty_groups", |bench| {
        let mut manifest = Manifest::empty();
        let keys: Vec<String> = (0..500).map(|n| format!("user-{n:03}")).collect();
        for key in &keys {
            let person = Person::new(&format!("{key}@example.com"), "User", key);
            manifest.users.insert(key.clone(), person);
        }
        // The first group has everybody, the others ten each, wrapping around.
        let all: Vec<&str> = keys.iter().map(String::as_str).collect();
        manifest.role("team-00", &all);
        for team in 1..50 {
            let some: Vec<&str> = (0..10).map(|n| all[(team * 13 + n) % 500]).collect();
            manifest.role(&format!("team-{team:02}"), &some);
        }
        bench.declare(&manifest);
        let first = bench.converges_or_is_limited();
        // Even where the lists have gaps, nothing is made twice.
        let counts = || (bench.raw.count("Users"), bench.raw.count("Groups"));
        assert_eq!(counts(), (500, 50));
        bench.run(&["apply", "--auto-approve"]);
        assert_eq!(counts(), (500, 50));
        first?;
        let groups = bench.raw.all("Groups");
        assert_eq!(groups.len(), 50);
        let memberships: usize = groups.iter().map(|group| members(group).len()).sum();
        assert_eq!(memberships, 500 + 49 * 10);
        Ok(())
    });
}

/// Names that break a filter, a path, a query, a terminal or a comparison.
const HOSTILE: &[&str] = &[
    r#"say "hi""#,
    r"back\slash",
    "50% off",
    "C++ & C#",
    "a eq b",
    r#"x" or displayName pr or "y"#,
    "<b>bold</b>",
    "Łódź Ümläut",
    "日本語",
    "🦀 crab",
    "semi;colon, comma",
    "slash/and?query=1",
    "%22%2B%00",
    "O'Neil",
    "null",
    "0123",
];

#[test]
fn hostile_names() {
    scenario("hostile_names", |bench| {
        let mut manifest = Manifest::empty();
        for (name, n) in HOSTILE.iter().zip(0..) {
            let key = format!("key {name}");
            let person = Person::new(&format!("o'n+{n}%41_@example.com"), name, "Łaż\"\\x");
            manifest.users.insert(key.clone(), person);
            manifest.role(name, &[&key]);
        }
        bench.declare(&manifest);
        bench.converges_or_is_limited()?;
        assert_eq!(bench.raw.count("Users"), HOSTILE.len());
        assert_eq!(bench.raw.count("Groups"), HOSTILE.len());
        let (users, groups) = (bench.raw.all("Users"), bench.raw.all("Groups"));
        for (name, n) in HOSTILE.iter().zip(0..) {
            let login = format!("o'n+{n}%41_@example.com");
            let user = users.iter().find(|user| user["userName"] == *login);
            let user = user.unwrap_or_else(|| panic!("{login} was not made"));
            assert_eq!(user["externalId"], format!("scim-sync:key {name}"));
            assert_eq!(user["name"]["givenName"], *name);
            let group = groups.iter().find(|group| group["displayName"] == *name);
            let group = group.unwrap_or_else(|| panic!("{name} was not made"));
            assert_eq!(members(group), [user["id"].as_str().expect("an id")]);
        }
        Ok(())
    });
}

/// A display name is no key (RFC 7643 §8.7.1), so nobody can say which of two is meant.
#[test]
fn two_groups_of_one_name_are_refused() {
    scenario("two_groups_of_one_name_are_refused", |bench| {
        bench.set_up(bench.raw.make_group("engineers"))?;
        bench.set_up(bench.raw.make_group("engineers"))?;
        bench.declare(&Manifest::small());
        let before = bench.raw.all("Groups");
        let ran = bench.run(&["apply", "--auto-approve"]);
        assert_eq!(ran.exit, 3, "{}", ran.text);
        assert!(ran.text.contains("ambiguous-group"), "{}", ran.text);
        let after = bench.raw.all("Groups");
        assert_eq!(after.len(), 3, "both, and `on-call`");
        for group in before {
            assert!(after.contains(&group), "{group} was touched");
        }
        Ok(())
    });
}

/// A group in a group: not ours, so it stays whatever happens around it.
#[test]
fn a_member_who_is_no_person_stays() {
    scenario("a_member_who_is_no_person_stays", |bench| {
        let inner = bench.set_up(bench.raw.make_group("inner"))?;
        let outer = bench.set_up(bench.raw.make_group("engineers"))?;
        let member = json!({ "value": inner, "type": "Group" });
        bench.set_up(bench.raw.add_member(&outer, &member))?;
        let mut manifest = Manifest::small();
        bench.declare(&manifest);
        bench.converges_or_is_limited()?;
        manifest.role("engineers", &["linus"]);
        bench.declare(&manifest);
        bench.converges_or_is_limited()?;
        let plan = bench.run(&["plan", "--full"]);
        assert!(plan.text.contains("1 member of engineers"), "{}", plan.text);
        let people = manifest.roles.remove("engineers").expect("declared");
        manifest.roles.insert("builders".to_owned(), people);
        let (new, old) = ("builders".to_owned(), "engineers".to_owned());
        manifest.previously.insert(new, old);
        bench.declare(&manifest);
        bench.converges_or_is_limited()?;
        let group = bench.raw.group("builders").expect("the group was renamed");
        assert_eq!(group["id"], *outer);
        let mut wanted = vec![inner, bench.id("linus@example.com")];
        wanted.sort_unstable();
        assert_eq!(members(&group), wanted);
        Ok(())
    });
}

/// An account that logs in with a declared e-mail and has another one itself: not created
/// again, not changed, and gone once it is tombstoned.
#[test]
fn an_account_is_known_by_its_login() {
    scenario("an_account_is_known_by_its_login", |bench| {
        let (login, mail) = ("ada@example.com", "ada@home.example");
        let id = bench
            .raw
            .make_user_with_mail(login, mail, "Ada", "Lovelace");
        let mut manifest = Manifest::small();
        bench.declare(&manifest);
        let ran = bench.run(&["apply", "--auto-approve"]);
        assert_eq!(ran.exit, 3, "{}", ran.text);
        assert!(ran.text.contains("email-immutable"), "{}", ran.text);
        assert_eq!(bench.raw.count("Users"), 3);
        let ada = bench.raw.user(login).expect("the account is kept");
        assert_eq!(
            (&ada["id"], &ada["emails"][0]["value"]),
            (&json!(id), &json!(mail))
        );
        manifest.person("ada").status = Some("absent");
        manifest.role("engineers", &["grace", "linus"]);
        manifest.role("on-call", &["grace"]);
        bench.declare(&manifest);
        bench.converges_or_is_limited()?;
        assert_eq!(bench.raw.user(login), None);
        assert_eq!(bench.raw.count("Users"), 2);
        Ok(())
    });
}

/// The program is killed in the middle; the next run makes nothing twice.
#[test]
fn an_apply_cut_short_is_finished_by_the_next() {
    scenario("an_apply_cut_short_is_finished_by_the_next", |bench| {
        let mut manifest = Manifest::empty();
        let keys: Vec<String> = (0..12).map(|n| format!("p{n:02}")).collect();
        for key in &keys {
            let person = Person::new(&format!("{key}@example.com"), "P", key);
            manifest.users.insert(key.clone(), person);
            manifest.role(&format!("only {key}"), &[key]);
        }
        bench.declare(&manifest);
        // Among the people, and among the groups; what was in flight may be done or not.
        for lines in [5, 8] {
            let mut run = bench
                .program(&["apply", "--auto-approve", "-v"])
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .expect("the program runs");
            let told = BufReader::new(run.stderr.take().expect("piped"));
            let made = told.lines().map_while(Result::ok);
            let done = made
                .filter(|line| line.contains("POST"))
                .take(lines)
                .count();
            run.kill().expect("it can be killed");
            run.wait().expect("it ends");
            assert_eq!(done, lines, "the run ended before it was cut short");
        }
        bench.converges_or_is_limited()?;
        assert_eq!(bench.raw.count("Users"), keys.len());
        assert_eq!(bench.raw.count("Groups"), keys.len());
        Ok(())
    });
}

#[test]
fn a_wrong_token_is_named() {
    scenario("a_wrong_token_is_named", |bench| {
        bench.declare(&Manifest::small());
        for arguments in [&["plan"][..], &["apply", "--auto-approve"]] {
            let ran = Ran::from(bench.program(arguments).env("INTEROP_TOKEN", "wrong-4711"));
            assert_eq!(ran.exit, 1, "{}", ran.text);
            assert!(ran.text.contains("401"), "{}", ran.text);
            assert!(ran.text.contains("token"), "{}", ran.text);
            assert!(!ran.text.contains("wrong-4711"), "{}", ran.text);
        }
        assert_eq!(bench.raw.count("Users"), 0);
        Ok(())
    });
}

#[test]
fn a_wrong_base_url_is_named() {
    scenario("a_wrong_base_url_is_named", |bench| {
        let mut manifest = Manifest::small();
        manifest.path = "/nowhere";
        bench.declare(&manifest);
        for arguments in [&["plan"][..], &["apply", "--auto-approve"]] {
            let ran = bench.run(arguments);
            assert_eq!(ran.exit, 1, "{}", ran.text);
            assert!(ran.text.contains("404"), "{}", ran.text);
            assert!(ran.text.contains("base URL"), "{}", ran.text);
        }
        assert_eq!(bench.raw.count("Users"), 0);
        Ok(())
    });
}

#[test]
fn a_snapshot_plans_offline() {
    scenario("a_snapshot_plans_offline", |bench| {
        let mut manifest = Manifest::small();
        bench.declare(&manifest);
        bench.converges();
        let live = (bench.raw.all("Users"), bench.raw.all("Groups"));
        let file = bench.path("live.json");
        let taken = bench.run(&["snapshot", "--out", &file]);
        assert_eq!(taken.exit, 0, "{}", taken.text);
        let text = std::fs::read_to_string(&file).expect("the snapshot was written");
        let snapshot: Value = serde_json::from_str(&text).expect("a snapshot is JSON");
        assert_eq!(snapshot["users"].as_array().map(Vec::len), Some(3));
        assert_eq!(snapshot["groups"].as_array().map(Vec::len), Some(2));
        assert_eq!(snapshot["integrity"]["users"]["verdict"]["state"], "whole");

        let offline = ["plan", "--live", &file, "--detailed-exitcode"];
        let same = bench.run(&offline);
        assert_eq!(same.exit, 0, "{}", same.text);
        assert!(same.text.contains("Nothing to do"), "{}", same.text);
        manifest.person("ada").family = "King".to_owned();
        manifest.role("on-call", &["grace"]);
        bench.declare(&manifest);
        let differs = bench.run(&offline);
        assert_eq!(differs.exit, 2, "{}", differs.text);
        let json = |more: &[&str]| -> Value {
            let ran = bench.run(&[&["plan", "--format", "json"], more].concat());
            // Status may follow the data.
            let data = ran.text.split_inclusive("\n}\n").next().unwrap_or_default();
            serde_json::from_str(data).unwrap_or_else(|_| panic!("no JSON: {}", ran.text))
        };
        assert_eq!(
            json(&["--live", &file])["actions"],
            json(&[])["actions"],
            "a snapshot gives the plan the server gives"
        );
        assert_eq!(live, (bench.raw.all("Users"), bench.raw.all("Groups")));
        Ok(())
    });
}

/// Where the server offers entity tags, a write that is bound to an older version is refused,
/// and one that is bound to the newest is taken.
#[test]
fn an_older_version_is_not_overwritten() {
    scenario("an_older_version_is_not_overwritten", |bench| {
        bench.set_up(bench.raw.entity_tags())?;
        let id = UserId::from(bench.raw.make_user("ada@example.com", "Ada", "Lovelace"));
        let group = bench.set_up(bench.raw.make_group("engineers"))?;
        let group = GroupId::from(group);
        for user_update in [UserUpdate::PatchPaths, UserUpdate::PutMerged] {
            let dialect = Dialect {
                entity_tags: EntityTags::IfMatch,
                user_update,
                ..Dialect::rfc()
            };
            let options = ClientOptions::for_dialect(&dialect);
            let token = SecretString::from(bench.raw.token());
            let http = HttpTransport::new(bench.raw.base(), &token, options).expect("a client");
            let writer = Writer::new(http, dialect);
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            runtime.block_on(async {
                let version = async || {
                    let user = writer.reader().user(&id).await.expect("an answer");
                    let version = user.expect("a user").meta.version;
                    version.expect("a version, as the server claims")
                };
                let rename = async |version: Option<&str>, family: &str| {
                    let state = UserState {
                        attributes: NewUser {
                            external_id: None,
                            user_name: "ada@example.com",
                            display_name: "Ada",
                            given_name: "Ada",
                            family_name: family,
                            email: "ada@example.com",
                            attributes: &scim_sync::ids::attributes::NO_ATTRIBUTES,
                        },
                        activity: Activity::Active,
                    };
                    let changed = [UserAttribute::FamilyName];
                    writer
                        .only_if(version)
                        .update_user(&id, &state, &changed)
                        .await
                };
                let old = version().await;
                rename(None, "Theirs").await.expect("nobody is in the way");
                let refused = rename(Some(&old), "Ours")
                    .await
                    .expect_err("an older version");
                assert_eq!(refused.kind(), ErrorKind::PreconditionFailed, "{refused}");
                let there = writer.reader().user(&id).await.expect("an answer");
                let there = there.expect("a user");
                assert_eq!(there.name.family_name.as_deref(), Some("Theirs"));
                let new = version().await;
                rename(Some(&new), "Ours")
                    .await
                    .expect("the newest version");

                let found = writer.reader().group(&group).await.expect("an answer");
                let before = found.expect("a group").meta.version;
                let name = format!("engineers {user_update:?}");
                writer.rename_group(&group, &name).await.expect("renamed");
                let stale = writer.only_if(before.as_deref());
                let refused = stale
                    .delete_group(&group)
                    .await
                    .expect_err("an older version");
                assert_eq!(refused.kind(), ErrorKind::PreconditionFailed, "{refused}");
            });
        }
        Ok(())
    });
}

/// What the probe prints is put into the manifest, and every kind of change then goes well:
/// at a server that needs a dialect and has none yet, too.
#[test]
fn a_probe_leaves_nothing_behind_and_finds_what_works() {
    scenario(
        "a_probe_leaves_nothing_behind_and_finds_what_works",
        |bench| {
            let mut manifest = Manifest::small();
            bench.declare(&manifest);
            bench.converges();
            let before = (bench.raw.all("Users"), bench.raw.all("Groups"));
            let ran = bench.run(&["probe", "--i-know-it-writes", "--format", "json"]);
            assert_eq!(ran.exit, 0, "{}", ran.text);
            assert_eq!(before, (bench.raw.all("Users"), bench.raw.all("Groups")));
            // Status follows the data.
            let data = ran.text.split_inclusive("\n}\n").next().unwrap_or_default();
            let probed: Value = serde_json::from_str(data).expect("the probe prints JSON");
            let findings = probed["findings"].as_array().expect("a list");
            for topic in ["user-update", "member-removal", "group-rename"] {
                let found = findings.iter().find(|finding| finding["topic"] == topic);
                let found = found.expect("every topic has a finding");
                assert_ne!(found["verdict"], "unknown", "{found}");
            }
            for setting in probed["dialect"].as_array().expect("a list") {
                let (key, value) = (&setting["key"], &setting["value"]);
                let (key, value) = (key.as_str().expect("text"), value.as_str().expect("text"));
                manifest.dialect[key] = match value.parse::<u32>() {
                    Ok(number) => json!(number),
                    Err(_) => json!(value),
                };
            }
            manifest.person("ada").family = "King".to_owned();
            manifest.role("engineers", &["grace"]);
            let on_call = manifest.roles.remove("on-call").expect("declared");
            manifest.roles.insert("duty".to_owned(), on_call);
            let (new, old) = ("duty".to_owned(), "on-call".to_owned());
            manifest.previously.insert(new, old);
            bench.declare(&manifest);
            bench.converges();
            let engineers = bench.raw.group("engineers").expect("the group is there");
            assert_eq!(members(&engineers), bench.ids(&["grace@example.com"]));
            assert_eq!(bench.raw.group("on-call"), None);
            Ok(())
        },
    );
}
