//! Every address and what answers it.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use hairline_studio::store::jobs;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::booking::pages as booking;
use crate::layers::{answer, limit, observe, origin};
use crate::problem::{self, Problem};
use crate::{App, account, api, assets, calendars, me, public, set_up, staff, waiting};

/// The whole server as one service.
pub fn router(app: App) -> Router {
    let (api, description) = api::router();
    // Only what everybody sees alike is pressed: pressing secrets beside foreign text would tell of them (BREACH).
    let open = public::router().layer(CompressionLayer::new());
    let routes = Router::new()
        .merge(open)
        .merge(api)
        .merge(staff::router())
        .merge(account::router())
        .merge(me::router())
        .merge(booking::router())
        .merge(set_up::router())
        .merge(calendars::router())
        .merge(waiting::router())
        .route("/api/openapi.json", get(async move || axum::Json(description)))
        .route("/static/{*file}", get(assets::get))
        .route("/healthz", get(async || "ready\n"))
        .route("/metrics", get(metrics));
    layered(routes, app)
}

/// These routes with everything around them that every request goes through.
pub fn layered(routes: Router<App>, app: App) -> Router {
    routes
        .fallback(async || Problem::new(&problem::NOT_FOUND))
        .method_not_allowed_fallback(async || Problem::new(&problem::METHOD_NOT_ALLOWED))
        .layer(from_fn_with_state(app.clone(), set_up::layer))
        .layer(DefaultBodyLimit::max(app.config.body_limit_bytes))
        .layer(CatchPanicLayer::custom(answer::panicked))
        .layer(from_fn_with_state(app.clone(), in_time))
        .layer(from_fn_with_state(app.clone(), origin::layer))
        .layer(from_fn_with_state(app.clone(), limit::layer))
        .layer(from_fn_with_state(app.clone(), answer::layer))
        .layer(from_fn_with_state(app.clone(), observe::layer))
        .with_state(app)
}

/// Gives up on an answer that takes too long; a file may take longer to arrive.
async fn in_time(State(app): State<App>, request: Request, next: Next) -> Result<Response, Problem> {
    let kind = request.headers().get(axum::http::header::CONTENT_TYPE);
    let file = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/form-data"));
    let longest = if file { app.config.upload_timeout } else { app.config.answer_timeout };
    tokio::time::timeout(longest, next.run(request)).await.map_err(|_| Problem::new(&problem::TOO_SLOW))
}

/// Counters, for the addresses named in the settings; for others there is nothing here.
async fn metrics(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    use axum::response::IntoResponse as _;
    let client = request.extensions().get::<crate::layers::client::Client>();
    let allowed = client.is_some_and(|c| app.config.metrics_from.iter().any(|net| net.contains(&c.address)));
    if !allowed {
        return Err(Problem::new(&problem::NOT_FOUND));
    }
    let kind = [(axum::http::header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    let mut text = app.metrics.text();
    if let Ok(office) = app.office() {
        let counts = office.read(|desk| jobs::counts(desk.tx, None, desk.fresh.now_us())).await?;
        text.push_str(
            "# HELP hairline_store_statements_total Statements that this process has asked the database.\n",
        );
        text.push_str("# TYPE hairline_store_statements_total counter\n");
        text.push_str(&format!("hairline_store_statements_total {}\n", office.statements()));
        text.push_str("# HELP hairline_jobs Jobs that are not done, in the whole store.\n");
        text.push_str("# TYPE hairline_jobs gauge\n");
        for (state, n) in [("due", counts.due), ("later", counts.later), ("failed", counts.failed)] {
            text.push_str(&format!("hairline_jobs{{state=\"{state}\"}} {n}\n"));
        }
    }
    Ok((kind, text).into_response())
}
