//! Who has a role, as written in it.
//!
//! **Invariants.** Sorted by person, each once. There may be a million of them in a manifest, so
//! one is twelve bytes: what few have (a last day, a reason) is kept apart.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::UserIndex;
use crate::manifest::source::{FileId, Span};

/// One person in one role, as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant<'a> {
    /// The person.
    pub user: UserIndex,
    /// Where it is written.
    pub span: Span,
    /// The last day, inclusive.
    pub until: Option<Date>,
    /// Why.
    pub reason: Option<&'a str>,
}

/// The grants written in one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grants {
    /// A role is written in one file.
    file: FileId,
    people: Vec<Person>,
    terms: BTreeMap<UserIndex, Terms>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Person {
    user: UserIndex,
    start: u32,
    end: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Terms {
    until: Option<Date>,
    reason: Option<Box<str>>,
}

impl Grants {
    /// The grants of a role that is written in this file; of several of one person, the one that
    /// is written first.
    pub fn new<'a>(file: FileId, expected: usize, grants: impl Iterator<Item = Grant<'a>>) -> Self {
        let mut people = Vec::with_capacity(expected);
        let mut terms = BTreeMap::new();
        for grant in grants {
            let Grant {
                user,
                span,
                until,
                reason,
            } = grant;
            debug_assert_eq!(span.file, file);
            people.push(Person {
                user,
                start: span.start,
                end: span.end,
            });
            if until.is_some() || reason.is_some() {
                let reason = reason.map(Box::from);
                terms.insert((user, span.start), Terms { until, reason });
            }
        }
        people.sort_unstable_by_key(|person| (person.user, person.start, person.end));
        people.dedup_by_key(|person| person.user);
        people.shrink_to_fit();
        let kept = people.iter().filter_map(|person| {
            let terms = terms.remove(&(person.user, person.start))?;
            Some((person.user, terms))
        });
        Self {
            terms: kept.collect(),
            file,
            people,
        }
    }

    /// The grants, by person.
    pub fn iter(&self) -> impl Iterator<Item = Grant<'_>> {
        self.people.iter().map(|person| self.grant(person))
    }

    /// The people.
    pub fn users(&self) -> impl ExactSizeIterator<Item = UserIndex> {
        self.people.iter().map(|person| person.user)
    }

    /// The grant of a person, if there is one.
    pub fn of(&self, user: UserIndex) -> Option<Grant<'_>> {
        let at = self
            .people
            .binary_search_by_key(&user, |person| person.user);
        at.ok().map(|at| self.grant(&self.people[at]))
    }

    /// The grants that end on this day or before, by person.
    pub fn ending(&self, day: Date) -> impl Iterator<Item = (Grant<'_>, Date)> {
        self.terms.iter().filter_map(move |(user, terms)| {
            let until = terms.until.filter(|until| *until <= day)?;
            Some((self.of(*user)?, until))
        })
    }

    fn grant(&self, person: &Person) -> Grant<'_> {
        let terms = match self.terms.is_empty() {
            true => None,
            false => self.terms.get(&person.user),
        };
        Grant {
            user: person.user,
            span: Span {
                file: self.file,
                start: person.start,
                end: person.end,
            },
            until: terms.and_then(|terms| terms.until),
            reason: terms.and_then(|terms| terms.reason.as_deref()),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn grant(user: u32, start: u32, until: Option<Date>, reason: Option<&str>) -> Grant<'_> {
        Grant {
            user: UserIndex(user),
            span: Span {
                file: FileId(7),
                start,
                end: start + 3,
            },
            until,
            reason,
        }
    }

    #[test]
    fn a_grant_is_given_back_as_it_was_written() {
        let soon = Some(date(2026, 12, 24));
        let written = [
            grant(5, 30, None, None),
            grant(2, 10, soon, Some("OPS-1")),
            grant(5, 20, None, Some("first")),
            grant(9, 40, Some(date(2027, 6, 1)), None),
            grant(2, 50, None, None),
        ];
        let grants = Grants::new(FileId(7), written.len(), written.into_iter());
        let told: Vec<Grant<'_>> = grants.iter().collect();
        assert_eq!(
            told,
            [
                grant(2, 10, soon, Some("OPS-1")),
                grant(5, 20, None, Some("first")),
                grant(9, 40, Some(date(2027, 6, 1)), None),
            ]
        );
        assert_eq!(grants.of(UserIndex(5)), Some(told[1]));
        assert_eq!(grants.of(UserIndex(3)), None);
        assert!(grants.users().eq([2, 5, 9].map(UserIndex)));
        let ending: Vec<_> = grants.ending(date(2026, 12, 31)).collect();
        assert_eq!(ending, [(told[0], date(2026, 12, 24))]);
    }
}
