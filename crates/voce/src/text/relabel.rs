//! `voce text relabel`: the history labelled anew; interrupted, the same command goes on where it stood.

use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};
use voce_ingest::Relabel;
use voce_store::relabel;
use voce_text::Engine;
use voce_web::state::now;

use crate::config::Config;

pub async fn run(config: &Config) -> anyhow::Result<()> {
    let db = config.open().await?.db;
    let mut tx = db.begin().await?;
    let walk = match relabel::locked(&mut tx).await?.filter(|walk| walk.ended_at.is_none()) {
        Some(walk) => walk,
        None => relabel::begin(&mut tx, None, now()).await?,
    };
    tx.commit().await?;
    let style = ProgressStyle::with_template("  {wide_bar} {percent}%  {msg}")?;
    let bar = ProgressBar::new(walk.end.unsigned_abs()).with_style(style);
    let mut worker = Relabel::new(db.clone(), Arc::new(Engine::new()));
    while let Some(walk) = worker.step().await? {
        bar.set_position(walk.position.unsigned_abs());
        bar.set_message(format!("{} read, {} changed", walk.seen, walk.changed));
    }
    bar.finish_and_clear();
    if let Some(walk) = relabel::walk(&db).await? {
        println!("{} messages read, {} changed", walk.seen, walk.changed);
    }
    Ok(())
}
