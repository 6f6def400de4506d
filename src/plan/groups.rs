//! Groups and memberships: created, filled, renamed, emptied, removed, left alone.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap, HashSet};

use foldhash::fast::RandomState;

use super::base::before;
use super::hand_made::HandMadeFound;
use super::identity::{Claim, Match, Matches};
use super::item::{
    Action, Change, Consequence, Evidence, GroupRef, ItemId, ManualStep, ManualStepCode,
    MemberChange, MembershipOrigin, Notice, NoticeCode, Reason, Refusal, RefusalCode,
    UnmanagedGroup, UnmanagedMembers, UnmanagedReason,
};
use super::planner::{Context, Draft};
use super::users::Settled;
use crate::desired::{BaseRevision, DesiredGroup, UserIndex};
use crate::ids::{GroupId, GroupName};
use crate::live::{LiveGroup, LiveIndex};
use crate::manifest::decl::{GroupRemoval, Membership, Undeclared, UserStatus};
use crate::profile::{GroupIds, GroupRemovalRule, Suspension, UserRemovalEffect};
use crate::scim::dialect::ListMembers;

/// Plans every desired group, then every live group that no role maps to.
pub(super) fn plan_groups(
    context: &Context<'_>,
    matches: &Matches,
    settled: &Settled,
    draft: &mut Draft,
) {
    let live = context.input.live;
    let mut groups = Groups {
        context,
        matches,
        by_name: HashMap::with_capacity_and_hasher(live.groups.len(), RandomState::default()),
        claimed: vec![false; live.groups.len()],
        live_ids: OnceCell::new(),
        new_ids: BTreeMap::new(),
        older_ids: BTreeMap::new(),
        seats: Seats::new(context, matches, settled),
        purged: vec![false; live.users.len()],
        rounds: RefCell::new(Rounds::new(live.users.len())),
        desired: OnceCell::new(),
    };
    for (group, at) in live.groups.iter().zip(0..) {
        groups
            .by_name
            .entry(context.group_key(&group.name))
            .and_modify(|found| found.push(at))
            .or_insert(Namesakes::One(at));
    }
    for user in &draft.purged {
        groups.purged[user.0 as usize] = true;
    }

    for group in &context.input.desired.groups {
        groups.plan_desired(draft, group);
    }
    groups.plan_absent(draft);
    groups.plan_unmapped(draft);
    groups.plan_undeclared(draft);
    removals_wait_for_memberships(context, draft);
}

pub(super) struct Groups<'a> {
    pub(super) context: &'a Context<'a>,
    matches: &'a Matches,
    by_name: HashMap<Cow<'a, str>, Namesakes, RandomState>,
    /// Live groups that the plan has dealt with.
    claimed: Vec<bool>,
    /// Ids in use, to find collisions of derived ids: asked only where a group is made.
    live_ids: OnceCell<HashMap<&'a GroupId, &'a GroupName>>,
    /// Ids of groups that are to be made.
    new_ids: BTreeMap<GroupId, GroupName>,
    /// Ids that older servers gave groups which are to be made.
    older_ids: BTreeMap<GroupId, GroupName>,
    /// What each declared person is to a group that wants them, by position.
    seats: Seats,
    /// Live users whose account goes and takes its memberships along.
    purged: Vec<bool>,
    rounds: RefCell<Rounds>,
    /// The names of all desired groups, as the provider compares them: asked only where a group
    /// had another name.
    desired: OnceCell<HashSet<Cow<'a, str>>>,
}

/// The live groups of a name: nearly always one.
enum Namesakes {
    One(usize),
    Several(Vec<usize>),
}

impl Namesakes {
    fn push(&mut self, at: usize) {
        match self {
            Namesakes::One(first) => *self = Namesakes::Several(vec![*first, at]),
            Namesakes::Several(all) => all.push(at),
        }
    }

    fn as_slice(&self) -> &[usize] {
        match self {
            Namesakes::One(one) => std::slice::from_ref(one),
            Namesakes::Several(all) => all,
        }
    }
}

/// What a declared person is to a group that wants them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seat {
    /// In it, as this user.
    Live(LiveIndex),
    /// In it once they are made.
    New,
    /// Nothing is asked of the group: they are to be nowhere, or nothing is done to them.
    None,
}

