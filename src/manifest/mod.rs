//! The manifest: YAML text to declarations with places.
//!
//! `load` finds and reads files, `tree` parses YAML, `decode` makes declarations of it,
//! `merge` makes one manifest of all files, and `lint` checks what needs no provider. Every
//! step adds to one list of faults and none stops at the first.
//!
//! **Invariants.** Only `load` and `history` touch the file system. No clock, no environment:
//! the day on which grants are judged is a parameter.

pub mod at;
pub mod codeowners;
pub mod decl;
pub mod decode;
pub mod edit;
pub mod fault;
pub mod format;
pub mod glob;
pub mod history;
pub mod lint;
pub mod load;
pub mod mapping;
pub mod members;
pub mod merge;
pub mod people;
pub mod schema;
pub mod source;
mod syntax;
pub mod together;
pub mod tree;
pub mod words;
