//! Visits as rows: what was agreed, in which state it is, and who it is for.

use jiff::Timestamp;
use jiff::civil::DateTime;
use uuid::Uuid;

use super::claims::span_of;
use super::practice::{unword, word};
use super::{Error, Row, Tx};
use crate::booking::{State, Visit};
use crate::ids::{AppointmentId, ClientId, CourseId, RoomId, ServiceId, StaffId, StudioId};
use crate::span::{MINUTE_US, Span};
use crate::values;

/// An instant kept in UTC microseconds.
///
/// # Errors
/// Where the store holds one that is none.
pub fn instant(us: i64) -> Result<Timestamp, Error> {
    Timestamp::from_microsecond(us).map_err(|_| Error::Broken(format!("{us} in the store is no instant")))
}

/// One visit, or the hold of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appointment {
    /// Its id.
    pub id: AppointmentId,
    /// Where.
    pub studio: StudioId,
    /// The code by which people name it.
    pub code: String,
    /// For whom; nobody yet while it is held by a visitor.
    pub client: Option<ClientId>,
    /// What for.
    pub service: ServiceId,
    /// With whom.
    pub practitioner: StaffId,
    /// In which room, if it needs one.
    pub room: Option<RoomId>,
    /// The course it belongs to, and which step of it, from 1.
    pub course: Option<(CourseId, u32)>,
    /// Where it is on its way.
    pub state: State,
    /// When, without buffers.
    pub span: Span,
    /// The wall clock at its start, as agreed.
    pub wall: DateTime,
    /// The zone of that clock: IANA name.
    pub zone: String,
    /// Edition of the zone tables by which the instants were found.
    pub tzdb: String,
    /// For a hold: first instant (UTC microseconds) at which it is none.
    pub hold_until_us: Option<i64>,
    /// How often calendars were told of a change.
    pub sequence: u32,
    /// Raised by every change of this row.
    pub version: i64,
    /// Price agreed, minor units of the studio's currency.
    pub price_minor: i64,
    /// When it was made, UTC microseconds.
    pub made_us: i64,
    /// When it last changed, UTC microseconds.
    pub changed_us: i64,
}

impl Appointment {
    /// Minutes of the sitting, which a plan may have set, and not the service.
    pub fn minutes(&self) -> u32 {
        u32::try_from(self.span.length_us() / MINUTE_US).unwrap_or(u32::MAX)
    }

    /// What the rules of booking see of it.
    pub fn visit(&self) -> Visit {
        Visit {
            state: self.state,
            span: self.span,
            hold_until_us: self.hold_until_us.unwrap_or(i64::MAX),
            code: self.code.clone(),
            sequence: self.sequence,
        }
    }
}

const COLUMNS: &str = "id, studio_id, code, client_id, service_id, practitioner_id, room_id, course_id, step, status, \
                       starts_us, ends_us, wall, zone, tzdb, expires_us, sequence, version, price_minor, made_us, \
                       changed_us";

fn read(mut row: Row) -> Result<Appointment, Error> {
    Ok(Appointment {
        id: row.take()?,
        studio: row.take()?,
        code: row.take()?,
        client: row.take()?,
        service: row.take()?,
        practitioner: row.take()?,
        room: row.take()?,
        course: row.take::<Option<CourseId>>()?.zip(row.take::<Option<u32>>()?),
        state: word(&row.take::<String>()?)?,
        span: span_of(row.take()?, row.take()?)?,
        wall: row
            .take::<String>()?
            .parse()
            .map_err(|_| Error::Broken("a wall time in the store is not one".to_owned()))?,
        zone: row.take()?,
        tzdb: row.take()?,
        hold_until_us: row.take()?,
        sequence: row.take()?,
        version: row.take()?,
        price_minor: row.take()?,
        made_us: row.take()?,
        changed_us: row.take()?,
    })
}

/// Adds a visit or hold.
///
/// # Errors
/// The store's; [`Error::Exists`] where the code is taken.
pub fn add(tx: &mut Tx<'_>, a: &Appointment) -> Result<(), Error> {
    let chain = tx.chain()?;
    tx.execute(
        "insert into appointments (id, chain_id, studio_id, code, client_id, service_id, practitioner_id, room_id, \
         course_id, step, status, starts_us, ends_us, wall, zone, tzdb, expires_us, sequence, version, price_minor, \
         made_us, changed_us) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)",
        values![
            a.id,
            chain,
            a.studio,
            &a.code,
            a.client,
            a.service,
            a.practitioner,
            a.room,
            a.course.map(|c| c.0),
            a.course.map(|c| c.1),
            unword(&a.state)?,
            a.span.start_us,
            a.span.end_us,
            a.wall.to_string(),
            &a.zone,
            &a.tzdb,
            a.hold_until_us,
            a.sequence,
            a.version,
            a.price_minor,
            a.made_us,
            a.changed_us
        ],
    )
    .map(|_| ())
}

