//! What became of a plan.

use crate::ids::ItemId;
use crate::manifest::decl::ApprovalKind;

/// What became of every item of a plan, in the plan's order.
#[must_use = "an unread outcome hides failures"]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Each item.
    pub steps: Vec<StepOutcome>,
    /// Why the run stopped before its end, if it did.
    pub stopped: Option<String>,
}

/// What became of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepOutcome {
    /// The item.
    pub id: ItemId,
    /// What became of it.
    pub status: Status,
}

/// What became of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Done, and read back.
    Done,
    /// It was already so; nothing was written.
    AlreadySo,
    /// Somebody or something that was already there was taken over; the sentence says what.
    Adopted(String),
    /// It was not done, or not as meant.
    Failed {
        /// What went wrong.
        message: String,
        /// What to do.
        help: String,
    },
    /// The provider said that it did it, and did not: read back, nothing had changed.
    NotTaken {
        /// What was meant.
        message: String,
        /// What to do.
        help: String,
    },
    /// The world moved since the plan was made, so the item was not touched.
    Moved {
        /// Before, expected and now.
        message: String,
    },
    /// Something it needs failed.
    Skipped {
        /// What.
        because: String,
    },
    /// The policy wants this kind approved by name, and nobody did.
    Pending(ApprovalKind),
    /// The run stopped before it came to this.
    NotRun,
}

impl Status {
    /// Whether the item is as wanted now.
    pub fn is_good(&self) -> bool {
        match self {
            Status::Done | Status::AlreadySo | Status::Adopted(_) => true,
            Status::Failed { .. }
            | Status::NotTaken { .. }
            | Status::Moved { .. }
            | Status::Skipped { .. }
            | Status::Pending(_)
            | Status::NotRun => false,
        }
    }

    /// Why, where there is more to say than the word.
    pub fn message(&self) -> Option<String> {
        match self {
            Status::Done | Status::AlreadySo | Status::NotRun => None,
            Status::Adopted(message)
            | Status::Failed { message, help: _ }
            | Status::NotTaken { message, help: _ }
            | Status::Moved { message }
            | Status::Skipped { because: message } => Some(message.clone()),
            Status::Pending(_) => Some("the policy wants this approved by name".to_owned()),
        }
    }

    /// The status in a word.
    pub fn word(&self) -> &'static str {
        match self {
            Status::Done => "done",
            Status::AlreadySo => "already so",
            Status::Adopted(_) => "adopted",
            Status::Failed { .. } => "failed",
            Status::NotTaken { .. } => "not taken",
            Status::Moved { .. } => "moved",
            Status::Skipped { .. } => "skipped",
            Status::Pending(_) => "pending",
            Status::NotRun => "not run",
        }
    }
}

impl Outcome {
    /// Whether every item is as wanted now.
    pub fn is_whole(&self) -> bool {
        self.steps.iter().all(|step| step.status.is_good())
    }
}
