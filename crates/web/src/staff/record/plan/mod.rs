//! The plan in the record: a form that becomes a case, its versions with their pictures, and the one the client accepts.

pub mod accept;
pub mod ask;
pub mod card;
pub mod compare;
pub mod form;
pub mod one;

use axum::Router;
use axum::routing::{get, post};

use crate::App;

/// The pages of plans.
pub fn router() -> Router<App> {
    Router::new()
        .route("/staff/clients/{code}/plans/new", get(ask::form))
        .route("/staff/clients/{code}/plans", post(ask::submit))
        .route("/staff/clients/{code}/plans/{number}", get(one::get))
        .route("/staff/clients/{code}/plans/{number}/progress", get(one::progress))
        .route("/staff/clients/{code}/plans/{number}/accept", post(accept::accept))
        .route("/staff/clients/{code}/plans/{number}/compare", get(compare::get))
}
