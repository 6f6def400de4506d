//! The users of a live state: read once, and shared by every state that is derived from it.
//!
//! **Invariants.** In the order of their ids, each id once. What a plan comes to
//! ([`crate::plan::after`]) differs in a few users from what was read; the others are not
//! copied for it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Index;
use std::sync::Arc;

use super::pieces::Pieces;
use super::{LiveIndex, LiveUser};
use crate::ids::UserId;

/// Users in the order of their ids.
#[derive(Clone, Default)]
pub struct LiveUsers {
    /// As they were read, in the order of their ids.
    read: Arc<Pieces>,
    /// What is other since.
    since: Option<Since>,
}

#[derive(Clone)]
struct Since {
    /// Users that are new or other than read, in no order.
    others: Vec<LiveUser>,
    /// All users in the order of their ids: a position in what was read, or, beyond its end, in
    /// `others`.
    order: Vec<u32>,
}

/// What became of users.
#[derive(Debug, PartialEq, Eq)]
pub struct Moves {
    /// Where each is now, by their earlier position; nothing for whoever is gone or other.
    pub now: Vec<Option<LiveIndex>>,
    /// Who is new or other now.
    pub fresh: Vec<LiveIndex>,
}

impl LiveUsers {
    /// How many.
    pub fn len(&self) -> usize {
        match &self.since {
            None => self.read.len(),
            Some(since) => since.order.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The users, by id.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &LiveUser> + ExactSizeIterator + Clone {
        (0..self.len()).map(|at| &self[at])
    }

    /// Where the user of an id is.
    pub fn position(&self, id: &str) -> Option<LiveIndex> {
        let at = self.partition(|there| there.id.as_str() < id);
        let there = self.get(at)?;
        (there.id.as_str() == id).then_some(at)
    }

    /// The user at a position, if there is one.
    fn get(&self, at: LiveIndex) -> Option<&LiveUser> {
        let at = at.0 as usize;
        (at < self.len()).then(|| &self[at])
    }

    /// The user of an id.
    pub fn with_id(&self, id: &str) -> Option<&LiveUser> {
        self.position(id).map(|at| &self[at.0 as usize])
    }

    /// These users with some that are other (each under the id it had, or nothing for whoever is
    /// gone) and some that are new. Of two with one id, the one that was there comes first. Also
    /// says where everybody is then: these users by their positions, then the new ones.
    pub fn changed(
        &self,
        other: BTreeMap<LiveIndex, Option<LiveUser>>,
        new: Vec<Option<LiveUser>>,
    ) -> (LiveUsers, Vec<Option<LiveIndex>>) {
        let (mut others, mut places) = match &self.since {
            None => (Vec::new(), (0..LiveIndex::new(self.read.len()).0).collect()),
            Some(since) => (since.others.clone(), since.order.clone()),
        };
        let mut keep = |user: LiveUser| {
            others.push(user);
            LiveIndex::new(self.read.len() + others.len() - 1).0
        };
        let mut gone = BTreeSet::new();
        for (at, user) in other {
            match user {
                Some(user) => places[at.0 as usize] = keep(user),
                None => _ = gone.insert(at),
            }
        }
        let mut moved: Vec<Option<LiveIndex>> = vec![None; places.len() + new.len()];
        // Few are new, so each looks for its place instead of being compared with everybody.
        let mut arrivals: Vec<(LiveIndex, usize, LiveUser)> = new
            .into_iter()
            .enumerate()
            .filter_map(|(at, user)| user.map(|user| (self.place_for(&user.id), at, user)))
            .collect();
        arrivals.sort_by(|a, b| (a.0, &a.2.id, a.1).cmp(&(b.0, &b.2.id, b.1)));
        let mut arrivals = arrivals.into_iter().peekable();

        let mut order = Vec::with_capacity(moved.len());
        for at in (0..=places.len()).map(LiveIndex::new) {
            while let Some((_, new, user)) = arrivals.next_if(|(before, _, _)| *before <= at) {
                moved[places.len() + new] = Some(LiveIndex::new(order.len()));
                order.push(keep(user));
            }
            if let Some(place) = places.get(at.0 as usize)
                && !gone.contains(&at)
            {
                moved[at.0 as usize] = Some(LiveIndex::new(order.len()));
                order.push(*place);
            }
        }
        let users = LiveUsers {
            read: Arc::clone(&self.read),
            since: Some(Since { others, order }),
        };
        (users, moved)
    }

    /// What became of earlier users, if these were made of the same reading.
    pub fn since(&self, earlier: &LiveUsers) -> Option<Moves> {
        if !Arc::ptr_eq(&self.read, &earlier.read) {
            return None;
        }
        let mut of_read: Vec<Option<LiveIndex>> = vec![None; self.read.len()];
        let mut fresh = Vec::new();
        for at in 0..self.len() {
            match of_read.get_mut(self.place(at)) {
                Some(now) => *now = Some(LiveIndex::new(at)),
                None => fresh.push(LiveIndex::new(at)),
            }
        }
        let places = (0..earlier.len()).map(|at| earlier.place(at));
        let now = places.map(|place| of_read.get(place).copied().flatten());
        Some(Moves {
            now: now.collect(),
            fresh,
        })
    }

    /// Where the user at a position is kept: in what was read, or beyond its end.
    fn place(&self, at: usize) -> usize {
        match &self.since {
            None => at,
            Some(since) => since.order[at] as usize,
        }
    }

    /// The position before which a user of this id belongs.
    fn place_for(&self, id: &UserId) -> LiveIndex {
        self.partition(|there| there.id <= *id)
    }

    /// The position of the first user of whom this does not hold.
    fn partition(&self, holds: impl Fn(&LiveUser) -> bool) -> LiveIndex {
        LiveIndex::new(match &self.since {
            None => self.read.partition_point(holds),
            Some(since) => {
                let order = &since.order;
                order.partition_point(|place| holds(self.kept_at(*place as usize)))
            }
        })
    }

    /// The user who is kept at a place.
    fn kept_at(&self, place: usize) -> &LiveUser {
        match (place.checked_sub(self.read.len()), &self.since) {
            (Some(other), Some(since)) => &since.others[other],
            (Some(_) | None, _) => &self.read[place],
        }
    }
}

impl Index<usize> for LiveUsers {
    type Output = LiveUser;

    fn index(&self, at: usize) -> &LiveUser {
        self.kept_at(self.place(at))
    }
}

/// Puts users in the order of their ids; of several with one id, the first is kept.
impl From<Pieces> for LiveUsers {
    fn from(mut users: Pieces) -> Self {
        users.sort();
        Self {
            read: Arc::new(users),
            since: None,
        }
    }
}

impl From<Vec<LiveUser>> for LiveUsers {
    fn from(users: Vec<LiveUser>) -> Self {
        users.into_iter().collect()
    }
}

impl FromIterator<LiveUser> for LiveUsers {
    fn from_iter<I: IntoIterator<Item = LiveUser>>(users: I) -> Self {
        users.into_iter().collect::<Pieces>().into()
    }
}

impl PartialEq for LiveUsers {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for LiveUsers {}

impl fmt::Debug for LiveUsers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::ids::Email;
    use crate::ids::attributes::Attributes;
    use crate::live::Activity;

    pub(in crate::live) fn user(id: &str, name: &str) -> LiveUser {
        LiveUser {
            id: UserId::from(id),
            user_name: name.into(),
            email: Email::new(name),
            email_choice: Default::default(),
            external_id: None,
            given_name: None,
            family_name: None,
            display_name: None,
            attributes: Attributes::default(),
            activity: Activity::Active,
        }
    }

    fn told(users: &LiveUsers) -> String {
        let told: Vec<String> = users
            .iter()
            .map(|user| format!("{}={}", user.id, user.user_name))
            .collect();
        told.join(" ")
    }

    fn at(positions: &[Option<LiveIndex>]) -> Vec<i64> {
        let told = positions.iter();
        told.map(|at| at.map_or(-1, |at| i64::from(at.0))).collect()
    }

    #[test]
    fn users_are_in_the_order_of_their_ids_whatever_came_first() {
        let users = LiveUsers::from(vec![user("b", "1"), user("a", "2"), user("b", "3")]);
        assert_eq!(told(&users), "a=2 b=1");
        assert_eq!(users.position("b"), Some(LiveIndex(1)));
        assert_eq!(users.position("c"), None);
        assert_eq!(users.with_id("a").map(|it| &*it.user_name), Some("2"));
    }

    #[test]
    fn what_changes_is_seen_and_everybody_is_found_where_they_moved() {
        let before = LiveUsers::from(vec![user("b", "1"), user("d", "2"), user("f", "3")]);
        let other = BTreeMap::from([
            (LiveIndex(0), None),
            (LiveIndex(2), Some(user("f", "three"))),
        ]);
        let new = vec![
            Some(user("g", "6")),
            Some(user("a", "4")),
            None,
            Some(user("e", "5")),
        ];
        let (now, moved) = before.changed(other, new);
        assert_eq!(told(&now), "a=4 d=2 e=5 f=three g=6");
        assert_eq!(at(&moved), [-1, 1, 3, 4, 0, -1, 2]);
        assert_eq!(told(&before), "b=1 d=2 f=3");
        let moves = now.since(&before).expect("of one reading");
        assert_eq!(at(&moves.now), [-1, 1, -1]);
        assert_eq!(moves.fresh, [0, 2, 3, 4].map(LiveIndex));
        assert_eq!(now.since(&now.iter().cloned().collect()), None);
        for (position, user) in (0..).map(LiveIndex).zip(now.iter()) {
            assert_eq!(now.position(user.id.as_str()), Some(position));
        }

        // And again, of what was changed already.
        let other = BTreeMap::from([(LiveIndex(2), None)]);
        let (later, moved) = now.changed(other, vec![Some(user("c", "7"))]);
        assert_eq!(told(&later), "a=4 c=7 d=2 f=three g=6");
        assert_eq!(at(&moved), [0, 2, -1, 3, 4, 1]);
        assert_eq!(later, later.iter().cloned().collect());
        assert_ne!(later, now);
    }
}
