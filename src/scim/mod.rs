//! Speaking SCIM 2.0: messages, dialects, and the client.
//!
//! [`http`] is one exchange as a value and [`wire`] the messages in it; [`dialect`] says how
//! a provider wants them spelled, [`answers`] what its failures mean. [`client`] sends over the network, [`retry`] decides what
//! may be sent again, [`read_only`] lets nothing but reads through, [`listing`] walks pages
//! and says what the walk proves, and [`service`] is what the rest of the tool calls.
//! [`platform`] is a provider's own API beside SCIM, over the same transport.

pub mod answers;
pub mod client;
pub mod dialect;
pub mod error;
mod exchange;
pub mod filter;
pub mod http;
pub mod listing;
pub mod platform;
pub mod read_only;
pub mod retry;
pub mod service;
pub mod wire;
