//! When a course is over: every session done, and the healed result of the last one seen.

use super::appointments::{self, Appointment};
use super::book::Desk;
use super::courses::{self, Status};
use super::events::{self, Event, Who};
use super::practice::unword;
use super::{Error, Tx};
use crate::booking::State;
use crate::gates::ServiceKind;
use crate::ids::Fresh;
use crate::values;

/// Ends the courses that a visit which was just finished concludes: a review after the last session.
///
/// # Errors
/// The store's.
pub(super) fn after(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    visit: &Appointment,
    fresh: &mut Fresh<'_>,
) -> Result<(), Error> {
    let review = desk.practice.service(visit.service).is_some_and(|s| s.kind == ServiceKind::Review);
    let Some(client) = visit.client.filter(|_| review) else { return Ok(()) };
    for course in courses::of_client(tx, client)?.into_iter().filter(|c| c.status == Status::Active) {
        let visits = appointments::of_course(tx, course.id)?;
        let done = |number: u32| {
            visits.iter().find(|a| a.state == State::Done && a.course == Some((course.id, number)))
        };
        let sessions = u32::try_from(course.sessions.len()).unwrap_or(u32::MAX);
        let ends: Option<Vec<i64>> = (1..=sessions).map(|n| done(n).map(|a| a.span.end_us)).collect();
        let last = ends.and_then(|ends| ends.into_iter().max());
        if last.is_none_or(|last| visit.span.start_us < last) {
            continue;
        }
        let chain = tx.chain()?;
        let changed = tx.execute(
            "update courses set status = $1, version = version + 1 where id = $2 and chain_id = $3 \
             and status = 'active'",
            values![unword(&Status::Done)?, course.id, chain],
        )?;
        if changed == 1 {
            let (studio, thing_id) = (Some(course.studio), course.id.0);
            let event = Event { studio, thing: "course", thing_id, what: "finish", why: None, sealed: None };
            events::add(tx, fresh.id(), &Who::Person(desk.actor.clone()), &event, fresh.now_us())?;
        }
    }
    Ok(())
}
