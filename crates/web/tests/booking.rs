//! A client finds a time and books it, through the API and through the pages, alone and among fifty.

mod practice;

use std::collections::BTreeSet;

use hairline_web::Config;
use jiff::{Timestamp, ToSpan as _};
use practice::{ANA, Answer, BEN, CONSULTATION, INSIDE, SESSION, Served, id, serve};
use serde_json::{Value, json};

fn served() -> Served {
    serve(Config { rate_limit: None, ..Config::default() })
}

/// A date so many days from today in Lisbon.
fn day(ahead: i64) -> String {
    let today = hairline_web::office::now().in_tz("Europe/Lisbon").expect("a zone").date();
    today.saturating_add(ahead.days()).to_string()
}

fn free(served: &Served, query: &str) -> Value {
    let answer = served.get(&format!("/api/v1/free-times?service={}&{query}", id(CONSULTATION)));
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

/// Every instant of an answer: (practitioner, start).
fn starts(told: &Value) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for line in told["free_times"].as_array().expect("a list") {
        for day in line["days"].as_array().expect("days") {
            for start in day["starts"].as_array().expect("starts") {
                let text = |v: &Value| v.as_str().expect("text").to_owned();
                let instant = format!("{}T{}:00{}", text(&day["date"]), text(start), text(&day["offset"]));
                all.push((text(&line["practitioner"]["id"]), instant));
            }
        }
    }
    all
}

fn wish(practitioner: Option<u128>, start: &str) -> Value {
    let practitioner = practitioner.map(id);
    json!({"studio": "lisbon-chiado", "service": id(CONSULTATION), "practitioner": practitioner, "start": start})
}

fn client() -> Value {
    json!({"name": "Rui Costa", "email": "rui@example.com", "phone": "+351 912 345 678"})
}

/// Keeps and books a start; gives the visit.
fn booked(served: &Served, practitioner: u128, start: &str) -> Value {
    let hold =
        served.post("/api/v1/holds", &format!("h{practitioner}{start}"), &wish(Some(practitioner), start));
    assert_eq!(hold.status, 201, "{}", hold.body);
    let body = json!({"hold": hold.json()["hold"]["code"], "client": client()});
    let visit = served.post("/api/v1/bookings", &format!("b{practitioner}{start}"), &body);
    assert_eq!(visit.status, 201, "{}", visit.body);
    visit.json()["visit"].clone()
}

fn code(visit: &Value) -> String {
    visit["code"].as_str().expect("a code").to_owned()
}

#[test]
fn services_and_free_times_are_those_of_clients_at_open_studios() {
    let served = served();
    let told = served.get("/api/v1/services?studio=lisbon-chiado").json();
    let names: Vec<&str> =
        told["services"].as_array().expect("a list").iter().filter_map(|s| s["name"].as_str()).collect();
    assert_eq!(names, ["Consultation", "Session"], "what is for staff is not told");
    assert_eq!(told["services"][0]["first"], json!([]));
    assert!(
        told["services"][1]["first"][0].as_str().is_some_and(|s| s.contains("consultation first")),
        "{told}"
    );
    served.get("/api/v1/services?studio=closed").refuses(404, "not-found");

    let told = free(&served, &format!("studio=lisbon-chiado&from={}&to={}", day(3), day(4)));
    let people: Vec<&str> = told["free_times"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|l| l["practitioner"]["name"].as_str())
        .collect();
    assert_eq!(people, ["Ana Reis", "Ben Okoro"]);
    let line = &told["free_times"][0];
    assert_eq!((&line["zone"], &line["studio"]["slug"]), (&json!("Europe/Lisbon"), &json!("lisbon-chiado")));
    // 9:00 to 11:15 before the break and 13:00 to 16:15 after it: 45 minutes end by 12 and by 17.
    let times: Vec<&str> =
        line["days"][0]["starts"].as_array().expect("starts").iter().filter_map(Value::as_str).collect();
    assert_eq!(
        (times.len(), times[0], times[9], times[10], times[23]),
        (24, "09:00", "11:15", "13:00", "16:15")
    );
    assert!(told["meta"]["as_of"].as_str().is_some_and(|t| t.parse::<Timestamp>().is_ok()));

    let (three, four) = (day(3), day(4));
    for (query, status, kind) in [
        (format!("from={three}&to={four}"), 400, "bad-request"),
        (format!("studio=lisbon-chiado&from={four}&to={three}"), 400, "bad-request"),
        (format!("studio=lisbon-chiado&from={three}&to={}", day(34)), 400, "bad-request"),
        (format!("studio=none&from={three}&to={four}"), 404, "not-found"),
        (format!("practitioner={}&from={three}&to={four}", id(99)), 404, "not-found"),
        ("studio=lisbon-chiado&from=soon&to=later".to_owned(), 400, "bad-request"),
    ] {
        served.get(&format!("/api/v1/free-times?service={}&{query}", id(CONSULTATION))).refuses(status, kind);
    }
    let inside = format!("service={}&studio=lisbon-chiado&from={three}&to={four}", id(INSIDE));
    served.get(&format!("/api/v1/free-times?{inside}")).refuses(404, "not-found");
    // Nothing before the notice, nothing after the horizon: known, and empty.
    assert!(
        starts(&free(&served, &format!("studio=lisbon-chiado&from={}&to={}", day(-3), day(-1)))).is_empty()
    );
    assert!(
        starts(&free(&served, &format!("studio=lisbon-chiado&from={}&to={}", day(61), day(90)))).is_empty()
    );
}

