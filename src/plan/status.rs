//! Where everybody and every group stands, as OneLogin's console would put it.
//!
//! **Invariants.** Every declared person and group, and every live one, has one entry, except
//! tombstones that have done their work. Nothing here decides anything: it is a plan, read
//! person by person and group by group, with what past runs reported.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use schemars::JsonSchema;
use serde::Serialize;

use super::item::{Action, Change, ItemId, Person};
use super::{Plan, TargetInfo};
use crate::desired::DesiredState;
use crate::ids::{Email, GroupId, GroupName, PersonKey, UserId};
use crate::live::{LiveState, LiveUser};
use crate::manifest::decl::{ApprovalKind, UserStatus};

/// The version of the JSON form.
pub const STATUS_VERSION: u32 = 1;

/// Where a person or a group stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// A plan refuses to act on it.
    Refused,
    /// The last run that tried did not bring it about.
    Failed,
    /// Only the provider's Support can do what is left.
    WaitingForSupport,
    /// The next apply will act on it.
    Pending,
    /// It is as declared.
    Provisioned,
    /// Nothing declares it.
    Unmanaged,
}

impl State {
    /// All of them, the ones that need somebody first.
    pub const ALL: [State; 6] = [
        State::Refused,
        State::Failed,
        State::WaitingForSupport,
        State::Pending,
        State::Provisioned,
        State::Unmanaged,
    ];

    /// The state in words.
    pub fn words(self) -> &'static str {
        match self {
            State::Refused => "refused",
            State::Failed => "failed",
            State::WaitingForSupport => "waiting for Support",
            State::Pending => "pending",
            State::Provisioned => "provisioned",
            State::Unmanaged => "unmanaged",
        }
    }
}

/// Where everybody and every group stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "scim-sync status, version 1", extend("$id" = "urn:scim-sync:schema:status:1"))]
pub struct Status {
    /// The version of this format; always 1.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// The service provider.
    pub target: TargetInfo,
    /// The day grants with an end were judged on.
    #[schemars(with = "String")]
    pub as_of: jiff::civil::Date,
    /// People, the ones that need somebody first.
    pub users: Vec<UserStanding>,
    /// Groups, the ones that need somebody first.
    pub groups: Vec<GroupStanding>,
}

/// Where one person stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserStanding {
    /// Where they stand.
    pub state: State,
    /// The key in the manifest, unless nothing declares them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<PersonKey>,
    /// The e-mail.
    pub email: Email,
    /// The provider's id, if they have an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<UserId>,
    /// Why they stand there.
    #[serde(flatten)]
    pub because: Because,
}

/// Where one group stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupStanding {
    /// Where it stands.
    pub state: State,
    /// Its name.
    pub name: GroupName,
    /// The provider's id, if it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<GroupId>,
    /// Why it stands there.
    #[serde(flatten)]
    pub because: Because,
}

/// Why something stands where it does.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Because {
    /// Sentences for people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// The plan's items about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<ItemId>,
    /// What the last run said of one of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<LastError>,
}

/// What a run said of an item that it did not bring about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastError {
    /// The item.
    pub item: ItemId,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// What went wrong.
    pub message: String,
    /// The run's report.
    pub report: String,
}

/// Who or what an item is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Key(PersonKey),
    User(UserId),
    Group(GroupName),
    GroupId(GroupId),
}

/// What is known of one subject so far.
#[derive(Default)]
struct Found {
    refused: Vec<String>,
    pending: Vec<String>,
    support: Vec<String>,
    items: Vec<ItemId>,
    person: Option<Person>,
}

