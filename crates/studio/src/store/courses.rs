//! Courses: several sessions booked, moved and called off together, all of them or none.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::appointments::{self, Appointment, instant};
use super::book::{
    self, Asked, Booked, Desk, LONGEST_SITTING_MIN, Refused, Wish, advance, confirm_new, new_visit,
    nowhere_else, relocate,
};
use super::events::{self, Event, Who};
use super::jobs::{self, NewJob};
use super::practice::{json, text, unword, word};
use super::spot::{self, Spot, Touched};
use super::{Error, Row, Tx, claims};
use crate::board::Claim;
use crate::booking::{Edge, Override, State};
use crate::course::{CourseError, MAX_STEPS, Moved, Visit, gap_holds};
use crate::ids::{ClientId, CourseId, Fresh, ResourceId, ServiceId, StaffId, StudioId};
use crate::permission::{self, Action, Thing};
use crate::span::Span;
use crate::values;
use crate::zone::{local_date, plus_days, zone};

/// One session of a course, as it was agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// What.
    pub service: ServiceId,
    /// Minutes of the sitting: 15 to 720, in quarters of an hour.
    pub minutes: u32,
    /// Fewest local days from the end day of the session before.
    pub gap_min_days: u32,
    /// Most local days from the end day of the session before.
    pub gap_max_days: u32,
    /// Local days after the session before until its healed photos can be reviewed.
    pub lead_days: u32,
}

/// Whether a course goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Under way.
    Active,
    /// Every session done and the result reviewed.
    Done,
    /// Called off.
    Cancelled,
}

/// A course of a client. Its visits are appointments ([`appointments::of_course`]) with the number of their session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    /// Its id.
    pub id: CourseId,
    /// The studio of its first session; the client's record can be seen there while the course goes on.
    pub studio: StudioId,
    /// For whom.
    pub client: ClientId,
    /// What was agreed, in order.
    pub sessions: Vec<Session>,
    /// Whether it goes on.
    pub status: Status,
    /// Raised by every change of the course or of the times of its visits.
    pub version: i64,
    /// When it was made, UTC microseconds.
    pub made_us: i64,
}

/// A course after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookedCourse {
    /// As it is now.
    pub course: Course,
    /// The visits that were booked, moved or called off, in order.
    pub visits: Vec<Appointment>,
    /// What it did to the boards.
    pub touched: Touched,
    /// Whether anything changed.
    pub changed: bool,
    /// Whether the client was inside the notice of a visit.
    pub late: bool,
}

/// A course to be booked.
#[derive(Clone, Copy, Debug)]
pub struct NewCourse<'a> {
    /// For whom.
    pub client: ClientId,
    /// What was agreed, in order.
    pub sessions: &'a [Session],
    /// A time for each.
    pub wishes: &'a [Wish],
    /// How many courses of the client go on, as far as who books knows.
    pub beside: usize,
}

/// Books every session of a course for a client, or none. The caller takes the sessions from what was agreed with the
/// studio; a client chooses times, not gaps.
///
/// # Errors
/// [`Refused::CourseUnderWay`] where the client has more courses under way than [`NewCourse::beside`]; [`Refused::Session`] names the session that cannot be booked,
/// [`Refused::Course`] the one whose gap does not hold. `past` goes past what [`book::book`] says, for every session.
pub fn book_course(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    asked: &NewCourse<'_>,
    past: Option<&Override>,
    fresh: &mut Fresh<'_>,
) -> Result<BookedCourse, Refused> {
    let &NewCourse { client, sessions, wishes, beside } = asked;
    check(sessions, wishes)?;
    let goes_past = desk.by_staff() && past.is_some();
    let mut sought = Vec::with_capacity(wishes.len());
    for (i, (session, wish)) in sessions.iter().zip(wishes).enumerate() {
        let found = spot::seek(desk.practice, wish, Some(session.minutes), desk.by_staff());
        sought.push(found.map_err(in_session(i))?);
    }
    // Of the client too: two who book for one client come one after the other.
    spot::lock_with(tx, &sought, Some(ResourceId(client.0)))?;
    let spots = find_all(tx, sought.into_iter().enumerate(), &[], goes_past, fresh.now)?;

    let id = CourseId(fresh.id());
    let mut visits = Vec::with_capacity(wishes.len());
    for (i, (found, wish)) in spots.iter().zip(wishes).enumerate() {
        let number = u32::try_from(i + 1).unwrap_or(u32::MAX);
        visits.push(new_visit(found, wish, client, Some((id, number)), fresh).map_err(in_session(i))?);
    }
    let spans: Vec<Span> = visits.iter().map(|visit| visit.span).collect();
    nowhere_else(tx, client, None, &spans)?;
    let out_of_gap = passable(gaps_hold(sessions, &visits), goes_past)?;
    let course = Course {
        id,
        studio: wishes[0].studio,
        client,
        sessions: sessions.to_vec(),
        status: Status::Active,
        version: 1,
        made_us: fresh.now_us(),
    };
    if !add(tx, &course, beside)? {
        return Err(Refused::CourseUnderWay);
    }
    let mut booked = Vec::with_capacity(visits.len());
    let (mut added, mut freed) = (Vec::new(), Vec::new());
    for (i, (visit, found)) in visits.into_iter().zip(spots).enumerate() {
        let passed = found.passed || out_of_gap;
        let asked = Asked { passed, mail: false, ..Asked::plain(Edge::Confirm, past) };
        let visit = confirm_new(tx, desk, visit, &asked, fresh).map_err(in_session(i))?;
        take(tx, &visit, &found, &mut added, fresh)?;
        freed.extend(found.expired);
        booked.push(visit);
    }
    let touched = spot::touch(tx, added, freed, fresh.now)?;
    tell(tx, desk, &course, "book", "mail.course_booked", fresh)?;
    Ok(BookedCourse { course, visits: booked, touched, changed: true, late: false })
}

