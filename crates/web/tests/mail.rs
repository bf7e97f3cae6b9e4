//! Mails through a real SMTP server (aiosmtpd), read by foreign parsers (Python's `email` and `icalendar`, ical.js).
//!
//! `HAIRLINE_TOOLS` (npm and pip packages) comes from `cargo xtask test`.

mod post;
mod practice;

use std::collections::BTreeSet;

use hairline_studio::store::jobs::{self, Which};
use hairline_studio::store::{self, practice as set_up};
use hairline_studio::values;
use hairline_web::Config;
use jiff::{Timestamp, ToSpan as _};
use post::{PostOffice, by_ical_js, by_python, free_port, instant, lead, list, until};
use practice::{ANA, CONSULTATION, Served, id, serve};
use serde_json::{Value, json};

/// The n-th start that is free from a day on.
fn start(served: &Served, n: usize) -> String {
    let day = hairline_web::office::now().in_tz("Europe/Lisbon").expect("a zone").date();
    let (from, to) = (day.saturating_add(9.days()), day.saturating_add(20.days()));
    let told = served
        .get(&format!(
            "/api/v1/free-times?service={}&practitioner={}&from={from}&to={to}",
            id(CONSULTATION),
            id(ANA)
        ))
        .json();
    let mut all = Vec::new();
    for day in told["free_times"][0]["days"].as_array().expect("days") {
        for time in day["starts"].as_array().expect("starts") {
            let word = |v: &Value| v.as_str().expect("text").to_owned();
            all.push(format!("{}T{}:00{}", word(&day["date"]), word(time), word(&day["offset"])));
        }
    }
    all.swap_remove(n)
}

fn book(served: &Served, email: &str, n: usize) -> Value {
    let start = start(served, n);
    let wish = json!({"studio": "lisbon-chiado", "service": id(CONSULTATION), "practitioner": id(ANA), "start": start});
    let hold = served.post("/api/v1/holds", &format!("h{email}{n}"), &wish);
    assert_eq!(hold.status, 201, "{}", hold.body);
    let client = json!({"name": "Rui \"Zé\" Costa; Filho, Jr.", "email": email, "phone": ""});
    let body = json!({"hold": hold.json()["hold"]["code"], "client": client});
    let visit = served.post("/api/v1/bookings", &format!("b{email}{n}"), &body);
    assert_eq!(visit.status, 201, "{}", visit.body);
    visit.json()["visit"].clone()
}

#[test]
fn a_visit_that_is_booked_moved_and_cancelled_is_an_invitation_that_follows() {
    let post = PostOffice::open();
    let served = serve(post.config());
    let runner = served.work();
    let visit = book(&served, "rui@example.com", 30);
    let code = visit["code"].as_str().expect("a code");
    post.mails(1);

    let to = start(&served, 60);
    let version = format!("\"{}\"", visit["version"]);
    let headers =
        [("content-type", "application/json"), ("idempotency-key", "move"), ("if-match", version.as_str())];
    let body = json!({"start": to, "practitioner": id(ANA)}).to_string();
    let moved = served.ask("POST", &format!("/api/v1/visits/{code}/move"), &headers, &body);
    assert_eq!(moved.status, 200, "{}", moved.body);
    post.mails(2);
    let cancelled = served.post(&format!("/api/v1/visits/{code}/cancel"), "cancel", &json!({}));
    assert_eq!(cancelled.status, 200, "{}", cancelled.body);

    let mails = post.mails(3);
    let expected = [
        ("Your appointment at Chiado", "REQUEST", "CONFIRMED", instant(&visit["start"])),
        ("New time of your appointment at Chiado", "REQUEST", "CONFIRMED", to.parse().expect("RFC 3339")),
        ("Cancelled: your appointment at Chiado", "CANCEL", "CANCELLED", to.parse().expect("RFC 3339")),
    ];
    for (n, (mail, (subject, method, status, starts))) in mails.iter().zip(expected).enumerate() {
        assert!(mail["subject"].as_str().is_some_and(|s| s.starts_with(subject)), "{mail:#}");
        assert_eq!(mail["kind"], "multipart/alternative");
        assert_eq!(mail["from"], "Chiado <post@fallow.example>");
        assert_eq!(mail["reply_to"], "Chiado <lisbon-chiado@example.com>");
        assert!(mail["to"].as_str().is_some_and(|to| to.ends_with("<rui@example.com>")), "{mail:#}");
        assert_eq!(mail["automatic"], "auto-generated");
        let calendar = &mail["calendars"][0];
        assert_eq!((&calendar["method"], &calendar["named"]), (&json!(method), &json!(method)));
        let event = &calendar["events"][0];
        assert_eq!((&event["status"], &event["sequence"]), (&json!(status), &json!(n)), "{event:#}");
        assert_eq!(event["uid"], mails[0]["calendars"][0]["events"][0]["uid"]);
        assert_eq!(event["summary"], "Appointment at Chiado");
        assert_eq!(event["zone"], "Europe/Lisbon");
        assert_eq!(event["organizer"], "mailto:lisbon-chiado@example.com");
        assert_eq!(event["attendee"], "mailto:rui@example.com");
        assert_eq!(instant(&event["dtstart"]), starts);
        assert_eq!(instant(&event["dtend"]), starts + 45.minutes());
        let (text, html) = (mail["text"][0].as_str().expect("text"), mail["html"][0].as_str().expect("HTML"));
        for words in [text, html] {
            assert!(words.contains("With Ana Reis") && words.contains("Rua Nova 12"), "{words}");
            assert!(!words.contains("onsultation"), "what it is for is not said: {words}");
        }
        assert!(text.contains("Hello Rui \"Zé\" Costa; Filho, Jr.,"), "{text}");
        let link = format!("https://fallow.example/visit/{code}");
        assert_eq!(text.contains(&link), method == "REQUEST", "{text}");
        assert!(!event.to_string().contains(code), "calendars travel on: {event}");
    }
    let ids: BTreeSet<&str> = mails.iter().filter_map(|m| m["id"].as_str()).collect();
    assert_eq!(ids.len(), 3, "{ids:?}");
    assert_eq!(list(&served, Which::Failed), Vec::new());
    served.wait(runner.end());
}

