//! One visit on its way, on both stores: held, confirmed, moved, called off, received, done; and what is refused.

mod common;
#[path = "common/fixture.rs"]
mod fixture;

use std::sync::Arc;

use common::{NOW_US, TestStore, on_both};
use fixture::{Fixture, now, row_counts, seen, set_up, time};
use hairline_studio::booking::{self, Edge, Noted, Override, Passed, State};
use hairline_studio::gates::Gate;
use hairline_studio::ids::{ClientId, StaffId};
use hairline_studio::permission::Actor;
use hairline_studio::search::Refusal;
use hairline_studio::span::{DAY_US, HOUR_US};
use hairline_studio::store::appointments::{self, Appointment};
use hairline_studio::store::book::{self, Booked, Refused, Wish};
use hairline_studio::store::events;
use jiff::Timestamp;

fn hold(t: &TestStore, fx: &Arc<Fixture>, wish: Wish, at: Timestamp) -> Result<Booked, Refused> {
    fx.write(&t.store, at, move |tx, fx, fresh| book::hold(tx, &fx.practice, &wish, false, fresh))
}

fn confirm(
    t: &TestStore,
    fx: &Arc<Fixture>,
    code: &str,
    client: ClientId,
    at: Timestamp,
) -> Result<Booked, Refused> {
    let code = code.to_owned();
    fx.write(&t.store, at, move |tx, fx, fresh| {
        let actor = fx.as_client(client);
        book::confirm(tx, fx.desk(&actor), &code, client, None, fresh)
    })
}

fn book(
    t: &TestStore,
    fx: &Arc<Fixture>,
    actor: Actor,
    wish: Wish,
    client: ClientId,
    past: Option<Override>,
) -> Result<Booked, Refused> {
    fx.write(&t.store, now(0), move |tx, fx, fresh| {
        book::book(tx, fx.desk(&actor), &wish, client, None, past.as_ref(), fresh)
    })
}

fn move_to(
    t: &TestStore,
    fx: &Arc<Fixture>,
    actor: Actor,
    visit: &Appointment,
    wish: Wish,
) -> Result<Booked, Refused> {
    let visit = visit.clone();
    fx.write(&t.store, now(1), move |tx, fx, fresh| {
        book::move_to(tx, fx.desk(&actor), visit, &wish, None, fresh)
    })
}

fn step(
    t: &TestStore,
    fx: &Arc<Fixture>,
    actor: Actor,
    visit: &Appointment,
    edge: Edge,
    past: Option<Override>,
    at: Timestamp,
) -> Result<Booked, Refused> {
    let visit = visit.clone();
    fx.write(&t.store, at, move |tx, fx, fresh| {
        book::take_edge(tx, fx.desk(&actor), visit, edge, past.as_ref(), fresh)
    })
}

fn by_id(t: &TestStore, fx: &Arc<Fixture>, visit: &Appointment) -> Option<Appointment> {
    let id = visit.id;
    fx.read(&t.store, move |tx, _| Ok(appointments::by_id(tx, id)?))
}

/// What was done to a visit, in order, and by whom.
fn history(t: &TestStore, fx: &Arc<Fixture>, visit: &Appointment) -> Vec<(String, String, Option<String>)> {
    let id = visit.id.0;
    let lines = fx.read(&t.store, move |tx, _| Ok(events::of(tx, id)?));
    lines.into_iter().map(|line| (line.actor, line.what, line.why)).collect()
}

/// Jobs that wait for a visit: kind and hours until they are due.
fn waiting(t: &TestStore, fx: &Arc<Fixture>, visit: &Appointment) -> Vec<(String, i64)> {
    let id = visit.id;
    fx.read(&t.store, move |tx, _| {
        let rows = tx.query(
            "select kind, due_us from jobs where about_id = $1 and done_us is null order by due_us, kind",
            hairline_studio::values![id],
        )?;
        rows.into_iter()
            .map(|mut row| Ok((row.take()?, (row.take::<i64>()? - NOW_US) / HOUR_US)))
            .collect::<Result<Vec<(String, i64)>, hairline_studio::store::Error>>()
            .map_err(Refused::from)
    })
}

