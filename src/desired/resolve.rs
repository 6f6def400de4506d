//! Manifest → desired state.

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;

use super::assertion::Assertion;
use super::{
    AbsentGroup, DesiredBindings, DesiredGroup, DesiredState, DesiredUser, Elsewhere, Grant,
    Grants, GroupSource, ResolvedMapping, ResolvedRole, RoleIndex, UserIndex,
};
use crate::ids::attributes::Attributes;
use crate::ids::{Binding, GroupName, PersonKey};
use crate::manifest::at::TargetManifest;
use crate::manifest::decl::{GroupDecl, GroupStatus, Membership, UserDecl};
use crate::manifest::mapping::{CompiledMapping, MappingSet};
use crate::manifest::members::{MemberDecl, Members};
use crate::manifest::people::ByKey;
use crate::manifest::source::{Span, Spanned};

/// Resolves a manifest that has no faults, judging grants on the day `as_of`.
///
/// References that do not resolve are left out: `manifest::lint` has refused such a
/// manifest before it comes here.
pub fn resolve(manifest: &TargetManifest, as_of: jiff::civil::Date) -> DesiredState {
    let people = manifest.users.0.iter();
    let users = people.map(|(key, decl)| user(key, decl)).collect();
    let grants = Granting::new(manifest, as_of);
    let roles = (0..manifest.roles.0.len()).map(|at| grants.role(manifest, at));
    let roles = roles.collect();
    state(manifest, as_of, users, roles)
}

/// As [`resolve`], of a manifest whose people and roles nobody asks for any more: they are let go
/// as they are resolved, so that a hundred thousand people and a million memberships are hardly
/// ever there twice.
pub fn resolve_and_forget(manifest: &mut TargetManifest, as_of: jiff::civil::Date) -> DesiredState {
    let grants = Granting::new(manifest, as_of);
    let mut roles = Vec::with_capacity(manifest.roles.0.len());
    for at in 0..manifest.roles.0.len() {
        roles.push(grants.role(manifest, at));
        manifest.roles.0[at].1.members = Members::default();
    }
    drop(grants);
    let declared = std::mem::take(&mut manifest.users.0).into_iter();
    // Into the very room that they have, which std gives back to whoever takes no more of it.
    let mut users: Vec<DesiredUser> = declared.map(|(key, decl)| user(&key, &decl)).collect();
    users.shrink_to_fit();
    let state = state(manifest, as_of, users, roles);
    manifest.elsewhere.0 = Vec::new();
    manifest.roles.0 = Vec::new();
    state
}

fn user(key: &Spanned<PersonKey>, decl: &UserDecl) -> DesiredUser {
    let previously = decl.previously.iter().map(|key| key.value.clone());
    DesiredUser {
        key: key.value.clone(),
        email: decl.email.value.clone(),
        given_name: name(&decl.given_name),
        family_name: name(&decl.family_name),
        display_name: shown_name(decl),
        attributes: attributes(decl),
        status: decl.status(),
        previously: previously.collect(),
        adoption: decl.adoption(),
        span: key.span,
        email_span: decl.email.span,
    }
}

fn state(
    manifest: &TargetManifest,
    as_of: jiff::civil::Date,
    users: Vec<DesiredUser>,
    roles: Vec<ResolvedRole>,
) -> DesiredState {
    debug_assert!(users.is_sorted_by(|a, b| a.key < b.key));
    let (groups, mappings) = resolve_groups(manifest, &roles);
    let absent_groups = manifest
        .groups
        .0
        .iter()
        .filter(|(_, decl)| decl.status() == GroupStatus::Absent)
        .map(|(name, _)| AbsentGroup {
            name: name.value.clone(),
            span: name.span,
        })
        .collect();
    let additive_groups = manifest.groups.0.iter().filter(|(name, decl)| {
        let is_wanted = |name| groups.binary_search_by(|it| it.name.cmp(name)).is_ok();
        decl.status() != GroupStatus::Absent
            && decl.membership() == Membership::Additive
            && !is_wanted(&name.value)
    });
    let additive_groups = additive_groups
        .map(|(name, _)| name.value.clone())
        .collect();

    let elsewhere = manifest.elsewhere.0.iter().map(|(key, _)| Elsewhere {
        key: key.value.clone(),
        span: key.span,
    });
    DesiredState {
        users,
        elsewhere: elsewhere.collect(),
        groups,
        absent_groups,
        additive_groups,
        roles,
        mappings,
        assertions: manifest
            .assertions
            .iter()
            .filter_map(Assertion::new)
            .collect(),
        as_of,
    }
}

