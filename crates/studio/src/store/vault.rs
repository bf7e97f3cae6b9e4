//! The keys of one chain, at hand while the program runs: what opens a client's record, and what finds it.

use std::sync::Arc;

use uuid::Uuid;

use super::Error;
use super::seals::SealKey;
use crate::ids::{ChainId, ClientId, Fresh};
use crate::practice::Chain;
use crate::seal::blind::BlindIndex;
use crate::seal::master::MasterKeys;
use crate::seal::{DataKey, Place, SealError};

/// Opens and seals what one chain keeps of its clients.
#[derive(Debug)]
pub struct Vault {
    master: Arc<MasterKeys>,
    blind: BlindIndex,
    seals: SealKey,
}

impl Vault {
    /// The vault of a chain.
    ///
    /// # Errors
    /// Where the master key is not the one that wrapped the chain's key.
    pub fn open(master: Arc<MasterKeys>, chain: &Chain) -> Result<Vault, SealError> {
        let key = master.unwrap(&chain.wrapped_key, chain.id.0)?;
        Ok(Vault { blind: BlindIndex::new(&key), seals: SealKey::new(&key), master })
    }

    /// A new key for a chain, wrapped.
    pub fn new_chain_key(master: &MasterKeys, chain: ChainId, fresh: &mut Fresh<'_>) -> Vec<u8> {
        let key = DataKey::new(&mut fresh.rng);
        master.wrap(&key, chain.0, &mut fresh.rng)
    }

    /// What finds clients by name, e-mail or phone.
    pub fn blind(&self) -> &BlindIndex {
        &self.blind
    }

    /// What seals of the history are signed with.
    pub(super) fn seals(&self) -> &SealKey {
        &self.seals
    }

    /// A new key for a client, and the same wrapped.
    pub(super) fn new_client_key(&self, client: ClientId, fresh: &mut Fresh<'_>) -> (DataKey, Vec<u8>) {
        self.new_key(client.0, fresh)
    }

    /// A client's key.
    pub(super) fn client_key(&self, client: ClientId, wrapped: &[u8]) -> Result<DataKey, Error> {
        self.key(client.0, wrapped)
    }

    /// A new key for somebody's own, and the same wrapped.
    pub(super) fn new_key(&self, owner: Uuid, fresh: &mut Fresh<'_>) -> (DataKey, Vec<u8>) {
        let key = DataKey::new(&mut fresh.rng);
        let wrapped = self.master.wrap(&key, owner, &mut fresh.rng);
        (key, wrapped)
    }

    /// A key that [`Vault::new_key`] made.
    pub(super) fn key(&self, owner: Uuid, wrapped: &[u8]) -> Result<DataKey, Error> {
        self.master.unwrap(wrapped, owner).map_err(broken)
    }
}

/// A value as JSON under a key, for one place.
pub(super) fn seal<T: serde::Serialize>(
    key: &DataKey,
    place: Place<'_>,
    value: &T,
    fresh: &mut Fresh<'_>,
) -> Result<Vec<u8>, Error> {
    let plain =
        serde_json::to_vec(value).map_err(|e| Error::Broken(format!("a value cannot be kept: {e}")))?;
    Ok(crate::seal::seal(key, place, &plain, &mut fresh.rng))
}

/// The value again.
pub(super) fn open<T: serde::de::DeserializeOwned>(
    key: &DataKey,
    place: Place<'_>,
    sealed: &[u8],
) -> Result<T, Error> {
    let plain = crate::seal::open(key, place, sealed).map_err(broken)?;
    // What serde says could quote the value.
    serde_json::from_slice(&plain)
        .map_err(|_| Error::Broken(format!("{place} holds other JSON than is read")))
}

#[expect(clippy::needless_pass_by_value, reason = "the shape of map_err")]
pub(super) fn broken(e: SealError) -> Error {
    Error::Broken(e.to_string())
}
