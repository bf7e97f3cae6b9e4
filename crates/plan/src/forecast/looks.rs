//! One dot on any day: how wide, how deep, how strong, and what it takes from the skin's light.

use std::sync::OnceLock;

use hairline_optics::bare::bare_sce;
use hairline_optics::dots::Table;
use hairline_optics::dots::rgb::{DotLight, Losses, RgbDots, RgbProfile};
use hairline_optics::illuminant::Illuminant;
use hairline_optics::tissue::Skin;
use hairline_optics::tone::{Tone, fit_skin};

use super::first_days::FirstDays;
use super::kinetics::{
    self, DAYS_PER_YEAR, EARLY_LOSS_DAYS, HEALED_DAY, Setting, depth_after_shedding_mm, diameter_ratio,
    fine_share, pigment_left, shed_share,
};
use super::moments::{Age, Moment};
use super::summary::ForecastSummary;
use crate::case::{Case, PigmentKind};
use crate::design::ZoneKind;
use crate::dot::Dot;
use crate::pigment::{Ink, ita_deg};

/// A dot as the optics need it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Appearance {
    /// Diameter of the deposit, mm.
    pub diameter_mm: f64,
    /// Depth of its middle, mm.
    pub depth_mm: f64,
    /// Absorption at 550 nm, 1/mm.
    pub mua550_per_mm: f64,
    /// Share of that absorption that is not the healed black: fine grains of carbon, red of an oxide blend ([`Ink::tinges`]).
    pub tinge: f64,
}

/// How the dots of one case look in its skin and in the scars of it: the one place of this room that asks the optics.
pub struct Looks {
    /// What the bottle puts into the skin.
    pub ink: Ink,
    skin: Skin,
    height_mm: f64,
    /// Normal skin and scar, made when they are asked for.
    tissues: [OnceLock<RgbDots>; 2],
}

/// Melanin and blood of an intermediate skin, where a search for a client's own starts.
const SKIN_LIKE: [f64; 2] = [0.03, 0.006];

impl Looks {
    /// Of a case: its skin by the measured colour or the tone, the artist's deposit, its pigment, under daylight (D65).
    pub fn new(case: &Case) -> Looks {
        let like = Skin::new(SKIN_LIKE[0], SKIN_LIKE[1]);
        let tone = match case.skin.lab_sce {
            Some([l, a, b]) => Tone::LabSce(hairline_optics::colour::Lab { l, a, b }),
            None => Tone::ItaDeg(ita_deg(case)),
        };
        Looks {
            ink: Ink::of(case),
            // A case that was read has a possible tone; one put together without a check counts as intermediate skin.
            skin: fit_skin(tone, like).map_or(like, |fit| fit.skin),
            height_mm: case.artist.deposit_height_mm,
            tissues: [OnceLock::new(), OnceLock::new()],
        }
    }

    fn dots(&self, kind: ZoneKind) -> &RgbDots {
        let scar = kind == ZoneKind::Scar;
        self.tissues[usize::from(scar)].get_or_init(|| {
            let skin = if scar { self.skin.scarred() } else { self.skin };
            let layers = skin.layers();
            let bare = bare_sce(skin).expect("a fitted skin is a possible one, and so is its scar");
            let dots = Table::bundled().of_skin(&layers, self.height_mm);
            RgbDots::new(&dots, &layers, &bare, &self.ink.tinges, Illuminant::D65)
        })
    }

    /// Depth of the top of a dot, mm: nothing of a deposit lies outside the skin.
    fn top_mm(&self, a: &Appearance) -> f64 {
        (a.depth_mm - 0.5 * self.height_mm).max(0.0)
    }

    /// What a dot in a kind of zone does to the light of its skin.
    pub fn light(&self, kind: ZoneKind, a: &Appearance) -> DotLight {
        self.dots(kind).dot(a.diameter_mm, self.top_mm(a), a.mua550_per_mm, a.tinge)
    }

    /// The same by distance from its middle.
    pub fn profile(&self, kind: ZoneKind, a: &Appearance) -> RgbProfile {
        self.dots(kind).profile(a.diameter_mm, self.top_mm(a), a.mua550_per_mm, a.tinge)
    }

