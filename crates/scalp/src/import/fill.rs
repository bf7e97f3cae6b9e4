//! Holes are closed with a surface that continues the head smoothly.
//!
//! 1. A hole's border is triangulated with the least area (Barequet and Sharir 1995, "Filling gaps in the boundary of a
//!    polyhedron"; Liepa 2003, "Filling holes in meshes").
//! 2. Remeshing divides the patch as finely as the rest.
//! 3. The patch is bent so that its bi-Laplacian vanishes: it leaves the border in the border's own direction.

use glam::DVec3;

use super::report::HoleReport;
use crate::linear::{Enough, conjugate_gradients};
use crate::mesh::TriMesh;
use crate::topology::{Adjacency, VertexRings};

/// Borders of more vertices are divided before they are triangulated; the work grows with the cube.
const MOST_CORNERS: usize = 220;

/// Borders of more vertices are left open; a border of the scalp has them 0.1 mm apart at most then.
const MOST_VERTICES: usize = 5000;

/// Closes the holes for which `fillable` holds (length of the border in mm, its vertices) by triangles at the end of the
/// list. Gives a report for every hole of at least `least_mm`, with no filled area yet.
pub fn close_holes(
    mesh: &mut TriMesh,
    least_mm: f64,
    fillable: impl Fn(f64, &[DVec3]) -> bool,
    on_scalp: impl Fn(DVec3) -> bool,
) -> Vec<HoleReport> {
    let mut reports = Vec::new();
    for mut border in Adjacency::of(&mesh.triangles).border_loops(&mesh.triangles) {
        let points: Vec<DVec3> = border.iter().map(|&v| mesh.positions[v as usize]).collect();
        let border_mm = (0..points.len()).map(|i| points[i].distance(points[(i + 1) % points.len()])).sum();
        let centre = points.iter().sum::<DVec3>() / points.len() as f64;
        let filled = (3..=MOST_VERTICES).contains(&border.len()) && fillable(border_mm, &points);
        let mut filled_mm2 = 0.0;
        if filled {
            // The border runs as the triangles beside it; the patch has to run the other way.
            border.reverse();
            let first = mesh.triangles.len();
            triangulate(&border, &mesh.positions, &mut mesh.triangles);
            filled_mm2 = (first..mesh.triangles.len()).map(|t| mesh.triangle_area_mm2(t)).sum();
        }
        if border_mm >= least_mm {
            reports.push(HoleReport { border_mm, filled_mm2, on_scalp: on_scalp(centre), centre_mm: centre });
        }
    }
    reports
}

/// Triangulates a closed polygon in space with the least area.
fn triangulate(polygon: &[u32], positions: &[DVec3], triangles: &mut Vec<[u32; 3]>) {
    let n = polygon.len();
    let p = |i: usize| positions[polygon[i] as usize];
    if n > MOST_CORNERS {
        // Divide at the shortest chord that leaves at least a quarter on each side.
        let mut best = (f64::MAX, 0, n / 2);
        for i in 0..n {
            for j in i + n / 4..(i + n - n / 4 + 1).min(n) {
                let d = p(i).distance_squared(p(j));
                if d < best.0 {
                    best = (d, i, j);
                }
            }
        }
        let (_, i, j) = best;
        triangulate(&polygon[i..=j], positions, triangles);
        let rest: Vec<u32> = polygon[j..].iter().chain(&polygon[..=i]).copied().collect();
        triangulate(&rest, positions, triangles);
        return;
    }
    // least[i][j]: least area of the polygon from corner i to corner j; via[i][j]: third corner of the triangle on i-j.
    let mut least = vec![vec![0.0_f64; n]; n];
    let mut via = vec![vec![0_usize; n]; n];
    for span in 2..n {
        for i in 0..n - span {
            let j = i + span;
            let mut best = (f64::INFINITY, i + 1);
            for k in i + 1..j {
                let area = 0.5 * (p(k) - p(i)).cross(p(j) - p(i)).length();
                let sum = least[i][k] + least[k][j] + area;
                if sum < best.0 {
                    best = (sum, k);
                }
            }
            (least[i][j], via[i][j]) = best;
        }
    }
    let mut waiting = vec![(0, n - 1)];
    while let Some((i, j)) = waiting.pop() {
        if j - i < 2 {
            continue;
        }
        let k = via[i][j];
        triangles.push([polygon[i], polygon[k], polygon[j]]);
        waiting.extend([(i, k), (k, j)]);
    }
}

/// Bends the vertices of patches so that they continue the surface around them: the squares of the bi-Laplacian's
/// residual are least. Conjugate gradients; the mesh is even, so all neighbours weigh the same.
pub fn bend_patches(mesh: &mut TriMesh, in_patch: &[bool]) {
    /// Enough for a hole of 60 edges across; larger ones are a little flatter.
    const ROUNDS: usize = 600;
    /// Share of the first residual at which the patch has settled.
    const SETTLED: f64 = 1e-6;

    let rings = VertexRings::new(mesh.positions.len(), &mesh.triangles);
    let free: Vec<usize> =
        (0..mesh.positions.len()).filter(|&v| in_patch[v] && !rings.on_border(v)).collect();
    if free.is_empty() {
        return;
    }
    // Vertices whose Laplacian feels the patch.
    let mut felt = vec![false; mesh.positions.len()];
    for &v in &free {
        felt[v] = true;
        rings.of(v).iter().for_each(|&w| felt[w as usize] = true);
    }
    let rows: Vec<usize> = (0..felt.len()).filter(|&v| felt[v] && !rings.on_border(v)).collect();
    let laplacian = |x: &[DVec3], out: &mut [DVec3]| {
        for &v in &rows {
            let around = rings.of(v);
            out[v] = x[v] - around.iter().map(|&w| x[w as usize]).sum::<DVec3>() / around.len() as f64;
        }
    };
    // The transposed operator: a row gives to its vertex and takes from its neighbours.
    let transposed = |y: &[DVec3], out: &mut [DVec3]| {
        free.iter().for_each(|&v| out[v] = DVec3::ZERO);
        for &v in &rows {
            out[v] += y[v];
            let around = rings.of(v);
            let share = y[v] / around.len() as f64;
            around.iter().for_each(|&w| out[w as usize] -= share);
        }
    };
    // The operator twice, on the free vertices; all others stay.
    let n = mesh.positions.len();
    let (mut moved, mut bent, mut gradient) =
        (vec![DVec3::ZERO; n], vec![DVec3::ZERO; n], vec![DVec3::ZERO; n]);
    let gather = |from: &[DVec3]| -> Vec<DVec3> { free.iter().map(|&v| from[v]).collect() };
    laplacian(&mesh.positions, &mut bent);
    transposed(&bent, &mut gradient);
    let residual = gather(&gradient).into_iter().map(|g| -g).collect();
    let times = |direction: &[DVec3]| {
        free.iter().zip(direction).for_each(|(&v, d)| moved[v] = *d);
        laplacian(&moved, &mut bent);
        transposed(&bent, &mut gradient);
        gather(&gradient)
    };
    let mut places = gather(&mesh.positions);
    let enough = Enough { residual: SETTLED, steps: ROUNDS };
    conjugate_gradients(&mut places, residual, times, |_, r| r, DVec3::dot, enough);
    free.iter().zip(places).for_each(|(&v, p)| mesh.positions[v] = p);
}
