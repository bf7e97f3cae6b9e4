//! A small practice on SQLite behind a real server, and a client of it that keeps nothing between requests.
#![allow(dead_code)] // each test file uses a part

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use hairline_studio::ids::Fresh;
use hairline_studio::practice::Practice;
use hairline_studio::seal::master::{MasterKeys, new_line};
use hairline_studio::seal::system_random;
use hairline_studio::store::live::Live;
use hairline_studio::store::{Error, Store, Vault, practice};
use hairline_web::jobs::runner::Runner;
use hairline_web::public::of_practice;
use hairline_web::{App, Config, Office, server};
use serde_json::{Value, json};
use uuid::Uuid;

/// Ids of the fixture.
pub const CONSULTATION: u128 = 30;
pub const SESSION: u128 = 31;
pub const INSIDE: u128 = 32;
pub const ANA: u128 = 20;
pub const BEN: u128 = 21;

pub fn id(n: u128) -> String {
    Uuid::from_u128(n).to_string()
}

/// Lisbon (Ana and Ben, two rooms), Leeds (Cem, one room), one closed down; open every day from 9 to 17 with an hour's break.
fn chain(wrapped_key: &[u8]) -> Practice {
    let day =
        json!({"open": [{"from_min": 540, "to_min": 1020}], "breaks": [{"from_min": 720, "to_min": 780}]});
    let doors = json!({"open": [{"from_min": 540, "to_min": 1020}]});
    let hours = |studio, of, day: &Value| {
        json!({"studio": id(studio), "of": id(of), "version": 1,
            "hours": {"weeks": [{"valid_from": null, "valid_to": null, "days": vec![day; 7]}], "exceptions": []}})
    };
    let studio = |n, slug, name, zone, city, country, active| {
        json!({
            "id": id(n), "slug": slug, "name": name, "zone": zone, "latitude_deg": 38.71, "longitude_deg": -9.14,
            "street": "Rua Nova 12", "postcode": "1200-001", "city": city, "country": country, "phone": "+351 21 000 0000",
            "email": format!("{slug}@example.com"), "currency": "EUR", "about": "By the stairs.", "active": active,
            "version": 1,
        })
    };
    let person = |n, name, email| {
        json!({
            "id": id(n), "name": name, "email": email, "title": "Practitioner", "about": "", "credentials": [],
            "practises": true, "daily_cap_min": null, "posts": [], "active": true, "version": 1,
        })
    };
    let room = |n, studio, class| {
        json!({"id": id(n), "studio": id(studio), "name": format!("Room {n}"), "class": class, "cleaning_min": 15,
            "active": true, "version": 1})
    };
    let service = |n, kind, name, minutes, class, public, price_minor| {
        json!({
            "id": id(n), "kind": kind, "name": name, "about": "We look at your scalp and talk about what is possible.",
            "minutes": minutes, "before_min": 0, "after_min": 15, "step": "quarter", "notice_min": 120,
            "horizon_days": 60, "room_class": class, "own_break": minutes > 200, "latest_start_min": null,
            "public": public, "price_minor": price_minor, "staff": [id(ANA), id(BEN), id(22)], "active": true,
            "version": 1,
        })
    };
    let practice = json!({
        "chain": {"id": id(1), "name": "Fallow & Field", "host": null, "version": 1, "demo": false,
            "settings": serde_json::to_value(hairline_studio::practice::Settings::default()).expect("JSON"),
            "wrapped_key": wrapped_key},
        "studios": [
            studio(10, "lisbon-chiado", "Chiado", "Europe/Lisbon", "Lisbon", "PT", true),
            studio(11, "leeds-north", "North", "Europe/London", "Leeds", "GB", true),
            studio(12, "closed", "Closed", "Europe/Lisbon", "Faro", "PT", false),
        ],
        "staff": [
            person(ANA, "Ana Reis", "ana@example.com"),
            person(BEN, "Ben Okoro", "ben@example.com"),
            person(22, "Cem Aydin", "cem@example.com"),
        ],
        "rooms": [room(40, 10, "talk"), room(41, 10, "talk"), room(42, 10, "treatment"), room(43, 11, "talk")],
        "services": [
            service(CONSULTATION, "consultation", "Consultation", 45, "talk", true, 0),
            service(SESSION, "session", "Session", 180, "treatment", true, 60_000),
            service(INSIDE, "review", "Inside", 45, "talk", false, 0),
        ],
        "hours": [
            hours(10, 10, &doors), hours(10, ANA, &day), hours(10, BEN, &day), hours(11, 11, &doors), hours(11, 22, &day),
        ],
    });
    serde_json::from_value(practice).expect("a practice")
}

