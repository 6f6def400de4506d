//! The laws of a plan, each held over many generated worlds, at Harness and at plain SCIM.
//!
//! A failure names its seed: `SEED=1234 cargo test --test plan_properties` runs that world
//! through every law, or through one if its name is added. `WORLDS=10` runs ten times as
//! many as usual.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use scim_sync::apply::{Status, Stop};
use scim_sync::ids::{Email, GroupId, GroupName, UserId, fold};
use scim_sync::live::{LiveIndex, LiveState, LiveUser};
use scim_sync::manifest::decl::{GroupRemoval, SandboxBehavior, UserStatus};
use scim_sync::plan::after::after;
use scim_sync::plan::policy::Policy;
use scim_sync::plan::{
    Action, Allowances, Change, LimitName, Person, Phase, Plan, Population, RefusalCode,
    UnmanagedReason,
};
use scim_sync::profile::NameModel;
use scim_sync::sandbox::in_memory::Fault;
use scim_sync::sandbox::world::World;
use unicode_normalization::UnicodeNormalization as _;

#[path = "support/account.rs"]
mod account;
#[path = "support/differences.rs"]
mod differences;
#[path = "support/generate.rs"]
mod generate;
#[path = "support/manifest_text.rs"]
mod manifest_text;
#[path = "support/oracle.rs"]
mod oracle;
#[path = "support/planning.rs"]
mod planning;
#[path = "support/rng.rs"]
mod rng;

use account::{Account, run};
use differences::List;
use generate::{Partial, Provider, Scenario};
use rng::Rng;

/// Holds a law over so many worlds; laws start at different seeds, so that together they
/// see more of them.
#[track_caller]
fn hold(law: &str, first: u64, worlds: u64, check: impl Fn(&Scenario)) {
    let number = |name| {
        std::env::var(name)
            .ok()
            .map(|it| it.parse().expect("a number"))
    };
    let seeds = match number("SEED") {
        Some(seed) => seed..seed + 1,
        None => first..first + worlds * number("WORLDS").unwrap_or(1),
    };
    for seed in seeds {
        let held = catch_unwind(AssertUnwindSafe(|| check(&Scenario::generate(seed))));
        if let Err(broken) = held {
            eprintln!("{}", Scenario::generate(seed));
            eprintln!("replay: SEED={seed} cargo test --test plan_properties {law}");
            resume_unwind(broken);
        }
    }
}

fn plan(world: &Scenario) -> Plan {
    let live = world.live_state(None);
    world.project.plan(&live, &Allowances::default())
}

/// The differences of a plan by list; each may stand in one only, and there once.
#[track_caller]
fn lists(plan: &Plan) -> BTreeMap<String, List> {
    let mut lists = BTreeMap::new();
    for (difference, list) in differences::of_plan(plan) {
        if let Some(other) = lists.insert(difference.clone(), list) {
            panic!("`{difference}` is in {list:?} and in {other:?}");
        }
    }
    lists
}

/// The key and the id of each human who would have been removed and made again; both halves
/// are in the refusal, and they are of one name.
fn made_again(plan: &Plan) -> Vec<[String; 2]> {
    let of = |code| {
        plan.refusals
            .iter()
            .filter(move |refusal| refusal.code == code)
    };
    of(RefusalCode::DeleteAndCreate)
        .map(|refusal| {
            let changes: Vec<&Change> = refusal.blocked.iter().map(|it| &it.change).collect();
            match changes.as_slice() {
                [
                    Change::CreateUser { key, .. },
                    Change::DeleteUser { person },
                ]
                | [
                    Change::DeleteUser { person },
                    Change::CreateUser { key, .. },
                ] => {
                    let id = person.id.as_ref().expect("only a live user is removed");
                    [key.to_string(), id.to_string()]
                }
                other => panic!("not a removal and a creation: {other:?}"),
            }
        })
        .collect()
}

#[test]
fn conservation() {
    hold("conservation", 0, 2500, |world| {
        let plan = plan(world);
        let mut planned: BTreeSet<String> = lists(&plan).into_keys().collect();
        let mut found = oracle::differences(world);
        // Whoever would be removed and made again is left as they are, memberships included,
        // which the oracle does not know.
        for [key, id] in made_again(&plan) {
            for side in [&mut planned, &mut found] {
                side.retain(|what| {
                    let membership = what.starts_with("in ") || what.starts_with("out ");
                    let theirs =
                        what.ends_with(&format!(" {key}")) || what.ends_with(&format!(" {id}"));
                    !(membership && theirs)
                });
            }
        }
        let missing: Vec<_> = found.difference(&planned).collect();
        let invented: Vec<_> = planned.difference(&found).collect();
        assert!(
            missing.is_empty() && invented.is_empty(),
            "missing in the plan: {missing:?}; only in the plan: {invented:?}"
        );
    });
}

