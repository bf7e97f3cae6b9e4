//! `/api/v1/visits/{code}`: who has the code of a visit sees it, moves it, calls it off.

use axum::extract::{Path, State};
use axum::response::Response;
use hairline_studio::ids::StaffId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::holds::{OneVisit, one, with_next_best};
use crate::App;
use crate::booking::once::{Once, once};
use crate::booking::steps::{self, Wanted};
use crate::booking::visit;
use crate::extract::{IdempotencyKey, IfMatch, Json};
use crate::problem::{self, Problem};

/// Where a visit is moved to.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// When it begins.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// With whom; without it, the same as before.
    #[schema(value_type = Option<String>, format = "uuid")]
    practitioner: Option<StaffId>,
}

fn code(typed: &str) -> Result<String, Problem> {
    visit::code(typed).ok_or_else(|| Problem::new(&problem::NOT_FOUND))
}

/// The visit of a code.
#[utoipa::path(
    get, path = "/visits/{code}", tag = "booking", params(("code" = String, Path, description = "Code of the visit")),
    responses(
        (status = 200, description = "The visit", body = OneVisit, headers(("etag" = String, description = "Version of the visit"))),
        (status = 404, description = "There is no such visit", body = problem::Body, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests", body = problem::Body, content_type = "application/problem+json"),
        (status = 503, description = "The records cannot be reached", body = problem::Body, content_type = "application/problem+json"),
    )
)]
pub async fn get(State(app): State<App>, Path(typed): Path<String>) -> Result<Response, Problem> {
    Ok(one(steps::see(app.office()?, code(&typed)?).await?))
}

/// Calls a visit off. Asking twice changes nothing the second time.
#[utoipa::path(
    post, path = "/visits/{code}/cancel", tag = "booking",
    params(
        ("code" = String, Path, description = "Code of the visit"),
        ("Idempotency-Key" = String, Header, description = "A random key of this write", min_length = 1, max_length = 255, pattern = "^[!-~]+$"),
    ),
    responses(
        (status = 200, description = "The visit is called off", body = OneVisit, headers(("etag" = String, description = "Version of the visit"))),
        (status = 400, description = "The key is missing", body = problem::Body, content_type = "application/problem+json"),
        (status = 404, description = "There is no such visit", body = problem::Body, content_type = "application/problem+json"),
        (status = 409, description = "It cannot be called off any more", body = problem::Body, content_type = "application/problem+json"),
        (status = 422, description = "The key was used for another request", body = problem::Body, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests", body = problem::Body, content_type = "application/problem+json"),
        (status = 503, description = "The records cannot be reached", body = problem::Body, content_type = "application/problem+json"),
    )
)]
pub async fn cancel(
    State(app): State<App>,
    Path(typed): Path<String>,
    IdempotencyKey(key): IdempotencyKey,
) -> Result<Response, Problem> {
    let (office, code) = (app.office()?, code(&typed)?);
    let key = Once::new(&key, &format!("POST /api/v1/visits/{code}/cancel"), &());
    Ok(one(once(office, &key, 200, move |desk| steps::cancel(desk, &code)).await?))
}

/// Moves a visit to another time; its code stays.
#[utoipa::path(
    post, path = "/visits/{code}/move", tag = "booking", request_body = Move,
    params(
        ("code" = String, Path, description = "Code of the visit"),
        ("Idempotency-Key" = String, Header, description = "A random key of this write", min_length = 1, max_length = 255, pattern = "^[!-~]+$"),
        ("If-Match" = String, Header, description = "ETag of the visit as it was read", pattern = "^\"[0-9]{1,18}\"$"),
    ),
    responses(
        (status = 200, description = "The visit is moved", body = OneVisit, headers(("etag" = String, description = "Version of the visit"))),
        (status = 400, description = "The key is missing, or this is not JSON", body = problem::Body, content_type = "application/problem+json"),
        (status = 404, description = "There is no such visit", body = problem::Body, content_type = "application/problem+json"),
        (status = 409, description = "The time is not free (`next_best` names the nearest that are), or the visit cannot move any more", body = problem::Body, content_type = "application/problem+json"),
        (status = 412, description = "The visit was changed meanwhile", body = problem::Body, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = problem::Body, content_type = "application/problem+json"),
        (status = 415, description = "The body is not sent as JSON", body = problem::Body, content_type = "application/problem+json"),
        (status = 422, description = "A field is not allowed so, or the key was used for another body", body = problem::Body, content_type = "application/problem+json"),
        (status = 428, description = "If-Match is missing", body = problem::Body, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests", body = problem::Body, content_type = "application/problem+json"),
        (status = 503, description = "The records cannot be reached", body = problem::Body, content_type = "application/problem+json"),
    )
)]
pub async fn move_to(
    State(app): State<App>,
    Path(typed): Path<String>,
    IdempotencyKey(key): IdempotencyKey,
    IfMatch(version): IfMatch,
    Json(to): Json<Move>,
) -> Result<Response, Problem> {
    let (office, code) = (app.office()?, code(&typed)?);
    let key = Once::new(&key, &format!("POST /api/v1/visits/{code}/move"), &to);
    let Move { start, practitioner } = to;
    let of = code.clone();
    match once(office, &key, 200, move |desk| steps::move_to(desk, &of, version, start, practitioner)).await {
        Ok(moved) => Ok(one(moved)),
        Err(stopped) => {
            // The visit as it stands, for times near the one that was refused.
            let seen = office.read(move |desk| steps::see_at(desk, &code)).await;
            let Ok((_, visit)) = seen else { return Err(stopped.into()) };
            let practitioner = Some(practitioner.unwrap_or(visit.practitioner));
            let wanted = Wanted { studio: visit.studio, service: visit.service, practitioner, start };
            let own = steps::own(&office.practice(), &visit);
            steps::look_again(office, visit.studio, start).await;
            Err(with_next_best(office, stopped, wanted, &own))
        }
    }
}