/// Each person's seat, by position. Of a million memberships each asks for one, so they lie close
/// together.
struct Seats(Vec<u32>);

impl Seats {
    const NEW: u32 = u32::MAX;
    const NONE: u32 = u32::MAX - 1;

    fn new(context: &Context<'_>, matches: &Matches, settled: &Settled) -> Self {
        let seats = (0..context.input.desired.users.len()).map(|at| {
            let at = UserIndex(u32::try_from(at).expect("people are counted in 32 bits"));
            match seat(context, matches.of(at), at, settled) {
                Seat::Live(live) => live.0,
                Seat::New => Self::NEW,
                Seat::None => Self::NONE,
            }
        });
        Self(seats.collect())
    }

    fn of(&self, user: UserIndex) -> Seat {
        match self.0[user.0 as usize] {
            Self::NEW => Seat::New,
            Self::NONE => Seat::None,
            live => Seat::Live(LiveIndex(live)),
        }
    }
}

fn seat(context: &Context<'_>, found: Match, at: UserIndex, settled: &Settled) -> Seat {
    // Nearly everybody, without a look at them.
    if let Match::Live(live) = found
        && settled.holds(at)
    {
        return Seat::Live(live);
    }
    let status = context.input.desired.user(at).status;
    match (found, status, context.input.profile.suspension) {
        (_, UserStatus::Absent, _)
        | (Match::Held, _, _)
        | (Match::Nobody, UserStatus::Suspended, _)
        | (_, UserStatus::Suspended, Suspension::Removes) => Seat::None,
        (Match::Nobody, UserStatus::Active, _) => Seat::New,
        (Match::Live(live) | Match::Frozen(live), UserStatus::Active, _)
        | (Match::Live(live) | Match::Frozen(live), UserStatus::Suspended, Suspension::Disables) => {
            Seat::Live(live)
        }
    }
}

/// Who was seen in which round, by position: two sets are compared in one pass over each,
/// whatever their order.
struct Rounds {
    round: u32,
    seen: Vec<u32>,
}

impl Rounds {
    fn new(users: usize) -> Self {
        Self {
            round: 0,
            seen: vec![0; users],
        }
    }

    /// A round nobody was seen in.
    fn begin(&mut self) -> u32 {
        self.round += 1;
        self.round
    }

    /// Whoever is wanted and not there, and whoever is there and not wanted.
    fn compare(
        &mut self,
        wanted: impl Iterator<Item = (LiveIndex, UserIndex)>,
        there: &[LiveIndex],
    ) -> (Vec<(LiveIndex, UserIndex)>, Vec<LiveIndex>) {
        let there_in = self.begin();
        for live in there {
            self.seen[live.0 as usize] = there_in;
        }
        let both_in = self.begin();
        let mut both = 0;
        let mut missing = Vec::new();
        for (live, user) in wanted {
            let seen = &mut self.seen[live.0 as usize];
            if *seen == there_in {
                *seen = both_in;
                both += 1;
            } else if *seen != both_in {
                missing.push((live, user));
            }
        }
        if both == there.len() {
            return (missing, Vec::new());
        }
        let is_wanted = |live: &LiveIndex| self.seen[live.0 as usize] == both_in;
        let not_wanted = there.iter().copied();
        (
            missing,
            not_wanted.filter(|live| !is_wanted(live)).collect(),
        )
    }
}

impl<'a> Groups<'a> {
    fn named(&self, name: &GroupName) -> &[usize] {
        let found = self.by_name.get(&*self.context.group_key(name));
        found.map_or(&[], Namesakes::as_slice)
    }

    /// Whether a role gives a group of this name.
    fn is_desired(&self, name: &GroupName) -> bool {
        let names = || {
            let groups = self.context.input.desired.groups.iter();
            let names = groups.map(|group| self.context.group_key(&group.name));
            names.collect()
        };
        let desired = self.desired.get_or_init(names);
        desired.contains(&self.context.group_key(name))
    }

    /// The group that has an id, or is to be made and gets it.
    fn with_id(&self, id: &GroupId) -> Option<&GroupName> {
        let groups = self.context.input.live.groups.iter();
        let live = || groups.map(|group| (&group.id, &group.name)).collect();
        let live = self.live_ids.get_or_init(live);
        self.new_ids.get(id).or_else(|| live.get(id).copied())
    }

