//! Slack (docs: SCIM API 2.0 reference, rate limits).

use super::base_url::{BaseUrlRule, Elsewhere, UrlShape};
use super::facts::Fact;
use super::{Profile, rfc};
use crate::ids::attributes::ExtraAttribute;
use crate::scim::dialect::{Dialect, Filter, Rate, UserDeletion};

const BASE_URL: UrlShape = UrlShape {
    hosts: &["api.slack.com"],
    elsewhere: Elsewhere::Nowhere,
    paths: &["/scim/v2"],
    other: &[("/scim/v1", "SCIM 1.1, another protocol")],
    example: "https://api.slack.com/scim/v2",
};

/// The profile.
pub(super) fn profile() -> Profile {
    Profile {
        base_url: BaseUrlRule::Shape(BASE_URL),
        dialect: Dialect {
            user_deletion: UserDeletion::Deactivates,
            user_filter: Filter::None,
            group_filter: Filter::None,
            rate: Rate { per_minute: 150 },
            ..Dialect::rfc()
        },
        attributes: ExtraAttribute::ALL
            .into_iter()
            .filter(|attribute| match attribute {
                ExtraAttribute::MiddleName | ExtraAttribute::HonorificSuffix => false,
                ExtraAttribute::NickName
                | ExtraAttribute::ProfileUrl
                | ExtraAttribute::Title
                | ExtraAttribute::UserType
                | ExtraAttribute::PreferredLanguage
                | ExtraAttribute::Locale
                | ExtraAttribute::Timezone
                | ExtraAttribute::HonorificPrefix
                | ExtraAttribute::EmployeeNumber
                | ExtraAttribute::CostCenter
                | ExtraAttribute::Organization
                | ExtraAttribute::Division
                | ExtraAttribute::Department => true,
            })
            .collect(),
        ..rfc::careful("slack", "Slack", FACTS)
    }
}

const FACTS: &[Fact] = &[
    Fact::documented(
        "base URL",
        "`https://api.slack.com/scim/v2`; `/scim/v1` speaks SCIM 1.1.",
        "docs.slack.dev: scim-api",
        "`/scim/v1` is a fault, another path a warning.",
    ),
    Fact::documented(
        "paging",
        "10 on a page unless asked otherwise, 1,000 at most.",
        "api.slack.com changelog 2019-06",
        "200 are asked for.",
    ),
    Fact::documented(
        "deletion",
        "DELETE of a user sets them to deactivated.",
        "docs.slack.dev: scim-api-2",
        "Whoever is to go is deactivated (`active: false`), and the plan says so; the account stays.",
    ),
    Fact::documented(
        "group removal",
        "DELETE of a group is permanent.",
        "docs.slack.dev: scim-api-2",
        "Done, members first named in the plan.",
    ),
    Fact::documented(
        "rate",
        "Writes 600 a minute, of users 180 with 20 at once; reads 1,000; 429 with Retry-After.",
        "docs.slack.dev: scim-api/rate-limits",
        "150 requests a minute.",
    ),
    Fact::unknown(
        "filters",
        "Which attributes a filter takes.",
        "docs.slack.dev: scim-api-2",
        "Look-ups list and compare on our side.",
    ),
    Fact::unknown(
        "member removal",
        "The form of a removal by PATCH.",
        "docs.slack.dev: scim-api-2",
        "As RFC 7644 says, read back; `target.dialect.memberRemoval` changes it.",
    ),
    Fact::reported(
        "more attributes",
        "nickName, profileUrl, title, userType, preferredLanguage, locale, timezone, honorificPrefix, and the enterprise extension; no middleName or honorificSuffix.",
        "help.okta.com: supported Slack attributes; docs.pingidentity.com: Slack connector, supported attributes",
        "Those may be declared.",
    ),
];
