//! What the provider does with users: attributes, updates, `active`, creates and removals.

use serde_json::{Value, json};

use super::found::{Belief, Measured, Topic};
use super::namespace::Collection;
use super::session::{Answer, Created, Halt, Own, Removed, Session, told};
use super::settings::Key;
use crate::ids::attributes::NO_ATTRIBUTES;
use crate::ids::{UserId, fold};
use crate::profile::{CreateExisting, NameModel, Suspension};
use crate::scim::dialect::{
    Dialect, EntityTags, ExternalIdStorage, OpCase, UserDeactivation, UserDeletion, UserUpdate,
};
use crate::scim::http::{JSON, Method, SCIM_JSON, Transport};
use crate::scim::service::{Activity, NewUser, UserAttribute, UserState};
use crate::scim::wire::USER_SCHEMA;

/// What somebody of ours is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) given: String,
    pub(super) family: String,
    pub(super) display: String,
}

/// The names of one of ours. The display name is made of the other two, as a manifest does
/// where it says nothing else.
pub(super) fn names<T: Transport>(session: &Session<'_, T>, who: &str) -> Names {
    let given = format!("{}{who}", session.names().prefix());
    let family = "Probe".to_owned();
    Names {
        display: format!("{given} {family}"),
        given,
        family,
    }
}

/// The body of one of ours.
pub(super) fn body<T: Transport>(session: &Session<'_, T>, login: &str, who: &str) -> Value {
    let names = names(session, who);
    let mut body = json!({
        "schemas": [USER_SCHEMA],
        "userName": login,
        "displayName": names.display,
        "name": { "givenName": names.given, "familyName": names.family },
        "emails": [{ "value": login, "type": "work", "primary": true }],
        "active": true,
    });
    if session.dialect().user_external_id == ExternalIdStorage::Stored {
        body["externalId"] = external_id(session, who).into();
    }
    body
}

fn external_id<T: Transport>(session: &Session<'_, T>, who: &str) -> String {
    format!("{}{who}", session.names().prefix())
}

/// Which attributes come back as they were sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Kept {
    display: bool,
    given: bool,
    family: bool,
    email: bool,
    external_id: bool,
    active: bool,
}

impl Kept {
    fn of<T: Transport>(session: &Session<'_, T>, read: &Value, login: &str, who: &str) -> Self {
        let names = names(session, who);
        let email = read["emails"].as_array().into_iter().flatten();
        Self {
            display: read["displayName"] == names.display.as_str(),
            given: read["name"]["givenName"] == names.given.as_str(),
            family: read["name"]["familyName"] == names.family.as_str(),
            email: email
                .filter_map(|it| it["value"].as_str())
                .any(|it| fold(it) == fold(login)),
            external_id: read["externalId"] == external_id(session, who).as_str(),
            active: read["active"].is_boolean(),
        }
    }

    fn has(self, attribute: UserAttribute) -> bool {
        match attribute {
            UserAttribute::DisplayName => self.display,
            UserAttribute::GivenName => self.given,
            UserAttribute::FamilyName => self.family,
            UserAttribute::Email => self.email,
            UserAttribute::UserName => true,
            // None is sent, so none is asked about.
            UserAttribute::Extra(_) => false,
        }
    }

