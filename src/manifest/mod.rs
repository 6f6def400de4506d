//! The manifest: YAML text to declarations with places.

pub mod decl;
pub mod fault;
pub mod source;
mod syntax;
pub mod tree;
