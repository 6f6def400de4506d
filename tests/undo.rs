//! What a run did can be taken back, and what cannot is told.
//!
//! A failure names its seed: `SEED=1234 cargo test --test undo`. `WORLDS=10` runs ten times
//! as many as usual.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use scim_sync::apply::undo::recorded;
use scim_sync::apply::{Options, Picture, Stop};
use scim_sync::ids::attributes::Attributes;
use scim_sync::live::{Activity, LiveState, LiveUser};
use scim_sync::manifest::decl::SandboxBehavior;
use scim_sync::plan::policy::Policy;
use scim_sync::plan::undo::{How, Undo, undo};
use scim_sync::plan::{Allowances, Change, LimitName, Moved, NoticeCode, Plan, RefusalCode};
use scim_sync::profile::Suspension;
use scim_sync::sandbox::world::World;

#[path = "support/account.rs"]
#[allow(dead_code, reason = "each test binary uses its part of it")]
mod account;
#[path = "support/generate.rs"]
#[allow(dead_code, reason = "each test binary uses its part of it")]
mod generate;
#[path = "support/manifest_text.rs"]
#[allow(dead_code, reason = "each test binary uses its part of it")]
mod manifest_text;
#[path = "support/planning.rs"]
mod planning;
#[path = "support/reported.rs"]
mod reported;
#[path = "support/rng.rs"]
mod rng;
#[path = "support/cli.rs"]
mod support;

use account::{Account, run};
use generate::{Provider, Scenario};
use reported::{Paper, carry_out_reported, verified};
use support::Place;

fn options() -> Options {
    Options {
        picture: Picture::Fresh,
        moved: Moved::default(),
        concurrency: 4,
        needs_approval: BTreeSet::new(),
        approved: BTreeSet::new(),
    }
}

/// No protections, and limits raised out of the way: everything is to be undone.
fn loose(world: &Scenario) -> (Policy, Allowances) {
    let mut policy = world.project.policy.clone();
    policy.protected_users.clear();
    policy.protected_groups.clear();
    policy.min_members.clear();
    let mut allow = Allowances::default();
    for limit in LimitName::ALL {
        allow.raise(*limit, 1000);
    }
    (policy, allow)
}

fn plan_undo(
    world: &Scenario,
    policy: &Policy,
    allow: &Allowances,
    live: &LiveState,
    record: &Undo,
) -> Plan {
    world
        .project
        .with_input(policy, live, allow, |input| undo(input, record))
}

/// What undoing is to bring back, told by address and by group name.
#[derive(Debug, PartialEq)]
struct Seen {
    names: [String; 3],
    attributes: Attributes,
    activity: Activity,
    groups: BTreeSet<String>,
}

fn seen(world: &Scenario, live: &LiveState) -> BTreeMap<String, Seen> {
    let name = |text: Option<&str>| {
        // In the form in which the provider keeps names.
        text.unwrap_or_default()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    let model = world.project.profile.names;
    let all = |user: &LiveUser| match model {
        scim_sync::profile::NameModel::DisplayNameOnly { .. } => [
            name(user.display_name.as_deref()),
            String::new(),
            String::new(),
        ],
        scim_sync::profile::NameModel::NotKept => Default::default(),
        scim_sync::profile::NameModel::Full => [
            user.display_name.as_deref().unwrap_or_default().to_owned(),
            user.given_name.as_deref().unwrap_or_default().to_owned(),
            user.family_name.as_deref().unwrap_or_default().to_owned(),
        ],
    };
    live.indexed_users()
        .map(|(at, user)| {
            let groups = live
                .groups
                .iter()
                .filter(|group| group.members.contains(&at));
            let seen = Seen {
                names: all(user),
                attributes: user.attributes.clone(),
                activity: match world.project.profile.suspension {
                    Suspension::Disables => user.activity,
                    // Nobody can be made inactive again there, which is told.
                    Suspension::Removes => Activity::Active,
                },
                groups: groups.map(|group| group.name.to_string()).collect(),
            };
            (user.email.folded().to_owned(), seen)
        })
        .collect()
}

fn notices(plan: &Plan) -> String {
    let told = plan
        .notices
        .iter()
        .filter(|it| it.code == NoticeCode::CannotUndo);
    told.map(|it| format!("{}\n", it.message)).collect()
}

#[derive(Debug, Default)]
struct Tally {
    runs: usize,
    undone: BTreeMap<&'static str, usize>,
    told: usize,
}

fn word(change: &Change) -> &'static str {
    match change {
        Change::CreateUser { .. } => "create user",
        Change::AdoptUser { .. } => "adopt user",
        Change::AdoptGroup { .. } => "adopt group",
        Change::CreateBinding { .. } => "create binding",
        Change::DeleteBinding { .. } => "delete binding",
        Change::ReactivateUser { .. } => "reactivate user",
        Change::UpdateUser { .. } => "update user",
        Change::CreateGroup { .. } => "create group",
        Change::AddMembers { .. } => "add members",
        Change::RenameGroup { .. } => "rename group",
        Change::RemoveMembers { .. } => "remove members",
        Change::DeactivateUser { .. } => "deactivate user",
        Change::DeleteUser { .. } => "delete user",
        Change::DeleteGroup { .. } => "delete group",
    }
}

