//! The live state: what the service provider said, at one time, and whether that was all.
//!
//! **Invariants.** Users are sorted by id and unique; groups are sorted by name, then id,
//! and unique by id; members are sorted. A state whose [`Integrity`] is not whole can never
//! lead to a removal (`plan::guard`).

pub mod beside;
pub mod collect;
pub mod collect_beside;
pub mod diff;
mod fingerprint;
mod pieces;
pub mod snapshot;
mod users;

use std::collections::HashMap;
use std::sync::Arc;

use compact_str::CompactString;
use foldhash::fast::RandomState;
use indexmap::IndexSet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::attributes::Attributes;
use crate::ids::{Email, ExternalId, GroupId, GroupName, UserId};
use crate::scim::listing::{Doubt, Walk};
use crate::scim::wire;
use crate::scim::wire::EmailChoice;

use pieces::Pieces;
pub use users::{LiveUsers, Moves};

/// The position of a user in [`LiveState::users`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LiveIndex(pub u32);

impl LiveIndex {
    /// The index of a position; more than 2³² users are not read.
    pub(crate) fn new(at: usize) -> Self {
        Self(u32::try_from(at).expect("fewer than 2^32 users"))
    }
}

/// From how many on a list that halves is doubted: of a few, two may well have left.
const COLLAPSE_FROM: u64 = 10;

/// Everything a service provider showed us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveState {
    /// Users, sorted by id.
    pub users: LiveUsers,
    /// Groups, sorted by name, then id.
    pub groups: Vec<LiveGroup>,
    /// Whether that was all.
    pub integrity: Integrity,
    /// What was told beside SCIM.
    pub beside: beside::Beside,
}

/// A live user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveUser {
    /// The provider's id.
    pub id: UserId,
    /// The login name, exactly.
    pub user_name: Arc<str>,
    /// The e-mail to match people by.
    pub email: Email,
    /// Whether the provider tells that of several it is this one.
    pub email_choice: EmailChoice,
    /// Whoever provisioned the user left this.
    pub external_id: Option<ExternalId>,
    /// First name.
    pub given_name: Option<CompactString>,
    /// Last name.
    pub family_name: Option<CompactString>,
    /// The name shown.
    pub display_name: Option<CompactString>,
    /// Other attributes that have a value.
    pub attributes: Attributes,
    /// Whether the account is usable.
    pub activity: Activity,
}

/// Whether an account is usable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Activity {
    /// It is, or the provider does not say.
    Active,
    /// It is not.
    Inactive,
}

/// A live group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveGroup {
    /// The provider's id.
    pub id: GroupId,
    /// The display name.
    pub name: GroupName,
    /// Members that are listed users, sorted.
    pub members: Vec<LiveIndex>,
    /// Members that are no listed user: other groups, standalone accounts, leftovers.
    /// Sorted; never touched.
    pub unlisted: Vec<Box<str>>,
}

/// Whether the read was whole, for each kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Integrity {
    /// Users.
    pub users: Walk,
    /// Groups.
    pub groups: Walk,
}

impl Integrity {
    /// Whether nothing is missing, as far as can be known.
    pub fn is_whole(&self) -> bool {
        self.users.is_whole() && self.groups.is_whole()
    }
}

/// How many users and groups there were: what one run leaves for the next to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LiveCount {
    /// Users.
    pub users: u64,
    /// Groups.
    pub groups: u64,
}

impl LiveState {
    /// How many users and groups there are.
    pub fn count(&self) -> LiveCount {
        LiveCount {
            users: self.users.len() as u64,
            groups: self.groups.len() as u64,
        }
    }

    /// Doubts a list that holds nothing, or less than half, of what the last run left: a
    /// server that lost its data, or answers for another account, reads like one that is
    /// honestly empty (faults F9).
    pub fn doubt_a_collapse(&mut self, before: LiveCount) {
        let now = self.count();
        let lists = [
            (before.users, now.users, &mut self.integrity.users),
            (before.groups, now.groups, &mut self.integrity.groups),
        ];
        for (before, now, walk) in lists {
            let gone = before > 0 && now == 0;
            let halved = before >= COLLAPSE_FROM && now * 2 < before;
            if gone || halved {
                *walk = walk.clone().doubting(Doubt::Collapsed { before, now });
            }
        }
    }

    /// The user at this position.
    pub fn user(&self, index: LiveIndex) -> &LiveUser {
        &self.users[index.0 as usize]
    }

