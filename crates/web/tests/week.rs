//! The week of the staff on the demonstration: what moves, what follows from it, what two people at one visit hear; new
//! visits, leave, and what is set up.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use hairline_studio::booking::State;
use hairline_studio::demo;
use hairline_studio::ids::{ServiceId, StaffId};
use hairline_studio::permission::Role;
use hairline_studio::practice::Practice;
use hairline_studio::seal::master::MasterKeys;
use hairline_studio::seal::system_random;
use hairline_studio::span::{DAY_US, Span};
use hairline_studio::store::appointments::{self, Appointment};
use hairline_studio::store::live::Live;
use hairline_studio::store::{self, Store, clients, events, sign_in};
use hairline_web::office::now;
use hairline_web::public::of_practice;
use hairline_web::{App, Config, Office, router};
use serde_json::Value;
use tower::ServiceExt as _;

const STUDIO: &str = "london-shoreditch";

struct Demo {
    router: Router,
    office: Arc<Office>,
    _folder: tempfile::TempDir,
}

fn demo() -> Demo {
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

fn escaped(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// An answer read to its end.
struct Answer {
    status: StatusCode,
    to: String,
    etag: String,
    body: String,
}

impl Demo {
    async fn ask(&self, request: Request<Body>) -> Answer {
        let response: Response<Body> = self.router.clone().oneshot(request).await.expect("an answer");
        let text = |name| {
            let value = response.headers().get(name).and_then(|v| v.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let (status, to, etag) = (response.status(), text(header::LOCATION), text(header::ETAG));
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 23).await.expect("a body");
        Answer { status, to, etag, body: String::from_utf8(bytes.to_vec()).expect("text") }
    }

    async fn get(&self, path: &str, cookie: &str) -> Answer {
        let request =
            Request::get(path).header(header::COOKIE, cookie).header(header::ACCEPT, "text/html, */*");
        self.ask(request.body(Body::empty()).expect("a request")).await
    }

    async fn post(&self, path: &str, cookie: &str, form: &[(&str, &str)]) -> Answer {
        let pairs: Vec<String> = form.iter().map(|(n, v)| format!("{n}={}", escaped(v))).collect();
        let request = Request::post(path)
            .header(header::COOKIE, cookie)
            .header(header::ACCEPT, "text/html")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        self.ask(request.body(Body::from(pairs.join("&"))).expect("a request")).await
    }

    async fn api(&self, path: &str, key: &str, body: &Value) -> Answer {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", key);
        self.ask(request.body(Body::from(body.to_string())).expect("a request")).await
    }

    async fn sign_in(&self, role: Role) -> String {
        let person = demo::sign_ins().into_iter().find(|s| s.role == role).expect("one of each");
        let form = [("email", person.email.as_str()), ("password", person.password)];
        let pairs: Vec<String> = form.iter().map(|(n, v)| format!("{n}={}", escaped(v))).collect();
        let request = Request::post("/staff/sign-in")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(pairs.join("&")))
            .expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let cookie = response.headers()[header::SET_COOKIE].to_str().expect("ASCII");
        cookie.split(';').next().unwrap_or_default().to_owned()
    }

    fn practice(&self) -> Arc<Practice> {
        self.office.practice()
    }

    async fn visit(&self, code: &str) -> Appointment {
        let code = code.to_owned();
        let found: Result<_, store::Error> =
            self.office.read(move |desk| appointments::by_code(desk.tx, &code)).await;
        found.expect("read").expect("it is there")
    }

    /// Booked visits at the studio from three days on, by start.
    async fn ahead(&self) -> Vec<Appointment> {
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
    async fn free(&self, cookie: &str, visit: &Appointment, day: jiff::civil::Date) -> Vec<String> {
        let path = format!("/staff/visits/{}/free?studio={STUDIO}&view=day&day={day}", visit.code);
        let answer = self.get(&path, cookie).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let told: Value = serde_json::from_str(&answer.body).expect("JSON");
        let starts = told["starts"].as_array().expect("a list");
        starts.iter().map(|s| s[2].as_str().expect("a pick").to_owned()).collect()
    }
}

/// The value of a hidden field.
fn hidden(html: &str, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let rest = html.split_once(&mark).unwrap_or_else(|| panic!("no {name} in {html}")).1;
    rest.split('"').next().unwrap_or_default().replace("&#38;", "&").replace("&amp;", "&")
}

/// What moves a visit back, from the address after its move.
fn was(to: &str) -> String {
    to.split_once("moved=").expect("it was moved").1.split('#').next().unwrap_or_default().to_owned()
}

fn place(v: &Appointment) -> (Span, StaffId) {
    (v.span, v.practitioner)
}

#[tokio::test]
async fn a_visit_moves_to_free_times_only_and_back_and_two_people_hear_of_each_other() {
    let demo = demo();
    let manager = demo.sign_in(Role::Manager).await;
    let reception = demo.sign_in(Role::Reception).await;
    let mut found = None;
    for visit in demo.ahead().await {
        let picks = demo.free(&manager, &visit, visit.wall.date()).await;
        let last_of_course = visit.course.is_none();
        if picks.len() > 2 && last_of_course {
            found = Some((visit, picks));
            break;
        }
    }
    let (visit, picks) = found.expect("somebody is booked on a day that is not full");
    let day = visit.wall.date();
    let week = demo.get(&format!("/staff/week?studio={STUDIO}&view=day&day={day}"), &manager).await;
    assert!(week.body.contains(&format!("data-visit=\"{}\"", visit.code)), "the visit is drawn");
    let path = format!("/staff/visits/{}/move", visit.code);
    let back = format!("/staff/week?studio={STUDIO}&view=day&day={day}");
    let version = visit.version.to_string();
    // Without a version, and over a time that is taken by itself: nothing moves.
    let sent = [("key", "k0"), ("pick", picks[0].as_str()), ("back", back.as_str())];
    assert_eq!(demo.post(&path, &manager, &sent).await.status, StatusCode::PRECONDITION_REQUIRED);
    let night = format!("{}T01:00:00Z {}", day, visit.practitioner);
    let sent = [("key", "k1"), ("version", &version), ("pick", &night), ("back", &back)];
    assert_eq!(demo.post(&path, &manager, &sent).await.status, StatusCode::CONFLICT);
    assert_eq!(place(&demo.visit(&visit.code).await), place(&visit));
    // The move, twice by one press.
    let sent = [("key", "k2"), ("version", &version), ("pick", &picks[0]), ("back", &back)];
    let moved = demo.post(&path, &manager, &sent).await;
    assert_eq!(moved.status, StatusCode::SEE_OTHER, "{}", moved.body);
    let now_at = demo.visit(&visit.code).await;
    assert!(
        picks[0].starts_with(
            &jiff::Timestamp::from_microsecond(now_at.span.start_us).expect("a time").to_string()
        )
    );
    // Somebody who still looks at the old one is told what happened, and nothing moves.
    let seen = format!(
        "{} {}",
        jiff::Timestamp::from_microsecond(visit.span.start_us).expect("a time"),
        visit.practitioner
    );
    let late = [("key", "k3"), ("version", &version), ("pick", &picks[1]), ("back", &back), ("seen", &seen)];
    let told = demo.post(&path, &reception, &late).await;
    assert_eq!(told.status, StatusCode::PRECONDITION_FAILED);
    for words in ["Somebody was faster", "You saw it at", "Visit moved by Desmond Oyelaran"] {
        assert!(told.body.contains(words), "{words}: {}", told.body);
    }
    assert_eq!(place(&demo.visit(&visit.code).await), place(&now_at));
    // Shown with a way back, which works once.
    let shown = demo.get(moved.to.split('#').next().unwrap_or_default(), &manager).await;
    assert!(shown.body.contains("Move back"), "{}", shown.body);
    let undo = was(&moved.to);
    let sent = [("key", "k4"), ("was", undo.as_str()), ("back", back.as_str())];
    let undone = demo.post("/staff/week/back", &manager, &sent).await;
    assert_eq!(undone.status, StatusCode::SEE_OTHER, "{}", undone.body);
    let returned = demo.visit(&visit.code).await;
    assert_eq!((place(&returned), returned.room), (place(&visit), visit.room));
    let sent = [("key", "k5"), ("was", undo.as_str()), ("back", back.as_str())];
    assert_eq!(demo.post("/staff/week/back", &manager, &sent).await.status, StatusCode::PRECONDITION_FAILED);
    // On record: booked, moved, moved.
    let id = visit.id.0;
    let lines: Result<Vec<events::Line>, store::Error> =
        demo.office.read(move |desk| events::of(desk.tx, id)).await;
    let moves = lines.expect("read").iter().filter(|l| l.what == "move").count();
    assert!(moves >= 2, "{moves}");
    // Every time that is offered takes it.
    for pick in demo.free(&manager, &returned, day).await.iter().take(4) {
        let version = demo.visit(&visit.code).await.version.to_string();
        let sent = [("key", pick.as_str()), ("version", &version), ("pick", pick), ("back", &back)];
        let answer = demo.post(&path, &manager, &sent).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{pick}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_session_that_moves_others_says_so_first_and_all_go_back_together() {
    let demo = demo();
    let manager = demo.sign_in(Role::Manager).await;
    let all = demo.ahead().await;
    let mut tried = 0;
    for first in all.iter().filter(|v| v.course.is_some()) {
        let next =
            all.iter().find(|v| v.course.map(|c| c.0) == first.course.map(|c| c.0) && v.span > first.span);
        let Some(next) = next else { continue };
        // So near to the next session that this one has to give way: less than the two weeks agreed.
        for back_days in [12, 11, 10, 9, 13, 8] {
            let day = next.wall.date().checked_sub(jiff::ToSpan::days(back_days)).expect("a day");
            let Some(pick) = demo.free(&manager, first, day).await.first().cloned() else { continue };
            tried += 1;
            let path = format!("/staff/visits/{}/move", first.code);
            let version = first.version.to_string();
            let sent = [("key", "c1"), ("version", version.as_str()), ("pick", &pick), ("back", "")];
            let asked = demo.post(&path, &manager, &sent).await;
            assert_eq!(asked.status, StatusCode::OK, "nothing is done before a word: {}", asked.body);
            assert_eq!(place(&demo.visit(&first.code).await), place(first));
            if !asked.body.contains("move with it") {
                assert!(asked.body.contains("Move this visit?"), "{}", asked.body);
                continue;
            }
            let agreed = hidden(&asked.body, "agreed");
            let sent = [
                ("key", "c2"),
                ("version", version.as_str()),
                ("pick", &pick),
                ("back", ""),
                ("agreed", &agreed),
            ];
            let moved = demo.post(&path, &manager, &sent).await;
            assert_eq!(moved.status, StatusCode::SEE_OTHER, "{}", moved.body);
            let (one, two) = (demo.visit(&first.code).await, demo.visit(&next.code).await);
            assert_ne!(place(&one), place(first));
            assert_ne!(place(&two), place(next), "the next session gave way");
            let gap = two.wall.date().since(one.wall.date()).expect("days").get_days();
            assert!((14..=42).contains(&gap), "{gap} days");
            let undo = was(&moved.to);
            let undone =
                demo.post("/staff/week/back", &manager, &[("key", "c3"), ("was", &undo), ("back", "")]).await;
            assert_eq!(undone.status, StatusCode::SEE_OTHER, "{}", undone.body);
            assert_eq!(place(&demo.visit(&first.code).await), place(first));
            assert_eq!(place(&demo.visit(&next.code).await), place(next));
            return;
        }
    }
    panic!("no course of the demonstration flows; {tried} moves tried");
}

#[tokio::test]
async fn staff_book_for_clients_found_or_new_and_go_past_rules_only_as_the_rules_say() {
    let demo = demo();
    let manager = demo.sign_in(Role::Manager).await;
    let reception = demo.sign_in(Role::Reception).await;
    let practice = demo.practice();
    let studio = practice.studio_named(STUDIO).expect("there").id;
    let here = |name: &str| -> ServiceId {
        let all =
            practice.services.iter().filter(|s| s.name == name && practice.studios_of(s).contains(&studio));
        all.map(|s| s.id).next().expect("it is done here")
    };
    // A free time of some day.
    let mut day = now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let consultation = here("Consultation").to_string();
    let (html, at) = loop {
        day = day.tomorrow().expect("a day");
        let path = format!("/staff/week/new?studio={STUDIO}&day={day}&service={consultation}");
        let page = demo.get(&path, &reception).await;
        assert_eq!(page.status, StatusCode::OK);
        if let Some(rest) = page.body.split_once("value=\"at ") {
            let at = rest.1.split('"').next().unwrap_or_default().to_owned();
            break (page.body, at);
        }
    };
    let key = hidden(&html, "key");
    let typed = day.to_string();
    let base = [("key", key.as_str()), ("studio", STUDIO), ("service", &consultation), ("day", &typed)];
    let with = |more: &[(&'static str, &str)]| -> Vec<(String, String)> {
        base.iter().chain(more).map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    };
    let send = async |cookie: &str, form: Vec<(String, String)>| {
        let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        demo.post("/staff/week/new", cookie, &form).await
    };
    let chosen = send(&reception, with(&[("act", &format!("at {at}"))])).await;
    let time = hidden(&chosen.body.replace("type=\"time\" step=\"900\" ", ""), "time");
    assert_eq!(time.len(), 5, "{time}");
    // Nobody is chosen, then somebody new with a wrong address: each is said.
    let none = send(&reception, with(&[("act", "book"), ("at", &at), ("time", &time)])).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    let new =
        [("act", "book"), ("at", at.as_str()), ("time", &time), ("client", "new"), ("name", "Test Person")];
    let wrong = send(&reception, with(&[&new[..], &[("email", "nowhere")]].concat())).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.body.contains("e-mail address"));
    let right = [&new[..], &[("email", "test.person@example.com")]].concat();
    let made = send(&reception, with(&right)).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    // Pressed twice: the same visit.
    assert_eq!(send(&reception, with(&right)).await.to, made.to);
    let code = made.to.split_once("made=").expect("made").1.split('#').next().unwrap_or_default().to_owned();
    let visit = demo.visit(&code).await;
    assert_eq!(visit.state, State::Booked);
    // The new client is found again, and not by an address.
    let found = send(&reception, with(&[("act", "find"), ("q", "Test Person")])).await;
    assert!(found.body.contains("test.person@example.com"));
    // A session without consultation and screening: refused in words, and nobody goes past a screening.
    let (client_code, session) = (hidden(&found.body, "client"), here("First session").to_string());
    let form = |more: &[(&'static str, &str)]| -> Vec<(String, String)> {
        let mut form = with(&[("act", "book"), ("client", client_code.as_str())]);
        form.retain(|(n, _)| n != "service" && n != "key");
        form.extend(more.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        form
    };
    let at_eleven = [("service", session.as_str()), ("time", "11:00"), ("key", "n1")];
    let refused = send(&manager, form(&at_eleven)).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);
    // At three in the morning: not for reception, and for the manager with a reason, which goes on record.
    let night = [
        ("service", consultation.as_str()),
        ("time", "03:00"),
        ("key", "n2"),
        ("with", &visit.practitioner.to_string()),
    ];
    let closed = send(&reception, form(&night)).await;
    assert_eq!(closed.status, StatusCode::CONFLICT);
    assert!(!closed.body.contains("name=\"reason\""), "reception goes past nothing");
    let closed = send(&manager, form(&[&night[..3], &night[3..], &[]].concat())).await;
    assert!(closed.body.contains("name=\"reason\""), "{}", closed.body);
    let said = [&night[..2], &night[3..], &[("key", "n3"), ("reason", "The client flies at six")]].concat();
    let done = send(&manager, form(&said)).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let code = done.to.split_once("made=").expect("made").1.split('#').next().unwrap_or_default().to_owned();
    let id = demo.visit(&code).await.id.0;
    let lines: Result<Vec<events::Line>, store::Error> =
        demo.office.read(move |desk| events::of(desk.tx, id)).await;
    assert!(lines.expect("read").iter().any(|l| l.why.as_deref() == Some("The client flies at six")));
    let known: Result<Option<clients::Client>, store::Error> =
        demo.office.read(move |desk| clients::by_email(desk.tx, desk.vault, "test.person@example.com")).await;
    assert!(known.expect("read").is_some());
}

#[tokio::test]
async fn what_is_set_up_changes_on_its_version_and_shows_at_once() {
    let demo = demo();
    let (owner, manager) = (demo.sign_in(Role::Owner).await, demo.sign_in(Role::Manager).await);
    let practitioner = demo.sign_in(Role::Practitioner).await;
    let overview = demo.get(&format!("/staff/setup?studio={STUDIO}"), &manager).await;
    assert_eq!(overview.status, StatusCode::OK);
    assert_eq!(demo.get("/staff/setup", &practitioner).await.status, StatusCode::FORBIDDEN);
    let path = format!("/staff/setup/studios/{STUDIO}");
    assert_eq!(demo.get(&path, &practitioner).await.status, StatusCode::NOT_FOUND);
    // A studio of another manager is not there.
    assert_eq!(demo.get("/staff/setup/studios/phoenix", &manager).await.status, StatusCode::NOT_FOUND);

    let form = demo.get(&path, &manager).await;
    let version = hidden(&form.body, "version");
    assert_eq!(form.etag, format!("\"{version}\""));
    let studio = demo.practice().studio_named(STUDIO).expect("there").clone();
    let (north, east) = (studio.latitude_deg.to_string(), studio.longitude_deg.to_string());
    let sent = |version: &str, phone: &str, zone: &str| -> Vec<(String, String)> {
        let s = &studio;
        let mut all = vec![
            ("name", s.name.as_str()),
            ("street", &s.street),
            ("postcode", &s.postcode),
            ("city", &s.city),
            ("country", &s.country),
            ("zone", zone),
            ("latitude", &north),
            ("longitude", &east),
            ("phone", phone),
            ("email", &s.email),
            ("currency", &s.currency),
            ("about", &s.about),
            ("active", "yes"),
        ];
        if !version.is_empty() {
            all.push(("version", version));
        }
        all.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect()
    };
    let save = async |cookie: &str, path: &str, form: Vec<(String, String)>| {
        let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        demo.post(path, cookie, &form).await
    };
    let zone = studio.zone.as_str();
    assert_eq!(save(&manager, &path, sent("", "1", zone)).await.status, StatusCode::PRECONDITION_REQUIRED);
    let wrong = save(&manager, &path, sent(&version, "1", "Europe/Londres")).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.body.contains("Europe/London"));
    assert_eq!(save(&practitioner, &path, sent(&version, "1", zone)).await.status, StatusCode::NOT_FOUND);
    let saved = save(&manager, &path, sent(&version, "+44 20 7946 0999", zone)).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
    let public = demo.get(&format!("/studios/{STUDIO}"), "").await;
    assert!(public.body.contains("+44 20 7946 0999"), "the public page shows it at once");
    // The second who opened the old version is told what differs.
    let late = save(&owner, &path, sent(&version, "+44 20 7946 0111", zone)).await;
    assert_eq!(late.status, StatusCode::PRECONDITION_FAILED);
    for words in ["Somebody was faster", "+44 20 7946 0999", "+44 20 7946 0111", "Desmond Oyelaran"] {
        assert!(late.body.contains(words), "{words}");
    }
    let again = demo.get(&path, &manager).await;
    assert!(again.body.contains("Telephone: "), "the history says what was changed");

    // A price of this studio alone.
    let path = format!("/staff/setup/prices/{STUDIO}");
    let prices = demo.get(&path, &manager).await;
    let practice = demo.practice();
    let session = practice
        .services
        .iter()
        .find(|s| s.name == "Patch test" && practice.studios_of(s).contains(&studio.id))
        .expect("done here");
    let (name, version) = (session.id.to_string(), hidden(&prices.body, "version"));
    let form = [("version", version.as_str()), (name.as_str(), "33.50")];
    assert_eq!(demo.post(&path, &manager, &form).await.status, StatusCode::SEE_OTHER);
    let price = |told: &str| -> Option<i64> {
        let told: Value = serde_json::from_str(told).expect("JSON");
        let all = told["services"].as_array().expect("a list").clone();
        all.iter().find(|s| s["id"] == name.as_str()).and_then(|s| s["price_minor"].as_i64())
    };
    let here = demo.get(&format!("/api/v1/services?studio={STUDIO}"), "").await;
    assert_eq!(price(&here.body), Some(3350));
    let elsewhere = practice.studios_of(session).into_iter().find(|id| *id != studio.id);
    let elsewhere = practice.studio(elsewhere.expect("done elsewhere too")).expect("there").slug.clone();
    let there = demo.get(&format!("/api/v1/services?studio={elsewhere}"), "").await;
    assert_eq!(price(&there.body), Some(session.price_minor));
    // The service itself belongs to several studios: the manager of one may not, the owner may.
    let path = format!("/staff/setup/services/{name}");
    assert_eq!(demo.get(&path, &manager).await.status, StatusCode::NOT_FOUND);
    assert_eq!(demo.get(&path, &owner).await.status, StatusCode::OK);
}

#[tokio::test]
async fn leave_names_the_visits_it_hits_and_takes_the_free_times_at_once() {
    let demo = demo();
    let (manager, practitioner) = (demo.sign_in(Role::Manager).await, demo.sign_in(Role::Practitioner).await);
    let visit = demo.ahead().await.into_iter().find(|v| v.course.is_none()).expect("somebody is booked");
    let (day, of) = (visit.wall.date().to_string(), visit.practitioner.to_string());
    let free = async || {
        let path =
            format!("/api/v1/free-times?service={}&practitioner={of}&from={day}&to={day}", visit.service);
        let told: Value = serde_json::from_str(&demo.get(&path, "").await.body).expect("JSON");
        told["free_times"]
            .as_array()
            .map_or(0, |all| all.iter().map(|l| l["days"].as_array().map_or(0, Vec::len)).sum::<usize>())
    };
    let base =
        [("studio", STUDIO), ("of", of.as_str()), ("first", day.as_str()), ("note", "A fair"), ("key", "l1")];
    let with = |act: &'static str| [&base[..], &[("act", act)]].concat();
    let before = free().await;
    let looked = demo.post("/staff/leave", &manager, &with("look")).await;
    assert_eq!(looked.status, StatusCode::OK, "{}", looked.body);
    assert!(looked.body.contains(&format!("/staff/visits/{}", visit.code)), "the visit is named first");
    assert_eq!(free().await, before, "looking takes nothing");
    assert_eq!(demo.post("/staff/leave", &manager, &with("add")).await.status, StatusCode::SEE_OTHER);
    assert_eq!(free().await, 0, "nothing is free over it");
    // The visit stands until it is moved; it does not move within the leave.
    assert_eq!(demo.visit(&visit.code).await.state, State::Booked);
    let picks = demo.free(&manager, &visit, visit.wall.date()).await;
    assert!(picks.iter().all(|pick| !pick.contains(&of)), "{picks:?}");
    // Each is on the page and in the week, with what was noted; others' leave is not a practitioner's to take away.
    let list = demo.get(&format!("/staff/leave?studio={STUDIO}"), &manager).await;
    assert!(list.body.contains("A fair"));
    let id = list.body.split("A fair").nth(1).map(|rest| hidden(rest, "id")).expect("an id");
    if visit.practitioner
        != demo.practice().staff.iter().find(|s| s.name == "Rohan Mehta-Clarke").expect("there").id
    {
        let refused = demo.post("/staff/leave/end", &practitioner, &[("id", &id), ("studio", STUDIO)]).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND);
    }
    let ended = demo.post("/staff/leave/end", &manager, &[("id", &id), ("studio", STUDIO)]).await;
    assert_eq!(ended.status, StatusCode::SEE_OTHER);
    assert_eq!(free().await, before);
}

#[tokio::test]
async fn nobody_keeps_many_times_at_once_and_no_hold_is_for_what_cannot_be_booked() {
    let demo = demo();
    let practice = demo.practice();
    let studio = practice.studio_named(STUDIO).expect("there").id;
    let here = |name: &str| {
        let all =
            practice.services.iter().filter(|s| s.name == name && practice.studios_of(s).contains(&studio));
        all.map(|s| s.id).next().expect("done here")
    };
    let from =
        now().to_zoned(jiff::tz::TimeZone::UTC).date().checked_add(jiff::ToSpan::days(3)).expect("a day");
    let to = from.checked_add(jiff::ToSpan::days(27)).expect("a day");
    let starts = async |service: ServiceId| {
        let path = format!("/api/v1/free-times?service={service}&studio={STUDIO}&from={from}&to={to}");
        let told: Value = serde_json::from_str(&demo.get(&path, "").await.body).expect("JSON");
        let mut all: Vec<String> = Vec::new();
        for day in told["free_times"]
            .as_array()
            .expect("a list")
            .iter()
            .flat_map(|l| l["days"].as_array().expect("days"))
        {
            let (date, offset) =
                (day["date"].as_str().expect("a date"), day["offset"].as_str().expect("an offset"));
            let first = day["starts"][0].as_str().expect("a start");
            all.push(format!("{date}T{first}:00{offset}"));
        }
        all.sort();
        all.dedup();
        all
    };
    let consultation = here("Consultation");
    let free = starts(consultation).await;
    let most = practice.chain.settings.booking.holds_per_address as usize;
    assert!(free.len() > most, "{}", free.len());
    let hold = |service: ServiceId, start: &str| serde_json::json!({"studio": STUDIO, "service": service, "start": start});
    for (n, start) in free.iter().take(most).enumerate() {
        let held = demo.api("/api/v1/holds", &format!("h{n}"), &hold(consultation, start)).await;
        assert_eq!(held.status, StatusCode::CREATED, "{}", held.body);
    }
    let one_more = demo.api("/api/v1/holds", "one-more", &hold(consultation, &free[most])).await;
    assert_eq!(one_more.status, StatusCode::CONFLICT);
    assert!(one_more.body.contains("/problems/too-many-holds"), "{}", one_more.body);
    // The same key again is the same hold, not one more; one given back makes room for another.
    let same = demo.api("/api/v1/holds", "h0", &hold(consultation, &free[0])).await;
    assert_eq!(same.status, StatusCode::CREATED);
    let told: Value = serde_json::from_str(&same.body).expect("JSON");
    let code = told["hold"]["code"].as_str().expect("a code");
    let gone =
        Request::delete(format!("/api/v1/holds/{code}")).header("idempotency-key", "d").body(Body::empty());
    assert!(demo.ask(gone.expect("a request")).await.status.is_success());
    let again = demo.api("/api/v1/holds", "again", &hold(consultation, &free[most])).await;
    assert_eq!(again.status, StatusCode::CREATED, "{}", again.body);
    // What needs a consultation first is not kept for somebody of whom nothing is known.
    let session = here("First session");
    let gated = starts(session).await;
    let refused = demo.api("/api/v1/holds", "gated", &hold(session, &gated[0])).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let told: Value = serde_json::from_str(&refused.body).expect("JSON");
    assert_eq!(told["type"], "/problems/step-refused");
    assert!(told["first"].as_array().is_some_and(|first| !first.is_empty()), "{told}");
}
