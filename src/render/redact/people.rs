//! What tells of one person: keys, addresses, names, ids and attributes.

use super::{HIDDEN, Redaction, Redactor, address, pseudonym};
use crate::ids::{Email, ExternalId, PersonKey, UserId};
use crate::plan::{Attribute, AttributeChange, Person, UserState};

impl Redactor {
    /// The number of a person.
    pub(super) fn number_of(&mut self, person: &Person) -> usize {
        let key = person.key.as_ref().map_or("", PersonKey::as_str);
        let email = person.email.as_str();
        let id = person.id.as_ref().map_or("", UserId::as_str);
        self.number(&[key, email, id])
    }

    pub(super) fn person(&mut self, person: &Person) -> Person {
        let number = self.number_of(person);
        let Person { key, email, id } = person;
        Person {
            key: key.as_ref().map(|key| self.key(key, number)),
            email: self.email(email, number),
            id: id
                .as_ref()
                .map(|id| UserId::from(self.id(id.as_str(), number))),
        }
    }

    pub(super) fn user(&mut self, user: &UserState, number: usize) -> UserState {
        let UserState {
            user_name,
            email,
            given_name,
            family_name,
            display_name,
            attributes,
        } = user;
        UserState {
            user_name: match self.redaction {
                Redaction::All => pseudonym(number),
                Redaction::Email | Redaction::None if user_name.contains('@') => address(number),
                Redaction::Email | Redaction::None => user_name.clone(),
            },
            email: self.email(email, number),
            given_name: self.name(given_name, number),
            family_name: self.name(family_name, number),
            display_name: self.name(display_name, number),
            attributes: attributes
                .iter()
                .map(|(attribute, value)| (attribute, self.value(value)))
                .collect(),
        }
    }

    pub(super) fn attribute(&mut self, change: &AttributeChange, number: usize) -> AttributeChange {
        let AttributeChange {
            attribute,
            before,
            after,
        } = change;
        let mut shown = |text: &str| match attribute {
            Attribute::GivenName | Attribute::FamilyName | Attribute::DisplayName => {
                self.name(text, number)
            }
            Attribute::Extra(_) => self.value(text),
        };
        AttributeChange {
            attribute: *attribute,
            before: before.as_deref().map(&mut shown),
            after: shown(after),
        }
    }

    /// The value of an attribute beyond names. Two people may have one job title, so it stands
    /// for nobody.
    pub(super) fn value(&mut self, value: &str) -> String {
        match self.redaction {
            Redaction::All if value.is_empty() => String::new(),
            Redaction::All => HIDDEN.to_owned(),
            Redaction::Email | Redaction::None => self.sentence(value),
        }
    }

    pub(super) fn key(&self, key: &PersonKey, number: usize) -> PersonKey {
        match self.redaction {
            Redaction::All => PersonKey::from(pseudonym(number)),
            // A key may have been chosen after an address.
            Redaction::Email | Redaction::None if key.as_str().contains('@') => {
                PersonKey::from(address(number))
            }
            Redaction::Email | Redaction::None => key.clone(),
        }
    }

    pub(super) fn external_id(&self, id: &ExternalId, number: usize) -> ExternalId {
        match self.redaction {
            Redaction::All => ExternalId::for_person(&PersonKey::from(pseudonym(number))),
            Redaction::Email | Redaction::None if id.as_str().contains('@') => {
                ExternalId::from(address(number))
            }
            Redaction::Email | Redaction::None => id.clone(),
        }
    }

    pub(super) fn email(&self, email: &Email, number: usize) -> Email {
        if self.is_kept(email.as_str()) {
            email.clone()
        } else {
            Email::new(address(number))
        }
    }

    pub(super) fn id(&self, id: &str, number: usize) -> String {
        match self.redaction {
            Redaction::All => format!("id-{number}"),
            Redaction::Email | Redaction::None if id.contains('@') => address(number),
            Redaction::Email | Redaction::None => id.to_owned(),
        }
    }

    pub(super) fn name(&mut self, name: &str, number: usize) -> String {
        match self.redaction {
            Redaction::All if name.is_empty() => String::new(),
            Redaction::All => pseudonym(number),
            Redaction::Email | Redaction::None => self.sentence(name),
        }
    }
}
