//! What a run knows besides its plan: how fresh its picture is, what it made so far, and
//! whether it was asked to stop.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::ids::{GroupId, GroupName, ItemId, PersonKey, UserId};
use crate::plan::undo::PreImage;

/// How much the plan's picture of the live state can be relied on when something is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picture {
    /// It was read whole, just now: what is not in it is not there.
    Fresh,
    /// It was read some time ago, or perhaps not whole: every create looks first.
    Dated,
}

/// Asked to stop: items in flight are finished, no further one is begun.
#[derive(Debug, Default)]
pub struct Stop(Mutex<Option<String>>);

impl Stop {
    /// Asks to stop because somebody interrupted.
    pub fn ask(&self) {
        self.ask_because("interrupted");
    }

    /// Asks to stop; the first reason is kept.
    pub fn ask_because(&self, why: &str) {
        self.0
            .lock()
            .expect("no panic inside")
            .get_or_insert_with(|| why.to_owned());
    }

    /// Why to stop, if somebody asked.
    pub fn reason(&self) -> Option<String> {
        self.0.lock().expect("no panic inside").clone()
    }

    pub(super) fn is_asked(&self) -> bool {
        self.0.lock().expect("no panic inside").is_some()
    }
}

/// What one item made and took away: what it takes to undo it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MadeBy {
    /// The user's id.
    pub user: Option<UserId>,
    /// The group's id.
    pub group: Option<GroupId>,
    /// Whom it asked to be put into a group, or taken out of it.
    pub members: Vec<UserId>,
    /// What was there before it took it away.
    pub before: Option<PreImage>,
}

/// What earlier items of this run made.
#[derive(Default)]
pub(super) struct Made {
    pub(super) users: HashMap<PersonKey, UserId>,
    pub(super) groups: HashMap<GroupName, GroupId>,
    pub(super) members: HashMap<ItemId, Vec<UserId>>,
    pub(super) before: HashMap<ItemId, PreImage>,
}
