//! Mappings, the groups they produce, and what protects people and groups.

use std::collections::BTreeMap;

use super::Lint;
use crate::ids::GroupName;
use crate::manifest::decl::{GroupStatus, MappingDecl, UserStatus};
use crate::manifest::fault::{Fault, FaultCode};
use crate::manifest::mapping::{CompiledMapping, MappingProblem, MappingProblemKind, MappingSet};
use crate::manifest::source::{SourceMap, Span, Spanned};
use crate::manifest::words::{closest, count, quoted};

/// A group that a role gets: by which mapping, and where the role is declared.
struct Produced<'m> {
    mapping: &'m MappingDecl,
    role: Span,
}

impl<'m> Lint<'m> {
    /// Mappings that cannot work or do nothing, roles that get no group, and groups that
    /// are declared against what the mappings say.
    pub(super) fn groups(&mut self) {
        let manifest = self.manifest;
        let mappings = &manifest.group_mappings;
        let mut compiled = Vec::with_capacity(mappings.len());
        for (number, mapping) in mappings.iter().enumerate() {
            match CompiledMapping::compile(mapping) {
                Ok(one) => compiled.push((number, one)),
                Err(problems) => {
                    for problem in problems {
                        self.faults
                            .push(mapping_fault(problem, mapping, manifest.sources));
                    }
                }
            }
        }
        let broken = compiled.len() < mappings.len();
        let numbers: Vec<usize> = compiled.iter().map(|(number, _)| *number).collect();
        let set = MappingSet::new(compiled);

        let mut used = vec![false; mappings.len()];
        let mut produced: BTreeMap<GroupName, Produced<'m>> = BTreeMap::new();
        let mut unmapped = Vec::new();
        for (role, _) in &manifest.roles.0 {
            let groups = set.groups_for(&role.value);
            if groups.is_empty() {
                unmapped.push(role);
            }
            for (number, group) in groups {
                used[number] = true;
                if group.as_str().trim().is_empty() {
                    self.faults.push(
                        Fault::error(
                            FaultCode::InvalidGroupName,
                            mappings[number].group.span,
                            "gives an empty name",
                            format!(
                                "role {} gets a group without a name",
                                quoted(role.value.as_str())
                            ),
                            "narrow `match`, or add text to `group`",
                        )
                        .with_related(role.span, "this role"),
                    );
                    continue;
                }
                produced.entry(group).or_insert(Produced {
                    mapping: &mappings[number],
                    role: role.span,
                });
            }
        }
        if self.is_whole() {
            for number in numbers.into_iter().filter(|number| !used[*number]) {
                self.unused_mapping(&mappings[number]);
            }
            if !broken {
                self.unmapped_roles(&unmapped);
            }
        }
        self.declared_groups(&produced, broken);
        self.bindings();
        self.protected_groups(&produced, broken);
    }

    fn unused_mapping(&mut self, mapping: &MappingDecl) {
        let pattern = &mapping.pattern;
        let help = self.suggest_role(&pattern.value).unwrap_or_else(|| {
            "correct `match`, which has to match a role's whole name, or remove the mapping"
                .to_owned()
        });
        self.faults.push(Fault::warning(
            FaultCode::UnusedMapping,
            pattern.span,
            "matches no role",
            format!("the mapping of {} matches no role", quoted(&pattern.value)),
            help,
        ));
    }

