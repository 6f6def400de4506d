//! The SCIM messages we read and write (RFC 7643 §4, RFC 7644 §3), as typed structs.
//!
//! Reading is lenient where real servers are careless (`active: "True"`, numeric ids,
//! `null` for absent, unknown attributes); writing is canonical.

use std::marker::PhantomData;

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};

use crate::ids::attributes::{Attributes, ExtraAttribute, Section};
use crate::ids::fold;

/// Schema URN of the core User (RFC 7643 §4.1).
pub const USER_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// Schema URN of the core Group (RFC 7643 §4.2).
pub const GROUP_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// Schema URN of a PATCH request (RFC 7644 §3.5.2).
pub const PATCH_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A User as read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct User {
    /// The provider's id.
    #[serde(deserialize_with = "text")]
    pub id: Option<String>,
    /// Issued by a provisioning client.
    #[serde(deserialize_with = "text")]
    pub external_id: Option<String>,
    /// The login name; at Harness the e-mail.
    pub user_name: Option<String>,
    /// The name to show.
    pub display_name: Option<String>,
    /// Whether the account is usable; absent on some servers until first sent.
    #[serde(deserialize_with = "boolean")]
    pub active: Option<bool>,
    /// The parts of the name.
    #[serde(deserialize_with = "null_default")]
    pub name: Name,
    /// E-mail addresses.
    #[serde(deserialize_with = "null_default")]
    pub emails: Vec<EmailValue>,
    /// The casual name.
    #[serde(deserialize_with = "line")]
    pub nick_name: Line,
    /// A page about the person.
    #[serde(deserialize_with = "line")]
    pub profile_url: Line,
    /// The job title.
    #[serde(deserialize_with = "line")]
    pub title: Line,
    /// How the person belongs to the organization.
    #[serde(deserialize_with = "line")]
    pub user_type: Line,
    /// The languages they prefer.
    #[serde(deserialize_with = "line")]
    pub preferred_language: Line,
    /// Where they are, for dates and currency.
    #[serde(deserialize_with = "line")]
    pub locale: Line,
    /// The time zone.
    #[serde(deserialize_with = "line")]
    pub timezone: Line,
    /// The enterprise extension.
    #[serde(
        rename = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        deserialize_with = "enterprise"
    )]
    pub enterprise: Option<Box<Enterprise>>,
    /// Resource metadata.
    #[serde(deserialize_with = "null_default")]
    pub meta: Meta,
}

impl User {
    /// The address to treat as the person's e-mail: the only one; of several the primary one,
    /// else the login, else the one for work, else the first; without any a `userName` that
    /// looks like one.
    pub fn email(&self) -> Option<&str> {
        self.chosen_email().map(|(email, _)| email)
    }

    /// Whether it is told which of several addresses is the person's.
    pub fn email_choice(&self) -> EmailChoice {
        self.chosen_email()
            .map_or(EmailChoice::Told, |(_, choice)| choice)
    }

    fn chosen_email(&self) -> Option<(&str, EmailChoice)> {
        let told = |address| Some((address, EmailChoice::Told));
        let mut addresses = self.emails.iter().filter_map(EmailValue::filled);
        let Some((_, first)) = addresses.next() else {
            let login = self.user_name.as_deref();
            return told(login.filter(|name| name.contains('@'))?);
        };
        let others = addresses;
        if others.clone().next().is_none() {
            return told(first);
        }
        let all = || self.emails.iter().filter_map(EmailValue::filled);
        if let Some((_, primary)) = all().find(|(email, _)| email.primary == Some(true)) {
            return told(primary);
        }
        let login = self.user_name.as_deref().map(fold);
        if let Some((_, login)) = all().find(|(_, address)| Some(fold(address)) == login) {
            return told(login);
        }
        let is_for_work = |(email, _): &(&EmailValue, &str)| {
            let kind = email.kind.as_deref();
            kind.is_some_and(|kind| kind.eq_ignore_ascii_case("work"))
        };
        let mut for_work = all().filter(is_for_work);
        match (for_work.next(), for_work.next()) {
            (Some((_, only)), None) => told(only),
            (Some((_, one)), Some(_)) => Some((one, EmailChoice::Guessed)),
            (None, _) => Some((first, EmailChoice::Guessed)),
        }
    }

