//! Grafana Cloud and Enterprise, a preview (docs: configure SCIM provisioning).

use super::base_url::{BaseUrlRule, Elsewhere, UrlShape};
use super::facts::Fact;
use super::{CreateExisting, Profile, rfc};
use crate::scim::dialect::{Dialect, ExternalIdStorage, Filter, UserDeletion};

const BASE_URL: UrlShape = UrlShape {
    hosts: &["*.grafana.net"],
    elsewhere: Elsewhere::OwnHosts,
    paths: &["/apis/scim.grafana.app/v0alpha1/namespaces/*"],
    other: &[],
    example: "https://my-stack.grafana.net/apis/scim.grafana.app/v0alpha1/namespaces/STACK",
};

/// The profile.
pub(super) fn profile() -> Profile {
    Profile {
        base_url: BaseUrlRule::Shape(BASE_URL),
        dialect: Dialect {
            user_deletion: UserDeletion::Deactivates,
            user_external_id: ExternalIdStorage::Login,
            group_filter: Filter::None,
            ..Dialect::rfc()
        },
        create_existing: CreateExisting::Adopts,
        ..rfc::careful("grafana", "Grafana", FACTS)
    }
}

const FACTS: &[Fact] = &[
    Fact::documented(
        "base URL",
        "`https://GRAFANA/apis/scim.grafana.app/v0alpha1/namespaces/STACK`.",
        "docs: configure-scim-provisioning",
        "Another path is a warning.",
    ),
    Fact::documented(
        "externalId",
        "It has to equal the UID that SAML sends.",
        "docs: configure-scim-provisioning",
        "It carries the e-mail, never our key; where SAML sends another UID, do not use this profile.",
    ),
    Fact::documented(
        "existing users",
        "A create for an e-mail that is there takes that user over.",
        "docs: manage-users-teams",
        "The plan says that a create may adopt.",
    ),
    Fact::documented(
        "deletion",
        "Users cannot be deleted, only deactivated.",
        "docs: manage-users-teams",
        "Whoever is to go is deactivated, and the plan says so.",
    ),
    Fact::documented(
        "teams",
        "Groups are teams; group sync has to be on and Team Sync off; only SCIM deletes them.",
        "docs: manage-users-teams",
        "Groups are removed by DELETE.",
    ),
    Fact::documented(
        "filters",
        "`userName eq`.",
        "docs: configure-scim-provisioning",
        "Groups are looked up by listing.",
    ),
    Fact::unknown(
        "limits",
        "Page size, member changes, rate.",
        "docs: configure-scim-provisioning",
        "200 a page, 100 a request (a 413 is halved), 600 a minute.",
    ),
];
