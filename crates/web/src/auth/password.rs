//! Passwords: argon2id (RFC 9106), away from the threads that serve.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;

use crate::{Error, Result};

/// Each takes 19 MiB; more at the same time wait.
static TURN: Semaphore = Semaphore::const_new(4);

/// Verified in place of a hash that is not there, so that an unknown account takes as long as a wrong password. The
/// parameters are those of [`hash`]; no password is known that gives these bytes.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$Vm9jZSBoYXMgbm9ib2R5$MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI";

/// The PHC string of a password: argon2id with 19 MiB, 2 passes, 1 lane (the first choice of the OWASP cheat sheet).
pub async fn hash(password: &str) -> Result<String> {
    let password = password.to_owned();
    off_thread(move || {
        Argon2::default()
            .hash_password(password.as_bytes())
            .map(|hash| hash.to_string())
    })
    .await?
    .map_err(Error::internal)
}

/// Whether the password is the one behind the hash. Takes the same time when there is no hash.
pub async fn verify(password: &str, stored: Option<&str>) -> Result<bool> {
    let (password, stored) = (password.to_owned(), stored.map(str::to_owned));
    off_thread(move || {
        let hash = stored.as_deref().unwrap_or(NOBODY);
        let right = PasswordHash::new(hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
        right && stored.is_some()
    })
    .await
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let _turn = TURN.acquire().await.map_err(Error::internal)?;
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)
}

pub const SHORTEST: usize = 10;
/// Longer ones only cost time to hash.
const LONGEST: usize = 256;

/// Found first by everybody who guesses, though they are long enough.
const COMMON: [&str; 18] = [
    "1234567890",
    "0123456789",
    "0987654321",
    "1q2w3e4r5t",
    "qwertyuiop",
    "qwerty1234",
    "qwerty12345",
    "password12",
    "password123",
    "password1234",
    "passw0rd123",
    "administrator",
    "changeme123",
    "letmein123",
    "welcome123",
    "benvenuto1",
    "ciaociao123",
    "iloveyou123",
];

/// Why a password cannot be taken: the key of a sentence. NIST SP 800-63B, 5.1.1.2: length, and nothing that is guessed
/// first; no rules about kinds of characters.
pub fn problem(password: &str, email: &str, name: &str) -> Option<&'static str> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Some("password-short");
    }
    if length > LONGEST {
        return Some("password-long");
    }
    let lower = password.to_lowercase();
    let own = [email, name]
        .into_iter()
        .map(str::to_lowercase)
        .any(|word| word == lower);
    let one_character = lower.chars().all(|c| lower.starts_with(c));
    (own || one_character || COMMON.contains(&lower.as_str())).then_some("password-common")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_verified_by_its_hash_only() {
        let stored = hash("correct horse battery").await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(verify("correct horse battery", Some(&stored)).await.unwrap());
        assert!(!verify("correct horse", Some(&stored)).await.unwrap());
        assert!(!verify("correct horse battery", None).await.unwrap());
        assert!(!verify("x", Some("broken")).await.unwrap());
    }

    #[test]
    fn the_hash_of_nobody_is_examined_like_any_other() {
        let hash = PasswordHash::new(NOBODY).unwrap();
        assert_eq!(hash.hash.unwrap().as_bytes().len(), 32);
        assert!(hash.salt.is_some());
    }

    #[test]
    fn short_and_guessable_passwords_are_refused() {
        assert_eq!(problem("short", "", ""), Some("password-short"));
        assert_eq!(
            problem("Anna@Example.it", "anna@example.it", ""),
            Some("password-common")
        );
        assert_eq!(problem("aaaaaaaaaaaa", "", ""), Some("password-common"));
        assert_eq!(problem("Password123", "", ""), Some("password-common"));
        assert_eq!(problem(&"ab".repeat(200), "", ""), Some("password-long"));
        assert_eq!(problem("quattro gatti al sole", "", ""), None);
    }
}
