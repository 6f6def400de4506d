//! What past runs wrote and read back, as their reports tell: in the order of the runs.
//!
//! Only what is told as done counts: an item that failed, moved or was already so has written
//! nothing that was read back.

use std::collections::BTreeMap;

use super::outcome::Status;
use super::report::{Event, Line};
use crate::ids::{GroupId, GroupName, UserId};
use crate::plan::written::{Presence, Slot, Written};
use crate::plan::{Attribute, Change, GroupRef, TargetInfo};

/// Adds what one report's run wrote, which is later than everything added before; nothing if
/// its run was at another target.
pub fn add(written: &mut Written, lines: &[Line], target: &TargetInfo) {
    let began = lines.first().and_then(|line| match &line.event {
        Event::Begin { target: of, .. } if of.same_place(target) => Some(line.at.as_str()),
        Event::Begin { .. }
        | Event::Request { .. }
        | Event::Answer { .. }
        | Event::Item { .. }
        | Event::End { .. } => None,
    });
    let Some(at) = began else {
        return;
    };
    // A group that the run made itself has no id in the items that fill it.
    let mut made: BTreeMap<GroupName, GroupId> = BTreeMap::new();
    for line in lines {
        let Event::Item {
            change,
            outcome,
            user_id,
            group_id,
            members,
            ..
        } = &line.event
        else {
            continue;
        };
        if let (Change::CreateGroup { name, .. }, Some(id)) = (change, group_id) {
            made.insert(name.clone(), id.clone());
        }
        if outcome != Status::Done.word() {
            continue;
        }
        let id_of = |group: &GroupRef| group.id.clone().or_else(|| made.get(&group.name).cloned());
        note(written, change, user_id.as_ref(), members, at, id_of);
    }
}

fn note(
    written: &mut Written,
    change: &Change,
    user_id: Option<&UserId>,
    members: &[UserId],
    at: &str,
    id_of: impl Fn(&GroupRef) -> Option<GroupId>,
) {
    let (there, gone) = (Presence::There.as_str(), Presence::Gone.as_str());
    match change {
        Change::CreateUser {
            user, external_id, ..
        } => {
            let account = Slot::Account(user.email.folded().to_owned());
            written.note(account, there, at);
            let Some(id) = user_id else {
                return;
            };
            if let Some(external) = external_id {
                written.note(Slot::ExternalId(id.clone()), external.as_str(), at);
            }
            for (attribute, name) in [
                (Attribute::GivenName, &user.given_name),
                (Attribute::FamilyName, &user.family_name),
                (Attribute::DisplayName, &user.display_name),
            ] {
                written.note(Slot::Name(id.clone(), attribute), name, at);
            }
            for (extra, value) in user.attributes.iter() {
                let slot = Slot::Name(id.clone(), Attribute::Extra(extra));
                written.note(slot, value, at);
            }
        }
        Change::UpdateUser {
            person, changes, ..
        } => {
            for change in person
                .id
                .iter()
                .flat_map(|id| changes.iter().map(move |it| (id, it)))
            {
                let (id, change) = change;
                written.note(Slot::Name(id.clone(), change.attribute), &change.after, at);
            }
        }
        Change::AddMembers { group, .. } => {
            noted_members(written, id_of(group), members, there, at)
        }
        Change::RemoveMembers { group, .. } => {
            noted_members(written, id_of(group), members, gone, at);
        }
        Change::DeactivateUser { person } | Change::DeleteUser { person } => {
            if let Some(id) = &person.id {
                written.forget_user(id);
            }
            written.note(Slot::Account(person.email.folded().to_owned()), gone, at);
        }
        Change::CreateGroup { name, .. } => {
            written.note(Slot::Group(name.to_string()), there, at);
        }
        Change::RenameGroup { id, before, after } => {
            written.note(Slot::GroupName(id.clone()), after.as_str(), at);
            written.note(Slot::Group(before.to_string()), gone, at);
            written.note(Slot::Group(after.to_string()), there, at);
        }
        Change::DeleteGroup { id, name } => {
            written.forget_group(id);
            written.note(Slot::Group(name.to_string()), gone, at);
        }
        Change::AdoptUser { .. }
        | Change::AdoptGroup { .. }
        | Change::ReactivateUser { .. }
        | Change::CreateBinding { .. }
        | Change::DeleteBinding { .. } => {}
    }
}

fn noted_members(
    written: &mut Written,
    group: Option<GroupId>,
    members: &[UserId],
    is: &str,
    at: &str,
) {
    for group in group.iter() {
        for user in members {
            written.note(Slot::Member(group.clone(), user.clone()), is, at);
        }
    }
}
