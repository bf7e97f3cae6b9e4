//! The nearest point of a scan's surface.

use glam::DVec3;
use parry3d_f64::query::PointQueryWithLocation as _;
use parry3d_f64::shape::TriMesh as TreeMesh;

use crate::mesh::TriMesh;
use crate::topology::Adjacency;

/// A mesh with a tree for nearest points.
pub struct CurvedSurface {
    tree: TreeMesh,
    /// `normals[vertex]`, unit length.
    normals: Vec<DVec3>,
    /// `on_border[vertex]`
    on_border: Vec<bool>,
}

/// Unit normals at the vertices, exact on spheres whatever the triangles (Max 1999, "Weights for computing vertex normals
/// from facet normals").
fn normals(mesh: &TriMesh) -> Vec<DVec3> {
    let mut normals = vec![DVec3::ZERO; mesh.positions.len()];
    for (t, corners) in mesh.triangles.iter().enumerate() {
        let p = mesh.corners(t);
        for k in 0..3 {
            let (u, v) = (p[(k + 1) % 3] - p[k], p[(k + 2) % 3] - p[k]);
            let weight = u.length_squared() * v.length_squared();
            if weight > 0.0 {
                normals[corners[k] as usize] += u.cross(v) / weight;
            }
        }
    }
    normals.iter().map(|n| n.normalize_or_zero()).collect()
}

/// The nearest point of a surface.
#[derive(Clone, Copy, Debug)]
pub struct Nearest {
    /// The point.
    pub point: DVec3,
    /// Normal there, interpolated between the vertices, unit length.
    pub normal: DVec3,
    /// Triangle it lies on.
    pub triangle: u32,
    /// Its weights of the triangle's corners.
    pub weights: [f64; 3],
    /// Whether it lies on an open border, where nothing is known of what lies beyond.
    pub on_border: bool,
}

impl CurvedSurface {
    /// Builds the tree; `None` for a mesh without triangles.
    pub fn new(mesh: &TriMesh) -> Option<CurvedSurface> {
        let tree = TreeMesh::new(mesh.positions.clone(), mesh.triangles.clone()).ok()?;
        let mut on_border = vec![false; mesh.positions.len()];
        for [a, b] in Adjacency::of(&mesh.triangles).border_edges(&mesh.triangles) {
            on_border[a as usize] = true;
            on_border[b as usize] = true;
        }
        Some(CurvedSurface { tree, normals: normals(mesh), on_border })
    }

    /// The nearest point within `farthest_mm`.
    pub fn nearest(&self, p: DVec3, farthest_mm: f64) -> Option<Nearest> {
        let (projection, (triangle, location)) =
            self.tree.project_local_point_and_get_location_with_max_dist(p, false, farthest_mm)?;
        let corners = self.tree.indices()[triangle as usize].map(|v| v as usize);
        let weights = location.barycentric_coordinates()?;
        let normal: DVec3 = (0..3).map(|k| weights[k] * self.normals[corners[k]]).sum();
        let on_border = (0..3).all(|k| weights[k] == 0.0 || self.on_border[corners[k]]);
        let normal = normal.try_normalize()?;
        Some(Nearest { point: projection.point, normal, triangle, weights, on_border })
    }

    /// The nearest point lifted onto the curved surface through the corners of its triangle and their normals: half of
    /// the way to the mean of its projections on the three tangent planes, which is exact on a surface of second degree
    /// (Boubekeur and Alexa 2008, "Phong tessellation", with their factor set to 1/2).
    pub fn rounded(&self, nearest: &Nearest) -> DVec3 {
        let corners = self.tree.indices()[nearest.triangle as usize];
        let lift: DVec3 = (0..3)
            .map(|k| {
                let (p, n) = (self.tree.vertices()[corners[k] as usize], self.normals[corners[k] as usize]);
                nearest.weights[k] * (p - nearest.point).dot(n) * n
            })
            .sum();
        nearest.point + 0.5 * lift
    }
}
