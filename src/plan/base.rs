//! What the base revision says of people: whose e-mail this change moves, and who was ours.
//!
//! **Invariants.** An address that changes where the provider lets none change makes one
//! refusal, and neither a creation nor a removal of that human. An account is taken for
//! somebody's because the base declared its address for their key, never for likeness;
//! likeness only holds things back.

use std::collections::HashMap;

use super::identity::{Claim, Match, Matches, is_guessed};
use super::item::{Evidence, ItemId, Refusal, RefusalCode};
use super::planner::Context;
use crate::desired::since::{Known, Moved, since};
use crate::desired::{BaseRevision, DesiredUser, UserIndex};
use crate::ids::PersonKey;
use crate::live::LiveIndex;
use crate::manifest::decl::UserStatus;
use crate::manifest::source::Span;
use crate::profile::EmailChange;
use crate::profile::since::{recipe, tombstone_line, two_steps};

/// Accounts of people who were declared at the base revision and are not any more.
#[derive(Default)]
pub(super) struct Gone<'a> {
    by_live: HashMap<LiveIndex, (&'a PersonKey, Evidence)>,
}

impl Gone<'_> {
    /// Whose account it was, and where that was declared.
    pub(super) fn find(&self, live: LiveIndex) -> Option<(&PersonKey, Evidence)> {
        let (key, evidence) = self.by_live.get(&live)?;
        Some((*key, evidence.clone()))
    }
}

/// A line of the base revision.
pub(super) fn before(base: &BaseRevision, span: Span, what: String) -> Evidence {
    Evidence {
        place: base.place(span),
        revision: Some(base.label.to_string()),
        what,
    }
}

/// Follows people from the base revision to their accounts.
pub(super) fn follow<'a>(
    context: &Context<'a>,
    matches: &mut Matches,
    refusals: &mut Vec<Refusal>,
) -> Gone<'a> {
    let Some(base) = context.input.base else {
        return Gone::default();
    };
    let since = since(base, context.input.desired);
    let mut by_email: HashMap<&str, Vec<LiveIndex>> = HashMap::new();
    for (at, user) in context.input.live.indexed_users() {
        by_email.entry(user.email.folded()).or_default().push(at);
    }
    let mut declared: HashMap<&str, UserIndex> = HashMap::new();
    if !since.moved.is_empty() {
        let users = context.input.desired.users.iter();
        declared.extend(
            users
                .zip((0..).map(UserIndex))
                .map(|(user, at)| (user.email.folded(), at)),
        );
    }
    let mut follow = Follow {
        context,
        base,
        matches,
        refusals,
        by_email,
        declared,
    };
    for moved in &since.moved {
        match moved.how {
            Known::ByKey => follow.by_key(moved),
            Known::ByLikeness {
                likeness,
                tombstone,
            } => {
                follow.by_likeness(moved, &likeness.because(), tombstone);
            }
        }
    }
    let mut gone = Gone::default();
    for user in since.gone {
        // Of two accounts with one address nobody can say which was ours, nor whether one was
        // that has the address among others.
        if let [live] = follow.there(user)
            && follow.matches.claim(*live) == Claim::Unclaimed
            && !is_guessed(context.input.live.user(*live))
        {
            let evidence = before(base, user.span, format!("person `{}`", user.key));
            gone.by_live.insert(*live, (&user.key, evidence));
        }
    }
    gone
}

struct Follow<'a, 'm> {
    context: &'m Context<'a>,
    base: &'a BaseRevision,
    matches: &'m mut Matches,
    refusals: &'m mut Vec<Refusal>,
    by_email: HashMap<&'a str, Vec<LiveIndex>>,
    /// Whose address it is now.
    declared: HashMap<&'a str, UserIndex>,
}

