//! What a smooth surface reflects.

/// Unpolarised Fresnel reflectance of a smooth surface for light inside `n_from` at a cosine to the normal, 0-1.
pub fn fresnel(n_from: f64, n_to: f64, cosine: f64) -> f64 {
    let ratio = n_from / n_to;
    let sine2 = ratio * ratio * (1.0 - cosine * cosine);
    if sine2 >= 1.0 {
        return 1.0;
    }
    let beyond = libm::sqrt(1.0 - sine2);
    let s = (n_from * cosine - n_to * beyond) / (n_from * cosine + n_to * beyond);
    let p = (n_from * beyond - n_to * cosine) / (n_from * beyond + n_to * cosine);
    0.5 * (s * s + p * p)
}

/// Cosine below which light inside `n_from` is totally reflected by `n_to`; 0 where it never is.
pub fn critical_cosine(n_from: f64, n_to: f64) -> f64 {
    let ratio = n_to / n_from;
    if ratio >= 1.0 { 0.0 } else { libm::sqrt(1.0 - ratio * ratio) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Normal incidence ((n - 1)/(n + 1))^2; Brewster's angle of glass reflects half of the s light; 53 % of diffuse light inside
    /// n = 1.40 stays (`optics.md` 1.5).
    #[test]
    fn reflectances_are_the_known_ones() {
        assert!((fresnel(1.0, 1.5, 1.0) - 0.04).abs() < 1e-15);
        let brewster = 1.0 / libm::sqrt(1.0 + 1.5 * 1.5);
        let s = (1.0 - 1.5 * 1.5) / (1.0 + 1.5 * 1.5);
        assert!((fresnel(1.0, 1.5, brewster) - 0.5 * s * s).abs() < 1e-12);
        let steps = 20_000;
        let mean = |i: usize| (i as f64 + 0.5) / steps as f64;
        let inside: f64 = (0..steps).map(|i| 2.0 * mean(i) * fresnel(1.4, 1.0, mean(i)) / steps as f64).sum();
        assert!((inside - 0.53).abs() < 0.01, "{inside}");
    }

    proptest::proptest! {
        /// A ray and its way back reflect alike (Stokes).
        #[test]
        fn both_ways_reflect_alike(n in 1.01..1.6f64, cosine in 0.01..1.0f64) {
            let sine_inside = libm::sqrt(1.0 - cosine * cosine) / n;
            let back = fresnel(n, 1.0, libm::sqrt(1.0 - sine_inside * sine_inside));
            proptest::prop_assert!((fresnel(1.0, n, cosine) - back).abs() < 1e-12);
        }
    }
}
