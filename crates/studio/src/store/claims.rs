//! Claims: who and what is taken when. Everything that takes time (visits and holds with their buffers, leave,
//! maintenance, imported calendars) is a claim, and nothing is free that a claim covers.

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::practice::{unword, word};
use super::{Error, Row, Tx, Value, places};
use crate::board::{Claim, ClaimKind, utc_days};
use crate::ids::{Fresh, ResourceId, StudioId};
use crate::span::{DAY_US, HOUR_US, Span};
use crate::values;

/// The longest claim: a local day of 25 hours and the buffers around it. Longer ones are kept by the day.
pub const LONGEST_US: i64 = 26 * HOUR_US;

/// Days before today (UTC) of which versions are kept: more than a board shows, in any zone.
const SHOWN_BACK_DAYS: i64 = 14;
/// Most versions that one transaction forgets, so that nobody waits for long.
const FORGET_DAYS: i64 = 5_000;

/// Claims of some resources that overlap a stretch, by resource and start; holds that have run out are left out.
///
/// # Errors
/// The store's.
pub fn overlapping(
    tx: &mut Tx<'_>,
    resources: &[ResourceId],
    span: Span,
    now_us: i64,
) -> Result<Vec<Claim>, Error> {
    overlapping_any(tx, &[(resources, span)], now_us)
}

/// As [`overlapping`], of several groups of resources with a stretch each, in one statement.
///
/// # Errors
/// The store's.
pub fn overlapping_any(
    tx: &mut Tx<'_>,
    groups: &[(&[ResourceId], Span)],
    now_us: i64,
) -> Result<Vec<Claim>, Error> {
    let mut values: Vec<Value> = vec![now_us.into()];
    let mut parts = Vec::new();
    for (resources, span) in groups.iter().filter(|(resources, _)| !resources.is_empty()) {
        let first = values.len() + 1;
        parts.push(format!(
            "select resource_id, starts_us, ends_us, kind, owner_id, expires_us, sitting_day, sitting_min from claims \
             where ends_us > ${first} and starts_us < ${} and ends_us < ${} and (expires_us is null or expires_us > $1) \
             and resource_id in ({})",
            first + 1,
            first + 2,
            places(first + 3, resources.len())
        ));
        values.extend_from_slice(values![span.start_us, span.end_us, span.end_us.saturating_add(LONGEST_US)]);
        values.extend(resources.iter().map(|r| Value::from(*r)));
    }
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    let rows = tx.query(&parts.join(" union all "), &values)?;
    let mut claims: Vec<Claim> = rows.into_iter().map(read).collect::<Result<_, Error>>()?;
    claims.sort_by_key(|c| (c.resource, c.span.start_us, c.owner));
    Ok(claims)
}

/// What a board marks of a claim: who or what is taken, when, and the sitting that counts towards a cap.
pub type Taken = (ResourceId, Span, Option<(Date, u32)>);

/// Of every claim of the chain that ends within a stretch, what a board marks; holds that have run out are left out.
///
/// # Errors
/// The store's.
pub fn taken(tx: &mut Tx<'_>, span: Span, now_us: i64) -> Result<Vec<Taken>, Error> {
    let chain = tx.chain()?;
    let mut taken = Vec::new();
    tx.each(
        "select resource_id, starts_us, ends_us, sitting_day, sitting_min \
         from claims where chain_id = $1 and ends_us >= $2 and ends_us < $3 \
         and (expires_us is null or expires_us > $4)",
        values![chain, span.start_us, span.end_us, now_us],
        |mut row| {
            taken.push((row.take()?, span_of(row.take()?, row.take()?)?, sitting(&mut row)?));
            Ok(())
        },
    )?;
    Ok(taken)
}

/// Versions of the UTC days of a stretch that were ever touched.
///
/// # Errors
/// The store's.
pub fn versions(tx: &mut Tx<'_>, span: Span) -> Result<Vec<DayVersion>, Error> {
    let chain = tx.chain()?;
    let days = utc_days(span);
    let mut versions = Vec::new();
    tx.each(
        "select resource_id, day, version from resource_days where chain_id = $1 and day >= $2 and day <= $3",
        values![chain, *days.start(), *days.end()],
        |row| {
            versions.push(version(row)?);
            Ok(())
        },
    )?;
    Ok(versions)
}

