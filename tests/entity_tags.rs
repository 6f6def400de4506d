//! Somebody writes between our read and our write, at a provider with entity tags, over real
//! HTTP: the item stops alone, with before and now, and nothing of theirs is lost.

#[path = "support/planning.rs"]
mod planning;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use planning::Project;
use scim_sync::apply::{MadeBy, Options, Outcome, Picture, Progress, Status, Stop, execute};
use scim_sync::live::collect::collect;
use scim_sync::manifest::load::{MemoryFiles, ROOT_FILE};
use scim_sync::plan::{Action, Allowances, Moved, Plan};
use scim_sync::sandbox::server::{self, Server};
use scim_sync::sandbox::world::World;
use scim_sync::sandbox::world::quirks::Quirks;
use scim_sync::scim::client::{ClientOptions, HttpTransport};
use scim_sync::scim::dialect::{EntityTags, UserUpdate};
use scim_sync::scim::http::{Method, Request, Response, Transport, TransportError};
use scim_sync::scim::service::Writer;
use secrecy::SecretString;
use serde_json::json;

const TOKEN: &str = "tok";

/// A write of ours, and its `If-Match`.
type Sent = (Method, Option<String>);

/// A transport that lets somebody else write first, just before our own write of a kind.
#[derive(Clone)]
struct Meddled {
    http: HttpTransport,
    before: Method,
    versions: Versions,
    theirs: Arc<Mutex<Option<Request>>>,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl Transport for Meddled {
    async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        if request.writes() {
            let sent = (request.method, request.if_match.clone());
            self.sent.lock().expect("no panic inside").push(sent);
        }
        if request.method == self.before {
            let theirs = self.theirs.lock().expect("no panic inside").take();
            if let Some(theirs) = theirs {
                let answer = self.http.send(&theirs).await.expect("their answer");
                assert!(answer.status < 300, "their write: {answer:?}");
            }
        }
        let mut answer = self.http.send(request).await?;
        if self.versions == Versions::InHeader && request.method == Method::Get {
            leave_out_versions(&mut answer);
        }
        Ok(answer)
    }

    fn target(&self) -> &str {
        self.http.target()
    }
}

/// Where the provider tells the version of what is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Versions {
    /// In `meta.version`, and in the header.
    InBody,
    /// In the header alone.
    InHeader,
}

fn leave_out_versions(answer: &mut Response) {
    let Ok(mut body) = serde_json::from_slice::<serde_json::Value>(&answer.body) else {
        return;
    };
    let listed = body["Resources"].as_array_mut().into_iter().flatten();
    for resource in listed {
        resource.as_object_mut().map(|it| it.remove("meta"));
    }
    body.as_object_mut().map(|it| it.remove("meta"));
    answer.body = body.to_string().into_bytes();
}

struct Quiet;

impl Progress for Quiet {
    fn finished(&self, _: &Action, _: &Status, _: MadeBy) {}
}

fn project(people: &str, rest: &str) -> Project {
    let text = format!(
        "version: 1\ntarget: {{ provider: scim }}\nusers:\n{people}{rest}\
         policy:\n  limits: {{ membershipRemovals: 100%, perGroupRemovals: 100% }}\n"
    );
    let mut files = MemoryFiles::default();
    files.0.insert(ROOT_FILE.to_owned(), text.into_bytes());
    let mut project = Project::load(&files).expect("no faults");
    project.profile.dialect.entity_tags = EntityTags::IfMatch;
    project
}

const PEOPLE: &str = "  ada: { email: ada@x.io, givenName: Ada, familyName: King }\n  bob: { email: bob@x.io, givenName: Bob, familyName: B }\n";
const CREW: &str = "roles:\n  crew: { members: [ada, bob] }\ngroupMappings:\n  - { match: \".*\", group: \"{role}\" }\n";

async fn apply<T: Transport + Clone>(project: &Project, transport: T) -> (Plan, Outcome) {
    let writer = Writer::new(transport, project.profile.dialect.clone());
    let live = collect(writer.reader())
        .await
        .expect("the provider answers");
    let plan = project.plan(&live, &Allowances::default());
    let options = Options {
        picture: Picture::Fresh,
        moved: Moved::default(),
        concurrency: 1,
        needs_approval: BTreeSet::new(),
        approved: BTreeSet::new(),
    };
    let stop = Stop::default();
    let outcome = execute(&plan, &project.profile, &writer, &options, &stop, &Quiet).await;
    (plan, outcome)
}