#[test]
fn every_parser_finds_the_same_instants_on_both_sides_of_a_change_of_clocks() {
    use hairline_web::calendars::event::{Event, Method, calendar};
    let zones = [
        "Europe/Lisbon",
        "America/New_York",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "Asia/Kathmandu",
        "America/Nuuk",
        "Pacific/Chatham",
        "UTC",
    ];
    let mut events = Vec::new();
    for (z, zone) in zones.iter().enumerate() {
        // Every 97 hours through a year and a half: all hours of the day, all seasons.
        for n in 0..140_i64 {
            let first: Timestamp = "2026-08-01T00:30:00Z".parse().expect("RFC 3339");
            let start = first + (n * 97).hours();
            events.push(Event {
                uid: format!("{z}-{n}@hairline.invalid"),
                sequence: 0,
                changed: first,
                start,
                end: start + 45.minutes(),
                zone: (*zone).to_owned(),
                cancelled: false,
                summary: "Appointment".to_owned(),
                location: "Here, there; \\ everywhere".to_owned(),
                description: "Zeile eins\nZeile zwei äöü 日本語".repeat(5),
                parties: None,
            });
        }
    }
    // In the hour that comes twice, the second of the two.
    let mut second = events[0].clone();
    second.uid = "second@hairline.invalid".to_owned();
    second.start = "2026-10-25T01:15:00Z".parse().expect("RFC 3339");
    second.end = second.start + 45.minutes();
    events.push(second);
    let text = calendar(Method::Publish, Some("Ana Reis"), &events);

    let by_python = by_python(&text);
    let by_js = by_ical_js(&text);
    for (i, event) in events.iter().enumerate() {
        for read in [&by_python["events"][i], &by_js["events"][i]] {
            let told = (instant(&read["dtstart"]), instant(&read["dtend"]));
            assert_eq!((told, &read["uid"]), ((event.start, event.end), &json!(event.uid)), "{}", event.zone);
        }
        assert_eq!(by_python["events"][i]["description"], json!(event.description));
        assert_eq!(by_python["events"][i]["location"], json!(event.location));
    }
    let by_rust: icalendar::Calendar = text.parse().expect("a third parser reads it");
    assert_eq!(by_rust.events().count(), events.len());
}

#[test]
fn a_mail_that_is_refused_is_shown_with_the_reason_and_one_that_is_put_off_comes_again() {
    let post = PostOffice::open();
    let served = serve(post.config());
    book(&served, "nobody@example.com", 10);
    book(&served, "later@example.com", 20);
    book(&served, "rui@example.com", 30);
    let runner = served.work();
    let mails = post.mails(1);
    assert!(mails[0]["to"].as_str().is_some_and(|to| to.contains("rui@")), "one bad address stops no other");
    until("one fails for good", || list(&served, Which::Failed).len() == 1);
    let failed = list(&served, Which::Failed).remove(0);
    let why = failed.note.expect("a reason");
    assert!(why.contains("550") && why.contains("no such user") && !why.contains('@'), "{why}");
    until("one waits", || list(&served, Which::Later).iter().any(|l| l.tries == 1));
    let later = list(&served, Which::Later).into_iter().find(|l| l.tries == 1).expect("it waits");
    assert!(later.note.as_deref().is_some_and(|why| why.contains("451") && !why.contains('@')), "{later:?}");
    served.wait(runner.end());
}

