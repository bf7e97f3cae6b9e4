//! One dot on any day: how wide, how deep, how strong, and what it takes from the skin's light.

use hairline_optics::dot_table::{DotTransmission, dot_transmission};
use hairline_optics::skin::melanin_fraction_of_ita;

use super::first_days::FirstDays;
use super::kinetics::{
    self, DAYS_PER_YEAR, EARLY_LOSS_DAYS, HEALED_DAY, Setting, carbon_exponent, depth_after_shedding_mm,
    diameter_ratio, pigment_left, shed_share,
};
use super::moments::{Age, Moment};
use super::summary::ForecastSummary;
use crate::case::{Case, PigmentKind};
use crate::design::ZoneKind;
use crate::dot::Dot;
use crate::pigment::{healed_mua550_per_mm, ita_deg};

/// A dot as the optics need it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Appearance {
    /// Diameter of the deposit, mm.
    pub diameter_mm: f64,
    /// Depth of its middle, mm.
    pub depth_mm: f64,
    /// Absorption at 550 nm, 1/mm.
    pub mua550_per_mm: f64,
    /// Exponent s of the absorption, proportional to wavelength^-s.
    pub absorption_exponent: f64,
    /// Share of the absorption at 550 nm that is red oxide.
    pub red_share: f64,
}

/// What a dot does to the light of a skin: the one place of this room that asks the optics.
pub fn look(melanin_fraction: f64, a: &Appearance) -> DotTransmission {
    dot_transmission(melanin_fraction, a.diameter_mm, a.depth_mm, a.mua550_per_mm)
}

/// What a dot takes from the green light of the skin, as the area that would have to turn black, mm2.
pub fn lost_light_mm2(melanin_fraction: f64, a: &Appearance) -> f64 {
    look(melanin_fraction, a).loss_mm2[1]
}

/// How a dot of a plan looks at a moment, by the middle forecast of its zone; `None` before it is placed.
pub fn appearance(
    case: &Case,
    forecast: &ForecastSummary,
    dot: &Dot,
    kind: ZoneKind,
    moment: &Moment,
) -> Option<Appearance> {
    let session = dot.session as usize;
    if session > moment.sessions_done || moment.age == Age::Before {
        return None;
    }
    // When the last session is fresh, the dots of the sessions before it have healed.
    let days = match moment.age {
        Age::Fresh if session < moment.sessions_done => HEALED_DAY,
        age => age.days(),
    };
    Some(dot_on_day(case, forecast, dot, kind, days))
}

/// How a dot looks some days after its session, by the middle forecast of its zone.
pub fn dot_on_day(
    case: &Case,
    forecast: &ForecastSummary,
    dot: &Dot,
    kind: ZoneKind,
    days: f64,
) -> Appearance {
    let f_mel = melanin_fraction_of_ita(ita_deg(case));
    let zone = forecast.zone(kind);
    let healed = healed_dot(case, f_mel, zone.darkness(HEALED_DAY), dot);
    if days < HEALED_DAY {
        return healing_dot(case, kind, dot, &healed, days);
    }
    let years = (days - HEALED_DAY) / DAYS_PER_YEAR;
    let seen = zone.remaining(days);
    let mut out = healed;
    out.diameter_mm *= diameter_ratio(healed.diameter_mm, healed.depth_mm, years, 1.0);
    out.absorption_exponent = absorption_exponent(case.forecast.pigment, days);
    out.red_share = kinetics::red_share(case.forecast.pigment, -libm::log(seen.max(1e-6)));
    // Pigment is not made: never more of it than when healed.
    out.mua550_per_mm *= (healed.diameter_mm / out.diameter_mm).powi(2);
    if years > 0.0 {
        out.mua550_per_mm = strength_for(f_mel, &out, seen * lost_light_mm2(f_mel, &healed), seen);
    }
    out
}

