//! A plan that was saved, and a live state that is another one by now: what a plan made now would
//! not do is not done on the word of the older one, and the rest is.

use std::collections::BTreeSet;

use scim_sync::apply::{
    MadeBy, Options, Outcome, Picture, Progress, Status, StepOutcome, Stop, execute,
};
use scim_sync::ids::{GroupId, UserId};
use scim_sync::live::{Builder, LiveState};
use scim_sync::manifest::load::{MemoryFiles, ROOT_FILE};
use scim_sync::plan::moved::moved;
use scim_sync::plan::{Action, Allowances, Moved, Plan};
use scim_sync::sandbox::world::World;
use scim_sync::scim::http::{Method, Request, Transport};
use scim_sync::scim::listing::{Proof, Verdict, Walk};
use scim_sync::scim::service::Writer;
use serde_json::{Value, json};

#[path = "support/account.rs"]
mod account;
#[path = "support/planning.rs"]
mod planning;

use account::{Account, TOKEN, run};
use planning::Project;

const LIMITS: &str = "policy:\n  limits: { membershipRemovals: 100%, perGroupRemovals: 100% }\n";

fn project(text: &str) -> Project {
    let text = format!(
        "version: 1\ntarget: {{ provider: scim, baseUrl: 'http://127.0.0.1:9/v2' }}\n\
         groupMappings: [{{ match: '.*', group: '{{role}}' }}]\n{text}"
    );
    let mut files = MemoryFiles::default();
    files.0.insert(ROOT_FILE.to_owned(), text.into_bytes());
    Project::load(&files).expect("no faults")
}

fn user(id: &str, login: &str, email: &str, external_id: Option<&str>) -> Value {
    json!({ "id": id, "userName": login, "externalId": external_id, "active": true,
        "name": { "givenName": "G", "familyName": "F" }, "emails": [{ "value": email, "primary": true }] })
}

/// Somebody whose login is their e-mail.
fn person(id: &str, email: &str) -> Value {
    user(id, email, email, None)
}

fn group(id: &str, name: &str, members: &[&str]) -> Value {
    let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    json!({ "id": id, "displayName": name, "members": members })
}

fn live(users: &[Value], groups: &[Value]) -> LiveState {
    let mut builder = Builder::default();
    for user in users {
        builder.add_user(serde_json::from_value(user.clone()).expect("a user"));
    }
    for group in groups {
        builder.add_group(serde_json::from_value(group.clone()).expect("a group"));
    }
    let walk = Walk {
        pages: 1,
        rows: users.len() as u64,
        duplicates: 0,
        reported_total: None,
        verdict: Verdict::Whole {
            how: Proof::EmptyPages,
        },
    };
    builder.finish(walk.clone(), walk)
}

fn judged(project: &Project, saved: &Plan, now: &LiveState) -> Moved {
    project.with_input(&project.policy, now, &Allowances::default(), |input| {
        moved(input, saved)
    })
}

/// Plans at one state and judges the plan at another: each item that stops, with why.
fn stops(project: &Project, then: &LiveState, now: &LiveState) -> Vec<String> {
    let saved = project.plan(then, &Allowances::default());
    assert!(!saved.actions.is_empty());
    assert!(
        stopped(&saved, &judged(project, &saved, then)).is_empty(),
        "nothing moved"
    );
    stopped(&saved, &judged(project, &saved, now))
}

fn stopped(saved: &Plan, moved: &Moved) -> Vec<String> {
    let items = saved.actions.iter().filter_map(|action| {
        let why = moved.item(action)?;
        Some(format!("{}: {why}", action.id))
    });
    items.collect()
}

const TOMBSTONE: &str = "users:\n  bob: { email: bob@x.io, status: absent }\n";

