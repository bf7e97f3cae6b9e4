//! Fifty clients want one time at once, again and again, of a running server on each store, through the API and through the
//! pages: one gets it, every other is told that it is taken, and nobody meets an error.
//!
//! `HAIRLINE_RACE_ROUNDS` says how often for each store and way (100 without it).

#[path = "../../studio/tests/common/mod.rs"]
#[allow(dead_code, reason = "shared with the tests of the store")]
mod common;
mod served;
mod support;

use std::sync::Barrier;

use serde_json::{Value, json};
use served::{Answer, Server, Wanted};

const CLIENTS: usize = 50;

#[test]
fn one_of_fifty_gets_a_time_on_sqlite() {
    support::in_folder(|folder| race(&Server::new(folder.to_str().expect("UTF-8"), None)));
}

#[test]
fn one_of_fifty_gets_a_time_on_postgresql() {
    support::in_folder(|folder| {
        race(&Server::new(folder.to_str().expect("UTF-8"), Some(common::fresh_database())));
    });
}

fn race(server: &Server) {
    let mut child = server.start();
    let rounds = std::env::var("HAIRLINE_RACE_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(100);
    let times = server.free_times(12, 4, 6);
    assert!(times.len() > 100, "{} times", times.len());
    for round in 0..rounds {
        let wanted = &times[round % times.len()];
        let answers = all_at_once(|client| by_api(server, wanted, round, client));
        let held: Value = serde_json::from_str(&one_won(&answers, 201).body).expect("JSON");
        let code = held["hold"]["code"].as_str().expect("a code");
        // It stands for everybody, and what was refused left nothing behind: given back, it is free at once.
        give_back(server, code);
        let answers = all_at_once(|client| by_page(server, wanted, round, client));
        let place = one_won(&answers, 303).head.to_ascii_lowercase();
        let code = place.lines().find_map(|line| line.strip_prefix("location: /book/")).expect("where it is");
        give_back(server, code);
    }
    child.kill().expect("it runs");
    child.wait().expect("it has ended");
}

fn all_at_once(ask: impl Fn(usize) -> Option<Answer> + Sync) -> Vec<Answer> {
    let start = Barrier::new(CLIENTS);
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (start, ask) = (&start, &ask);
                scope.spawn(move || {
                    start.wait();
                    ask(client).expect("an answer")
                })
            })
            .collect();
        clients.into_iter().map(|client| client.join().expect("it asked")).collect()
    })
}

/// The answer of the one who got it, after a look at everybody else's.
#[track_caller]
fn one_won(answers: &[Answer], won: u16) -> &Answer {
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    let winners: Vec<&Answer> = answers.iter().filter(|answer| answer.status == won).collect();
    assert_eq!(winners.len(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|&&status| status == 409).count(), CLIENTS - 1, "{statuses:?}");
    winners[0]
}

/// Every client has an address of their own behind the tests' proxy.
fn from(client: usize) -> (&'static str, String) {
    ("X-Forwarded-For", format!("192.0.2.{}", client + 1))
}

fn by_api(server: &Server, wanted: &Wanted, round: usize, client: usize) -> Option<Answer> {
    let Wanted { studio, service, practitioner, start } = wanted;
    let body = json!({"studio": studio, "service": service, "practitioner": practitioner, "start": start});
    let headers = [
        ("Content-Type", "application/json".to_owned()),
        ("Idempotency-Key", format!("race-{round}-{client}-by-api")),
        from(client),
    ];
    server.send("POST", "/api/v1/holds", &headers, &body.to_string())
}

/// The form of the page, as a browser sends it.
fn form(server: &Server, path: &str, client: usize, body: &str) -> Option<Answer> {
    let headers = [
        ("Accept", "text/html".to_owned()),
        ("Content-Type", "application/x-www-form-urlencoded".to_owned()),
        ("Sec-Fetch-Site", "same-origin".to_owned()),
        from(client),
    ];
    server.send("POST", path, &headers, body)
}

fn by_page(server: &Server, wanted: &Wanted, round: usize, client: usize) -> Option<Answer> {
    let pick = format!("{}+{}", wanted.start.replace('+', "%2B").replace(':', "%3A"), wanted.practitioner);
    let key = format!("0123456789abcdef-{round}-{client}");
    let body = format!("studio={}&service={}&key={key}&pick={pick}", wanted.studio, wanted.service);
    form(server, "/book", client, &body)
}

#[track_caller]
fn give_back(server: &Server, code: &str) {
    let answer = form(server, &format!("/book/{code}/release"), 0, "").expect("an answer");
    assert_eq!(answer.status, 303, "{}", answer.body);
}
