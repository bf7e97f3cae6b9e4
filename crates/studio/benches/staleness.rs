//! How long after a booking was kept another process on the same PostgreSQL still offers the time, while eight more book.
//!
//! `HAIRLINE_TEST_POSTGRES=postgres://... cargo bench -p hairline-studio --bench staleness`
#![allow(clippy::print_stdout)]

#[path = "../tests/common/mod.rs"]
#[allow(dead_code, reason = "shared with the tests")]
mod common;
#[path = "../tests/common/fixture.rs"]
mod fixture;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use common::{NOW_US, TestStore};
use fixture::{master, now, set_up, time};
use hairline_studio::store::Store;
use hairline_studio::store::book::{self, Refused, Touched};
use hairline_studio::store::live::Live;
use jiff::SignedDuration;

const THREADS: usize = 8;
const EACH: usize = 40;

fn main() {
    let t = TestStore::postgres();
    let fx = set_up(&t);
    let store = Arc::new(Store::postgres(&t.address, 4, NOW_US).expect("the database is there"));
    let live = Live::open(&store, master(), fx.practice.chain.id, now(0)).expect("the chain is there");
    let live = Arc::new(live);
    let (at_word, board) = (Arc::clone(&store), Arc::clone(&live));
    store.listen(move || drop(board.look(&at_word, now(0)))).expect("a thread");
    std::thread::sleep(Duration::from_secs(1));
    let next = AtomicUsize::new(0);
    let book = || -> Touched {
        let n = next.fetch_add(1, Ordering::Relaxed);
        let (day, quarter) = (n as i64 / 14, n as i64 % 14);
        let start = time("2026-11-30T08:00:00Z")
            .checked_add(SignedDuration::from_mins((day + day / 6) * 24 * 60 + 15 * quarter))
            .expect("a time");
        let wish = fx.wish(fx.anna, fx.patch, start);
        let booked = fx.write(&t.store, now(0), move |tx, fx, fresh| {
            let client = fx.clients[n % fx.clients.len()];
            book::book(tx, fx.desk(&fx.owner), &wish, client, None, None, fresh)
        });
        let touched = booked.map(|b| b.touched).unwrap_or_else(|e: Refused| panic!("{n}: {e}"));
        t.store.tell();
        touched
    };
    let mut stale: Vec<Duration> = std::thread::scope(|scope| {
        let work = || {
            (0..EACH)
                .map(|_| {
                    let touched = book();
                    let kept = Instant::now();
                    let fresh = || {
                        let shown = live.shown();
                        touched.days.iter().all(|d| shown.board.version(d.resource, d.day) >= d.version)
                    };
                    while !fresh() {
                        std::thread::sleep(Duration::from_micros(500));
                    }
                    kept.elapsed()
                })
                .collect::<Vec<_>>()
        };
        let all: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        all.into_iter().flat_map(|one| one.join().expect("no panic")).collect()
    });
    stale.sort();
    let at = |share: usize| stale[(stale.len() - 1) * share / 100].as_secs_f64() * 1e3;
    println!(
        "{} bookings: stale for p50 {:.0} ms, p99 {:.0} ms, max {:.0} ms",
        stale.len(),
        at(50),
        at(99),
        at(100)
    );
}
