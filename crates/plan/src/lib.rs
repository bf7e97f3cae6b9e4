//! Which dots, where, in which session?
//!
//! Absent on purpose: pixels, files, the clock, a database.

pub mod beside;
pub mod care;
pub mod case;
pub mod cells;
pub mod dates;
pub mod design;
pub mod dot;
pub mod forecast;
pub mod head_source;
pub mod later;
pub mod layout;
pub mod loss_summary;
pub mod matching;
pub mod noise;
pub mod pigment;
pub mod placing;
pub mod plan;
pub mod points;
pub mod quote;
pub mod refresh;
pub mod sessions;
mod spread;
pub mod warnings;
pub mod words;

pub use case::Case;
pub use dot::Dot;
pub use plan::{Plan, Planned, make_plan};
