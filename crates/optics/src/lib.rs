//! What does light do in skin?
//!
//! So far: the colour types every other room needs ([`colour`]), skin tone ([`skin`]) and the look of one dot
//! ([`dot_table`]).
//!
//! Absent on purpose: meshes, plans, pixels.

pub mod adding;
pub mod chromophore;
pub mod colour;
pub mod difference;
pub mod dot_table;
pub mod error;
pub mod eye;
pub mod fresnel;
pub mod illuminant;
pub mod layer;
pub mod skin;
pub mod spectrum;
mod table;
pub mod tissue;
