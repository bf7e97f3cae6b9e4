//! `/api/v1/course-times`: when a whole course can take place, straight from the board in memory.

use axum::Json;
use axum::extract::State;
use hairline_studio::course::{
    ClientDays, CourseError, CourseQuestion, MAX_DAYS, Objective, Reasons, Relax, Same, Step, courses,
};
use hairline_studio::ids::{ServiceId, StaffId};
use hairline_studio::search::Who;
use hairline_studio::zone::{days_between, zone};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::App;
use crate::booking::visit;
use crate::extract::Query;
use crate::problem::{self, Problem};
use crate::refused::of_search;

/// How many courses are answered.
const COURSES: usize = 5;

/// Of what, where, with whom, how far apart, in which days.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The service of every session.
    #[param(value_type = String, format = "uuid")]
    service: ServiceId,
    /// Last part of the studio's address: with anyone there.
    studio: Option<String>,
    /// One practitioner, at whichever studio.
    #[param(value_type = Option<String>, format = "uuid")]
    practitioner: Option<StaffId>,
    /// Days between the sessions, fewest and most: `14-21,28-42` is a course of three.
    #[param(example = "14-21,28-42")]
    gaps: String,
    /// First local day of the first session.
    #[param(value_type = String, format = Date)]
    from: Date,
    /// Last local day of the last session.
    #[param(value_type = String, format = Date)]
    to: Date,
    /// What matters most: `earliest`, `fewest_journeys` or `same_weekday`.
    #[serde(default = "earliest")]
    #[param(value_type = Option<String>, example = "earliest")]
    objective: Objective,
    /// Local days on which the client cannot come, with commas between.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "2026-12-24,2026-12-31")]
    not_on: String,
}

fn earliest() -> Objective {
    Objective::Earliest
}

/// Courses that can be booked, the best first.
#[derive(Serialize, ToSchema)]
pub struct CourseTimes {
    course_times: Vec<Course>,
    meta: Meta,
}

/// One course.
#[derive(Serialize, ToSchema)]
#[schema(as = CourseTime)]
pub struct Course {
    sessions: Vec<Session>,
    /// Days from the first asked for to the last session.
    days: u32,
    /// Sessions with another practitioner than the one before.
    practitioner_changes: u32,
    /// Sessions at another studio than the one before.
    studio_changes: u32,
    /// Days with a session.
    journeys: u32,
}

/// One session of a course.
#[derive(Serialize, ToSchema)]
#[schema(as = CourseSession)]
pub struct Session {
    studio: visit::Studio,
    practitioner: visit::Practitioner,
    /// When it begins.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// When it ends.
    #[schema(value_type = String, format = DateTime)]
    end: Timestamp,
    /// What the clock at the studio shows when it begins.
    #[schema(value_type = String)]
    wall_time: DateTime,
}

/// What stands beside courses.
#[derive(Serialize, ToSchema)]
#[schema(as = CourseTimesMeta)]
pub struct Meta {
    /// Where there is none: which session has no place, and what would give it one.
    #[serde(skip_serializing_if = "Option::is_none")]
    no_place: Option<NoPlace>,
    /// At this time other processes' bookings were last looked for; those of the process that answers are all in.
    #[schema(value_type = String, format = DateTime)]
    as_of: Timestamp,
}

/// Why there is no course.
#[derive(Serialize, ToSchema)]
pub struct NoPlace {
    /// The first session without a place, counted from 1.
    session: usize,
    /// First day on which it could be, given those before.
    #[schema(value_type = String, format = Date)]
    first: Date,
    /// Last day on which it could be.
    #[schema(value_type = String, format = Date)]
    last: Date,
    /// What would help, each alone: `{"gap_max": days}`, `other_practitioner`, `any_studio`, `client_days`, `{"until": date}`.
    #[schema(value_type = Vec<Object>)]
    would_help: Vec<Relax>,
}

