//! What the studio acknowledged is kept, whatever happens to the program: clients book, move and cancel at random while it is
//! killed and started again; afterwards what every client was told is compared with the store.
//!
//! `HAIRLINE_HISTORY_SECONDS` makes it longer (20 a store without it).

#[path = "../../studio/tests/common/mod.rs"]
#[allow(dead_code, reason = "shared with the tests of the store")]
mod common;
mod served;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hairline_studio::ids::ChainId;
use hairline_studio::store::{Error, Store, practice};
use serde_json::{Value, json};
use served::{Server, Wanted, instant};

const CLIENTS: u64 = 50;
/// Between one kill and the next.
const LIFE: Duration = Duration::from_millis(2500);

#[test]
fn sqlite_keeps_what_it_acknowledged_through_kills() {
    support::in_folder(|folder| {
        let server = Server::new(folder.to_str().expect("UTF-8"), None);
        run(&server, |now_us| Store::sqlite(&folder.join("hairline.db"), now_us));
    });
}

#[test]
fn postgresql_keeps_what_it_acknowledged_through_kills() {
    support::in_folder(|folder| {
        let address = common::fresh_database();
        let server = Server::new(folder.to_str().expect("UTF-8"), Some(address.clone()));
        run(&server, |now_us| Store::postgres(&address, 2, now_us));
    });
}

/// What a client knows of a visit: the states it can be in, more than one where an answer never came.
#[derive(Clone, Debug)]
struct Known {
    code: String,
    version: u64,
    /// `None` is called off.
    can_be: BTreeSet<Option<String>>,
}

/// Random numbers of one client, the same in each run.
struct Dice {
    state: u64,
    /// Where its client is.
    address: String,
}

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        // Xorshift64 (Marsaglia 2003).
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state % n.max(1) as u64) as usize
    }
}

/// What one client did.
#[derive(Default)]
struct Diary {
    visits: Vec<Known>,
    /// Times of holds and bookings that may be or not be there, since no answer came.
    lost: Vec<String>,
    acknowledged: usize,
    refused: usize,
}

static KEYS: AtomicU64 = AtomicU64::new(1);

/// One write under one key; asked again after a broken connection, but for one in three, which stays unknown.
fn write(
    server: &Server,
    dice: &mut Dice,
    path: &str,
    version: Option<u64>,
    body: &Value,
) -> Option<(u16, Value)> {
    let key = format!("history-{}-{}", std::process::id(), KEYS.fetch_add(1, Ordering::Relaxed));
    let mut headers = vec![("Idempotency-Key", key), ("X-Forwarded-For", dice.address.clone())];
    headers.extend(version.map(|v| ("If-Match", format!("\"{v}\""))));
    let gives_up = dice.below(3) == 0;
    for _ in 0..40 {
        match server.ask("POST", path, &headers, body) {
            // What the store could not say in time it may have done.
            Some((503, _)) | None if gives_up => return None,
            Some((503, _)) | None => std::thread::sleep(Duration::from_millis(250)),
            Some(answer) => {
                assert!(answer.0 < 500, "{path}: {answer:?}");
                return Some(answer);
            }
        }
    }
    None
}

fn client(server: &Server, number: u64, times: &[Wanted], stop: &AtomicBool) -> Diary {
    let mut diary = Diary::default();
    let mut dice =
        Dice { state: 0x9E37_79B9_7F4A_7C15 ^ (number << 20), address: format!("192.0.2.{}", number + 1) };
    let mut count = 0;
    while !stop.load(Ordering::Relaxed) {
        let choice = dice.below(10);
        let wanted = &times[dice.below(times.len())];
        if diary.visits.is_empty() || choice < 5 {
            count += 1;
            book(server, &mut dice, &mut diary, wanted, &format!("history-{number}-{count}@example.org"));
            continue;
        }
        let n = dice.below(diary.visits.len());
        let visit = diary.visits[n].clone();
        // After an answer that never came its owner looks at the visit first, as people do, or leaves it alone.
        if visit.can_be.len() > 1 {
            if let Some((200, seen)) =
                server.ask("GET", &format!("/api/v1/visits/{}", visit.code), &[], &Value::Null)
            {
                let is = state_of(&seen["visit"]);
                assert!(visit.can_be.contains(&is), "{visit:?} is {is:?}");
                diary.visits[n] = known(&seen["visit"]);
            }
            continue;
        }
        let body = json!({"start": wanted.start, "practitioner": wanted.practitioner});
        let (path, version, body, then) = if choice < 8 {
            (
                format!("/api/v1/visits/{}/move", visit.code),
                Some(visit.version),
                body,
                Some(instant(&wanted.start)),
            )
        } else {
            (format!("/api/v1/visits/{}/cancel", visit.code), None, Value::Null, None)
        };
        match write(server, &mut dice, &path, version, &body) {
            Some((200, done)) => {
                diary.visits[n] = known(&done["visit"]);
                diary.acknowledged += 1;
            }
            Some(_) => diary.refused += 1,
            None => _ = diary.visits[n].can_be.insert(then),
        }
    }
    diary
}

fn book(server: &Server, dice: &mut Dice, diary: &mut Diary, wanted: &Wanted, email: &str) {
    let hold = json!({"studio": wanted.studio, "service": wanted.service, "practitioner": wanted.practitioner,
        "start": wanted.start});
    let held = match write(server, dice, "/api/v1/holds", None, &hold) {
        Some((201, held)) => held,
        Some(_) => return diary.refused += 1,
        None => return,
    };
    let code = held["hold"]["code"].as_str().expect("a code").to_owned();
    let client = json!({"name": "History Check", "email": email, "phone": ""});
    match write(server, dice, "/api/v1/bookings", None, &json!({"hold": code, "client": client})) {
        Some((201, booked)) => {
            assert_eq!(booked["visit"]["code"], code.as_str());
            diary.visits.push(known(&booked["visit"]));
            diary.acknowledged += 1;
        }
        Some(_) => diary.refused += 1,
        None => diary.lost.push(code),
    }
}

