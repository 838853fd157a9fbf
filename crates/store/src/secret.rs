//! Secrets that are handed out once: session cookies, API tokens, links. The database keeps only their SHA-256, so a
//! copy of it lets nobody in.

use std::fmt::Write;

use rand::RngExt;
use sha2::{Digest, Sha256};

/// A new secret of 256 random bits in hexadecimal, behind a prefix that says what it is for.
pub fn generate(prefix: &str) -> String {
    let bytes: [u8; 32] = rand::rng().random();
    bytes.iter().fold(prefix.to_owned(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Under which the secret is stored. It has 256 random bits, so a fast hash is enough.
pub fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_prefixed_and_never_the_same() {
        let (one, other) = (generate("voce_"), generate("voce_"));
        assert!(one.starts_with("voce_") && one.len() == 69);
        assert_ne!(one, other);
        assert_ne!(hash(&one), hash(&other));
    }
}
