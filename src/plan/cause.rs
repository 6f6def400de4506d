//! This change, or there already: the plan held against the plan of the base revision.
//!
//! An item is drift if the manifest at the base, planned against the same live state, gives
//! the same change. Places, reasons and roles are not compared: a line that moved changes
//! nothing. Memberships are compared one by one, and a batch that holds both kinds is split,
//! so that nobody's drift hides in somebody else's change.

use std::collections::{HashMap, HashSet};

use super::Plan;
use super::item::{
    Action, Cause, Change, Consequence, GroupRef, ItemId, MemberChange, Person, Phase, Refusal,
};

/// Tells the cause of every item.
pub(super) fn tell(plan: &mut Plan, before: &Plan) {
    let done = Differences::of(before.actions.iter());
    let blocked = before.refusals.iter().flat_map(|refusal| &refusal.blocked);
    let any = Differences::of(before.actions.iter().chain(blocked));
    split(plan, &done);
    for action in &mut plan.actions {
        action.cause = Some(done.cause(action));
    }
    let refused: HashSet<(&ItemId, &str)> = before
        .refusals
        .iter()
        .map(|refusal| (&refusal.id, refusal.message.as_str()))
        .collect();
    for refusal in &mut plan.refusals {
        for action in &mut refusal.blocked {
            action.cause = Some(any.cause(action));
        }
        // The message names both e-mails, all candidates, the numbers of a limit: equal
        // messages refuse the same.
        let known = refused.contains(&(&refusal.id, refusal.message.as_str()));
        let drift = known && refusal.blocked.iter().all(is_drift);
        refusal.cause = Some(if drift {
            Cause::Drift
        } else {
            Cause::ThisChange
        });
    }
    let steps: HashSet<_> = before
        .manual_steps
        .iter()
        .map(|step| (step.code, &step.group.name, &step.group.id))
        .collect();
    for step in &mut plan.manual_steps {
        let same = steps.contains(&(step.code, &step.group.name, &step.group.id));
        step.cause = Some(if same {
            Cause::Drift
        } else {
            Cause::ThisChange
        });
    }
    plan.summary.drift = Some(count(plan));
}

fn is_drift(action: &Action) -> bool {
    action.cause == Some(Cause::Drift)
}

fn count(plan: &Plan) -> usize {
    let Plan {
        actions,
        refusals,
        manual_steps,
        ..
    } = plan;
    let refused = |refusal: &&Refusal| refusal.cause == Some(Cause::Drift);
    actions.iter().filter(|action| is_drift(action)).count()
        + refusals.iter().filter(refused).count()
        + manual_steps
            .iter()
            .filter(|step| step.cause == Some(Cause::Drift))
            .count()
}

/// What a plan does, without why and where.
struct Differences {
    changes: HashSet<String>,
    memberships: HashSet<(Phase, String, String)>,
}

impl Differences {
    fn of<'a>(actions: impl Iterator<Item = &'a Action>) -> Self {
        let mut differences = Self {
            changes: HashSet::new(),
            memberships: HashSet::new(),
        };
        for action in actions {
            match action.change.memberships() {
                Some(memberships) => {
                    let (phase, group) = (action.change.phase(), group(memberships.group));
                    let members = memberships.members.iter();
                    let known =
                        members.map(|member| (phase, group.clone(), person(&member.person)));
                    differences.memberships.extend(known);
                }
                None => {
                    differences.changes.insert(same(&action.change));
                }
            }
        }
        differences
    }

    fn has(&self, phase: Phase, group: &str, member: &MemberChange) -> bool {
        let key = (phase, group.to_owned(), person(&member.person));
        self.memberships.contains(&key)
    }

    fn cause(&self, action: &Action) -> Cause {
        let known = match action.change.memberships() {
            Some(memberships) => {
                let (phase, group) = (action.change.phase(), group(memberships.group));
                let mut members = memberships.members.iter();
                members.all(|member| self.has(phase, &group, member))
            }
            None => self.changes.contains(&same(&action.change)),
        };
        if known {
            Cause::Drift
        } else {
            Cause::ThisChange
        }
    }
}

