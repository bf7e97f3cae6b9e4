//! Solving for the head on which tape and calipers read what they read on the client.

use rayon::prelude::*;

use crate::anthropometry::Survey;
use crate::head::Landmarks;
use crate::mesh::TriMesh;
use crate::model::ModelError;
use crate::model::shape::{N_OFFSETS, OFFSET_DEGREE, Shape, Template};
use crate::tape::{self, Measure};

/// Number of unknowns: three scale factors and the offsets.
const N_UNKNOWNS: usize = 3 + N_OFFSETS;

/// Edge length of the mesh on which derivatives are taken, mm.
pub const COARSE_STEP_MM: f64 = 6.0;

/// A reading that has to be met, as its SD, mm: far below the 1 mm that is asked.
const MET_SD_MM: f64 = 0.02;

/// SD of scale factors before any reading: wide, so that offsets only do what scaling cannot.
const SCALE_SD: f64 = 0.3;

/// What the shape has to agree with: mean and covariance of readings, in the order of `measures`.
pub struct Target {
    /// Measures that count.
    pub measures: Vec<Measure>,
    /// Wanted value of each, mm.
    pub wanted_mm: Vec<f64>,
    /// `covariance_mm2[i][j]` of the wanted values.
    pub covariance_mm2: Vec<Vec<f64>>,
}

impl Target {
    /// Readings are met (or, where they contradict each other, weighed by `spread_mm`); length, breadth and height that
    /// were not taken follow the survey. Circumference and arcs that were not taken follow from the shape.
    pub fn new(survey: &Survey, known_mm: &[Option<f64>; 6], spread_mm: Option<&[f64; 6]>) -> Target {
        let (mean, covariance) = survey.given(known_mm, &[0.0; 6]);
        let shape_gives = |m: Measure| !matches!(m, Measure::Length | Measure::Breadth | Measure::TragionTop);
        let measures: Vec<Measure> =
            Measure::ALL.into_iter().filter(|&m| known_mm[m as usize].is_some() || !shape_gives(m)).collect();
        let entry = |a: Measure, b: Measure| {
            let (i, j) = (a as usize, b as usize);
            match (known_mm[i], known_mm[j]) {
                (None, None) => covariance[i][j],
                (Some(_), Some(_)) if i == j => {
                    let sd = spread_mm.map_or(MET_SD_MM, |sd| sd[i]);
                    sd * sd
                }
                _ => 0.0,
            }
        };
        let covariance_mm2 =
            measures.iter().map(|&a| measures.iter().map(|&b| entry(a, b)).collect()).collect();
        let wanted_mm = measures.iter().map(|&m| known_mm[m as usize].unwrap_or(mean[m as usize])).collect();
        Target { measures, wanted_mm, covariance_mm2 }
    }
}

/// A solved shape, its skin and what tape and calipers read on it.
pub struct Solved {
    /// The shape.
    pub shape: Shape,
    /// The skin on the fine mesh, head frame, mm.
    pub skin: TriMesh,
    /// Its landmarks.
    pub landmarks: Landmarks,
    /// All six measures on it, mm.
    pub built_mm: [f64; 6],
}

/// Solves for the most probable shape: Gauss-Newton with a prior (ridge) on scales and offsets, the readings taken on
/// the fine mesh, their derivatives on a coarse one.
///
/// # Errors
/// If a shape on the way has no midline or cannot be measured.
pub fn solve(
    fine: &Template,
    coarse: &Template,
    target: &Target,
    ear_offset_mm: f64,
) -> Result<Solved, ModelError> {
    let prior = Shape { ear_offset_mm, ..Shape::average() };
    let start = to_unknowns(&prior);
    let mut unknowns = start;
    let mut jacobian = derivatives(coarse, &unknowns, ear_offset_mm)?;
    let mut best = read(fine, &unknowns, ear_offset_mm)?;
    for step in 0..MAX_STEPS {
        // Most probable unknowns for the readings linearized here.
        let residual: Vec<f64> = target
            .measures
            .iter()
            .zip(&target.wanted_mm)
            .map(|(&m, wanted)| {
                let row = &jacobian[m as usize];
                let back: f64 = (0..N_UNKNOWNS).map(|k| row[k] * (unknowns[k] - start[k])).sum();
                wanted - best.built_mm[m as usize] + back
            })
            .collect();
        let next = most_probable(&start, &jacobian, target, &residual)?;
        let moved = (0..N_UNKNOWNS).map(|k| (next[k] - unknowns[k]).abs() / prior_sd(k)).fold(0.0, f64::max);
        unknowns = next;
        best = read(fine, &unknowns, ear_offset_mm)?;
        if moved < SETTLED {
            break;
        }
        if step < STEPS_WITH_NEW_DERIVATIVES {
            jacobian = derivatives(coarse, &unknowns, ear_offset_mm)?;
        }
    }
    Ok(best)
}

/// Most steps of the solver; it settles in three to five.
const MAX_STEPS: usize = 8;
/// Steps after which derivatives are taken anew.
const STEPS_WITH_NEW_DERIVATIVES: usize = 1;
/// Change of an unknown, in its prior SDs, below which the solver stops.
const SETTLED: f64 = 1e-4;

