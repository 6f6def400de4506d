//! Harness' Groups endpoint [R26 `NGScimGroupServiceImpl`, HC `UserGroupServiceImpl`].
//!
//! **Invariants.** A group's identifier never changes. Members are account members only;
//! whoever else is named is dropped without a word.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::access::{Caller, Permission};
use super::body::{GroupIn, operations};
use super::identifier::{Identifier, identifier, validate};
use super::listing::{GroupView, LIST_SCHEMA, Page, Window};
use super::member_patch::GroupWish;
use super::query::{Query, harness_filter};
use super::reply::{Answer, Refusal};
use super::state::{Group, Number, Purged};
use super::users::Failure;
use super::{Generation, SandboxBehavior, World};
use crate::ids::GroupId;
use crate::scim::wire::GROUP_SCHEMA;

const LAST_ADMIN: &str = "This change will remove the last Account Admin from NG.";

impl World {
    pub(super) fn list_groups(&self, caller: &Caller, query: &Query) -> Result<Answer, Refusal> {
        self.require(caller, Permission::UserGroupView)?;
        let window = Window::harness(query)?;
        let name = harness_filter(query.get("filter"));
        let resources: Vec<_> = self
            .store
            .groups()
            .filter(|group| group.externally_managed)
            .filter(|group| name.as_ref().is_none_or(|name| group.name == *name))
            .skip(window.skip())
            .take(window.limit())
            .map(|group| GroupView::new(&self.store, group))
            .collect();
        Answer::json(
            200,
            &Page {
                total_results: resources.len(),
                items_per_page: window.count,
                start_index: window.start_index,
                schemas: [LIST_SCHEMA],
                resources,
            },
        )
    }

    /// Unlike a list, this shows manual groups too.
    pub(super) fn get_group(&self, caller: &Caller, id: &str) -> Result<Answer, Refusal> {
        self.require(caller, Permission::UserGroupView)?;
        let group = self
            .store
            .group_by_id(id)
            .ok_or_else(|| Refusal::scim(404, "Group does not exist"))?;
        Answer::json(200, &GroupView::new(&self.store, group))
    }

    pub(super) fn create_group(&mut self, caller: &Caller, body: &[u8]) -> Result<Answer, Refusal> {
        let group = GroupIn::read(body)?;
        self.require(caller, Permission::UserGroupManage)?;
        let number = self
            .create_or_find_group(&group)
            .map_err(|Failure(detail)| Refusal::scim(409, detail))?;
        let group = self.store.group(number);
        Answer::json(201, &GroupView::new(&self.store, group))
    }

    fn create_or_find_group(&mut self, group: &GroupIn) -> Result<Number, Failure> {
        let name = group.display_name.as_deref().unwrap_or_default();
        if name.trim().is_empty() {
            return Err(Failure::new(
                "Create UserGroup- name: cannot be null or empty",
            ));
        }
        let Identifier { current, legacy } = identifier(name);
        let generation = self.settings.generation;
        let (id, taken) = match generation {
            Generation::Current => {
                let taken = self
                    .store
                    .find_group(&current)
                    .or_else(|| self.store.find_group(&legacy));
                (current, taken)
            }
            // The digit suffix came later.
            Generation::Legacy2023 => {
                let taken = self.store.find_group(&legacy);
                (legacy, taken)
            }
        };
        let members = self.account_members(group.member_ids());
        let Some(number) = taken else {
            validate(&id).map_err(Failure)?;
            let number = self.store.issue();
            self.store.insert_group(
                number,
                Group {
                    identifier: GroupId::new(id),
                    name: name.to_owned(),
                    external_id: None,
                    externally_managed: true,
                    harness_managed: false,
                    members,
                },
            );
            return Ok(number);
        };
        let existing = self.store.group(number);
        match generation {
            Generation::Legacy2023 => {
                return Err(Failure(format!(
                    "Try using different user group identifier, [{id}] cannot be used"
                )));
            }
            Generation::Current if existing.harness_managed => {
                return Err(Failure(format!(
                    "User group [{id}] is managed by Harness and cannot be used"
                )));
            }
            Generation::Current => {}
        }
        // A SCIM group comes back as it is, members and name of the request ignored; a
        // manual one is taken over: its members replaced, its name kept (R26).
        if !existing.externally_managed {
            if self.would_lose_last_admin(existing, &members) {
                return Err(Failure::new(LAST_ADMIN));
            }
            self.store.edit_group(number, |existing| {
                existing.externally_managed = true;
                existing.members = members;
            });
        }
        Ok(number)
    }

