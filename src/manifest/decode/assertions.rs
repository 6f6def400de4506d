//! `assertions` and `ownership` of the root file.

use super::fields::{Field, Fields};
use super::keys::{ALWAYS, ASSERTION, NEVER, OWNERSHIP};
use super::{Decoder, Of};
use crate::manifest::decl::{AlwaysDecl, AssertionDecl, Declared, NeverDecl, OwnershipDecl};
use crate::manifest::fault::{Fault, FaultCode};
use crate::manifest::glob::{GlobError, NameGlob, PathGlob};
use crate::manifest::source::{Span, Spanned};
use crate::manifest::tree::Node;
use crate::manifest::words::quoted;

const OF: Of<'static> = Of::Section("assertions");
const NEVER_OF: Of<'static> = Of::Section("assertions.never");
const ALWAYS_OF: Of<'static> = Of::Section("assertions.always");
const OWNERSHIP_OF: Of<'static> = Of::Section("ownership");

const EXAMPLE: &str = "[{ never: { users: \"contractor-*\", groups: \"prod-*\" } }]";

impl Decoder {
    pub(super) fn assertions(&mut self, field: Field<'_>) -> Vec<AssertionDecl> {
        let mut assertions = Vec::new();
        self.items(field, Of::Root, EXAMPLE, |decoder, item| {
            assertions.extend(decoder.assertion(item));
        });
        assertions
    }

    fn assertion(&mut self, item: Node<'_>) -> Option<AssertionDecl> {
        let fields = self.fields(item, OF, &ASSERTION)?;
        match (fields.get("never"), fields.get("always")) {
            (Some(never), None) => self.never(never.node),
            (None, Some(always)) => self.always(always.node),
            (Some(first), Some(second)) => {
                self.fault(
                    Fault::error(
                        FaultCode::InvalidValue,
                        second.key,
                        "a second one",
                        "an assertion says two things, `never` and `always`",
                        "make two assertions of them",
                    )
                    .with_related(first.key, "the first one"),
                );
                None
            }
            (None, None) => {
                if ASSERTION.names.iter().all(|name| fields.lacks(name)) {
                    let help =
                        format!("write one of `never` and `always`: `assertions: {EXAMPLE}`");
                    self.missing(item.head(), "never", OF, &help);
                }
                None
            }
        }
    }

    fn never(&mut self, node: Node<'_>) -> Option<AssertionDecl> {
        let fields = self.fields(node, NEVER_OF, &NEVER)?;
        let users = self.name_glob(&fields, "users", node, NEVER_OF);
        let groups = self.name_glob(&fields, "groups", node, NEVER_OF);
        let reason = self.reason(&fields, NEVER_OF);
        Some(AssertionDecl::Never(NeverDecl {
            users: users?,
            groups: groups?,
            reason,
        }))
    }

    fn always(&mut self, node: Node<'_>) -> Option<AssertionDecl> {
        let fields = self.fields(node, ALWAYS_OF, &ALWAYS)?;
        let group = self.name_glob(&fields, "group", node, ALWAYS_OF);
        let at_least = match fields.get("atLeast") {
            Some(field) => self.number(field, ALWAYS_OF),
            None => {
                self.lacking(&fields, "atLeast", node, ALWAYS_OF, "add it: `atLeast: 2`");
                None
            }
        };
        let reason = self.reason(&fields, ALWAYS_OF);
        Some(AssertionDecl::Always(AlwaysDecl {
            group: group?,
            at_least: at_least?,
            reason,
        }))
    }

    fn reason<const N: usize>(
        &mut self,
        fields: &Fields<'_, N>,
        of: Of<'_>,
    ) -> Option<Spanned<String>> {
        fields.get("reason").and_then(|field| self.text(field, of))
    }

    fn lacking<const N: usize>(
        &mut self,
        fields: &Fields<'_, N>,
        name: &str,
        node: Node<'_>,
        of: Of<'_>,
        help: &str,
    ) {
        if fields.lacks(name) {
            let place = fields.written(name).map_or(node.head(), |field| field.key);
            self.missing(place, name, of, help);
        }
    }

    fn name_glob<const N: usize>(
        &mut self,
        fields: &Fields<'_, N>,
        name: &str,
        node: Node<'_>,
        of: Of<'_>,
    ) -> Option<Spanned<String>> {
        let Some(field) = fields.get(name) else {
            let help = format!("add it: a name, or a glob such as `{name}: \"prod-*\"`");
            self.lacking(fields, name, node, of, &help);
            return None;
        };
        let text = self.line(field, of)?;
        match NameGlob::new(&text.value) {
            Ok(_) => Some(text),
            Err(error) => {
                self.no_glob(&text.value, text.span, &error);
                None
            }
        }
    }

    fn no_glob(&mut self, text: &str, span: Span, error: &GlobError) {
        self.invalid(
            span,
            error.to_string(),
            format!("{} is not a glob", quoted(text)),
            "use `*` for any text, `?` for one character, `{a,b}` for either, and `\\` before \
             one of these that is meant itself",
        );
    }

    pub(super) fn ownership(&mut self, field: Field<'_>) -> Declared<String, OwnershipDecl> {
        let mut ownership = Declared::default();
        let what = "a glob of file names";
        self.entries(field, Of::Root, what, |decoder, key, node| {
            if let Err(error) = PathGlob::new(key.value) {
                decoder.no_glob(key.value, key.span, &error);
                return;
            }
            let Some(fields) = decoder.fields(node, OWNERSHIP_OF, &OWNERSHIP) else {
                return;
            };
            let mut globs = |name| {
                let what = "a name or glob";
                let names: Vec<Spanned<String>> =
                    decoder.names(fields.get(name), OWNERSHIP_OF, what);
                names
                    .into_iter()
                    .filter(|glob| match NameGlob::new(&glob.value) {
                        Ok(_) => true,
                        Err(error) => {
                            decoder.no_glob(&glob.value, glob.span, &error);
                            false
                        }
                    })
                    .collect()
            };
            let decl = OwnershipDecl {
                users: globs("users"),
                roles: globs("roles"),
                groups: globs("groups"),
            };
            let key = Spanned::new(key.value.to_owned(), key.span);
            ownership.0.push((key, decl));
        });
        ownership
    }
}
