//! How does the plan look, on the head and on paper?
//!
//! Absent on purpose: files (writers fill byte buffers), HTTP, a database.

pub mod calendar;
pub mod chart;
pub mod files;
pub mod forecast;
pub mod glb;
pub mod ics;
pub mod pdf;
pub mod picture;
pub mod ply;
pub mod preview;
pub mod report;
pub mod shade;
pub mod stencil;
pub mod tables;