/// Moves visits of a course as [`crate::course::reflow`] said, all of them or none.
///
/// # Errors
/// [`Refused::Changed`] where a visit no longer stands as it did when the moves were worked out; otherwise as
/// [`book_course`].
pub fn move_course(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    course: CourseId,
    moved: &[Moved],
    past: Option<&Override>,
    fresh: &mut Fresh<'_>,
) -> Result<BookedCourse, Refused> {
    let course = open(tx, course)?.ok_or(Refused::NotFound("course"))?;
    may(desk, &course, Action::MoveVisit)?;
    let goes_past = desk.by_staff() && past.is_some();
    let mut all = appointments::of_course(tx, course.id)?;
    all.retain(|a| stands(a.state));
    all.sort_by_key(|a| a.course.map(|c| c.1));
    let mut moves: Vec<&Moved> = moved.iter().filter(|m| at(&m.from) != at(&m.to)).collect();
    moves.sort_by_key(|m| m.to.step);

    let mut sought = Vec::with_capacity(moves.len());
    let mut steps = Vec::with_capacity(moves.len());
    for m in moves {
        let number = u32::try_from(m.to.step + 1).unwrap_or(u32::MAX);
        let standing = all.iter().position(|a| a.course.is_some_and(|c| c.1 == number));
        let standing = standing.filter(|i| at_now(&all[*i]) == at(&m.from)).ok_or(Refused::Changed)?;
        let visit = &all[standing];
        let (studio, practitioner) = (m.to.studio, StaffId(m.to.practitioner.0));
        let wish = Wish { studio, service: visit.service, practitioner, start: m.to.start, room: None };
        let found = spot::seek(desk.practice, &wish, Some(visit.minutes()), desk.by_staff());
        sought.push(found.map_err(in_session(m.to.step))?);
        steps.push((standing, wish, m.to.step));
    }
    spot::lock(tx, &sought)?;
    let own: Vec<Uuid> = steps.iter().map(|(standing, ..)| all[*standing].id.0).collect();
    let numbered = steps.iter().map(|(.., step)| *step).zip(sought);
    let spots = find_all(tx, numbered, &own, goes_past, fresh.now)?;
    let mut after = all.clone();
    for ((standing, wish, _), found) in steps.iter().zip(&spots) {
        after[*standing] = book::at(all[*standing].clone(), wish, found)?;
    }
    let out_of_gap = passable(gaps_hold(&course.sessions, &after), goes_past)?;

    let asked = Asked { passed: out_of_gap, mail: false, ..Asked::plain(Edge::Move, past) };
    let mut booked: Vec<Booked> = Vec::with_capacity(steps.len());
    for ((standing, wish, step), found) in steps.iter().zip(&spots) {
        let visit = all[*standing].clone();
        let one = relocate(tx, desk, visit, wish, found, &asked, fresh).map_err(in_session(*step))?;
        booked.push(one);
    }
    // Every old time is given back before any new one is taken: one visit may move to where another was.
    let (mut added, mut freed) = (Vec::new(), Vec::new());
    for one in &booked {
        freed.extend(claims::drop_of(tx, one.appointment.id.0)?);
    }
    for (one, found) in booked.iter().zip(spots) {
        take(tx, &one.appointment, &found, &mut added, fresh)?;
        freed.extend(found.expired);
    }
    let touched = spot::touch(tx, added, freed, fresh.now)?;
    let (changed, late) = (!booked.is_empty(), booked.iter().any(|one| one.late));
    if changed {
        tell(tx, desk, &course, "move", "mail.course_moved", fresh)?;
    }
    let visits = booked.into_iter().map(|one| one.appointment).collect();
    Ok(BookedCourse { course, visits, touched, changed, late })
}

