use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::gates::{Moment, Standing};
use crate::ids::{ChainId, ClientId, StudioId};
use crate::permission::{ROLES, Role};

const START_US: i64 = 1_000 * HOUR_US;

/// Written by hand: who may take which edge from which state. O owner, M manager, P practitioner (of this visit),
/// R reception, C client (of this visit), T the clock; `=` in front: it is so already, and nothing changes.
const GRID: &str = "
    edge        | Hold   | Booked | CheckedIn | Done  | NoShow | Cancelled | Released
    Confirm     | OMPRC  | =OMPRC |           |       |        |           |
    Release     | OMPRCT |        |           |       |        |           | =OMPRCT
    Move        |        | OMPRC  |           |       |        |           |
    Cancel      |        | OMPRC  |           |       |        | =OMPRC    |
    CheckIn     |        | OMPR   | =OMPR     |       |        |           |
    UndoCheckIn |        | =OMPR  | OMPR      |       |        |           |
    SendHome    |        |        | OMPR      |       |        | =OMPR     |
    Finish      |        |        | OMP       | =OMP  |        |           |
    MissVisit   |        | OMPR   |           |       | =OMPR  |           |
    ComeLate    |        |        | =OMPR     |       | OMPR   |           |
";

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn actor(role: Role, n: u128) -> Actor {
    let (person, studios) = match role {
        Role::Client => (Person::Client(ClientId(id(n))), vec![]),
        _ => (Person::Staff(StaffId(id(n))), vec![StudioId(id(10))]),
    };
    Actor { role, person, chain: ChainId(id(100)), studios, also: vec![] }
}

/// A visit of client 1 with practitioner 1, so that whoever is number 1 acts on their own.
fn thing() -> Thing {
    Thing {
        chain: ChainId(id(100)),
        studio: Some(StudioId(id(10))),
        client: Some(ClientId(id(1))),
        course_studios: vec![],
        practitioner: Some(StaffId(id(1))),
    }
}

fn span(start_us: i64) -> Span {
    Span { start_us, end_us: start_us + 3 * HOUR_US }
}

fn visit(state: State) -> Visit {
    Visit {
        state,
        span: span(START_US),
        hold_until_us: START_US - 900 * HOUR_US,
        code: "BCDF".into(),
        sequence: 4,
    }
}

fn request(edge: Edge) -> Request<'static> {
    let to = (edge == Edge::Move).then(|| span(START_US + 24 * HOUR_US));
    Request { edge, to, elsewhere: false, gates: &[], past_rules: None }
}

fn because(reason: &str, second: Option<Actor>) -> Override {
    Override { reason: reason.into(), second }
}

/// An instant at which the clock stands against nothing: holds run, notices are far, doors are open.
fn good_time_us(edge: Edge) -> i64 {
    match edge {
        Edge::Confirm | Edge::Move | Edge::Cancel => START_US - 901 * HOUR_US,
        _ => START_US + HOUR_US,
    }
}

fn take(v: &Visit, edge: Edge, role: Role, now_us: i64) -> Result<Outcome, Refusal> {
    let (actor, thing) = (actor(role, 1), thing());
    step(v, &request(edge), By::Person { actor: &actor, thing: &thing }, &Rules::default(), now_us)
}

#[test]
fn every_state_edge_and_role_is_as_the_grid_says() {
    let rows: Vec<Vec<&str>> =
        GRID.trim().lines().map(|line| line.split('|').map(str::trim).collect()).collect();
    let states: Vec<String> = STATES.iter().map(|s| format!("{s:?}")).collect();
    assert_eq!(rows[0][1..], states);
    let edges: Vec<String> = EDGE_KINDS.iter().map(|e| format!("{e:?}")).collect();
    assert_eq!(rows[1..].iter().map(|r| r[0]).collect::<Vec<_>>(), edges);
    let why = because("the client asked for it", None);
    for (edge, row) in EDGE_KINDS.iter().zip(&rows[1..]) {
        for (state, cell) in STATES.iter().zip(&row[1..]) {
            let letters = ROLES.iter().map(|r| Some(*r)).chain([None]).zip("OMPRCT".chars());
            for (role, letter) in letters {
                let who = role.map(|role| actor(role, 1));
                let thing = thing();
                let by = who.as_ref().map_or(By::Clock, |actor| By::Person { actor, thing: &thing });
                let asked = Request { past_rules: Some(&why), ..request(*edge) };
                let answer = step(&visit(*state), &asked, by, &Rules::default(), good_time_us(*edge));
                assert_eq!(answer.is_ok(), cell.contains(letter), "{state:?} {edge:?} {letter}: {answer:?}");
                if let Ok(outcome) = answer {
                    assert_eq!(outcome.changed, !cell.starts_with('='), "{state:?} {edge:?} {letter}");
                    assert!(outcome.changed || outcome.visit == visit(*state));
                    assert_eq!(outcome.visit.code, "BCDF");
                }
            }
        }
    }
}

