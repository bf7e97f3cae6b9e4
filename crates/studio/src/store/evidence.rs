//! What was seen or signed for the gates of a client. What was found is about health, so it is sealed.

use super::practice::{unword, word};
use super::vault::{open, seal};
use super::{Error, Tx};
use crate::gates::{Evidence, Finding};
use crate::ids::{ClientId, EvidenceId, Fresh, StaffId, StudioId};
use crate::seal::{DataKey, Place};
use crate::values;

fn place(id: EvidenceId) -> Place<'static> {
    Place { table: "evidence", row: id.0, column: "sealed" }
}

/// Adds evidence for a client, under the client's key.
///
/// # Errors
/// The store's.
pub fn add(
    tx: &mut Tx<'_>,
    key: &DataKey,
    studio: StudioId,
    client: ClientId,
    evidence: &Evidence,
    by: Option<StaffId>,
    fresh: &mut Fresh<'_>,
) -> Result<(), Error> {
    let chain = tx.chain()?;
    let sealed = seal(key, place(evidence.id), &evidence.finding, fresh)?;
    tx.execute(
        "insert into evidence (id, chain_id, studio_id, client_id, gate, at_us, since_us, staff_id, sealed) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        values![
            evidence.id,
            chain,
            studio,
            client,
            unword(&evidence.gate)?,
            evidence.at_us,
            evidence.since_us,
            by,
            sealed
        ],
    )
    .map(|_| ())
}

/// All evidence of a client, oldest first.
///
/// # Errors
/// The store's.
pub fn of(tx: &mut Tx<'_>, key: &DataKey, client: ClientId) -> Result<Vec<Evidence>, Error> {
    let chain = tx.chain()?;
    let rows = tx.query(
        "select id, gate, at_us, since_us, sealed from evidence where client_id = $1 and chain_id = $2 \
         order by at_us, id",
        values![client, chain],
    )?;
    rows.into_iter()
        .map(|mut row| {
            let id: EvidenceId = row.take()?;
            Ok(Evidence {
                id,
                gate: word(&row.take::<String>()?)?,
                at_us: row.take()?,
                since_us: row.take()?,
                finding: open::<Finding>(key, place(id), &row.take::<Vec<u8>>()?)?,
            })
        })
        .collect()
}