fn because(reason: &str, second: Option<&Actor>) -> Override {
    Override { reason: reason.into(), second: second.cloned() }
}

/// Friday of the same week, 11:00 in Berlin: 98 hours ahead.
fn friday() -> Timestamp {
    time("2026-11-27T10:00:00Z")
}

/// calcom/cal.diy #10789: two wishes for one time waited to be confirmed, and both were. What waits has the time to itself.
#[test]
fn a_hold_keeps_the_time_and_is_confirmed_once() {
    on_both(|t| {
        let fx = set_up(t);
        let wish = fx.wish(fx.anna, fx.consultation, friday());
        let held = hold(t, &fx, wish, now(0)).expect("free").appointment;
        assert_eq!(
            (held.state, held.client, held.hold_until_us),
            (State::Hold, None, Some(NOW_US + 600_000_000))
        );
        assert!(held.room.is_some() && held.zone == "Europe/Berlin");
        assert_eq!(held.wall.to_string(), "2026-11-27T11:00:00");
        // Nobody else gets it: not her time, and not the only consultation room.
        assert_eq!(hold(t, &fx, wish, now(1)), Err(Refused::Time(Refusal::Taken)));
        let ben = Wish { practitioner: fx.ben, ..wish };
        assert_eq!(hold(t, &fx, ben, now(1)), Err(Refused::Time(Refusal::NoRoom)));

        let first = confirm(t, &fx, &held.code, fx.clients[0], now(9)).expect("in time");
        assert!(first.changed && first.appointment.state == State::Booked);
        let counts = row_counts(&fx, &t.store);
        let again = confirm(t, &fx, &held.code, fx.clients[0], now(30)).expect("the same answer");
        assert!(!again.changed);
        assert_eq!(again.appointment, first.appointment);
        assert_eq!(row_counts(&fx, &t.store), counts);
        assert_eq!(confirm(t, &fx, &held.code, fx.clients[1], now(9)), Err(Refused::NotFound("visit")));

        let line = ("client".to_owned(), "confirm".to_owned(), None);
        assert_eq!(history(t, &fx, &held), [line]);
        // 98 hours ahead: second look and reminders at 72 and 24 hours before, the mail at once.
        let due: Vec<(String, i64)> =
            [("mail.booked", 0), ("gates.second_look", 26), ("mail.reminder", 26), ("mail.reminder", 74)]
                .map(|(kind, hours)| (kind.to_owned(), hours))
                .to_vec();
        assert_eq!(waiting(t, &fx, &held), due);
        // A booking is no hold any more.
        let code = held.code.clone();
        let touched = fx.write(&t.store, now(40), move |tx, _, fresh| book::release(tx, &code, fresh.now));
        assert_eq!(touched.map(|touched| touched.days.len()), Ok(0));
        assert_eq!(hold(t, &fx, wish, now(60)), Err(Refused::Time(Refusal::Taken)));
    });
}

#[test]
fn a_hold_that_ended_is_free_again_before_and_after_it_is_swept() {
    on_both(|t| {
        let fx = set_up(t);
        let wish = fx.wish(fx.anna, fx.consultation, friday());
        let other = fx.wish(fx.ben, fx.session, friday());
        let held = hold(t, &fx, wish, now(0)).expect("free").appointment;
        let swept = hold(t, &fx, other, now(0)).expect("free").appointment;
        let ended = Refused::Step(booking::Refusal::HoldEnded { minutes_ago: 2 });
        assert_eq!(confirm(t, &fx, &held.code, fx.clients[0], now(12)), Err(ended));
        // Somebody else books over it; its claims go with that.
        let next = hold(t, &fx, wish, now(12)).expect("free again");
        assert!(next.touched.freed, "boards are told of what the ended hold gives back");
        let sweep =
            |at| fx.write(&t.store, at, |tx, _, fresh| book::sweep_holds(tx, fresh.now)).expect("sweeps");
        assert!(sweep(now(13)).freed);
        assert_eq!((by_id(t, &fx, &held), by_id(t, &fx, &swept)), (None, None));
        assert_eq!(by_id(t, &fx, &next.appointment), Some(next.appointment.clone()));
        assert_eq!(confirm(t, &fx, &held.code, fx.clients[0], now(9)), Err(Refused::NotFound("visit")));
        assert_eq!(sweep(now(13)), book::Touched::default(), "nothing is left to sweep");
        assert!(confirm(t, &fx, &next.appointment.code, fx.clients[0], now(14)).is_ok());
        assert!(hold(t, &fx, other, now(14)).is_ok());
    });
}