fn patch(path: [&str; 2], operation: serde_json::Value) -> Request {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [operation],
    });
    Request::scim(Method::Patch, path).with_body(body.to_string())
}

/// What is left of a race.
struct Left {
    plan: Plan,
    outcome: Outcome,
    sent: Vec<Sent>,
    /// Names of people and groups at the provider.
    names: Vec<String>,
}

impl Left {
    fn moved(&self, id: &str) -> &str {
        let mut steps = self.outcome.steps.iter();
        let step = steps.find(|step| step.id.as_str() == id);
        match step.map(|step| &step.status) {
            Some(Status::Moved { message }) => message,
            other => panic!("{id}: {other:?} in {:#?}", self.plan.actions),
        }
    }
}

/// Applies the first manifest, then the second while somebody writes before our write.
fn race(second: &Project, before: Method, theirs: impl FnOnce(&World) -> Request) -> Left {
    race_at(Versions::InBody, second, before, theirs)
}

fn race_at(
    versions: Versions,
    second: &Project,
    before: Method,
    theirs: impl FnOnce(&World) -> Request,
) -> Left {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let quirks = Quirks {
            entity_tags: EntityTags::IfMatch,
            ..Quirks::default()
        };
        let options = server::Options::default();
        let server = Server::start(options, || World::rfc_like(TOKEN, quirks))
            .await
            .expect("the sandbox starts");
        let first = project(PEOPLE, CREW);
        let options = ClientOptions::for_dialect(&first.profile.dialect);
        let token = SecretString::from(TOKEN);
        let http = HttpTransport::new(server.base_url(), &token, options).expect("a client");
        let (_, outcome) = apply(&first, http.clone()).await;
        let mut steps = outcome.steps.iter();
        assert!(
            steps.all(|step| step.status == Status::Done),
            "{outcome:#?}"
        );
        let theirs = server.with_world(|world| theirs(world));
        let meddled = Meddled {
            http,
            before,
            versions,
            theirs: Arc::new(Mutex::new(Some(theirs))),
            sent: Arc::default(),
        };
        let (plan, outcome) = apply(second, meddled.clone()).await;
        let sent = meddled.sent.lock().expect("no panic inside").clone();
        let names = server.with_world(|world| {
            let people = world.users().map(|user| user.name.clone());
            let groups = world.groups().map(|group| group.name.clone());
            people.chain(groups).collect()
        });
        server.shutdown().await;
        Left {
            plan,
            outcome,
            sent,
            names,
        }
    })
}

fn user_id(world: &World, email: &str) -> String {
    let mut users = world.users();
    let user = users.find(|user| user.email.as_str() == email);
    user.expect("a user of this e-mail").id.to_string()
}

fn group_id(world: &World) -> String {
    let group = world.groups().next().expect("a group");
    group.identifier.to_string()
}

fn rename(path: &str) -> impl FnOnce(&World) -> Request {
    let path = path.to_owned();
    move |world: &World| {
        let id = user_id(world, "ada@x.io");
        let operation = json!({"op": "replace", "path": path, "value": "Somebody"});
        patch(["Users", &id], operation)
    }
}

#[test]
fn a_rename_that_somebody_overtakes_stops_alone() {
    let people = PEOPLE
        .replace("King", "Lovelace")
        .replace("familyName: B", "familyName: Builder");
    for update in [UserUpdate::PatchPaths, UserUpdate::PutMerged] {
        let mut second = project(&people, CREW);
        second.profile.dialect.user_update = update;
        let before = match update {
            UserUpdate::PatchPaths => Method::Patch,
            UserUpdate::Put | UserUpdate::PutMerged => Method::Put,
        };
        let left = race(&second, before, rename("name.givenName"));
        let message = left.moved("user:ada:update");
        assert!(
            message.contains("name.givenName was `Ada` and is `Somebody`"),
            "{update:?}: {message}"
        );
        // Theirs is there, ours is not; and who was not overtaken is changed.
        assert_eq!(
            left.names,
            ["Ada King", "Bob Builder", "crew"],
            "{update:?}"
        );
        assert!(
            left.sent
                .iter()
                .all(|(_, tag)| tag.as_deref().is_some_and(|tag| tag.starts_with("W/"))),
            "{:?}",
            left.sent
        );
    }
}

