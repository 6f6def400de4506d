//! scim-sync
pub mod ids;
pub mod manifest;
pub mod render;
pub mod sandbox;
pub mod scim;
