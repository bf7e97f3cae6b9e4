//! Where on this head?
//!
//! Takes tape measurements or a scan, gives a [`Head`]: a mesh in the head frame with its landmarks; then says where
//! things are on it: the [`chart`] with the same coordinates on every head, named [`regions`], [`loss`] zones of the
//! published stages, and a meshed [`patch`] of any of them.
//!
//! The head frame: origin midway between the tragions, x along them towards the client's left, y up, z forward,
//! millimetres; pitched so that the nasion stands 11 degrees above horizontal.
//!
//! Absent on purpose: pigment, colour, dots, files (readers take bytes), the clock.

pub mod anthropometry;
pub mod chart;
mod curved;
pub mod distance;
pub mod flatten;
pub mod head;
pub mod import;
mod linear;
pub mod loss;
pub mod mesh;
pub mod model;
mod named;
pub mod patch;
pub mod regions;
mod remesh;
pub mod surface;
pub mod tape;
pub mod topology;

pub use chart::{AzT, Chart, Uv};
pub use head::{Head, Landmarks};
pub use mesh::TriMesh;
pub use tape::{Measure, TapeMeasures};
