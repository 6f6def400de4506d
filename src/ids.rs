//! Newtypes for every identity the tool handles.
//!
//! A value is parsed and normalised once, where it enters (the manifest decoder or the
//! snapshot collector), and never "fixed if needed" later.
//!
//! **Invariants.** Two [`Email`]s are equal exactly when a service provider that compares
//! `userName` without case would call them equal (RFC 7643 §4.1.1: `userName` is
//! `caseExact: false`), after Unicode NFC (RFC 7644 §5).

pub mod attributes;
pub mod digest;

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::sync::Arc;

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(#[schemars(with = "String")] CompactString);

        impl $name {
            /// Wraps a text as it is.
            pub fn new(text: impl Into<CompactString>) -> Self {
                Self(text.into())
            }

            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }
    };
}

text_id! {
    /// A person's key in the manifest: stable for life, neither a name nor an e-mail.
    PersonKey
}
text_id! {
    /// A role's name in the manifest, matched whole by `groupMappings`.
    RoleName
}
text_id! {
    /// A group's display name: what a mapping produces and what a live SCIM Group carries.
    ///
    /// Group display names are not unique at a service provider (RFC 7643 §8.7.1).
    GroupName
}
text_id! {
    /// A User's `id` as the service provider issued it; opaque, compared exactly.
    UserId
}
text_id! {
    /// A Group's `id` as the service provider issued it; opaque, compared exactly.
    GroupId
}
text_id! {
    /// A resource's `externalId`: issued by a provisioning client, opaque to the provider.
    ExternalId
}
text_id! {
    /// The id of a role binding as the service provider issued it.
    BindingId
}
text_id! {
    /// A target's name in the manifest: a word that can stand in a file's name.
    TargetName
}

impl TargetName {
    /// The longest name, in characters.
    pub const MAX_CHARS: usize = 32;
    /// What a name looks like, as a regular expression.
    pub const PATTERN: &'static str = "^[a-z][a-z0-9_-]{0,31}$";
    /// The word that means every target, and so names none.
    pub const ALL: &'static str = "all";

    /// Whether a text has the shape of a name: a file's name on every system, and never told
    /// apart from another by case alone.
    pub fn has_shape(text: &str) -> bool {
        let of_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
        text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.chars().all(of_name)
            && text.len() <= Self::MAX_CHARS
            && text != Self::ALL
    }
}

text_id! {
    /// A plan item's stable identifier, for instance `user:ada:create`.
    ItemId
}

/// Where a role binding holds: `account`, `org/ORG` or `org/ORG/project/PROJECT`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The whole account.
    #[default]
    Account,
    /// One organisation.
    Org(Box<str>),
    /// One project of an organisation.
    Project {
        /// The organisation.
        org: Box<str>,
        /// The project.
        project: Box<str>,
    },
}

impl Scope {
    /// Reads the written form.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('/').collect();
        let name = |part: &str| {
            let fits = part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_$".contains(c));
            (fits && !part.is_empty()).then(|| Box::from(part))
        };
        match parts.as_slice() {
            ["account"] => Some(Scope::Account),
            ["org", org] => Some(Scope::Org(name(org)?)),
            ["org", org, "project", project] => Some(Scope::Project {
                org: name(org)?,
                project: name(project)?,
            }),
            _ => None,
        }
    }

    /// The organisation, below the account.
    pub fn org(&self) -> Option<&str> {
        match self {
            Scope::Account => None,
            Scope::Org(org) | Scope::Project { org, project: _ } => Some(org),
        }
    }

    /// The project, if it is one.
    pub fn project(&self) -> Option<&str> {
        match self {
            Scope::Account | Scope::Org(_) => None,
            Scope::Project { org: _, project } => Some(project),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scope::Account => f.write_str("account"),
            Scope::Org(org) => write!(f, "org/{org}"),
            Scope::Project { org, project } => write!(f, "org/{org}/project/{project}"),
        }
    }
}

/// What a role binding gives: a role, on what, and where.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Binding {
    /// The role's identifier.
    pub role: String,
    /// The resource group's identifier.
    pub resource_group: String,
    /// Where it holds.
    pub scope: Scope,
}

impl fmt::Display for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            role,
            resource_group,
            scope,
        } = self;
        write!(f, "{role} on {resource_group} ({scope})")
    }
}

impl Serialize for Scope {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Scope::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!("`{text}` is no scope of a role binding"))
        })
    }
}

impl JsonSchema for Scope {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Scope".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "Where a role binding holds: `account`, `org/ORG` or `org/ORG/project/PROJECT`.",
            "pattern": "^(account|org/[0-9A-Za-z_$]+(/project/[0-9A-Za-z_$]+)?)$",
            "examples": ["account", "org/default", "org/default/project/web"],
        })
    }
}

/// The prefix by which an `externalId` is recognised as issued by this tool.
const OUR_EXTERNAL_ID: &str = "scim-sync:";

