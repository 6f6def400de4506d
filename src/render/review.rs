//! A plan arranged for whoever reviews it: risk first, then people, then groups; what was
//! there already apart, and what is left alone last.
//!
//! Every format with more than text is drawn from this, so that all of them tell the same
//! in the same order.
//!
//! **Invariants.** Every item of the plan is in a section, and only in the chapters for
//! people and for groups is a membership told twice: once for each reader. Items are made
//! one by one, as they are asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::phrase::Phrase;
use super::style::{Mark, count};
use super::words::{self, Names};
use crate::ids::GroupName;
use crate::plan::{
    Action, Cause, Change, Consequence, Effect, Evidence, ManualStep, MemberChange, Notice, Person,
    Plan, Refusal, Stands, Summary, UnmanagedReason,
};
use crate::scim::listing::{Verdict as Walked, Walk};

/// Where in a review something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Chapter {
    /// What will not be done.
    Refused,
    /// What only a person can do.
    Support,
    /// What takes access away.
    Removals,
    /// What that comes to, person by person.
    Losses,
    /// Accounts, and who gets into which groups, person by person.
    People,
    /// Groups, and who gets into them, group by group.
    Groups,
    /// What a reader should know besides.
    Notices,
    /// What nothing declares.
    Unmanaged,
}

impl Chapter {
    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Chapter::Refused => "Refused",
            Chapter::Support => "For Support",
            Chapter::Removals => "Takes access away",
            Chapter::Losses => "Who loses access",
            Chapter::People => "People",
            Chapter::Groups => "Groups",
            Chapter::Notices => "To know",
            Chapter::Unmanaged => "Left alone",
        }
    }

    /// Whether a reader must see it before anything else.
    pub fn is_risk(self) -> bool {
        match self {
            Chapter::Refused | Chapter::Support | Chapter::Removals | Chapter::Losses => true,
            Chapter::People | Chapter::Groups | Chapter::Notices | Chapter::Unmanaged => false,
        }
    }
}

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A refusal.
    Refused,
    /// A manual step.
    Support,
    /// Members leave a group.
    RemoveMembers,
    /// A role is taken from a group.
    Unbind,
    /// An account is switched off.
    DeactivateUser,
    /// An account goes.
    DeleteUser,
    /// A group goes.
    DeleteGroup,
    /// Somebody loses something by the whole plan.
    Lose,
    /// An account is made.
    CreateUser,
    /// An account made by hand is taken over.
    AdoptUser,
    /// An account is made usable again.
    ReactivateUser,
    /// Names of a person change.
    UpdateUser,
    /// A person who has an account gets into groups.
    Join,
    /// A group is made.
    CreateGroup,
    /// A group made by hand is taken over.
    AdoptGroup,
    /// A group gets another name.
    RenameGroup,
    /// A group gets members.
    AddMembers,
    /// A role is bound to a group.
    Bind,
    /// A notice.
    Notice,
    /// A person left alone.
    UnmanagedUser,
    /// A group left alone.
    UnmanagedGroup,
    /// Members left alone.
    UnmanagedMembers,
    /// Role bindings left alone.
    UnmanagedBinding,
}

