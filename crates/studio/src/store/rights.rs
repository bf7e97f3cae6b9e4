//! What stands before a booking besides the time: gates, and who may see and do what.

use super::appointments::{self, Appointment};
use super::book::{Desk, Refused};
use super::{Error, Tx, clients, evidence};
use crate::booking::State;
use crate::gates::{Earlier, GateState, Moment, ServiceKind, Standing, Subject, evaluate};
use crate::ids::{ClientId, CourseId, StudioId};
use crate::permission::{self, Action, Role, Thing};

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
    let mut gates = evaluate(policy, &subject, &found, moment, now_us);
    if earlier == Earlier::StillToCome && moment == Moment::AtBooking {
        // A course is booked months ahead: what is good now and runs out before a later session is renewed on the way,
        // and asked for at the second look.
        for gate in &mut gates {
            gate.blocks &= !matches!(gate.standing, Standing::Expired { when_us } if when_us > now_us);
        }
    }
    Ok(gates)
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
    // Of several posts each may reach the client by a course of its own.
    let elsewhere = desk.actor.role != Role::Owner
        && (!desk.actor.studios.contains(&visit.studio) || !desk.actor.also.is_empty());
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
