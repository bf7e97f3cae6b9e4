//! A head: its mesh in the head frame and the landmarks everything else hangs on.

use glam::DVec3;
use serde::Serialize;

use crate::mesh::TriMesh;

/// Elevation of the nasion above horizontal in the head frame, degrees; fixes the pitch
/// (arctan of 19 mm over 97 mm, ANSUR II sellion height; `head.md` 2.1).
pub const NASION_ELEVATION_DEG: f64 = 11.0;

/// A client's head in the head frame, millimetres.
#[derive(Clone, Debug)]
pub struct Head {
    /// The whole head as it is seen, ears included.
    pub mesh: TriMesh,
    /// The skin that carries the scalp: the same surface without ears where the ears are known apart
    /// (parametric head), else the same as `mesh`.
    pub skin: TriMesh,
    /// Anatomical landmarks on the skin.
    pub landmarks: Landmarks,
}

/// Anatomical landmarks in the head frame, millimetres.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Landmarks {
    /// Deepest point of the nose root on the midline.
    pub nasion: DVec3,
    /// Most forward point of the brow on the midline.
    pub glabella: DVec3,
    /// External occipital protuberance on the midline.
    pub inion: DVec3,
    /// Point of the back of the head farthest from the glabella.
    pub opisthocranion: DVec3,
    /// Highest point of the midline.
    pub vertex: DVec3,
    /// Notch above the tragus, client's left ear.
    pub tragion_left: DVec3,
    /// Notch above the tragus, client's right ear.
    pub tragion_right: DVec3,
}
