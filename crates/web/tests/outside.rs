//! A calendar kept elsewhere, read through a real HTTP server: what is busy there is not offered, follows its changes, and
//! is free again once the calendar is removed.

mod visitor;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use hairline_studio::permission::Role;
use hairline_studio::store::{Error, outside};
use hairline_studio::values;
use hairline_web::Config;
use hairline_web::jobs::runner::Runner;
use serde_json::{Value, json};
use visitor::{Demo, Visitor, demo};

/// Serves a text that the test changes, under any path.
fn calendar_server(text: &Arc<Mutex<String>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let text = Arc::clone(text);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let _ = stream.read(&mut [0; 4096]);
            let body = text.lock().expect("a text").clone();
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all((head + &body).as_bytes());
        }
    });
    port
}

fn calendar(events: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n{events}END:VCALENDAR\r\n")
}

/// The first practitioner of a studio with free times in two weeks' time: service, practitioner, and their starts of a day.
async fn free(visitor: &mut Visitor, of: Option<&str>) -> (String, String, String, Vec<String>) {
    let services: Value =
        serde_json::from_str(&visitor.get("/api/v1/services?studio=london-shoreditch").await.body)
            .expect("JSON");
    let open = services["services"].as_array().expect("services").iter().find(|s| s["first"] == json!([]));
    let service = open.expect("a service")["id"].as_str().expect("an id").to_owned();
    let today = hairline_web::office::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let day = |n: i64| today.saturating_add(jiff::Span::new().days(n));
    let path = format!(
        "/api/v1/free-times?service={service}&studio=london-shoreditch&from={}&to={}",
        day(14),
        day(20)
    );
    let told: Value = serde_json::from_str(&visitor.get(&path).await.body).expect("JSON");
    for line in told["free_times"].as_array().expect("lines") {
        let practitioner = line["practitioner"]["id"].as_str().expect("an id").to_owned();
        let day = line["days"].as_array().expect("days").iter().find(|d| {
            let enough = d["starts"].as_array().is_some_and(|starts| starts.len() > 3);
            enough && of.is_none_or(|date| d["date"] == date)
        });
        if let Some(day) = day {
            let starts = day["starts"].as_array().expect("starts").iter();
            let starts = starts.map(|s| s.as_str().expect("a time").to_owned()).collect();
            return (service, practitioner, day["date"].as_str().expect("a date").to_owned(), starts);
        }
    }
    panic!("nothing is free: {told}");
}

