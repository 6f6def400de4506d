//! Who is who: declared people ↔ live users.
//!
//! In this order (design §3): an `externalId` that carries our key, then the folded e-mail,
//! which may be the account's e-mail or its login: a login is unique (RFC 7643 §4.1.1), so an
//! account that logs in with a declared e-mail is that person's whatever its own e-mail is.
//! Never the display name. Two candidates are a refusal, and whoever is in doubt is *held*:
//! nothing is done to them, their memberships included.
//!
//! **Invariants.** No account is two people's: one that has the e-mail of another declared
//! person as well, as its own or to log in with, is its person's only by their key, and even
//! then it is not taken away.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::item::{Refusal, RefusalCode};
use super::marks::{AccountTrace, Known, Marks, PersonTrace, Trace, Traces, keys_of};
use super::planner::{Context, PlanInput};
use crate::desired::{DesiredState, DesiredUser, UserIndex};
use crate::ids::{ItemId, PersonKey};
use crate::live::{LiveIndex, LiveState, LiveUser, Moves};
use crate::manifest::decl::UserStatus;
use crate::profile::EmailChange;
use crate::scim::wire::EmailChoice;

/// What a declared person is at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    /// Nobody there.
    Nobody,
    /// This user.
    Live(LiveIndex),
    /// This user, but a refusal forbids changing the account; memberships go on.
    Frozen(LiveIndex),
    /// It cannot be told; nothing is done.
    Held,
}

/// Who is who, as far as e-mails and keys tell, with the doubts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Matched {
    pub(super) matches: Matches,
    pub(super) refusals: Vec<Refusal>,
}

impl Match {
    /// The account that is theirs, if it may be changed.
    pub(super) fn live(self) -> Option<LiveIndex> {
        match self {
            Match::Live(live) => Some(live),
            Match::Nobody | Match::Frozen(_) | Match::Held => None,
        }
    }
}

/// All matches, both ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Matches {
    by_user: Vec<Match>,
    by_live: Vec<Claim>,
}

/// What a live user is to the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    /// Nobody declares them.
    Unclaimed,
    /// They are this person.
    Person(UserIndex),
    /// They may be somebody declared; nothing is done to them.
    Held,
}

impl Matches {
    pub(super) fn of(&self, user: UserIndex) -> Match {
        self.by_user[user.0 as usize]
    }

    /// Declared people nobody was found for.
    pub(super) fn nobody(&self) -> impl Iterator<Item = UserIndex> + '_ {
        let users = (0..).map(UserIndex).zip(&self.by_user);
        users
            .filter(|(_, found)| **found == Match::Nobody)
            .map(|(at, _)| at)
    }

    pub(super) fn claim(&self, live: LiveIndex) -> Claim {
        self.by_live[live.0 as usize]
    }

    /// Does nothing to a person after all, nor to the account they were matched with.
    pub(super) fn hold(&mut self, user: UserIndex) {
        match self.of(user) {
            Match::Live(live) | Match::Frozen(live) => {
                self.by_live[live.0 as usize] = Claim::Held;
            }
            Match::Nobody | Match::Held => {}
        }
        self.by_user[user.0 as usize] = Match::Held;
    }

    /// Does nothing to an account, unless it is somebody's for certain.
    pub(super) fn hold_live(&mut self, live: LiveIndex) {
        match self.claim(live) {
            Claim::Unclaimed => self.by_live[live.0 as usize] = Claim::Held,
            Claim::Person(_) | Claim::Held => {}
        }
    }

    /// Matches a person nobody was found for.
    pub(super) fn settle(&mut self, user: UserIndex, found: Match) {
        match found {
            Match::Live(live) | Match::Frozen(live) => {
                self.by_live[live.0 as usize] = Claim::Person(user);
            }
            Match::Nobody | Match::Held => {}
        }
        self.by_user[user.0 as usize] = found;
    }
}

/// Live users by a text that several may have: each user is in one chain at most.
struct Chains<K> {
    first: HashMap<K, LiveIndex, RandomState>,
    /// The next of the chain, where there is one: few share a text.
    next: HashMap<LiveIndex, LiveIndex, RandomState>,
}