/// Calls a course off: every visit that is booked and still to come. What was done stays. Asking twice changes nothing the
/// second time.
///
/// # Errors
/// Where a visit cannot be called off by whoever asks, and then none is.
pub fn cancel_course(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    course: CourseId,
    why: Option<&Override>,
    fresh: &mut Fresh<'_>,
) -> Result<BookedCourse, Refused> {
    let Some(mut course) = open(tx, course)? else {
        let course = by_id(tx, course)?.ok_or(Refused::NotFound("course"))?;
        may(desk, &course, Action::CancelVisit)?;
        let touched = Touched::default();
        return Ok(BookedCourse { course, visits: Vec::new(), touched, changed: false, late: false });
    };
    may(desk, &course, Action::CancelVisit)?;
    let mut all = appointments::of_course(tx, course.id)?;
    all.retain(|a| a.state == State::Booked && a.span.start_us > fresh.now_us());
    let asked = Asked { mail: false, ..Asked::plain(Edge::Cancel, why) };
    let (mut visits, mut freed, mut late) = (Vec::with_capacity(all.len()), Vec::new(), false);
    for visit in all {
        let number = visit.course.map_or(0, |c| c.1);
        let step = usize::try_from(number).unwrap_or(0).saturating_sub(1);
        let one = advance(tx, desk, visit, &asked, fresh).map_err(in_session(step))?;
        late |= one.late;
        visits.push(one.appointment);
    }
    for visit in &visits {
        freed.extend(claims::drop_of(tx, visit.id.0)?);
    }
    let chain = tx.chain()?;
    tx.execute(
        "update courses set status = $1 where id = $2 and chain_id = $3",
        values![unword(&Status::Cancelled)?, course.id, chain],
    )?;
    course.status = Status::Cancelled;
    let touched = spot::touch(tx, Vec::new(), freed, fresh.now)?;
    tell(tx, desk, &course, "cancel", "mail.course_cancelled", fresh)?;
    Ok(BookedCourse { course, visits, touched, changed: true, late })
}

/// The course of an id.
///
/// # Errors
/// The store's.
pub fn by_id(tx: &mut Tx<'_>, id: CourseId) -> Result<Option<Course>, Error> {
    let chain = tx.chain()?;
    let sql = format!("select {COLUMNS} from courses where id = $1 and chain_id = $2");
    tx.query_one(&sql, values![id, chain])?.map(read).transpose()
}

/// Whether a client has a course under way, or has finished one since they last accepted a plan.
///
/// # Errors
/// The store's.
pub fn has_begun(tx: &mut Tx<'_>, client: ClientId) -> Result<bool, Error> {
    let chain = tx.chain()?;
    let found = tx.query(
        "select 1 from courses where client_id = $1 and chain_id = $2 and (status = 'active' or (status = 'done' \
         and made_us >= (select max(accepted_us) from plans where client_id = $1 and chain_id = $2))) limit 1",
        values![client, chain],
    )?;
    Ok(!found.is_empty())
}

/// Every course of a client, the oldest first.
///
/// # Errors
/// The store's.
pub fn of_client(tx: &mut Tx<'_>, client: ClientId) -> Result<Vec<Course>, Error> {
    let chain = tx.chain()?;
    let sql =
        format!("select {COLUMNS} from courses where client_id = $1 and chain_id = $2 order by made_us, id");
    tx.query(&sql, values![client, chain])?.into_iter().map(read).collect()
}

const COLUMNS: &str = "id, studio_id, client_id, steps, status, version, made_us";

fn read(mut row: Row) -> Result<Course, Error> {
    Ok(Course {
        id: row.take()?,
        studio: row.take()?,
        client: row.take()?,
        sessions: json(&row.take::<String>()?)?,
        status: word(&row.take::<String>()?)?,
        version: row.take()?,
        made_us: row.take()?,
    })
}

