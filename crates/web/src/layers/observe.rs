//! Each request gets an id, is counted and leaves one line in the log: method, route template, status, time. No address,
//! no query, no client: these may hold codes and names.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;

use super::client::Client;
use crate::App;

/// Id of a request: UUIDv7, on the answer, on error pages and in the log.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// Name of the header that carries it.
pub static REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// Outermost layer: id, client, counters, log.
pub async fn layer(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let start = Instant::now();
    let id = RequestId(new_id());
    let client = Client::of(&request, &app.config);
    request.extensions_mut().insert(id.clone());
    request.extensions_mut().insert(client);
    let method = method_name(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or("(none)", MatchedPath::as_str).to_owned();

    app.metrics.begin();
    let open = Open { app: &app, method, route: &route, start, status: 499 };
    let mut response = next.run(request).await;
    open.end(response.status().as_u16());

    let (status, ms) = (response.status().as_u16(), start.elapsed().as_secs_f64() * 1e3);
    tracing::info!(request_id = id.0, method, route, status, ms = (ms * 100.0).round() / 100.0, "answered");
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(REQUEST_ID.clone(), value);
    }
    response
}

/// A request under way. When its client leaves before the answer, it is dropped and counted as 499, as nginx does.
struct Open<'a> {
    app: &'a App,
    method: &'static str,
    route: &'a str,
    start: Instant,
    status: u16,
}

impl Open<'_> {
    fn end(mut self, status: u16) {
        self.status = status;
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.app.metrics.end(self.method, self.route, self.status, self.start.elapsed().as_secs_f64());
    }
}

/// A closed set, so that nobody can fill the counters with methods of their own.
fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        _ => "other",
    }
}

fn new_id() -> String {
    let mut random = [0; 10];
    // Without randomness the id still carries the time; it is a name for the log, not a secret.
    let _ = getrandom::fill(&mut random);
    let now_ms = u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or_default();
    hairline_studio::ids::new_id(now_ms, random).to_string()
}
