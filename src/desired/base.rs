//! The manifest as it was at the base revision, resolved: what a change is compared with.

use std::sync::Arc;

use super::{DesiredState, DesiredUser, resolve};
use crate::manifest::at::TargetManifest;
use crate::manifest::decl::PolicyDecl;
use crate::manifest::source::{Place, SourceMap, Span};

/// The manifest as it was at the base revision.
#[derive(Debug, Clone)]
pub struct BaseRevision {
    /// What to call it: `abc1234`, or a folder.
    pub label: Arc<str>,
    /// What was wanted then, with grants judged on the day of the plan.
    pub desired: DesiredState,
    /// The texts it came from: spans of `desired` are spans of these.
    pub sources: SourceMap,
    /// What a plan was allowed to do then.
    pub policy: PolicyDecl,
}

impl BaseRevision {
    /// Resolves what of the base's manifest holds at the target; without one, nothing was wanted.
    pub fn new(
        label: Arc<str>,
        manifest: Option<TargetManifest>,
        as_of: jiff::civil::Date,
    ) -> Self {
        match manifest {
            Some(manifest) => Self {
                label,
                desired: resolve(&manifest, as_of),
                policy: manifest.policy,
                sources: manifest.sources,
            },
            None => Self {
                label,
                desired: DesiredState {
                    users: Vec::new(),
                    elsewhere: Vec::new(),
                    groups: Vec::new(),
                    absent_groups: Vec::new(),
                    additive_groups: Vec::new(),
                    roles: Vec::new(),
                    mappings: Vec::new(),
                    assertions: Vec::new(),
                    as_of,
                },
                policy: PolicyDecl::default(),
                sources: SourceMap::default(),
            },
        }
    }

    /// Where a span of the base starts.
    pub fn place(&self, span: Span) -> Place {
        self.sources.place(span)
    }

    /// The person of this key, as they were.
    pub fn person(&self, key: &str) -> Option<&DesiredUser> {
        let users = &self.desired.users;
        let at = users.binary_search_by(|user| user.key.as_str().cmp(key));
        at.ok().map(|at| &users[at])
    }
}
