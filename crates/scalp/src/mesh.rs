//! Triangle meshes in millimetres.

use glam::DVec3;
use rayon::prelude::*;

use crate::topology::Adjacency;

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

    /// The open border: directed edges beyond which no triangle runs the other way, `[from, to]` vertex indices, sorted.
    pub fn border_edges(&self) -> Vec<[u32; 2]> {
        let mut edges = Adjacency::of(&self.triangles).border_edges(&self.triangles);
        edges.sort_unstable();
        edges
    }

    /// The triangles that pass a test, with the vertices they use in order of first use; and which vertex each was.
    pub fn part(&self, keep: impl Fn(usize) -> bool) -> (TriMesh, Vec<u32>) {
        let mut new_index = vec![u32::MAX; self.positions.len()];
        let mut kept = Vec::new();
        let mut part = TriMesh::default();
        for (_, corners) in self.triangles.iter().enumerate().filter(|(t, _)| keep(*t)) {
            part.triangles.push(corners.map(|v| {
                let index = &mut new_index[v as usize];
                if *index == u32::MAX {
                    *index = kept.len() as u32;
                    kept.push(v);
                    part.positions.push(self.positions[v as usize]);
                }
                *index
            }));
        }
        (part, kept)
    }

    /// `first_equal[vertex]`: the first vertex at exactly the same place.
    pub fn first_equal(&self) -> Vec<u32> {
        // -0.0 and 0.0 are the same place.
        let bits = |v: u32| (self.positions[v as usize] + DVec3::ZERO).to_array().map(f64::to_bits);
        let mut order: Vec<([u64; 3], u32)> =
            (0..self.positions.len() as u32).map(|v| (bits(v), v)).collect();
        order.par_sort_unstable();
        let mut first: Vec<u32> = (0..self.positions.len() as u32).collect();
        for pair in order.windows(2) {
            if pair[0].0 == pair[1].0 {
                first[pair[1].1 as usize] = first[pair[0].1 as usize];
            }
        }
        first
    }

    /// The mesh with vertices at exactly the same place made one, and without those of no triangle; in order of first use.
    pub fn welded(&self) -> TriMesh {
        self.renamed(&self.first_equal())
    }

    /// The mesh with each vertex replaced by `representative[vertex]`, without those that fall out of use.
    pub(crate) fn renamed(&self, representative: &[u32]) -> TriMesh {
        let triangles = self.triangles.iter().map(|t| t.map(|v| representative[v as usize])).collect();
        TriMesh { positions: self.positions.clone(), triangles }.part(|_| true).0
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

    #[test]
    fn equal_places_become_one_and_what_no_triangle_uses_goes() {
        let mesh = TriMesh {
            positions: vec![DVec3::Z, DVec3::X, DVec3::ZERO, DVec3::Y, -DVec3::ZERO, DVec3::X, DVec3::ONE],
            triangles: vec![[2, 1, 3], [3, 5, 6], [4, 3, 0]],
        };
        assert_eq!(mesh.first_equal(), [0, 1, 2, 3, 2, 1, 6]);
        let welded = mesh.welded();
        assert_eq!(welded.triangles, [[0, 1, 2], [2, 1, 3], [0, 2, 4]]);
        assert_eq!(welded.positions, [DVec3::ZERO, DVec3::X, DVec3::Y, DVec3::ONE, DVec3::Z]);
        let (part, kept) = welded.part(|t| t == 1);
        assert_eq!((part.triangles, kept), (vec![[0, 1, 2]], vec![2, 1, 3]));
        assert_eq!(part.positions, [DVec3::Y, DVec3::X, DVec3::ONE]);
    }
}
