//! The layers of the scalp, from a few numbers a client's skin is described by.

use serde::{Deserialize, Serialize};

use crate::chromophore::{
    BASELINE_IN_VIVO, MELANOSOME_SCATTERING, SKIN_INDEX, anisotropy, baseline_per_mm, blood_per_mm,
    melanosome_per_mm, packing_factor, reduced_scattering_per_mm,
};
use crate::error::{Error, within};
use crate::layer::{Layer, Stack};
use crate::spectrum::{N_WAVELENGTHS, Spectrum};

/// A client's skin.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skin {
    /// Volume fraction of melanosomes in the living epidermis, 0-0.5.
    pub melanosome_fraction: f64,
    /// Volume fraction of blood in the reticular dermis, 0-0.2; the papillary dermis carries twice as much.
    pub blood_fraction: f64,
    /// Oxygen saturation of the blood, 0-1.
    pub saturation: f64,
    /// Scattering of the tissue, without that of melanosomes, relative to the median of living skin, 0.2-3; the measured spread is 0.23 (Jonasson et al. 2018).
    pub scattering_factor: f64,
    /// Thickness of its layers.
    pub thickness: Thickness,
}

/// Thickness of the layers of skin, mm.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thickness {
    /// Horny layer, without melanin and blood.
    pub stratum_corneum_mm: f64,
    /// Living epidermis, which holds the melanin.
    pub epidermis_mm: f64,
    /// Upper dermis with its plexus of vessels.
    pub papillary_dermis_mm: f64,
    /// Lower dermis.
    pub reticular_dermis_mm: f64,
    /// Fat under the skin; what passes it is lost.
    pub fat_mm: f64,
}

/// A part of the scalp, as far as its skin differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScalpRegion {
    /// The front border of the hair.
    Hairline,
    /// The temples.
    Temple,
    /// The middle of the scalp, the reference.
    MidScalp,
    /// The crown.
    Vertex,
    /// The sides.
    Parietal,
    /// The back of the head.
    Occipital,
}

impl Thickness {
    /// The middle of the scalp: epidermis with its horny layer 0.08 mm, papillary dermis to 0.25, reticular dermis to 2.0, fat to
    /// 6 mm (`optics.md` 1.6; horny layer 10-20 micrometres).
    pub const MID_SCALP: Thickness = Thickness {
        stratum_corneum_mm: 0.015,
        epidermis_mm: 0.065,
        papillary_dermis_mm: 0.17,
        reticular_dermis_mm: 1.75,
        fat_mm: 4.0,
    };

    /// Of a region: epidermis and dermis of the middle of the scalp times the region's depth factor.
    pub fn of_region(region: ScalpRegion) -> Thickness {
        let (factor, t) = (region.thickness_factor(), Thickness::MID_SCALP);
        Thickness {
            epidermis_mm: t.epidermis_mm * factor,
            papillary_dermis_mm: t.papillary_dermis_mm * factor,
            reticular_dermis_mm: t.reticular_dermis_mm * factor,
            ..t
        }
    }

    /// Depth of the border between epidermis and dermis below the surface, mm.
    pub fn dermis_top_mm(self) -> f64 {
        self.stratum_corneum_mm + self.epidermis_mm
    }
}

impl ScalpRegion {
    /// Thickness of the skin relative to the middle of the scalp: the factors of `smp.md` 1.3, assumptions.
    pub fn thickness_factor(self) -> f64 {
        match self {
            ScalpRegion::Temple => 0.80,
            ScalpRegion::Hairline => 0.85,
            ScalpRegion::MidScalp | ScalpRegion::Vertex => 1.00,
            ScalpRegion::Parietal => 1.10,
            ScalpRegion::Occipital => 1.15,
        }
    }
}

/// Oxygen saturation where nothing is known, within the 0.6-0.75 of `optics.md` 1.7.
pub const DEFAULT_SATURATION: f64 = 0.65;
/// Diameter of the vessels the blood runs in, mm (`optics.md` 1.2: 0.02-0.05; fitted to the measured tones near 420 nm).
const VESSEL_DIAMETER_MM: f64 = 0.025;
/// Blood of the papillary dermis relative to the reticular (`optics.md` 1.6).
const PAPILLARY_BLOOD: f64 = 2.0;

impl Skin {
    /// Skin of the middle of the scalp with median scattering and [`DEFAULT_SATURATION`].
    pub const fn new(melanosome_fraction: f64, blood_fraction: f64) -> Skin {
        Skin {
            melanosome_fraction,
            blood_fraction,
            saturation: DEFAULT_SATURATION,
            scattering_factor: 1.0,
            thickness: Thickness::MID_SCALP,
        }
    }

