//! Nobody is removed and made again in one go.
//!
//! Where a plan would remove an account and create one for somebody of the very same name,
//! both are taken out and refused together, whatever the removal was for: a tombstone, the
//! base revision, our `externalId`, the policy. What goes with an account (its sessions,
//! tokens, role bindings) does not come back with the next one.

use std::collections::HashMap;

use super::identity::Matches;
use super::item::{Action, Change, ItemId, Person, Refusal, RefusalCode};
use super::planner::{Context, Draft};
use crate::desired::DesiredUser;
use crate::desired::UserIndex;
use crate::desired::human::Traits;
use crate::ids::fold;
use crate::live::LiveIndex;

/// Takes out every creation and removal that are plainly of one human.
pub(super) fn hold(context: &Context<'_>, matches: &mut Matches, draft: &mut Draft) {
    let mut created: HashMap<String, (UserIndex, ItemId)> = HashMap::new();
    for action in &draft.actions {
        let Change::CreateUser { key, .. } = &action.change else {
            continue;
        };
        let users = &context.input.desired.users;
        if let Ok(at) = users.binary_search_by(|user| user.key.cmp(key))
            && let Some(name) = name(&users[at])
        {
            let at = UserIndex(u32::try_from(at).expect("people are counted in 32 bits"));
            created.entry(name).or_insert((at, action.id.clone()));
        }
    }
    let removes = |action: &Action| action.removed_person().is_some();
    if created.is_empty() || !draft.actions.iter().any(removes) {
        return;
    }
    let users = &context.input.live.users;
    let mut pairs: Vec<(UserIndex, ItemId, ItemId, LiveIndex)> = Vec::new();
    for action in &draft.actions {
        let Some((person, at)) = action
            .removed_person()
            .and_then(|person| Some((person, users.position(person.id.as_ref()?.as_str())?)))
        else {
            continue;
        };
        let found = names(context, person, at)
            .into_iter()
            .find_map(|name| created.remove(&name));
        if let Some((user, create)) = found {
            pairs.push((user, create, action.id.clone(), at));
        }
    }
    for (user, create, remove, at) in pairs {
        refuse(context, matches, draft, user, [create, remove], at);
    }
}

fn refuse(
    context: &Context<'_>,
    matches: &mut Matches,
    draft: &mut Draft,
    user: UserIndex,
    [create, remove]: [ItemId; 2],
    live: LiveIndex,
) {
    let blocked: Vec<Action> = draft
        .actions
        .extract_if(.., |action| action.id == create || action.id == remove)
        .collect();
    draft.purged.retain(|purged| *purged != live);
    matches.hold(user);
    if let super::identity::Claim::Person(tombstone) = matches.claim(live) {
        matches.hold(tombstone);
    }
    matches.hold_live(live);
    let user = context.input.desired.user(user);
    let email = &context.input.live.user(live).email;
    draft.refusals.push(Refusal {
        id: ItemId::new(format!("user:{}:create", user.key)),
        code: RefusalCode::DeleteAndCreate,
        message: format!(
            "`{email}` is to be removed and `{}` <{}> to be created, but they have the same name, and nobody is removed and made again in one go",
            user.key, user.email
        ),
        help: format!(
            "take `{}` out and apply, so that the account is gone; then add `{}` again. If they are two people, do the same",
            user.key, user.key
        ),
        evidence: blocked
            .iter()
            .flat_map(|action| action.evidence.iter().cloned())
            .collect(),
        blocked,
        cause: None,
    });
}

/// First and last name, if both are declared.
fn name(user: &DesiredUser) -> Option<String> {
    let traits = Traits::new(user, Default::default());
    let (given, family) = traits.full_name()?;
    Some(format!("{given} {family}"))
}

/// Every name somebody who is removed is known by.
fn names(context: &Context<'_>, person: &Person, live: LiveIndex) -> Vec<String> {
    let live = context.input.live.user(live);
    let users = &context.input.desired.users;
    let key = person.key.as_ref();
    let now = key.and_then(|key| {
        let at = users.binary_search_by(|user| user.key.cmp(key)).ok()?;
        Some(&users[at])
    });
    let before = key.and_then(|key| context.input.base?.person(key.as_str()));
    let tidy = |text: &str| fold(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    let parts = match (&live.given_name, &live.family_name) {
        (Some(given), Some(family)) if !given.is_empty() && !family.is_empty() => {
            Some(tidy(&format!("{given} {family}")))
        }
        (_, _) => None,
    };
    [
        now.and_then(name),
        before.and_then(name),
        parts,
        live.display_name.as_deref().map(tidy),
    ]
    .into_iter()
    .flatten()
    .collect()
}
