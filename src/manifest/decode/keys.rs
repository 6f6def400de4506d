//! The keys each declared type has: one list, used to decode, to say what is known, and in
//! the test that holds the JSON Schema to the decoder.

use crate::ids::attributes::ExtraAttribute;

/// The keys of one declared type.
#[derive(Debug)]
pub struct Keys<const N: usize> {
    /// The keys, in the order of the documentation.
    pub names: [&'static str; N],
    /// Names from elsewhere that people write by habit, and the key that is meant.
    pub habits: &'static [(&'static str, &'static str)],
}

const fn keys<const N: usize>(names: [&'static str; N]) -> Keys<N> {
    Keys { names, habits: &[] }
}

/// [`crate::manifest::decl::RootDecl`].
pub const ROOT: Keys<12> = Keys {
    names: [
        "version",
        "target",
        "targets",
        "include",
        "users",
        "roles",
        "groupMappings",
        "groups",
        "policy",
        "assertions",
        "ownership",
        "reports",
    ],
    habits: &[
        ("people", "users"),
        ("mappings", "groupMappings"),
        ("includes", "include"),
        ("provider", "target"),
    ],
};
/// [`crate::manifest::decl::IncludedDecl`].
pub const INCLUDED: Keys<5> = Keys {
    names: ["version", "users", "roles", "groupMappings", "groups"],
    habits: &[("people", "users"), ("mappings", "groupMappings")],
};
/// What only the root file may hold.
pub const ROOT_ONLY: [&str; 7] = [
    "target",
    "targets",
    "include",
    "policy",
    "assertions",
    "ownership",
    "reports",
];
/// [`crate::manifest::decl::TargetDecl`].
pub const TARGET: Keys<8> = Keys {
    names: [
        "provider", "baseUrl", "token", "caFile", "sandbox", "dialect", "harness", "policy",
    ],
    habits: &[
        ("url", "baseUrl"),
        ("type", "provider"),
        ("profile", "provider"),
    ],
};
/// [`crate::manifest::decl::TokenDecl`].
pub const TOKEN: Keys<3> = keys(["env", "file", "command"]);
/// [`crate::manifest::decl::SandboxDecl`].
pub const SANDBOX: Keys<2> = keys(["state", "behavior"]);
/// [`crate::manifest::decl::HarnessDecl`].
pub const HARNESS: Keys<1> = keys(["firstGen"]);
/// [`crate::manifest::decl::FirstGenDecl`].
pub const FIRST_GEN: Keys<3> = Keys {
    names: ["emails", "baseUrl", "token"],
    habits: &[
        ("url", "baseUrl"),
        ("file", "emails"),
        ("members", "emails"),
    ],
};
/// [`crate::manifest::decl::DialectDecl`].
pub const DIALECT: Keys<20> = keys([
    "userUpdate",
    "userDeletion",
    "activeFalse",
    "immutable",
    "userAttributes",
    "opCase",
    "groups",
    "groupDeletion",
    "memberRemoval",
    "groupRename",
    "membersPerPatch",
    "paging",
    "pageSize",
    "userFilter",
    "groupFilter",
    "userExternalId",
    "listMembers",
    "entityTags",
    "contentType",
    "requestsPerMinute",
]);
/// [`crate::manifest::decl::UserDecl`].
pub const USER: Keys<9> = Keys {
    names: [
        "email",
        "givenName",
        "familyName",
        "displayName",
        "attributes",
        "status",
        "previously",
        "adopt",
        "targets",
    ],
    habits: &[
        ("target", "targets"),
        ("firstName", "givenName"),
        ("lastName", "familyName"),
        ("surname", "familyName"),
        ("mail", "email"),
        ("userName", "email"),
        ("active", "status"),
        ("name", "displayName"),
        // They are attributes, which stand under a key of their own.
        ("title", "attributes"),
        ("department", "attributes"),
        ("employeeNumber", "attributes"),
        ("nickName", "attributes"),
        ("organization", "attributes"),
        ("division", "attributes"),
        ("costCenter", "attributes"),
        ("locale", "attributes"),
        ("timezone", "attributes"),
        ("userType", "attributes"),
    ],
};
/// [`crate::manifest::decl::AttributesDecl`].
pub const ATTRIBUTES: Keys<{ ExtraAttribute::COUNT }> = Keys {
    names: ExtraAttribute::NAMES,
    habits: &[
        ("jobTitle", "title"),
        ("position", "title"),
        ("company", "organization"),
        ("employeeId", "employeeNumber"),
        ("employeeType", "userType"),
        ("language", "preferredLanguage"),
        ("zoneinfo", "timezone"),
        ("name.middleName", "middleName"),
        ("name.honorificPrefix", "honorificPrefix"),
        ("name.honorificSuffix", "honorificSuffix"),
        ("prefix", "honorificPrefix"),
        ("suffix", "honorificSuffix"),
    ],
};
/// [`crate::manifest::decl::RoleDecl`].
pub const ROLE: Keys<6> = Keys {
    names: [
        "description",
        "members",
        "includes",
        "owners",
        "previously",
        "targets",
    ],
    habits: &[
        ("target", "targets"),
        ("users", "members"),
        ("include", "includes"),
        ("owner", "owners"),
    ],
};
/// The long form of [`crate::manifest::members::MemberDecl`].
pub const MEMBER: Keys<3> = Keys {
    names: ["user", "until", "reason"],
    habits: &[
        ("name", "user"),
        ("person", "user"),
        ("expires", "until"),
        ("end", "until"),
    ],
};
/// [`crate::manifest::decl::MappingDecl`].
pub const MAPPING: Keys<3> = Keys {
    names: ["match", "group", "targets"],
    habits: &[
        ("role", "match"),
        ("pattern", "match"),
        ("groups", "group"),
        ("target", "targets"),
    ],
};
/// [`crate::manifest::decl::GroupDecl`].
pub const GROUP: Keys<7> = Keys {
    names: [
        "status",
        "membership",
        "previously",
        "adoptGroup",
        "bindings",
        "bindingManagement",
        "targets",
    ],
    habits: &[
        ("target", "targets"),
        ("adopt", "adoptGroup"),
        ("roleBindings", "bindings"),
        ("permissions", "bindings"),
    ],
};
/// [`crate::manifest::decl::BindingDecl`].
pub const BINDING: Keys<3> = keys(["role", "resourceGroup", "scope"]);
/// [`crate::manifest::decl::PolicyDecl`] and [`crate::manifest::decl::TargetPolicyDecl`].
pub const POLICY: Keys<5> = keys(["undeclared", "onRemoval", "limits", "protect", "approvals"]);
/// [`crate::manifest::decl::AssertionDecl`].
pub const ASSERTION: Keys<2> = keys(["never", "always"]);
/// [`crate::manifest::decl::NeverDecl`].
pub const NEVER: Keys<3> = Keys {
    names: ["users", "groups", "reason"],
    habits: &[("user", "users"), ("group", "groups")],
};
/// [`crate::manifest::decl::AlwaysDecl`].
pub const ALWAYS: Keys<3> = Keys {
    names: ["group", "atLeast", "reason"],
    habits: &[("groups", "group"), ("minimum", "atLeast")],
};
/// [`crate::manifest::decl::OwnershipDecl`].
pub const OWNERSHIP: Keys<3> = keys(["users", "roles", "groups"]);
/// [`crate::manifest::decl::UndeclaredDecl`].
pub const UNDECLARED: Keys<2> = keys(["users", "groups"]);
/// [`crate::manifest::decl::OnRemovalDecl`].
pub const ON_REMOVAL: Keys<2> = keys(["users", "groups"]);
/// [`crate::manifest::decl::LimitsDecl`].
pub const LIMITS: Keys<5> = keys([
    "userRemovals",
    "membershipRemovals",
    "perGroupRemovals",
    "bindingRemovals",
    "minimumPopulation",
]);
/// [`crate::manifest::decl::ProtectDecl`].
pub const PROTECT: Keys<3> = keys(["users", "groups", "minMembers"]);

/// The words of each enumeration, as written and as meant.
pub mod words {
    use crate::manifest::decl::{
        ApprovalKind, GroupRemoval, GroupStatus, Management, Membership, SandboxBehavior,
        Undeclared, UserRemoval, UserStatus,
    };

    /// [`UserStatus`].
    pub const USER_STATUS: &[(&str, UserStatus)] = &[
        ("active", UserStatus::Active),
        ("suspended", UserStatus::Suspended),
        ("absent", UserStatus::Absent),
    ];
    /// [`GroupStatus`].
    pub const GROUP_STATUS: &[(&str, GroupStatus)] = &[
        ("present", GroupStatus::Present),
        ("absent", GroupStatus::Absent),
    ];
    /// [`Membership`].
    pub const MEMBERSHIP: &[(&str, Membership)] = &[
        ("authoritative", Membership::Authoritative),
        ("additive", Membership::Additive),
    ];
    /// [`Management`].
    pub const MANAGEMENT: &[(&str, Management)] = &[
        ("additive", Management::Additive),
        ("authoritative", Management::Authoritative),
    ];
    /// [`Undeclared`].
    pub const UNDECLARED: &[(&str, Undeclared)] =
        &[("keep", Undeclared::Keep), ("remove", Undeclared::Remove)];
    /// [`UserRemoval`].
    pub const USER_REMOVAL: &[(&str, UserRemoval)] = &[
        ("delete", UserRemoval::Delete),
        ("deactivate", UserRemoval::Deactivate),
        ("keep", UserRemoval::Keep),
    ];
    /// [`GroupRemoval`].
    pub const GROUP_REMOVAL: &[(&str, GroupRemoval)] = &[
        ("support", GroupRemoval::Support),
        ("delete", GroupRemoval::Delete),
        ("keep", GroupRemoval::Keep),
    ];
    /// [`ApprovalKind`].
    pub const APPROVAL: &[(&str, ApprovalKind)] = &[
        ("create", ApprovalKind::Create),
        ("update", ApprovalKind::Update),
        ("delete", ApprovalKind::Delete),
    ];
    /// [`SandboxBehavior`].
    pub const SANDBOX_BEHAVIOR: &[(&str, SandboxBehavior)] = &[
        ("documented", SandboxBehavior::Documented),
        ("source", SandboxBehavior::Source),
    ];
}