#[test]
fn each_edge_leads_where_it_says_and_end_states_have_no_way_out() {
    for row in EDGES {
        let why = because("so it was", None);
        let asked = Request { past_rules: Some(&why), ..request(row.edge) };
        let (actor, thing) = (actor(Role::Owner, 1), thing());
        let by = By::Person { actor: &actor, thing: &thing };
        let out = step(&visit(row.from), &asked, by, &Rules::default(), good_time_us(row.edge));
        assert_eq!(out.map(|o| o.visit.state), Ok(row.to), "{row:?}");
    }
    for end in [State::Done, State::Cancelled, State::Released] {
        assert!(EDGES.iter().all(|row| row.from != end));
    }
}

#[test]
fn a_hold_that_ended_cannot_be_confirmed_by_anybody() {
    let v = visit(State::Hold);
    for role in ROLES {
        assert!(take(&v, Edge::Confirm, role, v.hold_until_us - 1).is_ok(), "{role:?}");
        for late_us in [0, 1, 5 * MINUTE_US] {
            let answer = take(&v, Edge::Confirm, role, v.hold_until_us + late_us);
            assert_eq!(answer, Err(Refusal::HoldEnded { minutes_ago: late_us / MINUTE_US }), "{role:?}");
        }
    }
    // No reason and no second person helps: the time may be somebody else's by now.
    let why = because("they were so close", Some(actor(Role::Owner, 2)));
    let (owner, thing) = (actor(Role::Owner, 1), thing());
    let asked = Request { past_rules: Some(&why), ..request(Edge::Confirm) };
    let by = By::Person { actor: &owner, thing: &thing };
    assert!(matches!(
        step(&v, &asked, by, &Rules::default(), v.hold_until_us),
        Err(Refusal::HoldEnded { .. })
    ));
}

#[test]
fn the_clock_releases_only_what_has_run_out() {
    let v = visit(State::Hold);
    let clock = |now_us| step(&v, &request(Edge::Release), By::Clock, &Rules::default(), now_us);
    assert_eq!(clock(v.hold_until_us - 1), Err(Refusal::HoldRuns));
    assert_eq!(clock(v.hold_until_us).map(|o| o.visit.state), Ok(State::Released));
}

#[test]
fn confirming_twice_changes_nothing_the_second_time() {
    let first = take(&visit(State::Hold), Edge::Confirm, Role::Client, good_time_us(Edge::Confirm));
    let first = first.expect("a running hold can be confirmed");
    assert!(first.changed);
    // Even after the hold would have ended.
    let again = take(&first.visit, Edge::Confirm, Role::Client, first.visit.hold_until_us + HOUR_US);
    assert_eq!(again.map(|o| (o.changed, o.visit)), Ok((false, first.visit)));
}

#[test]
fn a_move_keeps_the_code_and_raises_the_sequence() {
    let v = visit(State::Booked);
    let moved = take(&v, Edge::Move, Role::Client, good_time_us(Edge::Move)).expect("far from the visit");
    assert_eq!((moved.visit.code.as_str(), moved.visit.sequence), ("BCDF", 5));
    assert_eq!(moved.visit.span.start_us, START_US + 24 * HOUR_US);
    // To the time it already has: nothing.
    let (client, thing) = (actor(Role::Client, 1), thing());
    let by = By::Person { actor: &client, thing: &thing };
    let still = Request { to: Some(v.span), ..request(Edge::Move) };
    let answer = step(&v, &still, by, &Rules::default(), START_US - HOUR_US);
    assert_eq!(answer.map(|o| (o.changed, o.visit.sequence)), Ok((false, 4)));
    for to in [None, Some(span(START_US - 950 * HOUR_US))] {
        let nowhere = Request { to, ..request(Edge::Move) };
        let answer = step(&v, &nowhere, by, &Rules::default(), good_time_us(Edge::Move));
        assert_eq!(answer, Err(Refusal::NoNewTime));
    }
}

