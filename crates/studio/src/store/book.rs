//! Bookings: the one place where a time is taken. Lock, look, write: in one transaction, for visitors, clients, staff and
//! programs alike.
//!
//! Locks are taken in one order everywhere, so that no two transactions wait for each other: the row of a course, the
//! resources (sorted, in one call), the row of a visit, its claims, the days touched (sorted, in one statement, last).

use jiff::Timestamp;

use super::appointments::{self, Appointment};
use super::claims;
use super::clients;
use super::course_end;
use super::courses;
use super::events::{self, Event, Who};
use super::evidence;
use super::jobs::{self, NewJob};
pub use super::rights::{course_studios, gates_of, may_see, thing_of};
use super::spot::{self, Spot};
pub use super::spot::{Touched, own};
use super::vault::{self, Vault};
use super::{Error, Tx, waiting, webhooks};
use crate::booking::{self, By, Edge, Noted, Override, Passed, Request, State, step};
use crate::course::CourseError;
use crate::gates::Moment;
use crate::ids::{
    AppointmentId, ClientId, CourseId, Fresh, ResourceId, RoomId, ServiceId, StaffId, StudioId,
};
use crate::permission::{self, Action, Actor, Person, Thing};
use crate::practice::Practice;
use crate::seal::Place;
use crate::search;
use crate::span::{HOUR_US, MINUTE_US, Span};
use crate::zone::{TimeError, local_time_at};

/// Longest sitting in minutes: a working day (assumption; `studio.md` 2 has sittings of up to five hours).
pub const LONGEST_SITTING_MIN: u32 = 720;
/// Most holds that one sweep takes away.
const SWEEP: i64 = 500;

/// What somebody wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Where.
    pub studio: StudioId,
    /// What.
    pub service: ServiceId,
    /// With whom.
    pub practitioner: StaffId,
    /// When the sitting starts.
    pub start: Timestamp,
    /// In which room, if it matters.
    pub room: Option<RoomId>,
}

/// Why a booking, or a change of one, is refused. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The store could not do it.
    #[error(transparent)]
    Store(Error),
    /// The time is not offered.
    #[error(transparent)]
    Time(#[from] search::Refusal),
    /// The visit's state, rights, clock or gates stand against it.
    #[error(transparent)]
    Step(#[from] booking::Refusal),
    /// A zone or hours that are set up are not ones.
    #[error(transparent)]
    Setup(#[from] TimeError),
    /// Not there, or not for whom asks.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// Somebody else changed it meanwhile.
    #[error("it was changed meanwhile; look at it again")]
    Changed,
    /// The gaps of the course stand against it, or its sessions are none.
    #[error(transparent)]
    Course(#[from] CourseError),
    /// Each session needs one time.
    #[error("found {wishes} times for a course of {sessions} sessions")]
    Times {
        /// Sessions of the course.
        sessions: usize,
        /// Times given.
        wishes: usize,
    },
    /// A length that no sitting has.
    #[error(
        "found a session of {found} minutes, allowed are 15 to {LONGEST_SITTING_MIN} in quarters of an hour"
    )]
    Minutes {
        /// Minutes asked for.
        found: u32,
    },
    /// Nobody sits in two chairs.
    #[error("the client has another visit at this time; move one of the two, or call it off")]
    ClientTaken,
    /// The client has a course that goes on.
    #[error("a course is under way already; look at it before another is booked")]
    CourseUnderWay,
    /// The course has a visit for this session.
    #[error("session {number} of the course is booked already")]
    SessionBooked {
        /// Which session, from 1.
        number: u32,
    },
    /// One session of a course is refused, and so the whole course.
    #[error("session {number}: {why}")]
    Session {
        /// Which session, from 1.
        number: u32,
        /// Why.
        why: Box<Refused>,
    },
}

impl From<Error> for Refused {
    /// The store's own wall against double booking says the same as the look before it.
    fn from(error: Error) -> Refused {
        match error {
            Error::Overlap => search::Refusal::Taken.into(),
            error => Refused::Store(error),
        }
    }
}

/// A visit after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booked {
    /// As it is now.
    pub appointment: Appointment,
    /// What it did to the boards.
    pub touched: Touched,
    /// Whether anything changed; asking twice changes nothing the second time.
    pub changed: bool,
    /// Whether the client was inside the notice.
    pub late: bool,
}

