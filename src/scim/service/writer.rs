//! The writes.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{HasId, Reader, version_of};
use crate::ids::attributes::{Attributes, ENTERPRISE_SCHEMA, ExtraAttribute, Section};
use crate::ids::{GroupId, UserId};
pub use crate::scim::dialect::UserAttribute;
use crate::scim::dialect::{
    Dialect, EntityTags, ExternalIdStorage, GroupRename, ListMembers, MemberRemoval, OpCase,
    UserDeactivation, UserUpdate,
};
use crate::scim::error::{ErrorKind, ScimError};
use crate::scim::http::{Method, Request, Response, Transport};
use crate::scim::listing::Listed;
use crate::scim::wire::{
    EmailBody, GROUP_SCHEMA, Group, GroupBody, NameBody, PATCH_SCHEMA, PatchBody, PatchOperation,
    SectionBody, USER_SCHEMA, User, UserBody,
};
use crate::scim::{exchange, filter};

/// A user to create.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewUser<'a> {
    /// Our key; only sent where the provider stores it.
    pub external_id: Option<&'a str>,
    /// The login name.
    pub user_name: &'a str,
    /// The name to show.
    pub display_name: &'a str,
    /// First name.
    pub given_name: &'a str,
    /// Last name.
    pub family_name: &'a str,
    /// The one e-mail address.
    pub email: &'a str,
    /// Other attributes; an empty one is to have no value.
    pub attributes: &'a Attributes,
}

/// All attributes that a user is to end with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserState<'a> {
    /// The attributes a create has as well.
    pub attributes: NewUser<'a>,
    /// Whether the user is active; a PUT has to say so.
    pub activity: Activity,
}

/// Whether an account is usable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// It is.
    Active,
    /// It is switched off.
    Inactive,
}

/// What a DELETE found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deleted {
    /// The resource, which is now gone.
    Now,
    /// Nothing: it was gone before.
    AlreadyGone,
}

/// How an e-mail address is replaced.
#[derive(Clone, Copy)]
enum EmailPath {
    /// The value of the one of type `work`, leaving others alone.
    Work,
    /// The whole list, where the provider knows no type.
    Whole,
}

/// Writes; reads go through [`Writer::reader`].
#[derive(Debug, Clone)]
pub struct Writer<T> {
    transport: T,
    reader: Reader<T>,
    /// The version that what is written must still have.
    version: Option<String>,
}

impl<T: Transport + Clone> Writer<T> {
    /// A writer that speaks this dialect.
    pub fn new(transport: T, dialect: Dialect) -> Self {
        Self {
            reader: Reader::new(transport.clone(), dialect),
            transport,
            version: None,
        }
    }
}

impl<T: Transport> Writer<T> {
    /// What is written through: for the provider's own API beside SCIM.
    pub(in crate::scim) fn transport(&self) -> &T {
        &self.transport
    }

    /// The reads.
    pub fn reader(&self) -> &Reader<T> {
        &self.reader
    }

    /// The same writer, for one write to a resource that was read in this version: where the
    /// provider has entity tags, it is refused (412) if the resource has another by now.
    pub fn only_if(&self, version: Option<&str>) -> Writer<&T> {
        Writer {
            version: match self.reader.dialect.entity_tags {
                EntityTags::Ignored => None,
                EntityTags::IfMatch => version.filter(|it| !it.is_empty()).map(str::to_owned),
            },
            ..Writer::new(&self.transport, self.reader.dialect.clone())
        }
    }

    /// Creates a user, active.
    ///
    /// # Errors
    /// When the provider does not say which user it made; see [`ScimError::effect`].
    pub async fn create_user(&self, user: &NewUser<'_>) -> Result<User, ScimError> {
        let request = self.request(
            Method::Post,
            &["Users"],
            &self.user_body(user, Activity::Active),
        );
        self.create(&request).await
    }

