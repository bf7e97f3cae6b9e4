use jiff::tz::TimeZone;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

/// A visit far enough from everything: day 400.
const START_US: i64 = 400 * DAY_US;

fn eid(n: u128) -> EvidenceId {
    EvidenceId(Uuid::from_u128(n))
}

fn found(n: u128, gate: Gate, at_us: i64, finding: Finding) -> Evidence {
    Evidence { id: eid(n), gate, at_us, since_us: None, finding }
}

fn read(n: u128, gate: Gate, since_us: i64, at_us: i64, finding: Finding) -> Evidence {
    Evidence { since_us: Some(since_us), ..found(n, gate, at_us, finding) }
}

fn session(earlier: Earlier, allergy_flag: bool) -> Subject {
    Subject { kind: ServiceKind::Session, start_us: START_US, allergy_flag, earlier }
}

fn one(gate: Gate, subject: &Subject, evidence: &[Evidence], moment: Moment, now_us: i64) -> GateState {
    let all = evaluate(&Policy::default(), subject, evidence, moment, now_us);
    *all.iter().find(|s| s.gate == gate).expect("the gate counts for this visit")
}

/// Everything a third session with an allergy flag asks for, read shortly before check-in.
fn complete() -> Vec<Evidence> {
    vec![
        found(1, Gate::Consultation, START_US - 90 * DAY_US, Finding::Clear),
        found(2, Gate::Screening, START_US - DAY_US, Finding::Clear),
        found(3, Gate::Consent, START_US - 80 * DAY_US, Finding::Clear),
        read(4, Gate::PatchTest, START_US - 70 * DAY_US, START_US - 63 * DAY_US, Finding::Clear),
        found(5, Gate::IdAndAge, START_US - 90 * DAY_US, Finding::Clear),
        read(6, Gate::HealedReview, START_US - 28 * DAY_US, START_US - 10 * DAY_US, Finding::Clear),
    ]
}

fn third_session() -> Subject {
    session(Earlier::Ended { end_us: START_US - 28 * DAY_US }, true)
}

#[test]
fn with_everything_there_nothing_blocks_at_any_moment() {
    for moment in [Moment::AtBooking, Moment::Before72h, Moment::AtCheckIn] {
        let states = evaluate(&Policy::default(), &third_session(), &complete(), moment, START_US);
        assert_eq!(states.len(), GATES.len());
        for state in states {
            assert!(matches!(state.standing, Standing::Met { .. }) && !state.blocks, "{moment:?} {state:?}");
        }
    }
}

#[test]
fn without_anything_each_gate_blocks_from_its_moment_on() {
    // Written by hand: which gates stop a third session with an allergy flag and no evidence, at each moment.
    let expected = [
        (Moment::AtBooking, vec![Gate::Consultation, Gate::Screening]),
        (Moment::Before72h, vec![Gate::Consultation, Gate::Screening, Gate::PatchTest, Gate::HealedReview]),
        (Moment::AtCheckIn, GATES.to_vec()),
    ];
    for (moment, mut gates) in expected {
        let states = evaluate(&Policy::default(), &third_session(), &[], moment, START_US - 1);
        let mut blocking: Vec<Gate> = states.iter().filter(|s| s.blocks).map(|s| s.gate).collect();
        blocking.sort();
        gates.sort();
        assert_eq!(blocking, gates, "{moment:?}");
    }
}

#[test]
fn who_is_concerned() {
    let gates = |subject: &Subject| -> Vec<Gate> {
        evaluate(&Policy::default(), subject, &[], Moment::AtCheckIn, 0).iter().map(|s| s.gate).collect()
    };
    let first = gates(&session(Earlier::First, false));
    assert!(!first.contains(&Gate::PatchTest) && !first.contains(&Gate::HealedReview), "{first:?}");
    assert!(gates(&session(Earlier::First, true)).contains(&Gate::PatchTest));
    assert!(gates(&session(Earlier::StillToCome, false)).contains(&Gate::HealedReview));
    let advice = Subject { kind: ServiceKind::Consultation, ..third_session() };
    assert_eq!(gates(&advice), []);
}

