//! The profile foretells a group's id to find collisions, the sandbox gives it as the server
//! does. They are written apart, from the same facts; where they differ, one has misread.

use proptest::prelude::*;
use scim_sync::profile::harness::{group_identifier, profile};
use scim_sync::sandbox::world::identifier::{identifier, validate};

fn agree(name: &str) -> Result<(), TestCaseError> {
    let given = identifier(name).current;
    match group_identifier(name) {
        Ok(foretold) => {
            prop_assert_eq!(&foretold, &given, "{:?}", name);
            prop_assert!(validate(&given).is_ok(), "{:?} gives {:?}", name, given);
        }
        Err(_) => prop_assert!(validate(&given).is_err(), "{:?} gives {:?}", name, given),
    }
    // What a create looks for besides.
    let older = profile().older_group_id.expect("an older form")(name);
    if let Some(older) = older {
        prop_assert_eq!(older, identifier(name).legacy, "{:?}", name);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn profile_and_sandbox_agree_on_any_name(name in "\\PC{0,40}") {
        agree(&name)?;
    }

    /// Names made of what the rules are about.
    #[test]
    fn profile_and_sandbox_agree_on_odd_names(name in "[ \t.\\-_$0-9aZÉéŁł\u{301}#/&日]{0,140}") {
        agree(&name)?;
    }

    /// What counts as blank and what is trimmed differs between Java and Rust.
    #[test]
    fn profile_and_sandbox_agree_on_blanks(
        name in "[ a1.\\-\t\u{1c}\u{1f}\u{85}\u{a0}\u{2003}\u{2007}\u{202f}\u{3000}]{0,8}",
    ) {
        agree(&name)?;
    }
}

/// The answers by hand, so that both cannot be wrong in the same way.
#[test]
fn ids_of_names_with_odd_blanks() {
    for (name, id) in [
        ("\u{a0} a", "_a"),
        (" a ", "a"),
        ("\u{a0} \u{a0}", "_"),
        ("\u{2003}a", "a"),
    ] {
        assert_eq!(group_identifier(name).as_deref(), Ok(id), "{name:?}");
        agree(name).unwrap();
    }
    assert!(group_identifier("\u{2003} \u{2003}").is_err());
    agree("\u{2003} \u{2003}").unwrap();
}

#[test]
fn profile_and_sandbox_agree_on_reserved_words() {
    for name in [
        "account",
        "org",
        "Account",
        "step",
        "stepGroup",
        "step-group",
        "null",
        " true ",
    ] {
        agree(name).unwrap();
    }
}
