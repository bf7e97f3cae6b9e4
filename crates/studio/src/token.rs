//! Tokens: 256 random bits handed to a browser, a mail or a calendar; the store keeps only their hash, and when they end.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::span::{DAY_US, HOUR_US, MINUTE_US};

/// Length of a token in bytes; 43 characters as text.
pub const TOKEN_BYTES: usize = 32;

/// A new token as text (base64 for URLs): to hand out, never to keep.
pub fn new(rng: &mut impl CryptoRng) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new([0; TOKEN_BYTES]);
    rng.fill_bytes(bytes.as_mut_slice());
    Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_slice()))
}

/// What is kept of a token and looked up by: SHA-256 of its bytes; `None` if the text cannot be one.
pub fn kept(text: &str) -> Option<[u8; 32]> {
    // Longest text first: nothing long is decoded.
    if text.len() != TOKEN_BYTES.div_ceil(3) * 4 - 1 {
        return None;
    }
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
    (bytes.len() == TOKEN_BYTES).then(|| Sha256::digest(bytes.as_slice()).into())
}

/// How long a sign-in lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// Longest time without use, in microseconds.
    pub idle_us: i64,
    /// Longest time in all, in microseconds.
    pub absolute_us: i64,
}

/// Staff: an hour without use, a day in all (NIST SP 800-63B-4 section 2.2.3 for AAL2).
pub const STAFF: Lifetime = Lifetime { idle_us: HOUR_US, absolute_us: DAY_US };
/// Clients, who see their own bookings only: a week without use, thirty days in all (NIST SP 800-63B-4 section 2.1.3 for
/// AAL1; the week is an assumption).
pub const CLIENT: Lifetime = Lifetime { idle_us: 7 * DAY_US, absolute_us: 30 * DAY_US };
/// A use is written down again only after this time, so that reading pages writes little.
const TOUCH_US: i64 = MINUTE_US;

/// The instant (UTC microseconds) from which a sign-in is over, given when it began and when it was last used.
pub fn ends_us(lifetime: Lifetime, began_us: i64, used_us: i64) -> i64 {
    used_us.saturating_add(lifetime.idle_us).min(began_us.saturating_add(lifetime.absolute_us))
}

/// Whether a sign-in still holds.
pub fn holds(lifetime: Lifetime, began_us: i64, used_us: i64, now_us: i64) -> bool {
    now_us < ends_us(lifetime, began_us, used_us)
}

/// Whether a use now is to be written down.
pub fn is_to_touch(used_us: i64, now_us: i64) -> bool {
    now_us.saturating_sub(used_us) >= TOUCH_US
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::system_random;

    #[test]
    fn a_token_is_known_by_its_hash_alone() {
        let mut rng = system_random();
        let (token, other) = (new(&mut rng), new(&mut rng));
        assert_eq!(token.len(), 43);
        assert!(kept(&token).is_some() && kept(&token) == kept(&token) && kept(&token) != kept(&other));
        // SHA-256 of 32 noughts, by coreutils: head -c 32 /dev/zero | sha256sum.
        let noughts = kept(&"A".repeat(43)).expect("32 noughts");
        assert_eq!(noughts[..4], [0x66, 0x68, 0x7a, 0xad]);
        for wrong in ["", "A", &token[1..], &format!("{}A", *token), &"!".repeat(43), &"B".repeat(43)] {
            assert_eq!(kept(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_sign_in_ends_by_idleness_or_by_age() {
        let t = 1_000 * DAY_US;
        assert!(holds(STAFF, t, t, t + HOUR_US - 1));
        assert!(!holds(STAFF, t, t, t + HOUR_US));
        let used = t + DAY_US - 1;
        assert!(holds(STAFF, t, used, used) && !holds(STAFF, t, used, t + DAY_US));
        assert!(!is_to_touch(t, t + MINUTE_US - 1) && is_to_touch(t, t + MINUTE_US));
        assert!(!holds(CLIENT, i64::MAX, i64::MAX, i64::MAX), "no overflow");
    }
}
