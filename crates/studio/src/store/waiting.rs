//! The waiting list: who wants to be told when a time frees, in the order in which they asked, and what they were offered.
//!
//! What is offered is a hold like any other: nobody else gets it until the offer ends. Looking is a job
//! ([`look_again`]), asked for by whatever gives time back; it needs to know nothing of what was given back.

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::jobs::{self, NewJob};
use super::practice::{json, text, unword, word};
use super::{Error, Row, Tx, Vault};
use crate::ids::{AppointmentId, ClientId, Fresh, ServiceId, StaffId, StudioId};
use crate::values;

/// The job that offers what is free to who waits.
pub const LOOK: &str = "waiting.offer";
/// The mail of an offer.
pub const MAIL: &str = "mail.offer";
/// Starts that were offered and not taken are remembered up to this number (an assumption), the latest ones.
const PASSED: usize = 50;

/// Which times suit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// Days of the week, from Monday on.
    pub days: [bool; 7],
    /// Earliest start, minutes since midnight at the studio.
    pub from_min: u16,
    /// Latest start, minutes since midnight.
    pub to_min: u16,
}

impl Wanted {
    /// Whether a start, by the clock at the studio, suits.
    pub fn fits(&self, wall: DateTime) -> bool {
        let weekday = usize::try_from(wall.weekday().to_monday_zero_offset()).unwrap_or(0);
        let min = u16::try_from(i32::from(wall.hour()) * 60 + i32::from(wall.minute())).unwrap_or(0);
        self.days.get(weekday).is_some_and(|day| *day) && (self.from_min..=self.to_min).contains(&min)
    }
}

/// How somebody's waiting stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nothing is free for them yet.
    Waiting,
    /// A time is kept for them.
    Offered,
    /// They took one.
    Taken,
    /// They, or the staff, ended it.
    Left,
}

/// A time that is kept for somebody who waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Code of the hold.
    pub code: String,
    /// Its start, UTC microseconds.
    pub start_us: i64,
    /// Until when it is kept, UTC microseconds.
    pub until_us: i64,
}

/// Somebody who waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: Uuid,
    /// Where.
    pub studio: StudioId,
    /// The code by which its client names it.
    pub code: String,
    /// Who.
    pub client: ClientId,
    /// What for.
    pub service: ServiceId,
    /// With whom; nobody in particular where none.
    pub practitioner: Option<StaffId>,
    /// The visit that is to come earlier, where there is one.
    pub visit: Option<AppointmentId>,
    /// Which times suit.
    pub wanted: Wanted,
    /// How it stands.
    pub status: Status,
    /// What is offered now.
    pub offer: Option<Offer>,
    /// Starts that were offered and not taken, UTC microseconds.
    pub passed: Vec<i64>,
    /// Raised by every change.
    pub version: i64,
    /// When they asked, UTC microseconds.
    pub made_us: i64,
}

const COLUMNS: &str = "id, studio_id, code, client_id, service_id, practitioner_id, appointment_id, wanted, status, \
                       offer_code, offer_starts_us, offer_until_us, passed, version, made_us";

fn read(mut row: Row) -> Result<Entry, Error> {
    Ok(Entry {
        id: row.take()?,
        studio: row.take()?,
        code: row.take()?,
        client: row.take()?,
        service: row.take()?,
        practitioner: row.take()?,
        visit: row.take()?,
        wanted: json(&row.take::<String>()?)?,
        status: word(&row.take::<String>()?)?,
        offer: {
            let (code, start_us, until_us) = (row.take()?, row.take()?, row.take()?);
            match (code, start_us, until_us) {
                (Some(code), Some(start_us), Some(until_us)) => Some(Offer { code, start_us, until_us }),
                _ => None,
            }
        },
        passed: json(&row.take::<String>()?)?,
        version: row.take()?,
        made_us: row.take()?,
    })
}

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Where.
    pub studio: StudioId,
    /// Who.
    pub client: ClientId,
    /// What for.
    pub service: ServiceId,
    /// With whom; nothing: anyone.
    pub practitioner: Option<StaffId>,
    /// The visit that is to come earlier.
    pub visit: Option<AppointmentId>,
    /// Which times suit.
    pub wanted: Wanted,
}

/// Puts somebody on the list, and has it looked at. A second wish for the same visit takes the place of the first.
///
/// # Errors
/// The store's.
pub fn add(tx: &mut Tx<'_>, asked: &Asked, fresh: &mut Fresh<'_>) -> Result<Entry, Error> {
    let chain = tx.chain()?;
    let entry = Entry {
        id: fresh.id(),
        studio: asked.studio,
        code: fresh.code(),
        client: asked.client,
        service: asked.service,
        practitioner: asked.practitioner,
        visit: asked.visit,
        wanted: asked.wanted.clone(),
        status: Status::Waiting,
        offer: None,
        passed: Vec::new(),
        version: 1,
        made_us: fresh.now_us(),
    };
    tx.execute(
        "insert into waiting (id, chain_id, studio_id, code, client_id, service_id, practitioner_id, appointment_id, \
         wanted, status, passed, version, made_us, changed_us) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', '[]', 1, $10, $10)",
        values![
            entry.id,
            chain,
            entry.studio,
            &entry.code,
            entry.client,
            entry.service,
            entry.practitioner,
            entry.visit,
            text(&entry.wanted)?,
            entry.made_us
        ],
    )?;
    look_again(tx, fresh)?;
    Ok(entry)
}

