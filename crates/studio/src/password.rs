//! Passwords of staff, for when no passkey is at hand: what is refused, how they are kept, and codes for when all is lost.
//!
//! Kept as Argon2id in PHC form. The work is that of OWASP's Password Storage Cheat Sheet (2025: at least 19 MiB, 2 rounds,
//! 1 lane); a hash of less work is found out at the next sign-in and made again.

pub mod recovery;

use std::collections::HashSet;
use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use unicode_normalization::UnicodeNormalization;

/// Fewest characters. OWASP ASVS 5.0 6.2.1 asks for 8 and advises 15; 12 beside a second factor is an assumption.
pub const MIN_CHARACTERS: usize = 12;
/// Most characters; ASVS 6.2.9 asks that 64 be allowed, and a bound keeps the work bounded.
pub const MAX_CHARACTERS: usize = 256;
/// Fewest different characters, so that one key held down is no password (assumption).
const MIN_DIFFERENT: usize = 5;
/// What may stand around a common password without making it another: `Sunshine2026!` is sunshine (assumption).
const ADORNMENT: usize = 6;
/// Memory of the current work, in KiB (OWASP: 19 MiB).
const MEMORY_KIB: u32 = 19 * 1024;
/// Rounds of the current work (OWASP: 2).
const ROUNDS: u32 = 2;
/// Lanes of the current work (OWASP: 1).
const LANES: u32 = 1;

const COMMON: &str = include_str!("../data/common-passwords.txt");

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Too few characters.
    #[error(
        "the password has {found} characters; at least {MIN_CHARACTERS} are needed (three or four random words do well)"
    )]
    Short {
        /// Characters found.
        found: usize,
    },
    /// Too many characters.
    #[error("the password has {found} characters; at most {MAX_CHARACTERS} are taken")]
    Long {
        /// Characters found.
        found: usize,
    },
    /// Among the first that an attacker tries.
    #[error("many people have chosen this password or one very like it; choose another")]
    Common,
    /// A run such as `abcdefghijkl`, or few characters over and over.
    #[error("the password is a run or repeats few characters; choose another")]
    Monotonous,
    /// Little more than the person's or the studio's name or address.
    #[error("the password is little more than a name or address that others know; choose another")]
    Known,
}

/// A kept password that is no hash this program can read.
#[derive(Debug, thiserror::Error)]
#[error("the kept password hash cannot be read: {0}")]
pub struct UnreadableHash(String);

/// What a password turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Not the password.
    Wrong,
    /// The password, kept with enough work.
    Right,
    /// The password, kept with less work than today's: hash it again and keep that.
    RightButOld,
}

/// Whether a new password is taken. `known` are words others know of the person: names, e-mail address, the studio's name.
pub fn fit(password: &str, known: &[&str]) -> Result<(), Unfit> {
    let text: Vec<char> = password.nfkc().collect();
    if text.len() < MIN_CHARACTERS {
        return Err(Unfit::Short { found: text.len() });
    }
    if text.len() > MAX_CHARACTERS {
        return Err(Unfit::Long { found: text.len() });
    }
    let small: String = text.iter().flat_map(|c| c.to_lowercase()).collect();
    if is_monotonous(&small) {
        return Err(Unfit::Monotonous);
    }
    if is_common(&small) {
        return Err(Unfit::Common);
    }
    let mut rest = small;
    for word in known.iter().flat_map(|words| words.split(|c: char| !c.is_alphanumeric())) {
        // Shorter words stand inside other words by chance.
        if word.chars().count() >= 4 {
            rest = rest.replace(&word.nfkc().collect::<String>().to_lowercase(), "");
        }
    }
    if rest.chars().count() < MIN_CHARACTERS / 2 { Err(Unfit::Known) } else { Ok(()) }
}

fn is_monotonous(text: &str) -> bool {
    let codes: Vec<i64> = text.chars().map(|c| i64::from(u32::from(c))).collect();
    let different: HashSet<i64> = codes.iter().copied().collect();
    let steps: Vec<i64> = codes.windows(2).map(|pair| pair[1] - pair[0]).collect();
    different.len() < MIN_DIFFERENT || (steps.iter().all(|s| *s == steps[0]) && steps[0].abs() <= 1)
}

/// Whether the text is a common password, repeated, or with few digits and signs around it.
fn is_common(small: &str) -> bool {
    static LIST: LazyLock<HashSet<&str>> =
        LazyLock::new(|| COMMON.lines().filter(|line| !line.starts_with('#')).collect());
    let bare = small.trim_matches(|c: char| !c.is_alphabetic());
    let adorned = small.len() - bare.len() <= ADORNMENT && LIST.contains(bare);
    let repeated = (1..=small.len() / 2)
        .filter(|n| small.len().is_multiple_of(*n) && small.is_char_boundary(*n))
        .any(|n| {
            (small[..n].len() < 8 || LIST.contains(&small[..n]))
                && small[..n].repeat(small.len() / n) == small
        });
    LIST.contains(small) || adorned || repeated
}

fn work() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, ROUNDS, LANES, None).expect("these constants are allowed");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The same characters however a keyboard composes them.
fn normal(password: &str) -> String {
    password.nfkc().collect()
}

