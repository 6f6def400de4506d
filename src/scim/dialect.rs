//! How requests to one service provider must be spelled, as data.
//!
//! A profile (`profile/<provider>.rs`) fills a [`Dialect`]; the client obeys it and never
//! learns a provider's name. Whatever is unknown of a provider takes the careful value,
//! which is what [`Dialect::rfc`] holds.

use serde::{Deserialize, Serialize};

use super::answers::KnownAnswer;
use super::read_only::ReadingPost;
use crate::ids::attributes::ExtraAttribute;

/// How one provider wants to be spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialect {
    /// How `/Users` is listed.
    pub user_paging: Paging,
    /// How `/Groups` is listed.
    pub group_paging: Paging,
    /// Whether there are groups at all.
    pub groups: Groups,
    /// Whether `userName eq` finds users.
    pub user_filter: Filter,
    /// Whether `displayName eq` finds groups.
    pub group_filter: Filter,
    /// How a user's attributes are changed.
    pub user_update: UserUpdate,
    /// How a user is switched off without being deleted.
    pub user_deactivation: UserDeactivation,
    /// What DELETE does to a user.
    pub user_deletion: UserDeletion,
    /// Attributes of a user that stay as they were made, in the order of [`UserAttribute`].
    pub immutable: Vec<UserAttribute>,
    /// How operations of a PATCH are spelled.
    pub op_case: OpCase,
    /// How members are taken out of a group.
    pub member_removal: MemberRemoval,
    /// How a group is renamed.
    pub group_rename: GroupRename,
    /// The most member changes one PATCH may carry.
    pub members_per_patch: usize,
    /// Whether `externalId` of users survives a create.
    pub user_external_id: ExternalIdStorage,
    /// Whether a group read from a listing carries its members.
    pub list_members: ListMembers,
    /// Whether a write may be bound to the version that was read.
    pub entity_tags: EntityTags,
    /// Whom a listing of users leaves out by design.
    pub unlisted_users: UnlistedUsers,
    /// The `Content-Type` of writes.
    pub content_type: &'static str,
    /// How long a user create may take, in seconds.
    pub create_timeout_secs: u64,
    /// How long any other call may take, in seconds.
    pub call_timeout_secs: u64,
    /// The most requests to send a minute, and how many at once at first.
    pub rate: Rate,
    /// The provider's own API beside SCIM, if it has one that is used.
    pub platform: Option<PlatformApi>,
    /// What its failures mean where the status says something else.
    pub answers: &'static [KnownAnswer],
}

impl Dialect {
    /// What RFC 7644 promises, and nothing more.
    pub fn rfc() -> Self {
        Self {
            user_paging: Paging::rfc(),
            group_paging: Paging::rfc(),
            groups: Groups::Served,
            user_filter: Filter::Quoted,
            group_filter: Filter::Quoted,
            user_update: UserUpdate::PatchPaths,
            user_deactivation: UserDeactivation::PatchActiveFalse,
            user_deletion: UserDeletion::Removes,
            immutable: Vec::new(),
            op_case: OpCase::Lower,
            member_removal: MemberRemoval::ValuePath,
            group_rename: GroupRename::LowerReplacePath,
            members_per_patch: 100,
            user_external_id: ExternalIdStorage::Stored,
            list_members: ListMembers::Included,
            entity_tags: EntityTags::Ignored,
            unlisted_users: UnlistedUsers::Nobody,
            content_type: super::http::SCIM_JSON,
            create_timeout_secs: 120,
            call_timeout_secs: 60,
            rate: Rate { per_minute: 600 },
            platform: None,
            answers: &[],
        }
    }
}

/// How a collection is walked. The end is never taken from `totalResults` alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging {
    /// The `count` to ask for.
    pub count: u64,
    /// What the next `startIndex` is.
    pub advance: Advance,
    /// What `totalResults` says.
    pub total: TotalResults,
    /// After how many pages without a new resource the walk ends.
    pub empty_pages: u8,
}

impl Paging {
    /// Index paging as RFC 7644 §3.4.2.4 describes it.
    pub fn rfc() -> Self {
        Self {
            count: 200,
            advance: Advance::ByReceived,
            total: TotalResults::Whole,
            empty_pages: 1,
        }
    }
}

/// What the next `startIndex` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Advance {
    /// The number of resources received so far, plus one (RFC 7644 §3.4.2.4).
    ByReceived,
    /// A stride of the asked `count`, because pages are cut after they are counted and may
    /// come short without being last.
    ByAsked,
    /// There is none: the first page is asked for with an empty `cursor`, each further one
    /// with the `nextCursor` of the last (RFC 9865). A server that hands out none, and has
    /// more, is walked by what was received.
    ByCursor,
}

/// Whether there are groups at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Groups {
    /// At `/Groups` (RFC 7644 §3.2).
    Served,
    /// There are only users: `/Groups` is never asked for.
    NotServed,
}

/// What DELETE does to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum UserDeletion {
    /// It removes the account (RFC 7644 §3.6).
    Removes,
    /// It makes the account inactive at most, so the client says that it deactivates, and
    /// sends `active: false` instead.
    Deactivates,
}

/// How operations of a PATCH are spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OpCase {
    /// `add`, `remove`, `replace` (RFC 7644 §3.5.2).
    Lower,
    /// `Add`, `Remove`, `Replace`.
    Capital,
}

