//! People: created, changed, switched on and off, removed.

use super::{Status, Step, Steps, failed, is_ambiguous};
use crate::apply::context::Picture;
use crate::ids::attributes::{ExtraAttribute, same_value};
use crate::ids::{Email, ExternalId, PersonKey, UserId, fold};
use crate::live::Activity as LiveActivity;
use crate::plan::undo::PreImage;
use crate::plan::{Action, Attribute, AttributeChange, Person, UserState};
use crate::profile::{CreateExisting, EmailChange, NameModel, Profile};
use crate::scim::dialect::{ExternalIdStorage, UserUpdate};
use crate::scim::error::ScimError;
use crate::scim::http::Transport;
use crate::scim::service::{Activity, NewUser, UserAttribute, UserState as WireState};
use crate::scim::wire;

impl<T: Transport> Steps<'_, T> {
    pub(super) async fn create_user(
        &self,
        key: &PersonKey,
        user: &UserState,
        external_id: Option<&ExternalId>,
    ) -> Step {
        if self.picture == Picture::Dated {
            let found = self.writer.reader().find_users(&user.user_name).await?;
            if let Some(status) = self.not_theirs(key, user, &found) {
                return Ok(status);
            }
            if let Some(found) = found.first() {
                let ours = external_id.is_some()
                    && found.external_id.as_deref() == external_id.map(ExternalId::as_str);
                let status = self.adopt(key, found);
                return Ok(if ours { Status::AlreadySo } else { status });
            }
        }
        let new = NewUser {
            external_id: external_id.map(ExternalId::as_str),
            ..attributes(user)
        };
        let (id, certain) = match self.writer.create_user(&new).await {
            Ok(created) => (created.id, Certainty::Created),
            // 409 may be any failure and 404 may come after the fact; a lost answer says
            // nothing. Looking decides.
            Err(error) if is_ambiguous(&error) => {
                let found = self.writer.reader().find_users(&user.user_name).await?;
                if let Some(status) = self.not_theirs(key, user, &found) {
                    return Ok(status);
                }
                match found.into_iter().next() {
                    Some(found) => (found.id, Certainty::Found),
                    None => return Err(error),
                }
            }
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
        // Whatever the status says: an account of another address is not the one asked for.
        let email = there.email().or(there.user_name.as_deref());
        let is_another = email.is_none_or(|email| fold(email) != user.email.folded());
        if certain == Certainty::Created && is_another {
            return Ok(failed(format!(
                "an account of `{}` was asked for, and the provider answered with `{id}`, whose \
                 e-mail reads `{}`; that account is left alone",
                user.email,
                email.unwrap_or_default()
            )));
        }
        let carried = there.external_id.as_deref();
        let ours = external_id.is_some() && carried == external_id.map(ExternalId::as_str);
        // Where an externalId is kept, an account that was made carries the one it was made with.
        let shows = match self.profile.dialect.user_external_id {
            ExternalIdStorage::Stored => external_id.is_some(),
            ExternalIdStorage::Dropped | ExternalIdStorage::Login => false,
        };
        match certain {
            Certainty::Found if !ours => Ok(self.adopt(key, &there)),
            Certainty::Created if shows && !ours => {
                if let Some(status) = self.not_theirs(key, user, std::slice::from_ref(&there)) {
                    return Ok(status);
                }
                self.remember_user(key, id.clone());
                let carried = match carried.filter(|carried| !carried.is_empty()) {
                    Some(carried) => format!("with the externalId `{carried}`"),
                    None => "without externalId".to_owned(),
                };
                Ok(Status::Adopted(format!(
                    "the account of `{key}` (id {id}) came back {carried}, so it counts as one \
                     that was there already"
                )))
            }
            Certainty::Created | Certainty::Found => {
                self.remember_user(key, id);
                Ok(match difference(self.profile, user, &there) {
                    None => Status::Done,
                    Some(difference) => failed(format!("`{key}` was created, but {difference}")),
                })
            }
        }
    }

    /// Why an account that is there already is not taken for this person's: what a plan made now
    /// would refuse is not done because an older one did not know (design §3).
    fn not_theirs(
        &self,
        key: &PersonKey,
        user: &UserState,
        found: &[wire::User],
    ) -> Option<Status> {
        let named = |found: &wire::User| {
            format!(
                "`{}` (id {})",
                found.user_name.as_deref().unwrap_or_default(),
                found.id.as_deref().unwrap_or_default()
            )
        };
        let message = match found {
            [] => return None,
            [found] => {
                let made_for = found.external_id.as_deref().map(ExternalId::from);
                let made_for = made_for.and_then(|id| id.person_key());
                let email = found.email().unwrap_or(user.email.as_str());
                match (made_for, self.profile.email_change) {
                    (Some(other), _) if other != *key => format!(
                        "the account {} was made for person `{other}`, not for `{key}`",
                        named(found)
                    ),
                    (_, EmailChange::Refused { because }) if fold(email) != user.email.folded() => {
                        format!(
                            "the account {} has the e-mail `{email}`, which must not become `{}`: {because}",
                            named(found),
                            user.email
                        )
                    }
                    (_, EmailChange::Refused { .. } | EmailChange::Allowed) => return None,
                }
            }
            several => {
                let named: Vec<String> = several.iter().map(named).collect();
                format!(
                    "{} live users could be `{key}`: {}",
                    several.len(),
                    named.join(", ")
                )
            }
        };
        Some(Status::Moved { message })
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

    pub(super) fn remember_user(&self, key: &PersonKey, id: UserId) {
        self.made
            .lock()
            .expect("no panic inside")
            .users
            .insert(key.clone(), id);
    }

    /// The one user with this e-mail, looked up and compared on our side.
    pub(super) async fn find_user(
        &self,
        user: &UserState,
    ) -> Result<Option<wire::User>, ScimError> {
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
                // An id that was only promised may be somebody else's by now: nothing is
                // written to it before it is known to be theirs.
                let there = self.writer.reader().user(id).await?;
                let theirs = there.is_some_and(|there| {
                    let email = there.email().or(there.user_name.as_deref());
                    email.is_some_and(|email| fold(email) == user.email.folded())
                });
                if !theirs {
                    return Ok(None);
                }
                self.put_names(id, user).await?;
                self.settled(find, Option::is_some).await
            }
        }
    }

    /// Sends first and last name, by which an account that was taken over gets listed.
    pub(super) async fn put_names(&self, id: &UserId, user: &UserState) -> Result<(), ScimError> {
        let all = [
            UserAttribute::DisplayName,
            UserAttribute::GivenName,
            UserAttribute::FamilyName,
        ];
        // A manually made account has no first and last name, so sending some is a change
        // even where the display name is right already.
        let mut change = active(user);
        if user.given_name.is_empty() && user.family_name.is_empty() {
            change.attributes.given_name = &user.display_name;
        }
        self.writer.update_user(id, &change, &all).await
    }

    /// The live user of an item, if they still are who the plan saw.
    pub(super) async fn still(&self, person: &Person) -> Result<Still, ScimError> {
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

    pub(super) async fn update_user(
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
                let there = now.unwrap_or_default();
                change.attribute.is_same(self.profile.names, wanted, there)
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
            .map(|change| change.attribute.on_the_wire())
            .collect();
        let version = user.meta.version.as_deref();
        let writer = self.writer.only_if(version);
        let written = writer.update_user(id, &active(becomes), &changed).await;
        let taken = |user: &Option<wire::User>| {
            user.as_ref().is_some_and(|user| {
                open.iter().all(|change| {
                    let now = attribute(user, change.attribute).unwrap_or_default();
                    let names = self.profile.names;
                    change.attribute.is_same(names, &change.after, now)
                })
            })
        };
        if let Err(error) = &written
            && self.was_faster(error)
        {
            return self.user_moved(person, &user, taken).await;
        }
        self.verdict(
            written,
            || self.writer.reader().user(id),
            taken,
            || {
                let (person, changed) = (person.label(), told(&open));
                match changed.as_slice() {
                    [one] => {
                        format!("{one} of `{person}` did not change although the provider said so")
                    }
                    several => format!(
                        "not all of {} of `{person}` changed although the provider said so",
                        several.join(", ")
                    ),
                }
            },
        )
        .await
    }

    pub(super) async fn set_active(&self, person: &Person, wanted: Activity) -> Step {
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
        let writer = self.writer.only_if(user.meta.version.as_deref());
        let written = match (wanted, self.writer.reader().dialect().user_update) {
            // There PATCH takes `active: true` and does nothing; PUT has to say it anyway.
            (Activity::Active, UserUpdate::Put) => {
                let email = user.email().or(user.user_name.as_deref());
                let login = user.user_name.as_deref().unwrap_or(person.email.as_str());
                let extras = user.attributes();
                let state = WireState {
                    attributes: NewUser {
                        external_id: None,
                        user_name: login,
                        display_name: user.display_name.as_deref().unwrap_or_default(),
                        given_name: user.name.given_name.as_deref().unwrap_or_default(),
                        family_name: user.name.family_name.as_deref().unwrap_or_default(),
                        email: email.unwrap_or(login),
                        attributes: &extras,
                    },
                    activity: Activity::Active,
                };
                let all = [UserAttribute::DisplayName];
                writer.update_user(id, &state, &all).await
            }
            (Activity::Active, UserUpdate::PatchPaths | UserUpdate::PutMerged)
            | (Activity::Inactive, _) => writer.set_active(id, wanted).await,
        };
        let taken = |user: &Option<wire::User>| user.as_ref().is_some_and(is);
        if let Err(error) = &written
            && self.was_faster(error)
        {
            return self.user_moved(person, &user, taken).await;
        }
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

    /// Somebody wrote to the account between our read and our write: what they changed, and the
    /// item stops.
    async fn user_moved(
        &self,
        person: &Person,
        before: &wire::User,
        is_taken: impl Fn(&Option<wire::User>) -> bool,
    ) -> Step {
        let id = person
            .id
            .as_ref()
            .expect("an item on a live user carries the id");
        let now = self.writer.reader().user(id).await?;
        // It may have been this very write, sent again after its answer was lost.
        if is_taken(&now) {
            return Ok(Status::AlreadySo);
        }
        let Some(now) = now else {
            return Ok(gone(person));
        };
        Ok(Status::Moved {
            message: format!(
                "somebody changed the account of `{}` between reading and writing it: {}",
                person.label(),
                moved(before, &now)
            ),
        })
    }

    pub(super) async fn delete_user(&self, action: &Action, person: &Person) -> Step {
        let user = match self.still(person).await? {
            Still::There(user) => *user,
            Still::Gone => return Ok(Status::AlreadySo),
            Still::Moved(status) => return Ok(status),
        };
        self.remember(action, pre_image(action, person, user.clone()));
        let id = person
            .id
            .as_ref()
            .expect("an item on a live user carries the id");
        let writer = self.writer.only_if(user.meta.version.as_deref());
        let written = writer.delete_user(id).await.map(|_| ());
        if let Err(error) = &written
            && self.was_faster(error)
        {
            return self.user_moved(person, &user, Option::is_none).await;
        }
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
}

/// What of an account somebody changed, before and now.
fn moved(before: &wire::User, now: &wire::User) -> String {
    let mut told: Vec<String> = Vec::new();
    let mut tell = |what: &str, before: Option<&str>, now: Option<&str>| {
        if before != now {
            let shown = |text: Option<&str>| match text {
                Some(text) => format!("`{text}`"),
                None => "nothing".to_owned(),
            };
            told.push(format!(
                "{what} was {} and is {}",
                shown(before),
                shown(now)
            ));
        }
    };
    tell(
        "userName",
        before.user_name.as_deref(),
        now.user_name.as_deref(),
    );
    tell("the e-mail", before.email(), now.email());
    for which in [
        Attribute::DisplayName,
        Attribute::GivenName,
        Attribute::FamilyName,
    ] {
        tell(
            which.path(),
            attribute(before, which),
            attribute(now, which),
        );
    }
    for extra in ExtraAttribute::ALL {
        tell(extra.name(), before.extra(extra), now.extra(extra));
    }
    let active = |user: &wire::User| {
        Some(if user.active == Some(false) {
            "false"
        } else {
            "true"
        })
    };
    tell("active", active(before), active(now));
    tell(
        "externalId",
        before.external_id.as_deref(),
        now.external_id.as_deref(),
    );
    if told.is_empty() {
        let version = |user: &wire::User| user.meta.version.clone().unwrap_or_default();
        told.push(format!(
            "its version was {} and is {}",
            version(before),
            version(now)
        ));
    }
    told.join(", ")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Certainty {
    /// The provider answered that it made the account.
    Created,
    /// The answer was lost or strange, and the account was found.
    Found,
}

pub(super) enum Still {
    There(Box<wire::User>),
    Gone,
    Moved(Status),
}

/// An account as it is just before it is removed.
fn pre_image(action: &Action, person: &Person, user: wire::User) -> PreImage {
    let attributes = user.attributes();
    let email = Email::new(user.email().unwrap_or(person.email.as_str()));
    PreImage::User {
        user: UserState {
            user_name: user.user_name.unwrap_or_else(|| email.as_str().to_owned()),
            email,
            given_name: user.name.given_name.unwrap_or_default(),
            family_name: user.name.family_name.unwrap_or_default(),
            display_name: user
                .display_name
                .or(user.name.formatted)
                .unwrap_or_default(),
            attributes,
        },
        external_id: user
            .external_id
            .filter(|id| !id.is_empty())
            .map(ExternalId::from),
        activity: match user.active {
            Some(false) => LiveActivity::Inactive,
            Some(true) | None => LiveActivity::Active,
        },
        groups: action.memberships_lost().to_vec(),
    }
}

pub(super) fn gone(person: &Person) -> Status {
    Status::Moved {
        message: format!("the account of `{}` is gone", person.label()),
    }
}

pub(super) fn attributes(user: &UserState) -> NewUser<'_> {
    NewUser {
        external_id: None,
        user_name: &user.user_name,
        display_name: &user.display_name,
        given_name: &user.given_name,
        family_name: &user.family_name,
        email: user.email.as_str(),
        attributes: &user.attributes,
    }
}

pub(super) fn active(user: &UserState) -> WireState<'_> {
    WireState {
        attributes: attributes(user),
        activity: Activity::Active,
    }
}

/// What changes, for a sentence: names are one thing to whoever reads it.
fn told(changes: &[&AttributeChange]) -> Vec<&'static str> {
    let mut told: Vec<&'static str> = Vec::new();
    for change in changes {
        let what = match change.attribute {
            Attribute::GivenName | Attribute::FamilyName | Attribute::DisplayName => "the name",
            Attribute::Extra(extra) => extra.name(),
        };
        if told.last() != Some(&what) {
            told.push(what);
        }
    }
    told
}

