//! Bookings: the one place where a time is taken. Lock, look, write: in one transaction, for visitors, clients, staff and
//! programs alike.

use jiff::Timestamp;

use super::appointments::{self, Appointment};
use super::claims::{self, DayVersion};
use super::clients;
use super::events::{self, Event, Who};
use super::jobs::{self, NewJob};
use super::vault::Vault;
use super::{Error, Tx, evidence};
use crate::board::{Board, Claim, ClaimKind, Part};
use crate::booking::{self, By, Edge, Override, Request, State, step};
use crate::gates::{Earlier, GateState, Moment, ServiceKind, Subject, evaluate};
use crate::ids::{
    AppointmentId, ClientId, CourseId, Fresh, ResourceId, RoomId, ServiceId, StaffId, StudioId,
};
use crate::permission::{self, Action, Actor, Person, Role, Thing};
use crate::practice::{Practice, Service, Studio};
use crate::search::{self, Ask, admits};
use crate::span::{DAY_US, HOUR_US, Span};
use crate::zone::{TimeError, local_date, local_time_at, plus_days, start_of_day, zone};

/// Hours before a visit at which its client is reminded (assumption; the later one lets a client still call off).
pub const REMINDERS_H: [i64; 2] = [72, 24];

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
    Store(#[from] Error),
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
}

/// What a change did to who is taken when, for the boards in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// The days touched, with their new versions.
    pub days: Vec<DayVersion>,
    /// What was taken.
    pub added: Vec<Claim>,
    /// Whether anything was given back.
    pub freed: bool,
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

/// A place in the calendar, found free under lock.
struct Spot<'a> {
    studio: &'a Studio,
    service: &'a Service,
    span: Span,
    room: Option<RoomId>,
    claims: Vec<Claim>,
}

/// Locks what a wish needs, and looks whether it is offered. `except`: a visit that is moved and whose own claims do not
/// count. `rules`: whose rules of notice count; `past`: a member of staff goes past everything but what is taken.
fn spot<'a>(
    tx: &mut Tx<'_>,
    practice: &'a Practice,
    wish: &Wish,
    except: Option<AppointmentId>,
    by_staff: bool,
    past: bool,
    now: Timestamp,
) -> Result<Spot<'a>, Refused> {
    let studio = practice.studio(wish.studio).filter(|s| s.active).ok_or(Refused::NotFound("studio"))?;
    let service = practice.service(wish.service).filter(|s| s.active).ok_or(Refused::NotFound("service"))?;
    let tz = zone(&studio.zone)?;
    let date = local_date(&tz, wish.start);
    let (first, last) = (plus_days(date, -1), plus_days(date, 1));
    let mut board = Board::new(practice, Part::One(studio.id, wish.practitioner), first, last)?;
    let mut asked = board.service(practice, service.id).ok_or(Refused::NotFound("service"))?;
    if by_staff {
        // Somebody at the desk may take a client who stands there, and book a touch-up years ahead.
        asked.notice_min = 0;
        asked.horizon_days = asked.horizon_days.max(3 * 366);
    }
    let fits = |id: RoomId| {
        practice.room(id).is_some_and(|r| service.room_class.as_ref().is_none_or(|class| *class == r.class))
    };
    let practitioner: ResourceId = wish.practitioner.into();
    let mut resources = board.resources();
    resources.retain(|r| *r == practitioner || (service.room_class.is_some() && fits(RoomId(r.0))));

    tx.lock(&resources)?;
    let now_us = now.as_microsecond();
    claims::drop_expired(tx, &resources, now_us)?;
    let start_us = start_of_day(&tz, first)?.as_microsecond();
    let window = Span { start_us, end_us: start_us + 4 * DAY_US };
    let taken = claims::overlapping(tx, &resources, window, now_us)?;
    let taken: Vec<Claim> = taken.into_iter().filter(|c| except.is_none_or(|id| c.owner != id.0)).collect();
    taken.iter().for_each(|claim| board.take(claim));

    let span = Span::of_minutes(wish.start, service.minutes);
    let person_span = span.with_buffers(service.before_min, service.after_min);
    let room_span = |id: RoomId| span.with_buffers(0, practice.room(id).map_or(0, |r| r.cleaning_min));
    let free = |resource: ResourceId, span: Span| {
        !taken.iter().any(|c| c.resource == resource && c.span.overlaps(&span))
    };
    let ask = Ask { service: &asked, studio: studio.id, practitioner, start: wish.start, now, own: &[] };
    let rooms: Vec<RoomId> = match admits(board.world(), &ask) {
        Ok(rooms) => rooms.into_iter().map(|r| RoomId(r.0)).collect(),
        Err(refusal) => {
            let passable = !matches!(
                refusal,
                search::Refusal::Taken
                    | search::Refusal::NoRoom
                    | search::Refusal::WrongPractitioner { .. }
                    | search::Refusal::Unanswered(_)
            );
            if !past || !passable || !free(practitioner, person_span) {
                return Err(refusal.into());
            }
            let all = resources.iter().filter(|r| **r != practitioner).map(|r| RoomId(r.0));
            all.filter(|id| free((*id).into(), room_span(*id))).collect()
        }
    };
    let room = match (service.room_class.is_some(), wish.room) {
        (false, _) => None,
        (true, Some(id)) if rooms.contains(&id) => Some(id),
        (true, Some(_)) => return Err(search::Refusal::NoRoom.into()),
        (true, None) => Some(*rooms.first().ok_or(search::Refusal::NoRoom)?),
    };
    let claim = |resource, span, sitting| Claim {
        resource,
        span,
        kind: ClaimKind::Appointment,
        // The visit's id is not known yet; `place` fills it in.
        owner: uuid::Uuid::nil(),
        expires_us: None,
        sitting,
    };
    let mut claims = vec![claim(practitioner, person_span, Some((date, service.minutes)))];
    claims.extend(room.map(|id| claim(id.into(), room_span(id), None)));
    Ok(Spot { studio, service, span, room, claims })
}

