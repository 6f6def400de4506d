//! `attributes` of a person.

use super::fields::Field;
use super::keys::ATTRIBUTES;
use super::{Decoder, Of};
use crate::ids::attributes::ExtraAttribute;
use crate::manifest::decl::{AttributeDecl, AttributesDecl, LONGEST_ATTRIBUTE};
use crate::manifest::fault::{Fault, FaultCode};
use crate::manifest::source::{Span, Spanned};
use crate::manifest::tree::{Kind, Node};
use crate::manifest::words::{is_invisible, quoted};

/// Attributes of a User (RFC 7643 §4.1, §4.3) that stand somewhere else, or are not declared.
const ELSEWHERE: &[(&str, Elsewhere)] = &[
    ("email", Elsewhere::OfThePerson),
    ("givenName", Elsewhere::OfThePerson),
    ("familyName", Elsewhere::OfThePerson),
    ("displayName", Elsewhere::OfThePerson),
    ("userName", Elsewhere::Is("the e-mail, `email`")),
    ("emails", Elsewhere::Is("the one e-mail, `email`")),
    ("active", Elsewhere::Is("`status`")),
    ("externalId", Elsewhere::Is("made of the person's key")),
    ("groups", Elsewhere::Is("what roles and mappings give")),
    ("id", Elsewhere::Is("what the provider issues")),
    ("password", Elsewhere::Secret),
    ("manager", Elsewhere::Reference),
    ("phoneNumbers", Elsewhere::Several),
    ("addresses", Elsewhere::Several),
    ("ims", Elsewhere::Several),
    ("photos", Elsewhere::Several),
    ("roles", Elsewhere::Several),
    ("entitlements", Elsewhere::Several),
    ("x509Certificates", Elsewhere::Several),
];

/// Why an attribute of SCIM is none that is declared under `attributes`.
#[derive(Debug, Clone, Copy)]
enum Elsewhere {
    /// It is a key of the person.
    OfThePerson,
    /// Something else is meant by it.
    Is(&'static str),
    /// It does not belong into a file.
    Secret,
    /// It names another account.
    Reference,
    /// It has several values.
    Several,
}

impl Elsewhere {
    /// A fragment that follows the name, and what to do.
    fn told(self, name: &str) -> (String, String) {
        match self {
            Elsewhere::OfThePerson => (
                "is a key of the person itself".to_owned(),
                format!("write `{name}` beside `attributes`, not under it"),
            ),
            Elsewhere::Is(what) => (format!("is {what}"), "take it out".to_owned()),
            Elsewhere::Secret => (
                "does not belong into a file".to_owned(),
                "take it out, and change the password if this one is real".to_owned(),
            ),
            Elsewhere::Reference => (
                "names another account, and only attributes that are one text are declared"
                    .to_owned(),
                "take it out; what the account has is left alone".to_owned(),
            ),
            Elsewhere::Several => (
                "has several values, and only attributes that are one text are declared".to_owned(),
                "take it out; what the account has is left alone".to_owned(),
            ),
        }
    }
}

impl Decoder {
    /// Attributes of a person beyond names and e-mail.
    pub(super) fn attributes(&mut self, key: &str, node: Node<'_>) -> Option<Box<AttributesDecl>> {
        let of = Of::Attributes(key);
        let fields = self.fields(node, of, &ATTRIBUTES)?;
        let mut declared = Vec::new();
        for attribute in ExtraAttribute::ALL {
            let Some(field) = fields.written(attribute.name()) else {
                continue;
            };
            let value = match field.is_null() {
                true => None,
                false => match self.attribute(attribute, field, of) {
                    Some(value) => Some(value),
                    None => continue,
                },
            };
            declared.push(AttributeDecl {
                attribute: Spanned::new(attribute, field.key),
                value,
            });
        }
        declared.shrink_to_fit();
        (!declared.is_empty()).then(|| Box::new(AttributesDecl(declared)))
    }

