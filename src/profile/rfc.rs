//! `provider: scim`: what RFC 7643 and RFC 7644 promise, and nothing more.

use super::base_url::BaseUrlRule;
use super::facts::{Fact, Reading};
use super::{
    CreateExisting, Creation, DiscoveryTrust, EmailChange, GroupIds, GroupNames, GroupRemovalRule,
    NameModel, Profile, Suspension, UserRemovalEffect,
};
use crate::ids::attributes::ExtraAttribute;
use crate::scim::dialect::Dialect;

/// The name in `target.provider`.
pub const NAME: &str = "scim";

/// The plain profile.
pub fn profile() -> Profile {
    Profile {
        discovery: DiscoveryTrust::Obeyed,
        attributes: ExtraAttribute::ALL.to_vec(),
        ..careful(NAME, "SCIM 2.0", FACTS)
    }
}

/// What a profile starts from: RFC 7644, and where that leaves a choice the one that takes
/// the least away.
pub(super) fn careful(name: &'static str, title: &'static str, facts: &'static [Fact]) -> Profile {
    Profile {
        name,
        title,
        base_url: BaseUrlRule::Any,
        dialect: Dialect::rfc(),
        discovery: DiscoveryTrust::Shown,
        names: NameModel::Full,
        required_names: &[],
        attributes: Vec::new(),
        immutable_because: "`target.dialect.immutable` says that it stays as it was made",
        creation: Creation::Silent,
        create_existing: CreateExisting::Refused,
        email_change: EmailChange::Refused {
            because: "an e-mail is a login here, and no standard says that it may change",
        },
        suspension: Suspension::Disables,
        user_removal: UserRemovalEffect::LeavesMemberships,
        group_removal: GroupRemovalRule::Deletable,
        group_ids: GroupIds::Opaque,
        older_group_id: None,
        group_names: GroupNames::Folded,
        other_login: None,
        checks: super::checks::PLAIN,
        facts,
    }
}

const FACTS: &[Fact] = &[
    Fact {
        name: "paging",
        statement: "Lists are paged by a 1-based `startIndex`; the server may return fewer than asked.",
        reading: Reading::Documented,
        source: "RFC 7644 §3.4.2.4",
        verified: "2026-11-24",
        handling: "Advances by what came, de-duplicates, and calls a read whole only if it matches `totalResults`.",
    },
    Fact {
        name: "group names",
        statement: "A group's `displayName` is compared without case and need not be unique.",
        reading: Reading::Documented,
        source: "RFC 7643 §4.2, §8.7.1",
        verified: "2026-11-24",
        handling: "Two live groups of one name are a refusal, never a guess.",
    },
    Fact {
        name: "referential integrity",
        statement: "Nothing obliges a server to take a deleted user out of groups; strict ones do not.",
        reading: Reading::Documented,
        source: "RFC 7644 §3.6; seen at scim2-server 0.8.3",
        verified: "2026-11-24",
        handling: "Memberships are removed before the user is.",
    },
    Fact {
        name: "member removal",
        statement: "`remove` with path `members` and no filter removes everybody.",
        reading: Reading::Documented,
        source: "RFC 7644 §3.5.2.2",
        verified: "2026-11-24",
        handling: "Only `members[value eq \"id\"]` is ever sent.",
    },
    Fact {
        name: "discovery",
        statement: "`ServiceProviderConfig` says whether PATCH, filters, entity tags and cursors are supported, and how long pages may be.",
        reading: Reading::Documented,
        source: "RFC 7643 §5, RFC 9865 §4",
        verified: "2026-11-24",
        handling: "Asked for once before a run, and obeyed where `target.dialect` does not say otherwise; what is not said stays as here.",
    },
    Fact {
        name: "entity tags",
        statement: "Where they are supported, `If-Match` binds a write to the version that was read; 412 says that somebody was faster.",
        reading: Reading::Documented,
        source: "RFC 7644 §3.14",
        verified: "2026-11-24",
        handling: "Sent with PUT, PATCH and DELETE where the server claims them and a resource came with a version; on 412 the item stops alone.",
    },
    Fact {
        name: "more attributes",
        statement: "A User may have job title, department and the like, in the core schema and in the enterprise extension; a server need not keep them.",
        reading: Reading::Documented,
        source: "RFC 7643 §4.1, §4.3, §2.2",
        verified: "2026-11-24",
        handling: "Those that are one text may be declared. Each write is read back; what is dropped in silence is told.",
    },
];
