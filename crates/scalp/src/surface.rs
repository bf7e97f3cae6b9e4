//! Rays and nearest points on a triangle mesh.

use glam::DVec3;
use parry3d_f64::query::{PointQuery, PointQueryWithLocation, Ray, RayCast};
use parry3d_f64::shape::TriMesh as ParryMesh;

use crate::mesh::TriMesh;

/// A mesh with its bounding volume hierarchy.
pub struct Surface {
    mesh: ParryMesh,
}

impl Surface {
    /// Builds the hierarchy; `None` for a mesh without triangles.
    pub fn new(mesh: &TriMesh) -> Option<Surface> {
        ParryMesh::new(mesh.positions.clone(), mesh.triangles.clone()).ok().map(|mesh| Surface { mesh })
    }

    /// Distance along the unit direction `dir` to the first triangle hit from `origin`, at most `max_mm`.
    pub fn first_hit_mm(&self, origin: DVec3, dir: DVec3, max_mm: f64) -> Option<f64> {
        self.mesh.cast_local_ray(&Ray::new(origin, dir), max_mm, false)
    }

    /// The nearest point of the surface.
    pub fn nearest(&self, point: DVec3) -> DVec3 {
        self.mesh.project_local_point(point, false).point
    }

    /// The triangle nearest to a point, and the weights of its corners at the nearest place.
    pub fn locate(&self, point: DVec3) -> (u32, [f64; 3]) {
        let (_, (triangle, location)) = self.mesh.project_local_point_and_get_location(point, false);
        // `None` means "inside a solid", which an open surface never answers.
        (triangle, location.barycentric_coordinates().unwrap_or([1.0 / 3.0; 3]))
    }
}