#[test]
fn an_ended_hold_whose_room_was_taken_cannot_be_confirmed_by_a_slow_clock() {
    on_both(|t| {
        let fx = set_up(t);
        let held =
            hold(t, &fx, fx.wish(fx.anna, fx.consultation, friday()), now(0)).expect("free").appointment;
        // Ben takes the room after the hold ended; Anna's own time is still under the old claim.
        hold(t, &fx, fx.wish(fx.ben, fx.consultation, friday()), now(11)).expect("free again");
        let late = confirm(t, &fx, &held.code, fx.clients[0], now(9));
        assert!(matches!(late, Err(Refused::Step(booking::Refusal::HoldEnded { .. }))), "{late:?}");
        assert_eq!(by_id(t, &fx, &held).map(|a| a.state), Some(State::Hold));
    });
}

#[test]
fn a_released_hold_leaves_nothing() {
    on_both(|t| {
        let fx = set_up(t);
        let wish = fx.wish(fx.anna, fx.consultation, friday());
        let held = hold(t, &fx, wish, now(0)).expect("free").appointment;
        let release = || {
            let code = held.code.clone();
            fx.write(&t.store, now(1), move |tx, _, fresh| book::release(tx, &code, fresh.now))
        };
        let touched = release().expect("releases");
        assert!(touched.freed && touched.days.len() == 2, "practitioner and room: {touched:?}");
        assert_eq!(release(), Ok(book::Touched::default()));
        assert_eq!(by_id(t, &fx, &held), None);
        assert!(hold(t, &fx, wish, now(1)).is_ok());
    });
}

#[test]
fn a_visit_moves_over_its_own_time_and_calling_it_off_frees_it() {
    on_both(|t| {
        let fx = set_up(t);
        let client = fx.clients[0];
        let me = fx.as_client(client);
        let wish = fx.wish(fx.anna, fx.session, friday());
        let visit = book(t, &fx, me.clone(), wish, client, None).expect("free").appointment;
        // Half an hour later: over most of its own time, also in the room.
        let later = Wish { start: time("2026-11-27T10:30:00Z"), room: visit.room, ..wish };
        let moved = move_to(t, &fx, me.clone(), &visit, later).expect("its own time does not count");
        assert!(moved.changed && moved.touched.freed);
        let moved = moved.appointment;
        assert_eq!((&moved.code, moved.sequence, moved.version), (&visit.code, 1, 2));
        assert_eq!(moved.wall.to_string(), "2026-11-27T11:30:00");
        // The same again changes nothing; over what somebody else has it cannot go.
        assert_eq!(move_to(t, &fx, me.clone(), &moved, later).map(|b| b.changed), Ok(false));
        let other = fx.wish(fx.anna, fx.consultation, time("2026-11-28T09:00:00Z"));
        book(t, &fx, fx.manager.clone(), other, fx.clients[1], None).expect("free");
        let into = Wish { start: time("2026-11-28T08:30:00Z"), ..wish };
        assert_eq!(move_to(t, &fx, me.clone(), &moved, into), Err(Refused::Time(Refusal::Taken)));
        // Whoever looked at it before the move finds it changed.
        assert_eq!(move_to(t, &fx, me.clone(), &visit, into).err(), Some(Refused::Time(Refusal::Taken)));
        let elsewhere = Wish { start: time("2026-12-01T09:00:00Z"), ..wish };
        assert_eq!(move_to(t, &fx, me.clone(), &visit, elsewhere), Err(Refused::Changed));

        let off = step(t, &fx, me.clone(), &moved, Edge::Cancel, None, now(2)).expect("called off");
        assert!(off.touched.freed && !off.late && off.appointment.sequence == 2);
        let twice = step(t, &fx, me.clone(), &off.appointment, Edge::Cancel, None, now(3)).expect("again");
        assert!(!twice.changed);
        let behind = step(t, &fx, me.clone(), &moved, Edge::Cancel, None, now(2)).expect("it is so already");
        assert!(!behind.changed && behind.appointment.state == State::Cancelled);
        let words: Vec<String> = history(t, &fx, &visit).into_iter().map(|line| line.1).collect();
        assert_eq!(words, ["confirm", "move", "cancel"]);
        // No reminder is left; the messages of what happened are.
        let kinds: Vec<String> = waiting(t, &fx, &visit).into_iter().map(|job| job.0).collect();
        assert_eq!(kinds, ["mail.booked", "mail.moved", "mail.cancelled", "waiting.offer"]);
        assert!(book(t, &fx, fx.as_client(fx.clients[2]), wish, fx.clients[2], None).is_ok());
        let gone = move_to(t, &fx, me, &off.appointment, later);
        assert!(matches!(gone, Err(Refused::Step(booking::Refusal::NoEdge { .. }))), "{gone:?}");
    });
}

