//! Solving for the head on which tape and calipers read what they read on the client.

use glam::DVec3;
use rayon::prelude::*;

use crate::anthropometry::Survey;
use crate::head::Landmarks;
use crate::linear::solve_symmetric;
use crate::mesh::TriMesh;
use crate::model::ModelError;
use crate::model::shape::{
    HIGHEST_OFFSET_DEGREE, LOWEST_OFFSET_DEGREE, N_OFFSETS, Shape, Template, by_definition,
};
use crate::tape::{self, Measure};

/// Number of unknowns: three scale factors and the offsets.
const N_UNKNOWNS: usize = 3 + N_OFFSETS;

/// Edge length of the mesh on which derivatives are taken, mm.
pub const COARSE_STEP_MM: f64 = 6.0;

/// A reading that has to be met, as its SD, mm: far below the 1 mm that is asked.
const MET_SD_MM: f64 = 0.02;

/// SD of scale factors about those that give length, breadth and height: a face is not stretched to please a tape.
const SCALE_SD: f64 = 0.03;

/// What the shape has to agree with: mean and covariance of readings, in the order of `measures`.
pub struct Target {
    /// Measures that count.
    pub measures: Vec<Measure>,
    /// Wanted value of every measure, counting or not, in the order of [`Measure::ALL`], mm.
    pub wanted_mm: [f64; 6],
    /// `covariance_mm2[i][j]` of the wanted values of `measures`.
    pub covariance_mm2: Vec<Vec<f64>>,
}

