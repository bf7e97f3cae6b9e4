//! Two processes on one PostgreSQL: what one books, the other stops offering, soon after a word and at the latest with its
//! next look.

#[allow(dead_code, reason = "shared with tests on both stores")]
mod common;
#[path = "common/fixture.rs"]
mod fixture;

use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{NOW_US, TestStore};
use fixture::{Fixture, master, now, set_up, time};
use hairline_studio::ids::ResourceId;
use hairline_studio::store::Store;
use hairline_studio::store::book::{self, Touched};
use hairline_studio::store::live::Live;

/// Another process on the same database: its own connections, its own board.
fn another(t: &TestStore, fx: &Fixture) -> (Arc<Store>, Arc<Live>) {
    let store = Arc::new(Store::postgres(&t.address, 2, NOW_US).expect("the database is there"));
    let live = Live::open(&store, master(), fx.practice.chain.id, now(0)).expect("the chain is there");
    (store, Arc::new(live))
}

/// Anna at ten o'clock of a day in December.
fn book_one(t: &TestStore, fx: &Arc<Fixture>, day: u8) -> Touched {
    let wish = fx.wish(fx.anna, fx.consultation, time(&format!("2026-12-{day:02}T09:00:00Z")));
    let client = fx.clients[usize::from(day)];
    fx.write(&t.store, now(0), move |tx, fx, fresh| {
        book::book(tx, fx.desk(&fx.owner), &wish, client, None, None, fresh)
    })
    .expect("free")
    .touched
}

/// Whether a board shows everything that a booking took.
fn shows(live: &Live, touched: &Touched) -> bool {
    let shown = live.shown();
    touched.days.iter().all(|d| shown.board.version(d.resource, d.day) >= d.version)
}

fn within(limit: Duration, met: impl Fn() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < limit {
        if met() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    false
}

#[test]
fn a_word_brings_the_change_and_a_look_brings_what_no_word_told() {
    let t = TestStore::postgres();
    let fx = set_up(&t);
    let (store, live) = another(&t, &fx);
    let unheard = book_one(&t, &fx, 1);
    std::thread::sleep(Duration::from_millis(200));
    assert!(!shows(&live, &unheard), "nobody told, nobody looked");
    live.look(&store, now(0)).expect("the store answers");
    assert!(shows(&live, &unheard));
    let anna = ResourceId::from(fx.anna);
    assert!(unheard.days.iter().any(|d| d.resource == anna), "the practitioner is taken with the room");

    let (at_word, board) = (Arc::clone(&store), Arc::clone(&live));
    store.listen(move || drop(board.look(&at_word, now(0)))).expect("a thread");
    // Until the listener listens a word would be lost, and its first look finds the change in any case.
    let told = book_one(&t, &fx, 2);
    t.store.tell();
    assert!(within(Duration::from_secs(10), || shows(&live, &told)));
}

#[test]
fn a_lost_connection_loses_no_change() {
    let t = TestStore::postgres();
    let fx = set_up(&t);
    let (store, live) = another(&t, &fx);
    let (at_word, board) = (Arc::clone(&store), Arc::clone(&live));
    store.listen(move || drop(board.look(&at_word, now(0)))).expect("a thread");
    let mut admin = postgres::Client::connect(&t.address, postgres::NoTls).expect("the server answers");
    let listeners =
        "select pid from pg_stat_activity where datname = current_database() and query like 'listen%'";
    assert!(within(Duration::from_secs(10), || {
        let mut other = postgres::Client::connect(&t.address, postgres::NoTls).expect("the server answers");
        !other.query(listeners, &[]).expect("a list").is_empty()
    }));
    for row in admin.query(listeners, &[]).expect("a list") {
        let pid: i32 = row.get(0);
        admin.execute("select pg_terminate_backend($1)", &[&pid]).expect("its own connection");
    }
    // Told while nobody listens.
    let told = book_one(&t, &fx, 3);
    t.store.tell();
    assert!(within(Duration::from_secs(10), || shows(&live, &told)));
}