#[test]
fn a_moved_visit_keeps_its_length_and_a_client_cannot_change_the_person_inside_the_notice() {
    on_both(|t| {
        let fx = set_up(t);
        let client = fx.clients[0];
        // Tomorrow: inside the notice of 48 hours, where moving is the studio's to judge.
        let start = time("2026-11-24T10:00:00Z");
        let wish = fx.wish(fx.anna, fx.consultation, start);
        let visit = book(t, &fx, fx.manager.clone(), wish, client, None).expect("free").appointment;
        // The wish names another service; what was agreed stays.
        let to_ben = Wish { practitioner: fx.ben, service: fx.session, ..wish };
        let by_client = move_to(t, &fx, fx.as_client(client), &visit, to_ben);
        assert!(
            matches!(by_client, Err(Refused::Step(booking::Refusal::InsideNotice { .. }))),
            "{by_client:?}"
        );
        let moved = move_to(t, &fx, fx.manager.clone(), &visit, to_ben).expect("the studio can").appointment;
        assert_eq!((moved.span, moved.service, moved.practitioner), (visit.span, fx.consultation, fx.ben));
        assert_eq!(moved.sequence, 1);
        assert!(hold(t, &fx, fx.wish(fx.anna, fx.patch, start), now(0)).is_err(), "the room went with it");
        let again = fx.wish(fx.anna, fx.session, start);
        assert!(book(t, &fx, fx.manager.clone(), again, fx.clients[1], None).is_ok(), "Anna is free again");
    });
}

#[test]
fn check_in_waits_for_its_time_and_gates_are_passed_by_two() {
    on_both(|t| {
        let fx = set_up(t);
        let client = fx.clients[0];
        let wish = fx.wish(fx.anna, fx.session, friday());
        let manager = fx.manager.clone();
        let visit = book(t, &fx, manager.clone(), wish, client, None).expect("free").appointment;
        let minutes =
            |m: i64| Timestamp::from_microsecond(visit.span.start_us + m * 60_000_000).expect("a time");
        let check_in = |past, at| step(t, &fx, manager.clone(), &visit, Edge::CheckIn, past, at);
        let early = check_in(None, minutes(-121));
        assert!(matches!(early, Err(Refused::Step(booking::Refusal::TooEarly { .. }))), "{early:?}");
        // Screening is older than three days, consent and identity are missing: none of these can be passed, consent and
        // screening not even by two.
        let stopped = check_in(Some(because("she is in a hurry", Some(&fx.artist))), minutes(-10));
        let Err(Refused::Step(booking::Refusal::Gates { gates })) = stopped else {
            panic!("{stopped:?}");
        };
        let names: Vec<Gate> = gates.iter().map(|g| g.gate).collect();
        assert_eq!(names, [Gate::Screening, Gate::Consent, Gate::IdAndAge]);
        let found_us = visit.span.start_us - HOUR_US;
        fx.write(&t.store, minutes(-20), move |tx, fx, fresh| {
            for gate in [Gate::Screening, Gate::Consent, Gate::IdAndAge] {
                seen(tx, &fx.vault, fx.berlin, client, (gate, found_us, None), fresh)?;
            }
            Ok::<_, Refused>(())
        })
        .expect("evidence");
        let here = check_in(None, minutes(-10)).expect("all gates are met").appointment;
        let done = step(t, &fx, fx.artist.clone(), &here, Edge::Finish, None, minutes(240)).expect("done");
        assert_eq!(done.appointment.state, State::Done);
        let words: Vec<String> = history(t, &fx, &visit).into_iter().map(|line| line.1).collect();
        assert_eq!(words, ["confirm", "check_in", "finish"]);
        // Done still takes its time: nobody is booked into the past over it.
        let over = book(t, &fx, manager.clone(), wish, fx.clients[1], Some(because("by hand", None)));
        assert_eq!(over, Err(Refused::Time(Refusal::Taken)));
    });
}

