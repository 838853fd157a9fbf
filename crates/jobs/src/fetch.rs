//! Attachments that a platform gave by URL are fetched through the guarded client and kept.

use std::time::Duration;

use async_trait::async_trait;
use futures::future::try_join_all;
use uuid::Uuid;
use voce_domain::event::{Actor, Event, EventKind};
use voce_store::{
    attachments::{self, Attachment},
    events,
};

use crate::{Job, JobError, Pace, Parts, now};

/// Files in hand at once.
const MOST: i64 = 4;
/// Largest file in bytes.
const LARGEST: usize = 50 << 20;
const TRIES: u32 = 3;

pub struct Fetch {
    parts: Parts,
}

impl Fetch {
    pub fn new(parts: Parts) -> Self {
        Self { parts }
    }

    /// Fetches one file; what cannot be had says why.
    async fn fetch(&self, file: Attachment) -> Result<(), JobError> {
        let got = match &file.url {
            Some(url) => self.download(url).await,
            None => Err("neither bytes nor URL".to_owned()),
        };
        let kept = match got {
            Ok(bytes) => {
                let blobs = self.parts.blobs.clone();
                let size = bytes.len() as i64;
                // A panic in there would be one of the file system's; the file is tried again later.
                let name = tokio::task::spawn_blocking(move || blobs.put(&bytes))
                    .await
                    .map_err(std::io::Error::other)??;
                Ok((name, size))
            }
            Err(problem) => Err(problem),
        };
        let mut tx = self.parts.db.begin().await?;
        match kept {
            Ok((blob, size)) => attachments::fetched(&mut tx, file.id, &blob, size).await?,
            Err(problem) => attachments::failed(&mut tx, file.id, &problem).await?,
        }
        let (case, message) = attachments::case_of(&mut tx, file.id).await?;
        let event = Event::new(EventKind::CaseChanged, now(), Actor::SYSTEM)
            .case(case)
            .message(message);
        events::append(&mut tx, &[event.data(serde_json::json!({ "attachment": file.id }))]).await?;
        Ok(tx.commit().await?)
    }

    async fn download(&self, url: &str) -> Result<Vec<u8>, String> {
        let mut problem = String::new();
        for attempt in 0..TRIES {
            tokio::time::sleep(Duration::from_secs(u64::from(attempt * attempt) * 2)).await;
            let request = self
                .parts
                .http
                .get(url)
                .timeout(Duration::from_secs(60))
                .max_body(LARGEST);
            match request.send().await {
                Ok(response) if response.status.is_success() => return Ok(response.body.to_vec()),
                Ok(response) if response.status.is_client_error() => {
                    return Err(format!("the server answered {}", response.status));
                }
                Ok(response) => problem = format!("the server answered {}", response.status),
                Err(error) => problem = error.to_string(),
            }
        }
        Err(problem)
    }
}

#[async_trait]
impl Job for Fetch {
    fn name(&self) -> &'static str {
        "fetch"
    }

    fn pace(&self) -> Pace {
        Pace::Woken {
            pause: Duration::from_millis(250),
            poll: Duration::from_secs(5),
        }
    }

    async fn run(&self) -> Result<(), JobError> {
        loop {
            let files = attachments::unfetched(&self.parts.db, Uuid::nil(), MOST).await?;
            if files.is_empty() {
                return Ok(());
            }
            try_join_all(files.into_iter().map(|file| self.fetch(file))).await?;
        }
    }
}
