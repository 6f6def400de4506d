//! People: created, renamed, suspended, brought back, removed, left alone.

use std::collections::HashMap;

use compact_str::CompactString;

use super::base::Gone;
use super::identity::{Claim, Match, Matches};
use super::item::{
    Attribute, AttributeChange, Change, Consequence, Evidence, ItemId, Notice, NoticeCode, Person,
    Reason, Refusal, RefusalCode, UnmanagedReason, UnmanagedUser, UserState,
};
use super::planner::{Context, Draft};
use super::standalone;
use crate::desired::{DesiredUser, UserIndex};
use crate::ids::attributes::{Attributes, ExtraAttribute, same_value};
use crate::ids::{ExternalId, PersonKey, fold};
use crate::live::{Activity, LiveIndex, LiveUser};
use crate::manifest::decl::{Undeclared, UserRemoval, UserStatus};
use crate::profile::{CreateExisting, Creation, NameModel, Suspension, UserRemovalEffect};
use crate::scim::dialect::{ExternalIdStorage, UserDeletion, UserUpdate};

/// Who is declared active and has an account of whom nothing is to be done, by position. While
/// both stay as they are they need no second look.
#[derive(Debug, Default)]
pub(super) struct Settled(Vec<bool>);

impl Settled {
    pub(super) fn holds(&self, user: UserIndex) -> bool {
        self.0.get(user.0 as usize).copied().unwrap_or_default()
    }

    /// Those of them of whom this holds too.
    pub(super) fn and(&self, holds: impl Fn(UserIndex) -> bool) -> Settled {
        let people = self.0.iter().zip((0..).map(UserIndex));
        Settled(people.map(|(settled, at)| *settled && holds(at)).collect())
    }
}

/// Plans every declared person who is not known to be settled, then every live user that nobody
/// declares. Says who is settled.
pub(super) fn plan_users(
    context: &Context<'_>,
    matches: &Matches,
    gone: &Gone<'_>,
    known: &Settled,
    draft: &mut Draft,
) -> Settled {
    let desired = context.input.desired;
    let mut settled = Settled(vec![false; desired.users.len()]);
    for (user, at) in desired.users.iter().zip((0..).map(UserIndex)) {
        if known.holds(at) {
            settled.0[at.0 as usize] = true;
            continue;
        }
        let status = user.status;
        match (matches.of(at), status) {
            (Match::Held | Match::Frozen(_), _) => {}
            (Match::Nobody, UserStatus::Active) => create(context, draft, user),
            // No account is what a suspended person can log in with least of all.
            (Match::Nobody, UserStatus::Suspended) => {}
            // Not seen is not gone where the list may have gaps.
            (Match::Nobody, UserStatus::Absent)
                if !context.input.live.integrity.users.is_whole() => {}
            (Match::Nobody, UserStatus::Absent) => draft.notices.push(Notice {
                code: NoticeCode::TombstoneDone,
                message: format!("`{}` is gone; the tombstone may be taken out", user.key),
                evidence: vec![declared(context, user)],
            }),
            (Match::Live(live), UserStatus::Active) => {
                let before = draft.told();
                keep(context, draft, user, at, live);
                settled.0[at.0 as usize] = draft.told() == before;
            }
            (Match::Live(live), UserStatus::Suspended) => suspend(context, draft, user, at, live),
            (Match::Live(live), UserStatus::Absent) => {
                let person = context.live_person(live, Some(at));
                let evidence = vec![declared(context, user)];
                remove(context, draft, live, person, Reason::Tombstone, evidence);
            }
        }
    }

    for (live, user) in context.input.live.indexed_users() {
        if matches.claim(live) != Claim::Unclaimed {
            continue;
        }
        let person = context.live_person(live, None);
        if let Some((key, evidence)) = gone.find(live) {
            let elsewhere = elsewhere(context, key);
            let key = Some(key.clone());
            let person = Person { key, ..person };
            let (reason, evidence) = match elsewhere {
                Some(evidence) => (Reason::LimitedToOthers, evidence),
                None => (Reason::RemovedFromManifest, evidence),
            };
            remove(context, draft, live, person, reason, vec![evidence]);
            continue;
        }
        let ours = user.external_id.as_ref().and_then(ExternalId::person_key);
        let mut remove = |reason, evidence| {
            remove(context, draft, live, person.clone(), reason, evidence);
        };
        match (ours, context.input.policy.undeclared_users) {
            (Some(key), _) => match elsewhere(context, &key) {
                Some(evidence) => remove(Reason::LimitedToOthers, vec![evidence]),
                None => remove(Reason::NoLongerDeclared, Vec::new()),
            },
            (None, Undeclared::Remove) => remove(Reason::UndeclaredPolicy, Vec::new()),
            (None, Undeclared::Keep) => {
                leave_alone(context, draft, live, person, UnmanagedReason::Undeclared);
            }
        }
    }
    warn_of_look_alikes(context, matches, draft);
    settled
}

