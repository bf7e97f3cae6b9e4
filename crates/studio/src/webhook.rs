//! The signature of messages to other programs, as Standard Webhooks 1.0 has it (standardwebhooks.com): HMAC-SHA256 over
//! id, time of sending and body, so that who receives one knows that it is ours, is whole, and is new.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::seal::blind::hmac;

/// Bytes of a secret; the specification asks for 24 to 64.
const SECRET_BYTES: usize = 32;
const PREFIX: &str = "whsec_";

/// What both sides know and nobody else.
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// A new one, as text that both sides keep.
    pub fn text(rng: &mut impl CryptoRng) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; SECRET_BYTES]);
        rng.fill_bytes(bytes.as_mut_slice());
        Zeroizing::new(format!("{PREFIX}{}", STANDARD.encode(bytes.as_slice())))
    }

    /// Reads the text; `None` where it is none.
    pub fn read(text: &str) -> Option<Secret> {
        let bytes = STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?;
        Some(Secret(Zeroizing::new(bytes)))
    }

    /// The header `webhook-signature` of a message sent at `second` (Unix time).
    pub fn sign(&self, id: &str, second: i64, body: &str) -> String {
        let mac = hmac(&self.0, &[format!("{id}.{second}.{body}").as_bytes()]);
        format!("v1,{}", STANDARD.encode(mac))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification (standardwebhooks.com, "Signature scheme").
    #[test]
    fn the_published_example_is_signed_as_published() {
        let secret = Secret::read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a secret");
        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, "{\"test\": 2432232314}");
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
