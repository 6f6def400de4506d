//! What became of people between the base revision and now.
//!
//! **Invariants.** Pure, and linear in the number of people: whoever left is compared only
//! with those who came under the same full name, last name or address, and with at most
//! 64 of those. Nobody is found to be two people, nor two people one.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::base::BaseRevision;
use super::human::{Likeness, Traits};
use super::{DesiredState, DesiredUser, UserIndex};
use crate::ids::RoleName;
use crate::manifest::decl::UserStatus;

/// With how many people somebody is compared at most; a mass change of more Smiths than this
/// finds some of its pairs only.
const MAX_COMPARED: usize = 64;

/// What became of people between the base revision and now.
#[derive(Debug, Clone, Default)]
pub struct Since<'a> {
    /// People whose e-mail is another one now, in the order of their keys now.
    pub moved: Vec<Moved<'a>>,
    /// People who are not declared any more under any key or e-mail, in the order of their
    /// keys. Whoever was a tombstone already, or is in `moved`, is not here.
    pub gone: Vec<&'a DesiredUser>,
}

/// One person whose e-mail is another one now.
#[derive(Debug, Clone, Copy)]
pub struct Moved<'a> {
    /// The person as they were.
    pub before: &'a DesiredUser,
    /// The person as they are.
    pub now: UserIndex,
    /// How that is known.
    pub how: Known,
}

/// How two declarations are known to be one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// They have the same key, or one says `previously`.
    ByKey,
    /// One key went and another came, and they are plainly one human.
    ByLikeness {
        /// By which rule.
        likeness: Likeness,
        /// The old key, if it is still declared: as absent.
        tombstone: Option<UserIndex>,
    },
}

/// Compares people at the base with people now.
pub fn since<'a>(base: &'a BaseRevision, now: &DesiredState) -> Since<'a> {
    let mut since = Since::default();
    let index = Index::new(base, now);

    let mut followed: HashSet<&str> = HashSet::new();
    let mut came: Vec<UserIndex> = Vec::new();
    for (user, at) in now.users.iter().zip(0..) {
        let keys = std::iter::once(&user.key).chain(&user.previously);
        let mut before = keys.filter_map(|key| base.person(key.as_str()));
        let first = before.next();
        // Somebody who says to have been two people leaves neither of them behind.
        followed.extend(before.map(|other| other.key.as_str()));
        match first {
            Some(before) => {
                followed.insert(before.key.as_str());
                if before.email != user.email && has_email(before) && has_email(user) {
                    since.moved.push(Moved {
                        before,
                        now: UserIndex(at),
                        how: Known::ByKey,
                    });
                }
            }
            None if user.status == UserStatus::Active
                && has_email(user)
                && !index.emails_before.contains(user.email.folded()) =>
            {
                came.push(UserIndex(at));
            }
            None => {}
        }
    }

    // Who left: gone, or a tombstone since this change.
    let mut left: Vec<(&'a DesiredUser, Option<UserIndex>)> = Vec::new();
    for before in &base.desired.users {
        let tombstone = index.now.get(before.key.as_str()).copied();
        let leaves = match (before.status, tombstone) {
            (UserStatus::Absent, _) => false,
            (UserStatus::Active | UserStatus::Suspended, None) => {
                !followed.contains(before.key.as_str())
                    && !index.emails_now.contains(before.email.folded())
            }
            (UserStatus::Active | UserStatus::Suspended, Some(at)) => {
                let user = now.user(at);
                user.status == UserStatus::Absent && user.email == before.email
            }
        };
        if leaves {
            left.push((before, tombstone));
        }
    }

    let mut pairs = Pairs::new(base, now, &left, &came);
    for (before, tombstone) in left {
        match (pairs.find(before), tombstone) {
            (Some((now, likeness)), tombstone) => since.moved.push(Moved {
                before,
                now,
                how: Known::ByLikeness {
                    likeness,
                    tombstone,
                },
            }),
            (None, None) => since.gone.push(before),
            (None, Some(_)) => {}
        }
    }
    since.moved.sort_by_key(|moved| moved.now);
    since
}

/// An empty e-mail stands in for one that could not be read.
fn has_email(user: &DesiredUser) -> bool {
    !user.email.as_str().is_empty()
}