#[test]
fn safety() {
    hold("safety", 100_000, 2500, |world| {
        let plan = plan(world);
        let policy = &world.project.policy;
        let undeclared = |because| because == UnmanagedReason::Undeclared;
        let unmanaged = &plan.unmanaged;
        let users = unmanaged.users.iter().filter(|it| undeclared(it.because));
        let users: BTreeSet<&UserId> = users.filter_map(|it| it.person.id.as_ref()).collect();
        let groups = unmanaged.groups.iter().filter(|it| undeclared(it.because));
        let groups: BTreeSet<_> = groups.filter_map(|it| it.group.id.as_ref()).collect();
        let is_protected = |person: &Person| {
            let key = person.key.as_ref();
            key.is_some_and(|key| policy.protected_users.contains(key))
        };
        let protects = |name: &GroupName| policy.protected_groups.contains(name);
        // A group is protected by the name it has, whatever it is to be called.
        let is_kept = |id: &GroupId| {
            let mut circles = world.circles.iter();
            let circle = circles.find(|it| it.id == id.as_str());
            circle.is_some_and(|it| protects(&GroupName::from(it.name.as_str())))
        };
        let keeps_somebody = |id: &GroupId| {
            let mut circles = world.circles.iter();
            let circle = circles.find(|it| it.id == id.as_str()).expect("it is live");
            let users = world.project.desired.users.iter();
            let mut users = users.filter(|user| policy.protected_users.contains(&user.key));
            users.any(|user| {
                let mut people = world.people.iter().filter(|it| it.listed);
                people.any(|it| {
                    circle.members.contains(&it.id)
                        && Email::new(it.address()).folded() == user.email.folded()
                })
            })
        };
        let is_ours = |person: &Person| match &person.id {
            Some(id) => !users.contains(id),
            None => true,
        };
        for action in &plan.actions {
            let fine = match &action.change {
                Change::CreateUser { .. } | Change::CreateGroup { .. } => true,
                // Nothing of these was asked about, so none is planned.
                Change::AdoptUser { .. }
                | Change::AdoptGroup { .. }
                | Change::CreateBinding { .. }
                | Change::DeleteBinding { .. } => false,
                Change::ReactivateUser { person } => is_ours(person),
                Change::UpdateUser {
                    person, becomes, ..
                } => is_ours(person) && becomes.email.as_str() == person.email.as_str(),
                Change::DeactivateUser { person } | Change::DeleteUser { person } => {
                    is_ours(person) && !is_protected(person)
                }
                Change::AddMembers { group, members } => {
                    group.id.as_ref().is_none_or(|id| !groups.contains(id))
                        && members.iter().all(|it| is_ours(&it.person))
                }
                Change::RenameGroup { id, after, .. } => {
                    !groups.contains(id) && (!is_kept(id) || protects(after))
                }
                Change::RemoveMembers { group, members } => {
                    let id = group.id.as_ref();
                    id.is_some_and(|id| !groups.contains(id) && !is_kept(id))
                        && !protects(&group.name)
                        && members.iter().all(|it| !is_protected(&it.person))
                }
                Change::DeleteGroup { id, name } => {
                    let allowed = match world.provider {
                        Provider::Harness(_) => policy.group_removal == GroupRemoval::Delete,
                        Provider::Scim => policy.group_removal != GroupRemoval::Keep,
                    };
                    allowed && !groups.contains(id) && !protects(name) && !keeps_somebody(id)
                }
            };
            assert!(fine, "{action:#?}");
        }
        for step in &plan.manual_steps {
            assert!(!protects(&step.group.name), "{step:#?}");
            let id = step.group.id.as_ref().expect("it is live");
            assert!(!keeps_somebody(id), "{step:#?}");
        }
    });
}