impl Kind {
    /// Every kind, in the order of a review.
    pub const ALL: &'static [Kind] = &[
        Kind::Refused,
        Kind::Support,
        Kind::RemoveMembers,
        Kind::Unbind,
        Kind::DeactivateUser,
        Kind::DeleteUser,
        Kind::DeleteGroup,
        Kind::Lose,
        Kind::CreateUser,
        Kind::AdoptUser,
        Kind::ReactivateUser,
        Kind::UpdateUser,
        Kind::Join,
        Kind::CreateGroup,
        Kind::AdoptGroup,
        Kind::RenameGroup,
        Kind::AddMembers,
        Kind::Bind,
        Kind::Notice,
        Kind::UnmanagedUser,
        Kind::UnmanagedGroup,
        Kind::UnmanagedMembers,
        Kind::UnmanagedBinding,
    ];

    /// Where it stands.
    pub fn chapter(self) -> Chapter {
        match self {
            Kind::Refused => Chapter::Refused,
            Kind::Support => Chapter::Support,
            Kind::RemoveMembers
            | Kind::Unbind
            | Kind::DeactivateUser
            | Kind::DeleteUser
            | Kind::DeleteGroup => Chapter::Removals,
            Kind::Lose => Chapter::Losses,
            Kind::CreateUser
            | Kind::AdoptUser
            | Kind::ReactivateUser
            | Kind::UpdateUser
            | Kind::Join => Chapter::People,
            Kind::CreateGroup
            | Kind::AdoptGroup
            | Kind::RenameGroup
            | Kind::AddMembers
            | Kind::Bind => Chapter::Groups,
            Kind::Notice => Chapter::Notices,
            Kind::UnmanagedUser
            | Kind::UnmanagedGroup
            | Kind::UnmanagedMembers
            | Kind::UnmanagedBinding => Chapter::Unmanaged,
        }
    }

    /// The word in front of an item.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Refused => "refused",
            Kind::Support => "support",
            Kind::RemoveMembers => "remove",
            Kind::Unbind => "unbind",
            Kind::Bind => "bind",
            Kind::AdoptUser | Kind::AdoptGroup => "adopt",
            Kind::UnmanagedBinding => "binding",
            Kind::DeactivateUser => "deactivate",
            Kind::DeleteUser | Kind::DeleteGroup => "delete",
            Kind::Lose => "loses",
            Kind::CreateUser | Kind::CreateGroup => "create",
            Kind::ReactivateUser => "reactivate",
            Kind::UpdateUser => "update",
            Kind::Join => "join",
            Kind::RenameGroup => "rename",
            Kind::AddMembers => "add",
            Kind::Notice => "note",
            Kind::UnmanagedUser => "user",
            Kind::UnmanagedGroup => "group",
            Kind::UnmanagedMembers => "members",
        }
    }

    /// What several are, after a number: `12 more removals of members`.
    pub fn plural(self) -> &'static str {
        match self {
            Kind::Refused => "refusals",
            Kind::Support => "steps for Support",
            Kind::RemoveMembers => "removals of members",
            Kind::Unbind => "role bindings to remove",
            Kind::Bind => "role bindings to make",
            Kind::AdoptUser => "people to adopt",
            Kind::AdoptGroup => "groups to adopt",
            Kind::UnmanagedBinding => "role bindings left alone",
            Kind::DeactivateUser => "people to deactivate",
            Kind::DeleteUser => "people to delete",
            Kind::DeleteGroup => "groups to delete",
            Kind::Lose => "people who lose access",
            Kind::CreateUser => "people to create",
            Kind::ReactivateUser => "people to reactivate",
            Kind::UpdateUser => "people to update",
            Kind::Join => "people who join groups",
            Kind::CreateGroup => "groups to create",
            Kind::RenameGroup => "groups to rename",
            Kind::AddMembers => "additions of members",
            Kind::Notice => "notes",
            Kind::UnmanagedUser => "users left alone",
            Kind::UnmanagedGroup => "groups left alone",
            Kind::UnmanagedMembers => "groups with members left alone",
        }
    }

    /// The mark beside the word.
    pub fn mark(self) -> Mark {
        match self {
            Kind::Refused => Mark::Refused,
            Kind::Support => Mark::Manual,
            Kind::RemoveMembers
            | Kind::Unbind
            | Kind::DeactivateUser
            | Kind::DeleteUser
            | Kind::DeleteGroup
            | Kind::Lose => Mark::Remove,
            Kind::CreateUser
            | Kind::AdoptUser
            | Kind::ReactivateUser
            | Kind::Join
            | Kind::CreateGroup
            | Kind::AdoptGroup
            | Kind::AddMembers
            | Kind::Bind => Mark::Add,
            Kind::UpdateUser | Kind::RenameGroup => Mark::Change,
            Kind::Notice
            | Kind::UnmanagedUser
            | Kind::UnmanagedGroup
            | Kind::UnmanagedMembers
            | Kind::UnmanagedBinding => Mark::Note,
        }
    }

    /// The stable name in formats for machines.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Refused => "refused",
            Kind::Support => "support",
            Kind::RemoveMembers => "remove-members",
            Kind::Unbind => "delete-binding",
            Kind::Bind => "create-binding",
            Kind::AdoptUser => "adopt-user",
            Kind::AdoptGroup => "adopt-group",
            Kind::UnmanagedBinding => "unmanaged-binding",
            Kind::DeactivateUser => "deactivate-user",
            Kind::DeleteUser => "delete-user",
            Kind::DeleteGroup => "delete-group",
            Kind::Lose => "lose",
            Kind::CreateUser => "create-user",
            Kind::ReactivateUser => "reactivate-user",
            Kind::UpdateUser => "update-user",
            Kind::Join => "join",
            Kind::CreateGroup => "create-group",
            Kind::RenameGroup => "rename-group",
            Kind::AddMembers => "add-members",
            Kind::Notice => "note",
            Kind::UnmanagedUser => "unmanaged-user",
            Kind::UnmanagedGroup => "unmanaged-group",
            Kind::UnmanagedMembers => "unmanaged-members",
        }
    }
}

