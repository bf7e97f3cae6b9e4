//! The asked density as charges on small triangles in curve order, and the first dots drawn from them.

use glam::Vec3;
use rayon::prelude::*;

use super::clusters::{Clusters, WIDTH};
use super::hilbert;
use super::relax::KernelSum;
use super::rng::{Counter, Stream};
use super::surface::{Face, Point, Site, Surface, spacing};

/// Most charge of a small triangle, dots.
const CHARGE: f32 = 0.4;
/// The same where the charges are summed over: this near to a border (spacings) and where the density is steep.
const FINE_CHARGE: f32 = 0.1;
const FINE_ZONE: f32 = 4.0;
/// Small triangles that follow each other along the curve are merged up to this share of the most.
const MERGED: f32 = 0.6;
/// The same where the charges are the reference that dots are measured against.
const REFERENCE_CHARGE: f32 = 0.1;

/// A small triangle of a face: the weights of its second and third corner at three places.
#[derive(Clone, Copy)]
struct Part {
    face: u32,
    corners: [[f32; 2]; 3],
    area: f32,
    /// Most charge it may carry, dots.
    most: f32,
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
        let mut parts = Vec::new();
        Part::of_face(i as u32, f, FINE).split(f, &mut parts, &mut Vec::new());
        parts
            .iter()
            .map(|part| (surface.point(part.middle()), part.area))
            .filter(|&(p, _)| holds(p))
            .map(|(p, area)| f64::from(2.0 * p[3] * area))
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
    let charge_of = |i: u32| 2.0 * points[i as usize][3] * parts[i as usize].area;
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
    let most: Vec<f32> = order.iter().map(|&i| MERGED * parts[i as usize].most).collect();
    (background(&order, &points, &charges, scale as f32, &most), sites)
}

fn parts(surface: &Surface, charge: f32) -> Vec<Part> {
    let mut parts = Vec::with_capacity(4 * surface.faces.len());
    let (mut coarse, mut waiting) = (Vec::new(), Vec::new());
    for (i, f) in surface.faces.iter().enumerate().filter(|(_, f)| !f.is_thin()) {
        let whole = Part::of_face(i as u32, f, charge);
        if charge <= FINE_CHARGE || !f.is_steep() && f.border_mm > FINE_ZONE * spacing(f.least_half_density())
        {
            whole.split(f, &mut parts, &mut waiting);
            continue;
        }
        whole.split(f, &mut coarse, &mut waiting);
        for part in coarse.drain(..) {
            let distance = surface.border_distance(part.face, surface.point(part.middle()));
            let most = if f.is_steep() || distance < FINE_ZONE { FINE_CHARGE } else { charge };
            Part { most, ..part }.split(f, &mut parts, &mut waiting);
        }
    }
    parts
}

/// Merges neighbours along the curve whose charges are small, into their centre of charge.
fn background(order: &[u32], points: &[Point], charges: &[f32], scale: f32, most: &[f32]) -> Background {
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
        if far || run + c > most[k] && run > 0.0 {
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
    fn of_face(face: u32, f: &Face, most: f32) -> Self {
        Self { face, corners: [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], area: f.area(), most }
    }

    /// Bisects the longest edges until no part carries too much or is much longer than wide.
    fn split(self, f: &Face, parts: &mut Vec<Self>, waiting: &mut Vec<Self>) {
        let density = 2.0 * f.half_density.iter().copied().fold(0.0, f32::max);
        let (largest, longest_sq) = (self.most / density, 5.0 * self.most / density);
        let (along1, across, along2) =
            (f.edge1.length_squared(), f.edge1.dot(f.edge2), f.edge2.length_squared());
        let length_sq = |a: [f32; 2], b: [f32; 2]| {
            let (u, v) = (b[0] - a[0], b[1] - a[1]);
            u * u * along1 + 2.0 * u * v * across + v * v * along2
        };
        waiting.push(self);
        while let Some(part) = waiting.pop() {
            let [a, b, c] = part.corners;
            let edges = [length_sq(b, c), length_sq(c, a), length_sq(a, b)];
            let k = (0..3).fold(0, |best, k| if edges[k] > edges[best] { k } else { best });
            if part.area <= largest && edges[k] <= longest_sq {
                parts.push(part);
                continue;
            }
            let (apex, from, to) = (part.corners[k], part.corners[(k + 1) % 3], part.corners[(k + 2) % 3]);
            let middle = [0.5 * (from[0] + to[0]), 0.5 * (from[1] + to[1])];
            let area = 0.5 * part.area;
            waiting.push(Self { corners: [apex, middle, to], area, ..part });
            waiting.push(Self { corners: [apex, from, middle], area, ..part });
        }
    }

    fn middle(&self) -> Site {
        self.site(1.0 / 3.0, 1.0 / 3.0)
    }

    /// Uniform in the part, from two uniform numbers.
    fn random_site(&self, [u, v]: [f32; 2]) -> Site {
        if u + v > 1.0 { self.site(1.0 - u, 1.0 - v) } else { self.site(u, v) }
    }

    fn site(&self, u: f32, v: f32) -> Site {
        let [a, b, c] = self.corners;
        let mix = |k: usize| a[k] + u * (b[k] - a[k]) + v * (c[k] - a[k]);
        Site { face: self.face, b1: mix(0), b2: mix(1) }
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
