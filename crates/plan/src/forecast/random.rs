//! Random draws that are the same on every machine, and figures read off them.

use crate::noise::hash;

/// Standard normal numbers for each of `dimensions`, `count` draws each: one in every `count`-th part of the distribution,
/// in hashed order (Latin hypercube: McKay, Beckman, Conover 1979), so that medians and bands hardly depend on the draw.
pub(super) fn spread_normals(dimensions: usize, count: usize, seed: u64) -> Vec<Vec<f64>> {
    let parts: Vec<f64> = (0..count).map(|i| normal_quantile((i as f64 + 0.5) / count as f64)).collect();
    (0..dimensions)
        .map(|d| {
            let own = hash(seed, d as u64);
            let mut order: Vec<(u64, usize)> = (0..count).map(|i| (hash(own, i as u64), i)).collect();
            order.sort_unstable();
            order.into_iter().map(|(_, i)| parts[i]).collect()
        })
        .collect()
}

/// Indices drawn in proportion to weights given as logarithms (systematic resampling).
pub(super) fn resampled(ln_weight: &[f64], count: usize) -> Vec<usize> {
    let most = ln_weight.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weight: Vec<f64> = ln_weight.iter().map(|w| libm::exp(w - most)).collect();
    let total: f64 = weight.iter().sum();
    let mut out = Vec::with_capacity(count);
    let (mut at, mut sum) = (0, weight[0]);
    for k in 0..count {
        let wanted = (k as f64 + 0.5) / count as f64 * total;
        while sum < wanted && at + 1 < weight.len() {
            at += 1;
            sum += weight[at];
        }
        out.push(at);
    }
    out
}

/// 10 %, 50 % and 90 % quantiles of values, which get reordered.
pub(super) fn band(values: &mut [f64]) -> [f64; 3] {
    [0.1, 0.5, 0.9].map(|q| {
        let at = ((values.len() as f64 * q) as usize).min(values.len() - 1);
        *values.select_nth_unstable_by(at, f64::total_cmp).1
    })
}

/// Quantile of the standard normal distribution (Acklam's rational approximation, relative error 1.2e-9).
pub(super) fn normal_quantile(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969683028665376e1,
        2.209460984245205e2,
        -2.759285104469687e2,
        1.383_577_518_672_69e2,
        -3.066479806614716e1,
        2.506628277459239,
    ];
    const B: [f64; 5] = [
        -5.447609879822406e1,
        1.615858368580409e2,
        -1.556989798598866e2,
        6.680131188771972e1,
        -1.328068155288572e1,
    ];
    const C: [f64; 6] = [
        -7.784894002430293e-3,
        -3.223964580411365e-1,
        -2.400758277161838,
        -2.549732539343734,
        4.374664141464968,
        2.938163982698783,
    ];
    const D: [f64; 4] = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416];
    let polynomial = |c: &[f64], x: f64| c.iter().fold(0.0, |sum, k| sum * x + k);
    let tail = |p: f64| {
        let q = (-2.0 * libm::log(p)).sqrt();
        polynomial(&C, q) / (polynomial(&D, q) * q + 1.0)
    };
    if p < 0.02425 {
        tail(p)
    } else if p > 1.0 - 0.02425 {
        -tail(1.0 - p)
    } else {
        let q = p - 0.5;
        let r = q * q;
        polynomial(&A, r) * q / (polynomial(&B, r) * r + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tabulated quantiles of the normal distribution.
    #[test]
    fn quantiles_are_the_tabulated_ones() {
        for (p, z) in [
            (0.5, 0.0),
            (0.9, 1.2815515655),
            (0.975, 1.9599639845),
            (0.001, -3.0902323062),
            (0.01, -2.3263478740),
        ] {
            assert!((normal_quantile(p) - z).abs() < 1e-7, "{p}");
        }
    }

    #[test]
    fn draws_fill_the_distribution_and_do_not_go_together() {
        let z = spread_normals(3, 2000, 5);
        for (i, row) in z.iter().enumerate() {
            let [low, middle, high] = band(&mut row.clone());
            assert!((low + 1.2816).abs() < 0.01 && middle.abs() < 0.01 && (high - 1.2816).abs() < 0.01);
            for other in &z[..i] {
                let together = row.iter().zip(other).map(|(a, b)| a * b).sum::<f64>() / 2000.0;
                assert!(together.abs() < 0.06, "{together}");
            }
        }
    }

    #[test]
    fn heavier_indices_are_drawn_more_often() {
        let drawn = resampled(&[0.0, libm::log(3.0), -50.0], 400);
        assert_eq!([0, 1, 2].map(|i| drawn.iter().filter(|&&d| d == i).count()), [100, 300, 0]);
    }
}
