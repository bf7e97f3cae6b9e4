//! Pair correlation and the radial power spectrum that follows from it.
//!
//! As in Heck, Schloemer and Deussen, "Blue noise sampling with controlled aliasing", ACM TOG 32(3), 2013: the
//! spectrum is the Hankel transform of g - 1 under a window. On a graded density the expected number of pairs is not
//! 2 pi r dr: it is counted on the charges of the density and divided out.

use rayon::prelude::*;

use super::super::clusters::{Bounds, WIDTH};
use super::Unmeasurable;
use super::scene::Scene;

/// Pairs are counted up to this distance, spacings.
const REACH: f64 = 16.0;
const BIN: f64 = 0.01;
const BINS: usize = 1600;
const LEAST_DOTS: usize = 1500;
const LEAST_INSIDE: usize = 300;
/// Dots around which the expected pairs are counted.
const EXPECTED_AROUND: usize = 3000;

/// Pair correlation at short range.
#[derive(Clone, Debug, PartialEq)]
pub struct PairCorrelation {
    /// `g[k]` at distances `(k + 0.5) 0.01` spacings, up to 3 spacings.
    pub g: Vec<f64>,
    /// Largest g in bins of 0.05 below 0.35 spacings.
    pub core: f64,
    /// Largest g below 3 spacings, smoothed over 0.05.
    pub peak: f64,
    /// Where it is, spacings.
    pub peak_at: f64,
}

/// Radial power spectrum; 1 at random.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrum {
    /// `power[k]` at frequency `(k + 1) 0.01` per spacing, up to 3.
    pub power: Vec<f64>,
    /// Mean power at 0.05 to 0.30 per spacing: blotches of 3 to 20 spacings.
    pub low: f64,
}

pub(super) fn pairs_and_spectrum(
    scene: &Scene,
) -> (Result<PairCorrelation, Unmeasurable>, Result<Spectrum, Unmeasurable>) {
    match correlation(scene) {
        Ok(g) => (Ok(short_range(&g)), Ok(spectrum(&g))),
        Err(why) => (Err(why), Err(why)),
    }
}

fn correlation(scene: &Scene) -> Result<Vec<f64>, Unmeasurable> {
    let found = scene.points.len();
    if found < LEAST_DOTS {
        return Err(Unmeasurable::TooFewDots { found, least: LEAST_DOTS });
    }
    let inside = scene.inside(REACH as f32);
    if inside.len() < LEAST_INSIDE {
        let found = inside.len();
        return Err(Unmeasurable::TooNarrow { found, spacings: REACH as u32, least: LEAST_INSIDE });
    }
    let counted = histogram(&scene.clusters, scene, &inside, None);
    let ring = |k: usize| 2.0 * std::f64::consts::PI * (k as f64 + 0.5) * BIN * BIN;
    let expected: Vec<f64> = if scene.graded {
        let around: Vec<usize> =
            inside.iter().copied().step_by(inside.len().div_ceil(EXPECTED_AROUND)).collect();
        let sum = histogram(&scene.background.clusters, scene, &around, Some(&scene.background.charge));
        smooth(&(0..BINS).map(|k| sum[k] / (around.len() as f64 * ring(k))).collect::<Vec<_>>())
    } else {
        vec![1.0; BINS]
    };
    let mut g: Vec<f64> =
        (0..BINS).map(|k| counted[k] / (inside.len() as f64 * ring(k) * expected[k])).collect();
    // Far away the pairs are independent: g is 1 there by definition.
    let tail = BINS / 2;
    let pairs: f64 = counted[tail..].iter().sum();
    let asked: f64 = (tail..BINS).map(|k| inside.len() as f64 * ring(k) * expected[k]).sum();
    g.iter_mut().for_each(|v| *v *= asked / pairs);
    Ok(g)
}

