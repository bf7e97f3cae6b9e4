//! Calendars kept elsewhere, and the times their owners are busy by them: claims that nothing new is booked over.

use uuid::Uuid;

use super::jobs::{self, NewJob};
use super::spot::{self, Touched};
use super::vault::{self, Vault};
use super::{Error, Row, Tx, claims, waiting};
use crate::board::{Claim, ClaimKind};
use crate::ids::{Fresh, StaffId};
use crate::seal::Place;
use crate::span::{MINUTE_US, Span};
use crate::values;

/// The job that reads one; it is about the calendar's id.
pub const READ: &str = "calendar.read";
/// How often one is read (an assumption; feeds of the large calendar services change at most that often).
pub const EVERY_US: i64 = 15 * MINUTE_US;

/// How old what is known of one may be before people are warned: eight readings that gave nothing (an assumption).
const STALE_US: i64 = 8 * EVERY_US;

/// A calendar kept elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    /// Its id.
    pub id: Uuid,
    /// Who is busy by it.
    pub staff: StaffId,
    /// Its address, a secret of its owner.
    pub url: String,
    /// When it was last read, UTC microseconds.
    pub read_us: Option<i64>,
    /// When it was last asked for, UTC microseconds.
    pub tried_us: Option<i64>,
    /// Busy stretches that were read.
    pub busy: i64,
    /// Why the last try gave nothing.
    pub failed: Option<String>,
}

const COLUMNS: &str = "id, staff_id, wrapped_key, sealed, read_us, tried_us, busy, failed";

fn place(id: Uuid) -> Place<'static> {
    Place { table: "outside_calendars", row: id, column: "sealed" }
}

fn read(vault: &Vault, mut row: Row) -> Result<Outside, Error> {
    let (id, staff): (Uuid, StaffId) = (row.take()?, row.take()?);
    let (wrapped, sealed): (Vec<u8>, Vec<u8>) = (row.take()?, row.take()?);
    let url = vault::open(&vault.key(id, &wrapped)?, place(id), &sealed)?;
    Ok(Outside {
        id,
        staff,
        url,
        read_us: row.take()?,
        tried_us: row.take()?,
        busy: row.take()?,
        failed: row.take()?,
    })
}

/// Adds a calendar, to be read at once.
///
/// # Errors
/// The store's.
pub fn add(
    tx: &mut Tx<'_>,
    vault: &Vault,
    staff: StaffId,
    url: &str,
    fresh: &mut Fresh<'_>,
) -> Result<Uuid, Error> {
    let (chain, id) = (tx.chain()?, fresh.id());
    let (key, wrapped) = vault.new_key(id, fresh);
    let sealed = vault::seal(&key, place(id), &url, fresh)?;
    tx.execute(
        "insert into outside_calendars (id, chain_id, staff_id, wrapped_key, sealed, made_us) \
         values ($1, $2, $3, $4, $5, $6)",
        values![id, chain, staff, wrapped, sealed, fresh.now_us()],
    )?;
    again(tx, id, fresh.now_us(), fresh)?;
    Ok(id)
}

/// Has a calendar read at an instant (UTC microseconds), in the place of any reading that was still to come.
///
/// # Errors
/// The store's.
pub fn again(tx: &mut Tx<'_>, id: Uuid, due_us: i64, fresh: &mut Fresh<'_>) -> Result<(), Error> {
    let chain = tx.chain()?;
    tx.execute(
        "delete from jobs where kind = $1 and about_id = $2 and chain_id = $3 and done_us is null \
         and leased_until_us <= $4",
        values![READ, id, chain, fresh.now_us()],
    )?;
    jobs::add(tx, &[NewJob { kind: READ, about: id, body: String::new(), due_us }], fresh)
}

