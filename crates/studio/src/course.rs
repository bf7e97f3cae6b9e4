//! Several sessions in a row: which days, with whom, at what cost to the client.
//!
//! A course is an ordered list of steps. Each begins `gap_min_days..=gap_max_days` local days after the day on which the
//! one before ended (and no sooner than its healed photos can be reviewed). Every visit is a start that [`admits`] lets
//! in; steps whose gap may be 0 can share a day at one studio. Where a gap may be shorter than two days, visits whose buffers
//! or cleaning reach over a midnight that the sitting does not are left out.
//!
//! The best course is found backwards, step by step, over all days: for every day and practitioner the least cost of the
//! steps from there on (Bellman's recursion). Looking forward step by step would be wrong: the first free day of step 1 can leave
//! step 2 without any. The recursion's minima over the days of a gap are shared by all practitioners.
//!
//! [`admits`]: crate::search::admits

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::{ResourceId, StudioId};
use crate::search::{Own, Refusal, SearchError, Service, Who, World};
use crate::span::Span;

mod choose;
mod grid;
mod reflow;
mod relax;
mod solve;

pub use reflow::{Move, Moved, Reflow, reflow};

/// Visits at two studios lie at least so many days apart: a day to travel (an assumption), which also keeps their order
/// where the local dates of two zones differ by a day.
pub const TRAVEL_DAYS: i64 = 2;

/// One session of a course.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// The service, with the minutes of this session.
    pub service: &'a Service,
    /// Fewest local days from the end day of the step before; 0 allows the same day.
    pub gap_min_days: u32,
    /// Most local days from the end day of the step before.
    pub gap_max_days: u32,
    /// Local days after the step before until its healed photos can be reviewed; 0 where no review is needed.
    pub lead_days: u32,
}

impl Step<'_> {
    /// Fewest days from the end day of the step before, with the review.
    pub fn soonest_days(&self) -> i64 {
        i64::from(self.gap_min_days.max(self.lead_days))
    }
}

/// Whether one practitioner should do all sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Same {
    /// A change costs as much as [`Weights::change`] says.
    Preferred,
    /// No change.
    Required,
}

/// What the client wants most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// To be done early.
    Earliest,
    /// To travel seldom.
    FewestJourneys,
    /// To come on the same weekday, near the same hour.
    SameWeekday,
}

/// What each inconvenience costs; the course with the least sum is the best. A weight above 100,000 counts as that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weights {
    /// A day until the last visit.
    pub day: u32,
    /// Another practitioner than at the visit before.
    pub change: u32,
    /// Another studio than at the visit before.
    pub studio: u32,
    /// A day with a visit.
    pub journey: u32,
    /// A journey on another weekday than the first.
    pub weekday: u32,
    /// An hour between the first start of a journey and that of the first journey (clock hours).
    pub hour: u32,
}

impl Objective {
    /// The costs of an objective. Assumptions of ours: to keep the practitioner one waits a week, to keep the studio two;
    /// whoever wants few journeys waits any time that the gaps allow; another weekday is worse than eight hours.
    pub fn weights(self) -> Weights {
        let weights = Weights { day: 1, change: 7, studio: 14, journey: 0, weekday: 0, hour: 0 };
        match self {
            Objective::Earliest => weights,
            Objective::FewestJourneys => Weights { journey: 10_000, studio: 2_000, ..weights },
            Objective::SameWeekday => Weights { weekday: 10_000, hour: 1_200, ..weights },
        }
    }
}

/// When the client cannot come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientDays {
    /// Local days on which the client cannot come.
    pub dates: Vec<Date>,
    /// Weekdays on which the client cannot come, Monday first.
    pub weekdays: [bool; 7],
    /// Other appointments of the client, at whichever studio.
    pub busy: Vec<Span>,
}

/// A question for courses.
#[derive(Clone, Copy, Debug)]
pub struct CourseQuestion<'a> {
    /// The sessions in order; at least one.
    pub steps: &'a [Step<'a>],
    /// Whose times.
    pub who: Who,
    /// Whether one practitioner should do all.
    pub same: Same,
    /// What each inconvenience costs; see [`Objective::weights`].
    pub weights: Weights,
    /// First local day of the first visit.
    pub from: Date,
    /// Last local day of any visit.
    pub to: Date,
    /// The local day on which the visit before the first step ended; its gap counts from there.
    pub after: Option<Date>,
    /// When the client cannot come.
    pub client: &'a ClientDays,
    /// The present.
    pub now: Timestamp,
    /// What the course has taken itself, where it is planned anew.
    pub own: &'a [Own],
    /// How many courses to return, each beginning on another day.
    pub n: usize,
}

/// One visit of a course.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// Index of the step.
    pub step: usize,
    /// At which studio.
    pub studio: StudioId,
    /// With whom.
    pub practitioner: ResourceId,
    /// When the sitting starts.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// The local day of the start.
    pub date: Date,
    /// The local day of the end.
    pub end_date: Date,
}

/// What is to be said of a course: the terms of its cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reasons {
    /// Days from the first day asked for to the last visit.
    pub days: u32,
    /// Visits with another practitioner than the visit before.
    pub changes: u32,
    /// Visits at another studio than the visit before.
    pub studio_changes: u32,
    /// Days with a visit.
    pub journeys: u32,
    /// Journeys on another weekday than the first.
    pub weekdays_off: u32,
    /// Clock hours between the starts of the journeys and the start of the first, summed.
    pub hours_off: u32,
}

