//! What does light do in skin?
//!
//! So far: the colour types every other room needs ([`colour`]), skin tone ([`skin`]) and the look of one dot
//! ([`dot_table`]).
//!
//! Absent on purpose: meshes, plans, pixels.

pub mod colour;
pub mod dot_table;
pub mod layer;
pub mod skin;
pub mod transport;
