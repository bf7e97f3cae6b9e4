//! What is set up, leave, and how much one visitor keeps: changed on the demonstration, and shown at once.

mod calendar;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use calendar::{Demo, STUDIO, demo, hidden};
use hairline_studio::booking::State;
use hairline_studio::gates::{Concerns, Gate, ServiceKind};
use hairline_studio::ids::ServiceId;
use hairline_studio::permission::Role;
use hairline_studio::practice::{Practice, Service, Settings};
use hairline_web::office::now;
use serde_json::Value;

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

/// A start of each of the coming days at which a service is free, as it is sent.
async fn starts(demo: &Demo, service: ServiceId) -> Vec<String> {
    let from = now().to_zoned(jiff::tz::TimeZone::UTC).date().saturating_add(jiff::ToSpan::days(3));
    let to = from.saturating_add(jiff::ToSpan::days(27));
    let path = format!("/api/v1/free-times?service={service}&studio={STUDIO}&from={from}&to={to}");
    let told: Value = serde_json::from_str(&demo.get(&path, "").await.body).expect("JSON");
    let places = told["free_times"].as_array().expect("a list");
    let mut all: Vec<String> = Vec::new();
    for day in places.iter().flat_map(|place| place["days"].as_array().expect("days")) {
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let (date, first, offset) = (text(&day["date"]), text(&day["starts"][0]), text(&day["offset"]));
        all.push(format!("{date}T{first}:00{offset}"));
    }
    all.sort();
    // One a day: who is free at two starts of a day may be one person.
    all.dedup_by(|later, first| later[..10] == first[..10]);
    all
}

fn here(practice: &Practice, name: &str) -> ServiceId {
    let studio = practice.studio_named(STUDIO).expect("there").id;
    let done_here = |s: &&Service| s.name == name && practice.studios_of(s).contains(&studio);
    practice.services.iter().find(done_here).expect("done here").id
}

#[tokio::test]
async fn nobody_keeps_many_times_at_once_and_no_hold_is_for_what_cannot_be_booked() {
    let demo = demo();
    let practice = demo.practice();
    let consultation = here(&practice, "Consultation");
    let free = starts(&demo, consultation).await;
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
    let session = here(&practice, "First session");
    let gated = starts(&demo, session).await;
    let refused = demo.api("/api/v1/holds", "gated", &hold(session, &gated[0])).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let told: Value = serde_json::from_str(&refused.body).expect("JSON");
    assert_eq!(told["type"], "/problems/step-refused");
    assert!(told["first"].as_array().is_some_and(|first| !first.is_empty()), "{told}");
}

#[tokio::test]
async fn a_new_room_pressed_twice_is_one() {
    let demo = demo();
    let manager = demo.sign_in(Role::Manager).await;
    let path = format!("/staff/setup/rooms/new-{STUDIO}");
    let rooms = || demo.practice().rooms.iter().filter(|r| r.name == "Attic").count();
    let press = async |form: &str| {
        let key = hidden(form, "key");
        let sent = [
            ("version", "0"),
            ("key", key.as_str()),
            ("name", "Attic"),
            ("class", "treatment"),
            ("cleaning", "15"),
            ("active", "yes"),
        ];
        let answer = demo.post(&path, &manager, &sent).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    };
    let form = demo.get(&path, &manager).await.body;
    press(&form).await;
    press(&form).await;
    assert_eq!(rooms(), 1);
    press(&demo.get(&path, &manager).await.body).await;
    assert_eq!(rooms(), 2, "asked for anew it is another");
}

#[tokio::test]
async fn the_rules_of_the_chain_decide_what_is_asked_first() {
    let demo = demo();
    let (owner, manager) = (demo.sign_in(Role::Owner).await, demo.sign_in(Role::Manager).await);
    let path = "/staff/setup/rules/all";
    assert_eq!(demo.get(path, &manager).await.status, StatusCode::NOT_FOUND);
    let page = demo.get(path, &owner).await;
    assert!(page.body.contains("Before a session"), "{}", page.body);
    let version = hidden(&page.body, "version");
    let practice = demo.practice();
    let session = here(&practice, "First session");
    let start = starts(&demo, session).await.pop().expect("a free start");
    let wish = serde_json::json!({"studio": STUDIO, "service": session, "start": start});
    let refused = demo.api("/api/v1/holds", "first", &wish).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);
    // Neither consultation nor screening before a session; consent and identity as they were, at the door.
    let form = |hold: &'static str| {
        let mut all = vec![
            ("version", version.as_str()),
            ("hold", hold),
            ("notice", "24"),
            ("cancel", "keep"),
            ("move", "ask"),
            ("check_in", "120"),
            ("missing", "15"),
            ("per_address", "10"),
            ("per_browser", "2"),
            ("before", "72"),
            ("patch_for", "everybody"),
            ("session", "PatchTest"),
            ("session", "Consent"),
            ("touch_up", "Consent"),
            ("days_Consent", "180"),
        ];
        all.extend([("past_Consultation", "yes"), ("days_PatchTest", "")]);
        all
    };
    let wrong = demo.post(path, &owner, &form("0")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("from 1 to 60"), "{}", wrong.body);
    assert_eq!(demo.post(path, &manager, &form("20")).await.status, StatusCode::NOT_FOUND);
    let saved = demo.post(path, &owner, &form("20")).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
    let Settings { booking, gates, .. } = demo.practice().chain.settings.clone();
    assert_eq!((booking.hold_min, booking.notice_hours), (20, 24));
    let needs: Vec<(Gate, Concerns)> =
        gates.needs[&ServiceKind::Session].iter().map(|need| (need.gate, need.concerns)).collect();
    assert_eq!(needs, [(Gate::Consent, Concerns::Everyone), (Gate::PatchTest, Concerns::Everyone)]);
    let rule = |gate: Gate| (gates.rules[&gate].valid_days, gates.rules[&gate].override_allowed);
    assert_eq!(rule(Gate::Consent), (Some(180), false));
    assert_eq!(rule(Gate::Consultation), (None, true));
    assert_eq!(gates.rules[&Gate::PatchTest].look_after_hours, [48, 168], "what is not asked stays");
    let held = demo.api("/api/v1/holds", "second", &wish).await;
    assert_eq!(held.status, StatusCode::CREATED, "{}", held.body);
    // Who opened the page before is told.
    assert_eq!(demo.post(path, &owner, &form("30")).await.status, StatusCode::PRECONDITION_FAILED);
    assert!(demo.get(path, &owner).await.body.contains("Hours of notice"), "the history says what changed");
}