#[test]
fn a_patch_test_is_read_at_48_hours_and_again_at_7_days() {
    let set_us = START_US - 20 * DAY_US;
    let hours = |h: i64| set_us + h * HOUR_US;
    let subject = session(Earlier::First, true);
    let at = |evidence: &[Evidence], now_us| {
        one(Gate::PatchTest, &subject, evidence, Moment::Before72h, now_us).standing
    };
    let pending = read(1, Gate::PatchTest, set_us, set_us, Finding::Pending);
    assert_eq!(at(&[pending], hours(47)), Standing::TooEarly { until_us: hours(48) });
    assert_eq!(at(&[pending], hours(48)), Standing::Missing);
    // A reading before its time does not count.
    let hasty = read(2, Gate::PatchTest, set_us, hours(47), Finding::Clear);
    assert_eq!(at(&[pending, hasty], hours(47)), Standing::TooEarly { until_us: hours(48) });
    assert_eq!(at(&[pending, hasty], hours(50)), Standing::Missing);
    let first = read(3, Gate::PatchTest, set_us, hours(49), Finding::Clear);
    assert_eq!(at(&[pending, first], hours(50)), Standing::Met { evidence: eid(3) });
    assert_eq!(at(&[pending, first], hours(167)), Standing::Met { evidence: eid(3) });
    // Seven days have come: now the second reading is asked for.
    assert_eq!(at(&[pending, first], hours(168)), Standing::Missing);
    let second = read(4, Gate::PatchTest, set_us, hours(170), Finding::Clear);
    assert_eq!(at(&[pending, first, second], hours(171)), Standing::Met { evidence: eid(4) });
    let reaction = read(5, Gate::PatchTest, set_us, hours(172), Finding::Refused);
    assert_eq!(at(&[pending, first, second, reaction], hours(173)), Standing::Refused);
    // Without the day on which the dots were set nothing can be reckoned.
    let undated = found(6, Gate::PatchTest, hours(200), Finding::Clear);
    assert_eq!(at(&[undated], hours(201)), Standing::Missing);
}

#[test]
fn a_patch_test_counts_half_a_year_from_the_day_it_was_set() {
    let subject = session(Earlier::First, true);
    let state = |set_us: i64| {
        let evidence = [read(1, Gate::PatchTest, set_us, set_us + 8 * DAY_US, Finding::Clear)];
        one(Gate::PatchTest, &subject, &evidence, Moment::Before72h, START_US - 3 * DAY_US).standing
    };
    assert_eq!(state(START_US - 183 * DAY_US + 1), Standing::Met { evidence: eid(1) });
    assert_eq!(state(START_US - 183 * DAY_US), Standing::Expired { when_us: START_US });
}

#[test]
fn a_visit_that_begins_before_a_wait_is_over_is_stopped_at_once() {
    let subject = session(Earlier::First, true);
    let set_us = START_US - 40 * HOUR_US;
    let pending = [read(1, Gate::PatchTest, set_us, set_us, Finding::Pending)];
    let state = one(Gate::PatchTest, &subject, &pending, Moment::AtBooking, set_us);
    assert!(state.blocks && state.override_allowed, "{state:?}");
    // With the start after the wait the gate is open and stops nothing yet.
    let later = Subject { start_us: START_US + 60 * DAY_US, ..subject };
    assert!(!one(Gate::PatchTest, &later, &pending, Moment::AtBooking, set_us).blocks);
}

