//! Triangle meshes in millimetres.

use glam::DVec3;

/// An indexed triangle mesh; counter-clockwise triangles seen from outside.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TriMesh {
    /// `positions[vertex]`, millimetres.
    pub positions: Vec<DVec3>,
    /// `triangles[triangle][corner]`, indices into `positions`.
    pub triangles: Vec<[u32; 3]>,
}

impl TriMesh {
    /// The three corners of a triangle, millimetres.
    pub fn corners(&self, triangle: usize) -> [DVec3; 3] {
        self.triangles[triangle].map(|v| self.positions[v as usize])
    }

    /// Area of one triangle, mm2.
    pub fn triangle_area_mm2(&self, triangle: usize) -> f64 {
        let [a, b, c] = self.corners(triangle);
        0.5 * (b - a).cross(c - a).length()
    }

    /// Area of the whole mesh, mm2.
    pub fn area_mm2(&self) -> f64 {
        (0..self.triangles.len()).map(|t| self.triangle_area_mm2(t)).sum()
    }

    /// Unit normal of every vertex, `normals[vertex]`: triangle normals weighted by area.
    /// A vertex of no triangle gets +y.
    pub fn vertex_normals(&self) -> Vec<DVec3> {
        let mut normals = vec![DVec3::ZERO; self.positions.len()];
        for t in 0..self.triangles.len() {
            let [a, b, c] = self.corners(t);
            let n = (b - a).cross(c - a);
            for v in self.triangles[t] {
                normals[v as usize] += n;
            }
        }
        normals.iter().map(|n| n.try_normalize().unwrap_or(DVec3::Y)).collect()
    }

    /// Directed edges without a partner running the other way: the open border, `[from, to]` vertex indices,
    /// sorted.
    pub fn border_edges(&self) -> Vec<[u32; 2]> {
        let mut edges: Vec<[u32; 2]> =
            self.triangles.iter().flat_map(|&[a, b, c]| [[a, b], [b, c], [c, a]]).collect();
        edges.sort_unstable();
        edges.iter().copied().filter(|&[a, b]| edges.binary_search(&[b, a]).is_err()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_right_triangle_has_half_area_and_three_border_edges() {
        let mesh = TriMesh { positions: vec![DVec3::ZERO, DVec3::X, DVec3::Y], triangles: vec![[0, 1, 2]] };
        assert_eq!(mesh.area_mm2(), 0.5);
        assert_eq!(mesh.border_edges(), vec![[0, 1], [1, 2], [2, 0]]);
        assert_eq!(mesh.vertex_normals()[0], DVec3::Z);
    }
}