fn known(visit: &Value) -> Known {
    Known {
        code: visit["code"].as_str().expect("a code").to_owned(),
        version: visit["version"].as_u64().expect("a version"),
        can_be: BTreeSet::from([state_of(visit)]),
    }
}

/// When a visit begins, or `None` where it is called off.
fn state_of(visit: &Value) -> Option<String> {
    (visit["state"] == "booked").then(|| instant(visit["start"].as_str().expect("a start")))
}

fn run(server: &Server, open: impl Fn(i64) -> Result<Store, Error>) {
    let seconds = std::env::var("HAIRLINE_HISTORY_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(20);
    let mut child = server.start();
    // What everybody wants: three studios, few practitioners, few days.
    let times = server.free_times(3, 2, 3);
    assert!(times.len() > 30, "{} times", times.len());
    let before = {
        let store = open(jiff::Timestamp::now().as_microsecond());
        codes(&store.expect("a second look is allowed"))
    };
    let stop = AtomicBool::new(false);
    let mut kills = 0;
    let diaries: Vec<Diary> = std::thread::scope(|scope| {
        let (stop, times) = (&stop, &times);
        let all: Vec<_> = (0..CLIENTS).map(|n| scope.spawn(move || client(server, n, times, stop))).collect();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(seconds) {
            std::thread::sleep(LIFE);
            child.kill().expect("it runs");
            child.wait().expect("it has ended");
            kills += 1;
            child = server.start();
        }
        stop.store(true, Ordering::Relaxed);
        all.into_iter().map(|one| one.join().expect("no client was told nonsense")).collect()
    });
    child.kill().expect("it runs");
    child.wait().expect("it has ended");
    let store = open(jiff::Timestamp::now().as_microsecond()).expect("the store opens after the last kill");
    judge(&store, &diaries, &before, kills);
}

/// Status and start of every visit, by its code.
fn codes(store: &Store) -> BTreeMap<String, (String, i64)> {
    let chain = chain(store);
    let rows =
        store.read(Some(chain), |tx| tx.query("select code, status, starts_us from appointments", &[]));
    let rows = rows.expect("a list");
    let read =
        |mut row: hairline_studio::store::Row| Ok::<_, Error>((row.take()?, (row.take()?, row.take()?)));
    rows.into_iter().map(read).collect::<Result<_, _>>().expect("visits")
}

fn chain(store: &Store) -> ChainId {
    store.read(None, practice::chains).expect("chains")[0].id
}

fn judge(store: &Store, diaries: &[Diary], before: &BTreeMap<String, (String, i64)>, kills: usize) {
    let acknowledged: usize = diaries.iter().map(|d| d.acknowledged).sum();
    let lost: usize = diaries.iter().map(|d| d.lost.len()).sum();
    let unknown = diaries.iter().flat_map(|d| &d.visits).filter(|v| v.can_be.len() > 1).count();
    let refused: usize = diaries.iter().map(|d| d.refused).sum();
    #[expect(clippy::print_stdout, reason = "how much was tried, for who reads the run")]
    {
        println!(
            "{acknowledged} acknowledged, {refused} refused, {lost} bookings and {unknown} changes unknown, {kills} kills"
        );
    }
    assert!(acknowledged > 100 && kills > 3, "too little happened to say anything");
    let after = codes(store);
    let said: BTreeMap<&str, &Known> =
        diaries.iter().flat_map(|d| &d.visits).map(|v| (v.code.as_str(), v)).collect();
    for (code, visit) in &said {
        let (status, start_us) =
            after.get(*code).unwrap_or_else(|| panic!("{code} was acknowledged and is lost"));
        let start = jiff::Timestamp::from_microsecond(*start_us).expect("an instant").to_string();
        let is = (status == "booked").then_some(start);
        assert!(visit.can_be.contains(&is), "{code} is {is:?}, and its client was told {:?}", visit.can_be);
    }
    let may_be: BTreeSet<&str> = diaries.iter().flat_map(|d| &d.lost).map(String::as_str).collect();
    for (code, (status, _)) in after.iter().filter(|(code, _)| !before.contains_key(*code)) {
        let ghost = status != "hold" && !said.contains_key(code.as_str()) && !may_be.contains(code.as_str());
        assert!(!ghost, "{code} is {status}, and nobody asked for it");
    }
    let none = |what: &str, sql: &'static str| {
        let rows = store.read(Some(chain(store)), move |tx| tx.query(sql, &[])).expect("a list");
        assert!(rows.is_empty(), "{} {what}", rows.len());
    };
    none(
        "overlaps",
        "select 1 from claims a join claims b on a.resource_id = b.resource_id and a.id < b.id \
         and a.starts_us < b.ends_us and b.starts_us < a.ends_us where a.exclusive = 1 and b.exclusive = 1",
    );
    none(
        "visits without what they take",
        "select 1 from appointments v where status in ('hold', 'booked') and \
         (select count(*) from claims c where c.owner_id = v.id) <> 1 + (case when room_id is null then 0 else 1 end)",
    );
    none(
        "claims of visits that take nothing",
        "select 1 from claims c join appointments v on v.id = c.owner_id where v.status in ('cancelled', 'no_show')",
    );
    none(
        "changes without their line of history",
        "select 1 from appointments v where v.status in ('booked', 'cancelled') and not exists \
         (select 1 from events e where e.thing_id = v.id)",
    );
}
