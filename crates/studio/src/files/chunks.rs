//! Files encrypted in pieces of 1 MiB, so that a large scan is never whole in memory and is checked as it is read.
//!
//! STREAM (Hoang, Reyhanitabar, Rogaway and Vizár, 2015) over XChaCha20-Poly1305: the nonce of a piece is a random prefix,
//! the piece's number and whether it is the last. Pieces changed, moved, left out, repeated or cut off at the end do not
//! open; neither do those of another file, whose id is in the associated data.

use rand_core::CryptoRng;
use uuid::Uuid;

use crate::seal::{DataKey, NONCE_BYTES, TAG_BYTES, associated, decrypt, encrypt};

/// Plain bytes of every piece but the last.
pub const PIECE_BYTES: usize = 1 << 20;
const PREFIX_BYTES: usize = NONCE_BYTES - 5;
const VERSION: u8 = 1;
/// Bytes before the first piece: version and prefix of the nonces.
pub const HEADER_BYTES: usize = 1 + PREFIX_BYTES;

/// Why an encrypted file does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// No header.
    #[error("it is cut before its first piece")]
    Cut,
    /// Written by a newer program.
    #[error("it was encrypted in way {0}; this program knows way {VERSION}")]
    Version(u8),
    /// Wrong key, another file's, changed, moved or cut.
    #[error("piece {0} does not open: another key, another file's, changed or cut")]
    Piece(u32),
}

/// Length of the encrypted form of a file, in bytes.
pub fn encrypted_len(plain: u64) -> u64 {
    let pieces = plain.div_ceil(PIECE_BYTES as u64).max(1);
    HEADER_BYTES as u64 + plain + pieces * TAG_BYTES as u64
}

struct Pieces {
    key: DataKey,
    associated: Vec<u8>,
    prefix: [u8; PREFIX_BYTES],
    next: u32,
}

impl Pieces {
    fn new(key: &DataKey, id: Uuid, prefix: [u8; PREFIX_BYTES]) -> Pieces {
        Pieces {
            key: key.clone(),
            associated: associated(&[b"hairline file 1", id.as_bytes()]),
            prefix,
            next: 0,
        }
    }

    fn nonce(&mut self, last: bool) -> [u8; NONCE_BYTES] {
        let mut nonce = [0; NONCE_BYTES];
        nonce[..PREFIX_BYTES].copy_from_slice(&self.prefix);
        nonce[PREFIX_BYTES..NONCE_BYTES - 1].copy_from_slice(&self.next.to_be_bytes());
        nonce[NONCE_BYTES - 1] = u8::from(last);
        self.next = self.next.checked_add(1).expect("4 PiB are more than any limit of sizes");
        nonce
    }
}

/// Encrypts a file as its bytes come.
pub struct Sealer {
    pieces: Pieces,
    held: Vec<u8>,
}

impl Sealer {
    /// Begins the encrypted file `id`; its header goes to `out`.
    pub fn new(key: &DataKey, id: Uuid, rng: &mut impl CryptoRng, out: &mut Vec<u8>) -> Sealer {
        let mut prefix = [0; PREFIX_BYTES];
        rng.fill_bytes(&mut prefix);
        out.push(VERSION);
        out.extend_from_slice(&prefix);
        Sealer { pieces: Pieces::new(key, id, prefix), held: Vec::new() }
    }

    /// Takes plain bytes; encrypted pieces that are full go to `out`.
    pub fn push(&mut self, mut plain: &[u8], out: &mut Vec<u8>) {
        while !plain.is_empty() {
            // A full piece is held until more comes: it might be the last.
            if self.held.len() == PIECE_BYTES {
                self.piece(false, out);
            }
            let (now, later) = plain.split_at(plain.len().min(PIECE_BYTES - self.held.len()));
            self.held.extend_from_slice(now);
            plain = later;
        }
    }

    /// The last piece goes to `out`.
    pub fn finish(mut self, out: &mut Vec<u8>) {
        self.piece(true, out);
    }

    fn piece(&mut self, last: bool, out: &mut Vec<u8>) {
        let nonce = self.pieces.nonce(last);
        out.extend_from_slice(&encrypt(&self.pieces.key.0, &nonce, &self.pieces.associated, &self.held));
        self.held.clear();
    }
}

/// Decrypts a file as its bytes come; what it gives out is whole and in order, but only [`Opener::finish`] says that
/// nothing is missing at the end.
pub struct Opener {
    key: DataKey,
    id: Uuid,
    pieces: Option<Pieces>,
    held: Vec<u8>,
}

impl Opener {
    /// Begins to read the encrypted file `id`.
    pub fn new(key: &DataKey, id: Uuid) -> Opener {
        Opener { key: key.clone(), id, pieces: None, held: Vec::new() }
    }

    /// Takes encrypted bytes; plain bytes of pieces that are whole go to `out`.
    pub fn push(&mut self, encrypted: &[u8], out: &mut Vec<u8>) -> Result<(), Damage> {
        self.held.extend_from_slice(encrypted);
        if self.pieces.is_none() {
            if self.held.first().is_some_and(|version| *version != VERSION) {
                return Err(Damage::Version(self.held[0]));
            }
            let Some(prefix) = self.held.get(1..HEADER_BYTES).and_then(|p| p.try_into().ok()) else {
                return Ok(());
            };
            self.pieces = Some(Pieces::new(&self.key, self.id, prefix));
            self.held.drain(..HEADER_BYTES);
        }
        let full = PIECE_BYTES + TAG_BYTES;
        let mut at = 0;
        // The last piece waits for `finish`, which knows that it is the last.
        while self.held.len() - at > full {
            self.open(at, at + full, false, out)?;
            at += full;
        }
        self.held.drain(..at);
        Ok(())
    }

