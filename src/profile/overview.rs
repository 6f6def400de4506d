//! The profiles beside each other, in Markdown: what each provider takes and what follows.

use super::facts::reference;
use super::{GroupRemovalRule, NameModel, Profile, Suspension};
use crate::ids::attributes::ExtraAttribute;
use crate::scim::dialect::{
    Advance, ExternalIdStorage, Groups, ListMembers, MemberRemoval, UserDeletion,
};

/// One row a profile.
pub fn overview() -> String {
    let mut table = "| `provider` | for | groups | members a request | how members leave | lists \
                     | suspended | removed people | a group is removed | names | attributes | known by |\n\
                     |---|---|---|---|---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for profile in profiles() {
        let cells = row(&profile);
        table.push_str(&format!("| `{}` | {} |\n", profile.name, cells.join(" | ")));
    }
    table
}

/// Every fact of every profile but `harness`, whose own table the README has.
pub fn facts() -> String {
    let mut text = String::new();
    for profile in profiles().filter(|profile| profile.name != "harness") {
        text.push_str(&format!(
            "\n## `{}`: {}\n\n{}",
            profile.name,
            profile.title,
            reference(profile.facts)
        ));
    }
    text
}

fn profiles() -> impl Iterator<Item = Profile> {
    Profile::NAMES
        .iter()
        .filter_map(|name| Profile::named(name))
}

fn row(profile: &Profile) -> [String; 11] {
    let dialect = &profile.dialect;
    let groups = match (dialect.groups, dialect.list_members) {
        (Groups::NotServed, _) => "none",
        (Groups::Served, ListMembers::Included) => "yes",
        (Groups::Served, ListMembers::ReadEach) => "read one by one",
        (Groups::Served, ListMembers::AskEachUser) => "members asked user by user",
    };
    let if_groups = |text: String| match dialect.groups {
        Groups::Served => text,
        Groups::NotServed => "–".to_owned(),
    };
    let removal = match dialect.member_removal {
        MemberRemoval::ValuePath => "a path for each",
        MemberRemoval::ValueList => "a list of ids",
    };
    let lists = match dialect.user_paging.advance {
        Advance::ByReceived | Advance::ByAsked => "by index",
        Advance::ByCursor => "by cursor",
    };
    let suspended = match profile.suspension {
        Suspension::Disables => "switched off",
        Suspension::Removes => "removed",
    };
    let removed = match dialect.user_deletion {
        UserDeletion::Removes => "deleted",
        UserDeletion::Deactivates => "switched off",
    };
    let group_removal = match profile.group_removal {
        GroupRemovalRule::Deletable => "by SCIM",
        GroupRemovalRule::SupportOnly { .. } => "by Support",
        GroupRemovalRule::ByHand => "by hand",
    };
    let names = match (profile.names, dialect.immutable.is_empty()) {
        (NameModel::DisplayNameOnly { .. }, _) => "one display name",
        (NameModel::NotKept, _) => "not kept",
        (NameModel::Full, true) => "all three",
        (NameModel::Full, false) if changes_names(profile) => "all three",
        (NameModel::Full, false) => "never change",
    };
    let known_by = match dialect.user_external_id {
        ExternalIdStorage::Stored => "key, then e-mail",
        ExternalIdStorage::Dropped | ExternalIdStorage::Login => "e-mail",
    };
    [
        profile.title.to_owned(),
        groups.to_owned(),
        if_groups(dialect.members_per_patch.to_string()),
        if_groups(removal.to_owned()),
        format!("{lists}, {} a page", dialect.user_paging.count),
        suspended.to_owned(),
        removed.to_owned(),
        if_groups(group_removal.to_owned()),
        names.to_owned(),
        attributes(&profile.attributes),
        known_by.to_owned(),
    ]
}

fn attributes(taken: &[ExtraAttribute]) -> String {
    match taken.len() {
        0 => "none".to_owned(),
        ExtraAttribute::COUNT => "all".to_owned(),
        _ => taken
            .iter()
            .map(|attribute| attribute.name())
            .collect::<Vec<_>>()
            .join(", "),
    }
}

fn changes_names(profile: &Profile) -> bool {
    use crate::scim::dialect::UserAttribute;
    let names = [
        UserAttribute::DisplayName,
        UserAttribute::GivenName,
        UserAttribute::FamilyName,
    ];
    let immutable = &profile.dialect.immutable;
    names.iter().any(|name| !immutable.contains(name))
}