/// One thing to review.
#[derive(Debug, Clone)]
pub struct Item {
    /// What it is.
    pub kind: Kind,
    /// The stable code, where it has one.
    pub code: Option<&'static str>,
    /// The sentence after the word.
    pub head: Phrase,
    /// What follows from it, why it is.
    pub lines: Vec<Phrase>,
    /// What to do.
    pub help: Option<Phrase>,
    /// The manifest lines it comes from.
    pub evidence: Vec<Evidence>,
    /// The people it is about.
    pub people: Vec<String>,
    /// The groups it is about.
    pub groups: Vec<String>,
}

impl Item {
    fn new(kind: Kind, head: Phrase) -> Self {
        Self {
            kind,
            code: None,
            head,
            lines: Vec::new(),
            help: None,
            evidence: Vec::new(),
            people: Vec::new(),
            groups: Vec::new(),
        }
    }
}

/// Items of one kind.
pub struct Section<'a> {
    /// The kind.
    pub kind: Kind,
    /// How many there are.
    pub count: usize,
    /// The items, made as they are asked for.
    pub items: Box<dyn Iterator<Item = Item> + 'a>,
}

/// A plan arranged for review.
pub struct Review<'a> {
    /// What it amounts to.
    pub verdict: Verdict,
    /// What the change under review brings; all of it where there is no base revision.
    pub change: Vec<Section<'a>>,
    /// What was there already.
    pub drift: Vec<Section<'a>>,
    /// What a reader should know besides.
    pub notices: Vec<Section<'a>>,
    /// What nothing declares.
    pub unmanaged: Vec<Section<'a>>,
    /// What all creations set off, said once.
    pub side_effects: Vec<String>,
}

/// The first line of a review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// How it may be taken.
    pub grade: Grade,
    /// `2 refused, 1 for Support, 5 removals: needs attention`.
    pub text: String,
}

/// How a plan may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grade {
    /// There is nothing to do.
    Empty,
    /// It only adds and changes.
    Plain,
    /// Something is refused, taken away, or left to a person.
    Attention,
}

