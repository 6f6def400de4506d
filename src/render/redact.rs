//! A plan without the people in it: pseudonyms for e-mails, or for everything that tells who
//! somebody is.
//!
//! The plan itself is redacted, before it is drawn, so that no format can show what another
//! hides. Every field is taken apart by name: a new one does not compile until somebody has
//! decided what it gives away.
//!
//! **Invariants.** One person has one pseudonym throughout a plan, and the same plan gives
//! the same pseudonyms. Names of groups and roles stay. Sentences lose every e-mail; with
//! [`Redaction::All`] they lose every name in backticks that is not a group's, a role's or a
//! word of the manifest language as well.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::ids::attributes::ExtraAttribute;
use crate::ids::{Email, ExternalId, ItemId, PersonKey, UserId};
use crate::manifest::source::Place;
use crate::plan::undo::Undo;
use crate::plan::{
    Action, Attribute, AttributeChange, Change, Consequence, Effect, Evidence, GroupRef, Inputs,
    LimitUse, ManualStep, MemberChange, MembershipOrigin, Notice, Person, Plan, Refusal,
    SeenAccount, TargetInfo, Unmanaged, UnmanagedGroup, UnmanagedMembers, UnmanagedUser, UserState,
};

/// What is hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redaction {
    /// Nothing.
    None,
    /// E-mails, and whatever else has the form of one.
    Email,
    /// E-mails, keys, names and ids of people.
    All,
}

/// Hides people. `keep` are addresses that are nobody's: a provider's Support.
pub fn redact(plan: &Plan, redaction: Redaction, keep: &[&str]) -> Plan {
    match redaction {
        Redaction::None => plan.clone(),
        Redaction::Email | Redaction::All => {
            let mut redactor = Redactor::new(redaction, keep);
            redactor.learn(plan);
            redactor.plan(plan)
        }
    }
}

/// Where pseudonyms for addresses end (RFC 2606: nobody has it).
const DOMAIN: &str = "redacted.invalid";

/// What stands for something that tells of a person and is no name of theirs.
pub(super) const HIDDEN: &str = "[hidden]";

/// Words of the manifest language and of commands that sentences quote.
const OURS: &[&str] = &[
    "absent",
    "active",
    "suspended",
    "delete",
    "deactivate",
    "keep",
    "support",
    "remove",
    "additive",
    "authoritative",
    "previously",
    "totalResults",
    "startIndex",
    "Resources",
    "id",
    "status",
    "email",
    "until",
    "members",
    "includes",
    "externalId",
];

/// Short words of sentences, which a key of one or two letters would take out of all of them.
const WORDS: &[&str] = &[
    "a", "i", "an", "as", "at", "be", "by", "do", "go", "if", "in", "is", "it", "ms", "no", "of",
    "on", "or", "so", "to", "up", "us", "we",
];

pub(super) struct Redactor {
    redaction: Redaction,
    keep: Vec<String>,
    /// What tells who somebody is, as it was written.
    spelt: BTreeMap<String, usize>,
    /// What tells who somebody is, folded, and which person it is.
    known: HashMap<String, usize>,
    people: usize,
    /// Names that may stand in sentences: groups, their ids, roles.
    public: BTreeSet<String>,
    /// Values of attributes beyond names, which tell of a person and are no name of theirs.
    values: BTreeSet<String>,
}

impl Redactor {
    pub(super) fn new(redaction: Redaction, keep: &[&str]) -> Self {
        Self {
            redaction,
            keep: keep.iter().map(|text| (*text).to_owned()).collect(),
            spelt: BTreeMap::new(),
            known: HashMap::new(),
            people: 0,
            public: BTreeSet::new(),
            values: BTreeSet::new(),
        }
    }

