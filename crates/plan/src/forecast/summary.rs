//! The forecast of a plan: bands by day and zone, the first days, when a touch-up is due, and what all that rests on.

use hairline_optics::colour::LinearRgb;
use jiff::civil::Date;
use rayon::prelude::*;
use serde::Serialize;

use super::first_days::{self, FirstDay, FirstDays};
use super::kinetics::{
    self, DAYS_PER_YEAR, EARLY_LOSS, EARLY_LOSS_DAYS, EARLY_LOSS_LOGIT_SD, FADE_PER_YEAR, HEALED_DAY,
    SPREAD_LN_SD, Setting, diameter_ratio, influences, pigment_left, years_until,
};
use super::looks::{Appearance, Looks};
use super::moments::YEARS;
use super::posterior::{Course, Measured, ZoneBefore, course, draws};
use super::prior::{Prior, SCAR_SPREAD};
use super::random::{band, spread_normals};
use crate::case::Case;
use crate::dates::add_days;
use crate::design::ZoneKind;
use crate::pigment::{LADDER, depth_factor, diameter_factor, shade_step, skin_lab_sce};

/// What `plan.json` says about the time after the sessions. Bands are `[10 %, median, 90 %]`: eight of ten clients are
/// inside.
#[derive(Clone, Debug, Serialize)]
pub struct ForecastSummary {
    /// Says what this is.
    pub note: String,
    /// Follow-ups that it takes into account.
    pub follow_ups: usize,
    /// Share of the darkness planned for day 28 that counts as the limit.
    pub touch_up_at: f64,
    /// The zone with the most dots, of which the next two speak.
    pub main_zone: ZoneKind,
    /// A row a year shown.
    pub years: Vec<YearForecast>,
    /// Years after day 28 at which the darkness falls under the limit: band.
    pub touch_up_years: [f64; 3],
    /// Every zone kind of the plan.
    pub zones: Vec<ZoneForecast>,
    /// What is normal in the first four weeks.
    pub first_days: Vec<FirstDay>,
    /// Every parameter with its spread and source.
    pub rests_on: Vec<Ground>,
}

/// One year of the forecast.
#[derive(Clone, Debug, Serialize)]
pub struct YearForecast {
    /// Years after day 28.
    pub years: f64,
    /// Share of the client's own healed darkness that is left: band.
    pub remaining: [f64; 3],
    /// Dot diameter relative to healed, median.
    pub diameter_ratio: f64,
}

/// The forecast of one kind of zone.
#[derive(Clone, Debug, Serialize)]
pub struct ZoneForecast {
    /// Kind.
    pub kind: ZoneKind,
    /// By day, to ten years.
    pub days: Vec<DayForecast>,
    /// When a touch-up is due.
    pub touch_up: TouchUp,
    /// Lightness of bare skin less that of the dotted zone (CIELAB L*) planned for day 28, dots alone: the unit in which a
    /// follow-up measures darkness.
    pub healed_lightness_drop: f64,
    /// What makes this zone differ from the usual, in words.
    pub influences: Vec<String>,
}

/// One day of one zone.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct DayForecast {
    /// Days after the session (the last one, for the plan as a whole).
    pub day: f64,
    /// Darkness as a share of what was planned for day 28: band.
    pub darkness: [f64; 3],
    /// Darkness as a share of the client's own on day 28: band.
    pub remaining: [f64; 3],
    /// Dot diameter, mm: band.
    pub diameter_mm: [f64; 3],
}

/// When the darkness falls under the client's limit: the middle is when the median does.
#[derive(Clone, Debug, Serialize)]
pub struct TouchUp {
    /// Years after day 28: band.
    pub years: [f64; 3],
    /// Days after the last session: band.
    pub days: [i32; 3],
    /// Dates, where the plan has a first day: band.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dates: Option<[Date; 3]>,
}

