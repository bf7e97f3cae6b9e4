//! Power of plane waves in windows on the surface: anisotropy, and low-frequency power in zones too narrow for the
//! radial spectrum.

use glam::Vec3;
use rayon::prelude::*;

use super::super::rng::{Counter, Stream};
use super::super::surface::Point;
use super::scene::{Scene, for_each_within};
use super::{Measured, Unmeasurable};

/// Patches of the anisotropy and their radius in spacings.
const PATCHES: usize = 64;
const PATCH: f32 = 14.0;
/// Windows of the narrow-zone measure and their radius in spacings.
const WINDOWS: usize = 250;
const WINDOW: f32 = 6.0;
const WINDOW_DIRECTIONS: usize = 12;
const WINDOW_FREQUENCIES: usize = 5; // 0.10 to 0.30 per spacing

/// A point of a window: place in spacings in the tangent plane, and its weight.
struct Sample {
    x: f64,
    y: f64,
    weight: f64,
}

pub(super) fn anisotropy_db(scene: &Scene) -> Measured {
    let inside = scene.inside(PATCH);
    let least = 100;
    if inside.len() <= least {
        return Err(Unmeasurable::TooNarrow { found: inside.len(), spacings: PATCH as u32, least });
    }
    let random = Counter::new(1, Stream::Metric);
    let centres: Vec<usize> =
        (0..PATCHES).map(|k| inside[(random.bits(k as u64) % inside.len() as u64) as usize]).collect();
    const DIRECTIONS: usize = 36;
    const FREQUENCIES: usize = 35; // 0.30 to 2.00 per spacing
    let patches: Vec<Vec<f64>> = centres
        .par_iter()
        .map(|&i| {
            let mut near = Vec::new();
            let mut samples = Vec::new();
            let plane = plane(scene.normals[i]);
            for_each_within(&scene.clusters, scene.points[i], PATCH * PATCH, &mut near, |j, t| {
                samples.push(sample(scene.points[i], scene.points[j], t, PATCH, 1.0, plane));
            });
            let norm: f64 = samples.iter().map(|s| s.weight * s.weight).sum();
            let mut power = vec![0.0; FREQUENCIES * DIRECTIONS];
            for b in 0..DIRECTIONS {
                let angle = std::f64::consts::PI * b as f64 / DIRECTIONS as f64;
                let sums: [_; FREQUENCIES] = waves(&samples, angle, 0.30, 0.05);
                for (a, [re, im]) in sums.into_iter().enumerate() {
                    power[a * DIRECTIONS + b] = (re * re + im * im) / norm;
                }
            }
            power
        })
        .collect();
    let mut total = 0.0;
    for a in 0..FREQUENCIES {
        let row: Vec<f64> = (0..DIRECTIONS)
            .map(|b| patches.iter().map(|p| p[a * DIRECTIONS + b]).sum::<f64>() / PATCHES as f64)
            .collect();
        let mean = row.iter().sum::<f64>() / DIRECTIONS as f64;
        let variance = row.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / DIRECTIONS as f64;
        total += variance / (mean * mean);
    }
    Ok(10.0 * libm::log10(total / FREQUENCIES as f64))
}

