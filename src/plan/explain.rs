//! Why somebody is in a group, or is not: every path by which they are, and for each role
//! that would give it, what is missing; declared and live side by side.
//!
//! **Invariants.** A path is what the plan itself follows (`DesiredState::origins`). What
//! happens next is read from the plan, not judged again. Every line has its place; who wrote
//! it is filled in by whoever can ask git.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::identity::{Match, Matches, match_users};
use super::item::{Attribute, AttributeChange, Change, Direction, Memberships, Person};
use super::planner::{Context, PlanInput, plan};
use super::{Plan, TargetInfo};
use crate::desired::{DesiredGroup, DesiredUser, RoleIndex, UserIndex};
use crate::ids::{Email, GroupId, GroupName, PersonKey, RoleName, UserId, fold};
use crate::live::{Activity, LiveGroup, LiveIndex};
use crate::manifest::at::TargetManifest;
use crate::manifest::decl::{GroupStatus, Membership, UserStatus};
use crate::manifest::members::MemberDecl;
use crate::manifest::source::{Place, Span};
use crate::manifest::words::closest;

/// The version of the format this build writes.
pub const EXPLAIN_VERSION: u32 = 1;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// What a plan would be made of.
    pub input: PlanInput<'a>,
    /// The declarations.
    pub manifest: &'a TargetManifest,
    /// Whether the live state was read.
    pub reads: Reads,
    /// A key, an e-mail or an id.
    pub person: &'a str,
    /// A group's name or id; all of theirs if absent.
    pub group: Option<&'a str>,
}

/// Whether the live state was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// It was.
    Live,
    /// It was not: only what is declared is told.
    Declared,
}

/// The answer.
#[must_use = "an answer is for somebody who asked"]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "scim-sync explain, version 1", extend("$id" = "urn:scim-sync:schema:explain:1"))]
pub struct Explanation {
    /// The version of this format; always 1.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// The service provider.
    pub target: TargetInfo,
    /// The day grants with an end were judged on.
    #[schemars(with = "String")]
    pub as_of: jiff::civil::Date,
    /// Who it is about.
    pub person: ExplainedPerson,
    /// Their groups, or the one that was asked for; sorted by name.
    pub groups: Vec<ExplainedGroup>,
}

/// Who an answer is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExplainedPerson {
    /// Their key, if they are declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<PersonKey>,
    /// Their e-mail.
    pub email: Email,
    /// How they are declared, if they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<DeclaredPerson>,
    /// The account, if there is one and it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<LiveAccount>,
    /// Whether the live state was read.
    pub live_was_read: bool,
    /// What the next plan does to the account, in words; nothing if it leaves it as it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next: Vec<String>,
}

/// How somebody is declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeclaredPerson {
    /// What is intended.
    pub status: UserStatus,
    /// Where.
    pub line: Line,
}

/// An account at the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LiveAccount {
    /// Its id.
    pub id: UserId,
    /// Its e-mail.
    pub email: Email,
    /// The name shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Whether it is usable.
    pub active: bool,
}

/// A group, and why somebody is in it or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExplainedGroup {
    /// Its name.
    pub name: GroupName,
    /// Its id, if it is live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<GroupId>,
    /// What the manifest says.
    pub declared: Standing,
    /// What the provider says; absent if it was not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<Standing>,
    /// Every path by which they are in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<Path>,
    /// If there is none: why, and what would give it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub why_not: Vec<WhyNot>,
    /// What the next plan does to the membership, in words; absent if nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Whether somebody is in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
    /// They are.
    Member,
    /// They are not.
    NotMember,
    /// There is no such group.
    NoGroup,
}

/// One path by which somebody is in a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Path {
    /// The role that gives the group.
    pub role: RoleName,
    /// The roles it includes on the way to the grant, the one with the grant last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub includes: Vec<Include>,
    /// Where they are written.
    pub grant: Line,
    /// The last day of the grant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub until: Option<jiff::civil::Date>,
    /// Why it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The mapping's expression.
    pub mapping: String,
    /// Where the mapping is.
    pub mapping_line: Line,
}

/// A role that another one includes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Include {
    /// The included role.
    pub role: RoleName,
    /// Where it is included.
    pub line: Line,
}