    /// Changes a user's attributes, by PUT of all or PATCH of the changed ones. Nothing
    /// changed is nothing sent.
    ///
    /// # Errors
    /// When the provider does not answer with success.
    pub async fn update_user(
        &self,
        id: &UserId,
        state: &UserState<'_>,
        changed: &[UserAttribute],
    ) -> Result<(), ScimError> {
        if changed.is_empty() {
            return Ok(());
        }
        match self.reader.dialect.user_update {
            UserUpdate::Put => {
                let body = self.user_body(&state.attributes, self.sent_activity(state.activity));
                self.write(Method::Put, &["Users", id.as_str()], &body)
                    .await
            }
            UserUpdate::PutMerged => self.put_merged(id, &state.attributes, changed).await,
            UserUpdate::PatchPaths => {
                let patch = |email| {
                    let user = &state.attributes;
                    changed
                        .iter()
                        .map(|&attribute| replace(user, attribute, email))
                        .collect()
                };
                let path = ["Users", id.as_str()];
                match self.patch(&path, patch(EmailPath::Work)).await {
                    // There is no address of type `work` to replace, and a PATCH is atomic
                    // (RFC 7644 §3.5.2), so nothing happened yet.
                    Err(error)
                        if changed.contains(&UserAttribute::Email)
                            && matches!(error.scim_type(), Some("noTarget" | "invalidPath")) =>
                    {
                        self.patch(&path, patch(EmailPath::Whole)).await
                    }
                    other => other,
                }
            }
        }
    }

    /// `active` goes back as it came: only [`Writer::set_active`] changes it.
    async fn put_merged(
        &self,
        id: &UserId,
        user: &NewUser<'_>,
        changed: &[UserAttribute],
    ) -> Result<(), ScimError> {
        let path = ["Users", id.as_str()];
        let (mut body, version) = self.read_to_replace(path).await?;
        let mut name = match body.shift_remove("name") {
            Some(Value::Object(name)) => name,
            Some(_) | None => Map::new(),
        };
        for attribute in changed {
            match attribute {
                UserAttribute::UserName => set(&mut body, "userName", user.user_name),
                UserAttribute::DisplayName => set(&mut body, "displayName", user.display_name),
                UserAttribute::GivenName => set(&mut name, "givenName", user.given_name),
                UserAttribute::FamilyName => set(&mut name, "familyName", user.family_name),
                UserAttribute::Email => set(&mut body, "emails", json!([email_body(user.email)])),
                UserAttribute::Extra(extra) => {
                    let value = user.attributes.value(*extra);
                    match extra.section() {
                        Section::Core => assign(&mut body, *extra, value),
                        Section::Name => assign(&mut name, *extra, value),
                        Section::Enterprise => extend(&mut body, *extra, value),
                    }
                }
            }
        }
        let is_part = |attribute: &UserAttribute| match attribute {
            UserAttribute::GivenName | UserAttribute::FamilyName => true,
            UserAttribute::Extra(extra) => extra.section() == Section::Name,
            UserAttribute::UserName | UserAttribute::DisplayName | UserAttribute::Email => false,
        };
        if changed.iter().any(is_part) {
            // Made of the parts, and no longer true.
            name.shift_remove("formatted");
        }
        if !name.is_empty() {
            set(&mut body, "name", Value::Object(name));
        }
        body.entry("schemas").or_insert(json!([USER_SCHEMA]));
        name_extension(&mut body);
        self.put(&path, &body, version).await
    }

    /// Sends a PUT of what was read in a version. Seen before is seen first: what was judged
    /// then must not have changed since.
    async fn put(
        &self,
        path: &[&str],
        body: &Map<String, Value>,
        version: Option<String>,
    ) -> Result<(), ScimError> {
        let mut request = self.request(Method::Put, path, body);
        match self.reader.dialect.entity_tags {
            EntityTags::Ignored => {}
            EntityTags::IfMatch => request.if_match = request.if_match.or(version),
        }
        self.call(&request).await.map(|_: Response| ())
    }

    /// A resource as it is, without what a client must not write (RFC 7643 §3.1, §4.1.2), and
    /// its version: what a PUT starts from.
    async fn read_to_replace(
        &self,
        path: [&str; 2],
    ) -> Result<(Map<String, Value>, Option<String>), ScimError> {
        let request = Request::scim(Method::Get, path);
        let response = self.call(&request).await?;
        let base = self.transport.target();
        let mut body: Map<String, Value> = exchange::read(base, &request, &response)?;
        if body.get("id").is_some_and(|id| *id != path[1]) {
            let why = "the answer is a resource with another `id`";
            return Err(ScimError::unusable(base, &request, &response, why));
        }
        let version = body.get("meta").and_then(|meta| meta["version"].as_str());
        let version = version_of(version.map(str::to_owned), &response);
        for read_only in ["id", "meta", "groups"] {
            body.shift_remove(read_only);
        }
        Ok((body, version))
    }