/// Writes a changed visit over its row. `false` where somebody else changed it meanwhile: `a.version` is the version that
/// was read, and the row gets the next.
///
/// # Errors
/// The store's.
pub fn change(tx: &mut Tx<'_>, a: &Appointment) -> Result<bool, Error> {
    tx.execute(
        "update appointments set client_id = $1, practitioner_id = $2, room_id = $3, status = $4, starts_us = $5, \
         ends_us = $6, wall = $7, zone = $8, tzdb = $9, expires_us = $10, sequence = $11, changed_us = $12, \
         version = version + 1, studio_id = $13 where id = $14 and version = $15",
        values![
            a.client,
            a.practitioner,
            a.room,
            unword(&a.state)?,
            a.span.start_us,
            a.span.end_us,
            a.wall.to_string(),
            &a.zone,
            &a.tzdb,
            a.hold_until_us,
            a.sequence,
            a.changed_us,
            a.studio,
            a.id,
            a.version
        ],
    )
    .map(|n| n == 1)
}

/// Takes a hold away that was given up or has run out. It never was a booking, so it leaves no row. `false` where it is no
/// hold any more: somebody confirmed it meanwhile.
///
/// # Errors
/// The store's.
pub fn drop_hold(tx: &mut Tx<'_>, id: AppointmentId) -> Result<bool, Error> {
    tx.execute("delete from appointments where id = $1 and status = 'hold'", values![id]).map(|n| n == 1)
}

/// The visit of a code.
///
/// # Errors
/// The store's.
pub fn by_code(tx: &mut Tx<'_>, code: &str) -> Result<Option<Appointment>, Error> {
    let chain = tx.chain()?;
    let sql = format!("select {COLUMNS} from appointments where code = $1 and chain_id = $2");
    tx.query_one(&sql, values![code, chain])?.map(read).transpose()
}

/// The visit of an id.
///
/// # Errors
/// The store's.
pub fn by_id(tx: &mut Tx<'_>, id: AppointmentId) -> Result<Option<Appointment>, Error> {
    let chain = tx.chain()?;
    let sql = format!("select {COLUMNS} from appointments where id = $1 and chain_id = $2");
    tx.query_one(&sql, values![id, chain])?.map(read).transpose()
}

fn list(tx: &mut Tx<'_>, which: &str, id: Uuid, span: Span) -> Result<Vec<Appointment>, Error> {
    let chain = tx.chain()?;
    let sql = format!(
        "select {COLUMNS} from appointments where {which} = $1 and chain_id = $2 and starts_us >= $3 \
         and starts_us < $4 order by starts_us, id"
    );
    let rows = tx.query(&sql, values![id, chain, span.start_us, span.end_us])?;
    rows.into_iter().map(read).collect()
}

/// Visits at a studio that begin within a stretch, by start; holds and cancelled ones among them.
///
/// # Errors
/// The store's.
pub fn of_studio(tx: &mut Tx<'_>, studio: StudioId, span: Span) -> Result<Vec<Appointment>, Error> {
    list(tx, "studio_id", studio.0, span)
}

/// Instants (UTC microseconds) of the last visit at a studio that was to begin before a stretch, and of the first that is to
/// begin after it.
///
/// # Errors
/// The store's.
pub fn around(tx: &mut Tx<'_>, studio: StudioId, span: Span) -> Result<(Option<i64>, Option<i64>), Error> {
    let chain = tx.chain()?;
    let mut one = |first: &str, side: &str, edge_us: i64| {
        let sql = format!(
            "select {first}(starts_us) from appointments where studio_id = $1 and chain_id = $2 and starts_us {side} $3 \
             and status in ('booked', 'checked_in', 'done', 'no_show')"
        );
        let row = tx.query_one(&sql, values![studio, chain, edge_us])?;
        row.map_or(Ok(None), |mut row| row.take())
    };
    Ok((one("max", "<", span.start_us)?, one("min", ">=", span.end_us)?))
}

/// Visits with a practitioner that begin within a stretch, by start.
///
/// # Errors
/// The store's.
pub fn of_practitioner(tx: &mut Tx<'_>, person: StaffId, span: Span) -> Result<Vec<Appointment>, Error> {
    list(tx, "practitioner_id", person.0, span)
}

/// Visits in a room that begin within a stretch, by start.
///
/// # Errors
/// The store's.
pub fn of_room(tx: &mut Tx<'_>, room: RoomId, span: Span) -> Result<Vec<Appointment>, Error> {
    list(tx, "room_id", room.0, span)
}

/// Every visit of a client, by start.
///
/// # Errors
/// The store's.
pub fn of_client(tx: &mut Tx<'_>, client: ClientId) -> Result<Vec<Appointment>, Error> {
    list(tx, "client_id", client.0, Span { start_us: i64::MIN, end_us: i64::MAX })
}

/// Visits of a client that begin within a stretch, by start.
///
/// # Errors
/// The store's.
pub fn of_client_within(tx: &mut Tx<'_>, client: ClientId, span: Span) -> Result<Vec<Appointment>, Error> {
    list(tx, "client_id", client.0, span)
}

/// Every visit of a course, by start.
///
/// # Errors
/// The store's.
pub fn of_course(tx: &mut Tx<'_>, course: CourseId) -> Result<Vec<Appointment>, Error> {
    list(tx, "course_id", course.0, Span { start_us: i64::MIN, end_us: i64::MAX })
}