    /// The scar that this skin leaves: a third of its melanin, half its blood, a thin flat epidermis and denser collagen.
    ///
    /// The direction is known (paler, less melanin, fewer vessels, more scattering from parallel fibres); the numbers are
    /// assumptions, and uptake in scars needs test dots (`smp.md` 1.3).
    pub fn scarred(self) -> Skin {
        Skin {
            melanosome_fraction: self.melanosome_fraction / 3.0,
            blood_fraction: self.blood_fraction / 2.0,
            scattering_factor: self.scattering_factor * 1.2,
            thickness: Thickness { epidermis_mm: self.thickness.epidermis_mm * 0.7, ..self.thickness },
            ..self
        }
    }

    /// The skin, if each of its numbers is possible.
    ///
    /// # Errors
    /// The first number that is not, with its range.
    pub fn checked(self) -> Result<Skin, Error> {
        within("melanosome_fraction", self.melanosome_fraction, [0.0, 0.5])?;
        within("blood_fraction", self.blood_fraction, [0.0, 0.2])?;
        within("saturation", self.saturation, [0.0, 1.0])?;
        within("scattering_factor", self.scattering_factor, [0.2, 3.0])?;
        let t = self.thickness;
        within("stratum_corneum_mm", t.stratum_corneum_mm, [0.0, 1.0])?;
        within("epidermis_mm", t.epidermis_mm, [0.01, 1.0])?;
        within("papillary_dermis_mm", t.papillary_dermis_mm, [0.01, 2.0])?;
        within("reticular_dermis_mm", t.reticular_dermis_mm, [0.1, 10.0])?;
        within("fat_mm", t.fat_mm, [0.0, 50.0])?;
        Ok(self)
    }

    /// Its layers at every wavelength.
    pub fn layers(self) -> SpectralStack {
        let t = self.thickness;
        let melanosomes = self.melanosome_fraction;
        let blood = blood_per_mm(self.saturation);
        let packed = blood.map(|blood| blood * packing_factor(blood, VESSEL_DIAMETER_MM));
        let baseline = Spectrum::of_nm(|nm| BASELINE_IN_VIVO * baseline_per_mm(nm));
        let pigmented = baseline.zip(Spectrum::of_nm(melanosome_per_mm), |base, melanosome| {
            (1.0 - melanosomes) * base + melanosomes * melanosome
        });
        let bloody =
            |fraction: f64| baseline.zip(packed, |base, blood| (1.0 - fraction) * base + fraction * blood);

        let g = Spectrum::of_nm(anisotropy);
        let scattering = Spectrum::of_nm(|nm| {
            self.scattering_factor * reduced_scattering_per_mm(nm) / (1.0 - anisotropy(nm))
        });
        let layer = |name: &str, thickness_mm, mua_per_mm| SpectralLayer {
            name: name.to_owned(),
            thickness_mm,
            n: Spectrum::flat(SKIN_INDEX),
            g,
            mua_per_mm,
            mus_per_mm: scattering,
        };
        let epidermis = SpectralLayer {
            // What differs between people is the tissue; the melanosomes scatter as they do in everybody
            mus_per_mm: scattering
                .map(|mus| mus * (1.0 + MELANOSOME_SCATTERING * melanosomes / self.scattering_factor)),
            ..layer("epidermis", t.epidermis_mm, pigmented)
        };
        SpectralStack {
            n_above: 1.0,
            n_below: SKIN_INDEX,
            layers: vec![
                layer("stratum corneum", t.stratum_corneum_mm, baseline),
                epidermis,
                layer(
                    "papillary dermis",
                    t.papillary_dermis_mm,
                    bloody(PAPILLARY_BLOOD * self.blood_fraction),
                ),
                layer("reticular dermis", t.reticular_dermis_mm, bloody(self.blood_fraction)),
                layer("fat", t.fat_mm, baseline),
            ],
        }
    }
}

/// One homogeneous layer at every wavelength.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpectralLayer {
    /// What it is.
    pub name: String,
    /// Thickness, mm.
    pub thickness_mm: f64,
    /// Refractive index.
    pub n: Spectrum,
    /// Mean cosine of the scattering angle.
    pub g: Spectrum,
    /// Absorption coefficient, 1/mm.
    pub mua_per_mm: Spectrum,
    /// Scattering coefficient, 1/mm.
    pub mus_per_mm: Spectrum,
}