/// Adds a course, unless its client has more than `beside` under way; gives whether it did.
pub(crate) fn add(tx: &mut Tx<'_>, course: &Course, beside: usize) -> Result<bool, Error> {
    let chain = tx.chain()?;
    tx.execute(
        "insert into courses (id, chain_id, studio_id, client_id, steps, status, version, made_us) \
         select $1, $2, $3, $4, $5, $6, $7, $8 \
         where (select count(*) from courses where client_id = $4 and chain_id = $2 and status = 'active') <= $9",
        values![
            course.id,
            chain,
            course.studio,
            course.client,
            text(&course.sessions)?,
            unword(&course.status)?,
            course.version,
            course.made_us,
            i64::try_from(beside).unwrap_or(i64::MAX)
        ],
    )
    .map(|added| added == 1)
}

/// A course that is under way, for a change of its visits: nobody else changes them until the transaction ends.
pub(super) fn open(tx: &mut Tx<'_>, id: CourseId) -> Result<Option<Course>, Error> {
    let chain = tx.chain()?;
    let sql = format!(
        "update courses set version = version + 1 where id = $1 and chain_id = $2 and status = 'active' \
         returning {COLUMNS}"
    );
    tx.query_one(&sql, values![id, chain])?.map(read).transpose()
}

/// A course of a client that is to get a visit for a session (from 1) that has none, and that session.
pub(super) fn join(
    tx: &mut Tx<'_>,
    id: CourseId,
    client: ClientId,
    number: u32,
    service: ServiceId,
) -> Result<(Course, Session), Refused> {
    let course = open(tx, id)?.filter(|c| c.client == client).ok_or(Refused::NotFound("course"))?;
    let index = usize::try_from(number).ok().and_then(|n| n.checked_sub(1));
    let session = index.and_then(|i| course.sessions.get(i)).filter(|s| s.service == service).copied();
    let session = session.ok_or(Refused::NotFound("session"))?;
    let visits = appointments::of_course(tx, id)?;
    if visits.iter().any(|a| stands(a.state) && a.course == Some((id, number))) {
        return Err(Refused::SessionBooked { number });
    }
    Ok((course, session))
}

/// Whether a visit, as it is to stand, breaks the gaps of its course: an error unless these are gone past.
pub(super) fn out_of_gap(
    tx: &mut Tx<'_>,
    course: &Course,
    visit: &Appointment,
    goes_past: bool,
) -> Result<bool, Refused> {
    let mut visits = appointments::of_course(tx, course.id)?;
    visits.retain(|a| stands(a.state) && a.id != visit.id);
    visits.push(visit.clone());
    passable(gaps_hold(&course.sessions, &visits), goes_past)
}

fn passable(gaps: Result<(), Refused>, goes_past: bool) -> Result<bool, Refused> {
    match gaps {
        Ok(()) => Ok(false),
        Err(Refused::Course(_)) if goes_past => Ok(true),
        Err(refused) => Err(refused),
    }
}

/// Fewest and most local days from one session to a later one. Over sessions between them the gaps add up.
fn gap_days(sessions: &[Session], before: usize, target: usize) -> (i64, i64) {
    let between = sessions.get(before + 1..=target).unwrap_or_default();
    let least = between.iter().map(|s| i64::from(s.gap_min_days.max(s.lead_days))).sum();
    let most = between.iter().map(|s| i64::from(s.gap_max_days)).sum();
    (least, most)
}

/// Whether all visits keep the gaps agreed.
fn gaps_hold(sessions: &[Session], visits: &[Appointment]) -> Result<(), Refused> {
    let mut placed = visits.iter().map(placed).collect::<Result<Vec<Visit>, Refused>>()?;
    placed.sort_by_key(|v| v.step);
    for (before, target) in placed.iter().zip(placed.iter().skip(1)) {
        gap_holds(target.step, gap_days(sessions, before.step, target.step), before, target)?;
    }
    Ok(())
}

/// The first and the last local day on which a visit of a course can be while the others stay where they are; nothing where
/// it belongs to none. The last is before the first where there is no such day.
///
/// # Errors
/// The store's.
pub fn days_of(tx: &mut Tx<'_>, visit: &Appointment) -> Result<Option<(Date, Date)>, Refused> {
    let Some((course, number)) = visit.course else { return Ok(None) };
    let Some(course) = by_id(tx, course)? else { return Ok(None) };
    let step = usize::try_from(number).unwrap_or(0).saturating_sub(1);
    let (mut first, mut last) = (Date::MIN, Date::MAX);
    for other in
        appointments::of_course(tx, course.id)?.iter().filter(|a| stands(a.state) && a.id != visit.id)
    {
        let other = placed(other)?;
        let ((least, most), from) = match other.step < step {
            true => (gap_days(&course.sessions, other.step, step), other.end_date),
            false => {
                let (least, most) = gap_days(&course.sessions, step, other.step);
                ((-most, -least), other.date)
            }
        };
        first = first.max(plus_days(from, least));
        last = last.min(plus_days(from, most));
    }
    Ok(Some((first, last)))
}

