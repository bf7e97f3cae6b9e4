//! Courses on both stores: every session or none, moved together, called off together.

mod common;
#[path = "common/fixture.rs"]
mod fixture;

use std::sync::Arc;

use common::{NOW_US, TestStore, on_both};
use fixture::{Fixture, now, row_counts, set_up, time};
use hairline_studio::booking::{self, Edge, Override, State};
use hairline_studio::course::{
    ClientDays, CourseError, CourseQuestion, Move, Moved, Objective, Same, Step, Visit, reflow,
};
use hairline_studio::gates::{Gate, Moment};
use hairline_studio::ids::ClientId;
use hairline_studio::permission::Actor;
use hairline_studio::search::{Own, Refusal, Who};
use hairline_studio::span::DAY_US;
use hairline_studio::store::appointments;
use hairline_studio::store::book::{self, Refused, Wish};
use hairline_studio::store::courses::{self, BookedCourse, NewCourse, Session, Status};
use hairline_studio::zone::plus_days;
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};

/// Sessions of four hours, 12 to 20 days apart.
fn sessions(fx: &Fixture, n: usize) -> Vec<Session> {
    let session =
        Session { service: fx.session, minutes: 240, gap_min_days: 12, gap_max_days: 20, lead_days: 10 };
    vec![session; n]
}

/// The n-th wish: every fortnight from Tuesday, 2026-12-01, ten o'clock in Berlin (an hour later in UTC in winter).
fn wish(fx: &Fixture, n: usize) -> Wish {
    let days = SignedDuration::from_hours(24 * 14 * n as i64);
    let start = time("2026-12-01T09:00:00Z").checked_add(days).expect("a time");
    // Summer time begins on 2027-03-28.
    let summer = start >= time("2027-03-28T01:00:00Z");
    let start = start.checked_sub(SignedDuration::from_hours(i64::from(summer))).expect("a time");
    fx.wish(fx.anna, fx.session, start)
}

fn wishes(fx: &Fixture, n: usize) -> Vec<Wish> {
    (0..n).map(|n| wish(fx, n)).collect()
}

fn book_course(
    t: &TestStore,
    fx: &Arc<Fixture>,
    actor: Actor,
    client: ClientId,
    sessions: Vec<Session>,
    wishes: Vec<Wish>,
    past: Option<Override>,
) -> Result<(BookedCourse, u32), Refused> {
    fx.write(&t.store, now(0), move |tx, fx, fresh| {
        let desk = fx.desk(&actor);
        let done = courses::book_course(
            tx,
            desk,
            &NewCourse { client, sessions: &sessions, wishes: &wishes, beside: 0 },
            past.as_ref(),
            fresh,
        )?;
        Ok((done, tx.statements()))
    })
}

fn booked(t: &TestStore, fx: &Arc<Fixture>, client: ClientId, n: usize) -> BookedCourse {
    book_course(t, fx, fx.as_client(client), client, sessions(fx, n), wishes(fx, n), None).expect("free").0
}

fn shifted(start: Timestamp, hours: i64) -> Timestamp {
    start.checked_add(SignedDuration::from_hours(hours)).expect("a time")
}

fn take(t: &TestStore, fx: &Arc<Fixture>, wish: Wish, client: ClientId) {
    fx.write(&t.store, now(0), move |tx, fx, fresh| {
        book::book(tx, fx.desk(&fx.manager), &wish, client, None, None, fresh)
    })
    .expect("free");
}

