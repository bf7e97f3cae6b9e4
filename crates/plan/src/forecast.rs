//! How dots look on a day: fresh, healed, faded. A table of practice marked as an assumption until the optics and
//! measured clients replace it (`smp.md` 3.4, 3.5).

use hairline_optics::dot_table::dot_transmission;
use hairline_optics::skin::melanin_fraction_of_ita;
use serde::Serialize;

use crate::case::{Case, Oiliness};
use crate::design::ZoneKind;
use crate::dot::Dot;
use crate::pigment::{healed_mua550_per_mm, ita_deg};

/// Share of the pigment lost while healing, done by day 28 (0.10-0.50, `smp.md` 3.4).
pub const EARLY_LOSS: f64 = 0.33;
/// Yearly fading rate of the visible darkness after day 28: low, middle, high (`smp.md` 3.4, derived from a visual density
/// score, so a rate of what is seen and not of pigment mass).
pub const FADE_PER_YEAR: [f64; 3] = [0.10, 0.20, 0.30];
/// Scar tissue fades faster (`smp.md` 3.4).
pub const SCAR_FADE: f64 = 2.1;
/// Oily scalps fade faster (`smp.md` 3.4, assumption).
pub const OILY_FADE: f64 = 1.3;
/// Spread of pigment in skin, mm2 a year (`smp.md` 3.5, assumption).
pub const SPREAD_MM2_PER_YEAR: f64 = 5e-4;
/// Share of the healed contrast under which a touch-up is recommended: an assumption that gives the usual 3-4 years.
pub const TOUCH_UP_AT: f64 = 0.5;
/// Years the pictures and the table show.
pub const YEARS: [f64; 4] = [1.0, 3.0, 5.0, 8.0];

/// A moment at which the scalp is looked at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moment {
    /// Stem of its picture files, for example `session-2-fresh`.
    pub name: String,
    /// In words.
    pub label: String,
    /// Sessions done by then.
    pub sessions_done: usize,
    /// How long ago the last session was.
    pub age: Age,
}

/// Time since the last session.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Age {
    /// Before any treatment.
    Before,
    /// The day of the last session.
    Fresh,
    /// Day 28 after the last session.
    Healed,
    /// Years after healing.
    Years(f64),
}

/// A dot as the optics need it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Appearance {
    /// Diameter of the deposit, mm.
    pub diameter_mm: f64,
    /// Depth of its middle, mm.
    pub depth_mm: f64,
    /// Absorption at 550 nm, 1/mm.
    pub mua550_per_mm: f64,
}

/// All moments of a plan in order: before; each session fresh and healed; the years.
pub fn moments(n_sessions: usize) -> Vec<Moment> {
    let mut out =
        vec![Moment { name: "before".into(), label: "before".into(), sessions_done: 0, age: Age::Before }];
    for s in 1..=n_sessions {
        for (age, word) in [(Age::Fresh, "fresh"), (Age::Healed, "healed")] {
            out.push(Moment {
                name: format!("session-{s}-{word}"),
                label: format!("after session {s}, {word}"),
                sessions_done: s,
                age,
            });
        }
    }
    for years in YEARS {
        out.push(Moment {
            name: format!("year-{years}"),
            label: if years == 1.0 { "after 1 year".into() } else { format!("after {years} years") },
            sessions_done: n_sessions,
            age: Age::Years(years),
        });
    }
    out
}

/// How a dot looks at a moment; `None` before it is placed.
pub fn appearance(case: &Case, dot: &Dot, kind: ZoneKind, moment: &Moment) -> Option<Appearance> {
    let session = dot.session as usize;
    if session > moment.sessions_done {
        return None;
    }
    let healed = healed_mua550_per_mm(dot.shade);
    let (diameter_mm, mua550_per_mm) = match moment.age {
        Age::Before => return None,
        Age::Fresh if session == moment.sessions_done => {
            let swell = case.artist.fresh_diameter_mm / case.artist.dot_diameter_mm;
            (dot.diameter_mm * swell, healed / (1.0 - EARLY_LOSS))
        }
        Age::Fresh | Age::Healed => (dot.diameter_mm, healed),
        Age::Years(years) => {
            let seen = remaining(case, kind, years, FADE_PER_YEAR[1]);
            faded(case, dot, healed, seen, years)
        }
    };
    Some(Appearance { diameter_mm, depth_mm: dot.depth_mm, mua550_per_mm })
}

/// Diameter and absorption of a healed dot after some years, when `seen` of its darkness is left.
///
/// The deposit spreads, so that the pigment per area falls. A dark dot that spreads would first look darker, as its
/// middle has pigment to spare; the rate was read off what is seen, so as much pigment has gone as the darkness says.
fn faded(case: &Case, dot: &Dot, healed_mua550_per_mm: f64, seen: f64, years: f64) -> (f64, f64) {
    let f_mel = melanin_fraction_of_ita(ita_deg(case));
    let diameter_mm = dot.diameter_mm * diameter_ratio(dot.diameter_mm, years);
    let wanted = seen * lost_light_mm2(f_mel, dot.diameter_mm, dot.depth_mm, healed_mua550_per_mm);
    // Pigment is not made: never more of it than when healed.
    let most = healed_mua550_per_mm * (dot.diameter_mm / diameter_mm).powi(2);
    let ln_lost =
        |ln_mua: f64| libm::log(lost_light_mm2(f_mel, diameter_mm, dot.depth_mm, libm::exp(ln_mua)));
    // The logarithm of the loss rises with that of the absorption, nearly straight: secants are there in a few steps.
    let wanted = libm::log(wanted.max(1e-12));
    let (high, low) = (libm::log(most), libm::log(1e-3 * most));
    let mut before = high + libm::log(seen);
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
    (diameter_mm, libm::exp(at))
}

