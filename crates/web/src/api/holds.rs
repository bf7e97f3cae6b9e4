//! `/api/v1/holds` and `/api/v1/bookings`: a time is kept, then booked.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use hairline_studio::ids::{ServiceId, StaffId};
use hairline_studio::practice::Practice;
use hairline_studio::search::Offer;
use hairline_studio::store::book::Refused;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::App;
use crate::booking::once::{Once, Stopped, once};
use crate::booking::person::Person;
use crate::booking::steps::{self, Visitor, Wanted};
use crate::booking::visit::{self, Visit};
use crate::extract::{IdempotencyKey, Json, etag};
use crate::layers::client::Client;
use crate::office::Office;
use crate::problem::{self, Problem};

/// A time to be kept.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHold {
    /// Last part of the studio's address.
    studio: String,
    /// The service.
    #[schema(value_type = String, format = "uuid")]
    service: ServiceId,
    /// With whom; without it, whoever is free.
    #[schema(value_type = Option<String>, format = "uuid")]
    practitioner: Option<StaffId>,
    /// When it begins.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
}

/// A time that is kept.
#[derive(Serialize, ToSchema)]
pub struct Hold {
    hold: Visit,
}

/// A visit, or the hold of one.
#[derive(Serialize, ToSchema)]
pub struct OneVisit {
    visit: Visit,
}

/// A free time beside a refusal.
#[derive(Serialize, ToSchema)]
pub struct NextTime {
    studio: visit::Studio,
    practitioner: visit::Practitioner,
    /// When it begins.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// What the clock at the studio shows then.
    #[schema(value_type = String)]
    wall_time: jiff::civil::DateTime,
}

/// A hold to be booked, for whom.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBooking {
    /// Code of the hold.
    hold: String,
    /// Who comes.
    client: Person,
}

/// A refusal, with the free times nearest to what was asked for where the time was refused.
pub fn with_next_best(
    office: &Office,
    stopped: Stopped,
    wanted: Wanted,
    own: &[hairline_studio::search::Own],
) -> Problem {
    let is_time = matches!(
        &stopped,
        Stopped::Refused(Refused::Time(_) | Refused::Store(hairline_studio::store::Error::Overlap))
    );
    let problem = Problem::from(stopped);
    if !is_time || problem.kind() != &problem::TIME_NOT_OFFERED {
        return problem;
    }
    let found = steps::next_best(office, wanted, own);
    let practice = office.practice();
    let list = |offers: &[Offer]| -> Vec<NextTime> {
        offers.iter().filter_map(|offer| next_time(&practice, offer)).collect()
    };
    let best = serde_json::json!({"same": list(&found.same), "others": list(&found.others)});
    problem.with("next_best", best)
}

fn next_time(practice: &Practice, offer: &Offer) -> Option<NextTime> {
    let studio = practice.studio(offer.studio)?;
    let tz = hairline_studio::zone::zone(&studio.zone).ok()?;
    Some(NextTime {
        studio: visit::Studio { slug: studio.slug.clone(), name: studio.name.clone() },
        practitioner: visit::practitioner(practice, StaffId(offer.practitioner.0)),
        start: offer.start,
        wall_time: tz.to_datetime(offer.start),
    })
}

/// Keeps a time for ten minutes, unless the chain sets another length.
#[utoipa::path(
    post, path = "/holds", tag = "booking", request_body = NewHold,
    params(("Idempotency-Key" = String, Header, description = "A random key of this write", min_length = 1, max_length = 255, pattern = "^[!-~]+$")),
    responses(
        (status = 201, description = "The time is kept", body = Hold, headers(("etag" = String, description = "Version of the hold"))),
        (status = 400, description = "The key is missing, or this is not JSON", body = problem::Body, content_type = "application/problem+json"),
        (status = 404, description = "There is no such studio or service", body = problem::Body, content_type = "application/problem+json"),
        (status = 409, description = "The time is not free (`next_best` names the nearest that are, with the `same` practitioner and with `others`), something must be done first (`first` says what), or several times are kept already", body = problem::Body, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = problem::Body, content_type = "application/problem+json"),
        (status = 415, description = "The body is not sent as JSON", body = problem::Body, content_type = "application/problem+json"),
        (status = 422, description = "A field is not allowed so, or the key was used for another body", body = problem::Body, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests", body = problem::Body, content_type = "application/problem+json"),
        (status = 503, description = "The records cannot be reached", body = problem::Body, content_type = "application/problem+json"),
    )
)]
pub async fn hold(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    IdempotencyKey(key): IdempotencyKey,
    Json(new): Json<NewHold>,
) -> Result<Response, Problem> {
    let office = app.office()?;
    let studio = super::studio(&office.practice(), &new.studio)?.id;
    let key = Once::new(&key, "POST /api/v1/holds", &new);
    let wanted = Wanted { studio, service: new.service, practitioner: new.practitioner, start: new.start };
    match steps::hold(office, &key, wanted, &Visitor::new(client.address, None)).await {
        Ok(hold) => {
            let tag = etag(hold.version);
            Ok((StatusCode::CREATED, [tag], axum::Json(Hold { hold })).into_response())
        }
        Err(stopped) => Err(with_next_best(office, stopped, wanted, &[])),
    }
}