impl Target {
    /// Readings are met (or, where they contradict each other, weighed by `spread_mm`); length, breadth and height that
    /// were not taken follow the survey. Circumference and arcs that were not taken follow from the shape.
    pub fn new(survey: &Survey, known_mm: &[Option<f64>; 6], spread_mm: Option<&[f64; 6]>) -> Target {
        let (mean, covariance) = survey.given(known_mm);
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
        let wanted_mm = std::array::from_fn(|i| known_mm[i].unwrap_or(mean[i]));
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

/// Solves for the most probable shape: Gauss-Newton with a prior (ridge) on scale factors and offsets. The work is done
/// on the coarse mesh; what it reads differently from the fine mesh is a slowly changing bias that is taken off.
///
/// # Errors
/// If a shape on the way has no midline or cannot be measured.
pub fn solve(fine: &Template, coarse: &Template, target: &Target) -> Result<Solved, ModelError> {
    let average = Shape::average();
    // The prior's scale factors are those that give length, breadth and height by themselves.
    let mut prior = average.clone();
    let (average_skin, average_landmarks) = coarse.skin(&average);
    let average_mm = tape::measure(&average_skin, &average_landmarks)?.to_array();
    for (measure, axis) in [(Measure::Breadth, 0), (Measure::TragionTop, 1), (Measure::Length, 2)] {
        let wanted = target.wanted_mm[measure as usize];
        prior.scale[axis] = wanted / average_mm[measure as usize];
    }
    let prior = to_unknowns(&prior);
    let mut unknowns = prior;
    let read_mm = read(coarse, &average)?;
    let mut bias_mm: [f64; 6] = std::array::from_fn(|m| average_mm[m] - read_mm[m]);
    let mut best: Option<(f64, Solved)> = None;
    for _ in 0..MAX_ROUNDS {
        let wanted_mm = std::array::from_fn(|m| target.wanted_mm[m] - bias_mm[m]);
        unknowns = solve_coarse(coarse, &prior, unknowns, target, &wanted_mm)?;
        let shape = to_shape(&unknowns);
        let read_mm = read(coarse, &shape)?;
        let built = build(fine, &shape)?;
        let before = bias_mm;
        bias_mm = std::array::from_fn(|m| built.built_mm[m] - read_mm[m]);
        let change = |&m: &Measure| (bias_mm[m as usize] - before[m as usize]).abs();
        let change_mm = target.measures.iter().map(change).fold(0.0, f64::max);
        if best.as_ref().is_none_or(|(least_mm, _)| change_mm < *least_mm) {
            best = Some((change_mm, built));
        }
        if change_mm < BIAS_SETTLED_MM {
            break;
        }
    }
    best.map(|(_, built)| built).ok_or(ModelError::Degenerate)
}

/// Most rounds of the bias between the meshes; two are usual.
const MAX_ROUNDS: usize = 6;
/// Change of the bias, and so misfit, with which it has settled, mm.
const BIAS_SETTLED_MM: f64 = 0.2;

/// The most probable unknowns on the coarse mesh, from a start.
fn solve_coarse(
    coarse: &Template,
    prior: &Unknowns,
    start: Unknowns,
    target: &Target,
    wanted_mm: &[f64; 6],
) -> Result<Unknowns, ModelError> {
    let cost = |unknowns: &Unknowns, built_mm: &[f64; 6]| {
        let misfit = |(i, &m): (usize, &Measure)| {
            let misfit = wanted_mm[m as usize] - built_mm[m as usize];
            misfit * misfit / target.covariance_mm2[i][i].max(COST_SD_MM * COST_SD_MM)
        };
        let misfits: f64 = target.measures.iter().enumerate().map(misfit).sum();
        let ridge: f64 = (0..N_UNKNOWNS)
            .map(|k| (unknowns[k] - prior[k]) / prior_sd(k))
            .map(|deviation| deviation * deviation)
            .sum();
        misfits + ridge
    };
    let mut unknowns = start;
    let mut built_mm = read(coarse, &to_shape(&unknowns))?;
    for _ in 0..MAX_STEPS {
        // Most probable unknowns for the readings linearized here.
        let jacobian = derivatives(coarse, &unknowns, &built_mm)?;
        let residual: Vec<f64> = target
            .measures
            .iter()
            .map(|&m| {
                let row = &jacobian[m as usize];
                let back: f64 = (0..N_UNKNOWNS).map(|k| row[k] * (unknowns[k] - prior[k])).sum();
                wanted_mm[m as usize] - built_mm[m as usize] + back
            })
            .collect();
        let aim = most_probable(prior, &jacobian, target, &residual)?;
        // The readings bend (a tape lifts off a hollow): go as far towards the aim as it helps.
        let now = cost(&unknowns, &built_mm);
        let mut after = now;
        for share in [1.0, 0.5, 0.25, 0.125] {
            let next: Unknowns = std::array::from_fn(|k| unknowns[k] + share * (aim[k] - unknowns[k]));
            let next_mm = read(coarse, &to_shape(&next))?;
            after = cost(&next, &next_mm);
            if after < now {
                (unknowns, built_mm) = (next, next_mm);
                break;
            }
        }
        if now - after < SETTLED * (1.0 + now) {
            break;
        }
    }
    Ok(unknowns)
}

/// Most Gauss-Newton steps; three to five are usual.
const MAX_STEPS: usize = 12;
/// Share of the cost below which a step's gain ends the search.
const SETTLED: f64 = 0.02;
/// A misfit below this costs next to nothing when steps are compared, mm.
const COST_SD_MM: f64 = 0.1;

/// Three scale factors, then the offset coefficients in mm.
type Unknowns = [f64; N_UNKNOWNS];

/// Prior SD of an unknown: scale factors, then offset coefficients.
fn prior_sd(unknown: usize) -> f64 {
    if unknown < 3 {
        return SCALE_SD;
    }
    let l = DEGREE[unknown - 3] as f64;
    OFFSET_SD_MM / (l * (l + 1.0))
}

/// Prior SD of an offset coefficient of degree l is this over l (l + 1), mm: the ridge that bends the skin least. At l = 4,
/// which gives a circumference its corners, it equals the 6 / (1 + l) mm of `head.md` 2.6; higher degrees are left out
/// because six numbers cannot ask for dents.
const OFFSET_SD_MM: f64 = 24.0;

/// Degree of every offset coefficient.
const DEGREE: [usize; N_OFFSETS] = {
    let mut degrees = [0; N_OFFSETS];
    let (mut l, mut i) = (LOWEST_OFFSET_DEGREE, 0);
    while l <= HIGHEST_OFFSET_DEGREE {
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

fn to_unknowns(shape: &Shape) -> Unknowns {
    let mut unknowns = [0.0; N_UNKNOWNS];
    unknowns[..3].copy_from_slice(&shape.scale.to_array());
    unknowns[3..].copy_from_slice(&shape.offsets_mm);
    unknowns
}

fn to_shape(unknowns: &Unknowns) -> Shape {
    let mut offsets_mm = [0.0; N_OFFSETS];
    offsets_mm.copy_from_slice(&unknowns[3..]);
    Shape { scale: DVec3::new(unknowns[0], unknowns[1], unknowns[2]), offsets_mm }
}

/// Builds on the fine mesh and measures by the landmarks' definitions.
fn build(fine: &Template, shape: &Shape) -> Result<Solved, ModelError> {
    let (skin, moved) = fine.skin(shape);
    let landmarks = by_definition(&skin, moved)?;
    let built_mm = tape::measure(&skin, &landmarks)?.to_array();
    Ok(Solved { shape: shape.clone(), skin, landmarks, built_mm })
}

/// Measures on the coarse mesh so that the readings change smoothly with the shape: glabella and opisthocranion move with
/// the skin, for by definition they may leap over a flat brow or back; and the tape over the vertex is taken twice, a
/// finger's breadth to either side, for a dent right under it must not pay.
fn read(coarse: &Template, shape: &Shape) -> Result<[f64; 6], ModelError> {
    let (skin, mut landmarks) = coarse.skin(shape);
    landmarks.vertex = tape::find_vertex(&skin, &landmarks).ok_or(ModelError::Degenerate)?;
    let mut read_mm = tape::measure(&skin, &landmarks)?;
    let vertex = landmarks.vertex;
    read_mm.tragus_arc_mm = 0.0;
    for side_mm in [-FINGER_MM, FINGER_MM] {
        landmarks.vertex = vertex + DVec3::Z * side_mm;
        read_mm.tragus_arc_mm += 0.5 * tape::tragus_arc_mm(&skin, &landmarks, 0.5 * read_mm.breadth_mm)?;
    }
    read_mm.breadth_mm = 2.0 * soft_half_breadth_mm(&skin, landmarks.vertex.y, 0.5 * read_mm.breadth_mm);
    Ok(read_mm.to_array())
}

/// Half the breadth as a smooth maximum over all points above the ears, mm: where two places are nearly as wide, both count.
fn soft_half_breadth_mm(skin: &TriMesh, vertex_mm: f64, half_mm: f64) -> f64 {
    let near = |p: &&DVec3| p.y >= tape::EAR_FREE_HEIGHT * vertex_mm && p.x > half_mm - 12.0 * SOFT_MM;
    let weights = skin.positions.iter().filter(near).map(|p| libm::exp((p.x - half_mm) / SOFT_MM));
    half_mm + SOFT_MM * libm::log(weights.sum())
}

/// How close to the greatest width a place has to be to count, mm.
const SOFT_MM: f64 = 0.5;

/// How far beside the vertex the smooth tape is taken, mm.
const FINGER_MM: f64 = 12.0;

/// `derivatives[measure][unknown]` on the coarse mesh, by differences from the readings `built_mm` at `unknowns`.
fn derivatives(
    coarse: &Template,
    unknowns: &Unknowns,
    built_mm: &[f64; 6],
) -> Result<Vec<Unknowns>, ModelError> {
    let columns: Result<Vec<[f64; 6]>, ModelError> = (0..N_UNKNOWNS)
        .into_par_iter()
        .map(|k| {
            let step = DIFFERENCE_SD * prior_sd(k);
            let mut shifted = *unknowns;
            shifted[k] += step;
            let shifted_mm = read(coarse, &to_shape(&shifted))?;
            Ok(std::array::from_fn(|m| (shifted_mm[m] - built_mm[m]) / step))
        })
        .collect();
    let columns = columns?;
    Ok((0..6).map(|m| std::array::from_fn(|k| columns[k][m])).collect())
}

/// Step of the differences in prior SDs: 0.006 of a scale factor, 0.2 to 0.4 mm of an offset.
const DIFFERENCE_SD: f64 = 0.2;

/// start + D Jt (J D Jt + R)^-1 residual, with D the prior variances and R the covariance of the readings.
fn most_probable(
    start: &Unknowns,
    jacobian: &[Unknowns],
    target: &Target,
    residual: &[f64],
) -> Result<Unknowns, ModelError> {
    let rows: Vec<&Unknowns> = target.measures.iter().map(|&m| &jacobian[m as usize]).collect();
    let variance: Unknowns = std::array::from_fn(|k| prior_sd(k) * prior_sd(k));
    let n = rows.len();
    let mut matrix = target.covariance_mm2.clone();
    for i in 0..n {
        for j in 0..n {
            matrix[i][j] += (0..N_UNKNOWNS).map(|k| rows[i][k] * variance[k] * rows[j][k]).sum::<f64>();
        }
    }
    let mut weights = residual.to_vec();
    solve_symmetric(&mut matrix, &mut weights).ok_or(ModelError::Degenerate)?;
    let step = |k: usize| (0..n).map(|i| rows[i][k] * weights[i]).sum::<f64>() * variance[k];
    Ok(std::array::from_fn(|k| start[k] + step(k)))
}