    /// The number of the person that any of these texts tells of; whoever is new gets the
    /// next one.
    fn number(&mut self, texts: &[&str]) -> usize {
        let folded: Vec<String> = texts
            .iter()
            .filter(|text| !text.is_empty())
            .map(|text| crate::ids::fold(text))
            .collect();
        let known = folded.iter().find_map(|text| self.known.get(text).copied());
        let number = known.unwrap_or_else(|| {
            self.people += 1;
            self.people
        });
        for text in folded {
            self.known.entry(text).or_insert(number);
        }
        for text in texts.iter().filter(|text| !text.is_empty()) {
            self.spelt.entry((*text).to_owned()).or_insert(number);
        }
        number
    }

    /// Another text that tells of a person.
    fn also(&mut self, text: &str, number: usize) {
        self.known.entry(crate::ids::fold(text)).or_insert(number);
        self.spelt.entry(text.to_owned()).or_insert(number);
    }

    /// Every text that is hidden wherever it stands, with what is shown instead.
    pub(super) fn spelt(&self) -> Vec<(String, String)> {
        let is_hidden = |text: &str| {
            let is_word = || WORDS.contains(&text.to_lowercase().as_str());
            text.contains('@') || (self.hides_all() && !is_word())
        };
        self.spelt
            .iter()
            .filter(|(text, _)| is_hidden(text) && !self.is_kept(text))
            .map(|(text, number)| (text.clone(), self.shown(text, *number)))
            .collect()
    }

    /// Whether nothing is hidden.
    pub(super) fn shows_all(&self) -> bool {
        self.redaction == Redaction::None
    }

    fn is_kept(&self, text: &str) -> bool {
        self.keep.iter().any(|kept| kept == text)
    }

    /// What stands for an address, known or not.
    pub(super) fn address(&mut self, text: &str) -> String {
        if self.is_kept(text) || text.ends_with(DOMAIN) {
            return text.to_owned();
        }
        let number = self.number(&[text]);
        address(number)
    }

    pub(super) fn hides_all(&self) -> bool {
        match self.redaction {
            Redaction::All => true,
            Redaction::Email | Redaction::None => false,
        }
    }

