//! `target.dialect` over a profile's own dialect.

use super::{GroupRemovalRule, Profile, Suspension};
use crate::manifest::decl::{
    ActiveFalseDecl, ContentTypeDecl, DialectDecl, EntityTagsDecl, ExternalIdDecl, FilterDecl,
    GroupDeletionDecl, GroupRenameDecl, GroupsDecl, ImmutableDecl, ListMembersDecl,
    MemberRemovalDecl, OpCaseDecl, PagingDecl, UserDeletionDecl, UserUpdateDecl,
};
use crate::scim::dialect::{
    Advance, Dialect, EntityTags, ExternalIdStorage, Filter, GroupRename, Groups, ListMembers,
    MemberRemoval, OpCase, Rate, TotalResults, UserAttribute, UserDeactivation, UserDeletion,
    UserUpdate,
};
use crate::scim::http;

impl Profile {
    /// The same profile for a provider that departs from it as the manifest says.
    #[must_use]
    pub fn overridden(mut self, decl: &DialectDecl) -> Profile {
        let DialectDecl {
            user_update,
            user_deletion,
            active_false,
            immutable,
            user_attributes,
            op_case,
            groups,
            group_deletion,
            member_removal,
            group_rename,
            members_per_patch,
            paging,
            page_size,
            user_filter,
            group_filter,
            user_external_id,
            list_members,
            entity_tags,
            content_type,
            requests_per_minute,
        } = decl;
        match active_false {
            None => {}
            Some(ActiveFalseDecl::Disables) => {
                self.suspension = Suspension::Disables;
                self.dialect.user_deactivation = UserDeactivation::PatchActiveFalse;
            }
            Some(ActiveFalseDecl::Removes) => {
                self.suspension = Suspension::Removes;
                self.dialect.user_deactivation = UserDeactivation::Removes;
            }
        }
        if let Some(attributes) = user_attributes {
            self.attributes.clone_from(attributes);
        }
        match (group_deletion, self.group_removal) {
            (None, _) | (Some(GroupDeletionDecl::ByHand), GroupRemovalRule::ByHand) => {}
            (Some(GroupDeletionDecl::Delete), _) => {
                self.group_removal = GroupRemovalRule::Deletable;
            }
            // Whom to write to is known, so that stays.
            (Some(GroupDeletionDecl::ByHand), GroupRemovalRule::SupportOnly { .. }) => {}
            (Some(GroupDeletionDecl::ByHand), GroupRemovalRule::Deletable) => {
                self.group_removal = GroupRemovalRule::ByHand;
            }
        }
        let dialect = &mut self.dialect;
        match (user_update, dialect.user_update) {
            (None, _) => {}
            (Some(UserUpdateDecl::Patch), _) => dialect.user_update = UserUpdate::PatchPaths,
            // A profile that names the attributes of its PUT knows better.
            (Some(UserUpdateDecl::Put), UserUpdate::Put) => {}
            (Some(UserUpdateDecl::Put), UserUpdate::PatchPaths | UserUpdate::PutMerged) => {
                dialect.user_update = UserUpdate::PutMerged;
            }
        }
        people(
            dialect,
            *user_deletion,
            immutable.as_deref(),
            *user_external_id,
        );
        match op_case {
            None => {}
            Some(OpCaseDecl::Lower) => dialect.op_case = OpCase::Lower,
            Some(OpCaseDecl::Capital) => dialect.op_case = OpCase::Capital,
        }
        match groups {
            None => {}
            Some(GroupsDecl::Served) => dialect.groups = Groups::Served,
            Some(GroupsDecl::NotServed) => dialect.groups = Groups::NotServed,
        }
        match member_removal {
            None => {}
            Some(MemberRemovalDecl::ValuePath) => dialect.member_removal = MemberRemoval::ValuePath,
            Some(MemberRemovalDecl::ValueList) => dialect.member_removal = MemberRemoval::ValueList,
        }
        match (group_rename, dialect.group_rename) {
            (None, _) => {}
            // Already a PATCH, in the case of letters that this provider wants.
            (
                Some(GroupRenameDecl::Patch),
                GroupRename::LowerReplacePath | GroupRename::CapitalReplacePath,
            ) => {}
            (Some(GroupRenameDecl::Patch), GroupRename::PutWithMembers) => {
                dialect.group_rename = GroupRename::LowerReplacePath;
            }
            (Some(GroupRenameDecl::Put), _) => dialect.group_rename = GroupRename::PutWithMembers,
        }
        if let Some(members) = members_per_patch {
            dialect.members_per_patch = *members as usize;
        }
        lists(dialect, *paging, *page_size);
        if let Some(filter) = user_filter {
            dialect.user_filter = trust(*filter);
        }
        if let Some(filter) = group_filter {
            dialect.group_filter = trust(*filter);
        }
        match list_members {
            None => {}
            Some(ListMembersDecl::Included) => dialect.list_members = ListMembers::Included,
            Some(ListMembersDecl::ReadEach) => dialect.list_members = ListMembers::ReadEach,
            Some(ListMembersDecl::AskEachUser) => dialect.list_members = ListMembers::AskEachUser,
        }
        match entity_tags {
            None => {}
            Some(EntityTagsDecl::IfMatch) => dialect.entity_tags = EntityTags::IfMatch,
            Some(EntityTagsDecl::Ignored) => dialect.entity_tags = EntityTags::Ignored,
        }
        match content_type {
            None => {}
            Some(ContentTypeDecl::ScimJson) => dialect.content_type = http::SCIM_JSON,
            Some(ContentTypeDecl::Json) => dialect.content_type = http::JSON,
        }
        if let Some(requests) = requests_per_minute {
            dialect.rate = Rate {
                per_minute: *requests,
            };
        }
        self
    }
}

