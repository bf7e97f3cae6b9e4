//! Visual angle, acuity, and the contrast that the eye needs at each fineness.

/// Visual angle of a length seen straight on, degrees.
pub fn visual_angle_deg(size_mm: f64, distance_m: f64) -> f64 {
    2.0 * libm::atan(0.5 * size_mm / (1000.0 * distance_m)).to_degrees()
}

/// How far away a detail is still resolved by an eye of normal acuity, one minute of arc (visual acuity 1.0), m.
pub fn resolved_to_m(size_mm: f64) -> f64 {
    0.5 * size_mm / 1000.0 / libm::tan(0.5 * (1.0f64 / 60.0).to_radians())
}

/// Contrast sensitivity for gratings of luminance: the inverse of the amplitude over the mean that is seen half the time.
///
/// Barten, Contrast Sensitivity of the Human Eye and Its Effects on Image Quality (SPIE 1999), chapter 3, with his constants for a
/// young observer looking with both eyes. `field_deg` is the side of the square that has the grating.
/// The pupil is that of a scene as bright as the grating (Le Grand 1969): what is around decides it more than a small field.
pub fn luminance_sensitivity(cycles_per_deg: f64, luminance_cd_per_m2: f64, field_deg: f64) -> f64 {
    let pupil_mm = pupil_mm(luminance_cd_per_m2);
    barten(cycles_per_deg, blur_deg(pupil_mm), troland(luminance_cd_per_m2, pupil_mm), field_deg)
}

/// Diameter of the pupil by the luminance it looks at (Le Grand 1969, as Barten 1999 takes it), mm.
fn pupil_mm(luminance_cd_per_m2: f64) -> f64 {
    5.0 - 3.0 * libm::tanh(0.4 * libm::log10(luminance_cd_per_m2))
}

/// Standard deviation of the line spread of the eye: 0.5 arc minutes, and 0.08 for each mm of pupil, degrees.
fn blur_deg(pupil_mm: f64) -> f64 {
    libm::hypot(0.5, 0.08 * pupil_mm) / 60.0
}

/// Light on the retina with the Stiles-Crawford effect (Barten 1999; Moon and Spencer 1944), Td.
fn troland(luminance_cd_per_m2: f64, pupil_mm: f64) -> f64 {
    let area = std::f64::consts::PI * pupil_mm * pupil_mm / 4.0;
    area * luminance_cd_per_m2 * (1.0 - (pupil_mm / 9.7).powi(2) + (pupil_mm / 12.4).powi(4))
}

/// Barten's formula from the line spread and the light on the retina.
fn barten(u: f64, sigma_deg: f64, retina_td: f64, field_deg: f64) -> f64 {
    // Signal-to-noise ratio for half of the answers; time the eye gathers, s; the widest area, deg, and most cycles it gathers over.
    const K: f64 = 3.0;
    const T_S: f64 = 0.1;
    const X_MAX_DEG: f64 = 12.0;
    const N_MAX: f64 = 15.0;
    // Quantum efficiency; photons per s, deg2 and Td; noise of the nerves, s deg2; where lateral inhibition ends, cycles per degree.
    const ETA: f64 = 0.03;
    const PHOTONS: f64 = 1.2274e6;
    const PHI_0: f64 = 3e-8;
    const U_0: f64 = 7.0;
    let optics = libm::exp(-2.0 * (std::f64::consts::PI * sigma_deg * u).powi(2));
    let per_area = 1.0 / (field_deg * field_deg) + 1.0 / (X_MAX_DEG * X_MAX_DEG) + (u / N_MAX).powi(2);
    let photon_noise = 1.0 / (ETA * PHOTONS * retina_td);
    let nerve_noise = PHI_0 / -libm::expm1(-(u / U_0).powi(2));
    optics / K / libm::sqrt(2.0 / T_S * per_area * (photon_noise + nerve_noise))
}

/// A channel of the opponent colours of Poirson and Wandell that S-CIELAB blurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Light and dark.
    Luminance,
    /// Red against green.
    RedGreen,
    /// Blue against yellow.
    BlueYellow,
}

