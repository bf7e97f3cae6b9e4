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
use hairline_studio::search::{Ask, Refusal, admits};
use hairline_studio::store::Store;
use hairline_studio::store::book::{self, Refused, Touched};
use hairline_studio::store::live::Live;
use jiff::Timestamp;

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

/// calcom/cal.diy PR 22401: two who were shown one time from a cache a second apart both booked it. What a board shows that is
/// behind is shown, and no more: the booking looks at the store.
#[test]
fn a_board_that_is_behind_books_nothing_twice() {
    let t = TestStore::postgres();
    let fx = set_up(&t);
    let (store, live) = another(&t, &fx);
    let wish = fx.wish(fx.anna, fx.consultation, time("2026-12-01T09:00:00Z"));
    let offered = || {
        let shown = live.known(now(0)).expect("just looked at");
        let service = shown.board.service(&shown.practice, wish.service).expect("offered");
        let ask = Ask {
            service: &service,
            studio: wish.studio,
            practitioner: wish.practitioner.into(),
            start: wish.start,
            now: now(0),
            own: &[],
        };
        admits(shown.board.world(), &ask).is_ok()
    };
    book_one(&t, &fx, 1);
    assert!(offered(), "this process has not heard of it");
    let late = fx.write(&store, now(0), move |tx, fx, fresh| {
        book::book(tx, fx.desk(&fx.owner), &wish, fx.clients[2], None, None, fresh)
    });
    assert_eq!(late.map(|_| ()), Err(Refused::Time(Refusal::Taken)));
    live.look(&store, now(0)).expect("the store answers");
    assert!(!offered());
    // Half a minute without a look, and what is free is not known at all.
    assert!(live.known(Timestamp::from_microsecond(NOW_US + 31_000_000).expect("a time")).is_none());
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