/// Weight of the cloud's points by distance in bins, summed over the dots `around`. Without weights the cloud is the
/// dots themselves, and a dot does not count itself.
fn histogram(
    cloud: &super::super::clusters::Clusters,
    scene: &Scene,
    around: &[usize],
    weights: Option<&[f32]>,
) -> Vec<f64> {
    let limit = (REACH * REACH) as f32;
    let parts: Vec<Vec<f64>> = around
        .par_chunks(512)
        .map(|dots| {
            let mut bins = vec![0.0; BINS + 1];
            let mut near = Vec::new();
            for &i in dots {
                let p = scene.points[i];
                cloud.near_scaled(&Bounds::of_points(&[p]), limit, &mut near);
                for &leaf in &near {
                    let t = cloud.leaves[leaf as usize].scaled_distances(p);
                    let mut bin = [0; WIDTH];
                    for l in 0..WIDTH {
                        bin[l] = ((t[l].min(limit).sqrt() * (1.0 / BIN as f32)) as usize).min(BINS);
                    }
                    for l in 0..WIDTH {
                        let other = leaf as usize * WIDTH + l;
                        match weights {
                            Some(w) => bins[bin[l]] += f64::from(w.get(other).copied().unwrap_or(0.0)),
                            None => bins[bin[l]] += f64::from(u8::from(other != i)),
                        }
                    }
                }
            }
            bins.truncate(BINS);
            bins
        })
        .collect();
    let mut sum = vec![0.0; BINS];
    for part in parts {
        sum.iter_mut().zip(part).for_each(|(s, v)| *s += v);
    }
    sum
}

/// Least-squares polynomial of degree 6 in the distance, weighted by the distance (Legendre basis).
fn smooth(values: &[f64]) -> Vec<f64> {
    const DEGREE: usize = 6;
    let basis = |k: usize| {
        let x = 2.0 * (k as f64 + 0.5) / BINS as f64 - 1.0;
        let mut p = [1.0, x, 0.0, 0.0, 0.0, 0.0, 0.0];
        for n in 1..DEGREE {
            p[n + 1] = ((2 * n + 1) as f64 * x * p[n] - n as f64 * p[n - 1]) / (n + 1) as f64;
        }
        p
    };
    let mut matrix = [[0.0; DEGREE + 2]; DEGREE + 1];
    for (k, &value) in values.iter().enumerate() {
        let (p, weight) = (basis(k), k as f64 + 0.5);
        for i in 0..=DEGREE {
            for j in 0..=DEGREE {
                matrix[i][j] += weight * p[i] * p[j];
            }
            matrix[i][DEGREE + 1] += weight * p[i] * value;
        }
    }
    // Gauss-Jordan; the matrix is positive definite and well scaled.
    for i in 0..=DEGREE {
        for j in 0..=DEGREE {
            if i != j {
                let factor = matrix[j][i] / matrix[i][i];
                for k in i..DEGREE + 2 {
                    matrix[j][k] -= factor * matrix[i][k];
                }
            }
        }
    }
    (0..values.len())
        .map(|k| {
            let p = basis(k);
            (0..=DEGREE).map(|i| p[i] * matrix[i][DEGREE + 1] / matrix[i][i]).sum()
        })
        .collect()
}

fn short_range(g: &[f64]) -> PairCorrelation {
    let mean = |from: usize, to: usize| {
        let area: f64 = (from..to).map(|k| k as f64 + 0.5).sum();
        (from..to).map(|k| g[k] * (k as f64 + 0.5)).sum::<f64>() / area
    };
    let core = (0..7).map(|k| mean(5 * k, 5 * k + 5)).fold(0.0, f64::max);
    let smoothed = |k: usize| g[k.saturating_sub(2)..k + 3].iter().sum::<f64>() / 5.0;
    let top = (2..300).rev().max_by(|&a, &b| smoothed(a).total_cmp(&smoothed(b))).unwrap_or(0);
    PairCorrelation { g: g[..300].to_vec(), core, peak: smoothed(top), peak_at: (top as f64 + 0.5) * BIN }
}

fn spectrum(g: &[f64]) -> Spectrum {
    let power: Vec<f64> = (1..=300)
        .into_par_iter()
        .map(|n| {
            let nu = f64::from(n) * 0.01;
            // Blackman's window, narrower at low frequencies (as the point set analysis program does it).
            let width = 2.0 * REACH * (4.0 * nu).clamp(0.2, 0.5);
            let mut sum = 0.0;
            for (k, &value) in g.iter().enumerate() {
                let r = (k as f64 + 0.5) * BIN;
                let x = r / width * std::f64::consts::PI;
                if x < std::f64::consts::PI {
                    let window = 0.43 + 0.5 * libm::cos(x) + 0.08 * libm::cos(2.0 * x);
                    sum += (value - 1.0) * libm::j0(2.0 * std::f64::consts::PI * nu * r) * r * window;
                }
            }
            (1.0 + 2.0 * std::f64::consts::PI * sum * BIN).abs()
        })
        .collect();
    let low = power[4..30].iter().sum::<f64>() / 26.0;
    Spectrum { power, low }
}
