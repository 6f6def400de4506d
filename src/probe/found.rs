//! What a probe found, and what it could not find and why.
//!
//! **Invariants.** Every [`Topic`] has exactly one finding in a [`Measured`]: what was not
//! measured is `unknown`, with the reason.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::settings::{Key, block};
use crate::manifest::decl::DialectDecl;
use crate::plan::TargetInfo;
use crate::profile::{Profile, rfc};

/// The version of the JSON form.
pub const PROBE_VERSION: u32 = 1;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// Whether `count` and `startIndex` are obeyed for users.
    UserPages,
    /// What `totalResults` counts for users.
    UserTotal,
    /// What a `startIndex` past the end of users answers.
    UserPastEnd,
    /// Whether users come in the same order twice.
    UserOrder,
    /// The longest page of users.
    UserPageCap,
    /// Whether users are offered by cursor (RFC 9865).
    UserCursor,
    /// Whether `count` and `startIndex` are obeyed for groups.
    GroupPages,
    /// What `totalResults` counts for groups.
    GroupTotal,
    /// What a `startIndex` past the end of groups answers.
    GroupPastEnd,
    /// Whether a group in a list carries its members.
    GroupListMembers,
    /// How far a filter on `userName` finds users.
    UserFilter,
    /// Whether that filter minds upper and lower case.
    UserFilterCase,
    /// How far a filter on `displayName` finds groups.
    GroupFilter,
    /// Whether that filter minds upper and lower case.
    GroupFilterCase,
    /// What a filter that nobody supports answers.
    UnsupportedFilter,
    /// Which attributes of a user come back as they were sent.
    UserAttributes,
    /// Whether the `externalId` of a user is stored.
    UserExternalId,
    /// In which case a login is stored, and whether another case is another user.
    UserNameCase,
    /// What a create of somebody who is there already does.
    UserCreateAgain,
    /// How a user's attributes are changed.
    UserUpdate,
    /// Which attributes of a user stay as they were made.
    UserImmutable,
    /// Whether PATCH takes other spellings.
    UserPatchForms,
    /// Whether PUT clears what it leaves out.
    UserPut,
    /// What `active: false` does.
    UserInactive,
    /// Whether a user can be removed.
    UserRemoval,
    /// Whether a user's e-mail may change.
    EmailChange,
    /// Whether there are groups.
    GroupsServed,
    /// Whether a group can be removed.
    GroupRemoval,
    /// What a create of a group of a name that is there does.
    GroupCreateAgain,
    /// How members are added.
    MemberAdd,
    /// How members are taken out of a group.
    MemberRemoval,
    /// What `replace` of members does.
    MemberReplace,
    /// How many member changes one PATCH may carry.
    MembersPerPatch,
    /// How a group is renamed.
    GroupRename,
    /// Whether PUT of a group without members empties it.
    GroupPut,
    /// Whether a removed user is taken out of groups.
    MembershipAfterRemoval,
    /// How operations of a PATCH are spelled.
    OpCase,
    /// The media type of writes.
    ContentType,
    /// Whether versions are told, and minded.
    Etag,
    /// What the provider claims of itself.
    Claims,
    /// How many requests are allowed.
    Rate,
}

