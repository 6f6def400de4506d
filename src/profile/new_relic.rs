//! New Relic (docs: SCIM support for automated user management).

use super::base_url::{BaseUrlRule, Elsewhere, UrlShape};
use super::facts::Fact;
use super::{Profile, rfc};
use crate::ids::attributes::ExtraAttribute;
use crate::scim::dialect::{Dialect, MemberRemoval, OpCase};

const BASE_URL: UrlShape = UrlShape {
    hosts: &["scim-provisioning.service.newrelic.com"],
    elsewhere: Elsewhere::Nowhere,
    paths: &["/scim/v2"],
    other: &[],
    example: "https://scim-provisioning.service.newrelic.com/scim/v2",
};

/// The profile.
pub(super) fn profile() -> Profile {
    Profile {
        base_url: BaseUrlRule::Shape(BASE_URL),
        dialect: Dialect {
            op_case: OpCase::Capital,
            member_removal: MemberRemoval::ValueList,
            ..Dialect::rfc()
        },
        attributes: vec![ExtraAttribute::Timezone],
        ..rfc::careful("new-relic", "New Relic", FACTS)
    }
}

const FACTS: &[Fact] = &[
    Fact::reported(
        "base URL",
        "`https://scim-provisioning.service.newrelic.com/scim/v2`; the token tells the authentication domain.",
        "Microsoft Entra tutorial for New Relic",
        "Another host or path is a warning.",
    ),
    Fact::documented(
        "operations",
        "`Add`, `Remove`, `Replace`; a removal carries a list of ids.",
        "docs: scim-support-automated-user-management",
        "Sent so.",
    ),
    Fact::documented(
        "filters",
        "`eq` only.",
        "docs: scim-support-automated-user-management",
        "One `eq` only.",
    ),
    Fact::documented(
        "attributes",
        "userName is the e-mail and required; other fields than a few are ignored.",
        "docs: scim-support-automated-user-management",
        "An e-mail is never changed by a plan; a difference is a refusal (`email-immutable`).",
    ),
    Fact::documented(
        "user PUT",
        "Fields that are left out stay; `groups` in it rewrites memberships.",
        "docs: scim-support-automated-user-management",
        "People are changed by PATCH, and `groups` of a user is never sent.",
    ),
    Fact::unknown(
        "paging",
        "Default and longest page.",
        "docs: scim-support-automated-user-management",
        "200 are asked for; a read counts as whole only if it matches `totalResults`.",
    ),
    Fact::unknown(
        "deactivation",
        "Whether `active: false` keeps the account.",
        "docs: scim-support-automated-user-management",
        "Sent for `suspended` and read back.",
    ),
    Fact::documented(
        "more attributes",
        "timezone is the only other core attribute that is used; the rest of them is ignored.",
        "docs: scim-support-automated-user-management",
        "`timezone` may be declared.",
    ),
];