/// Who acts on which practice, with which keys.
#[derive(Clone, Copy, Debug)]
pub struct Desk<'a> {
    /// What is set up.
    pub practice: &'a Practice,
    /// The chain's keys.
    pub vault: &'a Vault,
    /// Who acts.
    pub actor: &'a Actor,
}

impl Desk<'_> {
    /// Whether somebody on the staff acts, and not the client.
    pub(super) fn by_staff(&self) -> bool {
        matches!(self.actor.person, Person::Staff(_))
    }
}

/// A step that is asked for, with what was found of its time.
pub(super) struct Asked<'a> {
    pub(super) edge: Edge,
    pub(super) to: Option<Span>,
    pub(super) elsewhere: bool,
    pub(super) past: Option<&'a Override>,
    /// Whether a rule of free times is passed.
    pub(super) passed: bool,
    /// Whether the client gets a message of this visit alone.
    pub(super) mail: bool,
}

impl<'a> Asked<'a> {
    pub(super) fn plain(edge: Edge, past: Option<&'a Override>) -> Asked<'a> {
        Asked { edge, to: None, elsewhere: false, past, passed: false, mail: true }
    }
}

/// A new visit at a spot.
pub(super) fn appointment(
    spot: &Spot<'_>,
    wish: &Wish,
    state: State,
    fresh: &mut Fresh<'_>,
) -> Result<Appointment, Refused> {
    let local = local_time_at(&spot.studio.zone, wish.start)?;
    Ok(Appointment {
        id: AppointmentId(fresh.id()),
        studio: wish.studio,
        code: fresh.code(),
        client: None,
        service: wish.service,
        practitioner: wish.practitioner,
        room: spot.room,
        course: None,
        state,
        span: spot.span,
        wall: local.wall,
        zone: local.zone,
        tzdb: local.tzdb,
        hold_until_us: None,
        sequence: 0,
        version: 1,
        price_minor: spot.price_minor,
        made_us: fresh.now_us(),
        changed_us: fresh.now_us(),
    })
}

fn resources_of(visit: &Appointment) -> Vec<ResourceId> {
    let room = visit.room.map(ResourceId::from);
    std::iter::once(visit.practitioner.into()).chain(room).collect()
}

/// Keeps a time for somebody who is about to book it. Nobody else gets it until the hold ends.
///
/// # Errors
/// Where the time is not offered; where the service is not one that clients book and `by_staff` is not set.
pub fn hold(
    tx: &mut Tx<'_>,
    practice: &Practice,
    wish: &Wish,
    by_staff: bool,
    fresh: &mut Fresh<'_>,
) -> Result<Booked, Refused> {
    let minutes = i64::from(practice.chain.settings.booking.hold_min);
    let until_us = fresh.now_us() + minutes * MINUTE_US;
    hold_until(tx, practice, wish, (None, by_staff), until_us, fresh)
}

/// As [`hold`], until an instant (UTC microseconds), as a freed time is kept for whom it is offered; of so many minutes,
/// where they are not the service's.
///
/// # Errors
/// As [`hold`].
pub fn hold_until(
    tx: &mut Tx<'_>,
    practice: &Practice,
    wish: &Wish,
    (minutes, by_staff): (Option<u32>, bool),
    until_us: i64,
    fresh: &mut Fresh<'_>,
) -> Result<Booked, Refused> {
    let sought = spot::seek(practice, wish, minutes, by_staff)?;
    spot::lock(tx, std::slice::from_ref(&sought))?;
    let found = spot::find(tx, sought, &[], &[], false, fresh.now)?;
    if !by_staff && !found.service.public {
        return Err(Refused::NotFound("service"));
    }
    let mut held = appointment(&found, wish, State::Hold, fresh)?;
    held.hold_until_us = Some(until_us);
    appointments::add(tx, &held)?;
    let claims = spot::owned(&found.claims, &held);
    let touched = spot::place(tx, &held, claims, found.expired, fresh)?;
    Ok(Booked { appointment: held, touched, changed: true, late: false })
}

/// Gives a hold back before it ends. A code that is no hold any more is none of the caller's business: nothing happens.
///
/// # Errors
/// The store's.
pub fn release(tx: &mut Tx<'_>, code: &str, now: Timestamp) -> Result<Touched, Refused> {
    let Some(held) = appointments::by_code(tx, code)?.filter(|held| held.state == State::Hold) else {
        return Ok(Touched::default());
    };
    tx.lock(&resources_of(&held))?;
    if !appointments::drop_hold(tx, held.id)? {
        return Ok(Touched::default());
    }
    let freed = claims::drop_of(tx, held.id.0)?;
    Ok(spot::touch(tx, Vec::new(), freed, now)?)
}

/// Turns a hold into a booking for a client. Asking twice changes nothing the second time.
///
/// # Errors
/// Where the hold has ended, or gates stand against it.
pub fn confirm(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    code: &str,
    client: ClientId,
    past: Option<&Override>,
    fresh: &mut Fresh<'_>,
) -> Result<Booked, Refused> {
    match confirm_once(tx, desk, code, client, past, fresh) {
        // Somebody pressed twice: the second look finds what the first one did.
        Err(Refused::Changed) => confirm_once(tx, desk, code, client, past, fresh),
        answer => answer,
    }
}

fn confirm_once(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    code: &str,
    client: ClientId,
    past: Option<&Override>,
    fresh: &mut Fresh<'_>,
) -> Result<Booked, Refused> {
    let held = appointments::by_code(tx, code)?.ok_or(Refused::NotFound("visit"))?;
    if held.client.is_some_and(|of| of != client) {
        return Err(Refused::NotFound("visit"));
    }
    // Whoever clears away holds that have run out holds the same locks.
    let resources = resources_of(&held);
    tx.lock(&resources)?;
    let held = Appointment { client: Some(client), ..held };
    let booked = advance(tx, desk, held, &Asked::plain(Edge::Confirm, past), fresh)?;
    if booked.changed && claims::keep_of(tx, booked.appointment.id.0)? != resources.len() as u64 {
        return Err(booking::Refusal::HoldEnded { minutes_ago: 0 }.into());
    }
    Ok(booked)
}

/// Books a time for a client at once, as staff and programs do. `course`: as which session (from 1) of a course that is
/// under way; its length is the session's.
///
/// # Errors
/// Where the time is not offered or gates stand against it. `past` goes past both (but never past what is taken) for those
/// who may, with a reason on record.
pub fn book(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    wish: &Wish,
    client: ClientId,
    course: Option<(CourseId, u32)>,
    past: Option<&Override>,
    fresh: &mut Fresh<'_>,
) -> Result<Booked, Refused> {
    let by_staff = desk.by_staff();
    let joined = match course {
        Some((id, number)) => Some(courses::join(tx, id, client, number, wish.service)?),
        None => None,
    };
    let minutes = joined.as_ref().map(|(_, session)| session.minutes);
    let sought = spot::seek(desk.practice, wish, minutes, by_staff)?;
    spot::lock_with(tx, std::slice::from_ref(&sought), Some(ResourceId(client.0)))?;
    let found = spot::find(tx, sought, &[], &[], by_staff && past.is_some(), fresh.now)?;
    // Sessions of a course were agreed with the studio.
    if !by_staff && joined.is_none() && !found.service.public {
        return Err(Refused::NotFound("service"));
    }
    nowhere_else(tx, client, None, &[found.span])?;
    let visit = new_visit(&found, wish, client, course, fresh)?;
    let out_of_gap = match &joined {
        Some((course, _)) => courses::out_of_gap(tx, course, &visit, by_staff && past.is_some())?,
        None => false,
    };
    let passed = found.passed || out_of_gap;
    let visit = confirm_new(tx, desk, visit, &Asked { passed, ..Asked::plain(Edge::Confirm, past) }, fresh)?;
    let claims = spot::owned(&found.claims, &visit);
    let touched = spot::place(tx, &visit, claims, found.expired, fresh)?;
    Ok(Booked { appointment: visit, touched, changed: true, late: false })
}

/// Whether a client is nowhere else in some stretches; the client is locked, as a resource.
pub(super) fn nowhere_else(
    tx: &mut Tx<'_>,
    client: ClientId,
    but: Option<AppointmentId>,
    spans: &[Span],
) -> Result<(), Refused> {
    let first_us = spans.iter().map(|s| s.start_us).min().unwrap_or(i64::MAX);
    let end_us = spans.iter().map(|s| s.end_us).max().unwrap_or(i64::MIN);
    let start_us = first_us.saturating_sub(i64::from(LONGEST_SITTING_MIN) * MINUTE_US);
    let standing = appointments::of_client_within(tx, client, Span { start_us, end_us })?;
    let mut others = standing.iter().filter(|v| v.state.takes_time() && Some(v.id) != but);
    match others.any(|v| spans.iter().any(|span| span.overlaps(&v.span))) {
        true => Err(Refused::ClientTaken),
        false => Ok(()),
    }
}

/// A visit of a client at a spot: a hold of this instant, for the same gate as everywhere.
pub(super) fn new_visit(
    spot: &Spot<'_>,
    wish: &Wish,
    client: ClientId,
    course: Option<(CourseId, u32)>,
    fresh: &mut Fresh<'_>,
) -> Result<Appointment, Refused> {
    let hold_until_us = Some(fresh.now_us() + 1);
    let held = appointment(spot, wish, State::Hold, fresh)?;
    Ok(Appointment { client: Some(client), course, hold_until_us, ..held })
}

/// Confirms a hold that is in no table yet, and writes the visit and its history.
pub(super) fn confirm_new(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    held: Appointment,
    asked: &Asked<'_>,
    fresh: &mut Fresh<'_>,
) -> Result<Appointment, Refused> {
    let outcome = outcome(tx, desk, &held, asked, fresh)?;
    let visit = Appointment { state: outcome.visit.state, hold_until_us: None, ..held };
    appointments::add(tx, &visit)?;
    tell(tx, desk, &visit, asked, outcome.noted.as_ref(), fresh)?;
    Ok(visit)
}

/// Moves a visit to another time, practitioner or room; code, service and length stay.
///
/// # Errors
/// Where the new time is not offered, the visit cannot move, gates stand against it, or the gaps of its course do not hold
/// (then [`courses::move_course`] moves what follows with it).
pub fn move_to(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    visit: Appointment,
    wish: &Wish,
    past: Option<&Override>,
    fresh: &mut Fresh<'_>,
) -> Result<Booked, Refused> {
    if !may(tx, desk, &visit, Action::MoveVisit)? {
        return Err(Refused::NotFound("visit"));
    }
    let wish = Wish { service: visit.service, ..*wish };
    let place_stays = visit.practitioner == wish.practitioner
        && visit.studio == wish.studio
        && (wish.room.is_none() || wish.room == visit.room);
    if place_stays && visit.span.start_us == wish.start.as_microsecond() {
        let asked = Asked { to: Some(visit.span), ..Asked::plain(Edge::Move, past) };
        return advance(tx, desk, visit, &asked, fresh);
    }
    let goes_past = desk.by_staff() && past.is_some();
    let course = match visit.course {
        Some((id, _)) => courses::open(tx, id)?,
        None => None,
    };
    let sought = spot::seek(desk.practice, &wish, Some(visit.minutes()), desk.by_staff())?;
    let client = visit.client;
    spot::lock_with(tx, std::slice::from_ref(&sought), client.map(|id| ResourceId(id.0)))?;
    let found = spot::find(tx, sought, &[visit.id.0], &[], goes_past, fresh.now)?;
    if let Some(client) = client {
        nowhere_else(tx, client, Some(visit.id), &[found.span])?;
    }
    let out_of_gap = match &course {
        Some(course) => {
            let there = at(visit.clone(), &wish, &found)?;
            courses::out_of_gap(tx, course, &there, goes_past)?
        }
        None => false,
    };
    let asked = Asked { passed: out_of_gap, ..Asked::plain(Edge::Move, past) };
    let moved = relocate(tx, desk, visit, &wish, &found, &asked, fresh)?;
    let mut freed = claims::drop_of(tx, moved.appointment.id.0)?;
    freed.extend(found.expired);
    let claims = spot::owned(&found.claims, &moved.appointment);
    let touched = spot::place(tx, &moved.appointment, claims, freed, fresh)?;
    Ok(Booked { touched, ..moved })
}

/// A visit as it would stand at a spot.
pub(super) fn at(visit: Appointment, wish: &Wish, found: &Spot<'_>) -> Result<Appointment, Refused> {
    let local = local_time_at(&found.studio.zone, wish.start)?;
    Ok(Appointment {
        studio: wish.studio,
        practitioner: wish.practitioner,
        room: found.room,
        span: found.span,
        wall: local.wall,
        zone: local.zone,
        tzdb: local.tzdb,
        ..visit
    })
}

/// Writes a visit at its new place, with its history; the claims are the caller's.
pub(super) fn relocate(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    visit: Appointment,
    wish: &Wish,
    found: &Spot<'_>,
    asked: &Asked<'_>,
    fresh: &mut Fresh<'_>,
) -> Result<Booked, Refused> {
    let was = (visit.studio, visit.practitioner, visit.room, visit.span);
    let there = at(visit, wish, found)?;
    let elsewhere = (was.0, was.1, was.2) != (there.studio, there.practitioner, there.room);
    let thing = thing_of(tx, desk, &there)?;
    permission::allowed(desk.actor, Action::BookVisit, &thing).map_err(booking::Refusal::from)?;
    let asked = Asked { to: Some(there.span), elsewhere, passed: asked.passed || found.passed, ..*asked };
    // The machine sees the visit where it still is in time.
    advance(tx, desk, Appointment { span: was.3, ..there }, &asked, fresh)
}

/// Takes a visit along any edge but confirming and moving: cancels it, checks it in, finishes it, …
///
/// # Errors
/// Where the edge is not there from the visit's state, or not for whom asks, or gates stand against it; for a client who
/// comes after being noted as missing also where the time was given to somebody else.
pub fn take_edge(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    visit: Appointment,
    edge: Edge,
    past: Option<&Override>,
    fresh: &mut Fresh<'_>,
) -> Result<Booked, Refused> {
    let id = visit.id;
    let retaken = match edge {
        Edge::ComeLate if !visit.state.takes_time() && may(tx, desk, &visit, Action::ReceiveClient)? => {
            spot::again(tx, desk.practice, &visit, fresh.now)?
        }
        _ => Vec::new(),
    };
    let mut booked = match advance(tx, desk, visit, &Asked::plain(edge, past), fresh) {
        Err(Refused::Changed) => return already(tx, desk, id, edge, fresh),
        answer => answer?,
    };
    if booked.changed && !booked.appointment.state.takes_time() {
        let freed = claims::drop_of(tx, id.0)?;
        booked.touched = spot::touch(tx, Vec::new(), freed, fresh.now)?;
    } else if booked.changed && !retaken.is_empty() {
        let claims = spot::owned(&retaken, &booked.appointment);
        booked.touched = spot::place(tx, &booked.appointment, claims, Vec::new(), fresh)?;
    }
    if booked.changed && edge == Edge::Finish {
        course_end::after(tx, desk, &booked.appointment, fresh)?;
        evidence::after(tx, desk, &booked.appointment, fresh)?;
    }
    Ok(booked)
}

/// The answer to whoever asked at the same instant as somebody else for the same: it is so already. What else changed is
/// theirs to look at.
fn already(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    id: AppointmentId,
    edge: Edge,
    fresh: &mut Fresh<'_>,
) -> Result<Booked, Refused> {
    let visit = appointments::by_id(tx, id)?.ok_or(Refused::NotFound("visit"))?;
    let leads_to = booking::EDGES.iter().find(|row| row.edge == edge).map(|row| row.to);
    if leads_to != Some(visit.state) {
        return Err(Refused::Changed);
    }
    advance(tx, desk, visit, &Asked::plain(edge, None), fresh)
}

/// Whether whoever acts may do this to a visit.
fn may(tx: &mut Tx<'_>, desk: Desk<'_>, visit: &Appointment, action: Action) -> Result<bool, Error> {
    let thing = thing_of(tx, desk, visit)?;
    Ok(permission::allowed(desk.actor, action, &thing).is_ok())
}

/// The gate of every edge: rights, state, clock, gates.
fn outcome(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    visit: &Appointment,
    asked: &Asked<'_>,
    fresh: &Fresh<'_>,
) -> Result<booking::Outcome, Refused> {
    let &Asked { edge, to, elsewhere, past, passed, .. } = asked;
    let thing = thing_of(tx, desk, visit)?;
    let row = booking::EDGES.iter().find(|row| row.edge == edge);
    // Rights first: to a stranger a visit is not there.
    if row.is_some_and(|row| permission::allowed(desk.actor, row.action, &thing).is_err()) {
        return Err(Refused::NotFound("visit"));
    }
    // What has been taken already is not looked at again.
    let gated = row.is_some_and(|row| row.gated && row.from == visit.state);
    let gates = match visit.client {
        Some(client) if gated => {
            let start_us = to.map_or(visit.span.start_us, |to| to.start_us);
            let policy = &desk.practice.chain.settings.gates;
            let moment = match edge {
                Edge::CheckIn | Edge::ComeLate => Moment::AtCheckIn,
                _ => policy.moment_of_booking(start_us, fresh.now_us()),
            };
            gates_of(tx, desk, visit, client, start_us, moment, fresh.now_us())?
        }
        _ => Vec::new(),
    };
    let request = Request { edge, to, elsewhere, gates: &gates, past_rules: past };
    let by = By::Person { actor: desk.actor, thing: &thing };
    let rules = &desk.practice.chain.settings.booking;
    let mut outcome = step(&visit.visit(), &request, by, rules, fresh.now_us())?;
    if passed && outcome.changed {
        outcome.noted = Some(noted_time(desk, &thing, past, outcome.noted)?);
    }
    Ok(outcome)
}

/// What goes on record where a time is taken that is not offered: only for those who may, and with a reason.
fn noted_time(
    desk: Desk<'_>,
    thing: &Thing,
    past: Option<&Override>,
    noted: Option<Noted>,
) -> Result<Noted, booking::Refusal> {
    permission::allowed(desk.actor, Action::OverrideRule, thing)?;
    let reason = past.map(|p| p.reason.trim()).unwrap_or_default();
    match (desk.actor.person, noted) {
        _ if reason.is_empty() => Err(booking::Refusal::NoReason),
        (_, Some(mut noted)) => {
            noted.passed.insert(0, Passed::Time);
            Ok(noted)
        }
        (Person::Staff(by), None) => {
            Ok(Noted { reason: reason.to_owned(), passed: vec![Passed::Time], by, second: None })
        }
        (Person::Client(_), None) => Err(booking::Refusal::NoReason),
    }
}

/// Takes the step and writes it: the row, its history, what is to be done about it.
pub(super) fn advance(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    visit: Appointment,
    asked: &Asked<'_>,
    fresh: &mut Fresh<'_>,
) -> Result<Booked, Refused> {
    let outcome = outcome(tx, desk, &visit, asked, fresh)?;
    let (changed, late) = (outcome.changed, outcome.late);
    if !changed {
        return Ok(Booked { appointment: visit, touched: Touched::default(), changed, late });
    }
    let after = Appointment {
        state: outcome.visit.state,
        span: outcome.visit.span,
        sequence: outcome.visit.sequence,
        hold_until_us: None,
        changed_us: fresh.now_us(),
        ..visit
    };
    if !appointments::change(tx, &after)? {
        return Err(Refused::Changed);
    }
    let after = Appointment { version: after.version + 1, ..after };
    tell(tx, desk, &after, asked, outcome.noted.as_ref(), fresh)?;
    Ok(Booked { appointment: after, touched: Touched::default(), changed, late })
}

fn noted_place(event: uuid::Uuid) -> Place<'static> {
    Place { table: "events", row: event, column: "sealed" }
}

