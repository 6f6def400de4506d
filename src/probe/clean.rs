//! Taking away what a run made, and proving that it is gone.
//!
//! **Invariants.** Only what is in the journal goes: by its id, or where no answer ever told
//! one, by its name, which nobody else has. It is read before it goes, and what bears another
//! name, or was there before the run, stays. Whatever may still be there is told.

use std::collections::BTreeSet;
use std::time::Duration;

use super::found::Left;
use super::journal::{Entry, Standing};
use super::namespace::Collection;
use super::session::{Halt, Own, Removed, Session};
use crate::ids::fold;
use crate::scim::http::Transport;

/// How long to wait before each round: a provider that failed may recover, and a list may
/// show what was made a little later.
const ROUNDS: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(5),
];
/// From which round on a list that is whole is believed not to show more later.
const SETTLED: usize = 2;

/// Who made what is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Maker {
    /// This very process: its ids are certain.
    ThisRun,
    /// An earlier one: an id may be somebody else's by now, so its name is looked at first.
    EarlierRun,
}

/// Whether another round may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    Yes,
    No,
}

/// Waits for a provider to settle.
pub(super) async fn rest(time: Duration) {
    tokio::time::sleep(time).await;
}

/// Takes everything away that is still in the journal; what cannot be, comes back.
pub(super) async fn clean<T: Transport>(session: &mut Session<'_, T>, maker: Maker) -> Vec<Left> {
    session.clearing = true;
    let mut left = Vec::new();
    for (round, wait) in ROUNDS.into_iter().enumerate() {
        if !wait.is_zero() {
            rest(wait).await;
        }
        left.clear();
        let mut again = find_unanswered(session, round, &mut left).await;
        for entry in session.journal.open() {
            let Some(own) = session.own(entry) else {
                continue;
            };
            let because = match take_away(session, &own, maker).await {
                Ok(None) => continue,
                Ok(Some(because)) => because,
                Err(halt) => {
                    again = Again::Yes;
                    halt.to_string()
                }
            };
            left.push(Left {
                collection: own.collection.path().to_owned(),
                name: own.name.clone(),
                id: Some(own.id.clone()),
                because,
            });
        }
        if left.is_empty() {
            again = find_unknown(session).await;
        }
        if again == Again::No {
            break;
        }
    }
    for entry in session.journal.strange_ones() {
        let Some(own) = session.told(entry) else {
            continue;
        };
        // Whoever looked at it may have removed it since.
        if maker == Maker::EarlierRun && session.has_vanished(&own).await == Ok(true) {
            continue;
        }
        left.push(Left {
            collection: own.collection.path().to_owned(),
            name: own.name,
            id: Some(own.id),
            because: "its create was answered with a resource of another name, or with one that \
                      was there before; whether it was made for this run has to be looked at"
                .to_owned(),
        });
    }
    left
}

/// Everything in the journal is gone. A list may still show what has one of our names: a
/// provider may have made two of one, or have given another id.
async fn find_unknown<T: Transport>(session: &mut Session<'_, T>) -> Again {
    let names = session.names().clone();
    let mut again = Again::No;
    for collection in [Collection::Groups, Collection::Users] {
        if session.journal.asked_for(collection) == 0 {
            continue;
        }
        // By their ids all are gone: a list that does not come is no reason to doubt that.
        let swept = session.sweep(collection, |name| names.owns(name)).await;
        for (id, name) in swept.map(|swept| swept.rows).unwrap_or_default() {
            let entry = match session.journal.entry_of(collection, &id) {
                // Somebody has, or was given, one of our names.
                None if session.was_there(collection, &id) => {
                    if let Ok(entry) = session.journal.intend(collection, &name) {
                        let _ = session.journal.strange(entry, &id);
                    }
                    None
                }
                Some(_) if session.was_there(collection, &id) => None,
                None => session.journal.intend(collection, &name).ok(),
                // A list may be behind; a read is not.
                Some(entry) => match session.told(entry) {
                    Some(own) if session.is_gone(&own).await == Ok(false) => Some(entry),
                    Some(_) | None => None,
                },
            };
            if let Some(entry) = entry {
                // Even where it cannot be written down, this process knows it now.
                let _ = session.journal.made(entry, &id);
                again = Again::Yes;
            }
        }
    }
    again
}

