//! What the staff see: sign-in, today, clients and their records.

pub mod clients;
pub mod jobs;
pub mod people;
pub mod record;
pub mod session;
pub mod setup;
pub mod sign_in;
pub mod step;
pub mod today;
pub mod webhooks;
pub mod week;

use axum::Router;
use axum::routing::{get, post};

use crate::App;

/// The pages of the staff.
pub fn router() -> Router<App> {
    Router::new()
        .route("/staff", get(today::get))
        .route("/staff/visits/{code}/{edge}", post(step::take))
        .route("/staff/sign-in", get(sign_in::form).post(sign_in::submit))
        .route("/staff/sign-in/code", get(sign_in::code_form).post(sign_in::code))
        .route("/staff/sign-out", post(sign_in::out))
        .route("/staff/people", get(people::list))
        .route("/staff/people/invite", get(people::invite).post(people::send))
        .route("/staff/people/{id}/link", post(people::link))
        .route("/staff/people/{id}/let-go", post(people::let_go))
        .route("/staff/people/{id}/let-in", post(people::let_in))
        .route("/staff/clients", get(clients::newest).post(clients::search))
        .route("/staff/jobs", get(jobs::get))
        .route("/staff/jobs/rules", post(jobs::rules))
        .route("/staff/jobs/retry", post(jobs::retry))
        .route("/staff/jobs/drop", post(jobs::give_up))
        .route("/staff/webhooks", get(webhooks::get).post(webhooks::add))
        .route("/staff/webhooks/test", post(webhooks::test))
        .route("/staff/webhooks/again", post(webhooks::again))
        .route("/staff/webhooks/remove", post(webhooks::remove))
        .merge(record::router())
        .merge(week::router())
        .merge(setup::router())
}