#[test]
fn a_suspension_and_a_removal_that_somebody_overtakes_stop_alone() {
    for (status, before, item) in [
        ("suspended", Method::Patch, "user:ada:deactivate"),
        ("absent", Method::Delete, "user:ada:delete"),
    ] {
        let people = PEOPLE.replace(
            "familyName: King",
            &format!("familyName: King, status: {status}"),
        );
        let crew = CREW.replace(
            "ada, bob",
            if status == "absent" {
                "bob"
            } else {
                "ada, bob"
            },
        );
        let second = project(&people, &crew);
        let left = race(&second, before, rename("displayName"));
        let message = left.moved(item);
        assert!(
            message.contains("displayName was `Ada King` and is `Somebody`"),
            "{message}"
        );
        assert!(
            left.names.contains(&"Somebody".to_owned()),
            "{:?}",
            left.names
        );
    }
}

#[test]
fn a_group_that_somebody_renames_meanwhile_keeps_their_name() {
    let theirs = |world: &World| {
        let operation = json!({"op": "replace", "path": "displayName", "value": "theirs"});
        patch(["Groups", &group_id(world)], operation)
    };
    let renamed = "roles:\n  team: { members: [ada, bob] }\ngroupMappings:\n  - { match: \".*\", group: \"{role}\" }\ngroups:\n  team: { previously: [crew] }\n";
    let left = race(&project(PEOPLE, renamed), Method::Patch, theirs);
    let message = left.moved("group:team:rename");
    assert!(
        message.contains("was called `crew` and is called `theirs`"),
        "{message}"
    );

    // Members by PATCH, and the whole group by DELETE.
    let fewer = CREW.replace("ada, bob", "bob");
    let left = race(&project(PEOPLE, &fewer), Method::Patch, theirs);
    let message = left.moved("group:crew:remove-members:1");
    assert!(message.contains("it is called `theirs` now"), "{message}");

    let gone = "groups:\n  crew: { status: absent }\n";
    let left = race(&project(PEOPLE, gone), Method::Delete, theirs);
    let message = left.moved("group:crew:delete");
    assert!(message.contains("is called `theirs`"), "{message}");
    assert!(left.names.contains(&"theirs".to_owned()));
}

/// What somebody else did meanwhile may be the very change that was planned.
#[test]
fn whoever_did_the_same_is_no_conflict() {
    let theirs = |world: &World| {
        let id = user_id(world, "ada@x.io");
        let member = format!("members[value eq \"{id}\"]");
        patch(
            ["Groups", &group_id(world)],
            json!({"op": "remove", "path": member}),
        )
    };
    let fewer = CREW.replace("ada, bob", "bob");
    let left = race(&project(PEOPLE, &fewer), Method::Patch, theirs);
    let statuses: Vec<&Status> = left.outcome.steps.iter().map(|step| &step.status).collect();
    assert_eq!(statuses, [&Status::AlreadySo], "{:#?}", left.outcome);
}

/// A provider need not repeat in `meta.version` what the `ETag` of its answer says.
#[test]
fn a_version_that_only_the_header_tells_is_required_as_well() {
    let people = PEOPLE.replace("King", "Lovelace");
    for update in [UserUpdate::PatchPaths, UserUpdate::PutMerged] {
        let mut second = project(&people, CREW);
        second.profile.dialect.user_update = update;
        let before = match update {
            UserUpdate::PatchPaths => Method::Patch,
            UserUpdate::Put | UserUpdate::PutMerged => Method::Put,
        };
        let theirs = rename("name.givenName");
        let left = race_at(Versions::InHeader, &second, before, theirs);
        assert!(
            left.moved("user:ada:update")
                .contains("name.givenName was `Ada` and is `Somebody`"),
            "{update:?}"
        );
        let tags: Vec<Option<&str>> = left.sent.iter().map(|(_, tag)| tag.as_deref()).collect();
        assert!(
            tags.iter()
                .all(|tag| tag.is_some_and(|it| it.starts_with("W/"))),
            "{tags:?}"
        );
    }
    let theirs = |world: &World| {
        let operation = json!({"op": "replace", "path": "displayName", "value": "theirs"});
        patch(["Groups", &group_id(world)], operation)
    };
    let gone = "groups:\n  crew: { status: absent }\n";
    let left = race_at(
        Versions::InHeader,
        &project(PEOPLE, gone),
        Method::Delete,
        theirs,
    );
    assert!(
        left.moved("group:crew:delete")
            .contains("is called `theirs`")
    );
    assert!(left.names.contains(&"theirs".to_owned()));
}