impl Verdict {
    /// Judges a plan.
    pub fn of(plan: &Plan) -> Self {
        let summary = &plan.summary;
        let Summary {
            users_compared: _,
            groups_compared: _,
            users_to_create,
            users_to_adopt,
            users_to_update,
            users_to_deactivate,
            users_to_delete,
            groups_to_create,
            groups_to_adopt,
            groups_to_rename,
            groups_to_delete,
            memberships_to_add,
            memberships_to_remove,
            bindings_to_create,
            bindings_to_delete,
            refused,
            manual_steps,
            users_unmanaged: _,
            groups_unmanaged: _,
            drift: _,
        } = *summary;
        let removals = memberships_to_remove
            + users_to_deactivate
            + users_to_delete
            + groups_to_delete
            + bindings_to_delete;
        let additions =
            users_to_create + groups_to_create + memberships_to_add + bindings_to_create;
        let changes = users_to_update + groups_to_rename + users_to_adopt + groups_to_adopt;
        let told: Vec<String> = [
            (refused, "refused", "refused"),
            (manual_steps, "for Support", "for Support"),
            (removals, "removal", "removals"),
            (additions, "addition", "additions"),
            (changes, "change", "changes"),
        ]
        .into_iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, one, many)| count(number, one, many))
        .collect();
        let told = told.join(", ");
        let is_risky = refused + manual_steps + removals > 0;
        let is_whole = is_whole(plan);
        let (grade, text) = match (told.is_empty(), is_risky) {
            (true, _) if is_whole => (Grade::Empty, "nothing to do".to_owned()),
            (true, _) => (
                Grade::Attention,
                "nothing to do, as far as could be read: needs attention".to_owned(),
            ),
            (false, true) => (Grade::Attention, format!("{told}: needs attention")),
            (false, false) if is_whole => (Grade::Plain, format!("{told}: nothing is taken away")),
            (false, false) => (
                Grade::Attention,
                format!("{told}, and not all could be read: needs attention"),
            ),
        };
        if plan.converges {
            return Self { grade, text };
        }
        let told = text.strip_suffix(": needs attention").unwrap_or(&text);
        Self {
            grade: Grade::Attention,
            text: format!("{told}, and it does not converge: needs attention"),
        }
    }
}

/// Whether the live state was read whole.
pub fn is_whole(plan: &Plan) -> bool {
    plan.integrity.users.is_whole() && plan.integrity.groups.is_whole()
}

/// `3 users and 3 groups compared, read whole; grants judged on 2026-11-24; base abc1234`.
pub fn compared(plan: &Plan) -> Phrase {
    let summary = &plan.summary;
    let phrase = Phrase::of(format!(
        "{} and {} compared, {}; grants judged on {}",
        count(summary.users_compared, "user", "users"),
        count(summary.groups_compared, "group", "groups"),
        if is_whole(plan) {
            "read whole"
        } else {
            "perhaps not all of them"
        },
        plan.as_of,
    ));
    match &plan.base {
        Some(base) => phrase.words("; base ").name(base.as_str()),
        None => phrase,
    }
}

/// How one list was read: `12 rows in 2 pages, read until nothing more came`.
pub fn walked(walk: &Walk) -> Phrase {
    let how = match &walk.verdict {
        Walked::Whole { how } => how.to_string(),
        Walked::Partial { reasons } => {
            let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
            format!("perhaps not whole: {}", reasons.join("; "))
        }
    };
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let rows = count(number(walk.rows), "row", "rows");
    let pages = count(number(walk.pages), "page", "pages");
    Phrase::of(format!("{rows} in {pages}, ")).then(Phrase::message(&how))
}

impl<'a> Review<'a> {
    /// Arranges a plan; long lists of names are cut at `names`.
    pub fn of(plan: &'a Plan, names: Names) -> Self {
        Self {
            verdict: Verdict::of(plan),
            change: with_losses(
                plan,
                names,
                part(plan, names, |cause| cause != Some(Cause::Drift)),
            ),
            drift: part(plan, names, |cause| cause == Some(Cause::Drift)),
            notices: notices(plan),
            unmanaged: unmanaged(plan),
            side_effects: set_off(&plan.actions).map(|(_, told)| told).collect(),
        }
    }
}