/// Prior SD of an unknown: scale factors, then offset coefficients 6 / (1 + l) mm (`head.md` 2.6).
fn prior_sd(unknown: usize) -> f64 {
    if unknown < 3 { SCALE_SD } else { 6.0 / (1.0 + DEGREE[unknown - 3] as f64) }
}

/// Degree of every offset coefficient.
const DEGREE: [usize; N_OFFSETS] = {
    let mut degrees = [0; N_OFFSETS];
    let (mut l, mut i) = (0, 0);
    while l <= OFFSET_DEGREE {
        let mut m = 0;
        while m <= l {
            degrees[i] = l;
            i += 1;
            m += 1;
        }
        l += 1;
    }
    degrees
};

fn to_unknowns(shape: &Shape) -> [f64; N_UNKNOWNS] {
    let mut unknowns = [0.0; N_UNKNOWNS];
    unknowns[..3].copy_from_slice(&shape.scale.to_array());
    unknowns[3..].copy_from_slice(&shape.offsets_mm);
    unknowns
}

fn to_shape(unknowns: &[f64; N_UNKNOWNS], ear_offset_mm: f64) -> Shape {
    let mut offsets_mm = [0.0; N_OFFSETS];
    offsets_mm.copy_from_slice(&unknowns[3..]);
    Shape { scale: glam::DVec3::new(unknowns[0], unknowns[1], unknowns[2]), offsets_mm, ear_offset_mm }
}

/// Builds and measures.
fn read(template: &Template, unknowns: &[f64; N_UNKNOWNS], ear_offset_mm: f64) -> Result<Solved, ModelError> {
    let shape = to_shape(unknowns, ear_offset_mm);
    let (skin, landmarks) = template.skin(&shape)?;
    let built_mm = tape::measure(&skin, &landmarks)?.to_array();
    Ok(Solved { shape, skin, landmarks, built_mm })
}

/// `derivatives[measure][unknown]` on the coarse mesh, by central differences.
fn derivatives(
    coarse: &Template,
    unknowns: &[f64; N_UNKNOWNS],
    ear_offset_mm: f64,
) -> Result<Vec<[f64; N_UNKNOWNS]>, ModelError> {
    let columns: Result<Vec<[f64; 6]>, ModelError> = (0..N_UNKNOWNS)
        .into_par_iter()
        .map(|k| {
            let step = DIFFERENCE_SD * prior_sd(k);
            let at = |sign: f64| {
                let mut shifted = *unknowns;
                shifted[k] += sign * step;
                Ok::<_, ModelError>(read(coarse, &shifted, ear_offset_mm)?.built_mm)
            };
            let (above, below) = (at(1.0)?, at(-1.0)?);
            Ok(std::array::from_fn(|m| (above[m] - below[m]) / (2.0 * step)))
        })
        .collect();
    let columns = columns?;
    Ok((0..6).map(|m| std::array::from_fn(|k| columns[k][m])).collect())
}

/// Step of the differences in prior SDs: 0.03 of a scale factor, 0.1 to 0.6 mm of an offset.
const DIFFERENCE_SD: f64 = 0.1;

/// start + D Jt (J D Jt + R)^-1 residual, with D the prior variances and R the covariance of the readings.
fn most_probable(
    start: &[f64; N_UNKNOWNS],
    jacobian: &[[f64; N_UNKNOWNS]],
    target: &Target,
    residual: &[f64],
) -> Result<[f64; N_UNKNOWNS], ModelError> {
    let rows: Vec<&[f64; N_UNKNOWNS]> = target.measures.iter().map(|&m| &jacobian[m as usize]).collect();
    let variance: [f64; N_UNKNOWNS] = std::array::from_fn(|k| prior_sd(k) * prior_sd(k));
    let n = rows.len();
    let mut matrix = target.covariance_mm2.clone();
    for i in 0..n {
        for j in 0..n {
            matrix[i][j] += (0..N_UNKNOWNS).map(|k| rows[i][k] * variance[k] * rows[j][k]).sum::<f64>();
        }
    }
    let weights = solve_symmetric(matrix, residual.to_vec()).ok_or(ModelError::Degenerate)?;
    let step = |k: usize| (0..n).map(|i| rows[i][k] * weights[i]).sum::<f64>() * variance[k];
    Ok(std::array::from_fn(|k| start[k] + step(k)))
}

/// Solves a symmetric positive definite system by Cholesky's factors; `None` if it is not one.
fn solve_symmetric(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Option<Vec<f64>> {
    let n = b.len();
    // a = L Lt, L in the lower triangle.
    for j in 0..n {
        for i in j..n {
            let sum: f64 = a[i][j] - (0..j).map(|k| a[i][k] * a[j][k]).sum::<f64>();
            if i == j {
                if sum.is_nan() || sum <= 0.0 {
                    return None;
                }
                a[j][j] = libm::sqrt(sum);
            } else {
                a[i][j] = sum / a[j][j];
            }
        }
    }
    for i in 0..n {
        b[i] = (b[i] - (0..i).map(|k| a[i][k] * b[k]).sum::<f64>()) / a[i][i];
    }
    for i in (0..n).rev() {
        b[i] = (b[i] - (i + 1..n).map(|k| a[k][i] * b[k]).sum::<f64>()) / a[i][i];
    }
    Some(b)
}