    /// Switches a user on or off. Where the provider has no such state, off is DELETE.
    ///
    /// # Errors
    /// When the provider does not answer with success.
    pub async fn set_active(&self, id: &UserId, activity: Activity) -> Result<(), ScimError> {
        let active = match (activity, self.reader.dialect.user_deactivation) {
            (Activity::Inactive, UserDeactivation::Removes) => {
                return self.delete_user(id).await.map(|_: Deleted| ());
            }
            (Activity::Inactive, UserDeactivation::PatchActiveFalse) => false,
            (Activity::Active, _) => true,
        };
        let operation = PatchOperation {
            op: "replace",
            path: Some("active".to_owned()),
            value: Some(active.into()),
        };
        self.patch(&["Users", id.as_str()], vec![operation]).await
    }

    /// Deletes a user.
    ///
    /// # Errors
    /// When the user may still be there.
    pub async fn delete_user(&self, id: &UserId) -> Result<Deleted, ScimError> {
        self.delete::<User>(id.as_str()).await
    }

    /// Creates a group without members.
    ///
    /// # Errors
    /// As [`Writer::create_user`].
    pub async fn create_group(&self, name: &str) -> Result<Group, ScimError> {
        let body = GroupBody {
            schemas: [GROUP_SCHEMA],
            display_name: name,
        };
        self.create(&self.request(Method::Post, &["Groups"], &body))
            .await
    }

    /// Takes over a group that was made by hand, by a create of the same id. The provider
    /// replaces its members by those sent, so all that it has are sent.
    ///
    /// # Errors
    /// As [`Writer::create_user`].
    pub async fn adopt_group(&self, name: &str, members: &[UserId]) -> Result<Group, ScimError> {
        let body = json!({
            "schemas": [GROUP_SCHEMA],
            "displayName": name,
            "members": member_values(members),
        });
        self.create(&self.request(Method::Post, &["Groups"], &body))
            .await
    }

    /// Adds members, in one PATCH. No members are no request.
    ///
    /// # Errors
    /// When the provider does not answer with success.
    pub async fn add_members(&self, id: &GroupId, members: &[UserId]) -> Result<(), ScimError> {
        if members.is_empty() {
            return Ok(());
        }
        let operation = PatchOperation {
            op: "add",
            path: Some("members".to_owned()),
            value: Some(member_values(members)),
        };
        self.patch(&["Groups", id.as_str()], vec![operation]).await
    }

    /// Removes members, in one PATCH. No members are no request: `remove` of `members`
    /// without saying which means everybody (RFC 7644 §3.5.2.2).
    ///
    /// # Errors
    /// When the provider does not answer with success.
    pub async fn remove_members(&self, id: &GroupId, members: &[UserId]) -> Result<(), ScimError> {
        if members.is_empty() {
            return Ok(());
        }
        let operations = match self.reader.dialect.member_removal {
            MemberRemoval::ValuePath => members
                .iter()
                .map(|member| PatchOperation {
                    op: "remove",
                    path: Some(format!(
                        "members[value eq {}]",
                        filter::quoted(member.as_str())
                    )),
                    value: None,
                })
                .collect(),
            MemberRemoval::ValueList => vec![PatchOperation {
                op: "remove",
                path: Some("members".to_owned()),
                value: Some(member_values(members)),
            }],
        };
        self.patch(&["Groups", id.as_str()], operations).await
    }

    /// Renames a group.
    ///
    /// # Errors
    /// When the provider does not answer with success, and where a rename is a PUT with
    /// members, when the members cannot be read.
    pub async fn rename_group(&self, id: &GroupId, name: &str) -> Result<(), ScimError> {
        let op = match self.reader.dialect.group_rename {
            GroupRename::LowerReplacePath => "replace",
            GroupRename::CapitalReplacePath => "Replace",
            GroupRename::PutWithMembers => return self.put_renamed(id, name).await,
        };
        let operation = PatchOperation {
            op,
            path: Some("displayName".to_owned()),
            value: Some(name.into()),
        };
        self.patch(&["Groups", id.as_str()], vec![operation]).await
    }