impl Topic {
    /// Every topic, in the order of the report.
    pub const ALL: &'static [Topic] = &[
        Topic::UserPages,
        Topic::UserTotal,
        Topic::UserPastEnd,
        Topic::UserOrder,
        Topic::UserPageCap,
        Topic::UserCursor,
        Topic::GroupPages,
        Topic::GroupTotal,
        Topic::GroupPastEnd,
        Topic::GroupListMembers,
        Topic::UserFilter,
        Topic::UserFilterCase,
        Topic::GroupFilter,
        Topic::GroupFilterCase,
        Topic::UnsupportedFilter,
        Topic::UserAttributes,
        Topic::UserExternalId,
        Topic::UserNameCase,
        Topic::UserCreateAgain,
        Topic::UserUpdate,
        Topic::UserImmutable,
        Topic::UserPatchForms,
        Topic::UserPut,
        Topic::UserInactive,
        Topic::UserRemoval,
        Topic::EmailChange,
        Topic::GroupsServed,
        Topic::GroupRemoval,
        Topic::GroupCreateAgain,
        Topic::MemberAdd,
        Topic::MemberRemoval,
        Topic::MemberReplace,
        Topic::MembersPerPatch,
        Topic::GroupRename,
        Topic::GroupPut,
        Topic::MembershipAfterRemoval,
        Topic::OpCase,
        Topic::ContentType,
        Topic::Etag,
        Topic::Claims,
        Topic::Rate,
    ];

    /// What it is about.
    pub fn area(self) -> Area {
        match self {
            Topic::UserPages
            | Topic::UserTotal
            | Topic::UserPastEnd
            | Topic::UserOrder
            | Topic::UserPageCap
            | Topic::UserCursor
            | Topic::GroupPages
            | Topic::GroupTotal
            | Topic::GroupPastEnd
            | Topic::GroupListMembers => Area::Lists,
            Topic::UserFilter
            | Topic::UserFilterCase
            | Topic::GroupFilter
            | Topic::GroupFilterCase
            | Topic::UnsupportedFilter => Area::Filters,
            Topic::UserAttributes
            | Topic::UserExternalId
            | Topic::UserNameCase
            | Topic::UserCreateAgain
            | Topic::UserUpdate
            | Topic::UserImmutable
            | Topic::UserPatchForms
            | Topic::UserPut
            | Topic::UserInactive
            | Topic::UserRemoval
            | Topic::EmailChange => Area::Users,
            Topic::GroupsServed
            | Topic::GroupRemoval
            | Topic::GroupCreateAgain
            | Topic::MemberAdd
            | Topic::MemberRemoval
            | Topic::MemberReplace
            | Topic::MembersPerPatch
            | Topic::GroupRename
            | Topic::GroupPut
            | Topic::MembershipAfterRemoval => Area::Groups,
            Topic::OpCase | Topic::ContentType | Topic::Etag | Topic::Claims | Topic::Rate => {
                Area::Protocol
            }
        }
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Topic::UserPages => "user pages",
            Topic::UserTotal => "user total",
            Topic::UserPastEnd => "past the last user",
            Topic::UserOrder => "user order",
            Topic::UserPageCap => "longest user page",
            Topic::UserCursor => "user cursor",
            Topic::GroupPages => "group pages",
            Topic::GroupTotal => "group total",
            Topic::GroupPastEnd => "past the last group",
            Topic::GroupListMembers => "members in lists",
            Topic::UserFilter => "user filter",
            Topic::UserFilterCase => "user filter, case",
            Topic::GroupFilter => "group filter",
            Topic::GroupFilterCase => "group filter, case",
            Topic::UnsupportedFilter => "unknown filters",
            Topic::OpCase => "PATCH `op`",
            Topic::ContentType => "content type",
            Topic::UserAttributes => "attributes",
            Topic::UserExternalId => "externalId",
            Topic::UserNameCase => "login, case",
            Topic::UserCreateAgain => "user made twice",
            Topic::UserUpdate => "user update",
            Topic::UserImmutable => "what stays",
            Topic::UserPatchForms => "PATCH spellings",
            Topic::UserPut => "PUT of a user",
            Topic::UserInactive => "active: false",
            Topic::UserRemoval => "user removal",
            Topic::EmailChange => "e-mail change",
            Topic::GroupsServed => "groups",
            Topic::GroupRemoval => "group removal",
            Topic::GroupCreateAgain => "group made twice",
            Topic::MemberAdd => "adding members",
            Topic::MemberRemoval => "member removal",
            Topic::MemberReplace => "replacing members",
            Topic::MembersPerPatch => "members a PATCH",
            Topic::GroupRename => "group rename",
            Topic::GroupPut => "PUT of a group",
            Topic::MembershipAfterRemoval => "removed members",
            Topic::Etag => "versions",
            Topic::Claims => "its own claims",
            Topic::Rate => "rate",
        }
    }

    /// Whether it takes a group to measure.
    pub(super) fn needs_groups(self) -> bool {
        match self {
            Topic::GroupPages
            | Topic::GroupTotal
            | Topic::GroupPastEnd
            | Topic::GroupListMembers
            | Topic::GroupFilter
            | Topic::GroupFilterCase
            | Topic::GroupRemoval
            | Topic::GroupCreateAgain
            | Topic::MemberAdd
            | Topic::MemberRemoval
            | Topic::MemberReplace
            | Topic::MembersPerPatch
            | Topic::GroupRename
            | Topic::GroupPut
            | Topic::MembershipAfterRemoval => true,
            Topic::UserPages
            | Topic::UserTotal
            | Topic::UserPastEnd
            | Topic::UserOrder
            | Topic::UserPageCap
            | Topic::UserCursor
            | Topic::UserFilter
            | Topic::UserFilterCase
            | Topic::UnsupportedFilter
            | Topic::ContentType
            | Topic::UserAttributes
            | Topic::UserExternalId
            | Topic::UserNameCase
            | Topic::UserCreateAgain
            | Topic::UserUpdate
            | Topic::UserImmutable
            | Topic::UserPatchForms
            | Topic::UserPut
            | Topic::UserInactive
            | Topic::UserRemoval
            | Topic::EmailChange
            | Topic::GroupsServed
            | Topic::OpCase
            | Topic::Etag
            | Topic::Claims
            | Topic::Rate => false,
        }
    }
}

