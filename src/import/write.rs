//! Declarations to the files of a new manifest.
//!
//! **Invariants.** Each text is laid out as `scim-sync fmt` would lay it out, sorted, and
//! says in comments how many of what it holds. A scalar is quoted exactly where YAML 1.2
//! would read it as something else; nothing invisible is ever written as it is.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::draft::{Draft, DraftMapping, DraftPerson, DraftRole};
use crate::ids::{GroupName, PersonKey, RoleName, fold};
use crate::manifest::decl::UserStatus;
use crate::manifest::format::{Formatted, format};
use crate::manifest::load::ROOT_FILE;
use crate::manifest::words::{count, is_invisible, visible};

/// How a manifest is spread over files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// One file.
    Single,
    /// A root file, a file of people, and a file for each role, so that each can have owners.
    PerGroup,
}

/// A file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Its name, relative to the manifest's folder.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// The target of a new manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Written new.
    New {
        /// The profile.
        provider: String,
        /// The base URL; without one, the sandbox.
        base_url: Option<String>,
        /// The environment variable that holds the token.
        token_env: Option<String>,
    },
    /// The `target:` section of another manifest, letter for letter.
    Copied(String),
}

/// Where and when declarations come from, for the comment on top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// What was read: `Harness at https://…`.
    pub from: String,
    /// The day.
    pub date: String,
}

/// The files of a new manifest, the root first.
pub fn files(draft: &Draft, target: &Target, heading: &Heading, layout: Layout) -> Vec<NewFile> {
    let mut root = root_head(draft, target, heading);
    let mut rest = Vec::new();
    match layout {
        Layout::Single => {
            root.push('\n');
            root.push_str(&users(draft));
            root.push('\n');
            root.push_str(&roles(&draft.roles, of_roles(draft)));
        }
        Layout::PerGroup => {
            let mut include = vec!["people/*.yaml"];
            if !draft.roles.is_empty() {
                include.push("roles/*.yaml");
            }
            let _ = writeln!(root, "include: [{}]", include.join(", "));
            rest.push(NewFile {
                name: "people/people.yaml".to_owned(),
                text: format!("{INCLUDED_SCHEMA}{}", users(draft)),
            });
            let mut names = FileNames::default();
            for (name, role) in &draft.roles {
                let one = BTreeMap::from([(name.clone(), role.clone())]);
                rest.push(NewFile {
                    name: format!("roles/{}.yaml", names.make(name.as_str())),
                    text: format!("{INCLUDED_SCHEMA}{}", roles(&one, of_roles(draft))),
                });
            }
        }
    }
    root.push_str(&mappings(&draft.mappings, of_roles(draft)));
    root.push_str(&groups(draft));
    let root = NewFile {
        name: ROOT_FILE.to_owned(),
        text: root,
    };
    std::iter::once(root)
        .chain(rest)
        .map(|file| NewFile {
            text: laid_out(file.text),
            ..file
        })
        .collect()
}

// `scim-sync init`, which overwrites nothing, puts the schemas there.
const ROOT_SCHEMA: &str = "# yaml-language-server: $schema=./schema/manifest.schema.json\n";
const INCLUDED_SCHEMA: &str = "# yaml-language-server: $schema=../schema/included.schema.json\n";

fn root_head(draft: &Draft, target: &Target, heading: &Heading) -> String {
    let memberships: usize = draft.roles.values().map(|role| role.members.len()).sum();
    let mut text = ROOT_SCHEMA.to_owned();
    let _ = writeln!(
        text,
        "# Imported from {} on {}:\n# {}, {}, {}.",
        visible(&heading.from),
        heading.date,
        count(draft.people.len(), "person", "people"),
        match of_roles(draft) {
            RolesAre::Groups => count(draft.roles.len(), "group", "groups"),
            RolesAre::Mapped => count(draft.roles.len(), "role", "roles"),
        },
        count(memberships, "membership", "memberships"),
    );
    text.push_str("version: 1\n");
    match target {
        Target::Copied(section) => {
            text.push_str(section.trim_end());
            text.push('\n');
        }
        Target::New {
            provider,
            base_url,
            token_env,
        } => {
            let _ = writeln!(text, "target:\n  provider: {}", scalar(provider));
            if let Some(url) = base_url {
                let _ = writeln!(text, "  baseUrl: {}", scalar(url));
            }
            if let Some(name) = token_env {
                let _ = writeln!(text, "  token: {{ env: {} }}", scalar(name));
            }
        }
    }
    text
}

