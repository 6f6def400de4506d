//! The members of a role, packed: a manifest may hold a million of them.
//!
//! **Invariants.** A member is kept as its place. What is written there is the person's key,
//! except where it is kept beside; so the texts a manifest was read from belong to it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;

use super::source::{FileId, SourceMap, Span, Spanned};
use crate::ids::PersonKey;

/// The members of a role, in the order written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Members {
    /// The file that all of them are in, where there are any.
    file: Option<FileId>,
    places: Vec<(u32, u32)>,
    /// What more there is to say of few, by position.
    said: BTreeMap<u32, Said>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Said {
    /// The person's key, where it is not what is written: in quotes, say.
    key: Option<PersonKey>,
    until: Option<Spanned<Date>>,
    reason: Option<Spanned<String>>,
}

/// How a person's key is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// As it is.
    Plainly,
    /// In quotes, with escapes, by an alias.
    Otherwise,
}

/// One member of a role: a person's key, or a grant with an end and a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberDecl<'a> {
    /// The person's key.
    pub user: Spanned<&'a str>,
    /// The last day of the grant, inclusive.
    pub until: Option<Spanned<Date>>,
    /// Why, for whoever asks later: a ticket, a sentence.
    pub reason: Option<&'a Spanned<String>>,
}

impl Members {
    /// Adds a member; all of a role's are in one file.
    pub fn push(&mut self, member: MemberDecl<'_>, written: Written) {
        let MemberDecl {
            user,
            until,
            reason,
        } = member;
        debug_assert!(self.file.is_none_or(|file| file == user.span.file));
        self.file = Some(user.span.file);
        let said = Said {
            key: match written {
                Written::Plainly => None,
                Written::Otherwise => Some(PersonKey::from(user.value)),
            },
            until,
            reason: reason.cloned(),
        };
        if said != Said::default() {
            let at = u32::try_from(self.places.len()).expect("fewer than 2^32 members");
            self.said.insert(at, said);
        }
        self.places.push((user.span.start, user.span.end));
    }

    /// Gives back the room for more.
    pub fn shrink_to_fit(&mut self) {
        self.places.shrink_to_fit();
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether nobody is named.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The members, read in the texts they came from.
    pub fn iter<'a>(&'a self, sources: &'a SourceMap) -> impl Iterator<Item = MemberDecl<'a>> {
        let file = self.file.unwrap_or(FileId(0));
        self.places.iter().zip(0..).map(move |(&(start, end), at)| {
            let span = Span { file, start, end };
            let said = self.said.get(&at);
            let key = said.and_then(|said| said.key.as_ref());
            MemberDecl {
                user: Spanned::new(
                    key.map_or_else(|| sources.text(span), PersonKey::as_str),
                    span,
                ),
                until: said.and_then(|said| said.until),
                reason: said.and_then(|said| said.reason.as_ref()),
            }
        })
    }

    /// Keeps the members of whom `keeps` says so by their keys.
    #[must_use]
    pub fn of(&self, sources: &SourceMap, keeps: impl Fn(&str) -> bool) -> Self {
        let mut kept = Self::default();
        for (member, at) in self.iter(sources).zip(0..) {
            if keeps(member.user.value) {
                let said = self.said.get(&at);
                let written = match said.and_then(|said| said.key.as_ref()) {
                    Some(_) => Written::Otherwise,
                    None => Written::Plainly,
                };
                kept.push(member, written);
            }
        }
        kept.shrink_to_fit();
        kept
    }
}

/// The long form of a role's member.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "describes MemberDecl's long form to the schema")]
struct GrantDecl {
    /// The person's key.
    user: PersonKey,
    /// The last day of the grant, inclusive: `2027-01-31`.
    #[schemars(
        with = "Option<String>",
        extend(
            "format" = "date",
            "pattern" = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
            "examples" = ["2027-01-31"]
        )
    )]
    until: Option<String>,
    /// Why, for whoever asks later: a ticket, a sentence.
    reason: Option<String>,
}

impl JsonSchema for MemberDecl<'_> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "MemberDecl".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let key = generator.subschema_for::<PersonKey>();
        let grant = generator.subschema_for::<GrantDecl>();
        schemars::json_schema!({
            "description": "One member of a role: a person's key, or a grant with an end and a reason.",
            "oneOf": [key, grant],
        })
    }
}