    /// The value of an attribute beyond names and e-mail.
    pub fn extra(&self, attribute: ExtraAttribute) -> Option<&str> {
        let enterprise = self.enterprise.as_deref();
        let value = match attribute {
            ExtraAttribute::NickName => &self.nick_name,
            ExtraAttribute::ProfileUrl => &self.profile_url,
            ExtraAttribute::Title => &self.title,
            ExtraAttribute::UserType => &self.user_type,
            ExtraAttribute::PreferredLanguage => &self.preferred_language,
            ExtraAttribute::Locale => &self.locale,
            ExtraAttribute::Timezone => &self.timezone,
            ExtraAttribute::MiddleName => &self.name.middle_name,
            ExtraAttribute::HonorificPrefix => &self.name.honorific_prefix,
            ExtraAttribute::HonorificSuffix => &self.name.honorific_suffix,
            ExtraAttribute::EmployeeNumber => &enterprise?.employee_number,
            ExtraAttribute::CostCenter => &enterprise?.cost_center,
            ExtraAttribute::Organization => &enterprise?.organization,
            ExtraAttribute::Division => &enterprise?.division,
            ExtraAttribute::Department => &enterprise?.department,
        };
        value.as_deref().filter(|value| !value.is_empty())
    }

    /// All of them that have a value.
    pub fn attributes(&self) -> Attributes {
        let values = ExtraAttribute::ALL.into_iter();
        let values = values.filter_map(|one| Some((one, self.extra(one)?)));
        values.collect()
    }
}

/// A text that costs little where it is absent.
pub type Line = Option<Box<str>>;

/// The enterprise extension of a User (RFC 7643 §4.3).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Enterprise {
    /// The number the organization gave the person.
    #[serde(deserialize_with = "line")]
    pub employee_number: Line,
    /// The cost center.
    #[serde(deserialize_with = "line")]
    pub cost_center: Line,
    /// The organization.
    #[serde(deserialize_with = "line")]
    pub organization: Line,
    /// The division.
    #[serde(deserialize_with = "line")]
    pub division: Line,
    /// The department.
    #[serde(deserialize_with = "line")]
    pub department: Line,
}

/// `name` of a User (RFC 7643 §4.1.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Name {
    /// First name.
    pub given_name: Option<String>,
    /// Last name.
    pub family_name: Option<String>,
    /// The whole name, formatted.
    pub formatted: Option<String>,
    /// The middle name.
    #[serde(deserialize_with = "line")]
    pub middle_name: Line,
    /// What stands before it.
    #[serde(deserialize_with = "line")]
    pub honorific_prefix: Line,
    /// What stands after it.
    #[serde(deserialize_with = "line")]
    pub honorific_suffix: Line,
}

/// One value of `emails`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(default)]
pub struct EmailValue {
    /// The address.
    pub value: Option<String>,
    /// The kind: `work`, `home`, `other`.
    #[serde(rename = "type", deserialize_with = "line")]
    pub kind: Line,
    /// Whether it is the preferred one.
    #[serde(deserialize_with = "boolean")]
    pub primary: Option<bool>,
}

impl EmailValue {
    /// It with its address, if it has one.
    fn filled(&self) -> Option<(&EmailValue, &str)> {
        let address = self.value.as_deref().filter(|value| !value.is_empty())?;
        Some((self, address))
    }
}

/// Whether a provider tells which of an account's addresses is the person's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum EmailChoice {
    /// It has one, one is primary, one is the login, or one is for work.
    #[default]
    Told,
    /// It has several, and one of them was taken. Nobody is removed on its word.
    Guessed,
}

impl EmailChoice {
    /// Whether it is told, as nearly always.
    pub fn is_told(&self) -> bool {
        match self {
            EmailChoice::Told => true,
            EmailChoice::Guessed => false,
        }
    }
}

/// `meta` of a resource; only the version is of use to a client.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(default)]
pub struct Meta {
    /// The entity tag, where the provider has them.
    #[serde(deserialize_with = "text")]
    pub version: Option<String>,
}

