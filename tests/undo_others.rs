//! What is somebody else's, from the start or by now, is neither used by a run nor undone.

use std::collections::BTreeSet;

use scim_sync::apply::undo::recorded;
use scim_sync::apply::{Options, Outcome, Picture, Status};
use scim_sync::ids::{Email, ExternalId, UserId};
use scim_sync::live::LiveState;
use scim_sync::manifest::load::{MemoryFiles, ROOT_FILE};
use scim_sync::plan::undo::{Undo, undo};
use scim_sync::plan::{Allowances, Change, Moved, Plan, RefusalCode};
use scim_sync::sandbox::in_memory::InMemory;
use scim_sync::sandbox::world::{SeedUser, World};
use scim_sync::scim::http::{Method, Request, Response, Transport, TransportError};

#[path = "support/account.rs"]
#[allow(dead_code, reason = "each test binary uses its part of it")]
mod account;
#[path = "support/planning.rs"]
mod planning;
#[path = "support/reported.rs"]
mod reported;

use account::{Account, TOKEN, run};
use planning::Project;
use reported::{Paper, carry_out_reported, verified};

const MANIFEST: &str = "
version: 1
target: { provider: scim }
users: { zed: { email: zed@x.io, givenName: Zed, familyName: E } }
roles: { ops: { members: [zed] } }
groupMappings: [{ match: '.*', group: '{role}' }]
policy: { limits: { userRemovals: 9, membershipRemovals: 100%, perGroupRemovals: 100% } }
";

/// A provider that answers each create of a user with 201 and an account it has.
#[derive(Clone)]
struct Lying<'a> {
    door: &'a InMemory,
    id: UserId,
}

impl Transport for Lying<'_> {
    async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        if request.method != Method::Post || request.path != ["Users"] {
            return self.door.send(request).await;
        }
        let id = self.id.as_str();
        self.door.with_world(|world| {
            if world.user(&self.id).is_none() {
                // Somebody was faster than we were.
                let mut user = SeedUser::new("zed@x.io").named("Zed", "E");
                user.id = Some(self.id.clone());
                world.seed_scim_user(user).expect("a free address");
            }
        });
        let read = Request::scim(Method::Get, ["Users", id]);
        let there = self.door.send(&read).await?;
        Ok(Response {
            status: 201,
            ..there
        })
    }

    fn target(&self) -> &str {
        self.door.target()
    }
}

struct Bench {
    project: Project,
    account: Account,
    ada: UserId,
}

impl Bench {
    fn new() -> Self {
        let mut files = MemoryFiles::default();
        files.0.insert(ROOT_FILE.to_owned(), MANIFEST.into());
        let project = Project::load(&files).expect("no faults");
        let mut world = World::rfc(TOKEN);
        let ada = world.seed_scim_user("ada@x.io").expect("a free address");
        Self {
            account: Account::new(world, &project.profile),
            project,
            ada,
        }
    }

    async fn live(&self) -> LiveState {
        self.account.read().await.expect("the provider answers")
    }

    /// Plans and carries it out.
    async fn apply(&self, door: impl Transport + Clone) -> (Outcome, Undo) {
        let plan = self
            .project
            .plan(&self.live().await, &Allowances::default());
        let options = Options {
            picture: Picture::Fresh,
            moved: Moved::default(),
            concurrency: 4,
            needs_approval: BTreeSet::new(),
            approved: BTreeSet::new(),
        };
        let paper = Paper::with_room(usize::MAX);
        let outcome =
            carry_out_reported(&plan, &self.project.profile, door, &options, &paper).await;
        (outcome, recorded(&verified(&paper).lines))
    }

    fn undo(&self, live: &LiveState, record: &Undo) -> Plan {
        let (policy, allow) = (&self.project.policy, Allowances::default());
        self.project
            .with_input(policy, live, &allow, |input| undo(input, record))
    }
}

fn status<'a>(outcome: &'a Outcome, id: &str) -> &'a Status {
    let mut steps = outcome.steps.iter();
    &steps.find(|step| step.id.as_str() == id).expect(id).status
}

fn told(plan: &Plan) -> String {
    plan.notices
        .iter()
        .map(|it| format!("{}\n", it.message))
        .collect()
}

/// Which accounts a plan touches, and how.
fn touched(plan: &Plan) -> Vec<&Change> {
    plan.actions
        .iter()
        .map(|action| &action.change)
        .filter(|change| {
            matches!(
                change,
                Change::DeleteUser { .. }
                    | Change::DeactivateUser { .. }
                    | Change::RemoveMembers { .. }
                    | Change::AddMembers { .. }
                    | Change::UpdateUser { .. }
            )
        })
        .collect()
}

