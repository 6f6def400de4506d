//! Harness' Users endpoint [R26 `NGScimUserServiceImpl`, HC `CG/scim/ScimUserServiceImpl`].
//!
//! **Invariants.** A person is one global record; SCIM edits reach it from every account.
//! `imported` is set only by an edit that changed something, which is why a person adopted
//! by POST may stay invisible to lists.

use serde_json::Value;

use super::World;
use super::access::{Caller, Permission};
use super::body::{Object, Operation, UserIn, Verb, boolean, operations};
use super::listing::{BuiltBy, LIST_SCHEMA, Page, UserView, Window};
use super::query::{Query, harness_filter};
use super::reply::{Answer, Refusal};
use super::state::{AdminRole, Number, Purged, User, issued_id};
use super::{Invite, SandboxBehavior};
use crate::ids::attributes::Attributes;
use crate::ids::{Email, ExternalId, UserId};

const NOT_IN_HARNESS: &str = "User does not exist in Harness";
const NOT_IN_NG: &str = "User does not exist in NG";
const NOT_IN_ACCOUNT: &str = "User does not exist";

/// Why a step of a handler failed: an exception's message, to be wrapped by whoever catches
/// it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure(pub(super) String);

impl Failure {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// What an edit asks of the global record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct UserEdit {
    name: Option<String>,
    given_name: Option<String>,
    family_name: Option<String>,
    email: Option<String>,
}

fn not_blank(text: Option<&String>) -> Option<&String> {
    text.filter(|text| !text.is_empty())
}

/// `givenName familyName`, if both were sent.
fn full_name(user: &UserIn) -> Option<String> {
    let name = user.name.as_ref()?;
    let given = name.given_name.as_deref()?;
    let family = name.family_name.as_deref()?;
    Some(format!("{given} {family}"))
}

impl UserEdit {
    fn of(user: &UserIn) -> Self {
        let name = not_blank(user.display_name.as_ref())
            .cloned()
            .or_else(|| full_name(user));
        Self {
            name,
            given_name: user.name.as_ref().and_then(|name| name.given_name.clone()),
            family_name: user.name.as_ref().and_then(|name| name.family_name.clone()),
            email: not_blank(user.user_name.as_ref()).map(|name| name.to_lowercase()),
        }
    }
}

/// Names may not hold these, nor be longer than 255 characters [HC `UserUtils`].
fn check_name(name: &str) -> Result<(), Failure> {
    if name.chars().count() > 255 || name.contains([':', '<', '>', '=', '/']) {
        return Err(Failure::new("Invalid request: Name is not valid"));
    }
    Ok(())
}

impl World {
    pub(super) fn list_users(&self, caller: &Caller, query: &Query) -> Result<Answer, Refusal> {
        // The FirstGen half has paged; only now NextGen drops who is not its member.
        self.list_half(caller, query, |user| user.ng_member)
    }

    /// Whom FirstGen's own SCIM lists: NextGen has no say in it.
    pub(super) fn list_first_gen_users(
        &self,
        caller: &Caller,
        query: &Query,
    ) -> Result<Answer, Refusal> {
        self.list_half(caller, query, |_| true)
    }

    fn list_half(
        &self,
        caller: &Caller,
        query: &Query,
        shown: impl Fn(&User) -> bool,
    ) -> Result<Answer, Refusal> {
        self.require(caller, Permission::UserView)?;
        let window = Window::harness(query)?;
        let listed = |user: &&User| user.imported && user.cg_member;
        let page: Vec<&User> = match harness_filter(query.get("filter")) {
            // Exact and case-sensitive against the stored lower-case address (PL-39874).
            Some(value) => self
                .store
                .find_email(Email::new(value.as_str()).folded())
                .map(|number| self.store.user(number))
                .filter(|user| user.email.as_str() == value)
                .filter(listed)
                .into_iter()
                .skip(window.skip())
                .take(window.limit())
                .collect(),
            None => self
                .store
                .users()
                .filter(listed)
                .skip(window.skip())
                .take(window.limit())
                .collect(),
        };
        let resources: Vec<_> = page
            .into_iter()
            .filter(|user| shown(user))
            .map(|user| UserView::new(user, BuiltBy::List))
            .collect();
        Answer::json(
            200,
            &Page {
                total_results: resources.len(),
                items_per_page: window.count,
                start_index: window.start_index,
                schemas: [LIST_SCHEMA],
                resources,
            },
        )
    }

