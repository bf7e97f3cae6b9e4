//! How a dot looks in its skin: colours, contrast and width.

use serde::Serialize;

use crate::colour::Lab;
use crate::difference::ciede2000;
use crate::illuminant::Illuminant;
use crate::spectrum::{Spectrum, WAVELENGTHS_NM};

/// A dot as an eye close above sees it, mirror part excluded.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DotLook {
    /// Colour of the bare skin.
    pub skin_lab: Lab,
    /// Colour at the middle of the dot.
    pub dot_lab: Lab,
    /// CIEDE2000 between the two.
    pub delta_e00: f64,
    /// Distance from the middle at which half of the loss of luminance is left, mm.
    pub hwhm_mm: f64,
    /// Wavelengths of all spectra, nm.
    pub wavelengths_nm: Vec<f64>,
    /// Reflectance of the bare skin.
    pub skin_reflectance: Spectrum,
    /// Reflectance at the middle of the dot.
    pub dot_reflectance: Spectrum,
    /// From the middle outwards.
    pub profile: Vec<Ring>,
}

/// What a dot leaves of the skin's light at a distance from its middle.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ring {
    /// Distance, mm.
    pub r_mm: f64,
    /// Dotted over bare skin, by wavelength, 0-1.
    pub ratio: Spectrum,
}

impl DotLook {
    /// From the bare skin's reflectance and the dot's profile, which starts at its middle and goes outwards.
    pub fn new(skin_reflectance: Spectrum, profile: Vec<Ring>, light: Illuminant) -> DotLook {
        let over = |ring: &Ring| skin_reflectance.zip(ring.ratio, |skin, ratio| skin * ratio);
        let dot_reflectance = profile.first().map_or(skin_reflectance, over);
        let (skin_lab, dot_lab) = (light.lab(&skin_reflectance), light.lab(&dot_reflectance));
        let bright = light.xyz(&skin_reflectance).y;
        let lost: Vec<[f64; 2]> =
            profile.iter().map(|ring| [ring.r_mm, 1.0 - light.xyz(&over(ring)).y / bright]).collect();
        DotLook {
            skin_lab,
            dot_lab,
            delta_e00: ciede2000(skin_lab, dot_lab),
            hwhm_mm: half_width(&lost),
            wavelengths_nm: WAVELENGTHS_NM.to_vec(),
            skin_reflectance,
            dot_reflectance,
            profile,
        }
    }
}

/// First distance at which a profile falls to half of its start, linear between its points; its last one if it never does.
fn half_width(lost: &[[f64; 2]]) -> f64 {
    let Some(&[_, start]) = lost.first() else { return 0.0 };
    for pair in lost.windows(2) {
        let ([r, a], [s, b]) = (pair[0], pair[1]);
        if b <= 0.5 * start && a > b {
            return r + (s - r) * (a - 0.5 * start) / (a - b);
        }
    }
    lost.last().map_or(0.0, |&[r, _]| r)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_slope_is_halved_in_its_middle() {
        assert!((half_width(&[[0.0, 1.0], [2.0, 0.0]]) - 1.0).abs() < 1e-12);
        assert!((half_width(&[[0.0, 0.6], [0.1, 0.5], [0.3, 0.1]]) - 0.2).abs() < 1e-12);
        assert_eq!(half_width(&[]), 0.0);
    }

    #[test]
    fn no_dot_is_no_difference() {
        let profile = vec![
            Ring { r_mm: 0.0, ratio: Spectrum::flat(1.0) },
            Ring { r_mm: 1.0, ratio: Spectrum::flat(1.0) },
        ];
        let look = DotLook::new(Spectrum::flat(0.3), profile, Illuminant::D65);
        assert_eq!((look.delta_e00, look.hwhm_mm), (0.0, 1.0));
        assert_eq!(look.skin_lab, look.dot_lab);
    }
}