/// Layers from the surface down at every wavelength, between two clear media.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpectralStack {
    /// Refractive index above.
    pub n_above: f64,
    /// Refractive index below.
    pub n_below: f64,
    /// From the surface down.
    pub layers: Vec<SpectralLayer>,
}

impl SpectralStack {
    /// The stacks at the 31 wavelengths of a [`Spectrum`], in their order.
    pub fn stacks(&self) -> [Stack; N_WAVELENGTHS] {
        std::array::from_fn(|wavelength| self.stack(wavelength))
    }

    /// The stack at one wavelength: the index of a sample of [`Spectrum`], 0-30.
    pub fn stack(&self, wavelength: usize) -> Stack {
        let at = |spectrum: &Spectrum| spectrum.samples[wavelength];
        let layer = |l: &SpectralLayer| Layer {
            n: at(&l.n),
            mua_per_mm: at(&l.mua_per_mm),
            mus_per_mm: at(&l.mus_per_mm),
            g: at(&l.g),
            thickness_mm: l.thickness_mm,
        };
        Stack {
            n_above: self.n_above,
            n_below: self.n_below,
            layers: self.layers.iter().map(layer).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_named_from_the_surface_down_and_share_one_index() {
        let stack = Skin::new(0.03, 0.006).layers();
        let names: Vec<&str> = stack.layers.iter().map(|l| l.name.as_str()).collect();
        assert_eq!(names, ["stratum corneum", "epidermis", "papillary dermis", "reticular dermis", "fat"]);
        let depth: f64 = stack.layers.iter().map(|l| l.thickness_mm).sum();
        assert!((depth - 6.0).abs() < 1e-12);
        assert!(stack.stacks().iter().all(|s| s.n_below == 1.4 && s.layers.iter().all(|l| l.n == 1.4)));
    }

    /// Median absorption of the upper dermis in vivo 0.094 1/mm at 475 nm, of the lower 0.059 (J Biomed Opt 28:115001, 2023; 3809
    /// people).
    #[test]
    fn the_dermis_absorbs_about_what_was_measured_in_vivo() {
        let stack = Skin::new(0.03, 0.004).layers();
        let lower = stack.layers[3].mua_per_mm.at_nm(475.0);
        assert!((0.05..0.13).contains(&lower), "{lower}");
    }

    #[test]
    fn melanin_lies_in_the_epidermis_and_blood_in_the_dermis() {
        let (pale, dark) = (Skin::new(0.01, 0.004).layers(), Skin::new(0.10, 0.004).layers());
        let more = |i: usize| dark.layers[i].mua_per_mm.at_nm(550.0) / pale.layers[i].mua_per_mm.at_nm(550.0);
        assert!(more(1) > 5.0 && [0, 2, 3, 4].iter().all(|&i| more(i) == 1.0));
        let red = Skin::new(0.01, 0.008).layers();
        let blood = |i: usize| red.layers[i].mua_per_mm.at_nm(550.0) - pale.layers[i].mua_per_mm.at_nm(550.0);
        assert!(
            (blood(2) / blood(3) - 2.0).abs() < 1e-9 && blood(0) == 0.0 && blood(1) == 0.0 && blood(4) == 0.0
        );
    }

    #[test]
    fn thin_regions_have_a_shallower_dermis() {
        let top = |region| Thickness::of_region(region).dermis_top_mm();
        assert!(top(ScalpRegion::Temple) < top(ScalpRegion::Hairline));
        assert!(top(ScalpRegion::Hairline) < top(ScalpRegion::MidScalp));
        assert_eq!(Thickness::of_region(ScalpRegion::MidScalp), Thickness::MID_SCALP);
        assert!((Thickness::MID_SCALP.dermis_top_mm() - 0.08).abs() < 1e-12);
    }

    #[test]
    fn impossible_skin_is_refused_with_a_reason() {
        let message = |skin: Skin| skin.checked().expect_err("an impossible skin").to_string();
        assert!(message(Skin::new(f64::NAN, 0.01)).contains("melanosome_fraction is NaN"));
        assert!(message(Skin::new(0.02, -0.1)).contains("blood_fraction is -0.1; allowed are 0 to 0.2"));
        let mut skin = Skin::new(0.02, 0.01);
        skin.thickness.epidermis_mm = 0.0;
        assert!(message(skin).contains("epidermis_mm"));
        assert!(Skin::new(0.02, 0.01).checked().is_ok() && Skin::new(0.02, 0.01).scarred().checked().is_ok());
    }
}
