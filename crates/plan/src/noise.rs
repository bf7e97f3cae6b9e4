//! Reproducible random numbers: hashed, so that a value depends on the seed and its place alone, on any number of
//! threads.

/// Mixes a seed and a counter into 64 random bits (SplitMix64; Steele, Lea, Flood 2014).
pub fn hash(seed: u64, index: u64) -> u64 {
    let mut z = seed ^ index.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Uniform on 0..1.
pub fn uniform(seed: u64, index: u64) -> f64 {
    (hash(seed, index) >> 11) as f64 / (1u64 << 53) as f64
}

/// Standard normal (Box-Muller), from two hashed uniforms; clipped at 3.
pub fn normal(seed: u64, index: u64) -> f64 {
    let u = uniform(seed, 2 * index).max(1e-12);
    let angle = std::f64::consts::TAU * uniform(seed, 2 * index + 1);
    ((-2.0 * libm::log(u)).sqrt() * libm::cos(angle)).clamp(-3.0, 3.0)
}

/// Smooth noise along a line, mean 0 and about -1..1: cubic between random values one `wavelength` / 2 apart.
pub fn smooth_noise(seed: u64, along: f64, wavelength: f64) -> f64 {
    let x = along / (0.5 * wavelength);
    let (x0, f) = (x.floor(), x - x.floor());
    let at = |k: i64| 2.0 * uniform(seed, (x0 as i64 + k) as u64) - 1.0;
    let (a, b, c, d) = (at(-1), at(0), at(1), at(2));
    b + 0.5 * f * (c - a + f * (2.0 * a - 5.0 * b + 4.0 * c - d + f * (3.0 * (b - c) + d - a)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_numbers_have_mean_zero_and_unit_spread() {
        let values: Vec<f64> = (0..20_000).map(|i| normal(7, i)).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let spread = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt();
        assert!(mean.abs() < 0.03 && (spread - 1.0).abs() < 0.03, "mean {mean:.3}, spread {spread:.3}");
    }

    #[test]
    fn smooth_noise_is_continuous() {
        for i in 0..2000 {
            let x = i as f64 * 0.05 - 30.0;
            let step = smooth_noise(3, x + 1e-6, 6.0) - smooth_noise(3, x, 6.0);
            assert!(step.abs() < 1e-5, "jump of {step} at {x}");
        }
    }
}