    /// Exponents of the rule for dots whose light overlaps ([`hairline_optics::dots::compose`]), `[red, green, blue]`.
    pub fn overlap(&self, kind: ZoneKind, a: &Appearance) -> [f64; 3] {
        self.dots(kind).overlap(self.top_mm(a))
    }

    /// What a dot takes from the green light of the skin, as the area that would have to turn black, mm2.
    pub fn lost_light_mm2(&self, kind: ZoneKind, a: &Appearance) -> f64 {
        self.losses(kind, a).mm2(a.mua550_per_mm)
    }

    /// What is left of the light of a skin in which every cm2 has so many of a dot, `[red, green, blue]`, 0-1.
    pub fn left(&self, kind: ZoneKind, a: &Appearance, density_per_cm2: f64) -> [f64; 3] {
        let (dot, q) = (self.light(kind, a), self.overlap(kind, a));
        let per_mm2 = density_per_cm2 / 100.0;
        [0, 1, 2].map(|c| {
            let far = per_mm2 * (dot.bells_mm2[0][c] + dot.bells_mm2[1][c]);
            // Cores do not cover one another, bells do.
            (1.0 - per_mm2 * dot.core_mm2[c]).max(0.0) * libm::exp(-libm::log1p(q[c] * far) / q[c])
        })
    }

    fn losses(&self, kind: ZoneKind, a: &Appearance) -> Losses<'_> {
        self.dots(kind).losses(a.diameter_mm, self.top_mm(a), a.tinge)
    }
}

/// How a dot of a plan looks at a moment, by the middle forecast of its zone; `None` before it is placed.
pub fn appearance(
    case: &Case,
    looks: &Looks,
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
    Some(dot_on_day(case, looks, forecast, dot, kind, days))
}

/// How a dot looks some days after its session, by the middle forecast of its zone.
pub fn dot_on_day(
    case: &Case,
    looks: &Looks,
    forecast: &ForecastSummary,
    dot: &Dot,
    kind: ZoneKind,
    days: f64,
) -> Appearance {
    let zone = forecast.zone(kind);
    let (healed, lost_mm2) = healed_dot(case, looks, kind, zone.darkness(HEALED_DAY), dot);
    if days < HEALED_DAY {
        return healing_dot(case, looks, kind, dot, &healed, days);
    }
    let years = (days - HEALED_DAY) / DAYS_PER_YEAR;
    let seen = zone.remaining(days);
    let mut out = healed;
    out.diameter_mm *= diameter_ratio(healed.diameter_mm, healed.depth_mm, years, 1.0);
    out.tinge = tinge(case.forecast.pigment, looks, days, seen);
    // Pigment is not made: never more of it than when healed.
    out.mua550_per_mm *= (healed.diameter_mm / out.diameter_mm).powi(2);
    if years > 0.0 {
        let losses = looks.losses(kind, &out);
        out.mua550_per_mm = strength_for(&losses, out.mua550_per_mm, seen * lost_mm2, seen);
    }
    out
}

/// The dot on day 28 when its zone came out at some share of the planned darkness, and the light it takes, mm2.
fn healed_dot(case: &Case, looks: &Looks, kind: ZoneKind, darkness: f64, dot: &Dot) -> (Appearance, f64) {
    let height_mm = case.artist.deposit_height_mm;
    let planned = Appearance {
        diameter_mm: dot.diameter_mm,
        depth_mm: depth_after_shedding_mm(dot.depth_mm, height_mm),
        mua550_per_mm: looks.ink.healed_mua550_per_mm(dot.shade)
            * (1.0 - shed_share(dot.depth_mm, height_mm)),
        tinge: tinge(case.forecast.pigment, looks, HEALED_DAY, 1.0),
    };
    let losses = looks.losses(kind, &planned);
    let planned_mm2 = losses.mm2(planned.mua550_per_mm);
    if (darkness - 1.0).abs() < AS_PLANNED {
        return (planned, planned_mm2);
    }
    let wanted_mm2 = darkness * planned_mm2;
    if darkness < 1.0 {
        let mua550_per_mm = strength_for(&losses, planned.mua550_per_mm, wanted_mm2, darkness);
        return (Appearance { mua550_per_mm, ..planned }, losses.mm2(mua550_per_mm));
    }
    // A zone that healed darker holds more pigment; what that does not explain (strong dots are black already) is width.
    let mut darker = Appearance { mua550_per_mm: darkness * planned.mua550_per_mm, ..planned };
    let mut lost_mm2 = looks.lost_light_mm2(kind, &darker);
    for _ in 0..WIDENINGS {
        let ratio = wanted_mm2 / lost_mm2.max(1e-15);
        darker.diameter_mm *= libm::exp(USUAL_SLOPE * libm::log(ratio)).clamp(0.5, 2.0);
        lost_mm2 = looks.lost_light_mm2(kind, &darker);
    }
    (darker, lost_mm2)
}

