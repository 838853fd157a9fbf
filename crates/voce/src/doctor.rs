//! `voce doctor`: looks for what is wrong with an installation, and says how to mend it.

use std::{io::Write, os::unix::fs::PermissionsExt, path::Path, time::Instant};

use anyhow::{Context, bail};
use voce_store::{Db, accounts, audit, audit::Verdict, health, intake, vault::Vault};
use voce_web::state::now;

use crate::config::{Config, without_password};

/// One finding, and what to do about it.
enum Finding {
    Well(String),
    /// Works, but somebody should look.
    Look(String, &'static str),
    Wrong(String, &'static str),
}
use Finding::{Look, Well, Wrong};

/// Raw items older than this should have been processed long ago.
const BACKLOG_MILLIS: i64 = 60_000;

/// Prints every finding; fails when something is wrong.
pub async fn run(config: &Config) -> anyhow::Result<()> {
    let mut findings = vec![folder(&config.data), master_key(&config.data)];
    match Db::open(&config.database()).await {
        Ok(db) => findings.extend(database(&db).await?),
        Err(error) => findings.push(Wrong(
            format!("database {}: {error}", without_password(&config.database())),
            "check the address, that the server runs, and that this user may write there",
        )),
    }
    let mut wrong = 0;
    for finding in findings {
        match finding {
            Well(text) => println!("ok     {text}"),
            Look(text, mend) => println!("look   {text}\n       -> {mend}"),
            Wrong(text, mend) => {
                wrong += 1;
                println!("WRONG  {text}\n       -> {mend}");
            }
        }
    }
    if wrong > 0 {
        bail!("{wrong} finding(s) need mending");
    }
    Ok(())
}

async fn database(db: &Db) -> anyhow::Result<Vec<Finding>> {
    let mut findings = vec![Well(health::version(db).await?)];
    let faults = health::faults(db).await?;
    findings.push(match faults.first() {
        None => Well("the database file is sound".into()),
        Some(first) => Wrong(
            format!("the database file is damaged: {first}"),
            "stop the server and restore the last backup",
        ),
    });
    findings.push(match audit::verify(db).await? {
        Verdict::Whole { rows } => Well(format!("audit log: {rows} rows, unbroken")),
        Verdict::Broken { seq } => Wrong(
            format!("audit log: row {seq} is missing or was changed"),
            "compare with a backup: somebody wrote to the database itself",
        ),
    });
    findings.push(backlog(db).await?);
    findings.push(match intake::count_dead_letters(db).await? {
        0 => Well("no dead letters".into()),
        count => Look(
            format!("{count} dead letter(s)"),
            "read and replay them under Settings, Intake",
        ),
    });
    for account in accounts::all(db).await?.into_iter().filter(|account| account.active) {
        findings.push(match account.problem {
            None => Well(format!("channel {} ({})", account.name, account.kind)),
            Some(problem) => Look(
                format!("channel {} ({}): {problem}", account.name, account.kind),
                "open its settings and try the connection",
            ),
        });
    }
    Ok(findings)
}

async fn backlog(db: &Db) -> anyhow::Result<Finding> {
    let backlog = intake::backlog(db).await?;
    let late = backlog.oldest.is_some_and(|oldest| now() - oldest > BACKLOG_MILLIS);
    Ok(if late {
        Look(
            format!(
                "{} raw item(s) wait, the oldest for {} s",
                backlog.waiting,
                backlog.oldest.map_or(0, |at| (now() - at) / 1000)
            ),
            "is the server running?",
        )
    } else {
        Well(format!("{} raw item(s) wait", backlog.waiting))
    })
}

/// Whether the folder can be written, and how many times a second it makes a write durable.
fn folder(data: &Path) -> Finding {
    match fsyncs_per_second(data) {
        Ok(rate) => Well(format!(
            "data folder {}: {rate} durable writes a second",
            data.display()
        )),
        Err(error) => Wrong(
            format!("data folder {}: {error:#}", data.display()),
            "create it and let this user write there",
        ),
    }
}

fn fsyncs_per_second(data: &Path) -> anyhow::Result<u32> {
    const WRITES: u32 = 50;
    let mut file = tempfile::tempfile_in(data).context("cannot be written")?;
    let start = Instant::now();
    for _ in 0..WRITES {
        file.write_all(&[0; 512])?;
        file.sync_data()?;
    }
    Ok((f64::from(WRITES) / start.elapsed().as_secs_f64()) as u32)
}

fn master_key(data: &Path) -> Finding {
    let path = data.join("keys/master.key");
    let mode = match std::fs::metadata(&path) {
        Ok(metadata) => metadata.permissions().mode() & 0o077,
        Err(_) => return Look("no master key yet".into(), "it is made by the first `voce serve`"),
    };
    if mode != 0 {
        return Wrong(
            "others may read the master key".into(),
            "chmod 600 on keys/master.key in the data folder",
        );
    }
    match Vault::open(&data.join("keys")) {
        Ok(_) => Well("master key".into()),
        Err(error) => Wrong(
            error.to_string(),
            "restore keys/master.key from a backup: without it stored passwords cannot be read",
        ),
    }
}
