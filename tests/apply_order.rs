//! The order of writes, told by the provider's log.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use scim_sync::apply::Stop;
use scim_sync::plan::Allowances;
use scim_sync::sandbox::in_memory::{Exchange, InMemory};
use scim_sync::scim::http::{Method, Request, Response, Transport, TransportError};
use scim_sync::scim::service::Writer;

#[path = "support/account.rs"]
mod account;
#[path = "support/dozen.rs"]
mod dozen;
#[path = "support/planning.rs"]
mod planning;

use account::{Account, carry_out, run};

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

/// A door that takes its time and counts who is behind it.
struct Slow<'a> {
    door: &'a InMemory,
    /// Writes under way by path, and the most there were.
    flying: Mutex<BTreeMap<String, (usize, usize)>>,
}

impl Transport for Slow<'_> {
    async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let path = match request.method {
            Method::Get => None,
            Method::Post | Method::Put | Method::Patch | Method::Delete => {
                Some(request.display_path())
            }
        };
        let count = |step: isize| {
            if let Some(path) = &path {
                let mut flying = self.flying.lock().expect("nobody panicked");
                let (now, most) = flying.entry(path.clone()).or_default();
                *now = now.saturating_add_signed(step);
                *most = (*most).max(*now);
            }
        };
        count(1);
        tokio::time::sleep(Duration::from_millis(10)).await;
        let answer = self.door.send(request).await;
        count(-1);
        answer
    }

    fn target(&self) -> &str {
        self.door.target()
    }
}

/// Providers may read, change and write a whole member list, so two at once lose one.
#[test]
fn one_group_has_one_writer() {
    for (provider, behavior) in dozen::PROVIDERS {
        let project = dozen::project(provider);
        let account = Account::new(dozen::world(behavior), &project.profile);
        let slow = Slow {
            door: &account.door,
            flying: Mutex::default(),
        };
        run(async {
            let live = account.read().await.expect("the provider answers");
            let plan = project.plan(&live, &Allowances::default());
            let writer = Writer::new(&slow, project.profile.dialect.clone());
            let outcome = carry_out(&plan, &project.profile, &writer, &Stop::default()).await;
            assert!(outcome.is_whole(), "{outcome:#?}");
        });
        let flying = slow.flying.into_inner().expect("nobody panicked");
        // Several at once where they do not meet, or this would show nothing.
        assert!(flying["Users"].1 > 1, "{flying:?}");
        for (path, (_, most)) in flying
            .iter()
            .filter(|(path, _)| path.starts_with("Groups/"))
        {
            assert_eq!(*most, 1, "{path}");
        }
    }
}

/// What is there is read before the first write on a group and after the last.
#[test]
fn a_group_is_read_around_its_writes() {
    for log in logs() {
        let groups: BTreeSet<&str> = writes(&log)
            .into_iter()
            .filter(|it| it.method == Method::Patch && it.target.contains("/Groups/"))
            .map(|it| it.target.as_str())
            .collect();
        assert!(groups.len() > 1, "{groups:?}");
        for group in groups {
            let mut of_group = log.iter().filter(|it| it.target == group);
            let first = of_group.next().map(|it| it.method);
            let last = of_group.next_back().map(|it| it.method);
            assert_eq!([first, last], [Some(Method::Get); 2], "{group}");
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
