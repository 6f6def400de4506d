//! What a change since the base revision may not do at this provider, found offline.

use std::sync::Arc;

use super::{EmailChange, Profile};
use crate::desired::since::{Known, Moved, Since};
use crate::desired::{BaseRevision, DesiredState, DesiredUser};
use crate::manifest::decl::UserStatus;
use crate::manifest::fault::{Fault, FaultCode};
use crate::manifest::source::{Shift, SourceMap};

/// A fault, and the text whose coming into its file is the change.
#[derive(Debug)]
pub struct Changed {
    /// The fault.
    pub fault: Fault,
    /// The file's name.
    pub file: Arc<str>,
    /// The text: an e-mail.
    pub text: String,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// E-mails that change.
    pub emails: Vec<Changed>,
    /// People who were taken out without being declared absent.
    pub removed: Vec<Fault>,
}

/// Every fault of a change at this provider. The base's files are added to `sources`, which
/// must be those of `now`, if a fault has a place in them.
pub fn lint(
    base: &BaseRevision,
    now: &DesiredState,
    since: &Since<'_>,
    profile: &Profile,
    sources: &mut SourceMap,
) -> Found {
    let mut found = Found::default();
    let moved: Vec<&Moved<'_>> = match profile.email_change {
        EmailChange::Allowed => Vec::new(),
        EmailChange::Refused { because: _ } => since
            .moved
            .iter()
            // A tombstone has let go of its address: the key may be used again.
            .filter(|moved| moved.before.status != UserStatus::Absent)
            .collect(),
    };
    if moved.is_empty() && since.gone.is_empty() {
        return found;
    }
    let shift = sources.append(&base.sources, &base.label);
    for moved in moved {
        let user = now.user(moved.now);
        let fault = match moved.how {
            Known::ByKey => by_key(base, moved.before, user, shift, profile),
            Known::ByLikeness {
                likeness,
                tombstone,
            } => {
                let message = format!(
                    "`{}` with `{}` goes and `{}` with `{}` comes, but they are one person: {}",
                    moved.before.key,
                    moved.before.email,
                    user.key,
                    user.email,
                    likeness.because()
                );
                let fault = Fault::error(
                    FaultCode::EmailImmutable,
                    user.email_span,
                    format!("`{}` comes", user.key),
                    message,
                    format!("{}{}", why(profile), two_steps(moved.before, user)),
                )
                .with_related(
                    shift.span(moved.before.email_span),
                    format!("`{}` was this at {}", moved.before.key, base.label),
                );
                match tombstone {
                    Some(at) => fault
                        .with_related(now.user(at).span, "is declared absent in the same change"),
                    None => fault,
                }
            }
        };
        found.emails.push(Changed {
            file: Arc::clone(&sources.file(user.email_span.file).name),
            text: user.email.as_str().to_owned(),
            fault,
        });
    }
    for user in &since.gone {
        let (message, tombstone) = match now.elsewhere(&user.key) {
            None => (
                format!("person `{}` is taken out without a tombstone", user.key),
                format!("add `{}`", tombstone_line(user)),
            ),
            Some(_) => (
                format!("person `{}` is limited to other targets now", user.key),
                "add a tombstone with a key of its own, the same `email` and `targets: [NAME]`"
                    .to_owned(),
            ),
        };
        found.removed.push(Fault::warning(
            FaultCode::RemovedWithoutTombstone,
            shift.span(user.span),
            format!("declared here at {}", base.label),
            message,
            format!(
                "apply removes the account only where scim-sync made it or is given this base; to have it removed for certain, {tombstone} and keep it until the account is gone"
            ),
        ));
    }
    found
}

fn by_key(
    base: &BaseRevision,
    before: &DesiredUser,
    user: &DesiredUser,
    shift: Shift,
    profile: &Profile,
) -> Fault {
    let help = match user.status {
        UserStatus::Absent => format!(
            "a tombstone says which account must go: keep `{}` in it",
            before.email
        ),
        UserStatus::Active | UserStatus::Suspended => {
            format!("{}{}", why(profile), recipe(before, user))
        }
    };
    Fault::error(
        FaultCode::EmailImmutable,
        user.email_span,
        "is this now",
        format!(
            "the e-mail of person `{}` changes from `{}` to `{}`",
            user.key, before.email, user.email
        ),
        help,
    )
    .with_related(
        shift.span(before.email_span),
        format!("was this at {}", base.label),
    )
}

/// The provider's reason as a sentence of its own.
fn why(profile: &Profile) -> String {
    match profile.email_change {
        EmailChange::Refused { because } => format!("{because}; so "),
        EmailChange::Allowed => String::new(),
    }
}

/// How somebody gets another address where an address cannot change: by key.
pub fn recipe(before: &DesiredUser, user: &DesiredUser) -> String {
    format!(
        "put `{}` back; for a new address declare `{}` absent with the old one, apply, and then add the person under a new key",
        before.email, user.key
    )
}

/// How somebody gets another address where an address cannot change: in two steps.
pub fn two_steps(before: &DesiredUser, user: &DesiredUser) -> String {
    format!(
        "make two changes of it: in the first take `{}` out and declare `{}`; when that is applied, add `{}`. If they are two people, let them go and come in separate changes",
        user.key,
        tombstone_line(before),
        user.key
    )
}

/// The line that says somebody must not exist.
pub fn tombstone_line(user: &DesiredUser) -> String {
    format!(
        "{}: {{ email: {}, status: absent }}",
        plain(user.key.as_str()),
        plain(user.email.as_str())
    )
}

/// A text as YAML, in quotes unless it plainly needs none.
fn plain(text: &str) -> String {
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let safe = |c: char| c.is_ascii_alphanumeric() || "._-+@".contains(c);
    let word = ["true", "false", "null"].contains(&text.to_ascii_lowercase().as_str());
    if starts && text.chars().all(safe) && !word {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_quoted_where_yaml_needs_it() {
        assert_eq!(plain("ada.king"), "ada.king");
        assert_eq!(plain("0123"), "'0123'");
        assert_eq!(plain("null"), "'null'");
        assert_eq!(plain("o'brien: x"), "'o''brien: x'");
    }
}
