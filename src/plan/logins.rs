//! People whom another integration would not let in, although they are provisioned here.

use super::item::{Notice, NoticeCode};
use super::planner::{Context, Draft};
use crate::live::beside::Told;

/// Names everybody who is to have an account and is missing where logins are decided, or says
/// that it could not be checked.
pub(super) fn flag(context: &Context<'_>, draft: &mut Draft) {
    let Some(other) = context.input.profile.other_login else {
        return;
    };
    match &context.input.live.beside.logins {
        Told::NotAsked => {}
        Told::NotTold(why) => draft.notices.push(Notice {
            code: NoticeCode::LoginUnchecked,
            message: format!(
                "whether everybody declared is in {} as well could not be checked: {why}",
                other.title
            ),
            evidence: Vec::new(),
        }),
        Told::Known(admitted) => {
            for user in context.input.desired.locked_out(admitted) {
                draft.notices.push(Notice {
                    code: NoticeCode::CannotLogIn,
                    message: format!(
                        "`{}` ({}) is missing in {}, which decides who can log in: they would \
                         not get in",
                        user.key, user.email, other.title
                    ),
                    evidence: vec![context.evidence(user.span, format!("person `{}`", user.key))],
                });
            }
        }
    }
}
