//! From YAML text to a plan, through the real loader, lints and planner.

#![allow(dead_code, reason = "each test binary uses its part of it")]

use std::collections::BTreeMap;

use jiff::civil::Date;
use scim_sync::desired::DesiredState;
use scim_sync::live::LiveState;
use scim_sync::manifest::at::TargetManifest;
use scim_sync::manifest::fault::{self, Severity};
use scim_sync::manifest::load::{self, MemoryFiles, ROOT_FILE};
use scim_sync::plan::policy::Policy;
use scim_sync::plan::{
    self, Allowances, Inputs, Plan, PlanInput, Population, Recent, TargetInfo, Written,
};
use scim_sync::profile::Profile;
use scim_sync::profile::lint::{self, Checked, Resolved};

/// The day every test lives on.
pub const TODAY: Date = jiff::civil::date(2026, 11, 24);

/// A manifest without faults, and what follows from it.
pub struct Project {
    pub manifest: TargetManifest,
    pub desired: DesiredState,
    pub profile: Profile,
    pub policy: Policy,
}

impl Project {
    /// Loads a manifest as the commands do; the messages of its errors if it has any.
    pub fn load(files: &MemoryFiles) -> Result<Self, Vec<String>> {
        let errors = |faults: &[fault::Fault]| -> Vec<String> {
            let faults = faults.iter().filter(|it| it.severity == Severity::Error);
            faults.map(|it| it.message.clone()).collect()
        };
        let loaded = load::load_from(files, ROOT_FILE).checked(TODAY);
        let Checked {
            faults,
            mut targets,
            ..
        } = lint::check(loaded, TODAY);
        if fault::has_errors(&faults) {
            return Err(errors(&faults));
        }
        Ok(Self::of(targets.remove(0)))
    }

    /// What follows from a manifest at one of its targets.
    pub fn of(resolved: Resolved) -> Self {
        let Resolved {
            manifest,
            profile,
            desired,
        } = resolved;
        Self {
            policy: Policy::new(&manifest.policy),
            manifest,
            desired,
            profile,
        }
    }

    /// The plan against this live state.
    pub fn plan(&self, live: &LiveState, allow: &Allowances) -> Plan {
        self.plan_under(&self.policy, live, allow)
    }

    /// The plan under another policy than the declared one.
    pub fn plan_under(&self, policy: &Policy, live: &LiveState, allow: &Allowances) -> Plan {
        self.plan_with(policy, live, &Population::of(live), allow)
    }

    /// The plan with percentages of something else than what is live.
    pub fn plan_with(
        &self,
        policy: &Policy,
        live: &LiveState,
        population: &Population,
        allow: &Allowances,
    ) -> Plan {
        self.with_input(policy, live, allow, |input| {
            plan::plan(PlanInput {
                population,
                ..input
            })
        })
    }

    /// Makes something of what a plan is made of.
    pub fn with_input<R>(
        &self,
        policy: &Policy,
        live: &LiveState,
        allow: &Allowances,
        make: impl FnOnce(PlanInput<'_>) -> R,
    ) -> R {
        make(PlanInput {
            base: None,
            desired: &self.desired,
            sources: &self.manifest.sources,
            live,
            population: &Population::of(live),
            recent: &Recent::default(),
            written: &Written::default(),
            profile: &self.profile,
            policy,
            allow,
            target: &TargetInfo {
                name: None,
                provider: self.profile.name.to_owned(),
                title: self.profile.title.to_owned(),
                base_url: "sandbox".to_owned(),
            },
            inputs: &Inputs {
                manifest: "sha256:manifest".to_owned(),
                files: BTreeMap::new(),
                base: None,
                live: "sha256:live".to_owned(),
            },
        })
    }
}