/// A visit as the rules of courses see it.
fn placed(visit: &Appointment) -> Result<Visit, Refused> {
    let number = visit.course.map_or(0, |c| c.1);
    Ok(Visit {
        step: usize::try_from(number).unwrap_or(0).saturating_sub(1),
        studio: visit.studio,
        practitioner: visit.practitioner.into(),
        start: instant(visit.span.start_us)?,
        end: instant(visit.span.end_us)?,
        date: visit.wall.date(),
        end_date: local_date(&zone(&visit.zone)?, instant(visit.span.end_us - 1)?),
    })
}

/// Whether a visit is one of its course: planned, under way or done.
pub fn stands(state: State) -> bool {
    matches!(state, State::Booked | State::CheckedIn | State::Done)
}

fn at(visit: &Visit) -> (StudioId, ResourceId, i64) {
    (visit.studio, visit.practitioner, visit.start.as_microsecond())
}

fn at_now(visit: &Appointment) -> (StudioId, ResourceId, i64) {
    (visit.studio, visit.practitioner.into(), visit.span.start_us)
}

fn check(sessions: &[Session], wishes: &[Wish]) -> Result<(), Refused> {
    let found = sessions.len();
    if found == 0 || found > MAX_STEPS {
        return Err(CourseError::Steps { found }.into());
    }
    if wishes.len() != found {
        return Err(Refused::Times { sessions: found, wishes: wishes.len() });
    }
    for (i, (session, wish)) in sessions.iter().zip(wishes).enumerate() {
        let found = session.minutes;
        if !(15..=LONGEST_SITTING_MIN).contains(&found) || found % 15 != 0 {
            return Err(in_session(i)(Refused::Minutes { found }));
        }
        if session.service != wish.service {
            return Err(in_session(i)(Refused::NotFound("service")));
        }
    }
    Ok(())
}

/// Looks for every place, by step, each with the ones before it taken.
fn find_all<'a>(
    tx: &mut Tx<'_>,
    sought: impl Iterator<Item = (usize, spot::Sought<'a>)>,
    own: &[Uuid],
    goes_past: bool,
    now: Timestamp,
) -> Result<Vec<Spot<'a>>, Refused> {
    let mut others: Vec<Claim> = Vec::new();
    let mut spots = Vec::new();
    for (step, one) in sought {
        let found = spot::find(tx, one, own, &others, goes_past, now).map_err(in_session(step))?;
        others.extend(found.claims.iter().copied());
        spots.push(found);
    }
    Ok(spots)
}

/// Takes a spot for a visit; the days are touched once, at the end.
fn take(
    tx: &mut Tx<'_>,
    visit: &Appointment,
    found: &Spot<'_>,
    added: &mut Vec<Claim>,
    fresh: &mut Fresh<'_>,
) -> Result<(), Error> {
    let taken = spot::owned(&found.claims, visit);
    claims::add(tx, Some(visit.studio), &taken, fresh)?;
    added.extend(taken);
    Ok(())
}

fn may(desk: Desk<'_>, course: &Course, action: Action) -> Result<(), Refused> {
    let thing = Thing {
        chain: desk.practice.chain.id,
        studio: Some(course.studio),
        client: Some(course.client),
        course_studios: vec![course.studio],
        practitioner: None,
    };
    permission::allowed(desk.actor, action, &thing).map_err(|_| Refused::NotFound("course"))
}

fn tell(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    course: &Course,
    what: &str,
    mail: &str,
    fresh: &mut Fresh<'_>,
) -> Result<(), Error> {
    let (studio, thing_id) = (Some(course.studio), course.id.0);
    // A reason for going past a rule is in the history of each visit, under the client's key where it is about health.
    let event = Event { studio, thing: "course", thing_id, what, why: None, sealed: None };
    events::add(tx, fresh.id(), &Who::Person(desk.actor.clone()), &event, fresh.now_us())?;
    let job = NewJob { kind: mail, about: course.id.0, body: String::new(), due_us: fresh.now_us() };
    jobs::add(tx, &[job], fresh)
}

fn in_session(step: usize) -> impl Fn(Refused) -> Refused {
    let number = u32::try_from(step + 1).unwrap_or(u32::MAX);
    move |why| match why {
        // What names its session itself, and what is about none.
        Refused::Course(_) | Refused::Store(_) | Refused::Changed => why,
        why => Refused::Session { number, why: Box::new(why) },
    }
}
