//! One item at a time: check the precondition, write, read back.

use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Duration;

use super::executor::{Made, MadeBy, Picture, members};
use super::outcome::Status;
use super::recorded::ITEM;
use crate::ids::{ExternalId, GroupId, GroupName, PersonKey, UserId, fold};
use crate::plan::{Action, Attribute, AttributeChange, Change, MemberChange, Person, UserState};
use crate::profile::{CreateExisting, GroupNames, NameModel, Profile};
use crate::scim::dialect::UserUpdate;
use crate::scim::error::{ErrorKind, ScimError};
use crate::scim::http::{Effect, Transport};
use crate::scim::service::{Activity, NewUser, UserAttribute, UserState as WireState, Writer};
use crate::scim::wire;

pub(super) struct Steps<'a, T> {
    pub(super) writer: &'a Writer<T>,
    pub(super) profile: &'a Profile,
    pub(super) picture: Picture,
    pub(super) made: Mutex<Made>,
}

type Step = Result<Status, ScimError>;

/// How long a provider may take to show what it has done, before it counts as not done.
const SETTLE: [Duration; 3] = [
    Duration::from_millis(100),
    Duration::from_millis(400),
    Duration::from_millis(1500),
];

impl<T: Transport> Steps<'_, T> {
    /// Runs any item but memberships.
    pub(super) async fn run(&self, action: &Action) -> Step {
        match &action.change {
            Change::CreateUser {
                key,
                user,
                external_id,
            } => self.create_user(key, user, external_id.as_ref()).await,
            Change::ReactivateUser { person } => self.set_active(person, Activity::Active).await,
            Change::DeactivateUser { person } => self.set_active(person, Activity::Inactive).await,
            Change::UpdateUser {
                person,
                changes,
                becomes,
            } => self.update_user(person, changes, becomes).await,
            Change::DeleteUser { person } => self.delete_user(person).await,
            Change::CreateGroup { name, expected_id } => {
                self.create_group(name, expected_id.as_ref()).await
            }
            Change::RenameGroup { id, before, after } => self.rename_group(id, before, after).await,
            Change::DeleteGroup { id, name } => self.delete_group(id, name).await,
            Change::AddMembers { .. } | Change::RemoveMembers { .. } => {
                unreachable!("memberships run in chains")
            }
        }
    }

    /// What an item made in this run.
    pub(super) fn made_by(&self, action: &Action) -> MadeBy {
        let made = self.made.lock().expect("no panic inside");
        match &action.change {
            Change::CreateUser { key, .. } => MadeBy {
                user: made.users.get(key).cloned(),
                group: None,
            },
            Change::CreateGroup { name, .. } => MadeBy {
                user: None,
                group: made.groups.get(name).cloned(),
            },
            Change::ReactivateUser { .. }
            | Change::UpdateUser { .. }
            | Change::AddMembers { .. }
            | Change::RenameGroup { .. }
            | Change::RemoveMembers { .. }
            | Change::DeactivateUser { .. }
            | Change::DeleteUser { .. }
            | Change::DeleteGroup { .. } => MadeBy::default(),
        }
    }

    async fn create_user(
        &self,
        key: &PersonKey,
        user: &UserState,
        external_id: Option<&ExternalId>,
    ) -> Step {
        if self.picture == Picture::Dated
            && let Some(found) = self.find_user(user).await?
        {
            let ours = external_id.is_some()
                && found.external_id.as_deref() == external_id.map(ExternalId::as_str);
            let status = self.adopt(key, &found);
            return Ok(if ours { Status::AlreadySo } else { status });
        }
        let new = NewUser {
            external_id: external_id.map(ExternalId::as_str),
            ..attributes(user)
        };
        let (id, certain) = match self.writer.create_user(&new).await {
            Ok(created) => (created.id, Certainty::Created),
            // 409 may be any failure and 404 may come after the fact; a lost answer says
            // nothing. Looking decides.
            Err(error) if is_ambiguous(&error) => match self.find_user(user).await? {
                Some(found) => (found.id, Certainty::Found),
                None => return Err(error),
            },
            Err(error) => return Err(error),
        };
        let Some(id) = id.filter(|id| !id.is_empty()).map(UserId::from) else {
            return Ok(failed(format!(
                "the account of `{key}` came back without an id"
            )));
        };
        let confirmed = self.confirm_created(&id, user).await?;
        let Some(there) = confirmed else {
            return Ok(failed(format!(
                "`{key}` was created, but cannot be found under `{}`",
                user.email
            )));
        };
        let ours = external_id.is_some()
            && there.external_id.as_deref() == external_id.map(ExternalId::as_str);
        match certain {
            Certainty::Found if !ours => Ok(self.adopt(key, &there)),
            Certainty::Created | Certainty::Found => {
                self.remember_user(key, id);
                Ok(match difference(self.profile, user, &there) {
                    None => Status::Done,
                    Some(difference) => failed(format!("`{key}` was created, but {difference}")),
                })
            }
        }
    }

    fn adopt(&self, key: &PersonKey, found: &wire::User) -> Status {
        let Some(id) = &found.id else {
            return failed(format!(
                "an account for `{key}` exists, but came without an id"
            ));
        };
        self.remember_user(key, UserId::from(id.as_str()));
        Status::Adopted(format!(
            "the account of `{key}` was there already (id {id})"
        ))
    }

    fn remember_user(&self, key: &PersonKey, id: UserId) {
        self.made
            .lock()
            .expect("no panic inside")
            .users
            .insert(key.clone(), id);
    }

    /// The one user with this e-mail, looked up and compared on our side.
    async fn find_user(&self, user: &UserState) -> Result<Option<wire::User>, ScimError> {
        let found = self.writer.reader().find_users(&user.user_name).await?;
        Ok(found.into_iter().next())
    }

    /// Reads a user just created back. Where a create may have taken over an account that
    /// listings do not show, the account is changed once so that they do, and looked for
    /// again (Harness: `imported` is set only by a change).
    async fn confirm_created(
        &self,
        id: &UserId,
        user: &UserState,
    ) -> Result<Option<wire::User>, ScimError> {
        match self.profile.create_existing {
            CreateExisting::Refused => {
                self.settled(|| self.writer.reader().user(id), Option::is_some)
                    .await
            }
            CreateExisting::Adopts => {
                let find = || async {
                    let found = self.writer.reader().find_users(&user.user_name).await?;
                    Ok(found
                        .into_iter()
                        .find(|found| found.id.as_deref() == Some(id.as_str())))
                };
                if let Some(found) = find().await? {
                    return Ok(Some(found));
                }
                let all = [
                    UserAttribute::DisplayName,
                    UserAttribute::GivenName,
                    UserAttribute::FamilyName,
                ];
                // A manually made account has no first and last name, so sending some is a
                // change even where the display name is right already.
                let mut change = active(user);
                if user.given_name.is_empty() && user.family_name.is_empty() {
                    change.attributes.given_name = &user.display_name;
                }
                self.writer.update_user(id, &change, &all).await?;
                self.settled(find, Option::is_some).await
            }
        }
    }

    /// Reads until what was done shows, with a bound.
    async fn settled<V, F>(
        &self,
        read: impl Fn() -> F,
        is_settled: impl Fn(&V) -> bool,
    ) -> Result<V, ScimError>
    where
        F: Future<Output = Result<V, ScimError>>,
    {
        let mut value = read().await?;
        for wait in SETTLE {
            if is_settled(&value) {
                break;
            }
            tokio::time::sleep(wait).await;
            value = read().await?;
        }
        Ok(value)
    }

    /// The live user of an item, if they still are who the plan saw.
    async fn still(&self, person: &Person) -> Result<Still, ScimError> {
        let id = person
            .id
            .as_ref()
            .expect("an item on a live user carries the id");
        let Some(user) = self.writer.reader().user(id).await? else {
            return Ok(Still::Gone);
        };
        let email = user
            .email()
            .or(user.user_name.as_deref())
            .unwrap_or_default();
        if fold(email) != person.email.folded() {
            return Ok(Still::Moved(Status::Moved {
                message: format!(
                    "the account {id} was `{}` when the plan was made and is `{email}` now",
                    person.email
                ),
            }));
        }
        Ok(Still::There(Box::new(user)))
    }

    async fn update_user(
        &self,
        person: &Person,
        changes: &[AttributeChange],
        becomes: &UserState,
    ) -> Step {
        let user = match self.still(person).await? {
            Still::There(user) => user,
            Still::Gone => return Ok(gone(person)),
            Still::Moved(status) => return Ok(status),
        };
        let mut open: Vec<&AttributeChange> = Vec::new();
        for change in changes {
            let now = attribute(&user, change.attribute);
            let same = |wanted: &str| {
                self.profile
                    .names
                    .same_display_name(wanted, now.unwrap_or_default())
            };
            if same(&change.after) {
                continue;
            }
            if !same(change.before.as_deref().unwrap_or_default()) {
                return Ok(Status::Moved {
                    message: format!(
                        "{} of `{}` was `{}` when the plan was made and is `{}` now",
                        change.attribute.path(),
                        person.label(),
                        change.before.as_deref().unwrap_or_default(),
                        now.unwrap_or_default()
                    ),
                });
            }
            open.push(change);
        }
        if open.is_empty() {
            return Ok(Status::AlreadySo);
        }
        let id = person
            .id
            .as_ref()
            .expect("an item on a live user carries the id");
        let changed: Vec<UserAttribute> = open
            .iter()
            .map(|change| on_the_wire(change.attribute))
            .collect();
        let written = self
            .writer
            .update_user(id, &active(becomes), &changed)
            .await;
        let taken = |user: &Option<wire::User>| {
            user.as_ref().is_some_and(|user| {
                open.iter().all(|change| {
                    let now = attribute(user, change.attribute).unwrap_or_default();
                    self.profile.names.same_display_name(&change.after, now)
                })
            })
        };
        self.verdict(
            written,
            || self.writer.reader().user(id),
            taken,
            || {
                format!(
                    "the name of `{}` did not change although the provider said so",
                    person.label()
                )
            },
        )
        .await
    }

    async fn set_active(&self, person: &Person, wanted: Activity) -> Step {
        let user = match self.still(person).await? {
            Still::There(user) => user,
            Still::Gone => return Ok(gone(person)),
            Still::Moved(status) => return Ok(status),
        };
        let is = |user: &wire::User| match wanted {
            Activity::Active => user.active != Some(false),
            Activity::Inactive => user.active == Some(false),
        };
        if is(&user) {
            return Ok(Status::AlreadySo);
        }
        let id = person
            .id
            .as_ref()
            .expect("an item on a live user carries the id");
        let written = match (wanted, self.writer.reader().dialect().user_update) {
            // There PATCH takes `active: true` and does nothing; PUT has to say it anyway.
            (Activity::Active, UserUpdate::Put) => {
                let email = user.email().or(user.user_name.as_deref());
                let login = user.user_name.as_deref().unwrap_or(person.email.as_str());
                let state = WireState {
                    attributes: NewUser {
                        external_id: None,
                        user_name: login,
                        display_name: user.display_name.as_deref().unwrap_or_default(),
                        given_name: user.name.given_name.as_deref().unwrap_or_default(),
                        family_name: user.name.family_name.as_deref().unwrap_or_default(),
                        email: email.unwrap_or(login),
                    },
                    activity: Activity::Active,
                };
                let all = [UserAttribute::DisplayName];
                self.writer.update_user(id, &state, &all).await
            }
            (Activity::Active, UserUpdate::PatchPaths | UserUpdate::PutMerged)
            | (Activity::Inactive, _) => self.writer.set_active(id, wanted).await,
        };
        let taken = |user: &Option<wire::User>| user.as_ref().is_some_and(is);
        self.verdict(
            written,
            || self.writer.reader().user(id),
            taken,
            || {
                format!(
                    "`active` of `{}` did not change although the provider said so",
                    person.label()
                )
            },
        )
        .await
    }

    async fn delete_user(&self, person: &Person) -> Step {
        match self.still(person).await? {
            Still::There(_) => {}
            Still::Gone => return Ok(Status::AlreadySo),
            Still::Moved(status) => return Ok(status),
        }
        let id = person
            .id
            .as_ref()
            .expect("an item on a live user carries the id");
        let written = self.writer.delete_user(id).await.map(|_| ());
        self.verdict(
            written,
            || self.writer.reader().user(id),
            Option::is_none,
            || {
                format!(
                    "`{}` is still there although the provider said that they are removed",
                    person.label()
                )
            },
        )
        .await
    }

    /// Decides a write by reading: what shows counts, not what was answered. An error
    /// stands unless its effect was unknown and the effect shows.
    async fn verdict<V, F>(
        &self,
        written: Result<(), ScimError>,
        read: impl Fn() -> F,
        is_taken: impl Fn(&V) -> bool,
        not_so: impl Fn() -> String,
    ) -> Step
    where
        F: Future<Output = Result<V, ScimError>>,
    {
        match written {
            Ok(()) => {
                let now = self.settled(read, &is_taken).await?;
                Ok(if is_taken(&now) {
                    Status::Done
                } else {
                    not_taken(not_so())
                })
            }
            Err(error) if error.effect() == Effect::Unknown => {
                let now = self.settled(read, &is_taken).await?;
                if is_taken(&now) {
                    Ok(Status::Done)
                } else {
                    Err(error)
                }
            }
            Err(error) => Err(error),
        }
    }

    async fn create_group(&self, name: &GroupName, expected_id: Option<&GroupId>) -> Step {
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

    fn same_group_name(&self, shown: &str, name: &GroupName) -> bool {
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

    async fn rename_group(&self, id: &GroupId, before: &GroupName, after: &GroupName) -> Step {
        let reader = self.writer.reader();
        let Some(group) = reader.group(id).await? else {
            return Ok(Status::Moved {
                message: format!("the group `{before}` (id {id}) is gone"),
            });
        };
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
        let written = self.writer.rename_group(id, after.as_str()).await;
        let taken = |group: &Option<wire::Group>| {
            group
                .as_ref()
                .is_some_and(|group| group.display_name.as_deref() == Some(after.as_str()))
        };
        self.verdict(
            written,
            || reader.group(id),
            taken,
            || format!("the group {id} is not called `{after}` although the provider said so"),
        )
        .await
    }

    async fn delete_group(&self, id: &GroupId, name: &GroupName) -> Step {
        let reader = self.writer.reader();
        let Some(group) = reader.group(id).await? else {
            return Ok(Status::AlreadySo);
        };
        let now = group.display_name.unwrap_or_default();
        if now != name.as_str() {
            return Ok(Status::Moved {
                message: format!(
                    "the group {id} was `{name}` when the plan was made and is `{now}` now"
                ),
            });
        }
        let written = match self.writer.delete_group(id).await {
            Ok(_) => Ok(()),
            // Harness answers 401 for a group that is not there; a read tells the two apart.
            Err(error) if error.kind() == ErrorKind::Unauthorized => {
                if reader.group(id).await?.is_none() {
                    Ok(())
                } else {
                    Err(error)
                }
            }
            Err(error) => Err(error),
        };
        self.verdict(written, || reader.group(id), Option::is_none, || {
            format!("the group `{name}` is still there although the provider said that it is removed")
        })
        .await
    }

    /// Runs all membership items on one group: read, write what is missing, read back once.
    pub(super) async fn memberships<'b>(
        &self,
        items: &[&'b Action],
        is_stopped: impl Fn() -> bool,
    ) -> Vec<(&'b Action, Step)> {
        let (group, direction) = match &items[0].change {
            Change::AddMembers { group, .. } => (group, Direction::In),
            Change::RemoveMembers { group, .. } => (group, Direction::Out),
            Change::CreateUser { .. }
            | Change::ReactivateUser { .. }
            | Change::UpdateUser { .. }
            | Change::CreateGroup { .. }
            | Change::RenameGroup { .. }
            | Change::DeactivateUser { .. }
            | Change::DeleteUser { .. }
            | Change::DeleteGroup { .. } => unreachable!("only memberships run in chains"),
        };
        let same_for_all = |status: Status| {
            items
                .iter()
                .map(|item| (*item, Ok(status.clone())))
                .collect()
        };
        let made = self
            .made
            .lock()
            .expect("no panic inside")
            .groups
            .get(&group.name)
            .cloned();
        let Some(id) = group.id.clone().or(made) else {
            return same_for_all(Status::Skipped {
                because: format!("the group `{}` was not created", group.name),
            });
        };
        let before = match self.writer.reader().group(&id).await {
            Ok(Some(there)) => member_ids(&there),
            Ok(None) => {
                return same_for_all(Status::Moved {
                    message: format!("the group `{}` (id {id}) is gone", group.name),
                });
            }
            Err(error) => return first_and_rest(items, error),
        };

        let mut results: Vec<(&'b Action, Step)> = Vec::with_capacity(items.len());
        let mut written: Vec<Written> = Vec::new();
        for item in items {
            if is_stopped() {
                results.push((*item, Ok(Status::NotRun)));
                continue;
            }
            let (ids, missing) = self.member_targets(members(item));
            let open: Vec<UserId> = ids
                .into_iter()
                .filter(|id| before.contains(id.as_str()) != (direction == Direction::In))
                .collect();
            if open.is_empty() {
                let status = if missing.is_empty() {
                    Status::AlreadySo
                } else {
                    without_account(&missing)
                };
                results.push((*item, Ok(status)));
                continue;
            }
            let sending = async {
                match direction {
                    Direction::In => self.writer.add_members(&id, &open).await,
                    Direction::Out => self.writer.remove_members(&id, &open).await,
                }
            };
            let answer = ITEM.scope(item.id.clone(), sending).await;
            match answer {
                Ok(()) => {
                    written.push(Written {
                        at: results.len(),
                        ids: open,
                        error: None,
                        missing,
                    });
                    results.push((*item, Ok(Status::Done)));
                }
                Err(error) if error.effect() == Effect::Unknown => {
                    written.push(Written {
                        at: results.len(),
                        ids: open,
                        error: Some(error),
                        missing,
                    });
                    results.push((*item, Ok(Status::Done)));
                }
                Err(error) => results.push((*item, Err(error))),
            }
        }
        if !written.is_empty() {
            self.read_back(&id, &group.name, direction, written, &mut results)
                .await;
        }
        results
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
        let read = || async {
            let group = self.writer.reader().group(id).await?;
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
            missing,
        } in written
        {
            let wrong = wrong(&there, &ids);
            results[at].1 = match (wrong.as_slice(), error) {
                ([], _) if missing.is_empty() => Ok(Status::Done),
                ([], _) => Ok(without_account(&missing)),
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

    /// The ids of members; and the names of those whose account this run could not make.
    fn member_targets(&self, members: &[MemberChange]) -> (Vec<UserId>, Vec<String>) {
        let made = self.made.lock().expect("no panic inside");
        let mut ids = Vec::with_capacity(members.len());
        let mut missing = Vec::new();
        for MemberChange { person, origins: _ } in members {
            let known = person.id.clone().or_else(|| {
                let key = person.key.as_ref()?;
                made.users.get(key).cloned()
            });
            match known {
                Some(id) => ids.push(id),
                None => missing.push(person.label().to_owned()),
            }
        }
        (ids, missing)
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
    /// People of the item who have no account.
    missing: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    In,
    Out,
}

enum Certainty {
    /// The provider answered that it made the account.
    Created,
    /// The answer was lost or strange, and the account was found.
    Found,
}

enum Still {
    There(Box<wire::User>),
    Gone,
    Moved(Status),
}

/// Whether a create that failed may have happened all the same, or was unnecessary.
fn is_ambiguous(error: &ScimError) -> bool {
    error.effect() == Effect::Unknown || matches!(error.status(), Some(404 | 409))
}

fn gone(person: &Person) -> Status {
    Status::Moved {
        message: format!("the account of `{}` is gone", person.label()),
    }
}

fn failed(message: String) -> Status {
    Status::Failed {
        message,
        help: LOOK.to_owned(),
    }
}

const LOOK: &str = "look at it in the service provider's console, then plan again";

fn not_taken(message: String) -> Status {
    Status::NotTaken {
        message,
        help: LOOK.to_owned(),
    }
}

fn without_account(missing: &[String]) -> Status {
    Status::Skipped {
        because: format!("no account was made for {}", missing.join(", ")),
    }
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

fn member_ids(group: &wire::Group) -> HashSet<String> {
    let members = group.members.iter().flatten();
    members.filter_map(|member| member.value.clone()).collect()
}

fn attributes(user: &UserState) -> NewUser<'_> {
    NewUser {
        external_id: None,
        user_name: &user.user_name,
        display_name: &user.display_name,
        given_name: &user.given_name,
        family_name: &user.family_name,
        email: user.email.as_str(),
    }
}

fn active(user: &UserState) -> WireState<'_> {
    WireState {
        attributes: attributes(user),
        activity: Activity::Active,
    }
}

fn on_the_wire(attribute: Attribute) -> UserAttribute {
    match attribute {
        Attribute::GivenName => UserAttribute::GivenName,
        Attribute::FamilyName => UserAttribute::FamilyName,
        Attribute::DisplayName => UserAttribute::DisplayName,
    }
}

fn attribute(user: &wire::User, attribute: Attribute) -> Option<&str> {
    match attribute {
        Attribute::GivenName => user.name.given_name.as_deref(),
        Attribute::FamilyName => user.name.family_name.as_deref(),
        Attribute::DisplayName => user
            .display_name
            .as_deref()
            .or(user.name.formatted.as_deref()),
    }
}

/// What is not as it was meant, in a few words.
fn difference(profile: &Profile, wanted: &UserState, there: &wire::User) -> Option<String> {
    let email = there
        .email()
        .or(there.user_name.as_deref())
        .unwrap_or_default();
    if fold(email) != wanted.email.folded() {
        return Some(format!("its e-mail reads `{email}`"));
    }
    if there.active == Some(false) {
        return Some("it is inactive".to_owned());
    }
    let shown = there.display_name.as_deref().unwrap_or_default();
    match profile.names {
        NameModel::DisplayNameOnly { .. }
            if !profile.names.same_display_name(&wanted.display_name, shown) =>
        {
            Some(format!("its name reads `{shown}`"))
        }
        // Others derive or drop display names; what is declared is compared by the next plan.
        NameModel::DisplayNameOnly { .. } | NameModel::Full => None,
    }
}
