//! What is believed after measurements: Bayes for one client and all zones of the head at once.
//!
//! Unknown are the client's healed darkness, rate and shape, and how each zone differs in the first two. The mode of the
//! posterior is found by Gauss-Newton steps; the normal distribution there (Laplace) proposes draws, and importance weights
//! make them exact (Tierney and Kadane 1986 for the first, Geweke 1989 for the second). Without measurements the proposal is
//! the prior itself and every weight is the same.

use super::kinetics::{FADE_PER_YEAR, SHAPE_PIVOT_YEARS, fading};
use super::prior::Prior;
use super::random::{resampled, spread_normals};

/// A measured share of the planned darkness.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Index of the zone.
    pub zone: usize,
    /// Years after day 28.
    pub years: f64,
    /// Darkness as a share of what was planned for day 28.
    pub darkness: f64,
    /// Error, 1 SD.
    pub error: f64,
}

/// What is known of a zone beforehand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ZoneBefore {
    /// Logarithm of the darkness expected on day 28 against the plan.
    pub ln_healed: f64,
    /// Factor on the yearly rate.
    pub fade_factor: f64,
    /// How much more than others the zone may differ from the client (1 = usual).
    pub spread: f64,
}

/// One way a zone may go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Course {
    /// Logarithm of the darkness on day 28 against the plan.
    pub ln_healed: f64,
    /// Yearly rate.
    pub rate_per_year: f64,
    /// Exponent of time.
    pub exponent: f64,
}

impl Course {
    /// Darkness some years after day 28 as a share of what was planned for day 28.
    pub fn darkness(&self, years: f64) -> f64 {
        libm::exp(self.ln_healed - fading(self.rate_per_year, self.exponent, years))
    }
}

/// Unknowns of the client before those of the zones: healed, rate, shape.
const CLIENT: usize = 3;
/// Unknowns of a zone: healed, rate.
const ZONE: usize = 2;
/// Part of a measurement's error that grows with what is measured: light and hair differ from visit to visit (assumption).
const VISIT_ERROR: f64 = 0.04;
/// Exponents outside exp(+-this) are no fading curve.
const SHAPE_LIMIT: f64 = 1.2;

/// The course of a zone that a vector of unknowns describes.
pub(super) fn course(theta: &[f64], zone: usize, before: &ZoneBefore) -> Course {
    let own = CLIENT + ZONE * zone;
    Course {
        ln_healed: before.ln_healed + theta[0] + theta[own],
        rate_per_year: FADE_PER_YEAR * before.fade_factor * libm::exp(theta[1] + theta[own + 1]),
        exponent: libm::exp(theta[2].clamp(-SHAPE_LIMIT, SHAPE_LIMIT)),
    }
}

/// Mean and standard deviation of each unknown before measurements.
fn before_measuring(prior: &Prior, zones: &[ZoneBefore]) -> (Vec<f64>, Vec<f64>) {
    let mut mean = vec![prior.healed.mean, prior.fade.mean, prior.shape.mean];
    let mut sd = vec![prior.healed.sd, prior.fade.sd, prior.shape.sd];
    for zone in zones {
        mean.extend([0.0, 0.0]);
        sd.extend([zone.spread * prior.zone_healed_sd, zone.spread * prior.zone_fade_sd]);
    }
    (mean, sd)
}

/// Mode and covariance of the unknowns after measurements.
pub(super) struct Laplace {
    /// Where the posterior is highest.
    pub mode: Vec<f64>,
    /// Lower triangle L of the covariance L L' there, row by row.
    pub factor: Vec<Vec<f64>>,
}

/// Most Gauss-Newton steps: a handful suffices.
const STEPS: usize = 40;

/// Finds the mode.
pub(super) fn laplace(prior: &Prior, zones: &[ZoneBefore], measured: &[Measured]) -> Laplace {
    let (mean, sd) = before_measuring(prior, zones);
    let n = mean.len();
    let mut theta = mean.clone();
    let mut height = ln_posterior(&theta, &mean, &sd, zones, measured);
    let mut precision = vec![vec![0.0; n]; n];
    for _ in 0..STEPS {
        let gradient = slope(&theta, &mean, &sd, zones, measured, &mut precision);
        let step = solve(&cholesky(&precision), &gradient);
        // Half steps until it rises: the rate's exponential bends the valley.
        let mut share = 1.0;
        let better = loop {
            let next: Vec<f64> = theta.iter().zip(&step).map(|(t, s)| t + share * s).collect();
            let at = ln_posterior(&next, &mean, &sd, zones, measured);
            if at >= height || share < 1e-3 {
                break (at > height).then_some((next, at));
            }
            share *= 0.5;
        };
        let Some((next, at)) = better else { break };
        let gained = at - height;
        (theta, height) = (next, at);
        if gained < 1e-9 {
            break;
        }
    }
    slope(&theta, &mean, &sd, zones, measured, &mut precision);
    Laplace { mode: theta, factor: covariance_factor(&precision) }
}