#[test]
fn a_gate_that_may_be_passed_is_passed_by_two_on_record() {
    on_both(|t| {
        let fx = set_up(t);
        // Screened, but never advised: the consultation gate blocks, and two people can go past it.
        let client = fx.newcomer;
        fx.write(&t.store, now(0), move |tx, fx, fresh| {
            seen(tx, &fx.vault, fx.berlin, client, (Gate::Screening, NOW_US - DAY_US, None), fresh)
        })
        .map_err(Refused::from)
        .expect("evidence");
        let wish = fx.wish(fx.anna, fx.session, friday());
        let manager = fx.manager.clone();
        let try_with = |actor: &Actor, past| book(t, &fx, actor.clone(), wish, client, past);
        let counts = row_counts(&fx, &t.store);
        let stopped = try_with(&manager, None);
        assert!(matches!(stopped, Err(Refused::Step(booking::Refusal::Gates { .. }))), "{stopped:?}");
        let by_client = try_with(&fx.as_client(client), Some(because("I know it all", Some(&fx.artist))));
        assert!(
            matches!(
                by_client,
                Err(Refused::Step(booking::Refusal::Gates { .. } | booking::Refusal::Denied(_)))
            ),
            "{by_client:?}"
        );
        let alone = try_with(&manager, Some(because("known from elsewhere", None)));
        assert_eq!(alone, Err(Refused::Step(booking::Refusal::NoSecondPerson)));
        let self_second = try_with(&manager, Some(because("known from elsewhere", Some(&manager))));
        assert_eq!(self_second, Err(Refused::Step(booking::Refusal::NoSecondPerson)));
        let silent = try_with(&manager, Some(because("  ", Some(&fx.artist))));
        assert_eq!(silent, Err(Refused::Step(booking::Refusal::NoReason)));
        assert_eq!(row_counts(&fx, &t.store), counts, "what is refused leaves nothing");
        let visit =
            try_with(&manager, Some(because("known from elsewhere", Some(&fx.artist)))).expect("by two");
        let visit = visit.appointment;
        assert_eq!(history(t, &fx, &visit)[0].2, None, "the reason is sealed with the rest");
        let read = visit.clone();
        let noted = fx.read(&t.store, move |tx, fx| Ok(book::overrides(tx, &fx.vault, &read)?));
        let noted: Vec<Noted> = noted.into_iter().map(|(_, noted)| noted).collect();
        assert_eq!((noted.len(), noted[0].reason.as_str()), (1, "known from elsewhere"));
        assert_eq!(noted[0].passed, [Passed::Gate(Gate::Consultation)]);
        assert_eq!((noted[0].by, noted[0].second), (StaffId(fixture::id(23)), Some(fx.anna)));
    });
}

