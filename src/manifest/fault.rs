//! Faults: what is wrong with a manifest, where, why, and what to do.
//!
//! A fault is a value, found by the decoder, by `manifest::lint` or by a profile, and drawn
//! only at the edge. All faults of all files are reported at once.
//!
//! **Invariants.** The message is a lowercase fragment that names the offending thing in
//! backticks; the help is an instruction. Codes never change meaning once released.

use super::source::{SourceMap, Span};

/// How bad a fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The manifest cannot be used.
    Error,
    /// It can, but something is probably not meant.
    Warning,
    /// Nothing is wrong; something will happen that is worth knowing.
    Notice,
}

macro_rules! fault_codes {
    ($($(#[doc = $doc:literal])* $name:ident = $code:literal,)*) => {
        /// The stable code of each fault.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FaultCode {
            $($(#[doc = $doc])* $name,)*
        }

        impl FaultCode {
            /// Every code, in the order of the reference table.
            pub const ALL: &'static [FaultCode] = &[$(FaultCode::$name,)*];

            /// The code as people and machines see it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(FaultCode::$name => $code,)*
                }
            }

            /// One sentence for the reference table.
            pub fn describe(self) -> &'static str {
                match self {
                    $(FaultCode::$name => concat!($($doc,)*),)*
                }
            }
        }
    };
}

fault_codes! {
    /// The file cannot be read.
    Unreadable = "unreadable-file",
    /// The bytes are not UTF-8 text.
    NotUtf8 = "not-utf8",
    /// The text is not YAML.
    Syntax = "yaml-syntax",
    /// A file that says nothing.
    EmptyFile = "empty-file",
    /// The markers of an unfinished merge.
    ConflictMarker = "conflict-marker",
    /// More than one YAML document in one file.
    MultipleDocuments = "multiple-documents",
    /// A part of YAML that manifests leave out: tags, merge keys.
    UnsupportedYaml = "unsupported-yaml",
    /// The file is larger, deeper or more numerous than a manifest may be.
    TooLarge = "too-large",
    /// A key this place does not have.
    UnknownKey = "unknown-key",
    /// One key twice in one mapping.
    DuplicateKey = "duplicate-key",
    /// A value of another type than this place takes.
    WrongType = "wrong-type",
    /// A value this place does not take.
    InvalidValue = "invalid-value",
    /// A field that must be there and is not.
    MissingField = "missing-field",
    /// A name without which the provider makes nobody.
    MissingName = "missing-name",
    /// A token written into the manifest.
    LiteralToken = "literal-token",
    /// Something only the root file may hold, in an included file.
    RootOnly = "root-only",
    /// One person, role or group declared twice.
    DuplicateDeclaration = "duplicate-declaration",
    /// A person no file declares.
    UnknownPerson = "unknown-person",
    /// A role no file declares.
    UnknownRole = "unknown-role",
    /// Roles that include each other in a circle.
    IncludeCycle = "include-cycle",
    /// A regular expression that does not parse.
    InvalidRegex = "invalid-regex",
    /// A group template with braces that do not pair.
    InvalidTemplate = "invalid-template",
    /// A template that names a capture its expression does not have.
    UnknownCapture = "unknown-capture",
    /// A mapping that matches no role.
    UnusedMapping = "unused-mapping",
    /// A role that no mapping turns into a group.
    UnmappedRole = "unmapped-role",
    /// A group that no mapping produces.
    UnknownGroup = "unknown-group",
    /// One person twice in one role.
    DuplicateMember = "duplicate-member",
    /// One e-mail for two people.
    DuplicateEmail = "duplicate-email",
    /// An address that is not an e-mail.
    InvalidEmail = "invalid-email",
    /// An e-mail that only looks like another, or mixes alphabets.
    LookAlikeEmail = "look-alike-email",
    /// Two keys of people that only differ in the form of their letters.
    LookAlikeKey = "look-alike-key",
    /// An attribute the service provider does not take.
    UnsupportedAttribute = "unsupported-attribute",
    /// A group or mapping for a service provider that has no groups.
    GroupsNotSupported = "groups-not-supported",
    /// Two group names that the service provider gives one id.
    GroupIdCollision = "group-id-collision",
    /// Two group names that are one to the service provider.
    GroupNameCollision = "group-name-collision",
    /// A group name the service provider rejects.
    InvalidGroupName = "invalid-group-name",
    /// A name the service provider rejects.
    InvalidName = "invalid-name",
    /// A grant whose last day is past.
    ExpiredGrant = "expired-grant",
    /// A grant that ends within thirty days.
    EndingGrant = "ending-grant",
    /// A tombstoned person who is protected or still has a role.
    TombstoneReferenced = "tombstone-referenced",
    /// A tombstoned group that a mapping still produces.
    TombstoneMapped = "tombstone-mapped",
    /// An earlier key that is still declared, or claimed twice.
    PreviousKeyInUse = "previous-key-in-use",
    /// Something an assertion forbids.
    AssertionViolated = "assertion-violated",
    /// A person, role or group that a file may not touch.
    NotOwned = "not-owned",
    /// An ownership whose glob matches no file.
    UnusedOwnership = "unused-ownership",
    /// An include that matches no file.
    EmptyInclude = "empty-include",
    /// An include that leads out of the manifest's folder.
    OutsideInclude = "outside-include",
    /// An e-mail that changes although the account it names keeps it.
    EmailImmutable = "email-immutable",
    /// A person who is taken out without being declared absent first.
    RemovedWithoutTombstone = "removed-without-tombstone",
    /// A manifest without people.
    NoUsers = "no-users",
    /// A target that the root file does not name.
    UnknownTarget = "unknown-target",
    /// Two targets that are one place.
    SameTarget = "same-target",
    /// A list of targets that limits nothing.
    IdleTargets = "idle-targets",
    /// A member or an included role that no target has together with the role.
    GrantedNowhere = "granted-nowhere",
    /// An attribute that one of the targets does not take and another does.
    LeftOutAtTarget = "left-out-at-target",
    /// A provider no profile describes.
    UnknownProvider = "unknown-provider",
    /// A base URL that cannot be the provider's.
    InvalidBaseUrl = "invalid-base-url",
}