async fn until(visitor: &mut Visitor, words: &str) -> String {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let page = visitor.page("/staff/calendars").await;
        if page.contains(words) {
            return page;
        }
        assert!(Instant::now() < end, "no {words:?} in {page}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn served() -> Demo {
    let own = vec!["127.0.0.1/32".parse().expect("a network")];
    demo(Config { demo: true, sign_in_limit: None, rate_limit: None, fetch_from: own, ..Config::default() })
}

/// calcom/cal.diy #624, #4436, #7153, #7278 (the calendar was read again only when it was switched off and on), #17139 (a booking
/// over what was written elsewhere meanwhile), #18534: what is busy elsewhere was not seen, or nobody knew how old the answer was.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_busy_elsewhere_is_not_offered_and_follows_the_calendar() {
    let demo = served();
    let mut manager = Visitor::as_role(&demo, Role::Manager).await;
    let (service, who, date, before) = free(&mut manager, None).await;
    let text = Arc::new(Mutex::new(String::new()));
    let port = calendar_server(&text);
    let set = |events: &str| *text.lock().expect("a text") = calendar(events);
    // The whole day, with no zone of its own: the studio's.
    let day = date.replace('-', "");
    set(&format!(
        "BEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20261101T000000Z\r\nDTSTART;VALUE=DATE:{day}\r\nSUMMARY:Dentist\r\nEND:VEVENT\r\n"
    ));
    let runner = Runner::start(demo.app.clone());
    let url = format!("http://127.0.0.1:{port}/private-7f3a9.ics");
    let added = manager.post("/staff/calendars/outside", &[("about", &who), ("url", &url)]).await;
    assert_eq!(added.location, "/staff/calendars", "{}", added.body);
    let page = until(&mut manager, "Read just now: 1 busy time.").await;
    assert!(page.contains("127.0.0.1") && !page.contains("private-7f3a9"), "the address is a secret");

    let path = format!(
        "/api/v1/free-times?service={service}&studio=london-shoreditch&practitioner={who}&from={date}&to={date}"
    );
    let starts = |body: &str| {
        let told: Value = serde_json::from_str(body).expect("JSON");
        let days = told["free_times"][0]["days"].as_array().cloned().unwrap_or_default();
        days.iter().flat_map(|d| d["starts"].as_array().cloned().unwrap_or_default()).collect::<Vec<_>>()
    };
    assert_eq!(starts(&manager.get(&path).await.body), Vec::<Value>::new(), "the day is taken");
    let sealed: Vec<u8> = demo
        .office
        .read(|desk| {
            let row = desk.tx.query_one("select sealed from outside_calendars", values![])?;
            row.ok_or(Error::Reference)?.take::<Vec<u8>>()
        })
        .await
        .expect("a row");
    assert!(!String::from_utf8_lossy(&sealed).contains("private"), "kept sealed");

    // An empty calendar frees the day; one that cannot be read changes nothing.
    let id = page
        .split("name=\"id\" value=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("an id")
        .to_owned();
    set("");
    manager.post("/staff/calendars/outside/again", &[("id", &id)]).await;
    until(&mut manager, "nothing busy").await;
    let after = starts(&manager.get(&path).await.body);
    assert_eq!(after, before.iter().map(|s| json!(s)).collect::<Vec<_>>());
    let morning = format!(
        "BEGIN:VEVENT\r\nUID:2\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:{day}T000000\r\nDTEND:{day}T235900\r\nEND:VEVENT\r\n"
    );
    set(&morning);
    manager.post("/staff/calendars/outside/again", &[("id", &id)]).await;
    until(&mut manager, "1 busy time").await;
    *text.lock().expect("a text") = "<html>please sign in</html>".to_owned();
    manager.post("/staff/calendars/outside/again", &[("id", &id)]).await;
    let page = until(&mut manager, "Last try:").await;
    assert!(page.contains("is no calendar") && page.contains("1 busy time"), "{page}");
    assert!(starts(&manager.get(&path).await.body).is_empty(), "what was known stays");

    // Not read for hours: the staff are warned where they look at the day and the week.
    let pages = ["/staff?studio=london-shoreditch", "/staff/week?studio=london-shoreditch"];
    for page in pages {
        assert!(!manager.page(page).await.contains("keeps elsewhere"), "{page}");
    }
    let aged: Result<u64, Error> = demo
        .office
        .write(|desk| {
            let sql = "update outside_calendars set read_us = $1";
            desk.tx.execute(sql, values![desk.fresh.now_us() - 5 * 3_600_000_000])
        })
        .await;
    assert_eq!(aged.expect("written"), 1);
    for page in pages {
        let body = manager.page(page).await;
        assert!(body.contains("keeps elsewhere was last read 5 hours ago"), "{page}: {body}");
    }

    let removed = manager.post("/staff/calendars/outside/remove", &[("id", &id)]).await;
    assert_eq!(removed.status, StatusCode::SEE_OTHER);
    assert_eq!(starts(&manager.get(&path).await.body).len(), before.len());
    assert!(demo.office.read(|desk| outside::all(desk.tx, desk.vault)).await.expect("read").is_empty());
    runner.end().await;
}

#[tokio::test]
async fn an_address_is_checked_and_is_for_who_keeps_the_hours() {
    let demo = served();
    let mut manager = Visitor::as_role(&demo, Role::Manager).await;
    let (_, who, ..) = free(&mut manager, None).await;
    let wrong =
        manager.post("/staff/calendars/outside", &[("about", &who), ("url", "file:///etc/passwd")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        wrong.body.contains("begins with https://") && wrong.body.contains("value=\"file:///etc/passwd\"")
    );
    let mut reception = Visitor::as_role(&demo, Role::Reception).await;
    let answer = reception
        .post("/staff/calendars/outside", &[("about", &who), ("url", "https://a.example/x.ics")])
        .await;
    assert!(answer.status.is_client_error(), "{}", answer.status);
    let all = demo.office.read(|desk| outside::all(desk.tx, desk.vault)).await.expect("read");
    assert!(all.is_empty());
    // One without a row of anybody's is nobody's to end.
    let gone = manager
        .post("/staff/calendars/outside/remove", &[("id", "0199f9c4-1000-7904-855d-548c50976ff0")])
        .await;
    assert_eq!(gone.status, StatusCode::SEE_OTHER);
}
