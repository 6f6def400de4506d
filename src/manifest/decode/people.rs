//! People, roles, members, mappings and groups.

use super::fields::Field;
use super::keys::{BINDING, GROUP, MAPPING, MEMBER, ROLE, USER, words};
use super::{Decoder, Of, is_email};
use crate::ids::{Email, Scope};
use crate::manifest::decl::{Adoption, BindingDecl, GroupDecl, MappingDecl, RoleDecl, UserDecl};
use crate::manifest::members::{MemberDecl, Members, Written};
use crate::manifest::source::Spanned;
use crate::manifest::tree::{Kind, Node};

impl Decoder {
    /// A person. Whatever is wrong with it, its key stays known.
    pub(super) fn user(&mut self, key: Spanned<&str>, node: Node<'_>) -> UserDecl {
        let of = Of::Person(key.value);
        let mut user = UserDecl {
            email: Spanned::new(Email::new(""), key.span),
            given_name: None,
            family_name: None,
            display_name: None,
            attributes: None,
            status: None,
            previously: Box::default(),
            adopt: None,
            targets: Box::default(),
        };
        if is_null(node) {
            self.missing_email(key, of);
            return user;
        }
        let Some(fields) = self.fields(node, of, &USER) else {
            return user;
        };
        match fields.get("email") {
            Some(field) => user.email = self.email(field, of),
            None if fields.lacks("email") => {
                let place = fields.written("email").map_or(key.span, |field| field.key);
                self.missing_email(Spanned::new(key.value, place), of);
            }
            None => {}
        }
        user.given_name = fields
            .get("givenName")
            .and_then(|field| self.person_name(field, of));
        user.family_name = fields
            .get("familyName")
            .and_then(|field| self.person_name(field, of));
        user.display_name = fields
            .get("displayName")
            .and_then(|field| self.person_name(field, of))
            .map(Box::new);
        user.attributes = fields
            .get("attributes")
            .and_then(|field| self.attributes(key.value, field.node));
        user.status = fields
            .written("status")
            .and_then(|field| self.word(field, of, words::USER_STATUS));
        let previously = self.names(fields.get("previously"), of, "a person's key");
        user.previously = previously.into();
        user.adopt = fields
            .written("adopt")
            .and_then(|field| self.adoption(field, of));
        user.targets = self.limited_to(fields.written("targets"), of).into();
        user
    }

    fn missing_email(&mut self, key: Spanned<&str>, of: Of<'_>) {
        self.missing(
            key.span,
            "email",
            of,
            "add it: `email: ada@example.com`; a tombstone needs it too, to find the account",
        );
    }

    /// A role. `role:` with nothing under it is a role that nobody has.
    pub(super) fn role(&mut self, key: Spanned<&str>, node: Node<'_>) -> RoleDecl {
        let of = Of::Role(key.value);
        if is_null(node) {
            return RoleDecl::default();
        }
        let Some(fields) = self.fields(node, of, &ROLE) else {
            return RoleDecl::default();
        };
        let mut role = RoleDecl {
            description: fields
                .get("description")
                .and_then(|field| self.text(field, of)),
            members: Members::default(),
            includes: self.names(fields.get("includes"), of, "a role's name"),
            owners: self.owners(fields.get("owners"), of),
            previously: self.names(fields.get("previously"), of, "a role's name"),
            targets: self.limited_to(fields.written("targets"), of),
        };
        if let Some(field) = fields.get("members") {
            let example = "[ada, { user: grace, until: 2027-01-31 }]";
            let members = &mut role.members;
            self.items(field, of, example, |decoder, item| {
                decoder.member(key.value, item, members);
            });
            // Held as long as the manifest is, and there may be a million of them.
            members.shrink_to_fit();
        }
        role
    }

    fn member(&mut self, role: &str, item: Node<'_>, members: &mut Members) {
        let of = Of::Member(role);
        match item.kind() {
            Kind::Scalar(_) | Kind::Sequence(_) => {
                self.member_named(role, item, None, None, members);
            }
            Kind::Mapping(_) => {
                let Some(fields) = self.fields(item, of, &MEMBER) else {
                    return;
                };
                let user = fields.get("user");
                if fields.lacks("user") {
                    self.missing(
                        item.head(),
                        "user",
                        of,
                        "write a person's key, `ada`, or `{ user: ada, until: 2027-01-31 }`",
                    );
                }
                let until = fields
                    .written("until")
                    .and_then(|field| self.date(field, of));
                let reason = fields.get("reason").and_then(|field| self.text(field, of));
                if let Some(user) = user {
                    self.member_named(role, user.node, until, reason.as_ref(), members);
                }
            }
        }
    }

    fn member_named(
        &mut self,
        role: &str,
        user: Node<'_>,
        until: Option<Spanned<jiff::civil::Date>>,
        reason: Option<&Spanned<String>>,
        members: &mut Members,
    ) {
        let written = match user.is_verbatim() {
            true => Written::Plainly,
            false => Written::Otherwise,
        };
        if let Some(user) = self.item_name(user, "members", Of::Role(role), "a person's key") {
            let member = MemberDecl {
                user,
                until,
                reason,
            };
            members.push(member, written);
        }
    }

    /// Owners, as a CODEOWNERS file names them.
    fn owners(&mut self, field: Option<Field<'_>>, of: Of<'_>) -> Vec<Spanned<String>> {
        let mut owners: Vec<Spanned<String>> = self.names(field, of, "an owner");
        owners.retain(|owner| {
            let is_owner = is_owner(&owner.value);
            if !is_owner {
                self.invalid(
                    owner.span,
                    "names no owner",
                    format!("an owner of {of} is neither `@name` nor an e-mail"),
                    "write `@org/team`, `@user` or the e-mail of somebody who may approve",
                );
            }
            is_owner
        });
        owners
    }