/// The account of a tombstone is somebody else's by now, whatever it is known by.
#[test]
fn an_account_that_is_another_persons_now_is_not_removed() {
    let project = project(TOMBSTONE);
    let at = |user: Value| live(&[user], &[]);
    let then = at(person("2", "bob@x.io"));
    for (now, why) in [
        (
            person("2", "mallory@x.io"),
            "the account 2 was `bob@x.io` when the plan was made and is `mallory@x.io` now",
        ),
        (
            user("2", "alice@x.io", "bob@x.io", None),
            "the account 2 of `bob` had the login `bob@x.io` when the plan was made and has `alice@x.io` now",
        ),
        (
            user("2", "bob@x.io", "bob@x.io", Some("scim-sync:zed")),
            "the account 2 of `bob` had no externalId when the plan was made and has the externalId `scim-sync:zed` now",
        ),
    ] {
        assert_eq!(
            stops(&project, &then, &at(now)),
            [format!("user:bob:delete: {why}")]
        );
    }
    // What the same person is known by in another spelling, or by their own key, is no other.
    let same = user("2", "Bob@X.io", "BOB@x.io", Some("scim-sync:bob"));
    assert!(stops(&project, &then, &at(same)).is_empty());
    // Whoever is gone is removed already, which the item finds by itself.
    assert!(stops(&project, &then, &live(&[], &[])).is_empty());
}

#[test]
fn an_external_id_that_showed_whose_it_was_must_still_be_there() {
    let project = project("users:\n  ada: { email: ada@x.io }\n");
    let ada = person("1", "ada@x.io");
    let at = |external_id| {
        let left = user("2", "left@x.io", "left@x.io", external_id);
        live(&[ada.clone(), left], &[])
    };
    let stops = stops(&project, &at(Some("scim-sync:left")), &at(None));
    let removal = stops.iter().find(|it| {
        it.ends_with(
            "had the externalId `scim-sync:left` when the plan was made and has no externalId now",
        )
    });
    assert!(removal.is_some(), "{stops:?}");
}

/// Plans of earlier versions tell the e-mail alone.
#[test]
fn an_older_plan_is_judged_by_what_it_tells() {
    let project = project(TOMBSTONE);
    let then = live(&[person("2", "bob@x.io")], &[]);
    let mut saved = project.plan(&then, &Allowances::default());
    saved.accounts.clear();
    let now = |user: Value| stopped(&saved, &judged(&project, &saved, &live(&[user], &[])));
    assert_eq!(now(person("2", "eve@x.io")).len(), 1);
    assert!(now(user("2", "alice", "bob@x.io", None)).is_empty());
}

#[test]
fn a_create_stops_where_a_plan_made_now_would_refuse_it() {
    let project = project("users:\n  ada: { email: ada@x.io, givenName: G, familyName: F }\n");
    let then = live(&[], &[]);
    let now = |users: &[Value]| stops(&project, &then, &live(users, &[]));
    assert!(now(&[]).is_empty());
    assert!(
        now(&[person("7", "ada@x.io")]).is_empty(),
        "it is taken over"
    );
    for (users, why) in [
        (
            vec![user("7", "ada@x.io", "ada@x.io", Some("scim-sync:zed"))],
            "the live user `ada@x.io` was made for person `zed`, not for `ada` (ambiguous-match)",
        ),
        (
            vec![
                user("7", "ada@x.io", "other@x.io", None),
                user("8", "zoe", "ada@x.io", None),
            ],
            "2 live users could be `ada`: `other@x.io` (id 7, login `ada@x.io`), `ada@x.io` (id 8, \
             login `zoe`) (ambiguous-match)",
        ),
        // The create would look for the login, and make a second account.
        (
            vec![user("8", "zoe", "ada@x.io", None)],
            "`ada` has an account now, `zoe` (id 8)",
        ),
    ] {
        assert_eq!(now(&users), [format!("user:ada:create: {why}")]);
    }
}