impl std::fmt::Display for FaultCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A place and what to say there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// A few words, shown under the line.
    pub text: String,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The stable code.
    pub code: FaultCode,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong: a lowercase fragment.
    pub message: String,
    /// Where.
    pub primary: Label,
    /// Other places that matter: the first of two duplicates, who references.
    pub related: Vec<Label>,
    /// What to do: an instruction.
    pub help: String,
    /// Text that no rendering may show, because it may be a secret.
    pub redact: Option<Span>,
}

impl Fault {
    /// An error with one place.
    pub fn error(
        code: FaultCode,
        span: Span,
        label: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            primary: Label {
                span,
                text: label.into(),
            },
            related: Vec::new(),
            help: help.into(),
            redact: None,
        }
    }

    /// A warning with one place.
    pub fn warning(
        code: FaultCode,
        span: Span,
        label: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, span, label, message, help)
        }
    }

    /// A notice with one place.
    pub fn notice(
        code: FaultCode,
        span: Span,
        label: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Notice,
            ..Self::error(code, span, label, message, help)
        }
    }

    /// The same fault with one more place.
    #[must_use]
    pub fn with_related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Label {
            span,
            text: text.into(),
        });
        self
    }
}

impl Fault {
    /// The same fault, drawn without its source lines: the text at `secret` may be a secret,
    /// and is masked wherever another fault shows it.
    #[must_use]
    pub fn redact_snippet(mut self, secret: Span) -> Self {
        self.redact = Some(secret);
        self
    }
}

/// True if any of the faults is an error.
pub fn has_errors(faults: &[Fault]) -> bool {
    faults.iter().any(|fault| fault.severity == Severity::Error)
}

/// Sorts faults by file (the root first, then by name), then position, then code and
/// message: the order people read them in. Exact repetitions are dropped.
pub fn sort(faults: &mut Vec<Fault>, sources: &SourceMap) {
    faults.sort_by(|a, b| {
        fn key<'a>(fault: &'a Fault, sources: &'a SourceMap) -> impl Ord + 'a {
            let span = fault.primary.span;
            (
                span.file.0 != 0,
                &*sources.file(span.file).name,
                sources.file(span.file).revision.as_deref(),
                span.start,
                fault.code,
                span.end,
                fault.message.as_str(),
            )
        }
        key(a, sources).cmp(&key(b, sources))
    });
    faults.dedup();
}
