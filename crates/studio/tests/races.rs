//! Many at once, on both stores: exactly one gets a time, and everybody else is told so.

mod common;
#[path = "common/fixture.rs"]
mod fixture;

use std::sync::{Arc, Barrier};

use common::{NOW_US, TestStore, on_both};
use fixture::{Fixture, now, set_up, time};
use hairline_studio::booking::{Edge, Override, State};
use hairline_studio::ids::Fresh;
use hairline_studio::search::Refusal;
use hairline_studio::span::DAY_US;
use hairline_studio::store::Tx;
use hairline_studio::store::appointments::Appointment;
use hairline_studio::store::book::{self, Refused, Wish};
use hairline_studio::store::courses::{self, NewCourse, Session};
use jiff::{SignedDuration, Timestamp};

const THREADS: usize = 50;
const ROUNDS: i64 = 50;

/// What every thread got, all let off at once.
fn all_at_once<T: Send>(n: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(n);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..n)
            .map(|i| {
                let (barrier, work) = (&barrier, &work);
                scope.spawn(move || {
                    barrier.wait();
                    work(i)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    })
}

type Work = Box<dyn FnOnce(&mut Tx<'_>, &Fixture, &mut Fresh<'_>) -> Result<(), Refused> + Send>;

/// Exactly one of the answers is a booking, and all others say that the time or the room is taken.
fn one_won(answers: &[Result<(), Refused>]) {
    let won = answers.iter().filter(|a| a.is_ok()).count();
    assert_eq!(won, 1, "{answers:?}");
    assert!(answers.iter().all(|a| a.is_ok() || taken(a)), "{answers:?}");
}

fn taken(answer: &Result<(), Refused>) -> bool {
    match answer {
        Err(Refused::Time(Refusal::Taken | Refusal::NoRoom)) => true,
        Err(Refused::Session { why, .. }) => {
            matches!(**why, Refused::Time(Refusal::Taken | Refusal::NoRoom))
        }
        _ => false,
    }
}

fn race(
    t: &TestStore,
    fx: &Arc<Fixture>,
    n: usize,
    work: impl Fn(usize) -> Work + Sync,
) -> Vec<Result<(), Refused>> {
    all_at_once(n, |i| {
        let work = work(i);
        fx.write(&t.store, now(0), work)
    })
}

/// No two claims of a resource overlap, and no visit that stands is without its claims.
fn sound(t: &TestStore, fx: &Arc<Fixture>) {
    fx.read(&t.store, |tx, _| {
        let overlaps = tx.query(
            "select 1 from claims a join claims b on a.resource_id = b.resource_id and a.id < b.id \
             and a.starts_us < b.ends_us and b.starts_us < a.ends_us",
            &[],
        )?;
        let bare = tx.query(
            "select 1 from appointments v where status in ('hold', 'booked', 'checked_in', 'done') and \
             (select count(*) from claims c where c.owner_id = v.id) <> 1 + (case when room_id is null then 0 else 1 end)",
            &[],
        )?;
        let ghosts =
            tx.query("select 1 from claims where owner_id not in (select id from appointments)", &[])?;
        assert_eq!((overlaps.len(), bare.len(), ghosts.len()), (0, 0, 0));
        Ok(())
    });
}

/// Ten o'clock in Berlin on the n-th working day of December.
fn day(n: i64) -> Timestamp {
    let days = n + n / 6;
    time("2026-11-30T09:00:00Z").checked_add(SignedDuration::from_hours(24 * days)).expect("a time")
}

fn booking(wish: Wish, client: usize) -> Work {
    Box::new(move |tx, fx, fresh| {
        let client = fx.clients[client];
        let actor = fx.as_client(client);
        book::book(tx, fx.desk(&actor), &wish, client, None, None, fresh).map(|_| ())
    })
}

fn holding(wish: Wish) -> Work {
    Box::new(move |tx, fx, fresh| book::hold(tx, &fx.practice, &wish, false, fresh).map(|_| ()))
}

fn booked(t: &TestStore, fx: &Arc<Fixture>, wish: Wish, client: usize) -> Appointment {
    fx.write(&t.store, now(0), move |tx, fx, fresh| {
        book::book(tx, fx.desk(&fx.owner), &wish, fx.clients[client], None, None, fresh)
    })
    .expect("free")
    .appointment
}

/// calcom/cal.diy #13397 (ten requests at once became several bookings; open since 2024), #5820.
#[test]
fn fifty_on_one_time_one_gets_it() {
    on_both(|t| {
        let fx = set_up(t);
        for round in 0..ROUNDS {
            let wish = fx.wish(fx.anna, fx.consultation, day(round));
            one_won(&race(t, &fx, THREADS, |i| booking(wish, i)));
        }
        sound(t, &fx);
    });
}

/// calcom/cal.diy #29968: a guard over equal starts and ends lets other lengths pass.
#[test]
fn fifty_of_other_lengths_people_and_ways_one_gets_it() {
    on_both(|t| {
        let fx = set_up(t);
        for round in 0..ROUNDS {
            let start = day(round);
            // The one consultation room for everybody; starts and lengths overlap in it pairwise.
            one_won(&race(t, &fx, THREADS, |i| {
                let practitioner = if i % 2 == 0 { fx.anna } else { fx.ben };
                let minutes = if i % 3 == 0 { 0 } else { 15 };
                let service = if i % 3 == 1 { fx.patch } else { fx.consultation };
                let start = start.checked_add(SignedDuration::from_mins(minutes)).expect("a time");
                let wish = fx.wish(practitioner, service, start);
                if i % 5 == 0 { holding(wish) } else { booking(wish, i) }
            }));
        }
        sound(t, &fx);
    });
}

/// alextselegidis/easyappointments #1431 ("by design"), #1783: what staff write is looked at like everybody's wish, also where
/// they go past the rules of free times.
#[test]
fn staff_and_clients_want_one_time_and_one_gets_it() {
    on_both(|t| {
        let fx = set_up(t);
        for round in 0..ROUNDS {
            let wish = fx.wish(fx.anna, fx.consultation, day(round));
            one_won(&race(t, &fx, 12, |i| {
                if i % 3 == 0 {
                    return booking(wish, i);
                }
                Box::new(move |tx, fx, fresh| {
                    let past = Override { reason: "she flies home".to_owned(), second: None };
                    let past = (i % 3 == 1).then_some(&past);
                    book::book(tx, fx.desk(&fx.manager), &wish, fx.clients[i], None, past, fresh).map(|_| ())
                })
            }));
        }
        sound(t, &fx);
    });
}

#[test]
fn many_visits_move_into_one_gap() {
    on_both(|t| {
        let fx = set_up(t);
        for round in 0..10 {
            let day = day(round);
            let at = |minutes: i64| day.checked_add(SignedDuration::from_mins(minutes)).expect("a time");
            // A day of eight patch tests a quarter of an hour apart from each other, and a gap at the end.
            let visits: Vec<Appointment> =
                (0..8).map(|i| booked(t, &fx, fx.wish(fx.anna, fx.patch, at(15 * i)), i as usize)).collect();
            let gap = at(300);
            one_won(&race(t, &fx, 12, |i| match visits.get(i).cloned() {
                None => booking(fx.wish(fx.anna, fx.patch, gap), i),
                Some(visit) => Box::new(move |tx, fx, fresh| {
                    let wish = fx.wish(fx.anna, fx.patch, gap);
                    book::move_to(tx, fx.desk(&fx.owner), visit, &wish, None, fresh).map(|_| ())
                }),
            }));
        }
        sound(t, &fx);
    });
}

#[test]
fn visits_that_change_places_with_each_other_never_wait_for_each_other() {
    on_both(|t| {
        let fx = set_up(t);
        for round in 0..ROUNDS {
            // Anna's and Ben's visits of one day move to each other's person, an hour later: all can, in any order.
            let start = day(round);
            let later = start.checked_add(SignedDuration::from_hours(5)).expect("a time");
            let one = booked(t, &fx, fx.wish(fx.anna, fx.patch, start), 0);
            let other = booked(t, &fx, fx.wish(fx.ben, fx.patch, later), 1);
            let wishes = [fx.wish(fx.ben, fx.patch, start), fx.wish(fx.anna, fx.patch, later)];
            let answers = race(t, &fx, 4, |i| {
                let (visit, wish) =
                    if i % 2 == 0 { (one.clone(), wishes[0]) } else { (other.clone(), wishes[1]) };
                Box::new(move |tx, fx, fresh| {
                    if i < 2 {
                        book::move_to(tx, fx.desk(&fx.owner), visit, &wish, None, fresh).map(|_| ())
                    } else {
                        book::take_edge(tx, fx.desk(&fx.owner), visit, Edge::Cancel, None, fresh).map(|_| ())
                    }
                })
            });
            // Of moving and calling off one visit at once the second finds it changed, or called off.
            let fine =
                |a: &Result<(), Refused>| matches!(a, Ok(()) | Err(Refused::Changed | Refused::Step(_)));
            assert!(answers.iter().all(fine), "{answers:?}");
            assert!(answers.iter().any(Result::is_ok));
        }
        sound(t, &fx);
    });
}

/// calcom/cal.diy #29958: two who confirm at once both read that it is still to be confirmed.
#[test]
fn pressed_twice_is_confirmed_once() {
    on_both(|t| {
        let fx = set_up(t);
        for round in 0..ROUNDS {
            let wish = fx.wish(fx.anna, fx.consultation, day(round));
            let held = fx
                .write(&t.store, now(0), move |tx, fx, fresh| {
                    book::hold(tx, &fx.practice, &wish, false, fresh)
                })
                .expect("free")
                .appointment;
            let answers = all_at_once(4, |_| {
                let code = held.code.clone();
                fx.write(&t.store, now(1), move |tx, fx, fresh| {
                    let client = fx.clients[0];
                    let actor = fx.as_client(client);
                    book::confirm(tx, fx.desk(&actor), &code, client, None, fresh)
                })
            });
            let changed = answers.iter().filter(|a| a.as_ref().is_ok_and(|b| b.changed)).count();
            assert!(changed == 1 && answers.iter().all(Result::is_ok), "{answers:?}");
            let events =
                fx.read(&t.store, move |tx, _| Ok(hairline_studio::store::events::of(tx, held.id.0)?.len()));
            assert_eq!(events, 1);
        }
    });
}

/// At the instant at which a hold ends it is confirmed, released, swept and booked over at once, by clocks that differ.
#[test]
fn a_hold_at_its_end_is_kept_or_lost_and_never_both() {
    on_both(|t| {
        let fx = set_up(t);
        for round in 0..ROUNDS {
            let wish = fx.wish(fx.anna, fx.consultation, day(round));
            let held = fx
                .write(&t.store, now(0), move |tx, fx, fresh| {
                    book::hold(tx, &fx.practice, &wish, false, fresh)
                })
                .expect("free")
                .appointment;
            let answers = all_at_once(8, |i| {
                let code = held.code.clone();
                let client = fx.clients[i];
                let at = if i % 4 == 0 { now(9) } else { now(11) };
                fx.write(&t.store, at, move |tx, fx, fresh| {
                    let actor = fx.as_client(client);
                    match i % 4 {
                        0 => book::confirm(tx, fx.desk(&actor), &code, fx.clients[0], None, fresh)
                            .map(|b| b.changed),
                        1 => book::sweep_holds(tx, fresh.now).map(|_| false).map_err(Refused::from),
                        2 => book::release(tx, &code, fresh.now).map(|_| false),
                        _ => book::book(tx, fx.desk(&actor), &wish, client, None, None, fresh)
                            .map(|b| b.changed),
                    }
                })
            });
            let won = answers.iter().filter(|a| **a == Ok(true)).count();
            assert!(won <= 1, "{answers:?}");
            let stores = answers.iter().any(|a| matches!(a, Err(Refused::Store(_))));
            assert!(!stores, "no lock waits in a circle: {answers:?}");
            sound(t, &fx);
        }
    });
}

/// calcom/cal.diy #22801, PR 22803: a recurring booking and single ones got the same time.
#[test]
fn a_course_and_single_visits_want_the_same_time() {
    on_both(|t| {
        let fx = set_up(t);
        for round in 0..10 {
            let starts: Vec<Timestamp> = (0..4).map(|n| day(round + 12 * n)).collect();
            let session = Session {
                service: fx.session,
                minutes: 240,
                gap_min_days: 7,
                gap_max_days: 21,
                lead_days: 0,
            };
            // Two courses and four single visits, each of which meets one session of both.
            let answers = race(t, &fx, 6, |i| {
                let wishes: Vec<Wish> = starts.iter().map(|s| fx.wish(fx.anna, fx.session, *s)).collect();
                if i < 2 {
                    Box::new(move |tx, fx, fresh| {
                        let sessions = vec![session; 4];
                        // A client has one course under way at a time.
                        courses::book_course(
                            tx,
                            fx.desk(&fx.owner),
                            &NewCourse {
                                client: fx.clients[20 + 2 * round as usize + i],
                                sessions: &sessions,
                                wishes: &wishes,
                                beside: 0,
                            },
                            None,
                            fresh,
                        )
                        .map(|_| ())
                    })
                } else {
                    booking(wishes[i - 2], i)
                }
            });
            assert!(answers.iter().all(|a| a.is_ok() || taken(a)), "{answers:?}");
            let courses = answers[..2].iter().filter(|a| a.is_ok()).count();
            let single = answers[2..].iter().filter(|a| a.is_ok()).count();
            assert!(matches!((courses, single), (1, 0) | (0, 1..=4)), "{answers:?}");
            sound(t, &fx);
            // The next round begins with an empty calendar.
            fx.write(&t.store, now(0), |tx, fx, fresh| {
                let span = hairline_studio::span::Span { start_us: NOW_US, end_us: NOW_US + 400 * DAY_US };
                let all = hairline_studio::store::appointments::of_practitioner(tx, fx.anna, span)?;
                for visit in all.into_iter().filter(|v| v.state == State::Booked) {
                    book::take_edge(tx, fx.desk(&fx.owner), visit, Edge::Cancel, None, fresh)?;
                }
                Ok::<_, Refused>(())
            })
            .expect("called off");
        }
    });
}

#[test]
fn a_client_gets_one_course_however_often_it_is_asked_for() {
    on_both(|t| {
        let fx = set_up(t);
        let session =
            Session { service: fx.session, minutes: 240, gap_min_days: 7, gap_max_days: 21, lead_days: 0 };
        let answers = race(t, &fx, 8, |i| {
            // Different weeks, so that no time stands in the way of another.
            let starts = [day(12 * i as i64), day(12 * i as i64 + 6)];
            let wishes: Vec<Wish> = starts.iter().map(|s| fx.wish(fx.anna, fx.session, *s)).collect();
            Box::new(move |tx, fx, fresh| {
                let (desk, client) = (fx.desk(&fx.owner), fx.clients[0]);
                courses::book_course(
                    tx,
                    desk,
                    &NewCourse { client, sessions: &[session; 2], wishes: &wishes, beside: 0 },
                    None,
                    fresh,
                )
                .map(|_| ())
            })
        });
        let booked = answers.iter().filter(|a| a.is_ok()).count();
        let refused = answers.iter().filter(|a| **a == Err(Refused::CourseUnderWay)).count();
        assert_eq!((booked, refused), (1, 7), "{answers:?}");
        sound(t, &fx);
    });
}

/// openemr/openemr #2632: one client was booked at one time with two practitioners.
#[test]
fn a_client_is_in_one_place_at_a_time() {
    on_both(|t| {
        let fx = set_up(t);
        for round in 0..20 {
            let client = round as usize;
            let (ten, later) =
                (day(round), day(round).checked_add(SignedDuration::from_mins(30)).expect("a time"));
            let wishes = [fx.wish(fx.anna, fx.session, ten), fx.wish(fx.ben, fx.session, later)];
            // Rooms and people are free for both.
            let answers = race(t, &fx, 6, |i| booking(wishes[i % 2], client));
            assert_eq!(answers.iter().filter(|a| a.is_ok()).count(), 1, "{answers:?}");
            let other = |a: &Result<(), Refused>| matches!(a, Ok(()) | Err(Refused::ClientTaken)) || taken(a);
            assert!(answers.iter().all(other), "{answers:?}");
            let won = answers.iter().position(Result::is_ok).expect("one");
            let loser = wishes[1 - won % 2];
            let again = race(t, &fx, 1, |_| booking(loser, client)).remove(0);
            assert_eq!(again, Err(Refused::ClientTaken), "somebody is there, and not somebody else");
            let visit = booked(t, &fx, loser, client + 30);
            // Nor can another visit of theirs be moved there.
            let apart = ten.checked_add(SignedDuration::from_hours(6)).expect("a time");
            let patch = booked(t, &fx, fx.wish(fx.anna, fx.patch, apart), client);
            let into = Wish { service: fx.patch, start: later, ..loser };
            let moved = fx.write(&t.store, now(0), move |tx, fx, fresh| {
                book::take_edge(tx, fx.desk(&fx.owner), visit, Edge::Cancel, None, fresh)?;
                book::move_to(tx, fx.desk(&fx.owner), patch, &into, None, fresh).map(|_| ())
            });
            assert_eq!(moved, Err(Refused::ClientTaken));
        }
        sound(t, &fx);
    });
}
