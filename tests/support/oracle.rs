//! What differs between a manifest and a live state, found by comparing everything with
//! everything: slow, simple, and written without a look at the planner.

use std::collections::BTreeSet;

use scim_sync::desired::{DesiredGroup, DesiredUser};
use scim_sync::ids::{GroupName, fold};
use scim_sync::manifest::decl::{GroupRemoval, Membership, Undeclared, UserRemoval, UserStatus};
use unicode_normalization::UnicodeNormalization as _;

use crate::generate::{Circle, Provider, Scenario, Somebody};

/// What a declared person is.
#[derive(Clone, Copy)]
enum Fate<'a> {
    Nobody,
    Live(&'a Somebody),
    OtherAddress(&'a Somebody),
    Doubtful,
}

struct Oracle<'a> {
    world: &'a Scenario,
    fates: Vec<Fate<'a>>,
    found: BTreeSet<String>,
}

/// Every difference, in the words of `differences`.
pub fn differences(world: &Scenario) -> BTreeSet<String> {
    let mut oracle = Oracle {
        world,
        fates: world
            .project
            .desired
            .users
            .iter()
            .map(|user| fate(world, user))
            .collect(),
        found: BTreeSet::new(),
    };
    oracle.people();
    oracle.groups();
    oracle.found
}

fn listed(world: &Scenario) -> impl Iterator<Item = &Somebody> {
    world.people.iter().filter(|person| person.listed)
}

/// The key this tool left on an account.
fn our_key(person: &Somebody) -> Option<&str> {
    person.external_id.as_deref()?.strip_prefix("scim-sync:")
}

fn candidates<'a>(world: &'a Scenario, user: &DesiredUser) -> [Vec<&'a Somebody>; 2] {
    let is_key =
        |key: &str| key == user.key.as_str() || user.previously.iter().any(|it| it.as_str() == key);
    let keyed = listed(world).filter(|it| our_key(it).is_some_and(is_key));
    let mailed = listed(world).filter(|it| has_address(it, user));
    [keyed.collect(), mailed.collect()]
}

/// Whether an account has somebody's declared e-mail, as its own or to log in with.
fn has_address(account: &Somebody, user: &DesiredUser) -> bool {
    [account.address(), &account.login]
        .map(fold)
        .contains(&fold(user.email.as_str()))
}

/// What becomes of the one account somebody is known to have.
fn only<'a>(world: &'a Scenario, user: &DesiredUser, one: &'a Somebody) -> Fate<'a> {
    let is_theirs = fold(one.address()) == fold(user.email.as_str());
    let is_keyed = our_key(one).is_some_and(|key| {
        key == user.key.as_str() || user.previously.iter().any(|it| it.as_str() == key)
    });
    let stays = match user.status {
        UserStatus::Active => true,
        UserStatus::Suspended => !is_theirs,
        UserStatus::Absent => false,
    };
    let declared = &world.project.desired.users;
    let shared = declared
        .iter()
        .any(|other| other.key != user.key && has_address(one, other));
    match shared && !(is_keyed && stays) {
        true => Fate::Doubtful,
        false if is_theirs || user.status == UserStatus::Absent => Fate::Live(one),
        false => Fate::OtherAddress(one),
    }
}

fn fate<'a>(world: &'a Scenario, user: &DesiredUser) -> Fate<'a> {
    let [keyed, mailed] = candidates(world, user);
    match (keyed.as_slice(), mailed.as_slice()) {
        ([], []) => Fate::Nobody,
        ([one], []) => only(world, user, one),
        ([], [one]) if our_key(one).is_none() => only(world, user, one),
        ([one], [other]) if one.id == other.id => only(world, user, one),
        ([one], [other]) if user.status != UserStatus::Absent && is_another(world, user, other) => {
            only(world, user, one)
        }
        _ => Fate::Doubtful,
    }
}

/// Whether an account carries the key of a declared person other than this one.
fn is_another(world: &Scenario, user: &DesiredUser, account: &Somebody) -> bool {
    let declared = &world.project.desired.users;
    our_key(account).is_some_and(|key| {
        let own = user.key.as_str() == key || user.previously.iter().any(|it| it.as_str() == key);
        !own && declared.iter().any(|it| it.key.as_str() == key)
    })
}

impl<'a> Oracle<'a> {
    fn note(&mut self, what: String) {
        assert!(self.found.insert(what.clone()), "{what} twice");
    }

    fn harness(&self) -> bool {
        self.world.provider != Provider::Scim
    }