    pub(super) fn get_user(&self, caller: &Caller, id: &str) -> Result<Answer, Refusal> {
        self.require(caller, Permission::UserView)?;
        let number = self
            .store
            .find_user(id)
            .ok_or_else(|| Refusal::scim(404, NOT_IN_HARNESS))?;
        if !self.store.user(number).ng_member {
            return Err(Refusal::scim(404, NOT_IN_NG));
        }
        self.user_answer(200, number)
    }

    fn user_answer(&self, status: u16, number: Number) -> Result<Answer, Refusal> {
        let user = self.store.user(number);
        Answer::json(status, &UserView::new(user, BuiltBy::SingleCall))
    }

    pub(super) fn create_user(&mut self, caller: &Caller, body: &[u8]) -> Result<Answer, Refusal> {
        let user = UserIn::read(body)?;
        self.require(caller, Permission::UserManage)?;
        match self.create_or_adopt(caller, &user) {
            Ok(Some(number)) => self.user_answer(201, number),
            // The final look-up found nobody.
            Ok(None) => Err(Refusal::Empty(404)),
            // Any exception is a 409, so a 409 does not mean "exists".
            Err(Failure(detail)) => Err(Refusal::scim(409, detail)),
        }
    }

    fn create_or_adopt(
        &mut self,
        caller: &Caller,
        user: &UserIn,
    ) -> Result<Option<Number>, Failure> {
        let email = not_blank(user.user_name.as_ref())
            .map(|name| name.to_lowercase())
            .ok_or_else(|| Failure::new("userName must not be null"))?;
        let display_name = not_blank(user.display_name.as_ref());
        let name = match (display_name, &user.name) {
            (Some(name), _) => name.clone(),
            (None, Some(_)) => full_name(user)
                .ok_or_else(|| Failure::new("givenName and familyName must not be null"))?,
            (None, None) => email.clone(),
        };
        check_name(&name)?;
        let email = Email::new(email);
        let known = self.store.find_email(email.folded());
        if let Some(number) = known
            && self.store.user(number).cg_member
        {
            self.adopt(number, user, display_name)?;
            return Ok(Some(number));
        }
        if !caller.may(Permission::UserInvite) {
            return Err(Failure::new(
                "Missing permission core_user_invite on account",
            ));
        }
        match self.around.invites.get(email.folded()) {
            Some(Invite::Approved) => return Ok(None),
            Some(Invite::Pending) => {
                self.around.invites.remove(email.folded());
            }
            None => {}
        }
        self.around.invitations.push(email.clone());
        let names = user.name.clone().unwrap_or_default();
        let number = match known {
            // A member of another account: linked, and the name overwritten for everybody.
            Some(number) => {
                self.store.edit_user(number, |record| {
                    record.name = name;
                    record.imported = true;
                    record.externally_managed = true;
                    record.disabled = false;
                    record.cg_member = true;
                    record.ng_member = true;
                });
                number
            }
            None => {
                let number = self.store.issue();
                self.store.insert_user(
                    number,
                    User {
                        id: UserId::new(issued_id("user", number)),
                        email,
                        name,
                        given_name: names.given_name,
                        family_name: names.family_name,
                        attributes: Attributes::default(),
                        external_id: user.external_id.clone().map(ExternalId::from),
                        mail: None,
                        imported: true,
                        externally_managed: true,
                        disabled: false,
                        admin: false,
                        cg_member: true,
                        ng_member: true,
                        elsewhere: false,
                        left_email: None,
                        erased: false,
                    },
                );
                number
            }
        };
        Ok(Some(number))
    }

