//! What another client provisions, beside what is live.
//!
//! No plan: nothing is ordered, guarded or to be done. People are paired by e-mail and login,
//! groups by name, else by the id the provider makes of it.
//!
//! **Invariants.** Every difference is told once. Lists are in the order of names.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::TargetInfo;
use crate::desired::{DesiredGroup, DesiredState, DesiredUser, UserIndex};
use crate::ids::attributes::same_value;
use crate::ids::{Email, ExternalId, GroupId, GroupName, UserId, fold};
use crate::live::beside::Told;
use crate::live::diff::Changed;
use crate::live::{Activity, LiveIndex, LiveState, LiveUser};
use crate::manifest::decl::{Membership, UserStatus};
use crate::profile::{GroupIds, GroupNames, NameModel, Profile, Suspension};

/// The version of the format this build writes.
pub const COMPARISON_VERSION: u32 = 1;

/// What another client provisions, beside what is live.
#[must_use = "a comparison is for somebody who asked"]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "scim-sync comparison, version 1", extend("$id" = "urn:scim-sync:schema:comparison:1"))]
pub struct Comparison {
    /// The version of this format; always 1.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// The other client, and which part of it.
    pub client: String,
    /// The service provider.
    pub target: TargetInfo,
    /// Whether the live state was read whole; of one that was not, something missing may be
    /// there.
    pub whole: bool,
    /// People.
    pub people: People,
    /// Groups.
    pub groups: Groups,
    /// Who could not log in, where an older integration decides that and is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logins: Option<Logins>,
    /// What the other client has that could not be told, and why.
    pub untold: Vec<Untold>,
}

/// People of either side.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct People {
    /// How many are the same.
    pub same: usize,
    /// Whom the client would provision and who has no account.
    pub missing: Vec<Missing>,
    /// Who has an account and is suspended at the client.
    pub suspended: Vec<Account>,
    /// Who has an account and is not provisioned by the client.
    pub extra: Vec<Account>,
    /// Who is another there than here.
    pub different: Vec<Different>,
}

/// Somebody without an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Missing {
    /// The e-mail.
    pub email: Email,
    /// The name they would be shown by.
    pub name: String,
}

/// A live account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Account {
    /// The id.
    pub id: UserId,
    /// The e-mail.
    pub email: Email,
    /// What whoever made it left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
}

/// An account that would be another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Different {
    /// The id.
    pub id: UserId,
    /// The e-mail.
    pub email: Email,
    /// What differs: `before` is live, `after` is the client's.
    pub changes: Vec<Changed>,
}

/// Groups of either side.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Groups {
    /// How many are the same.
    pub same: usize,
    /// Which the client would make, with their members.
    pub missing: Vec<MissingGroup>,
    /// Which are live and not the client's.
    pub extra: Vec<ExtraGroup>,
    /// Which have another name or other members.
    pub different: Vec<DifferentGroup>,
}

/// A group that is not live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MissingGroup {
    /// The name.
    pub name: GroupName,
    /// Who would be in it.
    pub members: Vec<Email>,
}

/// A group that the client does not make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExtraGroup {
    /// The id.
    pub id: GroupId,
    /// The name.
    pub name: GroupName,
    /// Who is in it.
    pub members: Vec<Email>,
}

/// A group with another name or other members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DifferentGroup {
    /// The id.
    pub id: GroupId,
    /// The name it has.
    pub name: GroupName,
    /// The name the client has for it, if it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub called: Option<GroupName>,
    /// Who would be in it and is not.
    pub missing: Vec<Email>,
    /// Who is in it and would not be.
    pub extra: Vec<Email>,
    /// Whether the client has members there who could not be told: some of `extra` may be
    /// them.
    pub has_untold: bool,
}

/// Who could not log in although the client provisions them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Logins {
    /// The integration that decides.
    pub title: String,
    /// Why it is not known, if it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
    /// Whom it would not let in.
    pub kept_out: Vec<Email>,
}

/// Something that could not be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Untold {
    /// Whom or what it concerns.
    pub subject: String,
    /// What it is and why: a sentence without its subject.
    pub message: String,
}

/// The other client, as far as it could be told.
#[derive(Debug, Clone, Copy)]
pub struct Client<'a> {
    /// What it is called.
    pub name: &'a str,
    /// What it would provision.
    pub provisions: &'a DesiredState,
    /// What could not be told.
    pub untold: &'a [Untold],
}