#[test]
fn without_a_mail_server_mails_wait_and_go_out_once_there_is_one_if_they_are_still_true() {
    let post = PostOffice::open();
    let served = serve(Config { rate_limit: None, ..Config::default() });
    let runner = served.work();
    let kept = book(&served, "rui@example.com", 10);
    let gone = book(&served, "rui@example.com", 20);
    let code = gone["code"].as_str().expect("a code");
    assert_eq!(served.post(&format!("/api/v1/visits/{code}/cancel"), "c", &json!({})).status, 200);
    until("the waiting list was looked at", || {
        list(&served, Which::Done).iter().any(|l| l.kind == "waiting.offer")
    });
    let waits: Vec<String> = list(&served, Which::Due).into_iter().map(|l| l.kind).collect();
    assert_eq!(waits, ["mail.booked", "mail.booked", "mail.cancelled"]);
    served.wait(runner.end());

    let app = hairline_web::App::new(post.config(), hairline_web::public::view::Public::default());
    app.open(std::sync::Arc::clone(&served.office));
    let runner = served.wait(async { hairline_web::jobs::runner::Runner::start(app) });
    let mails = post.mails(2);
    until("all are done", || list(&served, Which::Due).is_empty());
    assert_eq!(post.files().len(), 2, "that a visit is booked which is cancelled is not told");
    let subjects: BTreeSet<String> =
        mails.iter().map(|m| m["subject"].as_str().unwrap_or_default().to_owned()).collect();
    assert!(subjects.iter().any(|s| s.starts_with("Your appointment")), "{subjects:?} {kept}");
    assert!(subjects.iter().any(|s| s.starts_with("Cancelled")), "{subjects:?}");
    served.wait(runner.end());
}

#[test]
fn two_processes_share_the_mails_and_send_each_once_and_one_that_died_is_stood_in_for() {
    let post = PostOffice::open();
    let served = serve(post.config());
    for n in 0..12 {
        book(&served, &format!("client{n}@example.com"), n * 4);
    }
    // One process took three of them and was killed before it sent any.
    let dead = served.office.write(|desk| {
        let now_us = desk.fresh.now_us();
        jobs::lease(desk.tx, "killed", &["mail.booked"], 3, 1_500_000, now_us)
    });
    let dead: Vec<jobs::Job> = served.wait(async { dead.await.map_err(|e: store::Error| e) }).expect("three");
    assert_eq!(dead.len(), 3);
    let runners = [served.work(), served.work()];
    let mails = post.mails(12);
    let to: BTreeSet<String> = mails.iter().map(|m| m["to"].to_string()).collect();
    assert_eq!((to.len(), mails.len()), (12, 12), "each once");
    for job in dead {
        let id = format!("<{}@fallow.example>", job.id);
        assert!(mails.iter().any(|m| m["id"] == id.as_str()), "a mail that is sent again is known by its id");
    }
    for runner in runners {
        served.wait(runner.end());
    }
    until("all are noted", || list(&served, Which::Due).is_empty());
    assert_eq!(post.files().len(), 12);
}

/// calcom/cal.diy #7739: a reminder that was set up never came.
#[test]
fn reminders_come_when_the_studio_says() {
    let post = PostOffice::open();
    let served = serve(post.config());
    let changed = served.office.write(|desk| {
        let mut settings = desk.practice.chain.settings.clone();
        settings.messages.reminders_h = vec![100, 5];
        set_up::change_settings(desk.tx, &settings, desk.practice.chain.version)
    });
    assert!(served.wait(async { changed.await.map_err(|e: store::Error| e) }).expect("kept"));
    served.look();
    let visit = book(&served, "rui@example.com", 10);
    let start = instant(&visit["start"]);
    let due: Vec<i64> = list(&served, Which::Later)
        .into_iter()
        .filter(|l| l.kind == "mail.reminder")
        .map(|l| (start.as_microsecond() - l.due_us) / 3_600_000_000)
        .collect();
    assert_eq!(due, [100, 5]);
    // As if the first were due now.
    let first = list(&served, Which::Later).into_iter().find(|l| l.kind == "mail.reminder").expect("one").id;
    let now = served.office.write(move |desk| jobs::retry(desk.tx, first, desk.fresh.now_us()));
    assert!(served.wait(async { now.await.map_err(|e: store::Error| e) }).expect("due"));
    let runner = served.work();
    let mails = post.mails(2);
    let reminder = mails.iter().find(|m| m["subject"].as_str().is_some_and(|s| s.starts_with("Reminder")));
    let reminder = reminder.expect("it came");
    assert_eq!(reminder["calendars"], json!([]), "a reminder invites nobody anew");
    assert!(reminder["text"][0].as_str().is_some_and(|t| t.contains("Ana Reis")), "{reminder}");
    served.wait(runner.end());
}