    pub(super) fn mapping(&mut self, item: Node<'_>) -> Option<MappingDecl> {
        let of = Of::Mapping;
        let fields = self.fields(item, of, &MAPPING)?;
        let help = "write both: `{ match: \".*\", group: \"{role}\" }`";
        for name in ["match", "group"] {
            if fields.lacks(name) {
                let place = fields.written(name).map_or(item.head(), |field| field.key);
                self.missing(place, name, of, help);
            }
        }
        let pattern = fields.get("match").and_then(|field| self.line(field, of));
        let group = fields.get("group").and_then(|field| self.line(field, of));
        let targets = self.limited_to(fields.written("targets"), of);
        Some(MappingDecl {
            pattern: pattern?,
            group: group?,
            targets,
        })
    }

    /// A group. `group:` with nothing under it says that it exists.
    pub(super) fn group(&mut self, key: Spanned<&str>, node: Node<'_>) -> GroupDecl {
        let of = Of::Group(key.value);
        if is_null(node) {
            return GroupDecl::default();
        }
        let Some(fields) = self.fields(node, of, &GROUP) else {
            return GroupDecl::default();
        };
        GroupDecl {
            status: fields
                .written("status")
                .and_then(|field| self.word(field, of, words::GROUP_STATUS)),
            membership: fields
                .written("membership")
                .and_then(|field| self.word(field, of, words::MEMBERSHIP)),
            previously: self.names(fields.get("previously"), of, "a group's name"),
            adopt_group: fields
                .written("adoptGroup")
                .and_then(|field| self.adoption(field, of)),
            bindings: fields
                .get("bindings")
                .map(|field| self.bindings(key.value, field)),
            binding_management: fields
                .written("bindingManagement")
                .and_then(|field| self.word(field, of, words::MANAGEMENT)),
            targets: self.limited_to(fields.written("targets"), of),
        }
    }

    fn bindings(&mut self, group: &str, field: Field<'_>) -> Vec<BindingDecl> {
        let mut bindings = Vec::new();
        let example = "[{ role: _account_viewer, resourceGroup: _all_account_level_resources }]";
        self.items(field, Of::Group(group), example, |decoder, item| {
            bindings.extend(decoder.binding(group, item));
        });
        bindings
    }

    fn binding(&mut self, group: &str, item: Node<'_>) -> Option<BindingDecl> {
        let of = Of::Binding(group);
        let fields = self.fields(item, of, &BINDING)?;
        let help = "write both: `{ role: _account_viewer, resourceGroup: \
                    _all_account_level_resources }`";
        for name in ["role", "resourceGroup"] {
            if fields.lacks(name) {
                let place = fields.written(name).map_or(item.head(), |field| field.key);
                self.missing(place, name, of, help);
            }
        }
        let role = fields.get("role").and_then(|field| self.line(field, of));
        let resource_group = fields
            .get("resourceGroup")
            .and_then(|field| self.line(field, of));
        let scope = match fields.written("scope") {
            Some(field) => Some(self.scope(field, of)?),
            None => None,
        };
        Some(BindingDecl {
            role: role?,
            resource_group: resource_group?,
            scope,
        })
    }

    fn scope(&mut self, field: Field<'_>, of: Of<'_>) -> Option<Spanned<Scope>> {
        let text = self.line(field, of)?;
        match Scope::parse(&text.value) {
            Some(scope) => Some(Spanned::new(scope, text.span)),
            None => {
                self.invalid(
                    text.span,
                    "no scope",
                    format!("`scope` of {of} is not where a role can be bound"),
                    "write `account`, `org/ORG` or `org/ORG/project/PROJECT` with their identifiers",
                );
                None
            }
        }
    }

    fn adoption(&mut self, field: Field<'_>, of: Of<'_>) -> Option<Spanned<Adoption>> {
        if let Kind::Scalar(scalar) = field.node.kind()
            && scalar.is_bool()
        {
            let adoption = match scalar.text.to_ascii_lowercase().as_str() {
                "true" => Adoption::Wanted,
                _false => Adoption::Refused,
            };
            return Some(Spanned::new(adoption, field.node.span()));
        }
        let subject = format!("`{}` of {of}", field.name);
        let help = "write `true`, or leave the key out";
        self.wrong_type(field.node, &subject, "true or false", help);
        None
    }

    /// A list of names.
    pub(super) fn names<T: for<'a> From<&'a str>>(
        &mut self,
        field: Option<Field<'_>>,
        of: Of<'_>,
        what: &str,
    ) -> Vec<Spanned<T>> {
        let mut names = Vec::new();
        if let Some(field) = field {
            self.items(field, of, "[name]", |decoder, item| {
                if let Some(name) = decoder.item_name(item, field.name, of, what) {
                    names.push(Spanned::new(T::from(name.value), name.span));
                }
            });
        }
        names
    }
}

/// What GitHub, GitLab and Bitbucket take as an owner.
fn is_owner(text: &str) -> bool {
    let is_word = |word: &str| {
        let of_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        !word.is_empty() && word.chars().all(of_word)
    };
    match text.strip_prefix('@') {
        Some(name) => name.split('/').all(is_word),
        None => is_email(text) && !text.contains('#'),
    }
}

fn is_null(node: Node<'_>) -> bool {
    matches!(node.kind(), Kind::Scalar(scalar) if scalar.is_null())
}