    /// Walks the plan once, so that a sentence knows of people who only come later.
    pub(super) fn learn(&mut self, plan: &Plan) {
        // Keys first: where two people share an address, the key tells them apart.
        let actions = || {
            let blocked = plan.refusals.iter().flat_map(|refusal| &refusal.blocked);
            plan.actions.iter().chain(blocked)
        };
        for action in actions() {
            match &action.change {
                Change::CreateUser { key, user, .. } => {
                    let number = self.number(&[key.as_str(), user.email.as_str()]);
                    self.learn_names(user, number);
                }
                Change::UpdateUser {
                    person,
                    changes,
                    becomes,
                } => {
                    self.learn_person(person);
                    let number = self.number_of(person);
                    self.learn_names(becomes, number);
                    for change in changes {
                        let texts = change.before.iter().chain([&change.after]);
                        for text in texts.filter(|text| !text.is_empty()) {
                            match change.attribute {
                                Attribute::GivenName
                                | Attribute::FamilyName
                                | Attribute::DisplayName => self.also(text, number),
                                Attribute::Extra(_) => {
                                    self.values.insert(text.clone());
                                }
                            }
                        }
                    }
                }
                Change::AdoptUser { person, user, .. } => {
                    self.learn_person(person);
                    let number = self.number_of(person);
                    self.learn_names(user, number);
                }
                Change::AdoptGroup {
                    id, name, called, ..
                } => {
                    self.public.insert(id.to_string());
                    self.public.insert(name.to_string());
                    self.public.insert(called.to_string());
                }
                Change::CreateBinding { group, binding }
                | Change::DeleteBinding { group, binding, .. } => {
                    self.learn_group(group);
                    self.public.insert(binding.to_string());
                }
                Change::ReactivateUser { person }
                | Change::DeactivateUser { person }
                | Change::DeleteUser { person } => self.learn_person(person),
                Change::AddMembers { group, members }
                | Change::RemoveMembers { group, members } => {
                    self.learn_group(group);
                    for member in members {
                        self.learn_person(&member.person);
                        for origin in &member.origins {
                            self.public.insert(origin.role.to_string());
                            if let Some(through) = &origin.through {
                                self.public.insert(through.to_string());
                            }
                        }
                    }
                }
                Change::CreateGroup { name, expected_id } => {
                    self.public.insert(name.to_string());
                    if let Some(id) = expected_id {
                        self.public.insert(id.to_string());
                    }
                }
                Change::RenameGroup { id, before, after } => {
                    self.public.insert(id.to_string());
                    self.public.insert(before.to_string());
                    self.public.insert(after.to_string());
                }
                Change::DeleteGroup { id, name } => {
                    self.public.insert(id.to_string());
                    self.public.insert(name.to_string());
                }
            }
        }
        for effect in &plan.people {
            self.learn_person(&effect.person);
        }
        for account in &plan.accounts {
            let SeenAccount {
                id,
                user_name,
                external_id,
            } = account;
            let number = self.number(&[id.as_str()]);
            let external_id = external_id.as_ref().map(ExternalId::as_str);
            for text in user_name.as_deref().into_iter().chain(external_id) {
                self.also(text, number);
            }
        }
        for step in &plan.manual_steps {
            self.learn_group(&step.group);
        }
        for user in &plan.unmanaged.users {
            self.learn_person(&user.person);
            let number = self.number_of(&user.person);
            if let Some(name) = &user.display_name {
                self.also(name, number);
            }
        }
        for group in &plan.unmanaged.groups {
            self.learn_group(&group.group);
        }
        for members in &plan.unmanaged.memberships {
            self.learn_group(&members.group);
        }
        for limit in &plan.limits {
            if let Some(group) = &limit.group {
                self.public.insert(group.to_string());
            }
        }
        // Items whose people nothing but their id names.
        let ids = plan.refusals.iter().map(|refusal| &refusal.id);
        for id in ids.chain(actions().map(|action| &action.id)) {
            if let Some((_, key, _)) = user_in(id.as_str()) {
                self.number(&[key]);
            }
        }
    }

    fn learn_names(&mut self, user: &UserState, number: usize) {
        let UserState {
            user_name,
            email,
            given_name,
            family_name,
            display_name,
            attributes,
        } = user;
        let values = attributes.iter().map(|(_, value)| value.to_owned());
        self.values.extend(values);
        for name in [
            user_name,
            email.as_str(),
            given_name,
            family_name,
            display_name,
        ] {
            if !name.is_empty() {
                self.also(name, number);
            }
        }
    }

    fn learn_person(&mut self, person: &Person) {
        let Person { key, email, id } = person;
        let key = key.as_ref().map_or("", PersonKey::as_str);
        let id = id.as_ref().map_or("", UserId::as_str);
        self.number(&[key, email.as_str(), id]);
    }

    fn learn_group(&mut self, group: &GroupRef) {
        let GroupRef { name, id } = group;
        self.public.insert(name.to_string());
        if let Some(id) = id {
            self.public.insert(id.to_string());
        }
    }