#[test]
fn times_that_are_not_offered_are_given_by_managers_alone_and_on_record() {
    on_both(|t| {
        let fx = set_up(t);
        let sunday = fx.wish(fx.anna, fx.consultation, time("2026-11-29T10:00:00Z"));
        let why = || Some(because("she flies home on Monday", None));
        let client = fx.clients[0];
        assert_eq!(
            book(t, &fx, fx.manager.clone(), sunday, client, None),
            Err(Refused::Time(Refusal::Closed))
        );
        // A practitioner books, and goes past nothing.
        let by_artist = book(t, &fx, fx.artist.clone(), sunday, client, why());
        assert!(matches!(by_artist, Err(Refused::Step(booking::Refusal::Denied(_)))), "{by_artist:?}");
        let silent = book(t, &fx, fx.manager.clone(), sunday, client, Some(because("", None)));
        assert_eq!(silent, Err(Refused::Step(booking::Refusal::NoReason)));
        let by_client = book(t, &fx, fx.as_client(client), sunday, client, why());
        assert_eq!(by_client, Err(Refused::Time(Refusal::Closed)));
        let visit =
            book(t, &fx, fx.manager.clone(), sunday, client, why()).expect("with a reason").appointment;
        let read = visit.clone();
        let noted = fx.read(&t.store, move |tx, fx| Ok(book::overrides(tx, &fx.vault, &read)?));
        let noted: Vec<Noted> = noted.into_iter().map(|(_, noted)| noted).collect();
        assert_eq!(noted.iter().map(|n| n.passed.clone()).collect::<Vec<_>>(), [vec![Passed::Time]]);
        assert_eq!(noted[0].reason, "she flies home on Monday");
        // What is taken is taken, whatever the reason.
        let over = book(t, &fx, fx.owner.clone(), sunday, fx.clients[1], why());
        assert_eq!(over, Err(Refused::Time(Refusal::Taken)));
        let ben = Wish { practitioner: fx.ben, ..sunday };
        let no_room = book(t, &fx, fx.owner.clone(), ben, fx.clients[1], why());
        assert_eq!(no_room, Err(Refused::Time(Refusal::NoRoom)));
    });
}

#[test]
fn what_is_refused_or_not_yours_leaves_nothing() {
    on_both(|t| {
        let fx = set_up(t);
        let (client, stranger) = (fx.clients[0], fx.clients[1]);
        let wish = fx.wish(fx.anna, fx.session, friday());
        let visit = book(t, &fx, fx.manager.clone(), wish, client, None).expect("free").appointment;
        let counts = row_counts(&fx, &t.store);
        let not_there = |answer: Result<Booked, Refused>| {
            assert_eq!(answer, Err(Refused::NotFound("visit")));
        };
        let later = Wish { start: time("2026-11-28T09:00:00Z"), ..wish };
        for actor in [fx.as_client(stranger), fx.reception.clone()] {
            not_there(move_to(t, &fx, actor.clone(), &visit, later));
            // Not even by asking for the time it has.
            not_there(move_to(t, &fx, actor.clone(), &visit, wish));
            not_there(step(t, &fx, actor.clone(), &visit, Edge::Cancel, None, now(1)));
            not_there(step(t, &fx, actor, &visit, Edge::CheckIn, None, friday()));
        }
        not_there(step(t, &fx, fx.as_client(client), &visit, Edge::CheckIn, None, friday()));
        not_there(book(t, &fx, fx.as_client(stranger), later, client, None));
        // Reception works in New York, and books nobody into Berlin; a manager of Berlin moves nothing to New York.
        not_there(book(t, &fx, fx.reception.clone(), later, client, None));
        let away =
            Wish { studio: fx.new_york, practitioner: fx.cleo, start: time("2026-11-28T15:00:00Z"), ..wish };
        let denied = move_to(t, &fx, fx.manager.clone(), &visit, away);
        assert!(matches!(denied, Err(Refused::Step(booking::Refusal::Denied(_)))), "{denied:?}");
        let hidden = fx.wish(fx.anna, fx.touch_up, time("2026-11-28T09:00:00Z"));
        assert_eq!(hold(t, &fx, hidden, now(0)), Err(Refused::NotFound("service")));
        let hidden = book(t, &fx, fx.as_client(client), hidden, client, None);
        assert_eq!(hidden, Err(Refused::NotFound("service")));
        let refused = [
            ("2026-11-23T07:00:00Z", "passed"),
            ("2026-11-23T09:00:00Z", "too soon"),
            ("2028-11-23T09:00:00Z", "too far"),
            ("2026-11-24T09:10:00Z", "not a time"),
            ("2026-11-24T05:00:00Z", "not at work"),
            ("2026-11-24T14:30:00Z", "too late"),
        ];
        for (start, word) in refused {
            let wish = Wish { start: time(start), ..wish };
            let answer = hold(t, &fx, wish, now(0)).expect_err("refused").to_string();
            assert!(answer.contains(word), "{start}: {answer}");
        }
        let nowhere = Wish { practitioner: fx.cleo, ..wish };
        let wrong = hold(t, &fx, nowhere, now(0));
        assert!(matches!(wrong, Err(Refused::Time(Refusal::WrongPractitioner { .. }))), "{wrong:?}");
        assert_eq!(row_counts(&fx, &t.store), counts);
        assert_eq!(by_id(t, &fx, &visit), Some(visit));
    });
}