fn there_and_back(world: &Scenario, tally: &mut Tally) {
    let Some(there) = world.world() else { return };
    let account = Account::new(there, &world.project.profile);
    let (policy, allow) = loose(world);
    run(async {
        let before = account.read().await.expect("the provider answers");
        let plan = world.project.plan_under(&policy, &before, &allow);
        if plan.actions.is_empty() {
            return;
        }
        let paper = Paper::with_room(usize::MAX);
        let _ = carry_out_reported(
            &plan,
            &world.project.profile,
            &account.door,
            &options(),
            &paper,
        )
        .await;
        let record = recorded(&verified(&paper).lines);
        let between = account.read().await.expect("the provider answers");
        let back = plan_undo(world, &policy, &allow, &between, &record);
        let outcome = account.apply(&back, &Stop::default()).await;
        // By its documentation Harness lets nobody but Support remove a group, whatever the
        // policy wants to try.
        let mut stay: BTreeSet<String> = BTreeSet::new();
        for (action, step) in back.actions.iter().zip(&outcome.steps) {
            match &action.change {
                Change::DeleteGroup { name, .. }
                    if world.provider == Provider::Harness(SandboxBehavior::Documented) =>
                {
                    stay.insert(name.to_string());
                }
                _ => assert!(step.status.is_good(), "{step:#?}\n{back:#?}"),
            }
        }
        let after = account.read().await.expect("the provider answers");
        let left = plan_undo(world, &policy, &allow, &after, &record);
        for action in &left.actions {
            let name = action.change.group_name().map(ToString::to_string);
            let stays = name.is_some_and(|name| stay.contains(&name));
            assert!(stays, "undone twice: {action:#?}");
        }

        tally.runs += 1;
        for action in &back.actions {
            *tally.undone.entry(word(&action.change)).or_default() += 1;
        }
        let told = notices(&back);
        tally.told += told.lines().count();
        let names = |email: &str| {
            let key = record.items.iter().find_map(|done| match &done.change {
                Change::CreateUser { key, user, .. } if user.email.folded() == email => {
                    Some(key.to_string())
                }
                Change::DeleteUser { person }
                | Change::UpdateUser { person, .. }
                | Change::ReactivateUser { person }
                    if person.email.folded() == email =>
                {
                    Some(person.label().to_owned())
                }
                _ => None,
            });
            key.is_some_and(|key| told.contains(&format!("`{key}`")))
        };
        let (old, new) = (seen(world, &before), seen(world, &after));
        for (email, was) in &old {
            match new.get(email) {
                Some(is) if is == was => {}
                Some(is) if is.names == was.names && is.activity == was.activity => {
                    for group in is.groups.symmetric_difference(&was.groups) {
                        let told = names(email)
                            || stay.contains(group)
                            || told.contains(&format!("`{group}`"));
                        assert!(told, "`{email}` in `{group}`: {:#?}", record.items);
                    }
                }
                other => assert!(
                    names(email),
                    "`{email}` was {was:?} and is {other:?}; told:\n{told}\n{:#?}\n{:#?}",
                    record.items,
                    back.actions
                ),
            }
        }
        let kept: BTreeSet<&str> = back
            .unmanaged
            .users
            .iter()
            .map(|user| user.person.email.folded())
            .collect();
        for email in new.keys().filter(|email| !old.contains_key(*email)) {
            let adopted = record.items.iter().any(|done| {
                done.how == How::Adopted
                    && matches!(&done.change, Change::CreateUser { user, .. } if user.email.folded() == email)
            });
            let refused = back
                .refusals
                .iter()
                .any(|it| it.code == RefusalCode::NotSupported);
            assert!(
                adopted || names(email) || kept.contains(email.as_str()) || refused,
                "`{email}` is left over"
            );
        }
        let groups = |live: &LiveState| -> BTreeSet<String> {
            live.groups.iter().map(|it| it.name.to_string()).collect()
        };
        let listed: BTreeSet<String> = back
            .manual_steps
            .iter()
            .map(|step| step.group.name.to_string())
            .chain(
                back.unmanaged
                    .groups
                    .iter()
                    .map(|it| it.group.name.to_string()),
            )
            .collect();
        // Where its id has another owner, a group cannot come back: then that is refused.
        let refused = |name: &str| {
            let of_it = format!("the group `{name}` ");
            back.refusals
                .iter()
                .any(|it| it.code == RefusalCode::ChangedSince && it.message.starts_with(&of_it))
        };
        for name in groups(&after).symmetric_difference(&groups(&before)) {
            let told = listed.contains(name)
                || stay.contains(name)
                || told.contains(&format!("`{name}`"))
                || refused(name);
            assert!(told, "the group `{name}`: {:#?}", record.items);
        }
    });
}

