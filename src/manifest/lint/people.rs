//! People: one e-mail each, and earlier keys that are free.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use unicode_normalization::UnicodeNormalization as _;

use super::Lint;
use super::lookalike::{compatible, mixed_alphabets, skeleton};
use crate::ids::{Email, PersonKey};
use crate::manifest::decl::{UserDecl, UserStatus};
use crate::manifest::fault::{Fault, FaultCode};
use crate::manifest::source::Spanned;
use crate::manifest::words::quoted;

type Person<'m> = (&'m Spanned<PersonKey>, &'m UserDecl);

impl<'m> Lint<'m> {
    /// One e-mail for two people, and e-mails that only look like another.
    pub(super) fn emails(&mut self) {
        let users = &self.manifest.users.0;
        let mut folded: HashMap<&'m str, Person<'m>> = HashMap::with_capacity(users.len());
        let mut foreign: Vec<Person<'m>> = Vec::new();
        for (key, user) in users {
            // An empty e-mail stands in for one the decoder has reported.
            if user.email.value.as_str().is_empty() {
                continue;
            }
            if !user.email.value.as_str().is_ascii() {
                foreign.push((key, user));
            }
            match folded.entry(user.email.value.folded()) {
                Entry::Vacant(entry) => {
                    entry.insert((key, user));
                }
                Entry::Occupied(first) => {
                    self.faults.push(duplicate(*first.get(), (key, user)));
                }
            }
        }
        // Only an address outside ASCII can look like another without being equal, so the
        // expensive forms are made for those alone.
        let mut forms: HashMap<String, Person<'m>> = HashMap::new();
        let mut shapes: HashMap<String, Person<'m>> = HashMap::new();
        for person in foreign {
            let (_, user) = person;
            let email = user.email.value.folded();
            let form = compatible(email);
            let shape = skeleton(&form);
            let other = |found: Option<&Person<'m>>| {
                found
                    .copied()
                    .filter(|(_, other)| other.email.value != user.email.value)
            };
            if let Some(first) = other(folded.get(form.as_str()).or_else(|| forms.get(&form))) {
                self.faults.push(duplicate(first, person));
            } else if let Some(first) =
                other(folded.get(shape.as_str()).or_else(|| shapes.get(&shape)))
            {
                self.faults.push(look_alike(first, person));
            } else if let Some(mix) = mixed_alphabets(email) {
                self.faults.push(Fault::warning(
                    FaultCode::LookAlikeEmail,
                    user.email.span,
                    format!("mixes {mix} letters"),
                    format!(
                        "the e-mail of person {} mixes letters of two alphabets",
                        quoted(person.0.value.as_str())
                    ),
                    "retype the address; a letter may only look like the one that is meant",
                ));
            }
            forms.entry(form).or_insert(person);
            shapes.entry(shape).or_insert(person);
        }
    }

    /// Keys that are one to whoever reads them: `é` as one letter, and as `e` with its accent.
    pub(super) fn look_alike_keys(&mut self) {
        let users = &self.manifest.users.0;
        let foreign = |key: &str| !key.is_ascii();
        let mut forms: HashMap<String, &'m Spanned<PersonKey>> = HashMap::new();
        for (key, _) in users.iter().filter(|(key, _)| foreign(key.value.as_str())) {
            match forms.entry(key.value.as_str().nfc().collect()) {
                Entry::Vacant(entry) => {
                    entry.insert(key);
                }
                Entry::Occupied(first) => self.faults.push(
                    Fault::warning(
                        FaultCode::LookAlikeKey,
                        key.span,
                        "the same letters in another form",
                        format!(
                            "two people are called {}, in two Unicode forms",
                            quoted(key.value.as_str())
                        ),
                        "give one of them another key, or merge the two people into one",
                    )
                    .with_related(first.get().span, "looks the same"),
                ),
            }
        }
    }

    /// Earlier keys that are declared again, or claimed by two.
    pub(super) fn previous_keys(&mut self) {
        let manifest = self.manifest;
        let mut faults = Vec::new();
        previous(
            "person",
            manifest
                .users
                .0
                .iter()
                .map(|(key, user)| (key, &*user.previously)),
            &mut faults,
        );
        previous(
            "role",
            manifest
                .roles
                .0
                .iter()
                .map(|(name, role)| (name, role.previously.as_slice())),
            &mut faults,
        );
        previous(
            "group",
            manifest
                .groups
                .0
                .iter()
                .map(|(name, group)| (name, group.previously.as_slice())),
            &mut faults,
        );
        self.faults.append(&mut faults);
    }
}

