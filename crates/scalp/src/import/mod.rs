//! A scan of a head, from the bytes of a file to a [`Head`](crate::Head) in the head frame.

pub mod clean;
pub mod error;
pub mod fit;
pub mod grid;
pub mod pose;
pub mod read;
pub mod sample;
pub mod surface;
pub mod search;
pub mod template;
pub mod topology;

pub use error::ImportError;
pub use read::{Format, RawMesh, Unit, read_mesh};
