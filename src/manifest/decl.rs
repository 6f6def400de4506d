//! The manifest as written: one type for each thing a file may declare.
//!
//! The decoder fills these very types and the JSON Schema is generated from them, so the
//! doc comments below are what an editor shows on hover.
//!
//! **Invariants.** Nothing is resolved here: a role may name a person who does not exist.
//! `manifest::lint` finds that, and only a manifest without faults becomes a desired state.

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::members::{MemberDecl, Members};
use super::source::{SourceMap, Spanned};
use crate::ids::attributes::ExtraAttribute;
use crate::ids::{Binding, Email, GroupName, PersonKey, RoleName, Scope, TargetName};

/// A mapping of the manifest in the order written, each key with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared<K, V>(pub Vec<(Spanned<K>, V)>);

/// People by their key.
pub type People = Declared<PersonKey, UserDecl>;

impl<K, V> Default for Declared<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// To a schema, a mapping from any text to the value.
impl<K, V: JsonSchema> JsonSchema for Declared<K, V> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Declared_{}", V::schema_name()).into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let value = generator.subschema_for::<V>();
        schemars::json_schema!({
            "type": "object",
            "propertyNames": { "minLength": 1 },
            "additionalProperties": value,
        })
    }
}

/// The root file of a manifest, `scim-sync.yaml`.
#[derive(Debug, Clone, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(
    title = "scim-sync manifest, version 1",
    extend(
        "$id" = "urn:scim-sync:schema:manifest:1",
        "anyOf" = [{ "required": ["target"] }, { "required": ["targets"] }]
    )
)]
pub struct RootDecl {
    /// The version of the manifest language; always 1.
    #[schemars(with = "u32", extend("const" = 1))]
    pub version: Spanned<u32>,
    /// The service provider to plan against. Without `baseUrl`: the embedded sandbox. For more
    /// than one, `targets`.
    #[schemars(with = "TargetDecl")]
    #[serde(default)]
    pub target: Option<TargetDecl>,
    /// Several service providers by name, with one set of people; instead of `target`.
    #[schemars(extend(
        "minProperties" = 1,
        "propertyNames" = { "pattern": TargetName::PATTERN, "not": { "const": TargetName::ALL } },
        "examples" = [{
            "prod": { "provider": "harness" },
            "onprem": { "provider": "scim", "policy": { "onRemoval": { "users": "deactivate" } } }
        }]
    ))]
    #[serde(default)]
    pub targets: Declared<TargetName, TargetDecl>,
    /// Files to include, as globs relative to this file: `people/**/*.yaml`.
    #[schemars(extend("examples" = [["people/**/*.yaml", "roles/*.yaml"]]))]
    #[serde(default)]
    pub include: Vec<Spanned<String>>,
    /// People by their key.
    #[serde(default)]
    pub users: People,
    /// Roles by their name.
    #[serde(default)]
    pub roles: Declared<RoleName, RoleDecl>,
    /// Rules that turn roles into groups.
    #[serde(default)]
    pub group_mappings: Vec<MappingDecl>,
    /// What a mapping cannot say of a group: tombstones and how its members are managed.
    #[serde(default)]
    pub groups: Declared<GroupName, GroupDecl>,
    /// What a plan may do, and the rails it runs on.
    #[serde(default)]
    pub policy: PolicyDecl,
    /// What has to hold of who is in which group, whatever the files say.
    #[serde(default)]
    pub assertions: Vec<AssertionDecl>,
    /// What the files of a folder may touch, by a glob of their names; a file that no glob
    /// matches may touch anything.
    #[schemars(extend("examples" = [{ "teams/web/**": { "roles": ["web-*"], "groups": ["web_*"] } }]))]
    #[serde(default)]
    pub ownership: Declared<String, OwnershipDecl>,
    /// The folder of run reports, relative to this file. Where one is named, what the last 24
    /// hours removed counts towards the limits of every plan. `.scim-sync/runs` if absent, which
    /// does not count.
    pub reports: Option<Spanned<String>>,
}

/// Something that has to hold of who is in which group. Exactly one of the two.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AssertionDecl {
    /// None of these people is in any of these groups.
    Never(NeverDecl),
    /// Each of these groups has at least so many members.
    Always(AlwaysDecl),
}

