//! Speaking SCIM 2.0: messages, dialects, and the client.

pub mod dialect;
pub mod http;
pub mod wire;
