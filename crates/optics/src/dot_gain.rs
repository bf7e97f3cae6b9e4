//! Dot gain: dots on a scattering sheet darken it by more than the area they cover.
//!
//! Murray and Davies (1936) average reflectances by area; Yule and Nielsen (TAGA Proc 3:65, 1951) average their n-th roots, with n = 1
//! for a sheet without scattering and n = 2 for one that spreads light far beyond the dots.

use crate::error::{Error, within};

/// Largest n that is told from infinity.
const LARGEST_N: f64 = 1e3;

/// Reflectance of a patch, 0-1: dots of reflectance `dot` over the share `coverage` of a skin of reflectance `skin`, with the
/// Yule-Nielsen factor n.
pub fn patch_reflectance(dot: f64, skin: f64, coverage: f64, n: f64) -> f64 {
    let root = |r: f64| libm::pow(r, 1.0 / n);
    libm::pow(coverage * root(dot) + (1.0 - coverage) * root(skin), n)
}

/// The Yule-Nielsen factor that gives a measured or computed mean of a patch.
///
/// # Errors
/// A number that is no reflectance or coverage, a dot not darker than the skin, a patch lighter than dots without any gain
/// (n below 1) or darker than the largest gain makes it.
pub fn yule_nielsen_n(dot: f64, skin: f64, coverage: f64, patch: f64) -> Result<f64, Error> {
    within("reflectance of the skin", skin, [1e-9, 1.0])?;
    within("reflectance of the dot", dot, [1e-9, skin * (1.0 - 1e-9)])?;
    within("coverage", coverage, [1e-9, 1.0 - 1e-9])?;
    let at = |n| patch_reflectance(dot, skin, coverage, n);
    within("reflectance of the patch", patch, [at(LARGEST_N), at(1.0)])?;
    // The mean of n-th roots falls steadily as n grows
    let (mut low, mut high) = (0.0, libm::log(LARGEST_N));
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if at(libm::exp(middle)) > patch { low = middle } else { high = middle }
    }
    Ok(libm::exp(0.5 * (low + high)))
}

/// Share of the area that dots seem to cover, by Murray and Davies; less the true coverage, this is the dot gain.
pub fn seeming_coverage(dot: f64, skin: f64, patch: f64) -> f64 {
    (skin - patch) / (skin - dot)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// n = 1 is the mean by area; n = 2 the square of the mean root; large n tends to the geometric mean.
    #[test]
    fn known_means_come_out() {
        let at = |n| patch_reflectance(0.04, 0.64, 0.25, n);
        assert!((at(1.0) - (0.25 * 0.04 + 0.75 * 0.64)).abs() < 1e-15);
        assert!((at(2.0) - (0.25 * 0.2 + 0.75 * 0.8f64) * (0.25 * 0.2 + 0.75 * 0.8)).abs() < 1e-15);
        let geometric = libm::exp(0.25 * libm::log(0.04) + 0.75 * libm::log(0.64));
        assert!((at(1e6) - geometric).abs() < 1e-5);
    }

    #[test]
    fn gain_is_seeming_less_true_coverage() {
        assert!((seeming_coverage(0.1, 0.5, patch_reflectance(0.1, 0.5, 0.3, 1.0)) - 0.3).abs() < 1e-12);
        assert!(seeming_coverage(0.1, 0.5, patch_reflectance(0.1, 0.5, 0.3, 2.0)) > 0.3);
    }

    #[test]
    fn impossible_patches_are_refused_with_a_reason() {
        let message = |dot, skin, coverage, patch| {
            yule_nielsen_n(dot, skin, coverage, patch).expect_err("an impossible patch").to_string()
        };
        assert!(message(0.1, 0.5, 0.3, 0.45).contains("reflectance of the patch is 0.45"));
        assert!(message(0.6, 0.5, 0.3, 0.4).contains("reflectance of the dot is 0.6"));
        assert!(
            message(0.1, f64::NAN, 0.3, 0.4).contains("NaN")
                && message(0.1, 0.5, 0.0, 0.5).contains("coverage is 0")
        );
    }

    proptest::proptest! {
        #[test]
        fn n_is_read_back(dot in 0.01..0.2f64, skin in 0.3..0.6f64, coverage in 0.02..0.9f64, n in 1.0..20.0f64) {
            let patch = patch_reflectance(dot, skin, coverage, n);
            let found = yule_nielsen_n(dot, skin, coverage, patch).expect("a possible patch");
            proptest::prop_assert!((found / n - 1.0).abs() < 1e-6, "{found} is not {n}");
        }
    }
}