/// Versions of the UTC days of a stretch, of some resources; days never touched have none.
///
/// # Errors
/// The store's.
pub fn versions_of(tx: &mut Tx<'_>, resources: &[ResourceId], span: Span) -> Result<Vec<DayVersion>, Error> {
    if resources.is_empty() {
        return Ok(Vec::new());
    }
    let days = utc_days(span);
    let sql = format!(
        "select resource_id, day, version from resource_days where day >= $1 and day <= $2 and resource_id in ({})",
        places(3, resources.len())
    );
    let mut values: Vec<Value> = vec![(*days.start()).into(), (*days.end()).into()];
    values.extend(resources.iter().map(|r| Value::from(*r)));
    tx.query(&sql, &values)?.into_iter().map(version).collect()
}

/// Versions of the days that were touched since an instant (UTC microseconds of the process that touched them).
///
/// # Errors
/// The store's.
pub fn changed_since(tx: &mut Tx<'_>, since_us: i64) -> Result<Vec<DayVersion>, Error> {
    let chain = tx.chain()?;
    let rows = tx.query(
        "select resource_id, day, version from resource_days where changed_us >= $1 and chain_id = $2",
        values![since_us, chain],
    )?;
    rows.into_iter().map(version).collect()
}

/// Forgets the versions of days that no board shows any more, some at a time; gives how many were forgotten.
///
/// # Errors
/// The store's.
pub fn forget_days(tx: &mut Tx<'_>, now_us: i64) -> Result<u64, Error> {
    let chain = tx.chain()?;
    let before = now_us.div_euclid(DAY_US) - SHOWN_BACK_DAYS;
    tx.execute(
        "delete from resource_days where (resource_id, day) in (select resource_id, day from resource_days \
         where chain_id = $1 and day < $2 limit $3)",
        values![chain, before, FORGET_DAYS],
    )
}

fn version(mut row: Row) -> Result<DayVersion, Error> {
    Ok(DayVersion { resource: row.take()?, day: row.take()?, version: row.take()? })
}

fn read(mut row: Row) -> Result<Claim, Error> {
    Ok(Claim {
        resource: row.take()?,
        span: span_of(row.take()?, row.take()?)?,
        kind: word(&row.take::<String>()?)?,
        owner: row.take()?,
        expires_us: row.take()?,
        sitting: sitting(&mut row)?,
    })
}

fn sitting(row: &mut Row) -> Result<Option<(Date, u32)>, Error> {
    let Some((day, minutes)) = row.take::<Option<String>>()?.zip(row.take::<Option<u32>>()?) else {
        return Ok(None);
    };
    let day = day.parse().map_err(|_| Error::Broken("a date in the store is not one".to_owned()))?;
    Ok(Some((day, minutes)))
}

pub(super) fn span_of(start_us: i64, end_us: i64) -> Result<Span, Error> {
    Span::new(start_us, end_us)
        .ok_or_else(|| Error::Broken(format!("a stretch from {start_us} to {end_us} has no length")))
}

/// Adds claims; the caller holds the locks of their resources ([`Tx::lock`]) and has looked that they are free.
///
/// # Errors
/// [`Error::Overlap`] where one is taken after all.
pub fn add(
    tx: &mut Tx<'_>,
    studio: Option<StudioId>,
    claims: &[Claim],
    fresh: &mut Fresh<'_>,
) -> Result<(), Error> {
    const COLUMNS: usize = 12;
    // SQLite and PostgreSQL take tens of thousands of values; a leave of years has hundreds of days.
    for part in claims.chunks(500) {
        let chain = tx.chain()?;
        let mut values: Vec<Value> = Vec::with_capacity(part.len() * COLUMNS);
        for claim in part {
            values.extend_from_slice(values![
                fresh.id(),
                chain,
                studio,
                claim.resource,
                claim.owner,
                unword(&claim.kind)?,
                matches!(claim.kind, ClaimKind::Appointment | ClaimKind::Hold),
                claim.span.start_us,
                claim.span.end_us,
                claim.expires_us,
                claim.sitting.map(|s| s.0.to_string()),
                claim.sitting.map(|s| s.1)
            ]);
        }
        let rows: Vec<String> =
            (0..part.len()).map(|i| format!("({})", places(1 + i * COLUMNS, COLUMNS))).collect();
        tx.execute(
            &format!(
                "insert into claims (id, chain_id, studio_id, resource_id, owner_id, kind, exclusive, starts_us, \
                 ends_us, expires_us, sitting_day, sitting_min) values {}",
                rows.join(", ")
            ),
            &values,
        )?;
    }
    Ok(())
}

