//! The average head as points, to be laid onto a scan.

use glam::DVec3;

use super::sample::sample_surface;
use crate::head::{Head, Landmarks};

/// The average head as points in the head frame, millimetres.
pub struct Template {
    /// `points[sample]`.
    pub points: Vec<DVec3>,
    /// `normals[sample]`, unit length, outward.
    pub normals: Vec<DVec3>,
    /// Where the landmarks are.
    pub landmarks: Landmarks,
}

/// Below this height (mm) people differ more by posture and clothes than by shape.
const LOWEST_MM: f64 = -95.0;

impl Template {
    /// About `n` points spread evenly over a head.
    pub fn new(head: &Head, n: usize) -> Template {
        let mut mesh = head.mesh.clone();
        let positions = &mesh.positions;
        mesh.triangles.retain(|t| t.iter().all(|&v| positions[v as usize].y > LOWEST_MM));
        let samples = sample_surface(&mesh, n);
        Template { points: samples.points, normals: samples.normals, landmarks: head.landmarks }
    }

    /// Whether a point lies on the cranium: above the brows in front, above the ears at the side, above the nape behind
    /// (the plane through z 95, y 50 and z -95, y -5).
    pub fn is_cranium(p: DVec3) -> bool {
        p.y > 22.5 + 0.29 * p.z
    }
}
