//! In what a plain provider departs from RFC 7644, so that each quirk a profile tells of can
//! be met over HTTP before it is met in earnest.
//!
//! **Invariants.** The default is no departure. A quirk is enforced: what a provider of that
//! kind would not take is refused, ignored or done otherwise here too.

use serde::{Deserialize, Serialize};

use super::rfc::PAGE_CAP;
use crate::ids::attributes::ExtraAttribute;
use crate::scim::dialect::{
    Advance, Dialect, EntityTags, ExternalIdStorage, Filter, Groups, ListMembers, MemberRemoval,
    OpCase, UserAttribute, UserDeactivation, UserDeletion,
};

/// How a plain provider behaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Quirks {
    /// How lists are paged.
    pub pages: Pages,
    /// The most resources on a page.
    pub page_cap: usize,
    /// Whether there are groups.
    pub groups: Groups,
    /// Whether filters on users are answered.
    pub user_filters: Filters,
    /// Whether filters on groups are answered.
    pub group_filters: Filters,
    /// Who tells the members of a group.
    pub members: MembersTold,
    /// The most member changes one request may carry.
    pub member_changes: usize,
    /// How operations of a PATCH are spelled.
    pub op_case: OpCase,
    /// How members are taken out.
    pub member_removal: MemberRemoval,
    /// What `active: false` does.
    pub active_false: UserDeactivation,
    /// What DELETE does to a user.
    pub user_deletion: UserDeletion,
    /// Whether DELETE of a group is there.
    pub group_deletion: GroupDeletion,
    /// What becomes of a user's `externalId`.
    pub external_id: ExternalIdStorage,
    /// What becomes of names.
    pub names: Names,
    /// Which attributes beyond names and e-mail are kept; the others are ignored in silence.
    pub attributes: Vec<ExtraAttribute>,
    /// Attributes of a user that stay as they were made; a change is ignored in silence.
    pub immutable: Vec<UserAttribute>,
    /// Whether resources have versions, and `If-Match` is obeyed.
    pub entity_tags: EntityTags,
}

/// How lists are paged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Pages {
    /// By `startIndex` (RFC 7644 §3.4.2.4).
    ByIndex,
    /// By `cursor` (RFC 9865). Without one, only ever the first page.
    ByCursor,
}

/// Whether filters are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Filters {
    /// They are.
    Answered,
    /// They are refused with 400 `invalidFilter`.
    Refused,
}

/// Who tells the members of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MembersTold {
    /// The group.
    InGroups,
    /// Nobody but a filter on `members.value`; groups come with an empty list.
    ByFilter,
}

/// Whether a group can be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GroupDeletion {
    /// It can.
    Served,
    /// DELETE answers 405.
    Refused,
}

/// What becomes of a user's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Names {
    /// They come back.
    Kept,
    /// They read `N/A`, and there is no `displayName`.
    Forgotten,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            pages: Pages::ByIndex,
            page_cap: PAGE_CAP,
            groups: Groups::Served,
            user_filters: Filters::Answered,
            group_filters: Filters::Answered,
            members: MembersTold::InGroups,
            member_changes: usize::MAX,
            op_case: OpCase::Lower,
            member_removal: MemberRemoval::ValuePath,
            active_false: UserDeactivation::PatchActiveFalse,
            user_deletion: UserDeletion::Removes,
            group_deletion: GroupDeletion::Served,
            external_id: ExternalIdStorage::Stored,
            names: Names::Kept,
            attributes: ExtraAttribute::ALL.to_vec(),
            immutable: Vec::new(),
            entity_tags: EntityTags::Ignored,
        }
    }
}

impl Quirks {
    /// A provider that wants to be spoken to in this dialect, and takes no other.
    pub fn enforcing(
        dialect: &Dialect,
        group_deletion: GroupDeletion,
        names: Names,
        attributes: &[ExtraAttribute],
    ) -> Self {
        let answered = |filter| match filter {
            Filter::Quoted | Filter::Textual => Filters::Answered,
            Filter::None => Filters::Refused,
        };
        let count = usize::try_from(dialect.user_paging.count).unwrap_or(PAGE_CAP);
        let strict = *dialect == Dialect::rfc();
        Self {
            pages: match dialect.user_paging.advance {
                Advance::ByReceived | Advance::ByAsked => Pages::ByIndex,
                Advance::ByCursor => Pages::ByCursor,
            },
            page_cap: count.clamp(1, PAGE_CAP),
            groups: dialect.groups,
            user_filters: answered(dialect.user_filter),
            group_filters: answered(dialect.group_filter),
            members: match dialect.list_members {
                ListMembers::Included | ListMembers::ReadEach => MembersTold::InGroups,
                ListMembers::AskEachUser => MembersTold::ByFilter,
            },
            // RFC 7644 has no such limit.
            member_changes: if strict {
                usize::MAX
            } else {
                dialect.members_per_patch
            },
            op_case: dialect.op_case,
            member_removal: dialect.member_removal,
            active_false: dialect.user_deactivation,
            user_deletion: dialect.user_deletion,
            group_deletion,
            external_id: dialect.user_external_id,
            names,
            attributes: attributes.to_vec(),
            immutable: dialect.immutable.clone(),
            entity_tags: dialect.entity_tags,
        }
    }
}
