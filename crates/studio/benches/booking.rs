//! Bookings a second on both stores at 1, 8 and 50 threads: each looks, checks gates, takes practitioner and room, and
//! writes history and reminders, kept on disk before it is answered.
//!
//! `HAIRLINE_TEST_POSTGRES=postgres://... cargo bench -p hairline-studio --bench booking`
#![allow(clippy::print_stdout)]

#[path = "../tests/common/mod.rs"]
#[allow(dead_code, reason = "shared with the tests")]
mod common;
#[path = "../tests/common/fixture.rs"]
mod fixture;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use common::on_both;
use fixture::{now, set_up, time};
use hairline_studio::store::book::{self, Refused, Wish};
use jiff::SignedDuration;

fn main() {
    on_both(|t| {
        let fx = set_up(t);
        // Quarters of two practitioners at two studios, on working days until the clocks change.
        let at = |day: i64, minutes: i64, first: &str| {
            let by = SignedDuration::from_mins((day + day / 6) * 24 * 60 + minutes);
            time(first).checked_add(by).expect("a time")
        };
        let mut wishes: Vec<Wish> = Vec::new();
        for day in 0..80 {
            for quarter in (0..14).chain(17..33) {
                wishes.push(fx.wish(fx.anna, fx.patch, at(day, 15 * quarter, "2026-11-30T08:00:00Z")));
                wishes.push(fx.wish(fx.cleo, fx.patch, at(day, 15 * quarter, "2026-11-30T14:00:00Z")));
            }
        }
        let next = AtomicUsize::new(0);
        for (threads, each) in [(1, 500), (8, 150), (50, 50)] {
            let begun = Instant::now();
            let mut times: Vec<Duration> = std::thread::scope(|scope| {
                let work = || {
                    (0..each)
                        .map(|_| {
                            let n = next.fetch_add(1, Ordering::Relaxed);
                            let wish = wishes[n];
                            let asked = Instant::now();
                            fx.write(&t.store, now(0), move |tx, fx, fresh| {
                                let client = fx.clients[n % fx.clients.len()];
                                let actor = fx.as_client(client);
                                book::book(tx, fx.desk(&actor), &wish, client, None, None, fresh)
                            })
                            .map(|_| asked.elapsed())
                        })
                        .collect::<Result<Vec<Duration>, Refused>>()
                };
                let all: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
                all.into_iter().flat_map(|one| one.join().expect("no panic").expect("free")).collect()
            });
            let seconds = begun.elapsed().as_secs_f64();
            times.sort();
            println!(
                "{:<10} {threads:>2} threads: {:>6.0} bookings/s, p50 {:>6.2} ms, p99 {:>6.2} ms, max {:>6.2} ms",
                t.name,
                f64::from(threads * each) / seconds,
                times[times.len() / 2].as_secs_f64() * 1e3,
                times[times.len() * 99 / 100].as_secs_f64() * 1e3,
                times[times.len() - 1].as_secs_f64() * 1e3
            );
        }
    });
}
