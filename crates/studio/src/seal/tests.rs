use std::collections::HashSet;

use hkdf::Hkdf;
use proptest::prelude::*;
use sha2::Sha256;

use super::blind::{BlindIndex, Dialling, hmac, name_words, normal_email, normal_phone};
use super::master::{MasterKeys, WRAPPED_BYTES, new_line};
use super::*;

/// A counter spread over the bytes: a source of numbers that differ, for tests alone.
pub struct Counting(u64);

impl rand_core::TryRng for Counting {
    type Error = rand_core::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.try_next_u64().map(|x| (x >> 32) as u32)
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        Ok((self.0 ^ (self.0 >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9))
    }
    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Self::Error> {
        for part in dst.chunks_mut(8) {
            let bytes = self.try_next_u64()?.to_le_bytes();
            part.copy_from_slice(&bytes[..part.len()]);
        }
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Counting {}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(&String::from_utf8_lossy(pair), 16).expect("hexadecimal digits"))
        .collect()
}

fn place(table: &'static str, row: u128, column: &'static str) -> Place<'static> {
    Place { table, row: Uuid::from_u128(row), column }
}

#[test]
fn the_cipher_is_that_of_the_draft() {
    // draft-irtf-cfrg-xchacha-03, A.3.1.
    let key: [u8; 32] = std::array::from_fn(|i| 0x80 + i as u8);
    let nonce: [u8; 24] = std::array::from_fn(|i| 0x40 + i as u8);
    let associated = hex("50515253c0c1c2c3c4c5c6c7");
    let plain: &[u8] = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
    let expected = hex("bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb\
                        731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452\
                        2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9\
                        21f9664c97637da9768812f615c68b13b52e\
                        c0875924c1c7987947deafd8780acf49");
    let sealed = encrypt(&key, &nonce, &associated, plain);
    assert_eq!(sealed, expected);
    assert_eq!(decrypt(&key, &nonce, &associated, &sealed).as_deref(), Some(plain));
}

#[test]
fn hmac_and_hkdf_are_those_of_the_standards() {
    // RFC 4231, case 2.
    assert_eq!(
        hmac(b"Jefe", &[b"what do ya want ", b"for nothing?"]).to_vec(),
        hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    );
    // RFC 5869, A.1.
    let mut out = [0; 42];
    Hkdf::<Sha256>::new(Some(&hex("000102030405060708090a0b0c")), &[0x0b; 22])
        .expand(&hex("f0f1f2f3f4f5f6f7f8f9"), &mut out)
        .expect("42 bytes are allowed");
    assert_eq!(
        out.to_vec(),
        hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")
    );
}