impl<K: std::hash::Hash + Eq> Chains<K> {
    fn new() -> Self {
        Self {
            first: HashMap::default(),
            next: HashMap::default(),
        }
    }

    fn insert(&mut self, key: K, at: LiveIndex) {
        let next = self.first.insert(key, at);
        self.next.extend(next.map(|next| (at, next)));
    }

    fn get<Q: std::hash::Hash + Eq + ?Sized>(&self, key: &Q) -> impl Iterator<Item = LiveIndex>
    where
        K: std::borrow::Borrow<Q>,
    {
        let first = self.first.get(key).copied();
        std::iter::successors(first, |at| self.next.get(at).copied())
    }
}

struct Index<'a> {
    desired: &'a DesiredState,
    by_key: Chains<&'a str>,
    by_email: Chains<&'a str>,
    /// Logins that are not the account's own e-mail.
    by_login: Chains<Cow<'a, str>>,
    /// Asked only about people who are in doubt, so made only then.
    declared: OnceCell<HashMap<&'a str, UserIndex, RandomState>>,
    declared_email: OnceCell<HashMap<&'a str, UserIndex, RandomState>>,
}

/// Who else an account could be.
struct Shared<'a> {
    other: &'a DesiredUser,
    /// What the account does with their e-mail.
    how: &'static str,
    address: &'a str,
}

/// Which of some people an account could be, by anything it is known by: asked about whom
/// nothing may happen to, so it needs no certainty.
pub(super) struct CouldBe<'a> {
    keys: HashMap<&'a str, &'a PersonKey, RandomState>,
    emails: HashMap<&'a str, &'a PersonKey, RandomState>,
}

impl<'a> CouldBe<'a> {
    pub(super) fn new(people: impl Iterator<Item = &'a DesiredUser>) -> Self {
        let mut could_be = Self {
            keys: HashMap::default(),
            emails: HashMap::default(),
        };
        for user in people {
            let keys = keys_of(user).map(|key| (key.as_str(), &user.key));
            could_be.keys.extend(keys);
            could_be.emails.insert(user.email.folded(), &user.key);
        }
        could_be
    }

    pub(super) fn find(&self, live: &LiveUser) -> Option<&'a PersonKey> {
        let Marks { key, email, login } = Marks::of(live);
        let by_key = key.and_then(|key| self.keys.get(key));
        let by_email = || self.emails.get(email);
        let by_login = || self.emails.get(&*login?);
        by_key.or_else(by_email).or_else(by_login).copied()
    }
}

impl<'a> Index<'a> {
    /// These accounts, by all they are known by.
    fn of(
        desired: &'a DesiredState,
        live: &'a LiveState,
        accounts: impl Iterator<Item = LiveIndex>,
    ) -> Self {
        let mut index = Self {
            desired,
            by_key: Chains::new(),
            by_email: Chains::new(),
            by_login: Chains::new(),
            declared: OnceCell::new(),
            declared_email: OnceCell::new(),
        };
        for at in accounts {
            let Marks { key, email, login } = Marks::of(live.user(at));
            if let Some(key) = key {
                index.by_key.insert(key, at);
            }
            index.by_email.insert(email, at);
            if let Some(login) = login {
                index.by_login.insert(login, at);
            }
        }
        index
    }

    fn is_declared(&self, key: &PersonKey) -> bool {
        let people = || self.desired.users.iter().zip(0..);
        let declared = self.declared.get_or_init(|| {
            people()
                .map(|(user, at)| (user.key.as_str(), UserIndex(at)))
                .collect()
        });
        declared.contains_key(key.as_str())
    }

    fn declared_with(&self, address: &str) -> Option<&'a DesiredUser> {
        let people = || self.desired.users.iter().zip(0..);
        let declared = self.declared_email.get_or_init(|| {
            people()
                .map(|(user, at)| (user.email.folded(), UserIndex(at)))
                .collect()
        });
        let at = declared.get(address)?;
        Some(self.desired.user(*at))
    }

    /// Another declared person whose e-mail an account of this one has.
    fn shared_with(&self, user: &DesiredUser, live: &'a LiveUser) -> Option<Shared<'a>> {
        let Marks {
            key: _,
            email,
            login,
        } = Marks::of(live);
        let another = |address: &str| {
            let other = (address != user.email.folded()).then(|| self.declared_with(address))?;
            other.filter(|other| other.key != user.key)
        };
        let by_email = another(email).map(|other| Shared {
            other,
            how: "has",
            address: live.email.as_str(),
        });
        by_email.or_else(|| {
            let other = another(login.as_deref()?)?;
            Some(Shared {
                other,
                how: "logs in with",
                address: &live.user_name,
            })
        })
    }
}