    pub(super) fn plan(&mut self, plan: &Plan) -> Plan {
        let Plan {
            version,
            target,
            as_of,
            complete,
            applyable,
            summary,
            base,
            inputs,
            integrity,
            limits,
            actions,
            refusals,
            manual_steps,
            unmanaged,
            notices,
            undo,
            converges,
            people,
            // Serves only apply, which takes no redacted plan.
            accounts: _,
            needs_approval,
        } = plan;
        let TargetInfo {
            name: _,
            provider: _,
            title: _,
            base_url: _,
        } = target;
        Plan {
            version: *version,
            target: target.clone(),
            as_of: *as_of,
            complete: *complete,
            applyable: *applyable,
            converges: *converges,
            needs_approval: needs_approval.clone(),
            people: people.iter().map(|effect| self.effect(effect)).collect(),
            accounts: Vec::new(),
            summary: summary.clone(),
            base: base.clone(),
            inputs: self.inputs(inputs),
            integrity: integrity.clone(),
            limits: limits.iter().map(|limit| self.limit(limit)).collect(),
            actions: actions.iter().map(|action| self.action(action)).collect(),
            refusals: refusals.iter().map(|item| self.refusal(item)).collect(),
            manual_steps: manual_steps.iter().map(|item| self.step(item)).collect(),
            unmanaged: self.unmanaged(unmanaged),
            notices: notices.iter().map(|notice| self.notice(notice)).collect(),
            // What the run did is told by the actions; its record serves only apply, which
            // takes no redacted plan.
            undo: undo.as_ref().map(|undo| {
                let Undo {
                    began,
                    plan,
                    items: _,
                    open: _,
                } = undo;
                Undo {
                    began: began.clone(),
                    plan: plan.clone(),
                    items: Vec::new(),
                    open: Vec::new(),
                }
            }),
        }
    }

    fn inputs(&mut self, inputs: &Inputs) -> Inputs {
        let Inputs {
            manifest,
            files,
            live,
            base,
        } = inputs;
        let files: BTreeMap<String, String> = files
            .iter()
            .map(|(name, hash)| (self.file(name), hash.clone()))
            .collect();
        Inputs {
            manifest: manifest.clone(),
            files,
            live: live.clone(),
            base: base.clone(),
        }
    }

    fn limit(&mut self, limit: &LimitUse) -> LimitUse {
        // Numbers and a group: nothing of people.
        limit.clone()
    }

    fn effect(&mut self, effect: &Effect) -> Effect {
        let Effect {
            person,
            account,
            gains,
            loses,
            groups_left,
        } = effect;
        Effect {
            person: self.person(person),
            account: *account,
            gains: gains.clone(),
            loses: loses.clone(),
            groups_left: *groups_left,
        }
    }

    fn action(&mut self, action: &Action) -> Action {
        let Action {
            id,
            change,
            reason,
            evidence,
            consequences,
            depends_on,
            cause,
        } = action;
        Action {
            id: self.item_id(id),
            change: self.change(change),
            reason: *reason,
            evidence: self.all_evidence(evidence),
            consequences: consequences.iter().map(|it| self.consequence(it)).collect(),
            depends_on: depends_on.iter().map(|id| self.item_id(id)).collect(),
            cause: *cause,
        }
    }

    fn change(&mut self, change: &Change) -> Change {
        match change {
            Change::CreateUser {
                key,
                user,
                external_id,
            } => {
                let number = self.number(&[key.as_str()]);
                Change::CreateUser {
                    key: self.key(key, number),
                    user: self.user(user, number),
                    external_id: external_id.as_ref().map(|id| self.external_id(id, number)),
                }
            }
            Change::AdoptUser {
                person,
                user,
                external_id,
            } => {
                let hidden = self.person(person);
                let number = self.number_of(person);
                Change::AdoptUser {
                    person: hidden,
                    user: self.user(user, number),
                    external_id: external_id.as_ref().map(|id| self.external_id(id, number)),
                }
            }
            // Groups, roles and scopes: nothing of people.
            Change::AdoptGroup { .. }
            | Change::CreateBinding { .. }
            | Change::DeleteBinding { .. } => change.clone(),
            Change::ReactivateUser { person } => Change::ReactivateUser {
                person: self.person(person),
            },
            Change::UpdateUser {
                person,
                changes,
                becomes,
            } => {
                let hidden = self.person(person);
                let number = self.number_of(person);
                Change::UpdateUser {
                    changes: changes
                        .iter()
                        .map(|change| self.attribute(change, number))
                        .collect(),
                    becomes: self.user(becomes, number),
                    person: hidden,
                }
            }
            Change::CreateGroup { name, expected_id } => Change::CreateGroup {
                name: name.clone(),
                expected_id: expected_id.clone(),
            },
            Change::AddMembers { group, members } => Change::AddMembers {
                group: group.clone(),
                members: self.members(members),
            },
            Change::RenameGroup { id, before, after } => Change::RenameGroup {
                id: id.clone(),
                before: before.clone(),
                after: after.clone(),
            },
            Change::RemoveMembers { group, members } => Change::RemoveMembers {
                group: group.clone(),
                members: self.members(members),
            },
            Change::DeactivateUser { person } => Change::DeactivateUser {
                person: self.person(person),
            },
            Change::DeleteUser { person } => Change::DeleteUser {
                person: self.person(person),
            },
            Change::DeleteGroup { id, name } => Change::DeleteGroup {
                id: id.clone(),
                name: name.clone(),
            },
        }
    }

