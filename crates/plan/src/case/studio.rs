//! The part of a case that says how artist and studio work: means, sessions, prices, comparison.

use hairline_optics::pigment::{ASSUMED_PIGMENT_MG_PER_ML, ASSUMED_UPTAKE_FRACTION};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::matching::ZoneShades;

/// The artist's means: what hand and machine do, measured or assumed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Artist {
    /// Healed dot diameter, mm (default 0.25, `smp.md` 9).
    #[schemars(range(min = 0.08, max = 0.8))]
    pub dot_diameter_mm: f64,
    /// Fresh mark diameter, mm (default 0.35, `smp.md` 9).
    #[schemars(range(min = 0.1, max = 1.2))]
    pub fresh_diameter_mm: f64,
    /// Relative spread of the diameter, 1 SD (default 0.12, assumption of `smp.md` 2.3).
    #[schemars(range(min = 0, max = 0.4))]
    pub diameter_spread: f64,
    /// How deep the needle goes in the middle of the scalp, mm (default 0.45, `smp.md` 9).
    #[schemars(range(min = 0.1, max = 2))]
    pub depth_mm: f64,
    /// Where the middle of the healed deposit lies, as a share of the needle's depth (default 0.5: histology finds healed
    /// pigment in the superficial dermis, `smp.md` 1.3; the share is an assumption).
    #[schemars(range(min = 0.3, max = 1))]
    pub deposit_depth_share: f64,
    /// Spread of the deposit's depth, mm, 1 SD (default 0.03, assumption).
    #[schemars(range(min = 0, max = 0.4))]
    pub depth_spread_mm: f64,
    /// Height of the deposit, mm (default 0.2, assumption of the design).
    #[schemars(range(min = 0.05, max = 1))]
    pub deposit_height_mm: f64,
    /// Pigment in the bottle, mg/ml (default 150: an assumption, to be calibrated from a healed test dot).
    #[schemars(range(min = 10, max = 800))]
    pub pigment_mg_per_ml: f64,
    /// Share of the deposit's volume that the mix takes up and keeps to day 28 (default 0.15: an assumption, as above).
    #[schemars(range(min = 0.01, max = 1))]
    pub uptake_fraction: f64,
    /// Angle between needle and skin, degrees (90 upright in `smp.md` 1.4; default 85: a hand follows the lie a little,
    /// assumption).
    #[schemars(range(min = 45, max = 90))]
    pub needle_angle_deg: f64,
    /// Spread of the angle, degrees, 1 SD (default 3, assumption).
    #[schemars(range(min = 0, max = 15))]
    pub angle_spread_deg: f64,
    /// Dots a minute on the body of the scalp (default 60, `smp.md` 1.6).
    #[schemars(range(min = 5, max = 150))]
    pub body_dots_per_min: f64,
    /// Dots a minute along the hairline (default 25, `smp.md` 1.6).
    #[schemars(range(min = 5, max = 150))]
    pub hairline_dots_per_min: f64,
    /// Dots a minute in scars (default 20, `smp.md` 1.6).
    #[schemars(range(min = 5, max = 150))]
    pub scar_dots_per_min: f64,
    /// Final density of the body, dots per cm2. Default by look (`smp.md` 1.5).
    #[schemars(range(min = 10, max = 200))]
    pub density_per_cm2: Option<f64>,
    /// Dilution to use for the healed result instead of the match's, ml of diluent to 1 ml of pigment; the hairline and scars
    /// get a step lighter.
    #[schemars(range(min = 1, max = 60))]
    pub shade: Option<f64>,
    /// The same by kind of zone, which goes before `shade`. A plan fills in what the match chose, so that a refresh years
    /// later knows it.
    pub shades: ZoneShades,
    /// How regular the dots lie: 0 even, 1 natural as follicles, 1.5 wilder.
    #[schemars(range(min = 0, max = 1.5))]
    pub naturalness: f64,
}

