//! Lists that are short though nothing in them says so: nobody is removed on their word.

use std::sync::Mutex;

use scim_sync::live::LiveState;
use scim_sync::live::collect::collect;
use scim_sync::profile::Profile;
use scim_sync::sandbox::in_memory::InMemory;
use scim_sync::sandbox::world::{SeedGroup, SeedUser, World};
use scim_sync::scim::http::{Request, Response, Transport, TransportError};
use scim_sync::scim::listing::{Doubt, Verdict, Walk};
use scim_sync::scim::service::Reader;
use serde_json::Value;

#[path = "support/cli.rs"]
mod support;

use support::Place;

const TOKEN: &str = "token";

/// A provider whose list of users leaves some out, with a total to match.
struct Forgetful {
    door: InMemory,
    forgotten: Vec<String>,
    asked: Mutex<Vec<String>>,
}

impl Transport for Forgetful {
    async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let mut response = self.door.send(request).await?;
        let path = request.display_path();
        if path == "Users" {
            let mut page: Value = serde_json::from_slice(&response.body).expect("a list");
            let rows = page["Resources"].as_array_mut().expect("resources");
            rows.retain(|row| !self.forgotten.iter().any(|id| row["id"] == id.as_str()));
            page["totalResults"] = (2 - self.forgotten.len()).into();
            response.body = page.to_string().into_bytes();
        }
        self.asked.lock().expect("nobody panicked").push(path);
        Ok(response)
    }

    fn target(&self) -> &str {
        self.door.target()
    }
}

/// Two people in one group, read while the list of users leaves these out.
fn read(forgotten: &[usize]) -> (LiveState, Vec<String>) {
    let mut world = World::rfc(TOKEN);
    let ids = ["ada", "bob"].map(|name| {
        world
            .seed_scim_user(SeedUser::new(&format!("{name}@example.com")))
            .expect("a free e-mail")
    });
    world
        .seed_scim_group(SeedGroup::from("dev").with(ids.clone()))
        .expect("a free name");
    let forgetful = Forgetful {
        door: InMemory::new(world, TOKEN),
        forgotten: forgotten.iter().map(|at| ids[*at].to_string()).collect(),
        asked: Mutex::default(),
    };
    let dialect = Profile::named("scim").expect("a known provider").dialect;
    let live = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime")
        .block_on(collect(&Reader::new(&forgetful, dialect)))
        .expect("read");
    (live, forgetful.asked.into_inner().expect("nobody panicked"))
}

fn doubts(walk: &Walk) -> &[Doubt] {
    match &walk.verdict {
        Verdict::Whole { .. } => &[],
        Verdict::Partial { reasons } => reasons,
    }
}

#[test]
fn somebody_missing_from_the_list_and_there_by_id_is_a_doubt() {
    for forgotten in [&[0][..], &[0, 1]] {
        let (live, _) = read(forgotten);
        assert_eq!(doubts(&live.integrity.users), [Doubt::MissingButThere]);
    }
    let (live, asked) = read(&[]);
    assert_eq!(doubts(&live.integrity.users), []);
    // Nobody is asked for one by one where everybody is listed.
    assert!(asked.iter().all(|path| !path.contains('/')), "{asked:?}");
}

/// Where there were a dozen, an empty list is rather a broken server than an empty account.
#[test]
fn a_sudden_emptiness_is_doubted_and_then_taken_note_of() {
    let users: String = (0..12)
        .map(|at| format!("  p{at}: {{ email: p{at}@example.com, givenName: P, familyName: N }}\n"))
        .collect();
    let manifest = format!("version: 1\ntarget: {{ provider: harness }}\nusers:\n{users}");
    let place = Place::with(&manifest);
    place.run(&["apply", "--auto-approve"]).ends(0);
    place.run(&["plan"]).ends(0).says("Nothing to do");

    // Ten of twelve are gone; one who is left is to go.
    std::fs::remove_file(place.path(".scim-sync/sandbox.json")).expect("the sandbox's state");
    let few = "version: 1\ntarget: { provider: harness }\nusers:\n  \
               p0: { email: p0@example.com, givenName: P, familyName: N }\n  \
               p1: { email: p1@example.com, givenName: P, familyName: N }\n";
    let other = Place::with(few);
    other.run(&["apply", "--auto-approve"]).ends(0);
    std::fs::copy(
        other.path(".scim-sync/sandbox.json"),
        place.path(".scim-sync/sandbox.json"),
    )
    .expect("copied");
    let one_goes = "version: 1\ntarget: { provider: harness }\nusers:\n  \
                    p0: { email: p0@example.com, status: absent }\n  \
                    p1: { email: p1@example.com, givenName: P, familyName: N }\n  \
                    new: { email: new@example.com, givenName: N, familyName: N }\n";
    place.write("scim-sync.yaml", one_goes);
    place
        .run(&["plan"])
        .ends(3)
        .says("[partial-read]")
        .says("2 came where the last run left 12");
    // What gives access goes on, and the run takes note of the new number.
    place.run(&["apply", "--auto-approve"]).ends(4);
    place.run(&["plan"]).ends(0).says("p0");
    place.run(&["apply", "--auto-approve"]).ends(0);
}