#[test]
fn a_run_undone_leaves_the_world_as_it_was_or_says_what_not() {
    let number = |name| {
        std::env::var(name)
            .ok()
            .map(|it| it.parse::<u64>().expect("a number"))
    };
    let seeds = match number("SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..1500 * number("WORLDS").unwrap_or(1),
    };
    let whole = seeds.end - seeds.start > 1;
    let mut tally = Tally::default();
    for seed in seeds {
        let held = catch_unwind(AssertUnwindSafe(|| {
            there_and_back(&Scenario::generate(seed), &mut tally);
        }));
        if let Err(broken) = held {
            eprintln!("{}", Scenario::generate(seed));
            eprintln!("replay: SEED={seed} cargo test --test undo");
            resume_unwind(broken);
        }
    }
    if whole {
        for kind in [
            "create user",
            "update user",
            "add members",
            "rename group",
            "remove members",
            "delete user",
            "create group",
            "delete group",
            "reactivate user",
            "deactivate user",
        ] {
            let times = tally.undone.get(kind).copied().unwrap_or(0);
            assert!(times >= 5, "`{kind}` was hardly ever seen: {tally:?}");
        }
        assert!(tally.runs > 500 && tally.told > 100, "{tally:?}");
    }
}

const MANIFEST: &str = "
version: 1
target: { provider: harness }
include: [people.yaml]
roles:
  sre: { members: [ada, grace] }
groupMappings: [{ match: '.*', group: '{role}' }]
policy:
  onRemoval: { groups: support }
";
const PEOPLE: &str = "
users:
  ada: { email: ada@example.com, givenName: Ada, familyName: Lovelace }
  grace: { email: grace@example.com, givenName: Grace, familyName: Hopper }
  eve: { email: eve@example.com, givenName: Eve }
";

/// Two applies: one that makes everything, one that renames Grace, removes Eve and takes
/// Ada out. The report of the second.
fn two_runs() -> (Place, String) {
    let place = Place::with(MANIFEST);
    place.write("people.yaml", PEOPLE);
    place
        .run(&["apply", "--auto-approve", "--report", "one.jsonl"])
        .ends(0);
    place.write(
        "people.yaml",
        &PEOPLE
            .replace("Hopper", "Murray")
            .replace("givenName: Eve }", "givenName: Eve, status: absent }"),
    );
    place.write(
        "scim-sync.yaml",
        &MANIFEST.replace("[ada, grace]", "[grace]"),
    );
    place
        .run(&["apply", "--auto-approve", "--report", "two.jsonl"])
        .ends(0);
    (place, "two.jsonl".to_owned())
}

fn sandbox(place: &Place) -> World {
    World::from_json(place.read(".scim-sync/sandbox.json").as_bytes()).unwrap()
}

