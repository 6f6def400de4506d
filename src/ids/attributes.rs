//! Attributes of a person beyond login, names and e-mail: single texts of the core User and of
//! the enterprise extension (RFC 7643 §4.1, §4.3).
//!
//! **Invariants.** No name is twice in a set of attributes, and a person without any costs a
//! pointer.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

/// Schema URN of the enterprise extension (RFC 7643 §4.3).
pub const ENTERPRISE_SCHEMA: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// An attribute of a person that some providers take.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum ExtraAttribute {
    /// The casual name: `Bob`.
    NickName,
    /// The address of a page about the person.
    ProfileUrl,
    /// The job title: `Vice President`.
    Title,
    /// How the organization and the person are related: `Contractor`, `Employee`.
    UserType,
    /// The languages they prefer, as in `Accept-Language`: `en-GB`.
    PreferredLanguage,
    /// Where they are, for dates and currency (RFC 5646): `de-CH`.
    Locale,
    /// The time zone by its name in the IANA database: `Europe/Zurich`.
    Timezone,
    /// The middle name, `name.middleName`.
    MiddleName,
    /// What stands before the name, `name.honorificPrefix`: `Dr.`.
    HonorificPrefix,
    /// What stands after the name, `name.honorificSuffix`: `III`.
    HonorificSuffix,
    /// The number the organization gave them (enterprise extension).
    EmployeeNumber,
    /// The cost center (enterprise extension).
    CostCenter,
    /// The organization (enterprise extension).
    Organization,
    /// The division (enterprise extension).
    Division,
    /// The department (enterprise extension).
    Department,
}

/// Where an attribute stands in a User.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Beside `userName`.
    Core,
    /// In `name`.
    Name,
    /// In the enterprise extension.
    Enterprise,
}

impl ExtraAttribute {
    /// How many there are.
    pub const COUNT: usize = 15;

    /// All of them, in the order of the standard.
    pub const ALL: [ExtraAttribute; Self::COUNT] = [
        ExtraAttribute::NickName,
        ExtraAttribute::ProfileUrl,
        ExtraAttribute::Title,
        ExtraAttribute::UserType,
        ExtraAttribute::PreferredLanguage,
        ExtraAttribute::Locale,
        ExtraAttribute::Timezone,
        ExtraAttribute::MiddleName,
        ExtraAttribute::HonorificPrefix,
        ExtraAttribute::HonorificSuffix,
        ExtraAttribute::EmployeeNumber,
        ExtraAttribute::CostCenter,
        ExtraAttribute::Organization,
        ExtraAttribute::Division,
        ExtraAttribute::Department,
    ];

    /// The names of [`ExtraAttribute::ALL`], in their order.
    pub const NAMES: [&'static str; Self::COUNT] = {
        let mut names = [""; Self::COUNT];
        let mut at = 0;
        while at < Self::COUNT {
            names[at] = Self::ALL[at].name();
            at += 1;
        }
        names
    };

    /// The name, as SCIM spells it and manifests, plans and snapshots have it.
    pub const fn name(self) -> &'static str {
        match self {
            ExtraAttribute::NickName => "nickName",
            ExtraAttribute::ProfileUrl => "profileUrl",
            ExtraAttribute::Title => "title",
            ExtraAttribute::UserType => "userType",
            ExtraAttribute::PreferredLanguage => "preferredLanguage",
            ExtraAttribute::Locale => "locale",
            ExtraAttribute::Timezone => "timezone",
            ExtraAttribute::MiddleName => "middleName",
            ExtraAttribute::HonorificPrefix => "honorificPrefix",
            ExtraAttribute::HonorificSuffix => "honorificSuffix",
            ExtraAttribute::EmployeeNumber => "employeeNumber",
            ExtraAttribute::CostCenter => "costCenter",
            ExtraAttribute::Organization => "organization",
            ExtraAttribute::Division => "division",
            ExtraAttribute::Department => "department",
        }
    }

    /// The attribute of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Where it stands in a User.
    pub const fn section(self) -> Section {
        match self {
            ExtraAttribute::NickName
            | ExtraAttribute::ProfileUrl
            | ExtraAttribute::Title
            | ExtraAttribute::UserType
            | ExtraAttribute::PreferredLanguage
            | ExtraAttribute::Locale
            | ExtraAttribute::Timezone => Section::Core,
            ExtraAttribute::MiddleName
            | ExtraAttribute::HonorificPrefix
            | ExtraAttribute::HonorificSuffix => Section::Name,
            ExtraAttribute::EmployeeNumber
            | ExtraAttribute::CostCenter
            | ExtraAttribute::Organization
            | ExtraAttribute::Division
            | ExtraAttribute::Department => Section::Enterprise,
        }
    }

    /// The path of a PATCH operation (RFC 7644 §3.5.2, §3.10).
    pub fn scim_path(self) -> Cow<'static, str> {
        let name = self.name();
        match self.section() {
            Section::Core => name.into(),
            Section::Name => format!("name.{name}").into(),
            Section::Enterprise => format!("{ENTERPRISE_SCHEMA}:{name}").into(),
        }
    }
}

