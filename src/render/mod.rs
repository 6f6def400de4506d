//! A plan in, bytes out: one file for each format.
//!
//! **Invariants.** Rendering is pure and deterministic. Text from the live side is data: it
//! passes [`escape`] before it reaches a terminal. Everything can be read without colour,
//! and each symbol has its word beside it.

pub mod access;
pub mod annotations;
pub mod comparison;
pub mod doctor;
pub mod escape;
pub mod explain;
pub mod faults;
pub mod html;
pub mod json;
mod lines;
pub mod links;
pub mod markdown;
pub mod outcome;
pub mod phrase;
pub mod probe;
pub mod redact;
pub mod review;
pub mod several;
pub mod snapshot_diff;
pub mod status;
pub mod style;
pub mod support;
pub mod text;
pub mod veil;
pub mod words;
