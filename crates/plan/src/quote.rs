//! The price with its reasons, and ten years beside the alternatives. Every price is an input of the case.

use serde::Serialize;

use crate::care::Wear;
use crate::case::{Case, Look};

/// The studio's price for this plan.
#[derive(Clone, Debug, Serialize)]
pub struct Quote {
    /// Currency code.
    pub currency: String,
    /// What it is made of.
    pub lines: Vec<QuoteLine>,
    /// Sum of the lines.
    pub total: f64,
    /// Says whose prices these are.
    pub note: String,
}

/// One line of a quote.
#[derive(Clone, Debug, Serialize)]
pub struct QuoteLine {
    /// What for.
    pub what: String,
    /// Why this much.
    pub reason: String,
    /// Price.
    pub price: f64,
}

/// One way to live with the hair loss or the scar for ten years.
#[derive(Clone, Debug, Serialize)]
pub struct Alternative {
    /// Which.
    pub name: String,
    /// Money over ten years.
    pub money: f64,
    /// Minutes of upkeep over ten years.
    pub minutes: f64,
    /// How the numbers come about.
    pub how: String,
    /// The settings of the case they are made of.
    pub inputs: Vec<Input>,
}

/// A setting of the case that a number is made of.
#[derive(Clone, Debug, Serialize)]
pub struct Input {
    /// Its key in the case file.
    pub setting: &'static str,
    /// Its value here.
    pub value: f64,
    /// Where the default comes from; a value that differs from the default is the case's own.
    pub source: String,
}

/// A way that is not compared, and why.
#[derive(Clone, Debug, Serialize)]
pub struct LeftOut {
    /// Which.
    pub name: &'static str,
    /// Why.
    pub reason: &'static str,
}

/// The ways that are open to the client of a case.
pub struct Comparison {
    /// This plan first, doing nothing last.
    pub ways: Vec<Alternative>,
    /// What a reader may miss.
    pub left_out: Vec<LeftOut>,
}

/// Length of the comparison, years.
const YEARS: f64 = 10.0;
const WEEKS: f64 = 52.18 * YEARS;

/// The price of a plan, to the cent.
pub fn quote(case: &Case, n_sessions: usize, area_cm2: f64) -> Quote {
    let studio = &case.studio;
    let mut lines = vec![
        QuoteLine { what: "Consultation and plan".into(), reason: "once".into(), price: studio.base_price },
        QuoteLine {
            what: format!("{n_sessions} sessions"),
            reason: format!("{} each", money(studio.per_session_price)),
            price: studio.per_session_price * n_sessions as f64,
        },
        QuoteLine {
            what: format!("{area_cm2:.0} cm2 of scalp"),
            reason: format!("{} a square centimetre, once for all sessions", money(studio.per_cm2_price)),
            price: studio.per_cm2_price * area_cm2.round(),
        },
    ];
    if matches!(case.look, Look::Shaved | Look::Hairline) {
        lines.push(QuoteLine {
            what: "Hairline design".into(),
            reason: "drawn, agreed and signed before the first session".into(),
            price: studio.hairline_price,
        });
    }
    if !case.scars.is_empty() {
        lines.push(QuoteLine {
            what: format!("{} scar{}", case.scars.len(), if case.scars.len() == 1 { "" } else { "s" }),
            reason: format!("{} each: test dots and slower work", money(studio.scar_price)),
            price: studio.scar_price * case.scars.len() as f64,
        });
    }
    lines.retain(|line| line.price > 0.0);
    for line in &mut lines {
        line.price = cents(line.price);
    }
    Quote {
        currency: studio.currency.clone(),
        total: cents(lines.iter().map(|l| l.price).sum()),
        lines,
        note: "by the studio's own price rules in the case".to_owned(),
    }
}

/// Price of one touch-up: the visit and its area.
pub fn touch_up_price(case: &Case, area_cm2: f64) -> f64 {
    cents(case.studio.touch_up_base_price + case.studio.touch_up_per_cm2_price * area_cm2.round())
}

