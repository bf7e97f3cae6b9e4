//! Which dots, where, in which session?
//!
//! Absent on purpose: pixels, files, the clock, a database.

pub mod case;
mod dates;
pub mod dot;
pub mod layout;

pub use case::Case;
pub use dot::Dot;