#[test]
fn a_deferral_can_be_booked_past_and_is_looked_at_again() {
    let until_us = START_US - DAY_US;
    let evidence = [found(1, Gate::Screening, START_US - 30 * DAY_US, Finding::Deferred { until_us })];
    let subject = session(Earlier::First, false);
    let booking = |start_us, now_us| {
        one(Gate::Screening, &Subject { start_us, ..subject }, &evidence, Moment::AtBooking, now_us)
    };
    let early_us = START_US - 20 * DAY_US;
    assert_eq!(booking(until_us - 1, early_us).standing, Standing::TooEarly { until_us });
    assert!(booking(until_us - 1, early_us).blocks);
    assert!(!booking(until_us, early_us).blocks);
    let at_door = one(Gate::Screening, &subject, &evidence, Moment::AtCheckIn, START_US);
    assert!(at_door.blocks && at_door.standing == Standing::Missing, "{at_door:?}");
}

#[test]
fn health_questions_are_asked_again_at_each_visit() {
    let subject = session(Earlier::First, false);
    let answered = |days: i64| [found(1, Gate::Screening, START_US - days * DAY_US, Finding::Clear)];
    let met = Standing::Met { evidence: eid(1) };
    assert_eq!(
        one(Gate::Screening, &subject, &answered(100), Moment::Before72h, START_US - 3 * DAY_US).standing,
        met
    );
    let stale = Standing::Expired { when_us: START_US - 97 * DAY_US };
    assert_eq!(one(Gate::Screening, &subject, &answered(100), Moment::AtCheckIn, START_US).standing, stale);
    assert_eq!(one(Gate::Screening, &subject, &answered(2), Moment::AtCheckIn, START_US).standing, met);
}

#[test]
fn a_healed_review_is_of_the_last_session_and_not_before_a_week() {
    let end_us = START_US - 28 * DAY_US;
    let now_us = START_US - 3 * DAY_US;
    let subject = session(Earlier::Ended { end_us }, false);
    let at = |since_us: i64, at_us: i64| {
        let evidence = [read(1, Gate::HealedReview, since_us, at_us, Finding::Clear)];
        one(Gate::HealedReview, &subject, &evidence, Moment::Before72h, now_us).standing
    };
    assert_eq!(at(end_us, end_us + 8 * DAY_US), Standing::Met { evidence: eid(1) });
    assert_eq!(at(end_us, end_us + 6 * DAY_US), Standing::Missing);
    assert_eq!(
        at(end_us - 30 * DAY_US, end_us - 10 * DAY_US),
        Standing::Missing,
        "of the session before the last"
    );
    let planned = session(Earlier::StillToCome, false);
    let old = [read(1, Gate::HealedReview, end_us, end_us + 8 * DAY_US, Finding::Clear)];
    assert_eq!(
        one(Gate::HealedReview, &planned, &old, Moment::Before72h, now_us).standing,
        Standing::Missing
    );
}

#[test]
fn booking_closer_than_72_hours_asks_for_what_is_due_then() {
    let policy = Policy::default();
    let second_us = START_US - 72 * HOUR_US;
    assert_eq!(policy.moment_of_booking(START_US, second_us - 1), Moment::AtBooking);
    assert_eq!(policy.moment_of_booking(START_US, second_us), Moment::Before72h);
}

#[test]
fn the_policy_is_data() {
    let text = serde_json::to_string(&Policy::default()).expect("a policy is plain data");
    let back: Policy = serde_json::from_str(&text).expect("and reads back");
    assert_eq!(back, Policy::default());
    assert!(text.contains("\"before_72h\"") && text.contains("\"patch_test\""), "{text}");
    assert!(serde_json::from_str::<Rule>("{\"valid_days\":1,\"surprise\":2}").is_err());
    for gate in GATES {
        assert!(Policy::default().rules.contains_key(&gate), "{gate:?} has a rule");
    }
    for kind in SERVICE_KINDS {
        assert!(Policy::default().needs.contains_key(&kind), "{kind:?} has needs");
    }
}