    fn live(&self, at: usize) -> &LiveGroup {
        &self.context.input.live.groups[at]
    }

    /// Which lines a desired group comes from: its mappings' and its roles'.
    fn evidence(&self, group: &DesiredGroup) -> Vec<Evidence> {
        let desired = self.context.input.desired;
        let mut evidence = Vec::new();
        for source in &group.sources {
            let role = desired.role(source.role);
            let mapping = &desired.mappings[source.mapping as usize];
            evidence.push(
                self.context
                    .evidence(role.span, format!("role `{}`", role.name)),
            );
            evidence.push(
                self.context
                    .evidence(mapping.span, format!("mapping `{}`", mapping.pattern)),
            );
        }
        evidence.dedup();
        evidence
    }

    fn plan_desired(&mut self, draft: &mut Draft, group: &DesiredGroup) {
        match *self.named(&group.name) {
            [] => match self.earlier_name(group).as_slice() {
                [] => self.create(draft, group),
                [at] => {
                    let at = *at;
                    self.claimed[at] = true;
                    let live = self.live(at);
                    let change = Change::RenameGroup {
                        id: live.id.clone(),
                        before: live.name.clone(),
                        after: group.name.clone(),
                    };
                    let id = format!("group:{}:rename", group.name);
                    let evidence = self.evidence(group);
                    draft.act(id, change, Reason::Renamed, evidence);
                    let live = self.live(at);
                    self.plan_members(draft, group, Some(live), None);
                }
                // Which of them it was decides who gets what: nobody can tell but its owner.
                several => self.ambiguous_earlier(draft, group, several),
            },
            [at] => {
                self.claimed[at] = true;
                self.plan_members(draft, group, Some(self.live(at)), None);
            }
            _ => {
                let several = self.named(&group.name).to_vec();
                self.ambiguous(draft, &group.name, &several, self.evidence(group));
            }
        }
    }

    /// The live groups that have an earlier name of this group and no role of their own.
    fn earlier_name(&self, group: &DesiredGroup) -> Vec<usize> {
        let mut found: Vec<usize> = group
            .previously
            .iter()
            .filter(|name| !self.is_desired(name))
            .flat_map(|name| self.named(name).iter().copied())
            .filter(|at| !self.claimed[*at])
            .collect();
        // Two spellings of one name find one group twice.
        found.sort_unstable();
        found.dedup();
        found
    }

    /// How several live groups are told apart.
    fn told_apart(&self, several: &[usize]) -> String {
        let told = several.iter().map(|at| {
            let group = self.live(*at);
            let members = group.members.len() + group.unlisted.len();
            let members = match members {
                1 => "1 member".to_owned(),
                members => format!("{members} members"),
            };
            format!("`{}` (id {}, {members})", group.name, group.id)
        });
        told.collect::<Vec<_>>().join(", ")
    }

    fn ambiguous_earlier(&mut self, draft: &mut Draft, group: &DesiredGroup, several: &[usize]) {
        for at in several {
            self.claimed[*at] = true;
        }
        let mut names: Vec<&GroupName> = several.iter().map(|at| &self.live(*at).name).collect();
        names.sort_unstable();
        names.dedup();
        let help = match names.len() {
            1 => "rename or remove the group that is not meant at the service provider, then plan \
                  again"
                .to_owned(),
            _several => format!(
                "leave in `previously` of `{}` only the one that is to be renamed; the other is \
                 then left alone, or goes with `status: absent`",
                group.name
            ),
        };
        draft.refusals.push(Refusal {
            id: ItemId::new(format!("group:{}:match", group.name)),
            code: RefusalCode::AmbiguousGroup,
            message: format!(
                "`previously` fits {} live groups, and `{}` can be only one of them: {}",
                several.len(),
                group.name,
                self.told_apart(several)
            ),
            help,
            evidence: self.evidence(group),
            blocked: Vec::new(),
            cause: None,
        });
    }

