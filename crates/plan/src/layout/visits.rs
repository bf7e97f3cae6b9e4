//! Which visit sets which dot: labels that make each visit and each cumulative union even on its own.
//!
//! Dots stay where they are; two of them swap visits whenever that lowers the sum over all sets (each visit, and each
//! union of the first visits) of the pair kernel within the set, scaled to the set's own spacing. Quotas stay exact.

use rayon::prelude::*;

use super::clusters::{Bounds, CHUNK, Clusters, Lists, Neighbours, WIDTH, lists, neighbours};
use super::quadrature::Background;
use super::relax::{Dots, kernel};
use super::rng::{Counter, Stream};
use super::surface::{Point, Surface};

/// Range of the kernel of a set, in the set's own spacings squared.
const RANGE: f32 = 4.0;
/// Weight of a union beside that of a visit.
const UNION_WEIGHT: f32 = 0.7;
/// Partners for a swap are this near, spacings.
const SWAP_REACH: f32 = 1.6;
/// A swap has to lower the energy by more than this.
const LEAST_GAIN: f32 = 1e-4;
const SWEEPS: usize = 4;
/// Dots within this `t` of a swap are looked at again.
const FRESH_REACH: f32 = SWAP_REACH * SWAP_REACH;

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
    let kernels: Vec<SetKernel> = sets.iter().map(SetKernel::new).collect();
    let widest = kernels.iter().map(|k| k.range).fold(0.0, f32::max);
    let clusters = Clusters::new(&dots.points);
    let near = neighbours(&clusters, &dots.points, widest);
    let partners = partners(dots, &near);
    let mut potential = potentials(surface, background, dots, &kernels, labels, &near);
    let width = sets.len();
    let visits = sets.iter().map(|set| set.last as usize + 1).max().unwrap_or(0);
    // Sets that tell visit a from visit b, with +1 where they hold a.
    let between = |a: usize, b: usize| -> Vec<(usize, f32)> {
        let side =
            |s: usize| f32::from(kernels[s].set.holds(a as u8)) - f32::from(kernels[s].set.holds(b as u8));
        (0..width).filter(|&s| side(s) != 0.0).map(|s| (s, side(s))).collect()
    };
    let between: Vec<Vec<(usize, f32)>> =
        (0..visits * visits).map(|k| between(k / visits, k % visits)).collect();
    // A dot is looked at again when a swap changed the potential around it.
    let mut fresh = vec![true; labels.len()];
    for _ in 0..SWEEPS {
        let mut swaps = 0;
        for i in 0..labels.len() {
            if !std::mem::take(&mut fresh[i]) {
                continue;
            }
            let a = labels[i] as usize;
            let mut best = (LEAST_GAIN, i);
            for &(j, t) in partners.of(i) {
                let b = labels[j as usize] as usize;
                if a == b {
                    continue;
                }
                let (own, other) = (&potential[i * width..], &potential[j as usize * width..]);
                let mut gain = 0.0;
                for &(s, side) in &between[a * visits + b] {
                    gain += side * (own[s] - other[s]) + kernels[s].at(t);
                }
                if gain > best.0 {
                    best = (gain, j as usize);
                }
            }
            let j = best.1;
            if j == i {
                continue;
            }
            let changes = &between[a * visits + labels[j] as usize];
            for (dot, sign) in [(i, -1.0), (j, 1.0)] {
                let p = dots.points[dot];
                for &k in near.of(dot) {
                    let k = k as usize;
                    let t = scaled_distance(p, dots.points[k]);
                    let values = &mut potential[k * width..(k + 1) * width];
                    for &(s, side) in changes {
                        values[s] += sign * side * kernels[s].at(t);
                    }
                    fresh[k] |= t < FRESH_REACH;
                }
                fresh[dot] = true;
            }
            labels.swap(i, j);
            swaps += 1;
        }
        if swaps == 0 {
            break;
        }
    }
}

/// A set's kernel in `t`, with the set's weight.
struct SetKernel {
    set: VisitSet,
    range: f32,
    inverse_range: f32,
    weight: f32,
}

impl SetKernel {
    fn new(set: &VisitSet) -> Self {
        let range = RANGE / set.share;
        let weight = if set.is_union() { UNION_WEIGHT } else { 1.0 };
        Self { set: *set, range, inverse_range: 1.0 / range, weight }
    }

    #[inline]
    fn at(&self, t: f32) -> f32 {
        self.weight * kernel(t, self.inverse_range)
    }
}

#[inline]
fn scaled_distance(p: Point, q: Point) -> f32 {
    let d = [p[0] - q[0], p[1] - q[1], p[2] - q[2]];
    (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) * (p[3] + q[3])
}

/// The near dots a dot may swap with, and their `t`.
fn partners(dots: &Dots, near: &Neighbours) -> Lists<(u32, f32)> {
    lists(&dots.points, |leaf, leaf_points, _, out| {
        for (k, &p) in leaf_points.iter().enumerate() {
            let with_t = |&j: &u32| (j, scaled_distance(p, dots.points[j as usize]));
            let close = near.of(leaf * WIDTH + k).iter().map(with_t);
            out.items.extend(close.filter(|&(_, t)| t < SWAP_REACH * SWAP_REACH));
            out.end_list();
        }
    })
}

/// `weight * (sum of the set's kernel over its other dots - share * background)` for every dot and set.
fn potentials(
    surface: &Surface,
    background: &Background,
    dots: &Dots,
    kernels: &[SetKernel],
    labels: &[u8],
    near: &Neighbours,
) -> Vec<f32> {
    let width = kernels.len();
    let reach = kernels.iter().map(|k| k.range).fold(0.0, f32::max);
    let flagged = |i: usize| dots.needs_background(surface, i, 0.9 * reach.sqrt());
    let visits = kernels.iter().map(|k| k.set.last).max().map_or(0, |v| v + 1);
    let holders: Vec<Vec<usize>> =
        (0..visits).map(|v| (0..width).filter(|&s| kernels[s].set.holds(v)).collect()).collect();
    dots.points
        .par_chunks(WIDTH)
        .with_min_len(CHUNK / WIDTH)
        .enumerate()
        .flat_map_iter(|(leaf, chunk)| {
            let mut values = vec![0.0; chunk.len() * width];
            let mut close = Vec::new();
            if (0..chunk.len()).any(|k| flagged(leaf * WIDTH + k)) {
                background.clusters.near_scaled(&Bounds::of_points(chunk), reach, &mut close);
            }
            for (k, &p) in chunk.iter().enumerate() {
                let i = leaf * WIDTH + k;
                let own = &mut values[k * width..(k + 1) * width];
                for &j in near.of(i) {
                    let t = scaled_distance(p, dots.points[j as usize]);
                    for &s in &holders[labels[j as usize] as usize] {
                        own[s] += kernels[s].at(t);
                    }
                }
                let border = flagged(i);
                for (value, kernel) in own.iter_mut().zip(kernels) {
                    // The integral of the kernel over an even plane: pi range / 5 in units of the set's own density.
                    let asked = if border {
                        kernel.set.share * background.kernel_sum(&close, p, kernel.inverse_range).weight()
                    } else {
                        std::f32::consts::PI * RANGE / 5.0
                    };
                    *value -= kernel.weight * asked;
                }
            }
            values
        })
        .collect()
}
