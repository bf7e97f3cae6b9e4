//! A client's own pages: a link by e-mail lets them in, and shows their visits. No script is needed.

pub mod course;
pub mod pages;
pub mod session;

use axum::Router;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};

use crate::App;

/// Where a client signs in.
pub fn to_me() -> Response {
    Redirect::to("/me").into_response()
}

/// The pages of a client.
pub fn router() -> Router<App> {
    Router::new()
        .route("/me", get(pages::show).post(pages::ask))
        .route("/me/course", get(course::form).post(course::book))
        .route("/me/sign-out", post(pages::out))
        .route("/me/sign-ins/end", post(pages::end))
        .route("/me/link/{token}", get(pages::knock).post(pages::enter))
}
