//! The root file's settings: target, token, sandbox, policy.
//!
//! **Invariants.** No message repeats what stands where a token is wanted, and every fault
//! there hides its source line: people paste real tokens by mistake.

use super::fields::Field;
use super::keys::{FIRST_GEN, HARNESS, LIMITS, PROTECT, SANDBOX, TARGET, TOKEN, words};
use super::{Decoder, Of, file};
use crate::ids::GroupName;
use crate::manifest::decl::{
    Declared, FirstGenDecl, HarnessDecl, LimitsDecl, PolicyDecl, ProtectDecl, SandboxDecl,
    TargetDecl, TokenDecl,
};
use crate::manifest::fault::{Fault, FaultCode};
use crate::manifest::source::Spanned;
use crate::manifest::tree::{Kind, Node};

const TARGET_PATH: Of<'static> = Of::Section("target");
const TOKEN_PATH: Of<'static> = Of::Section("target.token");
const FIRST_GEN_TOKEN_PATH: Of<'static> = Of::Section("target.harness.firstGen.token");

impl Decoder {
    pub(super) fn target(&mut self, node: Node<'_>) -> TargetDecl {
        let of = TARGET_PATH;
        let Some(fields) = self.fields(node, of, &TARGET) else {
            return file::target_stand_in(node.head());
        };
        let provider = match fields.get("provider") {
            Some(field) => self.line(field, of),
            None => {
                if fields.lacks("provider") {
                    let place = fields
                        .written("provider")
                        .map_or(node.head(), |field| field.key);
                    let help = "add `provider: harness`, or `provider: scim` for any other SCIM \
                                2.0 service";
                    self.missing(place, "provider", of, help);
                }
                None
            }
        };
        TargetDecl {
            provider: provider.unwrap_or_else(|| Spanned::new(String::new(), node.head())),
            base_url: fields.get("baseUrl").and_then(|field| self.line(field, of)),
            token: fields
                .get("token")
                .and_then(|field| self.secret(field, TOKEN_PATH)),
            ca_file: fields.get("caFile").and_then(|field| self.line(field, of)),
            sandbox: fields
                .get("sandbox")
                .map(|field| self.sandbox(field.node))
                .unwrap_or_default(),
            dialect: fields
                .get("dialect")
                .map(|field| self.dialect(field.node))
                .unwrap_or_default(),
            harness: fields
                .get("harness")
                .map(|field| self.harness(field.node))
                .unwrap_or_default(),
            policy: fields
                .get("policy")
                .map(|field| Spanned::new(self.target_policy(field.node), field.key)),
        }
    }

    fn harness(&mut self, node: Node<'_>) -> HarnessDecl {
        let of = Of::Section("target.harness");
        let Some(fields) = self.fields(node, of, &HARNESS) else {
            return HarnessDecl::default();
        };
        HarnessDecl {
            first_gen: fields
                .get("firstGen")
                .and_then(|field| self.first_gen(field)),
        }
    }

    fn first_gen(&mut self, field: Field<'_>) -> Option<FirstGenDecl> {
        let of = Of::Section("target.harness.firstGen");
        let fields = self.fields(field.node, of, &FIRST_GEN)?;
        match (fields.get("emails"), fields.get("baseUrl")) {
            (Some(_), None) | (None, Some(_)) => {}
            (None, None) => {
                self.invalid(
                    field.key,
                    "no source",
                    format!("{of} does not say who is in it"),
                    "say who is in it: `emails: FILE`, with one address a line, or `baseUrl: URL`, \
                     its SCIM base URL",
                );
                return None;
            }
            (Some(emails), Some(base_url)) => {
                self.fault(
                    Fault::error(
                        FaultCode::InvalidValue,
                        base_url.key,
                        "a second source",
                        format!("{of} names two sources, `emails` and `baseUrl`"),
                        "keep one of them",
                    )
                    .with_related(emails.key, "the first source"),
                );
                return None;
            }
        }
        Some(FirstGenDecl {
            emails: fields.get("emails").and_then(|field| self.line(field, of)),
            base_url: fields.get("baseUrl").and_then(|field| self.line(field, of)),
            token: fields
                .get("token")
                .and_then(|field| self.secret(field, FIRST_GEN_TOKEN_PATH)),
        })
    }

    /// A token's source, whose faults show nothing of what is written there.
    fn secret(&mut self, field: Field<'_>, of: Of<'static>) -> Option<TokenDecl> {
        let before = self.faults.len();
        let token = self.token(field, of);
        for fault in &mut self.faults[before..] {
            fault.redact.get_or_insert(field.node.span());
        }
        token
    }