#[test]
fn a_run_is_planned_back_reviewed_and_applied() {
    let (place, report) = two_runs();
    let place = &place;
    place
        .run(&["plan", "--undo", &report, "--out", "back.json"])
        .ends(0)
        .says("this undoes the run of")
        .says("the accounts of `eve` come back with new ids")
        .says("revert it as well");
    place
        .run(&["apply", "back.json", "--auto-approve"])
        .ends(0)
        .says("Converged");
    let world = sandbox(place);
    let grace = world.user_by_email("grace@example.com").unwrap();
    let ada = world.user_by_email("ada@example.com").unwrap();
    assert_eq!(grace.name, "Grace Hopper");
    assert!(world.user_by_email("eve@example.com").is_some());
    assert!(world.members(&"sre".into()).contains(&ada.id));
    // The manifest still asks for what was undone.
    place
        .run(&["plan", "--detailed-exitcode"])
        .ends(2)
        .says("Grace Murray");

    // Undoing the first run: its people go, its group is for Support, its mails are out.
    place
        .run(&["plan", "--undo", "one.jsonl", "--allow", "user-removals=9", "--allow", "per-group-removals=9", "--out", "all.json"])
        .ends(0)
        .says("the invitations mailed to ada@example.com, eve@example.com, grace@example.com cannot be called back")
        .says("support@harness.io");
}

#[test]
fn undoing_keeps_to_the_rails() {
    let (place, report) = two_runs();
    let now = place.read("scim-sync.yaml");
    let policy = |text: &str| {
        place.write(
            "scim-sync.yaml",
            &now.replace("onRemoval: { groups: support }", text),
        );
    };
    policy("protect: { users: [ada], groups: [] }");
    place
        .run(&["plan", "--undo", "one.jsonl"])
        .ends(3)
        .says("protected-user");
    policy("limits: { userRemovals: 1 }");
    place
        .run(&["plan", "--undo", "one.jsonl"])
        .ends(3)
        .says("limit-user-removals")
        .says("--allow user-removals=2");
    policy("approvals: [create]");
    place
        .run(&["plan", "--undo", &report, "--out", "back.json"])
        .ends(0);
    place
        .run(&["apply", "back.json", "--auto-approve"])
        .ends(4)
        .says("needs `--approve create`");
    assert!(sandbox(&place).user_by_email("eve@example.com").is_none());
    place
        .run(&[
            "apply",
            "back.json",
            "--auto-approve",
            "--approve",
            "create",
        ])
        .ends(0);
    assert!(sandbox(&place).user_by_email("eve@example.com").is_some());
}

#[test]
fn what_changed_since_is_not_overwritten() {
    let (place, report) = two_runs();
    let people = place.read("people.yaml").replace("Murray", "Brewster");
    place.write("people.yaml", &people);
    place.run(&["apply", "--auto-approve"]).ends(0);
    place
        .run(&["plan", "--undo", &report])
        .ends(3)
        .says("changed-since")
        .says("was `Grace Hopper` before the run and `Grace Murray` after it, and is `Grace Brewster` now");
}

#[test]
fn only_a_report_of_this_target_that_nobody_touched_is_undone() {
    let (place, report) = two_runs();
    let text = place.read(&report);
    place.write("edited.jsonl", &text.replacen("Murray", "Mallory", 1));
    place
        .run(&["plan", "--undo", "edited.jsonl"])
        .ends(1)
        .warns("cannot be trusted");
    let elsewhere = text
        .lines()
        .next()
        .unwrap()
        .replace("the embedded sandbox", "https://elsewhere");
    place.write("elsewhere.jsonl", &format!("{elsewhere}\n"));
    place
        .run(&["plan", "--undo", "elsewhere.jsonl"])
        .ends(1)
        .warns("is of a run on Harness at https://elsewhere");
    // A run that was killed: what is not told is left as it is.
    let cut: String = text
        .lines()
        .take_while(|line| !line.contains(r#""kind":"item""#))
        .map(|line| format!("{line}\n"))
        .collect();
    place.write("cut.jsonl", &cut);
    place
        .run(&["plan", "--undo", "cut.jsonl"])
        .ends(0)
        .says("the report does not tell how");
}
