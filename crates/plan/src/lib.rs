//! Which dots, where, in which session?
//!
//! Absent on purpose: pixels, files, the clock, a database.

pub mod case;
mod dates;
pub mod design;
pub mod dot;
pub mod layout;
mod noise;
mod spread;

pub use case::Case;
pub use dot::Dot;