/// Whoever is declared, by key, address or login, is never removed as somebody else.
#[test]
fn nobody_wanted_is_removed() {
    hold("nobody_wanted_is_removed", 200_000, 2500, |world| {
        let plan = plan(world);
        let wanted = world.project.desired.users.iter().filter(|user| {
            user.status == UserStatus::Active
                || (user.status == UserStatus::Suspended && world.provider == Provider::Scim)
        });
        let wanted: BTreeSet<&str> = wanted.map(|user| user.email.folded()).collect();
        let login = |id: &UserId| {
            let mut accounts = world.people.iter();
            let found = accounts.find(|it| it.id == id.as_str());
            fold(&found.expect("it is live").login)
        };
        let blocked = plan.refusals.iter().flat_map(|it| &it.blocked);
        for action in plan.actions.iter().chain(blocked) {
            if let Change::DeleteUser { person } = &action.change {
                assert!(!wanted.contains(person.email.folded()), "{action:#?}");
                let id = person.id.as_ref().expect("they are live");
                assert!(!wanted.contains(login(id).as_str()), "{action:#?}");
            }
        }
    });
}

#[test]
fn order() {
    hold("order", 300_000, 1500, |world| {
        let plan = plan(world);
        let live = world.live_state(None);
        let mut people: BTreeSet<String> = live.users.iter().map(|it| it.id.to_string()).collect();
        let mut groups: BTreeSet<String> = live.groups.iter().map(|it| it.id.to_string()).collect();
        let mut earlier = BTreeSet::new();
        let mut phase = Phase::CreateUsers;
        for action in &plan.actions {
            assert!(phase <= action.change.phase(), "{action:#?}");
            phase = action.change.phase();
            for needed in &action.depends_on {
                assert!(earlier.contains(needed), "{action:#?}");
            }
            assert!(earlier.insert(action.id.clone()), "{} twice", action.id);
            let known = |people: &BTreeSet<String>, person: &Person| match &person.id {
                Some(id) => people.contains(id.as_str()),
                None => people.contains(differences::label(person).as_str()),
            };
            let fine = match &action.change {
                Change::AdoptUser { .. }
                | Change::AdoptGroup { .. }
                | Change::CreateBinding { .. }
                | Change::DeleteBinding { .. } => false,
                Change::CreateUser { key, .. } => people.insert(key.to_string()),
                Change::CreateGroup { name, .. } => groups.insert(name.to_string()),
                Change::ReactivateUser { person } | Change::UpdateUser { person, .. } => {
                    known(&people, person)
                }
                Change::AddMembers { group, members }
                | Change::RemoveMembers { group, members } => {
                    let id = group
                        .id
                        .as_ref()
                        .map_or(group.name.as_str(), |id| id.as_str());
                    groups.contains(id) && members.iter().all(|it| known(&people, &it.person))
                }
                Change::RenameGroup { id, .. } => groups.contains(id.as_str()),
                Change::DeactivateUser { person } => known(&people, person),
                Change::DeleteUser { person } => {
                    let id = person.id.as_ref().expect("only a live user is deleted");
                    people.remove(id.as_str())
                }
                Change::DeleteGroup { id, .. } => groups.remove(id.as_str()),
            };
            assert!(fine, "{action:#?}");
        }
    });
}

#[test]
fn a_partial_read_removes_nothing() {
    hold("a_partial_read_removes_nothing", 400_000, 1500, |world| {
        let mut live = world.live_state(None);
        let rows = live.users.len() as u64;
        match world.seed % 3 {
            0 => live.integrity.users = generate::walk(rows, true),
            _ => live.integrity.groups = generate::walk(rows, true),
        }
        let plan = world.project.plan(&live, &Allowances::default());
        for action in &plan.actions {
            assert!(!action.change.is_removal(), "{action:#?}");
        }
    });
}