/// Gives a kept time back. A code that keeps no time is answered alike.
#[utoipa::path(
    delete, path = "/holds/{code}", tag = "booking",
    params(
        ("code" = String, Path, description = "Code of the hold"),
        ("Idempotency-Key" = String, Header, description = "A random key of this write", min_length = 1, max_length = 255, pattern = "^[!-~]+$"),
    ),
    responses(
        (status = 204, description = "Nothing is kept under this code"),
        (status = 400, description = "The key is missing", body = problem::Body, content_type = "application/problem+json"),
        (status = 422, description = "The key was used for another request", body = problem::Body, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests", body = problem::Body, content_type = "application/problem+json"),
        (status = 503, description = "The records cannot be reached", body = problem::Body, content_type = "application/problem+json"),
    )
)]
pub async fn release(
    State(app): State<App>,
    Path(code): Path<String>,
    IdempotencyKey(key): IdempotencyKey,
) -> Result<StatusCode, Problem> {
    let office = app.office()?;
    if let Some(code) = visit::code(&code) {
        let key = Once::new(&key, &format!("DELETE /api/v1/holds/{code}"), &());
        once(office, &key, 204, move |desk| steps::release(desk, &code)).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Books the time that is kept, for a client.
#[utoipa::path(
    post, path = "/bookings", tag = "booking", request_body = NewBooking,
    params(("Idempotency-Key" = String, Header, description = "A random key of this write", min_length = 1, max_length = 255, pattern = "^[!-~]+$")),
    responses(
        (status = 201, description = "The visit is booked", body = OneVisit, headers(("etag" = String, description = "Version of the visit"), ("location" = String, description = "Address of the visit"))),
        (status = 400, description = "The key is missing, or this is not JSON", body = problem::Body, content_type = "application/problem+json"),
        (status = 409, description = "The time is no longer kept, or something must be done first", body = problem::Body, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = problem::Body, content_type = "application/problem+json"),
        (status = 415, description = "The body is not sent as JSON", body = problem::Body, content_type = "application/problem+json"),
        (status = 422, description = "A field is not allowed so, or the key was used for another body", body = problem::Body, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests", body = problem::Body, content_type = "application/problem+json"),
        (status = 503, description = "The records cannot be reached", body = problem::Body, content_type = "application/problem+json"),
    )
)]
pub async fn book(
    State(app): State<App>,
    IdempotencyKey(key): IdempotencyKey,
    Json(new): Json<NewBooking>,
) -> Result<Response, Problem> {
    let office = app.office()?;
    // Which country a number is dialled in is not known before the hold is read; with its country code any number is one.
    let faults = new.client.trimmed().faults("");
    let own_country = |f: &problem::FieldError| f.pointer != "/client/phone";
    if faults.iter().any(own_country) {
        return Err(faults.into_iter().fold(Problem::new(&problem::INVALID_FIELDS), |problem, fault| {
            problem.error(fault.pointer, fault.detail)
        }));
    }
    let Some(code) = visit::code(&new.hold) else { return Err(Problem::new(&problem::HOLD_ENDED)) };
    let key = Once::new(&key, "POST /api/v1/bookings", &new);
    let visit = once(office, &key, 201, move |desk| steps::confirm(desk, &code, &new.client)).await?;
    let location = [(LOCATION, format!("/api/v1/visits/{}", visit.code))];
    let tag = etag(visit.version);
    Ok((StatusCode::CREATED, location, [tag], axum::Json(OneVisit { visit })).into_response())
}

/// A visit as an answer, with its version.
pub fn one(visit: Visit) -> Response {
    ([etag(visit.version)], axum::Json(OneVisit { visit })).into_response()
}
