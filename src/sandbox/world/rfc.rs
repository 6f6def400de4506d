//! A small strict service provider: RFC 7643 and RFC 7644 as written, at `/scim/v2`.
//!
//! It is the model for the plain `scim` profile and keeps a client from relying on Harness'
//! oddities.
//!
//! **Invariants.** A request that fails changes nothing. `totalResults` is the whole.
//! `userName` and `displayName` compare without case (RFC 7643 §4.1.1, §4.2), `externalId`
//! and `id` exactly (§3.1).

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Value, json};

use super::World;
use super::body::Object;
use super::listing::{LIST_SCHEMA, Page};
use super::query::{Query, segments};
use super::quirks::{self, GroupDeletion, MembersTold, Names, Pages, Quirks};
use super::reply::{Answer, Refusal};
use super::rfc_patch::{self, GroupDraft, UserDraft};
use super::state::{Group, Number, Store, User, issued_id};
use crate::ids::attributes::{Attributes, ENTERPRISE_SCHEMA, Section};
use crate::ids::{Email, ExternalId, GroupId, UserId, same_folded};
use crate::scim::dialect::{EntityTags, Groups, UserAttribute, UserDeactivation, UserDeletion};
use crate::scim::http::Method;
use crate::scim::wire::{GROUP_SCHEMA, SectionBody, USER_SCHEMA};

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
    schemas: &'static [&'static str],
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'a str>,
    user_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<&'a str>,
    name: NameView<'a>,
    active: bool,
    emails: Vec<Value>,
    #[serde(flatten)]
    core: SectionBody<'a>,
    #[serde(
        rename = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        skip_serializing_if = "SectionBody::is_empty"
    )]
    enterprise: SectionBody<'a>,
    meta: Value,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NameView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    given_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    family_name: Option<&'a str>,
    #[serde(flatten)]
    others: SectionBody<'a>,
}

/// The weak entity tag of a view, made of all that it shows (RFC 7644 §3.14).
fn version(view: &impl Serialize) -> String {
    use sha2::Digest as _;
    // What is no JSON is no view either, and has no version to differ in.
    let json = serde_json::to_vec(view).unwrap_or_default();
    let hash = sha2::Sha256::digest(&json);
    let hex: String = hash
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("W/\"{hex}\"")
}

fn user_view<'a>(user: &'a User, quirks: &Quirks) -> UserView<'a> {
    let mut view = plain_user_view(user, quirks);
    match quirks.entity_tags {
        EntityTags::Ignored => {}
        EntityTags::IfMatch => view.meta["version"] = version(&view).into(),
    }
    view
}

fn plain_user_view<'a>(user: &'a User, quirks: &Quirks) -> UserView<'a> {
    let section = |section| SectionBody {
        attributes: &user.attributes,
        section,
    };
    let others = section(Section::Name);
    let (display_name, name) = match quirks.names {
        Names::Kept => (
            Some(user.name.as_str()),
            NameView {
                given_name: user.given_name.as_deref(),
                family_name: user.family_name.as_deref(),
                others,
            },
        ),
        Names::Forgotten => (
            None,
            NameView {
                given_name: Some("N/A"),
                family_name: Some("N/A"),
                others,
            },
        ),
    };
    UserView {
        schemas: match user.attributes.of(Section::Enterprise).next() {
            None => &[USER_SCHEMA],
            Some(_) => &[USER_SCHEMA, ENTERPRISE_SCHEMA],
        },
        id: user.id.as_str(),
        external_id: user.external_id.as_ref().map(|id| id.as_str()),
        user_name: user.email.as_str(),
        display_name,
        name,
        active: !user.disabled,
        emails: user
            .mail
            .iter()
            .map(|mail| json!({"value": mail, "type": "work", "primary": true}))
            .collect(),
        core: section(Section::Core),
        enterprise: section(Section::Enterprise),
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
    /// Shown as an empty list, whoever is in it.
    Hidden,
}

impl Members {
    fn wanted(query: &Query, quirks: &Quirks) -> Self {
        match quirks.members {
            MembersTold::InGroups => {}
            MembersTold::ByFilter => return Self::Hidden,
        }
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

fn group_view<'a>(
    store: &'a Store,
    group: &'a Group,
    members: Members,
    quirks: &Quirks,
) -> GroupView<'a> {
    let mut view = plain_group_view(store, group, members);
    match quirks.entity_tags {
        EntityTags::Ignored => {}
        // Of the whole group, whatever of it is shown.
        EntityTags::IfMatch => {
            let whole = plain_group_view(store, group, Members::Shown);
            view.meta["version"] = version(&whole).into();
        }
    }
    view
}

