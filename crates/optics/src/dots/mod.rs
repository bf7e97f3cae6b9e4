//! What a dot takes from the light of the skin around it: tables computed by Monte Carlo, read at run time.

pub mod bake;
pub mod check;
pub mod compose;
pub mod look;
pub mod nodes;
pub mod rgb;
mod stencil;
mod table;

pub use table::{Profile, SkinDots, Table, TableError, VERSION};
