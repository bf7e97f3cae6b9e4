//! From the triangles of a file to a manifold, consistently turned surface.
//!
//! Vertices that lie on one another are welded, copies and collapsed triangles go, edges with more than two triangles
//! are cut, every piece is turned outside out, and floating bits are dropped.

use std::collections::HashMap;

use glam::DVec3;
use serde::Serialize;

use crate::mesh::TriMesh;
use crate::topology::{Adjacency, Lists, Oriented, orient, split_fans};

/// Pieces smaller than this share of the largest are floating bits.
const FLOATING_BIT_SHARE: f64 = 0.01;

/// Border vertices closer than this share of the diagonal of the file's bounding box are one
/// (0.005 mm on a head with shoulders: rounding of ascii exports, far below any scanner's resolution).
const WELD_SHARE: f64 = 1e-5;

/// What cleaning did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CleanReport {
    /// Vertices that lay on another one.
    pub vertices_welded: usize,
    /// Triangles dropped because they were collapsed or copies.
    pub triangles_dropped: usize,
    /// Edges with more than two triangles, or between two triangles that cannot be turned alike.
    pub edges_cut: usize,
    /// Triangles whose inside was outside.
    pub faces_flipped: usize,
    /// Floating bits dropped.
    pub pieces_dropped: usize,
    /// Area of the dropped bits as a share of the whole.
    pub pieces_dropped_share: f64,
}

/// Cleans a mesh of any unit.
pub fn clean(mesh: &TriMesh) -> (TriMesh, CleanReport) {
    let mut report = CleanReport::default();
    let (n_before, n_triangles_before) = (used_vertices(mesh), mesh.triangles.len());
    let mut mesh = weld_borders(drop_bad_triangles(mesh.welded()));
    report.vertices_welded = n_before.saturating_sub(used_vertices(&mesh));

    let mut oriented = orient(&mut mesh.triangles);
    report.triangles_dropped = n_triangles_before - mesh.triangles.len();
    report.edges_cut = oriented.edges_cut;
    turn_outside_out(&mut mesh, &mut oriented);
    report.faces_flipped = oriented.turned.iter().filter(|t| **t).count();
    drop_floating_bits(&mut mesh, &oriented.adjacency, &mut report);
    if report.edges_cut > 0 {
        // Where a flap was cut off and dropped, the edges it stood on close again.
        mesh = drop_bad_triangles(mesh.welded());
    }
    let adjacency = orient(&mut mesh.triangles).adjacency;
    (split_fans(&mesh, &adjacency), report)
}

fn used_vertices(mesh: &TriMesh) -> usize {
    let mut used = vec![false; mesh.positions.len()];
    mesh.triangles.iter().flatten().for_each(|&v| used[v as usize] = true);
    used.into_iter().filter(|u| *u).count()
}

/// Drops triangles with a repeated corner and all but the first of triangles with the same corners.
fn drop_bad_triangles(mut mesh: TriMesh) -> TriMesh {
    mesh.triangles.retain(|&[a, b, c]| a != b && b != c && c != a);
    // Copies share their lowest vertex: compare within short lists.
    let mut by_lowest = Lists::new(mesh.positions.len(), || {
        mesh.triangles.iter().zip(0_u32..).map(|(t, i)| {
            let mut key = *t;
            key.sort_unstable();
            (key[0], (key, i))
        })
    });
    let mut copy = vec![false; mesh.triangles.len()];
    for v in 0..mesh.positions.len() {
        let alike = by_lowest.of_mut(v);
        alike.sort_unstable();
        alike.windows(2).filter(|w| w[0].0 == w[1].0).for_each(|w| copy[w[1].1 as usize] = true);
    }
    let mut i = 0;
    mesh.triangles.retain(|_| {
        i += 1;
        !copy[i - 1]
    });
    mesh
}

/// Joins border vertices that nearly coincide: seams that an exporter has rounded apart.
fn weld_borders(mesh: TriMesh) -> TriMesh {
    let (low, high) = bounds(&mesh.positions);
    let tolerance = WELD_SHARE * (high - low).length();
    let mut border: Vec<u32> =
        Adjacency::of(&mesh.triangles).border_edges(&mesh.triangles).into_iter().flatten().collect();
    border.sort_unstable();
    border.dedup();
    if border.is_empty() || tolerance <= 0.0 {
        return mesh;
    }
    let cell = |p: DVec3| ((p - low) / tolerance).to_array().map(|c| c.floor() as i64);
    let mut representative: Vec<u32> = (0..mesh.positions.len() as u32).collect();
    let mut cells: HashMap<[i64; 3], Vec<u32>> = HashMap::new();
    for &v in &border {
        let p = mesh.positions[v as usize];
        let [x, y, z] = cell(p);
        let near = (0..27).find_map(|k| {
            let neighbour = [x + k % 3 - 1, y + k / 3 % 3 - 1, z + k / 9 - 1];
            let near = |&&w: &&u32| mesh.positions[w as usize].distance(p) <= tolerance;
            cells.get(&neighbour).and_then(|vertices| vertices.iter().find(near)).copied()
        });
        match near {
            Some(w) => representative[v as usize] = w,
            None => cells.entry([x, y, z]).or_default().push(v),
        }
    }
    drop_bad_triangles(mesh.renamed(&representative))
}

/// Smallest and largest coordinates of some points.
pub fn bounds(positions: &[DVec3]) -> (DVec3, DVec3) {
    let start = (DVec3::INFINITY, DVec3::NEG_INFINITY);
    positions.iter().fold(start, |(low, high), &p| (low.min(p), high.max(p)))
}

/// Turns each piece so that its faces look away from its middle.
fn turn_outside_out(mesh: &mut TriMesh, oriented: &mut Oriented) {
    for piece in oriented.adjacency.pieces() {
        let area_of = |t: u32| mesh.triangle_area_mm2(t as usize);
        let centre_of = |t: u32| mesh.corners(t as usize).into_iter().sum::<DVec3>() / 3.0;
        let area: f64 = piece.iter().map(|&t| area_of(t)).sum();
        if area <= 0.0 {
            continue;
        }
        let middle = piece.iter().map(|&t| area_of(t) * centre_of(t)).sum::<DVec3>() / area;
        let outward: f64 = piece
            .iter()
            .map(|&t| {
                let [a, b, c] = mesh.corners(t as usize);
                (b - a).cross(c - a).dot(centre_of(t) - middle)
            })
            .sum();
        if outward < 0.0 {
            for &t in &piece {
                mesh.triangles[t as usize].swap(1, 2);
                oriented.turned[t as usize] ^= true;
            }
        }
    }
}

fn drop_floating_bits(mesh: &mut TriMesh, adjacency: &Adjacency, report: &mut CleanReport) {
    let pieces = adjacency.pieces();
    let areas: Vec<f64> =
        pieces.iter().map(|p| p.iter().map(|&t| mesh.triangle_area_mm2(t as usize)).sum()).collect();
    let largest = areas.iter().copied().fold(0.0, f64::max);
    let total: f64 = areas.iter().sum();
    let mut keep = vec![true; mesh.triangles.len()];
    for (piece, area) in pieces.iter().zip(&areas) {
        if *area < FLOATING_BIT_SHARE * largest {
            piece.iter().for_each(|&t| keep[t as usize] = false);
            report.pieces_dropped += 1;
            report.pieces_dropped_share += area / total;
        }
    }
    let mut i = 0;
    mesh.triangles.retain(|_| {
        i += 1;
        keep[i - 1]
    });
}
