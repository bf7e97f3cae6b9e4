//! `/api/v1/studios`: the studios as the public sees them.

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::App;
use crate::extract::Query;
use crate::problem::{self, Problem};
use crate::public::view::Studio;

/// What part of a list is asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Entries at most.
    #[serde(default)]
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// `next_cursor` of the part before.
    #[serde(default)]
    cursor: Option<String>,
}

/// What stands beside a list.
#[derive(Serialize, ToSchema)]
pub struct Meta {
    /// Entries in the whole list.
    total: usize,
    /// Where the next part begins; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// A part of the list of studios.
#[derive(Serialize, ToSchema)]
pub struct Studios {
    studios: Vec<Studio>,
    meta: Meta,
}

/// All studios, in the chain's order.
#[utoipa::path(
    get, path = "/studios", tag = "studios", params(Part),
    responses(
        (status = 200, description = "A part of the list", body = Studios),
        (status = 400, description = "A parameter is not allowed so", body = problem::Body, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests", body = problem::Body, content_type = "application/problem+json"),
    )
)]
pub async fn list(State(app): State<App>, Query(part): Query<Part>) -> Result<Json<Studios>, Problem> {
    let limit = part.limit.unwrap_or(50);
    if !(1..=200).contains(&limit) {
        return Err(Problem::new(&problem::BAD_REQUEST)
            .error("limit", format!("The limit is {limit}; 1 to 200 are allowed.")));
    }
    let public = app.public();
    // A cursor is the slug of the last entry of the part before, so that it stays true when studios come and go.
    let start = match &part.cursor {
        None => 0,
        Some(cursor) => match public.studios.iter().position(|studio| studio.slug == *cursor) {
            Some(last) => last + 1,
            None => {
                return Err(Problem::new(&problem::BAD_REQUEST)
                    .error("cursor", "No part of this list begins there; begin again without a cursor."));
            }
        },
    };
    let studios: Vec<Studio> = public.studios.iter().skip(start).take(usize::from(limit)).cloned().collect();
    let more = start + studios.len() < public.studios.len();
    let next_cursor = studios.last().filter(|_| more).map(|studio| studio.slug.clone());
    Ok(Json(Studios { meta: Meta { total: public.studios.len(), next_cursor }, studios }))
}

/// One studio.
#[derive(Serialize, ToSchema)]
pub struct One {
    studio: Studio,
}

/// One studio by its slug.
#[utoipa::path(
    get, path = "/studios/{slug}", tag = "studios", params(("slug" = String, Path, description = "Last part of its address")),
    responses(
        (status = 200, description = "The studio", body = One),
        (status = 404, description = "There is no such studio", body = problem::Body, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests", body = problem::Body, content_type = "application/problem+json"),
    )
)]
pub async fn one(State(app): State<App>, Path(slug): Path<String>) -> Result<Json<One>, Problem> {
    let studio = app.public().studio(&slug).cloned().ok_or_else(|| Problem::new(&problem::NOT_FOUND))?;
    Ok(Json(One { studio }))
}

/// A studio for tests of other modules.
#[cfg(test)]
pub fn example() -> Studio {
    let text = include_str!("../../tests/chain.json");
    let public: crate::public::view::Public = serde_json::from_str(text).expect("the fixture is a chain");
    public.studios[0].clone()
}
