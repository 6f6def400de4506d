//! Accounts and groups that were made by hand, taken over (source: `NGScimUserServiceImpl`,
//! `NGScimGroupServiceImpl.createGroup`).

use super::memberships::member_ids;
use super::users::{Still, attributes, difference, gone};
use super::{Status, Step, Steps, failed, is_ambiguous, not_taken};
use crate::ids::{ExternalId, GroupId, GroupName, UserId};
use crate::plan::{Person, UserState};
use crate::scim::http::Transport;
use crate::scim::service::NewUser;
use crate::scim::wire;

impl<T: Transport> Steps<'_, T> {
    /// POST, then PUT with the names, then proof by the list: only a change of the account
    /// makes it show there.
    pub(super) async fn adopt_user(
        &self,
        person: &Person,
        user: &UserState,
        external_id: Option<&ExternalId>,
    ) -> Step {
        match self.still(person).await? {
            Still::There(_) => {}
            Still::Gone => return Ok(gone(person)),
            Still::Moved(status) => return Ok(status),
        }
        let id = person
            .id
            .as_ref()
            .expect("an item on a live user carries the id");
        let listed = || async {
            let found = self.find_user(user).await?;
            Ok(found.filter(|found| found.id.as_deref() == Some(id.as_str())))
        };
        let remember = || {
            if let Some(key) = &person.key {
                self.remember_user(key, id.clone());
            }
        };
        if let Some(found) = listed().await?
            && difference(self.profile, user, &found).is_none()
        {
            remember();
            return Ok(Status::AlreadySo);
        }
        let new = NewUser {
            external_id: external_id.map(ExternalId::as_str),
            ..attributes(user)
        };
        match self.writer.create_user(&new).await {
            Ok(answered) if answered.id.as_deref() == Some(id.as_str()) => {}
            Ok(answered) => {
                return Ok(failed(format!(
                    "`{}` was to be adopted (id {id}), and the provider answered with another \
                     account, {}",
                    person.label(),
                    answered.id.as_deref().unwrap_or("without an id")
                )));
            }
            // It may have happened; the PUT and the list decide.
            Err(error) if is_ambiguous(&error) => {}
            Err(error) => return Err(error),
        }
        let put = self.put_names(id, user).await;
        let Some(there) = self.settled(listed, Option::is_some).await? else {
            put?;
            return Ok(not_taken(format!(
                "the provider said that `{}` is adopted, and its list of users does not show them",
                person.label()
            )));
        };
        remember();
        Ok(match difference(self.profile, user, &there) {
            None => Status::Done,
            Some(difference) => {
                put?;
                failed(format!(
                    "`{}` was adopted, but {difference}",
                    person.label()
                ))
            }
        })
    }

    /// A create of the group's id with the members it has, so that nobody is lost; proved by
    /// the list, which shows it from then on.
    pub(super) async fn adopt_hand_made(
        &self,
        id: &GroupId,
        name: &GroupName,
        called: &GroupName,
    ) -> Step {
        let reader = self.writer.reader();
        let Some(there) = reader.group(id).await? else {
            return Ok(Status::Moved {
                message: format!("the group `{called}` (id {id}) is gone"),
            });
        };
        let now = there.display_name.clone().unwrap_or_default();
        if now != called.as_str() && now != name.as_str() {
            return Ok(Status::Moved {
                message: format!(
                    "the group {id} was `{called}` when the plan was made and is `{now}` now"
                ),
            });
        }
        let is_it = |group: &wire::Group| group.id.as_deref() == Some(id.as_str());
        let listed = || async { Ok(reader.find_groups(&now).await?.into_iter().find(is_it)) };
        let remember = || {
            let mut made = self.made.lock().expect("no panic inside");
            made.groups.insert(name.clone(), id.clone());
        };
        if listed().await?.is_some() {
            remember();
            return Ok(Status::AlreadySo);
        }
        let before = member_ids(&there);
        let mut members: Vec<UserId> = before.iter().map(|id| UserId::from(id.as_str())).collect();
        members.sort();
        match self.writer.adopt_group(name.as_str(), &members).await {
            Ok(answered) if is_it(&answered) => {}
            Ok(answered) => {
                return Ok(failed(format!(
                    "`{name}` was to be adopted (id {id}), and the provider answered with another \
                     group, {}",
                    answered.id.as_deref().unwrap_or("without an id")
                )));
            }
            Err(error) if is_ambiguous(&error) => {
                if listed().await?.is_none() {
                    return Err(error);
                }
            }
            Err(error) => return Err(error),
        }
        let Some(after) = self.settled(listed, Option::is_some).await? else {
            return Ok(not_taken(format!(
                "the provider said that the group `{name}` (id {id}) is adopted, and its list of \
                 groups does not show it"
            )));
        };
        remember();
        let kept = member_ids(&after);
        let mut lost: Vec<&str> = before.difference(&kept).map(String::as_str).collect();
        lost.sort_unstable();
        if lost.is_empty() {
            return Ok(Status::Done);
        }
        Ok(failed(format!(
            "the group `{name}` (id {id}) was adopted and lost members by it: {}",
            lost.join(", ")
        )))
    }
}