fn plain_group_view<'a>(store: &'a Store, group: &'a Group, members: Members) -> GroupView<'a> {
    let shown = match members {
        Members::Shown => Some(&group.members),
        Members::Excluded => None,
        Members::Hidden => Some(&EMPTY),
    };
    let id = group.identifier.as_str();
    GroupView {
        schemas: [GROUP_SCHEMA],
        id,
        external_id: group.external_id.as_ref().map(|id| id.as_str()),
        display_name: &group.name,
        members: shown.map(|members| {
            members
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

static EMPTY: BTreeSet<Number> = BTreeSet::new();

/// `attribute eq "value"`, and several of them with `and`: the only filters served.
struct Filters {
    all: Vec<Filter>,
}

struct Filter {
    /// In lower case.
    attribute: String,
    value: String,
}

impl Filters {
    fn parse(query: &Query, schema: &str, answered: quirks::Filters) -> Result<Self, Refusal> {
        let mut all = Vec::new();
        let Some(text) = query.get("filter") else {
            return Ok(Self { all });
        };
        let bad = || {
            refuse(
                400,
                Some("invalidFilter"),
                "only `attribute eq \"value\"` is served",
            )
        };
        match answered {
            quirks::Filters::Answered => {}
            quirks::Filters::Refused => {
                return Err(refuse(400, Some("invalidFilter"), "filters are not served"));
            }
        }
        let mut rest = text.trim();
        loop {
            let (attribute, after) = rest.split_once(' ').ok_or_else(bad)?;
            let (operator, after) = after.trim_start().split_once(' ').ok_or_else(bad)?;
            if !operator.eq_ignore_ascii_case("eq") {
                return Err(bad());
            }
            let mut values = serde_json::Deserializer::from_str(after).into_iter::<String>();
            let value = values.next().and_then(Result::ok).ok_or_else(bad)?;
            let after = after[values.byte_offset()..].trim_start();
            let attribute = rfc_patch::bare(attribute, schema).to_ascii_lowercase();
            all.push(Filter { attribute, value });
            if after.is_empty() {
                return Ok(Self { all });
            }
            let (word, more) = after.split_once(' ').ok_or_else(bad)?;
            if !word.eq_ignore_ascii_case("and") {
                return Err(bad());
            }
            rest = more.trim_start();
        }
    }

    fn user(&self, user: &User) -> Result<bool, Refusal> {
        let mut whole = true;
        for filter in &self.all {
            whole &= filter.user(user)?;
        }
        Ok(whole)
    }

    fn group(&self, group: &Group, store: &Store) -> Result<bool, Refusal> {
        let mut whole = true;
        for filter in &self.all {
            whole &= filter.group(group, store)?;
        }
        Ok(whole)
    }
}

impl Filter {
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

    fn group(&self, group: &Group, store: &Store) -> Result<bool, Refusal> {
        let value = self.value.as_str();
        Ok(match self.attribute.as_str() {
            "displayname" => same_folded(&group.name, value),
            "externalid" => group
                .external_id
                .as_ref()
                .is_some_and(|it| it.as_str() == value),
            "id" => group.identifier.as_str() == value,
            "members.value" => {
                let user = store.find_user(value).ok_or_else(not_found)?;
                group.members.contains(&user)
            }
            _ => return Err(refuse(400, Some("invalidFilter"), "unknown attribute")),
        })
    }
}

/// A page by cursor (RFC 9865): without `totalResults`, and with `nextCursor` but on the last.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CursorPage<R> {
    items_per_page: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    schemas: [&'static str; 1],
    #[serde(rename = "Resources")]
    resources: Vec<R>,
}

/// The page asked for, as this provider pages.
fn answer_page<T, R: Serialize>(
    query: &Query,
    quirks: &Quirks,
    found: &[T],
    view: impl Fn(&T) -> R,
) -> Result<Answer, Refusal> {
    match (quirks.pages, query.get("cursor")) {
        (Pages::ByIndex, _) => Answer::json(200, &page(query, quirks.page_cap, found, view)?),
        (Pages::ByCursor, None) => {
            // Only ever the first, which is all that it counts.
            let first = &found[..found.len().min(quirks.page_cap)];
            Answer::json(200, &page(&Query::default(), quirks.page_cap, first, view)?)
        }
        (Pages::ByCursor, Some(cursor)) => {
            let bad = |what| refuse(400, Some(what), "it is none that was handed out");
            let start = match cursor {
                "" => 0,
                cursor => cursor
                    .strip_prefix("from-")
                    .and_then(|start| start.parse::<usize>().ok())
                    .filter(|start| *start < found.len())
                    .ok_or_else(|| bad("invalidCursor"))?,
            };
            let count = query.integer("count").map_err(|_| bad("invalidCount"))?;
            let count = match count {
                None => quirks.page_cap,
                Some(count) => usize::try_from(count)
                    .ok()
                    .filter(|count| (1..=quirks.page_cap).contains(count))
                    .ok_or_else(|| bad("invalidCount"))?,
            };
            let resources: Vec<R> = found.iter().skip(start).take(count).map(view).collect();
            let end = start + resources.len();
            Answer::json(
                200,
                &CursorPage {
                    items_per_page: resources.len(),
                    next_cursor: (end < found.len()).then(|| format!("from-{end}")),
                    schemas: [LIST_SCHEMA],
                    resources,
                },
            )
        }
    }
}

/// 1-based paging with a cap (RFC 7644 §3.4.2.4).
fn page<T, R>(
    query: &Query,
    cap: usize,
    found: &[T],
    view: impl Fn(&T) -> R,
) -> Result<Page<R>, Refusal> {
    let number = |name| {
        query
            .integer(name)
            .map_err(|_| refuse(400, Some("invalidValue"), "not a number"))
    };
    let start = usize::try_from(number("startIndex")?.unwrap_or(1))
        .unwrap_or(1)
        .max(1);
    let count = match number("count")? {
        None => cap,
        // A negative count is read as 0.
        Some(count) => usize::try_from(count).unwrap_or(0).min(cap),
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
        Answer::Json { body, etag, .. } => Answer::Json {
            status: 201,
            body,
            location: Some(at),
            etag,
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
        if path.first() == Some(&"Groups") {
            match self.settings.quirks.groups {
                Groups::Served => {}
                Groups::NotServed => return Err(not_found()),
            }
        }
        match (path, incoming.method) {
            (["Users"], Method::Get) => self.rfc_list_users(&query),
            (["Users"], Method::Post) => self.rfc_create_user(body),
            (["Users", id], method) => {
                let number = self.store.find_user(id).ok_or_else(not_found)?;
                let view = user_view(self.store.user(number), &self.settings.quirks);
                unchanged(incoming, &view.meta)?;
                self.rfc_user(number, method, body)
            }
            (["Groups"], Method::Get) => self.rfc_list_groups(&query),
            (["Groups"], Method::Post) => self.rfc_create_group(body),
            (["Groups", id], method) => {
                let number = self.store.find_group(id).ok_or_else(not_found)?;
                self.group_unchanged(incoming, number)?;
                self.rfc_group(number, method, &query, body)
            }
            (["ServiceProviderConfig"], Method::Get) => {
                service_provider_config(&self.settings.quirks)
            }
            (["ResourceTypes"], Method::Get) => resource_types(&self.settings.quirks),
            (["Schemas"], Method::Get) => schemas(&self.settings.quirks),
            (["Users" | "Groups" | "ServiceProviderConfig" | "ResourceTypes" | "Schemas"], _) => {
                Err(refuse(405, None, "this resource has no such method"))
            }
            (_, _) => Err(not_found()),
        }
    }

    fn rfc_list_users(&self, query: &Query) -> Result<Answer, Refusal> {
        let mut found: Vec<&User> = Vec::new();
        let quirks = &self.settings.quirks;
        let filters = Filters::parse(query, USER_SCHEMA, quirks.user_filters)?;
        match filters.all.as_slice() {
            [] => found.extend(self.store.users()),
            [filter] if filter.attribute == "username" => {
                let email = Email::new(filter.value.as_str());
                let number = self.store.find_email(email.folded());
                found.extend(number.map(|number| self.store.user(number)));
            }
            _ => {
                for user in self.store.users() {
                    if filters.user(user)? {
                        found.push(user);
                    }
                }
            }
        }
        answer_page(query, quirks, &found, |user| user_view(user, quirks))
    }

    fn rfc_list_groups<'a>(&'a self, query: &Query) -> Result<Answer, Refusal> {
        let mut found: Vec<&'a Group> = Vec::new();
        let quirks = &self.settings.quirks;
        let filters = Filters::parse(query, GROUP_SCHEMA, quirks.group_filters)?;
        for group in self.store.groups() {
            if filters.group(group, &self.store)? {
                found.push(group);
            }
        }
        let members = Members::wanted(query, quirks);
        let view = |group: &&'a Group| group_view(&self.store, group, members, quirks);
        answer_page(query, quirks, &found, view)
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
        let draft = draft.within(None, &self.settings.quirks);
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
            attributes: Attributes::default(),
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
        let answer = self.rfc_shown_user(number)?;
        Ok(created(answer, at))
    }

    fn rfc_shown_user(&self, number: Number) -> Result<Answer, Refusal> {
        let view = user_view(self.store.user(number), &self.settings.quirks);
        Ok(tagged(Answer::json(200, &view)?, &view.meta))
    }

    fn rfc_shown_group(&self, number: Number, members: Members) -> Result<Answer, Refusal> {
        let group = self.store.group(number);
        let view = group_view(&self.store, group, members, &self.settings.quirks);
        Ok(tagged(Answer::json(200, &view)?, &view.meta))
    }

    fn group_unchanged(&self, incoming: &super::Incoming, number: Number) -> Result<(), Refusal> {
        let group = self.store.group(number);
        let view = group_view(&self.store, group, Members::Excluded, &self.settings.quirks);
        unchanged(incoming, &view.meta)
    }

    fn rfc_remove_user(&mut self, number: Number) -> Answer {
        self.store.edit_user(number, |user| user.ng_member = false);
        self.store.erase_user(number);
        self.store.purge_user(number);
        Answer::Empty(204)
    }

    fn rfc_user(&mut self, number: Number, method: Method, body: &[u8]) -> Result<Answer, Refusal> {
        let draft = match method {
            Method::Get => return self.rfc_shown_user(number),
            Method::Delete => {
                return Ok(match self.settings.quirks.user_deletion {
                    UserDeletion::Removes => self.rfc_remove_user(number),
                    UserDeletion::Deactivates => {
                        self.store.edit_user(number, |user| user.disabled = true);
                        Answer::Empty(204)
                    }
                });
            }
            Method::Post => return Err(refuse(405, None, "this resource has no such method")),
            Method::Put => UserDraft::read(&object(body, USER_SCHEMA)?)?,
            Method::Patch => {
                let case = self.settings.quirks.op_case;
                UserDraft::of(self.store.user(number)).patched(body, case)?
            }
        };
        let draft = draft.within(Some(self.store.user(number)), &self.settings.quirks);
        match self.settings.quirks.active_false {
            UserDeactivation::PatchActiveFalse => {}
            UserDeactivation::Removes if draft.is_inactive() => {
                return Ok(self.rfc_remove_user(number));
            }
            UserDeactivation::Removes => {}
        }
        self.rfc_user_name_free(&draft, Some(number))?;
        self.store.set_email(number, draft.user_name.clone());
        self.store.edit_user(number, |user| {
            *user = draft.into_user(user.clone());
        });
        self.rfc_shown_user(number)
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
        let members = Members::wanted(&Query::default(), &self.settings.quirks);
        let answer = self.rfc_shown_group(number, members)?;
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
                let members = Members::wanted(query, &self.settings.quirks);
                return self.rfc_shown_group(number, members);
            }
            Method::Delete => {
                match self.settings.quirks.group_deletion {
                    GroupDeletion::Served => {}
                    GroupDeletion::Refused => {
                        return Err(refuse(405, None, "groups are not deleted"));
                    }
                }
                self.store.remove_group(number);
                return Ok(Answer::Empty(204));
            }
            Method::Post => return Err(refuse(405, None, "this resource has no such method")),
            Method::Put => GroupDraft::read(&object(body, GROUP_SCHEMA)?, &self.store)?,
            Method::Patch => {
                GroupDraft::of(group).patched(body, &self.store, &self.settings.quirks)?
            }
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
                let members = Members::wanted(query, &self.settings.quirks);
                self.rfc_shown_group(number, members)
            }
        }
    }
}

fn not_found() -> Refusal {
    refuse(404, None, "there is no such resource")
}

/// An answer with the version of what it shows.
fn tagged(answer: Answer, meta: &Value) -> Answer {
    match answer {
        Answer::Json {
            status,
            body,
            location,
            etag: _,
        } => Answer::Json {
            status,
            body,
            location,
            etag: meta["version"].as_str().map(str::to_owned),
        },
        Answer::Empty(status) => Answer::Empty(status),
    }
}

/// Refuses a write that is bound to another version (RFC 7644 §3.14).
fn unchanged(incoming: &super::Incoming, meta: &Value) -> Result<(), Refusal> {
    let Some(version) = meta["version"].as_str() else {
        return Ok(());
    };
    match (incoming.method, incoming.if_match.as_deref()) {
        (Method::Get | Method::Post, _) | (_, None | Some("*")) => Ok(()),
        (Method::Put | Method::Patch | Method::Delete, Some(wanted)) if wanted == version => Ok(()),
        (Method::Put | Method::Patch | Method::Delete, Some(_)) => {
            Err(refuse(412, None, "the resource has another version"))
        }
    }
}

fn service_provider_config(quirks: &Quirks) -> Result<Answer, Refusal> {
    let filters = [quirks.user_filters, quirks.group_filters];
    let mut document = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": {"supported": true},
        "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {
            "supported": filters.contains(&quirks::Filters::Answered),
            "maxResults": quirks.page_cap,
        },
        "changePassword": {"supported": false},
        "sort": {"supported": false},
        "etag": {"supported": quirks.entity_tags == EntityTags::IfMatch},
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "OAuth Bearer Token",
            "description": "RFC 6750",
        }],
    });
    match quirks.pages {
        Pages::ByIndex => {}
        Pages::ByCursor => {
            document["pagination"] = json!({
                "cursor": true,
                "index": false,
                "defaultPaginationMethod": "cursor",
                "defaultPageSize": quirks.page_cap,
                "maxPageSize": quirks.page_cap,
            });
        }
    }
    Answer::json(200, &document)
}