    fn matched(&self, person: &Somebody) -> Option<usize> {
        self.fates.iter().position(|fate| match fate {
            Fate::Live(live) | Fate::OtherAddress(live) => live.id == person.id,
            Fate::Nobody | Fate::Doubtful => false,
        })
    }

    /// Whether somebody doubtful may be this account.
    fn held(&self, person: &Somebody) -> bool {
        let users = &self.world.project.desired.users;
        self.matched(person).is_none()
            && users.iter().zip(&self.fates).any(|(user, fate)| {
                matches!(fate, Fate::Doubtful)
                    && candidates(self.world, user)
                        .concat()
                        .iter()
                        .any(|it| it.id == person.id)
            })
    }

    fn people(&mut self) {
        let world = self.world;
        for (user, fate) in world.project.desired.users.iter().zip(self.fates.clone()) {
            let key = &user.key;
            match (fate, user.status) {
                (Fate::Nobody, UserStatus::Active) => self.note(format!("+user {key}")),
                (Fate::Nobody, UserStatus::Suspended | UserStatus::Absent) => {}
                (Fate::OtherAddress(_), _) => self.note(format!("email {key}")),
                (Fate::Doubtful, _) => self.note(format!("doubt {key}")),
                (Fate::Live(live), UserStatus::Active) => {
                    if !live.active {
                        self.note(format!("on {key}"));
                    }
                    if self.names_differ(user, live) {
                        self.note(format!("name {key}"));
                    }
                }
                (Fate::Live(live), UserStatus::Suspended) => {
                    if self.harness() || live.active {
                        self.note(format!("-user {key}"));
                    }
                }
                (Fate::Live(live), UserStatus::Absent) => self.goes(live, key.to_string()),
            }
        }
        for person in listed(world) {
            if self.matched(person).is_some() || self.held(person) {
                continue;
            }
            let removes = world.project.policy.undeclared_users == Undeclared::Remove;
            if our_key(person).is_some() || removes {
                self.goes(person, format!("#{}", person.id));
            } else {
                self.note(format!("?user #{}", person.id));
            }
        }
    }

    fn goes(&mut self, person: &Somebody, label: String) {
        let done = self.world.project.policy.user_removal == UserRemoval::Deactivate
            && !self.harness()
            && !person.active;
        if !done {
            self.note(format!("-user {label}"));
        }
    }

    fn names_differ(&self, user: &DesiredUser, live: &Somebody) -> bool {
        let words = |name: &str| -> Vec<String> {
            name.split_whitespace()
                .map(|it| it.nfc().collect())
                .collect()
        };
        let shown = user.display_name.as_deref().cloned();
        let declared = [&user.given_name, &user.family_name, &shown];
        if self.harness() {
            let any = declared.into_iter().any(Option::is_some);
            return any && words(&user.shown_name()) != words(&live.display);
        }
        // What is declared to be nothing differs from something, and from nothing else.
        let other = user.attributes.iter().any(|(attribute, wanted)| {
            let there = live.attributes.get(attribute).unwrap_or_default();
            !wanted.nfc().eq(there.nfc())
        });
        let there = [&live.given, &live.family, &Some(live.display.clone())];
        other
            || declared.into_iter().zip(there).any(|(wanted, there)| {
                wanted.as_deref().is_some_and(|wanted| {
                    !there
                        .as_deref()
                        .is_some_and(|there| wanted.nfc().eq(there.nfc()))
                })
            })
    }

    /// Whether an account goes and takes its memberships along.
    fn purged(&self, person: &Somebody) -> bool {
        let policy = &self.world.project.policy;
        let status = self
            .matched(person)
            .map(|at| (self.fates[at], self.world.project.desired.users[at].status));
        let goes = match status {
            Some((Fate::OtherAddress(_), _) | (_, UserStatus::Active)) => return false,
            Some((_, UserStatus::Suspended)) => return self.harness(),
            Some((_, UserStatus::Absent)) => true,
            None if self.held(person) => false,
            None => our_key(person).is_some() || policy.undeclared_users == Undeclared::Remove,
        };
        goes && self.harness() && policy.user_removal == UserRemoval::Delete
    }

    fn same_name(&self, one: &str, other: &str) -> bool {
        match self.harness() {
            true => one == other,
            false => fold(one) == fold(other),
        }
    }

