//! Attachments and uploaded files, as files named by their SHA-256: the same bytes are kept once, a write is idempotent.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use sha2::{Digest, Sha256};

/// The folder of blobs. Cheap to clone.
#[derive(Clone)]
pub struct Blobs {
    folder: Arc<Path>,
}

impl Blobs {
    pub fn open(folder: impl Into<PathBuf>) -> io::Result<Self> {
        let folder: PathBuf = folder.into();
        fs::create_dir_all(&folder)?;
        Ok(Self { folder: folder.into() })
    }

    /// Makes the bytes durable and returns their name. Blocks; call it off the async threads.
    pub fn put(&self, bytes: &[u8]) -> io::Result<String> {
        let name: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let path = self.path_of(&name);
        if path.exists() {
            return Ok(name);
        }
        let folder = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
        fs::File::open(folder)?.sync_all()?;
        Ok(name)
    }

    /// Where the blob of that name lies; `None` for anything that is not a name that [`Blobs::put`] gave.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        (name.len() == 64 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
            .then(|| self.path_of(name))
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn path_of(&self, name: &str) -> PathBuf {
        self.folder.join(&name[..2]).join(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_bytes_once_and_refuses_foreign_names() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path()).unwrap();
        let name = blobs.put(b"hello").unwrap();
        assert_eq!(blobs.put(b"hello").unwrap(), name);
        assert_eq!(fs::read(blobs.path(&name).unwrap()).unwrap(), b"hello");
        assert_eq!(blobs.path("../../etc/passwd"), None);
    }
}