/// The dot on day 28 when its zone came out at some share of the planned darkness.
fn healed_dot(case: &Case, f_mel: f64, darkness: f64, dot: &Dot) -> Appearance {
    let height_mm = case.artist.deposit_height_mm;
    let planned = Appearance {
        diameter_mm: dot.diameter_mm,
        depth_mm: depth_after_shedding_mm(dot.depth_mm, height_mm),
        mua550_per_mm: healed_mua550_per_mm(dot.shade) * (1.0 - shed_share(dot.depth_mm, height_mm)),
        absorption_exponent: absorption_exponent(case.forecast.pigment, HEALED_DAY),
        red_share: kinetics::red_share(case.forecast.pigment, 0.0),
    };
    if (darkness - 1.0).abs() < AS_PLANNED {
        return planned;
    }
    let wanted_mm2 = darkness * lost_light_mm2(f_mel, &planned);
    if darkness < 1.0 {
        return Appearance { mua550_per_mm: strength_for(f_mel, &planned, wanted_mm2, darkness), ..planned };
    }
    // A zone that healed darker holds more pigment; what that does not explain (strong dots are black already) is width.
    let mut darker = Appearance { mua550_per_mm: darkness * planned.mua550_per_mm, ..planned };
    for _ in 0..WIDENINGS {
        let ratio = wanted_mm2 / lost_light_mm2(f_mel, &darker).max(1e-15);
        darker.diameter_mm *= libm::exp(USUAL_SLOPE * libm::log(ratio)).clamp(0.5, 2.0);
    }
    darker
}

/// A median this near to 1 is as planned: draws and rounding.
const AS_PLANNED: f64 = 0.015;
/// Steps towards the width of a dot that healed darker than planned; each leaves a small part of the rest.
const WIDENINGS: usize = 6;

/// The dot on a day before day 28: a wider, stronger mark that loses its scab and what lies in the epidermis.
fn healing_dot(case: &Case, kind: ZoneKind, dot: &Dot, healed: &Appearance, days: f64) -> Appearance {
    let height_mm = case.artist.deposit_height_mm;
    let early_loss = Setting::of(case, kind).early_loss;
    let left = |days: f64| pigment_left(early_loss, days, EARLY_LOSS_DAYS);
    let shed = shed_share(dot.depth_mm, height_mm);
    let still_there = libm::exp(-days / EARLY_LOSS_DAYS);
    // What stays makes up 1 - shed of the deposit; the rest goes with the epidermis.
    let stays = (1.0 - shed).max(1e-3);
    let strength = (stays * left(days) + shed * still_there) / (stays * left(HEALED_DAY));
    let swell = case.artist.fresh_diameter_mm / case.artist.dot_diameter_mm;
    let wider = 1.0 + (swell - 1.0) * FirstDays::new(case, 0.0, 0.0).swollen(days);
    Appearance {
        diameter_mm: healed.diameter_mm * wider,
        depth_mm: healed.depth_mm + (dot.depth_mm - healed.depth_mm) * still_there,
        mua550_per_mm: healed.mua550_per_mm.max(1e-3 * healed_mua550_per_mm(dot.shade)) * strength,
        absorption_exponent: absorption_exponent(case.forecast.pigment, days),
        ..*healed
    }
}

fn absorption_exponent(pigment: PigmentKind, days: f64) -> f64 {
    match pigment {
        PigmentKind::CarbonBlack | PigmentKind::Resorbable => carbon_exponent(days),
        // Black oxide is nearly neutral (`optics.md` 1.8); its red is in `red_share`.
        PigmentKind::IronOxide => 0.0,
    }
}

/// Absorption at which a dot takes `wanted_mm2` of light, at most that of `most`; `share` is a first guess of its share.
///
/// A dark dot that spreads would first look darker, as its middle has pigment to spare; the rate was read off what is seen,
/// so as much pigment has gone as the darkness says.
fn strength_for(f_mel: f64, most: &Appearance, wanted_mm2: f64, share: f64) -> f64 {
    let ln_lost = |ln_mua: f64| {
        libm::log(lost_light_mm2(f_mel, &Appearance { mua550_per_mm: libm::exp(ln_mua), ..*most }).max(1e-15))
    };
    // The logarithm of the loss rises with that of the absorption, nearly straight: secants are there in a few steps.
    let wanted = libm::log(wanted_mm2.max(1e-12));
    let strongest = most.mua550_per_mm.max(1e-9);
    let (high, low) = (libm::log(strongest), libm::log(1e-3 * strongest));
    let mut before = high + libm::log(share.clamp(1e-3, 1.0));
    let mut off_before = ln_lost(before) - wanted;
    let mut at = (before - off_before / USUAL_SLOPE).clamp(low, high);
    for _ in 0..12 {
        let off = ln_lost(at) - wanted;
        if off.abs() < CLOSE {
            break;
        }
        let slope = (off - off_before) / (at - before);
        (before, off_before) = (at, off);
        at = (at - off / if slope > 0.05 { slope } else { USUAL_SLOPE }).clamp(low, high);
        if at == before {
            break;
        }
    }
    libm::exp(at)
}

/// First guess of d ln loss / d ln absorption: between 1, weak dots, and 0, black ones.
const USUAL_SLOPE: f64 = 0.6;
/// Relative error of a faded dot's darkness.
const CLOSE: f64 = 1e-3;
