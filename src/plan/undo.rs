//! [`undo`]: the inverse of a run, under the rails of any other plan.
//!
//! It is made of three things: what a report says was done ([`Undo`]), what is live now,
//! and the policy. What is as the run left it is put back as it was; what somebody changed
//! since is refused; what no request can bring back is told in a notice. Nothing the run
//! did not do is touched, however much it differs from the manifest.
//!
//! **Invariants.** Synchronous, total and deterministic as [`super::plan`]. Every item of
//! the run that may have written ends as actions, as a refusal, as a manual step or in a
//! notice, unless what it did is not there any more. Undoing what is undone is empty.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Plan;
use super::groups::{batches, how_removed, removals_wait_for_memberships, support_step};
use super::identity::{Claim, Matches, match_users};
use super::item::{
    Attribute, AttributeChange, Change, Consequence, Direction, GroupRef, ItemId, MemberChange,
    Notice, NoticeCode, Person, Reason, Refusal, RefusalCode, UserState,
};
use super::planner::{Context, Draft, PlanInput, Sketch, prove, railed, whole};
use super::users;
use crate::ids::{Binding, Email, ExternalId, GroupId, GroupName, PersonKey, Scope, UserId, fold};
use crate::live::beside::Bound;
use crate::live::{Activity, LiveGroup, LiveIndex, LiveUser};
use crate::manifest::decl::UserRemoval;
use crate::profile::{CreateExisting, Creation, GroupIds, NameModel, Suspension};
use crate::scim::dialect::ExternalIdStorage;

/// A run that is to be undone, as far as its report tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Undo {
    /// When the run began, RFC 3339 in UTC.
    pub began: String,
    /// The fingerprint of the plan it carried out.
    pub plan: String,
    /// The items that may have written, in the order in which they ended.
    pub items: Vec<DoneItem>,
    /// Items with a request whose end the report does not tell: the run was killed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<ItemId>,
}

/// An item of a run and what it wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DoneItem {
    /// The item.
    pub item: ItemId,
    /// What it was to do.
    pub change: Change,
    /// Whether it found what it was to make.
    pub how: How,
    /// The id of the user it made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The id of the group it made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_id: Option<GroupId>,
    /// Whom it put into a group, or took out of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<UserId>,
    /// What was there before it took it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<PreImage>,
}

/// How an item went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum How {
    /// It wrote, or may have.
    Written,
    /// It took over what was there already.
    Adopted,
}

/// What an item took away, as it was just before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "of",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum PreImage {
    /// An account.
    User {
        /// Its attributes.
        user: UserState,
        /// What whoever provisioned it left there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        external_id: Option<ExternalId>,
        /// Whether it was usable.
        activity: Activity,
        /// The groups that went with it, by name.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        groups: Vec<GroupName>,
    },
    /// A group.
    Group {
        /// Who was in it.
        members: Vec<UserId>,
        /// The role bindings that went with it, as far as they were read.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        bindings: Vec<Binding>,
    },
}

/// Makes the plan that undoes a run. The desired state serves only to name people by their
/// keys, so that the policy's protections hold for them.
pub fn undo(input: PlanInput<'_>, record: &Undo) -> Plan {
    complete(input, record, sketch(input, record))
}

/// Such a plan before it has proved itself, as [`super::sketch`].
pub fn sketch(input: PlanInput<'_>, record: &Undo) -> Sketch {
    let base = None;
    let (plan, nobody) = make_and_tell(PlanInput { base, ..input }, record);
    Sketch {
        plan,
        nobody,
        known: None,
    }
}

/// Makes the plan of a sketch of the same input.
pub fn complete(input: PlanInput<'_>, record: &Undo, sketch: Sketch) -> Plan {
    let input = PlanInput {
        base: None,
        ..input
    };
    let Sketch { mut plan, .. } = sketch;
    plan.inputs = input.inputs.clone();
    let (mut plan, after) = whole(input, plan);
    prove(&mut plan, input, &after, |input| {
        make(input, record).actions
    });
    plan
}

fn make(input: PlanInput<'_>, record: &Undo) -> Plan {
    make_and_tell(input, record).0
}

fn make_and_tell(input: PlanInput<'_>, record: &Undo) -> (Plan, Vec<crate::desired::UserIndex>) {
    let context = Context { input };
    // Who cannot be matched stays unnamed here; nothing is planned for them.
    let matches = match_users(&context).matches;
    let mut draft = Draft::default();
    let mut undoing = Undoing::new(&context, &matches, record);
    undoing.people(&mut draft);
    undoing.groups(&mut draft);
    undoing.bindings(&mut draft);
    undoing.memberships(&mut draft);
    undoing.tell(&mut draft);
    let mut plan = railed(&context, draft);
    plan.undo = Some(record.clone());
    (plan, matches.nobody().collect())
}

/// A group that is there, or one this plan makes again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    There(usize),
    MadeAgain(GroupName),
}