#[test]
fn a_course_is_one_mail_with_an_invitation_for_each_visit() {
    use hairline_studio::ids::{ChainId, ClientId, ServiceId, StaffId, StudioId};
    use hairline_studio::permission::{Actor, Person, Role};
    use hairline_studio::store::book::{Desk, Refused, Wish};
    use hairline_studio::store::courses::{self, NewCourse, Session};
    use hairline_studio::store::{appointments, clients};
    use uuid::Uuid;

    let post = PostOffice::open();
    let served = serve(post.config());
    let runner = served.work();
    let starts: Vec<Timestamp> =
        [0, 80, 160].map(|n| start(&served, n).parse().expect("RFC 3339")).into_iter().collect();
    let chain = ChainId(Uuid::from_u128(1));
    let owner = Actor {
        role: Role::Owner,
        person: Person::Staff(StaffId(Uuid::from_u128(ANA))),
        chain,
        studios: vec![StudioId(Uuid::from_u128(10))],
        also: Vec::new(),
    };
    let (actor, wishes) = (owner.clone(), starts.clone());
    let booked = served.office.write(move |desk| {
        let person =
            clients::Person { name: "Rui".into(), email: "rui@example.com".into(), ..Default::default() };
        let studio = StudioId(Uuid::from_u128(10));
        let way = hairline_studio::seal::blind::Dialling { country: "351", trunk: "" };
        let client: ClientId = clients::add(desk.tx, desk.vault, studio, &person, way, &mut desk.fresh)?.id;
        let service = ServiceId(Uuid::from_u128(CONSULTATION));
        let session = Session { service, minutes: 45, gap_min_days: 0, gap_max_days: 60, lead_days: 0 };
        let practitioner = StaffId(Uuid::from_u128(ANA));
        let wish = |start: &Timestamp| Wish { studio, service, practitioner, start: *start, room: None };
        let at = Desk { practice: desk.practice, vault: desk.vault, actor: &actor };
        let wishes: Vec<Wish> = wishes.iter().map(wish).collect();
        courses::book_course(
            desk.tx,
            at,
            &NewCourse { client, sessions: &[session; 3], wishes: &wishes, beside: 0 },
            None,
            &mut desk.fresh,
        )
    });
    let booked = served.wait(async { booked.await.map_err(|e: Refused| e) }).expect("booked");
    post.mails(1);
    let id = booked.course.id;
    let cancelled = served.office.write(move |desk| {
        // One of them was called off alone before.
        let one = appointments::of_course(desk.tx, id)?.remove(1);
        let at = Desk { practice: desk.practice, vault: desk.vault, actor: &owner };
        let edge = hairline_studio::booking::Edge::Cancel;
        hairline_studio::store::book::take_edge(desk.tx, at, one, edge, None, &mut desk.fresh)?;
        Ok::<_, Refused>(())
    });
    served.wait(cancelled).expect("called off");
    post.mails(2);
    let owner = Actor {
        role: Role::Owner,
        person: Person::Staff(StaffId(Uuid::from_u128(ANA))),
        chain,
        studios: Vec::new(),
        also: Vec::new(),
    };
    let ended = served.office.write(move |desk| {
        let at = Desk { practice: desk.practice, vault: desk.vault, actor: &owner };
        courses::cancel_course(desk.tx, at, id, None, &mut desk.fresh)
    });
    served.wait(async { ended.await.map_err(|e: Refused| e) }).expect("called off");

    let mails = post.mails(3);
    let all = |mail: &Value| -> Vec<(String, Timestamp)> {
        let calendars = mail["calendars"].as_array().expect("a list");
        let event = |c: &Value| (c["method"].to_string(), instant(&c["events"][0]["dtstart"]));
        calendars.iter().map(event).collect()
    };
    let with = |method: &str, starts: &[Timestamp]| -> Vec<(String, Timestamp)> {
        starts.iter().map(|s| (format!("\"{method}\""), *s)).collect()
    };
    assert_eq!(mails[0]["kind"], "multipart/mixed");
    assert_eq!(all(&mails[0]), with("REQUEST", &starts));
    assert_eq!(all(&mails[1]), with("CANCEL", &starts[1..2]));
    assert_eq!(
        all(&mails[2]),
        with("CANCEL", &[starts[0], starts[2]]),
        "the one of before is not told again"
    );
    let text = mails[0]["text"][0].as_str().expect("text");
    for visit in &booked.visits {
        assert!(text.contains(&format!("https://fallow.example/visit/{}", visit.code)), "{text}");
    }
    served.wait(runner.end());
}

