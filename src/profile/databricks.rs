//! Databricks accounts (docs: SCIM 2.1 reference; databricks/databricks-sdk-go).

use super::base_url::{BaseUrlRule, Elsewhere, UrlShape};
use super::facts::Fact;
use super::{EmailChange, Profile, rfc};
use crate::scim::dialect::{Dialect, ExternalIdStorage, UserAttribute};

const BASE_URL: UrlShape = UrlShape {
    hosts: &["accounts.*.databricks.com", "accounts.azuredatabricks.net"],
    elsewhere: Elsewhere::OwnHosts,
    paths: &["/api/2.0/accounts/*/scim/v2", "/api/2.1/accounts/*/scim/v2"],
    other: &[],
    example: "https://accounts.cloud.databricks.com/api/2.1/accounts/ACCOUNT_ID/scim/v2",
};

/// The profile.
pub(super) fn profile() -> Profile {
    Profile {
        base_url: BaseUrlRule::Shape(BASE_URL),
        dialect: Dialect {
            immutable: vec![UserAttribute::UserName, UserAttribute::Email],
            user_external_id: ExternalIdStorage::Dropped,
            ..Dialect::rfc()
        },
        immutable_because: "Databricks ignores the change and says that it made it",
        email_change: EmailChange::Refused {
            because: "Databricks ignores changes of `userName` and `emails` and answers as if it had made them",
        },
        ..rfc::careful("databricks", "Databricks (account)", FACTS)
    }
}

const FACTS: &[Fact] = &[
    Fact::documented(
        "base URL",
        "`https://HOST/api/2.1/accounts/ACCOUNT_ID/scim/v2`, or `2.0`.",
        "docs: reference/scim-2-1",
        "Another path is a warning.",
    ),
    Fact::documented(
        "e-mail change",
        "PATCH and PUT of userName and emails are ignored in silence.",
        "databricks/databricks-sdk-go service/iam/model.go",
        "Refused (`email-immutable`), as everywhere; nothing that would not happen is planned.",
    ),
    Fact::documented(
        "externalId",
        "Not supported, reserved.",
        "databricks/databricks-sdk-go service/iam/model.go",
        "Never sent; people are known by their e-mail.",
    ),
    Fact::documented(
        "filters",
        "`eq co sw ne` with simple `and` and `or`, 200 nodes at most.",
        "databricks/databricks-sdk-go service/iam/model.go",
        "One `eq` only.",
    ),
    Fact::documented(
        "paging",
        "10,000 on a page unless asked otherwise.",
        "databricks/databricks-sdk-go service/iam/model.go",
        "200 are asked for.",
    ),
    Fact::documented(
        "deletion",
        "DELETE of a user also removes what belongs to them.",
        "docs: reference/scim-2-1",
        "Done only where `policy.onRemoval.users` is `delete`; `deactivate` keeps the account.",
    ),
    Fact::unknown(
        "member changes",
        "How many a request may carry.",
        "docs: reference/scim-2-1",
        "100; a 413 is halved.",
    ),
];
