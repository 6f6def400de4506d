//! Names of a live account as a manifest can say them, for a provider that compares them so.

use compact_str::CompactString;
use unicode_normalization::UnicodeNormalization as _;

use crate::live::LiveUser;
use crate::manifest::decode::is_line;
use crate::profile::NameModel;

/// First, last and shown name to declare.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) given: Option<String>,
    pub(super) family: Option<String>,
    pub(super) display: Option<String>,
}

/// A name that cannot be written: which, and why.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unwritable {
    pub(super) name: String,
    pub(super) why: String,
}

/// The names of an account, and those of them that no manifest can hold.
pub(super) fn of(user: &LiveUser, model: NameModel) -> (Names, Option<Unwritable>) {
    match model {
        NameModel::DisplayNameOnly { dropped, max_chars } => {
            display_only(user, model, dropped, max_chars)
        }
        NameModel::Full => full(user),
        NameModel::NotKept => (Names::default(), None),
    }
}

fn some(text: &Option<CompactString>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

/// One display name: two parts of it that give it again.
fn display_only(
    user: &LiveUser,
    model: NameModel,
    dropped: &[char],
    max_chars: usize,
) -> (Names, Option<Unwritable>) {
    let Some(shown) = some(&user.display_name) else {
        return (Names::default(), None);
    };
    // A provider without a name shows the address.
    if shown.contains('@') && crate::ids::fold(shown) == user.email.folded() {
        return (Names::default(), None);
    }
    let unwritable = |why: String| {
        let name = shown.to_owned();
        (Names::default(), Some(Unwritable { name, why }))
    };
    if let Some(c) = shown.chars().find(|c| dropped.contains(c)) {
        return unwritable(format!("holds `{c}`, which this provider does not take"));
    }
    if let Some(c) = shown.chars().find(|c| c.is_control() && !c.is_whitespace()) {
        return unwritable(format!(
            "holds the control character U+{:04X}",
            u32::from(c)
        ));
    }
    if shown.chars().count() > max_chars {
        return unwritable(format!("is longer than {max_chars} characters"));
    }
    let told = match (some(&user.given_name), some(&user.family_name)) {
        (Some(given), Some(family)) => Some((tidy(given), tidy(family))),
        (Some(_) | None, None) | (None, Some(_)) => None,
    };
    let split = || {
        let whole = tidy(shown);
        match whole.rsplit_once(' ') {
            Some((given, family)) => (given.to_owned(), family.to_owned()),
            None => (whole, String::new()),
        }
    };
    let fits = |(given, family): &(String, String)| {
        let both = format!("{given} {family}");
        is_part(given, dropped)
            && is_part(family, dropped)
            && both.chars().count() <= max_chars
            && model.same_display_name(both.trim(), shown)
    };
    let parts = told.filter(fits).or_else(|| Some(split()).filter(fits));
    match parts {
        Some((given, family)) => (
            Names {
                given: filled(given),
                family: filled(family),
                display: None,
            },
            None,
        ),
        None => unwritable("cannot be told in two parts".to_owned()),
    }
}

fn is_part(part: &str, dropped: &[char]) -> bool {
    part.is_empty() || is_line(part) && !part.contains(dropped)
}

/// First, last and shown name, each as it is.
fn full(user: &LiveUser) -> (Names, Option<Unwritable>) {
    let mut unwritable = None;
    let mut keep = |name: &Option<CompactString>| {
        let name = some(name)?;
        if is_line(name) {
            return Some(name.to_owned());
        }
        unwritable = Some(Unwritable {
            name: name.to_owned(),
            why: "is blank, or holds a line break, tab or control character".to_owned(),
        });
        None
    };
    let given = keep(&user.given_name);
    let family = keep(&user.family_name);
    let (first, last) = (some(&user.given_name), some(&user.family_name));
    let made = format!("{} {}", first.unwrap_or_default(), last.unwrap_or_default());
    let shown = some(&user.display_name);
    let is_made = shown.is_some_and(|shown| shown.nfc().eq(made.trim().nfc()));
    let display = match is_made {
        true => None,
        false => keep(&user.display_name),
    };
    let names = Names {
        given,
        family,
        display,
    };
    (names, unwritable)
}

fn tidy(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn filled(name: String) -> Option<String> {
    (!name.is_empty()).then_some(name)
}
