//! Harness NextGen, SaaS and On-Prem.
//!
//! Facts come from three places, named in each row: the OneLogin page of Harness' docs
//! (`docs`), public copies of the NG manager's source (`source`, newest one seen), and the
//! rate-limit page (`limits`). No live account was contacted. Where docs and source
//! disagree, the row of `facts` says both and the tool takes the careful one; `answers`
//! says what its failures mean.

mod answers;
mod facts;

use unicode_normalization::UnicodeNormalization as _;

use super::base_url::{AccountUrl, BaseUrlRule};
use super::checks::Check;
use super::names::GroupNameFault;
use super::{
    CreateExisting, Creation, DiscoveryTrust, EmailChange, GroupIds, GroupNames, GroupRemovalRule,
    NameModel, OtherLogin, Profile, Suspension, UserRemovalEffect,
};
use crate::scim::dialect::{
    Advance, Dialect, EntityTags, ExternalIdStorage, Filter, GroupRename, Groups, ListMembers,
    MemberRemoval, Need, NeedWeight, OpCase, Paging, Permission, PlatformApi, Rate, TotalResults,
    UnlistedUsers, UserDeactivation, UserDeletion, UserUpdate,
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
    other_path: "/api/scim/account/",
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
    needs: &[
        need("USER", "core_user_view", "to read people"),
        need("USER", "core_user_manage", "to change and remove people"),
        need("USER", "core_user_invite", "to create people"),
        need("USERGROUP", "core_usergroup_view", "to read groups"),
        need(
            "USERGROUP",
            "core_usergroup_manage",
            "to change groups and memberships",
        ),
        Need {
            weight: NeedWeight::ToCheck,
            ..need(
                "AUTHSETTING",
                "core_authsetting_view",
                "to see here whether SAML is on",
            )
        },
    ],
};

/// A permission without which provisioning fails (docs: OneLogin page, Requirements; its names
/// from the source: `PlatformPermissions`).
const fn need(resource: &'static str, name: &'static str, purpose: &'static str) -> Need {
    Need {
        permission: Permission { resource, name },
        purpose,
        weight: NeedWeight::ToProvision,
    }
}

/// What can be looked at (docs: OneLogin page, Requirements, Enable SAML SSO, FirstGen; source:
/// `TokenResource`, `ACLResource`, `UserResource`, `UserGroupResource`).
const CHECKS: &[Check] = &[
    Check::Token,
    Check::Permissions,
    Check::SingleSignOn,
    Check::OtherLogin,
    Check::Lists,
    Check::Standalone,
    Check::HandMadeGroups,
    Check::RateLimit,
    Check::Discovery,
];

/// The older product's integration (docs: OneLogin page, I already have a Harness FirstGen
/// OneLogin integration; verified 2026-11-24).
const FIRST_GEN: OtherLogin = OtherLogin {
    title: "Harness FirstGen",
    help: "SCIM cannot see whether a Harness FirstGen integration exists. If one does, it decides \
           who can log in: name its members with `target.harness.firstGen`, and everybody who is \
           missing there is told",
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
            groups: Groups::Served,
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
            user_deletion: UserDeletion::Removes,
            immutable: Vec::new(),
            // `add` and `remove` in either case; a rename is spelled by `group_rename`.
            op_case: OpCase::Lower,
            member_removal: MemberRemoval::ValuePath,
            group_rename: GroupRename::CapitalReplacePath,
            members_per_patch: 100,
            user_external_id: ExternalIdStorage::Stored,
            list_members: ListMembers::Included,
            // `meta.version` is the empty string (source: ScimUserServiceImpl).
            entity_tags: EntityTags::Ignored,
            unlisted_users: UnlistedUsers::MadeByHand,
            content_type: crate::scim::http::SCIM_JSON,
            create_timeout_secs: 150,
            call_timeout_secs: 60,
            rate: Rate { per_minute: 300 },
            platform: Some(PLATFORM),
            answers: answers::ANSWERS,
        },
        discovery: DiscoveryTrust::Shown,
        immutable_because: "`target.dialect.immutable` says that it stays as it was made",
        names: NameModel::DisplayNameOnly {
            dropped: NAME_FORBIDDEN,
            max_chars: NAME_MAX,
        },
        required_names: &[],
        // First name, last name and e-mail only (docs: OneLogin page); others are ignored.
        attributes: Vec::new(),
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
            disagreement: "Harness documents that only {contact} removes such a group, and its \
                           older servers refuse the DELETE; the newest published source carries \
                           it out. If it is refused, the members are out all the same",
        },
        group_ids: GroupIds::DerivedFromName(group_identifier),
        older_group_id: Some(older_group_identifier),
        group_names: GroupNames::Exact,
        other_login: Some(FIRST_GEN),
        checks: CHECKS,
        facts: facts::FACTS,
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
    let mut id = without_suffix(display_name);
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

/// The id before its digit suffix (source: `generateHarnessUIFormatIdentifier`).
fn without_suffix(display_name: &str) -> String {
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
    java_trim(&unaccented)
        .trim_start_matches(|c: char| c.is_ascii_digit() || c == '$' || c == '-')
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | ' '))
        .map(|c| if c == ' ' { '_' } else { c })
        .collect()
}

/// The id without the suffix of names that begin with a digit, which older servers did not
/// have: a create takes a group of that id as well (source: `generateUserGroupIdentifier`).
fn older_group_identifier(display_name: &str) -> Option<String> {
    let older = without_suffix(display_name);
    let current = group_identifier(display_name).ok()?;
    (older != current && !older.is_empty()).then_some(older)
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
