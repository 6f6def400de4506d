//! What of a manifest holds at one of its targets.
//!
//! **Invariants.** At a target, everything that is limited to others is as if it were not
//! written: its people are in no role, its roles in no other, and protection of them is none.
//! The only target of a manifest has all of it, and nothing is copied for it.

use std::collections::HashSet;

use foldhash::fast::RandomState;

use super::decl::{
    AssertionDecl, Declared, GroupDecl, Manifest, MappingDecl, OwnershipDecl, People, PolicyDecl,
    RoleDecl, TargetDecl, Targets,
};
use super::source::{SourceMap, Spanned};
use crate::ids::{GroupName, PersonKey, RoleName, TargetName};

/// A manifest as it holds at one target.
#[derive(Debug, Clone)]
pub struct TargetManifest {
    /// The target's name, where it is one of several or could be.
    pub name: Option<TargetName>,
    /// The service provider.
    pub target: TargetDecl,
    /// The texts, for places and messages.
    pub sources: SourceMap,
    /// People in the order of their keys.
    pub users: People,
    /// Roles in the order of their names.
    pub roles: Declared<RoleName, RoleDecl>,
    /// Mappings in the order of pattern, then template; order never matters.
    pub group_mappings: Vec<MappingDecl>,
    /// Groups in the order of their names.
    pub groups: Declared<GroupName, GroupDecl>,
    /// The rails, with what is other at this target.
    pub policy: PolicyDecl,
    /// What has to hold.
    pub assertions: Vec<AssertionDecl>,
    /// What the files of a folder may touch, by globs in the order of the file.
    pub ownership: Declared<String, OwnershipDecl>,
    /// The folder of run reports, if one is named.
    pub reports: Option<Spanned<String>>,
    /// People who are declared for other targets only, in the order of their keys.
    pub elsewhere: People,
}

/// The file that a target's sandbox is kept in, relative to the root file's folder.
pub fn sandbox_state(name: Option<&TargetName>, target: &TargetDecl) -> String {
    match (&target.sandbox.state, name) {
        (Some(state), _) => state.value.clone(),
        (None, Some(name)) => format!(".scim-sync/sandbox.{name}.json"),
        (None, None) => ".scim-sync/sandbox.json".to_owned(),
    }
}

/// Where a target is: equal for two that are one service provider.
pub fn place(name: Option<&TargetName>, target: &TargetDecl) -> String {
    match &target.base_url {
        Some(url) => url_place(&url.value),
        None => {
            let state = sandbox_state(name, target);
            let parts = std::path::Path::new(&state).components();
            let plain = parts.filter(|part| *part != std::path::Component::CurDir);
            let plain: std::path::PathBuf = plain.collect();
            format!("sandbox in {}", plain.display())
        }
    }
}

/// A URL as every spelling of it is understood: the host in lower case, the usual port left
/// out, no `..`. With a variable in it, as it is written.
fn url_place(url: &str) -> String {
    let read = match url.contains("${") {
        true => None,
        false => url::Url::parse(url.trim()).ok(),
    };
    let text = match read {
        Some(read) => read.to_string(),
        None => url.to_owned(),
    };
    text.trim_end_matches('/').to_owned()
}

/// Whether something that is limited to these targets holds at one. No limit is everywhere.
pub fn holds(limit: &[Spanned<TargetName>], at: &TargetName) -> bool {
    limit.is_empty() || limit.iter().any(|target| target.value == *at)
}

impl Manifest {
    /// The names of its targets; none if there is only one, which has none.
    pub fn target_names(&self) -> impl Iterator<Item = &Spanned<TargetName>> {
        let named = match &self.targets {
            Targets::One(_) => None,
            Targets::Named(named) => Some(named),
        };
        named
            .into_iter()
            .flat_map(|named| &named.0)
            .map(|(name, _)| name)
    }

