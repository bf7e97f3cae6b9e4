//! What every answer keeps to, asked over a real socket.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Request, Response, StatusCode, header};
use hairline_web::config::RateLimit;
use hairline_web::server::End;
use hairline_web::{App, Config, router, server};
use tower::ServiceExt as _;

fn app(config: Config) -> App {
    App::new(config, serde_json::from_str(include_str!("chain.json")).expect("the fixture is a chain"))
}

/// One request to a fresh server.
async fn ask(config: Config, request: Request<Body>) -> Response<Body> {
    router::router(app(config)).oneshot(request).await.expect("the router never fails")
}

fn get(path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).expect("a request")
}

async fn text(response: Response<Body>) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 22).await.expect("a body");
    String::from_utf8(bytes.to_vec()).expect("text")
}

async fn problem(response: Response<Body>) -> serde_json::Value {
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    serde_json::from_str(&text(response).await).expect("JSON")
}

#[tokio::test]
async fn every_answer_carries_the_headers_and_an_id_of_its_own() {
    let mut ids = std::collections::BTreeSet::new();
    for path in [
        "/",
        "/studios/porto-cedofeita",
        "/healthz",
        "/api/v1/studios",
        "/api/openapi.json",
        "/none",
        "/api/v1/none",
    ] {
        let response = ask(Config::default(), get(path, &[])).await;
        let headers = response.headers();
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().expect("ASCII");
        assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{path}: {policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(headers[name], value, "{path}");
        }
        assert!(
            headers.contains_key("permissions-policy") && headers.contains_key("cache-control"),
            "{path}"
        );
        assert!(!headers.contains_key("strict-transport-security"), "{path} came by plain HTTP");
        assert!(!headers.contains_key("access-control-allow-origin"), "{path} is for our own pages");
        assert!(ids.insert(headers["request-id"].to_str().expect("ASCII").to_owned()), "{path}");
    }
}

