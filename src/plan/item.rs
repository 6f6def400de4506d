//! The items of a plan.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::change::{Change, Direction, Memberships, Phase, Taken};
pub use crate::ids::ItemId;
use crate::ids::attributes::{Attributes, ExtraAttribute, same_value};
use crate::ids::{Binding, BindingId, Email, GroupId, GroupName, PersonKey, RoleName, UserId};
use crate::manifest::source::Place;
use crate::profile::NameModel;
use crate::scim::dialect::UserAttribute;

/// One write that `apply` will make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Action {
    /// Stable while the difference is the same: `user:ada:create`.
    pub id: ItemId,
    /// What is done.
    pub change: Change,
    /// Why; for people, never read by `apply`.
    pub reason: Reason,
    /// The manifest lines it comes from.
    pub evidence: Vec<Evidence>,
    /// What else happens through it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consequences: Vec<Consequence>,
    /// Actions that must have succeeded before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<ItemId>,
    /// Whether this change brings it or it was there already; only with a base revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
}

/// Whether the change under review brings an item, or the item is there without it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Cause {
    /// The manifest at the base revision would not bring it.
    ThisChange,
    /// The manifest at the base revision would bring it just so: drift, or a merged change
    /// that nobody has applied yet.
    Drift,
}

impl Action {
    /// Whose account it removes, if it removes one.
    pub(super) fn removed_person(&self) -> Option<&Person> {
        match self.change.taken() {
            Taken::Account(person) => Some(person),
            Taken::Nothing
            | Taken::UseOf(_)
            | Taken::Members { .. }
            | Taken::Binding { .. }
            | Taken::Group(_) => None,
        }
    }

    /// The groups that end with the account it removes.
    pub fn memberships_lost(&self) -> &[GroupName] {
        let lost = self.consequences.iter().find_map(|consequence| {
            let Consequence::MembershipsLost { groups } = consequence else {
                return None;
            };
            Some(groups.as_slice())
        });
        lost.unwrap_or_default()
    }

    /// The ids of members nobody lists who lose the group it removes.
    pub fn unlisted_lost(&self) -> &[String] {
        let lost = self.consequences.iter().find_map(|consequence| {
            let Consequence::UnlistedMembersLost { ids } = consequence else {
                return None;
            };
            Some(ids.as_slice())
        });
        lost.unwrap_or_default()
    }

    /// The role bindings that end with the group it removes.
    pub fn bindings_ended(&self) -> &[Binding] {
        let ended = self.consequences.iter().find_map(|consequence| {
            let Consequence::BindingsEnd { bindings } = consequence else {
                return None;
            };
            Some(bindings.as_slice())
        });
        ended.unwrap_or_default()
    }
}

impl Evidence {
    /// `people/ada.yaml:3:3`, with `@abc1234` after the file where it is of a revision.
    pub fn shown(&self) -> String {
        match &self.revision {
            None => self.place.to_string(),
            Some(revision) => format!(
                "{}@{revision}:{}:{}",
                self.place.file, self.place.line, self.place.column
            ),
        }
    }
}

/// An account as it will be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UserState {
    /// The login.
    pub user_name: String,
    /// The e-mail.
    pub email: Email,
    /// First name, empty if none is declared.
    pub given_name: String,
    /// Last name, empty if none is declared.
    pub family_name: String,
    /// The name to show.
    pub display_name: String,
    /// Other attributes it will have.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
}

/// A person a plan speaks of: by key where declared, by id where live.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Person {
    /// The key in the manifest, unless nothing declares them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<PersonKey>,
    /// The e-mail, as live where live.
    pub email: Email,
    /// The provider's id, unless an action of this plan makes the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<UserId>,
}

impl Person {
    /// The shortest name that tells who is meant: the key, else the e-mail.
    pub fn label(&self) -> &str {
        self.key
            .as_ref()
            .map_or(self.email.as_str(), PersonKey::as_str)
    }
}

/// A group a plan speaks of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupRef {
    /// Its name.
    pub name: GroupName,
    /// The provider's id, unless an action of this plan makes the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<GroupId>,
}

