//! What a OneLogin tenant holds, as far as it concerns who is in which group.

/// Accounts, roles, and the rules of the app that provisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Everybody, or everybody who has the app.
    pub accounts: Vec<Account>,
    /// Roles, or those that give the app.
    pub roles: Vec<Role>,
    /// What makes groups of roles.
    pub rules: Rules,
    /// The app, if one was chosen.
    pub app: Option<App>,
}

/// An account. Its id is OneLogin's number, or the line of an export that has no ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The id.
    pub id: Box<str>,
    /// The e-mail; not every account has one.
    pub email: Option<String>,
    /// First name.
    pub first: Option<String>,
    /// Last name.
    pub last: Option<String>,
    /// Whether it is in use.
    pub standing: Standing,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// The id.
    pub id: Box<str>,
    /// The name.
    pub name: String,
    /// The ids of its members' accounts, sorted.
    pub members: Vec<Box<str>>,
}

/// An app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// The id.
    pub id: Box<str>,
    /// The name.
    pub name: String,
}

/// What makes groups of roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rules {
    /// These rules, in the order in which OneLogin applies them.
    Read {
        /// The rules.
        rules: Vec<Rule>,
        /// What `set_groups` can be given: the texts that stand for something, with names.
        values: Vec<(String, String)>,
    },
    /// They were not read: why, ending the sentence "OneLogin's rules were not read: …".
    Unread(String),
}

/// A rule of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The name.
    pub name: String,
    /// Whether one condition is enough.
    pub wants: Wants,
    /// Whom it is for; everybody without any.
    pub conditions: Vec<Condition>,
    /// What it does.
    pub actions: Vec<Action>,
}

/// How the conditions of a rule go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    /// All of them have to hold.
    All,
    /// One of them has to.
    Any,
}

/// A condition of a rule: `has_role` `ri` `123`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// What is looked at.
    pub source: String,
    /// How.
    pub operator: String,
    /// What it is compared with.
    pub value: String,
}

/// An action of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// What is set: `set_groups`.
    pub action: String,
    /// To what, or to the parts of what.
    pub values: Vec<String>,
    /// Which of the parts: "with value that matches".
    pub expression: Option<String>,
    /// Whether a script or a macro makes the value.
    pub made_by: Option<&'static str>,
}

/// Whether an account is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is.
    Active,
    /// It is, and something is to be said of it.
    Remarked(&'static str),
    /// It is not, for now.
    Suspended,
    /// It was never let in, or nobody here knows what its status means.
    Out(&'static str),
}

/// What a user's `status` means: numbers of OneLogin's Go SDK (`models/user.go`, read
/// 2026-11-24). How an export words them is documented nowhere: those are its names, and
/// likely variants, without spaces.
const STATUSES: &[(i64, &[&str], Standing)] = &[
    (
        0,
        &["unactivated"],
        Standing::Remarked("not activated yet in OneLogin"),
    ),
    (1, &["active"], Standing::Active),
    (2, &["suspended"], Standing::Suspended),
    (
        3,
        &["locked"],
        Standing::Remarked("locked in OneLogin after failed logins"),
    ),
    (
        4,
        &["passwordexpired"],
        Standing::Remarked("has an expired password in OneLogin"),
    ),
    (
        5,
        &["awaitingpasswordreset", "awaitingreset"],
        Standing::Remarked("is to reset a password in OneLogin"),
    ),
    (
        7,
        &["passwordpending"],
        Standing::Remarked("has yet to set a password in OneLogin"),
    ),
    (
        8,
        &["securityquestionsrequired", "securityquestions"],
        Standing::Remarked("has yet to set security questions in OneLogin"),
    ),
];

/// What a user's `state` means, of the same source: whether an account was let in at all.
const STATES: &[(i64, Standing)] = &[
    (
        0,
        Standing::Out("waits for approval in OneLogin (state 0, unapproved)"),
    ),
    (1, Standing::Active),
    (2, Standing::Out("was rejected in OneLogin (state 2)")),
    (
        3,
        Standing::Out("has no licence in OneLogin (state 3, unlicensed)"),
    ),
];

const UNKNOWN_STATUS: Standing =
    Standing::Out("has a status in OneLogin that this version does not know");
const UNKNOWN_STATE: Standing =
    Standing::Out("has a state in OneLogin that this version does not know");

impl Standing {
    /// From the numbers of the API.
    pub(super) fn of_numbers(status: Option<i64>, state: Option<i64>) -> Self {
        let by_number = |number| STATUSES.iter().find(|(of, _, _)| *of == number);
        let status = status.map_or(Some(Standing::Active), |number| {
            by_number(number).map(|(_, _, standing)| *standing)
        });
        let state = state.map_or(Some(Standing::Active), |number| {
            let found = STATES.iter().find(|(of, _)| *of == number);
            found.map(|(_, standing)| *standing)
        });
        match (state, status) {
            (None, _) => UNKNOWN_STATE,
            (Some(out @ Standing::Out(_)), _) => out,
            (Some(_), status) => status.unwrap_or(UNKNOWN_STATUS),
        }
    }

    /// From the word, or the number, of an export.
    pub(super) fn of_word(word: &str) -> Self {
        let word = word.trim();
        if word.is_empty() {
            return Standing::Active;
        }
        if let Ok(number) = word.parse() {
            return Self::of_numbers(Some(number), None);
        }
        let plain = super::csv::plain(word);
        let found = STATUSES
            .iter()
            .find(|(_, words, _)| words.contains(&plain.as_str()));
        found.map_or(UNKNOWN_STATUS, |(_, _, standing)| *standing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_left_out() {
        let of = Standing::of_numbers;
        assert_eq!(of(Some(1), Some(1)), Standing::Active);
        assert_eq!(of(Some(2), Some(1)), Standing::Suspended);
        assert_eq!(of(None, None), Standing::Active);
        assert!(matches!(of(Some(3), Some(1)), Standing::Remarked(_)));
        assert!(matches!(of(Some(1), Some(2)), Standing::Out(_)));
        assert_eq!(of(Some(6), Some(1)), UNKNOWN_STATUS);
        assert_eq!(of(Some(1), Some(9)), UNKNOWN_STATE);
        assert_eq!(Standing::of_word("Suspended"), Standing::Suspended);
        assert_eq!(Standing::of_word("2"), Standing::Suspended);
        assert!(matches!(
            Standing::of_word("Password Expired"),
            Standing::Remarked(_)
        ));
        assert_eq!(Standing::of_word("retired"), UNKNOWN_STATUS);
    }
}