#[tokio::test]
async fn behind_https_browsers_are_told_to_stay_there() {
    let config =
        Config { public_url: Some("https://studio.example".parse().expect("a URL")), ..Config::default() };
    let response = ask(config, get("/", &[])).await;
    let value = response.headers()["strict-transport-security"].to_str().expect("ASCII").to_owned();
    let age = value.split(';').next().and_then(|p| p.strip_prefix("max-age=")).and_then(|a| a.parse().ok());
    assert!(age.is_some_and(|age: u64| age >= 31_536_000), "{value}");
    assert!(text(response).await.contains("<link rel=\"canonical\" href=\"https://studio.example/\">"));
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_for_programs_and_a_page_for_people() {
    let response = ask(Config::default(), get("/api/v1/none", &[("accept", "text/html")])).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    let id = response.headers()["request-id"].to_str().expect("ASCII").to_owned();
    let body = problem(response).await;
    assert_eq!(body["type"], "/problems/not-found");
    assert_eq!(body["instance"], format!("urn:uuid:{id}"));

    let response = ask(Config::default(), get("/none", &[("accept", "text/html,*/*;q=0.8")])).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
    assert!(text(response).await.contains("There is nothing here"));
}

#[tokio::test]
async fn the_page_of_every_problem_is_there() {
    for kind in hairline_web::problem::KINDS {
        let response = ask(Config::default(), get(&kind.uri(), &[("accept", "text/html")])).await;
        assert_eq!(response.status(), StatusCode::OK, "{}", kind.name);
        assert!(text(response).await.contains(kind.title), "{}", kind.name);
    }
}

/// The kinds of problems that programs of others tell apart: a name, once given, stays, and so does its status.
const PUBLISHED: [(&str, u16); 25] = [
    ("bad-request", 400),
    ("malformed-json", 400),
    ("idempotency-key-missing", 400),
    ("sign-in-required", 401),
    ("cross-site-request", 403),
    ("forbidden", 403),
    ("not-found", 404),
    ("method-not-allowed", 405),
    ("conflict", 409),
    ("time-not-offered", 409),
    ("hold-ended", 409),
    ("too-many-holds", 409),
    ("step-refused", 409),
    ("edited-meanwhile", 412),
    ("too-large", 413),
    ("unsupported-media-type", 415),
    ("invalid-fields", 422),
    ("idempotency-key-reused", 422),
    ("precondition-required", 428),
    ("too-many-requests", 429),
    ("internal", 500),
    ("not-set-up", 503),
    ("unavailable", 503),
    ("outcome-unknown", 503),
    ("too-slow", 503),
];

#[test]
fn published_kinds_of_problems_keep_their_names_and_statuses() {
    for (name, status) in PUBLISHED {
        let kind = hairline_web::problem::KINDS.iter().find(|kind| kind.name == name);
        assert_eq!(kind.map(|kind| kind.status), Some(status), "{name}");
    }
}

/// calcom/cal.diy PR 29360: in the program as it is released a conflict became a bad request without a word. Every kind leaves as
/// it is, in the form of RFC 9457; and where asking again helps, it says when (cal.diy #10039).
#[tokio::test]
async fn every_kind_of_problem_leaves_with_its_own_status_and_type() {
    use axum::routing::get as route;
    use hairline_web::Problem;
    use hairline_web::problem::KINDS;
    for kind in KINDS {
        let routes = axum::Router::new().route("/refused", route(async || Problem::new(kind).detail("Why.")));
        let layered = router::layered(routes, app(Config::default()));
        let response = layered.oneshot(get("/refused", &[])).await.expect("an answer");
        assert_eq!(response.status().as_u16(), kind.status, "{}", kind.name);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        let wait =
            response.headers().get(header::RETRY_AFTER).and_then(|v| v.to_str().ok()?.parse::<u32>().ok());
        assert_eq!(wait.is_some_and(|seconds| seconds > 0), kind.status == 503, "{}", kind.name);
        let body = problem(response).await;
        assert_eq!(body["type"], kind.uri());
        assert_eq!(
            (&body["status"], &body["detail"]),
            (&serde_json::json!(kind.status), &serde_json::json!("Why."))
        );
    }
}

#[tokio::test]
async fn a_method_that_does_not_fit_names_those_that_do() {
    let request = Request::delete("/api/v1/studios").body(Body::empty()).expect("a request");
    let response = ask(Config::default(), request).await;
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert!(response.headers()[header::ALLOW].to_str().is_ok_and(|allow| allow.contains("GET")));
    assert_eq!(problem(response).await["type"], "/problems/method-not-allowed");
}

#[tokio::test]
async fn another_site_cannot_change_anything() {
    let request = Request::post("/api/v1/studios").header("sec-fetch-site", "cross-site").body(Body::empty());
    let response = ask(Config::default(), request.expect("a request")).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(problem(response).await["type"], "/problems/cross-site-request");
}

#[tokio::test]
async fn who_asks_too_much_is_told_how_long_to_wait() {
    let router = router::router(app(Config { rate_limit: RateLimit::per_minute(12), ..Config::default() }));
    for _ in 0..3 {
        let response = router.clone().oneshot(get("/api/v1/studios", &[])).await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK);
    }
    let response = router.clone().oneshot(get("/api/v1/studios", &[])).await.expect("an answer");
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 =
        response.headers()[header::RETRY_AFTER].to_str().expect("ASCII").parse().expect("seconds");
    assert!((1..=6).contains(&wait), "{wait}");
    let response = router.oneshot(get("/healthz", &[])).await.expect("an answer");
    assert_eq!(response.status(), StatusCode::OK, "the health check is free");
}