/// One person getting into or out of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MemberChange {
    /// Who.
    pub person: Person,
    /// Every path by which they are wanted in it; empty when they are not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<MembershipOrigin>,
}

/// One path by which somebody is wanted in a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MembershipOrigin {
    /// The role that maps to the group.
    pub role: RoleName,
    /// The included role they are written in, if it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<RoleName>,
    /// The mapping's expression.
    pub mapping: String,
    /// Where they are written.
    pub place: Place,
    /// The last day, inclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub until: Option<jiff::civil::Date>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// An attribute of a user that can change.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub enum Attribute {
    /// First name.
    #[serde(rename = "name.givenName")]
    GivenName,
    /// Last name.
    #[serde(rename = "name.familyName")]
    FamilyName,
    /// The name to show.
    #[serde(rename = "displayName")]
    DisplayName,
    /// Another one.
    #[serde(untagged)]
    Extra(ExtraAttribute),
}

impl Attribute {
    /// The name, as SCIM spells it.
    pub fn path(self) -> &'static str {
        match self {
            Attribute::GivenName => "name.givenName",
            Attribute::FamilyName => "name.familyName",
            Attribute::DisplayName => "displayName",
            Attribute::Extra(extra) => extra.name(),
        }
    }

    /// Whether two values of it are one, at a provider that keeps names so.
    pub fn is_same(self, names: NameModel, wanted: &str, there: &str) -> bool {
        match self {
            Attribute::GivenName | Attribute::FamilyName | Attribute::DisplayName => {
                names.same_display_name(wanted, there)
            }
            Attribute::Extra(_) => same_value(wanted, there),
        }
    }

    /// The attribute that is written.
    pub fn on_the_wire(self) -> UserAttribute {
        match self {
            Attribute::GivenName => UserAttribute::GivenName,
            Attribute::FamilyName => UserAttribute::FamilyName,
            Attribute::DisplayName => UserAttribute::DisplayName,
            Attribute::Extra(extra) => UserAttribute::Extra(extra),
        }
    }
}

/// One attribute before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AttributeChange {
    /// Which.
    pub attribute: Attribute,
    /// What it is; absent if it has no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What it will be; empty for an attribute that is to have no value.
    pub after: String,
}

/// Why an action is in the plan.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// It is declared and not there.
    DeclaredNotLive,
    /// A name or another attribute differs from the declared one.
    NameDiffers,
    /// Declared active, live inactive.
    DeclaredActive,
    /// Declared `suspended`.
    DeclaredSuspended,
    /// Declared `absent`.
    Tombstone,
    /// We made it (`externalId`), and nothing declares it any more.
    NoLongerDeclared,
    /// It was ours, and is declared for other targets only.
    LimitedToOthers,
    /// The base revision declares it, and nothing does any more.
    RemovedFromManifest,
    /// Nothing declares it, and the policy claims authority over such.
    UndeclaredPolicy,
    /// A role gives it.
    RoleGives,
    /// No role gives it.
    NoRoleGives,
    /// The group is to go.
    GroupRemoved,
    /// The group is declared under another name (`previously`).
    Renamed,
    /// A run is undone.
    Undone,
    /// It is there, made by hand, and the manifest lets it be taken over.
    DeclaredByHand,
    /// Nothing declares the binding, and the group's bindings are authoritative.
    BindingUndeclared,
}

impl Reason {
    /// The reason in a few words.
    pub fn words(self) -> &'static str {
        match self {
            Reason::DeclaredNotLive => "declared, not there yet",
            Reason::NameDiffers => "differs from what is declared",
            Reason::DeclaredActive => "declared active, is inactive",
            Reason::DeclaredSuspended => "declared suspended",
            Reason::Tombstone => "declared absent",
            Reason::NoLongerDeclared => "made by scim-sync, no longer declared",
            Reason::LimitedToOthers => "declared for other targets only",
            Reason::RemovedFromManifest => "declared at the base revision, and not any more",
            Reason::UndeclaredPolicy => "not declared, and policy.undeclared says remove",
            Reason::RoleGives => "a role gives it",
            Reason::NoRoleGives => "no role gives it",
            Reason::GroupRemoved => "the group is to go",
            Reason::Renamed => "declared under a new name",
            Reason::Undone => "a run is undone",
            Reason::DeclaredByHand => "declared, there already, and to be adopted",
            Reason::BindingUndeclared => "not declared, and the group's bindings are authoritative",
        }
    }
}

