//! A long list of users, in pieces: nobody knows how many there will be, and a list in one piece is
//! twice as large as it need be whenever it grows or is put in order.
//!
//! **Invariants.** Every piece but the last is full, so that a position tells its piece.

use std::ops::Index;

use super::LiveUser;

/// How many users a piece holds.
const SIZE: usize = 4096;

/// Users by position.
#[derive(Debug, Default)]
pub(super) struct Pieces(Vec<Vec<LiveUser>>);

impl Pieces {
    pub(super) fn len(&self) -> usize {
        let full = self.0.len().saturating_sub(1) * SIZE;
        full + self.0.last().map_or(0, Vec::len)
    }

    pub(super) fn push(&mut self, user: LiveUser) {
        match self.0.last_mut().filter(|last| last.len() < SIZE) {
            Some(last) => last.push(user),
            None => {
                // What is little stays little.
                let size = match self.0.is_empty() {
                    true => 0,
                    false => SIZE,
                };
                let mut piece = Vec::with_capacity(size);
                piece.push(user);
                self.0.push(piece);
            }
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &LiveUser> {
        self.0.iter().flatten()
    }

    /// The position of the first of whom this does not hold, as of a slice.
    pub(super) fn partition_point(&self, holds: impl Fn(&LiveUser) -> bool) -> usize {
        let full = |piece: &Vec<LiveUser>| piece.last().is_some_and(&holds);
        let at = self.0.partition_point(full);
        match self.0.get(at) {
            Some(piece) => at * SIZE + piece.partition_point(holds),
            None => self.len(),
        }
    }

    /// Puts users in the order of their ids; of several with one id, the first is kept.
    pub(super) fn sort(&mut self) {
        if self.iter().is_sorted_by(|a, b| a.id < b.id) {
            return;
        }
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_unstable_by(|a, b| (&self[*a].id, a).cmp(&(&self[*b].id, b)));
        self.arrange(order);
        self.dedup();
    }

    /// Puts whoever is at `order[n]` at `n`.
    fn arrange(&mut self, mut order: Vec<usize>) {
        for start in 0..order.len() {
            let mut at = start;
            loop {
                let from = std::mem::replace(&mut order[at], at);
                if from == start || from == at {
                    break;
                }
                self.swap(at, from);
                at = from;
            }
        }
    }

    /// Drops whoever has the id of the one before.
    fn dedup(&mut self) {
        let mut kept = 0;
        for at in 0..self.len() {
            if kept == 0 || self[at].id != self[kept - 1].id {
                self.swap(kept, at);
                kept += 1;
            }
        }
        self.0.truncate(kept.div_ceil(SIZE));
        let full = self.0.len().saturating_sub(1) * SIZE;
        if let Some(last) = self.0.last_mut() {
            last.truncate(kept - full);
        }
    }

    fn swap(&mut self, a: usize, b: usize) {
        let (a, b) = (a.min(b), a.max(b));
        if a / SIZE == b / SIZE {
            return self.0[a / SIZE].swap(a % SIZE, b % SIZE);
        }
        let (before, after) = self.0.split_at_mut(b / SIZE);
        std::mem::swap(&mut before[a / SIZE][a % SIZE], &mut after[0][b % SIZE]);
    }
}

impl Index<usize> for Pieces {
    type Output = LiveUser;

    fn index(&self, at: usize) -> &LiveUser {
        &self.0[at / SIZE][at % SIZE]
    }
}

impl FromIterator<LiveUser> for Pieces {
    fn from_iter<I: IntoIterator<Item = LiveUser>>(users: I) -> Self {
        let mut pieces = Self::default();
        for user in users {
            pieces.push(user);
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::super::users::tests::user;
    use super::*;

    /// Users of these ids, each under a name that tells where it was.
    fn of(ids: &[usize]) -> Pieces {
        let users = ids.iter().zip(0..);
        users
            .map(|(id, at): (_, usize)| user(&format!("{id:06}"), &at.to_string()))
            .collect()
    }

    #[test]
    fn sorted_in_pieces_as_in_one_piece() {
        // Steps that wrap around put ids in an order far from theirs, some of them twice.
        for number in [0, 1, 2, SIZE - 1, SIZE, SIZE + 1, 3 * SIZE + 7] {
            for times in [1, 7, 4099] {
                for each in [1, 3] {
                    let ids: Vec<usize> = (0..number)
                        .map(|at| at * times % number.max(1) / each)
                        .collect();
                    let mut pieces = of(&ids);
                    assert_eq!(pieces.len(), number);
                    let mut expected: Vec<LiveUser> = pieces.iter().cloned().collect();
                    expected.sort_by(|a, b| a.id.cmp(&b.id));
                    expected.dedup_by(|a, b| a.id == b.id);
                    pieces.sort();
                    assert_eq!(pieces.len(), expected.len());
                    assert!(pieces.iter().eq(&expected), "{number} {times} {each}");
                    for (at, user) in expected.iter().enumerate() {
                        assert_eq!(&pieces[at], user);
                    }
                    for asked in ["", "000000", "000005", "004096", "004097", "9"] {
                        let before = |user: &LiveUser| user.id.as_str() < asked;
                        assert_eq!(
                            pieces.partition_point(before),
                            expected.partition_point(before)
                        );
                    }
                }
            }
        }
    }
}