/// Minutes a week that the result asks for, if the case does not say: the shaved look is clipped every other day and
/// covered from sun; between long hair and on a scar there is sun cover only (assumptions).
pub fn smp_minutes_week(case: &Case) -> f64 {
    case.alternatives.smp_minutes_week.unwrap_or(match (case.look, Wear::of(case)) {
        (Look::Shaved | Look::Hairline, Wear::Clipped | Wear::Short) => 35.0,
        (Look::Scar, _) => 5.0,
        _ => 10.0,
    })
}

/// Why a source is given for a number nobody has published.
const ASSUMED: &str = "assumption";
const PER_GRAFT: &str = "US$ 5-10 on average: hairtransplantnetwork.com, \"How much is a hair transplant?\"";
const PER_CM2: &str = "own count from published graft charts and areas (docs/sources.md, head 3.4)";
const SYSTEM: &str = "US$ 500-3000 first, 300-1500 again: aurumhairsystem.com, \"How much does hair systems cost an individual user per year?\"";
const SYSTEM_MONTHS: &str = "6 months to 2 years: the same page of aurumhairsystem.com";
const SYSTEM_MONTH: &str = "US$ 50-200 a month: the same page of aurumhairsystem.com";
const MEDICATION: &str =
    "finasteride US$ 10-30, minoxidil 15-40 a month: myhairline.ai, \"Hair loss medication list\"";
const TOUCH_UP: &str = "the studio's own; default an example inside 300-1000 for large areas (unconfirmed price lists, docs/sources.md, smp 7.1)";

/// Ten years of this plan beside the ways that are open to the client: which ones, and what they ask for every week,
/// depends on the look, the loss and how the hair is worn. Every number is a setting of the case.
pub fn alternatives(case: &Case, quote: &Quote, area_cm2: f64, touch_up_years: f64) -> Comparison {
    let patchy = case.loss.areata_percent.is_some() || !case.loss.patches.is_empty();
    let mut ways = vec![this_plan(case, quote, area_cm2, touch_up_years)];
    let mut left_out = vec![];
    let mut leave = |name, reason| left_out.push(LeftOut { name, reason });
    match case.look {
        Look::Scar => {
            ways.push(transplant(
                case,
                area_cm2,
                "Hair transplant into the scar",
                "they take less surely in a scar",
            ));
            ways.push(revision(case));
            ways.push(longer_hair());
        }
        Look::Density => {
            ways.push(fibres(case));
            ways.push(system(case, "Hair piece (topper)"));
            if patchy {
                leave("Medication", "patchy loss is treated by a dermatologist case by case");
            } else {
                ways.push(medication(case));
            }
            leave(
                "Hair transplant",
                "where hair is thin all over, the donor hair usually is thin too; a surgeon can tell",
            );
        }
        Look::Shaved | Look::Hairline => {
            if patchy {
                leave("Hair transplant", "patchy loss (alopecia areata) can take transplanted hair too");
                leave("Medication", "patchy loss is treated by a dermatologist case by case");
            } else {
                ways.push(transplant(
                    case,
                    area_cm2,
                    "Hair transplant",
                    "as far as the donor area can give them; medication not counted",
                ));
            }
            ways.push(system(case, "Hair system"));
            if !patchy {
                ways.push(medication(case));
            }
        }
    }
    ways.push(Alternative {
        name: "Doing nothing".into(),
        money: 0.0,
        minutes: 0.0,
        how: "costs nothing".into(),
        inputs: vec![],
    });
    Comparison { ways, left_out }
}

fn input(setting: &'static str, value: f64, source: &str) -> Input {
    Input { setting, value, source: source.to_owned() }
}