/// A parameter of the forecast.
#[derive(Clone, Debug, Serialize)]
pub struct Ground {
    /// What it is.
    pub name: &'static str,
    /// What it says, for the client.
    pub plain: String,
    /// Its middle and spread.
    pub value: String,
    /// Where it comes from, or that it is an assumption.
    pub source: &'static str,
}

/// A zone as the forecast needs it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ZoneFacts {
    /// Kind.
    pub kind: ZoneKind,
    /// Dots when finished.
    pub dots: usize,
    /// Dots per cm2 when finished.
    pub density_per_cm2: f64,
}

/// Ways a client may go that are drawn for a band.
const DRAWS: usize = 2000;
/// Nobody plans a touch-up later than this, years.
const LATEST_YEARS: f64 = 30.0;
/// Spread of the early loss' time constant, 1 SD of its logarithm (assumption).
const EARLY_DAYS_LN_SD: f64 = 0.25;

impl ForecastSummary {
    /// The forecast of a kind of zone; of the main zone where the plan has none of the kind.
    pub fn zone(&self, kind: ZoneKind) -> &ZoneForecast {
        let find = |kind| self.zones.iter().find(|z| z.kind == kind);
        find(kind).or_else(|| find(self.main_zone)).unwrap_or(&self.zones[0])
    }

    /// The forecast of a client who stays at one place of the bands: 0 the lower edge, 1 the middle, 2 the upper edge.
    pub fn at(&self, place: usize) -> ForecastSummary {
        let mut out = self.clone();
        for zone in &mut out.zones {
            let healed = zone.between(HEALED_DAY, |d| d.darkness[place]);
            for day in &mut zone.days {
                day.darkness = [day.darkness[place]; 3];
                day.remaining = day.darkness.map(|darkness| darkness / healed);
            }
        }
        out
    }
}

impl ZoneForecast {
    /// Median darkness some days after the session, as a share of what was planned for day 28.
    pub fn darkness(&self, day: f64) -> f64 {
        self.between(day, |d| d.darkness[1])
    }

    /// Median share of the client's own healed darkness some days after the session.
    pub fn remaining(&self, day: f64) -> f64 {
        self.between(day, |d| d.remaining[1])
    }

    /// The same with its band.
    pub fn darkness_band(&self, day: f64) -> [f64; 3] {
        [0, 1, 2].map(|q| self.between(day, |d| d.darkness[q]))
    }

    /// Between two days of the table, straight in the logarithm; beyond its end as in its last step.
    fn between(&self, day: f64, value: impl Fn(&DayForecast) -> f64) -> f64 {
        let above = self.days.partition_point(|d| d.day < day).clamp(1, self.days.len() - 1);
        let (a, b) = (&self.days[above - 1], &self.days[above]);
        if b.day == day {
            return value(b);
        }
        let t = (day - a.day) / (b.day - a.day);
        let ln = |d: &DayForecast| libm::log(value(d).max(1e-9));
        libm::exp(ln(a) + t * (ln(b) - ln(a)))
    }
}

/// The days of the table: the first weeks, then quarters and halves of years, to ten years.
pub fn table_days() -> Vec<f64> {
    let years = (1..=8).map(|q| 0.25 * f64::from(q)).chain((5..=20).map(|h| 0.5 * f64::from(h)));
    let first = [0.0, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 14.0, 21.0, HEALED_DAY];
    first.into_iter().chain(years.map(|y| HEALED_DAY + DAYS_PER_YEAR * y)).collect()
}

/// The dot that stands for a zone: the artist's middle one, with the last session's shade.
pub fn typical_dot(case: &Case, looks: &Looks, kind: ZoneKind) -> Appearance {
    let artist = &case.artist;
    Appearance {
        diameter_mm: artist.dot_diameter_mm * diameter_factor(kind),
        depth_mm: artist.depth_mm * artist.deposit_depth_share * depth_factor(kind),
        mua550_per_mm: looks.ink.healed_mua550_per_mm(LADDER[shade_step(case, kind, 1, 1)]),
        tinge: 0.0,
    }
}

