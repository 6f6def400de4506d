//! Whether two declarations are plainly one human.
//!
//! Asked of somebody who goes and somebody who comes in one change, under another key and
//! another e-mail. A wrong yes stops a change that is right, a wrong no lets an account be
//! deleted and made again, so *plainly* means one of two rules:
//!
//! 1. **Names**: the same first and last name, both of each declared.
//! 2. **Roles**: at least two roles in common, those at least half of all that either has;
//!    *and* the same part of the e-mail before the `@`, or the same last name; *and* first
//!    names that do not contradict each other.
//!
//! So two Smiths of one team are two people (their first names differ), and so are all
//! others of a team who share its roles. Texts compare folded and without extra spaces.

use std::collections::BTreeSet;

use super::DesiredUser;
use crate::ids::{RoleName, fold};

/// Fewer roles in common than this say nothing.
const SHARED_ROLES: usize = 2;

/// What is compared of somebody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traits {
    /// First name, folded; empty if not declared.
    pub given: String,
    /// Last name, folded; empty if not declared.
    pub family: String,
    /// The e-mail before the `@`, folded.
    pub local_part: String,
    /// The roles they are written in.
    pub roles: BTreeSet<RoleName>,
}

/// By which rule two declarations are one human.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    /// The same first and last name.
    Names,
    /// Mostly the same roles, and nothing that speaks for two people.
    Roles {
        /// How many roles they have in common.
        shared: usize,
    },
}

impl Likeness {
    /// Why, as the end of a sentence: "… one person, because they have the same name".
    pub fn because(self) -> String {
        match self {
            Likeness::Names => "they have the same name".to_owned(),
            Likeness::Roles { shared } => {
                format!("they have {shared} roles in common and like addresses or names")
            }
        }
    }
}

impl Traits {
    /// What is compared of a declared person who is written in `roles`.
    pub fn new(user: &DesiredUser, roles: BTreeSet<RoleName>) -> Self {
        let (given, family) = user.name_parts();
        Self {
            given: tidy(given),
            family: tidy(family),
            local_part: local_part(user.email.folded()).to_owned(),
            roles,
        }
    }

    /// Both names, if both are declared: what the first rule looks up.
    pub fn full_name(&self) -> Option<(&str, &str)> {
        let both = !self.given.is_empty() && !self.family.is_empty();
        both.then_some((&self.given, &self.family))
    }

    /// By which rule the two are one human, if they plainly are.
    pub fn likeness(&self, other: &Traits) -> Option<Likeness> {
        if self.full_name().is_some() && self.full_name() == other.full_name() {
            return Some(Likeness::Names);
        }
        let shared = self.roles.intersection(&other.roles).count();
        let all = self.roles.union(&other.roles).count();
        let mostly = shared >= SHARED_ROLES && 2 * shared >= all;
        let same = |one: &str, two: &str| !one.is_empty() && one == two;
        let alike = same(&self.local_part, &other.local_part) || same(&self.family, &other.family);
        (mostly && alike && first_names_agree(&self.given, &other.given))
            .then_some(Likeness::Roles { shared })
    }
}

/// They are equal, one is not declared, or one is the other's initial. Nothing more: a Jan
/// and a Jana are two.
fn first_names_agree(one: &str, other: &str) -> bool {
    let agrees = |short: &str, long: &str| {
        let short = short.trim_end_matches('.');
        short == long || short.chars().count() <= 1 && long.starts_with(short)
    };
    agrees(one, other) || agrees(other, one)
}

/// Folded, with single spaces.
fn tidy(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    fold(&words.join(" "))
}

fn local_part(email: &str) -> &str {
    email.split('@').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traits(given: &str, family: &str, local_part: &str, roles: &[&str]) -> Traits {
        Traits {
            given: tidy(given),
            family: tidy(family),
            local_part: local_part.to_owned(),
            roles: roles.iter().map(|role| RoleName::from(*role)).collect(),
        }
    }

    #[test]
    fn one_human_by_name() {
        let one = traits("Ada", "Lovelace", "ada", &[]);
        let other = traits("ADA ", "lovelace", "a.lovelace", &["sre"]);
        assert_eq!(one.likeness(&other), Some(Likeness::Names));
    }

    #[test]
    fn one_human_by_roles() {
        let roles = ["sre", "web", "db"];
        let married = traits("Ada", "King", "ada", &["sre", "web"]);
        let before = traits("Ada", "Lovelace", "ada", &roles);
        assert_eq!(
            before.likeness(&married),
            Some(Likeness::Roles { shared: 2 })
        );
        let nameless = traits("", "", "ada", &roles);
        assert!(nameless.likeness(&before).is_some());
        let initial = traits("A.", "Lovelace", "lovelace", &roles);
        assert!(initial.likeness(&before).is_some());
    }

    #[test]
    fn two_people_are_two() {
        let roles = ["sre", "web", "db"];
        let bob = traits("Bob", "Smith", "bob.smith", &roles);
        let alice = traits("Alice", "Smith", "alice.smith", &roles);
        assert_eq!(bob.likeness(&alice), None, "two Smiths of one team");
        let jan = traits("Jan", "Smith", "jan", &roles);
        let jana = traits("Jana", "Smith", "jana", &roles);
        assert_eq!(jan.likeness(&jana), None);
        let mary = traits("Mary", "Jones", "mary", &roles);
        assert_eq!(bob.likeness(&mary), None, "a team shares its roles");
        let same_desk = traits("Mary", "Jones", "desk", &roles);
        let other_desk = traits("Alice", "Smith", "desk", &roles);
        assert_eq!(same_desk.likeness(&other_desk), None, "names contradict");
        let one_role = traits("", "Smith", "smith", &["everyone"]);
        assert_eq!(
            one_role.likeness(&traits("", "Smith", "smith", &["everyone"])),
            None,
            "one role says nothing"
        );
        let nobody = traits("", "", "x", &[]);
        assert_eq!(nobody.likeness(&traits("", "", "y", &[])), None);
    }
}