    /// What holds at each of its targets, in the order of their names.
    pub fn into_targets(self) -> Vec<TargetManifest> {
        match self.targets {
            Targets::Named(ref named) => named
                .0
                .iter()
                .map(|(name, target)| self.at(&name.value, target))
                .collect(),
            Targets::One(target) => vec![TargetManifest {
                name: None,
                target: *target,
                sources: self.sources,
                users: self.users,
                roles: self.roles,
                group_mappings: self.group_mappings,
                groups: self.groups,
                policy: self.policy,
                assertions: self.assertions,
                ownership: self.ownership,
                reports: self.reports,
                elsewhere: Declared::default(),
            }],
        }
    }

    /// What holds at one of several targets.
    pub fn at(&self, name: &TargetName, target: &TargetDecl) -> TargetManifest {
        let (users, elsewhere): (Vec<_>, Vec<_>) = self
            .users
            .0
            .iter()
            .cloned()
            .partition(|(_, user)| holds(&user.targets, name));
        let others = self
            .roles
            .0
            .iter()
            .filter(|(_, role)| !holds(&role.targets, name));
        let other_roles: HashSet<&str> = others.map(|(role, _)| role.value.as_str()).collect();
        let absent: HashSet<&str, RandomState> = elsewhere
            .iter()
            .map(|(key, _)| key.value.as_str())
            .collect();
        let is_here = |key: &PersonKey| !absent.contains(key.as_str());
        let roles = self
            .roles
            .0
            .iter()
            .filter(|(_, role)| holds(&role.targets, name))
            .map(|(role, decl)| {
                let mut decl = decl.clone();
                decl.members = decl.members.of(&self.sources, |key| !absent.contains(key));
                decl.includes
                    .retain(|role| !other_roles.contains(role.value.as_str()));
                (role.clone(), decl)
            })
            .collect();
        let mut policy = match &target.policy {
            Some(there) => self.policy.at(&there.value),
            None => self.policy.clone(),
        };
        policy.protect.users.retain(|key| is_here(&key.value));
        let groups = self.groups.0.iter();
        let groups = groups.filter(|(_, group)| holds(&group.targets, name));
        let mappings = self.group_mappings.iter();
        let mappings = mappings.filter(|mapping| holds(&mapping.targets, name));
        TargetManifest {
            name: Some(name.clone()),
            target: target.clone(),
            sources: self.sources.clone(),
            users: Declared(users),
            roles: Declared(roles),
            group_mappings: mappings.cloned().collect(),
            groups: Declared(groups.cloned().collect()),
            policy,
            assertions: self.assertions.clone(),
            ownership: self.ownership.clone(),
            reports: self.reports.clone(),
            elsewhere: Declared(elsewhere),
        }
    }
}

/// What the checks look at: a whole manifest, or what of it holds at one target.
#[derive(Debug, Clone, Copy)]
pub struct Part<'m> {
    /// The target, if it is one of several.
    pub name: Option<&'m TargetName>,
    /// The texts.
    pub sources: &'m SourceMap,
    /// People.
    pub users: &'m People,
    /// Roles.
    pub roles: &'m Declared<RoleName, RoleDecl>,
    /// Mappings.
    pub group_mappings: &'m Vec<MappingDecl>,
    /// Groups.
    pub groups: &'m Declared<GroupName, GroupDecl>,
    /// The rails.
    pub policy: &'m PolicyDecl,
    /// What the files of a folder may touch.
    pub ownership: &'m Declared<String, OwnershipDecl>,
}

impl<'m> From<&'m Manifest> for Part<'m> {
    fn from(manifest: &'m Manifest) -> Self {
        Self {
            name: None,
            sources: &manifest.sources,
            users: &manifest.users,
            roles: &manifest.roles,
            group_mappings: &manifest.group_mappings,
            groups: &manifest.groups,
            policy: &manifest.policy,
            ownership: &manifest.ownership,
        }
    }
}

impl<'m> From<&'m TargetManifest> for Part<'m> {
    fn from(manifest: &'m TargetManifest) -> Self {
        Self {
            name: manifest.name.as_ref(),
            sources: &manifest.sources,
            users: &manifest.users,
            roles: &manifest.roles,
            group_mappings: &manifest.group_mappings,
            groups: &manifest.groups,
            policy: &manifest.policy,
            ownership: &manifest.ownership,
        }
    }
}
