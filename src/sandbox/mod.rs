//! A service provider inside the binary: Harness' SCIM server as its source and its
//! documentation tell it, and a plain RFC 7644 one.
//!
//! [`world`] is the model and does no I/O; [`in_memory`] lets a client call it directly;
//! [`server`] is its HTTP door on loopback, [`state_file`] where it is kept.

pub mod in_memory;
pub mod server;
pub mod state_file;
pub mod world;
