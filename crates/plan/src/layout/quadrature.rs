//! The asked density as charges on small triangles in curve order, and the first dots drawn from them.

use glam::Vec3;
use rayon::prelude::*;

use super::clusters::Clusters;
use super::hilbert;
use super::rng::{Counter, Stream};
use super::surface::{Point, Site, Surface};

/// A small triangle carries at most about this charge (dots).
const CHARGE: f32 = 0.3;
/// Small triangles that follow each other along the curve are merged up to this charge (dots).
const MERGED_CHARGE: f32 = 0.2;

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
}

/// Charges of the surface, and `count` dots by systematic sampling along the curve.
pub(crate) fn sample(surface: &Surface, count: usize, seed: u64) -> (Background, Vec<Site>) {
    let parts = parts(surface);
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
    (background(&order, &points, &charges, scale as f32), sites)
}

fn parts(surface: &Surface) -> Vec<Part> {
    let mut parts = Vec::new();
    for (i, f) in surface.faces.iter().enumerate().filter(|(_, f)| !f.is_thin()) {
        let largest = 2.0 * f.half_density.iter().copied().fold(0.0, f32::max);
        let splits = (f.area() * largest / CHARGE).sqrt().ceil().clamp(1.0, 60_000.0) as u16;
        for row in 0..splits {
            for column in 0..splits - row {
                let part = Part { face: i as u32, splits, row, column, downward: false };
                parts.push(part);
                if row + column + 1 < splits {
                    parts.push(Part { downward: true, ..part });
                }
            }
        }
    }
    parts
}

/// Merges neighbours along the curve whose charges are small, into their centre of charge.
fn background(order: &[u32], points: &[Point], charges: &[f32], scale: f32) -> Background {
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
        if far || run + c > MERGED_CHARGE && run > 0.0 {
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
    Background { points: merged, charge, clusters }
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