#[test]
fn a_value_opens_only_where_it_was_sealed() {
    let mut rng = system_random();
    let (key, other) = (DataKey::new(&mut rng), DataKey::new(&mut rng));
    let here = place("client", 7, "notes");
    let sealed = seal(&key, here, "allergic to lidocaine".as_bytes(), &mut rng);
    assert_eq!(open(&key, here, &sealed).ok().as_deref(), Some("allergic to lidocaine".as_bytes()));
    assert_eq!(sealed.len(), 21 + OVERHEAD_BYTES);
    // Another row, column, table; letters moved between table and column; another client's key.
    for there in [
        place("client", 8, "notes"),
        place("client", 7, "phone"),
        place("lead", 7, "notes"),
        place("clientn", 7, "otes"),
    ] {
        assert!(matches!(open(&key, there, &sealed), Err(SealError::Refused { .. })), "opened as {there}");
    }
    assert!(matches!(open(&other, here, &sealed), Err(SealError::Refused { .. })));
    assert!(matches!(open(&key, here, &sealed[..OVERHEAD_BYTES - 1]), Err(SealError::Short { .. })));
    assert!(matches!(open(&key, here, &sealed[..OVERHEAD_BYTES]), Err(SealError::Refused { .. })));
    let mut newer = sealed.clone();
    newer[0] = 2;
    let said = open(&key, here, &newer).map_err(|e| e.to_string());
    assert!(
        said.is_err_and(|s| s.contains("client.notes") && s.contains("way 2") && !s.contains("lidocaine"))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_value_comes_back_and_no_flipped_bit_passes(
        plain in proptest::collection::vec(any::<u8>(), 0..400),
        row in any::<u128>(),
        at in any::<proptest::sample::Index>(),
        bit in 0..8_u32,
        seed in any::<u64>(),
    ) {
        let mut rng = Counting(seed);
        let key = DataKey::new(&mut rng);
        let here = place("t", row, "c");
        let mut sealed = seal(&key, here, &plain, &mut rng);
        prop_assert_eq!(open(&key, here, &sealed).ok(), Some(plain));
        let at = at.index(sealed.len());
        sealed[at] ^= 1 << bit;
        prop_assert!(open(&key, here, &sealed).is_err());
    }

    #[test]
    fn what_is_normal_stays_as_it_is(
        text in prop_oneof![any::<String>(), "[+0]{0,2}[0-9 ()/.-]{5,18}", "\\PC{1,9}@[a-z\u{e4}.-]{1,9}[.]com"],
    ) {
        let _ = MasterKeys::parse(&text, "text");
        if let Some(email) = normal_email(&text) {
            prop_assert_eq!(normal_email(&email), Some(email.clone()));
        }
        if let Some(phone) = normal_phone(&text, GERMANY) {
            prop_assert_eq!(normal_phone(&phone, FRANCE), Some(phone.clone()));
        }
        for word in name_words(&text) {
            prop_assert_eq!(name_words(&word), vec![word.clone()]);
        }
    }

    #[test]
    fn a_name_is_found_by_the_beginning_of_its_words(
        words in proptest::collection::vec("[a-zA-ZäÖüßéÉçñøŁ]{1,20}", 1..5),
        pick in any::<proptest::sample::Index>(),
        letters in 3..20_usize,
    ) {
        let index = BlindIndex::new(&DataKey::new(&mut Counting(1)));
        let tokens = index.name(&words.join(" "));
        let word = pick.get(&words);
        let typed: String = word.chars().take(letters).collect();
        for upper in [typed.to_uppercase(), typed.to_lowercase()] {
            let found = index.name_search(&upper);
            prop_assert!(found.iter().all(|token| tokens.contains(token)), "{} in {:?}", upper, words);
        }
    }
}

#[test]
fn nonces_never_repeat() {
    let mut rng = system_random();
    let key = DataKey::new(&mut rng);
    let here = place("t", 1, "c");
    let nonces: HashSet<Vec<u8>> =
        (0..100_000).map(|_| seal(&key, here, b"", &mut rng)[1..=NONCE_BYTES].to_vec()).collect();
    assert_eq!(nonces.len(), 100_000);
}

#[test]
fn a_new_master_key_rewraps_and_changes_nothing_else() {
    let mut rng = system_random();
    let (old_line, new) = (new_line(&mut rng), new_line(&mut rng));
    let old = MasterKeys::parse(&old_line, "test").expect("a key");
    let (client, key) = (Uuid::from_u128(5), DataKey::new(&mut rng));
    let here = place("client", 5, "notes");
    let sealed = seal(&key, here, b"healed well", &mut rng);
    let token = BlindIndex::new(&key).email("a@example.com");
    let wrapped = old.wrap(&key, client, &mut rng);
    assert_eq!(wrapped.len(), WRAPPED_BYTES);
    assert!(old.rewrap(&wrapped, client, &mut rng).is_ok_and(|again| again.is_none()));

    let both =
        MasterKeys::parse(&format!("# newest first\n{}\n{}\n", *new, *old_line), "test").expect("two keys");
    let moved =
        both.rewrap(&wrapped, client, &mut rng).expect("it unwraps").expect("it was under the old one");
    let only_new = MasterKeys::parse(&new, "test").expect("a key");
    let again = only_new.unwrap(&moved, client).expect("the new key suffices");
    assert_eq!(open(&again, here, &sealed).ok().as_deref(), Some(b"healed well".as_slice()));
    assert_eq!(BlindIndex::new(&again).email("a@example.com"), token);

    assert!(matches!(only_new.unwrap(&wrapped, client), Err(SealError::OtherMaster { .. })));
    assert!(matches!(both.unwrap(&moved, Uuid::from_u128(6)), Err(SealError::Refused { .. })));
    for cut in 0..WRAPPED_BYTES {
        assert!(both.unwrap(&moved[..cut], client).is_err(), "{cut} bytes unwrap");
    }
}

#[test]
fn keys_never_show_themselves() {
    let mut rng = system_random();
    let line = new_line(&mut rng);
    let keys = MasterKeys::parse(&line, "test").expect("a key");
    let key = DataKey::new(&mut rng);
    let shown = format!("{keys:?} {key:?} {:?}", BlindIndex::new(&key));
    assert!(!shown.contains(line.as_str()));
    assert_eq!(shown, format!("MasterKeys({}) DataKey(…) BlindIndex(…)", keys.names()[0]));
}

#[test]
fn a_master_key_that_is_no_key_is_refused_with_its_line() {
    for (text, said) in [
        ("", "no key"),
        ("# only a comment", "no key"),
        ("c2hvcnQ=", "line 1: 5 bytes"),
        ("\n\nnot base64!", "line 3: not base64"),
        ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "not random"),
    ] {
        let error = MasterKeys::parse(text, "key file").map_err(|e| e.to_string());
        assert!(error.is_err_and(|e| e.contains(said) && !e.contains("c2hvcnQ")), "{text:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_key_file_is_made_for_its_owner_alone_and_refused_when_others_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("master.key");
    let mut rng = system_random();
    let made = MasterKeys::create(&path, &mut rng).expect("a new file");
    let mode = || std::fs::metadata(&path).map(|m| m.permissions().mode() & 0o777);
    assert_eq!(mode().ok(), Some(0o600));
    assert_eq!(MasterKeys::read(&path).expect("it reads").names(), made.names());
    let before = std::fs::read(&path).expect("it reads");
    assert!(MasterKeys::create(&path, &mut rng).is_err(), "a key is never written over");
    assert_eq!(std::fs::read(&path).ok(), Some(before));
    for open in [0o640, 0o604, 0o644, 0o620] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(open)).expect("it is ours");
        assert!(matches!(MasterKeys::read(&path), Err(SealError::OpenToOthers { .. })), "{open:o}");
    }
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).expect("it is ours");
    assert!(MasterKeys::read(&path).is_ok());
}

