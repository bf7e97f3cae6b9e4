//! Which dots, where, in which session?
//!
//! Absent on purpose: pixels, files, the clock, a database.

pub mod dot;
pub mod layout;

pub use dot::Dot;