/// Who loses what by the whole plan, told with the change.
fn with_losses<'a>(
    plan: &'a Plan,
    names: Names,
    mut sections: Vec<Section<'a>>,
) -> Vec<Section<'a>> {
    let losing: Vec<&Effect> = plan
        .people
        .iter()
        .filter(|effect| !effect.loses.is_empty())
        .collect();
    if !losing.is_empty() {
        sections.push(Section {
            kind: Kind::Lose,
            count: losing.len(),
            items: Box::new(losing.into_iter().map(move |effect| {
                let mut item = Item::new(Kind::Lose, words::loss(effect, names));
                item.people.push(effect.person.label().to_owned());
                item.groups = effect.loses.iter().map(ToString::to_string).collect();
                item
            })),
        });
        sections.sort_by_key(|section| section.kind);
    }
    sections
}

/// One part of a plan, without the kinds it has none of.
fn part<'a>(
    plan: &'a Plan,
    names: Names,
    wanted: impl Fn(Option<Cause>) -> bool,
) -> Vec<Section<'a>> {
    let refusals: Vec<&Refusal> = plan
        .refusals
        .iter()
        .filter(|item| wanted(item.cause))
        .collect();
    let steps: Vec<&ManualStep> = plan
        .manual_steps
        .iter()
        .filter(|item| wanted(item.cause))
        .collect();
    let mut actions: BTreeMap<Kind, Vec<&Action>> = BTreeMap::new();
    for action in plan.actions.iter().filter(|action| wanted(action.cause)) {
        actions
            .entry(kind_of(&action.change))
            .or_default()
            .push(action);
    }
    let mut sections = vec![
        Section {
            kind: Kind::Refused,
            count: refusals.len(),
            items: Box::new(
                refusals
                    .into_iter()
                    .map(move |item| refusal_item(item, names)),
            ),
        },
        Section {
            kind: Kind::Support,
            count: steps.len(),
            items: Box::new(steps.into_iter().map(step_item)),
        },
    ];
    let joins = Rc::new(Joins::of(
        actions.get(&Kind::AddMembers).map_or(&[], Vec::as_slice),
    ));
    let created: BTreeSet<&str> = actions
        .get(&Kind::CreateUser)
        .into_iter()
        .flatten()
        .filter_map(|action| created_key(action))
        .collect();
    let together = joins.together(&created);
    for kind in Kind::ALL {
        if *kind == Kind::Join {
            sections.push(Section {
                kind: Kind::Join,
                count: together.len(),
                items: Box::new(
                    together
                        .clone()
                        .into_iter()
                        .map(move |(groups, members)| join(&groups, &members, names)),
                ),
            });
        }
        let Some(actions) = actions.remove(kind) else {
            continue;
        };
        let joins = Rc::clone(&joins);
        sections.push(Section {
            kind: *kind,
            count: actions.len(),
            items: Box::new(
                actions
                    .into_iter()
                    .map(move |action| item_of(action, &joins, names)),
            ),
        });
    }
    sections.retain(|section| section.count > 0);
    sections.sort_by_key(|section| section.kind);
    sections
}

/// The lines of the manifest among places, each once.
pub fn lines(evidence: &[Evidence]) -> Vec<&Evidence> {
    let mut seen = BTreeSet::new();
    evidence
        .iter()
        .filter(|it| seen.insert((&it.place.file, it.place.line, &it.revision)))
        .collect()
}

/// What kind of item a change is.
pub fn kind_of(change: &Change) -> Kind {
    match change {
        Change::CreateUser { .. } => Kind::CreateUser,
        Change::AdoptUser { .. } => Kind::AdoptUser,
        Change::AdoptGroup { .. } => Kind::AdoptGroup,
        Change::CreateBinding { .. } => Kind::Bind,
        Change::DeleteBinding { .. } => Kind::Unbind,
        Change::ReactivateUser { .. } => Kind::ReactivateUser,
        Change::UpdateUser { .. } => Kind::UpdateUser,
        Change::CreateGroup { .. } => Kind::CreateGroup,
        Change::AddMembers { .. } => Kind::AddMembers,
        Change::RenameGroup { .. } => Kind::RenameGroup,
        Change::RemoveMembers { .. } => Kind::RemoveMembers,
        Change::DeactivateUser { .. } => Kind::DeactivateUser,
        Change::DeleteUser { .. } => Kind::DeleteUser,
        Change::DeleteGroup { .. } => Kind::DeleteGroup,
    }
}