    /// Who of these ids is a member of the account; standalone people are.
    fn account_members<'a>(&self, ids: impl IntoIterator<Item = &'a str>) -> BTreeSet<Number> {
        ids.into_iter()
            .filter_map(|id| self.store.find_user(id))
            .filter(|&number| self.store.user(number).ng_member)
            .collect()
    }

    fn find_managed(&self, id: &str) -> Option<Number> {
        self.store
            .find_group(id)
            .filter(|&number| self.store.group(number).externally_managed)
    }

    pub(super) fn put_group(
        &mut self,
        caller: &Caller,
        id: &str,
        body: &[u8],
    ) -> Result<Answer, Refusal> {
        let sent = GroupIn::read(body)?;
        self.require(caller, Permission::UserGroupManage)?;
        let number = self.find_managed(id).ok_or(Refusal::Empty(404))?;
        let name = sent.display_name.clone().unwrap_or_default();
        if name.trim().is_empty() {
            return Err(Refusal::scim(412, "name: cannot be null or empty"));
        }
        // Absent members empty the group.
        let members = self.account_members(sent.member_ids());
        if self.would_lose_last_admin(self.store.group(number), &members) {
            return Err(Refusal::scim(412, LAST_ADMIN));
        }
        self.store.edit_group(number, |group| {
            group.name = name;
            group.members = members;
        });
        Answer::json(200, &echo(&sent))
    }

    pub(super) fn patch_group(
        &mut self,
        caller: &Caller,
        id: &str,
        body: &[u8],
    ) -> Result<Answer, Refusal> {
        let operations = operations(body)?;
        self.require(caller, Permission::UserGroupManage)?;
        let number = self.find_managed(id).ok_or(Refusal::Empty(404))?;
        let group = self.store.group(number);
        let mut name = group.name.clone();
        let mut members = group.members.clone();
        // All operations are read before anything is stored, so a 400 leaves no trace.
        for operation in &operations {
            match GroupWish::of(operation, self.settings.generation)? {
                GroupWish::Nothing => {}
                GroupWish::Rename(new) => name = new,
                GroupWish::Add(ids) => {
                    members.extend(self.account_members(ids.iter().map(String::as_str)));
                }
                GroupWish::Remove(ids) => {
                    for number in ids.iter().filter_map(|id| self.store.find_user(id)) {
                        members.remove(&number);
                    }
                }
                GroupWish::Replace(ids) => {
                    members = self.account_members(ids.iter().map(String::as_str));
                }
            }
        }
        if self.would_lose_last_admin(group, &members) {
            return Err(Refusal::invalid_request(LAST_ADMIN));
        }
        self.store.edit_group(number, |group| {
            group.name = name;
            group.members = members;
        });
        Ok(Answer::Empty(204))
    }

    pub(super) fn delete_group(&mut self, caller: &Caller, id: &str) -> Result<Answer, Refusal> {
        self.require(caller, Permission::UserGroupManage)?;
        let found = self.store.find_group(id);
        if found.is_some_and(|number| self.store.group(number).harness_managed) {
            return Err(Refusal::invalid_request(
                "User groups managed by Harness cannot be deleted",
            ));
        }
        // A missing group throws an "unauthorized" exception, whose words are those of a bad
        // token.
        let number = self.find_managed(id).ok_or_else(Refusal::invalid_token)?;
        match self.settings.behavior {
            SandboxBehavior::Documented => Err(Refusal::invalid_request(
                "Cannot Delete Group Imported From SCIM",
            )),
            SandboxBehavior::Source => {
                let group = self.store.group(number);
                if self.would_lose_last_admin(group, &BTreeSet::new()) {
                    return Err(Refusal::invalid_request(LAST_ADMIN));
                }
                self.drop_group(number);
                Ok(Answer::Empty(204))
            }
        }
    }

    /// Removes a group; its role bindings are cleaned up later.
    pub(super) fn drop_group(&mut self, number: Number) -> Option<Group> {
        let group = self.store.remove_group(number)?;
        self.schedule(Purged::Group(group.identifier.clone()));
        Some(group)
    }
}

/// PUT answers with what was sent, unknown members included: no proof of anything.
fn echo(sent: &GroupIn) -> Value {
    let GroupIn {
        schemas,
        id,
        display_name,
        members,
    } = sent;
    let mut body = Map::new();
    let schemas = schemas.clone().unwrap_or_else(|| json!([GROUP_SCHEMA]));
    body.insert("schemas".to_owned(), schemas);
    body.insert("id".to_owned(), json!(id));
    body.insert("displayName".to_owned(), json!(display_name));
    if let Some(members) = members {
        let members = members.iter().map(|member| {
            let mut echoed = Map::new();
            for (key, text) in [
                ("value", &member.value),
                ("ref", &member.reference),
                ("display", &member.display),
            ] {
                if let Some(text) = text {
                    echoed.insert(key.to_owned(), json!(text));
                }
            }
            Value::Object(echoed)
        });
        body.insert("members".to_owned(), members.collect());
    }
    Value::Object(body)
}