/// What is kept of a password (PHC text), from 16 random bytes. Takes about 35 ms of one core and 19 MiB.
pub fn hash(password: &str, salt: [u8; 16]) -> String {
    let hash = work().hash_password_with_salt(normal(password).as_bytes(), &salt);
    hash.expect("a salt of 16 bytes and a password below 4 GiB are allowed").to_string()
}

/// Whether this is the password that was kept. Takes as long as [`hash`].
pub fn verify(password: &str, kept: &str) -> Result<Verdict, UnreadableHash> {
    let unreadable = |e: &dyn std::fmt::Display| UnreadableHash(e.to_string());
    let hash = PasswordHash::new(kept).map_err(|e| unreadable(&e))?;
    match work().verify_password(normal(password).as_bytes(), &hash) {
        Ok(()) if is_today(&hash) => Ok(Verdict::Right),
        Ok(()) => Ok(Verdict::RightButOld),
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(Verdict::Wrong),
        Err(e) => Err(unreadable(&e)),
    }
}

/// Does the work of [`verify`] for an account that is not there, so that the time tells nothing.
pub fn verify_nobody(password: &str) -> Verdict {
    std::hint::black_box(hash(password, [0; 16]));
    Verdict::Wrong
}

fn is_today(hash: &PasswordHash) -> bool {
    let enough = |p: Params| p.m_cost() >= MEMORY_KIB && p.t_cost() >= ROUNDS && p.p_cost() >= LANES;
    hash.algorithm.as_str() == "argon2id" && Params::try_from(hash).is_ok_and(enough)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_kept_and_known_again() {
        let kept = hash("correct horse battery staple", [7; 16]);
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert_eq!(verify("correct horse battery staple", &kept).ok(), Some(Verdict::Right));
        assert_eq!(verify("correct horse battery stapl", &kept).ok(), Some(Verdict::Wrong));
        assert_ne!(kept, hash("correct horse battery staple", [8; 16]));
        // Composed and decomposed, as two keyboards write the same word.
        let kept = hash("gr\u{fc}ne Haare im M\u{e4}rz", [1; 16]);
        assert_eq!(verify("gru\u{308}ne Haare im Ma\u{308}rz", &kept).ok(), Some(Verdict::Right));
        assert_eq!(verify_nobody("correct horse battery staple"), Verdict::Wrong);
        assert!(verify("x", "not a hash").is_err());
    }

    #[test]
    fn foreign_and_weaker_hashes_are_read_and_found_old() {
        // From the test vectors of the reference implementation (phc-winner-argon2, src/test.c): Argon2id, version 19,
        // t=2, m=2^8 and 2^16, p=1, "password" with "somesalt".
        for (kept, verdict) in [
            (
                "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
                Verdict::RightButOld,
            ),
            (
                "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
                Verdict::Right,
            ),
        ] {
            assert_eq!(verify("password", kept).ok(), Some(verdict), "{kept}");
            assert_eq!(verify("passwore", kept).ok(), Some(Verdict::Wrong), "{kept}");
        }
    }

    #[test]
    fn what_many_have_chosen_is_refused() {
        for (password, why) in [
            ("short pass", Unfit::Short { found: 10 }),
            ("1qaz2wsx3edc", Unfit::Common),
            ("Qwerty123456", Unfit::Common),
            ("Sunshine2026!", Unfit::Common),
            ("123password123", Unfit::Common),
            ("footballfootball", Unfit::Common),
            ("abc12abc12abc12", Unfit::Common),
            ("aaaaaaaaaaaaaaaa", Unfit::Monotonous),
            ("abababababababab", Unfit::Monotonous),
            ("abcdefghijklmnop", Unfit::Monotonous),
            ("zyxwvutsrqpon", Unfit::Monotonous),
            ("NataliaMarlow1!", Unfit::Known),
            ("marlow-studio-7", Unfit::Known),
        ] {
            assert_eq!(
                fit(password, &["Natalia Marlow", "natalia@marlow-studio.example"]),
                Err(why),
                "{password}"
            );
        }
        let long = "ab1".repeat(86);
        assert_eq!(fit(&long, &[]), Err(Unfit::Long { found: 258 }));
        for fine in [
            "correct horse battery staple",
            "sunshine over Lisbon",
            "Li wei kocht gern",
            "q8$Lm2!vTz0p",
            "пароль из трёх слов",
        ] {
            assert_eq!(fit(fine, &["Li Wei", "studio@example.com"]), Ok(()), "{fine}");
        }
    }

    #[test]
    fn the_list_of_common_passwords_is_whole() {
        // ASVS 6.2.4 asks for the 3,000 most common at least.
        let entries = COMMON.lines().filter(|l| !l.starts_with('#')).count();
        assert!(entries > 3000, "{entries}");
        assert!(COMMON.starts_with("# ") && COMMON.contains("MIT licence"));
    }

    proptest::proptest! {
        #[test]
        fn no_password_breaks_the_rules(password in proptest::arbitrary::any::<String>(), known in "\\PC{0,20}") {
            let _ = fit(&password, &[&known]);
        }
    }
}
