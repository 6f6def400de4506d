//! Values to bytes: what people and machines see.

pub mod faults;
