//! Which needle, depth and dilution per zone and pass; the dilution of the healed result comes from the match.

use hairline_optics::colour::{Lab, LinearRgb};
use hairline_optics::error::Error;
use hairline_optics::illuminant::Illuminant;
use hairline_optics::pigment::{FRESH_CARBON_NM, HEALED_CARBON_NM, Pigment};
use hairline_optics::skin::{self, ToneClass};
use hairline_optics::spectrum::Spectrum;
use hairline_optics::tissue::Skin;
use hairline_optics::tone::{Tone, fit_skin};

use crate::case::{Case, HairColour, PigmentKind};
use crate::design::ZoneKind;
use crate::matching::UNMATCHED_SHADE;

/// The dilution ladder of practice: N ml of diluent to 1 ml of pigment (`smp.md` 3.2 and 9).
pub const LADDER: [f64; 12] = [2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0, 20.0, 25.0, 30.0];

/// Individual typology angle of the case's skin, degrees, specular included; that of the intermediate class where nothing is
/// said.
pub fn ita_deg(case: &Case) -> f64 {
    let skin = &case.skin;
    if let Some(ita) = skin.ita_deg {
        return ita;
    }
    if let Some([l, a, b]) = skin.lab_sce {
        return skin::lab_sci(Lab { l, a, b }).ita_deg();
    }
    // A type or a level names a class of tones, not one tone (`optics.md` 1.9): its measured mean stands for it.
    let class = skin
        .fitzpatrick
        .and_then(|phototype| ToneClass::of_fitzpatrick(phototype as u8 + 1))
        .or_else(|| skin.monk.and_then(ToneClass::of_monk))
        .unwrap_or(ToneClass::Intermediate);
    class.lab_sci().ita_deg()
}

/// The case's skin as layers need it, fitted to its measured colour or its tone.
///
/// # Errors
/// A tone that no skin has.
pub fn client_skin(case: &Case) -> Result<Skin, Error> {
    let tone = match case.skin.lab_sce {
        Some([l, a, b]) => Tone::LabSce(Lab { l, a, b }),
        None => Tone::ItaDeg(ita_deg(case)),
    };
    Ok(fit_skin(tone, INTERMEDIATE)?.skin)
}

/// Melanin and blood of an intermediate skin (`optics.md` 1.9), where a search for a client's own starts.
pub const INTERMEDIATE: Skin = Skin::new(0.03, 0.006);

/// Colour of the case's skin, specular excluded.
pub fn skin_lab_sce(case: &Case) -> Lab {
    match case.skin.lab_sce {
        Some([l, a, b]) => Lab { l, a, b },
        None => skin::lab_sce(skin::lab_sci_of_ita(ita_deg(case))),
    }
}

/// Colour of shaved or short hair by name, specular excluded: assumptions for pictures until hair is measured.
pub fn hair_lab_sce(colour: HairColour) -> Lab {
    let (l, a, b) = match colour {
        HairColour::Black => (12.0, 0.5, 0.5),
        HairColour::DarkBrown => (17.0, 3.0, 4.0),
        HairColour::Brown => (24.0, 5.0, 8.0),
        HairColour::LightBrown => (34.0, 7.0, 14.0),
        HairColour::DarkBlond => (44.0, 6.0, 18.0),
        HairColour::Blond => (58.0, 5.0, 24.0),
        HairColour::Red => (34.0, 18.0, 24.0),
        HairColour::Grey => (48.0, 0.5, 2.0),
        HairColour::White => (74.0, 0.0, 3.0),
    };
    Lab { l, a, b }
}

/// A smooth reflectance with a colour: its logarithm is straight between the middles of the three channels of sRGB and even
/// outside. Hair's own spectra rise as evenly.
pub fn reflectance_of(lab_sce: Lab) -> Spectrum {
    const MIDDLES_NM: [f64; 3] = [610.0, 545.0, 460.0];
    let wanted = lab_sce.to_xyz().to_linear_rgb().rgb.map(|c| c.clamp(1e-4, 1.0));
    let mut level = wanted.map(libm::log);
    let spectrum = |level: &[f64; 3]| {
        Spectrum::of_nm(|nm| {
            let between = |a: usize, b: usize| {
                let t = (nm - MIDDLES_NM[b]) / (MIDDLES_NM[a] - MIDDLES_NM[b]);
                level[b] + t.clamp(0.0, 1.0) * (level[a] - level[b])
            };
            libm::exp(if nm > MIDDLES_NM[1] { between(0, 1) } else { between(1, 2) }).min(1.0)
        })
    };
    for _ in 0..12 {
        let LinearRgb { rgb } = Illuminant::D65.xyz(&spectrum(&level)).to_linear_rgb();
        (0..3).for_each(|c| level[c] += libm::log(wanted[c] / rgb[c].max(1e-5)));
    }
    spectrum(&level)
}