fn created_key(action: &Action) -> Option<&str> {
    match &action.change {
        Change::CreateUser { key, .. } => Some(key.as_str()),
        Change::AdoptUser { person, .. } => person.key.as_ref().map(|key| key.as_str()),
        Change::AdoptGroup { .. }
        | Change::CreateBinding { .. }
        | Change::DeleteBinding { .. }
        | Change::ReactivateUser { .. }
        | Change::UpdateUser { .. }
        | Change::CreateGroup { .. }
        | Change::AddMembers { .. }
        | Change::RenameGroup { .. }
        | Change::RemoveMembers { .. }
        | Change::DeactivateUser { .. }
        | Change::DeleteUser { .. }
        | Change::DeleteGroup { .. } => None,
    }
}

/// Who gets into which groups, person by person.
struct Joins<'a>(BTreeMap<&'a str, (Vec<&'a GroupName>, &'a MemberChange)>);

/// Groups, and the people who get into all of them and no other.
type Together<'a> = BTreeMap<Vec<&'a GroupName>, Vec<&'a MemberChange>>;

impl<'a> Joins<'a> {
    fn of(additions: &[&'a Action]) -> Self {
        let mut joins: BTreeMap<&str, (Vec<&GroupName>, &MemberChange)> = BTreeMap::new();
        for action in additions {
            if let Change::AddMembers { group, members } = &action.change {
                for member in members {
                    let (groups, _) = joins
                        .entry(member.person.label())
                        .or_insert_with(|| (Vec::new(), member));
                    if groups.last() != Some(&&group.name) {
                        groups.push(&group.name);
                    }
                }
            }
        }
        Self(joins)
    }

    fn together(&self, but_not: &BTreeSet<&str>) -> Together<'a> {
        let mut together = Together::new();
        for (label, (groups, member)) in &self.0 {
            if !but_not.contains(label) {
                together.entry(groups.clone()).or_default().push(member);
            }
        }
        together
    }
}

fn groups_phrase(groups: &[&GroupName], names: Names) -> Phrase {
    let told = groups.iter().map(|name| Phrase::new().name(name.as_str()));
    words::list(told, groups.len(), names)
}

fn join(groups: &[&GroupName], members: &[&MemberChange], names: Names) -> Item {
    let told = members
        .iter()
        .map(|member| Phrase::new().name(member.person.label()));
    let head = words::list(told, members.len(), names)
        .words(" to ")
        .then(groups_phrase(groups, names));
    let mut item = Item::new(Kind::Join, head);
    item.people = members
        .iter()
        .map(|member| member.person.label().to_owned())
        .collect();
    item.groups = groups.iter().map(|name| name.to_string()).collect();
    let mut seen = BTreeSet::new();
    item.evidence = members
        .iter()
        .filter_map(|member| member.origins.first())
        .filter(|origin| seen.insert((&origin.place.file, origin.place.line, origin.place.column)))
        .map(|origin| Evidence {
            place: origin.place.clone(),
            revision: None,
            what: String::new(),
        })
        .collect();
    item
}

/// An action as an item.
pub fn action_item(action: &Action, names: Names) -> Item {
    item_of(action, &Joins(BTreeMap::new()), names)
}