/// A person whatever their key is called: by id where live, else by e-mail.
fn person(person: &Person) -> String {
    match &person.id {
        Some(id) => format!("#{id}"),
        None => person.email.folded().to_owned(),
    }
}

/// A group whatever it is called now: by id where live, else by name.
fn group(group: &GroupRef) -> String {
    match &group.id {
        Some(id) => format!("#{id}"),
        None => group.name.to_string(),
    }
}

/// Equal for equal changes. Memberships are compared apart.
fn same(change: &Change) -> String {
    match change {
        Change::CreateUser {
            key,
            user,
            external_id: _,
        } => format!("create {key} {user:?}"),
        Change::AdoptUser {
            person: one,
            user,
            external_id: _,
        } => format!("adopt {} {user:?}", person(one)),
        Change::AdoptGroup {
            id,
            name,
            called: _,
            members: _,
        } => format!("adopt-group {id} {name}"),
        Change::CreateBinding { group, binding } => format!("bind {} {binding}", group.name),
        Change::DeleteBinding {
            group: _,
            id,
            binding: _,
        } => format!("unbind {id}"),
        Change::ReactivateUser { person: one } => format!("reactivate {}", person(one)),
        Change::UpdateUser {
            person: one,
            changes,
            becomes: _,
        } => format!("update {} {changes:?}", person(one)),
        Change::CreateGroup {
            name,
            expected_id: _,
        } => format!("group {name}"),
        Change::RenameGroup {
            id,
            before: _,
            after,
        } => format!("rename {id} {after}"),
        Change::DeactivateUser { person: one } => format!("deactivate {}", person(one)),
        Change::DeleteUser { person: one } => format!("delete {}", person(one)),
        Change::DeleteGroup { id, name: _ } => format!("delete-group {id}"),
        Change::AddMembers { group, .. } => format!("add {}", group.name),
        Change::RemoveMembers { group, .. } => format!("remove {}", group.name),
    }
}

/// Splits batches that hold this change and drift; the drift follows as an item of its own.
fn split(plan: &mut Plan, done: &Differences) {
    let mut parts: HashMap<ItemId, ItemId> = HashMap::new();
    let mut actions = Vec::with_capacity(plan.actions.len());
    for mut action in std::mem::take(&mut plan.actions) {
        let drift = take_drift(&mut action, done);
        let id = action.id.clone();
        actions.push(action);
        if let Some(drift) = drift {
            parts.insert(id, drift.id.clone());
            actions.push(drift);
        }
    }
    plan.actions = actions;
    // Whoever waited for the whole batch waits for both parts.
    for action in &mut plan.actions {
        let more: Vec<ItemId> = action
            .depends_on
            .iter()
            .filter_map(|whole| parts.get(whole))
            .cloned()
            .collect();
        action.depends_on.extend(more);
    }
}

fn take_drift(action: &mut Action, done: &Differences) -> Option<Action> {
    let phase = action.change.phase();
    let memberships = action.change.memberships()?;
    let group = group(memberships.group);
    let (drift, rest): (Vec<MemberChange>, Vec<MemberChange>) = memberships
        .members
        .iter()
        .cloned()
        .partition(|member| done.has(phase, &group, member));
    if drift.is_empty() || rest.is_empty() {
        return None;
    }
    let people: HashSet<String> = drift.iter().map(|member| person(&member.person)).collect();
    let (drift, rest) = (memberships.of(drift), memberships.of(rest));
    let of_drift = |consequence: &Consequence| {
        let Consequence::LeftWithoutGroups { person: one } = consequence else {
            return false;
        };
        people.contains(&person(one))
    };
    let (theirs, ours): (Vec<Consequence>, Vec<Consequence>) =
        action.consequences.drain(..).partition(of_drift);
    action.consequences = ours;
    let part = Action {
        id: ItemId::new(format!("{}:drift", action.id)),
        consequences: theirs,
        change: drift,
        ..action.clone()
    };
    action.change = rest;
    Some(part)
}
