//! Memberships: all items on one group together, read before and after.

use std::collections::HashSet;

use super::{Status, Step, Steps, not_taken};
use crate::apply::recorded::for_item;
use crate::ids::{GroupId, GroupName, UserId};
use crate::plan::{Action, Direction, MemberChange, Memberships};
use crate::scim::error::{ErrorKind, ScimError};
use crate::scim::http::{Effect, Transport};
use crate::scim::wire;

impl<T: Transport> Steps<'_, T> {
    /// Runs all membership items on one group: read, write what is missing, read back once.
    pub(in crate::apply) async fn memberships<'b>(
        &self,
        items: &[&'b Action],
        is_stopped: impl Fn() -> bool,
    ) -> Vec<(&'b Action, Step)> {
        let Memberships {
            group,
            direction,
            members: _,
        } = items[0]
            .change
            .memberships()
            .expect("only memberships run in chains");
        let same_for_all = |status: Status| {
            items
                .iter()
                .map(|item| (*item, Ok(status.clone())))
                .collect()
        };
        let Some(id) = self.id_now(group) else {
            return same_for_all(Status::Skipped {
                because: format!("the group `{}` was not created", group.name),
            });
        };
        let everybody: Vec<UserId> = items
            .iter()
            .flat_map(|item| self.member_targets(members(item)).ids)
            .collect();
        let reader = self.writer.reader();
        // The version that the first write is bound to: each write makes another.
        let mut version = None;
        let before = match reader.group_among(&id, &everybody).await {
            Ok(Some(there)) => {
                if let Some(status) = self.called_otherwise(&id, &group.name, &there) {
                    return same_for_all(status);
                }
                version.clone_from(&there.meta.version);
                member_ids(&there)
            }
            Ok(None) => {
                return same_for_all(Status::Moved {
                    message: format!("the group `{}` (id {id}) is gone", group.name),
                });
            }
            Err(error) => return first_and_rest(items, error),
        };

        let mut results: Vec<(&'b Action, Step)> = Vec::with_capacity(items.len());
        let mut written: Vec<Written> = Vec::new();
        let mut pointless = false;
        for item in items {
            if pointless || is_stopped() {
                results.push((*item, Ok(Status::NotRun)));
                continue;
            }
            let targets = self.member_targets(members(item));
            let short = targets.short();
            let open: Vec<UserId> = targets
                .ids
                .into_iter()
                .filter(|id| before.contains(id.as_str()) != (direction == Direction::In))
                .collect();
            if open.is_empty() {
                results.push((*item, Ok(short.unwrap_or(Status::AlreadySo))));
                continue;
            }
            self.made
                .lock()
                .expect("no panic inside")
                .members
                .insert(item.id.clone(), open.clone());
            let version = version.take();
            let sending = self.send_halving(&id, direction, &open, version.as_deref());
            let answer = for_item(&item.id, sending).await;
            match answer {
                Ok(()) => {
                    written.push(Written {
                        at: results.len(),
                        ids: open,
                        error: None,
                        short,
                    });
                    results.push((*item, Ok(Status::Done)));
                }
                Err(error) if self.was_faster(&error) => {
                    let status = self
                        .group_moved(&id, &group.name, direction, &before, &open)
                        .await;
                    results.push((*item, status));
                }
                Err(error) if error.effect() == Effect::Unknown => {
                    written.push(Written {
                        at: results.len(),
                        ids: open,
                        error: Some(error),
                        short,
                    });
                    results.push((*item, Ok(Status::Done)));
                }
                Err(error) => {
                    pointless = error.stops_the_run();
                    results.push((*item, Err(error)));
                }
            }
        }
        if !written.is_empty() {
            self.read_back(&id, &group.name, direction, written, &mut results)
                .await;
        }
        results
    }

    /// Sends a batch; where the provider finds it too large, its halves (faults F34). A 413
    /// is an answer before anything was done.
    async fn send_halving(
        &self,
        id: &GroupId,
        direction: Direction,
        members: &[UserId],
        version: Option<&str>,
    ) -> Result<(), ScimError> {
        let mut left = vec![members];
        let mut version = version;
        while let Some(batch) = left.pop() {
            let writer = self.writer.only_if(version);
            let sent = match direction {
                Direction::In => writer.add_members(id, batch).await,
                Direction::Out => writer.remove_members(id, batch).await,
            };
            match sent {
                Ok(()) => version = None,
                Err(error) if error.kind() == ErrorKind::TooLarge && batch.len() > 1 => {
                    let (first, second) = batch.split_at(batch.len() / 2);
                    left.extend([second, first]);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Somebody wrote to the group between our read and our write: the item stops.
    async fn group_moved(
        &self,
        id: &GroupId,
        name: &GroupName,
        direction: Direction,
        before: &HashSet<String>,
        meant: &[UserId],
    ) -> Step {
        let Some(there) = self.writer.reader().group_among(id, meant).await? else {
            return Ok(Status::Moved {
                message: format!("the group `{name}` (id {id}) is gone"),
            });
        };
        let now = member_ids(&there);
        let is_so = |id: &UserId| now.contains(id.as_str()) == (direction == Direction::In);
        // It may have been this very write, sent again after its answer was lost.
        if meant.iter().all(is_so) {
            return Ok(Status::AlreadySo);
        }
        let shown = there.display_name.as_deref().unwrap_or_default();
        let told = if shown == name.as_str() {
            format!(
                "it had {} members before and has {} now",
                before.len(),
                now.len()
            )
        } else {
            format!("it is called `{shown}` now")
        };
        Ok(Status::Moved {
            message: format!(
                "somebody changed the group `{name}` (id {id}) between reading and writing it: {told}"
            ),
        })
    }

    /// One read for all batches on a group: whoever was meant to be in it, or out, is.
    async fn read_back(
        &self,
        id: &GroupId,
        name: &GroupName,
        direction: Direction,
        written: Vec<Written>,
        results: &mut [(&Action, Step)],
    ) {
        let wrong = |there: &HashSet<String>, ids: &[UserId]| -> Vec<String> {
            ids.iter()
                .filter(|id| there.contains(id.as_str()) != (direction == Direction::In))
                .map(ToString::to_string)
                .collect()
        };
        let everybody: Vec<UserId> = written
            .iter()
            .flat_map(|batch| batch.ids.iter().cloned())
            .collect();
        let read = || async {
            let group = self.writer.reader().group_among(id, &everybody).await?;
            Ok(group.as_ref().map(member_ids).unwrap_or_default())
        };
        let settled = |there: &HashSet<String>| {
            written
                .iter()
                .all(|batch| wrong(there, &batch.ids).is_empty())
        };
        let there = match self.settled(read, settled).await {
            Ok(there) => there,
            Err(error) => {
                let (message, help) = (error.to_string(), error.help());
                let mut error = Some(error);
                for Written { at, .. } in written {
                    results[at].1 = match error.take() {
                        Some(error) => Err(error),
                        None => Ok(Status::Failed {
                            message: message.clone(),
                            help: help.clone(),
                        }),
                    };
                }
                return;
            }
        };
        for Written {
            at,
            ids,
            error,
            short,
        } in written
        {
            let wrong = wrong(&there, &ids);
            results[at].1 = match (wrong.as_slice(), error) {
                ([], _) => Ok(short.unwrap_or(Status::Done)),
                (_, Some(error)) => Err(error),
                (ids, None) => {
                    let (verb, people) = match direction {
                        Direction::In => ("took in", "not members"),
                        Direction::Out => ("let go of", "still members"),
                    };
                    Ok(not_taken(format!(
                        "the provider said that `{name}` {verb} everybody, but these are {people}: {}",
                        ids.join(", ")
                    )))
                }
            };
        }
    }

    /// The group is another one by now: whoever gave it another name did not mean these members.
    fn called_otherwise(
        &self,
        id: &GroupId,
        name: &GroupName,
        there: &wire::Group,
    ) -> Option<Status> {
        let shown = there.display_name.as_deref()?;
        let mut names = self.called.get(id).into_iter().flatten().copied();
        let is_it = self.same_group_name(shown, name)
            || names.any(|name| self.same_group_name(shown, name));
        (!is_it).then(|| Status::Moved {
            message: format!(
                "the group {id} was `{name}` when the plan was made and is `{shown}` now"
            ),
        })
    }

    /// The ids of members, and who is none of them and why.
    fn member_targets(&self, members: &[MemberChange]) -> Targets {
        let made = self.made.lock().expect("no panic inside");
        let mut targets = Targets::default();
        for MemberChange { person, origins: _ } in members {
            if let Some(why) = person.id.as_ref().and_then(|id| self.moved.account(id)) {
                targets.moved.push(why.to_owned());
                continue;
            }
            let known = person.id.clone().or_else(|| {
                let key = person.key.as_ref()?;
                made.users.get(key).cloned()
            });
            match known {
                Some(id) => targets.ids.push(id),
                None => targets.missing.push(person.label().to_owned()),
            }
        }
        targets
    }
}

/// Whom a membership item is about.
#[derive(Default)]
struct Targets {
    /// Those it can be done for.
    ids: Vec<UserId>,
    /// The names of those whose account this run could not make.
    missing: Vec<String>,
    /// Why others are left out: their account is somebody else's now.
    moved: Vec<String>,
}

impl Targets {
    /// What becomes of the item when it is done for some and not for all.
    fn short(&self) -> Option<Status> {
        if !self.moved.is_empty() {
            return Some(Status::Moved {
                message: self.moved.join("; "),
            });
        }
        (!self.missing.is_empty()).then(|| Status::Skipped {
            because: format!("no account was made for {}", self.missing.join(", ")),
        })
    }
}

/// One batch that was sent and is still to be proved.
struct Written {
    /// The item's position among the results.
    at: usize,
    /// Who was meant to get in, or out.
    ids: Vec<UserId>,
    /// The error, if the answer was lost.
    error: Option<ScimError>,
    /// What becomes of the item if it was not to be done for all.
    short: Option<Status>,
}

fn first_and_rest<'b>(items: &[&'b Action], error: ScimError) -> Vec<(&'b Action, Step)> {
    let (message, help) = (error.to_string(), error.help());
    let mut error = Some(error);
    items
        .iter()
        .map(|item| {
            let step = match error.take() {
                Some(error) => Err(error),
                None => Ok(Status::Failed {
                    message: message.clone(),
                    help: help.clone(),
                }),
            };
            (*item, step)
        })
        .collect()
}

pub(super) fn member_ids(group: &wire::Group) -> HashSet<String> {
    let members = group.members.iter().flatten();
    members
        .filter_map(|member| member.value.as_deref().map(str::to_owned))
        .collect()
}

/// Which users a membership item is about, by id or by key of somebody made in this run.
fn members(action: &Action) -> &[MemberChange] {
    let memberships = action.change.memberships();
    memberships.map_or(&[], |memberships| memberships.members)
}
