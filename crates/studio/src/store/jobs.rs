//! Work for later, written in the transaction of what causes it; leased by one process at a time, tried again with
//! growing waits, and shown where it fails.

use uuid::Uuid;

use super::{Error, Row, Tx, Value, places};
use crate::ids::{ChainId, Fresh};
use crate::span::MINUTE_US;
use crate::values;

/// How often a job is tried before it is shown as failed: with the waits of [`wait_us`] that is about two days.
pub const MOST_TRIES: i64 = 16;

/// How long to wait after the n-th failed try (from 1): one minute, doubled each time up to four hours.
pub fn wait_us(tries: i64) -> i64 {
    (MINUTE_US << tries.clamp(1, 9).saturating_sub(1)).min(240 * MINUTE_US)
}

/// A job to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its id; doing it twice must be the same as once, and this is what to tell the two by.
    pub id: Uuid,
    /// The chain it belongs to.
    pub chain: ChainId,
    /// What to do.
    pub kind: String,
    /// The thing it is about.
    pub about: Uuid,
    /// Anything else; never a person's data.
    pub body: String,
    /// How often it was tried before.
    pub tries: i64,
}

/// A job to be added.
#[derive(Clone, Debug)]
pub struct NewJob<'a> {
    /// What to do.
    pub kind: &'a str,
    /// The thing it is about.
    pub about: Uuid,
    /// Anything else; never a person's data.
    pub body: String,
    /// When, UTC microseconds.
    pub due_us: i64,
}

/// Adds jobs.
///
/// # Errors
/// The store's.
pub fn add(tx: &mut Tx<'_>, jobs: &[NewJob<'_>], fresh: &mut Fresh<'_>) -> Result<(), Error> {
    if jobs.is_empty() {
        return Ok(());
    }
    const COLUMNS: usize = 8;
    let chain = tx.chain()?;
    let mut values: Vec<Value> = Vec::with_capacity(jobs.len() * COLUMNS);
    for job in jobs {
        values.extend_from_slice(values![
            fresh.id(),
            chain,
            job.kind,
            job.about,
            &job.body,
            job.due_us,
            0,
            0
        ]);
    }
    let rows: Vec<String> =
        (0..jobs.len()).map(|i| format!("({})", places(1 + i * COLUMNS, COLUMNS))).collect();
    tx.execute(
        &format!(
            "insert into jobs (id, chain_id, kind, about_id, body, due_us, leased_until_us, tries) values {}",
            rows.join(", ")
        ),
        &values,
    )
    .map(|_| ())
}

/// Takes away the jobs that wait for a thing and are not due yet, as the reminders of a visit that was called off.
///
/// # Errors
/// The store's.
pub fn drop_waiting(tx: &mut Tx<'_>, about: Uuid, now_us: i64) -> Result<(), Error> {
    tx.execute(
        "delete from jobs where about_id = $1 and due_us > $2 and done_us is null and failed_us is null",
        values![about, now_us],
    )
    .map(|_| ())
}

/// Leases up to `most` due jobs for `lease_us`; another process takes them over when the lease runs out. For
/// transactions of the system.
///
/// # Errors
/// The store's.
pub fn lease(
    tx: &mut Tx<'_>,
    worker: &str,
    most: i64,
    lease_us: i64,
    now_us: i64,
) -> Result<Vec<Job>, Error> {
    let skip = tx.skip_locked();
    let rows = tx.query(
        &format!(
            "update jobs set leased_until_us = $1, worker = $2, tries = tries + 1 where id in ( \
             select id from jobs where due_us <= $3 and leased_until_us <= $3 and done_us is null and failed_us is null \
             order by due_us limit $4{skip}) \
             returning id, chain_id, kind, about_id, body, tries"
        ),
        values![now_us.saturating_add(lease_us), worker, now_us, most],
    )?;
    rows.into_iter().map(read).collect()
}

/// Leases the next due job of one kind in the transaction's chain, for whom only that kind is to do.
///
/// # Errors
/// The store's.
pub fn lease_one(
    tx: &mut Tx<'_>,
    kind: &str,
    worker: &str,
    lease_us: i64,
    now_us: i64,
) -> Result<Option<Job>, Error> {
    let (skip, chain) = (tx.skip_locked(), tx.chain()?);
    let row = tx.query_one(
        &format!(
            "update jobs set leased_until_us = $1, worker = $2, tries = tries + 1 where id in ( \
             select id from jobs where kind = $3 and chain_id = $4 and due_us <= $5 and leased_until_us <= $5 \
             and done_us is null and failed_us is null order by due_us, id limit 1{skip}) \
             returning id, chain_id, kind, about_id, body, tries"
        ),
        values![now_us.saturating_add(lease_us), worker, kind, chain, now_us],
    )?;
    row.map(read).transpose()
}

/// Keeps a job for longer; `false` where another process has taken it over meanwhile.
///
/// # Errors
/// The store's.
pub fn renew(tx: &mut Tx<'_>, job: Uuid, worker: &str, until_us: i64) -> Result<bool, Error> {
    tx.execute(
        "update jobs set leased_until_us = $1 where id = $2 and worker = $3 and done_us is null",
        values![until_us, job, worker],
    )
    .map(|n| n == 1)
}

/// Gives a job back that was not finished through no fault of its own, as when the server ends: the try does not count.
///
/// # Errors
/// The store's.
pub fn give_back(tx: &mut Tx<'_>, job: Uuid, worker: &str) -> Result<(), Error> {
    tx.execute(
        "update jobs set leased_until_us = 0, worker = null, tries = tries - 1 \
         where id = $1 and worker = $2 and done_us is null",
        values![job, worker],
    )
    .map(|_| ())
}

fn read(mut row: Row) -> Result<Job, Error> {
    Ok(Job {
        id: row.take()?,
        chain: row.take()?,
        kind: row.take()?,
        about: row.take()?,
        body: row.take()?,
        tries: row.take()?,
    })
}

/// Notes that a job is done. `false` where another process has taken it over meanwhile.
///
/// # Errors
/// The store's.
pub fn done(tx: &mut Tx<'_>, job: Uuid, worker: &str, now_us: i64) -> Result<bool, Error> {
    tx.execute(
        "update jobs set done_us = $1, last_error = null where id = $2 and worker = $3 and done_us is null",
        values![now_us, job, worker],
    )
    .map(|n| n == 1)
}

/// Notes that a try failed; the job comes again after a wait, or is shown as failed after the last.
///
/// # Errors
/// The store's.
pub fn failed(tx: &mut Tx<'_>, job: &Job, worker: &str, error: &str, now_us: i64) -> Result<(), Error> {
    let over = job.tries >= MOST_TRIES;
    tx.execute(
        "update jobs set last_error = $1, leased_until_us = 0, due_us = $2, failed_us = $3 \
         where id = $4 and worker = $5 and done_us is null",
        values![error, now_us.saturating_add(wait_us(job.tries)), over.then_some(now_us), job.id, worker],
    )
    .map(|_| ())
}

/// How many jobs wait although they are due, and how many have failed for good: what a studio should see.
///
/// # Errors
/// The store's.
pub fn overdue(tx: &mut Tx<'_>, now_us: i64) -> Result<(i64, i64), Error> {
    let row = tx.query_one(
        "select (select count(*) from jobs where due_us <= $1 and done_us is null and failed_us is null), \
         (select count(*) from jobs where failed_us is not null)",
        values![now_us],
    )?;
    let mut row = row.ok_or_else(|| Error::Broken("no counts".to_owned()))?;
    Ok((row.take()?, row.take()?))
}
