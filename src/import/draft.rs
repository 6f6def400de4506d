//! Declarations that are yet to be written.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::attributes::Attributes;
use crate::ids::{Email, GroupName, PersonKey, RoleName};
use crate::manifest::decl::UserStatus;

/// What is to be declared, and what cannot be.
#[must_use = "the notes say what a manifest cannot hold"]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// People by key.
    pub people: BTreeMap<PersonKey, DraftPerson>,
    /// Roles by name.
    pub roles: BTreeMap<RoleName, DraftRole>,
    /// Mappings, in the order to write them.
    pub mappings: Vec<DraftMapping>,
    /// Groups whose other members are left alone.
    pub additive: BTreeSet<GroupName>,
    /// What cannot be declared as it is.
    pub notes: Vec<Note>,
    /// Which person each live user is, as declared here or before, by position.
    pub keys: Vec<Option<PersonKey>>,
}

/// A person to declare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftPerson {
    /// The e-mail.
    pub email: Email,
    /// First name.
    pub given_name: Option<String>,
    /// Last name.
    pub family_name: Option<String>,
    /// The name to show, where it is one apart.
    pub display_name: Option<String>,
    /// Other attributes, for a provider that takes them.
    pub attributes: Attributes,
    /// What is intended.
    pub status: UserStatus,
    /// A remark for whoever reads the file.
    pub remark: Option<String>,
}

/// A role to declare.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DraftRole {
    /// Who has it.
    pub members: BTreeSet<PersonKey>,
    /// A remark for whoever reads the file.
    pub remark: Option<String>,
}

/// A mapping to declare.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DraftMapping {
    /// The expression.
    pub pattern: String,
    /// The group's template.
    pub group: String,
    /// A remark for whoever reads the file.
    pub remark: Option<String>,
}

/// Something that cannot be declared as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What the first plan makes of it.
    pub first: First,
    /// Whom or what it concerns: an e-mail, a group's name.
    pub subject: String,
    /// What it is and why, and what to do: a sentence without its subject.
    pub message: String,
}

/// What the first plan makes of something that cannot be declared as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum First {
    /// It says nothing of it: only a detail is left out.
    Silent,
    /// It lists it as unmanaged and leaves it alone.
    Unmanaged,
    /// It refuses to touch it, and says so.
    Refuses,
    /// It would change it.
    Changes,
}

impl First {
    /// A heading for the notes of this kind.
    pub fn heading(self) -> &'static str {
        match self {
            First::Silent => "left out of the manifest",
            First::Unmanaged => "not declared, so plans leave it alone",
            First::Refuses => "declared, and plans will refuse to touch it",
            First::Changes => "ATTENTION: plans will want to change it",
        }
    }
}
