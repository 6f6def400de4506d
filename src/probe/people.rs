//! What the provider does with users: attributes, updates, `active`, creates and removals.

use serde_json::{Value, json};

use super::found::{Belief, Measured, Topic};
use super::namespace::Collection;
use super::session::{Answer, Created, Halt, Own, Removed, Session, told};
use super::settings::Key;
use crate::ids::{UserId, fold};
use crate::profile::{CreateExisting, NameModel, Suspension};
use crate::scim::dialect::{Dialect, ExternalIdStorage, UserUpdate};
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
    let made = session.must_create(Collection::Users, &login, &body).await;
    let own = made.map_err(|halt| match halt {
        Halt::Failed(error) if matches!(error.status(), Some(400 | 409 | 422)) => {
            Halt::NotMade(error)
        }
        other => other,
    })?;
    let read = session.must_read(&own).await?;
    let kept = Kept::of(session, &read.body, &login, "first");
    match session.remove(&own).await? {
        Removed::Gone => measured.note(Topic::UserRemoval, "DELETE removes the user"),
        Removed::Stays(answer) => {
            let found = format!("DELETE {}, and the user is still there", answer.says());
            measured.note(Topic::UserRemoval, found.clone());
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
                |dialect| {
                    dialect.user_external_id = match kept.external_id {
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
    let mut forms = vec![used];
    for other in [UserUpdate::PatchPaths, UserUpdate::PutMerged] {
        if Key::UserUpdate.value(&with_update(session.dialect(), other))
            != Key::UserUpdate.value(session.dialect())
        {
            forms.push(other);
        }
    }
    let mut works = Vec::new();
    let mut fails = Vec::new();
    for (number, form) in forms.into_iter().enumerate() {
        match update(session, a, form, kept, number).await? {
            Ok(()) => works.push(form),
            Err(why) => fails.push(format!("{} {why}", word(form))),
        }
    }
    let mut said: Vec<String> = works
        .iter()
        .map(|form| format!("{} works", word(*form)))
        .collect();
    said.extend(fails);
    let said = said.join("; ");
    match works.first().copied() {
        Some(form) => measured.setting(Topic::UserUpdate, Key::UserUpdate, said, |dialect| {
            dialect.user_update = form;
        }),
        None => measured.unknown(Topic::UserUpdate, said),
    }
    put(session, measured, b, kept).await
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

/// Changes all that is kept of one of ours, and reads it back. What does not go well is tried
/// once more: a provider may have been unwell.
async fn update<T: Transport>(
    session: &mut Session<'_, T>,
    own: &Own,
    form: UserUpdate,
    kept: Kept,
    number: usize,
) -> Result<Result<(), String>, Halt> {
    let mut why = String::new();
    for attempt in 0..2 {
        let given = format!("{}a{number}{attempt}", session.names().prefix());
        let family = format!("Probe{number}");
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
        let said = match session.outcome(updated)? {
            None => "is accepted".to_owned(),
            Some(error) => told(&error),
        };
        let read = session.must_read(own).await?.body;
        let mut wrong = Vec::new();
        let mut expect = |is_kept: bool, name: &'static str, found: &Value, wanted: &str| {
            if is_kept && found != wanted {
                wrong.push(name);
            }
        };
        expect(kept.display, "displayName", &read["displayName"], &display);
        expect(
            kept.given,
            "name.givenName",
            &read["name"]["givenName"],
            &given,
        );
        expect(
            kept.family,
            "name.familyName",
            &read["name"]["familyName"],
            &family,
        );
        expect(
            kept.external_id,
            "externalId",
            &read["externalId"],
            &external_id,
        );
        if wrong.is_empty() {
            return Ok(Ok(()));
        }
        why = format!("{said}, and {} is not as sent", wrong.join(", "));
    }
    Ok(Err(why))
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
    for (name, capital) in [
        ("`replace`", false),
        ("`Replace`", true),
        ("no path", false),
    ] {
        let display = format!("{}c {name}", session.names().prefix()).replace('`', "");
        let operations = match (name, capital) {
            ("no path", _) => pathless(&display),
            (_, true) => path("Replace", &display),
            (_, false) => path("replace", &display),
        };
        let request = session.patch(c, operations);
        let answer = session.send(request).await?;
        let outcome = match session.read(c).await? {
            None if session.has_vanished(c).await? => {
                said.push(format!("{name} removes the user"));
                break;
            }
            None => "is not clear".to_owned(),
            Some(read) if read.body["displayName"] == display.as_str() => "works".to_owned(),
            Some(_) if answer.is_success() => format!("{}, and does nothing", answer.says()),
            Some(_) => answer.says(),
        };
        said.push(format!("{name} {outcome}"));
    }
    measured.note(Topic::UserPatchForms, said.join("; "));

    content_type(session, measured, c).await
}

/// A PUT of what is there already: only the media type is asked about.
async fn content_type<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
    c: &Own,
) -> Result<(), Halt> {
    let used = session.dialect().content_type;
    let other = match used {
        SCIM_JSON => JSON,
        _ => SCIM_JSON,
    };
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
    measured.note(Topic::ContentType, format!("{used} is taken, {other_is}"));
    Ok(())
}

/// What `active: false` does. At some providers it removes people, so it is asked of one of
/// ours who is not needed any more.
pub(super) async fn inactive<T: Transport>(
    session: &mut Session<'_, T>,
    measured: &mut Measured,
    c: &Own,
) -> Result<(), Halt> {
    let active = |value: bool| json!([{ "op": "replace", "path": "active", "value": value }]);
    if session.is_gone(c).await? {
        measured.unknown(Topic::UserInactive, "the user to try it on is gone already");
        return Ok(());
    }
    let request = session.patch(c, active(false));
    let answer = session.send(request).await?;
    let used = session.profile.suspension;
    let believed = |found| {
        Belief::is(
            used == found,
            match used {
                Suspension::Disables => "the account stays, switched off",
                Suspension::Removes => "the account is removed",
            },
        )
    };
    let read = match session.read(c).await? {
        None if session.has_vanished(c).await? => {
            measured.belief(
                Topic::UserInactive,
                "removes the user",
                believed(Suspension::Removes),
            );
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
    measured.belief(
        Topic::UserInactive,
        format!("switches the user off, who is {listed} and {back}"),
        believed(Suspension::Disables),
    );
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
            measured.note(Topic::Etag, "none are told");
            return Ok(());
        }
    };
    let display = names(session, "b").display;
    let operations = json!([{ "op": "replace", "path": "displayName", "value": display }]);
    let mut request = session.patch(b, operations);
    request.if_match = Some("W/\"scim-sync-probe\"".to_owned());
    let answer = session.send(request).await?;
    let obeyed = match answer.status {
        Some(412) => "a stale `If-Match` is refused".to_owned(),
        _ if answer.is_success() => "a stale `If-Match` changes nothing".to_owned(),
        _ => format!("a stale `If-Match` {}", answer.says()),
    };
    measured.note(Topic::Etag, format!("{offered}; {obeyed}"));
    Ok(())
}