    /// POST of somebody already in the account. The update behind it runs when the person is
    /// disabled or the *displayName* differs, and a request without one always differs.
    fn adopt(
        &mut self,
        number: Number,
        user: &UserIn,
        display_name: Option<&String>,
    ) -> Result<(), Failure> {
        let record = self.store.user(number);
        if record.disabled || display_name != Some(&record.name) {
            self.apply_edit(number, &UserEdit::of(user))?;
        }
        self.store.edit_user(number, |record| {
            record.ng_member = true;
            record.externally_managed = true;
        });
        Ok(())
    }

    /// The FirstGen update: all or nothing, and `imported` only when something changed.
    fn apply_edit(&mut self, number: Number, edit: &UserEdit) -> Result<(), Failure> {
        if let Some(name) = &edit.name {
            check_name(name)?;
        }
        if let Some(email) = &edit.email {
            self.change_email(number, email)?;
        }
        let UserEdit {
            name,
            given_name,
            family_name,
            email: _,
        } = edit;
        let before = self.store.user(number).clone();
        let mut after = before.clone();
        if let Some(name) = name {
            after.name.clone_from(name);
        }
        if given_name.is_some() {
            after.given_name.clone_from(given_name);
        }
        if family_name.is_some() {
            after.family_name.clone_from(family_name);
        }
        after.disabled = false;
        if after != before {
            after.imported = true;
            self.store.edit_user(number, |record| *record = after);
        }
        Ok(())
    }

    /// Changes the global address if it differs ignoring case. In documented behaviour the
    /// two halves part here, and a later removal fails.
    fn change_email(&mut self, number: Number, email: &str) -> Result<(), Failure> {
        let email = Email::new(email.to_lowercase());
        let user = self.store.user(number);
        if user.email == email {
            return Ok(());
        }
        if self.store.find_email(email.folded()).is_some() {
            return Err(Failure::new(format!(
                "User with email {email} already exists"
            )));
        }
        let first = user
            .left_email
            .clone()
            .unwrap_or_else(|| user.email.clone());
        let left_email = match self.settings.behavior {
            SandboxBehavior::Documented => (first != email).then_some(first),
            SandboxBehavior::Source => None,
        };
        self.store.set_email(number, email);
        self.store.edit_user(number, |record| {
            record.left_email = left_email;
            record.imported = true;
        });
        Ok(())
    }

    pub(super) fn put_user(
        &mut self,
        caller: &Caller,
        id: &str,
        body: &[u8],
    ) -> Result<Answer, Refusal> {
        let user = UserIn::read(body)?;
        self.require(caller, Permission::UserManage)?;
        let number = self.store.find_user(id).ok_or(Refusal::Empty(404))?;
        // Any exception is a 404 SCIM error, an unboxed null included.
        match self.put_found(number, &user) {
            Ok(Presence::Kept) => self.user_answer(200, number),
            Ok(Presence::Removed) => Ok(Answer::Empty(200)),
            Err(Failure(detail)) => Err(Refusal::scim(404, detail)),
        }
    }

    fn put_found(&mut self, number: Number, user: &UserIn) -> Result<Presence, Failure> {
        let active = user
            .active
            .ok_or_else(|| Failure::new("active must not be null"))?;
        if !self.store.user(number).cg_member {
            return Err(Failure::new(NOT_IN_ACCOUNT));
        }
        if active {
            self.apply_edit(number, &UserEdit::of(user))?;
            return Ok(Presence::Kept);
        }
        self.remove_from_account(number)?;
        Ok(Presence::Removed)
    }