/// What the roles of a draft are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RolesAre {
    /// Each is the group of its name.
    Groups,
    /// Mappings of their own make groups of them.
    Mapped,
}

fn of_roles(draft: &Draft) -> RolesAre {
    let is_plain = |it: &DraftMapping| it.pattern == ".*" && it.remark.is_none();
    match draft.mappings.iter().all(is_plain) {
        true => RolesAre::Groups,
        false => RolesAre::Mapped,
    }
}

fn users(draft: &Draft) -> String {
    let suspended = draft.people.values();
    let suspended = suspended
        .filter(|person| person.status == UserStatus::Suspended)
        .count();
    let mut text = format!("# {}", count(draft.people.len(), "person", "people"));
    if suspended > 0 {
        let _ = write!(text, ", {suspended} suspended");
    }
    text.push_str("\nusers:\n");
    for (key, person) in &draft.people {
        if let Some(remark) = &person.remark {
            let _ = writeln!(text, "  # {}", visible(remark));
        }
        let _ = writeln!(text, "  {}: {}", scalar(key.as_str()), person_value(person));
    }
    text
}

/// A person's declaration, in braces.
pub(super) fn person_value(person: &DraftPerson) -> String {
    let DraftPerson {
        email,
        given_name,
        family_name,
        display_name,
        attributes,
        status,
        remark: _,
    } = person;
    let mut fields = vec![format!("email: {}", scalar(email.as_str()))];
    for (name, value) in [
        ("givenName", given_name),
        ("familyName", family_name),
        ("displayName", display_name),
    ] {
        if let Some(value) = value {
            fields.push(format!("{name}: {}", scalar(value)));
        }
    }
    if !attributes.is_empty() {
        let values = attributes.iter();
        let values = values.map(|(one, value)| format!("{}: {}", one.name(), scalar(value)));
        let values: Vec<String> = values.collect();
        fields.push(format!("attributes: {{ {} }}", values.join(", ")));
    }
    match status {
        UserStatus::Active => {}
        UserStatus::Suspended => fields.push("status: suspended".to_owned()),
        UserStatus::Absent => fields.push("status: absent".to_owned()),
    }
    format!("{{ {} }}", fields.join(", "))
}

/// A role's declaration, in braces.
pub(super) fn role_value(role: &DraftRole) -> String {
    format!("{{ members: {} }}", key_list(role.members.iter()))
}

/// A list of keys, in brackets.
pub(super) fn key_list<'a>(keys: impl Iterator<Item = &'a PersonKey>) -> String {
    let keys: Vec<String> = keys.map(|key| scalar(key.as_str())).collect();
    format!("[{}]", keys.join(", "))
}

/// What is said of a role above it.
pub(super) fn role_remark(role: &DraftRole) -> String {
    let members = count(role.members.len(), "member", "members");
    match &role.remark {
        None => members,
        Some(remark) => format!("{members}; {}", visible(remark)),
    }
}

fn roles(roles: &BTreeMap<RoleName, DraftRole>, are: RolesAre) -> String {
    if roles.is_empty() {
        return String::new();
    }
    let mut text = match (roles.len(), are) {
        (1, _) => "roles:\n".to_owned(),
        (many, RolesAre::Groups) => format!("# {many} roles, one for each group\nroles:\n"),
        (many, RolesAre::Mapped) => format!("# {many} roles\nroles:\n"),
    };
    for (name, role) in roles {
        let _ = writeln!(
            text,
            "  # {}\n  {}: {}",
            role_remark(role),
            scalar(name.as_str()),
            role_value(role)
        );
    }
    text
}