#[test]
fn tombstones() {
    hold("tombstones", 500_000, 1500, |world| {
        let plan = plan(world);
        let lists = lists(&plan);
        let done = |name: &str| {
            let told = format!("`{name}` is gone");
            plan.notices
                .iter()
                .any(|notice| notice.message.contains(&told))
        };
        for user in &world.project.desired.users {
            if user.status != UserStatus::Absent {
                continue;
            }
            let key = user.key.as_str();
            let told = [format!("-user {key}"), format!("doubt {key}")];
            let dealt_with = told.iter().any(|it| lists.contains_key(it));
            // An account that is inactive already is as removed as the policy asks for.
            let inactive = world
                .people
                .iter()
                .any(|it| !it.active && fold(it.address()) == user.email.folded());
            // Not seen on a list that may have gaps is not gone.
            let unseen = world.partial == Partial::Users;
            assert!(
                dealt_with || done(key) || inactive || unseen,
                "nothing is said of {key}"
            );
            assert!(!(unseen && done(key)), "{key} may be there");
            assert!(!(dealt_with && done(key)), "{key} is gone and is not");
        }
        for group in &world.project.desired.absent_groups {
            let named = |it: &&generate::Circle| match world.provider {
                Provider::Harness(_) => it.name == group.name.as_str(),
                Provider::Scim => fold(&it.name) == fold(group.name.as_str()),
            };
            let live: Vec<_> = world.circles.iter().filter(named).collect();
            match live.as_slice() {
                [] => {
                    let seen = world.partial != Partial::Groups;
                    assert_eq!(done(group.name.as_str()), seen, "{}", group.name);
                }
                [one] => assert!(lists.contains_key(&format!("-group {}", one.id))),
                _ => {
                    let told = fold(&format!("doubt-group {}", group.name));
                    assert!(
                        lists.keys().any(|it| fold(it) == told),
                        "{} is not",
                        group.name
                    );
                }
            }
        }
    });
}

#[test]
fn shuffled_input_gives_the_same_bytes() {
    hold(
        "shuffled_input_gives_the_same_bytes",
        600_000,
        200,
        |world| {
            let bytes = |plan: &Plan| {
                let mut json = serde_json::to_value(plan).expect("a plan serialises");
                forget_places(&mut json);
                json.to_string()
            };
            let plain = plan(world);
            let mut rng = Rng::new(world.seed);
            for _ in 0..10 {
                // The same files: the very same bytes.
                let live = world.live_state(Some(&mut rng));
                let again = world.project.plan(&live, &Allowances::default());
                assert_eq!(
                    serde_json::to_string(&again).expect("a plan serialises"),
                    serde_json::to_string(&plain).expect("a plan serialises")
                );
                // Other files: the same but for the places.
                let files = world.text.shuffled(&mut rng);
                let project = planning::Project::load(&files).expect("still without faults");
                let moved = project.plan(&live, &Allowances::default());
                assert_eq!(bytes(&moved), bytes(&plain));
            }
        },
    );
}

fn forget_places(json: &mut serde_json::Value) {
    match json {
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                if name == "place" {
                    *value = serde_json::Value::Null;
                }
                forget_places(value);
            }
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(forget_places),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => {}
    }
}

#[test]
fn monotony() {
    hold("monotony", 700_000, 1500, |world| {
        let strict = plan(world);
        let live = world.live_state(None);
        let before = lists(&strict);
        let mut allow = Allowances::default();
        let mut policy: Policy = world.project.policy.clone();
        // Each rail alone, then one more at a time.
        for step in 0..4 {
            match step {
                0 => LimitName::ALL
                    .iter()
                    .for_each(|limit| allow.raise(*limit, 1000)),
                1 => policy.protected_users.clear(),
                2 => policy.protected_groups.clear(),
                _ => policy.min_members.clear(),
            }
            let loose = world.project.plan_under(&policy, &live, &allow);
            let after = lists(&loose);
            assert!(before.keys().eq(after.keys()), "something came or vanished");
            for (difference, list) in &before {
                let moved = (*list, after[difference]);
                let fine = moved.0 == moved.1 || moved.0 == List::Refusals;
                assert!(
                    fine,
                    "`{difference}` went from {:?} to {:?}",
                    moved.0, moved.1
                );
            }
        }
    });
}

#[test]
fn raising_a_limit_to_what_is_said_is_enough() {
    hold(
        "raising_a_limit_to_what_is_said_is_enough",
        800_000,
        1000,
        |world| {
            let live = world.live_state(None);
            let mut allow = Allowances::default();
            for _ in 0..LimitName::ALL.len() + 1 {
                let plan = world.project.plan(&live, &allow);
                let Some(limit) = plan.limits.iter().find(|limit| limit.tripped) else {
                    return;
                };
                let to = u32::try_from(limit.used).expect("a small world");
                allow.raise(limit.limit, to);
                let raised = world.project.plan(&live, &allow);
                let still = raised
                    .limits
                    .iter()
                    .any(|it| it.tripped && it.limit == limit.limit && it.group == limit.group);
                assert!(!still, "{limit:?}");
            }
        },
    );
}