    /// PUT replaces the members with those sent, so they are read just before, and a group
    /// whose members are not told is left alone (faults S8, F11).
    async fn put_renamed(&self, id: &GroupId, name: &str) -> Result<(), ScimError> {
        let path = ["Groups", id.as_str()];
        let request = Request::scim(Method::Get, path);
        let unproven = |why| ScimError::unproven(self.transport.target(), &request, why);
        let (mut body, version) = self.read_to_replace(path).await?;
        let group: Group = serde_json::from_value(Value::Object(body.clone()))
            .map_err(|_| unproven("the group cannot be read"))?;
        let members = match (group.members, self.reader.dialect.list_members) {
            (Some(members), ListMembers::Included | ListMembers::ReadEach) => members,
            (None, ListMembers::Included) => Vec::new(),
            (None, ListMembers::ReadEach) | (_, ListMembers::AskEachUser) => {
                return Err(unproven("the group's members are not told"));
            }
        };
        let mut values = Vec::new();
        for member in members {
            let Some(value) = member.value else {
                return Err(unproven("a member has no `value`"));
            };
            values.push(match member.kind {
                Some(kind) => json!({ "value": value, "type": kind }),
                None => json!({ "value": value }),
            });
        }
        body.entry("schemas").or_insert(json!([GROUP_SCHEMA]));
        body.insert("displayName".to_owned(), name.into());
        body.insert("members".to_owned(), values.into());
        self.put(&path, &body, version).await
    }

    /// Deletes a group.
    ///
    /// # Errors
    /// When the group may still be there.
    pub async fn delete_group(&self, id: &GroupId) -> Result<Deleted, ScimError> {
        self.delete::<Group>(id.as_str()).await
    }

