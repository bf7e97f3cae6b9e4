//! How dots look on a day: fresh, healed, faded. A table of practice marked as an assumption until the optics and
//! measured clients replace it (`smp.md` 3.4, 3.5).

use serde::Serialize;

use crate::case::{Case, Oiliness};
use crate::design::ZoneKind;
use crate::dot::Dot;
use crate::pigment::healed_mua550_per_mm;

/// Share of the pigment lost while healing, done by day 28 (0.10-0.50, `smp.md` 3.4).
pub const EARLY_LOSS: f64 = 0.33;
/// Yearly fading rate after day 28: low, middle, high (`smp.md` 3.4).
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
    let sigma2 = (dot.diameter_mm / 2.355).powi(2);
    let (diameter_mm, mua550_per_mm) = match moment.age {
        Age::Before => return None,
        Age::Fresh if session == moment.sessions_done => {
            let swell = case.artist.fresh_diameter_mm / case.artist.dot_diameter_mm;
            (dot.diameter_mm * swell, healed / (1.0 - EARLY_LOSS))
        }
        Age::Fresh | Age::Healed => (dot.diameter_mm, healed),
        Age::Years(years) => {
            // A Gaussian dot: sigma2 grows by 2 D t; full width at half maximum is 2.355 sigma.
            let spread = 2.355 * (sigma2 + 2.0 * SPREAD_MM2_PER_YEAR * years).sqrt();
            let thinning = (dot.diameter_mm / spread).powi(2);
            (spread, healed * remaining(case, kind, years, FADE_PER_YEAR[1]) * thinning)
        }
    };
    Some(Appearance { diameter_mm, depth_mm: dot.depth_mm, mua550_per_mm })
}

/// Share of the healed pigment that is left after some years at a middle-of-the-scalp rate.
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
    /// Share of the healed pigment left: slow, middle and fast fading.
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
            diameter_ratio: {
                let s0 = (case.artist.dot_diameter_mm / 2.355).powi(2);
                ((s0 + 2.0 * SPREAD_MM2_PER_YEAR * years) / s0).sqrt()
            },
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