fn item_of(action: &Action, joins: &Joins<'_>, names: Names) -> Item {
    let kind = kind_of(&action.change);
    let mut head = words::subject(action, names);
    if let Some((groups, _)) = created_key(action).and_then(|key| joins.0.get(key)) {
        head = head.words(", joins ").then(groups_phrase(groups, names));
    }
    let mut item = Item::new(kind, head);
    item.lines = action
        .consequences
        .iter()
        .filter(|consequence| !words::is_of_people(consequence))
        .filter_map(|consequence| words::consequence(consequence, names))
        .collect();
    if kind.chapter() == Chapter::Removals || kind == Kind::UpdateUser {
        item.lines.push(Phrase::of(action.reason.words()));
    }
    item.evidence = words::places_of(action);
    (item.people, item.groups) = about(&action.change);
    if let Some((groups, _)) = created_key(action).and_then(|key| joins.0.get(key)) {
        item.groups
            .extend(groups.iter().map(|name| name.to_string()));
    }
    item
}

/// The people and the groups a change is about.
fn about(change: &Change) -> (Vec<String>, Vec<String>) {
    let person = |person: &Person| vec![person.label().to_owned()];
    match change {
        Change::CreateUser { key, .. } => (vec![key.to_string()], Vec::new()),
        Change::AdoptUser { person: who, .. }
        | Change::ReactivateUser { person: who }
        | Change::UpdateUser { person: who, .. }
        | Change::DeactivateUser { person: who }
        | Change::DeleteUser { person: who } => (person(who), Vec::new()),
        Change::CreateGroup { name, .. }
        | Change::AdoptGroup { name, .. }
        | Change::DeleteGroup { name, .. } => (Vec::new(), vec![name.to_string()]),
        Change::CreateBinding { group, .. } | Change::DeleteBinding { group, .. } => {
            (Vec::new(), vec![group.name.to_string()])
        }
        Change::RenameGroup { before, after, .. } => {
            (Vec::new(), vec![before.to_string(), after.to_string()])
        }
        Change::AddMembers { group, members } | Change::RemoveMembers { group, members } => (
            members
                .iter()
                .map(|member| member.person.label().to_owned())
                .collect(),
            vec![group.name.to_string()],
        ),
    }
}

/// A refusal as an item.
pub fn refusal_item(refusal: &Refusal, names: Names) -> Item {
    let mut item = Item::new(Kind::Refused, Phrase::message(&refusal.message));
    item.code = Some(refusal.code.as_str());
    let shown = refusal.blocked.len().min(names.0);
    for action in &refusal.blocked[..shown] {
        let word = words::mark(&action.change).1;
        item.lines
            .push(Phrase::of(format!("blocked: {word} ")).then(words::subject(action, names)));
    }
    if shown < refusal.blocked.len() {
        let more = refusal.blocked.len() - shown;
        item.lines.push(Phrase::of(format!("blocked: {more} more")));
    }
    item.help = Some(Phrase::message(&refusal.help));
    item.evidence.clone_from(&refusal.evidence);
    for action in &refusal.blocked {
        let (people, groups) = about(&action.change);
        item.people.extend(people);
        item.groups.extend(groups);
    }
    item
}

/// A manual step as an item.
pub fn step_item(step: &ManualStep) -> Item {
    let mut item = Item::new(Kind::Support, Phrase::message(&step.message));
    item.code = Some(step.code.as_str());
    item.lines.push(Phrase::of(match step.members {
        0 => "it has no members".to_owned(),
        members => format!("it has {} now", count(members, "member", "members")),
    }));
    item.help = Some(Phrase::message(&step.help));
    item.evidence.clone_from(&step.evidence);
    item.groups.push(step.group.name.to_string());
    item
}

/// A notice as an item.
pub fn notice_item(notice: &Notice) -> Item {
    let mut item = Item::new(Kind::Notice, Phrase::message(&notice.message));
    item.code = Some(notice.code.as_str());
    item.evidence.clone_from(&notice.evidence);
    item
}

fn notices(plan: &Plan) -> Vec<Section<'_>> {
    let mut sections = vec![Section {
        kind: Kind::Notice,
        count: plan.notices_at(Stands::Below).count(),
        items: Box::new(plan.notices_at(Stands::Below).map(notice_item)),
    }];
    sections.retain(|section| section.count > 0);
    sections
}