/// Dilution of the healed result of a zone, as an index into [`LADDER`]: that of the case, which a plan has filled in by the
/// match ([`crate::matching`]). Where the case names one for all, the hairline gets one step lighter and so do scars.
pub fn healed_step(case: &Case, kind: ZoneKind) -> usize {
    if let Some(shade) = case.artist.shades.of(kind) {
        return nearest_step(shade);
    }
    let lighter = usize::from(matches!(kind, ZoneKind::Hairline | ZoneKind::Scar));
    let step = nearest_step(case.artist.shade.unwrap_or(UNMATCHED_SHADE)) + lighter;
    step.min(LADDER.len() - 1)
}

/// Dilution for a zone and pass, as an index into [`LADDER`]. The first pass is two steps lighter than the healed result is
/// to be, the second one (`smp.md` 9: estimate + 2 steps).
pub fn shade_step(case: &Case, kind: ZoneKind, session: usize, n_sessions: usize) -> usize {
    let lighter = n_sessions.saturating_sub(session).min(2);
    (healed_step(case, kind) + lighter).min(LADDER.len() - 1)
}

/// The ladder's step nearest to a dilution.
pub fn nearest_step(shade: f64) -> usize {
    (0..LADDER.len())
        .min_by(|&a, &b| (LADDER[a] - shade).abs().total_cmp(&(LADDER[b] - shade).abs()))
        .unwrap_or(0)
}

/// Needle for a zone: single point for hairline and scars, three points for the body (`smp.md` 1.2).
pub fn needle(kind: ZoneKind) -> &'static str {
    match kind {
        ZoneKind::Hairline => "1RL 0.18 mm",
        ZoneKind::Scar => "1RL 0.25 mm",
        ZoneKind::Part => "1RL 0.20 mm",
        ZoneKind::Body | ZoneKind::Blend => "3RL 0.25 mm",
    }
}

/// Depth as a share of the artist's depth in the middle of the scalp (`smp.md` 1.3, assumptions).
pub fn depth_factor(kind: ZoneKind) -> f64 {
    match kind {
        ZoneKind::Hairline => 0.85,
        ZoneKind::Blend => 1.1,
        ZoneKind::Body | ZoneKind::Part | ZoneKind::Scar => 1.0,
    }
}

/// Diameter as a share of the artist's: finest at the hairline (own design).
pub fn diameter_factor(kind: ZoneKind) -> f64 {
    match kind {
        ZoneKind::Hairline => 0.9,
        _ => 1.0,
    }
}

/// What a case's bottle puts into the skin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ink {
    /// Pigment in the deposit of an undiluted bottle, mg/ml.
    undiluted_mg_per_ml: f64,
    /// Mass absorption at 550 nm of the healed pigment, m2/g.
    healed_m2_per_g: f64,
    /// The same of the fresh one.
    fresh_m2_per_g: f64,
    /// Absorption relative to 550 nm of the black that stays, and of what tinges it: the fine grains of fresh carbon, or the
    /// red of an oxide blend.
    pub tinges: [Spectrum; 2],
}

/// Share of red oxide in a fresh iron-oxide black's absorption at 550 nm (assumption).
pub const RED_AT_FIRST: f64 = 0.1;

