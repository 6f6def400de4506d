//! The root and its included files to one manifest.
//!
//! **Invariants.** The result is the same in whatever order the files are given: everything
//! is sorted by key, and of two declarations of one key the one that stands first (by file,
//! then position) is kept. Every second declaration is a fault.

use super::decl::{Declared, IncludedDecl, Manifest, MappingDecl, RootDecl, Targets};
use super::fault::{Fault, FaultCode};
use super::source::{SourceMap, Span, Spanned};
use super::words::quoted;

/// Merges the root with what it includes. The faults are the duplicates.
pub fn merge(
    root: RootDecl,
    included: Vec<IncludedDecl>,
    sources: SourceMap,
) -> (Manifest, Vec<Fault>) {
    let RootDecl {
        version: _,
        target,
        mut targets,
        include: _,
        mut users,
        mut roles,
        mut group_mappings,
        mut groups,
        policy,
        assertions,
        ownership,
        reports,
    } = root;
    // A hundred thousand people are moved once, not each time there is no room for more.
    let people = included.iter().map(|file| file.users.0.len());
    users.0.reserve_exact(people.sum());
    for file in included {
        let IncludedDecl {
            version: _,
            users: more_users,
            roles: more_roles,
            group_mappings: more_mappings,
            groups: more_groups,
        } = file;
        users.0.extend(more_users.0);
        roles.0.extend(more_roles.0);
        group_mappings.extend(more_mappings);
        groups.0.extend(more_groups.0);
    }
    let mut faults = Vec::new();
    unique(&mut users, "person", &mut faults);
    unique(&mut roles, "role", &mut faults);
    unique(&mut groups, "group", &mut faults);
    unique_mappings(&mut group_mappings, &mut faults);
    targets.0.sort_by(|(a, _), (b, _)| a.value.cmp(&b.value));
    let targets = match target {
        Some(target) => Targets::One(Box::new(target)),
        None => Targets::Named(targets),
    };
    let manifest = Manifest {
        sources,
        targets,
        users,
        roles,
        group_mappings,
        groups,
        policy,
        assertions,
        ownership,
        reports,
    };
    (manifest, faults)
}

fn unique<K: Ord + std::fmt::Display, V>(
    declared: &mut Declared<K, V>,
    what: &str,
    faults: &mut Vec<Fault>,
) {
    // No two are equal, for no two stand in one place; so nothing need be stable.
    declared
        .0
        .sort_unstable_by(|(a, _), (b, _)| (&a.value, a.span).cmp(&(&b.value, b.span)));
    // `dedup_by` calls with the later element first, and drops it.
    declared.0.dedup_by(|(again, _), (first, _)| {
        let same = again.value == first.value;
        if same {
            faults.push(duplicate(what, again, first.span));
        }
        same
    });
}

fn duplicate<K: std::fmt::Display>(what: &str, again: &Spanned<K>, first: Span) -> Fault {
    Fault::error(
        FaultCode::DuplicateDeclaration,
        again.span,
        "declared again here",
        format!(
            "{what} {} is declared twice",
            quoted(&again.value.to_string())
        ),
        "merge the two into one place, or rename one of them",
    )
    .with_related(first, "first declared here")
}

fn unique_mappings(mappings: &mut Vec<MappingDecl>, faults: &mut Vec<Fault>) {
    fn key(mapping: &MappingDecl) -> (&str, &str, Span) {
        let MappingDecl {
            pattern,
            group,
            targets: _,
        } = mapping;
        (&pattern.value, &group.value, pattern.span)
    }
    mappings.sort_by(|a, b| key(a).cmp(&key(b)));
    mappings.dedup_by(|again, first| {
        let (pattern, group, place) = key(again);
        let (first_pattern, first_group, first_place) = key(first);
        let same = (pattern, group) == (first_pattern, first_group);
        if same {
            faults.push(
                Fault::warning(
                    FaultCode::DuplicateDeclaration,
                    place,
                    "again here",
                    format!(
                        "the mapping of {} to {} is declared twice",
                        quoted(pattern),
                        quoted(group)
                    ),
                    "remove one of the two",
                )
                .with_related(first_place, "first declared here"),
            );
        }
        same
    });
}
