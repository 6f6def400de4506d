//! Harness NextGen, SaaS and On-Prem.
//!
//! Facts come from three places, named in each row: the OneLogin page of Harness' docs
//! (`docs`), public copies of the NG manager's source (`source`, newest one seen), and the
//! rate-limit page (`limits`). No live account was contacted. Where docs and source
//! disagree, the row says both and the tool takes the careful one.

use unicode_normalization::UnicodeNormalization as _;

use super::base_url::{AccountUrl, BaseUrlRule};
use super::facts::{Fact, Reading};
use super::names::GroupNameFault;
use super::{
    CreateExisting, Creation, EmailChange, GroupIds, GroupNames, GroupRemovalRule, NameModel,
    Profile, Suspension, UserRemovalEffect,
};
use crate::scim::dialect::{
    Advance, Dialect, ExternalIdStorage, Filter, GroupRename, ListMembers, MemberRemoval, Paging,
    PlatformApi, Rate, TotalResults, UserDeactivation, UserUpdate,
};
use crate::scim::read_only::ReadingPost;

/// Characters a user's name may not contain (source: `UserUtils`, update path).
const NAME_FORBIDDEN: &[char] = &[':', '<', '>', '=', '/'];
/// The longest name of a user (source: `UserUtils`).
const NAME_MAX: usize = 255;
/// The longest group id (source: `EntityIdentifierValidator`).
const GROUP_ID_MAX: usize = 128;

/// What base URLs look like (docs: OneLogin page, Add the Harness app; FirstGen's path and
/// the length of ids from the source: `ScimUserResource`, `UUIDGenerator`).
const BASE_URL: AccountUrl = AccountUrl {
    hosted: "app.harness.io",
    domain: ".harness.io",
    gateway: "/gateway",
    path: "/ng/api/scim/account/",
    other: &["/gateway/api/scim", "/api/scim"],
    other_name: "Harness FirstGen",
    id_length: 22,
    placeholders: &["account", "your", "example", "<", ">", "{", "}"],
};

/// Harness' own API: on the base URL's origin, behind `gateway` where SCIM is, its token in
/// `x-api-key` (source: `NextGenAuthenticationFilter`, `PageRequest`; the admin role:
/// `NgUserServiceImpl`; verified 2026-11-24).
const PLATFORM: PlatformApi = PlatformApi {
    before_account: "/ng/api/scim/account/",
    token_header: "x-api-key",
    page_size: 100,
    admin_role: "_account_admin",
    list_users: ReadingPost::named(&["ng", "api", "user", "batch"]),
    list_bindings: ReadingPost::named(&["authz", "api", "roleassignments", "filter"]),
    permissions: ReadingPost::named(&["authz", "api", "acl"]),
    token: ReadingPost::named(&["ng", "api", "token", "validate"]),
};

/// Harness' profile.
pub fn profile() -> Profile {
    Profile {
        name: "harness",
        title: "Harness",
        base_url: BaseUrlRule::Account(BASE_URL),
        dialect: Dialect {
            // Pages of users are cut after they are counted, so a short or even an empty
            // one may lie in the middle; groups are not.
            user_paging: Paging {
                count: 1000,
                advance: Advance::ByAsked,
                total: TotalResults::PageLocal,
                empty_pages: 2,
            },
            group_paging: Paging {
                count: 100,
                advance: Advance::ByAsked,
                total: TotalResults::PageLocal,
                empty_pages: 1,
            },
            user_filter: Filter::Textual,
            group_filter: Filter::Textual,
            user_update: UserUpdate::Put,
            user_deactivation: UserDeactivation::Removes,
            member_removal: MemberRemoval::ValuePath,
            group_rename: GroupRename::CapitalReplacePath,
            members_per_patch: 100,
            user_external_id: ExternalIdStorage::Stored,
            list_members: ListMembers::Included,
            content_type: crate::scim::http::SCIM_JSON,
            create_timeout_secs: 150,
            call_timeout_secs: 60,
            rate: Rate { per_minute: 300 },
            platform: Some(PLATFORM),
        },
        names: NameModel::DisplayNameOnly {
            dropped: NAME_FORBIDDEN,
            max_chars: NAME_MAX,
        },
        creation: Creation::Invites,
        create_existing: CreateExisting::Adopts,
        email_change: EmailChange::Refused {
            because: "Harness documents that an address must stay the same once provisioned: \
                      after a change, removing the user fails",
        },
        suspension: Suspension::Removes,
        user_removal: UserRemovalEffect::PurgesMemberships,
        group_removal: GroupRemovalRule::SupportOnly {
            contact: "support@harness.io",
        },
        group_ids: GroupIds::DerivedFromName(group_identifier),
        group_names: GroupNames::Exact,
        facts: FACTS,
    }
}

/// Words that cannot be a group's id (source: `EntityIdentifierValidator`).
const RESERVED: &[&str] = &[
    "or",
    "and",
    "eq",
    "ne",
    "lt",
    "gt",
    "le",
    "ge",
    "div",
    "mod",
    "not",
    "null",
    "true",
    "false",
    "new",
    "var",
    "return",
    "step",
    "parallel",
    "stepGroup",
    "org",
    "account",
    "class",
    "shellScriptProvisioner",
];