fn list(resources: &[Value]) -> Result<Answer, Refusal> {
    Answer::json(
        200,
        &json!({
            "schemas": [LIST_SCHEMA],
            "totalResults": resources.len(),
            "Resources": resources,
        }),
    )
}

/// RFC 7643 §6.
fn resource_types(quirks: &Quirks) -> Result<Answer, Refusal> {
    let one = |name: &str, endpoint: &str, schema: &str| {
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
            "id": name, "name": name, "endpoint": endpoint, "schema": schema,
        })
    };
    let users = one("User", "/Users", USER_SCHEMA);
    match quirks.groups {
        Groups::Served => list(&[users, one("Group", "/Groups", GROUP_SCHEMA)]),
        Groups::NotServed => list(&[users]),
    }
}

/// RFC 7643 §7, shortened to what is served and whether it changes.
fn schemas(quirks: &Quirks) -> Result<Answer, Refusal> {
    let attribute = |name: &str, fixed: Option<UserAttribute>| {
        let immutable = fixed.is_some_and(|fixed| quirks.immutable.contains(&fixed));
        json!({
            "name": name, "type": "string", "multiValued": false,
            "required": name == "userName",
            "mutability": if immutable { "immutable" } else { "readWrite" },
        })
    };
    let extras = |section| -> Vec<Value> {
        let kept = quirks
            .attributes
            .iter()
            .filter(|it| it.section() == section);
        kept.map(|it| attribute(it.name(), Some(UserAttribute::Extra(*it))))
            .collect()
    };
    let mut name = vec![
        attribute("givenName", Some(UserAttribute::GivenName)),
        attribute("familyName", Some(UserAttribute::FamilyName)),
    ];
    name.extend(extras(Section::Name));
    let mut core = vec![
        attribute("userName", Some(UserAttribute::UserName)),
        attribute("displayName", Some(UserAttribute::DisplayName)),
        json!({
            "name": "name", "type": "complex", "multiValued": false, "required": false,
            "mutability": "readWrite", "subAttributes": name,
        }),
        attribute("emails", Some(UserAttribute::Email)),
        attribute("active", None),
    ];
    core.extend(extras(Section::Core));
    let mut all = vec![json!({ "id": USER_SCHEMA, "name": "User", "attributes": core })];
    let enterprise = extras(Section::Enterprise);
    if !enterprise.is_empty() {
        all.push(json!({
            "id": ENTERPRISE_SCHEMA, "name": "EnterpriseUser", "attributes": enterprise,
        }));
    }
    let group = json!({
        "id": GROUP_SCHEMA, "name": "Group",
        "attributes": [attribute("displayName", None), attribute("members", None)],
    });
    match quirks.groups {
        Groups::Served => all.push(group),
        Groups::NotServed => {}
    }
    list(&all)
}

/// Reads `externalId`, which an empty text removes.
pub(super) fn external_id(text: Option<String>) -> Option<ExternalId> {
    text.filter(|text| !text.is_empty()).map(ExternalId::from)
}
