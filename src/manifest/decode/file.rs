//! The root file and included files: versions, sections, includes.

use super::fields::{Field, Fields};
use super::keys::{self, ROOT};
use super::{Decoder, Of};
use crate::manifest::decl::{
    Declared, DialectDecl, HarnessDecl, IncludedDecl, MappingDecl, PolicyDecl, RootDecl,
    SandboxDecl, TargetDecl,
};
use crate::manifest::fault::{Fault, FaultCode};
use crate::manifest::source::{FileId, Span, Spanned};
use crate::manifest::tree::Node;
use crate::manifest::words::quoted;

/// What stands in for a root file that cannot be decoded at all.
pub(super) fn root_stand_in(file: FileId) -> RootDecl {
    let nowhere = Span::start_of(file);
    RootDecl {
        version: Spanned::new(1, nowhere),
        target: Some(target_stand_in(nowhere)),
        targets: Declared::default(),
        include: Vec::new(),
        users: Declared::default(),
        roles: Declared::default(),
        group_mappings: Vec::new(),
        groups: Declared::default(),
        policy: PolicyDecl::default(),
        assertions: Vec::new(),
        ownership: Declared::default(),
        reports: None,
    }
}

pub(super) fn target_stand_in(span: Span) -> TargetDecl {
    TargetDecl {
        provider: Spanned::new(String::new(), span),
        base_url: None,
        token: None,
        ca_file: None,
        sandbox: SandboxDecl::default(),
        dialect: DialectDecl::default(),
        harness: HarnessDecl::default(),
        policy: None,
    }
}

impl Decoder {
    pub(super) fn root(&mut self, node: Node<'_>) -> RootDecl {
        let Some(fields) = self.fields(node, Of::Root, &ROOT) else {
            self.lose();
            return root_stand_in(self.file);
        };
        let start = Span::start_of(self.file);
        let version = match fields.get("version") {
            Some(field) => self.version(field),
            None => {
                if fields.lacks("version") {
                    let place = fields.written("version").map_or(start, |field| field.key);
                    let help = "start the file with `version: 1`";
                    self.missing(place, "version", Of::Root, help);
                }
                Spanned::new(1, start)
            }
        };
        let (target, targets) = self.one_or_more(&fields, start);
        let include = fields
            .get("include")
            .map(|field| self.include(field))
            .unwrap_or_default();
        let policy = fields
            .get("policy")
            .map(|field| self.policy(field.node))
            .unwrap_or_default();
        let assertions = fields
            .get("assertions")
            .map(|field| self.assertions(field))
            .unwrap_or_default();
        let ownership = fields
            .get("ownership")
            .map(|field| self.ownership(field))
            .unwrap_or_default();
        let reports = fields
            .get("reports")
            .and_then(|field| self.line(field, Of::Root));
        let sections = self.sections(&fields, Of::Root);
        RootDecl {
            version,
            target,
            targets,
            include,
            users: sections.users,
            roles: sections.roles,
            group_mappings: sections.group_mappings,
            groups: sections.groups,
            policy,
            assertions,
            ownership,
            reports,
        }
    }

    pub(super) fn included(&mut self, node: Node<'_>) -> IncludedDecl {
        let Some(fields) = self.fields(node, Of::Included, &keys::INCLUDED) else {
            self.lose();
            return IncludedDecl::default();
        };
        let version = fields.get("version").map(|field| self.version(field));
        IncludedDecl {
            version,
            ..self.sections(&fields, Of::Included)
        }
    }

    fn sections<const N: usize>(&mut self, fields: &Fields<'_, N>, of: Of<'_>) -> IncludedDecl {
        let mut sections = IncludedDecl::default();
        if let Some(field) = fields.get("users") {
            self.entries(field, of, "a person's key", |decoder, key, node| {
                let user = decoder.user(key, node);
                sections.users.0.push((key_of(key), user));
            });
            // Kept beside those of every other file until all are one manifest.
            sections.users.0.shrink_to_fit();
        }
        if let Some(field) = fields.get("roles") {
            self.entries(field, of, "a role's name", |decoder, key, node| {
                let role = decoder.role(key, node);
                sections.roles.0.push((key_of(key), role));
            });
        }
        if let Some(field) = fields.get("groupMappings") {
            sections.group_mappings = self.mappings(field, of);
        }
        if let Some(field) = fields.get("groups") {
            self.entries(field, of, "a group's name", |decoder, key, node| {
                let group = decoder.group(key, node);
                sections.groups.0.push((key_of(key), group));
            });
        }
        sections
    }

    fn mappings(&mut self, field: Field<'_>, of: Of<'_>) -> Vec<MappingDecl> {
        let mut mappings = Vec::new();
        let example = "[{ match: \".*\", group: \"{role}\" }]";
        let listed = self.items(field, of, example, |decoder, item| {
            match decoder.mapping(item) {
                Some(mapping) => mappings.push(mapping),
                None => decoder.lose(),
            }
        });
        if !listed {
            self.lose();
        }
        mappings
    }

    fn version(&mut self, field: Field<'_>) -> Spanned<u32> {
        let Some(version) = self.number(field, Of::Root) else {
            return Spanned::new(1, field.node.span());
        };
        if version.value != 1 {
            self.invalid(
                version.span,
                "only 1 is known",
                format!(
                    "version {} of the manifest language is not known",
                    version.value
                ),
                "write `version: 1`, or use a newer scim-sync",
            );
        }
        version
    }

    fn include(&mut self, field: Field<'_>) -> Vec<Spanned<String>> {
        let mut include: Vec<Spanned<String>> = Vec::new();
        let example = "[people/**/*.yaml]";
        let listed = self.items(field, Of::Root, example, |decoder, item| {
            let Some(glob) = decoder.item_name(item, "include", Of::Root, "a file name or glob")
            else {
                decoder.lose();
                return;
            };
            if let Some(first) = include.iter().find(|first| first.value == glob.value) {
                let fault = Fault::warning(
                    FaultCode::DuplicateKey,
                    glob.span,
                    "again here",
                    format!("{} is included twice", quoted(glob.value)),
                    "remove one of the two",
                )
                .with_related(first.span, "first here");
                decoder.fault(fault);
                return;
            }
            include.push(Spanned::new(glob.value.to_owned(), glob.span));
        });
        if !listed {
            self.lose();
        }
        include
    }
}

fn key_of<K: for<'a> From<&'a str>>(key: Spanned<&str>) -> Spanned<K> {
    Spanned::new(K::from(key.value), key.span)
}
