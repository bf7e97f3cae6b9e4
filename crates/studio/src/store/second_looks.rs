//! What the second look, some days before a visit, found: how much was still open, for the staff's pages.

use super::{Error, Tx, Value, places};
use crate::ids::AppointmentId;
use crate::values;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Which visit.
    pub visit: AppointmentId,
    /// When it was looked at, UTC microseconds.
    pub at_us: i64,
    /// How many things stood open.
    pub open: i64,
}

/// Keeps what was found; an earlier look at the same visit, before it was moved, gives way.
///
/// # Errors
/// The store's.
pub fn keep(tx: &mut Tx<'_>, look: Look) -> Result<(), Error> {
    let chain = tx.chain()?;
    tx.execute(
        "insert into second_looks (appointment_id, chain_id, at_us, open_steps) values ($1, $2, $3, $4) \
         on conflict (appointment_id) do update set at_us = excluded.at_us, open_steps = excluded.open_steps",
        values![look.visit, chain, look.at_us, look.open],
    )
    .map(|_| ())
}

/// What was found for some visits.
///
/// # Errors
/// The store's.
pub fn of(tx: &mut Tx<'_>, visits: &[AppointmentId]) -> Result<Vec<Look>, Error> {
    let mut found = Vec::new();
    for part in visits.chunks(500) {
        let mut values: Vec<Value> = vec![tx.chain()?.into()];
        values.extend(part.iter().map(|id| Value::from(*id)));
        let sql = format!(
            "select appointment_id, at_us, open_steps from second_looks where chain_id = $1 \
             and appointment_id in ({})",
            places(2, part.len())
        );
        for mut row in tx.query(&sql, &values)? {
            found.push(Look { visit: row.take()?, at_us: row.take()?, open: row.take()? });
        }
    }
    Ok(found)
}