fn attribute(user: &wire::User, attribute: Attribute) -> Option<&str> {
    match attribute {
        Attribute::GivenName => user.name.given_name.as_deref(),
        Attribute::FamilyName => user.name.family_name.as_deref(),
        Attribute::DisplayName => user
            .display_name
            .as_deref()
            .or(user.name.formatted.as_deref()),
        Attribute::Extra(extra) => user.extra(extra),
    }
}

/// Everything that is not as it was meant, in a few words.
pub(super) fn difference(
    profile: &Profile,
    wanted: &UserState,
    there: &wire::User,
) -> Option<String> {
    let mut found: Vec<String> = Vec::new();
    let email = there
        .email()
        .or(there.user_name.as_deref())
        .unwrap_or_default();
    if fold(email) != wanted.email.folded() {
        found.push(format!("its e-mail reads `{email}`"));
    }
    if there.active == Some(false) {
        found.push("it is inactive".to_owned());
    }
    // What was sent and is dropped in silence would be sent again for ever.
    for (attribute, value) in wanted.attributes.iter() {
        let reads = there.extra(attribute);
        if !same_value(value, reads.unwrap_or_default()) {
            let name = attribute.name();
            found.push(match reads {
                None => format!("its {name} has no value and was `{value}` in what was sent"),
                Some(reads) => {
                    format!("its {name} is `{reads}` and was `{value}` in what was sent")
                }
            });
        }
    }
    let shown = there.display_name.as_deref().unwrap_or_default();
    match profile.names {
        NameModel::DisplayNameOnly { .. }
            if !profile.names.same_display_name(&wanted.display_name, shown) =>
        {
            found.push(format!("its name reads `{shown}`"));
        }
        // Others derive or drop display names; what is declared is compared by the next plan.
        NameModel::DisplayNameOnly { .. } | NameModel::Full | NameModel::NotKept => {}
    }
    (!found.is_empty()).then(|| found.join(", "))
}