/// Values of such attributes. Those that are not in it are left alone; an empty one means that
/// the attribute has, or is to have, no value (RFC 7643 §2.5).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
// Almost nobody has any, and there are many people.
#[expect(clippy::box_collection, reason = "a pointer for whoever has none")]
pub struct Attributes(Option<Box<BTreeMap<ExtraAttribute, Box<str>>>>);

/// To a schema, an object of texts.
impl JsonSchema for Attributes {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Attributes".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let value = generator.subschema_for::<String>();
        schemars::json_schema!({
            "type": "object",
            "propertyNames": { "enum": ExtraAttribute::NAMES },
            "additionalProperties": value,
        })
    }
}

/// None, for whoever has to lend some.
pub static NO_ATTRIBUTES: Attributes = Attributes(None);

impl Attributes {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|map| map.is_empty())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |map| map.len())
    }

    /// The value of one, if it is in the set; empty for one without a value.
    pub fn get(&self, attribute: ExtraAttribute) -> Option<&str> {
        self.0.as_ref()?.get(&attribute).map(|value| &**value)
    }

    /// The value of one that has one.
    pub fn value(&self, attribute: ExtraAttribute) -> Option<&str> {
        self.get(attribute).filter(|value| !value.is_empty())
    }

    /// Puts one in.
    pub fn set(&mut self, attribute: ExtraAttribute, value: impl Into<Box<str>>) {
        let map = self.0.get_or_insert_default();
        map.insert(attribute, value.into());
    }

    /// Puts one in if it has a value, and takes it out if it has none.
    pub fn assign(&mut self, attribute: ExtraAttribute, value: &str) {
        match (value.is_empty(), &mut self.0) {
            (false, _) => self.set(attribute, value),
            (true, None) => {}
            (true, Some(map)) => {
                map.remove(&attribute);
                if map.is_empty() {
                    self.0 = None;
                }
            }
        }
    }

    /// All in the set, in the order of the standard.
    pub fn iter(&self) -> impl Iterator<Item = (ExtraAttribute, &str)> {
        let map = self.0.iter().flat_map(|map| map.iter());
        map.map(|(attribute, value)| (*attribute, &**value))
    }

    /// Those of one section that have a value.
    pub fn of(&self, section: Section) -> impl Iterator<Item = (ExtraAttribute, &str)> {
        let all = self.iter();
        all.filter(move |(attribute, value)| attribute.section() == section && !value.is_empty())
    }

    /// Those that have a value and are among these.
    #[must_use]
    pub fn valued(&self, among: &[ExtraAttribute]) -> Attributes {
        let kept = self
            .iter()
            .filter(|(attribute, value)| !value.is_empty() && among.contains(attribute));
        kept.collect()
    }
}

impl<V: Into<Box<str>>> FromIterator<(ExtraAttribute, V)> for Attributes {
    fn from_iter<I: IntoIterator<Item = (ExtraAttribute, V)>>(values: I) -> Self {
        let mut attributes = Attributes::default();
        for (attribute, value) in values {
            attributes.set(attribute, value);
        }
        attributes
    }
}

/// Whether two values are one to whoever reads them: letter by letter, in whatever Unicode form
/// (RFC 7644 §5).
pub fn same_value(one: &str, other: &str) -> bool {
    one == other || one.nfc().eq(other.nfc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_has_one_name_everywhere() {
        for attribute in ExtraAttribute::ALL {
            let name = attribute.name();
            assert_eq!(ExtraAttribute::named(name), Some(attribute));
            assert_eq!(
                serde_json::to_value(attribute).expect("a name"),
                serde_json::json!(name)
            );
            assert!(attribute.scim_path().ends_with(name));
        }
        assert!(ExtraAttribute::ALL.is_sorted());
    }

    #[test]
    fn whoever_has_none_costs_a_pointer() {
        assert_eq!(size_of::<Attributes>(), size_of::<usize>());
        let mut attributes = Attributes::default();
        attributes.assign(ExtraAttribute::Title, "Engineer");
        attributes.assign(ExtraAttribute::Title, "");
        assert_eq!(attributes, Attributes::default());
    }

    #[test]
    fn one_value_in_two_forms_is_one_value() {
        assert!(same_value("Caf\u{e9}", "Cafe\u{301}"));
        assert!(!same_value("Sales", "sales"));
    }
}