/// How the light a dot takes grows with its pigment and with its diameter: exponents at the dot.
#[derive(Clone, Copy, Debug)]
struct Growth {
    pigment: f64,
    diameter: f64,
}

fn growth(looks: &Looks, kind: ZoneKind, dot: &Appearance) -> Growth {
    const BY: f64 = 1.3;
    let lost = |d: f64, m: f64| {
        let dot =
            Appearance { diameter_mm: d * dot.diameter_mm, mua550_per_mm: m * dot.mua550_per_mm, ..*dot };
        libm::log(looks.lost_light_mm2(kind, &dot).max(1e-15))
    };
    let exponent = |a: f64, b: f64| ((b - a) / libm::log(BY)).clamp(0.0, 3.0);
    Growth {
        pigment: exponent(lost(1.0, 1.0), lost(1.0, BY)),
        diameter: exponent(lost(1.0, 1.0), lost(BY, 1.0)),
    }
}

/// Lightness of the bare skin less that of the zone on day 28, dots alone.
fn lightness_drop(case: &Case, looks: &Looks, facts: &ZoneFacts) -> f64 {
    let left = looks.left(facts.kind, &typical_dot(case, looks, facts.kind), facts.density_per_cm2);
    let skin = skin_lab_sce(case).to_xyz().to_linear_rgb().rgb;
    let lightness = |rgb| LinearRgb { rgb }.to_xyz().to_lab().l;
    lightness(skin) - lightness([0, 1, 2].map(|c| skin[c] * left[c]))
}

/// What is known of a zone before anything is measured.
pub(super) fn zone_before(case: &Case, looks: &Looks, kind: ZoneKind) -> ZoneBefore {
    let setting = Setting::of(case, kind);
    let pigment = libm::log((1.0 - setting.early_loss) / (1.0 - EARLY_LOSS));
    ZoneBefore {
        ln_healed: growth(looks, kind, &typical_dot(case, looks, kind)).pigment * pigment,
        fade_factor: setting.fade_factor,
        spread: if kind == ZoneKind::Scar { SCAR_SPREAD } else { 1.0 },
    }
}

/// Error of a measured darkness where the case names none, 1 SD (assumption).
const USUAL_ERROR: f64 = 0.08;
/// How well two photographs with a colour card agree in a difference of lightness, L* (assumption).
const LIGHTNESS_ERROR: f64 = 0.3;

/// The follow-ups of a case, with zones as indices into `kinds`, which gets those that are missing; `drop_of` is the
/// lightness drop planned for a zone, where it is known.
pub(super) fn measured(
    case: &Case,
    main: ZoneKind,
    kinds: &mut Vec<ZoneKind>,
    drop_of: impl Fn(ZoneKind) -> Option<f64>,
) -> Vec<Measured> {
    case.follow_up
        .iter()
        .map(|f| {
            let kind = f.zone.unwrap_or(main);
            let faint = drop_of(kind).map_or(0.0, |drop| LIGHTNESS_ERROR / drop.max(0.1));
            let error = f.darkness_error.unwrap_or(USUAL_ERROR.max(faint));
            let zone = kinds.iter().position(|k| *k == kind).unwrap_or_else(|| {
                kinds.push(kind);
                kinds.len() - 1
            });
            let years = (f.day - HEALED_DAY).max(0.0) / DAYS_PER_YEAR;
            Measured { zone, years, darkness: f.darkness, error }
        })
        .collect()
}

