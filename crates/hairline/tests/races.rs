//! Fifty clients want one time at once, again and again, of a running server on each store, through the API and through the
//! pages: one gets it, every other is told that it is taken, and nobody meets an error. So too where lengths overlap, a booking
//! meets holds, one hold is confirmed by many, and many visits move into one gap.
//!
//! `HAIRLINE_RACE_ROUNDS` says how often for each store and way (100 without it).

#[path = "../../studio/tests/common/mod.rs"]
#[allow(dead_code, reason = "shared with the tests of the store")]
mod common;
mod served;
mod support;

use std::sync::Barrier;

use serde_json::{Value, json};
use served::{Answer, Server, Wanted, instant};

const CLIENTS: usize = 50;

/// LibreBooking #147: of two who reserved at once both saw that they had it.
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
    for round in 0..rounds.div_ceil(10) {
        others(server, &times, round);
    }
    child.kill().expect("it runs");
    child.wait().expect("it has ended");
}

/// Other ways to want one time: overlapping lengths, a booking against holds, one hold confirmed by many, many visits that move
/// into one gap.
fn others(server: &Server, times: &[Wanted], round: usize) {
    let hold = |wanted: &Wanted, client: usize, key: &str| {
        let Wanted { studio, service, practitioner, start } = wanted;
        let body =
            json!({"studio": studio, "service": service, "practitioner": practitioner, "start": start});
        api(server, "/api/v1/holds", &format!("{key}-{round}-{client}"), client, &[], &body)
    };
    let book = |code: &str, client: usize, key: &str| {
        let person = json!({"name": "Rui Costa", "email": format!("rui{client}@example.com"), "phone": ""});
        let body = json!({"hold": code, "client": person});
        api(server, "/api/v1/bookings", &format!("{key}-{round}-{client}"), client, &[], &body)
    };
    let code_of = |answer: &Answer, what: &str| {
        let told: Value = serde_json::from_str(&answer.body).expect("JSON");
        let code = told[what]["code"].as_str();
        code.unwrap_or_else(|| panic!("no {what} in {} {}", answer.status, answer.body)).to_owned()
    };
    let cancel = |code: &str| {
        let done =
            api(server, &format!("/api/v1/visits/{code}/cancel"), &format!("c-{code}"), 0, &[], &json!({}));
        assert_eq!(done.expect("an answer").status, 200);
    };

    // Starts a quarter of an hour apart, of which any two overlap.
    let at = |wanted: &Wanted| instant(&wanted.start).parse::<jiff::Timestamp>().expect("an instant");
    let quarter = jiff::SignedDuration::from_mins(15);
    let near = times.windows(3).skip(round * 7 % (times.len() / 2)).find(|three| {
        three.iter().all(|w| w.practitioner == three[0].practitioner)
            && at(&three[1]).duration_since(at(&three[0])) == quarter
            && at(&three[2]).duration_since(at(&three[1])) == quarter
    });
    let near = near.expect("three starts in a row");
    let answers = all_at_once(|client| hold(&near[client % 3], client, "near"));
    let held = code_of(one_won(&answers, 201), "hold");

    // Its owner books while everybody else holds the same time, and a second time over.
    let answers = all_at_once(|client| match client {
        0 => book(&held, client, "book"),
        _ => hold(&near[client % 3], client, "late"),
    });
    assert_eq!(answers[0].status, 201, "{}", answers[0].body);
    let visit = code_of(one_won(&answers, 201), "visit");
    cancel(&visit);

    // One hold, confirmed by many: one visit. To everybody else it is taken, or somebody else's and so not there.
    let held = code_of(&hold(&near[0], 0, "again").expect("an answer"), "hold");
    let answers = all_at_once(|client| book(&held, client, "twice"));
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [201, 404, 409].contains(status)), "{statuses:?}");
    let won = answers.iter().find(|answer| answer.status == 201).expect("just counted");
    let visit = code_of(won, "visit");
    cancel(&visit);

    // Visits of one practitioner all move to one time.
    let who = &near[0].practitioner;
    let apart = |taken: &[Wanted], w: &Wanted| {
        taken.iter().all(|t| at(w).duration_since(at(t)).abs() > jiff::SignedDuration::from_hours(2))
    };
    let mut wanted: Vec<Wanted> = vec![near[0].clone()];
    for w in times.iter().filter(|w| w.practitioner == *who) {
        if wanted.len() < 6 && apart(&wanted, w) {
            wanted.push(w.clone());
        }
    }
    let gap = wanted.remove(0);
    let visits: Vec<(String, String)> = wanted
        .iter()
        .enumerate()
        .map(|(n, w)| {
            let held = code_of(&hold(w, n, "keep").expect("an answer"), "hold");
            let booked = book(&held, n, "gap").expect("an answer");
            let told: Value = serde_json::from_str(&booked.body).expect("JSON");
            (code_of(&booked, "visit"), format!("\"{}\"", told["visit"]["version"]))
        })
        .collect();
    assert!(visits.len() > 2, "{} visits", visits.len());
    let answers = all_at_once(|client| {
        let Some((code, version)) = visits.get(client) else { return hold(&gap, client, "into") };
        let body = json!({"start": gap.start, "practitioner": gap.practitioner});
        let version = [("If-Match", version.clone())];
        api(server, &format!("/api/v1/visits/{code}/move"), &format!("m-{code}"), client, &version, &body)
    });
    let got: Vec<usize> = (0..CLIENTS).filter(|n| [200, 201].contains(&answers[*n].status)).collect();
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(got.len(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|s| [200, 201, 409].contains(s)), "{statuses:?}");
    if got[0] >= visits.len() {
        give_back(server, &code_of(&answers[got[0]], "hold"));
    }
    visits.iter().for_each(|(code, _)| cancel(code));
}

/// A request to the API, by a client with an address of their own.
fn api(
    server: &Server,
    path: &str,
    key: &str,
    client: usize,
    more: &[(&'static str, String)],
    body: &Value,
) -> Option<Answer> {
    let headers = [
        ("Content-Type", "application/json".to_owned()),
        ("Idempotency-Key", format!("race-{key}")),
        from(client),
    ];
    server.send("POST", path, &[&headers[..], more].concat(), &body.to_string())
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
    api(server, "/api/v1/holds", &format!("{round}-{client}-by-api"), client, &[], &body)
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
