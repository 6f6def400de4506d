//! What the files of a folder may touch (the idea of kubernetes/k8s.io's `restrictions.yaml`).
//!
//! A file touches the people, roles and groups it declares or calls the earlier name of one,
//! the groups its roles become, and what its mappings make of any role.

use std::collections::BTreeMap;

use super::Lint;
use crate::manifest::at::Part;
use crate::manifest::decl::OwnershipDecl;
use crate::manifest::fault::{Fault, FaultCode};
use crate::manifest::glob::{NameGlob, PathGlob};
use crate::manifest::mapping::{CompiledMapping, MappingSet};
use crate::manifest::source::{FileId, Span, Spanned};
use crate::manifest::words::quoted;

/// One entry of `ownership`, ready to use.
struct Owned {
    at: Span,
    users: Vec<NameGlob>,
    roles: Vec<NameGlob>,
    groups: Vec<NameGlob>,
}

/// What kind of thing is touched.
#[derive(Clone, Copy)]
enum Thing {
    Person,
    Role,
    Group,
}

impl Thing {
    fn noun(self) -> &'static str {
        match self {
            Thing::Person => "person",
            Thing::Role => "role",
            Thing::Group => "group",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Thing::Person => "users",
            Thing::Role => "roles",
            Thing::Group => "groups",
        }
    }

    fn globs(self, owned: &Owned) -> &[NameGlob] {
        match self {
            Thing::Person => &owned.users,
            Thing::Role => &owned.roles,
            Thing::Group => &owned.groups,
        }
    }
}

/// The entries for each file that has some.
struct Rules {
    by_file: BTreeMap<FileId, Vec<usize>>,
    owned: Vec<Owned>,
}

impl Rules {
    fn new(manifest: Part<'_>, faults: &mut Vec<Fault>) -> Self {
        let mut rules = Self {
            by_file: BTreeMap::new(),
            owned: Vec::new(),
        };
        // What is not a glob was refused by the decoder.
        let globs = |texts: &[Spanned<String>]| -> Vec<NameGlob> {
            texts
                .iter()
                .filter_map(|text| NameGlob::new(&text.value).ok())
                .collect()
        };
        for (path, decl) in &manifest.ownership.0 {
            let Ok(glob) = PathGlob::new(&path.value) else {
                continue;
            };
            let OwnershipDecl {
                users,
                roles,
                groups,
            } = decl;
            let files = manifest.sources.files();
            let files: Vec<FileId> = files
                .filter(|(_, file)| file.revision.is_none() && glob.is_match(&file.name))
                .map(|(id, _)| id)
                .collect();
            if files.is_empty() {
                faults.push(Fault::warning(
                    FaultCode::UnusedOwnership,
                    path.span,
                    "matches no file",
                    format!("no file of the manifest matches {}", quoted(&path.value)),
                    "correct the glob, which is of names relative to this file, or remove it: it \
                     protects nothing",
                ));
            }
            for file in files {
                let entries = rules.by_file.entry(file).or_default();
                entries.push(rules.owned.len());
            }
            rules.owned.push(Owned {
                at: path.span,
                users: globs(users),
                roles: globs(roles),
                groups: globs(groups),
            });
        }
        rules
    }

    /// The entry to point at, if a file may not touch something of this name.
    fn forbids(&self, file: FileId, thing: Thing, name: &str) -> Option<&Owned> {
        let entries = self.by_file.get(&file)?;
        let mut globs = entries.iter().flat_map(|at| thing.globs(&self.owned[*at]));
        if globs.any(|glob| glob.is_match(name)) {
            return None;
        }
        entries.first().map(|at| &self.owned[*at])
    }
}

impl Lint<'_> {
    /// Files that touch what is not theirs.
    pub(super) fn ownership(&mut self) {
        let manifest = self.manifest;
        if manifest.ownership.0.is_empty() {
            return;
        }
        let rules = Rules::new(manifest, &mut self.faults);
        if rules.by_file.is_empty() {
            return;
        }
        for (key, user) in &manifest.users.0 {
            self.touches(
                &rules,
                Thing::Person,
                key.value.as_str(),
                key.span,
                "declared here",
            );
            for earlier in &user.previously {
                self.touches(
                    &rules,
                    Thing::Person,
                    earlier.value.as_str(),
                    earlier.span,
                    "taken over here",
                );
            }
        }
        let compiled = manifest.group_mappings.iter().enumerate();
        let compiled = compiled
            .filter_map(|(at, mapping)| Some((at, CompiledMapping::compile(mapping).ok()?)))
            .collect();
        let mappings = MappingSet::new(compiled);
        for (name, role) in &manifest.roles.0 {
            self.touches(
                &rules,
                Thing::Role,
                name.value.as_str(),
                name.span,
                "declared here",
            );
            for earlier in &role.previously {
                self.touches(
                    &rules,
                    Thing::Role,
                    earlier.value.as_str(),
                    earlier.span,
                    "taken over here",
                );
            }
            for (at, group) in mappings.groups_for(&name.value) {
                let mapping = manifest.group_mappings[at].pattern.span;
                let becomes = format!("becomes {}", quoted(group.as_str()));
                self.touches(&rules, Thing::Group, group.as_str(), name.span, &becomes);
                let makes = format!("makes {} of a role", quoted(group.as_str()));
                self.touches(&rules, Thing::Group, group.as_str(), mapping, &makes);
                self.touches(&rules, Thing::Role, name.value.as_str(), mapping, "maps it");
            }
        }
        for (name, group) in &manifest.groups.0 {
            self.touches(
                &rules,
                Thing::Group,
                name.value.as_str(),
                name.span,
                "declared here",
            );
            for earlier in &group.previously {
                self.touches(
                    &rules,
                    Thing::Group,
                    earlier.value.as_str(),
                    earlier.span,
                    "taken over here",
                );
            }
        }
    }

    fn touches(&mut self, rules: &Rules, thing: Thing, name: &str, span: Span, how: &str) {
        let Some(owned) = rules.forbids(span.file, thing, name) else {
            return;
        };
        let file = &self.manifest.sources.file(span.file).name;
        let (noun, key) = (thing.noun(), thing.key());
        let fault = Fault::error(
            FaultCode::NotOwned,
            span,
            how,
            format!("{} may not touch the {noun} {}", quoted(file), quoted(name)),
            format!(
                "move it to a file that may, or have whoever owns the root file add it to `{key}` \
                 there"
            ),
        );
        self.faults
            .push(fault.with_related(owned.at, "says what files there may touch"));
    }
}
