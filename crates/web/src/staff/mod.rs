//! What the staff see: sign-in, today, clients and their records.

pub mod clients;
pub mod session;
pub mod setup;
pub mod sign_in;
pub mod today;
pub mod week;

use axum::Router;
use axum::routing::{get, post};

use crate::App;

/// The pages of the staff.
pub fn router() -> Router<App> {
    Router::new()
        .route("/staff", get(today::get))
        .route("/staff/visits/{code}/{edge}", post(today::step))
        .route("/staff/sign-in", get(sign_in::form).post(sign_in::submit))
        .route("/staff/sign-out", post(sign_in::out))
        .route("/staff/sign-ins", get(sign_in::list))
        .route("/staff/sign-ins/end", post(sign_in::end))
        .merge(week::router())
        .merge(setup::router())
        .route("/staff/clients", get(clients::list))
        .route("/staff/clients/{code}", get(clients::one))
}
