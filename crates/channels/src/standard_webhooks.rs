//! Signatures of web hooks after the Standard Webhooks specification
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>): `webhook-id`,
//! `webhook-timestamp` (seconds) and `webhook-signature` (`v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64).
//! For what comes in and for what goes out.

use base64::{
    Engine,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
    prelude::BASE64_STANDARD,
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;
use voce_domain::Millis;

pub const ID: &str = "webhook-id";
pub const TIMESTAMP: &str = "webhook-timestamp";
pub const SIGNATURE: &str = "webhook-signature";

/// How far the sender's clock may be from ours, in seconds, before and after. Older requests may be replays.
pub const TOLERANCE: i64 = 5 * 60;

const PREFIX: &str = "whsec_";
const VERSION: &str = "v1,";

/// A new secret, `whsec_` and 32 bytes in base64.
pub fn random_secret() -> String {
    let bytes = [*Uuid::new_v4().as_bytes(), *Uuid::new_v4().as_bytes()].concat();
    format!("{PREFIX}{}", BASE64_STANDARD.encode(bytes))
}

/// The value of `webhook-signature`. `timestamp` in seconds.
pub fn sign(secret: &str, id: &str, timestamp: i64, body: &[u8]) -> String {
    format!(
        "{VERSION}{}",
        BASE64_STANDARD.encode(mac(secret, id, &timestamp.to_string(), body).finalize().into_bytes())
    )
}

/// Why a signature is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("no secret is set for this account")]
    NoSecret,
    #[error("the header {0} is missing")]
    Missing(&'static str),
    #[error("the header {0} cannot be read")]
    Unreadable(&'static str),
    #[error("the request was signed more than 5 minutes ago or in the future")]
    TooOld,
    #[error("the signature does not fit")]
    Wrong,
}

/// Checks the three headers' values against the body, in constant time.
pub fn verify(
    secret: &str,
    id: &str,
    timestamp: &str,
    signatures: &str,
    body: &[u8],
    now: Millis,
) -> Result<(), SignatureError> {
    check_age(
        timestamp.parse().map_err(|_| SignatureError::Unreadable(TIMESTAMP))?,
        now,
    )?;
    let fits = |signature: &str| {
        let given = signature
            .strip_prefix(VERSION)
            .and_then(|text| BASE64_STANDARD.decode(text).ok());
        given.is_some_and(|given| mac(secret, id, timestamp, body).verify_slice(&given).is_ok())
    };
    // Several while a secret is being replaced.
    if signatures.split(' ').any(fits) {
        Ok(())
    } else {
        Err(SignatureError::Wrong)
    }
}

/// `timestamp` in seconds.
pub(crate) fn check_age(timestamp: i64, now: Millis) -> Result<(), SignatureError> {
    if timestamp.abs_diff(now.div_euclid(1000)) > TOLERANCE.unsigned_abs() {
        return Err(SignatureError::TooOld);
    }
    Ok(())
}

fn mac(secret: &str, id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = hmac(&key(secret));
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    mac
}

pub(crate) fn hmac(key: &[u8]) -> Hmac<Sha256> {
    // Longer keys are hashed, shorter ones padded (RFC 2104, 2).
    <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length")
}

/// Secrets with the prefix are in base64; others, set by hand, are taken as they are.
fn key(secret: &str) -> Vec<u8> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let decoded = secret.strip_prefix(PREFIX).and_then(|text| LENIENT.decode(text).ok());
    decoded.unwrap_or_else(|| secret.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const TIME: i64 = 1_614_265_330;
    const EXPECTED: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn check(secret: &str, timestamp: &str, signatures: &str, body: &[u8]) -> Result<(), SignatureError> {
        verify(secret, ID, timestamp, signatures, body, TIME * 1000)
    }

    #[test]
    fn signs_as_the_reference_libraries() {
        assert_eq!(sign(SECRET, ID, TIME, BODY), EXPECTED);
        assert_eq!(check(SECRET, "1614265330", EXPECTED, BODY), Ok(()));
        assert_eq!(
            check(SECRET, "1614265330", &format!("v1,AAAA v2,x {EXPECTED}"), BODY),
            Ok(())
        );
    }

    #[test]
    fn refuses_what_does_not_fit() {
        assert_eq!(
            check(SECRET, "1614265330", EXPECTED, b"other"),
            Err(SignatureError::Wrong)
        );
        assert_eq!(
            check("whsec_AAAA", "1614265330", EXPECTED, BODY),
            Err(SignatureError::Wrong)
        );
        assert_eq!(check(SECRET, "1614265331", EXPECTED, BODY), Err(SignatureError::Wrong));
        assert_eq!(check(SECRET, "1614265330", "", BODY), Err(SignatureError::Wrong));
        assert_eq!(
            check(SECRET, "now", EXPECTED, BODY),
            Err(SignatureError::Unreadable(TIMESTAMP))
        );
        for old in [TIME - 301, TIME + 301] {
            let signature = sign(SECRET, ID, old, BODY);
            assert_eq!(
                check(SECRET, &old.to_string(), &signature, BODY),
                Err(SignatureError::TooOld)
            );
        }
        assert_eq!(
            check(SECRET, &i64::MIN.to_string(), EXPECTED, BODY),
            Err(SignatureError::TooOld)
        );
    }

    #[test]
    fn secrets_set_by_hand_work_too() {
        for secret in ["plain text", "", &random_secret()] {
            let signature = sign(secret, ID, TIME, BODY);
            assert_eq!(check(secret, "1614265330", &signature, BODY), Ok(()));
        }
        assert_ne!(random_secret(), random_secret());
    }
}