fn previous<'m, K: Eq + std::hash::Hash + std::fmt::Display + 'm>(
    what: &str,
    declared: impl Iterator<Item = (&'m Spanned<K>, &'m [Spanned<K>])> + Clone,
    faults: &mut Vec<Fault>,
) {
    if declared.clone().all(|(_, earlier)| earlier.is_empty()) {
        return;
    }
    let current: HashMap<&K, &Spanned<K>> =
        declared.clone().map(|(key, _)| (&key.value, key)).collect();
    let mut claimed: HashMap<&K, &Spanned<K>> = HashMap::new();
    for (key, earlier) in declared {
        for one in earlier {
            let name = quoted(&one.value.to_string()).to_string();
            if let Some(still) = current.get(&one.value) {
                let own = still.span == key.span;
                faults.push(
                    Fault::error(
                        FaultCode::PreviousKeyInUse,
                        one.span,
                        if own {
                            "its own name"
                        } else {
                            "still declared"
                        },
                        if own {
                            format!("{what} {name} names itself in `previously`")
                        } else {
                            format!("`previously` names {what} {name}, which is still declared")
                        },
                        format!(
                            "remove {name} from `previously`, or the declaration of {what} {name}"
                        ),
                    )
                    .with_related(still.span, "declared here"),
                );
                continue;
            }
            match claimed.entry(&one.value) {
                Entry::Vacant(entry) => {
                    entry.insert(one);
                }
                Entry::Occupied(first) => faults.push(
                    Fault::error(
                        FaultCode::PreviousKeyInUse,
                        one.span,
                        "named here",
                        format!("{what} {name} is named in two `previously` lists"),
                        "keep it in one `previously` only",
                    )
                    .with_related(first.get().span, "and here"),
                ),
            }
        }
    }
}

fn duplicate((first_key, first): Person<'_>, (key, user): Person<'_>) -> Fault {
    let same = first.email.value.as_str() == user.email.value.as_str();
    let email = quoted(user.email.value.as_str()).to_string();
    let tombstone = [first, user]
        .iter()
        .any(|user| user.status() == UserStatus::Absent);
    Fault::error(
        FaultCode::DuplicateEmail,
        user.email.span,
        format!("also the e-mail of {}", quoted(key.value.as_str())),
        format!(
            "people {} and {} have one e-mail, {email}",
            quoted(first_key.value.as_str()),
            quoted(key.value.as_str()),
        ),
        if tombstone {
            "one of the two says that this account must not exist: keep one; the same person \
             under a new key has the old one in `previously`"
        } else if same {
            "correct one address, or merge the two people into one"
        } else {
            "service providers compare e-mails without case and Unicode form: correct one \
             address, or merge the two people into one"
        },
    )
    .with_related(
        first.email.span,
        format!("the e-mail of {}", quoted(first_key.value.as_str())),
    )
}

fn look_alike((first_key, first): Person<'_>, (key, user): Person<'_>) -> Fault {
    let letters = |email: &Email| -> String {
        let foreign: Vec<String> = email
            .as_str()
            .chars()
            .filter(|c| !c.is_ascii())
            .take(4)
            .map(|c| format!("U+{:04X}", u32::from(c)))
            .collect();
        foreign.join(", ")
    };
    Fault::warning(
        FaultCode::LookAlikeEmail,
        user.email.span,
        format!("holds {}", letters(&user.email.value)),
        format!(
            "the e-mails of people {} and {} look alike and differ",
            quoted(first_key.value.as_str()),
            quoted(key.value.as_str()),
        ),
        "retype the address, unless both people exist",
    )
    .with_related(first.email.span, "looks the same")
}