/// calcom/cal.diy #15997: of a recurring booking only the first two times were checked. #9517: booking one took ten seconds;
/// what is asked of the database grows with the sessions alone, and all of it is one transaction.
#[test]
fn cal_diy_15997_every_session_of_twelve_is_checked() {
    on_both(|t| {
        let fx = set_up(t);
        let client = fx.clients[0];
        for n in 0..12 {
            // A consultation lies in the n-th session, and nowhere else.
            let blocker = fx.wish(fx.anna, fx.consultation, shifted(wish(&fx, n).start, 1));
            let visit = fx
                .write(&t.store, now(0), move |tx, fx, fresh| {
                    book::book(tx, fx.desk(&fx.manager), &blocker, fx.clients[1], None, None, fresh)
                })
                .expect("free")
                .appointment;
            let counts = row_counts(&fx, &t.store);
            let answer =
                book_course(t, &fx, fx.as_client(client), client, sessions(&fx, 12), wishes(&fx, 12), None);
            let why = Box::new(Refused::Time(Refusal::Taken));
            assert_eq!(answer, Err(Refused::Session { number: n as u32 + 1, why }));
            assert_eq!(row_counts(&fx, &t.store), counts, "nothing of the course is left");
            fx.write(&t.store, now(0), move |tx, fx, fresh| {
                book::take_edge(tx, fx.desk(&fx.manager), visit, Edge::Cancel, None, fresh)
            })
            .expect("called off");
        }
        let answer =
            book_course(t, &fx, fx.as_client(client), client, sessions(&fx, 12), wishes(&fx, 12), None);
        let (course, statements) = answer.expect("all twelve are free");
        assert_eq!(course.visits.len(), 12);
        assert!(course.visits.iter().all(|v| v.state == State::Booked && v.wall.hour() == 10));
        // Twelve visits, each with its gates, claims, history and reminders.
        assert!(statements <= 12 * 8 + 6, "{statements}");
        let id = course.course.id;
        let kept =
            fx.read(&t.store, move |tx, _| Ok((courses::by_id(tx, id)?, appointments::of_course(tx, id)?)));
        assert_eq!(kept, (Some(course.course.clone()), course.visits.clone()));
        assert_eq!(fx.read(&t.store, move |tx, _| Ok(courses::of_client(tx, client)?)), [course.course]);
        // One message for the course, reminders for each visit.
        let mails = fx.read(&t.store, |tx, _| {
            let row = tx
                .query_one("select count(*) from jobs where kind = 'mail.booked' and done_us is null", &[])?;
            Ok(row.expect("a count").take::<i64>()?)
        });
        assert_eq!(mails, 12, "those of the consultations that lay in the way");
    });
}

#[test]
fn the_gaps_agreed_hold_or_are_passed_on_record() {
    on_both(|t| {
        let fx = set_up(t);
        let client = fx.clients[0];
        let mut late = wishes(&fx, 3);
        late[2].start = shifted(late[2].start, 7 * 24);
        let counts = row_counts(&fx, &t.store);
        let answer = book_course(t, &fx, fx.as_client(client), client, sessions(&fx, 3), late.clone(), None);
        let gap = CourseError::MoveGap { step: 2, found_days: 21, min_days: 12, max_days: 20 };
        assert_eq!(answer.map(|a| a.1), Err(Refused::Course(gap.clone())));
        // Two sessions at one time: the second finds the first.
        let twice = vec![wish(&fx, 0); 2];
        let answer = book_course(t, &fx, fx.as_client(client), client, sessions(&fx, 2), twice, None);
        let why = Box::new(Refused::Time(Refusal::Taken));
        assert_eq!(answer.map(|a| a.1), Err(Refused::Session { number: 2, why }));
        let short = book_course(t, &fx, fx.as_client(client), client, sessions(&fx, 3), wishes(&fx, 2), None);
        assert_eq!(short.map(|a| a.1), Err(Refused::Times { sessions: 3, wishes: 2 }));
        let mut odd = sessions(&fx, 1);
        odd[0].minutes = 1440;
        let odd = book_course(t, &fx, fx.as_client(client), client, odd, wishes(&fx, 1), None);
        assert!(odd.is_err_and(|e| e.to_string().contains("1440 minutes")));
        let stranger =
            book_course(t, &fx, fx.as_client(fx.clients[1]), client, sessions(&fx, 1), wishes(&fx, 1), None);
        assert!(stranger.is_err_and(|e| e.to_string().contains("no such visit")));
        assert_eq!(row_counts(&fx, &t.store), counts);
        let why = Override { reason: "she is abroad until then".into(), second: None };
        let artist =
            book_course(t, &fx, fx.artist.clone(), client, sessions(&fx, 3), late.clone(), Some(why.clone()));
        assert!(artist.is_err(), "a practitioner goes past nothing");
        let manager = book_course(t, &fx, fx.manager.clone(), client, sessions(&fx, 3), late, Some(why));
        assert_eq!(manager.map(|a| a.0.visits.len()), Ok(3));
    });
}

