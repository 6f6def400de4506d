//! Mappings and lists: known keys, names as keys, items.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::keys::{Keys, ROOT_ONLY};
use super::{Decoder, Of};
use crate::manifest::fault::{Fault, FaultCode};
use crate::manifest::source::{Span, Spanned};
use crate::manifest::tree::{Form, Kind, Node, Scalar};
use crate::manifest::words::{all_of, closest, quoted};

/// The values of a mapping with known keys.
pub(super) struct Fields<'t, const N: usize> {
    names: &'static [&'static str; N],
    values: [Option<Field<'t>>; N],
    /// Keys that seem to be written, but misspelt: they are not missing too.
    misspelt: [bool; N],
}

/// A key's place and its value.
#[derive(Clone, Copy)]
pub(super) struct Field<'t> {
    pub(super) name: &'static str,
    pub(super) key: Span,
    pub(super) node: Node<'t>,
}

impl<'t> Field<'t> {
    /// True if nothing is written after the key.
    pub(super) fn is_null(self) -> bool {
        matches!(self.node.kind(), Kind::Scalar(scalar) if scalar.is_null())
    }
}

impl<'t, const N: usize> Fields<'t, N> {
    /// The value of a key, written or not.
    pub(super) fn written(&self, name: &str) -> Option<Field<'t>> {
        let index = self.names.iter().position(|known| *known == name);
        debug_assert!(
            index.is_some(),
            "`{name}` is not among the keys of this type"
        );
        self.values[index?]
    }

    /// Whether a key is neither there nor misspelt: only then is it called missing.
    pub(super) fn lacks(&self, name: &str) -> bool {
        let index = self.names.iter().position(|known| *known == name);
        self.get(name).is_none() && !index.is_some_and(|index| self.misspelt[index])
    }

    /// The value of a key, if it is written and not null.
    pub(super) fn get(&self, name: &str) -> Option<Field<'t>> {
        self.written(name).filter(|field| !field.is_null())
    }
}

