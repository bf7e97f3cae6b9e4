//! The head ends at the neck.

use std::collections::HashMap;

use glam::{DMat4, DVec3};

use crate::mesh::TriMesh;
use crate::topology::{Adjacency, split_fans};

/// Pieces that the cut leaves and that are smaller than this share of the largest are dropped.
const CRUMB_SHARE: f64 = 0.05;

/// A plane and the side of it that is kept.
#[derive(Clone, Copy, Debug)]
pub struct Plane {
    /// Unit normal, towards the side that is kept.
    pub normal: DVec3,
    /// Distance of the plane from the origin along the normal, mm.
    pub height: f64,
}

impl Plane {
    /// How far a point lies above the plane, mm.
    pub fn above_mm(&self, p: DVec3) -> f64 {
        p.dot(self.normal) - self.height
    }

    /// The same plane in the frame that a rigid transform starts from.
    pub fn seen_from(&self, here_from_there: &DMat4) -> Plane {
        let normal = here_from_there.inverse().transform_vector3(self.normal);
        Plane { normal, height: self.height - here_from_there.w_axis.truncate().dot(self.normal) }
    }
}

/// The part of a mesh above a plane; triangles across it are divided.
pub fn cut_below(mesh: &TriMesh, plane: Plane) -> TriMesh {
    let above: Vec<f64> = mesh.positions.iter().map(|p| plane.above_mm(*p)).collect();
    if above.iter().all(|d| *d >= 0.0) {
        return mesh.clone();
    }
    let mut kept = TriMesh { positions: mesh.positions.clone(), triangles: Vec::new() };
    let mut on_edge: HashMap<(u32, u32), u32> = HashMap::new();
    for &t in &mesh.triangles {
        let n_above = t.iter().filter(|&&v| above[v as usize] >= 0.0).count();
        if n_above == 3 {
            kept.triangles.push(t);
        }
        if n_above == 0 || n_above == 3 {
            continue;
        }
        let mut corners = Vec::with_capacity(4);
        for k in 0..3 {
            let (a, b) = (t[k], t[(k + 1) % 3]);
            let (da, db) = (above[a as usize], above[b as usize]);
            if da >= 0.0 {
                corners.push(a);
            }
            if (da >= 0.0) != (db >= 0.0) {
                // The same point from both sides of the edge.
                let (low, high) = (a.min(b), a.max(b));
                let (dl, dh) = (above[low as usize], above[high as usize]);
                corners.push(*on_edge.entry((low, high)).or_insert_with(|| {
                    let (pl, ph) = (mesh.positions[low as usize], mesh.positions[high as usize]);
                    kept.positions.push(pl.lerp(ph, dl / (dl - dh)));
                    kept.positions.len() as u32 - 1
                }));
            }
        }
        kept.triangles.extend(corners[1..].windows(2).map(|w| [corners[0], w[0], w[1]]));
    }
    kept.part(|_| true).0
}

/// The largest piece of a mesh and every piece with at least a twentieth of its area; and how many went.
pub fn drop_crumbs(mesh: &TriMesh) -> (TriMesh, usize) {
    let adjacency = Adjacency::of(&mesh.triangles);
    let pieces = adjacency.pieces();
    let areas: Vec<f64> =
        pieces.iter().map(|p| p.iter().map(|&t| mesh.triangle_area_mm2(t as usize)).sum()).collect();
    let largest = areas.iter().copied().fold(0.0, f64::max);
    let keep: Vec<usize> = (0..pieces.len()).filter(|&i| areas[i] >= CRUMB_SHARE * largest).collect();
    let mut triangles: Vec<u32> = keep.iter().flat_map(|&i| pieces[i].iter().copied()).collect();
    triangles.sort_unstable();
    let triangles = triangles.into_iter().map(|t| mesh.triangles[t as usize]).collect();
    let kept = TriMesh { positions: mesh.positions.clone(), triangles };
    // Where a cut goes through a vertex, two fans may be left that only touch.
    let kept = split_fans(&kept, &Adjacency::of(&kept.triangles));
    (kept, pieces.len() - keep.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_divides_triangles_exactly_and_shares_the_new_corners() {
        // two triangles of a unit square, cut at half height
        let positions = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]].map(|[x, y]| DVec3::new(x, y, 0.0));
        let square = TriMesh { positions: positions.to_vec(), triangles: vec![[0, 1, 2], [0, 2, 3]] };
        let half = cut_below(&square, Plane { normal: DVec3::Y, height: 0.5 });
        assert!((half.area_mm2() - 0.5).abs() < 1e-15);
        assert_eq!(half.positions.len(), 5, "two corners above, three crossings");
        assert!(half.positions.iter().all(|p| p.y >= 0.5));
        assert!((0..half.triangles.len()).all(|t| {
            let [a, b, c] = half.corners(t);
            (b - a).cross(c - a).z > 0.0
        }));
        let turned =
            DMat4::from_rotation_translation(glam::DQuat::from_rotation_x(0.7), DVec3::new(1.0, -2.0, 3.0));
        let plane = Plane { normal: DVec3::new(0.0, 0.6, 0.8), height: 4.0 };
        let p = DVec3::new(5.0, 6.0, -7.0);
        let there = plane.seen_from(&turned).above_mm(p);
        assert!((there - plane.above_mm(turned.transform_point3(p))).abs() < 1e-12);
    }

    #[test]
    fn crumbs_go_and_halves_stay() {
        let triangle =
            |x: f64, size: f64| [[x, 0.0], [x + size, 0.0], [x, size]].map(|[x, y]| DVec3::new(x, y, 0.0));
        let positions = [triangle(0.0, 10.0), triangle(20.0, 8.0), triangle(40.0, 1.0)].concat();
        let mesh = TriMesh { positions, triangles: vec![[0, 1, 2], [3, 4, 5], [6, 7, 8]] };
        let (kept, dropped) = drop_crumbs(&mesh);
        assert_eq!((kept.triangles.len(), kept.positions.len(), dropped), (2, 6, 1));
    }
}