/// What became of an account.
struct After {
    live: LiveState,
    plan: Plan,
}

/// A world as a provider holds it, its plan made from what the client reads.
struct Trial<'a> {
    world: &'a Scenario,
    account: Account,
    before: World,
}

impl<'a> Trial<'a> {
    fn new(world: &'a Scenario) -> Option<Self> {
        let before = world.world()?;
        Some(Self {
            account: Account::new(before.clone(), &world.project.profile),
            world,
            before,
        })
    }

    async fn look(&self) -> After {
        let live = self.account.read().await.expect("the provider answers");
        let plan = self.world.project.plan(&live, &Allowances::default());
        After { live, plan }
    }

    /// Harness, as documented, refuses to remove groups over SCIM, whatever the policy.
    fn cannot(&self, change: &Change) -> bool {
        matches!(change, Change::DeleteGroup { .. })
            && self.world.provider == Provider::Harness(SandboxBehavior::Documented)
    }

    /// Applies until nothing is left. A plan may lift what the one before refused (a limit
    /// in percent is of what is there then, a name becomes free); nothing else may be new.
    async fn converge(&self) {
        let mut last = self.look().await.plan;
        for _ in 0..4 {
            let outcome = self.account.apply(&last, &Stop::default()).await;
            for (action, step) in last.actions.iter().zip(&outcome.steps) {
                let fine = step.status.is_good() || self.cannot(&action.change);
                assert!(fine, "{:?} of {action:#?}", step.status);
            }
            let next = self.look().await.plan;
            let left: Vec<_> = next
                .actions
                .iter()
                .filter(|it| !self.cannot(&it.change))
                .collect();
            if left.is_empty() {
                return;
            }
            let refused: Vec<String> = last
                .refusals
                .iter()
                .flat_map(|it| it.blocked.iter().flat_map(differences::of_action))
                .collect();
            // An account SCIM did not list may turn out to be a member of more than it should.
            let found = |it: &String| {
                let mut hidden = self.world.people.iter().filter(|person| !person.listed);
                it.starts_with("out ") && hidden.any(|person| it.ends_with(&person.id))
            };
            let mut left_over = left.iter().flat_map(|it| differences::of_action(it));
            let lifted = left_over.all(|it| refused.contains(&it) || found(&it));
            assert!(lifted, "left over: {left:#?}\nafter {:#?}", last.refusals);
            last = next;
        }
        panic!("no end: {:#?}", last.actions);
    }

    fn check_invitations(&self) {
        self.account.door.with_world(|after| {
            let invited: BTreeSet<&Email> = after.invitations().iter().collect();
            assert_eq!(invited.len(), after.invitations().len(), "invited twice");
        });
    }

    /// Nobody gets two invitations; what a plan left alone is as it was.
    fn check_traces(&self, plan: &Plan) {
        self.check_invitations();
        self.account.door.with_world(|after| {
            let wanted: BTreeSet<&str> = self
                .world
                .project
                .desired
                .users
                .iter()
                .map(|user| user.email.folded())
                .collect();
            let deleted = |id: &UserId| after.user(id).is_none();
            for user in &plan.unmanaged.users {
                let id = user.person.id.as_ref().expect("they are live");
                if user.because == UnmanagedReason::Undeclared {
                    assert_eq!(after.user(id), self.before.user(id));
                }
            }
            for group in &plan.unmanaged.groups {
                let id = group.group.id.as_ref().expect("it is live");
                if group.because == UnmanagedReason::Undeclared {
                    let name = |world: &World| world.group(id).map(|it| it.name.clone());
                    assert_eq!(name(after), name(&self.before));
                    let mut members = self.before.members(id);
                    members.retain(|member| !deleted(member));
                    assert_eq!(after.members(id), members);
                }
            }
            for left in &plan.unmanaged.memberships {
                let group = left.group.id.as_ref().expect("it is live");
                for member in &left.ids {
                    let id = UserId::from(member.as_str());
                    // Taken over since, and so no longer unlisted.
                    if after
                        .user(&id)
                        .is_some_and(|it| wanted.contains(it.email.folded()))
                    {
                        continue;
                    }
                    let stays = after.members(group).contains(&id);
                    assert!(stays || deleted(&id) || after.group(group).is_none());
                }
            }
            // Accounts that SCIM does not list are only ever taken over by a create.
            for hidden in self.world.people.iter().filter(|it| !it.listed) {
                let id = UserId::from(hidden.id.as_str());
                if !wanted.contains(Email::new(hidden.address()).folded()) {
                    assert_eq!(after.user(&id), self.before.user(&id));
                }
                assert!(!deleted(&id));
            }
        });
    }
}

