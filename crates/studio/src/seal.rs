//! Sealed values: what the store keeps of a client's health, name and address is unreadable without the client's key.
//!
//! Every client (and every chain, for what belongs to no client) has a random [`DataKey`]. The store keeps it wrapped by
//! the master key ([`master`]), which lives outside the store. A sealed value opens only in the table, row and column it
//! was sealed for, so that values cannot be moved between rows. Destroying a wrapped key makes everything under it
//! unreadable, in backups too. What has to be found again without being read has a token ([`blind`]).
//!
//! XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03): its nonces of 192 bits are drawn at random, without a counter that
//! could be set back by a restored backup.

pub mod blind;
pub mod master;

use std::fmt;
use std::path::PathBuf;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use rand_core::CryptoRng;
use uuid::Uuid;
use zeroize::Zeroizing;

/// Length of every key in bytes.
pub const KEY_BYTES: usize = 32;
/// Length of a nonce in bytes.
pub(crate) const NONCE_BYTES: usize = 24;
/// Length of the authentication tag in bytes.
pub(crate) const TAG_BYTES: usize = 16;
/// First byte of a value sealed in the way of this module.
const VERSION: u8 = 1;
/// What a sealed value is longer than its plain one, in bytes: version, nonce, tag.
pub const OVERHEAD_BYTES: usize = 1 + NONCE_BYTES + TAG_BYTES;

/// Why something could not be sealed, opened or read as a key.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// Not a sealed value at all.
    #[error("{what} has {found} bytes; at least {min} are needed: it was cut or never sealed")]
    Short {
        /// What was to be opened.
        what: String,
        /// Bytes found.
        found: usize,
        /// Bytes that an empty one has.
        min: usize,
    },
    /// Sealed by a newer program.
    #[error("{what} was sealed in way {found}; this program knows way {VERSION}: a newer one is needed")]
    Version {
        /// What was to be opened.
        what: String,
        /// The way found.
        found: u8,
    },
    /// Wrong key, wrong place or changed bytes; which of them cannot be told.
    #[error("{what} does not open: another key, moved from elsewhere, or changed")]
    Refused {
        /// What was to be opened.
        what: String,
    },
    /// Wrapped by a master key that is not here.
    #[error(
        "the key of {owner} is wrapped by master key {found}; here are {have}: add the missing line to the key file"
    )]
    OtherMaster {
        /// Whose key.
        owner: Uuid,
        /// Name of the master key that is needed.
        found: String,
        /// Names of the master keys here.
        have: String,
    },
    /// The master keys' text is not as it should be.
    #[error(
        "{place}: {problem}; a master key is 32 random bytes in base64, one a line, the current one first"
    )]
    MasterText {
        /// File and line, or the variable.
        place: String,
        /// What is wrong.
        problem: String,
    },
    /// The file of the master keys is open to others.
    #[error("{path} can be read by others (mode {mode:03o}); allow its owner alone: chmod 600")]
    OpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file of the master keys cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// A random key of 256 bits for everything of one client or chain; it never shows itself and is wiped when dropped.
#[derive(Clone)]
pub struct DataKey(pub(crate) Zeroizing<[u8; KEY_BYTES]>);

impl DataKey {
    /// A new key.
    pub fn new(rng: &mut impl CryptoRng) -> DataKey {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        rng.fill_bytes(bytes.as_mut_slice());
        DataKey(bytes)
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(…)")
    }
}

/// The system's source of randomness, for all that asks for an `rng` here; a system without randomness ends the program.
pub fn system_random() -> impl CryptoRng {
    rand_core::UnwrapErr(getrandom::SysRng)
}

/// Where a sealed value stands; it opens nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// Name of the table.
    pub table: &'a str,
    /// The row.
    pub row: Uuid,
    /// Name of the column.
    pub column: &'a str,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{} of {}", self.table, self.column, self.row)
    }
}

impl Place<'_> {
    /// The associated data: every part with its length, so that no two places have the same.
    fn bytes(&self) -> Vec<u8> {
        let parts: [&[u8]; 4] =
            [b"hairline value 1", self.table.as_bytes(), self.row.as_bytes(), self.column.as_bytes()];
        associated(&parts)
    }
}

/// Parts put together so that different parts never give the same bytes.
pub(crate) fn associated(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(parts.iter().map(|p| p.len() + 8).sum());
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

/// A value sealed for one place: version, nonce, encrypted value, tag ([`OVERHEAD_BYTES`] longer than the plain one).
pub fn seal(key: &DataKey, place: Place<'_>, plain: &[u8], rng: &mut impl CryptoRng) -> Vec<u8> {
    seal_bytes(&key.0, &place.bytes(), plain, rng)
}

/// The plain value again, if the key, the place and every bit are the same.
pub fn open(key: &DataKey, place: Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    open_bytes(&key.0, &place.bytes(), sealed, || place.to_string())
}

pub(crate) fn seal_bytes(
    key: &[u8; KEY_BYTES],
    associated: &[u8],
    plain: &[u8],
    rng: &mut impl CryptoRng,
) -> Vec<u8> {
    let mut nonce = [0; NONCE_BYTES];
    rng.fill_bytes(&mut nonce);
    let mut sealed = Vec::with_capacity(plain.len() + OVERHEAD_BYTES);
    sealed.push(VERSION);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&encrypt(key, &nonce, associated, plain));
    sealed
}

pub(crate) fn open_bytes(
    key: &[u8; KEY_BYTES],
    associated: &[u8],
    sealed: &[u8],
    what: impl Fn() -> String,
) -> Result<Vec<u8>, SealError> {
    if sealed.len() < OVERHEAD_BYTES {
        return Err(SealError::Short { what: what(), found: sealed.len(), min: OVERHEAD_BYTES });
    }
    if sealed[0] != VERSION {
        return Err(SealError::Version { what: what(), found: sealed[0] });
    }
    let (nonce, body) = sealed[1..].split_at(NONCE_BYTES);
    let nonce = nonce.try_into().map_err(|_| SealError::Refused { what: what() })?;
    decrypt(key, nonce, associated, body).ok_or_else(|| SealError::Refused { what: what() })
}

/// XChaCha20-Poly1305: the encrypted bytes followed by the tag.
pub(crate) fn encrypt(
    key: &[u8; KEY_BYTES],
    nonce: &[u8; NONCE_BYTES],
    associated: &[u8],
    plain: &[u8],
) -> Vec<u8> {
    XChaCha20Poly1305::new(key.into())
        .encrypt(&XNonce::from(*nonce), Payload { msg: plain, aad: associated })
        .expect("only 256 GiB and more are refused")
}

pub(crate) fn decrypt(
    key: &[u8; KEY_BYTES],
    nonce: &[u8; NONCE_BYTES],
    associated: &[u8],
    body: &[u8],
) -> Option<Vec<u8>> {
    XChaCha20Poly1305::new(key.into())
        .decrypt(&XNonce::from(*nonce), Payload { msg: body, aad: associated })
        .ok()
}

#[cfg(test)]
mod tests;
