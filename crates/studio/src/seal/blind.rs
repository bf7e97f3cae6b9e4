//! Blind index: tokens by which sealed e-mail addresses, phone numbers and names are found without being read.
//!
//! A token is HMAC-SHA-256 of the normalised text under a key of the chain, cut to 128 bits. It tells who has the key
//! whether two texts are equal, and tells everybody else which rows share a token, no more: two chains' tokens of one
//! address differ. The index key comes from the chain's data key, so a new master key leaves every token as it is.

use std::collections::BTreeSet;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use zeroize::Zeroizing;

use super::{DataKey, KEY_BYTES};

/// Shortest prefix of a name that is found, in letters; a shorter name is found whole.
pub const PREFIX_MIN_LETTERS: usize = 3;
/// Longest prefix that is told apart, in letters; what is typed beyond it does not narrow the search.
pub const PREFIX_MAX_LETTERS: usize = 12;
/// Most words of one name that get tokens.
const MOST_WORDS: usize = 12;

/// What a token stands for in the store: 16 bytes, equal for equal texts of one purpose in one chain.
pub type Token = [u8; 16];

/// The key of one chain's tokens; it never shows itself and is wiped when dropped.
pub struct BlindIndex(Zeroizing<[u8; KEY_BYTES]>);

impl std::fmt::Debug for BlindIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BlindIndex(…)")
    }
}

impl BlindIndex {
    /// The index of a chain, from the chain's data key.
    pub fn new(chain_key: &DataKey) -> BlindIndex {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        Hkdf::<Sha256>::new(None, chain_key.0.as_slice())
            .expand(b"hairline blind index 1", key.as_mut_slice())
            .expect("32 bytes are always to be had");
        BlindIndex(key)
    }

    /// Token of an e-mail address; `None` if it is none.
    pub fn email(&self, address: &str) -> Option<Token> {
        normal_email(address).map(|text| self.token("email", &text))
    }

    /// Token of a phone number as dialled in a country; `None` if it is none.
    pub fn phone(&self, number: &str, dialling: Dialling) -> Option<Token> {
        normal_phone(number, dialling).map(|text| self.token("phone", &text))
    }

    /// Tokens that make a name findable by the beginning of any of its words: prefixes of [`PREFIX_MIN_LETTERS`] to
    /// [`PREFIX_MAX_LETTERS`] letters, shorter words whole. Sorted, each once.
    pub fn name(&self, name: &str) -> Vec<Token> {
        let mut tokens = BTreeSet::new();
        for word in name_words(name).iter().take(MOST_WORDS) {
            let letters = word.chars().count();
            for end in PREFIX_MIN_LETTERS.min(letters)..=PREFIX_MAX_LETTERS.min(letters) {
                tokens.insert(self.token("name", &word.chars().take(end).collect::<String>()));
            }
        }
        tokens.into_iter().collect()
    }

    /// Tokens of what is typed into the search for clients: a name that matches has all of them.
    pub fn name_search(&self, typed: &str) -> Vec<Token> {
        let tokens: BTreeSet<Token> = name_words(typed)
            .iter()
            .take(MOST_WORDS)
            .map(|word| self.token("name", &word.chars().take(PREFIX_MAX_LETTERS).collect::<String>()))
            .collect();
        tokens.into_iter().collect()
    }

    /// Token of a visitor: of the address they come from, or of what their browser holds.
    pub fn visitor(&self, text: &str) -> Token {
        self.token("visitor", text)
    }

    fn token(&self, purpose: &str, text: &str) -> Token {
        let mac = hmac(self.0.as_slice(), &[purpose.as_bytes(), &[0], text.as_bytes()]);
        let mut token = [0; 16];
        token.copy_from_slice(&mac[..16]);
        token
    }
}

/// HMAC-SHA-256 (RFC 2104) of parts one after the other.
pub(crate) fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length is allowed");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// An e-mail address as it is compared: composed, small letters, the domain in its ASCII form; `None` if it is none.
///
/// Dots and `+tags` before the at sign stay: what they mean is the business of each provider. Small letters before it are
/// an assumption that every provider in use makes too.
pub fn normal_email(address: &str) -> Option<String> {
    let (local, domain) = address.trim().rsplit_once('@')?;
    let local = local.nfkc().collect::<String>().to_lowercase();
    let domain = idna::domain_to_ascii_strict(domain.trim_end_matches('.')).ok()?;
    let clean = |text: &str| !text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '@');
    // RFC 5321 4.5.3.1: 64 bytes before the sign, 254 in all.
    let fits = (1..=64).contains(&local.len()) && local.len() + 1 + domain.len() <= 254;
    (fits && domain.contains('.') && clean(&local)).then(|| format!("{local}@{domain}"))
}

/// How numbers are dialled within a country: its calling code and the digits before a number of the same country.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialling {
    /// Country calling code (ITU E.164), digits only, such as `49`.
    pub country: &'static str,
    /// Prefix of calls within the country, such as `0`; `1` in North America; empty where the first digit is part of the
    /// number (Italy, Spain).
    pub trunk: &'static str,
}

/// A phone number as it is compared: `+`, country, number; `None` if it is none.
///
/// Understands `+49 30 1234567`, `0049 30 1234567`, `+49 (0)30 1234567` and, by `dialling`, `030 1234567`.
pub fn normal_phone(number: &str, dialling: Dialling) -> Option<String> {
    let text: String = number.nfkc().collect();
    let text = text.trim();
    // The nought in brackets is for callers within the country.
    let text =
        if text.starts_with('+') || text.starts_with("00") { text.replace("(0)", "") } else { text.into() };
    let international = text.starts_with('+');
    let mut digits = String::new();
    for (i, c) in text.chars().enumerate() {
        match c {
            '0'..='9' => digits.push(c),
            '+' if i == 0 => {}
            ' ' | '-' | '.' | '/' | '(' | ')' | '\u{a0}' | '\u{2010}'..='\u{2015}' => {}
            _ => return None,
        }
    }
    let digits = if international {
        digits
    } else if let Some(rest) = digits.strip_prefix("00") {
        rest.to_owned()
    } else {
        let rest = digits.strip_prefix(dialling.trunk).unwrap_or(&digits);
        format!("{}{rest}", dialling.country)
    };
    // E.164: at most 15 digits, and no country begins with 0. Seven is an assumption: the shortest numbers in use.
    ((7..=15).contains(&digits.len()) && !digits.starts_with('0')).then(|| format!("+{digits}"))
}

/// The words of a name as they are compared: small letters without accents; apostrophes vanish, other signs part words.
pub fn name_words(name: &str) -> Vec<String> {
    let apostrophe = |c: &char| matches!(c, '\'' | '’' | '‘' | 'ʼ' | '`' | '´');
    let mut text = String::new();
    for c in name.chars().filter(|c| !apostrophe(c)).nfkd().flat_map(char::to_lowercase) {
        match c {
            'ß' => text.push_str("ss"),
            'æ' => text.push_str("ae"),
            'œ' => text.push_str("oe"),
            'þ' => text.push_str("th"),
            'ø' => text.push('o'),
            'đ' | 'ð' => text.push('d'),
            'ł' => text.push('l'),
            'ħ' => text.push('h'),
            'ı' => text.push('i'),
            c if is_combining_mark(c) => {}
            c if c.is_alphanumeric() => text.push(c),
            _ => text.push(' '),
        }
    }
    text.split_whitespace().map(str::to_owned).collect()
}