    fn members(&mut self, members: &[MemberChange]) -> Vec<MemberChange> {
        members
            .iter()
            .map(|member| {
                let MemberChange { person, origins } = member;
                MemberChange {
                    person: self.person(person),
                    origins: origins.iter().map(|origin| self.origin(origin)).collect(),
                }
            })
            .collect()
    }

    fn origin(&mut self, origin: &MembershipOrigin) -> MembershipOrigin {
        let MembershipOrigin {
            role,
            through,
            mapping,
            place,
            until,
            reason,
        } = origin;
        MembershipOrigin {
            role: role.clone(),
            through: through.clone(),
            mapping: mapping.clone(),
            place: self.place(place),
            until: *until,
            // Free text: it may name anybody.
            reason: match (reason, self.hides_all()) {
                (Some(_), true) => Some("redacted".to_owned()),
                (Some(reason), false) => Some(self.sentence(reason)),
                (None, _) => None,
            },
        }
    }

    /// The number of a person.
    fn number_of(&mut self, person: &Person) -> usize {
        let key = person.key.as_ref().map_or("", PersonKey::as_str);
        let email = person.email.as_str();
        let id = person.id.as_ref().map_or("", UserId::as_str);
        self.number(&[key, email, id])
    }

    fn person(&mut self, person: &Person) -> Person {
        let number = self.number_of(person);
        let Person { key, email, id } = person;
        Person {
            key: key.as_ref().map(|key| self.key(key, number)),
            email: self.email(email, number),
            id: id
                .as_ref()
                .map(|id| UserId::from(self.id(id.as_str(), number))),
        }
    }

    fn user(&mut self, user: &UserState, number: usize) -> UserState {
        let UserState {
            user_name,
            email,
            given_name,
            family_name,
            display_name,
            attributes,
        } = user;
        UserState {
            user_name: match self.redaction {
                Redaction::All => pseudonym(number),
                Redaction::Email | Redaction::None if user_name.contains('@') => address(number),
                Redaction::Email | Redaction::None => user_name.clone(),
            },
            email: self.email(email, number),
            given_name: self.name(given_name, number),
            family_name: self.name(family_name, number),
            display_name: self.name(display_name, number),
            attributes: attributes
                .iter()
                .map(|(attribute, value)| (attribute, self.value(value)))
                .collect(),
        }
    }

    fn attribute(&mut self, change: &AttributeChange, number: usize) -> AttributeChange {
        let AttributeChange {
            attribute,
            before,
            after,
        } = change;
        let mut shown = |text: &str| match attribute {
            Attribute::GivenName | Attribute::FamilyName | Attribute::DisplayName => {
                self.name(text, number)
            }
            Attribute::Extra(_) => self.value(text),
        };
        AttributeChange {
            attribute: *attribute,
            before: before.as_deref().map(&mut shown),
            after: shown(after),
        }
    }

    /// The value of an attribute beyond names. Two people may have one job title, so it stands
    /// for nobody.
    fn value(&mut self, value: &str) -> String {
        match self.redaction {
            Redaction::All if value.is_empty() => String::new(),
            Redaction::All => HIDDEN.to_owned(),
            Redaction::Email | Redaction::None => self.sentence(value),
        }
    }

