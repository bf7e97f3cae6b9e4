//! The JSON API under `/api/v1` and its description, both from the same handlers.

pub mod studios;

use axum::Router;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::problem;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "hairline",
        description = "The studio: find, book, keep. Errors are problem details (RFC 9457) whose `type` leads to an \
            explanation. Writes carry an `Idempotency-Key`, edits `If-Match`. Times are RFC 3339 in UTC.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    components(schemas(problem::Body, problem::FieldError)),
    tags((name = "studios", description = "Where clients are treated; open to everybody."))
)]
struct Description;

/// The routes of the API and the description of them.
pub fn router() -> (Router<App>, utoipa::openapi::OpenApi) {
    let routes = OpenApiRouter::new().routes(routes!(studios::list)).routes(routes!(studios::one));
    OpenApiRouter::with_openapi(Description::openapi()).nest("/api/v1", routes).split_for_parts()
}
