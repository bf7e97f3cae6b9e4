//! Work for later, written in the transaction of what causes it; leased by one process at a time, tried again with
//! growing waits, and shown where it fails.

use uuid::Uuid;

use super::{Error, Row, Tx, Value, places};
use crate::ids::{ChainId, ClientId, Fresh, StudioId};
use crate::span::{DAY_US, HOUR_US, MINUTE_US};
use crate::values;

/// How often a job is tried before it is shown as failed: with the waits of [`wait_us`] that is about two days.
pub const MOST_TRIES: i64 = 16;

/// Longest lease that is believed. One that ends later was given while the clock of its process was far ahead: whoever took
/// it, nobody is to wait for that time to come.
pub const LONGEST_LEASE_US: i64 = HOUR_US;

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

/// Leases up to `most` due jobs of these kinds for `lease_us`; another process takes them over when the lease runs out.
///
/// # Errors
/// The store's.
pub fn lease(
    tx: &mut Tx<'_>,
    worker: &str,
    kinds: &[&str],
    most: i64,
    lease_us: i64,
    now_us: i64,
) -> Result<Vec<Job>, Error> {
    if kinds.is_empty() {
        return Ok(Vec::new());
    }
    let chain = tx.chain()?;
    let skip = tx.skip_locked();
    let believed_us = now_us.saturating_add(LONGEST_LEASE_US);
    let mut values: Vec<Value> =
        values![now_us.saturating_add(lease_us), worker, now_us, most, chain, believed_us].to_vec();
    values.extend(kinds.iter().map(|kind| Value::from(*kind)));
    let rows = tx.query(
        &format!(
            "update jobs set leased_until_us = $1, worker = $2, tries = tries + 1 where id in ( \
             select id from jobs where due_us <= $3 and (leased_until_us <= $3 or leased_until_us > $6) \
             and done_us is null and failed_us is null \
             and chain_id = $5 and kind in ({}) order by due_us, id limit $4{skip}) \
             returning id, chain_id, kind, about_id, body, tries",
            places(7, kinds.len())
        ),
        &values,
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
             select id from jobs where kind = $3 and chain_id = $4 and due_us <= $5 \
             and (leased_until_us <= $5 or leased_until_us > $6) and done_us is null and failed_us is null order by due_us, id limit 1{skip}) \
             returning id, chain_id, kind, about_id, body, tries"
        ),
        values![
            now_us.saturating_add(lease_us),
            worker,
            kind,
            chain,
            now_us,
            now_us.saturating_add(LONGEST_LEASE_US)
        ],
    )?;
    row.map(read).transpose()
}