/// A manifest line something comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Evidence {
    /// The place.
    pub place: Place,
    /// The revision whose file it is in, if that is not the manifest as it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// What is written there.
    pub what: String,
}

/// What happens through an action besides the action itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Consequence {
    /// The provider mails an invitation.
    InvitationMailed {
        /// To whom.
        to: Email,
    },
    /// If an account that cannot be seen exists under this e-mail, it is taken over.
    MayAdopt {
        /// The e-mail.
        email: Email,
    },
    /// Suspending removes the account: the provider knows no inactive ones.
    SuspensionRemoves,
    /// Whoever is removed logs in under another name than the e-mail that is told.
    LogsInAs {
        /// The login.
        login: String,
    },
    /// These memberships end with the account.
    MembershipsLost {
        /// The groups, by name.
        groups: Vec<GroupName>,
    },
    /// The account gets these memberships with it.
    MembershipsGained {
        /// The groups, by name.
        groups: Vec<GroupName>,
    },
    /// Members that SCIM does not list as users (other groups, accounts made by hand, leftovers)
    /// lose the group that is removed.
    UnlistedMembersLost {
        /// Their ids.
        ids: Vec<String>,
    },
    /// Nobody is left in the group.
    GroupLeftEmpty {
        /// The group.
        group: GroupName,
    },
    /// The person is in no group afterwards.
    LeftWithoutGroups {
        /// Who.
        person: Person,
    },
    /// These people lose these role bindings, by whatever path they had them.
    BindingsLost {
        /// Who.
        people: Vec<Person>,
        /// What.
        bindings: Vec<Binding>,
    },
    /// These role bindings end with the group.
    BindingsEnd {
        /// What.
        bindings: Vec<Binding>,
    },
    /// Docs and the provider's code disagree on whether this works.
    Undocumented {
        /// What each says.
        note: String,
    },
}

/// A difference that will not be acted on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Refusal {
    /// Stable while the difference is the same.
    pub id: ItemId,
    /// The stable code.
    pub code: RefusalCode,
    /// What is refused and why: one sentence.
    pub message: String,
    /// What to do: one instruction.
    pub help: String,
    /// The manifest lines it comes from.
    pub evidence: Vec<Evidence>,
    /// What would have been done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocked: Vec<Action>,
    /// Whether this change brings it or it was there already; only with a base revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
}

/// Why something is refused.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalCode {
    /// A provisioned person's e-mail must not change.
    EmailImmutable,
    /// An attribute that the provider never changes differs.
    AttributeImmutable,
    /// One person would be removed and made again in one go.
    DeleteAndCreate,
    /// More than one live user could be the person.
    AmbiguousMatch,
    /// More than one live group has the name.
    AmbiguousGroup,
    /// Another live group has the id that the provider would give this one.
    GroupIdTaken,
    /// The provider would not accept a group of this name.
    GroupNameRejected,
    /// The read of the live state may have gaps, so nothing is removed.
    PartialRead,
    /// More people would go than the limit allows.
    LimitUserRemovals,
    /// More memberships would go than the limit allows.
    LimitMembershipRemovals,
    /// More members would leave one group than the limit allows.
    LimitPerGroupRemovals,
    /// The person is protected.
    ProtectedUser,
    /// The group is protected.
    ProtectedGroup,
    /// The group would be left with fewer members than it must have.
    MinMembers,
    /// Something an assertion of the manifest forbids.
    AssertionViolated,
    /// The provider cannot do what the policy asks.
    NotSupported,
    /// Somebody changed what a run did, so undoing the run would overwrite them.
    ChangedSince,
    /// A person has an account that was made by hand.
    StandaloneAccount,
    /// A group that was made by hand would be taken over.
    HandMadeGroup,
    /// Role bindings are declared and could not be read.
    BindingsUnread,
    /// A role to be bound does not exist at the provider.
    UnknownBindingRole,
    /// A resource group to be bound does not exist at the provider.
    UnknownResourceGroup,
    /// A declared binding is there and switched off.
    BindingDisabled,
    /// More role bindings would go than the limit allows.
    LimitBindingRemovals,
    /// The person is the one the token belongs to.
    OwnUser,
    /// The account would be left without an admin.
    LastAdmin,
}