    fn words(self) -> [(&'static str, bool); 5] {
        [
            ("displayName", self.display),
            ("name.givenName", self.given),
            ("name.familyName", self.family),
            ("emails", self.email),
            ("active", self.active),
        ]
    }
}

/// The first user: made, read, removed. Whatever cannot be removed again must not be made.
pub(super) async fn canary<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
) -> Result<Kept, Halt> {
    let login = session.names().login("first");
    let body = body(session, &login, "first");
    let mut made = session.must_create(Collection::Users, &login, &body).await;
    if let Err(Halt::Failed(error)) = &made
        && error.status() == Some(415)
    {
        // From now on everything is sent so.
        let refused = session.dialect().content_type;
        session.profile.dialect.content_type = other_type(refused);
        made = session.must_create(Collection::Users, &login, &body).await;
    }
    let own = made.map_err(|halt| match halt {
        Halt::Failed(error) if matches!(error.status(), Some(400 | 409 | 422)) => {
            Halt::NotMade(error)
        }
        other => other,
    })?;
    let read = session.must_read(&own).await?;
    let kept = Kept::of(session, &read.body, &login, "first");
    match session.remove(&own).await? {
        Removed::Gone => measured.setting(
            Topic::UserRemoval,
            Key::UserDeletion,
            "DELETE removes the user",
            |profile| profile.dialect.user_deletion = UserDeletion::Removes,
        ),
        Removed::Stays(answer) => {
            let found = format!("DELETE {}, and the user is still there", answer.says());
            match session.must_read(&own).await?.body["active"].as_bool() {
                Some(false) => measured.setting(
                    Topic::UserRemoval,
                    Key::UserDeletion,
                    format!("{found}, inactive"),
                    |profile| profile.dialect.user_deletion = UserDeletion::Deactivates,
                ),
                Some(true) | None => measured.note(Topic::UserRemoval, found.clone()),
            }
            return Err(Halt::Stays(found));
        }
    }
    let names = session.profile.names;
    let list = |wanted: bool| {
        let words = kept.words();
        let words = words.iter().filter(|(_, kept)| *kept == wanted);
        words.map(|(word, _)| *word).collect::<Vec<_>>().join(", ")
    };
    let found = match list(false).as_str() {
        "" => format!("{} come back as sent", list(true)),
        lost => format!("{} come back as sent; not {lost}", list(true)),
    };
    let parts = kept.given && kept.family;
    let belief = match names {
        NameModel::Full => Belief::is(
            parts && kept.display,
            "first, last and display name are kept",
        ),
        NameModel::DisplayNameOnly { .. } => {
            Belief::is(kept.display && !parts, "only the display name is kept")
        }
        NameModel::NotKept => Belief::is(!parts && !kept.display, "no name is kept"),
    };
    measured.belief(Topic::UserAttributes, found, belief);
    match session.dialect().user_external_id {
        ExternalIdStorage::Stored => {
            let found = match kept.external_id {
                true => "comes back as sent",
                false => "does not come back",
            };
            measured.setting(
                Topic::UserExternalId,
                Key::UserExternalId,
                found,
                |profile| {
                    profile.dialect.user_external_id = match kept.external_id {
                        true => ExternalIdStorage::Stored,
                        false => ExternalIdStorage::Dropped,
                    };
                },
            );
        }
        ExternalIdStorage::Dropped => measured.unknown(
            Topic::UserExternalId,
            "the profile in use says that it is dropped, so none was sent",
        ),
        ExternalIdStorage::Login => measured.unknown(
            Topic::UserExternalId,
            "the profile in use says that people log in by it, so it carried the e-mail",
        ),
    }
    Ok(kept)
}

