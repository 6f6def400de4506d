//! What SCIM does not show of the account: how people log in, and what was made by hand.

use std::collections::BTreeMap;

use super::super::Terminal;
use super::super::logins;
use super::super::project::{Failure, Project};
use super::{Findings, named, told};
use crate::ids::{GroupId, fold};
use crate::live::beside::Told;
use crate::manifest::decl::UserStatus;
use crate::profile::GroupIds;
use crate::render::style::count;
use crate::scim::http::Transport;
use crate::scim::platform::Platform;

pub(super) async fn single_sign_on<T: Transport>(platform: Platform<'_, T>, found: &mut Findings) {
    match platform.authentication().await {
        Ok(settings) if settings.is_saml() => found.ok("single sign-on", "SAML is on"),
        Ok(settings) => found.warn(
            "single sign-on",
            format!(
                "people log in by {}, not by SAML: whoever is provisioned needs another way in",
                settings.authentication_mechanism
            ),
            "set SAML up and enable it (Account Settings, Authentication) before provisioning",
        ),
        Err(error) => found.unseen("single sign-on", &error),
    }
}

/// Whether everybody declared is where logins are decided, as far as the manifest names that.
pub(super) async fn other_login(project: &Project, terminal: &Terminal, found: &mut Findings) {
    let Some(other) = project.profile.other_login else {
        return;
    };
    let check = other.title;
    match logins::read(project, terminal).await {
        Err(Failure::Trouble(trouble)) => {
            let (message, help) = told(&trouble);
            found.fail(check, message, help);
        }
        Err(Failure::Faults(faults)) => found.fail(check, faults, ""),
        Ok(Told::NotAsked) => found.ok(check, other.help),
        Ok(Told::NotTold(why)) => found.warn(
            check,
            format!("{} could not be looked at: {why}", other.title),
            "check `target.harness.firstGen`, or name a file of its members' e-mails there",
        ),
        Ok(Told::Known(admitted)) => {
            let missing = project.desired.locked_out(&admitted);
            let missing: Vec<String> = missing
                .map(|user| format!("{} <{}>", user.key, user.email))
                .collect();
            if missing.is_empty() {
                found.ok(
                    check,
                    format!("everybody declared is in {} as well", other.title),
                );
            } else {
                found.warn(
                    check,
                    format!(
                        "{} missing in {}, which decides who can log in: {}",
                        count(missing.len(), "declared person is", "declared people are"),
                        other.title,
                        named(&missing)
                    ),
                    "add them to that integration as well, or switch it off",
                );
            }
        }
    }
}

pub(super) async fn standalone<T: Transport>(
    project: &Project,
    platform: Platform<'_, T>,
    found: &mut Findings,
) {
    let declared: BTreeMap<&str, &str> = project
        .desired
        .users
        .iter()
        .filter(|user| user.status != UserStatus::Absent)
        .map(|user| (user.email.folded(), user.key.as_str()))
        .collect();
    let emails: Vec<&str> = declared.keys().copied().collect();
    match platform.users_by_email(&emails).await {
        Ok(users) => {
            let alone: Vec<String> = users
                .iter()
                .filter(|user| !user.externally_managed)
                .filter_map(|user| {
                    let key = declared.get(user.email.folded())?;
                    Some(format!("{key} <{}>", user.email))
                })
                .collect();
            if alone.is_empty() {
                found.ok(
                    "standalone",
                    "nobody declared has an account that SCIM did not make",
                );
            } else {
                found.warn(
                    "standalone",
                    format!(
                        "{} of declared people that SCIM did not make: {}",
                        count(alone.len(), "account", "accounts"),
                        named(&alone)
                    ),
                    "remove them in Harness (Access Control, Users) before their roles are provisioned, or let the create take them over",
                );
            }
        }
        Err(error) => found.unseen("standalone", &error),
    }
}

pub(super) async fn hand_made<T: Transport>(
    project: &Project,
    platform: Platform<'_, T>,
    found: &mut Findings,
) {
    let mut ids: BTreeMap<GroupId, &str> = BTreeMap::new();
    let mut names: BTreeMap<String, &str> = BTreeMap::new();
    for group in &project.desired.groups {
        let name = group.name.as_str();
        if let GroupIds::DerivedFromName(derive) = project.profile.group_ids
            && let Ok(id) = derive(name)
        {
            ids.insert(GroupId::from(id), name);
        }
        names.insert(fold(name), name);
    }
    match platform.groups().await {
        Ok(groups) => {
            let colliding: Vec<String> = groups
                .iter()
                .filter(|group| !group.externally_managed)
                .filter_map(|group| {
                    let wanted = ids.get(&group.identifier);
                    let wanted = wanted.or_else(|| names.get(&fold(&group.name)))?;
                    Some(format!(
                        "`{}` (id {}) with `{wanted}`",
                        group.name, group.identifier
                    ))
                })
                .collect();
            if colliding.is_empty() {
                found.ok(
                    "hand-made groups",
                    "none has the id or name of a declared group",
                );
            } else {
                found.warn(
                    "hand-made groups",
                    format!(
                        "{} with a declared one: {}; a create could take it over and replace its members",
                        count(colliding.len(), "collides", "collide"),
                        named(&colliding)
                    ),
                    "rename or remove the hand-made group in Harness, or map the role to another group",
                );
            }
        }
        Err(error) => found.unseen("hand-made groups", &error),
    }
}
