//! The public face of a chain: everything anyone may see without signing in.

pub mod discovery;
pub mod guide;
pub mod home;
pub mod map;
pub mod nearest;
pub mod of_practice;
pub mod problems;
pub mod results;
pub mod studios;
pub mod trust;
pub mod view;

use axum::Router;
use axum::routing::get;

use crate::App;

/// The public pages.
pub fn router() -> Router<App> {
    Router::new()
        .route("/", get(home::get))
        .route("/guide", get(guide::index))
        .route("/guide/{page}", get(guide::article))
        .route("/studios", get(studios::list))
        .route("/studios/{slug}", get(studios::one))
        .route("/pictures/{code}", get(results::get))
        .route("/privacy", get(home::privacy))
        .route("/problems", get(problems::index))
        .route("/problems/{name}", get(problems::one))
        .route("/trust", get(trust::get))
        .route("/trust/hairline-authority.crt", get(trust::certificate))
        .route("/robots.txt", get(discovery::robots))
        .route("/sitemap.xml", get(discovery::sitemap))
        .route("/.well-known/security.txt", get(discovery::security))
        .route("/.well-known/change-password", get(discovery::change_password))
}
