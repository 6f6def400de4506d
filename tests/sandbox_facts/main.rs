//! The sandbox behaves as the facts about Harness say, surprises first.
//!
//! `must_haves` holds one test for each surprise the tool has to survive; the other modules
//! go through the tables of the endpoints. `rfc` is the strict provider, `server` the real
//! HTTP door.

#[path = "../support/sandbox.rs"]
mod support;

mod access;
mod groups;
mod identifiers;
mod in_memory;
mod listing;
mod must_haves;
mod platform;
mod rfc;
mod server;
mod state;
mod users;