    /// Users with their positions.
    pub fn indexed_users(&self) -> impl Iterator<Item = (LiveIndex, &LiveUser)> {
        (0..).map(LiveIndex).zip(self.users.iter())
    }
}

/// Builds a [`LiveState`] from pages of users and groups arriving in any order.
#[derive(Debug, Default)]
pub struct Builder {
    users: Pieces,
    groups: Vec<(LiveGroup, Vec<u32>)>,
    /// Whom groups name as members, each once.
    named: IndexSet<CompactString, RandomState>,
    unreadable_users: u32,
    unreadable_groups: u32,
}

impl Builder {
    /// Takes a user. One without id or any login cannot be planned for and spoils the read.
    pub fn add_user(&mut self, user: wire::User) {
        let attributes = user.attributes();
        let email_choice = user.email_choice();
        // A user without any e-mail is still somebody: they are known by their login.
        let email = user.email().or(user.user_name.as_deref()).map(Email::new);
        let (Some(id), Some(email)) = (user.id.filter(|id| !id.is_empty()), email) else {
            self.unreadable_users += 1;
            return;
        };
        self.users.push(LiveUser {
            id: UserId::from(id),
            user_name: email.share(user.user_name.as_deref().unwrap_or(email.as_str())),
            email,
            email_choice,
            external_id: user
                .external_id
                .filter(|id| !id.is_empty())
                .map(ExternalId::from),
            given_name: user.name.given_name.map(Into::into),
            family_name: user.name.family_name.map(Into::into),
            display_name: user.display_name.or(user.name.formatted).map(Into::into),
            attributes,
            activity: match user.active {
                Some(false) => Activity::Inactive,
                Some(true) | None => Activity::Active,
            },
        });
    }

    /// Takes a group. One without id or name cannot be planned for and spoils the read.
    pub fn add_group(&mut self, group: wire::Group) {
        let (Some(id), Some(name)) = (group.id.filter(|id| !id.is_empty()), group.display_name)
        else {
            self.unreadable_groups += 1;
            return;
        };
        let members = group.members.unwrap_or_default();
        let mut packed: Vec<u32> = members
            .into_iter()
            .filter_map(|member| member.value)
            .map(|value| self.intern(value))
            .collect();
        packed.sort_unstable();
        packed.dedup();
        let group = LiveGroup {
            id: GroupId::from(id),
            name: GroupName::from(name),
            members: Vec::new(),
            unlisted: Vec::new(),
        };
        self.groups.push((group, packed));
    }

    fn intern(&mut self, id: CompactString) -> u32 {
        let (at, _) = self.named.insert_full(id);
        u32::try_from(at).expect("fewer than 2^32 members")
    }

    /// The whole state, given how the two walks went.
    pub fn finish(self, users: Walk, groups: Walk) -> LiveState {
        let users_read = LiveUsers::from(self.users);

        // Interned member ids → positions of users, looked up once for each id.
        let listed: HashMap<&str, u32, RandomState> = users_read
            .iter()
            .zip(0..)
            .map(|(user, at)| (user.id.as_str(), at))
            .collect();
        let resolved: Vec<Option<u32>> = self
            .named
            .iter()
            .map(|name| listed.get(name.as_str()).copied())
            .collect();

        let mut state_groups: Vec<LiveGroup> = Vec::with_capacity(self.groups.len());
        for (mut group, packed) in self.groups {
            group.members.reserve_exact(packed.len());
            for member in packed {
                match resolved[member as usize] {
                    Some(at) => group.members.push(LiveIndex(at)),
                    None => group
                        .unlisted
                        .push(self.named[member as usize].as_str().into()),
                }
            }
            group.members.sort_unstable();
            group.unlisted.sort_unstable();
            state_groups.push(group);
        }
        state_groups.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        state_groups.dedup_by(|a, b| a.id == b.id);

        LiveState {
            users: users_read,
            groups: state_groups,
            integrity: Integrity {
                users: judge(users, self.unreadable_users),
                groups: judge(groups, self.unreadable_groups),
            },
            beside: beside::Beside::default(),
        }
    }
}

/// A resource that nothing can be planned for is a gap as much as one that never came.
fn judge(walk: Walk, unreadable: u32) -> Walk {
    match unreadable {
        0 => walk,
        _ => walk.doubting(Doubt::RowUnreadable),
    }
}
