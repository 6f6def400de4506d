//! Pages, and users and groups as they leave the server.
//!
//! **Invariants.** Views borrow from the world and are serialised straight to bytes; nothing
//! is done per resource but writing it.

use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};

use super::query::Query;
use super::reply::Refusal;
use super::state::{Group, Number, Store, User};
use crate::scim::wire::{GROUP_SCHEMA, USER_SCHEMA};

/// Schema URN of a listing (RFC 7644 §3.4.2).
pub(super) const LIST_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// Which part of a collection Harness cuts out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) count: usize,
    pub(super) start_index: usize,
}

impl Window {
    /// `count` is 20 when absent and unlimited when 0; `startIndex` is echoed as 0 when
    /// absent (R26).
    pub(super) fn harness(query: &Query) -> Result<Self, Refusal> {
        let number = |name, default| match query.integer(name) {
            // A parameter that is no number makes JAX-RS answer 404, which is mapped to 400.
            Err(_) => Err(Refusal::resource_not_found()),
            Ok(number) => usize::try_from(number.unwrap_or(default))
                .map_err(|_| Refusal::scim(404, format!("{name} must not be negative"))),
        };
        Ok(Self {
            count: number("count", 20)?,
            start_index: number("startIndex", 0)?,
        })
    }

    pub(super) fn skip(self) -> usize {
        self.start_index.saturating_sub(1)
    }

    pub(super) fn limit(self) -> usize {
        match self.count {
            0 => usize::MAX,
            count => count,
        }
    }
}

/// A listing.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page<R> {
    pub(super) total_results: usize,
    pub(super) items_per_page: usize,
    pub(super) start_index: usize,
    pub(super) schemas: [&'static str; 1],
    #[serde(rename = "Resources")]
    pub(super) resources: Vec<R>,
}

/// A user as Harness shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserView<'a> {
    schemas: [&'static str; 1],
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'a str>,
    user_name: &'a str,
    display_name: &'a str,
    active: bool,
    emails: [EmailView<'a>; 1],
    name: NameView<'a>,
}

#[derive(Serialize)]
struct EmailView<'a> {
    value: &'a str,
    primary: bool,
}

/// `name`: one shape from single-user calls, another from lists, which the FirstGen half
/// builds (R26, HC).
#[derive(Serialize)]
#[serde(untagged)]
enum NameView<'a> {
    #[serde(rename_all = "camelCase")]
    Single { display_name: &'a str },
    #[serde(rename_all = "camelCase")]
    Listed {
        given_name: &'a str,
        family_name: &'a str,
    },
}

/// Which calls build a user's JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BuiltBy {
    SingleCall,
    List,
}

impl<'a> UserView<'a> {
    pub(super) fn new(user: &'a User, by: BuiltBy) -> Self {
        Self {
            schemas: [USER_SCHEMA],
            id: user.id.as_str(),
            external_id: user.external_id.as_ref().map(|id| id.as_str()),
            user_name: user.email.as_str(),
            display_name: &user.name,
            active: !user.disabled,
            emails: [EmailView {
                value: user.email.as_str(),
                primary: true,
            }],
            name: match by {
                BuiltBy::SingleCall => NameView::Single {
                    display_name: &user.name,
                },
                BuiltBy::List => NameView::Listed {
                    given_name: user.given_name.as_deref().unwrap_or(&user.name),
                    family_name: user.family_name.as_deref().unwrap_or(&user.name),
                },
            },
        }
    }
}

/// A group as Harness shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GroupView<'a> {
    schemas: [&'static str; 1],
    id: &'a str,
    display_name: &'a str,
    members: MembersView<'a>,
}

impl<'a> GroupView<'a> {
    pub(super) fn new(store: &'a Store, group: &'a Group) -> Self {
        Self {
            schemas: [GROUP_SCHEMA],
            id: group.identifier.as_str(),
            display_name: &group.name,
            members: MembersView { store, group },
        }
    }
}

struct MembersView<'a> {
    store: &'a Store,
    group: &'a Group,
}

#[derive(Serialize)]
struct MemberView<'a> {
    value: &'a str,
    /// Harness writes `ref`, not `$ref`, and leaves it empty.
    #[serde(rename = "ref")]
    reference: &'a str,
    display: &'a str,
}

impl Serialize for MembersView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let members = &self.group.members;
        let mut seq = serializer.serialize_seq(Some(members.len()))?;
        for &number in members {
            let member: Number = number;
            let user = self.store.user(member);
            seq.serialize_element(&MemberView {
                value: user.id.as_str(),
                reference: "",
                display: user.email.as_str(),
            })?;
        }
        seq.end()
    }
}