    fn create(&mut self, draft: &mut Draft, group: &DesiredGroup) {
        let evidence = self.evidence(group);
        let expected_id = match self.context.input.profile.group_ids {
            GroupIds::Opaque => None,
            GroupIds::DerivedFromName(derive) => match derive(group.name.as_str()) {
                Ok(id) => Some(GroupId::from(id)),
                Err(fault) => {
                    draft.refusals.push(Refusal {
                        id: ItemId::new(format!("group:{}:create", group.name)),
                        code: RefusalCode::GroupNameRejected,
                        message: format!(
                            "{} would not accept the group `{}`: {fault}",
                            self.context.input.profile.title, group.name
                        ),
                        help: "rename the role, or give its mapping another group template"
                            .to_owned(),
                        evidence,
                        blocked: Vec::new(),
                        cause: None,
                    });
                    return;
                }
            },
        };
        if let Some(id) = &expected_id {
            if let Some((other, message)) = self.id_taken(group, id) {
                let before = draft.actions.len();
                self.make(draft, group, expected_id, evidence.clone());
                draft.refusals.push(Refusal {
                    id: ItemId::new(format!("group:{}:create", group.name)),
                    code: RefusalCode::GroupIdTaken,
                    message,
                    help: format!(
                        "map the role to `{other}`, or rename the role so that its id differs"
                    ),
                    evidence,
                    blocked: draft.actions.split_off(before),
                    cause: None,
                });
                return;
            }
            self.new_ids.insert(id.clone(), group.name.clone());
            if let Some(older) = self.older_id(group) {
                self.older_ids.insert(older, group.name.clone());
            }
            match self.hand_made(draft, group, id, &evidence) {
                HandMadeFound::None => {}
                HandMadeFound::Refused => return,
                HandMadeFound::Adopt(found) => return self.adopt(draft, group, &found, evidence),
            }
        }
        self.make(draft, group, expected_id, evidence);
    }

    /// Makes a group and puts in whoever is wanted.
    fn make(
        &self,
        draft: &mut Draft,
        group: &DesiredGroup,
        expected_id: Option<GroupId>,
        evidence: Vec<Evidence>,
    ) {
        let change = Change::CreateGroup {
            name: group.name.clone(),
            expected_id,
        };
        let item = format!("group:{}:create", group.name);
        let create = draft
            .act(item, change, Reason::DeclaredNotLive, evidence)
            .id
            .clone();
        self.plan_members(draft, group, None, Some(create));
    }

    /// The group that has the id of a new one, or that a create could take for it; and what
    /// there is to say of it.
    fn id_taken(&self, group: &DesiredGroup, id: &GroupId) -> Option<(GroupName, String)> {
        if let Some(other) = self.with_id(id) {
            let message = format!(
                "the group `{}` would get the id `{id}`, which belongs to the group `{other}`",
                group.name
            );
            return Some((other.clone(), message));
        }
        let (other, older) = self.older_id_taken(group, id)?;
        let message = format!(
            "creating the group `{}` could take the group `{other}` for it: servers of an older \
             kind gave both the id `{older}`, and a create still looks for that",
            group.name
        );
        Some((other, message))
    }

    /// The id that an older server gave a group of this name, if that is another one.
    fn older_id(&self, group: &DesiredGroup) -> Option<GroupId> {
        let older = self.context.input.profile.older_group_id?;
        older(group.name.as_str()).map(GroupId::from)
    }

    /// The group that has, or will have, the older id of a new one; or whose older id the new
    /// one would get.
    fn older_id_taken(&self, group: &DesiredGroup, new: &GroupId) -> Option<(GroupName, GroupId)> {
        if let Some(older) = self.older_id(group) {
            let hand_made = self.context.input.live.beside.groups.known();
            let mut hand_made = hand_made.into_iter().flatten();
            let named = || hand_made.find(|it| it.id == older).map(|it| &it.name);
            if let Some(other) = self.with_id(&older).or_else(named) {
                return Some((other.clone(), older));
            }
        }
        let other = self.older_ids.get(new)?;
        Some((other.clone(), new.clone()))
    }