/// The forecast of a case whose plan has these zones; `last_session` is the date of the last session, where there is one.
pub fn summary(
    case: &Case,
    looks: &Looks,
    zones: &[ZoneFacts],
    last_session: Option<Date>,
) -> ForecastSummary {
    let main_zone = zones.iter().max_by_key(|z| z.dots).map_or(ZoneKind::Body, |z| z.kind);
    let mut facts: Vec<ZoneFacts> = Vec::new();
    for zone in zones {
        match facts.iter_mut().find(|f| f.kind == zone.kind) {
            // Several zones of a kind: the density of the one with most dots stands for them.
            Some(f) if f.dots >= zone.dots => {}
            Some(f) => *f = *zone,
            None => facts.push(*zone),
        }
    }
    if facts.is_empty() {
        facts.push(ZoneFacts { kind: main_zone, dots: 0, density_per_cm2: 0.0 });
    }
    let mut kinds: Vec<ZoneKind> = facts.iter().map(|f| f.kind).collect();
    let drop_of = |kind| facts.iter().find(|f| f.kind == kind).map(|f| lightness_drop(case, looks, f));
    let measured = measured(case, main_zone, &mut kinds, drop_of);
    let before: Vec<ZoneBefore> = kinds.iter().map(|&k| zone_before(case, looks, k)).collect();
    let prior = Prior::of_studio(case.forecast.studio.as_ref());
    let thetas = draws(&prior, &before, &measured, DRAWS, SEED);
    let luck = Luck::new(DRAWS);
    let zones: Vec<ZoneForecast> = facts
        .par_iter()
        .enumerate()
        .map(|(z, facts)| {
            let courses: Vec<Course> = thetas.iter().map(|theta| course(theta, z, &before[z])).collect();
            zone_forecast(case, looks, facts, &prior, &before[z], &courses, &luck, last_session)
        })
        .collect();
    let main = zones.iter().find(|z| z.kind == main_zone).unwrap_or(&zones[0]);
    ForecastSummary {
        note: note(case),
        follow_ups: case.follow_up.len(),
        touch_up_at: case.forecast.touch_up_at,
        main_zone,
        years: YEARS.iter().map(|&years| year(case, looks, main, years)).collect(),
        touch_up_years: main.touch_up.years,
        first_days: first_days::bands(case, &first_days::DAYS),
        rests_on: rests_on(case, &prior),
        zones,
    }
}

/// Seed of the draws: no choice of the case's, so that two plans differ by what they plan alone.
const SEED: u64 = 0x464F_5245;

/// Chance beyond the unknowns that measurements tell of: standard normal numbers.
struct Luck {
    early_loss: Vec<f64>,
    early_days: Vec<f64>,
    spread: Vec<f64>,
    scabs: Vec<f64>,
}

impl Luck {
    fn new(count: usize) -> Luck {
        let [early_loss, early_days, spread, scabs] =
            [0, 1, 2, 3].map(|k| spread_normals(1, count, SEED ^ (k + 1) << 32).swap_remove(0));
        Luck { early_loss, early_days, spread, scabs }
    }
}