    async fn delete<R: Listed + HasId>(&self, id: &str) -> Result<Deleted, ScimError> {
        let mut request = Request::scim(Method::Delete, [R::COLLECTION, id]);
        request.if_match.clone_from(&self.version);
        match self.call(&request).await {
            Ok(_) => Ok(Deleted::Now),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Deleted::AlreadyGone),
            // For what it does not know Harness answers 401 to groups and 400 to users: a
            // read tells that from a refusal.
            Err(error) if matches!(error.kind(), ErrorKind::Unauthorized | ErrorKind::Refused) => {
                match self.reader.by_id::<R>(id).await {
                    Ok(None) => Ok(Deleted::AlreadyGone),
                    // Now it really is the token.
                    Err(read) if read.kind() == ErrorKind::Unauthorized => Err(read),
                    Ok(Some(_)) | Err(_) => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Sends one request; a failure is read as this provider's are.
    async fn call(&self, request: &Request) -> Result<Response, ScimError> {
        let answered = exchange::call(&self.transport, request).await;
        answered.map_err(|error| error.known_as(self.reader.dialect.answers))
    }

    async fn create<R: Listed>(&self, request: &Request) -> Result<R, ScimError> {
        let base = self.transport.target();
        let response = self.call(request).await?;
        let made = serde_json::from_slice::<R>(&response.body).ok();
        match made.filter(|made| made.id().is_some_and(|id| !id.is_empty())) {
            Some(made) => Ok(made),
            None => Err(ScimError::created_unseen(base, request, &response)),
        }
    }

    async fn patch(
        &self,
        path: &[&str],
        mut operations: Vec<PatchOperation>,
    ) -> Result<(), ScimError> {
        match self.reader.dialect.op_case {
            OpCase::Lower => {}
            OpCase::Capital => {
                for operation in &mut operations {
                    operation.op = capital(operation.op);
                }
            }
        }
        let body = PatchBody {
            schemas: [PATCH_SCHEMA],
            operations,
        };
        self.write(Method::Patch, path, &body).await
    }

    async fn write(
        &self,
        method: Method,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<(), ScimError> {
        let request = self.request(method, path, body);
        self.call(&request).await.map(|_: Response| ())
    }

    fn request(&self, method: Method, path: &[&str], body: &impl Serialize) -> Request {
        let json = serde_json::to_string(body)
            .expect("bodies are structs and values with text keys, which always serialise");
        let mut request = Request::scim(method, path.iter().copied()).with_body(json);
        request.content_type = self.reader.dialect.content_type;
        request.if_match = match method {
            Method::Put | Method::Patch => self.version.clone(),
            Method::Get | Method::Post | Method::Delete => None,
        };
        request
    }

    /// Where `active: false` removes people, no update may say it (faults S5).
    fn sent_activity(&self, activity: Activity) -> Activity {
        match self.reader.dialect.user_deactivation {
            UserDeactivation::Removes => Activity::Active,
            UserDeactivation::PatchActiveFalse => activity,
        }
    }

    fn user_body<'a>(&self, user: &NewUser<'a>, activity: Activity) -> UserBody<'a> {
        let section = |section| SectionBody {
            attributes: user.attributes,
            section,
        };
        UserBody {
            schemas: match user.attributes.of(Section::Enterprise).next() {
                None => &[USER_SCHEMA],
                Some(_) => &[USER_SCHEMA, ENTERPRISE_SCHEMA],
            },
            external_id: match self.reader.dialect.user_external_id {
                ExternalIdStorage::Stored => user.external_id,
                ExternalIdStorage::Dropped => None,
                ExternalIdStorage::Login => Some(user.user_name),
            },
            user_name: user.user_name,
            display_name: user.display_name,
            name: NameBody {
                given_name: user.given_name,
                family_name: user.family_name,
                others: section(Section::Name),
            },
            emails: [email_body(user.email)],
            active: match activity {
                Activity::Active => true,
                Activity::Inactive => false,
            },
            core: section(Section::Core),
            enterprise: section(Section::Enterprise),
        }
    }
}

fn capital(op: &'static str) -> &'static str {
    match op {
        "add" => "Add",
        "remove" => "Remove",
        "replace" => "Replace",
        other => other,
    }
}

fn set(body: &mut Map<String, Value>, key: &str, value: impl Into<Value>) {
    body.insert(key.to_owned(), value.into());
}

/// Gives an attribute its value, or takes it out.
fn assign(body: &mut Map<String, Value>, attribute: ExtraAttribute, value: Option<&str>) {
    match value {
        Some(value) => set(body, attribute.name(), value),
        None => {
            body.shift_remove(attribute.name());
        }
    }
}

/// The same in the enterprise extension.
fn extend(body: &mut Map<String, Value>, attribute: ExtraAttribute, value: Option<&str>) {
    let mut extension = match body.shift_remove(ENTERPRISE_SCHEMA) {
        Some(Value::Object(extension)) => extension,
        Some(_) | None => Map::new(),
    };
    assign(&mut extension, attribute, value);
    if !extension.is_empty() {
        set(body, ENTERPRISE_SCHEMA, Value::Object(extension));
    }
}

/// Names the enterprise extension in `schemas` where the body holds something of it (RFC 7643
/// §3).
fn name_extension(body: &mut Map<String, Value>) {
    if !body.contains_key(ENTERPRISE_SCHEMA) {
        return;
    }
    if let Some(Value::Array(schemas)) = body.get_mut("schemas")
        && !schemas.iter().any(|schema| schema == ENTERPRISE_SCHEMA)
    {
        schemas.push(ENTERPRISE_SCHEMA.into());
    }
}

fn email_body(address: &str) -> EmailBody<'_> {
    EmailBody {
        value: address,
        kind: "work",
        primary: true,
    }
}

fn replace(user: &NewUser<'_>, attribute: UserAttribute, email: EmailPath) -> PatchOperation {
    let (path, value) = match attribute {
        UserAttribute::UserName => ("userName", user.user_name.into()),
        UserAttribute::DisplayName => ("displayName", user.display_name.into()),
        UserAttribute::GivenName => ("name.givenName", user.given_name.into()),
        UserAttribute::FamilyName => ("name.familyName", user.family_name.into()),
        UserAttribute::Email => match email {
            EmailPath::Work => (r#"emails[type eq "work"].value"#, user.email.into()),
            EmailPath::Whole => ("emails", json!([email_body(user.email)])),
        },
        UserAttribute::Extra(extra) => {
            let value = user.attributes.value(extra);
            return PatchOperation {
                // A value of nothing is no value to every server; no value is (RFC 7644
                // §3.5.2.2).
                op: if value.is_some() { "replace" } else { "remove" },
                path: Some(extra.scim_path().into_owned()),
                value: value.map(Into::into),
            };
        }
    };
    PatchOperation {
        op: "replace",
        path: Some(path.to_owned()),
        value: Some(value),
    }
}

fn member_values(members: &[UserId]) -> Value {
    members
        .iter()
        .map(|member| json!({ "value": member.as_str() }))
        .collect()
}
