//! `target` or `targets`, what holds at which of them, and the policy of one.

use super::fields::{Field, Fields};
use super::keys::{ON_REMOVAL, POLICY, ROOT, UNDECLARED, words};
use super::{Decoder, Of, file};
use crate::ids::TargetName;
use crate::manifest::decl::{
    Declared, TargetDecl, TargetOnRemovalDecl, TargetPolicyDecl, TargetUndeclaredDecl,
};
use crate::manifest::fault::{Fault, FaultCode};
use crate::manifest::source::{Span, Spanned};
use crate::manifest::tree::Node;
use crate::manifest::words::quoted;

/// What the shape of a name asks for.
const SHAPE: &str = "a target's name is up to 32 lower-case letters, digits, `-` and `_`, the \
                     first a letter: it becomes part of files' names";

type RootFields<'t> = Fields<'t, { ROOT.names.len() }>;

impl Decoder {
    /// The root's `target`, or its `targets`. One of the two is there, or a fault.
    pub(super) fn one_or_more(
        &mut self,
        fields: &RootFields<'_>,
        start: Span,
    ) -> (Option<TargetDecl>, Declared<TargetName, TargetDecl>) {
        let (one, named) = (fields.get("target"), fields.written("targets"));
        if let (Some(one), Some(named)) = (one, named) {
            self.fault(
                Fault::error(
                    FaultCode::InvalidValue,
                    named.key,
                    "and several here",
                    "the manifest has a `target` and `targets`",
                    "keep one of them: move what `target` says under a name of its own in \
                     `targets`",
                )
                .with_related(one.key, "one target here"),
            );
        }
        match (one, named) {
            (Some(one), _) => (Some(self.target(one.node)), Declared::default()),
            (None, Some(named)) => {
                let targets = self.named_targets(named);
                let one = targets.0.is_empty().then(|| file::target_stand_in(start));
                (one, targets)
            }
            (None, None) => {
                if fields.lacks("target") && fields.lacks("targets") {
                    let place = fields.written("target").map_or(start, |field| field.key);
                    let help = "say what to plan against: `target: { provider: harness }` is \
                                the sandbox; several go under `targets`, each with a name";
                    self.missing(place, "target", Of::Root, help);
                }
                (Some(file::target_stand_in(start)), Declared::default())
            }
        }
    }

    fn named_targets(&mut self, field: Field<'_>) -> Declared<TargetName, TargetDecl> {
        let mut targets = Declared::default();
        let mut written = 0;
        let before = self.faults.len();
        let what = "a target's name";
        self.entries(field, Of::Root, what, |decoder, key, node| {
            written += 1;
            if let Some(name) = decoder.target_name(key) {
                targets.0.push((name, decoder.target(node)));
            } else {
                // Whoever names it is not wrong too.
                decoder.lose();
            }
        });
        if written == 0 && self.faults.len() == before {
            self.fault(Fault::error(
                FaultCode::MissingField,
                field.key,
                "no target",
                "`targets` names no target",
                "name at least one: `targets: { prod: { provider: harness } }`",
            ));
        }
        targets
    }

    fn target_name(&mut self, key: Spanned<&str>) -> Option<Spanned<TargetName>> {
        if TargetName::has_shape(key.value) {
            return Some(Spanned::new(TargetName::from(key.value), key.span));
        }
        let (label, help) = if key.value == TargetName::ALL {
            (
                "a word of its own",
                "give it another name: `--target all` means every target",
            )
        } else {
            ("not a target's name", SHAPE)
        };
        let message = format!("{} cannot be the name of a target", quoted(key.value));
        self.invalid(key.span, label, message, help);
        None
    }

    /// The targets that something holds at; none written means all.
    pub(super) fn limited_to(
        &mut self,
        field: Option<Field<'_>>,
        of: Of<'_>,
    ) -> Vec<Spanned<TargetName>> {
        let Some(field) = field else {
            return Vec::new();
        };
        let mut targets: Vec<Spanned<TargetName>> = Vec::new();
        let mut written = 0;
        let listed = self.items(field, of, "[prod]", |decoder, item| {
            written += 1;
            let Some(name) = decoder.item_name(item, "targets", of, "a target's name") else {
                return;
            };
            if let Some(first) = targets.iter().find(|it| it.value.as_str() == name.value) {
                let message = format!("`targets` of {of} names {} twice", quoted(name.value));
                let again = Fault::warning(
                    FaultCode::DuplicateKey,
                    name.span,
                    "again here",
                    message,
                    "remove one of the two",
                );
                decoder.fault(again.with_related(first.span, "first here"));
                return;
            }
            targets.push(Spanned::new(TargetName::from(name.value), name.span));
        });
        if listed && written == 0 {
            self.invalid(
                field.node.span(),
                "none",
                format!("`targets` of {of} names no target, so it would hold nowhere"),
                "name one, or leave the key out: then it holds at all of them",
            );
        }
        targets
    }

    /// What a policy says, the root's or a target's own.
    pub(super) fn target_policy(&mut self, node: Node<'_>) -> TargetPolicyDecl {
        let of = Of::Section("policy");
        let Some(fields) = self.fields(node, of, &POLICY) else {
            return TargetPolicyDecl::default();
        };
        let approvals = fields.get("approvals").map(|field| {
            let mut approvals = Vec::new();
            self.items(field, of, "[delete]", |decoder, item| {
                let subject = "an item of `approvals` of `policy`";
                approvals.extend(decoder.word_at(item, subject, words::APPROVAL));
            });
            approvals
        });
        TargetPolicyDecl {
            undeclared: fields
                .get("undeclared")
                .map(|field| self.target_undeclared(field.node))
                .unwrap_or_default(),
            on_removal: fields
                .get("onRemoval")
                .map(|field| self.target_on_removal(field.node))
                .unwrap_or_default(),
            limits: fields
                .get("limits")
                .map(|field| self.limits(field.node))
                .unwrap_or_default(),
            protect: fields
                .get("protect")
                .map(|field| self.protect(field.node))
                .unwrap_or_default(),
            approvals,
        }
    }

    fn target_undeclared(&mut self, node: Node<'_>) -> TargetUndeclaredDecl {
        let of = Of::Section("policy.undeclared");
        let Some(fields) = self.fields(node, of, &UNDECLARED) else {
            return TargetUndeclaredDecl::default();
        };
        let mut word = |name| {
            let written = fields.written(name);
            let word = written.and_then(|field| self.word(field, of, words::UNDECLARED));
            word.map(|undeclared| undeclared.value)
        };
        TargetUndeclaredDecl {
            users: word("users"),
            groups: word("groups"),
        }
    }

    fn target_on_removal(&mut self, node: Node<'_>) -> TargetOnRemovalDecl {
        let of = Of::Section("policy.onRemoval");
        let Some(fields) = self.fields(node, of, &ON_REMOVAL) else {
            return TargetOnRemovalDecl::default();
        };
        let users = fields
            .written("users")
            .and_then(|field| self.word(field, of, words::USER_REMOVAL));
        let groups = fields
            .written("groups")
            .and_then(|field| self.word(field, of, words::GROUP_REMOVAL));
        TargetOnRemovalDecl {
            users: users.map(|users| users.value),
            groups: groups.map(|groups| groups.value),
        }
    }
}
