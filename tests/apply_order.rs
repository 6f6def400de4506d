//! The order of writes, told by the provider's log.

use scim_sync::apply::Stop;
use scim_sync::plan::Allowances;
use scim_sync::sandbox::in_memory::Exchange;
use scim_sync::scim::http::Method;

#[path = "support/account.rs"]
mod account;
#[path = "support/dozen.rs"]
mod dozen;
#[path = "support/planning.rs"]
mod planning;

use account::{Account, run};

/// What a write does, told by its method, its path and the operation it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    CreateUser,
    ChangeUser,
    CreateGroup,
    AddMembers,
    RenameGroup,
    RemoveMembers,
    DeleteUser,
}

fn kind(write: &Exchange) -> Kind {
    let body = write.body.as_deref().unwrap_or_default();
    match (write.method, write.target.contains("/Users")) {
        (Method::Post, true) => Kind::CreateUser,
        (Method::Put | Method::Patch, true) => Kind::ChangeUser,
        (Method::Delete, true) => Kind::DeleteUser,
        (Method::Post, false) => Kind::CreateGroup,
        (Method::Patch, false) if body.contains("displayName") => Kind::RenameGroup,
        (Method::Patch, false) if body.contains(r#""op":"add""#) => Kind::AddMembers,
        (Method::Patch, false) if body.contains(r#""op":"remove""#) => Kind::RemoveMembers,
        (method, _) => panic!("{method} {} {body}", write.target),
    }
}

/// The log of one apply at each provider.
fn logs() -> impl Iterator<Item = Vec<Exchange>> {
    dozen::PROVIDERS.into_iter().map(|(provider, behavior)| {
        let project = dozen::project(provider);
        let account = Account::new(dozen::world(behavior), &project.profile);
        run(async {
            let live = account.read().await.expect("the provider answers");
            let plan = project.plan(&live, &Allowances::default());
            account.door.clear_log();
            let outcome = account.apply(&plan, &Stop::default()).await;
            assert!(outcome.is_whole(), "{outcome:#?}");
        });
        account.door.log()
    })
}

fn writes(log: &[Exchange]) -> Vec<&Exchange> {
    log.iter().filter(|it| it.is_scim_write()).collect()
}

#[test]
fn people_come_before_groups_and_adds_before_removals() {
    for log in logs() {
        // An account that a create may have taken over is changed at once, so what counts is
        // that people are done before groups are touched.
        let kinds: Vec<Kind> = writes(&log).into_iter().map(kind).collect();
        assert!(kinds.is_sorted(), "{kinds:?}");
        for needed in [
            Kind::CreateUser,
            Kind::ChangeUser,
            Kind::CreateGroup,
            Kind::AddMembers,
            Kind::RenameGroup,
            Kind::RemoveMembers,
            Kind::DeleteUser,
        ] {
            assert!(kinds.contains(&needed), "no {needed:?} in {kinds:?}");
        }
    }
}

/// Providers may read, change and write a whole member list, so two at once lose one.
#[test]
fn one_group_has_one_writer_and_is_read_around_it() {
    for log in logs() {
        let groups: Vec<&str> = writes(&log)
            .into_iter()
            .filter(|it| it.method == Method::Patch && it.target.contains("/Groups/"))
            .map(|it| it.target.as_str())
            .collect();
        for group in groups {
            let of_group: Vec<&Exchange> = log.iter().filter(|it| it.target == group).collect();
            for (at, exchange) in of_group.iter().enumerate() {
                if exchange.method == Method::Patch {
                    let around = [of_group.get(at.wrapping_sub(1)), of_group.get(at + 1)];
                    let read = around
                        .iter()
                        .flatten()
                        .filter(|it| it.method == Method::Get);
                    assert_eq!(read.count(), 2, "{of_group:#?}");
                }
            }
        }
    }
}

/// Each write is asked about afterwards.
#[test]
fn every_write_is_read_back() {
    for log in logs() {
        for (at, write) in log.iter().enumerate().filter(|(_, it)| it.is_scim_write()) {
            let resource = if write.target.contains("/Users") {
                "/Users"
            } else {
                "/Groups"
            };
            let read = |it: &Exchange| {
                it.method == Method::Get
                    && it.target.contains(resource)
                    && (write.method == Method::Post || it.target == write.target)
            };
            assert!(log[at..].iter().any(read), "{write} is never read back");
        }
    }
}