#[test]
fn a_later_session_is_booked_before_the_one_before_has_healed() {
    on_both(|t| {
        let fx = set_up(t);
        let client = fx.clients[0];
        let course = booked(t, &fx, client, 3);
        // At booking the healed review of session 2 waits; at the second look it stops, since session 1 has not been.
        let second = course.visits[1].clone();
        let standing = fx.read(&t.store, move |tx, fx| {
            let (start_us, desk) = (second.span.start_us, fx.desk(&fx.manager));
            let mut at = |moment, now_us| book::gates_of(tx, desk, &second, client, start_us, moment, now_us);
            Ok((at(Moment::AtBooking, NOW_US)?, at(Moment::Before72h, start_us - 3 * DAY_US)?))
        });
        let review = |gates: &[hairline_studio::gates::GateState]| {
            gates.iter().find(|g| g.gate == Gate::HealedReview).map(|g| g.blocks)
        };
        assert_eq!((review(&standing.0), review(&standing.1)), (Some(false), Some(true)));
    });
}

/// Screening is good for 183 days; a course of 14 sessions lasts 182 from its first, with the days before it longer.
#[test]
fn a_course_longer_than_its_evidence_can_be_booked_and_asks_again_on_the_way() {
    on_both(|t| {
        let fx = set_up(t);
        let client = fx.clients[0];
        let course = booked(t, &fx, client, 14);
        let last = course.visits[13].clone();
        assert!(last.span.start_us > NOW_US - DAY_US + 183 * DAY_US);
        let moved = last.clone();
        let gates = fx.read(&t.store, move |tx, fx| {
            let start_us = moved.span.start_us;
            let desk = fx.desk(&fx.manager);
            Ok(book::gates_of(tx, desk, &moved, client, start_us, Moment::Before72h, start_us - 3 * DAY_US)?)
        });
        assert!(gates.iter().any(|g| g.gate == Gate::Screening && g.blocks));
        // A visit of its own, so far ahead, is refused: nothing says that somebody looks again.
        let alone = fx.wish(fx.ben, fx.session, shifted(last_start(&last), 24));
        let answer = fx.write(&t.store, now(0), move |tx, fx, fresh| {
            book::book(tx, fx.desk(&fx.manager), &alone, client, None, None, fresh)
        });
        assert!(matches!(answer, Err(Refused::Step(booking::Refusal::Gates { .. }))), "{answer:?}");
    });
}

fn last_start(visit: &appointments::Appointment) -> Timestamp {
    Timestamp::from_microsecond(visit.span.start_us).expect("a time")
}