    fn key(&self, key: &PersonKey, number: usize) -> PersonKey {
        match self.redaction {
            Redaction::All => PersonKey::from(pseudonym(number)),
            // A key may have been chosen after an address.
            Redaction::Email | Redaction::None if key.as_str().contains('@') => {
                PersonKey::from(address(number))
            }
            Redaction::Email | Redaction::None => key.clone(),
        }
    }

    fn external_id(&self, id: &ExternalId, number: usize) -> ExternalId {
        match self.redaction {
            Redaction::All => ExternalId::for_person(&PersonKey::from(pseudonym(number))),
            Redaction::Email | Redaction::None if id.as_str().contains('@') => {
                ExternalId::from(address(number))
            }
            Redaction::Email | Redaction::None => id.clone(),
        }
    }

    fn email(&self, email: &Email, number: usize) -> Email {
        if self.is_kept(email.as_str()) {
            email.clone()
        } else {
            Email::new(address(number))
        }
    }

    fn id(&self, id: &str, number: usize) -> String {
        match self.redaction {
            Redaction::All => format!("id-{number}"),
            Redaction::Email | Redaction::None if id.contains('@') => address(number),
            Redaction::Email | Redaction::None => id.to_owned(),
        }
    }

    fn name(&mut self, name: &str, number: usize) -> String {
        match self.redaction {
            Redaction::All if name.is_empty() => String::new(),
            Redaction::All => pseudonym(number),
            Redaction::Email | Redaction::None => self.sentence(name),
        }
    }

    fn consequence(&mut self, consequence: &Consequence) -> Consequence {
        let mut by_email = |email: &Email| {
            let number = self.number(&[email.as_str()]);
            self.email(email, number)
        };
        match consequence {
            Consequence::InvitationMailed { to } => {
                Consequence::InvitationMailed { to: by_email(to) }
            }
            Consequence::MayAdopt { email } => Consequence::MayAdopt {
                email: by_email(email),
            },
            Consequence::SuspensionRemoves => Consequence::SuspensionRemoves,
            Consequence::MembershipsLost { groups } => Consequence::MembershipsLost {
                groups: groups.clone(),
            },
            Consequence::MembershipsGained { groups } => Consequence::MembershipsGained {
                groups: groups.clone(),
            },
            Consequence::GroupLeftEmpty { group } => Consequence::GroupLeftEmpty {
                group: group.clone(),
            },
            Consequence::LeftWithoutGroups { person } => Consequence::LeftWithoutGroups {
                person: self.person(person),
            },
            Consequence::BindingsLost { people, bindings } => Consequence::BindingsLost {
                people: people.iter().map(|person| self.person(person)).collect(),
                bindings: bindings.clone(),
            },
            Consequence::BindingsEnd { bindings } => Consequence::BindingsEnd {
                bindings: bindings.clone(),
            },
            Consequence::Undocumented { note } => Consequence::Undocumented {
                note: self.sentence(note),
            },
        }
    }

    fn refusal(&mut self, refusal: &Refusal) -> Refusal {
        let Refusal {
            id,
            code,
            message,
            help,
            evidence,
            blocked,
            cause,
        } = refusal;
        Refusal {
            id: self.item_id(id),
            code: *code,
            message: self.sentence(message),
            help: self.sentence(help),
            evidence: self.all_evidence(evidence),
            blocked: blocked.iter().map(|action| self.action(action)).collect(),
            cause: *cause,
        }
    }

    fn step(&mut self, step: &ManualStep) -> ManualStep {
        let ManualStep {
            id,
            code,
            group,
            members,
            message,
            help,
            evidence,
            cause,
        } = step;
        ManualStep {
            id: id.clone(),
            code: *code,
            group: group.clone(),
            members: *members,
            message: self.sentence(message),
            help: self.sentence(help),
            evidence: self.all_evidence(evidence),
            cause: *cause,
        }
    }

