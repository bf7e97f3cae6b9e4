//! `hairline serve` told to end (SIGTERM) while clients book: what it acknowledged is kept, what it began to answer it answers to
//! the end, and it ends in order.
#![cfg(unix)]

mod served;
mod support;

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use served::Server;

const CLIENTS: usize = 20;

#[test]
fn an_ordered_end_loses_nothing_that_was_acknowledged() {
    support::in_folder(|folder| {
        let server = Server::new(folder.to_str().expect("UTF-8"), None);
        let mut child = server.start();
        let times = server.free_times(12, 4, 6);
        assert!(times.len() > 10 * CLIENTS, "{} times", times.len());
        let acknowledged = AtomicUsize::new(0);
        let next = AtomicUsize::new(0);
        let client = |number: usize| -> BTreeSet<String> {
            let mut mine = BTreeSet::new();
            let ask = |path: &str, key: String, body: &Value| {
                let address = format!("192.0.2.{}", number + 1);
                server.ask("POST", path, &[("Idempotency-Key", key), ("X-Forwarded-For", address)], body)
            };
            // Until nobody answers any more.
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                let Some(wanted) = times.get(n) else { break };
                let key = format!("{number}-{n}");
                let wish = json!({"studio": wanted.studio, "service": wanted.service,
                    "practitioner": wanted.practitioner, "start": wanted.start});
                let Some((status, held)) = ask("/api/v1/holds", format!("h-{key}"), &wish) else { break };
                assert!([201, 409].contains(&status), "{status} {held}");
                let Some(code) = held["hold"]["code"].as_str().filter(|_| status == 201) else { continue };
                let person = json!({"name": "Rui Costa", "email": "rui@example.com", "phone": ""});
                let body = json!({"hold": code, "client": person});
                // An answer cut in the middle is none: [`Server::send`] counts its bytes.
                let Some((status, booked)) = ask("/api/v1/bookings", format!("b-{key}"), &body) else {
                    break;
                };
                assert_eq!((status, booked["visit"]["state"].as_str()), (201, Some("booked")), "{booked}");
                mine.insert(code.to_owned());
                acknowledged.fetch_add(1, Ordering::Relaxed);
            }
            mine
        };
        let booked: BTreeSet<String> = std::thread::scope(|scope| {
            let client = &client;
            let clients: Vec<_> = (0..CLIENTS).map(|n| scope.spawn(move || client(n))).collect();
            let end = Instant::now() + Duration::from_secs(60);
            while acknowledged.load(Ordering::Relaxed) < 3 * CLIENTS {
                assert!(Instant::now() < end, "{acknowledged:?} booked");
                std::thread::sleep(Duration::from_millis(5));
            }
            let told = Command::new("kill").arg(child.id().to_string()).status().expect("kill runs");
            assert!(told.success());
            clients
                .into_iter()
                .flat_map(|client| client.join().expect("no client was told nonsense"))
                .collect()
        });
        assert!(child.wait().expect("it ends").success(), "an ordered end");
        assert!(next.load(Ordering::Relaxed) < times.len(), "it ended while there was more to book");
        assert!(booked.len() >= 3 * CLIENTS, "{} booked", booked.len());

        let mut child = server.start();
        for code in &booked {
            let answer = server.ask("GET", &format!("/api/v1/visits/{code}"), &[], &Value::Null);
            let (status, told) = answer.expect("an answer");
            assert_eq!((status, told["visit"]["state"].as_str()), (200, Some("booked")), "{code}");
        }
        child.kill().expect("it runs");
        child.wait().expect("it has ended");
    });
}
