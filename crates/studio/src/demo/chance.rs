//! Chance that is the same for the same seed, day and purpose: ChaCha20 under a hash of the three, so that what one client
//! draws changes nothing for another.

use chacha20::ChaCha20Rng;
use jiff::Timestamp;
use jiff::civil::Date;
use rand_core::{Rng as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::ids::new_id;

/// A stream of chance.
pub(super) struct Chance(pub(super) ChaCha20Rng);

impl Chance {
    /// The stream of one purpose.
    pub(super) fn new(seed: u64, today: Date, purpose: &str, number: usize) -> Chance {
        let text = format!("hairline demo 1|{seed}|{today}|{purpose}|{number}");
        Chance(ChaCha20Rng::from_seed(Sha256::digest(text.as_bytes()).into()))
    }

    /// The stream of a client, whatever the day.
    pub(super) fn of(purpose: &str, id: Uuid) -> Chance {
        let text = format!("hairline demo 1|{purpose}|{id}");
        Chance(ChaCha20Rng::from_seed(Sha256::digest(text.as_bytes()).into()))
    }

    /// A whole number from `low` to `high`, both in.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = u64::try_from(high - low).unwrap_or(0) + 1;
        // The remainder favours small numbers by less than one part in 2^40 for the widths asked here.
        low + i64::try_from(self.0.next_u64() % width).unwrap_or(0)
    }

    /// True `percent` times of a hundred.
    pub(super) fn percent(&mut self, percent: i64) -> bool {
        self.between(0, 99) < percent
    }

    /// One of several; the lists of this module are never empty.
    pub(super) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let last = i64::try_from(of.len()).unwrap_or(1) - 1;
        &of[usize::try_from(self.between(0, last.max(0))).unwrap_or(0)]
    }

    /// A new identifier made at an instant.
    pub(super) fn id(&mut self, at: Timestamp) -> Uuid {
        let mut random = [0; 10];
        self.0.fill_bytes(&mut random);
        new_id(u64::try_from(at.as_millisecond()).unwrap_or(0), random)
    }
}