/// Gradient of the logarithm of the posterior, and its Gauss-Newton precision.
fn slope(
    theta: &[f64],
    mean: &[f64],
    sd: &[f64],
    zones: &[ZoneBefore],
    measured: &[Measured],
    precision: &mut [Vec<f64>],
) -> Vec<f64> {
    let n = theta.len();
    let mut gradient = vec![0.0; n];
    for i in 0..n {
        precision[i].fill(0.0);
        precision[i][i] = sd[i].powi(-2);
        gradient[i] = (mean[i] - theta[i]) / sd[i].powi(2);
    }
    for m in measured {
        let c = course(theta, m.zone, &zones[m.zone]);
        let lost = fading(c.rate_per_year, c.exponent, m.years);
        let darkness = libm::exp(c.ln_healed - lost);
        let pivot = if m.years > 0.0 { libm::log(m.years / SHAPE_PIVOT_YEARS) } else { 0.0 };
        let own = CLIENT + ZONE * m.zone;
        // Derivatives of the darkness after healed, rate, shape and the zone's healed and rate.
        let free = theta[2].abs() < SHAPE_LIMIT;
        let d_shape = if free { -darkness * lost * c.exponent * pivot } else { 0.0 };
        let d = [
            (0, darkness),
            (1, -darkness * lost),
            (2, d_shape),
            (own, darkness),
            (own + 1, -darkness * lost),
        ];
        let weight = error(m, darkness).powi(-2);
        for &(i, di) in &d {
            gradient[i] += weight * di * (m.darkness - darkness);
            for &(k, dk) in &d {
                precision[i][k] += weight * di * dk;
            }
        }
    }
    gradient
}

fn error(m: &Measured, darkness: f64) -> f64 {
    (m.error.powi(2) + (VISIT_ERROR * darkness).powi(2)).sqrt()
}

/// Logarithm of the posterior, up to a constant.
fn ln_posterior(theta: &[f64], mean: &[f64], sd: &[f64], zones: &[ZoneBefore], measured: &[Measured]) -> f64 {
    let mut sum: f64 = (0..theta.len()).map(|i| -0.5 * ((theta[i] - mean[i]) / sd[i]).powi(2)).sum();
    for m in measured {
        let darkness = course(theta, m.zone, &zones[m.zone]).darkness(m.years);
        let e = error(m, darkness);
        sum -= 0.5 * ((m.darkness - darkness) / e).powi(2) + libm::log(e);
    }
    sum
}

/// The proposal is so much wider than the normal distribution at the mode, so that its tails are covered.
const WIDER: f64 = 1.25;

/// Draws of the unknowns, each as likely as any other.
pub(super) fn draws(
    prior: &Prior,
    zones: &[ZoneBefore],
    measured: &[Measured],
    count: usize,
    seed: u64,
) -> Vec<Vec<f64>> {
    let (mean, sd) = before_measuring(prior, zones);
    let n = mean.len();
    if measured.is_empty() {
        let z = spread_normals(n, count, seed);
        return (0..count).map(|k| (0..n).map(|i| mean[i] + sd[i] * z[i][k]).collect()).collect();
    }
    let Laplace { mode, factor } = laplace(prior, zones, measured);
    // Four proposals a draw, so that few are drawn twice.
    let tries = 4 * count;
    let z = spread_normals(n, tries, seed);
    let proposed: Vec<Vec<f64>> = (0..tries)
        .map(|k| {
            (0..n).map(|i| mode[i] + WIDER * (0..=i).map(|j| factor[i][j] * z[j][k]).sum::<f64>()).collect()
        })
        .collect();
    let ln_weight: Vec<f64> = proposed
        .iter()
        .enumerate()
        .map(|(k, theta)| {
            let ln_proposal: f64 = (0..n).map(|i| -0.5 * z[i][k].powi(2)).sum();
            ln_posterior(theta, &mean, &sd, zones, measured) - ln_proposal
        })
        .collect();
    resampled(&ln_weight, count).into_iter().map(|k| proposed[k].clone()).collect()
}

/// Lower triangle of a positive definite matrix.
fn cholesky(a: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let n = a.len();
    let mut l = vec![vec![0.0; n]; n];
    for i in 0..n {
        for k in 0..=i {
            let sum = a[i][k] - (0..k).map(|j| l[i][j] * l[k][j]).sum::<f64>();
            l[i][k] = if i == k { sum.max(1e-12).sqrt() } else { sum / l[k][k] };
        }
    }
    l
}

/// Solves L L' x = b.
fn solve(l: &[Vec<f64>], b: &[f64]) -> Vec<f64> {
    let n = b.len();
    let mut x = b.to_vec();
    for i in 0..n {
        x[i] = (x[i] - (0..i).map(|j| l[i][j] * x[j]).sum::<f64>()) / l[i][i];
    }
    for i in (0..n).rev() {
        x[i] = (x[i] - (i + 1..n).map(|j| l[j][i] * x[j]).sum::<f64>()) / l[i][i];
    }
    x
}

/// Lower triangle of the inverse of a precision.
fn covariance_factor(precision: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let n = precision.len();
    let l = cholesky(precision);
    let columns: Vec<Vec<f64>> = (0..n)
        .map(|i| {
            let mut unit = vec![0.0; n];
            unit[i] = 1.0;
            solve(&l, &unit)
        })
        .collect();
    cholesky(&columns)
}
