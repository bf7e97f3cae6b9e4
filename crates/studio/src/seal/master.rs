//! The master key: one key outside the store that wraps every data key inside it.
//!
//! It comes as text, one key a line in base64, the current one first: from a file that its owner alone may read, or from
//! the environment. To change it, put a new line on top and wrap every data key again ([`MasterKeys::rewrap`]); the sealed
//! values stay as they are. Then the old line can go, once no backup needs it.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hkdf::Hkdf;
use rand_core::CryptoRng;
use sha2::Sha256;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{DataKey, KEY_BYTES, OVERHEAD_BYTES, SealError, associated, open_bytes, seal_bytes};

/// Length of a master key's name in bytes.
const NAME_BYTES: usize = 8;
/// Length of a wrapped data key in bytes: name of the master key, sealed key.
pub const WRAPPED_BYTES: usize = NAME_BYTES + OVERHEAD_BYTES + KEY_BYTES;

struct MasterKey {
    name: [u8; NAME_BYTES],
    key: Zeroizing<[u8; KEY_BYTES]>,
}

/// The current master key and older ones; they never show themselves and are wiped when dropped.
pub struct MasterKeys {
    current: MasterKey,
    older: Vec<MasterKey>,
}

impl fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKeys({})", self.names().join(", "))
    }
}

impl MasterKeys {
    /// Reads keys from text: one a line (or parted by commas, for the environment), the current one first; `#` begins a
    /// comment. `place` is for messages.
    pub fn parse(text: &str, place: &str) -> Result<MasterKeys, SealError> {
        let mut keys = Vec::new();
        for (i, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default();
            for word in line.split([',', ' ', '\t']).filter(|word| !word.is_empty()) {
                let place = || format!("{place}, line {}", i + 1);
                let key = read_key(word);
                keys.push(master_key(
                    key.map_err(|problem| SealError::MasterText { place: place(), problem })?,
                ));
            }
        }
        let mut keys = keys.into_iter();
        let current = keys
            .next()
            .ok_or_else(|| SealError::MasterText { place: place.to_owned(), problem: "no key".to_owned() })?;
        Ok(MasterKeys { current, older: keys.collect() })
    }

    /// Reads the keys of a file; refused unless its owner alone may read it.
    pub fn read(path: &Path) -> Result<MasterKeys, SealError> {
        let failed = |source| SealError::File { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(failed)?;
        refuse_open_to_others(&file, path)?;
        let mut text = Zeroizing::new(String::new());
        file.read_to_string(&mut text).map_err(failed)?;
        MasterKeys::parse(&text, &path.display().to_string())
    }

    /// Writes a file with one new key, for its owner alone, and reads it back. Fails if the file is there.
    ///
    /// Only for a store without any wrapped key: a store that has some needs the key that wrapped them.
    pub fn create(path: &Path, rng: &mut impl CryptoRng) -> Result<MasterKeys, SealError> {
        let failed = |source| SealError::File { path: path.to_owned(), source };
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(failed)?;
        let text = Zeroizing::new(format!(
            "# Master key of hairline. Without it nothing in the store can be read: keep a copy elsewhere, apart from the backups.\n{}\n",
            *new_line(rng)
        ));
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        drop(file);
        #[cfg(unix)]
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            File::open(folder).and_then(|f| f.sync_all()).map_err(failed)?;
        }
        MasterKeys::read(path)
    }

    /// Names of the keys, the current one first: 16 hexadecimal digits each, made from the key and safe to show.
    pub fn names(&self) -> Vec<String> {
        std::iter::once(&self.current).chain(&self.older).map(|k| hex(&k.name)).collect()
    }

    /// A data key as the store keeps it: wrapped by the current master key, for one owner ([`WRAPPED_BYTES`] long).
    pub fn wrap(&self, key: &DataKey, owner: Uuid, rng: &mut impl CryptoRng) -> Vec<u8> {
        let mut wrapped = Vec::with_capacity(WRAPPED_BYTES);
        wrapped.extend_from_slice(&self.current.name);
        wrapped.extend_from_slice(&seal_bytes(&self.current.key, &wrapping(owner), key.0.as_slice(), rng));
        wrapped
    }

    /// The data key of an owner, unwrapped by whichever master key wrapped it.
    pub fn unwrap(&self, wrapped: &[u8], owner: Uuid) -> Result<DataKey, SealError> {
        let what = || format!("the key of {owner}");
        let Some((name, sealed)) = wrapped.split_at_checked(NAME_BYTES) else {
            return Err(SealError::Short { what: what(), found: wrapped.len(), min: WRAPPED_BYTES });
        };
        let master = std::iter::once(&self.current).chain(&self.older).find(|k| k.name == name);
        let master = master.ok_or_else(|| SealError::OtherMaster {
            owner,
            found: hex(name),
            have: self.names().join(", "),
        })?;
        let plain = Zeroizing::new(open_bytes(&master.key, &wrapping(owner), sealed, what)?);
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        if plain.len() != KEY_BYTES {
            return Err(SealError::Short { what: what(), found: plain.len(), min: KEY_BYTES });
        }
        key.copy_from_slice(&plain);
        Ok(DataKey(key))
    }

    /// The same data key wrapped by the current master key; `None` if it is already.
    pub fn rewrap(
        &self,
        wrapped: &[u8],
        owner: Uuid,
        rng: &mut impl CryptoRng,
    ) -> Result<Option<Vec<u8>>, SealError> {
        let key = self.unwrap(wrapped, owner)?;
        Ok((!wrapped.starts_with(&self.current.name)).then(|| self.wrap(&key, owner, rng)))
    }
}

fn read_key(word: &str) -> Result<Zeroizing<[u8; KEY_BYTES]>, String> {
    let bytes = Zeroizing::new(STANDARD.decode(word).map_err(|_| "not base64".to_owned())?);
    if bytes.len() != KEY_BYTES {
        return Err(format!("{} bytes", bytes.len()));
    }
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    key.copy_from_slice(&bytes);
    if key.iter().all(|b| *b == key[0]) {
        return Err("all bytes are equal, so it is not random".to_owned());
    }
    Ok(key)
}

/// A new master key as a line of text.
pub fn new_line(rng: &mut impl CryptoRng) -> Zeroizing<String> {
    let key = DataKey::new(rng);
    Zeroizing::new(STANDARD.encode(key.0.as_slice()))
}

fn master_key(key: Zeroizing<[u8; KEY_BYTES]>) -> MasterKey {
    let mut name = [0; NAME_BYTES];
    Hkdf::<Sha256>::new(None, key.as_slice())
        .expand(b"hairline master key name 1", &mut name)
        .expect("a few bytes are always to be had");
    MasterKey { name, key }
}

fn wrapping(owner: Uuid) -> Vec<u8> {
    associated(&[b"hairline data key 1", owner.as_bytes()])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(unix)]
fn refuse_open_to_others(file: &File, path: &Path) -> Result<(), SealError> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = file.metadata().map_err(|source| SealError::File { path: path.to_owned(), source })?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(SealError::OpenToOthers { path: path.to_owned(), mode }) }
}

#[cfg(not(unix))]
fn refuse_open_to_others(_file: &File, _path: &Path) -> Result<(), SealError> {
    Ok(())
}
