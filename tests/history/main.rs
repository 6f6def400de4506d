//! The base revision, in real git repositories through the real binary: what is loaded, what
//! a pipeline says, what a change may not do, and what a plan makes of it.
//!
//! Bless the inline texts with `UPDATE_EXPECT=1 cargo test --test history`, then read them
//! as a tired reviewer would.

#[path = "../support/cli.rs"]
mod support;

mod changes;
mod loading;
mod pipelines;
mod plans;
mod repo;