impl ExternalId {
    /// The `externalId` this tool sends when it creates the person `key`.
    pub fn for_person(key: &PersonKey) -> Self {
        Self::new(format!("{OUR_EXTERNAL_ID}{key}"))
    }

    /// The person's key, if this `externalId` was issued by this tool.
    pub fn person_key(&self) -> Option<PersonKey> {
        self.person_key_text().map(PersonKey::from)
    }

    /// As [`ExternalId::person_key`], without making a key of it.
    pub fn person_key_text(&self) -> Option<&str> {
        self.as_str()
            .strip_prefix(OUR_EXTERNAL_ID)
            .filter(|key| !key.is_empty())
    }
}

/// An e-mail address as written, together with its folded form, by which it is compared.
///
/// Shared by its copies: one address stands in a manifest, in what is wanted and in each item of
/// a plan that is about its person.
#[derive(Clone)]
pub struct Email {
    written: Arc<str>,
    /// `None` when the written form already is the folded one, which is the usual case; so what
    /// there is besides takes little room.
    folded: Option<Arc<Box<str>>>,
}

impl Email {
    /// Keeps the address as written and folds it for comparison.
    pub fn new(written: impl Into<Arc<str>>) -> Self {
        let written = written.into();
        let folded = match folded(&written) {
            Cow::Borrowed(_) => None,
            Cow::Owned(folded) => Some(Arc::new(folded.into_boxed_str())),
        };
        Self { written, folded }
    }

    /// The address as it was written.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// Whether a text is the address as it was written: told at a glance where it is kept once.
    pub(crate) fn is_written(&self, text: &Arc<str>) -> bool {
        Arc::ptr_eq(&self.written, text) || self.written == *text
    }

    /// A text, kept once if it is this very address.
    pub fn share(&self, text: &str) -> Arc<str> {
        match *text == *self.written {
            true => Arc::clone(&self.written),
            false => text.into(),
        }
    }

    /// The address in NFC and lower case: the form to compare, and to send to providers
    /// that store it so.
    pub fn folded(&self) -> &str {
        self.folded.as_ref().map_or(&self.written, |folded| folded)
    }
}

/// Folds a text the way `caseExact: false` attributes are compared: NFC, then lower case,
/// then NFC again because lowering may decompose.
pub fn fold(text: &str) -> String {
    folded(text).into_owned()
}

/// Whether two texts are one, folded.
pub(crate) fn same_folded(a: &str, b: &str) -> bool {
    match a.is_ascii() && b.is_ascii() {
        true => a.eq_ignore_ascii_case(b),
        false => folded(a) == folded(b),
    }
}

/// As [`fold`], the text itself where it is folded already.
pub(crate) fn folded(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => Cow::Owned(text.to_ascii_lowercase()),
            false => Cow::Borrowed(text),
        };
    }
    let lowered = text.nfc().collect::<String>().to_lowercase();
    let folded: String = lowered.nfc().collect();
    match folded == text {
        true => Cow::Borrowed(text),
        false => Cow::Owned(folded),
    }
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.folded() == other.folded()
    }
}
impl Eq for Email {}
impl PartialOrd for Email {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Email {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.folded().cmp(other.folded())
    }
}
impl std::hash::Hash for Email {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.folded().hash(state);
    }
}
impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &self.written)
    }
}
impl Serialize for Email {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.written)
    }
}
impl<'de> Deserialize<'de> for Email {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Email::new)
    }
}
impl JsonSchema for Email {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Email".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "An e-mail address. Compared without case and in Unicode NFC.",
            "pattern": "^[^@\\s]+@[^@\\s]+$",
            "examples": ["ada@example.com"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emails_compare_without_case_and_unicode_form() {
        assert_eq!(Email::new("Ada@Example.com"), Email::new("ada@example.com"));
        assert_eq!(Email::new("jose\u{301}@x.io"), Email::new("jos\u{e9}@x.io"));
        assert_eq!(Email::new("Ada@x.io").as_str(), "Ada@x.io");
    }

    #[test]
    fn scopes_are_read_as_they_are_written() {
        for text in ["account", "org/default", "org/default/project/web"] {
            assert_eq!(Scope::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "org",
            "org/",
            "project/web",
            "org/a/project",
            "org/a/b/c",
            "org/../project/b",
            "account/org",
            "org/a b",
        ] {
            assert_eq!(Scope::parse(text), None, "{text}");
        }
    }

    #[test]
    fn external_id_carries_the_key_and_foreign_ones_do_not() {
        let ours = ExternalId::for_person(&PersonKey::from("ada"));
        assert_eq!(ours.person_key(), Some(PersonKey::from("ada")));
        assert_eq!(ExternalId::from("00u1abcd").person_key(), None);
        assert_eq!(ExternalId::from("scim-sync:").person_key(), None);
    }
}