/// A reason why somebody is not in a group, and what would change that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WhyNot {
    /// Why: a sentence.
    pub message: String,
    /// What would give it: an instruction.
    pub help: String,
    /// The line it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<Line>,
}

/// A line of the manifest, and who wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Line {
    /// The place.
    pub place: Place,
    /// The commit that wrote it as it stands; absent if it is not committed or cannot be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<Written>,
}

/// Who wrote a line, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Written {
    /// The commit, short.
    pub commit: String,
    /// Its author's name.
    pub author: String,
    /// The day.
    pub date: String,
}

/// Somebody or something nobody knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// No such person.
    #[error("nobody is called `{asked}`: no key, e-mail or id of a person, declared or live")]
    Person {
        /// What was asked.
        asked: String,
        /// What may have been meant.
        meant: Option<String>,
    },
    /// No such group.
    #[error("no group is called `{asked}`: neither declared nor live")]
    Group {
        /// What was asked.
        asked: String,
        /// What may have been meant.
        meant: Option<String>,
    },
}

impl Unknown {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Unknown::Person { .. } => "unknown-person",
            Unknown::Group { .. } => "unknown-group",
        }
    }

    /// What to do.
    pub fn help(&self) -> String {
        let (Unknown::Person { meant, .. } | Unknown::Group { meant, .. }) = self;
        match (meant, self) {
            (Some(meant), _) => format!("did you mean `{meant}`?"),
            (None, Unknown::Person { .. }) => {
                "give the key from the manifest, or the e-mail".to_owned()
            }
            (None, Unknown::Group { .. }) => {
                "give the group's name; without one, all groups of the person are told".to_owned()
            }
        }
    }
}

impl Explanation {
    /// Every line in it, for whoever can tell who wrote them.
    pub fn lines_mut(&mut self) -> impl Iterator<Item = &mut Line> {
        let person = self.person.declared.iter_mut().map(|it| &mut it.line);
        let groups = self.groups.iter_mut().flat_map(|group| {
            let paths = group.paths.iter_mut().flat_map(|path| {
                let includes = path.includes.iter_mut().map(|it| &mut it.line);
                includes.chain([&mut path.grant, &mut path.mapping_line])
            });
            let why_not = group.why_not.iter_mut().filter_map(|it| it.line.as_mut());
            paths.chain(why_not)
        });
        person.chain(groups)
    }
}

/// Answers a question.
///
/// # Errors
/// When nobody, or no group, has the name.
pub fn explain(question: Question<'_>) -> Result<Explanation, Unknown> {
    let context = Context {
        input: question.input,
    };
    let matches = match_users(&context).matches;
    let answer = Answer {
        plan: plan(question.input),
        question,
        context,
        matches,
    };
    let (user, live) = answer.person()?;
    let groups = match question.group {
        Some(group) => vec![answer.group_named(group)?],
        None => answer.groups_of(user, live),
    };
    Ok(Explanation {
        version: EXPLAIN_VERSION,
        target: question.input.target.clone(),
        as_of: question.input.desired.as_of,
        person: answer.explained_person(user, live),
        groups: groups
            .into_iter()
            .map(|group| answer.explained_group(group, user, live))
            .collect(),
    })
}

/// A group by its declaration, its account at the provider, or both.
#[derive(Clone, Copy)]
struct Group<'a> {
    name: &'a GroupName,
    desired: Option<&'a DesiredGroup>,
    live: Option<&'a LiveGroup>,
}

struct Answer<'a> {
    question: Question<'a>,
    context: Context<'a>,
    matches: Matches,
    plan: Plan,
}

impl<'a> Answer<'a> {
    fn line(&self, span: Span) -> Line {
        Line {
            place: self.context.place(span),
            written: None,
        }
    }

    fn live_of(&self, user: UserIndex) -> Option<LiveIndex> {
        match self.matches.of(user) {
            Match::Live(live) | Match::Frozen(live) => Some(live),
            Match::Nobody | Match::Held => None,
        }
    }

