//! A tree of nodes to declarations, with every fault of the file.
//!
//! The decoder never stops at a fault: it notes it, leaves the value out, and goes on, so
//! that one run shows everything there is to fix.
//!
//! **Invariants.** What comes out differs from what was written only if a fault says so. A
//! decoded value with a fault among its faults may hold stand-ins (an empty e-mail) and is
//! good for further checks, never for a plan. If something that others may refer to is
//! missing from the result, [`Decoded::wholeness`] says so, lest a reference to it be called
//! unknown.

mod assertions;
mod attributes;
mod dialect;
mod fields;
mod file;
pub mod keys;
mod people;
mod scalars;
mod settings;
mod targets;

use super::decl::{IncludedDecl, RootDecl};
use super::fault::{Fault, FaultCode};
use super::source::{FileId, Span};
use super::tree::{self, Kind, Node};

pub use attributes::is_attribute;
pub use scalars::{is_email, is_line, is_name};

/// Whether everything that others may refer to was understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wholeness {
    /// Everything was.
    Whole,
    /// A person, role, mapping or group may be missing from the result.
    Partial,
}

/// A decoded file.
#[derive(Debug)]
pub struct Decoded<T> {
    /// The declarations.
    pub decl: T,
    /// Everything wrong with them.
    pub faults: Vec<Fault>,
    /// Whether anything is missing.
    pub wholeness: Wholeness,
}

/// Decodes the root file of a manifest.
pub fn root(text: &str, file: FileId) -> Decoded<RootDecl> {
    decode(text, file, Decoder::root, file::root_stand_in)
}

/// Decodes an included file.
pub fn included(text: &str, file: FileId) -> Decoded<IncludedDecl> {
    decode(text, file, Decoder::included, |_| IncludedDecl::default())
}

fn decode<T>(
    text: &str,
    file: FileId,
    decode: impl for<'t> FnOnce(&mut Decoder, Node<'t>) -> T,
    stand_in: impl FnOnce(FileId) -> T,
) -> Decoded<T> {
    match tree::parse(text, file) {
        Err(fault) => Decoded {
            decl: stand_in(file),
            faults: vec![*fault],
            wholeness: Wholeness::Partial,
        },
        Ok(mut tree) => {
            let mut decoder = Decoder {
                file,
                faults: std::mem::take(&mut tree.faults),
                wholeness: Wholeness::Whole,
            };
            let decl = decode(&mut decoder, tree.root());
            Decoded {
                decl,
                faults: decoder.faults,
                wholeness: decoder.wholeness,
            }
        }
    }
}

struct Decoder {
    file: FileId,
    faults: Vec<Fault>,
    wholeness: Wholeness,
}

/// What a value belongs to, for messages.
#[derive(Debug, Clone, Copy)]
enum Of<'a> {
    Root,
    Included,
    Person(&'a str),
    Attributes(&'a str),
    Role(&'a str),
    Member(&'a str),
    Mapping,
    Group(&'a str),
    Binding(&'a str),
    /// A section of settings by its path: `policy.limits`.
    Section(&'static str),
}

impl std::fmt::Display for Of<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use super::words::quoted;
        match self {
            Of::Root => f.write_str("the manifest"),
            Of::Included => f.write_str("an included file"),
            Of::Person(key) => write!(f, "person {}", quoted(key)),
            Of::Attributes(key) => write!(f, "`attributes` of person {}", quoted(key)),
            Of::Role(name) => write!(f, "role {}", quoted(name)),
            Of::Member(role) => write!(f, "a member of role {}", quoted(role)),
            Of::Mapping => f.write_str("a group mapping"),
            Of::Group(name) => write!(f, "group {}", quoted(name)),
            Of::Binding(group) => write!(f, "a binding of group {}", quoted(group)),
            Of::Section(path) => write!(f, "`{path}`"),
        }
    }
}

/// What a node is, for messages.
fn found(node: Node<'_>) -> &'static str {
    match node.kind() {
        Kind::Sequence(_) => "a list",
        Kind::Mapping(_) => "a mapping",
        Kind::Scalar(scalar) if scalar.is_null() => "nothing",
        Kind::Scalar(scalar) if scalar.is_bool() => "true or false",
        Kind::Scalar(scalar) if scalar.is_number() => "a number",
        Kind::Scalar(_) => "a text",
    }
}

impl Decoder {
    fn fault(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// Something that others may refer to is left out of the result.
    fn lose(&mut self) {
        self.wholeness = Wholeness::Partial;
    }

    fn wrong_type(&mut self, node: Node<'_>, what: &str, expected: &str, help: &str) {
        let found = found(node);
        self.fault(Fault::error(
            FaultCode::WrongType,
            node.head(),
            format!("this is {found}"),
            format!("{what} must be {expected}, not {found}"),
            help,
        ));
    }

    fn invalid(
        &mut self,
        span: Span,
        label: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.fault(Fault::error(
            FaultCode::InvalidValue,
            span,
            label,
            message,
            help,
        ));
    }

    fn missing(&mut self, span: Span, name: &str, of: Of<'_>, help: &str) {
        self.fault(Fault::error(
            FaultCode::MissingField,
            span,
            format!("`{name}` is missing"),
            format!("{of} has no `{name}`"),
            help,
        ));
    }
}