/// A Group as read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Group {
    /// The provider's id.
    #[serde(deserialize_with = "text")]
    pub id: Option<String>,
    /// Issued by a provisioning client.
    #[serde(deserialize_with = "text")]
    pub external_id: Option<String>,
    /// The name to show.
    pub display_name: Option<String>,
    /// Members; `None` when the key is absent, which some servers mean as "not told".
    pub members: Option<Vec<Member>>,
    /// Resource metadata.
    #[serde(deserialize_with = "null_default")]
    pub meta: Meta,
}

/// One member of a Group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(default)]
pub struct Member {
    /// The member's id.
    #[serde(deserialize_with = "text")]
    pub value: Option<CompactString>,
    /// `User` or `Group`; absent on most servers.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// A URI that may tell the kind (`…/Groups/…`) where `type` is absent.
    #[serde(rename = "$ref")]
    pub reference: Option<String>,
}

/// A page of a listing (RFC 7644 §3.4.2).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "T: Deserialize<'de>"))]
pub struct ListResponse<T> {
    /// How many resources match; several providers send the size of this page instead.
    #[serde(default, deserialize_with = "number")]
    pub total_results: Option<u64>,
    /// How many were asked for, or how many came; servers differ.
    #[serde(default, deserialize_with = "number")]
    pub items_per_page: Option<u64>,
    /// The 1-based index of the first one; servers differ here too.
    #[serde(default, deserialize_with = "number")]
    pub start_index: Option<u64>,
    /// The next cursor (RFC 9865), absent on the last page.
    #[serde(default)]
    pub next_cursor: Option<String>,
    /// The resources; `None` when the key is absent or null.
    #[serde(default, rename = "Resources", alias = "resources")]
    pub resources: Option<Vec<T>>,
}

/// A SCIM error body (RFC 7644 §3.12).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ScimErrorBody {
    /// The schemas, by which the body is recognised.
    #[serde(deserialize_with = "null_default")]
    pub schemas: Vec<String>,
    /// The status as the body tells it; Harness sends 404 whatever the HTTP status is.
    #[serde(deserialize_with = "text")]
    pub status: Option<String>,
    /// The kind of error.
    pub scim_type: Option<String>,
    /// The sentence for people.
    pub detail: Option<String>,
}

/// A User to create or replace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserBody<'a> {
    /// The core schema, and the enterprise extension where there is something of it.
    pub schemas: &'static [&'static str],
    /// Our key, on create only where the provider stores it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<&'a str>,
    /// The login name.
    pub user_name: &'a str,
    /// The name to show.
    pub display_name: &'a str,
    /// The parts of the name.
    pub name: NameBody<'a>,
    /// Exactly one address, primary.
    pub emails: [EmailBody<'a>; 1],
    /// Always sent: a server may read its absence as `false` (Harness, faults S5).
    pub active: bool,
    /// Other attributes of the core.
    #[serde(flatten)]
    pub core: SectionBody<'a>,
    /// The enterprise extension.
    #[serde(
        rename = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        skip_serializing_if = "SectionBody::is_empty"
    )]
    pub enterprise: SectionBody<'a>,
}

/// The attributes of one section that have a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SectionBody<'a> {
    /// All attributes of a user.
    pub attributes: &'a Attributes,
    /// The section.
    pub section: Section,
}

impl SectionBody<'_> {
    /// Whether the section has none.
    pub fn is_empty(&self) -> bool {
        self.attributes.of(self.section).next().is_none()
    }
}

impl Serialize for SectionBody<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let values = self.attributes.of(self.section);
        serializer.collect_map(values.map(|(attribute, value)| (attribute.name(), value)))
    }
}

/// `name` of a [`UserBody`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NameBody<'a> {
    /// First name.
    pub given_name: &'a str,
    /// Last name.
    pub family_name: &'a str,
    /// Other parts.
    #[serde(flatten)]
    pub others: SectionBody<'a>,
}

/// One address of a [`UserBody`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EmailBody<'a> {
    /// The address.
    pub value: &'a str,
    /// The kind; strict servers keep it.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Always true.
    pub primary: bool,
}

/// A Group to create; always without members, which are added in batches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupBody<'a> {
    /// Always the core schema.
    pub schemas: [&'static str; 1],
    /// The name to show.
    pub display_name: &'a str,
}