impl Ink {
    /// Of a case. Resorbable pigment is taken for carbon: no spectrum of its own is published (assumption).
    pub fn of(case: &Case) -> Ink {
        let at = |pigment: Pigment, nm: f64| {
            let spectrum = pigment.mass_coefficients(nm).absorption_m2_per_g;
            let at_550 = spectrum.at_nm(550.0);
            (at_550, spectrum.map(|m| m / at_550))
        };
        let (healed, fresh, tinges) = match case.forecast.pigment {
            PigmentKind::CarbonBlack | PigmentKind::Resorbable => {
                let (healed, stays) = at(Pigment::CarbonBlack, HEALED_CARBON_NM);
                let (fresh, fine) = at(Pigment::CarbonBlack, FRESH_CARBON_NM);
                (healed, fresh, [stays, fine])
            }
            PigmentKind::IronOxide => {
                let (black, stays) = at(Pigment::BlackIronOxide, HEALED_CARBON_NM);
                let (red, tinge) = at(Pigment::RedIronOxide, HEALED_CARBON_NM);
                // By share of absorption, so the masses count by its inverse.
                let mean = 1.0 / ((1.0 - RED_AT_FIRST) / black + RED_AT_FIRST / red);
                (mean, mean, [stays, tinge])
            }
        };
        Ink {
            undiluted_mg_per_ml: case.artist.pigment_mg_per_ml * case.artist.uptake_fraction,
            healed_m2_per_g: healed,
            fresh_m2_per_g: fresh,
            tinges,
        }
    }

    /// Absorption of a healed deposit at 550 nm, 1/mm, from its dilution: mass absorption times concentration (`optics.md` 1.8;
    /// 1 m2/g at 1 mg/ml is 1/mm).
    pub fn healed_mua550_per_mm(&self, shade: f64) -> f64 {
        self.healed_m2_per_g * self.undiluted_mg_per_ml / (shade + 1.0)
    }

    /// How much more the same mass absorbs at 550 nm than healed while a share of it is still as fresh.
    pub fn stronger(&self, fresh_share: f64) -> f64 {
        1.0 + fresh_share * (self.fresh_m2_per_g / self.healed_m2_per_g - 1.0)
    }

    /// Share of the absorption at 550 nm that the fresh part of the mass makes.
    pub fn fresh_part(&self, fresh_share: f64) -> f64 {
        fresh_share * self.fresh_m2_per_g / (self.healed_m2_per_g * self.stronger(fresh_share))
    }
}

#[cfg(test)]
mod tests {
    use hairline_optics::difference::ciede2000;

    use super::*;

    /// `optics.md` 1.8: 8.1 m2/g fine, 5.0 aggregated; warm when fresh (11.3 and 6.3 m2/g at 400 and 700 nm), neutral healed.
    #[test]
    fn carbon_turns_weaker_and_neutral_as_it_heals() {
        let ink = Ink::of(&Case::default());
        let healed = ink.healed_mua550_per_mm(10.0);
        assert!((healed - 5.04 * 150.0 * 0.15 / 11.0).abs() < 0.02, "{healed}");
        assert!((ink.stronger(1.0) - 8.07 / 5.04).abs() < 0.01 && ink.stronger(0.0) == 1.0);
        assert!((ink.fresh_part(1.0) - 1.0).abs() < 1e-12 && ink.fresh_part(0.0) == 0.0);
        let blue_over_red = ink.tinges.map(|t| t.at_nm(400.0) / t.at_nm(700.0));
        assert!((blue_over_red[1] - 11.3 / 6.3).abs() < 0.02 && blue_over_red[0] < 1.1, "{blue_over_red:?}");
    }

    #[test]
    fn an_oxide_is_weaker_than_carbon_and_its_tinge_is_red() {
        let mut case = Case::default();
        let carbon = Ink::of(&case);
        case.forecast.pigment = PigmentKind::IronOxide;
        let oxide = Ink::of(&case);
        assert!(oxide.healed_mua550_per_mm(5.0) < 0.5 * carbon.healed_mua550_per_mm(5.0));
        assert!(oxide.tinges[1].at_nm(500.0) > 3.0 * oxide.tinges[1].at_nm(700.0));
        case.artist.uptake_fraction *= 2.0;
        assert!(
            (Ink::of(&case).healed_mua550_per_mm(5.0) / oxide.healed_mua550_per_mm(5.0) - 2.0).abs() < 1e-9
        );
    }

    #[test]
    fn hair_has_the_colour_it_was_given() {
        for colour in [
            HairColour::Black,
            HairColour::DarkBrown,
            HairColour::Brown,
            HairColour::LightBrown,
            HairColour::DarkBlond,
            HairColour::Blond,
            HairColour::Red,
            HairColour::Grey,
            HairColour::White,
        ] {
            let lab = hair_lab_sce(colour);
            let off = ciede2000(lab, Illuminant::D65.lab(&reflectance_of(lab)));
            assert!(off < 0.3, "{colour:?} {off}");
        }
    }
}
