//! Collecting what SCIM does not tell, through the provider's own API.
//!
//! Nothing here fails: what is not told is kept with the reason.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::LiveState;
use super::beside::{
    Account, Admins, Ask, BindingState, Bound, HandMade, Holder, LiveBinding, Made, Presence, Told,
    WhichAccounts, WhichGroups,
};
use crate::ids::{Binding, GroupId, GroupName, Scope, UserId};
use crate::scim::error::ScimError;
use crate::scim::http::Transport;
use crate::scim::platform::{
    AccountUser, Platform, PrincipalKind, RoleAssignment, UserGroup, Which,
};
use crate::scim::service::Reader;

/// Reads the role bindings of these scopes; no scopes are no requests.
pub async fn bindings<T: Transport>(reader: &Reader<T>, scopes: &[Scope], live: &mut LiveState) {
    if scopes.is_empty() {
        return;
    }
    live.beside.bindings = match reader.platform() {
        None => Told::NotTold(NO_API.to_owned()),
        Some(platform) => told(all_bindings(platform, scopes).await),
    };
}

/// Asks what a plan should know, and adds the answers to the live state.
pub async fn answer<T: Transport>(reader: &Reader<T>, ask: &Ask, live: &mut LiveState) {
    let Some(platform) = reader.platform() else {
        return;
    };
    let Ask {
        accounts,
        groups,
        roles,
        resource_groups,
        owner_and_admins,
    } = ask;
    if let Some(which) = accounts {
        live.beside.accounts = told(unlisted_accounts(platform, which, live).await);
    }
    if let Some(which) = groups {
        live.beside.groups = told(unlisted_groups(reader, platform, which, live).await);
    }
    for (scope, names) in roles {
        for name in names {
            // What is not told is not refused: the provider decides when it is bound.
            if let Ok(there) = platform.has_role(scope, name).await {
                let known = live.beside.roles.entry(scope.clone()).or_default();
                known.insert(name.clone(), presence(there));
            }
        }
    }
    for (scope, names) in resource_groups {
        for name in names {
            if let Ok(there) = platform.has_resource_group(scope, name).await {
                let known = live
                    .beside
                    .resource_groups
                    .entry(scope.clone())
                    .or_default();
                known.insert(name.clone(), presence(there));
            }
        }
    }
    if *owner_and_admins {
        live.beside.holder = told(platform.token().await.map(|token| match token.user() {
            Some(user) => Holder::Person(user),
            None => Holder::Service,
        }));
        live.beside.admins = told(admins(platform, live).await);
    }
}

const NO_API: &str = "the base URL does not tell where the provider's own API is";

fn told<R>(read: Result<R, ScimError>) -> Told<R> {
    match read {
        Ok(value) => Told::Known(value),
        Err(error) => Told::NotTold(error.to_string()),
    }
}

fn presence(there: bool) -> Presence {
    if there {
        Presence::There
    } else {
        Presence::Missing
    }
}

async fn all_bindings<T: Transport>(
    platform: Platform<'_, T>,
    scopes: &[Scope],
) -> Result<Vec<LiveBinding>, ScimError> {
    let which = Which {
        kinds: &[PrincipalKind::UserGroup, PrincipalKind::User],
        roles: &[],
    };
    let mut all = Vec::new();
    for scope in scopes {
        let found = platform.role_assignments(scope, which).await?;
        all.extend(found.into_iter().filter_map(|it| live_binding(it, scope)));
    }
    all.sort();
    all.dedup();
    Ok(all)
}

/// A binding of a group or person of the account. Below the account, groups of an org or
/// project may have the same ids, and are no concern of ours.
fn live_binding(found: RoleAssignment, scope: &Scope) -> Option<LiveBinding> {
    let principal = &found.principal;
    let bound = match principal.kind {
        PrincipalKind::UserGroup if principal.is_of_account(scope) => {
            Bound::Group(GroupId::from(principal.identifier.as_str()))
        }
        PrincipalKind::User => Bound::User(UserId::from(principal.identifier.as_str())),
        PrincipalKind::UserGroup | PrincipalKind::ServiceAccount | PrincipalKind::Other => {
            return None;
        }
    };
    Some(LiveBinding {
        bound,
        binding: Binding {
            role: found.role,
            resource_group: found.resource_group,
            scope: scope.clone(),
        },
        id: found.id,
        state: match (found.disabled, found.managed) {
            (true, _) => BindingState::Off,
            (false, true) => BindingState::Kept,
            (false, false) => BindingState::On,
        },
    })
}

