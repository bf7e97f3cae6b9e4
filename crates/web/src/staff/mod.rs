//! What the staff see: sign-in, today, clients and their records.

pub mod clients;
pub mod jobs;
pub mod session;
pub mod sign_in;
pub mod today;

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
        .route("/staff/jobs", get(jobs::get))
        .route("/staff/jobs/rules", post(jobs::rules))
        .route("/staff/jobs/retry", post(jobs::retry))
        .route("/staff/jobs/drop", post(jobs::give_up))
        .route("/staff/clients", get(clients::list))
        .route("/staff/clients/{code}", get(clients::one))
}