    /// The difference between who is wanted and who is there, in batches.
    pub(super) fn plan_members(
        &self,
        draft: &mut Draft,
        group: &DesiredGroup,
        live: Option<&LiveGroup>,
        created_by: Option<ItemId>,
    ) {
        let there: &[LiveIndex] = live.map_or(&[], |live| &live.members);
        let reference = GroupRef {
            name: group.name.clone(),
            id: live.map(|live| live.id.clone()),
        };
        let mut new: Vec<UserIndex> = Vec::new();
        let wanted = group.members.iter().filter_map(|user| {
            match self.seats.of(*user) {
                Seat::Live(live) => return Some((live, *user)),
                Seat::New => new.push(*user),
                Seat::None => {}
            }
            None
        });
        let (mut missing, not_wanted) = self.rounds.borrow_mut().compare(wanted, there);
        missing.sort_unstable();

        let mut add: Vec<MemberChange> = Vec::new();
        for (live, user) in &missing {
            let person = self.context.live_person(*live, Some(*user));
            add.push(MemberChange {
                person,
                origins: self.origins(group, *user),
            });
        }
        for user in new {
            let person = self.context.planned_person(user);
            add.push(MemberChange {
                person,
                origins: self.origins(group, user),
            });
        }
        let mut remove: Vec<LiveIndex> = Vec::new();
        let mut extra: Vec<String> = Vec::new();
        for live in not_wanted {
            if self.purged[live.0 as usize] || self.matches.claim(live) == Claim::Held {
                continue;
            }
            match group.membership {
                Membership::Authoritative => remove.push(live),
                Membership::Additive => {
                    extra.push(self.context.input.live.user(live).id.to_string())
                }
            }
        }

        let evidence = match add.is_empty() && remove.is_empty() {
            true => Vec::new(),
            false => self.evidence(group),
        };
        self.add_members(draft, &reference, add, created_by.as_ref(), &evidence);
        let leaving =
            self.remove_members(draft, &reference, &remove, Reason::NoRoleGives, &evidence);
        if let Some(made_by) = created_by.filter(|_| !leaving.is_empty()) {
            for action in &mut draft.actions {
                if leaving.contains(&action.id) {
                    action.depends_on.push(made_by.clone());
                }
            }
        }
        extra.sort_unstable();
        leave_members(draft, &reference, extra, UnmanagedReason::AdditiveGroup);
        if let Some(live) = live {
            let unlisted = live.unlisted.iter().map(ToString::to_string).collect();
            leave_members(draft, &reference, unlisted, UnmanagedReason::UnlistedMember);
        }
    }

    fn origins(&self, group: &DesiredGroup, user: UserIndex) -> Vec<MembershipOrigin> {
        let origins = self.context.input.desired.origins(group, user);
        origins
            .map(|origin| MembershipOrigin {
                role: origin.role.name.clone(),
                through: (origin.role.name != origin.granted_in.name)
                    .then(|| origin.granted_in.name.clone()),
                mapping: origin.mapping.pattern.to_string(),
                place: self.context.place(origin.grant.span),
                until: origin.grant.until,
                reason: origin.grant.reason.map(str::to_owned),
            })
            .collect()
    }

    fn add_members(
        &self,
        draft: &mut Draft,
        group: &GroupRef,
        mut members: Vec<MemberChange>,
        created_by: Option<&ItemId>,
        evidence: &[Evidence],
    ) {
        members.sort_by(|a, b| a.person.cmp(&b.person));
        let size = self.context.input.profile.dialect.members_per_patch;
        for (batch, number) in batches(members, size).zip(1..) {
            let id = format!("group:{}:add-members:{number}", group.name);
            let change = Change::AddMembers {
                group: group.clone(),
                members: batch,
            };
            let action = draft.act(id, change, Reason::RoleGives, evidence.to_vec());
            action.depends_on.extend(created_by.cloned());
        }
    }

    /// Plans the removal of members and returns the items that do it.
    fn remove_members(
        &self,
        draft: &mut Draft,
        group: &GroupRef,
        members: &[LiveIndex],
        reason: Reason,
        evidence: &[Evidence],
    ) -> Vec<ItemId> {
        let mut changes: Vec<MemberChange> = members
            .iter()
            .map(|live| MemberChange {
                person: self.context.live_person(*live, self.declared(*live)),
                origins: Vec::new(),
            })
            .collect();
        changes.sort_by(|a, b| a.person.cmp(&b.person));
        let size = self.context.input.profile.dialect.members_per_patch;
        let mut items = Vec::new();
        for (batch, number) in batches(changes, size).zip(1..) {
            let id = match &group.id {
                Some(group_id) if reason == Reason::GroupRemoved => {
                    format!("group:#{group_id}:remove-members:{number}")
                }
                Some(_) | None => format!("group:{}:remove-members:{number}", group.name),
            };
            let change = Change::RemoveMembers {
                group: group.clone(),
                members: batch,
            };
            items.push(draft.act(id, change, reason, evidence.to_vec()).id.clone());
        }
        items
    }

