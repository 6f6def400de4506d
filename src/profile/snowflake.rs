//! Snowflake (docs: SCIM API references).

use super::base_url::{BaseUrlRule, Elsewhere, UrlShape};
use super::facts::Fact;
use super::{Profile, rfc};

const BASE_URL: UrlShape = UrlShape {
    hosts: &["*.snowflakecomputing.com"],
    elsewhere: Elsewhere::Nowhere,
    paths: &["/scim/v2", "/scim/v2/*"],
    other: &[],
    example: "https://my-org-account.snowflakecomputing.com/scim/v2",
};

/// The profile.
pub(super) fn profile() -> Profile {
    Profile {
        base_url: BaseUrlRule::Shape(BASE_URL),
        ..rfc::careful("snowflake", "Snowflake", FACTS)
    }
}

const FACTS: &[Fact] = &[
    Fact::documented(
        "base URL",
        "`https://ORG-ACCOUNT.snowflakecomputing.com/scim/v2`, with hyphens where the account has underscores; an integration may follow.",
        "docs: scim-custom",
        "A host with `_` is a fault, with the right one proposed.",
    ),
    Fact::documented(
        "groups",
        "A group is a role of the account.",
        "docs: scim-api-references",
        "Members of a group are grants of that role.",
    ),
    Fact::documented(
        "userName",
        "It becomes NAME and LOGIN_NAME; attributes have one value.",
        "docs: scim-user-api-reference",
        "An e-mail is never changed by a plan; a difference is a refusal (`email-immutable`).",
    ),
    Fact::documented(
        "suspension",
        "`active: false` disables the user.",
        "docs: scim-user-api-reference",
        "`suspended` is `active: false`.",
    ),
    Fact::documented(
        "rate",
        "500 requests at once for each endpoint and account, then 429.",
        "docs: scim-api-references",
        "600 requests a minute, few at once.",
    ),
    Fact::unknown(
        "paging",
        "Default and longest page.",
        "docs: scim-api-references",
        "200 are asked for; a read counts as whole only if it matches `totalResults`.",
    ),
    Fact::unknown(
        "member changes",
        "How many a request may carry.",
        "docs: scim-api-references",
        "100; a 413 is halved.",
    ),
];
