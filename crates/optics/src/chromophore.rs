//! What absorbs and scatters in skin, by wavelength: melanosomes, blood, the rest of the tissue.
//!
//! Laws of `optics.md` 1.1-1.5; all coefficients in 1/mm.

use std::sync::LazyLock;

use crate::spectrum::Spectrum;
use crate::table;

/// Absorption inside a melanosome, 1/mm, at a wavelength in nm: 6.6e11 nm^-3.33 1/cm (S. L. Jacques, Skin Optics, Oregon
/// Medical Laser Center News, January 1998).
pub fn melanosome_per_mm(nm: f64) -> f64 {
    6.6e10 * libm::pow(nm, -3.33)
}

/// Absorption of skin without blood and melanin, 1/mm: 0.244 + 85.3 exp(-(nm - 154)/66.2) 1/cm (same page; bloodless rat
/// skin, 350-1100 nm).
pub fn baseline_per_mm(nm: f64) -> f64 {
    0.0244 + 8.53 * libm::exp(-(nm - 154.0) / 66.2)
}

/// Share of [`baseline_per_mm`] that living skin has: a half, fitted to the measured tones.
///
/// The whole of the law (bloodless skin outside the body) exceeds what was measured in vivo for the lower dermis with its
/// blood: 0.091 against 0.059 1/mm at 475 nm, 0.025 against 0.0035 1/mm at 850 nm (J Biomed Opt 28:115001, 2023).
pub const BASELINE_IN_VIVO: f64 = 0.5;

/// Haemoglobin in whole blood, g/l (`optics.md` 1.2).
const HAEMOGLOBIN_G_PER_L: f64 = 150.0;
/// Molar mass of haemoglobin, g/mol (Prahl 1999).
const HAEMOGLOBIN_G_PER_MOL: f64 = 64_500.0;

/// Absorption of whole blood with all haemoglobin oxygenated, then with none, 1/mm: 2.303 e c of the molar extinction e
/// compiled by S. Prahl (1999).
static BLOOD: LazyLock<[Spectrum; 2]> = LazyLock::new(|| {
    ["HbO2_cm-1_per_M", "Hb_cm-1_per_M"].map(|name| {
        let extinction_per_cm_m = table::spectrum(include_str!("../data/hemoglobin_prahl_10nm.csv"), name);
        extinction_per_cm_m.map(|e| 0.1 * 2.303 * e * HAEMOGLOBIN_G_PER_L / HAEMOGLOBIN_G_PER_MOL)
    })
});

/// Absorption of whole blood, 1/mm, at an oxygen saturation 0-1.
pub fn blood_per_mm(saturation: f64) -> Spectrum {
    let [oxy, deoxy] = *BLOOD;
    oxy.zip(deoxy, |oxy, deoxy| saturation * oxy + (1.0 - saturation) * deoxy)
}

/// How much less blood absorbs when it runs in vessels than when it is spread evenly: (1 - exp(-x))/x with x the optical
/// thickness of a vessel (W. Verkruysse et al., Phys Med Biol 42:51, 1997; L. O. Svaasand et al., Lasers Med Sci 10:55, 1995).
pub fn packing_factor(blood_per_mm: f64, vessel_diameter_mm: f64) -> f64 {
    let x = blood_per_mm * vessel_diameter_mm;
    if x < 1e-8 { 1.0 } else { -libm::expm1(-x) / x }
}

/// Reduced scattering of living skin, 1/mm: 2.9 (nm/500)^-1.7, the power law through the end points measured in vivo in 1734
/// and 3809 people (Jonasson et al., J Biomed Opt 23:121608, 2018; 28:115001, 2023; `optics.md` 1.3).
pub fn reduced_scattering_per_mm(nm: f64) -> f64 {
    2.9 * libm::pow(nm / 500.0, -1.7)
}

/// How much a volume fraction of melanosomes adds to the reduced scattering of the epidermis, relative to bare tissue: fitted to
/// the measured dark skin, whose blue light comes from here.
///
/// Mie theory gives separate melanosomes (0.6 micrometres, index 1.65 in 1.40) some ten times more; in skin they lie packed.
pub const MELANOSOME_SCATTERING: f64 = 10.0;

/// Mean cosine of scattering: 0.62 + 0.29e-3 nm (van Gemert et al., IEEE Trans Biomed Eng 36:1146, 1989).
pub fn anisotropy(nm: f64) -> f64 {
    0.62 + 0.29e-3 * nm
}

/// Refractive index of every layer of skin: only the step from air changes the colour visibly, and one index inside makes the
/// deterministic solver exact (`optics.md` 1.5).
pub const SKIN_INDEX: f64 = 1.40;

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, published: f64, share: f64) {
        assert!((found / published - 1.0).abs() < share, "{found} is not {published}");
    }

    /// Rows of the tables of Jacques (1998) as given in `optics.md` 1.1, in 1/cm.
    #[test]
    fn melanosome_and_baseline_have_the_published_values() {
        near(melanosome_per_mm(400.0) * 10.0, 1427.9, 1e-3);
        near(melanosome_per_mm(390.0) * 10.0, 1553.5, 1e-3);
        near(baseline_per_mm(400.0) * 10.0, 2.3194, 1e-3);
        near(baseline_per_mm(380.0) * 10.0, 3.0515, 1e-3);
    }

    /// The isosbestic points of haemoglobin and the ratio of its two forms at 660 nm (Prahl 1999: 319.6 and 3226.56).
    #[test]
    fn blood_has_its_isosbestic_points() {
        let (oxy, deoxy) = (blood_per_mm(1.0), blood_per_mm(0.0));
        for nm in [500.0, 570.0] {
            near(oxy.at_nm(nm) / deoxy.at_nm(nm), 1.0, 0.02);
        }
        near(deoxy.at_nm(660.0) / oxy.at_nm(660.0), 3226.56 / 319.6, 0.01);
        near(oxy.at_nm(420.0) * 10.0, 2572.7, 1e-4);
        near(blood_per_mm(0.5).at_nm(550.0), 0.5 * (oxy.at_nm(550.0) + deoxy.at_nm(550.0)), 1e-12);
    }

    /// `optics.md` 1.2: 0.13 at 420 nm, 0.7 at 550 nm, 0.95 at 600 nm in vessels of 0.03 mm.
    #[test]
    fn vessels_hide_blood_where_it_absorbs_most() {
        let blood = blood_per_mm(0.75);
        let factor = |nm| packing_factor(blood.at_nm(nm), 0.03);
        for (nm, published, tolerance) in [(420.0, 0.13, 0.01), (550.0, 0.7, 0.02), (600.0, 0.95, 0.02)] {
            assert!((factor(nm) - published).abs() < tolerance, "{nm} nm: {}", factor(nm));
        }
        assert_eq!(packing_factor(0.0, 0.03), 1.0);
    }

    /// Measured in vivo: 3.16 +- 0.72 and 3.22 1/mm at 475 nm, 1.13 +- 0.27 and 1.20 1/mm at 850 nm.
    #[test]
    fn scattering_is_that_of_living_skin() {
        assert!((reduced_scattering_per_mm(475.0) - 3.19).abs() < 0.06);
        assert!((reduced_scattering_per_mm(850.0) - 1.165).abs() < 0.05);
    }

    /// `optics.md` 0: 0.74-0.82 over the visible range.
    #[test]
    fn scattering_is_forward() {
        near(anisotropy(400.0), 0.736, 1e-9);
        near(anisotropy(700.0), 0.823, 1e-9);
    }
}