/// Where somebody is declared who is so for other targets only.
fn elsewhere(context: &Context<'_>, key: &PersonKey) -> Option<Evidence> {
    let person = context.input.desired.elsewhere(key)?;
    Some(context.evidence(person.span, format!("person `{key}`")))
}

fn declared(context: &Context<'_>, user: &DesiredUser) -> Evidence {
    context.evidence(user.span, format!("person `{}`", user.key))
}

fn state(user: &DesiredUser, display_name: String) -> UserState {
    let (given, family) = user.name_parts();
    UserState {
        user_name: user.email.as_str().to_owned(),
        email: user.email.clone(),
        given_name: given.to_owned(),
        family_name: family.to_owned(),
        display_name,
        attributes: user.attributes.valued(&ExtraAttribute::ALL),
    }
}

fn create(context: &Context<'_>, draft: &mut Draft, user: &DesiredUser) {
    let profile = context.input.profile;
    let external_id = match profile.dialect.user_external_id {
        ExternalIdStorage::Stored => Some(ExternalId::for_person(&user.key)),
        ExternalIdStorage::Dropped | ExternalIdStorage::Login => None,
    };
    if let Some(account) = standalone::account(context, user) {
        let change = Change::AdoptUser {
            person: Person {
                key: Some(user.key.clone()),
                email: account.email.clone(),
                id: Some(account.id.clone()),
            },
            user: state(user, user.shown_name()),
            external_id,
        };
        let id = format!("user:{}:adopt", user.key);
        let evidence = vec![declared(context, user)];
        draft.act(id, change, Reason::DeclaredByHand, evidence);
        return;
    }
    let change = Change::CreateUser {
        key: user.key.clone(),
        user: state(user, user.shown_name()),
        external_id,
    };
    let evidence = vec![declared(context, user)];
    let action = draft.act(
        format!("user:{}:create", user.key),
        change,
        Reason::DeclaredNotLive,
        evidence,
    );
    match profile.creation {
        Creation::Invites => action.with(Consequence::InvitationMailed {
            to: user.email.clone(),
        }),
        Creation::Silent => {}
    }
    match profile.create_existing {
        // Asked for, and told that there is none.
        CreateExisting::Adopts if context.input.live.beside.accounts.known().is_some() => {}
        CreateExisting::Adopts => action.with(Consequence::MayAdopt {
            email: user.email.clone(),
        }),
        CreateExisting::Refused => {}
    }
}

/// Somebody declared active who is there: brought back if inactive, renamed if needed.
fn keep(
    context: &Context<'_>,
    draft: &mut Draft,
    user: &DesiredUser,
    at: UserIndex,
    live: LiveIndex,
) {
    let there = context.input.live.user(live);
    match there.activity {
        Activity::Inactive => {
            let change = Change::ReactivateUser {
                person: context.live_person(live, Some(at)),
            };
            let id = format!("user:{}:reactivate", user.key);
            draft.act(
                id,
                change,
                Reason::DeclaredActive,
                vec![declared(context, user)],
            );
        }
        Activity::Active => {}
    }
    let attributes = attribute_changes(user, there);
    if attributes.is_empty() && names_are_equal(context.input.profile.names, user, there) {
        return;
    }
    let (mut changes, mut becomes) = name_changes(context, user, there);
    changes.extend(attributes);
    becomes.attributes = attributes_after(context, user, there);
    let changes = refuse_immutable(context, draft, user, changes);
    if !changes.is_empty() {
        let change = Change::UpdateUser {
            person: context.live_person(live, Some(at)),
            changes,
            becomes,
        };
        let id = format!("user:{}:update", user.key);
        draft.act(
            id,
            change,
            Reason::NameDiffers,
            vec![declared(context, user)],
        );
    }
}

