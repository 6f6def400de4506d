//! Collecting the live state through a [`Reader`].

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use futures_util::stream::{self, StreamExt as _};

use super::{Builder, LiveState};
use crate::ids::UserId;
use crate::scim::dialect::{Groups, ListMembers, UnlistedUsers};
use crate::scim::error::{ErrorKind, ScimError};
use crate::scim::http::Transport;
use crate::scim::listing::Doubt;
use crate::scim::service::Reader;
use crate::scim::wire;

/// How many members that no list shows are asked for by id.
const PROBES: usize = 4;
/// How many users are asked about at once where only that tells members.
const USERS_AT_ONCE: usize = 8;

/// Reads all users and all groups at once; each page is taken in and dropped as it comes.
///
/// # Errors
/// When a listing cannot be read at all. A listing that may have gaps is no error: the
/// state's integrity says so.
pub async fn collect<T: Transport>(reader: &Reader<T>) -> Result<LiveState, ScimError> {
    let mut live = match reader.dialect().list_members {
        ListMembers::Included | ListMembers::ReadEach => {
            let builder = RefCell::new(Builder::default());
            let (users, groups) = futures_util::future::try_join(
                reader.list_users(|user| builder.borrow_mut().add_user(user)),
                reader.list_groups(|group| builder.borrow_mut().add_group(group)),
            )
            .await?;
            builder.into_inner().finish(users, groups)
        }
        ListMembers::AskEachUser => collect_by_user(reader).await?,
    };
    match reader.dialect().unlisted_users {
        UnlistedUsers::Nobody => ask_for_the_missing(reader, &mut live).await,
        UnlistedUsers::MadeByHand => {}
    }
    Ok(live)
}

/// Reads the groups, and their members by asking for the groups of each user.
async fn collect_by_user<T: Transport>(reader: &Reader<T>) -> Result<LiveState, ScimError> {
    let builder = RefCell::new(Builder::default());
    let mut ids: Vec<UserId> = Vec::new();
    let mut listed: Vec<wire::Group> = Vec::new();
    let (mut users, groups) = futures_util::future::try_join(
        reader.list_users(|user| {
            ids.extend(user.id.as_deref().map(UserId::from));
            builder.borrow_mut().add_user(user);
        }),
        reader.list_groups(|group| listed.push(group)),
    )
    .await?;
    let ids = match reader.dialect().groups {
        Groups::Served => ids,
        Groups::NotServed => Vec::new(),
    };
    let mut members: HashMap<String, Vec<wire::Member>> = HashMap::new();
    let mut asked = stream::iter(&ids)
        .map(|id| async move { (id, reader.groups_of(id).await) })
        .buffered(USERS_AT_ONCE);
    while let Some((id, theirs)) = asked.next().await {
        match theirs {
            Ok(theirs) => {
                for group in theirs {
                    members
                        .entry(group.to_string())
                        .or_default()
                        .push(wire::Member {
                            value: Some(id.as_str().into()),
                            ..wire::Member::default()
                        });
                }
            }
            // Somebody who was listed and is gone has no memberships, and shows that the list
            // moved while it was read.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                users = users.doubting(Doubt::Vanished);
            }
            Err(error) => return Err(error),
        }
    }
    drop(asked);
    let mut builder = builder.into_inner();
    for mut group in listed {
        let id = group.id.as_deref().unwrap_or_default();
        group.members = Some(members.remove(id).unwrap_or_default());
        builder.add_group(group);
    }
    Ok(builder.finish(users, groups))
}

/// A member that is no listed user may be a group, or a leftover; one who is there when asked
/// for by id shows that the list has gaps.
async fn ask_for_the_missing<T: Transport>(reader: &Reader<T>, live: &mut LiveState) {
    let unlisted = live.groups.iter().flat_map(|group| &group.unlisted);
    let ids: BTreeSet<&str> = unlisted.map(|id| &**id).collect();
    for id in ids.into_iter().take(PROBES) {
        // Whatever else is answered (many servers refuse the id of a group) proves nothing.
        if let Ok(Some(_)) = reader.user(&UserId::from(id)).await {
            live.integrity.users = live
                .integrity
                .users
                .clone()
                .doubting(Doubt::MissingButThere);
            return;
        }
    }
}
