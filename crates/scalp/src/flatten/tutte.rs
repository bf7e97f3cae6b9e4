//! Tutte's embedding: the border on a circle, every inner vertex at the mean of its neighbours. No triangle flips.

use glam::{DMat2, DVec2};

use super::FlattenError;
use super::solve::Blocks;
use crate::mesh::TriMesh;

/// A start for [`super::relax`] of about the patch's size.
pub(super) fn embed(patch: &TriMesh) -> Result<Vec<DVec2>, FlattenError> {
    let border = border_loop(patch)?;
    let radius = (patch.area_mm2() / std::f64::consts::PI).sqrt();
    let length = |k: usize| {
        let next = border[(k + 1) % border.len()];
        patch.positions[border[k]].distance(patch.positions[next])
    };
    let total: f64 = (0..border.len()).map(length).sum();
    let mut uv = vec![DVec2::ZERO; patch.positions.len()];
    let mut fixed = vec![false; patch.positions.len()];
    let mut along = 0.0;
    for (k, &v) in border.iter().enumerate() {
        let (sin, cos) = libm::sincos(std::f64::consts::TAU * along / total);
        uv[v] = DVec2::new(cos, sin) * radius;
        fixed[v] = true;
        along += length(k);
    }
    let triangles = || patch.triangles.iter().map(|t| t.map(|v| v as usize));
    let mut laplace = Blocks::new(uv.len(), triangles());
    let mut pull = vec![DVec2::ZERO; uv.len()];
    for [a, b, c] in triangles() {
        for (i, j) in [(a, b), (b, c), (c, a), (b, a), (c, b), (a, c)] {
            if fixed[i] {
                continue;
            }
            laplace.add(i, i, DMat2::IDENTITY);
            if fixed[j] {
                pull[i] += uv[j];
            } else {
                laplace.add(i, j, -DMat2::IDENTITY);
            }
        }
    }
    let inner = laplace.solve(&pull, 1e-10);
    for v in 0..uv.len() {
        if !fixed[v] {
            uv[v] = inner[v];
        }
    }
    Ok(uv)
}

/// The vertices of the one border, counter-clockwise, after checking that the patch is a disc.
fn border_loop(patch: &TriMesh) -> Result<Vec<usize>, FlattenError> {
    let no = |found| Err(FlattenError::NotADisc { found });
    if patch.triangles.is_empty() {
        return no("has no triangles");
    }
    let vertices = patch.positions.len();
    if let Some(triangle) = patch.triangles.iter().position(|t| t.iter().any(|&v| v as usize >= vertices)) {
        return Err(FlattenError::BadTriangle { triangle });
    }
    let mut edges: Vec<[u32; 2]> =
        patch.triangles.iter().flat_map(|&[a, b, c]| [[a, b], [b, c], [c, a]]).collect();
    edges.sort_unstable();
    if edges.windows(2).any(|w| w[0] == w[1]) {
        return no("has edges of more than two triangles, or triangles of both directions");
    }
    let border = patch.border_edges();
    if border.is_empty() {
        return no("is closed");
    }
    let mut next = vec![usize::MAX; vertices];
    for &[a, b] in &border {
        if next[a as usize] != usize::MAX {
            return no("touches itself in a single vertex");
        }
        next[a as usize] = b as usize;
    }
    let first = border[0][0] as usize;
    let mut way = vec![first];
    let mut at = next[first];
    while at != first && at != usize::MAX && way.len() <= border.len() {
        way.push(at);
        at = next[at];
    }
    if way.len() != border.len() {
        return no("has more than one border");
    }
    // One border and V - E + F = 1 leave only a disc (and nothing loose beside it).
    let inner_edges = (edges.len() - border.len()) / 2;
    let euler = vertices as i64 - (inner_edges + border.len()) as i64 + patch.triangles.len() as i64;
    if euler != 1 {
        return no("has a handle, a loose vertex or a second piece");
    }
    Ok(way)
}