/// A PATCH request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PatchBody {
    /// Always the PatchOp schema.
    pub schemas: [&'static str; 1],
    /// What to do, in order.
    #[serde(rename = "Operations")]
    pub operations: Vec<PatchOperation>,
}

/// One operation of a PATCH. `op` is spelled as the dialect says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PatchOperation {
    /// `add`, `remove` or `replace`, in the case the dialect wants.
    pub op: &'static str,
    /// The attribute path; absent for the path-less form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The value; absent for a removal by value path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<serde_json::Value>,
}

fn null_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// A boolean, or the strings some servers send for one.
fn boolean<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    struct Visitor;
    impl<'de> serde::de::Visitor<'de> for Visitor {
        type Value = Option<bool>;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a boolean")
        }
        fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
            Ok(Some(value))
        }
        fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Self::Value, E> {
            match value {
                "true" | "True" | "TRUE" => Ok(Some(true)),
                "false" | "False" | "FALSE" => Ok(Some(false)),
                other => Err(E::invalid_value(serde::de::Unexpected::Str(other), &self)),
            }
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
        fn visit_none<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
        fn visit_some<D: Deserializer<'de>>(self, d: D) -> Result<Self::Value, D::Error> {
            d.deserialize_any(self)
        }
    }
    deserializer.deserialize_any(Visitor)
}

/// A string, or a number where a server is careless.
fn text<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: From<String> + for<'a> From<&'a str>,
{
    struct Visitor<T>(PhantomData<T>);
    impl<'de, T: From<String> + for<'a> From<&'a str>> serde::de::Visitor<'de> for Visitor<T> {
        type Value = Option<T>;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a string")
        }
        fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
            Ok(Some(value.into()))
        }
        fn visit_string<E>(self, value: String) -> Result<Self::Value, E> {
            Ok(Some(value.into()))
        }
        fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
            Ok(Some(value.to_string().into()))
        }
        fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
            Ok(Some(value.to_string().into()))
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
        fn visit_none<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
        fn visit_some<D: Deserializer<'de>>(self, d: D) -> Result<Self::Value, D::Error> {
            d.deserialize_any(self)
        }
    }
    deserializer.deserialize_any(Visitor(PhantomData))
}

/// A text; whatever is none (some servers keep lists or objects under these names) counts as
/// absent, so that it spoils nobody's account.
fn line<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Line, D::Error> {
    struct Visitor;
    impl<'de> serde::de::Visitor<'de> for Visitor {
        type Value = Line;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a string")
        }
        fn visit_str<E>(self, value: &str) -> Result<Line, E> {
            Ok(Some(value.into()))
        }
        fn visit_string<E>(self, value: String) -> Result<Line, E> {
            Ok(Some(value.into()))
        }
        fn visit_u64<E>(self, value: u64) -> Result<Line, E> {
            Ok(Some(value.to_string().into()))
        }
        fn visit_i64<E>(self, value: i64) -> Result<Line, E> {
            Ok(Some(value.to_string().into()))
        }
        fn visit_f64<E>(self, _: f64) -> Result<Line, E> {
            Ok(None)
        }
        fn visit_bool<E>(self, _: bool) -> Result<Line, E> {
            Ok(None)
        }
        fn visit_unit<E>(self) -> Result<Line, E> {
            Ok(None)
        }
        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Line, A::Error> {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(None)
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Line, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(None)
        }
    }
    deserializer.deserialize_any(Visitor)
}

/// The extension, if it is an object.
fn enterprise<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Box<Enterprise>>, D::Error> {
    struct Visitor;
    impl<'de> serde::de::Visitor<'de> for Visitor {
        type Value = Option<Box<Enterprise>>;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            let map = serde::de::value::MapAccessDeserializer::new(map);
            Enterprise::deserialize(map).map(|it| Some(Box::new(it)))
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok(None)
        }
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok(None)
        }
        fn visit_seq<A: serde::de::SeqAccess<'de>>(
            self,
            mut list: A,
        ) -> Result<Self::Value, A::Error> {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(None)
        }
    }
    deserializer.deserialize_any(Visitor)
}