/// The history of a step, and the messages and looks that follow from it.
fn tell(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    visit: &Appointment,
    asked: &Asked<'_>,
    noted: Option<&Noted>,
    fresh: &mut Fresh<'_>,
) -> Result<(), Error> {
    let what = super::practice::unword(&asked.edge)?;
    let event_id = fresh.id();
    // Which gates were passed says something about the client's health, so it is under the client's key.
    let sealed = match (noted, visit.client) {
        (Some(noted), Some(client)) if !noted.passed.is_empty() => {
            let key = clients::key(tx, desk.vault, client)?;
            Some(vault::seal(&key, noted_place(event_id), noted, fresh)?)
        }
        _ => None,
    };
    let event = Event {
        studio: Some(visit.studio),
        thing: "appointment",
        thing_id: visit.id.0,
        what: &what,
        // The reason for passing a gate is as much about health as the gate, and is erased with the record.
        why: noted.filter(|_| sealed.is_none()).map(|n| n.reason.as_str()),
        sealed,
    };
    events::add(tx, event_id, &Who::Person(desk.actor.clone()), &event, fresh.now_us())?;
    let now_us = fresh.now_us();
    let mut due: Vec<NewJob<'_>> = Vec::new();
    let mut later = |kind, due_us| due.push(NewJob { kind, about: visit.id.0, body: String::new(), due_us });
    let message = match asked.edge {
        Edge::Confirm => Some("mail.booked"),
        Edge::Move => Some("mail.moved"),
        Edge::Cancel => Some("mail.cancelled"),
        _ => None,
    };
    if let Some(kind) = message.filter(|_| asked.mail) {
        later(kind, now_us);
    }
    if matches!(asked.edge, Edge::Move | Edge::Cancel | Edge::SendHome | Edge::MissVisit) {
        jobs::drop_waiting(tx, visit.id.0, now_us)?;
    }
    match asked.edge {
        Edge::Confirm | Edge::Move => {
            for hours in &desk.practice.chain.settings.messages.reminders_h {
                let due_us = visit.span.start_us - i64::from(*hours) * HOUR_US;
                if due_us > now_us {
                    later("mail.reminder", due_us);
                }
            }
            let look_us = desk.practice.chain.settings.gates.second_look_us(visit.span.start_us);
            if look_us > now_us {
                later("gates.second_look", look_us);
            }
        }
        Edge::Cancel => later("waiting.offer", now_us),
        _ => {}
    }
    due.extend(webhooks::of_step(desk.practice, visit, asked.edge, now_us)?);
    jobs::add(tx, &due, fresh)?;
    // What was left by a move may suit somebody who waits.
    if asked.edge == Edge::Move { waiting::look_again(tx, fresh) } else { Ok(()) }
}