/// Share of a grating's amplitude that S-CIELAB lets pass in a channel; 1 at zero frequency.
///
/// The transform of the kernels of Zhang and Wandell (SID Digest 27:731, 1996; J SID 5:61, 1997): sums of Gaussians with the weights
/// and full widths at half height (degrees) of their program.
pub fn scielab_transmission(channel: Channel, cycles_per_deg: f64) -> f64 {
    let gaussians: &[[f64; 2]] = match channel {
        Channel::Luminance => &[[1.003_27, 0.05], [0.114_416, 0.225], [-0.117_686, 7.0]],
        Channel::RedGreen => &[[0.616_725, 0.0685], [0.383_275, 0.826]],
        Channel::BlueYellow => &[[0.567_885, 0.092], [0.432_115, 0.6451]],
    };
    // exp(-x^2 / s^2) with s = width / (2 sqrt(ln 2)) becomes exp(-(pi s u)^2).
    let pi_u = std::f64::consts::PI * cycles_per_deg;
    let gauss = |width: f64| libm::exp(-(pi_u * width).powi(2) / (4.0 * std::f64::consts::LN_2));
    gaussians.iter().map(|[weight, width]| weight * gauss(*width)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tests of the colour-science package (BSD-3-Clause) for Barten's formula: u = 4 and 8, sigma 0.01 deg, 65 Td, 60 deg, with
    /// p = 1.2e6; here p is 1.2274e6 as in ITU-R BT.2246, so light on the retina stands in for it.
    #[test]
    fn barten_gives_the_values_of_an_independent_program() {
        let td = 65.0 * 1.2e6 / 1.2274e6;
        for (u, s) in [(4.0, 352.761_342_126_727), (8.0, 177.706_338_840_717_34)] {
            let ours = barten(u, 0.01, td, 60.0);
            assert!((ours - s).abs() < 1e-6 * s, "{u}: {ours} instead of {s}");
        }
        // Its documented example: 20 cd/m2 seen through a pupil of 2.1 mm.
        let ours = barten(4.0, blur_deg(2.1), troland(20.0, 2.1), 60.0);
        assert!((ours - 360.869_112_2).abs() < 1e-5, "{ours}");
        assert!((troland(20.0, 2.1) - 66.082_316_06).abs() < 1e-6);
        assert!((blur_deg(2.1) - 0.008_791_157_17).abs() < 1e-10);
    }

    /// Barten's own short formula (Proc SPIE 5294:231, 2003) is a fit to the long one for the same observer.
    #[test]
    fn the_long_formula_is_near_its_authors_short_one() {
        for l in [10.0, 50.0, 200.0] {
            for u in [1.0f64, 2.0, 4.0, 8.0, 16.0, 24.0] {
                for x in [2.0, 6.0, 20.0] {
                    let short = 5200.0 * libm::exp(-0.0016 * u * u * libm::pow(1.0 + 100.0 / l, 0.08))
                        / libm::sqrt(
                            (1.0 + 144.0 / (x * x) + 0.64 * u * u)
                                * (63.0 / libm::pow(l, 0.83) + 1.0 / (1.0 - libm::exp(-0.02 * u * u))),
                        );
                    let long = luminance_sensitivity(u, l, x);
                    assert!((long / short - 1.0).abs() < 0.15, "L {l} u {u} X {x}: {long} and {short}");
                }
            }
        }
    }

    /// `smp.md` 1.1: what one minute of arc resolves.
    #[test]
    fn acuity_is_one_minute_of_arc() {
        for (mm, m) in [(0.1, 0.34), (0.2, 0.69), (0.3, 1.0), (0.5, 1.7), (1.0, 3.4)] {
            assert!((resolved_to_m(mm) / m - 1.0).abs() < 0.035, "{mm} mm to {} m", resolved_to_m(mm));
        }
        assert!((0.3..3.0).contains(&resolved_to_m(0.25)));
        assert!((visual_angle_deg(0.25, resolved_to_m(0.25)) * 60.0 - 1.0).abs() < 1e-9);
    }

    #[test]
    fn sensitivity_peaks_between_1_and_10_cycles_and_ends_near_60() {
        for (l, x) in [(10.0, 5.0), (56.0, 2.0), (56.0, 18.0), (500.0, 60.0)] {
            let s = |u: f64| luminance_sensitivity(u, l, x);
            let peak = (1..600).map(|i| 0.1 * f64::from(i)).max_by(|a, b| s(*a).total_cmp(&s(*b))).unwrap();
            assert!((1.0..10.0).contains(&peak), "{peak}");
            assert!(s(60.0) < 1.0 && s(25.0) > 5.0);
        }
    }

    #[test]
    fn scielab_keeps_uniform_colour_and_blurs_blue_and_yellow_most() {
        use Channel::*;
        for channel in [Luminance, RedGreen, BlueYellow] {
            assert!((scielab_transmission(channel, 0.0) - 1.0).abs() < 1e-6);
        }
        for u in [4.0, 8.0, 12.0] {
            let [l, rg, by] = [Luminance, RedGreen, BlueYellow].map(|c| scielab_transmission(c, u));
            assert!(l > rg && rg > by && by > 0.0, "{u}: {l} {rg} {by}");
        }
    }
}