    fn declared(&self, live: LiveIndex) -> Option<UserIndex> {
        match self.matches.claim(live) {
            Claim::Person(user) => Some(user),
            Claim::Unclaimed | Claim::Held => None,
        }
    }

    fn ambiguous(
        &mut self,
        draft: &mut Draft,
        name: &GroupName,
        several: &[usize],
        evidence: Vec<Evidence>,
    ) {
        for at in several {
            self.claimed[*at] = true;
        }
        draft.refusals.push(Refusal {
            id: ItemId::new(format!("group:{name}:match")),
            code: RefusalCode::AmbiguousGroup,
            message: format!("{} live groups have the name `{name}`: {}", several.len(), self.told_apart(several)),
            help: "rename or remove the group that is not meant at the service provider, then plan again".to_owned(),
            evidence,
            blocked: Vec::new(),
            cause: None,
        });
    }

    fn plan_absent(&mut self, draft: &mut Draft) {
        for absent in &self.context.input.desired.absent_groups {
            let evidence = vec![
                self.context
                    .evidence(absent.span, format!("group `{}`", absent.name)),
            ];
            let named = self.named(&absent.name);
            let is_gone = named.is_empty();
            let open = named.iter().copied().filter(|at| !self.claimed[*at]);
            let found: Vec<usize> = open.collect();
            match found.as_slice() {
                // Another tombstone, of one name with this one here, has dealt with it.
                [] if !is_gone => {}
                // Not seen is not gone where the list may have gaps.
                [] if !self.context.input.live.integrity.groups.is_whole() => {}
                [] => draft.notices.push(Notice {
                    code: NoticeCode::TombstoneDone,
                    message: format!(
                        "the group `{}` is gone; the tombstone may be taken out",
                        absent.name
                    ),
                    evidence,
                }),
                [at] => {
                    self.claimed[*at] = true;
                    self.remove(draft, *at, Reason::Tombstone, evidence);
                }
                several => self.ambiguous(draft, &absent.name, several, evidence),
            }
        }
    }

    /// Groups that roles gave at the base revision and give no more: they go as tombstones
    /// do. One that was additive, or is declared so now, is shared with others, so it is left
    /// alone.
    fn plan_unmapped(&mut self, draft: &mut Draft) {
        let context = self.context;
        let Some(base) = context.input.base else {
            return;
        };
        let desired = &context.input.desired.groups;
        // An earlier name of a group that is wanted is that group's to deal with.
        let renamed = desired.iter().flat_map(|group| &group.previously);
        let renamed: HashSet<Cow<'_, str>> = renamed.map(|name| context.group_key(name)).collect();
        let shared = self.shared();
        for group in &base.desired.groups {
            let key = context.group_key(&group.name);
            let is_shared = group.membership == Membership::Additive || shared.contains(&key);
            if renamed.contains(&key) || is_shared {
                continue;
            }
            let found: Vec<usize> = self
                .named(&group.name)
                .iter()
                .copied()
                .filter(|at| !self.claimed[*at])
                .collect();
            let evidence = unmapped(base, group);
            match found.as_slice() {
                [] => {}
                [at] => {
                    self.claimed[*at] = true;
                    self.remove(draft, *at, Reason::RemovedFromManifest, evidence);
                }
                several => self.ambiguous(draft, &group.name, several, evidence),
            }
        }
    }

    fn plan_undeclared(&mut self, draft: &mut Draft) {
        let shared = self.shared();
        for at in 0..self.claimed.len() {
            if self.claimed[at] {
                continue;
            }
            let group = self.live(at);
            match self.context.input.policy.undeclared_groups {
                Undeclared::Remove if !shared.contains(&self.context.group_key(&group.name)) => {
                    self.remove(draft, at, Reason::UndeclaredPolicy, Vec::new());
                }
                Undeclared::Remove | Undeclared::Keep => {
                    leave_alone(draft, group, UnmanagedReason::Undeclared);
                }
            }
        }
    }

