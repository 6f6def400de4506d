//! Groups: created, renamed, removed. Members are another matter.

use super::{Status, Step, Steps, failed, is_ambiguous};
use crate::apply::context::Picture;
use crate::ids::{GroupId, GroupName, UserId, fold};
use crate::plan::Action;
use crate::plan::undo::PreImage;
use crate::profile::GroupNames;
use crate::scim::error::ScimError;
use crate::scim::http::Transport;
use crate::scim::service::Deleted;
use crate::scim::wire;

impl<T: Transport> Steps<'_, T> {
    pub(super) async fn create_group(
        &self,
        name: &GroupName,
        expected_id: Option<&GroupId>,
    ) -> Step {
        let reader = self.writer.reader();
        if self.picture == Picture::Dated {
            let found = self.find_groups(name).await?;
            if let Some(status) = self.adopt_group(name, &found) {
                return Ok(status);
            }
        }
        if let Some(id) = expected_id
            && let Some(other) = reader.group(id).await?
        {
            let shown = other.display_name.as_deref().unwrap_or_default();
            let members = other.members.map_or(0, |members| members.len());
            return Ok(Status::Failed {
                message: format!(
                    "the id `{id}` belongs to the group `{shown}` with {members} members, which SCIM does not list: \
                     creating `{name}` would take it over and replace its members"
                ),
                help: format!(
                    "rename or remove `{shown}` at the service provider, or map the role to another group"
                ),
            });
        }
        let created = match self.writer.create_group(name.as_str()).await {
            Ok(group) => group,
            Err(error) if is_ambiguous(&error) => {
                let mut found = self.find_groups(name).await?;
                match (found.pop(), found.is_empty()) {
                    (Some(group), true) => group,
                    (Some(_) | None, _) => return Err(error),
                }
            }
            Err(error) => return Err(error),
        };
        let Some(id) = created.id.filter(|id| !id.is_empty()).map(GroupId::from) else {
            return Ok(failed(format!(
                "the group `{name}` came back without an id"
            )));
        };
        let there = self.settled(|| reader.group(&id), Option::is_some).await?;
        let Some(there) = there else {
            return Ok(failed(format!(
                "the group `{name}` was created, but cannot be read"
            )));
        };
        let shown = there.display_name.unwrap_or_default();
        if !self.same_group_name(&shown, name) {
            return Ok(Status::Failed {
                message: format!(
                    "creating the group `{name}` gave the existing group `{shown}` (id {id}): the provider makes one group of both"
                ),
                help: "rename the role so that its id differs, or map it to the existing group"
                    .to_owned(),
            });
        }
        self.made
            .lock()
            .expect("no panic inside")
            .groups
            .insert(name.clone(), id.clone());
        match there.members.map_or(0, |members| members.len()) {
            0 => Ok(Status::Done),
            members => Ok(Status::Adopted(format!(
                "the group `{name}` was there already (id {id}) with {members} members"
            ))),
        }
    }

    /// The groups of this name, as the provider compares names: where case counts, `Dev` must
    /// never be taken for `dev`.
    async fn find_groups(&self, name: &GroupName) -> Result<Vec<wire::Group>, ScimError> {
        let mut found = self.writer.reader().find_groups(name.as_str()).await?;
        found.retain(|group| {
            let shown = group.display_name.as_deref().unwrap_or_default();
            self.same_group_name(shown, name)
        });
        Ok(found)
    }

    pub(super) fn same_group_name(&self, shown: &str, name: &GroupName) -> bool {
        match self.profile.group_names {
            GroupNames::Exact => shown == name.as_str(),
            GroupNames::Folded => fold(shown) == fold(name.as_str()),
        }
    }

    fn adopt_group(&self, name: &GroupName, found: &[wire::Group]) -> Option<Status> {
        match found {
            [] => None,
            [group] => {
                let id = GroupId::from(group.id.as_deref()?);
                self.made
                    .lock()
                    .expect("no panic inside")
                    .groups
                    .insert(name.clone(), id.clone());
                Some(Status::AlreadySo)
            }
            several => Some(Status::Moved {
                message: format!("{} groups have the name `{name}` now", several.len()),
            }),
        }
    }

    pub(super) async fn rename_group(
        &self,
        id: &GroupId,
        before: &GroupName,
        after: &GroupName,
    ) -> Step {
        let reader = self.writer.reader();
        let Some(group) = reader.group(id).await? else {
            return Ok(Status::Moved {
                message: format!("the group `{before}` (id {id}) is gone"),
            });
        };
        let version = group.meta.version;
        let now = group.display_name.unwrap_or_default();
        if now == after.as_str() {
            return Ok(Status::AlreadySo);
        }
        if now != before.as_str() {
            return Ok(Status::Moved {
                message: format!(
                    "the group {id} was `{before}` when the plan was made and is `{now}` now"
                ),
            });
        }
        let taken = |group: &Option<wire::Group>| {
            group
                .as_ref()
                .is_some_and(|group| group.display_name.as_deref() == Some(after.as_str()))
        };
        let writer = self.writer.only_if(version.as_deref());
        let written = writer.rename_group(id, after.as_str()).await;
        if let Err(error) = &written
            && self.was_faster(error)
        {
            let version = version.as_deref();
            return self.group_changed(id, before, version, taken).await;
        }
        self.verdict(
            written,
            || reader.group(id),
            taken,
            || format!("the group {id} is not called `{after}` although the provider said so"),
        )
        .await
    }

    /// Somebody wrote to the group between our read and our write.
    async fn group_changed(
        &self,
        id: &GroupId,
        before: &GroupName,
        version: Option<&str>,
        is_taken: impl Fn(&Option<wire::Group>) -> bool,
    ) -> Step {
        let now = self.writer.reader().group(id).await?;
        // It may have been this very write, sent again after its answer was lost.
        if is_taken(&now) {
            return Ok(Status::AlreadySo);
        }
        let Some(now) = now else {
            return Ok(Status::Moved {
                message: format!("the group `{before}` (id {id}) is gone"),
            });
        };
        let shown = now.display_name.unwrap_or_default();
        let told = if shown == before.as_str() {
            format!(
                "its version was {} and is {}",
                version.unwrap_or_default(),
                now.meta.version.unwrap_or_default()
            )
        } else {
            format!("it was called `{before}` and is called `{shown}`")
        };
        Ok(Status::Moved {
            message: format!(
                "somebody changed the group `{before}` (id {id}) between reading and writing it: {told}"
            ),
        })
    }

    pub(super) async fn delete_group(
        &self,
        action: &Action,
        id: &GroupId,
        name: &GroupName,
    ) -> Step {
        let reader = self.writer.reader();
        let Some(group) = reader.group(id).await? else {
            return Ok(Status::AlreadySo);
        };
        let members = group.members.iter().flatten();
        let members = members
            .filter_map(|member| member.value.as_deref())
            .map(UserId::from)
            .collect();
        let bindings = action.bindings_ended().to_vec();
        self.remember(action, PreImage::Group { members, bindings });
        let now = group.display_name.unwrap_or_default();
        if now != name.as_str() {
            return Ok(Status::Moved {
                message: format!(
                    "the group {id} was `{name}` when the plan was made and is `{now}` now"
                ),
            });
        }
        let version = group.meta.version;
        let writer = self.writer.only_if(version.as_deref());
        let written = writer.delete_group(id).await.map(|_: Deleted| ());
        if let Err(error) = &written
            && self.was_faster(error)
        {
            let version = version.as_deref();
            return self.group_changed(id, name, version, Option::is_none).await;
        }
        self.verdict(written, || reader.group(id), Option::is_none, || {
            format!("the group `{name}` is still there although the provider said that it is removed")
        })
        .await
    }
}
