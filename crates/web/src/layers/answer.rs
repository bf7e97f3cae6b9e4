//! What every answer carries: security headers, and errors in the form their reader asked for.

use std::any::Any;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::client::Client;
use super::observe::RequestId;
use crate::App;
use crate::page::Frame;
use crate::problem::{self, Kind, Problem};

/// Nothing is loaded but our own files; no script, style or handler stands in a page; nobody frames us.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
    connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The browser may ask for the position (on a button press); everything else that could be asked of a device is off.
const PERMISSIONS: &str = "accelerometer=(), autoplay=(), bluetooth=(), camera=(self), display-capture=(), \
    encrypted-media=(), fullscreen=(self), geolocation=(self), gyroscope=(), hid=(), magnetometer=(), microphone=(), \
    midi=(), payment=(), publickey-credentials-create=(self), publickey-credentials-get=(self), \
    screen-wake-lock=(self), serial=(), usb=(), xr-spatial-tracking=()";

/// A year, as the preload list asks.
const HSTS: &str = "max-age=31536000; includeSubDomains";

/// Gives errors their form and every answer its headers.
pub async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    let https = request.extensions().get::<Client>().is_some_and(|client| client.https);
    let page = wants_page(request.uri().path(), request.headers());
    let path = request.uri().path().to_owned();

    let response = next.run(request).await;
    let mut response = match problem_of(&response) {
        None => response,
        Some(problem) => {
            let id = id.as_ref().map(|id| id.0.as_str());
            let mut told = problem.json(id);
            if page && let Ok(html) = problem_page(&app, &problem, &path, id) {
                *told.body_mut() = html.into();
                told.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            }
            if let Some(allow) = response.headers().get(ALLOW) {
                told.headers_mut().insert(ALLOW, allow.clone());
            }
            told.headers_mut().append(VARY, HeaderValue::from_static("accept"));
            told
        }
    };
    secure(response.headers_mut(), https);
    response
}

/// The problem an answer carries; one that only has an error's status gets the kind of that status.
fn problem_of(response: &Response) -> Option<Arc<Problem>> {
    if let Some(problem) = response.extensions().get::<Arc<Problem>>() {
        return Some(Arc::clone(problem));
    }
    let status = response.status();
    let error = status.is_client_error() || status.is_server_error();
    let typed =
        response.headers().get(CONTENT_TYPE).is_some_and(|t| !t.as_bytes().starts_with(b"text/plain"));
    (error && !typed).then(|| Arc::new(Problem::new(Kind::of_status(status))))
}

/// People ask with a browser, which names `text/html`; the API always answers in JSON.
fn wants_page(path: &str, headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    !path.starts_with("/api/") && accept.contains("text/html")
}

#[derive(askama::Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    frame: Frame,
    problem: &'a Problem,
    request_id: &'a str,
}

fn problem_page(app: &App, problem: &Problem, path: &str, id: Option<&str>) -> Result<String, askama::Error> {
    let frame = Frame::new(app, path, problem.kind().title).hidden();
    askama::Template::render(&ErrorPage { frame, problem, request_id: id.unwrap_or_default() })
}

fn secure(headers: &mut HeaderMap, https: bool) {
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(CONTENT_SECURITY_POLICY, POLICY);
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(X_FRAME_OPTIONS, "DENY");
    // The address of a page may hold a code: other sites learn nothing of it.
    set(REFERRER_POLICY, "same-origin");
    set(HeaderName::from_static("permissions-policy"), PERMISSIONS);
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(HeaderName::from_static("x-permitted-cross-domain-policies"), "none");
    // Public pages and files say otherwise themselves.
    set(CACHE_CONTROL, "no-store");
    if https {
        set(STRICT_TRANSPORT_SECURITY, HSTS);
    }
}

/// The answer in place of a handler that panicked. What it panicked with may hold data of a person: it is not shown and
/// not logged; the place is logged by the hook of the command.
pub fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    Problem::new(&problem::INTERNAL).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_get_pages_and_programs_get_json() {
        for (path, accept, page) in [
            ("/studios/x", "text/html,application/xhtml+xml,*/*;q=0.8", true),
            ("/studios/x", "*/*", false),
            ("/studios/x", "application/json", false),
            ("/studios/x", "", false),
            ("/api/v1/studios", "text/html", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(wants_page(path, &headers), page, "{path} {accept}");
        }
    }
}
