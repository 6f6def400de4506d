//! The fingerprint of a live state, by which a saved plan names what it was made from.

use sha2::{Digest as _, Sha256};

use super::{Activity, LiveGroup, LiveState, LiveUser};
use crate::ids::{ExternalId, digest};
use crate::scim::wire::EmailChoice;

impl LiveState {
    /// `sha256:` and the hash of all users and groups: equal for states that hold the same.
    /// Whether the read was whole is not part of it.
    pub fn fingerprint(&self) -> String {
        let mut told = Told::default();
        told.number(self.users.len());
        for user in self.users.iter() {
            told.user(user);
        }
        told.number(self.groups.len());
        for group in &self.groups {
            told.group(group);
        }
        if !self.beside.is_empty() {
            let beside = serde_json::to_string(&self.beside).expect("it has only text keys");
            told.text(Some(&beside));
        }
        told.finish()
    }
}

/// What is hashed: every text with its length, so that no two states tell the same bytes.
#[derive(Default)]
struct Told {
    hash: Sha256,
    /// Hashing a page at a time is many times faster than a word at a time.
    page: Vec<u8>,
}

impl Told {
    const PAGE: usize = 16 * 1024;

    fn bytes(&mut self, bytes: &[u8]) {
        self.page.extend_from_slice(bytes);
        if self.page.len() >= Self::PAGE {
            self.hash.update(&self.page);
            self.page.clear();
        }
    }

    fn number(&mut self, number: usize) {
        self.bytes(&(number as u64).to_le_bytes());
    }

    fn text(&mut self, text: Option<&str>) {
        match text {
            None => self.bytes(&u64::MAX.to_le_bytes()),
            Some(text) => {
                self.number(text.len());
                self.bytes(text.as_bytes());
            }
        }
    }

    fn user(&mut self, user: &LiveUser) {
        let LiveUser {
            id,
            user_name,
            email,
            email_choice,
            external_id,
            given_name,
            family_name,
            display_name,
            attributes,
            activity,
        } = user;
        self.text(Some(id.as_str()));
        self.text(Some(user_name));
        self.text(Some(email.as_str()));
        self.text(external_id.as_ref().map(ExternalId::as_str));
        self.text(given_name.as_deref());
        self.text(family_name.as_deref());
        self.text(display_name.as_deref());
        // Two numbers more say that attributes follow, four that the e-mail is a guess.
        let has = usize::from(!attributes.is_empty()) * 2;
        let guessed = match email_choice {
            EmailChoice::Told => 0,
            EmailChoice::Guessed => 4,
        };
        self.number(
            has + guessed
                + match activity {
                    Activity::Active => 1,
                    Activity::Inactive => 0,
                },
        );
        if has > 0 {
            self.number(attributes.len());
            for (attribute, value) in attributes.iter() {
                self.text(Some(attribute.name()));
                self.text(Some(value));
            }
        }
    }

    fn group(&mut self, group: &LiveGroup) {
        let LiveGroup {
            id,
            name,
            members,
            unlisted,
        } = group;
        self.text(Some(id.as_str()));
        self.text(Some(name.as_str()));
        // Positions stand for users: the users are in the hash already, in their order.
        self.number(members.len());
        for member in members {
            self.bytes(&member.0.to_le_bytes());
        }
        self.number(unlisted.len());
        for member in unlisted {
            self.text(Some(member));
        }
    }

    fn finish(mut self) -> String {
        self.hash.update(&self.page);
        digest::written(self.hash)
    }
}

#[cfg(test)]
mod tests {
    use crate::live::Builder;
    use crate::scim::listing::Walker;
    use crate::scim::wire::{Group, Member, User};

    fn state(members: &[&str], name: &str) -> String {
        let mut builder = Builder::default();
        for id in ["1", "2"] {
            builder.add_user(User {
                id: Some(id.to_owned()),
                user_name: Some(format!("{id}@example.com")),
                ..User::default()
            });
        }
        builder.add_group(Group {
            id: Some("g".to_owned()),
            display_name: Some(name.to_owned()),
            members: Some(
                members
                    .iter()
                    .map(|id| Member {
                        value: Some((*id).into()),
                        ..Member::default()
                    })
                    .collect(),
            ),
            ..Group::default()
        });
        let walk = || Walker::new(crate::scim::dialect::Paging::rfc()).finish();
        builder.finish(walk(), walk()).fingerprint()
    }

    #[test]
    fn another_member_or_name_is_another_state_and_another_order_is_not() {
        let base = state(&["1", "2"], "ops");
        assert_eq!(base, state(&["2", "1"], "ops"));
        assert_eq!(base.len(), "sha256:".len() + 64);
        for other in [
            state(&["1"], "ops"),
            state(&["1", "2", "stranger"], "ops"),
            state(&["1", "2"], "dev"),
        ] {
            assert_ne!(base, other);
        }
    }
}