struct Undoing<'a> {
    context: &'a Context<'a>,
    matches: &'a Matches,
    record: &'a Undo,
    /// Live users by id, and by folded e-mail and login.
    users: HashMap<&'a str, LiveIndex>,
    logins: HashMap<String, LiveIndex>,
    /// Live groups by id, and by name as the provider compares names.
    by_id: HashMap<&'a str, usize>,
    by_name: HashMap<Cow<'a, str>, Vec<usize>>,
    /// Whom an id of the report that is not live any more stands for now.
    instead: HashMap<&'a UserId, Person>,
    /// Groups the run removed that come back.
    again: HashMap<&'a GroupId, GroupName>,
    /// Accounts that go and take their memberships along; groups that go as a whole.
    purged: BTreeSet<LiveIndex>,
    /// Accounts that are not as the run left them: neither they nor their memberships are touched.
    others: BTreeSet<LiveIndex>,
    going: BTreeSet<usize>,
    add: BTreeMap<Place, BTreeMap<UserIdOrKey, MemberChange>>,
    remove: BTreeMap<usize, BTreeSet<LiveIndex>>,
    /// What cannot be brought back: the sentence's end, and whom or what it is about.
    lost: BTreeMap<Lost, BTreeSet<String>>,
}

/// Tells members apart, whether they are live or made again.
type UserIdOrKey = (Option<UserId>, Option<PersonKey>);

/// What no request brings back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Lost {
    Invitation,
    AdoptedUser,
    AdoptedGroup,
    NewUserId,
    NewGroupId,
    Twin,
    NoPreImage,
    WasInactive,
    CannotDisable,
    StaysInactive,
    EmptyName,
    NoAccount,
    NoGroup,
    Bindings,
    Unknown,
}

/// What a report knows an account by.
struct KnownBy<'a> {
    /// How people call it.
    label: &'a str,
    email: &'a Email,
    /// The login, where the report has it.
    login: Option<&'a str>,
    /// What the run left there, if it left anything.
    external_id: Option<&'a ExternalId>,
}

impl<'a> KnownBy<'a> {
    fn person(person: &'a Person) -> Self {
        Self {
            label: person.label(),
            email: &person.email,
            login: None,
            external_id: None,
        }
    }

    /// What an account of the same id has that is not of the account the run knew. Names are
    /// people's own to change, and tell nobody from anybody.
    fn moved(&self, there: &LiveUser, keeps: ExternalIdStorage) -> Vec<String> {
        let mut moved = Vec::new();
        let mut tell = |what: &str, was: &str, is: &str| {
            moved.push(match is {
                "" => format!("its {what} was `{was}` and is gone"),
                is => format!("its {what} was `{was}` and is `{is}`"),
            });
        };
        if there.email.folded() != self.email.folded() {
            tell("e-mail", self.email.as_str(), there.email.as_str());
        }
        if let Some(login) = self.login {
            let now = fold(&there.user_name);
            // Some providers make the login of the e-mail, whatever was sent.
            if now != fold(login) && now != self.email.folded() {
                tell("login", login, &there.user_name);
            }
        }
        let kept = match keeps {
            ExternalIdStorage::Stored => self.external_id,
            ExternalIdStorage::Dropped | ExternalIdStorage::Login => None,
        };
        if let Some(kept) = kept
            && there.external_id.as_ref() != Some(kept)
        {
            let now = there.external_id.as_ref().map_or("", ExternalId::as_str);
            tell("externalId", kept.as_str(), now);
        }
        moved
    }
}

/// When a role binding was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    ByTheRun,
    Before,
}

impl Undo {
    /// The scopes of role bindings the run made or removed, sorted.
    pub fn binding_scopes(&self) -> Vec<Scope> {
        let bindings = self.items.iter().filter_map(|done| {
            let (_, binding) = done.change.binding()?;
            Some(binding.scope.clone())
        });
        bindings.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

impl Lost {
    /// The sentence before and after the names.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Lost::Invitation => ("the invitations mailed to ", " cannot be called back"),
            Lost::AdoptedUser => (
                "the accounts of ",
                " were there before the run and stay; whether taking them over changed their names is not known",
            ),
            Lost::AdoptedGroup => ("the groups ", " were there before the run and stay"),
            Lost::NewUserId => (
                "the accounts of ",
                " come back with new ids: what hung on the old ones outside SCIM (keys, sessions, access given by hand) does not",
            ),
            Lost::NewGroupId => (
                "the groups ",
                " come back anew: what hung on the old ones outside SCIM (role bindings, approvals) does not",
            ),
            Lost::Twin => ("only one of the groups called ", " comes back"),
            Lost::NoPreImage => ("what ", " took away is not in the report"),
            Lost::WasInactive => (
                "the accounts of ",
                " were inactive, and made again they would be active; they are not made again",
            ),
            Lost::CannotDisable => (
                "the accounts of ",
                " were inactive, which the provider does not let anybody make them again",
            ),
            Lost::StaysInactive => (
                "the accounts of ",
                " stay, inactive, as `policy.onRemoval.users` has it",
            ),
            Lost::EmptyName => (
                "the names of ",
                " had no value before, and an empty one cannot be written",
            ),
            Lost::NoAccount => (
                "the memberships of ",
                " cannot be given back: no such account is there",
            ),
            Lost::NoGroup => (
                "memberships of ",
                " cannot be given back: there is no one group of that name",
            ),
            Lost::Bindings => (
                "the role bindings ",
                " cannot be put back: they, or their groups, cannot be seen",
            ),
            Lost::Unknown => (
                "the report does not tell how ",
                " ended, so it is left as it is: look at it before you go on",
            ),
        }
    }
}