/// First guess of d ln loss / d ln absorption: between 1, weak dots, and 0, black ones.
const USUAL_SLOPE: f64 = 0.6;
/// Relative error of a faded dot's darkness.
const CLOSE: f64 = 1e-3;

/// What a dot takes from the green light of the skin, as the area that would have to turn black, mm2.
fn lost_light_mm2(f_mel: f64, diameter_mm: f64, depth_mm: f64, mua550_per_mm: f64) -> f64 {
    dot_transmission(f_mel, diameter_mm, depth_mm, mua550_per_mm).loss_mm2[1]
}

/// Growth of a dot's diameter: a Gaussian dot whose variance grows by 2 D t; full width at half maximum is 2.355 sigma.
fn diameter_ratio(diameter_mm: f64, years: f64) -> f64 {
    let sigma2 = (diameter_mm / 2.355).powi(2);
    (1.0 + 2.0 * SPREAD_MM2_PER_YEAR * years / sigma2).sqrt()
}

/// Share of the healed darkness that is left after some years at a middle-of-the-scalp rate.
pub fn remaining(case: &Case, kind: ZoneKind, years: f64, rate_per_year: f64) -> f64 {
    let tissue = if kind == ZoneKind::Scar { SCAR_FADE } else { 1.0 };
    let oil = if case.skin.oiliness == Oiliness::Oily { OILY_FADE } else { 1.0 };
    libm::exp(-rate_per_year * tissue * oil * years)
}

/// What `plan.json` says about the years.
#[derive(Clone, Debug, Serialize)]
pub struct ForecastSummary {
    /// Says what this is.
    pub note: String,
    /// A row a year shown, body of the scalp.
    pub years: Vec<YearForecast>,
    /// Years after which the middle estimate falls under the touch-up limit, and the band.
    pub touch_up_years: [f64; 3],
    /// Share of the healed contrast that counts as the limit.
    pub touch_up_at: f64,
}

/// One year of the forecast.
#[derive(Clone, Debug, Serialize)]
pub struct YearForecast {
    /// Years after the last session healed.
    pub years: f64,
    /// Share of the healed darkness left: slow, middle and fast fading.
    pub remaining: [f64; 3],
    /// Dot diameter relative to healed.
    pub diameter_ratio: f64,
}

/// Summarises the years for the zone kind that most dots are of.
pub fn summary(case: &Case, kind: ZoneKind) -> ForecastSummary {
    let years = YEARS
        .iter()
        .map(|&years| YearForecast {
            years,
            remaining: FADE_PER_YEAR.map(|k| remaining(case, kind, years, k)),
            diameter_ratio: diameter_ratio(case.artist.dot_diameter_mm, years),
        })
        .collect();
    let due = |k: f64| -libm::log(TOUCH_UP_AT) / -libm::log(remaining(case, kind, 1.0, k));
    ForecastSummary {
        note: "A table of practice and assumption (early loss, yearly rate, spread), shown with its band; it is not \
               a measurement of this client"
            .to_owned(),
        years,
        touch_up_years: [due(FADE_PER_YEAR[2]), due(FADE_PER_YEAR[1]), due(FADE_PER_YEAR[0])],
        touch_up_at: TOUCH_UP_AT,
    }
}

#[cfg(test)]
mod tests {
    use glam::DVec3;
    use proptest::prelude::*;

    use super::*;

    fn dot(diameter_mm: f64, depth_mm: f64, shade: f64) -> Dot {
        Dot {
            id: 1,
            session: 1,
            zone: 0,
            cell: 1,
            position_mm: DVec3::ZERO,
            normal: DVec3::Y,
            diameter_mm,
            depth_mm,
            angle_deg: 90.0,
            azimuth_deg: 0.0,
            shade,
        }
    }

    proptest! {
        /// Whatever the dot and the skin: every later picture is lighter than the one before, by as much as its caption
        /// says, and holds no more pigment.
        #[test]
        fn darkness_falls_with_the_share_that_is_left(
            diameter_mm in 0.1..0.5f64,
            depth_mm in 0.15..0.6f64,
            shade in 1.0..30.0f64,
            ita in -50.0..60.0f64,
            scar in any::<bool>(),
        ) {
            let mut case = Case::default();
            case.skin.ita_deg = Some(ita);
            let kind = if scar { ZoneKind::Scar } else { ZoneKind::Body };
            let dot = dot(diameter_mm, depth_mm, shade);
            let f_mel = melanin_fraction_of_ita(ita);
            let at = |age: Age| {
                let moment = Moment { name: String::new(), label: String::new(), sessions_done: 1, age };
                let a = appearance(&case, &dot, kind, &moment).expect("the dot is placed");
                // An area loses as much reflectance as its dots take.
                let lost = dot_transmission(f_mel, a.diameter_mm, a.depth_mm, a.mua550_per_mm).loss_mm2;
                (lost[0] + lost[1] + lost[2], a.diameter_mm.powi(2) * a.mua550_per_mm, a.diameter_mm)
            };
            let healed = at(Age::Healed);
            let mut before = healed;
            for years in YEARS {
                let now = at(Age::Years(years));
                prop_assert!(now.0 < before.0, "{years} years: {now:?}, before {before:?}");
                prop_assert!(now.1 < before.1 && now.2 > before.2, "{years} years: {now:?}, before {before:?}");
                let left = remaining(&case, kind, years, FADE_PER_YEAR[1]);
                prop_assert!((now.0 / healed.0 - left).abs() < 0.05, "{years} years: {} of {left}", now.0 / healed.0);
                before = now;
            }
        }
    }
}
