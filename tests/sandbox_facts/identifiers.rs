//! The identifier of a group, vector by vector.

use scim_sync::sandbox::world::identifier::{identifier, validate};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::support::{Sandbox, assert_scim_error};

fn eight_hex(text: &str) -> String {
    let digest = Sha256::digest(text);
    digest[..4]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[test]
fn vectors_without_suffix() {
    for (name, id) in [
        ("example-group", "example_group"),
        ("a - b", "a___b"),
        ("a.b", "a_b"),
        ("a b", "a_b"),
        ("Dev", "Dev"),
        ("dev", "dev"),
        ("123", ""),
        ("#1 team", "1_team"),
        ("account", "account"),
        ("Équipe Zoë", "Equipe_Zoe"),
        ("Łódź łuk", "Lodz_luk"),
        ("日本語", ""),
        ("Команда A", "_A"),
        ("R&D/ops\tx", "RDopsx"),
        ("$pay", "pay"),
        ("a$b", "a$b"),
        ("  spaced  ", "spaced"),
        ("   ", ""),
        ("", ""),
    ] {
        assert_eq!(identifier(name).current, id, "{name:?}");
        assert_eq!(identifier(name).legacy, id, "{name:?}");
    }
}

#[test]
fn a_leading_digit_gets_a_hash_of_the_untrimmed_name() {
    let made = identifier("123_displayname");
    assert_eq!(made.legacy, "_displayname");
    let expected = format!("_displayname_{}", eight_hex("123_displayname"));
    assert_eq!(made.current, expected);
    // Computed once with sha256sum, so that both sides cannot be wrong together.
    assert_eq!(made.current, "_displayname_60273ebf");

    let padded = identifier(" 1team ");
    assert_eq!(padded.current, format!("team_{}", eight_hex(" 1team ")));
}

#[test]
fn a_long_name_is_cut_only_for_the_suffix() {
    let digits = format!("9{}", "x".repeat(200));
    let made = identifier(&digits).current;
    assert_eq!(made, format!("{}_{}", "x".repeat(119), eight_hex(&digits)));
    assert_eq!(made.len(), 128);
    assert!(validate(&made).is_ok());

    assert!(validate(&identifier(&"x".repeat(128)).current).is_ok());
    assert!(validate(&identifier(&"x".repeat(129)).current).is_err());
}

#[test]
fn what_no_identifier_can_be_made_of_is_refused_with_409() {
    let long = "x".repeat(129);
    for name in [
        "123",
        "#1 team",
        "account",
        "stepGroup",
        "日本語",
        "!!!",
        long.as_str(),
    ] {
        let mut it = Sandbox::documented();
        let reply = it.post("Groups", json!({"displayName": name}));
        assert_scim_error(&reply, 409, "identifier");
        assert_eq!(it.world.groups().count(), 0, "{name}");
    }
    for fine in ["Account", "org team", "classes"] {
        let mut it = Sandbox::documented();
        assert_eq!(
            it.post("Groups", json!({"displayName": fine})).status,
            201,
            "{fine}"
        );
    }
}

#[test]
fn a_group_stored_without_the_suffix_is_still_found() {
    let mut it = Sandbox::documented();
    it.world
        .seed_scim_group(scim_sync::sandbox::world::SeedGroup {
            id: Some("_displayname".into()),
            ..scim_sync::sandbox::world::SeedGroup::from("123_displayname")
        })
        .unwrap();
    let reply = it.post("Groups", json!({"displayName": "123_displayname"}));
    assert_eq!(reply.json()["id"], "_displayname");
    assert_eq!(it.world.groups().count(), 1);
}