impl<'a> Undoing<'a> {
    fn new(context: &'a Context<'a>, matches: &'a Matches, record: &'a Undo) -> Self {
        let live = context.input.live;
        let mut undoing = Self {
            context,
            matches,
            record,
            users: HashMap::with_capacity(live.users.len()),
            logins: HashMap::with_capacity(live.users.len()),
            by_id: HashMap::with_capacity(live.groups.len()),
            by_name: HashMap::with_capacity(live.groups.len()),
            instead: HashMap::new(),
            again: HashMap::new(),
            purged: BTreeSet::new(),
            others: BTreeSet::new(),
            going: BTreeSet::new(),
            add: BTreeMap::new(),
            remove: BTreeMap::new(),
            lost: BTreeMap::new(),
        };
        for (at, user) in live.indexed_users() {
            undoing.users.insert(user.id.as_str(), at);
            undoing.logins.insert(user.email.folded().to_owned(), at);
            undoing.logins.insert(fold(&user.user_name), at);
        }
        for (group, at) in live.groups.iter().zip(0..) {
            undoing.by_id.insert(group.id.as_str(), at);
            let key = context.group_key(&group.name);
            undoing.by_name.entry(key).or_default().push(at);
        }
        undoing
    }

    fn lose(&mut self, what: Lost, name: impl Into<String>) {
        self.lost.entry(what).or_default().insert(name.into());
    }

    fn live_user(&self, id: &UserId) -> Option<LiveIndex> {
        self.users.get(id.as_str()).copied()
    }