#[tokio::test]
async fn counters_name_routes_and_never_addresses_and_are_not_for_strangers() {
    let app = app(Config::default());
    let router = router::router(app);
    for path in ["/studios/porto-cedofeita", "/studios/secret-code?near=Leeds", "/secret-path"] {
        router.clone().oneshot(get(path, &[])).await.expect("an answer");
    }
    let counters = text(router.clone().oneshot(get("/metrics", &[])).await.expect("an answer")).await;
    assert!(counters.contains("route=\"/studios/{slug}\",status=\"200\"} 1"), "{counters}");
    for secret in ["secret", "porto", "Leeds"] {
        assert!(!counters.contains(secret), "{counters}");
    }
    let mut request = get("/metrics", &[]);
    let address = SocketAddr::from(([203, 0, 113, 7], 1));
    request.extensions_mut().insert(hairline_web::layers::client::Peer { address, tls: false });
    let response = router.oneshot(request).await.expect("an answer");
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn lists_come_in_parts_that_join_without_gap_or_repeat() {
    let router = router::router(app(Config::default()));
    let (mut slugs, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/studios?limit=5{cursor}");
        let body = text(router.clone().oneshot(get(&path, &[])).await.expect("an answer")).await;
        let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        let part = body["studios"].as_array().expect("a list");
        assert!(part.len() <= 5);
        slugs.extend(part.iter().map(|s| s["slug"].as_str().expect("a slug").to_owned()));
        match body["meta"]["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let chain: hairline_web::public::view::Public =
        serde_json::from_str(include_str!("chain.json")).expect("the fixture is a chain");
    assert_eq!(slugs, chain.studios.iter().map(|s| s.slug.clone()).collect::<Vec<_>>());
    for bad in ["?limit=0", "?limit=x", "?limit=201", "?cursor=none", "?what=1"] {
        let response =
            router.clone().oneshot(get(&format!("/api/v1/studios{bad}"), &[])).await.expect("an answer");
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{bad}");
        assert_eq!(problem(response).await["type"], "/problems/bad-request", "{bad}");
    }
}

#[tokio::test]
async fn files_keep_for_a_year_and_come_pressed() {
    let page = text(ask(Config::default(), get("/", &[])).await).await;
    let start = page.find("/static/site.").expect("the style sheet");
    let address = page[start..].split('"').next().expect("an address").to_owned();
    let mut sizes = Vec::new();
    for (accept, coding) in [("br, gzip", Some("br")), ("gzip", Some("gzip")), ("identity", None)] {
        let response = ask(Config::default(), get(&address, &[("accept-encoding", accept)])).await;
        let headers: HeaderMap = response.headers().clone();
        assert!(headers[header::CACHE_CONTROL].to_str().is_ok_and(|c| c.contains("immutable")));
        assert_eq!(headers.get(header::CONTENT_ENCODING).and_then(|c| c.to_str().ok()), coding);
        sizes.push(axum::body::to_bytes(response.into_body(), 1 << 22).await.expect("a body").len());
    }
    assert!(sizes[0] <= sizes[1] && sizes[1] < sizes[2] / 2, "{sizes:?}");
    let gone = ask(Config::default(), get("/static/site.000000000000.css", &[])).await;
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_sitemap_names_every_public_page_and_each_is_there() {
    let config = Config {
        public_url: Some("https://studio.example".parse().expect("a URL")),
        security_contact: Some("mailto:security@studio.example".to_owned()),
        ..Config::default()
    };
    let map = text(ask(config.clone(), get("/sitemap.xml", &[])).await).await;
    let pages: Vec<&str> =
        map.split("<loc>https://studio.example").skip(1).filter_map(|l| l.split('<').next()).collect();
    assert!(pages.len() > 20, "{pages:?}");
    for page in pages {
        let response = ask(config.clone(), get(page, &[])).await;
        assert_eq!(response.status(), StatusCode::OK, "{page}");
    }
    let contact = text(ask(config.clone(), get("/.well-known/security.txt", &[])).await).await;
    let expires = contact.lines().find_map(|l| l.strip_prefix("Expires: ")).expect("RFC 9116 wants it");
    let expires: jiff::Timestamp = expires.parse().expect("RFC 3339");
    let days = expires.duration_since(jiff::Timestamp::now()).as_hours() / 24;
    assert!((100..365).contains(&days), "RFC 9116: less than a year; {days}");
    let robots = text(ask(Config { demo: true, ..config }, get("/robots.txt", &[])).await).await;
    assert!(robots.contains("Disallow: /\n"), "a demonstration is not for search engines");
}

/// The description changes only when the API does: set `HAIRLINE_WRITE_OPENAPI=1` to write it anew.
#[tokio::test]
async fn the_description_of_the_api_is_the_one_in_the_repository() {
    let now = text(ask(Config::default(), get("/api/openapi.json", &[])).await).await;
    let now: serde_json::Value = serde_json::from_str(&now).expect("JSON");
    assert_eq!(now["openapi"], "3.1.0");
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    if std::env::var_os("HAIRLINE_WRITE_OPENAPI").is_some() {
        let pretty = serde_json::to_string_pretty(&now).expect("JSON") + "\n";
        std::fs::write(&file, pretty).expect("written");
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    let kept: serde_json::Value = serde_json::from_str(&kept).unwrap_or_default();
    assert!(
        now == kept,
        "the API changed: HAIRLINE_WRITE_OPENAPI=1 cargo test --release -p hairline-web, and look at the difference"
    );
}

/// A handler as later ones will be: an edit of a record at version 3.
async fn edit(
    hairline_web::extract::IdempotencyKey(_): hairline_web::extract::IdempotencyKey,
    version: hairline_web::extract::IfMatch,
    hairline_web::extract::Json(names): hairline_web::extract::Json<Vec<String>>,
) -> Result<String, hairline_web::Problem> {
    version.must_be(3)?;
    Ok(names.join(","))
}

fn with_more_routes(config: Config) -> axum::Router {
    use axum::routing::{get, put};
    let routes = axum::Router::new()
        .route("/edit", put(edit))
        .route("/panic", get(async || -> String { panic!("with the name of a client") }))
        .route("/slow", get(async || tokio::time::sleep(Duration::from_secs(60)).await));
    router::layered(routes, app(config))
}

#[tokio::test]
async fn an_edit_needs_key_version_and_a_body_that_fits() {
    let config = Config { body_limit_bytes: 1000, ..Config::default() };
    let json = ("content-type", "application/json");
    let (key, version) =
        (("idempotency-key", "\"8e03978e-40d5-43dd-bc93-6894a57f9324\""), ("if-match", "\"3\""));
    let long = format!("[\"{}\"]", "x".repeat(1000));
    for (headers, body, status, kind) in [
        (vec![json, key, version], "[\"a\", \"b\"]", 200, ""),
        (vec![json, version], "[]", 400, "idempotency-key-missing"),
        (vec![json, version, ("idempotency-key", "")], "[]", 400, "bad-request"),
        (vec![json, key], "[]", 428, "precondition-required"),
        (vec![json, key, ("if-match", "\"2\"")], "[]", 412, "edited-meanwhile"),
        (vec![json, key, ("if-match", "*")], "[]", 412, "edited-meanwhile"),
        (vec![key, version], "[]", 415, "unsupported-media-type"),
        (vec![key, version, ("content-type", "text/plain")], "[]", 415, "unsupported-media-type"),
        (vec![json, key, version], "[1]", 422, "invalid-fields"),
        (vec![json, key, version], "[", 400, "malformed-json"),
        (vec![json, key, version], long.as_str(), 413, "too-large"),
    ] {
        let mut request = Request::put("/edit");
        for (name, value) in &headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).expect("a request");
        let response = with_more_routes(config.clone()).oneshot(request).await.expect("an answer");
        assert_eq!(response.status().as_u16(), status, "{headers:?} {kind}");
        if !kind.is_empty() {
            assert_eq!(problem(response).await["type"], format!("/problems/{kind}"), "{headers:?}");
        }
    }
}

#[tokio::test]
async fn what_breaks_is_a_page_with_a_number_that_tells_nothing_else() {
    let request = get("/panic", &[("accept", "text/html")]);
    let response = with_more_routes(Config::default()).oneshot(request).await.expect("an answer");
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let id = response.headers()["request-id"].to_str().expect("ASCII").to_owned();
    let page = text(response).await;
    assert!(page.contains(&id) && !page.contains("name of a client"), "{page}");
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_given_up() {
    let config = Config { answer_timeout: Duration::from_millis(50), ..Config::default() };
    let response = with_more_routes(config).oneshot(get("/slow", &[])).await.expect("an answer");
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.headers().contains_key(header::RETRY_AFTER));
    assert_eq!(problem(response).await["type"], "/problems/too-slow");
}

/// A server on a socket.
async fn slow_server(
    config: Config,
) -> (SocketAddr, tokio::sync::oneshot::Sender<()>, tokio::task::JoinHandle<End>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let app = app(config);
    let serving = tokio::spawn(async move {
        let stop = async {
            let _ = stopped.await;
        };
        server::serve(listener, app, stop).await.expect("it serves")
    });
    (address, stop, serving)
}

/// Sends the start of a request and gives the connection back.
fn begin(address: SocketAddr, start: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a limit");
    stream.write_all(start.as_bytes()).expect("sent");
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_way_is_finished_and_no_other_begins() {
    let (address, stop, serving) = slow_server(Config::default()).await;
    // A body of which half has come: accepted, and not yet answerable.
    let body = tokio::task::spawn_blocking(move || {
        let mut stream = begin(
            address,
            "POST /api/v1/studios HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\nconnection: close\r\n\r\nab",
        );
        std::thread::sleep(Duration::from_millis(100));
        stop.send(()).expect("the server runs");
        std::thread::sleep(Duration::from_millis(100));
        assert!(TcpStream::connect(address).is_err(), "no new connection");
        stream.write_all(b"cd").expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    });
    let answer = body.await.expect("the client");
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
    assert_eq!(serving.await.expect("the server"), End::Finished);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_never_ends_is_cut() {
    let config = Config { header_timeout: Duration::from_millis(200), ..Config::default() };
    let (address, stop, serving) = slow_server(config).await;
    let read = tokio::task::spawn_blocking(move || {
        let mut stream = begin(address, "GET / HTTP/1.1\r\nhost: x\r\n");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map(|_| answer)
    });
    let answer = read.await.expect("the client").unwrap_or_default();
    assert!(!answer.contains("200 OK"), "{answer}");
    stop.send(()).expect("the server runs");
    assert_eq!(serving.await.expect("the server"), End::Finished);
}
