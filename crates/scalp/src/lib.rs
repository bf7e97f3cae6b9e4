//! Where on this head?
//!
//! Takes tape measurements or a scan, gives a [`Head`]: a mesh in the head frame with its landmarks.
//!
//! The head frame: origin midway between the tragions, x along them towards the client's left, y up, z forward,
//! millimetres; pitched so that the nasion stands 11 degrees above horizontal.
//!
//! Absent on purpose: pigment, colour, dots, files (readers take bytes), the clock.

pub mod anthropometry;
pub mod head;
pub mod mesh;
pub mod model;
pub mod tape;

pub use head::{Head, Landmarks};
pub use mesh::TriMesh;
pub use tape::{Measure, TapeMeasures};
