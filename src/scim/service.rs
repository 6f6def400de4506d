//! What the rest of the tool asks of a service provider: typed reads and writes, spelled as
//! its [`Dialect`] wants them.
//!
//! **Invariants.** A [`Reader`] cannot write. What is absent is only said to be absent on
//! proof: a 404 in a form SCIM gives, a filter the dialect trusts, or a listing that is
//! whole. No write can empty a group: members are only ever removed by name. `active` is
//! only ever changed by [`Writer::set_active`] (faults S5, F28).

use futures_util::stream::{self, StreamExt as _};
use serde::Serialize;
use serde_json::{Value, json};

use super::dialect::{
    Dialect, ExternalIdStorage, Filter, GroupRename, ListMembers, MemberRemoval, Paging,
    UserDeactivation, UserUpdate,
};
use super::error::{ErrorKind, ScimError};
use super::exchange;
use super::filter::{self, Attribute};
use super::http::{Method, Request, Response, Transport};
use super::listing::{self, Doubt, Listed, Verdict, Walk};
use super::wire::{
    EmailBody, GROUP_SCHEMA, Group, GroupBody, NameBody, PATCH_SCHEMA, PatchBody, PatchOperation,
    USER_SCHEMA, User, UserBody,
};
use crate::ids::{GroupId, UserId, fold};

/// How many groups are read at once where a listing does not carry members.
const GROUPS_AT_ONCE: usize = 8;
/// How many hits of a look-up are asked for; more than a few are already odd.
const LOOK_UP_COUNT: u64 = 100;

/// Reads, and nothing else.
#[derive(Debug, Clone)]
pub struct Reader<T> {
    transport: T,
    dialect: Dialect,
}

/// A discovery document (RFC 7644 §4): a hint at what a provider can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discovery {
    /// `/ServiceProviderConfig`.
    ServiceProviderConfig,
    /// `/ResourceTypes`.
    ResourceTypes,
    /// `/Schemas`.
    Schemas,
}

impl Discovery {
    fn path(self) -> &'static str {
        match self {
            Discovery::ServiceProviderConfig => "ServiceProviderConfig",
            Discovery::ResourceTypes => "ResourceTypes",
            Discovery::Schemas => "Schemas",
        }
    }
}

impl<T: Transport> Reader<T> {
    /// A reader that speaks this dialect.
    pub fn new(transport: T, dialect: Dialect) -> Self {
        Self { transport, dialect }
    }

    /// How the provider is spoken to.
    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// What is spoken through.
    pub fn transport(&self) -> &T {
        &self.transport
    }

    /// Reads every user.
    ///
    /// # Errors
    /// When a page does not come.
    pub async fn list_users(&self, mut sink: impl FnMut(User)) -> Result<Walk, ScimError> {
        listing::walk(&self.transport, self.dialect.user_paging, &mut sink).await
    }

    /// Reads every group, with members where the provider tells them.
    ///
    /// # Errors
    /// When a page does not come, or a group that has to be read by itself.
    pub async fn list_groups(&self, mut sink: impl FnMut(Group)) -> Result<Walk, ScimError> {
        let paging = self.dialect.group_paging;
        match self.dialect.list_members {
            ListMembers::Included => listing::walk(&self.transport, paging, &mut sink).await,
            ListMembers::ReadEach => {
                let mut ids = Vec::new();
                let mut note = |group: Group| ids.extend(group.id.map(GroupId::from));
                let mut walk = listing::walk(&self.transport, paging, &mut note).await?;
                // In the order of the listing, so that the same world gives the same reads.
                let mut groups = stream::iter(ids)
                    .map(|id| async move { self.group(&id).await })
                    .buffered(GROUPS_AT_ONCE);
                while let Some(group) = groups.next().await {
                    match group? {
                        Some(group) => sink(group),
                        None => walk = walk.doubting(Doubt::Vanished),
                    }
                }
                Ok(walk)
            }
        }
    }

    /// Reads one user; `None` when the provider says there is no such user.
    ///
    /// # Errors
    /// When the answer is anything else.
    pub async fn user(&self, id: &UserId) -> Result<Option<User>, ScimError> {
        self.by_id(id.as_str()).await
    }

