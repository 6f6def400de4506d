//! The token: whose it is, until when, of which account, and what it may.

use jiff::Timestamp;

use super::Findings;
use crate::render::doctor::Verdict;
use crate::render::style::count;
use crate::scim::dialect::{Need, NeedWeight, Permission};
use crate::scim::error::ErrorKind;
use crate::scim::http::Transport;
use crate::scim::platform::{Platform, TokenHolder};

/// A token that ends sooner is worth a word.
const ENDING_DAYS: i64 = 30;

pub(super) async fn token<T: Transport>(platform: Platform<'_, T>, found: &mut Findings) {
    match platform.token().await {
        Ok(holder) => {
            for (check, verdict, said, help) in
                judged(&holder, platform.account(), Timestamp::now())
            {
                found.note(check, verdict, said, help);
            }
        }
        Err(error) if error.kind() == ErrorKind::Unauthorized => {
            found.error("token", Verdict::Failure, &error);
        }
        Err(error) => found.unseen("token", &error),
    }
}

/// Whose a token is, until when, and whether it is of this account.
fn judged(
    holder: &TokenHolder,
    account: &str,
    now: Timestamp,
) -> Vec<(&'static str, Verdict, String, Option<String>)> {
    let mut lines = Vec::new();
    let who = holder
        .email
        .as_ref()
        .map(ToString::to_string)
        .or_else(|| holder.username.clone())
        .unwrap_or_else(|| "somebody who is not named".to_owned());
    let kind = match holder.api_key_type.as_deref() {
        Some("USER") => "the user",
        Some("SERVICE_ACCOUNT") => "the service account",
        Some(_) | None => "the holder",
    };
    let renew = "make a new token for the same holder in Harness, and put it where \
                 `target.token` says";
    lines.push(if holder.valid {
        (
            "token",
            Verdict::Ok,
            format!("is valid and belongs to {kind} {who}"),
            None,
        )
    } else {
        (
            "token",
            Verdict::Failure,
            format!("is not valid any more; it belonged to {kind} {who}"),
            Some(renew.to_owned()),
        )
    });
    let end = holder
        .ends_at_millis()
        .and_then(|millis| Timestamp::from_millisecond(millis).ok());
    lines.push(match end {
        None => ("token's end", Verdict::Ok, "none is told".to_owned(), None),
        Some(end) => {
            let days = (end.as_second() - now.as_second()).div_euclid(86_400);
            let day = end.to_string();
            let day = day.split('T').next().unwrap_or_default();
            match days {
                ..0 => (
                    "token's end",
                    Verdict::Failure,
                    format!("it ended on {day}"),
                    Some(renew.to_owned()),
                ),
                0..ENDING_DAYS => (
                    "token's end",
                    Verdict::Warning,
                    format!(
                        "it ends on {day}, in {}",
                        count(usize::try_from(days).unwrap_or(0), "day", "days")
                    ),
                    Some(renew.to_owned()),
                ),
                _ => (
                    "token's end",
                    Verdict::Ok,
                    format!("it ends on {day}"),
                    None,
                ),
            }
        }
    });
    lines.push(match holder.account_identifier.as_deref() {
        Some(theirs) if theirs != account => (
            "account",
            Verdict::Failure,
            format!("the base URL names the account {account}, the token is of {theirs}"),
            Some("use the base URL and the token of one account".to_owned()),
        ),
        Some(_) => (
            "account",
            Verdict::Ok,
            format!("base URL and token are of {account}"),
            None,
        ),
        None => (
            "account",
            Verdict::Warning,
            "the provider does not say of which account the token is".to_owned(),
            Some(
                "compare the account's id in the base URL with the token's second part".to_owned(),
            ),
        ),
    });
    lines
}

pub(super) async fn may<T: Transport>(platform: Platform<'_, T>, found: &mut Findings) {
    let needs = platform.needs();
    let asked: Vec<Permission> = needs.iter().map(|need| need.permission).collect();
    match platform.permitted(&asked).await {
        Ok(permitted) => {
            for (need, permitted) in needs.iter().zip(permitted) {
                let Need {
                    permission: Permission { name, resource: _ },
                    purpose,
                    weight,
                } = need;
                if permitted {
                    found.ok("permission", format!("`{name}`, {purpose}"));
                    continue;
                }
                let verdict = match weight {
                    NeedWeight::ToProvision => Verdict::Failure,
                    NeedWeight::ToCheck => Verdict::Warning,
                };
                found.note(
                    "permission",
                    verdict,
                    format!("`{name}` is missing, which is needed {purpose}"),
                    Some("give the token's holder a role that has it, at account scope".to_owned()),
                );
            }
        }
        Err(error) => found.unseen("permission", &error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(json: serde_json::Value) -> TokenHolder {
        serde_json::from_value(json).expect("a holder")
    }

    fn verdicts(json: serde_json::Value) -> Vec<(&'static str, Verdict)> {
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().expect("a time");
        let lines = judged(&holder(json), "A1", now);
        lines
            .into_iter()
            .map(|(check, verdict, _, _)| (check, verdict))
            .collect()
    }

    #[test]
    fn a_token_that_ends_soon_or_is_of_another_account() {
        let ends = |day: &str| {
            let end: Timestamp = format!("{day}T00:00:00Z").parse().expect("a time");
            serde_json::json!({
                "valid": true, "accountIdentifier": "A1", "email": "sa@x.io",
                "apiKeyType": "SERVICE_ACCOUNT", "validTo": end.as_millisecond(),
            })
        };
        let end = |day: &str| verdicts(ends(day))[1].1;
        assert_eq!(end("2027-06-01"), Verdict::Ok);
        assert_eq!(end("2026-12-01"), Verdict::Warning);
        assert_eq!(end("2026-11-23"), Verdict::Failure);
        let other = serde_json::json!({ "valid": false, "accountIdentifier": "B2" });
        assert_eq!(
            verdicts(other),
            [
                ("token", Verdict::Failure),
                ("token's end", Verdict::Ok),
                ("account", Verdict::Failure)
            ]
        );
    }
}
