//! What does light do in skin?
//!
//! So far: the colour types every other room needs ([`colour`]).
//!
//! Absent on purpose: meshes, plans, pixels.

pub mod colour;