/// Whole courses that can be booked.
#[utoipa::path(
    get, path = "/course-times", tag = "booking", params(Asked),
    responses(
        (status = 200, description = "Up to five courses, the best first, each beginning on another day", body = CourseTimes),
        (status = 400, description = "A parameter is not allowed so", body = problem::Body, content_type = "application/problem+json"),
        (status = 404, description = "There is no such service, studio or practitioner", body = problem::Body, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests", body = problem::Body, content_type = "application/problem+json"),
        (status = 503, description = "What is free is not known now, or no studio is set up yet", body = problem::Body, content_type = "application/problem+json"),
    )
)]
pub async fn list(State(app): State<App>, Query(asked): Query<Asked>) -> Result<Json<CourseTimes>, Problem> {
    let office = app.office()?;
    let days = days_between(asked.from, asked.to) + 1;
    if !(1..=MAX_DAYS).contains(&days) {
        return Err(Problem::new(&problem::BAD_REQUEST)
            .error("to", format!("From and to span {days} days; 1 to {MAX_DAYS} are allowed.")));
    }
    let gaps = gaps(&asked.gaps)?;
    let client = ClientDays { dates: dates(&asked.not_on)?, ..ClientDays::default() };
    let shown = office.board()?;
    let practice = &shown.practice;
    let not_found = || Problem::new(&problem::NOT_FOUND);
    let at = asked.studio.as_deref().map(|slug| super::studio(practice, slug)).transpose()?.map(|s| s.id);
    practice.service(asked.service).filter(|s| s.public).ok_or_else(not_found)?;
    let service = shown.board.service(practice, asked.service).ok_or_else(not_found)?;
    let who = match (asked.practitioner, at) {
        (Some(id), _) => Who::One(id.into()),
        (None, Some(studio)) => Who::Studio(studio),
        (None, None) => Who::Chain,
    };
    let first = Step { service: &service, gap_min_days: 0, gap_max_days: 0, lead_days: 0 };
    let steps: Vec<Step<'_>> = std::iter::once(first)
        .chain(gaps.iter().map(|&(gap_min_days, gap_max_days)| Step { gap_min_days, gap_max_days, ..first }))
        .collect();
    let question = CourseQuestion {
        steps: &steps,
        who,
        same: Same::Preferred,
        weights: asked.objective.weights(),
        from: asked.from,
        to: asked.to,
        after: None,
        client: &client,
        now: crate::office::now(),
        own: &[],
        n: COURSES,
    };
    let (found, no_place) = match courses(shown.board.world(), &question) {
        Ok(found) => (found, None),
        Err(CourseError::NoPlace { step, first, last, relax }) => {
            (Vec::new(), Some(NoPlace { session: step + 1, first, last, would_help: relax }))
        }
        Err(CourseError::Search(why)) => return Err(of_search(&why)),
        Err(CourseError::Days { .. }) => {
            return Err(Problem::new(&problem::BAD_REQUEST).error("to", "From and to are not days in order."));
        }
        Err(other) => return Err(Problem::new(&problem::BAD_REQUEST).error("gaps", other.to_string())),
    };
    let course_times = found
        .iter()
        .map(|course| {
            let sessions = course.visits.iter().filter_map(|v| {
                let studio = practice.studio(v.studio)?;
                Some(Session {
                    studio: visit::Studio { slug: studio.slug.clone(), name: studio.name.clone() },
                    practitioner: visit::practitioner(practice, StaffId(v.practitioner.0)),
                    start: v.start,
                    end: v.end,
                    wall_time: zone(&studio.zone).ok()?.to_datetime(v.start),
                })
            });
            let Reasons { days, changes, studio_changes, journeys, .. } = course.reasons;
            Course {
                sessions: sessions.collect(),
                days,
                practitioner_changes: changes,
                studio_changes,
                journeys,
            }
        })
        .collect();
    Ok(Json(CourseTimes { course_times, meta: Meta { no_place, as_of: shown.looked() } }))
}

/// The gaps of a text such as `14-21,28-42`.
fn gaps(text: &str) -> Result<Vec<(u32, u32)>, Problem> {
    let gap = |part: &str| {
        let (min, max) = part.split_once('-')?;
        Some((min.trim().parse().ok()?, max.trim().parse().ok()?))
    };
    text.split(',')
        .map(|part| {
            gap(part).ok_or_else(|| {
                let said = format!("\"{part}\" is not a gap; write the fewest and the most days, as 14-21.");
                Problem::new(&problem::BAD_REQUEST).error("gaps", said)
            })
        })
        .collect()
}

/// The dates of a text with commas between them.
fn dates(text: &str) -> Result<Vec<Date>, Problem> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| {
            part.parse().map_err(|_| {
                let said = format!("\"{part}\" is not a date; write it as 2026-12-24.");
                Problem::new(&problem::BAD_REQUEST).error("not_on", said)
            })
        })
        .collect()
}