/// Why it stays, if it does. An error is worth another round.
async fn take_away<T: Transport>(
    session: &mut Session<'_, T>,
    own: &Own,
    maker: Maker,
) -> Result<Option<String>, Halt> {
    if maker == Maker::EarlierRun {
        match session.read(own).await? {
            None if session.has_vanished(own).await? => return Ok(None),
            None => return Err(Halt::Stays("it is there and not there".to_owned())),
            Some(answer) if session.names().owns_resource(own.collection, &answer.body) => {}
            Some(_) => {
                return Ok(Some(
                    "its id is that of a resource of another name now, which is left alone"
                        .to_owned(),
                ));
            }
        }
    }
    let removed = match session.remove(own).await {
        // That is told with all that nobody knows the maker of.
        Err(Halt::NotOurs { .. }) => return Ok(None),
        removed => removed?,
    };
    match removed {
        Removed::Gone => Ok(None),
        Removed::Stays(answer) if answer.is_refusal() => Ok(Some(format!(
            "the provider {} to its DELETE",
            answer.says()
        ))),
        Removed::Stays(answer) => Err(Halt::Stays(format!(
            "the provider {} to its DELETE, and it is still there",
            answer.says()
        ))),
    }
}

/// Creates whose answer told no id: a list tells whether they were carried out.
async fn find_unanswered<T: Transport>(
    session: &mut Session<'_, T>,
    round: usize,
    left: &mut Vec<Left>,
) -> Again {
    let mut again = Again::No;
    let unanswered: Vec<Entry> = session
        .journal
        .open()
        .into_iter()
        .filter(|entry| session.journal.record(*entry).standing == Standing::Intended)
        .collect();
    let collections: BTreeSet<Collection> = unanswered
        .iter()
        .map(|entry| session.journal.record(*entry).collection)
        .collect();
    for collection in collections {
        let mut waiting: Vec<Entry> = unanswered
            .iter()
            .copied()
            .filter(|entry| session.journal.record(*entry).collection == collection)
            .collect();
        let names = session.names().clone();
        let gap = match session.sweep(collection, |name| names.owns(name)).await {
            Ok(swept) => {
                for (id, name) in swept.rows {
                    if session.journal.entry_of(collection, &id).is_some()
                        || session.was_there(collection, &id)
                    {
                        continue;
                    }
                    let same =
                        |entry: &Entry| fold(&session.journal.record(*entry).name) == fold(&name);
                    let entry = match waiting.iter().position(same) {
                        Some(at) => Some(waiting.remove(at)),
                        // One create made two: this one is ours as well.
                        None => session.journal.intend(collection, &name).ok(),
                    };
                    if let Some(entry) = entry {
                        // This process knows it now, whether it can be written down or not.
                        let _ = session.journal.made(entry, &id);
                    }
                }
                swept.gap
            }
            Err(error) => {
                again = Again::Yes;
                Some(error.to_string())
            }
        };
        for entry in waiting {
            let because = match &gap {
                None if session.was_refused(entry) || round >= SETTLED => {
                    let _ = session.journal.gone(entry);
                    continue;
                }
                None => {
                    again = Again::Yes;
                    "its create was not answered, and it may yet appear".to_owned()
                }
                Some(why) => format!(
                    "its create gave no id, and the list does not prove that it is not there: {why}"
                ),
            };
            left.push(Left {
                collection: collection.path().to_owned(),
                name: session.journal.record(entry).name.clone(),
                id: None,
                because,
            });
        }
    }
    again
}
