//! `target.dialect` over a profile's own dialect.

use super::Profile;
use crate::manifest::decl::{
    DialectDecl, ExternalIdDecl, FilterDecl, GroupRenameDecl, ListMembersDecl, MemberRemovalDecl,
    UserUpdateDecl,
};
use crate::scim::dialect::{
    ExternalIdStorage, Filter, GroupRename, ListMembers, MemberRemoval, Rate, UserUpdate,
};

impl Profile {
    /// The same profile for a provider that departs from it as the manifest says.
    #[must_use]
    pub fn overridden(mut self, decl: &DialectDecl) -> Profile {
        let DialectDecl {
            user_update,
            member_removal,
            group_rename,
            members_per_patch,
            page_size,
            user_filter,
            group_filter,
            user_external_id,
            list_members,
            requests_per_minute,
        } = decl;
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
        if let Some(size) = page_size {
            dialect.user_paging.count = u64::from(*size);
            dialect.group_paging.count = u64::from(*size);
        }
        if let Some(filter) = user_filter {
            dialect.user_filter = trust(*filter);
        }
        if let Some(filter) = group_filter {
            dialect.group_filter = trust(*filter);
        }
        match user_external_id {
            None => {}
            Some(ExternalIdDecl::Stored) => dialect.user_external_id = ExternalIdStorage::Stored,
            Some(ExternalIdDecl::Dropped) => dialect.user_external_id = ExternalIdStorage::Dropped,
        }
        match list_members {
            None => {}
            Some(ListMembersDecl::Included) => dialect.list_members = ListMembers::Included,
            Some(ListMembersDecl::ReadEach) => dialect.list_members = ListMembers::ReadEach,
        }
        if let Some(requests) = requests_per_minute {
            dialect.rate = Rate {
                per_minute: *requests,
            };
        }
        self
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
    use crate::scim::dialect::{Dialect, Paging};

    #[test]
    fn nothing_declared_is_nothing_changed() {
        for profile in [rfc::profile(), harness::profile()] {
            let before = profile.dialect.clone();
            assert_eq!(profile.overridden(&DialectDecl::default()).dialect, before);
        }
    }

    #[test]
    fn what_is_declared_replaces_what_the_profile_says() {
        let decl = DialectDecl {
            user_update: Some(UserUpdateDecl::Put),
            member_removal: Some(MemberRemovalDecl::ValueList),
            group_rename: Some(GroupRenameDecl::Put),
            members_per_patch: Some(7),
            page_size: Some(50),
            user_filter: Some(FilterDecl::Textual),
            group_filter: Some(FilterDecl::None),
            user_external_id: Some(ExternalIdDecl::Dropped),
            list_members: Some(ListMembersDecl::ReadEach),
            requests_per_minute: Some(90),
        };
        let paging = Paging {
            count: 50,
            ..Paging::rfc()
        };
        assert_eq!(
            rfc::profile().overridden(&decl).dialect,
            Dialect {
                user_paging: paging,
                group_paging: paging,
                user_filter: Filter::Textual,
                group_filter: Filter::None,
                user_update: UserUpdate::PutMerged,
                member_removal: MemberRemoval::ValueList,
                group_rename: GroupRename::PutWithMembers,
                members_per_patch: 7,
                user_external_id: ExternalIdStorage::Dropped,
                list_members: ListMembers::ReadEach,
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