    fn unmapped_roles(&mut self, unmapped: &[&'m Spanned<crate::ids::RoleName>]) {
        let all = unmapped.len() == self.manifest.roles.0.len();
        if let (true, [first, _, ..]) = (all, unmapped) {
            self.faults.push(Fault::warning(
                FaultCode::UnmappedRole,
                first.span,
                "this one, for instance",
                format!(
                    "none of the {} becomes a group",
                    count(unmapped.len(), "role", "roles")
                ),
                "add a mapping: `groupMappings: [{ match: \".*\", group: \"{role}\" }]` makes \
                 a group of each role",
            ));
            return;
        }
        for role in unmapped {
            self.faults.push(Fault::warning(
                FaultCode::UnmappedRole,
                role.span,
                "gives no group",
                format!("no mapping matches role {}", quoted(role.value.as_str())),
                "add a mapping for it, or remove the role",
            ));
        }
    }

    fn declared_groups(&mut self, produced: &BTreeMap<GroupName, Produced<'m>>, broken: bool) {
        for (name, group) in &self.manifest.groups.0 {
            let source = produced.get(&name.value);
            match (group.status(), source) {
                (GroupStatus::Absent, Some(source)) => {
                    let place = group.status.map_or(name.span, |status| status.span);
                    self.faults.push(
                        Fault::error(
                            FaultCode::TombstoneMapped,
                            place,
                            "must not exist, says this",
                            format!(
                                "group {} is `absent` and a mapping still produces it",
                                quoted(name.value.as_str())
                            ),
                            "remove the role or narrow the mapping, or remove the \
                             `status: absent`",
                        )
                        .with_related(source.mapping.pattern.span, "this mapping")
                        .with_related(source.role, "makes it of this role"),
                    );
                }
                (GroupStatus::Present, None) if self.is_whole() && !broken => {
                    self.faults.push(Fault::warning(
                        FaultCode::UnknownGroup,
                        name.span,
                        "no mapping produces it",
                        format!("no role becomes group {}", quoted(name.value.as_str())),
                        group_help(name.value.as_str(), produced),
                    ));
                }
                (GroupStatus::Absent, None) | (GroupStatus::Present, Some(_) | None) => {}
            }
        }
    }

    /// Protection of groups that nothing produces or declares. It may be meant, for a group
    /// that only the service provider knows, so it is a warning.
    fn protected_groups(&mut self, produced: &BTreeMap<GroupName, Produced<'m>>, broken: bool) {
        let manifest = self.manifest;
        let protect = &manifest.policy.protect;
        let declared = |name: &GroupName| {
            let groups = &manifest.groups.0;
            groups
                .binary_search_by(|(key, _)| key.value.cmp(name))
                .ok()
                .map(|found| &groups[found])
        };
        for name in &protect.groups {
            let group = declared(&name.value);
            if let Some((_, group)) = group
                && let Some(status) = group.status
                && status.value == GroupStatus::Absent
            {
                self.faults.push(
                    Fault::error(
                        FaultCode::TombstoneReferenced,
                        name.span,
                        "protected here",
                        format!(
                            "group {} is `absent` and protected from removal",
                            quoted(name.value.as_str())
                        ),
                        "remove the protection, or the `status: absent`",
                    )
                    .with_related(status.span, "must not exist, says this"),
                );
            }
        }
        if !self.is_whole() || broken {
            return;
        }
        let minimums = protect.min_members.0.iter().map(|(name, _)| name);
        for name in protect.groups.iter().chain(minimums) {
            if declared(&name.value).is_none() && !produced.contains_key(&name.value) {
                self.faults.push(Fault::warning(
                    FaultCode::UnknownGroup,
                    name.span,
                    "no mapping produces it",
                    format!("no role becomes group {}", quoted(name.value.as_str())),
                    group_help(name.value.as_str(), produced),
                ));
            }
        }
    }

    /// Protected people who are unknown or must not exist.
    pub(super) fn protection(&mut self) {
        let manifest = self.manifest;
        for key in &manifest.policy.protect.users {
            let name = quoted(key.value.as_str()).to_string();
            let Some((_, person)) = self.person(key.value.as_str()) else {
                if self.is_whole() {
                    let help = self.suggest_person(key.value.as_str()).unwrap_or_else(|| {
                        format!("declare {name} under `users`, or remove the protection")
                    });
                    self.faults.push(Fault::error(
                        FaultCode::UnknownPerson,
                        key.span,
                        "protects nobody",
                        format!("`policy.protect` names {name}, whom no file declares"),
                        help,
                    ));
                }
                continue;
            };
            if let Some(status) = person.status
                && status.value == UserStatus::Absent
            {
                self.faults.push(
                    Fault::error(
                        FaultCode::TombstoneReferenced,
                        key.span,
                        "protected here",
                        format!("person {name} is `absent` and protected from removal"),
                        "remove the protection, or the `status: absent`",
                    )
                    .with_related(status.span, "must not exist, says this"),
                );
            }
        }
    }
}

fn group_help(name: &str, produced: &BTreeMap<GroupName, Produced<'_>>) -> String {
    match closest(name, produced.keys().take(10_000).map(GroupName::as_str)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "correct the name, or add a role and a mapping that give this group; a group \
                 that only the service provider has needs neither"
            .to_owned(),
    }
}

/// A mapping's problem at the very characters that are wrong, where they can be found.
fn mapping_fault(problem: MappingProblem, mapping: &MappingDecl, sources: &SourceMap) -> Fault {
    let MappingProblem {
        kind,
        range,
        label,
        message,
        help,
    } = problem;
    let MappingDecl {
        pattern,
        group,
        targets: _,
    } = mapping;
    let (code, place) = match kind {
        MappingProblemKind::Regex => (FaultCode::InvalidRegex, pattern),
        MappingProblemKind::Template => (FaultCode::InvalidTemplate, group),
        MappingProblemKind::Capture => (FaultCode::UnknownCapture, group),
    };
    let span = range
        .and_then(|range| within(place, range, sources))
        .unwrap_or(place.span);
    let fault = Fault::error(code, span, label, message, help);
    if code == FaultCode::UnknownCapture {
        fault.with_related(pattern.span, "the captures are those of this")
    } else {
        fault
    }
}

/// The place of a part of a scalar, if the text says the scalar letter for letter.
fn within(
    scalar: &Spanned<String>,
    range: std::ops::Range<usize>,
    sources: &SourceMap,
) -> Option<Span> {
    let text = sources.text(scalar.span);
    let quotes = usize::from(text.starts_with(['"', '\'']));
    let inner = text.get(quotes..text.len().checked_sub(quotes)?)?;
    let start = scalar.span.start as usize + quotes;
    (inner == scalar.value)
        .then(|| Span::new(scalar.span.file, start + range.start, start + range.end))
}
