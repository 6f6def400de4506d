//! The transport that calls the world directly.

use scim_sync::sandbox::in_memory::{Fault, InMemory};
use scim_sync::scim::http::{Effect, Method, Request, Response, Transport, TransportError};

use crate::support::{Sandbox, TOKEN};

fn send(way: &InMemory, request: &Request) -> Result<Response, TransportError> {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(way.send(request))
}

fn create() -> Request {
    Request::scim(Method::Post, ["Users"])
        .with_body(r#"{"userName":"ada@x.io","displayName":"Ada"}"#.to_owned())
}

#[test]
fn requests_are_encoded_and_logged() {
    let way = InMemory::new(Sandbox::documented().world, TOKEN);
    let odd = Request::scim(Method::Get, ["Users", "../x y?#"]);
    assert_eq!(send(&way, &odd).unwrap().status, 404);
    let filtered = Request::scim(Method::Get, ["Users"]).with_query("filter", "a eq \"b+c\"");
    assert_eq!(send(&way, &filtered).unwrap().status, 200);
    let log: Vec<String> = way.log().iter().map(ToString::to_string).collect();
    let base = "/gateway/ng/api/scim/account/AcC0unt";
    assert_eq!(
        log,
        [
            format!("GET {base}/Users/..%2Fx%20y%3F%23 → 404"),
            format!("GET {base}/Users?filter=a%20eq%20%22b%2Bc%22 → 200"),
        ]
    );
    assert!(way.target().ends_with(base));
    assert!(!format!("{:?} {way:?}", way.log()).contains(TOKEN));
}

#[test]
fn faults_hit_before_or_after_the_effect() {
    for (fault, happened, seen) in [
        (Fault::Refused, false, Err(Effect::None)),
        (Fault::DropBefore, false, Err(Effect::Unknown)),
        (Fault::DropAfter, true, Err(Effect::Unknown)),
        (Fault::Status(503), false, Ok(503)),
        (Fault::StatusAfter(502), true, Ok(502)),
        (Fault::TooManyRequests { retry_after: None }, false, Ok(429)),
        (Fault::Html(200), false, Ok(200)),
        (Fault::HalfBody, true, Ok(201)),
    ] {
        let way = InMemory::new(Sandbox::documented().world, TOKEN);
        way.fail_nth(2, fault.clone());
        send(&way, &Request::scim(Method::Get, ["Users"])).unwrap();
        let answer = send(&way, &create());
        let answer = answer.map(|it| it.status).map_err(|error| error.effect);
        assert_eq!(answer, seen, "{fault:?}");
        assert_eq!(
            way.with_world(|world| world.users().count()),
            usize::from(happened)
        );
        assert_eq!(send(&way, &create()).unwrap().status, 201);
        let sent = way.with_world(|world| world.invitations().len());
        assert_eq!(sent, 1, "{fault:?}: one invitation whatever happened");
        assert_eq!(way.log()[1].fault, Some(fault));
    }
}

#[test]
fn hooks_act_in_the_world_between_requests() {
    let way = InMemory::new(Sandbox::documented().world, TOKEN);
    way.before(|exchange, world| {
        if exchange.method == Method::Get {
            world.seed_scim_user("other@x.io").unwrap();
        }
        None
    });
    let listed = send(&way, &Request::scim(Method::Get, ["Users"])).unwrap();
    assert!(
        String::from_utf8(listed.body)
            .unwrap()
            .contains("other@x.io")
    );
    way.fail_when(
        scim_sync::sandbox::in_memory::Exchange::is_scim_write,
        Fault::Status(500),
    );
    assert_eq!(send(&way, &create()).unwrap().status, 500);
    assert_eq!(way.into_world().users().count(), 1);
}
