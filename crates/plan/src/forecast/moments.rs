//! The moments at which pictures show the scalp.

use serde::Serialize;

use super::kinetics::{DAYS_PER_YEAR, HEALED_DAY};

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

impl Age {
    /// Days since the last session.
    pub fn days(self) -> f64 {
        match self {
            Age::Before | Age::Fresh => 0.0,
            Age::Healed => HEALED_DAY,
            Age::Years(years) => HEALED_DAY + DAYS_PER_YEAR * years,
        }
    }
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
