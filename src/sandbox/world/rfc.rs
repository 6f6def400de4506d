//! A small strict service provider: RFC 7643 and RFC 7644 as written, at `/scim/v2`.
//!
//! It is the model for the plain `scim` profile and keeps a client from relying on Harness'
//! oddities.
//!
//! **Invariants.** A request that fails changes nothing. `totalResults` is the whole.
//! `userName` and `displayName` compare without case (RFC 7643 §4.1.1, §4.2), `externalId`
//! and `id` exactly (§3.1).

use serde::Serialize;
use serde_json::{Value, json};

use super::World;
use super::body::Object;
use super::listing::{LIST_SCHEMA, Page};
use super::query::{Query, segments};
use super::reply::{Answer, Refusal};
use super::rfc_patch::{self, GroupDraft, UserDraft};
use super::state::{Group, Number, Store, User, issued_id, same_folded};
use crate::ids::{Email, ExternalId, GroupId, UserId};
use crate::scim::http::Method;
use crate::scim::wire::{GROUP_SCHEMA, USER_SCHEMA};

/// The most resources one page holds.
pub(super) const PAGE_CAP: usize = 100;

pub(super) fn refuse(http: u16, scim_type: Option<&'static str>, detail: &str) -> Refusal {
    Refusal::Rfc {
        http,
        scim_type,
        detail: detail.to_owned(),
    }
}