/// Matches everybody.
pub(super) fn match_users(context: &Context<'_>) -> Matched {
    let PlanInput { desired, live, .. } = context.input;
    match_traced(context, &Traces::of(desired, live))
}

/// As [`match_users`], of these people and accounts.
pub(super) fn match_traced(context: &Context<'_>, traces: &Traces) -> Matched {
    let PlanInput { desired, live, .. } = context.input;
    let known = plainly_known(desired, live, traces);
    let accounts = || (0..).map(LiveIndex).zip(traces.accounts.iter().copied());
    let matched = match_rest(context, &traces.people, accounts(), |at, _| {
        known[at.0 as usize].map_or(Beforehand::Unknown, Beforehand::Live)
    });
    debug_assert_eq!(
        matched,
        match_in_full(context),
        "as if everybody were looked for"
    );
    matched
}

/// Matches everybody by asking for each among all: what every shorter way has to come to.
fn match_in_full(context: &Context<'_>) -> Matched {
    let PlanInput { desired, live, .. } = context.input;
    let index = Index::of(desired, live, live.indexed_users().map(|(at, _)| at));
    match_all(context, |user, _| match_one(context, &index, user))
}

/// Matches everybody, of whom most were matched before with users that are still there: only
/// those are looked for again whom somebody new, other or gone could be, or who were in doubt.
pub(super) fn rematch(
    context: &Context<'_>,
    before: &Matched,
    traces: &Traces,
    moves: &Moves,
) -> Matched {
    let PlanInput { desired, live, .. } = context.input;
    debug_assert_eq!(traces.accounts.len(), moves.now.len(), "of one reading");
    let fresh = moves.fresh.iter();
    let fresh: Vec<(LiveIndex, AccountTrace)> = fresh
        .map(|at| (*at, AccountTrace::of(live.user(*at))))
        .collect();
    let earlier = || moves.now.iter().zip(traces.accounts.iter().copied());
    let mut changed = Known::default();
    let gone = earlier().filter(|(now, _)| now.is_none());
    for account in gone
        .map(|(_, account)| account)
        .chain(fresh.iter().map(|(_, account)| *account))
    {
        changed.add(account);
    }
    let stayed = earlier().filter_map(|(now, account)| Some(((*now)?, account)));
    // Whoever is as they were: nobody else can be meant by their key or e-mail now.
    match_rest(
        context,
        &traces.people,
        stayed.chain(fresh.iter().copied()),
        |at, person| match before.matches.of(at) {
            _ if changed.may_be_person(person, desired.user(at)) => Beforehand::Unknown,
            Match::Nobody => Beforehand::Nobody,
            Match::Live(live) => {
                moves.now[live.0 as usize].map_or(Beforehand::Unknown, Beforehand::Live)
            }
            Match::Frozen(_) | Match::Held => Beforehand::Unknown,
        },
    )
}

/// Whoever is known by key and e-mail alike, and nobody else by either; and who has no key there,
/// of accounts without one, by e-mail alone. Together almost everybody. Of two with one trace, as
/// of two with one text, neither is.
fn plainly_known(
    desired: &DesiredState,
    live: &LiveState,
    traces: &Traces,
) -> Vec<Option<LiveIndex>> {
    type ByTrace = HashMap<Trace, Option<LiveIndex>, RandomState>;
    let table = || ByTrace::with_capacity_and_hasher(live.users.len(), RandomState::default());
    let (mut by_key, mut by_address) = (table(), table());
    // Nothing where two have one.
    let note = |table: &mut ByTrace, trace: Trace, at: LiveIndex| {
        let only = table.entry(trace);
        only.and_modify(|only| *only = None).or_insert(Some(at));
    };
    for (account, at) in traces.accounts.iter().zip((0..).map(LiveIndex)) {
        if let Some(key) = account.key {
            note(&mut by_key, key, at);
        }
        note(&mut by_address, account.email, at);
        if let Some(login) = account.login {
            note(&mut by_address, login, at);
        }
    }
    let people = traces.people.iter().zip(&desired.users);
    let found = people.map(|(person, user)| {
        let at = (*by_address.get(&person.email)?)?;
        let keyed = by_key.get(&person.key?);
        let Marks { key, email, login } = Marks::of(live.user(at));
        let is_active = user.status == UserStatus::Active;
        let is_theirs = match (keyed, key) {
            // Another login may be somebody else's, from whom nothing is taken away.
            (Some(keyed), Some(key)) => {
                *keyed == Some(at) && *key == *user.key.as_str() && (is_active || login.is_none())
            }
            (None, None) => is_active && login.is_none(),
            (Some(_), None) | (None, Some(_)) => false,
        };
        (is_theirs && email == user.email.folded()).then_some(at)
    });
    found.collect()
}