impl RefusalCode {
    /// The code as people and machines see it.
    pub fn as_str(self) -> &'static str {
        match self {
            RefusalCode::EmailImmutable => "email-immutable",
            RefusalCode::AttributeImmutable => "attribute-immutable",
            RefusalCode::DeleteAndCreate => "delete-and-create",
            RefusalCode::AmbiguousMatch => "ambiguous-match",
            RefusalCode::AmbiguousGroup => "ambiguous-group",
            RefusalCode::GroupIdTaken => "group-id-taken",
            RefusalCode::GroupNameRejected => "group-name-rejected",
            RefusalCode::PartialRead => "partial-read",
            RefusalCode::LimitUserRemovals => "limit-user-removals",
            RefusalCode::LimitMembershipRemovals => "limit-membership-removals",
            RefusalCode::LimitPerGroupRemovals => "limit-per-group-removals",
            RefusalCode::ProtectedUser => "protected-user",
            RefusalCode::ProtectedGroup => "protected-group",
            RefusalCode::MinMembers => "min-members",
            RefusalCode::AssertionViolated => "assertion-violated",
            RefusalCode::NotSupported => "not-supported",
            RefusalCode::ChangedSince => "changed-since",
            RefusalCode::StandaloneAccount => "standalone-account",
            RefusalCode::HandMadeGroup => "hand-made-group",
            RefusalCode::BindingsUnread => "bindings-unread",
            RefusalCode::UnknownBindingRole => "unknown-binding-role",
            RefusalCode::UnknownResourceGroup => "unknown-resource-group",
            RefusalCode::BindingDisabled => "binding-disabled",
            RefusalCode::LimitBindingRemovals => "limit-binding-removals",
            RefusalCode::OwnUser => "own-user",
            RefusalCode::LastAdmin => "last-admin",
        }
    }
}

/// Something only a person can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ManualStep {
    /// Stable until it is done.
    pub id: ItemId,
    /// The stable code.
    pub code: ManualStepCode,
    /// The group it is about.
    pub group: GroupRef,
    /// How many members it has now.
    pub members: usize,
    /// What has to be done and why: one sentence.
    pub message: String,
    /// Whom to ask and what to say.
    pub help: String,
    /// The manifest lines it comes from.
    pub evidence: Vec<Evidence>,
    /// Whether this change brings it or it was there already; only with a base revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
}

/// Which manual step.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ManualStepCode {
    /// Only the provider's Support removes a group that SCIM made.
    GroupRemovalNeedsSupport,
}

impl ManualStepCode {
    /// The code as people and machines see it.
    pub fn as_str(self) -> &'static str {
        match self {
            ManualStepCode::GroupRemovalNeedsSupport => "group-removal-needs-support",
        }
    }
}

/// What is left alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Unmanaged {
    /// People, sorted by e-mail.
    pub users: Vec<UnmanagedUser>,
    /// Groups, sorted by name.
    pub groups: Vec<UnmanagedGroup>,
    /// Memberships of managed groups, sorted by group.
    pub memberships: Vec<UnmanagedMembers>,
    /// Role bindings of groups whose bindings are managed, sorted by group.
    #[serde(default)]
    pub bindings: Vec<UnmanagedBinding>,
}

/// A role binding left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnmanagedBinding {
    /// The group.
    pub group: GroupRef,
    /// The binding's id.
    pub id: BindingId,
    /// What it gives.
    pub binding: Binding,
    /// Why.
    pub because: UnmanagedReason,
}

/// A person left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnmanagedUser {
    /// Who.
    pub person: Person,
    /// Their name at the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Why.
    pub because: UnmanagedReason,
}

/// A group left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnmanagedGroup {
    /// Which.
    pub group: GroupRef,
    /// How many members it has.
    pub members: usize,
    /// Why.
    pub because: UnmanagedReason,
}