const GERMANY: Dialling = Dialling { country: "49", trunk: "0" };
const FRANCE: Dialling = Dialling { country: "33", trunk: "0" };
const ITALY: Dialling = Dialling { country: "39", trunk: "" };
const AMERICA: Dialling = Dialling { country: "1", trunk: "1" };

#[test]
fn equal_addresses_are_equal_and_others_are_none() {
    for same in [" Ann@Example.COM ", "ann@example.com", "ANN@EXAMPLE.com.", "ａnn@example.com"] {
        assert_eq!(normal_email(same).as_deref(), Some("ann@example.com"), "{same}");
    }
    assert_eq!(normal_email("jörg@bücher.example"), normal_email("jo\u{308}rg@xn--bcher-kva.example"));
    assert_ne!(normal_email("a.nn@example.com"), normal_email("ann@example.com"));
    for none in ["", "ann", "@example.com", "ann@", "ann@localhost", "a b@example.com", "a@b@example.com"] {
        assert_eq!(normal_email(none), None, "{none}");
    }
}

#[test]
fn equal_numbers_are_equal_however_they_are_written() {
    for same in [
        "+49 30 1234567",
        "0049 30/1234567",
        "+49 (0)30 1234567",
        "030 1234567",
        "(030) 123-4567",
        "030.1234567",
    ] {
        assert_eq!(normal_phone(same, GERMANY).as_deref(), Some("+49301234567"), "{same}");
    }
    for same in ["(415) 555-2671", "1 415 555 2671", "+1 415-555-2671", "415.555.2671"] {
        assert_eq!(normal_phone(same, AMERICA).as_deref(), Some("+14155552671"), "{same}");
    }
    assert_eq!(normal_phone("06 1234 5678", ITALY).as_deref(), Some("+390612345678"));
    for none in ["", "12", "call me", "+49 30 1234567890123456", "++49301234567", "+0301234567"] {
        assert_eq!(normal_phone(none, GERMANY), None, "{none}");
    }
}

#[test]
fn names_are_found_without_accents_and_by_their_beginning() {
    assert_eq!(name_words("Zoë O’Brien-Łukasz"), ["zoe", "obrien", "lukasz"]);
    assert_eq!(name_words("Müller, STRAẞE straße"), ["muller", "strasse", "strasse"]);
    assert_eq!(name_words("İpek Işık"), ["ipek", "isik"]);
    assert_eq!(name_words("Ðorđe  Sørensen\tÞór"), ["dorde", "sorensen", "thor"]);
    let mut rng = system_random();
    let key = DataKey::new(&mut rng);
    let index = BlindIndex::new(&key);
    let tokens = index.name("José Li Wolfeschlegelstein");
    let found = |typed: &str| {
        let search = index.name_search(typed);
        !search.is_empty() && search.iter().all(|t| tokens.contains(t))
    };
    for typed in ["jos", "JOSE", "josé wolf", "li", "Wolfeschlege", "Wolfeschlegelstein", "wolfeschlegelXYZ"]
    {
        assert!(found(typed), "{typed} finds nothing");
    }
    // Two letters of a longer word, another word, the middle of a word, nothing.
    for typed in ["jo", "lis", "ose", "josef", "jose maria", ""] {
        assert!(!found(typed), "{typed} finds the name");
    }
    // 2 of José (jos, jose), 1 of Li, 10 of the long word; nobody else's are the same.
    assert_eq!(tokens.len(), 13);
    let other = BlindIndex::new(&DataKey::new(&mut rng));
    assert!(other.name("José Li Wolfeschlegelstein").iter().all(|t| !tokens.contains(t)));
    // The same text for another purpose has another token.
    assert_ne!(index.email("a@example.com"), index.name("a@example.com").first().copied());
}