/// Matches everybody of whom it is not told, each by all of these accounts that may be them.
fn match_rest(
    context: &Context<'_>,
    people: &[PersonTrace],
    accounts: impl Iterator<Item = (LiveIndex, AccountTrace)>,
    told: impl Fn(UserIndex, PersonTrace) -> Beforehand,
) -> Matched {
    let PlanInput { desired, live, .. } = context.input;
    let mut asked = Known::default();
    let people = people.iter().zip((0..).map(UserIndex));
    let told = people.map(|(person, at)| {
        let told = told(at, *person);
        match told {
            Beforehand::Unknown => asked.add_person(*person, desired.user(at)),
            Beforehand::Nobody | Beforehand::Live(_) => {}
        }
        told
    });
    let told: Vec<Beforehand> = told.collect();
    let may_be = accounts.filter(|(_, account)| asked.may_be(*account));
    let index = Index::of(desired, live, may_be.map(|(at, _)| at));
    match_all(context, |user, at| match told[at.0 as usize] {
        Beforehand::Unknown => match_one(context, &index, user),
        Beforehand::Nobody => Found::Nobody,
        Beforehand::Live(live) => Found::Live(live),
    })
}

/// Matches everybody by asking for each, with a refusal for each doubt.
fn match_all(context: &Context<'_>, find: impl Fn(&DesiredUser, UserIndex) -> Found) -> Matched {
    let PlanInput { desired, live, .. } = context.input;
    let mut refusals = Vec::new();
    let mut matches = Matches {
        by_user: Vec::with_capacity(desired.users.len()),
        by_live: vec![Claim::Unclaimed; live.users.len()],
    };
    for (user, at) in desired.users.iter().zip((0..).map(UserIndex)) {
        matches.by_user.push(match find(user, at) {
            Found::Nobody => Match::Nobody,
            Found::Live(live) => {
                matches.by_live[live.0 as usize] = Claim::Person(at);
                Match::Live(live)
            }
            Found::Frozen(live, refusal) => {
                matches.by_live[live.0 as usize] = Claim::Person(at);
                refusals.push(*refusal);
                Match::Frozen(live)
            }
            Found::Doubt(candidates, refusal) => {
                for candidate in candidates {
                    let claim = &mut matches.by_live[candidate.0 as usize];
                    if *claim == Claim::Unclaimed {
                        *claim = Claim::Held;
                    }
                }
                refusals.push(*refusal);
                Match::Held
            }
        });
    }
    // A live user matched for certain by one person and doubted by another, whichever came
    // first, belongs to the certain one.
    for (found, at) in matches.by_user.iter().zip((0..).map(UserIndex)) {
        match found {
            Match::Live(live) | Match::Frozen(live) => {
                let claim = &mut matches.by_live[live.0 as usize];
                debug_assert!(
                    !matches!(claim, Claim::Person(other) if *other != at),
                    "one account is two people's"
                );
                *claim = Claim::Person(at);
            }
            Match::Nobody | Match::Held => {}
        }
    }
    Matched { matches, refusals }
}

/// What is known of a person without looking for them.
#[derive(Clone, Copy)]
enum Beforehand {
    Unknown,
    Nobody,
    Live(LiveIndex),
}

enum Found {
    Nobody,
    Live(LiveIndex),
    Frozen(LiveIndex, Box<Refusal>),
    Doubt(Vec<LiveIndex>, Box<Refusal>),
}

