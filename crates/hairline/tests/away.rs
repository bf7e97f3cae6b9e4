//! A database that does not answer: what is free is then not known, and neither a free time nor "nothing is free" is told.

#[path = "../../studio/tests/common/mod.rs"]
#[allow(dead_code, reason = "shared with the tests of the store")]
mod common;
mod served;
mod support;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use served::{Answer, Server};

/// A way to the database that can be made to stand still, as a network does: connections stay open, nothing comes through.
struct Way {
    still: Mutex<bool>,
    changed: Condvar,
    gone: AtomicBool,
}

impl Way {
    /// Opens a way to an address; gives the port where it begins.
    fn to(address: &str) -> (Arc<Way>, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let way =
            Arc::new(Way { still: Mutex::new(false), changed: Condvar::new(), gone: AtomicBool::new(false) });
        let (of, address) = (Arc::clone(&way), address.to_owned());
        std::thread::spawn(move || {
            for here in listener.incoming().map_while(Result::ok) {
                let Ok(there) = TcpStream::connect(&address) else { continue };
                for (from, to) in [(&here, &there), (&there, &here)] {
                    let (Ok(from), Ok(to)) = (from.try_clone(), to.try_clone()) else { continue };
                    let way = Arc::clone(&of);
                    std::thread::spawn(move || way.carry(from, to));
                }
            }
        });
        (way, port)
    }

    fn carry(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut part = [0; 16 * 1024];
        while let Ok(n) = from.read(&mut part) {
            let still = self.still.lock().expect("nobody panics here");
            drop(self.changed.wait_while(still, |still| *still).expect("nobody panics here"));
            if n == 0 || self.gone.load(Ordering::Relaxed) || to.write_all(&part[..n]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(std::net::Shutdown::Both);
        let _ = from.shutdown(std::net::Shutdown::Both);
    }

    fn stand_still(&self, still: bool) {
        *self.still.lock().expect("nobody panics here") = still;
        self.changed.notify_all();
    }
}

/// calcom/cal.diy #10039: when a question to the calendars took too long, the answer was an empty list, as if nothing were free.
#[test]
fn what_is_free_is_unknown_while_the_database_does_not_answer() {
    let database = common::fresh_database();
    let (login, place) = database.rsplit_once('@').expect("an address");
    let (host, name) = place.split_once('/').expect("an address");
    let (way, port) = Way::to(host);
    support::in_folder(|folder| {
        let through = format!("{login}@127.0.0.1:{port}/{name}");
        let server = Server::new(folder.to_str().expect("UTF-8"), Some(through));
        let mut child = server.start();
        let wanted = server.free_times(1, 1, 1).swap_remove(0);
        let (day, _) = wanted.start.split_once('T').expect("an instant");
        let times = format!(
            "/api/v1/free-times?service={}&studio={}&practitioner={}&from={day}&to={day}",
            wanted.service, wanted.studio, wanted.practitioner
        );
        let page = format!("/book?studio={}&service={}&day={day}", wanted.studio, wanted.service);
        let get =
            |path: &str| server.send("GET", path, &[("Accept", "*/*".to_owned())], "").expect("an answer");
        let starts = |answer: &Answer| -> usize {
            let told: Value = serde_json::from_str(&answer.body).expect("JSON");
            let days = told["free_times"][0]["days"].as_array().cloned().unwrap_or_default();
            days.iter().map(|day| day["starts"].as_array().map_or(0, Vec::len)).sum()
        };
        let before = starts(&get(&times));
        assert!(before > 0);

        way.stand_still(true);
        let wish = json!({"studio": wanted.studio, "service": wanted.service,
            "practitioner": wanted.practitioner, "start": wanted.start});
        let hold = || {
            let headers = [
                ("Content-Type", "application/json".to_owned()),
                ("Idempotency-Key", "once-and-again".to_owned()),
            ];
            server.send("POST", "/api/v1/holds", &headers, &wish.to_string()).expect("an answer")
        };
        std::thread::scope(|scope| {
            // Who books now hears that it took too long, and not that the time is taken.
            let held = scope.spawn(hold);
            // What was known is told for as long as it can be true, never as an empty list; then it is not known.
            let end = Instant::now() + Duration::from_secs(90);
            let unknown = loop {
                let answer = get(&times);
                if answer.status != 200 {
                    break answer;
                }
                assert_eq!(starts(&answer), before);
                assert!(Instant::now() < end, "it is still told what is free");
                std::thread::sleep(Duration::from_millis(250));
            };
            cannot_say(&unknown, &["unavailable"]);
            cannot_say(&held.join().expect("it asked"), &["too-slow", "unavailable", "outcome-unknown"]);
        });
        let shown = server.send("GET", &page, &[("Accept", "text/html".to_owned())], "").expect("a page");
        assert_eq!(shown.status, 503);
        assert!(shown.body.contains("The records cannot be reached"), "{}", shown.body);

        // Once it answers, all is known again, and the same request is done once.
        way.stand_still(false);
        let end = Instant::now() + Duration::from_secs(60);
        let held = loop {
            let answer = hold();
            if answer.status != 503 {
                break answer;
            }
            assert!(Instant::now() < end, "{}", answer.body);
            std::thread::sleep(Duration::from_millis(250));
        };
        assert_eq!(held.status, 201, "{}", held.body);
        while get(&times).status != 200 {
            assert!(Instant::now() < end, "it is known again what is free");
            std::thread::sleep(Duration::from_millis(250));
        }
        let after = starts(&get(&times));
        assert!(0 < after && after < before, "{after} of {before} are left beside the one that is held");
        child.kill().expect("it runs");
        child.wait().expect("it has ended");
    });
    way.gone.store(true, Ordering::Relaxed);
}

/// Whether an answer says that there is none, why, and when to ask again.
#[track_caller]
fn cannot_say(answer: &Answer, kinds: &[&str]) {
    assert_eq!(answer.status, 503, "{}", answer.body);
    let head = answer.head.to_ascii_lowercase();
    assert!(head.contains("content-type: application/problem+json"), "{head}");
    let wait = head.lines().find_map(|line| line.strip_prefix("retry-after: ")?.trim().parse::<u32>().ok());
    assert!(wait.is_some_and(|seconds| (1..=60).contains(&seconds)), "{head}");
    let told: Value = serde_json::from_str(&answer.body).expect("JSON");
    let kind = told["type"].as_str().and_then(|kind| kind.strip_prefix("/problems/"));
    assert!(kind.is_some_and(|kind| kinds.contains(&kind)), "{told}");
}
