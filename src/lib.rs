//! People, roles and group mappings declared in YAML, planned against and applied to a
//! SCIM 2.0 service provider.
//!
//! | module | makes | reaches outside |
//! |---|---|---|
//! | [`commands`] | one file for each verb: glue and printing | yes |
//! | [`cli`], [`exit`] | what was typed; the exit codes | |
//! | [`render`] | a plan in, bytes out | |
//! | [`import`] | what exists → declarations, texts of files, edits of files | OneLogin's API, through `Transport` |
//! | [`probe`] | what a provider does, measured with users and groups of its own | through `Transport` |
//! | [`apply`] | the reviewed plan carried out, each write read back | through [`scim::http::Transport`] |
//! | [`forge`] | a plan's comment at GitHub or GitLab, kept up to date | through `Transport` |
//! | [`sandbox`] | a service provider that behaves like Harness: `world` pure, `server` its door | `server`, `state_file` |
//! | [`plan`] | desired + live + profile + policy, and the base revision → [`plan::Plan`] | |
//! | [`profile`] | what one provider can do, as data with its source | |
//! | [`desired`] | roles × mappings → people, groups, memberships, each with its origin | |
//! | [`live`] | what the provider said, and whether that was all | through `Transport` |
//! | [`manifest`] | YAML → declarations with places, faults; the same at a git revision | `load`, `history` |
//! | [`scim`] | messages, dialects, the client | `client` |
//! | [`ids`] | newtypes | |
//!
//! Arrows go down only, and `tests/layering.rs` holds them to it:
//!
//! ```text
//! *.yaml ─load→ sources ─parse→ Manifest(spans) ─lint, resolve→ DesiredState ─┐
//! provider ─collect→ wire ─normalise→ LiveState(integrity) ──────────────────┤
//! profile + policy + base revision (data) ───────────────────────────────────┤
//!                                                                             ▼
//!        plan() → Plan ─┬→ render
//!                       └→ execute → read back → collect again → plan() again → converged | residue
//! ```

pub mod apply;
pub mod cli;
pub mod commands;
pub mod desired;
pub mod exit;
pub mod forge;
pub mod ids;
pub mod import;
pub mod live;
pub mod manifest;
pub mod plan;
pub mod probe;
pub mod profile;
pub mod render;
pub mod sandbox;
pub mod scim;