/// A median this near to 1 is as planned: draws and rounding.
const AS_PLANNED: f64 = 0.015;
/// Steps towards the width of a dot that healed darker than planned; each leaves a small part of the rest.
const WIDENINGS: usize = 6;

/// The dot on a day before day 28: a wider, stronger mark that loses its scab and what lies in the epidermis.
fn healing_dot(
    case: &Case,
    looks: &Looks,
    kind: ZoneKind,
    dot: &Dot,
    healed: &Appearance,
    days: f64,
) -> Appearance {
    let height_mm = case.artist.deposit_height_mm;
    let early_loss = Setting::of(case, kind).early_loss;
    let left = |days: f64| pigment_left(early_loss, days, EARLY_LOSS_DAYS);
    let shed = shed_share(dot.depth_mm, height_mm);
    let still_there = libm::exp(-days / EARLY_LOSS_DAYS);
    // What stays makes up 1 - shed of the deposit; the rest goes with the epidermis.
    let stays = (1.0 - shed).max(1e-3);
    let mass = (stays * left(days) + shed * still_there) / (stays * left(HEALED_DAY));
    let grains = match case.forecast.pigment {
        PigmentKind::IronOxide => 1.0,
        PigmentKind::CarbonBlack | PigmentKind::Resorbable => looks.ink.stronger(fine_share(days)),
    };
    let swell = case.artist.fresh_diameter_mm / case.artist.dot_diameter_mm;
    let wider = 1.0 + (swell - 1.0) * FirstDays::new(case, 0.0, 0.0).swollen(days);
    Appearance {
        diameter_mm: healed.diameter_mm * wider,
        depth_mm: healed.depth_mm + (dot.depth_mm - healed.depth_mm) * still_there,
        mua550_per_mm: healed.mua550_per_mm.max(1e-3 * looks.ink.healed_mua550_per_mm(dot.shade))
            * mass
            * grains,
        tinge: tinge(case.forecast.pigment, looks, days, 1.0),
    }
}

/// [`Appearance::tinge`] some days after the session when a share of the healed darkness is left.
fn tinge(pigment: PigmentKind, looks: &Looks, days: f64, seen: f64) -> f64 {
    match pigment {
        PigmentKind::CarbonBlack | PigmentKind::Resorbable => looks.ink.fresh_part(fine_share(days)),
        PigmentKind::IronOxide => kinetics::red_share(pigment, -libm::log(seen.max(1e-6))),
    }
}

/// Absorption at which a dot takes `wanted_mm2` of light, at most `most_per_mm`; `share` is a first guess of its share.
///
/// A dark dot that spreads would first look darker, as its middle has pigment to spare; the rate was read off what is seen,
/// so as much pigment has gone as the darkness says.
fn strength_for(losses: &Losses, most_per_mm: f64, wanted_mm2: f64, share: f64) -> f64 {
    let ln_lost = |ln_mua: f64| losses.ln_mm2(ln_mua);
    // The logarithm of the loss rises with that of the absorption, nearly straight: secants are there in a few steps.
    let wanted = libm::log(wanted_mm2.max(1e-12));
    let strongest = most_per_mm.max(1e-9);
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