    /// The last piece goes to `out`; an error if the file was cut.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<(), Damage> {
        self.open(0, self.held.len(), true, out)
    }

    fn open(&mut self, start: usize, end: usize, last: bool, out: &mut Vec<u8>) -> Result<(), Damage> {
        let pieces = self.pieces.as_mut().ok_or(Damage::Cut)?;
        let number = pieces.next;
        let nonce = pieces.nonce(last);
        let plain = decrypt(&pieces.key.0, &nonce, &pieces.associated, &self.held[start..end]);
        out.extend_from_slice(&plain.ok_or(Damage::Piece(number))?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::system_random;
    use aead_stream::{NewStream, StreamPrimitive};
    use chacha20poly1305::aead::Payload;

    const ID: Uuid = Uuid::from_u128(77);

    fn key() -> DataKey {
        DataKey::new(&mut system_random())
    }

    fn bytes(n: usize) -> Vec<u8> {
        (0..n).map(|i| (i * 31 + i / 251) as u8).collect()
    }

    fn sealed(key: &DataKey, plain: &[u8], step: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let mut sealer = Sealer::new(key, ID, &mut system_random(), &mut out);
        plain.chunks(step).for_each(|part| sealer.push(part, &mut out));
        sealer.finish(&mut out);
        out
    }

    fn opened(key: &DataKey, id: Uuid, encrypted: &[u8], step: usize) -> Result<Vec<u8>, Damage> {
        let mut out = Vec::new();
        let mut opener = Opener::new(key, id);
        encrypted.chunks(step).try_for_each(|part| opener.push(part, &mut out))?;
        opener.finish(&mut out)?;
        Ok(out)
    }

    #[test]
    fn files_of_every_length_come_back() {
        let key = key();
        for n in [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 2 * PIECE_BYTES, 3 * PIECE_BYTES + 5] {
            let plain = bytes(n);
            let encrypted = sealed(&key, &plain, 700_001);
            assert_eq!(encrypted.len() as u64, encrypted_len(n as u64), "{n}");
            assert!(opened(&key, ID, &encrypted, 123_457).is_ok_and(|back| back == plain), "{n}");
        }
        assert!(opened(&key, ID, &sealed(&key, b"byte by byte", 1), 1).is_ok_and(|b| b == b"byte by byte"));
    }

    #[test]
    fn another_program_for_the_same_construction_reads_it() {
        let key = key();
        let plain = bytes(2 * PIECE_BYTES + 17);
        let encrypted = sealed(&key, &plain, 1 << 16);
        let cipher: chacha20poly1305::XChaCha20Poly1305 = chacha20poly1305::KeyInit::new((&*key.0).into());
        let prefix: [u8; PREFIX_BYTES] = encrypted[1..HEADER_BYTES].try_into().expect("19 bytes");
        let mut foreign = aead_stream::StreamBE32::from_aead(cipher, &prefix.into()).decryptor();
        let aad = associated(&[b"hairline file 1", ID.as_bytes()]);
        let mut pieces =
            encrypted[HEADER_BYTES..].chunks(PIECE_BYTES + TAG_BYTES).map(|msg| Payload { msg, aad: &aad });
        let mut back = Vec::new();
        for _ in 0..2 {
            back.extend(foreign.decrypt_next(pieces.next().expect("a piece")).expect("it opens"));
        }
        back.extend(foreign.decrypt_last(pieces.next().expect("a piece")).expect("it opens"));
        assert!(back == plain);
    }

    #[test]
    fn pieces_moved_left_out_repeated_or_cut_do_not_open() {
        let key = key();
        let plain = bytes(3 * PIECE_BYTES);
        let good = sealed(&key, &plain, PIECE_BYTES);
        let full = PIECE_BYTES + TAG_BYTES;
        let (header, pieces) = good.split_at(HEADER_BYTES);
        let piece = |i: usize| &pieces[i * full..(i + 1) * full];
        let put = |order: &[usize]| {
            [header.to_vec(), order.iter().flat_map(|i| piece(*i).to_vec()).collect()].concat()
        };
        assert!(opened(&key, ID, &put(&[0, 1, 2]), full).is_ok());
        for order in [&[1, 0, 2][..], &[0, 2], &[0, 0, 1, 2], &[0, 1], &[0], &[], &[0, 1, 2, 2], &[2]] {
            assert!(opened(&key, ID, &put(order), full).is_err(), "{order:?} opens");
        }
        for cut in [0, 1, HEADER_BYTES, HEADER_BYTES + 15, good.len() - 1, good.len() - TAG_BYTES] {
            assert!(opened(&key, ID, &good[..cut], full).is_err(), "{cut} bytes open");
        }
        for at in [1, HEADER_BYTES, HEADER_BYTES + full + 9, good.len() - 1] {
            let mut changed = good.clone();
            changed[at] ^= 1;
            assert!(opened(&key, ID, &changed, full).is_err(), "a changed byte {at} opens");
        }
        assert_eq!(opened(&key, Uuid::from_u128(78), &good, full), Err(Damage::Piece(0)));
        assert_eq!(opened(&self::key(), ID, &good, full), Err(Damage::Piece(0)));
        assert_eq!(opened(&key, ID, &[&[9], &good[1..]].concat(), full), Err(Damage::Version(9)));
    }
}