async fn unlisted_accounts<T: Transport>(
    platform: Platform<'_, T>,
    which: &WhichAccounts,
    live: &LiveState,
) -> Result<Vec<Account>, ScimError> {
    let users = match which {
        WhichAccounts::All => platform.users().await?,
        WhichAccounts::OfEmails(emails) => {
            let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
            platform.users_by_email(&emails).await?
        }
    };
    let listed: HashSet<&UserId> = live.users.iter().map(|user| &user.id).collect();
    let mut accounts: Vec<Account> = users
        .into_iter()
        .filter(|user| !listed.contains(&user.id))
        .map(|user: AccountUser| Account {
            made: if user.externally_managed {
                Made::ByProvisioning
            } else {
                Made::ByHand
            },
            email: user.email,
            id: user.id,
        })
        .collect();
    accounts.sort();
    accounts.dedup();
    Ok(accounts)
}

async fn unlisted_groups<T: Transport>(
    reader: &Reader<T>,
    platform: Platform<'_, T>,
    which: &WhichGroups,
    live: &LiveState,
) -> Result<Vec<HandMade>, ScimError> {
    let listed: HashSet<&GroupId> = live.groups.iter().map(|group| &group.id).collect();
    let mut found = match (platform.groups().await, which) {
        (Ok(groups), _) => groups
            .into_iter()
            .filter(|group| !listed.contains(&group.identifier))
            .map(hand_made)
            .collect(),
        (Err(error), WhichGroups::All) => return Err(error),
        // SCIM shows a hand-made group to whoever asks for its id.
        (Err(_), WhichGroups::OfIds(ids)) => by_id(reader, ids).await?,
    };
    found.sort();
    found.dedup_by(|a, b| a.id == b.id);
    Ok(found)
}

fn hand_made(group: UserGroup) -> HandMade {
    let mut members = group.users;
    members.sort();
    members.dedup();
    HandMade {
        id: group.identifier,
        name: GroupName::from(group.name),
        members,
        made: match (group.harness_managed, group.externally_managed) {
            (true, _) => Made::ByProvider,
            (false, true) => Made::ByProvisioning,
            (false, false) => Made::ByHand,
        },
    }
}

async fn by_id<T: Transport>(
    reader: &Reader<T>,
    ids: &BTreeSet<GroupId>,
) -> Result<Vec<HandMade>, ScimError> {
    let mut found = Vec::new();
    for id in ids {
        let Some(group) = reader.group(id).await? else {
            continue;
        };
        let members = group.members.unwrap_or_default().into_iter();
        let mut members: Vec<String> = members
            .filter_map(|member| member.value.map(String::from))
            .collect();
        members.sort();
        members.dedup();
        found.push(HandMade {
            id: id.clone(),
            name: GroupName::from(group.display_name.unwrap_or_default()),
            members,
            made: Made::ByHand,
        });
    }
    Ok(found)
}

async fn admins<T: Transport>(
    platform: Platform<'_, T>,
    live: &LiveState,
) -> Result<Admins, ScimError> {
    let role = platform.admin_role();
    let which = Which {
        kinds: &[PrincipalKind::UserGroup, PrincipalKind::User],
        roles: &[role],
    };
    let found = platform.role_assignments(&Scope::Account, which).await?;
    let mut admins = Admins {
        role: role.to_owned(),
        people: BTreeSet::new(),
        groups: BTreeMap::new(),
    };
    let listed: HashSet<&GroupId> = live.groups.iter().map(|group| &group.id).collect();
    for binding in found.into_iter().filter(|it| !it.disabled) {
        let id = binding.principal.identifier;
        match binding.principal.kind {
            PrincipalKind::User => {
                admins.people.insert(UserId::from(id));
            }
            PrincipalKind::UserGroup => {
                let id = GroupId::from(id);
                let members = if listed.contains(&id) {
                    BTreeSet::new()
                } else {
                    let group = platform.group(&id).await?;
                    group
                        .map(|group| group.users.into_iter().collect())
                        .unwrap_or_default()
                };
                admins.groups.insert(id, members);
            }
            PrincipalKind::ServiceAccount | PrincipalKind::Other => {}
        }
    }
    Ok(admins)
}
