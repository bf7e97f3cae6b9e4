//! `/api/v1/free-times`: when a visit can begin, straight from the board in memory.

use axum::Json;
use axum::extract::State;
use hairline_studio::ids::{ServiceId, StaffId};
use hairline_studio::search::Who;
use hairline_studio::zone::days_between;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::App;
use crate::booking::{free, visit};
use crate::extract::Query;
use crate::problem::{self, Problem};
use crate::refused::of_search;

/// Most days of one question.
pub const DAYS_MOST: i64 = 31;

/// Of what, where, with whom, when. A studio, a practitioner, or both.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The service.
    #[param(value_type = String, format = "uuid")]
    service: ServiceId,
    /// Last part of the studio's address: times with anyone there.
    studio: Option<String>,
    /// One practitioner, at whichever studio.
    #[param(value_type = Option<String>, format = "uuid")]
    practitioner: Option<StaffId>,
    /// First local day.
    #[param(value_type = String, format = Date)]
    from: Date,
    /// Last local day, at most 30 after the first.
    #[param(value_type = String, format = Date)]
    to: Date,
}

/// Free times, by practitioner and studio.
#[derive(Serialize, ToSchema)]
pub struct FreeTimes {
    free_times: Vec<Line>,
    meta: Meta,
}

/// The free times of one practitioner at one studio; also of who has none.
#[derive(Serialize, ToSchema)]
#[schema(as = FreeTimesOfOne)]
pub struct Line {
    studio: visit::Studio,
    /// IANA name of the zone of the days and times.
    zone: String,
    practitioner: visit::Practitioner,
    /// Days with free times.
    days: Vec<free::Day>,
}

/// What stands beside free times.
#[derive(Serialize, ToSchema)]
#[schema(as = FreeTimesMeta)]
pub struct Meta {
    /// Minutes of the visit.
    minutes: u32,
    /// At this time other processes' bookings were last looked for; those of the process that answers are all in.
    #[schema(value_type = String, format = DateTime)]
    as_of: Timestamp,
}

/// When a visit can begin.
#[utoipa::path(
    get, path = "/free-times", tag = "booking", params(Asked),
    responses(
        (status = 200, description = "Every start; `{date}T{start}:00{offset}` is its instant", body = FreeTimes),
        (status = 400, description = "A parameter is not allowed so", body = problem::Body, content_type = "application/problem+json"),
        (status = 404, description = "There is no such service, studio or practitioner", body = problem::Body, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests", body = problem::Body, content_type = "application/problem+json"),
        (status = 503, description = "What is free is not known now, or no studio is set up yet", body = problem::Body, content_type = "application/problem+json"),
    )
)]
pub async fn list(State(app): State<App>, Query(asked): Query<Asked>) -> Result<Json<FreeTimes>, Problem> {
    let office = app.office()?;
    let days = days_between(asked.from, asked.to) + 1;
    if !(1..=DAYS_MOST).contains(&days) {
        return Err(Problem::new(&problem::BAD_REQUEST)
            .error("to", format!("From and to span {days} days; 1 to {DAYS_MOST} are allowed.")));
    }
    let shown = office.board()?;
    let practice = &shown.practice;
    let not_found = || Problem::new(&problem::NOT_FOUND);
    let at = asked.studio.as_deref().map(|slug| super::studio(practice, slug)).transpose()?.map(|s| s.id);
    let public = practice.service(asked.service).filter(|s| s.public).ok_or_else(not_found)?;
    let service = shown.board.service(practice, asked.service).ok_or_else(not_found)?;
    let who = match (asked.practitioner, at) {
        (Some(id), _) => Who::One(id.into()),
        (None, Some(studio)) => Who::Studio(studio),
        (None, None) => {
            return Err(Problem::new(&problem::BAD_REQUEST)
                .error("studio", "Neither studio nor practitioner is given; name one or both."));
        }
    };
    let now = crate::office::now();
    let question = free::Asked { service: &service, who, at, from: asked.from, to: asked.to, now, own: &[] };
    let lines = free::lines(shown.board.world(), &question).map_err(|e| of_search(&e))?;
    let free_times = lines.into_iter().filter_map(|line| {
        let studio = practice.studio(line.studio)?;
        Some(Line {
            studio: visit::Studio { slug: studio.slug.clone(), name: studio.name.clone() },
            zone: studio.zone.clone(),
            practitioner: visit::practitioner(practice, line.practitioner),
            days: line.days,
        })
    });
    let meta = Meta { minutes: public.minutes, as_of: shown.looked() };
    Ok(Json(FreeTimes { free_times: free_times.collect(), meta }))
}
