//! The profile foretells a group's id to find collisions, the sandbox gives it as the server
//! does. They are written apart, from the same facts; where they differ, one has misread.

use proptest::prelude::*;
use scim_sync::profile::harness::group_identifier;
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