    fn notice(&mut self, notice: &Notice) -> Notice {
        let Notice {
            code,
            message,
            evidence,
        } = notice;
        Notice {
            code: *code,
            message: self.sentence(message),
            evidence: self.all_evidence(evidence),
        }
    }

    fn unmanaged(&mut self, unmanaged: &Unmanaged) -> Unmanaged {
        let Unmanaged {
            users,
            groups,
            memberships,
            bindings,
        } = unmanaged;
        Unmanaged {
            users: users
                .iter()
                .map(|user| {
                    let UnmanagedUser {
                        person,
                        display_name,
                        because,
                    } = user;
                    let number = self.number_of(person);
                    UnmanagedUser {
                        person: self.person(person),
                        display_name: display_name.as_deref().map(|name| self.name(name, number)),
                        because: *because,
                    }
                })
                .collect(),
            groups: groups
                .iter()
                .map(|group| {
                    let UnmanagedGroup {
                        group,
                        members,
                        because,
                    } = group;
                    UnmanagedGroup {
                        group: group.clone(),
                        members: *members,
                        because: *because,
                    }
                })
                .collect(),
            memberships: memberships
                .iter()
                .map(|members| {
                    let UnmanagedMembers {
                        group,
                        ids,
                        because,
                    } = members;
                    UnmanagedMembers {
                        group: group.clone(),
                        ids: ids
                            .iter()
                            .map(|id| {
                                let number = self.number(&[id]);
                                self.id(id, number)
                            })
                            .collect(),
                        because: *because,
                    }
                })
                .collect(),
            bindings: bindings.clone(),
        }
    }

    fn all_evidence(&mut self, evidence: &[Evidence]) -> Vec<Evidence> {
        evidence
            .iter()
            .map(|evidence| {
                let Evidence {
                    place,
                    revision,
                    what,
                } = evidence;
                Evidence {
                    place: self.place(place),
                    revision: revision.clone(),
                    what: self.sentence(what),
                }
            })
            .collect()
    }

    fn place(&mut self, place: &Place) -> Place {
        let Place { file, line, column } = place;
        Place {
            file: Arc::from(self.file(file)),
            line: *line,
            column: *column,
        }
    }

    /// A path whose parts name people loses them: `people/ada.yaml`.
    fn file(&mut self, file: &str) -> String {
        let parts: Vec<String> = file
            .split('/')
            .map(|part| {
                let stem = part
                    .strip_suffix(".yaml")
                    .or_else(|| part.strip_suffix(".yml"));
                let (stem, end) = match stem {
                    Some(stem) => (stem, &part[stem.len()..]),
                    None => (part, ""),
                };
                let known = self.known.get(&crate::ids::fold(stem)).copied();
                match known {
                    Some(number) if self.hides_all() || stem.contains('@') => {
                        format!("{}{end}", pseudonym(number))
                    }
                    Some(_) | None => part.to_owned(),
                }
            })
            .collect();
        parts.join("/")
    }

    /// `user:ada:create`, `guard:protected:user:ada:delete`, `group:sre:remove:ada`
    fn item_id(&mut self, id: &ItemId) -> ItemId {
        let text = id.as_str();
        if let Some((before, key, after)) = user_in(text) {
            let number = self.number(&[key]);
            let hidden = self.shown(key, number);
            return ItemId::new(format!("{before}{hidden}{after}"));
        }
        let parts: Vec<String> = text
            .split(':')
            .map(|part| match self.find(part) {
                Some(number) if !self.public.contains(part) => self.shown(part, number),
                Some(_) | None => self.word(part),
            })
            .collect();
        ItemId::new(parts.join(":"))
    }

