//! The look of follicles: a tangential jitter, and one wide balancing step that takes the low frequencies of the
//! jitter back out of the whole, of every visit and of every union.

use glam::Vec3;
use rayon::prelude::*;

use super::clusters::{Bounds, CHUNK, Clusters, WIDTH};
use super::quadrature::Background;
use super::relax::{Dots, KernelSum, advance, capped, kernel_range};
use super::rng::{Counter, Stream};
use super::surface::{AtBorder, Face, Point, Site, Surface, spacing};
use super::visits::VisitSet;

/// Jitter per tangential axis in spacings: most dots get `small`, a share `many` of them `large`.
struct Jitter {
    cv: f32,
    small: f32,
    large: f32,
    many: f32,
}

/// Measured on uniform layouts of 30,000 dots in three visits: which jitter gives which coefficient of variation of the
/// nearest-neighbour distance. Without any jitter 0.10 remains, because the visits share the room.
const JITTERS: [Jitter; 5] = [
    Jitter { cv: 0.100, small: 0.00, large: 0.00, many: 0.4 },
    Jitter { cv: 0.117, small: 0.05, large: 0.12, many: 0.4 },
    Jitter { cv: 0.153, small: 0.06, large: 0.20, many: 0.4 },
    Jitter { cv: 0.200, small: 0.06, large: 0.28, many: 0.4 },
    Jitter { cv: 0.255, small: 0.08, large: 0.36, many: 0.5 },
];
/// Jitter is clipped at this many standard deviations.
const CLIP: f32 = 2.5;
/// Within this distance of a border every dot gets the large jitter, so that no row of dots traces it; spacings.
const BORDER_ZONE: f32 = 0.9;

const BALANCE_SIGMA: f32 = 1.0;
const BALANCE_RATE: f32 = 0.4;
const BALANCE_CAP: f32 = 0.12;
const VISIT_WEIGHT: f32 = 0.7;
const UNION_WEIGHT: f32 = 0.35;
/// Dots closer than this repel each other during the balancing, spacings.
const CORE: f32 = 0.36;

/// Scatters the dots so that the nearest-neighbour distances vary by about `cv`.
pub(crate) fn jitter(surface: &Surface, dots: &mut Dots, cv: f64, seed: u64) {
    let Jitter { small, large, many, .. } = jitter_for(cv as f32);
    if large <= 0.0 {
        return;
    }
    let border = std::mem::take(&mut dots.border);
    let random = Counter::new(seed, Stream::Jitter);
    let moved = |i: usize, site: Site, points: &[Point]| {
        let face = &surface.faces[site.face as usize];
        let local = spacing(points[i][3]);
        let scattered = border[i] < BORDER_ZONE || random.unit(2 * i as u64) < many;
        let size = local * if scattered { large } else { small };
        let [u, v] = random.normal2(2 * i as u64 + 1, CLIP);
        let (tangent, bitangent) = tangents(face);
        surface.walk(site, (tangent * u + bitangent * v) * size, AtBorder::Bounce)
    };
    advance(surface, dots, moved);
    dots.border = border;
}

fn jitter_for(cv: f32) -> Jitter {
    let after = JITTERS.iter().position(|j| j.cv > cv).unwrap_or(JITTERS.len() - 1).max(1);
    let (a, b) = (&JITTERS[after - 1], &JITTERS[after]);
    let t = ((cv - a.cv) / (b.cv - a.cv)).clamp(0.0, 1.0);
    let mix = |x: f32, y: f32| x + t * (y - x);
    Jitter { cv, small: mix(a.small, b.small), large: mix(a.large, b.large), many: mix(a.many, b.many) }
}

/// Two unit vectors along a face.
pub(crate) fn tangents(face: &Face) -> (Vec3, Vec3) {
    let tangent = face.edge1.normalize_or_zero();
    (tangent, face.normal().cross(tangent))
}

/// One wide step: every set is pushed towards its asked density on the scale of a few of its own spacings.
pub(crate) fn balance(
    surface: &Surface,
    background: &Background,
    dots: &mut Dots,
    sets: &[VisitSet],
    labels: &[u8],
) {
    let whole = set_forces(surface, background, dots, 1.0, 1.0, &|_| true);
    let mut steps: Vec<Vec3> = whole;
    let core = core_forces(&dots.points);
    for (step, push) in steps.iter_mut().zip(core) {
        *step += push;
    }
    for set in sets {
        let weight = if set.is_union() { UNION_WEIGHT } else { VISIT_WEIGHT };
        let members: Vec<usize> = (0..labels.len()).filter(|&i| set.holds(labels[i])).collect();
        let forces = set_forces(surface, background, dots, set.share, weight, &|i| set.holds(labels[i]));
        for (&i, force) in members.iter().zip(forces) {
            steps[i] += force;
        }
    }
    advance(surface, dots, |i, site, points| {
        surface.walk(site, capped(steps[i], BALANCE_CAP * spacing(points[i][3])), AtBorder::Slide)
    });
}

/// Steps of a set's members, in their order.
fn set_forces(
    surface: &Surface,
    background: &Background,
    dots: &Dots,
    share: f32,
    weight: f32,
    holds: &dyn Fn(usize) -> bool,
) -> Vec<Vec3> {
    let members: Vec<usize> = (0..dots.points.len()).filter(|&i| holds(i)).collect();
    let points: Vec<Point> = members.iter().map(|&i| dots.points[i]).collect();
    let clusters = Clusters::new(&points);
    let limit = kernel_range(BALANCE_SIGMA) / share;
    let inverse = 1.0 / limit;
    let rate = weight * BALANCE_RATE / (BALANCE_SIGMA * BALANCE_SIGMA);
    let flagged = |k: usize| dots.needs_background(surface, members[k], 0.9 * limit.sqrt());
    let pulls = super::relax::over_background(background, &points, limit, flagged);
    points
        .par_chunks(WIDTH)
        .with_min_len(CHUNK / WIDTH)
        .enumerate()
        .flat_map_iter(|(leaf, chunk)| {
            let mut near = Vec::new();
            clusters.near_scaled(&Bounds::of_points(chunk), limit, &mut near);
            let mut forces = [Vec3::ZERO; WIDTH];
            for (k, &p) in chunk.iter().enumerate() {
                let mut sum = KernelSum::default();
                for &other in &near {
                    sum.add(&clusters.leaves[other as usize], &[1.0; WIDTH], p, inverse);
                }
                forces[k] = (sum.force() + pulls[leaf * WIDTH + k] * share) * rate;
            }
            forces.into_iter().take(chunk.len())
        })
        .collect()
}

/// Push of dots closer than the core, mm.
fn core_forces(points: &[Point]) -> Vec<Vec3> {
    let clusters = Clusters::new(points);
    let near = super::clusters::neighbours(&clusters, points, CORE * CORE);
    (0..points.len())
        .map(|i| {
            let p = points[i];
            let mut push = Vec3::ZERO;
            for &j in near.of(i) {
                let q = points[j as usize];
                let d = Vec3::new(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
                let t = d.length_squared() * (p[3] + q[3]);
                push += d * (0.25 * (CORE / t.sqrt().max(1e-3) - 1.0));
            }
            push
        })
        .collect()
}
