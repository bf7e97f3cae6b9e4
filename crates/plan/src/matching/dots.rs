//! Healed and faded dots as they lie in the client's skin.

use hairline_optics::dots::compose;
use hairline_optics::spectrum::Spectrum;

use super::patch::{Canvas, Grid, Halo};
use super::skin::ClientSkin;
use super::stubble::MIDDLE;
use crate::case::{Case, PigmentKind};
use crate::design::ZoneKind;
use crate::forecast::kinetics::{
    EARLY_LOSS, FADE_PER_YEAR, HEALED_DAY, Setting, depth_after_shedding_mm, diameter_ratio, fading,
    fine_share, red_share, shed_share, years_until,
};
use crate::noise::{hash, normal};
use crate::pigment::Ink;

/// How dots are set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Means {
    pub shade: f64,
    /// Healed diameter, mm.
    pub diameter_mm: f64,
    /// Middle of the deposit, mm.
    pub depth_mm: f64,
    pub density_per_cm2: f64,
}

/// How a zone fades by the middle forecast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fading {
    pub pigment: PigmentKind,
    /// What the case's bottle puts into the skin.
    pub ink: Ink,
    /// Pigment kept while healing, relative to what the uptake of the plan counts on.
    pub kept: f64,
    pub rate_per_year: f64,
    /// Until the touch-up, years after day 28.
    pub touch_up_years: f64,
}

impl Fading {
    /// Of a zone of a case.
    pub fn of(case: &Case, kind: ZoneKind) -> Fading {
        let setting = Setting::of(case, kind);
        let usual = case.forecast.studio.as_ref().map_or(FADE_PER_YEAR, |s| s.fade_per_year);
        let rate_per_year = usual * setting.fade_factor;
        Fading {
            pigment: case.forecast.pigment,
            ink: Ink::of(case),
            kept: (1.0 - setting.early_loss) / (1.0 - EARLY_LOSS),
            rate_per_year,
            touch_up_years: years_until(-libm::log(case.forecast.touch_up_at), rate_per_year, 1.0),
        }
    }

    /// Share of the healed darkness some years after day 28.
    pub fn darkness(&self, years: f64) -> f64 {
        libm::exp(-fading(self.rate_per_year, 1.0, years))
    }
}

/// Distances at which a dot of a width is read, mm.
pub(super) fn rings(diameter_mm: f64) -> Vec<f64> {
    const BEYOND: [f64; 15] =
        [0.004, 0.03, 0.06, 0.1, 0.15, 0.2, 0.28, 0.38, 0.5, 0.65, 0.85, 1.1, 1.4, 1.8, 2.3];
    let radius = 0.5 * diameter_mm;
    let inside = [0.0, 0.35, 0.65, 0.85, 0.96].map(|share| share * radius);
    inside.into_iter().chain(BEYOND.map(|b| radius + b)).collect()
}

/// Absorption of a healed deposit at a shade, 1/mm, when so much of its darkness is gone (minus the logarithm of what is left).
fn absorption(fading: &Fading, shade: f64, lost: f64) -> Spectrum {
    let ink = &fading.ink;
    let tinge = match fading.pigment {
        PigmentKind::CarbonBlack | PigmentKind::Resorbable => ink.fresh_part(fine_share(HEALED_DAY)),
        PigmentKind::IronOxide => red_share(fading.pigment, lost),
    };
    let strength = ink.healed_mua550_per_mm(shade);
    ink.tinges[0].zip(ink.tinges[1], |stays, other| strength * ((1.0 - tinge) * stays + tinge * other))
}

/// A dot some years after day 28.
pub(super) fn halo(skin: &ClientSkin, fading: &Fading, means: &Means, years: f64) -> Halo {
    let healed = at(skin, fading, means, 1.0, means.diameter_mm);
    if years <= 0.0 {
        return healed;
    }
    // Fading is known as darkness: the dot that takes so much less light, wider by its spread, redder by its drift.
    let left = fading.darkness(years);
    let wider = means.diameter_mm * diameter_ratio(means.diameter_mm, means.depth_mm, years, 1.0);
    let strength = (means.diameter_mm / wider).powi(2) * libm::pow(left, 1.0 / USUAL_SLOPE);
    let faded = at(skin, fading, means, strength, wider);
    faded.times(left * healed.area_mm2()[1] / faded.area_mm2()[1].max(1e-12))
}

/// First guess of d ln loss / d ln absorption; what it misses is scaled.
const USUAL_SLOPE: f64 = 0.7;

/// The dot with a share of its pigment left.
fn at(skin: &ClientSkin, fading: &Fading, means: &Means, strength: f64, diameter_mm: f64) -> Halo {
    let shed = shed_share(means.depth_mm, skin.height_mm);
    let depth_mm = depth_after_shedding_mm(means.depth_mm, skin.height_mm);
    let lost = -libm::log(strength.clamp(1e-6, 1.0));
    let mua = absorption(fading, means.shade, lost).map(|m| m * strength * fading.kept * (1.0 - shed));
    let profile = skin.dots.profile(diameter_mm, depth_mm - 0.5 * skin.height_mm, &mua);
    let r_mm = rings(diameter_mm);
    let taken = r_mm.iter().map(|&r| skin.taken(&profile.ratio(r))).collect();
    Halo { r_mm, taken }
}

/// Spread of how strongly dots darken from dot to dot, from the spreads of the hand and the three cups: light taken grows
/// about as the 1.5th power of the diameter, falls by a factor of e with 0.2 mm of depth, and a cup differs by a seventh.
pub(super) fn spread(case: &Case) -> f64 {
    let by = [1.5 * case.artist.diameter_spread, case.artist.depth_spread_mm / 0.2, 0.1];
    by.iter().map(|v| v * v).sum::<f64>().sqrt()
}

/// Draws dots of one kind.
pub(super) fn draw(
    grid: Grid,
    skin: &ClientSkin,
    means: &Means,
    halo: &Halo,
    spread: f64,
    points: &[[f64; 2]],
) -> Canvas {
    let top_mm = (means.depth_mm - 0.5 * skin.height_mm).max(0.0);
    let mut canvas = Canvas::new(grid, compose::exponent(top_mm, &skin.scattering).samples[MIDDLE]);
    let count = ((means.density_per_cm2 * grid.area_cm2()).round() as usize).min(points.len());
    let weight = |i: usize| (1.0 + spread * normal(hash(SEED, 1), i as u64)).max(0.2);
    canvas.absorb(halo, points[..count].iter().enumerate().map(|(i, p)| (*p, weight(i))));
    canvas
}

const SEED: u64 = 0x0044_4F54;