/// What a topic is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    /// Lists and their pages.
    Lists,
    /// Look-ups by filter.
    Filters,
    /// Users.
    Users,
    /// Groups and memberships.
    Groups,
    /// What every request is about.
    Protocol,
}

impl Area {
    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Area::Lists => "Lists",
            Area::Filters => "Filters",
            Area::Users => "Users",
            Area::Groups => "Groups",
            Area::Protocol => "Protocol",
        }
    }
}

/// How a finding stands to what is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The profile in use says the same.
    AsUsed,
    /// The profile in use says otherwise.
    Differs,
    /// No profile says anything of it.
    Noted,
    /// It could not be measured.
    Unknown,
}

impl Verdict {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::AsUsed => "as used",
            Verdict::Differs => "differs",
            Verdict::Noted => "noted",
            Verdict::Unknown => "unknown",
        }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// What was measured.
    pub topic: Topic,
    /// How it stands to the profile in use.
    pub verdict: Verdict,
    /// What was found; of what is unknown, why.
    pub found: String,
    /// What the profile in use says instead, where it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_use: Option<String>,
    /// The key of `target.dialect` that says it, and what it has to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setting: Option<Setting>,
}

/// A key of `target.dialect` and a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Setting {
    /// The key.
    pub key: String,
    /// Its value, as YAML.
    pub value: String,
    /// The value in use, where that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_use: Option<String>,
}

/// Something that may still be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Left {
    /// `Users` or `Groups`.
    pub collection: String,
    /// Its name.
    pub name: String,
    /// Its id, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Why it could not be taken away.
    pub because: String,
}

/// Everything a probe has to tell.
#[must_use = "what was left behind is in it"]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "scim-sync probe, version 1", extend("$id" = "urn:scim-sync:schema:probe:1"))]
pub struct Probed {
    /// The version of this format; always 1.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// The service provider.
    pub target: TargetInfo,
    /// The run's own number, which is in every name it gave.
    pub run: String,
    /// How many requests were sent.
    pub requests: usize,
    /// How many users were made.
    pub users: usize,
    /// How many groups were made.
    pub groups: usize,
    /// Why measuring ended early, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// What was found, one for each topic.
    pub findings: Vec<Finding>,
    /// What `target.dialect` has to say beside the named profile; empty where that is right.
    pub dialect: Vec<Setting>,
    /// What may still be there; empty when everything is gone.
    pub left: Vec<Left>,
}

/// What was measured, before anything is cleaned up.
#[derive(Debug, Clone)]
pub struct Measured {
    findings: BTreeMap<Topic, Finding>,
    used: Profile,
    base: Profile,
    found: Profile,
    measured: BTreeSet<Key>,
}

/// Whether a profile says what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Belief {
    /// It does.
    Same,
    /// It says this.
    Other(&'static str),
}

impl Belief {
    pub(super) fn is(same: bool, otherwise: &'static str) -> Self {
        if same {
            Belief::Same
        } else {
            Belief::Other(otherwise)
        }
    }
}

