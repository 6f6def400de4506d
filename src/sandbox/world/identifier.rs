//! A group's identifier from its display name, step by step as Harness computes it
//! [HC `UuidAndIdentifierUtils`, suffix rule R26 `generateUserGroupIdentifier`].
//!
//! **Invariants.** No client may use this to find an existing group: servers of other dates
//! computed other identifiers. It serves the sandbox, and a warning before a create.

use unicode_normalization::UnicodeNormalization as _;

use super::state::hex_digest;

/// The identifier by which a new group would be stored, and the one without the digit
/// suffix, under which an older server may have stored it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identifier {
    /// What a create stores; may be invalid, see [`validate`].
    pub current: String,
    /// The identifier before the suffix rule.
    pub legacy: String,
}

/// Derives the identifier of a display name.
pub fn identifier(display_name: &str) -> Identifier {
    let legacy = unsuffixed(display_name);
    let starts_with_digit = java_trim(display_name).starts_with(|c: char| c.is_ascii_digit());
    let current = if !legacy.is_empty() && starts_with_digit && display_name != legacy {
        // All ASCII after step 4, so cutting at a byte is cutting at a character.
        let kept = &legacy[..legacy.len().min(119)];
        format!("{kept}_{}", &hex_digest(display_name)[..8])
    } else {
        legacy.clone()
    };
    Identifier { current, legacy }
}

fn unsuffixed(display_name: &str) -> String {
    if display_name.chars().all(blank_in_java) {
        return String::new();
    }
    let underscored = java_trim(display_name).replace(['.', '-'], "_");
    let stripped = strip_accents(&underscored);
    java_trim(&stripped)
        .trim_start_matches(|c: char| c.is_ascii_digit() || c == '$' || c == '-')
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | ' '))
        .map(|c| if c == ' ' { '_' } else { c })
        .collect()
}

/// `String.trim` of Java: everything up to U+0020 goes.
fn java_trim(text: &str) -> &str {
    text.trim_matches(|c: char| c <= ' ')
}

/// What `StringUtils.isBlank` counts as blank: `Character.isWhitespace`, which knows no no-break
/// space.
fn blank_in_java(c: char) -> bool {
    match c {
        '\u{85}' | '\u{a0}' | '\u{2007}' | '\u{202f}' => false,
        '\u{1c}' | '\u{1d}' | '\u{1e}' | '\u{1f}' => true,
        other => other.is_whitespace(),
    }
}

/// `StringUtils.stripAccents` of commons-lang3: NFD without the combining diacritical marks
/// block, and Ł/ł, which do not decompose.
fn strip_accents(text: &str) -> String {
    text.nfd()
        .filter(|c| !('\u{300}'..='\u{36f}').contains(c))
        .map(|c| match c {
            'Ł' => 'L',
            'ł' => 'l',
            other => other,
        })
        .collect()
}

/// Words that are no identifier [HC `EntityIdentifierValidator`].
const RESERVED: [&str; 24] = [
    "or",
    "and",
    "eq",
    "ne",
    "lt",
    "gt",
    "le",
    "ge",
    "div",
    "mod",
    "not",
    "null",
    "true",
    "false",
    "new",
    "var",
    "return",
    "step",
    "parallel",
    "stepGroup",
    "org",
    "account",
    "class",
    "shellScriptProvisioner",
];

/// Whether a group may be created under this identifier.
///
/// # Errors
/// With the sentence a client would read.
pub fn validate(identifier: &str) -> Result<(), String> {
    let mut chars = identifier.chars();
    let pattern_holds = chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$'))
        && identifier.len() <= 128;
    if !pattern_holds {
        return Err(
            "identifier: can only be 128 characters long, can only contain alphanumeric, \
             underscore and $ characters, and not start with a number"
                .to_owned(),
        );
    }
    if RESERVED.contains(&identifier) {
        return Err(format!("identifier: `{identifier}` is a reserved word"));
    }
    Ok(())
}