/// Members of a managed group who are left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnmanagedMembers {
    /// The group.
    pub group: GroupRef,
    /// Their ids at the provider, sorted.
    pub ids: Vec<String>,
    /// Why.
    pub because: UnmanagedReason,
}

/// Why something is left alone.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum UnmanagedReason {
    /// Nothing declares it.
    Undeclared,
    /// The group is additive: members no role gives may stay.
    AdditiveGroup,
    /// The id is no listed user: another group, a standalone account, a leftover.
    UnlistedMember,
    /// `policy.onRemoval` says keep.
    RemovalKeeps,
    /// The provider made it and keeps it.
    ProviderKeeps,
}

/// Something a reader should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Notice {
    /// The stable code.
    pub code: NoticeCode,
    /// One sentence.
    pub message: String,
    /// The manifest lines it comes from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

/// Which notice.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeCode {
    /// What a run wrote is different again: another client writes.
    AnotherClientWrites,
    /// Accounts that another client made.
    ForeignAccounts,
    /// The read of the live state may have gaps.
    PartialRead,
    /// An undeclared live user has the very name of somebody to be created.
    LooksLike,
    /// A tombstone has done its work and may be taken out.
    TombstoneDone,
    /// A grant ends within 30 days.
    GrantEnds,
    /// The plan undoes a run.
    Undoes,
    /// Something of the run that no request brings back.
    CannotUndo,
    /// A plan after this one would not be empty.
    DoesNotConverge,
    /// Whether people have accounts made by hand could not be checked.
    StandaloneUnchecked,
    /// Whether groups made by hand are in the way could not be checked.
    HandMadeUnchecked,
    /// A group made by hand has the name of a declared one.
    SameNamedGroup,
    /// Whether an admin is left could not be checked.
    AdminsUnchecked,
    /// Whose the token is could not be checked.
    OwnUserUnchecked,
    /// Whether another integration lets everybody in could not be checked.
    LoginUnchecked,
    /// Another integration decides who can log in, and does not know somebody declared.
    CannotLogIn,
}

impl NoticeCode {
    /// The code as people and machines see it.
    pub fn as_str(self) -> &'static str {
        match self {
            NoticeCode::AnotherClientWrites => "another-client-writes",
            NoticeCode::ForeignAccounts => "foreign-accounts",
            NoticeCode::PartialRead => "partial-read",
            NoticeCode::LooksLike => "looks-like",
            NoticeCode::TombstoneDone => "tombstone-done",
            NoticeCode::GrantEnds => "grant-ends",
            NoticeCode::Undoes => "undoes",
            NoticeCode::CannotUndo => "cannot-undo",
            NoticeCode::DoesNotConverge => "does-not-converge",
            NoticeCode::StandaloneUnchecked => "standalone-unchecked",
            NoticeCode::HandMadeUnchecked => "hand-made-unchecked",
            NoticeCode::SameNamedGroup => "same-named-group",
            NoticeCode::AdminsUnchecked => "admins-unchecked",
            NoticeCode::OwnUserUnchecked => "own-user-unchecked",
            NoticeCode::LoginUnchecked => "login-unchecked",
            NoticeCode::CannotLogIn => "cannot-log-in",
        }
    }

    /// Where a reader meets it.
    pub fn stands(self) -> Stands {
        match self {
            NoticeCode::AnotherClientWrites => Stands::First,
            NoticeCode::ForeignAccounts
            | NoticeCode::PartialRead
            | NoticeCode::LooksLike
            | NoticeCode::TombstoneDone
            | NoticeCode::GrantEnds
            | NoticeCode::Undoes
            | NoticeCode::CannotUndo
            | NoticeCode::DoesNotConverge
            | NoticeCode::StandaloneUnchecked
            | NoticeCode::HandMadeUnchecked
            | NoticeCode::SameNamedGroup
            | NoticeCode::AdminsUnchecked
            | NoticeCode::OwnUserUnchecked
            | NoticeCode::LoginUnchecked
            | NoticeCode::CannotLogIn => Stands::Below,
        }
    }
}

/// Where a reader meets a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// Before everything else: it puts the whole plan in doubt.
    First,
    /// Below the items.
    Below,
}
