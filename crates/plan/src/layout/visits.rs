//! Which visit sets which dot: labels that make each visit and each cumulative union even on its own.
//!
//! Dots stay where they are; two of them swap visits whenever that lowers the sum over all sets (each visit, and each
//! union of the first visits) of the pair kernel within the set, scaled to the set's own spacing. Quotas stay exact.

use rayon::prelude::*;

use super::clusters::{Bounds, CHUNK, Clusters, Neighbours, WIDTH, neighbours};
use super::quadrature::Background;
use super::relax::{Dots, KernelSum, kernel, kernel_range, needs_background};
use super::rng::{Counter, Stream};
use super::surface::Surface;

/// Kernel width of a set in its own spacings.
const SIGMA: f32 = 0.6;
/// Weight of a union beside that of a visit.
const UNION_WEIGHT: f32 = 0.7;
/// Partners for a swap are this near, spacings.
const SWAP_REACH: f32 = 1.6;
/// A swap has to lower the energy by more than this.
const LEAST_GAIN: f32 = 1e-4;
const SWEEPS: usize = 4;

/// One set of visits that has to be even on its own: visits `first..=last`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VisitSet {
    pub first: u8,
    pub last: u8,
    /// Share of all dots.
    pub share: f32,
}

impl VisitSet {
    pub fn holds(&self, visit: u8) -> bool {
        (self.first..=self.last).contains(&visit)
    }

    pub fn is_union(&self) -> bool {
        self.first != self.last
    }
}

/// Every visit, then every union of the first k visits short of the whole; none for a single visit.
pub(crate) fn visit_sets(quotas: &[usize]) -> Vec<VisitSet> {
    let all: usize = quotas.iter().sum();
    let share = |range: std::ops::RangeInclusive<usize>| {
        quotas[range].iter().sum::<usize>() as f32 / all.max(1) as f32
    };
    let visits = quotas.len();
    if visits < 2 {
        return Vec::new();
    }
    let alone = (0..visits).map(|v| VisitSet { first: v as u8, last: v as u8, share: share(v..=v) });
    let unions = (1..visits - 1).map(|v| VisitSet { first: 0, last: v as u8, share: share(0..=v) });
    alone.chain(unions).filter(|set| set.share > 0.0).collect()
}

/// Labels in curve order by error diffusion with a little noise, quotas exact.
pub(crate) fn first_labels(quotas: &[usize], seed: u64) -> Vec<u8> {
    let count: usize = quotas.iter().sum();
    let random = Counter::new(seed, Stream::Label);
    let mut given = vec![0usize; quotas.len()];
    (0..count)
        .map(|j| {
            let due = |v: usize| {
                let lag = quotas[v] as f64 * (j + 1) as f64 / count as f64 - given[v] as f64;
                lag + 0.8 * f64::from(random.unit((j * quotas.len() + v) as u64))
            };
            let open = (0..quotas.len()).filter(|&v| given[v] < quotas[v]);
            let visit = open.max_by(|&a, &b| due(a).total_cmp(&due(b)).then(b.cmp(&a))).unwrap_or(0);
            given[visit] += 1;
            visit as u8
        })
        .collect()
}