/// A course that can be booked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    /// One visit for each step, in order.
    pub visits: Vec<Visit>,
    /// The sum of its costs by the weights of the question.
    pub cost: u32,
    /// What the cost is made of.
    pub reasons: Reasons,
}

/// What would give a course a place; each was tried, and one alone is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relax {
    /// A longer gap before the step that has no place: so many days at most.
    GapMax(u32),
    /// Another practitioner for some of the sessions.
    OtherPractitioner,
    /// Any practitioner of any studio of the chain.
    AnyStudio,
    /// Days and times that the client has excluded.
    ClientDays,
    /// A later end of the course.
    Until(Date),
}

/// Why there is no course.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CourseError {
    /// The search itself has no answer.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// No steps, or more than [`MAX_STEPS`].
    #[error("course: found {found} steps, allowed are 1 to {MAX_STEPS}")]
    Steps {
        /// Number of steps given.
        found: usize,
    },
    /// A gap that holds no day, whatever is free.
    #[error(
        "step {}: found a gap of {gap_min_days} to {gap_max_days} days and {lead_days} days until the healed review; \
         the longest gap must not be shorter than either", .step + 1
    )]
    Gap {
        /// Index of the step.
        step: usize,
        /// Shortest gap.
        gap_min_days: u32,
        /// Longest gap.
        gap_max_days: u32,
        /// Days until the review of the step before.
        lead_days: u32,
    },
    /// More days than a course can have.
    #[error("days: found {from} to {to}, allowed are 1 to {MAX_DAYS} days in order")]
    Days {
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
    },
    /// The steps before have a place, this one has none.
    #[error("step {}: nothing free from {first} to {last}", .step + 1)]
    NoPlace {
        /// Index of the first step without a place.
        step: usize,
        /// First day on which it could be, given the steps before.
        first: Date,
        /// Last day on which it could be.
        last: Date,
        /// What would help.
        relax: Vec<Relax>,
    },
    /// The new time of the step that is moved cannot be booked.
    #[error("step {}: {refusal}", .step + 1)]
    Refused {
        /// Index of the step.
        step: usize,
        /// Why not.
        refusal: Refusal,
    },
    /// The new time of the step that is moved breaks the gap to the step before.
    #[error("step {}: found {found_days} days after the step before, allowed are {min_days} to {max_days}", .step + 1)]
    MoveGap {
        /// Index of the step.
        step: usize,
        /// Days from the end day of the step before.
        found_days: i64,
        /// Fewest allowed.
        min_days: i64,
        /// Most allowed.
        max_days: i64,
    },
}

/// Most steps of a course.
pub const MAX_STEPS: usize = 24;
/// Most days a course is searched over: two years.
pub const MAX_DAYS: i64 = 731;

/// The best courses, the best first, each beginning on another day; of equal ones the earlier first.
///
/// When there is none, the error names the step that has no place and what would give it one.
pub fn courses(world: &World, question: &CourseQuestion) -> Result<Vec<Course>, CourseError> {
    let found = courses_if_any(world, question)?;
    if found.is_empty() && question.n > 0 {
        return Err(relax::no_place(question, &|question| {
            courses_if_any(world, &CourseQuestion { n: 1, ..*question }).map(|found| !found.is_empty())
        }));
    }
    Ok(found)
}

/// The same without looking for the reason when there is none.
fn courses_if_any(world: &World, question: &CourseQuestion) -> Result<Vec<Course>, CourseError> {
    check(question)?;
    let w = &question.weights;
    let most = |weight: u32| weight.min(100_000);
    let weights = Weights {
        day: most(w.day),
        change: most(w.change),
        studio: most(w.studio),
        journey: most(w.journey),
        weekday: most(w.weekday),
        hour: most(w.hour),
    };
    let grid = grid::grid(world, question)?;
    Ok(choose::best(&grid, &CourseQuestion { weights, ..*question }))
}

/// Whether a visit lies within the days (fewest, most) that may pass since the end day of one before.
pub(crate) fn gap_holds(
    step: usize,
    (min_days, max_days): (i64, i64),
    before: &Visit,
    target: &Visit,
) -> Result<(), CourseError> {
    let found_days = crate::zone::days_between(before.end_date, target.date);
    let travel_days = if before.studio == target.studio { 0 } else { TRAVEL_DAYS };
    let min_days = min_days.max(travel_days);
    if (min_days..=max_days).contains(&found_days) && before.end <= target.start {
        return Ok(());
    }
    Err(CourseError::MoveGap { step, found_days, min_days, max_days })
}

fn check(question: &CourseQuestion) -> Result<(), CourseError> {
    let found = question.steps.len();
    if found == 0 || found > MAX_STEPS {
        return Err(CourseError::Steps { found });
    }
    for (step, s) in question.steps.iter().enumerate() {
        // The gap of the first step counts only from a visit before it.
        if i64::from(s.gap_max_days) < s.soonest_days() && (step > 0 || question.after.is_some()) {
            let (gap_min_days, gap_max_days, lead_days) = (s.gap_min_days, s.gap_max_days, s.lead_days);
            return Err(CourseError::Gap { step, gap_min_days, gap_max_days, lead_days });
        }
    }
    let (from, to) = (question.from, question.to);
    match crate::zone::days_between(from, to) {
        0..MAX_DAYS => Ok(()),
        _ => Err(CourseError::Days { from, to }),
    }
}