#[test]
fn as_many_members_stay_as_the_policy_says() {
    let project = project(
        "users:\n  ada: { email: ada@x.io }\n  bob: { email: bob@x.io, status: absent }\n  cyd: { email: cyd@x.io }\n\
         roles: { admins: { members: [ada, cyd] } }\n\
         policy:\n  protect: { minMembers: { admins: 2 } }\n",
    );
    let people = [
        person("1", "ada@x.io"),
        person("2", "bob@x.io"),
        person("3", "cyd@x.io"),
    ];
    let of = |members: &[&str]| live(&people, &[group("g1", "admins", members)]);
    let why = "the group `admins` would be left with 1 of at least 2 members (min-members)";
    assert_eq!(
        stops(&project, &of(&["1", "2", "3"]), &of(&["2", "3"])),
        [
            format!("group:admins:remove-members:1: {why}"),
            format!("user:bob:delete: {why}"),
        ]
    );
    // He is out already: nobody leaves, and his account may go.
    let stops = stops(&project, &of(&["1", "2", "3"]), &of(&["1", "3"]));
    assert!(stops.is_empty(), "{stops:?}");
}

/// An account at a provider by the RFC.
struct At(Account);

impl At {
    fn new(project: &Project) -> Self {
        Self(Account::new(World::rfc(TOKEN), &project.profile))
    }

    async fn read(&self) -> LiveState {
        self.0.read().await.expect("the provider answers")
    }

    /// Carries a saved plan out.
    async fn apply(&self, project: &Project, plan: &Plan, moved: Moved) -> Outcome {
        let writer = Writer::new(&self.0.door, project.profile.dialect.clone());
        let options = Options {
            picture: Picture::Dated,
            moved,
            concurrency: 2,
            needs_approval: BTreeSet::new(),
            approved: BTreeSet::new(),
        };
        let stop = Stop::default();
        execute(plan, &project.profile, &writer, &options, &stop, &Quiet).await
    }

    /// Makes what a manifest declares.
    async fn fill(&self, project: &Project) {
        let plan = project.plan(&self.read().await, &Allowances::default());
        let outcome = self.0.apply(&plan, &Stop::default()).await;
        assert!(outcome.is_whole(), "{outcome:#?}");
    }

    /// Somebody else writes.
    async fn meddle(&self, method: Method, path: &[&str], body: Value) {
        let path = path.iter().copied();
        let request = Request::scim(method, path).with_body(body.to_string());
        let answer = self.0.door.send(&request).await.expect("an answer");
        assert!(answer.status < 300, "{answer:?}");
    }

    fn id(&self, email: &str) -> UserId {
        let id = |world: &mut World| world.user_by_email(email).map(|user| user.id.clone());
        self.0.door.with_world(id).expect("they are there")
    }

    fn only_group(&self) -> (GroupId, Vec<UserId>) {
        self.0.door.with_world(|world| {
            let id = world.groups().next().expect("a group").identifier.clone();
            let members = world.members(&id);
            (id, members)
        })
    }
}

struct Quiet;

impl Progress for Quiet {
    fn finished(&self, _: &Action, _: &Status, _: MadeBy) {}
}

const PAIR: &str =
    "users:\n  ada: { email: ada@x.io }\n  bob: { email: bob@x.io }\n  cyd: { email: cyd@x.io }\n";

/// Whoever called the group something else did not mean these people to be in it, or out of it.
#[test]
fn a_group_with_another_name_gets_and_loses_nobody() {
    let before = project(&format!("{PAIR}roles: {{ ops: {{ members: [bob] }} }}\n"));
    let after = project(&format!(
        "{PAIR}roles: {{ ops: {{ members: [ada] }} }}\n{LIMITS}"
    ));
    let at = At::new(&after);
    run(async {
        at.fill(&before).await;
        let (id, members) = at.only_group();
        let plan = after.plan(&at.read().await, &Allowances::default());
        assert_eq!(plan.actions.len(), 2);
        let renamed = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "replace", "path": "displayName", "value": "admins" }] });
        at.meddle(Method::Patch, &["Groups", id.as_str()], renamed)
            .await;
        let outcome = at.apply(&after, &plan, Moved::default()).await;
        let message =
            format!("the group {id} was `ops` when the plan was made and is `admins` now");
        for StepOutcome { id: _, status } in &outcome.steps {
            assert_eq!(
                *status,
                Status::Moved {
                    message: message.clone()
                }
            );
        }
        assert_eq!(at.only_group(), (id, members));
    });
}