/// Mean over windows and over frequencies 0.10 to 0.30 of `|dots - charges|^2` against what white noise would give.
pub(super) fn window_power(scene: &Scene) -> Measured {
    scene.enough_dots()?;
    let charges = &scene.background;
    // Centres anywhere, as likely as the density: every total / WINDOWS-th of the charge along the curve.
    let total: f64 = charges.charge.iter().map(|&c| f64::from(c)).sum();
    let random = Counter::new(2, Stream::Metric);
    let mut centres = Vec::with_capacity(WINDOWS);
    let mut sum = 0.0;
    for (&point, &charge) in charges.points.iter().zip(&charges.charge) {
        sum += f64::from(charge);
        let next = |k: usize| (k as f64 + f64::from(random.unit(k as u64))) * total / WINDOWS as f64;
        while centres.len() < WINDOWS && next(centres.len()) < sum {
            centres.push(point);
        }
    }
    let ratios: Vec<f64> = centres
        .par_iter()
        .map(|&centre| {
            let mut near = Vec::new();
            let plane = plane(nearest_normal(scene, centre));
            let (mut dots, mut asked) = (Vec::new(), Vec::new());
            let limit = WINDOW * WINDOW;
            for_each_within(&scene.clusters, centre, limit, &mut near, |j, t| {
                dots.push(sample(centre, scene.points[j], t, WINDOW, 1.0, plane));
            });
            for_each_within(&charges.clusters, centre, limit, &mut near, |j, t| {
                let charge = f64::from(charges.charge[j]);
                asked.push(sample(centre, charges.points[j], t, WINDOW, charge, plane));
            });
            // What white noise of this density would give.
            let noise: f64 = asked.iter().map(|s| s.weight * s.window()).sum();
            let mut power = 0.0;
            for b in 0..WINDOW_DIRECTIONS {
                let angle = std::f64::consts::PI * b as f64 / WINDOW_DIRECTIONS as f64;
                let found: [_; WINDOW_FREQUENCIES] = waves(&dots, angle, 0.10, 0.05);
                let wanted: [_; WINDOW_FREQUENCIES] = waves(&asked, angle, 0.10, 0.05);
                for ([re, im], [re0, im0]) in found.into_iter().zip(wanted) {
                    power += (re - re0) * (re - re0) + (im - im0) * (im - im0);
                }
            }
            power / (WINDOW_DIRECTIONS * WINDOW_FREQUENCIES) as f64 / noise
        })
        .collect();
    Ok(ratios.iter().sum::<f64>() / ratios.len() as f64)
}

/// `[re, im]` of the sum over samples of plane waves in one direction at equidistant frequencies per spacing.
fn waves<const N: usize>(samples: &[Sample], angle: f64, first: f64, apart: f64) -> [[f64; 2]; N] {
    let (sin, cos) = libm::sincos(angle);
    let mut sums = [[0.0; 2]; N];
    for s in samples {
        // Each frequency's wave is the one before turned by the same angle.
        let phase = std::f64::consts::TAU * (s.x * cos + s.y * sin);
        let (mut im, mut re) = libm::sincos(first * phase);
        let (turn_im, turn_re) = libm::sincos(apart * phase);
        for sum in &mut sums {
            sum[0] += s.weight * re;
            sum[1] += s.weight * im;
            (re, im) = (re * turn_re - im * turn_im, re * turn_im + im * turn_re);
        }
    }
    sums
}

impl Sample {
    fn window(&self) -> f64 {
        window((self.x * self.x + self.y * self.y).sqrt() / f64::from(WINDOW))
    }
}

/// cos^2 of a quarter turn at 1.
fn window(r: f64) -> f64 {
    let c = libm::cos(0.5 * std::f64::consts::PI * r.min(1.0));
    c * c
}

fn sample(
    centre: Point,
    p: Point,
    t: f32,
    radius: f32,
    charge: f64,
    (tangent, bitangent): (Vec3, Vec3),
) -> Sample {
    let d = Vec3::new(p[0] - centre[0], p[1] - centre[1], p[2] - centre[2]);
    let (u, v) = (d.dot(tangent), d.dot(bitangent));
    let flat = (u * u + v * v).sqrt();
    let scale = if flat > 1e-9 { f64::from(t.sqrt() / flat) } else { 0.0 };
    let weight = charge * window(f64::from(t.sqrt() / radius));
    Sample { x: f64::from(u) * scale, y: f64::from(v) * scale, weight }
}

fn plane(normal: Vec3) -> (Vec3, Vec3) {
    let axis = if normal.x.abs() < 0.9 { Vec3::X } else { Vec3::Y };
    let tangent = normal.cross(axis).normalize_or(Vec3::X);
    (tangent, normal.cross(tangent))
}

/// Normal at the dot nearest to a place.
fn nearest_normal(scene: &Scene, p: Point) -> Vec3 {
    let mut near = Vec::new();
    let mut best = (f32::INFINITY, Vec3::Z);
    let mut limit = 4.0;
    while best.0.is_infinite() && limit < 1e6 {
        for_each_within(&scene.clusters, p, limit, &mut near, |j, t| {
            if t < best.0 {
                best = (t, scene.normals[j]);
            }
        });
        limit *= 16.0;
    }
    best.1
}