    fn person(&self) -> Result<(Option<UserIndex>, Option<LiveIndex>), Unknown> {
        let input = self.question.input;
        let asked = self.question.person;
        let folded = fold(asked);
        let users = || input.desired.users.iter().zip((0..).map(UserIndex));
        let declared = users()
            .find(|(user, _)| user.key.as_str() == asked)
            .or_else(|| users().find(|(user, _)| user.email.folded() == folded))
            .map(|(_, at)| at);
        if let Some(user) = declared {
            return Ok((Some(user), self.live_of(user)));
        }
        let mut live = input.live.indexed_users();
        let found = live.find(|(_, user)| {
            user.id.as_str() == asked
                || user.email.folded() == folded
                || fold(&user.user_name) == folded
        });
        if let Some((at, _)) = found {
            let user = users().find(|(_, user)| self.live_of(*user) == Some(at));
            return Ok((user.map(|(_, at)| at), Some(at)));
        }
        let keys = input.desired.users.iter().map(|user| user.key.as_str());
        let emails = input.desired.users.iter().map(|user| user.email.as_str());
        Err(Unknown::Person {
            asked: asked.to_owned(),
            meant: closest(asked, keys.chain(emails).take(200_000)).map(str::to_owned),
        })
    }

    fn group_of(&self, name: &'a GroupName) -> Group<'a> {
        let input = self.question.input;
        let key = self.context.group_key(name);
        let desired = input.desired.groups.iter();
        let live = input.live.groups.iter();
        Group {
            name,
            desired: desired
                .clone()
                .find(|group| self.context.group_key(&group.name) == key),
            live: live
                .clone()
                .find(|group| self.context.group_key(&group.name) == key),
        }
    }

    fn all_groups(&self) -> BTreeMap<Cow<'a, str>, &'a GroupName> {
        let input = self.question.input;
        let live = input.live.groups.iter().map(|group| &group.name);
        let absent = input.desired.absent_groups.iter().map(|group| &group.name);
        let desired = input.desired.groups.iter().map(|group| &group.name);
        live.chain(absent)
            .chain(desired)
            .map(|name| (self.context.group_key(name), name))
            .collect()
    }

    fn group_named(&self, asked: &str) -> Result<Group<'a>, Unknown> {
        let input = self.question.input;
        let all = self.all_groups();
        let by_id = || {
            let mut live = input.live.groups.iter();
            live.find(|group| group.id.as_str() == asked)
                .map(|group| &group.name)
        };
        let exact = all.values().find(|name| name.as_str() == asked).copied();
        let folded = || {
            let mut all = all.values();
            all.find(|name| fold(name.as_str()) == fold(asked)).copied()
        };
        match exact.or_else(by_id).or_else(folded) {
            Some(name) => Ok(self.group_of(name)),
            None => Err(Unknown::Group {
                asked: asked.to_owned(),
                meant: closest(asked, all.values().map(|name| name.as_str())).map(str::to_owned),
            }),
        }
    }