/// Creates of somebody who is there already, and of somebody whose login has capitals.
pub(super) async fn creates<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
    a: &Own,
) -> Result<(), Halt> {
    let again = body(session, &a.name, "a");
    let created = session.create(Collection::Users, &a.name, &again).await?;
    let used = session.profile.create_existing;
    let believed = |found| {
        Belief::is(
            used == found,
            match used {
                CreateExisting::Refused => "the create is refused",
                CreateExisting::Adopts => "the account that is there comes back",
            },
        )
    };
    match created {
        Created::Known(answer) => {
            let status = answer.status.unwrap_or_default();
            let found = format!("answers {status} with the user who is there");
            measured.belief(
                Topic::UserCreateAgain,
                found,
                believed(CreateExisting::Adopts),
            );
        }
        Created::Unclear(_, answer) if answer.is_refusal() => measured.belief(
            Topic::UserCreateAgain,
            answer.says(),
            believed(CreateExisting::Refused),
        ),
        Created::Unclear(_, answer) => {
            measured.unknown(Topic::UserCreateAgain, answer.says());
        }
        Created::New(second, _) => {
            measured.note(
                Topic::UserCreateAgain,
                "makes a second user of the same login",
            );
            session.remove(&second).await?;
        }
    }

    let login = session.names().login("Case");
    let sent = body(session, &login, "case");
    let Created::New(case, answer) = session.create(Collection::Users, &login, &sent).await? else {
        measured.unknown(Topic::UserNameCase, "a login with a capital was not taken");
        return Ok(());
    };
    let stored = match answer.body["userName"].as_str() {
        Some(stored) if stored == login => "stored as sent",
        Some(stored) if stored == login.to_lowercase() => "stored in lower case",
        Some(_) => "stored in another form",
        None => "not told",
    };
    let lower = login.to_lowercase();
    let sent = body(session, &lower, "case");
    let unique = match session.create(Collection::Users, &lower, &sent).await? {
        Created::New(other, _) => {
            session.remove(&other).await?;
            "another case is another user"
        }
        Created::Known(_) => "another case is the same user",
        Created::Unclear(_, answer) if answer.is_refusal() => "another case is a conflict",
        Created::Unclear(_, _) => "what another case is, is not clear",
    };
    let address = answer.body["emails"][0]["value"].as_str();
    let address = match address {
        Some(stored) if stored == login => "the address as sent",
        Some(stored) if stored == lower => "the address in lower case",
        Some(_) => "the address in another form",
        None => "the address is not told",
    };
    measured.note(
        Topic::UserNameCase,
        format!("{stored}, {address}; {unique}"),
    );
    session.remove(&case).await?;
    Ok(())
}

/// How attributes are changed.
pub(super) async fn updates<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
    (a, b): (&Own, &Own),
    kept: Kept,
) -> Result<(), Halt> {
    let used = session.dialect().user_update;
    let forms = match used {
        UserUpdate::PatchPaths => [used, UserUpdate::PutMerged],
        UserUpdate::Put | UserUpdate::PutMerged => [used, UserUpdate::PatchPaths],
    };
    let mut works: Vec<(UserUpdate, Vec<UserAttribute>)> = Vec::new();
    let mut said = Vec::new();
    for (number, form) in forms.into_iter().enumerate() {
        match update(session, a, form, kept, number).await? {
            Ok(stays) => {
                let but = match stays.is_empty() {
                    true => String::new(),
                    false => format!(", but for {}", listed(&stays)),
                };
                said.push(format!("{} works{but}", word(form)));
                works.push((form, stays));
            }
            Err(why) => said.push(format!("{} {why}", word(form))),
        }
    }
    let said = said.join("; ");
    // The one in use, unless another changes more.
    match works.into_iter().min_by_key(|(_, stays)| stays.len()) {
        Some((form, stays)) => {
            measured.setting(Topic::UserUpdate, Key::UserUpdate, said, |profile| {
                profile.dialect.user_update = form;
            });
            let found = match stays.is_empty() {
                true => "every name that is kept can be changed".to_owned(),
                false => format!("{}, as made", listed(&stays)),
            };
            // What does not even come back never differs.
            measured.setting(Topic::UserImmutable, Key::Immutable, found, |profile| {
                let known = &mut profile.dialect.immutable;
                known.retain(|attribute| !kept.has(*attribute));
                known.extend(stays);
                known.sort();
            });
        }
        None => {
            measured.unknown(Topic::UserUpdate, said);
            measured.unknown(Topic::UserImmutable, "no form of update works");
        }
    }
    put(session, measured, b, kept).await
}

fn listed(attributes: &[UserAttribute]) -> String {
    let names = attributes.iter().map(|attribute| match attribute {
        UserAttribute::UserName => "userName",
        UserAttribute::DisplayName => "displayName",
        UserAttribute::GivenName => "name.givenName",
        UserAttribute::FamilyName => "name.familyName",
        UserAttribute::Email => "emails",
        UserAttribute::Extra(extra) => extra.name(),
    });
    names.collect::<Vec<_>>().join(", ")
}

