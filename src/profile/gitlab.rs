//! GitLab, GitLab.com groups and self-managed (docs: SCIM API, internal API).

use super::base_url::{BaseUrlRule, Elsewhere, UrlShape};
use super::facts::Fact;
use super::{EmailChange, Profile, Suspension, rfc};
use crate::scim::dialect::{
    Dialect, ExternalIdStorage, Filter, Groups, Paging, UserAttribute, UserDeactivation,
};

const BASE_URL: UrlShape = UrlShape {
    hosts: &["gitlab.com"],
    elsewhere: Elsewhere::OwnHosts,
    paths: &["/api/scim/v2/groups/*", "/api/scim/v2/application"],
    other: &[],
    example: "https://gitlab.com/api/scim/v2/groups/GROUP",
};

/// The profile.
pub(super) fn profile() -> Profile {
    Profile {
        base_url: BaseUrlRule::Shape(BASE_URL),
        dialect: Dialect {
            groups: Groups::NotServed,
            user_paging: Paging {
                count: 100,
                ..Paging::rfc()
            },
            user_filter: Filter::None,
            user_deactivation: UserDeactivation::Removes,
            user_external_id: ExternalIdStorage::Login,
            immutable: vec![
                UserAttribute::UserName,
                UserAttribute::DisplayName,
                UserAttribute::GivenName,
                UserAttribute::FamilyName,
                UserAttribute::Email,
            ],
            ..Dialect::rfc()
        },
        suspension: Suspension::Removes,
        immutable_because: "GitLab lets SCIM change only `externalId` and `active` of somebody who is there",
        email_change: EmailChange::Refused {
            because: "GitLab lets SCIM change only `externalId` and `active` of somebody who is there",
        },
        ..rfc::careful("gitlab", "GitLab", FACTS)
    }
}

const FACTS: &[Fact] = &[
    Fact::documented(
        "base URL",
        "`https://gitlab.com/api/scim/v2/groups/GROUP`; self-managed `/api/scim/v2/application`.",
        "docs: api/scim",
        "Another path is a warning.",
    ),
    Fact::documented(
        "groups",
        "The documents read tell of users only.",
        "docs: development/internal_api",
        "A mapping or a group in the manifest is a fault (`groups-not-supported`).",
    ),
    Fact::documented(
        "immutable",
        "Only `externalId` and `active` can be updated; names and e-mail stay.",
        "docs: development/internal_api",
        "A difference is a refusal (`attribute-immutable`), never an update.",
    ),
    Fact::documented(
        "externalId",
        "It is the id of the user and what SAML logs in by.",
        "docs: development/internal_api",
        "It carries the e-mail, never our key; where the identity provider sends another NameID, do not use this profile.",
    ),
    Fact::documented(
        "suspension",
        "For a group `active: false` removes the identity; self-managed it blocks.",
        "docs: api/scim",
        "The careful one: `suspended` is planned as a removal. Self-managed: `target.dialect.activeFalse: disables`.",
    ),
    Fact::documented(
        "filters",
        "`id eq` only.",
        "docs: development/internal_api",
        "Look-ups list and compare on our side.",
    ),
    Fact::documented(
        "paging",
        "20 on a page unless asked otherwise; rows may repeat or be skipped while others write.",
        "docs: development/internal_api",
        "100 are asked for, repeats dropped; a read that does not match `totalResults` removes nobody.",
    ),
];
