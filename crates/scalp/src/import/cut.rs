//! The head ends at the neck.

use std::collections::HashMap;

use glam::DVec3;

use crate::mesh::TriMesh;
use crate::topology::{Adjacency, split_fans};

/// Pieces that the cut leaves and that are smaller than this share of the largest are dropped.
const CRUMB_SHARE: f64 = 0.05;

/// The part of a mesh above a plane, `normal . p >= height`; triangles across it are divided.
pub fn cut_below(mesh: &TriMesh, normal: DVec3, height: f64) -> TriMesh {
    let above: Vec<f64> = mesh.positions.iter().map(|p| p.dot(normal) - height).collect();
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
    compact(&kept)
}

/// The largest piece of a mesh and every piece with at least a twentieth of its area; and how many went.
pub fn drop_crumbs(mesh: &TriMesh) -> (TriMesh, usize) {
    let adjacency = Adjacency::of(mesh);
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
    let kept = split_fans(&kept, &Adjacency::of(&kept));
    (kept, pieces.len() - keep.len())
}

/// Forgets vertices of no triangle; the order is kept.
pub fn compact(mesh: &TriMesh) -> TriMesh {
    let mut new_index = vec![u32::MAX; mesh.positions.len()];
    mesh.triangles.iter().flatten().for_each(|&v| new_index[v as usize] = 0);
    let mut positions = Vec::new();
    for (v, index) in new_index.iter_mut().enumerate().filter(|(_, i)| **i == 0) {
        *index = positions.len() as u32;
        positions.push(mesh.positions[v]);
    }
    let triangles = mesh.triangles.iter().map(|t| t.map(|v| new_index[v as usize])).collect();
    TriMesh { positions, triangles }
}
