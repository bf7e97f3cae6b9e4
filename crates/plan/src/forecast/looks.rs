//! One dot on any day: how wide, how deep, how strong, and what it takes from the skin's light.

use std::sync::OnceLock;

use hairline_optics::bare::bare_sce;
use hairline_optics::colour::{Lab, LinearRgb};
use hairline_optics::dots::Table;
use hairline_optics::dots::rgb::{DotLight, Losses, RgbDots, RgbProfile};
use hairline_optics::illuminant::Illuminant;
use hairline_optics::spectrum::Spectrum;
use hairline_optics::tissue::Skin;

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
use crate::pigment::{INTERMEDIATE, Ink, client_skin, hair_lab_sce, reflectance_of, skin_lab_sce};

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
    /// Light of the pictures.
    light: Illuminant,
    /// Normal skin and scar by daylight, and both in the light of the pictures; made when they are asked for.
    tissues: [OnceLock<RgbDots>; 4],
}

impl Looks {
    /// Of a case: its skin by the measured colour or the tone, the artist's deposit, its pigment. What is reckoned of
    /// dots is by daylight (D65); what is drawn of them, in the light of the case.
    pub fn new(case: &Case) -> Looks {
        Looks {
            ink: Ink::of(case),
            // A case that was read has a possible tone; one put together without a check counts as intermediate skin.
            skin: client_skin(case).unwrap_or(INTERMEDIATE),
            height_mm: case.artist.deposit_height_mm,
            light: case.light,
            tissues: [const { OnceLock::new() }; 4],
        }
    }

    fn dots(&self, kind: ZoneKind, light: Illuminant) -> &RgbDots {
        let scar = kind == ZoneKind::Scar;
        let shown = light != Illuminant::D65;
        self.tissues[usize::from(scar) + 2 * usize::from(shown)].get_or_init(|| {
            let skin = if scar { self.skin.scarred() } else { self.skin };
            let layers = skin.layers();
            let bare = bare_sce(skin).expect("a fitted skin is a possible one, and so is its scar");
            let dots = Table::bundled().of_skin(&layers, self.height_mm);
            RgbDots::new(&dots, &layers, &bare, &self.ink.tinges, light)
        })
    }

    /// A colour by daylight as it shows in the light of the pictures, to an eye that is used to that light.
    pub fn shown(&self, colour: Lab, reflectance: &Spectrum) -> Lab {
        if self.light == Illuminant::D65 {
            return colour;
        }
        let rgb = |light: Illuminant| light.shown_xyz(reflectance).to_linear_rgb().rgb;
        let (by_day, now) = (rgb(Illuminant::D65), rgb(self.light));
        let own = colour.to_xyz().to_linear_rgb().rgb;
        LinearRgb { rgb: [0, 1, 2].map(|c| own[c] * now[c] / by_day[c].max(1e-6)) }.to_xyz().to_lab()
    }

    /// Colour of the skin in the light of the pictures.
    pub fn skin_lab(&self, case: &Case) -> Lab {
        let bare = bare_sce(self.skin).expect("a fitted skin is a possible one");
        self.shown(skin_lab_sce(case), &bare)
    }

    /// Colour of the hair in the light of the pictures.
    pub fn hair_lab(&self, case: &Case) -> Lab {
        let own = hair_lab_sce(case.hair.colour);
        self.shown(own, &reflectance_of(own))
    }

    /// Depth of the top of a dot, mm: nothing of a deposit lies outside the skin.
    fn top_mm(&self, a: &Appearance) -> f64 {
        (a.depth_mm - 0.5 * self.height_mm).max(0.0)
    }

    /// What a dot in a kind of zone does to the light of its skin, in the pictures.
    pub fn light(&self, kind: ZoneKind, a: &Appearance) -> DotLight {
        self.dots(kind, self.light).dot(a.diameter_mm, self.top_mm(a), a.mua550_per_mm, a.tinge)
    }

    /// The same by distance from its middle.
    pub fn profile(&self, kind: ZoneKind, a: &Appearance) -> RgbProfile {
        self.dots(kind, self.light).profile(a.diameter_mm, self.top_mm(a), a.mua550_per_mm, a.tinge)
    }

    /// Exponents of the rule for dots whose light overlaps ([`hairline_optics::dots::compose`]), `[red, green, blue]`.
    pub fn overlap(&self, kind: ZoneKind, a: &Appearance) -> [f64; 3] {
        self.dots(kind, self.light).overlap(self.top_mm(a))
    }

    /// What a dot takes from the green light of the skin, as the area that would have to turn black, mm2.
    pub fn lost_light_mm2(&self, kind: ZoneKind, a: &Appearance) -> f64 {
        self.losses(kind, a).mm2(a.mua550_per_mm)
    }

    /// What is left of the light of a skin in which every cm2 has so many of a dot, `[red, green, blue]`, 0-1.
    pub fn left(&self, kind: ZoneKind, a: &Appearance, density_per_cm2: f64) -> [f64; 3] {
        let dots = self.dots(kind, Illuminant::D65);
        let top_mm = self.top_mm(a);
        let (dot, q) = (dots.dot(a.diameter_mm, top_mm, a.mua550_per_mm, a.tinge), dots.overlap(top_mm));
        let per_mm2 = density_per_cm2 / 100.0;
        [0, 1, 2].map(|c| {
            let far = per_mm2 * (dot.bells_mm2[0][c] + dot.bells_mm2[1][c]);
            // Cores do not cover one another, bells do.
            (1.0 - per_mm2 * dot.core_mm2[c]).max(0.0) * libm::exp(-libm::log1p(q[c] * far) / q[c])
        })
    }

    fn losses(&self, kind: ZoneKind, a: &Appearance) -> Losses<'_> {
        self.dots(kind, Illuminant::D65).losses(a.diameter_mm, self.top_mm(a), a.tinge)
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

#[cfg(test)]
mod tests {
    use hairline_optics::difference::ciede2000;

    use super::*;

    /// Tungsten has more of the red light that skin sends back: skin is lighter by it. The forecast stays what it was, as it
    /// is reckoned by daylight.
    #[test]
    fn the_light_changes_what_is_drawn_and_not_what_is_forecast() {
        let by = |light| {
            let case = Case { light, ..Case::default() };
            let looks = Looks::new(&case);
            let dot = Appearance {
                diameter_mm: 0.25,
                depth_mm: 0.4,
                mua550_per_mm: looks.ink.healed_mua550_per_mm(8.0),
                tinge: 0.0,
            };
            let kind = ZoneKind::Body;
            (
                looks.skin_lab(&case),
                looks.hair_lab(&case),
                looks.light(kind, &dot).rgb,
                looks.lost_light_mm2(kind, &dot),
            )
        };
        let day = by(Illuminant::D65);
        assert_eq!(day.0, skin_lab_sce(&Case::default()));
        for light in [Illuminant::Led, Illuminant::Tungsten, Illuminant::Shade] {
            let now = by(light);
            let change = ciede2000(day.0, now.0);
            assert!((0.2..8.0).contains(&change), "{light:?} {change}");
            assert!(day.2 != now.2 && day.3 == now.3, "{light:?}");
        }
        // More of tungsten's light is red, of which skin sends back most.
        assert!(by(Illuminant::Tungsten).0.l > day.0.l && by(Illuminant::Tungsten).1.l >= day.1.l);
    }
}