#[test]
fn a_key_is_done_once_and_stands_for_one_request() {
    let served = served();
    let start = format!("{}T09:00:00Z", day(5));
    let hold = served.post("/api/v1/holds", "key-1", &wish(Some(ANA), &start));
    assert_eq!(hold.status, 201, "{}", hold.body);
    let again = served.post("/api/v1/holds", "key-1", &wish(Some(ANA), &start));
    assert_eq!((again.status, &again.body), (201, &hold.body));
    served.post("/api/v1/holds", "key-1", &wish(Some(BEN), &start)).refuses(422, "idempotency-key-reused");
    let json = [("content-type", "application/json")];
    served.ask("POST", "/api/v1/holds", &json, "{}").refuses(400, "idempotency-key-missing");
    served.post("/api/v1/holds", "key-2", &json!({"studio": 1})).refuses(422, "invalid-fields");

    let code = code(&hold.json()["hold"]);
    let body = json!({"hold": code, "client": client()});
    let first = served.post("/api/v1/bookings", "key-3", &body);
    assert_eq!(first.status, 201, "{}", first.body);
    assert_eq!(first.header("location"), Some(format!("/api/v1/visits/{code}").as_str()));
    let second = served.post("/api/v1/bookings", "key-3", &body);
    assert_eq!((second.status, &second.body), (201, &first.body));
    let other = json!({"hold": code, "client": {"name": "Eva", "email": "eva@example.com"}});
    served.post("/api/v1/bookings", "key-3", &other).refuses(422, "idempotency-key-reused");
    served.post("/api/v1/bookings", "key-4", &other).refuses(409, "step-refused");
    for told in [&first.body, &served.get(&format!("/api/v1/visits/{code}")).body] {
        assert!(
            !told.contains("Rui") && !told.contains("rui@"),
            "a code tells nothing about its client: {told}"
        );
    }
    let wrong = json!({"hold": code, "client": {"name": "", "email": "eva", "phone": ""}});
    let wrong = served.post("/api/v1/bookings", "key-5", &wrong);
    wrong.refuses(422, "invalid-fields");
    assert_eq!(wrong.json()["errors"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_known_address_books_as_a_stranger_does() {
    let served = served();
    let one = booked(&served, ANA, &format!("{}T09:00:00Z", day(5)));
    let two = booked(&served, BEN, &format!("{}T09:00:00Z", day(5)));
    let clients = served.office.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let found = runtime.block_on(clients.read(|desk| {
        desk.tx.query("select email_index from clients", &[])?.into_iter().map(|mut row| row.take()).collect()
    }));
    let found: Result<Vec<Vec<u8>>, hairline_studio::store::Error> = found;
    let found = found.expect("rows");
    assert_eq!(
        (found.len(), &found[0]),
        (2, &found[1]),
        "two records of one address, for staff to put together"
    );
    let keys = |v: &Value| v.as_object().map(|o| o.keys().cloned().collect::<Vec<_>>());
    assert_eq!(keys(&one), keys(&two));
}

#[test]
fn every_offered_time_books_and_is_offered_no_more() {
    let served = served();
    let query = format!("studio=lisbon-chiado&from={}&to={}", day(7), day(7));
    let mut seen = 0;
    while let Some((practitioner, start)) = starts(&free(&served, &query)).into_iter().nth(seen % 3) {
        let who = if practitioner == id(ANA) { ANA } else { BEN };
        let visit = booked(&served, who, &start);
        let at: Timestamp = start.parse().expect("RFC 3339");
        assert_eq!(visit["start"].as_str().and_then(|s| s.parse().ok()), Some(at));
        let left = starts(&free(&served, &query));
        assert!(!left.contains(&(practitioner, start)), "it is on the board before it is answered");
        seen += 1;
        if left.len() < 3 {
            break;
        }
    }
    assert!(seen >= 8, "two people, eight hours, an hour each with its finish: {seen}");
}

#[test]
fn a_refusal_names_the_next_best_times_and_each_books() {
    let served = served();
    let start = format!("{}T10:00:00Z", day(9));
    booked(&served, ANA, &start);
    let refused = served.post("/api/v1/holds", "r1", &wish(Some(ANA), &start));
    refused.refuses(409, "time-not-offered");
    let best = refused.json()["next_best"].clone();
    let others: Vec<&Value> = best["others"].as_array().expect("others").iter().collect();
    assert_eq!(others[0]["practitioner"]["name"], "Ben Okoro", "the same time with the other one: {best}");
    let at: Timestamp = start.parse().expect("RFC 3339");
    assert_eq!(others[0]["start"].as_str().and_then(|s| s.parse().ok()), Some(at));
    let same = best["same"].as_array().expect("same");
    assert!(!same.is_empty() && same.len() <= 6);
    let near = same[0]["start"].as_str().expect("a start");
    assert_eq!(served.post("/api/v1/holds", "r2", &wish(Some(ANA), near)).status, 201);
    let other = others[0]["start"].as_str().expect("a start");
    assert_eq!(served.post("/api/v1/holds", "r3", &wish(Some(BEN), other)).status, 201);
    // Nobody is left at ten; whoever is asked for then gets other times.
    let refused = served.post("/api/v1/holds", "r4", &wish(None, &start));
    refused.refuses(409, "time-not-offered");
    let told = refused.json();
    let all = told["next_best"]["same"]
        .as_array()
        .into_iter()
        .chain(told["next_best"]["others"].as_array())
        .flatten();
    assert!(all.clone().count() > 0 && all.clone().all(|t| t["start"] != json!(start)));
    for (body, kind) in [
        (wish(Some(ANA), "2020-01-01T10:00:00Z"), "time-not-offered"),
        (wish(Some(ANA), &format!("{}T10:07:00Z", day(9))), "time-not-offered"),
        (wish(Some(ANA), &format!("{}T03:00:00Z", day(9))), "time-not-offered"),
        (wish(Some(22), &format!("{}T10:00:00Z", day(9))), "time-not-offered"),
    ] {
        served.post("/api/v1/holds", "r5", &body).refuses(409, kind);
    }
    let elsewhere = json!({"studio": "closed", "service": id(CONSULTATION), "start": start});
    served.post("/api/v1/holds", "r6", &elsewhere).refuses(404, "not-found");
    let inside =
        json!({"studio": "lisbon-chiado", "service": id(INSIDE), "start": format!("{}T15:00:00Z", day(9))});
    served.post("/api/v1/holds", "r7", &inside).refuses(404, "not-found");
}

#[test]
fn a_hold_is_given_back_and_a_session_waits_for_its_consultation() {
    let served = served();
    let start = format!("{}T10:00:00Z", day(6));
    let hold = served.post("/api/v1/holds", "g1", &wish(Some(ANA), &start));
    let code = code(&hold.json()["hold"]);
    assert_eq!(served.get(&format!("/api/v1/visits/{code}")).json()["visit"]["state"], "hold");
    served.post("/api/v1/holds", "g2", &wish(Some(ANA), &start)).refuses(409, "time-not-offered");
    let path = format!("/api/v1/holds/{code}");
    served.ask("DELETE", &path, &[], "").refuses(400, "idempotency-key-missing");
    for key in ["back", "back", "once-more"] {
        assert_eq!(served.ask("DELETE", &path, &[("Idempotency-Key", key)], "").status, 204, "{key}");
    }
    served.ask("DELETE", &path, &[("Idempotency-Key", "g1")], "").refuses(422, "idempotency-key-reused");
    served.get(&format!("/api/v1/visits/{code}")).refuses(404, "not-found");
    let gone = json!({"hold": code, "client": client()});
    served.post("/api/v1/bookings", "g3", &gone).refuses(409, "hold-ended");
    assert_eq!(served.post("/api/v1/holds", "g4", &wish(Some(ANA), &start)).status, 201);

    let session =
        json!({"studio": "lisbon-chiado", "service": id(SESSION), "start": format!("{}T13:00:00Z", day(6))});
    // Not even the hold: it would take the time from somebody who can book it.
    let refused = served.post("/api/v1/holds", "g5", &session);
    refused.refuses(409, "step-refused");
    assert!(refused.body.contains("Please book a consultation first"), "{}", refused.body);
}

#[test]
fn who_has_the_code_moves_and_cancels_and_nobody_else() {
    let served = served();
    let visit = booked(&served, ANA, &format!("{}T09:00:00Z", day(10)));
    let path = format!("/api/v1/visits/{}", code(&visit));
    let seen = served.get(&path);
    let tag = seen.header("etag").expect("a version").to_owned();
    let to = |start: &str| json!({"start": start}).to_string();
    let ask = |key: &str, tag: Option<&str>, body: &str| -> Answer {
        let mut headers = vec![("content-type", "application/json"), ("idempotency-key", key)];
        headers.extend(tag.map(|tag| ("if-match", tag)));
        served.ask("POST", &format!("{path}/move"), &headers, body)
    };
    let later = format!("{}T09:15:00Z", day(10));
    ask("m1", None, &to(&later)).refuses(428, "precondition-required");
    ask("m1", Some("\"99\""), &to(&later)).refuses(412, "edited-meanwhile");
    // Into time that the visit itself takes.
    let moved = ask("m1", Some(&tag), &to(&later));
    assert_eq!(moved.status, 200, "{}", moved.body);
    assert_eq!(moved.json()["visit"]["code"], visit["code"]);
    let again = ask("m1", Some(&tag), &to(&later));
    assert_eq!((again.status, &again.body), (200, &moved.body));
    ask("m2", Some(&tag), &to(&format!("{}T14:00:00Z", day(10)))).refuses(412, "edited-meanwhile");
    let tag = moved.header("etag").expect("a version").to_owned();
    booked(&served, ANA, &format!("{}T14:00:00Z", day(10)));
    let refused = ask("m3", Some(&tag), &to(&format!("{}T14:00:00Z", day(10))));
    refused.refuses(409, "time-not-offered");
    assert!(refused.json()["next_best"]["same"].as_array().is_some_and(|best| !best.is_empty()));
    let at_nine = (id(ANA), format!("{}T09:00:00+00:00", day(10)));
    let query = format!("practitioner={}&from={}&to={}", id(ANA), day(10), day(10));
    assert!(!starts(&free(&served, &query)).contains(&at_nine));

    for n in 0..2 {
        let cancelled = served.post(&format!("{path}/cancel"), &format!("c{n}"), &json!(null));
        assert_eq!((cancelled.status, &cancelled.json()["visit"]["state"]), (200, &json!("cancelled")));
    }
    assert!(starts(&free(&served, &query)).iter().any(|(_, s)| s.contains("T09:15")), "free again at once");
    let tag = served.get(&path).header("etag").expect("a version").to_owned();
    ask("m4", Some(&tag), &to(&later)).refuses(409, "step-refused");
    for wrong in ["KTWB-29NX-QF7C-MR4H", "x", "%00"] {
        served.get(&format!("/api/v1/visits/{wrong}")).refuses(404, "not-found");
        served.post(&format!("/api/v1/visits/{wrong}/cancel"), "w", &json!(null)).refuses(404, "not-found");
    }
}

/// calcom/cal.diy #13360: of several who pressed at about the same time each first got a booking of their own.
#[test]
fn of_fifty_who_want_one_time_exactly_one_gets_it() {
    let served = served();
    let mut starts = BTreeSet::new();
    for round in 0..20 {
        let start = format!(
            "{}T{:02}:00:00Z",
            day(12 + round / 5),
            [9, 10, 13, 14, 15][usize::try_from(round % 5).unwrap_or(0)]
        );
        assert!(starts.insert(start.clone()));
        let statuses: Vec<(u16, bool)> = std::thread::scope(|scope| {
            let ask = |n: u32| {
                let (served, start) = (&served, &start);
                scope.spawn(move || {
                    let answer =
                        served.post("/api/v1/holds", &format!("{round}-{n}"), &wish(Some(ANA), start));
                    if answer.status != 201 {
                        return (answer.status, answer.json()["next_best"]["same"][0].is_object());
                    }
                    let body = json!({"hold": answer.json()["hold"]["code"], "client": client()});
                    (served.post("/api/v1/bookings", &format!("{round}-{n}-b"), &body).status, false)
                })
            };
            let asking: Vec<_> = (0..50).map(ask).collect();
            asking.into_iter().map(|thread| thread.join().expect("an answer")).collect()
        });
        let count = |status| statuses.iter().filter(|(s, _)| *s == status).count();
        assert_eq!((count(201), count(409)), (1, 49), "round {round}: {statuses:?}");
        assert!(statuses.iter().all(|(s, best)| *s == 201 || *best), "each refusal names others");
    }
}

/// alextselegidis/easyappointments #845 ("any provider": around 40 double bookings a week), #31.
#[test]
fn of_fifty_who_want_anyone_at_one_time_every_practitioner_gets_one() {
    let served = served();
    for round in 0..10 {
        let start = format!(
            "{}T{:02}:00:00Z",
            day(12 + round / 2),
            [10, 14][usize::try_from(round % 2).unwrap_or(0)]
        );
        let answers: Vec<Answer> = std::thread::scope(|scope| {
            let ask = |n: u32| {
                let (served, start) = (&served, &start);
                scope.spawn(move || {
                    served.post("/api/v1/holds", &format!("any-{round}-{n}"), &wish(None, start))
                })
            };
            let asking: Vec<_> = (0..50).map(ask).collect();
            asking.into_iter().map(|thread| thread.join().expect("an answer")).collect()
        });
        let won: Vec<Value> = answers.iter().filter(|a| a.status == 201).map(Answer::json).collect();
        let with: BTreeSet<&str> =
            won.iter().filter_map(|a| a["hold"]["practitioner"]["id"].as_str()).collect();
        assert_eq!((with.len(), won.len()), (2, 2), "Ana and Ben, each once, in round {round}");
        for held in &won {
            let code = code(&held["hold"]);
            let key = [("Idempotency-Key", code.as_str())];
            assert_eq!(served.ask("DELETE", &format!("/api/v1/holds/{code}"), &key, "").status, 204);
        }
        // Taken, or as many times kept from one address as one may.
        assert!(answers.iter().all(|a| [201, 409].contains(&a.status)), "round {round}");
    }
}

/// alextselegidis/easyappointments #996, #1217: what one way of booking refused, another let in. The API and the pages refuse the
/// same, with the same reason.
#[test]
fn the_api_and_the_pages_refuse_the_same_times() {
    let served = served();
    let taken = format!("{}T10:00:00Z", day(9));
    booked(&served, ANA, &taken);
    let address = format!("/book?studio=lisbon-chiado&service={}&day={}", id(CONSULTATION), day(9));
    let page = served.page(&address).body;
    for (n, (who, start)) in [
        (ANA, taken),
        (ANA, format!("{}T10:30:00Z", day(9))),
        (ANA, format!("{}T10:07:00Z", day(9))),
        (ANA, format!("{}T03:00:00Z", day(9))),
        (ANA, format!("{}T11:30:00Z", day(9))),
        (ANA, format!("{}T10:00:00Z", day(75))),
        (ANA, "2020-01-01T10:00:00Z".to_owned()),
        (22, format!("{}T10:00:00Z", day(9))),
    ]
    .into_iter()
    .enumerate()
    {
        let by_api = served.post("/api/v1/holds", &format!("same-{n}"), &wish(Some(who), &start));
        by_api.refuses(409, "time-not-offered");
        let key = format!("same-{n}-page");
        let pick = format!("{start} {}", id(who));
        let fields = ["studio", "service"].map(|name| (name, field(&page, name)));
        let by_page =
            served.form("/book", &[&fields[..], &[("key", key.as_str()), ("pick", pick.as_str())]].concat());
        assert_eq!(by_page.status, 409, "{start}");
        let why = by_api.json()["detail"].as_str().expect("a reason").to_owned();
        assert!(by_page.body.contains(&why), "{start}: no {why:?} in {}", by_page.body);
    }
}

/// The value of a form's hidden field.
fn field<'a>(page: &'a str, name: &str) -> &'a str {
    let start =
        page.find(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name}: {page}"));
    page[start..].split('"').nth(3).expect("a value")
}

/// The buttons of a page of times.
fn picks(page: &str) -> Vec<String> {
    page.split("name=\"pick\" value=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .map(str::to_owned)
        .collect()
}

/// Presses a button of a page of times.
fn press(served: &Served, page: &str, pick: &str) -> Answer {
    let fields = ["studio", "service", "key"].map(|name| (name, field(page, name)));
    served.form("/book", &[&fields[..], &[("pick", pick)]].concat())
}

fn leads_to(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.header("location").expect("an address").to_owned()
}

#[test]
fn without_script_four_steps_lead_to_a_booking_that_can_be_moved_and_cancelled() {
    let served = served();
    let place = served.page("/book");
    assert!(place.body.contains("/book?studio=lisbon-chiado") && !place.body.contains("studio=closed"));
    assert_eq!(place.header("cache-control"), Some("no-store"));
    // Where booking begins is found by search engines; what follows from it is nobody else's.
    let noindex = "<meta name=\"robots\" content=\"noindex\">";
    assert!(!place.body.contains(noindex));
    let what = served.page("/book?studio=lisbon-chiado").body;
    assert!(what.contains(noindex));
    assert!(what.contains(&format!("service={}", id(CONSULTATION))));
    assert!(
        !what.contains(&format!("service={}", id(SESSION))) && what.contains("book a consultation first")
    );
    let address = format!("/book?studio=lisbon-chiado&service={}", id(CONSULTATION));
    let times = served.page(&format!("{address}&with={}&day={}", id(ANA), day(8))).body;
    let offered = picks(&times);
    assert_eq!(offered.len(), 24, "{offered:?}");

    // Pressed twice, one hold; another button is another hold.
    let first = leads_to(&press(&served, &times, &offered[0]));
    assert_eq!(leads_to(&press(&served, &times, &offered[0])), first);
    let other = leads_to(&press(&served, &times, &offered[8]));
    assert_ne!(other, first);
    let back = leads_to(&served.form(&format!("{other}/release"), &[]));
    assert!(back.starts_with("/book?studio=lisbon-chiado&service="), "{back}");

    let who = served.page(&first).body;
    assert!(who.contains("kept for you until") && who.contains("10 more minutes"), "{who}");
    let wrong = served.form(&first, &[("name", ""), ("email", "rui"), ("phone", "")]);
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.body.matches("aria-invalid").count(), 2);
    let person = [("name", "Rui <Costa>"), ("email", "rui@example.com"), ("phone", "912 345 678")];
    let done = leads_to(&served.form(&first, &person));
    assert_eq!(leads_to(&served.form(&first, &person)), done, "pressed twice");
    let visit = done.split('?').next().expect("a path").to_owned();
    assert_eq!(leads_to(&served.page(&first)), visit, "the step before leads to the visit");
    let shown = served.page(&done);
    assert!(shown.body.contains("Your visit is booked") && shown.body.contains("What to bring"));
    assert!(!shown.body.contains("Rui") && shown.header("cache-control") == Some("no-store"));
    assert!(!shown.body.contains("canonical"), "no page of a code is for search engines");

    let choice = served.page(&format!("{visit}/move?day={}&with={}", day(9), id(BEN))).body;
    let pick = picks(&choice).into_iter().nth(3).expect("a time");
    let fields = [("key", field(&choice, "key")), ("version", field(&choice, "version")), ("pick", &pick)];
    for _ in 0..2 {
        assert_eq!(leads_to(&served.form(&format!("{visit}/move"), &fields)), format!("{visit}?done=moved"));
    }
    let shown = served.page(&visit).body;
    assert!(shown.contains("Ben Okoro") && shown.contains("09:45"), "{shown}");

    let sure = served.page(&format!("{visit}/cancel")).body;
    assert!(sure.contains("More than 48 hours are left"));
    let key = field(&sure, "key").to_owned();
    for _ in 0..2 {
        assert_eq!(leads_to(&served.form(&format!("{visit}/cancel"), &[("key", &key)])), visit);
    }
    assert!(served.page(&visit).body.contains("This visit is cancelled"));
    let code = visit.rsplit('/').next().expect("a code").to_lowercase().replace('-', " ");
    assert_eq!(leads_to(&served.form("/visit", &[("code", &code)])), visit);
    assert_eq!(served.form("/visit", &[("code", "x")]).status, 422);
    assert_eq!(served.page("/visit/KTWB-29NX-QF7C-MR4H").status, 404);
    assert_eq!(served.page("/book/KTWB-29NX-QF7C-MR4H").status, 409);
}

#[test]
fn a_visit_inside_the_notice_says_what_applies() {
    let served = served();
    let query = format!("practitioner={}&from={}&to={}", id(ANA), day(1), day(1));
    let (_, start) = starts(&free(&served, &query)).into_iter().next().expect("tomorrow is free");
    let path = format!("/visit/{}", code(&booked(&served, ANA, &start)));
    let page = served.page(&path).body;
    assert!(page.contains("only the studio can move it now: +351 21 000 0000"), "{page}");
    let pick = format!(
        "{} anyone",
        start.parse::<Timestamp>().expect("RFC 3339") + jiff::SignedDuration::from_hours(72)
    );
    let moved = served.form(&format!("{path}/move"), &[("key", "k"), ("version", "2"), ("pick", &pick)]);
    assert_eq!(moved.status, 409, "{}", moved.body);
    let sure = served.page(&format!("{path}/cancel")).body;
    assert!(sure.contains("a deposit is not paid back"));
    leads_to(&served.form(&format!("{path}/cancel"), &[("key", field(&sure, "key"))]));
}

#[test]
fn of_fifty_pages_that_press_one_button_one_gets_the_time_and_the_others_are_shown_more() {
    let served = served();
    for round in 0..5 {
        let address = format!(
            "/book?studio=lisbon-chiado&service={}&with={}&day={}",
            id(CONSULTATION),
            id(ANA),
            day(20 + round)
        );
        let page = served.page(&address).body;
        let pick = picks(&page).into_iter().nth(4).expect("a time");
        let answers: Vec<Answer> = std::thread::scope(|scope| {
            let asking: Vec<_> = (0..50)
                .map(|n| {
                    let (served, pick, page) = (&served, &pick, &page);
                    scope.spawn(move || {
                        let key = format!("{round}-{n}");
                        let fields = ["studio", "service"].map(|name| (name, field(page, name)));
                        let all = [&fields[..], &[("key", key.as_str()), ("pick", pick.as_str())]].concat();
                        let held = served.form("/book", &all);
                        if held.status != 303 {
                            return held;
                        }
                        let person = [("name", "Rui"), ("email", "rui@example.com"), ("phone", "")];
                        served.form(&leads_to(&held), &person)
                    })
                })
                .collect();
            asking.into_iter().map(|thread| thread.join().expect("an answer")).collect()
        });
        let refused: Vec<&Answer> = answers.iter().filter(|a| a.status == 409).collect();
        let won = answers.iter().filter(|a| a.status == 303).count();
        assert_eq!((won, refused.len()), (1, 49), "round {round}");
        for answer in refused {
            assert!(answer.body.contains("That time cannot be had."), "{}", answer.body);
            let best =
                answer.body.split("class=\"best\"").nth(1).and_then(|form| form.split("</form>").next());
            let best = best.map(picks).unwrap_or_default();
            // The one who got it is there for 45 minutes and finishes for 15.
            let (at, who) = pick.split_once(' ').expect("a button");
            let at: Timestamp = at.parse().expect("RFC 3339");
            let taken = |other: &String| {
                let (start, person) = other.split_once(' ').expect("a button");
                let start: Timestamp = start.parse().expect("RFC 3339");
                person == who && start.duration_since(at).as_mins().abs() < 60
            };
            assert!(!best.is_empty() && !best.iter().any(taken), "{best:?}");
        }
    }
}

/// What is searched is in memory; what is written is a number of statements that does not grow with the practice.
///
/// Slow lists of free times, by a question for each of many rows: calcom/cal.diy #4007 (40 s), #5277 (10 to 25 s), #14810, #21103
/// (a query for each host), #23482 (more than a minute); alextselegidis/easyappointments #627 (6,000 rows, 31 times), #1171.
#[test]
fn a_request_asks_the_database_few_things() {
    let served = served();
    let asks = |most: u64, what: &str, request: &dyn Fn() -> Answer| {
        let before = served.statements();
        let answer = request();
        let asked = served.statements() - before;
        assert!(answer.status < 400, "{what}: {}", answer.body);
        assert!(asked <= most, "{what} asks {asked} times, {most} are allowed");
        answer
    };
    let of_service = format!("service={}&studio=lisbon-chiado&from={}", id(CONSULTATION), day(1));
    let month = format!("/api/v1/free-times?{of_service}&to={}", day(31));
    let course = format!("/api/v1/course-times?{of_service}&to={}&gaps=14-21,14-21", day(120));
    for path in ["/", "/studios", "/book?studio=lisbon-chiado", "/api/v1/studios", &month, &course] {
        asks(0, path, &|| served.get(path));
    }
    // Its healed pictures, which a client can withdraw at any moment.
    asks(1, "a studio's page", &|| served.get("/studios/lisbon-chiado"));
    let start = starts(&free(
        &served,
        &format!("studio=lisbon-chiado&practitioner={}&from={}&to={}", id(ANA), day(7), day(20)),
    ));
    let start = &start.first().expect("a free time").1;
    // Answered before? Too many holds? Who is taken? Then visit, claims, days, holder, answer.
    let hold = asks(8, "a hold", &|| served.post("/api/v1/holds", "few-h", &wish(Some(ANA), start)));
    let body = json!({"hold": hold.json()["hold"]["code"], "client": client()});
    // Answered before? The hold, twice; then client, words, visit, history, jobs, claims, answer.
    let visit = asks(10, "a booking", &|| served.post("/api/v1/bookings", "few-b", &body));
    asks(1, "the same booking once more", &|| served.post("/api/v1/bookings", "few-b", &body));
    let code = code(&visit.json()["visit"]);
    asks(4, "a visit", &|| served.get(&format!("/api/v1/visits/{code}")));
    asks(8, "its page", &|| served.page(&format!("/visit/{code}")));
}

/// A plan may have set another length than the service has; who moves the visit is offered times for that.
#[test]
fn a_visit_keeps_its_own_length_when_it_moves() {
    let served = served();
    let query = format!("studio=lisbon-chiado&practitioner={}&from={}&to={}", id(ANA), day(7), day(20));
    let start = starts(&free(&served, &query)).first().expect("a free time").1.clone();
    let code = code(&booked(&served, ANA, &start));
    let times = |date: &str| {
        let page = served.page(&format!("/visit/{code}/move?with={}&day={date}", id(ANA)));
        assert_eq!(page.status, 200, "{}", page.body);
        page.body
    };
    // Open until five, an empty day: a consultation of 45 minutes can begin at a quarter past four.
    let date = day(21);
    assert!(times(&date).contains(">16:15<"), "{}", times(&date));
    let longer = served.office.write(|desk| {
        let sql = "update appointments set ends_us = starts_us + 5400000000 where status = 'booked'";
        desk.tx.execute(sql, hairline_studio::values![])
    });
    assert_eq!(served.wait(longer), Ok::<u64, hairline_studio::store::Error>(1));
    assert!(served.page(&format!("/visit/{code}")).body.contains("1 h 30 min"));
    let page = times(&date);
    assert!(page.contains(">15:30<") && !page.contains(">15:45<"), "{page}");
}
