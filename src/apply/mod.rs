//! Carrying out a plan: what was reviewed, item by item, each write read back.
//!
//! The executor decides nothing: which items, in which order and on what is the plan's. It
//! only finds out whether the world still is as the plan saw it. What moved stops alone,
//! what is already so is skipped, a failed item takes only its dependents along.
//!
//! **Invariants.** No write without its precondition checked; no success without the
//! provider's own word, read back afterwards. One writer for each group at a time.

mod context;
mod executor;
mod outcome;
pub mod recent;
pub mod recorded;
pub mod report;
mod steps;
pub mod undo;
pub mod written;

pub use context::{MadeBy, Picture, Stop};
pub use executor::{Options, Progress, execute};
pub use outcome::{Outcome, Status, StepOutcome};
