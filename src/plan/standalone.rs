//! People who have an account that provisioning did not make: SCIM does not list it, and a
//! create takes it over.

use std::collections::HashMap;

use super::identity::{Match, Matches};
use super::item::{ItemId, Notice, NoticeCode, Refusal, RefusalCode};
use super::planner::{Context, Draft};
use crate::desired::{DesiredUser, UserIndex};
use crate::live::beside::{Account, Made};
use crate::manifest::decl::{Adoption, UserStatus};

/// Refuses whoever has such an account and is not to be adopted, and holds their
/// memberships; says so where it could not be checked.
pub(super) fn hold(context: &Context<'_>, matches: &mut Matches, draft: &mut Draft) {
    let accounts = &context.input.live.beside.accounts;
    let users = context.input.desired.users.iter().zip(0..);
    let nobody: Vec<(&DesiredUser, UserIndex)> = users
        .map(|(user, at)| (user, UserIndex(at)))
        .filter(|(_, at)| matches.of(*at) == Match::Nobody)
        .collect();
    let is_created = |(user, _): &(&DesiredUser, UserIndex)| user.status == UserStatus::Active;
    if let Some(why) = accounts.why_not()
        && nobody.iter().any(is_created)
    {
        draft.notices.push(Notice {
            code: NoticeCode::StandaloneUnchecked,
            message: format!(
                "whether those to be created have accounts made by hand could not be checked: {why}"
            ),
            evidence: Vec::new(),
        });
    }
    let Some(accounts) = accounts.known().filter(|accounts| !accounts.is_empty()) else {
        return;
    };
    let by_email: HashMap<&str, &Account> = accounts
        .iter()
        .map(|account| (account.email.folded(), account))
        .collect();
    for (user, at) in nobody {
        let Some(account) = by_email.get(user.email.folded()) else {
            continue;
        };
        if let Some(refusal) = refusal(context, user, account) {
            draft.refusals.push(refusal);
            matches.hold(at);
        }
    }
}

/// The account of somebody who is to be adopted.
pub(super) fn account<'a>(context: &Context<'a>, user: &DesiredUser) -> Option<&'a Account> {
    let accounts = context.input.live.beside.accounts.known()?;
    accounts
        .binary_search_by(|account| account.email.cmp(&user.email))
        .ok()
        .map(|at| &accounts[at])
}

fn refusal(context: &Context<'_>, user: &DesiredUser, account: &Account) -> Option<Refusal> {
    let title = context.input.profile.title;
    let Account { email, id, made } = account;
    let (message, help) = match (user.status, made, user.adoption) {
        (UserStatus::Active, Made::ByProvisioning, _)
        | (UserStatus::Active, Made::ByHand | Made::ByProvider, Adoption::Wanted) => return None,
        (UserStatus::Active, Made::ByHand | Made::ByProvider, Adoption::Refused) => (
            format!(
                "`{}` has a standalone account (`{email}`, id {id}): {title} documents that giving \
                 it roles by provisioning fails",
                user.key
            ),
            format!(
                "1. remove that account in {title}, 2. plan again, which then creates it; or, to \
                 keep it with what it has, write `adopt: true` at `{}` and plan again",
                user.key
            ),
        ),
        (UserStatus::Suspended | UserStatus::Absent, _, _) => {
            let wanted = match user.status {
                UserStatus::Suspended => "suspended",
                UserStatus::Active | UserStatus::Absent => "absent",
            };
            (
                format!(
                    "`{}` is declared {wanted} and has an account (`{email}`, id {id}) that SCIM \
                     does not list",
                    user.key
                ),
                format!("remove that account in {title}, then plan again"),
            )
        }
    };
    Some(Refusal {
        id: ItemId::new(format!("user:{}:standalone", user.key)),
        code: RefusalCode::StandaloneAccount,
        message,
        help,
        evidence: vec![context.evidence(user.span, format!("person `{}`", user.key))],
        blocked: Vec::new(),
        cause: None,
    })
}
