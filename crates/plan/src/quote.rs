//! The price with its reasons, and ten years beside the alternatives. Every price is an input of the case.

use serde::Serialize;

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

/// One way to live with the hair loss for ten years.
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

/// Ten years of SMP, transplant, hair system, medication and doing nothing.
///
/// The defaults of the inputs are examples: transplant 3 a graft and 27 grafts per cm2 (`head.md` 3.4 for the count, the
/// price recalled from price lists), hair system 500 every six months and 60 a month of upkeep, medication 25 a month
/// (assumptions).
pub fn alternatives(case: &Case, quote: &Quote, area_cm2: f64, touch_up_years: f64) -> Vec<Alternative> {
    let a = &case.alternatives;
    let touch_ups = ((YEARS - 0.25) / touch_up_years.max(0.5)).floor();
    let grafts = (area_cm2 * a.grafts_per_cm2).round();
    let systems = (12.0 * YEARS / a.system_months).ceil();
    vec![
        Alternative {
            name: "Scalp micropigmentation".into(),
            money: cents(quote.total + touch_ups * case.studio.touch_up_price),
            minutes: (a.smp_minutes_week * WEEKS).round(),
            how: format!(
                "this quote and {touch_ups} touch-ups at {}; {} minutes a week for clipping and sun cover",
                money(case.studio.touch_up_price),
                a.smp_minutes_week
            ),
        },
        Alternative {
            name: "Hair transplant".into(),
            money: cents(grafts * a.transplant_per_graft),
            minutes: 0.0,
            how: format!(
                "{grafts} grafts ({} per cm2) at {}, as far as the donor area can give them; medication not counted",
                a.grafts_per_cm2,
                money(a.transplant_per_graft)
            ),
        },
        Alternative {
            name: "Hair system".into(),
            money: cents(systems * a.system_price + 12.0 * YEARS * a.system_upkeep_month),
            minutes: (a.system_minutes_week * WEEKS).round(),
            how: format!(
                "{systems} systems at {} and {} a month of upkeep",
                money(a.system_price),
                money(a.system_upkeep_month)
            ),
        },
        Alternative {
            name: "Medication".into(),
            money: cents(12.0 * YEARS * a.medication_month),
            minutes: (a.medication_minutes_week * WEEKS).round(),
            how: format!(
                "{} a month; works while it is taken, and not on everyone",
                money(a.medication_month)
            ),
        },
        Alternative { name: "Doing nothing".into(), money: 0.0, minutes: 0.0, how: "costs nothing".into() },
    ]
}

fn cents(money: f64) -> f64 {
    (money * 100.0).round() / 100.0
}

fn money(price: f64) -> String {
    if price.fract() == 0.0 { format!("{price:.0}") } else { format!("{price:.2}") }
}