fn match_one<'a>(context: &Context<'a>, index: &Index<'a>, user: &DesiredUser) -> Found {
    let live = context.input.live;
    let mut by_key: Vec<LiveIndex> = keys_of(user)
        .flat_map(|key| index.by_key.get(key.as_str()))
        .collect();
    by_key.sort_unstable();
    by_key.dedup();
    let by_email = index.by_email.get(user.email.folded());
    let by_login = index.by_login.get(user.email.folded());
    let by_email: Vec<LiveIndex> = by_email.chain(by_login).collect();

    match (by_key.as_slice(), by_email.as_slice()) {
        ([], []) => Found::Nobody,
        ([keyed], []) => certain(context, index, user, *keyed),
        ([keyed], [mailed]) if keyed == mailed => certain(context, index, user, *keyed),
        // The account with the new address is another declared person's: two people who
        // swap addresses, say. Each is known by their key, and neither address may change.
        // A tombstone in such a tangle stays a doubt: nobody is removed on its word.
        ([keyed], [mailed])
            if user.status != UserStatus::Absent
                && belongs_to_another(index, user, live.user(*mailed)) =>
        {
            certain(context, index, user, *keyed)
        }
        ([], [mailed]) => {
            let found = live.user(*mailed);
            let foreign = found.external_id.as_ref().and_then(|id| id.person_key());
            match foreign {
                // Nobody's, or another provisioning client's.
                None => certain(context, index, user, *mailed),
                Some(other) => {
                    let help = if index.is_declared(&other) {
                        format!(
                            "correct the e-mail of `{}` or of `{other}`: the account belongs to `{other}`",
                            user.key
                        )
                    } else {
                        format!(
                            "if they are one person, add `previously: [{other}]` to `{}`",
                            user.key
                        )
                    };
                    let message = format!(
                        "the live user `{}` was made for person `{other}`, not for `{}`",
                        found.email, user.key
                    );
                    Found::Doubt(
                        vec![*mailed],
                        Box::new(ambiguous(context, user, message, help)),
                    )
                }
            }
        }
        (keyed, mailed) => {
            let mut candidates = [keyed, mailed].concat();
            candidates.sort_unstable();
            candidates.dedup();
            let told: Vec<String> = candidates.iter().map(|at| named(live.user(*at))).collect();
            let message = format!(
                "{} live users could be `{}`: {}",
                candidates.len(),
                user.key,
                told.join(", ")
            );
            let help =
                "remove the account that is not in use at the service provider, then plan again"
                    .to_owned();
            Found::Doubt(
                candidates,
                Box::new(ambiguous(context, user, message, help)),
            )
        }
    }
}

/// The one account that is this person's; with another e-mail it must not be touched.
fn certain<'a>(
    context: &Context<'a>,
    index: &Index<'a>,
    user: &DesiredUser,
    at: LiveIndex,
) -> Found {
    let found = context.input.live.user(at);
    let refused = match context.input.profile.email_change {
        EmailChange::Allowed => None,
        EmailChange::Refused { because } => {
            (found.email.folded() != user.email.folded()).then_some(because)
        }
    };
    // Their key tells whose it is, so whoever stays keeps it. Taking it away is another
    // matter: it would take away what the other logs in with, or is written to at.
    let is_taken = match (user.status, refused) {
        (UserStatus::Active, _) | (UserStatus::Suspended, Some(_)) => false,
        (UserStatus::Suspended, None) | (UserStatus::Absent, _) => true,
    };
    let key = Marks::of(found).key;
    let is_keyed = key.is_some_and(|key| keys_of(user).any(|own| own.as_str() == key));
    if (is_taken || !is_keyed)
        && let Some(shared) = index.shared_with(user, found)
    {
        let refusal = shared_account(context, user, found, &shared);
        return Found::Doubt(vec![at], Box::new(refusal));
    }
    if is_taken && !is_keyed && is_guessed(found) {
        let refusal = guessed_account(context, user, found);
        return Found::Doubt(vec![at], Box::new(refusal));
    }
    match (user.status, refused) {
        // A tombstone does not ask for another e-mail, it asks for nobody.
        (UserStatus::Absent, _) | (_, None) => Found::Live(at),
        (UserStatus::Active | UserStatus::Suspended, Some(because)) => {
            let refusal = email_immutable(context, user, found, because);
            Found::Frozen(at, Box::new(refusal))
        }
    }
}

