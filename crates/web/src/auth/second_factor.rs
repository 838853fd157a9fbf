//! The second factor: time-based codes (TOTP, RFC 6238) and recovery codes for when the phone is lost.

use qrcode::{EcLevel, QrCode, render::svg};
use rand::RngExt;
use totp_rs::{Algorithm, Builder, Secret, Totp};
use uuid::Uuid;
use voce_store::{
    Tx,
    users::{self, Credentials},
};

use crate::{App, Error, Result, session};

/// RFC 4226, 4: 160 bits.
const SECRET_BYTES: usize = 20;
const RECOVERY_CODES: usize = 10;
/// Crockford's base 32 in small letters: none that look alike.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A new secret, before its owner proved that their phone has it.
pub fn new_secret() -> Vec<u8> {
    rand::rng().random::<[u8; SECRET_BYTES]>().to_vec()
}

/// For what the vault seals a secret.
pub fn purpose(user: Uuid) -> String {
    format!("second factor {user}")
}

/// How phones read the secret: `otpauth://…`, as text and as a QR code.
pub struct Enrolment {
    pub base32: String,
    pub qr: String,
}

pub fn enrolment(secret: &[u8], email: &str, company: &str) -> Result<Enrolment> {
    let base32 = Secret::new(secret.into()).to_base32();
    let issuer = if company == "Voce" {
        company.to_owned()
    } else {
        format!("Voce {company}")
    };
    // A form encodes a space as "+", which phones show as it is.
    let (issuer, account) = (session::encode(&issuer).replace('+', "%20"), session::encode(email));
    let url = format!("otpauth://totp/{issuer}:{account}?secret={base32}&issuer={issuer}");
    let code = QrCode::with_error_correction_level(url, EcLevel::M).map_err(Error::internal)?;
    let drawn = code
        .render::<svg::Color>()
        .min_dimensions(160, 160)
        .quiet_zone(false)
        .build();
    // In HTML an `<svg>` stands without the XML declaration.
    let qr = drawn.split_once("?>").map_or(drawn.as_str(), |(_, svg)| svg).to_owned();
    Ok(Enrolment { base32, qr })
}

/// The time step of a code that is right now, one before or one after.
pub fn step(secret: &[u8], code: &str, now: i64) -> Option<i64> {
    let seconds = u64::try_from(now / 1000).ok()?;
    totp(secret)
        .check(code, seconds)
        .and_then(|step| i64::try_from(step).ok())
}

fn totp(secret: &[u8]) -> Totp {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_skew(1)
        .with_step_duration(30)
        .with_secret(Secret::new(secret.into()))
        .build_noncompliant()
}

/// New recovery codes as they are shown once, and their hashes as they are stored.
pub fn recovery_codes(app: &App, user: Uuid) -> Result<(Vec<String>, String)> {
    let mut random = rand::rng();
    let codes: Vec<String> = (0..RECOVERY_CODES)
        .map(|_| {
            let letters = random
                .random::<[u8; 12]>()
                .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
            let text: String = letters.iter().collect();
            format!("{}-{}-{}", &text[..4], &text[4..8], &text[8..])
        })
        .collect();
    let hashes: Vec<String> = codes.iter().map(|code| recovery_hash(app, user, code)).collect();
    Ok((codes, serde_json::to_string(&hashes).map_err(Error::internal)?))
}

/// Keyed by the installation, so that a copy of the database alone cannot be searched for the 60 bits of a code.
fn recovery_hash(app: &App, user: Uuid, code: &str) -> String {
    let letters: String = code
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_lowercase();
    let key = app.vault.derive(&format!("recovery code {user} {letters}"));
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How many recovery codes are left.
pub fn codes_left(credentials: &Credentials) -> usize {
    stored_codes(credentials).len()
}

fn stored_codes(credentials: &Credentials) -> Vec<String> {
    credentials
        .recovery_codes
        .as_deref()
        .and_then(|json| serde_json::from_str(json).ok())
        .unwrap_or_default()
}

/// Spends a code of either kind; `None` when it is wrong or was spent before, else which kind it was.
pub async fn spend(
    app: &App,
    tx: &mut Tx,
    credentials: &Credentials,
    code: &str,
    now: i64,
) -> Result<Option<&'static str>> {
    let Some(sealed) = &credentials.totp_secret else {
        return Ok(None);
    };
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()) {
        let secret = app
            .vault
            .unseal(&purpose(credentials.id), sealed)
            .map_err(Error::internal)?;
        return match step(&secret, &code, now) {
            Some(step) if users::spend_step(tx, credentials.id, step).await? => Ok(Some("second_factor")),
            _ => Ok(None),
        };
    }
    let (hash, codes) = (recovery_hash(app, credentials.id, &code), stored_codes(credentials));
    let left: Vec<&String> = codes.iter().filter(|stored| **stored != hash).collect();
    if left.len() == codes.len() {
        return Ok(None);
    }
    let was = credentials.recovery_codes.as_deref().unwrap_or_default();
    let now_left = serde_json::to_string(&left).map_err(Error::internal)?;
    Ok(users::replace_recovery_codes(tx, credentials.id, was, &now_left)
        .await?
        .then_some("recovery_code"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B (SHA-1; the last six of its eight digits).
    #[test]
    fn codes_are_those_of_the_specification() {
        let secret = b"12345678901234567890";
        assert_eq!(step(secret, "287082", 59_000), Some(1));
        assert_eq!(step(secret, "005924", 1_234_567_890_000), Some(41_152_263));
        assert_eq!(step(secret, "005924", 1_234_567_890_000 + 90_000), None);
        assert_eq!(step(secret, "", 59_000), None);
    }

    #[test]
    fn phones_can_read_the_secret() {
        let enrolment = enrolment(b"12345678901234567890", "anna+x@example.it", "Bottega Aurora").unwrap();
        assert_eq!(enrolment.base32, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(enrolment.qr.starts_with("<svg "));
    }
}