    pub(super) fn patch_user(
        &mut self,
        caller: &Caller,
        id: &str,
        body: &[u8],
    ) -> Result<Answer, Refusal> {
        let operations = operations(body)?;
        self.require(caller, Permission::UserManage)?;
        let number = self
            .store
            .find_user(id)
            .filter(|&number| self.store.user(number).cg_member)
            .ok_or_else(|| {
                Refusal::invalid_request(format!("Invalid request: {NOT_IN_ACCOUNT}"))
            })?;
        let wishes: Vec<UserWish> = operations.iter().flat_map(UserWish::of).collect();
        for wish in &wishes {
            // A failing operation is logged and skipped, whatever the reason.
            let _logged = match wish {
                UserWish::Rename(name) => check_name(name).map(|()| {
                    self.store
                        .edit_user(number, |record| record.name.clone_from(name));
                }),
                UserWish::ChangeEmail(email) => self.change_email(number, email),
                UserWish::Remove => self.remove_from_account(number),
            };
        }
        // Computed from the request, so it is 204 even if the removal failed (R26).
        if wishes.contains(&UserWish::Remove) {
            return Ok(Answer::Empty(204));
        }
        self.user_answer(200, number)
    }

    pub(super) fn delete_user(&mut self, caller: &Caller, id: &str) -> Result<Answer, Refusal> {
        self.require(caller, Permission::UserManage)?;
        let Some(number) = self.store.find_user(id) else {
            return Err(Refusal::invalid_request(
                "Invalid request: Token is not valid.",
            ));
        };
        if self.store.user(number).cg_member {
            self.remove_from_account(number)
                .map_err(|Failure(message)| Refusal::invalid_request(message))?;
        }
        Ok(Answer::Empty(204))
    }

    /// Takes a person out of the account; the global record goes if it is in no other.
    pub(super) fn remove_from_account(&mut self, number: Number) -> Result<(), Failure> {
        if !self.store.user(number).cg_member {
            return Err(Failure::new(NOT_IN_ACCOUNT));
        }
        if self.is_last_admin(number) {
            return Err(Failure::new(
                "Removing this user will remove the last Account Admin from NG. Cannot remove \
                 the user.",
            ));
        }
        let user = self.store.user(number);
        if user.email_diverged() {
            return Err(Failure::new(format!("Invalid request: {NOT_IN_ACCOUNT}")));
        }
        let elsewhere = user.elsewhere;
        self.store.set_admin(number, AdminRole::NotHeld);
        self.store.edit_user(number, |record| {
            record.cg_member = false;
            record.ng_member = false;
            record.externally_managed = false;
        });
        if !elsewhere {
            self.store.erase_user(number);
        }
        self.schedule(Purged::User(number));
        Ok(())
    }
}

fn sent_text<'a>(value: &'a Object, key: &str) -> Option<&'a str> {
    value
        .get(key)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

/// Whether a person is still in the account after a PUT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    Kept,
    Removed,
}

/// What one PATCH operation comes to; whatever else it says is silently ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
enum UserWish {
    Rename(String),
    ChangeEmail(String),
    Remove,
}

impl UserWish {
    /// Reads an operation the way its handler does: `add` and `replace` alike, `remove`
    /// never.
    fn of(operation: &Operation) -> Option<Self> {
        match operation.verb {
            Verb::Remove => return None,
            Verb::Add | Verb::Replace => {}
        }
        let value = operation.value.as_ref()?;
        let text = || value.as_str().filter(|text| !text.is_empty());
        match operation.path.as_deref() {
            Some("displayName") => text().map(|name| Self::Rename(name.to_owned())),
            Some("userName") => text().map(|name| Self::ChangeEmail(name.to_owned())),
            Some("active") => (boolean(value) == Some(false)).then_some(Self::Remove),
            Some(_) => None,
            None => Self::of_object(value.as_object()?),
        }
    }

    /// A value without path is first read for a `displayName`, then by a strict reader that
    /// knows only `active`, whose absence means `false`.
    fn of_object(value: &Object) -> Option<Self> {
        if let Some(name) = sent_text(value, "displayName") {
            return Some(Self::Rename(name.to_owned()));
        }
        if value.keys().any(|key| key != "active") {
            return None;
        }
        match value.get("active") {
            None | Some(Value::Null) => Some(Self::Remove),
            Some(active) => (boolean(active) == Some(false)).then_some(Self::Remove),
        }
    }
}
