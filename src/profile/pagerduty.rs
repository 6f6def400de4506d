//! PagerDuty (docs: SCIM user provisioning; PagerDuty Python client).

use super::base_url::{BaseUrlRule, Elsewhere, UrlShape};
use super::facts::Fact;
use super::{Profile, Suspension, rfc};
use crate::ids::attributes::ExtraAttribute;
use crate::scim::dialect::{Dialect, Groups, Paging, UserDeactivation};

const BASE_URL: UrlShape = UrlShape {
    hosts: &["api.pagerduty.com", "api.*.pagerduty.com"],
    elsewhere: Elsewhere::Nowhere,
    paths: &["/scim/v2"],
    other: &[],
    example: "https://api.pagerduty.com/scim/v2",
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
            user_deactivation: UserDeactivation::Removes,
            ..Dialect::rfc()
        },
        suspension: Suspension::Removes,
        attributes: vec![ExtraAttribute::Title, ExtraAttribute::Timezone],
        ..rfc::careful("pagerduty", "PagerDuty", FACTS)
    }
}

const FACTS: &[Fact] = &[
    Fact::documented(
        "base URL",
        "`https://api.pagerduty.com/scim/v2`.",
        "support.pagerduty.com: scim-user-provisioning",
        "Another host or path is a warning.",
    ),
    Fact::reported(
        "groups",
        "There are none.",
        "PagerDuty Python client",
        "A mapping or a group in the manifest is a fault (`groups-not-supported`); `/Groups` is never asked for.",
    ),
    Fact::documented(
        "suspension",
        "`active: false` deletes the user; there is no way back.",
        "support.pagerduty.com: assign-or-deactivate-users",
        "`suspended` is planned, counted and shown as a removal.",
    ),
    Fact::documented(
        "open incidents",
        "Whoever owns some is not removed unless reassignment is on.",
        "support.pagerduty.com: assign-or-deactivate-users",
        "The refusal is shown as it comes, and the next apply tries again.",
    ),
    Fact::documented(
        "userName",
        "It is the e-mail, and writable.",
        "support.pagerduty.com: scim-user-provisioning",
        "An e-mail is never changed by a plan; a difference is a refusal (`email-immutable`).",
    ),
    Fact::reported(
        "rate",
        "About 960 a minute.",
        "PagerDuty Python client",
        "600 requests a minute.",
    ),
    Fact::documented(
        "more attributes",
        "title, which is shown as the job title, and timezone; a role and a licence go by `roles` and `entitlements`.",
        "support.pagerduty.com: onelogin, SCIM JSON template",
        "`title` and `timezone` may be declared; roles and licences are left alone.",
    ),
];