/// People who are never in some groups.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NeverDecl {
    /// A glob of their keys or e-mails: `contractor-*`, `*@partner.example`.
    #[schemars(with = "String", extend("examples" = ["contractor-*"]))]
    pub users: Spanned<String>,
    /// A glob of group names: `prod-*`.
    #[schemars(with = "String", extend("examples" = ["prod-*"]))]
    pub groups: Spanned<String>,
    /// Why, for whoever runs into it.
    pub reason: Option<Spanned<String>>,
}

/// Groups that always have some members.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AlwaysDecl {
    /// A glob of group names: `admins`.
    #[schemars(with = "String", extend("examples" = ["admins"]))]
    pub group: Spanned<String>,
    /// The fewest members.
    pub at_least: Spanned<u32>,
    /// Why, for whoever runs into it.
    pub reason: Option<Spanned<String>>,
}

/// What the files of a folder may touch, by globs of names. What is left out is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OwnershipDecl {
    /// People they may declare, by key.
    #[serde(default)]
    pub users: Vec<Spanned<String>>,
    /// Roles they may declare and map.
    #[serde(default)]
    pub roles: Vec<Spanned<String>>,
    /// Groups their roles and mappings may become, and they may declare.
    #[serde(default)]
    pub groups: Vec<Spanned<String>>,
}

/// An included file: people, roles, mappings and groups, so that a team can own its file.
#[derive(Debug, Clone, Default, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "scim-sync included file, version 1", extend("$id" = "urn:scim-sync:schema:included:1"))]
pub struct IncludedDecl {
    /// The version of the manifest language; always 1, and needed only in the root file.
    #[schemars(with = "u32", extend("const" = 1))]
    #[serde(default)]
    pub version: Option<Spanned<u32>>,
    /// People by their key.
    #[serde(default)]
    pub users: People,
    /// Roles by their name.
    #[serde(default)]
    pub roles: Declared<RoleName, RoleDecl>,
    /// Rules that turn roles into groups.
    #[serde(default)]
    pub group_mappings: Vec<MappingDecl>,
    /// What a mapping cannot say of a group.
    #[serde(default)]
    pub groups: Declared<GroupName, GroupDecl>,
}

/// The service provider.
#[derive(Debug, Clone, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TargetDecl {
    /// Which profile describes the provider: `harness`, `scim` for plain RFC 7644, or another
    /// one that the README lists.
    #[schemars(with = "String", extend("examples" = ["harness", "scim", "aws-identity-center"]))]
    pub provider: Spanned<String>,
    /// The SCIM base URL; `${NAME}` takes an environment variable. Absent: the embedded
    /// sandbox, with its state beside the manifest.
    #[schemars(extend("examples" = ["https://app.harness.io/gateway/ng/api/scim/account/${HARNESS_ACCOUNT_ID}"]))]
    pub base_url: Option<Spanned<String>>,
    /// Where the bearer token comes from. Never the token itself.
    pub token: Option<TokenDecl>,
    /// A PEM file of certificate authorities to trust besides the system's, relative to
    /// this file.
    pub ca_file: Option<Spanned<String>>,
    /// How the embedded sandbox behaves; only without `baseUrl`.
    #[serde(default)]
    pub sandbox: SandboxDecl,
    /// Where the service provider departs from what its profile says.
    #[serde(default)]
    pub dialect: DialectDecl,
    /// What only an account of Harness has.
    #[serde(default)]
    pub harness: HarnessDecl,
    /// What is other than the root's `policy` at this one of several targets.
    pub policy: Option<Spanned<TargetPolicyDecl>>,
}

/// What only an account of Harness has.
#[derive(Debug, Clone, Default, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HarnessDecl {
    /// The FirstGen integration that exists beside this one. It decides who can log in, so a
    /// plan names every declared person who is missing there.
    pub first_gen: Option<FirstGenDecl>,
}

/// Who is in the FirstGen integration: exactly one of `emails` and `baseUrl`.
#[derive(Debug, Clone, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FirstGenDecl {
    /// A file with the e-mail of each member, one a line, relative to this file; `#` begins a
    /// comment. Says most, because it comes from the identity provider's FirstGen app itself.
    pub emails: Option<Spanned<String>>,
    /// FirstGen's SCIM base URL. Accounts are shared with NextGen, so whoever NextGen has
    /// provisioned already is found there too.
    #[schemars(extend("examples" = ["https://app.harness.io/gateway/api/scim/account/${HARNESS_ACCOUNT_ID}"]))]
    pub base_url: Option<Spanned<String>>,
    /// Where FirstGen's token comes from. Absent: the target's, if the host is the same.
    pub token: Option<TokenDecl>,
}

