//! The manifest: YAML text to declarations with places.

pub mod decl;
pub mod source;
