//! The spectrum of bare skin.

use crate::adding::{STREAMS, reflectance_sce};
use crate::error::Error;
use crate::skin::FRESNEL_MIRROR;
use crate::spectrum::Spectrum;
use crate::tissue::Skin;

/// Reflectance of bare skin without its mirror part, 0-1.
///
/// # Errors
/// An impossible number of the skin.
pub fn bare_sce(skin: Skin) -> Result<Spectrum, Error> {
    reflectance_sce::<STREAMS>(&skin.checked()?.layers())
}

/// What an instrument that includes the mirror part reads where one that excludes it reads `sce`.
pub fn sci_of_sce(sce: Spectrum) -> Spectrum {
    sce.map(|r| r + FRESNEL_MIRROR)
}

/// The inverse of [`sci_of_sce`]; nothing is darker than black.
pub fn sce_of_sci(sci: Spectrum) -> Spectrum {
    sci.map(|r| (r - FRESNEL_MIRROR).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adding::FINE_STREAMS;
    use crate::difference::ciede2000;
    use crate::illuminant::Illuminant;

    /// The directions followed at run time are enough for the eye on every skin.
    #[test]
    fn few_streams_are_within_a_tenth_of_ciede2000_of_many() {
        for (melanosomes, blood) in [(0.01, 0.004), (0.03, 0.02), (0.08, 0.007), (0.24, 0.006), (0.45, 0.001)]
        {
            let skin = Skin::new(melanosomes, blood);
            let few = bare_sce(skin).expect("a possible skin");
            let many = reflectance_sce::<FINE_STREAMS>(&skin.layers()).expect("a possible skin");
            let off = ciede2000(Illuminant::D65.lab(&few), Illuminant::D65.lab(&many));
            assert!(off < 0.1, "{melanosomes} {blood}: {off}");
        }
    }

    /// The mirror part of the stack's upper surface is the one that tone scales include.
    #[test]
    fn one_mirror_part_everywhere() {
        let stack = Skin::new(0.03, 0.006).layers().stack(15);
        let specular = crate::adding::fluxes::<10>(&stack).expect("a possible skin").specular;
        assert!((specular - FRESNEL_MIRROR).abs() < 1e-15);
        let sce = bare_sce(Skin::new(0.03, 0.006)).expect("a possible skin");
        let back = sce_of_sci(sci_of_sce(sce));
        assert!(sce.samples.iter().zip(back.samples).all(|(a, b)| (a - b).abs() < 1e-15));
    }

    #[test]
    fn a_scar_is_paler_and_less_red_and_less_brown() {
        let lab = |skin| Illuminant::D65.lab(&bare_sce(skin).expect("a possible skin"));
        let skin = Skin::new(0.05, 0.007);
        let (skin, scar) = (lab(skin), lab(skin.scarred()));
        assert!(scar.l > skin.l + 3.0 && scar.a < skin.a - 1.0, "{skin:?} {scar:?}");
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(40))]

        /// More melanin darkens every wavelength; more blood does too.
        #[test]
        fn absorbers_darken(f in 0.005..0.25f64, b in 0.001..0.02f64) {
            let r = |f, b| bare_sce(Skin::new(f, b)).expect("a possible skin").samples;
            let (skin, browner, redder) = (r(f, b), r(f * 1.2, b), r(f, b * 1.3));
            for i in 0..31 {
                proptest::prop_assert!(redder[i] < skin[i] && browner[i] < skin[i] + 1e-4);
            }
            proptest::prop_assert!(browner[15] < skin[15]);
        }
    }
}