impl Status {
    /// Reads a plan. `errors` says what the last run that tried said of each item that it did
    /// not bring about.
    pub fn new(
        plan: &Plan,
        desired: &DesiredState,
        live: &LiveState,
        approvals: &BTreeSet<ApprovalKind>,
        errors: &BTreeMap<ItemId, LastError>,
    ) -> Self {
        let ids = ids_by_name(plan, live);
        let mut found = subjects(plan, approvals, &ids);
        let mut by_email: HashMap<&str, &LiveUser> = HashMap::new();
        for user in live.users.iter() {
            by_email.entry(user.email.folded()).or_insert(user);
        }
        let mut users: Vec<UserStanding> = Vec::new();
        for user in &desired.users {
            let there = by_email
                .get(user.email.folded())
                .map(|user| user.id.clone());
            let known = found.remove(&Subject::Key(user.key.clone()));
            let (state, mut because) = judged(known.as_ref(), errors);
            let idle = state == State::Provisioned;
            match user.status {
                // A tombstone that has nothing left to do stands for nobody.
                UserStatus::Absent if idle => continue,
                UserStatus::Suspended if idle => because.reasons.push(match &there {
                    Some(_) => "suspended".to_owned(),
                    None => "suspended: there is no account".to_owned(),
                }),
                UserStatus::Active | UserStatus::Absent | UserStatus::Suspended => {}
            }
            let id = known.and_then(|known| known.person?.id).or(there);
            users.push(UserStanding {
                state,
                key: Some(user.key.clone()),
                email: user.email.clone(),
                id,
                because,
            });
        }
        for user in &plan.unmanaged.users {
            users.push(UserStanding {
                state: State::Unmanaged,
                key: user.person.key.clone(),
                email: user.person.email.clone(),
                id: user.person.id.clone(),
                because: Because::default(),
            });
        }

        let mut groups: Vec<GroupStanding> = Vec::new();
        for group in &desired.groups {
            let known = found.remove(&by_id(Subject::Group(group.name.clone()), &ids));
            let (state, because) = judged(known.as_ref(), errors);
            groups.push(GroupStanding {
                state,
                name: group.name.clone(),
                id: ids.get(&group.name).map(|id| (*id).clone()),
                because,
            });
        }
        for group in &plan.unmanaged.groups {
            groups.push(GroupStanding {
                state: State::Unmanaged,
                name: group.group.name.clone(),
                id: group.group.id.clone(),
                because: Because::default(),
            });
        }

        // Whatever else a plan has items for: accounts and groups that are to go.
        let names: HashMap<&GroupId, &GroupName> = live
            .groups
            .iter()
            .map(|group| (&group.id, &group.name))
            .collect();
        for (subject, known) in found {
            let (state, because) = judged(Some(&known), errors);
            match subject {
                Subject::Key(_) | Subject::User(_) => {
                    let Some(person) = known.person else {
                        continue;
                    };
                    users.push(UserStanding {
                        state,
                        key: person.key,
                        email: person.email,
                        id: person.id,
                        because,
                    });
                }
                Subject::Group(name) => groups.push(GroupStanding {
                    state,
                    id: None,
                    name,
                    because,
                }),
                Subject::GroupId(id) => groups.push(GroupStanding {
                    state,
                    name: names
                        .get(&id)
                        .map_or_else(|| GroupName::from(id.as_str()), |name| (*name).clone()),
                    id: Some(id),
                    because,
                }),
            }
        }
        users.sort();
        groups.sort();
        Self {
            version: STATUS_VERSION,
            target: plan.target.clone(),
            as_of: plan.as_of,
            users,
            groups,
        }
    }
}

/// The live groups by name, and by the name they are to have. Of several of one name the
/// first counts: the plan refuses to touch them.
fn ids_by_name<'a>(plan: &'a Plan, live: &'a LiveState) -> HashMap<&'a GroupName, &'a GroupId> {
    let mut ids: HashMap<&GroupName, &GroupId> = HashMap::new();
    for group in &live.groups {
        ids.entry(&group.name).or_insert(&group.id);
    }
    let blocked = plan.refusals.iter().flat_map(|refusal| &refusal.blocked);
    for action in plan.actions.iter().chain(blocked) {
        if let Change::RenameGroup { id, after, .. } = &action.change {
            ids.insert(after, id);
        }
    }
    ids
}

/// A live group is known by its id, since several may have one name.
fn by_id(subject: Subject, ids: &HashMap<&GroupName, &GroupId>) -> Subject {
    match subject {
        Subject::Group(name) => match ids.get(&name) {
            Some(id) => Subject::GroupId((*id).clone()),
            None => Subject::Group(name),
        },
        Subject::Key(_) | Subject::User(_) | Subject::GroupId(_) => subject,
    }
}

/// Everything a plan says, by whom or what it is about.
fn subjects(
    plan: &Plan,
    approvals: &BTreeSet<ApprovalKind>,
    ids: &HashMap<&GroupName, &GroupId>,
) -> BTreeMap<Subject, Found> {
    let mut found: BTreeMap<Subject, Found> = BTreeMap::new();
    for action in &plan.actions {
        let (subject, sentence) = told(action);
        let known = note(&mut found, by_id(subject, ids), action);
        let kind = action.change.approval();
        known.pending.push(if approvals.contains(&kind) {
            format!("{sentence} (needs `--approve {}`)", approval_word(kind))
        } else {
            sentence
        });
        known.items.push(action.id.clone());
    }
    for refusal in &plan.refusals {
        let mut about: BTreeSet<Subject> = named_by(&refusal.id)
            .map(|subject| by_id(subject, ids))
            .into_iter()
            .collect();
        for action in &refusal.blocked {
            let subject = by_id(told(action).0, ids);
            note(&mut found, subject.clone(), action);
            about.insert(subject);
        }
        for subject in about {
            let known = found.entry(subject).or_default();
            known
                .refused
                .push(format!("{} [{}]", refusal.message, refusal.code.as_str()));
            known.items.push(refusal.id.clone());
        }
    }
    for step in &plan.manual_steps {
        let subject = match &step.group.id {
            Some(id) => Subject::GroupId(id.clone()),
            None => Subject::Group(step.group.name.clone()),
        };
        let known = found.entry(subject).or_default();
        known
            .support
            .push(format!("{} [{}]", step.message, step.code.as_str()));
        known.items.push(step.id.clone());
    }
    found
}

