//! The waiting list and the calendars through the pages: who asked first is offered what frees, and what an address shows
//! follows the visits.

mod practice;

use std::process::Command;
use std::time::{Duration, Instant};

use hairline_studio::store::jobs::{self, Which};
use hairline_studio::store::waiting::{self, Entry, Status};
use hairline_studio::store::{self, appointments, book, tickets};
use hairline_web::Config;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use practice::{ANA, Answer, CONSULTATION, Served, id, serve};
use serde_json::{Value, json};

fn served() -> Served {
    serve(Config { rate_limit: None, ..Config::default() })
}

#[track_caller]
fn until(what: &str, done: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !done() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn instant(text: &str) -> Timestamp {
    text.parse().expect("RFC 3339")
}

fn today() -> Date {
    hairline_web::office::now().in_tz("Europe/Lisbon").expect("a zone").date()
}

/// Ana's free starts between two days from today: local date, time, instant.
fn free(served: &Served, from: i64, to: i64) -> Vec<(Date, String, String)> {
    let (from, to) = (today().saturating_add(from.days()), today().saturating_add(to.days()));
    let query = format!("service={}&practitioner={}&from={from}&to={to}", id(CONSULTATION), id(ANA));
    let told = served.get(&format!("/api/v1/free-times?{query}")).json();
    let mut all = Vec::new();
    for day in told["free_times"][0]["days"].as_array().expect("days") {
        for time in day["starts"].as_array().expect("starts") {
            let word = |v: &Value| v.as_str().expect("text").to_owned();
            let (date, time) = (word(&day["date"]), word(time));
            let start = format!("{date}T{time}:00{}", word(&day["offset"]));
            all.push((date.parse().expect("a date"), time, start));
        }
    }
    all
}

fn hold(served: &Served, start: &str, key: &str) -> Answer {
    let wish = json!({"studio": "lisbon-chiado", "service": id(CONSULTATION), "practitioner": id(ANA), "start": start});
    served.post("/api/v1/holds", key, &wish)
}

fn book(served: &Served, start: &str) -> String {
    let held = hold(served, start, &format!("h{start}"));
    assert_eq!(held.status, 201, "{}", held.body);
    let client = json!({"name": "Rui Costa", "email": "rui@example.com", "phone": ""});
    let body = json!({"hold": held.json()["hold"]["code"], "client": client});
    let visit = served.post("/api/v1/bookings", &format!("b{start}"), &body);
    assert_eq!(visit.status, 201, "{}", visit.body);
    visit.json()["visit"]["code"].as_str().expect("a code").to_owned()
}

fn cancel(served: &Served, code: &str) {
    let done = served.post(&format!("/api/v1/visits/{code}/cancel"), code, &json!({}));
    assert_eq!(done.status, 200, "{}", done.body);
}

fn leads_to(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.header("location").expect("a place").to_owned()
}

/// Asks to be told of Ana's mornings on a day of the week; gives the page of it.
fn wait(served: &Served, name: &str, weekday: i8) -> String {
    leads_to(&wish(served, name, weekday, name))
}

fn wish(served: &Served, name: &str, weekday: i8, key: &str) -> Answer {
    let fields = [
        ("studio", "lisbon-chiado".to_owned()),
        ("service", id(CONSULTATION)),
        ("with", id(ANA)),
        ("day", weekday.to_string()),
        ("part", "morning".to_owned()),
        ("name", name.to_owned()),
        ("email", format!("{}@example.com", name.to_lowercase())),
        ("phone", String::new()),
        ("key", format!("0123456789abcdef-{key}")),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
    served.form("/waiting/new", &fields)
}

#[test]
fn one_address_waits_for_a_few_things_at_once() {
    let served = served();
    let asked: Vec<u16> = ["a", "b", "c", "d", "e"].map(|key| wish(&served, "Dora", 1, key).status).to_vec();
    assert_eq!(asked, [303; 5]);
    let sixth = wish(&served, "dora", 2, "f");
    assert!(sixth.status == 422 && sixth.body.contains("You wait for 5 things already"), "{}", sixth.body);
    assert_eq!(wish(&served, "Emil", 2, "g").status, 303, "others are not held up");
}

/// Takes every one of Ana's mornings on a day of the week; gives the codes.
fn take_mornings(served: &Served, weekday: i8) -> Vec<String> {
    let mut codes = Vec::new();
    for from in [0, 30] {
        loop {
            let all = free(served, from, (from + 29).min(60));
            let next = all.into_iter().find(|(date, time, _)| {
                date.weekday().to_monday_zero_offset() == weekday && time.as_str() < "12:00"
            });
            let Some((.., start)) = next else { break };
            codes.push(book(served, &start));
        }
    }
    assert!(codes.len() >= 16, "{}", codes.len());
    codes
}

fn entry(served: &Served, page: &str) -> Entry {
    let code = page.rsplit('/').next().expect("a code").to_owned();
    let read = served.office.read(move |desk| waiting::by_code(desk.tx, &code));
    served.wait(async { read.await.map_err(|e: store::Error| e) }).expect("reads").expect("there")
}

#[test]
fn a_time_that_frees_is_offered_to_who_asked_first_and_then_to_the_next() {
    let served = served();
    let weekday = today().saturating_add(9.days()).weekday().to_monday_zero_offset();
    let codes = take_mornings(&served, weekday);
    let (first, second) = (wait(&served, "Bea", weekday), wait(&served, "Cid", weekday));
    let runner = served.work();
    until("nothing is free for them", || {
        let read = served.office.read(|desk| jobs::list(desk.tx, Which::Due, None, 99, desk.fresh.now_us()));
        let due: Vec<jobs::Line> =
            served.wait(async { read.await.map_err(|e: store::Error| e) }).expect("reads");
        due.iter().all(|l| l.kind != waiting::LOOK)
    });
    assert!(served.page(&first).body.contains("You are on the list"));

    cancel(&served, &codes[7]);
    until("the first gets an offer", || entry(&served, &first).status == Status::Offered);
    let page = served.page(&first).body;
    assert!(page.contains("A time is free") && page.contains("with Ana Reis"), "{page}");
    assert!(served.page(&second).body.contains("You are on the list"), "one time, one offer");
    let offer = entry(&served, &first).offer.expect("an offer");
    let start = Timestamp::from_microsecond(offer.start_us).expect("an instant").to_string();
    assert_eq!(hold(&served, &start, "somebody").status, 409, "what is offered is nobody else's");
    assert!(free(&served, 0, 29).iter().all(|(.., s)| instant(s) != instant(&start)));

    // The first says no, and the next is asked; the first is not asked for the same again.
    leads_to(&served.form(&format!("{first}/decline"), &[]));
    until("the next gets it", || entry(&served, &second).status == Status::Offered);
    assert_eq!(entry(&served, &second).offer.map(|o| o.start_us), Some(offer.start_us));
    assert_eq!(entry(&served, &first).passed, vec![offer.start_us]);

    // Taken from ten windows at once: one visit, and everybody is led to it or to the page that says so.
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let all: Vec<_> =
            (0..10).map(|_| scope.spawn(|| served.form(&format!("{second}/take"), &[]))).collect();
        all.into_iter().map(|one| one.join().expect("an answer")).collect()
    });
    for answer in &answers {
        assert!(answer.status == 303 || answer.status == 409, "{} {}", answer.status, answer.body);
    }
    assert_eq!(entry(&served, &second).status, Status::Taken);
    let code = entry(&served, &second).offer.expect("it was taken").code;
    let visit = served.get(&format!("/api/v1/visits/{code}")).json();
    assert_eq!(visit["visit"]["state"], "booked");
    assert!(served.page(&second).body.contains(&format!("/visit/{code}")));

    // An offer that nobody answers ends, and the time goes on to the next.
    let third = wait(&served, "Dee", weekday);
    cancel(&served, &codes[3]);
    until("the first is asked again", || entry(&served, &first).status == Status::Offered);
    let of = entry(&served, &first);
    let ended = served.office.write(move |desk| {
        let offer = of.offer.clone().expect("an offer");
        book::release(desk.tx, &offer.code, desk.fresh.now)?;
        waiting::look_again(desk.tx, &mut desk.fresh).map_err(book::Refused::from)
    });
    served.wait(ended).expect("as the sweep does when it has run out");
    until("the third is asked", || entry(&served, &third).status == Status::Offered);
    assert_eq!(entry(&served, &first).status, Status::Waiting);
    leads_to(&served.form(&format!("{third}/leave"), &[]));
    assert!(served.page(&third).body.contains("not on the list any more"));
    served.wait(runner.end());
}

