//! The asked density as charges on small triangles in curve order, and the first dots drawn from them.

use glam::Vec3;
use rayon::prelude::*;

use super::clusters::{Clusters, WIDTH};
use super::hilbert;
use super::relax::KernelSum;
use super::rng::{Counter, Stream};
use super::surface::{Face, Point, Site, Surface, spacing};

/// A small triangle carries at most about this charge (dots); such that follow each other along the curve are merged
/// up to 0.6 of it.
const CHARGE: f32 = 0.4;
/// The same where the charges are the reference that dots are measured against.
const REFERENCE_CHARGE: f32 = 0.12;

/// One of the `splits^2` equal parts of a face.
#[derive(Clone, Copy)]
struct Part {
    face: u32,
    splits: u16,
    row: u16,
    column: u16,
    downward: bool,
}

/// The asked density as point charges: what the dots have to balance everywhere.
pub(crate) struct Background {
    pub points: Vec<Point>,
    /// Dots asked for at every point; `charge[point]`.
    pub charge: Vec<f32>,
    pub clusters: Clusters,
    /// The charges by leaf of the clusters.
    weights: Vec<[f32; WIDTH]>,
}

/// The density of a surface as charges that sum to `count`.
pub(crate) fn charges(surface: &Surface, count: usize) -> Background {
    charges_and_sites(surface, count, 0, REFERENCE_CHARGE).0
}

/// Middles of parts of the surface about a third of a spacing apart.
pub(crate) fn sites(surface: &Surface) -> Vec<Site> {
    parts(surface, REFERENCE_CHARGE).iter().map(Part::middle).collect()
}

/// Charge of very small parts of the surface whose middle fulfils a condition, dots.
pub(crate) fn fine_charges_where(surface: &Surface, holds: impl Fn(Point) -> bool + Sync) -> f64 {
    const FINE: f32 = 0.01;
    let of_face = |(i, f): (usize, &Face)| -> f64 {
        if f.is_thin() || f.border_mm > 3.0 * spacing(f.least_half_density()) {
            return 0.0;
        }
        let splits = splits(f, FINE);
        let parts = face_parts(i as u32, splits);
        let area = f.area() / (f32::from(splits) * f32::from(splits));
        parts
            .map(|part| surface.point(part.middle()))
            .filter(|&p| holds(p))
            .map(|p| f64::from(2.0 * p[3] * area))
            .sum()
    };
    surface.faces.par_iter().enumerate().map(of_face).collect::<Vec<f64>>().iter().sum()
}

/// Charges of the surface, and `count` dots by systematic sampling along the curve.
pub(crate) fn sample(surface: &Surface, count: usize, seed: u64) -> (Background, Vec<Site>) {
    charges_and_sites(surface, count, seed, CHARGE)
}

fn charges_and_sites(surface: &Surface, count: usize, seed: u64, charge: f32) -> (Background, Vec<Site>) {
    let parts = parts(surface, charge);
    let curve = hilbert::Curve::new(surface.low, surface.high);
    let (keys, points): (Vec<u32>, Vec<Point>) = parts
        .par_iter()
        .map(|part| {
            let p = surface.point(part.middle());
            (curve.key(Vec3::new(p[0], p[1], p[2])), p)
        })
        .unzip();
    let order = hilbert::sorted(&keys);
    let charge_of = |i: u32| {
        let f = &surface.faces[parts[i as usize].face as usize];
        let splits = parts[i as usize].splits as f32;
        2.0 * points[i as usize][3] * f.area() / (splits * splits)
    };
    let charges: Vec<f32> = order.par_iter().map(|&i| charge_of(i)).collect();
    let total: f64 = charges.iter().map(|&c| f64::from(c)).sum();
    let scale = if total > 0.0 { count as f64 / total } else { 0.0 };

    // Systematic sampling: dot j where the cumulated charge passes (j + 0.05 + 0.9 u) of a dot.
    let random = Counter::new(seed, Stream::Position);
    let target = |j: usize| j as f64 + 0.05 + 0.9 * f64::from(random.unit(2 * j as u64));
    let mut sites = Vec::with_capacity(count);
    let mut sum = 0.0;
    for (&i, &charge) in order.iter().zip(&charges) {
        sum += f64::from(charge) * scale;
        while sites.len() < count && target(sites.len()) <= sum {
            sites.push(parts[i as usize].random_site(random.unit2(2 * sites.len() as u64 + 1)));
        }
    }
    if let Some(&last) = order.last() {
        while sites.len() < count {
            sites.push(parts[last as usize].random_site(random.unit2(2 * sites.len() as u64 + 1)));
        }
    }
    (background(&order, &points, &charges, scale as f32, charge * 0.6), sites)
}

