//! Collecting the live state through a [`Reader`].

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::{Builder, LiveState};
use crate::ids::UserId;
use crate::scim::dialect::UnlistedUsers;
use crate::scim::error::ScimError;
use crate::scim::http::Transport;
use crate::scim::listing::Doubt;
use crate::scim::service::Reader;

/// How many members that no list shows are asked for by id.
const PROBES: usize = 4;

/// Reads all users and all groups at once; each page is taken in and dropped as it comes.
///
/// # Errors
/// When a listing cannot be read at all. A listing that may have gaps is no error: the
/// state's integrity says so.
pub async fn collect<T: Transport>(reader: &Reader<T>) -> Result<LiveState, ScimError> {
    let builder = RefCell::new(Builder::default());
    let (users, groups) = futures_util::future::try_join(
        reader.list_users(|user| builder.borrow_mut().add_user(user)),
        reader.list_groups(|group| builder.borrow_mut().add_group(group)),
    )
    .await?;
    let mut live = builder.into_inner().finish(users, groups);
    match reader.dialect().unlisted_users {
        UnlistedUsers::Nobody => ask_for_the_missing(reader, &mut live).await,
        UnlistedUsers::MadeByHand => {}
    }
    Ok(live)
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
