//! Labels the history anew, a batch at a time: with better models, or with what was learnt since.

use std::sync::Arc;

use uuid::Uuid;
use voce_domain::message::Automatic;
use voce_store::{
    Db, accounts,
    relabel::{self, Anew, Stored, Walk},
};
use voce_text::{Company, Engine};

use crate::{
    enrich::{self, Said},
    lessons::Lessons,
    now,
};

/// Messages of one transaction.
const BATCH: i64 = 500;

pub struct Relabel {
    db: Db,
    engine: Arc<Engine>,
    lessons: Lessons,
}

impl Relabel {
    pub fn new(db: Db, engine: Arc<Engine>) -> Self {
        let lessons = Lessons::new(db.clone(), engine.clone());
        Self { db, engine, lessons }
    }

    /// Does the next batch of the walk that is under way and says where it stands; `None` when there is none.
    pub async fn step(&mut self) -> voce_store::Result<Option<Walk>> {
        let open = |walk: &Walk| walk.ended_at.is_none();
        if relabel::walk(&self.db).await?.filter(open).is_none() {
            return Ok(None);
        }
        let company = self.lessons.current().await?;
        let hints = languages(&self.db).await?;
        let mut tx = self.db.begin().await?;
        let Some(mut walk) = relabel::locked(&mut tx).await?.filter(open) else {
            return Ok(None);
        };
        let page = relabel::page(&mut tx, walk.position, walk.end, BATCH).await?;
        match page.last() {
            Some(last) => walk.position = last.seq,
            None => {
                walk.position = walk.end;
                walk.ended_at = Some(now());
            }
        }
        let anew = self.label(company, hints, page).await;
        walk.seen += anew.len() as i64;
        walk.changed += relabel::write(&mut tx, &anew, now()).await?;
        relabel::save(&mut tx, &walk).await?;
        tx.commit().await?;
        Ok(Some(walk))
    }

    async fn label(&self, company: Arc<Company>, hints: Vec<(Uuid, String)>, page: Vec<Stored>) -> Vec<(Stored, Anew)> {
        let engine = self.engine.clone();
        let work = move || {
            let anew = |stored: Stored| {
                let hint = hints.iter().find(|(account, _)| *account == stored.account_id);
                let labels = label(&engine, &company, &stored, hint.map(|(_, language)| language.as_str()));
                let (evidence, details) = enrich::json(&labels);
                (
                    stored,
                    Anew {
                        labels,
                        evidence,
                        details,
                    },
                )
            };
            page.into_iter().map(anew).collect()
        };
        // `enrich::label` catches panics: what is left is the process ending.
        tokio::task::spawn_blocking(work).await.unwrap_or_default()
    }
}

fn label(engine: &Engine, company: &Company, stored: &Stored, hint: Option<&str>) -> voce_domain::labels::Labels {
    let meta: serde_json::Value = stored
        .meta
        .as_deref()
        .and_then(|json| serde_json::from_str(json).ok())
        .unwrap_or_default();
    let said = Said {
        id: &stored.id.to_string(),
        text: &stored.body,
        subject: stored.subject.as_deref(),
        automatic: stored.automatic.parse().unwrap_or(Automatic::No),
        language: meta["language"].as_str().or(hint),
    };
    enrich::label(engine, company, &said)
}

/// The language that each account's settings name.
async fn languages(db: &Db) -> voce_store::Result<Vec<(Uuid, String)>> {
    let accounts = accounts::all(db).await?;
    let language = |account: accounts::ChannelAccount| {
        let language = account.config.get("language")?.as_str()?.to_owned();
        Some((account.id, language))
    };
    Ok(accounts.into_iter().filter_map(language).collect())
}