fn this_plan(case: &Case, quote: &Quote, area_cm2: f64, touch_up_years: f64) -> Alternative {
    let touch_ups = ((YEARS - 0.25) / touch_up_years.max(0.5)).floor();
    let price = touch_up_price(case, area_cm2);
    let minutes = smp_minutes_week(case);
    let care = match (case.look, Wear::of(case)) {
        (Look::Shaved | Look::Hairline, Wear::Clipped | Wear::Short) => "clipping and sun cover",
        _ => "sun cover",
    };
    let visits = match touch_ups as u32 {
        0 => "no touch-up".to_owned(),
        1 => format!("one touch-up at {}", money(price)),
        n => format!("{n} touch-ups at {}", money(price)),
    };
    let fast = if case.look == Look::Scar { " (scars fade about twice as fast)" } else { "" };
    Alternative {
        name: "Scalp micropigmentation".into(),
        money: cents(quote.total + touch_ups * price),
        minutes: (minutes * WEEKS).round(),
        how: format!("this quote and {visits}{fast}; {minutes} minutes a week for {care}"),
        inputs: vec![
            input("studio.touch_up_base_price", case.studio.touch_up_base_price, TOUCH_UP),
            input("studio.touch_up_per_cm2_price", case.studio.touch_up_per_cm2_price, TOUCH_UP),
            input("alternatives.smp_minutes_week", minutes, ASSUMED),
        ],
    }
}

fn transplant(case: &Case, area_cm2: f64, name: &str, but: &str) -> Alternative {
    let a = &case.alternatives;
    let grafts = (area_cm2 * a.grafts_per_cm2).round();
    Alternative {
        name: name.into(),
        money: cents(grafts * a.transplant_per_graft),
        minutes: 0.0,
        how: format!(
            "{grafts} grafts ({} per cm2) at {}; {but}",
            a.grafts_per_cm2,
            money(a.transplant_per_graft)
        ),
        inputs: vec![
            input("alternatives.transplant_per_graft", a.transplant_per_graft, PER_GRAFT),
            input("alternatives.grafts_per_cm2", a.grafts_per_cm2, PER_CM2),
        ],
    }
}

fn system(case: &Case, name: &str) -> Alternative {
    let a = &case.alternatives;
    let systems = (12.0 * YEARS / a.system_months).ceil();
    Alternative {
        name: name.into(),
        money: cents(systems * a.system_price + 12.0 * YEARS * a.system_upkeep_month),
        minutes: (a.system_minutes_week * WEEKS).round(),
        how: format!(
            "{systems} pieces at {} and {} a month of upkeep; {} minutes a week",
            money(a.system_price),
            money(a.system_upkeep_month),
            a.system_minutes_week
        ),
        inputs: vec![
            input("alternatives.system_price", a.system_price, SYSTEM),
            input("alternatives.system_months", a.system_months, SYSTEM_MONTHS),
            input("alternatives.system_upkeep_month", a.system_upkeep_month, SYSTEM_MONTH),
            input("alternatives.system_minutes_week", a.system_minutes_week, ASSUMED),
        ],
    }
}

fn medication(case: &Case) -> Alternative {
    let a = &case.alternatives;
    Alternative {
        name: "Medication".into(),
        money: cents(12.0 * YEARS * a.medication_month),
        minutes: (a.medication_minutes_week * WEEKS).round(),
        how: format!(
            "{} a month; {} minutes a week; works while it is taken, and not on everyone",
            money(a.medication_month),
            a.medication_minutes_week
        ),
        inputs: vec![
            input("alternatives.medication_month", a.medication_month, MEDICATION),
            input("alternatives.medication_minutes_week", a.medication_minutes_week, ASSUMED),
        ],
    }
}

/// Powder of coloured fibres or a root spray on the thin places, every morning.
fn fibres(case: &Case) -> Alternative {
    let a = &case.alternatives;
    Alternative {
        name: "Hair fibres or root spray".into(),
        money: cents(12.0 * YEARS * a.fibres_month),
        minutes: (a.fibres_minutes_week * WEEKS).round(),
        how: format!(
            "{} a month; {} minutes a week; washes out, and rain and sweat show it",
            money(a.fibres_month),
            a.fibres_minutes_week
        ),
        inputs: vec![
            input("alternatives.fibres_month", a.fibres_month, ASSUMED),
            input("alternatives.fibres_minutes_week", a.fibres_minutes_week, ASSUMED),
        ],
    }
}