    fn token(&mut self, field: Field<'_>, of: Of<'static>) -> Option<TokenDecl> {
        let node = field.node;
        match node.kind() {
            Kind::Mapping(_) => {}
            Kind::Scalar(_) | Kind::Sequence(_) => {
                self.fault(
                    Fault::error(
                        FaultCode::LiteralToken,
                        node.head(),
                        "a value where its source is wanted",
                        "the token itself is written into the manifest",
                        "take it out, revoke it if this file was ever shared, and say where to \
                         find a new one: `token: { env: HARNESS_SCIM_TOKEN }`, `{ file: … }` or \
                         `{ command: […] }`",
                    )
                    .redact_snippet(node.span()),
                );
                return None;
            }
        }
        let fields = self.fields(node, of, &TOKEN)?;
        let mut written = TOKEN.names.iter().filter_map(|name| fields.get(name));
        let Some(source) = written.next() else {
            self.fault(
                Fault::error(
                    FaultCode::MissingField,
                    field.key,
                    "no source",
                    format!("{of} does not say where the token is"),
                    "write `token: { env: HARNESS_SCIM_TOKEN }`, `{ file: … }` or \
                     `{ command: […] }`",
                )
                .redact_snippet(node.span()),
            );
            return None;
        };
        if let Some(second) = written.next() {
            self.fault(
                Fault::error(
                    FaultCode::InvalidValue,
                    second.key,
                    "a second source",
                    format!(
                        "{of} names two sources, `{}` and `{}`",
                        source.name, second.name
                    ),
                    "keep one of them",
                )
                .with_related(source.key, "the first source"),
            );
            return None;
        }
        match source.name {
            "env" => self.variable(source, of),
            "file" => Some(TokenDecl::File(self.line(source, of)?)),
            _command => self.command(source, of),
        }
    }

    fn variable(&mut self, field: Field<'_>, of: Of<'static>) -> Option<TokenDecl> {
        let name = self.line(field, of)?;
        let plain = name
            .value
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_');
        if plain && !name.value.starts_with(|c: char| c.is_ascii_digit()) {
            return Some(TokenDecl::Env(name));
        }
        self.fault(
            Fault::error(
                FaultCode::InvalidValue,
                name.span,
                "not a variable's name",
                format!("`env` of {of} is not the name of an environment variable"),
                "write the variable's name without `$` and braces: \
                 `token: { env: HARNESS_SCIM_TOKEN }`; never the token itself",
            )
            .redact_snippet(name.span),
        );
        None
    }

    fn command(&mut self, field: Field<'_>, of: Of<'static>) -> Option<TokenDecl> {
        let mut words = Vec::new();
        let example = "[pass, show, harness-scim]";
        let listed = self.items(field, of, example, |decoder, item| {
            let word = Field {
                node: item,
                ..field
            };
            if let Some(word) = decoder.text(word, of) {
                words.push(word.value);
            }
        });
        if !listed {
            return None;
        }
        if words.first().is_none_or(String::is_empty) {
            self.invalid(
                field.node.head(),
                "no program",
                format!("`command` of {of} names no program"),
                "write the program and its arguments as a list: `[pass, show, harness-scim]`",
            );
            return None;
        }
        Some(TokenDecl::Command(Spanned::new(words, field.node.span())))
    }

    fn sandbox(&mut self, node: Node<'_>) -> SandboxDecl {
        let of = Of::Section("target.sandbox");
        let Some(fields) = self.fields(node, of, &SANDBOX) else {
            return SandboxDecl::default();
        };
        SandboxDecl {
            state: fields.get("state").and_then(|field| self.line(field, of)),
            behavior: fields
                .written("behavior")
                .and_then(|field| self.word(field, of, words::SANDBOX_BEHAVIOR))
                .map(|behavior| behavior.value)
                .unwrap_or_default(),
        }
    }

    /// The root's policy: what is said of it, over what holds where nothing is said.
    pub(super) fn policy(&mut self, node: Node<'_>) -> PolicyDecl {
        PolicyDecl::default().at(&self.target_policy(node))
    }

    pub(super) fn limits(&mut self, node: Node<'_>) -> LimitsDecl {
        let of = Of::Section("policy.limits");
        let Some(fields) = self.fields(node, of, &LIMITS) else {
            return LimitsDecl::default();
        };
        let mut limit = |name| fields.get(name).and_then(|field| self.limit(field, of));
        LimitsDecl {
            user_removals: limit("userRemovals"),
            membership_removals: limit("membershipRemovals"),
            per_group_removals: limit("perGroupRemovals"),
            binding_removals: limit("bindingRemovals"),
            minimum_population: fields
                .get("minimumPopulation")
                .and_then(|field| self.number(field, of)),
        }
    }

    pub(super) fn protect(&mut self, node: Node<'_>) -> ProtectDecl {
        let of = Of::Section("policy.protect");
        let Some(fields) = self.fields(node, of, &PROTECT) else {
            return ProtectDecl::default();
        };
        let mut min_members = Declared::default();
        if let Some(field) = fields.get("minMembers") {
            self.entries(field, of, "a group's name", |decoder, key, node| {
                let subject = "an entry of `minMembers`";
                if let Some(number) = decoder.number_at(node, subject) {
                    let key = Spanned::new(GroupName::from(key.value), key.span);
                    min_members.0.push((key, number));
                }
            });
        }
        ProtectDecl {
            users: self.names(fields.get("users"), of, "a person's key"),
            groups: self.names(fields.get("groups"), of, "a group's name"),
            min_members,
        }
    }
}