/// Takes a spot for a visit.
fn place(
    tx: &mut Tx<'_>,
    spot: &Spot<'_>,
    appointment: &Appointment,
    fresh: &mut Fresh<'_>,
) -> Result<Touched, Error> {
    let kind = if appointment.state == State::Hold { ClaimKind::Hold } else { ClaimKind::Appointment };
    let owned = |claim: &Claim| Claim {
        kind,
        owner: appointment.id.0,
        expires_us: appointment.hold_until_us,
        ..*claim
    };
    let added: Vec<Claim> = spot.claims.iter().map(owned).collect();
    claims::add(tx, Some(appointment.studio), &added, fresh)?;
    let touched: Vec<(ResourceId, Span)> = added.iter().map(|c| (c.resource, c.span)).collect();
    Ok(Touched { days: claims::touch(tx, &touched, fresh.now)?, added, freed: false })
}

/// Gives back what a visit took.
fn give_back(tx: &mut Tx<'_>, id: AppointmentId, now: Timestamp) -> Result<Touched, Error> {
    let freed = claims::drop_of(tx, id.0)?;
    Ok(Touched { days: claims::touch(tx, &freed, now)?, added: Vec::new(), freed: true })
}

fn appointment(
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
        price_minor: spot.service.price_minor,
        made_us: fresh.now_us(),
        changed_us: fresh.now_us(),
    })
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
    let spot = spot(tx, practice, wish, None, by_staff, false, fresh.now)?;
    if !by_staff && !spot.service.public {
        return Err(Refused::NotFound("service"));
    }
    let mut held = appointment(&spot, wish, State::Hold, fresh)?;
    let minutes = i64::from(practice.chain.settings.booking.hold_min);
    held.hold_until_us = Some(fresh.now_us() + minutes * crate::span::MINUTE_US);
    appointments::add(tx, &held)?;
    let touched = place(tx, &spot, &held, fresh)?;
    Ok(Booked { appointment: held, touched, changed: true, late: false })
}

/// Gives a hold back before it ends. A code that is no hold any more is none of the caller's business: nothing happens.
///
/// # Errors
/// The store's.
pub fn release(tx: &mut Tx<'_>, code: &str, now: Timestamp) -> Result<Touched, Refused> {
    match appointments::by_code(tx, code)? {
        Some(held) if held.state == State::Hold => {
            let touched = give_back(tx, held.id, now)?;
            appointments::drop_hold(tx, held.id)?;
            Ok(touched)
        }
        _ => Ok(Touched::default()),
    }
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
    let held = appointments::by_code(tx, code)?.ok_or(Refused::NotFound("visit"))?;
    if held.client.is_some_and(|of| of != client) {
        return Err(Refused::NotFound("visit"));
    }
    let held = Appointment { client: Some(client), ..held };
    let booked = advance(tx, desk, held, Edge::Confirm, None, past, fresh)?;
    if booked.changed && !claims::keep_of(tx, booked.appointment.id.0)? {
        return Err(booking::Refusal::HoldEnded { minutes_ago: 0 }.into());
    }
    Ok(booked)
}

