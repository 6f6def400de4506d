//! What moved since a saved plan was made: looked at once more before any of it is carried out.
//!
//! The manifest is the one the plan was made from; the live state was read just now. What a plan
//! made now would refuse is not done on the word of an older one (design §5).
//!
//! **Invariants.** Pure, as the planner is. An item is only ever stopped here, never made another
//! one. What is already so does not count against a rail a second time.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::guard;
use super::identity::{Match, Matched, match_users};
use super::item::{Action, Change, Direction, Memberships, Person, Taken};
use super::planner::{Context, Draft, PlanInput};
use super::{Plan, Refusal};
use crate::desired::UserIndex;
use crate::ids::{ExternalId, GroupId, ItemId, PersonKey, UserId, fold};
use crate::live::{LiveState, LiveUser};

/// What an account was known by when a plan was made, besides its e-mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeenAccount {
    /// The provider's id.
    pub id: UserId,
    /// The login, where it is not the e-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// Its `externalId`, if it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
}

/// Why items of a saved plan are not carried out any more, each in a sentence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moved {
    /// By item.
    items: BTreeMap<ItemId, String>,
    /// By account: it is another person's now, or may be.
    accounts: HashMap<UserId, String>,
}

impl Moved {
    /// Why an item is not carried out at all.
    pub fn item(&self, action: &Action) -> Option<&str> {
        let stopped = self.items.get(&action.id);
        let written_to = || self.account(action.change.person()?.id.as_ref()?);
        stopped.map(String::as_str).or_else(written_to)
    }

    /// Why nothing is done with an account.
    pub fn account(&self, id: &UserId) -> Option<&str> {
        self.accounts.get(id).map(String::as_str)
    }
}

/// What the accounts are known by that these items write to, or put into groups or take out.
pub(super) fn seen(live: &LiveState, actions: &[Action]) -> Vec<SeenAccount> {
    let ids: BTreeSet<&UserId> = actions
        .iter()
        .flat_map(people)
        .filter_map(|person| person.id.as_ref())
        .collect();
    // Those made by hand are not listed; whoever takes them over looks for themselves.
    ids.into_iter()
        .filter_map(|id| live.users.with_id(id.as_str()))
        .map(|user| SeenAccount {
            id: user.id.clone(),
            user_name: (*user.user_name != *user.email.as_str())
                .then(|| user.user_name.to_string()),
            external_id: user.external_id.clone(),
        })
        .collect()
}

/// What of a saved plan is not to be carried out at what is live now.
pub fn moved(input: PlanInput<'_>, saved: &Plan) -> Moved {
    let context = Context { input };
    let mut moved = Moved {
        items: BTreeMap::new(),
        accounts: accounts(input.live, saved),
    };
    let held = match &saved.undo {
        None => creations(&context, saved),
        // Whom it makes again the manifest may not know; each create looks for itself.
        Some(_) => BTreeMap::new(),
    };
    let mut draft = Draft {
        actions: still_open(input.live, saved, &moved, &held),
        manual_steps: saved.manual_steps.clone(),
        ..Draft::default()
    };
    for action in &saved.actions {
        if let Change::CreateUser { key, .. } = &action.change
            && let Some(why) = held.get(key)
        {
            moved.items.insert(action.id.clone(), why.clone());
        }
    }
    guard::again(&context, &mut draft);
    for refusal in &draft.refusals {
        for action in &refusal.blocked {
            let item = moved.items.entry(action.id.clone());
            item.or_insert_with(|| said(refusal));
        }
    }
    moved
}

fn said(refusal: &Refusal) -> String {
    format!("{} ({})", refusal.message, refusal.code.as_str())
}

/// Everybody with or without an account whom an item is about.
fn people(action: &Action) -> impl Iterator<Item = &Person> {
    let memberships = action.change.memberships();
    let members = memberships.map_or(&[][..], |memberships| memberships.members);
    let members = members.iter().map(|member| &member.person);
    action.change.person().into_iter().chain(members)
}

/// The accounts that are not what the plan saw.
fn accounts(live: &LiveState, saved: &Plan) -> HashMap<UserId, String> {
    let seen: HashMap<&UserId, &SeenAccount> = saved
        .accounts
        .iter()
        .map(|account| (&account.id, account))
        .collect();
    let mut looked_at: HashSet<&UserId> = HashSet::new();
    let mut moved = HashMap::new();
    for person in saved.actions.iter().flat_map(people) {
        let Some(id) = person.id.as_ref().filter(|id| looked_at.insert(id)) else {
            continue;
        };
        // Whoever is gone is found to be so by the item itself, which may be what it wanted.
        if let Some(now) = live.users.with_id(id.as_str())
            && let Some(why) = difference(person, seen.get(id).copied(), now)
        {
            moved.insert(id.clone(), why);
        }
    }
    moved
}

