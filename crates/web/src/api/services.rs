//! `/api/v1/services`: what clients can book themselves at a studio.

use axum::Json;
use axum::extract::State;
use hairline_studio::ids::ServiceId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::App;
use crate::booking::{steps, visit};
use crate::extract::Query;
use crate::problem::{self, Problem};

/// At which studio.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Last part of the studio's address.
    studio: String,
}

/// The services of a studio.
#[derive(Serialize, ToSchema)]
pub struct Services {
    services: Vec<Service>,
}

/// A kind of visit that clients book.
#[derive(Serialize, ToSchema)]
#[schema(as = BookableService)]
pub struct Service {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: ServiceId,
    /// Its name.
    name: String,
    /// What it is.
    about: String,
    /// Minutes with the client.
    minutes: u32,
    /// Price in the currency's smallest unit.
    price_minor: i64,
    /// Currency by its ISO 4217 code.
    currency: String,
    /// Who does it there.
    practitioners: Vec<visit::Practitioner>,
    /// What must be done before it can be booked, in sentences for a client of whom nothing is known; empty where nothing.
    first: Vec<String>,
}

/// What clients can book themselves at a studio.
#[utoipa::path(
    get, path = "/services", tag = "booking", params(Asked),
    responses(
        (status = 200, description = "The services", body = Services),
        (status = 400, description = "A parameter is not allowed so", body = problem::Body, content_type = "application/problem+json"),
        (status = 404, description = "There is no such studio", body = problem::Body, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests", body = problem::Body, content_type = "application/problem+json"),
        (status = 503, description = "No studio is set up yet", body = problem::Body, content_type = "application/problem+json"),
    )
)]
pub async fn list(State(app): State<App>, Query(asked): Query<Asked>) -> Result<Json<Services>, Problem> {
    let practice = app.office()?.practice();
    let studio = super::studio(&practice, &asked.studio)?;
    let now = crate::office::now();
    let tz = hairline_studio::zone::zone(&studio.zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let services = steps::services_of(&practice, studio.id).into_iter().map(|service| Service {
        id: service.id,
        name: service.name.clone(),
        about: service.about.clone(),
        minutes: service.minutes,
        price_minor: practice.price_minor(studio.id, service),
        currency: studio.currency.clone(),
        practitioners: steps::performers(&practice, studio.id, service)
            .into_iter()
            .map(|id| visit::practitioner(&practice, id))
            .collect(),
        first: steps::first_needed(&practice, service, steps::next_week(now), now)
            .iter()
            .map(|gate| gate.for_client(&tz))
            .collect(),
    });
    Ok(Json(Services { services: services.collect() }))
}
