//! The JSON API under `/api/v1` and its description, both from the same handlers.

pub mod course_times;
pub mod free_times;
pub mod holds;
pub mod services;
pub mod studios;
pub mod visits;

use axum::Router;
use hairline_studio::practice::{Practice, Studio};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::problem::{self, Problem};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "hairline",
        description = "The studio: find, book, keep. Errors are problem details (RFC 9457) whose `type` leads to an \
            explanation. Writes carry an `Idempotency-Key`, edits `If-Match`. Times are RFC 3339 in UTC.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    components(schemas(problem::Body, problem::FieldError, holds::NextTime)),
    tags(
        (name = "studios", description = "Where clients are treated; open to everybody."),
        (name = "booking", description = "A time is found, kept, booked, moved, called off; open to everybody. Who has the code of a visit acts on it.")
    )
)]
struct Description;

/// The routes of the API and the description of them.
pub fn router() -> (Router<App>, utoipa::openapi::OpenApi) {
    let routes = OpenApiRouter::new()
        .routes(routes!(studios::list))
        .routes(routes!(studios::one))
        .routes(routes!(services::list))
        .routes(routes!(free_times::list))
        .routes(routes!(course_times::list))
        .routes(routes!(holds::hold))
        .routes(routes!(holds::release))
        .routes(routes!(holds::book))
        .routes(routes!(visits::get))
        .routes(routes!(visits::cancel))
        .routes(routes!(visits::move_to));
    OpenApiRouter::with_openapi(Description::openapi()).nest("/api/v1", routes).split_for_parts()
}

/// The studio of a slug that takes bookings.
fn studio<'a>(practice: &'a Practice, slug: &str) -> Result<&'a Studio, Problem> {
    practice.studio_named(slug).filter(|s| s.active).ok_or_else(|| Problem::new(&problem::NOT_FOUND))
}