struct Index<'a> {
    now: HashMap<&'a str, UserIndex>,
    emails_now: HashSet<&'a str>,
    emails_before: HashSet<&'a str>,
}

impl<'a> Index<'a> {
    fn new(base: &'a BaseRevision, now: &'a DesiredState) -> Self {
        let positions = now.users.iter().zip((0..).map(UserIndex));
        Self {
            now: positions
                .map(|(user, at)| (user.key.as_str(), at))
                .collect(),
            emails_now: now.users.iter().map(|user| user.email.folded()).collect(),
            emails_before: base
                .desired
                .users
                .iter()
                .map(|user| user.email.folded())
                .collect(),
        }
    }
}

/// Those who came, by what they could have in common with somebody who left.
struct Pairs {
    came: Vec<(UserIndex, Traits)>,
    taken: Vec<bool>,
    by_name: HashMap<(String, String), Vec<usize>>,
    by_family: HashMap<String, Vec<usize>>,
    by_local_part: HashMap<String, Vec<usize>>,
    roles_before: HashMap<String, BTreeSet<RoleName>>,
}

impl Pairs {
    fn new(
        base: &BaseRevision,
        now: &DesiredState,
        left: &[(&DesiredUser, Option<UserIndex>)],
        came: &[UserIndex],
    ) -> Self {
        let mut pairs = Self {
            came: Vec::new(),
            taken: vec![false; came.len()],
            by_name: HashMap::new(),
            by_family: HashMap::new(),
            by_local_part: HashMap::new(),
            roles_before: HashMap::new(),
        };
        if left.is_empty() || came.is_empty() {
            return pairs;
        }
        let wanted = left.iter().map(|(user, _)| user.key.as_str()).collect();
        pairs.roles_before = roles_of(&base.desired, &wanted);
        let wanted = came.iter().map(|at| now.user(*at).key.as_str()).collect();
        let mut roles_now = roles_of(now, &wanted);
        for (at, position) in came.iter().zip(0..) {
            let user = now.user(*at);
            let roles = roles_now.remove(user.key.as_str()).unwrap_or_default();
            let traits = Traits::new(user, roles);
            if let Some((given, family)) = traits.full_name() {
                let name = (given.to_owned(), family.to_owned());
                pairs.by_name.entry(name).or_default().push(position);
            }
            let family = traits.family.clone();
            pairs.by_family.entry(family).or_default().push(position);
            let local_part = traits.local_part.clone();
            let same = pairs.by_local_part.entry(local_part);
            same.or_default().push(position);
            pairs.came.push((*at, traits));
        }
        pairs
    }

    /// Who came in place of somebody who left, if that is plain; each only once.
    fn find(&mut self, before: &DesiredUser) -> Option<(UserIndex, Likeness)> {
        if self.came.is_empty() {
            return None;
        }
        let roles = self.roles_before.remove(before.key.as_str());
        let traits = Traits::new(before, roles.unwrap_or_default());
        let by_name = traits
            .full_name()
            .and_then(|(given, family)| self.by_name.get(&(given.to_owned(), family.to_owned())));
        let candidates = [
            by_name,
            self.by_local_part.get(&traits.local_part),
            self.by_family.get(&traits.family),
        ];
        let found = candidates
            .into_iter()
            .flatten()
            .flat_map(|same| same.iter().take(MAX_COMPARED))
            .filter(|position| !self.taken[**position])
            .find_map(|position| {
                let (at, other) = &self.came[*position];
                let likeness = traits.likeness(other)?;
                Some((*position, *at, likeness))
            });
        let (position, at, likeness) = found?;
        self.taken[position] = true;
        Some((at, likeness))
    }
}

/// The roles that people of these keys are written in.
fn roles_of(desired: &DesiredState, wanted: &HashSet<&str>) -> HashMap<String, BTreeSet<RoleName>> {
    let users = desired.users.iter();
    let is_wanted: Vec<bool> = users
        .map(|user| wanted.contains(user.key.as_str()))
        .collect();
    let mut roles: HashMap<String, BTreeSet<RoleName>> = HashMap::new();
    for role in &desired.roles {
        let people = role.grants.users();
        for at in people.filter(|at| is_wanted[at.0 as usize]) {
            let key = desired.user(at).key.to_string();
            roles.entry(key).or_default().insert(role.name.clone());
        }
    }
    roles
}
