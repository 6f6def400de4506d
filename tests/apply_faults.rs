//! Whatever goes wrong with any one request, the next run converges, nobody is made or
//! invited twice, and the report was true.

use std::collections::BTreeSet;

use scim_sync::apply::{Outcome, Stop};
use scim_sync::ids::{GroupId, UserId};
use scim_sync::live::collect::collect;
use scim_sync::plan::{Allowances, Plan};
use scim_sync::render::text::{Detail, describe};
use scim_sync::sandbox::in_memory::{Exchange, Fault};
use scim_sync::sandbox::world::World;
use scim_sync::scim::error::ScimError;
use scim_sync::scim::http::Transport;
use scim_sync::scim::retry::{RetryPolicy, Retrying};
use scim_sync::scim::service::Writer;

#[path = "support/account.rs"]
mod account;
#[path = "support/dozen.rs"]
mod dozen;
#[path = "support/planning.rs"]
mod planning;

use account::{Account, carry_out, run};
use planning::Project;

/// Reads, plans and applies, as one `apply` of the program.
async fn once<T: Transport + Clone>(
    project: &Project,
    transport: T,
) -> Result<(Plan, Outcome), ScimError> {
    let writer = Writer::new(transport, project.profile.dialect.clone());
    let live = collect(writer.reader()).await?;
    let plan = project.plan(&live, &Allowances::default());
    let outcome = carry_out(&plan, &project.profile, &writer, &Stop::default()).await;
    Ok((plan, outcome))
}

async fn planned(project: &Project, account: &Account) -> Plan {
    let live = account.read().await.expect("the provider answers");
    project.plan(&live, &Allowances::default())
}

fn faults() -> [Fault; 8] {
    [
        Fault::Refused,
        Fault::DropBefore,
        Fault::DropAfter,
        Fault::Status(500),
        Fault::StatusAfter(500),
        Fault::TooManyRequests { retry_after: None },
        Fault::Html(200),
        Fault::HalfBody,
    ]
}

fn check_world(before: &World, after: &World, what: &str) {
    let invited: BTreeSet<_> = after.invitations().iter().collect();
    assert_eq!(
        invited.len(),
        after.invitations().len(),
        "{what}: invited twice"
    );
    let people: Vec<_> = after.users().map(|user| user.email.folded()).collect();
    let different: BTreeSet<_> = people.iter().collect();
    assert_eq!(people.len(), different.len(), "{what}: {people:?}");
    let groups: Vec<_> = after.groups().map(|group| group.name.as_str()).collect();
    let different: BTreeSet<_> = groups.iter().collect();
    assert_eq!(groups.len(), different.len(), "{what}: {groups:?}");
    let finn = UserId::from("finn");
    assert_eq!(after.user(&finn), before.user(&finn), "{what}");
    let strangers = GroupId::from("strangers");
    assert_eq!(after.members(&strangers), [finn], "{what}");
}

#[derive(Clone, Copy, Debug)]
enum Client {
    /// Every failure reaches the executor.
    Bare,
    /// As in the program.
    Retrying,
}

async fn under(project: &Project, account: &Account, client: Client) -> Option<(Plan, Outcome)> {
    match client {
        Client::Bare => once(project, &account.door).await.ok(),
        Client::Retrying => {
            let rate = project.profile.dialect.rate;
            let retrying = Retrying::new(&account.door, rate, RetryPolicy::new(1));
            once(project, retrying).await.ok()
        }
    }
}

fn every_request_fails_once(client: Client) {
    for (provider, behavior) in dozen::PROVIDERS {
        let project = dozen::project(provider);
        let before = dozen::world(behavior);
        let whole = Account::new(before.clone(), &project.profile);
        let (plan, outcome) = run(async {
            let plan = planned(&project, &whole).await;
            let outcome = whole.apply(&plan, &Stop::default()).await;
            (plan, outcome)
        });
        assert!(outcome.is_whole(), "{outcome:#?}");
        assert!((12..24).contains(&plan.actions.len()), "{plan:#?}");
        let requests = whole.door.log().len();
        for nth in 1..=requests {
            for fault in faults() {
                let account = Account::new(before.clone(), &project.profile);
                account.door.fail_nth(nth, fault.clone());
                let what = format!("{provider} {client:?}: request {nth} {fault:?}");
                run(async {
                    let first = under(&project, &account, client).await;
                    let failed = account.door.log()[nth - 1].to_string();
                    let what = format!("{what} at {failed}");
                    let left = planned(&project, &account).await;
                    // A write that was done and whose answer is lost is looked up, not failed.
                    let done = matches!(fault, Fault::DropAfter | Fault::StatusAfter(_));
                    if done && account.door.log()[nth - 1].is_scim_write() {
                        let (_, outcome) = first.as_ref().expect("the plan was made before");
                        assert!(outcome.is_whole(), "{what}: {outcome:#?}");
                    }
                    if let Some((plan, outcome)) = first {
                        for (action, step) in plan.actions.iter().zip(&outcome.steps) {
                            // Batches are numbered anew by each plan, so items are told by their text.
                            let text = |it| describe(it, Detail::Full);
                            let still = left.actions.iter().any(|it| text(it) == text(action));
                            let good = step.status.is_good();
                            assert!(!(still && good), "{what}: {} is not done", action.id);
                        }
                    } else {
                        let wrote = account.door.log().iter().any(Exchange::is_scim_write);
                        assert!(!wrote, "{what}: written without a plan");
                    }
                    let second = under(&project, &account, Client::Bare).await;
                    let (_, outcome) = second.expect("nothing fails any more");
                    assert!(outcome.is_whole(), "{what}: {outcome:#?}");
                    let left = planned(&project, &account).await;
                    assert!(left.actions.is_empty(), "{what}: {:#?}", left.actions);
                    assert!(left.refusals.is_empty(), "{what}: {:#?}", left.refusals);
                    account
                        .door
                        .with_world(|after| check_world(&before, after, &what));
                });
            }
        }
    }
}

#[test]
fn every_request_fails_once_and_the_executor_sees_it() {
    every_request_fails_once(Client::Bare);
}

#[test]
fn every_request_fails_once_and_the_client_retries() {
    every_request_fails_once(Client::Retrying);
}
