//! What the rest of the tool asks of a service provider: typed reads and writes, spelled as
//! its [`Dialect`] wants them.
//!
//! **Invariants.** A [`Reader`] cannot write, and nothing that can is got from it: a
//! [`Writer`] is made of a transport, which no reader gives out. What is absent is only said to be absent on
//! proof: a 404 in a form SCIM gives, a filter the dialect trusts, or a listing that is
//! whole. No write can empty a group: members are only ever removed by name. `active` is
//! only ever changed by [`Writer::set_active`] (faults S5, F28).

mod writer;

use std::sync::Arc;

use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;

pub use self::writer::{Activity, Deleted, NewUser, UserAttribute, UserState, Writer};
use super::dialect::{Dialect, Filter, Groups, ListMembers, Paging};
use super::error::{ErrorKind, ScimError};
use super::exchange;
use super::filter::{self, Attribute};
use super::http::{Response, Transport};
use super::listing::{self, Doubt, Foretold, Listed, Verdict, Walk};
use super::read_only::{ReadOnly, ReadRequest};
use super::wire::{Group, Member, Meta, User};
use crate::ids::{GroupId, UserId, fold};

/// How many groups are read at once where a listing does not carry members.
const GROUPS_AT_ONCE: usize = 8;
/// How many hits of a look-up are asked for; more than a few are already odd.
const LOOK_UP_COUNT: u64 = 100;