fn fill(store: &Store, practice: Practice) -> Result<(), Error> {
    let (of, first) = (practice.chain.id, practice.chain.clone());
    store.write(None, move |tx| practice::add_chain(tx, &first, 0))?;
    store.write(Some(of), move |tx| {
        practice.studios.iter().try_for_each(|s| practice::add_studio(tx, s))?;
        practice.staff.iter().try_for_each(|p| practice::add_staff(tx, p, &[]))?;
        practice.rooms.iter().try_for_each(|r| practice::add_room(tx, r))?;
        practice.services.iter().try_for_each(|s| practice::add_service(tx, s))?;
        practice.hours.iter().try_for_each(|h| practice::add_hours(tx, h))
    })
}

/// A server with its folder and its end.
pub struct Served {
    pub address: SocketAddr,
    pub office: Arc<Office>,
    pub app: App,
    store: Arc<Store>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    runtime: Option<tokio::runtime::Runtime>,
    _folder: tempfile::TempDir,
}

/// The practice behind a server.
pub fn serve(config: Config) -> Served {
    serve_as(config, |_| ())
}

/// The practice behind a server, set up a little otherwise.
pub fn serve_as(config: Config, change: impl FnOnce(&mut Practice)) -> Served {
    let folder = tempfile::tempdir().expect("a folder");
    let now = hairline_web::office::now();
    let store = Arc::new(Store::sqlite(&folder.path().join("hairline.db"), 0).expect("a fresh file opens"));
    let mut rng = system_random();
    let master = Arc::new(MasterKeys::parse(&new_line(&mut rng), "test").expect("a key"));
    let of = hairline_studio::ids::ChainId(Uuid::from_u128(1));
    let wrapped = Vault::new_chain_key(&master, of, &mut Fresh::new(now, &mut rng));
    let mut practice = chain(&wrapped);
    change(&mut practice);
    fill(&store, practice).expect("filled");
    let live = Live::open(&store, master, of, now).expect("the chain is there");
    let kept = Arc::clone(&store);
    let office = Office::new(store, live);
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let app = App::new(config, of_practice::public(&office.practice(), "Hair, dot by dot.", today));
    app.open(Arc::clone(&office));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a free port");
    let address = listener.local_addr().expect("an address");
    runtime.spawn(server::serve(listener, app.clone(), async {
        let _ = stopped.await;
    }));
    Served { address, office, app, store: kept, stop: Some(stop), runtime: Some(runtime), _folder: folder }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.stop.take().map(|stop| stop.send(()));
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(5));
        }
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    head: String,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    /// Whether it refuses with this kind of problem.
    #[track_caller]
    pub fn refuses(&self, status: u16, kind: &str) {
        assert_eq!(
            (self.status, &self.json()["type"]),
            (status, &json!(format!("/problems/{kind}"))),
            "{}",
            self.body
        );
    }
}

impl Served {
    /// Does the jobs, as another process would that serves the same store.
    pub fn work(&self) -> Runner {
        let _inside = self.runtime.as_ref().expect("it runs").enter();
        Runner::start(self.app.clone())
    }

    /// Has what is set up read again, as the server does each second.
    pub fn look(&self) {
        let (live, store) = (self.office.live(), &self.store);
        live.look(store, hairline_web::office::now()).expect("it is read");
    }

    /// Statements that the database was asked so far.
    pub fn statements(&self) -> u64 {
        self.office.statements()
    }

    /// Waits for something of the server's runtime.
    pub fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.as_ref().expect("it runs").block_on(work)
    }

    /// One request on a connection of its own.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a limit");
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}",
            self.address,
            body.len()
        );
        stream.write_all(request.as_bytes()).expect("sent");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("an answer");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status");
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "")
    }

    /// A write of the API under a key.
    pub fn post(&self, path: &str, key: &str, body: &Value) -> Answer {
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        self.ask("POST", path, &headers, &body.to_string())
    }

    /// A page as a browser asks for it.
    pub fn page(&self, path: &str) -> Answer {
        self.ask("GET", path, &[("accept", "text/html")], "")
    }

    /// A form as a browser sends it.
    pub fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        let headers = [
            ("accept", "text/html"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("sec-fetch-site", "same-origin"),
        ];
        self.ask("POST", path, &headers, &body.join("&"))
    }
}

fn escaped(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