    /// Every group they are in, declared or live.
    fn groups_of(&self, user: Option<UserIndex>, live: Option<LiveIndex>) -> Vec<Group<'a>> {
        let input = self.question.input;
        let mut names: BTreeMap<Cow<'a, str>, &'a GroupName> = BTreeMap::new();
        for group in &input.live.groups {
            if live.is_some_and(|live| group.members.binary_search(&live).is_ok()) {
                names.insert(self.context.group_key(&group.name), &group.name);
            }
        }
        for group in &input.desired.groups {
            if user.is_some_and(|user| group.members.binary_search(&user).is_ok()) {
                names.insert(self.context.group_key(&group.name), &group.name);
            }
        }
        let mut groups: Vec<Group<'a>> = names
            .into_values()
            .map(|name| self.group_of(name))
            .collect();
        groups.sort_by_key(|group| group.name);
        groups
    }

    fn explained_person(
        &self,
        user: Option<UserIndex>,
        live: Option<LiveIndex>,
    ) -> ExplainedPerson {
        let input = self.question.input;
        let declared = user.map(|user| input.desired.user(user));
        let account = live.map(|live| input.live.user(live));
        let email = match (declared, account) {
            (Some(user), _) => user.email.clone(),
            (None, Some(account)) => account.email.clone(),
            (None, None) => Email::new(self.question.person),
        };
        let is_them = |person: &Person| self.is_them(person, declared, live);
        let mut next = Vec::new();
        for (change, refused) in self.changes() {
            let words = match change {
                Change::CreateUser { key, .. } if declared.is_some_and(|user| user.key == *key) => {
                    "the account is created"
                }
                Change::AdoptUser { person, .. }
                    if declared.is_some_and(|user| person.key.as_ref() == Some(&user.key)) =>
                {
                    "the account made by hand is adopted"
                }
                Change::UpdateUser {
                    person, changes, ..
                } if is_them(person) => {
                    let is_name = |change: &AttributeChange| match change.attribute {
                        Attribute::GivenName | Attribute::FamilyName | Attribute::DisplayName => {
                            true
                        }
                        Attribute::Extra(_) => false,
                    };
                    match (changes.iter().any(is_name), changes.iter().all(is_name)) {
                        (true, true) => "the name is changed",
                        (true, false) => "the name and attributes are changed",
                        (false, _) => "attributes are changed",
                    }
                }
                Change::ReactivateUser { person } if is_them(person) => {
                    "the account is made active again"
                }
                Change::DeactivateUser { person } if is_them(person) => {
                    "the account is made inactive"
                }
                Change::DeleteUser { person } if is_them(person) => "the account is removed",
                Change::CreateUser { .. }
                | Change::AdoptUser { .. }
                | Change::AdoptGroup { .. }
                | Change::CreateBinding { .. }
                | Change::DeleteBinding { .. }
                | Change::UpdateUser { .. }
                | Change::ReactivateUser { .. }
                | Change::DeactivateUser { .. }
                | Change::DeleteUser { .. }
                | Change::CreateGroup { .. }
                | Change::AddMembers { .. }
                | Change::RenameGroup { .. }
                | Change::RemoveMembers { .. }
                | Change::DeleteGroup { .. } => continue,
            };
            next.push(with_refusal(words, refused));
        }
        if let Some(user) = declared {
            let about = [
                format!("user:{}:match", user.key),
                format!("user:{}:email", user.key),
                format!("user:{}:standalone", user.key),
            ];
            for refusal in &self.plan.refusals {
                if about.iter().any(|id| refusal.id.as_str() == id) {
                    next.push(format!(
                        "refused [{}]: {}",
                        refusal.code.as_str(),
                        refusal.message
                    ));
                }
            }
        }
        ExplainedPerson {
            key: declared.map(|user| user.key.clone()),
            email,
            declared: declared.map(|user| DeclaredPerson {
                status: user.status,
                line: self.line(user.span),
            }),
            live: account.map(|account| LiveAccount {
                id: account.id.clone(),
                email: account.email.clone(),
                display_name: account.display_name.as_deref().map(str::to_owned),
                active: account.activity == Activity::Active,
            }),
            live_was_read: self.question.reads == Reads::Live,
            next: match self.question.reads {
                Reads::Live => next,
                Reads::Declared => Vec::new(),
            },
        }
    }

    /// Every change of the plan, with the code of the refusal that holds it up.
    fn changes(&self) -> impl Iterator<Item = (&Change, Option<&str>)> {
        let actions = self.plan.actions.iter().map(|it| (&it.change, None));
        let refusals = self.plan.refusals.iter();
        let blocked = refusals.flat_map(|refusal| {
            let code = refusal.code.as_str();
            refusal
                .blocked
                .iter()
                .map(move |it| (&it.change, Some(code)))
        });
        actions.chain(blocked)
    }

    fn is_them(
        &self,
        person: &Person,
        declared: Option<&DesiredUser>,
        live: Option<LiveIndex>,
    ) -> bool {
        let account = live.map(|live| self.question.input.live.user(live));
        match (&person.id, account) {
            (Some(id), Some(account)) => *id == account.id,
            (Some(_), None) => false,
            (None, _) => {
                let key = declared.map(|user| &user.key);
                person.key.is_some() && person.key.as_ref() == key
            }
        }
    }

    fn explained_group(
        &self,
        group: Group<'a>,
        user: Option<UserIndex>,
        live: Option<LiveIndex>,
    ) -> ExplainedGroup {
        let paths = match (group.desired, user) {
            (Some(desired), Some(user)) => self.paths(desired, user),
            (Some(_) | None, _) => Vec::new(),
        };
        let declared = match (group.desired, paths.is_empty()) {
            (None, _) => Standing::NoGroup,
            (Some(_), true) => Standing::NotMember,
            (Some(_), false) => Standing::Member,
        };
        let there = match group.live {
            None => Standing::NoGroup,
            Some(there) if live.is_some_and(|live| there.members.binary_search(&live).is_ok()) => {
                Standing::Member
            }
            Some(_) => Standing::NotMember,
        };
        let why_not = match declared {
            Standing::Member => self.held_back(user),
            Standing::NotMember | Standing::NoGroup => self.why_not(group, user),
        };
        let next = match self.question.reads {
            Reads::Live => self.next(group, user, live, there),
            Reads::Declared => None,
        };
        ExplainedGroup {
            name: group.name.clone(),
            id: group.live.map(|live| live.id.clone()),
            declared,
            live: match self.question.reads {
                Reads::Live => Some(there),
                Reads::Declared => None,
            },
            paths,
            why_not,
            next,
        }
    }

    fn paths(&self, group: &DesiredGroup, user: UserIndex) -> Vec<Path> {
        let origins = self.question.input.desired.origins(group, user);
        origins
            .map(|origin| Path {
                role: origin.role.name.clone(),
                includes: self.includes(&origin.role.name, &origin.granted_in.name),
                grant: self.line(origin.grant.span),
                until: origin.grant.until,
                reason: origin.grant.reason.map(str::to_owned),
                mapping: origin.mapping.pattern.to_string(),
                mapping_line: self.line(origin.mapping.span),
            })
            .collect()
    }

    /// The shortest way of includes from one role to another.
    fn includes(&self, from: &RoleName, to: &RoleName) -> Vec<Include> {
        let roles = &self.question.manifest.roles.0;
        let decl = |name: &RoleName| {
            let found = roles.binary_search_by(|(role, _)| role.value.cmp(name));
            found.ok().map(|at| &roles[at].1)
        };
        let mut came: BTreeMap<&RoleName, (&RoleName, Span)> = BTreeMap::new();
        let mut queue = VecDeque::from([from]);
        while let Some(role) = queue.pop_front() {
            if role == to {
                break;
            }
            for next in decl(role)
                .map(|decl| decl.includes.as_slice())
                .unwrap_or_default()
            {
                if next.value != *from && !came.contains_key(&next.value) {
                    came.insert(&next.value, (role, next.span));
                    queue.push_back(&next.value);
                }
            }
        }
        let mut way = Vec::new();
        let mut at = to;
        while let Some((before, span)) = came.get(at) {
            way.push(Include {
                role: at.clone(),
                line: self.line(*span),
            });
            at = before;
        }
        way.reverse();
        way
    }

    /// Why somebody with a path does not get what it gives.
    fn held_back(&self, user: Option<UserIndex>) -> Vec<WhyNot> {
        let Some(user) = user.map(|user| self.question.input.desired.user(user)) else {
            return Vec::new();
        };
        match user.status {
            UserStatus::Active => Vec::new(),
            UserStatus::Suspended => vec![WhyNot {
                message: format!("`{}` is declared suspended", user.key),
                help: "take out `status: suspended`".to_owned(),
                line: Some(self.line(user.span)),
            }],
            UserStatus::Absent => vec![WhyNot {
                message: format!("`{}` is declared absent", user.key),
                help: "take out `status: absent`".to_owned(),
                line: Some(self.line(user.span)),
            }],
        }
    }

    fn why_not(&self, group: Group<'a>, user: Option<UserIndex>) -> Vec<WhyNot> {
        let input = self.question.input;
        let mut why = self.held_back(user);
        let Some(user) = user.map(|user| input.desired.user(user)) else {
            why.push(WhyNot {
                message: "no file declares this person".to_owned(),
                help: "declare them under `users`, for instance with `scim-sync import live \
                       --merge`"
                    .to_owned(),
                line: None,
            });
            return why;
        };
        let Some(desired) = group.desired else {
            why.push(self.no_role(group.name));
            return why;
        };
        let mut told = Vec::new();
        for source in &desired.sources {
            for inner in &input.desired.role(source.role).closure {
                if !told.contains(inner) {
                    told.push(*inner);
                    why.push(self.would_give(user, source.role, *inner));
                }
            }
        }
        why
    }

    /// What is missing for one role to give a group to somebody.
    fn would_give(&self, user: &DesiredUser, gives: RoleIndex, inner: RoleIndex) -> WhyNot {
        let input = self.question.input;
        let (outer, role) = (input.desired.role(gives), input.desired.role(inner));
        let through = match gives == inner {
            true => String::new(),
            false => format!(", which `{}` includes,", outer.name),
        };
        let over = self.expired(&role.name, &user.key);
        match over.map(|member| (member, member.until)) {
            Some((member, Some(until))) => WhyNot {
                message: format!(
                    "the role `{}`{through} gave it until {}",
                    role.name, until.value
                ),
                help: "set a later day there".to_owned(),
                line: Some(self.line(member.user.span)),
            },
            Some(_) | None => WhyNot {
                message: format!(
                    "the role `{}`{through} gives it, and `{}` does not have it",
                    role.name, user.key
                ),
                help: format!("add `{}` to its `members`", user.key),
                line: Some(self.line(role.span)),
            },
        }
    }

    /// A grant that is over.
    fn expired(&self, role: &RoleName, user: &PersonKey) -> Option<MemberDecl<'a>> {
        let roles = &self.question.manifest.roles.0;
        let found = roles
            .binary_search_by(|(name, _)| name.value.cmp(role))
            .ok()?;
        let mut members = roles[found].1.members.iter(&self.question.manifest.sources);
        members.find(|member| {
            let as_of = self.question.input.desired.as_of;
            member.user.value == user.as_str()
                && member.until.is_some_and(|until| until.value < as_of)
        })
    }

    fn no_role(&self, name: &GroupName) -> WhyNot {
        let groups = &self.question.manifest.groups.0;
        let key = self.context.group_key(name);
        let tombstone = groups.iter().find(|(group, decl)| {
            decl.status() == GroupStatus::Absent && self.context.group_key(&group.value) == key
        });
        match tombstone {
            Some((group, _)) => WhyNot {
                message: format!("the group `{name}` is declared absent"),
                help: "take the tombstone out, and add a role and a mapping that give it"
                    .to_owned(),
                line: Some(self.line(group.span)),
            },
            None => WhyNot {
                message: format!("no role gives the group `{name}`, so plans leave it alone"),
                help: format!(
                    "add a role with these members, and a mapping that gives `{name}`; `scim-sync \
                     import live --merge` writes both"
                ),
                line: None,
            },
        }
    }

    fn next(
        &self,
        group: Group<'a>,
        user: Option<UserIndex>,
        live: Option<LiveIndex>,
        there: Standing,
    ) -> Option<String> {
        let declared = user.map(|user| self.question.input.desired.user(user));
        let key = self.context.group_key(group.name);
        for (change, refused) in self.changes() {
            let Some(Memberships {
                group: of,
                direction,
                members,
            }) = change.memberships()
            else {
                continue;
            };
            let words = match direction {
                Direction::In => "the next apply puts them in",
                Direction::Out => "the next apply takes them out",
            };
            let same_id = group
                .live
                .is_some_and(|live| of.id.as_ref() == Some(&live.id));
            let is_it = same_id || self.context.group_key(&of.name) == key;
            if is_it
                && members
                    .iter()
                    .any(|it| self.is_them(&it.person, declared, live))
            {
                return Some(with_refusal(words, refused));
            }
        }
        let is_additive = group
            .desired
            .is_some_and(|group| group.membership == Membership::Additive);
        match there {
            Standing::Member if is_additive => {
                Some("they stay: the group is `additive`, so no plan takes them out".to_owned())
            }
            Standing::Member if group.desired.is_none() => {
                Some("they stay: nothing declares the group".to_owned())
            }
            Standing::Member | Standing::NotMember | Standing::NoGroup => None,
        }
    }
}

fn with_refusal(words: &str, refused: Option<&str>) -> String {
    match refused {
        None => words.to_owned(),
        Some(code) => format!("{words}, were it not refused [{code}]"),
    }
}