#[test]
fn a_create_answered_with_somebody_else_gives_them_nothing() {
    let bench = Bench::new();
    let lying = Lying {
        door: &bench.account.door,
        id: bench.ada.clone(),
    };
    run(async {
        let (outcome, record) = bench.apply(lying).await;
        match status(&outcome, "user:zed:create") {
            Status::Failed { message, .. } => assert!(
                message.contains("whose e-mail reads `ada@x.io`"),
                "{message}"
            ),
            other => panic!("{other:?}"),
        }
        let ops = bench.account.door.with_world(|world| {
            let ops = world.groups().find(|it| it.name == "ops");
            let ops = ops.expect("the group is made").identifier.clone();
            world.members(&ops)
        });
        assert_eq!(ops, [], "ada got what zed was to get");
        let back = bench.undo(&bench.live().await, &record);
        assert_eq!(touched(&back), Vec::<&Change>::new());
    });
}

#[test]
fn a_create_answered_with_an_account_without_our_external_id_adopts_it() {
    let bench = Bench::new();
    let lying = Lying {
        door: &bench.account.door,
        id: "nine".into(),
    };
    run(async {
        let (outcome, record) = bench.apply(lying).await;
        match status(&outcome, "user:zed:create") {
            Status::Adopted(message) => {
                assert!(
                    message.contains("came back without externalId"),
                    "{message}"
                );
            }
            other => panic!("{other:?}"),
        }
        // Whoever it was made by, it is zed's: the run goes on with it.
        let status = status(&outcome, "group:ops:add-members:1");
        assert_eq!(*status, Status::Done);
        let back = bench.undo(&bench.live().await, &record);
        let deleted = |change: &&Change| matches!(change, Change::DeleteUser { .. });
        assert!(!touched(&back).iter().any(deleted), "{back:#?}");
        assert!(
            told(&back).contains("the accounts of `zed` were there before the run"),
            "{}",
            told(&back)
        );
    });
}

/// What somebody does to the account that the run made.
type Meddling = fn(&mut scim_sync::live::LiveUser);

fn with_zed(live: &LiveState, change: Meddling) -> LiveState {
    let mut live = live.clone();
    let users = live.users.iter().cloned().map(|mut user| {
        if user.email.folded() == "zed@x.io" {
            change(&mut user);
        }
        user
    });
    live.users = users.collect();
    live
}

#[test]
fn an_account_that_was_given_to_somebody_else_is_not_undone() {
    let bench = Bench::new();
    run(async {
        let (outcome, record) = bench.apply(&bench.account.door).await;
        assert!(outcome.is_whole(), "{outcome:#?}");
        let live = bench.live().await;
        let back = bench.undo(&live, &record);
        let deletes = back
            .actions
            .iter()
            .any(|it| matches!(it.change, Change::DeleteUser { .. }));
        assert!(deletes && back.refusals.is_empty(), "{back:#?}");

        let changes: [(&str, Meddling); 4] = [
            ("its e-mail was `zed@x.io` and is `mary@x.io`", |it| {
                it.email = Email::new("mary@x.io");
            }),
            ("its login was `zed@x.io` and is `mary`", |it| {
                it.user_name = "mary".into();
            }),
            ("its externalId was `scim-sync:zed` and is `12345`", |it| {
                it.external_id = Some(ExternalId::from("12345"));
            }),
            ("its externalId was `scim-sync:zed` and is gone", |it| {
                it.external_id = None;
            }),
        ];
        for (told, change) in changes {
            let live = with_zed(&live, change);
            let back = bench.undo(&live, &record);
            assert_eq!(touched(&back), Vec::<&Change>::new(), "{told}");
            let refused: Vec<&str> = back
                .refusals
                .iter()
                .filter(|it| it.code == RefusalCode::ChangedSince)
                .map(|it| it.message.as_str())
                .collect();
            assert!(
                matches!(refused[..], [message] if message.contains(told)),
                "{told}: {:#?}",
                back.refusals
            );
        }
        // Names are people's own: with another name it still is the account the run made.
        let live = with_zed(&live, |it| it.display_name = Some("Another".into()));
        let back = bench.undo(&live, &record);
        assert!(back.refusals.is_empty(), "{:#?}", back.refusals);
        assert!(!touched(&back).is_empty());
    });
}
