//! Several dots at one point.
//!
//! The light that a set of dots leaves over is nearly the product of what each leaves alone, but not quite: a long way
//! meets many dots, so that two of them take the same light and less is missing than the product says. One family covers
//! it, `R / R_skin = (1 + sum_i (T_i^-q - 1))^(-1/q)`, with the product at q = 0 (`optics.md` 5.3). How much light is
//! taken twice depends on how far it has spread where it meets the dots: q grows with the depth of their tops in transport
//! mean free paths.

use crate::spectrum::{N_WAVELENGTHS, Spectrum};

/// q per transport mean free path of depth: calibrated on simulated skins with 60-200 dots per cm2, whose tops lay
/// 0.05-0.45 mm deep (`hairline optics check` measures what is left).
const Q_PER_FREE_PATH: f64 = 0.45;
/// Range of q that was tried.
const Q_RANGE: [f64; 2] = [1e-6, 2.0];

/// Exponent of the rule for a dot whose top lies this deep, by wavelength. `reduced_scattering_per_mm`: of the dermis.
pub fn exponent(top_mm: f64, reduced_scattering_per_mm: &Spectrum) -> Spectrum {
    reduced_scattering_per_mm
        .map(|scatters| (Q_PER_FREE_PATH * top_mm * scatters).clamp(Q_RANGE[0], Q_RANGE[1]))
}

/// What dots leave of the skin's light together. Each comes with what it leaves alone, 0-1, and its [`exponent`]; each
/// exponent counts by what its dot takes.
pub fn together(dots: &[(Spectrum, Spectrum)]) -> Spectrum {
    let mut samples = [1.0; N_WAVELENGTHS];
    for w in 0..N_WAVELENGTHS {
        let (mut taken, mut weighted) = (0.0, 0.0);
        for (left, q) in dots {
            let depth = -libm::log(left.samples[w].max(1e-30));
            taken += depth;
            weighted += depth * q.samples[w];
        }
        if taken > 0.0 {
            let q = (weighted / taken).max(Q_RANGE[0]);
            let sum: f64 =
                dots.iter().map(|(left, _)| libm::expm1(-q * libm::log(left.samples[w].max(1e-30)))).sum();
            samples[w] = libm::exp(-libm::log1p(sum) / q);
        }
    }
    Spectrum { samples }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// One dot is itself; more dots are darker than each, and never darker than their product.
        #[test]
        fn together_lies_between_the_darkest_and_the_product(
            left in proptest::collection::vec(0.02..1.0f64, 1..8), q in 1e-6..2.0f64,
        ) {
            let dots: Vec<_> = left.iter().map(|&l| (Spectrum::flat(l), Spectrum::flat(q))).collect();
            let all = together(&dots).samples[7];
            let (darkest, product) = (left.iter().copied().fold(1.0, f64::min), left.iter().product::<f64>());
            proptest::prop_assert!(all <= darkest + 1e-9 && all >= product - 1e-9, "{all} {darkest} {product}");
            if left.len() == 1 {
                proptest::prop_assert!((all - left[0]).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn shallow_dots_multiply() {
        let dots = [(Spectrum::flat(0.5), exponent(0.0, &Spectrum::flat(3.0))); 2];
        assert!((together(&dots).samples[0] - 0.25).abs() < 1e-5);
        assert_eq!(together(&[]), Spectrum::flat(1.0));
    }
}
