//! The installation's master key, and secrets at rest: channel passwords and second factors are sealed with
//! XChaCha20-Poly1305 before they reach the database, so a copy of the database alone gives none of them away.

use std::{fs, io, path::Path, sync::Arc};

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use hmac::{Hmac, Mac};
use rand::RngExt;
use sha2::Sha256;

const NONCE: usize = 24;

/// Seals and opens secrets, and derives the other keys of the installation.
#[derive(Clone)]
pub struct Vault {
    master: Arc<[u8; 32]>,
}

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("master key: {0}")]
    Key(#[from] io::Error),
    #[error("the master key file must hold 32 bytes")]
    Length,
    /// Sealed with another master key, for another purpose, or altered.
    #[error("the secret cannot be opened with this installation's master key")]
    Sealed,
}

impl Vault {
    /// Reads `master.key` in `folder`, or makes one that only its owner can read.
    pub fn open(folder: &Path) -> Result<Self, VaultError> {
        fs::create_dir_all(folder)?;
        let path = folder.join("master.key");
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => create(&path)?,
            Err(error) => return Err(error.into()),
        };
        let master: [u8; 32] = bytes.try_into().map_err(|_| VaultError::Length)?;
        Ok(Self {
            master: Arc::new(master),
        })
    }

    /// A key for one purpose, the same every time.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        // HMAC takes a key of any length (RFC 2104), so this cannot fail.
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&*self.master).expect("a key of any length");
        mac.update(purpose.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// Seals `secret` for `purpose`, e.g. the id of the row it stands in: it cannot be moved to another row.
    pub fn seal(&self, purpose: &str, secret: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE] = rand::rng().random();
        let payload = Payload {
            msg: secret,
            aad: purpose.as_bytes(),
        };
        // Encryption into a growing buffer fails only beyond 256 GiB.
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload).unwrap_or_default();
        [&nonce[..], &sealed].concat()
    }

    /// The secret behind `sealed`.
    pub fn unseal(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(VaultError::Sealed)?;
        let payload = Payload {
            msg: sealed,
            aad: purpose.as_bytes(),
        };
        self.cipher()
            .decrypt(&XNonce::from(*nonce), payload)
            .map_err(|_| VaultError::Sealed)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.derive("seal").into())
    }
}

/// Writes a new key durably before it is used.
fn create(path: &Path) -> io::Result<Vec<u8>> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let key: [u8; 32] = rand::rng().random();
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(&key)?;
    file.sync_all()?;
    Ok(key.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_only_for_its_purpose_and_installation() {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let vault = Vault::open(here.path()).unwrap();
        let sealed = vault.seal("account 1", b"hunter2");
        assert_eq!(
            Vault::open(here.path()).unwrap().unseal("account 1", &sealed).unwrap(),
            b"hunter2"
        );
        assert!(vault.unseal("account 2", &sealed).is_err());
        assert!(Vault::open(there.path()).unwrap().unseal("account 1", &sealed).is_err());
        assert!(vault.unseal("account 1", &sealed[..10]).is_err());
    }
}
