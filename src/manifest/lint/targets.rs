//! Targets: names that are known, places that differ, and limits that mean something.

use std::collections::{BTreeMap, HashMap};

use super::Lint;
use crate::ids::TargetName;
use crate::manifest::at::{holds, place};
use crate::manifest::decl::{Declared, GroupDecl, Manifest, TargetDecl, Targets};
use crate::manifest::fault::{Fault, FaultCode};
use crate::manifest::source::{Span, Spanned};
use crate::manifest::together::together;
use crate::manifest::words::{closest, one_of, quoted};

/// What `targets` stands in, for messages.
struct Limited<'m> {
    what: String,
    targets: &'m [Spanned<TargetName>],
}

impl<'m> Lint<'m> {
    /// Everything about targets.
    pub(super) fn targets(&mut self, manifest: &'m Manifest) {
        match &manifest.targets {
            Targets::One(target) => {
                self.policy_of_the_only(target);
                self.limits_without_names(manifest);
            }
            Targets::Named(named) => {
                self.same_places(named);
                self.unknown_targets(manifest, named);
                self.idle_limits();
                self.granted_nowhere(named);
            }
        }
    }

    fn policy_of_the_only(&mut self, target: &TargetDecl) {
        if let Some(policy) = &target.policy {
            self.faults.push(Fault::error(
                FaultCode::InvalidValue,
                policy.span,
                "of the only target",
                "`target` has a `policy` of its own, and there is no other target",
                "write it as the root's `policy`",
            ));
        }
    }

    /// What is limited to some targets.
    fn limited(&self) -> Vec<Limited<'m>> {
        fn one<'m>(
            targets: &'m [Spanned<TargetName>],
            what: impl FnOnce() -> String,
        ) -> Option<Limited<'m>> {
            // Drawn only where there is a limit: of a hundred thousand people few have one.
            (!targets.is_empty()).then(|| Limited {
                what: what(),
                targets,
            })
        }
        let part = self.manifest;
        let users = part.users.0.iter().filter_map(|(key, user)| {
            let what = || format!("person {}", quoted(key.value.as_str()));
            one(&user.targets, what)
        });
        let roles = part.roles.0.iter().filter_map(|(name, role)| {
            let what = || format!("role {}", quoted(name.value.as_str()));
            one(&role.targets, what)
        });
        let mappings = part.group_mappings.iter().filter_map(|mapping| {
            let what = || format!("the mapping of {}", quoted(&mapping.pattern.value));
            one(&mapping.targets, what)
        });
        let groups = part.groups.0.iter().filter_map(|(name, group)| {
            let what = || format!("group {}", quoted(name.value.as_str()));
            one(&group.targets, what)
        });
        users.chain(roles).chain(mappings).chain(groups).collect()
    }

    fn limits_without_names(&mut self, manifest: &'m Manifest) {
        debug_assert!(matches!(manifest.targets, Targets::One(_)));
        for limited in self.limited() {
            let Some(first) = limited.targets.first() else {
                continue;
            };
            self.faults.push(Fault::error(
                FaultCode::UnknownTarget,
                first.span,
                "no such target",
                format!(
                    "{} is limited to targets, and the manifest has only one, without a name",
                    limited.what
                ),
                "leave `targets` out, or give the root file `targets` with names instead of \
                 `target`",
            ));
        }
    }

    fn unknown_targets(&mut self, manifest: &Manifest, named: &Declared<TargetName, TargetDecl>) {
        // A target whose name is a fault already may be the one that is meant.
        if !self.is_whole() || named.0.is_empty() {
            return;
        }
        let names: Vec<&str> = manifest
            .target_names()
            .map(|name| name.value.as_str())
            .collect();
        for limited in self.limited() {
            for target in limited.targets {
                let name = target.value.as_str();
                if names.binary_search(&name).is_ok() {
                    continue;
                }
                let help = match closest(name, names.iter().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("name {}", one_of(names.iter().copied())),
                };
                self.faults.push(Fault::error(
                    FaultCode::UnknownTarget,
                    target.span,
                    "no such target",
                    format!(
                        "{} is limited to {}, which the root file does not name",
                        limited.what,
                        quoted(name)
                    ),
                    help,
                ));
            }
        }
    }

    /// Two targets that are one place would each undo what the other does.
    fn same_places(&mut self, named: &Declared<TargetName, TargetDecl>) {
        let mut places: BTreeMap<String, &Spanned<TargetName>> = BTreeMap::new();
        for (name, target) in &named.0 {
            let Some(first) = places.insert(place(Some(&name.value), target), name) else {
                continue;
            };
            self.faults.push(
                Fault::error(
                    FaultCode::SameTarget,
                    name.span,
                    "and this one",
                    format!(
                        "the targets {} and {} are one place: each would undo what the other does",
                        quoted(first.value.as_str()),
                        quoted(name.value.as_str())
                    ),
                    "keep one of them, or give one another `baseUrl` or `sandbox.state`",
                )
                .with_related(first.span, "this one"),
            );
        }
    }

    /// A group's entry does not make the group, so to limit the entry does not limit it.
    fn idle_limits(&mut self) {
        for (name, group) in &self.manifest.groups.0 {
            let [first, ..] = &*group.targets else {
                continue;
            };
            let nothing_else = GroupDecl {
                targets: group.targets.clone(),
                ..GroupDecl::default()
            };
            if *group == nothing_else {
                let shown = quoted(name.value.as_str());
                self.faults.push(Fault::warning(
                    FaultCode::IdleTargets,
                    first.span,
                    "limits nothing",
                    format!(
                        "all that is said of group {shown} is where that holds; the group is \
                         wherever a mapping makes it of a role"
                    ),
                    "limit the mapping or the role to these targets instead",
                ));
            }
        }
    }

    /// Members and included roles that no target has together with the role.
    fn granted_nowhere(&mut self, named: &Declared<TargetName, TargetDecl>) {
        let part = self.manifest;
        let is_known = |target: &Spanned<TargetName>| {
            named.0.iter().any(|(name, _)| name.value == target.value)
        };
        for (name, role) in &part.roles.0 {
            // An unknown name is a fault by itself, and may be one that both are at.
            if role.targets.is_empty() || !role.targets.iter().all(is_known) {
                continue;
            }
            let never_with = |limit: &[Spanned<TargetName>]| {
                limit.iter().all(is_known)
                    && !role
                        .targets
                        .iter()
                        .any(|target| holds(limit, &target.value))
            };
            let shown = quoted(name.value.as_str());
            for member in role.members.iter(self.manifest.sources) {
                let Some((key, user)) = self.person(member.user.value) else {
                    continue;
                };
                if never_with(&user.targets) {
                    let fault = nowhere(
                        format!(
                            "role {shown} gives {} nothing: there is no target that both are at",
                            quoted(key.value.as_str())
                        ),
                        (member.user.span, "never granted"),
                        &user.targets,
                        &role.targets,
                    );
                    self.faults.push(fault);
                }
            }
            for included in &role.includes {
                let Some((other, decl)) = self.roles.get(included.value.as_str()) else {
                    continue;
                };
                if never_with(&decl.targets) {
                    let fault = nowhere(
                        format!(
                            "role {shown} has nothing of {}: there is no target that both are at",
                            quoted(other.value.as_str())
                        ),
                        (included.span, "never included"),
                        &decl.targets,
                        &role.targets,
                    );
                    self.faults.push(fault);
                }
            }
        }
    }
}

