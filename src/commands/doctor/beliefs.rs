//! How the provider is spoken to, held against what it says of itself.

use super::super::project::Project;
use super::super::target::UNLIMITED;
use super::Findings;
use crate::manifest::decl::UserStatus;
use crate::profile::Profile;
use crate::profile::claims::{self, Claim, Extras};
use crate::render::doctor::Verdict;
use crate::scim::dialect::Dialect;
use crate::scim::http::Transport;
use crate::scim::service::{Discovery, Reader};

pub(super) fn rate_limit(project: &Project, dialect: &Dialect, found: &mut Findings) {
    let known = Profile::named(project.profile.name).map(|profile| profile.dialect.rate.per_minute);
    let wanted = project.manifest.target.dialect.requests_per_minute;
    match (wanted, known) {
        (Some(wanted), Some(known)) if wanted > known => found.warn(
            "rate",
            format!("`target.dialect.requestsPerMinute` is {wanted}; {known} keeps within the known limits"),
            "lower it, unless the provider has promised you more",
        ),
        (_, _) if dialect.rate == UNLIMITED => found.ok(
            "rate",
            "no limit is kept to: the provider is on this machine",
        ),
        (_, _) => found.ok(
            "rate",
            format!("at most {} requests a minute are sent, by all workers together", dialect.rate.per_minute),
        ),
    }
}

/// What the provider says of itself, what is believed of it, and where the two differ.
pub(super) async fn discovery<T: Transport>(
    project: &Project,
    reader: &Reader<T>,
    found: &mut Findings,
) {
    let people = project.desired.users.iter();
    let people = people.filter(|user| user.status != UserStatus::Absent);
    let declared = people
        .flat_map(|user| user.attributes.iter())
        .map(|(attribute, _)| attribute)
        .collect();
    let extras = Extras {
        taken: &project.profile.attributes,
        declared: &declared,
    };
    let mut same: Vec<&str> = Vec::new();
    let dialect = reader.dialect();
    for (document, name) in [
        (Discovery::ServiceProviderConfig, "ServiceProviderConfig"),
        (Discovery::ResourceTypes, "ResourceTypes"),
        (Discovery::Schemas, "Schemas"),
    ] {
        let claimed = match reader.discovery(document).await {
            Ok(Some(value)) => match document {
                Discovery::ServiceProviderConfig => claims::of_config(&value, dialect),
                Discovery::ResourceTypes => claims::of_resource_types(&value, dialect),
                Discovery::Schemas => claims::of_schemas(&value, dialect, extras),
            },
            Ok(None) => {
                found.warn(
                    "discovery",
                    format!("there is no `/{name}`"),
                    "nothing here depends on it; the profile says how the provider is spoken to",
                );
                continue;
            }
            Err(error) => {
                found.error("discovery", Verdict::Warning, &error);
                continue;
            }
        };
        for claim in claimed {
            match claim {
                Claim::Same(what) => same.push(what),
                Claim::Harmless(said) => found.ok("discovery", said),
                Claim::Differs { said, help } => found.warn("discovery", said, help),
            }
        }
    }
    if !same.is_empty() {
        let said = format!("claims and beliefs agree on {}", same.join(", "));
        found.ok("discovery", said);
    }
}