/// The id Harness gives a group of this display name (source:
/// `UuidAndIdentifierUtils.generateHarnessUIFormatIdentifier` with the suffix rule of
/// `generateUserGroupIdentifier`). Used to find collisions; a group is always looked up by
/// name, because older groups carry ids that older algorithms gave.
///
/// # Errors
/// When Harness would refuse to create the group.
pub fn group_identifier(display_name: &str) -> Result<String, GroupNameFault> {
    use sha2::Digest as _;

    if display_name.chars().all(java_is_whitespace) {
        return Err(GroupNameFault::EmptyId);
    }
    let trimmed = java_trim(display_name);
    let underscored = trimmed.replace(['.', '-'], "_");
    let unaccented: String = underscored
        .nfd()
        // stripAccents takes out this block only, not every combining mark.
        .filter(|c| !matches!(c, '\u{300}'..='\u{36f}'))
        .map(|c| match c {
            'Ł' => 'L',
            'ł' => 'l',
            other => other,
        })
        .collect();
    let mut id: String = java_trim(&unaccented)
        .trim_start_matches(|c: char| c.is_ascii_digit() || c == '$' || c == '-')
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | ' '))
        .map(|c| if c == ' ' { '_' } else { c })
        .collect();
    if !id.is_empty() && trimmed.starts_with(|c: char| c.is_ascii_digit()) && display_name != id {
        id.truncate(119);
        let digest = sha2::Sha256::digest(display_name.as_bytes());
        id.push('_');
        for byte in &digest[..4] {
            id.push_str(&format!("{byte:02x}"));
        }
    }
    if id.is_empty() {
        return Err(GroupNameFault::EmptyId);
    }
    if id.len() > GROUP_ID_MAX {
        return Err(GroupNameFault::TooLong {
            length: id.len(),
            max: GROUP_ID_MAX,
        });
    }
    if !id.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return Err(GroupNameFault::BadStart { id });
    }
    if RESERVED.contains(&id.as_str()) {
        return Err(GroupNameFault::Reserved { id });
    }
    Ok(id)
}

/// Java's `String.trim`: everything up to U+0020 goes, and nothing else: a no-break space stays.
fn java_trim(text: &str) -> &str {
    text.trim_matches(|c: char| c <= ' ')
}

/// Java's `Character.isWhitespace`, by which a name counts as blank: no no-break space, no U+0085,
/// but the four information separators.
fn java_is_whitespace(c: char) -> bool {
    matches!(c, '\u{1c}'..='\u{1f}')
        || (c.is_whitespace() && !matches!(c, '\u{85}' | '\u{a0}' | '\u{2007}' | '\u{202f}'))
}