fn people(
    dialect: &mut Dialect,
    deletion: Option<UserDeletionDecl>,
    immutable: Option<&[ImmutableDecl]>,
    external_id: Option<ExternalIdDecl>,
) {
    match deletion {
        None => {}
        Some(UserDeletionDecl::Removes) => dialect.user_deletion = UserDeletion::Removes,
        Some(UserDeletionDecl::Deactivates) => dialect.user_deletion = UserDeletion::Deactivates,
    }
    if let Some(attributes) = immutable {
        dialect.immutable = attributes
            .iter()
            .map(|attribute| match attribute {
                ImmutableDecl::GivenName => UserAttribute::GivenName,
                ImmutableDecl::FamilyName => UserAttribute::FamilyName,
                ImmutableDecl::DisplayName => UserAttribute::DisplayName,
            })
            .collect();
        dialect.immutable.sort();
    }
    match external_id {
        None => {}
        Some(ExternalIdDecl::Stored) => dialect.user_external_id = ExternalIdStorage::Stored,
        Some(ExternalIdDecl::Dropped) => dialect.user_external_id = ExternalIdStorage::Dropped,
        Some(ExternalIdDecl::Login) => dialect.user_external_id = ExternalIdStorage::Login,
    }
}

fn lists(dialect: &mut Dialect, paging: Option<PagingDecl>, size: Option<u32>) {
    for list in [&mut dialect.user_paging, &mut dialect.group_paging] {
        if let Some(size) = size {
            list.count = u64::from(size);
        }
        match (paging, list.advance, list.total) {
            (None, _, _) => {}
            (Some(PagingDecl::Cursor), _, _) => list.advance = Advance::ByCursor,
            (Some(PagingDecl::Index), Advance::ByReceived | Advance::ByAsked, _) => {}
            (Some(PagingDecl::Index), Advance::ByCursor, TotalResults::Whole) => {
                list.advance = Advance::ByReceived;
            }
            (Some(PagingDecl::Index), Advance::ByCursor, TotalResults::PageLocal) => {
                list.advance = Advance::ByAsked;
            }
        }
    }
}

fn trust(filter: FilterDecl) -> Filter {
    match filter {
        FilterDecl::Quoted => Filter::Quoted,
        FilterDecl::Textual => Filter::Textual,
        FilterDecl::None => Filter::None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{harness, rfc};
    use super::*;
    use crate::ids::attributes::ExtraAttribute;
    use crate::scim::dialect::Paging;

    #[test]
    fn nothing_declared_is_nothing_changed() {
        for name in Profile::NAMES {
            let profile = Profile::named(name).expect("a named profile");
            let before = profile.dialect.clone();
            assert_eq!(profile.overridden(&DialectDecl::default()).dialect, before);
        }
    }

    #[test]
    fn what_is_declared_replaces_what_the_profile_says() {
        let decl = DialectDecl {
            user_update: Some(UserUpdateDecl::Put),
            user_deletion: Some(UserDeletionDecl::Deactivates),
            active_false: Some(ActiveFalseDecl::Removes),
            immutable: Some(vec![ImmutableDecl::GivenName, ImmutableDecl::DisplayName]),
            user_attributes: Some(vec![ExtraAttribute::Title]),
            op_case: Some(OpCaseDecl::Capital),
            groups: Some(GroupsDecl::NotServed),
            group_deletion: Some(GroupDeletionDecl::ByHand),
            paging: Some(PagingDecl::Cursor),
            entity_tags: Some(EntityTagsDecl::IfMatch),
            content_type: Some(ContentTypeDecl::Json),
            member_removal: Some(MemberRemovalDecl::ValueList),
            group_rename: Some(GroupRenameDecl::Put),
            members_per_patch: Some(7),
            page_size: Some(50),
            user_filter: Some(FilterDecl::Textual),
            group_filter: Some(FilterDecl::None),
            user_external_id: Some(ExternalIdDecl::Login),
            list_members: Some(ListMembersDecl::AskEachUser),
            requests_per_minute: Some(90),
        };
        let paging = Paging {
            count: 50,
            advance: Advance::ByCursor,
            ..Paging::rfc()
        };
        let profile = rfc::profile().overridden(&decl);
        assert_eq!(profile.suspension, Suspension::Removes);
        assert_eq!(profile.attributes, [ExtraAttribute::Title]);
        assert_eq!(profile.group_removal, GroupRemovalRule::ByHand);
        assert_eq!(
            profile.dialect,
            Dialect {
                user_paging: paging,
                group_paging: paging,
                user_filter: Filter::Textual,
                group_filter: Filter::None,
                user_update: UserUpdate::PutMerged,
                user_deactivation: UserDeactivation::Removes,
                user_deletion: UserDeletion::Deactivates,
                immutable: vec![UserAttribute::DisplayName, UserAttribute::GivenName],
                op_case: OpCase::Capital,
                groups: Groups::NotServed,
                entity_tags: EntityTags::IfMatch,
                content_type: http::JSON,
                member_removal: MemberRemoval::ValueList,
                group_rename: GroupRename::PutWithMembers,
                members_per_patch: 7,
                user_external_id: ExternalIdStorage::Login,
                list_members: ListMembers::AskEachUser,
                rate: Rate { per_minute: 90 },
                ..Dialect::rfc()
            }
        );
    }

    #[test]
    fn a_profile_keeps_its_own_form_of_the_same_verb() {
        let decl = DialectDecl {
            user_update: Some(UserUpdateDecl::Put),
            group_rename: Some(GroupRenameDecl::Patch),
            ..DialectDecl::default()
        };
        let dialect = harness::profile().overridden(&decl).dialect;
        assert_eq!(dialect, harness::profile().dialect);
    }
}