/// How many jobs of a kind are still to be done before the one about a thing.
///
/// # Errors
/// The store's.
pub fn before(tx: &mut Tx<'_>, kind: &str, about: Uuid) -> Result<i64, Error> {
    let chain = tx.chain()?;
    let row = tx.query_one(
        "select count(*) from jobs o join jobs mine on mine.kind = o.kind and mine.chain_id = o.chain_id \
         where mine.about_id = $1 and o.kind = $2 and o.chain_id = $3 and o.done_us is null and o.failed_us is null \
         and mine.done_us is null and (o.due_us, o.id) < (mine.due_us, mine.id)",
        values![about, kind, chain],
    )?;
    row.map_or(Ok(0), |mut row| row.take())
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

/// Whether jobs of these kinds are due and nobody's, so that looking costs no write.
///
/// # Errors
/// The store's.
pub fn any_due(tx: &mut Tx<'_>, kinds: &[&str], now_us: i64) -> Result<bool, Error> {
    if kinds.is_empty() {
        return Ok(false);
    }
    let chain = tx.chain()?;
    let mut values: Vec<Value> = values![now_us, chain, now_us.saturating_add(LONGEST_LEASE_US)].to_vec();
    values.extend(kinds.iter().map(|kind| Value::from(*kind)));
    let sql = format!(
        "select id from jobs where due_us <= $1 and (leased_until_us <= $1 or leased_until_us > $3) \
         and done_us is null and failed_us is null and chain_id = $2 and kind in ({}) limit 1",
        places(4, kinds.len())
    );
    Ok(tx.query_one(&sql, &values)?.is_some())
}

/// Keeps a job that takes long; `false` where another process has it meanwhile.
///
/// # Errors
/// The store's.
pub fn renew(tx: &mut Tx<'_>, job: Uuid, worker: &str, until_us: i64) -> Result<bool, Error> {
    let chain = tx.chain()?;
    tx.execute(
        "update jobs set leased_until_us = $1 where id = $2 and worker = $3 and done_us is null and chain_id = $4",
        values![until_us, job, worker, chain],
    )
    .map(|n| n == 1)
}

/// Gives a job back that was leased and not begun, or cut off in an orderly end: it counts as not tried.
///
/// # Errors
/// The store's.
pub fn give_back(tx: &mut Tx<'_>, job: Uuid, worker: &str) -> Result<(), Error> {
    let chain = tx.chain()?;
    tx.execute(
        "update jobs set leased_until_us = 0, worker = null, tries = tries - 1 \
         where id = $1 and worker = $2 and done_us is null and chain_id = $3",
        values![job, worker, chain],
    )
    .map(|_| ())
}

/// Notes that a job is done, with a word where there was nothing to do. `false` where another process has taken it over
/// meanwhile.
///
/// # Errors
/// The store's.
pub fn done(
    tx: &mut Tx<'_>,
    job: Uuid,
    worker: &str,
    note: Option<&str>,
    now_us: i64,
) -> Result<bool, Error> {
    let chain = tx.chain()?;
    tx.execute(
        "update jobs set done_us = $1, last_error = $2 where id = $3 and worker = $4 and done_us is null and chain_id = $5",
        values![now_us, note.map(str::to_owned), job, worker, chain],
    )
    .map(|n| n == 1)
}

/// Notes that a try failed; the job comes again after a wait, or is shown as failed after the last, or at once where
/// trying again is of no use (`hopeless`).
///
/// # Errors
/// The store's.
pub fn failed(
    tx: &mut Tx<'_>,
    job: &Job,
    worker: &str,
    error: &str,
    hopeless: bool,
    now_us: i64,
) -> Result<(), Error> {
    let over = hopeless || job.tries >= MOST_TRIES;
    let chain = tx.chain()?;
    tx.execute(
        "update jobs set last_error = $1, leased_until_us = 0, due_us = $2, failed_us = $3 \
         where id = $4 and worker = $5 and done_us is null and chain_id = $6",
        values![
            error,
            now_us.saturating_add(wait_us(job.tries)),
            over.then_some(now_us),
            job.id,
            worker,
            chain
        ],
    )
    .map(|_| ())
}

/// Tries a job that waits or has failed again, now, as if it had never been tried. `false` where it is done or under way.
///
/// # Errors
/// The store's.
pub fn retry(tx: &mut Tx<'_>, job: Uuid, now_us: i64) -> Result<bool, Error> {
    let chain = tx.chain()?;
    tx.execute(
        "update jobs set failed_us = null, tries = 0, due_us = $1 \
         where id = $2 and chain_id = $3 and done_us is null and leased_until_us <= $1",
        values![now_us, job, chain],
    )
    .map(|n| n == 1)
}

/// Gives a job up that nobody is to do any more. `false` where it is done or under way.
///
/// # Errors
/// The store's.
pub fn give_up(tx: &mut Tx<'_>, job: Uuid, now_us: i64) -> Result<bool, Error> {
    let chain = tx.chain()?;
    tx.execute(
        "update jobs set done_us = $1, failed_us = null, last_error = 'given up by the staff' \
         where id = $2 and chain_id = $3 and done_us is null and leased_until_us <= $1",
        values![now_us, job, chain],
    )
    .map(|n| n == 1)
}

/// How jobs stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Due, and not done: under way, or about to be.
    pub due: i64,
    /// Due later, tries to come among them.
    pub later: i64,
    /// Failed for good.
    pub failed: i64,
}

/// What tells a job's studio.
const JOINED: &str = "from jobs j left join appointments a on a.id = j.about_id \
                      left join courses c on c.id = j.about_id left join waiting w on w.id = j.about_id \
                      left join plans p on p.id = j.about_id";
const STUDIO: &str = "coalesce(a.studio_id, c.studio_id, w.studio_id, p.studio_id)";

/// How the jobs of some studios stand (`None`: of the whole chain).
///
/// # Errors
/// The store's.
pub fn counts(tx: &mut Tx<'_>, studios: Option<&[StudioId]>, now_us: i64) -> Result<Counts, Error> {
    let chain = tx.chain()?;
    let mut values: Vec<Value> = values![now_us, chain].to_vec();
    let (joined, at) = match studios {
        None => ("from jobs j", String::new()),
        Some([]) => return Ok(Counts::default()),
        Some(studios) => {
            values.extend(studios.iter().map(|s| Value::from(*s)));
            (JOINED, format!("and {STUDIO} in ({})", places(3, studios.len())))
        }
    };
    let sql = format!(
        "select count(case when j.failed_us is null and j.due_us <= $1 then 1 end), \
         count(case when j.failed_us is null and j.due_us > $1 then 1 end), \
         count(case when j.failed_us is not null then 1 end) {joined} \
         where j.chain_id = $2 and j.done_us is null {at}"
    );
    let row = tx.query_one(&sql, &values)?;
    let mut row = row.ok_or_else(|| Error::Broken("no counts".to_owned()))?;
    Ok(Counts { due: row.take()?, later: row.take()?, failed: row.take()? })
}