/// Before and now, if an account is known by something else.
fn difference(person: &Person, seen: Option<&SeenAccount>, now: &LiveUser) -> Option<String> {
    let id = &now.id;
    if now.email.folded() != person.email.folded() {
        return Some(format!(
            "the account {id} was `{}` when the plan was made and is `{}` now",
            person.email, now.email
        ));
    }
    // Plans of earlier versions do not tell.
    let SeenAccount {
        id: _,
        user_name,
        external_id,
    } = seen?;
    let login = user_name.as_deref().unwrap_or(person.email.as_str());
    if fold(login) != fold(&now.user_name) {
        return Some(format!(
            "the account {id} of `{}` had the login `{login}` when the plan was made and has `{}` now",
            person.label(),
            now.user_name
        ));
    }
    let is_theirs = |external_id: &ExternalId| {
        let key = person.key.as_ref().map(ExternalId::for_person);
        key.as_ref() == Some(external_id)
    };
    match (external_id, &now.external_id) {
        (then, now) if then == now => None,
        (None, Some(now)) if is_theirs(now) => None,
        (then, now) => Some(format!(
            "the account {id} of `{}` had {} when the plan was made and has {} now",
            person.label(),
            told(then.as_ref()),
            told(now.as_ref())
        )),
    }
}

fn told(external_id: Option<&ExternalId>) -> String {
    match external_id {
        Some(external_id) => format!("the externalId `{external_id}`"),
        None => "no externalId".to_owned(),
    }
}

/// The people whose account must not be made, or taken over, as they are found now.
fn creations(context: &Context<'_>, saved: &Plan) -> BTreeMap<PersonKey, String> {
    let PlanInput { desired, live, .. } = context.input;
    let mut created = saved
        .actions
        .iter()
        .filter_map(|action| {
            let Change::CreateUser { key, user, .. } = &action.change else {
                return None;
            };
            Some((key, user))
        })
        .peekable();
    let mut held = BTreeMap::new();
    if created.peek().is_none() {
        return held;
    }
    let Matched { matches, refusals } = match_users(context);
    for (key, user) in created {
        let declared = desired.users.binary_search_by(|user| user.key.cmp(key));
        let Some(at) = declared.ok().and_then(|at| u32::try_from(at).ok()) else {
            continue;
        };
        // In full: a key may be the beginning of another one.
        let of_them = ["match", "email"].map(|what| ItemId::new(format!("user:{key}:{what}")));
        let refused = || refusals.iter().find(|it| of_them.contains(&it.id));
        let found = matches.of(UserIndex(at));
        let why = match found {
            Match::Nobody => None,
            // Found by its login, it is taken for theirs; the create would not see it otherwise.
            Match::Live(there) if fold(&live.user(there).user_name) == fold(&user.user_name) => {
                None
            }
            Match::Live(there) | Match::Frozen(there) => Some(match refused() {
                Some(refusal) => said(refusal),
                None => format!(
                    "`{key}` has an account now, `{}` (id {})",
                    live.user(there).user_name,
                    live.user(there).id
                ),
            }),
            Match::Held => Some(refused().map_or_else(
                || format!("it cannot be told any more which account is that of `{key}`"),
                said,
            )),
        };
        held.extend(why.map(|why| (key.clone(), why)));
    }
    held
}

/// The items that would still write something, for those who are who they were.
fn still_open(
    live: &LiveState,
    saved: &Plan,
    moved: &Moved,
    held: &BTreeMap<PersonKey, String>,
) -> Vec<Action> {
    let touched: HashSet<&GroupId> = saved
        .actions
        .iter()
        .filter_map(|action| action.change.group_id())
        .collect();
    let members: HashMap<&GroupId, HashSet<&UserId>> = live
        .groups
        .iter()
        .filter(|group| touched.contains(&group.id))
        .map(|group| {
            let members = group.members.iter().map(|at| &live.user(*at).id);
            (&group.id, members.collect())
        })
        .collect();
    let is_there = |person: &Person| match &person.id {
        Some(id) => live.users.position(id.as_str()).is_some() && moved.account(id).is_none(),
        None => true,
    };
    let is_open = |group: Option<&HashSet<&UserId>>, direction, person: &Person| {
        let is_member = |id| group.is_some_and(|members| members.contains(id));
        match (&person.id, &person.key) {
            (Some(id), _) => {
                moved.account(id).is_none() && is_member(id) == (direction == Direction::Out)
            }
            (None, Some(key)) => !held.contains_key(key),
            (None, None) => true,
        }
    };
    let mut open = Vec::with_capacity(saved.actions.len());
    for action in &saved.actions {
        if let Some(memberships) = action.change.memberships() {
            let Memberships {
                group, direction, ..
            } = memberships;
            let there = group.id.as_ref().and_then(|id| members.get(id));
            let left = memberships.members.iter();
            let left: Vec<_> = left
                .filter(|member| is_open(there, direction, &member.person))
                .cloned()
                .collect();
            if !left.is_empty() {
                open.push(Action {
                    change: memberships.of(left),
                    ..action.clone()
                });
            }
            continue;
        }
        let is_left = match action.change.taken() {
            Taken::Account(person) | Taken::UseOf(person) => is_there(person),
            Taken::Group(id) => members.contains_key(id),
            Taken::Nothing | Taken::Members { .. } | Taken::Binding { .. } => true,
        };
        if is_left {
            open.push(action.clone());
        }
    }
    open
}