fn some(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

/// Whether every declared name is live letter by letter, as almost everybody's is: a quick look
/// that saves building what [`name_changes`] compares.
fn names_are_equal(model: NameModel, user: &DesiredUser, there: &LiveUser) -> bool {
    let is = |declared: Option<&CompactString>, live: Option<&str>| match declared {
        None => true,
        Some(declared) => !declared.is_empty() && live == Some(declared),
    };
    let display_name = there.display_name.as_deref();
    match model {
        NameModel::NotKept => true,
        NameModel::DisplayNameOnly { .. } => {
            display_name.is_some_and(|live| user.is_shown_as(live))
        }
        NameModel::Full => {
            is(user.given_name.as_ref(), there.given_name.as_deref())
                && is(user.family_name.as_ref(), there.family_name.as_deref())
                && is(user.display_name.as_deref(), display_name)
        }
    }
}

/// Which of the declared attributes differ.
fn attribute_changes(user: &DesiredUser, there: &LiveUser) -> Vec<AttributeChange> {
    let declared = user.attributes.iter();
    let differing = declared.filter_map(|(attribute, wanted)| {
        let before = there.attributes.value(attribute);
        let is_so = same_value(wanted, before.unwrap_or_default());
        (!is_so).then(|| AttributeChange {
            attribute: Attribute::Extra(attribute),
            before: before.map(str::to_owned),
            after: wanted.to_owned(),
        })
    });
    differing.collect()
}

/// The declared attributes as they will be; with them, where a PUT has to say all, those that
/// nobody declares as they are.
fn attributes_after(context: &Context<'_>, user: &DesiredUser, there: &LiveUser) -> Attributes {
    let profile = context.input.profile;
    let mut after = match profile.dialect.user_update {
        UserUpdate::Put => there.attributes.valued(&profile.attributes),
        UserUpdate::PatchPaths | UserUpdate::PutMerged => Attributes::default(),
    };
    for (attribute, value) in user.attributes.iter() {
        after.assign(attribute, value);
    }
    after
}

/// Which names differ, and the account with all of them right. Only declared names are
/// compared: an absent key is not ours.
fn name_changes(
    context: &Context<'_>,
    user: &DesiredUser,
    there: &LiveUser,
) -> (Vec<AttributeChange>, UserState) {
    let model = context.input.profile.names;
    let shown = some(there.display_name.as_deref());
    let (given, family) = (
        some(there.given_name.as_deref()),
        some(there.family_name.as_deref()),
    );
    let declares_name =
        user.given_name.is_some() || user.family_name.is_some() || user.display_name.is_some();
    let mut changes = Vec::new();
    let mut change = |attribute, before: Option<&str>, after: &str| {
        changes.push(AttributeChange {
            attribute,
            before: before.map(str::to_owned),
            after: after.to_owned(),
        });
    };
    let mut becomes = state(user, user.shown_name());
    becomes.user_name = there.user_name.to_string();
    becomes.email = there.email.clone();
    match model {
        NameModel::NotKept => {}
        NameModel::DisplayNameOnly { .. } => {
            let wanted = user.shown_name();
            if declares_name && !shown.is_some_and(|shown| model.same_display_name(&wanted, shown))
            {
                change(Attribute::DisplayName, shown, &wanted);
            }
        }
        NameModel::Full => {
            for (attribute, wanted, before) in [
                (Attribute::GivenName, user.given_name.as_deref(), given),
                (Attribute::FamilyName, user.family_name.as_deref(), family),
            ] {
                if let Some(wanted) = wanted
                    && !before.is_some_and(|before| model.same_display_name(wanted, before))
                {
                    change(attribute, before, wanted);
                }
            }
            // A display name nobody declared follows first and last name only where it was
            // made of them before.
            let made_of_parts = shown.is_some()
                && shown
                    == Some(
                        format!(
                            "{} {}",
                            given.unwrap_or_default(),
                            family.unwrap_or_default()
                        )
                        .trim(),
                    );
            let wanted = match &user.display_name {
                Some(name) => Some(name.to_string()),
                None if made_of_parts && declares_name => {
                    let given = user.given_name.as_deref().or(given).unwrap_or_default();
                    let family = user.family_name.as_deref().or(family).unwrap_or_default();
                    Some(format!("{given} {family}").trim().to_owned())
                }
                None => None,
            };
            if let Some(wanted) = &wanted
                && !shown.is_some_and(|shown| model.same_display_name(wanted, shown))
            {
                change(Attribute::DisplayName, shown, wanted);
            }
            let keep = |declared: &Option<CompactString>, live: Option<&str>| {
                declared.as_deref().or(live).unwrap_or_default().to_owned()
            };
            becomes.given_name = keep(&user.given_name, given);
            becomes.family_name = keep(&user.family_name, family);
            becomes.display_name = wanted.or(shown.map(str::to_owned)).unwrap_or_default();
        }
    }
    (changes, becomes)
}

/// Refuses what the provider never changes, and returns what it does.
fn refuse_immutable(
    context: &Context<'_>,
    draft: &mut Draft,
    user: &DesiredUser,
    changes: Vec<AttributeChange>,
) -> Vec<AttributeChange> {
    let profile = context.input.profile;
    let is_immutable = |change: &AttributeChange| {
        let immutable = &profile.dialect.immutable;
        immutable.contains(&change.attribute.on_the_wire())
    };
    let (mut immutable, mut rest): (Vec<_>, Vec<_>) = changes.into_iter().partition(is_immutable);
    if !immutable.is_empty() && user.display_name.is_none() {
        // Made of first and last name, which are not what is declared.
        rest.retain(|change| change.attribute != Attribute::DisplayName);
        if immutable.len() > 1 {
            immutable.retain(|change| change.attribute != Attribute::DisplayName);
        }
    }
    for change in immutable {
        let path = change.attribute.path();
        let before = match &change.before {
            Some(before) => format!("is `{before}`"),
            None => "has no value".to_owned(),
        };
        draft.refusals.push(Refusal {
            id: ItemId::new(format!("user:{}:{path}", user.key)),
            code: RefusalCode::AttributeImmutable,
            message: format!(
                "{path} of `{}` {before} and is declared `{}`; it will not be changed, because {}",
                user.key, change.after, profile.immutable_because
            ),
            help: "declare what is there, or take the name out of the manifest".to_owned(),
            evidence: vec![declared(context, user)],
            blocked: Vec::new(),
            cause: None,
        });
    }
    rest
}

fn suspend(
    context: &Context<'_>,
    draft: &mut Draft,
    user: &DesiredUser,
    at: UserIndex,
    live: LiveIndex,
) {
    let person = context.live_person(live, Some(at));
    let evidence = vec![declared(context, user)];
    match (
        context.input.profile.suspension,
        context.input.live.user(live).activity,
    ) {
        (Suspension::Removes, _) => {
            draft.purged.push(live);
            let id = format!("user:{}:delete", user.key);
            let change = Change::DeleteUser { person };
            draft
                .act(id, change, Reason::DeclaredSuspended, evidence)
                .with(Consequence::SuspensionRemoves);
        }
        (Suspension::Disables, Activity::Active) => {
            let id = format!("user:{}:deactivate", user.key);
            draft.act(
                id,
                Change::DeactivateUser { person },
                Reason::DeclaredSuspended,
                evidence,
            );
        }
        (Suspension::Disables, Activity::Inactive) => {}
    }
}

/// Somebody who is to go, in the way the policy says.
pub(super) fn remove(
    context: &Context<'_>,
    draft: &mut Draft,
    live: LiveIndex,
    person: Person,
    reason: Reason,
    evidence: Vec<Evidence>,
) {
    let subject = subject(&person);
    let active = context.input.live.user(live).activity;
    let policy = match (
        context.input.policy.user_removal,
        context.input.profile.dialect.user_deletion,
        context.input.profile.suspension,
    ) {
        // The provider would only switch the account off: planned as what it is.
        (UserRemoval::Delete, UserDeletion::Deactivates, Suspension::Disables) => {
            UserRemoval::Deactivate
        }
        (policy, _, _) => policy,
    };
    match (policy, context.input.profile.suspension) {
        (UserRemoval::Delete, _) => {
            match context.input.profile.user_removal {
                UserRemovalEffect::PurgesMemberships => draft.purged.push(live),
                UserRemovalEffect::LeavesMemberships => {}
            }
            draft.act(
                format!("{subject}:delete"),
                Change::DeleteUser { person },
                reason,
                evidence,
            );
        }
        (UserRemoval::Deactivate, Suspension::Disables) => match active {
            Activity::Active => {
                let id = format!("{subject}:deactivate");
                draft.act(id, Change::DeactivateUser { person }, reason, evidence);
            }
            Activity::Inactive => {}
        },
        (UserRemoval::Deactivate, Suspension::Removes) => draft.refusals.push(Refusal {
            id: ItemId::new(format!("{subject}:deactivate")),
            code: RefusalCode::NotSupported,
            message: format!(
                "`{}` cannot be deactivated: {} knows no inactive accounts",
                person.label(),
                context.input.profile.title
            ),
            help: "set `policy.onRemoval.users` to `delete` or to `keep`".to_owned(),
            evidence,
            blocked: Vec::new(),
            cause: None,
        }),
        (UserRemoval::Keep, _) => {
            leave_alone(context, draft, live, person, UnmanagedReason::RemovalKeeps);
        }
    }
}

fn leave_alone(
    context: &Context<'_>,
    draft: &mut Draft,
    live: LiveIndex,
    person: Person,
    because: UnmanagedReason,
) {
    draft.unmanaged.users.push(UnmanagedUser {
        person,
        display_name: context
            .input
            .live
            .user(live)
            .display_name
            .as_deref()
            .map(str::to_owned),
        because,
    });
}

/// What an item's id starts with: the key where declared, else the provider's id.
pub(super) fn subject(person: &Person) -> String {
    match (&person.key, &person.id) {
        (Some(key), _) => format!("user:{key}"),
        (None, Some(id)) => format!("user:#{id}"),
        (None, None) => format!("user:{}", person.email),
    }
}

/// An undeclared live user with the very name of somebody to be created may be the same
/// human under an older e-mail. Names prove nothing, so this only warns.
fn warn_of_look_alikes(context: &Context<'_>, matches: &Matches, draft: &mut Draft) {
    let mut by_name: HashMap<String, UserIndex> = HashMap::new();
    for at in matches.nobody() {
        let user = context.input.desired.user(at);
        let (given, family) = user.name_parts();
        if user.status == UserStatus::Active && !given.is_empty() && !family.is_empty() {
            by_name.insert(fold(&user.shown_name()), at);
        }
    }
    if by_name.is_empty() {
        return;
    }
    for (live, there) in context.input.live.indexed_users() {
        let Some(name) = &there.display_name else {
            continue;
        };
        if matches.claim(live) != Claim::Unclaimed {
            continue;
        }
        if let Some(at) = by_name.get(&fold(name)) {
            let user = context.input.desired.user(*at);
            draft.notices.push(Notice {
                code: NoticeCode::LooksLike,
                message: format!(
                    "`{}` is to be created as `{}`, but the undeclared user `{}` has the same name; an e-mail must not change, so check that they are two people",
                    user.key, user.email, there.email
                ),
                evidence: vec![declared(context, user)],
            });
        }
    }
}
