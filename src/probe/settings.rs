//! A dialect, said in the keys of `target.dialect`.
//!
//! **Invariants.** What [`block`] gives, decoded and put over the profile that is in use without
//! it, is the found one again in every key that was measured.

use std::collections::BTreeSet;

use crate::profile::{GroupRemovalRule, Profile};
use crate::scim::dialect::{
    Advance, EntityTags, ExternalIdStorage, Filter, GroupRename, Groups, ListMembers,
    MemberRemoval, OpCase, UserAttribute, UserDeactivation, UserDeletion, UserUpdate,
};
use crate::scim::http;

/// A key of `target.dialect`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// `userUpdate`.
    UserUpdate,
    /// `userDeletion`.
    UserDeletion,
    /// `activeFalse`.
    ActiveFalse,
    /// `immutable`.
    Immutable,
    /// `userAttributes`; never measured: none is sent.
    UserAttributes,
    /// `opCase`.
    OpCase,
    /// `groups`.
    Groups,
    /// `groupDeletion`.
    GroupDeletion,
    /// `memberRemoval`.
    MemberRemoval,
    /// `groupRename`.
    GroupRename,
    /// `membersPerPatch`.
    MembersPerPatch,
    /// `paging`.
    Paging,
    /// `pageSize`.
    PageSize,
    /// `userFilter`.
    UserFilter,
    /// `groupFilter`.
    GroupFilter,
    /// `userExternalId`.
    UserExternalId,
    /// `listMembers`.
    ListMembers,
    /// `entityTags`.
    EntityTags,
    /// `contentType`.
    ContentType,
    /// `requestsPerMinute`; never measured.
    RequestsPerMinute,
}

impl Key {
    /// Every key, in the order of a manifest.
    pub const ALL: &'static [Key] = &[
        Key::UserUpdate,
        Key::UserDeletion,
        Key::ActiveFalse,
        Key::Immutable,
        Key::UserAttributes,
        Key::OpCase,
        Key::Groups,
        Key::GroupDeletion,
        Key::MemberRemoval,
        Key::GroupRename,
        Key::MembersPerPatch,
        Key::Paging,
        Key::PageSize,
        Key::UserFilter,
        Key::GroupFilter,
        Key::UserExternalId,
        Key::ListMembers,
        Key::EntityTags,
        Key::ContentType,
        Key::RequestsPerMinute,
    ];

    /// Its spelling.
    pub fn name(self) -> &'static str {
        match self {
            Key::UserUpdate => "userUpdate",
            Key::UserDeletion => "userDeletion",
            Key::ActiveFalse => "activeFalse",
            Key::Immutable => "immutable",
            Key::UserAttributes => "userAttributes",
            Key::OpCase => "opCase",
            Key::Groups => "groups",
            Key::GroupDeletion => "groupDeletion",
            Key::MemberRemoval => "memberRemoval",
            Key::GroupRename => "groupRename",
            Key::MembersPerPatch => "membersPerPatch",
            Key::Paging => "paging",
            Key::PageSize => "pageSize",
            Key::UserFilter => "userFilter",
            Key::GroupFilter => "groupFilter",
            Key::UserExternalId => "userExternalId",
            Key::ListMembers => "listMembers",
            Key::EntityTags => "entityTags",
            Key::ContentType => "contentType",
            Key::RequestsPerMinute => "requestsPerMinute",
        }
    }

    /// Its value in a profile, as a manifest says it.
    pub fn value(self, profile: &Profile) -> String {
        let dialect = &profile.dialect;
        match self {
            Key::UserDeletion => match dialect.user_deletion {
                UserDeletion::Removes => "removes",
                UserDeletion::Deactivates => "deactivates",
            }
            .to_owned(),
            Key::ActiveFalse => match dialect.user_deactivation {
                UserDeactivation::PatchActiveFalse => "disables",
                UserDeactivation::Removes => "removes",
            }
            .to_owned(),
            Key::Immutable => {
                let names = dialect
                    .immutable
                    .iter()
                    .filter_map(|attribute| match attribute {
                        UserAttribute::GivenName => Some("givenName"),
                        UserAttribute::FamilyName => Some("familyName"),
                        UserAttribute::DisplayName => Some("displayName"),
                        // Never changed at any provider, so no manifest says it.
                        UserAttribute::UserName
                        | UserAttribute::Email
                        | UserAttribute::Extra(_) => None,
                    });
                format!("[{}]", names.collect::<Vec<_>>().join(", "))
            }
            Key::UserAttributes => {
                let names = profile.attributes.iter().map(|attribute| attribute.name());
                format!("[{}]", names.collect::<Vec<_>>().join(", "))
            }
            Key::OpCase => match dialect.op_case {
                OpCase::Lower => "lower",
                OpCase::Capital => "capital",
            }
            .to_owned(),
            Key::Groups => match dialect.groups {
                Groups::Served => "served",
                Groups::NotServed => "notServed",
            }
            .to_owned(),
            Key::GroupDeletion => match profile.group_removal {
                GroupRemovalRule::Deletable => "delete",
                GroupRemovalRule::SupportOnly { .. } | GroupRemovalRule::ByHand => "byHand",
            }
            .to_owned(),
            Key::Paging => match dialect.user_paging.advance {
                Advance::ByReceived | Advance::ByAsked => "index",
                Advance::ByCursor => "cursor",
            }
            .to_owned(),
            Key::EntityTags => match dialect.entity_tags {
                EntityTags::IfMatch => "ifMatch",
                EntityTags::Ignored => "ignored",
            }
            .to_owned(),
            Key::ContentType => match dialect.content_type {
                http::JSON => "json",
                _ => "scimJson",
            }
            .to_owned(),
            Key::UserUpdate => match dialect.user_update {
                UserUpdate::PatchPaths => "patch",
                UserUpdate::Put | UserUpdate::PutMerged => "put",
            }
            .to_owned(),
            Key::MemberRemoval => match dialect.member_removal {
                MemberRemoval::ValuePath => "valuePath",
                MemberRemoval::ValueList => "valueList",
            }
            .to_owned(),
            Key::GroupRename => match dialect.group_rename {
                GroupRename::LowerReplacePath | GroupRename::CapitalReplacePath => "patch",
                GroupRename::PutWithMembers => "put",
            }
            .to_owned(),
            Key::MembersPerPatch => dialect.members_per_patch.to_string(),
            // One key says both; where a profile has two, the smaller one is safe for both.
            Key::PageSize => dialect
                .user_paging
                .count
                .min(dialect.group_paging.count)
                .to_string(),
            Key::UserFilter => filter(dialect.user_filter).to_owned(),
            Key::GroupFilter => filter(dialect.group_filter).to_owned(),
            Key::UserExternalId => match dialect.user_external_id {
                ExternalIdStorage::Stored => "stored",
                ExternalIdStorage::Dropped => "dropped",
                ExternalIdStorage::Login => "login",
            }
            .to_owned(),
            Key::ListMembers => match dialect.list_members {
                ListMembers::Included => "included",
                ListMembers::ReadEach => "readEach",
                ListMembers::AskEachUser => "askEachUser",
            }
            .to_owned(),
            Key::RequestsPerMinute => dialect.rate.per_minute.to_string(),
        }
    }
}