impl Measured {
    pub(super) fn new(used: &Profile) -> Self {
        Self {
            findings: BTreeMap::new(),
            base: Profile::named(used.name).unwrap_or_else(rfc::profile),
            found: used.clone(),
            used: used.clone(),
            measured: BTreeSet::new(),
        }
    }

    /// What the provider says of itself, which is obeyed where the manifest says nothing.
    pub(super) fn guided_by(&mut self, document: &Value) {
        self.base.dialect = self.base.guided(document, &DialectDecl::default());
    }

    fn put(
        &mut self,
        topic: Topic,
        verdict: Verdict,
        found: String,
        in_use: Option<String>,
        setting: Option<Setting>,
    ) {
        let finding = Finding {
            topic,
            verdict,
            found,
            in_use,
            setting,
        };
        self.findings.insert(topic, finding);
    }

    /// Something that no profile speaks of.
    pub(super) fn note(&mut self, topic: Topic, found: impl Into<String>) {
        self.put(topic, Verdict::Noted, found.into(), None, None);
    }

    /// Something that could not be measured.
    pub(super) fn unknown(&mut self, topic: Topic, because: impl Into<String>) {
        self.put(topic, Verdict::Unknown, because.into(), None, None);
    }

    /// Something a profile says, and `target.dialect` cannot.
    pub(super) fn belief(&mut self, topic: Topic, found: impl Into<String>, belief: Belief) {
        let (verdict, in_use) = match belief {
            Belief::Same => (Verdict::AsUsed, None),
            Belief::Other(other) => (Verdict::Differs, Some(other.to_owned())),
        };
        self.put(topic, verdict, found.into(), in_use, None);
    }

    /// Something that a key of `target.dialect` says; `change` makes the found profile say it.
    pub(super) fn setting(
        &mut self,
        topic: Topic,
        key: Key,
        found: impl Into<String>,
        change: impl FnOnce(&mut Profile),
    ) {
        change(&mut self.found);
        self.measured.insert(key);
        let (value, used) = (key.value(&self.found), key.value(&self.used));
        let differs = value != used;
        let said = differs.then(|| format!("`{}: {used}`", key.name()));
        let verdict = match differs {
            true => Verdict::Differs,
            false => Verdict::AsUsed,
        };
        let setting = Setting {
            key: key.name().to_owned(),
            value,
            in_use: differs.then_some(used),
        };
        self.put(topic, verdict, found.into(), said, Some(setting));
    }

    /// Whether a topic was measured.
    pub(super) fn is_measured(&self, topic: Topic) -> bool {
        let finding = self.findings.get(&topic);
        finding.is_some_and(|finding| finding.verdict != Verdict::Unknown)
    }

    pub(super) fn has(&self, topic: Topic) -> bool {
        self.findings.contains_key(&topic)
    }

    /// What is still open is unknown, for this reason.
    pub(super) fn rest_is_unknown(&mut self, which: impl Fn(Topic) -> bool, because: &str) {
        for topic in Topic::ALL.iter().copied().filter(|topic| which(*topic)) {
            if !self.has(topic) {
                self.unknown(topic, because);
            }
        }
    }

    /// The profile as it was found; what was not measured is as it is in use.
    pub fn profile(&self) -> &Profile {
        &self.found
    }

    /// What was found of a topic.
    pub fn finding(&self, topic: Topic) -> Option<&Finding> {
        self.findings.get(&topic)
    }

    pub(super) fn into_findings(self) -> (Vec<Finding>, Vec<Setting>) {
        let dialect = block(&self.used, &self.base, &self.found, &self.measured)
            .into_iter()
            .map(|(key, value)| {
                let used = key.value(&self.used);
                Setting {
                    key: key.name().to_owned(),
                    in_use: (used != value).then_some(used),
                    value,
                }
            })
            .collect();
        (self.findings.into_values().collect(), dialect)
    }
}

impl Probed {
    /// Whether everything was measured to the end and nothing is left.
    pub fn is_whole(&self) -> bool {
        self.stopped.is_none() && self.left.is_empty()
    }
}