#[expect(clippy::too_many_arguments, reason = "one call; what the bands of a zone are made of")]
fn zone_forecast(
    case: &Case,
    looks: &Looks,
    facts: &ZoneFacts,
    prior: &Prior,
    before: &ZoneBefore,
    courses: &[Course],
    luck: &Luck,
    last_session: Option<Date>,
) -> ZoneForecast {
    let dot = typical_dot(case, looks, facts.kind);
    let growth = growth(looks, facts.kind, &dot);
    let early = early_losses(case, facts.kind, prior, before, courses, growth, luck);
    let swell = case.artist.fresh_diameter_mm / case.artist.dot_diameter_mm;
    let wider =
        |k: usize, day: f64| 1.0 + (swell - 1.0) * FirstDays::new(case, 0.0, luck.scabs[k]).swollen(day);
    let mut values = vec![0.0; courses.len()];
    let mut band_of = |value: &dyn Fn(usize) -> f64| {
        values.iter_mut().enumerate().for_each(|(k, v)| *v = value(k));
        band(&mut values)
    };
    let days = table_days()
        .into_iter()
        .map(|day| {
            let years = (day - HEALED_DAY) / DAYS_PER_YEAR;
            if years >= 0.0 {
                let spread = |k: usize| libm::exp(SPREAD_LN_SD * luck.spread[k]);
                return DayForecast {
                    day,
                    darkness: band_of(&|k| courses[k].darkness(years)),
                    remaining: band_of(&|k| courses[k].darkness(years) / libm::exp(courses[k].ln_healed)),
                    diameter_mm: band_of(&|k| {
                        dot.diameter_mm * diameter_ratio(dot.diameter_mm, dot.depth_mm, years, spread(k))
                    }),
                };
            }
            let over_healed = |k: usize| {
                let (loss, time) = early[k];
                let pigment = pigment_left(loss, day, time) / pigment_left(loss, HEALED_DAY, time);
                libm::exp(growth.pigment * libm::log(pigment) + growth.diameter * libm::log(wider(k, day)))
            };
            DayForecast {
                day,
                darkness: band_of(&|k| over_healed(k) * libm::exp(courses[k].ln_healed)),
                remaining: band_of(&over_healed),
                diameter_mm: band_of(&|k| dot.diameter_mm * wider(k, day)),
            }
        })
        .collect();
    let limit = libm::log(case.forecast.touch_up_at);
    let years = band_of(&|k| {
        let c = &courses[k];
        years_until(c.ln_healed - limit, c.rate_per_year, c.exponent).min(LATEST_YEARS)
    });
    let in_days = years.map(|y| (HEALED_DAY + DAYS_PER_YEAR * y).round() as i32);
    ZoneForecast {
        kind: facts.kind,
        days,
        touch_up: TouchUp {
            years,
            days: in_days,
            dates: last_session.map(|d| in_days.map(|n| add_days(d, n))),
        },
        healed_lightness_drop: lightness_drop(case, looks, facts),
        influences: influences(case, facts.kind).iter().map(in_words).collect(),
    }
}

/// Share lost while healing and its time constant, for each draw: who heals lighter than planned has lost more.
fn early_losses(
    case: &Case,
    kind: ZoneKind,
    prior: &Prior,
    before: &ZoneBefore,
    courses: &[Course],
    growth: Growth,
    luck: &Luck,
) -> Vec<(f64, f64)> {
    let median = Setting::of(case, kind).early_loss;
    let logit = libm::log(median / (1.0 - median));
    let healed_sd = prior.healed_sd(before.spread);
    // How much of the spread on day 28 the early loss explains: d ln(1 - f) = -f d logit f.
    let explains = (growth.pigment * median * EARLY_LOSS_LOGIT_SD / healed_sd).min(0.95);
    courses
        .iter()
        .enumerate()
        .map(|(k, c)| {
            let lighter = -(c.ln_healed - before.ln_healed - prior.healed.mean) / healed_sd;
            let z = explains * lighter + (1.0 - explains * explains).sqrt() * luck.early_loss[k];
            let loss = 1.0 / (1.0 + libm::exp(-(logit + EARLY_LOSS_LOGIT_SD * z)));
            (loss, EARLY_LOSS_DAYS * libm::exp(EARLY_DAYS_LN_SD * luck.early_days[k]))
        })
        .collect()
}

fn year(case: &Case, looks: &Looks, main: &ZoneForecast, years: f64) -> YearForecast {
    let dot = typical_dot(case, looks, main.kind);
    let day = HEALED_DAY + DAYS_PER_YEAR * years;
    YearForecast {
        years,
        remaining: [0, 1, 2].map(|q| main.between(day, |d| d.remaining[q])),
        diameter_ratio: diameter_ratio(dot.diameter_mm, dot.depth_mm, years, 1.0),
    }
}

fn note(case: &Case) -> String {
    let measured = match case.follow_up.len() {
        0 => "it is not a measurement of this client".to_owned(),
        1 => "taken together with one measurement of this client".to_owned(),
        n => format!("taken together with {n} measurements of this client"),
    };
    let studio = match &case.forecast.studio {
        Some(s) => format!(" and what the studio learnt from {} clients", s.clients),
        None => String::new(),
    };
    format!(
        "Published figures and assumptions (early loss, yearly rate, spread){studio}, shown with a band that holds eight of \
         ten clients; {measured}"
    )
}