/// Swaps labels between near dots until no swap helps.
pub(crate) fn exchange(
    surface: &Surface,
    background: &Background,
    dots: &Dots,
    sets: &[VisitSet],
    labels: &mut [u8],
) {
    if sets.is_empty() {
        return;
    }
    let widest = sets.iter().map(range).fold(0.0, f32::max);
    let clusters = Clusters::new(&dots.points);
    let near = neighbours(&clusters, &dots.points, widest);
    let mut potential = potentials(surface, background, dots, sets, labels, &near);
    let width = sets.len();
    let t_of = |i: usize, j: usize| {
        let (p, q) = (dots.points[i], dots.points[j]);
        let d = [p[0] - q[0], p[1] - q[1], p[2] - q[2]];
        (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) * (p[3] + q[3])
    };
    for _ in 0..SWEEPS {
        let mut swaps = 0;
        for i in 0..labels.len() {
            let mut best: Option<(f32, usize)> = None;
            for &j in near.of(i) {
                let j = j as usize;
                if labels[i] == labels[j] {
                    continue;
                }
                let t = t_of(i, j);
                if t > SWAP_REACH * SWAP_REACH {
                    continue;
                }
                let mut gain = 0.0;
                for (s, set) in sets.iter().enumerate() {
                    let (holds_i, holds_j) = (set.holds(labels[i]), set.holds(labels[j]));
                    if holds_i != holds_j {
                        let drop = potential[j * width + s] - potential[i * width + s];
                        let drop = if holds_i { drop } else { -drop };
                        gain -= drop - weight(set) * kernel(t, 1.0 / range(set));
                    }
                }
                if gain > best.map_or(LEAST_GAIN, |b| b.0) {
                    best = Some((gain, j));
                }
            }
            let Some((_, j)) = best else { continue };
            for (s, set) in sets.iter().enumerate() {
                let (holds_i, holds_j) = (set.holds(labels[i]), set.holds(labels[j]));
                if holds_i == holds_j {
                    continue;
                }
                let (leaves, enters) = if holds_i { (i, j) } else { (j, i) };
                let inverse = 1.0 / range(set);
                for (dot, sign) in [(leaves, -weight(set)), (enters, weight(set))] {
                    for &k in near.of(dot) {
                        let k = k as usize;
                        potential[k * width + s] += sign * kernel(t_of(dot, k), inverse);
                    }
                }
            }
            labels.swap(i, j);
            swaps += 1;
        }
        if swaps == 0 {
            break;
        }
    }
}

fn range(set: &VisitSet) -> f32 {
    kernel_range(SIGMA) / set.share
}

fn weight(set: &VisitSet) -> f32 {
    if set.is_union() { UNION_WEIGHT } else { 1.0 }
}

/// `weight * (sum of the set's kernel over its other dots - share * background)` for every dot and set.
fn potentials(
    surface: &Surface,
    background: &Background,
    dots: &Dots,
    sets: &[VisitSet],
    labels: &[u8],
    near: &Neighbours,
) -> Vec<f32> {
    let reach = sets.iter().map(range).fold(0.0, f32::max).sqrt();
    let flagged = |i: usize| {
        needs_background(&surface.faces[dots.sites[i].face as usize], &dots.points[i], 0.9 * reach)
    };
    let charges = &background.charge;
    dots.points
        .par_chunks(WIDTH)
        .with_min_len(CHUNK / WIDTH)
        .enumerate()
        .flat_map_iter(|(leaf, chunk)| {
            let mut values = Vec::with_capacity(chunk.len() * sets.len());
            let mut close = Vec::new();
            if (0..chunk.len()).any(|k| flagged(leaf * WIDTH + k)) {
                background.clusters.near_scaled(&Bounds::of_points(chunk), reach * reach, &mut close);
            }
            for (k, &p) in chunk.iter().enumerate() {
                let i = leaf * WIDTH + k;
                let neighbours: Vec<(f32, u8)> = near
                    .of(i)
                    .iter()
                    .map(|&j| {
                        let q = dots.points[j as usize];
                        let d = [p[0] - q[0], p[1] - q[1], p[2] - q[2]];
                        ((d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) * (p[3] + q[3]), labels[j as usize])
                    })
                    .collect();
                for set in sets {
                    let inverse = 1.0 / range(set);
                    let own: f32 = neighbours
                        .iter()
                        .map(|&(t, label)| if set.holds(label) { kernel(t, inverse) } else { 0.0 })
                        .sum();
                    // The integral of the kernel over an even plane: pi T / 5 in units of the set's own density.
                    let mut asked = std::f32::consts::PI * kernel_range(SIGMA) / 5.0;
                    if flagged(i) {
                        let mut sum = KernelSum::default();
                        for &q in &close {
                            let first = q as usize * WIDTH;
                            let last = (first + WIDTH).min(charges.len());
                            let mut weights = [0.0; WIDTH];
                            weights[..last - first].copy_from_slice(&charges[first..last]);
                            sum.add(&background.clusters.leaves[q as usize], &weights, p, inverse);
                        }
                        asked = set.share * sum.weight();
                    }
                    values.push(weight(set) * (own - asked));
                }
            }
            values
        })
        .collect()
}