fn name(declared: &Option<Spanned<CompactString>>) -> Option<CompactString> {
    declared.as_ref().map(|name| name.value.clone())
}

fn shown_name(decl: &UserDecl) -> Option<Box<CompactString>> {
    let declared = decl.display_name.as_ref();
    declared.map(|name| Box::new(name.value.clone()))
}

fn attributes(decl: &UserDecl) -> Attributes {
    let declared = decl.attributes.iter().flat_map(|declared| &declared.0);
    let values = declared.map(|declared| {
        let value = declared.value.as_ref();
        let text = value.map_or("", |value| value.value.as_str());
        (declared.attribute.value, text)
    });
    values.collect()
}

/// What a role's grants are resolved with.
struct Granting {
    by_key: ByKey,
    /// The roles that each includes itself.
    includes: Vec<Vec<RoleIndex>>,
    as_of: jiff::civil::Date,
}

impl Granting {
    fn new(manifest: &TargetManifest, as_of: jiff::civil::Date) -> Self {
        let roles = || manifest.roles.0.iter();
        let by_name: BTreeMap<&str, RoleIndex> = roles()
            .zip(0..)
            .map(|((name, _), at)| (name.value.as_str(), RoleIndex(at)))
            .collect();
        let includes = roles().map(|(_, decl)| {
            let names = decl.includes.iter();
            names
                .filter_map(|name| by_name.get(name.value.as_str()).copied())
                .collect()
        });
        Self {
            by_key: ByKey::new(&manifest.users),
            includes: includes.collect(),
            as_of,
        }
    }

    /// The role at a position.
    fn role(&self, manifest: &TargetManifest, at: usize) -> ResolvedRole {
        let (name, decl) = &manifest.roles.0[at];
        let holds =
            |member: &MemberDecl<'_>| member.until.is_none_or(|until| until.value >= self.as_of);
        let members = decl.members.iter(&manifest.sources);
        let grants = members.filter(holds).filter_map(|member| {
            Some(Grant {
                user: UserIndex(self.by_key.position(member.user.value)?),
                span: member.user.span,
                until: member.until.map(|until| until.value),
                reason: member.reason.map(|why| why.value.as_str()),
            })
        });
        let index = RoleIndex(u32::try_from(at).expect("fewer than 2^32 roles"));
        ResolvedRole {
            name: name.value.clone(),
            span: name.span,
            grants: Grants::new(name.span.file, decl.members.len(), grants),
            closure: closure(index, &self.includes),
        }
    }
}

/// A role and all it includes, sorted. Terminates on cycles, which lint refuses.
fn closure(start: RoleIndex, includes: &[Vec<RoleIndex>]) -> Vec<RoleIndex> {
    let mut seen = vec![start];
    let mut at = 0;
    while at < seen.len() {
        for next in &includes[seen[at].0 as usize] {
            if !seen.contains(next) {
                seen.push(*next);
            }
        }
        at += 1;
    }
    seen.sort_unstable();
    seen
}