/// Where the bearer token comes from. Exactly one of the three.
#[derive(Debug, Clone, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum TokenDecl {
    /// The name of an environment variable.
    Env(
        #[schemars(
            with = "String",
            extend(
                "pattern" = "^[A-Za-z_][A-Za-z0-9_]*$",
                "examples" = ["HARNESS_SCIM_TOKEN"]
            )
        )]
        Spanned<String>,
    ),
    /// A file that holds the token and nothing else, relative to this file.
    File(Spanned<String>),
    /// A program and its arguments; it prints the token on stdout.
    Command(
        #[schemars(
            with = "Vec<String>",
            extend("minItems" = 1, "examples" = [["pass", "show", "harness-scim"]])
        )]
        Spanned<Vec<String>>,
    ),
}

/// How the embedded sandbox behaves.
#[derive(Debug, Clone, Default, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SandboxDecl {
    /// Where its state is kept, relative to this file; `.scim-sync/sandbox.json` if absent.
    pub state: Option<Spanned<String>>,
    /// Which of the two readings of Harness it follows.
    #[serde(default)]
    pub behavior: SandboxBehavior,
}

/// Where a service provider departs from what its profile says of it. What is left out
/// stays as the profile has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DialectDecl {
    /// How a user's attributes are changed.
    pub user_update: Option<UserUpdateDecl>,
    /// What DELETE does to a user.
    pub user_deletion: Option<UserDeletionDecl>,
    /// What `active: false` does to a user.
    pub active_false: Option<ActiveFalseDecl>,
    /// Attributes of a user that stay as they were made: a difference is refused.
    pub immutable: Option<Vec<ImmutableDecl>>,
    /// Which `attributes` of a user the provider takes: all that are named here, and no others.
    pub user_attributes: Option<Vec<ExtraAttribute>>,
    /// How operations of a PATCH are spelled.
    pub op_case: Option<OpCaseDecl>,
    /// Whether the provider has groups at all.
    pub groups: Option<GroupsDecl>,
    /// Who removes a group.
    pub group_deletion: Option<GroupDeletionDecl>,
    /// How members are taken out of a group.
    pub member_removal: Option<MemberRemovalDecl>,
    /// How a group is renamed.
    pub group_rename: Option<GroupRenameDecl>,
    /// The most member changes one request may carry.
    #[schemars(range(min = 1))]
    pub members_per_patch: Option<u32>,
    /// How lists are paged.
    pub paging: Option<PagingDecl>,
    /// The page size to ask for in lists of users and groups.
    #[schemars(range(min = 1))]
    pub page_size: Option<u32>,
    /// How far a filter on `userName` finds users.
    pub user_filter: Option<FilterDecl>,
    /// How far a filter on `displayName` finds groups.
    pub group_filter: Option<FilterDecl>,
    /// Whether the `externalId` of a user survives.
    pub user_external_id: Option<ExternalIdDecl>,
    /// Whether a group in a list carries its members.
    pub list_members: Option<ListMembersDecl>,
    /// Whether PUT, PATCH and DELETE carry the version that was read in `If-Match`.
    pub entity_tags: Option<EntityTagsDecl>,
    /// The media type of what is sent.
    pub content_type: Option<ContentTypeDecl>,
    /// The most requests to send a minute, by all workers together. Absent: as many as the
    /// provider's profile says; a provider on this machine is sent as many as it answers.
    #[schemars(range(min = 1))]
    pub requests_per_minute: Option<u32>,
}

/// How a user's attributes are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum UserUpdateDecl {
    /// PATCH of what differs.
    Patch,
    /// PUT of the whole user as read just before, with what differs changed.
    Put,
}

/// How members are taken out of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum MemberRemovalDecl {
    /// PATCH with one path for each member: `members[value eq "id"]`.
    ValuePath,
    /// PATCH with the path `members` and a list of values. A server that follows RFC 7644
    /// to the letter takes this as the removal of *every* member.
    ValueList,
}

/// What DELETE does to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum UserDeletionDecl {
    /// It removes the account.
    Removes,
    /// It makes the account inactive at most: people are deactivated instead.
    Deactivates,
}