    /// Reads one group; `None` when the provider says there is no such group.
    ///
    /// # Errors
    /// When the answer is anything else.
    pub async fn group(&self, id: &GroupId) -> Result<Option<Group>, ScimError> {
        self.by_id(id.as_str()).await
    }

    async fn by_id<R: Listed + HasId>(&self, id: &str) -> Result<Option<R>, ScimError> {
        let request = Request::scim(Method::Get, [R::COLLECTION, id]);
        let response = match exchange::call(&self.transport, &request).await {
            Ok(response) => response,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let base = self.transport.target();
        let mut resource: R = exchange::read(base, &request, &response)?;
        match resource.id() {
            Some(read) if read != id => {
                let why = "the answer is a resource with another `id`";
                Err(ScimError::unusable(base, &request, &response, why))
            }
            Some(_) => Ok(Some(resource)),
            None if resource.has_name() => {
                resource.set_id(id);
                Ok(Some(resource))
            }
            None => {
                let why = "the answer has neither `id` nor a name";
                Err(ScimError::unusable(base, &request, &response, why))
            }
        }
    }

    /// Finds the users of this `userName`, compared without case.
    ///
    /// # Errors
    /// When neither filter nor listing answers, and when a listing without a hit is not
    /// proven whole.
    pub async fn find_users(&self, user_name: &str) -> Result<Vec<User>, ScimError> {
        let wanted = fold(user_name);
        let named = |user: &User| user.user_name.as_deref().is_some_and(|n| fold(n) == wanted);
        let (filter, paging) = (self.dialect.user_filter, self.dialect.user_paging);
        self.find(
            filter,
            paging,
            Attribute::UserName,
            user_name,
            &wanted,
            named,
        )
        .await
    }

    /// Finds the groups of this `displayName`, compared without case here; a provider's
    /// filter may compare with it. Several groups may have one name (RFC 7643 §8.7.1).
    ///
    /// # Errors
    /// As [`Reader::find_users`].
    pub async fn find_groups(&self, name: &str) -> Result<Vec<Group>, ScimError> {
        let wanted = fold(name);
        let named = |group: &Group| {
            group
                .display_name
                .as_deref()
                .is_some_and(|n| fold(n) == wanted)
        };
        let (filter, paging) = (self.dialect.group_filter, self.dialect.group_paging);
        self.find(filter, paging, Attribute::DisplayName, name, name, named)
            .await
    }

    /// Looks up by filter with each spelling, and by listing where the filter is not there,
    /// cannot carry the value, is refused, or is ignored.
    async fn find<R: Listed>(
        &self,
        support: Filter,
        paging: Paging,
        attribute: Attribute,
        written: &str,
        folded: &str,
        named: impl Fn(&R) -> bool,
    ) -> Result<Vec<R>, ScimError> {
        // Some servers compare with case, and store what was sent or its lower case.
        let mut spellings = vec![written];
        if folded != written {
            spellings.insert(0, folded);
        }
        for spelling in spellings {
            let Some(filter) = filter::equals(support, attribute, spelling) else {
                return self.find_by_listing(paging, named).await;
            };
            match self.find_by_filter(paging, filter, &named).await? {
                Found::Hits(hits) if hits.is_empty() => {}
                Found::Hits(hits) => return Ok(hits),
                Found::NotBelieved => return self.find_by_listing(paging, named).await,
            }
        }
        Ok(Vec::new())
    }

    async fn find_by_filter<R: Listed>(
        &self,
        paging: Paging,
        filter: String,
        named: impl Fn(&R) -> bool,
    ) -> Result<Found<R>, ScimError> {
        let count = LOOK_UP_COUNT.min(paging.count);
        let request = Request::scim(Method::Get, [R::COLLECTION])
            .with_query("filter", filter)
            .with_query("startIndex", "1")
            .with_query("count", count.to_string());
        let response = match exchange::call(&self.transport, &request).await {
            Ok(response) => response,
            Err(error) if filter_was_refused(&error) => return Ok(Found::NotBelieved),
            Err(error) => return Err(error),
        };
        let page = listing::read_page::<R>(self.transport.target(), &request, &response)?;
        let rows = page.rows.unwrap_or_default();
        let came = rows.len() as u64;
        let more = page.total.is_some_and(|total| total > came) || page.next_cursor.is_some();
        let sound = rows.iter().all(|row| row.id().is_some() && named(row));
        if sound && !more && page.unreadable == 0 && came < count {
            Ok(Found::Hits(rows))
        } else {
            // It answered what was not asked for, or not all of it.
            Ok(Found::NotBelieved)
        }
    }

    async fn find_by_listing<R: Listed>(
        &self,
        paging: Paging,
        named: impl Fn(&R) -> bool,
    ) -> Result<Vec<R>, ScimError> {
        let mut hits = Vec::new();
        let mut sink = |row: R| {
            if named(&row) {
                hits.push(row);
            }
        };
        let walk = listing::walk(&self.transport, paging, &mut sink).await?;
        match walk.verdict {
            Verdict::Whole { how: _ } => Ok(hits),
            Verdict::Partial { reasons: _ } if !hits.is_empty() => Ok(hits),
            Verdict::Partial { reasons } => {
                let request = Request::scim(Method::Get, [R::COLLECTION]);
                let why = reasons.iter().map(ToString::to_string).collect::<Vec<_>>();
                let base = self.transport.target();
                Err(ScimError::unproven(base, &request, why.join("; ")))
            }
        }
    }

    /// Reads a discovery document; `None` when the provider has none.
    ///
    /// # Errors
    /// When the provider cannot be reached or does not accept the token.
    pub async fn discovery(&self, document: Discovery) -> Result<Option<Value>, ScimError> {
        let request = Request::scim(Method::Get, [document.path()]);
        match exchange::call(&self.transport, &request).await {
            Ok(response) => exchange::read(self.transport.target(), &request, &response).map(Some),
            Err(error) => match error.kind() {
                ErrorKind::NotFound
                | ErrorKind::WrongEndpoint
                | ErrorKind::NotImplemented
                | ErrorKind::Refused => Ok(None),
                ErrorKind::Unauthorized
                | ErrorKind::Forbidden
                | ErrorKind::NotJson
                | ErrorKind::Conflict
                | ErrorKind::PreconditionFailed
                | ErrorKind::TooLarge
                | ErrorKind::RateLimited
                | ErrorKind::Server
                | ErrorKind::Malformed
                | ErrorKind::CreatedUnseen
                | ErrorKind::Unproven
                | ErrorKind::Transport(_) => Err(error),
            },
        }
    }
}

enum Found<R> {
    Hits(Vec<R>),
    /// What came cannot be the answer to the filter.
    NotBelieved,
}

fn filter_was_refused(error: &ScimError) -> bool {
    match error.kind() {
        ErrorKind::NotImplemented => true,
        ErrorKind::Refused => error.status() == Some(400),
        ErrorKind::Unauthorized
        | ErrorKind::Forbidden
        | ErrorKind::NotFound
        | ErrorKind::WrongEndpoint
        | ErrorKind::NotJson
        | ErrorKind::Conflict
        | ErrorKind::PreconditionFailed
        | ErrorKind::TooLarge
        | ErrorKind::RateLimited
        | ErrorKind::Server
        | ErrorKind::Malformed
        | ErrorKind::CreatedUnseen
        | ErrorKind::Unproven
        | ErrorKind::Transport(_) => false,
    }
}

/// A resource that was asked for by id need not repeat it.
trait HasId {
    fn set_id(&mut self, id: &str);
    /// Whether it has the name every such resource has, so that `{}` is not taken for one.
    fn has_name(&self) -> bool;
}

impl HasId for User {
    fn set_id(&mut self, id: &str) {
        self.id = Some(id.to_owned());
    }
    fn has_name(&self) -> bool {
        self.user_name.is_some()
    }
}

impl HasId for Group {
    fn set_id(&mut self, id: &str) {
        self.id = Some(id.to_owned());
    }
    fn has_name(&self) -> bool {
        self.display_name.is_some()
    }
}

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
}