#[test]
fn notice_is_the_clients_and_ends_where_the_studio_says() {
    let v = visit(State::Booked);
    let edge_us = START_US - 48 * HOUR_US;
    let late = |edge, role, now_us| take(&v, edge, role, now_us).map(|o| o.late);
    assert_eq!(late(Edge::Cancel, Role::Client, edge_us), Ok(false));
    assert_eq!(late(Edge::Cancel, Role::Client, edge_us + 1), Ok(true));
    assert_eq!(late(Edge::Cancel, Role::Client, START_US), Err(Refusal::Begun));
    assert_eq!(late(Edge::Move, Role::Client, edge_us), Ok(false));
    let ask = Err(Refusal::InsideNotice { notice_hours: 48, until_us: edge_us });
    assert_eq!(late(Edge::Move, Role::Client, edge_us + 1), ask);
    for role in [Role::Owner, Role::Manager, Role::Practitioner, Role::Reception] {
        assert_eq!(late(Edge::Move, role, START_US - 1), Ok(false), "{role:?}");
        assert_eq!(late(Edge::Cancel, role, START_US + HOUR_US), Ok(false), "{role:?}");
    }
}

#[test]
fn doors_open_two_hours_before_and_nobody_is_missing_at_once() {
    let v = visit(State::Booked);
    let opens_us = START_US - 2 * HOUR_US;
    assert!(take(&v, Edge::CheckIn, Role::Reception, opens_us).is_ok());
    let early = Err(Refusal::TooEarly { from_us: opens_us });
    assert_eq!(take(&v, Edge::CheckIn, Role::Reception, opens_us - 1), early);
    let missing_us = START_US + 15 * MINUTE_US;
    assert!(take(&v, Edge::MissVisit, Role::Reception, missing_us).is_ok());
    let early = Err(Refusal::TooEarly { from_us: missing_us });
    assert_eq!(take(&v, Edge::MissVisit, Role::Reception, missing_us - 1), early);
}

fn gate(gate: Gate, blocks: bool, override_allowed: bool) -> GateState {
    GateState { gate, standing: Standing::Missing, must_by: Moment::AtBooking, blocks, override_allowed }
}

#[test]
fn a_gate_is_passed_with_a_reason_and_a_second_person_only() {
    let v = visit(State::Booked);
    let (manager, thing) = (actor(Role::Manager, 1), thing());
    let stopped = [gate(Gate::PatchTest, true, true), gate(Gate::Consent, false, false)];
    let try_with = |who: &Actor, given: Option<&Override>, gates: &[GateState]| {
        let asked = Request { edge: Edge::CheckIn, to: None, elsewhere: false, gates, past_rules: given };
        step(&v, &asked, By::Person { actor: who, thing: &thing }, &Rules::default(), START_US)
    };
    let practitioner = actor(Role::Practitioner, 2);
    let full = because("  read on paper, page filed  ", Some(practitioner.clone()));
    let passed = try_with(&manager, Some(&full), &stopped).expect("a reason and two people");
    let noted = passed.noted.expect("an override is on record");
    assert_eq!(noted.reason, "read on paper, page filed");
    assert_eq!(noted.passed, [Passed::Gate(Gate::PatchTest)]);
    assert_eq!((noted.by, noted.second), (StaffId(id(1)), Some(StaffId(id(2)))));

    assert!(matches!(try_with(&manager, None, &stopped), Err(Refusal::Gates { .. })));
    let blank = because(" \n ", Some(practitioner.clone()));
    assert_eq!(try_with(&manager, Some(&blank), &stopped), Err(Refusal::NoReason));
    let mut stranger = practitioner.clone();
    stranger.studios = vec![StudioId(id(11))];
    let wrong = [
        None,
        Some(manager.clone()),
        Some(actor(Role::Reception, 2)),
        Some(actor(Role::Client, 2)),
        Some(stranger),
    ];
    for second in wrong {
        let given = because("a reason", second);
        assert_eq!(try_with(&manager, Some(&given), &stopped), Err(Refusal::NoSecondPerson));
    }
    for role in [Role::Practitioner, Role::Reception] {
        let answer = try_with(&actor(role, 1), Some(&full), &stopped);
        let denial = Denial::Role { role, action: Action::OverrideRule };
        assert_eq!(answer, Err(Refusal::Denied(denial)));
    }
    // A gate that knows no override.
    let hard = [gate(Gate::PatchTest, true, true), gate(Gate::Screening, true, false)];
    let answer = try_with(&manager, Some(&full), &hard);
    assert_eq!(answer, Err(Refusal::Gates { gates: vec![hard[1]] }));
}