/// Reads, and nothing else.
#[derive(Debug, Clone)]
pub struct Reader<T> {
    transport: ReadOnly<T>,
    dialect: Dialect,
    foretold: Arc<Foretold>,
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
        Self {
            transport: ReadOnly::new(transport),
            dialect,
            foretold: Arc::default(),
        }
    }

    /// The same, with a place where somebody tells how much there probably is to read.
    pub fn foretold(mut self, foretold: Arc<Foretold>) -> Self {
        self.foretold = foretold;
        self
    }

    /// Tells how many users and groups there probably are: pages are then asked for further
    /// ahead.
    pub fn foretell(&self, users: usize, groups: usize) {
        self.foretold.tell(users, groups);
    }

    /// How the provider is spoken to.
    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// What is spoken through: for the provider's own API beside SCIM.
    pub fn transport(&self) -> &ReadOnly<T> {
        &self.transport
    }

    /// Reads every user.
    ///
    /// # Errors
    /// When a page does not come.
    pub async fn list_users(&self, mut sink: impl FnMut(User)) -> Result<Walk, ScimError> {
        self.walk(self.dialect.user_paging, &mut sink).await
    }

    /// Reads every group, with members where the provider tells them.
    ///
    /// # Errors
    /// When a page does not come, or a group that has to be read by itself.
    pub async fn list_groups(&self, mut sink: impl FnMut(Group)) -> Result<Walk, ScimError> {
        let paging = self.dialect.group_paging;
        match self.dialect.groups {
            Groups::Served => {}
            Groups::NotServed => return Ok(Walk::nothing_to_read()),
        }
        match self.dialect.list_members {
            ListMembers::Included | ListMembers::AskEachUser => self.walk(paging, &mut sink).await,
            ListMembers::ReadEach => {
                let mut ids = Vec::new();
                let mut note = |group: Group| ids.extend(group.id.map(GroupId::from));
                let mut walk = self.walk(paging, &mut note).await?;
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

    /// The groups that have this user as a member, asked for with a filter: where nothing else
    /// tells members ([`ListMembers::AskEachUser`]).
    ///
    /// # Errors
    /// When a page does not come, and when the answer is not proven whole.
    pub async fn groups_of(&self, user: &UserId) -> Result<Vec<GroupId>, ScimError> {
        let filter = format!("members.value eq {}", filter::quoted(user.as_str()));
        let mut groups = Vec::new();
        let mut sink = |group: Group| groups.extend(group.id.map(GroupId::from));
        let paging = self.dialect.group_paging;
        let none = Foretold::default();
        let walked = listing::walk(&self.transport, paging, Some(&filter), &none, &mut sink).await;
        let walk = walked.map_err(|error| error.known_as(self.dialect.answers))?;
        match walk.verdict {
            Verdict::Whole { how: _ } => Ok(groups),
            Verdict::Partial { reasons } => Err(self.unproven::<Group>(&reasons)),
        }
    }

    /// Reads one group, and of its members at least those of `among`; `None` when the provider
    /// says that there is no such group.
    ///
    /// # Errors
    /// As [`Reader::group`].
    pub async fn group_among(
        &self,
        id: &GroupId,
        among: &[UserId],
    ) -> Result<Option<Group>, ScimError> {
        let Some(mut group) = self.group(id).await? else {
            return Ok(None);
        };
        match self.dialect.list_members {
            ListMembers::Included | ListMembers::ReadEach => {}
            ListMembers::AskEachUser => {
                let mut asked = stream::iter(among)
                    .map(|user| async move { (user, self.is_member(id, user).await) })
                    .buffered(GROUPS_AT_ONCE);
                let mut members = Vec::new();
                while let Some((user, is_member)) = asked.next().await {
                    if is_member? {
                        members.push(Member {
                            value: Some(user.as_str().into()),
                            ..Member::default()
                        });
                    }
                }
                group.members = Some(members);
            }
        }
        Ok(Some(group))
    }

    async fn is_member(&self, group: &GroupId, user: &UserId) -> Result<bool, ScimError> {
        let filter = format!(
            "id eq {} and members.value eq {}",
            filter::quoted(group.as_str()),
            filter::quoted(user.as_str())
        );
        let request = ReadRequest::scim([Group::COLLECTION]).with_query("filter", filter);
        let response = match self.ask(&request).await {
            Ok(response) => response,
            // There is no such user, who is then no member either.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        let page =
            listing::read_page::<Group>(self.transport.target(), request.request(), &response)?;
        let rows = page.rows.unwrap_or_default();
        let same = |row: &Group| row.id.as_deref() == Some(group.as_str());
        if rows.len() > 1 || !rows.iter().all(same) {
            let why = "it answers for other groups than the one that was asked for";
            let base = self.transport.target();
            return Err(ScimError::unusable(base, request.request(), &response, why));
        }
        Ok(!rows.is_empty())
    }

    /// Sends a read; a failure is read as this provider's are.
    async fn ask(&self, request: &ReadRequest) -> Result<Response, ScimError> {
        let answered = self.transport.ask(request).await;
        answered.map_err(|error| error.known_as(self.dialect.answers))
    }

    async fn walk<R: Listed>(
        &self,
        paging: Paging,
        sink: &mut impl FnMut(R),
    ) -> Result<Walk, ScimError> {
        let walked = listing::walk(&self.transport, paging, None, &self.foretold, sink).await;
        walked.map_err(|error| error.known_as(self.dialect.answers))
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
        let request = ReadRequest::scim([R::COLLECTION, id]);
        let response = match self.ask(&request).await {
            Ok(response) => response,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let base = self.transport.target();
        let mut resource: R = exchange::read(base, request.request(), &response)?;
        let version = &mut resource.meta().version;
        *version = version_of(version.take(), &response);
        match resource.id() {
            Some(read) if read != id => {
                let why = "the answer is a resource with another `id`";
                Err(ScimError::unusable(base, request.request(), &response, why))
            }
            Some(_) => Ok(Some(resource)),
            None if resource.has_name() => {
                resource.set_id(id);
                Ok(Some(resource))
            }
            None => {
                let why = "the answer has neither `id` nor a name";
                Err(ScimError::unusable(base, request.request(), &response, why))
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
        // Some servers compare with case, and store what was sent or its lower case, in
        // whatever Unicode form it came.
        let lowered = written.to_lowercase();
        let mut spellings = vec![written];
        if folded != written {
            spellings = vec![folded, lowered.as_str(), written];
            spellings.dedup();
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
        let request = ReadRequest::scim([R::COLLECTION])
            .with_query("filter", filter)
            .with_query("startIndex", "1")
            .with_query("count", count.to_string());
        let response = match self.ask(&request).await {
            Ok(response) => response,
            Err(error) if filter_was_refused(&error) => return Ok(Found::NotBelieved),
            Err(error) => return Err(error),
        };
        let page = listing::read_page::<R>(self.transport.target(), request.request(), &response)?;
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
        let walk = self.walk(paging, &mut sink).await?;
        match walk.verdict {
            Verdict::Whole { how: _ } => Ok(hits),
            Verdict::Partial { reasons: _ } if !hits.is_empty() => Ok(hits),
            Verdict::Partial { reasons } => Err(self.unproven::<R>(&reasons)),
        }
    }

    /// A listing that may not be whole, where only a whole one is an answer.
    fn unproven<R: Listed>(&self, reasons: &[Doubt]) -> ScimError {
        let request = ReadRequest::scim([R::COLLECTION]);
        let why = reasons.iter().map(ToString::to_string).collect::<Vec<_>>();
        let base = self.transport.target();
        ScimError::unproven(base, request.request(), why.join("; "))
    }

    /// Reads a discovery document; `None` when the provider has none.
    ///
    /// # Errors
    /// When the provider cannot be reached or does not accept the token.
    pub async fn discovery(&self, document: Discovery) -> Result<Option<Value>, ScimError> {
        let request = ReadRequest::scim([document.path()]);
        match self.ask(&request).await {
            Ok(response) => {
                exchange::read(self.transport.target(), request.request(), &response).map(Some)
            }
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

/// The version of a resource that was read by itself: `meta.version`, or where a provider tells
/// it only there, the `ETag` of the answer (RFC 7644 §3.14).
fn version_of(told: Option<String>, response: &Response) -> Option<String> {
    let is_one = |version: &String| !version.is_empty();
    told.filter(is_one)
        .or_else(|| response.etag.clone().filter(is_one))
}

/// A resource that was asked for by id need not repeat it.
trait HasId {
    fn set_id(&mut self, id: &str);
    /// Whether it has the name every such resource has, so that `{}` is not taken for one.
    fn has_name(&self) -> bool;
    fn meta(&mut self) -> &mut Meta;
}

impl HasId for User {
    fn set_id(&mut self, id: &str) {
        self.id = Some(id.to_owned());
    }
    fn has_name(&self) -> bool {
        self.user_name.is_some()
    }
    fn meta(&mut self) -> &mut Meta {
        &mut self.meta
    }
}

impl HasId for Group {
    fn set_id(&mut self, id: &str) {
        self.id = Some(id.to_owned());
    }
    fn has_name(&self) -> bool {
        self.display_name.is_some()
    }
    fn meta(&mut self) -> &mut Meta {
        &mut self.meta
    }
}

#[cfg(test)]
mod tests;
