//! Other clients that write to the same account.
//!
//! Two signs: a plan would write again what a run wrote and read back (the value flipped
//! back, and the manifest is not why), and accounts carry an `externalId` that is not ours.
//! Neither blocks anything; both name whom to ask, as far as the shape of ids tells it.

use std::collections::BTreeSet;

use super::item::{Change, GroupRef, MemberChange, Memberships, Notice, NoticeCode, Person};
use super::planner::{Context, Draft};
use super::written::{Presence, Slot, Wrote};
use crate::ids::{ExternalId, UserId, same_folded};
use crate::live::{LiveState, LiveUser};
use crate::manifest::words::count;
use crate::profile::clients::{self, KnownClient};

/// How many values a notice names.
const NAMED: usize = 5;

/// Accounts that another client made.
#[derive(Debug, Clone)]
pub struct Foreign {
    /// Which, if its ids tell.
    pub client: Option<&'static KnownClient>,
    /// How many accounts.
    pub accounts: usize,
}

impl Foreign {
    /// `3 accounts carry the externalId of OneLogin (a number)`.
    pub fn told(&self) -> String {
        let accounts = match self.accounts {
            1 => "1 account carries".to_owned(),
            many => format!("{many} accounts carry"),
        };
        match self.client {
            Some(client) => format!(
                "{accounts} an externalId as {} gives it ({})",
                client.title, client.shape
            ),
            None => format!("{accounts} an externalId of another client"),
        }
    }

    /// Where the client is switched off.
    pub fn switch_off(&self) -> String {
        match self.client {
            Some(client) => format!("at {}: {}", client.title, client.switch_off),
            None => "at the client that made them".to_owned(),
        }
    }
}

/// The accounts with an `externalId` that is not ours, by whose it looks, most accounts first.
pub fn foreign(live: &LiveState) -> Vec<Foreign> {
    count_by_client(live.users.iter())
}

fn count_by_client<'a>(users: impl Iterator<Item = &'a LiveUser>) -> Vec<Foreign> {
    let title = |client: Option<&KnownClient>| client.map(|it| it.title);
    // Few clients are known, many accounts are looked at.
    let mut found: Vec<Foreign> = Vec::new();
    for external in users.filter_map(foreign_id) {
        let client = clients::of(external.as_str());
        match found
            .iter_mut()
            .find(|it| title(it.client) == title(client))
        {
            Some(known) => known.accounts += 1,
            None => found.push(Foreign {
                client,
                accounts: 1,
            }),
        }
    }
    // Of as many, a known one first.
    found.sort_by_key(|it| {
        let accounts = std::cmp::Reverse(it.accounts);
        (accounts, it.client.is_none(), title(it.client))
    });
    found
}

/// What another client left on an account. The login itself tells of nobody: some providers
/// want it there, and we send it then.
fn foreign_id(user: &LiveUser) -> Option<&ExternalId> {
    let external = user.external_id.as_ref();
    // Ours first: that is nearly everybody, and costs nothing to see.
    let external = external.filter(|id| id.person_key_text().is_none());
    external.filter(|id| {
        let is = |text: &str| same_folded(id.as_str(), text);
        let logs_in_by_email = || user.email.is_written(&user.user_name);
        !is(user.email.as_str()) && (logs_in_by_email() || !is(&user.user_name))
    })
}

/// Something a run wrote that this plan would write again.
struct Again {
    what: String,
    runs: usize,
    day: String,
    users: Vec<UserId>,
}

/// Says who else writes, if anybody seems to.
pub(super) fn flag(context: &Context<'_>, draft: &mut Draft) {
    let again = again(context, draft);
    let live = context.input.live;
    let by_id = |id: &UserId| live.users.with_id(id.as_str());
    if !again.is_empty() {
        let involved: BTreeSet<&UserId> = again.iter().flat_map(|it| &it.users).collect();
        let mut suspects = count_by_client(involved.into_iter().filter_map(by_id));
        if suspects.is_empty() {
            suspects = foreign(live);
        }
        draft.notices.push(Notice {
            code: NoticeCode::AnotherClientWrites,
            message: flipped(&again, suspects.first()),
            evidence: Vec::new(),
        });
        return;
    }
    let is_ours = |user: &LiveUser| {
        let external = user.external_id.as_ref();
        external.is_some_and(|id| id.person_key_text().is_some())
    };
    let touched: BTreeSet<&UserId> = draft
        .actions
        .iter()
        .flat_map(|it| users(&it.change))
        .collect();
    let touches = touched
        .into_iter()
        .filter_map(by_id)
        .any(|it| foreign_id(it).is_some());
    // Once we have made accounts ourselves, those another client left are its past, until a
    // plan meets one of them.
    if !touches && live.users.iter().any(is_ours) {
        return;
    }
    let found = foreign(live);
    if found.is_empty() {
        return;
    }
    let told: Vec<String> = found.iter().map(Foreign::told).collect();
    let off: Vec<String> = found.iter().map(Foreign::switch_off).collect();
    draft.notices.push(Notice {
        code: NoticeCode::ForeignAccounts,
        message: format!(
            "{}: a client that still provisions undoes what this one does; switch it off first \
             ({})",
            told.join(", "),
            off.join("; ")
        ),
        evidence: Vec::new(),
    });
}

