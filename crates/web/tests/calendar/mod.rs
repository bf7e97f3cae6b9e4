//! The demonstration behind the router, for tests of the staff's calendar and of what is set up.
#![allow(dead_code, reason = "each test file uses its part")]

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use hairline_studio::booking::State;
use hairline_studio::demo;
use hairline_studio::permission::Role;
use hairline_studio::practice::Practice;
use hairline_studio::seal::master::MasterKeys;
use hairline_studio::seal::system_random;
use hairline_studio::span::{DAY_US, Span};
use hairline_studio::store::appointments::{self, Appointment};
use hairline_studio::store::live::Live;
use hairline_studio::store::{self, Store, sign_in};
use hairline_web::office::now;
use hairline_web::public::of_practice;
use hairline_web::{App, Config, Office, router};
use serde_json::Value;
use tower::ServiceExt as _;

pub const STUDIO: &str = "london-shoreditch";

pub struct Demo {
    pub router: Router,
    pub office: Arc<Office>,
    _folder: tempfile::TempDir,
}

pub fn demo() -> Demo {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Arc::new(Store::sqlite(&folder.path().join("hairline.db"), 0).expect("a store"));
    let key = folder.path().join("master.key");
    let master = Arc::new(MasterKeys::create(&key, &mut system_random()).expect("a key"));
    let filled = demo::fill(&store, &master, 7, now()).expect("a demonstration");
    let hash = |s: &demo::SignIn| (s.email.clone(), hairline_studio::password::hash(s.password, [7; 16]));
    let hashes: Vec<(String, String)> = filled.sign_ins.iter().map(hash).collect();
    store.write(Some(filled.chain), move |tx| sign_in::first_passwords(tx, &hashes, 0)).expect("passwords");
    let live = Live::open(&store, master, filled.chain, now()).expect("a chain");
    let office = Office::new(store, live);
    let today = now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let app = App::new(
        Config { demo: true, rate_limit: None, ..Config::default() },
        of_practice::public(&office.practice(), "", today),
    );
    app.open(Arc::clone(&office));
    Demo { router: router::router(app), office, _folder: folder }
}

pub fn escaped(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// An answer read to its end.
pub struct Answer {
    pub status: StatusCode,
    pub to: String,
    pub etag: String,
    pub body: String,
}

impl Demo {
    pub async fn ask(&self, request: Request<Body>) -> Answer {
        let response: Response<Body> = self.router.clone().oneshot(request).await.expect("an answer");
        let text = |name| {
            let value = response.headers().get(name).and_then(|v| v.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let (status, to, etag) = (response.status(), text(header::LOCATION), text(header::ETAG));
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 23).await.expect("a body");
        Answer { status, to, etag, body: String::from_utf8(bytes.to_vec()).expect("text") }
    }

    pub async fn get(&self, path: &str, cookie: &str) -> Answer {
        let request =
            Request::get(path).header(header::COOKIE, cookie).header(header::ACCEPT, "text/html, */*");
        self.ask(request.body(Body::empty()).expect("a request")).await
    }

    pub async fn post(&self, path: &str, cookie: &str, form: &[(&str, &str)]) -> Answer {
        let pairs: Vec<String> = form.iter().map(|(n, v)| format!("{n}={}", escaped(v))).collect();
        let request = Request::post(path)
            .header(header::COOKIE, cookie)
            .header(header::ACCEPT, "text/html")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        self.ask(request.body(Body::from(pairs.join("&"))).expect("a request")).await
    }

    pub async fn api(&self, path: &str, key: &str, body: &Value) -> Answer {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", key);
        self.ask(request.body(Body::from(body.to_string())).expect("a request")).await
    }

    pub async fn sign_in(&self, role: Role) -> String {
        let person = demo::sign_ins().into_iter().find(|s| s.role == role).expect("one of each");
        let form = format!("email={}&password={}", escaped(&person.email), escaped(person.password));
        self.cookie("/staff/sign-in", &form).await
    }

    /// The cookie that a form is answered with.
    pub async fn cookie(&self, path: &str, form: &str) -> String {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(form.to_owned()))
            .expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let cookie = response.headers()[header::SET_COOKIE].to_str().expect("ASCII");
        cookie.split(';').next().unwrap_or_default().to_owned()
    }

    pub fn practice(&self) -> Arc<Practice> {
        self.office.practice()
    }

    pub async fn visit(&self, code: &str) -> Appointment {
        let code = code.to_owned();
        let found: Result<_, store::Error> =
            self.office.read(move |desk| appointments::by_code(desk.tx, &code)).await;
        found.expect("read").expect("it is there")
    }

    /// Booked visits at the studio from three days on, by start.
    pub async fn ahead(&self) -> Vec<Appointment> {
        let id = self.practice().studio_named(STUDIO).expect("it is there").id;
        let found: Result<Vec<Appointment>, store::Error> = self
            .office
            .read(move |desk| {
                let from = desk.fresh.now_us() + 3 * DAY_US;
                appointments::of_studio(desk.tx, id, Span { start_us: from, end_us: from + 120 * DAY_US })
            })
            .await;
        found.expect("read").into_iter().filter(|v| v.state == State::Booked).collect()
    }

    /// Free starts of a visit on a day: what is sent to move there.
    pub async fn free(&self, cookie: &str, visit: &Appointment, day: jiff::civil::Date) -> Vec<String> {
        let path = format!("/staff/visits/{}/free?studio={STUDIO}&view=day&day={day}", visit.code);
        let answer = self.get(&path, cookie).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let told: Value = serde_json::from_str(&answer.body).expect("JSON");
        let starts = told["starts"].as_array().expect("a list");
        starts.iter().map(|s| s[2].as_str().expect("a pick").to_owned()).collect()
    }
}

/// The value of a hidden field.
pub fn hidden(html: &str, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let rest = html.split_once(&mark).unwrap_or_else(|| panic!("no {name} in {html}")).1;
    rest.split('"').next().unwrap_or_default().replace("&#38;", "&").replace("&amp;", "&")
}
