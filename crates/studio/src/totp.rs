//! Codes of an authenticator app (RFC 6238: SHA-1, six digits, 30 seconds), each good once.

use std::fmt;
use std::fmt::Write;

use qrcodegen::{QrCode, QrCodeEcc};
use rand_core::CryptoRng;
use totp_rs::{Algorithm, Builder, Secret, Totp, TotpError};
use zeroize::Zeroizing;

/// Length of a secret in bytes (RFC 4226 section 4 advises 160 bits).
pub const SECRET_BYTES: usize = 20;
/// Steps of 30 s before and after that are taken too, for clocks that differ (RFC 6238 section 5.2).
const SKEW_STEPS: u16 = 1;
/// White border of a QR code in modules (ISO/IEC 18004).
const QUIET_MODULES: i32 = 4;

/// What an app and the studio share; keep it sealed. It never shows itself and is wiped when dropped.
#[derive(Clone)]
pub struct TotpSecret(Zeroizing<[u8; SECRET_BYTES]>);

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

impl TotpSecret {
    /// A new secret.
    pub fn new(rng: &mut impl CryptoRng) -> TotpSecret {
        let mut bytes = Zeroizing::new([0; SECRET_BYTES]);
        rng.fill_bytes(bytes.as_mut_slice());
        TotpSecret(bytes)
    }

    /// The secret again, from what was sealed; `None` unless it is [`SECRET_BYTES`] long.
    pub fn from_bytes(bytes: &[u8]) -> Option<TotpSecret> {
        bytes.try_into().ok().map(|bytes| TotpSecret(Zeroizing::new(bytes)))
    }

    /// The secret's bytes, to be sealed.
    pub fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// The secret as it is typed into an app that has no camera: base32 in groups of four.
    pub fn to_type(&self) -> String {
        let text = Secret::new_stack(*self.0).to_base32();
        let groups: Vec<&str> =
            (0..text.len()).step_by(4).map(|i| &text[i..(i + 4).min(text.len())]).collect();
        groups.join(" ")
    }

    fn totp(&self, issuer: &str, account: &str) -> Result<Totp, TotpError> {
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_step_duration(30)
            .with_skew(SKEW_STEPS)
            .with_secret(Secret::new_stack(*self.0))
            .with_issuer(Some(issuer))
            .with_account_name(account)
            .build()
    }

    /// The step a code belongs to, if it is right at `now_s` (seconds since 1970) and of a later step than `last_step`.
    /// Keep the step: it is the next `last_step`, so that no code works twice.
    pub fn check(&self, code: &str, now_s: u64, last_step: Option<u64>) -> Option<u64> {
        let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let totp = self.totp("", "").ok()?;
        totp.check(&digits, now_s).filter(|step| last_step.is_none_or(|last| *step > last))
    }

    /// The address that an app reads from a QR code (`otpauth://totp/...`); colons in the names become blanks.
    pub fn uri(&self, issuer: &str, account: &str) -> Result<String, TotpError> {
        self.totp(&issuer.replace(':', " "), &account.replace(':', " "))?.to_url()
    }
}

/// A QR code as an SVG of its own, black on white with the quiet border; `None` if the text is too long (about 2,300 bytes).
pub fn qr_svg(text: &str) -> Option<String> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let side = code.size() + 2 * QUIET_MODULES;
    let mut path = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let start = x;
            while x < code.size() && code.get_module(x, y) {
                x += 1;
            }
            if x > start {
                let (left, width) = (start + QUIET_MODULES, x - start);
                // Writing into a String does not fail.
                let _ = write!(path, "M{left} {}h{width}v1h-{width}z", y + QUIET_MODULES);
            }
            x += 1;
        }
    }
    Some(format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges" role="img" aria-label="QR code"><rect width="{side}" height="{side}" fill="#fff"/><path d="{path}" fill="#000"/></svg>"##
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::system_random;

    /// The secret of RFC 6238's test vectors for SHA-1.
    fn of_the_rfc() -> TotpSecret {
        TotpSecret::from_bytes(b"12345678901234567890").expect("20 bytes")
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, SHA-1; the last six of its eight digits.
        for (now_s, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(of_the_rfc().check(code, now_s, None), Some(now_s / 30), "{now_s}");
        }
    }

    #[test]
    fn a_code_works_once_and_for_a_minute_and_a_half() {
        let secret = of_the_rfc();
        let step = 1_234_567_890 / 30;
        let code = "005 924";
        assert_eq!(secret.check(code, 1_234_567_890, Some(step - 1)), Some(step));
        assert_eq!(secret.check(code, 1_234_567_890, Some(step)), None, "a second time");
        assert_eq!(secret.check(code, (step - 1) * 30, None), Some(step), "a clock that is behind");
        assert_eq!(secret.check(code, (step + 2) * 30 - 1, None), Some(step), "a clock that is ahead");
        assert_eq!(secret.check(code, (step + 2) * 30, None), None);
        assert_eq!(secret.check(code, (step - 1) * 30 - 1, None), None);
        for wrong in ["", "005925", "00592", "0059245", "abcdef", "٠٠٥٩٢٤"] {
            assert_eq!(secret.check(wrong, 1_234_567_890, None), None, "{wrong}");
        }
    }

    #[test]
    fn an_app_reads_the_secret_from_the_picture() {
        let secret = TotpSecret::new(&mut system_random());
        let uri = secret.uri("Hair: line & Söhne", "ann@example.com").expect("names are allowed");
        let svg = qr_svg(&uri).expect("it fits");
        // Pixels of the path, four for a module, for a foreign reader.
        let side: usize = svg
            .split("viewBox=\"0 0 ")
            .nth(1)
            .and_then(|s| s.split(' ').next()?.parse().ok())
            .expect("a side");
        let mut dark = vec![false; side * side];
        let path = svg.split("d=\"").nth(1).and_then(|s| s.split('"').next()).expect("a path");
        for run in path.split('M').skip(1) {
            let numbers: Vec<usize> =
                run.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect();
            dark[numbers[1] * side + numbers[0]..][..numbers[2]].fill(true);
        }
        let mut picture = rqrr::PreparedImage::prepare_from_greyscale(side * 4, side * 4, |x, y| {
            if dark[y / 4 * side + x / 4] { 0 } else { 255 }
        });
        let read: Vec<String> =
            picture.detect_grids().iter().filter_map(|g| Some(g.decode().ok()?.1)).collect();
        assert_eq!(read, [uri.as_str()]);
        let typed = secret.to_type().replace(' ', "");
        assert!(uri.starts_with("otpauth://totp/") && uri.contains(&format!("secret={typed}")), "{uri}");
        assert!(
            Totp::from_url(&uri)
                .is_ok_and(|totp| totp.generate(99) == secret.totp("", "").expect("valid").generate(99))
        );
        assert!(!format!("{secret:?}").contains(&typed[..4]));
        assert_eq!(qr_svg(&"x".repeat(3000)), None);
    }
}