/// Holds a law over worlds a provider can hold.
#[track_caller]
fn try_out(law: &str, first: u64, worlds: u64, check: impl AsyncFn(Trial<'_>)) {
    hold(law, first, worlds, |world| {
        if let Some(trial) = Trial::new(world) {
            run(check(trial));
        }
    });
}

#[test]
fn the_generated_live_state_is_what_the_client_reads() {
    try_out("the_generated_live_state", 900_000, 300, async |trial| {
        let mut read = trial.look().await.live;
        let mut made = trial.world.live_state(None);
        made.integrity = read.integrity.clone();
        if trial.world.provider != Provider::Scim {
            // Lists give both parts of a name from the display name.
            for state in [&mut read, &mut made] {
                let users = state.users.iter().map(|user| LiveUser {
                    given_name: None,
                    family_name: None,
                    ..user.clone()
                });
                state.users = users.collect();
            }
        }
        assert_eq!(read, made);
    });
}

/// A live state without what only the provider decides: ids of new accounts and groups, how
/// it spells names, and whether a removed account leaves its id behind in groups.
fn essence(live: &LiveState, names: NameModel) -> BTreeSet<String> {
    let shown = |name: &str| -> String { names.kept(name).nfc().collect() };
    let person = |at: &LiveIndex| live.user(*at).email.folded().to_owned();
    let users = live.users.iter().map(|user| {
        format!(
            "{} {} {:?} {:?} {:?}",
            user.email.folded(),
            fold(&user.user_name),
            user.external_id,
            user.display_name.as_deref().map(shown),
            user.activity
        )
    });
    let groups = live.groups.iter().map(|group| {
        let members: BTreeSet<String> = group.members.iter().map(person).collect();
        format!("{} {members:?}", group.name)
    });
    users.chain(groups).collect()
}

/// Plans are proved on a short model of the provider: it comes to what the simulated
/// provider itself comes to, request by request.
#[test]
fn what_a_plan_is_proved_on_is_what_the_provider_holds_afterwards() {
    try_out("what_a_plan_is_proved_on", 1_500_000, 1200, async |trial| {
        let After { live, plan } = trial.look().await;
        // Accounts that lists do not show may turn out to be anybody; and only the source,
        // not the documentation, lets a group of Harness be deleted.
        let deletes = |it: &Action| matches!(it.change, Change::DeleteGroup { .. });
        if trial.world.people.iter().any(|it| !it.listed)
            || (trial.world.provider == Provider::Harness(SandboxBehavior::Source)
                && plan.actions.iter().any(deletes))
        {
            return;
        }
        let profile = &trial.world.project.profile;
        let told = after(&live, &plan.actions, profile);
        let _ = trial.account.apply(&plan, &Stop::default()).await;
        let found = trial.account.read().await.expect("the provider answers");
        let (told, held) = (
            essence(&told, profile.names),
            essence(&found, profile.names),
        );
        let missing: Vec<_> = told.difference(&held).collect();
        let unforeseen: Vec<_> = held.difference(&told).collect();
        assert!(
            missing.is_empty() && unforeseen.is_empty(),
            "foretold: {missing:#?}\nheld: {unforeseen:#?}"
        );
        let project = &trial.world.project;
        let before = Population::of(&live);
        let again = project.plan_with(&project.policy, &found, &before, &Allowances::default());
        assert_eq!(plan.converges, again.actions.is_empty(), "{again:#?}");
    });
}

#[test]
fn convergence_and_nothing_unmanaged_is_touched() {
    try_out("convergence", 1_000_000, 1200, async |trial| {
        let plan = trial.look().await.plan;
        trial.converge().await;
        trial.check_traces(&plan);
    });
}

#[test]
fn without_any_action_a_plan_is_not_empty() {
    try_out("without_any_action", 1_100_000, 500, async |trial| {
        let plan = trial.look().await.plan;
        // Whoever SCIM does not list may be a member already, so their add may be for nothing.
        if plan.actions.is_empty() || trial.world.people.iter().any(|it| !it.listed) {
            return;
        }
        let dropped = Rng::new(trial.world.seed).below(plan.actions.len());
        let action = &plan.actions[dropped];
        let mut rest = plan.clone();
        rest.actions.remove(dropped);
        let _ = trial.account.apply(&rest, &Stop::default()).await;
        let again = trial.look().await.plan;
        let missing: BTreeSet<String> = differences::of_action(action).into_iter().collect();
        let found: BTreeSet<String> = differences::of_plan(&again)
            .into_iter()
            .map(|(it, _)| it)
            .collect();
        assert!(missing.is_subset(&found), "not needed: {action:#?}");
    });
}

/// The process dies after `writes` writes: the last one is done and its answer never seen.
fn dies_after(account: &Account, writes: usize) {
    let seen = AtomicUsize::new(0);
    account.door.before(move |exchange, _| {
        let dead = seen.load(Ordering::SeqCst) > writes;
        if dead {
            return Some(Fault::Refused);
        }
        let number = seen.fetch_add(usize::from(exchange.is_scim_write()), Ordering::SeqCst);
        (exchange.is_scim_write() && number == writes).then_some(Fault::DropAfter)
    });
}

#[test]
fn a_crash_after_any_write_is_recovered_from() {
    try_out("a_crash", 1_200_000, 400, async |trial| {
        let plan = trial.look().await.plan;
        let mut rng = Rng::new(trial.world.seed);
        for _ in 0..2 {
            let crashed = Trial::new(trial.world).expect("it could be held before");
            dies_after(&crashed.account, rng.below(plan.actions.len() + 2));
            let _ = crashed.account.apply(&plan, &Stop::default()).await;
            let world = crashed.account.door.into_world();
            let resumed = Trial {
                account: Account::new(world, &trial.world.project.profile),
                ..crashed
            };
            resumed.converge().await;
            resumed.check_traces(&plan);
        }
    });
}

#[test]
fn a_stop_after_any_write_finishes_what_is_in_flight() {
    try_out("a_stop", 1_300_000, 400, async |trial| {
        let plan = trial.look().await.plan;
        let stop = Arc::new(Stop::default());
        let writes = Rng::new(trial.world.seed).below(plan.actions.len() + 2);
        let (seen, asked) = (AtomicUsize::new(0), Arc::clone(&stop));
        trial.account.door.before(move |exchange, _| {
            let number = seen.fetch_add(usize::from(exchange.is_scim_write()), Ordering::SeqCst);
            if number >= writes {
                asked.ask();
            }
            None
        });
        let outcome = trial.account.apply(&plan, &stop).await;
        for (action, step) in plan.actions.iter().zip(&outcome.steps) {
            let told = step.status.is_good()
                || matches!(step.status, Status::NotRun | Status::Skipped { .. })
                || trial.cannot(&action.change);
            assert!(told, "{:?} of {action:#?}", step.status);
        }
        trial.converge().await;
        trial.check_traces(&plan);
    });
}

#[test]
fn applied_without_a_whole_read_nothing_is_lost() {
    try_out(
        "applied_without_a_whole_read",
        1_400_000,
        400,
        async |trial| {
            let mut live = trial.look().await.live;
            // Half of what there is never came.
            let mut rng = Rng::new(trial.world.seed);
            let mut partial = Scenario::generate(trial.world.seed);
            partial.people.retain(|_| rng.chance(60));
            partial.circles.retain(|_| rng.chance(60));
            partial.partial = Partial::Users;
            live = LiveState {
                integrity: live.integrity,
                ..partial.live_state(None)
            };
            live.integrity.users = generate::walk(1, true);
            let plan = trial.world.project.plan(&live, &Allowances::default());
            let _ = trial.account.apply(&plan, &Stop::default()).await;
            trial.account.door.with_world(|after| {
                for user in trial.before.users() {
                    assert!(
                        after
                            .user(&user.id)
                            .is_some_and(|it| !it.disabled || user.disabled)
                    );
                }
                for group in trial.before.groups() {
                    let now: BTreeSet<UserId> =
                        after.members(&group.identifier).into_iter().collect();
                    let then = trial.before.members(&group.identifier);
                    assert!(then.iter().all(|member| now.contains(member)));
                }
            });
            trial.converge().await;
            trial.check_invitations();
        },
    );
}