fn flipped(again: &[Again], suspect: Option<&Foreign>) -> String {
    let mut named: Vec<String> = again
        .iter()
        .take(NAMED)
        .map(|it| match it.runs {
            1 => format!("{} (written {})", it.what, it.day),
            runs => format!("{} (written by {runs} runs, last {})", it.what, it.day),
        })
        .collect();
    if again.len() > NAMED {
        named.push(count(again.len() - NAMED, "more", "more"));
    }
    let values = match again.len() {
        1 => "a value that a run wrote and read back is".to_owned(),
        many => format!("{many} values that runs wrote and read back are"),
    };
    let whom = match suspect {
        Some(foreign) => match foreign.client {
            Some(client) => format!(
                "most likely {}, by the externalId on the accounts ({}); switch it off there: {}",
                client.title, client.shape, client.switch_off
            ),
            None => {
                "accounts carry an externalId that is not ours; switch that client off".to_owned()
            }
        },
        None => "no externalId tells which".to_owned(),
    };
    format!(
        "{values} different again, though the manifest still says so: {}. Unless somebody changed \
         that by hand, another client still writes here: {whom}",
        named.join(", ")
    )
}

/// Whose accounts an action writes to.
fn users(change: &Change) -> impl Iterator<Item = &UserId> {
    let account = change.person().and_then(|person| person.id.as_ref());
    let members = change.memberships().into_iter();
    account
        .into_iter()
        .chain(members.flat_map(Memberships::ids))
}

/// What this plan would write again.
fn again(context: &Context<'_>, draft: &Draft) -> Vec<Again> {
    let written = context.input.written;
    if written.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut look = |slot: Slot, value: &str, what: String, user: Option<&UserId>| {
        if let Some(wrote) = written.wrote(&slot, value) {
            found.push(of(wrote, what, user));
        }
    };
    let in_group = |person: &Person, group: &GroupRef, word: &str| {
        format!("`{}` {word} group `{}`", person.label(), group.name)
    };
    for action in &draft.actions {
        match &action.change {
            Change::UpdateUser {
                person, changes, ..
            } => {
                let Some(id) = &person.id else { continue };
                for change in changes {
                    let what = format!("the {} of `{}`", change.attribute.path(), person.label());
                    let slot = Slot::Name(id.clone(), change.attribute);
                    look(slot, &change.after, what, Some(id));
                }
            }
            Change::AddMembers { group, members } => {
                for (slot, member) in slots(group, members) {
                    let what = in_group(&member.person, group, "in");
                    look(
                        slot,
                        Presence::There.as_str(),
                        what,
                        member.person.id.as_ref(),
                    );
                }
            }
            Change::RemoveMembers { group, members } => {
                for (slot, member) in slots(group, members) {
                    let what = in_group(&member.person, group, "not in");
                    look(
                        slot,
                        Presence::Gone.as_str(),
                        what,
                        member.person.id.as_ref(),
                    );
                }
            }
            Change::CreateUser { user, key, .. } => {
                let slot = Slot::Account(user.email.folded().to_owned());
                let what = format!("the account of `{key}`");
                look(slot, Presence::There.as_str(), what, None);
            }
            Change::DeactivateUser { person } | Change::DeleteUser { person } => {
                let slot = Slot::Account(person.email.folded().to_owned());
                let what = format!("no account of `{}`", person.label());
                look(slot, Presence::Gone.as_str(), what, person.id.as_ref());
            }
            Change::CreateGroup { name, .. } => {
                let slot = Slot::Group(name.to_string());
                look(
                    slot,
                    Presence::There.as_str(),
                    format!("the group `{name}`"),
                    None,
                );
            }
            Change::DeleteGroup { name, .. } => {
                let slot = Slot::Group(name.to_string());
                look(
                    slot,
                    Presence::Gone.as_str(),
                    format!("no group `{name}`"),
                    None,
                );
            }
            Change::RenameGroup { id, after, .. } => {
                let slot = Slot::GroupName(id.clone());
                look(
                    slot,
                    after.as_str(),
                    format!("the name of group `{after}`"),
                    None,
                );
            }
            Change::AdoptUser { .. }
            | Change::AdoptGroup { .. }
            | Change::ReactivateUser { .. }
            | Change::CreateBinding { .. }
            | Change::DeleteBinding { .. } => {}
        }
    }
    // No plan writes an `externalId` again, but somebody else may have.
    let live = context.input.live;
    for (id, wrote) in written.left() {
        let Some(user) = live.users.with_id(id.as_str()) else {
            continue;
        };
        if foreign_id(user).is_some() {
            let what = format!("the externalId of `{}`", user.email);
            found.push(of(wrote, what, Some(id)));
        }
    }
    found.sort_by(|a, b| {
        (std::cmp::Reverse(a.runs), &a.what).cmp(&(std::cmp::Reverse(b.runs), &b.what))
    });
    found
}

/// Each member of a live group with the slot of the membership.
fn slots<'a>(
    group: &GroupRef,
    members: &'a [MemberChange],
) -> impl Iterator<Item = (Slot, &'a MemberChange)> {
    let group = group.id.clone();
    members.iter().filter_map(move |member| {
        let user = member.person.id.clone()?;
        Some((Slot::Member(group.clone()?, user), member))
    })
}

fn of(wrote: &Wrote, what: String, user: Option<&UserId>) -> Again {
    Again {
        what,
        runs: wrote.runs,
        day: wrote.at.chars().take(10).collect(),
        users: user.cloned().into_iter().collect(),
    }
}
