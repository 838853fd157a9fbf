//! What the company taught, learnt from the database and kept up to date.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use uuid::Uuid;
use voce_domain::labels::LabelKind;
use voce_store::{
    Db,
    labels::LabelColumns,
    lessons::{self, Lesson},
    quality::{self, JUDGED, Learnt, Progress},
    settings,
};
use voce_text::{Company, Context, Engine};

use crate::now;

/// The newest lessons that are learnt; older ones have long decayed.
const MOST: i64 = 20_000;
/// Corrections that are measured while a history is learnt; the rest is only learnt.
const MEASURED: usize = 2 * JUDGED;
/// Most lessons that are judged by what was learnt before the first of them: models are fitted once for each such block, which is
/// an eighth of what is known.
const BLOCK: usize = 50;

/// The knowledge of one process.
pub struct Lessons {
    db: Db,
    engine: Arc<Engine>,
    known: Arc<Known>,
    /// Of what is known; `None` before the first look.
    version: Option<i64>,
    /// Brands, products and people to be recognised.
    names: Vec<String>,
    /// All of it together.
    company: Arc<Company>,
}

#[derive(Clone, Default)]
struct Known {
    company: Arc<Company>,
    lessons: i64,
    last: Option<Uuid>,
    /// Of each label's newest corrections: whether the shipped models and the learnt ones were right.
    judged: BTreeMap<LabelKind, Vec<(bool, bool)>>,
    counts: BTreeMap<LabelKind, i64>,
}

impl Lessons {
    pub fn new(db: Db, engine: Arc<Engine>) -> Self {
        Self {
            db,
            engine,
            known: Arc::default(),
            version: None,
            names: Vec::new(),
            company: Arc::default(),
        }
    }

    /// What is known now. New lessons are added to it; where one was taken back, all are learnt again.
    pub(crate) async fn current(&mut self) -> voce_store::Result<Arc<Company>> {
        let version = lessons::version(&self.db).await?;
        let names = settings::company(&self.db).await?.names;
        let changed = self.version != Some(version);
        if changed {
            self.learn().await?;
            self.version = Some(version);
            self.tell(version).await?;
        }
        if changed || names != self.names {
            let mut company = Company::clone(&self.known.company);
            company.set_products(names.iter().map(String::as_str));
            (self.company, self.names) = (Arc::new(company), names);
        }
        Ok(self.company.clone())
    }

    async fn learn(&mut self) -> voce_store::Result<()> {
        let there = lessons::count(&self.db).await?;
        let new = lessons::after(&self.db, self.known.last, MOST).await?;
        let (known, new) = if self.known.lessons + new.len() as i64 == there {
            (self.known.clone(), new)
        } else {
            (Arc::default(), lessons::after(&self.db, None, MOST).await?)
        };
        let engine = self.engine.clone();
        let learnt = tokio::task::spawn_blocking(move || learn(&engine, &known, &new, there)).await;
        match learnt {
            Ok(learnt) => self.known = Arc::new(learnt),
            // Better the shipped models alone than nothing labelled.
            Err(error) => tracing::error!(%error, "what was taught could not be learnt"),
        }
        Ok(())
    }

    /// Keeps the figures for the page that shows them.
    async fn tell(&self, version: i64) -> voce_store::Result<()> {
        if self.known.lessons == 0 && quality::learnt(&self.db).await? == Learnt::default() {
            return Ok(());
        }
        let learnt = Learnt {
            version,
            at: now(),
            labels: LabelKind::ALL
                .iter()
                .filter_map(|label| self.known.progress(*label))
                .collect(),
        };
        let mut tx = self.db.begin().await?;
        quality::set_learnt(&mut tx, &learnt).await?;
        tx.commit().await
    }
}

impl Known {
    /// Asks the shipped models and those that learnt about corrections, before these are learnt.
    fn judge(&mut self, engine: &Engine, company: &Company, lessons: &[Lesson]) {
        for lesson in lessons.iter().filter(|lesson| !lesson.example) {
            let Some(label) = lesson.kind() else { continue };
            let text = whole(lesson);
            let right = |company: &Company| {
                let labels = engine.label_for(company, &text, &Context::default());
                LabelColumns::of(&labels).get(label) == lesson.value.as_deref()
            };
            let both = (right(&Company::default()), right(company));
            self.judged.entry(label).or_default().push(both);
        }
    }

    fn take_in(&mut self, engine: &Engine, company: &mut Company, lessons: &[Lesson]) {
        for lesson in lessons {
            self.last = Some(lesson.id);
            if let Some(label) = lesson.kind() {
                *self.counts.entry(label).or_default() += 1;
                let by = lesson.user_id.as_u128();
                company.learn(engine, label, &whole(lesson), lesson.value.as_deref(), by, lesson.at);
            }
        }
    }

    fn progress(&self, label: LabelKind) -> Option<(String, Progress)> {
        let lessons = *self.counts.get(&label)?;
        let judged = self.judged.get(&label).map(Vec::as_slice).unwrap_or_default();
        let judged = judged.get(judged.len().saturating_sub(JUDGED)..).unwrap_or_default();
        let count = |right: fn(&(bool, bool)) -> bool| judged.iter().filter(|both| right(both)).count() as i64;
        let progress = Progress {
            lessons,
            judged: judged.len() as i64,
            shipped_right: count(|both| both.0),
            learnt_right: count(|both| both.1),
        };
        Some((label.key().to_owned(), progress))
    }
}

fn learn(engine: &Engine, known: &Known, new: &[Lesson], there: i64) -> Known {
    let mut known = known.clone();
    let mut company = Company::clone(&known.company);
    let (old, mut recent) = new.split_at(new.len().saturating_sub(MEASURED));
    known.take_in(engine, &mut company, old);
    while !recent.is_empty() {
        let learnt: i64 = known.counts.values().sum();
        let size = (learnt as usize / 8).clamp(1, BLOCK).min(recent.len());
        let (block, rest) = recent.split_at(size);
        known.judge(engine, &company, block);
        known.take_in(engine, &mut company, block);
        recent = rest;
    }
    // Now, rather than when the first message waits for it.
    company.prepare(engine);
    known.company = Arc::new(company);
    known.lessons = there;
    known
}

fn whole(lesson: &Lesson) -> Cow<'_, str> {
    voce_text::whole(&lesson.body, lesson.subject.as_deref())
}
