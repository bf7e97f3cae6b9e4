//! The week: who and what is taken when, by practitioner and by room; visits are moved and made here.

pub mod changed;
pub mod effects;
pub mod free;
pub mod grid;
pub mod moves;
pub mod new_visit;
pub mod page;
pub mod view;
pub mod visit;

use axum::Router;
use axum::routing::{get, post};

use crate::App;

/// The pages of the week.
pub fn router() -> Router<App> {
    Router::new()
        .route("/staff/week", get(page::get))
        .route("/staff/week/new", get(new_visit::form).post(new_visit::book))
        .route("/staff/week/back", post(moves::back))
        .route("/staff/visits/{code}", get(visit::get))
        .route("/staff/visits/{code}/free", get(free::list))
        .route("/staff/visits/{code}/move", post(moves::to))
}