fn with_update(dialect: &Dialect, user_update: UserUpdate) -> Dialect {
    Dialect {
        user_update,
        ..dialect.clone()
    }
}

fn word(form: UserUpdate) -> &'static str {
    match form {
        UserUpdate::PatchPaths => "PATCH with paths",
        UserUpdate::Put => "PUT",
        UserUpdate::PutMerged => "PUT of what was read",
    }
}

/// Changes all that is kept of one of ours, and reads it back: which attributes stay as they
/// were although others changed, or why it does not work. What does not go well is tried once
/// more: a provider may have been unwell.
async fn update<T: Transport>(
    session: &mut Session<'_, T>,
    own: &Own,
    form: UserUpdate,
    kept: Kept,
    number: usize,
) -> Result<Result<Vec<UserAttribute>, String>, Halt> {
    let mut outcome = Err(String::new());
    for attempt in 0..2 {
        let given = format!("{}a{number}{attempt}", session.names().prefix());
        let family = format!("Probe{number}{attempt}");
        let display = format!("{given} {family}");
        let external_id = external_id(session, "a");
        let state = UserState {
            attributes: NewUser {
                external_id: Some(&external_id),
                user_name: &own.name,
                display_name: &display,
                given_name: &given,
                family_name: &family,
                email: &own.name,
                attributes: &NO_ATTRIBUTES,
            },
            activity: Activity::Active,
        };
        let mut changed = vec![UserAttribute::DisplayName];
        // As the planner does: what the provider does not keep is never a difference.
        if kept.given || kept.family {
            changed.extend([UserAttribute::GivenName, UserAttribute::FamilyName]);
        }
        let writer = session.writer(with_update(session.dialect(), form))?;
        let id = UserId::from(own.id.as_str());
        let updated = writer.update_user(&id, &state, &changed).await;
        let error = session.outcome(updated)?;
        let read = session.must_read(own).await?.body;
        let (mut stays, mut took) = (Vec::new(), Vec::new());
        for (attribute, found, wanted) in [
            (UserAttribute::DisplayName, &read["displayName"], &display),
            (UserAttribute::GivenName, &read["name"]["givenName"], &given),
            (
                UserAttribute::FamilyName,
                &read["name"]["familyName"],
                &family,
            ),
        ] {
            match (kept.has(attribute), found == wanted.as_str()) {
                (false, _) => {}
                (true, true) => took.push(attribute),
                (true, false) => stays.push(attribute),
            }
        }
        outcome = match error {
            _ if kept.external_id && read["externalId"] != external_id.as_str() => {
                Err("loses the `externalId`".to_owned())
            }
            Some(error) if !stays.is_empty() => Err(told(&error)),
            None if took.is_empty() && !stays.is_empty() => {
                Err("is accepted, and changes nothing".to_owned())
            }
            Some(_) | None => Ok(stays),
        };
        if outcome.as_ref().is_ok_and(Vec::is_empty) {
            break;
        }
    }
    Ok(outcome)
}

/// RFC 7644 §3.5.1: what a PUT leaves out may be cleared.
async fn put<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
    b: &Own,
    kept: Kept,
) -> Result<(), Halt> {
    let names = names(session, "b");
    let body = json!({
        "schemas": [USER_SCHEMA],
        "userName": b.name,
        "name": { "givenName": names.given, "familyName": names.family },
        "active": true,
    });
    let request = session.with_body(Method::Put, &["Users", &b.id], &body);
    let answer = session.send(request).await?;
    if !answer.is_success() {
        measured.note(
            Topic::UserPut,
            format!(
                "PUT without display name, e-mail and `externalId` {}",
                answer.says()
            ),
        );
        return Ok(());
    }
    let read = session.must_read(b).await?.body;
    let mut cleared = Vec::new();
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    };
    for (was_kept, name) in [
        (kept.display, "displayName"),
        (kept.email, "emails"),
        (kept.external_id, "externalId"),
    ] {
        if was_kept && is_empty(&read[name]) {
            cleared.push(name);
        }
    }
    let found = match cleared.is_empty() {
        true => "keeps what it leaves out: display name, e-mail, `externalId`".to_owned(),
        false => format!("clears what it leaves out: {}", cleared.join(", ")),
    };
    measured.note(Topic::UserPut, found);
    Ok(())
}

