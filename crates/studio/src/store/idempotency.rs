//! The same key, the same answer: a write that is asked for twice is done once.

use super::{Error, Tx};
use crate::values;

/// How long answers are kept: at least a day (`studio.md` 5.3), here a week, UTC microseconds.
pub const KEPT_US: i64 = 7 * crate::span::DAY_US;

/// What became of a request with a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Before {
    /// The key is new.
    New,
    /// It was answered already, with this status and body.
    Answered {
        /// HTTP status.
        status: u16,
        /// The body, as it was sent.
        body: Vec<u8>,
    },
    /// The key was used for another request.
    Other,
}

/// Looks for an earlier answer. `request_hash`: SHA-256 of route, actor and body.
///
/// # Errors
/// The store's.
pub fn find(tx: &mut Tx<'_>, key: &str, request_hash: &[u8]) -> Result<Before, Error> {
    let chain = tx.chain()?;
    let found = tx.query_one(
        "select request_hash, status, answer from idempotency where chain_id = $1 and key = $2",
        values![chain, key],
    )?;
    let Some(mut row) = found else { return Ok(Before::New) };
    if row.take::<Vec<u8>>()? != request_hash {
        return Ok(Before::Other);
    }
    Ok(Before::Answered { status: row.take()?, body: row.take()? })
}

/// Keeps an answer, in the transaction of what it tells. Two requests with one key at once: the second one's transaction
/// is undone by [`Error::Exists`], and asking again finds the first one's answer.
///
/// # Errors
/// The store's.
pub fn keep(
    tx: &mut Tx<'_>,
    key: &str,
    request_hash: &[u8],
    status: u16,
    body: &[u8],
    now_us: i64,
) -> Result<(), Error> {
    let chain = tx.chain()?;
    tx.execute(
        "insert into idempotency (chain_id, key, request_hash, status, answer, at_us) values ($1, $2, $3, $4, $5, $6)",
        values![chain, key, request_hash, status, body, now_us],
    )
    .map(|_| ())
}

/// Forgets answers older than [`KEPT_US`]. For transactions of the system.
///
/// # Errors
/// The store's.
pub fn forget(tx: &mut Tx<'_>, now_us: i64) -> Result<u64, Error> {
    tx.execute("delete from idempotency where at_us < $1", values![now_us.saturating_sub(KEPT_US)])
}