#[test]
fn a_client_who_asks_is_mailed_a_link_that_works_once() {
    let post = PostOffice::open();
    let served = serve(post.config());
    let runner = served.work();
    book(&served, "rui@example.com", 30);
    post.mails(1);
    assert_eq!(served.form("/me", &[("email", "nobody@example.com")]).status, 200);
    assert_eq!(served.form("/me", &[("email", "RUI@example.com")]).status, 200);
    let mails = post.mails(2);
    assert_eq!(mails.len(), 2, "nobody is mailed who is not known");
    let text = mails[1]["text"][0].as_str().expect("text");
    assert!(text.contains("twenty minutes") && !text.contains("onsultation"), "{text}");
    let link =
        text.split_whitespace().find_map(|word| word.strip_prefix("https://fallow.example")).expect("a link");
    assert!(link.starts_with("/me/link/"), "{link}");
    assert!(served.page(link).body.contains("Open my visits"));
    let entered = served.form(link, &[]);
    assert_eq!((entered.status, entered.header("location")), (303, Some("/me")));
    let cookie = entered.header("set-cookie").and_then(|c| c.split(';').next()).expect("a cookie").to_owned();
    assert!(cookie.starts_with("__Host-hairline-client="), "{cookie}");
    let mine = served.ask("GET", "/me", &[("accept", "text/html"), ("cookie", &cookie)], "");
    assert!(mine.body.contains("Hello, Rui") && mine.body.contains("Ana Reis"), "{}", mine.body);
    assert_eq!(served.form(link, &[]).status, 404, "once");
    assert_eq!(list(&served, Which::Failed), Vec::new());
    served.wait(runner.end());
}

/// For six hours nobody answers at the mail server: each mail is tried again after waits that double, none is given up, and
/// once the server is back each goes out once.
#[test]
fn a_mail_server_that_is_down_for_six_hours_loses_no_mail_and_doubles_none() {
    let post = PostOffice::open();
    let port = free_port();
    let served = serve(post.config_at(port));
    for n in 0..3 {
        book(&served, &format!("client{n}@example.com"), n * 4);
    }
    let runner = served.work();
    let waiting = || -> Vec<jobs::Line> {
        let all = list(&served, Which::Later).into_iter();
        all.filter(|line| line.kind == "mail.booked" && !line.under_way).collect()
    };
    let due_now = || {
        let due = served.office.write(|desk| {
            let sql = "update jobs set due_us = 0 where kind = 'mail.booked' and done_us is null";
            desk.tx.execute(sql, values![])
        });
        let due: Result<u64, store::Error> = served.wait(due);
        due.expect("written")
    };
    let (mut passed_min, mut tries) = (0, 0);
    while passed_min < 6 * 60 {
        tries += 1;
        until("each was tried", || waiting().iter().filter(|line| line.tries == tries).count() == 3);
        let now_us = hairline_web::office::now().as_microsecond();
        let wait_min = (1 << (tries - 1)).min(240);
        for line in waiting() {
            let found_min = (line.due_us - now_us + 30_000_000) / 60_000_000;
            assert!((wait_min - 1..=wait_min).contains(&found_min), "{wait_min} min: {line:?}");
            assert!(line.note.is_some_and(|why| why.contains("mail server")), "the staff see why");
        }
        // As if so much time had passed.
        passed_min += wait_min;
        assert_eq!(due_now(), 3);
    }
    assert!(tries >= 8, "tried {tries} times in {passed_min} min");
    assert_eq!((list(&served, Which::Failed), post.files().len()), (Vec::new(), 0));
    lead(port, post.port);
    until("all have gone", || {
        // Those that were tried before the server was back are due in hours.
        if !waiting().is_empty() {
            due_now();
        }
        list(&served, Which::Done).iter().filter(|line| line.kind == "mail.booked").count() == 3
    });
    served.wait(runner.end());
    let mails = post.mails(3);
    let to: BTreeSet<String> = mails.iter().map(|m| m["to"].to_string()).collect();
    assert_eq!((to.len(), mails.len(), post.files().len()), (3, 3, 3), "each once");
    assert_eq!(list(&served, Which::Failed), Vec::new());
}
