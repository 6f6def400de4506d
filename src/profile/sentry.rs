//! Sentry (source: getsentry/sentry, src/sentry/core/endpoints/scim).

use super::base_url::{BaseUrlRule, Elsewhere, UrlShape};
use super::facts::{Fact, Reading};
use super::{NameModel, Profile, Suspension, rfc};
use crate::scim::dialect::{
    Advance, Dialect, ExternalIdStorage, Filter, Paging, TotalResults, UserDeactivation,
};
use crate::scim::http;

const BASE_URL: UrlShape = UrlShape {
    hosts: &["sentry.io", "*.sentry.io"],
    elsewhere: Elsewhere::OwnHosts,
    paths: &["/api/0/organizations/*/scim/v2"],
    other: &[],
    example: "https://sentry.io/api/0/organizations/ORGANIZATION/scim/v2",
};

const HUNDRED: Paging = Paging {
    count: 100,
    advance: Advance::ByReceived,
    total: TotalResults::Whole,
    empty_pages: 1,
};

/// The profile.
pub(super) fn profile() -> Profile {
    Profile {
        base_url: BaseUrlRule::Shape(BASE_URL),
        dialect: Dialect {
            user_paging: HUNDRED,
            group_paging: HUNDRED,
            user_filter: Filter::Textual,
            group_filter: Filter::None,
            user_deactivation: UserDeactivation::Removes,
            user_external_id: ExternalIdStorage::Dropped,
            content_type: http::JSON,
            members_per_patch: 100,
            ..Dialect::rfc()
        },
        names: NameModel::NotKept,
        suspension: Suspension::Removes,
        ..rfc::careful("sentry", "Sentry", FACTS)
    }
}

const FACTS: &[Fact] = &[
    Fact::reported(
        "base URL",
        "`https://sentry.io/api/0/organizations/ORGANIZATION/scim/v2`.",
        "source: routes; not read again",
        "Another path is a warning.",
    ),
    Fact::read(
        Reading::Source,
        "paging",
        "100 on a page, and no more.",
        "source: scim/constants.py",
        "100 are asked for.",
    ),
    Fact::read(
        Reading::Source,
        "filters",
        "One `eq` on userName, value or displayName; a comma makes it `invalidFilter`; groups are looked up by a slug of their name.",
        "source: scim/utils.py, scim/teams.py",
        "Groups are found by listing; each hit is compared with the name.",
    ),
    Fact::read(
        Reading::Source,
        "names",
        "`name` always reads `N/A`; there is no displayName of a user.",
        "source: serializers/models/organization_member/scim.py",
        "Names are sent with a create and never compared.",
    ),
    Fact::read(
        Reading::Source,
        "externalId",
        "It does not come back.",
        "source: serializers/models/organization_member/scim.py",
        "Never sent; people are known by their e-mail.",
    ),
    Fact::read(
        Reading::Source,
        "members",
        "`remove` with a list of values removes only the first; POST ignores members; at most 100 operations a PATCH.",
        "source: scim/teams.py",
        "One operation with a path for each, 100 at most; groups are created empty.",
    ),
    Fact::read(
        Reading::Source,
        "long groups",
        "10,000 members at most are told.",
        "source: scim/constants.py",
        "A member nobody was told of looks missing and is added again, which changes nothing; none is removed unseen.",
    ),
    Fact::read(
        Reading::Source,
        "group PUT",
        "405.",
        "source: scim/teams.py",
        "Renames and members by PATCH.",
    ),
    Fact::reported(
        "suspension",
        "`active: false` removes the member.",
        "source: scim/members.py; not read again",
        "`suspended` is planned, counted and shown as a removal.",
    ),
    Fact::read(
        Reading::Source,
        "content types",
        "`application/json` and `application/json+scim`.",
        "source: scim/utils.py",
        "`application/json` is sent.",
    ),
    Fact::read(
        Reading::Source,
        "group names",
        "Names that give one slug are one team.",
        "source: scim/teams.py",
        "Name them apart: a create that finds another name is a failure, not a success.",
    ),
];
