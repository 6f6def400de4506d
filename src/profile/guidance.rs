//! What `ServiceProviderConfig` (RFC 7643 §5, RFC 9865 §4) changes where it is obeyed.
//!
//! **Invariants.** The manifest beats the document, the document beats the profile. What the
//! document does not say, or says in another form, changes nothing.

use serde_json::Value;

use super::{DiscoveryTrust, Profile};
use crate::manifest::decl::DialectDecl;
use crate::scim::dialect::{Advance, Dialect, EntityTags, Filter, GroupRename, UserUpdate};

impl Profile {
    /// How a provider is spoken to that describes itself so. `said` is what the manifest says
    /// of it, which the profile has taken in already.
    pub fn guided(&self, document: &Value, said: &DialectDecl) -> Dialect {
        let mut dialect = self.dialect.clone();
        match self.discovery {
            DiscoveryTrust::Shown => return dialect,
            DiscoveryTrust::Obeyed => {}
        }
        if supported(document, "patch") == Some(false) {
            if said.user_update.is_none() {
                dialect.user_update = UserUpdate::PutMerged;
            }
            if said.group_rename.is_none() {
                dialect.group_rename = GroupRename::PutWithMembers;
            }
        }
        if supported(document, "filter") == Some(false) {
            if said.user_filter.is_none() {
                dialect.user_filter = Filter::None;
            }
            if said.group_filter.is_none() {
                dialect.group_filter = Filter::None;
            }
        }
        if said.entity_tags.is_none() {
            match supported(document, "etag") {
                Some(true) => dialect.entity_tags = EntityTags::IfMatch,
                Some(false) => dialect.entity_tags = EntityTags::Ignored,
                None => {}
            }
        }
        let cursors = document["pagination"]["cursor"].as_bool();
        let longest = longest_page(document);
        for list in [&mut dialect.user_paging, &mut dialect.group_paging] {
            if cursors == Some(true) && said.paging.is_none() {
                list.advance = Advance::ByCursor;
            }
            if let Some(longest) = longest
                && said.page_size.is_none()
            {
                list.count = list.count.min(longest);
            }
        }
        dialect
    }
}

/// Whether a feature is claimed, or not; nothing where nothing is said.
pub fn supported(document: &Value, feature: &str) -> Option<bool> {
    document[feature]["supported"].as_bool()
}

/// The longest page that is claimed.
pub fn longest_page(document: &Value) -> Option<u64> {
    let paging = document["pagination"]["maxPageSize"].as_u64();
    let filter = document["filter"]["maxResults"].as_u64();
    paging.or(filter).filter(|longest| *longest > 0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{harness, rfc};
    use super::*;
    use crate::manifest::decl::{EntityTagsDecl, FilterDecl, PagingDecl};

    #[test]
    fn what_is_not_said_changes_nothing() {
        for document in [
            json!({}),
            json!({"patch": {"supported": true}, "filter": {"supported": true, "maxResults": 0}}),
            json!({"patch": {"supported": "no"}, "filter": [], "pagination": null}),
        ] {
            let profile = rfc::profile();
            let guided = profile.guided(&document, &DialectDecl::default());
            assert_eq!(guided, profile.dialect, "{document}");
        }
    }

    #[test]
    fn what_is_said_is_done_unless_the_manifest_says_otherwise() {
        let document = json!({
            "patch": {"supported": false},
            "filter": {"supported": false, "maxResults": 1000},
            "etag": {"supported": true},
            "pagination": {"cursor": true, "index": true, "maxPageSize": 50},
        });
        let profile = rfc::profile();
        let guided = profile.guided(&document, &DialectDecl::default());
        assert_eq!(guided.user_update, UserUpdate::PutMerged);
        assert_eq!(guided.group_rename, GroupRename::PutWithMembers);
        assert_eq!(guided.user_filter, Filter::None);
        assert_eq!(guided.entity_tags, EntityTags::IfMatch);
        assert_eq!(guided.group_paging.advance, Advance::ByCursor);
        assert_eq!(guided.user_paging.count, 50);

        let said = DialectDecl {
            paging: Some(PagingDecl::Index),
            page_size: Some(70),
            user_filter: Some(FilterDecl::Quoted),
            entity_tags: Some(EntityTagsDecl::Ignored),
            ..DialectDecl::default()
        };
        let profile = profile.overridden(&said);
        let guided = profile.guided(&document, &said);
        assert_eq!(guided.user_paging, profile.dialect.user_paging);
        assert_eq!(guided.user_filter, Filter::Quoted);
        assert_eq!(guided.group_filter, Filter::None);
        assert_eq!(guided.entity_tags, EntityTags::Ignored);
    }

    #[test]
    fn a_profile_that_knows_better_is_not_guided() {
        let document = json!({"patch": {"supported": false}, "etag": {"supported": true}});
        let profile = harness::profile();
        let guided = profile.guided(&document, &DialectDecl::default());
        assert_eq!(guided, profile.dialect);
    }
}
