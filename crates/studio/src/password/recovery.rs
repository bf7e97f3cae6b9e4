//! Recovery codes: ten, each good for one sign-in without the second factor.
//!
//! 114 random bits each, so that a plain hash keeps them (OWASP ASVS 5.0 6.5.2 asks for a password hash below 112).

use rand_core::CryptoRng;
use sha2::{Digest, Sha256};

/// How many codes a person is given.
pub const CODES: usize = 10;
/// No vowels (no words), nothing that looks like something else.
const ALPHABET: &[u8; 24] = b"BCDFGHJKMNPQRSTVWXZ24789";
/// Signs of a code, without hyphens: 25 * log2(24) = 114.6 bits.
const SIGNS: usize = 25;

/// New codes, `XXXXX-XXXXX-XXXXX-XXXXX-XXXXX` each, to show once; keep what [`kept`] makes of them.
pub fn new_codes(rng: &mut impl CryptoRng) -> [String; CODES] {
    std::array::from_fn(|_| {
        let mut code = String::with_capacity(SIGNS + 4);
        let mut signs = 0;
        while signs < SIGNS {
            let mut byte = [0];
            rng.fill_bytes(&mut byte);
            // 240 = 10 * 24: every sign is equally likely.
            if byte[0] < 240 {
                if signs > 0 && signs % 5 == 0 {
                    code.push('-');
                }
                code.push(char::from(ALPHABET[usize::from(byte[0]) % ALPHABET.len()]));
                signs += 1;
            }
        }
        code
    })
}

/// What is kept of a code as typed: SHA-256 of its signs; `None` if it cannot be one. Small letters, blanks and hyphens do
/// not matter.
pub fn kept(typed: &str) -> Option<[u8; 32]> {
    let signs: String =
        typed.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase()).collect();
    let whole = signs.len() == SIGNS && signs.bytes().all(|b| ALPHABET.contains(&b));
    whole.then(|| {
        Sha256::new().chain_update(b"hairline recovery code 1").chain_update(signs).finalize().into()
    })
}

/// Takes the code out of the kept ones if it is among them: every code works once.
///
/// In a store this is one statement that deletes the row and says whether there was one.
pub fn take(codes: &mut Vec<[u8; 32]>, typed: &str) -> bool {
    let found = kept(typed).and_then(|hash| codes.iter().position(|kept| *kept == hash));
    found.map(|at| codes.remove(at)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::system_random;

    #[test]
    fn every_code_works_once() {
        let codes = new_codes(&mut system_random());
        let mut store: Vec<[u8; 32]> = codes.iter().filter_map(|c| kept(c)).collect();
        assert_eq!(store.len(), CODES);
        assert!(codes.iter().all(|c| c.len() == 29 && c.split('-').all(|group| group.len() == 5)));
        let typed = codes[3].to_lowercase().replace('-', " ");
        assert!(take(&mut store, &typed));
        assert!(!take(&mut store, &typed) && !take(&mut store, &codes[3]));
        assert_eq!(store.len(), CODES - 1);
        for wrong in ["", "BCDFG", &codes[0][1..], &format!("{}B", codes[0])] {
            assert!(!take(&mut store, wrong), "{wrong}");
        }
        assert!(codes.iter().enumerate().all(|(i, c)| i == 3 || take(&mut store, c)));
    }
}