impl Decoder {
    /// The values of a mapping with known keys, noting unknown and repeated ones.
    pub(super) fn fields<'t, const N: usize>(
        &mut self,
        node: Node<'t>,
        of: Of<'_>,
        keys: &'static Keys<N>,
    ) -> Option<Fields<'t, N>> {
        let Kind::Mapping(children) = node.kind() else {
            let help = format!(
                "write `key: value` lines, with keys out of {}",
                all_of(keys.names)
            );
            self.wrong_type(node, &of.to_string(), "a mapping", &help);
            return None;
        };
        let mut values: [Option<Field<'t>>; N] = [None; N];
        let mut misspelt = [false; N];
        for (key, value) in children.pairs() {
            let Some((scalar, span)) = self.key(key, of) else {
                continue;
            };
            let known = keys.names.iter().position(|name| *name == scalar.text);
            match known {
                None => {
                    let written = Spanned::new(scalar.text, span);
                    let meant = self.unknown_key(written, value.span(), of, keys);
                    for (known, misspelt) in keys.names.iter().zip(&mut misspelt) {
                        *misspelt |= meant == Some(*known);
                    }
                }
                Some(index) => match values[index] {
                    None => {
                        values[index] = Some(Field {
                            name: keys.names[index],
                            key: span,
                            node: value,
                        });
                    }
                    Some(first) => self.duplicate_key(scalar.text, first.key, span, of),
                },
            }
        }
        Some(Fields {
            names: &keys.names,
            values,
            misspelt,
        })
    }

    /// Visits a mapping whose keys are names, noting repeated and impossible ones.
    pub(super) fn entries<'t>(
        &mut self,
        field: Field<'t>,
        of: Of<'_>,
        what: &str,
        mut visit: impl FnMut(&mut Self, Spanned<&'t str>, Node<'t>),
    ) {
        let Kind::Mapping(children) = field.node.kind() else {
            let help = format!(
                "write one key for each, {what}, indented under `{}:` and followed by `:`",
                field.name
            );
            let subject = format!("`{}` of {of}", field.name);
            self.wrong_type(field.node, &subject, "a mapping", &help);
            self.lose();
            return;
        };
        let mut seen: HashMap<&'t str, Span> = HashMap::new();
        for (key, value) in children.pairs() {
            let Some((scalar, span)) = self.key(key, of) else {
                self.lose();
                continue;
            };
            if !self.name(scalar.text, span, what) {
                self.lose();
                continue;
            }
            match seen.entry(scalar.text) {
                Entry::Occupied(first) => {
                    let first = *first.get();
                    self.duplicate_key(scalar.text, first, span, Of::Section(field.name));
                }
                Entry::Vacant(entry) => {
                    entry.insert(span);
                    visit(self, Spanned::new(scalar.text, span), value);
                }
            }
        }
    }

    /// Visits the items of a list.
    pub(super) fn items<'t>(
        &mut self,
        field: Field<'t>,
        of: Of<'_>,
        example: &str,
        mut visit: impl FnMut(&mut Self, Node<'t>),
    ) -> bool {
        let Kind::Sequence(children) = field.node.kind() else {
            let subject = format!("`{}` of {of}", field.name);
            let help = format!("write a list: `{}: {example}`", field.name);
            self.wrong_type(field.node, &subject, "a list", &help);
            return false;
        };
        for item in children {
            if matches!(item.kind(), Kind::Scalar(scalar) if scalar.is_null()) {
                self.invalid(
                    item.span(),
                    "nothing",
                    format!("`{}` of {of} has an empty item", field.name),
                    "remove the item; a name that is the word `null` or `~` goes in quotes",
                );
                continue;
            }
            visit(self, item);
        }
        true
    }

    /// A mapping's key as text.
    fn key<'t>(&mut self, key: Node<'t>, of: Of<'_>) -> Option<(Scalar<'t>, Span)> {
        let Kind::Scalar(scalar) = key.kind() else {
            self.wrong_type(
                key,
                &format!("a key of {of}"),
                "a text",
                "write a plain key; a name that starts with `[` or `{` goes in quotes",
            );
            return None;
        };
        if scalar.text == "<<" && scalar.form == Form::Plain {
            self.lose();
            self.fault(Fault::error(
                FaultCode::UnsupportedYaml,
                key.span(),
                "a merge key",
                "merge keys (`<<`) are not part of YAML 1.2",
                "write the keys out, or repeat a whole value with `*alias`",
            ));
            return None;
        }
        Some((scalar, key.span()))
    }

    fn unknown_key<const N: usize>(
        &mut self,
        Spanned {
            value: written,
            span,
        }: Spanned<&str>,
        value: Span,
        of: Of<'_>,
        keys: &'static Keys<N>,
    ) -> Option<&'static str> {
        let top = matches!(of, Of::Root | Of::Included);
        if top {
            // `user:` for `users:` loses everybody: do not call them unknown too.
            self.lose();
        }
        if matches!(of, Of::Included) && ROOT_ONLY.contains(&written) {
            self.fault(Fault::error(
                FaultCode::RootOnly,
                span,
                "only in the root file",
                format!("an included file cannot set `{written}`"),
                format!(
                    "move `{written}` to the root file; included files hold only users, roles, \
                     groupMappings and groups"
                ),
            ));
            return None;
        }
        if matches!(of, Of::Attributes(_))
            && self.is_elsewhere(Spanned::new(written, span), value, of)
        {
            return None;
        }
        let meant = keys
            .habits
            .iter()
            .find(|(habit, _)| habit.eq_ignore_ascii_case(written))
            .map(|(_, key)| *key)
            .or_else(|| closest(written, keys.names));
        let help = match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("remove it; known keys are {}", all_of(keys.names)),
        };
        self.fault(Fault::error(
            FaultCode::UnknownKey,
            span,
            "unknown key",
            format!("{of} has no key {}", quoted(written)),
            help,
        ));
        meant
    }

    fn duplicate_key(&mut self, key: &str, first: Span, second: Span, of: Of<'_>) {
        self.fault(
            Fault::error(
                FaultCode::DuplicateKey,
                second,
                "again here",
                format!("{} is written twice in {of}", quoted(key)),
                "keep one of the two; YAML would silently drop the other",
            )
            .with_related(first, "first here"),
        );
    }
}
