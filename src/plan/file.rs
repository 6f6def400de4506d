//! A plan as a file: what was reviewed is what `apply` runs.
//!
//! **Invariants.** The file names its version and the hash of the plan in it; a plan whose
//! content does not give that hash is not opened. It holds no secret.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{PLAN_VERSION, Plan};
use crate::ids::{TargetName, digest};

/// A saved plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanFile {
    /// The version of the plan format.
    pub version: u32,
    /// `sha256:` and the hash of the plan's canonical JSON.
    pub hash: String,
    /// The plan.
    pub plan: Plan,
}

/// Why a saved plan cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanFileError {
    /// It is no saved plan.
    #[error("not a saved plan: {reason}")]
    Malformed {
        /// What the JSON reader said.
        reason: String,
    },
    /// Another version wrote it.
    #[error("a plan of version {found}, and this scim-sync reads version {PLAN_VERSION}")]
    Version {
        /// The version found.
        found: u64,
    },
    /// Its content is not what was saved.
    #[error("not as it was saved: its content does not give the hash it carries")]
    Tampered,
    /// It names a target as no manifest can.
    #[error("not a plan of ours: its target has a name that no manifest can give")]
    TargetName,
}

impl Plan {
    /// The plan's fingerprint: of its compact JSON, whose order the types fix.
    pub fn fingerprint(&self) -> String {
        let json = serde_json::to_vec(self).expect("a plan has only string keys");
        digest::of(json)
    }
}

impl PlanFile {
    /// Seals a plan.
    pub fn seal(plan: Plan) -> Self {
        Self {
            version: PLAN_VERSION,
            hash: plan.fingerprint(),
            plan,
        }
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a plan has only string keys");
        text.push('\n');
        text
    }

    /// Opens a saved plan.
    ///
    /// # Errors
    /// When it is none, of another version, or was changed.
    pub fn open(text: &str) -> Result<Plan, PlanFileError> {
        #[derive(Deserialize)]
        struct Version {
            version: u64,
        }
        let malformed = |error: serde_json::Error| PlanFileError::Malformed {
            reason: error.to_string(),
        };
        let Version { version } = serde_json::from_str(text).map_err(malformed)?;
        if version != u64::from(PLAN_VERSION) {
            return Err(PlanFileError::Version { found: version });
        }
        let file: PlanFile = serde_json::from_str(text).map_err(malformed)?;
        if file.plan.fingerprint() != file.hash || file.plan.version != file.version {
            return Err(PlanFileError::Tampered);
        }
        // The name goes into titles, file names and lines of a log.
        let name = file.plan.target.name.as_ref();
        if name.is_some_and(|name| !TargetName::has_shape(name.as_str())) {
            return Err(PlanFileError::TargetName);
        }
        Ok(file.plan)
    }
}
