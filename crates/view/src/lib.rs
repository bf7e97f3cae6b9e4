//! How does the plan look, on the head and on paper?
//!
//! Absent on purpose: files (writers fill byte buffers), HTTP, a database.

pub mod glb;
pub mod picture;
pub mod ply;