pub(super) fn object(body: &[u8], schema: &str) -> Result<Object, Refusal> {
    let syntax = |detail: &str| refuse(400, Some("invalidSyntax"), detail);
    let value: Value = serde_json::from_slice(body).map_err(|error| syntax(&error.to_string()))?;
    let Value::Object(object) = value else {
        return Err(syntax("the body is not an object"));
    };
    let has_schema = object
        .get("schemas")
        .and_then(Value::as_array)
        .is_some_and(|schemas| schemas.iter().any(|it| it == schema));
    if !has_schema {
        return Err(syntax("the body lacks its schema"));
    }
    Ok(object)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserView<'a> {
    schemas: [&'static str; 1],
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'a str>,
    user_name: &'a str,
    display_name: &'a str,
    name: NameView<'a>,
    active: bool,
    emails: Vec<Value>,
    meta: Value,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NameView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    given_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    family_name: Option<&'a str>,
}

fn user_view(user: &User) -> UserView<'_> {
    UserView {
        schemas: [USER_SCHEMA],
        id: user.id.as_str(),
        external_id: user.external_id.as_ref().map(|id| id.as_str()),
        user_name: user.email.as_str(),
        display_name: &user.name,
        name: NameView {
            given_name: user.given_name.as_deref(),
            family_name: user.family_name.as_deref(),
        },
        active: !user.disabled,
        emails: user
            .mail
            .iter()
            .map(|mail| json!({"value": mail, "type": "work", "primary": true}))
            .collect(),
        meta: json!({"resourceType": "User", "location": format!("/scim/v2/Users/{}", user.id)}),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GroupView<'a> {
    schemas: [&'static str; 1],
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'a str>,
    display_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<Vec<MemberView<'a>>>,
    meta: Value,
}

#[derive(Serialize)]
struct MemberView<'a> {
    value: &'a str,
    #[serde(rename = "$ref")]
    reference: String,
    display: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// Whether a group is shown with its members (`excludedAttributes`, RFC 7644 §3.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Members {
    Shown,
    Excluded,
}

impl Members {
    fn wanted(query: &Query) -> Self {
        let excluded = query
            .get("excludedAttributes")
            .into_iter()
            .flat_map(|list| list.split(','))
            .any(|name| name.trim().eq_ignore_ascii_case("members"));
        if excluded {
            Self::Excluded
        } else {
            Self::Shown
        }
    }
}

fn group_view<'a>(store: &'a Store, group: &'a Group, members: Members) -> GroupView<'a> {
    let id = group.identifier.as_str();
    GroupView {
        schemas: [GROUP_SCHEMA],
        id,
        external_id: group.external_id.as_ref().map(|id| id.as_str()),
        display_name: &group.name,
        members: (members == Members::Shown).then(|| {
            group
                .members
                .iter()
                .map(|&number| {
                    let user = store.user(number);
                    MemberView {
                        value: user.id.as_str(),
                        reference: format!("/scim/v2/Users/{}", user.id),
                        display: &user.name,
                        kind: "User",
                    }
                })
                .collect()
        }),
        meta: json!({"resourceType": "Group", "location": format!("/scim/v2/Groups/{id}")}),
    }
}

/// An `attribute eq "value"` filter, the only one served.
struct Filter {
    /// In lower case.
    attribute: String,
    value: String,
}

impl Filter {
    fn parse(query: &Query, schema: &str) -> Result<Option<Self>, Refusal> {
        let Some(text) = query.get("filter") else {
            return Ok(None);
        };
        let bad = || {
            refuse(
                400,
                Some("invalidFilter"),
                "only `attribute eq \"value\"` is served",
            )
        };
        let (attribute, rest) = text.trim().split_once(' ').ok_or_else(bad)?;
        let (operator, value) = rest.trim_start().split_once(' ').ok_or_else(bad)?;
        if !operator.eq_ignore_ascii_case("eq") {
            return Err(bad());
        }
        let value: String = serde_json::from_str(value.trim()).map_err(|_| bad())?;
        let attribute = rfc_patch::bare(attribute, schema).to_ascii_lowercase();
        Ok(Some(Self { attribute, value }))
    }

    fn user(&self, user: &User) -> Result<bool, Refusal> {
        let value = self.value.as_str();
        Ok(match self.attribute.as_str() {
            "username" => same_folded(user.email.as_str(), value),
            "displayname" => same_folded(&user.name, value),
            "externalid" => user
                .external_id
                .as_ref()
                .is_some_and(|it| it.as_str() == value),
            "id" => user.id.as_str() == value,
            "emails" | "emails.value" => user
                .mail
                .as_ref()
                .is_some_and(|mail| same_folded(mail, value)),
            _ => return Err(refuse(400, Some("invalidFilter"), "unknown attribute")),
        })
    }

    fn group(&self, group: &Group) -> Result<bool, Refusal> {
        let value = self.value.as_str();
        Ok(match self.attribute.as_str() {
            "displayname" => same_folded(&group.name, value),
            "externalid" => group
                .external_id
                .as_ref()
                .is_some_and(|it| it.as_str() == value),
            "id" => group.identifier.as_str() == value,
            _ => return Err(refuse(400, Some("invalidFilter"), "unknown attribute")),
        })
    }
}

/// 1-based paging with a cap (RFC 7644 §3.4.2.4).
fn page<T, R>(query: &Query, found: &[T], view: impl Fn(&T) -> R) -> Result<Page<R>, Refusal> {
    let number = |name| {
        query
            .integer(name)
            .map_err(|_| refuse(400, Some("invalidValue"), "not a number"))
    };
    let start = usize::try_from(number("startIndex")?.unwrap_or(1))
        .unwrap_or(1)
        .max(1);
    let count = match number("count")? {
        None => PAGE_CAP,
        // A negative count is read as 0.
        Some(count) => usize::try_from(count).unwrap_or(0).min(PAGE_CAP),
    };
    let resources: Vec<R> = found.iter().skip(start - 1).take(count).map(view).collect();
    Ok(Page {
        total_results: found.len(),
        items_per_page: resources.len(),
        start_index: start,
        schemas: [LIST_SCHEMA],
        resources,
    })
}

fn created(answer: Answer, at: String) -> Answer {
    match answer {
        Answer::Json { body, .. } => Answer::Json {
            status: 201,
            body,
            location: Some(at),
        },
        Answer::Empty(status) => Answer::Empty(status),
    }
}

impl World {
    pub(super) fn rfc_request(&mut self, incoming: &super::Incoming) -> Result<Answer, Refusal> {
        let path = segments(&incoming.path);
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let ["scim", "v2", path @ ..] = path.as_slice() else {
            return Err(Refusal::NoSuchPage);
        };
        let unauthorized = || refuse(401, None, "the bearer token is missing or not valid");
        let account = self.settings.account.clone();
        incoming
            .authorization
            .as_deref()
            .and_then(|header| header.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .ok_or_else(unauthorized)
            .and_then(|(_, token)| {
                self.caller(&account, token.trim())
                    .map_err(|_| unauthorized())
            })?;
        let query = Query::parse(&incoming.query);
        let body = incoming.body.as_slice();
        match incoming.method {
            Method::Post | Method::Put | Method::Patch => {
                if !super::is_json(incoming.content_type.as_deref()) {
                    return Err(refuse(
                        415,
                        None,
                        "the media type is not application/scim+json",
                    ));
                }
            }
            Method::Get | Method::Delete => {}
        }
        match (path, incoming.method) {
            (["Users"], Method::Get) => self.rfc_list_users(&query),
            (["Users"], Method::Post) => self.rfc_create_user(body),
            (["Users", id], method) => {
                let number = self.store.find_user(id).ok_or_else(not_found)?;
                self.rfc_user(number, method, body)
            }
            (["Groups"], Method::Get) => self.rfc_list_groups(&query),
            (["Groups"], Method::Post) => self.rfc_create_group(body),
            (["Groups", id], method) => {
                let number = self.store.find_group(id).ok_or_else(not_found)?;
                self.rfc_group(number, method, &query, body)
            }
            (["ServiceProviderConfig"], Method::Get) => service_provider_config(),
            (["Users" | "Groups" | "ServiceProviderConfig"], _) => {
                Err(refuse(405, None, "this resource has no such method"))
            }
            (_, _) => Err(not_found()),
        }
    }

    fn rfc_list_users(&self, query: &Query) -> Result<Answer, Refusal> {
        let mut found: Vec<&User> = Vec::new();
        match Filter::parse(query, USER_SCHEMA)? {
            None => found.extend(self.store.users()),
            Some(filter) if filter.attribute == "username" => {
                let email = Email::new(filter.value);
                let number = self.store.find_email(email.folded());
                found.extend(number.map(|number| self.store.user(number)));
            }
            Some(filter) => {
                for user in self.store.users() {
                    if filter.user(user)? {
                        found.push(user);
                    }
                }
            }
        }
        Answer::json(200, &page(query, &found, |user| user_view(user))?)
    }

    fn rfc_list_groups<'a>(&'a self, query: &Query) -> Result<Answer, Refusal> {
        let mut found: Vec<&'a Group> = Vec::new();
        let filter = Filter::parse(query, GROUP_SCHEMA)?;
        for group in self.store.groups() {
            match &filter {
                Some(filter) if !filter.group(group)? => {}
                Some(_) | None => found.push(group),
            }
        }
        let members = Members::wanted(query);
        let view = |group: &&'a Group| group_view(&self.store, group, members);
        Answer::json(200, &page(query, &found, view)?)
    }

    /// `userName` is unique whatever its case (RFC 7643 §4.1.1).
    fn rfc_user_name_free(&self, draft: &UserDraft, own: Option<Number>) -> Result<(), Refusal> {
        match self.store.find_email(draft.user_name.folded()) {
            Some(number) if Some(number) != own => {
                Err(refuse(409, Some("uniqueness"), "userName is taken"))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn rfc_create_user(&mut self, body: &[u8]) -> Result<Answer, Refusal> {
        let draft = UserDraft::read(&object(body, USER_SCHEMA)?)?;
        self.rfc_user_name_free(&draft, None)?;
        let number = self.store.issue();
        let id = issued_id("user", number);
        let at = format!("/scim/v2/Users/{id}");
        let user = draft.into_user(User {
            id: UserId::new(id),
            email: Email::new(""),
            name: String::new(),
            given_name: None,
            family_name: None,
            external_id: None,
            mail: None,
            imported: true,
            externally_managed: true,
            disabled: false,
            admin: false,
            cg_member: true,
            ng_member: true,
            elsewhere: false,
            left_email: None,
            erased: false,
        });
        self.store.insert_user(number, user);
        let answer = Answer::json(201, &user_view(self.store.user(number)))?;
        Ok(created(answer, at))
    }

    fn rfc_user(&mut self, number: Number, method: Method, body: &[u8]) -> Result<Answer, Refusal> {
        let draft = match method {
            Method::Get => return Answer::json(200, &user_view(self.store.user(number))),
            Method::Delete => {
                self.store.edit_user(number, |user| user.ng_member = false);
                self.store.erase_user(number);
                self.store.purge_user(number);
                return Ok(Answer::Empty(204));
            }
            Method::Post => return Err(refuse(405, None, "this resource has no such method")),
            Method::Put => UserDraft::read(&object(body, USER_SCHEMA)?)?,
            Method::Patch => UserDraft::of(self.store.user(number)).patched(body)?,
        };
        self.rfc_user_name_free(&draft, Some(number))?;
        self.store.set_email(number, draft.user_name.clone());
        self.store.edit_user(number, |user| {
            *user = draft.into_user(user.clone());
        });
        Answer::json(200, &user_view(self.store.user(number)))
    }

    fn rfc_create_group(&mut self, body: &[u8]) -> Result<Answer, Refusal> {
        let draft = GroupDraft::read(&object(body, GROUP_SCHEMA)?, &self.store)?;
        let number = self.store.issue();
        let id = issued_id("group", number);
        let at = format!("/scim/v2/Groups/{id}");
        self.store.insert_group(
            number,
            Group {
                identifier: GroupId::new(id),
                name: draft.name,
                external_id: draft.external_id,
                externally_managed: true,
                harness_managed: false,
                members: draft.members,
            },
        );
        let group = self.store.group(number);
        let answer = Answer::json(201, &group_view(&self.store, group, Members::Shown))?;
        Ok(created(answer, at))
    }

    fn rfc_group(
        &mut self,
        number: Number,
        method: Method,
        query: &Query,
        body: &[u8],
    ) -> Result<Answer, Refusal> {
        let group = self.store.group(number);
        let draft = match method {
            Method::Get => {
                let members = Members::wanted(query);
                return Answer::json(200, &group_view(&self.store, group, members));
            }
            Method::Delete => {
                self.store.remove_group(number);
                return Ok(Answer::Empty(204));
            }
            Method::Post => return Err(refuse(405, None, "this resource has no such method")),
            Method::Put => GroupDraft::read(&object(body, GROUP_SCHEMA)?, &self.store)?,
            Method::Patch => GroupDraft::of(group).patched(body, &self.store)?,
        };
        let GroupDraft {
            name,
            external_id,
            members,
        } = draft;
        self.store.edit_group(number, |group| {
            group.name = name;
            group.external_id = external_id;
            group.members = members;
        });
        match method {
            // RFC 7644 §3.5.2 leaves the choice; 204 keeps clients from relying on a body.
            Method::Patch => Ok(Answer::Empty(204)),
            Method::Get | Method::Post | Method::Put | Method::Delete => {
                let group = self.store.group(number);
                Answer::json(200, &group_view(&self.store, group, Members::Shown))
            }
        }
    }
}

fn not_found() -> Refusal {
    refuse(404, None, "there is no such resource")
}

fn service_provider_config() -> Result<Answer, Refusal> {
    Answer::json(
        200,
        &json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
            "patch": {"supported": true},
            "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
            "filter": {"supported": true, "maxResults": PAGE_CAP},
            "changePassword": {"supported": false},
            "sort": {"supported": false},
            "etag": {"supported": false},
            "authenticationSchemes": [{
                "type": "oauthbearertoken",
                "name": "OAuth Bearer Token",
                "description": "RFC 6750",
            }],
        }),
    )
}

/// Reads `externalId`, which an empty text removes.
pub(super) fn external_id(text: Option<String>) -> Option<ExternalId> {
    text.filter(|text| !text.is_empty()).map(ExternalId::from)
}
