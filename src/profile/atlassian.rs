//! Atlassian Guard (docs: user provisioning REST API; ctreminiom/go-atlassian).

use super::base_url::{BaseUrlRule, Elsewhere, UrlShape};
use super::facts::Fact;
use super::{Profile, rfc};
use crate::ids::attributes::ExtraAttribute;
use crate::scim::dialect::{Dialect, GroupRename, UserDeletion};

const BASE_URL: UrlShape = UrlShape {
    hosts: &["api.atlassian.com"],
    elsewhere: Elsewhere::Nowhere,
    paths: &["/scim/directory/*"],
    other: &[],
    example: "https://api.atlassian.com/scim/directory/DIRECTORY_ID",
};

/// The profile.
pub(super) fn profile() -> Profile {
    Profile {
        base_url: BaseUrlRule::Shape(BASE_URL),
        dialect: Dialect {
            user_deletion: UserDeletion::Deactivates,
            group_rename: GroupRename::PutWithMembers,
            ..Dialect::rfc()
        },
        attributes: vec![
            ExtraAttribute::Title,
            ExtraAttribute::PreferredLanguage,
            ExtraAttribute::Timezone,
        ],
        ..rfc::careful("atlassian", "Atlassian", FACTS)
    }
}

const FACTS: &[Fact] = &[
    Fact::documented(
        "base URL",
        "`https://api.atlassian.com/scim/directory/DIRECTORY_ID`.",
        "developer.atlassian.com: user-provisioning",
        "The shape is checked offline; another host or path is a warning.",
    ),
    Fact::documented(
        "filters",
        "One `eq`: users by userName and externalId, groups by displayName; no sorting.",
        "developer.atlassian.com: user-provisioning",
        "Only those are sent.",
    ),
    Fact::documented(
        "members",
        "Members change by PATCH; PUT of a group is for its displayName.",
        "developer.atlassian.com: user-provisioning; ctreminiom/go-atlassian admin/internal/scim_group",
        "Members by PATCH; a rename is a PUT that repeats the members just read.",
    ),
    Fact::documented(
        "user PUT",
        "It clears what it leaves out.",
        "developer.atlassian.com: user-provisioning",
        "People are changed by PATCH.",
    ),
    Fact::documented(
        "deletion",
        "DELETE of a user deactivates; the user then answers 404 until reactivated.",
        "developer.atlassian.com: user-provisioning",
        "Whoever is to go is deactivated (`active: false`), so that the account stays in sight.",
    ),
    Fact::documented(
        "e-mail",
        "It has to be of a verified domain; a second account of one userName is 409.",
        "developer.atlassian.com: user-provisioning",
        "An e-mail is never changed by a plan; a difference is a refusal (`email-immutable`).",
    ),
    Fact::unknown(
        "member changes",
        "How many a request may carry.",
        "developer.atlassian.com: user-provisioning",
        "100; a 413 is halved.",
    ),
    Fact::unknown(
        "rate",
        "The limit.",
        "developer.atlassian.com: user-provisioning",
        "600 requests a minute, fewer after a 429.",
    ),
    Fact::reported(
        "more attributes",
        "title, preferredLanguage and timezone are taken and changed; parts of the name beside first and last are only taken with a create.",
        "docs.pingidentity.com: Atlassian Cloud connector, supported attributes",
        "Those three may be declared.",
    ),
];