/// Whether a live user carries the key of a declared person other than this one.
fn belongs_to_another(index: &Index<'_>, user: &DesiredUser, live: &LiveUser) -> bool {
    let key = live.external_id.as_ref().and_then(|id| id.person_key());
    key.is_some_and(|key| {
        key != user.key && !user.previously.contains(&key) && index.is_declared(&key)
    })
}

fn email_immutable(
    context: &Context<'_>,
    user: &DesiredUser,
    live: &LiveUser,
    because: &str,
) -> Refusal {
    Refusal {
        id: ItemId::new(format!("user:{}:email", user.key)),
        code: RefusalCode::EmailImmutable,
        message: format!(
            "the e-mail of `{}` is `{}` and must not become `{}`: {because}",
            user.key, live.email, user.email
        ),
        help: format!(
            "put `{}` back; for a new address declare `{}` absent with the old one, apply, and then add the person under a new key",
            live.email, user.key
        ),
        evidence: vec![context.evidence(user.email_span, format!("email of `{}`", user.key))],
        blocked: Vec::new(),
        cause: None,
    }
}

/// An account that two declared people could be. Where one is a tombstone, removing it would
/// remove, and the next plan make again, whoever is declared with the other address.
fn shared_account(
    context: &Context<'_>,
    user: &DesiredUser,
    live: &LiveUser,
    shared: &Shared<'_>,
) -> Refusal {
    let Shared {
        other,
        how,
        address,
    } = shared;
    let key = &user.key;
    let other_key = &other.key;
    let declared = match user.status {
        UserStatus::Active => "active",
        UserStatus::Suspended => "suspended",
        UserStatus::Absent => "absent",
    };
    let message = format!(
        "`{key}` is declared {declared}, but its live user {how} the e-mail of `{other_key}`: `{address}`"
    );
    let help = match user.status {
        UserStatus::Absent => format!(
            "if they are one person, take `{key}` out and add `previously: [{key}]` to `{other_key}`; if not, correct the e-mail of `{other_key}`"
        ),
        UserStatus::Active | UserStatus::Suspended => format!(
            "have the account (id {}) log in with the e-mail it has, at the service provider; or correct the e-mail of `{key}` or of `{other_key}`",
            live.id
        ),
    };
    let mut refusal = ambiguous(context, user, message, help);
    refusal
        .evidence
        .push(context.evidence(other.email_span, format!("email of `{other_key}`")));
    refusal
}

/// Whether an account is known by an e-mail that may be no more than a second one of somebody
/// else's.
pub(super) fn is_guessed(live: &LiveUser) -> bool {
    match live.email_choice {
        EmailChoice::Told => false,
        EmailChoice::Guessed => true,
    }
}

/// An account to be taken away on the word of one of several addresses.
fn guessed_account(context: &Context<'_>, user: &DesiredUser, live: &LiveUser) -> Refusal {
    let message = format!(
        "whether the live user {} is `{}` is not told: it has several e-mail addresses, and none of them is primary, the login, or the only one for work",
        named(live),
        user.key
    );
    let help = format!(
        "have the service provider mark one of its addresses as primary, or remove the account there; then plan again (`{}` has `{}`)",
        user.key, user.email
    );
    ambiguous(context, user, message, help)
}

/// How an account is told from others: with the login, where that is not the e-mail.
fn named(live: &LiveUser) -> String {
    match Marks::of(live).login {
        None => format!("`{}` (id {})", live.email, live.id),
        Some(_) => format!(
            "`{}` (id {}, login `{}`)",
            live.email, live.id, live.user_name
        ),
    }
}

fn ambiguous(context: &Context<'_>, user: &DesiredUser, message: String, help: String) -> Refusal {
    Refusal {
        id: ItemId::new(format!("user:{}:match", user.key)),
        code: RefusalCode::AmbiguousMatch,
        message,
        help,
        evidence: vec![context.evidence(user.span, format!("person `{}`", user.key))],
        blocked: Vec::new(),
        cause: None,
    }
}
