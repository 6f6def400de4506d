//! From a OneLogin tenant to declarations.
//!
//! [`api`] reads a tenant through OneLogin's API v2, [`csv`] its console's user export; either
//! gives a [`Tenant`], and [`draft()`] makes declarations of it. `rules` turns the rules of an
//! app into group mappings, `pattern` their expressions into ours. What cannot be told is a
//! [`super::Note`], never a silence.
//!
//! **Invariants.** Nothing is written to OneLogin: the only POST asks for a token. A list that
//! was not read whole is an error, never a shorter list: whoever is missing from a role would
//! lose its group. [`connect`] and [`limits`] reach outside, everything else is values.

pub mod api;
pub mod connect;
pub mod csv;
mod draft;
mod error;
pub mod limits;
mod paging;
mod pattern;
mod rules;
pub mod tenant;
mod wire;

pub use draft::draft;
pub use error::OneLoginError;
pub use tenant::Tenant;