fn in_words(i: &kinetics::Influence) -> String {
    let mut effects = Vec::new();
    if i.fade_factor != 1.0 {
        effects.push(format!("fades {:.2} times as fast", i.fade_factor));
    }
    if i.early_loss > 0.0 {
        effects.push(format!("loses {:.0} % more of the pigment while healing", 100.0 * i.early_loss));
    }
    format!("{}: {} ({})", i.name, effects.join(", "), i.source)
}

/// Every parameter behind the bands.
fn rests_on(case: &Case, prior: &Prior) -> Vec<Ground> {
    let learnt = case.forecast.studio.is_some();
    let times = |sd: f64| format!("times or over {:.2} (1 SD)", libm::exp(sd));
    vec![
        Ground {
            name: "pigment lost while healing",
            plain: "About a third of the fresh colour goes while the skin heals: measured in mice; how much people differ is an assumption.".to_owned(),
            value: format!("{:.0} %, 1 SD of the logit {EARLY_LOSS_LOGIT_SD}", 100.0 * EARLY_LOSS),
            source: "smp.md 3.4: 0.33 (mouse, S70); its span an assumption",
        },
        Ground {
            name: "darkness on day 28 against the plan, new client",
            plain: if learnt {
                "How dark dots come out on day 28 is what the studio has seen in its own clients.".to_owned()
            } else {
                "How much darker or lighter than planned a client's dots come out on day 28 is an assumption.".to_owned()
            },
            value: format!("{:.2}, {}", libm::exp(prior.healed.mean), times(prior.healed.sd)),
            source: if learnt { "learnt from the studio's clients" } else { "assumption; smp.md 3.2 (S36)" },
        },
        Ground {
            name: "yearly fading rate of what is seen, new client",
            plain: if learnt {
                "How fast healed dots fade is what the studio has seen in its own clients.".to_owned()
            } else {
                "Healed dots lose about a fifth of what is seen of them a year: from one study of ten patients over half a year.".to_owned()
            },
            value: format!("{:.3}, {}", FADE_PER_YEAR * libm::exp(prior.fade.mean), times(prior.fade.sd)),
            source: if learnt {
                "learnt from the studio's clients"
            } else {
                "smp.md 3.4: 0.10-0.30, derived from S7 (ten patients)"
            },
        },
        Ground {
            name: "zone against zone of one head",
            plain: "How much the zones of one head differ is an assumption.".to_owned(),
            value: format!("darkness {}, rate {}", times(prior.zone_healed_sd), times(prior.zone_fade_sd)),
            source: "assumption; smp.md 3.2 (S36)",
        },
        Ground {
            name: "exponent of time in the fading",
            plain: "That fading goes on at the pace of the first year is an assumption: no study followed anybody longer.".to_owned(),
            value: format!("1, {}", times(prior.shape.sd)),
            source: "assumption: no published curve reaches beyond a year",
        },
        Ground {
            name: "spread of pigment in skin",
            plain: "Dots grow wider, about a fifth in five years: that it is slow is published, how slow is an assumption.".to_owned(),
            value: format!("{:.4} mm2 a year, {}", kinetics::SPREAD_MM2_PER_YEAR, times(SPREAD_LN_SD)),
            source: "smp.md 3.5, assumption (that it is slow: S73)",
        },
        Ground {
            name: "redness, scabs",
            plain: "Redness of two days and scabs of a week are the published advice of clinics and studios; how much people differ is an assumption.".to_owned(),
            value: "seen 2 days (3 on pale skin); half of the scabs off on day 6".to_owned(),
            source: "smp.md 5.2 (S93, S94, S96b); spreads are assumptions",
        },
    ]
}
