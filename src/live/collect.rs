//! Collecting the live state through a [`Reader`].

use std::cell::RefCell;

use super::{Builder, LiveState};
use crate::scim::error::ScimError;
use crate::scim::http::Transport;
use crate::scim::service::Reader;

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
    Ok(builder.into_inner().finish(users, groups))
}