fn unmanaged(plan: &Plan) -> Vec<Section<'_>> {
    let because = |because: UnmanagedReason| match because {
        UnmanagedReason::Undeclared => "",
        UnmanagedReason::AdditiveGroup => ", as the group is additive",
        UnmanagedReason::UnlistedMember => ", not in the list of users",
        UnmanagedReason::RemovalKeeps => ", kept by `policy.onRemoval`",
        UnmanagedReason::ProviderKeeps => ", made and kept by the provider",
    };
    let left = &plan.unmanaged;
    let users = left.users.iter().map(move |user| {
        let mut head = Phrase::new().name(user.person.email.as_str());
        if let Some(name) = &user.display_name {
            head = head.words(" ").value(name.as_str());
        }
        let mut item = Item::new(
            Kind::UnmanagedUser,
            head.then(Phrase::message(because(user.because))),
        );
        item.people.push(user.person.label().to_owned());
        item
    });
    let groups = left.groups.iter().map(move |group| {
        let head = Phrase::new()
            .name(group.group.name.as_str())
            .words(words::members_left(group))
            .then(Phrase::message(because(group.because)));
        let mut item = Item::new(Kind::UnmanagedGroup, head);
        item.groups.push(group.group.name.to_string());
        item
    });
    let members = left.memberships.iter().map(|members| {
        let mut item = Item::new(Kind::UnmanagedMembers, words::unmanaged_members(members));
        item.groups.push(members.group.name.to_string());
        item
    });
    let bindings = left.bindings.iter().map(move |binding| {
        let head = words::binding_phrase(&binding.binding)
            .words(" of group ")
            .name(binding.group.name.as_str())
            .then(Phrase::message(because(binding.because)));
        let mut item = Item::new(Kind::UnmanagedBinding, head);
        item.groups.push(binding.group.name.to_string());
        item
    });
    let mut sections = vec![
        Section {
            kind: Kind::UnmanagedUser,
            count: left.users.len(),
            items: Box::new(users),
        },
        Section {
            kind: Kind::UnmanagedGroup,
            count: left.groups.len(),
            items: Box::new(groups),
        },
        Section {
            kind: Kind::UnmanagedMembers,
            count: left.memberships.len(),
            items: Box::new(members),
        },
        Section {
            kind: Kind::UnmanagedBinding,
            count: left.bindings.len(),
            items: Box::new(bindings),
        },
    ];
    sections.retain(|section| section.count > 0);
    sections
}

/// What creations set off, said once for all of them: a word for it, and a sentence.
pub fn set_off<'a>(
    actions: impl IntoIterator<Item = &'a Action>,
) -> impl Iterator<Item = (&'static str, String)> {
    let (mut mailed, mut adopting) = (0, 0);
    for consequence in actions.into_iter().flat_map(|action| &action.consequences) {
        match consequence {
            Consequence::InvitationMailed { .. } => mailed += 1,
            Consequence::MayAdopt { .. } => adopting += 1,
            Consequence::SuspensionRemoves
            | Consequence::LogsInAs { .. }
            | Consequence::MembershipsLost { .. }
            | Consequence::MembershipsGained { .. }
            | Consequence::UnlistedMembersLost { .. }
            | Consequence::GroupLeftEmpty { .. }
            | Consequence::LeftWithoutGroups { .. }
            | Consequence::BindingsLost { .. }
            | Consequence::BindingsEnd { .. }
            | Consequence::Undocumented { .. } => {}
        }
    }
    let mail = (mailed > 0).then(|| {
        let invitations = count(mailed, "invitation is", "invitations are");
        (
            "mail",
            format!("{invitations} mailed to the people created"),
        )
    });
    let adopt = (adopting > 0).then(|| {
        (
            "adopt",
            "whoever of them already has an account that SCIM cannot see is taken over, not created"
                .to_owned(),
        )
    });
    mail.into_iter().chain(adopt)
}