/// Other spellings of a PATCH, and other media types. Whatever they do, they do it to `c`.
pub(super) async fn spellings<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
    c: &Own,
) -> Result<(), Halt> {
    let mut said = Vec::new();
    let path =
        |op: &str, display: &str| json!([{ "op": op, "path": "displayName", "value": display }]);
    let pathless =
        |display: &str| json!([{ "op": "replace", "value": { "displayName": display } }]);
    let mut taken = Taken::default();
    for (form, name) in [
        (Form::Lower, "`replace`"),
        (Form::Capital, "`Replace`"),
        (Form::NoPath, "no path"),
    ] {
        let display = format!("{}c {name}", session.names().prefix()).replace('`', "");
        let mut outcome = String::new();
        // What does not work is tried once more.
        for _ in 0..2 {
            let operations = match form {
                Form::Lower => path("replace", &display),
                Form::Capital => path("Replace", &display),
                Form::NoPath => pathless(&display),
            };
            let request = session.patch(c, operations);
            let answer = session.send(request).await?;
            outcome = match session.read(c).await? {
                None if session.has_vanished(c).await? => {
                    said.push(format!("{name} removes the user"));
                    measured.note(Topic::UserPatchForms, said.join("; "));
                    return Ok(());
                }
                None => "is not clear".to_owned(),
                Some(read) if read.body["displayName"] == display.as_str() => {
                    taken.note(form);
                    "works".to_owned()
                }
                Some(_) if answer.is_success() => {
                    format!("{}, and does nothing", answer.says())
                }
                Some(_) => answer.says(),
            };
            if outcome == "works" {
                break;
            }
        }
        said.push(format!("{name} {outcome}"));
    }
    measured.note(Topic::UserPatchForms, said.join("; "));
    op_case(session, measured, taken);
    content_type(session, measured, c).await
}

/// A PUT of what is there already: only the media type is asked about.
async fn content_type<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
    c: &Own,
) -> Result<(), Halt> {
    let used = session.dialect().content_type;
    let other = other_type(used);
    let whole = body(session, &c.name, "c");
    let request = session.with_body(Method::Put, &["Users", &c.id], &whole);
    let answer = session.send(request).await?;
    if !answer.is_success() {
        let because = format!("a PUT to try it with {}", answer.says());
        measured.unknown(Topic::ContentType, because);
        return Ok(());
    }
    let mut request = session.with_body(Method::Put, &["Users", &c.id], &whole);
    request.content_type = other;
    let answer = session.send(request).await?;
    let other_is = match answer.status {
        Some(415) => format!("{other} is not"),
        _ if answer.is_success() => format!("{other} too"),
        _ => format!("{other} {}", answer.says()),
    };
    let found = format!("{used} is taken, {other_is}");
    measured.setting(Topic::ContentType, Key::ContentType, found, |profile| {
        profile.dialect.content_type = used;
    });
    Ok(())
}

fn other_type(content_type: &str) -> &'static str {
    match content_type {
        SCIM_JSON => JSON,
        _ => SCIM_JSON,
    }
}

/// A spelling of a PATCH.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Lower,
    Capital,
    NoPath,
}

/// Which spellings of `op` were obeyed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Taken {
    lower: bool,
    capital: bool,
}

impl Taken {
    pub(super) fn note(&mut self, form: Form) {
        match form {
            Form::Lower => self.lower = true,
            Form::Capital => self.capital = true,
            Form::NoPath => {}
        }
    }
}

/// From now on operations are spelled as the provider takes them: as in use, if that is one.
pub(super) fn op_case<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
    taken: Taken,
) {
    let (case, found) = match (taken.lower, taken.capital) {
        (true, true) => (session.dialect().op_case, "small and capital"),
        (true, false) => (OpCase::Lower, "small only"),
        (false, true) => (OpCase::Capital, "capital only"),
        (false, false) => return,
    };
    session.profile.dialect.op_case = case;
    measured.setting(Topic::OpCase, Key::OpCase, found, |profile| {
        profile.dialect.op_case = case;
    });
}