fn note<'f>(
    found: &'f mut BTreeMap<Subject, Found>,
    subject: Subject,
    action: &Action,
) -> &'f mut Found {
    let known = found.entry(subject).or_default();
    if let Some(person) = action.change.person() {
        known.person = Some(person.clone());
    }
    known
}

/// Whom an action is about, and what it does to them.
fn told(action: &Action) -> (Subject, String) {
    let someone = |person: &Person| match (&person.key, &person.id) {
        (Some(key), _) => Subject::Key(key.clone()),
        (None, Some(id)) => Subject::User(id.clone()),
        (None, None) => Subject::User(UserId::from(person.email.as_str())),
    };
    let group = |name: &GroupName| match action.change.group_id() {
        Some(id) => Subject::GroupId(id.clone()),
        None => Subject::Group(name.clone()),
    };
    let members = |count: usize| match count {
        1 => "1 member".to_owned(),
        count => format!("{count} members"),
    };
    match &action.change {
        Change::CreateUser { key, .. } => {
            (Subject::Key(key.clone()), "is to be created".to_owned())
        }
        Change::AdoptUser { person, .. } => (someone(person), "is to be adopted".to_owned()),
        Change::AdoptGroup { name, .. } => (group(name), "is to be adopted".to_owned()),
        Change::CreateBinding { group: to, .. } => (group(&to.name), "1 role to bind".to_owned()),
        Change::DeleteBinding { group: from, .. } => {
            (group(&from.name), "1 role to take away".to_owned())
        }
        Change::ReactivateUser { person } => {
            (someone(person), "is to be switched on again".to_owned())
        }
        Change::UpdateUser { person, .. } => (someone(person), "is to be renamed".to_owned()),
        Change::DeactivateUser { person } => (someone(person), "is to be switched off".to_owned()),
        Change::DeleteUser { person } => (someone(person), "is to be removed".to_owned()),
        Change::CreateGroup { name, .. } => (group(name), "is to be created".to_owned()),
        Change::AddMembers {
            group: to,
            members: who,
        } => (group(&to.name), format!("{} to add", members(who.len()))),
        Change::RenameGroup { before, after, .. } => {
            (group(after), format!("is to be renamed from `{before}`"))
        }
        Change::RemoveMembers {
            group: from,
            members: who,
        } => (
            group(&from.name),
            format!("{} to remove", members(who.len())),
        ),
        Change::DeleteGroup { name, .. } => (group(name), "is to be removed".to_owned()),
    }
}

/// The subject an item's id begins with: `user:KEY:…`, `user:#ID:…`, and the same of groups.
fn named_by(id: &ItemId) -> Option<Subject> {
    let (kind, rest) = id.as_str().split_once(':')?;
    let (name, last) = rest.rsplit_once(':')?;
    // Batches have a number behind their verb.
    let name = if last.bytes().all(|byte| byte.is_ascii_digit()) {
        name.rsplit_once(':')?.0
    } else {
        name
    };
    match (kind, name.strip_prefix('#')) {
        ("user", Some(id)) => Some(Subject::User(UserId::from(id))),
        ("user", None) => Some(Subject::Key(PersonKey::from(name))),
        ("group", Some(id)) => Some(Subject::GroupId(GroupId::from(id))),
        ("group", None) => Some(Subject::Group(GroupName::from(name))),
        _ => None,
    }
}

fn judged(known: Option<&Found>, errors: &BTreeMap<ItemId, LastError>) -> (State, Because) {
    let Some(known) = known else {
        return (State::Provisioned, Because::default());
    };
    let last_error = known
        .items
        .iter()
        .filter_map(|item| errors.get(item))
        .max_by(|a, b| a.at.cmp(&b.at))
        .cloned();
    let (state, reasons) = if !known.refused.is_empty() {
        (State::Refused, known.refused.clone())
    } else if last_error.is_some() {
        let all = known.pending.iter().chain(&known.support);
        (State::Failed, all.cloned().collect())
    } else if !known.support.is_empty() {
        let all = known.pending.iter().chain(&known.support);
        (State::WaitingForSupport, all.cloned().collect())
    } else if !known.pending.is_empty() {
        (State::Pending, known.pending.clone())
    } else {
        (State::Provisioned, Vec::new())
    };
    let because = Because {
        reasons,
        items: known.items.clone(),
        last_error,
    };
    (state, because)
}

fn approval_word(kind: ApprovalKind) -> &'static str {
    match kind {
        ApprovalKind::Create => "create",
        ApprovalKind::Update => "update",
        ApprovalKind::Delete => "delete",
    }
}