/// A mapping's declaration, in braces.
pub(super) fn mapping_value(mapping: &DraftMapping) -> String {
    let DraftMapping {
        pattern,
        group,
        remark: _,
    } = mapping;
    format!("{{ match: {}, group: {} }}", quoted(pattern), quoted(group))
}

fn mappings(mappings: &[DraftMapping], of: RolesAre) -> String {
    if mappings.is_empty() {
        return String::new();
    }
    let mut text = match of {
        RolesAre::Groups => "\n# Each role gives the group of its name.\ngroupMappings:\n",
        RolesAre::Mapped => "\ngroupMappings:\n",
    }
    .to_owned();
    let mut said = None;
    for mapping in mappings {
        if let Some(remark) = mapping.remark.as_deref().filter(|it| said != Some(*it)) {
            let _ = writeln!(text, "  # {}", visible(remark));
        }
        said = mapping.remark.as_deref();
        let _ = writeln!(text, "  - {}", mapping_value(mapping));
    }
    text
}

fn groups(draft: &Draft) -> String {
    if draft.additive.is_empty() {
        return String::new();
    }
    let mut text =
        "\n# They have members that nothing declares: members are added, never removed.\ngroups:\n"
            .to_owned();
    for name in &draft.additive {
        let _ = writeln!(text, "  {}", additive_entry(name));
    }
    text
}

fn additive_entry(name: &GroupName) -> String {
    format!("{}: {ADDITIVE}", scalar(name.as_str()))
}

/// What is declared of a group with members of its own.
pub(super) const ADDITIVE: &str = "{ membership: additive }";

fn laid_out(text: String) -> String {
    match format(&text) {
        Formatted::LaidOut(text) => text,
        // Nothing above is unusual, but a copied target may be: then it stays as it was.
        Formatted::LeftAsWritten(_) => text,
    }
}

/// Whether a text can be a key: of those on one line YAML takes 1,024 characters up to the colon
/// (YAML 1.2.2 §7.4.2), quotes and escapes among them.
pub fn fits_a_key(text: &str) -> bool {
    scalar(text).chars().count() <= LONGEST_KEY
}

/// The most characters of a key.
pub const LONGEST_KEY: usize = 1024;

/// Why something is left out whose name does not fit.
pub(super) fn too_long(name: &str) -> String {
    format!(
        "has a name of {} characters, and a key in YAML has {LONGEST_KEY} at most",
        name.chars().count()
    )
}