#[test]
fn who_comes_late_has_the_time_again_unless_it_was_given_away() {
    on_both(|t| {
        let fx = set_up(t);
        let client = fx.clients[0];
        let start = time("2026-11-24T10:00:00Z");
        let wish = fx.wish(fx.anna, fx.consultation, start);
        let visit = book(t, &fx, fx.manager.clone(), wish, client, None).expect("free").appointment;
        let at = |minutes: i64| now(26 * 60 + minutes);
        assert_eq!(at(0), start);
        let soon = step(t, &fx, fx.artist.clone(), &visit, Edge::MissVisit, None, at(10));
        assert!(matches!(soon, Err(Refused::Step(booking::Refusal::TooEarly { .. }))), "{soon:?}");
        let missed = step(t, &fx, fx.artist.clone(), &visit, Edge::MissVisit, None, at(15)).expect("missing");
        assert!(missed.touched.freed);
        let why = Some(because("the train was late", None));
        let came = step(t, &fx, fx.artist.clone(), &missed.appointment, Edge::ComeLate, why.clone(), at(16));
        let came = came.expect("the time is still free");
        assert_eq!((came.appointment.state, came.touched.added.len()), (State::CheckedIn, 2));
        let home = step(t, &fx, fx.artist.clone(), &came.appointment, Edge::SendHome, why.clone(), at(17));
        assert!(home.expect("sent home").touched.freed);

        let second = book(t, &fx, fx.manager.clone(), wish, client, None).expect("free again").appointment;
        let missed =
            step(t, &fx, fx.artist.clone(), &second, Edge::MissVisit, None, at(15)).expect("missing");
        book(t, &fx, fx.manager.clone(), wish, fx.clients[1], None).expect("somebody else");
        let came = step(t, &fx, fx.artist.clone(), &missed.appointment, Edge::ComeLate, why, at(16));
        assert_eq!(came, Err(Refused::Time(Refusal::Taken)));
    });
}

#[test]
fn a_booking_asks_little_of_the_database() {
    on_both(|t| {
        let fx = set_up(t);
        let client = fx.clients[0];
        let wish = fx.wish(fx.anna, fx.session, friday());
        let (hold, confirm) = fx
            .write(&t.store, now(0), move |tx, fx, fresh| {
                let held = book::hold(tx, &fx.practice, &wish, false, fresh)?.appointment;
                let hold = tx.statements();
                let actor = fx.as_client(client);
                book::confirm(tx, fx.desk(&actor), &held.code, client, None, fresh)?;
                Ok::<_, Refused>((hold, tx.statements() - hold))
            })
            .expect("books");
        let (wish, client) = (fx.wish(fx.ben, fx.session, friday()), fx.clients[1]);
        let (book, cancel) = fx
            .write(&t.store, now(0), move |tx, fx, fresh| {
                let actor = fx.as_client(client);
                let visit = book::book(tx, fx.desk(&actor), &wish, client, None, None, fresh)?.appointment;
                let book = tx.statements();
                book::take_edge(tx, fx.desk(&actor), visit, Edge::Cancel, None, fresh)?;
                Ok::<_, Refused>((book, tx.statements() - book))
            })
            .expect("books");
        assert!(hold <= 5, "{hold}");
        assert!(confirm <= 8, "{confirm}");
        assert!(book <= 10, "{book}");
        assert!(cancel <= 6, "{cancel}");
    });
}
