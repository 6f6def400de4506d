//! `target.dialect`: where a service provider departs from its profile.

use super::fields::{Field, Fields};
use super::keys::DIALECT;
use super::{Decoder, Of};
use crate::ids::attributes::ExtraAttribute;
use crate::manifest::decl::{
    ActiveFalseDecl, ContentTypeDecl, DialectDecl, EntityTagsDecl, ExternalIdDecl, FilterDecl,
    GroupDeletionDecl, GroupRenameDecl, GroupsDecl, ImmutableDecl, ListMembersDecl,
    MemberRemovalDecl, OpCaseDecl, PagingDecl, UserDeletionDecl, UserUpdateDecl,
};
use crate::manifest::tree::Node;

const OF: Of<'static> = Of::Section("target.dialect");

const USER_UPDATE: &[(&str, UserUpdateDecl)] = &[
    ("patch", UserUpdateDecl::Patch),
    ("put", UserUpdateDecl::Put),
];
const USER_DELETION: &[(&str, UserDeletionDecl)] = &[
    ("removes", UserDeletionDecl::Removes),
    ("deactivates", UserDeletionDecl::Deactivates),
];
const ACTIVE_FALSE: &[(&str, ActiveFalseDecl)] = &[
    ("disables", ActiveFalseDecl::Disables),
    ("removes", ActiveFalseDecl::Removes),
];
const IMMUTABLE: &[(&str, ImmutableDecl)] = &[
    ("givenName", ImmutableDecl::GivenName),
    ("familyName", ImmutableDecl::FamilyName),
    ("displayName", ImmutableDecl::DisplayName),
];
const OP_CASE: &[(&str, OpCaseDecl)] = &[
    ("lower", OpCaseDecl::Lower),
    ("capital", OpCaseDecl::Capital),
];
const GROUPS: &[(&str, GroupsDecl)] = &[
    ("served", GroupsDecl::Served),
    ("notServed", GroupsDecl::NotServed),
];
const GROUP_DELETION: &[(&str, GroupDeletionDecl)] = &[
    ("delete", GroupDeletionDecl::Delete),
    ("byHand", GroupDeletionDecl::ByHand),
];
const PAGING: &[(&str, PagingDecl)] =
    &[("index", PagingDecl::Index), ("cursor", PagingDecl::Cursor)];
const ENTITY_TAGS: &[(&str, EntityTagsDecl)] = &[
    ("ifMatch", EntityTagsDecl::IfMatch),
    ("ignored", EntityTagsDecl::Ignored),
];
const CONTENT_TYPE: &[(&str, ContentTypeDecl)] = &[
    ("scimJson", ContentTypeDecl::ScimJson),
    ("json", ContentTypeDecl::Json),
];
const MEMBER_REMOVAL: &[(&str, MemberRemovalDecl)] = &[
    ("valuePath", MemberRemovalDecl::ValuePath),
    ("valueList", MemberRemovalDecl::ValueList),
];
const GROUP_RENAME: &[(&str, GroupRenameDecl)] = &[
    ("patch", GroupRenameDecl::Patch),
    ("put", GroupRenameDecl::Put),
];
const FILTER: &[(&str, FilterDecl)] = &[
    ("quoted", FilterDecl::Quoted),
    ("textual", FilterDecl::Textual),
    ("none", FilterDecl::None),
];
const EXTERNAL_ID: &[(&str, ExternalIdDecl)] = &[
    ("stored", ExternalIdDecl::Stored),
    ("dropped", ExternalIdDecl::Dropped),
    ("login", ExternalIdDecl::Login),
];
const LIST_MEMBERS: &[(&str, ListMembersDecl)] = &[
    ("included", ListMembersDecl::Included),
    ("readEach", ListMembersDecl::ReadEach),
    ("askEachUser", ListMembersDecl::AskEachUser),
];

impl Decoder {
    pub(super) fn dialect(&mut self, node: Node<'_>) -> DialectDecl {
        let Some(fields) = self.fields(node, OF, &DIALECT) else {
            return DialectDecl::default();
        };
        DialectDecl {
            user_update: self.choice(&fields, "userUpdate", USER_UPDATE),
            user_deletion: self.choice(&fields, "userDeletion", USER_DELETION),
            active_false: self.choice(&fields, "activeFalse", ACTIVE_FALSE),
            immutable: fields
                .get("immutable")
                .and_then(|field| self.immutable(field)),
            user_attributes: fields
                .get("userAttributes")
                .and_then(|field| self.user_attributes(field)),
            op_case: self.choice(&fields, "opCase", OP_CASE),
            groups: self.choice(&fields, "groups", GROUPS),
            group_deletion: self.choice(&fields, "groupDeletion", GROUP_DELETION),
            member_removal: self.choice(&fields, "memberRemoval", MEMBER_REMOVAL),
            group_rename: self.choice(&fields, "groupRename", GROUP_RENAME),
            members_per_patch: self.positive(fields.get("membersPerPatch")),
            paging: self.choice(&fields, "paging", PAGING),
            page_size: self.positive(fields.get("pageSize")),
            user_filter: self.choice(&fields, "userFilter", FILTER),
            group_filter: self.choice(&fields, "groupFilter", FILTER),
            user_external_id: self.choice(&fields, "userExternalId", EXTERNAL_ID),
            list_members: self.choice(&fields, "listMembers", LIST_MEMBERS),
            entity_tags: self.choice(&fields, "entityTags", ENTITY_TAGS),
            content_type: self.choice(&fields, "contentType", CONTENT_TYPE),
            requests_per_minute: self.positive(fields.get("requestsPerMinute")),
        }
    }