#[test]
fn a_visit_moves_to_an_earlier_time_when_its_client_takes_one() {
    let served = served();
    let start = free(&served, 40, 50).remove(5).2;
    let code = book(&served, &start);
    // A plan has set another length than the service has.
    let longer = served.office.write(|desk| {
        let sql = "update appointments set ends_us = starts_us + 5400000000 where status = 'booked'";
        desk.tx.execute(sql, hairline_studio::values![])
    });
    assert_eq!(served.wait(longer), Ok::<u64, store::Error>(1));
    let asks = |days: &[(&str, &str)]| served.form(&format!("/visit/{code}/earlier"), days);
    let refused = asks(&[("part", "any")]);
    assert!(refused.status == 422 && refused.body.contains("at least one day"), "{}", refused.body);
    let all: Vec<(&str, &str)> = ["0", "1", "2", "3", "4", "5", "6"].map(|d| ("day", d)).into();
    let page = leads_to(&asks(&all));
    assert_eq!(leads_to(&asks(&all)), page, "pressed twice is asked once");
    assert_eq!(leads_to(&served.page(&format!("/visit/{code}/earlier"))), page);
    let runner = served.work();
    until("an offer comes", || entry(&served, &page).status == Status::Offered);
    let before = served.get(&format!("/api/v1/visits/{code}")).json();
    assert_eq!(before["visit"]["start"].as_str().map(instant), Some(instant(&start)), "it stays");
    let offer = entry(&served, &page).offer.expect("an offer");
    let (offered, kept) = (offer.start_us, offer.code);
    let held = served.office.read(move |desk| appointments::by_code(desk.tx, &kept));
    let held: Result<_, store::Error> = served.wait(held);
    assert_eq!(held.expect("read").expect("kept").minutes(), 90, "as long as the visit");
    assert_eq!(leads_to(&served.form(&format!("{page}/take"), &[])), format!("/visit/{code}?done=moved"));
    let after = served.get(&format!("/api/v1/visits/{code}")).json();
    let moved = instant(after["visit"]["start"].as_str().expect("text"));
    assert_eq!(moved.as_microsecond(), offered);
    let until = instant(after["visit"]["end"].as_str().expect("text"));
    assert_eq!((until - moved).total(jiff::Unit::Minute).expect("minutes"), 90.0);
    assert!(free(&served, 40, 50).iter().any(|(.., s)| *s == start), "the old time is free again");
    served.wait(runner.end());
}