/// A number, or a string that is one.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let digits: Option<CompactString> = text(deserializer)?;
    Ok(digits.and_then(|digits| digits.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The User representation printed in RFC 7643 §8.1, shortened.
    #[test]
    fn reads_the_rfcs_own_user() {
        let user: User = serde_json::from_str(
            r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],
                "id":"2819c223-7f76-453a-919d-413861904646","userName":"bjensen@example.com",
                "meta":{"resourceType":"User","version":"W\/\"3694e05e9dff590\""}}"#,
        )
        .unwrap();
        assert_eq!(
            user.id.as_deref(),
            Some("2819c223-7f76-453a-919d-413861904646")
        );
        assert_eq!(user.email(), Some("bjensen@example.com"));
        assert_eq!(user.meta.version.as_deref(), Some("W/\"3694e05e9dff590\""));
    }

    #[test]
    fn reads_attributes_and_what_is_none_spoils_nobody() {
        let user: User = serde_json::from_str(
            r#"{"id":"1","title":"Tour Guide","nickName":"","locale":null,"userType":["Employee"],
                "timezone":{"name":"UTC"},"profileUrl":false,
                "name":{"middleName":"Jane","formatted":"Ms. Barbara Jane Jensen"},
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":
                {"employeeNumber":701984,"costCenter":"4130","manager":{"value":"26118915"}}}"#,
        )
        .unwrap();
        let told: Vec<String> = user
            .attributes()
            .iter()
            .map(|(attribute, value)| format!("{}={value}", attribute.name()))
            .collect();
        assert_eq!(
            told,
            [
                "title=Tour Guide",
                "middleName=Jane",
                "employeeNumber=701984",
                "costCenter=4130"
            ]
        );
        for odd in ["null", "[]", "\"none\"", "true"] {
            let text = format!(
                r#"{{"id":"1","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{odd}}}"#
            );
            let user: User = serde_json::from_str(&text).unwrap();
            assert!(user.attributes().is_empty(), "{odd}");
        }
    }

    #[test]
    fn of_several_addresses_one_is_the_persons() {
        let choice = |login: &str, emails: &str| {
            let text = format!(r#"{{"id":"1","userName":"{login}","emails":[{emails}]}}"#);
            let user: User = serde_json::from_str(&text).unwrap();
            (user.email().map(str::to_owned), user.email_choice())
        };
        let told = |address: &str| (Some(address.to_owned()), EmailChoice::Told);
        let guessed = |address: &str| (Some(address.to_owned()), EmailChoice::Guessed);
        let (bob, carol) = (
            r#"{"value":"bob@x.io","type":"other"}"#,
            r#"{"value":"carol@x.io","type":"work"}"#,
        );
        let both = format!("{bob},{carol}");
        assert_eq!(
            choice("c", &both.replace("work\"", "work\",\"primary\":true")),
            told("carol@x.io")
        );
        assert_eq!(
            choice(
                "bob@x.io",
                &both.replace("carol@x.io\"", "carol@x.io\",\"primary\":\"true\"")
            ),
            told("carol@x.io")
        );
        assert_eq!(
            choice("Carol@x.io", &both.replace("work", "other")),
            told("carol@x.io")
        );
        assert_eq!(choice("c", &both), told("carol@x.io"));
        assert_eq!(
            choice("c", &both.replace("other", "Work")),
            guessed("bob@x.io")
        );
        assert_eq!(
            choice("c", &both.replace("work", "home")),
            guessed("bob@x.io")
        );
        assert_eq!(choice("c", bob), told("bob@x.io"));
        assert_eq!(
            choice("c", &format!(r#"{{"value":"","primary":true}},{bob}"#)),
            told("bob@x.io")
        );
        assert_eq!(choice("c@x.io", ""), told("c@x.io"));
        assert_eq!(choice("c", ""), (None, EmailChoice::Told));
    }

    #[test]
    fn reads_what_careless_servers_send() {
        let user: User = serde_json::from_str(
            r#"{"id":7,"active":"True","name":null,"emails":null,"groups":[],"extra":{}}"#,
        )
        .unwrap();
        assert_eq!(user.id.as_deref(), Some("7"));
        assert_eq!(user.active, Some(true));
        let page: ListResponse<User> =
            serde_json::from_str(r#"{"totalResults":"3","resources":null}"#).unwrap();
        assert_eq!(page.total_results, Some(3));
        assert_eq!(page.resources, None);
    }
}