/// What `active: false` does to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ActiveFalseDecl {
    /// The account stays and can be made active again.
    Disables,
    /// The account goes: `suspended` is planned, counted and shown as a removal.
    Removes,
}

/// An attribute of a user that may stay as it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ImmutableDecl {
    /// First name.
    GivenName,
    /// Last name.
    FamilyName,
    /// The name to show.
    DisplayName,
}

/// How operations of a PATCH are spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OpCaseDecl {
    /// `add`, `remove`, `replace`, as RFC 7644 says.
    Lower,
    /// `Add`, `Remove`, `Replace`.
    Capital,
}

/// Whether the provider has groups at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum GroupsDecl {
    /// It does.
    Served,
    /// It has only users: a mapping or a group in the manifest is a fault.
    NotServed,
}

/// Who removes a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum GroupDeletionDecl {
    /// SCIM does, with DELETE.
    Delete,
    /// A person does, in the provider's console: the plan empties the group and says so.
    ByHand,
}

/// How lists are paged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PagingDecl {
    /// By `startIndex`, as RFC 7644 says.
    Index,
    /// By `cursor`, as RFC 9865 says.
    Cursor,
}

/// Whether writes are bound to the version that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum EntityTagsDecl {
    /// They are, where a resource comes with one.
    IfMatch,
    /// They are not.
    Ignored,
}

/// The media type of what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ContentTypeDecl {
    /// `application/scim+json`, as RFC 7644 says.
    ScimJson,
    /// `application/json`.
    Json,
}

/// How a group is renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum GroupRenameDecl {
    /// PATCH of `displayName`.
    Patch,
    /// PUT of the group with its members, read just before.
    Put,
}

/// How far a filter can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FilterDecl {
    /// It takes any value, as RFC 7644 says.
    Quoted,
    /// It does not understand quotes, backslashes, `+`, `%` and ` eq ` in values; such
    /// names are looked up by listing.
    Textual,
    /// It is not there or not to be believed; everything is looked up by listing.
    None,
}

/// Whether `externalId` survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ExternalIdDecl {
    /// It is stored and comes back.
    Stored,
    /// It is dropped, so it is never sent.
    Dropped,
    /// People log in by it: it carries the e-mail, and people are known by that.
    Login,
}

/// Whether a group in a list carries its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ListMembersDecl {
    /// It does.
    Included,
    /// It does not: each group is read again by itself.
    ReadEach,
    /// No read of a group does: each user's groups are asked for with a filter.
    AskEachUser,
}

/// Docs and source code of Harness disagree on e-mail changes and group removal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SandboxBehavior {
    /// As the OneLogin page documents it.
    #[default]
    Documented,
    /// As the newest public source code does it.
    Source,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UserDecl {
    /// The e-mail: at Harness the login, and never to be changed once provisioned.
    pub email: Spanned<Email>,
    /// First name.
    #[schemars(with = "Option<String>")]
    pub given_name: Option<Spanned<CompactString>>,
    /// Last name.
    #[schemars(with = "Option<String>")]
    pub family_name: Option<Spanned<CompactString>>,
    /// The name to show, for providers that take one apart from first and last name.
    #[schemars(with = "Option<String>")]
    pub display_name: Option<Box<Spanned<CompactString>>>,
    /// More of what SCIM says of a person, for providers that take it: job title, department,
    /// employee number. What is left out is left alone, whatever the account has.
    #[schemars(
        with = "AttributesDecl",
        extend("examples" = [{ "title": "Engineer", "department": "Platform" }])
    )]
    #[serde(default)]
    pub attributes: Option<Box<AttributesDecl>>,
    /// `active`, `suspended`, or `absent`: a tombstone, kept until the person is gone.
    #[schemars(with = "UserStatus", extend("default" = "active"))]
    #[serde(default)]
    pub status: Option<Spanned<UserStatus>>,
    /// Earlier keys of this very person.
    #[serde(default)]
    pub previously: Box<[Spanned<PersonKey>]>,
    /// Whether an account that was made by hand may be taken over for this person.
    #[schemars(with = "bool", extend("default" = false))]
    #[serde(default)]
    pub adopt: Option<Spanned<Adoption>>,
    /// The targets it holds at, by name; all of them if absent. At the others it is as if it were
    /// not written.
    #[schemars(with = "Vec<String>", extend("minItems" = 1, "examples" = [["prod"]]))]
    #[serde(default)]
    pub targets: Box<[Spanned<TargetName>]>,
}