/// What the reflow of the pure rules says is applied as it says, also where visits move into each other's old times.
#[test]
fn moving_one_session_moves_what_follows_all_or_none() {
    on_both(|t| {
        let fx = set_up(t);
        let client = fx.clients[0];
        let agreed = sessions(&fx, 4);
        let course = booked(t, &fx, client, 4);
        let (first, last) = (date(2026, 11, 23), date(2027, 3, 31));
        let mut board = fx.board(&t.store, first, last, now(0));
        let service = board.service(&fx.practice, fx.session).expect("offered");
        let step = |s: &Session| Step {
            service: &service,
            gap_min_days: s.gap_min_days,
            gap_max_days: s.gap_max_days,
            lead_days: s.lead_days,
        };
        let steps: Vec<Step<'_>> = agreed.iter().map(step).collect();
        let standing: Vec<Visit> = course.visits.iter().enumerate().map(|(i, a)| as_visit(i, a)).collect();
        let own: Vec<Own> = course
            .visits
            .iter()
            .map(|a| Own {
                practitioner: a.practitioner.into(),
                claims: course
                    .touched
                    .added
                    .iter()
                    .filter(|c| c.owner == a.id.0)
                    .map(|c| (c.resource, c.span))
                    .collect(),
                date: a.wall.date(),
                minutes: 240,
            })
            .collect();
        let question = CourseQuestion {
            steps: &steps,
            who: Who::One(fx.anna.into()),
            same: Same::Required,
            weights: Objective::Earliest.weights(),
            from: first,
            to: plus_days(last, -7),
            after: None,
            client: &ClientDays::default(),
            now: now(0),
            own: &own[1..],
            n: 1,
        };
        // Session 2 two days later: session 3 can stay, 12 days after it.
        let target = shifted(wish(&fx, 1).start, 2 * 24);
        let change = Move { step: 1, studio: fx.berlin, practitioner: fx.anna.into(), start: target };
        let small = reflow(board.world(), &question, &standing, &change).expect("there is room");
        assert_eq!(small.moved.len(), 1);
        // Four days later: session 3 would come too soon, and moves.
        let change = Move { start: shifted(wish(&fx, 1).start, 4 * 24), ..change };
        let plan = reflow(board.world(), &question, &standing, &change).expect("there is room");
        assert!(plan.moved.len() > 1, "{plan:?}");
        let id = course.course.id;
        let apply = |moved: Vec<Moved>, actor: Actor| {
            fx.write(&t.store, now(0), move |tx, fx, fresh| {
                courses::move_course(tx, fx.desk(&actor), id, &moved, None, fresh)
            })
        };
        // The moved one alone breaks a gap; so it does as a single visit.
        let alone = apply(plan.moved[..1].to_vec(), fx.as_client(client));
        assert!(matches!(alone, Err(Refused::Course(CourseError::MoveGap { step: 2, .. }))), "{alone:?}");
        let (visit, to) = (course.visits[1].clone(), Wish { start: plan.moved[0].to.start, ..wish(&fx, 1) });
        let single = fx.write(&t.store, now(0), move |tx, fx, fresh| {
            book::move_to(tx, fx.desk(&fx.artist), visit, &to, None, fresh)
        });
        assert!(matches!(single, Err(Refused::Course(CourseError::MoveGap { .. }))), "{single:?}");
        let stranger = apply(plan.moved.clone(), fx.as_client(fx.clients[1]));
        assert_eq!(stranger, Err(Refused::NotFound("course")));
        // Somebody takes the new time of the last moved one: nothing moves.
        let last_moved = plan.moved[plan.moved.len() - 1].to;
        let blocker = fx.wish(fx.anna, fx.consultation, shifted(last_moved.start, 1));
        let blocker = fx
            .write(&t.store, now(0), move |tx, fx, fresh| {
                book::book(tx, fx.desk(&fx.manager), &blocker, fx.clients[1], None, None, fresh)
            })
            .expect("free")
            .appointment;
        let counts = row_counts(&fx, &t.store);
        let why = Box::new(Refused::Time(Refusal::Taken));
        let number = u32::try_from(last_moved.step + 1).expect("small");
        assert_eq!(apply(plan.moved.clone(), fx.as_client(client)), Err(Refused::Session { number, why }));
        assert_eq!(row_counts(&fx, &t.store), counts);
        fx.write(&t.store, now(0), move |tx, fx, fresh| {
            book::take_edge(tx, fx.desk(&fx.manager), blocker, Edge::Cancel, None, fresh)
        })
        .expect("called off");
        let counts = row_counts(&fx, &t.store);
        let mut stale = plan.moved.clone();
        stale[0].from.start = shifted(stale[0].from.start, 24);
        assert_eq!(apply(stale, fx.as_client(client)), Err(Refused::Changed));
        assert_eq!(row_counts(&fx, &t.store), counts);

        let done = apply(plan.moved.clone(), fx.as_client(client)).expect("as planned");
        assert!(done.changed && done.touched.freed);
        fx.publish(&t.store, &mut board, &done.touched, now(0));
        assert_eq!(
            format!("{:?}", board.world()),
            format!("{:?}", fx.board(&t.store, first, last, now(0)).world()),
            "the board kept up to date is the board of the store"
        );
        let now_standing = fx.read(&t.store, move |tx, _| Ok(appointments::of_course(tx, id)?));
        let starts: Vec<i64> = now_standing.iter().map(|a| a.span.start_us).collect();
        let planned: Vec<i64> = plan.visits.iter().map(|v| v.start.as_microsecond()).collect();
        assert_eq!(starts, planned);
        assert_eq!(
            apply(plan.moved, fx.as_client(client)),
            Err(Refused::Changed),
            "they stand elsewhere now"
        );
    });
}

fn as_visit(step: usize, a: &appointments::Appointment) -> Visit {
    let at = |us| Timestamp::from_microsecond(us).expect("a time");
    Visit {
        step,
        studio: a.studio,
        practitioner: a.practitioner.into(),
        start: at(a.span.start_us),
        end: at(a.span.end_us),
        date: a.wall.date(),
        end_date: a.wall.date(),
    }
}