/// All attributes that a user is to end with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserState<'a> {
    /// The attributes a create has as well.
    pub attributes: NewUser<'a>,
    /// Whether the user is active; a PUT has to say so.
    pub activity: Activity,
}

/// An attribute of a user that is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UserAttribute {
    /// `userName`.
    UserName,
    /// `displayName`.
    DisplayName,
    /// `name.givenName`.
    GivenName,
    /// `name.familyName`.
    FamilyName,
    /// The one value of `emails`.
    Email,
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
    reader: Reader<T>,
}

impl<T: Transport> Writer<T> {
    /// A writer that reads through `reader`.
    pub fn new(reader: Reader<T>) -> Self {
        Self { reader }
    }

    /// The reads.
    pub fn reader(&self) -> &Reader<T> {
        &self.reader
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
        let base = self.reader.transport.target();
        let Some(group) = self.reader.group(id).await? else {
            return Err(ScimError::unproven(
                base,
                &request,
                "there is no such group to rename",
            ));
        };
        let members = match (group.members, self.reader.dialect.list_members) {
            (Some(members), _) => members,
            (None, ListMembers::Included) => Vec::new(),
            (None, ListMembers::ReadEach) => {
                return Err(ScimError::unproven(
                    base,
                    &request,
                    "the group's members are not told",
                ));
            }
        };
        let mut values = Vec::new();
        for member in members {
            let Some(value) = member.value else {
                return Err(ScimError::unproven(
                    base,
                    &request,
                    "a member has no `value`",
                ));
            };
            values.push(match member.kind {
                Some(kind) => json!({ "value": value, "type": kind }),
                None => json!({ "value": value }),
            });
        }
        let body = json!({ "schemas": [GROUP_SCHEMA], "displayName": name, "members": values });
        self.write(Method::Put, &path, &body).await
    }