/// A group that the same plan gives another name is the same one before and after.
#[test]
fn a_group_that_the_plan_renames_is_the_same() {
    let before = project(&format!("{PAIR}roles: {{ ops: {{ members: [bob] }} }}\n"));
    let after = project(&format!(
        "{PAIR}roles: {{ crew: {{ members: [ada] }} }}\ngroups: {{ crew: {{ previously: [ops] }} }}\n{LIMITS}"
    ));
    let at = At::new(&after);
    run(async {
        at.fill(&before).await;
        let plan = after.plan(&at.read().await, &Allowances::default());
        assert_eq!(plan.actions.len(), 3, "{:?}", plan.actions);
        for _ in 0..2 {
            let outcome = at.apply(&after, &plan, Moved::default()).await;
            assert!(outcome.is_whole(), "{outcome:#?}");
        }
        assert_eq!(at.only_group().1, [at.id("ada@x.io")]);
    });
}

/// One of two is somebody else by now: the other one gets in, and the item says who did not.
#[test]
fn a_member_who_is_somebody_else_now_stops_alone() {
    let before = project(&format!("{PAIR}roles: {{ ops: {{ members: [cyd] }} }}\n"));
    let after = project(&format!(
        "{PAIR}roles: {{ ops: {{ members: [ada, bob] }} }}\n{LIMITS}"
    ));
    let at = At::new(&after);
    run(async {
        at.fill(&before).await;
        let plan = after.plan(&at.read().await, &Allowances::default());
        let (ada, bob, cyd) = (at.id("ada@x.io"), at.id("bob@x.io"), at.id("cyd@x.io"));
        for (id, name) in [(&ada, "mallory"), (&cyd, "eve")] {
            let email = format!("{name}@x.io");
            let theirs = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                "userName": email, "externalId": name, "active": true, "emails": [{ "value": email, "primary": true }] });
            at.meddle(Method::Put, &["Users", id.as_str()], theirs)
                .await;
        }
        let moved = judged(&after, &plan, &at.read().await);
        let outcome = at.apply(&after, &plan, moved).await;
        let told: Vec<String> = outcome
            .steps
            .iter()
            .map(|step| {
                format!(
                    "{}: {}",
                    step.status.word(),
                    step.status.message().unwrap_or_default()
                )
            })
            .collect();
        let was = |id: &UserId, then: &str, now: &str| {
            format!(
                "moved: the account {id} was `{then}@x.io` when the plan was made and is `{now}@x.io` now"
            )
        };
        assert_eq!(told, [was(&ada, "ada", "mallory"), was(&cyd, "cyd", "eve")]);
        let mut members = at.only_group().1;
        members.sort();
        let mut expected = vec![bob, cyd];
        expected.sort();
        assert_eq!(members, expected);
    });
}

/// The look before a create is the last word: between it and the plan somebody else was faster.
#[test]
fn an_account_found_by_the_create_itself_is_not_taken_for_theirs() {
    let wanted = project("users:\n  ada: { email: ada@x.io, givenName: G, familyName: F }\n");
    for (email, external_id, why) in [
        (
            "ada@x.io",
            "scim-sync:zed",
            "was made for person `zed`, not for `ada`",
        ),
        (
            "other@x.io",
            "",
            "has the e-mail `other@x.io`, which must not become `ada@x.io`",
        ),
    ] {
        let at = At::new(&wanted);
        run(async {
            let plan = wanted.plan(&at.read().await, &Allowances::default());
            let theirs = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                "userName": "ada@x.io", "externalId": external_id, "active": true,
                "emails": [{ "value": email, "primary": true }] });
            at.meddle(Method::Post, &["Users"], theirs).await;
            let outcome = at.apply(&wanted, &plan, Moved::default()).await;
            let message = outcome.steps[0].status.message().unwrap_or_default();
            assert_eq!(outcome.steps[0].status.word(), "moved", "{message}");
            assert!(message.contains(why), "{message}");
        });
    }
}
