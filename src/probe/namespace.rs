//! The names a probe gives to what it makes.
//!
//! **Invariants.** Every name begins with a prefix that holds the run's own random number, so
//! that nothing else has it by accident, and what is left of a run is known wherever it is
//! seen, whatever the provider made of case and hyphens. Names keep the prefix whatever is
//! done to the resource.

use serde_json::Value;

use crate::ids::fold;

/// What every name of every run begins with.
const COMMON: &str = "scim-sync-probe-";
/// How many digits a run's number has.
const DIGITS: usize = 12;

/// A collection that a probe writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Collection {
    /// `/Users`.
    Users,
    /// `/Groups`.
    Groups,
}

impl Collection {
    /// The path of the collection.
    pub fn path(self) -> &'static str {
        match self {
            Collection::Users => "Users",
            Collection::Groups => "Groups",
        }
    }

    /// The collection of this path.
    pub fn of_path(path: &str) -> Option<Self> {
        [Collection::Users, Collection::Groups]
            .into_iter()
            .find(|collection| collection.path() == path)
    }

    /// One of it, for people.
    pub fn one(self) -> &'static str {
        match self {
            Collection::Users => "user",
            Collection::Groups => "group",
        }
    }

    /// The attribute that is its name.
    pub(super) fn name_attribute(self) -> &'static str {
        match self {
            Collection::Users => "userName",
            Collection::Groups => "displayName",
        }
    }
}

/// One run's names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    run: String,
    domain: String,
}

impl Namespace {
    /// The names of a run with this random number, its people at this mail domain.
    pub fn new(random: u64, domain: &str) -> Self {
        let digits = format!("{random:016x}");
        Self {
            run: digits[..DIGITS].to_owned(),
            domain: domain.to_owned(),
        }
    }

    /// The names of an earlier run, as its journal or whoever saw them tells it.
    pub fn of_run(run: &str) -> Option<Self> {
        let is_number = run.len() == DIGITS
            && run
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        is_number.then(|| Self {
            run: run.to_owned(),
            domain: String::new(),
        })
    }

    /// The run's number.
    pub fn run(&self) -> &str {
        &self.run
    }

    /// What every name of this run begins with.
    pub fn prefix(&self) -> String {
        format!("{COMMON}{}-", self.run)
    }

    /// The login of one of its people, who is also their address.
    pub(super) fn login(&self, who: &str) -> String {
        format!("{}{who}@{}", self.prefix(), self.domain)
    }

    /// The name of one of its groups.
    pub(super) fn group(&self, which: &str) -> String {
        format!("{}{which}", self.prefix())
    }

    /// Whether a name is one of this run's, in whatever form it comes back.
    pub fn owns(&self, name: &str) -> bool {
        run_of(name).as_ref() == Some(&self.run)
    }

    /// Whether a resource of a collection is one of this run's.
    pub(super) fn owns_resource(&self, collection: Collection, resource: &Value) -> bool {
        resource[collection.name_attribute()]
            .as_str()
            .is_some_and(|name| self.owns(name))
    }
}

/// The run a name is of, if it is one of a probe's. Some providers turn hyphens into other
/// signs, or drop them.
pub fn run_of(name: &str) -> Option<String> {
    let plain =
        |text: &str| -> String { text.chars().filter(char::is_ascii_alphanumeric).collect() };
    let name = plain(&fold(name));
    let rest = name.strip_prefix(&plain(COMMON))?;
    Namespace::of_run(rest.get(..DIGITS)?).map(|of| of.run)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_knows_its_own_names_and_no_others() {
        let names = Namespace::new(0x00ab_cdef_0123_4567, "example.com");
        assert_eq!(names.run(), "00abcdef0123");
        assert_eq!(
            names.login("a"),
            "scim-sync-probe-00abcdef0123-a@example.com"
        );
        assert!(names.owns("Scim-Sync-Probe-00ABCDEF0123-A@Example.com"));
        assert!(!names.owns("scim-sync-probe-00abcdef0124-a@example.com"));
        assert!(names.owns("scim_sync_probe_00abcdef0123_a"));
        assert!(!names.owns("x scim-sync-probe-00abcdef0123-a"));
        assert_eq!(run_of(&names.group("one")).as_deref(), Some("00abcdef0123"));
        for other in ["scim-sync-probe-", "scim-sync-probe-00abcdef012x-a", "ada"] {
            assert_eq!(run_of(other), None, "{other}");
        }
        assert_eq!(Namespace::of_run("00ABCDEF0123"), None);
        assert_eq!(Namespace::of_run("../../etc/pas"), None);
    }
}