fn parts(surface: &Surface, charge: f32) -> Vec<Part> {
    let mut parts = Vec::with_capacity(2 * surface.faces.len());
    for (i, f) in surface.faces.iter().enumerate().filter(|(_, f)| !f.is_thin()) {
        parts.extend(face_parts(i as u32, splits(f, charge)));
    }
    parts
}

/// Number of parts of each edge so that no part carries more than `charge`.
fn splits(face: &Face, charge: f32) -> u16 {
    let largest = 2.0 * face.half_density.iter().copied().fold(0.0, f32::max);
    (face.area() * largest / charge).sqrt().ceil().clamp(1.0, 60_000.0) as u16
}

fn face_parts(face: u32, splits: u16) -> impl Iterator<Item = Part> {
    (0..splits).flat_map(move |row| {
        (0..splits - row).flat_map(move |column| {
            let part = Part { face, splits, row, column, downward: false };
            let second = (row + column + 1 < splits).then_some(Part { downward: true, ..part });
            std::iter::once(part).chain(second)
        })
    })
}

/// Merges neighbours along the curve whose charges are small, into their centre of charge.
fn background(order: &[u32], points: &[Point], charges: &[f32], scale: f32, most: f32) -> Background {
    let (mut merged, mut charge) = (Vec::with_capacity(order.len()), Vec::with_capacity(order.len()));
    let mut run = 0.0;
    let mut sum = [0.0f32; 4];
    for (k, &i) in order.iter().enumerate() {
        let p = points[i as usize];
        let c = charges[k] * scale;
        if c <= 0.0 {
            continue;
        }
        let far = run > 0.0 && {
            let d: f32 = (0..3).map(|k| (sum[k] / run - p[k]).powi(2)).sum();
            d * 2.0 * p[3] > 0.25
        };
        if far || run + c > most && run > 0.0 {
            merged.push(sum.map(|s| s / run));
            charge.push(run);
            (run, sum) = (0.0, [0.0; 4]);
        }
        for (s, v) in sum.iter_mut().zip(p) {
            *s += c * v;
        }
        run += c;
    }
    if run > 0.0 {
        merged.push(sum.map(|s| s / run));
        charge.push(run);
    }
    let clusters = Clusters::new(&merged);
    let weights = charge
        .chunks(WIDTH)
        .map(|chunk| {
            let mut weights = [0.0; WIDTH];
            weights[..chunk.len()].copy_from_slice(chunk);
            weights
        })
        .collect();
    Background { points: merged, charge, clusters, weights }
}

impl Part {
    fn middle(&self) -> Site {
        self.site(1.0 / 3.0, 1.0 / 3.0)
    }

    /// Uniform in the part, from two uniform numbers.
    fn random_site(&self, [u, v]: [f32; 2]) -> Site {
        if u + v > 1.0 { self.site(1.0 - u, 1.0 - v) } else { self.site(u, v) }
    }

    fn site(&self, u: f32, v: f32) -> Site {
        let (u, v) = if self.downward { (1.0 - u, 1.0 - v) } else { (u, v) };
        let k = f32::from(self.splits);
        Site { face: self.face, b1: (f32::from(self.row) + u) / k, b2: (f32::from(self.column) + v) / k }
    }
}

impl Background {
    /// Charge-weighted kernel sum over some of its leaves.
    pub fn kernel_sum(&self, leaves: &[u32], p: Point, inverse_range: f32) -> KernelSum {
        let mut sum = KernelSum::default();
        for &leaf in leaves {
            let leaf = leaf as usize;
            sum.add(&self.clusters.leaves[leaf], &self.weights[leaf], p, inverse_range);
        }
        sum
    }
}
