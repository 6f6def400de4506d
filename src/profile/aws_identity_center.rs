//! AWS IAM Identity Center (docs: IAM Identity Center SCIM Implementation Developer Guide).

use super::base_url::{BaseUrlRule, Elsewhere, UrlShape};
use super::facts::Fact;
use super::{Profile, RequiredName, rfc};
use crate::ids::attributes::ExtraAttribute;
use crate::scim::dialect::{Advance, Dialect, ListMembers, MemberRemoval, Paging, TotalResults};

const BASE_URL: UrlShape = UrlShape {
    hosts: &["scim.*.amazonaws.com"],
    elsewhere: Elsewhere::Nowhere,
    paths: &["/*/scim/v2"],
    other: &[],
    example: "https://scim.eu-west-1.amazonaws.com/TENANT_ID/scim/v2",
};

const BY_CURSOR: Paging = Paging {
    count: 100,
    advance: Advance::ByCursor,
    total: TotalResults::Whole,
    empty_pages: 1,
};

/// The profile.
pub(super) fn profile() -> Profile {
    Profile {
        base_url: BaseUrlRule::Shape(BASE_URL),
        dialect: Dialect {
            user_paging: BY_CURSOR,
            group_paging: BY_CURSOR,
            member_removal: MemberRemoval::ValueList,
            members_per_patch: 100,
            list_members: ListMembers::AskEachUser,
            ..Dialect::rfc()
        },
        // The name to show is made of the two.
        required_names: &[RequiredName::Given, RequiredName::Family],
        attributes: ExtraAttribute::ALL.to_vec(),
        ..rfc::careful("aws-identity-center", "AWS IAM Identity Center", FACTS)
    }
}

const FACTS: &[Fact] = &[
    Fact::documented(
        "base URL",
        "`https://scim.REGION.amazonaws.com/TENANT_ID/scim/v2`.",
        "docs: listgroups, example requests",
        "The shape is checked offline; another host or path is a warning.",
    ),
    Fact::documented(
        "paging",
        "Without `cursor` a list is not paged at all. With it, empty at first, a page has at most 100 and names the next one in `nextCursor`; there is no `totalResults`.",
        "docs: listgroups, listusers",
        "Lists are walked by cursors, 100 at a time, to the page without one. A single full page is asked for once more at half its size: without a cursor then, nothing is removed (`partial-read`).",
    ),
    Fact::documented(
        "members on read",
        "GetGroup and ListGroups answer with an empty list of members.",
        "docs: getgroup, listgroups",
        "Never taken for an empty group: the groups of each user are asked for with `members.value eq`, one request a user.",
    ),
    Fact::documented(
        "member changes",
        "A request may carry 100 at most; removing all members of a group at once is refused.",
        "docs: patchgroup, creategroup",
        "Batches of 100 by PATCH, each named; a group is created empty.",
    ),
    Fact::reported(
        "member removal",
        "`remove` with path `members` and the list of ids.",
        "slashdevops/idp-scim-sync internal/scim/operations.go",
        "Sent so. Read strictly it would mean everybody, which AWS refuses.",
    ),
    Fact::documented(
        "filters",
        "`eq` and `and` only; groups by displayName, externalId, members.value, or id with a member.",
        "docs: listgroups, constraints",
        "Only those are sent.",
    ),
    Fact::documented(
        "writes",
        "No PUT of groups; PATCH of displayName, members and externalId.",
        "docs: patchgroup, supported APIs",
        "Groups are renamed by PATCH.",
    ),
    Fact::documented(
        "attributes",
        "givenName, familyName, userName and displayName are required; one e-mail.",
        "docs: createuser",
        "All four are sent with a create; a person without `givenName` or `familyName` is a warning (`missing-name`).",
    ),
    Fact::reported(
        "rate",
        "25 writes and 40 reads a second; 429 ThrottlingException beyond.",
        "slashdevops/idp-scim-sync",
        "600 requests a minute, fewer after a 429.",
    ),
    Fact::unknown(
        "deactivation",
        "Whether a deactivated user keeps memberships.",
        "docs: patchuser",
        "Memberships of who is to go are removed first.",
    ),
    Fact::documented(
        "more attributes",
        "Every attribute of the core User and of the enterprise extension that is one text; no password, ims, photos, entitlements or certificates.",
        "docs: limitations; supported user and group attributes",
        "All `attributes` may be declared. The one value each of addresses, phone numbers and roles is left alone.",
    ),
];