impl Comparison {
    /// Compares what a client would provision with what is live.
    pub fn new(
        client: Client<'_>,
        live: &LiveState,
        profile: &Profile,
        target: &TargetInfo,
    ) -> Self {
        let pairs = Pairs::new(client.provisions, live);
        Self {
            version: COMPARISON_VERSION,
            client: client.name.to_owned(),
            target: target.clone(),
            whole: live.integrity.is_whole(),
            people: people(client.provisions, live, profile, &pairs),
            groups: groups(client.provisions, live, profile, &pairs),
            logins: logins(client.provisions, live, profile),
            untold: client.untold.to_vec(),
        }
    }

    /// Whether nothing is missing, extra or different.
    pub fn is_same(&self) -> bool {
        let People {
            same: _,
            missing,
            suspended,
            extra,
            different,
        } = &self.people;
        let people =
            missing.is_empty() && suspended.is_empty() && extra.is_empty() && different.is_empty();
        let Groups {
            same: _,
            missing,
            extra,
            different,
        } = &self.groups;
        people && missing.is_empty() && extra.is_empty() && different.is_empty()
    }
}

/// Who is who.
struct Pairs {
    live_of: Vec<Option<LiveIndex>>,
    of_live: BTreeMap<LiveIndex, UserIndex>,
}

impl Pairs {
    fn new(provisions: &DesiredState, live: &LiveState) -> Self {
        let mut by_address: HashMap<String, LiveIndex> = HashMap::new();
        for (at, user) in live.indexed_users() {
            by_address.entry(fold(&user.user_name)).or_insert(at);
        }
        for (at, user) in live.indexed_users() {
            by_address.insert(user.email.folded().to_owned(), at);
        }
        let users = provisions.users.iter();
        let live_of: Vec<Option<LiveIndex>> = users
            .map(|user| by_address.get(user.email.folded()).copied())
            .collect();
        let of_live = live_of.iter().zip(0..);
        let of_live = of_live.filter_map(|(at, user)| Some(((*at)?, UserIndex(user))));
        Self {
            of_live: of_live.collect(),
            live_of,
        }
    }
}

fn account(user: &LiveUser) -> Account {
    Account {
        id: user.id.clone(),
        email: user.email.clone(),
        external_id: user.external_id.clone(),
    }
}

fn people(provisions: &DesiredState, live: &LiveState, profile: &Profile, pairs: &Pairs) -> People {
    let mut people = People::default();
    for (user, at) in provisions.users.iter().zip(&pairs.live_of) {
        match (user.status, at.map(|at| live.user(at))) {
            (UserStatus::Active, None) => people.missing.push(Missing {
                email: user.email.clone(),
                name: user.shown_name(),
            }),
            (UserStatus::Active, Some(there)) => match changes(user, there, profile.names) {
                changes if changes.is_empty() => people.same += 1,
                changes => people.different.push(Different {
                    id: there.id.clone(),
                    email: there.email.clone(),
                    changes,
                }),
            },
            (UserStatus::Suspended | UserStatus::Absent, Some(there)) => match there.activity {
                Activity::Active => people.suspended.push(account(there)),
                Activity::Inactive => people.same += 1,
            },
            (UserStatus::Suspended | UserStatus::Absent, None) => people.same += 1,
        }
    }
    for (at, user) in live.indexed_users() {
        if !pairs.of_live.contains_key(&at) {
            people.extra.push(account(user));
        }
    }
    people.missing.sort_by(|a, b| a.email.cmp(&b.email));
    for accounts in [&mut people.suspended, &mut people.extra] {
        accounts.sort_by(|a, b| (&a.email, &a.id).cmp(&(&b.email, &b.id)));
    }
    people.different.sort_by(|a, b| a.email.cmp(&b.email));
    people
}

fn changes(user: &DesiredUser, there: &LiveUser, names: NameModel) -> Vec<Changed> {
    let mut changes = Vec::new();
    let mut differs = |attribute: &str, before: Option<&str>, after: Option<&str>| {
        let Some(after) = after.filter(|after| !after.is_empty()) else {
            return;
        };
        if !before.is_some_and(|before| names.same_display_name(after, before)) {
            changes.push(Changed {
                attribute: attribute.to_owned(),
                before: before.map(str::to_owned),
                after: Some(after.to_owned()),
            });
        }
    };
    let (given, family) = (user.given_name.as_deref(), user.family_name.as_deref());
    match names {
        NameModel::NotKept => {}
        NameModel::DisplayNameOnly { .. } => {
            let shown = user.shown_name();
            let told = (given.is_some() || family.is_some()).then_some(shown.as_str());
            differs("displayName", there.display_name.as_deref(), told);
        }
        NameModel::Full => {
            differs("givenName", there.given_name.as_deref(), given);
            differs("familyName", there.family_name.as_deref(), family);
        }
    }
    for (attribute, value) in user.attributes.iter() {
        let before = there.attributes.value(attribute);
        if !same_value(value, before.unwrap_or_default()) {
            changes.push(Changed {
                attribute: attribute.name().to_owned(),
                before: before.map(str::to_owned),
                after: (!value.is_empty()).then(|| value.to_owned()),
            });
        }
    }
    if there.activity == Activity::Inactive {
        changes.push(Changed {
            attribute: "active".to_owned(),
            before: Some("false".to_owned()),
            after: Some("true".to_owned()),
        });
    }
    changes
}