    fn groups(&mut self) {
        let world = self.world;
        let desired = &world.project.desired;
        let mut claimed: BTreeSet<&str> = BTreeSet::new();
        for group in &desired.groups {
            let named = world.circles.iter();
            let named = named.filter(|it| self.same_name(&it.name, group.name.as_str()));
            let named: Vec<&Circle> = named.collect();
            claimed.extend(named.iter().map(|it| it.id.as_str()));
            match named.as_slice() {
                [] => {}
                [one] => self.members(group, Some(one)),
                _ => self.note(format!("doubt-group {}", group.name)),
            }
            if !named.is_empty() {
                continue;
            }
            let earlier = world.circles.iter().filter(|it| {
                !claimed.contains(it.id.as_str())
                    && !desired
                        .groups
                        .iter()
                        .any(|g| self.same_name(g.name.as_str(), &it.name))
                    && group
                        .previously
                        .iter()
                        .any(|p| self.same_name(p.as_str(), &it.name))
            });
            let earlier: Vec<&Circle> = earlier.collect();
            match earlier.as_slice() {
                [one] => {
                    claimed.insert(&one.id);
                    self.note(format!("rename {}", one.id));
                    self.members(group, Some(one));
                }
                [_, _, ..] => {
                    claimed.extend(earlier.iter().map(|it| it.id.as_str()));
                    self.note(format!("doubt-group {}", group.name));
                }
                [] => {
                    self.note(format!("+group {}", group.name));
                    self.members(group, None);
                }
            }
        }
        for absent in &desired.absent_groups {
            let named = world.circles.iter().filter(|it| {
                self.same_name(&it.name, absent.name.as_str()) && !claimed.contains(it.id.as_str())
            });
            let named: Vec<&Circle> = named.collect();
            claimed.extend(named.iter().map(|it| it.id.as_str()));
            match named.as_slice() {
                [] => {}
                [one] => self.group_goes(one),
                _ => self.note(format!("doubt-group {}", absent.name)),
            }
        }
        for circle in &world.circles {
            if claimed.contains(circle.id.as_str()) {
                continue;
            }
            let is_shared = |name: &GroupName| self.same_name(name.as_str(), &circle.name);
            match world.project.policy.undeclared_groups {
                Undeclared::Remove if !desired.additive_groups.iter().any(is_shared) => {
                    self.group_goes(circle);
                }
                Undeclared::Remove | Undeclared::Keep => self.note(format!("?group {}", circle.id)),
            }
        }
    }

    fn members(&mut self, group: &DesiredGroup, there: Option<&Circle>) {
        let world = self.world;
        let mut wanted: BTreeSet<&str> = BTreeSet::new();
        let is_in = |id: &str| there.is_some_and(|there| there.members.contains(id));
        for at in &group.members {
            let user = world.project.desired.user(*at);
            let suspended = user.status == UserStatus::Suspended;
            match self.fates[at.0 as usize] {
                Fate::Doubtful => {}
                Fate::Nobody if suspended => {}
                Fate::Nobody => self.note(format!("in {} {}", group.name, user.key)),
                Fate::Live(_) | Fate::OtherAddress(_) if suspended && self.harness() => {}
                Fate::Live(live) | Fate::OtherAddress(live) => {
                    wanted.insert(&live.id);
                    if !is_in(&live.id) {
                        self.note(format!("in {} {}", group.name, user.key));
                    }
                }
            }
        }
        for circle in there.into_iter() {
            for id in &circle.members {
                let Some(person) = listed(world).find(|it| it.id == *id) else {
                    self.note(format!("stay {} {id}", circle.id));
                    continue;
                };
                if wanted.contains(id.as_str()) || self.purged(person) || self.held(person) {
                    continue;
                }
                match group.membership {
                    Membership::Authoritative => self.note(format!("out {} {id}", circle.id)),
                    Membership::Additive => self.note(format!("stay {} {id}", circle.id)),
                }
            }
        }
    }

    fn group_goes(&mut self, circle: &Circle) {
        let world = self.world;
        self.note(format!("-group {}", circle.id));
        match (world.project.policy.group_removal, self.harness()) {
            (GroupRemoval::Delete | GroupRemoval::Support, false) => return,
            // Harness documents that only its Support removes a group, so it is emptied before
            // anybody asks: access ends even where the DELETE is refused.
            (GroupRemoval::Delete | GroupRemoval::Support, true) | (GroupRemoval::Keep, _) => {}
        }
        for id in &circle.members {
            match listed(world).find(|it| it.id == *id) {
                None => self.note(format!("stay {} {id}", circle.id)),
                Some(person) if self.purged(person) => {}
                Some(_) => self.note(format!("out {} {id}", circle.id)),
            }
        }
    }
}