    /// The names of groups that no role gives and that are declared additive: members are only
    /// ever added there, and a removal would take them all.
    fn shared(&self) -> HashSet<Cow<'a, str>> {
        let names = self.context.input.desired.additive_groups.iter();
        names.map(|name| self.context.group_key(name)).collect()
    }

    fn delete<'d>(
        &self,
        draft: &'d mut Draft,
        group: &LiveGroup,
        reason: Reason,
        evidence: Vec<Evidence>,
    ) -> &'d mut Action {
        let id = format!("{}:delete", subject(group, reason));
        let change = Change::DeleteGroup {
            id: group.id.clone(),
            name: group.name.clone(),
        };
        draft.act(id, change, reason, evidence)
    }

    /// A group that is to go: its members lose access now, and the group itself goes the
    /// way policy and provider allow.
    fn remove(&self, draft: &mut Draft, at: usize, reason: Reason, evidence: Vec<Evidence>) {
        let group = self.live(at);
        let reference = reference(group);
        let how = how_removed(self.context);
        // Where no read of a group tells its members, taking them out by name first is what
        // the report can show, and an undo bring back.
        let tells_members = match self.context.input.profile.dialect.list_members {
            ListMembers::Included | ListMembers::ReadEach => true,
            ListMembers::AskEachUser => false,
        };
        if how == Some(None) && tells_members {
            self.delete(draft, group, reason, evidence);
            return;
        }

        let leaving: Vec<LiveIndex> = group
            .members
            .iter()
            .filter(|live| !self.purged[live.0 as usize])
            .copied()
            .collect();
        let emptied =
            self.remove_members(draft, &reference, &leaving, Reason::GroupRemoved, &evidence);
        let unlisted: Vec<String> = group.unlisted.iter().map(ToString::to_string).collect();
        leave_members(draft, &reference, unlisted, UnmanagedReason::UnlistedMember);
        // Whether the provider lets go of the group is open, so access ends before it is asked.
        if let Some(note) = how {
            let action = self.delete(draft, group, reason, evidence);
            if let Some(note) = note {
                action.with(Consequence::Undocumented { note });
            }
            action.depends_on = emptied;
            return;
        }
        let id = ItemId::new(format!("{}:support", subject(group, reason)));
        support_step(self.context, draft, group, id, evidence);
    }
}

/// Whether SCIM removes a group here, with what is to be said about it.
pub(super) fn how_removed(context: &Context<'_>) -> Option<Option<String>> {
    match (
        context.input.policy.group_removal,
        context.input.profile.group_removal,
    ) {
        (GroupRemoval::Delete | GroupRemoval::Support, GroupRemovalRule::Deletable) => Some(None),
        (
            GroupRemoval::Delete,
            GroupRemovalRule::SupportOnly {
                contact,
                disagreement,
            },
        ) => Some(Some(disagreement.replace("{contact}", contact))),
        (GroupRemoval::Support, GroupRemovalRule::SupportOnly { .. })
        | (_, GroupRemovalRule::ByHand)
        | (GroupRemoval::Keep, _) => None,
    }
}

