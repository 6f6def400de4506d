//! GitHub Enterprise Managed Users (docs: REST API, SCIM for enterprises).

use super::base_url::{BaseUrlRule, Elsewhere, UrlShape};
use super::facts::Fact;
use super::{Profile, rfc};
use crate::scim::dialect::{Dialect, MemberRemoval, Rate};

const BASE_URL: UrlShape = UrlShape {
    hosts: &["api.github.com", "api.*.ghe.com"],
    elsewhere: Elsewhere::OwnHosts,
    paths: &["/scim/v2/enterprises/*", "/api/v3/scim/v2"],
    other: &[(
        "/scim/v2/organizations",
        "the SCIM of one organization, which has no groups",
    )],
    example: "https://api.github.com/scim/v2/enterprises/ENTERPRISE",
};

/// The profile.
pub(super) fn profile() -> Profile {
    Profile {
        base_url: BaseUrlRule::Shape(BASE_URL),
        dialect: Dialect {
            member_removal: MemberRemoval::ValueList,
            rate: Rate { per_minute: 30 },
            ..Dialect::rfc()
        },
        ..rfc::careful("github-emu", "GitHub Enterprise Managed Users", FACTS)
    }
}

const FACTS: &[Fact] = &[
    Fact::documented(
        "base URL",
        "`https://api.github.com/scim/v2/enterprises/ENTERPRISE`; data residency and GitHub Enterprise Server have hosts of their own.",
        "docs: REST API, SCIM, base URL",
        "Another path is a warning; that of an organization is a fault: it has no groups.",
    ),
    Fact::documented(
        "member removal",
        "`remove` with path `members` and the list of ids.",
        "docs: REST API, update an attribute for a SCIM enterprise group, examples",
        "Sent so.",
    ),
    Fact::documented(
        "suspension",
        "`active: false` suspends the account and makes its login and e-mail unreadable.",
        "docs: provisioning-users-and-groups-with-scim-using-the-rest-api",
        "`suspended` is `active: false`; the account is found again by the key in `externalId`.",
    ),
    Fact::documented(
        "deletion",
        "DELETE of a user cannot be undone.",
        "docs: provisioning-users-and-groups-with-scim-using-the-rest-api",
        "Done only where `policy.onRemoval.users` is `delete`; `deactivate` keeps the account.",
    ),
    Fact::documented(
        "rate",
        "At most 1,000 users an hour, and as many for each group.",
        "docs: emu-scim-rate-limit-details",
        "30 requests a minute.",
    ),
    Fact::documented(
        "one writer",
        "One client only should write; paths are compared with case; `User-Agent` is mandatory.",
        "docs: provisioning-users-and-groups-with-scim-using-the-rest-api",
        "Paths are spelled as documented and each request names scim-sync; a second client shows as drift.",
    ),
    Fact::unknown(
        "paging",
        "Default and longest page.",
        "docs: REST API, SCIM",
        "Pages of 200 are asked for, shorter ones taken; a read counts as whole only if it matches `totalResults`.",
    ),
    Fact::unknown(
        "entity tags",
        "Whether `If-Match` is obeyed.",
        "docs: REST API, SCIM",
        "Never sent; each write is judged by reading before and after it.",
    ),
];
