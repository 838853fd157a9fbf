//! A form with files, as browsers send it.

use axum::extract::Multipart;
use uuid::Uuid;
use voce_store::attachments::Attachment;

use crate::{App, Error, Result};

/// All files of one message together, in bytes.
pub const MOST_BYTES: usize = 25 * 1024 * 1024;

/// Fields and files of one form.
#[derive(Default)]
pub struct Parcel {
    fields: Vec<(String, String)>,
    files: Vec<File>,
}

struct File {
    name: String,
    content_type: String,
    bytes: Vec<u8>,
}

impl Parcel {
    pub async fn read(mut form: Multipart) -> Result<Self> {
        let mut parcel = Self::default();
        let mut size = 0;
        while let Some(field) = form.next_field().await.map_err(refused)? {
            let name = field.name().unwrap_or_default().to_owned();
            let Some(file_name) = field.file_name().map(str::to_owned) else {
                parcel.fields.push((name, field.text().await.map_err(refused)?));
                continue;
            };
            let content_type = field.content_type().unwrap_or("application/octet-stream").to_owned();
            let bytes = field.bytes().await.map_err(refused)?;
            size += bytes.len();
            if size > MOST_BYTES {
                return Err(Error::TooLarge);
            }
            if !bytes.is_empty() {
                parcel.files.push(File {
                    name: plain_name(&file_name),
                    content_type,
                    bytes: bytes.to_vec(),
                });
            }
        }
        Ok(parcel)
    }

    /// The value of a field; empty when there is none.
    pub fn get(&self, name: &str) -> &str {
        self.fields
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.as_str())
            .unwrap_or_default()
    }

    pub fn has_files(&self) -> bool {
        !self.files.is_empty()
    }

    /// Makes the files durable; they belong to no message yet.
    pub async fn store(self, app: &App) -> Result<Vec<Attachment>> {
        let blobs = app.blobs.clone();
        let stored = tokio::task::spawn_blocking(move || {
            let files = self.files.into_iter().enumerate();
            files
                .map(|(position, file)| {
                    Ok(Attachment {
                        id: Uuid::now_v7(),
                        message_id: Uuid::nil(),
                        position: position as i64,
                        size: file.bytes.len() as i64,
                        blob: Some(blobs.put(&file.bytes)?),
                        name: file.name,
                        content_type: file.content_type,
                        content_id: None,
                        url: None,
                        problem: None,
                    })
                })
                .collect::<std::io::Result<Vec<_>>>()
        });
        stored.await.map_err(Error::internal)?.map_err(Error::internal)
    }
}

fn refused(error: axum::extract::multipart::MultipartError) -> Error {
    if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        Error::TooLarge
    } else {
        Error::Invalid("error-fields".into())
    }
}

/// A file's name without folders and control characters.
fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = last.chars().filter(|letter| !letter.is_control()).take(200).collect();
    if name.trim().is_empty() { "file".into() } else { name }
}

#[cfg(test)]
mod tests {
    use super::plain_name;

    #[test]
    fn names_lose_their_folders() {
        for (name, expected) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\a\\foto.jpg", "foto.jpg"),
            ("a\r\nb.txt", "ab.txt"),
            ("", "file"),
        ] {
            assert_eq!(plain_name(name), expected);
        }
    }
}
