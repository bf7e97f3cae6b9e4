//! What the search offers can be booked, and what it does not offer cannot; on both stores, from boards that are kept up
//! to date by what each change says of itself.

mod common;
#[path = "common/fixture.rs"]
mod fixture;

use std::sync::Arc;

use common::{NOW_US, TestStore, on_both};
use fixture::{Fixture, now, set_up};
use hairline_studio::board::{Board, Claim, ClaimKind};
use hairline_studio::booking::Edge;
use hairline_studio::ids::{ResourceId, ServiceId, StaffId};
use hairline_studio::search::{Question, Refusal, Who, by_day, search};
use hairline_studio::span::{HOUR_US, MINUTE_US, Span};
use hairline_studio::store::book::{self, Booked, Refused, Wish};
use hairline_studio::store::{Error, claims};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use proptest::prelude::*;

const FIRST: Date = date(2026, 11, 23);
const LAST: Date = date(2026, 12, 20);

/// Every start that is offered of a service from a Wednesday to the Friday after.
fn offered(fx: &Fixture, board: &Board, service: ServiceId) -> Vec<(StaffId, Timestamp)> {
    let asked = board.service(&fx.practice, service).expect("offered");
    let (from, to) = (date(2026, 11, 25), date(2026, 11, 27));
    let question = Question { service: &asked, who: Who::Chain, from, to, now: now(0), own: &[] };
    let world = board.world();
    let offers = search(world, &question).expect("loaded");
    offers
        .iter()
        .flat_map(|offer| {
            let post = &world.studios[offer.studio].posts[offer.post];
            let person = StaffId(world.people[post.person].id.0);
            by_day(world, offer).flat_map(|day| day.1).map(move |start| (person, start)).collect::<Vec<_>>()
        })
        .collect()
}

/// Whether a start can be booked, without booking it.
fn tried(t: &TestStore, fx: &Arc<Fixture>, wish: Wish) -> Option<Refused> {
    enum Undo {
        Booked,
        Refused(Refused),
    }
    impl From<Error> for Undo {
        fn from(e: Error) -> Undo {
            Undo::Refused(e.into())
        }
    }
    let answer = fx.write(&t.store, now(0), move |tx, fx, fresh| {
        let client = fx.clients[0];
        let actor = fx.as_client(client);
        match book::book(tx, fx.desk(&actor), &wish, client, None, None, fresh) {
            Ok(_) => Err::<(), Undo>(Undo::Booked),
            Err(refused) => Err(Undo::Refused(refused)),
        }
    });
    match answer {
        Err(Undo::Refused(refused)) => Some(refused),
        _ => None,
    }
}

fn booked(t: &TestStore, fx: &Arc<Fixture>, wish: Wish, n: usize) -> Booked {
    fx.write(&t.store, now(0), move |tx, fx, fresh| {
        let client = fx.clients[1 + n];
        let actor = fx.as_client(client);
        book::book(tx, fx.desk(&actor), &wish, client, None, None, fresh)
    })
    .expect("offered, so it books")
}

fn same_board(t: &TestStore, fx: &Arc<Fixture>, board: &Board) {
    let fresh = fx.board(&t.store, FIRST, LAST, now(0));
    assert_eq!(format!("{:?}", board.world()), format!("{:?}", fresh.world()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, ..ProptestConfig::default() })]

    #[test]
    fn every_start_that_is_offered_books_and_no_other(
        away in proptest::collection::vec((0_usize..5, 0_i64..120, 1_i64..20), 0..12),
        picks in proptest::collection::vec((0_usize..3, any::<prop::sample::Index>()), 6),
    ) {
        on_both(|t| {
            let fx = set_up(t);
            // Leave and maintenance that do not keep to quarters, where they do not lie over each other.
            let resources: [ResourceId; 5] = [
                fx.anna.into(), fx.ben.into(), fx.cleo.into(),
                ResourceId(fixture::id(30)), ResourceId(fixture::id(32)),
            ];
            let mut taken: Vec<Claim> = Vec::new();
            for &(who, from, length) in &away {
                let start_us = NOW_US + 24 * HOUR_US + from * 37 * MINUTE_US;
                let claim = Claim {
                    resource: resources[who],
                    span: Span { start_us, end_us: start_us + length * 11 * MINUTE_US },
                    kind: if who < 3 { ClaimKind::Leave } else { ClaimKind::Maintenance },
                    owner: uuid::Uuid::from_u128(7),
                    expires_us: None,
                    sitting: None,
                };
                if !taken.iter().any(|c| c.resource == claim.resource && c.span.overlaps(&claim.span)) {
                    taken.push(claim);
                }
            }
            fx.write(&t.store, now(0), move |tx, _, fresh| claims::add(tx, None, &taken, fresh)).expect("claims");
            let mut board = fx.board(&t.store, FIRST, LAST, now(0));
            let services = [fx.consultation, fx.session, fx.patch];
            let mut visits = Vec::new();
            for (service, pick) in &picks {
                let service = services[*service];
                let starts = offered(&fx, &board, service);
                if starts.is_empty() {
                    continue;
                }
                let (person, start) = starts[pick.index(starts.len())];
                let one = booked(t, &fx, fx.wish(person, service, start), visits.len());
                fx.publish(&t.store, &mut board, &one.touched, now(0));
                visits.push(one.appointment);
            }
            // One of them is called off again.
            if let Some(visit) = visits.pop() {
                let off = fx.write(&t.store, now(0), move |tx, fx, fresh| {
                    book::take_edge(tx, fx.desk(&fx.owner), visit, Edge::Cancel, None, fresh)
                });
                fx.publish(&t.store, &mut board, &off.expect("called off").touched, now(0));
            }
            same_board(t, &fx, &board);
            for service in services {
                let starts = offered(&fx, &board, service);
                for (person, start) in &starts {
                    let refused = tried(t, &fx, fx.wish(*person, service, *start));
                    assert_eq!(refused, None, "{service} with {person} at {start}");
                }
                // Quarters of one of these days that are not offered.
                for person in [fx.anna, fx.ben, fx.cleo] {
                    for quarter in 0..96 {
                        let start = now(24 * 60 * 3 - 8 * 60 + 15 * quarter);
                        if quarter % 5 == 0 && !starts.contains(&(person, start)) {
                            let refused = tried(t, &fx, fx.wish(person, service, start));
                            let why = matches!(refused, Some(Refused::Time(
                                Refusal::Taken | Refusal::NoRoom | Refusal::Closed | Refusal::Break
                                | Refusal::Cap { .. } | Refusal::OffStep { .. } | Refusal::TooLate { .. }
                            )));
                            assert!(why, "{service} with {person} at {start}: {refused:?}");
                        }
                    }
                }
            }
            same_board(t, &fx, &board);
        });
    }
}