impl Default for Artist {
    fn default() -> Artist {
        Artist {
            dot_diameter_mm: 0.25,
            fresh_diameter_mm: 0.35,
            diameter_spread: 0.12,
            depth_mm: 0.45,
            deposit_depth_share: 0.5,
            depth_spread_mm: 0.03,
            deposit_height_mm: 0.2,
            pigment_mg_per_ml: ASSUMED_PIGMENT_MG_PER_ML,
            uptake_fraction: ASSUMED_UPTAKE_FRACTION,
            needle_angle_deg: 85.0,
            angle_spread_deg: 3.0,
            body_dots_per_min: 60.0,
            hairline_dots_per_min: 25.0,
            scar_dots_per_min: 20.0,
            density_per_cm2: None,
            shade: None,
            shades: ZoneShades::default(),
            naturalness: 1.0,
        }
    }
}

/// How the work is split into sessions, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Sessions {
    /// Cumulative share of the dots after each session (default 0.3, 0.7, 1: the published protocol, `smp.md` 1.5).
    #[schemars(length(min = 3, max = 8), inner(range(min = 0.05, max = 1)))]
    pub cumulative: Vec<f64>,
    /// Days between sessions, at least 7 (default 14, then 28, `smp.md` 1.7); the last repeats.
    #[schemars(length(min = 1, max = 8), inner(range(min = 7, max = 120)))]
    pub gap_days: Vec<u32>,
    /// Longest session, breaks included, minutes.
    #[schemars(range(min = 60, max = 300))]
    pub max_minutes: f64,
    /// Work between two breaks, minutes (60-90, `smp.md` 1.6).
    #[schemars(range(min = 20, max = 180))]
    pub break_every_minutes: f64,
    /// Length of a break, minutes (assumption).
    #[schemars(range(min = 0, max = 60))]
    pub break_minutes: f64,
    /// Area treated in one session above which swelling is warned of, cm2 (assumption).
    #[schemars(range(min = 10, max = 800))]
    pub max_area_cm2: f64,
    /// Date of the first session. Without it the plan counts days.
    pub first_day: Option<String>,
    /// Time of day at which sessions start, `HH:MM`; needs `time_zone`.
    pub start_time: Option<String>,
    /// IANA time zone of the studio, for example `Europe/Berlin`.
    pub time_zone: Option<String>,
    /// Days on which the client cannot come: dates or `from/to` spans.
    #[schemars(length(max = 200))]
    pub blocked: Vec<String>,
    /// Weekdays on which the studio works (default Monday to Saturday).
    pub weekdays: Vec<Weekday>,
    /// What the client has planned that aftercare does not allow at once.
    pub occasions: Vec<Occasion>,
}

impl Default for Sessions {
    fn default() -> Sessions {
        use Weekday::*;
        Sessions {
            cumulative: vec![0.3, 0.7, 1.0],
            gap_days: vec![14, 28],
            max_minutes: 300.0,
            break_every_minutes: 75.0,
            break_minutes: 10.0,
            max_area_cm2: 350.0,
            first_day: None,
            start_time: None,
            time_zone: None,
            blocked: vec![],
            weekdays: vec![Monday, Tuesday, Wednesday, Thursday, Friday, Saturday],
            occasions: vec![],
        }
    }
}

/// Day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// Something planned that the aftercare rules do not allow for some days after a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Occasion {
    /// What it is.
    #[schemars(length(min = 1, max = 60))]
    pub name: String,
    /// First day.
    pub from: String,
    /// Last day; the first if left out.
    #[serde(default)]
    pub to: Option<String>,
    /// Which rule it meets.
    pub kind: OccasionKind,
}

/// Which aftercare rule an occasion meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OccasionKind {
    /// Sun, sea or pool: 28 days after a session (`smp.md` 5.1).
    SunOrSwim,
    /// Hard sport or sauna heat: 10 days after a session.
    Sport,
    /// Being seen at one's best: 10 days, until the scabs are gone.
    BeSeen,
}