/// What becomes of an emptied group that SCIM does not remove.
pub(super) fn support_step(
    context: &Context<'_>,
    draft: &mut Draft,
    group: &LiveGroup,
    id: ItemId,
    evidence: Vec<Evidence>,
) {
    match (
        context.input.policy.group_removal,
        context.input.profile.group_removal,
    ) {
        (GroupRemoval::Support, GroupRemovalRule::SupportOnly { contact, .. }) => {
            draft.manual_steps.push(ManualStep {
                id,
                code: ManualStepCode::GroupRemovalNeedsSupport,
                members: group.members.len() + group.unlisted.len(),
                message: format!(
                    "the group `{}` (id {}) can be removed only by {} Support",
                    group.name, group.id, context.input.profile.title
                ),
                help: format!(
                    "write to {contact}: please remove the user group `{}` with the identifier `{}`, which was created by SCIM and is no longer wanted",
                    group.name, group.id
                ),
                group: reference(group),
                evidence,
                cause: None,
            });
        }
        (GroupRemoval::Keep, _) => leave_alone(draft, group, UnmanagedReason::RemovalKeeps),
        (GroupRemoval::Delete | GroupRemoval::Support, GroupRemovalRule::ByHand) => {
            draft.refusals.push(Refusal {
                id,
                code: RefusalCode::NotSupported,
                message: format!(
                    "the group `{}` (id {}) cannot be removed: {} does not do that over SCIM",
                    group.name, group.id, context.input.profile.title
                ),
                help: format!(
                    "remove it in the console of {}, or set `policy.onRemoval.groups` to `keep`",
                    context.input.profile.title
                ),
                evidence,
                blocked: Vec::new(),
                cause: None,
            });
        }
        (GroupRemoval::Delete | GroupRemoval::Support, _) => {}
    }
}

fn reference(group: &LiveGroup) -> GroupRef {
    GroupRef {
        name: group.name.clone(),
        id: Some(group.id.clone()),
    }
}

fn leave_alone(draft: &mut Draft, group: &LiveGroup, because: UnmanagedReason) {
    draft.unmanaged.groups.push(UnmanagedGroup {
        group: reference(group),
        members: group.members.len() + group.unlisted.len(),
        because,
    });
}

/// What an item's id starts with: the name where declared, else the provider's id, since
/// undeclared groups may share a name.
fn subject(group: &LiveGroup, reason: Reason) -> String {
    match reason {
        Reason::Tombstone | Reason::RemovedFromManifest => format!("group:{}", group.name),
        Reason::DeclaredNotLive
        | Reason::NameDiffers
        | Reason::DeclaredActive
        | Reason::DeclaredSuspended
        | Reason::NoLongerDeclared
        | Reason::LimitedToOthers
        | Reason::UndeclaredPolicy
        | Reason::RoleGives
        | Reason::NoRoleGives
        | Reason::GroupRemoved
        | Reason::DeclaredByHand
        | Reason::BindingUndeclared
        | Reason::Renamed
        | Reason::Undone => format!("group:#{}", group.id),
    }
}

/// Which lines gave a group at the base revision.
fn unmapped(base: &BaseRevision, group: &DesiredGroup) -> Vec<Evidence> {
    let roles = group.sources.iter().map(|source| {
        let role = base.desired.role(source.role);
        before(base, role.span, format!("role `{}`", role.name))
    });
    roles.collect()
}

fn leave_members(draft: &mut Draft, group: &GroupRef, ids: Vec<String>, because: UnmanagedReason) {
    if !ids.is_empty() {
        draft.unmanaged.memberships.push(UnmanagedMembers {
            group: group.clone(),
            ids,
            because,
        });
    }
}

pub(super) fn batches(
    members: Vec<MemberChange>,
    size: usize,
) -> impl Iterator<Item = Vec<MemberChange>> {
    let mut rest = members.into_iter();
    std::iter::from_fn(move || {
        let batch: Vec<MemberChange> = rest.by_ref().take(size.max(1)).collect();
        (!batch.is_empty()).then_some(batch)
    })
}

/// Where a provider may keep a removed user as a member, the user is removed only after
/// they have left their groups.
pub(super) fn removals_wait_for_memberships(context: &Context<'_>, draft: &mut Draft) {
    match context.input.profile.user_removal {
        UserRemovalEffect::PurgesMemberships => return,
        UserRemovalEffect::LeavesMemberships => {}
    }
    let mut leaving: HashMap<String, Vec<ItemId>> = HashMap::new();
    for action in &draft.actions {
        if let Change::RemoveMembers { members, .. } = &action.change {
            for member in members {
                if let Some(id) = &member.person.id {
                    leaving
                        .entry(id.to_string())
                        .or_default()
                        .push(action.id.clone());
                }
            }
        }
    }
    for action in &mut draft.actions {
        if let Change::DeleteUser { person } = &action.change
            && let Some(items) = person.id.as_ref().and_then(|id| leaving.get(id.as_str()))
        {
            action.depends_on.extend(items.iter().cloned());
        }
    }
}
