//! The mirror part of skin: light that is reflected by the surface and has never been inside.
//!
//! It has the colour of the light, not of the skin, and a dot does not change it. How much light it holds is Fresnel's law; how it is
//! spread is a field of small facets (B. Walter et al., Microfacet Models for Refraction through Rough Surfaces, EGSR 2007).

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use crate::chromophore::SKIN_INDEX;
use crate::fresnel::fresnel;

/// How a skin's surface looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finish {
    /// Dry or powdered.
    Matte,
    /// As it is.
    Normal,
    /// Covered by sebum.
    Oily,
    /// A scar: smooth, without pores.
    Scar,
}

impl Finish {
    /// Roughness of the surface: root mean square slope of its facets, Beckmann's m.
    ///
    /// Assumptions between 0.2 and 0.4, the range fitted to photographed faces with a like model (T. Weyrich et al., ACM Trans
    /// Graph 25:1013, 2006; recalled, not read again).
    pub fn roughness(self) -> f64 {
        match self {
            Finish::Matte => 0.45,
            Finish::Normal => 0.32,
            Finish::Oily => 0.20,
            Finish::Scar => 0.24,
        }
    }
}

/// Reflected radiance per irradiance, 1/sr, of the mirror part of a surface of a roughness.
///
/// `to_light` and `to_eye` are unit vectors in the surface's frame, z its normal; 0 when either lies below it. Facets with
/// Gaussian slopes (Beckmann), Smith's shadowing of both directions, Fresnel of [`SKIN_INDEX`].
pub fn mirror_per_sr(roughness: f64, to_light: [f64; 3], to_eye: [f64; 3]) -> f64 {
    let (cos_light, cos_eye) = (to_light[2], to_eye[2]);
    if cos_light <= 0.0 || cos_eye <= 0.0 {
        return 0.0;
    }
    // The facet that mirrors the light into the eye
    let sum: [f64; 3] = std::array::from_fn(|i| to_light[i] + to_eye[i]);
    let length = libm::sqrt(sum.iter().map(|v| v * v).sum());
    let cos_facet = sum[2] / length;
    let cos_on_facet = (0..3).map(|i| sum[i] * to_light[i]).sum::<f64>() / length;

    let (slope2, cos2) = (roughness * roughness, cos_facet * cos_facet);
    let facets = libm::exp((1.0 - 1.0 / cos2) / slope2) / (PI * slope2 * cos2 * cos2);
    let seen = 1.0 / (1.0 + shadow(roughness, cos_light) + shadow(roughness, cos_eye));
    facets * seen * fresnel(1.0, SKIN_INDEX, cos_on_facet) / (4.0 * cos_light * cos_eye)
}

/// Area of facets hidden from a direction per area seen (Smith 1967, for Gaussian slopes).
fn shadow(roughness: f64, cosine: f64) -> f64 {
    let sine = libm::sqrt((1.0 - cosine * cosine).max(0.0));
    if sine < 1e-9 {
        return 0.0;
    }
    let a = cosine / (roughness * sine);
    0.5 * (libm::exp(-a * a) / (a * libm::sqrt(PI)) - libm::erfc(a))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::skin::FRESNEL_MIRROR;

    fn direction(cosine: f64, azimuth: f64) -> [f64; 3] {
        let sine = libm::sqrt(1.0 - cosine * cosine);
        [sine * libm::cos(azimuth), sine * libm::sin(azimuth), cosine]
    }

    /// Share of light from `to_light` that the mirror part returns over the hemisphere.
    fn returned(roughness: f64, to_light: [f64; 3]) -> f64 {
        let (rings, steps) = (200, 100);
        let mut sum = 0.0;
        for ring in 0..rings {
            let cosine = (f64::from(ring) + 0.5) / f64::from(rings);
            for step in 0..steps {
                let azimuth = 2.0 * PI * (f64::from(step) + 0.5) / f64::from(steps);
                sum += cosine * mirror_per_sr(roughness, to_light, direction(cosine, azimuth));
            }
        }
        sum * 2.0 * PI / f64::from(rings * steps)
    }

    /// Roughness spreads the mirror part but hardly changes how much there is: Fresnel's share less what facets pass on to
    /// facets, at most a tenth of it.
    #[test]
    fn every_finish_returns_the_mirror_part_of_the_instruments() {
        for finish in [Finish::Matte, Finish::Normal, Finish::Oily, Finish::Scar] {
            let share = returned(finish.roughness(), [0.0, 0.0, 1.0]) / FRESNEL_MIRROR;
            assert!((0.9..1.01).contains(&share), "{finish:?} {share}");
        }
    }

    #[test]
    fn oil_and_scars_are_glossier_than_skin_and_powder_is_duller() {
        let peak = |finish: Finish| mirror_per_sr(finish.roughness(), [0.0, 0.0, 1.0], [0.0, 0.0, 1.0]);
        assert!(peak(Finish::Oily) > peak(Finish::Scar) && peak(Finish::Scar) > peak(Finish::Normal));
        assert!(peak(Finish::Normal) > peak(Finish::Matte));
    }

    #[test]
    fn nothing_comes_from_below() {
        assert_eq!(mirror_per_sr(0.3, [0.0, 0.0, -1.0], [0.0, 0.0, 1.0]), 0.0);
        assert_eq!(mirror_per_sr(0.3, [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]), 0.0);
    }

    proptest::proptest! {
        /// Light and eye may be exchanged (Helmholtz).
        #[test]
        fn light_and_eye_are_interchangeable(
            roughness in 0.1..0.6f64, c in proptest::array::uniform2(0.05..1.0f64), turn in 0.0..6.3f64,
        ) {
            let (a, b) = (direction(c[0], 0.0), direction(c[1], turn));
            let (there, back) = (mirror_per_sr(roughness, a, b), mirror_per_sr(roughness, b, a));
            proptest::prop_assert!((there - back).abs() <= 1e-12 * there);
        }

        /// A surface returns no more than it gets, towards grazing light too.
        #[test]
        fn no_light_is_made(cosine in 0.02..1.0f64, roughness in 0.2..0.5f64) {
            proptest::prop_assert!(returned(roughness, direction(cosine, 0.0)) < 1.0);
        }
    }
}
