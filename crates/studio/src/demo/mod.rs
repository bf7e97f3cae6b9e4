//! A chain of studios that does not exist, with a year of work in it, so that a newcomer sees everything at once.
//!
//! [`fill`] makes it from a seed and the present: the same twice for the same two; at another hour of the day the practice
//! and its clients are the same, and their visits have gone on. Visits are placed by the search itself, as of the instant at which they were booked; what was
//! done was allowed when it was done; rows are written by the functions that write all others.
//!
//! Keys and codes come from the seed as well: nothing in a demonstration is secret, and nothing real belongs in it.

mod calendar;
mod chance;
mod clients;
mod journey;
mod names;
mod places;
mod setup;
mod wishes;
mod write;

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub use self::clients::CLIENTS;
pub use self::wishes::case_of;
pub use self::write::{PLANNED, SHOW};
use crate::board::Claim;
use crate::ids::{ChainId, Fresh, ResourceId, StudioId};
use crate::permission::Role;
use crate::practice::{Chain, Practice};
use crate::seal::SealError;
use crate::seal::master::MasterKeys;
use crate::search::{Refusal, SearchError};
use crate::span::DAY_US;
use crate::store::{self, Store, Tx, Vault, practice};
use crate::zone::TimeError;

/// Name and address of the client whom newcomers sign in as.
const CLIENT: (&str, &str) = ("Elliot Ashgrove", "elliot.ashgrove@post.example");

/// Why the demonstration could not be made; nothing of it was kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The master key is not one for this store.
    #[error(transparent)]
    Keys(#[from] SealError),
    /// A zone or hours of the demonstration are not ones.
    #[error(transparent)]
    Setup(#[from] TimeError),
    /// The calendar of the demonstration could not be searched.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// A time of the demonstration that was offered was then refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// How a newcomer can sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// As what.
    pub role: Role,
    /// As whom.
    pub name: &'static str,
    /// Their e-mail address.
    pub email: String,
    /// Their password.
    pub password: &'static str,
}

/// A store with a chain in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// The chain.
    pub chain: ChainId,
    /// Whether it was made now; a store that had a chain was left alone.
    pub made: bool,
    /// How to sign in, where the chain is the demonstration.
    pub sign_ins: Vec<SignIn>,
}

/// How newcomers can sign in: as owner, manager, practitioner, reception and client. Owner apart, all belong to the first
/// studio.
pub fn sign_ins() -> [SignIn; 5] {
    let staff = |role, name, password| SignIn { role, name, email: setup::staff_email(name), password };
    [
        staff(Role::Owner, names::OWNER, "lantern orchard velvet"),
        staff(Role::Manager, names::MANAGERS[0].0, "copper meadow whistle"),
        staff(Role::Practitioner, names::PRACTITIONERS[0], "gentle harbour pencil"),
        staff(Role::Reception, names::RECEPTION[0], "marble kettle sunrise"),
        SignIn {
            role: Role::Client,
            name: CLIENT.0,
            email: CLIENT.1.to_owned(),
            password: "willow saddle compass",
        },
    ]
}

/// Everything that is written.
struct Plan {
    practice: Practice,
    absences: Vec<(StudioId, Claim)>,
    clients: Vec<clients::Client>,
    /// For what belongs to no client.
    chance: chance::Chance,
}

/// Fills an empty store with the demonstration as it stands at an instant; a store that has a chain is left alone.
///
/// # Errors
/// The store's; nothing is kept then.
pub fn fill(store: &Store, master: &Arc<MasterKeys>, seed: u64, now: Timestamp) -> Result<Filled, Error> {
    if let Some(there) = store.read(None, there)? {
        return Ok(there);
    }
    let mut plan = plan(master, seed, now)?;
    let vault = Vault::open(Arc::clone(master), &plan.practice.chain)?;
    let chain = plan.practice.chain.id;
    store.write(Some(chain), move |tx| {
        // Of several processes that start at once one fills the store, the others find it filled.
        tx.lock(&[ResourceId(uuid::Uuid::nil())])?;
        if let Some(there) = there(tx)? {
            return Ok(there);
        }
        write::write(tx, &vault, &mut plan, now)?;
        Ok(Filled { made: true, ..filled(&plan.practice.chain) })
    })
}

fn there(tx: &mut Tx<'_>) -> Result<Option<Filled>, Error> {
    Ok(practice::chains(tx)?.first().map(filled))
}

fn filled(chain: &Chain) -> Filled {
    let sign_ins = if chain.demo { sign_ins().to_vec() } else { Vec::new() };
    Filled { chain: chain.id, made: false, sign_ins }
}

fn plan(master: &MasterKeys, seed: u64, now: Timestamp) -> Result<Plan, Error> {
    // Everything but the present hangs on the day alone.
    let now_us = now.as_microsecond();
    let midnight_us = now_us - now_us.rem_euclid(DAY_US);
    let midnight = calendar::instant(midnight_us);
    let today = midnight.to_zoned(TimeZone::UTC).date();
    let mut chance = chance::Chance::new(seed, today, "chain", 0);
    let mut practice = setup::practice(&mut chance, midnight, today);
    let mut fresh = Fresh::new(midnight, &mut chance.0);
    practice.chain.wrapped_key = Vault::new_chain_key(master, practice.chain.id, &mut fresh);
    let mut calendar = calendar::Calendar::new(&practice, today)?;
    let absences = calendar.absences(&mut chance, midnight_us)?;
    let clients = clients::all(&practice, &mut calendar, seed, today, midnight_us, now_us)?;
    Ok(Plan { practice, absences, clients, chance })
}
