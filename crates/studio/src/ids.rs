//! Identifiers: UUIDv7 inside the program and its store, short unguessable codes outside.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<$name, uuid::Error> {
                Uuid::from_str(text).map($name)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> $name {
                $name(id)
            }
        }
    )+};
}

ids! {
    /// A chain of studios under one owner; a single studio is a chain of one.
    ChainId,
    /// One place where clients are treated.
    StudioId,
    /// What can be taken once at a time: a practitioner (the same id as the person on the staff) or a room.
    ResourceId,
    /// A person on the staff.
    StaffId,
    /// A client.
    ClientId,
    /// A room.
    RoomId,
    /// A kind of visit: a consultation, a session, a patch test.
    ServiceId,
    /// One visit, or the hold of one.
    AppointmentId,
    /// An ordered set of sessions, booked together.
    CourseId,
    /// A record that something was done: a form signed, a patch test read, photos reviewed.
    EvidenceId,
}

impl From<StaffId> for ResourceId {
    /// A practitioner is taken as the person they are.
    fn from(id: StaffId) -> ResourceId {
        ResourceId(id.0)
    }
}

impl From<StudioId> for ResourceId {
    /// A studio's own hours are kept as those of a resource of its id.
    fn from(id: StudioId) -> ResourceId {
        ResourceId(id.0)
    }
}

impl From<RoomId> for ResourceId {
    /// A room is taken as itself.
    fn from(id: RoomId) -> ResourceId {
        ResourceId(id.0)
    }
}

/// How many ids of one millisecond stand in the order they were made in: the twelve bits before the random ones count
/// them (RFC 9562, 6.2, method 1).
const IDS_PER_MS: u64 = 1 << 12;

/// A new identifier: UUIDv7 of the time (UTC milliseconds) and ten random bytes, so that ids sort by when they were made.
pub fn new_id(now_ms: u64, random: [u8; 10]) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(now_ms, &random).into_uuid()
}

/// What a change needs from outside: the time, and randomness for new ids, codes and keys.
pub struct Fresh<'a> {
    /// The present.
    pub now: Timestamp,
    /// Where ids, codes, keys and nonces come from.
    pub rng: &'a mut dyn CryptoRng,
    made: u64,
}

impl<'a> Fresh<'a> {
    /// Of a time, and a source of randomness fit for keys.
    pub fn new(now: Timestamp, rng: &'a mut dyn CryptoRng) -> Fresh<'a> {
        Fresh { now, rng, made: 0 }
    }

    /// The present in UTC microseconds.
    pub fn now_us(&self) -> i64 {
        self.now.as_microsecond()
    }

    /// A new identifier, greater than those made before: what one change writes stays in the order it was written in.
    pub fn id(&mut self) -> Uuid {
        let mut random = [0; 10];
        self.rng.fill_bytes(&mut random);
        let now_ms = u64::try_from(self.now.as_millisecond()).unwrap_or(0);
        let count = self.made % IDS_PER_MS;
        [random[0], random[1]] = [(count >> 8) as u8, (count & 0xFF) as u8];
        let ms = now_ms + self.made / IDS_PER_MS;
        self.made += 1;
        new_id(ms, random)
    }

    /// A new code ([`code`]).
    pub fn code(&mut self) -> String {
        let mut random = [0; 16];
        self.rng.fill_bytes(&mut random);
        code(random)
    }
}

/// The alphabet of codes that people read and type: no vowels (no words), nothing that looks like something else.
const CODE_ALPHABET: &[u8; 24] = b"BCDFGHJKMNPQRSTVWXZ24789";

/// A code of 16 signs in fours (`XXXX-XXXX-XXXX-XXXX`, 73 bits) from 16 random bytes.
///
/// A byte picks a sign by its remainder after division by 24; the sixteen signs that 256 = 10 * 24 + 16 favours cost less
/// than a tenth of a bit each.
pub fn code(random: [u8; 16]) -> String {
    let mut text = String::with_capacity(19);
    for (i, byte) in random.iter().enumerate() {
        if i > 0 && i % 4 == 0 {
            text.push('-');
        }
        text.push(char::from(CODE_ALPHABET[usize::from(*byte) % CODE_ALPHABET.len()]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_are_version_7() {
        let early = new_id(1_000, [255; 10]);
        let late = new_id(1_001, [0; 10]);
        assert!(early < late);
        assert_eq!(early.get_version_num(), 7);
        assert_eq!(late.to_string().parse::<ClientId>().map(|id| id.0), Ok(late));
    }

    #[test]
    fn ids_of_one_change_stand_in_the_order_they_were_made_in() {
        let mut rng = crate::seal::system_random();
        let mut fresh = Fresh::new(Timestamp::UNIX_EPOCH, &mut rng);
        let ids: Vec<Uuid> = (0..2 * IDS_PER_MS).map(|_| fresh.id()).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn a_code_is_four_groups_of_four() {
        let text = code([0, 23, 24, 255, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        assert_eq!(text.len(), 19);
        assert!(text.starts_with("B9B"), "{text}");
        assert!(text.split('-').all(|group| group.len() == 4));
    }
}