/// A text as a YAML scalar: plain where that is surely the same text, else in quotes.
pub fn scalar(text: &str) -> String {
    let is_plain_inside = |c: char| {
        c.is_alphanumeric() || matches!(c, ' ' | '.' | '_' | '-' | '+' | '@' | '\'' | '/')
    };
    let looks_plain = text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(is_plain_inside)
        && !text.contains(is_invisible)
        && !text.ends_with(' ')
        && !text.contains("  ")
        // A dash at the edge of a word can be an indicator.
        && !text.split(' ').any(|word| word.starts_with('-') || word.ends_with('-'));
    let url = text.starts_with("https://")
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-._~/:${}".contains(c));
    // YAML 1.1 readers take more words for something else than 1.2 does.
    let is_word = matches!(
        fold(text).as_str(),
        "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n"
    );
    if (looks_plain || url) && !is_word {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// A text in double quotes, everything that cannot be seen escaped.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if is_invisible(c) || is_unassigned(c) || (c.is_whitespace() && c != ' ') => {
                let code = u32::from(c);
                let _ = match code {
                    0..=0xff => write!(out, "\\x{code:02X}"),
                    0x100..=0xffff => write!(out, "\\u{code:04X}"),
                    _ => write!(out, "\\U{code:08X}"),
                };
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Code points that are no characters, which YAML does not allow as they are.
fn is_unassigned(c: char) -> bool {
    u32::from(c) & 0xfffe == 0xfffe
}

/// Names of files made from names of roles.
#[derive(Debug, Default)]
struct FileNames {
    taken: std::collections::BTreeSet<String>,
}

impl FileNames {
    /// A name that no other file has, also where case does not count.
    fn make(&mut self, role: &str) -> String {
        let mut base = String::new();
        for c in role.chars() {
            match c {
                c if c.is_ascii_alphanumeric() || c == '_' => base.push(c),
                _ if base.is_empty() || base.ends_with('-') => {}
                _ => base.push('-'),
            }
        }
        base.truncate(60);
        let base = match base.trim_end_matches('-') {
            "" => "role",
            base => base,
        };
        // Names that are devices to Windows.
        let device = matches!(
            base.to_ascii_lowercase().as_str(),
            "con" | "prn" | "aux" | "nul"
        ) || (base.len() == 4
            && (base.to_ascii_lowercase().starts_with("com")
                || base.to_ascii_lowercase().starts_with("lpt")));
        let base = if device {
            format!("role-{base}")
        } else {
            base.to_owned()
        };
        let numbered = (2_u32..).map(|number| format!("{base}-{number}"));
        let name = std::iter::once(base.clone())
            .chain(numbered)
            .find(|name| !self.taken.contains(&name.to_ascii_lowercase()))
            .expect("there are endless numbers");
        self.taken.insert(name.to_ascii_lowercase());
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_quoted_where_they_must_be() {
        for plain in [
            "ada",
            "Ada Lovelace",
            "O'Neil",
            "ada+ops@x.io",
            "Müller",
            "a/b",
        ] {
            assert_eq!(scalar(plain), plain);
        }
        for text in [
            "no", "1e3", "", "a: b", "x #y", "- a", "*a", "~", " a", "a ", "Yes", "a -", "a\"b",
        ] {
            assert!(scalar(text).starts_with('"'), "{text:?}: {}", scalar(text));
        }
        assert_eq!(
            quoted("a\u{200b}\u{85}b\u{e0001}\\"),
            "\"a\\u200B\\x85b\\U000E0001\\\\\""
        );
    }

    #[test]
    fn keys_that_fit_are_read_again() {
        use crate::manifest::load::{MemoryFiles, load_from};
        for (name, fits) in [
            ("r".repeat(LONGEST_KEY), true),
            ("r".repeat(LONGEST_KEY + 1), false),
            ("é".repeat(LONGEST_KEY), true),
            ("é".repeat(LONGEST_KEY + 1), false),
            (format!("{}:", "r".repeat(LONGEST_KEY - 3)), true),
            (format!("{}:", "r".repeat(LONGEST_KEY - 2)), false),
            ("\"".repeat(LONGEST_KEY / 2 - 1), true),
            ("\"".repeat(LONGEST_KEY / 2), false),
        ] {
            let key = scalar(&name);
            let text = format!(
                "version: 1\ntarget: {{ provider: scim }}\nroles:\n  {key}: {{ members: [] }}\n"
            );
            let mut files = MemoryFiles::default();
            files.0.insert("m.yaml".to_owned(), text.into_bytes());
            let loaded = load_from(&files, "m.yaml");
            let read = loaded.manifest.is_some_and(|manifest| {
                let mut roles = manifest.roles.0.iter();
                roles.any(|(role, _)| role.value.as_str() == name)
            });
            assert_eq!(fits_a_key(&name), fits, "{}", name.len());
            assert_eq!(read, fits, "{}", name.len());
        }
    }

    #[test]
    fn file_names_differ_on_every_disk() {
        let mut names = FileNames::default();
        assert_eq!(names.make("SRE"), "SRE");
        assert_eq!(names.make("sre"), "sre-2");
        assert_eq!(names.make("../../etc"), "etc");
        assert_eq!(names.make("équipe"), "quipe");
        assert_eq!(names.make("日本"), "role");
        assert_eq!(names.make("con"), "role-con");
    }
}