/// Attributes of a person beyond names and e-mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttributesDecl(pub Vec<AttributeDecl>);

/// One attribute of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeDecl {
    /// Which, and where its key is.
    pub attribute: Spanned<ExtraAttribute>,
    /// The value; `null` is written for one that is to have none.
    pub value: Option<Spanned<String>>,
}

/// The longest value of an attribute, in characters: far beyond what providers keep.
pub const LONGEST_ATTRIBUTE: usize = 1024;

/// To a schema, an object with a text or `null` for each attribute.
impl JsonSchema for AttributesDecl {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AttributesDecl".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        // What is said of each attribute is said once, where it is defined.
        let said = ExtraAttribute::json_schema(generator).to_value();
        let properties: serde_json::Map<String, serde_json::Value> = ExtraAttribute::ALL
            .into_iter()
            .zip(said["oneOf"].as_array().into_iter().flatten())
            .map(|(attribute, said)| {
                let schema = serde_json::json!({
                    "description": said["description"],
                    // A number in a file is the text that stands there.
                    "type": ["string", "number", "boolean", "null"],
                    "minLength": 1,
                    "maxLength": LONGEST_ATTRIBUTE,
                });
                (attribute.name().to_owned(), schema)
            })
            .collect();
        schemars::json_schema!({
            "description": "Attributes of a person beyond names and e-mail; `null` has one cleared.",
            "type": "object",
            "properties": properties,
            "additionalProperties": false,
        })
    }
}

impl UserDecl {
    /// The status, `active` if none is written.
    pub fn status(&self) -> UserStatus {
        self.status
            .map_or(UserStatus::Active, |status| status.value)
    }

    /// Whether a hand-made account may be taken over.
    pub fn adoption(&self) -> Adoption {
        self.adopt.map(|adopt| adopt.value).unwrap_or_default()
    }
}

/// Whether something made by hand may be taken over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Adoption {
    /// It may not: finding one is a refusal.
    #[default]
    Refused,
    /// It may: `true` is written.
    Wanted,
}

/// What is intended for a person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum UserStatus {
    /// Has an account and can log in.
    #[default]
    Active,
    /// Must not be able to log in. At Harness that is removal: there is no such state.
    Suspended,
    /// Must not exist: a tombstone.
    Absent,
}

/// A role: who someone is. Mappings turn roles into groups.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleDecl {
    /// What the role is for.
    pub description: Option<Spanned<String>>,
    /// Who has it. An empty list means nobody.
    #[schemars(with = "Vec<MemberDecl<'_>>", extend("examples" = [["ada", { "user": "grace", "until": "2027-01-31", "reason": "OPS-114" }]]))]
    #[serde(default)]
    pub members: Members,
    /// Roles whose members have this one too.
    #[serde(default)]
    pub includes: Vec<Spanned<RoleName>>,
    /// Who must approve changes of this role, for `scim-sync codeowners`: `@org/team`, `@user`
    /// or an e-mail.
    #[schemars(with = "Vec<String>", extend("examples" = [["@your-org/platform"]]))]
    #[serde(default)]
    pub owners: Vec<Spanned<String>>,
    /// Earlier names of this very role.
    #[serde(default)]
    pub previously: Vec<Spanned<RoleName>>,
    /// The targets it holds at, by name; all of them if absent. At the others it is as if it were
    /// not written.
    #[schemars(with = "Vec<String>", extend("minItems" = 1, "examples" = [["prod"]]))]
    #[serde(default)]
    pub targets: Vec<Spanned<TargetName>>,
}

/// A rule: for each role whose whole name matches, set a group.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MappingDecl {
    /// A regular expression over the whole role name: `.*`, `eng-(?<team>.+)`.
    #[schemars(with = "String", extend("examples" = [".*", "eng-(?<team>.+)"]))]
    #[serde(rename = "match")]
    pub pattern: Spanned<String>,
    /// The group's name: `{role}` is the role's, `{team}` a named capture's text.
    #[schemars(with = "String", extend("examples" = ["{role}", "team_{team}"]))]
    pub group: Spanned<String>,
    /// The targets it holds at, by name; all of them if absent. At the others it is as if it were
    /// not written.
    #[schemars(with = "Vec<String>", extend("minItems" = 1, "examples" = [["prod"]]))]
    #[serde(default)]
    pub targets: Vec<Spanned<TargetName>>,
}