/// Which rules were gone past for a visit, by whom, and who stood for it beside them, by the line of history; the oldest
/// first.
///
/// # Errors
/// The store's; [`Error::Reference`] where the client's record was erased.
pub fn overrides(
    tx: &mut Tx<'_>,
    vault: &Vault,
    visit: &Appointment,
) -> Result<Vec<(uuid::Uuid, Noted)>, Error> {
    let Some(client) = visit.client else { return Ok(Vec::new()) };
    let key = clients::key(tx, vault, client)?;
    let sealed = events::sealed_of(tx, visit.id.0)?;
    sealed.iter().map(|(id, sealed)| Ok((*id, vault::open(&key, noted_place(*id), sealed)?))).collect()
}

/// Takes away holds of the chain that have run out (up to 500 of them), with their visits, and marks their days as
/// touched.
///
/// # Errors
/// The store's.
pub fn sweep_holds(tx: &mut Tx<'_>, now: Timestamp) -> Result<Touched, Error> {
    let chain = tx.chain()?;
    let rows = tx.query(
        "select id, practitioner_id, room_id, starts_us, ends_us from appointments \
         where chain_id = $1 and status = 'hold' and expires_us <= $2 order by expires_us limit $3",
        crate::values![chain, now.as_microsecond(), SWEEP],
    )?;
    let mut found: Vec<(AppointmentId, Vec<ResourceId>, Span)> = Vec::with_capacity(rows.len());
    for mut row in rows {
        let id: AppointmentId = row.take()?;
        let (practitioner, room): (ResourceId, Option<ResourceId>) = (row.take()?, row.take()?);
        let resources = std::iter::once(practitioner).chain(room).collect();
        found.push((id, resources, claims::span_of(row.take()?, row.take()?)?));
    }
    let resources: Vec<ResourceId> = found.iter().flat_map(|(_, of, _)| of.iter().copied()).collect();
    tx.lock(&resources)?;
    let mut freed: Vec<(ResourceId, Span)> = Vec::new();
    for (id, resources, span) in found {
        // One that was confirmed while this waited for the locks is a booking, and stays.
        if appointments::drop_hold(tx, id)? {
            freed.extend(resources.into_iter().map(|resource| (resource, span)));
            freed.extend(claims::drop_of(tx, id.0)?);
        }
    }
    spot::touch(tx, Vec::new(), freed, now)
}