/// The studio and its prices. Prices are the studio's own; the defaults are examples inside the ranges of `smp.md` 7.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Studio {
    /// Name, printed on the report.
    #[schemars(length(max = 80))]
    pub name: String,
    /// Telephone or address for questions, printed where the report says to call.
    #[schemars(length(max = 120))]
    pub contact: String,
    /// Currency code.
    #[schemars(regex(pattern = "^[A-Z]{3}$"))]
    pub currency: String,
    /// Price of the consultation and plan.
    #[schemars(range(min = 0, max = 100000))]
    pub base_price: f64,
    /// Price of one session.
    #[schemars(range(min = 0, max = 100000))]
    pub per_session_price: f64,
    /// Price of a treated square centimetre, once.
    #[schemars(range(min = 0, max = 1000))]
    pub per_cm2_price: f64,
    /// Extra price of a designed hairline.
    #[schemars(range(min = 0, max = 100000))]
    pub hairline_price: f64,
    /// Extra price of each scar.
    #[schemars(range(min = 0, max = 100000))]
    pub scar_price: f64,
    /// Price of a touch-up visit after years, before its area.
    #[schemars(range(min = 0, max = 100000))]
    pub touch_up_base_price: f64,
    /// Price of a touched-up square centimetre.
    #[schemars(range(min = 0, max = 1000))]
    pub touch_up_per_cm2_price: f64,
    /// Paper of the stencil and the report.
    pub paper: Paper,
}

impl Default for Studio {
    fn default() -> Studio {
        Studio {
            name: String::new(),
            contact: String::new(),
            currency: "EUR".to_owned(),
            base_price: 150.0,
            per_session_price: 350.0,
            per_cm2_price: 5.0,
            hairline_price: 200.0,
            scar_price: 150.0,
            touch_up_base_price: 200.0,
            touch_up_per_cm2_price: 2.5,
            paper: Paper::A4,
        }
    }
}

/// Paper size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Paper {
    /// 210 x 297 mm.
    #[default]
    A4,
    /// 8.5 x 11 inch.
    Letter,
}

impl Paper {
    /// Width and height upright, mm.
    pub fn size_mm(self) -> [f64; 2] {
        match self {
            Paper::A4 => [210.0, 297.0],
            Paper::Letter => [215.9, 279.4],
        }
    }

    /// The word printed on a page.
    pub fn name(self) -> &'static str {
        match self {
            Paper::A4 => "A4",
            Paper::Letter => "Letter",
        }
    }
}

/// Inputs of the ten-year comparison. None of them is a fact: every one is an example in the studio's currency to be
/// replaced by local prices; sources and marks stand beside the defaults in [`crate::quote`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Alternatives {
    /// Price of one graft of a transplant.
    #[schemars(range(min = 0, max = 100))]
    pub transplant_per_graft: f64,
    /// Grafts a transplant would use per cm2 (27, `head.md` 3.4).
    #[schemars(range(min = 5, max = 80))]
    pub grafts_per_cm2: f64,
    /// Price of a hair system.
    #[schemars(range(min = 0, max = 20000))]
    pub system_price: f64,
    /// Months a hair system lasts.
    #[schemars(range(min = 1, max = 60))]
    pub system_months: f64,
    /// Upkeep of a hair system a month.
    #[schemars(range(min = 0, max = 2000))]
    pub system_upkeep_month: f64,
    /// Minutes a week for a hair system.
    #[schemars(range(min = 0, max = 2000))]
    pub system_minutes_week: f64,
    /// Medication a month.
    #[schemars(range(min = 0, max = 1000))]
    pub medication_month: f64,
    /// Minutes a week for medication.
    #[schemars(range(min = 0, max = 500))]
    pub medication_minutes_week: f64,
    /// Hair fibres or root spray a month.
    #[schemars(range(min = 0, max = 1000))]
    pub fibres_month: f64,
    /// Minutes a week for fibres or spray.
    #[schemars(range(min = 0, max = 500))]
    pub fibres_minutes_week: f64,
    /// Price of an operation that makes a scar narrower.
    #[schemars(range(min = 0, max = 100000))]
    pub scar_revision_price: f64,
    /// Minutes a week that the treated scalp asks for. Default by look and hair: 35 for clipping and sun cover, 10 for
    /// sun cover between long hair, 5 on a scar.
    #[schemars(range(min = 0, max = 500))]
    pub smp_minutes_week: Option<f64>,
}

impl Default for Alternatives {
    fn default() -> Alternatives {
        Alternatives {
            transplant_per_graft: 5.0,
            grafts_per_cm2: 27.0,
            system_price: 500.0,
            system_months: 6.0,
            system_upkeep_month: 60.0,
            system_minutes_week: 60.0,
            medication_month: 25.0,
            medication_minutes_week: 20.0,
            fibres_month: 20.0,
            fibres_minutes_week: 35.0,
            scar_revision_price: 1500.0,
            smp_minutes_week: None,
        }
    }
}