/// Writes how an entry stands over its row. `false` where somebody else changed it meanwhile: `entry.version` is the
/// version that was read, and the row gets the next.
///
/// # Errors
/// The store's.
pub fn change(tx: &mut Tx<'_>, entry: &Entry, now_us: i64) -> Result<bool, Error> {
    let chain = tx.chain()?;
    let offer = entry.offer.as_ref();
    let passed = &entry.passed[entry.passed.len().saturating_sub(PASSED)..];
    tx.execute(
        "update waiting set status = $1, offer_code = $2, offer_starts_us = $3, offer_until_us = $4, passed = $5, \
         changed_us = $6, version = version + 1 where id = $7 and version = $8 and chain_id = $9",
        values![
            unword(&entry.status)?,
            offer.map(|o| o.code.clone()),
            offer.map(|o| o.start_us),
            offer.map(|o| o.until_us),
            text(&passed)?,
            now_us,
            entry.id,
            entry.version,
            chain
        ],
    )
    .map(|n| n == 1)
}

/// The entry of a code.
///
/// # Errors
/// The store's.
pub fn by_code(tx: &mut Tx<'_>, code: &str) -> Result<Option<Entry>, Error> {
    let chain = tx.chain()?;
    let sql = format!("select {COLUMNS} from waiting where code = $1 and chain_id = $2");
    tx.query_one(&sql, values![code, chain])?.map(read).transpose()
}

/// The entry of an id.
///
/// # Errors
/// The store's.
pub fn by_id(tx: &mut Tx<'_>, id: Uuid) -> Result<Option<Entry>, Error> {
    let chain = tx.chain()?;
    let sql = format!("select {COLUMNS} from waiting where id = $1 and chain_id = $2");
    tx.query_one(&sql, values![id, chain])?.map(read).transpose()
}

/// How many wishes of an e-mail address are open, under whichever records.
///
/// # Errors
/// The store's.
pub fn open_of_email(tx: &mut Tx<'_>, vault: &Vault, email: &str) -> Result<i64, Error> {
    let Some(token) = vault.blind().email(email) else { return Ok(0) };
    let chain = tx.chain()?;
    let row = tx.query_one(
        "select count(*) from waiting w join clients c on c.id = w.client_id \
         where w.chain_id = $1 and c.email_index = $2 and w.status in ('waiting', 'offered')",
        values![chain, token.as_slice()],
    )?;
    row.map_or(Ok(0), |mut row| row.take())
}

/// The open entry for an earlier time of a visit.
///
/// # Errors
/// The store's.
pub fn of_visit(tx: &mut Tx<'_>, visit: AppointmentId) -> Result<Option<Entry>, Error> {
    let chain = tx.chain()?;
    let sql = format!(
        "select {COLUMNS} from waiting where appointment_id = $1 and chain_id = $2 \
         and status in ('waiting', 'offered') order by made_us, id limit 1"
    );
    tx.query_one(&sql, values![visit, chain])?.map(read).transpose()
}

/// Everybody who waits or has an offer, who asked first first.
///
/// # Errors
/// The store's.
pub fn open(tx: &mut Tx<'_>) -> Result<Vec<Entry>, Error> {
    let chain = tx.chain()?;
    let sql = format!(
        "select {COLUMNS} from waiting where chain_id = $1 and status in ('waiting', 'offered') order by made_us, id"
    );
    tx.query(&sql, values![chain])?.into_iter().map(read).collect()
}

/// Has the list looked at by a job, if anybody waits and no such job is due already.
///
/// # Errors
/// The store's.
pub fn look_again(tx: &mut Tx<'_>, fresh: &mut Fresh<'_>) -> Result<(), Error> {
    let chain = tx.chain()?;
    let now_us = fresh.now_us();
    let waits = tx.query_one(
        "select 1 from chains where id = $1 \
         and exists (select 1 from waiting where chain_id = $1 and status in ('waiting', 'offered')) \
         and not exists (select 1 from jobs where chain_id = $1 and kind = $2 and leased_until_us <= $3 \
         and done_us is null and failed_us is null)",
        values![chain, LOOK, now_us],
    )?;
    match waits {
        None => Ok(()),
        Some(_) => {
            let job = NewJob { kind: LOOK, about: chain.0, body: String::new(), due_us: now_us };
            jobs::add(tx, &[job], fresh)
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_start_suits_by_day_and_by_time_of_day() {
        // Tuesdays and Fridays from 9:00 to 12:30.
        let days = [false, true, false, false, true, false, false];
        let wanted = Wanted { days, from_min: 540, to_min: 750 };
        // 2026-12-01 is a Tuesday.
        for (day, hour, minute, suits) in [
            (1, 9, 0, true),
            (1, 12, 30, true),
            (1, 12, 45, false),
            (1, 8, 45, false),
            (2, 10, 0, false),
            (4, 10, 0, true),
            (6, 10, 0, false),
        ] {
            let wall = date(2026, 12, day).at(hour, minute, 0, 0);
            assert_eq!(wanted.fits(wall), suits, "{wall}");
        }
    }
}