/// What `active: false` does. At some providers it removes people, so it is asked of one of
/// ours who is not needed any more.
pub(super) async fn inactive<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
    c: &Own,
) -> Result<(), Halt> {
    let replace = session.replace();
    let active = |value: bool| json!([{ "op": replace, "path": "active", "value": value }]);
    if session.is_gone(c).await? {
        measured.unknown(Topic::UserInactive, "the user to try it on is gone already");
        return Ok(());
    }
    let request = session.patch(c, active(false));
    let answer = session.send(request).await?;
    let read = match session.read(c).await? {
        None if session.has_vanished(c).await? => {
            let found = "removes the user";
            measured.setting(Topic::UserInactive, Key::ActiveFalse, found, |profile| {
                profile.suspension = Suspension::Removes;
                profile.dialect.user_deactivation = UserDeactivation::Removes;
            });
            return Ok(());
        }
        None => session.must_read(c).await?,
        Some(read) => read,
    };
    if read.body["active"] != false {
        let found = match answer.is_success() {
            true => "is accepted, and the user is active all the same".to_owned(),
            false => format!("is refused: the provider {}", answer.says()),
        };
        measured.note(Topic::UserInactive, found);
        return Ok(());
    }
    let listed = match session.in_list(c).await? {
        Some(_) => "still listed",
        None => "not seen in lists",
    };
    let request = session.patch(c, active(true));
    let answer = session.send(request).await?;
    let back = match session.read(c).await? {
        Some(read) if read.body["active"] == true => "can be switched on again".to_owned(),
        Some(_) | None => format!(
            "cannot be switched on again: the provider {}",
            answer.says()
        ),
    };
    let found = format!("switches the user off, who is {listed} and {back}");
    measured.setting(Topic::UserInactive, Key::ActiveFalse, found, |profile| {
        profile.suspension = Suspension::Disables;
        profile.dialect.user_deactivation = UserDeactivation::PatchActiveFalse;
    });
    Ok(())
}

/// Versions (RFC 7644 §3.14).
pub(super) async fn versions<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
    b: &Own,
) -> Result<(), Halt> {
    let read: Answer = session.must_read(b).await?;
    let told = |version: Option<&str>| version.is_some_and(|version| !version.is_empty());
    let header = told(read.etag.as_deref());
    let meta = told(read.body["meta"]["version"].as_str());
    let offered = match (header, meta) {
        (true, true) => "told in `ETag` and `meta.version`",
        (true, false) => "told in `ETag` only",
        (false, true) => "told in `meta.version` only",
        (false, false) => {
            tags(measured, "none are told", EntityTags::Ignored);
            return Ok(());
        }
    };
    // A PUT of what is there already: only the version is asked about.
    let whole = body(session, &b.name, "b");
    let mut request = session.with_body(Method::Put, &["Users", &b.id], &whole);
    request.if_match = Some("W/\"scim-sync-probe\"".to_owned());
    let answer = session.send(request).await?;
    let (obeyed, found) = match answer.status {
        Some(412) => (
            "a stale `If-Match` is refused".to_owned(),
            EntityTags::IfMatch,
        ),
        _ if answer.is_success() => (
            "a stale `If-Match` changes nothing".to_owned(),
            EntityTags::Ignored,
        ),
        _ => (
            format!("a stale `If-Match` {}", answer.says()),
            EntityTags::Ignored,
        ),
    };
    tags(measured, format!("{offered}; {obeyed}"), found);
    Ok(())
}

fn tags(measured: &mut Measured, found: impl Into<String>, entity_tags: EntityTags) {
    measured.setting(Topic::Etag, Key::EntityTags, found, |profile| {
        profile.dialect.entity_tags = entity_tags;
    });
}