    /// A text without people. What is in backticks is a name.
    fn sentence(&mut self, text: &str) -> String {
        let parts: Vec<&str> = text.split('`').collect();
        let last = parts.len() - 1;
        let mut out = String::with_capacity(text.len());
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                out.push('`');
            }
            let is_quoted = at % 2 == 1 && at < last;
            let shown = if is_quoted {
                self.quoted(part)
            } else {
                self.loose(part)
            };
            out.push_str(&shown);
        }
        out
    }

    /// A name in a sentence.
    fn quoted(&mut self, name: &str) -> String {
        if self.is_kept(name) {
            return name.to_owned();
        }
        // A group may be called like a person: then it is hidden with them.
        if let Some(number) = self.find(name) {
            return self.shown(name, number);
        }
        if self.public.contains(name) {
            return name.to_owned();
        }
        if self.hides_all() && self.values.contains(name) {
            return HIDDEN.to_owned();
        }
        let hidden = self.loose(name);
        let is_ours = || {
            OURS.contains(&name)
                || ExtraAttribute::named(name).is_some()
                || ["--", "policy.", "scim-sync ", "target."]
                    .iter()
                    .any(|start| name.starts_with(start))
        };
        if hidden == name && self.hides_all() && !is_ours() {
            // Nobody the plan knows, and still a name.
            let number = self.number(&[name]);
            return pseudonym(number);
        }
        hidden
    }

    /// The person a text tells of. Messages cut what is longer than a line.
    fn find(&self, text: &str) -> Option<usize> {
        let folded = crate::ids::fold(text);
        if let Some(number) = self.known.get(&folded) {
            return Some(*number);
        }
        let start = folded.strip_suffix('…')?;
        self.known
            .iter()
            .filter(|(known, _)| known.starts_with(start))
            .map(|(_, number)| *number)
            .min()
    }

    fn shown(&self, text: &str, number: usize) -> String {
        match self.redaction {
            _ if text.contains('@') => address(number),
            Redaction::All => pseudonym(number),
            Redaction::Email | Redaction::None => text.to_owned(),
        }
    }

    /// Words, of which some may tell of people.
    fn loose(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for word in text.split_inclusive(char::is_whitespace) {
            let start = word.len() - word.trim_start_matches(BEFORE).len();
            let (before, rest) = word.split_at(start);
            let end = rest.trim_end_matches(AFTER).len();
            let (middle, after) = rest.split_at(end);
            out.push_str(before);
            out.push_str(&self.word(middle));
            out.push_str(after);
        }
        out
    }

    fn word(&mut self, word: &str) -> String {
        if word.is_empty() || self.is_kept(word) {
            return word.to_owned();
        }
        if let Some((name, host)) = word.rsplit_once('@')
            && !name.is_empty()
            && !host.is_empty()
        {
            let number = self.number(&[word]);
            return address(number);
        }
        match self.find(word) {
            // A key of one or two letters is a word more often than it is a person.
            Some(number) if self.hides_all() && word.chars().count() > 2 => pseudonym(number),
            Some(_) | None => word.to_owned(),
        }
    }
}

/// The key in the id of an item about a person, with what stands before and after it.
fn user_in(id: &str) -> Option<(&str, &str, &str)> {
    let start = if id.starts_with("user:") {
        "user:".len()
    } else {
        id.find(":user:")? + ":user:".len()
    };
    // An account that nothing declares is known by its id.
    let start = start + usize::from(id[start..].starts_with('#'));
    let rest = &id[start..];
    let end = rest.strip_suffix(":drift").unwrap_or(rest);
    let end = end.rfind(':').unwrap_or(end.len());
    Some((&id[..start], &rest[..end], &rest[end..]))
}

/// What may stand around a word.
const BEFORE: &[char] = &['(', '[', '{', '<', '"', '\'', ','];
/// What may stand after it.
const AFTER: &[char] = &[
    ')', ']', '}', '>', '"', '\'', ',', ';', ':', '.', '?', '!', ' ', '\n', '\t', '\r',
];

fn pseudonym(number: usize) -> String {
    format!("person-{number}")
}

fn address(number: usize) -> String {
    format!("person-{number}@{DOMAIN}")
}