fn resolve_groups(
    manifest: &TargetManifest,
    roles: &[ResolvedRole],
) -> (Vec<DesiredGroup>, Vec<ResolvedMapping>) {
    let declared: BTreeMap<&str, (Span, &GroupDecl)> = manifest
        .groups
        .0
        .iter()
        .map(|(name, decl)| (name.value.as_str(), (name.span, decl)))
        .collect();

    let mappings: Vec<ResolvedMapping> = manifest
        .group_mappings
        .iter()
        .map(|mapping| ResolvedMapping {
            pattern: mapping.pattern.value.as_str().into(),
            span: mapping.pattern.span,
        })
        .collect();
    // What does not compile was refused by lint.
    let compiled = manifest
        .group_mappings
        .iter()
        .map(CompiledMapping::compile)
        .enumerate()
        .filter_map(|(at, mapping)| Some((at, mapping.ok()?)))
        .collect();
    let compiled = MappingSet::new(compiled);

    let mut sources: BTreeMap<GroupName, Vec<GroupSource>> = BTreeMap::new();
    let mut earlier: BTreeMap<GroupName, BTreeSet<GroupName>> = BTreeMap::new();
    for ((role, decl), index) in roles.iter().zip(&manifest.roles.0).zip(0..) {
        let groups = compiled.groups_for(&role.name);
        // A renamed role renames the groups that the same mapping made of its old name.
        for (mapping, before) in decl
            .1
            .previously
            .iter()
            .flat_map(|name| compiled.groups_for(&name.value))
        {
            for (_, now) in groups
                .iter()
                .filter(|(at, now)| *at == mapping && *now != before)
            {
                earlier
                    .entry(now.clone())
                    .or_default()
                    .insert(before.clone());
            }
        }
        for (mapping, group) in groups {
            sources.entry(group).or_default().push(GroupSource {
                role: RoleIndex(index),
                mapping: u32::try_from(mapping).expect("fewer than 2^32 mappings"),
            });
        }
    }

    let groups = sources
        .into_iter()
        .filter_map(|(name, mut sources)| {
            sources.sort_unstable();
            let (span, decl) = match declared.get(name.as_str()) {
                Some((_, decl)) if decl.status() == GroupStatus::Absent => return None,
                Some((span, decl)) => (Some(*span), Some(*decl)),
                None => (None, None),
            };
            let mut previously = earlier.remove(&name).unwrap_or_default();
            if let Some(decl) = decl {
                previously.extend(decl.previously.iter().map(|name| name.value.clone()));
            }
            Some(DesiredGroup {
                members: members(&sources, roles),
                name,
                sources,
                membership: decl.map(GroupDecl::membership).unwrap_or_default(),
                previously: previously.into_iter().collect(),
                adoption: decl.map(GroupDecl::adoption).unwrap_or_default(),
                bindings: span.zip(decl).and_then(|(span, decl)| bindings(span, decl)),
                span,
            })
        })
        .collect();
    (groups, mappings)
}

fn bindings(span: Span, decl: &GroupDecl) -> Option<DesiredBindings> {
    let mut wanted: Vec<(Binding, Span)> = decl
        .bindings
        .as_ref()?
        .iter()
        .map(|binding| (binding.binding(), binding.role.span))
        .collect();
    wanted.sort();
    wanted.dedup_by(|again, first| again.0 == first.0);
    Some(DesiredBindings {
        wanted,
        management: decl.binding_management(),
        span,
    })
}

fn members(sources: &[GroupSource], roles: &[ResolvedRole]) -> Vec<UserIndex> {
    let mut inner: Vec<RoleIndex> = sources
        .iter()
        .flat_map(|source| roles[source.role.0 as usize].closure.iter().copied())
        .collect();
    inner.sort_unstable();
    inner.dedup();
    let people = |role: &RoleIndex| roles[role.0 as usize].grants.users();
    if let [only] = inner.as_slice() {
        return people(only).collect();
    }
    let mut members: Vec<UserIndex> = inner.iter().flat_map(people).collect();
    members.sort_unstable();
    members.dedup();
    members
}
