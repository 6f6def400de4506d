//! Declared people by key, to be asked once for every membership.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::decl::People;
use crate::ids::PersonKey;

/// Where in the manifest the person of a key is declared. The keys are copied: most are short
/// enough to lie in the table itself, and a question then goes to one place in memory.
#[derive(Debug)]
pub struct ByKey(HashMap<PersonKey, u32, RandomState>);

impl ByKey {
    /// Of these people.
    pub fn new(users: &People) -> Self {
        let keys = users.0.iter().map(|(key, _)| key.value.clone());
        Self(keys.zip(0..).collect())
    }

    /// The position of a person.
    pub fn position(&self, key: &str) -> Option<u32> {
        self.0.get(key).copied()
    }
}
