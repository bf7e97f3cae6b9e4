//! What pages show of a plan without reading its files.

use hairline_plan::Plan;
use hairline_plan::case::Look;
use hairline_studio::gates::{Gate, Policy, ServiceKind};
use hairline_studio::ids::StudioId;
use hairline_studio::practice::{Practice, Service};
use hairline_studio::store::courses::Session;
use serde::{Deserialize, Serialize};

/// How many days a session may come after the earliest day the plan allows, so that a course finds its times (assumption).
pub const SLACK_DAYS: u32 = 28;

/// Numbers of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Numbers {
    /// Its title.
    pub title: String,
    /// The look, in words.
    pub look: String,
    /// Dots.
    pub dots: usize,
    /// Skin treated, cm2.
    pub area_cm2: f64,
    /// Height of the hairline's middle above the glabella along the skin, mm, where one is drawn.
    pub hairline_mm: Option<f64>,
    /// The sessions.
    pub sessions: Vec<Sitting>,
    /// The whole price.
    pub price: f64,
    /// Its currency.
    pub currency: String,
    /// Why the pigment is the one it is, in a sentence.
    pub pigment: String,
    /// Years after which a touch-up is due: early, middle, late.
    pub touch_up_years: [f64; 3],
    /// What the engine warns of.
    pub warnings: Vec<String>,
    /// How the scalp was seen, in order: stem of a picture's name and words for it.
    pub moments: Vec<(String, String)>,
}

/// A session of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sitting {
    /// Dots.
    pub dots: usize,
    /// Minutes of work and breaks.
    pub minutes: f64,
    /// Share of all dots done after it, percent.
    pub done_percent: f64,
    /// Fewest days after the session before.
    pub gap_days: u32,
    /// Its date, where the plan has a first day.
    pub date: Option<String>,
}

impl Numbers {
    /// Those of a plan.
    pub fn of(plan: &Plan) -> Numbers {
        let gaps = &plan.case.sessions.gap_days;
        let gap = |n: usize| match n {
            0 => 0,
            n => gaps.get(n - 1).or(gaps.last()).copied().unwrap_or(14),
        };
        Numbers {
            title: plan.title.clone(),
            look: look_words(plan.case.look).to_owned(),
            dots: plan.dots,
            area_cm2: plan.treated_area_cm2,
            hairline_mm: plan.hairline.as_ref().map(|h| h.height_mm),
            sessions: plan
                .sessions
                .iter()
                .enumerate()
                .map(|(n, s)| Sitting {
                    dots: s.dots,
                    minutes: s.minutes.total(),
                    done_percent: 100.0 * s.cumulative,
                    gap_days: gap(n),
                    date: s.when.date.map(|d| d.to_string()),
                })
                .collect(),
            price: plan.quote.total,
            currency: plan.quote.currency.clone(),
            pigment: plan.matched.why.clone(),
            touch_up_years: plan.forecast.touch_up_years,
            warnings: plan.warnings.iter().map(|w| w.text.clone()).collect(),
            moments: hairline_plan::forecast::moments(plan.sessions.len())
                .into_iter()
                .map(|m| (m.name, m.label))
                .collect(),
        }
    }

    /// The sessions as they are booked at a studio; `None` where nobody there does sessions. A sitting lasts the minutes of
    /// the plan, rounded up to quarters of an hour; the n-th is booked as the n-th of the studio's kinds of session, what
    /// goes beyond as the last of them.
    pub fn bookable(&self, practice: &Practice, studio: StudioId) -> Option<Vec<Session>> {
        let services = session_services(practice, studio);
        let lead_days = review_days(&practice.chain.settings.gates);
        let last = services.last()?;
        let one = |(n, sitting): (usize, &Sitting)| {
            let first = n == 0;
            let gap_min_days = if first { 0 } else { sitting.gap_days };
            let lead_days = if first { 0 } else { lead_days };
            Session {
                service: services.get(n).unwrap_or(last).id,
                minutes: quarters(sitting.minutes),
                gap_min_days,
                gap_max_days: if first { 0 } else { gap_min_days.max(lead_days) + SLACK_DAYS },
                lead_days,
            }
        };
        Some(self.sessions.iter().enumerate().map(one).collect())
    }
}

/// Minutes rounded up to quarters of an hour: 15 to 720.
fn quarters(minutes: f64) -> u32 {
    let quarters = libm::ceil((minutes / 15.0).clamp(1.0, 48.0));
    // Between 1 and 48 by the line above.
    15 * quarters as u32
}

/// The kinds of session that somebody at a studio does, in the order of their names.
fn session_services(practice: &Practice, studio: StudioId) -> Vec<&Service> {
    let here: Vec<_> = practice.practitioners(studio).into_iter().map(|p| p.id).collect();
    let done_here = |s: &&Service| s.staff.iter().any(|id| here.contains(id));
    let sessions = practice.services.iter().filter(|s| s.active && s.kind == ServiceKind::Session);
    sessions.filter(done_here).collect()
}

/// Days after a session from which its healed photos can be reviewed.
fn review_days(policy: &Policy) -> u32 {
    let rule = policy.rules.get(&Gate::HealedReview);
    rule.and_then(|r| r.look_after_hours.first()).map_or(7, |hours| hours.div_ceil(24))
}

/// A look in the words of the form.
pub fn look_words(look: Look) -> &'static str {
    match look {
        Look::Shaved => "Shaved look",
        Look::Density => "Density between long hair",
        Look::Hairline => "Hairline",
        Look::Scar => "Scars",
    }
}