fn filter(filter: Filter) -> &'static str {
    match filter {
        Filter::Quoted => "quoted",
        Filter::Textual => "textual",
        Filter::None => "none",
    }
}

/// What `target.dialect` has to say: what was measured and would not be so without it, and
/// what the manifest said already and no measurement speaks against. `base` is the profile as
/// it is without a word of the manifest.
pub fn block(
    used: &Profile,
    base: &Profile,
    found: &Profile,
    measured: &BTreeSet<Key>,
) -> Vec<(Key, String)> {
    Key::ALL
        .iter()
        .copied()
        .filter_map(|key| {
            let value = match measured.contains(&key) {
                true => key.value(found),
                false => key.value(used),
            };
            (value != key.value(base)).then_some((key, value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::decl::DialectDecl;
    use crate::scim::dialect::Dialect;

    /// Whoever adds a key to the manifest decides here whether it is measured.
    #[test]
    fn every_key_of_the_manifest_is_known() {
        let schema = schemars::schema_for!(DialectDecl).to_value();
        let declared: BTreeSet<&str> = schema["properties"]
            .as_object()
            .expect("a mapping")
            .keys()
            .map(String::as_str)
            .collect();
        let known: BTreeSet<&str> = Key::ALL.iter().map(|key| key.name()).collect();
        assert_eq!(known, declared);
    }

    #[test]
    fn only_what_differs_from_the_profile_is_said() {
        let base = Profile::named("scim").expect("a profile");
        let measured: BTreeSet<Key> = Key::ALL.iter().copied().collect();
        assert_eq!(block(&base, &base, &base, &measured), []);
        let found = Profile {
            dialect: Dialect {
                member_removal: MemberRemoval::ValueList,
                user_filter: Filter::None,
                ..Dialect::rfc()
            },
            group_removal: GroupRemovalRule::ByHand,
            ..base.clone()
        };
        assert_eq!(
            block(&base, &base, &found, &measured),
            [
                (Key::GroupDeletion, "byHand".to_owned()),
                (Key::MemberRemoval, "valueList".to_owned()),
                (Key::UserFilter, "none".to_owned())
            ]
        );
        // What was not measured stays as the manifest has it.
        let measured = BTreeSet::from([Key::UserFilter, Key::GroupDeletion]);
        assert_eq!(
            block(&found, &base, &base, &measured),
            [(Key::MemberRemoval, "valueList".to_owned())]
        );
    }
}