/// Books a time for a client at once, as staff and programs do.
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
    let by_staff = matches!(desk.actor.person, Person::Staff(_));
    let found = spot(tx, desk.practice, wish, None, by_staff, by_staff && past.is_some(), fresh.now)?;
    let mut held = appointment(&found, wish, State::Hold, fresh)?;
    (held.client, held.course) = (Some(client), course);
    // The same gate as everywhere: a hold of this instant is confirmed.
    let held = Appointment { hold_until_us: Some(fresh.now_us() + 1), ..held };
    let outcome = outcome(tx, desk, &held, Edge::Confirm, None, past, fresh)?;
    let visit = Appointment { state: State::Booked, hold_until_us: None, ..held };
    appointments::add(tx, &visit)?;
    let touched = place(tx, &found, &visit, fresh)?;
    tell(tx, desk, &visit, Edge::Confirm, outcome.noted.as_ref(), fresh)?;
    Ok(Booked { appointment: visit, touched, changed: true, late: false })
}

/// Moves a visit to another time, practitioner or room; the code stays.
///
/// # Errors
/// Where the new time is not offered, the visit cannot move, or gates stand against it.
pub fn move_to(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    visit: Appointment,
    wish: &Wish,
    past: Option<&Override>,
    fresh: &mut Fresh<'_>,
) -> Result<Booked, Refused> {
    let by_staff = matches!(desk.actor.person, Person::Staff(_));
    let id = visit.id;
    let same = visit.span.start_us == wish.start.as_microsecond()
        && visit.practitioner == wish.practitioner
        && visit.studio == wish.studio
        && (wish.room.is_none() || wish.room == visit.room);
    if same {
        return Ok(Booked { appointment: visit, touched: Touched::default(), changed: false, late: false });
    }
    let found = spot(tx, desk.practice, wish, Some(id), by_staff, by_staff && past.is_some(), fresh.now)?;
    let fresh_place = appointment(&found, wish, State::Booked, fresh)?;
    let moved = Appointment {
        studio: wish.studio,
        practitioner: wish.practitioner,
        room: found.room,
        wall: fresh_place.wall,
        zone: fresh_place.zone,
        tzdb: fresh_place.tzdb,
        ..visit
    };
    let mut booked = advance(tx, desk, moved, Edge::Move, Some(found.span), past, fresh)?;
    let mut touched = claims::drop_of(tx, id.0)?;
    let kept = place_without_touch(tx, &found, &booked.appointment, fresh)?;
    touched.extend(kept.iter().map(|c| (c.resource, c.span)));
    booked.touched = Touched { days: claims::touch(tx, &touched, fresh.now)?, added: kept, freed: true };
    Ok(booked)
}

fn place_without_touch(
    tx: &mut Tx<'_>,
    spot: &Spot<'_>,
    appointment: &Appointment,
    fresh: &mut Fresh<'_>,
) -> Result<Vec<Claim>, Error> {
    let added: Vec<Claim> =
        spot.claims.iter().map(|claim| Claim { owner: appointment.id.0, ..*claim }).collect();
    claims::add(tx, Some(appointment.studio), &added, fresh)?;
    Ok(added)
}

/// Takes a visit along any edge but confirming and moving: cancels it, checks it in, finishes it, …
///
/// # Errors
/// Where the edge is not there from the visit's state, or not for whom asks, or gates stand against it.
pub fn take_edge(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    visit: Appointment,
    edge: Edge,
    past: Option<&Override>,
    fresh: &mut Fresh<'_>,
) -> Result<Booked, Refused> {
    let mut booked = advance(tx, desk, visit, edge, None, past, fresh)?;
    if booked.changed && !booked.appointment.state.takes_time() {
        booked.touched = give_back(tx, booked.appointment.id, fresh.now)?;
    }
    Ok(booked)
}

