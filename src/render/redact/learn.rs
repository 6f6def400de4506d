//! Who is in a plan, and what else may be named in its sentences.

use super::{Redactor, user_in};
use crate::ids::{ExternalId, PersonKey, UserId};
use crate::plan::{Attribute, Change, GroupRef, Person, Plan, SeenAccount, UserState};

impl Redactor {
    /// Walks the plan once, so that a sentence knows of people who only come later.
    pub(in crate::render) fn learn(&mut self, plan: &Plan) {
        // Keys first: where two people share an address, the key tells them apart.
        let actions = || {
            let blocked = plan.refusals.iter().flat_map(|refusal| &refusal.blocked);
            plan.actions.iter().chain(blocked)
        };
        for action in actions() {
            match &action.change {
                Change::CreateUser { key, user, .. } => {
                    let number = self.number(&[key.as_str(), user.email.as_str()]);
                    self.learn_names(user, number);
                }
                Change::UpdateUser {
                    person,
                    changes,
                    becomes,
                } => {
                    self.learn_person(person);
                    let number = self.number_of(person);
                    self.learn_names(becomes, number);
                    for change in changes {
                        let texts = change.before.iter().chain([&change.after]);
                        for text in texts.filter(|text| !text.is_empty()) {
                            match change.attribute {
                                Attribute::GivenName
                                | Attribute::FamilyName
                                | Attribute::DisplayName => self.also(text, number),
                                Attribute::Extra(_) => {
                                    self.values.insert(text.clone());
                                }
                            }
                        }
                    }
                }
                Change::AdoptUser { person, user, .. } => {
                    self.learn_person(person);
                    let number = self.number_of(person);
                    self.learn_names(user, number);
                }
                Change::AdoptGroup {
                    id, name, called, ..
                } => {
                    self.public.insert(id.to_string());
                    self.public.insert(name.to_string());
                    self.public.insert(called.to_string());
                }
                Change::CreateBinding { group, binding }
                | Change::DeleteBinding { group, binding, .. } => {
                    self.learn_group(group);
                    self.public.insert(binding.to_string());
                }
                Change::ReactivateUser { person }
                | Change::DeactivateUser { person }
                | Change::DeleteUser { person } => self.learn_person(person),
                Change::AddMembers { group, members }
                | Change::RemoveMembers { group, members } => {
                    self.learn_group(group);
                    for member in members {
                        self.learn_person(&member.person);
                        for origin in &member.origins {
                            self.public.insert(origin.role.to_string());
                            if let Some(through) = &origin.through {
                                self.public.insert(through.to_string());
                            }
                        }
                    }
                }
                Change::CreateGroup { name, expected_id } => {
                    self.public.insert(name.to_string());
                    if let Some(id) = expected_id {
                        self.public.insert(id.to_string());
                    }
                }
                Change::RenameGroup { id, before, after } => {
                    self.public.insert(id.to_string());
                    self.public.insert(before.to_string());
                    self.public.insert(after.to_string());
                }
                Change::DeleteGroup { id, name } => {
                    self.public.insert(id.to_string());
                    self.public.insert(name.to_string());
                }
            }
        }
        for effect in &plan.people {
            self.learn_person(&effect.person);
        }
        for account in &plan.accounts {
            let SeenAccount {
                id,
                user_name,
                external_id,
            } = account;
            let number = self.number(&[id.as_str()]);
            let external_id = external_id.as_ref().map(ExternalId::as_str);
            for text in user_name.as_deref().into_iter().chain(external_id) {
                self.also(text, number);
            }
        }
        for step in &plan.manual_steps {
            self.learn_group(&step.group);
        }
        for user in &plan.unmanaged.users {
            self.learn_person(&user.person);
            let number = self.number_of(&user.person);
            if let Some(name) = &user.display_name {
                self.also(name, number);
            }
        }
        for group in &plan.unmanaged.groups {
            self.learn_group(&group.group);
        }
        for members in &plan.unmanaged.memberships {
            self.learn_group(&members.group);
        }
        for limit in &plan.limits {
            if let Some(group) = &limit.group {
                self.public.insert(group.to_string());
            }
        }
        // Items whose people nothing but their id names.
        let ids = plan.refusals.iter().map(|refusal| &refusal.id);
        for id in ids.chain(actions().map(|action| &action.id)) {
            if let Some((_, key, _)) = user_in(id.as_str()) {
                self.number(&[key]);
            }
        }
    }

    fn learn_names(&mut self, user: &UserState, number: usize) {
        let UserState {
            user_name,
            email,
            given_name,
            family_name,
            display_name,
            attributes,
        } = user;
        let values = attributes.iter().map(|(_, value)| value.to_owned());
        self.values.extend(values);
        for name in [
            user_name,
            email.as_str(),
            given_name,
            family_name,
            display_name,
        ] {
            if !name.is_empty() {
                self.also(name, number);
            }
        }
    }

    fn learn_person(&mut self, person: &Person) {
        let Person { key, email, id } = person;
        let key = key.as_ref().map_or("", PersonKey::as_str);
        let id = id.as_ref().map_or("", UserId::as_str);
        self.number(&[key, email.as_str(), id]);
    }

    fn learn_group(&mut self, group: &GroupRef) {
        let GroupRef { name, id } = group;
        self.public.insert(name.to_string());
        if let Some(id) = id {
            self.public.insert(id.to_string());
        }
    }
}