fn revision(case: &Case) -> Alternative {
    let price = case.alternatives.scar_revision_price;
    Alternative {
        name: "Cutting the scar narrower (scar revision)".into(),
        money: price,
        minutes: 0.0,
        how: format!("one operation at {}; a finer scar is likely, not certain", money(price)),
        inputs: vec![input("alternatives.scar_revision_price", price, ASSUMED)],
    }
}

fn longer_hair() -> Alternative {
    Alternative {
        name: "Wearing the hair longer".into(),
        money: 0.0,
        minutes: 0.0,
        how: "hair of some centimetres covers most scars at the back of the head".into(),
        inputs: vec![],
    }
}

fn cents(money: f64) -> f64 {
    (money * 100.0).round() / 100.0
}

fn money(price: f64) -> String {
    if price.fract() == 0.0 { format!("{price:.0}") } else { format!("{price:.2}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{EXAMPLES, read};

    fn compared(name: &str, area_cm2: f64) -> (Case, Comparison) {
        let text = EXAMPLES.iter().find(|e| e.0 == name).map(|e| e.1).unwrap_or_default();
        let case = read(name, text.as_bytes()).expect("an example is a case");
        let quote = quote(&case, 3, area_cm2);
        let comparison = alternatives(&case, &quote, area_cm2, 3.5);
        (case, comparison)
    }

    fn names(comparison: &Comparison) -> String {
        comparison.ways.iter().map(|w| w.name.to_lowercase()).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn ways_are_those_open_to_the_client() {
        let (scar, ways) = compared("scar-strip", 14.0);
        for never in ["hair system", "medication", "topper"] {
            assert!(!names(&ways).contains(never), "{}", names(&ways));
        }
        assert!(names(&ways).contains("longer"));
        let (long, women) = compared("density-partline", 120.0);
        assert!(!women.ways[0].how.contains("clipping"), "{}", women.ways[0].how);
        assert!(names(&women).contains("fibres") && !names(&women).contains("transplant"));
        assert!(women.left_out.iter().any(|l| l.name == "Hair transplant"));
        let (shaved, men) = compared("shaved-norwood6", 280.0);
        assert!(men.ways[0].how.contains("clipping") && names(&men).contains("hair system"));
        assert!(smp_minutes_week(&shaved) > smp_minutes_week(&long));
        assert!(smp_minutes_week(&long) > smp_minutes_week(&scar));
        // A small scar's touch-up costs a fraction of a whole scalp's.
        assert!(touch_up_price(&scar, 14.0) < 0.5 * touch_up_price(&shaved, 280.0));
    }

    #[test]
    fn sums_are_those_of_the_settings_and_every_setting_has_a_source() {
        for (name, _) in EXAMPLES {
            let (case, comparison) = compared(name, 100.0);
            let known = serde_json::to_value(&case).expect("a case is JSON");
            for way in &comparison.ways {
                assert!(way.money == 0.0 || !way.inputs.is_empty(), "{name}: {}", way.name);
                for input in &way.inputs {
                    assert!(!input.source.is_empty());
                    let (table, key) = input.setting.split_once('.').expect("table and key");
                    let value = known.get(table).and_then(|t| t.get(key));
                    assert!(value.is_some(), "{} is no setting", input.setting);
                    if let Some(value) = value.and_then(serde_json::Value::as_f64) {
                        assert_eq!(value, input.value, "{}", input.setting);
                    }
                }
            }
            let touch_ups = 2.0 * touch_up_price(&case, 100.0);
            let ten_years = comparison.ways[0].money;
            assert!((ten_years - quote(&case, 3, 100.0).total - touch_ups).abs() < 0.01, "{name}");
        }
    }
}