fn nowhere(
    message: String,
    (span, label): (Span, &str),
    theirs: &[Spanned<TargetName>],
    the_roles: &[Spanned<TargetName>],
) -> Fault {
    let mut fault = Fault::warning(
        FaultCode::GrantedNowhere,
        span,
        label,
        message,
        "widen one of the two `targets`, or remove it here",
    );
    if let Some(first) = theirs.first() {
        fault = fault.with_related(first.span, "is here only");
    }
    match the_roles.first() {
        Some(first) => fault.with_related(first.span, "and the role here only"),
        None => fault,
    }
}

/// The faults of each target as one list. That nothing uses something is a fault only if
/// that is so wherever it is declared.
pub(super) fn of_each(found: Vec<(TargetName, Vec<Fault>)>, manifest: &Manifest) -> Vec<Fault> {
    let Targets::Named(named) = &manifest.targets else {
        return found.into_iter().flat_map(|(_, faults)| faults).collect();
    };
    let all = named.0.len();
    let mut declared_at: HashMap<Span, usize> = HashMap::new();
    let mut limit = |span: Span, targets: &[Spanned<TargetName>]| {
        if !targets.is_empty() {
            declared_at.insert(span, targets.len());
        }
    };
    for mapping in &manifest.group_mappings {
        limit(mapping.pattern.span, &mapping.targets);
    }
    for (name, role) in &manifest.roles.0 {
        limit(name.span, &role.targets);
    }
    for (name, group) in &manifest.groups.0 {
        limit(name.span, &group.targets);
    }
    for (_, target) in &named.0 {
        let Some(policy) = &target.policy else {
            continue;
        };
        let protect = &policy.value.protect;
        let minimums = protect.min_members.0.iter().map(|(name, _)| name.span);
        let groups = protect.groups.iter().map(|name| name.span);
        declared_at.extend(groups.chain(minimums).map(|span| (span, 1)));
    }
    let of_nothing = [
        FaultCode::UnusedMapping,
        FaultCode::UnmappedRole,
        FaultCode::UnknownGroup,
    ];
    together(found, |fault| {
        if of_nothing.contains(&fault.code) {
            let known = declared_at.get(&fault.primary.span);
            known.copied().unwrap_or(all).min(all)
        } else {
            1
        }
    })
}