    /// A value, as it can stand in an account: one line with nothing unseen in it.
    fn attribute(
        &mut self,
        attribute: ExtraAttribute,
        field: Field<'_>,
        of: Of<'_>,
    ) -> Option<Spanned<String>> {
        let Kind::Scalar(scalar) = field.node.kind() else {
            let subject = format!("`{}` of {of}", field.name);
            self.wrong_type(field.node, &subject, "a text", "write one text");
            return None;
        };
        let (text, span) = (scalar.text, field.node.span());
        let problem = problem(text).or_else(|| match attribute {
            ExtraAttribute::ProfileUrl => not_a_url(text),
            ExtraAttribute::NickName
            | ExtraAttribute::Title
            | ExtraAttribute::UserType
            | ExtraAttribute::PreferredLanguage
            | ExtraAttribute::Locale
            | ExtraAttribute::Timezone
            | ExtraAttribute::MiddleName
            | ExtraAttribute::HonorificPrefix
            | ExtraAttribute::HonorificSuffix
            | ExtraAttribute::EmployeeNumber
            | ExtraAttribute::CostCenter
            | ExtraAttribute::Organization
            | ExtraAttribute::Division
            | ExtraAttribute::Department => None,
        });
        match problem {
            None => Some(Spanned::new(text.to_owned(), span)),
            Some((problem, help)) => {
                let message = format!("`{}` of {of} {problem}", field.name);
                self.invalid(span, problem, message, help);
                None
            }
        }
    }

    /// Says of an attribute of SCIM why it does not stand under `attributes`; whether it is one.
    pub(super) fn is_elsewhere(&mut self, written: Spanned<&str>, value: Span, of: Of<'_>) -> bool {
        let known = ELSEWHERE.iter();
        let mut known = known.filter(|(name, _)| name.eq_ignore_ascii_case(written.value));
        let Some((name, elsewhere)) = known.next() else {
            return false;
        };
        let (why, help) = elsewhere.told(name);
        let fault = Fault::error(
            FaultCode::UnsupportedAttribute,
            written.span,
            "not declared here",
            format!("`{name}` of {of} {why}"),
            help,
        );
        self.fault(match elsewhere {
            Elsewhere::Secret => fault.redact_snippet(value),
            Elsewhere::OfThePerson
            | Elsewhere::Is(_)
            | Elsewhere::Reference
            | Elsewhere::Several => fault,
        });
        true
    }
}

/// Whether a text can be the value of an attribute.
pub fn is_attribute(attribute: ExtraAttribute, text: &str) -> bool {
    let is_url = attribute != ExtraAttribute::ProfileUrl || not_a_url(text).is_none();
    problem(text).is_none() && is_url
}

/// Why a text is no value: a fragment that follows the attribute, and what to do.
fn problem(text: &str) -> Option<(String, String)> {
    if text.trim().is_empty() {
        return Some((
            "is empty".to_owned(),
            "write a value, `null` to have it cleared, or leave the key out".to_owned(),
        ));
    }
    if text.trim() != text {
        return Some((
            "starts or ends with white space".to_owned(),
            format!("write {}", quoted(text.trim())),
        ));
    }
    if let Some(c) = text.chars().find(|c| is_invisible(*c)) {
        return Some((
            format!("holds the invisible character U+{:04X}", u32::from(c)),
            format!("retype it as {}", quoted(&text.replace(is_invisible, ""))),
        ));
    }
    let length = text.chars().count();
    (length > LONGEST_ATTRIBUTE).then(|| {
        (
            format!("has {length} characters"),
            format!("write {LONGEST_ATTRIBUTE} at most"),
        )
    })
}

fn not_a_url(text: &str) -> Option<(String, String)> {
    let is_web = |url: url::Url| matches!(url.scheme(), "http" | "https");
    (!url::Url::parse(text).is_ok_and(is_web)).then(|| {
        (
            "is no address of a page".to_owned(),
            "write it whole: `https://example.com/ada`".to_owned(),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_one_line_with_nothing_unseen() {
        for good in ["Engineer", "701984", "Müller & Co.", "a\u{301}"] {
            assert!(is_attribute(ExtraAttribute::Title, good), "{good:?}");
        }
        for bad in ["", " ", "Engineer ", "a\nb", "a\u{200b}b", "a\u{7}b"] {
            assert!(!is_attribute(ExtraAttribute::Title, bad), "{bad:?}");
        }
        assert!(!is_attribute(
            ExtraAttribute::Title,
            &"x".repeat(LONGEST_ATTRIBUTE + 1)
        ));
        assert!(is_attribute(ExtraAttribute::ProfileUrl, "https://x.io/ada"));
        assert!(!is_attribute(ExtraAttribute::ProfileUrl, "x.io/ada"));
    }

    #[test]
    fn nothing_stands_in_two_places() {
        for (name, _) in ELSEWHERE {
            assert_eq!(ExtraAttribute::named(name), None, "{name}");
        }
    }
}
