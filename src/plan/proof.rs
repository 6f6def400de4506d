//! The plan proves itself: after it there is nothing left to do.
//!
//! What the provider would hold after the plan ([`super::after`]) is planned again. An
//! action in that second plan is one that comes back for ever, or one that only becomes
//! possible by the first; either way whoever applies the plan should know before.

use std::collections::HashSet;

use super::Plan;
use super::item::{Action, Change, ItemId, MemberChange, Notice, NoticeCode};
use crate::manifest::words::count;

/// How many items of the second plan are told one by one.
const TOLD: usize = 10;

/// Says whether the plan converges, and what does not.
pub(super) fn prove(plan: &mut Plan, again: &[Action]) {
    plan.converges = again.is_empty();
    plan.notices.append(&mut notices(&plan.actions, again));
    plan.notices
        .sort_by(|a, b| (a.code, &a.message).cmp(&(b.code, &b.message)));
}

fn notices(now: &[Action], again: &[Action]) -> Vec<Notice> {
    let now: HashSet<&ItemId> = now.iter().map(|action| &action.id).collect();
    let mut notices: Vec<Notice> = again
        .iter()
        .take(TOLD)
        .map(|action| Notice {
            code: NoticeCode::DoesNotConverge,
            message: if now.contains(&action.id) {
                format!(
                    "the next plan would {} again: as the provider is known, it never settles",
                    what(&action.change)
                )
            } else {
                format!(
                    "the next plan would {}: that is possible only after this one",
                    what(&action.change)
                )
            },
            evidence: action.evidence.clone(),
        })
        .collect();
    if again.len() > TOLD {
        notices.push(Notice {
            code: NoticeCode::DoesNotConverge,
            message: format!(
                "the next plan would have {}",
                count(again.len() - TOLD, "more action", "more actions")
            ),
            evidence: Vec::new(),
        });
    }
    notices
}

/// What an action does to which attribute.
fn what(change: &Change) -> String {
    match change {
        Change::CreateUser { key, user, .. } => format!("create `{key}` <{}>", user.email),
        Change::AdoptUser { person, .. } => format!("adopt `{}`", person.label()),
        Change::AdoptGroup { name, .. } => format!("adopt the group `{name}`"),
        Change::CreateBinding { group, binding } => {
            format!("bind `{binding}` to `{}`", group.name)
        }
        Change::DeleteBinding { group, binding, .. } => {
            format!("take `{binding}` from `{}`", group.name)
        }
        Change::ReactivateUser { person } => {
            format!("set `active` of `{}` to true", person.label())
        }
        Change::DeactivateUser { person } => {
            format!("set `active` of `{}` to false", person.label())
        }
        Change::UpdateUser {
            person, changes, ..
        } => {
            let changes: Vec<String> = changes
                .iter()
                .map(|change| {
                    format!(
                        "`{}` of `{}` from `{}` to `{}`",
                        change.attribute.path(),
                        person.label(),
                        change.before.as_deref().unwrap_or_default(),
                        change.after
                    )
                })
                .collect();
            format!("change {}", changes.join(" and "))
        }
        Change::CreateGroup { name, .. } => format!("create the group `{name}`"),
        Change::RenameGroup { before, after, .. } => {
            format!("change `displayName` of the group `{before}` to `{after}`")
        }
        Change::AddMembers { group, members } => {
            format!("add {} to `members` of `{}`", people(members), group.name)
        }
        Change::RemoveMembers { group, members } => {
            format!(
                "take {} out of `members` of `{}`",
                people(members),
                group.name
            )
        }
        Change::DeleteUser { person } => format!("remove `{}`", person.label()),
        Change::DeleteGroup { name, .. } => format!("remove the group `{name}`"),
    }
}

fn people(members: &[MemberChange]) -> String {
    match members {
        [only] => format!("`{}`", only.person.label()),
        several => count(several.len(), "person", "people"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Email, PersonKey};
    use crate::plan::{Attribute, AttributeChange, Person, Reason, UserState};

    fn rename(before: &str, after: &str) -> Action {
        let email = Email::new("ada@x.io");
        Action {
            id: ItemId::new("user:ada:update"),
            change: Change::UpdateUser {
                person: Person {
                    key: Some(PersonKey::from("ada")),
                    email: email.clone(),
                    id: None,
                },
                changes: vec![AttributeChange {
                    attribute: Attribute::DisplayName,
                    before: Some(before.to_owned()),
                    after: after.to_owned(),
                }],
                becomes: UserState {
                    user_name: email.to_string(),
                    email,
                    given_name: String::new(),
                    family_name: String::new(),
                    display_name: after.to_owned(),
                    attributes: crate::ids::attributes::Attributes::default(),
                },
            },
            reason: Reason::NameDiffers,
            evidence: Vec::new(),
            consequences: Vec::new(),
            depends_on: Vec::new(),
            cause: None,
        }
    }

    #[test]
    fn the_field_that_comes_back_is_named() {
        let again = [rename("ADA", "Ada")];
        let told = notices(&[rename("Countess", "Ada")], &again);
        assert_eq!(
            told[0].message,
            "the next plan would change `displayName` of `ada` from `ADA` to `Ada` again: \
             as the provider is known, it never settles"
        );
        let told = notices(&[], &again);
        assert!(
            told[0]
                .message
                .ends_with("that is possible only after this one")
        );
        assert!(notices(&again, &[]).is_empty());
    }

    #[test]
    fn what_is_not_told_one_by_one_is_counted() {
        let again: Vec<Action> = (0..13).map(|_| rename("ADA", "Ada")).collect();
        let told = notices(&[], &again);
        assert_eq!(told.len(), TOLD + 1);
        assert!(told[TOLD].message.contains("3 more actions"));
    }
}
