//! Webhooks from the owner's page to a real HTTP server, read by somebody else's Standard Webhooks library: told of what is
//! theirs, again until it is taken, once more when asked, and not after they are removed.

mod visitor;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use hairline_studio::booking::Edge;
use hairline_studio::ids::AppointmentId;
use hairline_studio::permission::Role;
use hairline_studio::store::book::{self, Refused};
use hairline_studio::store::{Error, appointments};
use hairline_studio::values;
use hairline_web::Config;
use hairline_web::jobs::runner::Runner;
use hairline_web::staff::session::actor;
use serde_json::{Value, json};
use visitor::{Demo, Visitor, demo, of};

#[derive(Clone, Debug, PartialEq)]
struct Message {
    headers: Vec<(String, String)>,
    body: String,
}

impl Message {
    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }
}

/// The other program: keeps what it is told, and answers with the status that the test sets.
#[derive(Clone)]
struct Other {
    port: u16,
    status: Arc<Mutex<u16>>,
    told: Arc<Mutex<Vec<Message>>>,
}

impl Other {
    fn start() -> Other {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let other = Other { port, status: Arc::new(Mutex::new(200)), told: Arc::default() };
        let answering = other.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let mut text = String::new();
                let mut part = [0; 4096];
                // The body follows an empty line and is as long as the head says.
                let whole = |text: &str| {
                    let (head, body) = text.split_once("\r\n\r\n")?;
                    let length = head
                        .lines()
                        .find_map(|l| l.to_lowercase().strip_prefix("content-length: ")?.parse().ok())?;
                    (body.len() >= length).then_some(())
                };
                while whole(&text).is_none() {
                    let n = stream.read(&mut part).expect("readable");
                    assert!(n > 0, "cut off: {text}");
                    text.push_str(std::str::from_utf8(&part[..n]).expect("text"));
                }
                let (head, body) = text.split_once("\r\n\r\n").expect("a body");
                let headers = head.lines().skip(1).filter_map(|l| l.split_once(": "));
                let headers = headers.map(|(n, v)| (n.to_lowercase(), v.to_owned())).collect();
                answering.told.lock().expect("a list").push(Message { headers, body: body.to_owned() });
                let status = *answering.status.lock().expect("a status");
                let answer =
                    format!("HTTP/1.1 {status} So\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        other
    }

    fn answers(&self, status: u16) {
        *self.status.lock().expect("a status") = status;
    }

    /// Everything told, once it is at least `n` messages.
    async fn told(&self, n: usize) -> Vec<Message> {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let told = self.told.lock().expect("a list").clone();
            if told.len() >= n {
                return told;
            }
            assert!(Instant::now() < end, "{} of {n} messages: {told:?}", told.len());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Calls off a visit to come at a studio, or at any other; gives its id.
async fn cancel(demo: &Demo, slug: &str, there: bool) -> AppointmentId {
    let practice = demo.office.practice();
    let studio = practice.studio_named(slug).expect("a studio").id;
    let owner = practice.staff.iter().find(|s| s.email == of(Role::Owner).email).expect("an owner");
    let actor = actor(&practice, owner).expect("an owner");
    let sign = if there { "=" } else { "<>" };
    let sql = format!(
        "select id from appointments where status = 'booked' and course_id is null and starts_us > $1 and studio_id {sign} $2 \
         order by starts_us limit 1"
    );
    demo.office
        .write(move |desk| {
            let soon_us = desk.fresh.now_us() + 5 * 86_400_000_000;
            let row = desk.tx.query_one(&sql, values![soon_us, studio])?;
            let id: AppointmentId = row.ok_or(Error::Reference)?.take()?;
            let visit = appointments::by_id(desk.tx, id)?.ok_or(Refused::NotFound("visit"))?;
            let desk_of = book::Desk { practice: desk.practice, vault: desk.vault, actor: &actor };
            book::take_edge(desk.tx, desk_of, visit, Edge::Cancel, None, &mut desk.fresh)?;
            Ok::<_, Refused>(id)
        })
        .await
        .expect("called off")
}

/// What somebody else's library reads in messages, and in messages that were changed on the way.
fn read(secret: &str, messages: &[Message]) -> Value {
    let tools = std::env::var_os("HAIRLINE_TOOLS").expect("run `cargo xtask test`, which brings the tools");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/tools/check_webhook.py");
    let messages: Vec<Value> = messages
        .iter()
        .map(|m| json!({"body": m.body, "headers": m.headers.iter().cloned().collect::<std::collections::HashMap<_, _>>()}))
        .collect();
    let mut python = Command::new(PathBuf::from(tools).join("venv/bin/python"))
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python starts");
    let given = json!({"secret": secret, "messages": messages}).to_string();
    python.stdin.take().expect("piped").write_all(given.as_bytes()).expect("it reads");
    let out = python.wait_with_output().expect("it ends");
    assert!(out.status.success(), "the library refuses what was sent");
    serde_json::from_slice(&out.stdout).expect("JSON")
}

fn served() -> Demo {
    let own = vec!["127.0.0.1/32".parse().expect("a network")];
    demo(Config { demo: true, sign_in_limit: None, rate_limit: None, fetch_from: own, ..Config::default() })
}

#[tokio::test(flavor = "multi_thread")]
async fn another_program_is_told_until_it_takes_it_and_once_more_when_asked() {
    let demo = served();
    let other = Other::start();
    let mut owner = Visitor::as_role(&demo, Role::Owner).await;
    let url = format!("http://127.0.0.1:{}/visits-7f3a9", other.port);
    let added = owner.post("/staff/webhooks", &[("url", &url), ("studio", "london-shoreditch")]).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.body);
    let secret = added.between("readonly value=\"", "\"");
    let page = owner.page("/staff/webhooks").await;
    assert!(page.contains("127.0.0.1") && !page.contains("7f3a9") && !page.contains(&secret), "{page}");
    let id = added.between("name=\"id\" value=\"", "\"");

    // Another studio's visit is none of its business; the first answer is an error.
    other.answers(500);
    let runner = Runner::start(demo.app.clone());
    cancel(&demo, "london-shoreditch", false).await;
    let visit = cancel(&demo, "london-shoreditch", true).await;
    let first = other.told(1).await;
    let end = Instant::now() + Duration::from_secs(30);
    while !owner.page("/staff/webhooks").await.contains("did not take it (500)") {
        assert!(Instant::now() < end, "the page says what failed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    other.answers(204);
    let job = first[0].header("webhook-id").to_owned();
    owner.post("/staff/jobs/retry", &[("id", &job)]).await;
    let second = other.told(2).await;
    let end = Instant::now() + Duration::from_secs(30);
    while !owner.page("/staff/webhooks").await.contains(": <span>taken ") {
        assert!(Instant::now() < end, "the page says that it was taken");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let today = hairline_web::office::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let since = today.yesterday().expect("a day").to_string();
    let again = owner.post("/staff/webhooks/again", &[("id", &id), ("since", &since)]).await;
    assert!(again.body.contains("One message goes out once more."), "{}", again.body);
    let told = other.told(3).await;
    assert_eq!(told.len(), 3);
    assert_eq!(second[1].body, first[0].body);
    for message in &told {
        assert_eq!((message.header("webhook-id"), &message.body), (job.as_str(), &first[0].body));
        assert_eq!(message.header("content-type"), "application/json");
    }
    let body: Value = serde_json::from_str(&first[0].body).expect("JSON");
    assert_eq!((&body["type"], &body["data"]["state"]), (&json!("visit.cancelled"), &json!("cancelled")));
    assert_eq!(body["data"]["visit"], json!(visit.0));
    assert_eq!(body["data"]["studio"], "london-shoreditch");
    assert_eq!(
        read(&secret, &told),
        json!({"read": vec!["visit.cancelled"; 3], "altered": vec!["refused"; 3]})
    );

    // A test goes out; once removed, nothing does.
    owner.post("/staff/webhooks/test", &[("id", &id)]).await;
    assert!(other.told(4).await[3].body.starts_with("{\"type\":\"test\""));
    owner.post("/staff/webhooks/remove", &[("id", &id)]).await;
    assert!(owner.page("/staff/webhooks").await.contains("Nobody yet."));
    cancel(&demo, "london-shoreditch", true).await;
    let left = demo.office.read(|desk| {
        let row = desk.tx.query_one("select count(*) from jobs where kind = 'webhook.send'", values![])?;
        row.ok_or(Error::Reference)?.take::<i64>()
    });
    assert_eq!(left.await, Ok(0));
    runner.end().await;
}

#[tokio::test]
async fn only_the_owner_sees_them_and_an_address_is_checked() {
    let demo = served();
    for role in [Role::Manager, Role::Reception, Role::Practitioner] {
        let mut visitor = Visitor::as_role(&demo, role).await;
        assert!(visitor.get("/staff/webhooks").await.status.is_client_error(), "{role:?}");
        let answer = visitor.post("/staff/webhooks", &[("url", "https://a.example/")]).await;
        assert!(answer.status.is_client_error(), "{role:?}");
    }
    let mut owner = Visitor::as_role(&demo, Role::Owner).await;
    let wrong = owner.post("/staff/webhooks", &[("url", "ftp://a.example/")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("begins with https://") && wrong.body.contains("value=\"ftp://a.example/\""));
    assert!(owner.page("/staff/webhooks").await.contains("Nobody yet."));
}