/// What a mapping cannot say of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupDecl {
    /// `absent` is a tombstone: the group must not exist, and its members go now.
    #[schemars(with = "GroupStatus", extend("default" = "present"))]
    #[serde(default)]
    pub status: Option<Spanned<GroupStatus>>,
    /// Whether members that no role gives are removed.
    #[schemars(with = "Membership", extend("default" = "authoritative"))]
    #[serde(default)]
    pub membership: Option<Spanned<Membership>>,
    /// Earlier names of this very group.
    #[serde(default)]
    pub previously: Vec<Spanned<GroupName>>,
    /// Whether a group that was made by hand may be taken over for this one. Its members are
    /// then those the roles give.
    #[schemars(with = "bool", extend("default" = false))]
    #[serde(default)]
    pub adopt_group: Option<Spanned<Adoption>>,
    /// What the group may do: roles bound to it. Absent: bindings are not looked at.
    #[schemars(extend("examples" = [[{ "role": "_account_viewer", "resourceGroup": "_all_account_level_resources" }]]))]
    #[serde(default)]
    pub bindings: Option<Vec<BindingDecl>>,
    /// Whether bindings of the group that are not declared are removed.
    #[schemars(with = "Management", extend("default" = "additive"))]
    #[serde(default)]
    pub binding_management: Option<Spanned<Management>>,
    /// The targets it holds at, by name; all of them if absent. At the others it is as if it were
    /// not written.
    #[schemars(with = "Vec<String>", extend("minItems" = 1, "examples" = [["prod"]]))]
    #[serde(default)]
    pub targets: Vec<Spanned<TargetName>>,
}

/// A role bound to a group.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BindingDecl {
    /// The role's identifier at the service provider.
    #[schemars(with = "String", extend("examples" = ["_account_viewer"]))]
    pub role: Spanned<String>,
    /// The identifier of the resource group it is for.
    #[schemars(with = "String", extend("examples" = ["_all_account_level_resources"]))]
    pub resource_group: Spanned<String>,
    /// Where it holds; the whole account if absent.
    #[schemars(with = "Scope", extend("default" = "account"))]
    #[serde(default)]
    pub scope: Option<Spanned<Scope>>,
}

impl BindingDecl {
    /// The binding, at account scope if none is written.
    pub fn binding(&self) -> Binding {
        Binding {
            role: self.role.value.clone(),
            resource_group: self.resource_group.value.clone(),
            scope: self
                .scope
                .as_ref()
                .map(|scope| scope.value.clone())
                .unwrap_or_default(),
        }
    }
}

/// Whether what is live and not declared is removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Management {
    /// What is declared is added; what is not is left alone and listed.
    #[default]
    Additive,
    /// What is declared is all there is.
    Authoritative,
}

impl GroupDecl {
    /// The status, `present` if none is written.
    pub fn status(&self) -> GroupStatus {
        self.status
            .map_or(GroupStatus::Present, |status| status.value)
    }

    /// How members are managed, `authoritative` if nothing is written.
    pub fn membership(&self) -> Membership {
        self.membership
            .map_or(Membership::Authoritative, |membership| membership.value)
    }

    /// Whether a hand-made group may be taken over.
    pub fn adoption(&self) -> Adoption {
        self.adopt_group
            .map(|adopt| adopt.value)
            .unwrap_or_default()
    }

    /// How bindings are managed, `additive` if nothing is written.
    pub fn binding_management(&self) -> Management {
        self.binding_management
            .map(|management| management.value)
            .unwrap_or_default()
    }
}

/// What is intended for a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum GroupStatus {
    /// Exists as soon as a role maps to it.
    #[default]
    Present,
    /// Must not exist: a tombstone.
    Absent,
}

/// Whether members that no role gives are removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Membership {
    /// The roles decide: other members are removed.
    #[default]
    Authoritative,
    /// Members are added, never removed.
    Additive,
}