/// Takes away claims of holds that were found to have run out, so that they stand in nobody's way. The caller holds the
/// locks of their resources.
///
/// # Errors
/// The store's.
pub fn drop_expired(tx: &mut Tx<'_>, expired: &[Claim], now_us: i64) -> Result<(), Error> {
    for part in expired.chunks(500) {
        let sql = format!(
            "delete from claims where expires_us <= $1 and owner_id in ({}) and resource_id in ({})",
            places(2, part.len()),
            places(2 + part.len(), part.len())
        );
        let mut values = vec![Value::from(now_us)];
        values.extend(part.iter().map(|c| Value::from(c.owner)));
        values.extend(part.iter().map(|c| Value::from(c.resource)));
        tx.execute(&sql, &values)?;
    }
    Ok(())
}

fn spans(rows: Vec<Row>) -> Result<Vec<(ResourceId, Span)>, Error> {
    rows.into_iter().map(|mut row| Ok((row.take()?, span_of(row.take()?, row.take()?)?))).collect()
}

/// Takes away the claims of a visit, leave, maintenance or calendar; gives what was taken away.
///
/// # Errors
/// The store's.
pub fn drop_of(tx: &mut Tx<'_>, owner: Uuid) -> Result<Vec<(ResourceId, Span)>, Error> {
    let rows = tx.query(
        "delete from claims where owner_id = $1 returning resource_id, starts_us, ends_us",
        values![owner],
    )?;
    spans(rows)
}

/// The claims of a visit, leave, maintenance or calendar, by resource and start.
///
/// # Errors
/// The store's.
pub fn of_owner(tx: &mut Tx<'_>, owner: Uuid) -> Result<Vec<Claim>, Error> {
    let chain = tx.chain()?;
    let rows = tx.query(
        "select resource_id, starts_us, ends_us, kind, owner_id, expires_us, sitting_day, sitting_min \
         from claims where owner_id = $1 and chain_id = $2 order by resource_id, starts_us, id",
        values![owner, chain],
    )?;
    rows.into_iter().map(read).collect()
}

/// Turns the hold of a visit into its booking; gives how many claims were kept, fewer than it had where the hold had run
/// out and some were taken away.
///
/// # Errors
/// The store's.
pub fn keep_of(tx: &mut Tx<'_>, owner: Uuid) -> Result<u64, Error> {
    tx.execute(
        "update claims set kind = 'appointment', expires_us = null where owner_id = $1 and kind = 'hold'",
        values![owner],
    )
}

/// Raises the version of every resource and day that was touched, and tells other processes. To be called once at the
/// end of a transaction that changed claims; gives the new versions.
///
/// # Errors
/// The store's.
pub fn touch(
    tx: &mut Tx<'_>,
    touched: &[(ResourceId, Span)],
    now: Timestamp,
) -> Result<Vec<DayVersion>, Error> {
    let mut days: Vec<(ResourceId, i64)> =
        touched.iter().flat_map(|(r, span)| utc_days(*span).map(|day| (*r, day))).collect();
    // One order for all, so that two transactions never wait for each other's rows.
    days.sort_unstable();
    days.dedup();
    let chain = tx.chain()?;
    let mut versions = Vec::with_capacity(days.len());
    for part in days.chunks(100) {
        let mut values: Vec<Value> = Vec::with_capacity(part.len() * 5);
        for (resource, day) in part {
            values.extend_from_slice(values![*resource, *day, chain, 1, now.as_microsecond()]);
        }
        let rows: Vec<String> = (0..part.len()).map(|i| format!("({})", places(1 + i * 5, 5))).collect();
        let found = tx.query(
            &format!(
                "insert into resource_days (resource_id, day, chain_id, version, changed_us) values {} \
                 on conflict (resource_id, day) do update \
                 set version = resource_days.version + 1, changed_us = excluded.changed_us \
                 returning resource_id, day, version",
                rows.join(", ")
            ),
            &values,
        )?;
        for row in found {
            versions.push(version(row)?);
        }
    }
    Ok(versions)
}

/// How often a resource's claims of one UTC day have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayVersion {
    /// Practitioner or room.
    pub resource: ResourceId,
    /// UTC day since 1970.
    pub day: i64,
    /// Counts from 1.
    pub version: i64,
}
