//! Checks that need no service provider: references, circles, mappings, e-mails, dates.
//!
//! **Invariants.** Pure: the day is a parameter. Every check looks at the whole manifest and
//! reports all it finds. With a manifest that is not whole, nothing is called unknown, unused
//! or missing, because it may stand in the part that could not be read.

mod bindings;
mod groups;
mod lookalike;
mod ownership;
mod people;
mod roles;
mod targets;

use std::collections::HashMap;

use foldhash::fast::RandomState;
use jiff::civil::Date;

use super::at::Part;
use super::decl::{Manifest, RoleDecl, Targets, UserDecl};
use super::decode::Wholeness;
use super::fault::{Fault, FaultCode};
use super::people::ByKey;
use super::source::{FileId, Span, Spanned};
use super::words::closest;
use crate::ids::{PersonKey, RoleName};

pub(crate) use lookalike::compatible;

/// Checks a manifest. `as_of` is the day on which grants are judged.
pub fn lint(manifest: &Manifest, wholeness: Wholeness, as_of: Date) -> Vec<Fault> {
    let mut lint = Lint::new(manifest.into(), wholeness, as_of);
    lint.no_users();
    lint.roles();
    lint.include_cycles();
    lint.previous_keys();
    lint.ownership();
    lint.targets(manifest);
    match &manifest.targets {
        Targets::One(_) => lint.at_a_target(),
        Targets::Named(named) => {
            let mut found = Vec::with_capacity(named.0.len());
            for (name, target) in &named.0 {
                let there = manifest.at(&name.value, target);
                let mut lint = Lint::new((&there).into(), wholeness, as_of);
                lint.at_a_target();
                found.push((name.value.clone(), lint.faults));
            }
            lint.faults.extend(targets::of_each(found, manifest));
        }
    }
    lint.faults
}

/// How many names may be compared for suggestions in one run; past that, faults come
/// without. A hundred thousand people and a thousand typos must not take minutes.
const MAX_COMPARISONS: usize = 2_000_000;

struct Lint<'m> {
    manifest: Part<'m>,
    wholeness: Wholeness,
    as_of: Date,
    people: ByKey,
    roles: HashMap<&'m str, (&'m Spanned<RoleName>, &'m RoleDecl), RandomState>,
    comparisons: usize,
    faults: Vec<Fault>,
}

fn index<K: std::borrow::Borrow<str>, V>(
    declared: &[(Spanned<K>, V)],
) -> HashMap<&str, (&Spanned<K>, &V), RandomState> {
    declared
        .iter()
        .map(|(key, value)| (key.value.borrow(), (key, value)))
        .collect()
}

impl<'m> Lint<'m> {
    fn new(manifest: Part<'m>, wholeness: Wholeness, as_of: Date) -> Self {
        Self {
            manifest,
            wholeness,
            as_of,
            people: ByKey::new(manifest.users),
            roles: index(&manifest.roles.0),
            comparisons: 0,
            faults: Vec::new(),
        }
    }

    /// What depends on who and what there is at one target.
    fn at_a_target(&mut self) {
        self.emails();
        self.look_alike_keys();
        self.groups();
        self.protection();
    }

    /// The person of a key.
    fn person(&self, key: &str) -> Option<(&'m Spanned<PersonKey>, &'m UserDecl)> {
        let at = self.people.position(key)?;
        let (key, user) = &self.manifest.users.0[at as usize];
        Some((key, user))
    }

    fn is_whole(&self) -> bool {
        self.wholeness == Wholeness::Whole
    }

    /// The name somebody probably meant, with where it is declared.
    fn suggest(
        &mut self,
        written: &str,
        candidates: impl ExactSizeIterator<Item = (&'m str, Span)> + Clone,
    ) -> Option<String> {
        self.comparisons += candidates.len();
        if self.comparisons > MAX_COMPARISONS {
            return None;
        }
        let meant = closest(written, candidates.clone().map(|(name, _)| name))?;
        let (_, span) = candidates.into_iter().find(|(name, _)| *name == meant)?;
        let place = self.manifest.sources.place(span);
        Some(format!(
            "did you mean `{meant}` ({}:{})?",
            place.file, place.line
        ))
    }

    fn suggest_person(&mut self, written: &str) -> Option<String> {
        let manifest = self.manifest;
        let people = manifest.users.0.iter();
        self.suggest(
            written,
            people.map(|(key, _)| (key.value.as_str(), key.span)),
        )
    }

    fn suggest_role(&mut self, written: &str) -> Option<String> {
        let manifest = self.manifest;
        let roles = manifest.roles.0.iter();
        self.suggest(
            written,
            roles.map(|(name, _)| (name.value.as_str(), name.span)),
        )
    }

    fn no_users(&mut self) {
        if self.is_whole() && self.manifest.users.0.is_empty() {
            self.faults.push(Fault::error(
                FaultCode::NoUsers,
                Span::start_of(FileId(0)),
                "no people in this file or any it includes",
                "the manifest declares no people",
                "add a person under `users`; somebody who must go stays declared, \
                 with `status: absent`",
            ));
        }
    }
}
