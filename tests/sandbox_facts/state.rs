//! The state as JSON.

use scim_sync::sandbox::world::{StateError, World};
use serde_json::{Value, json};

use crate::support::{Sandbox, TOKEN};

#[test]
fn a_state_read_back_answers_the_same() {
    let mut it = Sandbox::documented();
    let ada = it.scim_user("ada@x.io");
    it.standalone_user("manual@x.io");
    it.scim_group("Devs", &[&ada]);
    it.post(
        "Users",
        json!({"userName": "new@x.io", "displayName": "New"}),
    );
    let json = it.world.to_json();
    let mut copy = Sandbox {
        world: World::from_json(&json).unwrap(),
    };
    assert_eq!(copy.world.to_json(), json);
    for target in ["Users?count=0", "Groups", "Users/nobody"] {
        assert_eq!(copy.get(target), it.get(target));
    }
    let next = json!({"userName": "next@x.io"});
    assert_eq!(
        copy.post("Users", next.clone()),
        it.post("Users", next),
        "the same next id"
    );
}

#[test]
fn a_state_gives_no_token_away() {
    let it = Sandbox::documented();
    let json = String::from_utf8(it.world.to_json()).unwrap();
    assert!(!json.contains(TOKEN));
    assert!(!format!("{:?}", it.world).contains(TOKEN));
}

#[test]
fn what_is_no_state_is_refused() {
    let mut it = Sandbox::documented();
    let ada = it.scim_user("ada@x.io");
    it.scim_group("Devs", &[&ada]);
    let good: Value = serde_json::from_slice(&it.world.to_json()).unwrap();
    let read = |value: &Value| World::from_json(value.to_string().as_bytes()).map(|_| ());
    assert_eq!(read(&good), Ok(()));
    assert!(matches!(
        World::from_json(b"{").map(|_| ()),
        Err(StateError::Unreadable(_))
    ));

    let mut newer = good.clone();
    newer["version"] = json!(2);
    assert_eq!(read(&newer), Err(StateError::Version { found: 2 }));

    let mut twice = good.clone();
    let user = twice["records"]["users"]["0"].clone();
    twice["records"]["users"]["1"] = user;
    assert!(matches!(read(&twice), Err(StateError::Contradiction(_))));

    let mut ghost = good;
    ghost["records"]["groups"]["1"]["members"] = json!([0, 7]);
    assert!(matches!(read(&ghost), Err(StateError::Contradiction(_))));
}