#[test]
fn a_clients_calendar_follows_their_visits_until_it_is_ended() {
    let served = served();
    let code = book(&served, &free(&served, 9, 20).remove(3).2);
    let strangers = [served.page("/me/calendar"), served.form("/me/calendar", &[])];
    assert!(
        strangers.iter().all(|answer| leads_to(answer) == "/me"),
        "who has the code of one visit sees that alone"
    );
    let cookie = sign_in(&served, &code);
    let of_client = |method: &str, path: &str| {
        let headers =
            [("accept", "text/html"), ("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")];
        served.ask(method, path, &headers, "")
    };
    let made = of_client("POST", "/me/calendar");
    assert_eq!((made.status, made.header("cache-control")), (200, Some("no-store")));
    let address = made.body.split("value=\"http://").nth(1).and_then(|rest| rest.split('"').next());
    let path = format!("/calendars/{}", address.and_then(|a| a.rsplit('/').next()).expect("an address"));
    assert!(!of_client("GET", "/me/calendar").body.contains(&path), "shown once");

    let first = served.get(&path);
    assert_eq!(first.status, 200);
    assert_eq!(first.header("content-type"), Some("text/calendar; charset=utf-8"));
    let etag = first.header("etag").expect("a tag").to_owned();
    assert_eq!(served.ask("GET", &path, &[("if-none-match", &etag)], "").status, 304);
    assert!(!first.body.contains("onsultation") && !first.body.contains(&code), "{}", first.body);

    let later = free(&served, 22, 29).remove(0).2;
    let version = served.get(&format!("/api/v1/visits/{code}")).json()["visit"]["version"].to_string();
    let version = format!("\"{version}\"");
    let headers =
        [("content-type", "application/json"), ("idempotency-key", "m"), ("if-match", version.as_str())];
    let body = json!({"start": later, "practitioner": null}).to_string();
    let moved = served.ask("POST", &format!("/api/v1/visits/{code}/move"), &headers, &body);
    assert_eq!(moved.status, 200, "{}", moved.body);
    let second = served.ask("GET", &path, &[("if-none-match", &etag)], "");
    assert_eq!(second.status, 200, "it has changed");
    let (before, after) = (read(&first.body), read(&second.body));
    for (by, before, after) in [("Python", &before.0, &after.0), ("ical.js", &before.1, &after.1)] {
        let (old, new) = (&before["events"][0], &after["events"][0]);
        assert_eq!(
            (&old["uid"], &old["sequence"], &new["sequence"]),
            (&new["uid"], &json!(0), &json!(1)),
            "{by}"
        );
        assert_eq!(new["dtstart"].as_str().map(instant), Some(instant(&later)), "{by}");
    }
    let file = served.get(&format!("/visit/{code}/calendar.ics"));
    assert_eq!(read(&file.body).1["events"][0]["uid"], after.1["events"][0]["uid"]);

    // Booked anew online is a record of its own; the address shows both, and so does the client's page.
    let another = book(&served, &free(&served, 30, 40).remove(0).2);
    assert_eq!(served.get(&path).body.matches("BEGIN:VEVENT").count(), 2);
    let mine = of_client("GET", "/me").body;
    assert!(mine.contains(&code) && mine.contains(&another), "{mine}");

    // A new address ends the one before; ended, it leads nowhere.
    let again = of_client("POST", "/me/calendar");
    assert_eq!((again.status, served.get(&path).status), (200, 404));
    leads_to(&of_client("POST", "/me/calendar/end"));
    let address = again.body.split("value=\"http://").nth(1).and_then(|rest| rest.split('"').next());
    let path = format!("/calendars/{}", address.and_then(|a| a.rsplit('/').next()).expect("an address"));
    assert_eq!(served.get(&path).status, 404);
    for wrong in
        ["/calendars/x.ics", "/calendars/", "/calendars/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.ics"]
    {
        assert_eq!(served.get(wrong).status, 404, "{wrong}");
    }
}