/// Which jobs a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Failed for good, the last first.
    Failed,
    /// Due now and not done, the longest waiting first.
    Due,
    /// Due later, the next first.
    Later,
    /// Done, the last first.
    Done,
}

/// A job as the staff see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its id.
    pub id: Uuid,
    /// What to do.
    pub kind: String,
    /// Where, if at a studio.
    pub studio: Option<StudioId>,
    /// For whom, if for a client.
    pub client: Option<ClientId>,
    /// The start of the visit it is about, UTC microseconds.
    pub start_us: Option<i64>,
    /// When it is to be tried next, UTC microseconds.
    pub due_us: i64,
    /// How often it was tried.
    pub tries: i64,
    /// Why the last try failed, or why there was nothing to do.
    pub note: Option<String>,
    /// Whether a process works on it.
    pub under_way: bool,
    /// When it was done.
    pub done_us: Option<i64>,
}

/// Jobs of some studios (`None`: of all, and of none), at most `most`.
///
/// # Errors
/// The store's.
pub fn list(
    tx: &mut Tx<'_>,
    which: Which,
    studios: Option<&[StudioId]>,
    most: i64,
    now_us: i64,
) -> Result<Vec<Line>, Error> {
    let chain = tx.chain()?;
    let (filter, order) = match which {
        Which::Failed => ("j.done_us is null and j.failed_us < $2 + 86400000000", "j.failed_us desc"),
        Which::Due => ("j.done_us is null and j.failed_us is null and j.due_us <= $2", "j.due_us"),
        Which::Later => ("j.done_us is null and j.failed_us is null and j.due_us > $2", "j.due_us"),
        Which::Done => ("j.done_us < $2 + 86400000000", "j.done_us desc"),
    };
    let mut values: Vec<Value> = values![chain, now_us, most].to_vec();
    let at = match studios {
        None => String::new(),
        Some([]) => return Ok(Vec::new()),
        Some(studios) => {
            values.extend(studios.iter().map(|s| Value::from(*s)));
            format!("and {STUDIO} in ({})", places(4, studios.len()))
        }
    };
    let sql = format!(
        "select j.id, j.kind, {STUDIO}, coalesce(a.client_id, c.client_id, w.client_id, p.client_id), \
         coalesce(a.starts_us, w.offer_starts_us), j.due_us, j.tries, j.last_error, j.leased_until_us, j.done_us \
         {JOINED} where j.chain_id = $1 and {filter} {at} order by {order}, j.id limit $3"
    );
    let rows = tx.query(&sql, &values)?;
    rows.into_iter()
        .map(|mut row| {
            Ok(Line {
                id: row.take()?,
                kind: row.take()?,
                studio: row.take()?,
                client: row.take()?,
                start_us: row.take()?,
                due_us: row.take()?,
                tries: row.take()?,
                note: row.take()?,
                under_way: row.take::<i64>()? > now_us,
                done_us: row.take()?,
            })
        })
        .collect()
}

/// The studio of a job, where it is not done; the outer `None` where there is no such job.
///
/// # Errors
/// The store's.
pub fn studio_of(tx: &mut Tx<'_>, job: Uuid) -> Result<Option<Option<StudioId>>, Error> {
    let chain = tx.chain()?;
    let sql = format!("select {STUDIO} {JOINED} where j.id = $1 and j.chain_id = $2 and j.done_us is null");
    let row = tx.query_one(&sql, values![job, chain])?;
    row.map(|mut row| row.take()).transpose()
}

/// How long a job that is done is shown, UTC microseconds (an assumption).
pub const SHOWN_US: i64 = 30 * DAY_US;

/// Forgets jobs that were done longer than [`SHOWN_US`] ago.
///
/// # Errors
/// The store's.
pub fn forget(tx: &mut Tx<'_>, now_us: i64) -> Result<u64, Error> {
    let chain = tx.chain()?;
    tx.execute(
        "delete from jobs where chain_id = $1 and done_us < $2",
        values![chain, now_us.saturating_sub(SHOWN_US)],
    )
}