impl<'a> Follow<'a, '_> {
    /// The live users with the address somebody had.
    fn there(&self, user: &DesiredUser) -> &[LiveIndex] {
        let found = self.by_email.get(user.email.folded());
        found.map_or(&[], Vec::as_slice)
    }

    fn user(&self, at: UserIndex) -> &'a DesiredUser {
        self.context.input.desired.user(at)
    }

    /// One key, another address.
    fn by_key(&mut self, moved: &Moved<'_>) {
        let (before, user) = (moved.before, self.user(moved.now));
        let old = self.there(before).to_vec();
        let found = self.matches.of(moved.now);
        self.nobody_takes_over(moved);
        if old.is_empty() {
            // Never provisioned, or gone by now: there is no account whose address would
            // change. Unless it is only not seen.
            let unseen = !self.context.input.live.integrity.is_whole();
            if unseen && found == Match::Nobody && user.status != UserStatus::Absent {
                self.matches.hold(moved.now);
                self.refuse_by_key(moved);
            }
            return;
        }
        let alone = match old.as_slice() {
            [only] if self.matches.claim(*only) == Claim::Unclaimed => Some(*only),
            _ => None,
        };
        match (
            found,
            alone,
            user.status,
            self.context.input.profile.email_change,
        ) {
            (Match::Held, ..) => {}
            (Match::Live(live) | Match::Frozen(live), ..) if old == [live] => {
                let id = ItemId::new(format!("user:{}:email", user.key));
                let evidence = self.was(before);
                let mut known = self.refusals.iter_mut();
                if let Some(refusal) = known.find(|refusal| refusal.id == id) {
                    refusal.evidence.push(evidence);
                }
            }
            (Match::Nobody, Some(only), UserStatus::Absent, _)
            | (Match::Nobody, Some(only), _, EmailChange::Allowed) => {
                self.matches.settle(moved.now, Match::Live(only));
            }
            (Match::Nobody, Some(only), _, EmailChange::Refused { .. }) => {
                match before.status {
                    UserStatus::Active | UserStatus::Suspended => {
                        self.matches.settle(moved.now, Match::Frozen(only));
                    }
                    // The account was to go and has not: nothing more happens to it.
                    UserStatus::Absent => {
                        self.matches.hold(moved.now);
                        self.matches.hold_live(only);
                    }
                }
                self.refuse_by_key(moved);
            }
            (Match::Live(_) | Match::Frozen(_) | Match::Nobody, ..) => {
                self.matches.hold(moved.now);
                for live in old {
                    self.matches.hold_live(live);
                }
                self.refuse_by_key(moved);
            }
        }
    }

    /// Whoever has the old address of somebody now does not get their account with it.
    fn nobody_takes_over(&mut self, moved: &Moved<'_>) {
        let Some(heir) = self.declared.get(moved.before.email.folded()).copied() else {
            return;
        };
        let Match::Live(live) = self.matches.of(heir) else {
            return;
        };
        if heir == moved.now || !self.there(moved.before).contains(&live) {
            return;
        }
        self.matches.hold(heir);
        let (heir, user) = (self.user(heir), self.user(moved.now));
        self.refusals.push(Refusal {
            id: ItemId::new(format!("user:{}:match", heir.key)),
            code: RefusalCode::AmbiguousMatch,
            message: format!(
                "the account with `{}` was `{}`'s at {}, and `{}` has the address now",
                moved.before.email, user.key, self.base.label, heir.key
            ),
            help: format!(
                "give `{}` an address that nobody had; if the account has changed hands, do it in two changes",
                heir.key
            ),
            evidence: vec![
                self.context
                    .evidence(heir.email_span, format!("email of `{}`", heir.key)),
                self.was(moved.before),
            ],
            blocked: Vec::new(),
            cause: None,
        });
    }

    fn was(&self, user: &DesiredUser) -> Evidence {
        before(
            self.base,
            user.email_span,
            format!("email of `{}`", user.key),
        )
    }

    fn refuse_by_key(&mut self, moved: &Moved<'_>) {
        let (before, user) = (moved.before, self.user(moved.now));
        let help = match (user.status, before.status) {
            (UserStatus::Absent, _) => format!(
                "keep `{}` in the tombstone: it says which account must go",
                before.email
            ),
            (_, UserStatus::Absent) => format!(
                "the account with `{}` is still there: declare `{}` and apply that first",
                before.email,
                tombstone_line(before)
            ),
            (_, UserStatus::Active | UserStatus::Suspended) => recipe(before, user),
        };
        let message = match self.context.input.profile.email_change {
            EmailChange::Refused { because } => format!(
                "the e-mail of `{}` was `{}` at {} and must not become `{}`: {because}",
                user.key, before.email, self.base.label, user.email
            ),
            EmailChange::Allowed => format!(
                "the e-mail of `{}` was `{}` at {} and is `{}` now, and there may be an account for each",
                user.key, before.email, self.base.label, user.email
            ),
        };
        self.refuse(moved, RefusalCode::EmailImmutable, message, help);
    }

    fn refuse(&mut self, moved: &Moved<'_>, code: RefusalCode, message: String, help: String) {
        let user = self.user(moved.now);
        self.refusals.push(Refusal {
            id: ItemId::new(format!("user:{}:email", user.key)),
            code,
            message,
            help,
            evidence: vec![
                self.context
                    .evidence(user.email_span, format!("email of `{}`", user.key)),
                self.was(moved.before),
            ],
            blocked: Vec::new(),
            cause: None,
        });
    }

    /// One human who goes under one key and comes under another.
    fn by_likeness(&mut self, moved: &Moved<'_>, because: &str, tombstone: Option<UserIndex>) {
        let (before, user) = (moved.before, self.user(moved.now));
        let old = self.there(before).to_vec();
        let unseen = !self.context.input.live.integrity.is_whole();
        let found = self.matches.of(moved.now);
        let refused = match (found, tombstone) {
            (Match::Nobody, _) => !old.is_empty() || unseen,
            (Match::Live(_) | Match::Frozen(_), None) => !old.is_empty(),
            // Both accounts are there and somebody says that the old one is to go: that is
            // cleaning up, and nobody is made again.
            (Match::Live(_) | Match::Frozen(_), Some(_)) => return,
            // Refused for another reason.
            (Match::Held, _) => false,
        };
        if refused && found == Match::Nobody {
            self.matches.hold(moved.now);
            if let Some(tombstone) = tombstone {
                self.matches.hold(tombstone);
            }
        }
        for live in old {
            self.matches.hold_live(live);
        }
        if !refused {
            return;
        }
        let profile = self.context.input.profile;
        let message = |end: &str| {
            format!(
                "`{}` with `{}` goes and `{}` with `{}` comes, but they are one person ({because}){end}",
                before.key, before.email, user.key, user.email
            )
        };
        match profile.email_change {
            EmailChange::Refused { because } => {
                let message = message(&format!(", and an address must not change: {because}"));
                let help = two_steps(before, user);
                self.refuse(moved, RefusalCode::EmailImmutable, message, help);
            }
            EmailChange::Allowed => {
                let message = message("");
                let help = format!(
                    "add `previously: [{}]` to `{}`; if they are two people, let them go and come in separate changes",
                    before.key, user.key
                );
                self.refuse(moved, RefusalCode::DeleteAndCreate, message, help);
            }
        }
    }
}