/// Facts in the order of the reference table.
const FACTS: &[Fact] = &[
    Fact {
        name: "base URL",
        statement: "SaaS: `https://app.harness.io/gateway/ng/api/scim/account/ID`; On-Prem has no `gateway`.",
        reading: Reading::Documented,
        source: "docs: OneLogin page, Add the Harness app",
        verified: "2026-11-24",
        handling: "The shape is checked offline, with the likely right URL; a 401, a 404 and an HTML page name URL and token as the usual causes.",
    },
    Fact {
        name: "attributes",
        statement: "Only first name, last name and e-mail are accepted; others are ignored in silence.",
        reading: Reading::Both,
        source: "docs: OneLogin page, Provision individual users; source: ScimUser ignoreUnknown",
        verified: "2026-11-24",
        handling: "Any other attribute declared for Harness is a fault.",
    },
    Fact {
        name: "display name",
        statement: "First and last name are stored as one display name; `: < > = /` are refused or sanitised, 255 characters at most.",
        reading: Reading::Source,
        source: "source: NGScimUserServiceImpl, UserUtils",
        verified: "2026-11-24",
        handling: "Only the display name is compared, without those characters.",
    },
    Fact {
        name: "create invites",
        statement: "Creating a person mails an invitation, and can take 100 seconds.",
        reading: Reading::Both,
        source: "docs: OneLogin page, step 10; source: InviteServiceImpl",
        verified: "2026-11-24",
        handling: "The plan names who is mailed; a create may take 150 seconds.",
    },
    Fact {
        name: "create adopts",
        statement: "POST of somebody already in the account answers 201 with the old id; they stay unlisted until something changes.",
        reading: Reading::Source,
        source: "source: NGScimUserServiceImpl.createUser",
        verified: "2026-11-24",
        handling: "After a create the person must be found in the list; else a PUT with their names is sent and checked again.",
    },
    Fact {
        name: "e-mail change",
        statement: "Docs: never change it, later removal fails. Source: PUT changes it and removal works by id.",
        reading: Reading::Contradictory,
        source: "docs: OneLogin page, caution; source: NGScimUserServiceImpl.updateUser",
        verified: "2026-11-24",
        handling: "Always refused (`email-immutable`).",
    },
    Fact {
        name: "suspend removes",
        statement: "`active: false` removes the user from the account; there is no inactive state.",
        reading: Reading::Source,
        source: "source: NGScimUserServiceImpl, patchOperationIncludesUserDeletion",
        verified: "2026-11-24",
        handling: "`suspended` is planned, counted and shown as a removal.",
    },
    Fact {
        name: "page-local totals",
        statement: "`totalResults` is the number of resources on this page.",
        reading: Reading::Source,
        source: "source: NGScimGroupServiceImpl.searchGroup, NGScimUserServiceImpl.searchUser",
        verified: "2026-11-24",
        handling: "Lists are walked until empty pages; the count is never believed.",
    },
    Fact {
        name: "short pages",
        statement: "Pages of users may be short or empty without being last.",
        reading: Reading::Source,
        source: "source: removeUsersNotinNG",
        verified: "2026-11-24",
        handling: "The walk strides by what it asked for and ends only on two empty pages.",
    },
    Fact {
        name: "filters",
        statement: "A filter is split at ` eq ` and decoded twice; one that cannot be parsed lists everything.",
        reading: Reading::Source,
        source: "source: searchGroup, ScimUserServiceImpl.searchUser",
        verified: "2026-11-24",
        handling: "Each hit is checked again; values the filter cannot carry are found by listing.",
    },
    Fact {
        name: "group ids",
        statement: "Docs: `.`, `-` and space in the *name* become `_`. Source: only the id is derived so, the name is kept.",
        reading: Reading::Contradictory,
        source: "docs: OneLogin page, Group names; source: UuidAndIdentifierUtils",
        verified: "2026-11-24",
        handling: "Two names with one id are a fault; groups are found by name, never by a computed id.",
    },
    Fact {
        name: "group take-over",
        statement: "Docs: a hand-made group of the same name is kept beside. Source: a create takes it over and replaces its members.",
        reading: Reading::Contradictory,
        source: "docs: OneLogin page, Group names; source: NGScimGroupServiceImpl.createGroup",
        verified: "2026-11-24",
        handling: "Before a create the id is looked up; if somebody has it, the item is refused.",
    },
    Fact {
        name: "group removal",
        statement: "Docs: only Support removes a group made by SCIM. Source: SCIM DELETE removes it.",
        reading: Reading::Contradictory,
        source: "docs: OneLogin page, Remove groups; source: NGScimGroupServiceImpl.deleteGroup",
        verified: "2026-11-24",
        handling: "A manual step for Support, its members removed now; `onRemoval.groups: delete` opts in to DELETE.",
    },
    Fact {
        name: "group PATCH",
        statement: "Answers 204 whether or not anything changed; unknown members are dropped in silence.",
        reading: Reading::Source,
        source: "source: NGScimGroupServiceImpl.updateGroup, sanitizeInternal",
        verified: "2026-11-24",
        handling: "Every group is read back after its changes.",
    },
    Fact {
        name: "standalone accounts",
        statement: "Accounts not made by SCIM are never listed. Docs: role provisioning fails for them. Source: a create adopts them.",
        reading: Reading::Contradictory,
        source: "docs: OneLogin page, Provision roles, step 1; source: createUser",
        verified: "2026-11-24",
        handling: "Said in the plan: a create may adopt an account that cannot be seen.",
    },
    Fact {
        name: "rate limits",
        statement: "1,000 requests a minute and key, 400 for external API calls; 429 comes without Retry-After.",
        reading: Reading::Documented,
        source: "limits: developer.harness.io/docs/platform/rate-limits",
        verified: "2026-11-24",
        handling: "At most 300 a minute are sent, and fewer after a 429.",
    },
    Fact {
        name: "FirstGen",
        statement: "If a FirstGen integration exists, it decides who can log in.",
        reading: Reading::Documented,
        source: "docs: OneLogin page, I already have a FirstGen integration",
        verified: "2026-11-24",
        handling: "SCIM cannot see it; documented for whoever cuts over.",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_as_the_server_makes_them() {
        for (name, id) in [
            ("example-group", "example_group"),
            ("a - b", "a___b"),
            ("Ops & Co", "Ops__Co"),
            ("Łódź team", "Lodz_team"),
            ("1st-line", "st_line_"),
        ] {
            let made = group_identifier(name).unwrap();
            assert!(made.starts_with(id), "{name}: {made}");
        }
        assert_eq!(
            group_identifier("1st-line").unwrap().len(),
            "st_line_".len() + 8
        );
    }

    #[test]
    fn names_the_server_rejects() {
        assert_eq!(group_identifier("123"), Err(GroupNameFault::EmptyId));
        assert_eq!(group_identifier("日本"), Err(GroupNameFault::EmptyId));
        assert_eq!(
            group_identifier("account"),
            Err(GroupNameFault::Reserved {
                id: "account".into()
            })
        );
        assert_eq!(
            group_identifier("#1 team"),
            Err(GroupNameFault::BadStart {
                id: "1_team".into()
            })
        );
        assert!(matches!(
            group_identifier(&"x".repeat(129)),
            Err(GroupNameFault::TooLong { .. })
        ));
    }
}