/// Every calendar, the oldest first.
///
/// # Errors
/// The store's.
pub fn all(tx: &mut Tx<'_>, vault: &Vault) -> Result<Vec<Outside>, Error> {
    let chain = tx.chain()?;
    let sql = format!("select {COLUMNS} from outside_calendars where chain_id = $1 order by made_us, id");
    tx.query(&sql, values![chain])?.into_iter().map(|row| read(vault, row)).collect()
}

/// Whose calendars were not read for so long that they may be busy without anybody here knowing, and when they were read last.
///
/// # Errors
/// The store's.
pub fn stale(tx: &mut Tx<'_>, now_us: i64) -> Result<Vec<(StaffId, Option<i64>)>, Error> {
    let chain = tx.chain()?;
    let rows = tx.query(
        "select staff_id, read_us from outside_calendars where chain_id = $1 and coalesce(read_us, made_us) < $2 \
         order by made_us, id",
        values![chain, now_us - STALE_US],
    )?;
    rows.into_iter().map(|mut row| Ok((row.take()?, row.take()?))).collect()
}

/// The calendar of an id.
///
/// # Errors
/// The store's.
pub fn by_id(tx: &mut Tx<'_>, vault: &Vault, id: Uuid) -> Result<Option<Outside>, Error> {
    let chain = tx.chain()?;
    let sql = format!("select {COLUMNS} from outside_calendars where id = $1 and chain_id = $2");
    tx.query_one(&sql, values![id, chain])?.map(|row| read(vault, row)).transpose()
}

/// Notes what came of a reading: the busy stretches in the place of those before, or why there are none; then what was read
/// before stays. Visits that stand are left alone. `None` where the calendar was removed meanwhile.
///
/// # Errors
/// The store's.
pub fn keep(
    tx: &mut Tx<'_>,
    id: Uuid,
    found: Result<&[Span], &str>,
    fresh: &mut Fresh<'_>,
) -> Result<Option<Touched>, Error> {
    let (chain, now_us) = (tx.chain()?, fresh.now_us());
    let sql = "select staff_id from outside_calendars where id = $1 and chain_id = $2";
    let Some(mut row) = tx.query_one(sql, values![id, chain])? else { return Ok(None) };
    let staff: StaffId = row.take()?;
    let spans = match found {
        Ok(spans) => spans,
        Err(why) => {
            tx.execute(
                "update outside_calendars set tried_us = $1, failed = $2 where id = $3 and chain_id = $4",
                values![now_us, why, id, chain],
            )?;
            return Ok(Some(Touched::default()));
        }
    };
    tx.execute(
        "update outside_calendars set tried_us = $1, read_us = $1, failed = null, busy = $2 \
         where id = $3 and chain_id = $4",
        values![now_us, i64::try_from(spans.len()).unwrap_or(i64::MAX), id, chain],
    )?;
    let before: Vec<Span> = claims::of_owner(tx, id)?.into_iter().map(|claim| claim.span).collect();
    if before == spans {
        return Ok(Some(Touched::default()));
    }
    let resource = staff.into();
    tx.lock(&[resource])?;
    let freed = claims::drop_of(tx, id)?;
    let claim = |span: &Span| Claim {
        resource,
        span: *span,
        kind: ClaimKind::External,
        owner: id,
        expires_us: None,
        sitting: None,
    };
    let added: Vec<Claim> = spans.iter().map(claim).collect();
    claims::add(tx, None, &added, fresh)?;
    if !freed.is_empty() {
        waiting::look_again(tx, fresh)?;
    }
    spot::touch(tx, added, freed, fresh.now).map(Some)
}

/// Removes a calendar and the busy times that were read from it.
///
/// # Errors
/// The store's.
pub fn remove(tx: &mut Tx<'_>, id: Uuid, fresh: &mut Fresh<'_>) -> Result<Touched, Error> {
    let touched = keep(tx, id, Ok(&[]), fresh)?;
    let chain = tx.chain()?;
    tx.execute("delete from outside_calendars where id = $1 and chain_id = $2", values![id, chain])?;
    Ok(touched.unwrap_or_default())
}