/// What a plan may do, and the rails it runs on.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyDecl {
    /// What happens to live resources that nothing declares.
    #[serde(default)]
    pub undeclared: UndeclaredDecl,
    /// What removing means.
    #[serde(default)]
    pub on_removal: OnRemovalDecl,
    /// How much one plan may remove.
    #[serde(default)]
    pub limits: LimitsDecl,
    /// What no plan may remove.
    #[serde(default)]
    pub protect: ProtectDecl,
    /// Action kinds that `apply` carries out only when asked by name: `--approve delete`.
    #[serde(default)]
    pub approvals: Vec<Spanned<ApprovalKind>>,
}

/// What is other than the root's `policy` at one of several targets. What is left out is as
/// there; people and groups that are protected there are protected here too.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TargetPolicyDecl {
    /// What happens to live resources that nothing declares.
    #[serde(default)]
    pub undeclared: TargetUndeclaredDecl,
    /// What removing means.
    #[serde(default)]
    pub on_removal: TargetOnRemovalDecl,
    /// How much one plan may remove.
    #[serde(default)]
    pub limits: LimitsDecl,
    /// What no plan may remove, besides what the root's `policy` names.
    #[serde(default)]
    pub protect: ProtectDecl,
    /// Action kinds that `apply` carries out only when asked by name, instead of the root's.
    pub approvals: Option<Vec<Spanned<ApprovalKind>>>,
}

/// What happens to live resources that nothing declares, where it differs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TargetUndeclaredDecl {
    /// People: `keep` lists them, `remove` claims authority over everybody.
    pub users: Option<Undeclared>,
    /// Groups: `keep` lists them, `remove` claims authority over every SCIM-managed group.
    pub groups: Option<Undeclared>,
}

/// What removing means, where it differs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TargetOnRemovalDecl {
    /// People who must go.
    pub users: Option<UserRemoval>,
    /// Groups that must go.
    pub groups: Option<GroupRemoval>,
}

impl PolicyDecl {
    /// The policy at a target that says what is other there.
    pub fn at(&self, there: &TargetPolicyDecl) -> PolicyDecl {
        let TargetPolicyDecl {
            undeclared,
            on_removal,
            limits,
            protect,
            approvals,
        } = there;
        let limit = |there: Option<Spanned<Limit>>, here: Option<Spanned<Limit>>| there.or(here);
        let mut min_members = self.protect.min_members.clone();
        for (group, fewest) in &protect.min_members.0 {
            let same =
                |(known, _): &&mut (Spanned<GroupName>, Spanned<u32>)| known.value == group.value;
            match min_members.0.iter_mut().find(same) {
                Some((_, known)) => known.value = known.value.max(fewest.value),
                None => min_members.0.push((group.clone(), *fewest)),
            }
        }
        PolicyDecl {
            undeclared: UndeclaredDecl {
                users: undeclared.users.unwrap_or(self.undeclared.users),
                groups: undeclared.groups.unwrap_or(self.undeclared.groups),
            },
            on_removal: OnRemovalDecl {
                users: on_removal.users.unwrap_or(self.on_removal.users),
                groups: on_removal.groups.unwrap_or(self.on_removal.groups),
            },
            limits: LimitsDecl {
                user_removals: limit(limits.user_removals, self.limits.user_removals),
                membership_removals: limit(
                    limits.membership_removals,
                    self.limits.membership_removals,
                ),
                per_group_removals: limit(
                    limits.per_group_removals,
                    self.limits.per_group_removals,
                ),
                binding_removals: limit(limits.binding_removals, self.limits.binding_removals),
                minimum_population: limits.minimum_population.or(self.limits.minimum_population),
            },
            protect: ProtectDecl {
                users: [&*self.protect.users, &protect.users].concat(),
                groups: [&*self.protect.groups, &protect.groups].concat(),
                min_members,
            },
            approvals: approvals.clone().unwrap_or_else(|| self.approvals.clone()),
        }
    }
}

/// What happens to live resources that nothing declares.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UndeclaredDecl {
    /// People: `keep` lists them, `remove` claims authority over everybody.
    #[serde(default)]
    pub users: Undeclared,
    /// Groups: `keep` lists them, `remove` claims authority over every SCIM-managed group.
    #[serde(default)]
    pub groups: Undeclared,
}

/// What happens to one kind of undeclared resource.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Undeclared {
    /// Left alone and listed as unmanaged.
    #[default]
    Keep,
    /// Removed, within the limits.
    Remove,
}

/// What removing means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OnRemovalDecl {
    /// People who must go.
    #[serde(default)]
    pub users: UserRemoval,
    /// Groups that must go.
    #[serde(default)]
    pub groups: GroupRemoval,
}

