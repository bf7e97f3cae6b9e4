//! What was seen or signed for the gates of a client. What was found is about health, so it is sealed.

use super::appointments::Appointment;
use super::book::Desk;
use super::events::Who;
use super::practice::{unword, word};
use super::vault::{open, seal};
use super::{Error, Tx, clients};
use crate::gates::{Evidence, Finding, Gate, ServiceKind};
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

/// A piece of evidence and who put it on record; nobody on the staff where that was the client or the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What was found.
    pub evidence: Evidence,
    /// By whom.
    pub by: Option<StaffId>,
}

/// All evidence of a client, oldest first.
///
/// # Errors
/// The store's.
pub fn of(tx: &mut Tx<'_>, key: &DataKey, client: ClientId) -> Result<Vec<Evidence>, Error> {
    Ok(kept(tx, key, client)?.into_iter().map(|kept| kept.evidence).collect())
}

/// What a visit that was just finished leaves for the gates: a consultation is done, test dots are set and to be read.
///
/// # Errors
/// The store's.
pub(super) fn after(
    tx: &mut Tx<'_>,
    desk: Desk<'_>,
    visit: &Appointment,
    fresh: &mut Fresh<'_>,
) -> Result<(), Error> {
    let kind = desk.practice.service(visit.service).map(|s| s.kind);
    let (gate, since_us, finding) = match kind {
        Some(ServiceKind::Consultation) => (Gate::Consultation, None, Finding::Clear),
        Some(ServiceKind::PatchTest) => (Gate::PatchTest, Some(visit.span.start_us), Finding::Pending),
        _ => return Ok(()),
    };
    let Some(client) = visit.client else { return Ok(()) };
    let key = clients::key(tx, desk.vault, client)?;
    let found = Evidence { id: EvidenceId(fresh.id()), gate, at_us: fresh.now_us(), since_us, finding };
    let by = Who::Person(desk.actor.clone()).staff();
    add(tx, &key, visit.studio, client, &found, by, fresh)
}

/// All evidence of a client with who put it on record, oldest first.
///
/// # Errors
/// The store's.
pub fn kept(tx: &mut Tx<'_>, key: &DataKey, client: ClientId) -> Result<Vec<Kept>, Error> {
    let chain = tx.chain()?;
    let rows = tx.query(
        "select id, gate, at_us, since_us, sealed, staff_id from evidence where client_id = $1 and chain_id = $2 \
         order by at_us, id",
        values![client, chain],
    )?;
    rows.into_iter()
        .map(|mut row| {
            let id: EvidenceId = row.take()?;
            let evidence = Evidence {
                id,
                gate: word(&row.take::<String>()?)?,
                at_us: row.take()?,
                since_us: row.take()?,
                finding: open::<Finding>(key, place(id), &row.take::<Vec<u8>>()?)?,
            };
            Ok(Kept { evidence, by: row.take()? })
        })
        .collect()
}
