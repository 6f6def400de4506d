//! From what exists to a manifest whose first plan is empty.
//!
//! [`live::draft`] makes declarations of a live state, [`mod@onelogin`] of a OneLogin tenant,
//! [`mod@write`] makes files of them, [`merge`] adds what is missing to a manifest that is there,
//! [`drift`] changes it until it says what is live. What cannot be said in a manifest is a
//! [`Note`], never a silence.
//!
//! **Invariants.** Pure but for OneLogin's API: a state in, texts out. No text of an existing
//! file is written anew: additions and changes are edits at places, so comments, order and
//! quotes stay. Nobody is declared absent for not being live, unless the manifest had declared
//! them.

mod draft;
pub mod drift;
pub mod keys;
pub mod live;
pub mod merge;
mod names;
pub mod onelogin;
pub mod write;

pub use draft::{Draft, DraftMapping, DraftPerson, DraftRole, First, Note};