/// An attribute of a user that is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
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
    /// Another one.
    #[serde(untagged)]
    Extra(ExtraAttribute),
}

/// Whether a write may be bound to the version that was read (RFC 7644 §3.14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EntityTags {
    /// It may not, or nobody says so.
    Ignored,
    /// Where a resource came with a version, PUT, PATCH and DELETE carry it in `If-Match`,
    /// and a 412 says that somebody was faster.
    IfMatch,
}

/// What `totalResults` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TotalResults {
    /// The number of matching resources (RFC 7644 §3.4.2): proof of a whole read when it
    /// equals what was received.
    Whole,
    /// The number of resources on this page: says nothing about the whole.
    PageLocal,
}

/// How far `filter` can be trusted for a look-up. A hit is always checked on our side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Filter {
    /// `attribute eq "value"`, the value a JSON string (RFC 7644 §3.4.2.2).
    Quoted,
    /// As `Quoted`, but the server does not unescape and decodes twice: values that hold
    /// `"`, `\`, `+`, `%` or ` eq ` are found by listing instead.
    Textual,
    /// Not supported or not to be believed: look-ups list and match on our side.
    None,
}

/// How a user's attributes are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum UserUpdate {
    /// PATCH with one `replace` and a path for each attribute (RFC 7644 §3.5.2.3).
    PatchPaths,
    /// PUT of the attributes this tool writes, for a provider known to keep no others.
    Put,
    /// PUT of the user as read just before, with what differs changed: a PUT clears what it
    /// leaves out (RFC 7644 §3.5.1), our own `externalId` first of all.
    PutMerged,
}

/// How a user is switched off without DELETE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum UserDeactivation {
    /// PATCH `active` to `false`; the account stays and can be switched on again.
    PatchActiveFalse,
    /// There is no such state: the provider removes whoever is made inactive, so the
    /// client sends DELETE and says so.
    Removes,
}

/// How members are taken out of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MemberRemoval {
    /// One operation for each, `path: members[value eq "id"]` (RFC 7644 §3.5.2.2).
    ValuePath,
    /// One operation with `path: members` and the list as its value. On a strict server
    /// this removes *everybody*, so it is never the default.
    ValueList,
}

/// How a group is renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GroupRename {
    /// `replace` with path `displayName` (RFC 7644 §3.5.2.3).
    LowerReplacePath,
    /// `Replace`, capital, with path `displayName`.
    CapitalReplacePath,
    /// PUT of the group with its members and whatever else it has, read just before.
    PutWithMembers,
}

/// Whether `externalId` survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ExternalIdStorage {
    /// It is stored and comes back.
    Stored,
    /// It is dropped or reserved; never sent.
    Dropped,
    /// People log in by it, so it carries the `userName` and never our key.
    Login,
}

/// Whether a group read from a listing carries its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ListMembers {
    /// It does; a missing `members` key means an empty group.
    Included,
    /// It does not: each group is read again by id.
    ReadEach,
    /// No read of a group tells them. Whether somebody is a member can only be asked, with a
    /// filter on `members.value`: one request for each user.
    AskEachUser,
}

/// Whom a listing of users leaves out by design.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnlistedUsers {
    /// Nobody: a user who is there and not in the list is a gap in it.
    Nobody,
    /// Accounts not made by SCIM, though each is found by id.
    MadeByHand,
}

/// The most requests a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests a minute.
    pub per_minute: u32,
}

/// A provider's own API on the origin of its SCIM base URL: where it begins, and what of it
/// this tool has to know. The messages are those of `scim::platform`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlatformApi {
    /// What stands between the API's root and the account in the SCIM base URL, slashes
    /// included. The root is what comes before, so it never leaves the origin.
    pub before_account: &'static str,
    /// The header that carries the token, in lower case.
    pub token_header: &'static str,
    /// The most rows a page may be asked for.
    pub page_size: u32,
    /// The role whose last holder cannot be removed.
    pub admin_role: &'static str,
    /// The POST that lists people.
    pub list_users: ReadingPost,
    /// The POST that lists role bindings.
    pub list_bindings: ReadingPost,
    /// The POST that tells what the token may do.
    pub permissions: ReadingPost,
    /// The POST that tells whose the token is.
    pub token: ReadingPost,
    /// What the token's holder has to be allowed.
    pub needs: &'static [Need],
}

/// Something a token may do or not, as the API names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permission {
    /// The kind of resource: `USER`.
    pub resource: &'static str,
    /// What is done: `core_user_view`.
    pub name: &'static str,
}

/// A permission with what it is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// The permission.
    pub permission: Permission,
    /// Ending the sentence "it is needed to …".
    pub purpose: &'static str,
    /// How much.
    pub weight: NeedWeight,
}

/// How much a permission is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NeedWeight {
    /// Provisioning fails without it.
    ToProvision,
    /// A check cannot be made without it.
    ToCheck,
}

impl PlatformApi {
    /// The API's root and the account, told from a SCIM base URL; nothing if the URL is of
    /// another shape.
    pub fn locate<'a>(&self, base_url: &'a str) -> Option<(&'a str, &'a str)> {
        let (before, account) = base_url.trim_end_matches('/').rsplit_once('/')?;
        let root = before.strip_suffix(self.before_account.trim_end_matches('/'))?;
        let (_, host) = root.split_once("://")?;
        (!account.is_empty() && !host.is_empty()).then_some((root, account))
    }
}