    /// Deletes a group.
    ///
    /// # Errors
    /// When the group may still be there.
    pub async fn delete_group(&self, id: &GroupId) -> Result<Deleted, ScimError> {
        self.delete::<Group>(id.as_str()).await
    }

    async fn delete<R: Listed + HasId>(&self, id: &str) -> Result<Deleted, ScimError> {
        let request = Request::scim(Method::Delete, [R::COLLECTION, id]);
        match exchange::call(&self.reader.transport, &request).await {
            Ok(_) => Ok(Deleted::Now),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Deleted::AlreadyGone),
            // For what it does not know Harness answers 401 to groups and 400 to users: a
            // read tells that from a refusal.
            Err(error) if matches!(error.kind(), ErrorKind::Unauthorized | ErrorKind::Refused) => {
                match self.reader.by_id::<R>(id).await {
                    Ok(None) => Ok(Deleted::AlreadyGone),
                    Ok(Some(_)) | Err(_) => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    async fn create<R: Listed>(&self, request: &Request) -> Result<R, ScimError> {
        let base = self.reader.transport.target();
        let response = exchange::call(&self.reader.transport, request).await?;
        let made = serde_json::from_slice::<R>(&response.body).ok();
        match made.filter(|made| made.id().is_some_and(|id| !id.is_empty())) {
            Some(made) => Ok(made),
            None => Err(ScimError::created_unseen(base, request, &response)),
        }
    }

    async fn patch(&self, path: &[&str], operations: Vec<PatchOperation>) -> Result<(), ScimError> {
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
        exchange::call(&self.reader.transport, &request)
            .await
            .map(|_: Response| ())
    }

    fn request(&self, method: Method, path: &[&str], body: &impl Serialize) -> Request {
        let json = serde_json::to_string(body)
            .expect("bodies are structs and values with text keys, which always serialise");
        let mut request = Request::scim(method, path.iter().copied()).with_body(json);
        request.content_type = self.reader.dialect.content_type;
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
        UserBody {
            schemas: [USER_SCHEMA],
            external_id: match self.reader.dialect.user_external_id {
                ExternalIdStorage::Stored => user.external_id,
                ExternalIdStorage::Dropped => None,
            },
            user_name: user.user_name,
            display_name: user.display_name,
            name: NameBody {
                given_name: user.given_name,
                family_name: user.family_name,
            },
            emails: [email_body(user.email)],
            active: match activity {
                Activity::Active => true,
                Activity::Inactive => false,
            },
        }
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

#[cfg(test)]
mod tests;