/// The gate of every edge: rights, state, clock, gates.
fn outcome(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    visit: &Appointment,
    edge: Edge,
    to: Option<Span>,
    past: Option<&Override>,
    fresh: &Fresh<'_>,
) -> Result<booking::Outcome, Refused> {
    let thing = thing_of(tx, desk, visit)?;
    let action = booking::EDGES.iter().find(|row| row.edge == edge).map(|row| row.action);
    // Rights first: to a stranger a visit is not there.
    if action.is_some_and(|action| permission::allowed(desk.actor, action, &thing).is_err()) {
        return Err(Refused::NotFound("visit"));
    }
    let gated = booking::EDGES.iter().any(|row| row.edge == edge && row.gated);
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
    let request = Request { edge, to, gates: &gates, past_rules: past };
    let by = By::Person { actor: desk.actor, thing: &thing };
    Ok(step(&visit.visit(), &request, by, &desk.practice.chain.settings.booking, fresh.now_us())?)
}

/// Takes the step and writes it: the row, its history, what is to be done about it.
fn advance(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    visit: Appointment,
    edge: Edge,
    to: Option<Span>,
    past: Option<&Override>,
    fresh: &mut Fresh<'_>,
) -> Result<Booked, Refused> {
    let outcome = outcome(tx, desk, &visit, edge, to, past, fresh)?;
    // A move within the same hour to another room or practitioner changes no time, and is one all the same.
    let relocated = edge == Edge::Move && !outcome.changed;
    if !outcome.changed && !relocated {
        return Ok(Booked {
            appointment: visit,
            touched: Touched::default(),
            changed: false,
            late: outcome.late,
        });
    }
    let after = Appointment {
        state: outcome.visit.state,
        span: outcome.visit.span,
        sequence: outcome.visit.sequence + u32::from(relocated),
        hold_until_us: (outcome.visit.state == State::Hold).then_some(visit.hold_until_us).flatten(),
        changed_us: fresh.now_us(),
        ..visit
    };
    if !appointments::change(tx, &after)? {
        return Err(Refused::Changed);
    }
    let after = Appointment { version: after.version + 1, ..after };
    tell(tx, desk, &after, edge, outcome.noted.as_ref(), fresh)?;
    Ok(Booked { appointment: after, touched: Touched::default(), changed: true, late: outcome.late })
}

/// The history of a step, and the messages and looks that follow from it.
fn tell(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    visit: &Appointment,
    edge: Edge,
    noted: Option<&booking::Noted>,
    fresh: &mut Fresh<'_>,
) -> Result<(), Error> {
    let what = super::practice::unword(&edge)?;
    let event = Event {
        studio: Some(visit.studio),
        thing: "appointment",
        thing_id: visit.id.0,
        what: &what,
        why: noted.map(|n| n.reason.as_str()),
        sealed: None,
    };
    events::add(tx, fresh.id(), &Who::Person(desk.actor.clone()), &event, fresh.now_us())?;
    let now_us = fresh.now_us();
    let mut due: Vec<NewJob<'_>> = Vec::new();
    let mut later = |kind, due_us| due.push(NewJob { kind, about: visit.id.0, body: String::new(), due_us });
    match edge {
        Edge::Confirm | Edge::Move => {
            if edge == Edge::Move {
                jobs::drop_waiting(tx, visit.id.0, now_us)?;
            }
            later(if edge == Edge::Move { "mail.moved" } else { "mail.booked" }, now_us);
            for hours in REMINDERS_H {
                let due_us = visit.span.start_us - hours * HOUR_US;
                if due_us > now_us {
                    later("mail.reminder", due_us);
                }
            }
            let look_us = desk.practice.chain.settings.gates.second_look_us(visit.span.start_us);
            if look_us > now_us {
                later("gates.second_look", look_us);
            }
        }
        Edge::Cancel => {
            jobs::drop_waiting(tx, visit.id.0, now_us)?;
            later("mail.cancelled", now_us);
            later("waiting.offer", now_us);
        }
        _ => {}
    }
    jobs::add(tx, &due, fresh)
}