#[test]
fn a_session_moves_into_the_time_that_the_next_one_leaves() {
    on_both(|t| {
        let fx = set_up(t);
        let client = fx.clients[0];
        let session =
            Session { service: fx.touch_up, minutes: 120, gap_min_days: 0, gap_max_days: 20, lead_days: 0 };
        let early = fx.wish(fx.anna, fx.touch_up, time("2026-12-01T08:30:00Z"));
        let middle = Wish { start: time("2026-12-01T11:30:00Z"), ..early };
        let course =
            book_course(t, &fx, fx.manager.clone(), client, vec![session; 2], vec![early, middle], None);
        let course = course.expect("free").0;
        assert!(course.visits.iter().all(|v| v.span.length_us() == 120 * 60_000_000), "the course's length");
        let id = course.course.id;
        // The first goes over the time of the second, which makes room.
        let moved: Vec<Moved> = [120, 150]
            .into_iter()
            .enumerate()
            .map(|(i, minutes)| {
                let from = as_visit(i, &course.visits[i]);
                let start = from.start.checked_add(SignedDuration::from_mins(minutes)).expect("a time");
                Moved { from, to: Visit { start, ..from } }
            })
            .collect();
        let answer = fx.write(&t.store, now(0), move |tx, fx, fresh| {
            courses::move_course(tx, fx.desk(&fx.manager), id, &moved, None, fresh)
        });
        assert_eq!(answer.map(|a| a.visits.len()), Ok(2));
    });
}

#[test]
fn a_course_is_called_off_whole_and_a_lost_session_is_booked_again() {
    on_both(|t| {
        let fx = set_up(t);
        let client = fx.clients[0];
        let me = fx.as_client(client);
        let course = booked(t, &fx, client, 3);
        let id = course.course.id;
        // Session 2 is called off alone and booked again a day later.
        let second = course.visits[1].clone();
        let actor = me.clone();
        fx.write(&t.store, now(0), move |tx, fx, fresh| {
            book::take_edge(tx, fx.desk(&actor), second, Edge::Cancel, None, fresh)
        })
        .expect("called off");
        let again = |number: u32, start: Timestamp, client: ClientId| {
            let actor = fx.as_client(client);
            let wish = fx.wish(fx.anna, fx.session, start);
            fx.write(&t.store, now(0), move |tx, fx, fresh| {
                book::book(tx, fx.desk(&actor), &wish, client, Some((id, number)), None, fresh)
            })
        };
        let later = |days: i64| shifted(wish(&fx, 1).start, 24 * days);
        assert_eq!(again(3, later(1), client), Err(Refused::SessionBooked { number: 3 }));
        assert_eq!(again(4, later(1), client), Err(Refused::NotFound("session")));
        assert_eq!(again(2, later(1), fx.clients[1]), Err(Refused::NotFound("course")));
        let far = again(2, later(3), client);
        assert!(matches!(far, Err(Refused::Course(CourseError::MoveGap { .. }))), "{far:?}");
        let found = again(2, later(1), client).expect("free").appointment;
        assert_eq!((found.course, found.wall.hour()), (Some((id, 2)), 10));

        let cancel = |actor: &Actor, at: Timestamp| {
            let actor = actor.clone();
            fx.write(&t.store, at, move |tx, fx, fresh| {
                courses::cancel_course(tx, fx.desk(&actor), id, None, fresh)
            })
        };
        assert_eq!(cancel(&fx.as_client(fx.clients[1]), now(1)), Err(Refused::NotFound("course")));
        // Session 1 is over by then, and stays.
        let off = cancel(&me, shifted(course_start(&course), 24)).expect("called off");
        assert_eq!((off.visits.len(), off.course.status, off.late), (2, Status::Cancelled, false));
        let again_off = cancel(&me, shifted(course_start(&course), 24)).expect("so already");
        assert!(!again_off.changed);
        let (visits, waiting) = fx.read(&t.store, move |tx, _| {
            let visits = appointments::of_course(tx, id)?;
            let row = tx.query_one("select count(*) from jobs where kind = 'mail.reminder'", &[])?;
            Ok((visits, row.expect("a count").take::<i64>()?))
        });
        let booked: Vec<u32> = visits
            .iter()
            .filter(|a| a.state == State::Booked)
            .filter_map(|a| a.course.map(|c| c.1))
            .collect();
        // The reminders of session 1 were due before; none of the others is left.
        assert_eq!((booked, waiting), (vec![1], 2));
        take(t, &fx, wish(&fx, 2), fx.clients[1]);
    });
}

fn course_start(course: &BookedCourse) -> Timestamp {
    last_start(&course.visits[0])
}