/// The cookie of a client who came in by a link; `code` is of one of their visits.
fn sign_in(served: &Served, code: &str) -> String {
    let code = code.to_owned();
    let link = served.wait(served.office.write(move |desk| {
        let visit = appointments::by_code(desk.tx, &code)?.expect("a visit");
        tickets::client_link(desk.tx, visit.client.expect("a client"), &mut desk.fresh)
    }));
    let token = link.unwrap_or_else(|e: store::Error| panic!("{e}"));
    let entered = served.form(&format!("/me/link/{token}"), &[]);
    entered.header("set-cookie").and_then(|c| c.split(';').next()).expect("a cookie").to_owned()
}

/// A calendar by two foreign parsers.
fn read(text: &str) -> (Value, Value) {
    let tools = std::env::var_os("HAIRLINE_TOOLS").expect("run `cargo xtask test`, which brings the tools");
    let tools = std::path::PathBuf::from(tools);
    let scripts = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/tools");
    let file = tempfile::Builder::new().suffix(".ics").tempfile().expect("a file");
    std::fs::write(file.path(), text).expect("written");
    let run = |command: &mut Command| {
        let out = command.arg(file.path()).output().expect("it runs");
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        serde_json::from_slice(&out.stdout).expect("JSON")
    };
    (
        run(Command::new(tools.join("venv/bin/python")).arg(scripts.join("check_mail.py"))),
        run(Command::new("node")
            .arg(scripts.join("check_ics.mjs"))
            .env("NODE_PATH", tools.join("node_modules"))),
    )
}