#[test]
fn the_gates_stand_on_the_four_edges_towards_treatment() {
    let stopped = [gate(Gate::Screening, true, false)];
    let (owner, thing) = (actor(Role::Owner, 1), thing());
    let why = because("so it was", Some(actor(Role::Owner, 2)));
    for row in EDGES {
        let asked = Request { gates: &stopped, past_rules: Some(&why), ..request(row.edge) };
        let by = By::Person { actor: &owner, thing: &thing };
        let answer = step(&visit(row.from), &asked, by, &Rules::default(), good_time_us(row.edge));
        let towards = matches!(row.edge, Edge::Confirm | Edge::Move | Edge::CheckIn | Edge::ComeLate);
        assert_eq!(matches!(answer, Err(Refusal::Gates { .. })), towards, "{row:?}");
    }
}

#[test]
fn taking_something_back_asks_for_a_reason() {
    let (reception, thing) = (actor(Role::Reception, 1), thing());
    let by = By::Person { actor: &reception, thing: &thing };
    for (state, edge) in [
        (State::CheckedIn, Edge::UndoCheckIn),
        (State::CheckedIn, Edge::SendHome),
        (State::NoShow, Edge::ComeLate),
    ] {
        let bare = step(&visit(state), &request(edge), by, &Rules::default(), START_US);
        assert_eq!(bare, Err(Refusal::NoReason), "{edge:?}");
        let why = because("wrong client ticked", None);
        let asked = Request { past_rules: Some(&why), ..request(edge) };
        let out = step(&visit(state), &asked, by, &Rules::default(), START_US).map(|o| o.noted);
        let noted =
            Noted { reason: "wrong client ticked".into(), passed: vec![], by: StaffId(id(1)), second: None };
        assert_eq!(out, Ok(Some(noted)), "{edge:?}");
    }
}

proptest! {
    /// Whatever is asked, by whomever, in whatever order: the code stays, the sequence never falls, the end is the end,
    /// and only a confirmed hold ever takes a client's time again.
    #[test]
    fn any_walk_keeps_the_promises(walk in prop::collection::vec((0usize..10, 0usize..5, 0i64..2_000), 1..30)) {
        let mut v = visit(State::Hold);
        let why = because("as asked", Some(actor(Role::Owner, 2)));
        let thing = thing();
        for (edge, role, hour) in walk {
            let who = actor(ROLES[role], 1);
            let asked = Request { past_rules: Some(&why), ..request(EDGE_KINDS[edge]) };
            let by = By::Person { actor: &who, thing: &thing };
            if let Ok(out) = step(&v, &asked, by, &Rules::default(), hour * HOUR_US) {
                prop_assert_eq!(&out.visit.code, &v.code);
                prop_assert!(out.visit.sequence >= v.sequence);
                prop_assert_eq!(out.changed, out.visit != v);
                let ended = matches!(v.state, State::Done | State::Cancelled | State::Released);
                prop_assert!(!(ended && out.changed));
                if v.state == State::Hold && out.visit.state == State::Booked {
                    prop_assert!(hour * HOUR_US < v.hold_until_us);
                }
                // Only a visit noted as missing takes time again after giving it back.
                prop_assert!(v.state.takes_time() || !out.visit.state.takes_time() || v.state == State::NoShow);
                v = out.visit;
            }
        }
    }
}