    fn immutable(&mut self, field: Field<'_>) -> Option<Vec<ImmutableDecl>> {
        let mut attributes = Vec::new();
        let listed = self.items(field, OF, "[displayName]", |decoder, item| {
            let subject = "an item of `immutable` of `target.dialect`";
            let word = decoder.word_at(item, subject, IMMUTABLE);
            attributes.extend(word.map(|word| word.value));
        });
        attributes.sort();
        attributes.dedup();
        listed.then_some(attributes)
    }

    fn user_attributes(&mut self, field: Field<'_>) -> Option<Vec<ExtraAttribute>> {
        let words = ExtraAttribute::ALL.map(|attribute| (attribute.name(), attribute));
        let mut attributes = Vec::new();
        let listed = self.items(field, OF, "[title, department]", |decoder, item| {
            let subject = "an item of `userAttributes` of `target.dialect`";
            let word = decoder.word_at(item, subject, &words);
            attributes.extend(word.map(|word| word.value));
        });
        attributes.sort();
        attributes.dedup();
        listed.then_some(attributes)
    }

    fn choice<T: Copy, const N: usize>(
        &mut self,
        fields: &Fields<'_, N>,
        name: &str,
        words: &[(&'static str, T)],
    ) -> Option<T> {
        let field = fields.written(name)?;
        self.word(field, OF, words).map(|word| word.value)
    }

    /// A whole number of at least one.
    fn positive(&mut self, field: Option<Field<'_>>) -> Option<u32> {
        let field = field?;
        let number = self.number(field, OF)?;
        if number.value == 0 {
            self.invalid(
                number.span,
                "at least 1",
                format!("`{}` of {OF} cannot be 0", field.name),
                "write a whole number of at least 1, or leave the key out",
            );
            return None;
        }
        Some(number.value)
    }
}

#[cfg(test)]
mod tests {
    use super::super::root;
    use super::*;
    use crate::manifest::source::FileId;

    fn decode(dialect: &str) -> (DialectDecl, Vec<String>) {
        let text = format!("version: 1\ntarget:\n  provider: scim\n  dialect: {dialect}\n");
        let decoded = root(&text, FileId(0));
        let faults = decoded.faults.into_iter().map(|fault| fault.message);
        let target = decoded.decl.target.expect("a target");
        (target.dialect, faults.collect())
    }

    #[test]
    fn every_key_is_read() {
        let (dialect, faults) = decode(
            "{ userUpdate: put, userDeletion: deactivates, activeFalse: removes, \
             immutable: [displayName, givenName, displayName], opCase: capital, \
             userAttributes: [department, title, title], \
             groups: notServed, groupDeletion: byHand, memberRemoval: valueList, \
             groupRename: put, membersPerPatch: 7, paging: cursor, pageSize: 50, \
             userFilter: textual, groupFilter: none, userExternalId: login, \
             listMembers: askEachUser, entityTags: ifMatch, contentType: json, \
             requestsPerMinute: 90 }",
        );
        assert_eq!(faults, [""; 0]);
        assert_eq!(
            dialect,
            DialectDecl {
                user_update: Some(UserUpdateDecl::Put),
                user_deletion: Some(UserDeletionDecl::Deactivates),
                active_false: Some(ActiveFalseDecl::Removes),
                immutable: Some(vec![ImmutableDecl::GivenName, ImmutableDecl::DisplayName]),
                user_attributes: Some(vec![ExtraAttribute::Title, ExtraAttribute::Department,]),
                op_case: Some(OpCaseDecl::Capital),
                groups: Some(GroupsDecl::NotServed),
                group_deletion: Some(GroupDeletionDecl::ByHand),
                member_removal: Some(MemberRemovalDecl::ValueList),
                group_rename: Some(GroupRenameDecl::Put),
                members_per_patch: Some(7),
                paging: Some(PagingDecl::Cursor),
                page_size: Some(50),
                user_filter: Some(FilterDecl::Textual),
                group_filter: Some(FilterDecl::None),
                user_external_id: Some(ExternalIdDecl::Login),
                list_members: Some(ListMembersDecl::AskEachUser),
                entity_tags: Some(EntityTagsDecl::IfMatch),
                content_type: Some(ContentTypeDecl::Json),
                requests_per_minute: Some(90),
            }
        );
    }

    #[test]
    fn what_it_does_not_know_is_a_fault() {
        for (dialect, message) in [
            ("{ userUpdate: post }", "`userUpdate`"),
            ("{ userUpdate: }", "`userUpdate`"),
            ("{ pageSize: 0 }", "cannot be 0"),
            ("{ pageSize: many }", "`pageSize`"),
            ("{ pagesize: 5 }", "has no key"),
            ("[put]", "must be a mapping"),
            ("{ paging: pages }", "`paging`"),
            ("{ immutable: email }", "`immutable`"),
            ("{ userAttributes: title }", "`userAttributes`"),
        ] {
            let (decoded, faults) = decode(dialect);
            assert_eq!(decoded, DialectDecl::default(), "{dialect}");
            assert_eq!(faults.len(), 1, "{dialect}: {faults:?}");
            assert!(faults[0].contains(message), "{dialect}: {faults:?}");
        }
    }
}