    fn live_group(&self, at: usize) -> &'a LiveGroup {
        &self.context.input.live.groups[at]
    }

    fn group_ref(&self, at: usize) -> GroupRef {
        let group = self.live_group(at);
        GroupRef {
            name: group.name.clone(),
            id: Some(group.id.clone()),
        }
    }

    /// A live user under the key they are declared with, else the one of the report.
    fn person(&self, at: LiveIndex, key: Option<&PersonKey>) -> Person {
        let declared = match self.matches.claim(at) {
            Claim::Person(user) => Some(user),
            Claim::Unclaimed | Claim::Held => None,
        };
        let person = self.context.live_person(at, declared);
        Person {
            key: person.key.or_else(|| key.cloned()),
            ..person
        }
    }

    /// Accounts: made ones go, removed ones are made again, changed ones change back.
    fn people(&mut self, draft: &mut Draft) {
        for done in &self.record.items {
            match &done.change {
                Change::CreateUser {
                    key,
                    user,
                    external_id,
                } => {
                    let known = KnownBy {
                        label: key.as_str(),
                        email: &user.email,
                        login: Some(&user.user_name),
                        external_id: external_id.as_ref(),
                    };
                    self.uncreate(draft, done, key, known);
                }
                Change::DeleteUser { person } => self.make_again(draft, done, person),
                Change::UpdateUser {
                    person, changes, ..
                } => self.change_back(draft, person, changes),
                Change::ReactivateUser { person } => self.switch_off(draft, person),
                Change::DeactivateUser { person } => self.switch_on(draft, person),
                Change::AdoptUser { person, .. } => {
                    self.lose(Lost::AdoptedUser, format!("`{}`", person.label()));
                }
                Change::AdoptGroup { .. }
                | Change::CreateBinding { .. }
                | Change::DeleteBinding { .. }
                | Change::CreateGroup { .. }
                | Change::AddMembers { .. }
                | Change::RenameGroup { .. }
                | Change::RemoveMembers { .. }
                | Change::DeleteGroup { .. } => {}
            }
        }
    }

    fn uncreate(
        &mut self,
        draft: &mut Draft,
        done: &DoneItem,
        key: &PersonKey,
        known: KnownBy<'_>,
    ) {
        let Some(id) = &done.user_id else {
            // A create that failed; whether the account is of it or of somebody else, no one knows.
            if self.logins.contains_key(known.email.folded()) {
                self.lose(Lost::Unknown, format!("`{}`", done.item));
            }
            return;
        };
        match (done.how, self.context.input.profile.creation) {
            (How::Adopted, _) => {
                self.lose(Lost::AdoptedUser, format!("`{key}`"));
                return;
            }
            (How::Written, Creation::Invites) => {
                self.lose(Lost::Invitation, known.email.as_str());
            }
            (How::Written, Creation::Silent) => {}
        }
        let Some(at) = self.live_user(id) else { return };
        if self.is_another(draft, at, &known, "delete") {
            return;
        }
        if self.context.input.policy.user_removal == UserRemoval::Deactivate {
            self.lose(Lost::StaysInactive, format!("`{key}`"));
        }
        let person = self.person(at, Some(key));
        let before = draft.purged.len();
        users::remove(self.context, draft, at, person, Reason::Undone, Vec::new());
        self.purged.extend(draft.purged[before..].iter().copied());
    }

    /// Whether an account of the run is not the one it was any more, which is refused.
    fn is_another(
        &mut self,
        draft: &mut Draft,
        at: LiveIndex,
        known: &KnownBy<'_>,
        verb: &str,
    ) -> bool {
        let there = self.context.input.live.user(at);
        let keeps = self.context.input.profile.dialect.user_external_id;
        let moved = known.moved(there, keeps);
        if moved.is_empty() {
            return false;
        }
        if self.others.insert(at) {
            let KnownBy { label, .. } = known;
            let message = format!(
                "the account `{}` is not the one of `{label}` that the run left: {}; neither it nor \
                 its memberships are touched",
                there.id,
                moved.join(", ")
            );
            self.changed_since(draft, format!("user:{label}:{verb}"), message);
        }
        true
    }

    fn make_again(&mut self, draft: &mut Draft, done: &'a DoneItem, person: &Person) {
        let Some(id) = &person.id else { return };
        if let Some(at) = self.live_user(id) {
            self.is_another(draft, at, &KnownBy::person(person), "create");
            return;
        }
        let key = person.key.as_ref();
        if let Some(at) = self.logins.get(person.email.folded()) {
            // Somebody has brought them back, under another id.
            let person = self.person(*at, key);
            self.instead.insert(live_id_of(done), person);
            return;
        }
        let (user, external_id, activity) = match &done.before {
            Some(PreImage::User {
                user,
                external_id,
                activity,
                groups: _,
            }) => (user, external_id, *activity),
            Some(PreImage::Group { .. }) | None => {
                self.lose(Lost::NoPreImage, format!("`{}`", done.item));
                return;
            }
        };
        match activity {
            Activity::Active => {}
            Activity::Inactive => {
                self.lose(Lost::WasInactive, format!("`{}`", person.label()));
                return;
            }
        }
        let carried = external_id.as_ref().and_then(ExternalId::person_key);
        // Two accounts may carry one key; the address is one's own.
        let is_free = |key: &PersonKey| {
            let mut made = self.instead.values();
            made.all(|person| person.key.as_ref() != Some(key))
        };
        let key = key
            .cloned()
            .or(carried)
            .filter(is_free)
            .unwrap_or_else(|| PersonKey::from(person.email.as_str()));
        let profile = self.context.input.profile;
        let change = Change::CreateUser {
            key: key.clone(),
            user: user.clone(),
            external_id: external_id.clone(),
        };
        let action = draft.act(
            format!("user:{key}:create"),
            change,
            Reason::Undone,
            Vec::new(),
        );
        match profile.creation {
            Creation::Invites => action.with(Consequence::InvitationMailed {
                to: user.email.clone(),
            }),
            Creation::Silent => {}
        }
        match profile.create_existing {
            CreateExisting::Adopts => action.with(Consequence::MayAdopt {
                email: user.email.clone(),
            }),
            CreateExisting::Refused => {}
        }
        self.lose(Lost::NewUserId, format!("`{key}`"));
        let made = Person {
            key: Some(key),
            email: user.email.clone(),
            id: None,
        };
        self.instead.insert(live_id_of(done), made);
    }

    fn change_back(&mut self, draft: &mut Draft, person: &Person, changes: &[AttributeChange]) {
        let Some(at) = person.id.as_ref().and_then(|id| self.live_user(id)) else {
            return;
        };
        if self.is_another(draft, at, &KnownBy::person(person), "update") {
            return;
        }
        let model = self.context.input.profile.names;
        let there = self.context.input.live.user(at);
        let mut back: Vec<AttributeChange> = Vec::new();
        for change in changes {
            let now = live_name(there, change.attribute).unwrap_or_default();
            let before = change.before.as_deref().unwrap_or_default();
            if change.attribute.is_same(model, before, now) {
                continue;
            }
            if !change.attribute.is_same(model, &change.after, now) {
                self.changed_since(
                    draft,
                    format!("user:{}:update", person.label()),
                    format!(
                        "{} of `{}` was `{before}` before the run and `{}` after it, and is `{now}` now",
                        change.attribute.path(),
                        person.label(),
                        change.after
                    ),
                );
                return;
            }
            let is_name = !matches!(change.attribute, Attribute::Extra(_));
            if before.is_empty() && is_name && model != NameModel::Full {
                self.lose(Lost::EmptyName, format!("`{}`", person.label()));
                continue;
            }
            back.push(AttributeChange {
                attribute: change.attribute,
                before: (is_name || !now.is_empty()).then(|| now.to_owned()),
                after: before.to_owned(),
            });
        }
        if back.is_empty() {
            return;
        }
        let now = |attribute| live_name(there, attribute).unwrap_or_default().to_owned();
        let mut becomes = UserState {
            user_name: there.user_name.to_string(),
            email: there.email.clone(),
            given_name: now(Attribute::GivenName),
            family_name: now(Attribute::FamilyName),
            display_name: now(Attribute::DisplayName),
            attributes: there
                .attributes
                .valued(&self.context.input.profile.attributes),
        };
        for change in &back {
            let text = match change.attribute {
                Attribute::GivenName => &mut becomes.given_name,
                Attribute::FamilyName => &mut becomes.family_name,
                Attribute::DisplayName => &mut becomes.display_name,
                Attribute::Extra(extra) => {
                    becomes.attributes.assign(extra, &change.after);
                    continue;
                }
            };
            text.clone_from(&change.after);
        }
        let person = self.person(at, person.key.as_ref());
        let id = format!("{}:update", users::subject(&person));
        let change = Change::UpdateUser {
            person,
            changes: back,
            becomes,
        };
        draft.act(id, change, Reason::Undone, Vec::new());
    }

    fn switch_off(&mut self, draft: &mut Draft, person: &Person) {
        let Some(at) = person.id.as_ref().and_then(|id| self.live_user(id)) else {
            return;
        };
        if self.context.input.live.user(at).activity == Activity::Inactive
            || self.is_another(draft, at, &KnownBy::person(person), "deactivate")
        {
            return;
        }
        let person = self.person(at, person.key.as_ref());
        match self.context.input.profile.suspension {
            Suspension::Removes => self.lose(Lost::CannotDisable, format!("`{}`", person.label())),
            Suspension::Disables => {
                let id = format!("{}:deactivate", users::subject(&person));
                let change = Change::DeactivateUser { person };
                draft.act(id, change, Reason::Undone, Vec::new());
            }
        }
    }

    fn switch_on(&mut self, draft: &mut Draft, person: &Person) {
        let Some(at) = person.id.as_ref().and_then(|id| self.live_user(id)) else {
            self.lose(Lost::NoAccount, format!("`{}`", person.label()));
            return;
        };
        if self.context.input.live.user(at).activity == Activity::Active
            || self.is_another(draft, at, &KnownBy::person(person), "reactivate")
        {
            return;
        }
        let person = self.person(at, person.key.as_ref());
        let id = format!("{}:reactivate", users::subject(&person));
        let change = Change::ReactivateUser { person };
        draft.act(id, change, Reason::Undone, Vec::new());
    }

    /// Groups: made ones go, removed ones are made again, renamed ones get their name back.
    fn groups(&mut self, draft: &mut Draft) {
        for done in &self.record.items {
            match &done.change {
                Change::CreateGroup { name, .. } => self.remove_group(draft, done, name),
                Change::AdoptGroup { name, .. } => {
                    self.lose(Lost::AdoptedGroup, format!("`{name}`"));
                }
                Change::AdoptUser { .. }
                | Change::CreateBinding { .. }
                | Change::DeleteBinding { .. } => {}
                Change::DeleteGroup { id, name } => self.make_group_again(draft, done, id, name),
                Change::RenameGroup { id, before, after } => {
                    self.rename_back(draft, id, before, after);
                }
                Change::CreateUser { .. }
                | Change::ReactivateUser { .. }
                | Change::UpdateUser { .. }
                | Change::AddMembers { .. }
                | Change::RemoveMembers { .. }
                | Change::DeactivateUser { .. }
                | Change::DeleteUser { .. } => {}
            }
        }
    }

    /// Role bindings: made ones go, removed ones are made again.
    fn bindings(&mut self, draft: &mut Draft) {
        for done in &self.record.items {
            let Some((group, binding)) = done.change.binding() else {
                continue;
            };
            let made = match done.change.is_removal() {
                false => Made::ByTheRun,
                true => Made::Before,
            };
            let shown = format!("`{binding}` of `{}`", group.name);
            let Some(known) = self.context.input.live.beside.bindings.known() else {
                self.lose(Lost::Bindings, shown);
                continue;
            };
            let at = self
                .id_then(group)
                .and_then(|id| self.by_id.get(id.as_str()));
            let Some(reference) = at.map(|at| self.group_ref(*at)) else {
                if made == Made::Before {
                    self.lose(Lost::Bindings, shown);
                }
                continue;
            };
            let there = known.iter().find(|live| {
                live.binding == *binding
                    && matches!(&live.bound, Bound::Group(id) if Some(id) == reference.id.as_ref())
            });
            let (what, change) = match (made, there) {
                (Made::ByTheRun, Some(live)) => (
                    "delete",
                    Change::DeleteBinding {
                        group: reference,
                        id: live.id.clone(),
                        binding: binding.clone(),
                    },
                ),
                (Made::Before, None) => (
                    "create",
                    Change::CreateBinding {
                        group: reference,
                        binding: binding.clone(),
                    },
                ),
                (Made::ByTheRun, None) | (Made::Before, Some(_)) => continue,
            };
            let Binding {
                role,
                resource_group,
                scope,
            } = binding;
            let id = format!(
                "group:{}:binding:{role}:{resource_group}:{scope}:{what}",
                group.name
            );
            draft.act(id, change, Reason::Undone, Vec::new());
        }
    }

    /// Everybody the run put into a group.
    fn put_in(&self, group: &GroupId) -> BTreeSet<&'a UserId> {
        self.record
            .items
            .iter()
            .filter(|done| {
                let memberships = done.change.memberships();
                memberships.is_some_and(|it| {
                    it.direction == Direction::In && self.id_then(it.group) == Some(group)
                })
            })
            .flat_map(|done| &done.members)
            .collect()
    }

    /// The id a group had in the run: it was there, or the run made it.
    fn id_then(&self, group: &'a GroupRef) -> Option<&'a GroupId> {
        group.id.as_ref().or_else(|| {
            self.record.items.iter().find_map(|done| {
                let made = matches!(
                    &done.change,
                    Change::CreateGroup { name, .. } if *name == group.name
                );
                done.group_id.as_ref().filter(|_| made)
            })
        })
    }

    fn remove_group(&mut self, draft: &mut Draft, done: &DoneItem, name: &GroupName) {
        let Some(id) = &done.group_id else { return };
        if done.how == How::Adopted {
            self.lose(Lost::AdoptedGroup, format!("`{name}`"));
            return;
        }
        let Some(at) = self.by_id.get(id.as_str()).copied() else {
            return;
        };
        let group = self.live_group(at);
        let ours = self.put_in(id);
        let live = self.context.input.live;
        let others = group
            .members
            .iter()
            .filter(|member| !ours.contains(&live.user(**member).id))
            .count()
            + group.unlisted.len();
        if others > 0 {
            self.changed_since(
                draft,
                format!("group:{name}:delete"),
                format!(
                    "the group `{}`, which the run made, has {others} members now that the run did not put in",
                    group.name
                ),
            );
            return;
        }
        match how_removed(self.context) {
            Some(note) => {
                self.going.insert(at);
                let change = Change::DeleteGroup {
                    id: group.id.clone(),
                    name: group.name.clone(),
                };
                let id = format!("group:{name}:delete");
                let action = draft.act(id, change, Reason::Undone, Vec::new());
                if let Some(note) = note {
                    action.with(Consequence::Undocumented { note });
                }
            }
            // Whom the run put in leaves with the memberships.
            None => support_step(
                self.context,
                draft,
                group,
                ItemId::new(format!("group:{name}:support")),
                Vec::new(),
            ),
        }
    }

    fn make_group_again(
        &mut self,
        draft: &mut Draft,
        done: &'a DoneItem,
        id: &'a GroupId,
        name: &GroupName,
    ) {
        if self.by_id.contains_key(id.as_str()) {
            return;
        }
        let key = self.context.group_key(name);
        let is_twin = |again: &GroupName| self.context.group_key(again) == key;
        if self.again.values().any(is_twin) {
            self.lose(Lost::Twin, format!("`{name}`"));
            return;
        }
        if self.by_name.contains_key(&key) {
            // Somebody has made it again; whoever was in it gets in below.
            self.again.insert(id, name.clone());
        } else {
            let expected_id = match self.context.input.profile.group_ids {
                GroupIds::Opaque => None,
                GroupIds::DerivedFromName(derive) => derive(name.as_str()).ok().map(GroupId::from),
            };
            if let Some(taken) = &expected_id
                && let Some(at) = self.by_id.get(taken.as_str())
            {
                let other = self.live_group(*at).name.clone();
                self.changed_since(
                    draft,
                    format!("group:{name}:create"),
                    format!("the group `{name}` would get the id `{taken}`, which belongs to the group `{other}` now"),
                );
                return;
            }
            let change = Change::CreateGroup {
                name: name.clone(),
                expected_id,
            };
            let item = format!("group:{name}:create");
            draft.act(item, change, Reason::Undone, Vec::new());
            self.lose(Lost::NewGroupId, format!("`{name}`"));
            self.again.insert(id, name.clone());
        }
        match &done.before {
            Some(PreImage::Group { .. }) => {}
            Some(PreImage::User { .. }) | None => {
                self.lose(Lost::NoPreImage, format!("`{}`", done.item));
            }
        }
    }

    fn rename_back(
        &mut self,
        draft: &mut Draft,
        id: &GroupId,
        before: &GroupName,
        after: &GroupName,
    ) {
        let Some(at) = self.by_id.get(id.as_str()).copied() else {
            self.lose(Lost::NoGroup, format!("`{after}`"));
            return;
        };
        let now = &self.live_group(at).name;
        if now == before {
            return;
        }
        let item = format!("group:{before}:rename");
        let key = self.context.group_key(before);
        let others = self.by_name.get(&key).into_iter().flatten();
        let taken = others.filter(|other| **other != at).count() > 0;
        let why = if now != after {
            format!(
                "the group `{before}` was renamed to `{after}` by the run, and is called `{now}` now"
            )
        } else if taken {
            format!(
                "the group `{after}` cannot be called `{before}` again: another group has the name now"
            )
        } else {
            let change = Change::RenameGroup {
                id: id.clone(),
                before: after.clone(),
                after: before.clone(),
            };
            draft.act(item, change, Reason::Undone, Vec::new());
            return;
        };
        self.changed_since(draft, item, why);
    }

    /// Who got in leaves, who was taken out gets in again.
    fn memberships(&mut self, draft: &mut Draft) {
        for done in &self.record.items {
            match &done.change {
                Change::AddMembers { group, .. } => {
                    let at = self
                        .id_then(group)
                        .and_then(|id| self.by_id.get(id.as_str()));
                    if let Some(at) = at.copied() {
                        self.take_out(at, &done.members);
                    }
                }
                Change::RemoveMembers { group, members } => {
                    let place = group.id.as_ref().and_then(|id| self.place(id));
                    for id in &done.members {
                        let person = members
                            .iter()
                            .map(|member| &member.person)
                            .find(|person| person.id.as_ref() == Some(id));
                        if let (Some(person), Some(at)) = (person, self.live_user(id)) {
                            self.is_another(draft, at, &KnownBy::person(person), "add");
                        }
                        let key = person.and_then(|person| person.key.as_ref());
                        self.put_back(place.as_ref(), &group.name, id, key);
                    }
                }
                Change::DeleteUser { person } => {
                    let (Some(PreImage::User { groups, .. }), Some(id)) =
                        (&done.before, &person.id)
                    else {
                        continue;
                    };
                    // Of somebody who stays away, the memberships do too.
                    if self.live_user(id).is_none() && !self.instead.contains_key(id) {
                        continue;
                    }
                    for name in groups {
                        let place = self.place_named(name);
                        self.put_back(place.as_ref(), name, id, person.key.as_ref());
                    }
                }
                Change::DeleteGroup { id, name } => {
                    if let Some(PreImage::Group { members, .. }) = &done.before {
                        let place = self.place(id);
                        for member in members {
                            self.put_back(place.as_ref(), name, member, None);
                        }
                    }
                }
                Change::CreateUser { .. }
                | Change::AdoptUser { .. }
                | Change::AdoptGroup { .. }
                | Change::CreateBinding { .. }
                | Change::DeleteBinding { .. }
                | Change::ReactivateUser { .. }
                | Change::UpdateUser { .. }
                | Change::CreateGroup { .. }
                | Change::RenameGroup { .. }
                | Change::DeactivateUser { .. } => {}
            }
        }
        self.act_on_memberships(draft);
    }

    /// Where a group of the report is now.
    fn place(&self, id: &GroupId) -> Option<Place> {
        match (self.by_id.get(id.as_str()), self.again.get(id)) {
            (Some(at), _) => Some(Place::There(*at)),
            (None, Some(name)) => self.place_named(name),
            (None, None) => None,
        }
    }

    /// The one group that had a name before the run.
    fn place_named(&self, name: &GroupName) -> Option<Place> {
        let renamed = self.record.items.iter().find_map(|done| {
            let Change::RenameGroup { id, before, .. } = &done.change else {
                return None;
            };
            let at = self.by_id.get(id.as_str()).copied();
            at.filter(|_| before == name)
        });
        if let Some(at) = renamed {
            return Some(Place::There(at));
        }
        let there = self.by_name.get(&self.context.group_key(name));
        match there.map(Vec::as_slice) {
            Some([at]) => Some(Place::There(*at)),
            Some(several) => {
                // Where case does not count, spelling still may.
                let mut spelled = several
                    .iter()
                    .filter(|at| self.live_group(**at).name == *name);
                let at = spelled.next()?;
                spelled.next().is_none().then_some(Place::There(*at))
            }
            None => self
                .again
                .values()
                .find(|again| *again == name)
                .map(|again| Place::MadeAgain(again.clone())),
        }
    }

    fn take_out(&mut self, at: usize, members: &[UserId]) {
        if self.going.contains(&at) {
            return;
        }
        let group = self.live_group(at);
        let leaving: Vec<LiveIndex> = members
            .iter()
            .filter_map(|id| self.live_user(id))
            .filter(|member| group.members.binary_search(member).is_ok())
            .filter(|member| !self.purged.contains(member) && !self.others.contains(member))
            .collect();
        if !leaving.is_empty() {
            self.remove.entry(at).or_default().extend(leaving);
        }
    }

    fn put_back(
        &mut self,
        place: Option<&Place>,
        name: &GroupName,
        id: &UserId,
        key: Option<&PersonKey>,
    ) {
        let Some(place) = place else {
            self.lose(Lost::NoGroup, format!("`{name}`"));
            return;
        };
        let person = match (self.live_user(id), self.instead.get(id)) {
            // Told where the account is refused.
            (Some(at), _) if self.others.contains(&at) => return,
            (Some(at), _) => self.person(at, key),
            (None, Some(person)) => person.clone(),
            (None, None) => {
                let who = key.map_or(id.as_str(), PersonKey::as_str);
                self.lose(Lost::NoAccount, format!("`{who}`"));
                return;
            }
        };
        if let (Place::There(at), Some(id)) = (place, &person.id)
            && let Some(user) = self.live_user(id)
            && self.live_group(*at).members.binary_search(&user).is_ok()
        {
            return;
        }
        let member = (person.id.clone(), person.key.clone());
        let change = MemberChange {
            person,
            origins: Vec::new(),
        };
        self.add
            .entry(place.clone())
            .or_default()
            .insert(member, change);
    }

    fn act_on_memberships(&mut self, draft: &mut Draft) {
        let size = self.context.input.profile.dialect.members_per_patch;
        for (place, members) in std::mem::take(&mut self.add) {
            let (group, created_by) = match place {
                Place::There(at) => (self.group_ref(at), None),
                Place::MadeAgain(name) => {
                    let create = ItemId::new(format!("group:{name}:create"));
                    (GroupRef { name, id: None }, Some(create))
                }
            };
            let mut members: Vec<MemberChange> = members.into_values().collect();
            members.sort_by(|a, b| a.person.cmp(&b.person));
            for (batch, number) in batches(members, size).zip(1..) {
                let id = format!("group:{}:add-members:{number}", group.name);
                let change = Change::AddMembers {
                    group: group.clone(),
                    members: batch,
                };
                let action = draft.act(id, change, Reason::Undone, Vec::new());
                action.depends_on.extend(created_by.clone());
            }
        }
        for (at, members) in std::mem::take(&mut self.remove) {
            let group = self.group_ref(at);
            let mut members: Vec<MemberChange> = members
                .into_iter()
                .map(|member| MemberChange {
                    person: self.person(member, None),
                    origins: Vec::new(),
                })
                .collect();
            members.sort_by(|a, b| a.person.cmp(&b.person));
            for (batch, number) in batches(members, size).zip(1..) {
                let id = format!("group:{}:remove-members:{number}", group.name);
                let change = Change::RemoveMembers {
                    group: group.clone(),
                    members: batch,
                };
                draft.act(id, change, Reason::Undone, Vec::new());
            }
        }
        removals_wait_for_memberships(self.context, draft);
    }

    fn changed_since(&self, draft: &mut Draft, item: String, message: String) {
        draft.refusals.push(Refusal {
            id: ItemId::new(item),
            code: RefusalCode::ChangedSince,
            message,
            help: "decide by hand what it should be, in the manifest or at the service provider"
                .to_owned(),
            evidence: Vec::new(),
            blocked: Vec::new(),
            cause: None,
        });
    }

    fn tell(&mut self, draft: &mut Draft) {
        for item in &self.record.open {
            self.lose(Lost::Unknown, format!("`{item}`"));
        }
        draft.notices.push(Notice {
            code: NoticeCode::Undoes,
            message: format!(
                "this undoes the run of {}; the manifest still asks for what that run did, so revert it as well, or the next apply does it again",
                self.record.began
            ),
            evidence: Vec::new(),
        });
        for (lost, names) in &self.lost {
            let (before, after) = lost.words();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            draft.notices.push(Notice {
                code: NoticeCode::CannotUndo,
                message: format!("{before}{}{after}", names.join(", ")),
                evidence: Vec::new(),
            });
        }
    }
}

/// The id of the account an item removed.
fn live_id_of(done: &DoneItem) -> &UserId {
    let person = done.change.person();
    person
        .and_then(|person| person.id.as_ref())
        .expect("an item on a live user carries the id")
}

fn live_name(user: &LiveUser, attribute: Attribute) -> Option<&str> {
    match attribute {
        Attribute::GivenName => user.given_name.as_deref(),
        Attribute::FamilyName => user.family_name.as_deref(),
        Attribute::DisplayName => user.display_name.as_deref(),
        Attribute::Extra(extra) => user.attributes.value(extra),
    }
}