#[test]
fn every_standing_has_a_sentence_for_both_sides() {
    let zone = TimeZone::get("Europe/Berlin").expect("bundled");
    // 2026-12-03 13:00 UTC is 14:00 in Berlin.
    let us = "2026-12-03T13:00:00Z".parse::<jiff::Timestamp>().expect("an instant").as_microsecond();
    let standings = [
        Standing::Met { evidence: eid(1) },
        Standing::Missing,
        Standing::Expired { when_us: us },
        Standing::TooEarly { until_us: us },
        Standing::Refused,
    ];
    for gate in GATES {
        for standing in standings {
            let blocks = !matches!(standing, Standing::Met { .. });
            let state =
                GateState { gate, standing, must_by: Moment::AtBooking, blocks, override_allowed: false };
            for sentence in [state.for_client(&zone), state.for_staff(&zone)] {
                assert!(sentence.ends_with('.') && sentence.len() > 10, "{sentence}");
            }
            assert!(state.for_staff(&zone).contains("cannot be overridden") == blocks);
            if matches!(standing, Standing::TooEarly { .. }) {
                assert!(
                    state.for_client(&zone).contains("3 December 2026, 14:00"),
                    "{}",
                    state.for_client(&zone)
                );
            }
        }
    }
}

fn any_finding() -> impl Strategy<Value = Finding> {
    prop_oneof![
        Just(Finding::Clear),
        Just(Finding::Pending),
        Just(Finding::Refused),
        (0i64..500).prop_map(|d| Finding::Deferred { until_us: d * DAY_US }),
    ]
}

fn any_evidence() -> impl Strategy<Value = Evidence> {
    (0usize..6, 0i64..500, prop::option::of(0i64..500), any_finding(), 0u128..50).prop_map(
        |(g, at, since, finding, n)| Evidence {
            id: eid(n),
            gate: GATES[g],
            at_us: at * DAY_US,
            since_us: since.map(|d| d * DAY_US),
            finding,
        },
    )
}

proptest! {
    #[test]
    fn promises_for_any_evidence(
        evidence in prop::collection::vec(any_evidence(), 0..12),
        now_day in 0i64..500,
        start_day in 0i64..500,
        allergy_flag: bool,
    ) {
        let policy = Policy::default();
        let subject = Subject { kind: ServiceKind::Session, start_us: start_day * DAY_US, allergy_flag, earlier: Earlier::First };
        let now_us = now_day * DAY_US;
        let at = |moment, evidence: &[Evidence]| evaluate(&policy, &subject, evidence, moment, now_us);
        let booking = at(Moment::AtBooking, &evidence);
        let door = at(Moment::AtCheckIn, &evidence);
        for (b, d) in booking.iter().zip(&door) {
            prop_assert!(!b.blocks || d.blocks, "what stops a booking stops a check-in: {b:?} {d:?}");
            prop_assert!(matches!(d.standing, Standing::Met { .. }) != d.blocks, "at the door a gate is met or it stops");
            if let Standing::Met { evidence: id } = b.standing {
                prop_assert!(evidence.iter().any(|e| e.id == id && e.gate == b.gate && e.at_us <= now_us && e.finding == Finding::Clear));
            }
        }
        // The order in which evidence lies does not matter, and what is not known yet changes nothing.
        let mut turned = evidence.clone();
        turned.reverse();
        let distinct: std::collections::BTreeSet<_> = evidence.iter().map(|e| (e.at_us, e.id)).collect();
        if distinct.len() == evidence.len() {
            prop_assert_eq!(&at(Moment::AtBooking, &turned), &booking);
        }
        let mut more = evidence.clone();
        more.push(found(99, Gate::Screening, now_us + 1, Finding::Refused));
        prop_assert_eq!(&at(Moment::AtBooking, &more), &booking);
        // A refusal found now stops at every moment.
        more.push(found(100, Gate::Consent, now_us, Finding::Refused));
        prop_assert!(at(Moment::AtBooking, &more).iter().any(|s| s.gate == Gate::Consent && s.blocks));
    }
}