/// How a person is removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum UserRemoval {
    /// The account is deleted.
    #[default]
    Delete,
    /// The account is made inactive, where the provider has such a state.
    Deactivate,
    /// The account stays; only memberships go.
    Keep,
}

/// How a group is removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum GroupRemoval {
    /// Members go now; the group itself is a manual step where only Support can remove it,
    /// and deleted where the provider lets us.
    #[default]
    Support,
    /// Deleted with SCIM DELETE.
    Delete,
    /// Emptied and kept.
    Keep,
}

/// How much one plan may remove. A number, or a percentage: `10%`.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LimitsDecl {
    /// People removed or deactivated. Default 5.
    #[schemars(extend("default" = 5))]
    pub user_removals: Option<Spanned<Limit>>,
    /// Memberships removed, over all groups. Default 10%.
    #[schemars(extend("default" = "10%"))]
    pub membership_removals: Option<Spanned<Limit>>,
    /// Memberships removed from any one group. Default 50%.
    #[schemars(extend("default" = "50%"))]
    pub per_group_removals: Option<Spanned<Limit>>,
    /// Role bindings of groups removed. Default 5.
    #[schemars(extend("default" = 5))]
    pub binding_removals: Option<Spanned<Limit>>,
    /// Percentages count only where at least this many exist. Default 10.
    #[schemars(extend("default" = 10))]
    pub minimum_population: Option<Spanned<u32>>,
}

/// A limit: so many, or so many in a hundred of what exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// So many.
    Count(u32),
    /// So many in a hundred; 0 to 100.
    Percent(u8),
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Limit::Count(count) => write!(f, "{count}"),
            Limit::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

impl JsonSchema for Limit {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Limit".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "So many, or so many in a hundred: `5`, `10%`.",
            "oneOf": [
                { "type": "integer", "minimum": 0, "maximum": 4_294_967_295u32 },
                { "type": "string", "pattern": "^(100|[1-9]?[0-9])%$" },
            ],
        })
    }
}

/// What no plan may remove.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProtectDecl {
    /// People, by key, who are never removed, suspended or taken out of a group.
    #[serde(default)]
    pub users: Vec<Spanned<PersonKey>>,
    /// Groups, by name, that are never removed or renamed to one that is not protected, and whose
    /// members are never removed.
    #[serde(default)]
    pub groups: Vec<Spanned<GroupName>>,
    /// The fewest members a group may be left with.
    #[serde(default)]
    pub min_members: Declared<GroupName, Spanned<u32>>,
}

/// A kind of action that can need approval by name.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum ApprovalKind {
    /// Creating and taking over people and groups, and binding roles.
    Create,
    /// Changing people, groups and memberships.
    Update,
    /// Removing people, groups and role bindings.
    Delete,
}

impl ApprovalKind {
    /// The word in the policy and behind `--approve`.
    pub fn as_str(self) -> &'static str {
        match self {
            ApprovalKind::Create => "create",
            ApprovalKind::Update => "update",
            ApprovalKind::Delete => "delete",
        }
    }
}

/// The service providers of a manifest.
#[derive(Debug, Clone)]
pub enum Targets {
    /// The one of `target`.
    One(Box<TargetDecl>),
    /// Those of `targets`, in the order of their names; at least one.
    Named(Declared<TargetName, TargetDecl>),
}

/// A whole manifest: the root with everything it includes merged in. What holds at one of its
/// targets is a [`TargetManifest`](super::at::TargetManifest).
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The texts, for places and messages.
    pub sources: SourceMap,
    /// The service providers.
    pub targets: Targets,
    /// People in the order of their keys.
    pub users: People,
    /// Roles in the order of their names.
    pub roles: Declared<RoleName, RoleDecl>,
    /// Mappings in the order of pattern, then template; order never matters.
    pub group_mappings: Vec<MappingDecl>,
    /// Groups in the order of their names.
    pub groups: Declared<GroupName, GroupDecl>,
    /// The rails.
    pub policy: PolicyDecl,
    /// What has to hold.
    pub assertions: Vec<AssertionDecl>,
    /// What the files of a folder may touch, by globs in the order of the file.
    pub ownership: Declared<String, OwnershipDecl>,
    /// The folder of run reports, if one is named.
    pub reports: Option<Spanned<String>>,
}
