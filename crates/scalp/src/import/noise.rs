//! How rough is the scan, and how much smoothing does that justify?

use glam::DVec3;
use rayon::prelude::*;

use super::report::NoiseReport;
use crate::linear::solve_symmetric;
use crate::mesh::TriMesh;
use crate::topology::VertexRings;

/// Noise below this is left alone, mm: it is under the thickness of a hair, and no later stage sees it.
const LEAST_MM: f64 = 0.12;

/// Rounds that leave of noise of 0.5 mm on edges of 2.2 mm what is longer than about 11 mm; more noise and finer edges
/// ask for more rounds. Where edges are longer, as on the scalp of an adaptive mesh, longer waves go as well.
const ROUNDS: f64 = 20.0;
const ROUNDS_NOISE_MM: f64 = 0.5;
const ROUNDS_EDGE_MM: f64 = 2.2;
const MOST_ROUNDS: f64 = 60.0;

/// On longer edges noise cannot be told from shape, mm.
const LONGEST_EDGE_MM: f64 = 7.0;

/// Vertices on which the noise is estimated.
const SAMPLES: usize = 2000;

/// The two steps of a round (Taubin 1995, "A signal processing approach to fair surface design"): smoothing, and the
/// growing that keeps the size. Waves longer than `k = 1 / SHRINK + 1 / GROW = 0.11` pass.
const SHRINK: f64 = 0.5;
const GROW: f64 = -0.53;

/// Estimates the noise of a mesh in millimetres where `counts` holds, and smooths the whole mesh as far as that
/// justifies.
pub fn smooth_noise(mesh: &mut TriMesh, counts: impl Fn(DVec3) -> bool + Sync) -> NoiseReport {
    let rings = VertexRings::new(mesh.positions.len(), &mesh.triangles);
    let counted: Vec<usize> =
        (0..mesh.positions.len()).filter(|&v| counts(mesh.positions[v]) && !rings.on_border(v)).collect();
    let every = counted.len().div_ceil(SAMPLES).max(1);
    let normals = mesh.vertex_normals();
    let deviations: Vec<f64> = counted
        .par_iter()
        .step_by(every)
        .filter_map(|&v| deviation(mesh, &rings, v, normals[v]))
        .map(f64::abs)
        .collect();
    let edges: Vec<f64> = counted
        .iter()
        .step_by(every)
        .flat_map(|&v| rings.of(v).iter().map(move |&w| (v, w as usize)))
        .map(|(v, w)| mesh.positions[v].distance(mesh.positions[w]))
        .collect();
    let (Some(deviation), Some(edge_mm)) = (median(deviations), median(edges)) else {
        return NoiseReport::default();
    };
    // A median is not misled by ears and seams; 1.4826 makes it a standard deviation.
    let noise_mm = 1.4826 * deviation;
    if noise_mm < LEAST_MM || edge_mm > LONGEST_EDGE_MM {
        return NoiseReport { noise_mm, rounds: 0, moved_rms_mm: 0.0 };
    }
    let finer = f64::max(ROUNDS_EDGE_MM / edge_mm, 1.0);
    let rounds =
        (ROUNDS * noise_mm / ROUNDS_NOISE_MM * finer * finer).round().clamp(1.0, MOST_ROUNDS) as usize;
    let before = mesh.positions.clone();
    for _ in 0..rounds {
        for factor in [SHRINK, GROW] {
            let moved = |(v, p): (usize, &DVec3)| {
                let around = rings.of(v);
                if around.is_empty() {
                    return *p;
                }
                let middle =
                    around.iter().map(|&w| mesh.positions[w as usize]).sum::<DVec3>() / around.len() as f64;
                *p + factor * (middle - *p)
            };
            mesh.positions = mesh.positions.par_iter().enumerate().map(moved).collect();
        }
    }
    let squares: f64 =
        counted.iter().map(|&v| (before[v] - mesh.positions[v]).dot(normals[v])).map(|d| d * d).sum();
    NoiseReport { noise_mm, rounds, moved_rms_mm: (squares / counted.len() as f64).sqrt() }
}

/// How far a vertex stands off the surface of second degree through its neighbours and theirs, divided by what unit
/// noise would give. `None` where they are too few.
fn deviation(mesh: &TriMesh, rings: &VertexRings, v: usize, normal: DVec3) -> Option<f64> {
    let mut around: Vec<u32> =
        rings.of(v).iter().flat_map(|&w| rings.of(w as usize).iter().copied().chain([w])).collect();
    around.sort_unstable();
    around.dedup();
    around.retain(|&w| w as usize != v);
    if around.len() < 9 {
        return None;
    }
    let (across, along) = normal.any_orthonormal_pair();
    let origin = mesh.positions[v];
    let size = around.iter().map(|&w| mesh.positions[w as usize].distance(origin)).fold(0.0, f64::max);
    let (mut a, mut b) = ([[0.0; 6]; 6], [0.0; 6]);
    for &w in &around {
        let d = (mesh.positions[w as usize] - origin) / size;
        let (x, y, z) = (d.dot(across), d.dot(along), d.dot(normal));
        let row = [1.0, x, y, x * x, x * y, y * y];
        for i in 0..6 {
            for k in 0..=i {
                a[i][k] += row[i] * row[k];
            }
            b[i] += row[i] * z;
        }
    }
    // The height of the fitted surface over the vertex is a weighted sum of the heights around; `first` holds how much
    // of their noise it takes over.
    let mut first = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    solve_symmetric(&mut a, &mut first)?;
    let height: f64 = (0..6).map(|i| first[i] * b[i]).sum();
    (first[0] > 0.0).then(|| size * height / (1.0 + first[0]).sqrt())
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    let middle = values.len() / 2;
    (!values.is_empty()).then(|| *values.select_nth_unstable_by(middle, f64::total_cmp).1)
}