fn groups(provisions: &DesiredState, live: &LiveState, profile: &Profile, pairs: &Pairs) -> Groups {
    let key = |name: &GroupName| match profile.group_names {
        GroupNames::Exact => name.as_str().to_owned(),
        GroupNames::Folded => fold(name.as_str()),
    };
    let mut by_name: HashMap<String, usize> = HashMap::new();
    let mut by_id: HashMap<&str, usize> = HashMap::new();
    for (at, group) in live.groups.iter().enumerate() {
        by_name.entry(key(&group.name)).or_insert(at);
        by_id.insert(group.id.as_str(), at);
    }
    let find = |group: &DesiredGroup| {
        let named = by_name.get(&key(&group.name)).copied();
        named.or_else(|| match profile.group_ids {
            GroupIds::Opaque => None,
            GroupIds::DerivedFromName(derive) => by_id
                .get(derive(group.name.as_str()).ok()?.as_str())
                .copied(),
        })
    };
    let email_of = |at: &UserIndex| provisions.user(*at).email.clone();
    // Where suspending somebody takes the account, it takes the memberships along.
    let stays = |at: &UserIndex| match (provisions.user(*at).status, profile.suspension) {
        (UserStatus::Active, _) | (UserStatus::Suspended, Suspension::Disables) => true,
        (UserStatus::Suspended, Suspension::Removes) | (UserStatus::Absent, _) => false,
    };
    let mut groups = Groups::default();
    let mut found = BTreeSet::new();
    for group in &provisions.groups {
        let wanted: BTreeSet<UserIndex> = group.members.iter().copied().filter(&stays).collect();
        let Some(at) = find(group) else {
            let members = wanted.iter().map(email_of);
            groups.missing.push(MissingGroup {
                name: group.name.clone(),
                members: sorted(members),
            });
            continue;
        };
        found.insert(at);
        let there = &live.groups[at];
        let mut extra = Vec::new();
        let mut present = BTreeSet::new();
        for member in &there.members {
            match pairs.of_live.get(member) {
                Some(user) if wanted.contains(user) => {
                    present.insert(*user);
                }
                Some(_) | None => extra.push(live.user(*member).email.clone()),
            }
        }
        let missing = sorted(wanted.difference(&present).map(email_of));
        let called = (there.name != group.name).then(|| group.name.clone());
        if missing.is_empty() && extra.is_empty() && called.is_none() {
            groups.same += 1;
            continue;
        }
        groups.different.push(DifferentGroup {
            id: there.id.clone(),
            name: there.name.clone(),
            called,
            missing,
            extra: sorted(extra.into_iter()),
            has_untold: group.membership == Membership::Additive,
        });
    }
    for (at, group) in live.groups.iter().enumerate() {
        if !found.contains(&at) {
            let members = group.members.iter().map(|at| live.user(*at).email.clone());
            groups.extra.push(ExtraGroup {
                id: group.id.clone(),
                name: group.name.clone(),
                members: sorted(members),
            });
        }
    }
    groups
}

fn sorted(emails: impl Iterator<Item = Email>) -> Vec<Email> {
    let mut emails: Vec<Email> = emails.collect();
    emails.sort();
    emails
}

fn logins(provisions: &DesiredState, live: &LiveState, profile: &Profile) -> Option<Logins> {
    let other = profile.other_login?;
    let known = |unknown: Option<String>, kept_out| {
        Some(Logins {
            title: other.title.to_owned(),
            unknown,
            kept_out,
        })
    };
    match &live.beside.logins {
        Told::NotAsked => None,
        Told::NotTold(why) => known(Some(why.clone()), Vec::new()),
        Told::Known(admitted) => {
            let kept_out = provisions.locked_out(admitted);
            known(None, sorted(kept_out.map(|user| user.email.clone())))
        }
    }
}
