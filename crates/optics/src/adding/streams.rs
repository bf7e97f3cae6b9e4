//! The directions light is followed in, and what happens to each at the surfaces.

use crate::fresnel::{critical_cosine, fresnel};

/// `N` directions downwards (and their mirror images upwards) inside layers of one index; the last one is straight down.
pub(super) struct Streams<const N: usize> {
    /// Cosines to the normal, ascending within each part of the hemisphere, the last is 1.
    pub(super) mu: [f64; N],
    /// `sqrt(weight cosine)`: what turns an amplitude into a flux.
    pub(super) flux: [f64; N],
    /// Reflectance of the upper surface from inside.
    pub(super) top: [f64; N],
    /// Reflectance of the lower surface from inside.
    pub(super) bottom: [f64; N],
    /// Reflectance of the upper surface for light that comes in straight.
    pub(super) specular: f64,
    /// `legendre[l][stream]`: P_l(cosine) sqrt((2 l + 1) weight / cosine).
    pub(super) legendre: Vec<[f64; N]>,
}

impl<const N: usize> Streams<N> {
    /// For layers of index `n` between two media.
    ///
    /// The hemisphere is cut at the critical angles, where reflectances bend, with Gauss nodes in each part and Radau nodes in
    /// the last, which holds the direction straight down (S. A. Prahl, The Adding-Doubling Method, in A. J. Welch, M. J. C. van
    /// Gemert, Optical-Thermal Response of Laser-Irradiated Tissue, 1995).
    pub(super) fn new(n: f64, n_above: f64, n_below: f64) -> Streams<N> {
        let mut cuts = vec![0.0];
        for cut in [critical_cosine(n, n_above), critical_cosine(n, n_below)] {
            if cut > 0.0 && !cuts.contains(&cut) {
                cuts.push(cut);
            }
        }
        cuts.sort_by(f64::total_cmp);

        // Nodes and weights, part by part; the last part takes what the division leaves over
        let per_part = N / cuts.len();
        let (mut mu, mut weight) = ([0.0; N], [0.0; N]);
        for (part, &low) in cuts.iter().enumerate() {
            let last = part + 1 == cuts.len();
            let high = if last { 1.0 } else { cuts[part + 1] };
            let first = part * per_part;
            let rule = if last { radau(N - first) } else { gauss(per_part) };
            for (i, (x, w)) in rule.into_iter().enumerate() {
                mu[first + i] = low + 0.5 * (high - low) * (1.0 + x);
                weight[first + i] = 0.5 * (high - low) * w;
            }
        }

        // As many moments of the phase function as the smallest part integrates exactly, so that scattering conserves light
        let moments = 2 * per_part;
        let legendre = (0..moments)
            .map(|l| {
                std::array::from_fn(|i| {
                    legendre(l, mu[i]).0 * libm::sqrt((2 * l + 1) as f64 * weight[i] / mu[i])
                })
            })
            .collect();
        Streams {
            mu,
            flux: std::array::from_fn(|i| libm::sqrt(weight[i] * mu[i])),
            top: mu.map(|mu| fresnel(n, n_above, mu)),
            bottom: mu.map(|mu| fresnel(n, n_below, mu)),
            specular: fresnel(n_above, n, 1.0),
            legendre,
        }
    }
}

/// Legendre polynomial of a degree, and of the degree below it.
fn legendre(degree: usize, x: f64) -> (f64, f64) {
    let (mut p, mut before) = (1.0, 0.0);
    for l in 1..=degree {
        let l = l as f64;
        (p, before) = (((2.0 * l - 1.0) * x * p - (l - 1.0) * before) / l, p);
    }
    (p, before)
}

/// Nodes and weights of Gauss on -1 to 1, ascending (Abramowitz and Stegun 25.4.29).
fn gauss(count: usize) -> Vec<(f64, f64)> {
    let n = count as f64;
    roots(count, |x| legendre(count, x).0)
        .into_iter()
        .map(|x| {
            let below = n * legendre(count, x).1;
            (x, 2.0 * (1.0 - x * x) / (below * below))
        })
        .collect()
}

/// Nodes and weights of Radau on -1 to 1 with a node at 1, ascending (Abramowitz and Stegun 25.4.31, mirrored).
fn radau(count: usize) -> Vec<(f64, f64)> {
    let n = count as f64;
    let mut rule: Vec<(f64, f64)> = roots(count - 1, |x| {
        let (p, below) = legendre(count, -x);
        (p + below) / (1.0 - x)
    })
    .into_iter()
    .map(|x| {
        let below = n * legendre(count, -x).1;
        (x, (1.0 + x) / (below * below))
    })
    .collect();
    rule.push((1.0, 2.0 / (n * n)));
    rule
}

/// The roots of a function that changes sign `count` times between -1 and 1, by halving steps that are closest at the ends,
/// as such roots are.
fn roots(count: usize, f: impl Fn(f64) -> f64) -> Vec<f64> {
    let steps = 8 * count.max(1);
    let at = |i: usize| -libm::cos(std::f64::consts::PI * (i as f64 + 0.5) / (steps as f64 + 1.0));
    let mut found = Vec::with_capacity(count);
    for i in 0..steps {
        let (mut low, mut high) = (at(i), at(i + 1));
        if (f(low) > 0.0) == (f(high) > 0.0) {
            continue;
        }
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if (f(middle) > 0.0) == (f(low) > 0.0) { low = middle } else { high = middle }
        }
        found.push(0.5 * (low + high));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Abramowitz and Stegun, table 25.4 (n = 4), and Radau of three nodes: (1 -+ sqrt 6)/5 mirrored.
    #[test]
    fn nodes_are_those_of_the_tables() {
        let four = gauss(4);
        assert!(
            (four[3].0 - 0.861_136_311_594_053).abs() < 1e-14
                && (four[3].1 - 0.347_854_845_137_454).abs() < 1e-13
        );
        let three = radau(3);
        assert!((three[1].0 - (libm::sqrt(6.0) - 1.0) / 5.0).abs() < 1e-14, "{three:?}");
        assert!((three[1].1 - (16.0 + libm::sqrt(6.0)) / 18.0).abs() < 1e-13, "{three:?}");
    }

    /// A rule of n nodes integrates powers to 2 n - 1, Radau to 2 n - 2.
    #[test]
    fn powers_are_integrated_exactly() {
        for n in 1..=24 {
            for (rule, top) in [(gauss(n), 2 * n - 1), (radau(n), 2 * n - 2)] {
                assert_eq!(rule.len(), n);
                for power in 0..=top {
                    let sum: f64 = rule.iter().map(|(x, w)| w * x.powi(power as i32)).sum();
                    let exact = if power % 2 == 0 { 2.0 / (power + 1) as f64 } else { 0.0 };
                    assert!((sum - exact).abs() < 1e-12, "{n} nodes, power {power}: {sum}");
                }
            }
        }
    }
}