/// How the gates of a visit stand.
///
/// # Errors
/// The store's; [`Error::Reference`] where the client's record was erased.
pub fn gates_of(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    visit: &Appointment,
    client: ClientId,
    start_us: i64,
    moment: Moment,
    now_us: i64,
) -> Result<Vec<GateState>, Error> {
    let policy = &desk.practice.chain.settings.gates;
    let Some(service) = desk.practice.service(visit.service) else { return Ok(Vec::new()) };
    if policy.needs.get(&service.kind).is_none_or(Vec::is_empty) {
        return Ok(Vec::new());
    }
    let (person, key) = clients::with_key(tx, desk.vault, client)?;
    let found = evidence::of(tx, &key, client)?;
    let earlier = match visit.course {
        Some((course, number)) if service.kind == ServiceKind::Session => earlier(tx, course, number)?,
        _ => Earlier::First,
    };
    let subject = Subject { kind: service.kind, start_us, allergy_flag: person.allergy_flag, earlier };
    Ok(evaluate(policy, &subject, &found, moment, now_us))
}

/// The session before a step of a course.
fn earlier(tx: &mut Tx<'_>, course: CourseId, number: u32) -> Result<Earlier, Error> {
    let before = appointments::of_course(tx, course)?;
    let before = before.iter().filter(|a| a.course.is_some_and(|(_, step)| step < number));
    let last = before.filter(|a| !matches!(a.state, State::Cancelled | State::NoShow)).max_by_key(|a| a.span);
    Ok(match last {
        None => Earlier::First,
        Some(done) if done.state == State::Done => Earlier::Ended { end_us: done.span.end_us },
        Some(_) => Earlier::StillToCome,
    })
}

/// A visit as permissions see it.
///
/// # Errors
/// The store's.
pub fn thing_of(tx: &mut Tx<'_>, desk: Desk<'_>, visit: &Appointment) -> Result<Thing, Error> {
    let elsewhere = desk.actor.role != Role::Owner && !desk.actor.studios.contains(&visit.studio);
    let course_studios = match visit.client {
        Some(client) if elsewhere && desk.actor.role != Role::Client => course_studios(tx, client)?,
        _ => Vec::new(),
    };
    Ok(Thing {
        chain: desk.practice.chain.id,
        studio: Some(visit.studio),
        client: visit.client,
        course_studios,
        practitioner: Some(visit.practitioner),
    })
}

/// The studios at which a client has a course that is under way.
///
/// # Errors
/// The store's.
pub fn course_studios(tx: &mut Tx<'_>, client: ClientId) -> Result<Vec<StudioId>, Error> {
    let chain = tx.chain()?;
    let rows = tx.query(
        "select distinct studio_id from courses where client_id = $1 and chain_id = $2 and status = 'active'",
        crate::values![client, chain],
    )?;
    rows.into_iter().map(|mut row| row.take()).collect()
}

/// Whether an actor may see a visit.
///
/// # Errors
/// [`Refused::NotFound`] where not: to a stranger it is not there.
pub fn may_see(tx: &mut Tx<'_>, desk: Desk<'_>, visit: &Appointment) -> Result<(), Refused> {
    let thing = thing_of(tx, desk, visit)?;
    permission::allowed(desk.actor, Action::SeeVisit, &thing).map_err(|_| Refused::NotFound("visit"))
}

/// Takes away the chain's holds that have run out, with their visits, and marks their days as touched.
///
/// # Errors
/// The store's.
pub fn sweep_holds(tx: &mut Tx<'_>, now: Timestamp) -> Result<Touched, Error> {
    let chain = tx.chain()?;
    let rows = tx.query(
        "select id, practitioner_id, room_id, starts_us, ends_us from appointments \
         where chain_id = $1 and status = 'hold' and expires_us <= $2",
        crate::values![chain, now.as_microsecond()],
    )?;
    let mut freed: Vec<(ResourceId, Span)> = Vec::new();
    for mut row in rows {
        let id: AppointmentId = row.take()?;
        let (practitioner, room): (ResourceId, Option<ResourceId>) = (row.take()?, row.take()?);
        let span = claims::span_of(row.take()?, row.take()?)?;
        // Another booking may have cleared the claims already, without telling the boards.
        freed.extend(std::iter::once(practitioner).chain(room).map(|resource| (resource, span)));
        freed.extend(claims::drop_of(tx, id.0)?);
        appointments::drop_hold(tx, id)?;
    }
    Ok(Touched { days: claims::touch(tx, &freed, now)?, added: Vec::new(), freed: true })
}
