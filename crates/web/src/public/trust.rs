//! `/trust`: how a device of the studio comes to trust a server with a local authority.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

use crate::page::{self, Frame};
use crate::problem;
use crate::tls::Authority;
use crate::{App, Problem};

#[derive(askama::Template)]
#[template(path = "trust.html")]
struct Page {
    frame: Frame,
    fingerprint: String,
}

fn authority(app: &App) -> Result<&Authority, Problem> {
    let authority = app.config.tls.as_ref().and_then(|tls| tls.authority());
    authority.ok_or_else(|| Problem::new(&problem::NOT_FOUND))
}

/// `/trust`
pub async fn get(State(app): State<App>) -> Result<Response, Problem> {
    let fingerprint = authority(&app)?.fingerprint();
    let frame = Frame::new(&app, "/trust", "Trust this server on your device").hidden();
    page::private(&Page { frame, fingerprint })
}

/// `/trust/hairline-authority.crt`: the certificate, as devices take it in.
pub async fn certificate(State(app): State<App>) -> Result<Response, Problem> {
    let headers = [
        (CONTENT_TYPE, "application/x-x509-ca-cert"),
        (CONTENT_DISPOSITION, "attachment; filename=\"hairline-authority.crt\""),
        (CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, authority(&app)?.certificate.clone()).into_response())
}
