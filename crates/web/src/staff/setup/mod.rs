//! What is set up, changed by owners and managers: studios, rooms, people, services, prices, hours; and leave. One plain
//! form for each thing, made on a version of it.

pub mod fields;
pub mod forms;
pub mod hours;
pub mod leave;
pub mod pages;
pub mod read;
mod rules;

use axum::Router;
use axum::routing::{get, post};

use crate::App;

/// The pages of setting up.
pub fn router() -> Router<App> {
    Router::new()
        .route("/staff/setup", get(pages::overview))
        .route("/staff/setup/{kind}/{id}", get(pages::form).post(pages::save))
        .route("/staff/leave", get(leave::list).post(leave::add))
        .route("/staff/leave/end", post(leave::end))
}
