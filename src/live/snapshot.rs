//! The live state as a file: what `scim-sync snapshot` writes and `plan --live` reads.
//!
//! **Invariants.** The file names its version, its provider and its base URL; it holds no
//! token. Writing a state and reading it back gives the same state.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::beside::Beside;
use super::{Activity, Integrity, LiveGroup, LiveIndex, LiveState, LiveUser, LiveUsers};
use crate::ids::attributes::{Attributes, ExtraAttribute};
use crate::ids::{Email, ExternalId, GroupId, GroupName, UserId};
use crate::scim::listing::Walk;
use crate::scim::wire::EmailChoice;

/// The version this build writes and reads.
pub const SNAPSHOT_VERSION: u32 = 1;

/// A live state with where and when it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "scim-sync snapshot, version 1", extend("$id" = "urn:scim-sync:schema:snapshot:1"))]
pub struct Snapshot {
    /// The version of this format; always 1.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// The profile it was read with.
    pub provider: String,
    /// The base URL it was read from.
    pub base_url: String,
    /// When the read began, RFC 3339 in UTC.
    pub taken_at: String,
    /// Whether the read was whole.
    pub integrity: IntegrityFile,
    /// Users, sorted by id.
    pub users: Vec<UserFile>,
    /// Groups, sorted by name, then id.
    pub groups: Vec<GroupFile>,
    /// What the provider's own API told beside SCIM, as far as it was asked.
    #[serde(default, skip_serializing_if = "Beside::is_empty")]
    pub beside: Beside,
}

/// Whether the read was whole, for each kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IntegrityFile {
    /// Users.
    pub users: Walk,
    /// Groups.
    pub groups: Walk,
}

/// A user in a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UserFile {
    /// The provider's id.
    pub id: UserId,
    /// The login name.
    pub user_name: String,
    /// The e-mail.
    pub email: Email,
    /// Whether the provider tells that of several it is this one.
    #[serde(default, skip_serializing_if = "EmailChoice::is_told")]
    pub email_choice: EmailChoice,
    /// Whoever provisioned the user left this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// First name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// Last name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// The name shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Other attributes that have a value.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
    /// Whether the account is usable.
    pub active: bool,
}

/// A group in a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupFile {
    /// The provider's id.
    pub id: GroupId,
    /// The display name.
    pub display_name: GroupName,
    /// Members' ids, sorted.
    pub members: Vec<String>,
}

/// Why a snapshot cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// It is not a snapshot.
    #[error("not a snapshot of scim-sync: {reason}")]
    Malformed {
        /// What the JSON reader said.
        reason: String,
    },
    /// Another version wrote it.
    #[error(
        "snapshot version {found} cannot be read by this scim-sync, which reads {SNAPSHOT_VERSION}"
    )]
    Version {
        /// The version found.
        found: u64,
    },
}

impl Snapshot {
    /// A state as a snapshot.
    pub fn new(state: &LiveState, provider: &str, base_url: &str, taken_at: &str) -> Self {
        let users = state.users.iter().map(|user| UserFile {
            id: user.id.clone(),
            user_name: user.user_name.to_string(),
            email: user.email.clone(),
            email_choice: user.email_choice,
            external_id: user.external_id.clone(),
            given_name: user.given_name.as_deref().map(str::to_owned),
            family_name: user.family_name.as_deref().map(str::to_owned),
            display_name: user.display_name.as_deref().map(str::to_owned),
            attributes: user.attributes.clone(),
            active: user.activity == Activity::Active,
        });
        let groups = state.groups.iter().map(|group| {
            let listed = group
                .members
                .iter()
                .map(|member| state.user(*member).id.as_str());
            let mut members: Vec<String> = listed
                .chain(group.unlisted.iter().map(|id| &**id))
                .map(str::to_owned)
                .collect();
            members.sort_unstable();
            GroupFile {
                id: group.id.clone(),
                display_name: group.name.clone(),
                members,
            }
        });
        Self {
            version: SNAPSHOT_VERSION,
            provider: provider.to_owned(),
            base_url: base_url.to_owned(),
            taken_at: taken_at.to_owned(),
            integrity: IntegrityFile {
                users: state.integrity.users.clone(),
                groups: state.integrity.groups.clone(),
            },
            users: users.collect(),
            groups: groups.collect(),
            beside: state.beside.clone(),
        }
    }

    /// Reads a snapshot.
    ///
    /// # Errors
    /// When the text is no snapshot or of another version.
    pub fn parse(text: &str) -> Result<Self, SnapshotError> {
        #[derive(Deserialize)]
        struct Version {
            version: u64,
        }
        let malformed = |error: serde_json::Error| SnapshotError::Malformed {
            reason: error.to_string(),
        };
        let Version { version } = serde_json::from_str(text).map_err(malformed)?;
        if version != u64::from(SNAPSHOT_VERSION) {
            return Err(SnapshotError::Version { found: version });
        }
        serde_json::from_str(text).map_err(malformed)
    }

    /// The state in it. Order and duplicates of a hand-edited file are put right.
    pub fn into_state(self) -> LiveState {
        let users: LiveUsers = self
            .users
            .into_iter()
            .map(|user| LiveUser {
                id: user.id,
                user_name: user.email.share(&user.user_name),
                email: user.email,
                email_choice: user.email_choice,
                external_id: user.external_id,
                given_name: user.given_name.map(Into::into),
                family_name: user.family_name.map(Into::into),
                display_name: user.display_name.map(Into::into),
                attributes: user.attributes.valued(&ExtraAttribute::ALL),
                activity: if user.active {
                    Activity::Active
                } else {
                    Activity::Inactive
                },
            })
            .collect();
        let listed: HashMap<&str, u32> = users
            .iter()
            .zip(0..)
            .map(|(user, at)| (user.id.as_str(), at))
            .collect();
        let mut groups: Vec<LiveGroup> = self
            .groups
            .into_iter()
            .map(|group| {
                let mut members = Vec::new();
                let mut unlisted: Vec<Box<str>> = Vec::new();
                for id in group.members {
                    match listed.get(id.as_str()) {
                        Some(at) => members.push(LiveIndex(*at)),
                        None => unlisted.push(id.into()),
                    }
                }
                members.sort_unstable();
                members.dedup();
                unlisted.sort_unstable();
                unlisted.dedup();
                LiveGroup {
                    id: group.id,
                    name: group.display_name,
                    members,
                    unlisted,
                }
            })
            .collect();
        groups.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        groups.dedup_by(|a, b| a.id == b.id);
        LiveState {
            users,
            groups,
            integrity: Integrity {
                users: self.integrity.users,
                groups: self.integrity.groups,
            },
            beside: self.beside,
        }
    }
}
